# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sends a request: reads the tokens that `entra` issues."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import jwt
from starlette.requests import Request

from .entra import KEY


@dataclass
class Refused(Exception):
    """A token that is missing, broken, expired or meant for another API."""

    code: str
    message: str
    description: str = "The access token is invalid."


def claims_of(request: Request, audience: str) -> dict[str, Any]:
    """The claims of the request's token, which must have been issued for this API."""
    kind, _blank, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Refused(
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.",
            "The authentication failed because of missing 'Authorization' header.",
        )
    try:
        claims = jwt.decode(token, KEY, algorithms=["HS256"], options={"verify_aud": False, "verify_exp": False})
    except jwt.InvalidTokenError as exc:
        raise Refused("InvalidAuthenticationToken", "The access token is invalid.") from exc
    if claims["exp"] < time.time():
        expired = _american(claims["exp"])
        raise Refused(
            "ExpiredAuthenticationToken",
            f"The access token expiry UTC time '{expired}' is earlier than current UTC time '{_american(time.time())}'.",
            "The access token has expired.",
        )
    if claims["aud"] != audience:
        raise Refused(
            "InvalidAuthenticationTokenAudience",
            f"The access token has been obtained for wrong audience or resource '{claims['aud']}'. It should exactly match with"
            f" one of the allowed audiences '{audience}'.",
            "The access token has been obtained from wrong audience or resource.",
        )
    return claims


def _american(seconds: float) -> str:
    """ARM writes these times with a twelve-hour clock."""
    when = datetime.fromtimestamp(seconds, timezone.utc)
    return f"{when.month}/{when.day}/{when.year} {when.hour % 12 or 12}:{when:%M:%S %p}"
