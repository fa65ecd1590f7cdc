# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GUIDs: of subscriptions, tenants, roles and principals. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import UUID

from .errors import invalid


def guid(text: str) -> str | None:
    """A GUID in lower case with its dashes, which Azure's error messages leave out; None if the text is not a GUID."""
    if not re.fullmatch(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}", text.strip()):
        return None
    return str(UUID(text.strip()))


def object_id(text: str) -> str:
    """A principal's object ID in its normal form; AzureError if the text is not one."""
    identity = guid(text)
    if identity is None:
        raise invalid(
            f"principal_id {text!r} is not an object ID.",
            "Give the GUID of the group, which the partner finds with csp.azure.admin_agents_info.",
        )
    return identity


def guids(option: str, texts: Iterable[str], hint: str = "") -> frozenset[str]:
    """The GUIDs that an option lists; AzureError names every text that is not one."""
    identities = {text: guid(text) for text in texts}
    wrong = [text for text, identity in identities.items() if identity is None]
    if wrong:
        raise invalid(f"{option}: {', '.join(map(repr, wrong))} is not a GUID.", hint)
    return frozenset(identity for identity in identities.values() if identity)
