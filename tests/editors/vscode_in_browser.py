"""Tries the extension in a real VS Code: `code-server` in Chromium, as a person uses it.

    python tests/editors/vscode_in_browser.py CODE_SERVER VSIX [--picture docs/assets/vscode.png]

CODE_SERVER is the program of the npm package `code-server`, which compiles for a quarter of an hour at installation;
selenium comes from `make browser`. Each step prints what was seen, and the first that fails ends the run.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

PATIENCE = 60.0
USER_SETTINGS = {
    "security.workspace.trust.startupPrompt": "always",
    "workbench.startupEditor": "none",
    "workbench.colorTheme": "Default Light Modern",
    "workbench.activityBar.location": "hidden",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.layoutControl.enabled": False,
    "chat.disableAIFeatures": True,
    "window.commandCenter": False,
    "editor.minimap.enabled": False,
    "editor.fontSize": 14,
    "editor.hover.above": False,
    "files.autoSave": "off",
}
PROJECT = {
    "specc.toml": (
        'project = "cfd"\ntarget = "cluster"\n\n[units]\nmem_limit = "MiB"\ntime_limit = "min"\n\n'
        '[targets.cluster]\nkind = "ehpc"\n'
        'job = {zone = "jn1a", cluster_id = "ehpc-8jqdq0mz", run_user = "usr-IuZxPyn2"}\n'
    ),
    "base/solver.job.yaml": (
        "specc: 1\nextends: specc:array\nabstract: true\nparams:\n  ranks: {type: integer, default: 16}\n"
        "vars:\n  memory: {coarse: 32GiB, fine: 128GiB}\njob:\n  scheduler_queue_name: normal\n"
        "  core_limit: '{{ params.ranks }}'\n  mem_limit: 16GiB\n  time_limit: 4h\n"
    ),
    "jobs/cavity.job.yaml": (
        "# A lid-driven cavity on two meshes.\nspecc: 1\nextends: //base/solver.job.yaml\n"
        "params:\n  ranks: {default: 64}\nmatrix:\n  axes: {mesh: [coarse, fine]}\n"
        "job:\n  cmd_line: |\n    module load foam\n    mpirun -np {{ params.ranks }} icoFoam -d {{ matrix.mesh }}\n"
        '  time_limt: 30min\n  mem_limit: "{{ vars.memory[matrix.mesh] }}"\n'
    ),
}


class Window:
    """VS Code in a browser. Whatever is looked for is waited for."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def wait(self, what: str, seen: Callable[[], Any]) -> Any:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with suppress(WebDriverException, OSError):
                if found := seen():
                    print(f"seen: {what}", flush=True)
                    return found
            time.sleep(0.3)
        self.driver.save_screenshot("/tmp/specc-vscode-failed.png")
        sys.exit(f"not seen: {what} (/tmp/specc-vscode-failed.png)")

    def texts(self, selector: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map((each) => each.textContent)"
        return [text.replace("\xa0", " ") for text in self.driver.execute_script(script, selector)]

    def text(self, selector: str) -> str:
        return "\n".join(self.texts(selector))

    def press(self, *keys: str) -> None:
        actions = ActionChains(self.driver)
        for key in keys[:-1]:
            actions.key_down(key)
        actions.send_keys(keys[-1])
        for key in keys[:-1]:
            actions.key_up(key)
        actions.perform()

    def type(self, text: str) -> None:
        ActionChains(self.driver).send_keys(text).perform()

    def palette(self, text: str) -> None:
        """Choose the first entry of the command palette for a text."""
        self.press(Keys.F1)
        self.wait(
            "the palette", lambda: self.driver.find_element(By.CSS_SELECTOR, ".quick-input-widget input").is_displayed()
        )
        self.type(text)
        self.wait(f"the command {text}", lambda: text in self.text(".quick-input-widget .monaco-list-row.focused"))
        self.press(Keys.ENTER)

    def open(self, name: str) -> None:
        self.press(Keys.CONTROL, "p")
        self.wait(
            "the list of files",
            lambda: self.driver.find_element(By.CSS_SELECTOR, ".quick-input-widget input").is_displayed(),
        )
        self.type(name)
        self.wait(name, lambda: name in self.text(".quick-input-widget .monaco-list-row.focused"))
        self.press(Keys.ENTER)
        self.wait(f"the editor of {name}", lambda: name in self.text(".tab.active"))

    def word(self, word: str) -> Any:
        """Return where a word stands in the first editor, as the middle of its letters."""
        script = """
            const walker = document.createTreeWalker(document.querySelector(".view-lines"), NodeFilter.SHOW_TEXT);
            for (let node; (node = walker.nextNode());) {
                const at = node.textContent.indexOf(arguments[0]);
                if (at >= 0) {
                    const range = document.createRange();
                    range.setStart(node, at);
                    range.setEnd(node, at + arguments[0].length);
                    const box = range.getBoundingClientRect();
                    return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
                }
            }"""
        return self.wait(f"the word {word}", lambda: self.driver.execute_script(script, word))

    def point(self, word: str, *, clicks: int = 0) -> None:
        x, y = self.word(word)
        actions = ActionChains(self.driver)
        actions.w3c_actions.pointer_action.move_to_location(x, y - 40)
        actions.w3c_actions.pointer_action.move_to_location(x, y)
        for _ in range(clicks):
            actions.w3c_actions.pointer_action.click()
        actions.perform()


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def browser() -> Any:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ("--headless=new", "--no-sandbox", "--window-size=1080,1000", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    return webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))


def decide(window: Window, *, trust: bool) -> None:
    """Answer whether the authors of the workspace are trusted."""
    wanted = "Yes, I trust" if trust else "No, I don't trust"

    def answers() -> list[Any]:
        buttons = window.driver.find_elements(By.CSS_SELECTOR, ".monaco-dialog-box .monaco-button")
        return [each for each in buttons if each.is_displayed() and wanted in each.text]

    window.wait("the question whether to trust", answers)[0].click()


def hostile(window: Window, address: str, root: Path) -> None:
    """A repository with a program of its own in `.venv`, which is opened without trust."""
    write(root, PROJECT)
    stolen = root / "stolen"
    program = root / ".venv" / "bin" / "specc"
    write(
        root,
        {
            ".venv/bin/specc": f"#!/bin/sh\ntouch {stolen}\n",
            ".vscode/settings.json": json.dumps({"specc.path": str(program)}),
        },
    )
    program.chmod(0o755)
    window.driver.get(f"{address}/?folder={root}")
    decide(window, trust=False)
    window.open("cavity.job.yaml")
    window.wait(
        "a diagnostic of specc on PATH", lambda: window.driver.find_elements(By.CSS_SELECTOR, ".squiggly-error")
    )
    if stolen.exists():
        sys.exit("the program of a workspace that is not trusted was run")
    print("seen: the program in the workspace was not run", flush=True)


def usual(window: Window, address: str, root: Path, picture: Path | None) -> None:
    """A project in which somebody works."""
    write(root, PROJECT)
    window.driver.get(f"{address}/?folder={root}")
    decide(window, trust=True)
    window.open("cavity.job.yaml")
    window.wait(
        "the target in the status bar",
        lambda: "cluster" in window.text("#specc\\.specc\\.specc\\.target, .statusbar-item"),
    )
    window.wait("the language", lambda: "specc job spec" in window.text(".statusbar-item"))
    window.wait("a diagnostic", lambda: window.driver.find_elements(By.CSS_SELECTOR, ".squiggly-error"))
    window.point("mem_limit")
    window.wait(
        "a value on hover",
        lambda: "32GiB" in window.text(".monaco-hover") and "cavity.job.yaml" in window.text(".monaco-hover"),
    )
    if picture is not None:
        window.palette("View: Toggle Primary Side Bar Visibility")
        window.palette("Problems: Focus on Problems View")
        window.wait("the list of problems", lambda: "time_limt" in window.text(".markers-panel"))
        window.point("mem_limit")
        window.wait("a value on hover", lambda: "32GiB" in window.text(".monaco-hover"))
        time.sleep(1.5)
        window.driver.save_screenshot(str(picture))
    window.press(Keys.ESCAPE)
    window.point("time_limt", clicks=2)
    window.type("time_limit")
    window.wait("no diagnostic", lambda: not window.driver.find_elements(By.CSS_SELECTOR, ".squiggly-error"))
    window.palette("specc: Render the Payloads")
    window.wait("the payloads", lambda: '"mem_limit": 32768' in window.text(".view-lines"))
    window.wait("the saved file", lambda: "time_limit" in (root / "jobs/cavity.job.yaml").read_text(encoding="utf-8"))
    window.point("mem_limit", clicks=1)
    window.palette("specc: Explain the Value at the Cursor")
    window.wait(
        "the explanation",
        lambda: "overrides" in window.text(".view-lines") and "base/solver.job.yaml" in window.text(".view-lines"),
    )
    window.point("mem_limit", clicks=1)
    window.palette("specc: Show the Inheritance Graph")
    window.wait("the graph", lambda: "specc:array" in window.text(".view-lines"))
    window.point("mem_limit", clicks=1)
    window.palette("specc: Plan: What Would Be Submitted")
    window.wait(
        "the plan in a terminal",
        lambda: "plan" in window.text(".terminal-tabs-entry, .single-terminal-tab, .xterm-rows").lower(),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("code_server", type=Path)
    parser.add_argument("vsix", type=Path)
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="specc-vscode-") as name:
        home = Path(name)
        folders = ["--extensions-dir", str(home / "extensions"), "--user-data-dir", str(home / "data")]
        write(home / "data" / "User", {"settings.json": json.dumps(USER_SETTINGS)})
        subprocess.run([given.code_server, *folders, "--install-extension", given.vsix], check=True, timeout=120)
        port = free_port()
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        env = {**os.environ, "HOME": str(home), "SHELL": "/bin/bash", "XDG_STATE_HOME": str(home / "state")}
        write(home, {".bash_profile": f"export PATH='{path}'\n"})  # the shell of a login says what PATH is
        options = [
            "--auth",
            "none",
            "--bind-addr",
            f"127.0.0.1:{port}",
            "--disable-telemetry",
            "--disable-update-check",
        ]
        server = subprocess.Popen([given.code_server, *folders, *options], env=env, stdout=subprocess.DEVNULL, cwd=home)
        driver = None
        try:
            window = Window(driver := browser())
            window.wait("code-server", lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None)
            hostile(window, f"http://127.0.0.1:{port}", home / "hostile")
            usual(window, f"http://127.0.0.1:{port}", home / "cfd", given.picture)
        finally:
            if driver is not None:
                driver.quit()
            server.terminate()
            server.wait(20)


if __name__ == "__main__":
    main()
