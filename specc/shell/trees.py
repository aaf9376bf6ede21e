"""The second opinion on a shell text. Imported when it is needed."""

import tree_sitter_bash
from tree_sitter import Language, Parser

LANGUAGE = Language(tree_sitter_bash.language())


def has_error(text: str) -> bool:
    """Does tree-sitter's grammar of bash find anything wrong?"""
    return Parser(LANGUAGE).parse(text.encode(errors="replace")).root_node.has_error
