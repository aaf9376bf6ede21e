"""The keys file and the store: made safely, refused where they are not safe, never made anew in silence."""

import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from support.gateway_client import Place

from specc.errors import SpeccError
from specc.gateway import Store, load_keys
from specc.gateway.answers import Refusal, good
from specc.gateway.store import Started
from specc.targets import JobReport, JobState
from specc.targets.ehpc.credentials import read_credentials

SECRET = "a-secret-of-twenty-characters"


def test_the_first_start_makes_a_key_that_only_its_owner_can_read(tmp_path: Path) -> None:
    path = tmp_path / "serve" / "keys.env"
    keys = load_keys(path)
    assert load_keys(path) == keys
    ((key, secret),) = keys.items()
    assert (len(key), len(secret)) == (20, 48)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.env"]
    assert load_keys(tmp_path / "other.env") != keys


def test_a_shell_that_reads_the_file_is_a_client(tmp_path: Path) -> None:
    ((key, secret),) = load_keys(tmp_path / "keys.env").items()
    environment = dict(line.split("=", 1) for line in (tmp_path / "keys.env").read_text().splitlines())
    credentials = read_credentials(environment, tmp_path)
    assert (credentials.access_key_id, credentials.secret) == (key, secret)


def test_two_first_starts_make_one_key(tmp_path: Path) -> None:
    found: list[dict[str, str]] = []
    threads = [threading.Thread(target=lambda: found.append(load_keys(tmp_path / "keys.env"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(keys == found[0] for keys in found)
    assert len(found) == 8


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_several_keys(tmp_path: Path) -> None:
    text = (
        f"# mine\nQY_ACCESS_KEY_ID=one\nQY_SECRET_ACCESS_KEY={SECRET}\n\n"
        f"export QY_ACCESS_KEY_ID='two'\nexport QY_SECRET_ACCESS_KEY=\"{SECRET}2\"\n"
    )
    assert load_keys(write(tmp_path / "keys.env", text)) == {"one": SECRET, "two": f"{SECRET}2"}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    text = f"QY_ACCESS_KEY_ID=one\nQY_SECRET_ACCESS_KEY={SECRET}\n"
    with pytest.raises(SpeccError, match="can be read by others"):
        load_keys(write(tmp_path / "keys.env", text, mode))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no complete key"),
        ("QY_ACCESS_KEY_ID=one\n", "has no complete key"),
        (f"QY_SECRET_ACCESS_KEY={SECRET}\n", "line 1: a secret without a key before it"),
        (
            f"QY_ACCESS_KEY_ID=a\nQY_SECRET_ACCESS_KEY={SECRET}\nQY_SECRET_ACCESS_KEY={SECRET}",
            "line 3: a secret without",
        ),
        ("QY_ACCESS_KEY_ID=one\nQY_SECRET_ACCESS_KEY=short\n", "line 2: the secret is shorter than 20"),
        (f"QY_ACCESS_KEY_ID=one\nQY_SECRET_ACCESS_KEY={SECRET} {SECRET}\n", "line 2: expected"),
        (f"key={SECRET}\n", "line 1: expected"),
    ],
)
def test_a_file_that_is_no_use_does_not_show_what_it_holds(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SpeccError, match=message) as caught:
        load_keys(write(tmp_path / "keys.env", text))
    assert SECRET not in f"{caught.value.message}{caught.value.help}"


def test_a_link_or_a_folder_is_no_keys_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SpeccError, match="cannot read"):
        load_keys(tmp_path / "link")
    with pytest.raises(SpeccError, match="is not a regular file"):
        load_keys(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(SpeccError, match="cannot be used: it is not a folder"):
        load_keys(tmp_path / "file" / "keys.env")


def test_another_users_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "keys.env"
    load_keys(path)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(SpeccError, match="belongs to another user"):
        load_keys(path)


def test_a_store_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"no database, and long enough to be seen as none" * 50)
    with pytest.raises(SpeccError, match="cannot be used"):
        Store(tmp_path / "broken")
    (tmp_path / "file").write_text("")
    with pytest.raises(SpeccError, match="cannot be used"):
        Store(tmp_path / "file" / "gateway.sqlite")
    connection = sqlite3.connect(tmp_path / "newer")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SpeccError, match="written by a newer specc"):
        Store(tmp_path / "newer")


def test_only_its_owner_can_read_the_store(tmp_path: Path) -> None:
    Store(tmp_path / "gateway.sqlite").close()
    assert stat.S_IMODE((tmp_path / "gateway.sqlite").stat().st_mode) == 0o600


def test_what_fails_half_way_is_undone(tmp_path: Path) -> None:
    store = Store(tmp_path / "gateway.sqlite")
    store.claim("1" * 32, "key", "submitJob", "{}", 0.0, 10.0)
    started = Started("uuid", {"name": "n", "cluster_id": "c", "zone": "z", "run_user": "u"}, 0.0)

    def fail(job: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.start("1" * 32, started, fail)
    assert store.open_uuids() == []
    assert store.start("1" * 32, started, lambda job: good("A", job=job.uuid)).text.startswith('{"action": "A"')
    assert store.open_uuids() == ["uuid"]


def test_one_that_has_ended_stays_as_it_ended(tmp_path: Path) -> None:
    place = Place(tmp_path)
    uuid = place.submit()
    for state, exit_code in ((JobState.FINISHED, 0), (JobState.EXITED, 1)):
        place.store.saw([JobReport(uuid, state, state.value, "", exit_code)], 5.0)
    (job,), count = place.store.jobs("uuid = ?", [uuid], "number", 10, 0)
    assert (job.state, job.exit_code, count) == (JobState.FINISHED, 0, 1)


def test_a_full_disk_starts_nothing(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.submit()
    pages = place.store._connection.execute("PRAGMA page_count").fetchone()[0]
    place.store._connection.execute(f"PRAGMA max_page_count = {pages}")
    answers = [place.post("/api/job/submitJob", body(number)) for number in range(8)]
    refused = [answer for answer in answers if answer["ret_code"] != 0]
    assert refused
    assert all(answer == {"message": "internal error", "ret_code": 5000} for answer in refused)
    place.store._connection.execute(f"PRAGMA max_page_count = {pages * 100}")
    listed = place.get("/api/job/list", limit="100")
    # A job of which nobody could be told is in the list, and one that is not there was not started.
    assert listed["total_count"] == len(place.target.jobs)


def body(number: int) -> dict[str, object]:
    text = "x" * 3000
    return {"cluster_id": "c", "zone": "z", "run_user": "u", "name": f"job {number}", "cmd_line": f"echo {text}"}


def test_an_answer_of_an_error_is_the_documented_one() -> None:
    answer = Refusal(1400, "PermissionDenied, 不行").answer()
    assert answer.text == '{"message": "PermissionDenied, 不行", "ret_code": 1400}'
