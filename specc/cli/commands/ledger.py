"""`specc ledger`: what the ledger knows, and putting right what only a person can."""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from specc.app.attempts import Words
from specc.app.following import by_target, open_again
from specc.app.workplace import Workplace
from specc.cli import exits
from specc.cli.completion import complete_target
from specc.cli.console import (
    confirm,
    is_terminal,
    say,
    write_json,
    write_json_list,
    write_line,
    write_row,
    write_table,
)
from specc.cli.options import AtTarget, Cells, Chosen, Only, Output, Params, States, Yes
from specc.cli.records import choose, record_data, row
from specc.errors import SpeccError
from specc.reporters import TextOrJson, format_named
from specc.source import Source
from specc.submission import (
    Found,
    Ledger,
    LogicalKey,
    Match,
    Record,
    SettledAlready,
    State,
    UuidTaken,
    adopt,
    canonical_params,
    find_jobs,
    is_id_of,
    settle_by_hand,
    split_name,
    verify_ledger,
)
from specc.targets import Candidate
from specc.wording import counted

ledger_app = typer.Typer(name="ledger", help="Show what was sent, and settle what became of it.", no_args_is_help=True)

NoParams = Annotated[bool, typer.Option("--no-params", help="NEW was given no parameters.")]
Retargeted = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="NAME",
        help="The target whose settings name another place now.",
        autocompletion=complete_target,
    ),
]
HEAD = ("state", "uuid", "spec", "cell", "name", "", "attempt", "when")


@ledger_app.command("init")
def init(output: Output = "text") -> int:
    """Make an empty ledger at the place that the setting `ledger.path` names, once, before anything is sent.

    If the path does not exist, a disk may be missing, so no other command makes a ledger there. Exits with 2 when there
    is a ledger already.

    Example: specc ledger init
    """
    format_named(output, TextOrJson)
    workplace = choose(Words()).workplace
    path = workplace.make_ledger()
    if path is None:
        raise SpeccError(f"there is a ledger already: {workplace.ledger_path}", help="it can be used as it is")
    if output == "json":
        write_json({"path": str(path)})
    else:
        say(f"new ledger: {path} (what was sent from elsewhere is not in it)")
    return exits.OK


@ledger_app.command("join")
def join(output: Output = "text") -> int:
    """Confirm that this project is the one in the ledger, or let two projects share one ledger.

    The ledger knows a project by the first commits of its repository, and the folder in it; without a repository, by
    its folder. Another project of the same name is not taken for it: nothing is sent or shown until you confirm.

    Example: specc ledger join
    """
    format_named(output, TextOrJson)
    workplace = choose(Words()).workplace
    other = workplace.join_ledger()
    if output == "json":
        write_json({"path": str(workplace.ledger_path), "other": other})
    else:
        say(f"this project uses {workplace.ledger_path}" + (f", as {other} does" if other else ""))
    return exits.OK


@ledger_app.command("list")
def list_(
    chosen: Chosen = None,
    output: Output = "text",
    state: States = None,
    only: Only = None,
    cell: Cells = None,
    target: AtTarget = None,
) -> int:
    """List every attempt, from the ledger alone: no target is asked.

    Example: specc ledger list jobs --state unknown
    """
    format_named(output, TextOrJson)
    choice = choose(Words.of(chosen, only, cell, state, target))
    with choice.workplace.ledger_for_reading() as ledger:
        count = 0

        def records() -> Iterator[Record]:
            nonlocal count
            for record in choice.each(ledger, whole_history=True):
                count += 1
                yield record

        if output == "json":
            write_json_list({"path": str(ledger.path)}, "attempts", (record_data(one, {}) for one in records()))
            return exits.OK
        # Whose it is matters where others send, too.
        is_shared = choice.workplace.project.settings.ledger_shared
        head = (*HEAD, "who") if is_shared else HEAD
        rows = ((*row(one, {}), one.attempt[:12], _moment(one.created_at), one.who or "") for one in records())
        write_table(head, (each[: len(head)] for each in rows))
        say(f"{counted(count, 'attempt')} in {ledger.path}")
    return exits.OK


@ledger_app.command("show")
def show(chosen: Chosen = None, output: Output = "text") -> int:
    """Show all that is known of attempts, with the payloads that were sent.

    Example: specc ledger show hpcjob-r9cb3r02
    """
    format_named(output, TextOrJson)
    words = Words.of(chosen, None, None, None, None)
    if words.is_everything:
        raise SpeccError("nothing says what to show", help="name a spec, a job or an attempt")
    choice = choose(words)
    with choice.workplace.ledger_for_reading() as ledger:
        data = (
            {**record_data(record, {}), "units": json.loads(record.units), "payload": record.shown_body}
            for record in choice.each(ledger, whole_history=True)
        )
        if output == "json":
            write_json_list({}, "attempts", data)
        else:
            _show(data)
    return exits.OK


def _show(data: Iterable[dict[str, object]]) -> None:
    """Write what is known of each attempt: a line for each value, and one below the other where there are several."""
    for one in data:
        for name, value in one.items():
            if isinstance(value, dict) and value:
                write_line(f"{name}:")
                for key, inner in value.items():
                    write_line(f"  {key}: {_readable(key, inner)}")
            elif value not in (None, {}, ""):
                write_line(f"{name}: {_readable(name, value)}")
        write_line("")


def _readable(name: str, value: object) -> str:
    if name.endswith("_at") and isinstance(value, int | float):
        return _moment(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@ledger_app.command("mv")
def mv(
    old: Annotated[str, typer.Argument(metavar="OLD", help="SPEC, SPEC@CELL, a job or an attempt.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="SPEC, or SPEC@CELL.")],
    param: Params = None,
    no_params: NoParams = False,
    target: Retargeted = None,
    output: Output = "text",
) -> int:
    """Put attempts under another name, after a spec was moved or a cell renamed. Nothing is sent.

    -p gives the parameters that NEW was sent with, and --no-params says that it had none; otherwise they are kept.
    --target also moves attempts that were made before the settings of that target changed, for example to a new key of
    the same account.

    Example: specc ledger mv jobs/hello.job.yaml jobs/greetings.job.yaml
    """
    format_named(output, TextOrJson)
    choice = choose(Words())
    if param and no_params:
        raise SpeccError("`-p` and `--no-params` exclude each other")
    given = [Source("-p", text, "-p") for text in param or ()]
    params = canonical_params(given) if given or no_params else None
    with choice.workplace.ledger() as ledger:
        identity = choice.workplace.open(target, is_offline=True).target.identity if target else None
        keys = _keys(ledger, old, target)
        pairs = [(key, _renamed(key, new, params, identity)) for key in keys]
        if len(keys) > 1 and split_name(new)[1] is not None:
            raise SpeccError(
                f"{old} has {len(keys):,} cells, and {new} is a single cell", help="name one cell: SPEC@CELL"
            )
        moved = ledger.move(pairs)
    if output == "json":
        write_json({"moved": [{"from": str(before), "to": str(after)} for before, after in pairs], "attempts": moved})
    else:
        say(f"{moved:,} attempts of {len(keys):,} cells are now known as {new}")
    return exits.OK


def _keys(ledger: Ledger, text: str, target: str | None) -> list[LogicalKey]:
    """The keys that OLD means, on the target of that name where one is given. Raises SpeccError when there is none."""
    spec, cell = split_name(text)

    def is_meant(record: Record) -> bool:
        if target is not None and record.target_name != target:
            return False
        if is_id_of(text, record) or record.key.spec == text:
            return True
        return record.key.spec == spec and cell in (None, record.key.cell)

    known = [*ledger.chosen([text, spec], (), whole_history=True), *ledger.with_id(text)]
    keys = list(dict.fromkeys(record.key for record in known if is_meant(record)))
    if not keys:
        raise SpeccError(f"the ledger knows no `{text}`", help="`specc ledger list` shows what it knows")
    return keys


def _renamed(key: LogicalKey, text: str, params: str | None, identity: str | None) -> LogicalKey:
    spec, cell = split_name(text)
    return LogicalKey(identity or key.target, spec, cell or key.cell, key.params if params is None else params)


@ledger_app.command("verify")
def verify_(output: Output = "text") -> int:
    """Check that the ledger is whole and agrees with itself. Exits with 1 when it does not.

    Example: specc ledger verify
    """
    format_named(output, TextOrJson)
    choice = choose(Words())
    with choice.workplace.ledger_for_reading(checks_rows=False) as ledger:
        found = list(verify_ledger(ledger, time.time()))
        count = 0 if found and found[0].startswith("the file") else ledger.count()
    if output == "json":
        write_json({"path": str(ledger.path), "attempts": count, "faults": found})
    else:
        for line in found:
            write_line(line)
        say(f"{ledger.path}: {counted(count, 'attempt')}, {counted(len(found), 'mistake')}")
    return exits.REFUSED if found else exits.OK


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


NO_MATCH = "no job was found that it may have started, which does not prove that there is none"

Uuid = Annotated[
    str | None, typer.Option("--uuid", metavar="UUID", help="The job that was started, where you know it.")
]
Dismiss = Annotated[bool, typer.Option("--dismiss", help="Say that nothing was started, where you know it.")]


@ledger_app.command("resolve")
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
    """Look on the target for jobs of unknown attempts.

    A job whose name has the tag of an attempt is taken; any other match is proposed.

    --yes takes what is proposed, but never a job whose time, user or command is not known, nor one from a list that
    does not show all jobs: for these you name the job with `--uuid`. Exits with 4 when something stays unknown.

    Example: specc ledger resolve jobs/hello.job.yaml
    """
    format_named(output, TextOrJson)
    if uuid is not None and dismiss:
        raise SpeccError("`--uuid` and `--dismiss` contradict each other")
    choice = choose(Words.of(chosen, only, cell, None, target))
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
    _show_resolved(results, output)
    return exits.UNKNOWN if any(record.state is State.UNKNOWN for record in results) else exits.OK


def _take_word(ledger: Ledger, records: Sequence[Record], uuid: str | None, words: Words, *, yes: bool) -> None:
    if not records:
        raise SpeccError(
            "none of the chosen attempts is unknown", help="`specc ledger list --state unknown` shows what is"
        )
    if uuid is not None and len(records) > 1:
        raise SpeccError(f"`--uuid` names one job, and {len(records):,} attempts are chosen", help="name the attempt")
    if uuid is None and words.is_everything:
        raise SpeccError("nothing says what to dismiss", help="name a spec or an attempt")
    question = f"is it certain that {counted(len(records), 'attempt')} started nothing?"
    if uuid is None and not yes and is_terminal() and not confirm(question):
        return
    for record in records:
        try:
            settle_by_hand(ledger, record, uuid)
        except SettledAlready:
            say(f"{record.key}: another process settled it meanwhile")
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
        found.append(find_jobs(listed, opened.target, ledger, workplace.project.apis.__getitem__))
        if trouble := opened.last_error():
            say(f"{name} did not answer: {trouble}")
        if blind := opened.blind():
            say(f"{name} did not show all of its jobs: {blind}")
    return found


def _settle(ledger: Ledger, found: Found, *, yes: bool, may_ask: bool) -> None:
    for match in found.exact:
        _adopt(ledger, match)
    for match in found.proposed:
        what = f"{match.record.key} ({match.record.shown_name}) is {_job(match.candidate)} ({match.evidence})"
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
            say(f"{record.key}: {NO_MATCH}; if you know what happened, add `--uuid UUID` or `--dismiss`")


def _adopt(ledger: Ledger, match: Match) -> None:
    try:
        adopt(ledger, match)
    except (SettledAlready, UuidTaken):
        say(f"{match.record.key}: another process settled it meanwhile")


def _job(candidate: Candidate) -> str:
    when = "" if candidate.submitted_at is None else f" ({candidate.submitted_at:%Y-%m-%d %H:%M:%SZ})"
    return f"{candidate.uuid}{when}"


def _show_resolved(results: Sequence[Record], output: str) -> None:
    if output == "json":
        write_json({"attempts": [record_data(record, {}) for record in results]})
        return
    for record in results:
        write_row((record.state.value, record.uuid or "", record.key.spec, record.key.cell, record.shown_message or ""))
    if not results:
        say("nothing is unknown")
