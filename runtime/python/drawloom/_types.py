"""Decides which Python types stand for what travels between nodes, beside those of pandas, polars and scikit-learn."""

from __future__ import annotations

import os
import pathlib
from typing import Any, Dict, Iterator, List, Optional, Union

PathLike = Union[str, "os.PathLike[str]"]


class Metrics(Dict[str, float]):
    """Named numbers, such as `Metrics(auc=0.71, log_loss=0.55)`. Every dict of text to number will do as well."""


class Model:
    """A trained model together with what is known about it.

    Returning the estimator itself is enough. `Model(estimator, example=X.head())` also keeps the columns and types that
    it expects.
    """

    def __init__(
        self,
        estimator: Any,
        *,
        example: Any = None,
        features: Optional[List[str]] = None,
        facts: Optional[Dict[str, Any]] = None,
    ) -> None:
        self.estimator = estimator
        self.example = example
        self.features = features
        self.facts = facts or {}

    def predict(self, *args: Any, **more: Any) -> Any:
        return self.estimator.predict(*args, **more)


class Figure:
    """A picture that is already drawn: SVG text, or the bytes of a PNG, JPEG, GIF or WebP, or the path of such a file.

    Figures of matplotlib can be returned as they are.
    """

    def __init__(self, content: Union[str, bytes, "os.PathLike[str]"]) -> None:
        self.content = content


class Document:
    """A text to read: Markdown unless told otherwise."""

    def __init__(self, text: str, media_type: str = "text/markdown") -> None:
        self.text = str(text)
        self.media_type = media_type

    def __str__(self) -> str:
        return self.text


class Markdown(Document):
    """A text in Markdown."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "text/markdown")


class Html(Document):
    """A page in HTML; it is shown in a sandbox, without scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "text/html")


class File(type(pathlib.Path())):  # type: ignore[misc]
    """A file as it is. An input arrives as a path to read; an output is the path of a file that the node has written."""


class Folder(type(pathlib.Path())):  # type: ignore[misc]
    """A folder with all it holds. An input arrives as a path to read; an output is a folder that the node has written."""


class Secret(str):
    """A secret of the project, given to this attempt alone: `def load(*, token: Secret) -> pd.DataFrame`.

    It is text like any other where it is used, and shows itself as `***` in what is printed for debugging. It leaves the
    attempt by no way that Drawloom offers: neither as an output nor inside of a model.
    """

    def __repr__(self) -> str:
        return "Secret('***')"

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a secret is not kept with a result; leave it out, or hand str(secret) to a process of your own")


class Table:
    """A table that is read when it is asked for, in the library of one's choice.

    As an output it takes what has rows: a frame of pandas, polars or Arrow, a list of dicts, or a dict of columns.
    """

    def __init__(self, data: Any = None, *, path: Optional[PathLike] = None) -> None:
        if (data is None) == (path is None):
            raise TypeError("a Table takes either data or the path of a Parquet file")
        self.data = data
        self.path = None if path is None else pathlib.Path(path)

    def to_arrow(self) -> Any:
        """The table as a `pyarrow.Table`."""
        from ._tables import arrow_of

        if self.path is None:
            return arrow_of(self.data)
        import pyarrow.parquet

        return pyarrow.parquet.read_table(self.path)

    def to_pandas(self) -> Any:
        """The table as a `pandas.DataFrame`."""
        import pandas

        return pandas.read_parquet(self.path) if self.path is not None else self.to_arrow().to_pandas()

    def to_polars(self) -> Any:
        """The table as a `polars.DataFrame`."""
        import polars

        return polars.read_parquet(self.path) if self.path is not None else polars.from_arrow(self.to_arrow())

    def rows(self) -> Iterator[Dict[str, Any]]:
        """Row by row, as dicts; only a part of the table is in memory at a time."""
        if self.path is None:
            batches = self.to_arrow().to_batches()
        else:
            import pyarrow.parquet

            batches = pyarrow.parquet.ParquetFile(self.path).iter_batches()
        for batch in batches:
            yield from batch.to_pylist()
