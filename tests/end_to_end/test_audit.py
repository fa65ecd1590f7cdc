# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit of customers that hold everything it can find: what it says, what it costs, and what is done with it."""

from __future__ import annotations

import csv
import json
import random
from typing import Any

import pytest
import yaml

from ..azure_simulator.findings import AGENTS, FORMER, HOSTILE, KINDS, Findings, hosts, kind
from ..azure_simulator.many import SECRET, subscription
from .conftest import CUSTOMER, PARTNERS, Ansible, Run

# A host of each kind -> what is said of its first subscription: the finding, access, credit, tickets, and what else is flagged.
EXPECTED: dict[str, tuple[str | None, str, str, str, set[str]]] = {
    "fine": ("exact", "full", "yes", "yes", set()),
    "missing": ("missing", "none", "no", "no", {"no_credit", "no_tickets", "sold_without_access"}),
    "inherited": ("inherited", "full", "yes", "yes", set()),
    "different_role": ("different_role", "part", "no", "no", {"no_credit", "no_tickets"}),
    "conditional": ("conditional", "full", "unknown", "unknown", set()),
    "duplicated": ("duplicated", "full", "yes", "yes", set()),
    "former_partner": ("exact", "full", "yes", "yes", {"other_partner"}),
    "denied": ("exact", "full", "unknown", "no", {"denied", "no_tickets"}),
    "locked": ("missing", "none", "no", "no", {"no_credit", "no_tickets", "sold_without_access", "locked"}),
    "disabled": (None, "none", "no", "no", {"disabled"}),
    "unseen": ("unknown", "unknown", "unknown", "unknown", set()),
    "not_sold": ("exact", "full", "no", "yes", {"not_sold", "no_credit"}),
    "no_relationship": ("missing", "none", "no", "no", {"no_credit", "no_tickets", "sold_without_access"}),
    "custom_role": ("different_role", "part", "unknown", "yes", set()),
    "group_only": ("missing", "part", "partly", "no", {"no_tickets"}),
    "hostile": ("exact", "full", "yes", "yes", set()),
    "wrong_principal": ("wrong_principal", "none", "no", "no", {"no_credit", "no_tickets", "sold_without_access"}),
    "helpdesk": ("missing", "part", "yes", "yes", set()),
    "unreadable": ("unknown", "unknown", "unknown", "unknown", set()),
}


def audit(ansible: Ansible, customers: int, *args: str, env: dict[str, str] | None = None, **variables: Any) -> Run:
    path = ansible.folder / "hosts.json"
    path.write_text(json.dumps(hosts(customers)))
    given = json.dumps({"audit_hosts": "all", "audit_report": "out/audit", **variables})
    none = dict.fromkeys(CUSTOMER, "")
    return ansible.playbook(
        "csp.azure.audit", "-i", str(path), "-e", given, *args, env={**none, **PARTNERS, **(env or {})}
    )


def rows(ansible: Ansible, name: str = "audit") -> dict[str, dict[str, Any]]:
    lines = (ansible.folder / "out" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return {item["customer"]: item for item in map(json.loads, lines)}


def first(row: dict[str, Any], number: int) -> dict[str, Any]:
    """The row of a customer's first subscription."""
    return next(item for item in row["subscriptions"] if item["subscription_id"] == subscription(number))


def writes(ansible: Ansible) -> list[dict[str, Any]]:
    """The requests of the log that are more than reading and signing in."""
    reading = ("/token", "/getByIds")
    return [item for item in ansible.azure.log if item["method"] != "GET" and not item["path"].endswith(reading)]


def test_everything_that_can_be_found(ansible: Ansible) -> None:
    count = 3 * len(KINDS)
    ansible.azure.ask("reset", Findings(count).scenario)
    run = audit(ansible, count)
    assert run.status == 2, run.output
    actual = rows(ansible)
    assert len(actual) == count
    for number in range(count):
        row = actual[f"c{number:04}"]
        if kind(number) == "no_sign_in":
            assert (row["outcome"], row["code"], row["subscriptions"]) == ("failed", "AADSTS7000215", [])
            continue
        finding, access, credit, tickets, flags = EXPECTED[kind(number)]
        place = first(row, number)
        result = [grant["finding"] for grant in place["grants"]]
        assert result == ([finding] if finding else []), kind(number)
        assert (place["access"], place["credit"], place["tickets"]) == (access, credit, tickets), (
            kind(number),
            place["credit_reason"],
        )
        assert set(place["flags"]) == flags | ({finding} - {"exact", None}), kind(number)
        assert row["outcome"] == ("findings" if "unknown" in place["flags"] else "checked"), kind(number)
        other = next(item for item in row["subscriptions"] if item is not place)
        assert other["access"] == "full"
    [former] = first(actual["c0006"], 6)["foreign_principals"]
    assert (former["partner_tenant_id"], former["ours"]) == (FORMER, False)
    assert first(actual["c0012"], 12)["grants"][0]["error"]["code"] == "NoRelationship"
    assert first(actual["c0019"], 19)["error"]["code"] == "AuthorizationFailed"
    assert first(actual["c0010"], 10)["error"]["code"] in ("SubscriptionNotFound", "AuthorizationFailed")
    assert "hands-off" in " ".join(first(actual["c0008"], 8)["advice"])
    with (ansible.folder / "out/audit.csv").open(newline="", encoding="utf-8-sig") as file:
        lines = list(csv.DictReader(file))
    assert {line["Customer"] for line in lines} == set(actual)
    assert not writes(ansible)
    reads = [item for item in ansible.azure.log if item["api"] == "arm" and item["path"].startswith("/subscriptions")]
    assert len(reads) <= 3 * 2 * count
    assert f"{count} customers (3 could not be checked), {2 * (count - 3)} subscriptions" in run.output
    for path in (ansible.folder / "out").iterdir():
        assert SECRET not in path.read_text(encoding="utf-8")
    assert HOSTILE not in (ansible.folder / "out/audit.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("how", ["linear", "free", "serial", "module"])
def test_what_was_lost_since_the_last_report_is_told_first_and_fails_its_host(ansible: Ansible, how: str) -> None:
    """The report is written where the earlier one is, before the last batch has begun."""
    args = ("-e", "audit_serial=3") if how == "serial" else ()
    strategy = {"ANSIBLE_STRATEGY": "free"} if how == "free" else {}
    scenario = Findings(6).scenario
    ansible.azure.ask("reset", scenario)
    same = {"audit_earlier_report": "out/audit.jsonl", "audit_fail_on": ["lost", "gained"]}
    run = audit(ansible, 6, *args, env=strategy, **same)
    assert run.status == 0, run.output
    assert {
        grant["change"] for row in rows(ansible).values() for place in row["subscriptions"] for grant in place["grants"]
    } == {None}
    before = rows(ansible)
    owner = [
        item
        for item in scenario["assignments"]
        if item["scope"].endswith(subscription(0)) and item["principal"] == AGENTS
    ]
    scenario["assignments"].remove(owner[0])
    scenario["assignments"].append({**owner[0], "scope": f"/subscriptions/{subscription(1)}"})
    ansible.azure.ask("reset", scenario)
    run = audit(ansible, 6, *args, env=strategy, **same)
    assert run.status == 2, run.output
    result = rows(ansible)
    changes = {
        name: {grant["change"] for place in row["subscriptions"] for grant in place["grants"]}
        for name, row in result.items()
    }
    assert changes == {**{name: {"none"} for name in result}, "c0000": {"lost", "none"}, "c0001": {"gained", "none"}}
    assert [name for name, row in result.items() if row["outcome"] == "findings"] == ["c0000", "c0001"]
    assert run.output.count(f"LOST: c0000: Owner at /subscriptions/{subscription(0)}") == 1
    stays = first(result["c0005"], 5)["grants"][0]
    assert stays["since"]
    assert stays["since"] == first(before["c0005"], 5)["grants"][0]["since"]
    page = (ansible.folder / "out/audit.html").read_text(encoding="utf-8")
    assert page.index("Lost since the earlier report") < page.index("<table>")


def without_owner(scenario: dict[str, Any], number: int) -> dict[str, Any]:
    """The scenario after somebody has cleaned up a customer's first subscription."""
    scope = f"/subscriptions/{subscription(number)}"
    left = [item for item in scenario["assignments"] if item["scope"] != scope or item["principal"] != AGENTS]
    return {**scenario, "assignments": left}


SAME = {"audit_earlier_report": "out/audit.jsonl", "audit_fail_on": ["lost"]}


@pytest.mark.parametrize("night", ["the partner's secret has expired", "no network", "another customer only"])
def test_a_bad_night_hides_no_loss(ansible: Ansible, night: str) -> None:
    scenario = Findings(3).scenario
    ansible.azure.ask("reset", scenario)
    assert audit(ansible, 3, **SAME).status == 0
    if night == "another customer only":
        assert audit(ansible, 3, "--limit", "c0001", **SAME).status == 0
        assert sorted(rows(ansible)) == ["c0000", "c0001", "c0002"]
        assert [name for name, row in rows(ansible).items() if not row.get("kept")] == ["c0001"]
    else:
        nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}
        env = {"CSP_PARTNER_SECRET": "expired"} if "secret" in night else nowhere
        run = audit(ansible, 3, env=env, **SAME)
        assert run.status == 2
        assert "secret" not in night or "could not be looked up in the partner's tenant" in run.output
        assert {row["outcome"] for row in rows(ansible).values()} == {"failed"}
    ansible.azure.ask("reset", without_owner(scenario, 0))
    run = audit(ansible, 3, **SAME)
    assert run.status == 2
    assert f"LOST: c0000: Owner at /subscriptions/{subscription(0)}" in run.output
    assert [name for name, row in rows(ansible).items() if row["outcome"] == "findings"] == ["c0000"]


@pytest.mark.parametrize("in_process", [True, False])
def test_a_broken_earlier_report_keeps_nobody_from_being_audited(ansible: Ansible, in_process: bool) -> None:
    (ansible.folder / "out").mkdir()
    broken = ansible.folder / "out/audit.jsonl"
    ansible.azure.ask("reset", Findings(2).scenario)
    same = {"audit_earlier_report": "out/audit.jsonl", "csp_azure_in_process": in_process}
    broken.write_text("{")
    run = audit(ansible, 2, audit_serial=1, **same)
    assert run.status == 0, run.output
    assert "[WARNING]" in run.output
    table = " ".join(run.output.split()).partition("2 customers (")[2]
    assert "audit.jsonl.broken." in table, "the last batch names what the first one found"
    assert (ansible.folder / "out/audit.jsonl.broken").read_text() == "{"
    assert {row["outcome"] for row in rows(ansible).values()} == {"checked"}
    broken.write_text("{")
    run = audit(ansible, 2, audit_fail_on=["lost"], **same)
    assert run.status == 2
    assert "NotCompared" in run.output
    assert all(row["subscriptions"] for row in rows(ansible).values())


def test_a_report_that_cannot_be_written_stops_no_batch(ansible: Ansible) -> None:
    (ansible.folder / "out").write_text("a file")
    ansible.azure.ask("reset", Findings(4).scenario)
    run = audit(ansible, 4, audit_serial=2)
    assert run.status == 2
    assert "4 customers" in run.output
    assert run.output.count("cannot be written") >= 2


def test_a_batch_in_which_all_failed_shows_the_table(ansible: Ansible) -> None:
    scenario = Findings(3).scenario
    ansible.azure.ask("reset", without_owner(scenario, 0))
    run = audit(ansible, 3, audit_serial=1, audit_fail_on=["missing"])
    assert run.status == 2
    assert "Production" not in run.output
    assert f"S ({subscription(0)}): access none" in run.output
    assert "Error while" not in run.output


def test_hosts_that_another_ones_failure_stops_keep_their_audit(ansible: Ansible) -> None:
    ansible.azure.ask("reset", Findings(3).scenario)
    (ansible.folder / "hosts.json").write_text(json.dumps(hosts(3)))
    role = {
        "ansible.builtin.include_role": {"name": "csp.azure.audit"},
        "vars": {"audit_fail_on": ["missing"], "audit_report": "out/audit"},
    }
    play = {"hosts": "all", "gather_facts": False, "any_errors_fatal": True, "tasks": [role]}
    environment = {**dict.fromkeys(CUSTOMER, ""), **PARTNERS}
    ansible.playbook([play], "-i", str(ansible.folder / "hosts.json"), env=environment)
    result = {name: (row["outcome"], len(row["subscriptions"])) for name, row in rows(ansible).items()}
    assert result == {"c0000": ("checked", 2), "c0001": ("findings", 2), "c0002": ("checked", 2)}


def test_one_host_that_stands_for_two_customers_is_compared_with_itself(ansible: Ansible) -> None:
    ansible.azure.ask("reset", Findings(2).scenario)
    identities = [item["reinstate_customer_identity"] for item in hosts(2)["all"]["hosts"].values()]
    shared = {"audit_admin_agents_id": AGENTS, "audit_report": "out/audit", "audit_earlier_report": "out/audit.jsonl"}
    role = {"ansible.builtin.include_role": {"name": "csp.azure.audit"}}
    tasks = [{**role, "vars": {**shared, "audit_customer_identity": item}} for item in identities]
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
    for change in (None, "none"):
        run = ansible.playbook([play], env=dict.fromkeys(CUSTOMER, ""))
        assert run.status == 0, run.output
        lines = (ansible.folder / "out/audit.jsonl").read_text(encoding="utf-8").splitlines()
        result = [json.loads(line) for line in lines]
        assert [(item["customer"], len(item["subscriptions"])) for item in result] == [
            ("localhost", 2),
            ("localhost", 2),
        ]
        assert {grant["change"] for item in result for place in item["subscriptions"] for grant in place["grants"]} == {
            change
        }


def test_nothing_is_written_but_what_the_worklist_says(ansible: Ansible) -> None:
    """Whatever else is configured for its hosts, and whatever was taken out of it."""
    ansible.azure.ask("reset", Findings(4).scenario)
    assert audit(ansible, 4).status == 0
    listed = ansible.folder / "out/audit.worklist.json"
    approved = json.loads(listed.read_text())
    approved["audit_worklist"]["hosts"]["c0002"] = {}
    approved["audit_worklist"]["hosts"]["c0003"] = {"reinstate_worklist": []}
    listed.write_text(json.dumps(approved))
    (ansible.folder / "host_vars").mkdir()
    more = {
        "reinstate_grants": [
            {"principal_id": AGENTS, "role": "Reader", "scopes": [subscription(1), subscription(1, 1)]}
        ]
    }
    (ansible.folder / "host_vars/c0001.yml").write_text(json.dumps(more))
    before = len(ansible.azure.assignments)
    result = json.dumps({"reinstate_hosts": "audit_worklist", "reinstate_wait_timeout": 20})
    inventories = ("-i", str(ansible.folder / "hosts.json"), "-i", str(listed))
    run = ansible.playbook(
        "csp.azure.reinstate", *inventories, "-e", result, env={**dict.fromkeys(CUSTOMER, ""), **PARTNERS}
    )
    assert run.status == 0, run.output
    assert [item["path"].split("/")[2] for item in writes(ansible)] == [subscription(1)]
    assert len(ansible.azure.assignments) == before + 1


def test_what_a_terminal_would_obey_is_not_shown(ansible: Ansible) -> None:
    created = Findings(1)
    created.by_id[subscription(0)]["name"] = "x\x1b]0;owned\x07\r\u202egpj"
    created.by_id[subscription(0, 1)]["state"] = "Enabled"
    ansible.azure.ask("reset", created.scenario)
    result = {"error": {"code": "AuthorizationFailed", "message": f"no\x1b[2J {'long ' * 20000}"}}
    ansible.azure.ask(
        "faults", [{"api": "arm", "path": f"{subscription(0, 1)}.*roleAssignments", "status": 403, "body": result}]
    )
    run = audit(ansible, 1)
    assert not {"\x1b", "\x07", "\u202e"} & set(run.output)
    assert len(run.output) < 60000
    assert first(rows(ansible)["c0000"], 0)["name"] == "x\ufffd]0;owned\ufffd\ufffd\ufffdgpj"


def test_audit_then_reinstate_by_the_worklist_then_audit(ansible: Ansible) -> None:
    ansible.azure.ask("reset", Findings(6).scenario)
    assert audit(ansible, 6).status == 0
    listed = ansible.folder / "out/audit.worklist.json"
    assert sorted(yaml.safe_load(listed.read_text())["audit_worklist"]["hosts"]) == ["c0001", "c0002", "c0003"]
    todo = json.dumps({"reinstate_hosts": "audit_worklist", "reinstate_wait_timeout": 20})
    run = ansible.playbook(
        "csp.azure.reinstate", "-i", str(ansible.folder / "hosts.json"), "-i", str(listed), "-e", todo, env={**dict.fromkeys(CUSTOMER, ""), **PARTNERS}
    )  # fmt: skip
    assert run.status == 0, run.output
    assert "3 customers: 3 changed" in run.output
    assert audit(ansible, 6).status == 0
    result = {
        name: {flag for place in row["subscriptions"] for flag in place["flags"]} for name, row in rows(ansible).items()
    }
    assert not {"missing", "inherited", "different_role"} & set().union(*result.values()), result


def checked_by_reinstate(ansible: Ansible) -> dict[str, dict[str, Any]]:
    """What `reinstate` would do with each host."""
    keep = {
        "name": "Keep the result",
        "keep": {
            "content": "{{ reinstate_result | to_json }}",
            "dest": f"{ansible.folder}/check-{{{{ inventory_hostname }}}}",
        },
        "check_mode": False,
    }
    role = {
        "ansible.builtin.include_role": {"name": "csp.azure.reinstate"},
        "vars": {"reinstate_handoff_directory": ""},
    }
    play = {"hosts": "all", "gather_facts": False, "tasks": [{"block": [role], "always": [keep]}]}
    path = ansible.folder / "hosts.json"
    run = ansible.playbook([play], "-i", str(path), "--check", env={**dict.fromkeys(CUSTOMER, ""), **PARTNERS})
    result = {item.name.removeprefix("check-"): json.loads(item.read_text()) for item in ansible.folder.glob("check-*")}
    assert result, run.output
    return result


@pytest.mark.parametrize("seed", [1, 2])
def test_reinstate_in_check_mode_and_audit_agree(ansible: Ansible, seed: int) -> None:
    """On customers of all kinds, with more roles at random places; both ask Partner Center themselves."""
    dice, count = random.Random(seed), len(KINDS)
    created = Findings(count)
    for number in (dice.randrange(count) for _time in range(60)):
        scope = f"/subscriptions/{subscription(number)}"
        given = {"scope": dice.choice([scope, scope.upper()]), "role": dice.choice(["Owner", "Reader", "Contributor"])}
        condition = dice.choice([{}, {"condition": "x", "condition_version": "2.0"}])
        created.assignments.append({**given, **condition, "principal": AGENTS, "principal_type": "ForeignGroup"})
    ansible.azure.ask("reset", created.scenario)
    audit(ansible, count, audit_relationship="", audit_sold=None)
    checked = checked_by_reinstate(ansible)
    assert not writes(ansible)
    audited = rows(ansible)
    assert set(audited) == set(checked)
    states = set()
    for name, row in checked.items():
        theirs = {item["scope"]: (item["state"], item.get("error", {}).get("code")) for item in row["assignments"]}
        ours = {
            grant["scope"]: (grant["reinstate"], grant.get("error", {}).get("code"))
            for place in audited[name]["subscriptions"]
            if place["state"]  # what was sold and cannot be seen, reinstate does not find at all
            for grant in place["grants"]
        }
        assert ours == theirs, (name, kind(int(name[1:])))
        assert bool(theirs) == (audited[name]["outcome"] != "failed")
        states |= {state for state, _code in theirs.values()}
    assert states == {"created", "unchanged", "failed"}


def test_both_edges_say_the_same(ansible: Ansible) -> None:
    ansible.azure.ask("reset", Findings(3).scenario)
    result = []
    for edge in (True, False):
        audit(ansible, 3, csp_azure_in_process=edge)
        result.append(rows(ansible))
    for row in [*result[0].values(), *result[1].values()]:
        row["checked_at"], row["memory"] = "", []
        for place in row["subscriptions"]:
            for grant in place["grants"]:
                grant["since"] = grant["since"] if grant["access"] else ""
    assert result[0] == result[1]


def test_who_may_only_read_can_audit_and_check_mode_writes_no_report(ansible: Ansible) -> None:
    reader = {"AZURE_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000012", "AZURE_SECRET": "the-readers-secret"}
    given = json.dumps({"audit_admin_agents_id": AGENTS, "audit_report": "out/audit"})
    run = ansible.playbook("csp.azure.audit", "-e", given, "--check", env=reader)
    assert run.status == 0, run.output
    assert "Fabrikam production (11111111-1111-4111-8111-111111111111): access none" in run.output
    assert not (ansible.folder / "out").exists()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"audit_sold": ["x"]}, "sold: 'x' is not a GUID"),
        ({"audit_partner_tenants": ["contoso.com"]}, "partner_tenants: 'contoso.com' is not a GUID"),
        ({"audit_pec_roles": {"Reader": "perhaps"}}, "pec_roles: Reader must be true or false"),
        ({"audit_fail_on": ["everything"]}, "value of fail_on must be one or more of"),
        ({"audit_scopes": ["somewhere"]}, "is not a scope"),
    ],
)
def test_what_is_wrong_is_refused_before_the_first_request(ansible: Ansible, variables: Any, words: str) -> None:
    result = json.dumps({"audit_admin_agents_id": AGENTS, **variables})
    run = ansible.playbook("csp.azure.audit", "-e", result)
    assert run.status == 2
    assert words in run.output.replace("\n", " ")
    assert not ansible.azure.log


def test_credit_of_a_role_that_the_user_knows_better(ansible: Ansible) -> None:
    ansible.azure.ask(
        "assign",
        {
            "scope": "/subscriptions/11111111-1111-4111-8111-111111111111",
            "role": "Reader",
            "principal": AGENTS,
            "principal_type": "ForeignGroup",
        },
    )
    grants = [{"principal_id": AGENTS, "role": "Reader", "scopes": ["11111111-1111-4111-8111-111111111111"]}]
    for changes, credit in (({}, "no"), ({"Reader": True}, "yes")):
        result = ansible.task("partner_access_info", {"grants": grants, "pec_roles": changes, "fail_on": []})
        assert result["subscriptions"][0]["credit"] == credit


def test_slices_are_merged(ansible: Ansible) -> None:
    ansible.azure.ask("reset", Findings(4).scenario)
    for number in range(2):
        audit(ansible, 4, "--limit", f"c000{number},c000{number + 2}", audit_report=f"out/slice-{number}")
    merge = ["out/slice-0.jsonl", "out/slice-1.jsonl"]
    result = ansible.task("audit_report", {"merge": merge, "path": "out/all"})
    assert sorted(rows(ansible, "all")) == ["c0000", "c0001", "c0002", "c0003"]
    assert result["lacking"] == ["c0001", "c0002", "c0003"]
