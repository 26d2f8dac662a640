"""A sample call against the inputs of a function: would it be accepted?

Nothing is sent and nothing is fetched. Patterns run in an engine whose time grows with the text
only; what such an engine cannot read makes the schema one that cannot be tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs

from assistants_app.contract.json_schema import plain_numbers
from assistants_app.contract.problems import shown

if TYPE_CHECKING:
    from assistants_app.contract.problems import Path

FAULTS_MAX: Final = 20
_LINEAR: Final = jsonschema_rs.RegexOptions(size_limit=1_000_000, dfa_size_limit=1_000_000)


class Untried(ValueError):
    """The schema itself cannot be used to judge anything."""


def faults(schema: Any, sample: Any) -> list[tuple[Path, str]]:
    """Where the sample breaks the schema, and how, in the words of the validator; [] = accepted.

    Raises Untried.
    """
    try:
        validator = jsonschema_rs.Draft202012Validator(
            plain_numbers(schema), offline=True, pattern_options=_LINEAR
        )
        found = validator.iter_errors(plain_numbers(sample))
        return [
            (tuple(fault.instance_path), shown(fault.message, 200))
            for fault, _ in zip(found, range(FAULTS_MAX), strict=False)
        ]
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise Untried(shown(str(error), 200)) from None
