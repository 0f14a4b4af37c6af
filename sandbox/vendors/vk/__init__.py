"""A VK community: the API's methods, callback servers, the bots' long poll. https://dev.vk.com/ru/reference"""

from sandbox.vendors.stage import Stage
from sandbox.vendors.vk.community import Community

NAME = "vk"


def make(stage: Stage) -> Community:
    return Community(stage)
