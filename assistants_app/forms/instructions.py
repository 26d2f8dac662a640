"""The instructions: one long text, with what can be found in it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy

from assistants_app.forms import texts
from assistants_app.forms.fields import KeptText
from assistants_app.forms.parts import PartForm
from assistants_app.models.connections import profile_of

if TYPE_CHECKING:
    from assistants_app.models import Change


class FindForm(forms.Form):
    """What to find in the text, and what to put there."""

    find = forms.CharField(label=gettext_lazy("Find"), strip=False, max_length=1000)
    by = forms.CharField(
        label=gettext_lazy("Replace with"), strip=False, required=False, max_length=10_000
    )
    exact = forms.BooleanField(label=gettext_lazy("Match capitals"), required=False)


class InstructionsForm(PartForm):
    slug, heading = "instructions", gettext_lazy("Instructions")
    term = "instructions"
    instructions = KeptText("instructions", widget=forms.Textarea(attrs={"rows": 18}))

    def __init__(self, data: Any = None, *, change: Change) -> None:
        self._before = change.instructions or ""
        self.finder = FindForm(auto_id="find_%s")
        self.times: int | None = None  # how often it was found, None = nobody asked
        self.hits: list[texts.Hit] = []
        super().__init__(data, change=change)

    @property
    def most(self) -> int:
        """How many characters the connected server takes."""
        return profile_of(self.change.assistant.workspace.upstream).instructions_max

    @property
    def about_tokens(self) -> int:
        """A rough guess: characters ÷ 4, rounded as a guess is."""
        about = len(self.text("instructions")) / 4
        step = 1 if about < 100 else 10 if about < 1000 else 100
        return int(about / step + 0.5) * step

    @cached_property
    def hidden(self) -> list[texts.Hidden]:
        return texts.hidden(self.text("instructions"))

    @cached_property
    def headings(self) -> list[texts.Heading]:
        return texts.headings(self.text("instructions"))

    def slots(self) -> dict[str, str]:
        if self.hidden or texts.hidden(self._before):
            return {"hidden-characters": "changes/parts/_hidden.html"}
        return {}

    def events(self) -> list[str]:
        text = self.text("instructions")
        if text == self._before.replace("\r\n", "\n"):
            return []
        moved = [(one.level, one.text) for one in texts.headings(self._before)]
        is_other = moved != [(one.level, one.text) for one in self.headings]
        return ["instructions-saved", *(["headings-changed"] if is_other else [])]

    def look_for(self, data: Any) -> None:
        """Count what is asked for, in the text as it is typed."""
        self.finder = FindForm(data, auto_id="find_%s")
        if self.finder.is_valid():
            asked = self.finder.cleaned_data
            self.times, self.hits = texts.occurrences(
                self.text("instructions"), asked["find"], exact=asked["exact"]
            )
