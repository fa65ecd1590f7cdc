# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error of the collection. Clients and the sign-in translate every failure of an SDK into it (see _connection/sdk_errors.py).

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible.module_utils.basic import missing_required_lib

from .hints import hint_for
from .types import Result


@dataclass
class AzureError(Exception):
    """A failure of Azure, of the sign-in or of the input: Azure's own words, and what to do next.

    ``status`` is the HTTP status, None without a response. ``request_id`` is the ID that Microsoft Support asks for. An error without a
    ``hint`` gets the hint of its code.
    """

    message: str
    code: str = ""
    hint: str = ""
    request_id: str = ""
    status: int | None = None

    def __post_init__(self) -> None:
        self.hint = self.hint or hint_for(self.code, self.message, self.status)

    def __str__(self) -> str:
        text = f"{self.code}: {self.message}" if self.code else self.message
        if self.hint and not text.endswith((".", "!", "?")):
            text += "."
        request = f"(request id {self.request_id})" if self.request_id else ""
        return " ".join(filter(None, (text, self.hint, request)))

    def as_dict(self) -> dict[str, str]:
        """The error as results show it."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "request_id": self.request_id}

    def as_result(self) -> Result:
        """The keys of a result that fail a task with this error."""
        return {"failed": True, "msg": str(self), "error": self.as_dict()}


def invalid(message: str, hint: str = "") -> AzureError:
    """Input that is rejected before the first request."""
    return AzureError(message, code="InvalidInput", hint=hint)


def missing_library(name: str) -> AzureError:
    """A Python library that the task needs and this Python lacks."""
    return AzureError(
        missing_required_lib(name),
        code="MissingLibrary",
        hint="Install what meta/ee-requirements.txt of the collection lists; in AWX, use an execution environment that was built with the collection.",
    )


def partial_failure(failures: Sequence[tuple[str, AzureError]]) -> Result:
    """The keys of a result that fail a task because some places could not be read; none without failures."""
    if not failures:
        return {}
    reasons = "\n".join(f"{place}: {error}" for place, error in failures)
    return {"failed": True, "msg": f"Not everything could be read.\n{reasons}", "error": failures[0][1].as_dict()}
