"""`specc cancel`: ends jobs."""

from typing import Annotated

import typer

from specc.app.attempts import Words
from specc.app.following import chosen_now, is_over, look_at, reach
from specc.cli import exits
from specc.cli.console import agrees, is_terminal, say, write_json, write_table
from specc.cli.options import AtTarget, Cells, Chosen, Only, Output, States, WithParams, Yes
from specc.cli.records import choose
from specc.errors import SpeccError
from specc.reporters import TextOrJson, format_named
from specc.targets import Cancelled

UNASKED = 10
"""So many jobs are cancelled without asking."""

All = Annotated[bool, typer.Option("--all", help="All jobs of the project.")]


def cancel(
    chosen: Chosen = None,
    all_: All = False,
    yes: Yes = False,
    output: Output = "text",
    state: States = None,
    only: Only = None,
    cell: Cells = None,
    param: WithParams = None,
    target: AtTarget = None,
) -> int:
    """Cancel jobs that have not ended. Exits with 1 when one could not be cancelled.

    Example: specc cancel jobs/hello.job.yaml --only who=world
    """
    format_named(output, TextOrJson)
    words = Words.of(chosen, only, cell, state, target, param)
    if words.is_everything and not all_:
        raise SpeccError("nothing says which jobs to cancel", help="name specs or jobs, or write `--all`")
    choice = choose(words)
    with choice.workplace.ledger_if_any() as ledger:
        chosen_records = chosen_now(choice, ledger)
        why_none = "no job to cancel: all have ended" if chosen_records else choice.why_none(ledger)
        found, lost = reach(choice.workplace, ledger, [one for one in chosen_records if not is_over(one)])
        reports = look_at(found, ledger, choice.workplace.person)
        running = [
            (group, [uuid for uuid in group.uuids if uuid not in reports or not reports[uuid].state.is_final])
            for group in found
        ]
        count = sum(len(uuids) for _, uuids in running)
        question = f"cancel {count:,} jobs?"
        if count > UNASKED and not yes and is_terminal() and not agrees(question, "nothing was cancelled"):
            return exits.REFUSED
        answers = [answer for group, uuids in running if uuids for answer in group.opened.target.cancel(uuids)]
        look_at(found, ledger, choice.workplace.person)
    answers += [Cancelled(one.uuid or "", False, each.why) for each in lost for one in each.records]
    _show(answers, output, why_none)
    return exits.OK if all(answer.done for answer in answers) else exits.REFUSED


def _show(answers: list[Cancelled], output: str, why_none: str) -> None:
    if output == "json":
        rows = [{"uuid": answer.uuid, "done": answer.done, "message": answer.message} for answer in answers]
        write_json({"cancelled": rows})
        return
    write_table(
        ("state", "uuid", ""),
        [("cancelled" if answer.done else "not cancelled", answer.uuid, answer.message) for answer in answers],
    )
    if not answers:
        say(why_none)
        return
    done = sum(answer.done for answer in answers)
    say(f"{done:,} cancelled" + (f", {len(answers) - done:,} not cancelled" if done < len(answers) else ""))
