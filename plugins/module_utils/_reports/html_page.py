# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes one HTML page that needs nothing else: tiles, charts, and a table to sort and to filter. Pure.

Whatever comes from outside goes through `escaped`; the page's policy lets no script run but its own. For internal use of csp.azure only.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

# So many rows are laid out at first: a browser takes half a minute for 20,000.
SHOWN_ROWS = 500


@dataclass(frozen=True)
class Tile:
    """A number of the page's head; one above zero has the colour of its ``mood`` (good, bad, warn or plain)."""

    name: str
    count: int
    mood: str = "plain"


def escaped(value: object) -> str:
    """A value as text of a page, attributes included."""
    return html.escape("" if value is None else str(value))


def titled(title: object, subtitle: str) -> str:
    """A cell whose second line is HTML in small letters."""
    return f"{escaped(title)}<small>{subtitle}</small>" if subtitle else escaped(title)


def customer_cell(row: Mapping[str, object]) -> str:
    """The company's name, and the host's below it."""
    named = row.get("name") and row["name"] != row["customer"]
    return titled(row["name"], escaped(row["customer"])) if named else escaped(row["customer"])


def identifier(value: object) -> str:
    """An ID that a click copies."""
    return f'<button type=button class=id title="Copy">{escaped(value)}</button>' if value else ""


def pill(word: str, mood: str) -> str:
    """A word in the colour of its own mood, which may differ from that of the row."""
    return f'<span class="pill {escaped(mood)}">{escaped(word)}</span>' if word else ""


def details(summary: str, texts: Iterable[object], items: Iterable[object] = ()) -> str:
    """What opens on a click or with the keyboard: paragraphs, then a list. Empty texts are left out."""
    paragraphs = "".join(f"<p>{escaped(text)}</p>" for text in texts if text)
    listed = "".join(f"<li>{escaped(item)}</li>" for item in items)
    return (
        f"<details><summary>{escaped(summary)}</summary>{paragraphs}{f'<ul>{listed}</ul>' if listed else ''}</details>"
    )


def row(mood: str, cells: Mapping[str, str], marks: Sequence[str] = ()) -> str:
    """A row of the table: HTML cells by the name of their column. ``mood`` is good, bad, warn or plain; the filter looks for ``marks``."""
    html_cells = "".join(f'<td data-label="{escaped(name)}">{cell}</td>' for name, cell in cells.items())
    return f'<tr class="{escaped(mood)}" data-marks="{escaped(" ".join(marks))}">{html_cells}</tr>\n'


def stacked_bar(label: str, parts: Sequence[tuple[str, str, int]]) -> str:
    """A stacked bar of (name, mood, count), with its numbers as text."""
    total = sum(count for _name, _mood, count in parts)
    drawn, legend, left = [], [], 0.0
    for name, mood, count in parts:
        width = 100 * count / total if total else 0
        drawn.append(
            f'<rect class="{mood}" x="{left:.3f}" width="{width:.3f}" height="10"><title>{escaped(name)}: {count}</title></rect>'
        )
        legend.append(f'<li class="{mood}">{escaped(name)}: {count}</li>')
        left += width
    words = escaped(", ".join(f"{name} {count}" for name, _mood, count in parts))
    return (
        f'<figure><figcaption>{escaped(label)}</figcaption><svg viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{words}">'
        f"{''.join(drawn)}</svg><ul class=legend>{''.join(legend)}</ul></figure>"
    )


def page(
    title: str,
    subtitle: str,
    tiles: Iterable[Tile],
    columns: Sequence[str],
    rows: Iterable[str],
    above: str = "",
    marks: Mapping[str, str] | None = None,
) -> str:
    """The page. ``subtitle`` says when and by whom, ``above`` is HTML that stands before the table, ``marks`` what rows can be filtered by, in words."""
    shown = "".join(
        f'<div class="tile {item.mood if item.count else "plain"}"><b>{item.count:,}</b> {escaped(item.name)}</div>'
        for item in tiles
    )
    heads = "".join(f"<th scope=col><button type=button>{escaped(name)}</button></th>" for name in columns)
    options = "".join(
        f'<option value="{escaped(mark)}">{escaped(word)}</option>' for mark, word in (marks or {}).items()
    )
    choice = f"<label>Show <select id=mark><option value=''>all</option>{options}</select></label>" if marks else ""
    policy = f"default-src 'none'; style-src '{_hash(_STYLE)}'; script-src '{_hash(_SCRIPT)}'; base-uri 'none'; form-action 'none'"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{escaped(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<header><h1>{escaped(title)}</h1>
<p>{escaped(subtitle)}</p></header>
<div class=tiles>{shown}</div>
{above}
<div class=controls><label>Filter <input id=filter type=search></label>{choice}<output id=count for="filter mark"></output>
<button type=button id=all hidden>Show all</button></div>
<table>
<thead><tr>{heads}</tr></thead>
<tbody>
{"".join(_laid_out(rows))}</tbody>
</table>
<script>{_SCRIPT}</script>
</body>
</html>
"""


def _laid_out(rows: Iterable[str]) -> Iterator[str]:
    """The rows, those beyond the first hidden; the script shows them."""
    for number, line in enumerate(rows):
        yield line if number < SHOWN_ROWS else line.replace("<tr ", "<tr hidden ", 1)


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, "Segoe UI", sans-serif; --good: #1b6e20; --bad: #b3261e; --warn: #8a4b00; --plain: #5f6368;
  --line: #8884 }
@media (prefers-color-scheme: dark) { :root { --good: #81c995; --bad: #f28b82; --warn: #fdb45c; --plain: #9aa0a6 } }
body { margin: 0 auto; max-width: 90rem; padding: 1rem 1.5rem 3rem; overflow-wrap: break-word }
header { border-bottom: 1px solid var(--line); margin-bottom: 1.5rem }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 1rem 0 .3rem } h2 { font-size: 1.1rem }
header p { color: var(--plain); margin: 0 0 1rem }
.good { --mood: var(--good) } .bad { --mood: var(--bad) } .warn { --mood: var(--warn) } .plain { --mood: var(--plain) } .off { --mood: var(--line) }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .75rem; margin: 1rem 0 }
.tile { border: 1px solid var(--line); border-left: 4px solid var(--mood); border-radius: .3rem; padding: .5rem .8rem }
.tile b { display: block; font-size: 1.6rem; line-height: 1.2; font-variant-numeric: tabular-nums }
.tile.bad b, .tile.warn b, .tile.good b { color: var(--mood) }
.controls, .legend { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin: 1rem 0 }
figure { margin: 1rem 0 } figcaption { font-weight: 600 }
svg { display: block; width: 100%; height: .8rem; border-radius: .3rem }
rect { fill: var(--mood) }
.legend { list-style: none; padding: 0; margin: .3rem 0 }
.legend li::before { content: "\u25a0 "; color: var(--mood) }
.legend li { color: var(--mood) } .legend .off { color: inherit }
#lost, #unreadable { border-left: 4px solid var(--bad); padding: .1rem 1rem; margin: 1rem 0 }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid var(--line); padding: .5rem .6rem; text-align: left; vertical-align: top }
th { white-space: nowrap; position: sticky; top: 0; background: Canvas; border-bottom: 2px solid var(--line) }
td { white-space: nowrap; font-variant-numeric: tabular-nums }
td:first-child, td:nth-child(3), td:last-child { white-space: normal; overflow-wrap: anywhere }
td:first-child { min-width: 10rem; font-weight: 600; box-shadow: inset 3px 0 var(--mood) }
td:nth-child(3) { min-width: 12rem } td:last-child { min-width: 11rem; width: 35% }
small { display: block; font-size: .75rem; font-weight: normal; color: var(--plain) }
.pill { color: var(--mood); border: 1px solid; border-radius: 1rem; padding: 0 .6rem; font-weight: 600 }
.id { all: unset; cursor: copy; font: .75rem/1.5 ui-monospace, Menlo, Consolas, monospace; color: var(--plain); overflow-wrap: anywhere }
.id:hover { text-decoration: underline } .id.copied::after { content: " \u2713 copied"; color: var(--good) }
th button { all: unset; cursor: pointer; font-weight: 600 }
button:focus-visible, summary:focus-visible { outline: 2px solid; outline-offset: 2px }
th[aria-sort=ascending] button::after { content: " \u2191" } th[aria-sort=descending] button::after { content: " \u2193" }
summary { cursor: pointer }
td, li, p, h1, small { unicode-bidi: isolate }
details ul { padding-left: 1.2rem } details p { margin: .4rem 0 }
input, select { font: inherit; padding: .3rem .6rem; max-width: 100%; box-sizing: border-box }
@media screen and (max-width: 45rem) {
  body { padding: 0 1rem 2rem }
  table, tbody, tr, td { display: block }
  thead tr { display: flex; flex-wrap: wrap } th { border: 0; position: static }
  tbody tr { border: 1px solid var(--line); border-left: 4px solid var(--mood); border-radius: .3rem; margin: .5rem 0; padding: .3rem }
  td:nth-child(n) { border: 0; box-shadow: none; padding: .1rem .3rem; min-width: 0; width: auto; white-space: normal; overflow-wrap: anywhere }
  td:empty { display: none }
  td:not(:first-child)::before { content: attr(data-label) ": "; font-weight: normal; color: var(--plain) }
}
@page { size: landscape; margin: 12mm }
@media print {
  :root { font-size: 11px; --plain: #444 } body { max-width: none; padding: 0 } h1 { margin-top: 0 }
  .controls { display: none } th { position: static } tr, .tile, figure { break-inside: avoid } thead { display: table-header-group }
  rect, .tile, td { print-color-adjust: exact } td { padding: .3rem .5rem } details p, details ul { margin: .2rem 0 }
}
[hidden] { display: none !important }
"""

_SCRIPT = """
const body = document.querySelector("tbody"), first = [...body.rows];
let rows = first;
const text = document.getElementById("filter"), mark = document.getElementById("mark"), count = document.getElementById("count");
const all = document.getElementById("all");
let words, most = SHOWN_ROWS;
function show() {
  const wanted = text.value.trim().toLowerCase(), marked = mark ? mark.value : "";
  if (wanted) words ??= new Map(first.map(row => [row, row.textContent.toLowerCase()]));
  let matches = 0;
  for (const row of rows) {
    const match = (!wanted || words.get(row).includes(wanted)) && (!marked || row.dataset.marks.split(" ").includes(marked));
    row.hidden = !match || matches >= most;
    matches += match;
  }
  const rest = matches > most ? ", the first " + most + " are shown" : "";
  count.value = matches + " of " + rows.length + rest;
  all.hidden = !rest;
}
function showAll() {
  most = Infinity;
  show();
}
function value(row, column) {
  const cell = row.cells[column];
  return (cell.querySelector("summary") || cell).textContent;
}
document.querySelectorAll("th button").forEach((button, column) => button.addEventListener("click", () => {
  const head = button.parentElement, next = { null: "ascending", ascending: "descending", descending: null }[head.getAttribute("aria-sort")];
  document.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
  if (next) head.setAttribute("aria-sort", next);
  const order = (a, b) => value(a, column).localeCompare(value(b, column), "en", { numeric: true });
  rows = next ? [...first].sort((a, b) => next === "ascending" ? order(a, b) : order(b, a)) : first;
  body.append(...rows);
  show();
}));
body.addEventListener("click", async event => {
  const id = event.target.closest(".id");
  if (!id) return;
  await navigator.clipboard.writeText(id.textContent);
  id.classList.add("copied");
  setTimeout(() => id.classList.remove("copied"), 1500);
});
let opened = [];
addEventListener("beforeprint", () => {
  showAll();
  opened = [...document.querySelectorAll("tr:is(.bad, .warn) details:not([open])")];
  opened.forEach(item => { item.open = true });
});
addEventListener("afterprint", () => opened.forEach(item => { item.open = false }));
all.addEventListener("click", showAll);
text.addEventListener("input", show);
if (mark) mark.addEventListener("change", show);
show();
""".replace("SHOWN_ROWS", str(SHOWN_ROWS))
