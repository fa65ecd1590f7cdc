# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Graph client against scripted HTTP."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import httpx
import pytest

from ansible_collections.csp.azure.plugins.module_utils._clients import graph as _graph
from ansible_collections.csp.azure.plugins.module_utils._clients.directory import Directory
from ansible_collections.csp.azure.plugins.module_utils._clients.graph import Graph
from ansible_collections.csp.azure.plugins.module_utils._connection.clouds import CLOUDS
from ansible_collections.csp.azure.plugins.module_utils._model.customers import Group, Principal
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError

from ..scripted_http import Answer, Script, Signed

GROUP = {"id": "065b0bfc-0000-4000-8000-000000000001", "displayName": "AdminAgents"}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiota_http.middleware.retry_handler.RetryHandler.get_delay_time", lambda *_args: 0)


def graph(script: Script, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Directory:
    monkeypatch.setattr(Graph, "_http", lambda self: script.http())
    return Directory(Signed(script, **more))


@pytest.mark.parametrize(
    ("name", "requested"),
    [
        ("AdminAgents", "displayName eq 'AdminAgents'"),
        ("O'Brien's", "displayName eq 'O''Brien''s'"),
        ("Öl & Gas+", "displayName eq 'Öl & Gas+'"),
    ],
)
def test_groups_by_name(name: str, requested: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(Answer(200, {"value": [GROUP]}))
    assert graph(script, monkeypatch).groups(name) == [Group(GROUP["id"], "AdminAgents")]
    url = httpx.URL(script.sent[0].url)
    assert f"{url.scheme}://{url.host}{url.path}" == "https://graph.microsoft.com/v1.0/groups"
    assert url.params["$filter"] == requested
    assert script.sent[0].headers["authorization"] == "Bearer token"


def test_pages_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    link = "https://graph.microsoft.com/v1.0/groups?%24skiptoken=RFNwdAIAAQ%3d"
    script = Script(Answer(200, {"value": [GROUP], "@odata.nextLink": link}), Answer(200, {"value": [GROUP]}))
    assert len(graph(script, monkeypatch).groups("AdminAgents")) == 2
    assert script.sent[1].url.replace("$", "%24") == link


def test_principals(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {
            "@odata.type": "#microsoft.graph.directoryObjectPartnerReference",
            "id": "A",
            "displayName": "F",
            "externalPartnerTenantId": "p",
            "objectType": "Group",
        },
        {"@odata.type": "#microsoft.graph.group", "id": "b", "displayName": "G"},
        {"@odata.type": "#microsoft.graph.servicePrincipal", "id": "c", "displayName": "S"},
    ]
    script = Script(Answer(200, {"value": rows}))
    result = graph(script, monkeypatch).principals(["a", "b", "c", "d"])
    assert result == [
        Principal("a", "ForeignGroup", "F", "p"),
        Principal("b", "Group", "G"),
        Principal("c", "ServicePrincipal", "S"),
    ]
    assert script.sent[0].body["ids"] == ["a", "b", "c", "d"]
    assert "directoryObjectPartnerReference" in script.sent[0].body["types"]


def test_many_ids_go_in_several_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(*[Answer(200, {"value": []})] * 3)
    graph(script, monkeypatch).principals([str(number) for number in range(2001)])
    assert [len(item.body["ids"]) for item in script.sent] == [1000, 1000, 1]


def test_a_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    body = {
        "error": {
            "code": "Authorization_RequestDenied",
            "message": "Insufficient privileges to complete the operation.",
        }
    }
    script = Script(Answer(403, body, {"request-id": "abc"}))
    with pytest.raises(AzureError) as caught:
        graph(script, monkeypatch).principals(["a"])
    assert (caught.value.code, caught.value.request_id) == ("Authorization_RequestDenied", "abc")
    assert "Directory Readers" in caught.value.hint


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_passing_trouble_passes(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    trouble = Answer(status, {"error": {"code": "x", "message": "y"}}, {"Retry-After": "2"})
    script = Script(trouble, trouble, Answer(200, {"value": []}))
    assert graph(script, monkeypatch).principals(["a"]) == []


def test_a_dead_network_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(*[httpx.ConnectError("no route")] * 3)
    with pytest.raises(AzureError, match="no route") as caught:
        graph(script, monkeypatch).groups("AdminAgents")
    assert caught.value.code == "NoAnswer"


def test_a_broken_connection_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(httpx.ReadError("reset"), Answer(200, {"value": []}))
    assert graph(script, monkeypatch).principals(["a"]) == []


def test_slowness_ends_with_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    async def stuck(*_args: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(_graph, "send", stuck)
    with pytest.raises(AzureError) as caught:
        graph(Script(), monkeypatch, seconds=0.1).groups("AdminAgents")
    assert caught.value.code == "TimedOut"


@pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)
def test_every_cloud_has_its_own_address(cloud: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(Answer(200, {"value": []}), Answer(200, {"value": []}))
    client = graph(script, monkeypatch, cloud=cloud)
    client.groups("x")
    client.principals(["a"])
    assert all(item.url.startswith(f"{cloud.graph}/v1.0/") for item in script.sent)
    assert set(client._credential.scopes) == {f"{cloud.graph}/.default"}


def test_the_sdks_models_are_not_imported() -> None:
    # The whole tree has some two thousand of them; the error's own few come with it.
    assert sum(name.startswith("msgraph.generated.models") for name in sys.modules) < 20
