"""Decides how metrics and progress leave node code: one JSON line each, in the order they were logged."""

from __future__ import annotations

import math
import sys
import time as clock
from datetime import datetime
from typing import Mapping, Optional, Union

from . import _state

_longest_key = 250


def log_metric(
    key: str,
    value: float,
    step: Optional[int] = None,
    time: Union[None, float, datetime] = None,
) -> None:
    """Logs one number under `key`. `step` orders the points of a curve; `time` is when it was measured (default: now).

    NaN and infinities are kept as what they are, and shown as gaps.
    """
    if not isinstance(key, str) or not key:
        raise TypeError(f"a metric's key is a text, not {key!r}")
    if len(key) > _longest_key:
        raise ValueError(f"a metric's key has at most {_longest_key} characters, and {key[:40]!r}… has {len(key)}")
    number = number_of(value)
    if number is None:
        raise TypeError(f"the metric {key!r} takes a number, not {type(value).__name__}")
    if step is not None and (isinstance(step, bool) or int(step) != step):
        raise TypeError(f"the step of {key!r} is a whole number, not {step!r}")
    if isinstance(time, datetime):
        moment = time.timestamp()
    else:
        moment = clock.time() if time is None else float(time)
    if _state.send is None:
        print(f"{key} = {number}", file=sys.stderr)
        return
    _state.send(
        {
            "type": "metric",
            "key": key,
            # JSON has no word for these three; the worker reads the texts back.
            "value": number if math.isfinite(number) else str(number).replace("inf", "Infinity").replace("nan", "NaN"),
            "step": None if step is None else int(step),
            "time": int(moment * 1000),
        }
    )


def log_metrics(
    metrics: Mapping[str, float],
    step: Optional[int] = None,
    time: Union[None, float, datetime] = None,
) -> None:
    """Logs several numbers at once, with one step and time."""
    for key, value in metrics.items():
        log_metric(key, value, step, time)


def progress(share: float, text: str = "") -> None:
    """Tells how far the node is, from 0 to 1, and what it is doing."""
    number = number_of(share)
    if number is None or math.isnan(number):
        raise TypeError(f"progress takes a share from 0 to 1, not {share!r}")
    if _state.send is not None:
        _state.send({"type": "progress", "share": min(1.0, max(0.0, number)), "text": str(text)[:500]})


def number_of(value: object) -> Optional[float]:
    """The float in a Python, NumPy or one-element tensor number; None when it is no number."""
    if isinstance(value, (str, bytes, bytearray)) or value is None:
        return None
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
