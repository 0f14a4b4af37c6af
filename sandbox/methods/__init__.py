"""The Bot API's methods, one module per theme. What is not in TABLE is answered 501, never `true`."""

from sandbox.methods import account, business, chats, media, messages, topics
from sandbox.methods.sending import Method

TABLE: dict[str, Method] = {
    one.model.__api_method__.lower(): one
    for module in (account, business, chats, media, messages, topics)
    for one in module.METHODS
}
