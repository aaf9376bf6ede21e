"""The results of attempts: what the specs of the project declare, read from what the jobs wrote.

A result is declared after the job was sent as well as before: the spec as it is now says what to read, and the ledger
says of which cell and with which parameters the job was sent.
"""

import json
from collections.abc import Mapping

from specc.app.following import open_again
from specc.app.requests import names_by_id
from specc.app.workplace import Workplace
from specc.compiler import Request
from specc.errors import SpeccError
from specc.evaluator import VARYING_FILE, Evaluation, all_names, bind
from specc.expander import AxisValue, Cell
from specc.extraction import Asked, JobFiles, Missing, Value, extracted
from specc.fast_dataclass import dataclass
from specc.nodes import Scalar
from specc.project import DiagnosticSet
from specc.resolver import ResolvedSpec, resolve
from specc.resolver.results import Extraction, extractions, other_columns, result_mistakes
from specc.source import Source
from specc.submission import Ledger, Record, life_of, state_of, why_of
from specc.targets import JobReport, JobState, Target
from specc.targets.opening import Opened
from specc.targets.protocol import FINAL

LEDGER = Scalar(None, Source("ledger", "").span())
MOST_KEPT = 64
"""So many evaluations are kept: of attempts that were each given other parameters, there can be any number."""

OVER = frozenset(state.value for state in FINAL)


@dataclass(frozen=True, slots=True, eq=False)
class _Declared:
    """The results of one spec, with the evaluation that gives the names of their files."""

    evaluation: Evaluation
    results: Mapping[str, Extraction]


class Extractor:
    """Reads the results of attempts. `request` has the profiles and `--set`s of the specs as they are now.

    `lost_specs` are those of attempts that the project does not have now.
    """

    def __init__(self, workplace: Workplace, ledger: Ledger, request: Request) -> None:
        self.diagnostics = DiagnosticSet()
        self.lost_specs: list[str] = []
        self._workplace = workplace
        self._ledger = ledger
        self._request = request
        self._names: dict[str, str] | None = None
        self._specs: dict[tuple[str, str], ResolvedSpec | None] = {}
        self._declared: dict[tuple[str, str, str, int], _Declared] = {}
        self._sound: dict[ResolvedSpec, dict[str, Extraction]] = {}
        self._targets: dict[tuple[str, str], Target | str] = {}

    def units(self, record: Record) -> dict[str, str | None]:
        """Return the names of the results of an attempt's spec, each with its unit."""
        spec = self._spec(record)
        return {} if spec is None else {each.name: each.unit for each in self._results(spec).values()}

    def values(self, record: Record, reports: Mapping[str, JobReport]) -> dict[str, Value | Missing]:
        """Return each result of an attempt, or why it is missing."""
        spec = self._spec(record)
        if spec is None or not spec.section("results").entries:
            return {}
        declared = self._of(record, spec)
        if not declared.results:
            return {}
        lacks = _without_files(record, reports)
        if lacks is not None:
            return dict.fromkeys(declared.results, Missing(lacks))
        found: dict[str, Value | Missing] = {}
        asked: list[Asked] = []
        declared.evaluation.begin(_cell_of(record))
        for extraction in declared.results.values():
            file = self._file(declared.evaluation, extraction)
            if isinstance(file, Missing):
                found[extraction.name] = file
            else:
                asked.append(Asked(extraction, file, _written(extraction) if record.hidden else file))
        found |= extracted(asked, self._files(record, reports))
        return {name: found[name] for name in declared.results}

    def _file(self, evaluation: Evaluation, extraction: Extraction) -> str | Missing:
        """Return the name of the file of a result in the current cell."""
        if extraction.file is None:
            return "stdout"
        value = evaluation.walk.value(extraction.file, f"results.{extraction.name}.from")
        mistakes = evaluation.taken()
        if "cell.index" in all_names(value):
            return Missing(VARYING_FILE)
        if mistakes or not value.is_known:
            why = mistakes[0].message if mistakes else "a parameter has no value"
            return Missing(f"the name of its file is not known: {why}")
        return str(value.data)

    def _files(self, record: Record, reports: Mapping[str, JobReport]) -> JobFiles:
        """Return the files of an attempt that has a job."""
        life, is_over = life_of(record, reports), state_of(record, reports) in OVER
        since, until = life.started_at if life.started_at is not None else life.submitted_at, life.ended_at
        if since is not None and until is not None and life.seconds is not None:
            # A clock that was set while the job ran: its files may have times of both clocks.
            since, until = min(since, until - life.seconds), max(until, since + life.seconds)
        target = self._target(record)
        if isinstance(target, str):
            return JobFiles(None, target, dict.fromkeys(("stdout", "stderr"), target), since, is_over)
        try:
            logs = target.logs(record.uuid or "")
        except SpeccError as error:
            return JobFiles(None, error.message, dict.fromkeys(("stdout", "stderr"), error.message), since, is_over)
        streams = {file.stream: file.where if file.path is None else file.path for file in logs.files}
        return JobFiles(
            logs.folder,
            f"it is a file of the target `{record.target_name}`",
            streams,
            since,
            is_over,
            until if is_over else None,
            is_timed_here=any(file.is_timed_here for file in logs.files),
        )

    def _target(self, record: Record) -> Target | str:
        """Return the target of an attempt, or why there is none."""
        where = record.target_name, record.key.target
        if where not in self._targets:
            opened = open_again(self._workplace, *where, self._ledger)
            self._targets[where] = opened.target if isinstance(opened, Opened) else opened
        return self._targets[where]

    def _of(self, record: Record, spec: ResolvedSpec) -> _Declared:
        """Return the results of an attempt's spec, with its parameters as they were when it was sent."""
        attempt = record.cell_attempt or 1
        key = record.key.spec, record.target_name, record.inputs or record.key.params, attempt
        if key not in self._declared:
            if len(self._declared) >= MOST_KEPT:
                self._declared.clear()
            inputs: dict[str, object] = json.loads(key[2])
            given = tuple(
                Source("-p", f"{name}={value if isinstance(value, str) else json.dumps(value)}", "-p")
                for name, value in inputs.items()
                if name in spec.params and value is not None
            )
            bindings, _ = bind(spec, given)
            context = self._workplace.project.context(self._target_name(record))
            evaluation = Evaluation(spec, context.inputs(spec, bindings, checking=False, attempt=attempt))
            self._declared[key] = _Declared(evaluation, self._results(spec))
        return self._declared[key]

    def _results(self, spec: ResolvedSpec) -> dict[str, Extraction]:
        """Return the results of a spec that can be read. Their mistakes are noted once."""
        if spec not in self._sound:
            section, taken = spec.section("results"), other_columns(spec.body)
            self.diagnostics.add(*map(spec.traced, result_mistakes(section, taken)))
            self._sound[spec] = {name: each for name, each in extractions(section).items() if name not in taken}
        return self._sound[spec]

    def _spec(self, record: Record) -> ResolvedSpec | None:
        """Return the spec of an attempt as it is now; None where the project has none, or it cannot be read."""
        key = record.key.spec, record.target_name
        if key not in self._specs:
            name = self._name(record.key.spec)
            if name is None and record.key.spec not in self.lost_specs:
                self.lost_specs.append(record.key.spec)
            document = self._workplace.project.document(name, self.diagnostics) if name is not None else None
            if document is None:
                self._specs[key] = None
            else:
                context = self._workplace.project.context(self._target_name(record))
                spec, found = resolve(document, context.library, context.overlays(self._request))
                self.diagnostics.add(*(each for each in found if each.is_error))
                self._specs[key] = spec
        return self._specs[key]

    def _target_name(self, record: Record) -> str | None:
        settings = self._workplace.project.settings
        return record.target_name if record.target_name in settings.targets else None

    def _name(self, spec_id: str) -> str | None:
        """Return the name of the spec that the ledger knows by this id, which is nearly always the name itself."""
        project = self._workplace.project
        if spec_id in project.site.spec_names:
            document = project.document(spec_id, DiagnosticSet())
            if document is None or document.id is None:
                return spec_id
        if self._names is None:
            self._names = names_by_id(project)
        return self._names.get(spec_id)


def _cell_of(record: Record) -> Cell:
    """Return the cell of an attempt, as the ledger has it."""
    values = {name: AxisValue(data, LEDGER) for name, data in json.loads(record.axes).items()}
    repeat = record.key.cell.partition(".")[2]
    return Cell(values, 0, int(repeat or 1), 2 if repeat else 1)


def _written(extraction: Extraction) -> str:
    return str(extraction.file.value) if extraction.file is not None else "stdout"


def _without_files(record: Record, reports: Mapping[str, JobReport]) -> str | None:
    """Return why an attempt can have no files; None where it can."""
    if record.uuid is None:
        why = why_of(record, reports)
        return f"there is no job: the submission is {record.state.value}" + (f" ({why})" if why else "")
    if state_of(record, reports) == JobState.PENDING:
        return "the job has not started"
    return None
