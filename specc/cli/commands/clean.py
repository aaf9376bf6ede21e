"""`specc clean`: removes the files of jobs that have ended."""

import time
from collections import Counter
from typing import Annotated

import typer

from specc.app.attempts import Words
from specc.app.cleaning import Cleaning, clean, cleaning_of
from specc.cli import exits
from specc.cli.console import agrees, is_terminal, say, write_json, write_table
from specc.cli.options import AtTarget, Cells, Chosen, Only, Output, States, Yes
from specc.cli.records import HEAD, choose, record_data, row
from specc.cli.waiting import SECONDS, seconds_of
from specc.errors import SpeccError
from specc.reporters import TextOrJson, format_named
from specc.submission import Record
from specc.targets import Cleaned
from specc.wording import counted

All = Annotated[bool, typer.Option("--all", help="All jobs of the project.")]
OnlyShow = Annotated[bool, typer.Option("--dry-run", help="Only show what would be removed.")]
Older = Annotated[
    str | None, typer.Option("--older-than", metavar="TIME", help="Only jobs that ended so long ago, such as 30d.")
]


def _age_of(text: str | None) -> float | None:
    """Return `--older-than 30d` in seconds. A plain number is refused: who writes 30 may mean days."""
    if text is not None and SECONDS.fullmatch(text) and float(text):
        raise SpeccError(f"`--older-than {text}` has no unit", help=f"write `{text}d` for days")
    return seconds_of(text, "--older-than")


def clean_jobs(
    chosen: Chosen = None,
    older_than: Older = None,
    all_: All = False,
    dry_run: OnlyShow = False,
    yes: Yes = False,
    output: Output = "text",
    state: States = None,
    only: Only = None,
    cell: Cells = None,
    target: AtTarget = None,
) -> int:
    """Remove the files that specc keeps of jobs that have ended, on this machine and on clusters.

    These are the folders of jobs, with their output where the spec sends it nowhere else. What jobs wrote elsewhere
    stays, and so does the ledger. A job that runs, or of which nobody knows, is left alone. Without --yes it asks;
    where nobody can be asked, it only shows what it would remove. Exits with 1 when something could not be removed.

    Example: specc clean jobs --older-than 30d
    """
    format_named(output, TextOrJson)
    words = Words.of(chosen, only, cell, state, target)
    age = _age_of(older_than)
    if words.is_everything and age is None and not all_:
        raise SpeccError(
            "nothing says whose files to remove", help="name specs or jobs, or write `--older-than` or `--all`"
        )
    choice = choose(words)
    with choice.workplace.ledger_if_any() as ledger:
        cleaning = cleaning_of(choice, ledger, None if age is None else time.time() - age)
        is_json, records = output == "json", cleaning.records
        if dry_run or not records or not (yes or _agrees(records, is_json=is_json)):
            _show_dry(cleaning, is_json=is_json)
            return exits.OK if dry_run or not records else exits.REFUSED
        answers = list(clean(cleaning, ledger))
    if is_json:
        write_json({"dry_run": False, "jobs": [_data(*each) for each in answers]})
    done = sum(answer.done for _, answer in answers)
    for record, answer in answers:
        if not (answer.done or answer.is_gone):
            say(f"{record.shown_name} {answer.uuid}: {answer.message}")
    _say(f"removed the files of {counted(done, 'job')}", cleaning)
    return exits.OK if all(answer.done or answer.is_gone for _, answer in answers) else exits.REFUSED


def _agrees(records: list[Record], *, is_json: bool) -> bool:
    """Return whether a person says yes; no, where nobody can be asked."""
    if is_json or not is_terminal():
        return False
    write_table(HEAD, [row(record, {}) for record in records])
    return agrees(f"remove the files of {counted(len(records), 'job')}?", "nothing was removed")


def _show_dry(cleaning: Cleaning, *, is_json: bool) -> None:
    records = cleaning.records
    if is_json:
        write_json({"dry_run": True, "jobs": [record_data(record, {}) for record in records]})
    else:
        write_table(HEAD, [row(record, {}) for record in records])
    word = (
        "there are no files to remove" if not records else f"would remove the files of {counted(len(records), 'job')}"
    )
    _say(word, cleaning, "; `--yes` removes them" if records else "")


def _say(done: str, cleaning: Cleaning, then: str = "") -> None:
    """Say what was done, and of the jobs that are left alone why, each reason once."""
    reasons = Counter(why for _, why in cleaning.left)
    left = [f"{counted(many, 'other job')} left alone: {why}" for why, many in reasons.items()]
    say(done + (f"; {left[0]}" if left else "") + then)
    for line in left[1:]:
        say(line)


def _data(record: Record, answer: Cleaned) -> dict[str, object]:
    return {**record_data(record, {}), "cleaned": answer.done or answer.is_gone, "message": answer.message}
