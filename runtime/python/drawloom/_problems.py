"""Decides how a mistake in node code is told: what kind it is, in which line, and with only the user's own frames."""

from __future__ import annotations

import errno
import linecache
import traceback
from types import TracebackType
from typing import Any, Dict, List, Optional

_longest_message = 10_000
_longest_traceback = 40_000


class Mistake(Exception):
    """Something the user can set right. `reason` is what the attempt ends with."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def remember_source(name: str, code: str) -> None:
    """Lets tracebacks and warnings quote the node's code, which lies in no file."""
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)


def failure_of(error: BaseException, name: str) -> Dict[str, Any]:
    """The message that ends a failed attempt."""
    if isinstance(error, Mistake):
        return _failed(error.reason, type(error).__name__, str(error), "", _line_of(error, name))
    if isinstance(error, SystemExit) and error.code == 143:  # how the worker asks an attempt to end
        return _failed("user_error", "SystemExit", "The attempt was asked to end.", "", None)
    if isinstance(error, SystemExit):
        told = "" if error.code is None else repr(error.code)
        text = f"The code called exit({told}) instead of returning. Return the result, or raise an error to fail."
        return _failed("user_error", "SystemExit", text, _traceback(error, name), _line_of(error, name))
    if isinstance(error, MemoryError):
        text = f"The node ran out of memory{f': {error}' if str(error) else ''}. Give it more, or work on less at once."
        return _failed("oom", "MemoryError", text, _traceback(error, name), _line_of(error, name))
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        text = f"There is no room left on the disk ({error}). Write less, or raise the node's disk limit."
        return _failed("disk_full", type(error).__name__, text, _traceback(error, name), _line_of(error, name))
    message = str(error)
    if isinstance(error, SyntaxError):
        message = f"{error.msg} ({error.filename}, line {error.lineno})"
    elif isinstance(error, KeyError) and message:
        message = f"{message} is not there"
    elif isinstance(error, KeyboardInterrupt):
        message = message or "The code was interrupted."
    return _failed("user_error", type(error).__qualname__, message, _traceback(error, name), _line_of(error, name))


def _failed(reason: str, kind: str, message: str, trace: str, line: Optional[int]) -> Dict[str, Any]:
    error = {
        "type": kind,
        "message": _clip(message, _longest_message),
        "traceback": _clip(trace, _longest_traceback),
        "line": line,
    }
    return {"type": "failed", "reason": reason, "error": error}


def _clip(text: str, longest: int) -> str:
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text) - longest} characters more)"


def _frames(trace: Optional[TracebackType], name: str) -> List[int]:
    return [line for frame, line in traceback.walk_tb(trace) if frame.f_code.co_filename == name]


def _line_of(error: BaseException, name: str) -> Optional[int]:
    if isinstance(error, SyntaxError) and error.filename == name:
        return error.lineno
    lines = _frames(error.__traceback__, name)
    if lines:
        return lines[-1]
    inner = error.__cause__ or error.__context__
    return _line_of(inner, name) if inner is not None and inner is not error else None


def _traceback(error: BaseException, name: str) -> str:
    """As Python prints it, without the frames of libraries and of this host."""
    try:
        told = traceback.TracebackException(type(error), error, error.__traceback__, capture_locals=False)
        _keep_own(told, name, set())
        return "".join(told.format(chain=True))
    except Exception:  # an error whose __str__ fails must not hide where it came from
        return f"{type(error).__name__} in {name}, line {_line_of(error, name)}\n"


def _keep_own(told: Any, name: str, seen: set) -> None:
    if told is None or id(told) in seen:
        return
    seen.add(id(told))
    told.stack = traceback.StackSummary.from_list([frame for frame in told.stack if frame.filename == name])
    _keep_own(told.__cause__, name, seen)
    _keep_own(told.__context__, name, seen)
    for inner in getattr(told, "exceptions", None) or []:
        _keep_own(inner, name, seen)
