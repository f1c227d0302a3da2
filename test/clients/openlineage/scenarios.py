"""What other programs do with OpenLineage: hold events against the published schemas, and send their own with the released client."""

import json
import os
import sys
import traceback
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker
from openlineage.client import OpenLineageClient, event_v2
from openlineage.client.facet_v2 import (
    output_statistics_output_dataset,
    ownership_dataset,
    schema_dataset,
    sql_job,
)
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport
from referencing import Registry, Resource

spec = Path(__file__).parent / "spec"
schemas = {file: json.loads(file.read_text()) for file in sorted(spec.rglob("*.json"))}
registry = Registry().with_resources((one["$id"], Resource.from_contents(one)) for one in schemas.values())
core = schemas[spec / "OpenLineage.json"]
# Which schema a facet has, by where it stands in an event and by its key there; a file may hold several.
of_key = {}
for file, schema in schemas.items():
    for key, part in schema.get("properties", {}).items():
        if "$ref" not in part:
            continue
        of_key.setdefault(key, []).append((schema["$id"], part["$ref"]))


def validator(schema):
    return Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())


def facets_of(event):
    """Every facet with its path and key."""
    places = [("run", event.get("run", {})), ("job", event.get("job", {})), ("dataset", event.get("dataset", {}))]
    for side in ("inputs", "outputs"):
        places += [(f"{side}/{index}", one) for index, one in enumerate(event.get(side, []))]
    for place, holder in places:
        for group in ("facets", "inputFacets", "outputFacets"):
            for key, facet in holder.get(group, {}).items():
                yield f"{place}/{group}/{key}", key, facet


def mistakes(events):
    """What the published schemas have against each event, and how often each facet was seen."""
    found, seen = [], {}
    for number, event in enumerate(events):
        for mistake in validator(core).iter_errors(event):
            found.append(f"event {number}: {mistake.json_path}: {mistake.message[:200]}")
        for path, key, facet in facets_of(event):
            seen[key] = seen.get(key, 0) + 1
            told = facet["_schemaURL"]
            fits = [(base, ref) for base, ref in of_key.get(key, []) if told == f"{base}{ref}"]
            if not fits:
                found.append(f"event {number}: {path}: {told} is no published schema of {key}")
                continue
            base, ref = fits[0]
            for mistake in validator({"$ref": f"{base}{ref}"}).iter_errors(facet):
                found.append(f"event {number}: {path}: {mistake.json_path}: {mistake.message[:200]}")
    return {"mistakes": found, "facets": seen}


def client_of(token, **more):
    config = HttpConfig(
        url=os.environ["DRAWLOOM_TEST_URL"], auth=ApiKeyTokenProvider({"apiKey": token}), retry={"total": 0}, **more
    )
    return OpenLineageClient(transport=HttpTransport(config))


def nightly(token, run, gzip=False):
    """A night of a warehouse, as a scheduler's integration tells it: a job that reads one table and writes another, then what these are."""
    client = client_of(token, **({"compression": "gzip"} if gzip else {}))
    made_by = "https://example.org/scheduler"
    job = event_v2.Job(
        namespace="warehouse",
        name="nightly.flights",
        facets={"sql": sql_job.SQLJobFacet(query="insert into flights select * from raw.flights", producer=made_by)},
    )
    raw = event_v2.InputDataset(namespace="postgres://db:5432", name="raw.flights")
    fields = [schema_dataset.SchemaDatasetFacetFields(name="delay", type="double")]
    flights = event_v2.OutputDataset(
        namespace="postgres://db:5432",
        name="public.flights",
        facets={"schema": schema_dataset.SchemaDatasetFacet(fields=fields, producer=made_by)},
        outputFacets={"outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=7)},
    )

    def told(state, at, **more):
        return event_v2.RunEvent(
            eventType=state, eventTime=at, run=event_v2.Run(runId=run), job=job, producer=made_by, **more
        )

    client.emit(told(event_v2.RunState.START, "2026-01-31T02:00:00.000001+01:00"))
    client.emit(told(event_v2.RunState.COMPLETE, "2026-01-31T02:10:00+01:00", inputs=[raw], outputs=[flights]))
    client.emit(event_v2.JobEvent(eventTime="2026-01-31T01:00:00Z", job=job, producer=made_by, inputs=[raw]))
    owner = ownership_dataset.OwnershipDatasetFacet(
        owners=[ownership_dataset.Owner(name="team:blue", type="STEWARD")], producer=made_by
    )
    described = event_v2.StaticDataset(
        namespace="postgres://db:5432", name="public.flights", facets={"ownership": owner}
    )
    client.emit(event_v2.DatasetEvent(eventTime="2026-01-31T03:00:00Z", dataset=described, producer=made_by))
    client.close()


# What a client prints for people must not come between the answers.
answers, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    call = json.loads(line)
    try:
        answer = {"answer": globals()[call["scenario"]](*([call["token"]] if call["token"] else []), **call["args"])}
    except Exception:
        answer = {"error": traceback.format_exc()}
    print(json.dumps(answer), file=answers, flush=True)
