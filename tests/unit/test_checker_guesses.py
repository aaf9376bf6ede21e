"""Which field a wrong name means."""

from support.tables import each

from specc.checker.guesses import SCHEDULER_WORDS, meant_by
from specc.project import Apis

FIELDS = list(Apis()["ehpc/v1"].payload["properties"])


@each(
    "name, field",
    [
        ("core_limt", "core_limit"),
        ("partition", "scheduler_queue_name"),
        ("cpus-per-task", "core_limit"),
        ("ncpus", "core_limit"),
        ("Walltime", "time_limit"),
        ("zzz", None),
    ],
)
def test_a_wrong_name_means_the_nearest_field(name: str, field: str | None) -> None:
    assert meant_by(name, FIELDS) == field


def test_every_scheduler_word_means_a_field_that_there_is() -> None:
    assert set(SCHEDULER_WORDS.values()) <= set(FIELDS)
    assert not SCHEDULER_WORDS.keys() & set(FIELDS)


def test_a_word_for_a_field_that_the_api_lacks_is_no_suggestion() -> None:
    assert meant_by("partition", ["name", "zone"]) is None
