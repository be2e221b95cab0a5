"""What the training panel says of a run, from what is known about it alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.training_runs import TOTAL, preview, step_done
from tusk_app.training import texts
from tusk_app.training.controller import RunState
from tusk_app.training.remedies import Remedy
from tusk_app.training.run_record import RunRecord
from tusk_core.events import (
    CheckpointSaved,
    Notice,
    PhaseChanged,
    RunFinished,
    RunStarted,
    StepDone,
)
from tusk_core.results import RunSummary

RUN = Path("/runs/cells")


@pytest.fixture
def record(qapp) -> RunRecord:
    made = RunRecord()
    made.reset("cells", steps=TOTAL)
    return made


def trained(record: RunRecord, steps: int, **changed: object) -> RunRecord:
    record.take_started(RunStarted(RUN, 0, TOTAL, "cpu", "No GPU can be used.", 1200))
    events = [step_done(step) for step in range(1, steps + 1)]
    if changed:
        last = events[-1]
        values = {name: getattr(last, name) for name in StepDone.__slots__}
        events[-1] = StepDone(**{**values, **changed})
    record.take_steps(tuple(events))
    return record


def saved(step: int, *, is_best: bool = True, held_out: float | None = None) -> CheckpointSaved:
    return CheckpointSaved(step, RUN / "checkpoints", is_best, held_out)


def test_every_state_of_a_run_has_words(record: RunRecord) -> None:
    assert texts.state_line(RunState.IDLE, record).text == "Ready"
    assert texts.state_line(RunState.PREPARING, record).detail == "cells · Loading the engine…"
    record.take_phase(PhaseChanged("loading data", "Reading picture 12 of 100.", 0.12))
    line = texts.state_line(RunState.PREPARING, record)
    assert (line.text, line.detail) == ("Loading pictures…", "cells · Reading picture 12 of 100.")
    assert texts.shown_fraction(RunState.PREPARING, record) == 0.12
    assert texts.state_line(RunState.PAUSED, record).text == "Paused at the first step"
    trained(record, 6)
    assert texts.state_line(RunState.RUNNING, record).text == "Training"
    assert texts.state_line(RunState.PAUSED, record).text == f"Paused at step 6 of {TOTAL}"
    record.planned_steps = None
    assert texts.state_line(RunState.PAUSED, record).text == "Paused at step 6"
    for state, word in ((RunState.PAUSING, "Pausing…"), (RunState.STOPPING, "Stopping…")):
        assert texts.state_line(state, record).text == word


@pytest.mark.parametrize("outcome", texts.OUTCOMES)
def test_every_outcome_has_words_and_a_full_bar_only_when_done(
    record: RunRecord, outcome: str
) -> None:
    trained(record, 10).take_end(outcome)
    text, tone = texts.OUTCOMES[outcome]
    line = texts.state_line(RunState.IDLE, record)
    assert (line.text, line.detail, line.tone) == (text, "cells", tone)
    fraction = texts.shown_fraction(RunState.IDLE, record)
    assert fraction == (1.0 if outcome == "done" else pytest.approx(0.25))


def test_a_run_of_another_process_says_what_became_of_it(record: RunRecord) -> None:
    def line(status: str, problem: str = "") -> texts.StateLine:
        summary = RunSummary(
            RUN, "cells", status, 5, 40, "", 1.0, (), None, "quick", "", problem
        )  # fmt: skip
        return texts.followed_line(summary, record)

    assert texts.followed_line(None, record).text == "Reading the run…"
    for status, (text, tone) in texts.STATUSES.items():
        assert (line(status).text, line(status).tone) == (text, tone)
    assert line("running").detail == "cells, learning from pictures"
    assert line("failed", "The disk is full.").detail == "The disk is full."
    assert line("mended").text == "Mended"  # a word of a later version is shown as it is


def test_buttons_fit_the_state() -> None:
    def shown(state: RunState, **more: bool) -> dict[str, bool]:
        return {button.name: button.enabled for button in texts.buttons(state, **more)}

    assert list(shown(RunState.IDLE)) == ["sample", "train"]
    assert shown(RunState.PREPARING) == {
        "pause": False, "save": False, "stop": True, "discard": True,
    }  # fmt: skip
    assert all(shown(RunState.RUNNING).values())
    assert next(iter(shown(RunState.PAUSED))) == "resume"
    assert not any(shown(RunState.STOPPING).values())
    leads = {b.name: b.kind for b in texts.buttons(RunState.IDLE, has_result=True)}
    assert "primary" not in leads.values()


def test_numbers_are_those_of_the_last_step(record: RunRecord) -> None:
    assert texts.numbers(record) == ({}, {})
    values, tips = texts.numbers(trained(record, 6))
    assert (values["device"], tips["device"]) == ("CPU", "No GPU can be used.")
    assert (values["step"], values["speed"], values["rate"]) == (f"6 / {TOTAL}", "160", "0.0005")
    assert values["left"].startswith("about")
    assert "whole program's" in tips["memory"]
    record.take_checkpoint(saved(6, held_out=0.5))
    values, tips = texts.numbers(record)
    assert values["loss"].endswith(" / 0.50000")
    assert "held-out pictures at step 6" in tips["loss"]
    record.take_end("stopped")
    assert texts.numbers(record)[0]["left"] == "–"


def test_what_an_older_run_did_not_write_is_not_shown(record: RunRecord) -> None:
    trained(record, 3, remaining=None, learning_rate=None, memory_bytes=None)
    values, _ = texts.numbers(record)
    assert values["left"] == "measuring…"
    assert not {"rate", "memory"} & values.keys()


def test_memory_of_a_gpu_is_called_so(record: RunRecord) -> None:
    trained(record, 2)
    record.started = RunStarted(RUN, 0, TOTAL, "cuda:0", "A GPU is there.", 1200)
    values, tips = texts.numbers(record)
    assert values["device"] == "cuda:0"
    assert "GPU's by this run" in tips["memory"]


def test_the_card_sums_up_a_finished_run(record: RunRecord) -> None:
    assert texts.result_numbers(record) == []
    trained(record, TOTAL)
    record.take_preview(preview(TOTAL, 4))
    record.take_checkpoint(saved(20, held_out=0.25))
    record.take_checkpoint(saved(TOTAL, is_best=False))
    record.take_end("done", RunFinished(TOTAL, "completed", RUN))
    figures = dict(texts.result_numbers(record))
    assert figures["Steps"] == str(TOTAL)
    assert figures["Best checkpoint"] == "step 20, held-out loss 0.25000"
    assert figures["Kinds in use"] == "4 of 10"
    assert figures["Pictures"].startswith("1")
    assert texts.result_text(record) == ("Finished", f"It is kept in {RUN}.")
    assert [name for name, *_ in texts.result_buttons(record)] == [
        "inspect", "map", "export", "continue",
    ]  # fmt: skip


def test_time_that_is_up_and_a_stop_are_told(record: RunRecord) -> None:
    trained(record, 10).take_checkpoint(saved(10))
    record.take_end("done", RunFinished(10, "time limit", RUN))
    assert texts.result_text(record)[0] == "Finished: time is up"
    record.take_end("stopped")
    assert texts.result_text(record)[0] == "What was learned is kept"


def test_what_the_disk_refused_is_told_with_the_reason_and_the_way_out(record: RunRecord) -> None:
    trained(record, 10)
    record.take_notice(Notice("warning", "The disk is full. Training continues without it."))
    record.take_end("done", RunFinished(10, "completed", RUN))
    title, sentence = texts.result_text(record)
    assert sentence.startswith("Nothing could be saved. The disk is full.")
    assert "choose another folder for runs" in sentence
    assert [name for name, *_ in texts.result_buttons(record)] == ["train"]
    record.take_checkpoint(saved(4))
    title, sentence = texts.result_text(record)
    assert title == "Finished"
    assert f"Kept up to step 4 in {RUN}." in sentence
    assert "resume from there" in sentence


def test_the_sample_is_narrated_from_its_start_to_its_end(qapp) -> None:
    record = RunRecord()
    record.reset("sample", is_sample=True, steps=TOTAL)
    told = [texts.sample_caption(record)]
    record.take_started(RunStarted(RUN, 0, TOTAL, "cpu", "", 100))
    for step in range(1, TOTAL + 1):
        record.take_steps((step_done(step),))
        if texts.sample_caption(record) != told[-1]:
            told.append(texts.sample_caption(record))
    record.take_end("done", RunFinished(TOTAL, "time limit", RUN))
    told.append(texts.sample_caption(record))
    assert len(told) == len(set(told)) == 6
    assert told[0].startswith("TUSK now makes small pictures")
    assert told[-1].startswith("That was all")
    record.take_checkpoint(saved(TOTAL))
    assert texts.result_text(record)[0] == "Finished"  # its time limit is nobody's concern
    assert "open" in [name for name, *_ in texts.result_buttons(record)]
    record.take_end("stopped")
    assert "again at any time" in texts.sample_caption(record)


def test_every_remedy_has_a_button() -> None:
    assert set(texts.REMEDY_BUTTONS) == set(Remedy)


def test_a_time_limit_fills_the_bar_before_the_last_step(record: RunRecord) -> None:
    trained(record, 10, elapsed=30.0, remaining=10.0)
    assert record.fraction == pytest.approx(0.75)
    trained(record, 10, remaining=None)
    assert record.fraction == pytest.approx(0.25)


def test_the_past_of_a_resumed_run_comes_before_what_is_known(record: RunRecord) -> None:
    past = RunRecord()
    trained(past, 4)
    record.take_started(RunStarted(RUN, 4, TOTAL, "cpu", "", 100))
    record.take_steps((step_done(5), step_done(6)))
    record.take_checkpoint(saved(5))
    record.take_past(past.history, [saved(2), saved(5, is_best=False)], [2])
    assert record.history.steps.tolist() == [1, 2, 3, 4, 5, 6]
    assert [(each.step, each.is_best) for each in record.checkpoints] == [(2, True), (5, True)]
    assert record.resumed_at == [2, 4]
    assert record.best_checkpoint.step == 5
    assert record.num_unsaved == 0
