"""The files that a person names on the command line: what is refused before any work, and how a wrong call is told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from test_alignment_command import SCALE, write_performance, write_score

from percepiano_core.cli.app import main
from percepiano_core.cli.named_files import check_folder, check_inputs, check_outputs
from percepiano_core.errors import UserError


def told(arguments: list[object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple:
    """Exit status and lines on stderr of a call."""
    monkeypatch.setattr(sys, "argv", ["percepiano", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, capsys.readouterr().err.splitlines()


def link(kind: str, path: Path) -> Path:
    """Another way to a file."""
    other = path.with_name(f"{kind}{path.suffix}")
    if kind == "hard":
        os.link(path, other)
    elif kind == "symbolic":
        other.symlink_to(path)
    return {"same": path, "dotted": path.parent / "x" / ".." / path.name}.get(kind, other)


@pytest.mark.parametrize("command", ["align", "features", "rate"])
@pytest.mark.parametrize("which", ["score.musicxml", "take.mid"])
@pytest.mark.parametrize("kind", ["same", "hard", "symbolic", "dotted"])
def test_an_output_that_is_an_input_is_refused_and_the_input_stays(
    command: str, which: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    (tmp_path / "x").mkdir()
    monkeypatch.setattr("percepiano_core.cli.rate_command.KINDS", {".mid": None, ".musicxml": None})
    score, midi = write_score(tmp_path / "score.musicxml"), write_performance(tmp_path / "take.mid", SCALE)
    before = score.read_bytes(), midi.read_bytes()
    given = [midi, "--score", score] if command == "rate" else [score, midi]
    status, lines = told([command, *given, "-o", link(kind, tmp_path / which)], monkeypatch, capsys)
    assert status == 1 and len(lines) == 1
    assert "is one of the inputs, and would be overwritten; name another file to write" in lines[0]
    assert before == (score.read_bytes(), midi.read_bytes())


def test_the_other_outputs_of_a_command_are_looked_at_too(tmp_path: Path) -> None:
    (tmp_path / "score.musicxml").touch()
    with pytest.raises(UserError, match=r"score\.musicxml: is one of the inputs"):
        check_folder(tmp_path, ("beats.csv", "score.musicxml"), (None, tmp_path / "score.musicxml"))
    with pytest.raises(UserError, match="it is no folder"):
        check_folder(tmp_path / "score.musicxml", (), ())
    with pytest.raises(UserError, match="is to be written twice"):
        check_outputs([tmp_path / "a.csv", tmp_path / "a.csv"], ())


@pytest.mark.parametrize(
    ("output", "problem"), [("/dev/null", "a device"), ("", "a folder"), ("no/a", "folder does not")]
)
def test_an_output_that_cannot_be_written_is_refused(output: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"cannot be written .*{problem}"):
        check_outputs([tmp_path / output], ())


def test_what_is_no_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, problem in (
        ("/dev/zero", "is a device or a pipe"),
        ("pipe", "is a device or a pipe"),
        ("", "is a folder"),
        ("absent.xml", "absent.xml: no such file; check the name"),
    ):
        with pytest.raises(UserError, match=problem):
            check_inputs((None, tmp_path / name))


@pytest.mark.parametrize(
    "arguments",
    [
        ["align", "/dev/zero", "take.mid", "-o", "a.csv"],
        ["features", "score.musicxml", "/dev/zero", "-o", "a.csv"],
        ["rate", "/dev/zero"],
        ["dynamics", "/dev/zero", "-o", "a"],
        ["convert-midibert", "/dev/zero", "a.safetensors"],
        ["transcribe", "/dev/zero"],
    ],
)
def test_no_command_reads_a_device(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    write_score(tmp_path / "score.musicxml")
    write_performance(tmp_path / "take.mid", SCALE)
    status, lines = told(arguments, monkeypatch, capsys)
    assert (status, len(lines)) == (1, 1)
    assert lines[0].startswith("/dev/zero: is a device or a pipe, not a file")


@pytest.mark.parametrize("command", ["dynamics", "rate"])
def test_files_are_looked_at_before_networks(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.wav").write_text("no sound")
    score, page = write_score(tmp_path / "score.musicxml"), tmp_path / "page.xml"
    page.write_text("<html></html>")
    midi = write_performance(tmp_path / "take.mid", SCALE)
    output = ["-o", "out"] if command == "dynamics" else []
    for given, problem in (
        (["text.wav"], "text.wav: not a readable recording"),
        (["text.wav", "--score", "absent.xml"], "absent.xml: no such file"),
        (
            [midi, "--score", score if command == "dynamics" else page],
            "MIDI file" if command == "dynamics" else "page.xml",
        ),
    ):
        status, lines = told([command, *given, *output], monkeypatch, capsys)
        assert (status, len(lines)) == (1, 1) and problem in lines[0]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["alin"], "percepiano: No such command 'alin'. Did you mean 'align'?; see percepiano --help"),
        (["align", "a", "b"], "percepiano align: Missing option '--output' / '-o'; see percepiano align --help"),
        (["rate", "a", "--level", "7"], "percepiano rate: Invalid value for '--level': "),
        (["rate", "a", "--by", "x\ny"], "percepiano rate: Invalid value for '--by': "),
        (["features", "--all"], "percepiano features: No such option"),
    ],
)
def test_a_wrong_call_is_one_line_and_status_2(
    arguments: list[str], line: str, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    status, lines = told(arguments, monkeypatch, capsys)
    assert (status, len(lines)) == (2, 1)
    assert lines[0].startswith(line)
    assert lines[0].endswith("--help")


def test_a_call_without_anything_shows_the_help(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["percepiano"])
    with pytest.raises(SystemExit):
        main()
    captured = capsys.readouterr()
    assert "transcribe" in captured.out + captured.err and "; see" not in captured.err


def test_help_says_that_compressed_scores_are_read(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    for command in ("align", "features", "rate", "dynamics"):
        monkeypatch.setattr(sys, "argv", ["percepiano", command, "--help"])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr().out
        assert ended.value.code == 0 and ".mxl" in said and "uncompressed" not in said
