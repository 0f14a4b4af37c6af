"""The HTTP service: the doors for sources, the managers' bot webhook, health and metrics."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from aiohttp.helpers import content_disposition_header

from app.limits import IntakeLimits, caller, is_loopback
from app.listener import Handler
from app.metrics import Metrics
from app.sources import Sources
from channels.kit import edge, serving
from channels.kit.contract import Accept, Answered, Channel, Outcome, Source
from channels.kit.errors import Malformed
from storage.files import Lent

Health = Callable[[], Awaitable[Mapping[str, str]]]
Measure = Callable[[], Awaitable[None]]
DeskHook = Callable[[Mapping[str, str], bytes], Awaitable[int]]

READS = frozenset({"GET", "HEAD"})
DESK_BODY_LIMIT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Web:
    """What the HTTP service is made of."""

    channels: Mapping[str, Channel]
    sources: Sources
    accept: Accept
    limits: IntakeLimits
    metrics: Metrics
    now: Callable[[], datetime]
    problems: Health  # what stands in the way of being ready, by name; empty when nothing does
    measure: Measure  # refreshes the gauges
    lent: Callable[[str], Lent | None]  # the file of a ticket
    metrics_token: str = ""
    trusted_proxies: tuple[str, ...] = ()
    desk_path: str = ""  # the secret part of the managers' bot webhook; empty: none
    desk_hook: DeskHook | None = None


@dataclass(frozen=True, slots=True)
class _Route:
    """What answers below one first part of the path; it is given the parts that follow."""

    methods: frozenset[str]
    handle: Callable[..., Awaitable[web.StreamResponse]]


def make_handler(parts: Web) -> Handler:
    """What answers every request: aiohttp's own application would take as long as our reading does."""
    routes = {
        ("in", 2): _Route(frozenset({"GET", "POST", "OPTIONS"}), _inbound(parts)),
        ("health", 1): _Route(READS, _health(parts)),
        ("file", 2): _Route(READS, _files(parts)),
        ("metrics", 0): _Route(READS, _metrics(parts)),
    }
    if parts.desk_hook:
        routes["desk", 1] = _Route(frozenset({"POST"}), _desk(parts))

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        first, *more = request.path[1:].split("/")
        route = routes.get((first, len(more)))
        if route is None:
            return serving.problem(404)
        if request.method not in route.methods:
            return serving.problem(405, headers={"Allow": ", ".join(sorted(route.methods))})
        if "Expect" in request.headers:
            await serving.encourage(request)
        return await route.handle(request, *more)

    return handle


def _inbound(parts: Web) -> Callable[[web.BaseRequest, str, str], Awaitable[web.Response]]:
    """One handler for every channel's door."""

    async def inbound(request: web.BaseRequest, name: str, key: str) -> web.Response:
        began = time.perf_counter()
        channel = parts.channels.get(name)
        source = await parts.sources.find(name, key) if channel else None
        answer = await _answer(parts, request, channel, source)
        parts.metrics.answered(name if channel else "unknown", answer.status, time.perf_counter() - began)
        return answer

    return inbound


async def _answer(
    parts: Web, request: web.BaseRequest, channel: Channel | None, source: Source | None
) -> web.Response:
    forwarded = request.headers.getall("X-Forwarded-For", ())
    peer = caller(request.remote or "", forwarded, parts.trusted_proxies)
    if channel and source and not await parts.limits.allows(source.key, _browser(request, peer)):
        call = serving.head_of(request, peer=peer, now=parts.now())
        return serving.response(channel.answer(source, call, Answered(Outcome.TOO_MANY, retry_after=1)))
    return await serving.serve(request, channel, source, parts.accept, peer=peer, now=parts.now())


def _browser(request: web.BaseRequest, peer: str) -> str | None:
    """The address when a browser posts; servers that send for many people have none to be limited by."""
    posts = request.method == "POST"
    return peer if posts and ("Origin" in request.headers or "Sec-Fetch-Mode" in request.headers) else None


def _health(parts: Web) -> Callable[[web.BaseRequest, str], Awaitable[web.Response]]:
    async def health(_: web.BaseRequest, asked: str) -> web.Response:
        if asked == "live":
            return web.json_response({"status": "live"})
        if asked != "ready":
            return serving.problem(404)
        problems = await parts.problems()
        body = {"status": "not ready" if problems else "ready", "problems": dict(problems)}
        return web.json_response(body, status=503 if problems else 200)

    return health


def _files(parts: Web) -> Callable[[web.BaseRequest, str, str], Awaitable[web.StreamResponse]]:
    """What managers send, for vendors that take an address in place of a file; never shown as a page."""

    async def file(_: web.BaseRequest, ticket: str, name: str) -> web.StreamResponse:
        lent = parts.lent(ticket)
        if lent is None:
            return serving.problem(404)
        headers = {
            "Content-Type": lent.mime or "application/octet-stream",
            "Content-Disposition": content_disposition_header("attachment", filename=lent.name),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, max-age=86400",
        }
        return web.FileResponse(lent.path, headers=headers)

    return file


def _metrics(parts: Web) -> Callable[[web.BaseRequest], Awaitable[web.Response]]:
    async def metrics(request: web.BaseRequest) -> web.Response:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not parts.metrics_token and not _from_here(request):
            return _problem(Outcome.FORBIDDEN, "Set FRONTDESK_METRICS_TOKEN to read this from elsewhere.")
        if parts.metrics_token and not hmac.compare_digest(given.encode(), parts.metrics_token.encode()):
            return _problem(Outcome.REJECTED)
        await parts.measure()
        return web.Response(body=parts.metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4"})

    return metrics


def _from_here(request: web.BaseRequest) -> bool:
    """From this machine, and not by a proxy that speaks for somebody else."""
    return is_loopback(request.remote or "") and "X-Forwarded-For" not in request.headers


def _desk(parts: Web) -> Callable[[web.BaseRequest, str], Awaitable[web.Response]]:
    async def desk(request: web.BaseRequest, given: str) -> web.Response:
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
