# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talks to Partner Center; what comes back are plain dicts.

For internal use of csp.azure only.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from .._connection.sign_in import SignIn
from .._model.errors import (
    AzureError,
    each,
    from_answer,
    object_of,
    translated,
)

try:
    from azure.core import PipelineClient
    from azure.core.pipeline.policies import BearerTokenCredentialPolicy
    from azure.core.rest import HttpRequest
except ImportError:
    pass  # the sign-in comes first and says so

# What Partner Center answers where the partner has no relationship with the customer, or nobody knows the tenant.
_NO_RELATIONSHIP = ("20002", "2002", "60003")
_AZURE_PLAN = "DZH318Z0BPS6:0001"
_HEADERS = {"Accept": "application/json", "MS-Contract-Version": "v1", "X-Locale": "en-US"}


class PartnerCenter:
    """The customers of one partner, as one signed-in identity sees them. Every method raises AzureError."""

    def __init__(self, sign_in: SignIn) -> None:
        cloud, self._credential = sign_in.connect()
        if not cloud.partner_center:
            raise AzureError("This cloud has no Partner Center.", code="NoPartnerCenter")
        scope = f"{cloud.partner_center}/.default"
        self._base = cloud.partner_center
        self._client: PipelineClient[Any, Any] = PipelineClient(
            self._base,
            policies=[sign_in.network.retries(), BearerTokenCredentialPolicy(self._credential, scope)],
            transport=sign_in.network.transport(),
        )
        self._credential.get_token(scope)

    @property
    def caller(self) -> dict[str, str | None]:
        """Who is signed in: tenant, object_id, application_id."""
        return self._credential.caller

    def customer(self, tenant_id: str) -> dict[str, Any]:
        """One customer; a tenant that the partner has no relationship with is a customer without one, not a failure."""
        try:
            found = self._get(f"/v1/customers/{quote(tenant_id)}", "read the customer", "id", str)
        except AzureError as exc:
            if exc.code not in _NO_RELATIONSHIP:
                raise
            return {
                "tenant_id": tenant_id,
                "domain": None,
                "name": None,
                "relationship": "none",
                "delegated_access": None,
            }
        [customer] = each(_customer, [found])
        return customer

    def customers(self) -> list[dict[str, Any]]:
        """All customers; ``delegated_access`` is not told in the list."""
        return each(_customer, self._get_all("/v1/customers?size=500", "list the customers"))

    def azure_subscriptions(self, tenant_id: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The customer's Azure plans, and the Azure subscriptions below them (their ids are those that ARM uses)."""
        base = f"/v1/customers/{quote(tenant_id)}/subscriptions"
        sold = self._get_all(base, "list what was sold to the customer")
        plans = [
            {"id": item["id"], "status": item.get("status")}
            for item in sold
            if str(item.get("offerId", "")).startswith(_AZURE_PLAN) or item.get("offerName") == "Azure Plan"
        ]
        subscriptions = [
            {
                "subscription_id": item["id"],
                "name": item.get("friendlyName"),
                "status": item.get("status"),
                "plan_id": plan["id"],
            }
            for plan in plans
            for item in self._get_all(
                f"{base}/{plan['id']}/azureEntitlements", f"list the Azure subscriptions of the plan {plan['id']}"
            )
        ]
        return plans, subscriptions

    def relationship_request(self) -> str:
        """The partner's link that asks a customer for a reseller relationship; only users may read it, not applications."""
        return self._get("/v1/customers/relationshiprequests", "read the invitation link", "url", str)["url"]

    def _get_all(self, path: str, doing: str) -> list[dict[str, Any]]:
        """All items of a collection; the next page is asked for with the headers that its link names.

        AzureError if they are fewer than the collection counts itself: what is missing must not be taken for what is not there. In pages,
        ``totalCount`` is seen to count either the page or the whole.
        """
        items: list[dict[str, Any]] = []
        headers: dict[str, str] = {}
        missing = 0
        while path:
            page = self._get(path, doing, "items", list, headers)
            items += each(_identified, page["items"])
            count = page.get("totalCount")
            if isinstance(count, int) and len(page["items"]) < count:
                missing = max(missing, count)
            [(path, headers)] = each(_next_page, [page])
        if len(items) < missing:
            raise AzureError(
                f"Could not {doing}: Partner Center counts {missing} items, but lists {len(items)}.",
                code="IncompleteList",
            )
        return items

    def _get(
        self, path: str, doing: str, member: str, kind: type, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        # One request id for all tries of a request, as Partner Center wants it.
        ids = {"MS-RequestId": str(uuid.uuid4()), "MS-CorrelationId": str(uuid.uuid4())}
        request = HttpRequest(
            "GET",
            self._base + path,
            headers={**_HEADERS, **ids, **(headers or {})},
        )
        with translated(doing):
            answer = self._client.send_request(request)
        if answer.status_code != 200:
            error = from_answer(answer.status_code, answer.headers, answer.text(), answer.reason)
            if answer.status_code == 401 and "MFA" in answer.reason:  # nothing else says so
                raise replace(error, code="MfaRequired", hint="")
            raise error
        return object_of(answer.content, member, kind)


def _identified(item: dict[str, Any]) -> dict[str, Any]:
    """An item of a collection, if it has an id."""
    if not isinstance(item["id"], str):
        raise TypeError("an item without an id")
    return item


def _next_page(page: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """Path and headers of the next page; an empty path after the last one."""
    link = (page.get("links") or {}).get("next") or {}
    path = link.get("uri") or ""
    headers = {str(item["key"]): str(item["value"]) for item in link.get("headers") or []}
    return (path if not path or path.startswith("/v1") else f"/v1/{path.lstrip('/')}"), headers


def _customer(item: Mapping[str, Any]) -> dict[str, Any]:
    profile = item.get("companyProfile") or {}
    return {
        "tenant_id": str(profile.get("tenantId") or item["id"]),
        "domain": profile.get("domain"),
        "name": profile.get("companyName"),
        "relationship": str(item["relationshipToPartner"]).lower() if item.get("relationshipToPartner") else None,
        "delegated_access": item.get("allowDelegatedAccess"),
    }


def invitation(url: str, delegated_admin: bool, reseller_tenant: str | None, reseller_mpn_id: str | None) -> str:
    """The partner's link in the form that is asked for: with or without delegated admin privileges, for a reseller of a provider.

    In the form for an indirect reseller the reseller is the partner, and the provider whose link it was stands beside it.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if reseller_tenant:
        query["indirectCSPId"] = query.get("partnerId", "")
        query["invType"] = "IndirectResellerRelationship"
        query["partnerId"] = reseller_tenant
        query["msppId"] = reseller_mpn_id or "0"
    query["DAP"] = "true" if delegated_admin else "false"
    return urlunsplit(parts._replace(query=urlencode(query)))
