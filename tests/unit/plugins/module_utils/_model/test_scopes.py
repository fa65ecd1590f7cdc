# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scopes as people write them."""

from __future__ import annotations

import pytest

from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._model.identifiers import guid
from ansible_collections.csp.azure.plugins.module_utils._model.scopes import parse, parse_all

SUB = "11111111-1111-4111-8111-111111111111"
TOP = f"/subscriptions/{SUB}"
GROUP = f"{TOP}/resourceGroups/web"
SITE = f"{GROUP}/providers/Microsoft.Web/sites/shop"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (SUB, TOP),
        (SUB.upper(), TOP),
        (f"  {TOP}/  ", TOP),
        (f"subscriptions/{SUB}", TOP),
        (f"/SUBSCRIPTIONS/{SUB.upper()}", TOP),
        (f"/subscriptions/'{SUB}'", TOP),
        (f'/subscriptions/"{SUB}"', TOP),
        (f"'{TOP}'", TOP),
        (f"/subscriptions/<{SUB}>", TOP),
        (f"/subscriptions/'{SUB}'/resourceGroups/'web'", GROUP),
        (f"{TOP}//resourceGroups/web", GROUP),
        (f"{TOP}/resourcegroups/Web/", f"{TOP}/resourceGroups/Web"),
        (f"{TOP}/resourceGroups/größe (1)_a.b-c", f"{TOP}/resourceGroups/größe (1)_a.b-c"),
        (SITE, SITE),
        (f"{SITE}/slots/green", f"{SITE}/slots/green"),
        (f"{GROUP}/PROVIDERS/Microsoft.Web/sites/providers", f"{GROUP}/providers/Microsoft.Web/sites/providers"),
        (
            f"{SITE}/providers/Microsoft.Insights/diagnosticSettings/all",
            f"{SITE}/providers/Microsoft.Insights/diagnosticSettings/all",
        ),
        (
            f"{TOP}/providers/Microsoft.Compute/locations/westeurope",
            f"{TOP}/providers/Microsoft.Compute/locations/westeurope",
        ),
        (
            "/providers/microsoft.management/managementgroups/Root",
            "/providers/Microsoft.Management/managementGroups/Root",
        ),
        ("/providers/microsoft.capacity/", "/providers/Microsoft.Capacity"),
        ("/providers/Microsoft.Capacity/reservationOrders/1", "/providers/Microsoft.Capacity/reservationOrders/1"),
        ("/", "/"),
    ],
)
def test_a_scope_is_put_right(text: str, path: str) -> None:
    assert parse(text).path == path


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "scope is empty"),
        ("''", "scope is empty"),
        ("my subscription", "neither subscriptions nor providers"),
        ("/subscriptions", "not a GUID"),
        ("/subscriptions/production", "not a GUID"),
        ("/subscriptions/<CSP subscription ID>", "not a GUID"),
        (f"/subscriptions/{SUB}1", "not a GUID"),
        (f"{TOP}/resourceGroups", "name is missing"),
        (f"{TOP}/groups/web", "where resourceGroups or providers is due"),
        (f"{GROUP}/Microsoft.Web/sites/shop", "where resourceGroups or providers is due"),
        (f"{GROUP}/providers/Microsoft.Web", "pairs of type and name"),
        (f"{GROUP}/providers/Microsoft.Web/sites", "pairs of type and name"),
        (f"{GROUP}/providers/sites/shop", "not the namespace"),
        (f"{TOP}/providers/Microsoft.Authorization/roleAssignments/{SUB}", "id of a role assignment"),
        (f"{GROUP}?x=1", "a scope cannot contain '\\?'"),
        (f"{TOP}/resourceGroups/..", "could lead somewhere else"),
        (f"{GROUP}/providers/Microsoft.Web/sites/.", "could lead somewhere else"),
        (f"{GROUP}\n{GROUP}", "where resourceGroups or providers is due"),
        (f"{TOP}/resourceGroups/we\tb", "a scope cannot contain"),
        ("/providers/Microsoft.Management/Root", "not the id of a management group"),
        ("/providers/Microsoft.Web", "no scope above subscriptions"),
        ("https://portal.azure.com/#resource/subscriptions", "a scope cannot contain"),
        ("https://management.azure.com/subscriptions", "neither subscriptions nor providers"),
    ],
)
def test_what_is_no_scope_is_refused_with_the_right_form(text: str, why: str) -> None:
    with pytest.raises(AzureError, match=why) as caught:
        parse(text)
    assert "/subscriptions/<id>/resourceGroups/<name>" in caught.value.hint


def test_scopes_come_once_each_in_order_and_all_wrong_ones_are_named() -> None:
    assert [scope.path for scope in parse_all([GROUP, SUB, GROUP.upper().lower(), f"{TOP}/"])] == [GROUP, TOP]
    with pytest.raises(AzureError) as caught:
        parse_all(["one", SUB, "two"])
    assert "'one'" in str(caught.value)
    assert "'two'" in str(caught.value)
    with pytest.raises(AzureError, match="No scope"):
        parse_all([])


@pytest.mark.parametrize(
    ("above", "below", "holds"),
    [
        (TOP, GROUP, True),
        (TOP, TOP, True),
        (GROUP, TOP, False),
        (GROUP, f"{GROUP}2", False),
        ("/", GROUP, True),
    ],
)
def test_what_lies_below(above: str, below: str, holds: bool) -> None:
    assert parse(above).holds(parse(below)) is holds


def test_the_top_of_a_scope() -> None:
    assert parse(SITE).top() == parse(SUB)
    root = parse("/providers/Microsoft.Management/managementGroups/Root")
    assert root.top() is root


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (SUB, SUB),
        (SUB.upper(), SUB),
        (SUB.replace("-", ""), SUB),
        ("11111111", None),
        (f"{SUB}0", None),
        ("g" * 32, None),
        (f"{{{SUB}}}", None),
    ],
)
def test_guids(text: str, result: str | None) -> None:
    assert guid(text) == result
