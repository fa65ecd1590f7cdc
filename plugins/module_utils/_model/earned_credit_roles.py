# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles with which a partner earns Partner Earned Credit (PEC), as Microsoft published them.

Roles that are in neither list are not known to earn, nor not to. For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Mapping

from .errors import invalid

# Microsoft's list of 2022-11-08; roles that were renamed since bear their new names.
EARNING = frozenset(
    (
        "Owner",
        "Contributor",
        "AcrDelete",
        "AcrImageSigner",
        "AcrPull",
        "AcrPush",
        "AcrQuarantineWriter",
        "API Management Service Contributor",
        "API Management Service Operator Role",
        "Application Insights Component Contributor",
        "Application Insights Snapshot Debugger",
        "Automation Job Operator",
        "Automation Operator",
        "Automation Runbook Operator",
        "Avere Contributor",
        "Avere Operator",
        "Azure Event Hubs Data Owner",
        "Azure Event Hubs Data Receiver",
        "Azure Event Hubs Data Sender",
        "Azure Kubernetes Service Cluster Admin Role",
        "Azure Kubernetes Service Cluster User Role",
        "Azure Service Bus Data Owner",
        "Azure Service Bus Data Receiver",
        "Azure Service Bus Data Sender",
        "Azure Stack Registration Owner",
        "Backup Contributor",
        "Backup Operator",
        "BizTalk Contributor",
        "Blockchain Member Node Access (Preview)",
        "Blueprint Contributor",
        "Blueprint Operator",
        "CDN Endpoint Contributor",
        "CDN Profile Contributor",
        "Classic Network Contributor",
        "Classic Storage Account Contributor",
        "Classic Storage Account Key Operator Service Role",
        "Classic Virtual Machine Contributor",
        "Cognitive Services Contributor",
        "Cosmos DB Operator",
        "CosmosBackupOperator",
        "Cost Management Contributor",
        "Data Box Contributor",
        "Data Factory Contributor",
        "Data Lake Analytics Developer",
        "Data Purger",
        "DevTest Labs User",
        "DNS Zone Contributor",
        "DocumentDB Account Contributor",
        "EventGrid EventSubscription Contributor",
        "HDInsight Cluster Operator",
        "HDInsight Domain Services Contributor",
        "Intelligent Systems Account Contributor",
        "Key Vault Contributor",
        "Lab Creator",
        "Log Analytics Contributor",
        "Logic App Contributor",
        "Logic App Operator",
        "Managed Application Operator Role",
        "Managed Identity Contributor",
        "Managed Identity Operator",
        "Management Group Contributor",
        "Monitoring Contributor",
        "Monitoring Metrics Publisher",
        "Network Contributor",
        "New Relic APM Account Contributor",
        "Reader and Data Access",
        "Redis Cache Contributor",
        "Resource Policy Contributor",
        "Scheduler Job Collections Contributor",
        "Search Service Contributor",
        "Security Admin",
        "Security Manager (Legacy)",
        "Site Recovery Contributor",
        "Site Recovery Operator",
        "Spatial Anchors Account Contributor",
        "Spatial Anchors Account Owner",
        "SQL DB Contributor",
        "SQL Managed Instance Contributor",
        "SQL Security Manager",
        "SQL Server Contributor",
        "Storage Account Contributor",
        "Storage Account Key Operator Service Role",
        "Storage Blob Data Contributor",
        "Storage Blob Data Owner",
        "Storage Blob Delegator",
        "Storage File Data SMB Share Contributor",
        "Storage File Data SMB Share Elevated Contributor",
        "Storage Queue Data Contributor",
        "Storage Queue Data Message Processor",
        "Storage Queue Data Message Sender",
        "Support Request Contributor",
        "Traffic Manager Contributor",
        "User Access Administrator",
        "Virtual Machine Administrator Login",
        "Virtual Machine Contributor",
        "Virtual Machine User Login",
        "Web Plan Contributor",
        "Website Contributor",
    )
)
NOT_EARNING = frozenset(
    (
        "Reader",
        "AcrQuarantineReader",
        "API Management Service Reader Role",
        "Azure Maps Data Reader",
        "Backup Reader",
        "Billing Reader",
        "CDN Endpoint Reader",
        "CDN Profile Reader",
        "Cognitive Services Data Reader",
        "Cognitive Services User",
        "Cosmos DB Account Reader Role",
        "Cost Management Reader",
        "Data Box Reader",
        "EventGrid EventSubscription Reader",
        "Log Analytics Reader",
        "Managed Application Publisher Operator",
        "Management Group Reader",
        "Monitoring Reader",
        "Security Reader",
        "Site Recovery Reader",
        "Spatial Anchors Account Reader",
        "Storage Blob Data Reader",
        "Storage File Data SMB Share Reader",
        "Storage Queue Data Reader",
    )
)


def earning_roles(changes: Mapping[str, bool]) -> dict[str, bool]:
    """Whether a role earns, by its name in lower case; ``changes`` are what the user knows better."""
    return {**by_name(dict.fromkeys(EARNING, True)), **by_name(dict.fromkeys(NOT_EARNING, False)), **by_name(changes)}


def by_name(roles: Mapping[str, bool]) -> dict[str, bool]:
    """The same by names as they are compared."""
    return {name.strip().casefold(): earns for name, earns in roles.items()}


def stated_roles(option: str, roles: Mapping[str, object]) -> dict[str, bool]:
    """What an option states about roles by name; AzureError names those without true or false."""
    wrong = [name for name, earns in roles.items() if not isinstance(earns, bool)]
    if wrong:
        raise invalid(f"{option}: {', '.join(wrong)} must be true or false.")
    return {name: earns for name, earns in roles.items() if isinstance(earns, bool)}
