"""What we read of Graph's answers: templates, and the number.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/reference
"""

from __future__ import annotations

from typing import Annotated

from channels.kit.tolerant import Else, Id, Text, Wire


class TemplateButton(Wire):
    """Under a template."""

    type: Text = ""
    url: Text = ""


class Component(Wire):
    """A part of a template."""

    type: str
    format: Text = ""
    text: Text = ""
    buttons: tuple[TemplateButton, ...] = ()


class Approved(Wire):
    """A template of the account."""

    name: Id
    language: Id
    status: Text = ""
    category: Text = ""
    parameter_format: Text = ""
    components: tuple[Component, ...] = ()


class Webhooks(Wire):
    """Where the number's news go: the first that is there counts."""

    phone_number: Text = ""
    whatsapp_business_account: Text = ""
    application: Text = ""


class Number(Wire):
    """The number itself."""

    display_phone_number: Text = ""
    verified_name: Text = ""
    webhook_configuration: Annotated[Webhooks, Else(Webhooks())] = Webhooks()
