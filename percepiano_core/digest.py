"""What a result depends on, as short hashes: the code that a script reaches, the packages it runs on, a file's bytes.

A workflow rule passes `code_digest(script)` as a parameter, so that a changed constant in a module that the script
imports reruns the rule, while comments, docstrings, moved files' dates and modules it does not import never do.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

PACKAGE = "percepiano_core"
PACKAGE_ROOT = Path(__file__).resolve().parent
DIGITS = 12


def code_digest(script: Path | str, *entry_modules: str) -> str:
    """Hash of the script's code and of every package module that it, or an entry module named beside it, imports."""
    paths = {PACKAGE_ROOT.parent / _module_path(name) for name in import_closure(script, *entry_modules)}
    digest = hashlib.sha256(_code(Path(script)).encode())
    for path in sorted(paths):
        digest.update(path.relative_to(PACKAGE_ROOT).as_posix().encode())
        digest.update(_code(path).encode())
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
    """Installed versions of the packages whose numbers a stage depends on."""
    return {package: version(package) for package in sorted(packages)}


def block_digest(block: Mapping[str, object]) -> str:
    """Hash of a configuration block, independent of the order of its keys."""
    return hashlib.sha256(json.dumps(block, sort_keys=True).encode()).hexdigest()[:DIGITS]


def content_digest(paths: Iterable[Path | str]) -> str:
    """Hash of the files' bytes, in order."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(hashlib.sha256(Path(path).read_bytes()).digest())
    return digest.hexdigest()[:DIGITS]


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


def _is_module(name: str) -> bool:
    return name.split(".")[0] == PACKAGE and (PACKAGE_ROOT.parent / _module_path(name)).is_file()


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imported(path: Path, package: str) -> Iterator[str]:
    """The package's modules that the file imports anywhere in its body, functions included."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (name for name in names if _is_module(name))


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*parts, *([node.module] if node.module else [])])


def _named_data_files(path: Path) -> list[Path]:
    """Files beside the module that one of its strings names: tables that are part of the code.

    Presets (YAML) are not: what a run takes from them is among its settings, so that a new one reruns nothing.
    """
    constants = {node.value for node in ast.walk(_tree(path)) if isinstance(node, ast.Constant)}
    beside = (file for file in path.parent.iterdir() if file.is_file() and file.suffix not in (".py", ".yaml"))
    return sorted(file for file in beside if file.name in constants)


@cache
def _code(path: Path) -> str:
    """The file's syntax tree as text, docstrings removed."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node, clean=False
        ):
            node.body = node.body[1:]
    return ast.dump(tree)
