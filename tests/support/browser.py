"""Debian's Chromium, driven by selenium, and axe-core, which judges pages."""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

AXE = Path(__file__).parents[2] / "build" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
WIDE, PHONE, NARROW = (1280, 900), (390, 844), (320, 640)
PATIENCE = 30.0
"""So many seconds a test waits for a page."""


def need(is_there: bool, what: str) -> None:
    """Skip the test where something is missing; fail where it must be there."""
    if not is_there:
        (pytest.fail if os.environ.get("BROWSER_NEEDED") else pytest.skip)(f"{what} is not installed")


class Browser:
    """One browser with one window. `driver` is selenium's."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def become(
        self, size: tuple[int, int] = WIDE, *, media: str = "", scheme: str = "light", script: bool = True
    ) -> None:
        """Take a size, a kind of medium, and light or dark; and have scripts or not. Forget what was before."""
        do = self.driver.execute_cdp_cmd
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        do("Emulation.setEmulatedMedia", {"media": media, "features": features})
        screen = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size[0] < 600}
        do("Emulation.setDeviceMetricsOverride", screen)
        do("Emulation.setScriptExecutionDisabled", {"value": not script})
        self.driver.get("about:blank")
        do("Network.clearBrowserCookies", {})
        self.complaints()
        self.asked()

    def complaints(self) -> list[str]:
        """Return what the console says since the last time: mistakes of scripts, and what a policy forbids."""
        return [entry["message"] for entry in self.driver.get_log("browser") if "favicon" not in entry["message"]]

    def asked(self) -> list[str]:
        """Return the addresses that were asked for since the last time."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
        return [url for url in sent if not url.startswith(("about:", "data:")) and not url.endswith("favicon.ico")]

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def texts(self, selector: str) -> list[str]:
        return self.run("return [...document.querySelectorAll(arguments[0])].map((each) => each.textContent)", selector)

    def until(self, selector: str, texts: list[str]) -> None:
        """Wait until elements have these texts, on the page that a click leads to."""
        from selenium.common.exceptions import WebDriverException  # as below
        from selenium.webdriver.support.wait import WebDriverWait

        wait = WebDriverWait(self.driver, PATIENCE, ignored_exceptions=[WebDriverException])
        wait.until(lambda _: self.texts(selector) == texts)

    def one(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def judged(self) -> list[str]:
        """Return what axe-core finds wrong with the page, one line for each rule and element."""
        need(AXE.is_file(), "axe-core (npm)")
        self.run(AXE.read_text(encoding="utf-8"))
        found = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1]; axe.run(document).then((result) => done(result.violations))"
        )
        return [f"{one['id']}: {node['html'][:200]} {node['failureSummary']}" for one in found for node in one["nodes"]]

    def is_too_wide(self) -> bool:
        """Return whether the page has to be moved sideways to be read."""
        return bool(self.run("const page = document.documentElement; return page.scrollWidth > page.clientWidth"))


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    programs = [shutil.which("chromium"), shutil.which("chromedriver")]
    need(all(programs), "chromium, chromium-driver (.ci/browser-packages)")
    try:
        from selenium import webdriver
    except ModuleNotFoundError:
        need(False, "selenium (`make browser`)")
    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    for word in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "disable-background-networking"):
        options.add_argument(f"--{word}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(programs[1]))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
