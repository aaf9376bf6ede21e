"""Exit codes of the commands about submissions; the others are in `specc.cli.main`."""

OK = 0
REFUSED = 1
BROKEN = 2
REJECTED = 3
UNKNOWN = 4
JOB_FAILED = 5
TIMED_OUT = 6
CHANGES = 10
INTERRUPTED = 130
