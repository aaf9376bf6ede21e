"""CheckedSpec -> Payload: the canonical bytes that are sent, and their digest."""

from specc.lowering.payload import Payload, lower, receive

__all__ = ["Payload", "lower", "receive"]
