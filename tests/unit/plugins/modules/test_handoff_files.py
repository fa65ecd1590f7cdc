# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a customer gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.modules.handoff_files import use_case

SCRIPT = {"name": "run.sh", "content": "#!/bin/sh\n", "executable": True}
MAIL = {"name": "mail.txt", "content": "\ufeffMüller\r\n", "executable": False}


def hand_off(folder: Path, check_mode: bool = False, files: Any = (SCRIPT, MAIL)) -> dict[str, Any]:
    return use_case({"path": str(folder), "files": list(files)}, check_mode)


@pytest.mark.parametrize(
    ("change", "written"),
    [
        (lambda folder: None, []),
        (lambda folder: (folder / "mail.txt").unlink(), ["mail.txt"]),
        (lambda folder: (folder / "mail.txt").write_bytes(b"\xff"), ["mail.txt"]),
        (lambda folder: (folder / "run.sh").chmod(0o600), ["run.sh"]),
        (lambda folder: (folder / "run.sh").write_text("#!/bin/sh\r\n"), ["run.sh"]),
    ],
)
def test_what_differs_is_written(change: Any, written: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "new" / "customer"
    assert hand_off(folder)["written"] == ["run.sh", "mail.txt"]
    change(folder)
    predicted = hand_off(folder, check_mode=True)
    result = hand_off(folder)
    assert predicted == result
    assert result["written"] == written
    assert result["changed"] is bool(written)
    assert (folder / "mail.txt").read_bytes() == MAIL["content"].encode()
    assert [(folder / name).stat().st_mode & 0o777 for name in ("run.sh", "mail.txt")] == [0o755, 0o644]
    assert not hand_off(folder)["changed"]


def test_check_mode_writes_nothing_and_shows_the_texts(tmp_path: Path) -> None:
    (tmp_path / "mail.txt").write_text("old")
    result = hand_off(tmp_path, check_mode=True)
    assert [(item["before"], item["after"]) for item in result["diff"]] == [
        ("", SCRIPT["content"]),
        ("old", MAIL["content"]),
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["mail.txt"]


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "/etc/x"])
def test_a_name_leads_to_no_other_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(AzureError, match="no name of a file"):
        hand_off(tmp_path / "new", files=[{**MAIL, "name": name}])
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AzureError, match=r"cannot be written: (File exists|Not a directory)"):
        hand_off(tmp_path / "file")
    (tmp_path / "mail.txt").mkdir()
    with pytest.raises(AzureError, match="cannot be read: Is a directory"):
        hand_off(tmp_path, files=[MAIL])
