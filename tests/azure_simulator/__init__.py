# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A local Azure for tests, first steps and benchmarks: Entra, Resource Manager and Graph over HTTPS on loopback."""
