"""A digest changes with the code that a script reaches, and with nothing else."""

from pathlib import Path

import pytest

from percepiano_core import digest

FILES = {
    "stage/__init__.py": "",
    "stage/entry.py": '"""Entry."""\nfrom . import helper\nfrom ..shared.constants import FACTOR\n',
    "stage/helper.py": 'def double(x):\n    """Twice x."""\n    return 2 * x\n\nTABLE = "words.json"\n',
    "stage/words.json": '{"allegro": 1}',
    "stage/unrelated.py": "VALUE = 1\n",
    "shared/__init__.py": "",
    "shared/constants.py": "FACTOR = 3\n",
    "__init__.py": "",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "toy"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (tmp_path / "script.py").write_text("from toy.stage import entry\n")
    monkeypatch.setattr(digest, "PACKAGE", "toy")
    monkeypatch.setattr(digest, "PACKAGE_ROOT", root)
    return root


def fresh(package: Path) -> str:
    for cached in (digest._module_path, digest._is_module, digest._source, digest._named_data_files):
        cached.cache_clear()
    return digest.code_digest(package.parent / "script.py")


def test_the_closure_follows_relative_and_absolute_imports(package: Path) -> None:
    fresh(package)
    assert digest.import_closure(package.parent / "script.py") == [
        "toy",
        "toy.shared",
        "toy.shared.constants",
        "toy.stage",
        "toy.stage.entry",
        "toy.stage.helper",
    ]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("stage/helper.py", "    return", "    # a comment\n\n    return"),
        ("stage/helper.py", "Twice x.", "Two times x."),
        ("stage/unrelated.py", "1", "2"),
    ],
)
def test_comments_docstrings_and_unrelated_modules_keep_the_digest(
    package: Path, file: str, old: str, new: str
) -> None:
    before = fresh(package)
    path = package / file
    path.write_text(path.read_text().replace(old, new))
    assert fresh(package) == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("stage/helper.py", "2 * x", "3 * x"),
        ("shared/constants.py", "3", "4"),
        ("stage/words.json", "1", "2"),
    ],
)
def test_a_changed_constant_or_table_that_the_script_reaches_changes_the_digest(
    package: Path, file: str, old: str, new: str
) -> None:
    before = fresh(package)
    path = package / file
    path.write_text(path.read_text().replace(old, new))
    assert fresh(package) != before


def test_a_model_module_named_beside_the_script_counts(package: Path) -> None:
    fresh(package)
    script = package.parent / "script.py"
    assert digest.code_digest(script, "toy.stage.unrelated") != digest.code_digest(script)


def test_block_digest_ignores_the_order_of_keys() -> None:
    assert digest.block_digest({"a": 1, "b": [2]}) == digest.block_digest({"b": [2], "a": 1})
    assert digest.block_digest({"a": 1}) != digest.block_digest({"a": 2})


def test_what_is_kept_of_the_code_gives_the_same_digest_and_a_broken_file_is_as_none(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fresh(package)
    digest.SOURCES.save(tmp_path / "code.json")
    kept = digest.SourceCache()
    kept.load(tmp_path / "code.json")
    assert kept.known.items() <= digest.SOURCES.known.items() and len(kept.known) >= 6
    monkeypatch.setattr(digest, "SOURCES", kept)
    monkeypatch.setattr(digest, "_read", None)  # nothing has to be read again
    assert fresh(package) == before
    (tmp_path / "code.json").write_text('{"a": [1')
    kept.load(tmp_path / "code.json")
    assert kept.known == {}
