"""What `specc results` and `project.results()` give, as Python's csv, pandas and polars read it."""

import csv
import io
import json

import pandas
import polars
import pytest
from support.projects import Place

import specc

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
TEXTS = ['a, "b"', "line\nbreak", "算例", "-O3 -march=native", "  blanks ", "NA", "3.10"]
SPEC = f"""specc: 1
params: {{scale: {{type: number, default: 2.5}}, solver: {{type: string, default: ico}}}}
matrix: {{axes: {{text: {json.dumps(TEXTS)}}}}}
job:
  name: t-{{{{ cell.slug }}}}
  cmd_line: 'echo "r = {{{{ params.scale }}}}"; echo {{{{ matrix.text | sh }}}}{{{{ params.solver | sh }}}}'
results:
  r: {{pattern: 'r = (\\S+)', type: number}}
  late: {{pattern: '^NA(.*)ico'}}
  every: {{pattern: '([ai])', take: all}}
"""


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    for file in place.root.glob("*.job.yaml"):
        file.unlink()
    place.put("specc.toml", SETTINGS)
    monkeypatch.setenv("XDG_STATE_HOME", str(place.root / "state"))
    monkeypatch.delenv("CI", raising=False)
    place.write(t=SPEC)
    assert place.run("submit", "--wait") == 0, place.err
    return place


def test_rows_become_frames_as_they_are(here: Place) -> None:
    rows = specc.open(here.root).results()
    for frame in (pandas.DataFrame(rows), polars.DataFrame(rows)):
        assert list(frame.columns) == list(rows.columns)
        assert frame.shape == (len(TEXTS), len(rows.columns))
        assert list(frame["text"]) == TEXTS
        assert list(frame["r"]) == [2.5] * len(TEXTS)
        assert list(frame["scale"]) == [2.5] * len(TEXTS)
        assert list(frame["attempt"]) == [1] * len(TEXTS)
        assert [len(each) for each in frame["every"]] == [len(row["every"]) for row in rows]
        assert all(start <= end for start, end in zip(frame["started_at"], frame["ended_at"], strict=True))
    assert polars.DataFrame(rows)["r"].dtype == polars.Float64
    assert str(pandas.DataFrame(rows)["started_at"].dtype).endswith(", UTC]")


def test_csv_comes_back(here: Place) -> None:
    assert here.run("results", "--csv") == 0
    read = list(csv.DictReader(io.StringIO(here.out)))
    assert [row["text"] for row in read] == TEXTS
    by_pandas = pandas.read_csv(io.StringIO(here.out), keep_default_na=False)
    by_polars = polars.read_csv(io.StringIO(here.out))
    for frame in (by_pandas, by_polars):
        assert list(frame.columns) == list(read[0])
        assert list(frame["text"]) == TEXTS
        assert list(frame["r"]) == [2.5] * len(TEXTS)
        assert [json.loads(each) for each in frame["every"]] == [json.loads(row["every"]) for row in read]


def test_a_result_that_the_first_hundred_rows_lack() -> None:
    rows: list[dict[str, object]] = [{"r": None}] * 150 + [{"r": 1.5}]
    assert polars.DataFrame(rows, infer_schema_length=None)["r"].dtype == polars.Float64
    assert pandas.DataFrame(rows)["r"].dtype == "float64"
