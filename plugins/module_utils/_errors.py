# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error of the collection, and the only place that translates the errors of the SDKs into it.

For internal use of csp.azure only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.basic import missing_required_lib


@dataclass
class AzureError(Exception):
    """A failure of Azure, of the sign-in or of the input, with Azure's own words and what to do next.

    ``status`` is the HTTP status, None where no answer came; ``request_id`` is what Microsoft Support asks for.
    """

    message: str
    code: str = ""
    hint: str = ""
    request_id: str = ""
    status: int | None = None

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


def from_answer(status: int, headers: Mapping[str, str], body: str) -> AzureError:
    """The error that an HTTP answer carries, whichever of Azure's envelopes it came in."""
    code, message = _envelope(body)
    if not message:
        message = f"HTTP {status} without a readable error."
    lower = {key.lower(): value for key, value in headers.items()}
    if status == 429 and lower.get("retry-after"):
        message = f"{message} (Retry-After: {lower['retry-after']} s)"
    code = printable(code) or str(status)
    return AzureError(
        printable(message),
        code=code,
        hint=hint_for(code, message, status),
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
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except ValueError:
        found = None
    if not isinstance(found, dict) or not isinstance(found.get(member), kind):
        raise unreadable(data.decode("utf-8", "replace"))
    return found


def unreadable(text: str) -> AzureError:
    """An answer that says that all is well, and yet is none of Azure's."""
    shown = _envelope(text)[1][:200]
    return AzureError(
        f"The answer is not one of Azure's{': ' + shown if shown else '.'}",
        code="UnreadableAnswer",
        hint=hint_for("UnreadableAnswer", "", None),
    )


def sign_in_failed(description: str) -> AzureError:
    """The error in the words of Entra's token endpoint: ``AADSTS<number>: text`` and a trace id."""
    code = _AADSTS.search(description)
    trace = _TRACE.search(description)
    text = _TRACE.split(description)[0] if trace else description
    return AzureError(
        printable(" ".join((_AADSTS.split(text, maxsplit=1)[-1].lstrip(": ") if code else text).split())),
        code=code[0] if code else "SignInFailed",
        hint=hint_for(code[0] if code else "SignInFailed", text, None),
        request_id=trace[1] if trace else "",
    )


_AADSTS = re.compile(r"AADSTS\d+")
_TRACE = re.compile(r"Trace ID: ([0-9a-f-]{36})", re.IGNORECASE)
_TITLE = re.compile(r"<title>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def _envelope(body: str) -> tuple[str, str]:
    """Code and message out of an error body: ARM, Graph, Entra, Partner Center, bare text or a page of HTML."""
    try:
        data = json.loads(body.lstrip("\ufeff"))
    except ValueError:
        title = _TITLE.search(body)
        return "", " ".join((title[1] if title else re.sub(r"<[^>]*>", " ", body)[:300]).split())
    if not isinstance(data, dict):
        return "", str(data)
    error = data.get("error") or data.get("odata.error") or data
    if isinstance(error, str):
        return error, str(data.get("error_description", ""))
    code = error.get("code") or error.get("Code") or error.get("statusCode") or ""
    message = error.get("message") or error.get("Message") or error.get("description") or ""
    if isinstance(message, dict):
        message = message.get("value", "")
    return str(code), str(message)


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
    chain: list[BaseException] = []
    link: BaseException | None = exc
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
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


# Where the classes of "no answer came" live; named by module so that no SDK is imported to report an error.
_CONNECTION_MODULES = ("azure.core", "requests", "urllib3", "httpx", "httpcore", "ssl", "socket")


def _from_connection(exc: Exception, doing: str) -> AzureError | None:
    """A name that does not resolve, a refused or dropped connection, a certificate that is not trusted, a truncated body."""
    if not (type(exc).__module__.startswith(_CONNECTION_MODULES) or isinstance(exc, OSError)):
        return None
    if type(exc).__name__ in ("DecodeError", "DeserializationError"):
        return unreadable(getattr(getattr(exc, "response", None), "text", str)())
    message = " ".join(str(exc).split()) or type(exc).__name__
    code = "CertificateNotTrusted" if "CERTIFICATE_VERIFY_FAILED" in message else "NoAnswer"
    return AzureError(f"Could not {doing}: {message}", code=code, hint=hint_for(code, message, None))


def hint_for(code: str, message: str, status: int | None) -> str:
    """What to do next about an error: one sentence, or nothing where we know no better than Azure."""
    for known, pattern, hint in _HINTS:
        if known in (code, str(status)):
            match = re.search(pattern, message, re.IGNORECASE)
            if match:
                return hint.format(**match.groupdict())
    return ""


# (Azure's code or an HTTP status, a pattern that the message must match, the hint); the first that fits wins.
_HINTS: tuple[tuple[str, str, str], ...] = (
    (
        "PrincipalNotFound",
        r"",
        "The customer's directory does not know this group: the reseller relationship with the partner is missing, was not accepted yet or was"
        " accepted only minutes ago, or the id is not that of the partner's group. Let a Global Administrator of the customer accept the"
        " relationship request (step 3 of the procedure), then run again.",
    ),
    (
        "UnmatchedPrincipalType",
        r"has type '(?P<actual>\w+)'",
        "The id belongs to a {actual} of this directory. Check principal_id: it has to be the object ID of the group in the partner's tenant.",
    ),
    (
        "AuthorizationFailed",
        r"elevateAccess",
        "Only a Global Administrator of the tenant can elevate; with Privileged Identity Management the role has to be activated first.",
    ),
    (
        "AuthorizationFailed",
        r"(?P<action>Microsoft\.Authorization/roleAssignments/\w+)",
        "The signed-in identity lacks {action} there, or a condition on its own role forbids it. Give it Owner, User Access Administrator or Role Based"
        " Access Control Administrator at the scope, or sign in as somebody who has it; a right that was granted just now needs up to 10 minutes.",
    ),
    (
        "AuthorizationFailed",
        r"",
        "The signed-in identity lacks the action that is named above, at the scope that is named above.",
    ),
    (
        "LinkedAuthorizationFailed",
        r"",
        "The request names something in another tenant; sign in to the tenant that owns the subscription.",
    ),
    (
        "DenyAssignmentAuthorizationFailed",
        r"",
        "A deny assignment protects the scope (managed applications and managed resource groups have one); leave this scope out.",
    ),
    (
        "RequestDisallowedByPolicy",
        r"",
        "An Azure Policy of the customer forbids this assignment; the customer has to exempt it.",
    ),
    (
        "InvalidAuthenticationTokenTenant",
        r"match (?:the tenant|one of the tenants)\D{0,40}(?P<tenant>[0-9a-f]{8}-[0-9a-f-]{27})",
        "The subscription belongs to the tenant {tenant}: sign in there (option tenant).",
    ),
    (
        "SubscriptionNotFound",
        r"",
        "Check the subscription id, and that the tenant you signed in to is the one that owns it; an identity without any role there gets the same answer.",
    ),
    ("ResourceGroupNotFound", r"", "Check the name of the resource group in the scope."),
    ("ResourceNotFound", r"", "Check the resource id in the scope."),
    ("ParentResourceNotFound", r"", "Check the resource id in the scope: the resource above it is not there."),
    ("InvalidResourceNamespace", r"", "Check the resource provider's name in the scope."),
    ("ResourceTypeNotSupported", r"", "Check the resource's type in the scope."),
    (
        "BadRequest",
        r"Reader level access",
        "The signed-in identity has no role at the management group: give it one there, or name the subscriptions instead.",
    ),
    (
        "MissingSubscriptionRegistration",
        r"",
        "The subscription does not use this resource provider yet; somebody who may do so has to register it there first.",
    ),
    (
        "RoleDefinitionDoesNotExist",
        r"",
        "Check the role: a custom role can be used only below its assignable scopes, and not every built-in role exists in every cloud.",
    ),
    ("InvalidRoleDefinitionId", r"", "Check the role: give its name, its GUID or the full id of its definition."),
    (
        "RoleAssignmentUpdateNotPermitted",
        r"",
        "Another assignment already bears this name; remove it, or look for it with csp.azure.role_assignment_info.",
    ),
    (
        "RoleAssignmentLimitExceeded",
        r"",
        "The subscription has reached the limit of its role assignments; remove some, or assign at a management group, which does not count.",
    ),
    (
        "RoleAssignmentExists",
        r"",
        "Azure says that it exists, but its list does not show it yet; run again in a minute.",
    ),
    (
        "ScopeLocked",
        r"",
        "A lock protects the scope; the customer has to remove the lock first. This collection never removes locks.",
    ),
    (
        "ReadOnlyDisabledSubscription",
        r"",
        "The subscription is disabled, so nothing can be written to it; leave it out, or have it enabled again first.",
    ),
    (
        "InvalidAuthenticationToken",
        r"puid|altsecid",
        "The application has no service principal in this tenant: let an administrator there consent to it. What AdminAgents may do, users of the partner may,"
        " but not applications.",
    ),
    ("ExpiredAuthenticationToken", r"", "The token has expired; check the clock of this machine and run again."),
    (
        "Authorization_RequestDenied",
        r"",
        "The signed-in identity may not read the directory: give it Directory Readers, or the application permission Directory.Read.All"
        " (for groups of its own tenant Group.Read.All is enough) with admin consent.",
    ),
    (
        "AADSTS7000215",
        r"",
        "The secret is wrong: give the secret's value, not its id, and the secret of this very application.",
    ),
    ("AADSTS7000222", r"", "The secret has expired; make a new one for the application."),
    (
        "AADSTS700016",
        r"",
        "The application is unknown in this tenant: check client_id and tenant, or let an administrator of the tenant consent to the application.",
    ),
    ("AADSTS90002", r"", "Check the tenant id, and that cloud_environment is the cloud that the tenant lives in."),
    ("AADSTS900023", r"", "Check the tenant: it has to be a tenant id or one of the tenant's domain names."),
    (
        "AADSTS50076",
        r"",
        "Multi-factor authentication is required: sign in as a service principal, or with a refresh token or device code that was issued with it.",
    ),
    (
        "AADSTS50079",
        r"",
        "The user has to enrol in multi-factor authentication first; a service principal does not need it.",
    ),
    (
        "AADSTS53003",
        r"",
        "A Conditional Access policy blocks the sign-in: the tenant's administrator has to exclude this identity, or service providers, from it.",
    ),
    (
        "AADSTS50020",
        r"",
        "This user does not exist in the tenant; sign in as somebody of that tenant, or with a relationship that gives access to it.",
    ),
    (
        "AADSTS90072",
        r"",
        "This user does not exist in the tenant; sign in as somebody of that tenant, or with a relationship that gives access to it.",
    ),
    ("AADSTS700082", r"", "The refresh token has expired from inactivity; sign in interactively to get a new one."),
    ("AADSTS70000", r"", "The refresh token is invalid, or belongs to another application."),
    (
        "AADSTS65001",
        r"",
        "Nobody has consented to the application in this tenant yet; an administrator has to do so once.",
    ),
    ("CertificateNotTrusted", r"", "Name the certificate authority's file in REQUESTS_CA_BUNDLE or SSL_CERT_FILE."),
    (
        "UnreadableAnswer",
        r"",
        "Something between here and Azure answered in its place: check the proxy, the network's login page and cloud_environment.",
    ),
    (
        "SignInFailed",
        r"Azure CLI|az login",
        "No credential was given, so the sign-in of the Azure CLI was tried. Give tenant, client_id and secret (AZURE_TENANT, AZURE_CLIENT_ID,"
        " AZURE_SECRET) or another credential, or install the Azure CLI and run az login.",
    ),
    (
        "SignInFailed",
        r"managed identity|IMDS",
        "There is no managed identity here; give a credential, or run this on a machine in Azure that has one.",
    ),
    (
        "NoAnswer",
        r"",
        "Check the network, the proxy settings and cloud_environment, then run again: what was done stays done.",
    ),
    (
        "900421",
        r"",
        "Partner Center wants users who signed in with multi-factor authentication: get a new refresh token with it, or use a device code.",
    ),
    (
        "2032",
        r"",
        "Partner Center gives this only to a user (refresh token or device code) who is Admin agent or Global admin, not to an application.",
    ),
    (
        "20002",
        r"",
        "There is no reseller relationship with this customer; send the invitation link (csp.azure.relationship_request_info).",
    ),
    ("429", r"", "Azure throttles this identity; run again later, or with fewer tasks side by side."),
    ("401", r"", "Azure refused the token; check tenant and cloud_environment."),
    ("500", r"", "A passing fault of Azure; run again."),
    ("502", r"", "A passing fault of Azure; run again."),
    ("503", r"", "A passing fault of Azure; run again."),
    ("504", r"", "A passing fault of Azure; run again."),
)
