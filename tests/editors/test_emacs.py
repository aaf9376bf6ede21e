"""Emacs with eglot, set up by the lines of the manual: diagnostics, hover and formatting of a spec."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

SETTINGS = """target = "local"
[units]
mem_limit = "MiB"
[targets.local]
run_as = "caller"
job = {zone = "local", cluster_id = "local", run_user = "me"}
"""
SPEC = """specc: 1
params:
  n: {type: integer, default: 4}
job:
  cmd_line: ./x
  name: a
  core_limit:   "{{ params.n }}"
  mem_limt: 1GiB
"""
SESSION = """
(package-initialize)
(require 'yaml-mode)
(require 'eglot)
(load-file "manual.el")
(setq eglot-connect-timeout 60)
(defun wait-for (what)
  (let ((until (+ (float-time) 60)) found)
    (while (and (not (setq found (funcall what))) (< (float-time) until))
      (accept-process-output nil 0.2) (sit-for 0.1))
    (or found (kill-emacs 1))))
(find-file "a.job.yaml")
(unless (eglot-current-server) (apply #'eglot (eglot--guess-contact)))
(wait-for #'eglot-current-server)
(flymake-mode 1)
(flymake-start)
(wait-for #'flymake-diagnostics)
(dolist (each (flymake-diagnostics))
  (message "line %s: %s" (line-number-at-pos (flymake-diagnostic-beg each)) (flymake-diagnostic-text each)))
(goto-char (point-min))
(search-forward "core_lim")
(let* ((server (eglot--current-server-or-lose))
       (hover (jsonrpc-request server :textDocument/hover (eglot--TextDocumentPositionParams))))
  (message "hover: %s" (plist-get (plist-get hover :contents) :value)))
(eglot-format-buffer)
(save-buffer)
(eglot-shutdown (eglot-current-server))
"""


def need(is_there: bool, what: str) -> None:
    if not is_there:
        missing = f"{what} is not installed (Debian's emacs-nox, elpa-eglot and elpa-yaml-mode)"
        (pytest.fail if os.environ.get("EDITORS_NEEDED") else pytest.skip)(missing)


def test_a_session(tmp_path: Path) -> None:
    emacs = shutil.which("emacs")
    need(emacs is not None, "emacs")
    for library in ("eglot", "yaml-mode"):
        probe = [str(emacs), "--batch", "-q", "--eval", f"(progn (package-initialize) (require '{library}))"]
        need(subprocess.run(probe, capture_output=True, check=False, timeout=60).returncode == 0, library)
    page = (ROOT / "docs" / "editor.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"^```elisp\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    for name, text in {"manual.el": lines, "a.job.yaml": SPEC, "specc.toml": SETTINGS, "session.el": SESSION}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    command = [str(emacs), "--batch", "-q", "-l", "session.el"]
    ended = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=180)
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"^line 8: .*unknown field `mem_limt`", ended.stderr, re.MULTILINE), ended.stderr
    assert "hover: job.core_limit = 4" in ended.stderr  # without markdown-mode, eglot asks for plain text
    wanted = SPEC.replace("  cmd_line: ./x\n  name: a\n", "  name: a\n  cmd_line: ./x\n").replace(
        "limit:   ", "limit: "
    )
    assert (tmp_path / "a.job.yaml").read_text(encoding="utf-8") == wanted
