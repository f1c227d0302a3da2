"""What other programs do with OpenLineage: hold events against the published schemas, and send their own with the released client."""

import json
import sys
import traceback
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker
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


# What a client prints for people must not come between the answers.
answers, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    call = json.loads(line)
    try:
        answer = {"answer": globals()[call["scenario"]](**call["args"])}
    except Exception:
        answer = {"error": traceback.format_exc()}
    print(json.dumps(answer), file=answers, flush=True)
