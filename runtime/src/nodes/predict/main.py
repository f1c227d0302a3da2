"""Adds a model's answers to a table. Works with every model that has `predict`; what scikit-learn tells about it is used."""

import decimal
from typing import List

import numpy as np
import pandas as pd
from drawloom import Model

_batch = 200_000


def predict(
    model: Model,
    table: pd.DataFrame,
    *,
    prediction: str = "prediction",
    probability: str = "probability",
    keep: List[str] = [],
) -> pd.DataFrame:
    missing = [name for name in keep if name not in table.columns]
    if missing:
        raise ValueError(f"There is no column {missing[0]!r} to keep. The table has {', '.join(map(repr, table.columns[:30]))}.")
    rows = _features(model, table)
    kept = (table[keep] if keep else table).copy()
    taken = [name for name in (prediction, probability) if name in kept.columns]
    if taken:
        raise ValueError(f"The table has a column {taken[0]!r} already. Give the new one another name.")
    parts = [rows.iloc[start : start + _batch] for start in range(0, len(rows), _batch)]
    kept[prediction] = np.concatenate([np.asarray(model.predict(part)) for part in parts]) if parts else pd.Series(dtype="float64")
    if probability and hasattr(model, "predict_proba"):
        classes = list(getattr(model, "classes_", []))
        shares = np.concatenate([model.predict_proba(part) for part in parts]) if parts else np.empty((0, len(classes)))
        if len(classes) == 2:
            kept[probability] = shares[:, 1]
        else:
            for place, name in enumerate(classes):
                kept[f"{probability}_{name}"] = shares[:, place]
    return kept


def _features(model: Model, table: pd.DataFrame) -> pd.DataFrame:
    names = getattr(model, "feature_names_in_", None)
    if names is None:
        return table
    missing = [str(name) for name in names if name not in table.columns]
    if missing:
        raise ValueError(
            f"The model was trained with the column {missing[0]!r}, and the table has no such column"
            + (f" (nor {', '.join(map(repr, missing[1:6]))})" if len(missing) > 1 else "")
            + ". Prepare the table as the training rows were."
        )
    rows = table[list(names)]
    changed = {}
    for name in rows.columns:
        if rows[name].dtype == object and isinstance(next((value for value in rows[name] if value is not None), None), decimal.Decimal):
            changed[name] = rows[name].astype(float)
    return rows.assign(**changed) if changed else rows
