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
    """Return what is missing or too much: a target has an adapter, or all four commands.

    What has not the form of commands or settings at all is reported as any other setting is.
    """
    adapter, commands = settings.get("adapter"), settings.get("commands")
    if commands is None and adapter is None:
        ways = " or ".join(f'`adapter = "{name}"`' for name in ADAPTERS)
        help = f"write four commands ({', '.join(ACTIONS)}) as the table `commands`, or {ways}"
        return Mistake("kind", "has neither `commands` nor an `adapter`", help)
    if commands is not None and adapter is not None:
        return Mistake("commands", "has both `commands` and an `adapter`", "keep one of them")
    if adapter == "gridengine":
        return _mistake_in_own(settings.get("settings"))
    if not isinstance(commands, Mapping) or not commands.keys() <= set(ACTIONS):
        return None
    missing = [name for name in ACTIONS if not commands.get(name)]
    if missing:
        each = ", ".join(f"`commands.{name}`" for name in missing)
        return Mistake("commands", f"lacks {each}", 'write each as a list of words: `["/opt/site/bin/NAME"]`')
    return None


def _mistake_in_own(settings: object) -> Mistake | None:
    # Few projects have such a target.
    from specc.targets.command.gridengine import SETTINGS, mistake_in_settings

    if not isinstance(settings, Mapping) or any(isinstance(value, Mapping) for value in settings.values()):
        return None
    message = mistake_in_settings(settings)
    return None if message is None else Mistake("settings", message, f"the settings are {', '.join(SETTINGS)}")


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
