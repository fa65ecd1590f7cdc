# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs requests and responses, with secrets masked.

For internal use of csp.azure only.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from .._model.errors import invalid
from .._model.secrets import MASK, masked

# The last two carry the secret of a managed identity's endpoint.
_HEADERS = ("authorization", "cookie", "set-cookie", "proxy-authorization", "x-identity-header", "secret")
# Members of forms and JSON objects whose values are secrets wherever they stand.
_MEMBERS = "access_token|refresh_token|id_token|client_secret|client_assertion|client_info|assertion|password|device_code|user_code"
_FORM = re.compile(rf"(^|[&?\s])({_MEMBERS}|code)=[^&\s]*", re.MULTILINE)
_JSON = re.compile(rf'"({_MEMBERS})"(\s*:\s*)"[^"]*"')
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+(\.[\w-]*)?")


@dataclass
class DebugLog:
    """Requests and responses, one entry for each try. Kept in memory and, with a ``path``, appended to that file at once."""

    secrets: set[str]
    path: str = ""
    entries: list[str] = field(default_factory=list)

    def note(
        self,
        method: str,
        url: str,
        sent: tuple[Mapping[str, str], str],
        got: tuple[int | str, Mapping[str, str], str],
        started: float,
    ) -> None:
        """Log one try: (headers, body) of the request, (status or the failure, headers, body) of the response."""
        took = round((time.monotonic() - started) * 1000)
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        lines = [f"{now} {method} {url} -> {got[0]} in {took} ms"]
        for arrow, headers, body in ((">", *sent), ("<", got[1], got[2])):
            lines += [
                f"{arrow} {name}: {MASK if name.lower() in _HEADERS else value}" for name, value in headers.items()
            ]
            lines += [f"{arrow} {line}" for line in body.splitlines()]
        entry = self._masked("\n".join(lines)) + "\n\n"
        self.entries.append(entry)
        if self.path:
            append(self.path, entry)

    def _masked(self, text: str) -> str:
        text = _JSON.sub(rf'"\1"\2"{MASK}"', masked(text, self.secrets))
        text = _FORM.sub(rf"\1\2={MASK}", text)
        return _TOKEN.sub(MASK, text)


def append(path: str, text: str) -> None:
    """Append to a file that only its owner can read, under a lock: parallel tasks do not mix on any file system."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(number, "ab") as file:
            os.fchmod(number, 0o600)
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(text.encode("utf-8", "replace"))
    except OSError as exc:
        raise invalid(f"{path} cannot be written: {exc.strerror}.") from exc
