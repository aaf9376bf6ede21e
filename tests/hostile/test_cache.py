"""What a repository, a shared cache or another user can do with the cache of checks: nothing but cost time."""

import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from support.projects import SETTINGS, Place
from support.repositories import begin

from specc.cache import Asked, CleanChecks, shards
from specc.cache.clean import NAME
from specc.cache.store import KEY, KEY_BYTES, TAG, Store, store_of
from specc.config import read_configuration
from specc.diagnostics import Missing
from specc.disk import Contents, Site
from specc.linter import plain
from specc.linter.records import Sources, Unrecordable, decode_examined, decode_facts, digests_of
from specc.project import Apis, Project

GOOD = "specc: 1\njob: {name: a, core_limit: 4, time_limit: 2h, cmd_line: ./run}\n"
BAD = GOOD.replace("core_limit: 4", "core_limit: none")
CLEAN = "checked 1 file, 1 payload: no problems\n"
CANARY = "not to be touched\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with files of its user, and the folders of specc where they are by default."""
    home = tmp_path / "home"
    for name in ("a/b/file", "thesis/chapter.json", ".bash_login", "many/0.json", f"{'0' * 64}/{'1' * 64}/00.json"):
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CANARY)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("XDG_STATE_HOME")
    return home


@pytest.fixture
def place(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Place:
    """A checkout in that home, with one good spec."""
    place = Place(home / "work" / "project", capsys)
    place.write(**{"specc.toml": SETTINGS, "a": GOOD})
    (place.root / ".git").mkdir()
    monkeypatch.chdir(place.root)
    return place


def tree(folder: Path) -> dict[str, object]:
    """Return everything in a folder but what specc may write: its own cache and key."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if not name.startswith((".cache/specc", ".local/state/specc")) and name not in (
            ".cache",
            ".local",
            ".local/state",
        ):
            found[name] = os.readlink(path) if path.is_symlink() else path.is_file() and path.read_bytes()
    return found


def records(home: Path) -> list[Path]:
    return sorted(path for path in (home / ".cache" / "specc").glob("*/*/*") if path.is_file())


def store_and_world(place: Place) -> tuple[Store, str]:
    """Return the store of the project, and the world that its last check has written."""
    store = store_of(str(place.root), os.environ)
    assert store is not None
    (world,) = Path(store.cache, "specc", store.project).iterdir()
    return store, world.name


def write(store: Store, world: str, name: str, body: bytes) -> None:
    with store.writing(world) as keep:
        keep(name, body)


class TestARepository:
    @pytest.mark.parametrize("target", ["../..", "..", "/", "../../many", "../../thesis", "."])
    def test_with_a_link_for_the_old_cache(self, place: Place, home: Path, target: str) -> None:
        (place.root / ".specc_cache").symlink_to(target)
        before = tree(home)
        for text in (GOOD, GOOD.replace("4", "5"), BAD, GOOD):
            place.write(a=text)
            place.run("check")
            place.write(a=GOOD)
            assert tree(home) == before

    def test_with_links_inside_the_old_cache(self, place: Place, home: Path) -> None:
        old = place.root / ".specc_cache"
        old.mkdir()
        for number in range(10):
            (old / f"world{number}").symlink_to("../../../many")
        (old / ".gitignore").symlink_to("../../../.bash_profile")
        before = tree(home)
        assert (place.run("check"), place.out) == (0, CLEAN)
        assert tree(home) == before

    def test_that_brings_records_as_they_once_were_sealed(self, place: Place) -> None:
        place.write(a=BAD)
        digest = sha256(BAD.encode()).hexdigest()
        body = json.dumps({"names": ["a.job.yaml"], "digests": {"a.job.yaml": digest[:32]}, "counts": [1, 1, 1]})
        sealed = f"{sha256(body.encode()).hexdigest()}\n{body}"
        place.write(**{f".specc_cache__{'0' * 16}__clean.json": sealed})
        assert place.run("check") == 1

    @pytest.mark.parametrize("where", ["project", "checkout", "link out of it", "link into it"])
    def test_around_the_cache_folder_itself(self, where: str, place: Place, home: Path, monkeypatch: Any) -> None:
        """As where CI can only keep what lies in the checkout."""
        cache = place.root / ".cache"
        if where == "checkout":
            (place.root / ".git").rmdir()
            (place.root.parent / ".git").mkdir()
            cache = place.root.parent / ".cache"
        if where == "link out of it":
            cache.symlink_to("../..")
        if where == "link into it":
            (place.root / "cache").mkdir()
            cache = home / "mine"
            cache.symlink_to(place.root / "cache")
        monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
        before = tree(home)
        assert [place.run("check"), place.run("check")] == [0, 0]
        assert tree(home) == before

    def test_around_the_state_folder(self, place: Place, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It would bring the key."""
        place.write(**{"state__specc__cache.key": "k" * 32})
        (place.root / "state" / "specc" / KEY).chmod(0o600)
        monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
        assert place.run("check") == 0
        assert records(home) == []


class TestLinks:
    @pytest.mark.parametrize("depth", [0, 1, 2, 3])
    def test_in_the_cache_are_not_followed(self, depth: int, place: Place, home: Path) -> None:
        """A link in place of the folder of specc, of a project, of a world, and of a record."""
        place.run("check")
        path = records(home)[0]
        path = [path, *path.parents][3 - depth]
        moved = home / "elsewhere"
        path.rename(moved)
        path.symlink_to(moved)
        before = tree(home)
        place.write(a=BAD)
        assert place.run("check") == 1
        place.write(a=GOOD)
        assert (place.run("check"), place.out) == (0, CLEAN)
        assert tree(home) == before

    def test_in_place_of_the_key_are_not_followed(self, place: Place, home: Path) -> None:
        place.run("check")
        key = home / ".local/state/specc" / KEY
        key.rename(home / "elsewhere")
        key.symlink_to(home / "elsewhere")
        shutil.rmtree(home / ".cache")
        before = tree(home)
        assert place.run("check") == 0
        assert (tree(home), records(home)) == (before, [])

    def test_of_the_user_above_the_folder_of_specc_are_their_choice(self, place: Place, home: Path) -> None:
        """A small home with its cache on another disk is common on clusters."""
        (home / "scratch").mkdir()
        (home / ".cache").symlink_to("scratch")
        assert place.run("check") == 0
        assert list((home / "scratch/specc").glob("*/*/clean.json"))

    @pytest.mark.parametrize("name", [NAME, KEY])
    def test_and_pipes_are_not_waited_for(self, name: str, place: Place, home: Path) -> None:
        place.run("check")
        (path,) = [*home.glob(f".cache/specc/*/*/{name}"), *home.glob(f".local/state/specc/{name}")]
        path.unlink()
        os.mkfifo(path)
        assert (place.run("check"), place.out) == (0, CLEAN)

    def test_are_never_removed_with_what_is_old(self, place: Place, home: Path, monkeypatch: Any) -> None:
        monkeypatch.setattr(shards, "MOST_WORLDS", 1)
        monkeypatch.setattr(shards, "MOST_PROJECTS", 1)
        place.run("check")
        store, world = store_and_world(place)
        top = Path(store.cache, "specc")
        foreign = [top / "mine", top / ("a" * 64), top / store.project / ("b" * 64), top / store.project / "notes"]
        foreign += [top / ("c" * 64), top / store.project / ("d" * 64)]
        for path in foreign[:4]:
            path.symlink_to(home / "many")
        for path in foreign[4:]:
            path.mkdir()
            (path / "0.json").symlink_to(home / "many" / "0.json")
            (path / "00.json").symlink_to(home / "many" / "0.json")
            (path / "thesis.txt").write_text(CANARY)
        write(store, "e" * 64, "00.json", b"{}")
        before = tree(home)
        place.write(a=GOOD.replace("4", "5"))
        place.run("check")
        place.write(a=GOOD)
        assert tree(home) == before
        assert all(path.exists() for path in foreign)
        assert (foreign[4] / "00.json").is_symlink()
        assert (foreign[4] / "thesis.txt").exists()
        assert {path.name for path in (top / store.project).iterdir() if path.name not in str(foreign)} == {world}


class TestOtherUsers:
    @pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
    @pytest.mark.parametrize("depth", [1, 2, 3])
    def test_who_can_write_a_folder_of_the_cache(self, mode: int, depth: int, place: Place, home: Path) -> None:
        place.run("check")
        path = records(home)[0].parents[depth - 1]
        path.chmod(mode)
        before = [path.read_bytes() for path in records(home)]
        place.write(a=GOOD.replace("4", "5"))
        assert (place.run("check"), place.out) == (0, CLEAN)
        assert [path.read_bytes() for path in records(home)] == before
        assert stat.S_IMODE(path.stat().st_mode) == mode

    def test_who_own_the_cache(self, place: Place, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        place.run("check")
        before = [path.read_bytes() for path in records(home)]
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
        place.write(a=GOOD.replace("4", "5"))
        assert (place.run("check"), place.out) == (0, CLEAN)
        assert [path.read_bytes() for path in records(home)] == before

    def test_who_could_have_read_the_key(self, place: Place, home: Path) -> None:
        """They could have written any record, so there is a new key."""
        place.run("check")
        key = home / ".local/state/specc" / KEY
        old = key.read_bytes()
        key.chmod(0o640)
        store, world = store_and_world(place)
        assert store.read(world, NAME) is None
        place.run("check")
        assert key.read_bytes() != old
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert store.read(world, NAME) is not None

    @pytest.mark.parametrize("size", [0, 5])
    def test_with_a_key_that_was_cut_off(self, size: int, place: Place, home: Path) -> None:
        key = home / ".local/state/specc" / KEY
        key.parent.mkdir(parents=True, mode=0o700)
        key.write_bytes(b"x" * size)
        key.chmod(0o600)
        place.run("check")
        store, world = store_and_world(place)
        assert len(key.read_bytes()) == KEY_BYTES
        assert store.read(world, NAME) is not None

    def test_find_nothing_open(self, place: Place, home: Path) -> None:
        before = os.umask(0)
        try:
            place.run("check")
        finally:
            os.umask(before)
        assert len(records(home)) == 2
        for path in [*(home / ".cache").rglob("*"), *(home / ".local").rglob("*"), home / ".cache", home / ".local"]:
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


class TestForgery:
    """By who can write the cache, as where several machines share it, and has not got the key."""

    @pytest.fixture
    def forged(self, place: Place) -> Callable[[], int]:
        """Checks a bad spec of which a record with the right shape says that it is good."""
        place.run("check")
        store, world = store_and_world(place)
        known = store.read(world, NAME)
        assert known["specs"] == Contents(place.root, str).digest_of_all(["a.job.yaml"])
        place.write(a=BAD)
        known["specs"] = Contents(place.root, str).digest_of_all(["a.job.yaml"])
        write(store, world, NAME, json.dumps(known).encode())
        return lambda: place.run("check")

    def test_is_possible_with_the_key(self, forged: Callable[[], int]) -> None:
        """Else the tests below could not fail."""
        assert forged() == 0

    def test_by_another_key(self, forged: Callable[[], int], home: Path) -> None:
        (home / ".local/state/specc" / KEY).write_bytes(os.urandom(32))
        assert forged() == 1

    def test_without_a_key(self, forged: Callable[[], int], home: Path) -> None:
        (home / ".local/state/specc" / KEY).unlink()
        assert forged() == 1

    def test_by_an_empty_key(self, forged: Callable[[], int], home: Path) -> None:
        (home / ".local/state/specc" / KEY).write_bytes(b"")
        assert forged() == 1

    def test_by_a_plain_digest(self, forged: Callable[[], int], home: Path) -> None:
        (path,) = home.glob(f".cache/specc/*/*/{NAME}")
        body = path.read_bytes().partition(b"\n")[2]
        path.write_bytes(sha256(body).hexdigest().encode() + b"\n" + body)
        assert forged() == 1

    @pytest.mark.parametrize("change", ["project", "world", "name"])
    def test_by_moving_a_record(self, change: str, place: Place) -> None:
        """A record is true of its own place only."""
        place.run("check")
        store, world = store_and_world(place)
        parts = {"project": store.project, "world": world, "name": NAME}
        source = Path(store.cache, "specc", *parts.values())
        parts[change] = "05.json" if change == "name" else "5" * 64
        target = Path(store.cache, "specc", *parts.values())
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.write_bytes(source.read_bytes())
        assert Store(store.cache, store.state, parts["project"]).read(parts["world"], parts["name"]) is None

    def test_that_names_no_file(self, place: Place) -> None:
        """Even with the key: every spec is among the files that are compared."""
        place.run("check")
        store, world = store_and_world(place)
        place.write(a=BAD)
        body = {**store.read(world, NAME), "specs": Contents(place.root, str).digest_of_all([])}
        write(store, world, NAME, json.dumps(body).encode())
        digests: list[dict[str, str]] = [{}, {}]
        shard = {
            "a.job.yaml": {"examined": [[], None, [[], []], 1, digests], "facts": [False, [], [], [], [], digests]}
        }
        for number in range(64):
            write(store, world, f"{number:02}.json", json.dumps(shard).encode())
        assert place.run("check") == 1


ODD: list[Any] = [None, True, -1, 10**18, 1.5, "", "x", [], {}, [[]], {"a": []}, ["a", "b"], [None] * 9]
BODIES = [
    b"", b"null", b"[]", b'"x"', b"1", b"{", b"\xff\xfe", b"[" * 200_000, b'{"a":' * 100_000, b"1" * 5_000, b"NaN",
    b'{"a.job.yaml": 1}', b'{"a.job.yaml": {"examined": 1}}', b'{"a.job.yaml": {"facts": []}}',
    b'{"names": ["a.job.yaml"], "abstract": [0], "payloads": [-1]}', b'{"names": 1, "abstract": [0], "payloads": [1]}',
    b'{"names": [[]], "abstract": [0], "payloads": [1]}', b'{"names": ["a.job.yaml"], "abstract": [], "payloads": []}',
]  # fmt: skip


class SameDigests:
    """Files of which every digest is `x`."""

    def digest(self, name: str) -> str:
        return "x"

    def digest_of_all(self, names: object) -> str:
        return "x"


class TestAnyShape:
    """Sealed with the user's own key, as by another version of specc or by a disk that loses what it was given."""

    @pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:40].decode("latin-1"))
    def test_of_a_whole_record_is_nothing_known(self, body: bytes, place: Place) -> None:
        place.run("check")
        store, world = store_and_world(place)
        for text, code in ((BAD, 1), (GOOD, 0)):
            place.write(a=text)
            for name in [NAME, *(f"{number:02}.json" for number in range(64))]:
                write(store, world, name, body)
            assert place.run("check") == code, place.err

    def test_of_any_part_is_a_record_or_none(self, place: Place) -> None:
        place.write(
            a="specc: 1\nextends: b.job.yaml\nparams: {n: {type: string, default: x}}\nvars: {v: 1}\n"
            "job: {name: same, cor_limit: 1, cmd_line: 'echo {{ vars.v | sh }} –n'}\n",
            b="specc: 1\njob: {name: same, core_limit: 4, core_limit: 5, cmd_line: {$file: run.sh}, time_limit: yes}\n",
            **{"run.sh": "echo 'open\n", "c": "specc: 1\njob: {name: same, cmd_line: x}\n"},
        )
        assert place.run("check") == 1
        store, world = store_and_world(place)
        read = [store.read(world, f"{number:02}.json") or {} for number in range(64)]
        known = {name: record for shard in read for name, record in shard.items()}
        assert {"a.job.yaml", "c.job.yaml"} <= known.keys()
        configuration = read_configuration(place.root, str, os.environ)
        site = Site(place.root, configuration.settings, Contents(place.root, str), os.environ)
        project = Project.open(site, Apis())
        sources = Sources(project.library, project.settings)
        for name in known:
            assert not isinstance(project.library.document(name), Missing)
        whole = {"specs": "x", "others": {}, "names": ["a", "b"], "abstract": [1, 0], "payloads": [0, 1]}
        for odd in changed({**whole, "users": [1], "used": [0]}):
            write(store, world, NAME, json.dumps(odd).encode())
            for asked in (["a"], ["a", "b"]):
                counts = CleanChecks(store, world).recall(Asked(asked, False, list), SameDigests())
                assert counts is None or counts.files <= 2
        tried = 0
        for name, record in known.items():
            for kind in record:
                for odd in changed(record[kind]):
                    tried += 1
                    try:
                        digests_of(odd)
                        decode_facts(name, odd) if kind == "facts" else decode_examined(name, odd, sources)
                    except Unrecordable:
                        pass
        assert tried > 1_000

    def test_of_plain_specs_is_a_record_or_none(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(plain, "LARGE", 1)
        place.write(b=GOOD.replace("name: a", "name: b"))
        assert place.run("check") == 0
        store, world = store_and_world(place)
        known, contents = store.read(world, plain.NAME), Contents(place.root, str)
        names = ["a.job.yaml", "b.job.yaml"]
        assert all(name in plain.recalled(known, names, contents.digest) for name in names)
        inner = {"kins": [json.loads(text) for text in known["kins"]], "origins": map(json.loads, known["origins"])}
        odd = [*changed(known)]
        for part, values in inner.items():
            odd += [{**known, part: [json.dumps(each)]} for value in values for each in changed(value)]
        assert len(odd) > 300
        for record in odd:
            read = plain.recalled(record, names, contents.digest)
            assert sum(part.payloads for _, part in read.parts()) == read.payloads
            assert len(read.reads().documents) >= len(read.stand_ins((), set()))

    def test_of_plain_specs_does_not_hide_a_changed_one(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        """Even with the key: the bytes of each spec are compared."""
        monkeypatch.setattr(plain, "LARGE", 1)
        place.run("check")
        store, world = store_and_world(place)
        for body in (json.dumps(store.read(world, plain.NAME)).encode(), *BODIES):
            place.write(a=BAD)
            write(store, world, plain.NAME, body)
            assert place.run("check") == 1
            place.write(a=GOOD)
            write(store, world, plain.NAME, body)
            assert (place.run("check"), place.out) == (0, CLEAN)

    def test_larger_than_any_is_not_read(self, place: Place, home: Path) -> None:
        place.run("check")
        (path,) = home.glob(f".cache/specc/*/*/{NAME}")
        os.truncate(path, 10**12)
        assert (place.run("check"), place.out) == (0, CLEAN)


def changed(value: Any) -> Iterator[Any]:
    """Give the value with each of its parts replaced by each odd one, and with each part left out or doubled."""
    yield from ODD
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield value[:index] + value[index + 1 :]
            yield [*value[:index], item, item, *value[index + 1 :]]
            yield from ([*value[:index], odd, *value[index + 1 :]] for odd in changed(item))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield {other: value[other] for other in value if other != key}
            yield from ({**value, key: odd} for odd in changed(item))


class TestTheEnvironment:
    @pytest.mark.parametrize("value", ["", "relative", "./cache", "~/cache", "\udcff"])
    def test_that_is_no_absolute_path_is_ignored(self, value: str, place: Place, home: Path, monkeypatch: Any) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", value)
        monkeypatch.setenv("XDG_STATE_HOME", value)
        before = tree(home)
        assert place.run("check") == 0
        assert len(records(home)) == 2
        assert tree(home) == before

    def test_that_is_not_utf_8_is_a_path_like_any(self, place: Place, tmp_path: Path, monkeypatch: Any) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", f"{tmp_path}/\udcff/cache")
        assert place.run("check") == 0
        assert list(Path(f"{tmp_path}/\udcff/cache").glob(f"specc/{TAG}"))

    @pytest.mark.parametrize("home", ["", "relative", "/dev/null", "{tmp}/nonexistent/\udcff"])
    def test_without_a_home(self, home: str, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
        place = Place(tmp_path / "project", capsys)
        place.write(**{"specc.toml": SETTINGS, "a": GOOD})
        monkeypatch.chdir(place.root)
        monkeypatch.delenv("XDG_CACHE_HOME")
        monkeypatch.delenv("XDG_STATE_HOME")
        monkeypatch.setenv("HOME", home.format(tmp=tmp_path))
        before = tree(tmp_path)
        assert (place.run("check"), place.out) == (0, CLEAN)
        assert tree(tmp_path) == before

    def test_of_a_home_that_takes_nothing(self, place: Place, home: Path, monkeypatch: Any) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nothing")
        assert (place.run("check"), place.out, place.err) == (0, CLEAN, "")

    def test_of_two_projects_of_one_name(self, place: Place, home: Path, capsys: Any, monkeypatch: Any) -> None:
        place.run("check")
        other = Place(home / "other" / "project", capsys)
        other.write(**{"specc.toml": SETTINGS, "a": BAD})
        monkeypatch.chdir(other.root)
        assert other.run("check") == 1
        assert len(list((home / ".cache/specc").glob("*/"))) == 2

    def test_of_a_project_behind_a_link_is_that_of_the_project(
        self, place: Place, home: Path, monkeypatch: Any
    ) -> None:
        place.run("check")
        (home / "link").symlink_to(place.root)
        monkeypatch.chdir(home / "link")
        place.run("check")
        assert len(list((home / ".cache/specc").glob("*/"))) == 1


def test_git_and_its_hooks_see_nothing_of_it(place: Place) -> None:
    (place.root / ".git").rmdir()
    begin(place.root)
    before = sorted(place.root.rglob("*"))
    place.run("check")
    assert sorted(place.root.rglob("*")) == before
