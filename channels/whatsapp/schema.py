"""What we read of WhatsApp's webhooks and answers: only that; an odd optional member costs itself.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from channels.kit.tolerant import Decimal, Else, Id, Items, Maybe, Seconds, Text, Wire, Yes

Raw = Annotated[dict[str, Any], Else({})]


class Profile(Wire):
    """What the person shows."""

    name: Text = ""
    username: Text = ""


class Contact(Wire):
    """Who wrote. Who has a username may hide the phone; `user_id` is the BSUID."""

    wa_id: Text = ""
    user_id: Text = ""
    profile: Annotated[Profile, Else(Profile())] = Profile()


class Product(Wire):
    """What was asked about."""

    catalog_id: Text = ""
    product_retailer_id: Text = ""


class Context(Wire):
    """What is answered, or that it was forwarded: then without `id`."""

    id: Text = ""
    forwarded: Yes = False
    frequently_forwarded: Yes = False
    referred_product: Annotated[Product, Else(Product())] = Product()


class Welcome(Wire):
    """The ad's greeting."""

    text: Text = ""


class Referral(Wire):
    """The ad or post that the person came from; every member may be missing."""

    source_url: Text = ""
    source_type: Text = ""
    source_id: Text = ""
    headline: Text = ""
    body: Text = ""
    ctwa_clid: Text = ""
    welcome_message: Annotated[Welcome, Else(Welcome())] = Welcome()


class Message(Wire):
    """The head of a message or an echo; what is in it stands in the member that `type` names."""

    id: Id
    type: Text = ""
    from_: Text = Field(default="", alias="from")
    from_user_id: Text = ""
    to: Text = ""
    to_user_id: Text = ""
    timestamp: Seconds = None
    group_id: Text = ""
    context: Annotated[Context, Else(Context())] = Context()
    referral: Maybe[Referral] = None


class Body(Wire):
    """A text."""

    body: str


class File(Wire):
    """An image, a video, an audio, a document or a sticker."""

    id: Id
    mime_type: Text = ""
    filename: Text = ""
    caption: Text = ""
    voice: Yes = False


class Place(Wire):
    """A point, perhaps with a name."""

    latitude: float
    longitude: float
    name: Text = ""
    address: Text = ""
    url: Text = ""


class Name(Wire):
    """Of a shared card."""

    formatted_name: Text = ""
    first_name: Text = ""


class Phone(Wire):
    """Of a shared card; `wa_id` when it is on WhatsApp."""

    phone: Text = ""
    wa_id: Text = ""


class Mail(Wire):
    """Of a shared card."""

    email: Text = ""


class Card(Wire):
    """A shared contact."""

    name: Annotated[Name, Else(Name())] = Name()
    phones: Annotated[tuple[Phone, ...], Else(())] = ()
    emails: Annotated[tuple[Mail, ...], Else(())] = ()


class Reaction(Wire):
    """An emoji at a message; without one it was taken back."""

    message_id: Id
    emoji: Text = ""


class Pressed(Wire):
    """A template's quick reply."""

    payload: Text = ""
    text: Text = ""


class Choice(Wire):
    """A button, or a row of a list."""

    id: Text = ""
    title: Text = ""
    description: Text = ""


class Flow(Wire):
    """A filled form; `response_json` is JSON as text."""

    response_json: Text = ""
    body: Text = ""
    name: Text = ""


class Interactive(Wire):
    """One of the three, as `type` says."""

    type: Text = ""
    button_reply: Choice | None = None
    list_reply: Choice | None = None
    nfm_reply: Flow | None = None


class Item(Wire):
    """A line of an order."""

    product_retailer_id: Text = ""
    quantity: Decimal = None
    item_price: Decimal = None
    currency: Text = ""


class Order(Wire):
    """A filled cart."""

    catalog_id: Text = ""
    text: Text = ""
    product_items: Annotated[tuple[Item, ...], Else(())] = ()


class System(Wire):
    """A person changed number, or only the BSUID; the new ones stand here."""

    type: Text = ""
    body: Text = ""
    wa_id: Text = ""
    new_wa_id: Text = ""
    user_id: Text = ""
    previous_user_id: Text = ""


class Unsupported(Wire):
    """What the API does not pass on."""

    type: Text = ""


class Edit(Wire):
    """The message's new content, under its own `type`."""

    original_message_id: Id
    message: dict[str, Any]


class Revoke(Wire):
    """A message was deleted for everyone."""

    original_message_id: Id


class Status(Wire):
    """What became of a message of ours."""

    id: Id
    status: Text = ""
    timestamp: Seconds = None
    recipient_id: Text = ""
    recipient_user_id: Text = ""
    recipient_type: Text = ""
    biz_opaque_callback_data: Text = ""
    errors: Annotated[tuple[Raw, ...], Else(())] = ()


class Metadata(Wire):
    """Whose number it is about."""

    phone_number_id: Text = ""


class Value(Wire):
    """What happened to one number."""

    metadata: Annotated[Metadata, Else(Metadata())] = Metadata()
    contacts: Items = ()
    messages: tuple[Any, ...] = ()
    message_echoes: tuple[Any, ...] = ()
    statuses: tuple[Any, ...] = ()
    errors: tuple[Any, ...] = ()


class Change(Wire):
    """One subscribed field's news."""

    field: Literal["messages", "smb_message_echoes"]
    value: Value
