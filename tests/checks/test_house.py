"""Where a line may stand: one place for each kind of danger, and no file that is two nouns."""

from __future__ import annotations

import ast
from fnmatch import fnmatch
from typing import TYPE_CHECKING

import pytest

from tests.checks.tree import ROOT, dotted, name, parsed, sources, walked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

LONGEST = 400  # lines of a file
TOP = {
    "assistants_app",
    "dashboard",
    "static",
    "templates",
    "tests",
    ".ci",
    ".gitignore",
    "LICENSE",
    "README.md",
    "manage.py",
    "pyproject.toml",
}
NO_NAMES = {"utils", "util", "helpers", "common", "misc"}
Rule = tuple[str, "Callable[[ast.AST], bool]", tuple[str, ...]]


def names(*wanted: str) -> Callable[[ast.AST], bool]:
    """A use or an import of one of these names."""

    def uses(node: ast.AST) -> bool:
        if isinstance(node, ast.ImportFrom | ast.Import):
            return any(alias.name in wanted for alias in node.names)
        if isinstance(node, ast.Name):
            return node.id in wanted
        return isinstance(node, ast.Attribute) and (node.attr in wanted or dotted(node) in wanted)

    return uses


def calls_of(*wanted: str) -> Callable[[ast.AST], bool]:
    """A call by exactly this dotted name."""
    return lambda node: isinstance(node, ast.Call) and dotted(node.func) in wanted


def imports(package: str) -> Callable[[ast.AST], bool]:
    def is_import(node: ast.AST) -> bool:
        if isinstance(node, ast.ImportFrom):
            return (node.module or "").partition(".")[0] == package
        return isinstance(node, ast.Import) and any(
            alias.name.partition(".")[0] == package for alias in node.names
        )

    return is_import


def inserts_entries(node: ast.AST) -> bool:
    """`AuditEntry(…)`, or a writing call on its manager."""
    if not isinstance(node, ast.Call):
        return False
    called = dotted(node.func)
    return called == "AuditEntry" or (
        called.startswith("AuditEntry.objects")
        and called.rpartition(".")[2] in ("create", "get_or_create", "bulk_create")
    )


def runs_sql(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    owner, _, method = dotted(node.func).rpartition(".")
    is_cursor = owner.removesuffix("()").rpartition(".")[2] == "cursor"
    return method in ("raw", "RawSQL", "executemany") or (method == "execute" and is_cursor)


# What, how it is seen, and the only places for it.
RULES: dict[str, Rule] = {
    "mark_safe": ("HTML made by hand", names("mark_safe", "html_safe"), ("markup.py",)),
    "safe": ("HTML made by hand", calls_of("SafeString", "SafeText"), ("markup.py",)),
    "json": (
        "a second JSON parser",
        calls_of("json.loads", "json.load", "loads"),
        ("contract/ordered_json.py",),
    ),
    "requests": ("HTTP to others", imports("requests"), ("sync/transport.py",)),
    "urllib3": (
        "what lies under requests",
        imports("urllib3"),
        ("sync/lines.py", "sync/transport.py"),
    ),
    "rest": ("REST framework", imports("rest_framework"), ("api/",)),
    "csrf": ("a view without CSRF guard", names("csrf_exempt"), ("api/", "views/home.py")),
    "audit": ("an insert into the audit log", inserts_entries, ("actions/audit.py",)),
    "sql": ("SQL by hand", runs_sql, ("models/",)),
    "pickle": ("pickle", imports("pickle"), ()),
    "eval": ("code from text", calls_of("eval", "exec"), ()),
    "signals": ("domain events by signal", names("post_save", "pre_save", "m2m_changed"), ()),
    "modelform": (
        "a second writer of content",
        names("forms.ModelForm", "modelform_factory", "BaseModelForm"),
        (),
    ),
    "admin": ("a writable admin", imports("django.contrib.admin"), ()),
}


def breaches(rule: Rule, files: Iterable[tuple[str, ast.Module]]) -> list[str]:
    what, is_breach, places = rule
    return [
        f"{file}:{getattr(node, 'lineno', 0)}: {what}"
        for file, tree in files
        if not file.removeprefix("assistants_app/").startswith(places or ("nowhere",))
        for node in walked(tree)
        if is_breach(node)
    ]


@pytest.mark.parametrize("rule", RULES)
def test_a_danger_has_one_place(rule: str) -> None:
    files = [(name(path), parsed(path)) for path in (*sources(), *sources(ROOT / "dashboard"))]
    assert breaches(RULES[rule], files) == []


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("mark_safe", "from django.utils.safestring import mark_safe"),
        ("mark_safe", "safestring.mark_safe(text)"),
        ("json", "json.loads(text)"),
        ("json", "from json import loads\nloads(text)"),
        ("safe", "SafeString(text)"),
        ("requests", "import requests.adapters"),
        ("urllib3", "import urllib3.util"),
        ("rest", "from rest_framework.views import APIView"),
        ("csrf", "@csrf_exempt\ndef view(request): ..."),
        ("audit", "AuditEntry(seq=1)"),
        ("audit", "AuditEntry.objects.create(seq=1)"),
        ("sql", "cursor.execute('SELECT 1')"),
        ("sql", "connection.cursor().execute('SELECT 1')"),
        ("sql", "Change.objects.raw('SELECT 1')"),
        ("pickle", "import pickle"),
        ("eval", "eval(text)"),
        ("signals", "from django.db.models.signals import post_save"),
        ("modelform", "class A(forms.ModelForm): ..."),
    ],
)
def test_a_breach_is_seen_elsewhere_and_not_in_its_place(rule: str, code: str) -> None:
    tree = ast.parse(code)
    assert breaches(RULES[rule], [("assistants_app/policies.py", tree)])
    places = RULES[rule][2]
    assert not breaches(RULES[rule], [(f"assistants_app/{place}x", tree) for place in places])


def test_no_file_is_two_nouns() -> None:
    long = {name(path): path.read_text(encoding="utf-8").count("\n") for path in sources()}
    assert [f"{file}: {lines}" for file, lines in long.items() if lines > LONGEST] == []


def test_no_module_is_a_drawer() -> None:
    found = [name(p) for p in (*sources(), *sources(ROOT / "tests")) if p.stem in NO_NAMES]
    assert found == []


def test_the_top_of_the_tree_is_what_the_card_shows() -> None:
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().split()] + [".git"]
    found = {path.name for path in ROOT.iterdir()}
    assert {n for n in found if not any(fnmatch(n, pattern) for pattern in ignored)} == TOP


def test_the_constraints_name_no_host() -> None:
    path = ROOT / ".ci" / "constraints.txt"
    assert unclean(path) == []


def unclean(path: Path) -> list[str]:
    """Lines with an address or a path: the file must serve any index."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        line
        for line in lines
        if "://" in line
        or (
            line.lstrip(" #").startswith(("/", "-", "."))
            and not line.lstrip().startswith("--hash=")
        )
    ]


def test_an_address_in_the_constraints_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "constraints.txt"
    path.write_text(
        "django==5.2.19 \\\n    --hash=sha256:ab\n--index-url x\na @ https://a.example\n"
    )
    assert len(unclean(path)) == 2
