# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scenario of customers that hold everything an audit can find: each customer another kind, over and over. The second subscription of each is fine."""

from __future__ import annotations

from typing import Any

from .many import inventory, subscription, tenant, world

AGENTS, HELPDESK = "065b0bfc-0000-4000-8000-000000000001", "065b0bfc-0000-4000-8000-000000000002"
FORMER, FORMERS_AGENTS = "44444444-4444-4444-8444-444444444444", "34c4dd11-0000-4000-8000-000000000001"
HOSTILE = """<img src=x onerror=document.title='owned'>{{ 7 * 7 }}"'&"""
CONDITION = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAllValues:GuidNotEquals {8e3af657-a8ff-443c-a75c-2fe8c4bcb635}"
# What is the matter with a customer.
KINDS = (
    "fine",
    "missing",
    "inherited",
    "different_role",
    "conditional",
    "duplicated",
    "former_partner",
    "denied",
    "locked",
    "disabled",
    "unseen",
    "not_sold",
    "no_relationship",
    "no_sign_in",
    "custom_role",
    "group_only",
    "hostile",
    "wrong_principal",
    "helpdesk",
    "unreadable",
)


def kind(number: int) -> str:
    """What is the matter with this customer."""
    return KINDS[number % len(KINDS)]


class Findings:
    """Makes the scenario."""

    def __init__(self, customers: int, **settings: Any) -> None:
        self.scenario = world(customers, 2, **settings)
        self.scenario.update(locks=[], deny_assignments=[])
        self.assignments: list[dict[str, Any]] = self.scenario["assignments"]
        self.by_id = {item["id"]: item for item in [*self.scenario["tenants"], *self.scenario["subscriptions"]]}
        for number in range(customers):
            self._give(f"/subscriptions/{subscription(number, 1)}")
            getattr(self, f"_{kind(number)}")(number, f"/subscriptions/{subscription(number)}")

    def _give(self, scope: str, role: str = "Owner", principal: str = AGENTS, **more: Any) -> None:
        given = {"scope": scope, "role": role, "principal": principal, "principal_type": "ForeignGroup"}
        given["created_on"] = "2026-01-02T03:04:05.6789Z"
        self.assignments.append({**given, **more})

    def _fine(self, _number: int, scope: str) -> None:
        self._give(scope)

    def _missing(self, _number: int, _scope: str) -> None:
        """Nothing was given."""

    def _inherited(self, number: int, scope: str) -> None:
        group = f"root-{number}"
        self.scenario["management_groups"].append({"id": group, "tenant": tenant(number)})
        self.by_id[scope.rpartition("/")[2]]["management_groups"] = [group]
        self._give(f"/providers/Microsoft.Management/managementGroups/{group}")

    def _different_role(self, _number: int, scope: str) -> None:
        self._give(scope, "Reader")

    def _conditional(self, _number: int, scope: str) -> None:
        self._give(scope, condition=CONDITION, condition_version="2.0")

    def _duplicated(self, _number: int, scope: str) -> None:
        self._give(scope)
        self._give(scope)

    def _former_partner(self, number: int, scope: str) -> None:
        self._give(scope)
        self.by_id[tenant(number)]["partners"].append({"tenant": FORMER})
        self._give(scope, principal=FORMERS_AGENTS)

    def _denied(self, _number: int, scope: str) -> None:
        self._give(scope)
        self.scenario["deny_assignments"].append({"scope": scope, "name": "Deployment stack"})

    def _locked(self, _number: int, scope: str) -> None:
        self.scenario["locks"].append({"scope": scope, "level": "ReadOnly", "name": "hands-off"})

    def _disabled(self, _number: int, scope: str) -> None:
        self.by_id[scope.rpartition("/")[2]]["state"] = "Disabled"

    def _unseen(self, _number: int, scope: str) -> None:
        """Sold, but the application that checks has no role there."""
        self.assignments[:] = [item for item in self.assignments if item["scope"] != scope]

    def _not_sold(self, _number: int, scope: str) -> None:
        self._give(scope)
        self.by_id[scope.rpartition("/")[2]]["sold"] = False

    def _no_relationship(self, number: int, _scope: str) -> None:
        self.by_id[tenant(number)]["partners"] = []

    def _no_sign_in(self, number: int, _scope: str) -> None:
        self.by_id[tenant(number)]["identities"][0]["secret"] = "another"

    def _custom_role(self, number: int, scope: str) -> None:
        identity = f"99999999-1111-4000-8000-{number:012d}"
        self.scenario["roles"].append(
            {"id": identity, "name": f"Desk {number}", "actions": ["Microsoft.Support/*"], "scopes": [scope]}
        )
        self._give(scope, identity)

    def _group_only(self, _number: int, scope: str) -> None:
        self.by_id[scope.rpartition("/")[2]]["resource_groups"] = {"web": []}
        self._give(f"{scope}/resourceGroups/web")

    def _hostile(self, number: int, scope: str) -> None:
        self._give(scope)
        self.by_id[tenant(number)]["name"] = HOSTILE
        self.by_id[scope.rpartition("/")[2]]["name"] = HOSTILE

    def _wrong_principal(self, _number: int, scope: str) -> None:
        self._give(scope, principal_type="Group")

    def _helpdesk(self, _number: int, scope: str) -> None:
        self._give(scope, "Support Request Contributor", HELPDESK)

    def _unreadable(self, number: int, scope: str) -> None:
        """The application may see the subscription, but not read who has access."""
        for item in self.assignments:
            if item["scope"] == scope:
                item["role"] = f"99999999-2222-4000-8000-{number:012d}"
                self.scenario["roles"].append(
                    {
                        "id": item["role"],
                        "name": f"Blind {number}",
                        "actions": ["Microsoft.Resources/subscriptions/read"],
                        "scopes": [scope],
                    }
                )


def hosts(customers: int) -> dict[str, Any]:
    """The customers as hosts, as the inventory plugin would make them."""
    result = inventory(customers)
    for number, item in enumerate(result["all"]["hosts"].values()):
        sold = (
            [subscription(number, 1)] if kind(number) == "not_sold" else [subscription(number), subscription(number, 1)]
        )
        item.update(csp_subscription_ids=sold, csp_name=HOSTILE if kind(number) == "hostile" else f"Customer {number}")
        item["csp_relationship"] = "none" if kind(number) == "no_relationship" else "reseller"
        item["reinstate_scopes"] = ["all"]
    return result
