"""What node code imports: types for ports, metrics, progress, and facts about the attempt.

    import pandas as pd
    from drawloom import Model, log_metric

    def train(flights: pd.DataFrame, *, learning_rate: float = 0.1) -> Model: ...

Positional parameters are input ports, keyword-only parameters are fields of the node's form, the return type gives outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ._state import Context, context
from ._telemetry import log_metric, log_metrics, progress
from ._types import Document, Figure, File, Folder, Html, Markdown, Metrics, Secret, Table
from ._types import Model as _Model

if TYPE_CHECKING:
    #: A trained model: anything with `predict`, such as a scikit-learn estimator. Return the estimator itself.
    Model: TypeAlias = Any
    #: The seed of this attempt. Python's and NumPy's own generators are already seeded with it.
    seed: int
else:
    Model = _Model

__all__ = [
    "Context",
    "Document",
    "Figure",
    "File",
    "Folder",
    "Html",
    "Markdown",
    "Metrics",
    "Model",
    "Secret",
    "Table",
    "context",
    "log_metric",
    "log_metrics",
    "progress",
    "seed",
]


def __getattr__(name: str) -> Any:
    if name == "seed":
        from . import _state

        return _state.seed
    raise AttributeError(f"module 'drawloom' has no attribute {name!r}")
