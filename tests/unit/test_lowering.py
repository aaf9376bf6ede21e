"""Payloads: their bytes, their digests, and where each value came from."""

import json
from hashlib import sha256

import pytest
import rfc8785
from support.compiling import apis, render, request
from support.tables import each

from specc.lowering import Payload, receive

SPEC = "job: {name: n, cmd_line: run, core_limit: 4}"


def made(text, **world):
    (payload,) = render(text, **world).payloads
    return payload


def test_a_payload_is_canonical_json_with_its_digest():
    payload = made(SPEC)
    assert (
        payload.canonical == b'{"cluster_id":"c","cmd_line":"run","core_limit":4,"name":"n","run_user":"u","zone":"z"}'
    )
    assert payload.digest == sha256(payload.canonical).hexdigest()
    assert (payload.name, payload.spec_id, payload.api) == ("n", "a.job.yaml", "ehpc/v1")


def test_it_has_no_timestamp():
    assert b"timestamp" not in made(SPEC).canonical


def test_every_field_says_where_it_came_from():
    payload = made("vars: {x: 4}\njob: {name: n, cmd_line: run, core_limit: '{{ vars.x }}'}")
    assert payload.values.keys() == payload.body.keys()
    assert str(payload.values["core_limit"].node.span) == "a.job.yaml:3:43"
    assert [read.name for read in payload.values["core_limit"].reads] == ["vars.x"]
    assert payload.values["zone"].node.layer.kind == "target"


SAME = [
    ("job: {core_limit: 4, cmd_line: run, name: n}", {}),
    ("job:\n  name: 'n'\n  cmd_line: \"run\"\n  core_limit: '{{ 2 + 2 }}'\n", {}),
    ("id: another\nvars: {x: 1}\n" + SPEC, {}),
    ("params: {c: {type: integer}}\njob: {name: n, cmd_line: run, core_limit: '{{ params.c }}'}", {"p": ["c=4"]}),
    ("job: {name: x, cmd_line: run, core_limit: 1}", {"set": ["job.name=n", "job.core_limit=4"]}),
    ("profiles: {p: {job: {core_limit: 4}}}\njob: {name: n, cmd_line: run}", {"profiles": ("p",)}),
]


@each("text, asked", SAME)
def test_equal_inputs_have_one_digest_however_they_are_given(text, asked):
    assert made(text, asked=request(**asked)).digest == made(SPEC).digest


@each("text", [SPEC.replace("4", "5"), SPEC.replace("run", "'run '"), SPEC.replace(", core_limit: 4", "")])
def test_another_value_has_another_digest(text):
    assert made(text).digest != made(SPEC).digest


def test_all_that_json_cannot_hold_is_said_at_once():
    found = render("job: {name: n, cmd_line: run, core_limit: 9007199254740993, mem_limit: 1e300, time_limit: 4}")
    assert [slug for slug in found.slugs if slug != "yaml-1.1"] == ["not-canonical", "not-canonical"]
    assert found.messages[-2].startswith(
        "`core_limit` is 9007199254740993, and JSON holds whole numbers exactly only up to"
    )


class TestReceive:
    """A body over the wire, for whoever plays the API's part."""

    def test_what_was_sent_is_received(self):
        sent = made(SPEC)
        got = receive(json.loads(sent.canonical), apis()["ehpc/v1"])
        assert isinstance(got, Payload)
        assert (got.digest, got.canonical, got.spec_id) == (sent.digest, sent.canonical, "")

    def test_what_the_schema_refuses(self):
        errors = receive({"name": 4}, apis()["ehpc/v1"])
        assert isinstance(errors, list)
        assert {error.validator for error in errors} >= {"type", "required"}

    @each("number", [2**53, 1e400 - 1e400])
    def test_what_canonical_json_cannot_hold(self, number):
        body = {**json.loads(made(SPEC).canonical), "core_limit": number}
        if isinstance(number, float):
            assert isinstance(receive(body, apis()["ehpc/v1"]), list)
        else:
            with pytest.raises(rfc8785.CanonicalizationError):
                receive(body, apis()["ehpc/v1"])
