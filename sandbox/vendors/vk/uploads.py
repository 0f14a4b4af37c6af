"""Files on their way to VK: an address, then a receipt, then a name. https://dev.vk.com/ru/api/upload/overview"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web

from sandbox.vendors.stage import Answer, File, Stage
from sandbox.vendors.vendor import FILE, PHOTO, VOICE
from sandbox.vendors.vk.words import GROUP, Given, done, odd

FIELDS = {"photo": "photo", "doc": "file", "audio_message": "file"}
KINDS = {"photo": PHOTO, "doc": FILE, "audio_message": VOICE}
PICTURES = (b"\xff\xd8", b"\x89PNG", b"GIF8")
REFUSED_ENDINGS = (".mp3", ".exe", ".bat")


@dataclass(slots=True)
class Uploads:
    """What was announced, what came, and what is kept."""

    stage: Stage
    places: dict[str, str] = field(default_factory=dict)  # number -> kind
    came: dict[str, tuple[str, File]] = field(default_factory=dict)  # receipt -> kind, file
    kept: dict[str, File] = field(default_factory=dict)  # as messages.send names it

    def place(self, kind: str) -> Answer:
        if kind not in KINDS:
            raise odd("type is invalid")
        number = str(self.stage.number())
        self.places[number] = kind
        about = {"upload_url": f"{self.stage.base}/upload/{number}?act=do_add"}
        return done(about | ({"album_id": -64, "user_id": 0} if kind == "photo" else {}))

    async def upload(self, request: web.Request) -> web.Response:
        """One file for one address; what is wrong with it is said in the answer, or by an empty one."""
        number = request.match_info["number"]
        kind = self.places.pop(number, "")
        part = await (await request.multipart()).next()
        if not (kind and isinstance(part, BodyPartReader) and part.name == FIELDS[kind] and part.filename):
            return Answer.of({"error": "no_file", "error_descr": "no file in the request"}).response()
        data, mime = bytes(await part.read()), part.headers.get("Content-Type", "")
        self.came[number] = kind, File(KINDS[kind], part.filename, mime, data)
        if kind == "photo":
            read = json.dumps([{"sizes": [["s", number]]}] if data.startswith(PICTURES) else [])
            return Answer.of({"server": int(number), "photo": read, "hash": f"h{number}"}).response()
        if "." not in part.filename or part.filename.lower().endswith(REFUSED_ENDINGS):
            return Answer.of({"error": "unsupported_file", "error_descr": "this type is refused"}).response()
        if kind == "audio_message" and not data.startswith(b"OggS"):
            return Answer.of({"error": "no_audio", "error_descr": "voice must be Ogg with Opus"}).response()
        return Answer.of({"file": number}).response()

    def save_photo(self, given: Given) -> Answer:
        server = given["server"]
        if (
            given["photo"] == "[]"
            or given["hash"] != f"h{server}"
            or self.came.get(server, ("",))[0] != "photo"
        ):
            raise odd("photo is undefined")
        return done([self._keep("photo", server, "k3y")])

    def save_document(self, given: Given) -> Answer:
        receipt = given["file"]
        kind = self.came.get(receipt, ("",))[0]
        if kind not in {"doc", "audio_message"} or not given["title"]:
            raise odd("file is undefined")
        return done({"type": kind, kind: self._keep(kind, receipt, "")})

    def _keep(self, kind: str, receipt: str, key: str) -> dict[str, object]:
        _, file = self.came.pop(receipt)
        number = self.stage.number()
        self.kept[f"{kind}-{GROUP}_{number}" + (f"_{key}" if key else "")] = file
        return {"id": number, "owner_id": -GROUP} | ({"access_key": key} if key else {})
