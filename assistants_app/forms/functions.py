"""What a function is called, when it is used, and whether its inputs are followed exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from assistants_app import contract
from assistants_app.forms.fields import KeptText
from assistants_app.forms.parts import one_line
from assistants_app.schema import pointers

if TYPE_CHECKING:
    from collections.abc import Mapping


class FunctionForm(forms.Form):
    """The basics of a function tool. `apply` gives the tool with only what differs changed."""

    name = KeptText("function.name", widget=one_line(spellcheck="false"))
    description = KeptText("function.description", widget=forms.Textarea(attrs={"rows": 3}))
    strict = forms.BooleanField(
        required=False, widget=forms.CheckboxInput(attrs={"role": "switch"})
    )

    def __init__(self, data: Any = None, *, tool: Mapping[str, Any]) -> None:
        function = tool["function"]
        held = {
            "name": _text(function.get("name")),
            "description": _text(function.get("description")),
            "strict": function.get("strict") is True,
        }
        super().__init__(held if data is None else data, auto_id="id_%s")
        self.fields["strict"].words = contract.words.LABELS["strict"]  # type: ignore[attr-defined]

    def apply(self, tool: dict[str, Any]) -> dict[str, Any]:
        function = dict(tool["function"])
        for key in ("name", "description"):
            text = self.cleaned_data[key].replace("\r\n", "\n")
            if text != _text(function.get(key)):
                function = _with(function, key, text)
        strict = self.cleaned_data["strict"]
        if strict != (function.get("strict") is True):
            function = _with(function, "strict", strict)
        return {**tool, "function": function}


def basics(tool: Any) -> str:
    """The fingerprint of what the form holds, so that an edit of the inputs is no conflict."""
    function = tool.get("function") if isinstance(tool, dict) else None
    held = function if isinstance(function, dict) else {}
    return pointers.fingerprint([held.get(key) for key in ("name", "description", "strict")])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _with(function: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """The key set, before the inputs where it is new; taken out where it is empty."""
    if value == "" and key == "description":
        return {name: held for name, held in function.items() if name != key}
    if key in function or "parameters" not in function:
        return {**function, key: value}
    found: dict[str, Any] = {}
    for name, held in function.items():
        found |= {key: value} if name == "parameters" else {}
        found[name] = held
    return found
