"""The way in, and the one place where exceptions become exit codes."""

import io
import os
import platform
import sys
import traceback

from specc import __version__
from specc.errors import SpeccError

USAGE, INTERRUPTED, BUG = 2, 130, 101


def main() -> None:
    """The `specc` command. Exits with 0 clean, 1 findings, 2 usage or a broken world, 101 our bug."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        # Answered before anything heavy is imported.
        print(f"specc {__version__}")
        return
    _settle_streams()
    sys.exit(run(sys.argv[1:]))


def _settle_streams() -> None:
    """The same bytes on every machine, whatever its locale says. A path can hold what is no UTF-8."""
    # Python gives None for a stream that the caller has closed.
    sys.stdout = sys.stdout or io.StringIO()
    sys.stderr = sys.stderr or io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def run(arguments: list[str]) -> int:
    """Runs one command line and returns its exit code."""
    # Deferred so that `--version` costs no more than Python itself.
    from specc.cli.app import dispatch

    try:
        code = dispatch(arguments)
        sys.stdout.flush()
        return code
    except SpeccError as error:
        print(f"error: {error.message}", file=sys.stderr)
        if error.help is not None:
            print(f"help: {error.help}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # `specc render | head`: nobody reads on.
        _drop_output()
        return 0
    except OSError as error:
        # Whatever reads or writes a file raises SpeccError, so this is the output, on a full disk.
        _drop_output()
        print(f"error: cannot write the output: {error.strerror or error}", file=sys.stderr)
        return USAGE
    except Exception:
        print(_bug_report(arguments), file=sys.stderr)
        return BUG


def _drop_output() -> None:
    """What Python would still flush at exit goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _bug_report(arguments: list[str]) -> str:
    return (
        "specc has a bug, and this is its report. Please paste it into an issue.\n\n"
        f"specc {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"arguments: {arguments}\n\n{traceback.format_exc()}"
    )


if __name__ == "__main__":
    main()
