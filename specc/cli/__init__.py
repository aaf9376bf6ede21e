"""The command line: it parses, dispatches and prints, and decides nothing about a spec."""

COMPLETE = "_SPECC_COMPLETE"
"""The variable by which the shell asks for completions."""
