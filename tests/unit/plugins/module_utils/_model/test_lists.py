# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that are typed one value a line, as in AWX's text areas."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.csp.azure.plugins.module_utils._module import Arguments, run_use_case

ARGUMENTS = Arguments(
    {
        "scopes": {"type": "list", "elements": "str"},
        "note": {"type": "str"},
        "grants": {
            "type": "list",
            "elements": "dict",
            "options": {"scopes": {"type": "list", "elements": "str"}, "role": {"type": "str"}},
        },
        "beside": {"type": "dict", "options": {"ids": {"type": "list", "elements": "str"}}},
    },
    signs_in=False,
)


def as_use_cases_get(**options: Any) -> dict[str, Any]:
    checked = ArgumentSpecValidator(ARGUMENTS.spec).validate(options)
    assert not checked.error_messages
    return run_use_case(ARGUMENTS, lambda params, check_mode: {"params": params}, checked.validated_parameters, False)[
        0
    ]["params"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("all\n", ["all"]),
        ("/a\n/b\n", ["/a", "/b"]),
        ("\r\n /a\r\n\r\n/b \r\n", ["/a", "/b"]),
        ("/a\n \n/b", ["/a", "/b"]),
        ("/a,/b\n/c", ["/a", "/b", "/c"]),
        (["/a\n/b", "/c"], ["/a", "/b", "/c"]),
        ("/a", ["/a"]),
        ("\n", []),
        ([], []),
        (None, None),
    ],
)
def test_a_value_on_each_line(text: Any, values: list[str] | None) -> None:
    result = as_use_cases_get(scopes=text, grants=[{"scopes": text}], beside={"ids": text})
    assert result["scopes"] == values
    assert result["grants"][0]["scopes"] == values
    assert result["beside"]["ids"] == values


def test_other_options_keep_their_lines() -> None:
    result = as_use_cases_get(note="a\nb\n", grants=[{"role": "a\nb"}])
    assert (result["note"], result["grants"][0]["role"]) == ("a\nb\n", "a\nb")
