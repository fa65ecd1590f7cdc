# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports say who has yet to approve, since when and until when."""

from __future__ import annotations

import csv
import io
from typing import Any

from ansible_collections.csp.azure.plugins.module_utils._reports.audit_report import AuditReport
from ansible_collections.csp.azure.plugins.module_utils._reports.reinstate_report import ReinstateReport
from ansible_collections.csp.azure.plugins.module_utils._reports.report import Report
from ansible_collections.csp.azure.plugins.module_utils._reports.sign_in import (
    awaiting_lines,
    sign_in_sentence,
    sign_in_totals,
)

READY = {"status": "ready", "reason": "The relationship c is active.", "relationship": "r", "approval_url": None}


def waiting(since: str | None) -> dict[str, Any]:
    end = {"requested_at": since, "request_ends_at": "2027-02-18T00:00:00Z"}
    return {"status": "waiting", "reason": "It awaits.", "approval_url": "https://approve", **end}


def result(path: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    return {"caller": {"tenant": "t"}, **({"delegated_admin": path} if path else {}), **more}


def rows(report: Report, *paths: dict[str, Any] | None, **more: Any) -> list[dict[str, Any]]:
    return [report.row(f"c{number}", result(path, **more), "2026-11-28T00:00:00Z") for number, path in enumerate(paths)]


def test_who_waits_longest_comes_first() -> None:
    paths = (waiting("2026-11-25T10:00:00Z"), READY, None, waiting("2026-11-20T00:00:00Z"), waiting(None))
    items = rows(ReinstateReport(), *paths)
    assert awaiting_lines(items) == [
        "c4: approval awaited since an unknown time, until 2027-02-18: https://approve",
        "c3: approval awaited since 2026-11-20, until 2027-02-18: https://approve",
        "c0: approval awaited since 2026-11-25, until 2027-02-18: https://approve",
    ]
    assert sign_in_totals(items) == {"sign_in_ready": 1, "awaiting_approval": 3}
    assert sign_in_sentence(items) == "Sign-in: 1 ready; the approval of 3 customers is awaited."
    assert sign_in_sentence(rows(ReinstateReport(), None, None)) == ""


def test_the_report_of_a_reinstatement() -> None:
    report = ReinstateReport()
    items = rows(report, waiting("2026-11-25T10:00:00Z"), READY, changed=True)
    assert all(map(report.is_row, items))
    table = "\n".join(report.table(items))
    assert "GDAP" in table.splitlines()[0]
    assert "c0: approval awaited since 2026-11-25" in table
    assert table.endswith("the approval of 1 customer is awaited.")
    files = report.files(items, "title")
    [line, _other] = csv.DictReader(io.StringIO(files["csv"].lstrip("\ufeff")))
    assert (line["sign_in"], line["approval_url"], line["requested_at"]) == (
        "waiting",
        "https://approve",
        "2026-11-25T10:00:00Z",
    )
    assert "awaiting approval" in files["html"]
    assert "https://approve" in files["html"]
    assert report.totals(items)["awaiting_approval"] == 1


def test_a_report_without_sign_in_is_as_it_was() -> None:
    report = ReinstateReport()
    items = rows(report, None, None, changed=True)
    assert "GDAP" not in "\n".join(report.table(items))
    assert "awaiting approval" not in report.files(items, "title")["html"]
    before = {name: value for name, value in items[0].items() if name not in ("sign_in", "delegated_admin")}
    assert report.is_row(before)
    assert report.table([before, before])


def test_the_report_of_an_audit() -> None:
    report = AuditReport()
    items = rows(report, waiting("2026-11-25T10:00:00Z"), READY, subscriptions=[])
    assert all(map(report.is_row, items))
    table = "\n".join(report.table(items))
    assert "c0: approval awaited since 2026-11-25" in table
    assert "Sign-in: 1 ready" in table
    assert "awaiting approval" in report.files(items, "title")["html"]
    failed = rows(report, waiting("2026-11-25T10:00:00Z"), failed=True)
    assert "https://approve" in report.files(failed, "title")["html"]
