"""The figures as a picture: one panel a piece."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

from bench.figures import HEADINGS, Figure, spelled

mpl.use("Agg")
from matplotlib import pyplot

OURS, OTHERS = "#2f6fdd", "#b5bcc9"
LOGARITHMIC = frozenset({"reading", "reminders", "latency"})
THEIRS = ("bare aiohttp", "raw rows", "Node-RED")


def draw(figures: Sequence[Figure], path: Path) -> None:
    """Bars of the medians; a line across each from the lowest run to the highest."""
    pieces = [piece for piece in HEADINGS if any(figure.piece == piece for figure in figures)]
    heights = [sum(figure.piece == piece for figure in figures) + 1.6 for piece in pieces]
    size = (11, 0.27 * sum(heights) + 0.5)
    made, panels = pyplot.subplots(
        len(pieces),
        1,
        figsize=size,
        squeeze=False,
        gridspec_kw={"height_ratios": heights},
        layout="constrained",
    )
    for piece, panel in zip(pieces, panels[:, 0], strict=True):
        _panel(panel, piece, [figure for figure in figures if figure.piece == piece])
    made.savefig(path, dpi=110)
    pyplot.close(made)


def _panel(panel: Any, piece: str, figures: Sequence[Figure]) -> None:
    names = [figure.name for figure in figures]
    values = [figure.value for figure in figures]
    low = [figure.value - min(figure.runs) for figure in figures]
    high = [max(figure.runs) - figure.value for figure in figures]
    colours = [OTHERS if any(name in figure.name for name in THEIRS) else OURS for figure in figures]
    panel.barh(names, values, xerr=(low, high), color=colours, ecolor="#555555", error_kw={"linewidth": 1})
    for place, figure in enumerate(figures):
        words = f"  {spelled(figure.value)} {figure.unit}"
        words += f"  ({figure.ratio:.2f} ×)" if figure.ratio is not None else ""
        panel.text(max(figure.runs), place, words, va="center", fontsize=8)
    panel.invert_yaxis()
    if piece in LOGARITHMIC and all(value > 0 for value in values):
        panel.set_xscale("log")
        panel.set_xlim(right=max(max(figure.runs) for figure in figures) * 8)
    else:
        panel.set_xlim(0, max(max(figure.runs) for figure in figures) * 1.3 or 1)
    panel.set_title(HEADINGS[piece], loc="left", fontsize=10, fontweight="bold")
    panel.tick_params(labelsize=8)
    panel.spines[["top", "right"]].set_visible(False)
