"""The access key, from the environment or from the vendor's own configuration file. It is never printed."""

import os
import stat
from collections.abc import Mapping as Map
from dataclasses import field
from pathlib import Path

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Scalar
from specc.parser import parse_tree
from specc.source import Source

KEY, SECRET = "QY_ACCESS_KEY_ID", "QY_SECRET_ACCESS_KEY"
FILE_KEY, FILE_SECRET, FILE_ZONE = "qy_access_key_id", "qy_secret_access_key", "zone"
CONFIG = Path(".qingcloud/config.yaml")
MAX_BYTES = 64 * 1024

HELP = (
    f"set the environment variables `{KEY}` and `{SECRET}`, or write `{FILE_KEY}` and `{FILE_SECRET}` into ~/{CONFIG}"
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key. `zone` is that of the file, for a target without a zone. `warning` is for the user, once."""

    access_key_id: str
    secret: str = field(repr=False)
    zone: str | None = None
    warning: str | None = None


def read_credentials(environment: Map[str, str], home: Path | None) -> Credentials:
    """Return the key of the environment, else that of the file in the user's home, if there is one.

    Raises SpeccError where a half or the whole is missing.
    A file that others can read is used all the same, with a warning, because the vendor's own tools make it so.
    """
    key, secret = environment.get(KEY, "").strip(), environment.get(SECRET, "").strip()
    if key and secret:
        return _checked(Credentials(key, secret), "the environment")
    if key or secret:
        present, missing = (KEY, SECRET) if key else (SECRET, KEY)
        raise SpeccError(f"`{present}` is set and `{missing}` is not", help=f"set both, or neither to use ~/{CONFIG}")
    if home is None:
        raise SpeccError("there are no credentials for the EHPC API", help=HELP)
    return _from_file(home / CONFIG)


def _from_file(path: Path) -> Credentials:
    text, mode = _read(path)
    # The parser's own diagnostics would show the line, and with it the secret.
    root, found = parse_tree(Source(str(path), text))
    if not isinstance(root, Mapping) or any(each.is_error for each in found):
        line = found[0].span.first.line if found else 1
        raise SpeccError(f"{path} cannot be read as YAML (line {line})", help=HELP)
    key, secret, zone = (_text(root, name) for name in (FILE_KEY, FILE_SECRET, FILE_ZONE))
    if key is None or secret is None:
        missing = FILE_KEY if key is None else FILE_SECRET
        raise SpeccError(f"`{missing}` is missing in {path}", help=HELP)
    is_open = bool(mode & (stat.S_IRWXG | stat.S_IRWXO))
    warning = f"{path} can be read by others; `chmod 600 {path}` closes it" if is_open else None
    return _checked(Credentials(key, secret, zone, warning), str(path))


def _read(path: Path) -> tuple[str, int]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise SpeccError("there are no credentials for the EHPC API", help=HELP) from None
    except OSError as error:
        raise SpeccError(f"cannot read {path}: {error.strerror}", help=HELP) from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise SpeccError(f"{path} is not a regular file", help=HELP)
    with open(descriptor, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise SpeccError(f"{path} is too large for a configuration", help=HELP)
    try:
        return data.decode("utf-8-sig"), mode
    except UnicodeDecodeError:
        raise SpeccError(f"{path} is not UTF-8", help=HELP) from None


def _text(root: Mapping, name: str) -> str | None:
    """Return a value as it is written: a key of digits alone is not a number."""
    node = root.get(name)
    return (node.raw.strip() or None) if isinstance(node, Scalar) and node.value is not None else None


def _checked(credentials: Credentials, where: str) -> Credentials:
    for value, what in ((credentials.access_key_id, "access key id"), (credentials.secret, "secret access key")):
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise SpeccError(f"the {what} of {where} holds characters that no key has", help="copy it again")
    return credentials
