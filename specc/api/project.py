"""One project, and what can be done with it."""

import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from specc.api.values import (
    CheckResult,
    Diagnostic,
    InvalidSpec,
    Job,
    NotSubmitted,
    Payload,
    Plan,
    PlannedStep,
    Provenance,
    Result,
    Results,
    Run,
)
from specc.app.attempts import AttemptChoice, Words
from specc.app.checking import check_selected
from specc.app.explaining import explain_spec
from specc.app.following import is_over, last_seen, look_at_chosen, reach, wait_for
from specc.app.rendering import pieces_of
from specc.app.reporting import report_of, report_of_check
from specc.app.requests import SubmissionRequest, Unprepared, asked_request, prepare
from specc.app.results import Results as FoundResults
from specc.app.selection import Sites
from specc.app.session import Selected, Session
from specc.app.submitting import Submission, look_ahead, submission
from specc.app.workplace import Workplace
from specc.diagnostics import Diagnostic as Found
from specc.errors import SpeccError
from specc.explanation import as_text
from specc.project import DiagnosticSet
from specc.project.rendering import rendered
from specc.submission import Asked, Ledger, OutputReader, Step, cost
from specc.submission import Result as Outcome
from specc.visible import visible

LOG_BYTES = 1 << 24
LOGGER = logging.getLogger("specc")


class Project:
    """One project, as `specc.open` finds it. `target` is where payloads go where a method is not told otherwise."""

    def __init__(self, root: Path, target: str | None = None) -> None:
        self._root = root
        self._target = target

    def __repr__(self) -> str:
        target = f", target={self._target!r}" if self._target is not None else ""
        return f"specc.open({str(self._root)!r}{target})"

    @property
    def root(self) -> Path:
        """The folder that has `specc.toml`."""
        return self._root

    @property
    def target(self) -> str:
        """The name of the target. Raises InvalidSpec where the settings have errors."""
        session = self._session()
        name = session.project(self._root).settings.target
        _raise_errors(session.diagnostics)
        return self._target or name

    def check(
        self,
        *paths: str | Path,
        profiles: Iterable[str] = (),
        params: Mapping[str, object] | None = None,
        set: Mapping[str, object] | None = None,
    ) -> CheckResult:
        """Check specs and those that inherit from them; without a path, the whole project. Errors are not raised."""
        session = self._session()
        selected = self._selected(session, paths)
        request = asked_request(_asked(profiles, params, set))
        outcome = check_selected(session, selected, request, target=self._target, all_specs=not paths)
        return CheckResult._of(report_of_check(outcome))

    def payloads(
        self,
        *specs: str | Path,
        profiles: Iterable[str] = (),
        params: Mapping[str, object] | None = None,
        set: Mapping[str, object] | None = None,
        only: Mapping[str, object] | None = None,
        cells: Iterable[str] = (),
    ) -> list[Payload]:
        """Return the payloads of specs, one for each cell; without a spec, of the whole project.

        `params` are parameters by name, `set` overrides values by path (`{"job.core_limit": 4}`), and `only` chooses
        cells by axis (`{"mesh": "fine"}` or `{"mesh": ["fine", "coarse"]}`). Raises InvalidSpec where there are errors.
        """
        session, selected = self._opened(specs)
        request = asked_request(_asked(profiles, params, set, only, cells))
        diagnostics = DiagnosticSet()
        made = [Payload._of(each) for each, _ in rendered(pieces_of(selected, self._target), request, diagnostics)]
        _raise_errors(session.not_ignored(diagnostics))
        return made

    def explain(
        self,
        spec: str | Path,
        field: str | None = None,
        *,
        profiles: Iterable[str] = (),
        params: Mapping[str, object] | None = None,
        set: Mapping[str, object] | None = None,
        only: Mapping[str, object] | None = None,
        cells: Iterable[str] = (),
    ) -> list[Provenance]:
        """Return where the value of a field comes from; without `field`, of all job fields.

        `field` is a job field, `params.NAME`, `vars.NAME`, `matrix.NAME`, or one of the words `job`, `params`, `vars`
        and `matrix`. Of a sweep, the first cell that is chosen is explained. Raises InvalidSpec where there are errors,
        and SpeccError for a name that the spec does not have.
        """
        session, selected = self._opened((spec,))
        request = asked_request(_asked(profiles, params, set, only, cells))
        explained = explain_spec(session, selected, field, request, self._target)
        _raise_errors(explained.diagnostics)
        cell, hides_cell, units = explained.cell, explained.hides_cell, explained.units
        return [
            Provenance._of(each, as_text([each], cell, units=units, hides_cell=hides_cell) if cell is not None else "")
            for each in explained.explanations
        ]

    def plan(
        self,
        *specs: str | Path,
        profiles: Iterable[str] = (),
        params: Mapping[str, object] | None = None,
        set: Mapping[str, object] | None = None,
        only: Mapping[str, object] | None = None,
        cells: Iterable[str] = (),
        states: Iterable[str] = (),
        changed: bool = False,
        rerun: bool = False,
        resend_unknown: bool = False,
    ) -> Plan:
        """Return what `submit` with these arguments would do. Nothing is sent, and no credentials are needed.

        Raises InvalidSpec where there are errors or the target would refuse a payload, and SpeccError where the ledger
        cannot be read.
        """
        choice = _asked(profiles, params, set, only, cells, states)
        request = self._request(specs, choice, changed, rerun, resend_unknown)
        with look_ahead(request) as run:
            steps = run.decide()
            _raise_errors(run.refusals(steps))
        total = cost((step.payload.body for step in steps if step.action.sends), request.units)
        return Plan(request.target, tuple(map(PlannedStep._of, steps)), str(total))

    def submit(
        self,
        *specs: str | Path,
        profiles: Iterable[str] = (),
        params: Mapping[str, object] | None = None,
        set: Mapping[str, object] | None = None,
        only: Mapping[str, object] | None = None,
        cells: Iterable[str] = (),
        states: Iterable[str] = (),
        changed: bool = False,
        rerun: bool = False,
        resend_unknown: bool = False,
        max_in_flight: int | None = None,
    ) -> Run:
        """Send payloads, each once. What was accepted before is not sent again: its job is in the run.

        `changed` allows to send payloads that differ from what was accepted, `rerun` to run accepted ones again, and
        `resend_unknown` to send those again whose outcome is unknown, which may run twice. Nobody is asked: call `plan`
        to look first.

        Raises InvalidSpec where there are errors, NotSubmitted where something needs a decision, and SpeccError where
        the ledger or the target cannot be had; what was sent before the error is in the ledger. KeyboardInterrupt
        leaves at once: what was in flight is unknown then, which `specc ledger resolve` settles.
        """
        choice = _asked(profiles, params, set, only, cells, states)
        request = self._request(specs, choice, changed, rerun, resend_unknown)
        with submission(request) as run:
            steps = _decided(run)
            kept, reports = run.standing(steps)
            sent = run.send(steps, _Unwatched(), max_in_flight)
            if sent.fault is not None:
                raise sent.fault
            outcomes = (*kept, *sent.results)
            uuids = {outcome.uuid for outcome in outcomes if outcome.uuid}
            records = list(run.ledger.jobs(run.opened.target.identity, uuids))
            jobs = tuple(Job._of(record, reports, self) for record in records)
        return Run(tuple(Result._of(outcome, reports) for outcome in outcomes), jobs, self)

    def jobs(
        self,
        *chosen: str | Path,
        states: Iterable[str] = (),
        only: Mapping[str, object] | None = None,
        cells: Iterable[str] = (),
        refresh: bool = True,
    ) -> list[Job]:
        """Return the latest attempt of each cell that was submitted, with what its target says of it now.

        `chosen` are specs, folders, or the beginnings of uuids; nothing means the whole project. Targets are asked
        about jobs that have not ended, unless `refresh` is False. Raises SpeccError for a word that means nothing.
        """
        session = self._session()
        words = tuple(self._path(each) for each in chosen)
        filters = Words(words, _only(only), tuple(cells), tuple(states), None)
        choice = AttemptChoice.of(session, filters, self._root)
        _raise_errors(session.diagnostics)
        with self._ledger(session) as (_, ledger):
            reports = look_at_chosen(choice, ledger).reports if refresh else {}
            return [Job._of(record, reports, self) for record in choice.records(ledger)]

    def results(
        self,
        *chosen: str | Path,
        profiles: Iterable[str] = (),
        set: Mapping[str, object] | None = None,
        states: Iterable[str] = (),
        only: Mapping[str, object] | None = None,
        cells: Iterable[str] = (),
    ) -> Results:
        """Return what jobs came to: a row for each cell that was submitted, with the results that the specs declare.

        `chosen` are specs, folders, or the beginnings of uuids; nothing means the whole project. The specs are read as
        they are now, with `profiles` and `set`. Raises InvalidSpec where a spec declares its results wrongly, and
        SpeccError for a word that means nothing.
        """
        session = self._session()
        filters = Words(tuple(self._path(each) for each in chosen), _only(only), tuple(cells), tuple(states), None)
        choice = AttemptChoice.of(session, filters, self._root)
        _raise_errors(session.diagnostics)
        with self._ledger(session) as (_, ledger):
            found = FoundResults(choice, ledger, asked_request(_asked(profiles, None, set)))
            columns = found.columns()
            _raise_errors(found.diagnostics)
            return Results._of(columns, found.rows())

    def _wait(self, jobs: Sequence[Job], timeout: float | None) -> tuple[Job, ...]:
        session = self._session()
        uuids = {job.uuid for job in jobs}
        with self._ledger(session) as (workplace, ledger):
            records = [record for record in ledger.chosen((), (), whole_history=True) if record.uuid in uuids]
            found, _ = reach(workplace, ledger, [one for one in records if not is_over(one)])
            waited = wait_for(found, ledger, timeout, session.person, lambda before, now: None)
            if waited.interrupted is not None:
                raise KeyboardInterrupt
            reports = {**last_seen(records), **waited.reports}
            return tuple(Job._of(record, reports, self) for record in records)

    def _logs(self, job: Job, stream: str) -> str:
        if job.uuid is None:
            raise SpeccError(f"the attempt of {job.spec}@{job.cell} has no job, and so no logs")
        session = self._session()
        with self._ledger(session) as (workplace, ledger):
            records = [record for record in ledger.with_id(job.uuid) if record.uuid == job.uuid]
            found, lost = reach(workplace, ledger, records)
            if lost or not found:
                raise SpeccError(lost[0].why if lost else f"the ledger knows no job {job.uuid}")
            files = [file for file in found[0].opened.target.logs(job.uuid).files if file.stream == stream]
        if not files:
            raise SpeccError(f"the job {job.uuid} has no stream `{stream}`")
        if files[0].path is None:
            raise SpeccError(f"the {stream} of {job.uuid} is not visible from here: {files[0].where}")
        return OutputReader(files[0].path).last(LOG_BYTES)[0].decode(errors="replace")

    @contextmanager
    def _ledger(self, session: Session) -> Iterator[tuple[Workplace, Ledger]]:
        workplace = Workplace(session.project(self._root), session.person)
        with workplace.ledger_if_any() as ledger:
            yield workplace, ledger

    def _request(
        self, specs: Sequence[str | Path], choice: Asked, changed: bool, rerun: bool, resend_unknown: bool
    ) -> SubmissionRequest:
        session = self._session()
        asked = replace(choice, changed=changed, rerun=rerun, resend_unknown=resend_unknown)
        request = prepare(session, self._selected(session, specs), asked, self._target, self._root)
        if isinstance(request, Unprepared):
            _raise_errors(request.diagnostics)
            raise AssertionError("a request that could not be prepared has an error")
        _raise_errors(request.diagnostics)
        return request

    def _opened(self, specs: Sequence[str | Path]) -> tuple[Session, list[Selected]]:
        session = self._session()
        selected = self._selected(session, specs)
        _raise_errors(session.diagnostics)
        return session, selected

    @staticmethod
    def _session() -> Session:
        return Session(Sites(), _Log())

    def _selected(self, session: Session, paths: Sequence[str | Path]) -> list[Selected]:
        return session.specs([self._path(path) for path in paths] or [str(self._root)])

    def _path(self, path: str | Path) -> str:
        """Return a path that works from the current folder. Relative ones begin at the project's root."""
        below = self._root / path
        return str(below) if os.path.exists(below) else str(path)


def open_project(path: str | Path = ".", target: str | None = None) -> Project:
    """Return the project that a file or folder belongs to: the nearest `specc.toml` above says which.

    `target` is where payloads go instead of the project's own target. Raises SpeccError where the path does not exist,
    where the settings have errors (`InvalidSpec`), and where they have no target of that name.
    """
    start = Path(path)
    if not os.path.exists(start):
        raise SpeccError(f"{start}: no such file or folder")
    session = Session(Sites(), _Log())
    project = session.project(start.absolute())
    _raise_errors(session.diagnostics)
    project.context(target)
    return Project(project.root, target)


class _Log:
    """The person of a program (`specc.person`): what is told goes to the logger `specc`, and nobody answers."""

    def tell(self, line: str) -> None:
        LOGGER.info("%s", visible(line))

    def can_answer(self) -> bool:
        return False

    def confirm(self, question: str) -> bool:
        return False


class _Unwatched:
    """Follows a run of sending, and does nothing: ^C leaves it as any other call."""

    def begun(self, sender: object, stop: object) -> None:
        """Let signals be."""

    def came(self, result: Outcome) -> None:
        """Results are returned together."""


def _decided(run: Submission) -> list[Step]:
    """Return the steps. Raises InvalidSpec or NotSubmitted where something speaks against the run."""
    decision = run.decided()
    if decision.objection is not None:
        _raise_errors(decision.objection.diagnostics)
        raise NotSubmitted(decision.objection.errors, decision.objection.help)
    if stopped := [f"{step.key}: {step.why}" for step in decision.stopped]:
        raise NotSubmitted(stopped, help="`plan` shows what each needs; `changed=True` sends what was changed")
    return decision.steps


def _raise_errors(diagnostics: Iterable[Found]) -> None:
    """Raise InvalidSpec where there is an error. Warnings alone go to the logger, as the commands print them."""
    found = [Diagnostic._of(each) for each in report_of(diagnostics).diagnostics]
    if any(each.severity == "error" for each in found):
        raise InvalidSpec(found)
    for each in found:
        LOGGER.warning("%s", each)


def _asked(
    profiles: Iterable[str],
    params: Mapping[str, object] | None,
    set: Mapping[str, object] | None,
    only: Mapping[str, object] | None = None,
    cells: Iterable[str] = (),
    states: Iterable[str] = (),
) -> Asked:
    """Return arguments of Python as the words of a command line, from which the commands and the API go on alike."""
    given = tuple(f"{name}={_word(value)}" for name, value in (params or {}).items())
    sets = tuple(f"{path}={_json(value)}" for path, value in (set or {}).items())
    return Asked((), tuple(profiles), given, sets, _only(only), tuple(cells), tuple(states))


def _only(only: Mapping[str, object] | None) -> tuple[str, ...]:
    """Return `--only AXIS=VALUE` for each value; a list has alternatives."""
    pairs = ((axis, value if isinstance(value, list | tuple) else [value]) for axis, value in (only or {}).items())
    return tuple(f"{axis}={_json(value)}" for axis, values in pairs for value in values)


def _word(value: object) -> str:
    """Return the value of a parameter as the command line has it: a text as it is, else as JSON."""
    return value if isinstance(value, str) else _json(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
