# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds a report on many customers: the rows of this run, merged with those of files, as a table and as files.

For internal use of csp.azure only.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from .._model.errors import AzureError, invalid
from .._model.times import before, now
from .._model.types import ArgumentSpec, JsonObject, Options, Result
from .files import checked_rows, parsed_rows, read_earlier_lines, read_rows, set_aside, version, write

# For how long a report keeps the row of a customer that no run reaches.
KEPT = timedelta(days=30)
# Up to so many customers, tables show every one.
SHORT = 20
OPTIONS: ArgumentSpec = {
    "artifacts": {"type": "list", "elements": "str", "choices": ["rows", "page"], "default": []},
    "expected": {"type": "list", "elements": "str", "default": []},
    "merge": {"type": "list", "elements": "path", "default": []},
    "merge_rows": {"type": "list", "elements": "dict", "default": []},
    "path": {"type": "path"},
}
_NO_RESULT: JsonObject = {
    "failed": True,
    "error": {
        "code": "NoResult",
        "message": "The host failed outside of the work on its access, could not be reached, or was stopped because another host failed.",
        "hint": "See the first failure in the output of the run.",
    },
}
_NO_ROW: JsonObject = {
    "failed": True,
    "error": {
        "code": "NoRow",
        "message": "No report that was merged has a row of this customer.",
        "hint": "See the job that should have worked on it.",
    },
}


@dataclass(frozen=True)
class HostResult:
    """The result of one host's task, and when it ended."""

    host: str
    time: str
    result: JsonObject


@dataclass(frozen=True)
class Run:
    """This run of ansible: its results in order, the hosts that it lost, those of the play, and all of the inventory.

    ``reported`` is how many of the results an earlier report of the run had.
    """

    results: tuple[HostResult, ...] = ()
    lost: tuple[str, ...] = ()
    expected: frozenset[str] = frozenset()
    inventory: frozenset[str] = frozenset()
    reported: int = 0


class Report(ABC):
    """A kind of report.

    ``passed`` are the outcomes that a later failure of the host contradicts; ``replaces`` is whether a report keeps rows of the one that it
    replaces. ``check_mode_lines`` end the table in check mode.
    """

    passed: tuple[str, ...] = ()
    replaces: bool = False
    check_mode_lines: tuple[str, ...] = ()

    @abstractmethod
    def row(self, customer: str, result: JsonObject, checked_at: str) -> Result:
        """The row of one customer's result."""

    @abstractmethod
    def is_row(self, value: object) -> bool:
        """Whether a value from a file is a row."""

    @abstractmethod
    def lost_row(self, row: Result, last: JsonObject | None) -> Result:
        """The row of a host that failed after its ``last`` row, where it has one."""

    @abstractmethod
    def table(self, rows: Sequence[JsonObject]) -> list[str]:
        """The lines for the terminal."""

    @abstractmethod
    def totals(self, rows: Sequence[JsonObject]) -> dict[str, int]:
        """The counts."""

    @abstractmethod
    def files(self, rows: Sequence[JsonObject], title: str) -> dict[str, str]:
        """The text of each file by its ending."""

    def extras(self, rows: Sequence[JsonObject], new: Sequence[HostResult]) -> Result:
        """Further keys of the result; ``new`` are the results that no earlier report of the run had."""
        return {}

    def remembering(self, row: JsonObject, older: JsonObject) -> JsonObject:
        """The row, with what an older one of the same customer knew."""
        return row


@dataclass(frozen=True)
class _Earlier:
    """The rows of earlier reports; ``broken`` says by path why one could not be read."""

    rows: Sequence[JsonObject] = ()
    broken: Mapping[str, str] = field(default_factory=dict)


def reason_of(result: JsonObject) -> dict[str, str | None]:
    """Why a task failed, in parts; all None if it did not."""
    error = result.get("error") or ({"message": result.get("msg", "")} if result.get("failed") else {})
    names = {"code": "code", "reason": "message", "hint": "hint", "request_id": "request_id"}
    return {name: str(error[key]) if error.get(key) else None for name, key in names.items()}


def reason_line(row: JsonObject) -> str:
    """Why a customer failed, in one line."""
    return ": ".join(str(row[name]) for name in ("code", "reason") if row[name])


def left_out_lines(rows: Iterable[JsonObject]) -> list[str]:
    """A line for each subscription that a run saw and left out."""
    return [f"{row['customer']}: {text}" for row in rows for text in row.get("left_out") or []]


def merged(parts: Iterable[Iterable[JsonObject]]) -> list[JsonObject]:
    """The rows of several reports, the latest of each customer.

    A host may stand for several customers, one after the other; a failure before the sign-in, which names no tenant, stays until that host
    gets further.
    """
    latest: dict[tuple[str, str], JsonObject] = {}
    for row in sorted((row for part in parts for row in part), key=lambda row: str(row["checked_at"])):
        latest.pop((row["customer"], ""), None)
        latest[row["customer"], row["tenant"] or ""] = row
    return [latest[key] for key in sorted(latest)]


def build(report: Report, options: Options, check_mode: bool, run: Run | None = None) -> Result:
    """The table, and the files if a path is set. A problem with the files must not hide the table."""
    run = run or Run()
    path: str | None = options["path"]
    results = [report.row(item.host, item.result, item.time) for item in run.results]
    last = {row["customer"]: row for row in results}
    files = (read_rows(name, report.is_row) for name in options["merge"])
    given = [checked_rows(options["merge_rows"], report.is_row, "merge_rows")]
    rows = merged([*files, *given, results, _lost(report, run, last)])
    rows = [*rows, *_without_row(report, options["expected"], rows)]
    earlier = _earlier(report, path, options.get("earlier_report"))
    missing = _missing(options.get("earlier_report"))
    older = _by_customer(earlier.rows)
    rows = [_remembering(report, row, older.get(row["customer"], ())) for row in rows]
    failure: Result = {}
    written: list[str] = []
    broken = dict(earlier.broken)
    try:
        if path and not check_mode:
            broken |= _make_room(report, path, broken)
            kept = _kept(run, rows, earlier.rows) if report.replaces else []
            written = _write(report, path, options["title"], [*rows, *kept])
    except AzureError as exc:
        failure = exc.as_result()
    return {
        "changed": bool(path) if check_mode else bool(written),
        "table": [
            *report.table(rows),
            *(report.check_mode_lines if check_mode else ()),
            *broken.values(),
            *missing,
            *([f"There is no report: {failure['msg']}"] if failure else []),
        ],
        "totals": report.totals(rows),
        "rows": rows,
        **({"page": report.files(rows, options["title"])["html"]} if "page" in options["artifacts"] else {}),
        "complete": run.expected <= set(last) | set(run.lost),
        "files": written,
        **report.extras(rows, run.results[run.reported :]),
        **({"warnings": [*broken.values(), *missing]} if broken or missing else {}),
        **failure,
    }


def _lost(report: Report, run: Run, last: Mapping[str, Result]) -> list[Result]:
    """The rows of hosts that the run lost: a host that failed after a good result failed anyway."""
    return [
        report.lost_row(report.row(host, _NO_RESULT, now()), last.get(host))
        for host in run.lost
        if host not in last or last[host]["outcome"] in report.passed
    ]


def _without_row(report: Report, expected: Iterable[str], rows: Iterable[JsonObject]) -> list[Result]:
    """The rows of customers that must not be missing, but are: a slice whose job was killed leaves none."""
    names = {row["customer"] for row in rows}
    return [report.row(customer, _NO_ROW, now()) for customer in sorted(set(expected) - names)]


def _earlier(report: Report, path: str | None, earlier_report: str | None) -> _Earlier:
    """The report that is about to be replaced, and the one that the results were compared with."""
    paths = filter(None, (earlier_report, _replaced(path) if path and report.replaces else None))
    parts: list[Sequence[JsonObject]] = []
    broken: dict[str, str] = {}
    for name in {os.path.abspath(name): name for name in paths}.values():
        try:
            parts.append(parsed_rows(read_earlier_lines(name), report.is_row, name))
        except AzureError as exc:
            broken[name] = f"{exc.message} What it knew of customers is not in the new report."
    return _Earlier(merged(parts), broken)


def _missing(earlier_report: str | None) -> list[str]:
    """The warning about an earlier report that does not exist, as on the first night or under a wrong path."""
    if not earlier_report or version(earlier_report) is not None:
        return []
    return [f"There is no earlier report {earlier_report}: nothing can count as lost or gained."]


def _replaced(path: str) -> str:
    return f"{path}.jsonl"


def _make_room(report: Report, path: str, broken: Mapping[str, str]) -> dict[str, str]:
    """Set a broken report aside where the new one goes; what to say of it."""
    name = _replaced(path)
    if not report.replaces or name not in broken:
        return {}
    try:
        return {name: f"{broken[name]} It is kept as {set_aside(name)}."}
    except OSError as exc:
        raise invalid(f"{broken[name]} It cannot be kept under another name: {exc.strerror}.") from exc


def _by_customer(rows: Iterable[JsonObject]) -> Mapping[str, Sequence[JsonObject]]:
    result: dict[str, list[JsonObject]] = {}
    for row in rows:
        result.setdefault(row["customer"], []).append(row)
    return result


def _remembering(report: Report, row: JsonObject, older: Iterable[JsonObject]) -> JsonObject:
    """The row, with what the last of its customer's older rows knew."""
    same = [other for other in older if row["tenant"] in (None, other["tenant"]) or other["tenant"] is None]
    return report.remembering(row, same[-1]) if same else row


def _kept(run: Run, rows: Iterable[JsonObject], older: Iterable[JsonObject]) -> list[Result]:
    """The older rows of customers that this run has not reached, or was not meant for; ``kept`` marks them.

    A host may stand for several customers, one after the other.
    """
    done = {(row["customer"], row["tenant"]) for row in rows}
    names = {customer for customer, _tenant in done}
    wanted = run.inventory | run.expected | names
    oldest = before(now(), KEPT)
    return [
        {**row, "kept": True}
        for row in older
        if row["customer"] in wanted
        and not {(row["customer"], row["tenant"]), (row["customer"], None)} & done
        and (row["tenant"] or row["customer"] not in names)
        and row["checked_at"] > oldest
    ]


def _write(report: Report, path: str, title: str, rows: Iterable[JsonObject]) -> list[str]:
    if "{{" in path:
        raise invalid(
            f"The path {path} is a template that nobody evaluated.",
            "AWX evaluates templates in the job template's own variables, not in those of a launch or a survey.",
        )
    if path.endswith(os.sep):
        raise invalid(f"{path} is a folder.", "Give the name of the report in it, without an ending.")
    in_order = sorted(rows, key=lambda row: (row["customer"], row["tenant"] or ""))
    texts = {f"{path}.{ending}": text for ending, text in report.files(in_order, title).items()}
    for name, text in texts.items():
        write(name, text)
    return list(texts)
