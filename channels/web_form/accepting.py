"""What a browser asks for: HTML or not, and in which language."""

from __future__ import annotations

from leads.events import Call


def prefers_html(call: Call) -> bool:
    """Whether HTML is wanted more than JSON; scripts say */* or JSON."""
    accepted = call.headers.get("accept", "")
    if accepted in ("", "*/*"):
        return False
    wants = _weights(accepted)
    rest = wants.get("*/*", 0.0)
    html = wants.get("text/html", wants.get("text/*", rest))
    return html > wants.get("application/json", wants.get("application/*", rest))


def languages(call: Call) -> list[str]:
    """The languages of Accept-Language, the most wanted first."""
    accepted = call.headers.get("accept-language", "")
    weights = _weights(accepted) if accepted else {}
    return sorted((tag for tag in weights if tag != "*" and weights[tag] > 0), key=lambda tag: -weights[tag])


def _weights(text: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for item in text.split(",")[:50]:
        value, *options = (part.strip() for part in item.split(";"))
        if value:
            weights.setdefault(value.lower(), _quality(options))
    return weights


def _quality(options: list[str]) -> float:
    text = next((option[2:].strip() for option in options if option.lower().startswith("q=")), "1")
    # Bounded plain digits only: float() would take "nan" and "١".
    tame = text.isascii() and text.replace(".", "", 1).isdigit() and len(text) <= 8
    return min(float(text), 1.0) if tame else 0.0
