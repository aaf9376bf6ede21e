"""Options that several commands share, declared once."""

from typing import Annotated

import typer

from specc.cli.completion import complete_axis, complete_cell, complete_param, complete_profile, complete_target


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
    typer.Option("--stdin-filename", metavar="PATH", help="The file that `-` is the text of, as an editor has it."),
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
TargetName = Annotated[
    str | None,
    typer.Option(
        "--target", metavar="NAME", help="Use this target's values and units.", autocompletion=complete_target
    ),
]
