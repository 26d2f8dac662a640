"""Fills a fresh dashboard for the bench: BENCH is JSON, `[base URL, assistants, rate, edited]`.

As after a first pull; where `edited`, then a new Version of each: every order waits.
"""

from __future__ import annotations

import json
import os


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from assistants_app.actions import importing, publishing
    from assistants_app.runner import Runner
    from tests import builders
    from tests.bench.stub import KEY

    url, n, rate, is_edited = json.loads(os.environ["BENCH"])
    call_command("migrate", verbosity=0)
    ada = builders.make_person("ada")
    place = builders.make_workspace("Bench", approvals=0)
    builders.make_member(place, ada, "publisher", "admin")
    server = type("Server", (), {"url": url, "key": KEY})()
    builders.make_connection(place, ada, server, rate=rate)
    place = type(place).objects.get(pk=place.pk)
    actor = builders.acting(ada)
    importing.ask(place, actor=actor)
    Runner(hands=0).tick()
    for assistant in place.assistants.all() if is_edited else ():
        document = assistant.document() | {"name": f"Second {assistant.pk}"}
        kept = {name: value for name, value in document.items() if value is not None}
        publishing.write_through(place, assistant, kept, actor=actor)
    assert place.assistants.count() == n
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


if __name__ == "__main__":
    main()
