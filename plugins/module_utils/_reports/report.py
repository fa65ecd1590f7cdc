# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes reports for people and programs out of the results of many customers. Pure but for `write`.

For internal use of csp.azure only.
"""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from .._model.errors import AzureError, invalid
from .html_page import details, escaped, page
from .html_page import row as page_row
from .shape import TEXT, fits, is_flat

COUNTED = ("created", "updated", "unchanged", "failed")
# What a row has, in the order of the CSV file. Times are ISO 8601 in UTC.
COLUMNS = ("customer", "tenant", "outcome", *COUNTED, "code", "reason", "hint", "request_id", "checked_at")
# For so long, rows of customers that no run comes to stay in a report.
KEPT = timedelta(days=30)
# From this many customers on, the terminal shows only those with which something happened.
SHORT = 20
# What a host did stays true if it fails after that.
_DONE = ("tenant", *COUNTED, "assignments")
_GIVE = "Give the file that ends with .jsonl."
# What is read again; later versions may add to it.
_ROW = {
    "customer": str,
    "tenant": TEXT,
    "outcome": str,
    **dict.fromkeys(COUNTED, int),
    **dict.fromkeys(("code", "reason", "hint", "request_id"), TEXT),
    "checked_at": str,
    "assignments": [{**dict.fromkeys(("scope", "principal_id", "role", "state"), TEXT), "error?": dict}],
    "summary?": [str],
    "left_out?": [str],
}
_NO_RESULT = {
    "code": "NoResult",
    "message": "The host failed outside of the work on its access, or could not be reached.",
    "hint": "See its first failure in the output of the run.",
}


def row(customer: str, result: Mapping[str, Any] | None, checked_at: str) -> dict[str, Any]:
    """One customer's row: the columns, and its ``assignments`` for who wants to know more.

    ``outcome`` is failed, changed or unchanged. ``result`` is what partner_access returned, None if it did not come to that.
    """
    told = result_of(result)
    rows = told.get("assignments") or []
    counts = {state: sum(one["state"] == state for one in rows) for state in COUNTED}
    return {
        "customer": customer,
        "tenant": (told.get("caller") or {}).get("tenant"),
        "outcome": "failed" if told.get("failed") else "changed" if told.get("changed") else "unchanged",
        **counts,
        **reason_of(told),
        "checked_at": checked_at,
        "assignments": [
            {name: one.get(name) for name in ("scope", "principal_id", "role", "state", "id", "error")} for one in rows
        ],
        "summary": told.get("summary") or [],
        "left_out": told.get("left_out") or [],
    }


def result_of(result: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """A task's result, a failure if it did not come to one."""
    return result if result is not None else {"failed": True, "error": _NO_RESULT}


def reason_of(result: Mapping[str, Any]) -> dict[str, str | None]:
    """Why a task failed, in parts; all None if it did not."""
    failed = bool(result.get("failed"))
    error = result.get("error") or ({"message": result.get("msg", "")} if failed else {})
    names = {"code": "code", "reason": "message", "hint": "hint", "request_id": "request_id"}
    return {name: str(error[key]) if error.get(key) else None for name, key in names.items()}


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
    columns = ("customer", "outcome", "created", "unchanged", "failed")
    cells: list[tuple[str, ...]] = [(*columns, "first reason")]
    for one in shown:
        reason = f"{one['code']}: {one['reason']}" if one["code"] else one["reason"] or ""
        cells.append((*(str(one[name]) for name in columns), shortened(reason)))
    widths = [*(max(map(len, column)) for column in list(zip(*cells, strict=True))[:-1]), 0]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    lines += left_out(rows)
    found = totals(rows)
    noun = "customer" if len(rows) == 1 else "customers"
    return [
        *(lines if shown else left_out(rows)),
        f"{len(rows)} {noun}: {found['changed']} changed, {found['unchanged']} unchanged, {found['failed']} failed.",
    ]


def left_out(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each subscription that a run saw and passed over."""
    return [f"{one['customer']}: {text}" for one in rows for text in one.get("left_out") or []]


def shortened(text: str) -> str:
    """A text as one line that ends before it gets tiresome."""
    told = " ".join(text.split())
    return told if len(told) <= 100 else f"{told[:99]}\u2026"


def as_json_lines(rows: Sequence[Mapping[str, Any]]) -> str:
    """One JSON object for each row."""
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)


def from_json_lines(
    path: str, is_row: Callable[[Any], bool], wanted: Callable[[int, str], bool] = lambda number, line: True
) -> list[dict[str, Any]]:
    """The rows of a file that `as_json_lines` made, even if an editor of Windows has saved it; AzureError if it is none.

    Only lines that are ``wanted``, by number and text, are parsed.
    """
    try:
        with open(path, encoding="utf-8-sig") as file:
            lines = enumerate(filter(str.strip, file))
            rows = [json.loads(line) for number, line in lines if wanted(number, line)]
    except OSError as exc:
        raise invalid(f"{path} cannot be read: {exc.strerror}.") from exc
    except (ValueError, RecursionError) as exc:
        raise invalid(f"{path} is not a report of this kind: {exc}", _GIVE) from exc
    if not all(is_flat(one) and is_row(one) for one in rows):
        raise invalid(f"{path} is not a report of this kind.", _GIVE)
    return rows


def earlier_rows(
    path: str, is_row: Callable[[Any], bool], wanted: Callable[[int, str], bool] = lambda number, line: True
) -> list[dict[str, Any]]:
    """The rows of an earlier report, none if there is no such file yet. An empty one is broken."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError):
        pass  # reading it says why
    rows = from_json_lines(path, is_row, wanted)
    if not rows:
        raise invalid(f"{path} is empty.", _GIVE)
    return rows


def _is_row(one: Any) -> bool:
    return fits(one, _ROW)


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The columns for a spreadsheet."""
    lines = ([*(one[name] for name in COLUMNS), " ".join(one.get("left_out") or [])] for one in rows)
    return spreadsheet([*COLUMNS, "left_out"], lines)


def spreadsheet(columns: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
    """A CSV file. Excel takes it for UTF-8 by its byte-order mark only."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([cell(value) for value in line] for line in lines)
    return f"\ufeff{text.getvalue()}"


def cell(value: Any) -> Any:
    """A value for a spreadsheet, which takes no text for a formula."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return "" if value is None else value


def as_html(rows: Sequence[Mapping[str, Any]], title: str) -> str:
    """The page for people; a row opens to the customer's assignments."""
    found = totals(rows)
    tiles = {name: found[name] for name in ("customers", "changed", "unchanged", "failed")}
    made = max((str(one["checked_at"]) for one in rows), default="")
    return page(
        title, f"As of {made} (UTC).", tiles, _HEADS, map(_html_row, rows), marks=("changed", "unchanged", "failed")
    )


_HEADS = ("customer", "outcome", "tenant", *COUNTED, "first reason")


def _html_row(one: Mapping[str, Any]) -> str:
    reason = ": ".join(str(one[name]) for name in ("code", "reason") if one[name])
    more = [reason, one["hint"], f"request id {one['request_id']}" if one["request_id"] else ""]
    places = [
        f"{held['state']}: {held['role']} of {held['principal_id']} at {held['scope']}{_error(held)}"
        for held in one["assignments"]
    ]
    cells = {name: escaped(one[name]) for name in ("outcome", "tenant", *COUNTED)}
    mood = {"failed": "bad", "changed": "good"}.get(one["outcome"], "plain")
    told = {
        "customer": escaped(one["customer"]),
        **cells,
        "first reason": details(shortened(reason) or "none", more, [*places, *(one.get("left_out") or [])]),
    }
    return page_row(mood, told, [one["outcome"]])


def _error(held: Mapping[str, Any]) -> str:
    error = held.get("error") or {}
    return f": {error.get('code')}: {error.get('message')} {error.get('hint')}" if error else ""


def write(path: str, text: str) -> None:
    """Put the text into the file, whole or not at all; AzureError where that cannot be done."""
    folder = os.path.dirname(os.path.abspath(path))
    draft = ""
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace", newline="", dir=folder, delete=False
        ) as file:
            draft = file.name
            file.write(text)
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    except OSError as exc:
        with suppress(OSError):
            os.unlink(draft)
        raise AzureError(f"The report {path} cannot be written: {exc.strerror}.", code="InvalidInput") from exc


@dataclass(frozen=True)
class Kind:
    """A kind of report: how a customer's row is made, how one is known again, and what is made of all rows.

    ``row`` gets the customer, the result (None if it did not come to one) and the time; ``passed`` are the outcomes of tasks that did not fail;
    ``files`` maps endings to texts, ``more`` is what else the result has. ``remember`` gives a row what an older one of the same customer knew.
    ``in_check_mode`` are the last lines of the table there.
    """

    row: Callable[[str, Mapping[str, Any] | None, str], dict[str, Any]]
    is_row: Callable[[Any], bool]
    passed: tuple[str, ...]
    table: Callable[[Sequence[Mapping[str, Any]]], list[str]]
    totals: Callable[[Sequence[Mapping[str, Any]]], dict[str, int]]
    files: Callable[[Sequence[Mapping[str, Any]], str], dict[str, str]]
    more: Callable[[Sequence[Mapping[str, Any]]], dict[str, Any]] = lambda rows: {}
    remember: Callable[[dict[str, Any], Mapping[str, Any]], dict[str, Any]] = lambda row, older: row
    in_check_mode: tuple[str, ...] = ()


CHANGES = Kind(
    row,
    _is_row,
    ("changed", "unchanged"),
    table,
    totals,
    lambda rows, title: {"jsonl": as_json_lines(rows), "csv": as_csv(rows), "html": as_html(rows, title)},
    in_check_mode=("Check mode: nothing was written.",),
)
# The options of the modules that report.
OPTIONS: dict[str, dict[str, Any]] = {
    "results": {"type": "list", "elements": "dict"},
    "failure": {"type": "dict"},
    "hosts": {"type": "list", "elements": "str", "default": []},
    "expected": {"type": "list", "elements": "str", "default": []},
    "merge": {"type": "list", "elements": "path", "default": []},
    "path": {"type": "path"},
}


def now() -> str:
    """The time as rows have it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def made(kind: Kind, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """The table, and the files where they are wanted. What is wrong with these must not hide the table."""
    if params["failure"]:
        return {"changed": False}
    results = params["results"] or []
    last = {one["customer"]: one for one in results}
    # A host that failed after its last good result failed all the same, but what was done there was done.
    lost = [
        {**kind.row(name, None, now()), **{key: last[name][key] for key in _DONE if name in last}}
        for name in params["hosts"]
        if name not in last or last[name]["outcome"] in kind.passed
    ]
    rows = merged([*(from_json_lines(path, kind.is_row) for path in params["merge"]), results, lost])
    told: dict[str, Any] = {"files": []}
    older, broken = _older(kind, params)
    rows = [_remembered(kind, one, older) for one in rows]
    try:
        if params["path"] and not check_mode:
            broken |= _set_aside(params, broken)
            told["files"] = _written(kind, params, [*rows, *_kept(params, rows, older)])
    except AzureError as exc:
        told.update(failed=True, msg=str(exc), error=exc.as_dict())
    return {
        "changed": bool(params["path"]),
        "table": [
            *kind.table(rows),
            *(kind.in_check_mode if check_mode else ()),
            *broken.values(),
            *([f"There is no report: {told['msg']}"] if "msg" in told else []),
        ],
        "totals": kind.totals(rows),
        "complete": set(params["expected"]) <= set(last) | set(params["hosts"]),
        **kind.more(rows),
        **({"warnings": list(broken.values())} if broken else {}),
        **told,
    }


def _older(kind: Kind, params: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The rows of the report that is about to be replaced, and of the one that results were compared with; what is said of those that are broken."""
    paths = filter(None, (params.get("earlier_report"), _replaced(params)))
    rows: list[list[dict[str, Any]]] = []
    broken: dict[str, str] = {}
    for path in {os.path.abspath(path): path for path in paths}.values():
        try:
            rows.append(earlier_rows(path, kind.is_row))
        except AzureError as exc:
            broken[path] = f"{exc.message} What it knew of customers is not in the new report."
    return merged(rows), broken


def _replaced(params: Mapping[str, Any]) -> str | None:
    """The report in whose place the new one is put, of the kinds that keep rows of it."""
    return f"{params['path']}.jsonl" if params["path"] and "keep" in params else None


def _set_aside(params: Mapping[str, Any], broken: Mapping[str, str]) -> dict[str, str]:
    """Make room for the new report where a broken one is: nobody but its owner knows whether it is worth something."""
    path = _replaced(params)
    if path is None or path not in broken:
        return {}
    names = (f"{path}.broken{number}" for number in ("", *(f"-{count}" for count in range(2, 1000))))
    free = next((name for name in names if not os.path.lexists(name)), None)
    try:
        if free is None:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        os.rename(path, free)
    except OSError as exc:
        raise invalid(f"{broken[path]} It cannot be kept under another name: {exc.strerror}.") from exc
    return {path: f"{broken[path]} It is kept as {free}."}


def _remembered(kind: Kind, one: dict[str, Any], older: Sequence[dict[str, Any]]) -> dict[str, Any]:
    same = [
        other
        for other in older
        if other["customer"] == one["customer"]
        and (one["tenant"] in (None, other["tenant"]) or other["tenant"] is None)
    ]
    return kind.remember(one, same[-1]) if same else one


def _kept(
    params: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], older: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The older rows of customers that this run has not come to, or was not meant for: `kept` tells them from its own.

    A host may stand for several customers, one after the other.
    """
    done = {(one["customer"], one["tenant"]) for one in rows}
    names = {customer for customer, _tenant in done}
    wanted = set(params.get("keep") or []) | set(params["expected"]) | (names if "keep" in params else set())
    oldest = (datetime.now(timezone.utc) - KEPT).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        {**one, "kept": True}
        for one in older
        if one["customer"] in wanted
        and not {(one["customer"], one["tenant"]), (one["customer"], None)} & done
        and (one["tenant"] or one["customer"] not in names)
        and one["checked_at"] > oldest
    ]


def _written(kind: Kind, params: Mapping[str, Any], rows: Sequence[dict[str, Any]]) -> list[str]:
    if str(params["path"]).endswith(os.sep):
        raise invalid(f"{params['path']} is a folder.", "Give the name of the report in it, without an ending.")
    in_order = sorted(rows, key=lambda one: (one["customer"], one["tenant"] or ""))
    texts = {f"{params['path']}.{ending}": text for ending, text in kind.files(in_order, params["title"]).items()}
    for path, text in texts.items():
        write(path, text)
    return list(texts)
