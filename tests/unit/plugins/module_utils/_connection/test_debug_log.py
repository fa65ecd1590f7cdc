# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the log tells and what it hides."""

from __future__ import annotations

import base64
import stat
import time
from pathlib import Path

import pytest

from ansible_collections.csp.azure.plugins.module_utils._connection.debug_log import DebugLog, append
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError

TENANT = "22222222-2222-4222-8222-222222222222"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJ0aWQiOiIyMiJ9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("sent", "got"),
    [
        (({"Authorization": "Bearer s3cret"}, ""), (200, {"Set-Cookie": "s3cret"}, "")),
        (({}, f"grant_type=x&client_secret=s3cret&tenant={TENANT}"), (200, {}, "")),
        (({}, "client_secret=s%33cret-in-other-clothes&scope=x"), (200, {}, "")),
        (({}, f"client_assertion={TOKEN}"), (200, {}, f'{{"access_token": "{TOKEN}"}}')),
        (({}, ""), (200, {}, '{"refresh_token": "0.AXoA-in-other-clothes-s3cretx"}')),
        (({}, ""), (403, {"X-Echo": TOKEN}, "you sent s3cret")),
    ],
)
def test_secrets_are_masked(sent: tuple, got: tuple) -> None:
    log = DebugLog({"s3cret"})
    log.note("POST", f"https://login.example/{TENANT}?x=s3cret", sent, got, time.monotonic())
    [entry] = log.entries
    assert "s3cret" not in entry
    assert "other-clothes" not in entry
    assert "eyJ" not in entry
    assert TENANT in entry
    assert "********" in entry


SECRET = 'sécret~" one'
BASIC = (f"{TENANT}:{SECRET}", f"{TENANT}:s%C3%A9cret~%22+one")


@pytest.mark.parametrize(
    "body",
    [
        "x=s%C3%A9cret~%22+one&scope=x",
        "x=s%c3%a9cret%7e%22+one&scope=x",
        '{"message": "you sent s\\u00e9cret~\\" one"}',
        '{"message": "you sent s\\u00E9cret~\\u0022 one"}',
        *(f"Basic {base64.b64encode(text.encode()).decode()}" for text in BASIC),
    ],
)
def test_secrets_are_masked_in_every_encoding(body: str) -> None:
    log = DebugLog({SECRET})
    log.note("POST", "https://login.example", ({}, body), (400, {}, body), time.monotonic())
    [entry] = log.entries
    assert body not in entry
    assert entry.count("********") == 2


def test_a_short_secret_leaves_words_alone() -> None:
    log = DebugLog({"s"})
    log.note("POST", "https://login.example", ({}, "client_secret=s&scope=x"), (200, {}, "es"), time.monotonic())
    [entry] = log.entries
    assert "> client_secret=********&scope=x\n< es\n" in entry


def test_what_support_needs_is_there() -> None:
    log = DebugLog(set())
    body = '{"error": {"code": "InvalidAuthenticationTokenTenant", "message": "Principal 065b0bfc00004000 does not exist"}}'
    log.note(
        "PUT",
        "https://arm/x",
        ({"Accept": "json"}, '{"a": 1}'),
        (400, {"x-ms-request-id": "abc"}, body),
        time.monotonic() - 1,
    )
    [entry] = log.entries
    first, *rest = entry.splitlines()
    assert first.split()[1:5] == ["PUT", "https://arm/x", "->", "400"]
    assert 1000 <= int(first.split()[6]) < 2000
    assert rest == ["> Accept: json", '> {"a": 1}', "< x-ms-request-id: abc", f"< {body}", ""]


def test_the_file_is_its_owners_only_and_grows(tmp_path: Path) -> None:
    path = tmp_path / "debug.log"
    path.write_text("before\n")
    path.chmod(0o644)
    log = DebugLog(set(), str(path))
    for _time in range(2):
        log.note("GET", "https://arm", ({}, ""), (200, {}, ""), time.monotonic())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith("before\n")
    assert path.read_text().count("GET https://arm") == 2


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(AzureError, match="cannot be written"):
        append(str(tmp_path / "no" / "debug.log"), "x")
