# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first run: a partner's access reinstated in the local Azure, twice, told as a person would want to see it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from .azure_simulator.running import Azure, running

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
ADMIN_AGENTS = "065b0bfc-0000-4000-8000-000000000001"
CUSTOMER = {
    "AZURE_TENANT": "22222222-2222-4222-8222-222222222222",
    "AZURE_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000011",
    "AZURE_SECRET": "the-customers-secret",
}
PARTNER = {
    "CSP_PARTNER_TENANT": "33333333-3333-4333-8333-333333333333",
    "CSP_PARTNER_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000001",
    "CSP_PARTNER_SECRET": "the-partners-secret",
}
DISPLAY = {
    "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
    "ANSIBLE_LOCALHOST_WARNING": "false",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
}

FAREWELL = """
That was the local Azure on this machine: no real tenant was asked. For a real customer, set in the environment

  AZURE_TENANT, AZURE_CLIENT_ID, AZURE_SECRET   a service principal in the customer's tenant that may assign roles
                                                (or nothing, after az login --tenant <customer>)
  CSP_PARTNER_TENANT, CSP_PARTNER_CLIENT_ID, CSP_PARTNER_SECRET
                                                one in the partner's tenant that may read groups

and run the same playbook:

  ansible-playbook csp.azure.reinstate -e reinstate_scopes=<subscription id> --check --diff
  ansible-playbook csp.azure.reinstate -e reinstate_scopes=<subscription id>

A customer who runs it alone needs no partner identity: -e reinstate_admin_agents_id=<object ID from the partner>.
"""


def owners(azure: Azure) -> str:
    """Who is Owner of the subscription, in words."""
    names = {ADMIN_AGENTS: "AdminAgents of Contoso Cloud, the partner"}
    rows = [
        item
        for item in azure.assignments
        if item["scope"] == f"/subscriptions/{SUBSCRIPTION}" and item["role"].startswith("8e3af657")
    ]
    return "; ".join(
        f"{names.get(item['principal'], 'an application of Fabrikam')} ({item['principal_type']})" for item in rows
    )


def main() -> None:
    """Run the playbook twice and show what it did."""
    playbook = ["ansible-playbook", "playbooks/reinstate.yml", "-e", json.dumps({"reinstate_scopes": [SUBSCRIPTION]})]
    with tempfile.TemporaryDirectory() as directory, running(Path(directory)) as azure:
        environment = {**azure.environment, **CUSTOMER, **PARTNER, **DISPLAY}
        environment["ANSIBLE_COLLECTIONS_PATH"] = os.environ["ANSIBLE_COLLECTIONS_PATH"]
        print("Contoso Cloud, a CSP partner, has lost its access to the subscription of Fabrikam, its customer.")
        print(f"Owner before: {owners(azure)}\n\n$ {shlex.join(playbook)}", flush=True)
        subprocess.run(playbook, env=environment, check=True)
        print(f"Owner now:    {owners(azure)}\n\nThe same once more finds nothing to do:\n", flush=True)
        subprocess.run(playbook, env=environment, check=True)
    print(FAREWELL)


if __name__ == "__main__":
    main()
