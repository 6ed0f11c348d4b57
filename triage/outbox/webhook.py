"""Hands signed messages to programs elsewhere over HTTPS: one try, one short answer, no detours."""

import asyncio
import ssl
from collections.abc import Mapping

import httpx2

from triage.errors import Temporary

SECONDS = 10.0  # for everything, from looking up the name to the answer's last header
LONGEST_ERROR = 200


class HttpCaller:
    """`ports.Caller` over the network. Safe to share between threads."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._tls = ssl.create_default_context()

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """One POST; see `ports.Caller.post`."""
        try:
            return asyncio.run(self._post(url, headers, body))
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise Temporary(f"There was no answer within {self._seconds:g} seconds.") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError) as error:
            raise Temporary(f"It could not be reached: {_words(error)}") from error

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        # httpx2 counts each step on its own, so that a server which sends a byte now and then would hold it for ever.
        async with (
            asyncio.timeout(self._seconds),
            # Neither proxies nor passwords of the machine's environment belong here.
            httpx2.AsyncClient(
                verify=self._tls, timeout=self._seconds, follow_redirects=False, trust_env=False
            ) as client,
            client.stream("POST", url, headers=dict(headers), content=body) as answer,
        ):
            return answer.status_code


def _words(error: Exception) -> str:
    words = " ".join(str(error).split())[:LONGEST_ERROR] or type(error).__name__
    return f"{words.rstrip('.')}."
