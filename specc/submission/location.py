"""Where the ledger of a project is, and who may use it.

It is outside the checkout, which clones, runners and `git clean` lose.
"""

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.system.private import UNSAFE, state_home
from specc.system.reader import is_ci


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a ledger's file.

    `own` counts the folders above the file that are specc's own; `is_shared` says that a group shares the file; without
    `may_make`, a ledger that is not there is an error.
    """

    own: int = 0
    is_shared: bool = False
    may_make: bool = True


def ledger_path(
    project: str, root: Path, environment: Mapping[str, str], *, setting: str | None, is_named: bool
) -> Path:
    """Return the path of the ledger of one user and project.

    All clones of a project that sets its name share a ledger; without a name, each folder has its own. A relative
    setting starts at the project's root. Raises SpeccError on a CI runner without a setting: nothing outlives the job.
    """
    if setting is not None:
        path = os.path.expanduser(setting)
        if path.startswith("~"):
            message = f"`path` under `[ledger]` is `{setting}`, and nothing says where that home is"
            raise SpeccError(message, help="set the variable HOME, or write an absolute path")
        return Path(os.path.abspath(root / path))
    if is_ci(environment):
        raise SpeccError(
            "no ledger is set, and on a CI runner (`CI` is set) the usual ledger does not outlive the job",
            help='write `path = "..."` under `[ledger]` in specc.toml, on a disk that is kept',
        )
    identity = f"project {project}" if is_named else f"folder {root.resolve()}"
    name = UNSAFE.sub("-", project).strip("-.")[:40] or "project"
    digest = sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()
    return state_home(environment) / f"{name}-{digest[:8]}" / "ledger.sqlite"


def access_of(setting: str | None, *, is_shared: bool) -> Access:
    """Return who may use the ledger, by its settings.

    A ledger at the usual path is made when it is first needed. A ledger at a path from the settings is made only on
    demand: a path that leads nowhere may be a disk that is not mounted, and an empty ledger would have everything sent
    again.
    Raises SpeccError for a shared ledger without a path.
    """
    if setting is None and is_shared:
        message = "`shared = true` under `[ledger]` needs a path, since the usual ledger is for one user"
        raise SpeccError(message, help='write `path = "..."` beside it, in a folder that the group can write')
    return Access(own=2) if setting is None else Access(is_shared=is_shared, may_make=False)
