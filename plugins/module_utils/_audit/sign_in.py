# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adds to a verdict whether the partner's users can sign in to make use of the access. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from .._gdap.sign_in_path import SignInPath
from .._model.types import JsonObject, Result

_ADVICE = {
    "missing": "Run csp.azure.reinstate with reinstate_gdap_roles: the partner's users cannot sign in to the customer's tenant.",
    "waiting": "Remind the customer, if its approval is awaited.",
    "unknown": "Give the partner's identity DelegatedAdminRelationship.Read.All in Microsoft Graph, or run again.",
    "expiring": "Run csp.azure.reinstate with reinstate_gdap_roles before it ends.",
}


def with_sign_in(verdict: JsonObject, path: SignInPath | None) -> Result:
    """The verdict on a scope with that on the way in, None if nobody asked."""
    if path is None:
        return {**verdict, "sign_in": None}
    if path.status not in _ADVICE:
        return {**verdict, "sign_in": path.status}
    link = path.awaited.approval_url if path.awaited else None
    advice = " ".join(filter(None, [path.reason, _ADVICE[path.status], link]))
    flags = [*verdict["flags"], f"sign_in_{path.status}"]
    return {**verdict, "sign_in": path.status, "flags": flags, "advice": [*verdict["advice"], advice]}


def delegated_admin(path: SignInPath | None) -> Result:
    """The key of an audit's result, where somebody asked."""
    return {"delegated_admin": path.as_dict()} if path else {}
