"""A check of the chosen specs of each project."""

from specc.app.session import Selected, Session
from specc.cache import Counts
from specc.compiler import Request
from specc.diagnostics import Diagnostic
from specc.fast_dataclass import dataclass
from specc.linter import Checked, check_specs

PLAIN = Request()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check came to: all diagnostics, those of the settings first, and what each project's check says.

    With wrong settings nothing was checked.
    """

    diagnostics: tuple[Diagnostic, ...]
    checked: tuple[Checked, ...]
    are_settings_wrong: bool

    @property
    def counts(self) -> Counts:
        """The files, specs and payloads of all projects."""
        return Counts.total(Counts(each.files, each.specs, each.payloads) for each in self.checked)


def check_selected(
    session: Session,
    selected: list[Selected],
    request: Request = PLAIN,
    *,
    target: str | None = None,
    all_specs: bool,
    remembers: bool = True,
) -> Outcome:
    """Check the chosen specs and those that inherit from them. `all_specs` says that these are whole projects.

    Only the result of a check without options is remembered.
    """
    if session.has_errors():
        return Outcome(tuple(session.diagnostics), (), are_settings_wrong=True)
    checked = tuple(
        check_specs(
            entry.project,
            entry.names,
            request,
            target=target,
            all_specs=all_specs,
            memory=session.memory(entry.project, target) if remembers and request == PLAIN else None,
        )
        for entry in selected
    )
    found = (*session.diagnostics, *(diagnostic for each in checked for diagnostic in each.diagnostics))
    return Outcome(found, checked, are_settings_wrong=False)
