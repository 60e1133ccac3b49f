# Three words from a fresh clone: make start, make test, make demo. Each sets up .venv by itself. JUPYTER_FLAGS are
# passed on to JupyterLab, such as JUPYTER_FLAGS="--no-browser --port=9000".
PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3.14 python3))
BIN := .venv/bin
# JupyterLab refuses to run as root unless it is told to, as in a container.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
export PATH := $(CURDIR)/$(BIN):$(PATH)
# One thread a process: the tests run in two processes on two cores, and torch's threads would wait for each other.
test test-changed one seeds: export OMP_NUM_THREADS := 1
# A notebook and the tests of its pictures share a training, and so do the two processes (coursekit/kept.py).
test test-changed one: export COURSEKIT_KEPT := $(CURDIR)/build/kept

.PHONY: start test test-changed one seeds demo formgrader lint build book pictures bench clean

.venv/.installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	$(BIN)/autograder kernels
	touch $@

# What a student needs and no more. TORCH_INDEX is where PyTorch comes from: the address that pytorch.org gives for CPU
# leaves out CUDA's 3 GB, where there is no NVIDIA card.
.venv/.student: pyproject.toml
	@echo "Setting up .venv, once: PyTorch, JupyterLab and the course, $(if $(TORCH_INDEX),about 2 GB,2 to 6 GB)"
	@echo "on disk, 5 minutes and more by your network. (Without an NVIDIA card, README.md says how to leave 3 GB out.)"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(if $(TORCH_INDEX),$(BIN)/python -m pip install torch torchvision --index-url $(TORCH_INDEX))
	$(BIN)/python -m pip install --editable .
	$(BIN)/autograder kernels
	touch $@

# The student's own copy, work/, which git does not see; what is new in the course is brought into it.
# jupyter_config/ keeps what only an author needs out of a student's way.
start: $(or $(wildcard .venv/.installed),.venv/.student)
	$(BIN)/autograder update work
	JUPYTER_CONFIG_PATH=$(CURDIR)/jupyter_config $(BIN)/jupyter lab $(AS_ROOT) --ServerApp.root_dir=$(CURDIR)/work \
	  --LabApp.default_url=/lab/tree/$$(cd work && ls 00_start/*start.ipynb | head -n 1) $(JUPYTER_FLAGS)

test: lint
	rm -rf build/kept
	$(BIN)/autograder build --check
	$(BIN)/python -m pytest --doctest-modules autograder coursekit -q
	$(BIN)/python -m pytest tests solutions --nbval --nbval-cell-timeout=300 \
	  -p autograder.course.nbval_untimed --nbval-sanitize-with $(CURDIR)/tests/nbval_sanitize.cfg --ignore-glob='solutions/*/checks' \
	  --ignore-glob='solutions/*/variants' --ignore=tests/tiny_course --ignore=tests/second_course -n 2 --dist loadscope -q

# The tests that a change can affect, by what they are made of; since this branch left main, or since SINCE=commit.
test-changed: lint
	rm -rf build/kept
	$(BIN)/autograder build --check
	$(BIN)/autograder retest $(if $(SINCE),--since $(SINCE))

# Every mistake and every right answer of every notebook under many seeds. Twenty take half an hour and more; a nightly
# run takes SEEDS=200, which is hours.
SEEDS ?= 20
seeds: .venv/.installed
	AUTOGRADER_SEEDS=$(SEEDS) $(BIN)/python -m pytest tests/test_gates.py -k several_seeds -n 2 --dist loadscope -q

# Everything that judges one notebook: make one N=01_classification/knn
one: .venv/.installed
	$(if $(N),,$(error say which notebook: make one N=01_classification/knn))
	rm -rf build/kept
	$(BIN)/autograder one $(N)

lint: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

demo: .venv/.installed
	$(BIN)/python -m data_scripts.demo_class demo/submitted
	$(BIN)/autograder grade demo/submitted --out demo/results.json --gradebook sqlite:///demo/gradebook.db --autograded demo/autograded
	cp nbgrader_config.py demo/ && ln -sfn ../solutions demo/solutions && ln -sfn ../course demo/course
	$(BIN)/autograder report demo/results.json --html demo/report --submitted demo/submitted

# The instructor's seat: marks, comments and the questions that a person marks, of the class that `make demo` graded.
formgrader: .venv/.installed
	test -e demo/gradebook.db || $(MAKE) demo
	cd demo && $(CURDIR)/$(BIN)/jupyter lab --LabApp.default_url=/formgrader/manage_assignments

build: .venv/.installed
	$(BIN)/autograder build

# The student's edition to read: build/book/html/index.html. Nothing is executed or fetched.
book: .venv/.installed
	$(BIN)/python -m book.pages build/book/pages
	$(BIN)/python -m sphinx -W -q -b html -c book build/book/pages build/book/html
	@echo "the book: build/book/html/index.html"

# The pictures of docs/images, taken anew by the browser tests. Needs Chromium.
pictures: .venv/.installed
	$(BIN)/python -m pytest tests/browser -q
	$(BIN)/python -m tests.browser.keep

bench: .venv/.installed
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv build demo gradebook.db
