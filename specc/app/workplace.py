"""The one project that submissions are made from: its ledger, and its targets."""

import contextlib
import json
import os
import pwd
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

from specc.app.session import Selected, Session
from specc.comparison.git import GitOrigin
from specc.diagnostics import did_you_mean
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.person import Person
from specc.project import Project
from specc.schema import ApiSchema
from specc.settings import Settings
from specc.submission import Access, KnownProject, Ledger, access_of, known_as, ledger_path, recognised
from specc.targets import Target
from specc.targets.kinds import KINDS
from specc.targets.opening import Opened, Opening, Skew


def _is_missing(path: Path) -> bool:
    """Return whether there is no such file. One in a folder that is closed to this user may be there."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def unknown_target(name: str, known: Iterable[str]) -> SpeccError:
    """Return the error that says which target was meant, for a name that none has."""
    return SpeccError(f"there is no target `{name}`", help=did_you_mean(name, known, "targets"))


def open_target(
    root: Path,
    name: str,
    settings: Settings,
    apis: Mapping[str, ApiSchema],
    environment: Mapping[str, str],
    person: Person,
    *,
    skew: Skew = lambda identity: 0.0,
    is_offline: bool = False,
    may_lack_keys: bool = False,
) -> Opened:
    """Return the target of that name. Raises SpeccError where there is none, or it cannot be opened."""
    known = settings.targets.get(name)
    if known is None:
        raise unknown_target(name, settings.targets)
    endpoint = known.endpoint or (apis[settings.api].endpoint if settings.api in apis else None)
    vendors = (apis[api].endpoint for api in apis) if KINDS[known.kind].is_of_api else ()
    shipped = tuple(address for address in vendors if address is not None)
    units = settings.units_for(name)
    return KINDS[known.kind].open(
        Opening(root, known, units, endpoint, environment, skew, is_offline, person, shipped, may_lack_keys)
    )


@dataclass(frozen=True, eq=False)
class Workplace:
    project: Project
    person: Person
    _said: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, session: Session, selected: list[Selected], start: Path | None = None) -> "Workplace":
        """Return that of the project of all the specs, or of that of `start` (the current folder) where there
        are none.

        Raises SpeccError where the specs belong to several projects.
        """
        if len(selected) > 1:
            roots = ", ".join(str(each.project.root) for each in selected[:3]) + (", ..." if len(selected) > 3 else "")
            message = "the specs belong to several projects, and each has a ledger of its own"
            raise SpeccError(message, help=f"name specs of one project, or go to one of these folders: {roots}")
        return cls(selected[0].project if selected else session.project(start or Path.cwd()), session.person)

    @property
    def usual_target(self) -> str:
        """Return the target that a command means without `--target`."""
        return self.project.settings.target

    @property
    def ledger_path(self) -> Path:
        settings = self.project.settings
        return ledger_path(
            settings.project,
            self.project.root,
            self.project.environment,
            setting=settings.ledger,
            is_named=settings.is_named,
        )

    @property
    def _access(self) -> Access:
        return access_of(self.project.settings.ledger, is_shared=self.project.settings.ledger_shared)

    def check_name(self, target: str) -> None:
        """Raises SpeccError where the ledger is that of a folder, and jobs would go where they cost something: when the
        folder is renamed, everything would be sent again."""
        settings = self.project.settings
        if settings.ledger is None and not settings.is_named and not KINDS[settings.targets[target].kind].is_free:
            help = 'write `project = "NAME"` at the top of specc.toml, and keep that name'
            raise SpeccError(
                "the project has no name, so its ledger would be lost when the folder is renamed", help=help
            )

    @contextlib.contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger, with the work of dead processes found out. One that is new is said to be."""
        with Ledger.open(self.ledger_path, access=self._access) as ledger:
            if ledger.is_new:
                self.person.tell(f"new ledger: {ledger.path} (what was sent from elsewhere is not in it)")
            self._introduce(ledger)
            self._recover(ledger)
            yield ledger

    def make_ledger(self) -> Path | None:
        """Make an empty ledger because the user asks for one, and return its path; None where there is one."""
        with Ledger.open(self.ledger_path, access=self._access, is_asked=True) as ledger:
            return ledger.path if ledger.is_new else None

    def join_ledger(self) -> str | None:
        """Note that this project uses the ledger, too, because the user says so. Return whose it was before, if any."""
        with Ledger.open(self.ledger_path, access=self._access) as ledger:
            known, project = ledger.projects.known(), known_as(self._origin())
            ledger.projects.add(project)
            return next((one.folder for one in known if one.folder != project.folder), None)

    @contextlib.contextmanager
    def ledger_for_reading(self, *, checks_rows: bool = True) -> Iterator[Ledger]:
        with Ledger.read(self.ledger_path, access=self._access, checks_rows=checks_rows) as ledger:
            self._introduce(ledger, may_write=False)
            yield ledger

    @contextlib.contextmanager
    def ledger_if_any(self) -> Iterator[Ledger]:
        """Open the ledger, or read an empty one at the usual place where there is none: nothing is made."""
        path = self.ledger_path
        opened = self.ledger() if os.path.lexists(path) else self.ledger_for_reading()
        with opened as ledger:
            yield ledger

    @contextlib.contextmanager
    def ledger_for_plan(self) -> Iterator[Ledger]:
        """Open the ledger for a look ahead, which works without one, too: the reviewer of a plan may have none."""
        path = self.ledger_path
        if self._access.may_make or not _is_missing(path):
            with self.ledger_if_any() as ledger:
                yield ledger
            return
        self.person.tell(f"warning: the ledger {path} does not exist; the plan is made as if nothing was sent before")
        with Ledger.read(path, access=replace(self._access, may_make=True)) as ledger:
            yield ledger

    def _introduce(self, ledger: Ledger, *, may_write: bool = True) -> None:
        """Raise SpeccError where the ledger is that of another project, unless a person says that both are the same.

        The first project that comes is noted. A ledger of a folder needs no care: its path says which project it is of.
        """
        if not self.project.settings.is_named and self.project.settings.ledger is None:
            return
        origin, known = self._origin(), ledger.projects.known()
        if not known:
            if not may_write or ledger.projects.add(known_as(origin), only_as_first=True):
                return
            known = ledger.projects.known()  # another process was quicker
        found = recognised(known, origin)
        if found is None:
            self._ask(ledger, known, may_ask=may_write)
            ledger.projects.add(known_as(origin))
        elif may_write and not found.commits and origin.first_commits():
            ledger.projects.add(known_as(origin))  # its folder has come to be a repository

    def _ask(self, ledger: Ledger, known: Sequence[KnownProject], *, may_ask: bool) -> None:
        """Raise SpeccError unless a person says that this is the project that the ledger knows."""
        name, root = self.project.settings.project, self.project.root
        other = known[-1].folder + (f" ({known[-1].remote})" if known[-1].remote else "")
        if may_ask and self.person.can_answer():
            self.person.tell(f"the ledger of `{name}` knows the project {other}, and this is {root}")
            if self.person.confirm("is it the same project, moved or copied?"):
                return
        help = (
            "if it is the same project, moved or copied, or both use one ledger on purpose, say so with "
            '`specc ledger join`; if it is another, give it a name of its own: `project = "NAME"` in specc.toml'
        )
        raise SpeccError(
            f"another project named `{name}` uses the ledger {ledger.path}: {other}, and this is {root}", help=help
        )

    @property
    def who(self) -> str:
        """Return the name of the user who runs this, or the number where the user has no name."""
        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            return str(os.getuid())

    def sender(self) -> str:
        """Return who sends, on which machine and from which commit, as the ledger keeps it."""
        said: dict[str, object] = {"who": self.who, "host": os.uname().nodename}
        if (revision := self._origin().revision()) is not None:
            said |= {"commit": revision[0], "modified": revision[1]}
        return json.dumps(said, ensure_ascii=False)

    def _origin(self) -> GitOrigin:
        return GitOrigin(self.project.root, self.project.environment)

    def _recover(self, ledger: Ledger) -> None:
        lost = ledger.recover()
        if lost:
            names = ", ".join(str(record.key) for record in lost[:3]) + (", ..." if len(lost) > 3 else "")
            self.person.tell(f"the process that was sending these died, so their outcome is unknown now: {names}")

    def open(
        self,
        name: str,
        *,
        skew: Callable[[str], float] = lambda identity: 0.0,
        is_offline: bool = False,
        may_lack_keys: bool = False,
    ) -> Opened:
        project = self.project
        opened = open_target(
            project.root,
            name,
            project.settings,
            project.apis,
            project.environment,
            self.person,
            skew=skew,
            is_offline=is_offline,
            may_lack_keys=may_lack_keys,
        )
        for warning in opened.warnings:
            self.person.tell(f"warning: {warning}")
        if opened.place is not None and not is_offline and name not in self._said:
            self._said.add(name)
            self.person.tell(f"the target `{name}` is at {opened.place}")
        return opened

    def open_to_look(self, name: str) -> Opened:
        """Return the target for a look ahead. It has no way to send, and needs no credentials."""
        return self.open(name, is_offline=True, may_lack_keys=True)

    def settled(self, opened: Opened, ledger: Ledger, planned: str | None = None) -> Target:
        """Return the target. Without credentials it is the account that the ledger, or the plan, knows in its place."""
        if opened.settle is None:
            return opened.target
        target, word = opened.settle([planned] if planned is not None else ledger.identities())
        self.person.tell(f"warning: {word}")
        return target
