"""Plays the worker without a sandbox: for each order on standard input, forks a process that carries out one attempt.

What the attempt tells goes to `told` in the order's folder, its output to `out` and `err`; how it ended is answered as a line.
"""

import importlib
import json
import os
import sys

sys.path.insert(0, sys.argv[1])

from drawloom import _host  # noqa: E402

for name in sys.argv[2:]:
    importlib.import_module(name)


class Control:
    def __init__(self, path):
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)

    def send(self, message):
        os.write(self._file, (json.dumps(message, allow_nan=False) + "\n").encode())


def carry_out(folder, message):
    for name, descriptor in (("out", 1), ("err", 2)):
        os.dup2(os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT, 0o600), descriptor)
    os.chdir(os.path.join(folder, "job"))
    control = Control(os.path.join(folder, "told"))
    control.send({"type": "loaded", "modules": sorted({name.split(".")[0] for name in sys.modules})})
    _host.execute(message, control)
    sys.stdout.flush()
    sys.stderr.flush()


for line in sys.stdin:
    order = json.loads(line)
    process = os.fork()
    if process == 0:
        try:
            carry_out(order["folder"], order["message"])
        finally:
            os._exit(0)
    _, status = os.waitpid(process, 0)
    print(json.dumps({"exitCode": os.waitstatus_to_exitcode(status)}), flush=True)
