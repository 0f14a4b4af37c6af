"""What is not right is told so clearly, and leaves no trace; what asks how we are is told that."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import aiohttp
import pytest
from journeys.company import ANTON, METRICS_TOKEN, TOMAS, Company, Source, opened

SECRET = base64.b64encode(b"a signing secret for tests").decode()
SIGNED: Source = ("web_form", "signed", {"signing_secret": f"whsec_{SECRET}"})
PICKY: Source = ("web_form", "picky", {"allowed_origins": "https://shop.example"})
ORIGIN = "https://shop.example"
JSON = {"Content-Type": "application/json"}


async def posted(company: Company, path: str, **given: Any) -> tuple[int, aiohttp.ClientResponse, Any]:
    """Status, answer and body of a post; a problem is told in the standard way."""
    async with company.http.post(company.runtime.url + path, **given) as answer:
        body = await answer.json(content_type=None)
        if answer.status >= 400:
            assert answer.content_type == "application/problem+json"
            assert body["status"] == answer.status
            assert body["detail"]
        return answer.status, answer, body


async def nothing_came(company: Company) -> None:
    """A lead that comes after is the first, and nothing is parked."""
    company.writes(ANTON, "Hello")
    await company.sees(TOMAS, "#1 · Антон")
    await company.settled()
    assert await company.open_leads() == [1]
    assert await company.parked() == 0


async def test_a_form_that_cannot_be_read(database_url: str) -> None:
    """Its page may read the answer, wherever it stands."""
    async with opened(database_url, managers=(TOMAS,)) as company:
        form = "/in/web_form/form"
        multipart = {"Content-Type": "multipart/form-data; boundary=x"}
        cases: tuple[tuple[bytes, dict[str, str], int], ...] = (
            (b"{not json", JSON, 400),
            (b"", JSON, 400),
            (b'"words"', JSON, 400),
            (b"{}", JSON, 400),
            (b"[" * 100_000, JSON, 400),
            (b'{"message": "\xff\xfe"}', JSON, 400),
            (b"--x\r\nbroken", multipart, 400),
            (b"a" * (1 << 20) + b"b", JSON, 413),
            (b"x" * ((10 << 20) + 1), multipart, 413),
        )
        for body, headers, expected in cases:
            status, answer, _ = await posted(
                company, form, data=io.BytesIO(body), headers=headers | {"Origin": ORIGIN}
            )
            assert status == expected, body[:20]
            assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        async with company.http.options(company.form_url, headers={"Origin": ORIGIN}) as answer:
            assert answer.status == 204
            assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        await nothing_came(company)


@pytest.mark.parametrize("path", ["/in/web_form/nobody", "/in/pigeon/post", "/in/telegram/form"])
async def test_a_door_that_is_not_there(database_url: str, path: str) -> None:
    async with opened(database_url, managers=(TOMAS,)) as company:
        status, _, _ = await posted(company, path, json={"name": "Dana", "message": "Hi"})
        assert status == 404
        await nothing_came(company)


async def test_a_wrong_secret_opens_nothing(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,), more=(SIGNED, PICKY), webhooks=True) as company:
        update = {
            "update_id": 900,
            "message": {"message_id": 1, "date": 1, "chat": {"id": 9, "type": "private"}},
        }
        secret = "X-Telegram-Bot-Api-Secret-Token"
        forged = {"webhook-id": "1", "webhook-timestamp": "1772442000", "webhook-signature": "v1,AAAA"}
        foreign = {"Origin": "https://elsewhere.example"}
        cases: tuple[tuple[str, dict[str, str]], ...] = (
            ("/in/telegram/shop", {}),
            ("/in/telegram/shop", {secret: "guess"}),
            ("/in/web_form/signed", {}),
            ("/in/web_form/signed", forged),
            ("/in/web_form/picky", foreign),
        )
        for path, headers in cases:
            status, _, _ = await posted(company, path, data=json.dumps(update), headers=JSON | headers)
            assert status in {401, 403}, path
        async with company.http.post(f"{company.runtime.url}/desk/guess", json=update) as answer:
            assert answer.status == 404
        assert company.desk.webhook
        for headers in ({}, {secret: "guess"}):
            async with company.http.post(company.desk.webhook.url, json=update, headers=headers) as answer:
                assert answer.status == 403
        await company.until(lambda: company.shop.webhook)
        await nothing_came(company)


async def test_how_we_are(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,), webhooks=True) as company:
        for path in ("/health/live", "/health/ready"):
            async with company.http.get(company.runtime.url + path) as answer:
                assert answer.status == 200
        await company.post_form(name="Dana", message="Hi")
        await company.sees(TOMAS, "#1 · Dana")
        url = f"{company.runtime.url}/metrics"
        for headers in ({}, {"Authorization": "Bearer guess"}):
            async with company.http.get(url, headers=headers) as answer:
                assert answer.status == 401
        async with company.http.get(url, headers={"Authorization": f"Bearer {METRICS_TOKEN}"}) as answer:
            assert answer.status == 200
            words = await answer.text()
        assert 'channel="web_form"' in words
        assert "Dana" not in words
