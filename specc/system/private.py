"""Folders and files of one user that nobody else can write: the state of specc.

Whoever can write into the folder of a job store can make its owner run a command, and whoever can rename a ledger can
have its jobs sent twice. So every folder that specc makes has mode 0700 whatever the umask, each file 0600; a folder
that exists is used only where the user owns it and nobody else can write it. Otherwise a `SpeccError` says which
command fixes that.

The folders *above* belong to the user or to root, and nobody else can rename what lies in them. Three things are fine
there: a sticky folder such as /tmp, where only the owner of an entry can rename it; a folder that the user's private
group can write, as a umask of 002 makes them; and symbolic links that the user or root has made.

A group may share a folder where its user says so (`shared`): then members of the group may own and write it.
"""

import contextlib
import errno
import grp
import os
import pwd
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from shlex import join

from specc.errors import SpeccError
from specc.fast_dataclass import dataclass

FOLDER_MODE, FILE_MODE = 0o700, 0o600
SHARED_FOLDER_MODE, SHARED_FILE_MODE = 0o2770, 0o660
OTHERS, OTHERS_WRITE = stat.S_IRWXG | stat.S_IRWXO, stat.S_IWGRP | stat.S_IWOTH
MOST_LINKS = 40
OVERFLOW_UID, UID_MAP = "/proc/sys/kernel/overflowuid", "/proc/self/uid_map"
ALL_USERS = ["0", "0", "4294967295"]
ELSEWHERE = "choose another place with the variable XDG_STATE_HOME or the setting that names the folder"


UNSAFE = re.compile(r"[^\w.-]+")
"""What is not in the name of a folder that specc makes."""


def home_folder(environment: Mapping[str, str]) -> Path | None:
    """Return the user's home, or None where there is none: a container may run as a number that has no account.

    A HOME that is empty or relative is ignored. It would name a folder of the project, which a repository could bring.
    """
    given = environment.get("HOME", "")
    if os.path.isabs(given):
        return Path(given)
    try:
        home = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return None
    return Path(home) if os.path.isabs(home) else None


def state_home(environment: Mapping[str, str]) -> Path:
    """Return the folder for what specc remembers of this user (XDG base directories).

    Raises SpeccError where there is none.
    """
    given = environment.get("XDG_STATE_HOME", "")
    # The standard says that a relative path is to be ignored.
    if os.path.isabs(given):
        return Path(given) / "specc"
    home = home_folder(environment)
    if home is None:
        message = f"nothing says where specc keeps its state: the user {os.getuid()} has no home"
        raise SpeccError(message, help="set the variable HOME or XDG_STATE_HOME to an absolute path")
    return home / ".local" / "state" / "specc"


def user_name() -> str:
    """Return the name of this user, or the number of one who has no account, as in a container."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


@dataclass(frozen=True, slots=True)
class _Part:
    """One name on the way to a folder or file. `is_own` marks a folder of specc itself, which nobody else needs."""

    name: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class _Rules:
    """Which folders are made, whether a group shares them, and whether those above are checked."""

    makes: bool
    is_shared: bool
    checks_above: bool


def make_folder(path: Path, *, own: int = 1, shared: bool = False, checks_above: bool = True) -> Path:
    """Make every missing folder of `path`, one by one, and return the real path.

    The last `own` names are specc's own folders: they are for the user alone, and are narrowed to that where others can
    only read them. Raises SpeccError for a folder that belongs to somebody else or that others can write.
    Without `checks_above`, the folders above the own ones are the user's responsibility.
    """
    return _walk(path, own, _Rules(True, shared, checks_above), is_file=False) or path


def place_file(path: Path, *, own: int = 1, shared: bool = False, makes: bool = True) -> Path | None:
    """Return the real path of a file, which need not exist, in a checked folder. `own` counts the names of its folder.

    Missing folders are made; without `makes`, None is returned where one is missing. Raises SpeccError as `make_folder`
    does, and for a link to nothing.
    """
    return _walk(path, own, _Rules(makes, shared, True), is_file=True)


def open_file(path: Path, flags: int, *, shared: bool = False) -> int:
    """Open a file of the user, and return its descriptor. A new one has mode 0600, and an old one is narrowed to that.

    Raises SpeccError where it is not a regular file, belongs to somebody else, or others can write it; OSError where it
    cannot be opened.
    """
    wanted = SHARED_FILE_MODE if shared else FILE_MODE
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, wanted)
    except OSError as error:
        if error.errno == errno.ELOOP:
            check_file(path, shared=shared)
        raise
    try:
        status = os.fstat(descriptor)
        _check_file(path, status, is_shared=shared)
        if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) != wanted:
            os.fchmod(descriptor, wanted)
    except BaseException:  # and raised on
        os.close(descriptor)
        raise
    return descriptor


def check_file(path: Path, *, shared: bool = False) -> bool:
    """Return whether a file exists. Raises SpeccError where it does and is not the user's own regular file."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return False
    _check_file(path, status, is_shared=shared)
    return True


def _walk(path: Path, own: int, rules: _Rules, *, is_file: bool) -> Path | None:
    """Go from the root to `path`, through links, and check every folder that is passed."""
    if "\0" in str(path):
        raise SpeccError(f"{str(path)!r} is not a path", help="write it without the NUL character")
    names = Path(os.path.abspath(path)).parts[1:]
    if is_file and not names:
        raise SpeccError(f"{path} cannot be used: it is a folder", help=ELSEWHERE)
    file = names[-1] if is_file else None
    folders = names[:-1] if is_file else names
    parts = [_Part(name, index >= len(folders) - own) for index, name in enumerate(folders)]
    here = _follow(Path("/"), parts, rules, link_budget=MOST_LINKS)
    if here is None or file is None:
        return here
    for _ in range(MOST_LINKS):
        entry = here / file
        target = _link_target(entry)
        if target is None:
            return entry
        if not os.path.lexists(entry.parent / target):
            raise _dangling(entry, target)
        *between, file = _names(target) or [os.curdir]
        start = Path("/") if os.path.isabs(target) else here
        reached = _follow(start, [_Part(name, is_own=False) for name in between], rules, link_budget=MOST_LINKS)
        assert reached is not None
        here = reached
    raise SpeccError(f"{path} leads through too many symbolic links", help="remove them")


def _follow(start: Path, parts: list[_Part], rules: _Rules, *, link_budget: int) -> Path | None:
    """Return the real folder that `parts` lead to, or None where one is missing and must not be made."""
    here = start
    left = parts[::-1]
    _check_folder(here, os.lstat(here), rules, is_own=False, is_last=not left)
    while left:
        part = left.pop()
        if part.name == os.pardir:
            here = here.parent
            _check_folder(here, os.lstat(here), rules, is_own=False, is_last=not left)
            continue
        entry = here / part.name
        try:
            status = os.lstat(entry)
        except FileNotFoundError:
            if not rules.makes:
                return None
            status = _make(entry, rules)
        except OSError as error:
            raise _unusable(entry, error) from error
        if stat.S_ISLNK(status.st_mode):
            link_budget -= 1
            if link_budget < 0:
                raise SpeccError(f"{entry} leads through too many symbolic links", help="remove them")
            left.extend(_linked(entry, status, part, rules)[::-1])
            if os.path.isabs(os.readlink(entry)):
                here = Path("/")
            continue
        if not stat.S_ISDIR(status.st_mode):
            raise SpeccError(f"{entry} cannot be used: it is not a folder", help=f"move it away: `{_move(entry)}`")
        here = entry
        _check_folder(here, status, rules, is_own=part.is_own, is_last=not left)
    return here


def _linked(entry: Path, status: os.stat_result, part: _Part, rules: _Rules) -> list[_Part]:
    """Return the names that a link stands for. Only a link of the user or of root is followed, and not to nothing."""
    if not _is_trusted(status.st_uid) and (rules.checks_above or part.is_own):
        raise _foreign(entry, status)
    target = os.readlink(entry)
    if not entry.exists():
        raise _dangling(entry, target)
    names = _names(target)
    return [_Part(name, part.is_own and index == len(names) - 1) for index, name in enumerate(names)]


def _names(target: str) -> list[str]:
    """Return the names in a link's target. `..` stays: what it leads to is known only when it is reached."""
    return [name for name in target.split("/") if name not in ("", os.curdir)]


def _make(entry: Path, rules: _Rules) -> os.stat_result:
    """Make one folder, and return its status. Another process may make the folder at the same time."""
    mode = SHARED_FOLDER_MODE if rules.is_shared else FOLDER_MODE
    try:
        os.mkdir(entry, mode)
    except FileExistsError:
        return os.lstat(entry)
    except OSError as error:
        raise _unusable(entry, error) from error
    status = os.lstat(entry)
    if stat.S_IMODE(status.st_mode) != mode and stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
        # The umask took bits of the user, or the folder above gave its set-group-id bit.
        os.chmod(entry, mode)
        status = os.lstat(entry)
        if status.st_mode & stat.S_IWOTH:
            raise SpeccError(f"the file system of {entry} does not keep who may write a folder", help=ELSEWHERE)
    return status


def _check_folder(path: Path, status: os.stat_result, rules: _Rules, *, is_own: bool, is_last: bool) -> None:
    """Raise SpeccError for a folder in which somebody else can put or rename files of specc."""
    mode = status.st_mode
    if rules.is_shared:
        if mode & stat.S_IWOTH and (is_last or not mode & stat.S_ISVTX):
            raise _writable(path, status, "o-w")
        return
    if not (is_own or is_last or rules.checks_above):
        return
    if not _is_trusted(status.st_uid) or (is_own and status.st_uid != os.geteuid()):
        raise _foreign(path, status)
    writers = mode & OTHERS_WRITE
    if not writers:
        if is_own and mode & OTHERS:
            os.chmod(path, FOLDER_MODE)
        return
    if is_own:
        raise _writable(path, status, "700")
    if mode & stat.S_ISVTX and not is_last:
        return
    if writers == stat.S_IWGRP and _is_private_group(status):
        return
    raise _writable(path, status, "go-w")


def _check_file(path: Path, status: os.stat_result, *, is_shared: bool) -> None:
    """Raise SpeccError for anything but a regular file that only the user, or else the sharing group, can write."""
    mode = status.st_mode
    if not stat.S_ISREG(mode):
        what = "a symbolic link" if stat.S_ISLNK(mode) else "not a regular file"
        raise SpeccError(f"{path} is {what}", help=f"move it away: `{_move(path)}`")
    if is_shared:
        if mode & stat.S_IWOTH:
            raise _writable(path, status, "o-w")
        return
    if not _is_trusted(status.st_uid):
        raise _foreign(path, status)
    if mode & OTHERS_WRITE:
        raise _writable(path, status, "600")


def _is_trusted(uid: int) -> bool:
    """Return whether files of a user are as good as those of the caller: the files of the caller, of root, and, in a
    container that does not map root, those that belong to nobody."""
    if uid in (0, os.geteuid()):
        return True
    try:
        nobody, users = (Path(name).read_text(encoding="ascii").split() for name in (OVERFLOW_UID, UID_MAP))
    except OSError:
        return False
    return [str(uid)] == nobody and users[:3] != ALL_USERS


def _is_private_group(status: os.stat_result) -> bool:
    """Return whether the folder's group has no member but its owner, by the convention that pam_umask uses: it has the
    user's name and lists nobody. Root's group is not one, because containers give it to everybody."""
    try:
        group, user = grp.getgrgid(status.st_gid), pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    is_named_so = group.gr_name == user.pw_name and group.gr_gid == user.pw_gid
    return is_named_so and group.gr_gid != 0 and set(group.gr_mem) <= {user.pw_name}


def _foreign(path: Path, status: os.stat_result) -> SpeccError:
    owner = _name_of(status.st_uid)
    help = f"`{_move(path)}`, if it should not be there; or {ELSEWHERE}"
    return SpeccError(f"{path} belongs to {owner}, who could change its content, so it is not used", help=help)


def _writable(path: Path, status: os.stat_result, rights: str) -> SpeccError:
    command = join(["chmod", rights, str(path)])
    who = "everybody" if status.st_mode & stat.S_IWOTH else f"the group {_group_of(status.st_gid)}"
    message = f"{path} can be written by {who} (mode {stat.S_IMODE(status.st_mode):04o}), so it is not used"
    if status.st_uid != os.geteuid() and os.geteuid() != 0:
        return SpeccError(message, help=f"ask {_name_of(status.st_uid)} for `{command}`, or {ELSEWHERE}")
    if status.st_mode & stat.S_ISVTX and stat.S_ISDIR(status.st_mode):
        return SpeccError(message, help=f"use a folder of its own in it, such as {path / 'specc'}, or {ELSEWHERE}")
    return SpeccError(message, help=f"check whether others have put something there, then `{command}`")


def _dangling(path: Path, target: str) -> SpeccError:
    message = f"{path} is a symbolic link to {target}, which does not exist"
    return SpeccError(message, help=f"bring back {target}, or remove the link: `{join(['rm', str(path)])}`")


def _unusable(path: Path, error: OSError) -> SpeccError:
    help = f"ask the owner of {path.parent} for access, or {ELSEWHERE}" if error.errno == errno.EACCES else ELSEWHERE
    return SpeccError(f"{path} cannot be used: {error.strerror}", help=help)


def _link_target(path: Path) -> str | None:
    """Return where a link of the user or of root leads; None for anything else. Raises SpeccError for a planted one."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, error) from error
    if not stat.S_ISLNK(status.st_mode):
        return None
    if not _is_trusted(status.st_uid):
        raise _foreign(path, status)
    return os.readlink(path)


def _move(path: Path) -> str:
    return join(["mv", str(path), f"{path}.not-used"])


def _name_of(uid: int) -> str:
    with contextlib.suppress(KeyError):
        return f"`{pwd.getpwuid(uid).pw_name}`"
    return f"the user {uid}"


def _group_of(gid: int) -> str:
    with contextlib.suppress(KeyError):
        return f"`{grp.getgrgid(gid).gr_name}`"
    return str(gid)


REMOVED = ".removed-"
"""How the name of a folder begins that is about to be removed."""


def remove_folder(path: Path) -> str:
    """Remove a folder of specc's own with all that is in it; return why it cannot be removed, or an empty text.

    It gets another name first, so that nobody ever finds a part of it under the old one. Whoever is killed in between
    leaves a folder that `sweep_removed` removes.
    """
    doomed = path.with_name(f"{REMOVED}{path.name}")
    try:
        os.rename(path, doomed)
    except OSError as error:
        return error.strerror or str(error)
    return _remove(doomed)


def sweep_removed(parent: Path) -> None:
    """Finish what a `remove_folder` began that was killed."""
    with contextlib.suppress(OSError):  # the next one tries again
        for path in parent.glob(f"{REMOVED}*"):
            _remove(path)


def _remove(path: Path) -> str:
    import shutil  # 5 ms, for who removes folders alone

    failed: list[str] = []

    def open_up(function: Callable[[str], object], name: str, error: object) -> None:
        """Try once more in a folder that a job has closed even to its own user."""
        try:
            for folder in {name, os.path.dirname(name)}:
                if folder.startswith(str(path)) and os.path.isdir(folder) and not os.path.islink(folder):
                    os.chmod(folder, stat.S_IRWXU)
            if function in (os.scandir, os.open):
                shutil.rmtree(name)
            else:
                function(name)
        except OSError as again:
            failed.append(f"{name}: {again.strerror}")

    shutil.rmtree(path, onerror=open_up)
    return failed[0] if failed else ""
