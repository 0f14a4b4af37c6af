"""Sending files, albums, and getting files back."""

from __future__ import annotations

from typing import Any

from aiogram.methods import (
    EditMessageMedia,
    GetFile,
    SendAnimation,
    SendAudio,
    SendDocument,
    SendMediaGroup,
    SendPhoto,
    SendSticker,
    SendVideo,
    SendVideoNote,
    SendVoice,
)
from aiogram.types import BufferedInputFile

from sandbox.errors import NotImplementedHere, Refused
from sandbox.media import image_size
from sandbox.methods.messages import change, own_message
from sandbox.methods.sending import SENDING, known, method, send
from sandbox.model import Bot, Json
from sandbox.rules import captioned, inline
from sandbox.world import World

UPLOAD_LIMIT = 50 * 1024 * 1024
PHOTO_LIMIT = 10 * 1024 * 1024
DOWNLOAD_LIMIT = 20 * 1024 * 1024
ALBUM = range(2, 11)
_DETAILS = ("duration", "width", "height", "length", "performer", "title", "emoji")
_ALBUM_KINDS = ("photo", "video", "document", "audio")


def send_file(world: World, bot: Bot, m: Any) -> Json:
    kind = m.__api_method__.removeprefix("send")
    kind = {"VideoNote": "video_note"}.get(kind, kind.lower())
    content = _content(world, bot, kind, getattr(m, kind), m)
    return send(world, bot, m, content | (captioned(m) if "caption" in type(m).model_fields else {}))


def send_album(world: World, bot: Bot, m: SendMediaGroup) -> list[Json]:
    kinds = {item.type for item in m.media}
    if len(m.media) not in ALBUM:
        few = "an album has at least 2 items" if m.media else "there are no messages to send"
        raise Refused("too many messages to send as an album" if len(m.media) > 10 else few)
    if not kinds <= set(_ALBUM_KINDS):
        raise NotImplementedHere(f"an album of {kinds}")
    for alone in ("document", "audio"):
        if alone in kinds and len(kinds) > 1:
            raise Refused(f"{alone.capitalize()} can't be mixed with other media types")
    group = {"media_group_id": f"{bot.id}{known(world, bot, m.chat_id).last_id + 1}"}
    contents = [_item(world, bot, item) | group for item in m.media]
    return [send(world, bot, m, content) for content in contents]


def edit_media(world: World, bot: Bot, m: EditMessageMedia) -> Json:
    chat, message = own_message(world, bot, m)
    if "text" in message and "photo" not in message:
        raise Refused("there is no media in the message to edit")
    gone: Json = dict.fromkeys(kind for kind in (*_ALBUM_KINDS, "animation", "voice") if kind in message)
    content = gone | _item(world, bot, m.media) | {"reply_markup": inline(m.reply_markup)}
    return change(chat, message, content)


def get_file(world: World, bot: Bot, m: GetFile) -> Json:
    stored = world.files.get(bot.id, m.file_id)
    if not stored:
        raise Refused("wrong file_id or the file is temporarily unavailable")
    if len(stored.data) > DOWNLOAD_LIMIT:
        raise Refused("file is too big")
    ids = {"file_id": stored.file_id, "file_unique_id": stored.unique_id}
    return ids | {"file_size": len(stored.data), "file_path": stored.path}


def _item(world: World, bot: Bot, item: Any) -> Json:
    """One InputMedia…: its file and its caption."""
    beyond = item.model_fields_set - {"type", "media", "caption", "parse_mode", "caption_entities", *_DETAILS}
    if beyond:
        raise NotImplementedHere(f"media.{min(beyond)}")
    return _content(world, bot, item.type, item.media, item) | captioned(item)


def _content(world: World, bot: Bot, kind: str, file: Any, source: Any) -> Json:
    stored = _uploaded(world, bot, kind, file, source) or world.files.get(bot.id, str(file))
    if not stored:
        if str(file).startswith(("http://", "https://")):
            raise NotImplementedHere("files by URL")
        raise Refused("wrong file identifier/HTTP URL specified")
    if stored.kind != kind:
        raise Refused(f"can't use file of type {stored.kind.capitalize()} as {kind.capitalize()}")
    return {kind: stored.content} | (
        {"document": _as_document(stored.content)} if kind == "animation" else {}
    )


def _uploaded(world: World, bot: Bot, kind: str, file: Any, source: Any) -> Any:
    if not isinstance(file, BufferedInputFile):
        return None
    _check_upload(kind, file.data)
    told = {key: value for key in _DETAILS if (value := getattr(source, key, None)) is not None}
    details = {} if kind in ("photo", "document") else told
    named = (file.filename or "") if kind in ("document", "video", "audio", "animation") else ""
    return world.files.put(bot.id, kind, file.data, named, **details)


def _check_upload(kind: str, data: bytes) -> None:
    if not data:
        raise Refused("file must be non-empty")
    if len(data) > UPLOAD_LIMIT:
        raise Refused(status=413)
    if kind != "photo":
        return
    if len(data) > PHOTO_LIMIT:
        raise Refused(
            f"file of size {len(data)} bytes is too big for a photo; the maximum size is {PHOTO_LIMIT} bytes"
        )
    size = image_size(data)
    if not size or not all(size):
        raise Refused("IMAGE_PROCESS_FAILED")
    if sum(size) > 10_000 or max(size) > 20 * min(size):
        raise Refused("PHOTO_INVALID_DIMENSIONS")


def _as_document(animation: Json) -> Json:
    return {key: animation[key] for key in animation.keys() - {"width", "height", "duration"}}


_CAPTIONED = SENDING + "caption parse_mode caption_entities "
METHODS = (
    method(SendPhoto, send_file, _CAPTIONED + "photo"),
    method(SendDocument, send_file, _CAPTIONED + "document disable_content_type_detection"),
    method(SendVideo, send_file, _CAPTIONED + "video duration width height supports_streaming"),
    method(SendVoice, send_file, _CAPTIONED + "voice duration"),
    method(SendAudio, send_file, _CAPTIONED + "audio duration performer title"),
    method(SendAnimation, send_file, _CAPTIONED + "animation duration width height"),
    method(SendVideoNote, send_file, SENDING + "video_note duration length"),
    method(SendSticker, send_file, SENDING + "sticker emoji"),
    method(SendMediaGroup, send_album, SENDING + "media"),
    method(EditMessageMedia, edit_media, "chat_id message_id media reply_markup"),
    method(GetFile, get_file, "file_id"),
)
