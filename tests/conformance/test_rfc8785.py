"""RFC 8785: the bytes of a payload, held to the RFC's own samples."""

import json
import struct

import pytest
from support.compiling import render
from support.tables import each

from specc.lowering import canonical_bytes as canonical

# RFC 8785, appendix B: IEEE 754 doubles in hexadecimal, and what JSON calls them.
NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@each("bits, text", NUMBERS)
def test_numbers_of_appendix_b(bits, text):
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(number) == text.encode()


@each("bits", ["7fffffffffffffff", "7ff0000000000000", "fff0000000000000"])
def test_numbers_that_are_refused(bits):
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    with pytest.raises(ValueError):
        canonical(number)


def test_the_sample_of_section_3_2_2():
    data = json.loads(
        r"""
        {
          "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
          "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
          "literals": [null, true, false]
        }
        """
    )
    assert (
        canonical(data)
        == (
            '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
            r'"string":"€$\u000f\nA'
            "'"
            r'B\"\\\\\"/"}'
        ).encode()
    )


def test_the_order_of_keys_of_section_3_2_3():
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\u00f6"]
    ordered = ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(dict.fromkeys(keys, 0)))) == ordered


TEXTS = [
    ('\u20ac$\x0f\nA\'B"\\\\"/', r'"€$\u000f\nA' + "'" + r'B\"\\\\\"/"'),
    ("\b\t\n\f\r", r'"\b\t\n\f\r"'),
    ("\x00\x01\x1f", r'"\u0000\u0001\u001f"'),
    ("\x7f\x80\u2028\u2029\ufeff", '"\x7f\x80\u2028\u2029\ufeff"'),
    ("\U0001f602 e\u0301 é", '"\U0001f602 e\u0301 é"'),
    ("</script>&", '"</script>&"'),
]


def written(text: str) -> str:
    """A text as YAML can hold any: in double quotes, with an escape for each character."""
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


@each("text, json_text", TEXTS)
def test_texts_as_they_leave_a_spec(text, json_text):
    (payload,) = render(f"job: {{name: {written(text)}, cmd_line: run}}").payloads
    assert payload.canonical == (
        f'{{"cluster_id":"c","cmd_line":"run","name":{json_text},"run_user":"u","zone":"z"}}'.encode()
    )


INTEGERS = ["0", "-0", "1", "-1", "9007199254740991", "-9007199254740991", "4.0", "1e3", "0x10", "0o17", "007"]


@each("integer", INTEGERS)
def test_integers_as_they_leave_a_spec(integer):
    (payload,) = render(f"job: {{name: n, cmd_line: run, core_limit: {integer}}}").payloads
    number = int(integer, 0) if integer.startswith("0") and integer not in ("0", "007") else int(float(integer))
    assert f'"core_limit":{number},'.encode() in payload.canonical


@each("integer", ["9007199254740992", "-9007199254740992", "1e300", "9" * 400])
def test_integers_that_json_does_not_hold_exactly(integer):
    found = render(f"job: {{name: n, cmd_line: run, core_limit: {integer}}}")
    assert "not-canonical" in found.slugs or "too-large" in found.slugs
    assert not found.payloads
    assert all(len(message) < 200 for message in found.messages)
