"""The keys that clients sign with. A gateway without keys does not exist: the first start makes one.

The file is one that a shell can read, so that a client on this machine is set up by `set -a; . keys.env; set +a`. A
second key is two more lines. To withdraw a key, remove its lines and start the gateway again.
"""

import os
import re
import secrets
import stat
import string
from pathlib import Path

from specc.errors import SpeccError
from specc.system import private
from specc.targets.ehpc.credentials import KEY, SECRET

LETTERS = string.ascii_uppercase + string.digits
LINE = re.compile(rf"(?:export\s+)?({KEY}|{SECRET})=(['\"]?)([!-~]+?)\2")
LEAST_SECRET = 20


def load_keys(path: Path) -> dict[str, str]:
    """Return secrets by access key id. A missing file is made.

    Raises SpeccError for a file that others could have read.
    """
    if not os.path.lexists(path):
        _make(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise SpeccError(f"cannot read {path}: {error.strerror}") from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise SpeccError(f"{path} is not a regular file")
    with open(descriptor, encoding="utf-8", errors="replace") as file:
        text = file.read(1 << 20)
    if status.st_uid != os.geteuid():
        raise SpeccError(f"{path} belongs to another user", help="remove it; a new key is made at the next start")
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        help = f"`chmod 600 {path}`, or better remove it: a new key is made at the next start"
        raise SpeccError(f"{path} can be read by others", help=help)
    return _parse(text, path)


def _parse(text: str, path: Path) -> dict[str, str]:
    keys: dict[str, str] = {}
    key: str | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = LINE.fullmatch(line.strip())
        if match is None:
            raise SpeccError(f"{path}, line {number}: expected `{KEY}=...` or `{SECRET}=...`")
        if match[1] == KEY:
            key = match[3]
        elif key is None or key in keys:
            raise SpeccError(f"{path}, line {number}: a secret without a key before it")
        elif len(match[3]) < LEAST_SECRET:
            raise SpeccError(f"{path}, line {number}: the secret is shorter than {LEAST_SECRET} characters")
        else:
            keys[key] = match[3]
    if not keys or key not in keys:
        raise SpeccError(f"{path} has no complete key", help="remove it; a new key is made at the next start")
    return keys


def _make(path: Path) -> None:
    """Write the file whole or not at all, also when two gateways start at once."""
    key = "SPECC" + "".join(secrets.choice(LETTERS) for _ in range(15))
    text = f"{KEY}={key}\n{SECRET}={secrets.token_hex(24)}\n"
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        private.make_folder(path.parent)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with open(descriptor, "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)
        except FileExistsError:
            return
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise SpeccError(f"cannot write {path}: {error.strerror}") from error
