# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and writes the files of reports and hand-offs.

For internal use of csp.azure only.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress

from .._model.errors import AzureError, invalid
from .._model.types import JsonObject
from .shape import is_flat

_HINT = "Give the file that ends with .jsonl."
IsRow = Callable[[object], bool]


def read_rows(path: str, is_row: IsRow) -> list[JsonObject]:
    """The rows of a JSON Lines report; AzureError if it is not one."""
    return parsed_rows(read_lines(path), is_row, path)


def read_lines(path: str) -> list[str]:
    """The lines of a report that are not empty, even if an editor on Windows saved it; AzureError if it is no text."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            return list(filter(str.strip, file))
    except OSError as exc:
        raise invalid(f"{path} cannot be read: {exc.strerror}.") from exc
    except ValueError as exc:
        raise _not_a_report(path, exc) from exc


def parsed_rows(lines: Iterable[str], is_row: IsRow, source: str) -> list[JsonObject]:
    """The rows in these lines of a source; AzureError if they are not rows of this kind of report."""
    try:
        rows = [json.loads(line) for line in lines]
    except (ValueError, RecursionError) as exc:
        raise _not_a_report(source, exc) from exc
    return checked_rows(rows, is_row, source)


def _not_a_report(source: str, exc: Exception) -> AzureError:
    return invalid(f"{source} is not a report of this kind: {exc}", _HINT)


def checked_rows(rows: list[JsonObject], is_row: IsRow, source: str) -> list[JsonObject]:
    """The rows, if they are rows of this kind of report; AzureError with the name of their source if they are not."""
    if not all(is_flat(row) and is_row(row) for row in rows):
        raise invalid(f"{source} is not a report of this kind.", _HINT)
    return rows


def read_earlier_lines(path: str) -> list[str]:
    """The lines of an earlier report, none if the file does not exist yet; AzureError if it is empty or no text."""
    if version(path) is None:
        return []
    lines = read_lines(path)
    if not lines:
        raise invalid(f"{path} is empty.", _HINT)
    return lines


def version(path: str) -> tuple[int, ...] | None:
    """The time, size and inode of a file, which change with its content; None if it does not exist, empty if reading it will fail, too."""
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):
        return ()
    return status.st_mtime_ns, status.st_size, status.st_ino


def set_aside(path: str) -> str:
    """Rename a broken report: only its owner knows whether it is worth something. The new name; OSError if that fails."""
    names = (f"{path}.broken{number}" for number in ("", *(f"-{count}" for count in range(2, 1000))))
    free = next((name for name in names if not os.path.lexists(name)), None)
    if free is None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    os.rename(path, free)
    return free


def write(path: str, text: str, mode: int = 0o644) -> None:
    """Write a file, whole or not at all; AzureError if that fails."""
    folder = os.path.dirname(os.path.abspath(path))
    draft = ""
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace", newline="", dir=folder, delete=False
        ) as file:
            draft = file.name
            file.write(text)
        os.chmod(draft, mode)
        os.replace(draft, path)
    except OSError as exc:
        with suppress(OSError):
            os.unlink(draft)
        raise AzureError(f"{path} cannot be written: {exc.strerror}.", code="InvalidInput") from exc
