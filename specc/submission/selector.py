"""The selector of attempts that all commands share: SPEC or uuid, `--only`, `--cell`, `--state`."""

import json
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from specc.diagnostics import did_you_mean
from specc.errors import SpeccError
from specc.expander import AxisValue
from specc.expander.selection import Choice
from specc.fast_dataclass import dataclass
from specc.nodes import Layer, LayerKind, to_data
from specc.parser import parse_flow
from specc.source import Source
from specc.submission.keys import LogicalKey
from specc.submission.records import Record, State, is_attempt_start, is_uuid_start
from specc.targets import JobState

FAILED = frozenset({JobState.EXITED, JobState.LOST, JobState.STOPPED})
NAMED = {"failed": {state.value for state in FAILED}, "active": {"pending", "running", "suspended"}}
STATES = sorted({*State, *JobState, *NAMED})


def shown_state(state: str) -> str:
    """Return the word for a state in tables, which is the word that chooses it: `failed`, however a job failed."""
    return "failed" if state in FAILED else state


@dataclass(frozen=True, slots=True)
class Selector:
    """Attempts of any of `specs`, or with a uuid or attempt among `ids`; and of the given cells and states.

    `only` holds the values for each axis, as alternatives, and `params` texts for each parameter. A field that is empty
    selects everything.
    """

    specs: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    only: tuple[tuple[str, Choice], ...] = ()
    cells: tuple[str, ...] = ()
    states: frozenset[str] = frozenset()
    target_name: str | None = None
    params: tuple[tuple[str, str], ...] = ()

    @property
    def is_everything(self) -> bool:
        """Return whether nothing is selected by name."""
        return not (self.specs or self.ids or self.only or self.cells or self.states or self.params)

    def picks(self, record: Record) -> bool:
        """Return whether the attempt is selected."""
        return (
            (not (self.specs or self.ids) or record.key.spec in self.specs or self._has_id(record))
            and (self.target_name is None or record.target_name == self.target_name)
            and (not self.cells or any(record.key.cell.startswith(cell) for cell in self.cells))
            and self._has_axes(json.loads(record.axes))
            and (not self.params or self._has_params(record.shown_params))
            and self.has_state(record)
        )

    def has_state(self, record: Record) -> bool:
        """Return whether the attempt or its job is in one of the states."""
        return not self.states or bool(self.states & states_of(record))

    def _has_id(self, record: Record) -> bool:
        return any(is_id_of(text, record) for text in self.ids)

    def _has_params(self, known: dict[str, object]) -> bool:
        wanted: dict[str, set[str]] = {}
        for name, text in self.params:
            wanted.setdefault(name, set()).add(text)
        return all(
            name in known and any(_is_written(known[name], text) for text in texts) for name, texts in wanted.items()
        )

    def _has_axes(self, axes: dict[str, object]) -> bool:
        wanted: dict[str, list[Choice]] = {}
        for name, choice in self.only:
            wanted.setdefault(name, []).append(choice)
        return all(
            any(
                choice.axis in axes and choice.means(AxisValue(axes[choice.axis], choice.value.node))
                for choice in choices
            )
            for choices in wanted.values()
        )


def is_id_of(text: str, record: Record) -> bool:
    """Return whether a text is the attempt's name or its job's uuid, or the beginning of either."""
    if text == record.uuid or (is_attempt_start(text) and record.attempt.startswith(text)):
        return True
    return is_uuid_start(text) and (record.uuid or "").startswith(text)


def states_of(record: Record) -> set[str]:
    """Return the attempt's state, and its job's as last seen."""
    return {str(record.state), *([record.job_state] if record.job_state else [])}


def states_named(texts: Iterable[str]) -> frozenset[str]:
    """Return the states of `--state failed,rejected`, repeatable.

    Raises SpeccError for an unknown state, and for none: an unset variable of a script would select everything.
    """
    texts = list(texts)
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    if texts and not names:
        raise SpeccError("`--state` names no state", help=did_you_mean("", STATES, "states"))
    for name in names:
        if name not in STATES:
            raise SpeccError(f"there is no state `{name}`", help=did_you_mean(name, STATES, "states"))
    return frozenset(state for name in names for state in NAMED.get(name, {name}))


def _is_written(value: object, text: str) -> bool:
    """Return whether a text behind `-p NAME=` means a value: it is the value as a text, or YAML reads the value in it.

    A number may be written in any way, as it may where it is submitted: `1e-3` is 0.001.
    """
    if text in (value, str(value)):
        return True
    read = _read(text)
    return read is not None and AxisValue(value, read.node).key == read.key


@lru_cache(maxsize=64)
def _read(text: str) -> AxisValue | None:
    node, found = parse_flow(Source("-p", text), 0, Layer(LayerKind.SET))
    return None if node is None or any(each.is_error for each in found) else AxisValue(to_data(node), node)


def params_of(texts: Iterable[str], known: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return the names and values of `-p NAME=VALUE`. `known` are the parameters that any attempt has.

    Raises SpeccError without a `=`, and for another parameter.
    """
    pairs = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise SpeccError(f"`-p {text}`: expected NAME=VALUE")
        if name not in known:
            help = did_you_mean(name, sorted(known), "parameters") or "nothing with parameters was submitted"
            raise SpeccError(f"`-p {text}`: nothing that was submitted has a parameter `{name}`", help=help)
        pairs.append((name, value))
    return tuple(pairs)


def only_of(texts: Iterable[str], axes: Collection[str]) -> tuple[tuple[str, Choice], ...]:
    """Return the names and values of `--only AXIS=VALUE`, with values as YAML reads them.

    A name is an axis, or leads to a part of an axis whose values are mappings, such as `case.name`.
    `axes` are the axes that any attempt has. Raises SpeccError without a `=`, for another axis, and for a value that is
    not YAML.
    """
    pairs = []
    for text in texts:
        name, equals, value = text.partition("=")
        axis, *path = [name] if name in axes else name.split(".")
        if not equals:
            raise SpeccError(f"`--only {text}`: expected AXIS=VALUE")
        if axis not in axes:
            help = did_you_mean(axis, sorted(axes), "axes") or "nothing with a matrix was submitted"
            raise SpeccError(f"`--only {text}`: nothing that was submitted has an axis `{axis}`", help=help)
        node, found = parse_flow(Source("--only", text, "--only"), len(name) + 1, Layer(LayerKind.SET))
        if node is None or any(diagnostic.is_error for diagnostic in found):
            raise SpeccError(f"`--only {text}`: the value is not YAML", help="put quotes around it")
        pairs.append((name, Choice(axis, value, AxisValue(to_data(node), node), tuple(path))))
    return tuple(pairs)


def latest(records: Sequence[Record]) -> list[Record]:
    """Return the last attempt of each key, and its last job where that attempt did not become a job."""
    last: dict[LogicalKey, Record] = {}
    job: dict[LogicalKey, Record] = {}
    for record in sorted(records, key=lambda one: one.number):
        last[record.key] = record
        if record.state is State.ACCEPTED:
            job[record.key] = record
    chosen = {record.attempt for record in (*last.values(), *job.values())}
    return [record for record in records if record.attempt in chosen]
