"""The value of an expression as plain data: what leaves this layer."""

from specc.expressions.apply import items_of
from specc.expressions.budget import MAX_DATA_DEPTH, Budget, weigh
from specc.expressions.faults import EvaluationFault, Place
from specc.expressions.jinja import Undefined
from specc.expressions.values import Unknown, concrete, fault_of, kind_of

SCALARS = (str, int, float, type(None), Unknown)


def finished(value: object, budget: Budget, at: Place) -> object:
    """The value with lists for all that is one; unknown as a whole if any part of it is.

    Lists that it holds twice are copied, so that what is small here does not become large as text.
    """
    value = concrete(value)
    if isinstance(value, SCALARS):
        return value
    data = _copied(value, 0, budget, at)
    return Unknown(kind_of(data)) if weigh(budget, at, data).unknown else data


def _copied(value: object, depth: int, budget: Budget, at: Place) -> object:
    if isinstance(value, SCALARS):
        return value
    if isinstance(value, Undefined):
        raise EvaluationFault(fault_of(value, at))
    if depth == MAX_DATA_DEPTH:
        raise at.limit(f"lists and mappings are nested more than {MAX_DATA_DEPTH} deep")
    if isinstance(value, dict):
        budget.items(len(value), at)
        return {key: _copied(item, depth + 1, budget, at) for key, item in value.items()}
    return [_copied(item, depth + 1, budget, at) for item in items_of(value, budget, at)]
