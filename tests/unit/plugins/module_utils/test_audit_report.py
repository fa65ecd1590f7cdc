# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audits of many customers, for the terminal, for spreadsheets, for browsers, for the next audit and for reinstate."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._audit_report import (
    AUDITS,
    COLUMNS,
    as_csv,
    as_html,
    as_work_list,
    earlier_row,
    row,
    table,
    totals,
)
from ansible_collections.csp.azure.plugins.module_utils._errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._report import as_json_lines, from_json_lines, made

NOW = "2026-11-23T10:00:00Z"
SUB = "/subscriptions/11111111-1111-4111-8111-11111111111"
CALLER = {"tenant": "t", "object_id": "o", "application_id": "a", "kind": "app"}
ERROR = {"code": "AADSTS7000215", "message": "Invalid client secret.", "hint": "Check it.", "request_id": "r"}
FAILED = {"failed": True, "msg": "m", "error": ERROR}
HOSTILE = """<script>alert(1)</script>"'=cmd"""
MICROSOFTS = (
    "CustomerTenantName",
    "CustomerTenantID",
    "SubscriptionId",
    "ForeignPrincipalName",
    "ObjectID",
    "AzureRBACRole",
    "TimeChecked",
    "Notes",
    "CredentialsUsedForAccessCheck",
)


def place(
    number: int = 1, finding: str = "exact", *flags: str, change: str | None = None, **more: Any
) -> dict[str, Any]:
    access = finding == "exact"
    held = {
        "id": "i",
        "scope": f"{SUB}{number}",
        "role": "Owner",
        "condition": None,
        "created_on": NOW,
        "created_by": "",
    }
    grant = {
        "principal_id": "p",
        "group": "AdminAgents",
        "display_name": None,
        "partner_tenant_id": None,
        "role": "Owner",
    }
    grant |= {
        "scope": f"{SUB}{number}",
        "finding": finding,
        "access": access,
        "reinstate": "created",
        "change": change,
        "since": NOW,
    }
    return {
        "scope": f"{SUB}{number}",
        "subscription_id": f"{SUB}{number}".rpartition("/")[2],
        "name": "Production",
        "state": "Enabled",
        "sold": True,
        "access": "full" if access else "none",
        "credit": "yes" if access else "no",
        "credit_reason": "because",
        "tickets": "yes",
        "notes": "Sold and accessible",
        "flags": [
            *([] if access else [finding]),
            *([change] if change in ("lost", "gained", "unreadable") else []),
            *flags,
        ],
        "advice": [] if access else ["Run csp.azure.reinstate."],
        "grants": [{**grant, "assignments": [held] if access else []}],
        "foreign_principals": [],
        "deny_assignments": [],
        "locks": [],
        **more,
    }


def audited(name: str, *places: dict[str, Any], **more: Any) -> dict[str, Any]:
    about = {"tenant": f"t-{name}", "name": name.title(), "relationship": "reseller", "delegated_access": False}
    return row(
        name, {"customer": about, "subscriptions": list(places), "checked_at": NOW, "caller": CALLER, **more}, "later"
    )


@pytest.mark.parametrize(
    ("result", "outcome", "code"),
    [
        ({"subscriptions": [], "caller": CALLER}, "checked", None),
        ({"subscriptions": [], "caller": CALLER, **FAILED}, "findings", None),
        (FAILED, "failed", "AADSTS7000215"),
        (None, "failed", "NoResult"),
    ],
)
def test_a_row(result: Any, outcome: str, code: str | None) -> None:
    told = row("fabrikam", result, NOW)
    assert (told["outcome"], told["code"], told["checked_at"]) == (outcome, code, NOW)
    assert AUDITS.is_row(told)


def test_a_row_says_who_checked_and_when() -> None:
    told = audited("fabrikam", place())
    assert (told["checked_by"], told["checked_at"], told["tenant"]) == ("app o of tenant t", NOW, "t-fabrikam")


def test_one_customer_is_told_in_full() -> None:
    [line] = table([audited("fabrikam", place(1, "missing"))])
    assert line.startswith("Production (11111111-1111-4111-8111-111111111111): access none, credit no")
    assert line.endswith("[missing]. Run csp.azure.reinstate.")


def test_of_many_customers_lost_access_comes_first_and_those_without_findings_are_counted_only() -> None:
    good = [audited(f"good{number:02}", place()) for number in range(30)]
    rows = [
        *good,
        audited("bad", place(2, "missing")),
        audited("worse", place(3, "missing", change="lost")),
        row("off", FAILED, NOW),
    ]
    lines = table(rows)
    assert lines[0] == f"LOST: worse: Owner at {SUB}3"
    assert [line.split()[0] for line in lines[1:5]] == ["customer", "off", "worse", "bad"]
    assert "AADSTS7000215" in lines[2]
    assert lines[5:] == [
        "33 customers (1 could not be checked), 32 subscriptions: 30 with access, 0 in part, 2 without, 0 unknown; 1 lost, 0 gained; 30 earn credit."
    ]


def test_totals_count_flags() -> None:
    found = totals([audited("a", place(1, "missing", "no_credit"), place(2)), row("b", None, NOW)])
    assert {name: found[name] for name in ("customers", "failed", "subscriptions", "access_full", "missing", "no_credit", "lost")} == {
        "customers": 2, "failed": 1, "subscriptions": 2, "access_full": 1, "missing": 1, "no_credit": 1, "lost": 0,
    }  # fmt: skip


def test_csv_begins_with_microsofts_columns_and_has_a_line_for_each_principal() -> None:
    other = {
        "id": "j",
        "scope": SUB,
        "role": "Reader",
        "condition": None,
        "created_on": NOW,
        "created_by": "",
        "ours": False,
    }
    other |= {"principal_id": "q", "display_name": HOSTILE[::-1], "partner_tenant_id": "t2", "earns": False}
    rows = [
        audited("fabrikam", place(1), place(2, "missing", foreign_principals=[other]), place(3, grants=[])),
        row("off", FAILED, NOW),
    ]
    lines = list(csv.DictReader(io.StringIO(as_csv(rows))))
    assert COLUMNS[:9] == MICROSOFTS
    assert [(line["SubscriptionId"][-1:], line["ObjectID"], line["Finding"]) for line in lines] == [
        ("1", "p", "exact"),
        ("2", "p", "missing"),
        ("2", "q", "other partner"),
        ("3", "", ""),
        ("", "", ""),
    ]
    assert (lines[0]["CustomerTenantName"], lines[0]["CredentialsUsedForAccessCheck"]) == (
        "Fabrikam",
        "app o of tenant t",
    )
    assert lines[4]["ErrorCode"] == "AADSTS7000215"


def test_csv_holds_no_formula() -> None:
    told = as_csv([audited("=cmd", place(1, name="@evil"))])
    assert "'=cmd" in told
    assert "'@evil" in told


def test_the_work_list_is_an_inventory_of_what_is_missing() -> None:
    rows = [
        audited("a", place(1, "missing"), place(2), place(3, "inherited"), place(4, "unknown")),
        audited("b", place(5)),
        audited("c", place(6, "missing", grants=[{**place(6, "missing")["grants"][0], "scope": "/x/{{ evil }}"}])),
    ]
    found = json.loads(as_work_list(rows))["audit_worklist"]["hosts"]
    given = {"principal_id": "p", "role": "Owner"}
    assert found == {"a": {"reinstate_grants": [{**given, "scopes": [f"{SUB}1"]}, {**given, "scopes": [f"{SUB}3"]}]}}


def test_the_page_shows_what_was_lost_first_and_runs_nothing_of_others() -> None:
    hostile = audited(HOSTILE, place(1, name=HOSTILE, advice=[HOSTILE]))
    told = as_html(
        [audited("a", place()), hostile, audited("z", place(2, "missing", change="lost")), row("off", FAILED, NOW)],
        HOSTILE,
    )
    assert told.count("<script>") == 1
    assert told.count("</script>") == 1
    assert "Lost since the last report" in told
    assert told.index(">z (Z)<") < told.index(">a (A)<")
    assert "<option>lost</option>" in told
    assert "Invalid client secret." in told
    assert "Lost since" not in as_html([audited("a", place())], "t")


def test_an_earlier_report_is_searched_for_the_customer(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    rows = [audited("a", place(1, "missing")), audited('Zo\u00eb "Ltd"', place(2))]
    path.write_text(as_json_lines(rows), encoding="utf-8")
    assert earlier_row(str(path), 'Zo\u00eb "Ltd"') == rows[1]
    assert earlier_row(str(path), "AdminAgents") is None
    assert earlier_row(str(tmp_path / "none.jsonl"), "a") is None
    assert from_json_lines(str(path), AUDITS.is_row) == rows


@pytest.mark.parametrize("text", ['{"customer": "a"}', '{"customer": "a"', None])
def test_what_is_no_report_is_refused(tmp_path: Path, text: str | None) -> None:
    path = tmp_path
    if text is not None:
        path = tmp_path / "audit.jsonl"
        path.write_text(text)
    with pytest.raises(AzureError):
        earlier_row(str(path), "a")


def test_a_host_whose_findings_failed_it_keeps_them_in_the_report(tmp_path: Path) -> None:
    found = {**audited("a", place(1, "missing"), failed=True, msg="m", error=ERROR), "tenant": "t"}
    params = {
        "failure": None,
        "results": [found, audited("c", place())],
        "hosts": ["a", "b", "c"],
        "expected": ["a"],
        "merge": [],
    }
    told = made(AUDITS, {**params, "path": str(tmp_path / "audit"), "title": "t"}, False)
    rows = {one["customer"]: one for one in from_json_lines(str(tmp_path / "audit.jsonl"), AUDITS.is_row)}
    assert {name: one["outcome"] for name, one in rows.items()} == {"a": "findings", "b": "failed", "c": "failed"}
    assert [path.rpartition("audit")[2] for path in told["files"]] == [".jsonl", ".csv", ".html", ".worklist.json"]


def test_customers_that_the_run_has_not_come_to_yet_keep_the_row_of_the_report_that_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "audit"
    old = [audited(name, place(1, "missing")) for name in ("a", "b", "gone")]
    (tmp_path / "audit.jsonl").write_text(as_json_lines(old), encoding="utf-8")
    params = {"failure": None, "merge": [], "hosts": [], "expected": ["a", "b"], "path": str(path), "title": "t"}
    first = made(AUDITS, {**params, "results": [audited("a", place(1))]}, False)
    assert not first["complete"]
    assert earlier_row(f"{path}.jsonl", "b") == old[1]
    assert earlier_row(f"{path}.jsonl", "gone") is None
    assert made(AUDITS, {**params, "results": [], "hosts": ["a", "b"]}, False)["complete"]
    assert [one["code"] for one in from_json_lines(f"{path}.jsonl", AUDITS.is_row)] == ["NoResult", "NoResult"]
