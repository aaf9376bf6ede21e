"""`make corpus`: how many real shell texts there are, and which rules raise a false alarm on one of them.

Each text is tried as a block (`cmd_line: |`), as a script (`cmd_line: {$file: run.sh}`), and, where YAML folded it, as
a folded text. `bash -n` decides about mistakes of syntax; `agreed.txt` has what a person has looked at and found right.
`python -m corpus PLACE...` (in `tests/`) takes the texts below other folders, such as scripts of your own site.
"""

import sys
from collections import Counter

from support.compiling import check

from corpus.gather import PLACES, Text, gathered
from corpus.judging import agreed, is_right

LEAST = 400
IGNORED = frozenset({"SPC101", "SPC105", "SPC110"})
"""What YAML says of a text with odd characters is not about the shell."""


def main(arguments: list[str]) -> int:
    """Print the figures. Returns 1 where there was a false alarm, or too few texts to say anything."""
    texts = gathered(arguments or PLACES)
    alarms, right, false = Counter[str](), Counter[str](), []
    known = agreed()
    for text in texts:
        for code, line, message in sorted(set(found(text))):
            alarms[code] += 1
            if (code, text.digest) in known or is_right(code, text):
                right[code] += 1
            else:
                false.append(f"{code} {text.digest} {text.where}:{line} {message}")
    print(f"{len(texts):,} texts, {sum(text.is_folded for text in texts)} of them folded")
    for code in sorted(alarms):
        print(f"{code}: {alarms[code]:,} alarms, {alarms[code] - right[code]:,} false")
    ranks = [text for text in texts if one_rank(text)]
    print(f"SPC560: {len(ranks)} texts start MPI; beside `resource_limit: ntasks=4096`, {_with_words(ranks)} do")
    print(f"{len(false):,} false alarms")
    print("\n".join(false), file=sys.stderr)
    return 1 if false or (not arguments and len(texts) < LEAST) else 0


def found(text: Text) -> list[tuple[str, int, str]]:
    """Return the code, line and message of every diagnostic about the text, whichever way it comes in."""
    scripts = {"run.sh": text.text}
    alarms = [*_alarms(_spec("{$file: run.sh}"), scripts), *_alarms(_spec(_block(text.text, "|")), {})]
    return alarms + (_alarms(_spec(_block(text.text, ">")), {}) if text.is_folded else [])


def one_rank(text: Text, words: str = "") -> bool:
    """Whether a Slurm cluster would run the text, which starts MPI, in one task."""
    spec = _spec("{$file: run.sh}").replace("  #cmd", f"  resource_limit: {words}\n  #cmd" if words else "  #cmd")
    return any(code == "SPC560" for code, _, _ in _alarms(spec, {"run.sh": text.text}, kind="slurm"))


def _with_words(texts: list[Text]) -> int:
    return sum(one_rank(text, "ntasks=4096") for text in texts)


def _alarms(spec: str, files: dict[str, str], **world: object) -> list[tuple[str, int, str]]:
    kept = [one for one in check(spec, files, **world).found if one.code.code not in IGNORED]
    first = 1 if files else spec[: spec.index("#cmd")].count("\n") + (4 if "$literal" in spec else 3)
    return [(one.code.code, one.span.first.line - first + 1, one.message) for one in kept]


def _spec(command: str) -> str:
    return f"specc: 1\njob:\n  name: n\n  core_limit: 4096\n  #cmd\n  cmd_line: {command}\n"


def _block(text: str, style: str) -> str:
    """Return the text as a block of YAML. Braces in it are not a template."""
    is_template = "{{" in text or "{%" in text
    lines = [f"    {line}" if line.strip() else line for line in text.replace("\t", "\t").split("\n")]
    head = f"\n    $literal: {style}2\n" if is_template else f"{style}2\n"
    return head + "\n".join(f"  {line}" if is_template and line.strip() else line for line in lines)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
