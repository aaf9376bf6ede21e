"""`specc lsp` in a real Neovim without a screen, set up by the lines of the manual: `make neovim`."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.projects import BASE, SETTINGS, SWEEP

MANUAL = Path(__file__).parents[2] / "docs" / "editor.md"
NEOVIM = shutil.which("nvim")
SCRIPT = """
local results = {}
local function ask(method, extra)
  local params = vim.lsp.util.make_position_params(0, "utf-16")
  for key, value in pairs(extra or {}) do params[key] = value end
  for _, answer in pairs(vim.lsp.buf_request_sync(0, method, params, 10000) or {}) do
    if answer.result then return answer.result end
    if answer.err then return { error = answer.err.message } end
  end
end
local function diagnostics(count)
  vim.wait(15000, function() return #vim.diagnostic.get(0) == count end, 20)
  local found = {}
  for _, each in ipairs(vim.diagnostic.get(0)) do
    table.insert(found, { line = each.lnum + 1, column = each.col, message = each.message, source = each.source })
  end
  return found
end
vim.wait(15000, function() return #vim.lsp.buf_get_clients(0) > 0 end, 20)
results.opened = diagnostics(1)
vim.api.nvim_buf_set_text(0, 6, 2, 6, 6, { "name" })
results.fixed = diagnostics(0)
vim.api.nvim_win_set_cursor(0, { 8, 26 })
results.hover = ask("textDocument/hover").contents.value
results.definition = ask("textDocument/definition")[1].range.start
vim.lsp.util.apply_workspace_edit(ask("textDocument/rename", { newName = "program" }), "utf-16")
results.renamed = vim.api.nvim_buf_get_lines(0, 0, -1, false)
vim.api.nvim_buf_set_lines(0, 0, 0, false, { "job2: [" })
results.broken = diagnostics(1)
vim.cmd("undo")
vim.api.nvim_buf_set_lines(0, 3, 4, false, { "matrix:   {axes: {mesh: [coarse, fine], seed: {from: 1, to: 2}}}" })
vim.lsp.buf.formatting_sync(nil, 10000)
results.formatted = vim.api.nvim_buf_get_lines(0, 3, 4, false)[1]
local file = io.open(os.getenv("RESULTS"), "w")
file:write(vim.fn.json_encode(results))
file:close()
vim.cmd("qall!")
"""


def lines_of_the_manual() -> str:
    """Return what the manual says for the Neovim of Debian."""
    blocks = re.findall(r"```lua\n(.*?)```", MANUAL.read_text(encoding="utf-8"), re.DOTALL)
    return next(block for block in blocks if "start_client" in block)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    if NEOVIM is None:
        if os.environ.get("NEOVIM_NEEDED"):
            pytest.fail("there is no nvim: `apt-get install neovim`")
        pytest.skip("there is no nvim")
    root = tmp_path_factory.mktemp("neovim")
    (root / "init.lua").write_text(lines_of_the_manual() + 'vim.cmd("filetype plugin on")\n')
    (root / "session.lua").write_text(SCRIPT)
    project = root / "project"
    project.mkdir()
    (project / "specc.toml").write_text(SETTINGS)
    (project / "base.job.yaml").write_text(BASE)
    (project / "sweep.job.yaml").write_text(SWEEP.replace("  name:", "  nmae:"))
    environment = dict(os.environ, RESULTS=str(root / "results.json"), HOME=str(root))
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    command = [NEOVIM, "--headless", "-u", "../init.lua", "sweep.job.yaml", "-c", "luafile ../session.lua"]
    ended = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (root / "results.json").exists(), ended.stderr
    results: dict[str, Any] = json.loads((root / "results.json").read_text())
    return results


def test_a_mistake_is_shown_and_goes_when_it_is_fixed(seen: dict[str, Any]) -> None:
    (found,) = seen["opened"]
    assert (found["line"], found["column"], found["source"]) == (7, 2, "specc")
    assert "did you mean `name`?" in found["message"]
    assert seen["fixed"] == []


def test_a_name_is_shown_followed_and_changed(seen: dict[str, Any]) -> None:
    assert 'params.solver = "ico"' in seen["hover"]
    assert seen["definition"] == {"line": 2, "character": 9}
    assert [line for line in seen["renamed"] if "program" in line] == [
        "params: {program: {type: string, default: ico}}",
        "  cmd_line: ./{{ params.program | sh }} {{ matrix.mesh }} {{ matrix.seed }}",
    ]


def test_a_text_in_the_middle_of_an_edit_has_its_own_mistake(seen: dict[str, Any]) -> None:
    assert len(seen["broken"]) == 1


def test_a_text_is_formatted(seen: dict[str, Any]) -> None:
    assert seen["formatted"] == "matrix: {axes: {mesh: [coarse, fine], seed: {from: 1, to: 2}}}"
