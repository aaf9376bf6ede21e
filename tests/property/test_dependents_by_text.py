"""Which specs depend on a file, told from bytes, is what the whole inheritance graph says."""

import json
import unicodedata
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.laws import law

from specc.diagnostics import Missing
from specc.disk import Contents
from specc.inheritance import mentioned, references
from specc.linter.families import Register, dependents
from specc.project import FileLibrary

CAFE = "café.job.yaml"
BASES = (
    "base.job.yaml",
    "deep/base.job.yaml",
    "a.job.yaml",
    "my own base.job.yaml",
    "it's.job.yaml",
    'so "called".job.yaml',
    "back\\slash.job.yaml",
    "100%#:-,.job.yaml",
    "[x]{y}.job.yaml",
    unicodedata.normalize("NFC", CAFE),
    unicodedata.normalize("NFD", CAFE),
    "求解器.job.yaml",
    "tab\there.job.yaml",
    "line\nbreak.job.yaml",
    "no\u00a0break.job.yaml",
    "next\u0085line.job.yaml",
    "line\u2028separator.job.yaml",
    "\ufeffmark.job.yaml",
    "-",
    "~",
    "1e3",
    "👩‍🔬.job.yaml",
)
"""Names that YAML can write in more ways than one."""
NAMED = {char: escape for escape, char in {"t": "\t", "n": "\n", "_": "\u00a0", "N": "\u0085", "L": "\u2028"}.items()}


def plain(text: str) -> str:
    return text


def single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def double(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def numbered(text: str) -> str:
    return '"' + "".join(f"\\U{ord(char):08x}" if char.isalnum() else _short(char) for char in text) + '"'


def short(text: str) -> str:
    return '"' + "".join(map(_short, text)) + '"'


def _short(char: str) -> str:
    return f"\\{NAMED[char]}" if char in NAMED else f"\\{char}" if char in '"\\/ ' else char


def continued(text: str) -> str:
    """Break the text behind each third character, as double quotes allow it."""
    pieces = [text[start : start + 3] for start in range(0, len(text), 3)]
    return '"' + "\\\n \t".join("".join(_short(char) for char in piece) for piece in pieces) + '"'


def folded(text: str) -> str:
    return '"' + "".join(map(_short, text)).replace("\\ ", "\n\n   ".replace("\n\n", "\n")) + '"'


def block(text: str) -> str:
    return f"|-\n        {text}"


def folded_block(text: str) -> str:
    return ">-\n        " + text.replace(" ", "\n        ")


STYLES = (plain, single, double, numbered, short, continued, folded, block, folded_block)


def one(reference: str) -> str:
    return f"extends: {reference}\n"


def listed(reference: str) -> str:
    return f"extends:\n- {reference}\n"


def flow(reference: str) -> str:
    return f"extends: [specc:mpi,{reference}]\n"


def anchored(reference: str) -> str:
    return f"x-base: &base {reference}\nextends: *base\n"


def merged(reference: str) -> str:
    return f"x-all: &all\n  extends: {reference}\n<<: *all\n"


def spelled_key(reference: str) -> str:
    return f'"ext\\u0065nds": {reference}\n'


def included(reference: str) -> str:
    return f"job:\n  cmd_line:\n    $file: {reference}\n"


def included_in_flow(reference: str) -> str:
    return f'job: {{cmd_line: {{"$file": {reference}}}}}\n'


FORMS = (one, listed, flow, anchored, merged, spelled_key, included, included_in_flow)
WAYS = ("{}", "./{}", "//{}", "deep/../{}", ".//{}", "{}/.", "{}/x/..")


def written(target: str, style: int, form: int, way: int) -> bytes:
    """Return a spec that refers to a file, whether YAML can say it so or not."""
    reference = STYLES[style](WAYS[way].format(target))
    return ("specc: 1\n" + FORMS[form](reference)).encode()


def graph_of(names: list[str], library: FileLibrary) -> dict[str, frozenset[str]]:
    parsed = {name: library.document(name) for name in names}
    return {
        name: references(each.document)
        for name, each in parsed.items()
        if not isinstance(each, Missing) and each.document is not None
    }


def by_graph(changed: str, names: list[str], library: FileLibrary) -> list[str]:
    """Read every spec, and follow all references backwards: the plain way."""
    graph = graph_of(names, library)
    reached, new = {changed}, {changed}
    while new:
        new = {name for name, targets in graph.items() if name not in reached and not new.isdisjoint(targets)}
        reached |= new
    return [name for name in names if name in reached - {changed}]


def library_of(files: dict[str, bytes]) -> FileLibrary:
    contents = Contents(Path("/project"), str)
    for name, data in files.items():
        contents.add(name, name, data)
    return FileLibrary(contents)


def by_text(changed: str, names: list[str], files: dict[str, bytes]) -> list[str]:
    library = library_of(files)
    return dependents([changed], names, library.contents, Register(library))


WRITTEN = st.builds(
    written,
    st.sampled_from(BASES),
    st.integers(0, len(STYLES) - 1),
    st.integers(0, len(FORMS) - 1),
    st.integers(0, len(WAYS) - 1),
)
NOISE = st.sampled_from(
    [
        b"",
        b"# base.job.yaml\n",
        b'vars: {a: "\\x41 \\\n b"}\n',
        b"vars:\n  run: |\n    mpirun \\\n      -np 4 a.job.yaml\n",
    ]
)
SPECS = st.builds(
    lambda spec, noise, crlf: (spec + noise).replace(b"\n", b"\r\n" if crlf else b"\n"), WRITTEN, NOISE, st.booleans()
)
PROJECTS = st.dictionaries(st.sampled_from([*BASES, "b.job.yaml", "c.job.yaml", "deep/d.job.yaml"]), SPECS, max_size=9)


@law(400)
@given(files=PROJECTS, changed=st.sampled_from([*BASES, "gone.job.yaml"]), few=st.sampled_from([0, mentioned.FEW]))
def test_by_text_is_by_graph(files: dict[str, bytes], changed: str, few: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mentioned, "FEW", few)
        assert by_text(changed, list(files), files) == by_graph(changed, list(files), library_of(files))


@pytest.mark.parametrize("style", range(len(STYLES)))
def test_every_way_to_write_a_reference_is_found(style: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = cycle(range(len(WAYS)))
    for form in range(len(FORMS)):
        found = 0
        for base in BASES:
            files = {"spec.job.yaml": written(base, style, form, next(ways))}
            expected = by_graph(base, list(files), library_of(files))
            for few in (0, mentioned.FEW):
                monkeypatch.setattr(mentioned, "FEW", few)
                assert by_text(base, list(files), files) == expected, (base, files)
            found += len(expected)
        is_block_in_flow = STYLES[style] in (block, folded_block) and FORMS[form] in (flow, included_in_flow)
        assert found >= (0 if is_block_in_flow else 3), FORMS[form]


def test_only_specs_that_can_refer_to_a_file_are_parsed() -> None:
    files = {f"{number}.job.yaml": b"specc: 1\nextends: base.job.yaml\n" for number in range(50)}
    files |= {"base.job.yaml": b"specc: 1\nabstract: true\n", "heir.job.yaml": b"specc: 1\nextends: 7.job.yaml\n"}
    library = library_of(files)
    parsed: list[str] = []
    register = Register(library, learned=lambda facts: parsed.append(facts.name))
    assert dependents(["7.job.yaml"], files, library.contents, register) == ["heir.job.yaml"]
    # The name of the first is a part of the other names, as in `17.job.yaml`, which no spec mentions.
    assert parsed == ["heir.job.yaml"]
