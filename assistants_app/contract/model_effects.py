"""What a model means for the other fields, and the edits that would match it: advice, as ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from assistants_app.contract import limits
from assistants_app.contract.catalogue import family
from assistants_app.contract.model_advice import SOON

if TYPE_CHECKING:
    from assistants_app.contract.catalogue import Catalogue, Family
    from assistants_app.contract.ordered_json import Document

_NUMBERS: Final = ("temperature", "top_p")


@dataclass(frozen=True, slots=True)
class Proposal:
    """An edit that would match: `field` gets `value`; None unsets it."""

    field: Literal["reasoning_effort", "temperature", "top_p"]
    value: str | None


@dataclass(frozen=True, slots=True)
class Effects:
    """What is known of a document's model. `rules` None: nothing about what it takes.

    `is_listed`: it is one of the models known here. `is_named`: the id is the name of a deployment,
    so only a mapping could tell. `shutdown` and `days`: when, and how long from now (below 1 = it
    has happened). `reply`: the kind of reply that the document asks for and the model is not known
    to give, "" = none. `ignores`: the numbers that are set and that it may ignore.
    """

    model: str
    rules: Family | None
    is_listed: bool
    is_named: bool
    shutdown: date | None
    days: int
    reply: str
    ignores: tuple[str, ...]
    proposals: tuple[Proposal, ...]

    @property
    def is_ending(self) -> bool:
        """Switched off, or soon."""
        return self.shutdown is not None and self.days <= SOON


def effects(doc: Document, catalogue: Catalogue, today: date | None = None) -> Effects | None:
    """None for a document without a model. `catalogue` as it counts for the server (`under`)."""
    model = doc.get("model")
    if not isinstance(model, str) or not model.strip():
        return None
    rules, day = family(model, catalogue), catalogue.shutdown(model)
    ignores = _ignores(doc, rules)
    return Effects(
        model=model,
        rules=rules,
        is_listed=catalogue.knows(model),
        is_named=catalogue.is_mapped and not catalogue.meant(model),
        shutdown=day,
        days=(day - (today or datetime.now(UTC).date())).days if day else 0,
        reply=_reply(doc, rules),
        ignores=ignores,
        proposals=tuple(_proposals(doc, rules, ignores)) if rules else (),
    )


def ending(catalogue: Catalogue, today: date | None = None) -> dict[str, date]:
    """Every listed model that is switched off, or will be soon, with the day."""
    now = today or datetime.now(UTC).date()
    days = {model: catalogue.shutdown(model) for model in catalogue.ids}
    return {model: day for model, day in days.items() if day and (day - now).days <= SOON}


def _ignores(doc: Document, rules: Family | None) -> tuple[str, ...]:
    if rules is None or not rules.refuses_sampling(doc.get("reasoning_effort")):
        return ()
    return tuple(field for field in _NUMBERS if _counts(doc.get(field)))


def _counts(value: Any) -> bool:
    """At 1 a number says what no number says."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value != 1


def _reply(doc: Document, rules: Family | None) -> str:
    asked = doc.get("response_format")
    kind = asked.get("type") if isinstance(asked, dict) else None
    known = {"json_schema": rules.json_schema, "json_object": rules.json_object} if rules else {}
    return str(kind) if isinstance(kind, str) and known.get(kind) is False else ""


def _proposals(doc: Document, rules: Family, ignores: tuple[str, ...]) -> list[Proposal]:
    effort, found = doc.get("reasoning_effort"), []
    if isinstance(effort, str) and rules.efforts is not None and effort not in rules.efforts:
        found.append(Proposal("reasoning_effort", nearest(effort, rules.efforts)))
    elif ignores and rules.sampling == "none":
        found.append(Proposal("reasoning_effort", "none"))
    for field in ignores:
        found.append(Proposal("temperature" if field == "temperature" else "top_p", None))
    return found


def nearest(effort: str, taken: tuple[str, ...]) -> str | None:
    """The effort closest to this one that is taken, the lower of two; None where none is."""
    order = limits.EFFORTS
    if effort not in order or not taken:
        return None
    return min(taken, key=lambda one: abs(order.index(one) - order.index(effort)))
