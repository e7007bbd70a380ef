"""What a result depends on, as short hashes: the code that a script reaches, the packages it runs on, a file's bytes.

A workflow rule passes `code_digest(script)` as a parameter, so that a changed constant in a module that the script
imports reruns the rule, while comments, docstrings, moved files' dates and modules it does not import never do.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from percepiano_core.files import write_text

PACKAGE = "percepiano_core"
PACKAGE_ROOT = Path(__file__).resolve().parent
DIGITS = 12
ABSENT = "absent"  # in the place of the version of a package that is not installed
FILE_NAME = re.compile(r"[\w.-]+\.\w+")


def code_digest(script: Path | str, *entry_modules: str) -> str:
    """Hash of the script's code and of every package module that it, or an entry module named beside it, imports."""
    paths = {PACKAGE_ROOT.parent / _module_path(name) for name in import_closure(script, *entry_modules)}
    digest = hashlib.sha256(_source(Path(script)).code.encode())
    for path in sorted(paths):
        digest.update(path.relative_to(PACKAGE_ROOT).as_posix().encode())
        digest.update(_source(path).code.encode())
        for data in _named_data_files(path):
            digest.update(data.read_bytes())
    return digest.hexdigest()[:DIGITS]


def import_closure(script: Path | str, *entry_modules: str) -> list[str]:
    """Names of the package's modules that the script reaches by imports, sorted; packages on the way included."""
    pending = [*entry_modules, *_imported(Path(script), package="")]
    reached: set[str] = set()
    while pending:
        name = pending.pop()
        if name in reached:
            continue
        reached.add(name)
        path = PACKAGE_ROOT.parent / _module_path(name)
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        pending += [*_imported(path, package), *_parents(name)]
    return sorted(reached)


def dependency_versions(*packages: str) -> dict[str, str]:
    """Installed versions of the packages whose numbers a stage depends on; "absent" of one that is not installed."""
    return {package: _version(package) for package in sorted(packages)}


def block_digest(block: Mapping[str, object]) -> str:
    """Hash of a configuration block, independent of the order of its keys."""
    return hashlib.sha256(json.dumps(block, sort_keys=True).encode()).hexdigest()[:DIGITS]


def content_digest(paths: Iterable[Path | str]) -> str:
    """Hash of the files' bytes, in order."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(hashlib.sha256(Path(path).read_bytes()).digest())
    return digest.hexdigest()[:DIGITS]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ABSENT


def _parents(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


@cache
def _module_path(name: str) -> Path:
    """The module's file, relative to the folder that holds the package."""
    relative = Path(*name.split("."))
    if (PACKAGE_ROOT.parent / relative / "__init__.py").is_file():
        return relative / "__init__.py"
    return relative.with_suffix(".py")


@cache
def _is_module(name: str) -> bool:
    return name.split(".")[0] == PACKAGE and (PACKAGE_ROOT.parent / _module_path(name)).is_file()


@dataclass(frozen=True)
class Source:
    """What a digest needs to know of a file of code.

    Attributes
    ----------
    code : hash of its syntax tree, docstrings removed
    imports : [level, module, names] of each import anywhere in it; no names where the module itself is imported
    texts : its strings that may be names of files
    """

    code: str
    imports: tuple[tuple[int, str, tuple[str, ...]], ...]
    texts: frozenset[str]


class SourceCache:
    """Sources by the bytes of their files, in a file of its own: reading code is most of what a digest costs.

    Every job of a workflow asks for the digests anew, in a process of its own.
    """

    def __init__(self) -> None:
        self.known: dict[str, Source] = {}
        self.grown = False

    def load(self, path: Path) -> None:
        """Know what `save` kept; a file that is broken, or of another Python, is as none."""
        try:
            for key, (code, imports, texts) in json.loads(path.read_text(encoding="utf-8")).items():
                parts = tuple((level, module, tuple(names)) for level, module, names in imports)
                self.known[key] = Source(code, parts, frozenset(texts))
        except (OSError, ValueError, TypeError):
            self.known = {}

    def save(self, path: Path) -> None:
        """Keep what is known, if it is more than was loaded; whole or not at all."""
        if self.grown:
            kept = {key: (each.code, each.imports, sorted(each.texts)) for key, each in self.known.items()}
            write_text(path, json.dumps(kept))
            self.grown = False

    def source(self, path: Path) -> Source:
        """Of a file as it is now."""
        content = path.read_bytes()
        key = hashlib.sha256(sys.version.encode() + content).hexdigest()
        if key not in self.known:
            self.known[key], self.grown = _read(content), True
        return self.known[key]


SOURCES = SourceCache()


@cache
def _source(path: Path) -> Source:
    return SOURCES.source(path)


def _read(content: bytes) -> Source:
    tree = ast.parse(content)
    imports: list[tuple[int, str, tuple[str, ...]]] = []
    texts: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports += [(0, alias.name, ()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imports.append((node.level, node.module or "", tuple(alias.name for alias in node.names)))
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[\w.-]+\.\w+", node.value)
        ):
            texts.add(node.value)
    return Source(hashlib.sha256(_without_docstrings(tree).encode()).hexdigest(), tuple(imports), frozenset(texts))


def _imported(path: Path, package: str) -> Iterator[str]:
    """The package's modules that the file imports anywhere in its body, functions included."""
    for level, module, names in _source(path).imports:
        base = _absolute(level, module, package)
        yield from (name for name in (base, *(f"{base}.{name}" for name in names)) if _is_module(name))


def _absolute(level: int, module: str, package: str) -> str:
    if not level:
        return module
    parts = package.split(".")[: len(package.split(".")) - level + 1]
    return ".".join([*parts, *([module] if module else [])])


@cache
def _named_data_files(path: Path) -> list[Path]:
    """Files beside the module that one of its strings names: tables that are part of the code.

    Presets (YAML) are not: what a run takes from them is among its settings, so that a new one reruns nothing.
    """
    named = (path.parent / text for text in _source(path).texts if not text.endswith((".py", ".yaml")))
    return sorted(file for file in named if file.is_file())


def _without_docstrings(tree: ast.Module) -> str:
    """The syntax tree as text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node, clean=False
        ):
            node.body = node.body[1:]
    return ast.dump(tree)
