"""V3 of the list of tools: one press on a row at 128 tools against the same press at 1."""

from __future__ import annotations

import json
import sys
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.bench import pages
from tests.bench.measure import Row, once

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace

GOAL = "V3 a press on a row at 128 tools : the same at 1"


def rows(*, is_full: bool) -> list[Row]:
    """Measured in a process of its own, on a fresh dashboard."""
    many, one, size, page = pages.told("tools_bench", 25 if is_full else 9)
    note = f"{size:,} bytes against {page:,} of the page"
    return [Row(GOAL, many, one, many / one, "<= 1.5", note)]


def main() -> None:
    client, place, ada = pages.begin()
    asked = [_Page(client, place, ada, count) for count in (128, 1)]
    pairs = [[page.press() for page in asked] for _ in range(int(sys.argv[1]) + 1)][1:]
    many, one = (median(pair[n] for pair in pairs) for n in (0, 1))
    print(json.dumps([many, one, asked[0].size, asked[0].whole()]))  # noqa: T201


class _Page:
    """The editor of a Change with so many tools, each of five levels."""

    def __init__(self, client: Client, place: Workspace, ada: User, count: int) -> None:
        from tests import builders
        from tests.bench.contract_bench import document

        live = builders.make_assistant(
            place, author=ada, reviewer=ada, tools=document(count, 5)["tools"]
        )
        self.client, self.change, self.size = client, builders.make_change(live, ada), 0

    def press(self) -> float:
        """Milliseconds of a Duplicate; the copy is taken out again."""
        taken = self._send("copy")
        self._send("remove")
        type(self.change).objects.filter(pk=self.change.pk).update(removed_tools=None)
        return taken

    def _send(self, op: str) -> float:
        from django.urls import reverse

        from assistants_app.actions import tools

        now = type(self.change).objects.get(pk=self.change.pk)
        row = tools.rows(now)[-1]
        data: dict[str, Any] = {"do": f"{op}:{row.key}:{row.fingerprint}", "lock": now.lock}
        where, answers = reverse("tool_list", args=[now.pk]), []
        headers = {"HX-Request": "true"}
        taken = once(lambda: answers.append(self.client.post(where, data, headers=headers)))
        assert answers[0].status_code == 200, answers[0].content
        self.size = len(answers[0].content)
        return taken

    def whole(self) -> int:
        from django.urls import reverse

        return len(self.client.get(reverse("change", args=[self.change.pk])).content)


if __name__ == "__main__":
    main()
