# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows the links of a folder of pages to their places in it, and those of pages and Markdown into this repository: `python3 -m tests.links FOLDER`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[1]
REPOSITORY = re.compile(
    r"https://(?:github\.com/csp-azure/csp\.azure/(?:blob|tree|raw)|raw\.githubusercontent\.com/csp-azure/csp\.azure)/main/([^\s\"#)>`]*)"
)


class _Page(HTMLParser):
    """The places and the links of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect links and their possible targets."""
        for name, value in attrs:
            if name == "id" and value:
                self.places.add(value)
            elif name in ("href", "src") and value:
                self.links.append(value)


def broken(folder: Path) -> tuple[int, list[str]]:
    """The number of links within the folder, and those that lead nowhere."""
    pages = {path: _Page(path) for path in folder.resolve().rglob("*.html")}
    number, result = 0, []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            number += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = unquote(parts.fragment)
            if not target.exists() or (place and target in pages and place not in pages[target].places):
                result.append(f"{path.name}: {link}")
    return number, result


def into_the_repository(folder: Path) -> Iterator[tuple[str, str]]:
    """The file and the path of each link of the pages, and of all Markdown, into this repository."""
    markdown = (path for path in ROOT.rglob("*.md") if path.relative_to(ROOT).parts[0] != ".nox")
    for path in [*folder.resolve().rglob("*.html"), *markdown]:
        for match in REPOSITORY.finditer(path.read_text(encoding="utf-8")):
            yield path.name, unquote(match[1])


def main(folder: Path) -> int:
    """Print what is broken, and how many links were followed."""
    count, wrong = broken(folder)
    print("\n".join([*wrong, f"{count:,} links within the site, {len(wrong)} of them broken"]))
    links = list(into_the_repository(folder))
    lost = [f"{name}: {path}" for name, path in links if not (ROOT / path).exists()]
    print("\n".join([*lost, f"{len(links):,} links into the repository, {len(lost)} of them broken"]))
    return bool(wrong or lost or not links)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
