"""From the process to a command, and from exceptions to exit codes: nothing else does either.

`main` prepares the process, `run` answers one command line and returns its exit code. The user's mistakes are
diagnostics, which commands print; an environment that failed is a `SpeccError`; anything else is a bug in specc.
"""

import atexit
import errno
import gc
import io
import os
import sys

from specc import __version__
from specc.cli import COMPLETE, exits
from specc.errors import SpeccError

OUTPUT_FAULTS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EAGAIN, errno.EBADF}
"""How writing to a stream fails. Whatever opens a file says its name, and should have raised SpeccError."""


class _OutputFault(Exception):
    """Standard output takes nothing more, such as on a full disk."""


def main() -> None:
    """Answer the command line of this process, and end it."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        # Answered before anything heavy is imported.
        sys.exit(_say_version())
    _read_names_as_utf8()
    _settle_streams()
    code = run(sys.argv[1:])
    if sys.argv[1:2] == ["check"]:
        _leave(code)
    sys.exit(code)


def _say_version() -> int:
    try:
        print(f"specc {__version__}", flush=True)
    except BrokenPipeError:
        _drop(sys.stdout.fileno())
        return exits.UNREAD
    except OSError as error:
        _drop(sys.stdout.fileno())
        _say_error(SpeccError(f"cannot write the output: {error.strerror}"))
        return exits.BROKEN
    return exits.OK


def _read_names_as_utf8() -> None:
    """Start this command line again in Python's UTF-8 mode where the locale says another encoding.

    Names of files, arguments and variables are bytes, and what they are read as becomes the names of specs, payloads
    and digests. The mode is not set through the environment: that would go on to jobs.
    """
    if sys.flags.utf8_mode or sys.getfilesystemencoding() == "utf-8" or not sys.executable:
        return
    program = os.fsencode(sys.executable)
    os.execv(program, [program, b"-X", b"utf8", *_command_line()[1:]])


def _command_line() -> list[bytes]:
    """Return the arguments of this process, Python's own among them, as they came."""
    try:
        with open("/proc/self/cmdline", "rb") as file:
            return file.read().removesuffix(b"\0").split(b"\0")
    except OSError:  # not Linux
        return [os.fsencode(text) for text in sys.orig_argv]


def _leave(code: int) -> None:
    """End at once. Python would first free every object, which takes a tenth of the time of a check of one spec."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return  # Python says so at its own end
    atexit._run_exitfuncs()
    os._exit(code)


def _settle_streams() -> None:
    """Let streams have the same bytes on every machine, whatever its locale says. A path need not be UTF-8."""
    # Python gives None for a stream that the caller has closed.
    sys.stdout = sys.stdout or io.StringIO()
    sys.stderr = sys.stderr or io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")


def run(arguments: list[str]) -> int:
    """Answer one command line, and return its exit code. Nothing but an exit of the process is raised."""
    try:
        return _ended(arguments)
    except BrokenPipeError:
        # As in `specc render | head`. This is not a success, because errors may be among what was not read.
        _drop(sys.stdout.fileno())
        _drop(sys.stderr.fileno())
        return exits.UNREAD
    except _OutputFault as error:
        _drop(sys.stdout.fileno())
        _say_error(SpeccError(f"cannot write the output: {error}"))
        return exits.BROKEN


def _ended(arguments: list[str]) -> int:
    """Return the exit code of a command line, also where it ends with an error or a bug."""
    from specc.language import choose_language  # deferred, as are the imports of `_answer`

    try:
        choose_language(os.environ)
        _check_current_folder()
        code = _answer(arguments)
        sys.stdout.flush()
        return code
    except SpeccError as error:
        _say_error(error)
        return exits.BROKEN
    except KeyboardInterrupt:
        return exits.INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # our bug, unless it is the output; nothing else catches all
        if isinstance(error, OSError) and error.errno in OUTPUT_FAULTS and error.filename is None:
            raise _OutputFault(error.strerror) from error
        _say_bug(arguments)
        return exits.BUG


def _answer(arguments: list[str]) -> int:
    """Hand the command line to its command, and return the command's exit code.

    Modules are never garbage, and the objects that a check keeps, such as the nodes of a thousand files, hardly ever.
    Python would search all of them again and again, for a sixth of the time of such a check.
    """
    gc.set_threshold(50_000)
    # The imports are late so that `--version` costs no more than Python itself, and a usual check no typer.
    if arguments[:1] == ["check"] and COMPLETE not in os.environ:
        from specc.cli.checking import read_without_typer, run_check

        options = read_without_typer(arguments[1:])
        if options is not None:
            gc.freeze()
            return run_check(options)
    if arguments in (["lsp"], ["lsp", "--stdio"]) and COMPLETE not in os.environ:
        from specc.lsp import serve  # an editor waits for it, and typer takes a tenth of its start

        return serve()
    from specc.cli import dispatch  # brings typer

    gc.freeze()
    return dispatch.dispatch(arguments)


def _check_current_folder() -> None:
    try:
        os.getcwd()
    except FileNotFoundError as error:
        raise SpeccError("the current folder is gone", help="`cd` to one that exists") from error


def _say_error(error: SpeccError) -> None:
    from specc.cli.console import say_error  # deferred, as are the imports of `_answer`

    say_error(error)


def _say_bug(arguments: list[str]) -> None:
    import platform  # only a bug needs these
    import traceback

    from specc.cli.console import say_lines

    say_lines(
        "specc has a bug, and this is its report. Please paste it into an issue.\n\n"
        f"specc {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"arguments: {arguments}\n\n{traceback.format_exc()}\n"
    )


def _drop(descriptor: int) -> None:
    """Let what Python still flushes at its exit go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


if __name__ == "__main__":
    main()
