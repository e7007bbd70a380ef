"""All but networks runs where neither torch nor JAX is installed: what imports, what is made, what is fitted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

TESTS = Path(__file__).resolve().parent
PREPARED = f"""
import importlib, pkgutil, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "jax", "jaxlib", "flax"):
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
sys.path.insert(0, {str(TESTS)!r})
import numpy as np
"""
IMPORTS = """
import percepiano_core
for name in sys.argv[1:]:
    package = importlib.import_module(f"percepiano_core.{name}")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
        print(module.name)
"""
MADE = """
from pathlib import Path
from percepiano_core.corpus.readers import list_performances
from percepiano_core.corpus.synthetic.writing import Settings, write_corpus
from dataclasses import replace
from percepiano_core.dynamics.beat_models import baselines, beat_models
from percepiano_core.dynamics.examples.examples import read_examples, write_examples
from percepiano_core.dynamics.examples.roles import Roles
from percepiano_core.dynamics.examples.synthetic_examples import synthetic_examples
from percepiano_core.dynamics.inputs.inputs import KINDS, recording_inputs
from percepiano_core.dynamics.predictions.combination import combine
from percepiano_core.dynamics.predictions.predictions import write_run
from percepiano_core.store.dynamics_predictions import read_run
from percepiano_core.training.run_folder import RunInfo

folder = Path(sys.argv[1])
write_corpus(folder / "corpus", Settings(seed=2, segments=6, pianists=3))
performances = list_performances("manifest", folder / "corpus")
examples = []
for piece in sorted({each.piece for each in performances}):
    write_examples(folder / f"{piece}.h5", synthetic_examples(folder / "corpus", piece, performances))
    examples += read_examples(folder / f"{piece}.h5", ["curves8"])
roles = Roles(examples[:9], examples[9:12], examples[12:])
small = {"recordings": 1, "level_beats": 5, "change_point_beats": 5}
models = {name: (baselines, {"baseline": name}) for name in ("constant", "periodic", "pelt", "librosa")}
models |= {name: (beat_models, small | {"levels": [name]}) for name in ("trees", "logistic")}
for name, (module, settings) in models.items():
    fitted = module.prepare(examples, "curves8", settings)(roles, 0)
    parts = dict(system="dynamics", data="synthetic", model=name, split="pieces", seed=0, module=module.__name__)
    digests = dict.fromkeys(("config_digest", "code_digest"), "")
    made = RunInfo(**parts, **digests, inputs="curves8+beats", settings=settings, corpus="synthetic")
    write_run(folder / name, fitted.valid, fitted.test, replace(made, chosen=fitted.chosen))
    print(name)
valid, test = ([read_run(folder / name, role) for name in ("trees", "logistic")] for role in ("valid", "test"))
combine(valid, test, {"members": ["trees", "logistic"]})
print(*recording_inputs(folder / "a.wav", tuple(KINDS)))
"""
FITTED = """
from symbolic_cases import SETTINGS, by_player, made_examples, module_of
from percepiano_core.perception.folds import load_model

roles = by_player(made_examples())
for name in SETTINGS:
    predicted = load_model(module_of(name)).fit_predict(*roles, SETTINGS[name], 0).test
    assert np.isfinite(predicted).all()
    print(name)
"""
PACKAGES = (
    *("sound", "corpus", "metrics", "ratings", "splits", "alignment", "features", "store", "perception", "evaluation"),
    *("dynamics.inputs", "dynamics.examples", "dynamics.beat_models", "dynamics.predictions", "dynamics.listen"),
    *("symbolic.baselines", "perception.descriptor_models", "cli"),
)


def said(code: str, *arguments: str) -> list[str]:
    """What a process without torch and JAX prints."""
    run = subprocess.run([sys.executable, "-c", PREPARED + code, *arguments], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout.split()


def test_every_module_but_those_of_networks_is_imported() -> None:
    assert len(said(IMPORTS, *PACKAGES)) > 100


def test_dynamics_are_made_fitted_and_combined(tmp_path: Path) -> None:
    pytest.importorskip("ruptures", reason="needs the dynamics extra")
    soundfile.write(tmp_path / "a.wav", 0.1 * np.random.default_rng(0).normal(size=22050), 22050)
    expected = ["constant", "periodic", "pelt", "librosa", "trees", "logistic", "bssl", "logmel", "curves8"]
    assert said(MADE, str(tmp_path)) == expected


def test_models_of_descriptors_are_fitted() -> None:
    assert len(said(FITTED)) == 7
