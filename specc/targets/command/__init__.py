"""Any scheduler as a target, through four commands of the site: submit, status, cancel and find.

Each command gets a request as JSON on its standard input, and answers in lines of JSON (`contract`). What runs once for
each payload, its record and its outputs are specc's own: the commands are given a script that sees to that, as on Slurm
(`specc.targets.batch`). The commands are lists in the settings, which a user has to trust, or those of an adapter that
ships with specc, such as `gridengine`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from specc.settings import Target, Traits
from specc.targets.kind import Kind, Mistake
from specc.targets.opening import Opened, Opening
from specc.targets.refusals import Refusal

ADAPTERS = ("gridengine",)
"""Schedulers whose commands ship with specc, each in a module of its name."""

ACTIONS = ("submit", "status", "cancel", "find")


def _refusals(body: Mapping[str, object], target: Target, units: Mapping[str, str]) -> Iterator[Refusal]:
    from specc.targets.command.refusals import refusals  # only a project with such a target needs the module

    return refusals(body, target, units)


def _open(opening: Opening) -> Opened:
    from specc.targets.command.opening import open_target  # it brings what starts programs

    return open_target(opening)


def _mistake(settings: Mapping[str, object]) -> Mistake | None:
    """Return what is missing or too much: a target has an adapter, or all four commands."""
    adapter, commands = settings.get("adapter"), settings.get("commands")
    if adapter == "gridengine" and commands is None:
        return _mistake_in_own(settings.get("settings"))
    known = f"of these adapters: {', '.join(ADAPTERS)}"
    if commands is None and adapter is None:
        help = f"write four commands ({', '.join(ACTIONS)}) under `commands`, or `adapter` with one {known}"
        return Mistake("kind", "has no `commands`", help)
    if commands is not None and adapter is not None:
        return Mistake("commands", "has both `commands` and an `adapter`", "keep one of them")
    missing = [name for name in ACTIONS if commands is not None and not _said(commands, name)]
    if missing:
        each = ", ".join(f"`commands.{name}`" for name in missing)
        return Mistake("commands", f"lacks {each}", 'write each as a list of words: `["/opt/site/bin/NAME"]`')
    return None


def _mistake_in_own(settings: object) -> Mistake | None:
    # Few projects have such a target.
    from specc.targets.command.gridengine import SETTINGS, mistake_in_settings

    message = mistake_in_settings(settings) if isinstance(settings, Mapping) else None
    return None if message is None else Mistake("settings", message, f"the settings are {', '.join(SETTINGS)}")


def _said(commands: object, name: str) -> object:
    return commands.get(name) if isinstance(commands, Mapping) else None


GRID_ENGINE = Traits(scheduler="Grid Engine", obeys_interpreter_line=True, runs_scripts=True, has_workdir=True)
TRAITS = replace(GRID_ENGINE, scheduler=None, may_be_any_scheduler=True)
COMMAND = Kind(
    "command",
    _refusals,
    _open,
    traits=TRAITS,
    own_streams=("scheduler",),
    mistake=_mistake,
    adapters={"gridengine": GRID_ENGINE},
)

__all__ = ["ACTIONS", "ADAPTERS", "COMMAND"]
