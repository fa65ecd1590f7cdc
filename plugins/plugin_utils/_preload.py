# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads, once for all hosts, what the SDKs would load at their first request. For internal use of csp.azure only.

These names are not public. A version that keeps them elsewhere loads them later, at a cost of some milliseconds for each host; a test says so.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from contextlib import suppress

from ..module_utils._connection.authorities import ca_bundle, ssl_context
from ..module_utils._connection.credentials import HAS_AZURE_IDENTITY
from ..module_utils._model.errors import AzureError

LATE_IMPORTS = {
    "azure.core": ("azure.core.rest._requests_basic", "encodings.utf_8_sig", "netrc"),
    "msal": ("msal_extensions",),
    "httpx": ("httpcore",),
}

# A fork shares ansible's memory, which grows with each host. Collecting garbage there copies all of it. A task starts too late to prevent that: ansible's
# own code runs first in the fork.
os.register_at_fork(after_in_child=gc.freeze)


def preload() -> None:
    """Load the late imports of the libraries that are in use, and the certificate authorities."""
    for library, names in LATE_IMPORTS.items():
        for name in names if library in sys.modules else ():
            with suppress(ImportError):
                importlib.import_module(name)
    with suppress(AzureError):  # a bundle that does not exist: the task reports it
        if HAS_AZURE_IDENTITY:
            ssl_context(ca_bundle())
    # All this stays until ansible ends. Otherwise each collection would look at it, and copy it in each of thousands of forks.
    gc.freeze()
