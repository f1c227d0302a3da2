"""Decides how a table becomes Parquet and back, in pandas, polars or Arrow, and which types its columns have in SQL."""

from __future__ import annotations

import pathlib
import sys
from typing import Any, Dict, Optional, Tuple

from ._problems import Mistake


def library_of(value: Any) -> Optional[str]:
    """Which library a frame comes from; None when it is no table. Asks by name, so that nothing is imported for it."""
    for kind in type(value).__mro__:
        root, name = kind.__module__.split(".")[0], kind.__name__
        if root in ("pandas", "geopandas") and name in ("DataFrame", "GeoDataFrame"):
            return "pandas"
        if root == "polars" and name in ("DataFrame", "LazyFrame"):
            return "polars"
        if root == "pyarrow" and name in ("Table", "RecordBatch", "RecordBatchReader"):
            return "arrow"
        if name == "DuckDBPyRelation":
            return "duckdb"
        if root == "drawloom" and name == "Table":
            return "drawloom"
    return None


def is_table(value: Any) -> bool:
    return library_of(value) is not None


def read(path: pathlib.Path, library: str) -> Any:
    """A Parquet file as a frame of the library that the annotation asks for."""
    try:
        if library == "polars":
            import polars

            return polars.read_parquet(path)
        if library == "polars-lazy":
            import polars

            return polars.scan_parquet(path)
        if library == "drawloom":
            from ._types import Table

            return Table(path=path)
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(path)
        return table if library == "arrow" else table.to_pandas()
    except ModuleNotFoundError as missing:
        raise Mistake(
            "bad_input",
            f"Reading a table as {library.split('-')[0]} needs {missing.name}, which this node's environment does not hold. "
            "Pick another environment, or add it there.",
        ) from None
    except (OSError, ValueError) as error:
        raise Mistake("bad_input", f"The table {path.name} cannot be read: {_first_line(error)}") from None


def arrow_of(value: Any, port: str = "table") -> Any:
    """A frame as an Arrow table that Parquet can hold, or a mistake that names the column that stands in the way."""
    import pyarrow

    library = library_of(value)
    if library == "drawloom":
        return value.to_arrow()
    if library == "polars":
        frame = value.collect() if type(value).__name__ == "LazyFrame" else value
        return _strings(frame.to_arrow())
    if library == "duckdb":
        found = value.to_arrow_table() if hasattr(value, "to_arrow_table") else value.arrow()
        return arrow_of(found, port)
    if library == "arrow":
        if isinstance(value, pyarrow.RecordBatch):
            return pyarrow.Table.from_batches([value])
        return value.read_all() if isinstance(value, pyarrow.RecordBatchReader) else value
    if library == "pandas":
        return _from_pandas(value, port)
    if isinstance(value, dict):
        return pyarrow.table(value)
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        return pyarrow.Table.from_pylist(value)
    raise TypeError(f"a Table takes a frame, a list of dicts or a dict of columns, not {type(value).__name__}")


def _from_pandas(frame: Any, port: str) -> Any:
    import pyarrow

    names = list(frame.columns)
    if getattr(frame.columns, "nlevels", 1) > 1:
        raise Mistake(
            "bad_output",
            f"The columns of `{port}` have {frame.columns.nlevels} levels ({names[0]!r} …), and a table has one. "
            "Join their names first: frame.columns = ['_'.join(map(str, name)) for name in frame.columns].",
        )
    kept = [name for name in frame.index.names if name is not None]
    if kept:  # a named index is data; a plain row number is not
        taken = [name for name in kept if name in names]
        if taken:
            raise Mistake(
                "bad_output",
                f"`{port}` has both a column and an index named {taken[0]!r}. Rename one, or drop the index with "
                "reset_index(drop=True).",
            )
        frame = frame.reset_index([level for level, name in enumerate(frame.index.names) if name is not None])
        names = list(frame.columns)
    texts = [str(name) for name in names]
    double = next((name for place, name in enumerate(texts) if name in texts[:place]), None)
    if double is not None:
        raise Mistake("bad_output", f"`{port}` has two columns named {double!r}. Rename one of them.")
    arrays = []
    for place, name in enumerate(texts):
        column = frame.iloc[:, place]
        try:
            arrays.append(_array(column))
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError, TypeError, ValueError, OverflowError) as error:
            raise Mistake("bad_output", _mixed(column, name, port, error)) from None
    return _strings(pyarrow.Table.from_arrays(arrays, names=texts))


def _array(column: Any) -> Any:
    import pyarrow

    array = pyarrow.Array.from_pandas(column)
    if isinstance(array, pyarrow.ChunkedArray) and array.num_chunks == 1:
        return array.chunk(0)
    return array


def _mixed(column: Any, name: str, port: str, error: Exception) -> str:
    """Which values of a column do not go together."""
    first: Dict[str, Tuple[int, Any]] = {}
    for row, value in enumerate(column):
        if value is None or value != value if isinstance(value, float) else value is None:
            continue
        first.setdefault(type(value).__name__, (row, value))
        if len(first) > 3:
            break
    if len(first) > 1:
        shown = ", ".join(f"{kind} (row {row}: {_short(value)})" for kind, (row, value) in first.items())
        return (
            f"Column {name!r} of `{port}` mixes types: {shown}. Give it one type, "
            f"for example frame[{name!r}] = frame[{name!r}].astype(str)."
        )
    kind = next(iter(first), "unknown")
    return (
        f"Column {name!r} of `{port}` holds {kind} values, which a table cannot keep ({_first_line(error)}). "
        "Turn them into numbers, texts, dates or lists of these."
    )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]


def _strings(table: Any) -> Any:
    """Columns of no type (nothing but empty values) become text, and views become what every reader knows."""
    import pyarrow

    for place, field in enumerate(table.schema):
        kind = str(field.type)
        if kind == "null" or kind in ("string_view", "large_string"):
            table = table.set_column(place, field.name, table.column(place).cast(pyarrow.string()))
        elif kind in ("binary_view", "large_binary"):
            table = table.set_column(place, field.name, table.column(place).cast(pyarrow.binary()))
    return table


def write(value: Any, path: pathlib.Path, port: str) -> Dict[str, Any]:
    """Writes Parquet; answers its row count and columns."""
    try:
        import pyarrow.parquet
    except ModuleNotFoundError:
        if library_of(value) == "polars":
            return _write_polars(value, path)
        raise Mistake(
            "bad_output",
            f"Keeping the table `{port}` needs pyarrow, which this node's environment does not hold. Pick another "
            "environment, or add it there.",
        ) from None
    table = arrow_of(value, port)
    # The library's own notes on its frame would change the bytes with its version, and say nothing that others read.
    table = table.replace_schema_metadata(None)
    try:
        pyarrow.parquet.write_table(table, path, compression="zstd", row_group_size=122_880)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError, pyarrow.ArrowTypeError) as error:
        raise Mistake("bad_output", f"The table `{port}` cannot be kept: {_first_line(error)}") from None
    columns = [_column(table, place, field) for place, field in enumerate(table.schema)]
    return {"rowCount": table.num_rows, "columns": columns}


def _column(table: Any, place: int, field: Any) -> Dict[str, Any]:
    return {"name": field.name, "type": sql_type(field.type), "nullable": table.column(place).null_count > 0}


def _write_polars(value: Any, path: pathlib.Path) -> Dict[str, Any]:
    frame = value.collect() if type(value).__name__ == "LazyFrame" else value
    frame.write_parquet(path, compression="zstd")
    nulls = frame.null_count().row(0) if frame.width else ()
    columns = [
        {"name": name, "type": _polars_type(str(kind)), "nullable": bool(empty)}
        for (name, kind), empty in zip(frame.schema.items(), nulls)
    ]
    return {"rowCount": frame.height, "columns": columns}


_plain = {
    "bool": "BOOLEAN",
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "uint8": "UTINYINT",
    "uint16": "USMALLINT",
    "uint32": "UINTEGER",
    "uint64": "UBIGINT",
    "halffloat": "FLOAT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "large_string": "VARCHAR",
    "binary": "BLOB",
    "large_binary": "BLOB",
    "date32[day]": "DATE",
    "date64[ms]": "DATE",
    "null": "VARCHAR",
}


def sql_type(kind: Any) -> str:
    """The name DuckDB gives to an Arrow type once it reads it from Parquet."""
    text = str(kind)
    if text in _plain:
        return _plain[text]
    if text.startswith("timestamp"):
        if "tz=" in text:
            return "TIMESTAMP WITH TIME ZONE"
        return "TIMESTAMP_NS" if text.startswith("timestamp[ns") else "TIMESTAMP"
    if text.startswith("time"):
        return "TIME"
    if text.startswith("decimal"):
        return f"DECIMAL({kind.precision},{kind.scale})"
    if text.startswith("dictionary"):
        return sql_type(kind.value_type)
    if text.startswith(("list", "large_list")):
        return f"{sql_type(kind.value_type)}[]"
    if text.startswith("fixed_size_list"):
        return f"{sql_type(kind.value_type)}[]"
    if text.startswith("fixed_size_binary"):
        return "BLOB"
    if text.startswith("struct"):
        fields = [kind.field(place) for place in range(kind.num_fields)]
        return f"STRUCT({', '.join(f'{_quoted(field.name)} {sql_type(field.type)}' for field in fields)})"
    if text.startswith("map"):
        return f"MAP({sql_type(kind.key_type)}, {sql_type(kind.item_type)})"
    if text.startswith("duration"):
        return "BIGINT"
    return text.upper()


def _quoted(name: str) -> str:
    return name if name.isidentifier() and name.islower() else '"' + name.replace('"', '""') + '"'


def _polars_type(text: str) -> str:
    known = {
        "Boolean": "BOOLEAN",
        "Int8": "TINYINT",
        "Int16": "SMALLINT",
        "Int32": "INTEGER",
        "Int64": "BIGINT",
        "UInt8": "UTINYINT",
        "UInt16": "USMALLINT",
        "UInt32": "UINTEGER",
        "UInt64": "UBIGINT",
        "Float32": "FLOAT",
        "Float64": "DOUBLE",
        "Binary": "BLOB",
        "Date": "DATE",
        "Time": "TIME",
    }
    if text.startswith("Datetime"):
        return "TIMESTAMP" if "time_zone=None" in text else "TIMESTAMP WITH TIME ZONE"
    return known.get(text, "VARCHAR")


def library_for(annotation: Any) -> str:
    """Which library an input's annotation asks for; pandas when it does not say."""
    import typing

    for kind in (annotation, *typing.get_args(annotation)):
        root = (getattr(kind, "__module__", "") or "").split(".")[0]
        name = getattr(kind, "__name__", "")
        if root == "polars":
            return "polars-lazy" if name == "LazyFrame" else "polars"
        if root == "pyarrow":
            return "arrow"
        if root == "drawloom" and name == "Table":
            return "drawloom"
        if root == "pandas":
            return "pandas"
    if "pandas" not in sys.modules and "polars" in sys.modules:
        return "polars"
    return "pandas"


