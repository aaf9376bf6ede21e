"""The names that the templates of a file mention. A name that might be meant counts as used.

The templates are not parsed: whatever looks like `vars.n` between braces counts, so that no name is
reported as unused that a template could read.
"""

import re
from collections.abc import Callable, Iterator

from specc.fast_dataclass import dataclass
from specc.nodes import FileText, Mapping, Node, Scalar, Sequence
from specc.source import Source

NAMESPACES = ("params", "vars", "matrix", "cell")
# What may stand before a name is tested behind the name: a pattern that begins with letters is found twice as fast.
ROOTS = "|".join(rf"{name}(?<![\w.]{name})" for name in NAMESPACES)
MENTION = (
    rf"""(?P<root>{ROOTS})\b"""
    r"""(?:\s*\.\s*(?P<name>\w+)|\s*\[\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')\s*\])?"""
)
TEMPLATE_SUFFIX = ".j2"


@dataclass(frozen=True, slots=True)
class Uses:
    """The names that are mentioned, such as "vars.run_dir". A namespace alone, "vars", stands for every name in it."""

    names: frozenset[str] = frozenset()

    def has(self, namespace: str, name: str) -> bool:
        """Return whether a name is mentioned, or its whole namespace."""
        return namespace in self.names or f"{namespace}.{name}" in self.names


def declared(body: Mapping) -> Iterator[tuple[str, Scalar]]:
    """Yield the names that the sections of a file declare, as namespace and key: `params`, `vars`, and the axes of
    `matrix`.
    """
    matrix = body.get("matrix")
    axes = [matrix.get(part) for part in ("axes", "zip")] if isinstance(matrix, Mapping) else []
    parts = [("params", body.get("params")), ("vars", body.get("vars")), *(("matrix", part) for part in axes)]
    for namespace, part in parts:
        if isinstance(part, Mapping):
            yield from ((namespace, key) for key in part.keys.values())


def uses_of(node: Node, read: Callable[[str], Source | None]) -> Uses:
    """Return what the templates below `node` mention. `read` gives the text of a `$file` by its path as written."""
    return Uses(frozenset(_names(node, read)))


def _names(node: Node, read: Callable[[str], Source | None]) -> Iterator[str]:
    match node:
        case Scalar(value=str() as text):
            if "{" in text:  # tested first, because nearly all texts are not templates
                yield from mentioned(text)
        case Mapping():
            ref = node.get("$file")
            if isinstance(ref, Scalar) and isinstance(ref.value, str) and ref.value.endswith(TEMPLATE_SUFFIX):
                source = read(ref.value)
                yield from mentioned(source.text) if source is not None else NAMESPACES
            for value in node.entries.values():
                yield from _names(value, read)
        case Sequence():
            for item in node.items:
                yield from _names(item, read)
        case FileText():
            yield from mentioned(node.text.text) if node.is_template else ()
            for part in (node.env, node.args):
                yield from _names(part, read) if part is not None else ()


def mentioned(text: str) -> Iterator[str]:
    """Yield the names in the text of one template. A text that is not a template has none."""
    for match in re.finditer(MENTION, text) if "{{" in text or "{%" in text else ():
        name = match["name"] or match["double"] or match["single"]
        yield f"{match['root']}.{name}" if name else match["root"]
