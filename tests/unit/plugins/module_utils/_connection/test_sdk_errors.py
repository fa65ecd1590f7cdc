# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure's errors, in every envelope they come in, and the hint that goes with each."""

from __future__ import annotations

import json
import ssl
from types import SimpleNamespace

import pytest
import requests
from azure.core.exceptions import ServiceRequestError
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import MaxRetryError

from ansible_collections.csp.azure.plugins.module_utils._connection.responses import error_in, sign_in_error
from ansible_collections.csp.azure.plugins.module_utils._connection.sdk_errors import translated
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._model.hints import hint_for

TENANT = "22222222-2222-4222-8222-222222222222"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ('{"error": {"code": "ScopeLocked", "message": "Locked."}}', "ScopeLocked", "Locked."),
        ('\ufeff{"code": 20002, "description": "No relationship."}', "20002", "No relationship."),
        ('{"Code": "429", "Message": "Cannot acquire exclusive lock"}', "429", "Cannot acquire exclusive lock"),
        ('{"statusCode": 429, "message": "Rate limit is exceeded."}', "429", "Rate limit is exceeded."),
        ('{"odata.error": {"code": "X", "message": {"lang": "en", "value": "Old Graph."}}}', "X", "Old Graph."),
        ('{"error": "invalid_client", "error_description": "No."}', "invalid_client", "No."),
        (
            "<html><title>401 - Unauthorized:\n Access is denied.</title></html>",
            "503",
            "401 - Unauthorized: Access is denied.",
        ),
        ("<h1>Our services</h1> aren't available", "503", "Our services aren't available"),
        ("", "503", "HTTP 503 without a readable error."),
        ("[]", "503", "[]"),
        ("{}", "503", "HTTP 503 without a readable error."),
    ],
)
def test_every_envelope_is_read(body: str, code: str, message: str) -> None:
    error = error_in(503, {"X-MS-Request-Id": "abc"}, body)
    assert (error.code, error.message, error.request_id, error.status) == (code, message, "abc", 503)


@pytest.mark.parametrize("header", ["x-ms-request-id", "request-id", "MS-RequestId"])
def test_the_request_id_of_every_api(header: str) -> None:
    assert error_in(500, {header: "abc"}, "").request_id == "abc"


def test_a_throttle_tells_how_long() -> None:
    error = error_in(
        429, {"Retry-After": "57"}, '{"error": {"code": "SubscriptionRequestsThrottled", "message": "Slow down."}}'
    )
    assert "57 s" in error.message
    assert "throttles" in error.hint


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        ("PrincipalNotFound", "Principal 0 does not exist in the directory", "step 3"),
        (
            "UnmatchedPrincipalType",
            "The PrincipalId '0' has type 'Group' , which is different",
            "a Group of this directory",
        ),
        (
            "AuthorizationFailed",
            "perform action 'Microsoft.Authorization/roleAssignments/write' over",
            "lacks Microsoft.Authorization/roleAssignments/write",
        ),
        ("AuthorizationFailed", "perform action 'Microsoft.Web/x/read'", "named above"),
        (
            "InvalidAuthenticationTokenTenant",
            f"The access token is from the wrong issuer 'https://sts.windows.net/1/'. It must match the tenant 'https://sts.windows.net/{TENANT}/' associated",
            f"belongs to the tenant {TENANT}",
        ),
        (
            "InvalidAuthenticationTokenTenant",
            f"It must match one of the tenants 'https://sts.windows.net/{TENANT}/,https://sts.windows.net/x/' associated",
            f"belongs to the tenant {TENANT}",
        ),
        ("ReadOnlyDisabledSubscription", "", "disabled"),
        ("AADSTS7000222", "", "expired"),
        ("NoSuchCode", "", ""),
    ],
)
def test_the_hint(code: str, message: str, hint: str) -> None:
    assert hint in hint_for(code, message, 400)
    assert bool(hint) == bool(hint_for(code, message, 400))


def test_an_error_reads_as_one_text() -> None:
    error = AzureError("Locked.", code="ScopeLocked", hint="Unlock.", request_id="abc")
    assert str(error) == "ScopeLocked: Locked. Unlock. (request id abc)"
    assert error.as_dict() == {"code": "ScopeLocked", "message": "Locked.", "hint": "Unlock.", "request_id": "abc"}
    assert str(AzureError("Only words.")) == "Only words."


def test_entras_words_lose_their_wrapping() -> None:
    error = sign_in_error(
        "Authentication failed: AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 6d1c2f0e-3b6c-4d7c-9c6b-4f1f8d0a2c11\r\nCorrelation ID: x"
    )
    assert (error.code, error.message) == ("AADSTS7000215", "Invalid client secret provided.")
    assert error.request_id == "6d1c2f0e-3b6c-4d7c-9c6b-4f1f8d0a2c11"
    assert sign_in_error("Please run az login").code == "SignInFailed"


def test_an_sdk_error_with_an_answer() -> None:
    class HttpResponseError(Exception):
        response = SimpleNamespace(
            status_code=409, headers={}, text=lambda: '{"error": {"code": "ScopeLocked", "message": "Locked."}}'
        )

    with pytest.raises(AzureError, match="ScopeLocked"), translated("write"):
        raise HttpResponseError


def test_a_kiota_error() -> None:
    class ODataError(Exception):
        response_status_code = 403
        response_headers = {"request-id": "abc"}  # noqa: RUF012
        error = SimpleNamespace(
            code="Authorization_RequestDenied", message="Insufficient privileges to complete the operation."
        )

    with pytest.raises(AzureError, match="Authorization_RequestDenied: Insufficient") as caught, translated("read"):
        raise ODataError
    assert "Directory Readers" in caught.value.hint
    assert caught.value.request_id == "abc"


def test_entras_words_at_the_bottom_of_a_chain() -> None:
    body = json.dumps(
        {"error_description": "AADSTS90002: Tenant 'x' not found.\r\nTrace ID: 6d1c2f0e-3b6c-4d7c-9c6b-4f1f8d0a2c11"}
    )
    msals = ValueError("Unable to get authority configuration")
    msals.__cause__ = ValueError(f"OIDC Discovery failed. HTTP status: 400, Error: {body}")
    with pytest.raises(AzureError) as caught, translated("sign in"):
        raise msals
    assert (caught.value.code, caught.value.message) == ("AADSTS90002", "Tenant 'x' not found.")


@pytest.mark.parametrize(
    ("exc", "code"),
    [
        (ConnectionRefusedError("refused"), "NoAnswer"),
        (ssl.SSLError("CERTIFICATE_VERIFY_FAILED"), "CertificateNotTrusted"),
    ],
)
def test_no_answer_at_all(exc: Exception, code: str) -> None:
    with pytest.raises(AzureError, match="Could not list") as caught, translated("list"):
        raise exc
    assert caught.value.code == code
    assert caught.value.hint


@pytest.mark.parametrize("exc", [KeyError("x"), TypeError("x"), ZeroDivisionError()])
def test_a_defect_of_ours_keeps_its_traceback(exc: Exception) -> None:
    with pytest.raises(type(exc)), translated("list"):
        raise exc


@pytest.mark.parametrize(
    ("message", "result"),
    [
        ("It broke", "It broke. Try again."),
        ("It broke.", "It broke. Try again."),
        ("Why?", "Why? Try again."),
    ],
)
def test_a_hint_is_a_sentence_of_its_own(message: str, result: str) -> None:
    assert str(AzureError(message, hint="Try again.")) == result
    assert str(AzureError(message)) == message


def verification(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    ("verify_code", "code"),
    [
        (9, "CertificateExpired"),
        (10, "CertificateExpired"),
        (62, "CertificateOfAnotherHost"),
        (64, "CertificateOfAnotherHost"),
        (85, "CertificateNotStrict"),
        (89, "CertificateNotStrict"),
        (18, "CertificateNotTrusted"),
        (20, "CertificateNotTrusted"),
    ],
)
def test_a_certificate_is_refused_for_one_of_several_reasons(verify_code: int, code: str) -> None:
    # requests, urllib3 and azure-core each wrap the error of the layer below in a way of their own.
    pool = MaxRetryError(HTTPSConnectionPool("localhost"), "/", verification(verify_code))
    for exc in (verification(verify_code), ServiceRequestError(str(pool), error=requests.exceptions.SSLError(pool))):
        with pytest.raises(AzureError) as caught, translated("list"):
            raise exc
        assert caught.value.code == code


def test_an_authority_is_to_be_named_or_added_to_what_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    hints = []
    for path in ("", "/etc/corporate.pem"):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", path)
        for name in ("CURL_CA_BUNDLE", "SSL_CERT_FILE"):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(AzureError) as caught, translated("list"):
            raise verification(20)
        hints.append(caught.value.hint)
    assert "/etc/corporate.pem" in hints[1]
    assert hints[0] != hints[1]


def test_a_challenge_is_no_wrong_tenant() -> None:
    body = '{"error": {"code": "InvalidAuthenticationToken", "message": "x"}}'
    challenge = {"WWW-Authenticate": 'Bearer realm="", error="insufficient_claims", claims="e30="'}
    assert error_in(401, challenge, body).hint == hint_for("ClaimsChallenge")
    assert error_in(401, {}, body).hint == hint_for("InvalidAuthenticationToken")
    assert error_in(401, {}, "").hint == hint_for("401", "", 401)
    # A code that nobody here knows says more than its status.
    assert error_in(401, {}, '{"error": {"code": "SomethingElse", "message": "x"}}').hint == ""
