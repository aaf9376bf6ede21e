"""What a person asked to be sent: specs compiled to payloads, and a step for each of them."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import islice
from pathlib import Path

from specc.app.failures import at_target
from specc.app.retrying import Versions, as_now
from specc.app.session import Selected, Session, request_of
from specc.app.workplace import Workplace
from specc.compiler import Context, Request, evaluated_cells, payloads
from specc.compiler.discretion import without_values
from specc.diagnostics import Diagnostic, Label, codes
from specc.errors import SpeccError
from specc.evaluator import MASK
from specc.fast_dataclass import dataclass
from specc.lowering import Payload, stream_paths
from specc.parser import Document
from specc.project import DiagnosticSet, Project
from specc.source import Source, Span
from specc.submission import (
    LOOKED_UP,
    Action,
    Allowed,
    Asked,
    Ledger,
    LogicalKey,
    PlanFile,
    Record,
    Selector,
    State,
    Step,
    canonical_params,
    key_of,
    latest,
    plan_steps,
    states_named,
)
from specc.targets import Rejected, Target

STDIN_NAME = "<stdin>"


@dataclass(frozen=True, eq=False)
class SubmissionRequest:
    """Payloads to send, with the arguments that give them, for one target of one project.

    `diagnostics` are the warnings that came up on the way, `documents` the specs by their ids.
    """

    workplace: Workplace
    asked: Asked
    target: str
    payloads: tuple[Payload, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    documents: Mapping[str, Document] = field(default_factory=dict)

    def compile_again(self, cells: Sequence[Payload], attempt: int, diagnostics: DiagnosticSet) -> Iterator[Payload]:
        """Yield the payloads of these cells as another attempt, and add what is wrong with them to `diagnostics`."""
        ids: dict[str, list[str]] = {}
        for payload in cells:
            ids.setdefault(payload.spec_id, []).append(payload.cell.id)
        for spec, chosen in ids.items():
            request = replace(self.request, cells=tuple(chosen), attempt=attempt)
            yield from _payloads(self.documents[spec], self.context, request, diagnostics)

    @property
    def context(self) -> Context:
        return self.workplace.project.context(self.target)

    @property
    def at(self) -> str:
        """Return what a command needs behind it to mean the target: nothing for the project's own."""
        return at_target((self.target,), self.workplace.usual_target)

    @property
    def units(self) -> dict[str, str]:
        return self.workplace.project.settings.units_for(self.target)

    @property
    def request(self) -> Request:
        return asked_request(self.asked)


def asked_request(asked: Asked) -> Request:
    """Return what the compiler is asked for."""
    return request_of(asked.profiles, asked.params, asked.sets, asked.only, asked.cells)


@dataclass(frozen=True, slots=True)
class Unprepared:
    """Why there is nothing to send. `is_configuration`: the settings are wrong, and no spec was read."""

    diagnostics: tuple[Diagnostic, ...]
    is_configuration: bool = False


def prepare(
    session: Session, selected: list[Selected], asked: Asked, target: str | None, start: Path | None = None
) -> SubmissionRequest | Unprepared:
    """Return the payloads of all specs, or the diagnostics that keep any from being sent.

    What was asked is noted with the names of the specs themselves. Raises SpeccError for specs of several projects, for
    a target or states that do not exist, and for specs that have no name by which the ledger could know them.
    """
    if session.has_errors():
        return Unprepared(tuple(session.diagnostics), is_configuration=True)
    states_named(asked.states)
    workplace = Workplace.of(session, selected, start)
    name = target or workplace.usual_target
    workplace.project.context(name)  # raises for a target that there is not, also where there are no specs
    diagnostics = DiagnosticSet()
    names: list[str] = []
    made: list[Payload] = []
    documents: dict[str, Document] = {}
    for entry in selected:
        for document in _concrete(entry, diagnostics):
            check_is_text(document.source.name)
            names.append(document.source.name)
            compiled = list(_payloads(document, entry.project.context(name), asked_request(asked), diagnostics))
            documents.update((payload.spec_id, document) for payload in compiled[:1])
            made.extend(compiled)
    shown = (*session.diagnostics, *session.not_ignored(diagnostics))
    if any(diagnostic.is_error for diagnostic in shown):
        return Unprepared(shown)
    if any(payload.spec_id == STDIN_NAME for payload in made):
        raise SpeccError(
            "a spec from standard input has no path, so the ledger has no name for it",
            help="write `id: NAME` at its top",
        )
    return SubmissionRequest(workplace, replace(asked, specs=tuple(names)), name, tuple(made), shown, documents)


def prepare_again(session: Session, planned: PlanFile) -> SubmissionRequest | Unprepared:
    """Return the request that a plan was made of. Raises SpeccError for a plan of another project or without specs."""
    project = session.project(Path.cwd())
    if planned.project != project.settings.project:
        raise SpeccError(f"the plan is of the project `{planned.project}`, and this is `{project.settings.project}`")
    if not planned.asked.specs:
        raise SpeccError("the plan names no specs", help="`specc plan SPEC... --out FILE` writes one that does")
    paths = [str(project.root / name) for name in planned.asked.specs]
    return prepare(session, session.specs(paths), planned.asked, planned.target)


def check_is_text(path: str) -> None:
    """Raise SpeccError for a path that the ledger, plans and targets cannot hold."""
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise SpeccError(f"the name of {path} is not UTF-8", help="give it another name to send it") from error


def _concrete(entry: Selected, diagnostics: DiagnosticSet) -> Iterator[Document]:
    """Yield the specs that are not abstract. One that is given by name is a mistake, which compiling it reports."""
    for name in entry.names:
        document = entry.project.document(name, diagnostics)
        if document is not None and (not document.abstract or name in entry.explicit):
            yield document


def _payloads(document: Document, context: Context, request: Request, diagnostics: DiagnosticSet) -> Iterator[Payload]:
    for item in payloads(document, context, request):
        if isinstance(item, Diagnostic):
            diagnostics.add(item)
        else:
            yield item


def decide(
    request: SubmissionRequest,
    target: Target,
    ledger: Ledger,
    versions: Versions,
    payloads: Sequence[Payload] | None = None,
) -> list[Step]:
    """Return a step for each payload, or for those whose last attempts are in the states asked for.

    A cell that was tried again is compared as the attempt that it is at. `payloads` are some of the request's, whose
    jobs have just ended: then nothing that was sent is sent again, whatever was asked.
    """
    asked = request.asked
    wanted = request.payloads if payloads is None else payloads
    allowed = Allowed(asked.changed, asked.rerun, asked.resend_unknown) if payloads is None else Allowed(asked.changed)
    if asked.states and payloads is None:
        selector = Selector(states=states_named(asked.states))
        wanted = tuple(one for one in wanted if _has_state(one, selector, request, target.identity, ledger))
    exists, resumes = Existing(request, target.identity), target.is_idempotent

    def planned(payloads: Sequence[Payload]) -> list[Step]:
        params = request.request.params
        return plan_steps(
            payloads,
            target.identity,
            request.target,
            params,
            ledger,
            exists,
            allowed,
            request.workplace.who,
            resumes=resumes,
            at=request.at,
        )

    steps = planned(wanted)
    return planned(as_now(steps, versions)) if any(step.attempt > 1 for step in steps) else steps


def _has_state(payload: Payload, selector: Selector, request: SubmissionRequest, identity: str, ledger: Ledger) -> bool:
    key = key_of(payload, identity, request.request.params)
    return any(selector.has_state(record) for record in latest(ledger.of_key(key)))


def names_by_id(project: Project) -> dict[str, str]:
    """Return the names of all specs of a project that can be sent, by the ids under which the ledger knows them."""
    names: dict[str, str] = {}
    for name in project.site.spec_names:
        document = project.document(name, DiagnosticSet())
        if document is not None and not document.abstract:
            names[str(document.id.value) if document.id else name] = name
    return names


class Existing:
    """Says whether the project still has what a key stands for. In doubt it has: then nothing is taken for moved."""

    def __init__(self, request: SubmissionRequest, identity: str) -> None:
        self._request = request
        self._project = request.workplace.project
        params = canonical_params(request.request.params)
        self._own = {(one.spec_id, one.cell.id, params) for one in request.payloads}
        self._names: dict[str, str] | None = None
        self._cells: dict[tuple[str, str], frozenset[str] | None] = {}

    def __call__(self, key: LogicalKey) -> bool:
        if key[1:] in self._own:
            return True
        name = self._name(key.spec)
        if name is None:
            return False
        if (name, key.params) not in self._cells:
            self._cells[name, key.params] = self._cells_of(name, json.loads(key.params))
        cells = self._cells[name, key.params]
        return cells is None or key.cell in cells

    def _name(self, spec_id: str) -> str | None:
        if self._names is None:
            self._names = names_by_id(self._project)
        return self._names.get(spec_id)

    def _cells_of(self, name: str, params: dict[str, str]) -> frozenset[str] | None:
        """Return the cells that the spec has with these parameters; None where that cannot be told."""
        document = self._project.document(name, DiagnosticSet())
        given = tuple(Source("-p", f"{param}={value}", "-p") for param, value in params.items())
        asked = self._request.request
        request = Request(asked.profiles, given, asked.sets)
        items = list(evaluated_cells(document, self._request.context, request)) if document is not None else []
        found = [item for item in items if isinstance(item, Diagnostic) and item.is_error]
        if any(diagnostic.code is codes.UNKNOWN_PARAM for diagnostic in found):
            return frozenset()
        if found:
            return None
        return frozenset(item[1].cell.id for item in items if isinstance(item, tuple))


def refusals(steps: Sequence[Step], target: Target) -> list[Diagnostic]:
    """Return what speaks against sending, known without sending: payloads that the target cannot take, and twins."""
    diagnostics = DiagnosticSet()
    for step in steps:
        if step.action is Action.REFUSE_TWIN and step.twin is not None:
            diagnostics.add(_twin(step, step.twin))
        elif step.action is Action.RESUME:
            continue  # its job may be running: the target looks for the job before it refuses the payload
        elif step.action.sends and (refused := target.refuse(step.payload)) is not None:
            diagnostics.add(*rejections(step.payload, refused, codes.REFUSED_BY_TARGET.at))
    return diagnostics.all()


@dataclass(frozen=True, slots=True)
class Overwritten:
    """A file of an earlier job, with other parameters, that a payload to be sent would write anew.

    `param` is a parameter in which they differ, `field` the field that names the file, as `path`.
    """

    path: str
    field: str
    param: str


def overwritten(steps: Sequence[Step], ledger: Ledger, *, has_folders: bool) -> list[Overwritten]:
    """Return one file for each payload to be sent that would write over what a job of its cell has written."""
    writing = []
    for step in steps:
        body = step.payload.body if step.action.sends else {}
        paths = {path: name for name, path in stream_paths(body, has_folders=has_folders)}
        if paths and step.payload.params:
            writing.append((step, paths))
    found: list[Overwritten] = []
    for start in range(0, len(writing), LOOKED_UP):
        with ledger.at_once():
            for step, paths in writing[start : start + LOOKED_UP]:
                others = (one for one in ledger.of_cell(step.key) if one.key != step.key)
                found += islice(_overwritten(step.payload, paths, others, has_folders=has_folders), 1)
    return found


def _overwritten(
    payload: Payload, paths: Mapping[str, str], others: Iterable[Record], *, has_folders: bool
) -> Iterator[Overwritten]:
    """Yield what a payload that writes these files, each with its field, would take from other jobs."""
    for record in others:
        if record.state is not State.ACCEPTED or record.cleaned_at is not None:
            continue
        for _, path in stream_paths(json.loads(record.body), has_folders=has_folders):
            if path in paths:
                given = json.loads(record.inputs or record.key.params)
                differ = [name for name, value in payload.params.items() if given.get(name) != value]
                shown = MASK if paths[path] in payload.hidden else path
                yield Overwritten(shown, paths[path], next(iter(differ or payload.params)))


def rejections(payload: Payload, refused: Rejected, at: Callable[..., Diagnostic]) -> list[Diagnostic]:
    """Return a rejection as diagnostics, one for each field that it names, at the line that has the field's value.

    `at` makes a diagnostic of the right code. The target's words can quote any field. So of a payload with a hidden
    field only the kind and the place are said.
    """
    found = _rejections(payload, refused, at)
    return [without_values(diagnostic) for diagnostic in found] if payload.hidden else found


def _rejections(payload: Payload, refused: Rejected, at: Callable[..., Diagnostic]) -> list[Diagnostic]:
    fields, helps = refused.fields or {}, refused.helps or {}
    if not any(name in payload.values for name in fields):
        return [at(_place(payload), f"{payload.name}: {refused.message}", help=refused.help)]
    # Where fields have helps of their own, one without has none: the others' would mislead.
    return [
        at(
            payload.values[name].node.span if name in payload.values else _place(payload),
            text,
            help=helps.get(name) if helps else refused.help,
        )
        for name, text in fields.items()
    ]


def _twin(step: Step, twin: Payload) -> Diagnostic:
    message = f"two payloads of this run are the same: cells {twin.cell.id} and {step.payload.cell.id}"
    labels = (Label(_place(twin), f"cell {twin.cell.id} of {twin.spec_id}"),) if twin.spec_id != step.key.spec else ()
    help = (
        "make them differ, for example with `{{ cell.slug }}` in the name, or ask for repetitions with `matrix.repeat`"
    )
    return codes.SAME_PAYLOAD.at(_place(step.payload), message, labels=labels, help=help)


def _place(payload: Payload) -> Span:
    """Return the line that names the job."""
    value = payload.values.get("name") or next(iter(payload.values.values()))
    return value.node.span
