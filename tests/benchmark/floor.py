# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor: what the same requests cost a bare asynchronous script. Arguments: the folder of the local Azure, a plan as JSON."""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import uuid
from pathlib import Path
from typing import Any

import httpx

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
KIND = "providers/Microsoft.Authorization/roleAssignments"


async def customer(http: httpx.AsyncClient, azure: dict[str, Any], plan: dict[str, Any], one: dict[str, Any]) -> None:
    """Sign in, list, and write what is missing, eight side by side."""
    form = {"grant_type": "client_credentials", "client_id": plan["client_id"], "client_secret": plan["secret"]}
    form["scope"] = f"{azure['arm']}/.default"
    token = (await http.post(f"{azure['login']}/{one['tenant']}/oauth2/v2.0/token", data=form)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    which = {"api-version": "2022-04-01", "$filter": f"principalId eq '{plan['principal']}'"}
    top = f"{azure['arm']}/subscriptions/{one['subscription']}"
    listed = (await http.get(f"{top}/{KIND}", params=which, headers=headers)).json()["value"]
    known = {item["properties"]["scope"].lower() for item in listed}
    bound = asyncio.Semaphore(8)

    async def put(scope: str) -> None:
        role = f"/subscriptions/{one['subscription']}/providers/Microsoft.Authorization/roleDefinitions/{OWNER}"
        body = {"roleDefinitionId": role, "principalId": plan["principal"], "principalType": "ForeignGroup"}
        url = f"{azure['arm']}{scope}/{KIND}/{uuid.uuid4()}?api-version=2022-04-01"
        async with bound:
            (await http.put(url, json={"properties": body}, headers=headers)).raise_for_status()

    await asyncio.gather(*(put(scope) for scope in one["scopes"] if scope.lower() not in known))


async def main(folder: Path, plan: dict[str, Any]) -> None:
    """All customers, so many side by side as the plan says."""
    azure = json.loads((folder / "azure.json").read_text(encoding="utf-8"))
    context = ssl.create_default_context(cafile=azure["ca"])
    bound = asyncio.Semaphore(plan.get("forks", 16))
    async with httpx.AsyncClient(verify=context, timeout=60) as http:

        async def bounded(item: dict[str, Any]) -> None:
            async with bound:
                await customer(http, azure, plan, item)

        await asyncio.gather(*(bounded(item) for item in plan["customers"]))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))))
