"""A password, key or token in a spec.

## What
Finds keys and tokens of a known form (AWS, GitHub, GitLab, Slack, Google, Hugging Face, OpenAI, PyPI, npm, Docker,
QingCloud key ids with their names, private key blocks, signed web tokens), passwords in web addresses, and random
looking values of `password=`, `secret=`, `token=`, `api_key=` and the like. Comments and scripts that the spec includes
are looked at, too. The secret itself is never printed.

## Why
Specs are kept in git, reviewed, and sent to the cluster, where the command of a job can be read by others. A secret
that was ever committed has to be replaced.

## Bad
```yaml
specc: 1
job:
  name: cavity
  cmd_line: API_TOKEN=q7Zt1xW9pLr4vB2nK8sD ./solver
  core_limit: 4
```

## Good
```yaml
specc: 1
job:
  name: cavity
  cmd_line: API_TOKEN="$(cat ~/.solver-token)" ./solver
  core_limit: 4
```
"""

import re
from collections import Counter
from collections.abc import Iterator
from math import log2

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import SECRET_IN_SPEC
from specc.nodes import FileText, Mapping, Node, Sequence
from specc.rules.rule import Spec, SpecRule
from specc.source import Source, Span

KNOWN = {
    "an AWS access key id": r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b",
    "a QingCloud access key id": r"(?i:access_key_id)[\"']?\s*[:=]\s*[\"']?(?P<qy>[A-Z]{20})\b",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})\b",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "a Slack token": r"\bxox[abeprs]-[A-Za-z0-9-]{20,}",
    "a Google API key": r"\bAIza[A-Za-z0-9_-]{35}\b",
    "a Hugging Face token": r"\bhf_[A-Za-z]{30,}\b",
    "an API key": r"(?<![\w-])sk-(?:[a-z0-9]++-)*(?=[A-Za-z0-9_]*\d)[A-Za-z0-9_]{32,}",
    "a PyPI token": r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{20,}",
    "an npm token": r"\bnpm_[A-Za-z0-9]{36}\b",
    "a Docker token": r"\bdckr_pat_[A-Za-z0-9_-]{20,}",
    "a signed web token": r"(?<![\w-])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "a password in an address": r"(?<![\w+])[a-z][a-z0-9+]*+://[^\s:/@{}$<>]+:(?P<address>[^\s/@{}$<>]{6,})@",
}
ASSIGNED = (
    r"(?i:pass(?:word|wd|phrase)|secret|token|api[_-]?key|(?:secret|private)[_-]?(?:access[_-]?)?key)"
    r"[\"']?\s*[:=]\s*[\"']?(?P<value>[A-Za-z0-9+/_.!@#%^&*=-]{8,})"
)
HINTS = (
    *("pass", "secret", "token", "key", "://", "akia", "asia", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat"),
    *("glpat", "xox", "aiza", "hf_", "sk-", "pypi-", "npm_", "dckr_", "eyj"),
)
"""What a text without any of these, in whatever case, holds no secret that we know."""
INVENTED = r"(?i)example|change.?me|placeholder|your|dummy|sample|redacted|passw|xxx|\*\*\*|1234|abcd"
LEAST_BITS = 3.0
HELP = "remove it and revoke it; let the job read the new one from a file that only its user can read"


def find(spec: Spec) -> Iterator[Diagnostic]:
    own = spec.plain.document.source
    scripts = _scripts(spec.plain.body, own) if spec.plain.document.has_operators else ()
    for source in (own, *scripts):
        for what, start, end in secrets(source):
            yield SECRET_IN_SPEC.at(Span(source, start, end), f"this looks like {what}", help=HELP)


def _scripts(node: Node, own: Source) -> Iterator[Source]:
    """Yield the texts of the files that the spec itself includes."""
    match node:
        case FileText() if node.ref.span.source is own:
            yield node.text
        case Mapping():
            for value in node.entries.values():
                yield from _scripts(value, own)
        case Sequence():
            for item in node.items:
                yield from _scripts(item, own)


def secrets(source: Source) -> tuple[tuple[str, int, int], ...]:
    """Return where texts begin and end that look like secrets."""
    text = source.text.lower()
    if not any(hint in text for hint in HINTS):
        return ()
    found = [
        (what, *match.span(match.lastgroup or 0))
        for what, pattern in KNOWN.items()
        for match in re.finditer(pattern, source.text)
    ]
    found = [place for place in found if not re.search(INVENTED, source.text[place[1] : place[2]])]
    for match in re.finditer(ASSIGNED, source.text):
        start, end = match.span("value")
        known = any(first < end and start < last for _, first, last in found)
        if not known and _looks_random(match["value"]):
            found.append(("a secret", start, end))
    return tuple(sorted(found, key=lambda place: place[1]))


def _looks_random(text: str) -> bool:
    """Return whether letters and digits hold no word and no path: nobody names a file or a variable so."""
    is_mixed = re.search(r"[0-9]", text) and re.search(r"[A-Za-z]", text)
    if (
        not is_mixed
        or re.search(INVENTED, text)
        or re.match(r"[./~]", text)
        or text.count("/") > 1
        or re.search(r"[.]\w{1,5}$", text)
    ):
        return False
    changes = len(re.findall(r"(?<=[A-Za-z])[0-9]|(?<=[a-z])[A-Z]|(?<=\w)[!@#%^&*]", text))
    return changes >= 2 and _bits(text) >= LEAST_BITS


def _bits(text: str) -> float:
    """Return Shannon's entropy of a character of the text."""
    return -sum(count / len(text) * log2(count / len(text)) for count in Counter(text).values())


RULE = SpecRule(SECRET_IN_SPEC, find, always=True)
