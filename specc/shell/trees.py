"""tree-sitter's tree of a shell text. Imported when it is needed."""

from functools import lru_cache

import tree_sitter_bash
from tree_sitter import Language, Parser, Tree

LANGUAGE = Language(tree_sitter_bash.language())


@lru_cache(maxsize=256)
def tree_of(text: str) -> Tree:
    return Parser(LANGUAGE).parse(text.encode(errors="replace"))
