"""Reads node sources as a JSON list on standard input; writes what their functions declare, read by `inspect`.

The libraries that annotations name are stood in for by empty classes, so that this runs on a bare Python.
"""

import json
import sys
import types

sys.path.insert(0, sys.argv[1])

from drawloom import _signature  # noqa: E402


def stand_in(name, *classes, bases=(object,)):
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:depth]), types.ModuleType(".".join(parts[:depth])))
        if depth > 1:
            setattr(sys.modules[".".join(parts[: depth - 1])], parts[depth - 1], sys.modules[".".join(parts[:depth])])
    for each in classes:
        setattr(sys.modules[name], each, type(each, bases, {"__module__": name}))


stand_in("pandas", "DataFrame", "Series", "Timestamp")
stand_in("polars", "DataFrame", "LazyFrame")
stand_in("pyarrow", "Table")
stand_in("matplotlib.figure", "Figure")
stand_in("sklearn.base", "BaseEstimator", "ClassifierMixin")
stand_in("sklearn.linear_model", "LogisticRegression", bases=(sys.modules["sklearn.base"].BaseEstimator,))
stand_in("sklearn.pipeline", "Pipeline")
stand_in("xgboost", "XGBClassifier", "Booster")

answers = []
for place, code in enumerate(json.load(sys.stdin)):
    module = types.ModuleType(f"node_{place}")
    sys.modules[module.__name__] = module
    exec(compile(code, "node.py", "exec", dont_inherit=True), module.__dict__)
    function = getattr(module, _signature.function_name(code))
    answers.append(_signature.as_json(_signature.read(function, module.__name__, code)))
json.dump(answers, sys.stdout)
