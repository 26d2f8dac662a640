"""Every wait and limit of the traffic with an upstream, in one place (reliability.md §2)."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds, except `cap`, which is bytes after decompression and is never scaled.

    `connect` covers the look-up of the name and every address tried; `call` is the whole request:
    connect, send, headers and body together. The others belong to the actions: `lease` of a claim,
    `settle` after an unanswered write, `tick` and `pull` of the runner, `send_window` between
    write-ahead and first byte, `second_look` at an id that answered 404; `trip` and `trip_max`, how
    long a server that fails is left alone, `half_open` for the one probe after that, `quota` and
    `frozen` between two probes of a connection in that state.
    """

    connect: float = 5.0
    call: float = 60.0
    cap: int = 16 * 1024 * 1024
    lease: float = 90.0
    settle: float = 120.0
    tick: float = 2.0
    pull: float = 600.0
    send_window: float = 5.0
    second_look: float = 60.0
    trip: float = 30.0
    trip_max: float = 900.0
    half_open: float = 60.0
    quota: float = 900.0
    frozen: float = 300.0

    def scaled(self, factor: float) -> Times:
        """The same times multiplied by `factor` (SYNC_TIME_SCALE); `cap` stays."""
        names = [field.name for field in fields(self) if field.name != "cap"]
        return replace(self, **{name: getattr(self, name) * factor for name in names})
