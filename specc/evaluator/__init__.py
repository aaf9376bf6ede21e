"""Templates evaluated: from a resolved spec and a cell to the value of every job field.

`Evaluation(spec, inputs).cell(cell)` gives the `EvaluatedSpec` of a cell. `bind` gives parameters their values, and
`samples` the values that a check tries. A `Value` keeps the names that its template read (`Read`), and
`env_names` tells the variables of the environment that it comes from.
"""

from specc.evaluator.bindings import Binding, bind, missing, sample_count, samples
from specc.evaluator.column_builder import CellColumns, ColumnBuilder, cells_by_columns
from specc.evaluator.columns import Chunk, NotByColumns, Texts, Whole, chunks, joined
from specc.evaluator.commands import PRELUDE, SHELL_LINE, Prelude, passed_to
from specc.evaluator.evaluation import VARYING_FILE, Evaluation, Inputs
from specc.evaluator.names import NAMESPACES, OF_CELL, OF_SPEC, STATIC_NAMESPACES
from specc.evaluator.quoting import end_of_template
from specc.evaluator.templates import span_in, template_text
from specc.evaluator.values import MASK, EvaluatedSpec, Prefix, Read, Value, all_names, env_names, read_names, told

__all__ = [
    "MASK",
    "NAMESPACES",
    "OF_CELL",
    "OF_SPEC",
    "PRELUDE",
    "SHELL_LINE",
    "STATIC_NAMESPACES",
    "VARYING_FILE",
    "Binding",
    "CellColumns",
    "Chunk",
    "ColumnBuilder",
    "EvaluatedSpec",
    "Evaluation",
    "Inputs",
    "NotByColumns",
    "Prefix",
    "Prelude",
    "Read",
    "Texts",
    "Value",
    "Whole",
    "all_names",
    "bind",
    "cells_by_columns",
    "chunks",
    "end_of_template",
    "env_names",
    "joined",
    "missing",
    "passed_to",
    "read_names",
    "sample_count",
    "samples",
    "span_in",
    "template_text",
    "told",
]
