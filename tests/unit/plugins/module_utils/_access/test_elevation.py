# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An elevation never stays without a word, whatever Azure answers and however late it shows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from ansible_collections.csp.azure.plugins.module_utils._access.elevation import (
    IN_DOUBT,
    Elevation,
    Patience,
    elevate,
    find,
    revoke,
)
from ansible_collections.csp.azure.plugins.module_utils._model.assignments import Assignment
from ansible_collections.csp.azure.plugins.module_utils._model.customers import Caller
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError

from ..fakes import assignment

ASSIGNMENT = assignment("/", "x", role="18d7d88d-d35e-4fb5-a5c3-7773c20a72d9")
SERVER_ERROR = AzureError("x", code="InternalServerError", status=500)
NO_ANSWER = AzureError("x", code="NoAnswer")


@dataclass
class Azure:
    """Elevates as told: ``answer`` is what the request ends with, ``shows_at`` the second at which an elevation shows, None for never."""

    answer: AzureError | None = None
    shows_at: float | None = 0
    reading: AzureError | None = None
    now: float = 0
    elevated: bool = False
    calls: list[str] = field(default_factory=list)

    caller = Caller(object_id="me", kind="user")

    def elevate(self) -> None:
        self.calls.append("elevate")
        self.elevated = self.shows_at is not None
        if self.answer:
            raise self.answer

    def assignments_of(self, scope: str, principal_id: str) -> list[Assignment]:
        if self.reading and self.now < 5:
            raise self.reading
        return [ASSIGNMENT] if self.elevated and self.now >= (self.shows_at or 0) else []

    def delete_assignment(self, assignment_id: str) -> bool:
        self.calls.append("delete")
        self.elevated = False
        return True

    @property
    def patience(self) -> Patience:
        def sleep(seconds: float) -> None:
            self.now += seconds

        return Patience(60, sleep, lambda: self.now)


def work(azure: Azure) -> Elevation:
    elevation = Elevation(azure, lambda: azure, azure.patience)
    with elevation.held():
        assert azure.elevated
    return elevation


@pytest.mark.parametrize("answer", [None, SERVER_ERROR, NO_ANSWER])
@pytest.mark.parametrize("shows_at", [0, 40])
def test_an_elevation_that_shows_is_used_and_taken_back(answer: AzureError | None, shows_at: float) -> None:
    azure = Azure(answer, shows_at)
    elevation = work(azure)
    assert elevation.stays is None
    assert not azure.elevated


@pytest.mark.parametrize("answer", [None, SERVER_ERROR])
def test_an_elevation_is_announced_before_the_work(answer: AzureError | None) -> None:
    azure = Azure(answer, 0)
    texts: list[str] = []
    elevation = Elevation(azure, lambda: azure, azure.patience, texts.append)
    with elevation.held():
        assert len(texts) == 1
        assert "csp.azure.take_back" in texts[0]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_leaves_nothing_to_take_back(status: int) -> None:
    azure = Azure(AzureError("no", code="AuthorizationFailed", status=status), shows_at=None)
    elevation = Elevation(azure, lambda: azure, azure.patience, pytest.fail)
    with pytest.raises(AzureError, match="no"), elevation.held():
        pytest.fail("the work was done")
    assert elevation.refused
    assert azure.calls == ["elevate"]
    assert azure.now == 0


@pytest.mark.parametrize("answer", [None, SERVER_ERROR, NO_ANSWER])
def test_an_elevation_that_nobody_sees_is_in_doubt(answer: AzureError | None) -> None:
    azure = Azure(answer, shows_at=1000)
    elevation = Elevation(azure, lambda: azure, azure.patience)
    with pytest.raises(AzureError) as caught, elevation.held():
        pytest.fail("the work was done")
    assert caught.value.code == IN_DOUBT
    assert not elevation.refused
    assert elevation.stays is not None


def test_an_elevation_that_shows_after_the_last_look_is_taken_back() -> None:
    azure = Azure(SERVER_ERROR, shows_at=61)
    elevation = Elevation(azure, lambda: seen_later(azure), azure.patience)
    with pytest.raises(AzureError), elevation.held():
        pytest.fail("the work was done")
    assert elevation.stays is None
    assert not azure.elevated


def seen_later(azure: Azure) -> Azure:
    azure.now = 61
    return azure


def test_a_look_that_fails_says_nothing_of_the_elevation() -> None:
    azure = Azure(reading=SERVER_ERROR)
    assert elevate(azure, azure.patience) == [ASSIGNMENT]


@pytest.mark.parametrize("failure", [AzureError("x"), KeyError("a defect"), KeyboardInterrupt()])
def test_it_is_taken_back_whatever_becomes_of_the_work(failure: BaseException) -> None:
    azure = Azure()
    elevation = Elevation(azure, lambda: azure, azure.patience)
    with pytest.raises(type(failure)), elevation.held():
        raise failure
    assert not azure.elevated


def test_all_of_an_elevation_is_removed_even_if_a_part_fails() -> None:
    azure, removed = Azure(), []

    def delete(assignment_id: str) -> bool:
        removed.append(assignment_id)
        raise AzureError("no", code="429")

    azure.delete_assignment = delete  # type: ignore[method-assign]
    with pytest.raises(AzureError, match="429"):
        revoke(azure, [ASSIGNMENT, replace(ASSIGNMENT, id="second")], azure.patience)
    assert removed == [ASSIGNMENT.id, "second"]


def test_what_cannot_be_taken_back_is_said() -> None:
    def closed() -> Azure:
        raise AzureError("no sign-in", code="AADSTS50076")

    azure = Azure()
    elevation = Elevation(azure, closed, azure.patience)
    with elevation.held():
        pass
    assert elevation.stays is not None
    assert elevation.stays.code == "AADSTS50076"


@pytest.mark.parametrize(
    ("item", "elevated"),
    [
        (ASSIGNMENT, True),
        (assignment("/", "x"), False),  # Owner at the root
        (assignment("/providers/Microsoft.Management/managementGroups/root", "x", role=ASSIGNMENT.role_id), False),
    ],
)
def test_only_user_access_administrator_at_the_root_is_an_elevation(item: Assignment, elevated: bool) -> None:
    class Lists(Azure):
        def assignments_of(self, scope: str, principal_id: str) -> list[Assignment]:
            return [item]

    assert bool(find(Lists())) == elevated


def test_a_service_principal_is_never_elevated() -> None:
    class App(Azure):
        caller = Caller(object_id="me", kind="app")

    with pytest.raises(AzureError, match="service principal"):
        find(App())
