"""Plans as files that people review: what would be sent, compared with what was last accepted.

A plan is bound to digests and to the state of the ledger, and is carried out once: `submit --plan` renders and decides
again, and sends only if everything is as the plan says.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

import rfc8785

from specc.changes import Change, changes, masked
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.submission.plan import Action, Step, core_hours, cost

VERSION = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments that a plan was made with; `specs` are names from the project's root."""

    specs: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    changed: bool = False
    rerun: bool = False
    resend_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """One step as a plan file promises it."""

    spec: str
    cell: str
    params: str
    digest: str
    action: str
    number: int

    @property
    def key(self) -> tuple[str, str, str]:
        return self.spec, self.cell, self.params


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan as it was written.

    `target` is the target's name in the settings, `identity` its identity, `ledger` the id of the ledger from which the
    plan was decided.
    """

    id: str
    ledger: str
    project: str
    target: str
    identity: str
    asked: Asked
    steps: tuple[Planned, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a plan file. `command` carries the plan out."""

    id: str
    ledger: str
    project: str
    target: str
    identity: str
    command: str
    now: float


def plan_document(heading: Heading, asked: Asked, steps: Sequence[Step], units: Mapping[str, str]) -> dict[str, object]:
    """Return the plan as JSON data, which a person reviews and `submit --plan` compares with."""
    sent = [step.payload.body for step in steps if step.action.sends]
    total = cost(sent, units)
    return {
        "version": VERSION,
        "plan": heading.id,
        "ledger": heading.ledger,
        "created": datetime.fromtimestamp(heading.now, UTC).isoformat(timespec="seconds"),
        "project": heading.project,
        "target": {"name": heading.target, "identity": heading.identity},
        "command": heading.command,
        "summary": {
            "payloads": len(steps),
            "actions": {action.value: count for action in Action if (count := _count(steps, action))},
            "core_hours": float(total.hours) if total.counted else None,
            "cost": str(total),
        },
        "asked": asdict(asked),
        "steps": [step_data(step, units) for step in steps],
    }


def step_data(step: Step, units: Mapping[str, str]) -> dict[str, object]:
    """Return one step as JSON data."""
    hours = core_hours(step.payload.body, units)
    return {
        "spec": step.key.spec,
        "cell": step.key.cell,
        "slug": step.payload.shown_slug,
        "params": json.loads(step.key.params),
        "name": step.payload.shown_name,
        "action": step.action.value,
        "why": step.why,
        "attempt": step.number,
        "cell_attempt": step.attempt,
        "retried_for": step.retried_for,
        "digest": step.payload.digest,
        "last_accepted": _last(step),
        "changes": [change.data() for change in changes_of(step)],
        "core_hours": None if hours is None else float(hours),
        "payload": step.payload.shown,
    }


def changes_of(step: Step) -> list[Change]:
    """Return what has changed since the payload was last accepted, as reports may show it.

    Nobody knows which fields of the accepted payload came from the environment. So a field that comes from it now is
    hidden on both sides.
    """
    if step.accepted is None or step.accepted.digest == step.payload.digest:
        return []
    hidden = step.payload.hidden
    found = changes(json.loads(step.accepted.body), json.loads(step.payload.canonical))
    return [masked(change, was=hidden, now=hidden) for change in found]


def _last(step: Step) -> dict[str, object] | None:
    record = step.accepted
    return None if record is None else {"uuid": record.uuid, "digest": record.digest, "attempt": record.number}


def _count(steps: Sequence[Step], action: Action) -> int:
    return sum(step.action is action for step in steps)


def read_plan(text: str, path: str) -> PlanFile:
    """Return the plan in a file's text. Raises SpeccError for a text that is not a plan."""
    try:
        data = json.loads(text)
        if data["version"] != VERSION:
            raise SpeccError(f"{path} is a plan of version {data['version']}, expected {VERSION}", help="plan again")
        steps = tuple(
            Planned(
                step["spec"],
                step["cell"],
                rfc8785.dumps(step["params"]).decode(),
                step["digest"],
                step["action"],
                step["attempt"],
            )
            for step in data["steps"]
        )
        target = data["target"]
        place = target["name"], target["identity"]
        return PlanFile(data["plan"], data["ledger"], data["project"], *place, _asked(data["asked"]), steps)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SpeccError(f"{path} is not a plan", help="`specc plan --out FILE` writes one") from error


def _asked(data: Mapping[str, object]) -> Asked:
    """Return the arguments in a plan. Raises TypeError for a value of the wrong type, which specc did not write."""
    values: dict[str, Any] = {}
    for field in fields(Asked):
        value = data[field.name]
        if field.type is bool and isinstance(value, bool):
            values[field.name] = value
        elif field.type is not bool and isinstance(value, list) and all(isinstance(item, str) for item in value):
            values[field.name] = tuple(value)
        else:
            raise TypeError(field.name)
    return Asked(**values)


def plan_differences(plan: PlanFile, ledger: str, identity: str, steps: Sequence[Step]) -> Iterator[str]:
    """Yield each difference between the plan and what would be done now. If there is one, nothing may be sent."""
    if plan.ledger != ledger:
        yield "the plan was made from another ledger, which may know of jobs that this one does not"
    if plan.identity != identity:
        yield f"the target `{plan.target}` was {plan.identity} and is {identity} now"
    planned = {step.key: step for step in plan.steps}
    now = {step.key[1:]: step for step in steps}
    for step in plan.steps:
        if step.key not in now:
            yield f"{step.spec}@{step.cell} is in the plan, and there is no such cell now"
    for key, current in now.items():
        if key not in planned:
            yield f"{current.key} is not in the plan"
            continue
        promised = planned[key]
        if promised.digest != current.payload.digest:
            yield (
                f"{current.key}: the payload is not the planned one "
                f"(digest {promised.digest[:12]} in the plan, {current.payload.digest[:12]} now)"
            )
        elif (promised.action, promised.number) != (current.action.value, current.number):
            yield f"{current.key}: the plan says `{promised.action}`, and now it is `{current.action}`: {current.why}"
