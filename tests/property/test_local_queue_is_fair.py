"""Law: the queue hands out no more cores than there are, keeps the order, and lets no job wait for ever."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from specc.targets.local.queue import Waiting, startable

TOTAL = st.integers(1, 8)
QUEUE = st.lists(st.integers(1, 12), max_size=12).map(
    lambda cores: [Waiting(str(number), wanted) for number, wanted in enumerate(cores)]
)


@given(QUEUE, st.integers(0, 8), TOTAL)
def test_the_head_of_the_queue_starts_as_far_as_it_has_room(queue: list[Waiting], used: int, total: int) -> None:
    started = startable(queue, used, total)
    assert started == queue[: len(started)], "nobody overtakes"
    taken = sum(job.cores for job in started)
    assert not started or used + taken <= total or (used == 0 and len(started) == 1), "or a giant, alone"
    if len(started) < len(queue):
        assert used + taken > 0, "an idle machine starts something"
        assert used + taken + queue[len(started)].cores > total, "and the next one has no room"


@given(QUEUE, TOTAL, st.randoms(use_true_random=False))
def test_every_job_starts_in_the_end_in_its_order(queue: list[Waiting], total: int, chance: Random) -> None:
    waiting, running, order = list(queue), list[Waiting](), list[Waiting]()
    while waiting:
        started = startable(waiting, sum(job.cores for job in running), total)
        order += started
        running += started
        waiting = waiting[len(started) :]
        running.remove(chance.choice(running))
    assert order == queue
