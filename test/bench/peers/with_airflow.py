"""Airflow as its pages start for one machine: `airflow standalone` (SQLite, the local executor), and one triggered run of a DAG."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from datetime import datetime

from work import count, tell

home = os.getcwd()
here = os.path.dirname(os.path.abspath(__file__))
airflow = os.path.join(os.path.dirname(sys.executable), "airflow")


def free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def asked(question: str):
    """The scheduler writes at the same time; what cannot be read now is read a moment later."""
    try:
        with sqlite3.connect(f"file:{home}/airflow.db?mode=ro", uri=True, timeout=10) as database:
            return database.execute(question).fetchone()
    except sqlite3.OperationalError:
        return None


def wait_for(question: str, within: float):
    until = time.time() + within
    while time.time() < until:
        found = asked(question)
        if found:
            return found
        time.sleep(0.5)
    raise SystemExit(f"Airflow did not come to this within {within:.0f} s: {question}")


if __name__ == "__main__":
    os.makedirs("dags")
    for file in ("airflow_dag.py", "work.py"):
        shutil.copy(os.path.join(here, file), "dags")
    port = free_port()
    os.environ |= {
        "AIRFLOW_HOME": home,
        "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}",
        "PYTHONPATH": os.path.join(home, "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__API__PORT": port,
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": free_port(),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": free_port(),
    }
    with open("standalone.log", "w") as log:
        server = subprocess.Popen([airflow, "standalone"], stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for("select 1 from serialized_dag where dag_id = 'scenario'", 300)
        subprocess.run([airflow, "dags", "trigger", "scenario"], check=True, capture_output=True)
        state, began, ended = wait_for(
            "select state, queued_at, end_date from dag_run where dag_id = 'scenario' and end_date is not null", 3600
        )
        (good,) = asked("select count(*) from task_instance where dag_id = 'scenario' and state = 'success'") or (0,)
        if state != "success" or good != count:
            raise SystemExit(f"The run is {state}, and {good} of {count} tasks did well.")
        tell((datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds())
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(60)
        finally:
            # Its children are in the same group; one that did not end by itself is not left behind.
            try:
                os.killpg(server.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
