"""The scenario as Airflow sees it: `with_airflow.py` puts this file into the folder of DAGs."""

from airflow.sdk import dag, task

from work import count, in_row, work


@task
def node(before=None) -> int:
    return work()


@dag(dag_id="scenario", schedule=None, is_paused_upon_creation=False, max_active_tasks=64)
def scenario():
    value = None
    for _ in range(count):
        value = node(value) if in_row and value is not None else node()


scenario()
