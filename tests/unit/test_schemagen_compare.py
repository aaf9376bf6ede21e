"""What `schema diff` says."""

from support.tables import each

from specc.schemagen import Aspect, diff, dump


def schema(required=(), **properties):
    return {"properties": properties, "required": list(required)}


A = {"type": "string"}


@each(
    "old, new, expected",
    [
        (schema(a=A), schema(a=A), []),
        (schema(a=A), schema(a=A, b={"type": "integer", "default": 1}), ["added `b`, integer, optional, default 1"]),
        (schema(["b"], a=A, b={}), schema(a=A), ["removed `b`, any type, required"]),
        (schema(a=A), schema(["a"], a=A), ["`a` is now required"]),
        (schema(["a"], a=A), schema(a=A), ["`a` is no longer required"]),
        (schema(a=A), schema(a={"type": "integer"}), ["`a`: type string -> integer"]),
        (schema(a={"default": 0}), schema(a={}), ["`a`: default 0 -> (none)"]),
        (schema(a={}), schema(a={"enum": [0, 1]}), ["`a`: enum (none) -> 0, 1"]),
        (schema(a={}), schema(a={"x-shell": True}), ["`a`: shell (none) -> true"]),
        (schema(a={"description": "x"}), schema(a={"description": "y\nz"}), ["`a`: description x -> y / z"]),
        (schema(a=A, b=A), schema(b=A, a=A), ["the order of the fields has changed"]),
        ({"x-endpoint": "http://a"}, {"x-endpoint": "http://b"}, ["endpoint http://a -> http://b"]),
        ({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {}, ["no longer needs one of `a`, `b`"]),
        ({}, {"anyOf": [{"required": ["a"]}]}, ["now needs one of `a`"]),
        (
            {"anyOf": [{"required": ["a"]}]},
            {"anyOf": [{"required": ["b"]}]},
            ["needs one of `b` instead of one of `a`"],
        ),
    ],
)
def test_changes(old, new, expected):
    assert [str(change) for change in diff(old, new)] == expected


def test_a_change_is_a_value():
    (change,) = diff(schema(a=A), schema(["a"], a=A))
    assert (change.aspect, change.field, change.old, change.new) == (Aspect.REQUIRED, "a", False, True)


def test_the_text_of_a_file():
    assert dump({"名": 1}) == '{\n  "名": 1\n}\n'
