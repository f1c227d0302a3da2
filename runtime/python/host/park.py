"""Waits, locked and warm, for the one message that says what to run; then runs it and leaves."""
import ctypes
import importlib
import os
import resource
import sys
import traceback

from . import escapes
from .control import Control


def wait_for_work(host, folders, environment):
    """Never returns: the process belongs to one attempt."""
    control = Control()
    control.folders = folders
    status = 1
    try:
        sys.stdout.reconfigure(line_buffering=True, encoding="utf-8", errors="backslashreplace")
        sys.stderr.reconfigure(line_buffering=True, encoding="utf-8", errors="backslashreplace")
        _draw_fresh_randomness()
        host.finish_interpreter()
        module, name = host.entry.split(":")
        entry = getattr(importlib.import_module(module), name)
        # What an entry does for the first time touches pages that are shared until then: better now than at dispatch.
        getattr(entry, "warm_up", lambda: None)()
        control.send({"type": "ready"})
        message = control.receive()
        if message is None:
            status = 0
            return
        if "escapes" in message:
            entry = escapes.attempt
        _set_environment(environment, message.get("env"))
        entry(message, control)
        status = 0
    except SystemExit as leaving:
        status = _status_of(leaving)
    except BaseException as error:
        _crash(control, error)
    finally:
        _leave(control, status)


def _set_environment(basis, given):
    os.environ.clear()
    os.environ.update(basis)
    os.environ.update({str(key): str(value) for key, value in (given or {}).items()})


def _draw_fresh_randomness():
    """`random` is seeded anew by the fork itself; numpy's global generator is not, and would repeat in every child."""
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed(int.from_bytes(os.urandom(4), "little"))


def _status_of(leaving):
    if leaving.code is None:
        return 0
    if isinstance(leaving.code, int):
        return leaving.code & 0xFF
    print(leaving.code, file=sys.stderr)
    return 1


def _crash(control, error):
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    try:
        control.send({"type": "crash", "error": f"{type(error).__name__}: {error}"[:2000], "traceback": text[-20000:],
                      "outOfMemory": isinstance(error, MemoryError)})
    except OSError:
        pass


def _tell_what_was_used(control):
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        control.send({"type": "leaving", "peakBytes": max(own.ru_maxrss, children.ru_maxrss) * 1024, "cpuMs": round(
            (own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime) * 1000)})
    except OSError:
        pass  # nobody is there to be told


def _leave(control, status):
    """By `_exit`: exit handlers of libraries that were loaded before the fork are not this process's to run."""
    try:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                pass
        ctypes.CDLL(None).fflush(None)
        _tell_what_was_used(control)
        # Hang up first: to take down a large process lasts longer than the worker should wait for its last word.
        os.closerange(1, 64)
    finally:
        os._exit(status)
