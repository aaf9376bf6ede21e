"""What a regular expression can say of templates: the mistakes that a YAML language server can show.

Each pattern refuses only texts that `specc check` refuses, too. Patterns have no look-behind, which not every validator
knows. `patternErrorMessage` is what the YAML language server shows in place of the pattern.
"""

from specc.evaluator import NAMESPACES, OF_CELL, OF_SPEC, STATIC_NAMESPACES
from specc.expressions import FUNCTIONS, STATEMENTS
from specc.schema import JsonObject

SPACE = r"[-+]?\s*"
"""What may stand between `{{` and the expression."""
INSIDE = r"""(?:[^{}'"]|'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*")*"""
"""A part of an expression. A text in quotes may hold anything."""
BEFORE = rf"(?:(?!\{{[{{%])[\s\S]|\{{\{{{INSIDE}\}}\}}|\{{%{INSIDE}%\}})*"
"""What may stand before a mistake: text, and whole templates."""
END = r"\s*(?:\|\s*(?:sh|raw|int|float|string|lower|upper)\s*)?[-+]?\}\}"
"""The end of an expression in which no filter or test asks whether a name is defined."""

NO_TEMPLATE = "Write `{$literal: text}` for a text that is not a template."
KEYWORDS = ("not", "true", "false", "none", "True", "False", "None", "loop")
TAGS = (*STATEMENTS, *(f"end{name}" for name in STATEMENTS), "elif", "else", "raw", "endraw")

ONE_EXPRESSION = r"^\{\{[\s\S]*\}\}$"
SOME_TEMPLATE = r"\{\{|\{%"


def refusing(wrong: str, message: str, *, unless: str = r"\{%[-+]?\s*raw") -> JsonObject:
    """Return a schema that refuses texts with a template that is `wrong`, unless `unless` is found in them."""
    return {"pattern": rf"{unless}|^(?!{BEFORE}(?:{wrong}))", "patternErrorMessage": message}


def sound() -> JsonObject:
    """Return a schema that refuses texts whose templates are certainly wrong. It says nothing of other values."""
    roots = "|".join((*NAMESPACES, *FUNCTIONS, *KEYWORDS))
    unknown = rf"(?!(?:{roots})\b)[A-Za-z_]\w*(?:\.\w+)*"
    members = "|".join(
        rf"{root}\.(?!(?:{'|'.join(names)})\b)\w+" for root, names in (("spec", OF_SPEC), ("cell", OF_CELL))
    )
    expressions = ", ".join(f"`{name}.`" for name in NAMESPACES)
    statements = ", ".join(f"`{name}`" for name in STATEMENTS)
    return {
        "allOf": [
            refusing(
                r"\{\{(?![\s\S]*\}\})|\{%(?![\s\S]*%\})",
                f"A template is not closed: `}}}}` or `%}}` is missing. {NO_TEMPLATE}",
            ),
            refusing(
                rf"\{{\{{{SPACE}[.|)\]}}*/,=%<>&^!?:;@$#\\]",
                f"A template expression cannot begin like this. {NO_TEMPLATE}",
            ),
            refusing(
                rf"\{{\{{{INSIDE}[*/|.,(\[~=<>]\s*[-+]?\}}\}}",
                "Something is missing before the end of this template expression.",
            ),
            refusing(rf"\{{\{{{INSIDE}\._", "Names that begin with `_` cannot be used in templates."),
            refusing(
                rf"\{{%{SPACE}(?!(?:{'|'.join(TAGS)})\b)[A-Za-z_]\w*", f"The statements of templates are {statements}."
            ),
            refusing(
                rf"\{{\{{{SPACE}(?:{unknown}|{members}){END}",
                f"This name is not defined. Names begin with {expressions}; of a spec there are "
                f"{_listed('spec', OF_SPEC)}, of a cell {_listed('cell', OF_CELL)}.",
                unless=r"\{%",
            ),
        ]
    }


def early() -> JsonObject:
    """Return a schema that refuses texts with names that are not known before there is a cell."""
    late = "|".join(name for name in NAMESPACES if name not in STATIC_NAMESPACES)
    return refusing(
        rf"\{{\{{{SPACE}(?:{late})\.\w+{END}",
        "Axes are known before there is a cell: they read `params` and `env` only.",
        unless=r"\{%",
    )


def _listed(root: str, names: tuple[str, ...]) -> str:
    return ", ".join(f"`{root}.{name}`" for name in names)
