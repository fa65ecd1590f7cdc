# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do next about an error, by its code. Data, and the one function that looks it up.

For internal use of csp.azure only.
"""

from __future__ import annotations

import re

_ACTIVATE = "A role that is only eligible (Privileged Identity Management) must be activated first."
_CONSENT = "let an administrator of that tenant consent to the application"
_UNKNOWN_USER = "This user does not exist in the tenant; sign in as a user of that tenant, or as a partner's user whose relationship gives access to it."
_PARTNER_CENTER_MFA = "Partner Center accepts only users who signed in with multi-factor authentication: get a new refresh token with it, or use a device code."
_NEW_REFRESH_TOKEN = "sign in interactively to get a new one"
_MFA = "sign in as a service principal, or with a refresh token or device code that was issued with it"
_PASSING = "A temporary fault of Azure; run again."
_READERS = (
    "give it Directory Readers, or the application permission Directory.Read.All (for groups of its own tenant Group.Read.All is enough)"
    " with admin consent."
)

# One code, several causes that Azure names in its message: (code, pattern of the message, hint). The first match wins.
BY_MESSAGE: tuple[tuple[str, str, str], ...] = (
    (
        "UnmatchedPrincipalType",
        r"has type '(?P<actual>\w+)'",
        "The ID belongs to a {actual} of this directory. Check principal_id: it must be the object ID of the group in the partner's tenant.",
    ),
    (
        "AuthorizationFailed",
        r"elevateAccess",
        f"Only a Global Administrator of the tenant can elevate. {_ACTIVATE}",
    ),
    (
        "AuthorizationFailed",
        r"(?P<action>Microsoft\.Authorization/roleAssignments/\w+)",
        "The signed-in identity lacks {action} there, or a condition on its own role forbids it. Assign Owner, User Access Administrator or Role Based"
        f" Access Control Administrator to it at the scope, or sign in as somebody who has it. {_ACTIVATE} A permission granted just now takes up to 10"
        " minutes.",
    ),
    (
        "InvalidAuthenticationTokenTenant",
        r"match (?:the tenant|one of the tenants)\D{0,40}(?P<tenant>[0-9a-f]{8}-[0-9a-f-]{27})",
        "The subscription belongs to the tenant {tenant}: sign in there (option tenant).",
    ),
    (
        "BadRequest",
        r"Reader level access",
        "The signed-in identity has no role at the management group: assign one there, or name the subscriptions instead.",
    ),
    (
        "InvalidAuthenticationToken",
        r"puid|altsecid",
        f"The application has no service principal in this tenant: {_CONSENT}. The role of AdminAgents applies to users of the partner,"
        " not to applications.",
    ),
)

# By service and code.
BY_SERVICE: dict[str, dict[str, str]] = {
    "Azure Resource Manager": {
        "PrincipalNotFound": "The customer's directory does not know this group: the reseller relationship with the partner is missing, was not accepted yet or"
        " was accepted only minutes ago, or the ID is not that of the partner's group. Let a Global Administrator of the customer accept the"
        " relationship request (step 3 of the procedure), then run again.",
        "AuthorizationFailed": f"The signed-in identity lacks the action named above, at the scope named above. {_ACTIVATE}",
        "LinkedAuthorizationFailed": "The request names something in another tenant; sign in to the tenant that owns the subscription.",
        "DenyAssignmentAuthorizationFailed": "A deny assignment protects the scope (managed applications and managed resource groups have one); leave this"
        " scope"
        " out.",
        "RequestDisallowedByPolicy": "An Azure Policy of the customer forbids this assignment; the customer must exempt it.",
        "SubscriptionNotFound": "Check the subscription ID, and that you signed in to the tenant that owns it; an identity without any active role"
        " there gets the same response.",
        "ResourceGroupNotFound": "Check the name of the resource group in the scope.",
        "ResourceNotFound": "Check the resource ID in the scope.",
        "ParentResourceNotFound": "Check the resource ID in the scope: its parent resource does not exist.",
        "InvalidResourceNamespace": "Check the resource provider's name in the scope.",
        "ResourceTypeNotSupported": "Check the resource's type in the scope.",
        "MissingSubscriptionRegistration": "The subscription does not use this resource provider yet; somebody with permission must register it there first.",
        "RoleDefinitionDoesNotExist": "Check the role: a custom role can be used only below its assignable scopes, and not every built-in role exists in every"
        " cloud.",
        "InvalidRoleDefinitionId": "Check the role: give its name, its GUID or the full ID of its definition.",
        "RoleAssignmentUpdateNotPermitted": "Another assignment already has this name; remove it, or find it with csp.azure.role_assignment_info.",
        "RoleAssignmentLimitExceeded": "The subscription has reached the limit of its role assignments; remove some, or assign at a management group,"
        " which does"
        " not count.",
        "RoleAssignmentExists": "It exists, but Azure's list does not show it yet; run again in a minute.",
        "ScopeLocked": "A lock protects the scope; the customer must remove the lock first. This collection never removes locks.",
        "ReadOnlyDisabledSubscription": "The subscription is disabled, so it accepts no writes; leave it out, or enable it again first.",
        "InvalidAuthenticationToken": "Azure rejected the token: check that tenant and cloud_environment match the subscription.",
        "ExpiredAuthenticationToken": "The token has expired; check the clock of this machine and run again.",
        "ClaimsChallenge": "Azure requires a stronger sign-in, usually multi-factor authentication: sign in again with it, or as a service"
        " principal, which does not need it.",
    },
    "Microsoft Graph": {
        "Authorization_RequestDenied": f"The signed-in identity may not read the directory: {_READERS} {_ACTIVATE}",
    },
    "Signing in (Entra)": {
        "AADSTS50020": _UNKNOWN_USER,
        "AADSTS50076": f"Multi-factor authentication is required: {_MFA}.",
        "AADSTS50078": f"The multi-factor authentication of this sign-in is too old: {_MFA}.",
        "AADSTS50079": "The user must enrol in multi-factor authentication first; a service principal does not need it.",
        "AADSTS50173": f"The password was changed or the sign-ins were revoked after this refresh token was issued; {_NEW_REFRESH_TOKEN}.",
        "AADSTS53003": "A Conditional Access policy blocks the sign-in: the tenant's administrator must exclude this identity, or all"
        " service providers, from it.",
        "AADSTS65001": "Nobody has consented to the application in this tenant yet; an administrator must do so once.",
        "AADSTS70000": "The refresh token is invalid, or belongs to another application.",
        "AADSTS70043": f"The sign-in frequency of a Conditional Access policy has ended this refresh token; {_NEW_REFRESH_TOKEN}.",
        "AADSTS90002": "Check the tenant ID, and that cloud_environment is the tenant's cloud.",
        "AADSTS90038": "The tenant is in another national cloud: set cloud_environment to that cloud.",
        "AADSTS90072": _UNKNOWN_USER,
        "AADSTS500011": "The tenant does not know the requested API: check cloud_environment, and for Partner Center that tenant is the partner's;"
        f" otherwise {_CONSENT}.",
        "AADSTS650052": "The tenant has no service principal of the requested API: check that tenant is the right one (for Partner Center, the partner's);"
        " otherwise an administrator must add the service there.",
        "AADSTS700007": "The signature does not match the certificate: use a certificate of the application together with its own private key.",
        "AADSTS700016": f"The application is unknown in this tenant: check client_id and tenant, or {_CONSENT}.",
        "AADSTS700024": "The assertion is outside its validity: check the clock of this machine, and that the federated token file is renewed.",
        "AADSTS700027": "The application does not have this certificate: upload it to the application's certificates, or use the one that is there and has not"
        " expired.",
        "AADSTS700082": f"The refresh token has expired from inactivity; {_NEW_REFRESH_TOKEN}.",
        "AADSTS700212": "No federated credential of the application matches the audience of the token: compare audience, issuer and subject with those of the"
        " application's federated credentials.",
        "AADSTS700213": "No federated credential of the application matches the subject of the token: compare audience, issuer and subject with those of the"
        " application's federated credentials.",
        "AADSTS900023": "Check the tenant: it must be a tenant ID or one of the tenant's domain names.",
        "AADSTS7000215": "The secret is wrong: use the secret's value, not its ID, and the secret of this application.",
        "AADSTS7000222": "The secret has expired; create a new one for the application.",
        "AADSTS7000229": f"The application has no service principal in this tenant yet: {_CONSENT}, then run again.",
    },
    "Partner Center": {
        "1002": "Partner Center did not authorize the signed-in identity: it needs the role Admin agent or Global admin, and an application needs the Partner"
        " Center permission with consent.",
        "3000": "Partner Center does not know the requested object: check the customer's tenant ID, and that the identity is the partner's.",
        "2032": "Partner Center returns this only to users (refresh token or device code) who are Admin agent or Global admin, not to applications.",
        "10001": _PARTNER_CENTER_MFA,
        "20002": "There is no reseller relationship with this customer; send the invitation link (csp.azure.relationship_request_info).",
        "900421": _PARTNER_CENTER_MFA,
        "MfaRequired": _PARTNER_CENTER_MFA,
        "IncompleteList": "Run again. If the list stays short, report it to Microsoft with the request ID: a missing item does not mean that the"
        " customer does not have it.",
    },
    "The connection": {
        "CertificateExpired": "Check the clock of this machine. If it is right, the owner of the server, or of the proxy that inspects TLS, must renew its"
        " certificate.",
        "CertificateOfAnotherHost": "Check cloud_environment and the proxy: a host other than the requested one responded.",
        "CertificateNotStrict": "The certificate authority is trusted, but its certificate breaks a rule (RFC 5280) that Python checks since 3.13: get one"
        " with the extension named above, or run the task with Python 3.12.",
        "UnreadableAnswer": "Something between here and Azure responded in its place: check the proxy, the network's login page and cloud_environment.",
        "NoAnswer": "Check the network, the proxy settings and cloud_environment, then run again: completed changes stay.",
    },
}
_BY_CODE = {code: hint for hints in BY_SERVICE.values() for code, hint in hints.items()}

# By the HTTP status, if no code says more.
_BY_STATUS = {
    401: "Azure rejected the token; check tenant and cloud_environment.",
    429: "Azure throttles this identity; run again later, or with fewer parallel tasks.",
    **dict.fromkeys((500, 502, 503, 504), _PASSING),
}


def hint_for(code: str, message: str = "", status: int | None = None) -> str:
    """What to do next about an error: one or two sentences, or nothing if we know no better than Azure."""
    for known, pattern, hint in BY_MESSAGE:
        match = re.search(pattern, message, re.IGNORECASE) if known == code else None
        if match:
            return hint.format(**match.groupdict())
    if code in _BY_CODE:
        return _BY_CODE[code]
    return _BY_STATUS.get(status or 0, "") if status != 401 or code == "401" else ""
