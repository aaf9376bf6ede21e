"""The target's quota of calls an hour, kept across runs in the ledger."""

from specc.submission.ledger import Ledger

HOUR = 3600.0


def pause_for(ledger: Ledger, target: str, quota: int | None, now: float) -> float:
    """Seconds until one more call is within the quota."""
    if quota is None:
        return 0.0
    calls = ledger.calls_since(target, now - HOUR)
    if len(calls) < quota:
        return 0.0
    return max(0.0, calls[len(calls) - quota] + HOUR - now)
