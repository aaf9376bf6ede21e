"""`specc serve`: this machine, or a Slurm cluster, behind the EHPC API."""

from pathlib import Path
from typing import Annotated

import typer

from specc.app.serving import served_api, served_target, usual_folder
from specc.cli.completion import complete_target
from specc.cli.console import say, write_line
from specc.cli.printing import print_diagnostics
from specc.cli.sessions import open_session
from specc.errors import SpeccError
from specc.settings import BUILT_IN

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
    typer.Option(
        "--state", metavar="FOLDER", help="Where keys, requests and jobs are kept (default: your state folder)."
    ),
]
Calls = Annotated[int, typer.Option("--calls", min=1, help="How many calls an hour one key may make.")]
Jobs = Annotated[int, typer.Option("--open-jobs", min=1, help="How many jobs may wait or run at once.")]
HasPage = Annotated[bool, typer.Option("--page/--no-page", help="Show jobs in a browser, behind a link.")]


def serve(
    target: Name = BUILT_IN,
    host: Host = "127.0.0.1",
    port: Port = 8888,
    allow_host: AllowHost = None,
    state: State = None,
    calls: Calls = 10_000,
    open_jobs: Jobs = 1000,
    has_page: HasPage = True,
) -> int:
    """Provide the EHPC API, and run what is submitted on this machine or on the Slurm cluster of a target.

    The vendor's SDK and targets of kind ehpc work against it. For a browser there is a page of all jobs, behind a link
    that works once and is printed on standard error. Prints the endpoint on standard output. A key is made at
    the first start; where it is kept is printed.

    Example: specc serve --port 8888
    """
    session = open_session()
    project = session.project(Path.cwd())
    if print_diagnostics(session.diagnostics):
        return 2
    folder = (state or usual_folder(project, target)).absolute()
    try:
        from specc import gateway  # the server's libraries are an extra, and cost a quarter of a second
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("specc"):
            raise
        help = "install the server's libraries beside specc: pip install starlette uvicorn"
        raise SpeccError(f"`specc serve` needs {error.name}, which is not installed", help=help) from error
    gateway.run(
        served_target(project, target, session.person),
        served_api(project),
        folder,
        gateway.Address(host, port),
        list(allow_host or ()),
        gateway.Limits(calls=calls, open_jobs=open_jobs),
        say=say,
        ready=write_line,
        own=1 if state else 3,
        has_page=has_page,
    )
    return 0
