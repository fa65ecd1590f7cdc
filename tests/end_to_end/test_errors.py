# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every error that Azure, Graph, Entra or Partner Center is known to answer, through the role: its code, its words, and what to do next.

All run in one playbook, a host each; the faults tell them apart by the subscription, tenant or group in the request.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..azure_simulator.running import ROOT, running
from .conftest import AGENTS, CUSTOMER, PARTNER, Ansible

KNOWN = yaml.safe_load(Path(__file__).with_name("errors.yml").read_text(encoding="utf-8"))


def hosts() -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """The inventory, the faults, and for each host the row of the table that must come out."""
    inventory: dict[str, Any] = {}
    faults: list[dict[str, Any]] = []
    expected: dict[str, dict[str, Any]] = {}
    for api, rows in KNOWN.items():
        for row in rows:
            number = len(inventory)
            variables, fault = MAKERS[api](number, row)
            name = f"host{number:02}"
            inventory[name] = {"reinstate_scopes": [subscription(number)], **variables}
            faults.append({name: row[name] for name in ("method", "status", "headers") if name in row} | fault)
            expected[name] = row
    return inventory, faults, expected


Made = tuple[dict[str, Any], dict[str, Any]]


def of_arm(number: int, row: dict[str, Any]) -> Made:
    body = row.get("body") or {"error": {"code": row["code"], "message": row["message"]}}
    return {}, {"api": "arm", "path": f"{subscription(number)}/providers", "body": body}


def of_entra(number: int, row: dict[str, Any]) -> Made:
    text = f"{row['code']}: {row['message']}\r\nTrace ID: 1\r\nTimestamp: x"
    body = {"error": "invalid_client", "error_description": text}
    identity = {"tenant": tenant(number), "client_id": CUSTOMER["AZURE_CLIENT_ID"], "secret": "an-unknown-secret"}
    fault = {"api": "login", "method": "POST", "path": tenant(number), "body": body}
    return {"reinstate_customer_identity": identity}, fault


def of_graph(number: int, row: dict[str, Any]) -> Made:
    group = f"Group{number}"
    names = {"tenant": "AZURE_TENANT", "client_id": "AZURE_CLIENT_ID", "secret": "AZURE_SECRET"}
    variables = {
        "reinstate_grants": [{"group": group, "scopes": [subscription(number)]}],
        "reinstate_partner_identity": {name: PARTNER[variable] for name, variable in names.items()},
    }
    body = {"error": {"code": row["code"], "message": row["message"], "innerError": {"request-id": "r"}}}
    return variables, {"api": "graph", "path": group, "body": body}


MAKERS = {"arm": of_arm, "odd": of_arm, "entra": of_entra, "graph": of_graph}


def subscription(number: int) -> str:
    return f"99999999-0000-4000-8000-{number:012d}"


def tenant(number: int) -> str:
    return f"88888888-0000-4000-8000-{number:012d}"


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the role said on each host."""
    inventory, faults, expected = hosts()
    world = yaml.safe_load((ROOT / "tests/azure_simulator/scenario.yml").read_text(encoding="utf-8"))
    for number in range(len(inventory)):
        world["tenants"].append({"id": tenant(number), "name": "T", "domain": f"t{number}.example"})
        world["subscriptions"].append({"id": subscription(number), "tenant": CUSTOMER["AZURE_TENANT"], "name": "S"})
        owner = {"role": "Owner", "principal": "5e6ad4a5-0000-4000-8000-000000000011"}
        world["assignments"].append({"scope": f"/subscriptions/{subscription(number)}", **owner})
    folder = tmp_path_factory.mktemp("errors")
    shared = {"reinstate_admin_agents_id": AGENTS, "reinstate_wait_timeout": 2, "reinstate_handoff_directory": ""}
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": inventory, "vars": shared}}))
    keep = {"keep": {"content": "{{ reinstate_result | to_json }}", "dest": f"{folder}/{{{{ inventory_hostname }}}}"}}
    plays = [
        {
            "hosts": "all",
            "connection": "local",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            "tasks": [{"block": [{"ansible.builtin.include_role": {"name": "csp.azure.reinstate"}}], "rescue": [keep]}],
        }
    ]
    (folder / "azure").mkdir()
    with running(folder / "azure") as azure:
        azure.ask("reset", world)
        azure.ask("faults", faults)
        run = Ansible(azure, folder).playbook(plays, "-i", "hosts.json", "-f", "8", env={"CSP_AZURE_TIMEOUT": "4"})
    result = {name: json.loads(path.read_text()) for name in inventory if (path := Path(folder, name)).exists()}
    assert set(result) == set(expected), run.output[-3000:]
    return result


@pytest.mark.parametrize(("host", "row"), hosts()[2].items(), ids=[row["code"] for row in hosts()[2].values()])
def test_every_known_error(outcomes: dict[str, Any], host: str, row: dict[str, Any]) -> None:
    error = outcomes[host]["error"]
    assert error["code"] == row["code"], error
    assert row.get("message", "") in error["message"]
    assert row["hint"] in error["hint"]
    assert row["code"] in outcomes[host]["msg"]
    assert error["hint"] in outcomes[host]["msg"]
