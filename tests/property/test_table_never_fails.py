"""Any text as an API page or a patch gives a schema or findings, never an exception; every span lies in its source."""

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from support.laws import law

from specc.parser import parse_tree
from specc.schemagen import build_request, build_response, dump, read_page
from specc.source import Source

PIECES = [
    *(
        "|",
        "| --- ",
        "---",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        " ",
        "\\",
        "\\|",
        "`",
        "```\n",
        "**",
        "#",
        "> ",
        "- ",
        "\t",
        "&amp;",
    ),
    *("## 请求参数\n", "## Response\n", "| 参数 | 类型 | 是否必选 |\n|---|---|---|\n", "| Name | Type |\n|--|--|\n"),
    *(
        "string",
        "int",
        "true",
        "参数",
        "a_b",
        "<ul>",
        "<li>",
        "</br>",
        "<![CDATA[",
        "<!",
        "<?",
        "https://[",
        "[",
        "](",
        "é",
    ),
    *("\0", "\ufeff", "\u2028", "\u3000", "é", "&amp;"),
]
PAGES = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=40).map("".join)

KEYS = [
    "properties",
    "a",
    "x-patch-source",
    "anyOf",
    "required",
    "default",
    "type",
    "x-added",
    "enum",
    "x-shell",
    "pattern",
]
LEAVES = st.sampled_from(["a", "1", "true", "null", "why", "string", "'('", "[]", "[a]", "{required: [a]}", "{}"])
PATCHES = st.recursive(
    LEAVES,
    lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, max_size=4).map(
        lambda entries: "{" + ", ".join(f"{key}: {value}" for key, value in entries.items()) + "}"
    ),
    max_leaves=12,
)
ROWS = "## Request\n\n| Name | Type | Required |\n|--|--|--|\n| a | int | true |\n"


def inside(found):
    return all(0 <= finding.span.start <= finding.span.end <= len(finding.span.source.text) for finding in found)


@law(100)
@given(PAGES)
def test_any_page(text):
    page, found = read_page(Source("page.md", text))
    assert inside(found)
    assert page is not None or found
    if page is not None:
        for schema, findings in (build_request(page), build_response(page)):
            assert inside(findings)
            assert schema or findings
            Draft202012Validator.check_schema(schema)
            assert dump(schema).endswith("}\n")


@law(100)
@given(PATCHES)
def test_any_patch(text):
    page, _ = read_page(Source("page.md", ROWS))
    patch, faults = parse_tree(Source("patch.yaml", text))
    schema, found = build_request(page, patch)
    assert inside([*faults, *found])
    Draft202012Validator.check_schema(schema)
    assert schema == build_request(page)[0] or not found


@law(50)
@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z]{1,6}", fullmatch=True), st.sampled_from(["string", "int", "bool"]), st.booleans()
        ),
        min_size=1,
        max_size=8,
        unique_by=lambda row: row[0],
    ),
    st.text(alphabet="xyz é字&;<>*_`", max_size=12),
)
def test_every_row_is_found_at_its_place(rows, prose):
    body = "".join(f"| {name} | {kind} | {str(flag).lower()} |\n" for name, kind, flag in rows)
    page, found = read_page(
        Source("page.md", f"{prose}\n\n## Request\n\n| Name | Type | Required |\n|--|--|--|\n{body}")
    )
    schema, faults = build_request(page)
    assert [*found, *faults] == []
    assert list(schema["properties"]) == [name for name, _, _ in rows]
    assert schema.get("required", []) == [name for name, _, flag in rows if flag]
    for number, (name, _, _) in enumerate(rows, start=7):
        assert schema["properties"][name]["x-source"] == f"page.md:{number}"
