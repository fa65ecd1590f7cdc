# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a credential is made of.

For internal use of csp.azure only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .clouds import Cloud
from .options import SignInOptions
from .transport import Network

if TYPE_CHECKING:
    import msal


@dataclass
class SignedInUser:
    """What a person's sign-in left behind, for the further sign-ins of the same task; ``tokens`` is None before the first."""

    tokens: msal.TokenCache | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class CredentialContext:
    """What a credential is made of. ``prompt`` shows a text to the person at the terminal, None without one."""

    source: str
    options: SignInOptions
    network: Network
    cloud: Cloud
    prompt: Callable[[str], None] | None = None
    user: SignedInUser = field(default_factory=SignedInUser)

    @property
    def seconds(self) -> int:
        """The seconds that are left for a sign-in."""
        return max(1, int(self.network.deadline.remaining()))

    @property
    def transport_options(self) -> dict[str, Any]:
        """How azure-identity sends its own requests."""
        return {
            "transport": self.network.transport(),
            "retry_policy_class": lambda **kwargs: self.network.retries(),
            # The authority is one of ours or of the user's own cloud: asking the public cloud about it is a detour.
            "disable_instance_discovery": True,
        }
