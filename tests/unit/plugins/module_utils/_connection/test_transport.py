# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How requests travel: the pace, proxies, authorities and connections."""

from __future__ import annotations

import os
import ssl
import time
from pathlib import Path

import pytest
import requests

from ansible_collections.csp.azure.plugins.module_utils._connection.authorities import ca_bundle, ssl_context
from ansible_collections.csp.azure.plugins.module_utils._connection.throttle import Pace, Throttle
from ansible_collections.csp.azure.plugins.module_utils._connection.transport import (
    Deadline,
    Network,
    proxy,
)
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError

ONE = "https://arm/subscriptions/1/resourceGroups/a"
SAME = "https://arm/subscriptions/1/resourceGroups/b"
OTHER = "https://arm/subscriptions/2"


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now, self.slept = 100.0, [0.0]

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("header", "left", "requested", "slept"),
    [
        ("subscription-writes", "199", [("PUT", ONE)] * 3, []),
        ("subscription-writes", "15", [("PUT", SAME)] * 3, [0, 0.1, 0.2]),
        ("subscription-writes", "0", [("PUT", OTHER), ("GET", ONE), ("DELETE", ONE)], []),
        ("subscription-writes", "unknown", [("PUT", ONE)], []),
        ("tenant-writes", "3", [("PUT", ONE), ("PUT", ONE)], [0, 0.1]),
    ],
)
def test_few_requests_left(header: str, left: str, requested: list[tuple[str, str]], slept: list[float]) -> None:
    clock = Clock()
    throttle = Throttle(clock.sleep, clock)
    throttle.note("PUT", ONE, {f"x-ms-ratelimit-remaining-{header}": left})
    for method, url in requested:
        throttle.wait(method, url)
    assert clock.slept[1:] == slept


def test_a_bucket_that_has_refilled_is_used_again() -> None:
    clock = Clock()
    throttle = Throttle(clock.sleep, clock)
    throttle.note("GET", ONE, {"x-ms-ratelimit-remaining-subscription-reads": "2"})
    throttle.note("GET", ONE, {"x-ms-ratelimit-remaining-subscription-reads": "200"})
    throttle.wait("GET", ONE)
    assert clock.slept[1:] == []


def test_a_pace_lets_so_many_pass_each_minute() -> None:
    clock = Clock()
    pace = Pace(2, clock.sleep, clock)
    for api in ("a", "a", "b", "a", "a", "a"):
        pace.wait(api)
    assert clock.slept[1:] == [0, 0, 0, 60, 60, 120]
    clock.now += 90
    pace.wait("b")
    assert clock.slept[-1] == 0


def test_a_pause_holds_all_requests_to_the_same_api() -> None:
    clock = Clock()
    pace = Pace(500, clock.sleep, clock)
    pace.pause("a", 57)
    pace.pause("a", 3)
    for api in ("a", "b"):
        pace.wait(api)
    assert clock.slept[1:] == [57, 0]
    clock.now += 60
    pace.wait("a")
    assert clock.slept[-1] == 0


def test_no_password_of_netrc_takes_the_place_of_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "netrc"
    path.write_text("default login somebody password theirs\n")
    monkeypatch.setenv("NETRC", str(path))
    request = requests.Request("GET", ONE, headers={"Authorization": "Bearer ours"})
    assert Network(Deadline(1)).session.prepare_request(request).headers["Authorization"] == "Bearer ours"


def test_proxies_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "login")
    session = Network(Deadline(1)).session
    for url, address in ((ONE, "http://proxy:3128"), ("https://login/x", None), (ONE, "http://proxy:3128")):
        settings = session.merge_environment_settings(url, {}, False, "bundle", None)
        assert settings["proxies"].get("https") == address
        assert settings["verify"] == "bundle"


def test_authorities_are_read_once_and_count_for_all_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    context = ssl_context(None)
    assert ssl_context(ca_bundle()) is context
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.cert_store_stats()["x509_ca"] > 50
    adapter = Network(Deadline(1)).session.get_adapter(ONE)
    assert adapter.poolmanager.connection_pool_kw["ssl_context"] is context
    assert adapter.proxy_manager_for("http://proxy:3128").connection_pool_kw["ssl_context"] is context


def test_no_task_gets_connections_that_may_have_been_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 60.0)
    adapter = Network(Deadline(1)).session.get_adapter(ONE)
    monkeypatch.setattr(time, "monotonic", lambda: 89.0)
    assert Network(Deadline(1)).session.get_adapter(ONE) is adapter
    monkeypatch.setattr(time, "monotonic", lambda: 90.0)
    assert Network(Deadline(1)).session.get_adapter(ONE) is not adapter


def test_connections_are_those_of_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes that read from one connection would get each other's answers."""
    monkeypatch.setattr(time, "monotonic", lambda: 60.0)
    adapter = Network(Deadline(1)).session.get_adapter(ONE)
    assert Network(Deadline(1)).session.get_adapter(ONE) is adapter
    pid = os.fork()
    if pid == 0:
        os._exit(Network(Deadline(1)).session.get_adapter(ONE) is adapter)
    assert os.waitpid(pid, 0)[1] == 0


def test_cookies_are_those_of_one_task() -> None:
    first, second = Network(Deadline(1)).session, Network(Deadline(1)).session
    first.cookies.set("who", "first")
    assert not second.cookies


def test_a_bundle_without_certificates_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "bundle.pem"
    path.write_text("none")
    with pytest.raises(AzureError, match=r"bundle\.pem cannot be read"):
        ssl_context(str(path))


ODD = "localhost,127.0.0.1,fd00:10:96::/112,::1,[::1],.cluster.local"


@pytest.mark.parametrize(
    ("environ", "url", "address"),
    [
        ({}, "https://graph.microsoft.com/v1.0", None),
        ({"NO_PROXY": ODD}, "https://graph.microsoft.com/v1.0", None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "https://graph.microsoft.com/v1.0", "http://proxy:3128"),
        ({"HTTPS_PROXY": "proxy:3128"}, "https://graph.microsoft.com/v1.0", "http://proxy:3128"),
        ({"ALL_PROXY": "http://proxy:3128"}, "https://management.azure.com", "http://proxy:3128"),
        ({"HTTP_PROXY": "http://proxy:3128"}, "https://management.azure.com", None),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": ODD}, "https://login.x.com", "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": ODD}, "https://azure.cluster.local/x", None),
        (
            {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": f"{ODD},.microsoft.com"},
            "https://graph.microsoft.com",
            None,
        ),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "https://169.254.169.254/metadata", None),
        # What cannot be read harms nobody who does not need it.
        ({"HTTPS_PROXY": "http://[proxy", "NO_PROXY": "localhost"}, "https://localhost:8443", None),
    ],
)
def test_the_proxy_of_an_address(
    environ: dict[str, str], url: str, address: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert proxy(url) == address


@pytest.mark.parametrize(
    "value", ["http://[proxy", "http://:3128", "http://proxy:port", "http://user:s3cret@proxy:99999"]
)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_that_cannot_be_read_names_its_variable_alone(
    value: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv(variable, value)
    with pytest.raises(AzureError) as caught:
        proxy("https://graph.microsoft.com")
    assert variable in str(caught.value)
    assert value not in str(caught.value)


def test_the_endpoints_of_a_tenant_are_known_without_a_request() -> None:
    tenant = "https://nowhere.invalid/22222222-2222-4222-8222-222222222222"
    session = Network(Deadline(5)).session
    response = session.get(f"{tenant}/v2.0/.well-known/openid-configuration", stream=True)
    assert (response.status_code, response.json()["token_endpoint"]) == (200, f"{tenant}/oauth2/v2.0/token")
    with pytest.raises(requests.ConnectionError):
        session.get(f"{tenant}/v2.0/.well-known/other")
