"""Whether an alarm about a real script is right: by a program where one can tell, else by what a person has said."""

import re
import shlex
import subprocess
from pathlib import Path

from corpus.gather import Text

READS = re.compile(r"(?!#)\S(?:[^'#]|'[^']*')*\$\{?[1-9]")
"""A line of the script itself, not of a function, that reads an argument."""
AGREED = Path(__file__).parent / "agreed.txt"


def agreed() -> set[tuple[str, str]]:
    """Return what a person has looked at: code and digest, of lines such as `SPC558 0123456789ab why`."""
    lines = AGREED.read_text(encoding="utf-8").splitlines()
    return {(words[0], words[1]) for line in lines if (words := line.split()) and not line.startswith("#")}


def is_right(code: str, text: Text) -> bool:
    """Does another program see what the rule sees?"""
    match code:
        case "SPC540" | "SPC541" | "SPC542":
            return _bash_complains(text.text)
        case "SPC553":
            words = shlex.split(text.text.partition("\n")[0].removeprefix("#!"))
            words = words[1:] if words[0].endswith("/env") else words
            return len(words) > 1 or words[0].rpartition("/")[2] not in ("sh", "bash", "dash")
        case "SPC556":
            # A script that takes arguments is called without any here. The check is a rough one of its own.
            return any(READS.match(line) for line in text.text.split("\n"))
        case _:
            return False


def _bash_complains(text: str) -> bool:
    """`bash -n` only warns of a here-document that nothing ends."""
    result = subprocess.run(["bash", "-n"], input=text.encode(), capture_output=True, check=False)
    return result.returncode != 0 or b"here-document" in result.stderr
