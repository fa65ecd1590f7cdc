# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why Graph refused to write a relationship or an access assignment, where its own answer does not say.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

from .._model.customers import Caller
from .._model.errors import AzureError

# "Partner Customer Delegated Administration": without it, Graph answers applications that write with 500.
SERVICE = "2832473f-ec63-45fb-976f-5d45a7d4bb91"


class ReasonClient(Protocol):
    """See `_clients.delegated_admin.DelegatedAdmin`."""

    @property
    def caller(self) -> Caller:
        pass

    def is_security_group(self, group: str) -> bool | None:
        pass

    def has_service_principal(self, application: str) -> bool:
        pass


@contextmanager
def explained(client: ReasonClient, group: str = "") -> Iterator[None]:
    """Add what to do to an error 500 of Graph's; ``group`` is the one that gets roles."""
    try:
        yield
    except AzureError as exc:
        if exc.status != 500:
            raise
        raise replace(exc, hint=_reason(client, group) or exc.hint) from exc


def check_group(client: ReasonClient, group: str) -> None:
    """AzureError if the group cannot get roles; what cannot be read is left to Graph, which refuses it without a reason."""
    try:
        text = _wrong_group(client, group)
    except AzureError:
        return
    if text:
        raise AzureError(text, code="WrongGroup")


def _wrong_group(client: ReasonClient, group: str) -> str:
    is_security_group = client.is_security_group(group)
    if is_security_group is None:
        return (
            f"The partner's tenant {client.caller.tenant} has no group {group}: give a security group of that tenant."
        )
    return "" if is_security_group else f"The group {group} is not a security group, so it cannot hold roles."


def _reason(client: ReasonClient, group: str) -> str:
    """What is wrong in the partner's tenant; empty if nothing is, or if it cannot be read."""
    try:
        wrong = _wrong_group(client, group) if group else ""
        if wrong:
            return wrong
        if client.caller.kind == "app" and not client.has_service_principal(SERVICE):
            return f"The partner's tenant lacks a service principal that applications need here: az ad sp create --id {SERVICE}"
    except AzureError:
        return ""
    return ""
