"""Decides how MLflow's client finds the run of its own attempt: nothing has to be set, since the variables it reads are.

The client speaks HTTP over TCP and nothing else. So this process listens on its own loopback, which reaches no other attempt and no
machine, and hands every byte on to the one socket that the worker put among the inputs. Where attempts have no network of their own,
the client is given that socket. What may be asked there, the worker decides.
"""

from __future__ import annotations

import os
import socket
import threading

_most_at_once = 32
_nowhere = "run.drawloom.invalid"


def begin(folder: str, name: str, token: str, run: str) -> None:
    place = _Place(folder, name)
    try:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.bind(("127.0.0.1", 0))
    except OSError:
        # Attempts that have no network of their own have none at all, and no sockets for one.
        _hand_to_client(place)
        _tell_client(f"http://{_nowhere}", token, run)
        return
    listener.listen(_most_at_once)
    threading.Thread(target=_welcome, args=(listener, place), name="tracking", daemon=True).start()
    _tell_client(f"http://127.0.0.1:{listener.getsockname()[1]}", token, run)


def _hand_to_client(place: _Place) -> None:
    """The library through which the client speaks is given the worker's socket itself, for one address that is nobody's."""
    try:
        from urllib3.util import connection
    except ImportError:
        return  # then there is no client either
    elsewhere = connection.create_connection

    def create_connection(address, *rest, **named):
        if address[0] != _nowhere:
            return elsewhere(address, *rest, **named)
        line = place.connect()
        timeout = rest[0] if rest else named.get("timeout")
        if isinstance(timeout, (int, float)):
            line.settimeout(timeout)
        return line

    connection.create_connection = create_connection


def _tell_client(address: str, token: str, run: str) -> None:
    os.environ["MLFLOW_TRACKING_URI"] = address
    os.environ["MLFLOW_TRACKING_TOKEN"] = token
    os.environ["MLFLOW_RUN_ID"] = run
    # There is nobody outside whom it could tell how it is used.
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"


class _Place:
    """The worker's socket. Its path may be longer than an address can be, so it is found from its folder."""

    def __init__(self, folder: str, name: str) -> None:
        self._path = os.path.join(folder, name)
        if len(os.fsencode(self._path)) > 100:
            self._path = f"/proc/self/fd/{os.open(folder, os.O_RDONLY | os.O_DIRECTORY)}/{name}"

    def connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(self._path)
        except OSError:
            connection.close()
            raise
        return connection


def _welcome(listener: socket.socket, place: _Place) -> None:
    free = threading.BoundedSemaphore(_most_at_once)
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return  # closed, by whatever code thought that it was its own
        free.acquire()
        threading.Thread(target=_carry, args=(client, place, free), name="tracking", daemon=True).start()


def _carry(client: socket.socket, place: _Place, free: threading.BoundedSemaphore) -> None:
    try:
        with client, place.connect() as worker:
            back = threading.Thread(target=_pour, args=(worker, client), name="tracking", daemon=True)
            back.start()
            _pour(client, worker)
            back.join()
    except OSError:
        pass  # the client is told by the end of its connection
    finally:
        free.release()


def _pour(source: socket.socket, target: socket.socket) -> None:
    try:
        while True:
            data = source.recv(1 << 16)
            if not data:
                break
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
