"""The house style as tests, with a ratchet: what is over a limit today is listed with its size and may only shrink."""

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py"))
DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LOCKS = [ROOT / "requirements.lock", ROOT / "requirements-bench.lock"]
SETUP = ("pyproject.toml", "Makefile", ".ci/run", "scripts/setup.sh", "scripts/setup_bench.sh")
PACKAGING = [*LOCKS, *(ROOT / name for name in SETUP)]
FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 70
METHODS_MAX = 20

# path -> lines today. Shrink or remove a line here when its file shrinks; never add one.
LONG_FILES: dict[str, int] = {}
LONG_FUNCTIONS: dict[str, int] = {}
WIDE_CLASSES: dict[str, int] = {"src/tidepool/backend.py:LabBackend": 23}


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def _own_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Without decorators and docstring, as STYLE measures."""
    body = function.body
    has_docstring = ast.get_docstring(function) is not None
    docstring_lines = (body[0].end_lineno or 0) - body[0].lineno + 1 if has_docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring_lines


def _functions() -> Iterator[tuple[str, int]]:
    for path in SOURCES:
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{_relative(path)}:{node.name}", _own_lines(node)


def _ratchet(measured: dict[str, int], known: dict[str, int], limit: int, what: str) -> list[str]:
    grown = [
        f"{name} has {size} {what}; the limit is {max(limit, known.get(name, 0))}"
        for name, size in sorted(measured.items())
        if size > max(limit, known.get(name, 0))
    ]
    stale = [
        f"{name} is {measured.get(name, 0)} now: lower its entry"
        for name in known
        if measured.get(name, 0) < known[name]
    ]
    return grown + stale


def test_files_are_short() -> None:
    """One thing per file: a file of more than 300 lines holds two."""
    sizes = {_relative(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert _ratchet(sizes, LONG_FILES, FILE_LINES_MAX, "lines") == []


def test_functions_are_short() -> None:
    """A function that does not fit a screen cannot be checked by reading it."""
    assert _ratchet(dict(_functions()), LONG_FUNCTIONS, FUNCTION_LINES_MAX, "lines") == []


def test_classes_have_few_methods() -> None:
    """No manager classes."""
    methods = {
        f"{_relative(path)}:{node.name}": sum(
            isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) for item in node.body
        )
        for path in SOURCES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ClassDef)
    }
    assert _ratchet(methods, WIDE_CLASSES, METHODS_MAX, "methods") == []


def test_the_ratchet_notices() -> None:
    """The ratchet itself refuses growth, refuses stale entries, and lets what is within bounds pass."""
    assert _ratchet({"a": 301}, {}, 300, "lines") == ["a has 301 lines; the limit is 300"]
    assert _ratchet({"a": 340}, {"a": 330}, 300, "lines") == ["a has 340 lines; the limit is 330"]
    assert _ratchet({"a": 310}, {"a": 330}, 300, "lines") == ["a is 310 now: lower its entry"]
    assert _ratchet({"a": 330, "b": 300}, {"a": 330}, 300, "lines") == []


def test_modules_say_their_role() -> None:
    """Each module that holds code begins with what it is for."""
    silent = [_relative(path) for path in SOURCES if path.read_text().strip() and not ast.get_docstring(_tree(path))]
    assert silent == []


def test_tests_say_their_role() -> None:
    paths = sorted((ROOT / "tests").rglob("*.py"))
    silent = [_relative(path) for path in paths if path.read_text().strip() and not ast.get_docstring(_tree(path))]
    assert silent == []


def test_no_utils_and_no_managers() -> None:
    """Names that say nothing attract everything."""
    bad_files = [_relative(path) for path in SOURCES if re.search(r"util|helper|common|misc", path.stem)]
    bad_classes = [
        f"{_relative(path)}:{node.name}"
        for path in SOURCES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ClassDef) and node.name.endswith(("Manager", "Helper", "Util"))
    ]
    assert bad_files + bad_classes == []


def test_functions_are_annotated() -> None:
    """mypy --strict says so too, but not where a file escapes its configuration."""
    bare = [
        f"{_relative(path)}:{node.name}"
        for path in SOURCES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is None
    ]
    assert bare == []


@pytest.mark.parametrize("path", PACKAGING, ids=lambda path: path.name)
def test_packaging_names_no_host(path: Path) -> None:
    """Where packages come from is the machine's business: a lock file holds hashes, never addresses."""
    found = re.findall(r"https?://\S+|--(?:extra-)?index-url\S*|--trusted-host\S*", path.read_text())
    assert found == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_locked_package_has_a_hash(lock: Path) -> None:
    text = lock.read_text().replace("\\\n", " ")
    pinned = [line for line in text.splitlines() if "==" in line and not line.lstrip().startswith("#")]
    assert pinned
    assert [line.split()[0] for line in pinned if "--hash=sha256:" not in line] == []


@pytest.mark.parametrize("page", DOCS, ids=_relative)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_step_is_documented() -> None:
    """A step that architecture.md does not explain is a step that nobody can take over by hand."""
    from farshore.plan.step import StepKind

    text = (ROOT / "docs/architecture.md").read_text()
    assert [kind.value for kind in StepKind if f"`{kind.value}`" not in text] == []


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", "".join(page.read_text() for page in DOCS if "adr" not in page.parts)))
    assert named - targets == set()
    assert {"demo", "test"} <= named


def test_nothing_cached_is_committed() -> None:
    """Files that a run leaves behind must be ignored, or a reader's `git status` is noise."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this copy of the source is no git checkout, or git is not installed")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    bad = [name for name in listed.stdout.splitlines() if re.search(r"__pycache__|\.egg-info|_cache/|^out/", name)]
    assert bad == []


def test_no_two_test_files_share_a_name() -> None:
    """pytest imports them by it: the second one of a name is not collected, and the whole run ends before it begins."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []
