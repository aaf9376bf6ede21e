"""Where the records of one project are kept, and why they can be believed.

    CACHE/specc/PROJECT/WORLD/NAME     a record; CACHE is `$XDG_CACHE_HOME`, by default ~/.cache
    STATE/specc/cache.key              the key of this user; STATE is `$XDG_STATE_HOME`, by default ~/.local/state

PROJECT is a digest of the real path of the project's root. WORLD is a digest of everything else that a record depends
on. The first line of a record is an HMAC of its place and its body. The key is random, and does not lie in the cache,
so neither a repository nor a cache that several machines share can bring a record that is believed.
"""

import hmac
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Any

from specc.cache.folders import IS_SUPPORTED, private_folder, read_file, write_file
from specc.fast_dataclass import dataclass
from specc.reader import checkout_of, is_below

FOLDER = "specc"
KEY, KEY_BYTES = "cache.key", 32
TAG = "CACHEDIR.TAG"
TAG_TEXT = b"Signature: 8a477f597d28d172789f06886806bc55\n# Made by specc. This folder can be deleted at any time.\n"
"""Programs that make backups leave out folders with this file (bford.info/cachedir)."""
MOST_BYTES = 64_000_000
"""The size of the largest record, and of all records of one project together."""
DAY = 24 * 60 * 60.0

Json = Any
"""What `json` makes of a text: nothing is known of its shape."""


@dataclass(frozen=True, slots=True)
class Store:
    """`cache` and `state` are the user's folders, `project` is the name of the folder with the project's records."""

    cache: str
    state: str
    project: str

    def read(self, world: str, name: str) -> Json | None:
        """Return the body of a record, or None where there is no record that this user has written there."""
        try:
            with private_folder(self.state, FOLDER) as folder:
                key = read_file(KEY, folder, KEY_BYTES, is_secret=True)
            with private_folder(self.cache, FOLDER, self.project, world) as folder:
                seal, _, body = read_file(name, folder, MOST_BYTES).partition(b"\n")
        except OSError:
            return None
        if len(key) != KEY_BYTES or not hmac.compare_digest(seal, self._seal(key, world, name, body)):
            return None
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            return None

    @contextmanager
    def writing(self, world: str) -> Iterator[Callable[[str, bytes], None]]:
        """Give a function that writes one record, after making what it needs: folders and the key. Raises OSError."""
        key = self._own_key()
        with private_folder(self.cache, FOLDER, make=True) as folder:
            _write_tag(folder)
        with private_folder(self.cache, FOLDER, self.project, world, make=True) as folder:

            def write(name: str, body: bytes) -> None:
                write_file(name, folder, self._seal(key, world, name, body) + b"\n" + body)

            yield write

    def touch(self) -> None:
        """Note that the project's records are in use, so that they are not the first to be removed."""
        with suppress(OSError), private_folder(self.cache, FOLDER, self.project) as folder:
            if time.time() - os.fstat(folder).st_mtime > DAY:
                os.utime(folder)

    def _own_key(self) -> bytes:
        """Return the user's key. A new one is made where there is none, or where others could have read it."""
        with private_folder(self.state, FOLDER, make=True) as folder:
            with suppress(FileNotFoundError, PermissionError):
                key = read_file(KEY, folder, KEY_BYTES, is_secret=True)
                if len(key) == KEY_BYTES:
                    return key
            write_file(KEY, folder, os.urandom(KEY_BYTES))
            # Another process may have made one at the same moment. The last one is kept.
            return read_file(KEY, folder, KEY_BYTES, is_secret=True)

    def _seal(self, key: bytes, world: str, name: str, body: bytes) -> bytes:
        place = f"{self.project}/{world}/{name}\n".encode()
        return hmac.digest(key, place + body, "sha256").hex().encode()


def _write_tag(folder: int) -> None:
    try:
        os.stat(TAG, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        write_file(TAG, folder, TAG_TEXT)


def store_of(root: str, environment: Mapping[str, str]) -> Store | None:
    """Return the store of the project in the folder `root`, or None where nothing can be kept safely.

    That is so where the user's folders lie in the project or in the checkout around it: whoever wrote the repository
    would choose what they are.
    """
    cache = _home("XDG_CACHE_HOME", ".cache", environment)
    state = _home("XDG_STATE_HOME", os.path.join(".local", "state"), environment)
    if not IS_SUPPORTED or cache is None or state is None:
        return None
    real = os.path.realpath(root)
    checkouts = {checkout_of(real), checkout_of(os.path.abspath(root))}
    homes = {place for home in (cache, state) for place in (os.path.normpath(home), os.path.realpath(home))}
    if any(is_below(home, checkout) for home in homes for checkout in checkouts):
        return None
    return Store(cache, state, sha256(os.fsencode(real)).hexdigest())


def _home(variable: str, default: str, environment: Mapping[str, str]) -> str | None:
    """Return a folder of the XDG base directories. The standard says that a relative path is to be ignored."""
    given = environment.get(variable, "")
    if os.path.isabs(given):
        return given
    home = os.path.expanduser("~")
    # A home that is not there, as that of a user for services, is not made.
    return os.path.join(home, default) if os.path.isabs(home) and os.path.isdir(home) else None
