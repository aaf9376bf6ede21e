"""Jinja2 templates inside scalars: read by Jinja2's own parser, evaluated by a bounded walk of its tree.

`compile_template` gives a `Template`, or the mistakes of the text; `Template.evaluate` gives its value, or raises
`EvaluationFailed`. For everything that is accepted, the result is Jinja2's, except that a boolean becomes `true` or
`false` wherever it becomes text. Nothing is ever compiled to Python, no attribute of a Python object can be reached,
and all work is paid for from a `Budget` before it is done.
"""

from specc.expressions.builder import FUNCTIONS
from specc.expressions.run import CHARACTERS, FRAMES, MAX_TEXT, STEPS, Budget, Frame, Judge, Run, frames_of
from specc.expressions.statements import Piece
from specc.expressions.syntax import STATEMENTS
from specc.expressions.template import Compiler, Reference, Template, compile_template, is_template
from specc.expressions.values import (
    MISSING,
    EvaluationFailed,
    Kind,
    Namespace,
    Quoted,
    Raw,
    Scope,
    TemplateMistake,
    TemplateSpan,
    Unknown,
)

__all__ = [
    "CHARACTERS",
    "FRAMES",
    "FUNCTIONS",
    "MAX_TEXT",
    "MISSING",
    "STATEMENTS",
    "STEPS",
    "Budget",
    "Compiler",
    "EvaluationFailed",
    "Frame",
    "Judge",
    "Kind",
    "Namespace",
    "Piece",
    "Quoted",
    "Raw",
    "Reference",
    "Run",
    "Scope",
    "Template",
    "TemplateMistake",
    "TemplateSpan",
    "Unknown",
    "compile_template",
    "frames_of",
    "is_template",
]
