"""Composition: from one parsed file to one spec with all that it inherits."""

from specc.resolver.forms import read_forms
from specc.resolver.library import Library
from specc.resolver.operators import is_template
from specc.resolver.params import Param, has_type, shown
from specc.resolver.paths import join
from specc.resolver.resolve import Overlays, compose, overlaid, resolve
from specc.resolver.spec import ResolvedSpec

__all__ = [
    "Library",
    "Overlays",
    "Param",
    "ResolvedSpec",
    "compose",
    "has_type",
    "is_template",
    "join",
    "overlaid",
    "read_forms",
    "resolve",
    "shown",
]
