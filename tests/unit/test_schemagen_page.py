"""Reading API pages: sections, columns by their headers, text out of HTML, and a finding for each contradiction."""

from pathlib import Path

from support.tables import each

from specc.schemagen import Page, Table, build_request, build_response, read_page
from specc.schemagen.markdown import is_bold, plain
from specc.schemagen.page import MAX_LENGTH, endpoint_of
from specc.source import Source

PAGES = Path(__file__).parents[1] / "pages"


def read(name):
    return page_of((PAGES / name).read_text(encoding="utf-8"), name)


def page_of(text, name="page.md"):
    page, found = read_page(Source(name, text))
    assert not found
    assert isinstance(page, Page)
    return page


def table_of(rows, header="| Parameter | Type | Required | Description |"):
    rule = "| --- " * header.count(" | ") + "| --- |"
    return f"## Request parameters\n\n{header}\n{rule}\n" + "\n".join(rows) + "\n"


def findings(found):
    """Slug, place and the text that is marked."""
    return [(finding.code.slug, str(finding.span), finding.span.text) for finding in found]


def faults(text):
    return findings(build_request(page_of(text))[1])


def names(table):
    assert isinstance(table, Table)
    return [parameter.name for parameter in table.parameters]


@each(
    "markdown, text",
    [
        ("plain", "plain"),
        ('<span style="width:100px">参数</span>', "参数"),
        ("how<ul><li>0 a</li><li>1 b</li></ul>end", "how\n- 0 a\n- 1 b\nend"),
        ("unclosed<ul><li>0", "unclosed\n- 0"),
        ("one<br />two<br>three</br>four", "one\ntwo\nthree\nfour"),
        ("`a<b>` and **bold** and _it_", "a<b> and bold and it"),
        ("&lt;b&gt; &amp;amp; &nbsp; x", "<b> &amp; x"),
        ("cluster <name>, <your-id/>", "cluster <name>, <your-id/>"),
        ("before<!-- hidden -->after", "beforeafter"),
        ("[text](http://example.com) ![alt](x)", "text alt"),
        ('<code>{ <br />   “a": (1 </code>', '{\n“a": (1'),
        ("<ul><li></li></ul>", ""),
        ("", ""),
    ],
)
def test_text_is_what_a_reader_sees(markdown, text):
    assert plain(markdown) == text


@each(
    "markdown, bold",
    [("**Request Parameters**", True), ("**a** b", False), ("**a** **b**", False), ("a **b**", False), ("**", False)],
)
def test_a_paragraph_in_bold_is_a_heading(markdown, bold):
    assert is_bold(markdown) is bold


def test_what_the_call_is():
    page = read("create_pool.md")
    assert (page.action, page.method) == ("pool/createPool", "POST")
    assert page.endpoint == "https://hpc-api.qingcloud.com/api"
    assert page.introduction == "Makes a pool of nodes."


def test_a_page_that_does_not_say_what_the_call_is():
    page = read("bind_pool.md")
    assert (page.action, page.method, page.endpoint, page.introduction) == (None, None, None, "")


@each(
    "code, endpoint",
    [
        ("https://a.b/api/job/x?y=1\n&COMMON", "https://a.b/api"),
        ("GET http://a.b:443/api//x", "http://a.b:443/api"),
        ("https://a.b/apiary/x", "https://a.b"),
        ("https://a.b", "https://a.b"),
        ("https://[::1", None),
        ("https://", None),
        ("no url", None),
    ],
)
def test_the_endpoint_is_the_start_of_the_example_url(code, endpoint):
    assert endpoint_of(code) == endpoint


def test_html_in_headers_and_cells():
    schema, found = build_request(read("create_pool.md"))
    assert findings(found) == [("bad-required", "create_pool.md:23:24", "int")]
    assert schema["properties"]["kind"]["description"] == "节点池的类型\n- small\n- large"
    assert schema["properties"]["pool_conf"]["description"].splitlines()[:3] == [
        "节点池的配置",
        '"pool_conf": {',
        '"name": “池的名称",',
    ]
    assert schema["properties"]["timestamp"] == {
        "type": "string",
        "format": "date-time",
        "description": "请求的时间",
        "x-source": "create_pool.md:20",
    }
    assert schema["required"] == ["timestamp", "pool_conf", "kind"]


def test_a_response_says_its_examples_and_is_open():
    schema, found = build_response(read("create_pool.md"))
    assert not found
    assert schema["properties"]["ret_code"]["examples"] == [0]
    assert "additionalProperties" not in schema
    assert "required" not in schema


def test_headers_that_contradict_their_cells_are_one_finding():
    page = read("old_list.md")
    schema, found = build_request(page)
    assert findings(found) == [("bad-required", "old_list.md:18:32", "每页的个数")]
    assert [label.span.text for label in found[0].labels] == ["Required", "Description"]
    assert list(schema["properties"]) == ["limit", "timestamp"]


def test_headings_in_bold_and_further_tables():
    schema, found = build_response(read("old_list.md"))
    assert findings(found) == [("repeated-row", "old_list.md:37:3", "description")]
    assert not found[0].is_error
    assert schema["properties"]["total_count"]["description"] == "总数\n节点池的个数\n没有时为0"
    item = schema["$defs"]["Response Item"]
    assert item["x-source"] == "old_list.md:32"
    assert item["properties"]["pool_set"]["type"] == "array"
    assert item["properties"]["description"]["x-source"] == "old_list.md:35"


def test_types_and_chinese_required_header_and_an_escaped_bar():
    schema, found = build_request(read("list_members.md"))
    assert not found
    assert {name: body["type"] for name, body in schema["properties"].items()} == {
        "since": "string",
        "verbose": "boolean",
        "ids": "array",
    }
    assert schema["properties"]["since"]["format"] == "date-time"
    assert schema["properties"]["verbose"]["description"] == "详细信息\n- true\n- false"
    assert schema["properties"]["ids"]["description"] == "成员的 id，写成 a|b"


def test_a_name_that_is_none_and_an_example_that_does_not_fit():
    schema, found = build_response(read("list_members.md"))
    assert findings(found) == [
        ("odd-example", "list_members.md:24:23", "统计总数<br />最少为0"),
        ("bad-table", "list_members.md:32:3", "e'ip_class"),
    ]
    assert "examples" not in schema["properties"]["total_count"]
    assert schema["$defs"]["response item"]["properties"]["ready"]["examples"] == [True]


def test_second_rows():
    _, found = build_request(read("bind_pool.md"))
    assert findings(found) == [
        ("repeated-row", "bind_pool.md:7:3", "pool_id"),
        ("duplicate-row", "bind_pool.md:8:3", "duration"),
        ("duplicate-row", "bind_pool.md:10:3", "role"),
    ]
    assert str(found[1].labels[0].span) == "bind_pool.md:6:3"
    assert "not required" in found[1].message
    assert "int instead of string" in found[2].message


def test_second_rows_of_a_table_without_types():
    text = table_of(["| a | true |", "| a | true |", "| a | false |"], "| Name | Required |")
    assert faults(text) == [("repeated-row", "page.md:6:3", "a"), ("duplicate-row", "page.md:7:3", "a")]


def test_the_only_table_of_a_page_is_its_request():
    schema, found = build_request(read("common.md"))
    assert not found
    assert schema["required"] == ["version"]
    assert schema["properties"]["signature"] == {"description": "签名", "x-source": "common.md:6"}


def test_the_only_table_is_a_response_when_it_has_examples_and_nothing_required():
    page = page_of("| Name | Type | Sample value |\n|--|--|--|\n| a | int | 3 |\n")
    assert page.request.table is None
    assert names(page.response.table) == ["a"]


def test_html_at_the_start_of_a_line_ends_a_table():
    _, found = build_request(read("torn.md"))
    assert findings(found) == [("bad-table", "torn.md:6:1", "<ul><li>a</li></ul> |")]


def test_each_deviant_row_is_one_finding_at_its_cell():
    schema, found = build_request(read("deviant.md"))
    assert findings(found) == [
        ("bad-type", "deviant.md:5:10", "flaot"),
        ("bad-table", "deviant.md:6:3", "a name"),
        ("bad-table", "deviant.md:7:3", ""),
        ("bad-table", "deviant.md:8:30", "b"),
        ("bad-required", "deviant.md:9:19", ""),
        ("bad-type", "deviant.md:10:13", ""),
    ]
    assert list(schema["properties"]) == ["size", "short", "untyped"]


@each(
    "text, expected",
    [
        (table_of(["| a | string | maybe | |"]), [("bad-required", "page.md:5:16", "maybe")]),
        (
            table_of(["| a | string | true |"], "| Parameter | Type | Needed |"),
            [("bad-table", "page.md:3:1", "| Parameter | Type | Needed |")],
        ),
        (table_of(["| a | b |"], "| | |"), [("bad-table", "page.md:3:1", "| | |")] * 2),
        (table_of([]), [("bad-table", "page.md:3:1", "| Parameter | Type | Required | Description |")]),
        (
            table_of(["| a | a | true |"], "| Name | Parameter | Required |"),
            [("bad-table", "page.md:3:10", "Parameter")],
        ),
        ("## Response\n\n" + table_of([])[24:], [("bad-table", "page.md:1:1", "")]),
        (
            "## Request\n\n## Response\n\n| Name | Type |\n|--|--|\n| a | int |\n",
            [("bad-table", "page.md:1:1", "## Request")],
        ),
    ],
)
def test_tables_that_cannot_be_read(text, expected):
    assert faults(text) == expected


def test_a_table_without_an_outer_bar_and_in_a_quote():
    text = "> Name | Type | Required\n> --- | --- | ---\n> a\\|b | int | true\n> size | what | true\n> last | int | x |"
    assert faults(text) == [
        ("bad-table", "page.md:3:3", "a\\|b"),
        ("bad-type", "page.md:4:10", "what"),
        ("bad-required", "page.md:5:16", "x"),
    ]


def test_tables_with_many_findings_show_some():
    _, found = build_request(page_of(table_of([f"| a{n} | what | true | |" for n in range(80)])))
    assert len(found) == 50
    assert found[-1].notes == ("30 more diagnostics of this table are not shown",)


@each(
    "text, place, part",
    [
        ("", "page.md:1:1", "no parameter table"),
        ("# Title\n\n## 请求参数\n\nnone\n", "page.md:3:1", "no parameter table"),
        ("| Name | Type |\n| --- |\n| a | int |\n", "page.md:1:1", "another number of cells"),
        ("<table><tr><td>a</td></tr></table>", "page.md:1:1", "no parameter table"),
        ("x" * (MAX_LENGTH + 1), "page.md:1:1", "characters"),
    ],
)
def test_pages_without_a_table(text, place, part):
    page, found = read_page(Source("page.md", text))
    assert page is None
    assert [str(finding.span) for finding in found] == [place]
    assert part in found[0].message


@each("start", ["---\ntitle: a\n---\n", "\ufeff---\r\ntitle: | a |\r\n...\r\n", "---\nno end\n\n", "\ufeff"])
def test_front_matter_is_passed_over_and_lines_stay(start):
    page = page_of(start + table_of(["| a | int | true | |"]))
    assert names(page.request.table) == ["a"]
    assert page.request.table.parameters[0].span.first.line == 5 + start.count("\n")


def test_front_matter_only():
    page, found = read_page(Source("page.md", "---\na: b\n---"))
    assert page is None
    assert found


def test_line_breaks_of_any_kind_give_the_same_schema():
    text = (PAGES / "create_pool.md").read_text(encoding="utf-8")
    unix, windows, mac = (build_request(page_of(text.replace("\n", end))) for end in ("\n", "\r\n", "\r"))
    assert unix[0] == windows[0] == mac[0]
    assert findings(unix[1]) == findings(windows[1]) == findings(mac[1])


def test_captions_of_further_tables_are_told_apart():
    table = "| Name | Type |\n|--|--|\n| a | int |\n"
    schema, found = build_response(page_of(f"## Response\n\n{table}\n### Item\n\n{table}\n\n{table}"))
    assert not found
    assert list(schema["$defs"]) == ["Item", "table 3"]
