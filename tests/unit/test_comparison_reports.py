"""A comparison as text, Markdown and JSON, also where it is large or what it says is hostile."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

from support.tables import each

from specc.changes import Change
from specc.comparison.markdown import MOST_BYTES, as_markdown
from specc.comparison.model import Cause, Comparison, Detail, Group, Item, Label, Place, Uncompared, What, said
from specc.comparison.reports import as_json, as_text

PLACE = Place("base.job.yaml", 9, 15, False)
NASTY = "</details>`````@all #1 **x** [a](b) <img src=x> | $1$ \x1b[31m\u202e\n```"


def item(number: int, *changes: Change, spec: str = "a.job.yaml") -> Item:
    label = Label(spec, "", f"{number:012x}", f"job-{number}")
    return Item(label, "0" * 64, "1" * 64, tuple(Detail(change, PLACE) for change in changes))


def comparison(*groups: Group, uncompared: tuple[Uncompared, ...] = ()) -> Comparison:
    altered = sum(len(group.items) for group in groups)
    counts: dict[What, int] = {"altered": altered, "added": 0, "removed": 0, "moved": 0}
    return Comparison(groups, counts, 0, uncompared, ())


def one(name: str, before: object, after: object, count: int = 1) -> Group:
    change = Change(name, (before,), (after,))
    cause = Cause("altered", name, said(before), said(after), PLACE)
    return Group(cause, tuple(item(number, change) for number in range(count)))


class Folds(HTMLParser):
    """Counts what is open, and collects what is shown as a heading."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outside_fences(markdown: str) -> str:
    return re.sub(r"^(`{3,})diff\n.*?\n\1$", "", markdown, flags=re.MULTILINE | re.DOTALL)


def test_what_specs_say_cannot_break_out_of_the_markdown() -> None:
    group = one("cmd_line", NASTY, f"{NASTY}x", 3)
    folds = Folds()
    text = as_markdown(comparison(group, uncompared=(Uncompared(NASTY, NASTY),)), NASTY)
    rest = outside_fences(text)
    folds.feed(rest)
    assert folds.open == []
    assert folds.tags == {"details", "summary", "b", "code"}
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "`" not in rest
    assert "**" not in rest


@each("groups", [1, 40, 2_000])
def test_a_comment_holds_it_all(groups: int) -> None:
    many = [one("cmd_line", f"{number} " + "é" * 400, f"{number} " + "ü" * 400, 30) for number in range(groups)]
    lost = tuple(Uncompared(f"{number}.job.yaml", "it has errors") for number in range(groups))
    text = as_markdown(comparison(*many, uncompared=lost), "HEAD")
    assert len(text.encode()) <= MOST_BYTES
    shown = text.count("payloads altered</b>")
    assert shown == groups or f"{groups - shown:,} more causes are not shown" in text
    folds = Folds()
    folds.feed(outside_fences(text))
    assert folds.open == []
    if groups == 2_000:
        assert "more are not compared" in text


def test_no_change_is_said() -> None:
    assert "### specc diff: no payload changes\n" in as_markdown(comparison(), "HEAD")
    assert as_text(comparison(), "HEAD") == ""


def test_long_values_are_shown_where_they_go_apart() -> None:
    before, after = "x" * 150 + "old" + "y" * 20, "x" * 150 + "new" + "y" * 20
    text = as_text(comparison(one("cmd_line", before, after)), "HEAD")
    assert f'  cmd_line:\n    - ...{"x" * 30}old{"y" * 20}"\n    + ...{"x" * 30}new{"y" * 20}"\n' in text


def test_more_specs_than_can_be_named() -> None:
    items = tuple(item(number, Change("n", (1,), (2,)), spec=f"{number}.job.yaml") for number in range(5))
    text = as_text(comparison(Group(Cause("altered", "n", said(1), said(2), None), items)), "HEAD")
    assert text == "5 payloads altered: n 1 -> 2\n  of 0.job.yaml, 1.job.yaml, 2.job.yaml and 2 more specs\n"


def test_a_field_that_several_causes_change_alike_is_told_once() -> None:
    group = Group(
        Cause("altered", "vars.n", said(1), said(1), PLACE, "another parent"),
        (item(1, Change("name", ("a",), ("b",))), item(2, Change("name", ("c",), ("d",)))),
    )
    assert as_text(comparison(group), "HEAD") == (
        "2 payloads altered: vars.n changed, another parent, base.job.yaml:9\n"
        "  of a.job.yaml\n"
        '  name: "a" -> "b"\n'
        "    in job-1 (a.job.yaml cell 000000000001), and 1 more\n"
    )


def test_many_that_are_new_are_counted_in_markdown() -> None:
    items = tuple(item(number) for number in range(25))
    text = as_markdown(comparison(Group(Cause("added", "a.job.yaml", (), (), PLACE, "the spec is new"), items)), "HEAD")
    assert text.count("\n- <code>job") == 20
    assert "\n- and 5 more\n" in text


def test_fields_that_are_new_or_gone_in_markdown() -> None:
    items = (item(1, Change("a", (), (True,)), Change("b", (None,), ())),)
    text = as_markdown(comparison(Group(Cause("altered", "vars.x", (), said(1), PLACE), items)), "HEAD")
    assert "```diff\n+ true\n```" in text
    assert "```diff\n- null\n```" in text


def test_json_keeps_what_differs_apart() -> None:
    document = json.loads(as_json(comparison(one("exclusive", 1, True)), "HEAD"))
    cause = document["groups"][0]["cause"]
    assert (cause["before"], cause["after"]) == (1, True)
    assert cause["after"] is True
    assert (
        "before"
        not in json.loads(as_json(comparison(Group(Cause("altered", "n", (), said(None), None), ())), "HEAD"))[
            "groups"
        ][0]["cause"]
    )


@each(
    "same, lost, expected",
    [
        (0, 0, "no payload changes"),
        (3, 0, "no payload changes"),
        (3, 1, "no payload changes in what was compared; 1 spec not compared"),
        (0, 2, "2 specs not compared"),
    ],
)
def test_a_headline_says_no_more_than_is_known(same: int, lost: int, expected: str) -> None:
    found = replace(comparison(uncompared=(Uncompared("a", "it has errors"),) * lost), same=same)
    assert f"### specc diff: {expected}\n" in as_markdown(found, "main")
