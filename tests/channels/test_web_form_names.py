"""What a field's name means is worked out once, unless a stranger chose a name to fill our memory."""

from channels.web_form.attribution import mark
from channels.web_form.mapping import normal, understand
from channels.web_form.remembering import LONGEST, NAMES, remembered


def counted(seen: list[str], name: str) -> str:
    seen.append(name)
    return name.upper()


def test_a_short_name_is_worked_out_once_and_a_long_one_each_time() -> None:
    seen: list[str] = []
    upper = remembered(lambda name: counted(seen, name))
    long = "x" * (LONGEST + 1)
    assert [upper("phone"), upper("phone"), upper(long), upper(long)] == [
        "PHONE",
        "PHONE",
        long.upper(),
        long.upper(),
    ]
    assert seen == ["phone", long, long]


def test_no_more_is_remembered_than_has_a_place() -> None:
    seen: list[str] = []
    upper = remembered(lambda name: counted(seen, name))
    for name in ("first", *map(str, range(NAMES)), "first"):
        assert upper(name) == name.upper()
    assert seen.count("first") == 2


def test_long_names_mean_what_short_ones_mean() -> None:
    wrapped = "data." * 20
    assert normal(f"{wrapped}Your-Phone") == "yourphone"
    assert mark(f"{wrapped}gcl_id") == "gclid"


def test_of_several_fields_of_one_meaning_the_best_name_counts_and_the_first_of_equals() -> None:
    fields = {"WhatsApp": "1", "your_phone": " ", "Phone": "2", "form[phone]": "3", "phone ": "4"}
    meaning = understand(fields, "")
    assert meaning.phone == "2"
    assert set(meaning.rest) == {"WhatsApp", "your_phone", "form[phone]", "phone "}
