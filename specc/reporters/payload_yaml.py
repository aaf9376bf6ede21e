"""A payload as a YAML document."""

import io
from collections.abc import Mapping

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import SafeRepresenter

from specc.source import BLANKS
from specc.visible import FOUND, visible

WIDTH = 1 << 20


class _Representer(SafeRepresenter):
    """Writes a text of several lines, such as a script, as a block."""

    def represent_str(self, data: str) -> ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=_style(data))


_Representer.add_representer(str, _Representer.represent_str)


def _style(text: str) -> str | None:
    """Return `|` for a text of several lines, a quote where characters must be escaped, else None: YAML decides."""
    if FOUND.search(text.replace("\n", " ").replace("\t", " ")):
        return '"'
    return "|" if "\n" in text.strip(BLANKS) else None


def dump_yaml(data: Mapping[str, object]) -> str:
    """Return one YAML document. No line is broken, because people read and search a command as it is written."""
    text = io.StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.Representer = _Representer
    writer.default_flow_style = False
    writer.allow_unicode = True
    writer.width = WIDTH
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    writer.explicit_start = True
    writer.dump(dict(data), text)
    # Characters that `visible` escapes are in double quotes, where its escapes are those of YAML.
    return visible(text.getvalue(), "\n\t")
