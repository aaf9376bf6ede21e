"""Operators: one-key mappings such as `{$append: [...]}`. Which they are, and what is wrong with one.

And templates, as far as it matters here that a value is one.
"""

from typing import NamedTuple

from specc.diagnostics import Diagnostic, closest, codes, did_you_mean, spelling_fix
from specc.nodes import FileText, Mapping, Node, Scalar, Sequence, kind_of
from specc.parser import TEMPLATE_OPENER

MERGE_OPERATORS = ("$append", "$prepend", "$replace", "$unset")
VALUE_FORMS = ("$file", "$command", "$literal")
PASSED = ("env", "args")
"""What can stand beside `$file` and `$command`."""


class Operator(NamedTuple):
    name: str
    key: Scalar
    operand: Node


def operator_of(node: Node) -> Operator | None:
    """The operator that a mapping is, if it has a `$` key (well formed or not)."""
    if isinstance(node, Mapping):
        for name, value in node.entries.items():
            if name.startswith("$"):
                return Operator(name, node.keys[name], value)
    return None


def is_template(node: Node | None) -> bool:
    """Is its value not known before it is evaluated?"""
    if isinstance(node, FileText):
        return node.is_template
    text = node.value if isinstance(node, Scalar) and not node.verbatim else None
    return isinstance(text, str) and TEMPLATE_OPENER.search(text) is not None


def fault_of(operator: Operator, node: Mapping) -> Diagnostic | None:
    """What is wrong with an operator as it is written, whatever it acts on."""
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
            message = f"`{key.value}` cannot stand beside `{operator.name}`"
            return codes.BAD_OPERATOR.at(key.span, message, help=help)
    return _operand_fault(operator)


def _is_text(node: Node) -> bool:
    inner = operator_of(node)
    text = inner.operand if inner is not None and inner.name == "$literal" else node
    return isinstance(text, Scalar) and isinstance(text.value, str)


def _operand_fault(operator: Operator) -> Diagnostic | None:
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
