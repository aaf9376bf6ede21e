"""Sending payloads exactly once: the ledger, the plan that is decided from it, and the sending itself.

- `Ledger` holds every attempt, and where it lies: `ledger_path`, `Access`, `Projects`.
- `plan_steps` decides a `Step` for each payload; `PlanFile` is a plan that people review.
- `Sender` carries steps out, with a `Result` for each; `follow_jobs` and `look` say what became of the jobs.
- `find_jobs` looks for the jobs of attempts whose outcome is unknown; `verify_ledger` checks the whole ledger.
- `Selector` chooses attempts; `OutputReader` reads the files that jobs write.
"""

from specc.submission.clock import Clock
from specc.submission.database import Locked
from specc.submission.follow import (
    SILENCE,
    Ending,
    More,
    end_reason,
    ending,
    fair_pause,
    follow_jobs,
    is_not_found,
    last_word,
    life_of,
    look,
    state_of,
    why_of,
    word_of,
)
from specc.submission.keys import LogicalKey, canonical_params, key_of, split_name
from specc.submission.ledger import AttemptOpen, Ledger, NoRoom, Room, SentElsewhere, SettledAlready, UuidTaken
from specc.submission.location import Access, access_of, ledger_path
from specc.submission.output import OutputReader
from specc.submission.plan import LOOKED_UP, Action, Allowed, Cost, Step, core_hours, cost, plan_steps, retry_step
from specc.submission.planfile import (
    Asked,
    Heading,
    PlanFile,
    changes_of,
    plan_differences,
    plan_document,
    read_plan,
    step_data,
)
from specc.submission.projects import KnownProject, ProjectOrigin, known_as, recognised
from specc.submission.records import Record, State, asked_for, current_attempt, flat, retries_made
from specc.submission.resolve import Found, Match, adopt, find_jobs, settle_by_hand
from specc.submission.results import Result, Tally, tally
from specc.submission.selector import (
    FAILED,
    STATES,
    Selector,
    is_id_of,
    latest,
    only_of,
    params_of,
    shown_state,
    states_named,
)
from specc.submission.send import Sender, Sending, active_jobs, resumed_in
from specc.submission.verify import verify_ledger

__all__ = [
    "FAILED",
    "LOOKED_UP",
    "SILENCE",
    "STATES",
    "Access",
    "Action",
    "Allowed",
    "Asked",
    "AttemptOpen",
    "Clock",
    "Cost",
    "Ending",
    "Found",
    "Heading",
    "KnownProject",
    "Ledger",
    "Locked",
    "LogicalKey",
    "Match",
    "More",
    "NoRoom",
    "OutputReader",
    "PlanFile",
    "ProjectOrigin",
    "Record",
    "Result",
    "Room",
    "Selector",
    "Sender",
    "Sending",
    "SentElsewhere",
    "SettledAlready",
    "State",
    "Step",
    "Tally",
    "UuidTaken",
    "access_of",
    "active_jobs",
    "adopt",
    "asked_for",
    "canonical_params",
    "changes_of",
    "core_hours",
    "cost",
    "current_attempt",
    "end_reason",
    "ending",
    "fair_pause",
    "find_jobs",
    "flat",
    "follow_jobs",
    "is_id_of",
    "is_not_found",
    "key_of",
    "known_as",
    "last_word",
    "latest",
    "ledger_path",
    "life_of",
    "look",
    "only_of",
    "params_of",
    "plan_differences",
    "plan_document",
    "plan_steps",
    "read_plan",
    "recognised",
    "resumed_in",
    "retries_made",
    "retry_step",
    "settle_by_hand",
    "shown_state",
    "split_name",
    "state_of",
    "states_named",
    "step_data",
    "tally",
    "verify_ledger",
    "why_of",
    "word_of",
]
