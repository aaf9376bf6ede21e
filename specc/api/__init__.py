"""specc for Python: what the commands do, as objects. `import specc` and `specc.open(PATH)` are the way in.

Every method opens the project anew, so that a notebook sees each edit of a file. Nothing is printed: what the commands
would tell meanwhile goes to the logger `specc`, and questions are answered with no. The ledger is the commands' own, so
a payload is sent once, whoever sends it.

    project = specc.open(".")
    assert project.check().ok
    run = project.submit("jobs/cavity.job.yaml", params={"ranks": 4}).wait()
    print([job.name for job in run.failed])
"""

from specc.api.project import Project, open_project
from specc.api.values import (
    Change,
    CheckResult,
    Diagnostic,
    InvalidSpec,
    Job,
    NotSubmitted,
    Payload,
    Plan,
    PlannedStep,
    Provenance,
    Result,
    Results,
    Run,
    Writer,
)
from specc.errors import SpeccError
from specc.targets import Usage

__all__ = [
    "Change",
    "CheckResult",
    "Diagnostic",
    "InvalidSpec",
    "Job",
    "NotSubmitted",
    "Payload",
    "Plan",
    "PlannedStep",
    "Project",
    "Provenance",
    "Result",
    "Results",
    "Run",
    "SpeccError",
    "Usage",
    "Writer",
    "open_project",
]
