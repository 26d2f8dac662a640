"""The normal form: no change must never look like a change (contract.md section 3).

It exists only for comparing; stored text keeps what was typed.
"""

from __future__ import annotations

import math
import struct
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract import limits
from assistants_app.contract.catalogue import STARTING, default_effort
from assistants_app.contract.ordered_json import is_unset
from assistants_app.contract.spelling import spelled

if TYPE_CHECKING:
    from assistants_app.contract.catalogue import Catalogue
    from assistants_app.contract.ordered_json import Document

# Below these keys order and null are data: output order follows the schema.
_SCHEMAS: Final = frozenset({"parameters", "schema"})


def normal(doc: Document, catalogue: Catalogue = STARTING) -> Document:
    """The document with defaults and null padding removed, in canonical field order.

    Wrapper keys and metadata are sorted, order inside `parameters` and `schema` stays. Numbers are
    plain: 1.0 is 1, and temperature, top_p and score_threshold are what their 32-bit float spells.
    A reasoning_effort that is the known default of the model is left out.
    Two documents hold the same content when their normal forms have the same text. Idempotent; odd
    shapes, which a Draft may hold, pass through.
    """
    found: Document = {}
    for name in limits.FIELDS:
        value = doc.get(name)
        if not is_unset(name, value) and (form := normal_field(name, value)) is not None:
            found[name] = form
    known = default_effort(doc, catalogue)
    if known and found.get("reasoning_effort") == known:
        del found["reasoning_effort"]
    return found


def normal_field(name: str, value: Any) -> Any:
    """The normal form of one top-level field that is set, None where it equals unset."""
    if name in ("temperature", "top_p"):
        number = _short_float(value)
        return None if _is_number(number) and number == 1 else number
    if name == "tools":
        return [_tool(tool) for tool in value] or None if isinstance(value, list) else _tree(value)
    if name == "tool_resources":
        return _filled(_tree(value))
    if name == "response_format":
        return None if value == "auto" else _response_format(value)
    if name == "metadata" and isinstance(value, dict):
        own = {key: _numbers(value[key]) for key in sorted(value) if key != limits.MARKER}
        return own or None
    return _tree(value)


def _tree(value: Any) -> Any:
    """Wrapper keys sorted, keys at null left out, schemas kept in order, numbers plain."""
    if isinstance(value, dict):
        return {
            key: _numbers(value[key]) if key in _SCHEMAS else _tree(value[key])
            for key in sorted(value)
            if value[key] is not None
        }
    return [_tree(item) for item in value] if isinstance(value, list) else _number(value)


def _numbers(value: Any) -> Any:
    """The same tree, key order and nulls included, with plain numbers."""
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    return [_numbers(item) for item in value] if isinstance(value, list) else _number(value)


def _tool(tool: Any) -> Any:
    form = _tree(tool)
    if not isinstance(form, dict):
        return form
    if form.get("type") == "function":
        _drop_default(form, "function", _without_strict(form.get("function")))
    if form.get("type") == "file_search":
        options = _search_options(form.get("file_search"))
        _drop_default(form, "file_search", None if options == {} else options)
    return form


def _search_options(options: Any) -> Any:
    if not isinstance(options, dict) or not isinstance(options.get("ranking_options"), dict):
        return options
    ranking = dict(options["ranking_options"])
    if ranking.get("ranker") == "auto":
        del ranking["ranker"]
    if "score_threshold" in ranking:
        ranking["score_threshold"] = _short_float(ranking["score_threshold"])
    form = dict(options)
    is_default = _is_zero(ranking.get("score_threshold")) and len(ranking) == 1
    _drop_default(form, "ranking_options", None if is_default else ranking or None)
    return form


def _response_format(value: Any) -> Any:
    form = _tree(value)
    if isinstance(form, dict) and form.get("type") == "json_schema":
        _drop_default(form, "json_schema", _without_strict(form.get("json_schema")))
    return form


def _without_strict(inner: Any) -> Any:
    if not isinstance(inner, dict) or inner.get("strict") is not False:
        return inner
    return {key: value for key, value in inner.items() if key != "strict"}


def _drop_default(form: Document, key: str, value: Any) -> None:
    """Set `key` in its place, or take it out where the value is None."""
    if value is None:
        form.pop(key, None)
    else:
        form[key] = value


def _filled(value: Any) -> Any:
    """tool_resources without empty members; None when nothing is left."""
    if isinstance(value, dict):
        kept = {key: _filled(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not None} or None
    return None if value == [] else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_zero(value: Any) -> bool:
    return _is_number(value) and bool(value == 0)


def _number(value: Any) -> Any:
    """A plain int or float of the same value: whole numbers are ints however they were written."""
    if not _is_number(value):
        return value
    if isinstance(value, int):
        return int(value)
    if not math.isfinite(value):
        return float(value)
    if not value.is_integer():
        return float(value)
    return int(value) if abs(value) < limits.EXACT_INTEGER else int(Decimal(spelled(value)))


def _short_float(value: Any) -> Any:
    """The shortest number that rounds to the same 32-bit float; whole numbers as they are."""
    number = _number(value)
    if not isinstance(number, float) or not math.isfinite(number):
        return number
    single = struct.pack("f", number)
    (rounded,) = struct.unpack("f", single)
    spellings = (float(f"{rounded:.{digits}g}") for digits in range(1, 10))
    return _number(next(s for s in spellings if struct.pack("f", s) == single))
