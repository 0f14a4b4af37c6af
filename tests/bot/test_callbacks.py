from aiogram.filters.callback_data import CallbackData

from bot import callbacks
from bot.callbacks import Close, Remind, Verdict, When, Why

LONGEST = {
    "lead": 2**53,
    "to": 2**53,
    "message": 2**53,
    "conversation": 2**53,
    "reminder": 2**53,
    "page": 9999,
    "key": "0123456789ab",
}
WORDS = {"preset": When.HALF_HOUR, "state": Verdict.SPAM, "reason": Why.COMPETITOR, "lost": True}


def buttons() -> list[type[CallbackData]]:
    found = [each for each in vars(callbacks).values() if isinstance(each, type)]
    return [each for each in found if issubclass(each, CallbackData) and each is not CallbackData]


def test_every_button_fits_into_telegrams_64_bytes_and_comes_back_the_same() -> None:
    assert len(buttons()) == 19
    for kind in buttons():
        button = kind(**{name: (LONGEST | WORDS)[name] for name in kind.model_fields})
        assert len(button.pack().encode()) <= 64
        assert kind.unpack(button.pack()) == button


def test_no_two_buttons_share_a_prefix() -> None:
    assert len({kind.__prefix__ for kind in buttons()}) == len(buttons())


def test_a_close_without_a_reason_comes_back_without_one() -> None:
    packed = Close(lead=7, state=Verdict.WON).pack()
    assert Close.unpack(packed).reason == ""
    assert Remind.unpack(Remind(lead=7, preset=When.NINE).pack()).preset is When.NINE
