"""A job names no queue, or two, where the target needs one.

## What
For a target with `needs_queue = true`, each job must say either `scheduler_queue_name` or `hpcqueue_id`.

## Why
The API takes jobs with neither and with both, and does not say which queue they run in. Where a cluster has several,
the job lands in one that nobody chose.

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
  core_limit: 4
  cmd_line: ./solver
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
  core_limit: 4
  scheduler_queue_name: normal
  cmd_line: ./solver
```
"""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Label
from specc.diagnostics.codes import UNCLEAR_QUEUE
from specc.rules.rule import Job, JobRule

FIELDS = ("scheduler_queue_name", "hpcqueue_id")


def find(job: Job) -> Iterator[Diagnostic]:
    target, spec = job.project.target, job.evaluated.spec
    if target is None or not target.needs_queue or spec.is_open:
        return
    named = [field for field in FIELDS if field in job.evaluated.job and job.evaluated.job[field].data != ""]
    if not named:
        message = f"the job names no queue, and the target `{target.name}` needs one"
        help = "add `scheduler_queue_name: ...` or `hpcqueue_id: ...` under `job:`"
        yield UNCLEAR_QUEUE.at(spec.body.keys["job"].span, message, help=help)
    elif len(named) == len(FIELDS):
        first, second = (job.fields.keys[field].span for field in named)
        message = f"the job names its queue twice: `{named[0]}` and `{named[1]}`"
        yield UNCLEAR_QUEUE.at(second, message, labels=(Label(first, "and here"),), help="remove one of them")


RULE = JobRule(UNCLEAR_QUEUE, find)
