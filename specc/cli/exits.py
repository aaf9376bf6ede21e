"""The exit codes of all commands."""

OK = 0
REFUSED = 1
"""There are errors, or something needs a decision."""
BROKEN = 2
"""The command line, the settings, the environment or a file cannot be used."""
REJECTED = 3
UNKNOWN = 4
JOB_FAILED = 5
TIMED_OUT = 6
CHANGES = 10
BUG = 101
INTERRUPTED = 130
UNREAD = 141
"""Nobody reads on: as by SIGPIPE."""
