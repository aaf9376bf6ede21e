"""`specc serve`: this machine, or a Slurm cluster, behind the EHPC API."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from specc.app.targets import open_target
from specc.cli.completion import complete_target
from specc.cli.console import Terminal, say, write_line
from specc.cli.printing import print_diagnostics
from specc.cli.sessions import open_session
from specc.diagnostics import did_you_mean
from specc.errors import SpeccError
from specc.private import UNSAFE, state_home
from specc.project import Project
from specc.schema import ApiSchema
from specc.targets import Target
from specc.targets.local.machine import machine_id

Name = Annotated[
    str, typer.Option("--target", metavar="NAME", help="The target that runs the jobs.", autocompletion=complete_target)
]
Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="The address to listen on.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port to listen on; 0 takes a free one.")]
AllowHost = Annotated[
    list[str] | None,
    typer.Option("--allow-host", metavar="NAME", help="Another name that clients call this machine by; repeatable."),
]
State = Annotated[
    Path | None,
    typer.Option("--state", metavar="FOLDER", help="Where keys, requests and jobs are kept [your state folder]."),
]
Calls = Annotated[int, typer.Option("--calls", min=1, help="Calls an hour that one key may make.")]
Jobs = Annotated[int, typer.Option("--open-jobs", min=1, help="Jobs that may wait or run at once.")]


def serve(
    target: Name = "local",
    host: Host = "127.0.0.1",
    port: Port = 8888,
    allow_host: AllowHost = None,
    state: State = None,
    calls: Calls = 10_000,
    open_jobs: Jobs = 1000,
) -> int:
    """Run submitted jobs on this machine, or on the Slurm cluster of a target, behind the EHPC API.

    The vendor's SDK and targets of kind ehpc work against it. Prints the endpoint on standard output. A key is made at
    the first start; where it is kept is printed.

    Example: specc serve --port 8888
    """
    session = open_session()
    project = session.project(Path.cwd())
    if print_diagnostics(session.diagnostics):
        return 2
    folder = (state or state_home(os.environ) / "serve" / _place(target)).absolute()
    try:
        from specc import gateway  # the server's libraries are an extra, and cost a quarter of a second
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("specc"):
            raise
        help = "install specc with the extra `serve`: pip install 'specc[serve]'"
        raise SpeccError(f"`specc serve` needs {error.name}, which is not installed", help=help) from error
    gateway.run(
        _opened(project, target),
        _api(project),
        folder,
        gateway.Address(host, port),
        list(allow_host or ()),
        gateway.Limits(calls=calls, open_jobs=open_jobs),
        say=say,
        ready=write_line,
        own=1 if state else 3,
    )
    return 0


def _place(target: str) -> str:
    """Machines may share a home, and each has jobs of its own; so has each target."""
    return machine_id() if target == "local" else f"{machine_id()}-{UNSAFE.sub('-', target)}"


def _api(project: Project) -> ApiSchema:
    name = project.settings.api
    if name not in project.apis:
        raise SpeccError(f"there is no API `{name}`", help=did_you_mean(name, project.apis, "APIs"))
    return project.apis[name]


def _opened(project: Project, name: str) -> Target:
    """The target behind the API, without its `prelude`: whoever sends a job has put the lines of theirs before it."""
    settings = project.settings
    known = settings.targets.get(name)
    if known is not None and known.kind == "ehpc":
        message = f"`{name}` is an account of the EHPC API, and `specc serve` is that API for other places"
        raise SpeccError(message, help="leave `--target` out for this machine, or name a target of kind slurm")
    if known is not None:
        settings = replace(settings, targets={**settings.targets, name: replace(known, prelude=None)})
    return open_target(project.root, name, settings, project.apis, os.environ, Terminal()).target
