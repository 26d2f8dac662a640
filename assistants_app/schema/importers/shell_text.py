"""A pasted command as the words that a shell would hand over; nothing is run or looked up.

What bash, PowerShell and the prompt of Windows write differently becomes what `shlex` reads.
"""

from __future__ import annotations

import re
import shlex
from typing import Final

_CARETS: Final = re.compile(r"\^(\r?\n|.)", re.DOTALL)
_GOES_ON: Final = re.compile(r"[\\^`]\r?\n")
_HERE: Final = re.compile(r"""(['"]?)@-\1([^\n<]*)<<-?[ \t]*(['"]?)(\w+)\3([^\n]*)\n""")
# A quoted text is met whole, so that a $ before its closing quote begins nothing.
_QUOTED: Final = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|\\.|\$'((?:\\.|[^'\\])*)'""", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(u[0-9a-f]{1,4}|U[0-9a-f]{1,8}|x[0-9a-f]{1,2}|.)", re.DOTALL | re.I)
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b"}
_AFTERWARDS: Final = re.compile(r"\n[ \t]*(?:\n|#)")


def joined(text: str) -> str:
    """The text with each command on one line, and what is fed to it (`<<EOF`) in its place."""
    if '^"' in text:  # as browsers copy it for the prompt of Windows
        text = _CARETS.sub(lambda found: found[1].strip("\r\n"), text)
    return _GOES_ON.sub(" ", _fed(text))


def _fed(text: str) -> str:
    """With the lines that `<<EOF` announces where `@-` asks for them."""
    done: list[str] = []
    at = 0
    while found := _HERE.search(text, at):
        last = re.compile(rf"^[ \t]*{found[4]}[ \t]*$", re.MULTILINE).search(text, found.end())
        if last is None:
            break
        lines = text[found.end() : last.start()].removesuffix("\n")
        done += [text[at : found.start()], shlex.quote(lines), found[2], found[5]]
        at = last.end()
    return "".join([*done, text[at:]])


def words(command: str) -> list[str]:
    """Raises ValueError where a quote is never closed; a remark after the command may hold one."""
    plain = _QUOTED.sub(_plainly, command)
    try:
        return shlex.split(plain, comments=False)
    except ValueError:
        return shlex.split(_AFTERWARDS.split(plain, maxsplit=1)[0], comments=False)


def _plainly(found: re.Match[str]) -> str:
    """`$'it\\'s'` as a quoted text without escapes."""
    if found[1] is None:
        return found[0]
    return shlex.quote(_ESCAPE.sub(_unescaped, found[1]))


def _unescaped(found: re.Match[str]) -> str:
    letter, code = found[1][0], found[1][1:]
    if not code:
        return _ESCAPED.get(letter, letter)
    number = int(code, 16)
    return chr(number) if number <= 0x10FFFF else found[0]
