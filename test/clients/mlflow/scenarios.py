"""What people do with MLflow's client, one function each: called by lines on standard input, answers line by line in JSON."""

import json
import math
import os
import sys
import traceback

import mlflow
import pandas
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

client = MlflowClient()


def told(run):
    data = run.data
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "stage": run.info.lifecycle_stage,
        "user": run.info.user_id,
        "experiment": run.info.experiment_id,
        "uri": run.info.artifact_uri,
        "ended": run.info.end_time is not None,
        "metrics": {key: repr(value) for key, value in data.metrics.items()},
        "params": data.params,
        "tags": {key: value for key, value in data.tags.items() if not key.startswith("mlflow.source")},
    }


def refused(work):
    """The code and the sentence that a call is refused with."""
    try:
        work()
    except MlflowException as mistake:
        return {"code": mistake.error_code, "message": mistake.message.split("\n")[0]}
    return None


def train(experiment):
    mlflow.set_experiment(experiment)
    with mlflow.start_run(run_name="outer", description="as a script would") as run:
        mlflow.log_params({"depth": 3, "rate": 0.1, "model": "tree"})
        for step in range(5):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"rmse": 12.5, "r2": 0.75})
        mlflow.set_tags({"team": "blue", "stage": "trial"})
        with mlflow.start_run(run_name="inner", nested=True) as inner:
            mlflow.log_metric("fold", 1)
    failed = mlflow.start_run(run_name="broken")
    mlflow.end_run("FAILED")
    runs = {name: client.get_run(one.info.run_id) for name, one in [("outer", run), ("inner", inner), ("broken", failed)]}
    return {
        "runs": {name: told(one) for name, one in runs.items()},
        "parent": runs["inner"].data.tags["mlflow.parentRunId"] == run.info.run_id,
        "history": [[point.step, point.value] for point in client.get_metric_history(run.info.run_id, "loss")],
        "default": client.get_experiment("0").name,
        "byName": client.get_experiment_by_name(experiment).experiment_id == runs["outer"].info.experiment_id,
        "id": run.info.run_id,
    }


def numbers():
    with mlflow.start_run() as run:
        mlflow.log_metric("odd", math.nan)
        mlflow.log_metric("up", math.inf)
        mlflow.log_metric("down", -math.inf)
        mlflow.log_metric("exact", 0.1 + 0.2)
        for step, value in [(2, 5.0), (1, 9.0), (2, 7.0), (2, 7.0)]:
            client.log_metric(run.info.run_id, "late", value, timestamp=1000 + step, step=step)
    return {
        "latest": {key: repr(value) for key, value in client.get_run(run.info.run_id).data.metrics.items()},
        "history": [[point.step, point.value] for point in client.get_metric_history(run.info.run_id, "late")],
    }


def batches():
    with mlflow.start_run() as run:
        name = run.info.run_id
        client.log_batch(
            name,
            [Metric(f"m{index}", index, 1000, 0) for index in range(500)],
            [Param(f"p{index}", str(index)) for index in range(100)],
            [RunTag(f"t{index}", str(index)) for index in range(100)],
        )
        client.log_param(name, "p1", "1")
        answers = {
            "clash": refused(lambda: client.log_param(name, "p1", "2")),
            "clashInBatch": refused(lambda: client.log_batch(name, [Metric("stray", 1, 1, 0)], [Param("p2", "other")])),
            "unknown": refused(lambda: client.log_metric("f" * 32, "m", 1)),
            "badName": refused(lambda: client.log_metric(name, "a/../b", 1)),
            "longValue": refused(lambda: client.set_tag(name, "t", "x" * 8001)),
        }
    run = client.get_run(name)
    return {
        **answers,
        "counts": [len(run.data.metrics), len(run.data.params), len([t for t in run.data.tags if t.startswith("t")])],
        "stray": "stray" in run.data.metrics,
    }


def searched(experiment, filters):
    """The names of the runs that each filter finds, or how it is refused."""
    ids = [client.get_experiment_by_name(experiment).experiment_id]
    found = {}
    for text in filters:
        try:
            found[text] = sorted(run.info.run_name for run in client.search_runs(ids, text))
        except MlflowException as mistake:
            found[text] = mistake.message
    return found


def prepared(experiment):
    """Runs to search: `a` to `f`, of which some lack what others have."""
    number = client.create_experiment(experiment, tags={"kind": "test"})
    for index, name in enumerate("abcdef"):
        run = client.create_run(number, start_time=1000 * (index + 1), run_name=name)
        if name != "f":
            client.log_metric(run.info.run_id, "score", [3, 1, math.nan, 2, 1][index], timestamp=1)
        client.log_param(run.info.run_id, "model", "Tree" if index % 2 else "linear's")
        client.set_tag(run.info.run_id, "a b/c", str(index))
    return number


def ordered(experiment, orders):
    ids = [client.get_experiment_by_name(experiment).experiment_id]
    answer = {}
    for text in orders:
        names, token, pages = [], None, 0
        while pages == 0 or token:
            page = client.search_runs(ids, order_by=[text] if text else None, max_results=2, page_token=token)
            names += [run.info.run_name for run in page]
            token, pages = page.token, pages + 1
        answer[text] = ["".join(names), pages]
    return answer


def trash():
    number = client.create_experiment("rubbish")
    run = client.create_run(number)
    name = run.info.run_id
    client.delete_run(name)
    deleted = {
        "stage": client.get_run(name).info.lifecycle_stage,
        "found": len(client.search_runs([number])),
        "log": refused(lambda: client.log_metric(name, "m", 1)),
    }
    client.restore_run(name)
    client.log_metric(name, "m", 1)
    client.delete_experiment(number)
    experiment = {
        "stage": client.get_experiment(number).lifecycle_stage,
        "listed": "rubbish" in [one.name for one in client.search_experiments()],
        "again": refused(lambda: client.create_experiment("rubbish")),
        "run": refused(lambda: client.create_run(number)),
        "default": refused(lambda: client.delete_experiment("0")),
    }
    client.restore_experiment(number)
    client.rename_experiment(number, "treasure")
    client.set_experiment_tag(number, "kind", "kept")
    kept = client.get_experiment(number)
    return {"run": deleted, "experiment": experiment, "kept": [kept.name, kept.lifecycle_stage, kept.tags["kind"]]}


def datasets():
    data = mlflow.data.from_pandas(pandas.DataFrame({"a": [1, 2]}), name="tiny", targets="a")
    with mlflow.start_run(run_name="with data") as run:
        mlflow.log_input(data, context="training")
    found = client.get_run(run.info.run_id).inputs.dataset_inputs
    return {
        "inputs": [[one.dataset.name, {tag.key: tag.value for tag in one.tags}] for one in found],
        "rows": json.loads(found[0].dataset.profile)["num_rows"],
        "searched": [
            len(client.search_runs([run.info.experiment_id], f"datasets.name = 'tiny' AND datasets.context = '{context}'"))
            for context in ["training", "testing"]
        ],
    }


def frame(experiment):
    found = mlflow.search_runs(experiment_names=[experiment], filter_string="metrics.score >= 2", order_by=["metrics.score DESC"])
    return {"names": list(found["tags.mlflow.runName"]), "scores": list(found["metrics.score"])}


def who():
    return refused(lambda: client.create_experiment("mine")) or "allowed"


def seen(name):
    return refused(lambda: client.get_run(name)) or "seen"


# What the client prints for people must not come between the answers.
answers, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    call = json.loads(line)
    os.environ["MLFLOW_TRACKING_TOKEN"] = call["token"]
    try:
        answer = {"answer": globals()[call["scenario"]](**call["args"])}
    except Exception:
        answer = {"error": traceback.format_exc()}
    print(json.dumps(answer), file=answers, flush=True)
