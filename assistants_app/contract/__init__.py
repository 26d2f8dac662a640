"""Floor 1: what the Assistants API accepts and how two documents compare.

Pure Python: no Django, no HTTP, no database. Every rule of the API lives here once or it does not
exist; forms, our own `/v1` and the upstream client all ask this package. Nothing here raises for
what a person typed except `parse` and `accept`; everything else answers with Problems.
"""

from __future__ import annotations

from assistants_app.contract.limits import FIELDS, MARKER
from assistants_app.contract.ordered_json import (
    JSON,
    Document,
    canonical,
    digest,
    dumps,
    fingerprint,
    parse,
    starts_with_bom,
    without_marker,
)
from assistants_app.contract.problems import Problem
from assistants_app.contract.profiles import KEPT_HERE, PROFILES, Profile
from assistants_app.contract.words import plain

__all__ = [
    "FIELDS",
    "JSON",
    "KEPT_HERE",
    "MARKER",
    "PROFILES",
    "Document",
    "Problem",
    "Profile",
    "canonical",
    "digest",
    "dumps",
    "fingerprint",
    "parse",
    "plain",
    "starts_with_bom",
    "without_marker",
]
