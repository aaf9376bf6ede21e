"""Sending payloads exactly once: the ledger, what a plan decides from it, and the sending itself."""
