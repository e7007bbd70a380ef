"""What the design promises about the code itself: who imports whom, how light it is, how short its scripts are."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from percepiano_core.digest import import_closure

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = REPOSITORY / "percepiano_core"
SCRIPTS = sorted((REPOSITORY / "workflow_scripts").glob("*.py"))
RULES = sorted((REPOSITORY / "rules").glob("*.smk"))
# A package imports from those to its left; symbolic, audio and dynamics stand side by side.
ORDER = (
    "training", "corpus", "score", "sound", "metrics", "ratings", "splits", "alignment", "features", "store", "plan",
    "perception", "symbolic", "evaluation", "cli",
)  # fmt: skip
BESIDE = {"symbolic", "audio", "dynamics"}
FRAMEWORKLESS = {"training", "metrics", "corpus", "sound", "store", "plan", "perception", "evaluation"}
ADAPTERS = {"training/torch_adapter.py", "training/jax_adapter.py"}  # one a framework
CLOSURES = Path(__file__).parent / "data" / "closures.json"


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)


def imported_names(path: Path) -> set[str]:
    """Modules that a module imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def imported_packages(path: Path) -> set[str]:
    """Sub-packages of percepiano_core that a module imports, also inside functions."""
    parts = (name.split(".") for name in imported_names(path) if name.startswith("percepiano_core."))
    return {part[1] for part in parts if (PACKAGE / part[1]).is_dir()}


def rank(package: str) -> int:
    return ORDER.index("symbolic" if package in BESIDE else package)


def test_every_init_file_is_empty() -> None:
    assert [path for path in modules() if path.name == "__init__.py" and path.read_text()] == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_package_imports_only_from_its_left(path: Path) -> None:
    package = path.relative_to(PACKAGE).parts[0]
    used = imported_packages(path)
    if package.endswith(".py"):
        assert not used, "the modules at the top serve every package and import none"
        return
    assert all(other == package or rank(other) < rank(package) for other in used), used
    assert package == "cli" or not (used - {package}) & BESIDE, "a system serves the command line alone"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_are_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 350


def test_the_package_alone_imports_nothing_heavy() -> None:
    code = "import sys, percepiano_core; print(sorted({'torch', 'jax', 'numpy', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_what_all_systems_share_knows_no_framework(path: Path) -> None:
    place = path.relative_to(PACKAGE).as_posix()
    if place.split("/")[0] not in FRAMEWORKLESS or place in ADAPTERS:
        return
    names = {name.split(".")[0] for name in imported_names(path)}
    assert not names & {"torch", "jax", "flax", "optax"}
    adapters = {"percepiano_core." + adapter.removesuffix(".py").replace("/", ".") for adapter in ADAPTERS}
    assert not adapters & set(imported_names(path)), "an adapter serves the systems of its framework alone"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_short_and_say_what_they_do(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 45
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_rules_have_logs_environments_digests_needs_and_no_code(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"^\s+run:", text, re.M)
    for rule in re.split(r"^ *rule\b", text, flags=re.M)[1:]:
        name = rule.strip().splitlines()[0]
        for part in ("log:", "conda:", "threads:", "mem_mb=", "runtime=", "code=", "script:"):
            assert part in rule, f"rule {name} has no {part}"


def test_rules_share_few_lines_of_code() -> None:
    assert len((REPOSITORY / "rules" / "common.smk").read_text().splitlines()) <= 150
    defined = [line for path in RULES for line in path.read_text().splitlines() if re.match(r"\s*def ", line)]
    assert len(defined) <= 10, defined


def test_what_each_script_depends_on_is_as_agreed() -> None:
    """An accidental import that couples stages shows up here; write the file anew with `make closures`."""
    assert {path.name: import_closure(path) for path in SCRIPTS} == json.loads(CLOSURES.read_text())


def test_code_and_documents_name_no_place_of_a_machine() -> None:
    names = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    kept = [REPOSITORY / name for name in names.splitlines() if not name.endswith((".gz", ".lock", ".svg", ".png"))]
    pattern = re.compile(r"(?<![\w.])/(work|root|home)/\w")
    assert [path for path in kept if path.is_file() and pattern.search(path.read_text(errors="ignore"))] == []
