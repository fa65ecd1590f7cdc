# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificate authorities TLS connections trust: one answer for ARM, Entra and Graph, whose HTTP libraries each read other variables.

For internal use of csp.azure only.
"""

from __future__ import annotations

import os
import ssl
from functools import lru_cache

from .._model.errors import invalid

try:
    from requests.utils import DEFAULT_CA_BUNDLE_PATH
    from urllib3.util.ssl_ import create_urllib3_context
except ImportError:
    pass  # the sign-in comes first and reports it


def authorities_variable() -> str | None:
    """The first of the standard variables that names certificate authorities; None for the default ones."""
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
    return next((name for name in names if os.environ.get(name)), None)


def ca_bundle() -> str | None:
    """The file or folder of certificate authorities that the environment names, None for the default ones."""
    name = authorities_variable()
    path = os.environ[name] if name else None
    if path and not os.path.exists(path):
        raise invalid(f"{name}: there is no {path}.")
    return path


@lru_cache
def ssl_context(bundle: str | None) -> ssl.SSLContext:
    """The context of all TLS connections: it trusts the authorities of `ca_bundle`, else those of certifi, as requests does.

    Reading them takes 40 ms of CPU, more than all requests of a customer: once for all connections, and for all tasks where ansible forks.
    """
    context = create_urllib3_context()
    try:
        context.load_verify_locations(
            **{"capath" if bundle and os.path.isdir(bundle) else "cafile": bundle or DEFAULT_CA_BUNDLE_PATH}
        )
    except (ssl.SSLError, OSError) as exc:
        raise invalid(
            f"The certificate authorities of {bundle or DEFAULT_CA_BUNDLE_PATH} cannot be read: {exc}."
        ) from exc
    return context
