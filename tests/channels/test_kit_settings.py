"""What is given as a setting is looked at when it is given, and never repeated."""

from __future__ import annotations

import pytest
from pydantic import SecretStr, ValidationError

from channels.kit.credentials import made
from channels.kit.discover import channels
from channels.kit.fixture import fixtures

IN_HEADERS = [
    *(("instagram", "token"), ("line", "access_token"), ("max", "token"), ("messenger", "token")),
    *(("viber", "token"), ("vk", "token"), ("whatsapp", "token")),
]


@pytest.mark.parametrize("name", channels())
def test_no_refusal_repeats_what_was_given(name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        channels()[name].settings.model_validate({"no_such_setting": "canary"})
    assert "no_such_setting" in str(refused.value)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(("name", "field"), IN_HEADERS)
@pytest.mark.parametrize("spoiled", ["{}\n", " {}", "{}\r\nX-Other: 1", "half"])
def test_a_token_that_would_break_a_header_is_refused(name: str, field: str, spoiled: str) -> None:
    channel = channels()[name]
    settings = {
        key: value.get_secret_value() if isinstance(value, SecretStr) else value
        for key, value in fixtures(name)[0].source(channel).settings
    }
    channel.settings.model_validate(settings)
    with pytest.raises(ValidationError, match=field):
        channel.settings.model_validate(settings | {field: spoiled.format(settings[field])})


def test_what_is_made_here_is_another_one_each_time() -> None:
    first, second = made().get_secret_value(), made().get_secret_value()
    assert first != second
    assert len(first) >= 32
