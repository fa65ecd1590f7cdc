# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of many customers, for the terminal, for programs, for spreadsheets and for browsers."""

from __future__ import annotations

import csv
import html.parser
import io
import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._model.types import JsonObject
from ansible_collections.csp.azure.plugins.module_utils._reports.files import read_rows, write
from ansible_collections.csp.azure.plugins.module_utils._reports.formats import json_lines
from ansible_collections.csp.azure.plugins.module_utils._reports.reinstate_report import COLUMNS, ReinstateReport
from ansible_collections.csp.azure.plugins.module_utils._reports.report import (
    _NO_RESULT,
    HostResult,
    Run,
    build,
    merged,
)

REPORT = ReinstateReport()
NOW = "2026-11-23T10:00:00Z"
HELD = {"scope": "/subscriptions/s", "principal_id": "p", "role": "Owner", "id": "i"}
ERROR = {"code": "ScopeLocked", "message": "locked", "hint": "unlock", "request_id": "r"}
CREATED = {"changed": True, "assignments": [{**HELD, "state": "created"}], "caller": {"tenant": "t"}}
UNCHANGED = {"changed": False, "assignments": [{**HELD, "state": "unchanged"}], "caller": {"tenant": "t"}}
FAILED = {**CREATED, "failed": True, "msg": "m", "error": ERROR}
FAILED["assignments"] = [{**HELD, "state": "created"}, {**HELD, "state": "failed", "error": ERROR}]


def row(customer: str, result: JsonObject | None, checked_at: str) -> dict[str, Any]:
    return REPORT.row(customer, _NO_RESULT if result is None else result, checked_at)


@pytest.mark.parametrize(
    ("result", "outcome", "counts", "code"),
    [
        (CREATED, "changed", (1, 0, 0, 0), None),
        (UNCHANGED, "unchanged", (0, 0, 1, 0), None),
        (FAILED, "failed", (1, 0, 0, 1), "ScopeLocked"),
        ({"failed": True, "msg": "could not sign in", "error": ERROR}, "failed", (0, 0, 0, 0), "ScopeLocked"),
        ({"failed": True, "msg": "refused by ansible"}, "failed", (0, 0, 0, 0), None),
        (None, "failed", (0, 0, 0, 0), "NoResult"),
    ],
)
def test_a_row(result: Any, outcome: str, counts: tuple[int, ...], code: str | None) -> None:
    message = row("fabrikam", result, NOW)
    assert message["outcome"] == outcome
    assert tuple(message[name] for name in ("created", "updated", "unchanged", "failed")) == counts
    assert message["code"] == code
    assert bool(message["reason"]) == (outcome == "failed")
    assert set(message) | {"approval_url", "requested_at", "request_ends_at"} >= set(COLUMNS)


def test_the_tenant_is_that_of_the_sign_in_else_that_of_the_inventory() -> None:
    assert row("a", {"failed": True, "customer_tenant": "t"}, NOW)["tenant"] == "t"
    assert row("a", {"caller": {"tenant": "u"}, "customer_tenant": "t"}, NOW)["tenant"] == "u"


def test_the_latest_row_of_a_customer_counts() -> None:
    old, new = row("b", FAILED, "2026-11-22T10:00:00Z"), row("b", CREATED, NOW)
    assert merged([[new], [old, row("a", UNCHANGED, NOW)]]) == [row("a", UNCHANGED, NOW), new]


def test_a_host_may_stand_for_several_customers() -> None:
    first, second = (row("localhost", {**CREATED, "caller": {"tenant": name}}, NOW) for name in "ab")
    nobody = row("localhost", {"failed": True, "msg": "could not sign in"}, NOW)
    assert merged([[first, nobody, second]]) == [first, second]
    assert merged([[first, second, nobody]]) == [nobody, first, second]


def test_the_totals() -> None:
    result = REPORT.totals(
        [row("a", CREATED, NOW), row("b", UNCHANGED, NOW), row("c", FAILED, NOW), row("d", None, NOW)]
    )
    assert (result["customers"], result["changed"], result["unchanged"], result["failed"]) == (4, 1, 1, 2)
    assert (result["assignments_created"], result["assignments_failed"]) == (2, 1)


def test_the_table_of_a_few_shows_all_and_of_many_what_happened() -> None:
    few = REPORT.table([row("a", CREATED, NOW), row("b", FAILED, NOW)])
    assert few[0].split() == ["customer", "outcome", "created", "unchanged", "failed", "first", "reason"]
    assert few[1].split()[:5] == ["b", "failed", "1", "0", "1"]
    assert "ScopeLocked: locked" in few[1]
    assert few[-1] == "2 customers: 1 changed, 0 unchanged, 1 failed."
    many = REPORT.table([row(f"c{number}", UNCHANGED, NOW) for number in range(999)] + [row("x", FAILED, NOW)])
    assert len(many) == 3
    quiet = REPORT.table([row(f"c{number}", UNCHANGED, NOW) for number in range(999)])
    assert quiet == ["999 customers: 0 changed, 999 unchanged, 0 failed."]


OPTIONS: dict[str, Any] = {"artifacts": [], "expected": [], "merge": [], "merge_rows": [], "path": None, "title": "t"}
RESULTS = (HostResult("a", NOW, CREATED),)


def test_a_host_that_fails_later_has_done_what_it_did() -> None:
    result = build(REPORT, OPTIONS, False, Run(RESULTS, lost=("a", "b")))
    assert [line.split()[:3] for line in result["table"][1:3]] == [["a", "failed", "1"], ["b", "failed", "0"]]
    assert (result["totals"]["failed"], result["totals"]["assignments_created"]) == (2, 1)


def test_a_run_is_complete_when_all_hosts_have_a_result_or_are_lost() -> None:
    expected = frozenset("abc")
    assert not build(REPORT, OPTIONS, False, Run(RESULTS, ("b",), expected))["complete"]
    assert build(REPORT, OPTIONS, False, Run(RESULTS, ("b", "c"), expected))["complete"]
    assert build(REPORT, OPTIONS, False)["complete"]


def test_rows_of_other_runs_are_merged_and_whoever_is_missing_is_reported() -> None:
    rows = build(REPORT, OPTIONS, False, Run(RESULTS))["rows"]
    result = build(REPORT, {**OPTIONS, "merge_rows": rows, "expected": ["a", "b"]}, False)
    assert [(item["customer"], item["outcome"], item["code"]) for item in result["rows"]] == [
        ("a", "changed", None),
        ("b", "failed", "NoRow"),
    ]
    assert result["totals"]["failed"] == 1
    with pytest.raises(AzureError, match="merge_rows is not a report of this kind"):
        build(REPORT, {**OPTIONS, "merge_rows": [{"customer": "a"}]}, False)


def test_failures_come_first() -> None:
    rows = [row("a", CREATED, NOW), row("z", FAILED, NOW)]
    assert [line.split()[0] for line in REPORT.table(rows)[1:3]] == ["z", "a"]
    page = REPORT.files(rows, "t")["html"]
    assert page.index(">z<") < page.index(">a<")


def test_check_mode_says_so() -> None:
    assert build(REPORT, OPTIONS, True, Run(RESULTS))["table"][-1] == "Check mode: nothing was written."
    assert "Check mode" not in str(build(REPORT, OPTIONS, False, Run(RESULTS))["table"])


def test_a_path_that_is_still_a_template_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "{{ awx_job_id }}")
    result = build(REPORT, {**OPTIONS, "path": path}, False, Run(RESULTS))
    assert result["failed"]
    assert "is a template that nobody evaluated" in result["msg"]
    assert list(tmp_path.iterdir()) == []


def test_one_customer_is_no_customers() -> None:
    assert REPORT.table([row("a", FAILED, NOW)])[-1] == "1 customer: 0 changed, 0 unchanged, 1 failed."


def test_a_single_customer_is_told_in_words() -> None:
    assert REPORT.table([{**row("a", CREATED, NOW), "summary": ["created: Owner"]}]) == ["created: Owner"]


HOSTILE = "=cmd|' /C calc'!A0 </script><script>alert(1)</script>\u2028\"'"


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    rows = [row(HOSTILE, {**FAILED, "error": {**ERROR, "message": HOSTILE, "hint": HOSTILE}}, NOW)]
    [_head, cells] = csv.reader(io.StringIO(REPORT.files(rows, "t")["csv"]))
    assert cells[0] == f"'{HOSTILE}"
    assert json.loads(json_lines(rows))["customer"] == HOSTILE

    class Page(html.parser.HTMLParser):
        scripts = 0
        text = ""

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            self.scripts += tag == "script"

        def handle_data(self, data: str) -> None:
            self.text += data

    page = Page()
    page.feed(REPORT.files(rows, HOSTILE)["html"])
    assert page.scripts == 1
    assert page.text.count(HOSTILE) >= 3


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.jsonl"
    rows = [row("Zoë's Öl", FAILED, NOW)]
    write(str(path), json_lines(rows))
    assert read_rows(str(path), REPORT.is_row) == rows
    assert [item.name for item in path.parent.iterdir()] == ["report.jsonl"]


DAMAGED = json.dumps({**row("a", CREATED, NOW), "created": "1"})


@pytest.mark.parametrize("text", ["customer,tenant\n", "[]\n", '{"customer": "a"}\n', DAMAGED, None])
def test_what_is_no_report_is_refused(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "x"
    if text is not None:
        path.write_text(text)
    with pytest.raises(AzureError, match=r"not a report|cannot be read"):
        read_rows(str(path), REPORT.is_row)


def test_a_report_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AzureError, match="cannot be written"):
        write(str(tmp_path / "file" / "report.csv"), "")
