"""What `specc serve` puts behind the EHPC API: one target of a project, and where its jobs are kept."""

from dataclasses import replace
from pathlib import Path

from specc.app.workplace import open_target
from specc.diagnostics import did_you_mean
from specc.errors import SpeccError
from specc.person import Person
from specc.project import Project
from specc.schema import ApiSchema
from specc.settings import BUILT_IN
from specc.system.private import UNSAFE, state_home
from specc.targets import Target
from specc.targets.kinds import KINDS
from specc.targets.local.machine import machine_id


def served_target(project: Project, name: str, person: Person) -> Target:
    """Return the target without its `prelude`: whoever sends a job has already put the lines of theirs before it.

    Raises SpeccError for a target that is the API itself, and for one that cannot be opened.
    """
    settings = project.settings
    known = settings.targets.get(name)
    if known is not None and KINDS[known.kind].is_of_api:
        message = f"`{name}` is an account of the EHPC API, and `specc serve` is that API for other places"
        raise SpeccError(message, help="leave `--target` out for this machine, or name a target of another kind")
    if known is not None:
        settings = replace(settings, targets={**settings.targets, name: replace(known, prelude=None)})
    return open_target(project.root, name, settings, project.apis, project.environment, person).target


def served_api(project: Project) -> ApiSchema:
    """Return the API of the project. Raises SpeccError where specc does not have it."""
    name = project.settings.api
    if name not in project.apis:
        raise SpeccError(f"there is no API `{name}`", help=did_you_mean(name, project.apis, "APIs"))
    return project.apis[name]


def usual_folder(project: Project, target: str) -> Path:
    """Return the usual folder for the state. Machines may share a home, and each target of each has jobs of its own."""
    machine = machine_id()
    name = machine if target == BUILT_IN else f"{machine}-{UNSAFE.sub('-', target)}"
    return state_home(project.environment) / "serve" / name
