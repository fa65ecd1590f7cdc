# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Misspelled variables of a role."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from ansible_collections.csp.azure.plugins.plugin_utils._role_variables import misspelled

ROLES = Path(__file__).resolve().parents[4] / "roles"


def role(name: str) -> SimpleNamespace:
    defaults = yaml.safe_load((ROLES / name / "defaults/main.yml").read_text(encoding="utf-8"))
    return SimpleNamespace(get_name=lambda: f"csp.azure.{name}", get_default_vars=lambda: defaults)


@pytest.mark.parametrize(
    ("name", "variable", "meant"),
    [
        ("reinstate", "reinstate_rolle", "reinstate_role"),
        ("reinstate", "reinstate_scope", "reinstate_scopes"),
        ("reinstate", "reinstate_customers_identity", "reinstate_customer_identity"),
        ("reinstate", "reinstate_host", "reinstate_hosts"),
        ("audit", "audit_seriall", "audit_serial"),
        ("audit", "audit_reports", "audit_report"),
        ("audit", "reinstate_grant", "reinstate_grants"),
        ("handoff", "handoff_customer", "handoff_customers"),
        ("revoke", "revoke_partner_tenant", "revoke_partner_tenants"),
    ],
)
def test_a_misspelled_variable_is_an_error(name: str, variable: str, meant: str) -> None:
    error = misspelled(role(name), [variable, "unrelated"])
    assert error
    assert f"{variable} is not a variable of the role csp.azure.{name}." in error.message
    assert meant in error.hint


@pytest.mark.parametrize("name", ["reinstate", "audit", "handoff", "revoke"])
def test_what_roles_and_playbooks_set_themselves_is_right(name: str) -> None:
    own = [f"{name}_{word}" for word in ("hosts", "serial", "result", "folders", "handoffs", "my_list")]
    assert misspelled(role(name), [*own, *role(name).get_default_vars()]) is None


@pytest.mark.parametrize("name", ["reinstate", "audit", "handoff", "revoke", "awx"])
def test_roles_do_not_mind_the_variables_of_others(name: str) -> None:
    others = [variable for other in ROLES.iterdir() for variable in role(other.name).get_default_vars()]
    assert misspelled(role(name), [*others, "awx_job_id", "awx_user_name"]) is None


def test_other_roles_and_tasks_have_variables_of_their_own() -> None:
    other = SimpleNamespace(get_name=lambda: "reinstate", get_default_vars=dict)
    assert misspelled(other, ["reinstate_rolle"]) is None
    assert misspelled(None, ["reinstate_rolle"]) is None
