"""What stands between a decision and its sending: findings, a plan that does not hold, and a person's word."""

from collections.abc import Sequence

from specc.cli.ordering import Order, refusals
from specc.cli.plan import summary
from specc.cli.printing import print_findings
from specc.cli.speech import confirm, counted, is_terminal, say, write_json
from specc.fast_dataclass import dataclass
from specc.submission.ledger import Ledger
from specc.submission.plan import Action, Step
from specc.submission.planfile import PlanFile, differences, step_data
from specc.targets import Target

UNASKED = 10
"""So many payloads are sent without asking."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Says why nothing is sent. `is_json`: to a program, which nobody can ask."""

    order: Order
    planned: PlanFile | None
    is_json: bool

    def forbids(self, steps: Sequence[Step], target: Target, ledger: Ledger) -> bool:
        """Whether something speaks against the whole run."""
        if print_findings(refusals(steps, target), is_json=self.is_json):
            return True
        if self.planned is not None:
            return self._breaks_plan(self.planned, steps, target, ledger)
        reruns = sum(step.action is Action.RERUN for step in steps)
        asked = self.order.asked
        if reruns > 1 and not (asked.only or asked.cells or asked.states):
            help = "choose them with --only, --cell or --state, such as `--state failed`"
            self._refuse([f"`--rerun` means {reruns:,} cells here"], help)
            return True
        return False

    def _breaks_plan(self, planned: PlanFile, steps: Sequence[Step], target: Target, ledger: Ledger) -> bool:
        if ledger.has_used(planned.id):
            self._refuse(["this plan has been carried out already"], "`specc plan` shows what is left to send")
            return True
        found = list(differences(planned, ledger.id, target.identity, steps))
        if found:
            self._refuse(found, "nothing was sent; plan again, and have the new plan approved")
        return bool(found)

    def _refuse(self, errors: Sequence[str], help: str) -> None:
        for line in errors:
            say(f"error: {line}")
        say(f"help: {help}")
        if self.is_json:
            write_json({"refused": {"errors": list(errors), "help": help}})

    def take_over(self, steps: Sequence[Step], ledger: Ledger) -> bool:
        """Lists what needs a decision. A person at a terminal can take over at once what was only moved: then True."""
        stopped = [step for step in steps if step.action.stops]
        moved = [(step.last.key, step.key) for step in stopped if step.action is Action.REFUSE_MOVED and step.last]
        for step in stopped:
            say(f"{step.action}: {step.key}: {step.why}")
        if len(moved) == len(stopped) and not self.is_json and self.planned is None and is_terminal():
            if not agrees(f"take over {len(moved):,} jobs under their new names?"):
                return False
            ledger.move(moved)
            return True
        message = f"nothing was sent: {len(stopped):,} of {counted(len(steps), 'payload')} must be decided on first"
        say(message)
        if self.is_json:
            refused = [step_data(step, self.order.units) for step in stopped]
            write_json({"refused": {"errors": [message], "steps": refused}})
        return False

    def permits(self, steps: Sequence[Step], ledger: Ledger, *, yes: bool) -> bool:
        """The last word before the first byte."""
        count = sum(step.action.sends for step in steps)
        if count > UNASKED and not yes and not self.is_json and is_terminal():
            say(summary(list(steps), self.order.units))
            if not agrees(f"send {count:,} payloads to `{self.order.target}`?"):
                return False
        if self.planned is None or ledger.use_plan(self.planned.id):
            return True
        self._refuse(["another process is carrying out this plan"], "`specc status` shows how far it is")
        return False


def agrees(question: str, otherwise: str = "nothing was sent") -> bool:
    """Asks a person; without a yes, also at ^C, what that came to is said."""
    is_agreed = False
    try:
        is_agreed = confirm(question)
    finally:
        if not is_agreed:
            say(otherwise)
    return is_agreed
