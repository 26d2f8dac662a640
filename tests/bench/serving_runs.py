"""Fills a fresh dashboard for the pages per second and prints the key of a session of its admin."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from tests.bench.list_runs import fill

    call_command("migrate", verbosity=0)
    ada, _place = fill(int(sys.argv[1]))
    client = Client()
    client.force_login(ada)
    sys.stdout.write(client.cookies[settings.SESSION_COOKIE_NAME].value)


if __name__ == "__main__":
    main()
