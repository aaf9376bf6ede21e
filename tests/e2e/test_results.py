"""`specc results`: what jobs that really ran on this machine came to."""

import csv
import io
import json

import pytest
from support.projects import Place

SETTINGS = b"""project = "demo"
[units]
time_limit = "min"
[targets.local]
run_as = "caller"
[defaults]
zone = "z"
cluster_id = "c"
run_user = "u"
"""
SPEC = """specc: 1
params:
  solver: {type: string, default: ico}
matrix: {axes: {mesh: [coarse, fine]}}
job:
  name: j-{{ cell.slug }}
  cmd_line: |
    %s
"""


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    for file in place.root.glob("*.job.yaml"):
        file.unlink()
    place.put("specc.toml", SETTINGS)
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("specc.submission.follow.FIRST_SECONDS", 0.05)
    return place


def submitted(place: Place, text: str, *arguments: str) -> None:
    place.write(a=text)
    assert place.run("submit", "--wait", *arguments) in (0, 5), place.err


def rows_of(place: Place, *arguments: str) -> list[dict[str, str]]:
    """Return the rows of the CSV file, as Python reads it."""
    assert place.run("results", "--csv", *arguments) == 0, place.err
    return list(csv.DictReader(io.StringIO(place.out)))


class TestRows:
    def test_a_row_has_the_cell_its_job_and_what_it_used(self, here):
        submitted(here, SPEC % "exit {{ 0 if matrix.mesh == 'fine' else 3 }}")
        coarse, fine = rows_of(here)
        assert (coarse["mesh"], coarse["state"], coarse["exit_code"], coarse["attempt"]) == (
            "coarse",
            "exited",
            "3",
            "1",
        )
        assert (fine["mesh"], fine["state"], fine["exit_code"], fine["target"]) == ("fine", "finished", "0", "local")
        assert float(fine["seconds"]) >= 0
        assert fine["started_at"].endswith("Z")
        assert here.run("results", "--output", "json") == 0
        rows = json.loads(here.out)["rows"]
        assert [row["axes"] for row in rows] == [{"mesh": "coarse"}, {"mesh": "fine"}]
        assert [row["uuid"] for row in rows] == [coarse["uuid"], fine["uuid"]]

    def test_nothing_was_submitted(self, here):
        assert here.run("results") == 0
        assert (here.out, here.err) == ("", "nothing was submitted\n")


class TestParameters:
    def test_those_that_were_not_given_have_the_value_that_they_had(self, here):
        submitted(here, SPEC % "echo {{ params.solver }}")
        here.write(a=SPEC.replace("default: ico", "default: simple") % "echo {{ params.solver }}")
        assert [row["solver"] for row in rows_of(here)] == ["ico", "ico"]
        submitted(here, SPEC % "echo {{ params.solver }}", "-p", "solver=piso")
        assert [row["solver"] for row in rows_of(here)] == ["ico", "ico", "piso", "piso"]

    def test_one_that_comes_from_a_hidden_variable_is_not_kept(self, here, monkeypatch):
        monkeypatch.setenv("SITE", "s3cret")
        here.put("specc.toml", b'env = ["SITE"]\n' + SETTINGS)
        submitted(here, SPEC.replace("default: ico", "default: '{{ env.SITE }}'") % "echo {{ params.solver }}")
        assert [row["solver"] for row in rows_of(here)] == ["***", "***"]
        assert here.run("results", "--output", "json") == 0
        assert "s3cret" not in here.out
