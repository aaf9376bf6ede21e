"""What speaks against a payload, for targets that run jobs themselves and so must act on every field."""

from collections.abc import Iterator, Mapping

from specc.frozen import dataclass
from specc.settings import Quantity
from specc.targets.protocol import Rejected
from specc.units import UNITS

OUTPUTS = ("stdout_redirect_path", "stderr_redirect_path")
LIMITS: dict[str, Quantity] = {"mem_limit": "memory", "time_limit": "duration"}
EXAMPLES: dict[Quantity, str] = {"memory": "MiB", "duration": "min"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that speaks against a payload."""

    code: str
    field: str
    message: str
    help: str | None = None


def rejected(faults: list[Fault]) -> Rejected | None:
    """One answer for all faults; the first gives it its code."""
    if not faults:
        return None
    message = "; ".join(fault.message for fault in faults)
    messages: dict[str, str] = {}
    helps: dict[str, str] = {}
    for fault in faults:
        messages[fault.field] = _joined(messages.get(fault.field), fault.message)
        if fault.help:
            helps[fault.field] = _joined(helps.get(fault.field), fault.help)
    every = "; ".join(dict.fromkeys(fault.help for fault in faults if fault.help))
    return Rejected(faults[0].code, message, every or None, messages, helps=helps)


def _joined(before: str | None, text: str) -> str:
    return f"{before}; {text}" if before else text


def text(body: Mapping[str, object], field: str) -> str | None:
    """A field's text. One that is empty is not set: the API's own answers say `\"\"` for that."""
    value = body.get(field)
    return value if isinstance(value, str) and value.strip() else None


def number(body: Mapping[str, object], field: str) -> int | None:
    value = body.get(field)
    return value if isinstance(value, int) else None


def amount(body: Mapping[str, object], field: str, units: Mapping[str, str]) -> int | None:
    """A limit in bytes or seconds, of a body that has no `limit_faults`."""
    value = number(body, field)
    return None if value is None else value * UNITS[LIMITS[field]][units[field]]


def limit_faults(body: Mapping[str, object], units: Mapping[str, str]) -> Iterator[Fault]:
    for field, quantity in LIMITS.items():
        value, unit = number(body, field), units.get(field)
        if value is None:
            continue
        known = ", ".join(f"`{name}`" for name in UNITS[quantity])
        if value < 1:
            message = f"`{field}` is {value}, expected 1 or more"
            yield Fault("bad-limit", field, message, "leave it out for no limit")
        if unit is None:
            message = f"`{field}` is {value}, and no unit is set for it"
            help = f'write `{field} = "{EXAMPLES[quantity]}"` under `[units]` in specc.toml (one of {known})'
            yield Fault("no-unit", field, message, help)
        elif unit not in UNITS[quantity]:
            message = f"the unit of `{field}` is `{unit}`, which is no unit of {quantity}"
            yield Fault("no-unit", field, message, f"set it under `[units]` in specc.toml to one of {known}")
