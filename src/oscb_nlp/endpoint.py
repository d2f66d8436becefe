"""A language model behind an OpenAI-compatible address: the one module that opens a connection.

Nothing imports it but the second coder, which nobody calls without giving an address. An
address on another machine is refused unless the caller says that text may leave this one.
"""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from oscb_nlp.errors import EndpointError, SettingError

if TYPE_CHECKING:
    import httpx

__all__ = ["Answer", "Endpoint", "is_loopback"]

_AGAIN = frozenset({408, 429, 500, 502, 503, 504, 529})
_LONGEST_WAIT = 60.0
_MOST_BYTES = 5_000_000  # an answer is a few hundred bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said, and the tokens that it counted (0 where it does not say)."""

    text: str
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible address with the model to ask.

    Parameters
    ----------
    url
        Up to and with the version, such as ``http://127.0.0.1:11434/v1``.
    model
        The model's name there.
    key
        Sent as bearer token where it is not empty.
    may_leave
        Whether text may be sent to another machine.
    timeout
        Seconds that an answer may take.
    attempts
        How often one question is sent where the server is busy, fails or does not answer.
    sleep
        Waits between attempts.

    Raises
    ------
    SettingError
        If the address is none, or on another machine and ``may_leave`` is false, or would carry
        text and key to another machine without encryption.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    may_leave: bool = False
    timeout: float = 120.0
    attempts: int = 5
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def __post_init__(self) -> None:
        url = _parsed(self.url)
        if is_loopback(self.url):
            return
        if not self.may_leave:
            raise SettingError(
                f"{self.url}: is on another machine, so the passages would leave this one; run a "
                "model here (http://127.0.0.1:...), or give --text-may-leave-this-machine"
            )
        if url.scheme != "https":
            raise SettingError(f"{self.url}: another machine is asked over https alone")

    def ask(self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any]) -> Answer:
        """Return the model's answer to a conversation, in the form of a JSON schema.

        Raises
        ------
        EndpointError
            If the server refuses, or does not answer in as many attempts as are allowed.
        """
        import httpx

        body = {
            "model": self.model,
            "messages": list(messages),
            "temperature": 0,
            "seed": 0,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "coding", "strict": True, "schema": schema},
            },
        }
        trouble = ""
        # A proxy of the environment would carry what is meant for this machine to another.
        with httpx.Client(
            timeout=self.timeout, trust_env=not is_loopback(self.url), follow_redirects=False
        ) as client:
            for attempt in range(self.attempts):
                wait = min(2.0**attempt, _LONGEST_WAIT)
                try:
                    with client.stream(
                        "POST",
                        f"{self.url.rstrip('/')}/chat/completions",
                        json=body,
                        headers={"Authorization": f"Bearer {self.key}"} if self.key else {},
                    ) as response:
                        content = _content(response)
                except (httpx.TransportError, httpx.DecodingError) as error:
                    trouble = f"{type(error).__name__}: {error}"
                else:
                    if response.is_success:
                        return _answer(content)
                    trouble = f"it answered {response.status_code}"
                    if response.status_code not in _AGAIN:
                        raise EndpointError(f"{self.url}: {trouble}; {_advice(response)}")
                    wait = _asked_to_wait(response, wait)
                if attempt + 1 < self.attempts:
                    self.sleep(wait)
        raise EndpointError(
            f"{self.url}: gave no answer in {self.attempts} attempts, at last: {trouble}; what was "
            "answered before is kept, so run the same command again"
        )


def is_loopback(url: str) -> bool:
    """Return whether an address is on this machine.

    >>> is_loopback("http://127.0.0.1:11434/v1"), is_loopback("https://127.0.0.1.example.org")
    (True, False)
    """
    host = _parsed(url).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _parsed(url: str) -> httpx.URL:
    try:
        import httpx
    except ImportError:
        raise SettingError(
            'a language model is asked with httpx: pip install "oscb-nlp[llm]"'
        ) from None
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise SettingError(f"{url}: is no address: {error}") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise SettingError(f"{url}: is no address such as http://127.0.0.1:11434/v1")
    return parsed


def _content(response: httpx.Response) -> bytes:
    """Return a response's bytes; none where they are more than an answer can be."""
    content = bytearray()
    for part in response.iter_bytes():
        content += part
        if len(content) > _MOST_BYTES:
            return b""
    return bytes(content)


def _answer(content: bytes) -> Answer:
    """Return what stands in a response; a form that is not the API's is an empty answer."""
    try:
        said = json.loads(content)
        text = said["choices"][0]["message"]["content"]
        usage = said.get("usage") or {}
        counts = (usage.get("prompt_tokens"), usage.get("completion_tokens"))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Answer("")
    tokens = [count if isinstance(count, int) and count > 0 else 0 for count in counts]
    return Answer(text if isinstance(text, str) else "", *tokens)


def _asked_to_wait(response: httpx.Response, usual: float) -> float:
    try:
        asked = float(response.headers.get("retry-after", ""))
    except ValueError:
        return usual
    return min(asked, _LONGEST_WAIT) if asked >= 0 else usual


def _advice(response: httpx.Response) -> str:
    """Return the way out; the body may repeat the passage, so it is not shown."""
    return {
        400: "it may not know the response format json_schema: take a server that does",
        401: "give the key in the environment variable that --key-from names",
        403: "the key may not use this model",
        404: "check the address (it ends in /v1 with most servers) and the model's name",
    }.get(response.status_code, "check address, model and key")
