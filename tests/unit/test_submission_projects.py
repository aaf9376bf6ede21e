"""Which project of a ledger a folder is: by git where there is one, else by its name."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.tables import each

from specc.submission import Ledger
from specc.submission.projects import KnownProject, known_as, recognised

HERE, THERE = "/home/ann/here", "/home/ann/there"
OURS, THEIRS = ("c1",), ("c9",)


COMMITS = ("a" * 40, "b" * 64)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite", iter(range(1_000)).__next__) as ledger:
        yield ledger


class Origin:
    """A folder as git tells about it. `commits` are the first ones, all of which the repository has."""

    def __init__(self, folder: str, place: str | None = None, commits: tuple[str, ...] = (), remote: str = "") -> None:
        self.folder = Path(folder)
        self.place = place
        self.remote = remote
        self.commits = commits

    def first_commits(self) -> tuple[str, ...]:
        return self.commits

    def holds(self, commits: Collection[str]) -> frozenset[str]:
        return frozenset(self.commits) & frozenset(commits)


def known(folder: str, place: str = "", commits: tuple[str, ...] = (), remote: str = "") -> KnownProject:
    return KnownProject(folder, place, commits, remote)


MOVED = known(THERE, "", OURS)
BELOW = known(THERE, "sub", OURS)
FOREIGN = known(HERE, "", THEIRS)
PLAIN = known(HERE)
CLONED = known(THERE, "", (), "host/owner/name")


@each(
    "projects, origin, expected",
    [
        # without git, the folder's name decides
        ([PLAIN], Origin(HERE), PLAIN),
        ([PLAIN], Origin(THERE), None),
        ([FOREIGN], Origin(HERE), FOREIGN),
        # a commit in common decides, wherever the folder is
        ([MOVED], Origin(HERE, "", OURS), MOVED),
        ([FOREIGN, MOVED], Origin(HERE, "", OURS), MOVED),
        ([BELOW], Origin(HERE, "sub", OURS), BELOW),
        # the same repository, and another place in it
        ([BELOW], Origin(HERE, "", OURS), None),
        ([BELOW, PLAIN], Origin(HERE, "", OURS), PLAIN),
        ([BELOW, CLONED], Origin(HERE, "", OURS, "host/owner/name"), None),
        # another repository in the folder
        ([FOREIGN], Origin(HERE, "", OURS), None),
        ([FOREIGN, CLONED], Origin(HERE, "", OURS, "host/owner/name"), None),
        # a project that came to be a repository
        ([PLAIN], Origin(HERE, "", OURS), PLAIN),
        ([PLAIN, CLONED], Origin(HERE, "", OURS, "host/owner/name"), CLONED),
        # a shallow clone does not know its first commits: the remote decides, and then the folder
        (
            [known(THERE, "", OURS, "host/owner/name")],
            Origin(HERE, "", (), "host/owner/name"),
            known(THERE, "", OURS, "host/owner/name"),
        ),
        ([known(THERE, "sub", OURS, "host/owner/name")], Origin(HERE, "", (), "host/owner/name"), None),
        ([known(THERE, "", OURS, "host/owner/other")], Origin(HERE, "", (), "host/owner/name"), None),
        ([known(THERE, "", OURS)], Origin(HERE, "", ()), None),
        ([known(HERE, "", OURS)], Origin(HERE, "", ()), known(HERE, "", OURS)),
        ([], Origin(HERE, "", OURS), None),
    ],
)
def test_a_project_is_recognised(projects: list[KnownProject], origin: Origin, expected: KnownProject | None) -> None:
    assert recognised(projects, origin) == expected


def test_what_is_remembered_of_a_project() -> None:
    assert known_as(Origin(HERE, "sub", OURS, "host/owner/name")) == known(HERE, "sub", OURS, "host/owner/name")
    assert known_as(Origin(HERE)) == known(HERE)


class TestKnown:
    def test_each_folder_is_known_once_in_the_order_in_which_they_came(self, ledger: Ledger) -> None:
        assert ledger.projects.known() == []
        for one in (PLAIN, MOVED, known(HERE, "sub", COMMITS, "host/owner/name")):
            assert ledger.projects.add(one)
        assert ledger.projects.known() == [replace(MOVED, commits=()), known(HERE, "sub", COMMITS, "host/owner/name")]

    def test_one_that_is_noted_only_as_the_first(self, ledger: Ledger) -> None:
        assert ledger.projects.add(PLAIN, only_as_first=True)
        assert not ledger.projects.add(CLONED, only_as_first=True)
        assert ledger.projects.known() == [PLAIN]
