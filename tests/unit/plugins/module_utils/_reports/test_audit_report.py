# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audits of many customers, for the terminal, for spreadsheets, for browsers, for the next audit and for reinstate."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.csp.azure.plugins.module_utils._audit.history import compare
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._model.times import now
from ansible_collections.csp.azure.plugins.module_utils._model.types import JsonObject
from ansible_collections.csp.azure.plugins.module_utils._reports import audit_page, earlier_report, report
from ansible_collections.csp.azure.plugins.module_utils._reports.audit_page import as_html
from ansible_collections.csp.azure.plugins.module_utils._reports.audit_report import AuditReport, as_worklist
from ansible_collections.csp.azure.plugins.module_utils._reports.audit_rows import audit_row, totals
from ansible_collections.csp.azure.plugins.module_utils._reports.audit_spreadsheet import COLUMNS, as_csv
from ansible_collections.csp.azure.plugins.module_utils._reports.earlier_report import earlier_row
from ansible_collections.csp.azure.plugins.module_utils._reports.files import read_earlier_lines, read_rows
from ansible_collections.csp.azure.plugins.module_utils._reports.formats import json_lines
from ansible_collections.csp.azure.plugins.module_utils._reports.reinstate_report import ReinstateReport
from ansible_collections.csp.azure.plugins.module_utils._reports.report import (
    _NO_RESULT,
    HostResult,
    Report,
    Run,
    build,
)

NOW = now()
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


class Rows(AuditReport):
    """Takes rows for results."""

    def row(self, customer: str, result: JsonObject, checked_at: str) -> dict[str, Any]:
        if isinstance(result.get("customer"), str):
            return dict(result)
        return super().row(customer, result, checked_at)


REPORT = Rows()
table = REPORT.table


def row(customer: str, result: JsonObject | None, checked_at: str) -> dict[str, Any]:
    return audit_row(customer, _NO_RESULT if result is None else result, checked_at)


def made(params: dict[str, Any], check_mode: bool = False) -> dict[str, Any]:
    """The report of these rows, hosts and customers."""
    results = tuple(HostResult(item["customer"], NOW, item) for item in params["results"])
    lists = ("artifacts", "merge", "merge_rows")
    options = {**{name: [] for name in lists}, "earlier_report": None, "title": "t", **params, "expected": []}
    hosts = [params.get(name, ()) for name in ("hosts", "expected", "keep")]
    return build(REPORT, options, check_mode, Run(results, tuple(hosts[0]), frozenset(hosts[1]), frozenset(hosts[2])))


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
    grant = {"principal_id": "p", "group": "AdminAgents", "display_name": None, "partner_tenant_id": None}
    grant |= {"role": "Owner", "role_id": "r", "scope": f"{SUB}{number}", "finding": finding, "access": access}
    grant |= {"reinstate": "unchanged" if access else "created", "change": change, "since": NOW}
    result = [*([] if access else [finding]), *([change] if change in ("lost", "gained", "unreadable") else []), *flags]
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
        "flags": result,
        "advice": [] if access else ["Run csp.azure.reinstate."],
        "grants": [{**grant, "assignments": [held] if access else []}],
        "foreign_principals": [],
        "deny_assignments": [],
        "locks": [],
        **more,
    }


RECORD = {"scope": "/s", "principal_id": "p", "role_id": "r", "access": True, "since": NOW, "seen": NOW}


def audited(name: str, *places: dict[str, Any], **more: Any) -> dict[str, Any]:
    about = {"tenant": f"t-{name}", "name": name.title(), "relationship": "reseller", "delegated_access": False}
    result = {"customer": about, "subscriptions": list(places), "checked_at": NOW, "caller": CALLER, "memory": [RECORD]}
    return row(name, {**result, **more}, "later")


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
    message = row("fabrikam", result, NOW)
    assert (message["outcome"], message["code"], message["checked_at"]) == (outcome, code, NOW)
    assert REPORT.is_row(message)


def test_a_row_says_who_checked_and_when() -> None:
    result = audited("fabrikam", place())
    assert (result["checked_by"], result["checked_at"], result["tenant"]) == ("app o of tenant t", NOW, "t-fabrikam")


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
    assert [line.split()[0] for line in lines[1:5]] == ["customer", "worse", "bad", "off"]
    assert "AADSTS7000215" in lines[4]
    assert lines[5:] == [
        "33 customers (1 could not be checked), 32 subscriptions: 30 with access, 0 in part, 2 without, 0 unknown, 0 disabled; 30 earn credit;"
        " nothing to compare with."
    ]


def test_a_finding_that_fails_its_host_has_a_line_however_many_hosts_there_are() -> None:
    rows = [audited(f"good{number:02}", place(1, "exact", "no_tickets")) for number in range(30)]
    rows.append(audited("stranger", place(1, "exact", "other_partner"), failed=True, error=ERROR, compared_with=NOW))
    lines = table(rows)
    assert lines[1].startswith("stranger")
    assert lines[1].endswith("other_partner: because")
    assert lines[2].endswith(f"0 lost, 0 gained since {NOW}.")


def test_totals_count_flags() -> None:
    result = totals([audited("a", place(1, "missing", "no_credit"), place(2)), row("b", None, NOW)])
    assert {name: result[name] for name in ("customers", "failed", "subscriptions", "access_full", "missing", "no_credit", "lost")} == {
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
    lines = list(csv.DictReader(io.StringIO(as_csv(rows).removeprefix("\ufeff"))))
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
    result = as_csv([audited("=cmd", place(1, name="@evil"))])
    assert "'=cmd" in result
    assert "'@evil" in result


def test_the_worklist_is_an_inventory_of_what_can_be_written() -> None:
    stopped = place(4, "missing")
    stopped["grants"][0]["reinstate"] = "failed"
    templated = place(6, "missing")
    templated["grants"][0]["scope"] = "/x/{{ evil }}"
    rows = [
        audited("a", place(1, "missing"), place(2), place(3, "inherited"), stopped),
        audited("b", place(5)),
        audited("c", templated),
        {**audited("d", place(7, "missing")), "kept": True},
    ]
    result = json.loads(as_worklist(rows))["audit_worklist"]
    given = {"principal_id": "p", "role": "Owner"}
    todo = [{**given, "scopes": [f"{SUB}1"]}, {**given, "scopes": [f"{SUB}3"]}]
    assert result == {"hosts": {"a": {"reinstate_worklist": todo}}, "vars": {"reinstate_worklist": []}}


def test_the_page_shows_what_was_lost_first_and_runs_nothing_of_others() -> None:
    hostile = audited(HOSTILE, place(1, name=HOSTILE, advice=[HOSTILE]))
    result = as_html(
        [audited("a", place()), hostile, audited("z", place(2, "missing", change="lost")), row("off", FAILED, NOW)],
        HOSTILE,
    )
    assert result.count("<script>") == 1
    assert result.count("</script>") == 1
    assert "Lost since the earlier report" in result
    assert result.index("<small>z</small>") < result.index("<small>a</small>")
    assert '<option value="lost">lost</option>' in result
    assert '<option value="missing">no role</option>' in result
    assert "Invalid client secret." in result
    assert "Lost since" not in as_html([audited("a", place())], "t")


def test_an_earlier_report_is_searched_for_the_tenant(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    rows = [audited("a", place(1, "missing")), audited('Zo\u00eb "Ltd"', place(2)), audited("b", place(3))]
    twin = {**audited("b2", place(4)), "tenant": "t-b"}
    path.write_text(json_lines([*rows, twin]), encoding="utf-8")
    assert earlier_row(str(path), 'Zo\u00eb "Ltd"', None) is None
    assert earlier_row(str(path), 'Zo\u00eb "Ltd"', 't-Zo\u00eb "Ltd"') == rows[1]
    assert earlier_row(str(path), "renamed", "t-a") == rows[0]
    assert earlier_row(str(path), "b2", "t-b") == twin
    assert earlier_row(str(path), "b", "t-b") == rows[2]
    assert earlier_row(str(path), "b", "t-other") is None, "the host stands for another customer now"
    assert earlier_row(str(path), "AdminAgents", "t-none") is None
    assert earlier_row(str(tmp_path / "none.jsonl"), "a", "t-a") is None
    assert read_rows(str(path), REPORT.is_row) == [*rows, twin]


def test_an_earlier_report_that_another_program_has_written(tmp_path: Path) -> None:
    """Its lines begin with other keys; a broken one fails the customers that it names, and nobody else."""
    path = tmp_path / "audit.jsonl"
    rows = [audited("a"), audited("b"), audited("c")]
    texts = [json.dumps(item, sort_keys=True, separators=(",", ":")) for item in rows]
    path.write_text("\n".join([*texts[:2], texts[2][:-1]]), encoding="utf-8")
    assert earlier_row(str(path), "b", "t-b") == rows[1]
    with pytest.raises(AzureError, match="is not a report of this kind"):
        earlier_row(str(path), "c", "t-c")


def test_many_customers_read_an_earlier_report_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    monkeypatch.setattr(
        earlier_report, "read_earlier_lines", lambda path: reads.append(path) or read_earlier_lines(path)
    )
    path = tmp_path / "audit.jsonl"
    path.write_text(json_lines([audited("a"), audited("b")]), encoding="utf-8")
    assert [bool(earlier_row(str(path), name, f"t-{name}")) for name in "abc"] == [True, True, False]
    path.write_text(json_lines([audited("a"), audited("c")]), encoding="utf-8")
    assert [bool(earlier_row(str(path), name, f"t-{name}")) for name in "abc"] == [True, False, True]
    assert len(reads) == 2


WRONG: list[str | None] = ['{"customer": "a"}', '{"customer": "a"', "", "customer,tenant\n", "[" * 100000, None]
WRONG.append(json.dumps({**audited("a"), "memory": [{**RECORD, "seen": None}]}))
WRONG.append(json.dumps(audited("a", place(1, grants=[{}]))))
WRONG.append(json.dumps(audited("a", place(1, grants=None))))
# Python could read it, and then not write it again: the deeper its own calls, the less.
WRONG.append(json.dumps({**audited("a"), "more": json.loads("[" * 100 + "]" * 100)}))


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_report_is_refused(tmp_path: Path, text: str | None) -> None:
    path = tmp_path
    if text is not None:
        path = tmp_path / "audit.jsonl"
        path.write_text(text)
    with pytest.raises(AzureError):
        earlier_row(str(path), "z", "t-z")


def test_what_customers_that_cannot_be_checked_gave_before_is_counted(tmp_path: Path) -> None:
    ids = [f"11111111-1111-4111-8111-11111111111{number}" for number in range(3)]
    memory = [{**RECORD, "subscription_id": text, "access": text != ids[2]} for text in ids]
    [line] = REPORT.table([{**row("off", FAILED, NOW), "memory": memory}, audited("a", place())])[-1:]
    assert "(1 could not be checked; they gave access to 2 subscriptions before)" in line


def test_a_missing_earlier_report_is_no_secret(tmp_path: Path) -> None:
    params = {**PARAMS, "path": str(tmp_path / "audit"), "earlier_report": str(tmp_path / "audit.jsonl")}
    results = [row("b", FAILED, NOW)]
    first, second = made({**params, "results": results}, False), made({**params, "results": results}, False)
    [line] = [line for line in first["table"] if "There is no earlier report" in line]
    assert first["warnings"] == [line]
    assert "failed" not in first
    assert "warnings" not in second


class Counting(dict[str, Any]):
    lookups = 0

    def __getitem__(self, name: str) -> Any:
        Counting.lookups += 1
        return super().__getitem__(name)


@pytest.mark.parametrize("number", [50, 500])
def test_comparing_with_the_replaced_report_costs_in_proportion(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = [Counting(audited(f"c{n:03}")) for n in range(number)]
    (tmp_path / "audit.jsonl").write_text("{}")
    monkeypatch.setattr(report, "parsed_rows", lambda *args: older)
    Counting.lookups = 0
    results = [HostResult(row["customer"], NOW, FAILED) for row in older]
    options = {"path": None, "title": "t", "merge": [], "merge_rows": [], "expected": [], "artifacts": []}
    build(AuditReport(), {**options, "earlier_report": str(tmp_path / "audit.jsonl")}, False, Run(tuple(results)))
    assert number <= Counting.lookups <= 30 * number


PARAMS: dict[str, Any] = {"path": None}


def read(path: Path) -> dict[str, dict[str, Any]]:
    return {item["customer"]: item for item in read_rows(f"{path}.jsonl", REPORT.is_row)}


def test_a_host_whose_findings_failed_it_keeps_them_in_the_report(tmp_path: Path) -> None:
    actual = {**audited("a", place(1, "missing"), failed=True, msg="m", error=ERROR), "tenant": "t"}
    params = {**PARAMS, "results": [actual, audited("c", place())], "hosts": ["a", "b", "c"], "expected": ["a"]}
    result = made({**params, "path": str(tmp_path / "audit")}, False)
    assert {name: item["outcome"] for name, item in read(tmp_path / "audit").items()} == {
        "a": "findings",
        "b": "failed",
        "c": "checked",
    }
    assert [path.rpartition("audit")[2] for path in result["files"]] == [".jsonl", ".csv", ".html", ".worklist.json"]


@pytest.mark.parametrize("dated", [False, True], ids=["in its place", "beside it"])
def test_rows_of_others_stay_and_a_failure_forgets_nothing(tmp_path: Path, dated: bool) -> None:
    """With the earlier report replaced, and with a report of another name."""
    old, new = tmp_path / "old", tmp_path / ("new" if dated else "old")
    rows = [audited(name, place(1, "missing")) for name in ("off", "waiting", "limited", "gone", "stale")]
    rows[-1]["checked_at"] = "2026-01-01T00:00:00Z"
    Path(f"{old}.jsonl").write_text(json_lines(rows), encoding="utf-8")
    params = {
        **PARAMS,
        "expected": ["off", "waiting"],
        "keep": ["off", "waiting", "limited", "stale"],
        "earlier_report": f"{old}.jsonl",
    }
    result = made({**params, "path": str(new), "results": [row("off", FAILED, "2999-01-01T00:00:00Z")]}, False)
    assert (result["complete"], result["totals"]["customers"], result["lacking"]) == (False, 1, [])
    actual = read(new)
    assert {name: (item["outcome"], item.get("kept")) for name, item in actual.items()} == {
        "off": ("failed", None),
        "waiting": ("checked", True),
        "limited": ("checked", True),
    }
    assert (actual["off"]["memory"], actual["off"]["tenant"], actual["off"]["name"]) == ([RECORD], "t-off", "Off")
    assert "this run did not cover them" in Path(f"{new}.html").read_text(encoding="utf-8")
    assert earlier_row(f"{new}.jsonl", "off", "t-off") == actual["off"]
    assert made({**params, "path": str(new), "results": [], "hosts": ["off", "waiting"]}, False)["complete"]


BROKEN: list[bytes | None] = [
    b"",
    b"hello\n",
    json_lines([audited("a"), audited("b")]).encode()[:-20],
    json_lines([audited("a")]).encode("utf-16"),
    json_lines([audited("Zo\u00eb")]).encode("cp1252"),
    json_lines([ReinstateReport().row("a", _NO_RESULT, NOW)]).encode(),
    None,
]


@pytest.mark.parametrize("data", BROKEN)
def test_a_broken_report_is_kept_under_another_name_and_hides_no_result(tmp_path: Path, data: bytes | None) -> None:
    path = tmp_path / "audit.jsonl"
    (tmp_path / "audit.jsonl.broken").write_text("an older one")
    if data is None:
        path.mkdir()
    else:
        path.write_bytes(data)
    result = made({**PARAMS, "path": str(tmp_path / "audit"), "results": [audited("b", place())]}, False)
    assert "failed" not in result
    assert list(read(tmp_path / "audit")) == ["b"]
    aside = tmp_path / "audit.jsonl.broken-2"
    assert aside.is_dir() if data is None else aside.read_bytes() == data
    assert (tmp_path / "audit.jsonl.broken").read_text() == "an older one"
    [warning] = result["warnings"]
    assert str(path) in warning
    assert str(aside) in warning
    assert warning == result["table"][-1]


def test_a_broken_report_elsewhere_stays_where_it_is(tmp_path: Path) -> None:
    old = tmp_path / "old.jsonl"
    old.write_text("{")
    params = {**PARAMS, "path": str(tmp_path / "new"), "earlier_report": str(old), "results": [audited("b")]}
    [warning] = made(params, False)["warnings"]
    assert str(old) in warning
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv", ".html", ".json", ".jsonl", ".jsonl"]
    assert old.read_text() == "{"


def test_check_mode_moves_no_broken_report(tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").write_text("{")
    result = made({**PARAMS, "path": str(tmp_path / "audit"), "results": []}, True)
    assert len(result["warnings"]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["audit.jsonl"]


def test_a_report_that_an_editor_of_windows_has_saved(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    rows = [audited("a", place(1, "missing")), audited("Zo\u00eb")]
    path.write_bytes(b"\xef\xbb\xbf" + json_lines(rows).replace("\n", "\r\n").encode())
    assert read_rows(str(path), REPORT.is_row) == rows
    assert earlier_row(str(path), "Zo\u00eb", "t-Zo\u00eb") == rows[1]


@pytest.mark.parametrize("report", [AuditReport(), ReinstateReport()])
def test_spreadsheets_show_umlauts(report: Report) -> None:
    """Excel takes a CSV file for UTF-8 by its byte-order mark only; programs want none in JSON Lines."""
    files = report.files([report.row("Zo\u00eb", _NO_RESULT, NOW)], "t")
    assert files["csv"].encode().startswith(b"\xef\xbb\xbf")
    assert "Zo\u00eb" in files["csv"]
    assert files["jsonl"].startswith("{")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
WHOLE = audited(
    "a",
    place(
        1,
        "missing",
        change="lost",
        foreign_principals=[
            {
                **dict.fromkeys(("id", "scope", "role", "principal_id", "display_name", "partner_tenant_id"), "x"),
                **{"created_on": NOW, "created_by": None, "condition": None, "ours": None},
            }
        ],
        deny_assignments=[{"id": "i", "name": "n", "scope": "/", "concerns_us": True}],
        locks=[{"name": "n", "scope": "/", "level": "ReadOnly"}],
        error=ERROR,
    ),
)


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value inside a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(way for key, item in items for way in places_in(item, (*path, key)))]


def replaced(value: Any, way: tuple[Any, ...], new: Any) -> Any:
    if not way:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[way[0]] = replaced(value[way[0]], way[1:], new)
    return copy


LINES = st.builds(
    lambda way, new: json.dumps(replaced(WHOLE, way, new)).encode() + b"\n", st.sampled_from(places_in(WHOLE)), JSON
)


@settings(max_examples=400, deadline=None)
@given(data=st.binary(max_size=60) | LINES | st.builds(bytes.__add__, LINES, st.binary(max_size=20)))
@example(data=json.dumps({**WHOLE, "more": json.loads("[" * 400 + "]" * 400)}).encode())
@example(data=json.dumps({**WHOLE, "more": "\ud800"}).encode())
@example(data=json.dumps({**WHOLE, "memory": [{**RECORD, "seen": "2026-11-23"}]}).encode())
def test_any_earlier_report_is_read_or_refused_and_the_new_one_is_written(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "audit.jsonl"
        path.write_bytes(data)
        with suppress(AzureError):
            actual = earlier_row(str(path), "a", "t-a")
            compare([place()], actual["memory"] if actual else [], NOW)
        params = {**PARAMS, "keep": ["a"], "path": f"{folder}/audit", "results": [row("b", FAILED, NOW)]}
        result = made(params, False)
        assert (len(result["files"]), "failed" in result) == (4, False)
        assert "b" in read(Path(folder) / "audit")
        aside = Path(f"{path}.broken")
        assert not aside.exists() or aside.read_bytes() == data


def test_a_folder_is_no_name_of_a_report(tmp_path: Path) -> None:
    result = made({**PARAMS, "path": f"{tmp_path}/", "results": []}, False)
    assert "is a folder" in result["msg"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("flags", "finding"),
    [
        (["sign_in_missing"], "sign_in_missing: No relationship."),
        (["lost", "sign_in_missing"], "lost: Keep the credit."),
    ],
)
def test_the_first_finding_has_its_own_reason(flags: list[str], finding: str) -> None:
    path = {"status": "missing", "reason": "No relationship."}
    item = place(1, "exact", *flags, advice=["Keep the credit."])
    lines = list(table([{**audited("fabrikam", item), "delegated_admin": path}, audited("litware", place(2))]))
    assert next(line for line in lines if line.startswith("fabrikam ")).endswith(finding), lines


def test_the_page_says_what_its_columns_mean() -> None:
    page = audit_page.as_html([], "Audit")
    explained = {"access", "credit", "tickets", "GDAP", "since", "sold"}
    assert explained == set(audit_page._HEADS) - {"customer", "subscription", "findings"}
    assert all(f"<li>{name}: " in page for name in explained)
