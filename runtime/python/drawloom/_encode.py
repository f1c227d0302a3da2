"""Decides how what a node returns is kept: checks each output against the kind it declares, then writes it below the job folder."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import math
import os
import pathlib
import shutil
from typing import Any, Dict, List, Mapping, Optional

from . import _models, _tables
from ._problems import Mistake
from ._telemetry import number_of
from ._types import Document, Figure, File, Folder, Metrics, Secret

#: Drawings beyond this size are kept as pixels: a browser would take seconds to draw them.
_largest_svg = 3 * 2**20

_named = {
    "table": ("a table", "a DataFrame"),
    "model": ("a model", "the fitted estimator"),
    "metrics": ("metrics", "a dict of names to numbers"),
    "figure": ("a figure", "the matplotlib figure, for example plt.gcf()"),
    "document": ("a document", "its text"),
    "file": ("a file", "the path of the file you wrote"),
    "folder": ("a folder", "the path of the folder you wrote"),
    "value": ("a value", "a number, a text, a list or a dict"),
    "any": ("a result", "what the next node is to get"),
}


def _holds_secret(value: Any, depth: int = 0) -> bool:
    if isinstance(value, Secret):
        return True
    if depth > 20:
        return False
    if isinstance(value, dict):
        return any(_holds_secret(each, depth + 1) for pair in value.items() for each in pair)
    return isinstance(value, (list, tuple, set, frozenset)) and any(_holds_secret(each, depth + 1) for each in value)


class Writer:
    """Writes outputs of one attempt to `.drawloom/` in the job folder."""

    def __init__(
        self, name: str, own_module: str, own_code: str, known_columns: Mapping[str, str], has_secrets: bool = False
    ) -> None:
        self.has_secrets = has_secrets
        self.name = name
        self.own_module = own_module
        self.own_code = own_code
        self.known_columns = known_columns
        self.job = pathlib.Path(os.getcwd())
        self.folder = self.job / ".drawloom"

    def write(self, port: str, kind: str, value: Any) -> Dict[str, Any]:
        """Keeps one output; answers the message that tells the worker where it lies."""
        if self.has_secrets and _holds_secret(value):
            raise Mistake(
                "bad_output",
                f"`{self.name}` returned a secret for `{port}`, and outputs are kept for everybody to see. Leave it out.",
            )
        actual = _kind_of(value) if kind == "any" else kind
        self.folder.mkdir(exist_ok=True)
        write = getattr(self, f"_{actual}")
        return {"type": "output", "port": port, "kind": actual, **write(port, value)}

    def _refuse(self, port: str, kind: str, value: Any, remedy: Optional[str] = None) -> Mistake:
        declared, right = _named[kind]
        return Mistake(
            "bad_output",
            f"`{self.name}` declares {declared}, but returned {describe(value)} for `{port}`. {remedy or f'Return {right}.'}",
        )

    def _place(self, port: str, ending: str) -> pathlib.Path:
        return self.folder / f"{port}{ending}"

    def _told(self, path: pathlib.Path, media_type: str, **more: Any) -> Dict[str, Any]:
        return {"path": str(path.relative_to(self.job)), "mediaType": media_type, **more}

    def _table(self, port: str, value: Any) -> Dict[str, Any]:
        if not _tables.is_table(value):
            remedy = None
            if type(value).__name__ == "Series":
                remedy = "Return a DataFrame: call .to_frame() on it."
            elif isinstance(value, (list, dict)):
                remedy = "Return a DataFrame: pd.DataFrame(…) makes one of it."
            raise self._refuse(port, "table", value, remedy)
        path = self._place(port, ".parquet")
        return self._told(path, "application/vnd.apache.parquet", **_tables.write(value, path, port))

    def _model(self, port: str, value: Any) -> Dict[str, Any]:
        if not _models.looks_like_model(value):
            raise self._refuse(port, "model", value)
        folder = self._place(port, "")
        facts = _models.save(value, folder, port, self.own_module, self.own_code, self.known_columns)
        return self._told(folder, "application/vnd.mlflow.model", facts=facts)

    def _metrics(self, port: str, value: Any) -> Dict[str, Any]:
        numbers = metrics_of(value)
        if numbers is None:
            raise self._refuse(port, "metrics", value)
        for key, number in numbers.items():
            if number is None:
                raise Mistake(
                    "bad_output",
                    f"`{key}` of `{port}` is {describe(value[key])}, and metrics are numbers. Return a number, or leave it out.",
                )
            if not math.isfinite(number):
                raise Mistake(
                    "bad_output",
                    f"`{key}` of `{port}` is {number}, which is no number to compare. Leave it out, or find out where it comes "
                    "from: an empty table or a division by zero are the usual causes.",
                )
        path = self._place(port, ".json")
        path.write_text(json.dumps(numbers, ensure_ascii=False), encoding="utf-8")
        return self._told(path, "application/json", facts={"metrics": numbers})

    def _value(self, port: str, value: Any) -> Dict[str, Any]:
        if value is None:
            raise self._refuse(port, "value", value)
        try:
            text = json.dumps(_jsonable(value, port), ensure_ascii=False, allow_nan=False)
        except (TypeError, RecursionError) as error:
            told = str(error) if isinstance(error, TypeError) else "it is nested too deep"
            raise self._refuse(port, "value", value, f"It cannot be kept as JSON: {told}.") from None
        path = self._place(port, ".json")
        path.write_text(text, encoding="utf-8")
        return self._told(path, "application/json")

    def _document(self, port: str, value: Any) -> Dict[str, Any]:
        if isinstance(value, pathlib.PurePath):
            source = self._written(port, "document", value, folder=False)
            value = Document(source.read_text(encoding="utf-8"), _document_types.get(source.suffix, "text/markdown"))
        if isinstance(value, Document):
            text, media_type = value.text, value.media_type
        elif isinstance(value, str):
            start = value.lstrip()[:15].lower()
            text, media_type = value, "text/html" if start.startswith(("<!doctype html", "<html")) else "text/markdown"
        else:
            raise self._refuse(port, "document", value)
        path = self._place(port, {"text/html": ".html", "text/plain": ".txt"}.get(media_type, ".md"))
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
        return self._told(path, media_type)

    def _figure(self, port: str, value: Any) -> Dict[str, Any]:
        if isinstance(value, Figure):
            value = value.content
        content, media_type = _drawn(value)
        if content is None and isinstance(value, pathlib.PurePath):
            content, media_type = _picture(self._written(port, "figure", value, folder=False).read_bytes())
        if content is None:
            raise self._refuse(port, "figure", value)
        path = self._place(port, _picture_endings[media_type])
        path.write_bytes(content)
        return self._told(path, media_type)

    def _file(self, port: str, value: Any) -> Dict[str, Any]:
        import mimetypes

        source = self._written(port, "file", value, folder=False)
        path = self._moved(port, source)
        media_type = mimetypes.guess_type(source.name)[0] or "application/octet-stream"
        if source.suffix == ".parquet":
            media_type = "application/vnd.apache.parquet"
        return self._told(path, media_type, facts={"name": source.name})

    def _folder(self, port: str, value: Any) -> Dict[str, Any]:
        source = self._written(port, "folder", value, folder=True)
        return self._told(self._moved(port, source), "application/x-directory", facts={"name": source.name})

    def _written(self, port: str, kind: str, value: Any, folder: bool) -> pathlib.Path:
        if not isinstance(value, (str, os.PathLike)) or isinstance(value, bytes) or not str(value):
            raise self._refuse(port, kind, value)
        path = pathlib.Path(value)
        remedy = None
        if not path.exists():
            remedy = f"There is no {kind} at {str(value)!r}. Write it first, for example to {path.name!r}."
        elif folder != path.is_dir():
            remedy = f"{str(value)!r} is a {'file' if folder else 'folder'}."
        elif not folder and not path.is_file():
            remedy = f"{str(value)!r} is no regular file."
        elif path.resolve() == self.job:
            remedy = "Write into a folder of its own, and return that."
        if remedy:
            raise Mistake("bad_output", f"`{self.name}` declares a {kind} for `{port}`. {remedy}")
        return path

    def _moved(self, port: str, source: pathlib.Path) -> pathlib.Path:
        """Its place below the job folder. What lies elsewhere, such as an input that is passed on, is copied there."""
        real = source.resolve()
        if self.job in real.parents and not source.is_symlink():
            return real
        target = self._place(port, "" if real.is_dir() else (source.suffix or ".bin"))
        if real.is_dir():
            shutil.copytree(real, target, symlinks=False)
        else:
            shutil.copyfile(real, target)
        return target


_document_types = {".md": "text/markdown", ".html": "text/html", ".htm": "text/html", ".txt": "text/plain"}
_picture_endings = {
    "image/svg+xml": ".svg",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "application/vnd.plotly.v1+json": ".json",
}


def _kind_of(value: Any) -> str:
    """What an output is that declares nothing."""
    if _tables.is_table(value):
        return "table"
    if isinstance(value, Metrics):
        return "metrics"
    if isinstance(value, Document):
        return "document"
    if isinstance(value, (Folder, File)) or isinstance(value, pathlib.PurePath):
        return "folder" if isinstance(value, Folder) or pathlib.Path(value).is_dir() else "file"
    if isinstance(value, Figure) or _is_drawing(value):
        return "figure"
    if _models.looks_like_model(value):
        return "model"
    return "value"


def _is_drawing(value: Any) -> bool:
    roots = {(kind.__module__.split(".")[0], kind.__name__) for kind in type(value).__mro__}
    return bool(roots & {("matplotlib", "Figure"), ("matplotlib", "Axes"), ("plotly", "BaseFigure"), ("PIL", "Image")})


def _drawn(value: Any) -> Any:
    """The bytes of a picture and their media type; (None, '') when it is none."""
    for kind in type(value).__mro__:
        root, name = kind.__module__.split(".")[0], kind.__name__
        if root == "matplotlib" and name in ("Figure", "Axes"):
            return _matplotlib(value if name == "Figure" else value.get_figure())
        if root == "PIL" and name == "Image":
            import io

            buffer = io.BytesIO()
            value.save(buffer, "PNG")
            return buffer.getvalue(), "image/png"
        if root == "plotly" and name == "BaseFigure":
            return value.to_json().encode(), "application/vnd.plotly.v1+json"
    if isinstance(value, (bytes, bytearray)):
        return _picture(bytes(value))
    if isinstance(value, str) and "<svg" in value[:1000]:
        return value.encode(), "image/svg+xml"
    return None, ""


def _matplotlib(figure: Any) -> Any:
    import io

    import matplotlib

    buffer = io.BytesIO()
    # A fixed salt and no date: equal figures have equal bytes.
    with matplotlib.rc_context({"svg.hashsalt": "drawloom", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
        if buffer.tell() <= _largest_svg:
            return buffer.getvalue(), "image/svg+xml"
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", bbox_inches="tight", dpi=150, metadata={"Software": None})
    return buffer.getvalue(), "image/png"


def _picture(content: bytes) -> Any:
    if content.startswith(b"\x89PNG"):
        return content, "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return content, "image/jpeg"
    if content.startswith(b"GIF8"):
        return content, "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return content, "image/webp"
    if b"<svg" in content[:1000]:
        return content, "image/svg+xml"
    return None, ""


def metrics_of(value: Any) -> Optional[Dict[str, Optional[float]]]:
    """The numbers of a dict; a number that is none becomes None. None when it is no dict of texts at all."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        return None
    return {key: number_of(each) for key, each in value.items()}


def _jsonable(value: Any, port: str) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value if not isinstance(value, enum.Enum) else _jsonable(value.value, port)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise TypeError(f"JSON has no word for {value}; use None, or leave it out")
        return value
    if isinstance(value, Mapping):
        wrong = next((key for key in value if not isinstance(key, str)), None)
        if wrong is not None:
            raise TypeError(f"its keys must be texts, and {wrong!r} is {describe(wrong)}; use str(…)")
        return {key: _jsonable(each, port) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(each, port) for each in value]
    if isinstance(value, (set, frozenset)):
        return sorted((_jsonable(each, port) for each in value), key=lambda each: (str(type(each)), each))
    if isinstance(value, (datetime.date, datetime.datetime, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, decimal.Decimal):
        return _jsonable(float(value), port)
    if isinstance(value, enum.Enum):
        return _jsonable(value.value, port)
    if hasattr(value, "__dataclass_fields__"):
        return {name: _jsonable(getattr(value, name), port) for name in value.__dataclass_fields__}
    if type(value).__module__.split(".")[0] in ("numpy", "pandas", "polars") and hasattr(value, "tolist"):
        return _jsonable(value.tolist(), port)
    raise TypeError(f"it holds {describe(value)}")


def describe(value: Any) -> str:
    """What a value is, in a few words."""
    if value is None:
        return "None"
    kind = type(value)
    size = len(value) if isinstance(value, (list, tuple, dict, set, str, bytes)) else None
    names = {
        bool: f"{value}",
        str: f"a text of {size} characters",
        bytes: f"{size} bytes",
        list: f"a list of {size}",
        tuple: f"a tuple of {size}",
        dict: f"a dict of {size}",
        set: f"a set of {size}",
    }
    if kind in names:
        return names[kind]
    if kind in (int, float):
        return f"the number {value}"
    article = "an" if kind.__name__[:1].lower() in "aeiou" else "a"
    return f"{article} {kind.__name__}"


def outputs_of(returned: Any, declared: List[Dict[str, Any]], returns: str, fields: List[str], name: str) -> Dict[str, Any]:
    """What was returned, by port."""
    ports = [each["port"] for each in declared]
    if not ports:
        return {}
    by_name = _by_name(returned, returns, fields, ports)
    if by_name is not None:
        missing = [port for port in ports if port not in by_name and port in fields]
        if missing and returns == "fields" and not isinstance(returned, Mapping):
            raise Mistake("bad_output", f"`{name}` declares `{missing[0]}`, but the result has no such field.")
        return {port: by_name.get(port) for port in ports}
    if len(ports) == 1 and returns != "tuple":
        return {ports[0]: returned}
    if not isinstance(returned, (tuple, list)) or len(returned) != len(ports):
        shown = ", ".join(f"`{port}`" for port in ports)
        raise Mistake(
            "bad_output",
            f"`{name}` declares {len(ports)} outputs ({shown}), but returned {describe(returned)}. Return them in this order, "
            "separated by commas.",
        )
    return dict(zip(ports, returned))


def _by_name(returned: Any, returns: str, fields: List[str], ports: List[str]) -> Optional[Mapping[str, Any]]:
    if returns == "fields":
        if isinstance(returned, Mapping):
            return returned
        if hasattr(returned, "_fields") or hasattr(returned, "__dataclass_fields__"):
            return {field: getattr(returned, field) for field in fields if hasattr(returned, field)}
        return None
    # Built-in nodes, whose ports depend on their parameters, return a plain dict by port.
    if type(returned) is dict and returned and set(ports) <= set(returned) and (len(ports) > 1 or returns == "named"):
        return returned
    return None
