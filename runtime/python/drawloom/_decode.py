"""Decides what an input arrives as: by the annotation of the parameter that takes it, else by what is kept there."""

from __future__ import annotations

import json
import pathlib
from typing import Any, Dict, List

from . import _models, _tables
from ._problems import Mistake
from ._convert import WrongValue, convert
from ._signature import Input
from ._types import Document, File, Folder, Html, Markdown, Metrics


def arguments(inputs: List[Input], given: List[Dict[str, Any]], name: str, names: Dict[str, Any]) -> Dict[str, Any]:
    """The inputs of the call, by parameter. What is not connected and has a default is left to Python."""
    found: Dict[str, Any] = {}
    for wanted in inputs:
        here = sorted((each for each in given if each["port"] == wanted.name), key=lambda each: each.get("position") or 0)
        if not here:
            if wanted.has_default:
                continue
            if wanted.many:
                found[wanted.name] = []
            elif wanted.optional:
                found[wanted.name] = None
            else:
                raise Mistake("bad_input", f"`{name}` takes an input at `{wanted.name}`, and nothing arrived there. Connect it.")
            continue
        many = wanted.many or any(each.get("many") for each in here)
        values = [_value(wanted, each, names, in_list=wanted.many) for each in here]
        found[wanted.name] = values if many else values[0]
    return found


def _value(wanted: Input, given: Dict[str, Any], names: Dict[str, Any], in_list: bool) -> Any:
    import typing

    annotation = wanted.unwrapped.type
    if in_list:
        of = typing.get_args(annotation)
        annotation = of[0] if of else annotation
    path = pathlib.Path(given["path"])
    held = given.get("kind") or "any"
    kind = wanted.kind if wanted.kind != "any" else held
    if kind in ("file", "folder"):
        kind_of_path = {"File": File, "Folder": Folder}.get(getattr(annotation, "__name__", ""), pathlib.Path)
        return kind_of_path(path)
    if kind == "table" and held in ("table", "any"):
        return _tables.read(path, _tables.library_for(annotation))
    if kind == "model" and path.is_dir():
        return _models.load(path, wanted.name)
    if kind == "document":
        text = _text(path, wanted.name)
        wrapper = {"Document": Document, "Markdown": Markdown, "Html": Html}.get(getattr(annotation, "__name__", ""))
        return wrapper(text) if wrapper else text
    if kind in ("metrics", "value"):
        value = _json(path, wanted.name)
        if kind == "metrics":
            return Metrics(value) if isinstance(value, dict) else value
        if wanted.kind == "any":
            return value
        try:
            return convert(names, annotation, value)
        except WrongValue as wrong:
            raise Mistake("bad_input", f"`{wanted.name}` takes {wrong}, and {_short(value)} arrived.") from None
    return pathlib.Path(path)


def _text(path: pathlib.Path, port: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Mistake("bad_input", f"The document at `{port}` is not text in UTF-8. Take it as a Path to read its bytes.") from None


def _json(path: pathlib.Path, port: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Mistake("bad_input", f"The value at `{port}` is not JSON: {error}") from None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
