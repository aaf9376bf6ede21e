"""Trying the commands of a target of kind `command`: its own trials, in the project that names the target."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from specc.app.session import Session
from specc.app.workplace import unknown_target
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.lowering import Payload, receive
from specc.nodes import to_data
from specc.person import Person
from specc.project import Project
from specc.schema import ApiSchema
from specc.settings import Target
from specc.system.private import user_name
from specc.targets.command import COMMAND
from specc.targets.command.opening import open_commands
from specc.targets.command.trials import Bench, Result, tidy, trials
from specc.targets.opening import Opening
from specc.units import UNITS

NAME = "specc-test"


@dataclass(frozen=True, slots=True)
class Trying:
    """The trials of a target, which are made as they are asked for."""

    bench: Bench

    def results(self, chosen: frozenset[str], *, keeps: bool) -> Iterator[Result]:
        """Make the trials and yield how each ended. The folders of their jobs are removed where all went well."""
        is_well = True
        for result in trials(self.bench, chosen):
            is_well = is_well and not result.message
            yield result
        if is_well and not keeps:
            tidy(self.bench)


def try_target(session: Session, name: str, person: Person, *, patience: float, limit: float) -> Trying:
    """Return the trials of a target of the current folder's project. Raises SpeccError where it has no commands."""
    project = session.project(Path.cwd())
    settings = project.settings.targets.get(name)
    if settings is None:
        raise unknown_target(name, project.settings.targets)
    if settings.kind != COMMAND.name:
        raise SpeccError(f"the target `{name}` is of kind `{settings.kind}`, and has no commands to test")
    settings = replace(settings, run_as="caller", workdir="job", prelude=None)
    heard: list[Bench] = []
    units = {"time_limit": "s", "mem_limit": "MiB", **project.settings.units_for(name)}
    opening = Opening(project.root, settings, units, None, project.environment, lambda identity: 0.0, False, person)
    target = open_commands(opening, lambda *said: heard[0].heard(*said))
    api = _api(project)
    unit = UNITS["duration"][units["time_limit"]]
    count = max(1, -(-int(limit) // unit))
    bench = Bench(
        target,
        target.site,
        lambda command, fields: _payload(api, settings, command, fields),
        time.monotonic,
        time.sleep,
        (count * unit, {"time_limit": count}),
        patience,
    )
    heard.append(bench)
    return Trying(bench)


def _api(project: Project) -> ApiSchema:
    try:
        return project.apis[project.settings.api]
    except KeyError as error:
        raise SpeccError(f"there is no API version `{project.settings.api}`") from error


def _payload(api: ApiSchema, settings: Target, command: str, fields: dict[str, object]) -> Payload:
    """Return a small payload for the target: with the values that belong to it, and no others."""
    own = to_data(settings.job) if settings.job is not None else {}
    usual = {"cluster_id": NAME, "zone": NAME, "run_user": user_name(), "core_limit": 1}
    body = {"name": NAME, **usual, **(own if isinstance(own, dict) else {}), "cmd_line": command, **fields}
    made = receive({name: value for name, value in body.items() if name in api.fields}, api)
    if not isinstance(made, Payload):
        said = "; ".join(error.message for error in made)
        raise SpeccError(f"the jobs of a test do not fit the API: {said}", help="look at `job` of the target")
    return made
