"""`specc ledger resolve`: what became of attempts whose outcome is unknown."""

from collections.abc import Sequence
from typing import Annotated

import typer

from specc.cli import exits
from specc.cli.choosing import Choice, Words
from specc.cli.following import by_target, open_again
from specc.cli.options import Cells, Only
from specc.cli.sendoptions import AtTarget, Chosen, Output, Yes
from specc.cli.speech import confirm, counted, is_terminal, say, write_json, write_row
from specc.cli.status import record_data
from specc.cli.workplace import Workplace
from specc.errors import SpeccError
from specc.reporters import TextOrJson, format_named
from specc.submission.ledger import Ledger, SettledAlready, UuidTaken
from specc.submission.records import Record, State
from specc.submission.resolve import Found, Match, adopt, find, take_word
from specc.targets import Candidate

NO_MATCH = "no job that it may have started was found, which proves nothing"

Uuid = Annotated[str | None, typer.Option("--uuid", metavar="UUID", help="It is this job: your word.")]
Dismiss = Annotated[bool, typer.Option("--dismiss", help="Nothing was started: your word.")]


def resolve(
    chosen: Chosen = None,
    uuid: Uuid = None,
    dismiss: Dismiss = False,
    yes: Yes = False,
    output: Output = "text",
    only: Only = None,
    cell: Cells = None,
    target: AtTarget = None,
) -> int:
    """Look on the target for jobs of unknown attempts. A match by tag is taken; any other is proposed.

    --yes takes what is proposed, but never a job whose time, user or command is not known, nor one from a list that
    does not show all jobs: these take your word, `--uuid`. Exits with 4 when something stays unknown.

    Example: specc ledger resolve jobs/cavity.job.yaml
    """
    format_named(output, TextOrJson)
    if uuid is not None and dismiss:
        raise SpeccError("`--uuid` and `--dismiss` contradict each other")
    choice = Choice.of(Words.of(chosen, only, cell, None, target))
    with choice.workplace.ledger() as ledger:
        wanted = (State.UNKNOWN, State.DISMISSED) if uuid is not None else (State.UNKNOWN,)
        selector = choice.selector(ledger)
        candidates = choice.each(ledger, whole_history=True) if uuid is not None else ledger.open_attempts()
        records = [one for one in candidates if one.state in wanted and selector.picks(one)]
        if uuid is not None or dismiss:
            _take_word(ledger, records, uuid, choice.words, yes=yes)
        else:
            for found in _searches(choice.workplace, ledger, records):
                _settle(ledger, found, yes=yes, may_ask=output == "text")
        results = [now for one in records if (now := ledger.attempt(one.attempt)) is not None]
    _show(results, output)
    return exits.UNKNOWN if any(record.state is State.UNKNOWN for record in results) else exits.OK


def _take_word(ledger: Ledger, records: Sequence[Record], uuid: str | None, words: Words, *, yes: bool) -> None:
    if not records:
        raise SpeccError("nothing that is chosen is unknown", help="`specc ledger list --state unknown` shows what is")
    if uuid is not None and len(records) > 1:
        raise SpeccError(f"one job, and {len(records):,} attempts", help="name the attempt")
    if uuid is None and words.is_everything:
        raise SpeccError("nothing says what to dismiss", help="name a spec or an attempt")
    question = f"{counted(len(records), 'attempt')} surely started nothing?"
    if uuid is None and not yes and is_terminal() and not confirm(question):
        return
    for record in records:
        try:
            take_word(ledger, record, uuid)
        except UuidTaken:
            raise SpeccError(f"{uuid} is the job of another attempt", help=f"`specc ledger show {uuid}`") from None


def _searches(workplace: Workplace, ledger: Ledger, records: Sequence[Record]) -> list[Found]:
    """What was found, target by target."""
    found = []
    for (name, identity), listed in by_target(records).items():
        opened = open_again(workplace, name, identity, ledger)
        if isinstance(opened, str):
            say(f"{counted(len(listed), 'attempt')} cannot be looked up: {opened}")
            continue
        found.append(find(listed, opened.target, ledger, workplace.project.apis.__getitem__))
        if trouble := opened.trouble():
            say(f"{name} did not answer: {trouble}")
        if blind := opened.blind():
            say(f"{name} did not show all of its jobs: {blind}")
    return found


def _settle(ledger: Ledger, found: Found, *, yes: bool, may_ask: bool) -> None:
    for match in found.exact:
        _adopt(ledger, match)
    for match in found.proposed:
        what = f"{match.record.key} ({match.record.sent_name}) is {_job(match.candidate)} ({match.evidence})"
        is_taken = yes and not match.is_weak
        if is_taken or (not yes and may_ask and is_terminal() and confirm(f"{what}?")):
            _adopt(ledger, match)
        else:
            by_word = f"`specc ledger resolve {match.record.attempt[:12]} --uuid {match.candidate.uuid}`"
            say(f"proposed: {what}; {f'only {by_word}' if match.is_weak else '`--yes`'} takes it")
    for record, candidates in found.open:
        if candidates:
            jobs = ", ".join(_job(candidate) for candidate in candidates)
            say(f"{record.key}: may be any of {jobs}; `specc ledger resolve {record.attempt[:12]} --uuid UUID`")
        else:
            say(f"{record.key}: {NO_MATCH}; say what you know: `--uuid UUID` or `--dismiss`")


def _adopt(ledger: Ledger, match: Match) -> None:
    try:
        adopt(ledger, match)
    except (SettledAlready, UuidTaken):
        say(f"{match.record.key}: another process settled it meanwhile")


def _job(candidate: Candidate) -> str:
    when = "" if candidate.submitted_at is None else f" of {candidate.submitted_at:%Y-%m-%d %H:%M:%SZ}"
    return f"{candidate.uuid}{when}"


def _show(results: Sequence[Record], output: str) -> None:
    if output == "json":
        write_json({"attempts": [record_data(record, {}) for record in results]})
        return
    for record in results:
        write_row((record.state.value, record.uuid or "", record.key.spec, record.key.cell, record.message or ""))
    if not results:
        say("nothing is unknown")
