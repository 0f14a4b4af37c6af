"""The bot itself: who it is, its commands, and how it gets its updates."""

from __future__ import annotations

import re

from aiogram.methods import (
    DeleteWebhook,
    GetMe,
    GetUpdates,
    GetWebhookInfo,
    SetMyCommands,
    SetWebhook,
)

from sandbox.errors import OTHER_POLL, WEBHOOK_ACTIVE, Refused
from sandbox.methods.sending import method
from sandbox.model import Bot, Json, Webhook
from sandbox.world import World

LONGEST_POLL = 50
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


def get_me(world: World, bot: Bot, m: GetMe) -> Json:
    rights = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
    can = {"can_connect_to_business": bot.business, "has_main_web_app": False}
    topics = {"has_topics_enabled": bot.topics, "allows_users_to_create_topics": bot.topics}
    return bot.as_user() | rights | can | topics


def set_commands(world: World, bot: Bot, m: SetMyCommands) -> bool:
    if len(m.commands) > 100:
        raise Refused("BOT_COMMANDS_TOO_MUCH")
    for command in m.commands:
        if not _COMMAND.fullmatch(command.command):
            raise Refused("BOT_COMMAND_INVALID")
        if not 1 <= len(command.description) <= 256:
            raise Refused("BOT_COMMAND_DESCRIPTION_INVALID")
    bot.commands[m.language_code or ""] = [one.model_dump(exclude_none=True) for one in m.commands]
    return True


async def get_updates(world: World, bot: Bot, m: GetUpdates) -> list[Json]:
    if bot.webhook:
        raise Refused(WEBHOOK_ACTIVE, 409)
    bot.updates.allow(m.allowed_updates)
    wait = min(m.timeout or 0, LONGEST_POLL)
    updates = await bot.updates.poll(m.offset, min(max(m.limit or 100, 1), 100), wait)
    if updates is None:
        raise Refused("terminated by setWebhook request" if bot.webhook else OTHER_POLL, 409)
    return updates


def set_webhook(world: World, bot: Bot, m: SetWebhook) -> bool:
    """An empty url takes the webhook away. Plain http is fine here."""
    if not m.url:
        return delete_webhook(world, bot, DeleteWebhook(drop_pending_updates=m.drop_pending_updates))
    if not m.url.startswith(("http://", "https://")):
        raise Refused("bad webhook: invalid webhook URL specified")
    if m.secret_token and not _SECRET.fullmatch(m.secret_token):
        raise Refused("secret token contains unallowed characters")
    bot.updates.allow(m.allowed_updates)
    if m.drop_pending_updates:
        bot.updates.drop()
    bot.webhook = Webhook(m.url, m.secret_token, m.max_connections or 40)
    bot.updates.interrupt()
    return True


def delete_webhook(world: World, bot: Bot, m: DeleteWebhook) -> bool:
    bot.webhook = None
    if m.drop_pending_updates:
        bot.updates.drop()
    return True


def webhook_info(world: World, bot: Bot, m: GetWebhookInfo) -> Json:
    hook = bot.webhook
    info: Json = {"url": hook.url if hook else "", "has_custom_certificate": False}
    info |= {"pending_update_count": len(bot.updates.pending)}
    info |= {"allowed_updates": sorted(bot.updates.allowed)} if bot.updates.allowed else {}
    if hook:
        info |= {"max_connections": hook.max_connections}
    if hook and hook.last_error_message:
        info |= {"last_error_date": hook.last_error_date, "last_error_message": hook.last_error_message}
    return info


METHODS = (
    method(GetMe, get_me),
    method(SetMyCommands, set_commands, "commands language_code"),
    method(GetUpdates, get_updates, "offset limit timeout allowed_updates"),
    method(SetWebhook, set_webhook, "url max_connections allowed_updates drop_pending_updates secret_token"),
    method(DeleteWebhook, delete_webhook, "drop_pending_updates"),
    method(GetWebhookInfo, webhook_info),
)
