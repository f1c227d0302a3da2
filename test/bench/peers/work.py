"""What a node of a scenario does, the same for every engine. The scenario is JSON in the environment variable SCENARIO."""

import json
import os
import subprocess

scenario = json.loads(os.environ["SCENARIO"])
count: int = scenario["nodes"]
in_row: bool = scenario["inRow"]


def fibo(n: int) -> int:
    return n if n < 2 else fibo(n - 1) + fibo(n - 2)


def work() -> int:
    if scenario["language"] == "python":
        return fibo(scenario["fibo"])
    # No engine here runs JavaScript itself; starting Node is what their users do.
    code = f"const f = (n) => (n < 2 ? n : f(n - 1) + f(n - 2)); console.log(f({scenario['fibo']}))"
    return int(subprocess.run([os.environ["NODE"], "-e", code], check=True, capture_output=True, text=True).stdout)


def tell(seconds: float) -> None:
    """The last line that an adapter prints."""
    print(json.dumps({"seconds": seconds}), flush=True)
