"""Jinja2's environment as its own filters see it: items are looked up, attributes of Python objects never are."""

from typing import Any

from specc.expressions.jinja import Environment, StrictUndefined, TemplateRuntimeError, nodes


class Hermetic(Environment):
    """Jinja2's filters look up `attribute=...` through this method."""

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(argument, str) and argument.startswith("_"):
            raise TemplateRuntimeError(f"`{argument}` begins with `_`")
        return item(obj, argument, self.undefined(hint=f"an item has no `{argument}`"))


def item(value: Any, key: Any, otherwise: object) -> Any:
    """`value[key]`, a field of what `groupby` gives, or `otherwise`."""
    try:
        return value[key]
    except (TypeError, LookupError):
        is_field = isinstance(key, str) and isinstance(value, tuple) and key in getattr(value, "_fields", ())
        return getattr(value, key) if is_field else otherwise


HERMETIC = Hermetic(undefined=StrictUndefined)
CONTEXT = nodes.EvalContext(HERMETIC)
