# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client of Partner Center.

For internal use of csp.azure only.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from .._connection.identities import SignIn
from .._connection.responses import error_in, json_object, models, optional_text_of, text_of
from .._connection.sdk_errors import translated
from .._connection.throttle import Pace
from .._connection.transport import Paced
from .._model.customers import AzurePlan, Caller, Customer, SoldSubscription
from .._model.errors import AzureError
from .._model.types import JsonObject

try:
    from azure.core import PipelineClient
    from azure.core.pipeline.policies import BearerTokenCredentialPolicy
    from azure.core.rest import HttpRequest
except ImportError:
    pass  # the sign-in comes first and reports it

# What Partner Center answers where the partner has no relationship with the customer, or nobody knows the tenant.
_NO_RELATIONSHIP = ("20002", "2002", "60003")
_AZURE_PLAN = "DZH318Z0BPS6:0001"
# For each API and partner, and at least that of a customer (learn.microsoft.com/partner-center/developer/get-a-customer-by-id,
# .../api-throttling-guidance).
REQUESTS_A_MINUTE = 500
_PACES: dict[str, Pace] = {}
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
            policies=[
                sign_in.network.retries(),
                BearerTokenCredentialPolicy(self._credential, scope),
                Paced(_PACES.setdefault(sign_in.tenant_or_domain or "", Pace(REQUESTS_A_MINUTE)), _api_of),
            ],
            transport=sign_in.network.transport(),
        )
        self._credential.get_token(scope)

    @property
    def caller(self) -> Caller:
        """Who is signed in."""
        return self._credential.caller

    def customer(self, tenant_id: str) -> Customer:
        """One customer; for a tenant without a relationship, a customer whose relationship is ``none``."""
        try:
            item = self._get(f"/v1/customers/{quote(tenant_id)}", "read the customer", "id", str)
        except AzureError as exc:
            if exc.code not in _NO_RELATIONSHIP:
                raise
            return Customer(tenant_id, relationship="none")
        [customer] = models(_customer, [item])
        return customer

    def customers(self) -> list[Customer]:
        """All customers; the list does not say whether access is delegated."""
        return models(_customer, self._list("/v1/customers?size=500", "list the customers"))

    def azure_subscriptions(self, tenant_id: str) -> tuple[list[AzurePlan], list[SoldSubscription]]:
        """The customer's Azure plans, and the Azure subscriptions in them."""
        base = f"/v1/customers/{quote(tenant_id)}/subscriptions"
        sold = self._list(base, "list what was sold to the customer")
        plans = [
            AzurePlan(text_of(item, "id"), optional_text_of(item, "status"))
            for item in sold
            if str(item.get("offerId", "")).startswith(_AZURE_PLAN) or item.get("offerName") == "Azure Plan"
        ]
        return plans, [subscription for plan in plans for subscription in self._entitlements(base, plan)]

    def _entitlements(self, base: str, plan: AzurePlan) -> list[SoldSubscription]:
        action = f"list the Azure subscriptions of the plan {plan.id}"
        return [
            SoldSubscription(
                text_of(item, "id"), optional_text_of(item, "friendlyName"), optional_text_of(item, "status"), plan.id
            )
            for item in self._list(f"{base}/{plan.id}/azureEntitlements", action)
        ]

    def relationship_request(self) -> str:
        """The partner's link that asks a customer for a reseller relationship; only users may read it, not applications."""
        item = self._get("/v1/customers/relationshiprequests", "read the invitation link", "url", str)
        return str(item["url"])

    def _list(self, path: str, action: str) -> list[JsonObject]:
        """All items of a collection; the next page is requested with the headers that its link names.

        AzureError if they are fewer than the collection counts: a missing item must not pass for an absent one. In pages, ``totalCount``
        counts either the page or the whole.
        """
        items: list[JsonObject] = []
        headers: dict[str, str] = {}
        expected = 0
        while path:
            page = self._get(path, action, "items", list, headers)
            items += models(_identified, page["items"])
            count = page.get("totalCount")
            if isinstance(count, int) and len(page["items"]) < count:
                expected = max(expected, count)
            [(path, headers)] = models(_next_page, [page])
        if len(items) < expected:
            raise AzureError(
                f"Could not {action}: Partner Center counts {expected} items, but lists {len(items)}.",
                code="IncompleteList",
            )
        return items

    def _get(
        self, path: str, action: str, member: str, kind: type, headers: Mapping[str, str] | None = None
    ) -> JsonObject:
        # One request ID for all tries of a request, as Partner Center wants it.
        ids = {"MS-RequestId": str(uuid.uuid4()), "MS-CorrelationId": str(uuid.uuid4())}
        request = HttpRequest("GET", self._base + path, headers={**_HEADERS, **ids, **(headers or {})})
        with translated(action):
            response = self._client.send_request(request)
        if response.status_code != 200:
            error = error_in(response.status_code, response.headers, response.text(), response.reason)
            if response.status_code == 401 and "MFA" in response.reason:  # nothing else says so
                raise replace(error, code="MfaRequired", hint="")
            raise error
        return json_object(response.content, member, kind)


def _api_of(path: str) -> str:
    """What Partner Center counts together: paths that differ in IDs alone."""
    return re.sub(r"/(customers|subscriptions)/[^/]+", r"/\1/*", path)


def _identified(item: JsonObject) -> JsonObject:
    """An item of a collection, if it has an ID."""
    text_of(item, "id")
    return item


def _next_page(page: JsonObject) -> tuple[str, dict[str, str]]:
    """Path and headers of the next page; an empty path after the last one."""
    link = (page.get("links") or {}).get("next") or {}
    path = link.get("uri") or ""
    headers = {str(item["key"]): str(item["value"]) for item in link.get("headers") or []}
    return (path if not path or path.startswith("/v1") else f"/v1/{path.lstrip('/')}"), headers


def _customer(item: JsonObject) -> Customer:
    profile = item.get("companyProfile") or {}
    return Customer(
        tenant_id=str(profile.get("tenantId") or item["id"]),
        domain=optional_text_of(profile, "domain"),
        name=optional_text_of(profile, "companyName"),
        relationship=str(item["relationshipToPartner"]).lower() if item.get("relationshipToPartner") else None,
        delegated_access=item.get("allowDelegatedAccess"),
    )


def invitation(url: str, delegated_admin: bool, reseller_tenant: str | None, reseller_mpn_id: str | None) -> str:
    """The partner's link in another form: with or without delegated admin privileges, or for a provider's indirect reseller.

    In an indirect reseller's link, partnerId is the reseller and indirectCSPId the provider.
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
