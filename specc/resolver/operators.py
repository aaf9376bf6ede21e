"""Operators and value forms: one-key mappings such as `{$append: [...]}`, and what is wrong with one.

The value forms are read before anything is merged: `{$literal: text}` becomes a verbatim scalar, `{$file: PATH, env,
args}` the text of a file, and `{$command: text, env, args}` a scalar with what is passed to it. The other operators act
when layers are merged.
"""

from dataclasses import replace
from typing import NamedTuple

from specc.diagnostics import Diagnostic, Missing, closest, codes, did_you_mean, spelling_fix
from specc.nodes import FileText, Mapping, Node, Passed, Scalar, Sequence, kind_of
from specc.parser import TEMPLATE_OPENER
from specc.resolver.library import Library, join

MERGE_OPERATORS = ("$append", "$prepend", "$replace", "$unset")
VALUE_FORMS = ("$file", "$command", "$literal")
PASSED = ("env", "args")
"""The keys that are allowed beside `$file` and `$command`."""


class Operator(NamedTuple):
    name: str
    key: Scalar
    operand: Node


def operator_of(node: Node) -> Operator | None:
    """Return the operator that a mapping is, if it has a key that begins with `$` (well formed or not)."""
    if isinstance(node, Mapping):
        for name, value in node.entries.items():
            if name.startswith("$"):
                return Operator(name, node.keys[name], value)
    return None


def is_template(node: Node | None) -> bool:
    """Return whether the value of a node is not known before it is evaluated."""
    if isinstance(node, FileText):
        return node.is_template
    text = node.value if isinstance(node, Scalar) and not node.verbatim else None
    return isinstance(text, str) and TEMPLATE_OPENER.search(text) is not None


def mistake_of(operator: Operator, node: Mapping) -> Diagnostic | None:
    """Return the mistake in an operator as it is written, whatever it acts on, or None."""
    takes_values = operator.name in ("$file", "$command")
    allowed = (operator.name, *PASSED) if takes_values else (operator.name,)
    if operator.name not in MERGE_OPERATORS + VALUE_FORMS:
        help = did_you_mean(operator.name, MERGE_OPERATORS + VALUE_FORMS, "operators")
        fix = spelling_fix(operator.key.span, operator.name, closest(operator.name, MERGE_OPERATORS + VALUE_FORMS))
        return codes.BAD_OPERATOR.at(operator.key.span, f"there is no operator `{operator.name}`", help=help, fix=fix)
    for key in node.keys.values():
        if key.value not in allowed:
            help = (
                did_you_mean(str(key.value), allowed, "keys")
                if takes_values
                else f"an operator is a mapping of its own: `{{{operator.name}: ...}}`"
            )
            message = f"`{key.value}` is not allowed beside `{operator.name}`"
            return codes.BAD_OPERATOR.at(key.span, message, help=help)
    return _operand_mistake(operator)


def _is_text(node: Node) -> bool:
    inner = operator_of(node)
    text = inner.operand if inner is not None and inner.name == "$literal" else node
    return isinstance(text, Scalar) and isinstance(text.value, str)


def _operand_mistake(operator: Operator) -> Diagnostic | None:
    operand, expected = operator.operand, None
    match operator.name:
        case "$append" | "$prepend" if not isinstance(operand, Sequence):
            expected = f"a list: `{{{operator.name}: [...]}}`"
        case "$unset" if not (isinstance(operand, Scalar) and operand.value is True):
            expected = "`true`: `{$unset: true}`"
        case "$literal" if not isinstance(operand, Scalar):
            expected = "a text: `{$literal: 'text'}`"
        case "$file" if not (isinstance(operand, Scalar) and isinstance(operand.value, str)):
            expected = "a path: `{$file: run.sh}`"
        case "$command" if not _is_text(operand):
            expected = "the text of a command: `{$command: ./run, env: {NAME: value}}`"
    if expected is None:
        return None
    return codes.BAD_OPERATOR.at(
        operand.span, f"`{operator.name}` has {kind_of(operand)}", help=f"`{operator.name}` takes {expected}"
    )


NOTHING = ""


def is_lost_form(node: Node) -> bool:
    """Return whether a node stands in the place of a value form that could not be read, which is reported."""
    is_empty = isinstance(node, Scalar) and node.verbatim and node.value == NOTHING
    return is_empty and node.span.text.lstrip().startswith(("{", "$"))


def read_forms(node: Node, library: Library, found: list[Diagnostic]) -> Node:
    """Return the same tree with every value form replaced by its value, before anything is merged.

    Most trees hold no value form, and are returned as they are.
    """
    match node:
        case Mapping():
            operator = operator_of(node)
            if operator is not None and operator.name in VALUE_FORMS:
                return _read(operator, node, library, found)
            entries = {
                key: value if isinstance(value, Scalar) else read_forms(value, library, found)
                for key, value in node.entries.items()
            }
            is_same = all(entries[key] is value for key, value in node.entries.items())
            return node if is_same else replace(node, entries=entries)
        case Sequence():
            items = tuple(read_forms(item, library, found) for item in node.items)
            is_same = all(new is old for new, old in zip(items, node.items, strict=True))
            return node if is_same else replace(node, items=items)
        case _:
            return node


def _read(operator: Operator, node: Mapping, library: Library, found: list[Diagnostic]) -> Node:
    mistake = mistake_of(operator, node)
    nothing = Scalar(NOTHING, node.span, layer=node.layer, verbatim=True)
    if mistake is None and operator.name == "$command":
        text = read_forms(operator.operand, library, found)
        assert isinstance(text, Scalar)
        return replace(text, passed=Passed(*_passed(node, library, found)))
    if mistake is not None or not isinstance(operator.operand, Scalar):
        found.extend([mistake] if mistake is not None else [])
        return nothing
    if operator.name == "$literal":
        return replace(operator.operand, verbatim=True)
    return _file(operator.operand, node, library, found) or nothing


def _file(ref: Scalar, node: Mapping, library: Library, found: list[Diagnostic]) -> FileText | None:
    wanted = str(ref.value)
    if is_template(ref):
        help = "pass what varies through `env:` or `args:`, or write the text in the spec"
        found.append(
            codes.TEMPLATE_NOT_ALLOWED.at(ref.span, "`$file` takes a fixed path, without templates", help=help)
        )
        return None
    name = join(ref.span.source.name, wanted)
    if name is None:
        help = "copy the file into the project; `//` starts at the project's root"
        found.append(codes.OUTSIDE_PROJECT.at(ref.span, f"`$file: {wanted}` leads out of the project", help=help))
        return None
    text = library.text(name)
    if isinstance(text, Missing):
        found.append(text.code.at(ref.span, text.message, help=text.help))
        return None
    env, args = _passed(node, library, found)
    return FileText(ref, text, wanted.endswith(".j2"), env, args, node.span, node.layer)


def _passed(node: Mapping, library: Library, found: list[Diagnostic]) -> tuple[Mapping | None, Sequence | None]:
    """Return `env` and `args` of a `$file` or a `$command`. Values of another kind are reported and left out."""
    env, args = (read_forms(part, library, found) if (part := node.get(name)) else None for name in ("env", "args"))
    if env is not None and not isinstance(env, Mapping):
        help = "write `env: {NAME: value}`"
        found.append(codes.BAD_OPERATOR.at(env.span, f"`env` is {kind_of(env)}, not a mapping of names", help=help))
    if args is not None and not isinstance(args, Sequence):
        help = "write `args: [first, second]`"
        found.append(codes.BAD_OPERATOR.at(args.span, f"`args` is {kind_of(args)}, not a list", help=help))
    return env if isinstance(env, Mapping) else None, args if isinstance(args, Sequence) else None
