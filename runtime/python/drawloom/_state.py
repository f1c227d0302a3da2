"""Decides what node code can learn about the attempt it runs in. Outside of one, everything has a harmless value."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Optional

#: Writes one message to the worker; None outside of an attempt.
send: Optional[Callable[[Dict[str, Any]], None]] = None
seed: int = 0


class Context:
    """The attempt that is running. Use `idempotency_key` for effects outside Drawloom: it stays the same when a lost
    attempt is tried again, so that the other side can recognise the second try."""

    run: int = 0
    node: str = ""
    map_index: int = 0
    attempt: int = 1
    fence: int = 0
    idempotency_key: str = ""
    #: The W3C trace context of this attempt, for code that makes spans of its own; also in the variable TRACEPARENT.
    traceparent: str = ""
    params: Mapping[str, Any] = {}

    def __repr__(self) -> str:
        return f"<attempt {self.attempt} of {self.node or 'no node'} in run {self.run}>"


context = Context()


def begin(message: Mapping[str, Any], sender: Callable[[Dict[str, Any]], None]) -> None:
    """Takes over the facts of the attempt that this process was given."""
    global send, seed
    send = sender
    seed = int(message.get("seed") or 0)
    attempt = message.get("attempt") or {}
    context.run = attempt.get("run", 0)
    context.node = attempt.get("node", "")
    context.map_index = attempt.get("mapIndex", 0)
    context.attempt = attempt.get("attempt", 1)
    context.fence = attempt.get("fence", 0)
    context.idempotency_key = attempt.get("idempotencyKey", "")
    context.traceparent = attempt.get("traceparent", "")
    context.params = dict(message.get("parameters") or {})
