# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of others, made fit to show."""

from __future__ import annotations

import pytest

from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError, partial_failure
from ansible_collections.csp.azure.plugins.module_utils._model.identifiers import guid, guids, object_id
from ansible_collections.csp.azure.plugins.module_utils._model.text import one_line, optional_text, printable, yes_no

GUID = "11111111-aaaa-4111-8111-11111111111a"


def test_a_long_text_is_cut() -> None:
    assert printable("x" * 2000) == "x" * 2000
    assert printable("x" * 2001) == "x" * 2000 + "\u2026"
    assert printable("a\x1b[31m\u202eb\n") == "a\ufffd[31m\ufffdb\n"


def test_one_line_is_short() -> None:
    assert one_line(" a\n  b ") == "a b"
    assert one_line("x" * 100) == "x" * 100
    assert one_line("x" * 101) == "x" * 99 + "\u2026"


@pytest.mark.parametrize(("value", "text"), [(None, ""), (True, "yes"), (False, "no")])
def test_truth_in_words(value: bool | None, text: str) -> None:
    assert yes_no(value) == text


@pytest.mark.parametrize(("value", "text"), [(None, None), ("", None), ("a\x00", "a\ufffd"), (5, "5")])
def test_an_empty_text_is_none(value: object, text: str | None) -> None:
    assert optional_text(value) == text


@pytest.mark.parametrize("text", [GUID, f" {GUID.upper()} ", GUID.replace("-", "")])
def test_a_guid_in_any_form(text: str) -> None:
    assert guid(text) == object_id(text) == GUID
    assert guids("x", [text, GUID]) == {GUID}


def test_every_text_that_is_no_guid_is_named() -> None:
    assert guid(f"{GUID}0") is None
    with pytest.raises(AzureError, match="sold: 'a', 'b' is not a GUID") as caught:
        guids("sold", ["a", GUID, "b"], "Look again.")
    assert (caught.value.code, caught.value.hint) == ("InvalidInput", "Look again.")
    with pytest.raises(AzureError, match="principal_id 'a' is not an object ID"):
        object_id("a")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (AzureError("no", code="X", hint="Do it.", request_id="r"), "X: no. Do it. (request id r)"),
        (AzureError("No!", hint="Do it."), "No! Do it."),
        (AzureError("no"), "no"),
    ],
)
def test_an_error_in_words(error: AzureError, text: str) -> None:
    assert str(error) == error.as_result()["msg"] == text
    assert error.as_result()["failed"]


def test_a_partial_failure_names_every_place() -> None:
    assert partial_failure([]) == {}
    result = partial_failure([("a", AzureError("x", code="X")), ("b", AzureError("y"))])
    assert (result["failed"], result["error"]["code"]) == (True, "X")
    assert "a: X: x" in result["msg"]
    assert "b: y" in result["msg"]
