"""EvaluatedSpec -> CheckedSpec: the API's schema, with every diagnostic at the key or value that is wrong."""

from specc.checker.check import CheckedSpec, check

__all__ = ["CheckedSpec", "check"]
