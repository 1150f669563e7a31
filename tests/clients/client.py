"""A shop's own server in Python: Segment's client, unmodified, does what standard input asks for and says how it went.

It must never mend, repeat or hide anything: what the client reports is what standard output says.
"""

import json
import logging
import sys

import segment.analytics as analytics

job = json.load(sys.stdin)
errors = []


class Kept(logging.Handler):
    """Keeps what the client complains about."""

    def emit(self, record):
        errors.append(record.getMessage())


logging.getLogger("segment").addHandler(Kept(level=logging.WARNING))

def refused(error, events):
    errors.append(f"{error} ({len(events)} events)")


if "settings" in job:
    client = analytics.Client(job["write_key"], host=job["host"], on_error=refused, **job["settings"])
else:
    client, analytics.write_key, analytics.host, analytics.on_error = analytics, job["write_key"], job["host"], refused

for call in job["calls"]:
    said = {"context": call.get("context"), "user_id": call.get("userId"), "anonymous_id": call.get("anonymousId")}
    kind = call["type"]
    if kind == "track":
        said |= {"event": call["event"], "properties": call.get("properties")}
    elif kind == "identify":
        said |= {"traits": call.get("traits")}
    else:
        said |= {"name": call.get("name"), "properties": call.get("properties")}
    getattr(client, kind)(**said)
client.flush()
left = getattr(client, "default_client", client).queue.qsize()
client.shutdown()
print(json.dumps({"errors": errors, "left": left}))
