# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Partner Center and the customer's directory say, asked once and only when it is needed.

For internal use of csp.azure only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from .._model.assignments import DesiredAssignment
from .._model.customers import Principal
from .._model.errors import AzureError
from .._model.types import Result
from .._parallel import Background
from .relationship import Directory, PartnerCenter, RelationshipCheck, ask_partner_center


def prefetched(open_directory: Callable[[], Directory], ids: list[str]) -> Callable[[], Directory]:
    """The directory, which looks up these principals at once, beside other requests."""
    answer = Background(lambda: open_directory().principals(ids))
    answer.start()
    return lambda: _PrefetchedDirectory(answer)


@dataclass(frozen=True)
class _PrefetchedDirectory:
    """A directory whose answer is on its way."""

    answer: Background[list[Principal]]

    def principals(self, ids: list[str]) -> list[Principal]:
        return [principal for principal in self.answer.result() if principal.id in ids]


@dataclass
class _Answers:
    """The answers so far."""

    partner_center: RelationshipCheck | None = None
    principals: list[Principal] | AzureError | None = None


@dataclass(frozen=True)
class Evidence:
    """Answers about the relationship between a customer's ``tenant`` and the partner's ``groups``.

    ``open_partner_center`` is None where nobody can ask it, or nobody shall.
    """

    open_directory: Callable[[], Directory]
    open_partner_center: Callable[[], PartnerCenter] | None
    tenant: str | None
    groups: frozenset[str]
    _answers: _Answers = field(default_factory=_Answers)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def partner_center(self) -> RelationshipCheck | None:
        """Partner Center's answer."""
        if self.open_partner_center is None or not self.tenant:
            return None
        with self._lock:
            if self._answers.partner_center is None:
                self._answers.partner_center = ask_partner_center(self.open_partner_center, self.tenant, self.groups)
            return self._answers.partner_center

    def principals(self, ids: list[str]) -> list[Principal]:
        """What the customer's directory knows of these principals, which are the same each time; AzureError if it cannot be read."""
        with self._lock:
            if self._answers.principals is None:
                try:
                    self._answers.principals = self.open_directory().principals(ids)
                except AzureError as exc:
                    self._answers.principals = exc
            answer = self._answers.principals
        if isinstance(answer, AzureError):
            raise answer
        return answer

    def is_hopeless(self, item: DesiredAssignment) -> bool:
        """Whether Azure, which does not know the principal, will not learn of it soon: there is no relationship."""
        if item.principal_id not in self.groups:
            return False
        answer = self.partner_center()
        return answer is not None and answer.refusal is not None and not self._is_known(item.principal_id)

    @property
    def invitation(self) -> Result:
        """The link with which the customer accepts a relationship, if Partner Center was asked and knows none."""
        answer = self._answers.partner_center
        return {"invitation_url": answer.invitation_url} if answer and answer.refusal else {}

    def _is_known(self, principal_id: str) -> bool:
        answer = self._answers.principals
        return isinstance(answer, list) and any(principal.id == principal_id for principal in answer)
