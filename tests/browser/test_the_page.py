"""The page of `specc report` in a real browser: what a person sees of it, does with it, and is kept from."""

import re

import pytest
from selenium.webdriver import ActionChains, Keys
from support.browser import NARROW, PHONE, WIDE, Browser
from support.jobs_of_pages import HOSTILE, job, made_of, page

from specc.reporters.page import Page, render

SEEN_MAP = """return [...document.querySelectorAll('#map td, #map th, #map caption, #map .scale')].map(
  (each) => [each.className, each.textContent])"""
SEEN_PLOT = """return [...document.querySelectorAll('#plot svg *:not(title)')].map((each) => [
  each.tagName, ...['cx', 'cy', 'd', 'x', 'x1', 'y1'].map((name) => each.getAttribute(name)),
  each.tagName == 'text' ? each.textContent : each.getAttribute('class')])"""
RAN = """const at = [...document.querySelectorAll('#jobs th')].findIndex((each) => each.textContent == 'ran');
return [...document.querySelectorAll('#jobs tbody tr')].map((row) => row.cells[at]).map(
  (cell) => Number(cell.dataset.v || cell.textContent))"""
OPEN_ALL = "for (const each of document.querySelectorAll('details')) each.open = true"


@pytest.fixture
def opened(chromium: Browser, tmp_path):
    def open_page(made: Page) -> Browser:
        path = tmp_path / "run.html"
        path.write_text(render(made), encoding="utf-8")
        chromium.driver.get(path.as_uri())
        return chromium

    return open_page


class TestForEverybody:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("size", [WIDE, PHONE])
    def test_axe_finds_nothing(self, chromium, opened, scheme, size):
        chromium.become(size, scheme=scheme)
        opened(page(40)).run(OPEN_ALL)
        assert chromium.judged() == []

    @pytest.mark.parametrize("value", ["state", "residual", "memory"])
    def test_axe_finds_nothing_in_other_maps(self, opened, value):
        assert opened(page(120, value=value)).judged() == []

    @pytest.mark.parametrize("size", [WIDE, PHONE, NARROW])
    def test_it_is_never_wider_than_the_window(self, chromium, opened, size):
        chromium.become(size)
        opened(page(300)).run(OPEN_ALL)
        assert not chromium.is_too_wide()

    def test_it_asks_for_nothing(self, opened):
        browser = opened(page(40))
        assert [url for url in browser.asked() if not url.startswith("file:")] == []

    def test_on_paper_logs_are_open_and_controls_are_gone(self, chromium, opened):
        chromium.become(media="print")
        opened(page(40))
        is_shown = "return document.querySelector(arguments[0]).checkVisibility()"
        assert chromium.run(is_shown, "#failed pre")
        assert not chromium.run(is_shown, "#jobs form")
        shown = chromium.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
        assert len(shown["data"]) > 10_000

    def test_without_a_script_all_is_there(self, chromium, opened):
        chromium.become(script=False)
        opened(page(300))
        assert len(chromium.driver.find_elements("css selector", "#jobs tbody tr")) == 300
        assert chromium.one("#map table").is_displayed()
        assert chromium.one("#plot svg").is_displayed()
        assert not [each for each in chromium.driver.find_elements("css selector", "form") if each.is_displayed()]


class TestTheScript:
    @pytest.mark.parametrize(
        "choice",
        [
            {},
            {"value": "memory"},
            {"across": "rate", "down": "grid", "value": "ran"},
            {"value": "state"},
            {"across": "seed", "value": "iterations"},
        ],
    )
    def test_it_draws_what_the_page_had_before(self, chromium, opened, choice):
        made = page(120, **choice)
        chromium.become(script=False)
        opened(made)
        chromium.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
        before = chromium.run(SEEN_MAP), chromium.run(SEEN_PLOT)
        chromium.become()
        opened(made)
        after = chromium.run(SEEN_MAP), chromium.run(SEEN_PLOT)
        assert after[0] == before[0]
        assert sorted(map(near, after[1])) == sorted(map(near, before[1]))

    def test_a_click_on_a_head_sorts(self, opened):
        browser = opened(page(40))
        heads = browser.driver.find_elements("css selector", "#jobs th button")
        ran = next(each for each in heads if each.text == "ran")
        ran.click()
        first = browser.run(RAN)
        assert first == sorted(first)
        ran.click()
        assert browser.run(RAN) == sorted(first, reverse=True)
        assert browser.one("#jobs th[aria-sort]").get_attribute("aria-sort") == "descending"

    def test_words_filter(self, opened):
        browser = opened(page(40))
        field = browser.one("#jobs input")
        field.send_keys("failed")
        assert len(browser.texts("#jobs tbody tr")) == 2
        assert browser.texts("#jobs output") == ["2 of 40 jobs"]
        field.clear()
        field.send_keys("grid=64 solver=cg, rate=0.1")
        assert len(browser.texts("#jobs tbody tr")) == 1
        field.clear()
        field.send_keys("(((")
        assert browser.texts("#jobs output") == ["0 of 40 jobs"]

    def test_many_jobs_come_in_parts(self, opened):
        browser = opened(page(450))
        assert len(browser.texts("#jobs tbody tr")) == 200
        browser.one("#jobs > button").click()
        assert len(browser.texts("#jobs tbody tr")) == 450

    def test_other_axes_and_values_can_be_chosen(self, opened):
        browser = opened(page(120))
        browser.run("""const form = document.querySelector('#compared form');
            form.elements.across.value = 'solver'; form.elements.value.value = 'state';
            form.dispatchEvent(new Event('change', {bubbles: true}))""")
        assert browser.texts("#map caption") == ["state by solver and rate"]
        assert any("✗" in text for text in browser.texts("#map td"))

    def test_a_click_on_the_map_chooses_jobs(self, opened):
        browser = opened(page(120))
        browser.run("document.querySelectorAll('#map td')[1].click()")
        assert browser.texts("#jobs output") == ["6 of 120 jobs"]

    def test_what_is_under_the_pointer_is_explained(self, opened):
        browser = opened(page(40))
        circle = browser.driver.find_elements("css selector", "#plot circle")[7]
        browser.run("arguments[0].scrollIntoView({block: 'center'})", circle)
        ActionChains(browser.driver).move_to_element(circle).perform()
        (said,) = browser.texts("#tip")
        assert "grid" in said
        assert "residual: " in said
        lines = browser.one("svg.timeline")
        browser.run("arguments[0].scrollIntoView({block: 'center'})", lines)
        ActionChains(browser.driver).move_to_element(lines).perform()
        assert "waited: " in browser.texts("#tip")[0]

    def test_the_keyboard_does_the_same(self, opened):
        browser = opened(page(40))
        browser.one("#times").send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
        assert "grid 256" in browser.texts("#tip")[0]
        browser.one("#plot").send_keys(Keys.ARROW_RIGHT)
        assert "residual: " in browser.texts("#tip")[0]
        browser.one("body").send_keys(Keys.ESCAPE)
        assert not browser.one("#tip").is_displayed()
        focused = set()
        for _ in range(40):
            browser.driver.switch_to.active_element.send_keys(Keys.TAB)
            focused.add(browser.run("return document.activeElement.closest('section')?.id"))
        assert {"failed", "compared", "when", "jobs"} <= focused

    def test_ten_thousand_jobs(self, opened):
        browser = opened(page(10_000))
        assert browser.texts("#jobs output") == ["10,000 jobs"]
        loaded = "return performance.timing.loadEventEnd - performance.timing.navigationStart"
        assert browser.run(loaded) < 15_000


class TestHostile:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_nothing_foreign_runs_or_loads(self, opened, text):
        browser = opened(made_of(text))
        browser.run(OPEN_ALL)
        assert browser.run("return document.querySelectorAll('script').length") == 1
        foreign = "return document.querySelectorAll('img, iframe, object, link, base, form[action]').length"
        assert browser.run(foreign) == 0
        browser.one("#times").send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
        assert browser.run("return document.querySelectorAll('#tip *').length") == 0
        assert [url for url in browser.asked() if not url.startswith("file:")] == []

    def test_markup_that_got_in_would_do_nothing(self, chromium, tmp_path):
        """The policy stands alone, too: what is put in by hand neither runs, nor loads, nor hides the page."""
        title = "document.title='evil'"
        evil = f'<script>{title}</script><img src=x onerror="{title}"><style>body{{display:none}}</style>'
        path = tmp_path / "evil.html"
        path.write_text(render(page(3)).replace("<main", f"{evil}<main"), encoding="utf-8")
        chromium.driver.get(path.as_uri())
        assert chromium.driver.title == "heat"
        assert chromium.one("main").is_displayed()
        assert len(chromium.complaints()) >= 3

    def test_names_that_scripts_could_stumble_over(self, opened):
        names = ("__proto__", "constructor", "toString", "length", "a=b", "")
        jobs = tuple(job(at, axes={name: at + shift for shift, name in enumerate(names)}) for at in range(5))
        browser = opened(page(0, jobs=jobs))
        assert browser.texts("#map caption") == ["residual by __proto__ and constructor"]


def near(drawn: list[str | None]) -> list[str]:
    """Return what was drawn, with places in steps of four units: two languages may round differently."""
    places = (
        re.sub(r"-?\d+(?:\.\d+)?", lambda found: str(round(float(found[0]) / 4)), each or "") for each in drawn[1:7]
    )
    return [drawn[0] or "", *places, drawn[7] or ""]
