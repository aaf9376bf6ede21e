"""Queues: which one a job names, and what its queue allows."""

from collections.abc import Iterator
from fractions import Fraction

from specc.diagnostics import Diagnostic, Label
from specc.diagnostics.codes import OVER_QUEUE_LIMIT, UNCLEAR_QUEUE
from specc.rules.rule import Job, JobRule
from specc.settings import FieldType
from specc.units import UNITS, QuantityMistake, read

QUEUE_FIELDS = ("scheduler_queue_name", "hpcqueue_id")
CORES = "core_limit"


def over_queue_limit(job: Job) -> Iterator[Diagnostic]:
    """A job asks for more than its queue allows.

    ## What
    Compares the cores, the memory and the time of a job with the limits of its queue in the configuration. The queue is
    the one whose name stands in `scheduler_queue_name` or `hpcqueue_id`. Without a unit in `[units]`, memory and time
    cannot be compared.

    ## Why
    The cluster refuses the job, or keeps it waiting for ever.

    ## Bad
    ```toml title="specc.toml"
    target = "prod"
    [units]
    time_limit = "min"
    [targets.prod]
    kind = "ehpc"
    job = {zone = "jn1a", cluster_id = "ehpc-1", run_user = "usr-1"}
    [targets.prod.queues.normal]
    max_cores = 64
    max_time = "3-00:00:00"
    ```
    ```yaml
    specc: 1
    job:
      name: cavity
      cmd_line: ./solver
      core_limit: 128
      scheduler_queue_name: normal
      time_limit: 2h
    ```

    ## Good
    ```toml title="specc.toml"
    target = "prod"
    [units]
    time_limit = "min"
    [targets.prod]
    kind = "ehpc"
    job = {zone = "jn1a", cluster_id = "ehpc-1", run_user = "usr-1"}
    [targets.prod.queues.normal]
    max_cores = 64
    max_time = "3-00:00:00"
    ```
    ```yaml
    specc: 1
    job:
      name: cavity
      cmd_line: ./solver
      core_limit: 64
      scheduler_queue_name: normal
      time_limit: 2h
    ```
    """
    target = job.project.target
    if target is None or not target.queues:
        return
    for queue_field in QUEUE_FIELDS:
        named = job.text(queue_field)
        queue = target.hpcqueues.get(named, named) if named is not None else None
        if queue is None or queue not in target.queues:
            continue
        limits = target.queues[queue]
        for field in job.field_types():
            limit = _limit_name(field)
            if limit in limits and _exceeds(job.number(field.name), limits[limit], field):
                value = job.evaluated.job[field.name]
                amount = f"{value.data} {field.unit}" if field.unit else str(value.data)
                message = f"`{field.name}` is {amount}, and the queue `{queue}` allows {limits[limit]}"
                note = f"`{limit}` in `[targets.{target.name}.queues.{queue}]` says so"
                label = Label(job.evaluated.job[queue_field].node.span, "the queue")
                help = "ask for less, or name another queue"
                yield OVER_QUEUE_LIMIT.at(value.node.span, message, labels=(label,), notes=(note,), help=help)


def _limit_name(field: FieldType) -> str:
    return {"memory": "max_mem", "duration": "max_time"}.get(field.quantity or "", "max_cores")


def _exceeds(amount: int | None, limit: object, field: FieldType) -> bool:
    """Return whether a value is known to be over the limit."""
    if amount is None:
        return False
    if field.quantity is None:
        return field.name == CORES and isinstance(limit, int) and amount > limit
    most: Fraction | QuantityMistake = read(str(limit), field.quantity)
    if field.unit not in UNITS[field.quantity] or isinstance(most, QuantityMistake):
        return False
    return amount * UNITS[field.quantity][field.unit] > most


QUEUE_NAMES = ("scheduler_queue_name", "hpcqueue_id")


def unclear_queue(job: Job) -> Iterator[Diagnostic]:
    """A job names no queue, or two, where the target needs one.

    ## What
    For a target with `needs_queue = true`, each job must say either `scheduler_queue_name` or `hpcqueue_id`.

    ## Why
    The API takes jobs with neither and with both, and does not say which queue they run in. Where a cluster has
    several, the job lands in one that nobody chose.

    ## Bad
    ```toml title="specc.toml"
    target = "prod"
    [targets.prod]
    kind = "ehpc"
    needs_queue = true
    job = {zone = "jn1a", cluster_id = "ehpc-1", run_user = "usr-1"}
    ```
    ```yaml
    specc: 1
    job:
      name: cavity
      cmd_line: ./solver
      core_limit: 4
    ```

    ## Good
    ```toml title="specc.toml"
    target = "prod"
    [targets.prod]
    kind = "ehpc"
    needs_queue = true
    job = {zone = "jn1a", cluster_id = "ehpc-1", run_user = "usr-1"}
    ```
    ```yaml
    specc: 1
    job:
      name: cavity
      cmd_line: ./solver
      core_limit: 4
      scheduler_queue_name: normal
    ```
    """
    target, spec = job.project.target, job.evaluated.spec
    if target is None or not target.needs_queue or spec.is_open:
        return
    named = [field for field in QUEUE_NAMES if field in job.evaluated.job and job.evaluated.job[field].data != ""]
    if not named:
        message = f"the job names no queue, and the target `{target.name}` needs one"
        help = "add `scheduler_queue_name: ...` or `hpcqueue_id: ...` under `job:`"
        yield UNCLEAR_QUEUE.at(spec.body.keys["job"].span, message, help=help)
    elif len(named) == len(QUEUE_NAMES):
        first, second = (job.fields.keys[field].span for field in named)
        message = f"the job names its queue twice: `{named[0]}` and `{named[1]}`"
        yield UNCLEAR_QUEUE.at(second, message, labels=(Label(first, "and here"),), help="remove one of them")


RULES = (
    JobRule(OVER_QUEUE_LIMIT, over_queue_limit),
    JobRule(UNCLEAR_QUEUE, unclear_queue),
)
