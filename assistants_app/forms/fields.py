"""Form fields that keep what was typed: text byte for byte, numbers and JSON in their spelling."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _

from assistants_app import contract
from assistants_app.contract import json_places, words
from assistants_app.errors import InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistants_app.contract.problems import Path, Problem

UNREADABLE = "unread"  # the text stays as typed beside the document
REFUSED = "refused"  # no column can hold it, so nothing of it is stored
_NUMBER = re.compile(r"-?\d|-?\.\d")


class KeptText(forms.CharField):
    """Text as it was typed; only NUL, which no database column holds, is refused by its place.

    `words` are label, API term and help of the contract, for templates.
    """

    def __init__(self, term: str = "", **kwargs: Any) -> None:
        self.words = words.LABELS.get(term)
        super().__init__(strip=False, required=False, **kwargs)

    def run_validators(self, value: Any) -> None:
        text = str(value or "").replace("\r\n", "\n")
        if "\0" in text:
            found = words.problem((), "invalid_value", "nul", position=text.index("\0") + 1)
            raise forms.ValidationError(contract.plain(found, _), code=REFUSED)

    def shown(self, stored: Any) -> str:
        """What the box holds for a stored value."""
        return "" if stored is None else str(stored)

    def read(self, text: str, stored: Any) -> Any:
        """The value that a text means; `stored` is what the field holds now.

        Raises ValidationError (`UNREADABLE`) for a text that means nothing yet.
        """
        return contract.form_text(text, stored if isinstance(stored, str) else None)


class NumberText(KeptText):
    """A number with a point, in the spelling it was typed in; empty is unset."""

    def __init__(self, term: str, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(term, **{"widget": widget} | kwargs)

    def shown(self, stored: Any) -> str:
        return "" if stored is None else contract.dumps(stored)

    def read(self, text: str, stored: Any) -> Any:  # noqa: ARG002
        typed = text.strip()
        if not typed:
            return None
        if not _NUMBER.match(typed):
            raise _unreadable([_must_be(typed)])
        try:
            value = contract.parse(re.sub(r"^(-?)\.", r"\g<1>0.", typed))
        except InvalidDocument as error:
            kinds = {found.data.get("kind") for found in error.problems}
            is_syntax = "syntax" in kinds
            raise _unreadable([_must_be(typed)] if is_syntax else _sentences(error)) from None
        return value


def _must_be(typed: str) -> str:
    if typed.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        return _("Must be a finite number.")
    if re.fullmatch(r"-?\d*,\d+", typed):
        return _("Must be a number. Use a point, not a comma.")
    return _("Must be a number.")


def _sentences(error: InvalidDocument) -> list[str]:
    return [contract.plain(found, _) for found in error.problems]


class JSONText(KeptText):
    """JSON as indented text. An edit that means the same keeps the stored text as it is.

    `shape` is what the outermost value must be; `bare` are words accepted without quotes.
    """

    def __init__(
        self, term: str, *, shape: tuple[type, ...], bare: tuple[str, ...] = (), **kwargs: Any
    ) -> None:
        widget = forms.Textarea(attrs={"spellcheck": "false", "rows": 8, "translate": "no"})
        super().__init__(term, **{"widget": widget} | kwargs)
        self._term, self._shape, self._bare = term, shape, bare

    def shown(self, stored: Any) -> str:
        return "" if stored is None else contract.dumps(stored, indent=2)

    def read(self, text: str, stored: Any) -> Any:
        typed = text.strip()
        if not typed:
            return None
        if typed in self._bare:
            return typed
        try:
            # How much is too much the document's check says, by the same number in every channel.
            value = contract.parse(text)
        except InvalidDocument as error:
            raise _unreadable([placed(found) for found in error.problems]) from None
        if value is not None and not isinstance(value, self._shape):
            raise _unreadable([_("Must be %(what)s.") % {"what": _words(self._shape)}])
        if stored is not None and contract.dumps(value) == contract.dumps(stored):
            return stored
        if value is None or value == "":
            self._refuse_unset(value)
        return value

    def _refuse_unset(self, value: str | None) -> None:
        """An empty box unsets a field; what is typed does so only where the API says it may."""
        found = contract.check({self._term: value}, "modify")
        if errors := [contract.plain(one, _) for one in found if one.level == "error"]:
            raise _unreadable(errors)


def _words(shape: tuple[type, ...]) -> str:
    names: dict[type, str] = {
        list: _("a list"),
        dict: _("an object"),
        str: _("text"),
        bool: _("true or false"),
    }
    return _(" or ").join(names[kind] for kind in shape)


def _unreadable(messages: Iterable[str]) -> forms.ValidationError:
    return forms.ValidationError(
        [forms.ValidationError(message, code=UNREADABLE) for message in messages]
    )


def _missing(expected: str) -> str:
    return {
        "comma": _("A comma is missing, or a quote too many."),
        "colon": _("A colon is missing."),
        "name": _("A name in double quotes is missing, or there is a comma too many."),
        "value": _("A value is missing or not in double quotes."),
        "quote": _("A closing quote is missing."),
        "end": _("Something stands behind the end."),
    }.get(expected, "")


def placed(found: Problem) -> str:
    """A fault of a JSON text with its line and column, and what is probably missing there."""
    sentence = contract.plain(found, _)
    data = found.data
    if data.get("kind") == "syntax":
        return f"{sentence} {_missing(data.get('expected', ''))}".strip()
    if "line" not in data:
        return sentence
    place = _("Line %(line)s, column %(column)s") % {k: data[k] for k in ("line", "column")}
    return f"{place}: {sentence}"


def located(found: Problem, text: str, *, depth: int = 1, document: Any = None) -> str:
    """A problem inside a JSON box: its line in the text of the box, the place, the plain words.

    The place is said in words that people use, by the names in `document`; where there are none,
    as the API spells it. `depth` is how much of the path leads to the box: 1 for a field of its
    own, 0 for a document. What is missing is placed at the part it is missing from.
    """
    sentence = contract.plain(found, _)
    inner = found.path[depth:]
    if not inner:
        return sentence
    line = _line(text, inner)
    told = [_("Line %(line)s") % {"line": line}] if line is not None else []
    words = contract.in_words(found.path, document, _)
    if words in ("", str(found.path[-1])):
        told.append(found.param)
    elif words == contract.in_words(found.path[:-1], document, _):
        told += [words, str(found.path[-1])]  # which has no words of its own
    else:
        told.append(words)
    return f"{', '.join(told)}: {sentence}"


def _line(text: str, path: Path) -> int | None:
    parents = [path[:length] for length in range(len(path), -1, -1)]
    places = json_places.find(text, parents)
    for parent in parents:
        if parent in places.values:
            return int(json_places.line_and_column(text, places.values[parent])["line"])
    return None
