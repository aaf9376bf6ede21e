"""What a user trusts: hosts with signed requests, and the commands of a target. A repository can name them, but only
its user can trust them.

Each list is a file of the user's own, with an item a line. On a CI runner, where nobody can be asked and nothing
outlives the job, the variables `SPECC_TRUSTED_HOSTS` and `SPECC_TRUSTED_COMMANDS` hold the lists.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from shlex import quote

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.system.private import open_file, place_file, state_home
from specc.system.reader import is_brought

VARIABLE = "SPECC_TRUSTED_HOSTS"
COMMANDS_VARIABLE = "SPECC_TRUSTED_COMMANDS"
MAX_BYTES = 64 * 1024
DIGEST_DIGITS = 32

Origin = Callable[[str], str]
"""From a host or web address, as people write it, to its one form. Raises SpeccError for what is neither."""


class UntrustedHost(SpeccError):
    """A host that the user has not trusted, while nobody can be asked."""


class UntrustedCommands(SpeccError):
    """Commands that the user has not trusted, while nobody can be asked."""


@dataclass(frozen=True, slots=True)
class UserList:
    """A file of the user's state folder, an item a line. `what` names the items, `way` says how else they are given.

    A list in the checkout around the folder `outside` is not the user's, because the repository could have brought it.
    """

    file: str
    what: str
    way: str
    environment: Mapping[str, str]
    outside: Path

    @property
    def path(self) -> Path:
        return state_home(self.environment) / self.file

    def items(self) -> tuple[str, ...]:
        """Return the items of the file. Raises SpeccError where others could have written it."""
        path = place_file(self._own_path(), makes=False)
        try:
            descriptor = None if path is None else open_file(path, os.O_RDONLY)
        except FileNotFoundError:
            descriptor = None
        except OSError as error:
            raise SpeccError(f"cannot read {path}: {error.strerror}") from error
        if descriptor is None:
            return ()
        try:
            data = os.read(descriptor, MAX_BYTES)
        finally:
            os.close(descriptor)
        return tuple(dict.fromkeys(line for line in data.decode("utf-8", "replace").split("\n") if line))

    def write(self, items: Iterable[str]) -> None:
        path = place_file(self._own_path())
        assert path is not None  # folders that are missing are made
        text = "".join(f"{item}\n" for item in dict.fromkeys(items))
        draft = None
        try:
            descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{self.file}.")
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(draft, path)
        except OSError as error:
            if draft is not None:
                Path(draft).unlink(missing_ok=True)
            raise SpeccError(f"cannot write {path}: {error.strerror}") from error

    def _own_path(self) -> Path:
        """Return the path of the list. Raises SpeccError where the repository could have brought what is there."""
        if is_brought(self.path, self.outside, self.environment):
            message = f"the list of {self.what} would be {self.path}, in the repository, which could have brought it"
            raise SpeccError(message, help=f"set XDG_STATE_HOME to a folder outside of it, or {self.way}")
        return self.path


@dataclass(frozen=True, slots=True)
class TrustedHosts:
    """`shipped` are the hosts of the API pages that come with specc, in whatever form."""

    environment: Mapping[str, str]
    shipped: tuple[str, ...]
    origin: Origin
    outside: Path

    @property
    def _list(self) -> UserList:
        way = f"name the host in {VARIABLE}"
        return UserList("trusted-hosts", "trusted hosts", way, self.environment, self.outside)

    @property
    def path(self) -> Path:
        return self._list.path

    def of_vendor(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(self.origin, self.shipped)))

    def of_environment(self) -> tuple[str, ...]:
        """Return the hosts of the variable, which are apart by commas or blanks."""
        words = self.environment.get(VARIABLE, "").replace(",", " ").split()
        return tuple(dict.fromkeys(map(self.origin, words)))

    def of_user(self) -> tuple[str, ...]:
        """Return the hosts of the file. Raises SpeccError where others could have written it."""
        return self._list.items()

    def trusts(self, origin: str) -> bool:
        """Return whether an origin may get signed requests; `http://127.0.0.1:*` is one for each of its ports."""
        has_port = origin.rpartition(":")[2].isdigit()
        any_port = f"{origin.rpartition(':')[0] if has_port else origin}:*"
        lists = (self.of_vendor, self.of_environment, self.of_user)
        return any(not {origin, any_port}.isdisjoint(listed()) for listed in lists)

    def add(self, origins: Iterable[str]) -> None:
        """Note that the user trusts these from now on."""
        self._list.write((*self.of_user(), *origins))

    def remove(self, origins: Iterable[str]) -> None:
        """Forget that the user has trusted these."""
        gone = set(origins)
        self._list.write(origin for origin in self.of_user() if origin not in gone)


Commands = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class TrustedCommands:
    """The commands of targets that the user trusts, word by word: any change of a word has to be trusted anew."""

    environment: Mapping[str, str]
    outside: Path

    @property
    def _list(self) -> UserList:
        way = f"name the digest of the commands in {COMMANDS_VARIABLE}"
        return UserList("trusted-commands", "trusted commands", way, self.environment, self.outside)

    @property
    def path(self) -> Path:
        return self._list.path

    @staticmethod
    def digest(commands: Commands) -> str:
        """Return what stands for these commands in the list and in the variable."""
        text = json.dumps({action: list(words) for action, words in commands.items()}, sort_keys=True)
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST_DIGITS]

    def of_environment(self) -> tuple[str, ...]:
        """Return the digests of the variable, which are apart by commas or blanks."""
        return tuple(dict.fromkeys(self.environment.get(COMMANDS_VARIABLE, "").replace(",", " ").split()))

    def of_user(self) -> dict[str, str]:
        """Return the digests of the file, each with the commands as a person reads them."""
        return {digest: shown for digest, _, shown in (item.partition(" ") for item in self._list.items())}

    def trusts(self, commands: Commands) -> bool:
        """Return whether these commands may run."""
        digest = self.digest(commands)
        return digest in self.of_environment() or digest in self.of_user()

    def add(self, commands: Commands) -> None:
        """Note that the user trusts these from now on."""
        shown = json.dumps({action: list(words) for action, words in commands.items()})
        self._list.write((*self._list.items(), f"{self.digest(commands)} {shown}"))

    def remove(self, commands: Commands) -> bool:
        """Forget that the user has trusted these. Return whether they were in the list."""
        known, digest = self._list.items(), self.digest(commands)
        kept = [item for item in known if item.partition(" ")[0] != digest]
        if len(kept) < len(known):
            self._list.write(kept)
        return len(kept) < len(known)


def command_line(words: Sequence[str]) -> str:
    """Return words as one would type them, so that a person sees where each begins and ends."""
    return " ".join(map(quote, words))
