"""The agent as one file: a zip application that any Python from 3.11 on runs, with nothing installed beside it.

Which modules go in is computed from the imports of the entry points, so that a new import cannot be
forgotten, and one that needs a third-party package is refused here and not on the app server.
"""

import ast
import io
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import farshore
from farshore.model.failure import Refused

ENTRIES = ("farshore.cli.main", "farshore.cli.agent")
_MAIN = "import sys\n\nfrom farshore.cli.main import main\n\nsys.exit(main())\n"
_SHEBANG = b"#!/usr/bin/env -S python3 -I\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same modules make the same bytes, so that a deployment sees "unchanged"


def build_archive(entries: tuple[str, ...] = ENTRIES) -> bytes:
    """Raises Refused when an entry point needs more than the standard library."""
    root = Path(farshore.__file__).parent.parent
    content = io.BytesIO()
    content.write(_SHEBANG)
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(_members(root, entries).items()):
            member = zipfile.ZipInfo(name, _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, data)
    return content.getvalue()


def _members(root: Path, entries: tuple[str, ...]) -> dict[str, bytes]:
    members = {"__main__.py": _MAIN.encode()}
    for module in closure(root, entries):
        path = _source(root, module)
        assert path is not None
        members[path.relative_to(root).as_posix()] = path.read_bytes()
    return members


def closure(root: Path, entries: tuple[str, ...]) -> set[str]:
    """The entries, all they import of farshore, and the packages around them."""
    found: set[str] = set()
    waiting = list(entries)
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        source = _source(root, module)
        if source is None:
            raise Refused(f"The module {module} is missing from this installation.", "Install farshore again.")
        found.add(module)
        package = module.rpartition(".")[0]
        if package:
            waiting.append(package)
        for name in _imports(source, module):
            if name.split(".")[0] == "farshore":
                waiting.append(name if _source(root, name) else name.rpartition(".")[0])
            elif name.split(".")[0] not in sys.stdlib_module_names:
                raise Refused(
                    f"{module} imports {name}, which app servers do not have.", "Use the standard library there."
                )
    return found


def _source(root: Path, module: str) -> Path | None:
    path = root.joinpath(*module.split("."))
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


def _imports(source: Path, module: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_bytes(), str(source))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise Refused(f"{module} has a relative import.", "Write the whole name.")
            base = node.module or ""
            # `from package import module` names a module, `from module import name` does not.
            yield from (f"{base}.{name.name}" for name in node.names) if base.startswith("farshore") else (base,)
