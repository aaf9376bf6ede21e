"""Law: what a page about jobs is made of does not depend on the texts in it, and it can always be written."""

from hypothesis import given
from hypothesis import strategies as st
from support.jobs_of_pages import made_of
from unit.test_pages import Structure

from specc.reporters.page import render

TAME = Structure(render(made_of("tame", 1))).elements
PARTS = (
    "<",
    ">",
    "</",
    "script",
    "'",
    '"',
    "&",
    "--",
    "&#60;",
    "\x00",
    "\x1b[",
    "\u202e",
    "\ud800",
    "]]>",
    "{{",
    "=",
    "-",
)


@given(st.one_of(st.text(min_size=1), st.lists(st.sampled_from(PARTS), min_size=1).map("".join)))
def test_a_text_is_never_markup(text: str) -> None:
    document = render(made_of(text, 1))
    assert Structure(document).elements == TAME
    assert document.encode()
