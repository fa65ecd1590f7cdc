# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scopes: parsed from what people write, into the form that Azure uses. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import AzureError, invalid
from .identifiers import guid

_FORMS = (
    "Write it as a subscription's ID, as /subscriptions/<id>, /subscriptions/<id>/resourceGroups/<name>,"
    " /subscriptions/<id>/resourceGroups/<name>/providers/<namespace>/<type>/<name>,"
    " /providers/Microsoft.Management/managementGroups/<id> or /providers/Microsoft.Capacity."
)
_NO_SCOPE_HINT = f"Name scopes (in the roles reinstate_scopes, audit_scopes, revoke_scopes), or all. {_FORMS}"
# The code of an error for an empty list of scopes.
NO_SCOPE = "NoScope"
_NAMESPACE = re.compile(r"[A-Za-z0-9]\w*(\.\w+)+")
_ASSIGNMENT = "/providers/microsoft.authorization/roleassignments/"
# Providers of the tenant level that have a scope of their own.
_TENANT_LEVEL = ("Microsoft.Capacity", "Microsoft.BillingBenefits")
_MANAGEMENT_GROUPS = "/providers/Microsoft.Management/managementGroups/"


@dataclass(frozen=True)
class Scope:
    """A scope in its normal form: no trailing slash, keywords in Azure's letter case, names as given.

    ``subscription`` is the lower-case ID of the subscription that contains it, None above subscriptions.
    """

    path: str
    subscription: str | None = None

    @property
    def key(self) -> str:
        """Equal for equal scopes: Azure ignores letter case in IDs."""
        return self.path.lower()

    @property
    def is_root(self) -> bool:
        """Whether this is ``/``, above all management groups."""
        return self.path == "/"

    @property
    def resource_group(self) -> str | None:
        """The name of the resource group that contains it, or that it is."""
        match = re.match(r"/subscriptions/[^/]+/resourceGroups/([^/]+)", self.path, re.IGNORECASE)
        return match[1] if match else None

    @property
    def is_management_group(self) -> bool:
        """Whether this is a management group."""
        return self.key.startswith(_MANAGEMENT_GROUPS.lower())

    @property
    def lineage(self) -> set[str]:
        """The keys of the scope itself and of the scopes that its path lies in, up to ``/``."""
        parts = self.key.split("/")
        return {"/", *("/".join(parts[:number]) for number in range(3, len(parts) + 1))}

    def holds(self, other: Scope) -> bool:
        """Whether the other scope is this one or lies below it, as far as paths show it: management groups do not."""
        return self.is_root or other.key == self.key or other.key.startswith(self.key + "/")

    def is_above(self, other: Scope) -> bool:
        """Whether the other scope inherits from this one, where both come from one list of ARM.

        Such a list holds only the management groups that contain its scope.
        """
        if self.key == other.key:
            return False
        return not other.is_root if self.is_management_group else self.holds(other)

    def reaches(self, other: Scope) -> bool:
        """Whether an assignment at this scope counts at the other one, where both come from one list of ARM."""
        return self.key == other.key or self.is_above(other)

    def top(self) -> Scope:
        """The subscription that contains the scope, or the scope itself above subscriptions."""
        return Scope(f"/subscriptions/{self.subscription}", self.subscription) if self.subscription else self


def parse(text: str) -> Scope:
    """The scope that the text means; AzureError with the expected form for text that cannot be repaired safely.

    Repaired is what the published procedure and the portals produce: a bare subscription ID, quotes and angle brackets
    around an ID, doubled and trailing slashes, a missing leading slash, other letter case.
    """
    segments = [segment.strip().strip("'\"<>").strip() for segment in text.split("/")]
    segments = [segment for segment in segments if segment]
    if not segments:
        if text.strip() == "/":
            return Scope("/")
        raise invalid("A scope is empty, as it is after an unanswered question of an AWX survey.", _FORMS)
    if len(segments) == 1 and guid(segments[0]):
        segments.insert(0, "subscriptions")
    elif len(segments) == 1 and re.fullmatch(r"[0-9a-fA-F-]{8,}", segments[0]):
        raise _refused(text, "it is not a complete subscription ID")
    odd = re.search(r"[\x00-\x1f<>?#\\]", "/".join(segments))
    if odd:
        raise _refused(text, f"a scope cannot contain {odd[0]!r}")
    if {".", ".."} & set(segments):
        raise _refused(text, "a path with . or .. could lead somewhere else")
    keyword = segments[0].lower()
    if keyword == "subscriptions":
        return _below_subscription(segments, text)
    if keyword == "providers":
        return _above_subscriptions(segments, text)
    raise _refused(text, "it starts with neither subscriptions nor providers")


def _below_subscription(segments: list[str], text: str) -> Scope:
    subscription = guid(segments[1]) if len(segments) > 1 else None
    if subscription is None:
        raise _refused(text, "the subscription's id is not a GUID")
    path = f"/subscriptions/{subscription}"
    rest = segments[2:]
    if rest and rest[0].lower() == "resourcegroups":
        if len(rest) < 2:
            raise _refused(text, "the resource group's name is missing")
        path += f"/resourceGroups/{rest[1]}"
        rest = rest[2:]
    return Scope(path + _resource(rest, text), subscription)


def _above_subscriptions(segments: list[str], text: str) -> Scope:
    namespace = segments[1] if len(segments) > 1 else ""
    if namespace.lower() == "microsoft.management":
        if len(segments) != 4 or segments[2].lower() != "managementgroups":
            raise _refused(text, "this is not the id of a management group")
        return Scope(_MANAGEMENT_GROUPS + segments[3])
    known = next((name for name in _TENANT_LEVEL if name.lower() == namespace.lower()), None)
    if known is None:
        raise _refused(text, "no scope above subscriptions has this form")
    return Scope("/".join(["/providers", known, *segments[2:]]))


def _resource(rest: list[str], text: str) -> str:
    """``/providers/<namespace>/<type>/<name>``, then further types and names, or a resource on that resource."""
    if not rest:
        return ""
    if rest[0].lower() != "providers":
        raise _refused(text, f"after it, {rest[0]!r} stands where resourceGroups or providers is due")
    path = ""
    for part in _split_at_providers(rest):
        namespace, names = (part[0] if part else ""), part[1:]
        if not _NAMESPACE.fullmatch(namespace):
            raise _refused(text, f"{namespace!r} is not the namespace of a resource provider")
        if not names or len(names) % 2:
            raise _refused(text, "a resource needs pairs of type and name after its provider")
        path += "/".join(["", "providers", namespace, *names])
    if _ASSIGNMENT in path.lower():
        raise _refused(text, "this is the id of a role assignment, not a scope")
    return path


def _split_at_providers(rest: list[str]) -> list[list[str]]:
    parts: list[list[str]] = []
    for position, segment in enumerate(rest):
        # "providers" stands where a type is due; at a name's place it is a name.
        if segment.lower() == "providers" and (not parts or (len(parts[-1]) % 2 == 1 and len(parts[-1]) > 1)):
            parts.append([])
        elif parts:
            parts[-1].append(rest[position])
    return parts


def of_azure(path: str) -> Scope:
    """The scope that a response of Azure names, whatever its form."""
    match = re.match(r"/subscriptions/([^/]+)", path, re.IGNORECASE)
    return Scope(path.rstrip("/") or "/", match[1].lower() if match else None)


def parse_all(texts: Iterable[str]) -> list[Scope]:
    """The scopes that the texts mean, each once, in the order given; one AzureError names every text that is not a scope."""
    scopes: dict[str, Scope] = {}
    errors: list[AzureError] = []
    for text in texts:
        try:
            scope = parse(text)
            scopes.setdefault(scope.key, scope)
        except AzureError as exc:
            errors.append(exc)
    if errors:
        raise invalid(" ".join(error.message for error in errors), _FORMS)
    if not scopes:
        raise AzureError("No scope was given.", code=NO_SCOPE, hint=_NO_SCOPE_HINT)
    return list(scopes.values())


def _refused(text: str, why: str) -> AzureError:
    return invalid(f"{text!r} is not a scope: {why}.", _FORMS)
