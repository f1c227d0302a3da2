"""Draws one figure from a table: clean, readable on white, with names on both axes, and small however many rows there are."""

from typing import List, Literal, Tuple

import numpy as np
import pandas as pd
from drawloom import Figure, seed
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure as Canvas

_ink, _soft, _line = "#1b1f27", "#5d6472", "#d9dce3"
#: Told apart by people who see fewer colours as well, and dark enough for white (after Okabe and Ito 2008).
_colours = ["#2f6fde", "#b4690e", "#1a8f6b", "#a8439a", "#6b7280", "#c0392b", "#0f8fb3", "#7a6a00"]
_dots = 20_000


def figure(
    table: pd.DataFrame,
    *,
    kind: Literal["histogram", "bar", "line", "scatter", "box"] = "histogram",
    x: str,
    y: str = "",
    colour: str = "",
    together: Literal["mean", "sum", "median", "count", "min", "max"] = "mean",
    bins: int = 40,
    title: str = "",
    x_title: str = "",
    y_title: str = "",
    log_x: bool = False,
    log_y: bool = False,
    width: float = 8,
    height: float = 4.8,
) -> Figure:
    for name in (x, y, colour):
        if name and name not in table.columns:
            raise ValueError(f"There is no column {name!r}. The table has {', '.join(map(repr, table.columns[:30]))}.")
    if kind in ("scatter", "box") and not y:
        raise ValueError(f"A {kind} figure needs a column for Y. Choose one.")
    canvas = Canvas(figsize=(width, height), layout="constrained")
    axes = canvas.add_subplot()
    rows = table.dropna(subset=[name for name in (x, y) if name])
    if rows.empty:
        axes.text(0.5, 0.5, "There are no rows to draw", ha="center", va="center", color=_soft, transform=axes.transAxes)
    else:
        series = _series(rows, colour)
        {"histogram": _histogram, "bar": _bars, "line": _lines, "scatter": _scatter, "box": _boxes}[kind](axes, series, x, y, together, bins)
    _dress(axes, kind, x, y, together, title, x_title, y_title, log_x, log_y)
    if colour and axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, title=colour, labelcolor=_ink, alignment="left", loc="upper left", bbox_to_anchor=(1.01, 1))
    return canvas


def _series(rows: pd.DataFrame, colour: str) -> List[Tuple[str, pd.DataFrame]]:
    if not colour:
        return [("", rows)]
    named = rows[colour].astype(object).where(rows[colour].notna(), "missing").astype(str)
    often = list(named.value_counts().index)
    shown = sorted(often[:8] if len(often) <= 8 else often[:7])
    found = [(name, rows[named == name]) for name in shown]
    if len(often) > 8:
        found.append(("other", rows[~named.isin(shown)]))
    return found


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _numbers(column: pd.Series, name: str) -> np.ndarray:
    if not _is_number(column) and not pd.api.types.is_datetime64_any_dtype(column):
        try:
            return column.astype(float).to_numpy()
        except (TypeError, ValueError):
            raise ValueError(f"{name!r} holds text, and numbers are needed here. Choose bars, or another column.") from None
    return column.to_numpy()


def _histogram(axes, series, x: str, y: str, together: str, bins: int) -> None:
    if not _is_number(series[0][1][x]) and not pd.api.types.is_datetime64_any_dtype(series[0][1][x]):
        return _bars(axes, series, x, "", "count", bins)
    values = [_numbers(rows[x], x) for _, rows in series]
    edges = np.histogram_bin_edges(np.concatenate(values).astype("int64" if values[0].dtype.kind == "M" else float), bins=bins)
    if values[0].dtype.kind == "M":
        unit = np.datetime_data(values[0].dtype)[0]
        edges = edges.astype("int64").astype(f"datetime64[{unit}]")
    for place, ((name, _), each) in enumerate(zip(series, values)):
        if len(series) == 1:
            axes.hist(each, bins=edges, color=_colours[0], edgecolor="white", linewidth=0.4)
        else:  # filled bars would hide each other
            axes.hist(each, bins=edges, color=_colours[place % 8], histtype="step", linewidth=1.6, label=name)


def _grouped(rows: pd.DataFrame, by, y: str, together: str) -> pd.Series:
    groups = rows.groupby(by, sort=True, observed=True)
    if not y or together == "count":
        return groups.size()
    if not _is_number(rows[y]) and not pd.api.types.is_bool_dtype(rows[y]):
        raise ValueError(f"{y!r} holds {rows[y].dtype}, and only numbers can be taken together. Choose Count, or another column.")
    return groups[y].agg(together)


def _bars(axes, series, x: str, y: str, together: str, bins: int) -> None:
    everything = pd.concat([rows for _, rows in series])
    order = _grouped(everything, x, y, together)
    numeric = _is_number(everything[x]) or pd.api.types.is_datetime64_any_dtype(everything[x])
    if len(order) > 40:
        order = order.sort_values(ascending=False).head(40)
        axes.set_title(f"The 40 largest of {everything[x].nunique()}", loc="right", fontsize=9, color=_soft)
    elif not numeric and len(series) == 1:
        order = order.sort_values(ascending=False)
    names = list(order.index)
    wide = 0.8 / len(series)
    for place, (name, rows) in enumerate(series):
        heights = _grouped(rows, x, y, together).reindex(names)
        axes.bar(np.arange(len(names)) + (place - (len(series) - 1) / 2) * wide, heights, wide, color=_colours[place % 8], label=name)
    axes.set_xticks(range(len(names)), [str(name)[:24] for name in names], rotation=0 if sum(len(str(name)) for name in names) < 60 else 90)


def _lines(axes, series, x: str, y: str, together: str, bins: int) -> None:
    for place, (name, rows) in enumerate(series):
        points = _grouped(rows, x, y, together)
        if len(points) > 5000:
            points = points.iloc[np.linspace(0, len(points) - 1, 5000).astype(int)]
        axes.plot(points.index, points.to_numpy(), color=_colours[place % 8], linewidth=1.8, label=name, marker="o" if len(points) < 30 else None, markersize=4)


def _scatter(axes, series, x: str, y: str, together: str, bins: int) -> None:
    total = sum(len(rows) for _, rows in series)
    if total > _dots:
        axes.set_title(f"{_dots:,} of {total:,} rows", loc="right", fontsize=9, color=_soft)
    for place, (name, rows) in enumerate(series):
        if total > _dots:
            rows = rows.sample(max(1, round(_dots * len(rows) / total)), random_state=seed)
        axes.scatter(_numbers(rows[x], x), _numbers(rows[y], y), s=12, alpha=0.55, linewidth=0, color=_colours[place % 8], label=name, rasterized=len(rows) > 5000)


def _boxes(axes, series, x: str, y: str, together: str, bins: int) -> None:
    rows = pd.concat([each for _, each in series])
    often = rows[x].value_counts().index[:30]
    names = sorted(often, key=lambda value: (str(type(value)), value))
    values = [_numbers(rows.loc[rows[x] == name, y], y) for name in names]
    axes.boxplot(
        values,
        showfliers=False,
        patch_artist=True,
        boxprops={"facecolor": "#dbe7fb", "edgecolor": _colours[0]},
        medianprops={"color": _ink},
        whiskerprops={"color": _colours[0]},
        capprops={"color": _colours[0]},
    )
    axes.set_xticks(range(1, len(names) + 1), [str(name)[:24] for name in names], rotation=0 if sum(len(str(name)) for name in names) < 60 else 90)


def _dress(axes, kind: str, x: str, y: str, together: str, title: str, x_title: str, y_title: str, log_x: bool, log_y: bool) -> None:
    words = {"mean": "Mean", "sum": "Sum", "median": "Median", "min": "Smallest", "max": "Largest"}
    counted = kind == "histogram" or not y or (kind in ("bar", "line") and together == "count")
    said = y if kind in ("scatter", "box") else f"{words.get(together, '')} of {y}"
    axes.set_title(title, loc="left", color=_ink, fontsize=13, pad=12)
    axes.set_xlabel(x_title or x, color=_soft)
    axes.set_ylabel(y_title or ("Rows" if counted else said), color=_soft)
    axes.tick_params(colors=_soft, length=0)
    if isinstance(axes.xaxis.get_major_locator(), AutoDateLocator):
        axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))
    axes.grid(axis="both" if kind == "scatter" else "y", color=_line, linewidth=0.7)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    if log_x:
        axes.set_xscale("log")
    if log_y:
        axes.set_yscale("log")
