# Two commands for a newcomer: `make demo` (the whole workflow on a small synthetic corpus) and `make test`.
PYTHON ?= python3.11
BIN    := .venv/bin
CORES  ?= $(shell nproc 2>/dev/null || echo 2)
RUN    := $(BIN)/snakemake --cores $(CORES)
SETUP  := .venv/.installed

.PHONY: setup closures reference demo test quick-test check table3 publish report corpus lock clean-demo

setup: $(SETUP)

$(SETUP): pyproject.toml envs/requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON): not found; install Python 3.11, or name it: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c envs/requirements.lock -e ".[dev,torch,jax,dynamics]"
	@# Without its requirements, which would replace builds of torch; it is used for its weights alone.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps transkun==2.0.1 || echo "transcription is left out"
	$(BIN)/python -m compileall -q percepiano_core
	@touch $@

demo: $(SETUP)
	$(BIN)/percepiano synthesize demo/corpus
	env -u PERCEPIANO_ROOT $(RUN) --directory demo --workflow-profile profiles/demo
	env -u PERCEPIANO_ROOT $(RUN) --directory demo --workflow-profile profiles/demo --report results/report.html
	@$(BIN)/percepiano where demo

test: $(SETUP) check
	$(BIN)/pytest -n 2 --dist loadfile -m "not slow"
	$(BIN)/pytest -n 2 --dist loadfile -m slow

quick-test: $(SETUP)
	$(BIN)/pytest -n 2 --dist loadfile -m "not slow"

check: $(SETUP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile rules

corpus: $(SETUP)
	$(BIN)/percepiano fetch

table3: $(SETUP) corpus
	$(RUN)
	$(RUN) --report results/report.html
	@$(BIN)/percepiano where .

# Keep the tables of the run in FOLDER (default: here) in the repository, with what they were made by.
publish: FOLDER = .
publish:
	mkdir -p results/published/symbolic/figures results/published/dynamics
	cp $(FOLDER)/results/table3*.csv $(FOLDER)/results/ablation.csv $(FOLDER)/results/provenance/* $(FOLDER)/results/quality/quality.csv \
	  $(FOLDER)/results/ratings/reliability.csv $(FOLDER)/results/ratings/raters.csv $(FOLDER)/results/splits/leakage.csv \
	  $(FOLDER)/results/alignment/coverage.csv results/published/symbolic/
	find $(FOLDER)/results/figures -name "*.svg" -size -900k -exec cp {} results/published/symbolic/figures/ \;  # small ones only
	if [ -f $(FOLDER)/results/dynamics/table1.csv ]; then cp $(FOLDER)/results/dynamics/table1*.csv $(FOLDER)/results/provenance/* \
	  $(FOLDER)/results/figures/dynamics_table1.svg results/published/dynamics/; fi

report: $(SETUP)
	$(RUN) --report results/report.html

lock: $(SETUP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --python-version 3.11 --no-header --no-annotate --quiet --output-file envs/requirements.lock

clean-demo:
	rm -rf demo

# The reference of the configuration, from the declarations that it is checked by.
reference: $(SETUP)
	$(BIN)/python -m percepiano_core.plan.reference rules/schemas/config.schema.yaml > docs/configuration.md

closures: $(SETUP)
	$(BIN)/python -c "import json, pathlib; from percepiano_core.digest import import_closure; scripts = sorted(pathlib.Path('workflow_scripts').glob('*.py')); pathlib.Path('tests/data/closures.json').write_text(json.dumps({p.name: import_closure(p) for p in scripts}, indent=1) + '\n')"
