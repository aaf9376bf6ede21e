"""`specc keep`: results whose payloads have changed since."""

from typing import Annotated

import typer

from specc.app.requests import Unprepared, prepare
from specc.app.submitting import submission
from specc.cli import exits
from specc.cli.console import say, write_json
from specc.cli.options import Cells, Only, Output, Params, Profiles, Sets, Specs, States, ToTarget
from specc.cli.printing import print_diagnostics
from specc.cli.sessions import open_session
from specc.cli.steps import asked_of, show_steps, unprepared
from specc.reporters import TextOrJson, format_named
from specc.submission import step_data
from specc.wording import counted

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show which results would be kept.")]
Undo = Annotated[bool, typer.Option("--undo", help="Do not keep them any longer: they are changed again.")]


def keep(
    paths: Specs = None,
    undo: Undo = False,
    dry_run: DryRun = False,
    output: Output = "text",
    state: States = None,
    profile: Profiles = None,
    param: Params = None,
    set_: Sets = None,
    only: Only = None,
    cell: Cells = None,
    target: ToTarget = None,
) -> int:
    """Keep the results of jobs whose payloads have changed since they finished.

    `specc submit` then takes them as they are. They are kept in place of the payload that there is now: after another
    change, they have to be kept again. What has not finished is kept where --state chooses it.

    Example: specc keep jobs/hello.job.yaml
    """
    format_named(output, TextOrJson)
    session = open_session()
    asked = asked_of(profile, param, set_, only, cell, state, changed=False, rerun=False, resend_unknown=False)
    request = prepare(session, session.specs(list(paths or ())), asked, target)
    if isinstance(request, Unprepared):
        return unprepared(request, is_json=output == "json")
    print_diagnostics(request.diagnostics)
    with submission(request) as run:
        run.refresh()
        steps = run.decide()
        chosen = run.kept(steps) if undo else run.keepable(steps)
        if not dry_run:
            run.keep(chosen)
        left = [] if undo else [step for step in steps if step.action.stops and step not in chosen]
    if output == "json":
        write_json(
            {"dry_run": dry_run, "undone" if undo else "kept": [step_data(one, request.units) for one in chosen]}
        )
    else:
        show_steps(chosen)
    what = "kept no longer" if undo else "kept"
    say(f"{counted(len(chosen), 'result')} {f'would be {what}' if dry_run else what}")
    if left:
        other = counted(len(left), "other payload")
        say(f"{other} changed or moved; `specc plan{request.at}` shows what each needs")
    return exits.OK
