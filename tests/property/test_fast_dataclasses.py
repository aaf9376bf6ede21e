"""`specc.fast_dataclass` makes what Python's own `dataclass` makes, and all of specc's dataclasses can be made so."""

import copy
import dataclasses
import inspect
import pickle
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.laws import law
from support.tables import each

import specc
from specc.fast_dataclass import quick_dataclass

NAN = float("nan")
VALUES = st.integers(0, 2) | st.sampled_from(["", "a", NAN, None, (), (1,)])
OPTIONS = [dict(zip(("frozen", "slots", "eq"), on, strict=True)) for on in product((True, False), repeat=3)]


def both(name: str, members: dict[str, Any], options: dict[str, bool], bases: tuple[tuple[type, ...], ...] = ((), ())):
    def made(decorate: Any, bases: tuple[type, ...]) -> type:
        space = {"__annotations__": dict.fromkeys(members, int), "__module__": __name__}
        space |= {key: value for key, value in members.items() if value is not dataclasses.MISSING}
        return decorate(**options)(type(name, bases, space))

    return made(quick_dataclass, bases[0]), made(dataclasses.dataclass, bases[1])


def members() -> Any:
    return {
        "a": dataclasses.MISSING,
        "b": dataclasses.field(repr=False),
        "c": dataclasses.field(default=3, compare=False),
        "d": dataclasses.field(default_factory=list, hash=None),
        "e": "default",
    }


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@given(st.lists(st.lists(VALUES, min_size=2, max_size=5), min_size=2, max_size=2))
@law(50)
def test_values_are_alike(options: dict[str, bool], given: list[list[Any]]) -> None:
    quick, plain = both("Made", members(), options)
    ours, theirs = [quick(*values) for values in given], [plain(*values) for values in given]
    assert [repr(value) for value in ours] == [repr(value) for value in theirs]
    assert (ours[0] == ours[1]) is (theirs[0] == theirs[1])
    assert ours[0] != theirs[0]
    assert [dataclasses.astuple(value) for value in ours] == [dataclasses.astuple(value) for value in theirs]
    changed = dataclasses.replace(ours[0], a=5)
    assert changed.a == 5
    assert changed.e is ours[0].e
    assert dataclasses.astuple(copy.copy(ours[0])) == dataclasses.astuple(ours[0])


def _changed(value: Any, name: str) -> list[bool]:
    """Can the attribute be set, and taken away? With slots, a class of Python's own refuses a new one by TypeError."""
    ends: list[bool] = []
    for change in (lambda: setattr(value, name, 1), lambda: delattr(value, name)):
        try:
            change()
            ends.append(True)
        except (AttributeError, TypeError):
            ends.append(False)
    return ends


@each("options", OPTIONS)
@each("names", ["", "a", "ab"])
def test_classes_are_alike(options: dict[str, bool], names: str) -> None:
    quick, plain = both("Made", dict.fromkeys(names, dataclasses.MISSING), options)
    assert str(inspect.signature(quick)) == str(inspect.signature(plain))
    assert quick.__match_args__ == plain.__match_args__
    assert quick.__name__ == plain.__name__
    assert getattr(quick, "__slots__", None) == getattr(plain, "__slots__", None)
    one, other = quick(*names), quick(*names)
    assert (one == other) is (plain(*names) == plain(*names))
    assert (quick.__hash__ is None) is (plain.__hash__ is None)
    if quick.__hash__ is not None:
        assert (hash(one) == hash(other)) is (hash(plain(*names)) == hash(plain(*names)))
    assert [_changed(one, name) for name in ("a", "new")] == [_changed(plain(*names), name) for name in ("a", "new")]
    with pytest.raises(TypeError):
        quick(1, 2, 3)


@each("options", OPTIONS)
def test_heirs_are_alike(options: dict[str, bool]) -> None:
    parents = both("Parent", {"a": dataclasses.MISSING, "b": 2}, options)
    quick, plain = both("Heir", {"c": 3, "b": 4}, options, ((parents[0],), (parents[1],)))
    assert repr(quick(1)) == repr(plain(1)) == "Heir(a=1, b=4, c=3)"
    assert str(inspect.signature(quick)) == str(inspect.signature(plain))


def test_what_a_class_writes_itself_stays() -> None:
    @quick_dataclass(frozen=True, slots=True)
    class Written:
        a: int

        def __eq__(self, other: object) -> bool:
            return True

        def __repr__(self) -> str:
            return "written"

    assert Written(1) == Written(2)
    assert hash(Written(1)) == hash((1,))
    assert repr(Written(1)) == "written"


@quick_dataclass(frozen=True, slots=True)
class Kept:
    a: int
    b: str = ""


def test_it_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(Kept(1, "b"))) == Kept(1, "b")


def test_it_needs_no_parentheses() -> None:
    @quick_dataclass
    class Open:
        a: int

    value = Open(1)
    value.a = 2
    assert repr(value).endswith("Open(a=2)")


def test_specc_uses_no_other_and_has_no_use_for_what_it_lacks() -> None:
    for path in Path(specc.__file__).parent.rglob("*.py"):
        if path.name == "fast_dataclass.py" or path.parts[-2:] == ("api", "values.py"):
            continue  # the values of the API are Python's own dataclasses, and no command imports them
        text = path.read_text(encoding="utf-8")
        assert re.search(r"\b(__post_init__|KW_ONLY|InitVar)\b", text) is None, path
        assert not any(word in text for word in ("field(init", "kw_only=", "order=True", "unsafe_hash")), path
        assert re.search(r"^from dataclasses import .*\bdataclass\b", text, re.M) is None, (
            f"{path}: see specc/fast_dataclass.py"
        )


def test_what_is_frozen_says_so() -> None:
    for name in ("a", "new"):
        with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot assign to field '{name}'"):
            setattr(Kept(1), name, 1)
        with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot delete field '{name}'"):
            delattr(Kept(1), name)
