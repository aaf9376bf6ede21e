"""From an answer to what surely happened."""

import json
import re
from collections.abc import Iterable

from specc.fast_dataclass import dataclass
from specc.targets.ehpc.client import Failure, Reply
from specc.targets.ehpc.ret_codes import BUSY, MEANINGS, OK, WHEN_ENDED, Meaning, Verdict
from specc.targets.protocol import Accepted, NotSent, Outcome, Rejected, Unclear
from specc.wording import brief

UUID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
"""The form of a job's handle. It goes into URLs, tables and the ledger, so no other form is accepted."""

SURROGATE = re.compile("[\ud800-\udfff]")
# The statuses of an answer that is not the API's, but of a web server or proxy on the way, that are believed. Each is
# said before a request is handed on: where to, by whom, how large and in what form it is. Not among them are 302, which
# also answers a form that was carried out, 400, which frameworks say in the middle of their work, and 403, which
# firewalls say of answers, too: the job may run. docs/decisions/0008-answers-of-others.md has the reasons.
MOVED = frozenset({301, 307, 308})
REFUSED = frozenset({401, 404, 405, 407, 411, 413, 414, 415, 421, 431})
TOO_MANY = 429
FORBIDDEN = 403
MOST_TEXT = 300
MOST_CODE = 40
JOB = "hpcjob_uuid"

WORDS_OF_THE_API = re.compile(rb"(?i)ret_?code|hpcjob|job_?uuid|job_?id|job_?status")
"""Words that no page of a web server or proxy holds: an answer with such a word comes from the API."""

NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f]")
"""Bytes of a body that is compressed, or in another encoding than UTF-8, so that it cannot be read."""

ESCAPE = re.compile(rb"\\u00([2-7][0-9a-fA-F])")
"""How JSON may write an ASCII character."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A well-formed answer of the API. `message` is its own text, cut and cleaned for one line.

    Every text of `data` can be written as UTF-8.
    """

    ret_code: int
    message: str
    data: dict[str, object]

    @property
    def is_ok(self) -> bool:
        return self.ret_code == OK

    @property
    def meaning(self) -> Meaning | None:
        return MEANINGS.get(self.ret_code)

    @property
    def named_job(self) -> str | None:
        """The job that the answer names, anywhere, cut and cleaned for one line."""
        return _named_job(self.data)

    @property
    def words(self) -> str:
        """The error for people: the documented meaning, then the server's own words."""
        summary = self.meaning.summary if self.meaning else "an undocumented code"
        return summary + (f" ({self.message})" if self.message else "")

    @property
    def text(self) -> str:
        """The same with the code, for messages that do not show it."""
        return f"{brief(str(self.ret_code), MOST_CODE)}: {self.words}"


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The response is not an answer of the API."""

    reason: str


class _Unreadable(ValueError):
    """JSON that two readers could read differently."""


def read_answer(reply: Reply) -> Answer | NoAnswer:
    """Return the answer of a reply, whatever its HTTP status."""
    data = _json(reply.body)
    if data is None:
        return NoAnswer(f"the answer is not the API's: HTTP {reply.status}, and not JSON")
    if not isinstance(data, dict):
        return NoAnswer(f"the answer is not the API's: HTTP {reply.status}, and not a JSON object")
    code = data.get("ret_code")
    if type(code) is not int:
        return NoAnswer(f"the answer is not the API's: HTTP {reply.status}, and its `ret_code` is not a whole number")
    message = data.get("message")
    return Answer(code, brief(message, MOST_TEXT) if isinstance(message, str) else "", data)


def submit_outcome(reply: Reply | Failure, fields: Iterable[str]) -> Outcome:
    """Return the outcome of a submission with these fields."""
    if isinstance(reply, Failure):
        return _failed(reply)
    answer = read_answer(reply)
    if isinstance(answer, NoAnswer):
        return _by_status(reply, answer.reason)
    if answer.is_ok:
        return _accepted(answer)
    job = answer.named_job
    if job is not None:
        # It says that nothing was started, and what was: one of the two is wrong.
        return Unclear(f"{answer.text}; and yet the answer names the job {job}")
    return _refused(reply, answer, fields)


def _accepted(answer: Answer) -> Outcome:
    uuid = answer.data.get(JOB)
    if not isinstance(uuid, str) or not uuid.strip():
        return Unclear("the answer says that all went well, and gives no `hpcjob_uuid`")
    if not UUID.fullmatch(uuid):
        return Unclear(
            f"the answer says that all went well, and its `hpcjob_uuid` cannot be one: {brief(uuid, MOST_TEXT)}"
        )
    return Accepted(uuid, answer.data)


def _refused(reply: Reply, answer: Answer, fields: Iterable[str]) -> Outcome:
    meaning = answer.meaning
    match meaning.verdict if meaning else None:
        case Verdict.REJECTED:
            named = fields_named(answer.message, fields)
            wrong = dict.fromkeys(named, answer.message) or None
            help, is_general = (meaning.help, meaning.is_general) if meaning else (None, False)
            return Rejected(str(answer.ret_code), answer.words, help, wrong, is_general)
        case Verdict.TRY_LATER:
            is_full = answer.ret_code == BUSY and answer.message.endswith(WHEN_ENDED)
            return NotSent(answer.text, retry_after=reply.retry_after, is_full=is_full)
        case Verdict.SIGN_AGAIN:
            return NotSent(answer.text, resign=True, server_time=reply.date)
    return Unclear(answer.text)


def _failed(failure: Failure) -> Outcome:
    if failure.bad_certificate and not failure.sent:
        help = "check `endpoint`; a private certificate authority goes into SSL_CERT_FILE"
        return Rejected("certificate", failure.reason, help, is_general=True)
    return Unclear(failure.reason) if failure.sent else NotSent(failure.reason)


def _by_status(reply: Reply, reason: str) -> Outcome:
    """Return the outcome of an answer that cannot be read. Its status counts only where the API took no part in it."""
    doubt = _doubt(reply.body)
    if doubt is not None:
        return Unclear(f"{reason}; {doubt}")
    help = "check `endpoint` of the target in specc.toml, and the proxy"
    if reply.status in MOVED:
        where = f" to {brief(reply.location.partition('?')[0], MOST_TEXT)}" if reply.location else ""
        return Rejected(f"http-{reply.status}", f"the endpoint has moved{where}", help, is_general=True)
    if reply.status in REFUSED:
        return Rejected(f"http-{reply.status}", reason, help)
    if reply.status == TOO_MANY:
        return NotSent(reason, retry_after=reply.retry_after)
    if reply.status == FORBIDDEN:
        return Unclear(f"{reason}; a firewall refused the request, or the answer to it")
    return Unclear(reason)


def _doubt(body: bytes) -> str | None:
    """Return why a body may be of the API, although its form is not documented; None for a body of a web server."""
    if NOT_TEXT.search(body):
        return "its body is compressed or in another encoding, so it may say that a job was started"
    plain = ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), body)
    if not WORDS_OF_THE_API.search(plain):
        return None
    job = _named_job(_loosely(plain))
    return f"it names the job {job}" if job is not None else "its body has words of the API, so a job may be there"


def _loosely(body: bytes) -> object:
    """Return the value of a text that is JSON in some way, also with one key twice; None for any other text."""
    try:
        return json.loads(body.decode(errors="replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def _named_job(value: object) -> str | None:
    """Return the first job that any part of a value names."""
    parts = [value]
    while parts:
        part = parts.pop()
        if isinstance(part, list):
            parts.extend(reversed(part))
        if not isinstance(part, dict):
            continue
        for name, item in part.items():
            is_name = isinstance(item, str) or type(item) in (int, float)
            if name.strip().lower() == JOB and is_name and str(item).strip():
                return brief(str(item).strip(), MOST_TEXT)
        parts.extend(reversed(part.values()))
    return None


def fields_named(message: str, fields: Iterable[str]) -> list[str]:
    """Return the fields that a message is about. Fields with everyday names, such as `name`, count only in quotes."""
    return [field for field in fields if re.search(_mention(field), message)]


def _mention(field: str) -> str:
    word = re.escape(field)
    bare = rf"(?<![\w-]){word}(?![\w-])"
    return bare if "_" in field else rf"""(?:[`'"\[]{word}[`'"\]])|(?:\b(?:parameter|field|param)\s+{bare})"""


def _json(body: bytes) -> object:
    """Return the value of a JSON text; None for any other text, and for a text with one key twice."""
    try:
        return _encodable(json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_constant))
    except (ValueError, RecursionError):
        return None


def _encodable(value: object) -> object:
    r"""Return a value with a mark for each unpaired surrogate, which JSON can write as `\\ud800`, but UTF-8 cannot."""
    match value:
        case str():
            return SURROGATE.sub("\ufffd", value)
        case list():
            return [_encodable(item) for item in value]
        case dict():
            return {SURROGATE.sub("\ufffd", name): _encodable(item) for name, item in value.items()}
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise _Unreadable
    return data


def _constant(name: str) -> object:
    raise _Unreadable(name)
