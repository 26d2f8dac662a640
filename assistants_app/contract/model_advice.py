"""Lints that depend on the model: what its family is not known to take (contract.md section 5)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from assistants_app.contract import limits
from assistants_app.contract.catalogue import family
from assistants_app.contract.problems import shown
from assistants_app.contract.words import LABELS

if TYPE_CHECKING:
    from assistants_app.contract.catalogue import Catalogue, Family
    from assistants_app.contract.ordered_json import Document
    from assistants_app.contract.problems import Level
    from assistants_app.contract.report import Report

_MODEL: Final = ("model",)
SOON: Final = 90  # days


def lint(report: Report, doc: Document, catalogue: Catalogue, today: date | None) -> None:
    """Note what is doubtful with the model of this document; nothing about one that it lacks."""
    model = doc.get("model")
    if not isinstance(model, str) or not model.strip() or len(model) > limits.MODEL_MAX:
        return
    found = family(model, catalogue)
    if not catalogue.knows(model):
        report.add(_MODEL, "unknown_model", level="hint", x=shown(model))
    elif found and found.notice == "unsupported":
        report.add(_MODEL, "unknown_model", "unsupported", "warning", x=shown(model))
    _shutdown(report, model, catalogue, today or datetime.now(UTC).date())
    if found:
        _effort(report, doc, found)
        _sampling(report, doc, found)
        _format(report, doc, found)


def is_ending(day: date, today: date) -> bool:
    """Whether a model that is switched off on `day` deserves a warning by now."""
    return (day - today).days <= SOON


def _shutdown(report: Report, model: str, catalogue: Catalogue, today: date) -> None:
    day, found = catalogue.shutdown(model), family(model, catalogue)
    if day:
        kind = "past" if day <= today else "soon" if is_ending(day, today) else "later"
        level: Level = "hint" if kind == "later" else "warning"
        data = {"x": shown(model), "date": day.isoformat()}
        report.add(_MODEL, "model_shutdown", kind, level, **data)
    elif found and found.notice == "gone":
        report.add(_MODEL, "model_shutdown", "gone", "warning", x=shown(model))


def _effort(report: Report, doc: Document, found: Family) -> None:
    effort = doc.get("reasoning_effort")
    if effort in limits.EFFORTS and found.efforts is not None and effort not in found.efforts:
        report.add(("reasoning_effort",), "model_effort", level="warning", x=effort)


def _sampling(report: Report, doc: Document, found: Family) -> None:
    """At 1 both say what no value says, and servers take that."""
    if not found.refuses_sampling(doc.get("reasoning_effort")):
        return
    for field in ("temperature", "top_p"):
        value = doc.get(field)
        if isinstance(value, int | float) and not isinstance(value, bool) and value != 1:
            data = {"x": shown(doc["model"]), "label": LABELS[field].label}
            report.add((field,), "model_sampling", level="warning", **data)


def _format(report: Report, doc: Document, found: Family) -> None:
    asked = doc.get("response_format")
    kind = asked.get("type") if isinstance(asked, dict) else None
    known = {"json_schema": found.json_schema, "json_object": found.json_object}
    if isinstance(kind, str) and known.get(kind) is False:
        data = {"x": kind, "model": shown(doc["model"])}
        report.add(("response_format",), "model_format", level="warning", **data)
