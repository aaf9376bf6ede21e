"""Which language the environment asks for, and how a message finds its translation."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from specc.cli.help_words import breaks
from specc.language import language_of
from specc.language.catalogue import (
    DEEPEST,
    LEFT_OUT,
    LONGEST,
    VALUE,
    Catalogue,
    Entry,
    catalogue_of,
    entries_of,
    read_entries,
)

CHINESE = catalogue_of("zh_CN")


@pytest.mark.parametrize(
    ("environment", "is_chinese"),
    [
        ({}, False),
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANG": "zh_CN.utf8"}, True),
        ({"LANG": "zh_CN"}, True),
        ({"LANG": "zh"}, True),
        ({"LANG": "zh_Hans_CN.UTF-8"}, True),
        ({"LANG": "zh_SG.UTF-8@pinyin"}, True),
        ({"LANG": "zh_CN.GB18030"}, False),  # Output is UTF-8.
        ({"LANG": "zh_TW.UTF-8"}, False),
        ({"LANG": "zh_Hant_TW.UTF-8"}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "zha_CN.UTF-8"}, False),  # Zhuang
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, False),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, True),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, True),
        ({"LANG": "zh_CN.UTF-8", "SPECC_LANG": "en"}, False),
        ({"LC_ALL": "C", "SPECC_LANG": "zh"}, True),
        ({"SPECC_LANG": "zh-Hans"}, True),
        ({"SPECC_LANG": "ZH_cn"}, True),
        ({"LANG": "zh_CN.UTF-8", "SPECC_LANG": "fr"}, False),
        ({"SPECC_LANG": "../../../etc/zh"}, False),
        ({"SPECC_LANG": "zh/../zh_CN"}, False),
        ({"LANG": "zh_CN.UTF-8", "SPECC_LANG": ""}, True),
    ],
)
def test_the_first_variable_that_is_set_chooses_the_language(environment: dict[str, str], is_chinese: bool) -> None:
    assert language_of(environment) == ("zh_CN" if is_chinese else None)


def catalogue(*entries: tuple[str, ...]) -> Catalogue:
    return Catalogue(Entry(*entry) for entry in entries)


def test_a_message_gets_the_translation_of_its_template_with_its_values() -> None:
    chinese = catalogue(("`{1}` has no key `{2}`", "`{2}` 不是 `{1}` 的键"))
    assert chinese.translate("`job` has no key `x`") == "`x` 不是 `job` 的键"


def test_what_belongs_to_no_template_stays_english() -> None:
    chinese = catalogue(("`{1}` is missing", "缺少 `{1}`"))
    assert chinese.translate("`job` is there") == "`job` is there"


def test_the_template_with_the_most_text_of_its_own_wins() -> None:
    chinese = catalogue(("write {1}", "请写 {1}"), ("write {1} or {2}", "请写 {1} 或 {2}"))
    assert chinese.translate("write a or b") == "请写 a 或 b"


def test_values_are_inserted_as_they_are() -> None:
    chinese = catalogue(("unknown key `{1}`", "未知键 `{1}`"), ("nothing", "无"))
    assert chinese.translate("unknown key `nothing`") == "未知键 `nothing`"
    assert chinese.translate("unknown key `unknown key {1}`") == "未知键 `unknown key {1}`"


def test_wording_among_the_values_is_translated_too() -> None:
    chinese = catalogue(("expected {1}", "应当是{1~}"), ("a list", "列表", "part"))
    assert chinese.translate("expected a list") == "应当是列表"
    assert chinese.translate("a list") == "a list"  # A part is not a message.


def test_a_number_is_a_number() -> None:
    chinese = catalogue(("{1} payloads altered", "改变 {1#} 个载荷"))
    assert chinese.translate("1,200 payloads altered") == "改变 1,200 个载荷"
    assert chinese.translate("x: 3 payloads altered") == "x: 3 payloads altered"


def test_a_value_of_english_grammar_alone_can_be_left_out() -> None:
    assert catalogue(("{1} spec{2} left", "还有 {1} 个规格{2-}")).translate("2 specs left") == "还有 2 个规格"


def test_a_template_without_a_translation_keeps_its_messages_from_lesser_templates() -> None:
    chinese = catalogue(("{1} in {2}", "{2} 中有 {1}"), ("{1} is not found in {2}", ""))
    assert chinese.translate("x is not found in y") == "x is not found in y"


def test_a_short_template_does_not_take_a_sentence_for_a_value() -> None:
    chinese = catalogue(("found {1}", "发现 {1~}"), ("at {1}", "在 {1~}"))
    assert chinese.translate("at jobs") == "在 jobs"
    assert chinese.translate("at first this was not known") == "at first this was not known"


def test_next_to_nothing_around_a_value_makes_no_message() -> None:
    chinese = catalogue(("{1}s", "{1}"), ("{1} in {2}", "{2} 中的 {1}"), ("found {1}", "发现 {1~}"))
    assert chinese.translate("grid 24, after 500 steps") == "grid 24, after 500 steps"
    assert chinese.translate("found x in y") == "发现 y 中的 x"


def test_two_names_in_backticks_are_not_one() -> None:
    chinese = catalogue(
        ("`{1}` is missing", "缺少 `{1}`"), ("{1} is missing", "缺少 {1~}"), ("{1} or {2}", "{1} 或 {2}")
    )
    assert chinese.translate("`a` or `b` is missing") == "缺少 `a` 或 `b`"


def test_a_blank_stands_between_chinese_and_latin_letters_alone() -> None:
    chinese = catalogue(("found {1}", "发现 {1~}"), ("a list", "列表", "part"), ("{1} files", "{1} 个文件", "part"))
    assert chinese.translate("found a list") == "发现列表"
    assert chinese.translate("found 2 files") == "发现 2 个文件"


def test_no_blank_comes_to_a_chinese_name() -> None:
    chinese = catalogue(("`{1}` is not defined", "`{1}` 没有定义"), ("{1} is {2}", "{1} 是{2~}"))
    assert chinese.translate("`params.网格数` is not defined") == "`params.网格数` 没有定义"


def test_entries_are_read_as_gettext_writes_them() -> None:
    text = '# Head\nmsgid ""\nmsgstr ""\n"Language: zh_CN\\n"\n\n#: a.py\nmsgid "a \\"b\\"\\n"\n"c"\nmsgstr "甲"\n\n'
    text += 'msgctxt "part"\nmsgid "a list"\nmsgstr "列表"\n'
    assert list(read_entries(text)) == [Entry('a "b"\nc', "甲"), Entry("a list", "列表", "part")]


def test_a_message_without_an_end_is_not_searched() -> None:
    message = "unknown field `" + "x" * LONGEST + "`"
    assert CHINESE.translate(message) == message


def test_wording_within_wording_comes_to_an_end() -> None:
    chinese = catalogue(("(of {1})", "（{1~}）", "part"), ("found (of {1})", "发现（{1~}）"))
    message = "found " + "(of " * 50 + "x" + ")" * 50
    assert chinese.translate(message).count("（") == DEEPEST + 1


SAID = [entry for entry in entries_of("zh_CN") if not entry.context and VALUE.search(entry.template)]
HOSTILE = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["{1}", "{2~}", "` is missing", "`", "a list", "\x1b[31m", "did you mean `x`?", " or ", "unknown key `"]
    ),
    st.sampled_from(SAID).map(lambda entry: entry.template),
)


@given(st.sampled_from(SAID), st.lists(HOSTILE, min_size=20, max_size=20))
def test_a_hostile_value_is_neither_lost_nor_altered(entry: Entry, values: list[str]) -> None:
    """A name that looks like a message of specc, or like a mark of the catalogue, is still the name."""
    marked = [f"q{number}{value}{number}q" for number, value in enumerate(values)]
    message = VALUE.sub(lambda value: marked[int(value[1]) - 1], entry.template)
    said = CHINESE.translate(message)
    left_out = {int(number) for number, mark in VALUE.findall(entry.translation) if mark == LEFT_OUT}
    for number, _ in VALUE.findall(entry.template):
        if int(number) not in left_out:
            assert f"q{int(number) - 1}" in said
            assert f"{int(number) - 1}q" in said


@pytest.mark.parametrize("width", range(12, 40))
def test_lines_of_help_are_broken_between_words_and_chinese_characters(width: int) -> None:
    text = "request、response、editor 或 settings。（默认：request）有警告时也以 1 退出，例如 --strict。"
    at = [0, *breaks(text, width), len(text)]
    lines = [text[start:end] for start, end in pairwise(at)]
    assert "".join(lines) == text
    assert all(cell_len(line) <= width for line in lines)
    assert not any(line.startswith(tuple("，。；：、）")) for line in lines[1:])
