"""The name of a value without the braces of a template.

## What
Finds `$matrix.seed`, `${matrix.seed}`, `$(matrix.seed)`, `{ matrix.seed }` and, as a word of its own in a command,
plain `matrix.seed`, where the spec has this parameter, variable or axis. In a script that is not a template, because
its name does not end in `.j2`, also `{{ matrix.seed }}`.

## Why
Only `{{ matrix.seed }}` in a template is replaced by the value. The shell takes all others for a text or for a variable
that is not set, and the program gets something that looks like a mistake of its own.

## Bad
```yaml
specc: 1
matrix: {axes: {seed: [1, 2]}}
job:
  name: cavity-{{ matrix.seed }}
  core_limit: 4
  cmd_line: ./solver --seed { matrix.seed } --mesh {{ matrix.seed }}
```

## Good
```yaml
specc: 1
matrix: {axes: {seed: [1, 2]}}
job:
  name: cavity-{{ matrix.seed }}
  core_limit: 4
  cmd_line: ./solver --seed {{ matrix.seed }} --mesh {{ matrix.seed }}
```
"""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic, replacing_fix
from specc.diagnostics.codes import NAME_WITHOUT_BRACES
from specc.evaluator import span_in, template_text
from specc.nodes import FileText, Mapping, Scalar
from specc.resolver import ResolvedSpec
from specc.rules.rule import Spec, SpecRule
from specc.rules.written import labels_of, masked, scalars
from specc.shell import read

NAME = r"(?P<name>(?:params|vars|matrix|cell)\.\w+)"
DRESSED = rf"(?<![\\${{%])(?P<open>\$\(|\$\{{|\$|\{{\{{|\{{)\s*{NAME}\b\s*(?P<close>\)|\}}\}}|\}}|)"
CLOSERS = {"$(": ")", "${": "}", "{": "}", "{{": "}}"}
ALONE = re.compile(rf"(?:[\w-]+=)?{NAME}")
OF_CELLS = ("id", "index", "slug")


def find(spec: Spec) -> Iterator[Diagnostic]:
    fields = spec.project.apis[spec.plain.api].fields
    names = frozenset(_names(spec.plain))
    for field, value in spec.plain.section("job").entries.items():
        for node in scalars(value):
            text = node.text.text if isinstance(node, FileText) else str(node.value)
            # Nearly all texts have none of it.
            if names and "." in text and not (isinstance(node, Scalar) and node.verbatim):
                is_shell = field in fields and fields[field].shell
                yield from _in(node, text, names, is_shell=is_shell and node is value)


def _names(spec: ResolvedSpec) -> Iterator[str]:
    """Yield the names that the spec declares, such as `vars.dir`."""
    matrix = spec.section("matrix")
    axes = [part for name in ("axes", "zip") if isinstance(part := matrix.get(name), Mapping)]
    sections = [
        ("params", spec.section("params")),
        ("vars", spec.section("vars")),
        *(("matrix", axis) for axis in axes),
    ]
    for space, section in sections:
        yield from (f"{space}.{name}" for name in section.entries)
    yield from (f"cell.{name}" for name in OF_CELLS)


def _in(node: Scalar | FileText, text: str, names: frozenset[str], *, is_shell: bool) -> Iterator[Diagnostic]:
    is_template = template_text(node) is not None
    shown = masked(text) if is_template else text
    is_script = isinstance(node, FileText) and not is_template
    told: set[int] = set()
    for match in re.finditer(DRESSED, shown):
        opener, name = match["open"], match["name"]
        end = match.end("name") if opener == "$" else match.end()
        is_closed = opener == "$" or CLOSERS[opener] == match["close"]
        if name in names and is_closed and (opener != "{{" or is_script):
            told.add(match.start("name"))
            yield _found(node, text, (match.start(), end), name)
    if is_shell and any(name in shown for name in names):
        for call in read(shown).calls:
            for start, end in call[1:]:
                word = ALONE.fullmatch(shown, start, end)
                if word is not None and word["name"] in names and word.start("name") not in told:
                    yield _found(node, text, word.span("name"), word["name"])


def _found(node: Scalar | FileText, text: str, place: tuple[int, int], name: str) -> Diagnostic:
    span, written, template = span_in(node, *place), text[slice(*place)], f"{{{{ {name} }}}}"
    if isinstance(node, FileText) and template_text(node) is None:
        message = f"`{written}` stays as it is: a script is a template only if its name ends in `.j2`"
        variable = name.partition(".")[2].upper()
        help = f"""write `env: {{{variable}: "{template}"}}` beside the `$file`, and `$...` here"""
        help = help.replace("$...", f"${variable}")
        return NAME_WITHOUT_BRACES.at(span, message, labels=labels_of(node), help=help)
    message = f"`{written}` is a text, not the value of `{name}`"
    fix = replacing_fix(span, written, template)
    return NAME_WITHOUT_BRACES.at(span, message, labels=labels_of(node), help=f"write `{template}`", fix=fix)


RULE = SpecRule(NAME_WITHOUT_BRACES, find)
