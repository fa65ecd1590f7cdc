# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-process edge of the modules. For internal use of csp.azure only.

Where the target of a task is the controller itself, the module's use case runs inside ansible's worker process, or in one process for all
hosts, which saves a new Python per task. What an action imports is paid once per run, because ansible loads it before it makes its workers.
"""

from __future__ import annotations

import gc
import importlib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from types import ModuleType
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils._connection import sign_in as _auth
from ..module_utils._connection.transport import ca_bundle, trust
from ..module_utils._model.errors import AzureError
from ..module_utils._model.secrets import masked, secrets_in
from ..module_utils._module import outcome
from ._worker import work_there

# What the SDKs load only with their first request, by the library whose users need it: loaded before ansible forks, it is paid once.
_LATE = {
    "azure.core": ("azure.core.rest._requests_basic", "encodings.utf_8_sig", "netrc"),
    "msal": ("msal_extensions",),
    "httpx": ("httpcore", "anyio._backends._asyncio", "h2.connection"),
}


# With fewer hosts, the shared process saves less than a second of CPU time, and its crash would fail all that are under way.
MANY_HOSTS = 20


class InProcess(ActionBase):
    """Runs the use case of ``module``, or hands the task over to the module itself."""

    module: ModuleType
    # Whether the shared process may do the work of many hosts.
    shares = True
    _requires_connection = False

    def __init_subclass__(cls) -> None:
        for library, names in _LATE.items():
            for name in names if library in sys.modules else ():
                with suppress(ImportError):  # another version keeps it elsewhere: then the first request loads it
                    importlib.import_module(name)
        with suppress(AzureError):  # a bundle that is not there: the task says so
            if _auth.HAS_AZURE_IDENTITY:
                trust(ca_bundle())

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of the task, the same on both edges."""
        task_vars = task_vars or {}
        here = self._in_process(task_vars)
        result = self._run_here(tmp, task_vars) if here else self._hand_over(task_vars)
        self.done(result, task_vars)
        return result

    @classmethod
    def work(
        cls, name: str, args: dict[str, Any], check_mode: bool, diff: bool, say: Callable[[str], None]
    ) -> dict[str, Any]:
        """What becomes of a task called ``name`` with these arguments; ``say`` shows a text to the user."""
        arguments = cls.module.ARGUMENTS
        checked = ArgumentSpecValidator(arguments.spec, **arguments.rules).validate(args)
        secrets = secrets_in(arguments.spec, checked.validated_parameters)
        if checked.error_messages:
            result: dict[str, Any] = {"failed": True, "msg": _refusal(name, checked.errors[0])}
        else:
            params = cls.prepare(checked.validated_parameters, say)
            result, more = outcome(arguments, cls.module.use_case, params, check_mode, say)
            secrets |= more
        if not diff:
            result.pop("diff", None)
        return masked(result, secrets)

    @classmethod
    def prepare(cls, options: dict[str, Any], say: Callable[[str], None]) -> dict[str, Any]:
        """For actions that know more than the task; these are its options as the use case gets them."""
        return options

    def done(self, result: dict[str, Any], task_vars: Mapping[str, Any]) -> None:
        """For actions that have more to do with a result."""

    def _run_here(self, tmp: None, task_vars: dict[str, Any]) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        asked = {"name": self._task.action, "args": _plain(self._task.args)}
        asked |= {"check_mode": self._task.check_mode, "diff": self._task.diff}
        explain = partial(Display().vvv, host=str(task_vars.get("inventory_hostname")))
        reason = self._reason_to_work_alone(task_vars)
        if reason:
            explain(f"csp.azure: this task uses no shared process: {reason}.")
        there = None if reason else work_there(type(self).__module__, asked, Display().display, explain)
        return {**result, **(self._work_here(asked) if there is None else there)}

    def _reason_to_work_alone(self, task_vars: Mapping[str, Any]) -> str:
        """Why the shared process is not for this task; empty if it is."""
        hosts = len(task_vars.get("ansible_play_hosts_all", ()))
        wanted = self._flag("csp_azure_worker", task_vars)
        if not self.shares:
            return "its input is larger than its work"
        if sys.platform == "darwin":
            return "a forked process must not use the network libraries of macOS"
        if wanted is False:
            return "csp_azure_worker is false"
        if hosts < (MANY_HOSTS if wanted is None else 2):
            return f"it pays from {MANY_HOSTS} hosts on, and the play has {hosts}"
        if self._task_environment():
            return "the task has an environment of its own"
        return "the task has a timeout of its own" if self._task.timeout else ""

    def _work_here(self, asked: dict[str, Any]) -> dict[str, Any]:
        # This process is a fork that ends with the task. Collecting garbage would touch, and so copy, all that it shares with ansible.
        gc.freeze()
        with _environment(self._task_environment()), _silence():
            return self.work(**asked, say=Display().display)

    def _in_process(self, task_vars: Mapping[str, Any]) -> bool:
        """Whether the target is this very process's machine and user, and its Python has what the modules need."""
        return (
            self._connection.transport == "local"
            and not self._play_context.become
            and not self._task.async_val
            and self._flag("csp_azure_in_process", task_vars) is not False
            and _auth.HAS_AZURE_IDENTITY
        )

    def _flag(self, name: str, task_vars: Mapping[str, Any]) -> bool | None:
        """A variable of the user's that is true or false, None where it is not set."""
        value = self._templar.template(task_vars.get(name))
        if value in (None, ""):
            return None
        try:
            return bool(boolean(value))
        except TypeError as exc:
            raise AnsibleActionFail(f"{name}: {exc}") from exc

    def _hand_over(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        if self._connection.transport == "local":
            self._task.args = {name: self._absolute(name, value) for name, value in self._task.args.items()}
        normal = self._shared_loader_obj.action_loader.get(
            "ansible.legacy.normal",
            task=self._task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        return normal.run(task_vars=task_vars)

    def _absolute(self, name: str, value: Any) -> Any:
        """A path as it is meant: relative to where ansible was called. A module starts in the folder of the playbook."""
        if self.module.ARGUMENTS.spec.get(name, {}).get("type") != "path" or not isinstance(value, str) or not value:
            return value
        return os.path.abspath(os.path.expanduser(value))

    def _task_environment(self) -> dict[str, str]:
        """What ``environment:`` sets for the task; ansible gives it to modules, but not to actions."""
        told: dict[str, Any] = {}
        self._compute_environment_string(told)
        return {name: str(value) for name, value in told.items()}


def _refusal(name: str, error: Exception) -> str:
    """What AnsibleModule says of options that it refuses."""
    return f"Unsupported parameters for ({name}) module: {error}" if isinstance(error, UnsupportedError) else str(error)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables for this process, and put back what was there: a loop runs its items in one process."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep the SDKs' own logging out of ansible's log, which is the log of this very process."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _plain(value: Any) -> Any:
    """The value as a module would get it, over JSON: without ansible's marks, vaulted text in clear."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
