"""A shop's own server: Segment's client, unmodified, pointed at Equipoise.

What a customer agreed to travels with each event; an event that says nothing goes by what the ledger knows.
"""

import json
import os
import urllib.request

import segment.analytics as analytics

SERVER = os.environ.get("EQUIPOISE", "http://127.0.0.1:8080")
analytics.write_key = os.environ.get("WRITE_KEY", "change-me-web")
analytics.host = SERVER
analytics.on_error = lambda error, events: print("not sent:", error)

USER = "python-1"
CONTEXT = {"consent": {"categoryPreferences": {"personalisation": True, "analytics": True, "offers": False}}}

analytics.identify(USER, {"firstName": "Hana", "email": "hana.p@example.com"}, context=CONTEXT)
analytics.track(USER, "Product Viewed", {"product_id": "kea-40"}, context=CONTEXT)
order = {"order_id": "p-1", "currency": "NZD", "total": 189.9, "products": [{"product_id": "kea-40", "quantity": 1, "price": 189.9}]}
analytics.track(USER, "Order Completed", order, context=CONTEXT)
analytics.shutdown()
print("three events sent")


def ask(path, body=None):
    """Asks as the operator. The token must never reach a browser."""
    headers = {"authorization": f"Bearer {os.environ['TOKEN']}", "content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(SERVER + path, data, headers)) as answer:
        return json.load(answer)


if "TOKEN" in os.environ:
    print(json.dumps(ask(f"/v1/recommendations?user_id={USER}&count=4"), indent=2, ensure_ascii=False))
    certificate = ask("/v1/subjects/erase", {"user_id": USER})
    print("erased:", certificate["deleted"], "kept under seal because a law says so:", certificate["retained"])
