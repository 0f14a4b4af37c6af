"""The Bot API of the messenger MAX. https://dev.max.ru/docs-api"""

from sandbox.vendors.max.api import Max
from sandbox.vendors.stage import Stage

NAME = "max"


def make(stage: Stage) -> Max:
    return Max(stage)
