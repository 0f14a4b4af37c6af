"""What the tests of the command line share."""

from collections.abc import Callable

from click.testing import Result

Command = Callable[..., Result]  # see the fixture `frontdesk`
DESK = "100200300:desk-token-for-tests-only-000000"
SHOP = "100200301:shop-token-for-tests-only-000000"
SHOP_2 = "100200302:next-token-for-tests-only-000000"
