"""Whatever is written into any field or parameter stays a text: no interpreter behind the API takes it for more."""

from __future__ import annotations

import ast
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.test_house import _sources
from tests.ui.requests_of import list_operations
from ui.api.gate import API
from ui.testing_inside import InsideHall

pytestmark = pytest.mark.integration

MAY_SAY_503 = frozenset({"GET /health", "GET /health/database"})
"""The hall that is asked has no broker."""
ENDS_NOTHING = frozenset({"DELETE /session"})
SEVEN_TIMES = "1337"
"""What 7 * 191 is, where somebody works it out."""


@contextmanager
def _marker() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="h") as folder:
        yield Path(folder) / "x"


def _texts(marker: Path) -> tuple[str, ...]:
    return (
        "' OR '1'='1",
        "\"'; DROP TABLE audit.line; -- \\ *)(uid=*))(|(cn=*",
        f"$(touch {marker});`touch {marker}`",
        "(a+)+$[.*{{7*191}}${7*191}#{7*191}<%=7*191%>%s%n{0.__class__}",
        "javascript:alert(1)\r\nSet-Cookie: injected=1",
    )


def _schema(inside: InsideHall) -> list[Any]:
    with inside.hall.database.transaction() as conn:
        return conn.execute(
            "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2, 3"
        ).fetchall()


def _rows(inside: InsideHall) -> Counter[str]:
    """Of tables from which nothing that is asked here takes away."""
    kept = ("audit.line", "twin.building_version", "accounts.person", "kernel.vault_key")
    with inside.hall.database.transaction() as conn:
        known = {row[0] for row in conn.execute("SELECT schemaname || '.' || tablename FROM pg_tables").fetchall()}
        counted = {name: conn.execute(f"SELECT count(*) FROM {name}").fetchone() for name in kept if name in known}  # noqa: S608
    return Counter({name: row[0] for name, row in counted.items() if row})


def test_what_is_written_into_any_field_stays_a_text(inside: InsideHall) -> None:
    before, rows = _schema(inside), _rows(inside)
    assert len(rows) >= 2
    broken, taken, asked = [], [], 0
    with _marker() as marker:
        for operation in list_operations(inside):
            if operation.name in ENDS_NOTHING:
                continue
            for text in _texts(marker) if operation.takes_text() else ("",):
                answer = operation.ask(inside, text)
                asked += 1
                if answer.status >= 500 and not (answer.status == 503 and operation.name in MAY_SAY_503):
                    broken.append((operation.name, text, answer.status, answer.text[:200]))
                said = answer.text.replace(text, "")
                if "injected=1" in answer.headers.get("set-cookie", ""):
                    taken.append((operation.name, text))
                if "{{7*191}}" in text and SEVEN_TIMES in said and SEVEN_TIMES not in operation.ask(inside, "x").text:
                    taken.append((operation.name, text))
        assert not marker.exists(), "a program was started"
    # The hall is others' too: whoever comes may register again.
    inside.ask("PUT", f"{API}/accounts/registrations/policy", {"policy": "review"}, who="security_admin")
    assert broken == [], "\n".join(map(str, broken))
    assert taken == []
    assert asked > 500
    assert _schema(inside) == before
    assert _rows(inside) >= rows


ALL_OF_THEM = ("' OR '1'='1", "') OR ('1'='1", "%", "%%", "*", ".*", "^", "[a-z]", "(?i).*", "\\", "a' OR 1=1 --")
EXACT = {
    "/accounts/users?q={}": ("admin", lambda answer: answer["people"]),
    "/accounts/users?after=&role={}": ("admin", lambda answer: answer["people"]),
    "/accounts/units?q={}": ("admin", lambda answer: answer),
    "/audit?actor={}": ("audit_admin", lambda answer: answer["lines"]),
    "/audit?action={}": ("audit_admin", lambda answer: answer["lines"]),
    "/audit?target={}": ("audit_admin", lambda answer: answer["lines"]),
    "/devices?q={}": ("manager", lambda answer: answer),
    "/devices?kind={}": ("manager", lambda answer: answer),
    "/commands?device={}": ("manager", lambda answer: answer),
}


def test_a_search_finds_what_was_written_and_no_pattern_finds_more(inside: InsideHall) -> None:
    from urllib.parse import quote

    for number in range(2):
        name = {"zh": f"注入测试 100%_{number}", "en": f"injection 100%_{number}"}
        assert inside.ask("POST", f"{API}/accounts/units", {"name": name}, who="admin").status == 201
    found: dict[tuple[str, str], Any] = {}
    for path, (who, rows) in EXACT.items():
        for text in ALL_OF_THEM:
            answer = inside.ask("GET", API + path.format(quote(text, safe="")), who=who)
            assert answer.status in (200, 404, 422), (path, text, answer.text)
            if answer.status == 200 and rows(answer.json()):
                found[path, text] = rows(answer.json())
    # The sign itself stands in two names: they are found by it, and nothing else is.
    percent = found.pop(("/accounts/units?q={}", "%"))
    assert {unit["name"]["en"] for unit in percent} == {"injection 100%_0", "injection 100%_1"}
    assert found == {}
    one = inside.ask("GET", f"{API}/accounts/units?q=100%25_0", who="admin").json()
    assert [unit["name"]["en"] for unit in one] == ["injection 100%_0"], "_ is no any-character"


def test_a_word_of_the_audit_is_looked_for_as_it_is(inside: InsideHall) -> None:
    for text in ALL_OF_THEM:
        lines = inside.ask("GET", f"{API}/audit?text={text.replace('%', '%25').replace(' ', '%20')}", who="audit_admin")
        assert lines.status == 200
        for line in lines.json()["lines"]:
            told = [str(line[name]) for name in ("actor", "action", "target", "why")]
            assert any(text.lower() in one.lower() for one in [*told, *_words_of([line["before"], line["after"]])]), (
                line
            )


def _words_of(told: Any) -> Iterator[str]:
    """All words in a JSON value, those of its keys too."""
    if isinstance(told, Mapping):
        for key, value in told.items():
            yield from (key, *_words_of(value))
    elif isinstance(told, list):
        for value in told:
            yield from _words_of(value)
    else:
        yield str(told)


# --- in the source: what could take a text for more than that

CODE = frozenset({"eval", "exec", "compile", "__import__"})
PICKLED = frozenset({"pickle", "marshal", "shelve", "dill", "jinja2", "mako"})
SHELLS = frozenset({"os.system", "os.popen", "subprocess.getoutput", "asyncio.create_subprocess_shell"})
PATTERNS = frozenset(f"re.{way}" for way in ("compile", "search", "match", "fullmatch", "sub", "split", "findall"))


def test_no_text_becomes_code_a_shell_command_or_a_pattern() -> None:
    """Programs are started by lists of words; a pattern that is put together is put together from our own words."""
    code, shells, patterns = [], [], []
    for name, tree in _sources():
        if "/bench/" in name:  # it serves nobody
            continue
        for call in ast.walk(tree):
            if isinstance(call, ast.Import | ast.ImportFrom):
                named = [call.module or ""] if isinstance(call, ast.ImportFrom) else [a.name for a in call.names]
                code += [(name, module) for module in named if module.partition(".")[0] in PICKLED]
            if not isinstance(call, ast.Call):
                continue
            called = _name_of(call.func)
            if called in CODE:
                code.append((name, called))
            if called in SHELLS or any(k.arg == "shell" and ast.unparse(k.value) != "False" for k in call.keywords):
                shells.append((name, called))
            if called in PATTERNS and not _is_ours(call.args[0]):
                patterns.append(f"{name}: {ast.unparse(call.args[0])}")
    assert code == []
    assert shells == []
    assert set(patterns) == OWN_PATTERNS


def _name_of(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            return f"{module}.{name}"
    return ""


OWN_PATTERNS = {"building/understanding/kinds.py: '|'.join(words)"}
"""Put together otherwise: from the tables of words in that very file."""


def _is_ours(pattern: ast.expr) -> bool:
    """A text of the source, one put together from constants (which are written in capitals), or one escaped."""
    found = False
    match pattern:
        case ast.Constant():
            found = True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            found = name.isupper()
        case ast.JoinedStr(values=values):
            found = all(_is_ours(v.value if isinstance(v, ast.FormattedValue) else v) for v in values)
        case ast.BinOp(left=left, right=right):
            found = _is_ours(left) and _is_ours(right)
        case ast.Call(func=ast.Attribute(value=text, attr="encode")):
            found = _is_ours(text)
        case ast.Call(func=function):
            found = ast.unparse(function) == "re.escape"
    return found
