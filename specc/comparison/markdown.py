"""For a comment in a merge request: a line for each cause that unfolds, and never more than a comment can hold."""

import html
import json
import re
from collections.abc import Iterator

from specc.comparison import wording
from specc.comparison.model import Comparison, Group
from specc.wording import brief

MARK = "<!-- specc diff -->"
"""By which the comment of an earlier run is found."""
MOST_BYTES = 60_000
"""GitHub takes comments of 65,536 characters, GitLab longer ones. The rest is for whoever adds a few words."""
END_BYTES = 400
MOST_ITEMS = 20
WIDTH = 300
TICKS = re.compile("`+")
SPECIAL = re.compile(r"[\\`*_\[\]|~$]|:(?=//)|(?<=www)\.", re.IGNORECASE)
"""What Markdown reads, and what GitHub and GitLab make a link of, also between the tags of code."""


def as_markdown(comparison: Comparison, base: str) -> str:
    """The folded parts are left out first, then whole causes; what is left out is counted."""
    head = f"{MARK}\n### specc diff: {wording.headline(comparison)}\n\nCompared with {_code(base)}.\n"
    text = head
    room = MOST_BYTES - END_BYTES
    shown = 0
    for group in comparison.groups:
        forms = (_whole(group), _folded(group, ""))
        part = next((form for form in forms if len((text + form).encode("utf-8", "replace")) <= room), None)
        if part is None:
            break
        text += part
        shown += 1
    left = len(comparison.groups) - shown
    if left:
        text += f"\n{left:,} more {'cause is' if left == 1 else 'causes are'} not shown: `specc diff` shows all.\n"
    return text + _uncompared(comparison, MOST_BYTES - len(text.encode("utf-8", "replace")))


def _whole(group: Group) -> str:
    return _folded(group, "\n".join(_inside(group)))


def _folded(group: Group, inside: str) -> str:
    where = group.cause.place
    at = "" if where is None else f", {_code(str(where))}"
    line = f"<b>{wording.payloads(len(group.items))} {group.cause.what}</b>: {_code(wording.heading(group))}{at}"
    if not inside:
        return f"\n<p>{line}</p>\n"
    return f"\n<details><summary>{line}</summary>\n\n{inside}\n\n</details>\n"


def _inside(group: Group) -> Iterator[str]:
    yield f"Of {_code(wording.specs(group))}."
    if group.cause.what == "altered":
        for detail, item, count in wording.alike(group):
            more = f", and {count - 1:,} more" if count > 1 else ""
            yield f"\n{_code(detail.change.field)} in {_code(wording.label(item.label))}{more}:\n"
            yield _fenced(_differing(detail.change.before, detail.change.after, wording.differing(detail.change)))
        return
    yield ""
    for item in group.items[:MOST_ITEMS]:
        was = f", was {_code(wording.label(item.was))}" if item.was is not None else ""
        yield f"- {_code(wording.label(item.label))}{was}"
    if len(group.items) > MOST_ITEMS:
        yield f"- and {len(group.items) - MOST_ITEMS:,} more"


def _differing(before: tuple[object, ...], after: tuple[object, ...], lines: list[str]) -> list[str]:
    """As a patch, which is shown in red and green."""
    if len(lines) > 1 or not (before or after):
        return lines
    sides = [f"- {_plain(before[0])}"] if before else []
    return [*sides, *([f"+ {_plain(after[0])}"] if after else [])]


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _fenced(lines: list[str]) -> str:
    text = "\n".join(brief(line, WIDTH) for line in lines)
    ticks = "`" * max(3, 1 + max(map(len, TICKS.findall(text)), default=0))
    return f"{ticks}diff\n{text}\n{ticks}"


def _code(text: str) -> str:
    """As code, in which neither @names nor #numbers are linked. What Markdown would read is written as numbers."""
    escaped = SPECIAL.sub(lambda match: f"&#{ord(match[0])};", html.escape(brief(text, WIDTH)))
    return f"<code>{escaped}</code>"


def _uncompared(comparison: Comparison, room: int) -> str:
    text = ""
    for number, one in enumerate(comparison.uncompared):
        line = f"\n- not compared: {_code(one.spec)}: {_code(one.why)}"
        if len((text + line).encode("utf-8", "replace")) > room - 60:
            return f"{text}\n- and {len(comparison.uncompared) - number:,} more are not compared\n"
        text += line
    return f"{text}\n" if text else ""
