"""A sign-in provider on the loopback, as OpenID Connect has it: it signs in whoever it is told to, unasked."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "twin-dashboard", "no-secret-of-anybody"


class Provider:
    """Signs tokens for one person at a time.

    Parameters
    ----------
    lasts_seconds : float
        Until a token expires.
    """

    def __init__(self, address: str, lasts_seconds: float = 3600.0) -> None:
        self.address, self.lasts_seconds = address, lasts_seconds
        self.claims: dict[str, Any] = {"sub": "nobody"}
        self.codes: dict[str, dict[str, str]] = {}
        self.key = RSAKey.generate_key(2048, parameters={"kid": "test", "use": "sig", "alg": "RS256"})

    def metadata(self) -> dict[str, Any]:
        """What a client asks for first."""
        return {
            "issuer": self.address, "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token", "jwks_uri": f"{self.address}/keys",
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"], "scopes_supported": ["openid", "email", "profile"],
        }  # fmt: skip

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser goes back to."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any]:
        """An identity token for a code; each code counts once."""
        told = base64.b64decode(authorization.removeprefix("Basic ")).decode() if authorization else ""
        assert told == f"{CLIENT}:{SECRET}" or form.get("client_secret") == SECRET
        asked, now = self.codes.pop(form["code"]), int(time.time())
        claims = {
            "iss": self.address, "aud": CLIENT, "iat": now, "exp": int(now + self.lasts_seconds),
            "nonce": asked.get("nonce", ""), **self.claims,
        }  # fmt: skip
        signed = jwt.encode({"alg": "RS256", "kid": "test"}, claims, self.key)
        return {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "expires_in": 60, "id_token": signed}


@contextmanager
def provided(port: int) -> Iterator[Provider]:
    """A provider that answers while this lasts."""
    provider = Provider(f"http://127.0.0.1:{port}")

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorize(asked))
                self.end_headers()
                return
            keys = {"keys": [provider.key.as_dict(private=False)]}
            self.tell(keys if parts.path == "/keys" else provider.metadata())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self.tell(provider.token(form, self.headers.get("Authorization", "")))

        def tell(self, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", port), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
