# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Graph's applications: people register them, with a secret and permissions; service principals are their identities in tenants."""

from __future__ import annotations

import re
import uuid
from typing import Any

from .state import Application, Identity, State

# Application permissions of Microsoft Graph that read a directory: Group.Read.All, Directory.Read.All (Microsoft Graph permissions reference, v1.0).
READS_DIRECTORY = {"5b567255-7703-4780-807c-7be8301ae99b", "7ab1d382-f21e-4acd-a863-ba3e13f7da61"}
OF_ALL_TENANTS = "AzureADMultipleOrgs"
_FILTER = re.compile(r"appId eq '([^']*)'|startswith\(displayName,'([^']*)'\)")


class Applications:
    """The applications of all tenants."""

    def __init__(self, state: State) -> None:
        self.state = state

    def answer(self, method: str, path: str, which: str, body: dict[str, Any], tenant: str) -> dict[str, Any] | None:
        """What Graph answers to a person of the tenant; None if there is no such application or request."""
        if path == "applications" and method == "POST":
            return self._create(body, tenant)
        if path == "applications":
            wanted = _FILTER.fullmatch(which)
            here = [item for item in self.state.applications.values() if item.tenant == tenant]
            rows = [item for item in here if wanted and (item.client_id == wanted[1] or item.name == wanted[2])]
            return {"value": [item.shown() for item in rows]}
        if path == "servicePrincipals":
            return self._service_principal(body["appId"], tenant)
        _applications, object_id, *action = path.split("/")
        application = self.state.applications.get(object_id)
        if application is None or application.tenant != tenant:
            return None
        if action == ["addPassword"]:
            return self._add_secret(application)
        if method == "PATCH":
            application.permissions = body["requiredResourceAccess"]
        return application.shown()

    def consent(self, client_id: str, tenant: str) -> bool:
        """A Global Administrator of the tenant consents to what the application requires; whether there is such an application."""
        if self._service_principal(client_id, tenant) is None:
            return False
        application = self._by_client_id(client_id)
        required = {item["id"] for entry in application.permissions for item in entry["resourceAccess"]}
        for identity in self._identities(application):
            if identity.tenant == tenant:
                identity.reads_directory = bool(required & READS_DIRECTORY)
        return True

    def _create(self, body: dict[str, Any], tenant: str) -> dict[str, Any]:
        application = Application(tenant, body["displayName"], body.get("signInAudience") or "AzureADMyOrg")
        self.state.applications[application.object_id] = application
        return application.shown()

    def _by_client_id(self, client_id: str) -> Application | None:
        return next((item for item in self.state.applications.values() if item.client_id == client_id), None)

    def _identities(self, application: Application) -> list[Identity]:
        return [item for item in self.state.identities if item.client_id == application.client_id]

    def _service_principal(self, client_id: str, tenant: str) -> dict[str, Any] | None:
        """The application's service principal in a tenant, made if it is missing; None if it cannot be there."""
        application = self._by_client_id(client_id)
        if application is None or (application.tenant != tenant and application.audience != OF_ALL_TENANTS):
            return None
        identity = next((item for item in self._identities(application) if item.tenant == tenant), None)
        if identity is None:
            secret = next(iter(application.secrets.values()), None)
            identity = Identity(str(uuid.uuid4()), tenant, client_id=client_id, secret=secret, name=application.name)
            self.state.identities.append(identity)
        return {"id": identity.object_id, "appId": client_id, "displayName": application.name}

    def _add_secret(self, application: Application) -> dict[str, Any]:
        key, secret = str(uuid.uuid4()), str(uuid.uuid4())
        application.secrets = {key: secret}
        for identity in self._identities(application):
            identity.secret = secret
        return {"keyId": key, "secretText": secret}
