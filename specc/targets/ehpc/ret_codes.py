"""The meaning of each documented `ret_code` for a submission, and what the user can do about it.

The documentation has one table for all calls of the cloud, so some codes are unlikely here; they are listed because a
listed code surely is an answer. Nothing is known about a code that is not listed, so it leaves the outcome unclear.
"""

from enum import Enum

from specc.fast_dataclass import dataclass

OK = 0
MISSING, BAD_VALUE, AUTH, EXPIRED, DENIED = 1100, 1101, 1200, 1300, 1400
NOT_FOUND, QUOTA, INTERNAL, BUSY = 2100, 2500, 5000, 5100
WHEN_ENDED = "try again when some have ended"
"""What `specc serve` says of a queue that is full, at the end of a message with the code BUSY."""

ACCOUNT = "the console of the cloud shows the state of the account"
SUPPORT = "ask the operator of the cloud"
LICENCE = "ask who operates the cluster about its licence"


class Verdict(Enum):
    """What a code says.

    REJECTED and TRY_LATER started nothing; SIGN_AGAIN started nothing because of its time of signing.
    """

    REJECTED = "rejected"
    TRY_LATER = "try later"
    SIGN_AGAIN = "sign again"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meaning of a code.

    `is_general` says that it is about the account or the endpoint, so that every other submission would get this
    answer, too.
    """

    verdict: Verdict
    summary: str
    help: str | None = None
    is_general: bool = False


def _rejected(summary: str, help: str | None = None) -> Meaning:
    return Meaning(Verdict.REJECTED, summary, help)


def _barred(summary: str, help: str) -> Meaning:
    return Meaning(Verdict.REJECTED, summary, help, is_general=True)


MEANINGS: dict[int, Meaning] = {
    MISSING: _rejected(
        "a parameter is missing or of a wrong form",
        "`specc check` knows the documented fields; `specc schema diff ehpc/v1 ehpc/v2` shows what a newer API needs",
    ),
    BAD_VALUE: _rejected(
        "the call does not exist, or a value is not allowed",
        "check the values, and `endpoint` of the target in specc.toml",
    ),
    AUTH: _barred("the access key is unknown or the signature wrong", "check the access key id and its secret"),
    EXPIRED: Meaning(Verdict.SIGN_AGAIN, "the request's timestamp is not within 60 seconds of the server's clock"),
    DENIED: _rejected(
        "access denied, or the cluster is in a state that does not allow it",
        "check that the cluster is active, and that `run_user` and the queue belong to you",
    ),
    **dict.fromkeys((1500, 1510, 1520), _barred("the account could not be registered", ACCOUNT)),
    **dict.fromkeys((1600, 1610, 1620, 1660), _barred("the user is unknown or cannot log in", ACCOUNT)),
    **dict.fromkeys((1630, 1640, 1650), _barred("the password could not be reset", ACCOUNT)),
    1661: _barred("the account is not fully registered", ACCOUNT),
    1662: _barred("the account is blocked", ACCOUNT),
    2000: _barred("the login session is over", ACCOUNT),
    NOT_FOUND: _rejected(
        "something that the job names does not exist", "check `cluster_id`, `zone`, queue and `run_user`"
    ),
    2110: _rejected("it exists already", "give the job another name"),
    2200: _rejected("a lease failed", ACCOUNT),
    2300: _rejected("a lease could not be ended", ACCOUNT),
    2400: _barred("the account has no money left", "top it up and submit again: what was accepted is not sent again"),
    # The limit is documented as 2000 calls an hour, and elsewhere as calls a day that come back at midnight; it may
    # also be a quota of resources. Waiting here could be in vain for a day, so the user decides when to go on.
    QUOTA: _barred(
        "over quota: of calls in an hour or a day, or of resources",
        "submit again in an hour, or tomorrow: what was accepted is not sent again",
    ),
    3300: _barred("the API has no such part", "check `endpoint` of the target in specc.toml"),
    4000: _barred("the licence is not valid", LICENCE),
    4001: _barred("the licence has run out", LICENCE),
    4002: _barred("the licence exists twice", LICENCE),
    4003: _barred("more than the licence allows", LICENCE),
    4004: _barred("the licence could not be loaded", LICENCE),
    4005: _barred("the licence is missing", LICENCE),
    INTERNAL: Meaning(Verdict.UNCLEAR, "internal error of the server"),
    # That these two started nothing is an assumption: both say "try again later". 5100 also covers a call that took the
    # server too long, so if double starts are ever seen, UNCLEAR is what it must become.
    BUSY: Meaning(Verdict.TRY_LATER, "the server is busy"),
    5300: Meaning(Verdict.TRY_LATER, "the service is being updated"),
    5200: _rejected("there are not enough resources", "ask for less, choose another queue, or submit again later"),
    5400: _rejected("something depends on it, or the service is being updated", "submit again later"),
    5500: _barred("the warehouse service is not running", SUPPORT),
    5600: _rejected("the kind of disk is not supported", SUPPORT),
    8000: _barred("a parameter in the cloud's configuration file is wrong", SUPPORT),
    8001: _barred("the cloud's configuration file has no image", SUPPORT),
    8002: _rejected("an image of the cloud's configuration is not in the zone", "check `zone`"),
    8003: _barred("the cluster's settings are not valid", SUPPORT),
    8004: _barred("the cloud's configuration file is missing", SUPPORT),
}  # fmt: skip
