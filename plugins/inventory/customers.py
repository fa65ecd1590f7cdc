# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventory: the partner's customers as hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: customers
short_description: Customers of a Cloud Solution Provider partner as hosts
version_added: 2.0.0
author:
  - csp.azure contributors (@csp-azure)
description:
  - Adds each customer as a host, with its tenant, domain, name, relationship and Azure subscriptions as variables, so that the role
    P(csp.azure.reinstate#role) can restore the partner's access everywhere.
  - Reads files whose names end with C(csp_customers.yml) or C(csp_customers.yaml).
  - The identity signs in to the B(partner's) tenant. It comes from the options, else from the environment variables E(CSP_PARTNER_TENANT),
    E(CSP_PARTNER_CLIENT_ID), E(CSP_PARTNER_SECRET) and so on, else from those of the options below, as AWX's credential for Azure sets them.
  - Partner Center requires the role Admin agent or Global admin (for an application, the Partner Center permission and the partner's consent). Graph requires
    reading contracts (Directory Readers, or C(Directory.Read.All) for an application) and the Python library msgraph-sdk.
  - The sign-in options may be templates in the file, with lookups, but without variables of hosts. A template without a value is an error. Values of
    environment variables are never templates.
  - No host variable contains a secret.
  - Partner Center takes 500 requests a minute of each kind, so the subscriptions of 5,000 customers take about ten minutes. On a terminal and
    at C(-v), the plugin shows how many were read. With O(cache), it keeps each customer that was read; after an interruption, the next run
    continues there and reads again only what failed.
  - All customers are in the group C(csp_customers), which the playbooks C(csp.azure.reinstate) and C(csp.azure.audit) work on by default.
extends_documentation_fragment:
  - csp.azure._sign_in
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Marks the file for this plugin.
    type: str
    required: true
    choices: [csp.azure.customers]
  source:
    description:
      - Where to look up customers. V(partner_center) knows the subscriptions that were sold to them; V(graph) is one cheap list of all customers of the
        tenant, without subscriptions.
    type: str
    choices: [partner_center, graph]
    default: partner_center
  subscriptions:
    description: Whether to list the subscriptions that were sold, which takes two or more requests for each customer. Only with O(source=partner_center).
    type: bool
    default: true
  gdap:
    description:
      - Whether to set C(csp_gdap), which says whether the partner's users can sign in to the customer's tenant, with the keys of
        RV(csp.azure.partner_access#module:delegated_admin). It takes one request for all customers, and one more for each with an active relationship.
      - It requires the Graph permission C(DelegatedAdminRelationship.Read.All), and for a user membership in AdminAgents.
    type: bool
    default: false
    version_added: 2.0.0
  hostname:
    description: The name of hosts. A customer without a domain of its own is named after its tenant's ID.
    type: str
    choices: [domain, tenant_id]
    default: domain
  filters:
    description:
      - Jinja2 expressions on the host variables. A customer becomes a host if all of them are true.
      - A customer whose subscriptions could not be read has the variable C(csp_error) and becomes a host in any case, so that the run reports it.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
# our.csp_customers.yml: all customers with an active Azure subscription, and the scopes to restore access to
plugin: csp.azure.customers
filters:
  - csp_relationship == 'reseller'
  - csp_subscription_ids | length > 0
keyed_groups:
  - key: csp_domain.split('.')[-1]
    prefix: top
compose:
  reinstate_scopes: csp_subscription_ids
# The identity of the partner; values may be templates
tenant: 11111111-1111-4111-8111-111111111111
client_id: 0c1f5d6e-0000-4000-8000-000000000002
secret: "{{ lookup('ansible.builtin.env', 'MY_SECRET') }}"

# Only the inventory uses this identity. For the roles, set reinstate_partner_identity and audit_partner_identity, too. Or set the variables
# CSP_PARTNER_TENANT, CSP_PARTNER_CLIENT_ID and CSP_PARTNER_SECRET instead: they serve both.

# Then one multi-tenant application of the partner, to which each customer has consented, in group_vars/all.yml:
#   reinstate_customer_identity:
#     tenant: "{{ csp_tenant_id }}"
#     client_id: 0c1f5d6e-0000-4000-8000-000000000001
#     secret: "{{ vaulted_secret }}"
# and: ansible-playbook csp.azure.reinstate -i our.csp_customers.yml
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils._access.grants import find_group
from ..module_utils._access.selection import omission
from ..module_utils._clients.delegated_admin import DelegatedAdmin
from ..module_utils._clients.directory import Directory
from ..module_utils._clients.partner_center import PartnerCenter
from ..module_utils._connection.identities import SignIn, sign_in
from ..module_utils._connection.options import OPTIONS, OWN_VARIABLES, PARTNER_VARIABLES, partner_options
from ..module_utils._gdap.partner_tenant import (
    ADMIN_AGENTS,
    all_relationships,
    groups_in_admin_agents,
    of_customer,
)
from ..module_utils._gdap.sign_in_path import SignInPath, read_path
from ..module_utils._gdap.tenant_level import EXPIRING_DAYS
from ..module_utils._model.customers import is_active
from ..module_utils._model.errors import AzureError, invalid
from ..module_utils._model.identifiers import guid
from ..module_utils._model.secrets import masked
from ..module_utils._model.text import counted
from ..module_utils._model.times import now
from ..module_utils._parallel import run_in_parallel
from ..plugin_utils._progress import Progress
from ..plugin_utils._sdk_logging import silenced
from ..plugin_utils._sold_customers import PartialCache, read_sold

try:
    from ansible.template import trust_as_template
except ImportError:  # before 2.19, every text counts as a template that is not marked

    def trust_as_template(value: str) -> str:
        """The text itself."""
        return value


Row = dict[str, Any]
# Every customer is in this group, which is what the playbooks work on by default.
GROUP = "csp_customers"
# Customers that a warning names.
NAMED = 5


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]
    """Reads the customers, or takes them from the cache, and adds those that pass the filters as hosts."""

    NAME = "csp.azure.customers"

    def verify_file(self, path: str) -> bool:
        """Whether the file is meant for this plugin."""
        return super().verify_file(path) and path.endswith(("csp_customers.yml", "csp_customers.yaml"))

    def set_options(
        self, task_keys: Any = None, var_options: Any = None, direct: Mapping[str, Any] | None = None
    ) -> None:
        """Take the file's options, those to sign in with by their values: what comes from elsewhere is no template."""
        written = dict(direct or {})
        for name in set(OPTIONS) & set(written):
            written[name] = self._value(name, written[name])
        super().set_options(task_keys=task_keys, var_options=var_options, direct=written)

    def _value(self, name: str, text: Any) -> Any:
        if not isinstance(text, str) or not self.templar.is_template(text):
            return text
        try:
            value = self.templar.template(text)
        except AnsibleError as exc:
            raise AnsibleParserError(f"The option {name} is a template that cannot be evaluated: {exc}") from None
        if value is None or not str(value).strip():
            raise AnsibleParserError(f"The option {name} is a template without a value.")
        return value

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory."""
        super().parse(inventory, loader, path)
        self._read_config_data(path)
        secrets: set[str] = set()
        try:
            options = {name: self.get_option(name) for name in OPTIONS}
            identity = partner_options(options)
            variables = PARTNER_VARIABLES if identity else OWN_VARIABLES
            partner = sign_in({**options, **identity}, self.display.display, variables=variables)
            secrets = partner.options.secrets
            with silenced():
                rows = self._cached(path, cache, partner)
        except AzureError as exc:
            # The cause is in the text; ansible would show it once more.
            text = masked(f"The customers could not be read: {exc}", secrets)
            if self.display.verbosity >= 3:
                # Here ansible adds the tracebacks of all plugins that cannot read the file, too. AWX always runs it so.
                self.display.error(text)
            raise AnsibleParserError(text) from None
        self._taken: set[str] = set()
        for row in rows:
            self._add(row)
        self._warn_of_omissions()

    def _cached(self, path: str, cache: bool, partner: SignIn) -> list[Row]:
        """The customers of this very partner from the cache, else from their source; an incomplete answer is not cached."""
        source, tenant = self.get_option("source"), partner.options.tenant
        # Without a tenant, the cache could hold the customers of another partner.
        cached = self.get_option("cache") and tenant is not None
        key = (
            f"{self.get_cache_key(path)}_{tenant}_{source}_{self.get_option('subscriptions')}_{self.get_option('gdap')}"
        )
        rows = self._cache.get(key) if cache and cached else None
        partial = self._partial(f"{key}_partial", cache) if cached else None
        if rows is None:
            rows = self._contracts(partner) if source == "graph" else self._sold(partner, partial)
            if not rows:
                raise invalid(
                    f"The tenant {partner.tenant_or_domain} has no customers.",
                    "Sign in to the partner's tenant: set CSP_PARTNER_TENANT, CSP_PARTNER_CLIENT_ID and CSP_PARTNER_SECRET.",
                )
            rows = self._with_gdap(partner, rows) if self.get_option("gdap") else rows
        if cached and not any("error" in row or (row.get("gdap") or {}).get("status") == "unknown" for row in rows):
            self._cache[key] = rows
            if partial:
                partial.clear()
        return rows

    def _partial(self, key: str, use: bool) -> PartialCache:
        """The customers that an interrupted run has read; empty if the cache is to be flushed."""
        partial = PartialCache(self._cache, key, self.get_option("cache_timeout") or 0, self.update_cache_if_changed)
        if not use:
            partial.clear()
        return partial

    def _contracts(self, partner: SignIn) -> list[Row]:
        """The customers that the partner's directory has contracts with."""
        return [customer.as_dict() for customer in Directory(partner).contracts()]

    def _sold(self, partner: SignIn, partial: PartialCache | None) -> list[Row]:
        """The customers of Partner Center. One whose subscriptions cannot be read hides no other: its row has the error."""
        customers = PartnerCenter(partner).customers()
        if not self.get_option("subscriptions"):
            return [customer.as_dict() for customer in customers]
        progress = Progress(self.display, len(customers), "customers", seconds=5, log=self.display.verbosity > 0)
        rows = read_sold(partner, customers, partial, progress)
        failed = [row for row in rows if "error" in row]
        if failed:
            named = "; ".join(f"{row['domain']}: {row['error']}" for row in failed[:NAMED])
            more = f"; and {len(failed) - NAMED:,} more" if len(failed) > NAMED else ""
            self.display.warning(
                f"The subscriptions of {len(failed):,} of {counted(len(rows), 'customer')} could not be read (csp_error): {named}{more}"
            )
        return rows

    def _with_gdap(self, partner: SignIn, rows: list[Row]) -> list[Row]:
        """The rows with the partner's way into each customer's tenant, from one list of all relationships."""
        try:
            client = DelegatedAdmin(partner)
            admin_agents = lru_cache(lambda: find_group(Directory(partner), ADMIN_AGENTS).id)
            relationships = all_relationships(client, admin_agents)
        except AzureError as exc:
            text = masked(f"The delegated admin relationships could not be read: {exc}", partner.options.secrets)
            self.display.warning(text)
            return [{**row, "gdap": SignInPath("unknown", text).as_dict()} for row in rows]
        groups = groups_in_admin_agents(client, admin_agents)

        def gdap(row: Row) -> Row:
            own = of_customer(relationships, str(guid(row["tenant_id"])))
            return read_path(lambda: client, own, groups, EXPIRING_DAYS, now()).as_dict()

        return [{**row, "gdap": path} for row, path in zip(rows, run_in_parallel(gdap, rows), strict=True)]

    def _add(self, row: Row) -> None:
        variables = {f"csp_{name}": _untemplated(value) for name, value in row.items()}
        if "subscriptions" in row:
            active = [item["subscription_id"] for item in row["subscriptions"] if is_active(item["status"])]
            variables["csp_subscription_ids"] = _untemplated(active)
            variables["csp_left_out"] = [
                omission(item["subscription_id"], f"is {item['status']}")
                for item in row["subscriptions"]
                if not is_active(item["status"])
            ]
        # A customer that could not be read in full is never filtered out: the run has to report it.
        if "error" not in row and not all(
            self._holds(expression, variables) for expression in self.get_option("filters")
        ):
            return
        host = self.inventory.add_host(self._name(row), self.inventory.add_group(GROUP))
        self._taken.add(host)
        for name, value in variables.items():
            self.inventory.set_variable(host, name, value)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)

    def _warn_of_omissions(self) -> None:
        """Warn once of the subscriptions that are not in csp_subscription_ids; each host's csp_left_out names its own."""
        counts = [len(self.inventory.hosts[host].vars.get("csp_left_out", ())) for host in sorted(self._taken)]
        if any(counts):
            self.display.warning(
                f"csp_subscription_ids leaves out {counted(sum(counts), 'subscription')} of"
                f" {counted(sum(map(bool, counts)), 'customer')} because of their state; csp_left_out names them."
            )

    def _name(self, row: Row) -> str:
        """The host's name: the domain, or the tenant's ID where the domain is unusable or another customer has it, too."""
        domain = str(row["domain"] or "")
        usable = re.fullmatch(r"[A-Za-z0-9.-]+", domain) and domain not in self._taken
        return domain if usable and self.get_option("hostname") == "domain" else str(guid(row["tenant_id"]))

    def _holds(self, expression: str, variables: Row) -> bool:
        """Whether a filter selects the customer. One that cannot be evaluated is an error: a customer left out by mistake loses its access."""
        try:
            return bool(self._compose(expression, variables))
        except AnsibleError as exc:
            raise AnsibleParserError(f"The filter {expression!r} cannot be evaluated: {exc}") from exc


def _untemplated(value: Any) -> Any:
    """The value, with every text marked that ansible could take for a template: customers choose their names themselves.

    Other texts are marked as harmless: ansible-inventory would export them, and AWX keep them, as objects that look odd.
    """
    if isinstance(value, dict):
        return {name: _untemplated(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_untemplated(item) for item in value]
    if not isinstance(value, str):
        return value
    return wrap_var(value) if "{" in value else trust_as_template(value)
