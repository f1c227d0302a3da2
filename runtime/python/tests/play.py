"""Plays the worker for one attempt: reads the message on standard input, calls the host, writes what it tells as JSON lines on 3."""

import json
import os
import sys

sys.path.insert(0, sys.argv[1])
os.chdir(sys.argv[2])

from drawloom import _host  # noqa: E402


class Control:
    def send(self, message):
        os.write(3, (json.dumps(message, allow_nan=False) + "\n").encode())


message = json.load(sys.stdin)
control = Control()
control.send({"type": "loaded", "modules": sorted({name.split(".")[0] for name in sys.modules})})
_host.execute(message, control)
sys.stdout.flush()
sys.stderr.flush()
os._exit(0)
