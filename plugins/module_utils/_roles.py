# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built-in roles that people name, so that a name costs no request.

The ids are the same in every tenant and cloud. For internal use of csp.azure only.
"""

from __future__ import annotations

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
USER_ACCESS_ADMINISTRATOR = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"

# Name as Azure writes it -> id of the role definition.
BUILT_IN = {
    "Owner": OWNER,
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "User Access Administrator": USER_ACCESS_ADMINISTRATOR,
    "Role Based Access Control Administrator": "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    "Support Request Contributor": "cfd33db0-3dd1-45e3-aa9d-cdbdf3b6f24e",
    "Cost Management Reader": "72fafb9e-0641-4937-9268-a91bfd8191a3",
    "Reservations Administrator": "a8889054-8d42-49c9-bc1c-52486c10e7cd",
    "Reservations Reader": "582fc458-8989-419f-a480-75249bc5db7e",
    "Reservation Purchaser": "f7b75c60-3036-4b75-91c3-6b41c27c1689",
}
_BY_NAME = {name.casefold(): identity for name, identity in BUILT_IN.items()}
_BY_ID = {identity: name for name, identity in BUILT_IN.items()}


def identify(name: str) -> str | None:
    """The id of the built-in role of that name in any letter case, None if it is not among those known here."""
    return _BY_NAME.get(name.strip().casefold())


def name_of(identity: str) -> str | None:
    """The name of the built-in role with that id, None if it is not among those known here."""
    return _BY_ID.get(identity.lower())
