# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps secrets out of results and logs. What ansible itself does about that differs from version to version.

For internal use of csp.azure only.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

from .types import Options

MASK = "********"
# A shorter secret is in every other word: it is masked only where it is the whole text.
SHORTEST = 4
# What Python, JavaScript and .NET leave as it is in addresses and forms, each beside letters, digits and -._~
_UNQUOTED = ("", "/", "!*()", "!*'()")
# What .NET writes as \uXXXX in JSON.
_DOTNET = re.compile(r"[\"&'+<>`\x7f-\U0010ffff]")


def secrets_in(spec: Mapping[str, Options], options: Options) -> set[str]:
    """The values of the options with ``no_log``, suboptions among them."""
    secrets: set[str] = set()
    for name, option in spec.items():
        value = options.get(name)
        if option.get("no_log"):
            secrets.update(_texts(value))
        elif option.get("options"):
            parts = value if isinstance(value, list) else [value]
            secrets = secrets.union(
                *(secrets_in(option["options"], part) for part in parts if isinstance(part, Mapping))
            )
    return secrets


def masked(value: Any, secrets: Collection[str]) -> Any:
    """The value with the mask instead of these secrets, in whatever encoding. Keys, numbers and all that is no text stay."""
    forms = {form for secret in secrets if len(secret) >= SHORTEST for form in encodings(secret)}
    return _masked(value, frozenset(filter(None, secrets)), sorted(forms, key=len, reverse=True))


def _masked(value: Any, whole: frozenset[str], forms: list[str]) -> Any:
    if isinstance(value, str):
        if value in whole:
            return MASK
        for form in forms:
            value = value.replace(form, MASK)
        return value
    if isinstance(value, Mapping):
        return {key: _masked(item, whole, forms) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(item, whole, forms) for item in value]
    return value


@lru_cache(maxsize=64)  # for each request that a log holds
def encodings(secret: str) -> frozenset[str]:
    """The secret as it is and as addresses, forms, JSON and basic authentication write it."""
    quoted = set(_quoted(secret))
    escaped = {json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    return frozenset({secret, *quoted, *escaped, *_dotnet(secret)}.union(*map(_base64, {secret, *quoted})))


def _quoted(secret: str) -> Iterator[str]:
    """Percent-encoded; the digits after the percent sign may be in either case."""
    data = secret.encode("utf-8", "surrogatepass")
    for unquoted in _UNQUOTED:
        for encoded in (quote(data, unquoted), quote_plus(data, unquoted)):
            for form in (encoded, encoded.replace("~", "%7E")):
                yield form
                yield re.sub("%..", lambda match: match[0].lower(), form)


def _dotnet(secret: str) -> Iterator[str]:
    for form in ("{:04X}", "{:04x}"):
        yield "".join(_dotnet_letter(letter, form) for letter in secret)


def _dotnet_letter(letter: str, form: str) -> str:
    if not _DOTNET.match(letter):
        return json.dumps(letter)[1:-1]
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join("\\u" + form.format(int.from_bytes(units[at : at + 2], "big")) for at in range(0, len(units), 2))


def _base64(text: str) -> Iterator[str]:
    """The letters that depend on the text alone, wherever it begins: in basic authentication an identity's name stands before it."""
    data = text.encode("utf-8", "surrogatepass")
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode()
        first, last = (0, 2, 3)[before], (before + len(data)) * 8 // 6
        yield encoded[first:last]
        yield encoded[first:last].translate(_URL_SAFE)


_URL_SAFE = str.maketrans("+/", "-_")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif value not in (None, "") and not isinstance(value, bool):
        yield str(value)
