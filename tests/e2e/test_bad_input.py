"""Anything at all as a spec: a finding or one line, the right exit code, quickly, and never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import uncovered
from support.projects import Place

HEAD = b"specc: 1\njob: {name: n, cmd_line: run, core_limit: 1}\n"

BYTES = {
    "binary": (bytes(range(256)) * 40, "not-text"),
    "invalid UTF-8": (b"specc: 1\njob: {name: \xff\xfe}\n", "not-text"),
    "UTF-16": (HEAD.decode().encode("utf-16"), "not-text"),
    "NUL": (b"specc: 1\njob: {name: a\0b}\n", "not-text"),
    "50 MB": (HEAD + b"# padding\n" * 5_000_000, "too-large"),
    "deep": (b"specc: 1\nvars: " + b"[" * 10_000, "too-large"),
    "deep mappings": (b"specc: 1\nvars: " + b"{a: " * 10_000, "too-large"),
    "an alias bomb": (
        b"specc: 1\nvars:\n  a: &a [x, x, x, x, x, x, x, x, x]\n"
        + b"".join(b"  %c: &%c [%s]\n" % (c, c, b", ".join([b"*%c" % (c - 1)] * 9)) for c in b"bcdefghi"),
        "too-large",
    ),
    "a tag": (b"specc: 1\njob: {name: !!python/object:os.system x}\n", "yaml-tag"),
    "duplicate keys": (b"specc: 1\nspecc: 1\n", "duplicate-key"),
    "empty": (b"", "empty-spec"),
    "only comments": (b"# nothing\n# here\n", "empty-spec"),
    "a list": (b"- 1\n", "not-a-spec"),
    "a second document": (HEAD + b"---\nspecc: 1\n", "second-document"),
}
TEMPLATES = [
    "{{ 'a' * 10**9 }}",
    "{{ range(10**9) | list }}",
    "{{ 'x'.ljust(10**9) }}",
    "{{ '%0100000000d' | format(1) }}",
    "{{ '%0100000000d' % 1 }}",
    "{{ '{:>100000000}'.format(1) }}",
    "{{ ('a' * 60000).replace('a', 'b' * 60000) }}",
    "{{ 9**9**9**9**9**9 }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ lipsum(100000) }}",
    "{% include '/etc/passwd' %}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% for i in range(1000) %}" * 3 + "x" + "{% endfor %}" * 3,
    "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "{{ " + "not " * 5000 + "x }}",
    "{{ env.HOME }}{{ config }}{{ self }}",
    "{{ 1 / 0 }}",
    "{{",
    "{% if %}",
]


@pytest.mark.parametrize(("data", "slug"), BYTES.values(), ids=BYTES.keys())
def test_any_bytes(place: Place, data: bytes, slug: str) -> None:
    place.put("odd.job.yaml", data)
    assert place.run("check", "odd.job.yaml", "--output", "concise") == 1
    assert f" {slug}]" in place.out
    assert place.run("render", "odd.job.yaml", "-o", "out") == 1
    assert not (place.root / "out").exists()


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf" + HEAD, HEAD.replace(b"\n", b"\r\n"), HEAD.replace(b"\n", b"\r")])
def test_a_bom_and_other_line_breaks_are_no_mistake(place: Place, data: bytes) -> None:
    place.put("odd.job.yaml", data)
    assert place.run("check", "odd.job.yaml") == 0


@pytest.mark.parametrize("template", TEMPLATES)
def test_any_template(place: Place, template: str) -> None:
    text = "\n".join(["specc: 1", "job:", "  name: n", "  core_limit: 1", "  cmd_line: |", f"    {template}"])
    place.write(odd=text + "\n")
    assert place.run("check", "odd.job.yaml", "--output", "concise") == 1
    assert "error[SPC3" in place.out
    assert place.run("render", "odd.job.yaml") == 1
    assert place.out == ""


def test_what_is_no_regular_file(place: Place) -> None:
    os.mkfifo(place.root / "fifo.job.yaml")
    (place.root / "loop.job.yaml").symlink_to(place.root / "loop.job.yaml")
    (place.root / "device.job.yaml").symlink_to("/dev/zero")
    (place.root / "dangling.job.yaml").symlink_to(place.root / "gone")
    for name in ("fifo", "loop", "device", "dangling"):
        assert place.run("check", f"{name}.job.yaml", "--output", "concise") == 1
        assert f"{name}.job.yaml:1:1: error[SPC" in place.out
        assert place.run("render", f"{name}.job.yaml") == 1


def test_a_directory_by_a_specs_name_is_searched(place: Place) -> None:
    (place.root / "dir.job.yaml").mkdir()
    assert place.run("check", "dir.job.yaml") == 0
    assert "checked 0 files" in place.out


def test_a_symlink_does_not_lead_out_of_the_project(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "run.sh"
    outside.write_text("secret")
    (place.root / "run.sh").symlink_to(outside)
    place.write(odd="specc: 1\njob: {name: n, core_limit: 1, cmd_line: {$file: run.sh}}\n")
    assert place.run("check", "odd.job.yaml", "--output", "concise") == 1
    assert "outside-project" in place.out


MEASURE = """
import resource, subprocess, sys
limit = 400 << 20  # of data, so that a bomb fails instead of swapping; address space is larger by nature
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))  # far more than is needed
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, used.ru_maxrss)
"""
"""Runs a command and prints what it used. In a process of its own: a child begins with the memory of its parent, and
that of the test run is large."""


@pytest.mark.parametrize("name", ["50 MB", "deep", "an alias bomb"])
def test_within_bounds(place: Place, name: str) -> None:
    """As a process of its own, with bounds on memory and, loose ones, on processor time."""
    place.put("odd.job.yaml", BYTES[name][0])
    command = [sys.executable, "-c", MEASURE, Path(sys.executable).with_name("specc"), "check", "odd.job.yaml"]
    environment = uncovered.environment()
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    code, kilobytes = result.stdout.split()
    assert code == "1", result.stderr
    assert int(kilobytes) < 200 << 10


@pytest.mark.parametrize("fault", [PermissionError(13, "Permission denied"), FileNotFoundError(2, "No such file")])
@pytest.mark.parametrize("name", ["odd.job.yaml", "base.job.yaml", "run.sh"])
def test_a_file_that_cannot_be_read_or_vanishes_while_it_is_looked_for(
    place: Place, monkeypatch: pytest.MonkeyPatch, name: str, fault: OSError
) -> None:
    place.write(**{"run.sh": "echo a\n", "good": HEAD.decode() + "x-a: {on: off}\n"})
    place.write(odd="specc: 1\nextends: base.job.yaml\njob: {name: n, cmd_line: {$file: run.sh}}\n")
    real = os.open

    def opened(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if os.path.basename(path) == name:
            raise fault
        return real(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr("specc.disk.files.os.open", opened)
    before = {path: path.read_bytes() for path in place.root.iterdir() if path.is_file()}
    assert place.run("check", "--output", "concise") == 1
    said = fault.strerror.lower()
    assert f"cannot read {name}: {said}" in place.out
    assert place.run("check", "--fix", "--diff") == 1
    assert "+x-a:" in place.out, "the others are mended"
    assert place.run("fmt", "--check") == (2 if name.endswith(".yaml") else 0)
    assert place.run("render", "odd.job.yaml") == 1
    assert place.out == ""
    assert f"cannot read {name}: {said}" in place.err
    assert place.run("graph", "--output", "text") in (0, 1)
    assert {path: path.read_bytes() for path in before} == before
