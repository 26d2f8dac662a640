"""An upstream that is quicker than any client: fixed latency, a rate window, plain assistants.

`python -m tests.bench.stub --latency 0.05 --assistants 1000 --window 5 --limit 200` prints its base
URL as a line. GET /_seen answers with counts and begins anew: none counted, nothing changed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter, deque
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "sk-bench"
TOOMANY = (
    b'{"error":{"message":"Rate limit reached.","type":"requests","code":"rate_limit_exceeded"}}'
)


def row(n: int) -> dict[str, Any]:
    """Assistant number `n`, of an ordinary size: about 2 kB with two functions."""
    parameters = {
        "type": "object",
        "properties": {"number": {"type": "string", "description": "As printed on the receipt."}},
        "required": ["number"],
        "additionalProperties": False,
    }
    functions = [
        {
            "type": "function",
            "function": {"name": name, "description": "By its number.", "parameters": parameters},
        }
        for name in ("get_order", "get_customer")
    ]
    return {
        "id": f"asst_{n:024d}",
        "object": "assistant",
        "created_at": 1_700_000_000 + n,
        "name": f"Assistant {n}",
        "description": None,
        "model": "gpt-4o",
        "instructions": "Help customers of the EU shop. " * 40,
        "tools": functions,
        "tool_resources": {},
        "metadata": {"team": "care"},
        "temperature": 1.0,
        "top_p": 1.0,
        "response_format": "auto",
    }


class Store:
    """What it holds, as the bytes that it answers with."""

    def __init__(self, assistants: int, window: float, limit: int) -> None:
        self.first = {item["id"]: json.dumps(item).encode() for item in map(row, range(assistants))}
        self.seen: Counter[str] = Counter()
        self.window, self.limit = window, limit
        self.times: deque[float] = deque()
        self.take()

    def take(self) -> bytes:
        """The counts so far. From here on everything is as it was at the start."""
        counts = json.dumps(self.seen).encode()
        self.seen.clear()
        self.times.clear()
        self.rows = dict(self.first)
        self.ids = list(self.rows)
        self.places = {id_: n for n, id_ in enumerate(self.ids)}
        return counts

    def is_too_many(self, now: float) -> bool:
        """A sliding window; what is refused does not count in it."""
        while self.times and self.times[0] <= now - self.window:
            self.times.popleft()
        if self.limit and len(self.times) >= self.limit:
            return True
        self.times.append(now)
        return False

    def answer(self, method: str, target: str, body: bytes) -> bytes:
        parts = urlsplit(target)
        id_ = parts.path.removeprefix("/v1/assistants").lstrip("/")
        self.seen[f"{method} {'one' if id_ else 'all'}"] += 1
        if method == "POST":
            return self._write(id_, json.loads(body))
        return self.rows[id_] if id_ else self._page(dict(parse_qsl(parts.query)))

    def _write(self, id_: str, sent: dict[str, Any]) -> bytes:
        if not id_:
            id_ = f"asst_{len(self.ids):024d}"
            self.ids.append(id_)
            self.places[id_] = len(self.ids) - 1
            old = {**row(len(self.ids)), "id": id_, "tools": [], "instructions": None}
        else:
            old = json.loads(self.rows[id_])
        self.rows[id_] = json.dumps(old | sent).encode()
        return self.rows[id_]

    def _page(self, asked: dict[str, str]) -> bytes:
        size = int(asked.get("limit", "20"))
        if asked.get("order", "desc") == "desc":
            known = self.ids[::-1]
            at = len(known) - self.places[asked["after"]] if "after" in asked else 0
        else:
            known = self.ids
            at = self.places[asked["after"]] + 1 if "after" in asked else 0
        page = known[at : at + size]
        first, last = (json.dumps(page[at] if page else None) for at in (0, -1))
        more = "true" if at + size < len(known) else "false"
        data = b",".join(self.rows[id_] for id_ in page)
        tail = f'],"first_id":{first},"last_id":{last},"has_more":{more}}}'
        return b'{"object":"list","data":[' + data + tail.encode()


async def _serve(store: Store, latency: float) -> None:
    loop = asyncio.get_running_loop()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")
                method, target, _ = first.split(" ")
                headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                status, content = 200, b""
                if target == "/_seen":
                    content = store.take()
                elif store.is_too_many(loop.time()):
                    store.seen["429"] += 1
                    status, content = 429, TOOMANY
                else:
                    content = store.answer(method, target, body)
                if latency and target != "/_seen":
                    await asyncio.sleep(latency)
                writer.write(
                    f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(content)}\r\n\r\n".encode()
                    + content
                )
                if headers.get("connection") == "close":
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0, backlog=512)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"http://127.0.0.1:{port}/v1\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--latency", type=float, default=0.0)
    options.add_argument("--assistants", type=int, default=0)
    options.add_argument("--window", type=float, default=1.0)
    options.add_argument("--limit", type=int, default=0, help="calls per window; 0 = no limit")
    asked = options.parse_args()
    asyncio.run(_serve(Store(asked.assistants, asked.window, asked.limit), asked.latency))


if __name__ == "__main__":
    main()
