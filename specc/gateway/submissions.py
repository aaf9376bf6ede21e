"""submitJob, at most once for each request.

A request is known by its signature, and by the mark of the attempt that specc's own client puts beside it: timestamps
are of whole seconds, so two clients of one key that send the same body in one second make the same signature. A
request without a mark counts as the first of its signature, because it may be that, sent once more on the way.

A new request is written down before anything else happens. Whenever the same request comes again, however late, it gets
the stored answer: a client that is told "expired" although its job runs would sign again and start the job twice. If
the gateway died before the answer, the request is unsettled: the target is asked for its job by the key of the attempt,
which derives from that of the request, and only then given the same attempt again, which a target with unique keys
recognises.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from specc.errors import SpeccError
from specc.gateway.access import TURN, Caller, stale
from specc.gateway.answers import SUBMIT, Answer, Refusal, good
from specc.gateway.limits import Limits, Load, Rate, Shares
from specc.gateway.store import Job, Request, SignedAlready, Started, Store
from specc.lowering import Payload, receive
from specc.schema import ApiSchema
from specc.targets import Accepted, Attempt, NotSent, Outcome, Rejected, Target, Unclear
from specc.targets.ehpc.ret_codes import BAD_VALUE, BUSY, DENIED, INTERNAL, QUOTA, WHEN_ENDED
from specc.wording import brief

ACTION = "submitJob"
KEPT = timedelta(days=1)
"""How long a request is kept after its timestamp was last acceptable."""

STRIPES = 64
FORGET_EVERY = 500


class Submissions:
    """Submits jobs, for several threads. Two calls with the same request take turns."""

    def __init__(
        self,
        target: Target,
        api: ApiSchema,
        store: Store,
        limits: Limits,
        rate: Rate,
        load: Load,
        shares: Shares,
        clock: Callable[[], datetime],
    ) -> None:
        self._target = target
        self._api = api
        self._store = store
        self._limits = limits
        self._rate = rate
        self._load = load
        self._shares = shares
        self._clock = clock
        self._turns = [threading.Lock() for _ in range(STRIPES)]
        self._claims = 0

    def submit(self, caller: Caller, payload: Payload) -> Answer:
        """Return the answer to a request, which is carried out once."""
        with self._turn(caller.request_id):
            try:
                request, is_new = self._claim(caller, payload)
            except SignedAlready:
                # It is another client's request, or this one sent on the way without its mark: nobody can tell.
                return Refusal(
                    INTERNAL, "a request without a mark has the same signature, so this request was not begun"
                ).answer()
            answer = request.answer or self._answer(caller, payload, request, is_new=is_new)
        return answer if is_new else replace(answer, is_repeated=True)

    def _answer(self, caller: Caller, payload: Payload, request: Request, *, is_new: bool) -> Answer:
        """Return what becomes of a request that has no answer yet."""
        adopted = None if is_new else self._adopted(request, payload)
        if adopted is not None:
            return adopted
        refusal = self._refusal(caller, payload, request, is_new=is_new)
        return self._sent(request, payload) if refusal is None else self._settled(request, refusal.answer())

    def recover(self) -> None:
        """Look for the jobs of requests without an answer, or whose outcome the target did not know."""
        for request in self._store.unsettled():
            turn = self._turn(request.id)
            if turn.acquire(blocking=False):
                try:
                    received = receive(json.loads(request.body), self._api)
                    if isinstance(received, Payload):
                        self._adopted(request, received)
                finally:
                    turn.release()

    def _turn(self, request_id: str) -> threading.Lock:
        return self._turns[int(request_id[:TURN], 16) % STRIPES]

    def _claim(self, caller: Caller, payload: Payload) -> tuple[Request, bool]:
        now = self._clock()
        until = max(now, caller.timestamp).timestamp() + KEPT.total_seconds()
        if self._claims % FORGET_EVERY == 0:
            self._store.forget(now.timestamp())
        self._claims += 1
        body = payload.canonical.decode()
        what = (caller.request_id, caller.access_key_id, ACTION, body)
        return self._store.claim(*what, now.timestamp(), until, signature=caller.signature_id)

    def _refusal(self, caller: Caller, payload: Payload, request: Request, *, is_new: bool) -> Refusal | None:
        """Return why a request is refused. A request that was begun before is judged as it was then."""
        refusal = stale(caller, datetime.fromtimestamp(request.at, UTC))
        if refusal is None and is_new:
            refusal = self._over_limit(caller)
        if refusal is not None:
            return refusal
        refused = self._target.refuse(payload)
        return _rejected(refused) if refused is not None else None

    def _over_limit(self, caller: Caller) -> Refusal | None:
        if not self._rate.takes(caller.access_key_id):
            return Refusal(QUOTA, f"more than {self._limits.calls} calls in {self._limits.per:g} seconds")
        key = caller.access_key_id
        if (refusal := self._load.refusal(key)) is not None:
            return refusal
        if not self._shares.has_room(key, self._store.count_open()):
            self._refresh()
            counts = self._store.count_open()
            if not self._shares.has_room(key, counts):
                open_jobs = (
                    f"{counts[key] - 1} jobs of this key wait or run, and of all keys {sum(counts.values()) - 1}"
                )
                return Refusal(BUSY, f"{open_jobs}; {WHEN_ENDED}")
        return None

    def _refresh(self) -> None:
        reports = self._target.status(self._store.open_uuids())
        self._store.saw(list(reports.values()), self._clock().timestamp())

    def _sent(self, request: Request, payload: Payload) -> Answer:
        outcome = self._ask(Attempt(request.id, payload, payload.name, request.owner))
        match outcome:
            case Accepted(uuid=uuid):
                return self._accepted(request, payload, uuid, self._clock())
            case Rejected():
                return self._settled(request, _rejected(outcome).answer())
            case NotSent(reason=reason):
                return self._settled(request, Refusal(BUSY, _line(reason)).answer())
            case Unclear(reason=reason):
                answer = Refusal(INTERNAL, _line(reason)).answer()
                self._store.settle(request.id, answer, is_settled=False)
                return answer

    def _ask(self, attempt: Attempt) -> Outcome:
        try:
            return self._target.submit(attempt)
        except SpeccError as error:
            return Unclear(error.message)

    def _adopted(self, request: Request, payload: Payload) -> Answer | None:
        """Return the answer for the job that the target has under the key of a request, if there is one."""
        since, attempt = datetime.fromtimestamp(request.at, UTC), Attempt(request.id, payload, payload.name)
        for candidate in self._target.look_up([attempt], since, self._clock()):
            if candidate.tag == request.id:
                return self._accepted(request, payload, candidate.uuid, candidate.submitted_at or since)
        return None

    def _accepted(self, request: Request, payload: Payload, uuid: str, at: datetime) -> Answer:
        fields = {name: str(value) for name, value in payload.body.items()}
        return self._store.start(request.id, Started(uuid, fields, at.timestamp()), _accepted)

    def _settled(self, request: Request, answer: Answer) -> Answer:
        self._store.settle(request.id, answer)
        return answer


def _accepted(job: Job) -> Answer:
    return good(SUBMIT, job_status="pending", hpcjob_uuid=job.uuid, job_id=str(job.number))


def _rejected(rejected: Rejected) -> Refusal:
    code = DENIED if "run_user" in (rejected.fields or {}) else BAD_VALUE
    return Refusal(code, _line(f"{rejected.message}; {rejected.help}" if rejected.help else rejected.message))


def _line(text: str) -> str:
    return brief(text, 1000)
