"""Which attempts in the ledger are meant: from words to records."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from specc.app.session import Selected, Session
from specc.app.workplace import Workplace, unknown_target
from specc.diagnostics import did_you_mean
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.project import DiagnosticSet
from specc.submission import Ledger, Record, Selector, only_of, params_of, states_named
from specc.wording import brief, counted


@dataclass(frozen=True, slots=True)
class Words:
    """Specs, jobs, cells, states and parameters as a person writes them. Nothing means everything."""

    chosen: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    target: str | None = None
    params: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        chosen: list[str] | None,
        only: list[str] | None,
        cells: list[str] | None,
        states: list[str] | None,
        target: str | None,
        params: list[str] | None = None,
    ) -> "Words":
        words, axes, ids, named = (tuple(texts or ()) for texts in (chosen, only, cells, states))
        return cls(words, axes, ids, named, target, tuple(params or ()))

    @property
    def is_everything(self) -> bool:
        return not (self.chosen or self.only or self.cells or self.states or self.params)


@dataclass(frozen=True, eq=False)
class AttemptChoice:
    """The project, and the ids of the specs that the words name as files or folders."""

    workplace: Workplace
    words: Words
    specs: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, session: Session, words: Words, start: Path | None = None) -> "AttemptChoice":
        """Return what the words mean. Diagnostics of the configuration are noted in the session.

        Raises SpeccError for states that do not exist, and for specs of several projects.
        """
        selected = {word: session.specs([word]) for word in words.chosen if os.path.exists(word)}
        entries = {entry.project.root: entry for each in selected.values() for entry in each}
        workplace = Workplace.of(session, list(entries.values()), start)
        states_named(words.states)
        return cls(workplace, words, {word: _ids(entries) for word, entries in selected.items()})

    def records(self, ledger: Ledger, *, whole_history: bool = False) -> list[Record]:
        """The attempts that are meant: of each cell the latest, or all, and each one that is named itself.

        Raises SpeccError for a word that means nothing.
        """
        return list(self.each(ledger, whole_history=whole_history))

    def each(self, ledger: Ledger, *, whole_history: bool = False) -> Iterator[Record]:
        """Return what `records` does, one by one: all of a large ledger does not fit into memory."""
        selector = self.selector(ledger)
        return filter(selector.picks, ledger.chosen(selector.specs, selector.ids, whole_history=whole_history))

    def why_none(self, ledger: Ledger) -> str:
        """Return why no attempt is meant, in words for a person: nothing was submitted, or other attempts were."""
        words = self.words
        wide = replace(words, states=())
        if words.states and (count := self._count(wide, ledger)):
            states = " or ".join(state.strip() for text in words.states for state in text.split(","))
            others = "1 job is in another state" if count == 1 else f"{count:,} jobs are in other states"
            return f"no job is {states}; {others}"
        if count := self._count(Words(words.chosen), ledger):
            given = [("--only", text) for text in words.only] + [("-p", text) for text in words.params]
            given += [("--cell", text) for text in words.cells]
            given += [("--target", words.target)] if words.target is not None else []
            options = ", ".join(f"`{option} {text}`" for option, text in given)
            return f"no job matches {options}; {counted(count, 'job')} {'does' if count == 1 else 'do'} not"
        if count := self._count(Words(), ledger):
            others = "1 job is of another spec" if count == 1 else f"{count:,} jobs are of other specs"
            return f"nothing of {', '.join(f'`{word}`' for word in words.chosen)} was submitted; {others}"
        return "nothing was submitted"

    def _count(self, words: Words, ledger: Ledger) -> int:
        return sum(1 for _ in replace(self, words=words).each(ledger))

    def selector(self, ledger: Ledger) -> Selector:
        """Return what the words mean in the ledger. Raises SpeccError for a word that means nothing."""
        specs: list[str] = []
        ids: list[str] = []
        by_name: dict[str, list[Record]] = {}
        for word in self.words.chosen:
            if self.specs.get(word):  # a folder without specs does not mean everything: jobs leave such folders
                specs.extend(self.specs[word])
            elif ledger.has_spec(word):
                specs.append(word)
            elif meant := ledger.with_id(word):
                ids.append(_unique(word, meant))
            elif called := _called(word, ledger):
                by_name[word] = called
                ids.extend(record.attempt for record in called)
            else:
                help = did_you_mean(word, sorted(ledger.specs()), "specs in the ledger")
                raise SpeccError(f"there is no spec, job or attempt `{word}`", help=help)
        words = self.words
        self._check_target(ledger)
        axes: set[str] = set()
        known: set[str] = set()
        for record in ledger.chosen(specs, ids, whole_history=True) if words.only or words.params else ():
            axes.update(json.loads(record.axes))
            known.update(record.shown_params)
        only, params = only_of(words.only, axes), params_of(words.params, known)
        states = states_named(words.states)
        selector = Selector(tuple(specs), tuple(ids), only, words.cells, states, words.target, params)
        for word, called in by_name.items():
            _check_one(word, [record for record in called if selector.picks(record)])
        return selector

    def _check_target(self, ledger: Ledger) -> None:
        """Raise SpeccError for a target that is not in the settings and to which nothing was ever sent."""
        name, known = self.words.target, self.workplace.project.settings.targets
        if name is None or name in known:
            return
        if not any(record.target_name == name for record in ledger.chosen((), (), whole_history=True)):
            raise unknown_target(name, known)


def _unique(word: str, meant: Sequence[Record]) -> str:
    """Return the word, if it means one job, or one attempt. Raises SpeccError where it is the beginning of several."""
    if any(record.uuid == word for record in meant) or len({record.attempt for record in meant}) == 1:
        return word
    listed = ", ".join(record.uuid or record.attempt[:12] for record in meant[:3])
    raise SpeccError(f"`{word}` is the beginning of several ids: {listed}", help="write more characters of the id")


def _called(word: str, ledger: Ledger) -> list[Record]:
    """Return the attempts, of each cell the latest, whose job has this name in tables."""
    return [one for one in ledger.chosen((), (), whole_history=False) if one.shown_name == word]


def _check_one(word: str, called: Sequence[Record]) -> None:
    """Raise SpeccError where jobs of several cells, or with several parameters, have the name."""
    jobs = {record.key: record for record in called}
    if len(jobs) > 1:
        listed = ", ".join(f"{one.uuid or one.attempt[:12]} ({_inputs_of(one)})" for one in list(jobs.values())[:3])
        message = f"{len(jobs):,} jobs have the name `{word}`: {listed}"
        raise SpeccError(message, help="write the id of one of them, or choose with `--only`, `-p` or `--target`")


def _inputs_of(record: Record) -> str:
    """Return what tells an attempt from others of one name, on one line."""
    given = {**record.flat_axes, **record.shown_params}
    return brief(", ".join([record.key.spec, *(f"{name}={text}" for name, text in given.items())]), 80)


def _ids(selected: list[Selected]) -> tuple[str, ...]:
    """Return the ids by which submissions of these specs are known."""
    found = []
    for entry in selected:
        for name in entry.names:
            document = entry.project.document(name, DiagnosticSet())
            found.append(str(document.id.value) if document is not None and document.id else name)
    return tuple(found)
