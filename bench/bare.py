"""The limit: aiohttp alone, reading the same post and answering it with 200. `python -m bench.bare PORT`"""

from __future__ import annotations

import sys

from aiohttp import web

ANSWER = b'{"ok":true,"ids":[1234567]}'


async def take(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(body=ANSWER, content_type="application/json")


async def made() -> web.Application:
    app = web.Application()
    app.router.add_post("/in/{channel}/{key}", take)
    return app


if __name__ == "__main__":
    web.run_app(made(), host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
