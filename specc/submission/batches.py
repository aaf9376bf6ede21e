"""Which steps are sent in one call, where a target takes several."""

from collections.abc import Iterable, Sequence

from specc.submission.plan import Action, Step
from specc.targets import Batches, batch_of


def batches_of(steps: Iterable[Step], batches: Batches | None) -> list[list[Step]]:
    """Return the steps in groups that are sent together, each with at most as many as the target takes in one call.

    Groups come in the order of their first steps, and steps in their own. A step that is sent again under its key stays
    with those that were sent with it. Without `batches` each step is alone.
    """
    if batches is None:
        return [[step] for step in steps]
    groups: dict[tuple[str, ...], list[Step]] = {}
    for index, step in enumerate(steps):
        kind = batches.kind_of(step.payload)
        before = batch_of(step.last.attempt) if step.action is Action.RESUME and step.last is not None else ""
        groups.setdefault((str(index),) if kind is None else (kind, before), []).append(step)
    if all(len(group) == 1 for group in groups.values()):
        return list(groups.values())
    most = max(1, batches.most())
    return [part for group in groups.values() for part in _parts(group, most)]


def _parts(group: list[Step], most: int) -> Sequence[list[Step]]:
    return [group[start : start + most] for start in range(0, len(group), most)]
