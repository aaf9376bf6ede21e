"""From the words of a command line to attempts in the ledger."""

from specc.app.attempts import AttemptChoice, Words
from specc.cli.printing import print_diagnostics
from specc.cli.sessions import open_session
from specc.errors import SpeccError


def choose(words: Words) -> AttemptChoice:
    """Return what the words mean. Raises SpeccError where the configuration cannot be used, which is printed."""
    session = open_session()
    choice = AttemptChoice.of(session, words)
    if print_diagnostics(session.diagnostics):
        raise SpeccError("the configuration cannot be used")
    return choice
