"""A text that was meant to be a template.

## What
Finds a text that is just the name of a value, such as `params.n`, and braces that do not make a template, such as
`{ params.n }}`. Names count only where the spec has such a value.

## Why
Without both pairs of braces it is a text like any other, and the job gets the words `params.n`.

## Bad
```yaml
specc: 1
params: {mesh: {type: string, default: coarse}}
vars: {case: params.mesh}
job:
  name: cavity-{{ params.mesh }}
  core_limit: 4
  cmd_line: ./solver {{ vars.case | sh }}
```

## Good
```yaml
specc: 1
params: {mesh: {type: string, default: coarse}}
vars: {case: "{{ params.mesh }}"}
job:
  name: cavity-{{ params.mesh }}
  core_limit: 4
  cmd_line: ./solver {{ vars.case | sh }}
```
"""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic, replacing_fix
from specc.diagnostics.codes import MISSING_BRACES
from specc.evaluator import passed_to
from specc.nodes import FileText, Mapping, Node, Scalar, Sequence, Style, locate
from specc.rules.rule import Spec, SpecRule

ALWAYS = frozenset(
    {"cell.id", "cell.index", "cell.slug", "cell.attempt", "spec.id", "spec.name", "spec.dir", "spec.path"}
)
NAME = r"(params|vars|matrix|job|env|cell|spec)\.(\w+)(?:\.\w+)*"
HALF_CLOSED = r"(?<![{$])\{[ \t]*((params|vars|matrix|job|env|cell|spec)\.(\w+)[^{}\n]*?)[ \t]*\}\}"
SECTIONS = ("vars", "job")


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each text of `vars` and `job` that was meant to be a template."""
    names = _names(spec)
    for section in SECTIONS:
        for text in _texts(spec.plain.section(section)):
            yield from _in(text, names)


def _names(spec: Spec) -> frozenset[str]:
    plain = spec.plain
    matrix = plain.section("matrix")
    axes = [part for name in ("axes", "zip") if isinstance(part := matrix.get(name), Mapping)]
    return ALWAYS.union(
        (f"params.{name}" for name in plain.params),
        (f"vars.{name}" for name in plain.section("vars").entries),
        (f"job.{name}" for name in plain.section("job").entries),
        (f"env.{name}" for name in spec.project.settings.env),
        (f"matrix.{name}" for axis in axes for name in axis.entries),
    )


def _texts(node: Node) -> Iterator[Scalar]:
    match node:
        case Scalar(value=str(), verbatim=False):
            yield node
            passed = passed_to(node)
            for part in (passed.env, passed.args):
                yield from _texts(part) if part is not None else ()
        case Mapping():
            for value in node.entries.values():
                yield from _texts(value)
        case Sequence():
            for item in node.items:
                yield from _texts(item)
        case FileText():
            for part in (node.env, node.args):
                yield from _texts(part) if part is not None else ()


def _in(node: Scalar, names: frozenset[str]) -> Iterator[Diagnostic]:
    text = str(node.value)
    if "." not in text:
        return
    whole = re.fullmatch(NAME, text)
    if whole is not None and f"{whole[1]}.{whole[2]}" in names:
        message = f"`{text}` is a text, not the value of that name"
        written = f"{{{{ {text} }}}}"
        fix = replacing_fix(node.span, node.span.text, f'"{written}"') if node.style is Style.PLAIN else None
        yield MISSING_BRACES.at(node.span, message, help=f'write `"{written}"`', fix=fix)
    for match in re.finditer(HALF_CLOSED, text) if "{" in text else ():
        if f"{match[2]}.{match[3]}" in names:
            span = locate(node, match.start(), match.end())
            message = f"`{match[0]}` is a text: a template has two braces on either side"
            yield MISSING_BRACES.at(span, message, help=f"write `{{{{ {match[1]} }}}}`")


RULE = SpecRule(MISSING_BRACES, find)
