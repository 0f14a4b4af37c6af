"""In the name of a connected account: how it stands, read marks, deletions. Sends and edits are elsewhere."""

from __future__ import annotations

from aiogram.methods import DeleteBusinessMessages, GetBusinessConnection, ReadBusinessMessage

from sandbox.business import Account, account_of, active
from sandbox.connected import deletes
from sandbox.errors import Refused
from sandbox.methods.sending import method
from sandbox.model import Bot, Json
from sandbox.world import World


def get_connection(world: World, bot: Bot, m: GetBusinessConnection) -> Json:
    account = world.accounts.get(m.business_connection_id)
    if not account or account.bot is not bot:
        raise Refused("business connection not found")
    return account.as_connection()


def read(world: World, bot: Bot, m: ReadBusinessMessage) -> bool:
    account = _account(world, bot, m)
    if "can_read_messages" not in account.rights:
        raise Refused("BOT_ACCESS_FORBIDDEN", 403)
    chat = active(account, m.chat_id, world.now())
    if m.message_id not in chat.messages:
        raise Refused("message to read not found")
    account.read[chat.id] = max(m.message_id, account.read.get(chat.id, 0))
    world.changed()
    return True


def delete(world: World, bot: Bot, m: DeleteBusinessMessages) -> bool:
    """The bot's own, or with another right anybody's."""
    account = _account(world, bot, m)
    if not 1 <= len(m.message_ids) <= 100:
        raise Refused("message identifiers must be 1 to 100")
    for message_id in m.message_ids:
        chat = account.holder(message_id)
        if not chat:
            raise Refused("message to delete not found")
        ours = account.is_ours(chat.messages[message_id])
        enough = {"can_delete_all_messages", *(["can_delete_sent_messages"] if ours else [])}
        if not enough & account.rights:
            raise Refused("BOT_ACCESS_FORBIDDEN", 403)
        deletes(world, account, chat.id, message_id)
    return True


def _account(world: World, bot: Bot, m: ReadBusinessMessage | DeleteBusinessMessages) -> Account:
    account = account_of(world.accounts, bot, m)
    if account is None:
        raise Refused("business connection not found")
    return account


METHODS = (
    method(GetBusinessConnection, get_connection, "business_connection_id"),
    method(ReadBusinessMessage, read, "business_connection_id chat_id message_id"),
    method(DeleteBusinessMessages, delete, "business_connection_id message_ids"),
)
