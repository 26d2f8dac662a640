"""Tools and tool_resources (contract.md section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from assistants_app.contract import json_schema, limits, strict
from assistants_app.contract.problems import shown
from assistants_app.contract.usual import is_usual

if TYPE_CHECKING:
    from assistants_app.contract.problems import Level, Path
    from assistants_app.contract.report import Report

_TOOLS: Final = ("tools",)
_RESOURCES: Final = ("tool_resources",)
_STORES: Final = (*_RESOURCES, "file_search", "vector_stores")
_STATIC: Final = ("chunking_strategy", "static")


def check(report: Report, tools: Any) -> None:
    """Judge `tools`; unknown types and unknown keys are never touched, at most warned about."""
    if not report.is_list(_TOOLS, tools, limits.TOOLS_MAX, "tools"):
        return
    for index, tool in enumerate(tools):
        if index not in report.usual:
            _tool(report, (*_TOOLS, index), tool)
    if report.lints:
        _duplicates(report, tools)


def usual(tools: Any) -> frozenset[int]:
    """The indices of the tools in which nothing is wrong or doubtful, by a quick look at each."""
    listed = tools if isinstance(tools, list) else []
    return frozenset(index for index, tool in enumerate(listed) if is_usual(tool))


def check_resources(report: Report, resources: Any) -> None:
    """Judge `tool_resources`; null stands for absent at every level, as servers pad with it."""
    if resources is None or not report.is_object(_RESOURCES, resources):
        return
    for member, key, most, things in (
        ("code_interpreter", "file_ids", limits.FILE_IDS_MAX, "files"),
        ("file_search", "vector_store_ids", limits.VECTOR_STORE_IDS_MAX, "collections"),
    ):
        path, held = (*_RESOURCES, member), resources.get(member)
        if held is not None and report.is_object(path, held):
            _ids(report, (*path, key), held.get(key), most, things)
            if member == "file_search":
                _vector_stores(report, held)


def function_name(tool: Any) -> str | None:
    """The name of a function tool, None for any other shape."""
    function = tool.get("function") if isinstance(tool, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    return name if isinstance(name, str) and tool.get("type") == "function" else None


def _tool(report: Report, path: Path, tool: Any) -> None:
    if not report.is_object(path, tool):
        return
    if "type" not in tool:
        report.missing((*path, "type"))
    elif report.is_filled((*path, "type"), tool["type"]):
        _of_type(report, path, tool)


def _of_type(report: Report, path: Path, tool: dict[str, Any]) -> None:
    kind = tool["type"]
    if kind == "function":
        _function(report, path, tool)
    elif kind == "file_search":
        _file_search(report, path, tool)
    elif kind and kind not in (*limits.TOOL_TYPES, *report.profile.extra_tool_types):
        _unknown(report, (*path, "type"), kind)


def _unknown(report: Report, path: Path, kind: str) -> None:
    if report.lints:
        report.add(path, "unknown_tool_type", level="warning", x=shown(kind))


def _function(report: Report, path: Path, tool: dict[str, Any]) -> None:
    here = (*path, "function")
    if "function" not in tool:
        report.missing(here, **nested_form(tool, "function"))
        return
    function = tool["function"]
    if not report.is_object(here, function):
        return
    if "name" in function:
        report.is_name((*here, "name"), function["name"])
    else:
        report.missing((*here, "name"))
    if function.get("description") is not None:
        report.is_text((*here, "description"), function["description"])
    if function.get("strict") is not None:
        report.is_flag((*here, "strict"), function["strict"])
    schema, code = function.get("parameters"), "invalid_function_parameters"
    if function.get("strict") is True:
        owner = strict.owner("function", function)
        strict.check(report, (*here, "parameters"), schema, code, owner)
    elif schema is not None:
        json_schema.check(report, (*here, "parameters"), schema, code, is_function=True)


def nested_form(flat: dict[str, Any], key: str) -> dict[str, Any]:
    """`{"nested": …}`, the wire's form of an object written flat as Responses does; else empty."""
    if "name" not in flat:
        return {}
    inner = {name: value for name, value in flat.items() if name != "type"}
    return {"nested": {"type": flat["type"], key: inner}}


def _file_search(report: Report, path: Path, tool: dict[str, Any]) -> None:
    here, options = (*path, "file_search"), tool.get("file_search")
    if options is None or not report.is_object(here, options):
        return
    if (most := options.get("max_num_results")) is not None:
        report.is_integer((*here, "max_num_results"), most, limits.NUM_RESULTS)
    if (ranking := options.get("ranking_options")) is not None:
        _ranking(report, (*here, "ranking_options"), ranking)


def _ranking(report: Report, path: Path, ranking: Any) -> None:
    if not report.is_object(path, ranking):
        return
    if "score_threshold" in ranking:
        threshold = ranking["score_threshold"]
        report.is_number((*path, "score_threshold"), threshold, limits.SCORE_THRESHOLD)
    else:
        report.missing((*path, "score_threshold"))
    if ranking.get("ranker") is not None:
        report.is_choice((*path, "ranker"), ranking["ranker"], limits.RANKERS)


def _duplicates(report: Report, tools: list[Any]) -> None:
    """Two functions of one name, or a second tool of a type that can only be on or off."""
    named = [function_name(tool) for tool in tools]
    if None not in named and len(set(named)) == len(named):
        return
    names: set[str] = set()
    kinds: set[str] = set()
    for index, (tool, name) in enumerate(zip(tools, named, strict=True)):
        kind = tool.get("type") if isinstance(tool, dict) else None
        if name in names:
            path = (*_TOOLS, index, "function", "name")
            report.add(path, "duplicate_function", x=shown(name or ""))
        if isinstance(kind, str) and kind != "function":
            if kind in kinds:
                level: Level = "error" if kind in limits.TOOL_TYPES else "warning"
                report.add((*_TOOLS, index), "duplicate_tool", level=level, x=shown(kind))
            kinds.add(kind)
        names |= {name} if name else set()


def _ids(report: Report, path: Path, ids: Any, most: int, things: str) -> None:
    if ids is None or not report.is_list(path, ids, most, things):
        return
    for index, value in enumerate(ids):
        report.is_filled((*path, index), value)


def _vector_stores(report: Report, held: dict[str, Any]) -> None:
    """The create-only shortcut: one-shot, so never part of a document (contract.md section 2).

    At `/v1` it may stand beside ids, which then count; `accept` leaves it out and says so.
    """
    stores = held.get("vector_stores")
    if stores is None:
        return
    if not report.op.is_served:
        report.add(_STORES, "unsupported_parameter")
        _overlap(report, stores)
    elif stores != [] and not held.get("vector_store_ids"):
        report.add(_STORES, "unsupported_parameter", "serve")


def _overlap(report: Report, stores: Any) -> None:
    """OA: "the overlap must not exceed half of `max_chunk_size_tokens`"."""
    for index, store in enumerate(stores if isinstance(stores, list) else []):
        sizes = store
        for step in _STATIC:
            sizes = sizes.get(step) if isinstance(sizes, dict) else None
        if not isinstance(sizes, dict):
            continue
        size, overlap = sizes.get("max_chunk_size_tokens"), sizes.get("chunk_overlap_tokens")
        if isinstance(size, int) and isinstance(overlap, int) and overlap * 2 > size:
            path = (*_STORES, index, *_STATIC, "chunk_overlap_tokens")
            report.add(path, "static_overlap", n=overlap, max=size // 2)
