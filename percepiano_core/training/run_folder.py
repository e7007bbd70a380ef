"""The folder of one run, the same for every system: results/runs/{system}/{data}/{model}/{split}/fold{f}/seed{s}/.

It holds run.json (what made the run), predictions, and of a trained model history.csv and weights.safetensors; while it
trains, checkpoint.safetensors too. Every table is made from these folders alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from percepiano_core.errors import UserError
from percepiano_core.files import write_text

RUN_FILE = "run.json"
HISTORY_FILE, WEIGHTS_FILE = "history.csv", "weights.safetensors"
RERUN = "run the model that wrote it again"


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """What made a run.

    Attributes
    ----------
    system, data, model, split, fold, seed : the parts of its folder's name
    module : of the model, below percepiano_core
    inputs : what the model was given, joined by "+"
    settings : of the module, presets and defaults put in
    corpus : "real" or "synthetic"
    config_digest : of every setting that its numbers depend on
    code_digest : of every line of code that its job reaches
    data_digest : of the bytes of its input files
    libraries : name -> version
    chosen : what the validation role chose
    events : events that a dynamics model predicts ("beat", "downbeat")
    """

    system: str
    data: str
    model: str
    split: str
    seed: int
    module: str
    inputs: str
    settings: Mapping[str, Any]
    corpus: str
    config_digest: str
    code_digest: str
    data_digest: str = ""
    libraries: Mapping[str, str] = field(default_factory=dict)
    fold: str = ""
    chosen: Mapping[str, Any] = field(default_factory=dict)
    events: Sequence[str] = ()


def write_run_info(folder: Path | str, info: RunInfo) -> None:
    """Write run.json into the run folder, whole or not at all; keys sorted."""
    write_text(Path(folder) / RUN_FILE, json.dumps(asdict(info), indent=1, sort_keys=True) + "\n")


def read_run_info(folder: Path | str) -> RunInfo:
    """Read run.json of a run folder; UserError if it is absent, not JSON or has other fields."""
    path = Path(folder) / RUN_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(path, "is missing", RERUN) from None
    except (OSError, ValueError) as error:
        raise UserError(path, f"is not JSON ({error})", RERUN) from None
    names = {entry.name for entry in fields(RunInfo)}
    if not isinstance(content, dict) or set(content) != names:
        raise UserError(path, f"does not have exactly the fields {', '.join(sorted(names))}", RERUN)
    return RunInfo(**content)
