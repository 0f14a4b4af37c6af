"""The HTTP application: the doors for sources, the managers' bot webhook, health and metrics."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from app.limits import IntakeLimits, caller, is_loopback
from app.metrics import Metrics
from app.sources import Sources
from channels.kit import edge, serving
from channels.kit.contract import Accept, Answered, Channel, Outcome, Source
from channels.kit.errors import Malformed

Health = Callable[[], Awaitable[Mapping[str, str]]]
Measure = Callable[[], Awaitable[None]]
DeskHook = Callable[[Mapping[str, str], bytes], Awaitable[int]]

DESK_BODY_LIMIT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Web:
    """What the HTTP application is made of."""

    channels: Mapping[str, Channel]
    sources: Sources
    accept: Accept
    limits: IntakeLimits
    metrics: Metrics
    now: Callable[[], datetime]
    problems: Health  # what stands in the way of being ready, by name; empty when nothing does
    measure: Measure  # refreshes the gauges
    metrics_token: str = ""
    trusted_proxies: tuple[str, ...] = ()
    desk_path: str = ""  # the secret part of the managers' bot webhook; empty: none
    desk_hook: DeskHook | None = None


def make_app(parts: Web) -> web.Application:
    app = web.Application(client_max_size=0, middlewares=[_in_our_words])
    inbound = _inbound(parts)
    for method in ("GET", "POST", "OPTIONS"):
        app.router.add_route(method, "/in/{channel}/{key}", inbound)
    app.router.add_get("/health/live", _live)
    app.router.add_get("/health/ready", _ready(parts))
    app.router.add_get("/metrics", _metrics(parts))
    if parts.desk_hook:
        app.router.add_post("/desk/{secret}", _desk(parts))
    return app


@web.middleware
async def _in_our_words(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """No such path and no such method are problems like all others."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return serving.problem(error.status, headers=allow)


def _inbound(parts: Web) -> Callable[[web.Request], Awaitable[web.Response]]:
    """One handler for every channel's door."""

    async def inbound(request: web.Request) -> web.Response:
        began = time.perf_counter()
        name, key = request.match_info["channel"], request.match_info["key"]
        channel = parts.channels.get(name)
        source = await parts.sources.find(name, key) if channel else None
        answer = await _answer(parts, request, channel, source)
        label = name if channel else "unknown"
        parts.metrics.calls.labels(label, answer.status).inc()
        parts.metrics.accept_seconds.labels(label).observe(time.perf_counter() - began)
        return answer

    return inbound


async def _answer(
    parts: Web, request: web.Request, channel: Channel | None, source: Source | None
) -> web.Response:
    forwarded = request.headers.getall("X-Forwarded-For", ())
    peer = caller(request.remote or "", forwarded, parts.trusted_proxies)
    if channel and source and not await parts.limits.allows(source.key, _browser(request, peer)):
        call = serving.head_of(request, peer=peer, now=parts.now())
        return serving.response(channel.answer(source, call, Answered(Outcome.TOO_MANY, retry_after=1)))
    return await serving.serve(request, channel, source, parts.accept, peer=peer, now=parts.now())


def _browser(request: web.Request, peer: str) -> str | None:
    """The address when a browser posts; servers that send for many people have none to be limited by."""
    posts = request.method == "POST"
    return peer if posts and ("Origin" in request.headers or "Sec-Fetch-Mode" in request.headers) else None


async def _live(_: web.Request) -> web.Response:
    return web.json_response({"status": "live"})


def _ready(parts: Web) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def ready(_: web.Request) -> web.Response:
        problems = await parts.problems()
        body = {"status": "not ready" if problems else "ready", "problems": dict(problems)}
        return web.json_response(body, status=503 if problems else 200)

    return ready


def _metrics(parts: Web) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def metrics(request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not parts.metrics_token and not _from_here(request):
            return _problem(Outcome.FORBIDDEN, "Set FRONTDESK_METRICS_TOKEN to read this from elsewhere.")
        if parts.metrics_token and not hmac.compare_digest(given.encode(), parts.metrics_token.encode()):
            return _problem(Outcome.REJECTED)
        await parts.measure()
        return web.Response(body=parts.metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4"})

    return metrics


def _from_here(request: web.Request) -> bool:
    """From this machine, and not by a proxy that speaks for somebody else."""
    return is_loopback(request.remote or "") and "X-Forwarded-For" not in request.headers


def _desk(parts: Web) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def desk(request: web.Request) -> web.Response:
        given = request.match_info["secret"]
        if parts.desk_hook is None or not hmac.compare_digest(given.encode(), parts.desk_path.encode()):
            return _problem(Outcome.UNKNOWN_SOURCE)
        try:
            call = await serving.read_call(request, limit=DESK_BODY_LIMIT, peer="", now=parts.now())
        except Malformed as error:
            return _problem(edge.unreadable(error), str(error))
        status = await parts.desk_hook(call.headers, call.body)
        headers = {"Retry-After": "1"} if status == 503 else {}
        return web.Response(status=status, text=json.dumps({"ok": status == 200}), headers=headers)

    return desk


def _problem(outcome: Outcome, why: str = "") -> web.Response:
    return serving.response(edge.problem(Answered(outcome, why=why)))
