"""Decides what the interpreter of the default environment has done before attempts are forked from it: libraries load many
of their parts only at first use, and each attempt would pay for that anew. Imported ahead, with nothing of a user's near.

No thread may be left running here, since a fork does not take threads along.
"""

from __future__ import annotations

import io
import os
import sys

os.environ.setdefault("MPLBACKEND", "Agg")


def _tables() -> None:
    import numpy
    import pandas
    import pyarrow
    import pyarrow.parquet

    frame = pandas.DataFrame(
        {
            "i": [1, 2, 2],
            "f": [0.5, None, 1.5],
            "s": ["a", None, "b"],
            "t": pandas.to_datetime(["2013-01-01", None, "2013-01-02"]),
            "b": [True, False, True],
        }
    )
    frame.groupby("i", as_index=False).agg({"f": "mean"}).merge(frame, on="i", how="left").sort_values("s")
    frame.assign(g=numpy.where(frame.f > 1, 1, 0)).dropna().describe()
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pandas(frame, nthreads=1), buffer, compression="zstd")
    buffer.seek(0)
    pyarrow.parquet.read_table(buffer, use_threads=False, pre_buffer=False).to_pandas(use_threads=False)


def _models() -> None:
    import pickle

    import numpy
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(numpy.arange(8.0).reshape(4, 2), [0, 0, 1, 1])
    pickle.loads(pickle.dumps(model)).predict(numpy.zeros((1, 2)))


def _figures() -> None:
    import matplotlib.pyplot as pyplot

    figure, axes = pyplot.subplots()
    axes.plot([1, 2], label="a")
    axes.set_title("Title")
    axes.legend()
    figure.savefig(io.BytesIO(), format="svg", bbox_inches="tight")
    pyplot.close("all")


def _polars() -> None:
    import polars  # noqa: F401  (its threads start with its first work, which is the attempt's)


for _step in (_tables, _models, _figures, _polars):
    try:
        _step()
    except Exception as _error:  # an environment may lack any of them
        # Flushed, or every fork would inherit the line and say it again.
        print(f"{_step.__name__.strip('_')} are not prepared: {_error}", file=sys.stderr, flush=True)
