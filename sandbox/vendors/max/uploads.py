"""Files on their way to MAX: a place for each, then a token. https://dev.max.ru/docs-api/methods/POST/uploads"""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web

from sandbox.vendors.max.words import odd, refused
from sandbox.vendors.stage import Answer, File, Refused, Stage
from sandbox.vendors.vendor import AUDIO, FILE, PHOTO, VIDEO

KINDS = {"image": PHOTO, "video": VIDEO, "audio": AUDIO, "file": FILE}
UNREADY = refused(400, "attachment.not.ready", "Key: errors.process.attachment.file.not.processed")


@dataclass(slots=True)
class Uploads:
    """What was announced, what came, and what is still being processed."""

    stage: Stage
    places: dict[str, str] = field(default_factory=dict)  # number -> type
    files: dict[str, tuple[str, File]] = field(default_factory=dict)  # token -> type, file
    unready: set[str] = field(default_factory=set)

    def place(self, kind: str) -> web.Response:
        """Video and audio have their token now, the others when they are there."""
        if kind not in KINDS:
            raise odd("type: must be image, video, audio or file")
        number = str(self.stage.number())
        self.places[number] = kind
        token = {"token": f"token-{number}"} if kind in {"video", "audio"} else {}
        return Answer.of({"url": f"{self.stage.base}/upload/{number}?sig=1"} | token).response()

    async def upload(self, request: web.Request) -> web.Response:
        """One file for one address, which is all the proof that it takes."""
        number = request.match_info["number"]
        part = await (await request.multipart()).next()
        kind = self.places.pop(number, "")
        if not (kind and isinstance(part, BodyPartReader) and part.name == "data" and part.filename):
            raise odd("data is required")
        mime, token = part.headers.get("Content-Type", ""), f"token-{number}"
        self.files[token] = kind, File(KINDS[kind], part.filename, mime, bytes(await part.read()))
        if kind == "image":
            return Answer.of({"photos": {"3JJvlQgoPpDg==": {"token": token}}}).response()
        self.unready.add(token)
        if kind == "file":
            return Answer.of({"fileId": int(number), "token": token}).response()
        return Answer(200, b"<retval>1</retval>", {"Content-Type": "text/xml"}).response()

    def taken(self, kind: str, token: str) -> File:
        """The file of that token; all but images are not ready for the first who asks."""
        held = self.files.get(token)
        if not held or held[0] != kind:
            raise odd(f"errors.process.attachment.{kind}.not.found")
        if token in self.unready:
            self.unready.discard(token)
            raise Refused(UNREADY)
        return held[1]
