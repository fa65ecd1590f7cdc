# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What many customers and many scopes cost, as ratios of one run: `python3 noxfile.py -s benchmark -- --help`."""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..azure_simulator.many import APPLICATION, PARTNER, SECRET, inventory, subscription, tenant, world
from ..azure_simulator.running import Azure, running

AGENTS = "065b0bfc-0000-4000-8000-000000000001"
PARTNER_APPLICATION, PARTNER_SECRET = "0c1f5d6e-0000-4000-8000-000000000001", "the-partners-secret"
# So many calls of a peer are timed; more are extrapolated, and said to be.
PEER_CALLS = 5
EMPTY_ACTION = """\
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        return {"changed": False}
"""


@dataclass
class Cost:
    """What one command took: seconds, seconds of CPU without the local Azure's, that one's, MiB at the peak, requests."""

    what: str
    wall: float
    cpu: float
    azure_cpu: float
    memory: float
    requests: int
    note: str = ""

    def times(self, factor: float, note: str) -> Cost:
        """Extrapolated."""
        return Cost(
            self.what,
            self.wall * factor,
            self.cpu * factor,
            self.azure_cpu * factor,
            self.memory,
            round(self.requests * factor),
            note,
        )


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# What a run leaves behind becomes a child of this process, so that its CPU time is counted, too (prctl(2)).
PR_SET_CHILD_SUBREAPER = 36
MARK = b"CSP_BENCHMARK=1"


def marked() -> list[Path]:
    """The processes of a run: ansible's workers leave its process group, but not its environment."""
    result = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):  # it has ended, or is another user's
            if entry.name.isdecimal() and MARK in (entry / "environ").read_bytes():
                result.append(entry)
    return result


def memory() -> float:
    """MiB that the processes of a run hold, what they share counted once."""
    total = 0
    for entry in marked():
        with suppress(OSError, StopIteration):
            lines = (entry / "smaps_rollup").read_text(encoding="utf-8").splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def reap(azure: int) -> None:
    """Wait for what a run left behind: it has become a child of this process."""
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in map(int, children.read_text(encoding="utf-8").split()):
            if pid != azure:
                os.waitpid(pid, 0)


class Bench:
    """Runs commands against one local Azure, and keeps what they cost."""

    def __init__(self, azure: Azure, folder: Path) -> None:
        self.azure, self.folder = azure, folder
        self.env = {
            **azure.environment,
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "CSP_BENCHMARK": "1",
        }
        self.costs: list[Cost] = []

    def run(
        self, what: str, command: list[str], env: dict[str, str] | None = None, times: int = 1, to: int = 0
    ) -> Cost:
        """Run a command; ``times`` calls of which ``to`` were wanted are extrapolated."""
        self.azure.ask("forget", {})
        before, azure_before, started = (
            resource.getrusage(resource.RUSAGE_CHILDREN),
            cpu_of(self.azure.pid),
            time.monotonic(),
        )
        peak = 0.0
        for _call in range(times):
            with subprocess.Popen(
                command,
                cwd=self.folder,
                env={**self.env, **(env or {})},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            ) as process:
                with watched() as seen:
                    output, _nothing = process.communicate()
                peak = max(peak, *seen, 0)
                if process.returncode:
                    sys.exit(f"{what} failed:\n{output[-3000:]}")
        wall = time.monotonic() - started
        reap(self.azure.pid)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        cost = Cost(what, wall, cpu, cpu_of(self.azure.pid) - azure_before, peak, len(self.azure.log))
        if to > times:
            cost = cost.times(to / times, f"extrapolated from {times}")
        self.costs.append(cost)
        print(f"  {what}: {cost.wall:.1f} s, {cost.cpu:.1f} s CPU, {cost.requests} requests {cost.note}", flush=True)
        return cost

    def play(self, what: str, *args: str, **options: Any) -> Cost:
        """Run ansible-playbook."""
        return self.run(what, ["ansible-playbook", *args], **options)


@contextmanager
def watched() -> Iterator[list[float]]:
    """The memory of a run, looked at twice a second."""
    seen: list[float] = [0.0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.5):
            seen.append(memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def write_plan(folder: Path, number: int, forks: int) -> None:
    """What the floor does: these customers, so many at a time."""
    people = [
        {"tenant": tenant(n), "subscription": subscription(n), "scopes": [f"/subscriptions/{subscription(n)}"]}
        for n in range(number)
    ]
    (folder / "plan.json").write_text(json.dumps({**identity(), "forks": forks, "customers": people}))


def floor_command(folder: Path) -> tuple[list[str], dict[str, str]]:
    """The command of the floor, and its environment."""
    command = [sys.executable, "-m", "tests.benchmark.floor", str(folder / "azure"), str(folder / "plan.json")]
    return command, {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}


def customers(bench: Bench, number: int, peers: bool) -> None:
    """Many customers with one subscription each."""
    bench.azure.ask("reset", world(number))
    folder = bench.folder
    (folder / "hosts.json").write_text(json.dumps(inventory(number)))
    write_plan(folder, number, 16)
    reinstate = [
        "csp.azure.reinstate",
        "-i",
        "hosts.json",
        "-e",
        "reinstate_hosts=all",
        "-e",
        f"reinstate_admin_agents_id={AGENTS}",
    ]
    floor, here = floor_command(folder)
    empty = bench.play("empty action", "empty.yml", "-i", "hosts.json")
    bench.play("first run", *reinstate)
    second = bench.play("re-run", *reinstate)
    partner = {
        "CSP_PARTNER_TENANT": PARTNER,
        "CSP_PARTNER_CLIENT_ID": PARTNER_APPLICATION,
        "CSP_PARTNER_SECRET": PARTNER_SECRET,
    }
    both = bench.play(
        "re-run with GDAP", *reinstate, "-e", '{"reinstate_gdap_roles": ["Directory Readers"]}', env=partner
    )
    bench.play("check mode", *reinstate, "--check")
    ratios = {"empty action": second.wall / empty.wall, "with GDAP": both.wall / second.wall}
    ratios["floor (re-run)"] = second.wall / bench.run("floor, re-run", floor, env=here).wall
    if number <= 100:
        module = bench.play("module edge, re-run", *reinstate, "-e", "csp_azure_in_process=false")
        ratios["module edge"] = second.wall / module.wall
    if peers:
        for name, cost in peer_costs(bench, number).items():
            ratios[name] = second.wall / cost.wall
            ratios[f"{name}, CPU"] = second.cpu / cost.cpu
    bench.azure.ask("reset", world(number))
    bench.run("floor, first run", floor, env=here)
    show(f"{number} customers x 1 subscription", bench, ratios)


def audits(bench: Bench, number: int) -> None:
    """The audit of many customers with two subscriptions each, beside a run of `reinstate` that has nothing to do there."""
    result, hosts = world(number, 2), inventory(number, 2)
    for n, host in enumerate(hosts["all"]["hosts"].values()):
        host.update(csp_subscription_ids=host["reinstate_scopes"], csp_relationship="reseller")
        given = {"role": "Owner", "principal": AGENTS, "principal_type": "ForeignGroup"}
        result["assignments"] += [{"scope": f"/subscriptions/{subscription(n, which)}", **given} for which in range(2)]
    bench.azure.ask("reset", result)
    (bench.folder / "hosts.json").write_text(json.dumps(hosts))
    shared = ["-i", "hosts.json", "-e", f"reinstate_admin_agents_id={AGENTS}"]
    second = bench.play("reinstate, re-run", "csp.azure.reinstate", *shared, "-e", "reinstate_hosts=all")
    report = ["-e", "audit_report=audit", "-e", "audit_earlier_report=audit.jsonl"]
    bench.play("audit", "csp.azure.audit", *shared, "-e", "audit_hosts=all", *report)
    cost = bench.play("audit, compared with the last", "csp.azure.audit", *shared, "-e", "audit_hosts=all", *report)
    reads = [item for item in bench.azure.log if item["api"] == "arm" and item["path"].startswith("/subscriptions")]
    ratios = {"reinstate, re-run": cost.wall / second.wall, "reads per subscription": len(reads) / (2 * number)}
    show(f"audit of {number} customers x 2 subscriptions", bench, ratios)


def distance(bench: Bench, number: int, latency: float, forks: int) -> None:
    """Many customers whose Azure answers that much later, with the partner's identity; each beside the same without latency."""
    (bench.folder / "hosts.json").write_text(json.dumps(inventory(number)))
    partner = {
        "CSP_PARTNER_TENANT": PARTNER,
        "CSP_PARTNER_CLIENT_ID": PARTNER_APPLICATION,
        "CSP_PARTNER_SECRET": PARTNER_SECRET,
    }
    given = ["-i", "hosts.json", "-f", str(forks)]
    gdap = ["-e", '{"reinstate_gdap_roles": ["Directory Readers"]}']
    empty = bench.play("empty action", "empty.yml", *given)
    write_plan(bench.folder, number, forks)
    floor, here = floor_command(bench.folder)
    walls: dict[str, list[float]] = {}
    for seconds in (0.0, latency):
        bench.azure.ask("reset", world(number))
        bench.azure.ask("faults", [{"delay": seconds}] if seconds else [])
        for what, *args in (
            ("first run", "csp.azure.reinstate", "-e", "reinstate_hosts=all"),
            ("re-run", "csp.azure.reinstate", "-e", "reinstate_hosts=all"),
            ("re-run with GDAP", "csp.azure.reinstate", "-e", "reinstate_hosts=all", *gdap),
            ("audit", "csp.azure.audit", "-e", "audit_hosts=all"),
        ):
            cost = bench.play(f"{what}, {1000 * seconds:.0f} ms", *args, *given, env=partner)
            walls.setdefault(what, []).append(cost.wall)
    # The floor waits for Azure as often as its side by side customers allow, and does nothing else.
    bench.azure.ask("reset", world(number))
    bench.azure.ask("faults", [{"delay": latency}])
    floors = [bench.run(f"floor, {what}", floor, env=here).wall for what in ("first run", "re-run")]
    bench.azure.ask("faults", [])
    ratios = {f"{what} at {1000 * latency:.0f} ms": far / near for what, (near, far) in walls.items()}
    ratios["first run, empty action"] = walls["first run"][0] / empty.wall
    for what, least in zip(("first run", "re-run"), floors, strict=True):
        ratios[f"{what} at {1000 * latency:.0f} ms, floor"] = walls[what][1] / least
    show(f"{number} customers at a distance, {forks} forks", bench, ratios)


def inventories(bench: Bench, number: int) -> None:
    """The partner's customers as hosts: one list, or what was sold to each of them, which Partner Center's pace limits."""
    bench.azure.ask("reset", world(number))
    partner = {
        "AZURE_TENANT": PARTNER,
        "AZURE_CLIENT_ID": PARTNER_APPLICATION,
        "AZURE_SECRET": PARTNER_SECRET,
    }
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": "cache"}
    kinds = {
        "graph": {"source": "graph"},
        "Partner Center": cache,
        "from the cache": cache,
        "Partner Center with GDAP": {"gdap": True, "subscriptions": False},
    }
    walls = {}
    for what, options in kinds.items():
        (bench.folder / "our.csp_customers.yml").write_text(
            yaml.safe_dump({"plugin": "csp.azure.customers", **options})
        )
        command = ["ansible-inventory", "-i", "our.csp_customers.yml", "--list", "--output", "inventory.json"]
        walls[what] = bench.run(what, command, env=partner)
    size = (bench.folder / "inventory.json").stat().st_size
    per_minute = walls["Partner Center"].requests / walls["Partner Center"].wall * 60
    ratios = {"CPU seconds for a thousand customers": walls["Partner Center"].cpu / number * 1000}
    ratios |= {"requests a minute": per_minute, "bytes a customer": size / number}
    show(f"inventory of {number} customers", bench, ratios)


def identity() -> dict[str, str]:
    """Who signs in everywhere, and whose access it is about."""
    return {"client_id": APPLICATION, "secret": SECRET, "principal": AGENTS}


def peer_costs(bench: Bench, number: int) -> dict[str, Cost]:
    """The Azure CLI and azure.azcollection in a loop; sign-in and set-up of the CLI are not counted."""
    calls = min(PEER_CALLS, number)
    az = str(Path(os.environ["CSP_AZURE_CLI"]) / "bin/az")
    env = {
        "AZURE_CONFIG_DIR": str(bench.folder / "cli"),
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_CORE_COLLECT_TELEMETRY": "false",
    }
    azure = bench.azure
    endpoints = {
        "resource-manager": azure.arm,
        "active-directory": azure.login,
        "active-directory-resource-id": azure.arm,
    }
    endpoints |= {"microsoft-graph-resource-id": azure.graph, "active-directory-graph-resource-id": azure.graph}
    if not (bench.folder / "cli").exists():
        options = [part for name, url in endpoints.items() for part in (f"--endpoint-{name}", url)]
        quiet(bench, env, az, "cloud", "register", "--name", "local", *options)
        quiet(bench, env, az, "cloud", "set", "--name", "local")
    quiet(
        bench,
        env,
        az,
        "login",
        "--service-principal",
        "--username",
        APPLICATION,
        "--password",
        SECRET,
        "--tenant",
        tenant(0),
    )
    create = [az, "role", "assignment", "create", "--role", "Owner", "--scope", f"/subscriptions/{subscription(0)}"]
    create += ["--assignee-object-id", AGENTS, "--assignee-principal-type", "ForeignGroup"]
    result = {"az in a loop": bench.run("az in a loop", create, env=env, times=calls, to=number)}
    program = str(Path(os.environ["CSP_AZURE_AZCOLLECTION"]) / "bin/ansible-playbook")
    more = {
        "AZURE_CONFIG_DIR": str(bench.folder / "azcollection"),
        "AZURE_DISABLE_INSTANCE_DISCOVERY": "true",
        "ARM_CLOUD_METADATA_URL": f"{azure.arm}/metadata/endpoints?api-version=2019-05-01",
        "ANSIBLE_COLLECTIONS_PATH": "/nowhere",
    }
    limit = ",".join(f"c{n:04}" for n in range(calls))
    cost = bench.run(
        "azure.azcollection", [program, "azcollection.yml", "-i", "hosts.json", "--limit", limit], env=more
    )
    bench.costs[-1] = cost.times(number / calls, f"extrapolated from {calls}")
    result["azure.azcollection"] = bench.costs[-1]
    return result


def quiet(bench: Bench, env: dict[str, str], *command: str) -> None:
    subprocess.run(command, env={**bench.env, **env}, check=True, capture_output=True)


def scopes(bench: Bench, number: int) -> None:
    """Many scopes in one subscription."""
    result = world(1)
    places = {f"g{n:03}": [] for n in range(number)}
    result["subscriptions"][-1]["resource_groups"] = places
    bench.azure.ask("reset", result)
    top = f"/subscriptions/{subscription(0)}"
    listed = [f"{top}/resourceGroups/{name}" for name in places]
    task = {
        "csp.azure.role_assignment": {
            "principal_id": AGENTS,
            "scopes": listed,
            "wait": False,
            "tenant": tenant(0),
            **signs_in(),
        }
    }
    (bench.folder / "scopes.yml").write_text(
        yaml.safe_dump([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}])
    )
    person = {"tenant": tenant(0), "subscription": subscription(0), "scopes": listed}
    (bench.folder / "plan.json").write_text(json.dumps({**identity(), "customers": [person]}))
    floor, here = floor_command(bench.folder)
    bench.play("empty action", "empty.yml", "-i", "localhost,")
    first = bench.play("first run", "scopes.yml")
    bench.play("re-run", "scopes.yml")
    bench.azure.ask("reset", result)
    least = bench.run("floor, first run", floor, env=here)
    show(f"{number} scopes in one subscription", bench, {"floor (first run)": first.wall / least.wall})


def signs_in() -> dict[str, str]:
    return {"client_id": APPLICATION, "secret": SECRET}


def show(title: str, bench: Bench, ratios: dict[str, float]) -> None:
    """One table, and the ratios that are worth a look."""
    print(
        f"\n## {title}\n\n| | wall s | CPU s | CPU of the local Azure s | MiB | requests | |\n|---|---|---|---|---|---|---|"
    )
    for cost in bench.costs:
        figures = f"{cost.wall:.2f} | {cost.cpu:.2f} | {cost.azure_cpu:.2f} | {cost.memory:.0f} | {cost.requests}"
        print(f"| {cost.what} | {figures} | {cost.note} |")
    print()
    for name, ratio in ratios.items():
        print(f"- {name}: {ratio:.2f} (1/{1 / ratio:.1f})")
    print(flush=True)
    bench.costs.clear()


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, nargs="*", default=[1, 10, 100, 1000])
    parser.add_argument("--audits", type=int, nargs="*", default=[100, 1000])
    parser.add_argument("--inventories", type=int, nargs="*", default=[1000], help="5000 take ten minutes")
    parser.add_argument("--scopes", type=int, nargs="*", default=[1, 10, 100, 500])
    parser.add_argument("--latency", type=float, help="seconds; measures a distance, and nothing else")
    parser.add_argument("--forks", type=int, nargs="*", default=[5, 20, 50])
    parser.add_argument(
        "--peers",
        action="store_true",
        help="the Azure CLI and azure.azcollection, too (CSP_AZURE_CLI, CSP_AZURE_AZCOLLECTION)",
    )
    chosen = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "azure").mkdir()
        (folder / "action_plugins").mkdir()
        (folder / "action_plugins" / "empty.py").write_text(EMPTY_ACTION)
        play = {"hosts": "all", "connection": "local", "gather_facts": False}
        (folder / "empty.yml").write_text(yaml.safe_dump([{**play, "tasks": [{"empty": {}}]}]))
        (folder / "azcollection.yml").write_text(yaml.safe_dump([{**play, "tasks": [azcollection()]}]))
        with running(folder / "azure") as azure:
            bench = Bench(azure, folder)
            if chosen.latency:
                for number in chosen.customers:
                    for forks in chosen.forks:
                        distance(bench, number, chosen.latency, forks)
                return
            for number in chosen.customers:
                customers(bench, number, chosen.peers)
            for number in chosen.audits:
                audits(bench, number)
            for number in chosen.inventories:
                inventories(bench, number)
            for number in chosen.scopes:
                scopes(bench, number)


def azcollection() -> dict[str, Any]:
    """What comes nearest: it knows no foreign groups, so the application itself gets a role, and has it already but for the first time."""
    scope = "/subscriptions/{{ reinstate_scopes[0] }}"
    reader = f"{scope}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    return {
        "azure.azcollection.azure_rm_roleassignment_info": {
            "scope": scope,
            "role_definition_id": reader,
            "tenant": "{{ reinstate_customer_identity.tenant }}",
            "client_id": APPLICATION,
            "secret": SECRET,
            "subscription_id": "{{ reinstate_scopes[0] }}",
            "cloud_environment": "{{ lookup('ansible.builtin.env', 'AZURE_CLOUD_ENVIRONMENT') }}",
        }
    }


if __name__ == "__main__":
    main()
