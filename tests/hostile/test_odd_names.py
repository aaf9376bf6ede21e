"""Values whose ends nobody sees, and files whose names look like something else."""

import json

import pytest
from support import repositories
from support.projects import Place

UNSEEN = ["\u00a0", "\u3000", "\u0085", "\u2028", "\u2029", "\u200b", "\ufeff", "\u2009"]
SPEC = "specc: 1\nextends: base.job.yaml\njob:\n  name: a\n  cmd_line: echo\n  stdout_redirect_path: {}\n"


@pytest.mark.parametrize("char", UNSEEN, ids=ascii)
@pytest.mark.parametrize("form", ["out{}", "'out{}'", "|-\n    out{}"], ids=["plain", "quoted", "block"])
def test_an_unseen_end_is_said_and_formatted(char, form, place):
    place.write(odd=SPEC.format(form.format(char)))
    place.run("check", "odd.job.yaml", "--output", "json")
    messages = [one["message"] for one in json.loads(place.out)["diagnostics"]]
    assert f"`stdout_redirect_path` ends with U+{ord(char):04X}, which cannot be seen" in messages
    assert place.run("fmt", "odd.job.yaml") == 0, place.err
    assert "bug" not in place.err
    before = messages
    place.run("check", "odd.job.yaml", "--output", "json")
    assert [one["message"] for one in json.loads(place.out)["diagnostics"]] == before


def test_an_unseen_beginning_and_its_fix(place):
    place.write(odd=SPEC.format("\u3000out\u00a0"))
    assert place.run("check", "odd.job.yaml", "--fix", "--unsafe-fixes") in (0, 1)
    assert "  stdout_redirect_path: out\n" in (place.root / "odd.job.yaml").read_text(encoding="utf-8")


def test_set_keeps_a_value_of_full_width_blanks(place):
    place.write(odd=SPEC.format("out"))
    assert place.run("explain", "odd.job.yaml", "name", "--set", "job.name=\u3000") == 0
    assert place.out.startswith('job.name = "\u3000"')


NAMES = ["-x", "--output", "<x", "<stdin>", "specc:mpi", "specc:x"]
BASE = "specc: 1\nabstract: true\njob: {core_limit: 1, cmd_line: echo}\n"


@pytest.mark.parametrize("name", NAMES)
class TestAFileAtTheRoot:
    def make(self, place: Place, name: str, extra: str = "") -> None:
        for file in place.root.glob("*.job.yaml"):
            file.unlink()
        place.put(f"{name}.job.yaml", BASE.replace("}", f"{extra}}}").encode())
        place.put(f"{name}-heir.job.yaml", f"specc: 1\nextends: './{name}.job.yaml'\njob: {{name: a}}\n".encode())

    def test_is_checked_like_any_other(self, name, place):
        self.make(place, name, ", oops: 1")
        assert place.run("check", "--output", "concise") == 1
        assert place.out.startswith(f"./{name}.job.yaml:3:")
        assert place.run("check", "--output", "github") == 1
        assert f"file={name.replace(':', '%3A')}.job.yaml," in place.out
        assert place.run("check", f"./{name}.job.yaml", "--output", "sarif") == 1
        assert "logicalLocations" not in place.out
        assert place.run("check", f"./{name}.job.yaml", "--output", "gitlab") == 1
        assert json.loads(place.out)[0]["location"]["path"] == f"{name}.job.yaml"

    def test_is_inherited_formatted_rendered_and_compared(self, name, place):
        self.make(place, name)
        repositories.begin(place.root)
        repositories.commit(place.root)
        assert place.run("check", "--strict") == 0, place.out
        assert place.run("fmt") == 0, place.err
        assert place.run("graph", "--output", "text") == 0
        assert place.out == f"./{name}.job.yaml\n  ./{name}-heir.job.yaml\n"
        assert place.run("render", f"./{name}-heir.job.yaml", "--set", "job.name=b") == 0, place.err
        heir = place.root / f"{name}-heir.job.yaml"
        heir.write_text(heir.read_text(encoding="utf-8").replace("name: a", "name: c"), encoding="utf-8")
        assert place.run("diff", "HEAD") == 0, place.err
        assert "1 payload altered: name a -> c" in place.out
        assert "1 payload altered" in place.err


def test_a_shipped_base_is_still_meant_by_its_name(place):
    place.put("specc:mpi.job.yaml", BASE.encode())
    place.write(odd="specc: 1\nextends: specc:mpi\njob: {name: a, cmd_line: echo}\n")
    assert place.run("graph", "odd.job.yaml", "--output", "text") == 0
    assert place.out == "specc:serial\n  specc:mpi\n    odd.job.yaml\n"


@pytest.mark.parametrize("job", ["[[[[a]]]]", "[{name: a}]", "[[]]", "[]", "[[{name: [a]}], [b]]", "text", "1"])
def test_a_job_that_is_no_mapping(job, place):
    place.write(odd=f"specc: 1\nextends: base.job.yaml\njob: {job}\n", base2="specc: 1\nextends: odd.job.yaml\n")
    for command in (["check"], ["fmt", "--check"], ["render", "odd.job.yaml"], ["explain", "odd.job.yaml"], ["graph"]):
        assert place.run(*command) in (0, 1, 2), place.err
