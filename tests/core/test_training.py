"""The loop: it learns, pauses, stops, saves, resumes bit for bit, and fails without losing work."""

import copy
import json
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.teams import TRAIN, team_of_two
from tusk_core import api
from tusk_core.config import ConfigError, TrainConfig, load_preset, replaced
from tusk_core.control import RunControl
from tusk_core.events import (
    CheckpointSaved,
    Notice,
    PhaseChanged,
    PreviewReady,
    RunFinished,
    RunStarted,
    StepDone,
)
from tusk_core.losses.objective import step_loss
from tusk_core.nn.model_files import load_model
from tusk_core.results import ModelFileError, SourceError, TrainingError
from tusk_core.runs.folder import RunFolder
from tusk_core.training import loop
from tusk_core.training.checkpoint import STATE, prune_checkpoints
from tusk_core.training.estimate import _probe
from tusk_core.training.event_log import EventLog
from tusk_core.training.session import Session
from tusk_core.training.views import batch_indices

TINY = {
    "data.source": "sample:tetrominoes?count=40",
    "encoder.widths": [4, 8],
    "encoder.num_features": 8,
    "decoder.patch_size": 12,
    "decoder.patch_channels": 8,
    "prototypes.num_prototypes": 6,
    "prototypes.bank_size": 64,
    "prototypes.num_steps": 2,
    "losses.kmeans_start": 3,
    "losses.kmeans_ramp": 4,
    "optim.batch_size": 4,
    "optim.steps": 10,
    "run.checkpoint_every": 1000,
    "run.device": "cpu",
}


def tiny(**changes: object) -> TrainConfig:
    return replaced(load_preset("quick-tetrominoes"), {**TINY, **changes})


def run(config: TrainConfig, root, control: RunControl | None = None) -> list:
    return list(api.train(config, control or RunControl(), run_root=root))


def run_until(config: TrainConfig, root, *, step: int) -> list:
    """Return the events of a run that is asked to stop at a step."""
    control, events = RunControl(), []
    for event in api.train(config, control, run_root=root):
        events.append(event)
        if isinstance(event, StepDone) and event.step == step:
            control.request_stop()
    return events


def losses(events: list) -> list[dict[str, float]]:
    return [e.losses for e in events if isinstance(e, StepDone)]


def test_events_tell_the_whole_story(tmp_path) -> None:
    events = run(tiny(), tmp_path)
    phases = [e.phase for e in events if isinstance(e, PhaseChanged)]
    assert phases[0] == "loading data"
    assert phases[-3:] == ["building model", "first batch", "training"]
    started = next(e for e in events if isinstance(e, RunStarted))
    assert started.num_pictures == 40
    assert started.device_reason
    assert [e.step for e in events if isinstance(e, StepDone)] == list(range(1, 11))
    assert set(losses(events)[0]) >= {
        "total", "reconstruction", "kmeans", "equivariance", "sliced_wasserstein",
    }  # fmt: skip
    end = events[-1]
    assert isinstance(end, RunFinished)
    assert (end.step, end.reason) == (10, "completed")
    assert load_model(end.model_dir)[1].step == 10


def test_previews_are_owned_frozen_and_survive_a_pickle(tmp_path) -> None:
    preview = next(e for e in run(tiny(), tmp_path) if isinstance(e, PreviewReady))
    assert preview.images.shape == (8, 40, 40, 3)
    assert preview.usage.sum() == pytest.approx(1.0, abs=1e-4)
    with pytest.raises(ValueError, match="read-only"):
        preview.images[0, 0, 0] = 1
    assert np.array_equal(pickle.loads(pickle.dumps(preview)).xy, preview.xy)


def test_same_seed_same_losses_other_seed_others(tmp_path) -> None:
    first = losses(run(tiny(), tmp_path))
    assert losses(run(tiny(), tmp_path)) == first
    assert losses(run(tiny(**{"run.seed": 1}), tmp_path)) != first


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"losses.information_weight": 0.1, "prototypes.reseed_after": 3},
        {"keypoints.explore_steps": 15},
        {"decoder.background": "learned", "optim.schedule": "cosine", "optim.clip": 1.0},
        {"prototypes.bank_size": 0, "optim.accumulate": 2},
        {"data.held_out": 0.3, "run.checkpoint_every": 5},
        {"prototypes.round_every": 4},
    ],
)
def test_ten_then_ten_more_equals_twenty_bit_for_bit(tmp_path, changes) -> None:
    config = tiny(**changes, **{"optim.steps": 20})
    whole = run(config, tmp_path)
    half = run_until(config, tmp_path, step=10)
    assert half[-1].reason == "stopped"
    rest = list(api.resume(half[-1].run_dir, RunControl()))
    assert losses(half) + losses(rest) == losses(whole)
    one, _ = load_model(RunFolder(whole[-1].run_dir).checkpoint(20))
    two, _ = load_model(RunFolder(rest[-1].run_dir).checkpoint(20))
    for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_it_learns(tmp_path) -> None:
    config = tiny(**{"optim.steps": 120, "optim.batch_size": 8, "encoder.widths": [8, 16]})
    values = [x["reconstruction"] for x in losses(run(config, tmp_path))]
    assert np.mean(values[-10:]) < 0.75 * np.mean(values[:3])


@pytest.mark.parametrize(
    "changes",
    [
        {"losses.joint": True},
        {"prototypes.method": "k-means"},
        {"prototypes.method": "vector-quantisation"},
        {"prototypes.sampling": "floor", "prototypes.bank_size": 0},
        {"losses.sliced_wasserstein_weight": 0.0},
        {"losses.equivariance_weight": 0.0, "losses.heatmap_equivariance_weight": 0.0},
        {"losses.kmeans_weight": 0.0},
        {"losses.reconstruction_weight": 0.0},
        {"losses.equivariance_normalised": True, "losses.equivariance_stop_gradient": True},
        {
            "losses.reconstruction": "perceptual",
            "losses.perceptual_side": 56,
            "losses.pixel_weight": 1.0,
            "optim.batch_size": 2,
        },
        {"decoder.kind": "unet", "decoder.background": "none", "decoder.presence": False},
        {"decoder.background": "latent"},
        {"prototypes.num_prototypes": 2},
        {"run.precision": "bf16"},
        {"keypoints.explore_missed": 0.05},
        {
            "decoder.kind": "unet",
            "decoder.blend": "sum",
            "decoder.background": "none",
            "decoder.hint_hidden": 0.5,
        },
        {
            "losses.reconstruction": "perceptual",
            "losses.perceptual_side": 0,
            "run.precision": "bf16",
            "optim.batch_size": 2,
        },
    ],
)
def test_every_switch_trains(tmp_path, changes) -> None:
    events = run(tiny(**{"optim.steps": 2}, **changes), tmp_path)
    assert events[-1].reason == "completed"
    assert all(np.isfinite(list(x.values())).all() for x in losses(events))


def test_joint_training_moves_the_prototypes_with_the_network(tmp_path) -> None:
    config = tiny(**{"losses.joint": True})
    session = Session(config, torch.device("cpu"), api_team())
    before = session.model.prototypes.vectors.detach().clone()
    session.train_step(torch.rand(4, 3, 40, 40))
    assert not torch.equal(before, session.model.prototypes.vectors)


def test_prototypes_move_in_their_rounds_only() -> None:
    session = Session(tiny(**{"prototypes.round_every": 3}), torch.device("cpu"), api_team())
    images, moved = torch.rand(4, 3, 40, 40), []
    for _ in range(5):
        before = session.model.prototypes.vectors.detach().clone()
        session.train_step(images)
        moved.append(not torch.equal(before, session.model.prototypes.vectors))
    assert moved == [True, False, False, True, False]


def api_team():
    from tusk_core.nn.distributed import Team

    return Team()


def test_pause_holds_saves_and_goes_on(tmp_path) -> None:
    control = RunControl()
    seen = []
    for event in api.train(tiny(), control, run_root=tmp_path):
        seen.append(event)
        if isinstance(event, StepDone) and event.step == 3:
            control.set_paused(paused=True)
        if isinstance(event, PhaseChanged) and event.phase == "paused":
            control.request_checkpoint()
        if isinstance(event, CheckpointSaved) and event.step == 3:
            control.set_paused(paused=False)
    assert "paused" in [e.phase for e in seen if isinstance(e, PhaseChanged)]
    assert len(losses(seen)) == 10


def test_a_stop_wins_over_a_pause(tmp_path) -> None:
    control = RunControl()
    stream = api.train(tiny(**{"optim.steps": 10_000}), control, run_root=tmp_path)
    for event in stream:
        if isinstance(event, StepDone):
            control.set_paused(paused=True)
            control.request_stop()
        last = event
    assert last.reason == "stopped"
    assert last.model_dir is not None


def test_time_limit(tmp_path) -> None:
    events = run(tiny(**{"optim.steps": 10**6, "optim.minutes": 0.005}), tmp_path)
    assert events[-1].reason == "time limit"


def test_a_loss_that_is_not_finite_stops_before_the_step_and_keeps_the_checkpoint(
    tmp_path, monkeypatch
) -> None:
    calls = []

    def poisoned(*arguments):
        result = step_loss(*arguments)
        calls.append(1)
        if len(calls) == 5:
            result.terms["reconstruction"] = result.terms["reconstruction"] * torch.nan
        return result

    monkeypatch.setattr("tusk_core.training.session.step_loss", poisoned)
    stream = api.train(tiny(**{"run.checkpoint_every": 2}), RunControl(), run_root=tmp_path)
    seen = []
    with pytest.raises(TrainingError, match="step 5"):
        seen.extend(stream)
    (summary,) = api.list_runs(tmp_path)
    assert (summary.status, summary.checkpoints) == ("failed", (2, 4))
    assert "not a number" in summary.problem
    monkeypatch.undo()
    assert list(api.resume(summary.path, RunControl()))[-1].step == 10


def test_out_of_memory_splits_the_batch_and_says_so(tmp_path, monkeypatch) -> None:
    original = Session.train_step
    failed = []

    def short_of_memory(self, images):
        if self.parts == 1:
            failed.append(1)
            raise torch.OutOfMemoryError("CUDA out of memory")
        return original(self, images)

    monkeypatch.setattr(Session, "train_step", short_of_memory)
    events = run(tiny(), tmp_path)
    notices = [e.message for e in events if isinstance(e, Notice)]
    assert len(failed) == 1
    assert "2 parts" in notices[0]
    assert events[-1].step == 10


def test_parts_give_the_same_gradient_as_the_whole_batch(tmp_path) -> None:
    images = torch.rand(4, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    grads = []
    for parts in (1, 2, 4):
        session = Session(tiny(), torch.device("cpu"), api_team())
        session.parts = parts
        session.train_step(images)
        grads.append([p.grad.clone() for p in session.network_parameters if p.grad is not None])
    for other in grads[1:]:
        for a, b in zip(grads[0], other, strict=True):
            assert torch.allclose(a, b, rtol=1e-3, atol=1e-6)


def session_with_planes(*, planes: bool) -> Session:
    """Return a session of a U-Net decoder whose maps lie channel by channel, or channels last."""
    unet = {"decoder.kind": "unet", "decoder.widths": [4, 8], "decoder.norm_groups": 4}
    session = Session(tiny(**unet), torch.device("cpu"), api_team())
    layout = torch.contiguous_format if planes else torch.channels_last
    session.model.has_planes = planes
    session.model.to(memory_format=layout)
    return session


def test_the_layout_of_maps_changes_no_gradient() -> None:
    images = torch.rand(
        4, 3, 40, 40, generator=torch.Generator().manual_seed(0), dtype=torch.double
    )
    grads = []
    for planes in (True, False):
        model = session_with_planes(planes=planes).model.double()
        encoded = model.encode(images)
        found = model.find_keypoints(encoded)
        drawn = model.decode(found, encoded.size, encoded.code).composite
        (drawn.square().mean() + encoded.features.sin().mean()).backward()
        grads.append([p.grad for p in model.parameters() if p.grad is not None])
    assert len(grads[0]) > 20
    for a, b in zip(*grads, strict=True):
        assert torch.allclose(a, b, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("planes", [True, False])
def test_a_run_continues_in_another_layout_of_maps(planes) -> None:
    session, resumed = session_with_planes(planes=planes), session_with_planes(planes=not planes)
    for _ in range(2):
        session.train_step(torch.rand(4, 3, 40, 40))

    resumed.load_state_dict(copy.deepcopy(session.state_dict()))

    gradients = [torch.randn_like(p) for p in session.network_parameters]
    for each in (session, resumed):
        for weight, gradient in zip(each.network_parameters, gradients, strict=True):
            weight.grad = torch.empty_like(weight).copy_(gradient)
        each.optimiser.step()
    for a, b in zip(session.network_parameters, resumed.network_parameters, strict=True):
        assert torch.allclose(a, b, atol=1e-7)


def test_no_memory_for_one_picture_is_a_sentence(tmp_path, monkeypatch) -> None:
    def never(self, images):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Session, "train_step", never)
    with pytest.raises(TrainingError, match="single picture"):
        run(tiny(), tmp_path)


def test_a_full_disk_keeps_training(tmp_path, monkeypatch) -> None:
    from tusk_core.training import checkpoint

    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "write_bytes", full)
    events = run(tiny(**{"run.checkpoint_every": 4}), tmp_path)
    assert any("No space left" in e.message for e in events if isinstance(e, Notice))
    assert events[-1].step == 10
    assert RunFolder(events[-1].run_dir).checkpoint_steps() == ()


def test_a_log_that_cannot_be_written_does_not_end_the_run(tmp_path, monkeypatch) -> None:
    write = EventLog.write

    def full(self, event) -> None:
        if isinstance(event, StepDone) and event.step in {3, 4, 5}:
            raise OSError(28, "No space left on device")
        write(self, event)

    monkeypatch.setattr(EventLog, "write", full)
    events = run(tiny(), tmp_path)
    told = [e for e in events if isinstance(e, Notice) and "No space left" in e.message]
    assert len(told) == 1
    assert (events[-1].step, events[-1].reason) == (10, "completed")
    logged, _ = api.follow_events(events[-1].run_dir)
    assert [e.step for e in logged if isinstance(e, StepDone)] == [1, 2, 6, 7, 8, 9, 10]


def test_a_deleted_run_folder_is_made_again(tmp_path) -> None:
    events = []
    for event in api.train(tiny(**{"run.preview_every": 0.0}), RunControl(), run_root=tmp_path):
        events.append(event)
        if isinstance(event, StepDone) and event.step == 3:
            shutil.rmtree(next(e for e in events if isinstance(e, RunStarted)).run_dir)
    assert any("was deleted" in e.message for e in events if isinstance(e, Notice))
    end = events[-1]
    assert (end.step, end.reason) == (10, "completed")
    assert load_model(end.model_dir)[1].step == 10
    (summary,) = api.list_runs(tmp_path)
    assert (summary.status, summary.step, summary.name) == ("completed", 10, "tetrominoes")
    rest = list(api.resume(end.run_dir, RunControl(), steps=12))
    assert rest[-1].step == 12


def test_a_damaged_checkpoint_falls_back_to_the_one_before(tmp_path) -> None:
    events = run(tiny(**{"run.checkpoint_every": 5}), tmp_path)
    folder = RunFolder(events[-1].run_dir)
    state = folder.checkpoint(10) / STATE
    content = bytearray(state.read_bytes())
    content[len(content) // 2] ^= 1
    state.write_bytes(content)
    again = list(api.resume(folder.path, RunControl(), steps=12))
    assert next(e for e in again if isinstance(e, RunStarted)).first_step == 5
    assert again[-1].step == 12


def test_two_writers_are_refused_and_a_crash_is_told(tmp_path) -> None:
    stream = api.train(tiny(), RunControl(), run_root=tmp_path)
    for event in stream:
        if isinstance(event, StepDone):
            break
    (summary,) = api.list_runs(tmp_path)
    assert summary.status == "running"
    with pytest.raises(TrainingError, match="Another process"):
        list(api.resume(summary.path, RunControl()))
    stream.close()
    assert api.read_run(summary.path).status == "stopped"
    RunFolder(summary.path).describe(status="running")
    assert api.read_run(summary.path).status == "crashed"


def test_a_run_killed_early_keeps_what_it_learnt(tmp_path) -> None:
    # A process of its own, killed the hard way long before its first planned checkpoint.
    steps = {
        "optim.steps": 100_000,
        "optim.schedule": "constant",  # the whole run is planned for fewer steps
        "run.preview_every": 3600.0,
        "run.threads": 1,
    }
    program = (
        "import sys; from pathlib import Path; from tests.core.test_training import tiny\n"
        "from tusk_core import api; from tusk_core.control import RunControl\n"
        "from tusk_core.training import loop\n"
        "loop.FIRST_RESCUE_S = loop.RESCUE_S = 0.2\n"
        f"for _ in api.train(tiny(**{steps!r}), RunControl(), run_root=Path(sys.argv[1])):\n"
        "    print(flush=True)\n"
    )
    arguments = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as child:
        for _event in child.stdout:
            runs = api.list_runs(tmp_path)
            if runs and runs[0].checkpoints:
                break
        child.kill()
    (run_,) = api.list_runs(tmp_path)
    assert run_.status == "crashed"
    kept = run_.checkpoints[-1]
    again = list(api.resume(run_.path, RunControl(), steps=kept + 3))
    whole = losses(run(tiny(**{**steps, "optim.steps": kept + 3}), tmp_path / "whole"))
    assert losses(again) == whole[kept:]
    # The rescue is gone: what stays is what the run keeps by itself, whatever the clock said.
    assert api.read_run(run_.path).checkpoints[-1] == kept + 3


def test_rescues_change_neither_the_numbers_nor_what_is_kept(tmp_path, monkeypatch) -> None:
    config = tiny(**{"run.checkpoint_every": 4, "run.threads": 1})
    plain = run(config, tmp_path / "plain")
    monkeypatch.setattr(loop, "FIRST_RESCUE_S", 0.0)
    monkeypatch.setattr(loop, "RESCUE_S", 0.0)
    monkeypatch.setattr(loop, "_RESCUE_SHARE", 1e9)
    rescued = run(config, tmp_path / "rescued")
    assert losses(rescued) == losses(plain)
    first, second = (api.read_run(events[-1].run_dir) for events in (plain, rescued))
    assert (second.checkpoints, second.best_step) == (first.checkpoints, first.best_step)


def test_events_can_be_followed_from_disk_while_being_written(tmp_path) -> None:
    events = run(tiny(), tmp_path)
    folder = RunFolder(events[-1].run_dir)
    logged, offset = api.follow_events(folder.path)
    assert losses(logged) == losses(events)
    assert sum(isinstance(e, PreviewReady) for e in logged) == 1
    assert any(isinstance(e, RunFinished) and e.model_dir for e in logged)
    with folder.events.open("a") as file:
        file.write('{"kind": "Notice", "level": "info", "message": "half')
    assert api.follow_events(folder.path, offset=offset) == ([], offset)


def test_old_checkpoints_go_but_best_and_latest_stay(tmp_path) -> None:
    events = run(tiny(**{"run.checkpoint_every": 1, "run.keep_checkpoints": 3}), tmp_path)
    folder = RunFolder(events[-1].run_dir)
    steps = folder.checkpoint_steps()
    assert len(steps) <= 6
    assert {9, 10, folder.pointed("best"), folder.pointed("latest")} <= set(steps)
    assert not (folder.checkpoint(steps[0]) / STATE).exists()
    prune_checkpoints(folder, 0)
    assert set(folder.checkpoint_steps()) == {9, 10, folder.pointed("best")}


def test_fine_tuning_starts_from_the_other_model(tmp_path) -> None:
    first = run(tiny(**{"optim.steps": 30}), tmp_path)
    config = tiny(**{"optim.steps": 3, "prototypes.num_prototypes": 9})
    events = list(api.fine_tune(config, first[-1].run_dir, RunControl(), run_root=tmp_path))
    assert any("Started from" in e.message for e in events if isinstance(e, Notice))
    assert losses(events)[0]["reconstruction"] < losses(first)[0]["reconstruction"]


def test_fine_tuning_starts_from_a_bundled_model_by_name(tmp_path) -> None:
    config = tiny(**{"optim.steps": 1, "prototypes.num_prototypes": 9})
    events = list(api.fine_tune(config, "tetrominoes", RunControl(), run_root=tmp_path))
    told = [e.message for e in events if isinstance(e, Notice) if "Started from" in e.message]
    assert "tetrominoes" in told[0]
    assert "the others begin anew" in told[0]


def test_a_model_that_is_none_is_refused_before_a_run_is_made(tmp_path) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "config.json").write_text('{"architectures": ["Other"]}')
    for model in ("no such model", foreign):
        with pytest.raises(ModelFileError, match=r"no model|not a model folder"):
            api.fine_tune(tiny(), model, RunControl(), run_root=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_every_picture_is_seen_once_before_any_comes_again() -> None:
    drawn = np.concatenate([batch_indices(10, 4, step, 0) for step in range(5)])
    assert sorted(drawn[:10]) == sorted(drawn[10:]) == list(range(10))
    assert len(set(batch_indices(3, 8, 0, 0))) == 3


def test_bad_sources_and_settings_are_sentences(tmp_path) -> None:
    with pytest.raises(SourceError):
        run(tiny(**{"data.source": str(tmp_path / "nothing")}), tmp_path)
    with pytest.raises(ConfigError, match=r"optim\.stepz"):
        tiny(**{"optim.stepz": 3})
    with pytest.raises(SourceError, match="not a run"):
        list(api.resume(tmp_path, RunControl()))


def test_estimate_scales_with_the_run() -> None:
    short, long = (api.estimate(tiny(**{"optim.steps": n}), num_steps=1) for n in (10, 1000))
    assert 0 < short.total_seconds < long.total_seconds
    assert short.memory_bytes > 0
    again = api.estimate(tiny(**{"optim.steps": 10}), num_steps=1)
    assert again.memory_bytes == pytest.approx(short.memory_bytes, rel=0.05)
    larger = api.estimate(tiny(**{"optim.batch_size": 32}), num_steps=1)
    assert larger.memory_bytes > 2 * short.memory_bytes


def test_the_estimate_of_a_huge_run_takes_small_steps() -> None:
    huge = {"data.width": 2048, "data.height": 1024, "optim.batch_size": 4096,
            "keypoints.num_keypoints": 512}  # fmt: skip
    probe, scale = _probe(tiny(**huge))
    assert probe.optim.batch_size * probe.data.width * probe.data.height < 100_000
    assert probe.data.width == pytest.approx(2 * probe.data.height, abs=2)
    pixels = probe.optim.batch_size * probe.data.width * probe.data.height
    assert scale * pixels == pytest.approx(4096 * 2048 * 1024)
    estimate = api.estimate(tiny(**huge, **{"encoder.widths": [4, 4]}), num_steps=1)
    assert estimate.memory_limit is None or estimate.memory_bytes > estimate.memory_limit


@pytest.mark.slow
def test_two_processes_give_the_loss_of_one(tmp_path) -> None:
    config = tiny(**{"optim.steps": 3, "prototypes.num_steps": 1})
    alone = losses(run(config, tmp_path / "one"))
    with team_of_two(TRAIN, config.model_dump_json(), str(tmp_path / "two")):
        together = losses(run(config, tmp_path / "two"))
    for one, two in zip(alone, together, strict=True):
        for name, value in one.items():
            assert two[name] == pytest.approx(value, rel=2e-3, abs=1e-6), name


def test_a_run_folder_can_be_moved(tmp_path) -> None:
    events = run(tiny(), tmp_path / "a")
    shutil.move(events[-1].run_dir, tmp_path / "moved")
    assert api.read_run(tmp_path / "moved").status == "completed"
    values = json.loads((tmp_path / "moved" / "checkpoints" / "best.json").read_text())
    assert not Path(values["path"]).is_absolute()
