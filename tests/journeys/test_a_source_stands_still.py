"""A refused token stops its own source only; the owner hears of it once; what waited goes when mended."""

from __future__ import annotations

import pytest
from journeys.company import ANTON, JONAS, OWNER, SECOND_SHOP, SHOP_TOKEN, TOMAS, Company, opened, said

from app.sources import plain
from channels.kit.discover import channels
from sandbox.model import Bot

NEW_TOKEN = SHOP_TOKEN[:-4] + "9999"


def revoked(it: Company) -> Bot:
    """The vendor knows the token no more."""
    return it.world.bots.pop(SHOP_TOKEN)


async def mended(it: Company, bot: Bot) -> None:
    """A new token at the vendor, and here."""
    it.world.bots[NEW_TOKEN] = bot
    settings = channels()["telegram"].settings.model_validate({"token": NEW_TOKEN})
    await it.runtime.store.rotate("shop", plain(settings), it.clock.now())


def told(it: Company, words: str) -> list[str]:
    return [text for text in it.texts_at_desk(OWNER) if words in text]


@pytest.mark.timeout(240)
async def test_a_refused_token(database_url: str) -> None:
    async with opened(database_url, managers=(TOMAS,), more=(SECOND_SHOP,)) as it:
        it.writes(ANTON, "Pine shelf?")
        it.writes(JONAS, "Oak table?", bot=it.second)
        shelf, table = await it.sees(TOMAS, "Pine shelf?"), await it.sees(TOMAS, "Oak table?")
        shop = revoked(it)
        first = it.says(TOMAS, "Of course", at=shelf)
        await it.sees(TOMAS, "Not sent yet: the channel refuses our access")
        it.says(TOMAS, "Shall I send a picture?", at=shelf)
        other = it.says(TOMAS, "Oak is out", at=table)
        await it.marked(TOMAS, other, "👌")
        assert [said(one) for one in it.got(JONAS, it.second)] == ["Oak is out"]
        await it.until(lambda: told(it, "refuses us"))
        assert it.mark(TOMAS, first) != "💔"
        assert await it.parked() == 0
        assert [row.trouble for row in await it.runtime.store.sources() if row.key == "shop"] != [""]

        await mended(it, shop)
        await it.marked(TOMAS, first, "👌")
        await it.until(lambda: it.read_by(ANTON) == ["Of course", "Shall I send a picture?"])
        await it.until(lambda: told(it, "takes us again"))
        await it.settled()
        assert (len(told(it, "refuses us")), len(told(it, "takes us again"))) == (1, 1)
        assert [row.trouble for row in await it.runtime.store.sources()] == [""] * 3
