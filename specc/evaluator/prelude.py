"""The lines of a target that stand before every command: the setting `prelude`.

They become a part of the command, so that what is sent is what is rendered, compared and digested. A `#!` line of the
command stays the first. Where a script is not for a shell, the lines stand in a small shell script around it, which
some kinds of targets can run.
"""

import shlex

from specc.evaluator.files import SHELL
from specc.evaluator.values import Prefix, Read, Value
from specc.expressions import Unknown
from specc.fast_dataclass import dataclass
from specc.nodes import FileText, Scalar

PRELUDE = "prelude"
"""The name under which a command has read the lines."""

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
    """Return a command behind the lines of a prelude. A command without any text stays without."""
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
    """Return the program of a `#!` line, as a shell would start it; None if that is a shell, or no path as it must."""
    line = command.partition("\n")[0]
    if not line.startswith("#!") or SHELL.match(line):
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
