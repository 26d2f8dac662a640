"""The difference of two long texts: lines, then sentences of long lines, then words.

Floor 1, standard library only (`cydifflib` is taken instead of `difflib` when it is installed).
Rules: ux.md 8.2. All work is counted; when the budget is spent, what is left is compared line by
line and the result says so (`Diff.plain`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

try:
    from cydifflib import SequenceMatcher as QuickMatcher
except ImportError:  # the extra "fast" is not installed
    from difflib import SequenceMatcher as QuickMatcher

from assistants_app.textdiff.cuts import (
    LINE_END,
    LONGEST_PIECE,
    Unit,
    sentences,
    tokens,
    units,
)
from assistants_app.textdiff.ends import is_edit, shared

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence, Set

    _Changed = Callable[[Sequence["Unit"], Sequence["Unit"], "_Work"], Iterator["Row"]]

LONG_LINE = 400  # characters; from here a line is compared by sentences
SIMILAR = 0.5  # share of common text from which two lines count as one line edited
PAIRED_AT_ONCE = 40  # lines of a block among which partners are sought
BUDGET = 4_000_000  # steps in all
AUTOJUNK_FROM = 2_000_000  # estimated steps from which frequent items are left out

Piece = tuple[Literal["same", "ins", "del"], str]
Pieces = tuple[Piece, ...]
Match = tuple[int, int, int]  # start in before, start in after, length
_Link = tuple[int, int, "_Link | None"]  # place in before, in after, the link before
T = TypeVar("T", bound="Hashable")


class Row(NamedTuple):
    """One row of the table: a line, or one sentence of a line that is too long to compare whole.

    `old_no` and `new_no` count lines from 1. The sentences of one long line are rows with the same
    number and `part` 0, 1, 2 …; kind, number and part name a row. A line that was added or removed
    as a whole has one piece; an edited one is a "del" row followed by its "add" row. A "fold" row
    stands for `hidden` unchanged rows and carries the numbers of the first of them.
    """

    kind: Literal["same", "add", "del", "fold"]
    old_no: int | None
    new_no: int | None
    pieces: Pieces
    hidden: int = 0
    part: int = 0


@dataclass(frozen=True, slots=True)
class Diff:
    """`plain`: the budget was spent, so some changed lines have no words marked.

    `newlines_changed`: lines end in another way (CRLF, CR, LF) than before.
    """

    rows: tuple[Row, ...]
    added_words: int
    removed_words: int
    plain: bool
    newlines_changed: bool


def difference(before: str, after: str, *, context: int | None = 3) -> Diff:
    """Compare two texts; `context` is the number of unchanged rows around a change, None = all.

    With context=None the rows hold both texts: the pieces of "same" and "del" rows, joined by line
    number, are the lines of `before`; those of "same" and "add" rows are the lines of `after`.
    """
    work = _Work(BUDGET)
    rows = list(_compared(units(before), units(after), work, _block))
    return Diff(
        rows=tuple(rows if context is None else folded(rows, context)),
        added_words=_words(rows, "ins"),
        removed_words=_words(rows, "del"),
        plain=work.spent,
        newlines_changed=_newlines_changed(before, after, rows),
    )


def _compared(
    olds: Sequence[Unit], news: Sequence[Unit], work: _Work, changed: _Changed
) -> Iterator[Row]:
    i = j = 0
    for x, y, length in [*_match(*_coded(olds, news), work), (len(olds), len(news), 0)]:
        yield from changed(olds[i:x], news[j:y], work)
        i, j = x + length, y + length
        yield from map(_same, olds[x:i], news[y:j])


def _block(olds: Sequence[Unit], news: Sequence[Unit], work: _Work) -> Iterator[Row]:
    if olds and news and any(len(u.text) > LONG_LINE for u in (*olds, *news)):
        return _compared(sentences(olds), sentences(news), work, _edited)
    return _edited(olds, news, work)


def _edited(olds: Sequence[Unit], news: Sequence[Unit], work: _Work) -> Iterator[Row]:
    i = j = 0
    for x, y in _in_step(olds, news) or _pairs(olds, news, work):
        yield from _whole(olds[i:x], news[j:y])
        yield from _pair(olds[x], news[y], work)
        i, j = x + 1, y + 1
    yield from _whole(olds[i:], news[j:])


def _pair(old: Unit, new: Unit, work: _Work) -> Iterator[Row]:
    if (old.text, old.last) == (new.text, new.last):
        yield _same(old, new)
        return
    head, tail = shared(old.text, new.text)
    a, b = tokens(old.text[head : -tail or None]), tokens(new.text[head : -tail or None])
    common = _words_in_common(a, b, work)
    was, now = _pieces(a, {i for i, _ in common}, "del"), _pieces(b, {j for _, j in common}, "ins")
    first, last = old.text[:head], old.text[-tail:] if tail else ""
    yield Row("del", old.line, None, _between(first, was, last), part=old.part)
    yield Row("add", None, new.line, _between(first, now, last), part=new.part)


def _same(old: Unit, new: Unit) -> Row:
    return Row("same", old.line, new.line, (("same", new.text),), part=new.part)


def _whole(olds: Iterable[Unit], news: Iterable[Unit]) -> Iterator[Row]:
    yield from (Row("del", u.line, None, (("del", u.text),), part=u.part) for u in olds)
    yield from (Row("add", None, u.line, (("ins", u.text),), part=u.part) for u in news)


def _pieces(tokens: Sequence[str], same: Set[int], kind: Literal["ins", "del"]) -> Pieces:
    if not same:
        return ((kind, "".join(tokens)),) if tokens else ()
    runs = groupby(range(len(tokens)), same.__contains__)
    return tuple(("same" if kept else kind, "".join(tokens[i] for i in run)) for kept, run in runs)


def _between(first: str, pieces: Pieces, last: str) -> Pieces:
    """The pieces with what both texts begin and end with around them."""
    whole = list(pieces)
    for at, text in ((0, first), (-1, last)):
        if text and whole and whole[at][0] == "same":
            both = text + whole[at][1] if at == 0 else whole[at][1] + text
            whole[at] = ("same", both)
        elif text:
            whole.insert(at if at == 0 else len(whole), ("same", text))
    return tuple(whole)


def folded(rows: Iterable[Row], context: int) -> Iterator[Row]:
    groups = [(same, list(run)) for same, run in groupby(rows, lambda r: r.kind == "same")]
    for n, (same, run) in enumerate(groups):
        start = context if n else 0
        stop = len(run) - (context if n + 1 < len(groups) else 0)
        if not same or stop - start < 2:  # a fold would be no shorter than the one row it hides
            yield from run
            continue
        first = run[start]
        yield from run[:start]
        yield Row("fold", first.old_no, first.new_no, (), stop - start, first.part)
        yield from run[stop:]


def _words(rows: Iterable[Row], kind: Literal["ins", "del"]) -> int:
    texts = (text for row in rows for k, text in row.pieces if k == kind)
    return sum(any(map(str.isalnum, t)) for text in texts for t in tokens(text))


def _newlines_changed(before: str, after: str, rows: Iterable[Row]) -> bool:
    if "\r" not in before and "\r" not in after:
        return False
    old, new = LINE_END.findall(before), LINE_END.findall(after)
    if old and new and set(old) != set(new):
        return True
    pairs = ((r.old_no, r.new_no) for r in rows if r.old_no and r.new_no)
    return any(i <= len(old) and j <= len(new) and old[i - 1] != new[j - 1] for i, j in pairs)


def _coded(olds: Iterable[Unit], news: Iterable[Unit]) -> tuple[list[int], list[int]]:
    """Small numbers in place of texts; a line break put between two sentences makes another one."""
    codes: dict[tuple[str, bool], int] = {}
    a, b = ([codes.setdefault((u.text, u.last), len(codes)) for u in us] for us in (olds, news))
    return a, b


class _Work:
    """Counts steps; `take` answers whether that many were still to be had."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.spent = False

    def take(self, steps: int) -> bool:
        if steps > self.left:
            self.spent = True
            return False
        self.left -= steps
        return True


def _match(a: Sequence[int], b: Sequence[int], work: _Work) -> list[Match]:
    """Common runs in order: head and tail, what is unique on both sides, else the longest first.

    A stack and not recursion, and every visit is paid for: hostile texts ask for very many.
    """
    found: list[Match] = []
    stack = [(0, len(a), 0, len(b))]
    while stack:
        lo, hi, blo, bhi = stack.pop()
        head, tail = _ends(a[lo:hi], b[blo:bhi])
        found += [(lo, blo, head), (hi - tail, bhi - tail, tail)]
        lo, hi, blo, bhi = lo + head, hi - tail, blo + head, bhi - tail
        if lo == hi or blo == bhi or not work.take(head + tail + hi - lo + bhi - blo):
            continue
        if set(a[lo:hi]).isdisjoint(b[blo:bhi]):
            continue
        anchors = [(lo + i, blo + j) for i, j in _anchors(a[lo:hi], b[blo:bhi])]
        if anchors:
            found += [(i, j, 1) for i, j in anchors]
            starts = [(lo, blo), *((i + 1, j + 1) for i, j in anchors)]
            gaps = zip(starts, [*anchors, (hi, bhi)], strict=True)
            stack += [(i, k, j, m) for (i, j), (k, m) in gaps if i < k and j < m]
        elif _worst(a[lo:hi], b[blo:bhi]) < work.left:
            longest = _longest(a[lo:hi], b[blo:bhi], work)
            found += [(lo + i, blo + j, n) for i, j, n in longest]
    return _joined(sorted(m for m in found if m[2]))


def _joined(matches: Iterable[Match]) -> list[Match]:
    """The same with runs that touch each other as one."""
    runs: list[Match] = []
    x = y = -1  # where the last run ends
    for i, j, length in matches:
        if (i, j) == (x, y):
            first = runs.pop()
            runs.append((first[0], first[1], first[2] + length))
        else:
            runs.append((i, j, length))
        x, y = i + length, j + length
    return runs


def _ends(a: Sequence[int], b: Sequence[int]) -> tuple[int, int]:
    """How many items are common at the head and, of the others, at the tail."""
    most = min(len(a), len(b))
    head = next((n for n in range(most) if a[n] != b[n]), most)
    tail = next((n for n in range(most - head) if a[-1 - n] != b[-1 - n]), most - head)
    return head, tail


def _anchors(a: Sequence[int], b: Sequence[int]) -> list[tuple[int, int]]:
    """The longest rising chain of items that occur once on each side (patience difference)."""
    in_a, in_b = Counter(a), Counter(b)
    place = {x: j for j, x in enumerate(b) if in_b[x] == 1}
    tops: list[int] = []
    links: list[_Link] = []
    for i, x in enumerate(a):
        if in_a[x] == 1 and x in place:
            at = bisect_left(tops, place[x])
            tops[at : at + 1] = [place[x]]
            links[at : at + 1] = [(i, place[x], links[at - 1] if at else None)]
    found: list[tuple[int, int]] = []
    link = links[-1] if links else None
    while link:
        i, j, link = link
        found.append((i, j))
    return found[::-1]


def _worst(a: Sequence[int], b: Sequence[int]) -> int:
    """The most steps that `_longest` can take; thousands of blank lines are left to `_pairs`."""
    in_a, in_b = Counter(a), Counter(b)
    return sum(n * in_b[x] for x, n in in_a.items()) * (in_a & in_b).total() // 2


def _longest(a: Sequence[T], b: Sequence[T], work: _Work) -> list[Match]:
    """The longest common run, then the same left and right of it, as far as the work lasts.

    The walk is `SequenceMatcher.get_matching_blocks`, which cannot be stopped on the way.
    """
    # cydifflib is 3 to 20 times faster on the words of a line and 10 times slower on 40,000 lines.
    matching = QuickMatcher if len(b) <= LONGEST_PIECE else SequenceMatcher
    for autojunk in (False, True):
        matcher: Any = matching(None, a, b, autojunk)  # typeshed does not know `b2j`
        # For each n the work of looking at n items: one each, and one per place on the other side.
        steps = list(accumulate((1 + len(matcher.b2j.get(x, ())) for x in a), initial=0))
        if steps[-1] <= AUTOJUNK_FROM:
            break
    found: list[Match] = []
    stack = [(0, len(a), 0, len(b))] if steps[-1] > len(a) else []  # else nothing is common
    while stack:
        lo, hi, blo, bhi = stack.pop()
        if lo == hi or blo == bhi or not work.take(steps[hi] - steps[lo]):
            continue
        i, j, length = matcher.find_longest_match(lo, hi, blo, bhi)
        if length:
            found.append((i, j, length))
            stack += [(lo, i, blo, j), (i + length, hi, j + length, bhi)]
    return sorted(found)


def _words_in_common(a: Sequence[str], b: Sequence[str], work: _Work) -> list[tuple[int, int]]:
    """Places of the tokens that stay: words first, then the equal spaces beside them.

    Spaces do not take part in the search, else they would tear every run of words to pieces.
    """
    if set(a).isdisjoint(b):
        return []
    x, y = ([i for i, t in enumerate(tokens) if not t.isspace()] for tokens in (a, b))
    runs = _longest([a[i] for i in x], [b[j] for j in y], work)
    found = {x[i + k]: y[j + k] for i, j, n in runs for k in range(n)}
    back = {j: i for i, j in found.items()}
    for i, j in [(i + step, j + step) for i, j in found.items() for step in (-1, 1)]:
        inside = 0 <= i < len(a) and 0 <= j < len(b)
        if inside and i not in found and j not in back and a[i] == b[j] and a[i].isspace():
            found[i], back[j] = j, i
    return list(found.items())


def _in_step(olds: Sequence[Unit], news: Sequence[Unit]) -> list[tuple[int, int]]:
    """Each line with the one in the same place, if all of them plainly are that line, edited."""
    if len(olds) != len(news):
        return []
    both = zip(olds, news, strict=True)
    return (
        [(n, n) for n in range(len(olds))] if all(is_edit(x.text, y.text) for x, y in both) else []
    )


def _pairs(olds: Sequence[Unit], news: Sequence[Unit], work: _Work) -> Iterator[tuple[int, int]]:
    """Partners in order, at least SIMILAR, with the largest sum; sought among neighbours only."""
    parts = -(-max(len(olds), len(news)) // PAIRED_AT_ONCE)
    for part in range(parts if olds and news else 0):
        (lo, hi), (blo, bhi) = (
            (len(us) * part // parts, len(us) * (part + 1) // parts) for us in (olds, news)
        )
        a, b = [_bag(u.text) for u in olds[lo:hi]], [_bag(u.text) for u in news[blo:bhi]]
        if a and b and work.take(sum(3 + len(words) for _, words, _ in a) * len(b)):
            alike = [[_alike(x, y) for y in b] for x in a]
            yield from ((lo + i, blo + j) for i, j in _best(alike))


_Bag = tuple[str, Counter[str], int]  # a line, its words, the sum of their lengths


def _bag(text: str) -> _Bag:
    words = [t for t in tokens(text) if not t.isspace()]
    return text, Counter(words), sum(map(len, words))


def _alike(a: _Bag, b: _Bag) -> float:
    """Share of common words by length, 0 to 1."""
    if a[0] == b[0]:
        return 1.0
    common = sum(len(t) * min(n, b[1][t]) for t, n in a[1].items() if t in b[1])
    return 2 * common / (a[2] + b[2]) if common else 0.0


def _best(alike: Sequence[Sequence[float]]) -> Iterator[tuple[int, int]]:
    high, wide = len(alike), len(alike[0])
    gain = [[0.0] * (wide + 1) for _ in range(high + 1)]
    for i in reversed(range(high)):
        for j in reversed(range(wide)):
            both = alike[i][j] + gain[i + 1][j + 1] if alike[i][j] >= SIMILAR else 0.0
            gain[i][j] = max(both, gain[i + 1][j], gain[i][j + 1])
    i = j = 0
    while i < high and j < wide:
        if alike[i][j] >= SIMILAR and gain[i][j] == alike[i][j] + gain[i + 1][j + 1]:
            yield i, j
            i, j = i + 1, j + 1
        elif gain[i][j] == gain[i + 1][j]:
            i += 1
        else:
            j += 1
