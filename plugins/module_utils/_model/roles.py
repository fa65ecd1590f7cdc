# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built-in roles that people name, so that a name costs no request.

The ids are the same in every tenant and cloud. For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
USER_ACCESS_ADMINISTRATOR = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"

# Name as Azure writes it -> id of the role definition. Each id was read in two sources; a role that is not here costs one request.
BUILT_IN = {
    "Owner": OWNER,
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "User Access Administrator": USER_ACCESS_ADMINISTRATOR,
    "AcrDelete": "c2f4ef07-c644-48eb-af81-4b1b4947fb11",
    "AcrImageSigner": "6cef56e8-d556-48e5-a04f-b8e64114680f",
    "AcrPull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "AcrPush": "8311e382-0749-4cb8-b61a-304f252e45ec",
    "AcrQuarantineReader": "cdda3590-29a3-44f6-95f2-9f980659eb04",
    "AcrQuarantineWriter": "c8d4ff99-41c3-41a8-9f60-21dfdad59608",
    "API Management Service Contributor": "312a565d-c81f-4fd8-895a-4e21e48d571c",
    "API Management Service Operator Role": "e022efe7-f5ba-4159-bbe4-b44f577e9b61",
    "API Management Service Reader Role": "71522526-b88f-4d52-b57f-d31fc3546d0d",
    "App Configuration Data Owner": "5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b",
    "App Configuration Data Reader": "516239f1-63e1-4d78-a4de-a74fb236a071",
    "Application Insights Component Contributor": "ae349356-3a1b-4a5e-921d-050484c6347e",
    "Application Insights Snapshot Debugger": "08954f03-6346-4c2e-81c0-ec3a5cfae23b",
    "Automation Contributor": "f353d9bd-d4a6-484e-a77a-8050b599b867",
    "Automation Job Operator": "4fe576fe-1146-4730-92eb-48519fa6bf9f",
    "Automation Operator": "d3881f73-407a-4167-8283-e981cbba0404",
    "Automation Runbook Operator": "5fb5aef8-1081-4b8e-bb16-9d5d0385bab5",
    "Avere Contributor": "4f8fab4f-1852-4a58-a46a-8eaf358af14a",
    "Avere Operator": "c025889f-8102-4ebf-b32c-fc0c6f0c6bd9",
    "Azure Connected Machine Onboarding": "b64e21ea-ac4e-4cdf-9dc9-5b892992bee7",
    "Azure Connected Machine Resource Administrator": "cd570a14-e51a-42ad-bac8-bafd67325302",
    "Azure Event Hubs Data Owner": "f526a384-b230-433a-b45c-95f59c4a2dec",
    "Azure Event Hubs Data Receiver": "a638d3c7-ab3a-418d-83e6-5f17a39d4fde",
    "Azure Event Hubs Data Sender": "2b629674-e913-4c01-ae53-ef4638d8f975",
    "Azure Kubernetes Service Cluster Admin Role": "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8",
    "Azure Kubernetes Service Cluster User Role": "4abbcc35-e782-43d8-92c5-2d3f1bd2253f",
    "Azure Kubernetes Service Contributor Role": "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8",
    "Azure Kubernetes Service RBAC Admin": "3498e952-d568-435e-9b2c-8d77e338d7f7",
    "Azure Kubernetes Service RBAC Cluster Admin": "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b",
    "Azure Kubernetes Service RBAC Reader": "7f6c6a51-bcf8-42ba-9220-52d62157d7db",
    "Azure Kubernetes Service RBAC Writer": "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb",
    "Azure Maps Data Reader": "423170ca-a8f6-4b0f-8487-9e4eb8f49bfa",
    "Azure Service Bus Data Owner": "090c5cfd-751d-490a-894a-3ce6f1109419",
    "Azure Service Bus Data Receiver": "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0",
    "Azure Service Bus Data Sender": "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39",
    "Azure Stack Registration Owner": "6f12a6df-dd06-4f3e-bcb1-ce8be600526a",
    "Backup Contributor": "5e467623-bb1f-42f4-a55d-6e525e11384b",
    "Backup Operator": "00c29273-979b-4161-815c-10b084fb9324",
    "Backup Reader": "a795c7a0-d4a2-40c1-ae25-d81f01202912",
    "Billing Reader": "fa23ad8b-c56e-40d8-ac0c-ce449e1d2c64",
    "BizTalk Contributor": "5e3c6656-6cfa-4708-81fe-0de47ac73342",
    "Blueprint Contributor": "41077137-e803-4205-871c-5a86e6a753b4",
    "Blueprint Operator": "437d2ced-4a38-4302-8479-ed2bcb43d090",
    "CDN Endpoint Contributor": "426e0c7f-0c7e-4658-b36f-ff54d6c29b45",
    "CDN Endpoint Reader": "871e35f6-b5c1-49cc-a043-bde969a0f2cd",
    "CDN Profile Contributor": "ec156ff8-a8d1-4d15-830c-5b80698ca432",
    "CDN Profile Reader": "8f96442b-4075-438f-813d-ad51ab4019af",
    "Classic Network Contributor": "b34d265f-36f7-4a0d-a4d4-e158ca92e90f",
    "Classic Storage Account Contributor": "86e8f5dc-a6e9-4c67-9d15-de283e8eac25",
    "Classic Storage Account Key Operator Service Role": "985d6b00-f706-48f5-a6fe-d0ca12fb668d",
    "Classic Virtual Machine Contributor": "d73bb868-a0df-4d4d-bd69-98a00b01fccb",
    "Cognitive Services Contributor": "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68",
    "Cognitive Services Data Reader": "b59867f0-fa02-499b-be73-45a86b5b3e1c",
    "Cognitive Services User": "a97b65f3-24c7-4388-baec-2e87135dc908",
    "Cosmos DB Account Reader Role": "fbdf93bf-df7d-467e-a4d2-9458aa1360c8",
    "Cosmos DB Operator": "230815da-be43-4aae-9cb4-875f7bd000aa",
    "CosmosBackupOperator": "db7b14f2-5adf-42da-9f96-f2ee17bab5cb",
    "CosmosRestoreOperator": "5432c526-bc82-444a-b7ba-57c5b0b5b34f",
    "Cost Management Contributor": "434105ed-43f6-45c7-a02f-909b2ba83430",
    "Cost Management Reader": "72fafb9e-0641-4937-9268-a91bfd8191a3",
    "Data Box Contributor": "add466c9-e687-43fc-8d98-dfcf8d720be5",
    "Data Box Reader": "028f4ed7-e2a9-465e-a8f4-9c0ffdfdc027",
    "Data Factory Contributor": "673868aa-7521-48a0-acc6-0f60742d39f5",
    "Data Lake Analytics Developer": "47b7735b-770e-4598-a7da-8b91488b4c88",
    "Data Purger": "150f5e0c-0603-4f03-8c7f-cf70034c4e90",
    "Desktop Virtualization User": "1d18fff3-a72a-46b5-b4a9-0b38a3cd7e63",
    "DevTest Labs User": "76283e04-6283-4c54-8f91-bcf1374a3c64",
    "DNS Zone Contributor": "befefa01-2a29-4197-83a8-272ff33ce314",
    "DocumentDB Account Contributor": "5bd9cd88-fe45-4216-938b-f97437e15450",
    "EventGrid Contributor": "1e241071-0855-49ea-94dc-649edcd759de",
    "EventGrid Data Sender": "d5a91429-5739-47e2-a06b-3470a27159e7",
    "EventGrid EventSubscription Contributor": "428e0ff0-5e57-4d9c-a221-2c70d0e0a443",
    "EventGrid EventSubscription Reader": "2414bbcf-6497-4faf-8c65-045460748405",
    "HDInsight Cluster Operator": "61ed4efc-fab3-44fd-b111-e24485cc132a",
    "HDInsight Domain Services Contributor": "8d8d5a11-05d3-4bda-a417-a08778121c7c",
    "Hierarchy Settings Administrator": "350f8d15-c687-4448-8ae1-157740a3936d",
    "Hybrid Server Resource Administrator": "48b40c6e-82e0-4eb3-90d5-19e40f49b624",
    "Intelligent Systems Account Contributor": "03a6d094-3444-4b3d-88af-7477090a9e5e",
    "Key Vault Administrator": "00482a5a-887f-4fb3-b363-3b7fe8e74483",
    "Key Vault Certificates Officer": "a4417e6f-fecd-4de8-b567-7b0420556985",
    "Key Vault Contributor": "f25e0fa2-a7c8-4377-a976-54943a77a395",
    "Key Vault Crypto Officer": "14b46e9e-c2b7-41b4-b07b-48a6ebf60603",
    "Key Vault Crypto Service Encryption User": "e147488a-f6f5-4113-8e2d-b22465e65bf6",
    "Key Vault Crypto User": "12338af0-0e69-4776-bea7-57ae8d297424",
    "Key Vault Reader": "21090545-7ca7-4776-b22c-e363652d74d2",
    "Key Vault Secrets Officer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Kubernetes Cluster - Azure Arc Onboarding": "34e09817-6cbe-4d01-b1a2-e0eac5743d41",
    "Lab Creator": "b97fb8bc-a8b2-4522-a38b-dd33c7e65ead",
    "Log Analytics Contributor": "92aaf0da-9dab-42b6-94a3-d43ce8d16293",
    "Log Analytics Reader": "73c42c96-874c-492b-b04d-ab87d138a893",
    "Logic App Contributor": "87a39d53-fc1b-424a-814c-f7e04687dc9e",
    "Logic App Operator": "515c2055-d9d4-4321-b1b9-bd0c9a0f79fe",
    "Managed Application Contributor Role": "641177b8-a67a-45b9-a033-47bc880bb21e",
    "Managed Application Operator Role": "c7393b34-138c-406f-901b-d8cf2b17e6ae",
    "Managed Application Publisher Operator": "b9331d33-8a36-4f8c-b097-4f54124fdb44",
    "Managed Identity Contributor": "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59",
    "Managed Identity Operator": "f1a07417-d97a-45cb-824c-7a7467783830",
    "Managed Services Registration assignment Delete Role": "91c1777a-f3dc-4fae-b103-61d183457e46",
    "Management Group Contributor": "5d58bcaf-24a5-4b20-bdb6-eed9f69fbe4c",
    "Management Group Reader": "ac63b705-f282-497d-ac71-919bf39d939d",
    "Microsoft Sentinel Automation Contributor": "f4c81013-99ee-4d62-a7ee-b3f1f648599a",
    "Microsoft Sentinel Contributor": "ab8e14d6-4a74-4a29-9ba8-549422addade",
    "Microsoft Sentinel Reader": "8d289c81-5878-46d4-8554-54e1e3d8b5cb",
    "Microsoft Sentinel Responder": "3e150937-b8fe-4cfb-8069-0eaf05ecd056",
    "Monitoring Contributor": "749f88d5-cbae-40b8-bcfc-e573ddc772fa",
    "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "Monitoring Reader": "43d0d8ad-25c7-4714-9337-8ba259a9fe05",
    "Network Contributor": "4d97b98b-1d4f-4787-a291-c67834d212e7",
    "New Relic APM Account Contributor": "5d28c62d-5b37-4476-8438-e587778df237",
    "Private DNS Zone Contributor": "b12aa53e-6015-4669-85d0-8515ebb3ae7f",
    "Quota Request Operator": "0e5f05e5-9ab9-446b-b98d-1e2157c94125",
    "Reader and Data Access": "c12c1c16-33a1-487b-954d-41c89c60f349",
    "Redis Cache Contributor": "e0f68234-74aa-48ed-b826-c38b57376e17",
    "Reservation Purchaser": "f7b75c60-3036-4b75-91c3-6b41c27c1689",
    "Reservations Administrator": "a8889054-8d42-49c9-bc1c-52486c10e7cd",
    "Reservations Reader": "582fc458-8989-419f-a480-75249bc5db7e",
    "Resource Policy Contributor": "36243c78-bf99-498c-9df9-86d9f8d28608",
    "Role Based Access Control Administrator": "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    "Savings plan Contributor": "28c0d4cd-558d-4de9-91a0-faa18e7b3266",
    "Savings plan Purchaser": "3d24a3a0-c154-4f6f-a5ed-adc8e01ddb74",
    "Savings plan Reader": "d534ad90-4ac5-4815-a178-b2e47397baab",
    "Scheduler Job Collections Contributor": "188a0f2f-5c9e-469b-ae67-2aa5ce574b94",
    "Search Service Contributor": "7ca78c08-252a-4471-8644-bb5ff32d4ba0",
    "Security Admin": "fb1c8493-542b-48eb-b624-b4c8fea62acd",
    "Security Assessment Contributor": "612c2aa1-cb24-443b-ac28-3ab7272de6f5",
    "Security Manager (Legacy)": "e3d13bf0-dd5a-482e-ba6b-9b8433878d10",
    "Security Reader": "39bc4728-0917-49c7-9d2c-d95423bc2eb4",
    "Site Recovery Contributor": "6670b86e-a3f7-4917-ac9b-5d6ab1be4567",
    "Site Recovery Operator": "494ae006-db33-4328-bf46-533a6560a3ca",
    "Site Recovery Reader": "dbaa88c4-0c30-4179-9fb3-46319faa6149",
    "Spatial Anchors Account Contributor": "8bbe83f1-e2a6-4df7-8cb4-4e04d4e5c827",
    "Spatial Anchors Account Owner": "70bbe301-9835-447d-afdd-19eb3167307c",
    "Spatial Anchors Account Reader": "5d51204f-eb77-4b1c-b86a-2ec626c49413",
    "SQL DB Contributor": "9b7fa17d-e63e-47b0-bb0a-15c516ac86ec",
    "SQL Managed Instance Contributor": "4939a1f6-9ae0-4e48-a1e0-f2cbe897382d",
    "SQL Security Manager": "056cd41c-7e88-42e1-933e-88ba6a50c9c3",
    "SQL Server Contributor": "6d8ee4ec-f05a-4a1d-8b00-a9b17e38b437",
    "Storage Account Backup Contributor": "e5e2a7ff-d759-4cd2-bb51-3152d37e2eb1",
    "Storage Account Contributor": "17d1049b-9a84-46fb-8f53-869881c3d3ab",
    "Storage Account Key Operator Service Role": "81a9662b-bebf-436f-a333-f67b29880f12",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Storage Blob Data Reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "Storage Blob Delegator": "db58b8e5-c6ad-4a2a-8342-4190687cbf4a",
    "Storage File Data SMB Share Contributor": "0c867c2a-1d8c-454a-a3db-ab2ea1bdc8bb",
    "Storage File Data SMB Share Elevated Contributor": "a7264617-510b-434b-a828-9731dc254ea7",
    "Storage File Data SMB Share Reader": "aba4ae5f-2193-4029-9191-0cb91df5e314",
    "Storage Queue Data Contributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "Storage Queue Data Message Processor": "8a0f0c08-91a1-4084-bc3d-661d67233fed",
    "Storage Queue Data Message Sender": "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a",
    "Storage Queue Data Reader": "19e7f393-937e-4f77-808e-94535e297925",
    "Storage Table Data Contributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    "Storage Table Data Reader": "76199698-9eea-4c19-bc75-cec21354c6b6",
    "Support Request Contributor": "cfd33db0-3dd1-45e3-aa9d-cdbdf3b6f24e",
    "Tag Contributor": "4a9ae827-6dc8-4573-8ac7-8239d42aa03f",
    "Traffic Manager Contributor": "a4b10055-b0c7-44c2-b00f-c7b5b3550cf7",
    "Virtual Machine Administrator Login": "1c0163c0-47e6-4577-8991-ea5c82e286e4",
    "Virtual Machine Contributor": "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
    "Virtual Machine User Login": "fb879df8-f326-4884-b1cf-06f3ad86be52",
    "Web Plan Contributor": "2cc479cb-7b4d-49a8-b449-8c00fd0f0a4b",
    "Website Contributor": "de139f84-1756-47ae-9be6-808fbbe84772",
    "Workbook Contributor": "e8ddcd69-c73f-4f9f-9844-4100522f16ad",
    "Workbook Reader": "b279062a-9be3-42a0-92ae-8b3cf002ec4d",
}
SUPPORT_REQUEST_CONTRIBUTOR = "Support Request Contributor"
# Whether the holders of the commonest roles may open support tickets (Microsoft.Support/supportTickets/write), so that knowing it costs no request.
OPENS_TICKETS = {
    BUILT_IN[name]: name != "Reader"
    for name in ("Owner", "Contributor", "User Access Administrator", SUPPORT_REQUEST_CONTRIBUTOR, "Reader")
}
_BY_NAME = {name.casefold(): identity for name, identity in BUILT_IN.items()}
_BY_ID = {identity: name for name, identity in BUILT_IN.items()}


def role_of(assignment: Mapping[str, Any]) -> str:
    """The GUID of an assignment's role; ARM writes its full id with and without a subscription in front."""
    return assignment["role_definition_id"].rpartition("/")[2].lower()


def identify(name: str) -> str | None:
    """The id of the built-in role of that name in any letter case, None if it is not among those known here."""
    return _BY_NAME.get(name.strip().casefold())


def name_of(identity: str) -> str | None:
    """The name of the built-in role with that id, None if it is not among those known here."""
    return _BY_ID.get(identity.lower())
