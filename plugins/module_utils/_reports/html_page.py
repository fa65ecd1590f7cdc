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
from collections.abc import Iterable, Mapping, Sequence


def escaped(value: object) -> str:
    """A value as text of a page, attributes included."""
    return html.escape("" if value is None else str(value))


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
    tiles: Mapping[str, int],
    columns: Sequence[str],
    rows: Iterable[str],
    above: str = "",
    marks: Sequence[str] = (),
) -> str:
    """The page. ``subtitle`` says when and by whom, ``above`` is HTML that stands before the table, ``marks`` are what rows can be filtered by."""
    shown = "".join(f"<div class=tile><b>{count}</b> {escaped(name)}</div>" for name, count in tiles.items())
    heads = "".join(f"<th scope=col><button type=button>{escaped(name)}</button></th>" for name in columns)
    options = "".join(f"<option>{escaped(mark)}</option>" for mark in marks)
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
<h1>{escaped(title)}</h1>
<p>{escaped(subtitle)}</p>
<div class=tiles>{shown}</div>
{above}
<div class=controls><label>Filter <input id=filter type=search></label>{choice}<output id=count for="filter mark"></output></div>
<table>
<thead><tr>{heads}</tr></thead>
<tbody>
{"".join(rows)}</tbody>
</table>
<script>{_SCRIPT}</script>
</body>
</html>
"""


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; --good: #1b6e20; --bad: #b3261e; --warn: #8a4b00; --plain: #5f6368 }
@media (prefers-color-scheme: dark) { :root { --good: #81c995; --bad: #f28b82; --warn: #fdb45c; --plain: #9aa0a6 } }
body { margin: 2rem auto; max-width: 90rem; padding: 0 1rem; overflow-wrap: break-word }
.tiles, .controls, .legend { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin: 1rem 0 }
.tile { border: 1px solid #8886; border-radius: .5rem; padding: .5rem 1rem; min-width: 6rem }
.tile b { display: block; font-size: 1.6rem; line-height: 1.2 }
figure { margin: 1rem 0 }
svg { display: block; width: 100%; height: 1.2rem; border-radius: .3rem }
rect.good { fill: var(--good) } rect.bad { fill: var(--bad) } rect.warn { fill: var(--warn) } rect.plain { fill: var(--plain) } rect.off { fill: #8884 }
.legend { list-style: none; padding: 0; margin: .3rem 0 }
.legend li::before { content: "\u25a0 " }
.legend .good { color: var(--good) } .legend .bad { color: var(--bad) } .legend .warn { color: var(--warn) } .legend .plain { color: var(--plain) }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #8884; padding: .3rem .6rem; text-align: left; vertical-align: top }
th { white-space: nowrap }
td { white-space: nowrap }
td:first-child, td:nth-child(3), td:last-child { white-space: normal; overflow-wrap: anywhere }
td:first-child { min-width: 8rem } td:nth-child(3) { min-width: 12rem } td:last-child { width: 45% }
th button { all: unset; cursor: pointer; font-weight: bold }
th button:focus-visible, summary:focus-visible { outline: 2px solid; outline-offset: 2px }
th[aria-sort=ascending] button::after { content: " \u2191" } th[aria-sort=descending] button::after { content: " \u2193" }
tr.good td:nth-child(2) { color: var(--good) } tr.bad td:nth-child(2) { color: var(--bad) } tr.warn td:nth-child(2) { color: var(--warn) }
tr td:nth-child(2), tr td:first-child { font-weight: bold }
summary { cursor: pointer }
td, li, p, h1 { unicode-bidi: isolate }
details ul { padding-left: 1.2rem }
input, select { font: inherit; padding: .3rem .6rem; max-width: 100%; box-sizing: border-box }
@media (max-width: 45rem) {
  table, tbody, tr, td { display: block }
  thead tr { display: flex; flex-wrap: wrap } th { border: 0 }
  tbody tr { border: 1px solid #8886; border-radius: .5rem; margin: .5rem 0; padding: .3rem }
  td:nth-child(n) { border: 0; padding: .1rem .3rem; min-width: 0; width: auto; white-space: normal; overflow-wrap: anywhere } td:empty { display: none }
  td:not(:first-child)::before { content: attr(data-label) ": "; font-weight: normal; color: var(--plain) }
}
@media print { .controls { display: none } }
[hidden] { display: none !important }
"""

_SCRIPT = """
const body = document.querySelector("tbody"), first = [...body.rows];
let rows = first;
const text = document.getElementById("filter"), mark = document.getElementById("mark"), count = document.getElementById("count");
function show() {
  const wanted = text.value.trim().toLowerCase(), marked = mark ? mark.value : "";
  let shown = 0;
  for (const row of rows) {
    row.hidden = !row.textContent.toLowerCase().includes(wanted) || (marked && !row.dataset.marks.split(" ").includes(marked));
    shown += !row.hidden;
  }
  count.value = shown + " of " + rows.length;
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
}));
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(one => { one.open = true }));
text.addEventListener("input", show);
if (mark) mark.addEventListener("change", show);
show();
"""
