# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests for AWX share with the end-to-end tests: a local Azure, and plays run by ansible-playbook."""

from __future__ import annotations

from ..end_to_end.conftest import ansible, azure, the_azure

__all__ = ["ansible", "azure", "the_azure"]
