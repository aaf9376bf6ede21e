"""What a person wants sent: specs compiled to payloads, and a step for each of them."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from specc.cli.printing import print_findings
from specc.cli.session import Selected, Session
from specc.cli.workplace import Workplace
from specc.compiler import Context, Request, evaluated_cells, payloads
from specc.compiler.discretion import without_values
from specc.diagnostics import Diagnostic, Label, codes
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.lowering import Payload
from specc.parser import Document
from specc.source import Source, Span
from specc.submission.keys import LogicalKey, canonical_params, key_of
from specc.submission.ledger import Ledger
from specc.submission.plan import Action, Allowed, Step, plan
from specc.submission.planfile import Asked
from specc.submission.selector import Selector, latest, states_named
from specc.targets import Rejected, Target
from specc.workspace import Findings

STDIN_NAME = "<stdin>"


@dataclass(frozen=True, eq=False)
class Order:
    """Payloads to send, with the arguments that give them, for one target of one project."""

    workplace: Workplace
    asked: Asked
    target: str
    payloads: tuple[Payload, ...]

    @property
    def context(self) -> Context:
        return self.workplace.project.context(self.target)

    @property
    def units(self) -> dict[str, str]:
        return self.workplace.project.settings.units_for(self.target)

    @property
    def request(self) -> Request:
        return request_of(self.asked)


def request_of(asked: Asked) -> Request:
    options = {"-p": asked.params, "--set": asked.sets, "--only": asked.only}
    params, sets, only = (tuple(Source(name, text, name) for text in texts) for name, texts in options.items())
    return Request(asked.profiles, params, sets, only, asked.cells)


def order(
    session: Session, selected: list[Selected], asked: Asked, target: str | None, *, is_json: bool
) -> Order | int:
    """The payloads of all specs, or the exit code when there are findings, which are printed.

    What was asked is noted with the names of the specs themselves.
    """
    if print_findings(session.findings, is_json=is_json):
        return 2
    states_named(asked.states)
    workplace = Workplace.of(session, selected)
    name = target or workplace.project.settings.target
    findings = Findings()
    names: list[str] = []
    made: list[Payload] = []
    for entry in selected:
        for document in _concrete(entry, findings):
            check_is_text(document.source.name)
            names.append(document.source.name)
            made.extend(_payloads(document, entry.project.context(name), request_of(asked), findings))
    if print_findings(session.not_ignored(findings), is_json=is_json):
        return 1
    if any(payload.spec_id == STDIN_NAME for payload in made):
        raise SpeccError("a spec from standard input is known by no path", help="write `id: NAME` at its top")
    return Order(workplace, replace(asked, specs=tuple(names)), name, tuple(made))


def check_is_text(path: str) -> None:
    """Raises SpeccError for a path that the ledger, plans and targets cannot hold."""
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise SpeccError(f"the name of {path} is not UTF-8", help="give it another name to send it") from error


def _concrete(entry: Selected, findings: Findings) -> Iterator[Document]:
    """Bases in a folder are passed over; one given by name is a mistake, which compiling it says."""
    for name in entry.names:
        document = entry.project.document(name, findings)
        if document is not None and (not document.abstract or name in entry.explicit):
            yield document


def _payloads(document: Document, context: Context, request: Request, findings: Findings) -> Iterator[Payload]:
    for item in payloads(document, context, request):
        if isinstance(item, Diagnostic):
            findings.add(item)
        else:
            yield item


def decide(order: Order, target: Target, ledger: Ledger) -> list[Step]:
    """A step for each payload, or for those whose last attempts are in the states asked for."""
    asked = order.asked
    wanted = order.payloads
    if asked.states:
        selector = Selector(states=states_named(asked.states))
        wanted = tuple(one for one in wanted if _has_state(one, selector, order, target.identity, ledger))
    allowed = Allowed(asked.changed, asked.rerun, asked.resend_unknown)
    exists = Existing(order, target.identity)
    return plan(wanted, target.identity, order.target, order.request.params, ledger, exists, allowed)


def _has_state(payload: Payload, selector: Selector, order: Order, identity: str, ledger: Ledger) -> bool:
    key = key_of(payload, identity, order.request.params)
    return any(selector.has_state(record) for record in latest(ledger.of_key(key)))


class Existing:
    """Whether the project still has what a key stands for. In doubt it has: then nothing is taken for moved."""

    def __init__(self, order: Order, identity: str) -> None:
        self._order = order
        self._project = order.workplace.project
        params = canonical_params(order.request.params)
        self._own = {(one.spec_id, one.cell.id, params) for one in order.payloads}
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
            self._names = {}
            for name in self._project.site.spec_names():
                document = self._project.document(name, Findings())
                if document is not None and not document.abstract:
                    self._names[str(document.id.value) if document.id else name] = name
        return self._names.get(spec_id)

    def _cells_of(self, name: str, params: dict[str, str]) -> frozenset[str] | None:
        """The cells that the spec has with these parameters; None where that cannot be told."""
        document = self._project.document(name, Findings())
        given = tuple(Source("-p", f"{param}={value}", "-p") for param, value in params.items())
        asked = self._order.request
        request = Request(asked.profiles, given, asked.sets)
        items = list(evaluated_cells(document, self._order.context, request)) if document is not None else []
        found = [item for item in items if isinstance(item, Diagnostic) and item.is_error]
        if any(finding.code is codes.UNKNOWN_PARAM for finding in found):
            return frozenset()
        if found:
            return None
        return frozenset(item[1].cell.id for item in items if isinstance(item, tuple))


def refusals(steps: Sequence[Step], target: Target) -> list[Diagnostic]:
    """What speaks against sending, known without sending: payloads that the target cannot take, and twins."""
    findings = Findings()
    for step in steps:
        if step.action is Action.REFUSE_TWIN and step.twin is not None:
            findings.add(_twin(step, step.twin))
        elif step.action.sends and (refused := target.refuse(step.payload)) is not None:
            findings.add(*complaints(step.payload, refused, codes.REFUSED_BY_TARGET.at))
    return findings.all()


def complaints(payload: Payload, refused: Rejected, at: Callable[..., Diagnostic]) -> list[Diagnostic]:
    """A rejection as findings, one for each field that it names, at the line that says the field's value.

    Its words can quote any field. So of a payload with a hidden field only the kind and the place are said.
    """
    found = _complaints(payload, refused, at)
    return [without_values(finding) for finding in found] if payload.hidden else found


def _complaints(payload: Payload, refused: Rejected, at: Callable[..., Diagnostic]) -> list[Diagnostic]:
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
    """The line that names the job."""
    value = payload.values.get("name") or next(iter(payload.values.values()))
    return value.node.span
