"""Options that several commands share, declared once."""

from typing import Annotated

import typer

from specc.cli.completion import (
    complete_axis,
    complete_cell,
    complete_param,
    complete_profile,
    complete_spec,
    complete_target,
)

MOST_ATTEMPTS = 1000


def _not_empty(ids: list[str] | None) -> list[str] | None:
    """Every id begins with nothing: an unset variable of a script would select all cells."""
    if ids is not None and "" in ids:
        raise typer.BadParameter("an empty id selects nothing")
    return ids


Profiles = Annotated[
    list[str] | None,
    typer.Option("--profile", metavar="NAME", help="Lay a profile over the specs.", autocompletion=complete_profile),
]
Params = Annotated[
    list[str] | None,
    typer.Option(
        "-p", "--param", metavar="NAME=VALUE", help="Give a parameter a value.", autocompletion=complete_param
    ),
]
StdinName = Annotated[
    str | None,
    typer.Option(
        "--stdin-filename",
        metavar="PATH",
        help="The path of the file whose text is on standard input, such as one that is open in an editor.",
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Override one value, such as job.core_limit=4."),
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="AXIS=VALUE", help="Only cells with this value.", autocompletion=complete_axis),
]
Cells = Annotated[
    list[str] | None,
    typer.Option(
        "--cell",
        metavar="ID",
        help="Only the cell with this id, or its beginning.",
        callback=_not_empty,
        autocompletion=complete_cell,
    ),
]
AttemptNumber = Annotated[
    int,
    typer.Option(
        "--attempt", metavar="N", min=1, max=MOST_ATTEMPTS, help="The payloads of this attempt: `cell.attempt` is N."
    ),
]
TargetName = Annotated[
    str | None,
    typer.Option(
        "--target", metavar="NAME", help="Use this target's values and units.", autocompletion=complete_target
    ),
]


def complete_state(incomplete: str) -> list[str]:
    """Offer the last of several names with commas between them."""
    from specc.submission import STATES  # for TAB only: it brings the ledger, which no check needs

    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{state}" for state in STATES if state.startswith(last)]


def complete_reason(incomplete: str) -> list[str]:
    """Offer the last of several reasons with commas between them."""
    from specc.targets import EndReason  # for TAB only, as above

    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{reason}" for reason in EndReason if reason.startswith(last)]


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
        metavar="[SPEC|UUID|NAME]...",
        help="Specs, folders, jobs (by uuid or name) or attempts, or the whole project.",
        autocompletion=complete_spec,
    ),
]
States = Annotated[
    list[str] | None,
    typer.Option(
        "--state",
        metavar="STATE,...",
        help="Only jobs and attempts in one of these states, such as failed,rejected.",
        autocompletion=complete_state,
    ),
]
WithParams = Annotated[
    list[str] | None,
    typer.Option("-p", "--param", metavar="NAME=VALUE", help="Only what was submitted with this value of a parameter."),
]
ToTarget = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="NAME",
        help="The target to send to (default: the project's target).",
        autocompletion=complete_target,
    ),
]
AtTarget = Annotated[
    str | None,
    typer.Option("--target", metavar="NAME", help="Only what was sent to this target.", autocompletion=complete_target),
]
Changed = Annotated[bool, typer.Option("--changed", help="Also take payloads that differ from what was accepted.")]
Rerun = Annotated[bool, typer.Option("--rerun", help="Also take what was accepted before, to run it again.")]
Resend = Annotated[
    bool, typer.Option("--resend-unknown", help="Also take what may have been accepted; it may run twice.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
Output = Annotated[str, typer.Option("--output", metavar="FORMAT", help="text or json.")]
Timeout = Annotated[
    str | None, typer.Option("--timeout", metavar="TIME", help="Wait no longer than this, such as 2h30m.")
]
