"""What people do with MLflow's client, one function each: called by lines on standard input, answers line by line in JSON."""

import hashlib
import json
import math
import os
import re
import sys
import tempfile
import traceback

import mlflow
import pandas
import requests
from mlflow import MlflowClient
from mlflow.entities import AssessmentSource, Feedback, Metric, Param, RunTag, SpanEvent
from mlflow.entities.model_registry import RegisteredModelTag
from mlflow.exceptions import MlflowException
from mlflow.protos import databricks_pb2, mlflow_artifacts_pb2, model_registry_pb2, service_pb2

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
    except requests.HTTPError as mistake:  # what the client makes of a refused file
        told = json.loads(str(mistake).split("Response text: ", 1)[1])
        return {"code": told["error_code"], "message": told["message"]}
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


def outputs_of(run, model, rows):
    """What a node run gave out, as files of its run: listed, downloaded, and its model loaded, tried and registered."""
    address = f"runs:/{run}/{model}"
    folder = mlflow.artifacts.download_artifacts(address)
    described = mlflow.models.get_model_info(address)
    frame = pandas.DataFrame(rows)
    registered = mlflow.register_model(address, "by address")
    with open(os.path.join(folder, "note.txt"), "w") as file:
        file.write("not ours")
    return {
        "listed": [[entry.path, entry.is_dir] for entry in mlflow.artifacts.list_artifacts(run_id=run)],
        "files": sorted(entry.path for entry in client.list_artifacts(run, model)),
        "flavors": sorted(described.flavors),
        "inputs": described.signature.inputs.to_dict(),
        "outputs": described.signature.outputs.to_dict() if described.signature.outputs else None,
        "example": mlflow.models.Model.load(folder).load_input_example(folder).to_dict("list"),
        "sklearn": mlflow.sklearn.load_model(address).predict(frame).tolist(),
        "pyfunc": mlflow.pyfunc.load_model(address).predict(frame).tolist(),
        "registered": mlflow.pyfunc.load_model(f"models:/by address/{registered.version}").predict(frame).tolist(),
        "madeBy": registered.run_id == run,
        "upload": refused(lambda: client.log_artifact(run, os.path.join(folder, "note.txt"), model)),
        "beside": refused(lambda: client.log_artifact(run, os.path.join(folder, "note.txt"), "notes")),
        "after": sorted(entry.path for entry in client.list_artifacts(run)),
    }


def kept_by_node(run):
    """What a node logged with the client inside of it, seen and loaded from outside."""
    found = client.get_run(run)
    models = [client.get_logged_model(output.model_id) for output in found.outputs.model_outputs]
    files, folders = [], [""]
    while folders:
        for entry in client.list_artifacts(run, folders.pop()):
            (folders if entry.is_dir else files).append(entry.path)
    return {
        "files": sorted(files),
        "models": [[model.name, str(model.status), model.source_run_id == run] for model in models],
        "predicts": [mlflow.pyfunc.load_model(model.model_uri).predict(pandas.DataFrame({"a": [1.0]})).tolist() for model in models],
        "params": found.data.params,
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


def registered(name):
    """A model is registered, promoted, loaded by every name it goes by, and stays what it was."""
    features, _ = rows()
    models = [fitted("sklearn"), fitted("lightgbm")]
    with mlflow.start_run() as run:
        first = mlflow.sklearn.log_model(models[0], name="model", registered_model_name=name, input_example=features.head(2))
        second = mlflow.lightgbm.log_model(models[1], name="other")
    mlflow.register_model(second.model_uri, name, tags={"kind": "boosted"})
    by_run = mlflow.register_model(f"runs:/{run.info.run_id}/other", name)
    client.set_registered_model_alias(name, "champion", "1")
    client.transition_model_version_stage(name, "2", "Production")
    copied = client.copy_model_version(f"models:/{name}@champion", f"{name}-copy")

    def predicts(uri, model):
        return list(mlflow.pyfunc.load_model(uri).predict(features)) == list(model.predict(features))

    loads = {
        "version": predicts(f"models:/{name}/1", models[0]),
        "alias": predicts(f"models:/{name}@champion", models[0]),
        "stage": predicts(f"models:/{name}/Production", models[1]),
        "latest": predicts(f"models:/{name}/latest", models[1]),
        "copy": predicts(f"models:/{name}-copy/1", models[0]),
        "flavor": list(mlflow.sklearn.load_model(f"models:/{name}@champion").predict(features)) == list(models[0].predict(features)),
    }
    client.set_registered_model_alias(name, "champion", "3")
    client.delete_logged_model(second.model_id)
    version = client.get_model_version(name, "1")
    found = client.get_registered_model(name)
    return {
        "loads": loads,
        "afterMove": predicts(f"models:/{name}@champion", models[1]),
        "afterDelete": predicts(f"models:/{name}/2", models[1]),
        "version": [version.version, version.current_stage, version.run_id == run.info.run_id, version.description],
        "model_id": client.get_model_version(name, "2").model_id in (None, second.model_id),
        "tags": client.get_model_version(name, "2").tags,
        "byRun": [by_run.version, by_run.run_id == run.info.run_id],
        "copied": [copied.name, copied.version, copied.source == version.source],
        "latest": {one.current_stage: one.version for one in found.latest_versions},
        "aliases": found.aliases,
        "uri": client.get_model_version_download_uri(name, "1").startswith("mlflow-artifacts:/versions/"),
        "registrations": first.model_id,
    }


def registry_rules(name):
    """What the registry does at its edges: the sentences and codes that programs know."""
    made = client.create_registered_model(name, tags={"team": 1}, description="what it is for")
    run = client.create_run("0")
    client.log_text(run.info.run_id, "x", "m/MLmodel")
    source = f"runs:/{run.info.run_id}/m"

    def version(**more):
        return client.create_model_version(name, source, run.info.run_id, **more).version

    numbers = [version(), version(description="second", tags={"a": "b"}), version()]
    client.delete_model_version(name, "3")
    numbers.append(version())
    client.transition_model_version_stage(name, "1", "production")
    client.transition_model_version_stage(name, "2", "Production", archive_existing_versions=True)
    client.update_registered_model(name, "changed")
    client.update_model_version(name, "1", "first")
    client.set_registered_model_tag(name, "more", "x" * 5000)
    client.delete_registered_model_tag(name, "team")
    client.set_model_version_tag(name, "1", "k", "v")
    client.set_model_version_tag(name, version="1", key="gone", value="v")
    client.delete_model_version_tag(name, "1", "gone")
    client.set_registered_model_alias(name, "best", "2")
    client.set_registered_model_alias(name, "old", "1")
    client.delete_registered_model_alias(name, "old")
    mistakes = {
        "twice": refused(lambda: client.create_registered_model(name)),
        "slash": refused(lambda: client._get_registry_client().store.create_registered_model("a/b")),
        "missing": refused(lambda: client.get_registered_model("nothing")),
        "version": refused(lambda: client.get_model_version(name, "99")),
        "number": refused(lambda: client.get_model_version(name, "x")),
        "alias": refused(lambda: client.get_model_version_by_alias(name, "unknown")),
        "latest": refused(lambda: client.set_registered_model_alias(name, "latest", "1")),
        "reserved": refused(lambda: client.set_registered_model_alias(name, "v2", "1")),
        "stage": refused(lambda: client.transition_model_version_stage(name, "1", "Live")),
        "deleted": refused(lambda: client.get_model_version(name, "3")),
    }
    found = client.get_registered_model(name)
    client.rename_registered_model(name, name + "-new")
    renamed = client.get_model_version(name + "-new", "1")
    outside = {}
    for uri in [
        "/etc/passwd",
        "file:///etc",
        "file:/etc",
        "../../etc",
        "s3://bucket/key",
        "http://169.254.169.254/latest",
        "https://example.org/model",
        "dbfs:/model",
        "mlflow-artifacts://example.org/0/a/artifacts",
        f"mlflow-artifacts:/0/{run.info.run_id}/artifacts/../../x",
        f"mlflow-artifacts:/0/{run.info.run_id}/artifacts/%2e%2e/x",
        f"runs:/{run.info.run_id}/../{run.info.run_id}/m",
        f"runs:/{run.info.run_id}/%252e%252e/m",
        f"runs://host/{run.info.run_id}/m",
        "runs:/" + "f" * 32 + "/m",
        "models:/nothing/1",
        "models:/" + name + "-new@unknown",
        "models:/m-" + "0" * 32,
        "prompt-template",
    ]:
        answer = refused(lambda uri=uri: client._get_registry_client().store.create_model_version(name + "-new", uri))
        outside[uri.replace(run.info.run_id, "RUN")] = answer and answer["code"]
    return {
        "made": [made.description, made.tags],
        "numbers": numbers,
        "stages": {v.version: v.current_stage for v in client.search_model_versions(f"name = '{name}-new'")},
        "found": [found.description, sorted(found.tags), found.aliases],
        "renamed": [renamed.description, renamed.tags],
        "described": client.get_model_version(name + "-new", "2").description,
        "blank": client.get_model_version(name + "-new", "4").description,
        "mistakes": mistakes,
        "outside": outside,
    }


def searched_registry(prefix):
    """Models and versions by filter, in any order, page by page."""
    run = client.create_run("0").info.run_id
    client.log_text(run, "x", "m/MLmodel")
    for index, name in enumerate("abc"):
        client.create_registered_model(prefix + name, tags={"place": str(index)})
        for _ in range(index + 1):
            client.create_model_version(prefix + name, f"runs:/{run}/m", run, tags={"of": name})
    # As the calls about prompts do; the one for models refuses the tag.
    marked = RegisteredModelTag("mlflow.prompt.is_prompt", "true")
    client._get_registry_client().store.create_registered_model(prefix + "-prompt", tags=[marked])

    def models(text, **more):
        try:
            return "".join(m.name.removeprefix(prefix) for m in client.search_registered_models(text, **more))
        except MlflowException as mistake:
            return mistake.message

    def versions(text, **more):
        try:
            return [m.name.removeprefix(prefix) + m.version for m in client.search_model_versions(text, **more)]
        except MlflowException as mistake:
            return mistake.message

    pages, token = [], None
    while True:
        page = client.search_registered_models(f"name LIKE '{prefix}%'", max_results=2, page_token=token)
        pages.append(len(page))
        token = page.token
        if not token:
            break
    answer = {
        "like": models(f"name LIKE '{prefix}%'"),
        "ilike": models(f"name ILIKE '{prefix.upper()}%'"),
        "descending": models(f"name LIKE '{prefix}%'", order_by=["name DESC"]),
        "tag": models("tags.place = '1'"),
        "prompt": models("tags.`mlflow.prompt.is_prompt` = 'true'"),
        "mistake": models("colour = 'red'"),
        "pages": pages,
        "versions": versions(f"name = '{prefix}c'"),
        "ordered": versions(f"name LIKE '{prefix}%'", order_by=["version_number ASC", "name DESC"]),
        "number": versions(f"name LIKE '{prefix}%' AND version_number > 2"),
        "run": len(versions(f"run_id = '{run}'")),
        "runs": len(versions(f"run_id IN ('{run}', 'x')")),
        "of": versions("tags.of = 'b'"),
    }
    client.delete_registered_model(prefix + "c")
    return {**answer, "deleted": [models(f"name LIKE '{prefix}%'"), versions(f"name = '{prefix}c'")]}


@mlflow.trace(name="retrieve", span_type="RETRIEVER", attributes={"k": 3})
def retrieve(question):
    return [f"page of {question}", "änother"]


@mlflow.trace
def answer_of(question):
    pages = retrieve(question)
    with mlflow.start_span("think", span_type="LLM") as span:
        span.set_inputs({"pages": pages, "deep": {"er": [1, 2.5, True, None]}})
        span.set_attribute("temperature", 0.5)
        span.add_event(SpanEvent("first token", attributes={"place": 1}))
        span.set_outputs("because")
    mlflow.update_current_trace(tags={"team": "blue"}, metadata={"version": "7"}, client_request_id=f"asked-{question}")
    return {"answer": "because", "pages": len(pages)}


def flushed():
    mlflow.flush_trace_async_logging()


def told_trace(trace):
    return {
        "state": str(trace.info.state.value),
        "experiment": trace.info.experiment_id,
        "request": trace.info.request_preview,
        "response": trace.info.response_preview,
        "client": trace.info.client_request_id,
        "took": trace.info.execution_duration is not None and trace.info.execution_duration >= 0,
        "tags": {k: v for k, v in trace.info.tags.items() if k in ("team", "mlflow.traceName", "mlflow.trace.spansLocation")},
        "metadata": {k: v for k, v in trace.info.trace_metadata.items() if k in ("version", "mlflow.sourceRun")},
        "spans": [
            {
                "name": span.name,
                "type": span.span_type,
                "parent": next((other.name for other in trace.data.spans if other.span_id == span.parent_id), None),
                "status": span.status.status_code.value,
                "inputs": span.inputs,
                "outputs": span.outputs,
                "events": [event.name for event in span.events],
                "ordered": span.end_time_ns >= span.start_time_ns,
            }
            for span in trace.data.spans
        ],
    }


def traced(experiment):
    """A program that is traced: nested calls, a call that fails, one within a run."""
    number = mlflow.set_experiment(experiment).experiment_id
    answer_of("why")
    first = mlflow.get_last_active_trace_id()
    try:
        with mlflow.start_span("breaks") as span:
            span.set_inputs(1)
            raise ValueError("no such page")
    except ValueError:
        pass
    broken = mlflow.get_last_active_trace_id()
    with mlflow.start_run(run_name="asks") as run:
        answer_of("when")
        within = mlflow.get_last_active_trace_id()
    flushed()
    found = client.get_trace(broken)
    error = found.data.spans[0]
    mlflow.set_experiment("Default")
    return {
        "ids": [first, broken, within],
        "number": number,
        "run": run.info.run_id,
        "first": told_trace(client.get_trace(first)),
        "temperature": client.get_trace(first).search_spans(name="think")[0].attributes["temperature"],
        "broken": {
            "state": found.info.state.value,
            "status": error.status.description,
            "message": error.events[0].attributes["exception.message"],
        },
        "within": [client.get_trace(within).info.trace_metadata["mlflow.sourceRun"] == run.info.run_id],
        "again": told_trace(mlflow.get_trace(first)) == told_trace(client.get_trace(first)),
        "missing": refused(lambda: client.get_trace("tr-" + "0" * 32)),
        "batch": [len(one.data.spans) for one in client._tracing_client.batch_get_traces([first, broken])],
    }


def searched_traces(number, filters, orders=()):
    """Traces by filter, as the name and what was asked of each; pages; a data frame."""
    def sign(trace):
        return trace.info.tags["mlflow.traceName"] + ":" + (trace.info.client_request_id or "")

    found = {}
    for text in filters:
        try:
            found[text] = [sign(trace) for trace in client.search_traces(locations=[number], filter_string=text)]
        except MlflowException as mistake:
            found[text] = mistake.message
    ordered = {order: [sign(t) for t in client.search_traces(locations=[number], order_by=[order])] for order in orders}
    pages, token = [], None
    while True:
        page = client.search_traces(locations=[number], max_results=2, page_token=token, include_spans=False)
        pages.append(len(page))
        token = page.token
        if not token:
            break
    frame = mlflow.search_traces(locations=[number])
    return {
        "found": found,
        "ordered": ordered,
        "pages": pages,
        "rows": len(frame),
        "columns": sorted(frame.columns),
        "spans": sorted(len(spans) for spans in frame["spans"]),
    }


def kept_traces(number, ids, run):
    """What is done with traces afterwards: tags, links to a run, taking away."""
    first, broken, within = ids
    client.set_trace_tag(first, "stage", "trial")
    client.set_trace_tag(first, "stage", "kept")
    client.set_trace_tag(first, "gone", "1")
    client.delete_trace_tag(first, "gone")
    tags = {k: v for k, v in client.get_trace(first).info.tags.items() if not k.startswith("mlflow.")}
    client.link_traces_to_run([first, broken], run)
    of_run = client.search_traces(locations=[number], run_id=run)
    answer = {
        "tags": tags,
        "noTag": refused(lambda: client.delete_trace_tag(first, "gone")),
        "linked": sorted(trace.info.trace_id for trace in of_run) == sorted(ids),
        "tooMany": refused(lambda: client.link_traces_to_run([first] * 101, run)),
        "neither": refused(lambda: client.delete_traces(number)),
        "nothing": client.delete_traces(number, max_timestamp_millis=0),
        "byId": client.delete_traces(number, trace_ids=[broken]),
        "gone": refused(lambda: client.get_trace(broken)),
        "oldest": client.delete_traces(number, max_timestamp_millis=4102444800000, max_traces=1),
        "left": [trace.info.trace_id == within for trace in client.search_traces(locations=[number])],
    }
    return answer


def assessed(number):
    """What people, programs and models think of a trace."""
    mlflow.set_experiment(experiment_id=number)
    answer_of("assessed")
    trace = mlflow.get_last_active_trace_id()
    flushed()
    person = AssessmentSource(source_type="HUMAN", source_id="ada")
    good = mlflow.log_feedback(trace_id=trace, name="correct", value=True, source=person, rationale="it is so", metadata={"a": "1"})
    score = mlflow.log_feedback(trace_id=trace, name="quality", value=0.75, source=AssessmentSource("LLM_JUDGE", "judge"))
    mlflow.log_feedback(trace_id=trace, name="parts", value={"tone": "calm", "length": 3})
    failed = mlflow.log_feedback(trace_id=trace, name="failed", error=ValueError("no judge"))
    wanted = mlflow.log_expectation(trace_id=trace, name="answer", value="because")
    mlflow.log_expectation(trace_id=trace, name="shape", value={"pages": [1, 2]})
    mlflow.update_assessment(trace, score.assessment_id, Feedback(name="quality", value=0.25, rationale="second look", metadata={"b": "2"}))
    instead = mlflow.override_feedback(trace_id=trace, assessment_id=good.assessment_id, value=False, rationale="it is not", source=person)
    found = client.get_trace(trace)
    shown = {}
    for one in found.info.assessments:
        value = one.feedback.value if one.feedback else one.expectation.value
        shown.setdefault(one.name, []).append([value, one.rationale, one.source.source_type, one.valid])
    mlflow.delete_assessment(trace, instead.assessment_id)
    mlflow.delete_assessment(trace, wanted.assessment_id)

    def search(text):
        return len(client.search_traces(locations=[number], filter_string=text))

    again = mlflow.get_assessment(trace, score.assessment_id)
    mlflow.set_experiment("Default")
    return {
        "shown": shown,
        "metadata": again.metadata,
        "error": mlflow.get_assessment(trace, failed.assessment_id).feedback.error.error_message,
        "valid": mlflow.get_assessment(trace, good.assessment_id).valid,
        "gone": refused(lambda: mlflow.get_assessment(trace, wanted.assessment_id)),
        "found": {
            text: search(text)
            for text in [
                "feedback.quality < 0.5",
                "feedback.quality > 0.5",
                "feedback.correct = 'true'",
                "feedback.correct = 'false'",
                "expectation.shape IS NOT NULL",
                "expectation.answer IS NULL AND trace.name = 'answer_of' AND trace.client_request_id = 'asked-assessed'",
            ]
        },
    }


def version():
    return mlflow.__version__


def endpoints():
    """Every call that the client's own files name, as method and path with something for each name in it."""
    services = [(service_pb2, "MlflowService"), (model_registry_pb2, "ModelRegistryService"), (mlflow_artifacts_pb2, "MlflowArtifactsService")]
    found = set()
    for file, name in services:
        for method in file.DESCRIPTOR.services_by_name[name].methods:
            for endpoint in method.GetOptions().Extensions[databricks_pb2.rpc].endpoints:
                path = re.sub(r"[{<][^}>]*[}>]", "x", "/" + endpoint.path.lstrip("/"))
                found.add((endpoint.method, f"/api/{endpoint.since.major}.0{path}"))
    return sorted(found)


kept = {}


def begun(experiment):
    kept["experiment"] = mlflow.set_experiment(experiment).experiment_id


def begins(name):
    """What a training script does until it logs its first number; the run stays open."""
    kept[name] = client.create_run(kept["experiment"], run_name=name).info.run_id
    client.log_param(kept[name], "kind", "tree")
    client.log_param(kept[name], "name", name)


def goesOn(name, values):
    for step, value in enumerate(values):
        client.log_metric(kept[name], "loss", value, step=step)


def ends(name):
    client.set_terminated(kept[name])


def noteOf(name):
    return client.get_run(kept[name]).data.tags.get("mlflow.note.content")


def learned(name, depth, auc):
    """What a training script does that registers what it learned."""
    features, _ = rows()
    with mlflow.start_run(run_name=f"depth {depth}"):
        mlflow.log_param("depth", depth)
        mlflow.log_metric("auc", auc)
        mlflow.log_input(mlflow.data.from_pandas(features, name="flights"), context="training")
        mlflow.sklearn.log_model(
            fitted("sklearn"), name="model", registered_model_name=name, input_example=features.head(2)
        )


def aliasOf(name, alias):
    return client.get_model_version_by_alias(name, alias).version


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
