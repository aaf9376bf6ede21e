"""What specc says about a spec, as values. `specc.reporters` prints them.

`codes` is the table of all kinds of diagnostics; `codes.BAD_KEY.at(span, message)` makes one. `did_you_mean` words a
suggestion, and the functions that end in `_fix` make the fixes that a machine can apply.
"""

from specc.diagnostics.model import Code, Diagnostic, Edit, Fix, Label, Missing, Severity
from specc.diagnostics.suggestions import (
    closest,
    closest_code,
    did_you_mean,
    is_one_slip,
    one_of,
    quoting_fix,
    removing_fix,
    replacing_fix,
    spelling_fix,
    unquoting_fix,
)

__all__ = [
    "Code",
    "Diagnostic",
    "Edit",
    "Fix",
    "Label",
    "Missing",
    "Severity",
    "closest",
    "closest_code",
    "did_you_mean",
    "is_one_slip",
    "one_of",
    "quoting_fix",
    "removing_fix",
    "replacing_fix",
    "spelling_fix",
    "unquoting_fix",
]
