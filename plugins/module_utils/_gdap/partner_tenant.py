# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read once for all customers of a partner: its relationships, and the groups in AdminAgents.

For internal use of csp.azure only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from .._model.customers import Caller
from .._model.delegated_admin import DelegatedAdminRelationship
from .._model.errors import AzureError, invalid
from .._model.identifiers import guid
from .._model.types import Result

# The group of Microsoft's whose users may use relationships, and work in customers' Azure.
ADMIN_AGENTS = "AdminAgents"


class PartnerClient(Protocol):
    """See `_clients.delegated_admin.DelegatedAdmin`."""

    @property
    def caller(self) -> Caller:
        pass

    def relationships(self) -> list[DelegatedAdminRelationship]:
        pass

    def transitive_groups(self, group: str) -> frozenset[str]:
        pass

    def is_member(self, group: str) -> bool:
        pass


# Called with a name and what produces a value of JSON types; returns the value, which may have been produced for another customer.
Once = Callable[[str, Callable[[], Result]], Result]


def always(_name: str, produce: Callable[[], Result]) -> Result:
    """A `Once` that keeps nothing."""
    return produce()


@dataclass(frozen=True)
class PartnerTenant:
    """A customer's relationships with the partner; ``groups`` are AdminAgents and the groups in it, None if they could not be read."""

    relationships: tuple[DelegatedAdminRelationship, ...]
    groups: frozenset[str] | None


def partner_tenant(
    customer: str, open_client: Callable[[], PartnerClient], admin_agents: Callable[[], str], once: Once
) -> PartnerTenant:
    """What the partner's tenant knows about a customer; AzureError if its relationships cannot be read."""
    values = once("relationships", lambda: _read(open_client, admin_agents))
    if "error" in values:
        raise AzureError(**values["error"])
    relationships = map(DelegatedAdminRelationship.from_json, values["relationships"].get(customer, ()))
    return PartnerTenant(tuple(relationships), None if values["groups"] is None else frozenset(values["groups"]))


def _read(open_client: Callable[[], PartnerClient], admin_agents: Callable[[], str]) -> Result:
    """The relationships by customer, and the groups. A failure is a value, too: it must not be repeated for each customer."""
    by_customer: dict[str, list[Result]] = {}
    try:
        client = open_client()
        for item in all_relationships(client, admin_agents):
            by_customer.setdefault(item.customer or "", []).append(item.as_json())
    except AzureError as exc:
        return {"error": {**exc.as_dict(), "status": exc.status}}
    groups = groups_in_admin_agents(client, admin_agents)
    return {"relationships": by_customer, "groups": None if groups is None else sorted(groups)}


def groups_in_admin_agents(client: PartnerClient, admin_agents: Callable[[], str]) -> frozenset[str] | None:
    """AdminAgents and the groups in it; None if they cannot be read."""
    try:
        agents = admin_agents()
        return client.transitive_groups(agents) | {agents}
    except AzureError:
        return None


def all_relationships(client: PartnerClient, admin_agents: Callable[[], str]) -> list[DelegatedAdminRelationship]:
    """All of the partner's relationships. Graph answers with an empty list to a user without the right, which is an error here."""
    relationships = client.relationships()
    if not relationships and client.caller.kind != "app" and not client.is_member(admin_agents()):
        raise AzureError(
            "The signed-in user is not in the partner's group AdminAgents, so Graph shows no relationships.",
            code="NotInAdminAgents",
            hint="Add the user to AdminAgents, sign in again, and run again.",
        )
    return relationships


def customer_tenant(text: str, tenant_of: Callable[[str], str]) -> str:
    """The tenant ID of a customer, by its ID or one of its domain names."""
    name = text.strip()
    if not re.fullmatch(r"[A-Za-z0-9.-]+", name):
        raise invalid(f"{text!r} is not a customer.", "Give the customer's tenant ID or one of its domain names.")
    return guid(name) or tenant_of(name)


def check_customer(customer: str, partner: str | None) -> None:
    """AzureError if the customer is the partner itself."""
    if customer == partner:
        raise invalid(
            f"The tenant {customer} is the partner's own.", "Give the customer's tenant, and sign in to the partner's."
        )


def of_customer(relationships: Sequence[DelegatedAdminRelationship], customer: str) -> list[DelegatedAdminRelationship]:
    """The relationships with one customer."""
    return [item for item in relationships if item.customer == customer]
