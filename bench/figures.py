"""Numbers and how they are told: one line of the table, medians, percentiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

HEADINGS = {
    "accept": "Taking leads",
    "fsync": "Taking leads on a slow disk",
    "channels": "A text message of each channel",
    "whole": "The whole way: form → card",
    "latency": "50 leads a second",
    "start": "Start and memory",
    "drain": "Draining one PostgreSQL",
    "reading": "Cards, lists, search",
    "reminders": "Waiting reminders",
    "kill": "kill -9",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: what was measured in each run, and what it is held against."""

    piece: str
    name: str
    unit: str
    runs: tuple[float, ...]
    against: str = ""  # the name of the figure that the ratio is to
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None

    @property
    def value(self) -> float:
        return median(self.runs)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Of values in order; the highest stands in where there are too few. Nothing at all gives 0."""
    if not ordered:
        return 0.0
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


def against(figure: Figure, other: Figure, *, at_least: float = 0.0, at_most: float = 0.0) -> Figure:
    """The same with its ratio to another one, run by run as they stood side by side."""
    pairs = [mine / its for mine, its in zip(figure.runs, other.runs, strict=True) if its]
    ratio = median(pairs) if pairs else None
    goal, met = figure.goal, figure.met
    if ratio is not None and at_least:
        goal, met = f"≥ {at_least:g} ×", ratio >= at_least
    if ratio is not None and at_most:
        goal, met = f"≤ {at_most:g} ×", ratio <= at_most
    return Figure(figure.piece, figure.name, figure.unit, figure.runs, other.name, ratio, goal, met)


def wants(figure: Figure, *, at_least: float = 0.0, at_most: float = 0.0) -> Figure:
    """The same with the value that it is to reach."""
    if at_least:
        goal, met = f"≥ {at_least:,g}", figure.value >= at_least
    else:
        goal, met = f"≤ {at_most:,g}", figure.value <= at_most
    return Figure(
        figure.piece, figure.name, figure.unit, figure.runs, figure.against, figure.ratio, goal, met
    )


def spelled(value: float) -> str:
    """As many digits as mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
