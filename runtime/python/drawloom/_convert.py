"""Decides what a parameter's JSON value becomes before the function is called: what its annotation asks for, or a sentence on why not."""

from __future__ import annotations

import datetime
import decimal
import enum
import pathlib
import typing
from typing import Any, Dict, Tuple

from ._signature import _lists, _mappings, _missing, _name_of, _Reader, _sets, _tuples, _unknown
from ._types import Secret


class WrongValue(Exception):
    """A parameter's value does not fit its annotation; the text says what it takes."""


def convert(reader_globals: Dict[str, Any], annotation: Any, value: Any) -> Any:
    """A JSON value as the annotation wants it: a date from its text, a tuple from a list, 1 as 1.0."""
    if annotation is _missing:
        return value
    reader = _Reader(_nothing, "")
    reader.globals = reader_globals
    return _convert(reader, annotation, value)


def _nothing() -> None:
    pass


def _convert(reader: _Reader, annotation: Any, value: Any) -> Any:
    unwrapped = reader.unwrap(annotation)
    kind, of = unwrapped.type, typing.get_args(unwrapped.type)
    if value is None:
        if unwrapped.optional or kind in (None, type(None), Any, object, _unknown):
            return None
        raise WrongValue("a value, and it is empty")
    if typing.get_origin(kind) is typing.Union:
        return _convert_union(reader, of, value)
    if isinstance(value, Secret) or kind is Secret:
        if isinstance(value, Secret) and kind in (Secret, str, Any, object):
            return value
        raise WrongValue("a secret, chosen by its name" if kind is Secret else "no secret")
    name = _name_of(kind)
    if name == "Literal":
        if any(value == each and type(value) is type(each) for each in of):
            return value
        raise WrongValue(f"one of {', '.join(repr(each) for each in of)}")
    if name in ("int", "float", "str", "bool", "Decimal"):
        return _convert_plain(name, value)
    if name in ("date", "datetime", "time", "Timestamp"):
        return _convert_moment(name, kind, value)
    if name in _lists or name in _sets or name in _tuples:
        if not isinstance(value, (list, tuple)):
            raise WrongValue("a list")
        if name in _tuples and of and Ellipsis not in of:
            if len(of) != len(value):
                raise WrongValue(f"a list of {len(of)}")
            return tuple(_convert(reader, each, part) for each, part in zip(of, value))
        parts = [_convert(reader, of[0], part) for part in value] if of else list(value)
        if name in _tuples:
            return tuple(parts)
        return (frozenset(parts) if name in ("frozenset", "FrozenSet") else set(parts)) if name in _sets else parts
    if name in _mappings:
        if not isinstance(value, dict):
            raise WrongValue("an object")
        return {key: _convert(reader, of[1], part) for key, part in value.items()} if len(of) == 2 else value
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        try:
            return kind(value)
        except ValueError:
            raise WrongValue(f"one of {', '.join(repr(member.value) for member in kind)}") from None
    if name in ("Path", "PurePath", "PosixPath"):
        return pathlib.Path(value)
    return value


def _convert_union(reader: _Reader, of: Tuple[Any, ...], value: Any) -> Any:
    wanted = []
    for each in of:
        if isinstance(each, type) and type(value) is each:
            return value
    for each in of:
        try:
            return _convert(reader, each, value)
        except WrongValue as wrong:
            wanted.append(str(wrong))
    raise WrongValue(" or ".join(wanted))


def _convert_plain(name: str, value: Any) -> Any:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if name == "int" and is_number and float(value).is_integer():
        return int(value)
    if name == "float" and is_number:
        return float(value)
    if name == "Decimal" and (is_number or isinstance(value, str)):
        try:
            return decimal.Decimal(str(value))
        except decimal.InvalidOperation:
            pass
    if name == "str" and isinstance(value, str):
        return value
    if name == "bool" and isinstance(value, bool):
        return value
    names = {"int": "a whole number", "float": "a number", "Decimal": "a number", "str": "a text", "bool": "true or false"}
    raise WrongValue(names[name])


def _convert_moment(name: str, kind: Any, value: Any) -> Any:
    if isinstance(value, str):
        # Python below 3.11 reads no "Z" and no fractions of other than three or six digits.
        text = value[:-1] + "+00:00" if value.endswith("Z") else value
        try:
            if name == "date":
                return datetime.date.fromisoformat(text[:10])
            if name == "time":
                return datetime.time.fromisoformat(text)
            return kind(text) if name == "Timestamp" else datetime.datetime.fromisoformat(text)
        except ValueError:
            pass
    raise WrongValue(
        {"date": "a date such as 2013-06-30", "time": "a time such as 12:30"}.get(
            name, "a date and time such as 2013-06-30T12:30:00"
        )
    )


def with_secrets(value: Any, secrets: Dict[str, str]) -> Any:
    """The parameters with each `{"$secret": name}` replaced by what the worker sent along for this attempt alone."""
    if isinstance(value, dict):
        if set(value) == {"$secret"} and value["$secret"] in secrets:
            return Secret(secrets[value["$secret"]])
        return {key: with_secrets(each, secrets) for key, each in value.items()}
    if isinstance(value, list):
        return [with_secrets(each, secrets) for each in value]
    return value
