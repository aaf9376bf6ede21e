"""Commands as they are sent: what is passed to a script, and the lines that a target puts before every command.

`{$file: run.sh, env: {...}, args: [...]}` is a quoted prologue and then the script as it is. `{$command: text, ...}` is
the same for a text in the spec. The setting `prelude` of a target becomes part of the command, so that what is sent is
what is rendered, compared and digested. A `#!` line stays the first. If a script is not for a shell, the lines are in a
small shell script around it, which some kinds of targets can run.
"""

import re
import shlex

from specc.diagnostics import Diagnostic, codes
from specc.evaluator.values import Prefix, Read, Value
from specc.expressions import Unknown
from specc.fast_dataclass import dataclass
from specc.nodes import FileText, Node, Passed, Scalar, kind_of

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SHELL_LINE = re.compile(r"#!.*\b(?:sh|bash|dash|ksh|zsh)\b")


def assemble(
    node: FileText | Scalar, data: object, env: Value | None, args: Value | None
) -> tuple[object, list[Diagnostic]]:
    """Return the command of a `$file` or `$command` form, Unknown if a part is unknown, and the diagnostics."""
    found = [*_name_mistakes(node), *_value_mistakes(env), *_value_mistakes(args)]
    text = "" if isinstance(data, Unknown) else as_text(data)
    first = text.partition("\n")[0]
    if (
        any(part is not None and part.children for part in (env, args))
        and first.startswith("#!")
        and not SHELL_LINE.match(first)
    ):
        help = "write the values into the command line, such as `cmd_line: python3 train.py {{ params.mesh | sh }}`"
        message = f"`env` and `args` need a shell script, and this one starts with `{first}`"
        span = node.ref.span if isinstance(node, FileText) else node.span
        found.append(codes.BAD_OPERATOR.at(span, message, help=help))
    if found or isinstance(data, Unknown) or any(part is not None and not part.is_known for part in (env, args)):
        return Unknown("string"), found
    names = env.data if env is not None and isinstance(env.data, dict) else {}
    words = args.data if args is not None and isinstance(args.data, list) else []
    return script(text, {name: as_text(value) for name, value in names.items()}, [as_text(word) for word in words]), []


def script(text: str, env: dict[str, str], args: list[str]) -> str:
    """Return the script with exports and `set --` before it. A `#!` line stays the first."""
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
    """Return a value as a shell script gets it: booleans as YAML writes them."""
    return str(data).lower() if isinstance(data, bool) else str(data)


def passed_to(node: Node) -> Passed:
    """Return what a form passes to its command."""
    if isinstance(node, FileText):
        return Passed(node.env, node.args)
    passed = node.passed if isinstance(node, Scalar) else None
    return passed if passed is not None else Passed(None, None)


def _name_mistakes(node: FileText | Scalar) -> list[Diagnostic]:
    env = passed_to(node).env
    names = env.keys.values() if env is not None else ()
    help = "use letters, digits and `_`, not beginning with a digit"
    return [
        codes.BAD_OPERATOR.at(key.span, f"`{key.value}` is not a name of a shell variable", help=help)
        for key in names
        if not NAME.fullmatch(str(key.value))
    ]


def _value_mistakes(part: Value | None) -> list[Diagnostic]:
    """Return the mistakes of values that are not one text: lists, mappings and null."""
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


PRELUDE = "prelude"
"""The name by which a command has read the lines."""

WRAPPER = """\
cat >"$SPECC_JOB_DIR/command" <<'{word}' || exit
{script}{word}
exec {interpreter} "$SPECC_JOB_DIR/command"
"""
"""Runs a script after the lines of the prelude: in the same process, with the same standard input."""
WORD = "SPECC_END"


@dataclass(frozen=True, slots=True)
class Prelude:
    """The lines as the settings write them. `wraps`: the target can run a script of another interpreter after them."""

    node: Scalar | FileText
    wraps: bool


def with_prelude(own: Value, prelude: Value, *, wraps: bool) -> Value:
    """Return a command behind the lines of a prelude. An empty command stays empty."""
    command, lines = own.data, prelude.data
    reads = (*own.reads, Read(PRELUDE, lines, prelude))
    if isinstance(command, Unknown) or isinstance(lines, Unknown):
        return Value(Unknown("string"), own.node, reads)
    if not isinstance(command, str) or not isinstance(lines, str) or not command.strip() or not lines.strip():
        return own
    interpreter = _other_interpreter(command)
    if interpreter is not None and not wraps:
        return own
    ended = lines if lines.endswith("\n") else f"{lines}\n"
    if interpreter is not None:
        head, rest = "", _wrapped(command, interpreter)
    elif command.startswith("#!"):
        first, _, rest = command.partition("\n")
        head = f"{first}\n"
    else:
        head, rest = "", command
    prefix = Prefix(own, prelude, len(head), len(head) + len(ended), is_wrapped=interpreter is not None)
    return Value(f"{head}{ended}{rest}", own.node, reads, prefix=prefix)


def _other_interpreter(command: str) -> str | None:
    """Return the program of a `#!` line, as a shell would start it; None if it is a shell, or not an absolute path."""
    line = command.partition("\n")[0]
    if not line.startswith("#!") or SHELL_LINE.match(line):
        return None
    program, *rest = line.removeprefix("#!").split(None, 1)[:2] or [""]
    if not program.startswith("/"):
        return None
    # the kernel hands over the rest of the line as one argument
    return shlex.join([program, *(argument.rstrip() for argument in rest)])


def _wrapped(script: str, interpreter: str) -> str:
    """Return the shell commands that run a script with its interpreter."""
    lines, word, number = script.split("\n"), WORD, 1
    while word in lines:
        number += 1
        word = f"{WORD}_{number}"
    ended = script if script.endswith("\n") else f"{script}\n"
    return WRAPPER.format(word=word, script=ended, interpreter=interpreter)
