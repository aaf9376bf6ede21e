"""`python -m specc`."""

from specc.cli.main import main

main()
