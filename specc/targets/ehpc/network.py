"""What an error of the network says: to a person, and about whether anything was sent."""

import ssl
from collections.abc import Iterator

import httpx

BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""On a fresh connection these come before the first byte of the request. TLS is a part of connecting."""

TEXTS: tuple[tuple[type[httpx.HTTPError], str], ...] = (
    (httpx.ConnectTimeout, "the server cannot be reached in time"),
    (httpx.ProxyError, "the proxy does not connect to the server"),
    (httpx.ConnectError, "the server cannot be reached"),
    (httpx.ReadTimeout, "the server did not answer in time"),
    (httpx.WriteTimeout, "the request could not be sent in time"),
    (httpx.WriteError, "the connection broke while the request was sent"),
    (httpx.ReadError, "the connection broke before the answer was complete"),
    (httpx.RemoteProtocolError, "the connection ended before the answer was complete, or it was no HTTP"),
)


def is_before_sending(error: httpx.HTTPError) -> bool:
    return isinstance(error, BEFORE_SENDING)


def is_bad_certificate(error: httpx.HTTPError) -> bool:
    return any(isinstance(each, ssl.SSLCertVerificationError) for each in _chain(error))


def describe(error: httpx.HTTPError) -> str:
    """One line. The library's own text is left out, because it may show the URL and with it the signature."""
    text = next(
        (text for kind, text in TEXTS if isinstance(error, kind)), f"the request failed ({type(error).__name__})"
    )
    why = next(filter(None, map(_system_text, _chain(error))), None)
    return f"{text}: {why}" if why else text


def _system_text(error: BaseException) -> str | None:
    match error:
        case ssl.SSLCertVerificationError():
            return str(error.verify_message)
        case OSError(strerror=str() as text):
            return text[:1].lower() + text[1:]
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__
