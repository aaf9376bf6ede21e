"""What no target of this kind takes, known from the payload and the settings alone."""

from collections.abc import Iterator, Mapping

from specc.settings import Target
from specc.targets.refusals import (
    OUTPUTS,
    Refusal,
    command_refusals,
    core_refusals,
    leaves,
    limit_refusals,
    name_refusals,
    place_refusals,
    prelude_refusals,
    queue_refusals,
    text,
    unseen_refusals,
)


def refusals(body: Mapping[str, object], target: Target, units: Mapping[str, str]) -> Iterator[Refusal]:
    """Yield every reason why no site with these settings takes the payload."""
    yield from name_refusals(body, target)
    yield from unseen_refusals(body, ("scheduler_queue_name", "resource_limit", "input_file", *OUTPUTS))
    yield from command_refusals(body)
    yield from prelude_refusals(body, target)
    yield from place_refusals(body, target)
    yield from _queue_refusals(body, target)
    yield from core_refusals(body)
    yield from limit_refusals(body, units)
    for field in OUTPUTS:
        path = text(body, field)
        if path and leaves(path):
            message = f"`{field}` is `{path}`, which leads out of where the job starts"
            yield Refusal("bad-path", field, message, "write an absolute path")
    if target.adapter == "gridengine":
        # Few projects have such a target.
        from specc.targets.command.gridengine import mistake_in_resources

        said = text(body, "resource_limit")
        mistake = mistake_in_resources(said) if said is not None else None
        if mistake is not None:
            help = "write words such as `h_vmem=4G gpu=1`, each the name of a resource and its amount"
            yield Refusal("bad-resource", "resource_limit", f"`resource_limit`: {mistake}", help)


def _queue_refusals(body: Mapping[str, object], target: Target) -> Iterator[Refusal]:
    queue, queue_id = text(body, "scheduler_queue_name"), text(body, "hpcqueue_id")
    if queue is not None and queue_id is None:
        yield from queue_refusals({"scheduler_queue_name": queue}, target)
    if queue_id is None:
        return
    mapped = target.hpcqueues.get(queue_id)
    if mapped is None:
        message = f"`hpcqueue_id` is `{queue_id}`, and a scheduler has no such ids"
        help = f'write `hpcqueues = {{"{queue_id}" = "QUEUE"}}` under `[targets.{target.name}]`'
        yield Refusal("unmapped-queue", "hpcqueue_id", message, help)
    elif queue is not None and queue != mapped:
        message = f"`hpcqueue_id` `{queue_id}` is the queue `{mapped}`, and `scheduler_queue_name` is `{queue}`"
        yield Refusal("two-queues", "hpcqueue_id", message, "leave one of them out")
