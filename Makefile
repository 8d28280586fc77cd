# Serrano. It takes Python 3.10 or later, a C++ compiler, make and perl; `make doctor` tells what is missing.
#
#   make sim       run a model on the simulated chip     CONFIG MODEL PROMPT TOKENS WEIGHTS MEMORY SIM SEED WAVES TRACE
#                  several sequences together: BATCH=4 times the prompt, or PROMPTS=file, one a line
#                  waves of a part: WAVES=1 (or a file for them) FROM=cycle TO=cycle, or AROUND=instruction
#   make test      every test; every bench on both simulators; one file: ARGS=tests/test_rtl.py       SEED
#   make regress   every test with SEEDS=3 seeds, then the parts of the sign-off, then the page build/report/index.html
#                  BASE J LIMIT TESTS="fifo tests/test_mx.py" PARTS="tests formal" FAILED=1 (what failed last time)
#                  DASK=tcp://scheduler:8786 (the tests on the workers of a farm)
#   make tb-NAME   one bench, tb/test_NAME.py            SIM SEED WAVES TEST PARAMETERS="Width=8 Depth=4"
#   make bench     each figure beside its bar            FULL=1 (also the slow ones) ONLY="decode layer" TRACE RECORD
#   make estimate  a full model's cycles, no RTL run     ESTIMATE="--model llama-3.2-1b --memory hbm3 --position 512"
#   make coverage  what the last make test covered of rtl/, and of the plan's bins; with ports: COVERAGE=toggle make test
#   make random    random programs on RTL and model      PROFILE SEED INSTRUCTIONS SIM; all that was signed off: REPEAT=1 J
#   make formal    proofs for every input               NAME="fifo window"
#   make mutate    plant bugs in rtl/, list what the suite does not see    COUNT FILES="rtl/prim rtl/srn_chip.sv" SEED J
#   make reproduce plant failures, and paste the line that each prints    FAILURES SEED J; one at a token of the model: TOKEN=40
#   make wave      open the newest waves, or WAVES=file
#   make new-block NAME=vector/twice   module, model, bench and page of a new block, to be filled in
#   make lint      Verilator, Icarus, Verible, ruff and workflow files: silent when clean
#   make doctor    the tools found, and what to install
#   make clean     remove build/; .venv stays, and is made again when requirements.txt changes

PYTHON     ?= python3
SIM        ?= verilator
CONFIG     ?= small
MODEL      ?= checkpoints/serrano-py-2m
PROMPT     ?= def fibonacci(n):
PROMPTS    ?=
BATCH      ?= 1
TOKENS     ?= 48
WEIGHTS    ?= mxfp4
MEMORY     ?= hbm3
SEED       ?= 1
WAVES      ?=
FROM       ?=
TO         ?=
AROUND     ?=
TRACE      ?=
TEST       ?=
PARAMETERS ?=
ARGS       ?=
ESTIMATE   ?=
NAME       ?=
PROFILE    ?= default
INSTRUCTIONS ?= 20000
REPEAT     ?=
COUNT      ?= 330
FILES      ?= rtl
FAILURES   ?=
TOKEN      ?=
SEEDS      ?= 1
BASE       ?=
J          ?= 2
LIMIT      ?= 1200
TESTS      ?=
PARTS      ?=
FAILED     ?=
DASK       ?=
export SEED

RUN := .venv/bin/python -m

.DEFAULT_GOAL := help
.PHONY: help sim test regress bench estimate coverage random formal mutate reproduce wave new-block lint doctor clean

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

.venv/made: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.10 or later is needed: make PYTHON=..." if sys.version_info < (3, 10) else 0)'
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

sim: .venv/made
	@$(RUN) host.run --sim $(SIM) --config $(CONFIG) --model $(MODEL) --prompt '$(PROMPT)' --tokens $(TOKENS) \
	  --batch $(BATCH) $(if $(PROMPTS),--prompts '$(PROMPTS)') \
	  --weights $(WEIGHTS) --memory '$(MEMORY)' --seed $(SEED) $(if $(TRACE),--trace) \
	  $(if $(WAVES),--waves '$(WAVES)') $(if $(FROM),--from $(FROM)) $(if $(TO),--to $(TO)) $(if $(AROUND),--around $(AROUND))

test: .venv/made
	@$(RUN) pytest -n 2 --maxschedchunk=1 --durations=15 -p verify.recorder $(ARGS)

regress: .venv/made
	@$(RUN) verify.regress --seeds $(SEEDS) --jobs $(J) --limit $(LIMIT) $(if $(BASE),--base $(BASE)) \
	  $(if $(TESTS),--tests $(foreach test,$(TESTS),'$(test)')) $(if $(PARTS),--parts $(PARTS)) $(if $(FAILED),--failed) \
	  $(if $(DASK),--dask '$(DASK)')

tb-%: .venv/made
	@$(RUN) tb.runner $* --sim $(SIM) --seed $(SEED) $(if $(WAVES),--waves) $(if $(TEST),--test '$(TEST)') \
	  $(if $(PARAMETERS),--parameters $(PARAMETERS))

bench: .venv/made
	@$(RUN) host.bench $(if $(FULL),--full) $(if $(ONLY),--only $(ONLY)) $(if $(TRACE),--trace) $(if $(RECORD),--record)

estimate: .venv/made
	@$(RUN) host.estimate $(ESTIMATE)

coverage: .venv/made
	@$(RUN) verify.coverage

random: .venv/made
	@$(RUN) verify.random $(if $(REPEAT),--repeat --jobs $(J),--profile '$(PROFILE)' --seed '$(SEED)' \
	  --instructions '$(INSTRUCTIONS)' --sim '$(SIM)')

formal: .venv/made
	@$(RUN) verify.formal $(NAME)

mutate: .venv/made
	@$(RUN) verify.mutate --files $(FILES) --count $(COUNT) --seed $(SEED) --jobs $(J)

reproduce: .venv/made
	@$(RUN) verify.reproduce $(if $(FAILURES),--count $(FAILURES)) $(if $(TOKEN),--token $(TOKEN)) --seed $(SEED) --jobs $(J)

wave: .venv/made
	@$(RUN) tb.wave $(if $(filter-out 1,$(WAVES)),'$(WAVES)')

new-block: .venv/made
	@$(RUN) tb.new_block '$(NAME)'

lint: .venv/made
	@$(RUN) tb.lint

doctor:
	@$(or $(wildcard .venv/bin/python),$(PYTHON)) -m tb.doctor

clean:
	rm -rf build
