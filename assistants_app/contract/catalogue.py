"""Which models there are and what is known about them: advice, never a limit (section 5).

The rows are data (`families`). What a server lists and what a workspace adds come on top.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from assistants_app.contract import limits
from assistants_app.contract.families import MODELS, ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assistants_app.contract.ordered_json import Document
    from assistants_app.contract.profiles import Profile

Sampling: TypeAlias = Literal["yes", "no", "none", "unknown"]
Notice: TypeAlias = Literal["", "gone", "unsupported"]
_DATED: Final = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|(?:0[1-9]|1[0-2])[0-3]\d)\Z")
_LETTERS: Final = dict(zip("nmlMhxX", limits.EFFORTS, strict=True))
_SAMPLING: Final[dict[str, Sampling]] = {"y": "yes", "n": "no", "none": "none", "?": "unknown"}
_KNOWN: Final = {"y": True, "n": False, "?": None}
_NOTICES: Final[dict[str, Notice]] = {"gone": "gone", "unsupported": "unsupported"}
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def stem(model: str) -> str:
    """The id without its date."""
    return _DATED.sub("", model)


@dataclass(frozen=True, slots=True)
class Family:
    """What models of one row take.

    `ids`: the ids that the row names; one that ends in `*` names all that begin so. `efforts`: the
    values of reasoning_effort, () = refused, None = no rule. `default_effort`: what unset means,
    "" when unknown. `sampling`: temperature and top_p, "none" = only while effort is none.
    `json_schema`, `json_object`: reply formats, None = no rule. `shutdown`: the day it was or will
    be switched off, None when none is announced. `notice`: "gone" = missing from later lists of
    models, "unsupported" = listed in the reference, but not an id that the service takes.
    """

    ids: tuple[str, ...]
    efforts: tuple[str, ...] | None
    default_effort: str
    sampling: Sampling
    json_schema: bool | None
    json_object: bool | None
    shutdown: date | None = None
    notice: Notice = ""

    def names(self, model: str) -> bool:
        """Whether the row means this id, without its date if need be."""
        undated = stem(model)
        return any(
            model.startswith(one[:-1]) if one.endswith("*") else one in (model, undated)
            for one in self.ids
        )

    def refuses_sampling(self, effort: Any) -> bool:
        """Whether temperature and top_p are refused with this reasoning_effort, None = unset."""
        if self.sampling == "none":
            return (effort or self.default_effort or "none") != "none"
        return self.sampling == "no"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models that one workspace knows.

    `ids`: what pickers offer, in order. `shutdowns`: dates that a server itself announced.
    `stands_for`: a workspace's own ids, each with the model it behaves like, "" = nothing known.
    `is_mapped`: the rules count for the ids of `stands_for` alone, since `model` is the name that
    somebody gave a deployment (both Azure profiles).
    """

    ids: tuple[str, ...] = MODELS
    shutdowns: Mapping[str, date] = field(default_factory=dict, hash=False)
    stands_for: Mapping[str, str] = field(default_factory=dict, hash=False)
    is_mapped: bool = False

    def under(self, profile: Profile) -> Catalogue:
        """This catalogue as it counts for a server of `profile`."""
        return replace(self, is_mapped=True) if profile.names_deployments else self

    def meant(self, model: str) -> str:
        """The id whose rules count for this one; "" where there is none."""
        return self.stands_for.get(model, "" if self.is_mapped else model)

    def knows(self, model: str) -> bool:
        """Whether the id is listed, added, or of a known family; any name of a deployment is."""
        is_listed = self.is_mapped or model in self.stands_for or model in self.ids
        return is_listed or family(model, self) is not None

    def shutdown(self, model: str) -> date | None:
        """The day on which the model was or will be switched off, as far as it is announced."""
        found = family(model, self)
        return self.shutdowns.get(model, found.shutdown if found else None)


def _row(ids: str, efforts: str, sampling: str, schema: str, anything: str, end: str) -> Family:
    taken = efforts.replace("*", "").split()
    default = next((_LETTERS[word[0]] for word in efforts.split() if word.endswith("*")), "")
    return Family(
        ids=tuple(ids.split()),
        efforts=None if efforts == "?" else tuple(_LETTERS[word] for word in taken if word != "-"),
        default_effort=default,
        sampling=_SAMPLING[sampling],
        json_schema=_KNOWN[schema],
        json_object=_KNOWN[anything],
        shutdown=_day(end),
        notice=_NOTICES.get(end, ""),
    )


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


FAMILIES: Final = tuple(_row(*row) for row in ROWS)
STARTING: Final = Catalogue()
"""The file alone: what is known without a server and without a workspace."""


def family(model: Any, catalogue: Catalogue = STARTING) -> Family | None:
    """The first row that means this model; None for an unknown or fine-tuned one, or no text.

    Rules are advice: None means that nothing is known, never that the id is wrong.
    """
    meant = catalogue.meant(model) if isinstance(model, str) else ""
    return _row_of(meant) if len(meant) <= limits.MODEL_MAX else None


@lru_cache(maxsize=1024)  # a pull asks of thousands of assistants, which share a few models
def _row_of(model: str) -> Family | None:
    return next((row for row in FAMILIES if row.names(model)), None)


def default_effort(doc: Document, catalogue: Catalogue = STARTING) -> str:
    """What an unset reasoning_effort means in this document; "" where that is not known."""
    found = family(doc.get("model"), catalogue)
    return found.default_effort if found else ""


def known_models(
    listed: Iterable[Any] = (), added: Mapping[str, str] = _NOTHING, base: Catalogue = STARTING
) -> Catalogue:
    """One catalogue of all sources: what the server lists, the workspace's own ids, `base`.

    `listed`: the `data` of `GET /models`, of which `id` and `shutdown_date` count; items of any
    other shape are passed over. `added`: as `Catalogue.stands_for`. An earlier source wins.
    """
    rows = [row for row in listed if isinstance(row, dict) and isinstance(row.get("id"), str)]
    days = {row["id"]: day for row in rows if (day := _day(row.get("shutdown_date")))}
    ids = dict.fromkeys([*(row["id"] for row in rows if row["id"]), *added, *base.ids])
    return replace(
        base,
        ids=tuple(ids),
        shutdowns={**base.shutdowns, **days},
        stands_for={**base.stands_for, **added},
    )
