"""The provenance of the values of one spec."""

from collections.abc import Mapping

from specc.app.session import Selected, Session
from specc.compiler import Request, evaluated_cells
from specc.diagnostics import Diagnostic, codes, did_you_mean
from specc.errors import SpeccError
from specc.evaluator import EvaluatedSpec, Evaluation
from specc.expander import Cell
from specc.explanation import Explanation, Hiding, removed
from specc.explanation import explain as explain_value
from specc.fast_dataclass import dataclass
from specc.project import DiagnosticSet

SECTIONS = ("job", "vars", "params", "matrix", "results")
NOT_WRITTEN = ("cell", "spec", "env")


@dataclass(frozen=True, slots=True)
class Explained:
    """The values of the first cell that was asked for; `cell` is None where the spec has none that can be evaluated.

    `hides_cell` says whether the values of the axes must not be shown. `units` are those that job fields count in.
    """

    explanations: tuple[Explanation, ...]
    cell: Cell | None
    hides_cell: bool
    diagnostics: tuple[Diagnostic, ...]
    units: Mapping[str, str]


def one_spec(selected: list[Selected]) -> tuple[Selected, str]:
    """Return the one spec that is meant. Raises SpeccError where there are more, or none."""
    if len(selected) != 1 or len(selected[0].names) != 1:
        raise SpeccError("`specc explain` takes one spec", help="name the file: `specc explain jobs/a.job.yaml`")
    (name,) = selected[0].names
    return selected[0], name


def explain_spec(
    session: Session, selected: list[Selected], field: str | None, request: Request, target: str | None = None
) -> Explained:
    """Return where the values of a field come from, or of all fields of a section (`job` where None is given).

    Raises SpeccError for more than one spec, and for a name that the spec does not have.
    """
    entry, name = one_spec(selected)
    found = DiagnosticSet()
    document = entry.project.document(name, found)
    context = entry.project.context(target)
    cells = evaluated_cells(document, context, request) if document is not None else iter(())
    first = None
    for item in cells:
        if not isinstance(item, Diagnostic):
            first = item
            break
        # A parameter that is not given is shown as unknown, which is not a mistake as long as nothing is rendered.
        if item.code is not codes.MISSING_PARAM:
            found.add(item)
    diagnostics = tuple(session.not_ignored(found))
    units = context.settings.units_for(context.target)
    if first is None:
        return Explained((), None, False, diagnostics, units)
    evaluation, evaluated = first
    hiding = Hiding(entry.project.site.hidden, evaluated.env_of_matrix)
    explanations = tuple(_explanations(evaluation, evaluated, field, hiding))
    return Explained(explanations, evaluated.cell, hiding.hides_cell, diagnostics, units)


def _explanations(
    evaluation: Evaluation, evaluated: EvaluatedSpec, field: str | None, hiding: Hiding
) -> list[Explanation]:
    job = evaluated.spec.section("job")
    if field is None or field == "job":
        gone = [removed(f"job.{name}", node) for name, node in job.removed.items()]
        return [explain_value(f"job.{name}", value, hiding) for name, value in evaluated.job.items()] + gone
    if field in SECTIONS:
        return [_explanation(evaluation, f"{field}.{name}", hiding) for name in evaluation.names_in(field)]
    name = field if field.partition(".")[0] in SECTIONS else f"job.{field}"
    gone_field = job.removed.get(name.removeprefix("job."))
    return [removed(name, gone_field) if gone_field is not None else _explanation(evaluation, name, hiding)]


def _explanation(evaluation: Evaluation, name: str, hiding: Hiding) -> Explanation:
    section, _, rest = name.partition(".")
    value = evaluation.named(name) if rest else None
    if value is None:
        raise SpeccError(f"the spec sets no `{name}`", help=_meant(rest, section, evaluation.names_in(section)))
    return explain_value(name, value, hiding)


def _meant(name: str, section: str, known: list[str]) -> str | None:
    if name.partition(".")[0] in NOT_WRITTEN:
        return "this is not a value of a file; ask for a job field, params.NAME, vars.NAME or matrix.NAME"
    return did_you_mean(name, known, f"names in `{section}`")
