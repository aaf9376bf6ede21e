"""A parameter table: rows with a name, a type, whether the parameter is required, and what it means.

The headers say what the columns mean, never their order.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Any

from specc.diagnostics import Diagnostic, Label, codes, did_you_mean, one_of
from specc.fast_dataclass import dataclass
from specc.schemagen.markdown import Cell, Grid, Row
from specc.source import Span

TYPES: dict[str, dict[str, str]] = {
    "string": {"type": "string"},
    "int": {"type": "integer"},
    "bool": {"type": "boolean"},
    "list": {"type": "array"},
    "array": {"type": "array"},
    "date-time": {"type": "string", "format": "date-time"},
    "date_time": {"type": "string", "format": "date-time"},
}
"""The types of the documentation, which never says what a list holds."""

REQUIRED = {"true": True, "yes": True, "是": True, "false": False, "no": False, "否": False}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
INTEGER = re.compile(r"-?[0-9]{1,18}")
NOTHING = ("", "-", "null", "none", "无")
MOST_DIAGNOSTICS = 50
"""The most diagnostics of one table. A page of another kind would have thousands."""


class Role(StrEnum):
    """What a column holds."""

    NAME = "name"
    TYPE = "type"
    REQUIRED = "required"
    DESCRIPTION = "description"
    EXAMPLE = "example"


HEADERS: dict[Role, tuple[str, ...]] = {
    Role.NAME: ("参数", "参数名", "参数名称", "名称", "字段", "parameter name", "parameter", "name", "field"),
    Role.TYPE: ("类型", "参数类型", "数据类型", "type", "data type"),
    Role.REQUIRED: ("是否必选", "是否必要", "是否必须", "是否必填", "必选", "必填", "required", "mandatory"),
    Role.DESCRIPTION: ("描述", "参数描述", "说明", "参数说明", "description"),
    Role.EXAMPLE: ("取值样例", "取值示例", "示例", "示例值", "sample value", "sample", "example value", "example"),
}
ROLES = {word: role for role, words in HEADERS.items() for word in words}


def role_of(header: str) -> Role | None:
    """Return what the column under a header holds."""
    return ROLES.get(" ".join(header.casefold().split()).strip(":： "))


def roles_of(header: Row, found: list[Diagnostic]) -> dict[Role, int]:
    """Return the column of each role. Two columns of one role are reported; a column without a role is ignored."""
    columns: dict[Role, int] = {}
    for index, cell in enumerate(header.cells):
        role = role_of(cell.text)
        if role is None:
            continue
        if role in columns:
            first = header.cells[columns[role]]
            message = f"`{cell.text}` and `{first.text}` both head the column of {_NOUNS[role]}"
            found.append(codes.BAD_TABLE.at(cell.span, message, labels=(Label(first.span, "the other header"),)))
        columns.setdefault(role, index)
    return columns


_NOUNS = {
    Role.NAME: "parameter names",
    Role.TYPE: "types",
    Role.REQUIRED: "what is required",
    Role.DESCRIPTION: "descriptions",
    Role.EXAMPLE: "examples",
}


def missing_column(header: Row, role: Role) -> Diagnostic:
    """Return the diagnostic for a table without a column that it needs."""
    shown = one_of([cell.text for cell in header.cells if cell.text])
    message = f"the table has no column of {_NOUNS[role]}, only {shown}" if shown else "the table has no headers"
    return codes.BAD_TABLE.at(header.span, message, help=f"head the column with {one_of(HEADERS[role])}")


def cell_of(row: Row, columns: dict[Role, int], role: Role) -> Cell | None:
    """Return the cell of a role, or None where the table has no such column."""
    return row.cells[columns[role]] if role in columns else None


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """One row. `type` is the word of the documentation; `type` and `example` are None without their columns."""

    name: str
    span: Span
    type: str | None
    required: bool
    description: str
    example: Any


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table as understood, with its diagnostics. `caption` is the heading just above the table."""

    caption: str
    header: Span
    parameters: tuple[Parameter, ...]
    diagnostics: tuple[Diagnostic, ...]


def read_table(grid: Grid, caption: str, *, wants_required: bool) -> Table:
    """Return the table of `grid`. With `wants_required` the table is of a request, and must say what is required."""
    found: list[Diagnostic] = []
    columns = roles_of(grid.header, found)
    for role in (Role.NAME, Role.REQUIRED) if wants_required else (Role.NAME,):
        if role not in columns:
            found.append(missing_column(grid.header, role))
    parameters: dict[str, Parameter] = {}
    if Role.NAME in columns:
        swapped = _swapped(grid, columns)
        found.extend(swapped)
        read = {role: index for role, index in columns.items() if not swapped or role is not Role.REQUIRED}
        for row in grid.rows:
            _add(row, read, parameters, found)
    if grid.torn is not None:
        found.append(_torn(grid.torn))
    if not grid.rows:
        found.append(codes.BAD_TABLE.at(grid.header.span, "the table has no rows"))
    return Table(caption, grid.header.span, tuple(parameters.values()), _thinned(found))


def _torn(line: Span) -> Diagnostic:
    help = "a row is one line; begin it with `|`, and write `<br />` for a line break in a cell"
    return codes.BAD_TABLE.at(line, "this line ends the table, and what follows it is lost", help=help)


def _thinned(found: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    kept, more = found[:MOST_DIAGNOSTICS], len(found) - MOST_DIAGNOSTICS
    if more > 0:
        kept[-1] = replace(kept[-1], notes=(*kept[-1].notes, f"{more} more diagnostics of this table are not shown"))
    return tuple(kept)


def _swapped(grid: Grid, columns: dict[Role, int]) -> list[Diagnostic]:
    """Return a diagnostic for swapped headers: no cell under Required is a boolean, but all descriptions are."""
    if Role.REQUIRED not in columns or Role.DESCRIPTION not in columns or not grid.rows:
        return []
    pairs = [(row.cells[columns[Role.REQUIRED]], row.cells[columns[Role.DESCRIPTION]]) for row in grid.rows]
    if any(_flag(required) is not None or _flag(described) is None for required, described in pairs):
        return []
    required, described = (grid.header.cells[columns[role]] for role in (Role.REQUIRED, Role.DESCRIPTION))
    return [
        codes.BAD_REQUIRED.at(
            pairs[0][0].span,
            f"the cells under `{required.text}` are not booleans, but those under `{described.text}` are",
            labels=(Label(required.span, "this header"), Label(described.span, "and this one contradict the rows")),
            help=f"put `{described.text}` and `{required.text}` in the order of the cells",
        )
    ]


def _flag(cell: Cell) -> bool | None:
    return REQUIRED.get(cell.text.casefold())


def _add(row: Row, columns: dict[Role, int], parameters: dict[str, Parameter], found: list[Diagnostic]) -> None:
    if row.surplus is not None:
        message = f"the row has more cells than the header's {len(row.cells)}"
        found.append(codes.BAD_TABLE.at(row.surplus, message, help="write `\\|` for a bar that belongs to the text"))
        return
    name = row.cells[columns[Role.NAME]]
    if not NAME.fullmatch(name.text):
        shown = f"`{name.text[:40]}`" if name.text else "an empty cell"
        found.append(codes.BAD_TABLE.at(name.span, f"{shown} is not a parameter name"))
        return
    parameter = _parameter(row, columns, found)
    first = parameters.setdefault(name.text, parameter)
    if first is not parameter:
        found.append(_repeated(first, parameter))


def _parameter(row: Row, columns: dict[Role, int], found: list[Diagnostic]) -> Parameter:
    name = row.cells[columns[Role.NAME]]
    type_cell, required_cell = cell_of(row, columns, Role.TYPE), cell_of(row, columns, Role.REQUIRED)
    type_name = type_cell.text.casefold() if type_cell else None
    if type_cell is not None and type_name not in TYPES:
        found.append(_bad_type(name.text, type_cell))
        type_name = None
    required = _flag(required_cell) if required_cell else False
    if required is None and required_cell is not None:
        found.append(_bad_required(name.text, required_cell))
    described = cell_of(row, columns, Role.DESCRIPTION)
    example_cell = cell_of(row, columns, Role.EXAMPLE)
    example = None
    if example_cell is not None and example_cell.text.casefold() not in NOTHING:
        example = _example(type_name, example_cell.text)
        if example is None and type_name in ("int", "bool"):
            found.append(_odd_example(name.text, type_name, example_cell))
    description = described.text if described and described.text not in NOTHING else ""
    return Parameter(name.text, name.span, type_name, bool(required), description, example)


def _bad_type(name: str, cell: Cell) -> Diagnostic:
    if not cell.text:
        return codes.BAD_TYPE.at(cell.span, f"`{name}` has no type", help=did_you_mean("", TYPES, "types"))
    message = f"`{name}` has the unknown type `{cell.text[:40]}`"
    return codes.BAD_TYPE.at(cell.span, message, help=did_you_mean(cell.text, TYPES, "types"))


def _bad_required(name: str, cell: Cell) -> Diagnostic:
    shown = f"`{cell.text[:40]}`" if cell.text else "empty"
    message = f"whether `{name}` is required is {shown}, expected `true` or `false`"
    return codes.BAD_REQUIRED.at(cell.span, message)


def _example(type_name: str | None, text: str) -> Any:
    """Return the example as a value of its type, or None where the text does not fit the type."""
    if type_name == "int":
        return int(text) if INTEGER.fullmatch(text) else None
    if type_name == "bool":
        return {"true": True, "false": False}.get(text.casefold())
    return text if type_name in ("string", "date-time", "date_time") else None


def _odd_example(name: str, type_name: str, cell: Cell) -> Diagnostic:
    message = f"`{name}` has the type `{type_name}`, but its example is `{cell.text[:40].splitlines()[0]}`"
    return codes.ODD_EXAMPLE.at(cell.span, message, help="are two cells of the row swapped?")


def _repeated(first: Parameter, again: Parameter) -> Diagnostic:
    label = (Label(first.span, "the first row"),)
    differences = list(_differences(first, again))
    if not differences:
        message = f"`{again.name}` has a second row; the first row counts"
        return codes.REPEATED_ROW.at(again.span, message, labels=label, help="remove one of the rows")
    message = f"`{again.name}` has a second row that contradicts the first: {' and '.join(differences)}"
    return codes.DUPLICATE_ROW.at(again.span, message, labels=label, help="keep the row that is right")


def _differences(first: Parameter, again: Parameter) -> Iterator[str]:
    if first.type is None or again.type is None:
        same = first.type == again.type
    else:
        same = TYPES[first.type] == TYPES[again.type]
    if not same:
        yield f"{again.type or 'no type'} instead of {first.type or 'no type'}"
    if first.required != again.required:
        yield "not required" if first.required else "required"
