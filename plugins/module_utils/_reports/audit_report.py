# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of what audits found. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from .._audit.history import remembered_subscriptions
from .._audit.summary import ORDER, URGENT, rank, summary
from .._model.text import counted, one_line
from .._model.types import JsonObject, Result
from .audit_page import as_html
from .audit_rows import UNCHECKED, audit_row, in_order, is_row, totals
from .audit_spreadsheet import as_csv
from .formats import json_lines, text_table
from .report import SHORT, HostResult, Report, left_out_lines, reason_line
from .sign_in import awaiting_lines, sign_in_sentence, sign_in_text, status_of

_HEADS = ("customer", "subscriptions", "with access", "with credit", "GDAP", "first finding")


class AuditReport(Report):
    """Rows are those of `audit_row`."""

    # What an audit found stays true, whatever became of the host after it.
    passed = ()
    replaces = True

    def row(self, customer: str, result: JsonObject, checked_at: str) -> Result:
        return audit_row(customer, result, checked_at)

    def is_row(self, value: object) -> bool:
        return is_row(value)

    def lost_row(self, row: Result, last: JsonObject | None) -> Result:
        return row

    def table(self, rows: Sequence[JsonObject]) -> list[str]:
        """Lost access first, then the customers with findings, then the totals; of a single customer, every subscription."""
        if len(rows) == 1 and rows[0]["subscriptions"]:
            words = [*summary(rows[0]["subscriptions"]), *(rows[0].get("left_out") or [])]
            return [*words, *filter(None, [sign_in_text(rows[0])])]
        changes = [
            f"{grant['change'].upper()}: {row['customer']}: {grant['role']} at {grant['scope']}"
            for row, subscription in in_order(rows)
            for grant in subscription["grants"]
            if grant.get("change") in ("lost", "unreadable")
        ]
        lines = list(_lines(rows))
        table = text_table(_HEADS, lines) if lines else []
        sentences = filter(None, [_last_line(rows), sign_in_sentence(rows)])
        return [*changes, *table, *left_out_lines(rows), *awaiting_lines(rows), *sentences]

    def totals(self, rows: Sequence[JsonObject]) -> dict[str, int]:
        return totals(rows)

    def files(self, rows: Sequence[JsonObject], title: str) -> dict[str, str]:
        return {
            "jsonl": json_lines(rows),
            "csv": as_csv(rows),
            "html": as_html(rows, title),
            "worklist.json": as_worklist(rows),
        }

    def extras(self, rows: Sequence[JsonObject], new: Sequence[HostResult]) -> Result:
        return {"lacking": list(worklist(rows))}

    def remembering(self, row: JsonObject, older: JsonObject) -> JsonObject:
        """A customer that could not be audited is not one without access: what was known stays for the next audit."""
        if row["outcome"] != "failed":
            return row
        names = {name: row[name] or older[name] for name in ("name", "tenant")}
        return {**row, **names, "memory": older["memory"]}


def _urgency(row: JsonObject) -> tuple[int, bool, str]:
    return min(map(rank, row["subscriptions"]), default=UNCHECKED), row["outcome"] != "failed", row["customer"]


def _lines(rows: Sequence[JsonObject]) -> Iterator[tuple[str, ...]]:
    for row in sorted(rows, key=_urgency):
        subscriptions = sorted(row["subscriptions"], key=rank)
        worst = next((flag for item in subscriptions for flag in ORDER if flag in item["flags"]), "")
        if len(rows) > SHORT and worst not in URGENT and row["outcome"] == "checked":
            continue
        first = next((item for item in subscriptions if worst and worst in item["flags"]), None)
        finding = _finding(worst, row, first) if first else reason_line(row)
        access = sum(item["access"] == "full" for item in subscriptions)
        credit = sum(item["credit"] in ("yes", "partly") for item in subscriptions)
        numbers = map(str, (len(subscriptions), access, credit))
        yield row["customer"], *numbers, status_of(row), one_line(finding)


def _finding(flag: str, row: JsonObject, subscription: JsonObject) -> str:
    if flag.startswith("sign_in"):
        return f"{flag}: {row['delegated_admin']['reason']}"
    return f"{flag}: {' '.join(subscription['advice']) or subscription['credit_reason']}"


def _last_line(rows: Sequence[JsonObject]) -> str:
    counts = totals(rows)
    since = min((row["compared_with"] for row in rows if row["compared_with"]), default=None)
    unchecked = [row for row in rows if row["outcome"] == "failed"]
    remembered = sum(len(remembered_subscriptions(row["memory"])) for row in unchecked)
    before = f"; they gave access to {counted(remembered, 'subscription')} before" if remembered else ""
    changes = f"{counts['lost']} lost, {counts['gained']} gained since {since}" if since else "nothing to compare with"
    return (
        f"{counted(counts['customers'], 'customer')} ({counts['failed']} could not be checked{before}), {counted(counts['subscriptions'], 'subscription')}:"
        f" {counts['access_full']} with access, {counts['access_part']} in part, {counts['access_none']} without,"
        f" {counts['access_unknown']} unknown, {counts['disabled']} disabled;"
        f" {counts['credit_yes'] + counts['credit_partly']} earn credit; {changes}."
    )


def worklist(rows: Sequence[JsonObject]) -> dict[str, list[Result]]:
    """The grants that each customer lacks and that can be written, as `reinstate` takes them, without customers that lack none.

    The values become templates of ansible: a scope that looks like one is left out.
    """
    grants = {
        row["customer"]: [
            {"principal_id": grant["principal_id"], "role": grant["role"], "scopes": [grant["scope"]]}
            for subscription in row["subscriptions"]
            for grant in subscription["grants"]
            if grant["reinstate"] == "created" and "{" not in grant["scope"] + grant["role"]
        ]
        for row in rows
        if not row.get("kept")
    }
    return {customer: lacking for customer, lacking in grants.items() if lacking}


def as_worklist(rows: Sequence[JsonObject]) -> str:
    """An inventory of the customers that lack something; people may remove lines before they give it to `reinstate`.

    Where a customer's own lines are removed, the group's empty list applies: it must not fall back to what else is configured.
    """
    hosts = {customer: {"reinstate_worklist": grants} for customer, grants in worklist(rows).items()}
    return json.dumps({"audit_worklist": {"hosts": hosts, "vars": {"reinstate_worklist": []}}}, indent=2) + "\n"
