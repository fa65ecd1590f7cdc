# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a resource manager tells of its cloud."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._connection import clouds as _cloud
from ansible_collections.csp.azure.plugins.module_utils._connection.clouds import CLOUDS, Cloud, cloud
from ansible_collections.csp.azure.plugins.module_utils._connection.transport import Deadline
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError

from ..scripted_http import Answer, Script, ScriptedNetwork

URL = "https://management.local.azurestack.external"
# The member names of 2022-09-01, as Azure answers; older versions put the object into a list.
METADATA = {
    "name": "AzureStack",
    "resourceManager": f"{URL}/",
    "microsoftGraphResourceId": "https://graph.local/",
    "authentication": {
        "loginEndpoint": "https://login.local",
        "audiences": ["https://audience.local/", "https://other/"],
    },
}


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test knows a cloud from another one."""
    monkeypatch.setattr(_cloud, "_described", {})


def read(*answers: Any, url: str = URL) -> tuple[Cloud, Script]:
    script = Script(*answers)
    return cloud(url, ScriptedNetwork(Deadline(300), script=script)), script


@pytest.mark.parametrize("body", [METADATA, [METADATA]], ids=["object", "list"])
@pytest.mark.parametrize("url", [URL, f"{URL}/"])
def test_the_metadata(body: Any, url: str) -> None:
    result, script = read(Answer(200, body), url=url)
    assert result == Cloud(URL, "https://audience.local", "https://login.local", "https://graph.local")
    assert [item.url for item in script.sent] == [f"{URL}/metadata/endpoints?api-version=2022-09-01"]


def test_the_metadata_is_read_once() -> None:
    first, _script = read(Answer(200, METADATA))
    second, script = read(url=f"{URL}/")
    assert second == first
    assert not script.sent


def test_metadata_that_could_not_be_read_is_asked_for_again() -> None:
    with pytest.raises(AzureError):
        read(Answer(404, "no"))
    assert read(Answer(200, METADATA))[0].resource_manager == URL


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, "<html>Welcome</html>"),
        Answer(200, {}),
        Answer(200, []),
        Answer(200, {**METADATA, "authentication": {"audiences": []}}),
        Answer(200, {**METADATA, "resourceManager": None}),
    ],
)
def test_what_is_no_cloud_is_told(answer: Answer) -> None:
    with pytest.raises(AzureError, match="does not describe an Azure cloud"):
        read(answer)


def test_a_refusal_is_told() -> None:
    with pytest.raises(AzureError, match="HTTP 404"):
        read(Answer(404))


def test_a_fault_passes() -> None:
    result, _script = read(Answer(503), Answer(200, METADATA))
    assert result.resource_manager == URL


def test_a_known_cloud_costs_nothing() -> None:
    for name, known in CLOUDS.items():
        result, script = read(url=name)
        assert result == known
        assert script.sent == []
