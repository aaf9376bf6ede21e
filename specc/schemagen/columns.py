"""What the columns of a table mean, by their headers and never by their order."""

from enum import StrEnum

from specc.diagnostics import Diagnostic, Label, codes, one_of
from specc.schemagen.markdown import Cell, Row


class Role(StrEnum):
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
    return ROLES.get(" ".join(header.casefold().split()).strip(":： "))


def roles_of(header: Row, found: list[Diagnostic]) -> dict[Role, int]:
    """The column of each role. A role that two columns claim is reported; a column that has none is left alone."""
    columns: dict[Role, int] = {}
    for index, cell in enumerate(header.cells):
        role = role_of(cell.text)
        if role is None:
            continue
        if role in columns:
            first = header.cells[columns[role]]
            message = f"`{cell.text}` and `{first.text}` both head the column of {_NOUNS[role]}"
            found.append(codes.BAD_TABLE.at(cell.span, message, labels=(Label(first.span, "the other one"),)))
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
    shown = one_of([cell.text for cell in header.cells if cell.text])
    message = f"the table has no column of {_NOUNS[role]}, only {shown}" if shown else "the table has no headers"
    return codes.BAD_TABLE.at(header.span, message, help=f"head the column with {one_of(HEADERS[role])}")


def cell_of(row: Row, columns: dict[Role, int], role: Role) -> Cell | None:
    return row.cells[columns[role]] if role in columns else None
