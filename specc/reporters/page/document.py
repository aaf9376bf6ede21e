"""The page as one HTML document: its sections, from a `Page` of jobs.

The document needs no other file and no network, and works without its script, which adds sorting, choosing and
hovering. A policy in it allows the style and the script that it brings, by their digests, and nothing else.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib import resources
from itertools import islice, repeat

from markupsafe import Markup

from specc.reporters.page.drawings import Drawing, cell_text, plot, timeline, used_shares
from specc.reporters.page.elements import EMPTY, cell, element, joined
from specc.reporters.page.heat import heat_map
from specc.reporters.page.model import (
    Column,
    Job,
    Kind,
    Log,
    Missing,
    Outcome,
    Page,
    column_named,
    columns_of,
    drawable,
    inputs_and_values,
    is_numeric,
    shared_params,
)
from specc.reporters.page.scales import grouped, median
from specc.wording import counted, duration_text

MOST_FAILED, MOST_ALIKE = 20, 5
"""Failed jobs that are listed one by one, with the ends of their logs; and those of them that failed alike."""

MOST_ROWS = 2000
"""Rows that are laid out without a script. Others are kept in the page: to lay out 100,000 takes a browser minutes."""

STYLE, SCRIPT = "page.css", "page.js"


def asset(name: str) -> str:
    """Return the text of the style or the script."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def render(page: Page, *, is_served: bool = False) -> str:
    """Return the document. One that is served takes its style and script from the server, and not from itself."""
    columns = columns_of(page.jobs, page.units)
    sections = (
        _failures(page),
        _comparison(page, columns),
        _timeline(page),
        _usage(page),
        _table(page, columns),
        _origin(page),
    )
    shown_sections = [section for section in sections if section]
    main = element("main", _summary(page, is_served), *shown_sections, id="top")
    body = element("body", element("a", "To the table of all jobs", href="#jobs", class_="skip"), main, _end(is_served))
    return _document(_head(page.title, is_served), body)


def notice(title: str, text: str, *, goes_to: str | None = None) -> str:
    """Return a short page of the server. `goes_to` is an address of the server that is opened next."""
    content = [element("h1", title), element("p", text)]
    more = EMPTY
    if goes_to is not None:
        content.append(element("p", element("a", "Continue", href=goes_to)))
        more = element("meta", http_equiv="refresh", content=f"0; url={goes_to}")
    return _document(
        _head(title, is_served=True, more=more), element("body", element("main", element("header", *content)))
    )


def _document(head: Markup, body: Markup) -> str:
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _head(title: str, is_served: bool, more: Markup = EMPTY) -> Markup:
    meta = [
        element("meta", charset="utf-8"),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name_="color-scheme", content="light dark"),
        element("meta", name_="referrer", content="no-referrer"),
    ]
    if is_served:
        style = element("link", rel="stylesheet", href=f"/jobs/{STYLE}")
    else:
        own = f"style-src '{_digest(STYLE)}'; script-src '{_digest(SCRIPT)}'"
        allowed = f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"
        meta.insert(1, element("meta", http_equiv="Content-Security-Policy", content=allowed))
        style = element("style", Markup(asset(STYLE)))
    return element("head", *meta, element("title", title), style, more)


def _end(is_served: bool) -> Markup:
    if is_served:
        return element("script", EMPTY, src=f"/jobs/{SCRIPT}", defer=True)
    return element("script", Markup(asset(SCRIPT)))


def _digest(name: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(asset(name).encode()).digest()).decode()}"


def _section(name: str, title: str, *content: Markup | str | None) -> Markup:
    return element("section", element("h2", title), *content, id=name)


def _scrolled(content: Markup, label: str, name: str | None = None) -> Markup:
    """Return content that is as wide as it is. What is not seen of it can be reached by keyboard, too."""
    return element("div", content, id=name, class_="scroll", tabindex=0, role="region", aria_label=label)


def moment(at: float | None) -> Markup | str:
    """Return a time in UTC, which the script shows in the reader's own."""
    if at is None:
        return ""
    text = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}"
    return element("time", f"{text} UTC", datetime=f"{text.replace(' ', 'T')}Z")


def _summary(page: Page, is_served: bool) -> Markup:
    jobs = page.jobs
    counts = Counter(job.outcome for job in jobs)
    total = max(1, len(jobs))
    parts, left = [], 0.0
    for outcome in Outcome:
        if counts[outcome]:
            width = counts[outcome] / total * 1000
            parts.append(element("rect", x=left, width=width, height=10, class_=f"o-{outcome}"))
            left += width
    words = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in Outcome if counts[outcome]) or "no jobs"
    whole = {"viewBox": "0 0 1000 10", "preserveAspectRatio": "none", "role": "img", "aria_label": words}
    bar = element("svg", *parts, class_="whole", **whole)
    legend = element(
        "ul", *(_count(outcome, counts[outcome]) for outcome in Outcome if counts[outcome]), class_="counts"
    )
    same = ", ".join(f"{name} = {text}" for name, text in shared_params(jobs).items())
    made = element(
        "p", "Made ", moment(page.made_at), f" · the same for all jobs: {same}" if same else None, class_="note"
    )
    out = element("form", element("button", "Log out"), method="post", action="/jobs/logout", class_="out")
    return element("header", out if is_served else None, element("h1", page.title), made, bar, legend, _figures(jobs))


def _count(outcome: Outcome, count: int) -> Markup:
    return element("li", _sign(outcome), element("strong", f"{count:,}"), f" {outcome}")


def _sign(outcome: Outcome) -> Markup:
    return element("b", outcome.sign, class_=f"o-{outcome}", aria_hidden="true")


def _figures(jobs: Sequence[Job]) -> Markup:
    ran = [job.seconds for job in jobs if job.seconds is not None]
    waited = [job.waited for job in jobs if job.waited is not None]
    begun = [job.submitted_at for job in jobs if job.submitted_at is not None]
    ended = [job.ended_at for job in jobs if job.ended_at is not None]
    core_hours = (
        sum(job.seconds * job.cores_asked for job in jobs if job.seconds is not None and job.cores_asked) / 3600
    )
    figures = [("jobs", f"{len(jobs):,}")]
    if begun and ended and max(ended) >= min(begun):
        figures.append(("first submitted to last ended", duration_text(max(ended) - min(begun))))
    if ran:
        figures.append(("median run", duration_text(median(ran))))
        figures.append(("longest run", duration_text(max(ran))))
    if waited:
        figures.append(("median wait", duration_text(median(waited))))
    if core_hours:
        figures.append(("core-hours", f"{core_hours:,.3g}" if core_hours < 1000 else f"{core_hours:,.0f}"))
    return _terms(figures, "figures")


def _terms(pairs: Iterable[tuple[str, Markup | str]], class_: str) -> Markup:
    """Return names with what is said of each."""
    items = (element("div", element("dt", name), element("dd", text)) for name, text in pairs)
    return element("dl", *items, class_=class_)


def failures_of(jobs: Iterable[Job]) -> list[tuple[str, list[Job], int]]:
    """Return why jobs failed, in words, with the jobs that are listed one by one, and how many more there are."""
    bad = [job for job in jobs if job.outcome in (Outcome.FAILED, Outcome.UNKNOWN)]
    bad.sort(key=lambda job: job.outcome is Outcome.UNKNOWN)
    left, found = MOST_FAILED, []
    for (state, reason, code), alike in grouped(bad, lambda job: (job.state, job.reason, job.exit_code)).items():
        why = reason or (f"exit code {code}" if code is not None else "")
        listed = alike[: max(0, min(left, MOST_ALIKE))]
        left -= len(listed)
        words = f"{counted(len(alike), 'job')} {state}" + (f": {why}" if why else "")
        found.append((words, listed, len(alike) - len(listed)))
    return found


def _failures(page: Page) -> Markup:
    groups = failures_of(page.jobs)
    if not groups:
        return EMPTY
    parts = []
    for words, listed, more in groups:
        outcome = listed[0].outcome if listed else Outcome.FAILED
        parts.append(element("h3", _sign(outcome), words))
        parts += [_failure(job) for job in listed]
        if more:
            parts.append(element("p", f"{counted(more, 'more job')} in the table of all jobs.", class_="note"))
    commands = (element("p", f"{what}: ", element("code", command)) for what, command in page.commands)
    return _section("failed", "What failed", *parts, *commands)


def _failure(job: Job) -> Markup:
    where = " · ".join(filter(None, (job.spec, job.uuid, job.node)))
    title = (element("strong", cell_text(job)), f" {where}")
    if not job.logs:
        return element("p", *title, class_="failure")
    logs = joined(_log(job, log) for log in job.logs)
    return element("details", element("summary", *title), logs, class_="failure")


def _log(job: Job, log: Log) -> Markup:
    title = element("p", f"{log.stream} {log.note}".strip(), class_="note")
    label = f"{log.stream} of {job.uuid}"
    return title + (element("pre", log.text, tabindex=0, aria_label=label, role="region") if log.text else EMPTY)


def _comparison(page: Page, columns: Sequence[Column]) -> Markup:
    """Return the heat map and the plot of what is compared, with the choices of other columns."""
    axes, (state, *values) = inputs_and_values(columns, page.jobs)
    if not axes:
        return EMPTY
    across = column_named(page.across, axes) or axes[0]
    others = [column for column in axes if column is not across]
    down = column_named(page.down, others) or (others[0] if others else None)
    value = column_named(page.value, [state, *values]) or (
        values[0] if values and values[0].kind is Kind.RESULT else state
    )
    drawn = value if value is not state else min(values, key=_is_drawn_last, default=None)
    form = element(
        "form",
        _choice("across", axes, across),
        _choice("down", axes, down, has_none=True),
        _choice("value", [state, *values], value),
        class_="controls",
        hidden=True,
    )
    drawing = plot(page.jobs, across, drawn, down) if drawn is not None else None
    figure = EMPTY
    if drawing is not None and drawn is not None:
        caption = element("figcaption", f"{drawn.head} over {across.head}")
        figure = element("figure", drawing.svg, _note(drawing), caption)
    heat = _scrolled(heat_map(page.jobs, across, down, value), "heat map", "map")
    return _section("compared", "By axes", form, element("div", heat, element("div", figure, id="plot"), class_="pair"))


def _is_drawn_last(column: Column) -> tuple[bool, bool]:
    """Order values by how much a plot of them says: results, then how long jobs ran, then the others."""
    return column.kind is not Kind.RESULT, column.name != "ran"


def _choice(name: str, columns: Sequence[Column], chosen: Column | None, *, has_none: bool = False) -> Markup:
    options = [element("option", column.head, value=column.name, selected=column is chosen) for column in columns]
    if has_none:
        options.append(element("option", "nothing", value="", selected=chosen is None))
    return element("label", f"{name} ", element("select", *options, name_=name))


def _note(drawing: Drawing) -> Markup | None:
    return element("p", drawing.note, class_="note") if drawing.note else None


def _timeline(page: Page) -> Markup:
    drawing = timeline(page.jobs, page.seen_at)
    if drawing is None:
        return EMPTY
    began = {job.outcome for job in page.jobs if job.started_at is not None}
    names = {"w": "waited", **{f"o-{outcome}": outcome for outcome in Outcome if outcome in began}}
    items = (element("li", element("i", class_=class_), name) for class_, name in names.items())
    legend = element("ul", *items, class_="legend")
    picture = _scrolled(drawing.svg, "when jobs waited and ran", "times")
    return _section("when", "When jobs waited and ran", legend, picture, _note(drawing))


def _usage(page: Page) -> Markup:
    shares = used_shares(page.jobs)
    if not shares:
        return EMPTY
    parts = (
        element("figure", element("h3", share.title), share.svg, element("figcaption", share.words)) for share in shares
    )
    advice = (element("p", element("strong", spec), f": {words}") for spec, words in page.advice)
    return _section("used", "Used of what was asked for", element("div", *parts, class_="trio"), *advice)


def _table(page: Page, columns: Sequence[Column]) -> Markup:
    """Return the table of all jobs. Numbers that have a unit, or are rounded, have their value in an attribute, too."""
    classes = ["n" if is_numeric(column, page.jobs) else None for column in columns]
    heads = [element("th", "#", scope="col", data_kind=Kind.TEXT, class_="n")]
    for column, class_ in zip(columns, classes, strict=True):
        title = column.title or None
        name = column.name if column.unit else None
        marks = {"scope": "col", "data_kind": column.kind, "data_name": name, "title": title, "class_": class_}
        heads.append(element("th", column.head, **marks))
    rows = (
        element("tr", element("td", str(at), class_="n"), *map(_cell, columns, classes, repeat(job)))
        for at, job in enumerate(page.jobs, 1)
    )
    hints = {"placeholder": "failed, grid=12", "autocomplete": "off", "spellcheck": "false"}
    search = element("label", "filter ", element("input", type="search", name_="filter", **hints))
    controls = element("form", search, element("output", "", aria_live="polite"), class_="controls", hidden=True)
    first = element("tbody", *islice(rows, MOST_ROWS))
    table = element("table", element("thead", element("tr", *heads)), first, class_="jobs")
    rest = note = EMPTY
    if len(page.jobs) > MOST_ROWS:
        rest = element("template", element("table", element("tbody", *rows)), id="rest")
        note = element("noscript", element("p", f"The first {MOST_ROWS:,} jobs: a browser shows all by a script."))
    return _section("jobs", "All jobs", controls, note, _scrolled(table, "all jobs"), rest)


def _cell(column: Column, class_: str | None, job: Job) -> Markup:
    value = column.value(job)
    text = column.text(value)
    if column.kind is Kind.STATE:
        return element("td", _sign(job.outcome), text)
    if isinstance(value, Missing):
        return element("td", element("i", value.why or "missing"), class_=class_)
    number = drawable(value)
    exact = None if number is None or text == repr(value) else repr(value)
    return cell(text, class_, exact)


def _origin(page: Page) -> Markup:
    digests = sorted({job.digest for job in page.jobs if job.digest})
    facts: list[tuple[str, Markup | str]] = [*page.facts]
    if digests:
        whole = hashlib.sha256("\n".join(digests).encode(errors="replace")).hexdigest()
        facts.append(("payloads", f"{counted(len(digests), 'digest')}, together {whole}"))
    times = [job.submitted_at for job in page.jobs if job.submitted_at is not None]
    if times:
        facts += [("first submitted", moment(min(times))), ("last submitted", moment(max(times)))]
    facts.append(("page made", moment(page.made_at)))
    return _section("origin", "Where this comes from", _terms(facts, "facts"))
