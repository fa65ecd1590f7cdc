# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grants, and the groups that they name."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._access.grants import Grant, find_group, resolve
from ansible_collections.csp.azure.plugins.module_utils._model.customers import Caller, Group
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._model.scopes import parse

from ..fakes import AGENTS, GROUP, SUB

HELPDESK = "065b0bfc-0000-4000-8000-000000000002"


class Directory:
    caller = Caller("the partner")

    def __init__(self, **groups: str) -> None:
        self.known, self.names = groups, list[str]()

    def groups(self, name: str) -> list[Group]:
        self.names.append(name)
        return [Group(self.known[name], name, security_enabled=True)] if name in self.known else []


def grant(**more: Any) -> dict[str, Any]:
    return {"principal_id": None, "group": None, "role": "Owner", "scopes": [SUB], **more}


def resolved(*grants: dict[str, Any], groups: dict[str, str] | None = None, directory: Directory | None = None) -> Any:
    opened: list[str] = []

    def open_directory(group: str) -> Directory:
        opened.append(group)
        assert directory, "nobody had to look up a group"
        return directory

    result = resolve({"grants": list(grants), "groups": groups or {}}, open_directory)
    assert len(opened) <= 1
    return result


def test_ids_need_no_directory() -> None:
    result = resolved(
        grant(principal_id=AGENTS.upper()),
        grant(group="HelpdeskAgents", scopes=["all"]),
        groups={"HelpdeskAgents": HELPDESK},
    )
    assert result.grants == (Grant((parse(SUB),), AGENTS, "Owner"), Grant((), HELPDESK, "Owner", "HelpdeskAgents"))
    assert result.everywhere
    assert result.principal_ids == {HELPDESK}
    assert not resolved(grant(principal_id=AGENTS)).everywhere
    assert not resolved().everywhere


def test_each_name_is_looked_up_once_and_one_directory_opened() -> None:
    directory = Directory(AdminAgents=AGENTS, HelpdeskAgents=HELPDESK)
    result = resolved(
        grant(group="AdminAgents"),
        grant(group="HelpdeskAgents"),
        grant(group="AdminAgents", scopes=[GROUP]),
        directory=directory,
    )
    assert directory.names == ["AdminAgents", "HelpdeskAgents"]
    assert [item.principal_id for item in result.grants] == [AGENTS, HELPDESK, AGENTS]
    assert result.groups == {"AdminAgents": AGENTS, "HelpdeskAgents": HELPDESK}


@pytest.mark.parametrize(
    ("wrong", "groups", "message"),
    [
        ({}, {}, "either principal_id or group"),
        ({"principal_id": AGENTS, "group": "AdminAgents"}, {}, "either principal_id or group"),
        ({"principal_id": "x"}, {}, "not an object ID"),
        ({"group": "AdminAgents"}, {"AdminAgents": "x"}, "not an object ID"),
        ({"principal_id": AGENTS, "scopes": ["x"]}, {}, "not a scope"),
    ],
)
def test_wrong_options_are_rejected_before_the_first_request(wrong: Any, groups: Any, message: str) -> None:
    with pytest.raises(AzureError, match=message):
        resolved(grant(group="Unknown"), grant(**wrong), groups=groups)


def test_a_group_that_cannot_be_found_is_named() -> None:
    with pytest.raises(
        AzureError, match=r"The group 'Nobody' could not be looked up.*the partner has no security group"
    ) as caught:
        resolved(grant(group="Nobody"), directory=Directory())
    assert caught.value.code == "GroupNotFound"


def test_a_name_must_be_unique_among_security_groups() -> None:
    class Many(Directory):
        def groups(self, name: str) -> list[Group]:
            return [
                Group("a", name, mail_nickname="A", security_enabled=True),
                Group("b", name, security_enabled=None),
                Group("c", name, mail_nickname="C", security_enabled=True),
            ]

    with pytest.raises(AzureError, match=r"2 security groups are called 'x': a \(A\), c \(C\)"):
        find_group(Many(), "x")
