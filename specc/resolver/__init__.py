"""Composition: from one parsed file to one spec with all that it inherits.

`resolve` gives the `ResolvedSpec` of a document; `compose` merges its files, and `overlaid` puts profiles and `--set`s
over them. A `Library` gives the texts of the project. `shown` writes a value as a person would in YAML.
"""

from specc.resolver.library import Library, join
from specc.resolver.operators import VALUE_FORMS, is_lost_form, is_template, mistake_of, operator_of, read_forms
from specc.resolver.params import Param, has_type, shown
from specc.resolver.resolve import Overlays, ResolvedSpec, compose, overlaid, resolve

__all__ = [
    "VALUE_FORMS",
    "Library",
    "Overlays",
    "Param",
    "ResolvedSpec",
    "compose",
    "has_type",
    "is_lost_form",
    "is_template",
    "join",
    "mistake_of",
    "operator_of",
    "overlaid",
    "read_forms",
    "resolve",
    "shown",
]
