"""A page about jobs: nothing foreign becomes markup, the same jobs give the same bytes, and odd numbers do no harm."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from support.jobs_of_pages import HOSTILE, START, job, made_of, page
from support.tables import each

from specc.reporters.page import Job, Missing, Outcome, render
from specc.reporters.page.drawings import plot, timeline, used_shares
from specc.reporters.page.elements import cell, element
from specc.reporters.page.heat import heat_map
from specc.reporters.page.model import columns_of
from specc.reporters.page.scales import levels, median, of_numbers, rounded, shade, time_ticks


class Structure(HTMLParser):
    """The elements and the names of attributes of a document, and its texts."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.texts: list[str] = []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, *(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.elements.append((f"/{tag}",))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)


class TestForeignText:
    @each("text", HOSTILE)
    def test_it_never_becomes_markup(self, text: str) -> None:
        """The elements of a page are the same, whatever stands in its texts."""
        for is_served in (False, True):
            hostile = render(made_of(text), is_served=is_served)
            tame = render(made_of("tame"), is_served=is_served)
            assert Structure(hostile).elements == Structure(tame).elements
            assert hostile.encode()
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]", hostile)

    def test_it_is_there_to_read(self) -> None:
        texts = "".join(Structure(render(made_of(HOSTILE[0]))).texts)
        assert texts.count(HOSTILE[0]) > 30

    def test_values_of_attributes_are_quoted(self) -> None:
        made = element("td", "a<b", title='"x" <y>', hidden=False, data_v=1.25, class_=None)
        assert made == '<td title="&#34;x&#34; &lt;y&gt;" data-v="1.2">a&lt;b</td>'

    @each("text", HOSTILE)
    def test_the_short_way_to_a_cell_is_the_long_one(self, text: str) -> None:
        for class_, exact in (("n", text), (None, None), ("n", None), (None, text)):
            assert cell(text, class_, exact) == element("td", text, class_=class_, data_v=exact)


class TestDigits:
    def test_values_of_an_axis_that_differ_have_texts_that_differ(self) -> None:
        jobs = [replace(job(0), axes={"day": day}) for day in (2459000.25, 2459000.5, 1.0, 1e-05)]
        (column,) = [one for one in columns_of(jobs) if one.name == "day"]
        assert [column.text(column.value(one)) for one in jobs] == ["2459000.25", "2459000.5", "1", "1e-05"]

    def test_results_have_ten_digits(self) -> None:
        jobs = [replace(job(0), results={"e": energy}) for energy in (-1234.567891, 0.1 + 0.2)]
        (column,) = [one for one in columns_of(jobs) if one.name == "e"]
        assert [column.text(column.value(one)) for one in jobs] == ["-1234.567891", "0.3"]


class TestPolicy:
    def test_only_its_own_style_and_script_may_work(self) -> None:
        document = render(page())
        allowed = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', document)
        assert allowed is not None
        policy = allowed[1].replace("&#39;", "'")
        for name in ("style", "script"):
            (content,) = re.findall(f"<{name}>(.*?)</{name}>", document, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
            assert f"{name}-src 'sha256-{digest}'" in policy
        assert policy.startswith("default-src 'none'; ")
        assert "base-uri 'none'; form-action 'none'" in policy

    def test_it_asks_for_nothing_else(self) -> None:
        """No address, no style in an attribute, no handler: a policy would have to allow these."""
        structure = Structure(render(page()))
        names = {name for _, *attributes in structure.elements for name in attributes}
        assert not {name for name in names if name.startswith("on")} | (names & {"src", "style", "srcset", "action"})
        assert re.findall(r'href="([^"]*)"', render(page())) == ["#jobs"]
        assert "http" not in re.sub(r"http-equiv|http://www\.w3\.org/2000/svg", "", render(page()))

    def test_what_is_served_has_its_files_from_the_server(self) -> None:
        document = render(page(), is_served=True)
        assert "<style>" not in document
        assert "<script>" not in document
        assert re.findall(r'(?:href|src)="(/[^"]*)"', document) == ["/jobs/page.css", "/jobs/page.js"]


class TestBytes:
    def test_only_the_time_of_making_differs(self) -> None:
        one, other = render(page()), render(page(made_at=START + 99_999))
        assert one == render(page())
        assert one != other
        time = re.compile(r'<time datetime="[^"]*">[^<]*</time>')
        assert time.sub("", one) == time.sub("", other)

    def test_a_thousand_jobs_fit_into_a_megabyte(self) -> None:
        assert len(render(page(1000)).encode()) < 1_000_000

    def test_many_jobs_have_bounded_pictures(self) -> None:
        jobs = page(5000).jobs
        drawing = timeline(jobs, None)
        assert drawing is not None
        assert "Every 3th of 5,000" in drawing.note
        assert len(drawing.svg) < 200_000
        columns = {column.name: column for column in columns_of(jobs)}
        compared = plot(jobs, columns["grid"], columns["ran"], columns["rate"])
        assert compared is not None
        assert "circle" not in compared.svg
        assert "5,000 jobs" in compared.note

    def test_many_jobs_are_not_laid_out_at_once(self) -> None:
        """The elements of a template are kept, and not drawn: a browser takes minutes for a table of 100,000 rows."""
        document = render(page(2050))
        table, _, rest = document.partition('<template id="rest">')
        assert table.count("<tr><td") == 2000
        assert rest.count("<tr><td") == 50
        assert "<template" not in render(page(2000))

    def test_a_map_of_too_many_values_says_so(self) -> None:
        jobs = [job(at, axes={"a": at % 200, "b": at // 200}) for at in range(200 * 60)]
        columns = {column.name: column for column in columns_of(jobs)}
        assert "too many" in heat_map(jobs, columns["a"], columns["b"], columns["state"])


class TestContent:
    def test_all_sections(self) -> None:
        document = render(page(40))
        assert re.findall(r'<section id="(\w+)">', document) == ["failed", "compared", "when", "used", "jobs", "origin"]
        assert "38</strong> finished" in document
        assert "2 jobs exited: memory limit of 4 GiB reached" in document
        assert "MemoryError: out of memory" in document
        assert "<i>no line matches</i>" in document
        assert "half of 38 jobs" not in document  # failed jobs have used something, too
        assert "half of 40 jobs used at most 17%; the most: 2.77GiB of 4GiB (69%)" in document
        assert "steps = 500" in document

    @each("jobs", [(), (job(0),), (Job("a", "c", "", "n", "intent", Outcome.WAITING, {}, {}, {}),)])
    def test_few_jobs_of_which_little_is_known(self, jobs: tuple[Job, ...]) -> None:
        document = render(page(0, jobs=jobs, seen_at=None))
        assert ("no jobs" in document) == (not jobs)

    def test_two_columns_never_have_one_name(self) -> None:
        jobs = tuple(
            job(at, axes={"cores": at, "n": 1}, params={"n": at, "state": at}, results={"ran": 0.5}) for at in (1, 2)
        )
        names = [column.name for column in columns_of(jobs)]
        assert len(set(names)) == len(names)
        assert {"matrix.cores", "cores", "matrix.n", "params.n", "params.state", "results.ran", "ran"} <= set(names)
        document = render(replace(page(0, across="cores", value="cores"), jobs=jobs))
        assert "<caption>cores by matrix.cores and" in document
        assert document.count('<option value="ran"') == 1

    def test_the_choice_of_what_is_compared(self) -> None:
        document = render(page(40, across="rate", down="solver", value="memory"))
        assert "<caption>memory by rate and solver, the median of up to 5 jobs</caption>" in document
        assert "<figcaption>memory over rate</figcaption>" in document

    @each(
        "odd", [float("nan"), float("inf"), 10**400, True, -1.0, "3", [1], {"a": 1}, None, Missing(""), 1e308, -1e308]
    )
    def test_odd_values(self, odd: object) -> None:
        jobs = (job(0, results={"x": odd}, axes={"a": odd}), job(1, results={"x": 2.0}, axes={"a": 1}))
        document = render(page(0, jobs=jobs, value="x"))
        assert not re.search(r'="(?:nan|-?inf)"', document)

    @each("times", [(None, None, None), (5.0, 3.0, 1.0), (9e9, None, 1.0), (None, 4.0, None), (1.0, 1.0, 1.0)])
    def test_clocks_that_were_set(self, times: tuple[float | None, ...]) -> None:
        names = ("submitted_at", "started_at", "ended_at")
        odd = job(0, **dict(zip(names, times, strict=True)), seconds=None)
        assert render(page(0, jobs=(odd, replace(odd, outcome=Outcome.RUNNING))))

    def test_jobs_that_run_go_on_to_the_last_look(self) -> None:
        jobs = [job(0, outcome=Outcome.RUNNING, state="running", ended_at=None, seconds=None, submitted_at=START)]
        drawing = timeline(jobs, START + 605)
        assert drawing is not None
        assert "1 job over 10m05s; at most 1 ran at a time" in drawing.svg
        assert 'class="o-running"' in drawing.svg
        assert timeline([job(0, submitted_at=None, started_at=None, ended_at=None)], None) is None

    def test_many_short_jobs_one_after_another_are_one_at_a_time(self) -> None:
        times = [(START + at, START + at + 1) for at in range(3000)]
        jobs = [job(0, submitted_at=START, started_at=start, ended_at=end) for start, end in times]
        for most, others in ((1, []), (2, [job(0, submitted_at=START, started_at=START, ended_at=START)])):
            drawing = timeline([*jobs, *others], None)
            assert drawing is not None
            assert f"at most {most} ran at a time" in drawing.svg

    def test_beside_a_map_of_states_the_most_telling_value_is_drawn(self) -> None:
        jobs = tuple(job(at, results={}) for at in range(20))
        assert "<figcaption>ran over grid</figcaption>" in render(page(0, jobs=jobs))
        assert "<figcaption>residual over grid</figcaption>" in render(page(20, value="state"))

    def test_states_in_a_map(self) -> None:
        jobs = [
            job(at, axes={"a": 1}, outcome=outcome) for at, outcome in enumerate([Outcome.FINISHED, Outcome.FAILED])
        ]
        columns = columns_of(jobs)
        map_ = heat_map(jobs, columns[1], None, columns[0])
        assert '<td class="o-failed" title="failed">✗ 1/2</td>' in map_

    def test_a_map_of_several_jobs_says_that_it_shows_medians(self) -> None:
        jobs = [job(at, axes={"a": at // 2}, results={"x": 1.0 * at if at != 3 else None}) for at in range(6)]
        columns = {column.name: column for column in columns_of(jobs)}
        assert "<caption>x by a, the median of up to 2 jobs</caption>" in heat_map(
            jobs, columns["a"], None, columns["x"]
        )
        assert "<caption>x by a</caption>" in heat_map(jobs[2:4], columns["a"], None, columns["x"])

    def test_usage_of_jobs_that_have_ended(self) -> None:
        assert used_shares([job(0, outcome=Outcome.RUNNING)]) == []
        (cores,) = used_shares([job(0, memory=None, seconds=None, cores=6.0)])
        assert (cores.title, cores.words) == ("Cores", "6 of 4 (150%)")
        assert 'class="over"' in cores.svg


class TestScales:
    @pytest.mark.parametrize(
        ("span", "texts"),
        [
            (0.5, ["0s", "0.1s", "0.2s", "0.3s", "0.4s", "0.5s"]),
            (60.0, ["0", "10s", "20s", "30s", "40s", "50s", "1m"]),
            (7200.0, ["0", "15m", "30m", "45m", "1h", "1h15m", "1h30m", "1h45m", "2h"]),
            (86400.0 * 20, ["0", "3d", "6d", "9d", "12d", "15d", "18d"]),
        ],
    )
    def test_ticks_of_time(self, span: float, texts: list[str]) -> None:
        assert [text for _, text in time_ticks(span)] == texts

    def test_round_numbers(self) -> None:
        assert rounded(0, 1, 5) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
        assert rounded(3, 3) == [3]
        assert rounded(-7, 12, 4) == [-5, 0, 5, 10]

    def test_large_ratios_are_logarithmic(self) -> None:
        scale = of_numbers([1, 10, 100, 1000], 0, 300, str)
        assert [scale.place(each) for each in (1, 10, 100, 1000)] == [0, 100, 200, 300]
        assert of_numbers([0, 10, 1000], 0, 100, str).place(10) == 1
        assert (shade(1, 1, 1000), shade(31, 1, 1000), shade(1000, 1, 1000), shade(5, 5, 5)) == (0, 3, 7, 4)

    def test_values_are_in_the_order_of_numbers_where_all_are(self) -> None:
        jobs = [job(at, axes={"a": value}) for at, value in enumerate([16, 2, 8])]
        assert levels(columns_of(jobs)[1], jobs) == ["2", "8", "16"]
        mixed = [job(at, axes={"a": value}) for at, value in enumerate([16, "x", 8])]
        assert levels(columns_of(mixed)[1], mixed) == ["16", "x", "8"]

    def test_medians(self) -> None:
        assert (median([3]), median([1, 9, 2]), median([4, 1, 2, 3])) == (3, 2, 2.5)
