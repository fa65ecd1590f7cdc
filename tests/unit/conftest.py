# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the checkout importable as the collection when pytest runs without ansible-test."""

from __future__ import annotations

import pathlib
import sys
import types

ROOT = pathlib.Path(__file__).resolve().parents[2]
for _name, _path in (
    ("ansible_collections", []),
    ("ansible_collections.csp", []),
    ("ansible_collections.csp.azure", [str(ROOT)]),
):
    if _name not in sys.modules:
        _module = types.ModuleType(_name)
        _module.__path__ = _path
        sys.modules[_name] = _module
