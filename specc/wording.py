"""How numbers and foreign texts stand in a message: the one pluraliser, and the ways to put any text on one line.

`visible` (its own module, because other than messages need it) shows a text as it is, without a bound. Choose

- `brief` for a name, a value or a path: the text itself, escaped, cut where it is long; `named` is it in backticks;
- `one_line` for prose of another program, whose line breaks mean nothing: they become spaces.

`size_text` and `duration_text` write what jobs used, `json_text` what programs read.
"""

import json
from math import isfinite

from specc.visible import visible


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 payload`, `1,200 payloads`, `2 queries` (with the plural given)."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def brief(text: str, most: int = 40) -> str:
    """Return `text` in at most `most` visible characters on one line; `...` stands for what was cut off."""
    line = visible(text[: most + 1])
    return line if len(text) <= most and len(line) <= most else line[: most - 3] + "..."


def named(text: str) -> str:
    """Return a name in backticks, in at most 60 characters."""
    return f"`{brief(text, 60)}`"


def one_line(text: str, most: int = 200) -> str:
    """Return prose on one line, each run of blanks and line breaks as one space, in at most `most` characters."""
    return brief(" ".join(text.split()), most)


def template_of(space: str, name: object) -> str:
    """Return the template expression that reads a name: `{{ params.n }}`, and `{{ params['a-b'] }}`."""
    text = str(name)
    return f"{{{{ {space}.{text} }}}}" if text.isidentifier() else f"{{{{ {space}[{text!r}] }}}}"


RESULT_DIGITS = 10
"""Digits of a result in a table: more than the noise of a calculation leaves."""


def exact_text(value: float) -> str:
    """Return a float in as few digits as tell it from any other: values of axes that look alike would be one."""
    short = f"{value:.7g}"
    return short if float(short) == value else repr(value)


def json_text(data: object, indent: int | None = None) -> str:
    """Return data in JSON. Infinity and NaN, which an axis may hold and JSON cannot, are texts as YAML has them."""
    try:
        return json.dumps(data, ensure_ascii=False, indent=indent, default=str, allow_nan=False)
    except ValueError:
        return json.dumps(_with_texts(data), ensure_ascii=False, indent=indent, default=str)


def _with_texts(data: object) -> object:
    if isinstance(data, float) and not isfinite(data):
        return {"inf": ".inf", "-inf": "-.inf"}.get(str(data), ".nan")
    if isinstance(data, dict):
        return {key: _with_texts(value) for key, value in data.items()}
    return [_with_texts(each) for each in data] if isinstance(data, list | tuple) else data


def size_text(amount: float) -> str:
    """Return bytes in the largest unit of which there is one: `3.1GiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f}{unit}" if amount >= 100 else f"{amount:.3g}{unit}"
        amount /= 1024
    return f"{amount:,.1f}TiB".replace(".0TiB", "TiB")


def duration_text(seconds: float) -> str:
    """Return seconds as `4.2s`, `12m30s` or `3h05m`."""
    if seconds < 60:
        return f"{seconds:.3g}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m{rest:02}s"
    return f"{minutes // 60:,}h{minutes % 60:02}m"
