"""The schema of the whole spec language, for editors: completion, descriptions and typos while one writes."""

from collections.abc import Sequence as Many

from specc.schema import ApiSchema, JsonObject
from specc.schemagen.build import COMMENT, DIALECT
from specc.schemagen.forms import (
    any_of,
    common_definitions,
    described,
    fixed_keys,
    free_keys,
    inherited,
    inherited_list,
    operator,
    ref,
)
from specc.schemagen.jobfields import job_section

PARAM_TYPES = ("string", "integer", "number", "boolean", "list")

SECTIONS = {
    "params": "Typed inputs, given on the command line with `-p NAME=VALUE`. One without a default must be given.",
    "vars": "Computed values. They may refer to each other, to `params`, `matrix`, `cell`, `spec` and `env`.",
    "matrix": "A sweep: each cell becomes one payload.",
    "profiles": "Overlays for variants, chosen with `--profile NAME`.",
    "job": "The fields of the job, named as in the API's table.",
}


def build_editor(apis: Many[ApiSchema]) -> JsonObject:
    """The schema of a spec file under any of these API versions."""
    return {
        "$schema": DIALECT,
        "$comment": COMMENT,
        "title": "specc job spec",
        "description": "A declarative HPC job spec.",
        **fixed_keys({**_header(apis), **_sections()}, ["specc"]),
        "patternProperties": {"^x-": described("A key for other tools; specc passes over it.", {})},
        "$defs": {
            **common_definitions(),
            "params": free_keys(inherited(_param())),
            "vars": free_keys(ref("value")),
            "axis": _axis(),
            "matrix": _matrix(),
            "profiles": free_keys(inherited(_profile())),
            "job": job_section(apis),
        },
    }


def _header(apis: Many[ApiSchema]) -> JsonObject:
    return {
        "specc": described("Version of the spec language.", {"enum": [1]}),
        "id": described(
            "Identity of the spec for submissions, instead of its path. Give one before the file moves.",
            {"type": "string", "pattern": r"^[^\s{}/]+(/[^\s{}/]+)*$", "maxLength": 200},
        ),
        "extends": described(
            "The spec or specs to inherit from, the later the stronger: a path relative to this file, `//path` from "
            "the project's root, or `specc:NAME` for a base that ships with specc.",
            any_of(ref("static"), {"type": "array", "items": ref("static")}),
        ),
        "abstract": described("A base: checked, never rendered or submitted. Not inherited.", {"type": "boolean"}),
        "api": described("Version of the API. Default: the project's.", {"enum": [api.name for api in apis]}),
    }


def _sections() -> JsonObject:
    return {name: described(text, _section(name)) for name, text in SECTIONS.items()}


def _section(name: str) -> JsonObject:
    """A section may be empty, or an operator on the inherited one."""
    return any_of(ref(name), {"type": "null"}, operator("$replace", ref(name)), ref("unset"))


def _profile() -> JsonObject:
    overlaid = [name for name in SECTIONS if name != "profiles"]
    return fixed_keys({name: described(SECTIONS[name], _overlay(name)) for name in overlaid})


def _overlay(name: str) -> JsonObject:
    return inherited(ref(name))


def _param() -> JsonObject:
    """`type` is not required, because a child may change one key of an inherited parameter."""
    number = inherited({"type": "number"})
    return fixed_keys(
        {
            "type": described("What values it takes.", inherited({"enum": list(PARAM_TYPES)})),
            "default": described("The value when none is given. Without it, the parameter is required.", ref("value")),
            "minimum": described("The least number.", number),
            "maximum": described("The greatest number.", number),
            "choices": described("The only values that it takes.", inherited_list(ref("scalar"))),
            "example": described("A value for `specc check`, when there is no default.", ref("value")),
            "description": described("What it is for.", inherited({"type": "string"})),
        }
    )


def _matrix() -> JsonObject:
    axes = inherited(free_keys(ref("axis")))
    entries = inherited_list(free_keys(ref("value")))
    count = inherited(any_of({"type": "integer", "minimum": 1}, ref("template")))
    return fixed_keys(
        {
            "axes": described("Each axis takes all its values, combined with all others.", axes),
            "zip": described("Axes that advance together; they have as many values each.", axes),
            "exclude": described("Combinations to leave out: mappings from axes to values.", entries),
            "include": described("Combinations to add; axes that one leaves out take all their values.", entries),
            "max": described("The greatest number of cells, counted before any is made.", count),
            "repeat": described("How many times each cell is run.", count),
        }
    )


def _axis() -> JsonObject:
    number = inherited(any_of({"type": "number"}, ref("template")))
    interval = fixed_keys(
        {
            "from": described("The first number.", number),
            "to": described("The last number, which is reached.", number),
            "step": described("The distance, 1 if left out.", number),
        }
    )
    return inherited_list(ref("item"), interval, ref("template"))
