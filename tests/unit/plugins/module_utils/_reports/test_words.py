# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every text of the audit's page, spreadsheet and summary, in full."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._audit.summary import label, rank, summary
from ansible_collections.csp.azure.plugins.module_utils._reports.audit_page import (
    _failed_row,
    _html_row,
    _items,
    _texts,
    as_html,
)
from ansible_collections.csp.azure.plugins.module_utils._reports.audit_report import AuditReport, as_worklist
from ansible_collections.csp.azure.plugins.module_utils._reports.audit_rows import (
    audit_row,
    in_order,
    totals,
)
from ansible_collections.csp.azure.plugins.module_utils._reports.audit_spreadsheet import as_csv
from ansible_collections.csp.azure.plugins.module_utils._reports.earlier_report import earlier_row
from ansible_collections.csp.azure.plugins.module_utils._reports.formats import json_lines
from ansible_collections.csp.azure.plugins.module_utils._reports.html_page import customer_cell
from ansible_collections.csp.azure.plugins.module_utils._reports.reinstate_report import ReinstateReport
from ansible_collections.csp.azure.plugins.module_utils._reports.report import left_out_lines, reason_line, reason_of
from ansible_collections.csp.azure.plugins.module_utils._reports.shape import DEPTH, fits, is_flat

HELD = {
    "id": "/a/1",
    "scope": "/subscriptions/s",
    "role": "Owner",
    "principal_type": "ForeignGroup",
    "condition": "c",
    "created_on": "2026-01-01",
    "created_by": "",
}
ERROR = {"code": "ScopeLocked", "message": "locked", "hint": "Unlock.", "request_id": "r"}
GRANT = {
    "principal_id": "p",
    "group": "AdminAgents",
    "display_name": "Foreign",
    "partner_tenant_id": "t",
    "role": "Owner",
    "role_id": "r",
    "scope": "/subscriptions/s",
    "finding": "exact",
    "access": True,
    "reinstate": "unchanged",
    "change": "gained",
    "since": "2026-01-02T03:04:05Z",
    "assignments": [HELD],
}
FOREIGN = {**HELD, "principal_id": "q", "display_name": "Other", "partner_tenant_id": "u", "ours": False, "earns": True}
SUBSCRIPTION: dict[str, Any] = {
    "scope": "/subscriptions/s",
    "subscription_id": "s",
    "name": "Production",
    "state": "PastDue",
    "sold": True,
    "access": "full",
    "credit": "partly",
    "credit_reason": "Only at x.",
    "tickets": "yes",
    "notes": "Sold and accessible",
    "flags": ["gained", "other_partner"],
    "advice": ["Look."],
    "grants": [GRANT],
    "foreign_principals": [FOREIGN],
    "deny_assignments": [{"id": "d", "name": "deny", "scope": "/x", "concerns_us": False}],
    "locks": [{"name": "lock", "level": "ReadOnly", "scope": "/y"}],
}
RESULT: dict[str, Any] = {
    "customer": {"tenant": "t1", "name": "Fabrikam", "relationship": "reseller", "delegated_access": True},
    "caller": {"tenant": "t2", "object_id": "o", "kind": None},
    "subscriptions": [SUBSCRIPTION],
    "left_out": ["x was left out."],
    "compared_with": "2025-12-31T00:00:00Z",
}
WAITING = {
    "status": "waiting",
    "reason": "The relationship c awaits the customer's approval.",
    "approval_url": "https://approve",
    "requested_at": "2026-11-20T00:00:00Z",
    "request_ends_at": "2027-02-18T00:00:00Z",
}
ROW = audit_row("host", RESULT, "2026-01-03T00:00:00Z")
FAILED = audit_row("off", {"failed": True, "error": ERROR, "caller": {"tenant": "t3"}}, "2026-01-03T00:00:00Z")


def test_the_summary() -> None:
    assert summary([SUBSCRIPTION]) == [
        "Production (s): access full, credit partly, tickets yes [gained, other_partner]. Look."
    ]
    bare = {**SUBSCRIPTION, "name": None, "subscription_id": None, "flags": [], "advice": []}
    assert summary([bare]) == ["/subscriptions/s: access full, credit partly, tickets yes."]
    assert label(bare) == "/subscriptions/s"
    lost = {**SUBSCRIPTION, "flags": ["lost"], "scope": "/z"}
    assert [line.split("[")[1][:4] for line in summary([SUBSCRIPTION, lost])] == ["lost", "gain"]
    assert rank(lost) == 0 < rank(SUBSCRIPTION) < rank(bare)


def test_the_rows_of_the_spreadsheet() -> None:
    other = {
        **SUBSCRIPTION,
        "subscription_id": None,
        "grants": [{**GRANT, "assignments": [], "display_name": None, "error": ERROR}],
        "foreign_principals": [],
        "error": ERROR,
    }
    row = {**ROW, "subscriptions": [SUBSCRIPTION, other], "delegated_admin": WAITING}
    lines = list(csv.DictReader(io.StringIO(as_csv([row, FAILED]).removeprefix("\ufeff"))))
    assert lines[0] == {
        "CustomerTenantName": "Fabrikam",
        "CustomerTenantID": "t1",
        "SubscriptionId": "s",
        "ForeignPrincipalName": "Foreign",
        "ObjectID": "p",
        "AzureRBACRole": "Owner",
        "TimeChecked": "2026-01-03T00:00:00Z",
        "Notes": "Sold and accessible",
        "CredentialsUsedForAccessCheck": "identity o of tenant t2",
        "Customer": "host",
        "SubscriptionName": "Production",
        "SubscriptionState": "PastDue",
        "Relationship": "reseller",
        "DelegatedAccess": "yes",
        "Finding": "exact",
        "Scope": "/subscriptions/s",
        "Change": "gained",
        "Since": "2026-01-02T03:04:05Z",
        "PartnerTenantID": "t",
        "AssignmentId": "/a/1",
        "AssignmentScope": "/subscriptions/s",
        "CreatedOn": "2026-01-01",
        "CreatedBy": "",
        "Condition": "c",
        "PartnerEarnedCredit": "partly",
        "SupportTickets": "yes",
        "Flags": "gained other_partner",
        "Advice": "Look.",
        "ErrorCode": "",
        "ErrorMessage": "",
        "RequestId": "",
        "LeftOut": "x was left out.",
        "SignIn": "waiting",
        "SignInReason": "The relationship c awaits the customer's approval.",
        "ApprovalUrl": "https://approve",
        "ApprovalAwaitedSince": "2026-11-20T00:00:00Z",
        "ApprovalAwaitedUntil": "2027-02-18T00:00:00Z",
        "ExpectedRole": "Owner",
    }
    assert (lines[1]["ForeignPrincipalName"], lines[1]["Finding"], lines[1]["PartnerTenantID"], lines[1]["Scope"]) == (
        "Other",
        "other partner",
        "u",
        "",
    )
    assert (
        lines[2]["SubscriptionId"],
        lines[2]["ForeignPrincipalName"],
        lines[2]["ErrorCode"],
        lines[2]["AssignmentId"],
        lines[2]["AzureRBACRole"],
        lines[2]["ExpectedRole"],
    ) == ("/subscriptions/s", "AdminAgents", "ScopeLocked", "", "", "Owner")
    names = ("Customer", "ErrorCode", "ErrorMessage", "RequestId", "Advice")
    assert tuple(lines[3][name] for name in names) == (
        "off",
        "ScopeLocked",
        "locked",
        "r",
        FAILED["hint"],
    )
    for ours, finding in ((True, "further role of the partner"), (None, "foreign principal")):
        held = {**SUBSCRIPTION, "foreign_principals": [{**FOREIGN, "ours": ours}]}
        assert finding in as_csv([{**ROW, "subscriptions": [held]}])


def test_a_principal_has_one_name_in_the_spreadsheet() -> None:
    """Azure names it in some assignments only; without any, our own group has its name in the partner's tenant."""
    unnamed = {**GRANT, "display_name": None}
    further = {**FOREIGN, "principal_id": "p", "display_name": "AdminAgents of Contoso"}
    for principals, names in (
        ([further, FOREIGN], ["AdminAgents of Contoso", "AdminAgents of Contoso", "Other"]),
        ([{**further, "display_name": None}], ["AdminAgents", "AdminAgents"]),
    ):
        text = as_csv(
            [{**ROW, "subscriptions": [{**SUBSCRIPTION, "grants": [unnamed], "foreign_principals": principals}]}]
        )
        lines = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
        assert [line["ForeignPrincipalName"] for line in lines] == names


def test_the_details_of_the_page() -> None:
    assert list(_items(SUBSCRIPTION)) == [
        "expected Owner of AdminAgents (p) at /subscriptions/s: exact",
        "has Owner at /subscriptions/s since 2026-01-01, made by Azure: /a/1",
        "other partner u: Owner of q at /subscriptions/s since 2026-01-01",
        "deny assignment deny at /x, not for our groups",
        "lock lock (ReadOnly) at /y",
    ]
    nameless = {**GRANT, "group": None, "display_name": None, "assignments": [{**HELD, "created_by": "me"}]}
    changed = {
        **SUBSCRIPTION,
        "grants": [nameless],
        "foreign_principals": [{**FOREIGN, "ours": None, "partner_tenant_id": None}, {**FOREIGN, "ours": True}],
    }
    changed["deny_assignments"] = [{"id": "d", "name": "deny", "scope": "/x", "concerns_us": True}]
    lines = list(_items(changed))
    assert lines[0].startswith("expected Owner of p (p)")
    assert "made by me" in lines[1]
    assert lines[2].startswith("foreign group of (tenant not known): Owner")
    assert lines[3].startswith("our group of u")
    assert lines[4] == "deny assignment deny at /x"
    texts = [text for text in _texts({**ROW, "kept": True}, {**SUBSCRIPTION, "error": ERROR}) if text]
    assert texts == [
        "Look.",
        "ScopeLocked: locked Unlock.",
        "request id r",
        "Only at x.",
        "Sold and accessible.",
        "Relationship: reseller; delegated access: yes.",
        "Tenant t1, checked at 2026-01-03T00:00:00Z by identity o of tenant t2.",
        "x was left out.",
        "Not part of this run.",
    ]
    bare = [
        text
        for text in _texts(
            {**ROW, "relationship": None, "delegated_access": None, "left_out": []},
            {**SUBSCRIPTION, "notes": "", "advice": []},
        )
        if text
    ]
    assert bare == ["Only at x.", "Tenant t1, checked at 2026-01-03T00:00:00Z by identity o of tenant t2."]
    assert "delegated access: no." in " ".join(
        _texts({**ROW, "relationship": None, "delegated_access": False}, SUBSCRIPTION)
    )


def test_the_cells_of_the_page() -> None:
    row = _html_row(ROW, SUBSCRIPTION)
    assert row.startswith('<tr class="good" data-marks="gained other_partner">')
    for cell in (
        '"customer">Fabrikam<small>host</small>',
        '"access"><span class="pill good">full access</span>',
        'Production (PastDue)<small><button type=button class=id title="Copy">s</button>',
        ">partly<",
        ">2026-01-02<",
        '"sold">yes<',
        "gained \u00b7 another partner has access",
    ):
        assert cell in row
    enabled = {**SUBSCRIPTION, "state": "Enabled", "flags": [], "grants": [{**GRANT, "change": None, "access": False}]}
    row = _html_row({**ROW, "name": "host"}, enabled)
    assert "host</td>" in row
    assert "Production<small>" in row
    assert "2026-01-02" not in row
    assert "<summary>no findings</summary>" in row
    for flag, mood in (("lost", "bad"), ("no_credit", "warn")):
        assert f'<tr class="{mood}"' in _html_row(ROW, {**SUBSCRIPTION, "flags": [flag]})
    failed = _failed_row(FAILED)
    assert '<tr class="warn" data-marks="unknown">' in failed
    for text in ("not checked", "ScopeLocked: locked", "Unlock.", "request id r", "Tenant t3, tried at 2026-01-03"):
        assert text in failed
    empty = _failed_row({**ROW, "subscriptions": [], "tenant": None})
    assert "It has no subscription." in empty
    assert "Tenant not known" in empty
    assert "not checked" not in empty
    assert customer_cell({"customer": "a", "name": None}) == "a"


def test_the_head_of_the_page() -> None:
    lost = {**SUBSCRIPTION, "grants": [{**GRANT, "change": "lost"}], "flags": ["lost"]}
    gone = {**SUBSCRIPTION, "grants": [{**GRANT, "change": "unreadable"}], "flags": ["unreadable"]}
    page = as_html([{**ROW, "subscriptions": [lost, gone]}, {**FAILED, "kept": True}], "Title")
    for text in (
        "Checked until 2026-01-03T00:00:00Z (UTC) by identity o of tenant t2.",
        "Compared with what was known since 2025-12-31T00:00:00Z.",
        "Rows of 1 customer are older",
        "noticed 2026-01-02T03:04:05Z",
        "last seen 2026-01-02T03:04:05Z",
        "<b>1</b> lost",
        "<b>2</b> customers",
        "<b>1</b> customers not checked",
    ):
        assert text in page
    alone = as_html(
        [{**ROW, "compared_with": None}, {**ROW, "customer": "b", "compared_with": None, "checked_by": "somebody"}],
        "Title",
    )
    assert "There was nothing to compare with." in alone
    assert "by 2 identities" in alone
    assert "</b> lost" not in alone


def test_the_table_of_audits() -> None:
    report = AuditReport()
    assert report.table([ROW]) == [*summary([SUBSCRIPTION]), "x was left out."]
    lines = report.table([ROW, FAILED, {**ROW, "customer": "none", "subscriptions": []}])
    assert [line.split()[0] for line in lines[:4]] == ["customer", "off", "none", "host"]
    assert lines[3].split()[:4] == ["host", "1", "1", "1"]
    assert lines[3].endswith("gained: Look.")
    assert lines[4] == "host: x was left out."
    assert lines[-1].startswith(
        "3 customers (1 could not be checked), 1 subscription: 1 with access, 0 in part, 0 without, 0 unknown, 0 disabled; 1 earn credit;"
    )
    assert (
        as_worklist([])
        == '{\n  "audit_worklist": {\n    "hosts": {},\n    "vars": {\n      "reinstate_worklist": []\n    }\n  }\n}\n'
    )


def test_all_totals() -> None:
    off = {**SUBSCRIPTION, "flags": ["disabled"], "access": "none"}
    counts = totals([{**ROW, "subscriptions": [SUBSCRIPTION, off]}, FAILED])
    assert {name: count for name, count in counts.items() if count} == {
        "customers": 2,
        "failed": 1,
        "compared": 1,
        "subscriptions": 2,
        "access_full": 1,
        "credit_partly": 1,
        "gained": 1,
        "other_partner": 1,
        "disabled": 1,
    }


def test_subscriptions_are_sorted_by_urgency_customer_and_scope() -> None:
    first, second = ({**SUBSCRIPTION, "scope": scope, "flags": []} for scope in ("/a", "/b"))
    urgent = {**SUBSCRIPTION, "flags": ["missing"]}
    rows = [
        {"customer": "y", "subscriptions": [second, first]},
        {"customer": "x", "subscriptions": [second]},
        {"customer": "z", "subscriptions": [urgent]},
    ]
    assert [(row["customer"], item["scope"]) for row, item in in_order(rows)] == [
        ("z", "/subscriptions/s"),
        ("x", "/b"),
        ("y", "/a"),
        ("y", "/b"),
    ]


def test_the_last_of_equal_rows_counts(tmp_path: Any) -> None:
    rows = [{**ROW, "checked_at": f"2026-01-0{day}T00:00:00Z"} for day in (1, 2)]
    path = tmp_path / "x.jsonl"
    path.write_text(json_lines([FAILED, *rows]))
    found = earlier_row(str(path), "host", "t1")
    assert found
    assert found["checked_at"].startswith("2026-01-02")


def test_the_page_of_what_was_reinstated() -> None:
    report = ReinstateReport()
    failed = {"scope": "/s", "principal_id": "p", "role": "Owner", "state": "failed", "error": ERROR}
    created = {**failed, "state": "created", "error": None}
    row = report.row(
        "a",
        {
            "failed": True,
            "error": ERROR,
            "assignments": [failed, created],
            "left_out": ["x was left out."],
            "customer_name": "Fabrikam",
        },
        "2026-01-01T00:00:00Z",
    )
    page = report.files([row, {**row, "customer": "a", "tenant": "b"}], "T")["html"]
    for text in (
        "failed: Owner of p at /s: ScopeLocked: locked Unlock.</li>",
        "created: Owner of p at /s</li>",
        "request id r",
        "x was left out.",
        "As of 2026-01-01T00:00:00Z (UTC).",
        '<tr class="bad" data-marks="failed">',
        "ScopeLocked: locked</summary>",
        '"customer">Fabrikam<small>a</small>',
    ):
        assert text in page
    assert page.index('"tenant"></td>') < page.index('title="Copy">b</button></td>')
    assert (
        '<tr class="good" data-marks="changed">' in report.files([report.row("a", {"changed": True}, "x")], "T")["html"]
    )
    assert '<tr class="plain" data-marks="unchanged">' in report.files([report.row("a", {}, "x")], "T")["html"]


def test_reasons() -> None:
    assert reason_of({"failed": True, "msg": "m"})["reason"] == "m"
    assert reason_of({"msg": "m"})["reason"] is None
    assert reason_of({"failed": True, "error": ERROR}) == {
        "code": "ScopeLocked",
        "reason": "locked",
        "hint": "Unlock.",
        "request_id": "r",
    }
    assert [reason_line({"code": code, "reason": "r"}) for code in (None, "C")] == ["r", "C: r"]
    assert left_out_lines([{"customer": "a", "left_out": ["x"]}, {"customer": "b"}]) == ["a: x"]


@pytest.mark.parametrize(
    ("value", "shape", "fit"),
    [
        ({"a": 1}, {"a": int}, True),
        ({"a": 1}, {"b": int}, False),
        ({}, {"b?": int}, True),
        ({"b": None}, {"b?": int}, True),
        ({"b": "x"}, {"b?": int}, False),
        ([1, 2], [int], True),
        ([1, "x"], [int], False),
        ("x", [str], False),
        (None, (str, type(None)), True),
        ([], {"a": int}, False),
    ],
)
def test_shapes(value: Any, shape: Any, fit: bool) -> None:
    assert fits(value, shape) is fit


def test_depth() -> None:
    def nested(depth: int) -> Any:
        value: Any = 0
        for _level in range(depth):
            value = {"a": [value]}
        return value

    assert is_flat(nested(DEPTH // 2))
    assert not is_flat(nested(DEPTH // 2 + 1))
    assert is_flat([[]], 2)
    assert not is_flat([[]], 1)
