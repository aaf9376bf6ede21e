"""Templates evaluated: from a resolved spec and a cell to the value of every job field."""

from specc.evaluator.bindings import Binding, bind, missing, sample_count, samples
from specc.evaluator.evaluation import Evaluation, Inputs
from specc.evaluator.hiding import MASK, env_names, read_names
from specc.evaluator.prelude import PRELUDE, Prelude
from specc.evaluator.values import EvaluatedSpec, Prefix, Read, Value, told

__all__ = [
    "MASK",
    "PRELUDE",
    "Binding",
    "EvaluatedSpec",
    "Evaluation",
    "Inputs",
    "Prefix",
    "Prelude",
    "Read",
    "Value",
    "bind",
    "env_names",
    "missing",
    "read_names",
    "sample_count",
    "samples",
    "told",
]
