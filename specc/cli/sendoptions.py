"""Options of the commands that send, and of those that look after what was sent."""

from typing import Annotated

import typer

from specc.cli.completion import complete_spec, complete_target
from specc.submission.selector import STATES


def complete_state(incomplete: str) -> list[str]:
    """The last of several names with commas between them."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{state}" for state in STATES if state.startswith(last)]


Specs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SPEC]...",
        help="Specs or folders, or the whole project; `-` is standard input.",
        autocompletion=complete_spec,
    ),
]
Chosen = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SPEC|UUID]...",
        help="Specs, folders, jobs or attempts, or the whole project.",
        autocompletion=complete_spec,
    ),
]
States = Annotated[
    list[str] | None,
    typer.Option(
        "--state",
        metavar="STATE,...",
        help="Only what is in one of these states, such as failed,rejected.",
        autocompletion=complete_state,
    ),
]
ToTarget = Annotated[
    str | None,
    typer.Option(
        "--target", metavar="NAME", help="Where it goes [the project's target].", autocompletion=complete_target
    ),
]
AtTarget = Annotated[
    str | None,
    typer.Option("--target", metavar="NAME", help="Only what went to this target.", autocompletion=complete_target),
]
Changed = Annotated[bool, typer.Option("--changed", help="Send payloads that differ from what was accepted.")]
Rerun = Annotated[bool, typer.Option("--rerun", help="Run again what was accepted, on purpose.")]
Resend = Annotated[
    bool, typer.Option("--resend-unknown", help="Send again what may have been accepted; it may run twice.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Output = Annotated[str, typer.Option("--output", metavar="FORMAT", help="text or json.")]
Timeout = Annotated[
    str | None, typer.Option("--timeout", metavar="TIME", help="Wait no longer than this, such as 2h30m.")
]
