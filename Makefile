# make run     open the program (without a display: train the quick sample and write pictures)
# make test    run every check: format, lint, types, import contracts, spelling, tests
#
# Both first put what is missing into .venv; that takes minutes once and a moment after that.
# Windows: see README.md.

PYTHON := .venv/bin/python
# Text files are UTF-8, also where the locale is plain C.
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.PHONY: help setup run test tour bench bundle figures reference clean

help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' Makefile
	@echo "make tour    drive the real window and write a picture of every screen to ./tour"
	@echo "make bench   measure training, detection and the window"
	@echo "make figures pictures like the paper's: MODEL=digits DATA=sample:digits OUT=build/figures"
	@echo "make bundle  build the stand-alone program in ./dist/tusk and test it"
	@echo "make reference  write docs/reference anew from the program's own schema"
	@echo "make clean   remove what was built; keeps .venv and runs"

setup:
	@sh tools/setup

run: setup
	@$(PYTHON) tools/run.py $(ARGS)

test: setup
	@$(PYTHON) tools/check.py $(ARGS)

tour: setup
	@$(PYTHON) tools/tour.py --out tour/1280x800 $(ARGS)
	@$(PYTHON) tools/tour.py --out tour/1920x1080 --size 1920x1080 --model tetrominoes $(ARGS)
	@$(PYTHON) tools/tour.py --out tour/scale-200 --scale 2 --model tetrominoes $(ARGS)

bench: setup
	@$(PYTHON) -m tusk_app bench all $(ARGS)

bundle: setup
	@$(PYTHON) tools/bundle.py $(ARGS)

# Like the paper's Figures 1 and 3 to 8; tools/figures.py tells what there is.
MODEL := tetrominoes
DATA := sample:tetrominoes?count=200&seed=7
OUT := build/figures

figures: setup
	@$(PYTHON) tools/figures.py "$(MODEL)" "$(DATA)" "$(OUT)" $(ARGS)

reference: setup
	@$(PYTHON) tools/make_reference.py

clean:
	rm -rf build dist tour .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .coverage
