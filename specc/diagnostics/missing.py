"""What there is instead of a text that cannot be had."""

from specc.diagnostics.model import Code
from specc.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a name has no text: the kind of finding that it is for whoever asked, and the words for it."""

    code: Code
    message: str
    help: str | None = None
