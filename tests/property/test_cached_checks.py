"""A check that remembers, or that is split over processes, says what one says that does neither."""

import os
import shutil
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.laws import law
from support.projects import BASE, SETTINGS, SWEEP

from specc.cli.main import run
from specc.linter import checking as examinations
from specc.linter import plain

TEXTS: dict[str, list[str]] = {
    "base.job.yaml": [
        BASE,
        "specc: 1\nabstract: true\nvars: {root: /data}\njob: {core_limit: 0, time_limit: 2h}\n",
        "specc: 1\nabstract: true\nparams: {tool: {type: string, default: x}}\njob: {core_limit: 4, time_limit: 2h}\n",
        "specc: 1\nabstract: true\njob: [\n",
    ],
    "a.job.yaml": [
        SWEEP,
        "specc: 1\nextends: base.job.yaml\njob: {name: same, cmd_line: 'run {{ vars.root | sh }}'}\n",
        "specc: 1\nextends: base.job.yaml\njob: {nam: same, cmd_line: echo}\n",
    ],
    "sub/b.job.yaml": [
        "specc: 1\nextends: ../base.job.yaml\njob: {name: same, cmd_line: '{{ params.tool | sh }}'}\n",
        "specc: 1\nextends: ../a.job.yaml\nvars: {spare: 1} # specc: ignore[SPC502] later\njob: {name: same}\n",
        "specc: 1\nextends: gone.job.yaml\njob: {name: other}\n",
    ],
    "c.job.yaml": [
        "specc: 1\njob: {name: c, core_limit: 1, cmd_line: {$file: run.sh.j2}}\n",
        "specc: 1\nvars: {root: x}\njob: {name: c, core_limit: 1, cmd_line: {$file: run.sh.j2}}\n",
    ],
    "run.sh.j2": ["echo {{ vars.root | sh }}\n", "echo 'open\n", "#SBATCH -n 4 # specc: ignore[SPC543] old\necho\n"],
    "specc.toml": [SETTINGS, SETTINGS + "[defaults]\ncore_limit = 2\n", SETTINGS + '[rules]\nignore = ["SPC507"]\n'],
}
SPEC = "specc: 1\nextends: {parent}\njob: {{name: {name}, cmd_line: {{$file: {script}}}}}\n"
CLEAN: dict[str, list[str | None]] = {
    "base.job.yaml": [BASE, BASE.replace("core_limit: 4, ", "core_limit: 2, "), BASE.replace("abstract: true", "")],
    "a.job.yaml": [SPEC.format(parent="base.job.yaml", name="a", script="run.sh"), None],
    "b.job.yaml": [None, SWEEP, SWEEP.replace("to: 2", "to: 3"), SWEEP.replace("ico", "'{{ nothing }}'")],
    "run.sh": ["echo a\n", "echo b\n", "echo 'open\n"],
    "sub/c.job.yaml": [SPEC.format(parent="../base.job.yaml", name="c", script="../run.sh"), "specc: 1\n", None],
    "sub/specc.toml": [None, SETTINGS],
    "specc.toml": [SETTINGS, SETTINGS + 'exclude = ["sub"]\n', SETTINGS + '[rules]\nignore = ["SPC540"]\n'],
}
"""A project in which most edits leave nothing to be found, but another number of files and payloads."""

EDITS = st.sampled_from([(name, text) for name, texts in TEXTS.items() for text in (*texts, None)])


def checked(*arguments: str) -> str:
    """What a check finds, as JSON."""
    run(["check", *arguments, "--output", "json:../report.json"])
    return Path("../report.json").read_text()


def printed(*arguments: str) -> tuple[int, str]:
    """How a command exits, and what it prints."""
    with redirect_stdout(StringIO()) as out:
        return run(list(arguments)), out.getvalue()


@pytest.fixture
def in_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The current folder, which is empty."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def written(name: str, text: str | None) -> None:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    if text is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(text)


@law(30)
@given(edits=st.lists(st.lists(EDITS, min_size=1, max_size=3), min_size=1, max_size=4), part=st.booleans())
def test_a_check_finds_the_same_with_and_without_what_it_remembers(
    edits: list[list[tuple[str, str | None]]], part: bool
) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        Path(folder, "project").mkdir()
        patch.chdir(Path(folder, "project"))
        for name, texts in TEXTS.items():
            written(name, texts[0])
        for batch in edits:
            for name, text in batch:
                written(name, text)
            paths = ["base.job.yaml"] if part and Path("base.job.yaml").exists() else []
            fresh = checked(*paths, "--no-cache")
            said = printed("check", *paths, "--no-cache")
            for _ in range(2):
                assert checked(*paths) == fresh
                assert printed("check", *paths) == said


FORMS = (
    [],
    ["."],
    ["base.job.yaml"],
    ["a.job.yaml"],
    ["b.job.yaml", "base.job.yaml"],
    ["sub"],
    ["--strict"],
    ["--output", "concise", "--statistics"],
    ["--target", "hpc"],
)
"""How a check can be called. The last word says where it is called from."""
STEPS = st.one_of(
    st.sampled_from([(name, text) for name, texts in CLEAN.items() for text in texts]),
    st.tuples(st.sampled_from(FORMS), st.sampled_from([".", "sub"])),
)


@law(60)
@given(steps=st.lists(STEPS, max_size=12))
def test_a_check_of_what_was_clean_says_what_it_would_say_anew(steps: list[tuple[object, str]]) -> None:
    """Files change, and checks of the whole project and of parts of it come in any order, from any folder."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, texts in CLEAN.items():
            written(name, texts[0])
        for first, second in [([], "."), ("run.sh", "echo c\n"), *steps]:
            if isinstance(first, str):
                written(first, second)
                continue
            paths = [
                word if word.startswith("-") or not word.endswith(".yaml") else f"{folder}/{word}" for word in first
            ]
            patch.chdir(Path(folder, second))
            said = printed("check", *paths, "--no-cache")
            assert printed("check", *paths) == said
            assert printed("check", *paths) == said
            patch.chdir(folder)


def heir(parent: str, name: str, uses: str, own: str = "") -> str:
    """Return a spec that inherits."""
    return f"specc: 1\nextends: {parent}\nvars: {{{own}}}\njob: {{name: {name}, cmd_line: 'echo {uses}'}}\n"


PQ = "specc: 1\nabstract: true\nparams: {p: {default: 1}, q: {default: 2}}\njob: {core_limit: 4, time_limit: 2h}\n"


def heirs(name: str, parent: str, *others: str) -> list[str | None]:
    """Return texts of a spec: none, with other parents, names, uses, comments, a warning and an error."""
    usual = heir(parent, name, "{{ params.p }}")
    return [
        usual,
        heir(parent, name, "{{ params.p }} {{ params.q }}"),
        heir(parent, name, "{{ params.p }}", "own: 1"),
        heir(parent, name, "{{ vars.own }} {{ params.q }}", "own: 1"),
        heir(parent, "same", name, "own: 1, z: 3"),
        heir(parent, name, "{{ params.p }}", "own: 1} # specc: ignore[SPC502] later\nprofiles: {"),
        f"{usual}# specc: ignore[SPC502] nothing\n",
        usual.replace("echo ", "ls –n; "),
        usual.replace("name:", "nam:"),
        *(heir(each, name, "{{ params.p }}") for each in others),
        *(heir(each, name, "{{ params.q }}", "own: 1") for each in others),
        "specc: 1\njob: {name: same, core_limit: 1, time_limit: 1h, cmd_line: {$file: run.sh.j2}}\n",
        f"specc: 1\nabstract: true\nextends: {parent}\nvars: {{own: 1}}\n",
        None,
    ]


KIN: dict[str, list[str | None]] = {
    "base.job.yaml": [
        PQ,
        PQ.replace("q:", "r: {default: 3}, q:"),
        PQ + "# specc: ignore[SPC502] some\n",
        PQ + "# more\n",
    ],
    "a.job.yaml": heirs("a", "base.job.yaml", "c.job.yaml"),
    "b.job.yaml": heirs("b", "base.job.yaml", "a.job.yaml"),
    "c.job.yaml": heirs("c", "base.job.yaml", "b.job.yaml"),
    "d.job.yaml": heirs("d", "a.job.yaml", "c.job.yaml", "base.job.yaml"),
    "run.sh.j2": ["echo\n", "echo {{ vars.p }}\n", "echo 'open\n", "#SBATCH -n 4 # specc: ignore[SPC543] old\necho\n"],
    "specc.toml": [SETTINGS, SETTINGS + '[rules]\nignore = ["SPC502"]\n', SETTINGS + 'exclude = ["d*"]\n'],
}
"""Heirs of one base, most of them plain, and what makes them be looked at."""


def old_record(number: int) -> None:
    """Put a record of plain specs back that was there before, or remove it: as a backup does, or another process."""
    for path in Path(os.environ["XDG_CACHE_HOME"]).glob("specc/*/*/plain.json"):
        known = path.with_suffix(".kept")
        before = known.read_bytes() if known.exists() else b""
        known.write_bytes(path.read_bytes())
        path.write_bytes(before if number else b"")


@law(120)
@given(
    steps=st.lists(
        st.one_of(
            st.sampled_from([(name, text) for name, texts in KIN.items() for text in texts]),
            st.sampled_from([("the whole", None), ("a part", None), ("an old record", None), ("no record", None)]),
        ),
        max_size=12,
    )
)
def test_a_check_that_decodes_no_plain_specs_says_what_one_that_decodes_all_says(
    steps: list[tuple[str, str | None]],
) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "LARGE", 1)
        Path(folder, "project").mkdir()
        patch.chdir(Path(folder, "project"))
        for name, texts in KIN.items():
            written(name, texts[0])
        for name, text in [("the whole", None), *steps, ("the whole", None)]:
            if name in KIN:
                written(name, text)
            elif name in ("an old record", "no record"):
                old_record(name == "an old record")
            else:
                paths = [] if name == "the whole" else ["base.job.yaml"]
                fresh = checked(*paths, "--no-cache")
                said = printed("check", *paths, "--no-cache")
                for _ in range(2):
                    assert checked(*paths) == fresh
                    assert printed("check", *paths) == said


@law(20)
@given(edits=st.lists(EDITS, max_size=6))
def test_a_check_by_several_processes_finds_what_one_finds(edits: list[tuple[str, str | None]]) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        Path(folder, "project").mkdir()
        patch.chdir(Path(folder, "project"))
        for name, text in [(name, texts[0]) for name, texts in TEXTS.items()] + edits:
            written(name, text)
        alone = checked("--no-cache")
        patch.setattr(examinations, "WORTH_A_FORK", 1)
        patch.setattr(examinations, "processors", lambda: 3)
        assert checked("--no-cache") == alone


def test_a_torn_or_changed_memory_is_not_believed(in_project: Path) -> None:
    for name, texts in TEXTS.items():
        written(name, texts[0])
    said = checked()
    cache = Path(os.environ["XDG_CACHE_HOME"])
    shards = sorted(cache.glob("specc/*/*/*.json"))
    assert shards
    for damage in (
        lambda data: data[:-9],
        lambda data: b"",
        lambda data: data.replace(b"c.job", b"d.job"),
        lambda _: b"\xff",
    ):
        for shard in shards:
            shard.write_bytes(damage(shard.read_bytes()))
        assert checked() == said
    shutil.rmtree(cache)
    assert checked() == said
