"""The line to the worker: one JSON object per line on descriptor 3, both ways."""
import json
import os
import threading

DESCRIPTOR = 3


class Control:
    """What an entry point is given to talk to the worker. Safe to use from several threads."""

    def __init__(self, descriptor=DESCRIPTOR):
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._reader = os.fdopen(os.dup(descriptor), "rb", buffering=1 << 16)

    def send(self, message):
        """Writes one message. Numbers must be finite: JSON has no NaN, and the worker could not read the line."""
        text = json.dumps(message, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        line = (text + "\n").encode("utf-8", "replace")
        with self._lock:
            view = memoryview(line)
            while view:
                view = view[os.write(self._descriptor, view):]

    def receive(self):
        """The next message, or None when the worker is gone."""
        line = self._reader.readline()
        return json.loads(line) if line.endswith(b"\n") else None
