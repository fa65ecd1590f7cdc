# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report's action finds out by itself."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._reports.report import Run
from ansible_collections.csp.azure.plugins.modules import reinstate_report
from ansible_collections.csp.azure.plugins.plugin_utils import _report_action, _run_results
from ansible_collections.csp.azure.plugins.plugin_utils._report_action import ReportAction
from ansible_collections.csp.azure.plugins.plugin_utils._run_results import REINSTATED

GOOD: dict[str, Any] = {"changed": True, "assignments": [], "caller": {"tenant": "t"}}
BAD: dict[str, Any] = {"failed": True, "msg": "no", "error": {"code": "Templating", "message": "no"}}


class Action(ReportAction):
    module = reinstate_report
    results = REINSTATED
    role = "reinstate"

    def _task_environment(self) -> dict[str, str]:
        return {}


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the action has shown."""
    monkeypatch.setattr(_run_results.constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    texts: list[str] = []
    monkeypatch.setattr(_report_action, "Display", lambda: SimpleNamespace(display=texts.append))
    return texts


def action(**args: Any) -> Action:
    created = Action.__new__(Action)
    created._task = SimpleNamespace(action="csp.azure.reinstate_report", args=args, check_mode=False, diff=False)
    return created


def play(*hosts: str, left: str | None = None, batch: str | None = None, kept: Any = None) -> dict[str, Any]:
    """The variables of a play: its hosts, those that are left, those of the batch, and what roles have kept."""
    return {
        "ansible_play_hosts_all": list(hosts),
        "ansible_play_hosts": list(hosts if left is None else left),
        "ansible_play_batch": list(hosts if batch is None else batch),
        "groups": {"all": [*hosts, "elsewhere"]},
        "hostvars": {host: {"reinstate_result": (kept or {}).get(host)} for host in hosts},
    }


def test_the_table_is_shown_once_all_hosts_have_a_result(shown: list[str]) -> None:
    REINSTATED.note("a", GOOD)
    first = action()._run_here(play("a", "b", "c", batch="a"))
    assert (first["complete"], shown) == (False, [])
    REINSTATED.note("b", GOOD)
    last = action()._run_here(play("a", "b", "c", left="ab", batch="b"))
    assert (last["complete"], last["totals"]["failed"]) == (True, 1)
    assert [text.splitlines()[-1] for text in shown] == ["3 customers: 2 changed, 0 unchanged, 1 failed."]


def test_with_the_free_strategy_a_host_with_nothing_new_shows_nothing(shown: list[str]) -> None:
    REINSTATED.note("a", GOOD)
    first = action()._run_here(play("a"))
    assert action()._run_here(play("a")) == first
    assert len(shown) == 1


def test_another_report_is_made_anew(shown: list[str], tmp_path: Path) -> None:
    REINSTATED.note("a", GOOD)
    action()._run_here(play("a"))
    (tmp_path / "no.jsonl").write_text("{")
    assert "not a report" in action(merge=[str(tmp_path / "no.jsonl")])._run_here(play("a"))["msg"]


def test_a_batch_in_which_all_hosts_failed_is_the_last_one(shown: list[str]) -> None:
    REINSTATED.note("a", BAD)
    result = action()._run_here(play("a", "b", left="b", batch=""))
    assert (result["complete"], len(shown)) == (False, 1)


def test_a_host_whose_task_could_not_start_has_the_result_that_its_role_kept(shown: list[str]) -> None:
    REINSTATED.note("a", GOOD)
    result = action()._run_here(play("a", "b", left="a", kept={"b": BAD}))
    assert result["totals"]["failed"] == 1
    assert "Templating: no" in shown[0]


def test_a_file_that_cannot_be_written_fails_the_last_batch_only(shown: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = str(tmp_path / "file" / "report")
    REINSTATED.note("a", GOOD)
    assert not action(path=path)._run_here(play("a", "b", batch="a"))["failed"]
    REINSTATED.note("b", GOOD)
    result = action(path=path)._run_here(play("a", "b", batch="b"))
    assert result["failed"]
    assert "cannot be written" in result["msg"]
    assert "There is no report" in shown[0]


def test_the_last_table_names_the_report_that_an_earlier_batch_found_broken() -> None:
    result = _report_action._with_warnings({"table": ["x"], "warnings": ["new"]}, ["broken", "new"])
    assert result["table"] == ["x", "broken"]
    assert _report_action._with_warnings({"failed": True}, ["broken"]) == {"failed": True}


def test_a_play_without_results_of_its_own_reports_on_the_others(shown: list[str]) -> None:
    REINSTATED.note("a", GOOD)
    run = action()._this_run(REINSTATED.read(), play("localhost"))
    assert run == Run(tuple(REINSTATED.read()), inventory=frozenset({"localhost", "elsewhere"}))
    result = action()._run_here(play("localhost"))
    assert (result["complete"], result["totals"]["customers"], len(shown)) == (True, 1, 1)


def test_options_are_validated(shown: list[str]) -> None:
    result = action(results=[])._run_here(play("localhost"))
    assert result["failed"]
    assert "Unsupported parameters" in result["msg"]


HANDOFF: dict[str, Any] = {
    **BAD,
    "caller": {"tenant": "t"},
    "handoffs": [{"principal_id": "p", "role": "Owner", "scopes": ["/subscriptions/s"]}],
    "invitation_url": "https://admin.microsoft.com/",
}


def test_a_run_returns_each_handoff_once(shown: list[str]) -> None:
    hosts = {"kept": {"b": BAD}, "left": "cd"}
    REINSTATED.note("a", HANDOFF)
    [first] = action()._run_here(play("a", "b", "c", "d", batch="c", **hosts))["handoffs"]
    assert first == {
        **HANDOFF["handoffs"][0],
        "customer": "a",
        "tenant": "t",
        "invitation_url": "https://admin.microsoft.com/",
        "approval_url": None,
    }
    REINSTATED.note("c", HANDOFF)
    second = action()._run_here(play("a", "b", "c", "d", batch="d", **hosts))
    assert [item["customer"] for item in second["handoffs"]] == ["c"]
    assert action()._run_here(play("a", "b", "c", "d", batch="d", **hosts))["handoffs"] == []


@pytest.mark.parametrize(("job", "ending"), [({}, ""), ({"awx_job_id": 42}, "_42")])
def test_artifacts_bear_the_id_of_the_job(shown: list[str], job: dict[str, int], ending: str) -> None:
    REINSTATED.note("a", GOOD)
    result = action(artifacts=["rows", "page"])._run_here({**play("a"), **job})
    stats = result["ansible_stats"]
    assert (stats["per_host"], stats["aggregate"]) == (False, False)
    assert stats["data"][f"csp_azure_reinstate_rows{ending}"] == result["rows"]
    assert stats["data"][f"csp_azure_reinstate_page{ending}"].startswith("<!doctype html>")
    assert "page" not in result
    assert "ansible_stats" not in action()._run_here(play("a"))
