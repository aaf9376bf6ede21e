"""A target in memory that takes each key once, as every target must, and does what a test tells it to."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from specc.errors import SpeccError
from specc.lowering import Payload
from specc.targets import (
    Accepted,
    Attempt,
    Cancelled,
    Candidate,
    Cleaned,
    JobReport,
    JobState,
    Life,
    LogFile,
    Logs,
    Outcome,
    Rejected,
)


class FakeTarget:
    """`answer`, where set, answers a submission instead; `refusal` refuses it before."""

    def __init__(self) -> None:
        self.jobs: dict[str, JobReport] = {}
        self.keys: dict[str, str] = {}
        self.bodies: dict[str, dict[str, object]] = {}
        self.submissions = 0
        self.questions = 0
        self.answer: Callable[[Attempt], Outcome] | None = None
        self.refusal: Rejected | None = None
        self.logs_fail = False
        self._lock = threading.Lock()

    @property
    def identity(self) -> str:
        return "fake"

    @property
    def quota(self) -> int | None:
        return None

    @property
    def is_idempotent(self) -> bool:
        """Return False: as an API without keys."""
        return False

    @property
    def batches(self) -> None:
        """Return None: each payload is sent by itself."""

    def refuse(self, payload: Payload) -> Rejected | None:
        return self.refusal

    def submit(self, attempt: Attempt) -> Outcome:
        with self._lock:
            self.submissions += 1
        return self.answer(attempt) if self.answer is not None else self.start(attempt)

    def start(self, attempt: Attempt) -> Accepted:
        with self._lock:
            if attempt.key not in self.keys:
                uuid = f"hpcjob-{len(self.keys):08d}"
                self.keys[attempt.key] = uuid
                self.bodies[uuid] = attempt.payload.body
                self.jobs[uuid] = JobReport(uuid, JobState.PENDING, "pending", "waiting", None, attempt.payload.name)
            return Accepted(self.keys[attempt.key], {"job_status": "pending"})

    def look_up(self, attempts: Sequence[Attempt], since: datetime, until: datetime) -> list[Candidate]:
        known = [attempt.key for attempt in attempts if attempt.key in self.keys]
        return [Candidate(self.keys[key], datetime.now(UTC), self.bodies[self.keys[key]], key) for key in known]

    def status(self, uuids: Sequence[str]) -> dict[str, JobReport]:
        self.questions += 1
        return {uuid: self.jobs[uuid] for uuid in uuids if uuid in self.jobs}

    def logs(self, uuid: str) -> Logs:
        if self.logs_fail:
            raise SpeccError("no logs")
        path = Path(f"/jobs/{uuid}/stdout")
        return Logs(uuid, (LogFile("stdout", path, str(path)), LogFile("stderr", None, "elsewhere")))

    def clean(self, uuids: Sequence[str]) -> list[Cleaned]:
        return [Cleaned(uuid, uuid in self.jobs) for uuid in uuids]

    def cancel(self, uuids: Sequence[str]) -> list[Cancelled]:
        answers = []
        for uuid in uuids:
            if self.jobs[uuid].state.is_final:
                answers.append(Cancelled(uuid, False, f"it has ended: {self.jobs[uuid].state}"))
            else:
                self.set(uuid, JobState.CANCELLED)
                answers.append(Cancelled(uuid, True))
        return answers

    def set(
        self, uuid: str, state: JobState, reason: str = "", exit_code: int | None = None, life: Life | None = None
    ) -> None:
        self.jobs[uuid] = replace(
            self.jobs[uuid], state=state, raw=state.value, reason=reason, exit_code=exit_code, life=life or Life()
        )
