"""stopJobs: the jobs of a key, told to end. To stop twice does no harm, so a repeated request is simply carried out."""

import json
from collections.abc import Callable
from datetime import datetime

from specc.gateway.answers import STOP, Answer, Refusal, good
from specc.gateway.authentication import Caller
from specc.gateway.store import Job, Store
from specc.targets import Cancelled, Target
from specc.targets.ehpc.ret_codes import DENIED, NOT_FOUND, OK
from specc.wording import brief


class Stops:
    """Its calls may come from several threads."""

    def __init__(self, target: Target, store: Store, clock: Callable[[], datetime]) -> None:
        self._target = target
        self._store = store
        self._clock = clock

    def stop(self, caller: Caller, cluster: str, uuids: list[str]) -> Answer:
        """All jobs must be known, else none is stopped. One that cannot be stopped does not keep the others."""
        jobs = {uuid: job for uuid in uuids if (job := self._store.job(uuid, caller.access_key_id)) is not None}
        missing = [uuid for uuid in uuids if uuid not in jobs or jobs[uuid].cluster != cluster]
        if missing:
            text = brief(", ".join(missing), 300)
            return Refusal(NOT_FOUND, f"there are no such jobs in the cluster: {text}").answer()
        results = self._target.cancel(uuids)
        reports = self._target.status(uuids)
        self._store.saw(list(reports.values()), self._clock().timestamp())
        if not any(result.done for result in results):
            reasons = dict.fromkeys(f"{result.uuid} cannot be stopped: {result.message}" for result in results)
            return Refusal(DENIED, brief("; ".join(reasons), 1000)).answer()
        lines = [_result(jobs[result.uuid], result) for result in results]
        return good(STOP, custom_cmd_result=lines, job_uuid=f"j-{caller.request_id[:11]}")


def _result(job: Job, result: Cancelled) -> str:
    """What the scheduler said of one job, which goes by its number."""
    code = OK if result.done else DENIED
    return json.dumps({"job_ids": str(job.number), "ret_code": code})
