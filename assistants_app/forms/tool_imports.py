"""A pasted text that functions are read from, and which of them are taken in, under what names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app import contract
from assistants_app.contract import words
from assistants_app.errors import InvalidDocument
from assistants_app.forms.fields import placed
from assistants_app.schema import importers
from assistants_app.schema.importers.found import free_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.core.files.uploadedfile import UploadedFile
    from django.http import QueryDict

    from assistants_app.contract import Document, Problem
    from assistants_app.schema.importers import Found, Function, Offer

CARDS: Final = 12
"""Functions that are shown in full at once; of more, people choose first."""


class ToolImportForm(forms.Form):
    """The text, or a file whose text then stands in the box; `found` is what was read from it."""

    text = forms.CharField(
        label=gettext_lazy("Paste it here"),
        help_text=gettext_lazy(
            "A tool as JSON, an OpenAPI document, a curl command, a Python function, an MCP tool "
            "list, or an example of what your software is told; at most 1 MB."
        ),
        strip=False,
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 14, "spellcheck": "false", "translate": "no", "autocomplete": "off"}
        ),
    )
    file = forms.FileField(
        label=gettext_lazy("Or choose a file"),
        help_text=gettext_lazy("At most 1 MB."),
        required=False,
        allow_empty_file=True,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found: Found | None = None
        self.fields["text"].validators = []  # the importers name a NUL by its place

    def clean_file(self) -> UploadedFile[Any] | None:
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        if file is None:
            return None
        size = file.size or 0
        if size > importers.PASTE_MAX:
            found = words.problem((), "too_large", n=size, max=importers.PASTE_MAX)
            raise forms.ValidationError(contract.plain(found, _))
        return file

    def clean(self) -> None:
        file = self.cleaned_data.get("file")
        if "file" in self.errors:
            return
        name = "file" if file else "text"
        try:
            text = _decoded(file.read()) if file else self.cleaned_data["text"]
            self._hold(text.replace("\r\n", "\n"))
            self.found = importers.read(self.text_read)
        except (InvalidDocument, importers.Refusal) as refusal:
            self.add_error(name, said(refusal))

    def _hold(self, text: str) -> None:
        """What was read stands in the box from now on, a file's text too."""
        self.data = {**self.data, "text": text}

    @property
    def text_read(self) -> str:
        return str(self.data.get("text", "")).replace("\r\n", "\n")


def _decoded(data: bytes) -> str:
    """Raises InvalidDocument with the byte at which it is no UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = words.problem((), "invalid_json", "encoding", position=error.start + 1)
        raise InvalidDocument([found]) from None


def said(refusal: InvalidDocument | importers.Refusal) -> list[str]:
    """Why a text was refused, with line and column where they are known."""
    if isinstance(refusal, importers.Refusal):
        return [refusal.note.said(_)]
    return [placed(found) for found in refusal.problems]


@dataclass(slots=True)
class Card:
    """One function that was found: what would become of it, and what is wrong with that.

    `taken`: the key of the function here that has its name, else "". `how`: "add" or "replace".
    """

    at: int
    offer: Offer
    function: Function | None = None
    refused: str = ""
    name: str = ""
    taken: str = ""
    how: str = "add"
    is_picked: bool = True
    errors: list[str] = field(default_factory=list)

    @property
    def tool(self) -> Document:
        """The tool under the name that was chosen for it."""
        assert self.function  # noqa: S101  # only cards that were made are taken in
        tool = self.function.tool
        if self.how == "replace" or self.name == tool["function"].get("name"):
            return tool
        return {**tool, "function": {**tool["function"], "name": self.name}}

    @property
    def notes(self) -> list[str]:
        return [note.said(_) for note in self.function.notes] if self.function else []

    @property
    def problems(self) -> list[Problem]:
        """What the contract says of it, but for its name, which stands in a box of its own."""
        found = self.function.problems if self.function else []
        return [one for one in found if one.path[2:] != ("function", "name")]


def cards(
    found: Found, here: Mapping[str, str], *, data: QueryDict | None, chosen: Iterable[int]
) -> list[Card]:
    """The functions of these places in the text, made; `here` maps the names in use to their keys.

    `data` is what was sent of them, None where they are shown for the first time.
    """
    made: list[Card] = []
    used = set(here)
    for at in chosen:
        card = Card(at, found.offers[at])
        try:
            card.function = card.offer.make()
        except (importers.Refusal, InvalidDocument) as refusal:
            card.refused, card.is_picked = " ".join(said(refusal)), False
        card.taken = here.get(card.offer.name, "")
        if data is None:
            card.name = free_name(card.offer.name, used)
        else:
            _fill(card, data)
        used.add(card.name)
        made.append(card)
    return made


def _fill(card: Card, data: QueryDict) -> None:
    card.name = data.get(f"name-{card.at}", card.offer.name).strip()
    card.is_picked = card.function is not None and str(card.at) in data.getlist("pick")
    if card.taken and data.get(f"how-{card.at}") == "replace":
        card.how = "replace"


def judge(chosen: Iterable[Card], here: Mapping[str, str]) -> bool:
    """Put what is wrong with the names at their boxes; whether all is well."""
    used, is_well = set(here), True
    for card in chosen:
        if card.how == "replace":
            continue
        card.errors = _wrong(card.name, used)
        used.add(card.name)
        is_well = is_well and not card.errors
    return is_well


def _wrong(name: str, used: set[str]) -> list[str]:
    if name in used:
        return [_("Another function here is already called %(name)s.") % {"name": name}]
    tool = {"type": "function", "function": {"name": name}}
    found = contract.check({"model": "any", "tools": [tool]}, "create")
    return [contract.plain(one, _) for one in found if one.path[:1] == ("tools",)]
