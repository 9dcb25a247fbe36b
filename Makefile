PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test check bench fuzz faults docs env gate leaderboard wheel

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -e ".[test]"
	touch $@

env: $(VENV)/.ready

demo: env
	$(BIN)/genbench run quick
	@echo "Open runs/quick/report.html in a browser."

TESTS = OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile --benchmark-disable

test: env
	$(TESTS)

check: env
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(TESTS)

bench: env
	$(BIN)/python bench/metrics.py --large

fuzz: env
	OMP_NUM_THREADS=1 $(BIN)/python bench/fuzz.py

faults: env
	OMP_NUM_THREADS=1 $(BIN)/python bench/faults.py

# Is anything worse than what is stored? A minute of two cores; the comparison is statistical.
gate: env
	rm -rf build/gate
	$(BIN)/genbench run gate --out build/gate --device cpu
	$(BIN)/genbench compare docs/leaderboard/small build/gate --fail-on-regression

# Does the package work as a stranger has it: the wheel, in a new environment outside the checkout, without a network?
wheel: env
	$(BIN)/python bench/installed.py

# What is missing of the reference leaderboard, then its pages. Wants a GPU, and real data in GENBENCH_DATA.
leaderboard: env
	$(BIN)/pip install -q -e ".[bench,parquet,effnet]"
	$(BIN)/python bench/leaderboard.py

docs: env
	$(BIN)/pip install -q -e ".[docs]"
	$(BIN)/python docs/generate.py
	$(BIN)/python -m sphinx -W --keep-going -c docs . build/docs
