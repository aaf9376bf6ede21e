"""`render --format yaml` writes YAML that reads back as the payload, whatever its texts are."""

import io

from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from specc.reporters.payload_yaml import dump_yaml

LINES = st.text(
    st.one_of(st.sampled_from("\n a:#-'\"\t\\|>{}%&*"), st.characters(exclude_categories=["Cs"])), max_size=30
)


@given(LINES)
def test_any_text_reads_back(text: str) -> None:
    written = dump_yaml({"cmd_line": text, "core_limit": 1})
    assert YAML(typ="safe", pure=True).load(io.StringIO(written)) == {"cmd_line": text, "core_limit": 1}


def test_a_script_is_a_block() -> None:
    script = "#!/bin/bash\nset -eu\n" + "word " * 60 + "end\n"
    assert dump_yaml({"cmd_line": script}).startswith("---\ncmd_line: |\n  #!/bin/bash\n  set -eu\n  word word")
    assert dump_yaml({"cmd_line": script}).count("\n") == 5
