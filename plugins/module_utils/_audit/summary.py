# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts in words, and in the order of their urgency. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Iterable

from .._model.types import JsonObject
from .model import FLAGS

# The flags that come first, with the mood of their rows.
URGENT = {
    "lost": "bad",
    "unreadable": "bad",
    "sold_without_access": "bad",
    "missing": "bad",
    "wrong_principal": "bad",
    "sign_in_missing": "bad",
    "unknown": "warn",
    "different_role": "warn",
    "no_credit": "warn",
    "denied": "warn",
    "conditional": "warn",
    "sign_in_waiting": "warn",
    "sign_in_expiring": "warn",
}
ORDER = [*URGENT, *(flag for flag in FLAGS if flag not in URGENT)]


def rank(subscription: JsonObject) -> int:
    """How far down a subscription stands: lost access first."""
    return next((number for number, flag in enumerate(ORDER) if flag in subscription["flags"]), len(ORDER))


def label(subscription: JsonObject) -> str:
    """A subscription in words."""
    where = subscription["subscription_id"] or subscription["scope"]
    return f"{subscription['name']} ({where})" if subscription["name"] else str(where)


def summary(subscriptions: Iterable[JsonObject]) -> list[str]:
    """One customer's subscriptions in words, lost access first."""
    return [_sentence(item) for item in sorted(subscriptions, key=lambda item: (rank(item), item["scope"]))]


def _sentence(subscription: JsonObject) -> str:
    words = {"access": "access", "credit": "credit", "tickets": "tickets", "sign_in": "sign-in"}
    verdict = ", ".join(f"{word} {subscription[name]}" for name, word in words.items() if subscription.get(name))
    flags = f" [{', '.join(subscription['flags'])}]" if subscription["flags"] else ""
    return f"{label(subscription)}: {verdict}{flags}. {' '.join(subscription['advice'])}".rstrip()
