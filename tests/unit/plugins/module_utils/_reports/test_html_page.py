# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One page that needs nothing else. What it does in a browser, tests/browser tells."""

from __future__ import annotations

import base64
import hashlib
import re

from ansible_collections.csp.azure.plugins.module_utils._reports.html_page import (
    SHOWN_ROWS,
    Tile,
    details,
    identifier,
    page,
    pill,
    row,
    stacked_bar,
    titled,
)


def test_only_the_pages_own_script_may_run() -> None:
    result = page("t", "m", [Tile("a", 1)], ["x"], [])
    for name in ("script", "style"):
        [text] = re.findall(f"<{name}>(.*?)</{name}>", result, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in result
    assert "unsafe-inline" not in result
    assert "style=" not in result


def test_whatever_comes_from_outside_is_text() -> None:
    evil = """<b>"'&"""
    result = page(
        evil,
        evil,
        [Tile(evil, 1)],
        [evil],
        [
            row(evil, {evil: details(evil, [evil, ""], [evil])}, [evil]),
            row(evil, {evil: titled(evil, identifier(evil)) + pill(evil, evil)}),
        ],
        marks={evil: evil},
    )
    assert "<b>&quot;" not in result
    assert evil not in result + stacked_bar(evil, [(evil, "good", 1)])


def test_a_tile_has_its_mood_only_if_there_is_something() -> None:
    result = page("t", "m", [Tile("lost", 0, "bad"), Tile("with access", 1200, "good")], [], [])
    assert '<div class="tile plain"><b>0</b> lost</div>' in result
    assert '<div class="tile good"><b>1,200</b> with access</div>' in result


def test_a_bar_is_as_wide_as_its_counts() -> None:
    result = stacked_bar("Access", [("full", "good", 3), ("none", "bad", 1)])
    assert re.findall(r'x="([\d.]+)" width="([\d.]+)"', result) == [("0.000", "75.000"), ("75.000", "25.000")]
    assert 'aria-label="full 3, none 1"' in result
    assert 'width="0.000"' in stacked_bar("Access", [("full", "good", 0)])


def test_a_browser_lays_out_the_first_rows_only() -> None:
    result = page("t", "m", [], ["x"], (row("good", {"x": str(number)}) for number in range(SHOWN_ROWS + 2)))
    assert result.count("<tr class=") == SHOWN_ROWS
    assert result.count("<tr hidden class=") == 2
