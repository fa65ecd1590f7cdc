# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes reports for people and programs out of the results of many customers. Pure but for `write`.

For internal use of csp.azure only.
"""

from __future__ import annotations

import csv
import html
import io
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.csp.azure.plugins.module_utils._errors import AzureError, invalid

COUNTED = ("created", "updated", "unchanged", "failed")
# What a row has, in the order of the CSV file. Times are ISO 8601 in UTC.
COLUMNS = ("customer", "tenant", "outcome", *COUNTED, "code", "reason", "hint", "request_id", "checked_at")
# From this many customers on, the terminal shows only those with which something happened.
SHORT = 20
_NO_RESULT = {
    "code": "NoResult",
    "message": "The host failed outside of the work on its access, or could not be reached.",
    "hint": "See its first failure in the output of the run.",
}


def row(customer: str, result: Mapping[str, Any] | None, checked_at: str) -> dict[str, Any]:
    """One customer's row: the columns, and its ``assignments`` for who wants to know more.

    ``outcome`` is failed, changed or unchanged. ``result`` is what partner_access returned, None if it did not come to that.
    """
    told: Mapping[str, Any] = result if result is not None else {"failed": True, "error": _NO_RESULT}
    rows = told.get("assignments") or []
    counts = {state: sum(one["state"] == state for one in rows) for state in COUNTED}
    failed = bool(told.get("failed"))
    error = told.get("error") or ({"message": told.get("msg", "")} if failed else {})
    return {
        "customer": customer,
        "tenant": (told.get("caller") or {}).get("tenant"),
        "outcome": "failed" if failed else "changed" if told.get("changed") else "unchanged",
        **counts,
        "code": error.get("code") or None,
        "reason": error.get("message") or None,
        "hint": error.get("hint") or None,
        "request_id": error.get("request_id") or None,
        "checked_at": checked_at,
        "assignments": [
            {name: one.get(name) for name in ("scope", "principal_id", "role", "state", "id", "error")} for one in rows
        ],
    }


def merged(parts: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The rows of several reports, one for each customer: the latest.

    A host may stand for several customers one after the other; a failure before the sign-in told which one stays until that host gets further.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in sorted((one for part in parts for one in part), key=lambda one: str(one["checked_at"])):
        found.pop((one["customer"], ""), None)
        found[one["customer"], one["tenant"] or ""] = one
    return [found[key] for key in sorted(found)]


def totals(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many customers there are with each outcome, and how many assignments with each state."""
    outcomes = {name: sum(one["outcome"] == name for one in rows) for name in ("changed", "unchanged", "failed")}
    counts = {f"assignments_{state}": sum(one[state] for one in rows) for state in COUNTED}
    return {"customers": len(rows), **outcomes, **counts}


def table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The lines for the terminal: a row for each customer, of many only those that changed or failed, and the totals.

    Of a single customer, its ``summary`` tells more than a table.
    """
    if len(rows) == 1 and rows[0].get("summary"):
        return list(rows[0]["summary"])
    shown = [one for one in rows if len(rows) <= SHORT or one["outcome"] != "unchanged"]
    cells = [("customer", "created", "unchanged", "failed", "first reason")]
    for one in shown:
        reason = f"{one['code']}: {one['reason']}" if one["code"] else one["reason"] or ""
        cells.append((one["customer"], *(str(one[name]) for name in ("created", "unchanged", "failed")), _line(reason)))
    widths = [max(len(line[number]) for line in cells) for number in range(4)]
    lines = [
        "  ".join([*(text.ljust(width) for text, width in zip(line[:4], widths, strict=True)), line[4]]).rstrip()
        for line in cells
    ]
    found = totals(rows)
    return [
        *(lines if shown else []),
        f"{found['customers']} customers: {found['changed']} changed, {found['unchanged']} unchanged, {found['failed']} failed.",
    ]


def _line(text: str) -> str:
    """A text as one line that ends before it gets tiresome."""
    told = " ".join(text.split())
    return told if len(told) <= 100 else f"{told[:99]}\u2026"


def as_json_lines(rows: Sequence[Mapping[str, Any]]) -> str:
    """One JSON object for each row."""
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)


def from_json_lines(path: str) -> list[dict[str, Any]]:
    """The rows of a file that `as_json_lines` made; AzureError if it is none."""
    try:
        with open(path, encoding="utf-8") as file:
            rows = [json.loads(line) for line in file if line.strip()]
        if all(_is_row(one) for one in rows):
            return rows
    except OSError as exc:
        raise invalid(f"{path} cannot be read: {exc.strerror}.") from exc
    except (ValueError, TypeError) as exc:
        raise invalid(f"{path} is not a report of this collection: {exc}") from exc
    raise invalid(f"{path} is not a report of this collection.", "Give the file that ends with .jsonl.")


def _is_row(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and set(COLUMNS) <= set(one)
        and isinstance(one["customer"], str)
        and all(isinstance(one[state], int) for state in COUNTED)
        and isinstance(one.get("assignments"), list)
        and all(
            isinstance(held, dict) and {"state", "role", "principal_id", "scope"} <= set(held)
            for held in one["assignments"]
        )
    )


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The columns for a spreadsheet, which takes no text for a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(one[name]) for name in COLUMNS] for one in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return "" if value is None else value


def as_html(rows: Sequence[Mapping[str, Any]], title: str) -> str:
    """One page that needs nothing else: totals, a filter, a row for each customer that opens to its assignments."""
    found = totals(rows)
    tiles = "".join(
        f"<div class=tile><b>{found[name]}</b> {name}</div>" for name in ("customers", "changed", "unchanged", "failed")
    )
    made = max((str(one["checked_at"]) for one in rows), default="")
    body = "".join(_html_row(one) for one in rows)
    return _PAGE.format(title=html.escape(title), tiles=tiles, made=html.escape(made), body=body)


def _html_row(one: Mapping[str, Any]) -> str:
    cells = "".join(f"<td>{_escaped(one[name])}</td>" for name in ("tenant", *COUNTED))
    reason = ": ".join(str(one[name]) for name in ("code", "reason") if one[name])
    more = [reason, one["hint"] or "", f"request id {one['request_id']}" if one["request_id"] else ""]
    details = "".join(f"<p>{_escaped(text)}</p>" for text in more if text)
    places = "".join(
        f"<li>{_escaped(held['state'])}: {_escaped(held['role'])} of {_escaped(held['principal_id'])} at {_escaped(held['scope'])}"
        f"{_error(held)}</li>"
        for held in one["assignments"]
    )
    return (
        f"<tr class={_escaped(one['outcome'])}><td><details><summary>{_escaped(one['customer'])}</summary>{details}<ul>{places}</ul></details></td>"
        f"<td>{_escaped(one['outcome'])}</td>{cells}<td>{_escaped(_line(reason))}</td></tr>\n"
    )


def _error(held: Mapping[str, Any]) -> str:
    error = held.get("error") or {}
    return _escaped(f": {error.get('code')}: {error.get('message')} {error.get('hint')}") if error else ""


def _escaped(value: Any) -> str:
    return html.escape("" if value is None else str(value))


def write(path: str, text: str) -> None:
    """Put the text into the file, whole or not at all; AzureError where that cannot be done."""
    folder = os.path.dirname(os.path.abspath(path))
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", dir=folder, delete=False) as file:
            file.write(text)
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)
    except OSError as exc:
        raise AzureError(f"The report {path} cannot be written: {exc.strerror}.", code="InvalidInput") from exc


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }}
body {{ margin: 2rem auto; max-width: 80rem; padding: 0 1rem }}
.tiles {{ display: flex; flex-wrap: wrap; gap: 1rem; margin: 1rem 0 }}
.tile {{ border: 1px solid #8886; border-radius: .5rem; padding: .5rem 1rem }}
.tile b {{ display: block; font-size: 1.6rem }}
.scroll {{ overflow-x: auto }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ border-bottom: 1px solid #8884; padding: .3rem .6rem; text-align: left; vertical-align: top }}
tr.failed td:nth-child(2) {{ color: #c62828; font-weight: bold }}
tr.changed td:nth-child(2) {{ color: #2e7d32; font-weight: bold }}
input {{ font: inherit; padding: .3rem .6rem; width: min(30rem, 100%) }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>As of {made} (UTC).</p>
<div class=tiles>{tiles}</div>
<p><label>Filter <input id=filter type=search placeholder="customer, tenant, outcome, reason"></label></p>
<div class=scroll><table>
<thead><tr><th>customer<th>outcome<th>tenant<th>created<th>updated<th>unchanged<th>failed<th>first reason</tr></thead>
<tbody>
{body}</tbody>
</table></div>
<script>
document.getElementById("filter").addEventListener("input", event => {{
  const wanted = event.target.value.toLowerCase();
  for (const row of document.querySelectorAll("tbody tr")) row.hidden = !row.textContent.toLowerCase().includes(wanted);
}});
</script>
</body>
</html>
"""
