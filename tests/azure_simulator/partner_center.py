# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partner Center: customers, what was sold to them, the invitation link; with its byte-order mark, links and error shapes."""

from __future__ import annotations

import json
import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from .state import Identity, State, Tenant
from .tokens import Refused, claims_of


class Failure(Exception):
    """An error in Partner Center's own envelope."""

    def __init__(self, status: int, code: str, description: str) -> None:
        super().__init__(description)
        self.status, self.body = status, {"code": code, "description": description, "data": [], "source": "PartnerFD"}


class PartnerCenter:
    """The API of all partners; a token decides whose."""

    def __init__(self, state: State, address: str) -> None:
        self.state = state
        self.address = address

    async def handle(self, request: Request) -> Response:
        """Any request below /v1; the ids that it brings come back."""
        try:
            who = claims_of(request, self.address)
            answer = _answer(200, self._dispatch(request, who))
        except Refused as exc:
            answer = _answer(401, {"code": "800001", "description": exc.message, "data": [], "source": "PartnerFD"})
        except Failure as exc:
            answer = _answer(exc.status, exc.body)
        for name in ("MS-RequestId", "MS-CorrelationId"):
            answer.headers[name] = request.headers.get(name) or str(uuid.uuid4())
        return answer

    def _dispatch(self, request: Request, who: dict[str, Any]) -> dict[str, Any]:
        parts = request.path_params["path"].strip("/").split("/")
        identity = next(
            item for item in self.state.identities if item.object_id == who["oid"] and item.tenant == who["tid"]
        )
        self._check_mfa(identity)
        if parts == ["customers"]:
            return self._page(request, [_customer(item, "reseller") for item in self._customers(who["tid"])])
        if parts == ["customers", "relationshiprequests"]:
            if identity.kind != "User":
                raise Failure(403, "2032", "Access denied")
            return {
                "url": "https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship&partnerId="
                f"{who['tid']}&msppId=0&DAP=false#/BillingAccounts/partner-invitation",
                "attributes": {"objectType": "RelationshipRequest"},
            }
        if parts[0] == "customers":
            return self._of_customer(request, parts[1:], who["tid"])
        raise Failure(404, "404", "Resource not found")

    @staticmethod
    def _check_mfa(identity: Identity) -> None:
        if identity.kind == "User" and not identity.mfa:
            raise Failure(401, "900421", "MFA required")

    def _of_customer(self, request: Request, parts: list[str], partner: str) -> dict[str, Any]:
        customer = self.state.tenant(parts[0])
        if customer is None:
            raise Failure(404, "60003", "Tenant not found")
        if partner not in customer.partners:
            raise Failure(
                403,
                "20002",
                f"The partner ID {partner} has no commerce relationship with the customer ID {customer.id}.",
            )
        if len(parts) == 1:
            return {**_customer(customer, "reseller"), "allowDelegatedAccess": False}
        plan = f"plan-{customer.id}"
        if parts[1:] == ["subscriptions"]:
            offers = [
                ("DZH318Z0BPS6:0001:DZH318Z0BMJX", "Azure Plan", plan),
                ("CFQ7TTC0LH18:0001", "Microsoft 365", "office"),
            ]
            rows = [
                {"id": item, "offerId": offer, "offerName": name, "status": "active"} for offer, name, item in offers
            ]
            return self._page(request, rows)
        if parts[1:] == ["subscriptions", plan, "azureEntitlements"]:
            sold = [item for item in self.state.subscriptions.values() if item.tenant == customer.id and item.sold]
            rows = [
                {"id": item.id, "friendlyName": item.name, "status": "active", "subscriptionId": plan} for item in sold
            ]
            return self._page(request, rows)
        raise Failure(404, "20003", "Subscription not found")

    def _customers(self, partner: str) -> list[Tenant]:
        return [item for item in self.state.tenants.values() if partner in item.partners]

    def _page(self, request: Request, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """A collection; the next page wants its token in a header."""
        most = self.state.settings["partner_center_page_size"]
        size = min(int(request.query_params.get("size", most)), most)
        start = int(request.headers.get("MS-ContinuationToken", 0))
        path = request.url.path
        links: dict[str, Any] = {"self": {"uri": path, "method": "GET", "headers": []}}
        if start + size < len(rows):
            token = {"key": "MS-ContinuationToken", "value": str(start + size)}
            # Unlike the link to itself, that to the next page has no version in it.
            following = f"{path.removeprefix('/v1')}?size={size}&seekOperation=Next"
            links["next"] = {"uri": following, "method": "GET", "headers": [token]}
        return {
            "totalCount": len(rows),
            "items": rows[start : start + size],
            "links": links,
            "attributes": {"objectType": "Collection"},
        }


def _customer(tenant: Tenant, relationship: str) -> dict[str, Any]:
    return {
        "id": tenant.id,
        "companyProfile": {"tenantId": tenant.id, "domain": tenant.domain, "companyName": tenant.name},
        "relationshipToPartner": relationship,
    }


def _answer(status: int, body: dict[str, Any]) -> Response:
    """JSON behind a byte-order mark."""
    return Response(json.dumps(body).encode("utf-8-sig"), status, media_type="application/json; charset=utf-8")
