# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties that hold for any input: scopes, permissions, plan and apply, history, reports."""

from __future__ import annotations

import csv
import fnmatch
import io
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.csp.azure.plugins.module_utils._access.apply import apply
from ansible_collections.csp.azure.plugins.module_utils._access.plan import plan
from ansible_collections.csp.azure.plugins.module_utils._audit.history import compare
from ansible_collections.csp.azure.plugins.module_utils._model.assignments import Assignment, DesiredAssignment
from ansible_collections.csp.azure.plugins.module_utils._model.permissions import Permission, missing
from ansible_collections.csp.azure.plugins.module_utils._model.scopes import Scope, parse, parse_all
from ansible_collections.csp.azure.plugins.module_utils._reports.files import read_rows, write
from ansible_collections.csp.azure.plugins.module_utils._reports.formats import json_lines, spreadsheet, text_table
from ansible_collections.csp.azure.plugins.module_utils._reports.report import merged

from .fakes import AGENTS, DATA, GROUP, OTHER, READER, ROOT, SUB, Azure, Clock, assignment, desired, error

NAMES = st.text(st.characters(codec="ascii", categories=["Lu", "Ll", "Nd"]), min_size=1, max_size=6)


@st.composite
def scope_texts(draw: st.DrawFn) -> str:
    """Scopes in Azure's form."""
    text = draw(st.sampled_from([SUB, OTHER, ROOT, "/", "/providers/Microsoft.Capacity"]))
    if not text.startswith("/subscriptions"):
        return text
    if draw(st.booleans()):
        text += f"/resourceGroups/{draw(NAMES)}"
    if draw(st.booleans()):
        text += f"/providers/Microsoft.Web/sites/{draw(NAMES)}"
    return text


SCOPES = scope_texts().map(parse)


@given(
    scope_texts(),
    st.sampled_from([str.upper, str.lower, lambda text: f" '{text}/' ", lambda text: text.replace("/", "//")]),
)
def test_parsing_again_and_other_spellings_change_nothing(text: str, spelling: Any) -> None:
    scope = parse(text)
    assert parse(scope.path) == scope
    if text != "/":
        assert parse(spelling(text)).key == scope.key
        assert parse_all([text, spelling(text)]) == [scope]


@given(SCOPES, SCOPES, SCOPES)
def test_holding_is_a_partial_order_and_lineage_its_inverse(first: Scope, second: Scope, third: Scope) -> None:
    assert first.holds(first)
    if first.holds(second) and second.holds(first):
        assert first.key == second.key
    if first.holds(second) and second.holds(third):
        assert first.holds(third)
    assert first.holds(second) == (first.key in second.lineage)
    assert not (first.is_above(second) and second.is_above(first) and not first.is_management_group)
    assert first.reaches(second) == (first.key == second.key or first.is_above(second))


PATTERNS = st.sampled_from(["*", "*/read", "A.B/*", "a.b/c/write", "A.B/C/*", "A.B/*/write", "X.Y/read", ""])
ACTIONS = st.sampled_from(["A.B/c/write", "a.b/C/READ", "X.Y/read", "A.BC/write"])


@given(st.lists(st.tuples(st.lists(PATTERNS), st.lists(PATTERNS))), ACTIONS)
def test_permissions_against_another_matcher(entries: list[tuple[list[str], list[str]]], action: str) -> None:
    def matches(patterns: list[str]) -> bool:
        return any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)

    granted = any(matches(actions) and not matches(not_actions) for actions, not_actions in entries)
    permissions = [Permission(tuple(actions), tuple(not_actions)) for actions, not_actions in entries]
    assert (missing([action], permissions) == []) == granted


PLACES = st.sampled_from([SUB, GROUP, DATA, OTHER, ROOT])
TEXTS = st.sampled_from([None, "", "a", "b"])
HELD = st.lists(
    st.builds(
        lambda scope, role, description, number: assignment(
            scope, f"n{number}", **({"role": role} if role else {}), description=description
        ),
        PLACES,
        st.sampled_from([None, READER]),
        TEXTS,
        st.integers(0, 30),
    ),
    unique_by=lambda item: item.name,
    max_size=6,
)
DESIRED = st.lists(
    st.builds(lambda scope, description: desired(scope, description=description), PLACES, TEXTS), min_size=1, max_size=5
)
FAULTS = st.lists(
    st.tuples(
        st.sampled_from(["put", "delete", "list"]),
        st.sampled_from(["RoleAssignmentExists", "PrincipalNotFound", "ScopeLocked", "ServerTimeout"]),
    ),
    max_size=3,
)


def azure_with(held: list[Assignment], faults: list[tuple[str, str]], lag: int = 0) -> Azure:
    errors: dict[str, list[Any]] = {}
    for method, code in faults:
        errors.setdefault(method, []).append(error(code))
    return Azure(*held, errors=errors, lag=lag)


@settings(max_examples=300, deadline=None)
@given(HELD, DESIRED, st.booleans())
def test_check_mode_predicts_and_the_second_run_changes_nothing(
    held: list[Assignment], items: list[DesiredAssignment], present: bool
) -> None:
    azure = azure_with(held, [])
    outcomes = plan(azure, items, present)
    predicted = [outcome.state for outcome in outcomes]
    assert azure.calls == []
    assert [outcome.state for outcome in apply(azure, outcomes, Clock().read_back())] == predicted
    keys = {item.key for item in items}
    kept = [item for item in held if not _is_desired(item, keys)]
    assert [item for item in azure.held if not _is_desired(item, keys)] == kept, "nothing else is touched"
    assert not any(outcome.to_write for outcome in plan(azure, items, present))


@settings(max_examples=300, deadline=None)
@given(HELD, DESIRED, FAULTS, st.booleans(), st.integers(0, 3))
def test_faults_are_reported_and_hide_nothing(
    held: list[Assignment], items: list[DesiredAssignment], faults: list[tuple[str, str]], present: bool, lag: int
) -> None:
    azure = azure_with(held, faults, lag)
    outcomes = apply(azure, plan(azure, items, present), Clock().read_back())
    assert len(outcomes) == len({item.key for item in items})
    azure.errors, azure.hidden = {}, 0
    now = {outcome.desired.key: outcome for outcome in plan(azure, items, present)}
    for outcome in outcomes:
        assert (outcome.state == "failed") == (outcome.error is not None)
        if not outcome.error:
            assert not now[outcome.desired.key].to_write, "a success is there"
    if present:
        assert len(azure.held) >= len(held), "nothing is removed"


def _is_desired(item: Assignment, keys: set[tuple[str, str, str]]) -> bool:
    return (item.scope.key, item.principal_id, item.role_id) in keys


READINGS = st.lists(st.sampled_from([True, False, None, "unexpected"]), min_size=1, max_size=12)


def subscription(access: bool | None) -> dict[str, Any]:
    grant = {"scope": SUB, "principal_id": AGENTS, "role_id": READER, "access": access, "assignments": []}
    return {"subscription_id": SUB[15:], "flags": [], "grants": [grant]}


@given(READINGS)
def test_a_change_is_reported_exactly_once_whatever_nights_are_unreadable(readings: list[Any]) -> None:
    memory: list[Any] = []
    known: bool | None = None
    since = ""
    for day, access in enumerate(readings, 1):
        rows = [] if access == "unexpected" else [subscription(access)]
        result, memory = compare(rows, memory, f"2026-11-{day:02}T00:00:00Z")
        for row in result:
            [grant] = row["grants"]
            if access is not None:
                changed = known is not None and access != known
                assert grant["change"] == (
                    ("gained" if access else "lost") if changed else None if known is None else "none"
                )
                assert grant["since"] >= since, "a state does not begin before the one that it follows"
                known, since = access, grant["since"]
            else:
                assert grant["change"] == (None if known is None else "unreadable" if known else "none")
    assert [record["access"] for record in memory] == ([] if known is None else [known])


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "customer": st.sampled_from("abc"),
            "tenant": st.sampled_from(["s", "t", None]),
            "checked_at": st.integers(1, 9).map(lambda day: f"2026-11-0{day}T00:00:00Z"),
            "more": st.text(max_size=5),
        }
    ),
    max_size=8,
    unique_by=lambda row: row["checked_at"],
)


@given(ROWS, ROWS)
def test_merging_is_idempotent_and_ignores_the_order(first: list[Any], second: list[Any]) -> None:
    if {row["checked_at"] for row in first} & {row["checked_at"] for row in second}:
        second = []
    both = merged([first, second])
    assert merged([second, first]) == both
    assert merged([both, both]) == both
    assert merged([both]) == both


@given(ROWS)
def test_rows_are_read_as_they_were_written(rows: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.jsonl"
        write(str(path), json_lines(rows))
        assert read_rows(str(path), lambda row: isinstance(row, dict)) == rows


@given(
    st.lists(
        st.fixed_dictionaries({"a": st.text(st.characters(exclude_categories=["Cs"])), "b": st.none() | st.integers()})
    )
)
def test_no_cell_starts_a_formula_and_none_is_lost(rows: list[Any]) -> None:
    text = spreadsheet(("a", "b"), rows).removeprefix("\ufeff")
    cells = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert len(cells) == len(rows)
    for (first, _second), row in zip(cells, rows, strict=True):
        assert not first.startswith(("=", "+", "-", "@"))
        assert first.removeprefix("'").replace("\r", "").replace("\n", "") == row["a"].removeprefix("'").replace(
            "\r", ""
        ).replace("\n", "")


@given(st.lists(st.tuples(NAMES, NAMES), max_size=5))
def test_columns_of_a_table_begin_at_the_same_place(rows: list[tuple[str, str]]) -> None:
    lines = text_table(("head", "last"), rows)
    column = lines[0].index("last")
    assert all(line[column:] == last for line, (_first, last) in zip(lines[1:], rows, strict=True))
