"""The list in one process: fills a fresh dashboard with N assistants, measures, prints JSON.

`python -m tests.bench.list_runs N` with DATA_DIR (and DATABASE_URL) of its own.
"""

from __future__ import annotations

import json
import os
import random
import sys
from datetime import timedelta
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.bench.measure import once, repeats

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5
CHUNK = 2_000
RARE, TWO, COMMON = "zyzzyva", "oftentimes", "everywhere"


def text(rng: random.Random, at: int, n: int) -> str:
    """About 4 kB; one word in 20 of them, one in 2 %, one in all."""
    words = [f"word{rng.randrange(3_000)}" for _ in range(480)]
    extra = [COMMON] + [RARE] * (at % max(n // 20, 1) == 0) + [TWO] * (at % 50 == 0)
    return " ".join([*words[:240], *extra, *words[240:]])


def fill(n: int) -> Any:
    from django.db import connection
    from django.utils import timezone

    from assistants_app.models import Assistant, Version
    from tests import builders

    ada = builders.make_person("ada", is_operator=True)
    ada.is_staff = True
    ada.save()
    place = builders.make_workspace("Bench", approvals=0)
    builders.make_member(place, ada, "publisher", "admin")
    rng, now = random.Random(7), timezone.now()  # a seed, not a secret
    for begin in range(0, n, CHUNK):
        made = Assistant.objects.bulk_create(
            Assistant(
                workspace=place,
                name=f"Assistant {rng.randrange(10**6)}",
                description="Answers what people ask.",
                model=f"gpt-{rng.randrange(9)}",
                instructions=text(rng, at, n),
                changed_by=ada,
                changed_at=now - timedelta(seconds=at),
            )
            for at in range(begin, min(begin + CHUNK, n))
        )
        Version.objects.bulk_create(
            Version(assistant=row, number=1, digest="", origin="imported", source="command")
            for row in made
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE assistants_app_assistant SET live_version_id = (SELECT v.id FROM "
            "assistants_app_version v WHERE v.assistant_id = assistants_app_assistant.id)"
        )
        cursor.execute("ANALYZE")
    return ada, place


def against(ours: Callable[[], object], theirs: Callable[[], object]) -> list[float]:
    mine, other = repeats(ours), repeats(theirs)
    pairs = [(once(ours, mine), once(theirs, other)) for _ in range(ROUNDS)]
    return [median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)]


def measured(ada: Any, place: Any, n: int) -> dict[str, Any]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from assistants_app.models import Assistant

    client = Client()
    client.force_login(ada)

    def page(url: str) -> None:
        assert client.get(url).status_code == 200, url

    deep = Assistant.objects.order_by("-changed_at", "-pk")[n * 9 // 10]
    first = f"/assistants/?workspace={place.slug}"
    cursor = f"{deep.pk}.{deep.changed_at.isoformat()}".replace("+", "%2B")
    page(first)  # the first visit of all writes into the session
    with CaptureQueriesContext(connection) as queries:
        page(first)
    found: dict[str, Any] = {
        "queries": len(queries),
        "deep": against(lambda: page(f"{first}&after={cursor}"), lambda: page(first)),
        "bare": against(lambda: page(first), lambda: page("/peer/assistants_app/assistant/")),
        "admin": against(lambda: page(first), lambda: page("/narrowing/assistants_app/assistant/")),
    }
    found["list"] = found["admin"][0]
    words = {"rare": RARE, "none": "nowhereatall", "two": TWO, "common": COMMON}
    for name, word in words.items():
        found[name] = against(partial(ours, place, word), partial(like, place, word))
    return found


def ours(place: Any, word: str) -> None:
    from assistants_app import filters

    _fetch(place, filters.matching(word))


def like(place: Any, word: str) -> None:
    from django.db.models import Q

    _fetch(place, Q(instructions__icontains=word))


def _fetch(place: Any, condition: Any) -> None:
    from assistants_app.models import Assistant

    rows = Assistant.objects.filter(condition, workspace=place, archived_at=None)
    list(rows.order_by("-changed_at", "-pk")[:51])


def main() -> None:
    n = int(sys.argv[1])
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    import django
    from django.conf import settings

    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "django.contrib.admin"]
    settings.ROOT_URLCONF = "tests.bench.list_peer"
    settings.ALLOWED_HOSTS = ["*"]
    django.setup()
    from django.core.management import call_command

    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    call_command("migrate", verbosity=0)
    sys.stdout.write(json.dumps(measured(*fill(n), n)))


if __name__ == "__main__":
    main()
