"""Many payloads in one call of sbatch: an array, whose tasks are the cells of a sweep.

Payloads go together that are equal in all that sbatch sees; what else differs, each task reads in the list of its batch
(`specc.targets.batch.batches`). Each task claims its own cell, as the job of a payload that is sent alone does, so a
cell runs once in however many arrays it is. The batch's key is the comment of the array, by which it is found again.
"""

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from specc.targets.batch.batches import Batch, Cell, ranges_of
from specc.targets.batch.folder import Folder, Handle
from specc.targets.batch.jobs import WITHDRAWN, Jobs
from specc.targets.batch.programs import Ran, TimedOut
from specc.targets.batch.script import Native, array_script, coded, settings_of
from specc.targets.protocol import Accepted, Attempt, NotSent, Outcome, Rejected, Unclear, batch_of
from specc.targets.slurm.answers import ARRAYS_HELP, Doubtful, job_number
from specc.targets.slurm.finding import Finding, accepted
from specc.targets.slurm.queries import COMMENT, Queries
from specc.targets.slurm.request import Rules, escaped

if TYPE_CHECKING:
    from specc.lowering import Payload

MOST = 10_000
"""An array has at most so many tasks, whatever the controller allows: their list is read as a whole."""

TOO_MANY_TASKS = "Invalid job array specification"
"""How sbatch refuses an array whose tasks have higher numbers than the controller takes, which it may not have said."""

NO_ROOM = NotSent("as many jobs are active as may be", is_full=True)
"""The outcome of cells that wait, because the jobs that were found leave no room."""

NATIVE_TASK = Native(
    '"${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"',
    '"$SLURM_JOB_NODELIST"',
    "${SLURM_RESTART_COUNT:-0}",
    ("SLURM_SUBMIT_DIR",),
    task="$SLURM_ARRAY_TASK_ID",
    of_tasks=tuple(
        f"SLURM_ARRAY_{name}" for name in ("JOB_ID", "TASK_ID", "TASK_COUNT", "TASK_MIN", "TASK_MAX", "TASK_STEP")
    ),
    names=("SLURM_JOB_NAME",),
)

UNSEEN = frozenset({"name", "cmd_line", "input_file", "stdout_redirect_path", "stderr_redirect_path"})
"""Fields of which sbatch sees nothing in an array."""

Sbatch = Callable[[Sequence[str], str], Ran | TimedOut]
"""Calls sbatch with options and a script."""

Numbered = tuple[int, Attempt]
"""An attempt with the number of its task."""


class Arrays:
    """Sends batches of attempts, for several threads. `without_job` says what an sbatch that gave no job has done."""

    def __init__(
        self,
        jobs: Jobs,
        rules: Rules,
        queries: Queries,
        sbatch: Sbatch,
        without_job: Callable[[Ran | TimedOut, Mapping[str, object]], Outcome],
    ) -> None:
        self._jobs = jobs
        self._rules = rules
        self._queries = queries
        self._sbatch = sbatch
        self._without_job = without_job
        self._kinds: dict[tuple[tuple[str, object], ...], str] = {}

    def kind_of(self, payload: "Payload") -> str:
        """Return all that sbatch and the nodes see of a payload, but for its name: tasks of an array share one."""
        seen = tuple(item for item in payload.body.items() if item[0] not in UNSEEN)
        if seen not in self._kinds:  # of a thousand cells most have one
            body = payload.body
            self._kinds[seen] = repr((self._rules.options(body, "", "", Path(), ""), self._rules.manner(body)))
        return self._kinds[seen]

    def most(self) -> int:
        """Return how many tasks an array may have, by the controller."""
        return min(MOST, self._queries.most_tasks())

    def prepare(self, attempts: Sequence[Attempt]) -> None:
        """Write the list of a new batch. Raises SpeccError where its folder cannot be made."""
        tag = batch_of(attempts[0].key)
        batch = self._jobs.batch(tag)
        cells = [self._cell(attempt, tag, index) for index, attempt in enumerate(attempts)]
        try:
            batch.write(cells)
        except OSError as error:
            raise self._jobs.unwritable(batch.root, error) from error

    def submit(self, attempts: Sequence[Attempt], most_active: int | None) -> list[Outcome]:
        """Call sbatch once for attempts of a batch, and again for fewer of them where Slurm does not take so many now.

        An attempt that was sent before is sent again only if neither the queue nor its folder shows a job of it. If a
        job exists all the same, only one of the two runs the command.
        """
        batch = self._jobs.batch(batch_of(attempts[0].key))
        refusals = {one.key: refused for one in attempts if (refused := self._refusal(one)) is not None}
        cells, outcomes = self._numbered(batch, attempts, refusals)
        outcomes |= self._sent_before(batch, cells)
        left = [one for one in cells if one[1].key in refusals and one[1].key not in outcomes]
        outcomes |= self._withdrawn(batch, left, refusals)
        found = sum(isinstance(outcome, Accepted) for outcome in outcomes.values())
        room = None if most_active is None else most_active - found
        outcomes |= self._send(batch, [one for one in cells if one[1].key not in outcomes], room)
        return [outcomes[attempt.key] for attempt in attempts]

    def _refusal(self, attempt: Attempt) -> Rejected | None:
        return self._rules.refuse(attempt.payload) or self._jobs.missing_file(attempt)

    def _numbered(
        self, batch: Batch, attempts: Sequence[Attempt], refusals: Mapping[str, Rejected]
    ) -> tuple[list[Numbered], dict[str, Outcome]]:
        """Return the attempts that can be sent or may have been, by the numbers of their tasks, and the outcomes of the
        others.
        """
        cells: list[Numbered] = []
        others: dict[str, Outcome] = {}
        listed, sent = batch.listed(), batch.sent()
        for attempt in attempts:
            index = listed.indexes.get(attempt.key)
            may_be_sent = attempt.is_resumed or index in sent
            if attempt.key in refusals and not may_be_sent:
                others[attempt.key] = refusals[attempt.key]
            elif index is None:
                others[attempt.key] = Unclear(f"it has no folder in {batch.root.parent}, where its job would claim it")
            elif may_be_sent and self._folder(batch, index).is_withdrawn():
                others[attempt.key] = WITHDRAWN
            elif listed.requests[index].get("digest") != attempt.payload.digest:
                others[attempt.key] = Rejected("key-used", f"the key {attempt.key} is that of another payload")
            else:
                cells.append((index, attempt))
        return sorted(cells, key=itemgetter(0)), others

    def _cell(self, attempt: Attempt, tag: str, index: int) -> Cell:
        body, folder = attempt.payload.body, self._jobs.folder(f"{tag}/{index}")
        request = json.dumps(
            self._jobs.request_of(attempt, is_requeued=self._rules.is_requeued(body)), ensure_ascii=False
        )
        command = self._jobs.command(body, folder, attempt.origin)
        return Cell(attempt.key, request, settings_of(folder, tag, attempt.sent_name, command), coded(command))

    def _sent_before(self, batch: Batch, cells: Sequence[Numbered]) -> dict[str, Outcome]:
        """Return the outcomes of those attempts that may have been sent before, as far as there is a trace of them."""
        sent = batch.sent()
        open_cells = [(index, attempt) for index, attempt in cells if index in sent]
        if not open_cells:
            return {}
        jobs = self._queries.listed(fresh=True)
        if jobs is None:
            said = f"it may have been sent before, and Slurm cannot be asked: {self._queries.last_error}"
            return {attempt.key: Unclear(said) for _, attempt in open_cells}
        return self._found(batch, open_cells)

    def _folder(self, batch: Batch, index: int) -> Folder:
        return self._jobs.folder(f"{batch.root.name}/{index}")

    def _found(self, batch: Batch, cells: Sequence[Numbered]) -> dict[str, Outcome]:
        finding = Finding(self._jobs, self._queries.listed())
        found = {attempt.key: finding.accepted(attempt.key, f"{batch.root.name}/{index}") for index, attempt in cells}
        return {key: outcome for key, outcome in found.items() if outcome is not None}

    def _send(self, batch: Batch, cells: Sequence[Numbered], most_active: int | None) -> dict[str, Outcome]:
        """Send cells, by the numbers of their tasks, in one array; where Slurm has no room for so many, as many as
        there is room for, in few arrays.

        Slurm does not say how much room there is, so it is searched for by halves.
        """
        outcomes: dict[str, Outcome] = {attempt.key: NO_ROOM for _, attempt in cells}
        before = batch.sent()
        sent, refused, until = 0, len(cells) + 1, len(cells)
        while sent < until and (most_active is None or sent < most_active):
            left = None if most_active is None else most_active - sent
            outcomes |= self._send_at_once(batch, cells[sent:until], left, before)
            first = outcomes[cells[sent][1].key]
            if isinstance(first, NotSent) and first.is_full:
                refused = until
            elif isinstance(first, Accepted):
                sent = until
            else:
                break
            until = (sent + refused) // 2
        left_over = [one for one in cells[sent:] if one[1].is_resumed or one[0] in before]
        last = outcomes[cells[sent][1].key] if refused == sent + 1 <= len(cells) else None
        is_too_high = isinstance(last, NotSent) and TOO_MANY_TASKS in last.reason
        return outcomes | self._withdrawn(batch, left_over, outcomes, is_too_high=is_too_high)

    def _withdrawn(
        self, batch: Batch, cells: Sequence[Numbered], outcomes: Mapping[str, Outcome], *, is_too_high: bool = False
    ) -> dict[str, Outcome]:
        """Withdraw the cells that were refused, all of which may have been sent before, and return their outcomes.

        Where the first number `is_too_high`, all of them are: these cells need another batch.
        """
        found: dict[str, Outcome] = {}
        for index, attempt in cells:
            outcome = outcomes[attempt.key]
            if isinstance(outcome, Rejected) or (is_too_high and isinstance(outcome, NotSent)):
                found[attempt.key] = self._jobs.withdraw(self._folder(batch, index), outcome)
        return found

    def _send_at_once(
        self, batch: Batch, cells: Sequence[Numbered], most_active: int | None, before: Set[int]
    ) -> dict[str, Outcome]:
        tasks = ranges_of([index for index, _ in cells])
        body = cells[0][1].payload.body
        limit = f"%{most_active}" if most_active is not None and most_active < len(cells) else ""
        log = f"{escaped(batch.root)}/slurm-%a.log"
        name = self._name([attempt.sent_name for _, attempt in cells])
        options = self._rules.options(body, name, COMMENT + batch.root.name, batch.root, log)
        script = array_script(NATIVE_TASK, batch, self._rules.manner(body))
        try:
            batch.note_sending(tasks)
        except OSError as error:
            raise self._jobs.unwritable(batch.root, error) from error
        ran = self._sbatch([*options, f"--array={tasks}{limit}"], script)
        job_id = job_number(ran)
        if job_id is not None:
            return {
                attempt.key: accepted(Handle(f"{job_id}_{index}", batch.root.name), "pending")
                for index, attempt in cells
            }
        outcome = self._without_job(ran, body)
        found: dict[str, Outcome] = {}
        if isinstance(outcome, Unclear) and self._queries.listed(fresh=True) is not None:
            found = self._found(batch, cells)
            outcome = outcome.refusal if isinstance(outcome, Doubtful) and not found else outcome
        if not isinstance(outcome, Unclear) and (new := [index for index, _ in cells if index not in before]):
            # A task that was sent before may still come, though it was refused now.
            with contextlib.suppress(OSError):  # without the note, it is looked for before it is sent again
                batch.note_not_sent(ranges_of(new))
        if isinstance(outcome, Rejected) and TOO_MANY_TASKS in outcome.message and cells[-1][0] > 0:
            outcome = NotSent(f"Slurm takes smaller arrays: {outcome.message}", is_full=True)
        if isinstance(outcome, Rejected) and outcome.code == "site-rule":
            outcome = replace(outcome, help=f"{outcome.help}; {ARRAYS_HELP}")
        return {attempt.key: found.get(attempt.key, outcome) for _, attempt in cells}

    def _name(self, names: Sequence[str]) -> str:
        """Return one name for all tasks: what their own names begin with, or where a site wants names of a certain
        form, the first of them.
        """
        first, last = min(names), max(names)
        length = next(
            (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first)
        )
        common = first[:length].rstrip("-_.,=+@ ")
        return names[0] if self._rules.target.name_pattern is not None or not common else common
