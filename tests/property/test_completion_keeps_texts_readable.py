"""What is chosen of a completion, at any character of a spec, leaves a text that can still be read."""

from pathlib import Path

import pytest
from support.projects import SETTINGS

from specc.app.editing import EditedProject
from specc.lsp.completion import Offer, complete_at
from specc.lsp.settings import complete_setting
from specc.parser import parse_tree
from specc.source import Source

BASE = "specc: 1\nabstract: true\nparams: {ranks: {type: integer, default: 4}}\njob: {core_limit: 4, time_limit: 2h}\n"
BLOCK = """specc: 1
extends: the base.job.yaml
params:
  ranks: {default: 8}
vars:
  scratch: /scratch/{{ spec.name }}
matrix:
  axes:
    mesh: [coarse, "very, fine"]
  exclude:
    - mesh: coarse
job:
  name: run-{{ cell.slug | lower }}
  mem_limit: 64GiB
  time_limit: 2h # enough
  hpcqueue_id: normal
  resource_limit: --nodes=2 --mem=4
  cmd_line:
    $file: run.sh
    env: {RANKS: "{{ params.ranks }}"}
"""
FLOW = """specc: 1
extends: [the base.job.yaml]
matrix: {axes: {mesh: [coarse, "very, fine"]}, exclude: [{mesh: coarse}]}
job: {name: "{{ cell.slug }}", mem_limit: 64GiB, hpcqueue_id: normal, cmd_line: {$file: run.sh}} # specc: ignore[SPC502]
"""
QUOTED = """specc: 1
extends: ["the base.job.yaml"]
matrix: {axes: {"mesh": [coarse, 'very, fine']}, exclude: [{"mesh": "very, fine"}, {'mesh':'it''s, so'}]}
params:
  "ranks": {"type":"integer", 'default': 8}
job: {"name": 'it''s, a # b', "mem_limit":"64GiB", 'hpcqueue_id': 'a, b', "resource_limit": "--nodes=2 --mem=4"}
profiles: {smoke: {job: {"time_limit":"2h", cmd_line: {"$file": "run.sh"}}}}
"""
IN_QUOTES = """specc: 1
extends: "the base.job.yaml"
job:
  "mem_limit": "64GiB"
  'hpcqueue_id': 'a, b #c'
  resource_limit: "--nodes=2 --mem=4"
  cmd_line:
    "$file": 'run.sh'
"""


def is_shown(offer: Offer, offset: int) -> bool:
    """Return whether an editor shows an offer, by what stands before the cursor.

    A key before another one still lacks its value and what separates them, and a snippet is filled in.
    """
    text = offer.span.source.text
    is_before_another = offer.insert.endswith(": ") and text[offer.span.end :].partition("\n")[0].strip(" }]")
    typed = text[offer.span.start : offset]
    label = f"{typed[:1]}{offer.label}" if typed[:1] in ("'", '"') and offer.label[:1] != typed[:1] else offer.label
    return label.startswith(typed) and not (is_before_another or offer.is_snippet)


def result(offer: Offer) -> str:
    start, end, text = offer.span.start, offer.span.end, offer.span.source.text
    return text[:start] + offer.insert + text[end:]


@pytest.mark.parametrize(
    ("text", "fewest"),
    [(BLOCK, 400), (FLOW, 400), (QUOTED, 300), (IN_QUOTES, 100)],
    ids=["block", "flow", "quotes between brackets", "quotes"],
)
def test_of_a_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, fewest: int) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specc.toml").write_text(SETTINGS + "[targets.hpc.queues.normal]\n[targets.hpc.queues.'a, b']\n")
    (tmp_path / "the base.job.yaml").write_text(BASE)
    for name in ("run.sh", "a, b.sh", "a #1.sh", "[a].sh", "'a'.sh"):
        (tmp_path / name).write_text("true\n")
    project = EditedProject(tmp_path)
    project.put("spec.job.yaml", text)
    snapshot, seen = project.snapshot("spec.job.yaml"), 0
    for offset in range(len(text) + 1):
        for offer in complete_at(project, snapshot, offset):
            if is_shown(offer, offset):
                seen += 1
                after = result(offer)
                _, found = parse_tree(Source("", after))
                assert not [each for each in found if each.is_error], (offset, offer.label, after)
    assert seen > fewest


@pytest.mark.parametrize(
    ("text", "label", "expected"),
    [
        ("[targets.hpc]\nki‸nd = \"slurm\"\n", "kind", "[targets.hpc]\nkind = \"slurm\"\n"),
        ("[targets.hpc]\nkind = \"sl‸xx\"\n", "slurm", "[targets.hpc]\nkind = \"slurm\"\n"),
        ("[targets.hpc]\nkind = \"sl‸\n", "slurm", "[targets.hpc]\nkind = \"slurm\"\n"),
        ("[un‸its]\nmem_limit = \"MiB\"\n", "units", "[units]\nmem_limit = \"MiB\"\n"),
        ("[un‸\n", "units", "[units]\n"),
        ("[targets.hpc]\nkind = 'sl‸'\n", "slurm", "[targets.hpc]\nkind = 'slurm'\n"),
        ("[targets.hpc]\nkind = 'sl‸\n", "slurm", "[targets.hpc]\nkind = 'slurm'\n"),
        ("include = ['a']\n[un‸\n", "units", "include = ['a']\n[units]\n"),
        ("target = 'a'\n[un‸\n", "units", "target = 'a'\n[units]\n"),
    ],
)  # fmt: skip
def test_of_settings(text: str, label: str, expected: str) -> None:
    before, _, after = text.partition("‸")
    offers = complete_setting(Source("specc.toml", before + after), len(before))
    assert result(next(offer for offer in offers if offer.label == label)) == expected


@pytest.mark.parametrize(
    "text",
    [
        'target = "hpc" # ‸\n',
        "# ki‸\n",
        '[targets.hpc]\nkind = "slurm" # ‸\n',
        "[rules]\nignore = [\n  ‸\n]\n",
        '[rules]\nignore = ["]", # why [\n  ‸\n]\n',
        'include = ["a",\n  [‸\n',
    ],
)
def test_in_a_comment_and_a_list_no_setting_is_offered(text: str) -> None:
    assert complete_setting(Source("specc.toml", text.replace("‸", "")), text.index("‸")) == []


def test_settings_that_a_table_has_are_not_offered_again() -> None:
    text = '[targets.hpc]\n\nkind = "slurm"\n[targets.other]\nrun_as = "caller"\n'
    labels = [offer.label for offer in complete_setting(Source("specc.toml", text), len("[targets.hpc]\n"))]
    assert "kind" not in labels
    assert "run_as" in labels


@pytest.mark.parametrize(
    ("text", "label", "expected"),
    [
        ('extends: ["‸"]\n', "the base.job.yaml", 'extends: ["the base.job.yaml"]\n'),
        ('extends: [specc:mpi, "th‸\n', "the base.job.yaml", 'extends: [specc:mpi, "the base.job.yaml"\n'),
        ('job: {hpcqueue_id: "n‸"}\n', "normal", "job: {hpcqueue_id: normal}\n"),
        ('job: {"hpcqueue_id":"n‸", name: a}\n', "normal", 'job: {"hpcqueue_id": normal, name: a}\n'),
        ("job: {name: 'it''s, so', \"hpc‸\":x}\n", "hpcqueue_id", "job: {name: 'it''s, so', hpcqueue_id: x}\n"),
        ('job: {hpcqueue_id: "n‸ormal, long", name: "a"}\n', "normal", 'job: {hpcqueue_id: normal, name: "a"}\n'),
        ('job: {hpcqueue_id: "n‸, name: "a"}\n', "normal", 'job: {hpcqueue_id: normal, name: "a"}\n'),
        ('job:\n  hpcqueue_id: "n‸ #1" # why\n', "normal", "job:\n  hpcqueue_id: normal # why\n"),
        ('job:\n  resource_limit: "no‸"\n', "nodes", 'job:\n  resource_limit: "nodes="\n'),
    ],
)
def test_in_quotes(tmp_path: Path, text: str, label: str, expected: str) -> None:
    (tmp_path / "specc.toml").write_text(SETTINGS.replace('"ehpc"', '"slurm"') + "[targets.hpc.queues.normal]\n")
    (tmp_path / "the base.job.yaml").write_text(BASE)
    offset, project = text.index("‸"), EditedProject(tmp_path)
    project.put("spec.job.yaml", text.replace("‸", ""))
    offers = complete_at(project, project.snapshot("spec.job.yaml"), offset)
    assert result(next(offer for offer in offers if offer.label == label)) == expected


def labels(tmp_path: Path, text: str) -> list[str]:
    project = EditedProject(tmp_path)
    project.put("spec.job.yaml", text.replace("‸", ""))
    return [offer.label for offer in complete_at(project, project.snapshot("spec.job.yaml"), text.index("‸"))]


@pytest.mark.parametrize(
    "text",
    [
        "job: {\n  name: a, # ‸\n}\n",
        "job: {\n  name: a } # ‸\n",
        "job: {\n  name: 'a # b', # ‸\n}\n",
        'vars: {a: "x # y"} # ‸\n',
        "vars:\n  a: the solver's input # ‸\n",
        "vars:\n  - 'a' # ‸\n",
    ],
)
def test_in_a_comment_nothing_but_the_comment_that_ignores_is_offered(tmp_path: Path, text: str) -> None:
    assert labels(tmp_path, text) == ["specc: ignore[...]"]
    assert "unused-var" in labels(tmp_path, text.replace("‸", "specc: ignore[un‸"))


@pytest.mark.parametrize("comment", ["it's [here", "{", '"', "'a', b: c"])
def test_comments_between_braces_are_not_read(tmp_path: Path, comment: str) -> None:
    offered = labels(tmp_path, f"job: {{\n  name: a, # {comment}\n  # {comment}\n  ‸\n}}\n")
    assert "cmd_line" in offered
    assert "name" not in offered


def test_keys_that_are_gone_are_offered_again(tmp_path: Path) -> None:
    """Also while the text cannot be read, so that only its last tree is known."""
    project = EditedProject(tmp_path)
    project.put("spec.job.yaml", "specc: 1\njob: {name: a}\n")
    project.snapshot("spec.job.yaml")
    project.put("spec.job.yaml", "")
    offers = complete_at(project, project.snapshot("spec.job.yaml"), 0)
    assert {"specc", "extends", "job"} <= {offer.label for offer in offers}
