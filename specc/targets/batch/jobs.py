"""The folders of a target's jobs, prepared for attempts, and what is found in them afterwards."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.settings import Target
from specc.system import private
from specc.targets.batch.batches import Batch
from specc.targets.batch.folder import Folder, Handle, tag_of
from specc.targets.batch.script import Command
from specc.targets.protocol import (
    KEY_DIGITS,
    Attempt,
    Cleaned,
    JobReport,
    JobState,
    LogFile,
    Logs,
    NotSent,
    Origin,
    Rejected,
    batch_of,
)
from specc.targets.refusals import Refusal, rejected, text
from specc.targets.secrets import kept_from_jobs
from specc.targets.start import path_from, start_folder, starter_of, starter_of_file, variables_of

WITHDRAWN = NotSent("specc has withdrawn it after a refusal; it needs another attempt", is_withdrawn=True)
"""The outcome of an attempt that was withdrawn, by a client that ended before it could say so."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of a target, each with a folder in `directory`, which the login node and the compute nodes share.

    `folder_at` makes the folder of a job from its path, and `cell_at` that of a cell of a batch; None where each job is
    sent alone.
    """

    target: Target
    directory: Path
    folder_at: Callable[[Path], Folder] = Folder
    cell_at: Callable[[Path], Folder] | None = None

    def folder(self, place: str) -> Folder:
        """Return the folder of a job at the place `TAG`, or at `TAG/INDEX` for a cell of a batch."""
        made = self.cell_at if self.cell_at is not None and "/" in place else self.folder_at
        return made(self.directory / "jobs" / place)

    def place(self, handle: Handle) -> str:
        """Return the place of a job. Only where there are batches can a number name a task of one."""
        return handle.place if self.cell_at is not None else handle.tag

    def batch(self, tag: str) -> Batch:
        return Batch(self.directory / "jobs" / tag)

    def place_of(self, key: str) -> str:
        """Return where the folder of an attempt is: in that of its batch, if it was sent with others."""
        has_batches = self.cell_at is not None and len(key) == KEY_DIGITS
        index = self.batch(batch_of(key)).index_of(key) if has_batches else None
        return tag_of(key) if index is None else f"{batch_of(key)}/{index}"

    def request(self, place: str) -> dict[str, object] | None:
        """Return the request that a job was made from; None without one."""
        tag, is_cell, index = place.partition("/")
        if not is_cell:
            return self.folder(place).read_request()
        known = self.batch(tag).requests()
        return known[int(index)] if int(index) < len(known) else None

    def missing_file(self, attempt: Attempt) -> Rejected | None:
        """Return why the `input_file` of an attempt cannot be given to a job; None where it can."""
        named = text(attempt.payload.body, "input_file")
        path = path_from(start_folder(self.target.workdir, attempt.origin), named) if named else None
        if path is None:
            return None
        is_file = os.path.isfile(path)  # false, too, where the system takes no such path
        why = kept_from_jobs(str(path)) if is_file else None
        if is_file and why is None:
            return None
        message = f"`input_file` is not a file here: {path}"
        if why is not None:
            message = f"`input_file` cannot be given to a job: {path}: {why}"
        help = "a relative path starts at the folder that the job starts in (`workdir` of the target)"
        return rejected([Refusal("no-input-file", "input_file", message, help)])

    def prepare(self, attempt: Attempt, *, is_requeued: bool = False) -> tuple[Folder, dict[str, object] | None]:
        """Make the folder of an attempt. Return the folder, and the request that it was made for before, if any.

        Raises SpeccError where the folder cannot be made.
        """
        folder = self.folder(tag_of(attempt.key))
        try:
            return folder, folder.prepare(self.request_of(attempt, is_requeued=is_requeued))
        except OSError as error:
            raise self.unwritable(folder.root, error) from error

    def request_of(self, attempt: Attempt, *, is_requeued: bool) -> dict[str, object]:
        """Return what is written down of an attempt before it is sent, as JSON data."""
        return {
            "key": attempt.key,
            "digest": attempt.payload.digest,
            "name": attempt.sent_name,
            "body": attempt.payload.body,
            "workdir": start_folder(self.target.workdir, attempt.origin),
            "requeue": is_requeued,
        }

    def note_sending(self, folder: Folder) -> None:
        """Note that an attempt may be sent from now on. Raises SpeccError where the folder cannot be written."""
        try:
            folder.note_sending()
        except OSError as error:
            raise self.unwritable(folder.root, error) from error

    def withdraw(self, folder: Folder, outcome: Rejected | NotSent) -> Rejected | NotSent:
        """Withdraw an attempt that was refused and may have been sent before, and return the refusal, which says
        whether that worked.

        It does not where a job has begun, or nothing can be written: then the attempt stays unknown.
        """
        try:
            return replace(outcome, is_withdrawn=folder.withdraw())
        except (OSError, SpeccError):  # as the docstring says
            return outcome

    def unwritable(self, folder: Path, error: OSError) -> SpeccError:
        """Return the error about a folder that cannot be made or written."""
        help = f"set `directory` under `[targets.{self.target.name}]` to a folder that the nodes share"
        return SpeccError(f"cannot make the job's folder {folder}: {error.strerror}", help=help)

    def command(
        self, body: Mapping[str, object], folder: Folder, origin: Origin | None, more: Mapping[str, str] | None = None
    ) -> Command:
        """Return what a job runs. Without `cmd_line` the input file is the script itself."""
        command, file = text(body, "cmd_line"), text(body, "input_file")
        workdir = start_folder(self.target.workdir, origin)
        path = path_from(workdir, file) if file else None
        return Command(
            command,
            None if command else path,
            path if command else None,
            folder.stream("stdout", text(body, "stdout_redirect_path"), workdir),
            folder.stream("stderr", text(body, "stderr_redirect_path"), workdir),
            starter_of(command) if command else starter_of_file(path or ""),
            Path(workdir) if workdir is not None else folder.work,
            {**(more or {}), **variables_of(origin)},
        )

    def logs(self, uuid: str, handle: Handle | None, own_stream: str) -> Logs:
        """Return the output files of a job. The third is what the scheduler itself says.

        Raises SpeccError for a job that was not submitted from here.
        """
        folder = self.folder(self.place(handle)) if handle else None
        request = self.request(self.place(handle)) if handle else None
        if folder is None or request is None:
            help = f"jobs that were submitted here have their folders in {self.directory / 'jobs'}"
            raise SpeccError(f"nothing is known here of the job {uuid}", help=help)
        workdir = request.get("workdir")
        start = workdir if isinstance(workdir, str) else None
        paths = {stream: folder.stream(stream, _path(request, stream), start) for stream in ("stdout", "stderr")}
        paths[own_stream] = folder.log
        files = tuple(LogFile(stream, path, str(path)) for stream, path in paths.items())
        return Logs(uuid, files, folder.work if start is None else Path(start))

    def clean(self, uuids: Sequence[str], reports: Mapping[str, JobReport]) -> list[Cleaned]:
        """Remove the folders of jobs that have ended, by the newest report of each, and those of batches with them."""
        private.sweep_removed(self.directory / "jobs")
        answers = {uuid: self._cleaned(uuid, Handle.parse(uuid), reports.get(uuid)) for uuid in uuids}
        batches: dict[str, list[Cleaned]] = {}
        for uuid, answer in answers.items():
            handle = Handle.parse(uuid)
            if handle is not None and "/" in self.place(handle):
                batches.setdefault(handle.tag, []).append(answer)
        for tag, cells in batches.items():
            are_gone = all(cell.done or cell.is_gone for cell in cells)
            if are_gone and (why := self.batch(tag).remove_after_cells()):
                answers[cells[-1].uuid] = Cleaned(cells[-1].uuid, False, why)
        return list(answers.values())

    def _cleaned(self, uuid: str, handle: Handle | None, report: JobReport | None) -> Cleaned:
        if handle is None or report is None or report.state is JobState.UNKNOWN:
            return Cleaned(uuid, False, "nobody says that it has ended")
        if not report.state.is_final:
            return Cleaned(uuid, False, f"it has not ended: {report.state}")
        folder = self.folder(self.place(handle))
        if not folder.is_there():
            why = folder.remove_rest()
            return Cleaned(uuid, False, why or "it has no files here any more", is_gone=not why)
        why = folder.remove()
        return Cleaned(uuid, not why, why)


def _path(request: Mapping[str, object], stream: str) -> str | None:
    body = request.get("body")
    return text(body, f"{stream}_redirect_path") if isinstance(body, dict) else None
