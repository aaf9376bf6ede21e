"""Every message that specc says has its translation, and the catalogue is one that translators' tools can read."""

import re

import pytest

from manual.messages import CATALOGUE, Said, said, templates, updated
from specc.language.catalogue import PART, VALUE, Entry, entries_of, read_entries

ENTRIES = entries_of("zh_CN")
TRANSLATED = [entry for entry in ENTRIES if entry.translation]
HOW = (
    "run `python -m manual.messages`, which adds them to specc/language/zh_CN.po, and write their `msgstr` there; "
    "docs/translating.md says how, also for a text that is not for people"
)


def test_every_message_has_its_translation() -> None:
    known = {(entry.context, entry.template) for entry in ENTRIES if entry.translation}
    missing = [f"{uses[0].module}: {name[1]}" for name, uses in said().items() if name not in known]
    assert not missing, "\n".join([f"{len(missing)} messages have no translation: {HOW}", *missing[:20]])


def test_a_translation_has_the_values_of_its_template() -> None:
    wrong = [
        entry.template
        for entry in TRANSLATED
        if sorted({number for number, _ in VALUE.findall(entry.template)})
        != sorted(number for number, _ in VALUE.findall(entry.translation))
    ]
    assert not wrong, "a translation says each value of its template once: `{1}`, `{1~}` or `{1-}`"


def test_a_translation_keeps_what_is_code() -> None:
    """Commands, keys and values in backticks are not translated, apart from words that stand for what people write."""
    code = re.compile(r"`[^`\n]+`")
    wrong = []
    for entry in TRANSLATED:
        if entry.translation != entry.template:
            kept = [VALUE.sub("{}", each) for each in code.findall(entry.translation)]
            written = [VALUE.sub("{}", each) for each in code.findall(entry.template)]
            lost = [each for each in written if each not in kept and "reason" not in each]
            wrong += [(entry.template, lost)] if lost else []
    assert not wrong


def test_a_translation_has_chinese_marks_between_chinese_characters() -> None:
    half_width = re.compile(r"[\u4e00-\u9fff][,;:!?](?:\s|[\u4e00-\u9fff])")
    assert not [entry.translation for entry in ENTRIES if half_width.search(entry.translation)]


def test_code_is_said_as_it_is() -> None:
    """A value in backticks is what somebody wrote, and is never looked up."""
    code = [part for entry in ENTRIES for part in entry.translation.split("`")[1::2]]
    assert not [part for part in code if re.search(r"\{\d+~\}", part)]


def test_no_entry_stands_twice() -> None:
    names = [(entry.context, entry.template) for entry in ENTRIES]
    assert len(names) == len(set(names))


def test_the_catalogue_is_as_the_tool_writes_it() -> None:
    text = CATALOGUE.read_text(encoding="utf-8")
    assert list(read_entries(text)) == list(ENTRIES)
    assert [line for line in text.splitlines() if line and not re.match(r'(#[:.]? |msg(ctxt|id|str) "|")', line)] == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('def f(x):\n    """Return the name."""\n    say(f"no file {x}")\n', ["no file {1}"]),
        ('help = "first of" if x else "second of"\n', ["first of", "second of"]),
        ("m = f\"{a} is {'not ' if b else ''}there\"\n", ["{1} is not there", "{1} is there"]),
        ('m = "these are " + names + " files"\n', ["these are {1} files"]),
        ("m = f\"in {counted(n, 'file')} of it\"\n", ["in {1} of it", "{1} file", "{1} files"]),
        ('raise ValueError("this is our bug")\n', []),
        ('p = re.compile("some of these")\n', []),
        ('q = "SELECT name FROM jobs"\n', []),
        ('raise SpeccError("gone", help="look")\n', ["gone", "look"]),
        ('x = "cores"\n', []),
        ('x = "an API key"\n', ["an API key"]),
        ('t = ("found {1} of {0}",)\n', ["found {1} of {2}"]),
    ],
)
def test_templates_are_what_a_module_says(source: str, expected: list[str]) -> None:
    assert [each.template for each in templates(source, "specc/x.py")] == expected


def test_an_update_keeps_translations_and_drops_what_is_not_said() -> None:
    before = updated("", {("", "old"): [Said("old", (), "a.py")], ("", "new"): [Said("new", (), "a.py")]})
    translated = (
        before.replace('msgid "old"\nmsgstr ""', 'msgid "old"\nmsgstr "旧"')
        + '\nmsgctxt "part"\nmsgid "x"\nmsgstr "某"\n'
    )
    after = updated(translated, {("", "old"): [Said("old", ("n",), "b.py")], ("", "more"): [Said("more", (), "b.py")]})
    assert list(read_entries(after)) == [Entry("old", "旧"), Entry("more", ""), Entry("x", "某", PART)]
    assert "#: b.py\n#. {1} n\n" in after


NEIGHBOURS = re.compile(r"\{(\d)\}\{(\d)\}")


def test_values_side_by_side_stay_so_or_a_shorter_entry_has_the_first_alone() -> None:
    """The first of two is empty when a message is taken apart, so a translation cannot put its own words between."""
    known = {VALUE.sub("{}", entry.template) for entry in ENTRIES}
    parted = [
        entry.template
        for entry in ENTRIES
        for first, second in NEIGHBOURS.findall(entry.template)
        if entry.translation and not re.search(rf"\{{{first}[~#-]?\}}\{{{second}[~#-]?\}}", entry.translation)
        if VALUE.sub("{}", entry.template.replace(f"{{{second}}}", "")) not in known
    ]
    assert parted == []
