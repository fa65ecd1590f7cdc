# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of what reinstate did. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .._model.text import counted, one_line
from .._model.types import JsonObject, Result
from .formats import json_lines, spreadsheet, text_table
from .html_page import Tile, customer_cell, details, escaped, identifier, page, pill
from .html_page import row as page_row
from .report import SHORT, HostResult, Report, left_out_lines, reason_line, reason_of
from .shape import TEXT, fits
from .sign_in import DELEGATED_ADMIN, awaiting_lines, sign_in_sentence, sign_in_text, sign_in_totals, status_of

COUNTED = ("created", "updated", "unchanged", "failed")
COLUMNS = (
    *(
        "customer",
        "name",
        "tenant",
        "outcome",
        *COUNTED,
        "code",
        "reason",
        "hint",
        "request_id",
        "checked_at",
        "left_out",
    ),
    *("sign_in", "approval_url", "requested_at", "request_ends_at"),
)
_MOODS = {"failed": "bad", "changed": "good", "unchanged": "plain"}
_OUTCOMES = tuple(_MOODS)
_ASSIGNMENT = ("scope", "principal_id", "role", "state", "id", "error")
_ROW = {
    "customer": str,
    "name?": TEXT,
    "tenant": TEXT,
    "outcome": str,
    **dict.fromkeys(COUNTED, int),
    **dict.fromkeys(("code", "reason", "hint", "request_id"), TEXT),
    "checked_at": str,
    "assignments": [{**dict.fromkeys(("scope", "principal_id", "role", "state"), TEXT), "error?": dict}],
    "summary?": [str],
    "left_out?": [str],
    "sign_in?": TEXT,
    "delegated_admin?": DELEGATED_ADMIN,
}
_HEADS = ("customer", "outcome", "tenant", *COUNTED, "GDAP", "first reason")


class ReinstateReport(Report):
    """Rows have the columns, and the customer's ``assignments``. ``outcome`` is failed, changed or unchanged."""

    passed = ("changed", "unchanged")
    check_mode_lines = ("Check mode: nothing was written.",)

    def row(self, customer: str, result: JsonObject, checked_at: str) -> Result:
        assignments = result.get("assignments") or []
        return {
            "customer": customer,
            "name": result.get("customer_name"),
            "tenant": _tenant(result),
            "outcome": "failed" if result.get("failed") else "changed" if result.get("changed") else "unchanged",
            **{state: sum(item["state"] == state for item in assignments) for state in COUNTED},
            **reason_of(result),
            "checked_at": checked_at,
            "assignments": [{name: item.get(name) for name in _ASSIGNMENT} for item in assignments],
            "summary": result.get("summary") or [],
            "left_out": result.get("left_out") or [],
            "sign_in": (result.get("delegated_admin") or {}).get("status"),
            "delegated_admin": result.get("delegated_admin"),
        }

    def is_row(self, value: object) -> bool:
        return fits(value, _ROW)

    def lost_row(self, row: Result, last: JsonObject | None) -> Result:
        """The host failed, but what was done there was done."""
        done = ("name", "tenant", *COUNTED, "assignments", "sign_in", "delegated_admin")
        return {**row, **({name: last.get(name) for name in done} if last else {})}

    def table(self, rows: Sequence[JsonObject]) -> list[str]:
        """A row for each customer, failures first, of many only those that changed or failed; of a single one, its summary."""
        if len(rows) == 1 and rows[0].get("summary"):
            return list(rows[0]["summary"])
        shown = [row for row in _in_order(rows) if len(rows) <= SHORT or row["outcome"] != "unchanged"]
        columns = ("customer", "outcome", "created", "unchanged", "failed")
        sign_in = ("GDAP",) if any(map(status_of, rows)) else ()
        cells = (
            [*(str(row[name]) for name in columns), *([status_of(row)] if sign_in else []), _reason(row)]
            for row in shown
        )
        counts = self.totals(rows)
        return [
            *(text_table((*columns, *sign_in, "first reason"), cells) if shown else []),
            *left_out_lines(rows),
            *awaiting_lines(rows),
            f"{counted(len(rows), 'customer')}: {counts['changed']} changed, {counts['unchanged']} unchanged, {counts['failed']} failed.",
            *filter(None, [sign_in_sentence(rows)]),
        ]

    def totals(self, rows: Sequence[JsonObject]) -> dict[str, int]:
        """The number of customers with each outcome, and of assignments in each state."""
        outcomes = {name: sum(row["outcome"] == name for row in rows) for name in _OUTCOMES}
        counts = {f"assignments_{state}": sum(row[state] for row in rows) for state in COUNTED}
        return {"customers": len(rows), **outcomes, **counts, **sign_in_totals(rows)}

    def files(self, rows: Sequence[JsonObject], title: str) -> dict[str, str]:
        lines = (
            {
                **(row.get("delegated_admin") or {}),
                **row,
                "sign_in": status_of(row),
                "left_out": " ".join(row.get("left_out") or []),
            }
            for row in rows
        )
        return {"jsonl": json_lines(rows), "csv": spreadsheet(COLUMNS, lines), "html": self._html(rows, title)}

    def extras(self, rows: Sequence[JsonObject], new: Sequence[HostResult]) -> Result:
        return {"handoffs": [item for result in new for item in _handoffs(result)]}

    def _html(self, rows: Sequence[JsonObject], title: str) -> str:
        """The page for people; a row opens to the customer's assignments."""
        counts = self.totals(rows)
        tiles = [Tile("customers", len(rows)), *(Tile(name, counts[name], _MOODS[name]) for name in _OUTCOMES)]
        if any(map(status_of, rows)):
            tiles.append(Tile("awaiting approval", counts["awaiting_approval"], "warn"))
        latest = max((str(row["checked_at"]) for row in rows), default="")
        return page(
            title,
            f"As of {latest} (UTC).",
            tiles,
            _HEADS,
            map(_html_row, _in_order(rows)),
            marks={name: name for name in _OUTCOMES},
        )


def _tenant(result: JsonObject) -> str | None:
    """The customer's tenant; after a failed sign-in, the one that the inventory names."""
    return (result.get("caller") or {}).get("tenant") or result.get("customer_tenant")


def _handoffs(host: HostResult) -> Iterator[Result]:
    """What the host's customer has to be asked for; the role `handoff` writes it."""
    result = host.result
    for handoff in result.get("handoffs") or []:
        yield {
            "customer": host.host,
            "tenant": _tenant(result),
            **handoff,
            "invitation_url": result.get("invitation_url"),
            "approval_url": (result.get("delegated_admin") or {}).get("approval_url"),
        }


def _in_order(rows: Iterable[JsonObject]) -> list[JsonObject]:
    """The rows, failures first."""
    return sorted(rows, key=lambda row: (row["outcome"] != "failed", row["customer"], row["tenant"] or ""))


def _reason(row: JsonObject) -> str:
    return one_line(reason_line(row))


def _html_row(row: JsonObject) -> str:
    reason = reason_line(row)
    texts = [reason, row["hint"], f"request id {row['request_id']}" if row["request_id"] else ""]
    assignments = [
        f"{item['state']}: {item['role']} of {item['principal_id']} at {item['scope']}{_error(item)}"
        for item in row["assignments"]
    ]
    cells = {
        "customer": customer_cell(row),
        "outcome": pill(row["outcome"], _MOODS[row["outcome"]]),
        "tenant": identifier(row["tenant"]),
        **{name: escaped(row[name]) for name in COUNTED},
        "GDAP": escaped(status_of(row)),
        "first reason": details(
            one_line(reason) or "nothing failed",
            [*texts, sign_in_text(row)],
            [*assignments, *(row.get("left_out") or [])],
        ),
    }
    return page_row(_MOODS[row["outcome"]], cells, [row["outcome"]])


def _error(assignment: JsonObject) -> str:
    error = assignment.get("error") or {}
    return f": {error.get('code')}: {error.get('message')} {error.get('hint')}" if error else ""
