"""Decides what a node's function declares, from the function itself. `shared/src/signature/python.ts` says the same about
its text, for the editor; a golden test holds the two together."""

from __future__ import annotations

import ast
import collections.abc
import dataclasses
import datetime
import enum
import inspect
import math
import re
import sys
import types
import typing
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ._types import Secret

if sys.version_info >= (3, 14):
    import annotationlib

_port_name = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}\Z")
_missing = inspect.Parameter.empty
_unknown = object()

_lists = {"list", "List", "Sequence", "Iterable", "Collection", "MutableSequence"}
_sets = {"set", "frozenset", "Set", "FrozenSet", "AbstractSet", "MutableSet"}
_tuples = {"tuple", "Tuple"}
_mappings = {"dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict"}
_kind_of_name = {
    "DataFrame": "table",
    "LazyFrame": "table",
    "GeoDataFrame": "table",
    "Table": "table",
    "Model": "model",
    "Metrics": "metrics",
    "Figure": "figure",
    "Image": "figure",
    "Document": "document",
    "Markdown": "document",
    "Html": "document",
    "File": "file",
    "Path": "file",
    "PurePath": "file",
    "PosixPath": "file",
    "PathLike": "file",
    "Folder": "folder",
    "Any": "any",
    "object": "any",
}
_values = ["int", "float", "str", "bool", "date", "datetime", "time", "timedelta", "Timestamp", "Decimal", "Literal"]
_kind_of_name.update(dict.fromkeys(_values, "value"))
_kind_of_name.update(dict.fromkeys(_lists | _sets | _tuples | _mappings, "value"))
_model_name = re.compile(r"(Estimator|Classifier|Regressor|Mixin|Pipeline|Booster|Ranker|Transformer)$")


# What a dict beside an annotation may say of a form field; the editor's `hints.ts` says why no more than that.
_texts = {"title", "description", "widget", "of", "language", "group"}
_bounds = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
_counts = {"minLength", "maxLength", "minItems", "maxItems"}
_formats = {"date", "date-time", "time", "duration", "email", "uri", "uuid"}


def _is_hint(word: Any, value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if word in _texts:
        return isinstance(value, str) and len(value) <= 2000
    if word in _bounds:
        return is_number
    if word == "multipleOf":
        return is_number and 1e-9 <= value <= 1e15
    if word in _counts:
        return is_number and (isinstance(value, int) or value.is_integer()) and 0 <= value < 2**53
    if word in ("advanced", "uniqueItems"):
        return isinstance(value, bool)
    if word in ("enum", "examples"):
        plain = (str, int, float, type(None))
        return isinstance(value, (list, tuple)) and 0 < len(value) <= 1000 and all(isinstance(one, plain) for one in value)
    return word == "format" and value in _formats


class Unwrapped(NamedTuple):
    """An annotation without what wraps it."""

    type: Any
    optional: bool
    notes: Tuple[Any, ...]


class Input(NamedTuple):
    name: str
    unwrapped: Unwrapped
    kind: str
    many: bool
    optional: bool
    has_default: bool
    annotation: Any


class Parameter(NamedTuple):
    name: str
    annotation: Any
    default: Any
    schema: Dict[str, Any]


class Output(NamedTuple):
    name: str
    unwrapped: Unwrapped
    kind: str
    optional: bool
    description: Optional[str]


class Signature(NamedTuple):
    name: str
    inputs: List[Input]
    parameters: List[Parameter]
    outputs: List[Output]
    #: 'one', 'tuple' or 'fields': how the returned value holds the outputs.
    returns: str
    takes_any_keyword: bool


def function_name(code: str) -> Optional[str]:
    """The last public function at the margin; helpers come before it."""
    for statement in reversed(ast.parse(code).body):
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and not statement.name.startswith("_"):
            return statement.name
    return None


def read(function: Any, own_module: str, code: str) -> Signature:
    """What `function` declares. `own_module` is where the node's own classes live."""
    return _Reader(function, own_module).read(code)


class _Reader:
    def __init__(self, function: Any, own_module: str) -> None:
        self.function = function
        self.own_module = own_module
        self.globals = getattr(inspect.unwrap(function), "__globals__", {})

    def read(self, code: str) -> Signature:
        signature = _signature_of(self.function)
        inputs: List[Input] = []
        parameters: List[Parameter] = []
        takes_any_keyword = False
        for parameter in signature.parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                takes_any_keyword = True
            elif parameter.kind is parameter.KEYWORD_ONLY:
                if _port_name.match(parameter.name):
                    parameters.append(self._parameter(parameter))
            elif parameter.kind is not parameter.VAR_POSITIONAL and _port_name.match(parameter.name):
                inputs.append(self._input(parameter))
        outputs, returns = self._outputs(signature.return_annotation, code)
        return Signature(self.function.__name__, inputs, parameters, outputs, returns, takes_any_keyword)

    def _input(self, parameter: inspect.Parameter) -> Input:
        has_default = parameter.default is not _missing
        if parameter.annotation is _missing:
            unwrapped = Unwrapped(_missing, False, ())
            return Input(parameter.name, unwrapped, "any", False, has_default, has_default, _missing)
        unwrapped = self.unwrap(parameter.annotation)
        kind, many = self.kind(unwrapped.type)
        optional = has_default or unwrapped.optional
        return Input(parameter.name, unwrapped, kind, many, optional, has_default, parameter.annotation)

    def _parameter(self, parameter: inspect.Parameter) -> Parameter:
        has_default = parameter.default is not _missing
        schema: Optional[Dict[str, Any]] = None
        if parameter.annotation is not _missing:
            schema = self.schema(parameter.annotation) or {}
        elif has_default:
            schema = self._schema_of_default(parameter.default)
        schema = schema or {}
        if has_default:
            value = json_of(parameter.default)
            if value is None and "null" not in (schema.get("type") or []):
                schema = _or_null(schema)
            if value is not _unknown:
                schema["default"] = value
        title = parameter.name.replace("_", " ").strip()
        schema = {"title": title[:1].upper() + title[1:], **schema}
        return Parameter(parameter.name, parameter.annotation, parameter.default, schema)

    def _outputs(self, annotation: Any, code: str) -> Tuple[List[Output], str]:
        if annotation is _missing:
            any_type = Unwrapped(Any, False, ())
            return ([Output("any", any_type, "any", False, None)] if _returns_something(self.function, code) else []), "one"
        whole = self.unwrap(annotation)
        if whole.type is None or whole.type is type(None):
            return [], "one"
        if self._is_record(whole.type):
            return self._fields(whole.type), "fields"
        parts = typing.get_args(whole.type) if _name_of(whole.type) in _tuples else ()
        if Ellipsis in parts:
            return [], "tuple"
        found: List[Tuple[Optional[str], Output]] = []
        for part in parts or (annotation,):
            inner = self.unwrap(part)
            kind, _ = self.kind(inner.type)
            texts = [note for note in inner.notes if isinstance(note, str)]
            named = next((text for text in texts if _port_name.match(text)), None)
            description = next((text for text in texts if text != named), None)
            found.append((named, Output(named or "", inner, kind, inner.optional, description)))
        counts: Dict[str, int] = {}
        outputs: List[Output] = []
        for named, output in found:
            if named is None:
                counts[output.kind] = counts.get(output.kind, 0) + 1
                alone = sum(other is None and each.kind == output.kind for other, each in found) == 1
                output = output._replace(name=output.kind if alone else f"{output.kind}_{counts[output.kind]}")
            if all(output.name != other.name for other in outputs):
                outputs.append(output)
        return outputs, ("tuple" if parts else "one")

    def _is_record(self, kind: Any) -> bool:
        if not isinstance(kind, type) or kind.__module__ != self.own_module:
            return False
        is_named_tuple = issubclass(kind, tuple) and hasattr(kind, "_fields")
        return is_named_tuple or typing.is_typeddict(kind) or dataclasses.is_dataclass(kind)

    def _fields(self, record: Any) -> List[Output]:
        outputs = []
        partial = typing.is_typeddict(record) and not record.__total__
        for name, annotation in _annotations_of(record).items():
            inner = self.unwrap(annotation)
            kind, _ = self.kind(inner.type)
            description = next((note for note in inner.notes if isinstance(note, str)), None)
            if _port_name.match(name):
                outputs.append(Output(name, inner, kind, inner.optional or partial, description))
        return outputs

    def unwrap(self, annotation: Any, depth: int = 0) -> Unwrapped:
        """Takes off quotes, `Annotated`, `Optional`, `| None` and aliases."""
        if depth > 20:
            return Unwrapped(annotation, False, ())
        if isinstance(annotation, typing.ForwardRef):
            annotation = annotation.__forward_arg__
        if isinstance(annotation, str):
            return self.unwrap(self._evaluate(annotation), depth + 1)
        if hasattr(annotation, "__supertype__"):
            return self.unwrap(annotation.__supertype__, depth + 1)
        if type(annotation).__name__ == "TypeAliasType":
            return self.unwrap(annotation.__value__, depth + 1)
        origin, of = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is typing.Union or origin is getattr(types, "UnionType", None):
            rest = [each for each in of if each is not type(None)]
            optional = len(rest) < len(of)
            if len(rest) == 1:
                inner = self.unwrap(rest[0], depth + 1)
                return inner._replace(optional=optional or inner.optional)
            return Unwrapped(typing.Union[tuple(rest)], optional, ())
        if hasattr(annotation, "__metadata__"):
            inner = self.unwrap(annotation.__origin__, depth + 1)
            return inner._replace(notes=inner.notes + tuple(annotation.__metadata__))
        if getattr(origin, "_name", None) in ("NotRequired", "Required", "Final", "ReadOnly", "ClassVar"):
            inner = self.unwrap(of[0], depth + 1)
            return inner._replace(optional=True) if origin._name == "NotRequired" else inner
        return Unwrapped(annotation, False, ())

    def _evaluate(self, text: str) -> Any:
        try:
            return eval(text, self.globals)  # the node's own annotation, in the node's own process
        except Exception:
            return _unknown

    def kind(self, kind: Any) -> Tuple[str, bool]:
        """The port kind, and whether it is a list of them. What does not travel between nodes is 'any'."""
        origin, of = typing.get_origin(kind), typing.get_args(kind)
        if origin is typing.Union:
            kinds = {self.kind(self.unwrap(each).type)[0] for each in of}
            return (kinds.pop() if len(kinds) == 1 else "any"), False
        name = _name_of(kind)
        if name in _lists and of:
            inner = self.kind(self.unwrap(of[0]).type)[0]
            return ("value", False) if inner in ("value", "any", "metrics") else (inner, True)
        if name in _mappings and len(of) == 2:
            if self.unwrap(of[0]).type is str and self.unwrap(of[1]).type is float:
                return "metrics", False
        if name in _kind_of_name:
            return _kind_of_name[name], False
        if not isinstance(kind, type) or issubclass(kind, Secret):
            return "any", False
        if issubclass(kind, enum.Enum):
            return "value", False
        for base in kind.__mro__:
            if base in (object, tuple, dict):
                continue
            if base.__module__.split(".")[0] == "sklearn" or _model_name.search(base.__name__):
                return "model", False
            if base.__name__ in _kind_of_name:
                return _kind_of_name[base.__name__], False
        if kind.__module__ == self.own_module and hasattr(kind, "predict"):
            return "model", False
        return "any", False

    def schema(self, annotation: Any, depth: int = 0) -> Optional[Dict[str, Any]]:
        """The JSON Schema of a parameter; None for a type that no form can ask for."""
        unwrapped = self.unwrap(annotation)
        found = None if depth > 20 else self._plain_schema(unwrapped.type, depth)
        if found is None:
            return None
        schema = _or_null(found) if unwrapped.optional else found
        for note in unwrapped.notes:
            if isinstance(note, str):
                schema["description"] = note
            elif isinstance(note, dict):
                schema.update((word, value) for word, value in note.items() if _is_hint(word, value))
        return schema

    def _plain_schema(self, kind: Any, depth: int) -> Optional[Dict[str, Any]]:
        if kind is None or kind is type(None):
            return {"type": "null"}
        origin, of = typing.get_origin(kind), typing.get_args(kind)
        if origin is typing.Union:
            return self._union_schema(of, depth)
        name = _name_of(kind)

        def inner(each: Any) -> Dict[str, Any]:
            return self.schema(each, depth + 1) or {}

        if name == "Literal":
            return _enum_of(list(of))
        if name in _lists or name in _sets:
            schema: Dict[str, Any] = {"type": "array"}
            if of and not isinstance(of[0], typing.TypeVar):
                schema["items"] = inner(of[0])
            return {**schema, "uniqueItems": True} if name in _sets else schema
        if name in _tuples:
            if not of:
                return {"type": "array"}
            if len(of) == 2 and of[1] is Ellipsis:
                return {"type": "array", "items": inner(of[0])}
            return {"type": "array", "prefixItems": [inner(each) for each in of], "minItems": len(of), "maxItems": len(of)}
        if name in _mappings:
            values = inner(of[1]) if len(of) == 2 and not isinstance(of[1], typing.TypeVar) else {}
            return {"type": "object", "additionalProperties": values} if values else {"type": "object"}
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return _enum_of([member.value for member in kind])
        if isinstance(kind, type) and issubclass(kind, Secret):
            return _secret_schema()
        return dict(_schema_of_name[name]) if name in _schema_of_name else None

    def _union_schema(self, of: Tuple[Any, ...], depth: int) -> Optional[Dict[str, Any]]:
        schemas = [self.schema(each, depth + 1) for each in of]
        if any(schema is None for schema in schemas):
            return None
        if all(list(schema) == ["type"] and isinstance(schema["type"], str) for schema in schemas):  # type: ignore
            kinds = list(dict.fromkeys(schema["type"] for schema in schemas))  # type: ignore
            if "number" in kinds and "integer" in kinds:
                kinds.remove("integer")
            return {"type": kinds[0] if len(kinds) == 1 else kinds}
        return {"anyOf": schemas}

    def _schema_of_default(self, value: Any) -> Dict[str, Any]:
        if isinstance(value, enum.Enum):
            return _enum_of([member.value for member in type(value)])
        if isinstance(value, (set, frozenset)):
            return {"type": "array", "uniqueItems": True}
        if isinstance(value, (list, tuple)):
            return {"type": "array"}
        if isinstance(value, dict):
            return {"type": "object"}
        return dict(_schema_of_name.get(type(value).__name__, {}))


def _secret_schema() -> Dict[str, Any]:
    return {
        "type": "object",
        "widget": "secret",
        "properties": {"$secret": {"type": "string", "pattern": "^[A-Z][A-Z0-9_]{0,62}$"}},
        "required": ["$secret"],
        "additionalProperties": False,
    }


_schema_of_name: Dict[str, Dict[str, Any]] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "Decimal": {"type": "number"},
    "str": {"type": "string"},
    "bool": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "Timestamp": {"type": "string", "format": "date-time"},
    "time": {"type": "string", "format": "time"},
    "Path": {"type": "string"},
    "Any": {},
    "object": {},
}


def _signature_of(function: Any) -> inspect.Signature:
    if sys.version_info >= (3, 14):
        return inspect.signature(function, annotation_format=annotationlib.Format.FORWARDREF)
    return inspect.signature(function)


def _annotations_of(record: Any) -> Dict[str, Any]:
    if sys.version_info >= (3, 14):
        return annotationlib.get_annotations(record, format=annotationlib.Format.FORWARDREF)
    return dict(record.__annotations__)


def _name_of(kind: Any) -> str:
    if kind is Any:
        return "Any"
    origin = typing.get_origin(kind) or kind
    if origin is typing.Literal:
        return "Literal"
    if isinstance(origin, type):
        return origin.__name__
    return getattr(origin, "_name", None) or getattr(origin, "__name__", None) or ""


def _or_null(schema: Dict[str, Any]) -> Dict[str, Any]:
    if "enum" in schema:
        values = schema["enum"]
        schema = {**schema, "enum": values if None in values else [*values, None]}
        return {**schema, "type": [schema["type"], "null"]} if isinstance(schema.get("type"), str) else schema
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    if isinstance(schema.get("type"), list):
        return {**schema, "type": [*schema["type"], "null"]}
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    return schema


def _enum_of(values: List[Any]) -> Dict[str, Any]:
    def name(value: Any) -> str:
        if isinstance(value, float):
            return "integer" if value.is_integer() else "number"
        return {bool: "boolean", int: "integer", str: "string", type(None): "null"}.get(type(value), "object")

    kinds = {name(value) for value in values}
    return {**({"type": kinds.pop()} if len(kinds) == 1 else {}), "enum": values}


def json_of(value: Any) -> Any:
    """A default as JSON; `_unknown` for what JSON has no word for."""
    if isinstance(value, enum.Enum):
        return json_of(value.value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _unknown
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        parts = [json_of(each) for each in value]
        return _unknown if any(part is _unknown for part in parts) else parts
    if isinstance(value, dict):
        pairs = {key: json_of(each) for key, each in value.items()}
        bad = any(not isinstance(key, str) or each is _unknown for key, each in pairs.items())
        return _unknown if bad else pairs
    return _unknown


def _returns_something(function: Any, code: str) -> bool:
    name = function.__name__
    for statement in reversed(ast.parse(code).body):
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and statement.name == name:
            returns = (node for node in ast.walk(statement) if isinstance(node, ast.Return))
            return any(node.value is not None for node in returns)
    return False


_ = collections.abc  # annotations such as collections.abc.Sequence are looked up by name


def as_json(signature: Signature) -> Dict[str, Any]:
    """The signature in the editor's words, for the golden test."""

    def port(name: str, kind: str, optional: bool, many: bool, description: Optional[str]) -> Dict[str, Any]:
        found: Dict[str, Any] = {"name": name, "kind": kind}
        if optional:
            found["optional"] = True
        if many:
            found["many"] = True
        if description:
            found["description"] = description
        return found

    def told(unwrapped: Unwrapped) -> Optional[str]:
        return next((note for note in unwrapped.notes if isinstance(note, str)), None)

    return {
        "name": signature.name,
        "inputs": [port(i.name, i.kind, i.optional, i.many, told(i.unwrapped)) for i in signature.inputs],
        "outputs": [port(o.name, o.kind, o.optional, False, o.description) for o in signature.outputs],
        "parameters": {
            "type": "object",
            "properties": {p.name: p.schema for p in signature.parameters},
            "required": [p.name for p in signature.parameters if p.default is _missing],
            "additionalProperties": False,
        },
    }
