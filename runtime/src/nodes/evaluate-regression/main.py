"""Measures predicted numbers against the true ones.

unit    errors in the unit of the target; bias is the mean of predicted minus true
empty   rows without truth or prediction are left out; R2 needs two rows and a target that varies
"""

from typing import Dict, NamedTuple, Optional, Tuple

import numpy as np
import pandas as pd
from drawloom import Figure, Metrics
from matplotlib.figure import Figure as Canvas

_ink, _soft, _line, _main = "#1b1f27", "#5d6472", "#d9dce3", "#2f6fde"


class Evaluation(NamedTuple):
    metrics: Metrics
    fit: Figure
    errors: Figure


def evaluate(
    predictions: pd.DataFrame,
    baseline: Optional[pd.DataFrame] = None,
    *,
    target: str,
    prediction: str = "prediction",
) -> Evaluation:
    truth, guess = _pairs(predictions, target, prediction, "the predictions")
    metrics = _measure(truth, guess)
    metrics["left_out"] = len(predictions) - len(truth)
    if baseline is not None:
        base = _measure(*_pairs(baseline, target, prediction, "the baseline"))
        metrics.update({f"baseline_{key}": value for key, value in base.items()})
        metrics.update({f"{key}_difference": metrics[key] - base[key] for key in ("rmse", "mae", "r2") if key in base and key in metrics})
    return Evaluation(Metrics(metrics), _fit_figure(truth, guess, target), _error_figure(guess - truth))


def _pairs(table: pd.DataFrame, target: str, prediction: str, what: str) -> Tuple[np.ndarray, np.ndarray]:
    for name in (target, prediction):
        if name not in table.columns:
            raise ValueError(f"There is no column {name!r} in {what}. It has {', '.join(map(repr, table.columns[:30]))}.")
        if table[name].dtype == object or not pd.api.types.is_numeric_dtype(table[name]):
            try:
                table = table.assign(**{name: table[name].astype(float)})
            except (TypeError, ValueError):
                raise ValueError(f"{name!r} in {what} holds {table[name].dtype}, not numbers.") from None
    rows = table[[target, prediction]].astype(float).dropna()
    if rows.empty:
        raise ValueError(f"No row of {what} has both {target!r} and {prediction!r}, so there is nothing to measure.")
    return rows[target].to_numpy(), rows[prediction].to_numpy()


def _measure(truth: np.ndarray, guess: np.ndarray) -> Dict[str, float]:
    error = guess - truth
    absolute = np.abs(error)
    found = {
        "rows": float(len(truth)),
        "rmse": float(np.sqrt(np.mean(error**2))),
        "mae": float(absolute.mean()),
        "median_absolute_error": float(np.median(absolute)),
        "absolute_error_90": float(np.quantile(absolute, 0.9)),
        "bias": float(error.mean()),
    }
    spread = float(np.sum((truth - truth.mean()) ** 2))
    if spread > 0:
        found["r2"] = 1 - float(np.sum(error**2)) / spread
        found["mae_skill"] = 1 - found["mae"] / float(np.mean(np.abs(truth - np.median(truth))) or 1)
    return found


def _axes(title: str, x: str, y: str):
    canvas = Canvas(figsize=(5.6, 5.0), layout="constrained")
    axes = canvas.add_subplot()
    axes.set_title(title, loc="left", color=_ink, fontsize=13, pad=12)
    axes.set_xlabel(x, color=_soft)
    axes.set_ylabel(y, color=_soft)
    axes.tick_params(colors=_soft, length=0)
    axes.grid(color=_line, linewidth=0.7)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    return canvas, axes


def _fit_figure(truth: np.ndarray, guess: np.ndarray, target: str) -> Canvas:
    canvas, axes = _axes("Predicted and true", f"True {target}", "Predicted")
    if len(truth) > 3000:
        axes.hexbin(truth, guess, gridsize=50, bins="log", cmap="Blues", mincnt=1, linewidths=0.1)
    else:
        axes.scatter(truth, guess, s=14, color=_main, alpha=0.6, linewidth=0)
    ends = [min(truth.min(), guess.min()), max(truth.max(), guess.max())]
    axes.plot(ends, ends, color=_soft, linewidth=1, linestyle=(0, (3, 3)))
    return canvas


def _error_figure(error: np.ndarray) -> Canvas:
    canvas, axes = _axes("Errors", "Predicted minus true", "Rows")
    low, high = np.quantile(error, [0.005, 0.995]) if len(error) > 200 else (error.min(), error.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    axes.hist(np.clip(error, low, high), bins=min(60, max(5, int(np.sqrt(len(error))))), color=_main, edgecolor="white", linewidth=0.5)
    axes.axvline(0, color=_ink, linewidth=1)
    return canvas
