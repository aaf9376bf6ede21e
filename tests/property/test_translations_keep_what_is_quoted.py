"""No translation changes what stands in backticks or quotes: people copy it, and look for it in their files."""

from hypothesis import given, settings
from hypothesis import strategies as st

from specc.language.catalogue import PART, QUOTED, VALUE, Entry, catalogue_of, entries_of

ENTRIES = [entry for entry in entries_of("zh_CN") if entry.translation not in ("", entry.template)]
MESSAGES = [entry for entry in ENTRIES if VALUE.search(entry.template)]
PARTS = [entry for entry in ENTRIES if entry.context == PART]
MARKS = "`\"'"
PLACEHOLDER = "] reason`"
"""Code in which a word stands for what the reader writes is translated."""

SPECIMENS = ["求解.sh", "name: 测试", "四", "echo 好", "好 in 中", "error: 的", "a, b", "/home/NAME/结果"]
texts = st.sampled_from(SPECIMENS) | st.text(st.characters(exclude_characters=MARKS, exclude_categories=["Cs"]))


@st.composite
def messages(draw: st.DrawFn, entry: Entry) -> str:
    """Make a message of a template: a value is what somebody wrote, this in quotes, or wording of specc's own."""
    wording = {number for number, mark in VALUE.findall(entry.translation) if mark == "~"}
    made = []
    for at, piece in enumerate(VALUE.split(entry.template)):
        if at % 3 == 0:
            made.append(piece)
        elif at % 3 == 1:
            text = draw(texts)
            part = VALUE.sub("3", draw(st.sampled_from(PARTS)).template)
            shapes = [text, f"`{text}`", f'the text "{text}"', part] if piece in wording else [text]
            made.append(draw(st.sampled_from(shapes)))
    return "".join(made)


@settings(max_examples=400)
@given(st.sampled_from(MESSAGES).flatmap(messages))
def test_a_translation_has_all_that_is_quoted_in_english(message: str) -> None:
    said = catalogue_of("zh_CN").translate(message)
    lost = [match[0] for match in QUOTED.finditer(message) if match[0] not in said and PLACEHOLDER not in match[0]]
    assert not lost, said


@given(st.text(st.sampled_from("`\"' :,.;求 解a in of is not and"), max_size=60))
def test_any_text_keeps_what_is_quoted(text: str) -> None:
    said = catalogue_of("zh_CN").translate(text)
    assert all(match[0] in said for match in QUOTED.finditer(text))
