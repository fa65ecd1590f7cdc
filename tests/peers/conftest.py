# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local Azure of a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..azure_simulator.running import Azure, running


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[Azure]:
    with running(tmp_path / "azure") as result:
        yield result
