"""Fits one estimator of scikit-learn in a pipeline that holds all its preparation, so that the model takes raw tables.

Linear models and neighbours get scaled numbers and one column per category; trees get numbers for categories. Missing values
stay what they are where the estimator knows them, and are filled in where it does not.
"""

import decimal
import os
from typing import Any, Dict, List, Tuple

import numpy as np
import pandas as pd
from drawloom import Metrics, Model, log_metric, seed
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

_regressors = {
    "hist_gradient_boosting_regressor",
    "ridge",
    "random_forest_regressor",
    "extra_trees_regressor",
    "k_neighbors_regressor",
    "dummy_regressor",
}
_scored_rows = 100_000


def _estimator(name: str, options: Dict[str, Any], seed: int, categorical: List[bool]) -> Any:
    threads = int(os.environ.get("OMP_NUM_THREADS") or 1)
    weighted = {"class_weight": "balanced"} if options.pop("balanced", False) else {}
    if name.startswith("hist_gradient_boosting"):
        kind = HistGradientBoostingRegressor if name in _regressors else HistGradientBoostingClassifier
        return kind(random_state=seed, categorical_features=np.array(categorical, dtype=bool), **weighted, **options)
    if name.startswith(("random_forest", "extra_trees")):
        kinds = {
            "random_forest_classifier": RandomForestClassifier,
            "random_forest_regressor": RandomForestRegressor,
            "extra_trees_classifier": ExtraTreesClassifier,
            "extra_trees_regressor": ExtraTreesRegressor,
        }
        if options.get("max_features") == "all":
            options["max_features"] = 1.0
        return kinds[name](random_state=seed, n_jobs=threads, **weighted, **options)
    if name == "logistic_regression":
        penalty = options.pop("penalty", "l2")
        strength = options.pop("C", 1.0)
        if penalty == "none":
            strength = np.inf
        ratio = {"l1_ratio": 1.0, "solver": "saga"} if penalty == "l1" else {}
        return LogisticRegression(C=strength, random_state=seed, **ratio, **weighted, **options)
    if name == "ridge":
        return Ridge(random_state=seed, **options)
    if name.startswith("k_neighbors"):
        kind = KNeighborsRegressor if name in _regressors else KNeighborsClassifier
        return kind(n_jobs=threads, **options)
    if name == "dummy_classifier":
        return DummyClassifier(random_state=seed, **options)
    if name == "dummy_regressor":
        return DummyRegressor(**options)
    raise ValueError(f"There is no estimator called {name!r}.")


def _preparation(name: str, numbers: List[str], categories: List[str], most: int) -> ColumnTransformer:
    if name.startswith(("logistic", "ridge", "k_neighbors")):
        numeric = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
        encoded: Any = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=most, sparse_output=False)
    else:
        boosting = name.startswith("hist_gradient_boosting")
        numeric = "passthrough" if boosting else SimpleImputer(strategy="median", keep_empty_features=True)
        missing = {"unknown_value": np.nan, "encoded_missing_value": np.nan} if boosting else {"unknown_value": -1, "encoded_missing_value": -1}
        encoded = OrdinalEncoder(handle_unknown="use_encoded_value", max_categories=most, **missing)
    parts = [("numbers", numeric, numbers), ("categories", encoded, categories)]
    return ColumnTransformer([part for part in parts if part[2]], remainder="drop", verbose_feature_names_out=False)


def _kind_of(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_timedelta64_dtype(column):
        return "time"
    first = next((value for value in column if value is not None and value == value), None)
    if isinstance(first, (list, dict, np.ndarray, bytes)):
        return "other"
    return "time" if hasattr(first, "isoformat") else "category"


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Decimals become floats; everything else is left as it came, since the model will meet it like that again."""
    changed = {}
    for name in table.columns:
        if table[name].dtype == object:
            first = next((value for value in table[name] if value is not None), None)
            if isinstance(first, decimal.Decimal):
                changed[name] = table[name].astype(float)
    return table.assign(**changed) if changed else table


def _columns(table: pd.DataFrame, target: str, wanted: List[str], left_out: List[str], weight: str) -> Tuple[List[str], List[str]]:
    missing = [name for name in [target, *wanted, *([weight] if weight else [])] if name not in table.columns]
    if missing:
        raise ValueError(f"There is no column {missing[0]!r}. The table has {', '.join(map(repr, table.columns[:30]))}.")
    if target in wanted:
        raise ValueError(f"{target!r} is the target and cannot be a feature: the model would be told the answer. Take it off the features.")
    names = wanted or [name for name in table.columns if name not in (target, weight)]
    numbers, categories = [], []
    for name in names:
        if name in left_out:
            continue
        kind = _kind_of(table[name])
        if kind in ("time", "other"):
            what = "dates" if kind == "time" else "lists or objects"
            if wanted:
                raise ValueError(f"The feature {name!r} holds {what}. Turn it into numbers or text first, for example with a SQL node.")
            print(f"{name} is left out: it holds {what}.")
            continue
        (numbers if kind == "number" else categories).append(name)
    if not numbers and not categories:
        raise ValueError("No feature is left. List some under Features, or leave fewer out.")
    return numbers, categories


def train(
    table: pd.DataFrame,
    *,
    target: str,
    estimator: Dict[str, Any] = {"name": "hist_gradient_boosting_classifier"},
    features: List[str] = [],
    leave_out: List[str] = [],
    weight: str = "",
    categories: int = 50,
) -> Tuple[Model, Metrics]:
    options = dict(estimator)
    name = options.pop("name")
    table = _plain(table)
    numbers, texts = _columns(table, target, features, leave_out, weight)
    known = table[target].notna()
    if not known.all():
        print(f"{int((~known).sum())} of {len(table)} rows have no {target} and are left out.")
        table = table[known]
    if len(table) == 0:
        raise ValueError(f"No row has a value of {target!r}, so there is nothing to learn from.")
    answers = table[target]
    is_regression = name in _regressors
    if is_regression:
        if not pd.api.types.is_numeric_dtype(answers):
            raise ValueError(f"The target {target!r} holds {answers.dtype}, and a regression predicts numbers. Choose an estimator for classification.")
        answers = answers.astype(float)
    else:
        if answers.dtype == object and answers.map(lambda value: isinstance(value, bool)).all():
            answers = answers.astype(bool)
        count = answers.nunique()
        if count < 2 and not name.startswith("dummy"):
            raise ValueError(f"The target {target!r} has the one value {answers.iloc[0]!r} in all {len(table)} rows, so there is nothing to tell apart.")
        if count > 1000:
            raise ValueError(f"The target {target!r} has {count} values, which is more than classes can be. Choose an estimator for regression.")
    names = numbers + texts
    rows = table[names]
    fitted = _estimator(name, options, seed, [False] * len(numbers) + [True] * len(texts))
    model = Pipeline([("preparation", _preparation(name, numbers, texts, categories)), ("estimator", fitted)])
    weights = {"estimator__sample_weight": table[weight].astype(float).to_numpy()} if weight else {}
    if weights and name.startswith("k_neighbors"):
        raise ValueError("Nearest neighbours take no row weights. Clear the row weight, or choose another estimator.")
    model.fit(rows, answers, **weights)  # how long it takes is the attempt's to tell: as a number of the run it would never come out the same
    for step, score in enumerate(getattr(fitted, "train_score_", [])):
        log_metric("train_score", float(score), step)
    model.target_ = target
    metrics = Metrics({"train_rows": len(rows), "features": len(names), **_scores(model, rows, answers, is_regression)})
    trees = getattr(fitted, "n_iter_", None)
    if trees is not None and np.ndim(trees) == 0:
        metrics["iterations"] = int(trees)
    facts = {"task": "regression" if is_regression else "classification", "target": target, "estimator": name, "importance": _importance(model)}
    return Model(model, example=rows.head(5), facts={key: value for key, value in facts.items() if value}), metrics


def _scores(model: Pipeline, rows: pd.DataFrame, answers: pd.Series, is_regression: bool) -> Dict[str, float]:
    """On a sample of the training rows: enough to see whether anything was learned, not how good the model is."""
    from sklearn.metrics import accuracy_score, log_loss, r2_score, root_mean_squared_error

    if len(rows) > _scored_rows:
        chosen = np.random.default_rng(seed).choice(len(rows), _scored_rows, replace=False)
        rows, answers = rows.iloc[chosen], answers.iloc[chosen]
    if is_regression:
        guessed = model.predict(rows)
        scores = {"train_rmse": float(root_mean_squared_error(answers, guessed))}
        if len(rows) > 1:
            scores["train_r2"] = float(r2_score(answers, guessed))
        return scores
    if not hasattr(model, "predict_proba"):
        return {"train_accuracy": float(accuracy_score(answers, model.predict(rows)))}
    shares = model.predict_proba(rows)
    scores = {"train_accuracy": float(accuracy_score(answers, model.classes_[np.argmax(shares, axis=1)]))}
    if len(model.classes_) > 1:
        scores["train_log_loss"] = float(log_loss(answers, shares, labels=model.classes_))
    return scores


def _importance(model: Pipeline) -> List[Dict[str, Any]]:
    """The features that weigh most, where the estimator tells: by impurity for forests, by coefficient for linear models."""
    fitted = model[-1]
    values = getattr(fitted, "feature_importances_", None)
    if values is None:
        values = getattr(fitted, "coef_", None)
        if values is None or (np.ndim(values) == 2 and len(values) > 1):
            return []
    values = np.ravel(values)
    names = model[0].get_feature_names_out()
    order = np.argsort(-np.abs(values))[:50]
    return [{"feature": str(names[place]), "value": float(values[place])} for place in order]
