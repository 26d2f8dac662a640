"""AssistantSpec: what is wrong with a document, what `/v1` accepts, and how a change is merged."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract import advice, compact, faults, limits, response_format, tools
from assistants_app.contract.catalogue import STARTING
from assistants_app.contract.ordered_json import is_unset
from assistants_app.contract.positions import in_document_order
from assistants_app.contract.problems import shown
from assistants_app.contract.profiles import KEPT_HERE
from assistants_app.contract.report import Op, Report
from assistants_app.errors import InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from typing import Literal

    from assistants_app.contract.catalogue import Catalogue
    from assistants_app.contract.ordered_json import Document
    from assistants_app.contract.problems import Problem
    from assistants_app.contract.profiles import Profile

_OPS: Final = {
    "create": Op(needs_model=True, when_full="error"),
    "modify": Op(needs_model=False),
    "import": Op(needs_model=True, when_full="warning"),
    "serve": Op(needs_model=True, is_served=True),
    "serve-modify": Op(needs_model=False, is_served=True),
}
_METADATA: Final = ("metadata",)
_NAME_MAX: Final = 40
_STORES_NOTE: Final = (
    "tool_resources.file_search.vector_stores ignored: this server keeps no vector stores"
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What `/v1` works with after `accept`.

    `document`: the new assistant of a create, unset fields left out; or the changes of a modify,
    nulls included, for `merge`. `notes`: what was ignored, in ASCII, for `x-dashboard-notes`.
    """

    document: Document
    notes: tuple[str, ...]


def check(
    doc: Any,
    op: str,
    profile: Profile = KEPT_HERE,
    catalogue: Catalogue = STARTING,
    *,
    today: date | None = None,
) -> list[Problem]:
    """Everything wrong or doubtful in `doc`, in document order, at most 500 findings.

    `doc` may be any JSON value. `op`: "create" (model required; 16 own metadata pairs leave no room
    for the marker), "modify" (nothing required), "import" (like create; with 16 pairs a warning),
    "serve" (a create at our own `/v1`: the lints of contract.md section 6 do not apply, `_dash` is
    a pair like any other, `vector_stores` may stand beside ids). A missing field stands behind the
    ones that are there. `catalogue`: what is known about models; `today`, the present day unless
    given, decides how near a shutdown is. Sources: contract.md sections 2, 5, 6 and 11.
    """
    report = _judged(doc, op, profile)
    if report.lints and isinstance(doc, dict):
        advice.lint(report, doc, catalogue, today)
    return in_document_order(report.problems, doc)


def errors(
    doc: Any, op: str, profile: Profile = KEPT_HERE, *, is_parsed: bool = False
) -> list[Problem]:
    """The errors that `check` finds, for half its price: no advice is sought.

    `is_parsed`: the document came out of `parse`, which has refused what JSON forbids and found
    nothing else in it that is an error; it is not looked for again. Where a document has more than
    500 findings, there may be errors that `check` has no room for.
    """
    report = _judged(doc, op, profile, is_parsed=is_parsed)
    return in_document_order([one for one in report.problems if one.level == "error"], doc)


def accept(sent: Any, op: Literal["create", "modify"], profile: Profile = KEPT_HERE) -> Accepted:
    """A request body to our own `/v1`, ready to be stored, with the notes its answer carries.

    Checked as "serve" (a modify needs no model). Raises InvalidDocument with the errors, in
    document order. `vector_stores` beside `vector_store_ids` is left out and noted.
    """
    if found := errors(sent, "serve" if op == "create" else "serve-modify", profile):
        raise InvalidDocument(found)
    document, notes = without_vector_stores(sent)
    if op == "create":
        document = {name: value for name, value in document.items() if not is_unset(name, value)}
    return Accepted(document, (_STORES_NOTE,) if notes else ())


def without_vector_stores(doc: Document) -> tuple[Document, bool]:
    """The document without the create-only `vector_stores`, and whether it asked for any."""
    resources = doc.get("tool_resources")
    search = resources.get("file_search") if isinstance(resources, dict) else None
    if not resources or not isinstance(search, dict) or "vector_stores" not in search:
        return doc, False
    kept = {key: value for key, value in search.items() if key != "vector_stores"}
    others = {**resources, "file_search": kept}
    return {**doc, "tool_resources": others}, bool(search["vector_stores"])


def merge(doc: Document, changes: Mapping[str, Any]) -> Document:
    """`doc` after a modify: by top-level key, null clears, arrays and objects are replaced whole.

    Keys that stay keep their place, new ones follow. Neither argument is altered.
    """
    merged = {**doc, **changes}
    return {name: value for name, value in merged.items() if not is_unset(name, value)}


def _judged(doc: Any, op: str, profile: Profile, *, is_parsed: bool = False) -> Report:
    """What every rule of the contract says but those of `advice`, which never say "error"."""
    usual = tools.usual(doc.get("tools")) if isinstance(doc, dict) else frozenset[int]()
    report = Report(_OPS[op], profile, _model_of(doc), usual)
    if not is_parsed:
        rest = _without(doc, usual) if usual else doc
        if not faults.is_sound(rest, compact.text(rest)):
            report.take(faults.find(doc))
    if report.is_object((), doc):
        for field, value in doc.items():
            _field(report, field, value)
        if report.op.needs_model and "model" not in doc:
            report.missing(("model",))
    return report


def _without(doc: Document, usual: frozenset[int]) -> Document:
    """The document without these of its tools; the others stand at other places."""
    return {**doc, "tools": [one for n, one in enumerate(doc["tools"]) if n not in usual]}


def _field(report: Report, field: str, value: Any) -> None:
    if judge := _JUDGES.get(field):
        judge(report, value)
    else:
        _unknown(report, field)


def _unknown(report: Report, key: str) -> None:
    """The nearest name is looked for by spelling alone, and only for keys of a sane length."""
    if report.is_full:
        return
    folded = key.lower().replace("-", "_")[:_NAME_MAX]
    near = get_close_matches(folded, limits.FIELDS, 1, 0.75) if len(key) <= _NAME_MAX else []
    if near:
        report.add((key,), "unknown_parameter", "near", x=shown(key), nearest=near[0])
    else:
        report.add((key,), "unknown_parameter", x=shown(key))


def _model_of(doc: Any) -> str:
    model = doc.get("model") if isinstance(doc, dict) else None
    return model if isinstance(model, str) else ""


def _model(report: Report, value: Any) -> None:
    if report.is_text(("model",), value, limits.MODEL_MAX) and not value.strip():
        report.add(("model",), "string_below_min_length")


def _text(field: str, most: int) -> Callable[[Report, Any], None]:
    def judge(report: Report, value: Any) -> None:
        if value is not None:
            report.is_text((field,), value, most)

    return judge


def _number(field: str, bounds: tuple[int, int]) -> Callable[[Report, Any], None]:
    def judge(report: Report, value: Any) -> None:
        if value is not None:
            report.is_number((field,), value, bounds)

    return judge


def _effort(report: Report, value: Any) -> None:
    if value is not None:
        report.is_choice(("reasoning_effort",), value, limits.EFFORTS)


def _metadata(report: Report, value: Any) -> None:
    if value is None or not report.is_object(_METADATA, value):
        return
    own = len(value) - (limits.MARKER in value and report.lints)
    if own > limits.METADATA_PAIRS:
        most = limits.METADATA_PAIRS
        report.add(_METADATA, "object_above_max_properties", n=own, max=most, things="pairs")
    elif own == limits.METADATA_PAIRS and report.op.when_full and report.profile.stamps:
        report.add(_METADATA, "metadata_full", level=report.op.when_full, n=own)
    for key, text in value.items():
        _pair(report, key, text)


def _pair(report: Report, key: str, text: Any) -> None:
    path = (*_METADATA, key)
    if key == limits.MARKER and report.lints:
        report.add(path, "metadata_reserved", x=key)
    if not key:
        report.add(path, "string_below_min_length")
    if len(key) > limits.METADATA_KEY_MAX:
        most = limits.METADATA_KEY_MAX
        report.add(path, "property_name_above_max_length", n=len(key), max=most)
    report.is_text(path, text, limits.METADATA_VALUE_MAX)


_JUDGES: Final[dict[str, Callable[[Report, Any], None]]] = {
    "model": _model,
    "name": _text("name", limits.NAME_MAX),
    "description": _text("description", limits.DESCRIPTION_MAX),
    "instructions": _text("instructions", limits.INSTRUCTIONS_MAX),
    "tools": tools.check,
    "tool_resources": tools.check_resources,
    "response_format": response_format.check,
    "reasoning_effort": _effort,
    "temperature": _number("temperature", limits.TEMPERATURE),
    "top_p": _number("top_p", limits.TOP_P),
    "metadata": _metadata,
}
