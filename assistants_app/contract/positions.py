"""Document order: where a path stands in a tree, so that problems come in the order of the text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistants_app.contract.problems import Path, Problem

_BEHIND = 1 << 40


def in_document_order(problems: list[Problem], doc: Any) -> list[Problem]:
    """The problems by the place of their paths; a parent before its parts, the missing last."""
    if len(problems) < 2:
        return problems
    orders: dict[int, dict[str, int]] = {}
    return sorted(problems, key=lambda found: _place(found.path, doc, orders))


def _place(path: Path, node: Any, orders: dict[int, dict[str, int]]) -> tuple[int, ...]:
    place: list[int] = []
    for step in path:
        if isinstance(step, int):
            place.append(step)
            node = node[step]
        else:
            place.append(_order(node, orders).get(step, _BEHIND))
            node = node.get(step)
    return tuple(place)


def _order(node: dict[str, Any], orders: dict[int, dict[str, int]]) -> dict[str, int]:
    if id(node) not in orders:
        orders[id(node)] = {key: index for index, key in enumerate(node)}
    return orders[id(node)]
