"""What became of a file: in words for people, as one JSON object for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants_app import contract
from assistants_app.contract.problems import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistants_app.actions.imports import Result, Row

_OUTCOMES = {"imported": "imported", "there": "already there", "refused": "refused"}


@dataclass(frozen=True, slots=True)
class Report:
    """One file; `had_mark`: it began with a byte order mark, which was dropped."""

    file: str
    result: Result
    had_mark: bool = False

    def in_words(self) -> str:
        """The counts, then what there is to say about single items."""
        counts = ", ".join(f"{self.result.count(o):,} {word}" for o, word in _OUTCOMES.items())  # type: ignore[arg-type]
        return "\n".join([f"{self.file}: {counts}.", *self._notes(), *self._lines()])

    def _notes(self) -> Iterator[str]:
        aside = list(dict.fromkeys(key for row in self.result.rows for key in row.item.set_aside))
        if aside:
            yield f"Left out, since it belongs to the server it came from: {', '.join(aside)}."
        if self.had_mark:
            yield "Left out: the byte order mark at the start."

    def _lines(self) -> Iterator[str]:
        for row in self.result.rows:
            if row.problems:
                yield f"{_called(row)}: {_OUTCOMES[row.outcome]}"
                yield from (f"  {sentence(found)}" for found in row.problems)

    def as_json(self) -> str:
        return contract.dumps(
            {
                "file": self.file,
                "imported": self.result.count("imported"),
                "already_there": self.result.count("there"),
                "refused": self.result.count("refused"),
                "items": [_as_json(row) for row in self.result.rows],
                "problems": [],
            }
        )


def refused_as_json(file: str, problems: Sequence[contract.Problem]) -> str:
    """The same object for a file that is refused as a whole."""
    return contract.dumps(
        {
            "file": file,
            "imported": 0,
            "already_there": 0,
            "refused": 0,
            "items": [],
            "problems": [_problem(found) for found in problems],
        }
    )


def sentence(found: contract.Problem) -> str:
    """Where, the plain words, and what is written today where that is known."""
    words = f"{found.param}: " * bool(found.path) + contract.plain(found)
    if found.level != "error":
        words = f"({found.level}) {words}"
    present = found.data.get("present")
    return f"{words} Today: {contract.dumps(present)}" if present else words


def _called(row: Row) -> str:
    name = row.item.document.get("name")
    named = f"“{shown(name)}”" if isinstance(name, str) and name else ""
    return " ".join(filter(None, (row.item.place, named))) or "The assistant"


def _as_json(row: Row) -> dict[str, Any]:
    return {
        "place": row.item.place,
        "name": row.item.document.get("name"),
        "outcome": row.outcome,
        "assistant": row.assistant.pk if row.assistant else None,
        "set_aside": list(row.item.set_aside),
        "problems": [_problem(found) for found in row.problems],
    }


def _problem(found: contract.Problem) -> dict[str, Any]:
    return {
        "param": found.param,
        "level": found.level,
        "code": found.code,
        "message": contract.plain(found),
        "present": found.data.get("present"),
    }
