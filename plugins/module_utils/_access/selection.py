# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which subscriptions the scope ``all`` selects, and which ones it leaves out. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .._model.customers import Subscription
from .._model.errors import AzureError
from .._model.scopes import Scope, parse
from .checks import Check

# As the only scope: every visible subscription of the tenant.
ALL = ["all"]
# The code of an error for a caller that sees no subscription.
NO_SUBSCRIPTION = "NoSubscription"


@dataclass(frozen=True)
class Selection:
    """The selected scopes; ``left_out`` says in words which subscriptions are not selected, and why."""

    scopes: tuple[Scope, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def checks(self) -> list[Check]:
        """What was left out, as checks."""
        return [Check("place", "skipped", text) for text in self.left_out]


def select_all(subscriptions: Iterable[Subscription], tenant: str | None, writable: bool) -> Selection:
    """The subscriptions of the tenant; with ``writable`` only those in a state in which Azure accepts writes.

    AzureError if none is left: an identity that sees nothing must not pass for a customer without work.
    """
    scopes: list[Scope] = []
    left_out: list[str] = []
    for subscription in sorted(subscriptions, key=lambda item: item.id):
        reason = ""
        if tenant and subscription.tenant_id not in (None, tenant):
            reason = f"belongs to the tenant {subscription.tenant_id}"
        elif writable and not subscription.takes_writes:
            reason = f"is {str(subscription.state).lower()}"
        if reason:
            left_out.append(omission(subscription.id, reason))
        else:
            scopes.append(parse(subscription.id))
    if scopes:
        return Selection(tuple(scopes), tuple(left_out))
    kind = "subscription in a state that accepts writes" if writable else "subscription of the tenant"
    raise AzureError(
        " ".join([f"The caller sees no {kind}.", *left_out]),
        code=NO_SUBSCRIPTION,
        hint="Check the tenant: a caller without a role on a subscription does not see it. Name the subscriptions instead for a more specific error.",
    )


def omission(subscription: str, reason: str) -> str:
    """How results, reports and the inventory name a subscription that is left out."""
    return f"The subscription {subscription} {reason}: it was left out."
