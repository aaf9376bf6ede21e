"""`specc ledger`: what the ledger knows, and putting right what only a person can."""

import json
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated

import typer

from specc.cli import exits
from specc.cli.choosing import Choice, Words
from specc.cli.completion import complete_target
from specc.cli.options import Cells, Only, Params
from specc.cli.resolving import resolve
from specc.cli.sendoptions import AtTarget, Chosen, Output, States
from specc.cli.speech import counted, say, write_json, write_json_list, write_line, write_table
from specc.cli.status import record_data, row
from specc.errors import SpeccError
from specc.reporters import TextOrJson, format_named
from specc.source import Source
from specc.submission.keys import LogicalKey, canonical_params, split_name
from specc.submission.ledger import Ledger
from specc.submission.records import Record
from specc.submission.selector import is_id_of
from specc.submission.verify import verify

ledger_app = typer.Typer(name="ledger", help="Show what was sent, and settle what became of it.", no_args_is_help=True)
ledger_app.command("resolve")(resolve)

NoParams = Annotated[bool, typer.Option("--no-params", help="NEW was given no parameters.")]
Retargeted = Annotated[
    str | None,
    typer.Option(
        "--target", metavar="NAME", help="The target that stands for another place now.", autocompletion=complete_target
    ),
]
HEAD = ("state", "uuid", "spec", "cell", "name", "", "attempt", "when")


@ledger_app.command("init")
def init(output: Output = "text") -> int:
    """Make an empty ledger at the place that `[ledger] path` names, once, before anything is sent.

    A path that leads nowhere may be a disk that is not there now, so no other command makes a ledger at it. Exits with
    2 when there is a ledger already.

    Example: specc ledger init
    """
    format_named(output, TextOrJson)
    workplace = Choice.of(Words()).workplace
    path = workplace.make_ledger()
    if path is None:
        raise SpeccError(f"there is a ledger already: {workplace.ledger_path}", help="it is used as it is")
    if output == "json":
        write_json({"path": str(path)})
    else:
        say(f"new ledger: {path} (what was sent from elsewhere is not in it)")
    return exits.OK


@ledger_app.command("join")
def join(output: Output = "text") -> int:
    """Say that this project and the one that the ledger knows are the same, or use one ledger on purpose.

    The ledger knows a project by the first commits of its repository, and the folder in it; without a repository, by
    its folder. When another project of the same name comes, it is not taken for the first: nothing is sent or shown.

    Example: specc ledger join
    """
    format_named(output, TextOrJson)
    workplace = Choice.of(Words()).workplace
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
    """List every attempt, without asking anybody.

    Example: specc ledger list jobs --state unknown
    """
    format_named(output, TextOrJson)
    choice = Choice.of(Words.of(chosen, only, cell, state, target))
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
        write_table(HEAD, ((*row(one, {}), one.attempt[:12], _moment(one.created_at)) for one in records()))
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
    choice = Choice.of(words)
    with choice.workplace.ledger_for_reading() as ledger:
        data = (
            {**record_data(record, {}), "units": json.loads(record.units), "payload": json.loads(record.body)}
            for record in choice.each(ledger, whole_history=True)
        )
        if output == "json":
            write_json_list({}, "attempts", data)
        else:
            _show(data)
    return exits.OK


def _show(data: Iterable[dict[str, object]]) -> None:
    for one in data:
        for name, value in one.items():
            write_line(f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
        write_line("")


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

    With -p, the parameters of NEW, which with --no-params has none; else they stay as they are. With --target,
    attempts that went to that target when it stood for another place belong to what it is now: the same account with a
    new access key.

    Example: specc ledger mv jobs/old.job.yaml jobs/new.job.yaml
    """
    format_named(output, TextOrJson)
    choice = Choice.of(Words())
    if param and no_params:
        raise SpeccError("`-p` and `--no-params` exclude each other")
    given = [Source("-p", text, "-p") for text in param or ()]
    params = canonical_params(given) if given or no_params else None
    with choice.workplace.ledger() as ledger:
        identity = choice.workplace.open(target, is_offline=True).target.identity if target else None
        keys = _keys(ledger, old, target)
        pairs = [(key, _renamed(key, new, params, identity)) for key in keys]
        if len(keys) > 1 and split_name(new)[1] is not None:
            raise SpeccError(f"{old} has {len(keys):,} cells, and {new} is one", help="name one cell: SPEC@CELL")
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
    choice = Choice.of(Words())
    with choice.workplace.ledger_for_reading(checks_rows=False) as ledger:
        found = list(verify(ledger, time.time()))
        count = 0 if found and found[0].startswith("the file") else ledger.count()
    if output == "json":
        write_json({"path": str(ledger.path), "attempts": count, "faults": found})
    else:
        for line in found:
            write_line(line)
        say(f"{ledger.path}: {counted(count, 'attempt')}, {counted(len(found), 'fault')}")
    return exits.REFUSED if found else exits.OK


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
