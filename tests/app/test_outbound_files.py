"""Sending to customers: the right door, the right bytes, a key that stays; and every way it can fail."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

import aiohttp
import pytest
from cli_scene import DESK, SHOP, SHOP_2
from databases import Clock

from app.files import DESK as FROM_DESK
from app.files import Files, desk_source
from app.logs import Redactor
from app.morning import sketch
from app.outbound import Senders
from app.settings import FixedSettings
from app.sources import Sources
from channels.kit.contract import Channel, Source
from channels.kit.discover import channels, offers
from leads.changes import Outbound, ToCustomer, ToManager, View
from leads.events import Attachment, Media, MediaKind, Outgoing, SendCode, SendError, Sent, Verb
from sandbox import server
from sandbox.media import image_size
from sandbox.world import World
from storage.store import Store

PHOTO = Attachment(MediaKind.PHOTO, ref="customer-file", name="plan.png", mime="image/png")
ANTON = 201
PUBLIC = "https://desk.example"


async def once(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@dataclass
class Vendor:
    """A channel that remembers what it was asked."""

    name: str = "telegram"
    content: bytes = b"its bytes"
    failure: SendError | None = None
    sent: list[tuple[Source, Outgoing, bytes | None]] = field(default_factory=list)
    media: list[Media] = field(default_factory=list)
    fetched: list[tuple[Source, Attachment]] = field(default_factory=list)

    async def send(
        self, http: aiohttp.ClientSession, source: Source, outgoing: Outgoing, media: Media | None
    ) -> Sent:
        if self.failure:
            raise self.failure
        got = b"".join([chunk async for chunk in media.chunks]) if media else None
        self.sent.append((source, outgoing, got))
        self.media += [media] if media else []
        return Sent(f"m{len(self.sent)}")

    async def fetch_media(self, http: aiohttp.ClientSession, source: Source, attachment: Attachment) -> Media:
        self.fetched.append((source, attachment))
        return Media(attachment.name, attachment.mime, None, once(self.content))


async def straight(_: int, call: Callable[[], Awaitable[Sent]]) -> Sent:
    """Nobody watches the destination."""
    return await call()


@dataclass
class Post:
    """Senders over one store with one vendor; `source_id` is its only door."""

    senders: Senders
    files: Files
    vendor: Vendor
    source_id: int
    store: Store

    def row(self, number: int = 12, **outgoing: Any) -> Outbound:
        body = ToCustomer(1, self.source_id, "c1", Outgoing("201", **outgoing))
        return Outbound(number, 1, 0, Clock()(), body)

    async def send(self, row: Outbound) -> Sent:
        return await self.senders.send(straight, row)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


Opened = Callable[..., Any]


@pytest.fixture
def opened(store: Store, clock: Clock, http: aiohttp.ClientSession) -> Opened:
    async def post(vendor: Vendor, desk: Source | None = None) -> Post:
        row = await store.add_source("telegram", "shop", {"token": SHOP})
        sources = Sources(store, channels(), FixedSettings(), Redactor(), clock)
        one = {"telegram": cast(Channel, vendor)}
        files = Files(http, one, sources, store.files, desk, PUBLIC)
        return Post(Senders(http, one, sources, files, None), files, vendor, row.id, store)

    return post


@pytest.fixture
async def post(opened: Opened) -> Post:
    made: Post = await opened(Vendor())
    return made


async def test_a_text_goes_through_its_own_door(post: Post) -> None:
    assert (await post.send(post.row(text="Good day"))).external_id == "m1"
    ((source, outgoing, media),) = post.vendor.sent
    assert (source.id, source.key) == (post.source_id, "shop")
    assert (outgoing.recipient, outgoing.text, media) == ("201", "Good day", None)


async def test_the_key_is_the_rows_and_the_same_at_each_try(post: Post) -> None:
    for _ in range(2):
        await post.send(post.row(12, text="a"))
    await post.send(post.row(13, text="a"))
    first, second, other = (outgoing.key for _, outgoing, _ in post.vendor.sent)
    assert first == second != other


async def test_a_file_goes_with_its_bytes(post: Post) -> None:
    await post.send(post.row(text="the plan", attachment=PHOTO))
    ((_, outgoing, media),) = post.vendor.sent
    assert media == b"its bytes"
    assert outgoing.attachment == PHOTO
    assert post.vendor.fetched[0][1] == PHOTO


async def test_an_edit_names_the_file_and_does_not_send_it_again(post: Post) -> None:
    await post.send(post.row(text="better words", attachment=PHOTO, verb=Verb.EDIT, target="77"))
    ((_, outgoing, media),) = post.vendor.sent
    assert (outgoing.target, outgoing.attachment, media) == ("77", PHOTO, None)
    assert post.vendor.fetched == []


async def test_a_closed_door_is_said_to_be_one(post: Post) -> None:
    await post.store.remove_source("shop")
    with pytest.raises(SendError) as caught:
        await post.send(post.row(text="anybody?"))
    assert caught.value.code is SendCode.PERMANENT
    assert "closed" in caught.value.detail
    assert post.vendor.sent == []


async def test_a_row_for_a_manager_is_not_sent_to_a_customer(post: Post) -> None:
    row = replace(post.row(), body=ToManager(View.SAY, 101))
    with pytest.raises(TypeError, match="12"):
        await post.send(row)
    assert post.vendor.sent == []


async def test_what_the_vendor_refuses_is_passed_on_untouched(opened: Opened) -> None:
    failure = SendError(SendCode.RETRY, "too many", retry_after=7)
    post = await opened(Vendor(failure=failure))
    with pytest.raises(SendError) as caught:
        await post.send(post.row(text="a"))
    assert caught.value is failure


# --- what customers sent, as files of ours ------------------------------------------------------------------


async def test_a_customers_file_is_kept_by_its_content(post: Post) -> None:
    path = await post.files.incoming(PHOTO, post.source_id)
    assert path.read_bytes() == b"its bytes"
    assert hashlib.sha256(b"its bytes").hexdigest() == path.parent.name + path.name
    assert await post.files.incoming(PHOTO, post.source_id) == path
    assert len([one for one in path.parent.parent.rglob("*") if one.is_file()]) == 1


async def test_what_we_hold_already_is_not_asked_for(post: Post) -> None:
    """The vendor's link may be dead by then."""
    path = await post.files.incoming(PHOTO, post.source_id)
    post.vendor.content = b"a page that says the link is dead"
    assert await post.files.incoming(PHOTO, post.source_id) == path
    assert path.read_bytes() == b"its bytes"
    assert len(post.vendor.fetched) == 1


async def test_what_we_held_and_lost_is_asked_for_again(post: Post) -> None:
    (await post.files.incoming(PHOTO, post.source_id)).unlink()
    post.vendor.content = b"others"
    path = await post.files.incoming(PHOTO, post.source_id)
    assert path.read_bytes() == b"others"
    assert len(post.vendor.fetched) == 2


async def test_what_is_known_by_its_content_needs_no_reference(post: Post) -> None:
    path = await post.files.incoming(PHOTO, post.source_id)
    picture = Attachment(MediaKind.PHOTO, blob=path.parent.name + path.name)
    assert await post.files.incoming(picture, post.source_id) == path
    assert len(post.vendor.fetched) == 1


async def test_another_sources_file_of_the_same_name_is_another_one(post: Post) -> None:
    other = await post.store.add_source("telegram", "other", {"token": SHOP_2})
    await post.files.incoming(PHOTO, post.source_id)
    post.vendor.content = b"others"
    assert (await post.files.incoming(PHOTO, other.id)).read_bytes() == b"others"


@pytest.mark.parametrize(
    ("given", "name", "mime"),
    [
        (PHOTO, "plan.png", "image/png"),
        (replace(PHOTO, name="", mime=""), "photo.jpg", "image/jpeg"),
        (replace(PHOTO, name="../../oak.webp", mime=""), "oak.webp", "image/webp"),
        (Attachment(MediaKind.FILE, ref="r", name="odd."), "odd.", "application/octet-stream"),
    ],
)
async def test_a_vendor_may_be_given_an_address_in_place_of_the_file(
    post: Post, given: Attachment, name: str, mime: str
) -> None:
    await post.send(post.row(attachment=given))
    (media,) = post.vendor.media
    base, ticket, last = media.url.rsplit("/", 2)
    assert (base, last, media.name, media.mime) == (f"{PUBLIC}/file", name, name, mime)
    lent = post.store.files.lent(ticket)
    assert lent
    assert (lent.path.read_bytes(), lent.name, lent.mime) == (b"its bytes", name, mime)
    assert post.store.files.lent(ticket[:-4] + "AAAA") is None
    assert post.store.files.lent("é") is None


@pytest.mark.parametrize(("limit", "fits"), [(9, True), (8, False)])
async def test_a_file_bigger_than_allowed_is_bad_media_and_leaves_nothing(
    post: Post, monkeypatch: pytest.MonkeyPatch, limit: int, fits: bool
) -> None:
    monkeypatch.setattr("app.files.MEDIA_LIMIT", limit)
    if fits:
        assert (await post.files.incoming(PHOTO, post.source_id)).is_file()
        return
    with pytest.raises(SendError) as caught:
        await post.files.incoming(PHOTO, post.source_id)
    assert caught.value.code is SendCode.BAD_MEDIA
    assert await post.store.files.known(post.source_id, PHOTO.ref) is None


async def test_of_a_closed_source_there_are_no_files(post: Post) -> None:
    with pytest.raises(SendError) as caught:
        await post.files.incoming(PHOTO, post.source_id + 1)
    assert caught.value.code is SendCode.PERMANENT


class NoFiles:
    """A channel that gives no files."""

    name = "telegram"


async def test_a_channel_without_files_says_so(opened: Opened) -> None:
    post = await opened(cast(Vendor, NoFiles()))
    assert not offers(cast(Channel, NoFiles()), "fetch_media")
    with pytest.raises(SendError) as caught:
        await post.files.incoming(PHOTO, post.source_id)
    assert caught.value.code is SendCode.BAD_MEDIA
    assert "telegram" in caught.value.detail


# --- what managers sent -------------------------------------------------------------------------------------


async def test_a_managers_file_is_fetched_by_the_managers_bot(opened: Opened) -> None:
    desk = desk_source(channels()["telegram"], DESK, "http://127.0.0.1:9")
    post = await opened(Vendor(content=b"price list"), desk)
    await post.send(post.row(attachment=replace(PHOTO, ref=f"{FROM_DESK}AgAD77")))
    ((_, _, media),) = post.vendor.sent
    ((source, asked),) = post.vendor.fetched
    assert media == b"price list"
    assert asked.ref == "AgAD77"
    assert source.settings.token.get_secret_value() == DESK
    assert source.id == 0


async def test_without_the_managers_bot_their_files_wait(post: Post) -> None:
    with pytest.raises(SendError) as caught:
        await post.send(post.row(attachment=replace(PHOTO, ref=f"{FROM_DESK}AgAD77")))
    assert caught.value.code is SendCode.RETRY
    assert post.vendor.sent == []


async def test_over_the_wire_a_managers_photo_reaches_the_customer(
    store: Store, clock: Clock, http: aiohttp.ClientSession
) -> None:
    """A file of the one bot means nothing to the other, so the bytes travel through us."""
    drawn = sketch(80, 60)
    world = World(clock)
    world.add_user(ANTON, "Anton")
    world.add_user(101, "Vera")
    desk_bot, shop_bot = world.add_bot(DESK, "desk", "Desk"), world.add_bot(SHOP, "shop", "Shop")
    world.user_starts(shop_bot, ANTON)
    ref = world.user_sends(desk_bot, 101, photo=drawn)["photo"][0]["file_id"]
    async with server.running(world) as url:
        row = await store.add_source("telegram", "shop", {"token": SHOP})
        sources = Sources(store, channels(), FixedSettings(telegram_api=url), Redactor(), clock)
        desk = desk_source(channels()["telegram"], DESK, url)
        files = Files(http, channels(), sources, store.files, desk)
        senders = Senders(http, channels(), sources, files, None)
        outgoing = Outgoing(str(ANTON), "the plan", attachment=replace(PHOTO, ref=FROM_DESK + ref))
        sent = await senders.send(straight, Outbound(1, 1, 0, clock(), ToCustomer(1, row.id, "c", outgoing)))
    got = world.chat(shop_bot, ANTON).messages[int(sent.external_id)]
    assert got["caption"] == "the plan"
    stored = world.files.get(shop_bot.id, got["photo"][0]["file_id"])
    assert stored is not None
    assert stored.data == drawn
    assert image_size(drawn) == (80, 60)
