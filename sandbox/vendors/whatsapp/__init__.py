"""Meta's WhatsApp Cloud API with one number. https://developers.facebook.com/documentation/business-messaging/whatsapp"""

from sandbox.vendors.stage import Stage
from sandbox.vendors.whatsapp.api import WhatsApp

NAME = "whatsapp"


def make(stage: Stage) -> WhatsApp:
    return WhatsApp(stage)
