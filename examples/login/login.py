"""Sends a customer who is signed in to your shop on to their privacy page. Python 3.9 or newer, no packages.

LOGIN_SECRET=$(cat equipoise-data/keys/login.secret) python3 login.py https://privacy.shop.example 42
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import uuid


def privacy_page(origin: str, user_id: str, secret: str) -> str:
    """The address for one customer: good once, for two minutes. Make it when they click, and redirect to it."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    now = int(time.time())
    claims = {"sub": user_id, "aud": "equipoise-privacy", "jti": str(uuid.uuid4()), "iat": now, "exp": now + 120}
    text = part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()) + "." + part(json.dumps(claims).encode())
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return f"{origin}/privacy/enter?token={text}.{part(signature)}"


if __name__ == "__main__":
    print(privacy_page(sys.argv[1], sys.argv[2], os.environ["LOGIN_SECRET"].strip()))
