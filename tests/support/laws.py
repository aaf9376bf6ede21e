"""How many examples a law is tried on: few in every test run, more in `make test SEED=random`, many in `make laws`."""

from typing import Any

from hypothesis import HealthCheck, settings

QUICK, RANDOM, DEEP = 10, 30, 200
"""The examples of a law that does not say how many it needs."""
USUAL = 60

SEEDED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}


def register() -> None:
    """Register the profiles. `quick` tries the same examples each time, the others those of `--hypothesis-seed`."""
    settings.register_profile("quick", max_examples=QUICK, derandomize=True, **SEEDED)
    settings.register_profile("random", max_examples=RANDOM, print_blob=True, **SEEDED)
    settings.register_profile("deep", max_examples=DEEP, print_blob=True, **SEEDED)


def law(examples: int, **others: Any) -> settings:
    """Return the settings of a law that needs more or fewer examples than the usual 60: the profile's share of them."""
    share = settings().max_examples / USUAL
    return settings(max_examples=max(1, round(examples * share)), **{"deadline": None, **others})
