"""The command line: it parses, dispatches and prints, and decides nothing about a spec."""
