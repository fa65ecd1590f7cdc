# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of README and guides show what a run shows today; `python3 noxfile.py -s pictures` makes them anew."""

from __future__ import annotations

from pathlib import Path

from ..azure_simulator.running import Azure
from ..pictures import FOLDER, scene, words


def test_the_terminals_show_what_a_run_shows(azure: Azure, tmp_path: Path) -> None:
    terminals = list(scene(azure, tmp_path / "project").terminals())
    assert sorted(terminal.name for terminal in terminals) == sorted(path.stem for path in FOLDER.glob("*.svg"))
    for terminal in terminals:
        assert words((FOLDER / f"{terminal.name}.svg").read_text(encoding="utf-8")) == words(terminal.svg())
