"""Answers of the API, good and bad, as the documentation shows them.

Every answer of the API itself has HTTP status 200: the documentation names no other status, and the vendor's SDK raises
an error on a 5xx before anybody can read the `ret_code`.
"""

import json

from specc.fast_dataclass import dataclass
from specc.targets.ehpc.ret_codes import OK

SUBMIT, LIST = "HpcJobSubmitJobResponse", "HpcJobListJobsResponse"
DETAIL, STOP = "HpcJobGetJobDetailResponse", "HpcJobStopJobsResponse"
"""The page of stopJobs has two names for its answer: HpcJobStopJobResponse in the table, this name in the example."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The text of an answer, as it is sent and stored. A status other than 200 comes from the web server.

    `is_repeated` says that the same request came before and that this was its answer.
    """

    text: str
    ret_code: int
    status: int = 200
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not carried out."""

    code: int
    message: str
    status: int = 200

    def answer(self) -> Answer:
        """Return the answer that says so."""
        return Answer(_json({"message": self.message, "ret_code": self.code}), self.code, self.status)


def good(action: str, **fields: object) -> Answer:
    """Return the answer of a call that was carried out."""
    return Answer(_json({"action": action, **fields, "ret_code": OK}), OK)


def _json(data: dict[str, object]) -> str:
    return json.dumps(data, ensure_ascii=False)
