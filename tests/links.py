# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows every link within a folder of pages, to its file and its place there: `python3 -m tests.links FOLDER`."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


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


if __name__ == "__main__":
    count, wrong = broken(Path(sys.argv[1]))
    print("\n".join([*wrong, f"{count:,} links within the site, {len(wrong)} of them broken"]))
    sys.exit(bool(wrong))
