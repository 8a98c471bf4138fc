"""What tests and scripts of tests sign in with: one-time codes, and a real identity provider of their own."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from services.accounts.factors import STEP_S, totp_of


def one_time_code(secret: str, *, now_s: float, ahead: int = 0) -> str:
    """What an authenticator app shows for this base32 secret now, or ``ahead`` steps from now."""
    return totp_of(base64.b32decode(secret)).generate(int(now_s) + ahead * STEP_S).decode()


class LocalProvider:
    """OpenID Connect over plain HTTP on this machine: description, keys and tokens, signed with a key of its own.

    ``approve`` is the person who says yes there. ``forge`` makes another ID token of (claims, header): what an attacker
    would send, or a broken provider.
    """

    CLIENT, SECRET = "hall", "s3cret/with+signs"

    def __init__(self, *, now_s: Callable[[], float]) -> None:
        from joserfc.jwk import RSAKey

        self._now_s = now_s
        self.key = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
        self.forge: Callable[[dict[str, Any], dict[str, str]], Any] = self.sign
        self.more_keys: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self._codes: dict[str, tuple[dict[str, str], str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(self.path)
                self._answer(provider.read(self.path))

            def do_POST(self) -> None:
                provider.asked.append(self.path)
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                self._answer(provider.token(body, self.headers.get("authorization", "")))

            def _answer(self, told: object | None) -> None:
                body = json.dumps(told if told is not None else {"error": "invalid_grant"}).encode()
                self.send_response(200 if told is not None else 400)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def read(self, path: str) -> object | None:
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
        return {"keys": [self.key.as_dict(private=False), *self.more_keys]} if path == "/keys" else None

    def approve(self, url: str, *, subject: str) -> tuple[str, str]:
        """(code, state) as the browser brings them back from this question."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = secrets.token_urlsafe()
        self._codes[code] = asked, subject
        return code, asked["state"]

    def token(self, body: str, authorization: str) -> object | None:
        told = {name: values[0] for name, values in parse_qs(body).items()}
        asked, subject = self._codes.pop(told.get("code", ""), ({}, ""))
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        if not asked or [unquote(part) for part in pair.split(":")] != [self.CLIENT, self.SECRET]:
            return None
        if asked["redirect_uri"] != told["redirect_uri"] or not self._proved(asked, told["code_verifier"]):
            return None
        now = int(self._now_s())
        claims = {
            "iss": self.issuer, "sub": subject, "aud": self.CLIENT, "iat": now, "exp": now + 300,
            "nonce": asked["nonce"], "name": "王小明",
        }  # fmt: skip
        return {
            "token_type": "Bearer",
            "access_token": "a",
            "id_token": self.forge(claims, {"alg": "RS256", "kid": "k1"}),
        }

    def sign(self, claims: dict[str, Any], header: dict[str, str]) -> str:
        from joserfc import jwt

        return jwt.encode(header, claims, self.key)

    @staticmethod
    def _proved(asked: dict[str, str], verifier: str) -> bool:
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        return (
            asked["code_challenge_method"] == "S256" and create_s256_code_challenge(verifier) == asked["code_challenge"]
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
