# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scenario of many customers, who all know one application of the partner; it is Owner of each one's subscriptions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

PARTNER = "33333333-3333-4333-8333-333333333333"
ADMIN_AGENTS = "065b0bfc-0000-4000-8000-000000000001"
DIRECTORY_READERS = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
APPLICATION = "0c1f5d6e-0000-4000-8000-0000000000ff"
SECRET = "the-applications-secret"


def tenant(number: int) -> str:
    """The tenant of a customer."""
    return f"88888888-0000-4000-8000-{number:012d}"


def subscription(number: int, which: int = 0) -> str:
    """A subscription of a customer."""
    return f"99999999-{which:04d}-4000-8000-{number:012d}"


def relationship(number: int, status: str = "active") -> dict[str, Any]:
    """A delegated admin relationship with a customer; an active one gives its role to AdminAgents."""
    assignments = [{"status": "active", "group": ADMIN_AGENTS, "roles": [DIRECTORY_READERS]}]
    return {
        "partner": PARTNER,
        "customer": tenant(number),
        "name": f"C{number}",
        "status": status,
        "roles": [DIRECTORY_READERS],
        "assignments": assignments if status == "active" else [],
    }


def world(customers: int, each: int = 1, gdap: str = "active", **settings: Any) -> dict[str, Any]:
    """The scenario of most tests, and these customers with as many subscriptions each.

    ``gdap`` is the status of their delegated admin relationships, empty for none.
    """
    result = yaml.safe_load(Path(__file__).with_name("scenario.yml").read_text(encoding="utf-8"))
    for number in range(customers):
        identity = {"object_id": f"5e6ad4a5-1111-4000-8000-{number:012d}", "name": "a", "client_id": APPLICATION}
        identity |= {"secret": SECRET, "reads_directory": True}
        customer = {"id": tenant(number), "name": f"C{number}", "domain": f"c{number}.example"}
        result["tenants"].append({**customer, "partners": [{"tenant": PARTNER}], "identities": [identity]})
        held = {"role": "Owner", "principal": identity["object_id"]}
        for item in (subscription(number, which) for which in range(each)):
            result["subscriptions"].append({"id": item, "tenant": tenant(number), "name": "S"})
            result["assignments"].append({"scope": f"/subscriptions/{item}", **held})
        if gdap:
            result["relationships"].append(relationship(number, gdap))
    result["settings"] = settings
    return result


def inventory(customers: int, each: int = 1) -> dict[str, Any]:
    """These customers as hosts of the role reinstate."""
    hosts = {
        f"c{number:04}": {
            "reinstate_scopes": [subscription(number, which) for which in range(each)],
            "reinstate_customer_identity": {"tenant": tenant(number), "client_id": APPLICATION, "secret": SECRET},
        }
        for number in range(customers)
    }
    shared = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    return {"all": {"hosts": hosts, "vars": shared}}
