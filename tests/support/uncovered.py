"""The environment of a process that coverage has to leave alone."""

import os


def environment() -> dict[str, str]:
    """That of the tests, for what coverage would disturb: what is imported, or a signal.

    Coverage holds a lock now and then. It waits for it forever when `KeyboardInterrupt` has come while it held it.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
