"""Braces of templates that are missing, or stand where they do something else."""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic, replacing_fix
from specc.diagnostics.codes import DOLLAR_BEFORE_TEMPLATE, MISSING_BRACES, NAME_WITHOUT_BRACES
from specc.evaluator import end_of_template, passed_to, span_in, template_text
from specc.nodes import FileText, Mapping, Node, Scalar, Sequence, Style, locate
from specc.resolver import ResolvedSpec
from specc.rules.rule import Spec, SpecRule
from specc.rules.written import labels_of, masked, scalars
from specc.shell import read
from specc.wording import brief

ALWAYS = frozenset(
    {"cell.id", "cell.index", "cell.slug", "cell.attempt", "spec.id", "spec.name", "spec.dir", "spec.path"}
)
TEMPLATE_NAME = r"(params|vars|matrix|job|env|cell|spec)\.(\w+)(?:\.\w+)*"
HALF_CLOSED = r"(?<![{$])\{[ \t]*((params|vars|matrix|job|env|cell|spec)\.(\w+)[^{}\n]*?)[ \t]*\}\}"
SECTIONS = ("vars", "job")


def missing_braces(spec: Spec) -> Iterator[Diagnostic]:
    """A text that is only a value's name, or has a template's braces wrong.

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
      cmd_line: ./solver {{ vars.case | sh }}
      core_limit: 4
    ```

    ## Good
    ```yaml
    specc: 1
    params: {mesh: {type: string, default: coarse}}
    vars: {case: "{{ params.mesh }}"}
    job:
      name: cavity-{{ params.mesh }}
      cmd_line: ./solver {{ vars.case | sh }}
      core_limit: 4
    ```
    """
    names = _known_names(spec)
    for section in SECTIONS:
        for text in _texts(spec.plain.section(section)):
            yield from _half_written(text, names)


def _known_names(spec: Spec) -> frozenset[str]:
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


def _half_written(node: Scalar, names: frozenset[str]) -> Iterator[Diagnostic]:
    text = str(node.value)
    if "." not in text:
        return
    whole = re.fullmatch(TEMPLATE_NAME, text)
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


DOLLAR = r"(?<![\\$])\$(?=\{\{)"


def dollar_before_template(spec: Spec) -> Iterator[Diagnostic]:
    """A `$` before `{{` stays in the text.

    ## What
    Finds `${{ ... }}` in fields, variables and scripts: the way in which GitHub Actions writes its expressions.

    ## Why
    The template is `{{ ... }}` alone, and its value comes after the `$`. With `${{ matrix.seed }}` the shell reads `$1`
    where 1 is meant: the first argument of the script, which is empty.

    ## Bad
    ```yaml
    specc: 1
    matrix: {axes: {seed: [1, 2]}}
    job:
      name: cavity-{{ matrix.seed }}
      cmd_line: ./solver --seed ${{ matrix.seed }}
      core_limit: 4
    ```

    ## Good
    ```yaml
    specc: 1
    matrix: {axes: {seed: [1, 2]}}
    job:
      name: cavity-{{ matrix.seed }}
      cmd_line: ./solver --seed {{ matrix.seed }}
      core_limit: 4
    ```
    """
    for section in ("vars", "job"):
        for node in scalars(spec.plain.section(section)):
            text = template_text(node)
            for match in re.finditer(DOLLAR, text) if text is not None and "${{" in text else ():
                shown = brief(match.string[match.end() : end_of_template(match.string, match.end())])
                span = span_in(node, match.start(), match.end())
                message = f"`{shown}` is the template, and the `$` before it stays in the text"
                fix = replacing_fix(span, "$", "")
                yield DOLLAR_BEFORE_TEMPLATE.at(span, message, labels=labels_of(node), help="remove the `$`", fix=fix)


BARE_NAME = r"(?P<name>(?:params|vars|matrix|cell)\.\w+)"
DRESSED = rf"(?<![\\${{%])(?P<open>\$\(|\$\{{|\$|\{{\{{|\{{)\s*{BARE_NAME}\b\s*(?P<close>\)|\}}\}}|\}}|)"
CLOSERS = {"$(": ")", "${": "}", "{": "}", "{{": "}}"}
ALONE = re.compile(rf"(?:[\w-]+=)?{BARE_NAME}")
OF_CELLS = ("id", "index", "slug")


def name_without_braces(spec: Spec) -> Iterator[Diagnostic]:
    """A value's name among other words, without `{{ }}`.

    ## What
    Finds `$matrix.seed`, `${matrix.seed}`, `$(matrix.seed)`, `{ matrix.seed }` and, as a word of its own in a command,
    plain `matrix.seed`, where the spec has this parameter, variable or axis. In a script that is not a template,
    because its name does not end in `.j2`, also `{{ matrix.seed }}`.

    ## Why
    Only `{{ matrix.seed }}` in a template is replaced by the value. The shell takes all others for a text or for a
    variable that is not set, and the program gets something that looks like a mistake of its own.

    ## Bad
    ```yaml
    specc: 1
    matrix: {axes: {seed: [1, 2]}}
    job:
      name: cavity-{{ matrix.seed }}
      cmd_line: ./solver --seed { matrix.seed } --mesh {{ matrix.seed }}
      core_limit: 4
    ```

    ## Good
    ```yaml
    specc: 1
    matrix: {axes: {seed: [1, 2]}}
    job:
      name: cavity-{{ matrix.seed }}
      cmd_line: ./solver --seed {{ matrix.seed }} --mesh {{ matrix.seed }}
      core_limit: 4
    ```
    """
    fields = spec.project.apis[spec.plain.api].fields
    names = frozenset(_names_of(spec.plain))
    for field, value in spec.plain.section("job").entries.items():
        for node in scalars(value):
            text = node.text.text if isinstance(node, FileText) else str(node.value)
            # Nearly all texts have none of it.
            if names and "." in text and not (isinstance(node, Scalar) and node.verbatim):
                is_shell = field in fields and fields[field].shell
                yield from _bare_names(node, text, names, is_shell=is_shell and node is value)


def _names_of(spec: ResolvedSpec) -> Iterator[str]:
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


def _bare_names(node: Scalar | FileText, text: str, names: frozenset[str], *, is_shell: bool) -> Iterator[Diagnostic]:
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
            yield _bare_name(node, text, (match.start(), end), name)
    if is_shell and any(name in shown for name in names):
        for call in read(shown).calls:
            for start, end in call[1:]:
                word = ALONE.fullmatch(shown, start, end)
                if word is not None and word["name"] in names and word.start("name") not in told:
                    yield _bare_name(node, text, word.span("name"), word["name"])


def _bare_name(node: Scalar | FileText, text: str, place: tuple[int, int], name: str) -> Diagnostic:
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


RULES = (
    SpecRule(MISSING_BRACES, missing_braces),
    SpecRule(DOLLAR_BEFORE_TEMPLATE, dollar_before_template, always=True),
    SpecRule(NAME_WITHOUT_BRACES, name_without_braces),
)
