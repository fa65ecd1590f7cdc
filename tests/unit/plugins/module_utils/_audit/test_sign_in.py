# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way in beside access and credit."""

from __future__ import annotations

import pytest

from ansible_collections.csp.azure.plugins.module_utils._audit.model import FLAGS
from ansible_collections.csp.azure.plugins.module_utils._audit.sign_in import delegated_admin, with_sign_in
from ansible_collections.csp.azure.plugins.module_utils._gdap.sign_in_path import SignInPath
from ansible_collections.csp.azure.plugins.module_utils._model.delegated_admin import DelegatedAdminRelationship

VERDICT = {"flags": ["missing"], "advice": ["Look."]}


@pytest.mark.parametrize(
    ("status", "flags"),
    [
        ("ready", ["missing"]),
        ("unknown", ["missing", "sign_in_unknown"]),
        ("missing", ["missing", "sign_in_missing"]),
        ("waiting", ["missing", "sign_in_waiting"]),
        ("expiring", ["missing", "sign_in_expiring"]),
    ],
)
def test_flags_and_advice(status: str, flags: list[str]) -> None:
    verdict = with_sign_in(VERDICT, SignInPath(status, "The reason."))
    assert (verdict["sign_in"], verdict["flags"]) == (status, flags)
    assert len(verdict["advice"]) == len(flags)
    assert set(flags) <= set(FLAGS)
    assert all(text.startswith("The reason. ") for text in verdict["advice"][1:])


def test_the_advice_has_the_link() -> None:
    awaited = DelegatedAdminRelationship("r1", "contoso", "approvalPending", "c")
    path = SignInPath("waiting", "It awaits.", None, awaited)
    assert with_sign_in(VERDICT, path)["advice"][1].endswith(str(awaited.approval_url))
    assert delegated_admin(path)["delegated_admin"]["approval_url"] == awaited.approval_url


def test_nobody_asked() -> None:
    assert with_sign_in(VERDICT, None) == {**VERDICT, "sign_in": None}
    assert delegated_admin(None) == {}
