# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of each Azure cloud, named or described by a resource manager's metadata.

For internal use of csp.azure only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._model.errors import AzureError, invalid
from .responses import error_in
from .sdk_errors import translated
from .transport import Network

try:
    from azure.core import PipelineClient
    from azure.core.rest import HttpRequest
except ImportError:
    pass  # the sign-in comes first and says so


@dataclass(frozen=True)
class Cloud:
    """Base addresses without a trailing slash; ``audience`` is what an ARM token is issued for.

    ``partner_center`` is empty where a cloud has none.
    """

    resource_manager: str
    audience: str
    authority: str
    graph: str
    partner_center: str = ""


CLOUDS = {
    "AzureCloud": Cloud(
        resource_manager="https://management.azure.com",
        audience="https://management.azure.com",
        authority="https://login.microsoftonline.com",
        graph="https://graph.microsoft.com",
        partner_center="https://api.partnercenter.microsoft.com",
    ),
    "AzureUSGovernment": Cloud(
        resource_manager="https://management.usgovcloudapi.net",
        audience="https://management.usgovcloudapi.net",
        authority="https://login.microsoftonline.us",
        graph="https://graph.microsoft.us",
        partner_center="https://api.partnercenter.microsoft.com",
    ),
    "AzureChinaCloud": Cloud(
        resource_manager="https://management.chinacloudapi.cn",
        audience="https://management.chinacloudapi.cn",
        authority="https://login.chinacloudapi.cn",
        graph="https://microsoftgraph.chinacloudapi.cn",
        partner_center="https://partner.partnercenterapi.microsoftonline.cn",
    ),
}

# The last version whose answer has the Graph endpoint and is one object.
METADATA_API = "2022-09-01"

# Metadata of other clouds that this process has read, by the address of their resource manager.
_described: dict[str, Cloud] = {}


def check_name(name: str) -> None:
    """Refuse what is neither a cloud's name nor an https address."""
    if name not in CLOUDS and not name.startswith("https://"):
        raise invalid(
            f"cloud_environment {name!r} is not a cloud.",
            f"Give one of {', '.join(CLOUDS)} or the https address of a resource manager.",
        )


def cloud(name: str, network: Network) -> Cloud:
    """The cloud of that name, or the one that the resource manager at this address describes."""
    if name in CLOUDS:
        return CLOUDS[name]
    url = name.rstrip("/")
    if url not in _described:
        _described[url] = _from_metadata(url, network)
    return _described[url]


def _from_metadata(url: str, network: Network) -> Cloud:
    client: PipelineClient[Any, Any] = PipelineClient(url, policies=[network.retries()], transport=network.transport())
    with translated(f"read the metadata of the cloud at {url}"), client:
        response = client.send_request(HttpRequest("GET", f"{url}/metadata/endpoints?api-version={METADATA_API}"))
        if response.status_code != 200:
            raise error_in(response.status_code, response.headers, response.text())
        try:
            return _parse(response.json())
        except (ValueError, LookupError, TypeError, AttributeError) as exc:
            raise AzureError(
                f"{url} does not describe an Azure cloud.",
                code="NotACloud",
                hint="Check cloud_environment: it has to be the address of a resource manager.",
            ) from exc


def _parse(data: Any) -> Cloud:
    """``/metadata/endpoints`` as Azure writes it: one object, in some versions in a list, slashes at the end or not."""
    described = data[0] if isinstance(data, list) else data
    return Cloud(
        resource_manager=described["resourceManager"].rstrip("/"),
        audience=described["authentication"]["audiences"][0].rstrip("/"),
        authority=described["authentication"]["loginEndpoint"].rstrip("/"),
        graph=described["microsoftGraphResourceId"].rstrip("/"),
        # Azure's own metadata does not know Partner Center; the local Azure of the tests does.
        partner_center=described.get("partnerCenter", "").rstrip("/"),
    )
