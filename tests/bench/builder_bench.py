"""V3 of the builder: one edit of a row at 128 tools, against everything drawn, and against 1."""

from __future__ import annotations

import json
import sys
from statistics import median
from typing import TYPE_CHECKING

from tests.bench import pages
from tests.bench.measure import Row, once

if TYPE_CHECKING:
    from django.test import Client

    from assistants_app.models import User, Workspace

WHOLE = "V3 all rows of 128 tools, open : one edit of a row"
ALONE = "V3 one edit of a row at 128 tools : the same at 1"


def rows(*, is_full: bool) -> list[Row]:
    """Measured in a process of its own, on a fresh dashboard."""
    many, one, size, whole, whole_size = pages.told("builder_bench", 25 if is_full else 9)
    note = f"{size:,} bytes against {whole_size:,}, {whole_size / size:.0f} times as many"
    return [
        Row(WHOLE, many, whole, whole / many, ">= 50", note),
        Row(ALONE, many, one, many / one, "<= 1.5"),
    ]


def main() -> None:
    client, place, ada = pages.begin()
    asked = [_Page(client, place, ada, count) for count in (128, 1)]
    pairs = [[page.edit(n) for page in asked] for n in range(int(sys.argv[1]) + 1)][1:]
    many, one = (median(pair[n] for pair in pairs) for n in (0, 1))
    print(json.dumps([many, one, asked[0].size, *asked[0].whole()]))  # noqa: T201


class _Page:
    """A function among so many in one Change, each of five levels."""

    def __init__(self, client: Client, place: Workspace, ada: User, count: int) -> None:
        from tests import builders
        from tests.bench.contract_bench import document

        live = builders.make_assistant(
            place, author=ada, reviewer=ada, tools=document(count, 5)["tools"]
        )
        self.client, self.change, self.size = client, builders.make_change(live, ada), 0

    def edit(self, n: int) -> float:
        """Milliseconds of another explanation for the first row."""
        from django.urls import reverse

        from assistants_app.actions import tools
        from assistants_app.schema import rows as schema_rows

        now = type(self.change).objects.get(pk=self.change.pk)
        held = tools.rows(now)[-1]
        row = schema_rows.rows(held.tool["function"]["parameters"])[0]
        data = {"op": "set", "ptr": row.pointer, "fp": row.fingerprint, "desc": f"Number {n}"}
        where, answers = reverse("tool_ops", args=[now.pk, held.key]), []
        headers = {"HX-Request": "true"}
        taken = once(lambda: answers.append(self.client.post(where, data, headers=headers)))
        assert answers[0].status_code == 200, answers[0].content
        self.size = len(answers[0].content)
        return taken

    def whole(self) -> tuple[float, int]:
        """Milliseconds and bytes of all rows with each in turn open, for 128 tools.

        Measured on one tool and multiplied: they are alike, and there is no such page.
        """
        from django.urls import reverse

        from assistants_app.actions import tools
        from assistants_app.schema import rows as schema_rows

        now = type(self.change).objects.get(pk=self.change.pk)
        held = tools.rows(now)[-1]
        drawn = [row.pointer for row in schema_rows.rows(held.tool["function"]["parameters"])]
        where, sizes = reverse("tool", args=[now.pk, held.key]), list[int]()
        headers = {"HX-Request": "true", "HX-Target": "params"}

        def work() -> None:
            for pointer in drawn:
                answer = self.client.get(where, {"edit": pointer}, headers=headers)
                sizes.append(len(answer.content))

        taken = once(work)
        return taken * 128, sum(sizes) * 128


if __name__ == "__main__":
    main()
