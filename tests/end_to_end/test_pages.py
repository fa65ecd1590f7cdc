# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that reports make, in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..azure_simulator.findings import HOSTILE, KINDS, Findings, hosts
from ..azure_simulator.running import Azure
from ..browser import BROWSER, OPTIONS
from .conftest import CUSTOMER, PARTNERS, Ansible

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.skipif(not BROWSER, reason="There is no Chromium on this machine.")
PHONE, DESKTOP = {"width": 375, "height": 700}, {"width": 1280, "height": 900}
COUNT = 2 * len(KINDS)
# How well a text can be read: the ratio of its colour's brightness to that of what is behind it, as WCAG 2.2 has it.
CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const channels = colour => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  document.body.style.backgroundColor = "Canvas";
  const behind = light(channels(getComputedStyle(document.body).backgroundColor));
  return [...document.querySelectorAll("td, p, li, button, summary, .tile")].filter(one => one.checkVisibility() && one.innerText.trim()).map(one => {
    const front = light(channels(getComputedStyle(one).color));
    return (Math.max(front, behind) + 0.05) / (Math.min(front, behind) + 0.05);
  }).reduce((a, b) => Math.min(a, b));
}"""


@pytest.fixture(scope="module")
def pages(the_azure: Azure, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pages of an audit, of the next one in which some lost access, and of a run of reinstate."""
    ansible = Ansible(the_azure, tmp_path_factory.mktemp("pages"))
    path = ansible.folder / "hosts.json"
    path.write_text(json.dumps(hosts(COUNT)))
    partner = PARTNERS

    def run(role: str, **variables: str) -> None:
        given = json.dumps({f"{role}_hosts": "all", f"{role}_report": f"out/{role}", **variables})
        none = dict.fromkeys(CUSTOMER, "")
        ansible.playbook(f"csp.azure.{role}", "-i", str(path), "-e", given, env={**none, **partner})

    scenario = Findings(COUNT).scenario
    the_azure.ask("reset", scenario)
    run("audit")
    scenario["assignments"] = [
        item for item in scenario["assignments"] if item["principal"] != "065b0bfc-0000-4000-8000-000000000001" or item["scope"][-1] not in "05"
    ]  # fmt: skip
    the_azure.ask("reset", scenario)
    run("audit", audit_earlier_report="out/audit.jsonl")
    run("reinstate", reinstate_handoff_directory="", reinstate_wait_timeout="5")
    return ansible.folder / "out"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=BROWSER, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any, pages: Path, tmp_path: Path) -> Iterator[Any]:
    """Open a page; what it logs, and what it asks for but itself, is a failure."""
    wrong: list[str] = []
    contexts = []

    def opened(name: str = "audit", viewport: dict[str, int] | None = None, scheme: str = "light") -> Any:
        context = chromium.new_context(viewport=viewport or DESKTOP, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith("file:") else wrong.append(request.url))
        page.goto((pages / f"{name}.html").as_uri())
        page.screenshot(path=tmp_path / f"{name}-{page.viewport_size['width']}-{scheme}.png", full_page=True)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong


@pytest.mark.parametrize("name", ["audit", "reinstate"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_it_can_be_read(open_page: Any, name: str, scheme: str, viewport: dict[str, int]) -> None:
    page = open_page(name, viewport, scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.evaluate(CONTRAST) >= 4.5


def test_words_are_whole(open_page: Any) -> None:
    page = open_page()
    lines = page.locator("th").evaluate_all(
        "all => all.map(one => one.getClientRects().length && one.querySelector('button').offsetHeight)"
    )
    assert max(lines) < 30
    cells = page.locator("tbody td:not(:first-child):not(:nth-child(3)):not(:last-child)")
    assert max(cells.evaluate_all("all => all.map(one => one.scrollWidth - one.clientWidth)")) <= 0
    mark = page.locator(".legend li").first.evaluate("one => getComputedStyle(one, '::before').content")
    assert mark == '"\u25a0 "'


def test_names_of_customers_are_text(open_page: Any) -> None:
    page = open_page()
    assert page.title() == "Audit of the partner's access"
    assert page.locator("tbody tr", has_text=HOSTILE).count() >= 2
    assert page.locator("img").count() == 0


def test_lost_access_comes_first(open_page: Any) -> None:
    page = open_page()
    lost = page.locator("#lost li")
    assert lost.count() > 3
    assert page.locator("tbody tr[data-marks~=lost]").count() == lost.count()
    assert "lost" in page.locator("tbody tr").first.locator("td").last.inner_text()
    tile = page.locator(".tile", has_text="lost").locator("b")
    assert int(tile.inner_text()) == lost.count()
    assert page.get_by_role("img", name="full").count() == 1


def test_the_table_is_filtered(open_page: Any) -> None:
    page = open_page()
    total = page.locator("tbody tr").count()
    assert page.locator("#count").inner_text() == f"{total} of {total}"
    page.get_by_label("Filter").fill("C0001")
    assert page.locator("tbody tr:visible").count() == 2
    assert page.locator("#count").inner_text() == f"2 of {total}"
    page.get_by_label("Show").select_option("missing")
    assert page.locator("tbody tr:visible").count() == 1
    page.get_by_label("Filter").fill("")
    shown = page.locator("tbody tr:visible")
    assert shown.count() == page.locator("tbody tr[data-marks~=missing]").count() > 3
    assert page.locator("#count").inner_text() == f"{shown.count()} of {total}"


def test_everything_works_with_the_keyboard(open_page: Any) -> None:
    page = open_page()
    summary = page.locator("tbody summary").first
    assert not page.locator("tbody details").first.evaluate("one => one.open")
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("tbody details").first.evaluate("one => one.open")
    page.get_by_label("Filter").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "customer"

    def names() -> list[str]:
        return [text.split()[0] for text in page.locator("tbody td:first-child").all_inner_texts()]

    page.keyboard.press("Enter")
    assert page.locator("th").first.get_attribute("aria-sort") == "ascending"
    assert names() == sorted(names())
    page.keyboard.press("Space")
    assert page.locator("th").first.get_attribute("aria-sort") == "descending"
    assert names() == sorted(names(), reverse=True)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("th[aria-sort]").count() == 1
    access = page.locator("tbody td:nth-child(2)").all_inner_texts()
    assert access == sorted(access)


def test_paper_shows_the_details_of_what_needs_attention(open_page: Any) -> None:
    page = open_page()
    page.emulate_media(media="print")
    opened = "() => [...document.querySelectorAll('tbody tr')].map(row => row.querySelector('details').open)"
    needing = page.evaluate("() => [...document.querySelectorAll('tbody tr')].map(row => row.matches('.bad, .warn'))")
    assert 0 < sum(needing) < len(needing)
    page.locator("tr.good summary").first.click()  # a person's choice stays
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    printed = page.evaluate(opened)
    assert sum(printed) == sum(needing) + 1
    assert all(shown for shown, wanted in zip(printed, needing, strict=True) if wanted)
    assert not page.locator(".controls").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert sum(page.evaluate(opened)) == 1


def test_thousands_of_rows_are_shown_when_they_are_wanted(open_page: Any, pages: Path) -> None:
    """The rows beyond the first 500 are hidden until the script knows what is wanted."""
    rows = "".join(
        f'<tr{" hidden" if number >= 500 else ""} class="good" data-marks="{"lost" if number == 1400 else ""}"><td>c{number:05}</td></tr>\n'
        for number in range(1500)
    )
    head, _rows, tail = re.split("<tbody>\n|</tbody>", (pages / "audit.html").read_text(encoding="utf-8"))
    (pages / "many.html").write_text(f"{head}<tbody>\n{rows}</tbody>{tail}", encoding="utf-8")
    page = open_page("many")
    shown = page.locator("tbody tr:visible")
    assert page.locator("#count").inner_text() == "1500 of 1500, the first 500 are shown"
    assert shown.count() == 500
    page.get_by_label("Filter").fill("c01499")
    assert shown.all_inner_texts() == ["c01499"]
    page.get_by_label("Filter").fill("")
    page.get_by_label("Show").select_option("lost")
    assert page.locator("#count").inner_text() == "1 of 1500"
    page.get_by_label("Show").select_option("")
    page.locator("th button").first.click()
    page.locator("th button").first.click()
    assert shown.first.inner_text() == "c01499", "the sorted rows begin with the last"
    page.get_by_role("button", name="Show all").click()
    assert shown.count() == 1500
    assert not page.get_by_role("button", name="Show all").is_visible()


def test_a_click_copies_an_id(chromium: Any, pages: Path) -> None:
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto((pages / "audit.html").as_uri())
    identifier = page.locator("td .id").first
    identifier.click()
    assert page.evaluate("navigator.clipboard.readText()") == identifier.inner_text()
    assert "copied" in (identifier.get_attribute("class") or "")
    context.close()
