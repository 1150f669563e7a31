"""A shop's own server in Python: Segment's client, unmodified, does what each line of standard input asks for.

Each line is answered by one with what the client complained about. It must never mend, repeat or hide anything.
"""

import json
import logging
import sys

from segment.analytics import Client


class Kept(logging.Handler):
    """Keeps what the client complains about."""

    def __init__(self):
        super().__init__(level=logging.WARNING)
        self.words = []

    def emit(self, record):
        self.words.append(record.getMessage())

    def refused(self, error, events):
        self.words.append(f"{error} ({len(events)} events)")


def said(call):
    """The call's arguments as the client names them."""
    words = {"context": call.get("context"), "user_id": call.get("userId"), "anonymous_id": call.get("anonymousId")}
    if call["type"] == "track":
        return words | {"event": call["event"], "properties": call.get("properties")}
    if call["type"] == "identify":
        return words | {"traits": call.get("traits")}
    return words | {"name": call.get("name"), "properties": call.get("properties")}


for line in sys.stdin:
    job = json.loads(line)
    kept = Kept()
    logging.getLogger("segment").addHandler(kept)
    client = Client(job["write_key"], host=job["host"], on_error=kept.refused, **job["settings"])
    for call in job["calls"]:
        getattr(client, call["type"])(**said(call))
    client.flush()
    left = client.queue.qsize()
    client.shutdown()
    logging.getLogger("segment").removeHandler(kept)
    print(json.dumps({"errors": kept.words, "left": left}), flush=True)
