"""Text that went through a browser's text area (contract.md section 3, form rules)."""

from __future__ import annotations

import re
from typing import Final

_LINE_END: Final = re.compile("\r\n?")
_BARE_LINE_END: Final = re.compile("\r(?!\n)|(?<!\r)\n")


def form_text(submitted: str, base: str | None) -> str | None:
    """The text to store: a browser's line ends folded to LF, so that no edit looks like one.

    Equal to the folded `base` = the base byte for byte. A base whose line ends are all CRLF stays
    so. Empty = None, unset.
    """
    if not submitted:
        return None
    folded = _LINE_END.sub("\n", submitted)
    if not base:
        return folded
    if folded == _LINE_END.sub("\n", base):
        return base
    is_crlf = "\r\n" in base and not _BARE_LINE_END.search(base)
    return folded.replace("\n", "\r\n") if is_crlf else folded
