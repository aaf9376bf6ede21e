"""Law: any finding about any text can be reported, and nothing raw reaches the terminal."""

import json
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
from hypothesis import assume, given
from hypothesis import strategies as st
from rich.cells import cell_len
from support.laws import law

from specc.diagnostics import Label
from specc.diagnostics.codes import BAD_VALUE, YAML_1_1
from specc.reporters import Report, ReportFormat, Summary, report_text
from specc.reporters.text import render
from specc.source import Source, Span

odd = "ab: \t\r\n流é\u0301\u202e\u200b\u0000\x1bש\ud800😀"
texts = st.one_of(st.text(alphabet=odd, max_size=300), st.text(alphabet="流体a ", min_size=500, max_size=700))
sources = st.builds(Source, st.text(alphabet=odd, max_size=8), texts)
SUMMARY = Summary(1, 1, 0, 1, 0)
DATA = Path(__file__).parent.parent / "data"
SARIF = jsonschema.Draft4Validator(json.loads((DATA / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")))


@st.composite
def spans(draw, source=sources):
    """Mostly good spans, and some that lie outside the text or end before they start."""
    chosen = draw(source)
    places = st.integers(-3, len(chosen.text) + 3)
    start, end = draw(places), draw(places)
    return Span(chosen, min(start, end), max(start, end)) if draw(st.integers(0, 9)) else Span(chosen, start, end)


@st.composite
def diagnostics(draw):
    span = draw(spans())
    labels = draw(st.lists(st.builds(Label, spans(st.one_of(st.just(span.source), sources)), texts), max_size=4))
    code = draw(st.sampled_from([BAD_VALUE, YAML_1_1]))
    notes = tuple(draw(st.lists(texts, max_size=2)))
    label, help = draw(st.text(alphabet=odd, max_size=9)), draw(st.none() | texts)
    return code.at(span, draw(texts), label=label, labels=tuple(labels), notes=notes, help=help)


@given(st.lists(diagnostics(), max_size=3), st.integers(0, 130))
@law(100)
def test_every_report_comes_out_and_is_clean(found, width):
    report = Report(tuple(found), SUMMARY)
    plain = render(report, color=False, width=width)
    for text in (plain, report_text(report, ReportFormat.CONCISE)):
        assert {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")} <= {"\n"}
        text.encode()
    assert len(report_text(report, ReportFormat.CONCISE).splitlines()) == len(found)
    report_text(report, ReportFormat.TEXT, color=True).encode()
    assert len(json.loads(report_text(report, ReportFormat.JSON))["diagnostics"]) == len(found)


@given(st.lists(diagnostics(), max_size=3), st.sampled_from(["", "/repo", "/repo/a", "/"]))
@law(100)
def test_every_report_for_a_tool_is_valid(found, repository):
    report = Report(tuple(found), SUMMARY, "/repo/a", repository)
    rendered = {name: report_text(report, name) for name in ReportFormat}
    assert all(text.encode() for name, text in rendered.items() if name not in ("concise", "github"))
    assert not [*SARIF.iter_errors(json.loads(rendered["sarif"]))]
    assert len({issue["fingerprint"] for issue in json.loads(rendered["gitlab"])}) == len(found)
    assert [line[:2] for line in rendered["github"].split("\n")[:-1]] == ["::"] * len(found)
    assert len([*ElementTree.fromstring(rendered["junit"].encode()).iter("testcase")]) == max(len(found), 1)


@given(st.text(alphabet="ab: \t流é\u0301😀", max_size=400), st.data(), st.integers(40, 120))
@law(100)
def test_carets_stand_under_their_text(line, data, width):
    start = data.draw(st.integers(0, max(len(line) - 1, 0)))
    end = data.draw(st.integers(start, min(start + 8, len(line))))
    report = Report((BAD_VALUE.at(Source("x", line).span(start, end), "m"),), SUMMARY)
    rows = render(report, color=False, width=width).splitlines()
    assume(line.strip())
    _, source_row, caret_row = rows[2:5]
    assert cell_len(source_row) <= width
    before = caret_row.index("^")
    marked = line[start:end].replace("\t", "    ")
    assert len(caret_row) - before == max(cell_len(marked), 1)
    # What stands over the carets is the text that was meant. Combining characters share a column with others.
    over = [char for column, char in _columns(source_row) if before <= column < len(caret_row)]
    assert "".join(over).strip().startswith(marked.replace("\u0301", "").strip()[:1])


def _columns(row):
    column = 0
    for char in row:
        if cell_len(char):
            yield column, char
        column += cell_len(char)
