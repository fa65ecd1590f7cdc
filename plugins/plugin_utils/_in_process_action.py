# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-process edge of the modules. For internal use of csp.azure only.

If the target of a task is the controller itself, the module's use case runs inside ansible's own worker process, or in one worker for all hosts,
which saves a new Python per task. What an action imports is paid for once a run, because ansible loads it before it forks.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils._connection.credentials import HAS_AZURE_IDENTITY
from ..module_utils._model.secrets import masked, secrets_in
from ..module_utils._model.types import ArgumentSpec, Options, Result
from ..module_utils._module import run_use_case
from ._preload import preload
from ._role_variables import misspelled
from ._sdk_logging import silenced
from ._worker import run_in_worker

# From so many hosts on, the worker pays.
MANY_HOSTS = 20
Variables = Mapping[str, Any]


class InProcessAction(ActionBase):  # type: ignore[misc]
    """Runs the use case of ``module``, or hands the task over to the module itself."""

    module: ModuleType
    _requires_connection = False

    def __init_subclass__(cls) -> None:
        preload()

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> Result:
        """The result of the task, the same on both edges."""
        variables = task_vars or {}
        error = misspelled(self._task._role, variables)
        if error:
            return self.completed(error.as_result(), variables)
        if not self._runs_here(variables):
            return self.completed(self._hand_over(variables), variables)
        base = super().run(tmp, task_vars)
        return {**base, **self.completed(self._run_here(variables), variables)}

    @classmethod
    def execute(
        cls, name: str, args: Options, check_mode: bool, diff: bool, display: Callable[[str], None], **injected: Any
    ) -> Result:
        """The result of a task called ``name`` with these arguments; ``display`` shows a text to the user, ``injected`` goes to the use case."""
        arguments = cls.module.ARGUMENTS
        validation = ArgumentSpecValidator(arguments.spec, **arguments.rules).validate(args)
        secrets = secrets_in(arguments.spec, validation.validated_parameters)
        if validation.error_messages:
            result: Result = {"failed": True, "msg": _rejection(name, validation.errors[0])}
        else:
            options = cls.prepare(validation.validated_parameters, display)
            use_case = partial(cls.module.use_case, **injected, **cls.shared(options))
            result, more = run_use_case(arguments, use_case, options, check_mode, display)
            secrets |= more
        if not diff:
            result.pop("diff", None)
        return masked(result, secrets)

    @classmethod
    def prepare(cls, options: Options, display: Callable[[str], None]) -> Options:
        """The options as the use case gets them, for actions that know more than the task."""
        return options

    @classmethod
    def shared(cls, options: Options) -> dict[str, Any]:
        """Further arguments of the use case, for actions that share something with other tasks of the run."""
        return {}

    def completed(self, result: Result, variables: Variables) -> Result:
        """The result, for actions that add to it or keep it."""
        return result

    def _run_here(self, variables: Variables) -> Result:
        explain = partial(Display().vvv, host=str(variables.get("inventory_hostname")))
        reason = self._reason_against_worker(variables)
        if reason:
            explain(f"csp.azure: this task uses no worker: {reason}.")
        else:
            result = run_in_worker(type(self).__module__, self._request(), Display().display, explain)
            if result is not None:
                return result
        return self._execute_here()

    def _execute_here(self, **injected: Any) -> Result:
        """Execute the task in this process, a fork that ends with it; ``injected`` goes to the use case."""
        with _environment(self._task_environment()), silenced():
            return self.execute(**self._request(), display=Display().display, **injected)

    def _request(self) -> dict[str, Any]:
        """The task as `execute` takes it."""
        args, check_mode, diff = plain(self._task.args), self._task.check_mode, self._task.diff
        return {"name": self._task.action, "args": args, "check_mode": check_mode, "diff": diff}

    def _reason_against_worker(self, variables: Variables) -> str:
        """Why this task does not use the worker; empty if it does."""
        hosts = len(variables.get("ansible_play_hosts_all", ()))
        wanted = self._flag("csp_azure_worker", variables)
        if sys.platform == "darwin":
            return "a forked process must not use the network libraries of macOS"
        if wanted is False:
            return "csp_azure_worker is false"
        if hosts < (MANY_HOSTS if wanted is None else 2):
            return f"it pays from {MANY_HOSTS} hosts on, and the play has {hosts}"
        if self._task_environment():
            return "the task has an environment of its own"
        return "the task has a timeout of its own" if self._task.timeout else ""

    def _runs_here(self, variables: Variables) -> bool:
        """Whether the target is this process's machine and user, and its Python has what the modules need."""
        return (
            self._connection.transport == "local"
            and not self._play_context.become
            and not self._task.async_val
            and self._flag("csp_azure_in_process", variables) is not False
            and HAS_AZURE_IDENTITY
        )

    def _flag(self, name: str, variables: Variables) -> bool | None:
        """A boolean variable of the user's, None if it is not set."""
        value = self._templar.template(variables.get(name))
        if value in (None, ""):
            return None
        try:
            return bool(boolean(value))
        except TypeError as exc:
            raise AnsibleActionFail(f"{name}: {exc}") from exc

    def _hand_over(self, variables: Variables) -> Result:
        if self._connection.transport == "local":
            self._task.args = _with_absolute_paths(self._task.args, self.module.ARGUMENTS.spec)
        normal = self._shared_loader_obj.action_loader.get(
            "ansible.legacy.normal",
            task=self._task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        return normal.run(task_vars=variables)

    def _task_environment(self) -> dict[str, str]:
        """The variables that ``environment:`` sets for the task; ansible passes them to modules, but not to actions."""
        variables: dict[str, Any] = {}
        self._compute_environment_string(variables)
        return {name: str(value) for name, value in variables.items()}


def _with_absolute_paths(args: Mapping[str, Any], spec: ArgumentSpec) -> Options:
    """The options with paths relative to where ansible was called made absolute: a module starts in the folder of the playbook."""

    def absolute(value: Any, option: Mapping[str, Any]) -> Any:
        if option.get("type") == "path" and isinstance(value, str) and value:
            return os.path.abspath(os.path.expanduser(value))
        if "options" in option and isinstance(value, Mapping):
            return _with_absolute_paths(value, option["options"])
        return value

    return {name: absolute(value, spec.get(name, {})) for name, value in args.items()}


def _rejection(name: str, error: Exception) -> str:
    """AnsibleModule's words for options that it rejects."""
    return f"Unsupported parameters for ({name}) module: {error}" if isinstance(error, UnsupportedError) else str(error)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables for this process, and restore them: a loop runs its items in one process."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def plain(value: Any) -> Any:
    """The value as a module receives it, as JSON: without ansible's tags, vaulted text in clear."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
