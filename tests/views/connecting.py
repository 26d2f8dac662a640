"""The form of the connection page, filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.upstream import Upstream


def data(upstream: Upstream, **more: str) -> dict[str, str]:
    usual = {
        "profile": "openai-compatible",
        "base_url": upstream.url,
        "key": upstream.key,
        "rate": "5",
        "check_every": "600",
    }
    return usual | more
