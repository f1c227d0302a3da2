"""Measures probabilities of two classes against what was true.

unit    log loss in nats; the Brier score is the mean squared error of the probability (Brier 1950)
empty   rows without truth or probability are left out; one class only gives no curve and says so
source  ROC and AUC: Fawcett 2006; calibration error: mean gap between stated and observed share, weighted by bin (ECE)
"""

from typing import Dict, NamedTuple, Optional, Tuple

import numpy as np
import pandas as pd
from drawloom import Figure, Metrics
from matplotlib.figure import Figure as Canvas
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score, roc_curve

_ink, _soft, _line, _main, _other = "#1b1f27", "#5d6472", "#d9dce3", "#2f6fde", "#b4690e"


class Evaluation(NamedTuple):
    metrics: Metrics
    roc: Figure
    calibration: Figure
    confusion: pd.DataFrame


def evaluate(
    predictions: pd.DataFrame,
    baseline: Optional[pd.DataFrame] = None,
    *,
    target: str,
    probability: str = "probability",
    positive: str = "",
    threshold: float = 0.5,
    bins: int = 10,
) -> Evaluation:
    truth, share, name, other = _pairs(predictions, target, probability, positive, "the predictions")
    metrics = _measure(truth, share, threshold, bins)
    metrics["left_out"] = len(predictions) - len(truth)
    curves = [("Model", truth, share)]
    if baseline is not None:
        base_truth, base_share, _, _ = _pairs(baseline, target, probability, str(name), "the baseline")
        base = _measure(base_truth, base_share, threshold, bins)
        for key, value in base.items():
            metrics[f"baseline_{key}"] = value
        for key in ("roc_auc", "average_precision", "log_loss", "brier_score", "accuracy", "precision", "recall", "f1"):
            if key in base and key in metrics:
                metrics[f"{key}_difference"] = metrics[key] - base[key]
        curves.append(("Baseline", base_truth, base_share))
    said = share >= threshold
    confusion = pd.DataFrame(
        {
            "actual": [str(other), str(other), str(name), str(name)],
            "predicted": [str(other), str(name), str(other), str(name)],
            "rows": [int(np.sum((truth == actual) & (said == guess))) for actual in (False, True) for guess in (False, True)],
        }
    )
    confusion["share"] = confusion["rows"] / max(1, len(truth))
    return Evaluation(Metrics(metrics), _roc_figure(curves), _calibration_figure(curves, bins), confusion)


def _pairs(table: pd.DataFrame, target: str, probability: str, positive: str, what: str) -> Tuple[np.ndarray, np.ndarray, object, object]:
    for name in (target, probability):
        if name not in table.columns:
            raise ValueError(f"There is no column {name!r} in {what}. It has {', '.join(map(repr, table.columns[:30]))}.")
    rows = table[[target, probability]].dropna()
    if rows.empty:
        raise ValueError(f"No row of {what} has both {target!r} and {probability!r}, so there is nothing to measure.")
    classes = sorted(rows[target].unique(), key=lambda value: (str(type(value)), value))
    if len(classes) > 2:
        raise ValueError(f"{target!r} has {len(classes)} classes, and this node measures two. Make it true or false first.")
    chosen = classes[-1]
    if positive:
        found = [each for each in classes if str(each).lower() == positive.lower() or (positive in ("1", "0") and str(each) == str(bool(int(positive))))]
        if not found and len(classes) == 2:
            raise ValueError(f"{target!r} has no class {positive!r}. It has {', '.join(map(str, classes))}.")
        chosen = found[0] if found else positive
    elif len(classes) == 1 and str(chosen).lower() in ("false", "0", "0.0"):
        chosen = type(chosen)(1) if not isinstance(chosen, str) else "true"
    other = next((each for each in classes if each != chosen), f"not {chosen}")
    share = rows[probability].to_numpy(dtype=float)
    if share.min() < 0 or share.max() > 1:
        raise ValueError(f"{probability!r} in {what} goes from {share.min():.4g} to {share.max():.4g}, and a probability lies between 0 and 1.")
    return (rows[target] == chosen).to_numpy(dtype=bool), share, chosen, other


def _measure(truth: np.ndarray, share: np.ndarray, threshold: float, bins: int) -> Dict[str, float]:
    said = share >= threshold
    hits, alarms, misses = int((truth & said).sum()), int((~truth & said).sum()), int((truth & ~said).sum())
    precision = hits / (hits + alarms) if hits + alarms else 0.0
    recall = hits / (hits + misses) if hits + misses else 0.0
    found = {
        "rows": float(len(truth)),
        "positive_share": float(truth.mean()),
        "log_loss": float(log_loss(truth, np.clip(share, 1e-15, 1 - 1e-15), labels=[False, True])),
        "brier_score": float(brier_score_loss(truth, share, pos_label=True)),
        "accuracy": float((truth == said).mean()),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
    }
    stated, observed, count = _bins(truth, share, bins)
    found["calibration_error"] = float(np.sum(np.abs(stated - observed) * count) / len(truth))
    if 0 < truth.mean() < 1:
        found["roc_auc"] = float(roc_auc_score(truth, share))
        found["average_precision"] = float(average_precision_score(truth, share))
    else:
        print("All rows are of one class, so there is no ROC curve.")
    return found


def _bins(truth: np.ndarray, share: np.ndarray, bins: int) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean stated probability, observed share and row count of each bin that has rows; bins are equally wide."""
    place = np.minimum((share * bins).astype(int), bins - 1)
    count = np.bincount(place, minlength=bins)
    full = count > 0
    stated = np.bincount(place, weights=share, minlength=bins)[full] / count[full]
    observed = np.bincount(place, weights=truth, minlength=bins)[full] / count[full]
    return stated, observed, count[full]


def _axes(title: str, x: str, y: str):
    canvas = Canvas(figsize=(5.6, 5.2), layout="constrained")
    axes = canvas.add_subplot()
    axes.set_title(title, loc="left", color=_ink, fontsize=13, pad=12)
    axes.set_xlabel(x, color=_soft)
    axes.set_ylabel(y, color=_soft)
    axes.tick_params(colors=_soft, length=0)
    axes.grid(color=_line, linewidth=0.7)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.plot([0, 1], [0, 1], color=_soft, linewidth=1, linestyle=(0, (3, 3)))
    return canvas, axes


def _roc_figure(curves) -> Canvas:
    canvas, axes = _axes("ROC curve", "False positive rate", "True positive rate")
    for (name, truth, share), colour in zip(curves, (_main, _other)):
        if 0 < truth.mean() < 1:
            wrong, right, _ = roc_curve(truth, share)
            # A thousand points draw the same line as a million, in a file that opens.
            chosen = np.unique(np.linspace(0, len(wrong) - 1, 1000).astype(int))
            axes.plot(wrong[chosen], right[chosen], color=colour, linewidth=2, label=f"{name}: AUC {roc_auc_score(truth, share):.3f}")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, loc="lower right", labelcolor=_ink)
    else:
        axes.text(0.5, 0.6, "All rows are of one class", ha="center", color=_soft)
    return canvas


def _calibration_figure(curves, bins: int) -> Canvas:
    canvas, axes = _axes("Calibration", "Predicted probability", "Share that was positive")
    for (name, truth, share), colour in zip(curves, (_main, _other)):
        stated, observed, count = _bins(truth, share, bins)
        axes.plot(stated, observed, color=colour, linewidth=1.6, label=name)
        axes.scatter(stated, observed, s=16 + 90 * count / count.max(), color=colour, edgecolor="white", linewidth=0.8, zorder=3)
    axes.legend(frameon=False, loc="upper left", labelcolor=_ink, title="Dots grow with rows", title_fontproperties={"size": 9})
    return canvas
