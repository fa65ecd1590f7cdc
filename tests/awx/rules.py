# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX 24.6.1 refuses, and what it makes of a credential for a job: observed on a server."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import StrictUndefined, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FORBIDDEN = {
    "PATH",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "JOB_ID",
    "INVENTORY_ID",
    "AWX_HOST",
    "PROJECT_REVISION",
    "CACHE",
    "REST_API_URL",
}
_TYPES = {"text", "textarea", "password", "multiplechoice", "multiselect", "integer", "float"}


class Refused(Exception):
    """AWX answers 400."""


def _refuse(wrong: bool, reason: str) -> None:
    if wrong:
        raise Refused(reason)


def check_credential_type(item: Mapping[str, Any]) -> None:
    """What AWX looks at in a credential type."""
    if item.get("managed"):
        return
    fields = item["inputs"]["fields"]
    names = [field["id"] for field in fields]
    _refuse(item["kind"] not in ("cloud", "net"), "kind")
    _refuse(len(set(names)) < len(names), "duplicate ids")
    for field in fields:
        _refuse(not _NAME.fullmatch(field["id"]), f"id {field['id']}")
        _refuse(field.get("type", "string") not in ("string", "boolean"), f"type of {field['id']}")
        _refuse(field.get("format") not in (None, "ssh_private_key", "url"), f"format of {field['id']}")
        unknown = set(field) - {
            "id",
            "label",
            "type",
            "format",
            "secret",
            "multiline",
            "help_text",
            "default",
            "choices",
        }
        _refuse(bool(unknown), f"{unknown} of {field['id']}")
    injectors = item["injectors"]
    _refuse(not any(injectors.values()), "empty injectors: !unsafe belongs on each text, not on the mapping")
    files = injectors.get("file", {})
    _refuse("template" in files and len(files) > 1, "template and template.x")
    known = {*names, "tower"}
    for name, text in [*injectors.get("env", {}).items(), *files.items(), *injectors.get("extra_vars", {}).items()]:
        used = meta.find_undeclared_variables(ImmutableSandboxedEnvironment().parse(text))
        _refuse(not used <= known, f"{name} uses undefined {used - known}")
    for name in injectors.get("env", {}):
        _refuse(not _NAME.fullmatch(name) or name in _FORBIDDEN or name.startswith("ANSIBLE_"), f"env {name}")


def check_survey(survey: Mapping[str, Any]) -> None:
    """What AWX looks at in a survey, and two mistakes that it lets pass: names that are no variables, and defaults out of range."""
    _refuse(not survey.get("name") or "description" not in survey, "name and description")
    variables = [question["variable"] for question in survey["spec"]]
    _refuse(len(set(variables)) < len(variables), "duplicate variables")
    for question in survey["spec"]:
        variable, kind, default = question["variable"], question["type"], question.get("default")
        _refuse(not _NAME.fullmatch(variable), f"variable {variable}")
        _refuse(kind not in _TYPES, f"type of {variable}")
        _refuse(
            kind == "integer" and default not in (None, "") and not isinstance(default, int), f"default of {variable}"
        )
        _refuse(kind == "multiplechoice" and default not in question["choices"], f"default of {variable}")
        _refuse(kind == "multiselect" and not isinstance(default, str), f"default of {variable}")


def injected(credential_type: Mapping[str, Any], inputs: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """The environment of a job, in whose folder the files are: with '' for an input that is not there, and only the first line of a text."""
    values = {field["id"]: inputs.get(field["id"], "") for field in credential_type["inputs"]["fields"]}
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    tower = SimpleNamespace(filename=SimpleNamespace())
    for name, text in credential_type["injectors"].get("file", {}).items():
        handle, path = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "w") as file:
            file.write(environment.from_string(text).render(values))
        setattr(tower.filename, name.removeprefix("template."), path)
    env = credential_type["injectors"].get("env", {})
    texts = {name: environment.from_string(text).render(values, tower=tower) for name, text in env.items()}
    return {name: text.partition("\n")[0] for name, text in texts.items()}
