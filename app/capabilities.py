"""The README's table of channels, made from each channel's `can`: `python -m app.capabilities` writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from channels.kit.contract import Channel
from channels.kit.discover import channels
from leads.events import Capabilities, MediaKind

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- channels: made by python -m app.capabilities -->", "<!-- /channels -->"

# A word at the head of a column -> what a channel has there; True and False become signs.
_COLUMNS: dict[str, Callable[[Capabilities], bool | str]] = {
    "text": lambda can: _length(can) if can.answers else False,
    "photo": lambda can: MediaKind.PHOTO in can.media,
    "video": lambda can: MediaKind.VIDEO in can.media,
    "voice": lambda can: MediaKind.VOICE in can.media,
    "file": lambda can: MediaKind.FILE in can.media,
    "buttons": lambda can: str(can.buttons) if can.buttons else False,
    "edits": lambda can: can.edits,
    "deletes": lambda can: can.deletes,
    "reactions": lambda can: can.reactions,
    "read marks": lambda can: can.read_marks,
    "typing": lambda can: can.typing,
    "reply window": lambda can: _span(can.reply_window) if can.reply_window else can.answers and "any time",
    "late answers": lambda can: _span(can.late) if can.late else False,
    "templates": lambda can: can.templates,
    "webhook": lambda can: can.webhook,
    "polling": lambda can: can.polling,
}


def table(every: Mapping[str, Channel]) -> str:
    """Markdown: a row for each channel, by name."""
    heads = ["channel", *_COLUMNS, "signed"]
    rows = [_row(name, channel) for name, channel in sorted(every.items())]
    return "\n".join("|".join(["", *cells, ""]) for cells in (_padded(heads), ["---"] * len(heads), *rows))


def with_table(readme: str, made: str) -> str:
    """The README with that table between its marks; raises `ValueError` when it has no such marks."""
    before, begun, rest = readme.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise ValueError(f"README.md has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{made}\n{END}{after}"


def _row(name: str, channel: Channel) -> list[str]:
    cells = [_sign(column(channel.can)) for column in _COLUMNS.values()]
    return _padded([f"[{name}](channels/{name}/README.md)", *cells, _sign(_signed(channel))])


def _signed(channel: Channel) -> bool | str:
    """Where a secret may be left out, it depends on the source."""
    secret = any("secret" in field for field in channel.settings.model_fields)
    return channel.can.signed or ("if set" if secret else False)


def _sign(value: bool | str) -> str:
    return value if isinstance(value, str) else "✓" if value else "–"


def _padded(cells: list[str]) -> list[str]:
    return [f" {cell} " for cell in cells]


def _length(can: Capabilities) -> str:
    limits = [str(can.text_limit)] * bool(can.text_limit) + [f"{can.text_bytes} bytes"] * bool(can.text_bytes)
    return ", ".join(limits) or "✓"


def _span(span: timedelta) -> str:
    hours = int(span.total_seconds() // 3600)
    return f"{hours // 24} d" if hours % 24 == 0 and hours > 24 else f"{hours} h"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text("utf-8"), table(channels())), "utf-8")
