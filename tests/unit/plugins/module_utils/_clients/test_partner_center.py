# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partner Center's lists are whole, or an error."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._clients.partner_center import PartnerCenter
from ansible_collections.csp.azure.plugins.module_utils._connection.throttle import Pace
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError

from ..scripted_http import Answer, Script, Signed

TENANT = "22222222-2222-4222-8222-222222222222"


def page(items: int, count: int | None, link: str = "") -> Answer:
    body: dict[str, Any] = {"items": [{"id": f"{number}"} for number in range(items)]}
    if count is not None:
        body["totalCount"] = count
    if link:
        body["links"] = {"next": {"uri": link, "headers": [{"key": "MS-ContinuationToken", "value": "x"}]}}
    return Answer(200, body)


@pytest.mark.parametrize(
    "pages",
    [
        [page(0, 0)],
        [page(2, 2)],
        [page(2, None)],
        [page(2, 1)],
        [page(2, 2, "/customers?next"), page(1, 1)],  # the count of the page
        [page(2, 3, "/v1/customers?next"), page(1, 3)],  # the count of the whole
    ],
)
def test_a_whole_list(pages: list[Answer]) -> None:
    script = Script(*pages)
    assert len(PartnerCenter(Signed(script)).customers()) == (3 if len(pages) == 2 else len(pages[0].body["items"]))
    assert all(request.headers["MS-Contract-Version"] == "v1" for request in script.sent)


@pytest.mark.parametrize(
    "pages",
    [[page(2, 3)], [page(0, 1)], [page(2, 4, "/customers?next"), page(1, 4)]],
)
def test_a_list_that_is_shorter_than_its_count_is_an_error(pages: list[Answer]) -> None:
    script = Script(*pages)
    with pytest.raises(AzureError) as caught:
        PartnerCenter(Signed(script)).customers()
    assert caught.value.code == "IncompleteList"


@pytest.mark.parametrize(
    ("body", "reason", "code"),
    [
        ("", "Unauthorized - MFA required", "MfaRequired"),
        ({"code": "10001", "description": "x"}, "Unauthorized", "10001"),
    ],
)
def test_multi_factor_authentication_is_asked_for_in_two_ways(body: Any, reason: str, code: str) -> None:
    answer = Answer(401, body, reason=reason)
    with pytest.raises(AzureError) as caught:
        PartnerCenter(Signed(Script(answer))).customer(TENANT)
    assert caught.value.code == code
    assert "multi-factor" in caught.value.hint


def test_each_try_waits_for_its_turn_and_all_wait_after_a_rejection(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[tuple[str, float]] = []
    waits: list[str] = []
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    monkeypatch.setattr(Pace, "wait", lambda _pace, api: waits.append(api))
    monkeypatch.setattr(Pace, "pause", lambda _pace, api, seconds: pauses.append((api, seconds)))
    rejected = Answer(429, {"statusCode": 429, "message": "Rate limit is exceeded."}, {"Retry-After": "57"})
    plan = {"id": "p", "offerId": "DZH318Z0BPS6:0001:X", "status": "active"}
    script = Script(rejected, Answer(200, {"items": [plan]}), Answer(200, {"items": []}))
    PartnerCenter(Signed(script)).azure_subscriptions(TENANT)
    sold = "/v1/customers/*/subscriptions"
    assert waits == [sold, sold, f"{sold}/*/azureEntitlements"]
    assert pauses == [(sold, 57)]
