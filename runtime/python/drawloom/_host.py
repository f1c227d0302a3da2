"""Decides how one attempt of a Python node goes: inputs in, the node's function, outputs out, and one clear ending.

Called once per process, inside a sandbox that is already locked. The worker is told everything through `control.send`.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import linecache
import os
import random
import shutil
import sys
import time
import types
import warnings
from typing import Any, Dict, List

from . import _convert, _decode, _encode, _signature, _state, _telemetry, _tracking
from ._problems import Mistake, failure_of, remember_source


def execute(message: Dict[str, Any], control: Any) -> None:
    """Carries out the attempt that `message` describes. Always ends with 'done' or 'failed', unless the process dies."""
    name = message.get("name") or "node.py"
    own = os.getpid()
    try:
        _prepare(message, control)
        outputs = _run(message, name)
    except BaseException as error:  # whatever ends the code, the worker is told why
        _only_in(own)
        _fail(error, name, control)
        return
    _only_in(own)
    for output in outputs:
        control.send(output)
    _flush()
    control.send({"type": "done"})


def _only_in(process: int) -> None:
    """A copy that the code forked off and that came back here has nothing to tell."""
    if os.getpid() != process:
        os._exit(0)


def _fail(error: BaseException, name: str, control: Any) -> None:
    failed = failure_of(error, name)
    told = failed["error"]
    trace = told["traceback"] or f"{told['message']}\n"
    _flush()
    try:
        sys.stderr.write(trace if trace.endswith("\n") else f"{trace}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        pass
    control.send(failed)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass


def _prepare(message: Dict[str, Any], control: Any) -> None:
    _state.begin(message, control.send)
    for key, value in (message.get("env") or {}).items():
        os.environ[str(key)] = str(value)
    if "TZ" in os.environ:
        time.tzset()
    if message.get("tracking"):
        _tracking.begin(**message["tracking"])
    os.environ["DRAWLOOM_IDEMPOTENCY_KEY"] = _state.context.idempotency_key
    os.environ["DRAWLOOM_FENCE"] = str(_state.context.fence)
    os.environ.setdefault("MPLBACKEND", "Agg")
    threads = (message.get("limits") or {}).get("threads")
    if threads:
        for key in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"):
            os.environ[key] = str(threads)
        arrow = sys.modules.get("pyarrow")
        if arrow is not None:
            arrow.set_cpu_count(int(threads))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    warnings.simplefilter("default", category=UserWarning)
    _seed_generators()


def _seed_generators() -> None:
    """Equal seeds give equal outputs: Python's and NumPy's shared generators start from the node's seed."""
    random.seed(_state.seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(_state.seed % 2**32)


def _run(message: Dict[str, Any], name: str) -> List[Dict[str, Any]]:
    code = _code_of(message)
    module_name = f"node_{hashlib.sha256(code.encode()).hexdigest()[:16]}"
    function_name = _find_function(code, name)
    remember_source(name, code)
    module = types.ModuleType(module_name)
    module.__file__ = name
    sys.modules[module_name] = module  # classes of the node's own are pickled by this name
    _let_processes_import(module_name, code)
    had_numpy = "numpy" in sys.modules
    exec(compile(code, name, "exec", dont_inherit=True), module.__dict__)
    if not had_numpy and "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(_state.seed % 2**32)
    function = module.__dict__.get(function_name)
    if not callable(function):
        raise Mistake("user_error", f"`{function_name}` is no function once the code has run. Do not assign to its name.")
    signature = _signature.read(function, module_name, code)
    given = message.get("inputs") or []
    arguments = _decode.arguments(signature.inputs, given, function_name, module.__dict__)
    chosen = _convert.with_secrets(message.get("parameters") or {}, message.get("secrets") or {})
    parameters = _parameters(signature, chosen, function_name, module.__dict__)
    returned = _call(function, signature, arguments, parameters)
    return _outputs(message, signature, returned, module_name, code, given)


def _let_processes_import(module_name: str, code: str) -> None:
    """Processes that the code starts (multiprocessing, joblib) find the node's own functions, and the same libraries."""
    folder = os.path.join(os.environ.get("TMPDIR") or "/tmp", ".drawloom")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, f"{module_name}.py"), "w", encoding="utf-8", errors="surrogatepass") as file:
        file.write(code)
    sys.path.append(folder)  # which such processes take over
    os.environ["PYTHONPATH"] = os.pathsep.join(entry for entry in sys.path if entry)
    # They would otherwise begin by running what this interpreter was started with.
    sys.modules["__main__"] = types.ModuleType("__main__")


def _code_of(message: Dict[str, Any]) -> str:
    if message.get("code") is not None:
        return message["code"]
    with open(message["file"], encoding="utf-8") as file:
        return file.read()


def _find_function(code: str, name: str) -> str:
    if "\0" in code:
        raise Mistake("user_error", "The code holds a zero byte. Remove it.")
    try:
        found = _signature.function_name(code)
    except SyntaxError as error:
        error.filename = name
        remember_source(name, code)
        raise
    except (RecursionError, MemoryError, ValueError) as error:
        raise Mistake("user_error", f"The code cannot be read: {error}. Simplify it.") from None
    if found is None:
        raise Mistake(
            "user_error",
            "The code declares no function. Write for example `def transform(table: pd.DataFrame) -> pd.DataFrame:`.",
        )
    return found


def _parameters(
    signature: _signature.Signature, given: Dict[str, Any], name: str, names: Dict[str, Any]
) -> Dict[str, Any]:
    wanted = {parameter.name: parameter for parameter in signature.parameters}
    found: Dict[str, Any] = {}
    for key, value in given.items():
        parameter = wanted.get(key)
        if parameter is None:
            if signature.takes_any_keyword:
                found[key] = value
            else:
                print(f"The parameter `{key}` is set, and `{name}` does not take it.", file=sys.stderr)
            continue
        if value is None and parameter.default is None:
            found[key] = None
            continue
        try:
            found[key] = _convert.convert(names, parameter.annotation, value)
        except _convert.WrongValue as wrong:
            raise Mistake("bad_input", f"The parameter `{key}` takes {wrong}, and is {_decode._short(value)}.") from None
    for key, parameter in wanted.items():
        if key not in found and parameter.default is inspect.Parameter.empty:
            raise Mistake("bad_input", f"The parameter `{key}` of `{name}` is not set, and has no default. Set it.")
    return found


def _call(function: Any, signature: _signature.Signature, arguments: Dict[str, Any], parameters: Dict[str, Any]) -> Any:
    """Calls by position, since parameters before a `/` have no name to the outside."""
    positional: List[Any] = []
    named: Dict[str, Any] = {}
    for wanted in signature.inputs:
        if wanted.name not in arguments:
            continue
        if len(positional) == signature.inputs.index(wanted):
            positional.append(arguments[wanted.name])
        else:
            named[wanted.name] = arguments[wanted.name]
    returned = function(*positional, **named, **parameters)
    if inspect.iscoroutine(returned):
        import asyncio  # not needed by most, and slow to load

        return asyncio.run(returned)
    if inspect.isgenerator(returned) or inspect.isasyncgen(returned):
        raise Mistake("bad_output", f"`{signature.name}` yields instead of returning. Collect what it yields, and return that.")
    return returned


def _outputs(
    message: Dict[str, Any],
    signature: _signature.Signature,
    returned: Any,
    module_name: str,
    code: str,
    given: List[Dict[str, Any]],
) -> List[Dict[str, Any]]:
    declared = message.get("outputs")
    optional = {output.name for output in signature.outputs if output.optional}
    if declared is None:
        declared = [{"port": output.name, "kind": output.kind} for output in signature.outputs]
    optional |= {each["port"] for each in declared if each.get("optional")}
    # A built-in node's function declares no outputs of its own; its ports come from the node type.
    returns = signature.returns if message.get("code") is not None or signature.returns != "one" else "named"
    values = _encode.outputs_of(returned, declared, returns, [output.name for output in signature.outputs], signature.name)
    columns = {
        column["name"]: column["type"]
        for each in given
        for column in (each.get("columns") or [])
        if "name" in column and "type" in column
    }
    writer = _encode.Writer(signature.name, module_name, code, columns, has_secrets=bool(message.get("secrets")))
    outputs = []
    for each in declared:
        value = values.get(each["port"])
        if value is None and each["port"] in optional:
            continue
        output = writer.write(each["port"], each.get("kind") or "any", value)
        if output["kind"] == "metrics":
            _telemetry.log_metrics(output["facts"]["metrics"])
        outputs.append(output)
    return outputs


def warm_up() -> None:
    """Goes the way of an attempt once, while nobody waits: what it touches is then this process's own."""

    class Silent:
        def send(self, message: Dict[str, Any]) -> None:
            json.dumps(message)

    rehearsal = {
        "language": "python",
        "code": "from drawloom import Metrics\n\ndef f(*, n: int = 1, s: str = '') -> dict[str, int]:\n    return {'n': n}\n",
        "name": "warm_up.py",
        "parameters": {"n": 2},
        "outputs": [{"port": "value", "kind": "value"}],
    }
    kept, path = dict(os.environ), list(sys.path)
    execute(rehearsal, Silent())
    sys.path[:] = path
    os.environ.clear()
    os.environ.update(kept)
    shutil.rmtree(".drawloom", ignore_errors=True)
    linecache.cache.pop("warm_up.py", None)
    for name in [name for name in sys.modules if name.startswith("node_")]:
        del sys.modules[name]


execute.warm_up = warm_up  # type: ignore[attr-defined]
