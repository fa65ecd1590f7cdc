# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error of the collection, and the only place that translates the errors of the SDKs into it.

For internal use of csp.azure only.
"""

from __future__ import annotations

import json
import os
import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from ansible.module_utils.basic import missing_required_lib

from .hints import hint_for

_Model = TypeVar("_Model")


@dataclass
class AzureError(Exception):
    """A failure of Azure, of the sign-in or of the input, with Azure's own words and what to do next.

    ``status`` is the HTTP status, None where no answer came; ``request_id`` is what Microsoft Support asks for. Without a ``hint`` of its own,
    an error takes that of its code.
    """

    message: str
    code: str = ""
    hint: str = ""
    request_id: str = ""
    status: int | None = None

    def __post_init__(self) -> None:
        self.hint = self.hint or hint_for(self.code, self.message, self.status)

    def __str__(self) -> str:
        told = f"{self.code}: {self.message}" if self.code else self.message
        ended = not self.hint or told.endswith((".", "!", "?"))
        parts = [told if ended else f"{told}.", self.hint]
        if self.request_id:
            parts.append(f"(request id {self.request_id})")
        return " ".join(part for part in parts if part)

    def as_dict(self) -> dict[str, str]:
        """What a result shows of the error."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "request_id": self.request_id}


def invalid(message: str, hint: str = "") -> AzureError:
    """An input that is refused before the first request."""
    return AzureError(message, code="InvalidInput", hint=hint)


def missing_library(name: str) -> AzureError:
    """A Python library that the task needs and this Python does not have."""
    return AzureError(missing_required_lib(name), code="MissingLibrary")


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn what the SDKs raise inside the block into AzureError; ``doing`` says what failed where no answer came.

    Anything that is no failure of a request passes: it is a defect of ours and deserves its traceback.
    """
    try:
        yield
    except AzureError:
        raise
    except Exception as exc:
        error = _from_answer(exc) or _from_sign_in(exc, doing) or _from_connection(exc, doing)
        if error is None:
            raise
        raise error from exc


def from_answer(status: int, headers: Mapping[str, str], body: str, reason: str = "") -> AzureError:
    """The error that an HTTP answer carries, whichever of Azure's envelopes it came in; ``reason`` is the text of its status line."""
    lower = {key.lower(): value for key, value in headers.items()}
    code, message, details = _envelope(body)
    message = message or f"HTTP {status}{f' {reason}' if reason else ''} without a readable error."
    texts = [message, *(f"{inner}: {text}" for inner, text in details)]
    if status == 429 and lower.get("retry-after"):
        texts.append(f"(Retry-After: {lower['retry-after']} s)")
    hint = hint_for(code or str(status), message, status)
    if 'error="insufficient_claims"' in lower.get("www-authenticate", ""):
        hint = hint_for("ClaimsChallenge")
    return AzureError(
        printable(" ".join(texts)),
        code=printable(code) or str(status),
        # Azure wraps several errors into one whose own code says nothing.
        hint=hint or next(filter(None, (hint_for(inner, text) for inner, text in details)), ""),
        request_id=lower.get("x-ms-request-id") or lower.get("request-id") or lower.get("ms-requestid") or "",
        status=status,
    )


# What a terminal obeys instead of showing it, what turns the direction of text around, and halves of characters.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LONGEST = 2000


def printable(text: str) -> str:
    """A text of others as people may be shown it: of bounded length, and without what a terminal would obey."""
    told = _UNPRINTABLE.sub("\ufffd", text)
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}\u2026"


def partly(failures: list[tuple[str, AzureError]]) -> dict[str, Any]:
    """What a result carries if some of several places failed: nothing if none did, else the reasons, each with its place."""
    if not failures:
        return {}
    reasons = "\n".join(f"{place}: {error}" for place, error in failures)
    return {"failed": True, "msg": f"Not all could be read.\n{reasons}", "error": failures[0][1].as_dict()}


def object_of(data: bytes, member: str, kind: type) -> dict[str, Any]:
    """The JSON object of an answer that went well; AzureError if it is none, or lacks the member that it must have."""
    document = _json(data.decode("utf-8-sig", "replace"))
    if not isinstance(document, dict) or not isinstance(document.get(member), kind):
        raise unreadable(data.decode("utf-8", "replace"))
    return document


def each(make: Callable[[Any], _Model], items: Iterable[Any]) -> list[_Model]:
    """The items of an answer, made into ours; AzureError if one is not as it has to be."""
    models = []
    for item in items:
        try:
            models.append(make(item))
        except (AttributeError, LookupError, TypeError, ValueError) as exc:
            raise unreadable(json.dumps(item)) from exc
    return models


def unreadable(text: str) -> AzureError:
    """An answer that says that all is well, and yet is none of Azure's."""
    shown = printable(_envelope(text)[1][:200])
    return AzureError(f"The answer is not one of Azure's{': ' + shown if shown else '.'}", code="UnreadableAnswer")


def sign_in_failed(description: str) -> AzureError:
    """The error in the words of Entra's token endpoint: ``AADSTS<number>: text`` and a trace id."""
    code = _AADSTS.search(description)
    trace = _TRACE.search(description)
    text = _TRACE.split(description)[0] if trace else description
    return AzureError(
        printable(" ".join((_AADSTS.split(text, maxsplit=1)[-1].lstrip(": ") if code else text).split())),
        code=code[0] if code else "SignInFailed",
        request_id=trace[1] if trace else "",
    )


_AADSTS = re.compile(r"AADSTS\d+")
_TRACE = re.compile(r"Trace ID: ([0-9a-f-]{36})", re.IGNORECASE)
_TITLE = re.compile(r"<title>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def _json(text: str) -> Any:
    """The value that the text holds; None if it is no JSON, or nested deeper than any answer of Azure."""
    try:
        return json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None


def _envelope(body: str) -> tuple[str, str, list[tuple[str, str]]]:
    """Code, message and inner errors out of an error body: ARM, Graph, Entra, Partner Center, bare text or a page of HTML."""
    data = _json(body)
    if data is None:
        title = _TITLE.search(body)
        return "", " ".join((title[1] if title else re.sub(r"<[^>]*>", " ", body)[:300]).split()), []
    if not isinstance(data, dict):
        return "", str(data)[:300], []
    error = data.get("error") or data.get("odata.error") or data
    if isinstance(error, str):
        return error, _text(data.get("error_description")), []
    if not isinstance(error, dict):
        return "", body[:300], []
    details = error.get("details")
    inner = [_code_and_message(item) for item in details if isinstance(item, dict)] if isinstance(details, list) else []
    return (*_code_and_message(error), [(code, message) for code, message in inner if code and message])


def _code_and_message(error: Mapping[str, Any]) -> tuple[str, str]:
    code = error.get("code") or error.get("Code") or error.get("statusCode")
    message = error.get("message") or error.get("Message") or error.get("description")
    if isinstance(message, dict):
        message = message.get("value")
    return _text(code), _text(message)


def _text(value: Any) -> str:
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _from_answer(exc: Exception) -> AzureError | None:
    """An SDK's error with an HTTP answer in it: azure-core's HttpResponseError, kiota's APIError."""
    response: Any = getattr(exc, "response", None)
    if getattr(response, "status_code", 0) >= 400:
        text = response.text
        body = text() if callable(text) else text
        if _AADSTS.search(body):
            return sign_in_failed(_envelope(body)[1] or body)
        return from_answer(response.status_code, response.headers, body)
    status = getattr(exc, "response_status_code", None)
    if status:
        detail = getattr(exc, "error", None)
        body = {"code": getattr(detail, "code", None), "message": getattr(detail, "message", None)}
        return from_answer(status, getattr(exc, "response_headers", None) or {}, json.dumps({"error": body}))
    return None


def _from_sign_in(exc: Exception, doing: str) -> AzureError | None:
    """What azure-identity raises without an answer; msal hides Entra's words in the chain of causes."""
    chain = _chain(exc)
    texts = [str(link) for link in chain]
    told = next((text for text in texts if _AADSTS.search(text)), None)
    if told is not None:
        return sign_in_failed(told.replace("\\r\\n", " "))
    if type(exc).__name__ not in ("ClientAuthenticationError", "CredentialUnavailableError"):
        return None
    status = re.search(r"HTTP Error: (\d{3})", texts[0])
    if status:
        return from_answer(int(status[1]), {}, f"{texts[0]}.")
    if any(type(link).__name__.startswith(("ServiceRequest", "ServiceResponse")) for link in chain):
        return _from_connection(exc, doing)
    return sign_in_failed(texts[0])


def _chain(exc: BaseException) -> list[BaseException]:
    """An exception and those that caused it, nearest first; some libraries keep the cause elsewhere than Python does."""
    chain: list[BaseException] = []
    queue: list[object] = [exc]
    while queue:
        link = queue.pop(0)
        if isinstance(link, BaseException) and not any(link is other for other in chain):
            chain.append(link)
            kept = (getattr(link, name, None) for name in ("inner_exception", "reason"))
            queue += [link.__cause__, link.__context__, *kept, *link.args]
    return chain


# Where the classes of "no answer came" live; named by module so that no SDK is imported to report an error.
_CONNECTION_MODULES = ("azure.core", "requests", "urllib3", "httpx", "httpcore", "ssl", "socket")


def _from_connection(exc: Exception, doing: str) -> AzureError | None:
    """A name that does not resolve, a refused or dropped connection, a certificate that is not trusted, a truncated body."""
    if not (type(exc).__module__.startswith(_CONNECTION_MODULES) or isinstance(exc, OSError)):
        return None
    if type(exc).__name__ in ("DecodeError", "DeserializationError"):
        return unreadable(getattr(getattr(exc, "response", None), "text", str)())
    message = f"Could not {doing}: {' '.join(str(exc).split()) or type(exc).__name__}"
    refused = next((link for link in _chain(exc) if isinstance(link, ssl.SSLCertVerificationError)), None)
    if refused is None and "CERTIFICATE_VERIFY_FAILED" not in message:
        return AzureError(message, code="NoAnswer")
    code = _CERTIFICATES.get(getattr(refused, "verify_code", 0), "CertificateNotTrusted")
    return AzureError(message, code=code, hint="" if code != "CertificateNotTrusted" else _untrusted())


# Why OpenSSL refuses a certificate, by the codes of its x509_vfy.h; those from 79 on come from VERIFY_X509_STRICT.
_CERTIFICATES = {
    9: "CertificateExpired",
    10: "CertificateExpired",
    62: "CertificateOfAnotherHost",
    64: "CertificateOfAnotherHost",
    **dict.fromkeys(range(79, 95), "CertificateNotStrict"),
}


def _untrusted() -> str:
    """What to do about an authority that nobody here trusts: it depends on whether a file of authorities was named."""
    variable = authorities_variable()
    if variable:
        return f"The authority that signed it is not in {os.environ[variable]}, which {variable} names: add it there, or name another file."
    return "Name the certificate authority's file in REQUESTS_CA_BUNDLE or SSL_CERT_FILE."


def authorities_variable() -> str | None:
    """The first of the standard variables that names certificate authorities; None for the system's own.

    One answer for ARM, Entra and Graph: their HTTP libraries each know another one of these variables.
    """
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
    return next((name for name in names if os.environ.get(name)), None)
