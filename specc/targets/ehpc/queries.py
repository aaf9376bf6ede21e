"""Asking about jobs, in few calls: lists in pages of 100, single jobs where that is cheaper or the list is silent."""

from collections.abc import Callable, Collection, Iterator, Mapping

from specc.fast_dataclass import dataclass
from specc.targets.ehpc.answers import UUID, Answer, NoAnswer, read_answer
from specc.targets.ehpc.client import Failure, Reply
from specc.targets.ehpc.jobs import Job, count_entries, read_jobs, total_count
from specc.targets.ehpc.ret_codes import NOT_FOUND

Get = Callable[[str, Mapping[str, str]], Reply | Failure]

PAGE = 100
MOST_PAGES = 50
MOST_DETAILS = 50


@dataclass(slots=True)
class Trouble:
    """Why the last query was not answered, for people; empty when it was."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """The API answered that there is no such job."""

    reason: str


class Queries:
    """`place` is the zone and cluster that go along with every question, as far as they are known."""

    def __init__(self, get: Get, place: Mapping[str, str]) -> None:
        self.trouble = Trouble()
        self.blind = ""
        """What the last list did not show, for people; empty when it was whole."""
        self._get = get
        self._place = place
        self._pages = 1

    def jobs(self, uuids: Collection[str]) -> dict[str, Job | Missing]:
        """What is known of each. A question that was not answered leaves jobs out."""
        found: dict[str, Job | Missing] = {}
        self.blind = ""
        # How many pages the last sweep took says what the next one would cost.
        if len(uuids) > self._pages:
            wanted = set(uuids)
            for job in self.listed():
                if job.uuid in wanted:
                    found[job.uuid] = job
                if len(found) == len(wanted):
                    return found
            if self.trouble.reason:
                return found
        for uuid in [uuid for uuid in uuids if uuid not in found][:MOST_DETAILS]:
            detail = self.detail(uuid)
            if detail is None:
                break
            found[uuid] = detail
        return found

    def listed(self) -> Iterator[Job]:
        """Yield all jobs once, page by page, as the API orders them: that is not documented.

        Ends early where a page fails or brings nothing new. `blind` then says what was not seen.
        """
        self.blind = ""
        seen: set[str] = set()
        entries = unread = 0
        total: int | None = None
        for page in range(MOST_PAGES):
            data = self._ask("job/list", {**self._place, "limit": str(PAGE), "offset": str(entries)})
            if not isinstance(data, Mapping):
                self.blind = f"the list of jobs broke off after {len(seen):,}: {self.trouble.reason}" if seen else ""
                return
            self._pages = page + 1
            jobs = read_jobs(data)
            new = {job.uuid: job for job in jobs if job.uuid not in seen}
            yield from new.values()
            seen.update(new)
            count, total = count_entries(data), total_count(data)
            entries += count
            unread += count - len(jobs)
            if count == 0 or (total is not None and entries >= total):
                break
            if not new:
                self.blind = f"the list of jobs shows a page again after {len(seen):,}"
                return
        else:
            self.blind = f"the list of jobs was cut at {entries:,} of " + ("more" if total is None else f"{total:,}")
            return
        if unread:
            self.blind = f"{unread:,} of {entries:,} entries in the list of jobs cannot be read"
        elif total is not None and total != len(seen):
            self.blind = f"the list of jobs shows {len(seen):,}, and says that there are {total:,}"

    def detail(self, uuid: str) -> Job | Missing | None:
        """One job; None when the question was not answered."""
        if not UUID.fullmatch(uuid):
            return Missing("it is not of the form of a job's uuid")
        data = self._ask(f"job/jobdetail/{uuid}", self._place)
        if isinstance(data, Answer):
            return Missing(data.text) if data.ret_code == NOT_FOUND else None
        if data is None:
            return None
        jobs = [job for job in read_jobs(data) if job.uuid == uuid]
        return jobs[0] if jobs else Missing("the API answers with no such job")

    def _ask(self, action: str, query: Mapping[str, str]) -> Mapping[str, object] | Answer | None:
        """The data of a good answer, or an answer that is an error, or None. The trouble is noted."""
        reply = self._get(action, query)
        if isinstance(reply, Failure):
            self.trouble.reason = reply.reason
            return None
        answer = read_answer(reply)
        if isinstance(answer, NoAnswer):
            self.trouble.reason = answer.reason
            return None
        self.trouble.reason = "" if answer.is_ok or answer.ret_code == NOT_FOUND else answer.text
        return answer.data if answer.is_ok else answer
