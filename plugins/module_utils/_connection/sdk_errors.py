# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Translates what the SDKs raise into AzureError: the only place with a broad except.

For internal use of csp.azure only.
"""

from __future__ import annotations

import json
import os
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .._model.errors import AzureError
from .authorities import authorities_variable
from .responses import AADSTS, error_in, message_in, sign_in_error, unreadable


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Turn what the SDKs raise inside the block into AzureError; ``action`` names what failed where no response came.

    Anything but the failure of a request passes: it is a defect of ours and deserves its traceback.
    """
    try:
        yield
    except AzureError:
        raise
    except Exception as exc:
        error = _from_response(exc) or _from_sign_in(exc, action) or _from_connection(exc, action)
        if error is None:
            raise
        raise error from exc


def _from_response(exc: Exception) -> AzureError | None:
    """An SDK's error that holds a response: azure-core's HttpResponseError, kiota's APIError."""
    response: Any = getattr(exc, "response", None)
    if getattr(response, "status_code", 0) >= 400:
        text = response.text
        body = text() if callable(text) else text
        if AADSTS.search(body):
            return sign_in_error(message_in(body) or body)
        return error_in(response.status_code, response.headers, body, getattr(response, "reason", None) or "")
    status = getattr(exc, "response_status_code", None)
    if status:
        detail = getattr(exc, "error", None)
        body = {"code": getattr(detail, "code", None), "message": getattr(detail, "message", None)}
        return error_in(status, getattr(exc, "response_headers", None) or {}, json.dumps({"error": body}))
    return None


def _from_sign_in(exc: Exception, action: str) -> AzureError | None:
    """What azure-identity raises without a response; msal hides Entra's words in the chain of causes."""
    chain = _chain(exc)
    texts = [str(link) for link in chain]
    entra = next((text for text in texts if AADSTS.search(text)), None)
    if entra is not None:
        return sign_in_error(entra.replace("\\r\\n", " "))
    if type(exc).__name__ not in ("ClientAuthenticationError", "CredentialUnavailableError"):
        return None
    status = re.search(r"HTTP Error: (\d{3})", texts[0])
    if status:
        return error_in(int(status[1]), {}, f"{texts[0]}.")
    if any(type(link).__name__.startswith(("ServiceRequest", "ServiceResponse")) for link in chain):
        return _from_connection(exc, action)
    return sign_in_error(texts[0])


def _chain(exc: BaseException) -> list[BaseException]:
    """An exception and its causes, nearest first; some libraries keep the cause elsewhere than Python does."""
    chain: list[BaseException] = []
    queue: list[object] = [exc]
    while queue:
        link = queue.pop(0)
        if isinstance(link, BaseException) and not any(link is other for other in chain):
            chain.append(link)
            kept = (getattr(link, name, None) for name in ("inner_exception", "reason"))
            queue += [link.__cause__, link.__context__, *kept, *link.args]
    return chain


_CONNECTION_MODULES = ("azure.core", "requests", "urllib3", "httpx", "httpcore", "ssl", "socket")


def _from_connection(exc: Exception, action: str) -> AzureError | None:
    """A name that does not resolve, a refused or dropped connection, an untrusted certificate, a truncated body."""
    if not (type(exc).__module__.startswith(_CONNECTION_MODULES) or isinstance(exc, OSError)):
        return None
    if type(exc).__name__ in ("DecodeError", "DeserializationError"):
        return unreadable(getattr(getattr(exc, "response", None), "text", str)())
    message = f"Could not {action}: {' '.join(str(exc).split()) or type(exc).__name__}"
    refused = next((link for link in _chain(exc) if isinstance(link, ssl.SSLCertVerificationError)), None)
    if refused is None and "CERTIFICATE_VERIFY_FAILED" not in message:
        return AzureError(message, code="NoAnswer")
    code = _CERTIFICATE_CODES.get(getattr(refused, "verify_code", 0), "CertificateNotTrusted")
    return AzureError(message, code=code, hint="" if code != "CertificateNotTrusted" else _untrusted())


# OpenSSL's verify codes.
_CERTIFICATE_CODES = {
    9: "CertificateExpired",
    10: "CertificateExpired",
    62: "CertificateOfAnotherHost",
    64: "CertificateOfAnotherHost",
    **dict.fromkeys(range(79, 95), "CertificateNotStrict"),
}


def _untrusted() -> str:
    """The hint for an unknown authority depends on whether a file of authorities was named."""
    variable = authorities_variable()
    if variable:
        return f"The authority that signed it is not in {os.environ[variable]}, which {variable} names: add it there, or name another file."
    return "Name the certificate authority's file in REQUESTS_CA_BUNDLE or SSL_CERT_FILE."
