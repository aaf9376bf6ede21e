"""Where a node stands: from its first to its last token, with balanced brackets."""

from specc.expressions.faults import Place
from specc.expressions.jinja import nodes
from specc.expressions.tokens import Tokens


class Places:
    """The places of the nodes of one template. Every node's `lineno` is an offset."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self._known: dict[int, Place] = {}

    def of(self, node: nodes.Node) -> Place:
        """The stretch of text that a node of an expression was read from."""
        place = self._known.get(id(node))
        if place is None:
            place = self._known[id(node)] = self._balanced(self._extent(node))
        return place

    def tag(self, offset: int) -> Place:
        """The `{{ }}` or `{% %}` that an offset lies in."""
        index = self.tokens.index(offset)
        while index > 0 and self.tokens.tokens[index].type not in ("variable_begin", "block_begin"):
            index -= 1
        return self.tokens.span(index)

    def is_tag(self, offset: int, name: str) -> bool:
        """Is the token at an offset the name of a statement?"""
        index = self.tokens.index(offset)
        return index > 0 and self.tokens.tokens[index - 1].type == "block_begin" and self._is_name(index, name)

    def name_at(self, offset: int) -> str:
        """The token that begins at an offset: the name of a statement."""
        return str(self.tokens.tokens[self.tokens.index(offset)].value)

    def _extent(self, node: nodes.Node) -> Place:
        """From the leftmost to the rightmost part. What has no place of its own (an operand) has that of its parts."""
        parts = [self.of(child) for child in node.iter_child_nodes()]
        if node.lineno is not None:
            first = self.tokens.index(node.lineno)
            # The parser gives some nodes the offset of the token behind them: it never lies between their parts.
            if not parts or not isinstance(node, nodes.BinExpr | nodes.Compare | nodes.CondExpr | nodes.Tuple):
                parts.append(Place(self.tokens.starts[first], self.tokens.ends[self._last(node, first)]))
        return Place(min(part.start for part in parts), max(part.end for part in parts))

    def _last(self, node: nodes.Node, first: int) -> int:
        """The last token of a node, as far as it is not part of a child."""
        match node:
            case nodes.List() | nodes.Dict() | nodes.Call():
                return self.tokens.partner[first]
            case nodes.Getitem() if first in self.tokens.partner:
                return self.tokens.partner[first]
            case nodes.Getitem() | nodes.Getattr():
                return first + 1
            case nodes.Const():
                return self._end_of_strings(first)
            case nodes.Filter():
                return self._end_of_call(first)
            case nodes.Test():
                return self._end_of_call(first + (2 if self._is_name(first + 1, "not") else 1))
            case _:
                return first

    def _end_of_strings(self, index: int) -> int:
        """Strings that follow each other are one constant."""
        tokens = self.tokens.tokens
        while tokens[index].type == "string" and index + 1 < len(tokens) and tokens[index + 1].type == "string":
            index += 1
        return index

    def _end_of_call(self, index: int) -> int:
        """The last token of `name`, `name.name` or `name(...)`."""
        tokens = self.tokens.tokens
        while tokens[index + 1].type == "dot":
            index += 2
        return self.tokens.partner[index + 1] if tokens[index + 1].type == "lparen" else index

    def _is_name(self, index: int, name: str) -> bool:
        token = self.tokens.tokens[index]
        return token.type == "name" and token.value == name

    def _balanced(self, place: Place) -> Place:
        """The place with the other half of every bracket in it. The parser drops parentheses."""
        start, end = place
        first, last = self.tokens.index(start), self.tokens.index(end - 1)
        index = first
        while index <= last:
            partner = self.tokens.partner.get(index, index)
            if partner < first:
                first = index = partner
            last = max(last, partner)
            index += 1
        return Place(min(start, self.tokens.starts[first]), max(end, self.tokens.ends[last]))
