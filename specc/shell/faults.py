"""What is wrong with a shell text, as the parser finds it."""

from specc.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class ShellFault:
    """One mistake at the characters `start` to `end`. `opened` is what it belongs to, such as the `if` of a `fi`.

    `is_sure`: a second parser need not see it, too.
    """

    start: int
    end: int
    message: str
    help: str | None = None
    opened: tuple[int, int] | None = None
    is_sure: bool = False


class Broken(Exception):
    """The text cannot be read further."""

    def __init__(self, fault: ShellFault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class GivenUp(Exception):
    """The text has something that we do not claim to understand, so nothing is said about it."""


def never_closed(start: int, end: int, what: str, closer: str, earlier: tuple[int, int] | None = None) -> Broken:
    """`earlier` is a quote that looks as if its own closer were the one that is missing."""
    shown = "`` ` ``" if closer == "`" else f"`{closer}`"
    return Broken(ShellFault(start, end, f"{what} is never closed", f"close it with {shown}", earlier))
