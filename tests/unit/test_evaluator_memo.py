"""What is remembered of a sweep is bounded, and what is never asked for again is not kept for long."""

from specc.evaluator.sweep import NO_AXES, Memo

MESH, BOTH = frozenset({"mesh"}), frozenset({"mesh", "seed"})


def found(memo: Memo[str], **leaves: int) -> list[str]:
    return [result for table in memo.tables if (result := table.find(leaves)) is not None]


def test_a_result_is_found_by_the_axes_that_it_was_made_of() -> None:
    memo = Memo[str](10)
    memo.keep(MESH, {"mesh": 1, "seed": 1}, "of mesh 1")
    memo.keep(BOTH, {"mesh": 2, "seed": 1}, "of mesh 2 and seed 1")
    memo.keep(NO_AXES, {"mesh": 2, "seed": 1}, "of any")
    assert found(memo, mesh=1, seed=9) == ["of mesh 1", "of any"]
    assert found(memo, mesh=2, seed=1) == ["of mesh 2 and seed 1", "of any"]
    assert found(memo, mesh=2, seed=2) == ["of any"]


def test_a_full_table_that_was_of_use_begins_anew() -> None:
    memo = Memo[str](2)
    for mesh in (1, 2):
        memo.keep(MESH, {"mesh": mesh}, str(mesh))
    assert found(memo, mesh=1) == ["1"]
    memo.keep(MESH, {"mesh": 3}, "3")
    assert (found(memo, mesh=1), found(memo, mesh=3)) == ([], ["3"])


def test_a_full_table_that_was_of_no_use_is_given_up() -> None:
    memo = Memo[str](2)
    for mesh in (1, 2, 3, 4):
        memo.keep(MESH, {"mesh": mesh}, str(mesh))
        memo.keep(BOTH, {"mesh": 0, "seed": 1}, "kept")
        assert found(memo, mesh=0, seed=1) == ["kept"]
    assert [table.axes for table in memo.tables] == [BOTH]
    assert found(memo, mesh=4, seed=4) == []


def test_of_no_use_is_told_anew_for_each_filling() -> None:
    memo = Memo[str](2)
    for mesh in (1, 2):
        memo.keep(MESH, {"mesh": mesh}, str(mesh))
    assert found(memo, mesh=2) == ["2"]
    for mesh in (3, 4, 5):  # the second filling, of which nothing is asked for
        memo.keep(MESH, {"mesh": mesh}, str(mesh))
    assert memo.tables == []
