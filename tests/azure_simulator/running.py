# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the local Azure in a process of its own and talks to it: for the first run, the tests and the benchmarks."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Azure:
    """A local Azure that is running; addresses without a trailing slash."""

    login: str
    arm: str
    graph: str
    partner_center: str
    ca: str
    pid: int

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point this collection, and anything else, at it; sign-in variables of the caller are cut off."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AZURE_", "CSP_", "ANSIBLE_AZURE"))
        }
        trust = dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"), self.ca)
        return {**kept, **trust, "AZURE_CLOUD_ENVIRONMENT": self.arm}

    def ask(self, what: str, body: Any = None, post: bool = True) -> Any:
        """Use the simulator's door: reset, forget, faults, limits, settings, approve; with post=False log, assignments, relationships."""
        data = json.dumps(body).encode() if post else None
        request = urllib.request.Request(f"{self.arm}/_simulator/{what}", data)
        with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=self.ca)) as answer:
            return json.load(answer)

    @property
    def log(self) -> list[dict[str, Any]]:
        """Every request since the last reset or forget: api, method, path, query, status."""
        return self.ask("log", post=False)

    @property
    def assignments(self) -> list[dict[str, Any]]:
        """Every role assignment there is."""
        return self.ask("assignments", post=False)

    @property
    def relationships(self) -> list[dict[str, Any]]:
        """Every delegated admin relationship, with its access assignments."""
        return self.ask("relationships", post=False)


@contextmanager
def running(directory: Path, scenario: Path | None = None) -> Iterator[Azure]:
    """A local Azure that keeps its files in the directory, stopped at the end."""
    command = [sys.executable, "-m", "tests.azure_simulator", str(directory)]
    command += ["--scenario", str(scenario)] if scenario else []
    ready = directory / "azure.json"
    ready.unlink(missing_ok=True)
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            until = time.monotonic() + 30
            while not ready.exists():
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("The local Azure did not start.")
                time.sleep(0.02)
            yield Azure(**json.loads(ready.read_text(encoding="utf-8")))
        finally:
            process.terminate()
