# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The partner's customers as hosts."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from typing import Any

import pytest
import yaml

from ..azure_simulator.many import APPLICATION, subscription, tenant, world
from .conftest import CUSTOMER, PARTNER, PARTNERS, PRODUCTION, Ansible
from .test_hosts import agents

FABRIKAM = "fabrikam.onmicrosoft.com"


def listed(
    ansible: Ansible, env: dict[str, str] | None = None, name: str = "our.csp_customers.yml", **options: Any
) -> Any:
    """What ansible-inventory --list says, or its error."""
    path = ansible.folder / name
    path.write_text(yaml.safe_dump({"plugin": "csp.azure.customers", **options}))
    done = subprocess.run(
        ["ansible-inventory", "-i", str(path), "--list"],
        cwd=ansible.folder,
        env={**ansible.environment(env if env is not None else PARTNERS), "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return " ".join(done.stderr.split())
    # Newer ansibles mark what may not be a template; AWX would keep the marks of other texts in its database.
    assert re.findall(r'"csp_[^\n]*__ansible_unsafe": "[^"{]*"', done.stdout.replace("{\n", "")) == []
    return json.loads(done.stdout, object_hook=lambda result: result.get("__ansible_unsafe", result))


@pytest.mark.parametrize("prefix", ["CSP_PARTNER", "AZURE"])
def test_half_an_identity_is_told_which_variable_is_missing(ansible: Ansible, prefix: str) -> None:
    env = {f"{prefix}_TENANT": PARTNER["AZURE_TENANT"], f"{prefix}_CLIENT_ID": PARTNER["AZURE_CLIENT_ID"]}
    assert f"({prefix}_SECRET)" in listed(ansible, {**dict.fromkeys(PARTNER, ""), **env})


def test_customers_with_what_was_sold_to_them(ansible: Ansible) -> None:
    result = listed(
        ansible, keyed_groups=[{"key": "csp_relationship", "prefix": "is"}], compose={"known": "csp_name | upper"}
    )
    variables = result["_meta"]["hostvars"][FABRIKAM]
    assert variables["csp_tenant_id"] == CUSTOMER["AZURE_TENANT"]
    assert (variables["csp_name"], variables["csp_relationship"], variables["known"]) == (
        "Fabrikam",
        "reseller",
        "FABRIKAM",
    )
    assert PRODUCTION in variables["csp_subscription_ids"]
    assert result["is_reseller"]["hosts"] == [FABRIKAM]
    assert "secret" not in json.dumps(result)


def test_a_tenant_without_customers_is_not_the_partners(ansible: Ansible) -> None:
    error = listed(ansible, {**dict.fromkeys(PARTNER, ""), **CUSTOMER}, source="graph")
    assert f"The tenant {CUSTOMER['AZURE_TENANT']} has no customers." in error
    assert "CSP_PARTNER_TENANT" in error


@pytest.mark.parametrize("source", ["partner_center", "graph"])
def test_thousands_over_many_pages(ansible: Ansible, source: str) -> None:
    ansible.azure.ask("reset", world(1200, partner_center_page_size=500, graph_page_size=500))
    result = listed(ansible, source=source, subscriptions=False, hostname="tenant_id")
    assert len(result["_meta"]["hostvars"]) == 1201
    assert len([item for item in ansible.azure.log if item["api"] in ("graph", "partner_center")]) == 3


def test_filters(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(3))
    result = listed(ansible, filters=["csp_domain is search('^c[12]')", "csp_subscription_ids | length == 1"])
    assert sorted(result["_meta"]["hostvars"]) == ["c1.example", "c2.example"]
    assert "cannot be evaluated" in listed(ansible, filters=["csp_nothing | length > 0"])


@pytest.mark.parametrize(
    "env",
    [PARTNERS, PARTNER, {**dict.fromkeys(PARTNERS, ""), **PARTNER}],
    ids=["the partner's variables", "AWX's credential for Azure", "empty fields of AWX"],
)
def test_the_environment_signs_in(ansible: Ansible, env: dict[str, str]) -> None:
    assert FABRIKAM in listed(ansible, env)["_meta"]["hostvars"]


SECRET = "{{ lookup('ansible.builtin.env', 'MY_SECRET') }}"
IDENTITY = {"tenant": PARTNER["AZURE_TENANT"], "client_id": PARTNER["AZURE_CLIENT_ID"], "timeout": "{{ 10 * 6 }}"}


def test_sign_in_options_may_be_templates(ansible: Ansible) -> None:
    result = listed(ansible, {"MY_SECRET": PARTNER["AZURE_SECRET"]}, **IDENTITY, secret=SECRET)
    assert FABRIKAM in result["_meta"]["hostvars"]
    assert "AADSTS7000215" in listed(
        ansible, {"MY_SECRET": "{{ 'the-partners' ~ '-secret' }}"}, **IDENTITY, secret=SECRET
    )


@pytest.mark.parametrize(
    ("template", "words"), [(SECRET, "without a value"), ("{{ no_such_variable }}", "no_such_variable")]
)
def test_a_template_without_a_value_is_no_secret(ansible: Ansible, template: str, words: str) -> None:
    error = listed(ansible, {}, **IDENTITY, secret=template)
    assert "The option secret is a template" in error
    assert words in error
    assert ansible.azure.log == []


def test_the_environment_holds_no_templates(ansible: Ansible) -> None:
    template = "{{ 'the-partners' ~ '-secret' }}"
    assert "AADSTS7000215" in listed(ansible, {**PARTNERS, "CSP_PARTNER_SECRET": template})
    assert "AADSTS7000215" in listed(ansible, {**PARTNER, "AZURE_SECRET": template})


def test_names_are_not_templates(ansible: Ansible) -> None:
    scenario = world(1)
    scenario["tenants"][-1]["name"] = "{{ lookup('pipe', 'touch hacked') }}"
    ansible.azure.ask("reset", scenario)
    plays = [
        {
            "hosts": "all",
            "gather_facts": False,
            "connection": "local",
            "tasks": [{"ansible.builtin.debug": {"msg": "{{ csp_name }}"}}],
        }
    ]
    listed(ansible)
    run = ansible.playbook(plays, "-i", "our.csp_customers.yml", env=PARTNERS)
    assert run.status == 0, run.output
    assert "touch hacked" in run.output
    assert not (ansible.folder / "hacked").exists()


def test_the_cache_asks_once(ansible: Ansible) -> None:
    cached = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(ansible.folder / "cache"),
    }
    first = listed(ansible, **cached)
    ansible.azure.ask("forget", {})
    assert listed(ansible, **cached) == first
    assert ansible.azure.log == []


def test_one_customer_that_cannot_be_read_hides_no_other(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(2))
    ansible.azure.ask("faults", [{"api": "partner_center", "path": f"{tenant(1)}/subscriptions", "status": 403}])
    cached = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(ansible.folder / "cache"),
    }
    options = {"filters": ["csp_subscription_ids | length > 0"], **cached}
    result = listed(ansible, **options)["_meta"]["hostvars"]
    assert result["c0.example"]["csp_subscription_ids"] == [subscription(0)]
    assert "csp_subscription_ids" not in result["c1.example"]
    assert "403" in result["c1.example"]["csp_error"]
    ansible.azure.ask("faults", [])
    assert "csp_error" not in listed(ansible, **options)["_meta"]["hostvars"]["c1.example"], "a failure is not kept"


def test_partner_centers_limit_slows_the_inventory_down_and_leaves_nobody_out(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(80))
    ansible.azure.ask("limits", {"partner_center": [50, 30]})
    result = listed(ansible)["_meta"]["hostvars"]
    assert len([host for host in result.values() if host.get("csp_subscription_ids")]) > 80
    assert not [host for host in result.values() if "csp_error" in host]
    # Once one request is rejected, only those that are under way are rejected, too: eight are at a time, of two kinds.
    rejected = [entry for entry in ansible.azure.log if entry["status"] == 429]
    assert 0 < len(rejected) <= 32


def test_an_inventory_that_is_killed_continues_where_it_was(ansible: Ansible) -> None:
    """Killed, as AWX and a lost connection kill: nothing of it can clean up."""
    ansible.azure.ask("reset", world(110))
    ansible.azure.ask("faults", [{"api": "partner_center", "path": f"{tenant(109)}/subscriptions", "hold": 30}])
    cache = ansible.folder / "cache"
    path = ansible.folder / "our.csp_customers.yml"
    options = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(cache)}
    path.write_text(yaml.safe_dump({"plugin": "csp.azure.customers", **options}))
    with subprocess.Popen(
        ["ansible-inventory", "-i", str(path), "--list"],
        cwd=ansible.folder,
        env=ansible.environment(PARTNERS),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        until = time.monotonic() + 60
        while not [entry for entry in ansible.azure.log if f"{tenant(109)}/subscriptions" in entry["path"]]:
            assert time.monotonic() < until
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGKILL)
    ansible.azure.ask("faults", [])
    ansible.azure.ask("forget")
    result = listed(ansible, **options)["_meta"]["hostvars"]
    assert len([name for name in result if name.startswith("c")]) == 110
    read = [entry for entry in ansible.azure.log if entry["path"].endswith("/subscriptions")]
    assert len(read) <= 12, "a hundred customers are known"
    ansible.azure.ask("forget")
    assert listed(ansible, **options)["_meta"]["hostvars"] == result
    assert ansible.azure.log == []


def test_an_error_holds_no_secret(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(1))
    body = {"code": 1, "description": f"Not with {PARTNER['AZURE_SECRET']}"}
    for path in (f"{tenant(0)}/subscriptions", "/v1/customers"):
        ansible.azure.ask("faults", [{"api": "partner_center", "path": path, "status": 403, "body": body}])
        result = json.dumps(listed(ansible))
        assert "Not with ********" in result
        assert PARTNER["AZURE_SECRET"] not in result


def test_odd_customers(ansible: Ansible) -> None:
    scenario = world(3)
    for customer, domain in zip(
        scenario["tenants"][-3:], ("{{ 7 * 7 }}.example", "twin.example", "twin.example"), strict=True
    ):
        customer["domain"] = domain
    ansible.azure.ask("reset", scenario)
    result = listed(ansible)["_meta"]["hostvars"]
    assert sorted(result) == sorted([FABRIKAM, tenant(0), "twin.example", tenant(2)])
    body = {"totalCount": 1, "items": [{"companyProfile": {}}], "links": {}}
    ansible.azure.ask("faults", [{"api": "partner_center", "status": 200, "body": body}])
    assert "UnreadableAnswer" in listed(ansible)


@pytest.mark.parametrize(
    ("options", "result"),
    [
        (
            {"secret": "wrong", "tenant": PARTNER["AZURE_TENANT"], "client_id": PARTNER["AZURE_CLIENT_ID"]},
            "AADSTS7000215",
        ),
        ({"client_id": "x"}, "Incomplete credential|no credential for it"),
        ({"source": "nowhere"}, "nowhere"),
    ],
)
def test_what_is_wrong_is_told(ansible: Ansible, options: dict[str, Any], result: str) -> None:
    error = listed(ansible, **options)
    assert any(text in error for text in result.split("|")), error
    assert "the-partners-secret" not in error


def test_another_file_is_not_for_it(ansible: Ansible) -> None:
    assert "customers.csv" in listed(ansible, name="customers.csv")


def test_from_the_inventory_to_the_access_of_all(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(3))
    (ansible.folder / "group_vars").mkdir()
    identity = {"tenant": "{{ csp_tenant_id }}", "client_id": APPLICATION, "secret": "the-applications-secret"}
    (ansible.folder / "group_vars" / "all.yml").write_text(yaml.safe_dump({"reinstate_customer_identity": identity}))
    listed(ansible, filters=["csp_domain is search('^c')"], compose={"reinstate_scopes": "csp_subscription_ids"})
    run = ansible.playbook(
        "csp.azure.reinstate",
        "-i",
        "our.csp_customers.yml",
        "-e",
        "reinstate_hosts=all",
        env={**dict.fromkeys(CUSTOMER, ""), **PARTNERS},
    )
    assert run.status == 0, run.output
    assert agents(ansible) == 3
    assert "3 customers: 3 changed, 0 unchanged, 0 failed." in run.output


def test_who_could_not_be_read_fails_with_the_reason(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(2))
    ansible.azure.ask("faults", [{"api": "partner_center", "path": f"{tenant(1)}/subscriptions", "status": 403}])
    listed(ansible, filters=["csp_domain is search('^c')"], compose={"reinstate_scopes": "csp_subscription_ids"})
    identity = {"tenant": "{{ csp_tenant_id }}", "client_id": APPLICATION, "secret": "the-applications-secret"}
    given = {"reinstate_hosts": "all", "reinstate_report": "report", "reinstate_customer_identity": identity}
    environment = {**dict.fromkeys(CUSTOMER, ""), **PARTNERS}
    args = ("-i", "our.csp_customers.yml", "-e", json.dumps(given))
    run = ansible.playbook("csp.azure.reinstate", *args, env=environment)
    assert run.status == 2
    assert "2 customers: 1 changed, 0 unchanged, 1 failed." in run.output
    result = {
        item["customer"]: item for item in map(json.loads, (ansible.folder / "report.jsonl").open(encoding="utf-8"))
    }
    assert result["c1.example"]["code"] == "NotRead"
    assert "403" in result["c1.example"]["reason"]
    assert not (ansible.folder / "newRoleAssignment.log").exists(), "there was no request to log"


def test_a_connection_of_the_inventory_is_not_the_tasks(ansible: Ansible) -> None:
    """What several processes read from one connection may be another's answer."""
    ansible.azure.ask("reset", world(4))
    listed(ansible, filters=["csp_domain is search('^c')"])
    identity = {"tenant": "{{ csp_tenant_id }}", "client_id": APPLICATION, "secret": "the-applications-secret"}
    task = {
        "csp.azure.subscription_info": {**identity, "debug_log": "requests.log"},
        "environment": {"EACH": "its own"},
    }
    play = {"hosts": "all", "connection": "local", "gather_facts": False, "tasks": [task]}
    run = ansible.playbook([play], "-i", "our.csp_customers.yml", env={**dict.fromkeys(CUSTOMER, ""), **PARTNERS})
    assert run.status == 0, run.output
    assert "no answer" not in (ansible.folder / "requests.log").read_text(encoding="utf-8")
