"""`dataclass` as Python has it, but classes are made ten times as fast. A check of one spec makes more than a hundred.

Python compiles six functions for each frozen dataclass. Here only `__init__` is compiled, once for all classes with the
same number of fields, and the other functions are shared. `property/test_fast_dataclasses.py` holds that they do the
same. Options that specc does not use are missing: `__post_init__`, `order`, keyword-only fields, and `init=False`.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, fields
from functools import cache
from operator import attrgetter
from reprlib import recursive_repr
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, NoReturn

Getter = Callable[[Any], tuple[Any, ...]]


def quick_dataclass(cls: Any = None, *, frozen: bool = False, slots: bool = False, eq: bool = True) -> Any:
    """Make a dataclass, as `dataclasses.dataclass` does with these options."""
    if cls is None:
        return lambda cls: _made(cls, frozen=frozen, slots=slots, eq=eq)
    return _made(cls, frozen=frozen, slots=slots, eq=eq)


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    dataclass = quick_dataclass


def _made(cls: Any, *, frozen: bool, slots: bool, eq: bool) -> Any:
    own = vars(cls).keys() - {"__hash__"} if vars(cls).get("__hash__") is None else vars(cls).keys()
    if cls.__doc__ is None:
        cls.__doc__ = cls.__name__  # Python would write out the signature, which takes longer than all the rest
    cls = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
    made: dict[str, Any] = {"__init__": _init(cls, slots=slots), "__repr__": _repr}
    if eq:
        made |= _comparison(_getter([field.name for field in fields(cls) if field.compare]), frozen=frozen)
    if frozen and slots:
        made |= {"__getstate__": _state, "__setstate__": _restore}
    for name, function in made.items():
        if name not in own:
            setattr(cls, name, function)
    if frozen:
        cls.__setattr__, cls.__delattr__ = _set, _delete
    return cls


def _init(cls: Any, *, slots: bool) -> Callable[..., None]:
    """Return `def __init__(self, a, b=...)`. With slots, each value goes into its slot directly."""
    known: dict[str, Any] = {"absent": MISSING, "assign": object.__setattr__}
    names, defaults, made = ["self"], [], []
    for number, field in enumerate(fields(cls)):
        names.append(field.name)
        known[f"put_{number}"] = getattr(cls, field.name).__set__ if slots else field.name
        if field.default_factory is not MISSING:
            known[f"make_{number}"] = field.default_factory
            made.append(number)
            defaults.append(MISSING)
        elif field.default is not MISSING:
            defaults.append(field.default)
        elif defaults:
            raise TypeError(f"{cls.__qualname__}.{field.name} has no default, and follows one that has")
    code = _code(len(names) - 1, tuple(made), slots=slots).replace(co_varnames=tuple(names))
    init = FunctionType(code, known, "__init__", tuple(defaults))
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__module__ = cls.__module__
    init.__annotations__ = {**{field.name: field.type for field in fields(cls)}, "return": None}
    return init


@cache
def _code(count: int, made: tuple[int, ...], *, slots: bool) -> CodeType:
    """Return the code of an `__init__` with so many parameters, some of which are made where they are not given.

    The code is compiled once for all classes of this shape, because only the names of the parameters differ.
    """
    body = []
    for number in range(count):
        value = f"make_{number}() if p{number} is absent else p{number}" if number in made else f"p{number}"
        body.append(f" put_{number}(self, {value})" if slots else f" assign(self, put_{number}, {value})")
    parameters = ", ".join(["self", *(f"p{number}" for number in range(count))])
    space: dict[str, Any] = {}
    exec(f"def __init__({parameters}):\n" + "\n".join(body or [" pass"]), space)
    code: CodeType = space["__init__"].__code__
    return code


def _getter(names: list[str]) -> Getter:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _comparison(get: Getter, *, frozen: bool) -> dict[str, Any]:
    def equals(self: Any, other: Any) -> Any:
        return get(self) == get(other) if other.__class__ is self.__class__ else NotImplemented

    def digest(self: Any) -> int:
        return hash(get(self))

    return {"__eq__": equals, "__hash__": digest if frozen else None}


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in fields(self) if field.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _set(self: Any, name: str, value: Any) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: Any, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for field, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
