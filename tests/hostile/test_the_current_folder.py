"""Reports for machines say the same wherever they are made: a baseline or a merge request must not see a difference."""

import json
from pathlib import Path

import pytest
from support.projects import Place

SPECS = {
    "missing__a": "specc: 1\nextends: //base/nowhere.job.yaml\njob: {name: a, cmd_line: ./a}\n",
    "git__b": "specc: 1\njob: {name: b, core_limit: 1, cmd_line: {$file: //.git/config}}\n",
    "loop__c": "specc: 1\nextends: d.job.yaml\n",
    "loop__d": "specc: 1\nextends: c.job.yaml\n",
    "values__e": 'specc: 1\nvars: {n: many}\njob: {name: e, core_limit: "{{ vars.n }}", cmd_line: ./e}\n',
    "values__f": 'specc: 1\nvars: {a: "{{ vars.b }}", b: "{{ vars.a }}"}\njob: {name: "{{ vars.a }}", cmd_line: ./f}\n',
    "deep__g": "specc: 1\nextends: ../lost/g.job.yaml\njob: {name: g, cmd_line: ./g}\n",
}


def words(project: Place, form: str) -> list[str]:
    """The messages of all diagnostics in a report, in any order."""
    target = project.root / "report"
    project.run("check", ".", "--output", f"{form}:{target}") if Path.cwd() == project.root else project.run(
        "check", str(project.root), "--output", f"{form}:{target}"
    )
    text = target.read_text(encoding="utf-8")
    if form == "sarif":
        return sorted(result["message"]["text"] for result in json.loads(text)["runs"][0]["results"])
    if form == "gitlab":
        return sorted(one["description"] for one in json.loads(text))
    return sorted(line.rpartition("::")[2] for line in text.splitlines() if line.startswith("::"))


@pytest.mark.parametrize("form", ["sarif", "gitlab", "github"])
def test_messages_do_not_depend_on_it(place: Place, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write(**SPECS)
    place.put(".git/config", b"[core]\n")
    monkeypatch.chdir(place.root)
    at_the_root = words(place, form)
    assert len(at_the_root) >= len(SPECS) - 1
    for folder in ("loop", "values"):
        monkeypatch.chdir(place.root / folder)
        assert words(place, form) == at_the_root
    monkeypatch.chdir(place.root.parent)
    assert words(place, form) == at_the_root
