"""Measures two models on the same rows, and says whether the candidate is as good as the one in use.

unit    gain is in the unit of the measure, turned so that above 0 is better
empty   rows without a target are left out; without a model in use the candidate passes and there is no gain
"""

import decimal
from typing import Any, Dict, NamedTuple, Optional

import numpy as np
import pandas as pd
from drawloom import Metrics, Model
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    log_loss,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

_smaller_is_better = {"log_loss", "rmse", "mae"}


class Comparison(NamedTuple):
    metrics: Metrics
    verdict: Dict[str, Any]


def compare(
    candidate: Model,
    table: pd.DataFrame,
    current: Optional[Model] = None,
    *,
    target: str,
    measure: str = "auto",
    name: str = "",
    which: str = "@champion",
    by: float = 0.0,
) -> Comparison:
    if target not in table.columns:
        raise ValueError(f"There is no column {target!r}. The table has {', '.join(map(repr, table.columns[:30]))}.")
    rows = _plain(table[table[target].notna()])
    if rows.empty:
        raise ValueError(f"No row has a value of {target!r}, so there is nothing to judge the models by.")
    truth = rows[target]
    if truth.dtype == object and truth.map(lambda value: isinstance(value, (bool, np.bool_))).all():
        truth = truth.astype(bool)
    rows = rows.drop(columns=[target])
    found = _measures(candidate, rows, truth, "candidate")
    beside = _measures(current, rows, truth, "model in use") if current is not None else None
    if measure == "auto":
        shared = [name for name in ("roc_auc", "accuracy", "rmse") if name in found and (beside is None or name in beside)]
        if not shared:
            raise ValueError(
                f"The two models have no measure in common on these rows: the candidate has {', '.join(found)}, the model in use {', '.join(beside or {})}. Compare a classifier with a classifier, and a regressor with a regressor."
            )
        measure = shared[0]
    for values, what in ((found, "candidate"), (beside, "model in use")):
        if values is not None and measure not in values:
            raise ValueError(f"The {what} has no {measure} on these rows. It has {', '.join(values)}: choose one of these as the measure.")
    metrics = {f"candidate_{name}": value for name, value in found.items()}
    metrics["rows"] = float(len(rows))
    gain = None
    if beside is not None:
        metrics.update({f"current_{name}": value for name, value in beside.items()})
        gain = (found[measure] - beside[measure]) * (-1 if measure in _smaller_is_better else 1)
        metrics["gain"] = gain
    as_good = gain is None or gain >= -by
    metrics["as_good"] = 1.0 if as_good else 0.0
    other = None if beside is None else beside[measure]
    print(_sentence(measure, found[measure], other, as_good, by) + (f" In use is {name} {which}." if name and beside is not None else ""))
    verdict = {"as_good": as_good, "measure": measure, "candidate": found[measure], "current": other, "gain": gain, "by": by}
    return Comparison(Metrics(metrics), verdict)


def _sentence(measure: str, found: float, other: Optional[float], as_good: bool, by: float) -> str:
    if other is None:
        return f"There is no model in use to compare with; {measure} of the candidate is {found:.6g}."
    slack = f", where it may be worse by {by:g}" if by else ""
    return f"{measure} is {found:.6g}, and {other:.6g} for the model in use{slack}: the candidate is {'as good' if as_good else 'not as good'}."


def _measures(model: Model, rows: pd.DataFrame, truth: pd.Series, what: str) -> Dict[str, float]:
    features = _features(model, rows, what)
    guess = np.asarray(model.predict(features)).ravel()
    classes = getattr(model, "classes_", None)
    if classes is None and pd.api.types.is_numeric_dtype(truth) and not pd.api.types.is_bool_dtype(truth):
        known = truth.to_numpy(dtype=float)
        guess = guess.astype(float)
        found = {"rmse": float(root_mean_squared_error(known, guess)), "mae": float(mean_absolute_error(known, guess))}
        if len(known) > 1:
            found["r2"] = float(r2_score(known, guess))
        return found
    said, known = guess.astype(str), truth.to_numpy().astype(str)
    found = {"accuracy": float(accuracy_score(known, said)), "f1": float(f1_score(known, said, average="macro"))}
    if classes is None or not hasattr(model, "predict_proba"):
        return found
    names = np.asarray(classes).astype(str)
    # Shares say nothing of a class that the model has never seen.
    if not set(known) <= set(names):
        return found
    shares = np.asarray(model.predict_proba(features))
    places = {name: place for place, name in enumerate(names)}
    found["log_loss"] = float(log_loss([places[name] for name in known], shares, labels=list(range(len(names)))))
    if len(names) == 2 and len(set(known)) == 2:
        found = {"roc_auc": float(roc_auc_score(known == names[1], shares[:, 1])), **found}
    return found


def _features(model: Model, rows: pd.DataFrame, what: str) -> pd.DataFrame:
    names = getattr(model, "feature_names_in_", None)
    if names is None:
        return rows
    missing = [str(name) for name in names if name not in rows.columns]
    if missing:
        raise ValueError(
            f"The {what} was trained with the column {missing[0]!r}, and the table has no such column. "
            "Prepare the table as its training rows were."
        )
    return rows[list(names)]


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Decimals become floats, as they were for the training."""
    changed = {}
    for name in table.columns:
        if table[name].dtype == object:
            first = next((value for value in table[name] if value is not None), None)
            if isinstance(first, decimal.Decimal):
                changed[name] = table[name].astype(float)
    return table.assign(**changed) if changed else table
