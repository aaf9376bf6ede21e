"""Law: the queue hands out no more cores than there are, keeps the order, and lets no job wait for ever."""

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from specc.targets.local.jobs import Waiting, by_turns, startable, used_by_owner

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


OWNED = st.lists(st.tuples(st.integers(1, 4), st.sampled_from("abc")), max_size=20).map(
    lambda jobs: [Waiting(str(number), cores, owner) for number, (cores, owner) in enumerate(jobs)]
)
USED = st.dictionaries(st.sampled_from("abc"), st.integers(0, 8))


@given(OWNED, USED)
def test_owners_take_turns_and_keep_their_own_order(queue: list[Waiting], used: dict[str, int]) -> None:
    order, cores = by_turns(queue, used), Counter(used)
    assert sorted(order) == sorted(queue)
    for owner in "abc":
        assert [job for job in order if job.owner == owner] == [job for job in queue if job.owner == owner]
    for number, job in enumerate(order):
        assert all(cores[job.owner] <= cores[other.owner] for other in order[number:]), "who has least comes next"
        cores[job.owner] += job.cores


@given(QUEUE)
def test_one_owner_alone_has_a_plain_queue(queue: list[Waiting]) -> None:
    assert by_turns(queue, {"": 3}) == queue


@given(st.integers(1, 4), st.integers(20, 30), TOTAL)
def test_a_giant_of_one_owner_is_not_overtaken_for_ever(cores: int, count: int, total: int) -> None:
    """Small jobs that are submitted later, by anybody, do not keep a job waiting that wants the whole machine."""
    waiting = [Waiting("giant", total, "b")]
    running = [Waiting(f"early-{number}", 1, "a") for number in range(total)]
    for number in range(count):
        waiting.append(Waiting(f"late-{number}", min(cores, total), "ac"[number % 2]))
    turns = dict.fromkeys("b", 1)
    while running:
        running.pop()
        used = used_by_owner(running)
        started = startable(by_turns(waiting, used, turns), used.total(), total)
        for job in started:
            turns[job.owner] = max(turns.values(), default=0) + 1
        running += [job for job in started if job.uuid != "giant"]
        waiting = [job for job in waiting if job not in started]
        if "giant" not in [job.uuid for job in waiting]:
            return
        assert len(waiting) > 1, "the giant starts before all that came later are done"
    raise AssertionError("the giant never starts")
