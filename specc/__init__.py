"""specc: a declarative HPC job-spec compiler and validator.

`specc.open(PATH)` is the way in for Python. Importing specc costs nothing: the compiler is imported by the first call.
"""

# Not from `typing`: with `python -m specc`, what this module imports may come from the current folder.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from specc.api import (
        Change,
        CheckResult,
        Diagnostic,
        InvalidSpec,
        Job,
        NotSubmitted,
        Payload,
        Plan,
        PlannedStep,
        Project,
        Provenance,
        Result,
        Results,
        Run,
        SpeccError,
        Usage,
        Writer,
    )

__version__ = "0.1.0"

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
    "__version__",
    "open",
]


def open(path: "str | Path" = ".", target: str | None = None) -> "Project":
    """Return the project that a file or folder belongs to: the nearest `specc.toml` above says which.

    `target` is where payloads go instead of the project's own target. Raises SpeccError where the path does not exist,
    where the settings have errors (`InvalidSpec`), and where they have no target of that name.
    """
    from specc.api import open_project  # the compiler, which nobody pays for who only imports specc

    return open_project(path, target)


def __getattr__(name: str) -> "Any":
    """Return a class of the API, which is imported when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'specc' has no attribute '{name}'")
    from specc import api  # as in `open`

    return getattr(api, name)
