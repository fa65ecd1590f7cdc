# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guides tell their readers to write and to run."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "docs/docsite/rst"
GUIDES = sorted(path.stem for path in FOLDER.glob("*.rst"))
_BLOCK = re.compile(
    r"^(?P<indent> *)\.\. code-block:: (?P<language>\w+)\n(?:(?P=indent)   :caption: (?P<caption>.*)\n)?\n(?P<text>(?:(?P=indent)   .*\n|\n)+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A block of code; the caption is a file's name."""

    language: str
    caption: str
    text: str


def text_of(guide: str) -> str:
    return (FOLDER / f"{guide}.rst").read_text(encoding="utf-8")


def blocks(guide: str) -> Iterator[Block]:
    for match in _BLOCK.finditer(text_of(guide)):
        yield Block(match["language"], match["caption"] or "", textwrap.dedent(match["text"]))


def commands(guide: str) -> list[str]:
    """The commands of a guide, each in one line."""
    texts = [block.text.replace("\\\n", "") for block in blocks(guide) if block.language == "console"]
    return [line[2:] for text in texts for line in text.splitlines() if line.startswith("$ ")]
