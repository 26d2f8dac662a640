#!/usr/bin/env python3
"""Entry point of every command; written so that an old Python can say why it will not do."""

import os
import sys


def main():
    if sys.version_info < (3, 11):
        sys.exit(
            "Assistants Dashboard needs Python 3.11 or newer; this is %d.%d." % sys.version_info[:2]
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed here. Run: pip install -e .")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
