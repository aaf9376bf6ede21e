"""What there is instead of a text that cannot be had."""

from specc.diagnostics.model import Code
from specc.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a name has no text: the code of the diagnostic for whoever asked, and the words for it.

    `meant` is the name of a file in the same folder, or of a shipped base, that was probably meant.
    """

    code: Code
    message: str
    help: str | None = None
    meant: str | None = None
