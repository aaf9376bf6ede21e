"""What our own bug says."""

import platform
import traceback

from specc import __version__


def bug_report(arguments: list[str]) -> str:
    """Of the exception that is being handled."""
    return (
        "specc has a bug, and this is its report. Please paste it into an issue.\n\n"
        f"specc {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"arguments: {arguments}\n\n{traceback.format_exc()}"
    )
