"""What the script of a job notes in the journal of its folder, without the script."""

from collections.abc import Sequence

from specc.targets.batch.folder import Folder

NO_LIFE = ("", "", "", "", "", "", "", "")


def begun(folder: Folder, job_id: str, count: int = 0) -> None:
    """Claim a folder, as the first copy of a job does when it begins."""
    folder.root.mkdir(parents=True, exist_ok=True)
    folder.claim.touch()
    note(folder, "begun", job_id, str(count))


def ended(
    folder: Folder, job_id: str, code: int, reason: str = "", life: Sequence[str] = NO_LIFE, count: int = 0
) -> None:
    """Note how the command of a job ended."""
    note(folder, "ended", job_id, str(count), str(code), reason, *life)


def note(folder: Folder, *fields: str) -> None:
    with folder.journal.open("a") as journal:
        journal.write("\n" + "".join(f"{field}\t" for field in fields) + ".\n")
