# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A secret is masked in whatever encoding it comes back, and nothing else is."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ansible_collections.csp.azure.plugins.module_utils._model.secrets import MASK, masked, secrets_in

CLIENT = "0c1f5d6e-0000-4000-8000-000000000011"
ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "path": quote,
    "value in an address": lambda secret: quote(secret, safe=""),
    "form": quote_plus,
    "form of .NET": lambda secret: quote_plus(secret, "!*()").replace("~", "%7E"),
    "form of older .NET": lambda secret: re.sub("%..", lambda code: code[0].lower(), quote_plus(secret, "!*()")),
    "JavaScript": lambda secret: quote(secret, "!*'()"),
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON, not ASCII": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
}
# No asterisk, which the mask is made of.
LETTERS = st.characters(exclude_categories=("Cs",), exclude_characters="*")
SECRETS = st.text(LETTERS, min_size=4) | st.text("aZ0~.-_+/=%&\"'\\ é", min_size=4)
IDS = {
    "tenant": "22222222-2222-4222-8222-222222222222",
    "scopes": ["/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-1"],
    "created_on": "2026-03-01T09:30:00Z",
    "count": 12345,
    "failed": False,
    "nothing": None,
}


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def results(text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Anything that a module may return, with these texts in it."""
    leaves = st.none() | st.booleans() | st.integers() | text
    return st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@settings(deadline=None)
@given(data=st.data(), secret=SECRETS, encoding=st.sampled_from(sorted(ENCODINGS)))
def test_a_secret_is_never_seen(data: st.DataObject, secret: str, encoding: str) -> None:
    seen = ENCODINGS[encoding](secret)
    around = st.text(max_size=5)
    result = data.draw(results(st.builds(lambda before, after: f"{before}{seen}{after}", around, around)))
    for text in texts(masked(result, {secret, "another-secret"})):
        assert seen not in text
        assert MASK in text


@settings(deadline=None)
@example(client=CLIENT, secret="the-secret~", encoding="as it is")
@given(client=st.text("abc-0123:", max_size=5), secret=SECRETS, encoding=st.sampled_from(["as it is", "form"]))
def test_basic_authentication_is_masked(client: str, secret: str, encoding: str) -> None:
    """All but the identity's name, and the letters that a neighbour of the secret has a share in."""
    name = f"{client}:"
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        sent = encode((name + ENCODINGS[encoding](secret)).encode()).decode()
        left = masked(sent, {secret}).rstrip("=")
        assert MASK in left
        before, _mask, after = left.rpartition(MASK)
        assert len(before.replace(MASK, "")) <= len(name) * 8 // 6 + 1
        assert len(after) <= 1


@settings(deadline=None)
@given(SECRETS)
def test_what_holds_no_secret_stays(secret: str) -> None:
    assume(not any(secret in text for text in texts(IDS)))
    assert masked(IDS, {secret}) == IDS


def test_a_short_secret_is_masked_where_it_is_all_there_is() -> None:
    assert masked({"s": ["s", "Half a credential: secret"]}, {"s", ""}) == {"s": [MASK, "Half a credential: secret"]}


def test_the_longest_of_several_secrets_is_masked_whole() -> None:
    assert masked("the-secret-of-2026", {"the-secret", "the-secret-of-2026"}) == MASK


@pytest.mark.parametrize(
    ("params", "secrets"),
    [
        ({"password": "a", "name": "b"}, {"a"}),
        ({"password": 1234, "rows": [{"password": ["c", "d"]}, {"name": "e"}, "no row"]}, {"1234", "c", "d"}),
        ({"password": None, "rows": {"password": {"key": "f"}}}, {"f"}),
        ({"password": "", "rows": "no rows"}, set()),
    ],
)
def test_the_options_that_are_secrets(params: dict[str, Any], secrets: set[str]) -> None:
    password = {"password": {"no_log": True}, "name": {"no_log": False}}
    assert secrets_in({**password, "rows": {"options": password}}, params) == secrets
