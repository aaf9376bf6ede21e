"""Telling somebody that a run has ended: a command of the user, or a web address, once for each run.

Whom to tell is decided by the user alone, on the command line or by a variable. A project's settings cannot say it,
because a repository could bring a command, or an address that learns of its clones.
"""

import json
import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from specc.app.workplace import Workplace
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.submission import Ending, Ledger, Record, end_reason, state_of
from specc.system.programs import find_program
from specc.targets import JobReport
from specc.wording import brief

VARIABLE = "SPECC_NOTIFY"
SECONDS = 60.0
MOST_LISTED = 100
"""So many jobs that have not finished are told of one by one."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Notice:
    """Whom to tell: the words of a command, or a web address."""

    words: tuple[str, ...] = ()
    url: str = ""

    def __str__(self) -> str:
        return f"`{self.words[0]}`" if self.words else brief(urlsplit(self.url).netloc.rpartition("@")[2])


def notice_of(option: str | None, environment: Mapping[str, str]) -> Notice | None:
    """Return what `--notify` says, or else the variable; None where neither says anything.

    A text that begins with `https://` is an address; any other is a command and its words, divided as a shell divides
    them, and given to no shell. Raises SpeccError for an address that others could listen to, and for a text that is
    not a command.
    """
    name, text = ("--notify", option) if option is not None else (VARIABLE, environment.get(VARIABLE, ""))
    if not text.strip():
        if option is None:
            return None
        raise SpeccError("`--notify` names no command", help="write a command, or an address that begins with https://")
    if "://" in text.split()[0]:
        return Notice(url=_address(text.strip(), name))
    try:
        return Notice(words=tuple(shlex.split(text)))
    except ValueError as error:
        raise SpeccError(f"`{name}` is not a command: {error}", help="put quotes around words with blanks") from error


def _address(text: str, name: str) -> str:
    parts = urlsplit(text)
    is_near = parts.scheme == "http" and parts.hostname in LOOPBACK
    if parts.hostname is None or not (parts.scheme == "https" or is_near):
        raise SpeccError(f"`{name}` takes a command, or an address that begins with https://, not {brief(text)}")
    return text


def run_of(records: Sequence[Record]) -> str:
    """Return the name of a run: of all attempts that belong to it, in any order."""
    return sha256("\n".join(sorted(record.attempt for record in records)).encode()).hexdigest()


def summary_of(
    workplace: Workplace, records: Sequence[Record], reports: Mapping[str, JobReport], ended: Ending
) -> dict[str, object]:
    """Return what is told of a run, as JSON data without anything that reports do not show."""
    bad = [one for one in records if state_of(one, reports) != "finished"]
    return {
        "project": workplace.project.settings.project,
        "run": run_of(records),
        "targets": sorted({record.target_name for record in records}),
        "specs": sorted({record.key.spec for record in records}),
        "jobs": len(records),
        "finished": ended.finished,
        "failed": ended.failed,
        "cancelled": ended.cancelled,
        "not_finished": [_told(record, reports) for record in bad[:MOST_LISTED]],
        "truncated": len(bad) > MOST_LISTED,
    }


def _told(record: Record, reports: Mapping[str, JobReport]) -> dict[str, object]:
    return {
        "spec": record.key.spec,
        "cell": record.key.cell,
        "name": record.shown_name,
        "uuid": record.uuid,
        "attempt": record.cell_attempt or 1,
        "state": state_of(record, reports),
        "ended_for": end_reason(record, reports),
    }


def notify(
    notice: Notice,
    workplace: Workplace,
    ledger: Ledger,
    records: Sequence[Record],
    reports: Mapping[str, JobReport],
    ended: Ending,
) -> None:
    """Tell of a run that has ended, unless somebody was told of it before.

    The ledger notes it before anybody is told, so it is told at most once: a process that is killed in between tells
    nobody, and `specc status` knows all of it. The person is told what does not work; it changes nothing else.
    """
    if not records or ended.open or not ledger.note_notice(run_of(records)):
        return
    data = json.dumps(summary_of(workplace, records, reports, ended), ensure_ascii=False).encode()
    why = _post(notice.url, data) if notice.url else _run(notice.words, data, workplace.project.root)
    if why:
        workplace.person.tell(f"warning: {notice} was not told that the run has ended: {why}")


def _run(words: Sequence[str], data: bytes, root: Path) -> str:
    """Run the command with the summary on its standard input; return why that did not work, or an empty text."""
    environment = dict(os.environ)
    program = words[0] if "/" in words[0] else find_program(words[0], environment, outside=root)
    if program is None:
        return "there is no such command"
    try:
        # What the command prints goes to where specc talks to people: standard output is for results.
        ran = subprocess.run([program, *words[1:]], input=data, stdout=2, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"it has not ended within {SECONDS:.0f} s, and was killed"
    except OSError as error:
        return error.strerror or str(error)
    except ValueError as error:
        return str(error)
    return "" if ran.returncode == 0 else f"it ended with {ran.returncode}"


def _post(url: str, data: bytes) -> str:
    """Send the summary; return why that did not work, or an empty text. Redirects are not followed."""
    import httpx  # a tenth of a second, for who is told by the web alone

    headers = {"Content-Type": "application/json"}
    try:
        # What is answered beside the code is not read: nobody needs it, and it may have no end.
        with httpx.stream("POST", url, content=data, headers=headers, timeout=SECONDS) as answer:
            return "" if answer.is_success else f"it answered {answer.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        return str(error) or type(error).__name__
