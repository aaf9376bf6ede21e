"""Law: whatever bytes a spec holds, `specc check` ends with 0 or 1, and `render` prints whole payloads or nothing."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.projects import BASE, SETTINGS

from specc.cli.main import run

FRAGMENTS = st.sampled_from(
    [
        *("specc: 1\n", "job:\n", "  name: n\n", "  cmd_line: |\n", "    echo {{ x }}\n", "extends: base.job.yaml\n"),
        *("- ", ": ", "{{ ", " }}", "{% if x %}", "&a ", "*a", "<<: ", "'", '"', "[", "]", "{", "}", "\t", "\r\n"),
        *(
            "matrix: {axes: {a: ",
            "{from: 1, to: 3}",
            "$append: ",
            "$file: base.job.yaml",
            "vars: {a: ",
            "\0",
            "作",
            "!!s ",
        ),
    ]
)
ANYTHING = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(st.one_of(FRAGMENTS, st.text(max_size=5)), max_size=40).map(
        lambda parts: "".join(parts).encode("utf-8", "surrogatepass")
    ),
)


@given(data=ANYTHING, template=st.text(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_bytes_end_well(
    data: bytes, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specc.toml").write_text(SETTINGS)
    (tmp_path / "base.job.yaml").write_text(BASE)
    (tmp_path / "odd.job.yaml").write_bytes(data)
    quoted = json.dumps(f"{{{{ {template} }}}}", ensure_ascii=False).encode("utf-8", "surrogatepass")
    (tmp_path / "template.job.yaml").write_bytes(
        b"specc: 1\njob: {core_limit: 1, cmd_line: x, name: " + quoted + b"}\n"
    )
    assert run(["check"]) in (0, 1)
    capsys.readouterr()
    for name in ("odd.job.yaml", "template.job.yaml"):
        code = run(["render", name])
        out = capsys.readouterr().out
        assert code in (0, 1)
        assert code == 0 or out == ""
        assert all(isinstance(json.loads(line), dict) for line in out.splitlines())
