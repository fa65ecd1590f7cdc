# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The edge of the modules: the only place that touches AnsibleModule, exit_json and fail_json.

For internal use of csp.azure only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ._connection.debug_log import append
from ._connection.sign_in import SignIn, argument_spec, sign_in
from ._model.errors import AzureError
from ._model.lists import with_lists
from ._model.secrets import SHORTEST, masked, secrets_in

# ansible itself still runs modules on older ones.
OLDEST_PYTHON = (3, 10)


@dataclass(frozen=True)
class Arguments:
    """A module's own options and the rules between them; the sign-in options come on top, where the module signs in."""

    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: dict[str, Any] = field(default_factory=dict)
    signs_in: bool = True

    @property
    def spec(self) -> dict[str, dict[str, Any]]:
        """All options."""
        return {**(argument_spec() if self.signs_in else {}), **self.options}


def outcome(
    arguments: Arguments,
    use_case: Callable[..., dict[str, Any]],
    params: Mapping[str, Any],
    check_mode: bool,
    prompt: Callable[[str], None] | None = None,
) -> tuple[dict[str, Any], set[str]]:
    """Run a use case: its result, with ``failed`` and ``msg`` where it failed, and the secrets to keep out of it.

    A use case is called with params, check_mode and, if the module has one, the sign-in. A result of its own with ``failed`` is a failure
    that has more to show than a message. Both edges call this, the module below and the action that runs in the controller's process.
    """
    params = with_lists(params, arguments.spec)
    chosen: SignIn | None = None
    try:
        chosen = sign_in(params, prompt) if arguments.signs_in else None
        result = {"changed": False, **use_case(params, check_mode, *filter(None, [chosen]))}
    except AzureError as exc:
        result = {"changed": False, "failed": True, "msg": str(exc), "error": exc.as_dict()}
    if chosen and chosen.caller:
        result.setdefault("caller", chosen.caller)
    entries = chosen.network.trace.entries if chosen and chosen.network.trace else []
    if entries and result.get("failed") and params.get("failure_log"):
        try:
            append(params["failure_log"], "".join(entries))
            result["failure_log"] = params["failure_log"]
            result["msg"] += f"\nAll requests and answers are in {params['failure_log']}."
        except AzureError as exc:  # the reason of the failure must not be lost with it
            result["msg"] += f"\n{exc.message}"
    return result, chosen.secrets if chosen else set()


class _Module(AnsibleModule):  # type: ignore[misc]
    """Masks by itself: from 2.22 on, ansible leaves results as they are and masks only what it displays of the options."""

    params: dict[str, Any]
    no_log_values: set[str]
    secrets: Set[str] = frozenset()

    def exit_json(self, **result: Any) -> None:
        """End with success."""
        super().exit_json(**self._masked(result))

    def fail_json(self, msg: str, **result: Any) -> None:
        """End with a failure; ansible calls this, too, where it refuses the options."""
        super().fail_json(**self._masked({"msg": msg, **result}))

    def _masked(self, result: dict[str, Any]) -> dict[str, Any]:
        secrets = {*self.secrets, *secrets_in(self.argument_spec, self.params)}
        self.params = masked(self.params, secrets)  # ansible may show them as the invocation
        # Before 2.22, ansible masks these once more, short ones in the middle of words.
        self.no_log_values = {secret for secret in self.no_log_values if len(secret) >= SHORTEST}
        return masked(result, secrets)


def run(arguments: Arguments, use_case: Callable[..., dict[str, Any]]) -> None:
    """Be an ordinary module."""
    module = _Module(argument_spec=arguments.spec, supports_check_mode=True, **arguments.rules)
    if sys.version_info < OLDEST_PYTHON:
        module.fail_json(msg=f"csp.azure needs Python 3.10 or newer; {sys.executable} is {sys.version.split()[0]}.")
    result, module.secrets = outcome(arguments, use_case, module.params, module.check_mode)
    if not module._diff:  # pylint: disable=protected-access  # ansible has no public name for it
        result.pop("diff", None)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)
