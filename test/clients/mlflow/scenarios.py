"""What people do with MLflow's client, one function each: called by lines on standard input, answers line by line in JSON."""

import hashlib
import json
import math
import os
import sys
import tempfile
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


def files():
    """Logs files of every kind, by every call there is for it, and reads them back."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from PIL import Image

    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "tree", "deep", "er"))
        for path, content in [
            ("one.txt", "one"),
            ("tree/two words.txt", "two"),
            ("tree/deep/100% ä.bin", "three"),
            ("tree/deep/er/empty", ""),
        ]:
            with open(os.path.join(folder, path), "w", encoding="utf8") as file:
                file.write(content)
        with mlflow.start_run(run_name="with files") as run:
            mlflow.log_artifact(os.path.join(folder, "one.txt"))
            mlflow.log_artifact(os.path.join(folder, "one.txt"), "sub/folder")
            mlflow.log_artifacts(os.path.join(folder, "tree"), "tree")
            mlflow.log_dict({"a": [1, 2]}, "d/data.json")
            mlflow.log_text("<h1>hello</h1>", "page.html")
            figure, axes = pyplot.subplots()
            axes.plot([1, 2])
            mlflow.log_figure(figure, "plots/line.png")
            mlflow.log_image(Image.new("RGB", (4, 3), "red"), "red.png")
            mlflow.log_table({"q": ["a"], "n": [1]}, "table.json")
            mlflow.log_table({"q": ["b"], "n": [2]}, "table.json")
        name = run.info.run_id

        def below(path=None):
            found = []
            for entry in client.list_artifacts(name, path):
                found += below(entry.path) if entry.is_dir else [[entry.path, entry.file_size]]
            return found

        target = os.path.join(folder, "back")
        os.makedirs(target)
        back = mlflow.artifacts.download_artifacts(run_id=name, dst_path=target)
        read = {}
        for root, _, names in os.walk(back):
            for one in names:
                full = os.path.join(root, one)
                with open(full, "rb") as file:
                    read[os.path.relpath(full, back)] = file.read()
        image = mlflow.artifacts.load_image(f"runs:/{name}/red.png")
        return {
            "listed": [entry for entry in below() if not entry[0].endswith(".png") and entry[0] != "table.json"],
            "top": [[entry.path, entry.is_dir] for entry in client.list_artifacts(name)],
            "file": [entry.path for entry in client.list_artifacts(name, "one.txt")],
            "back": {path: content.decode("utf8") for path, content in read.items() if not path.endswith((".png", ".json"))},
            "same": sorted(path for path, _ in below()) == sorted(read),
            "dict": mlflow.artifacts.load_dict(f"runs:/{name}/d/data.json"),
            "text": mlflow.artifacts.load_text(f"runs:/{name}/tree/two words.txt"),
            "image": [image.size, image.getpixel((0, 0))],
            "figure": read["plots/line.png"][1:4].decode(),
            "table": mlflow.load_table("table.json", run_ids=[name])["q"].tolist(),
            "one": open(mlflow.artifacts.download_artifacts(f"runs:/{name}/sub/folder/one.txt")).read(),
            "missing": refused(lambda: mlflow.artifacts.download_artifacts(run_id=name, artifact_path="nothing")),
            "id": name,
        }


def removed():
    """Deletes one file and one folder of a run."""
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    with mlflow.start_run() as run:
        for path in ["a.txt", "b/c.txt", "b/d/e.txt", "bc.txt"]:
            mlflow.log_text("x", path)
    repository = get_artifact_repository(run.info.artifact_uri)
    repository.delete_artifacts("a.txt")
    repository.delete_artifacts("b")
    return [entry.path for entry in client.list_artifacts(run.info.run_id)]


def large(megabytes):
    """A file of that size, up and down: its digest on both sides."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "large.bin")
        block = os.urandom(1 << 20)
        digest = hashlib.sha256()
        with open(path, "wb") as file:
            for index in range(megabytes):
                part = index.to_bytes(8, "big") + block[8:]
                file.write(part)
                digest.update(part)
        with mlflow.start_run() as run:
            mlflow.log_artifact(path)
        os.remove(path)
        back = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="large.bin", dst_path=folder)
        with open(back, "rb") as file:
            again = hashlib.file_digest(file, "sha256").hexdigest()
        size = os.path.getsize(back)
    return {"same": again == digest.hexdigest(), "size": size, "id": run.info.run_id}


def in_parts(text):
    """As a client that was told to upload in parts, whatever the server says it can."""
    os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"] = "true"
    os.environ["MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE"] = "1"
    try:
        with mlflow.start_run() as run:
            mlflow.log_text(text, "parts.txt")
        return mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/parts.txt")
    finally:
        del os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"], os.environ["MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE"]


def logged_text(path, text):
    with mlflow.start_run() as run:
        mlflow.log_text(text, path)
    return run.info.run_id


def rows():
    """A small regression, the same each time."""
    features = pandas.DataFrame({"a": [float(i) for i in range(40)], "b": [float(i % 7) for i in range(40)]})
    return features, features["a"] * 2 + features["b"]


def fitted(kind):
    features, target = rows()
    if kind == "sklearn":
        from sklearn.linear_model import LinearRegression

        return LinearRegression().fit(features, target)
    import lightgbm

    return lightgbm.LGBMRegressor(n_estimators=5, min_child_samples=2, verbose=-1, n_jobs=1).fit(features, target)


def logged_model(kind):
    """A model goes up with its signature and an input example, and comes back as it was."""
    features, _ = rows()
    model = fitted(kind)
    flavor = {"sklearn": mlflow.sklearn, "lightgbm": mlflow.lightgbm}[kind]
    with mlflow.start_run(run_name=f"makes {kind}") as run:
        info = flavor.log_model(
            model,
            name="regressor",
            input_example=features.head(2),
            params={"depth": 3},
            tags={"team": "blue"},
            model_type="regressor",
        )
        mlflow.log_metric("rmse", 0.25, model_id=info.model_id)
        mlflow.log_metric("rmse", 0.5, step=1, model_id=info.model_id)
    found = client.get_logged_model(info.model_id)
    back = flavor.load_model(info.model_uri)
    by_run = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/regressor")
    return {
        "id": info.model_id,
        "run": run.info.run_id,
        "same": list(back.predict(features)) == list(model.predict(features)),
        "byRun": list(by_run.predict(features)) == list(model.predict(features)),
        "signature": info.signature.to_dict()["inputs"],
        "status": str(found.status),
        "type": found.model_type,
        "madeBy": found.source_run_id == run.info.run_id,
        "params": found.params,
        "team": found.tags["team"],
        "metrics": [[metric.key, metric.value, metric.step] for metric in found.metrics],
        "files": sorted(entry.path for entry in client.list_artifacts(run.info.run_id, "regressor")),
        "outputs": [output.model_id for output in client.get_run(run.info.run_id).outputs.model_outputs],
    }


def searched_models(experiment, filters):
    """Models by filter, as their names."""
    mlflow.set_experiment(experiment)
    number = client.get_experiment_by_name(experiment).experiment_id
    for index, name in enumerate("abc"):
        with mlflow.start_run():
            model = client.create_logged_model(number, name=name, params={"p": str(index)}, tags={"t": name}, model_type="x" if index else "y")
            client.log_metric(mlflow.active_run().info.run_id, "score", index, model_id=model.model_id)
            client.finalize_logged_model(model.model_id, "READY" if index < 2 else "FAILED")
    found = {}
    for text in filters:
        try:
            models = mlflow.search_logged_models([number], filter_string=text, output_format="list", order_by=[{"field_name": "name"}])
            found[text] = "".join(model.name for model in models)
        except MlflowException as mistake:
            found[text] = mistake.message
    best = mlflow.search_logged_models(
        [number], output_format="list", order_by=[{"field_name": "metrics.score", "ascending": False}], max_results=1
    )
    pages, token = [], None
    while True:
        page = client.search_logged_models([number], max_results=2, page_token=token)
        pages.append(len(page))
        token = page.token
        if not token:
            break
    client.set_logged_model_tags(best[0].model_id, {"champion": "yes"})
    client.delete_logged_model_tag(best[0].model_id, "t")
    client.delete_logged_model(models[0].model_id) if models else None
    mlflow.set_experiment("Default")
    return {
        "found": found,
        "best": best[0].name,
        "pages": pages,
        "tags": client.get_logged_model(best[0].model_id).tags,
        "badName": refused(lambda: client.create_logged_model(number, name="a/b")),
        "unknown": refused(lambda: client.get_logged_model("m-" + "0" * 32)),
    }


def autologged(kind):
    """What autologging tells of a training, in a nested run."""
    module = {"sklearn": mlflow.sklearn, "lightgbm": mlflow.lightgbm}[kind]
    module.autolog(log_input_examples=True, silent=True)
    try:
        with mlflow.start_run(run_name="parent") as parent, mlflow.start_run(run_name="child", nested=True) as run:
            fitted(kind)
    finally:
        module.autolog(disable=True)
    found = client.get_run(run.info.run_id)
    return {
        "params": len(found.data.params) > 3,
        "metrics": sorted(found.data.metrics),
        "models": [client.get_logged_model(output.model_id).status == "READY" for output in found.outputs.model_outputs],
        "parent": found.data.tags["mlflow.parentRunId"] == parent.info.run_id,
        "files": sorted(entry.path for entry in client.list_artifacts(run.info.run_id)),
    }


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
