# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the reports of audits: a table for the terminal, and files for people, spreadsheets, programs and `reinstate`. Pure but for `earlier_row`.

For internal use of csp.azure only.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.csp.azure.plugins.module_utils._drift import is_record
from ansible_collections.csp.azure.plugins.module_utils._errors import AzureError, invalid
from ansible_collections.csp.azure.plugins.module_utils._findings import FLAGS, TO_WRITE
from ansible_collections.csp.azure.plugins.module_utils._page import details, escaped, page, stacked_bar
from ansible_collections.csp.azure.plugins.module_utils._page import row as page_row
from ansible_collections.csp.azure.plugins.module_utils._report import (
    SHORT,
    Kind,
    as_json_lines,
    cell,
    reason_of,
    result_of,
    shortened,
)

# Those of Microsoft's own sample report, then ours.
COLUMNS = (
    "CustomerTenantName",
    "CustomerTenantID",
    "SubscriptionId",
    "ForeignPrincipalName",
    "ObjectID",
    "AzureRBACRole",
    "TimeChecked",
    "Notes",
    "CredentialsUsedForAccessCheck",
    "Customer",
    "SubscriptionName",
    "SubscriptionState",
    "Relationship",
    "DelegatedAccess",
    "Finding",
    "Scope",
    "Change",
    "Since",
    "PartnerTenantID",
    "AssignmentId",
    "AssignmentScope",
    "CreatedOn",
    "CreatedBy",
    "Condition",
    "PartnerEarnedCredit",
    "SupportTickets",
    "Flags",
    "Advice",
    "ErrorCode",
    "ErrorMessage",
    "RequestId",
)
# In which order subscriptions are worth a look: the flag, and the mood of its row.
_FIRST = {
    "lost": "bad",
    "unreadable": "bad",
    "sold_without_access": "bad",
    "missing": "bad",
    "wrong_principal": "bad",
    "unknown": "warn",
    "different_role": "warn",
    "no_credit": "warn",
    "denied": "warn",
    "conditional": "warn",
}
_ORDER = [*_FIRST, *(flag for flag in FLAGS if flag not in _FIRST)]
_PLACE = {
    "scope",
    "subscription_id",
    "name",
    "state",
    "sold",
    "access",
    "credit",
    "credit_reason",
    "tickets",
    "grants",
    "foreign_principals",
}
_PLACE |= {"deny_assignments", "locks", "notes", "flags", "advice"}
_GRANT = {
    "principal_id",
    "group",
    "display_name",
    "partner_tenant_id",
    "role",
    "scope",
    "finding",
    "reinstate",
    "assignments",
}
_HELD = {"id", "scope", "role", "created_on", "created_by"}
_MOODS = {
    "full": "good",
    "part": "warn",
    "none": "bad",
    "unknown": "plain",
    "yes": "good",
    "partly": "warn",
    "no": "bad",
}


def row(customer: str, result: Mapping[str, Any] | None, checked_at: str) -> dict[str, Any]:
    """One customer's row. ``outcome`` is checked, findings (some of which fail the task) or failed; ``result`` is what access_audit returned."""
    told = result_of(result)
    about = told.get("customer") or {}
    audited = "subscriptions" in told
    return {
        "customer": customer,
        "tenant": about.get("tenant") or (told.get("caller") or {}).get("tenant"),
        "name": about.get("name"),
        "outcome": ("findings" if audited else "failed") if told.get("failed") else "checked",
        **reason_of({} if audited else told),
        "checked_at": told.get("checked_at") or checked_at,
        "checked_by": _caller(told.get("caller") or {}),
        "compared_with": told.get("compared_with"),
        "relationship": about.get("relationship"),
        "delegated_access": about.get("delegated_access"),
        "subscriptions": told.get("subscriptions") or [],
        "steps": told.get("steps") or [],
        "memory": told.get("memory") or [],
    }


def remember(one: dict[str, Any], older: Mapping[str, Any]) -> dict[str, Any]:
    """A customer that could not be audited is not one without access: what was known stays for the next audit."""
    if one["outcome"] != "failed":
        return one
    return {
        **one,
        "memory": older["memory"],
        "name": one["name"] or older["name"],
        "tenant": one["tenant"] or older["tenant"],
    }


def _caller(caller: Mapping[str, Any]) -> str | None:
    if not caller.get("object_id"):
        return None
    return f"{caller.get('kind') or 'identity'} {caller['object_id']} of tenant {caller.get('tenant')}"


def is_row(one: Any) -> bool:
    """Whether a line of a file is a row of an audit."""
    return (
        isinstance(one, dict)
        and set(row("", None, "")) <= set(one)
        and all(isinstance(one[name], str) for name in ("customer", "outcome", "checked_at"))
        and all(isinstance(one[name], list) for name in ("subscriptions", "steps", "memory"))
        and all(_has(place, _PLACE) and _is_place(place) for place in one["subscriptions"])
        and all(is_record(record) for record in one["memory"])
    )


def _is_place(place: Mapping[str, Any]) -> bool:
    lists = ("grants", "foreign_principals", "deny_assignments", "locks", "flags", "advice")
    return (
        all(isinstance(place[name], list) for name in lists)
        and all(_has(grant, _GRANT) and isinstance(grant["assignments"], list) for grant in place["grants"])
        and all(_has(held, _HELD) for grant in place["grants"] for held in grant["assignments"])
        and all(
            _has(held, _HELD | {"principal_id", "partner_tenant_id", "ours"}) for held in place["foreign_principals"]
        )
    )


def _has(one: Any, names: set[str]) -> bool:
    return isinstance(one, dict) and names <= set(one)


def earlier_row(path: str, customer: str, tenant: str | None) -> dict[str, Any] | None:
    """The row of a customer's tenant in an earlier report, None if it is not in there or there is no such file yet; AzureError if it is no report.

    A tenant may have rows of several hosts: the one of this name counts then. Only lines that hold tenant or name are parsed: thousands of
    customers look for their row.
    """
    marks = [json.dumps(text, ensure_ascii=False) for text in (customer, tenant) if text]
    found: list[dict[str, Any]] = []
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file):
                if number == 0 or any(mark in line for mark in marks):
                    found.append(json.loads(line))
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise invalid(f"{path} cannot be read: {exc.strerror}.") from exc
    except (ValueError, RecursionError) as exc:
        raise _no_report(path) from exc
    if not found or not all(is_row(one) for one in found):
        raise _no_report(path)
    rank = {(True, True): 3, (True, False): 2, (False, True): 1}
    ranked = [
        (rank.get((one["tenant"] == tenant, one["customer"] == customer), 0), number)
        for number, one in enumerate(found)
        if one["tenant"] in (tenant, None)
    ]
    best = max(ranked, default=(0, 0))
    return found[best[1]] if best[0] else None


def _no_report(path: str) -> AzureError:
    hint = "Give the file that ends with .jsonl, and move away what is there if it is broken."
    return invalid(f"{path} is not a report of csp.azure.audit_report.", hint)


def totals(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many customers and subscriptions there are, with which access and credit (disabled ones left out), and with which flag."""
    places = [place for one in rows for place in one["subscriptions"]]
    used = [place for place in places if "disabled" not in place["flags"]]
    return {
        "customers": len(rows),
        "failed": sum(one["outcome"] == "failed" for one in rows),
        "compared": sum(one["compared_with"] is not None for one in rows),
        "subscriptions": len(places),
        **{
            f"access_{word}": sum(one["access"] == word for one in used) for word in ("full", "part", "none", "unknown")
        },
        **{f"credit_{word}": sum(one["credit"] == word for one in used) for word in ("yes", "partly", "no", "unknown")},
        **{flag: sum(flag in one["flags"] for one in places) for flag in FLAGS},
    }


def _rank(place: Mapping[str, Any]) -> int:
    return next((number for number, flag in enumerate(_ORDER) if flag in place["flags"]), len(_ORDER))


# Customers that could not be checked stand with the subscriptions that could not be read.
_FAILED = _ORDER.index("unknown")


def _sorted(rows: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """All subscriptions with their customers, lost access first."""
    found = [(one, place) for one in rows for place in one["subscriptions"]]
    return sorted(found, key=lambda pair: (_rank(pair[1]), pair[0]["customer"], pair[1]["scope"]))


def label(place: Mapping[str, Any]) -> str:
    """A subscription in words."""
    where = place["subscription_id"] or place["scope"]
    return f"{place['name']} ({where})" if place["name"] else str(where)


def summary(places: Sequence[Mapping[str, Any]]) -> list[str]:
    """One customer's subscriptions in words, lost access first."""
    return [_sentence(place) for place in sorted(places, key=lambda place: (_rank(place), place["scope"]))]


def _sentence(place: Mapping[str, Any]) -> str:
    told = f"{label(place)}: access {place['access']}, credit {place['credit']}, tickets {place['tickets']}"
    flags = f" [{', '.join(place['flags'])}]" if place["flags"] else ""
    return f"{told}{flags}. {' '.join(place['advice'])}".rstrip()


def table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The lines for the terminal: lost access first, then the customers with findings, then the totals. One customer is told in full."""
    if len(rows) == 1 and rows[0]["subscriptions"]:
        return summary(rows[0]["subscriptions"])
    lines = []
    for one, place in _sorted(rows):
        for grant in place["grants"]:
            if grant.get("change") in ("lost", "unreadable"):
                lines.append(f"{grant['change'].upper()}: {one['customer']}: {grant['role']} at {grant['scope']}")
    cells = [("customer", "subscriptions", "with access", "with credit", "first finding"), *_lines(rows)]
    widths = [max(len(line[number]) for line in cells) for number in range(4)]
    lines += [
        "  ".join([*(text.ljust(width) for text, width in zip(line[:4], widths, strict=True)), line[4]]).rstrip()
        for line in cells
        if len(cells) > 1
    ]
    return [*lines, _last_line(rows)]


def _last_line(rows: Sequence[Mapping[str, Any]]) -> str:
    found = totals(rows)
    since = min((one["compared_with"] for one in rows if one["compared_with"]), default=None)
    changes = f"{found['lost']} lost, {found['gained']} gained since {since}" if since else "nothing to compare with"
    return (
        f"{found['customers']} customers ({found['failed']} could not be checked), {found['subscriptions']} subscriptions: {found['access_full']} with access,"
        f" {found['access_part']} in part, {found['access_none']} without, {found['access_unknown']} unknown, {found['disabled']} disabled;"
        f" {found['credit_yes'] + found['credit_partly']} earn credit; {changes}."
    )


def _lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for one in sorted(rows, key=lambda one: (min(map(_rank, one["subscriptions"]), default=_FAILED), one["customer"])):
        places = sorted(one["subscriptions"], key=_rank)
        worst = next((flag for place in places for flag in _ORDER if flag in place["flags"]), "")
        reason = f"{one['code']}: {one['reason']}" if one["code"] else one["reason"] or ""
        if len(rows) > SHORT and worst not in _FIRST and one["outcome"] == "checked":
            continue
        first = next((place for place in places if worst and worst in place["flags"]), None)
        told = f"{worst}: {' '.join(first['advice']) or first['credit_reason']}" if first else reason
        access = sum(place["access"] == "full" for place in places)
        credit = sum(place["credit"] in ("yes", "partly") for place in places)
        yield one["customer"], str(len(places)), str(access), str(credit), shortened(told)


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """A line for each expected grant and each other foreign principal of each subscription, and for each customer that could not be checked."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    for one in rows:
        for line in _csv_lines(one):
            writer.writerow({name: cell(value) for name, value in line.items()})
    return text.getvalue()


def _csv_lines(one: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    about = {
        "CustomerTenantName": one.get("name"),
        "CustomerTenantID": one["tenant"],
        "TimeChecked": one["checked_at"],
        "CredentialsUsedForAccessCheck": one["checked_by"],
        "Customer": one["customer"],
        "Relationship": one.get("relationship"),
        "DelegatedAccess": _yes(one.get("delegated_access")),
    }
    if not one["subscriptions"]:
        yield {
            **about,
            **_error_cells({"code": one["code"], "message": one["reason"], "request_id": one.get("request_id")}),
        }
    for place in one["subscriptions"]:
        shared = {
            **about,
            "SubscriptionId": place["subscription_id"] or place["scope"],
            "SubscriptionName": place["name"],
            "SubscriptionState": place["state"],
            "Notes": place["notes"],
            "PartnerEarnedCredit": place["credit"],
            "SupportTickets": place["tickets"],
            "Flags": " ".join(place["flags"]),
            "Advice": " ".join(place["advice"]),
            **_error_cells(place.get("error") or {}),
        }
        for grant in place["grants"]:
            yield {**shared, **_grant_cells(grant)}
        for held in place["foreign_principals"]:
            finding = {True: "further role of the partner", False: "other partner"}.get(
                held["ours"], "foreign principal"
            )
            yield {
                **shared,
                **_principal_cells(held),
                **_assignment_cells(held),
                "AzureRBACRole": held["role"],
                "Finding": finding,
            }
        if not place["grants"] and not place["foreign_principals"]:
            yield shared


def _grant_cells(grant: Mapping[str, Any]) -> dict[str, Any]:
    first = grant["assignments"][0] if grant["assignments"] else {}
    return {
        **_principal_cells({**grant, "display_name": grant["display_name"] or grant["group"]}),
        **_assignment_cells(first),
        "AzureRBACRole": grant["role"],
        "Finding": grant["finding"],
        "Scope": grant["scope"],
        "Change": grant.get("change"),
        "Since": grant.get("since"),
        **_error_cells(grant.get("error") or {}),
    }


def _principal_cells(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ForeignPrincipalName": one["display_name"],
        "ObjectID": one["principal_id"],
        "PartnerTenantID": one["partner_tenant_id"],
    }


def _assignment_cells(held: Mapping[str, Any]) -> dict[str, Any]:
    names = {
        "AssignmentId": "id",
        "AssignmentScope": "scope",
        "CreatedOn": "created_on",
        "CreatedBy": "created_by",
        "Condition": "condition",
    }
    return {name: held.get(key) for name, key in names.items()}


def _error_cells(error: Mapping[str, Any]) -> dict[str, Any]:
    if not error:
        return {}
    return {"ErrorCode": error.get("code"), "ErrorMessage": error.get("message"), "RequestId": error.get("request_id")}


def as_html(rows: Sequence[Mapping[str, Any]], title: str) -> str:
    """The page for people: coverage, what was lost, and a row for each subscription that opens to all that is known of it."""
    found = totals(rows)
    fresh = [one for one in rows if not one.get("kept")]
    tiles = {
        "customers": found["customers"],
        "subscriptions": found["subscriptions"],
        "with access": found["access_full"],
    }
    if found["compared"]:
        tiles["lost"] = totals(fresh)["lost"]
    tiles |= {"without credit": found["no_credit"], "access unknown": found["access_unknown"]}
    tiles["customers not checked"] = found["failed"]
    checkers = sorted({str(one["checked_by"]) for one in rows if one["checked_by"]})
    by = checkers[0] if len(checkers) == 1 else f"{len(checkers)} identities"
    made = f"Checked until {max((str(one['checked_at']) for one in fresh), default='')} (UTC) by {by}."
    since = min((one["compared_with"] for one in fresh if one["compared_with"]), default=None)
    made += f" Compared with what was known since {since}." if since else " There was nothing to compare with."
    if len(fresh) < len(rows):
        made += f" {len(rows) - len(fresh)} customers were not part of this run: their rows are older."
    lines = [
        (_rank(place), one["customer"], place["scope"], _html_row(one, place))
        for one in rows
        for place in one["subscriptions"]
    ]
    failed = [one for one in rows if not one["subscriptions"]]
    lines += [(_FAILED, one["customer"], "", _failed_row(one)) for one in failed]
    marks = [flag for flag in FLAGS if found[flag]]
    return page(title, made, tiles, _HEADS, [line[-1] for line in sorted(lines)], _above(fresh, found), marks)


_HEADS = ("customer", "access", "subscription", "credit", "tickets", "since", "sold", "findings")


def _above(rows: Sequence[Mapping[str, Any]], found: Mapping[str, int]) -> str:
    """The charts, and what was lost: that has to be seen first."""
    charts = {
        "Access": ("access", ("full", "part", "none", "unknown")),
        "Partner Earned Credit": ("credit", ("yes", "partly", "no", "unknown")),
    }
    bars = [
        stacked_bar(
            f"{name} of {found['subscriptions']} subscriptions",
            [
                *((word, _MOODS.get(word, "plain"), found[f"{key}_{word}"]) for word in words),
                ("disabled", "off", found["disabled"]),
            ],
        )
        for name, (key, words) in charts.items()
    ]
    changes = {"lost": "Lost since the earlier report", "unreadable": "Cannot be read any more"}
    lists = [
        f"<section id={change}><h2>{title}</h2><ul>{items}</ul></section>"
        for change, title in changes.items()
        if (items := "".join(_changed(rows, change)))
    ]
    return "".join([*bars, *lists])


def _changed(rows: Sequence[Mapping[str, Any]], change: str) -> Iterator[str]:
    for one, place in _sorted(rows):
        for grant in place["grants"]:
            if grant.get("change") == change:
                when = f"{'noticed' if change == 'lost' else 'last seen'} {grant['since']}"
                yield f"<li>{escaped(_customer(one))}: {escaped(grant['role'])} at {escaped(label(place))} ({escaped(when)})</li>"


def _failed_row(one: Mapping[str, Any]) -> str:
    reason = ": ".join(str(one[name]) for name in ("code", "reason") if one[name]) or "It has no subscription."
    more = [
        reason,
        one.get("hint"),
        f"request id {one['request_id']}" if one.get("request_id") else "",
        f"Tenant {one['tenant'] or 'not known'}, tried at {one['checked_at']}.",
        "Not part of this run." if one.get("kept") else "",
    ]
    mood = "warn" if one["outcome"] == "failed" else "plain"
    cells = {
        "access": "not checked" if one["outcome"] == "failed" else "",
        "subscription": "",
        "credit": "",
        "tickets": "",
        "since": "",
        "sold": "",
    }
    return page_row(
        mood, {"customer": escaped(_customer(one)), **cells, "findings": details(shortened(reason), more)}, ["unknown"]
    )


def _customer(one: Mapping[str, Any]) -> str:
    return (
        f"{one['customer']} ({one['name']})"
        if one.get("name") and one["name"] != one["customer"]
        else str(one["customer"])
    )


def _html_row(one: Mapping[str, Any], place: Mapping[str, Any]) -> str:
    since = [grant["since"] for grant in place["grants"] if grant.get("since") and (grant["change"] or grant["access"])]
    shown = {
        "customer": escaped(_customer(one)),
        "access": escaped(place["access"]),
        "subscription": escaped(
            f"{label(place)}{'' if place['state'] in (None, 'Enabled') else ', ' + place['state']}"
        ),
        "credit": escaped(place["credit"]),
        "tickets": escaped(place["tickets"]),
        "since": escaped(max(since, default="")[:10]),
        "sold": escaped(_yes(place["sold"])),
        "findings": details(", ".join(place["flags"]) or "none", _texts(one, place), _items(place)),
    }
    mood = next((mood for flag, mood in _FIRST.items() if flag in place["flags"]), _MOODS.get(place["access"], "plain"))
    return page_row(mood, shown, place["flags"])


def _yes(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _texts(one: Mapping[str, Any], place: Mapping[str, Any]) -> list[str]:
    error = place.get("error") or {}
    path = f"Relationship: {one.get('relationship') or 'not known'}; delegated access: {_yes(one.get('delegated_access')) or 'not known'}."
    return [
        *place["advice"],
        f"{error['code']}: {error['message']} {error['hint']}" if error else "",
        f"request id {error['request_id']}" if error.get("request_id") else "",
        place["credit_reason"],
        f"{place['notes']}." if place["notes"] else "",
        path if one.get("relationship") or one.get("delegated_access") is not None else "",
        f"Tenant {one['tenant']}, checked at {one['checked_at']} by {one['checked_by']}.",
        "Not part of this run." if one.get("kept") else "",
    ]


def _items(place: Mapping[str, Any]) -> Iterator[str]:
    for grant in place["grants"]:
        who = grant["group"] or grant["display_name"] or grant["principal_id"]
        yield f"expected {grant['role']} of {who} ({grant['principal_id']}) at {grant['scope']}: {grant['finding']}"
        for held in grant["assignments"]:
            yield f"has {held['role']} at {held['scope']} since {held['created_on']}, made by {held['created_by'] or 'Azure'}: {held['id']}"
    for held in place["foreign_principals"]:
        whose = f"{_whose(held)} {held['partner_tenant_id'] or '(tenant not known)'}"
        yield f"{whose}: {held['role']} of {held['principal_id']} at {held['scope']} since {held['created_on']}"
    for deny in place["deny_assignments"]:
        yield f"deny assignment {deny['name']} at {deny['scope']}{'' if deny['concerns_us'] else ', not for our groups'}"
    for lock in place["locks"]:
        yield f"lock {lock['name']} ({lock['level']}) at {lock['scope']}"


def work(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The grants that each customer lacks and that can be written, as `reinstate` takes them. Customers without are left out.

    The values will be templates to ansible: a scope that looks like one is left out.
    """
    found = {
        one["customer"]: [
            {"principal_id": grant["principal_id"], "role": grant["role"], "scopes": [grant["scope"]]}
            for place in one["subscriptions"]
            for grant in place["grants"]
            if grant["finding"] in TO_WRITE
            and grant["reinstate"] == "created"
            and "{" not in grant["scope"] + grant["role"]
        ]
        for one in rows
        if not one.get("kept")
    }
    return {customer: grants for customer, grants in found.items() if grants}


def _whose(held: Mapping[str, Any]) -> str:
    return {True: "our group of", False: "other partner"}.get(held["ours"], "foreign group of")


def as_work_list(rows: Sequence[Mapping[str, Any]]) -> str:
    """An inventory of the customers that lack something; people may take lines away before `reinstate` is given it.

    Where a customer's own are taken away, the empty list of the group stands: it must not fall back to what else is configured.
    """
    hosts = {customer: {"reinstate_work_list": grants} for customer, grants in work(rows).items()}
    return json.dumps({"audit_worklist": {"hosts": hosts, "vars": {"reinstate_work_list": []}}}, indent=2) + "\n"


AUDITS = Kind(
    row,
    is_row,
    (),  # what was found stays true, whatever became of the host after it
    table,
    totals,
    lambda rows, title: {
        "jsonl": as_json_lines(rows),
        "csv": as_csv(rows),
        "html": as_html(rows, title),
        "worklist.json": as_work_list(rows),
    },
    lambda rows: {"lacking": list(work(rows))},
    remember,
)
