"""Jinja2 templates inside scalars: read by Jinja2's own parser, evaluated by our own bounded walk of its tree.

For everything that is accepted, the result is Jinja2's. Nothing is ever compiled to Python, no attribute of a Python
object can be reached, and all work is paid for from a `Budget` before it is done.
"""

from specc.expressions.budget import Budget
from specc.expressions.faults import EvaluationFault, Fault
from specc.expressions.frame import Fill, Frame, Hole, Keep
from specc.expressions.shapes import Compiler
from specc.expressions.template import Reference, Template, compile_template, is_template
from specc.expressions.values import MISSING, Kind, Namespace, Quoted, Raw, Scope, Unknown

__all__ = [
    "MISSING",
    "Budget",
    "Compiler",
    "EvaluationFault",
    "Fault",
    "Fill",
    "Frame",
    "Hole",
    "Keep",
    "Kind",
    "Namespace",
    "Quoted",
    "Raw",
    "Reference",
    "Scope",
    "Template",
    "Unknown",
    "compile_template",
    "is_template",
]
