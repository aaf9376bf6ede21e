"""Jobs as frozen values: how a job is run, its state, and how it ended."""

import json
from collections.abc import Mapping
from dataclasses import asdict, field

from specc.fast_dataclass import dataclass
from specc.targets.local.process import ProcessId
from specc.targets.protocol import JobState

LATER = frozenset({"owner", "workdir", "variables", "threads", "signal", "signal_before"})
"""Fields of a run that older versions do not know. They are left out where they are empty."""


@dataclass(frozen=True, slots=True)
class Run:
    """How a job is run, settled when it is submitted.

    The text `command` is run, or the file `script`. Paths are absolute but for `stdout` and `stderr`, which may be
    relative to the folder that the job starts in: `workdir`, or its private folder. `seconds` and `memory` (bytes)
    limit the job; `grace` is the time in seconds between TERM and KILL. `environment` holds the caller's variables,
    `variables` tell the job where it comes from. `owner` is on whose behalf it runs: owners take turns. `threads` are
    the cores of each of its tasks, 0 for a job with one task. `signal` is sent to the command `signal_before` seconds
    before the time limit.
    """

    cores: int
    grace: float
    environment: Mapping[str, str]
    umask: int
    command: str | None = None
    script: str | None = None
    stdin: str | None = None
    stdout: str | None = None
    stderr: str | None = None
    seconds: int | None = None
    memory: int | None = None
    owner: str = ""
    workdir: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    threads: int = 0
    signal: int = 0
    signal_before: int = 0

    def to_json(self) -> str:
        """Return the text without the empty fields of `LATER`, so that a supervisor of an older specc can read it."""
        return json.dumps({name: value for name, value in asdict(self).items() if value or name not in LATER})

    @classmethod
    def from_json(cls, text: str) -> "Run":
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended: always in a final state."""

    state: JobState
    exit_code: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A job in the store. `runner` is the process that attends to the job, or did.

    Times are by the wall clock, for people only.
    """

    number: int
    uuid: str
    key: str
    digest: str
    name: str
    cores: int
    state: JobState
    submitted_at: float
    runner: ProcessId | None = None
    cancel_asked: bool = False
    exit_code: int | None = None
    reason: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A job to be added: `key` is the attempt's, `body` the payload's canonical text."""

    key: str
    digest: str
    body: str
    name: str
    run: Run
