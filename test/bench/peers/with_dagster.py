"""Dagster as its pages start for one machine: a job of ops, an instance in a folder (SQLite), the multiprocess executor that is its default."""

import os
import time

os.environ["DAGSTER_HOME"] = os.getcwd()

from dagster import DagsterInstance, In, execute_job, job, op, reconstructable  # noqa: E402  (reads the environment above)

from work import count, in_row, tell, work  # noqa: E402


@op
def first() -> int:
    return work()


@op(ins={"before": In(int)})
def following(before: int) -> int:
    return work()


@job
def row():
    value = first.alias("n0")()
    for index in range(1, count):
        value = following.alias(f"n{index}")(value)


@job
def fan():
    for index in range(count):
        first.alias(f"n{index}")()


if __name__ == "__main__":
    with open("dagster.yaml", "w") as settings:
        settings.write("telemetry:\n  enabled: false\n")
    with DagsterInstance.get() as instance:
        began = time.time()
        result = execute_job(reconstructable(row if in_row else fan), instance=instance)
        seconds = time.time() - began
        if not result.success:
            raise SystemExit("Dagster did not carry out every op.")
    tell(seconds)
