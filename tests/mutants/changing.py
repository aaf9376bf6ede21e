"""Small mistakes that somebody could make in a module, each as the module's tree with one node changed."""

import ast
import copy
from collections.abc import Iterator
from typing import NamedTuple

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult,
}  # fmt: skip


class Mutant(NamedTuple):
    """One changed module: the line of the change, and what is written there before and after it."""

    line: int
    before: str
    after: str
    tree: ast.Module


def mutants(text: str) -> Iterator[Mutant]:
    """Yield every mutant of a module, in the order of its nodes. Annotations and docstrings are left as they are."""
    tree = ast.parse(text)
    total = sum(1 for _ in ast.walk(tree))
    untouched = _untouched(tree)
    for index, node in enumerate(list(ast.walk(tree))[:total]):
        if id(node) in untouched:
            continue
        for number in range(len(_changes(node))):
            other = copy.deepcopy(tree)
            target = list(ast.walk(other))[index]
            changed = _changes(target)[number]
            _Swap(target, changed).visit(other)
            ast.fix_missing_locations(other)
            yield Mutant(getattr(node, "lineno", 0), _shown(node), _shown(changed), other)


def _changes(node: ast.AST) -> list[ast.AST]:
    """Return what may stand in the place of a node."""
    match node:
        case ast.Compare(left=left, ops=[op], comparators=comparators) if type(op) in COMPARISONS:
            return [ast.Compare(left, [COMPARISONS[type(op)]()], comparators)]
        case ast.BoolOp(op=op, values=values):
            return [ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return [operand]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC and not isinstance(left, ast.JoinedStr):
            return [ast.BinOp(left, ARITHMETIC[type(op)](), right)]
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return [ast.IfExp(ast.UnaryOp(ast.Not(), test), body, orelse)]
        case ast.If(test=test, body=body, orelse=orelse):
            return [ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)]
        case ast.Constant(value=bool() as value):
            return [ast.Constant(not value)]
        case ast.Constant(value=int() as value):
            return [ast.Constant(value + 1)]
        case ast.Break():
            return [ast.Continue()]
        case ast.Continue():
            return [ast.Break()]
        case ast.Expr(value=ast.Call()):
            return [ast.Pass()]
        case _:
            return []


class _Swap(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return ast.copy_location(self.new, node) if node is self.old else self.generic_visit(node)


def _untouched(tree: ast.AST) -> set[int]:
    """Return the nodes of annotations, whose values mean nothing when the program runs, and of decorators."""
    found: list[ast.AST] = []
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign(annotation=annotation):
                found.append(annotation)
            case ast.arg(annotation=ast.expr() as annotation):
                found.append(annotation)
            case ast.FunctionDef(returns=returns, decorator_list=decorators):
                found += [*([returns] if returns else []), *decorators]
            case ast.ClassDef(decorator_list=decorators):
                found += decorators
    return {id(inner) for node in found for inner in ast.walk(node)}


def _shown(node: ast.AST) -> str:
    text = ast.unparse(ast.fix_missing_locations(node)).partition("\n")[0]
    return text if len(text) <= 90 else f"{text[:87]}..."
