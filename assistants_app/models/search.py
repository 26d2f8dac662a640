"""The search index: words of what is live, and of what is proposed before anything is live.

One row per text: its id is the assistant's, or minus the Change's id where a new assistant is still
proposed. Triggers keep it, so that no way of writing can forget it: SQLite FTS5 without a copy of
the texts, PostgreSQL a `tsvector` by the dictionary 'simple'. Words match from their beginning and
in any case; whatever is no letter or digit parts them, so `lookup_order` is two words in a row.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import BooleanField, F, Func

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "assistants_app_search"
HITS = "assistants_app_search_hits"  # a function of PostgreSQL's
ASSISTANT, CHANGE = "assistants_app_assistant", "assistants_app_change"
FEW = 500  # hits that are looked up one by one; beyond, the list is walked and each row asked
_TEXTS = ("name", "description", "model", "instructions")
_IDS = ("public_id", "upstream_id", "former_id")
_OPEN = "('draft', 'in_review', 'changes_requested', 'approved')"
# Scripts that are written without spaces: their words are found by looking through the texts.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)
_TERM = re.compile(r'"([^"]+)"?|([^\s"]+)')
_ASCII_SIGNS = "".join(chr(n) for n in range(33, 127) if not chr(n).isalnum())
_SPACES = str.maketrans(dict.fromkeys(_ASCII_SIGNS, " "))


def terms(text: str) -> list[str]:
    """What is looked for: words, and what stands in quotation marks as one."""
    return [quoted or word for quoted, word in _TERM.findall(text)]


def has_words(text: str) -> bool:
    """Whether the index can answer: every term holds a letter or digit of a script with spaces."""
    found = terms(text)
    is_worded = all(any(sign.isalnum() for sign in term) for term in found)
    return bool(found) and is_worded and not _UNSPACED.search(text)


def query(text: str, vendor: str) -> str:
    """The search in the database's own language; nothing typed is an operator there."""
    parts = []
    for term in terms(text):
        begins = sum(sign.isalnum() for sign in term) > 1  # one letter alone is a word of its own
        if vendor == "sqlite":
            parts.append('"' + term.replace('"', " ") + '"' + ("*" if begins else ""))
        else:
            words = " ".join(term.lower().translate(_SPACES).split())
            parts.append(f"'{words}'" + (":*" if begins else ""))
    return (" " if vendor == "sqlite" else " & ").join(parts)


def hits(text: str, *, limit: int = FEW + 1) -> list[int]:
    """Ids of the index that hold every term, at most so many, in no order."""
    sql = f"SELECT {HITS}(%s, %s)"
    if connection.vendor == "sqlite":
        sql = f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s LIMIT %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [query(text, connection.vendor), limit])
        return [row[0] for row in cursor.fetchall()]


class Holds(Func):
    """True for the assistants that hold every term: for texts with more than FEW hits, where the
    database best walks the list in its order and asks row by row.
    """

    output_field = BooleanField()

    def __init__(self, text: str) -> None:
        super().__init__(F("pk"), F("live_version_id"))
        self._text = text

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **__: Any) -> tuple[str, Any]:
        pk, live = (compiler.compile(part)[0] for part in self.get_source_expressions())
        asked = query(self._text, connection.vendor)
        holds = _sqlite_holds if connection.vendor == "sqlite" else _postgresql_holds
        return holds(pk, live), (asked, asked)


def _sqlite_holds(pk: str, live: str) -> str:
    found = f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s"  # noqa: S608  # names of ours
    proposed = (
        f"SELECT c.assistant_id FROM {TABLE} JOIN {CHANGE} c "  # noqa: S608
        f"ON c.id = -{TABLE}.rowid WHERE {TABLE} MATCH %s AND {TABLE}.rowid < 0"
    )
    # The sign before the first key: not to begin with the hits. `live` comes last: the list's own
    # index does not hold it, and few rows get that far.
    return f"(+{pk} IN ({found}) OR +{pk} IN ({proposed}) AND {live} IS NULL)"


def _postgresql_holds(pk: str, live: str) -> str:
    """As single values, which cannot be made for all rows beforehand: to read the words of every
    text there is would take seconds, and the planner takes them for cheap.

    All of it as one more single value: of a phrase the planner thinks that hardly any text holds
    it, whatever its words, and would read every push order again for each assistant that does.
    """
    holds = f"(SELECT words FROM {TABLE} WHERE id = {{}}) @@ to_tsquery('simple', %s)"  # noqa: S608
    proposed = (
        f"(SELECT bool_or({holds.format('-c.id')}) FROM {CHANGE} c "  # noqa: S608
        f"WHERE c.assistant_id = {pk})"
    )
    return f"(SELECT {holds.format(pk)} IS TRUE OR {live} IS NULL AND {proposed} IS TRUE)"


# --- keeping it -----------------------------------------------------------------------------------
def _functions(row: str) -> str:
    """SQLite: the names of the functions among `tools`; nothing where it is no list of objects."""
    name = "CASE type WHEN 'object' THEN json_extract(value, '$.function.name') END"
    tools = f"CASE WHEN json_valid({row}.tools) THEN {row}.tools ELSE '[]' END"
    return f"(SELECT group_concat({name}, ' ') FROM json_each({tools}))"  # noqa: S608


def _words(vendor: str, table: str, row: str) -> str:
    ids = _IDS if table == ASSISTANT else ()
    if vendor == "sqlite":
        parts = [f"coalesce({row}.{name}, '')" for name in (*_TEXTS, *ids)]
        return " || char(10) || ".join([*parts, f"coalesce({_functions(row)}, '')"])
    parts = [f"{row}.{name}" for name in (*ids, *_TEXTS)]
    return f"search_words({row}.tools, concat_ws(chr(10), {', '.join(parts)}))"


def _is_in(table: str, row: str) -> str:
    """Whether a row of the table belongs into the index, by its own columns alone."""
    return "1=1" if table == ASSISTANT else f"{row}.base_id IS NULL AND {row}.state IN {_OPEN}"


def _id(table: str, row: str) -> str:
    return f"{row}.id" if table == ASSISTANT else f"-{row}.id"


def _watched(table: str) -> tuple[str, ...]:
    return (*_TEXTS, "tools", *(_IDS if table == ASSISTANT else ("base_id", "state")))


def names(table: str) -> tuple[str, ...]:
    return tuple(f"{table}_search_{n}" for n in (1, 2, 3))


def _sqlite(table: str) -> list[str]:
    def put(row: str) -> str:
        return (
            f"INSERT INTO {TABLE}(rowid, words) SELECT {_id(table, row)}, "
            f"{_words('sqlite', table, row)} WHERE {_is_in(table, row)};"
        )

    take = (
        f"INSERT INTO {TABLE}({TABLE}, rowid, words) SELECT 'delete', {_id(table, 'old')}, "
        f"{_words('sqlite', table, 'old')} WHERE {_is_in(table, 'old')};"
    )
    first, second, third = names(table)
    columns = _watched(table)
    differs = " OR ".join(f"old.{name} IS NOT new.{name}" for name in columns)
    return [
        f"CREATE TRIGGER {first} AFTER INSERT ON {table} BEGIN {put('new')} END",
        f"CREATE TRIGGER {second} AFTER UPDATE OF {', '.join(columns)} ON {table} "
        f"WHEN {differs} BEGIN {take} {put('new')} END",
        f"CREATE TRIGGER {third} AFTER DELETE ON {table} BEGIN {take} END",
    ]


_SEARCH_WORDS = """
CREATE OR REPLACE FUNCTION search_words(tools text, said text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE functions text;
BEGIN
  BEGIN
    SELECT string_agg(tool -> 'function' ->> 'name', ' ') INTO functions
      FROM json_array_elements(tools::json) AS tool;
  EXCEPTION WHEN OTHERS THEN functions := NULL;  -- a draft's list of tools may be anything
  END;
  said := translate(lower(concat_ws(chr(10), functions, said)), {signs}, {spaces});
  RETURN to_tsvector('simple', said);
EXCEPTION WHEN program_limit_exceeded THEN  -- more different words than one tsvector holds
  RETURN to_tsvector('simple', left(said, 60000));
END $$
"""
# A look at one text's words takes PostgreSQL about as long as reading two pages, since they lie
# elsewhere; the planner takes it for as cheap as one at a number, and would read every text there
# is for a rare word. The text must stand in the statement for it to know how rare the word is.
_HITS = """
CREATE OR REPLACE FUNCTION {HITS}(asked text, most integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SET cpu_operator_cost = 2.5 AS $$
BEGIN
  RETURN QUERY EXECUTE format(
    'SELECT id FROM {TABLE} WHERE words @@ to_tsquery(''simple'', %L) LIMIT %s', asked, most);
END $$
"""
_PG_FUNCTION = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    DELETE FROM {TABLE} WHERE {half}; RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    IF TG_OP = 'DELETE' OR NOT ({is_in}) THEN
      DELETE FROM {TABLE} WHERE id = {old_id};
    END IF;
    IF TG_OP = 'DELETE' OR ({same}) THEN RETURN NULL; END IF;
  END IF;
  IF {is_in} THEN
    INSERT INTO {TABLE}(id, words) VALUES ({new_id}, {words})
      ON CONFLICT (id) DO UPDATE SET words = EXCLUDED.words;
  END IF;
  RETURN NULL;
END $$
"""


def _postgresql(table: str) -> list[str]:
    first, second, third = names(table)
    columns = _watched(table)
    function = _PG_FUNCTION.format(
        name=f"{table}_search",
        TABLE=TABLE,
        half="id > 0" if table == ASSISTANT else "id < 0",
        is_in=_is_in(table, "NEW").replace("1=1", "true"),
        old_id=_id(table, "OLD"),
        new_id=_id(table, "NEW"),
        same=" AND ".join(f"OLD.{name} IS NOT DISTINCT FROM NEW.{name}" for name in columns),
        words=_words("postgresql", table, "NEW"),
    )
    call = f"EXECUTE FUNCTION {table}_search()"
    return [
        function,
        f"CREATE TRIGGER {first} AFTER INSERT OR DELETE ON {table} FOR EACH ROW {call}",
        f"CREATE TRIGGER {second} AFTER UPDATE OF {', '.join(columns)} ON {table} "
        f"FOR EACH ROW {call}",
        f"CREATE TRIGGER {third} AFTER TRUNCATE ON {table} FOR EACH STATEMENT {call}",
    ]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _table(vendor: str) -> list[str]:
    if vendor == "sqlite":
        return [
            f"DROP TABLE IF EXISTS {TABLE}",
            f"CREATE VIRTUAL TABLE {TABLE} USING fts5(words, content='', prefix='2 3', "
            "tokenize='unicode61 remove_diacritics 0')",
        ]
    signs, spaces = _quoted(_ASCII_SIGNS), _quoted(" " * len(_ASCII_SIGNS))
    return [
        f"DROP TABLE IF EXISTS {TABLE}",
        f"CREATE TABLE {TABLE} (id bigint PRIMARY KEY, words tsvector NOT NULL)",
        f"CREATE INDEX {TABLE}_words ON {TABLE} USING gin (words)",
        _SEARCH_WORDS.format(signs=signs, spaces=spaces),
    ]


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of the triggers that the database lacks, once both tables exist."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        if not {ASSISTANT, CHANGE} <= tables:
            return []
        cursor.execute(query)
        present = {row[0] for row in cursor.fetchall()}
    wanted = [*names(ASSISTANT), *names(CHANGE)]
    return wanted if TABLE not in tables else [name for name in wanted if name not in present]


def install(connection: BaseDatabaseWrapper) -> bool:
    """Make the index anew, of every text there is, where any of its triggers is missing.

    What was written without them is not known, so all of it is read again.
    """
    vendor = connection.vendor
    with connection.cursor() as cursor:
        if vendor == "postgresql":
            cursor.execute("SELECT 1 FROM pg_proc WHERE proname = %s", [HITS])
            if not cursor.fetchone():
                cursor.execute(_HITS.format(HITS=HITS, TABLE=TABLE))
        if not missing(connection):
            return False
        for table in (ASSISTANT, CHANGE):
            for name in names(table):
                tail = "" if vendor == "sqlite" else f" ON {table}"
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{tail}")
        for statement in _table(vendor):
            cursor.execute(statement)
        for table in (ASSISTANT, CHANGE):
            key = "rowid" if vendor == "sqlite" else "id"
            cursor.execute(
                f"INSERT INTO {TABLE}({key}, words) SELECT {_id(table, 't')}, "  # noqa: S608
                f"{_words(vendor, table, 't')} FROM {table} t WHERE {_is_in(table, 't')}"
            )
            for statement in _sqlite(table) if vendor == "sqlite" else _postgresql(table):
                cursor.execute(statement)
    return True
