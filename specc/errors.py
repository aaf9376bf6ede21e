"""The error of the environment: anything that no edit of a spec can fix."""


class SpeccError(Exception):
    """A file that cannot be read, a setting that cannot be used, a call that makes no sense.

    The command line prints the message and the help, and exits with 2. A mistake in a spec is never raised, but is a
    `Diagnostic`.
    """

    def __init__(self, message: str, *, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


def no_thread() -> SpeccError:
    """Return the error for a thread that the system does not let this process start."""
    help = (
        "end some of your processes, or raise the limit that `ulimit -u` shows; a container may have a limit of its own"
    )
    return SpeccError("the system does not let specc start a thread", help=help)
