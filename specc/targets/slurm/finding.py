"""The jobs of attempts: by the claim in their folders, else by the key in the comments of what Slurm lists."""

from collections.abc import Mapping

from specc.targets.batch.folder import Handle
from specc.targets.batch.jobs import Jobs
from specc.targets.protocol import Accepted
from specc.targets.slurm.queries import Entry, task_of
from specc.targets.slurm.reports import state_of


class Finding:
    """Finds the jobs of attempts in one list of Slurm's, or without a list by their claims alone."""

    def __init__(self, jobs: Jobs, entries: Mapping[str, Entry] | None) -> None:
        self._jobs = jobs
        self._entries = entries or {}
        self._traces: dict[tuple[str, str], Entry] = {}
        for job_id, entry in self._entries.items():
            if entry.key is not None:
                trace = (entry.key, task_of(job_id))
                before = self._traces.get(trace)
                if before is None or state_of(before.word).is_final:
                    self._traces[trace] = entry

    def job(self, key: str, place: str) -> tuple[Handle, Entry | None] | None:
        """Return the job of an attempt, and Slurm's entry for the job if there is one; None if no job is known.

        The job that has claimed the folder at `place` comes before a job with the attempt's key in its comment. Of an
        attempt that was withdrawn there is none: what Slurm lists does not run the command.
        """
        tag, is_cell, index = place.partition("/")
        listed = self._traces.get((tag, index) if is_cell else (key, ""))
        folder = self._jobs.folder(place)
        job_id = folder.owner()
        if not job_id and listed is not None and not folder.is_withdrawn():
            job_id = listed.job_id
        return (Handle(job_id, tag), self._entries.get(job_id)) if job_id else None

    def accepted(self, key: str, place: str) -> Accepted | None:
        """Return the job of an attempt as the answer to its submission."""
        known = self.job(key, place)
        if known is None:
            return None
        handle, entry = known
        return accepted(handle, state_of(entry.word).value if entry is not None else "unknown")


def accepted(handle: Handle, state: str) -> Accepted:
    return Accepted(str(handle), {"job_status": state, "job_id": handle.job_id})
