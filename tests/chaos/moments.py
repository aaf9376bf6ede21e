"""Moments at which a client kills itself: before or after a call, counted from one, of a function that matters."""

import functools
import os
import signal
from collections.abc import Callable
from importlib import import_module
from typing import Any

MOMENTS = {
    "in the folder": ("specc.targets.batch.batches:Cell.line", "before"),
    "after the folder": ("specc.targets.batch.batches:Batch.write", "after"),
    "in the intents": ("specc.submission.ledger:Ledger.begin", "before"),
    "after the intents": ("specc.targets.batch.batches:Batch.note_sending", "before"),
    "before sbatch": ("specc.targets.batch.batches:Batch.note_sending", "after"),
    "while a program starts": ("specc.targets.batch.programs:_conversation", "before"),
    "after sbatch": ("specc.targets.slurm.arrays:job_number", "before"),
    "after a refusal": ("specc.targets.batch.batches:Batch.note_not_sent", "before"),
    "in the outcomes": ("specc.submission.ledger:Ledger.settle", "before"),
    "while resuming": ("specc.submission.ledger:Ledger.reopen", "after"),
    "in a list of jobs": ("specc.targets.slurm.queries:Queries.listed", "after"),
    "while noting states": ("specc.submission.ledger:Ledger.saw", "before"),
    "while cleaning": ("specc.targets.slurm.folder:CellFolder.remove", "after"),
    "in a removal": ("specc.system.private:remove_folder", "before"),
    "after cleaning": ("specc.submission.ledger:Ledger.cleaned", "before"),
}


def die_at(moment: str, count: int) -> None:
    """Have this process end by SIGKILL at the call with that number."""
    place, when = MOMENTS[moment]
    module, _, path = place.partition(":")
    owner: Any = import_module(module)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    setattr(owner, name, _deadly(getattr(owner, name), count, when))


def _deadly(function: Callable[..., Any], count: int, when: str) -> Callable[..., Any]:
    calls = 0

    @functools.wraps(function)
    def deadly(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == count and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments, **named)
        if calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return deadly
