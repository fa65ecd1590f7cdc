# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The edge of the modules: the only place that touches AnsibleModule, exit_json and fail_json.

For internal use of csp.azure only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ._connection.debug_log import append
from ._connection.identities import Identities, Prompt, identities
from ._connection.options import argument_spec
from ._model.errors import AzureError
from ._model.lists import with_lists
from ._model.secrets import SHORTEST, masked, secrets_in
from ._model.types import ArgumentSpec, Options, Result

OLDEST_PYTHON = (3, 10)
# Called with the options, check mode and, for modules that sign in, the identities.
UseCase = Callable[..., Result]


@dataclass(frozen=True)
class Arguments:
    """A module's own options and the rules between them; a module that signs in gets the sign-in options, too.

    ``partner`` is for modules that use the partner's identity beside the customer's, ``as_partner`` for those that act in the partner's tenant:
    both have the option ``partner``, and only the former use the variables ``CSP_PARTNER_*`` without it.
    """

    options: ArgumentSpec = field(default_factory=dict)
    rules: Options = field(default_factory=dict)
    signs_in: bool = True
    partner: bool = False
    as_partner: bool = False

    @property
    def spec(self) -> ArgumentSpec:
        """All options."""
        sign_in = argument_spec() if self.signs_in else {}
        partner: ArgumentSpec = {"partner": {"type": "dict", "options": argument_spec()}}
        return {**sign_in, **(partner if self.partner or self.as_partner else {}), **self.options}


def run_use_case(
    arguments: Arguments, use_case: UseCase, params: Options, check_mode: bool, prompt: Prompt | None = None
) -> tuple[Result, set[str]]:
    """Run a use case: its result, with ``failed`` and ``msg`` if it failed, and the secrets to mask in it.

    A use case fails with AzureError, or with a result of its own that has ``failed`` and more than a message to show. Such a result may
    have ``findings: true``: then it reports findings, and nothing that Microsoft Support would need a log of. Both edges call this: `run`
    for a module, and the action that runs in the controller's process.
    """
    options = with_lists(params, arguments.spec)
    signed_in: Identities | None = None
    try:
        if arguments.signs_in:
            signed_in = identities(options, prompt, arguments.partner, bool(options.get("failure_log")))
        result = {"changed": False, **use_case(options, check_mode, *filter(None, [signed_in]))}
    except AzureError as exc:
        result = {"changed": False, **exc.as_result()}
    findings = result.pop("findings", False)
    if signed_in is None:
        return result, set()
    caller = signed_in.customer.caller
    if caller:
        result.setdefault("caller", caller.as_dict())
    if result.get("failed") and not findings and options.get("failure_log"):
        result.update(_with_failure_log(result, str(options["failure_log"]), signed_in))
    return result, signed_in.secrets


def _with_failure_log(result: Result, path: str, signed_in: Identities) -> Result:
    """Write the requests of a failed task to a file for Microsoft Support; the keys that say so."""
    log = signed_in.customer.network.log
    if log is None or not log.entries:
        return {}
    try:
        append(path, "".join(log.entries))
    except AzureError as exc:  # the reason of the failure must not be lost with it
        return {"msg": f"{result['msg']}\n{exc.message}"}
    return {"failure_log": path, "msg": f"{result['msg']}\nAll requests and responses are in {path}."}


class _Module(AnsibleModule):  # type: ignore[misc]
    """Masks by itself: from 2.22 on, ansible leaves results as they are, and masks only the options that it displays."""

    params: dict[str, Any]
    no_log_values: set[str]
    secrets: Set[str] = frozenset()

    def exit_json(self, **result: Any) -> None:
        """End with success."""
        super().exit_json(**self._masked(result))

    def fail_json(self, msg: str, **result: Any) -> None:
        """End with a failure; ansible calls this, too, when it rejects the options."""
        super().fail_json(**self._masked({"msg": msg, **result}))

    def end(self, result: Result, secrets: set[str]) -> None:
        """End as the result says."""
        self.secrets = secrets
        if not self._diff:
            result.pop("diff", None)
        if result.pop("failed", False):
            self.fail_json(**result)
        self.exit_json(**result)

    def _masked(self, result: Result) -> Result:
        secrets = {*self.secrets, *secrets_in(self.argument_spec, self.params)}
        self.params = masked(self.params, secrets)  # ansible may show them as the invocation
        # Before 2.22, ansible masks these once more, short ones in the middle of words.
        self.no_log_values = {secret for secret in self.no_log_values if len(secret) >= SHORTEST}
        return masked(result, secrets)


def run(arguments: Arguments, use_case: UseCase) -> None:
    """Run a use case as an ordinary module."""
    module = _Module(argument_spec=arguments.spec, supports_check_mode=True, **arguments.rules)
    if sys.version_info < OLDEST_PYTHON:
        module.fail_json(msg=f"csp.azure needs Python 3.10 or newer; {sys.executable} is {sys.version.split()[0]}.")
    module.end(*run_use_case(arguments, use_case, module.params, module.check_mode))
