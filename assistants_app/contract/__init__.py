"""Floor 1: what the Assistants API accepts and how two documents compare.

Pure Python: no Django, no HTTP, no database. Every rule of the API lives here once or it does not
exist; forms, our own `/v1` and the upstream client all ask this package. Nothing here raises for
what a person typed except `parse` and `accept`; everything else answers with Problems.
"""

from __future__ import annotations

from assistants_app.contract import words
from assistants_app.contract.blame import blame
from assistants_app.contract.bodies import body, served
from assistants_app.contract.catalogue import Catalogue, Family, family, known_models
from assistants_app.contract.compare import (
    Comparison,
    Part,
    compare,
    differing,
    not_kept,
    packed,
    same,
)
from assistants_app.contract.compare_parts import (
    ChangedItem,
    Fact,
    Row,
    compare_labels,
    compare_reply,
    compare_resources,
    compare_tools,
)
from assistants_app.contract.families import MODELS
from assistants_app.contract.faults import is_sound
from assistants_app.contract.formats import Item, read_file, read_one
from assistants_app.contract.habits import dropped, refuses_null
from assistants_app.contract.limits import FIELDS, MARKER
from assistants_app.contract.marks import rules_mark
from assistants_app.contract.model_effects import Effects, Proposal, effects, ending
from assistants_app.contract.model_words import good_for
from assistants_app.contract.normal_form import normal
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
from assistants_app.contract.places import in_words
from assistants_app.contract.problems import Problem
from assistants_app.contract.profiles import KEPT_HERE, PROFILES, Profile
from assistants_app.contract.reading import Reading, read
from assistants_app.contract.recall import recall
from assistants_app.contract.spec import Accepted, accept, check, errors, merge
from assistants_app.contract.strict_fix import Change, Strict, make_strict
from assistants_app.contract.texts import form_text
from assistants_app.contract.upstream_errors import UpstreamError, upstream_error
from assistants_app.contract.words import plain

__all__ = [
    "FIELDS",
    "JSON",
    "KEPT_HERE",
    "MARKER",
    "MODELS",
    "PROFILES",
    "Accepted",
    "Catalogue",
    "Change",
    "ChangedItem",
    "Comparison",
    "Document",
    "Effects",
    "Fact",
    "Family",
    "Item",
    "Part",
    "Problem",
    "Profile",
    "Proposal",
    "Reading",
    "Row",
    "Strict",
    "UpstreamError",
    "accept",
    "blame",
    "body",
    "canonical",
    "check",
    "compare",
    "compare_labels",
    "compare_reply",
    "compare_resources",
    "compare_tools",
    "differing",
    "digest",
    "dropped",
    "dumps",
    "effects",
    "ending",
    "errors",
    "family",
    "fingerprint",
    "form_text",
    "good_for",
    "in_words",
    "is_sound",
    "known_models",
    "make_strict",
    "merge",
    "normal",
    "not_kept",
    "packed",
    "parse",
    "plain",
    "read",
    "read_file",
    "read_one",
    "recall",
    "refuses_null",
    "rules_mark",
    "same",
    "served",
    "starts_with_bom",
    "upstream_error",
    "without_marker",
    "words",
]
