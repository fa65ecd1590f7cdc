# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions that work on one customer do beside their use case."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.action.partner_access import ActionModule as PartnerAccess
from ansible_collections.csp.azure.plugins.modules import partner_access
from ansible_collections.csp.azure.plugins.plugin_utils import _customer_action, _run_results
from ansible_collections.csp.azure.plugins.plugin_utils._customer_action import CustomerAction
from ansible_collections.csp.azure.plugins.plugin_utils._run_results import REINSTATED

OPTIONS: dict[str, Any] = {
    "partner": {"tenant": "p", "client_id": "c", "secret": "s"},
    "groups": {},
    "grants": [{"group": "AdminAgents"}, {"group": "HelpdeskAgents"}, {"group": None}],
    "cloud_environment": None,
    "timeout": 5,
    "debug_log": None,
}


class Action(CustomerAction):
    module = partner_access
    results = REINSTATED
    lists = ("summary",)


@pytest.fixture
def looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The options of the look-ups; HelpdeskAgents is never found."""
    monkeypatch.setattr(_run_results.constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    calls: list[dict[str, Any]] = []

    def run(_arguments: Any, _use_case: Any, options: dict[str, Any], *_more: Any) -> tuple[dict[str, Any], set[str]]:
        calls.append(options)
        return ({"object_id": "x"} if options["name"] == "AdminAgents" else {"failed": True}), set()

    monkeypatch.setattr(_customer_action, "run_use_case", run)
    return calls


def test_a_group_is_looked_up_once_for_all_hosts_of_a_partner(looked_up: list[dict[str, Any]]) -> None:
    assert Action.prepare(OPTIONS, print)["groups"] == {"AdminAgents": "x"}
    assert {(call["name"], call["tenant"], call["timeout"]) for call in looked_up} == {
        ("AdminAgents", "p", 5),
        ("HelpdeskAgents", "p", 5),
    }
    assert Action.prepare(OPTIONS, print)["groups"] == {"AdminAgents": "x"}
    assert len(looked_up) == 2, "each use case looks up by itself what failed here"


def test_an_identity_that_is_rejected_is_left_to_the_use_case(
    looked_up: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSP_PARTNER_AUTH_SOURCE", "foo")
    options = {**OPTIONS, "partner": {}}
    assert Action.prepare(options, print) == options
    assert looked_up == []


@pytest.mark.parametrize(
    "more",
    [
        {"partner": {}},
        {"groups": {"AdminAgents": "y", "HelpdeskAgents": "z"}},
        {"grants": [{"principal_id": "p"}]},
    ],
)
def test_nothing_is_looked_up_that_nobody_needs(
    more: dict[str, Any], looked_up: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TENANT", "CLIENT_ID", "SECRET"):
        monkeypatch.delenv(f"CSP_PARTNER_{name}", raising=False)
    options = {**OPTIONS, **more}
    assert Action.prepare(options, print) == options
    assert looked_up == []


def completed(result: dict[str, Any], **variables: Any) -> dict[str, Any]:
    return Action.completed(Action.__new__(Action), result, {"inventory_hostname": "a", **variables})


NO_SCOPE = {"failed": True, "msg": "No scope", "error": {"code": "NoScope", "message": "No scope"}}
INVALID = {"failed": True, "msg": "No role", "error": {"code": "InvalidInput", "message": "No role"}}


def test_a_result_that_cannot_be_kept_is_not_lost(looked_up: list[dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "csp-azure-reinstated.jsonl").mkdir()
    result = completed({"changed": True, "warnings": ["first"]})
    assert result["changed"]
    assert result["warnings"][0] == "first"
    assert "The report will lack this host" in result["warnings"][1]


def test_a_result_is_kept_for_the_report(looked_up: list[dict[str, Any]]) -> None:
    result = {"changed": True, "exception": object(), "more": {"odd": Path("x")}}
    assert completed(result) == result
    assert completed({"changed": False}, csp_name="Fabrikam", csp_tenant_id="t") == {"changed": False}
    kept, named = REINSTATED.read()
    assert (kept.host, kept.result) == ("a", {"changed": True, "more": {"odd": "x"}})
    assert named.result == {"changed": False, "customer_name": "Fabrikam", "customer_tenant": "t"}


def test_without_subscriptions_because_partner_center_failed_that_is_the_reason(
    looked_up: list[dict[str, Any]],
) -> None:
    assert completed(NO_SCOPE) == {**NO_SCOPE, "summary": []}, "a role's user can rely on the lists"
    result = completed(NO_SCOPE, csp_error="throttled")
    assert result["error"]["code"] == "NotRead"
    assert "could not be read: throttled. Run again." in result["msg"]
    assert completed(INVALID, csp_error="throttled")["error"] == INVALID["error"]
    assert completed({"changed": False}, csp_error="throttled") == {"changed": False}


def test_what_the_last_customer_needed_is_the_guess_for_the_next(looked_up: list[dict[str, Any]]) -> None:
    assert not _run_results.was_written()
    for states, guess in ((["created"], True), (["failed", "updated"], True), (["unchanged"], False), ([], False)):
        _run_results.note_written(False)
        result = {"changed": False, "assignments": [{"state": state} for state in states]}
        created = PartnerAccess.__new__(PartnerAccess)
        created.completed(result, {"inventory_hostname": "a"})
        assert PartnerAccess.shared(OPTIONS)["likely_missing"] is guess


@pytest.mark.parametrize(
    ("variables", "path", "kept"),
    [
        ({}, "newRoleAssignment.log", "newRoleAssignment.log"),
        ({"awx_job_id": 7}, "newRoleAssignment.log", ""),
        ({"awx_job_id": 7}, "/logs/7.log", "/logs/7.log"),
        ({"awx_job_id": 7}, "", ""),
    ],
)
def test_awx_gets_no_log_that_is_lost_with_its_folder(
    variables: dict[str, Any], path: str, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_customer_action.InProcessAction, "run", lambda action, *_args: action._task.args)
    action = object.__new__(Action)
    action._task = SimpleNamespace(args={"failure_log": path})
    assert action.run(None, variables) == {"failure_log": kept}
