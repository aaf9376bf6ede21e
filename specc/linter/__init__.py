"""The check of a project: many specs, what they do to each other, and what is remembered from check to check.

`check_specs` is the whole of it. Behind it, `examining` checks one spec by itself, `families` knows what inherits from
what, `filters` obeys comments and settings, and `records` remembers. `fixing` and `baseline` work on its diagnostics.
"""

from specc.linter.checking import Checked, check_specs
from specc.linter.filters import not_ignored

__all__ = ["Checked", "check_specs", "not_ignored"]
