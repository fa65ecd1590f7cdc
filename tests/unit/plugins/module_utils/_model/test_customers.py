# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the partner sold."""

from __future__ import annotations

import pytest

from ansible_collections.csp.azure.plugins.module_utils._model.customers import is_active


@pytest.mark.parametrize(
    ("status", "sold"),
    [("active", True), ("Active", True), (None, True), ("", True), ("none", True), ("deleted", False)],
)
def test_which_statuses_count_as_sold(status: str | None, sold: bool) -> None:
    assert is_active(status) is sold
