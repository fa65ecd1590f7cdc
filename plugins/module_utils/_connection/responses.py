# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads HTTP responses: an error out of any of Azure's envelopes, and the JSON of a success. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from .._model.errors import AzureError
from .._model.hints import hint_for
from .._model.text import printable
from .._model.types import JsonObject

_Model = TypeVar("_Model")
AADSTS = re.compile(r"AADSTS\d+")
_TRACE = re.compile(r"Trace ID: ([0-9a-f-]{36})", re.IGNORECASE)
_TITLE = re.compile(r"<title>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def error_in(status: int, headers: Mapping[str, str], body: str, reason: str = "") -> AzureError:
    """The error that a response carries, whichever of Azure's envelopes it uses; ``reason`` is the text of its status line."""
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


def sign_in_error(text: str) -> AzureError:
    """The error in the words of Entra's token endpoint: ``AADSTS<number>: text`` and a trace ID."""
    code, trace = AADSTS.search(text), _TRACE.search(text)
    if trace:
        text = _TRACE.split(text)[0]
    return AzureError(
        printable(" ".join((AADSTS.split(text, maxsplit=1)[-1].lstrip(": ") if code else text).split())),
        code=code[0] if code else "SignInFailed",
        request_id=trace[1] if trace else "",
    )


def message_in(body: str) -> str:
    """The message of an error body, empty if there is none."""
    return _envelope(body)[1]


def json_object(data: bytes, member: str, kind: type) -> dict[str, Any]:
    """The JSON object of a success response; AzureError if it is not one, or lacks the member that it must have."""
    document = any_json_object(data)
    if not isinstance(document.get(member), kind):
        raise unreadable(data.decode("utf-8", "replace"))
    return document


def any_json_object(data: bytes) -> dict[str, Any]:
    """The JSON object of a success response; AzureError if it is not one."""
    document = _json(data.decode("utf-8-sig", "replace"))
    if not isinstance(document, dict):
        raise unreadable(data.decode("utf-8", "replace"))
    return document


def models(make: Callable[[Any], _Model], items: Iterable[Any]) -> list[_Model]:
    """The model of each item of a response; AzureError if an item lacks what the model needs."""
    results: list[_Model] = []
    for item in items:
        try:
            results.append(make(item))
        except (AttributeError, LookupError, TypeError, ValueError) as exc:
            raise unreadable(json.dumps(item)) from exc
    return results


def text_of(item: JsonObject, name: str) -> str:
    """A member that must be a text; TypeError, which `models` turns into AzureError, if it is not."""
    value = item[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is not a text")
    return value


def optional_text_of(item: JsonObject, name: str) -> str | None:
    """A member that may be absent or null."""
    value = item.get(name)
    return None if value is None else str(value)


def unreadable(text: str) -> AzureError:
    """A success response that did not come from Azure."""
    shown = printable(_envelope(text)[1][:200])
    return AzureError(f"The response did not come from Azure{': ' + shown if shown else '.'}", code="UnreadableAnswer")


def _json(text: str) -> Any:
    """The value that the text holds; None if it is not JSON, or nested deeper than any response of Azure."""
    try:
        return json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None


def _envelope(body: str) -> tuple[str, str, list[tuple[str, str]]]:
    """Code, message and inner errors of an error body: of ARM, Graph, Entra or Partner Center, plain text or HTML."""
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


def _code_and_message(error: JsonObject) -> tuple[str, str]:
    code = error.get("code") or error.get("Code") or error.get("statusCode")
    message = error.get("message") or error.get("Message") or error.get("description")
    if isinstance(message, dict):
        message = message.get("value")
    return _text(code), _text(message)


def _text(value: object) -> str:
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
