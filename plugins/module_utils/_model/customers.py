# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subscriptions, principals, groups, customers and callers, as the clients return them. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from dataclasses import dataclass

from .types import Result


@dataclass(frozen=True)
class Caller:
    """The identity that a token was issued to; None where the token does not say. ``kind`` is ``app`` or ``user``."""

    tenant: str | None = None
    object_id: str | None = None
    application_id: str | None = None
    kind: str | None = None

    @property
    def words(self) -> str:
        """Who it is, for messages that start with it."""
        if self.kind == "app" and self.application_id:
            return f"The application {self.application_id}"
        return f"The {'user' if self.kind == 'user' else 'caller'} {self.object_id}"

    def as_dict(self) -> Result:
        """The caller as results show it."""
        return dict(vars(self))


@dataclass(frozen=True)
class Subscription:
    """A subscription that the caller sees; ``id`` is in lower case, ``state`` is Azure's word."""

    id: str
    name: str | None = None
    state: str | None = None
    tenant_id: str | None = None

    @property
    def takes_writes(self) -> bool:
        """Whether Azure accepts writes in its state."""
        return self.state in ("Enabled", "PastDue")


@dataclass(frozen=True)
class Principal:
    """A directory object; ``type`` is one of ARM's principal types, ``partner_tenant_id`` is set for foreign ones."""

    id: str
    type: str
    display_name: str | None = None
    partner_tenant_id: str | None = None

    def as_dict(self) -> Result:
        """The principal as results show it."""
        return dict(vars(self))


@dataclass(frozen=True)
class Group:
    """A group of the signed-in tenant."""

    id: str
    display_name: str | None = None
    description: str | None = None
    mail_nickname: str | None = None
    security_enabled: bool | None = None

    def as_dict(self) -> Result:
        """The group as results show it, by Graph's names."""
        return {
            "id": self.id,
            "displayName": self.display_name,
            "description": self.description,
            "mailNickname": self.mail_nickname,
            "securityEnabled": self.security_enabled,
        }


@dataclass(frozen=True)
class Customer:
    """A customer of a partner. ``relationship`` is in lower case, ``none`` without one, None where the source does not say."""

    tenant_id: str
    domain: str | None = None
    name: str | None = None
    relationship: str | None = None
    delegated_access: bool | None = None

    def as_dict(self) -> Result:
        """The customer as results and inventories show it."""
        return dict(vars(self))


@dataclass(frozen=True)
class AzurePlan:
    """An Azure plan that the partner sold."""

    id: str
    status: str | None = None

    def as_dict(self) -> Result:
        """The plan as results show it."""
        return dict(vars(self))


def is_active(status: str | None) -> bool:
    """Whether a sold subscription in this status counts as sold. Partner Center shows none for some."""
    return (status or "none").lower() in ("active", "none")


@dataclass(frozen=True)
class SoldSubscription:
    """An Azure subscription that the partner sold; ``id`` is the ID that ARM uses."""

    id: str
    name: str | None
    status: str | None
    plan_id: str

    def as_dict(self) -> Result:
        """The subscription as results and inventories show it."""
        return {"subscription_id": self.id, "name": self.name, "status": self.status, "plan_id": self.plan_id}
