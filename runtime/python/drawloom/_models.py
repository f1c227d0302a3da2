"""Decides how a trained model is kept: a folder in MLflow's shape (MLmodel, requirements, the pickled object), and its facts.

The object lies in `model.pkl` as a plain pickle, since that is what MLflow's own loaders read.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import io
import json
import math
import pathlib
import pickle
import pickletools
import platform
import sys
import uuid
from typing import Any, Dict, Iterable, List, Mapping, Optional

from ._problems import Mistake
from ._types import Model

_file = "model.pkl"
_largest_scanned = 64 * 2**20


def looks_like_model(value: Any) -> bool:
    if isinstance(value, Model) or callable(getattr(value, "predict", None)):
        return True
    return any(kind.__module__.split(".")[0] == "sklearn" for kind in type(value).__mro__)


def load(folder: pathlib.Path, port: str) -> Any:
    """The object in a model's folder."""
    code = folder / "code"
    if code.is_dir() and str(code) not in sys.path:
        sys.path.insert(0, str(code))
    found = next((folder / name for name in (_file, "model.joblib") if (folder / name).is_file()), None)
    if found is None:
        return _load_with_client(folder, port)
    try:
        if found.suffix == ".joblib":
            import joblib

            return joblib.load(found)
        with open(found, "rb") as file:
            return pickle.load(file)
    except ModuleNotFoundError as missing:
        raise Mistake(
            "bad_input",
            f"The model at `{port}` needs {missing.name}, which this node's environment does not hold. Pick the "
            "environment that it was trained in.",
        ) from None
    except (pickle.UnpicklingError, AttributeError, ImportError, EOFError, ValueError, TypeError) as error:
        raise Mistake("bad_input", f"The model at `{port}` cannot be loaded: {type(error).__name__}: {error}") from None


def _load_with_client(folder: pathlib.Path, port: str) -> Any:
    """A model that MLflow's own client wrote in a form of its own, such as one of another library: read with that client."""
    if not (folder / "MLmodel").is_file():
        raise Mistake("bad_input", f"The model at `{port}` holds no {_file} and no MLmodel, so it cannot be loaded here.")
    try:
        import mlflow
    except ImportError:
        raise Mistake(
            "bad_input",
            f"The model at `{port}` was written by MLflow, which this node's environment does not hold. Pick one that does.",
        ) from None
    try:
        flavors = mlflow.models.Model.load(str(folder)).flavors
        if "sklearn" in flavors:
            return mlflow.sklearn.load_model(str(folder))
        return mlflow.pyfunc.load_model(str(folder))
    except Exception as error:
        raise Mistake("bad_input", f"The model at `{port}` cannot be loaded: {type(error).__name__}: {error}") from None


def save(
    value: Any,
    folder: pathlib.Path,
    port: str,
    own_module: str,
    own_code: str,
    known_columns: Mapping[str, str],
) -> Dict[str, Any]:
    """Writes the folder; answers the model's facts. `known_columns` are the columns of the node's inputs with their types."""
    wrapped = value if isinstance(value, Model) else None
    estimator = wrapped.estimator if wrapped else value
    folder.mkdir(parents=True)
    buffer = io.BytesIO()
    try:
        pickle.dump(estimator, buffer, protocol=5)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise Mistake(
            "bad_output",
            f"The model `{port}` cannot be kept: {error}. Functions and classes that it uses must stand at the top level of "
            "the code, and it must not hold open files, connections or lambdas.",
        ) from None
    data = buffer.getvalue()
    with open(folder / _file, "wb") as file:
        file.write(data)
    modules = _modules_in(data, estimator)
    brings_code = own_module.encode() in data
    if brings_code:
        (folder / "code").mkdir()
        (folder / "code" / f"{own_module}.py").write_text(own_code, encoding="utf-8")
    is_sklearn = any(kind.__module__.split(".")[0] == "sklearn" for kind in type(estimator).__mro__)
    if not is_sklearn:
        (folder / "code").mkdir(exist_ok=True)
        (folder / "code" / "drawloom_loader.py").write_text(_loader, encoding="utf-8")
    requirements = _requirements(modules | ({"sklearn"} if is_sklearn else set()), own_module)
    (folder / "requirements.txt").write_text("".join(f"{line}\n" for line in requirements), encoding="utf-8")
    (folder / "python_env.yaml").write_text(
        f"python: {platform.python_version()}\ndependencies:\n- -r requirements.txt\n", encoding="utf-8"
    )
    features = _features(estimator, wrapped, known_columns)
    flavors = _flavors(is_sklearn, brings_code or not is_sklearn)
    has_example = wrapped is not None and _write_example(folder, wrapped.example)
    _write_mlmodel(folder, flavors, _signature(features, estimator), len(data), has_example)
    return _facts(estimator, wrapped, features, len(data), requirements)


_loader = '''"""Loads the pickled object beside this folder, for whoever opens the model as a plain Python function."""
import pickle


def _load_pyfunc(path):
    with open(path, "rb") as file:
        return pickle.load(file)
'''


def _modules_in(data: bytes, estimator: Any) -> set:
    """The modules a pickle names, so that what it needs can be told without loading it."""
    found = {kind.__module__ for kind in type(estimator).__mro__}
    if len(data) > _largest_scanned:
        return {name.split(".")[0] for name in found}
    recent: List[str] = []
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name in ("SHORT_BINUNICODE", "BINUNICODE", "UNICODE", "BINUNICODE8"):
            recent = [*recent[-1:], argument]
        elif opcode.name == "GLOBAL":
            found.add(argument.split(" ")[0])
        elif opcode.name == "STACK_GLOBAL" and len(recent) == 2:
            found.add(recent[0])
    return {name.split(".")[0] for name in found}


_distribution = {"sklearn": "scikit-learn", "PIL": "pillow", "cv2": "opencv-python", "yaml": "pyyaml"}


def _requirements(modules: Iterable[str], own_module: str) -> List[str]:
    found = []
    for name in sorted(set(modules) - {"builtins", own_module}):
        try:
            distribution = _distribution.get(name, name)
            found.append(f"{distribution}=={importlib.metadata.version(distribution)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _flavors(is_sklearn: bool, brings_code: bool) -> Dict[str, Any]:
    code = "code" if brings_code else None
    function: Dict[str, Any] = {
        "env": {"virtualenv": "python_env.yaml"},
        "loader_module": "mlflow.sklearn" if is_sklearn else "drawloom_loader",
        "model_path" if is_sklearn else "data": _file,
        "python_version": platform.python_version(),
    }
    if code:
        function["code"] = code
    if not is_sklearn:
        return {"python_function": function}
    function["predict_fn"] = "predict"
    sklearn = {
        "code": code,
        "pickled_model": _file,
        "serialization_format": "pickle",
        "sklearn_version": importlib.metadata.version("scikit-learn"),
    }
    return {"python_function": function, "sklearn": sklearn}


_example_file = "input_example.json"
_example_rows = 5


def _write_example(folder: pathlib.Path, example: Any) -> bool:
    """Rows that the model takes, for whoever tries it; only where JSON says exactly what they hold."""
    if not hasattr(example, "columns"):
        return False
    from ._tables import arrow_of

    rows = arrow_of(example).slice(0, _example_rows).to_pylist()
    plain = (bool, int, float, str, type(None))
    if not rows or any(not isinstance(value, plain) for row in rows for value in row.values()):
        return False
    values = [[None if value != value or value in (math.inf, -math.inf) else value for value in row.values()] for row in rows]
    with open(folder / _example_file, "w", encoding="utf-8") as file:
        json.dump({"columns": list(rows[0]), "data": values}, file)
    return True


def _write_mlmodel(
    folder: pathlib.Path, flavors: Dict[str, Any], signature: Optional[Dict[str, Any]], size: int, has_example: bool
) -> None:
    """Written as JSON values under YAML keys, which every YAML reader takes."""
    lines = ["flavors:"]
    for name, flavor in flavors.items():
        lines.append(f"  {name}:")
        lines += [f"    {key}: {json.dumps(value)}" for key, value in sorted(flavor.items())]
    # Named by its content and without a time of day: equal training gives equal bytes, hence one artifact.
    named = uuid.uuid5(uuid.NAMESPACE_URL, f"{sorted(flavors)}{size}{signature}").hex
    lines += [f"model_size_bytes: {size}", f"model_uuid: {named}"]
    if has_example:
        lines.append("saved_input_example_info:")
        lines += [f'  artifact_path: "{_example_file}"', '  pandas_orient: "split"', '  type: "dataframe"']
    if signature:
        lines.append("signature:")
        lines += [f"  {key}: {json.dumps(value)}" for key, value in signature.items()]
    (folder / "MLmodel").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _features(estimator: Any, wrapped: Optional[Model], known: Mapping[str, str]) -> List[Dict[str, Optional[str]]]:
    if wrapped is not None and wrapped.example is not None and hasattr(wrapped.example, "columns"):
        from ._tables import arrow_of, sql_type

        table = arrow_of(wrapped.example)
        return [{"name": field.name, "type": sql_type(field.type)} for field in table.schema]
    names = wrapped.features if wrapped is not None and wrapped.features else _feature_names(estimator)
    return [{"name": str(name), "type": known.get(str(name))} for name in names]


def _feature_names(estimator: Any) -> List[str]:
    for holder in (estimator, *(step for _, step in getattr(estimator, "steps", None) or [])):
        try:
            names = getattr(holder, "feature_names_in_", None)
        except Exception:
            continue
        if names is not None:
            return [str(name) for name in names]
    return []


_mlflow_types = {
    "BOOLEAN": "boolean",
    "TINYINT": "integer",
    "SMALLINT": "integer",
    "INTEGER": "integer",
    "UTINYINT": "integer",
    "USMALLINT": "integer",
    "UINTEGER": "long",
    "BIGINT": "long",
    "FLOAT": "float",
    "DOUBLE": "double",
    "VARCHAR": "string",
    "BLOB": "binary",
    "DATE": "datetime",
    "TIMESTAMP": "datetime",
    "TIMESTAMP_NS": "datetime",
}


def _signature(features: List[Dict[str, Optional[str]]], estimator: Any) -> Optional[Dict[str, Any]]:
    """In MLflow's words; only when the type of every column is known, since half a signature would refuse good data."""
    types = [_mlflow_types.get(feature["type"] or "") for feature in features]
    if not features or None in types:
        return None
    inputs = [{"type": kind, "name": feature["name"], "required": True} for feature, kind in zip(features, types)]
    outputs = None
    classes = getattr(estimator, "classes_", None)
    if classes is not None and len(getattr(classes, "shape", ())) == 1:
        kind = {"i": "long", "u": "long", "f": "double", "b": "boolean", "U": "string", "O": "string"}.get(classes.dtype.kind)
        dtype = {"long": "int64", "double": "float64", "boolean": "bool", "string": "str"}.get(kind or "")
        outputs = [_tensor(dtype)] if dtype else None
    elif _is_regressor(estimator):
        outputs = [_tensor("float64")]
    return {
        "inputs": json.dumps(inputs),
        "outputs": json.dumps(outputs) if outputs else None,
        "params": None,
    }


def _tensor(dtype: str) -> Dict[str, Any]:
    return {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": [-1]}}


def _is_regressor(estimator: Any) -> bool:
    """Of one number for each row; of several, the shape is not known here."""
    try:
        from sklearn.base import is_regressor

        return bool(is_regressor(estimator)) and getattr(estimator, "n_outputs_", 1) == 1
    except Exception:
        return False


def _facts(
    estimator: Any,
    wrapped: Optional[Model],
    features: List[Dict[str, Optional[str]]],
    size: int,
    requirements: List[str],
) -> Dict[str, Any]:
    kind = type(estimator)
    facts: Dict[str, Any] = {
        "class": kind.__qualname__,
        "module": kind.__module__,
        "parameters": _parameters(estimator),
        "features": features[:2000],
        "featureCount": len(features) or _plain(getattr(estimator, "n_features_in_", None)),
        "sizeBytes": size,
        "requirements": requirements,
        "python": platform.python_version(),
    }
    steps = getattr(estimator, "steps", None)
    if isinstance(steps, list):
        facts["steps"] = [{"name": str(name), "class": type(step).__qualname__} for name, step in steps]
    classes = getattr(estimator, "classes_", None)
    if classes is not None and len(getattr(classes, "shape", ())) == 1:
        facts["classes"] = [_plain(each) for each in classes[:100].tolist()]
    if wrapped is not None:
        facts.update({str(key): _plain(value) for key, value in wrapped.facts.items()})
    return {key: value for key, value in facts.items() if value is not None}


def _parameters(estimator: Any) -> Dict[str, Any]:
    try:
        found = estimator.get_params(deep=False)
    except Exception:
        return {}
    return {str(key): _plain(value) for key, value in list(found.items())[:500]}


def _plain(value: Any) -> Any:
    """JSON for what is plain, a short text for all else."""
    if value is None or isinstance(value, (bool, int, str)):
        return value if not isinstance(value, str) or len(value) <= 1000 else f"{value[:1000]}…"
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, (list, tuple)) and len(value) <= 100:
        return [_plain(each) for each in value]
    if isinstance(value, dict) and len(value) <= 100:
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return _plain(value.item())
    text = " ".join(repr(value).split())
    return text if len(text) <= 300 else f"{text[:299]}…"
