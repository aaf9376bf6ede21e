"""`{$file: run.sh, env: {...}, args: [...]}` as a command: a quoted prologue, then the script as it is.

And `{$command: text, env: {...}, args: [...]}`, which does the same for a text that stands in the spec.
"""

import re
import shlex

from specc.diagnostics import Diagnostic, codes
from specc.evaluator.values import Value
from specc.expressions import Unknown
from specc.nodes import FileText, Node, Passed, Scalar, kind_of

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SHELL = re.compile(r"#!.*\b(?:sh|bash|dash|ksh|zsh)\b")


def assemble(
    node: FileText | Scalar, data: object, env: Value | None, args: Value | None
) -> tuple[object, list[Diagnostic]]:
    """The command that a `$file` or `$command` form stands for, or Unknown where a part of it is."""
    found = [*_name_faults(node), *_value_faults(env), *_value_faults(args)]
    text = "" if isinstance(data, Unknown) else as_text(data)
    first = text.partition("\n")[0]
    if (
        any(part is not None and part.children for part in (env, args))
        and first.startswith("#!")
        and not SHELL.match(first)
    ):
        help = "write the values into the command line instead, or read them from a file"
        message = f"`env` and `args` need a shell script, and this one starts with `{first}`"
        span = node.ref.span if isinstance(node, FileText) else node.span
        found.append(codes.BAD_OPERATOR.at(span, message, help=help))
    if found or isinstance(data, Unknown) or any(part is not None and not part.is_known for part in (env, args)):
        return Unknown("string"), found
    names = env.data if env is not None and isinstance(env.data, dict) else {}
    words = args.data if args is not None and isinstance(args.data, list) else []
    return script(text, {name: as_text(value) for name, value in names.items()}, [as_text(word) for word in words]), []


def script(text: str, env: dict[str, str], args: list[str]) -> str:
    """The script with exports and `set --` before it. A `#!` line stays the first."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in env.items()]
    if args:
        lines.append("set -- " + " ".join(shlex.quote(value) for value in args))
    if not lines:
        return text
    prologue = "\n".join(lines) + "\n"
    if not text.startswith("#!"):
        return prologue + text
    shebang, _, rest = text.partition("\n")
    return f"{shebang}\n{prologue}{rest}"


def as_text(data: object) -> str:
    """A value as a shell script sees it: booleans as YAML writes them."""
    return str(data).lower() if isinstance(data, bool) else str(data)


def passed_to(node: Node) -> Passed:
    """Return what a form passes to its command."""
    if isinstance(node, FileText):
        return Passed(node.env, node.args)
    passed = node.passed if isinstance(node, Scalar) else None
    return passed if passed is not None else Passed(None, None)


def _name_faults(node: FileText | Scalar) -> list[Diagnostic]:
    env = passed_to(node).env
    names = env.keys.values() if env is not None else ()
    help = "use letters, digits and `_`, not beginning with a digit"
    return [
        codes.BAD_OPERATOR.at(key.span, f"`{key.value}` is no name of a shell variable", help=help)
        for key in names
        if not NAME.fullmatch(str(key.value))
    ]


def _value_faults(part: Value | None) -> list[Diagnostic]:
    """A variable or an argument is one text, so a list, a mapping or null cannot be one."""
    if part is None:
        return []
    return [
        codes.BAD_OPERATOR.at(
            value.node.span, f"{_noun(value)} cannot be passed to a script", help="pass a text or a number"
        )
        for value in part.children_in_order()
        if _is_no_text(value.data)
    ]


def _is_no_text(data: object) -> bool:
    if isinstance(data, Unknown):
        return data.kind in ("list", "mapping")
    return data is None or isinstance(data, list | dict)


def _noun(value: Value) -> str:
    if not value.is_computed:
        return kind_of(value.node)
    kind = value.data.kind if isinstance(value.data, Unknown) else None
    is_mapping = kind == "mapping" or isinstance(value.data, dict)
    return "null" if value.data is None else "a mapping" if is_mapping else "a list"
