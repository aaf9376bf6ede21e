"""The hosts that a user trusts with signed requests. A repository can name a host, but only its user can trust the
host.

The list is a file of the user's own, one origin a line, such as `https://hpc.example.org`. On a CI runner, where nobody
can be asked and nothing outlives the job, the variable `SPECC_TRUSTED_HOSTS` holds the list.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.system.private import open_file, place_file, state_home
from specc.system.reader import is_brought

VARIABLE = "SPECC_TRUSTED_HOSTS"
FILE = "trusted-hosts"
MAX_BYTES = 64 * 1024

Origin = Callable[[str], str]
"""From a host or web address, as people write it, to its one form. Raises SpeccError for what is neither."""


class UntrustedHost(SpeccError):
    """A host that the user has not trusted, while nobody can be asked."""


@dataclass(frozen=True, slots=True)
class TrustedHosts:
    """`shipped` are the hosts of the API pages that come with specc, in whatever form.

    A list in the checkout around the folder `outside` is not the user's, because the repository could have brought it.
    """

    environment: Mapping[str, str]
    shipped: tuple[str, ...]
    origin: Origin
    outside: Path

    @property
    def path(self) -> Path:
        return state_home(self.environment) / FILE

    def of_vendor(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(self.origin, self.shipped)))

    def of_environment(self) -> tuple[str, ...]:
        """Return the hosts of the variable, which are apart by commas or blanks."""
        words = self.environment.get(VARIABLE, "").replace(",", " ").split()
        return tuple(dict.fromkeys(map(self.origin, words)))

    def of_user(self) -> tuple[str, ...]:
        """Return the hosts of the file. Raises SpeccError where others could have written it."""
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

    def trusts(self, origin: str) -> bool:
        """Return whether an origin may get signed requests; `http://127.0.0.1:*` is one for each of its ports."""
        has_port = origin.rpartition(":")[2].isdigit()
        any_port = f"{origin.rpartition(':')[0] if has_port else origin}:*"
        lists = (self.of_vendor, self.of_environment, self.of_user)
        return any(not {origin, any_port}.isdisjoint(listed()) for listed in lists)

    def add(self, origins: Iterable[str]) -> None:
        """Note that the user trusts these from now on."""
        self._write((*self.of_user(), *origins))

    def remove(self, origins: Iterable[str]) -> None:
        """Forget that the user has trusted these."""
        gone = set(origins)
        self._write(origin for origin in self.of_user() if origin not in gone)

    def _own_path(self) -> Path:
        """Return the path of the list. Raises SpeccError where the repository could have brought what is there."""
        if is_brought(self.path, self.outside, self.environment):
            message = f"the list of trusted hosts would be {self.path}, in the repository, which could have brought it"
            help = f"set XDG_STATE_HOME to a folder outside of it, or name the host in {VARIABLE}"
            raise SpeccError(message, help=help)
        return self.path

    def _write(self, origins: Iterable[str]) -> None:
        path = place_file(self._own_path())
        assert path is not None  # folders that are missing are made
        text = "".join(f"{origin}\n" for origin in dict.fromkeys(origins))
        draft = None
        try:
            descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE}.")
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(draft, path)
        except OSError as error:
            if draft is not None:
                Path(draft).unlink(missing_ok=True)
            raise SpeccError(f"cannot write {path}: {error.strerror}") from error
