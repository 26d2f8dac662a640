"""One row of the builder as a form: only what differs from the node becomes an edit of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistants_app import contract
from assistants_app.contract.words import LABELS, Label
from assistants_app.errors import InvalidDocument
from assistants_app.forms.fields import JSONText, KeptText, NumberText
from assistants_app.forms.parts import one_line
from assistants_app.schema import kinds, pointers, tree
from assistants_app.schema.tree import Edited

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistants_app.contract.problems import Path
    from assistants_app.schema.rows import Row

KINDS: Final = {
    "text": gettext_lazy("Text"),
    "choice": gettext_lazy("Choice from a list"),
    "number": gettext_lazy("Number"),
    "integer": gettext_lazy("Whole number"),
    "flag": gettext_lazy("Yes or no"),
    "group": gettext_lazy("Group"),
    "list": gettext_lazy("List"),
}
SHOWN: Final = {"shared": gettext_lazy("Shared shape"), "advanced": gettext_lazy("Advanced")}
WORDS: Final = {
    "name": Label("Name", "property name", ""),
    "kind": Label("Kind of value", "type", ""),
    "desc": Label(
        "What is it for?", "description", "The assistant reads this to decide what to fill in."
    ),
    "required": LABELS["required"],
    "empty": Label("May be left empty", '"null"', ""),
    "values": Label("All values, one per line", "enum", ""),
    "more": Label("Add a value", "", ""),
    "entries": Label("Kind of each entry", "items", ""),
    "additionalProperties": LABELS["additionalProperties: false"],
    "entry_closed": Label("No other inputs allowed in an entry", "additionalProperties: false", ""),
    "format": Label("Format", "format", "Such as date, email or uuid."),
    "pattern": Label("Pattern", "pattern", "A regular expression that the text must match."),
    "minLength": Label("Shortest", "minLength", "In characters."),
    "maxLength": Label("Longest", "maxLength", "In characters."),
    "minimum": Label("Smallest", "minimum", ""),
    "maximum": Label("Largest", "maximum", ""),
    "multipleOf": Label("Step", "multipleOf", "Only multiples of this number."),
    "minItems": Label("Fewest entries", "minItems", ""),
    "maxItems": Label("Most entries", "maxItems", ""),
    "json": Label("This input as JSON", "", ""),
}
FIELD_WORDS: Final = {
    "additionalProperties": Label(
        "No other fields allowed",
        "additionalProperties: false",
        "Nothing beyond this list may be in it.",
    ),
    "entry_closed": Label("No other fields allowed in an entry", "additionalProperties: false", ""),
    "json": Label("This field as JSON", "", ""),
}
_TEXTS: Final = ("format", "pattern")
_WHOLE: Final = ("minLength", "maxLength", "minItems", "maxItems")
_ENTRY: Final = "entry_closed"


class RowForm(forms.Form):
    """The fields of a row, by its kind. Without `data` it holds what the node holds.

    After `is_valid`, `apply` does the edits. Field names are those of the keywords; `id` attributes
    begin with the row's own id.
    """

    def __init__(self, data: Any = None, *, row: Row, rid: str = "", words: str = "inputs") -> None:
        self.row, self.rid = row, rid or row.rid
        held = dict(self._held())
        super().__init__(held if data is None else data, auto_id=f"f-{self.rid}-%s")
        self.fields = {name: self._field(name) for name in held}
        said = WORDS | (FIELD_WORDS if words == "fields" else {})
        for name, box in self.fields.items():
            box.words = said[name]  # type: ignore[attr-defined]
            box.label = said[name].label

    @property
    def limits(self) -> list[forms.BoundField]:
        """What stands under "more"."""
        return [
            self[name]
            for name in self.fields
            if name in kinds.LIMITS.get(self.row.kind, ()) and name != "additionalProperties"
        ]

    @property
    def flags(self) -> list[forms.BoundField]:
        """What is a tick."""
        return [bound for bound in self if isinstance(bound.field, forms.BooleanField)]

    @property
    def has_limits(self) -> bool:
        return any(self.row.core.get(bound.name) is not None for bound in self.limits) or any(
            bound.errors for bound in self.limits
        )

    def text(self, name: str) -> str:
        return str(self.data.get(name) or "").replace("\r\n", "\n")

    def _held(self) -> Iterator[tuple[str, Any]]:
        row, core = self.row, self.row.core
        if not row.is_entry:
            yield "name", row.name
        yield "kind", row.kind
        if row.kind == "advanced":
            yield "json", contract.dumps(row.node, indent=2)
        elif isinstance(row.node.get("description", ""), str | None):
            yield "desc", row.description
        if row.kind == "choice":
            yield "values", "\n".join(lines(row.values))
            yield "more", ""
        if row.kind == "list" and row.items.kind != "advanced":
            yield "entries", row.items.kind
            if row.items.kind == "group" and isinstance(
                _entry(row).get("additionalProperties", True), bool
            ):
                yield _ENTRY, _entry(row).get("additionalProperties") is False
        for key in kinds.LIMITS.get(row.kind, ()):
            if key == "additionalProperties":
                if isinstance(core.get(key, True), bool):
                    yield key, core.get(key) is False
            elif (told := self._limit(key, core.get(key))) is not None:
                yield key, told
        if not row.is_entry:
            yield "required", row.is_required
        if row.kind != "advanced":
            yield "empty", bool(row.look.empty)

    def _limit(self, key: str, value: Any) -> str | None:
        """The text of a limit; None for what only JSON shows."""
        if value is None:
            return ""
        if key in _TEXTS:
            return value if isinstance(value, str) else None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return contract.dumps(value) if is_number else None

    def _field(self, name: str) -> forms.Field:
        if name in ("kind", "entries"):
            return self._choice(self.row.kind if name == "kind" else self.row.items.kind)
        if name in ("required", "empty", "additionalProperties", _ENTRY):
            return forms.BooleanField(
                required=False, widget=forms.CheckboxInput(attrs={"role": "switch"})
            )
        if name == "json":
            rows = min(max(self.row.node is not None and self.text(name).count("\n") + 2, 4), 24)
            box = JSONText("", shape=(dict, bool))
            box.widget.attrs["rows"] = rows
            return box
        if name in _TEXTS or name in ("name", "more"):
            return KeptText(widget=one_line(spellcheck="false"))
        if name == "desc":
            return KeptText(widget=forms.Textarea(attrs={"rows": 2}))
        if name == "values":
            return KeptText(widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}))
        return NumberText("")

    def _choice(self, held: str) -> forms.Field:
        """The kinds to choose from; what only JSON shows stays while it is that."""
        offered: dict[str, Any] = dict(KINDS)
        if held in SHOWN:
            offered = {held: SHOWN[held], **offered}
        return forms.ChoiceField(choices=list(offered.items()), required=False)

    def _clean_fields(self) -> None:
        """Texts are read as they were typed; a number that is none says so at its box."""
        for name, field in self.fields.items():
            if isinstance(field, KeptText) and name not in self.data:
                continue
            text = field.widget.value_from_datadict(self.data, self.files, name)
            try:
                if isinstance(field, KeptText):
                    field.run_validators(text)
                    self.cleaned_data[name] = self._read(name, field, str(text or ""))
                else:
                    self.cleaned_data[name] = field.clean(text)
            except forms.ValidationError as error:
                self.add_error(name, error)

    def _read(self, name: str, field: KeptText, text: str) -> Any:
        text = text.replace("\r\n", "\n")
        if name == "json":
            if not text.strip():
                raise forms.ValidationError(_("Type the JSON of this."))
            return field.read(text, self.row.node)
        if not isinstance(field, NumberText):
            return text
        value = field.read(text, None)
        if value is not None and name in _WHOLE and (not _is_whole(value) or value < 0):
            raise forms.ValidationError(_("Must be a whole number from 0."))
        if value is not None and name == "multipleOf" and value <= 0:
            raise forms.ValidationError(_("Must be more than 0."))
        return value

    def apply(self, schema: Any, path: Path) -> Edited:
        """All edits, as one. What was not sent, or was not shown, is not touched.

        Raises tree.Refused; `refuse` puts that at its box.
        """
        steps = _Steps(schema, path)
        typed = self.cleaned_data
        is_same_kind = typed.get("kind", self.row.kind) in ("", self.row.kind)
        if "json" in typed and is_same_kind:
            steps.do(tree.replace_json, typed["json"])
        elif not is_same_kind:
            steps.do(tree.set_kind, typed["kind"])
        else:
            self._apply_kind(steps)
        if "desc" in typed:
            steps.do(tree.set_desc, typed["desc"])
        if "empty" in typed and "empty-shown" in self.data:
            steps.do(tree.set_nullable, typed["empty"])
        if "required" in typed and "required-shown" in self.data:
            steps.do(tree.set_required, typed["required"])
        if "name" in typed:
            steps.do(tree.set_name, typed["name"])
        return steps.edited

    def _apply_kind(self, steps: _Steps) -> None:
        typed, kind = self.cleaned_data, self.row.kind
        if typed.get("entries") and typed["entries"] != self.row.items.kind:
            steps.below(tree.set_kind, "items", typed["entries"])
        elif _ENTRY in typed and f"{_ENTRY}-shown" in self.data:
            wanted = _closed(typed[_ENTRY], _entry(self.row))
            steps.below(tree.set_limits, "items", wanted)
        wanted = {
            key: typed[key] or None if key in _TEXTS else typed[key]
            for key in kinds.LIMITS.get(kind, ())
            if key in typed
        }
        if "additionalProperties" in wanted:
            wanted.pop("additionalProperties")
            if "additionalProperties-shown" in self.data:
                wanted |= _closed(typed["additionalProperties"], self.row.core)
        if wanted:
            steps.do(tree.set_limits, wanted)
        if kind == "choice":
            self._apply_values(steps)

    def _apply_values(self, steps: _Steps) -> None:
        """The list as it was typed, the value taken out of it, and those that were added."""
        typed, values = self.cleaned_data, self.row.values
        if "values" in self.data and typed["values"] != "\n".join(lines(values)):
            values = self._values(typed["values"])
        drop = self.data.get("drop", "")
        if drop.isascii() and drop.isdigit() and len(drop) < 9 and int(drop) < len(values):
            values = [value for index, value in enumerate(values) if index != int(drop)]
        added = self._values(typed.get("more", ""))
        if values != self.row.values or added:
            steps.do(tree.set_enum, [*values, *added])

    def _values(self, text: str) -> list[Any]:
        known = dict(zip(lines(self.row.values), self.row.values, strict=True))
        return [known.get(line, self._value(line)) for line in text.split("\n") if line]

    def _value(self, line: str) -> Any:
        """A line as the kind of value that is allowed here."""
        said = [one for one in kinds.types(self.row.core) if one != "null"]
        is_text = said == ["string"] or not said
        if is_text and all(isinstance(value, str) for value in self.row.values):
            return line
        try:
            return contract.parse(line)
        except InvalidDocument:
            raise tree.Refused("more", "enum.kind") from None

    def refuse(self, refusal: tree.Refused) -> None:
        """What the tree refused, at the box it is about."""
        field = "more" if refusal.field == "values" and self.text("more") else refusal.field
        self.add_error(field if field in self.fields else None, _(str(refusal)))

    def refuse_whole(self, refusal: InvalidDocument) -> None:
        """What is wrong with all of it once the row is in: too deep is so by the row's own JSON."""
        for problem in refusal.problems[:5]:
            is_own = problem.code == "invalid_json" and "json" in self.fields
            self.add_error("json" if is_own else None, contract.plain(problem, _))


class _Steps:
    """Edits one after the other: where the node is now, and what holds all that changed."""

    def __init__(self, schema: Any, path: Path) -> None:
        self.edited = Edited(schema, path, path)

    def do(self, operation: Any, *given: Any) -> None:
        self._take(operation(self.edited.tree, self.edited.path, *given))

    def below(self, operation: Any, step: str, *given: Any) -> None:
        """An edit of what a list holds."""
        node = pointers.at(self.edited.tree, self.edited.path)
        at = (*self.edited.path, *kinds.look(node).core, step)
        if "items" not in pointers.at(self.edited.tree, at[:-1]):
            fresh = pointers.put(self.edited.tree, at, {})
            self._take(Edited(fresh, self.edited.path, self.edited.path))
        done = operation(self.edited.tree, at, *given)
        self._take(Edited(done.tree, self.edited.path, done.changed))

    def _take(self, done: Edited) -> None:
        changed = self.edited.changed
        if done.tree is not self.edited.tree:
            changed = tree.common(changed, done.changed)
        self.edited = Edited(done.tree, done.path, changed)


def _entry(row: Row) -> dict[str, Any]:
    node = row.core.get("items")
    found = pointers.at(node, row.items.core)
    return found if isinstance(found, dict) else {}


def _closed(yes: bool, node: dict[str, Any]) -> dict[str, Any]:
    """What the tick says, in the spelling that is there: absent and true are the same."""
    if yes == (node.get("additionalProperties") is False):
        return {}
    return {"additionalProperties": False if yes else None}


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) or float(value).is_integer()


def lines(values: list[Any]) -> list[str]:
    """Allowed values as lines: texts as they are where all are texts, else everything as JSON."""
    is_plain = all(isinstance(value, str) and value and "\n" not in value for value in values)
    return [value if is_plain else contract.dumps(value) for value in values]
