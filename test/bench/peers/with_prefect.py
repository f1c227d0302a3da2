"""Prefect as its pages start for one machine: a server of its own (`prefect server start`, SQLite), and a flow of tasks against it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
os.environ |= {
    "PREFECT_HOME": os.getcwd(),
    "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}

from prefect import flow, task  # noqa: E402  (reads the environment above)

from work import count, in_row, tell, work  # noqa: E402


@task
def node(before: int | None = None) -> int:
    return work()


@flow
def row() -> None:
    value = None
    for _ in range(count):
        value = node(value)


@flow
def fan() -> None:
    for future in [node.submit() for _ in range(count)]:
        future.result()


def wait_for(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The Prefect server did not answer within two minutes.")


if __name__ == "__main__":
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with open("server.log", "w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(f"{os.environ['PREFECT_API_URL']}/health")
        began = time.time()
        (row if in_row else fan)()
        tell(time.time() - began)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)
