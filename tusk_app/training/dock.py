"""The training panel: controls of the run in this window, and a view of any other run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import (
    QApplication,
    QMessageBox,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from tusk_app.panel import Panel
from tusk_app.parts.empty_hint import EmptyHint
from tusk_app.pictures.controller import SourceController
from tusk_app.training import texts
from tusk_app.training.actions import TrainingActions
from tusk_app.training.controller import RunState, TrainingController
from tusk_app.training.export import CurveFiles
from tusk_app.training.remedies import Remedy
from tusk_app.training.view import TrainingView
from tusk_app.training.widgets.run_header import HeaderButton

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_app.training.failure import RunFailed
    from tusk_app.workbench import Workbench
    from tusk_core.results import RunSummary

MORE_STEPS = 0.5  # "Continue" adds half as many steps again


class TrainingDock(Panel):
    """Shows the run that goes on here, or one that is followed from its folder."""

    name = "training"
    title = "Training"
    question = "How is it learning?"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._training = workbench.part(TrainingController)
        self._then: tuple[str, ...] = ()
        self.view = TrainingView(workbench.prototypes, self)
        self._files = CurveFiles(self.view.plot, workbench, self)
        self.actions_ = TrainingActions(workbench, self.confirm_discard, self)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._make_hint())
        self._stack.addWidget(self.view)
        self.setWidget(self._stack)
        self.view.set_record(self._training.record)
        self._connect()
        self._show()

    def shutdown(self) -> bool:
        """End what reads and writes curves."""
        return self._files.shutdown()

    @property
    def is_following(self) -> bool:
        """True while another process's run, or an earlier one, is shown."""
        return self.view.record is self._training.monitor.record

    @property
    def is_empty(self) -> bool:
        """True before any run."""
        return self._stack.currentIndex() == 0

    def sizeHint(self) -> QSize:
        """Enough for curves and pictures side by side."""
        return QSize(900, 420)

    def confirm_discard(self) -> bool:
        """Ask whether the run that goes on shall really go to the trash."""
        box = QMessageBox(self.window())
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Discard the run")
        box.setText("Stop this run and move its folder to the trash?")
        box.setInformativeText("You can bring it back from the trash until the trash is emptied.")
        discard = box.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton("Resume training", QMessageBox.ButtonRole.RejectRole)
        box.exec()
        return box.clickedButton() is discard

    def show_live(self) -> None:
        """Show the run of this window."""
        self._training.monitor.leave()
        self.view.set_record(self._training.record)
        self._show()

    def _make_hint(self) -> QWidget:
        page = QWidget(self)
        hint = EmptyHint(
            "train",
            "Nothing has been trained yet",
            "Train on pictures of your own: no labels are needed. Or watch TUSK find and sort the "
            "pieces of a small sample first; that takes a few minutes.",
            "Train…",
            page,
        )
        hint.clicked.connect(lambda: self._training.setup_requested.emit("new", None))
        sample = QPushButton("Watch a sample learn", page)
        sample.clicked.connect(lambda: self._press("sample"))
        column = QVBoxLayout(page)
        column.addStretch(1)
        column.addWidget(hint)
        column.addWidget(sample, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        self.hint, self.sample_button = hint, sample
        return page

    def _connect(self) -> None:
        training, view = self._training, self.view
        training.state_changed.connect(self._take_state)
        training.acknowledged.connect(self._say)
        training.failed.connect(self._show_failure)
        training.run_ended.connect(self._take_end)
        training.trash_failed.connect(lambda text: self._bench.notices.toast(text, "warning"))
        training.run_trashed.connect(
            lambda path: self._bench.notices.toast(f"{path.name} is in the trash.")
        )
        training.record.was_reset.connect(self._show)
        training.record.phase_changed.connect(self._take_phase)
        training.record.steps_done.connect(self._show_header)
        training.record.run_started.connect(self._take_run)
        training.record.noticed.connect(self._pass_on_warning)
        training.live_requested.connect(self.show_live)
        training.inspect_requested.connect(self._inspect)
        monitor = training.monitor
        monitor.following_changed.connect(self._take_following)
        monitor.failed.connect(lambda text: self._bench.notices.toast(text, "warning"))
        for signal in (monitor.record.run_started, monitor.record.steps_done, monitor.record.ended):
            signal.connect(self._show_header)
        self._bench.engine.model_opened.connect(self._take_model)
        self._bench.engine.model_failed.connect(self._forget_commands)
        view.header.pressed.connect(self._press)
        view.card.pressed.connect(self._press)
        view.prototype_clicked.connect(
            lambda index: self._bench.selection.select_prototype(index, "training")
        )
        self._bench.selection.prototype_changed.connect(
            lambda _origin: view.bars.set_chosen(self._bench.selection.prototype)
        )

    # What is shown

    def _show(self) -> None:
        record = self.view.record
        is_empty = record is None or (record.is_empty and not self._training.is_busy)
        self._stack.setCurrentIndex(0 if is_empty else 1)
        self._show_header()

    @Slot()
    def _show_header(self) -> None:
        if self.is_following:
            self._show_followed()
            return
        training, header = self._training, self.view.header
        state, record = training.state, training.record
        said = texts.state_line(state, record)
        header.set_state(said.text, said.detail, tone=said.tone)
        header.set_fraction(texts.shown_fraction(state, record), active=training.is_busy)
        header.set_buttons(texts.buttons(state, has_result=bool(record.outcome)))
        name = "" if state is RunState.IDLE else f" – {state.value}"
        self.setWindowTitle(f"Training{name}")

    def _show_followed(self) -> None:
        monitor, header = self._training.monitor, self.view.header
        record = monitor.record
        said = texts.followed_line(monitor.summary, record)
        header.set_state(said.text, said.detail, tone=said.tone)
        header.set_fraction(1.0 if record.outcome == "done" else record.fraction, active=False)
        header.set_buttons(self._followed_buttons(monitor.summary))
        self.setWindowTitle("Training – another run")

    def _followed_buttons(self, summary: RunSummary | None) -> tuple[HeaderButton, ...]:
        is_over = summary is not None and summary.status not in {"running", "paused"}
        has_model = summary is not None and bool(summary.checkpoints)
        back = HeaderButton("back", "Back", "previous", "Show the run of this window again")
        resume = HeaderButton(
            "resume-followed", "Resume…", "play", "Resume this run", "",
            is_over and has_model and not self._training.is_busy,
        )  # fmt: skip
        inspect = HeaderButton(
            "inspect", "Inspect", "model", "Open the model of this run", "primary", has_model
        )
        return back, resume, inspect

    @Slot(object)
    def _take_state(self, state: RunState) -> None:
        if state is RunState.PREPARING:
            self.show_live()
            self.view.header.end_saying()
            if not self.isVisible() and "view.workspace-train" in self._bench.actions:
                self._bench.actions.trigger("view.workspace-train")
        elif state in {RunState.PAUSED, RunState.RUNNING}:
            # What was asked for has come true: the answer to the press is no longer news.
            self.view.header.end_saying()
            if state is RunState.PAUSED:
                said = texts.state_line(state, self._training.record).text
                self._bench.notices.status(f"{said}.")
        self._show()

    @Slot()
    def _take_phase(self) -> None:
        phase = self._training.record.phase
        if phase is not None and phase.phase == "training":
            self.view.header.end_saying()
        self._show_header()

    @Slot(str)
    def _say(self, text: str) -> None:
        self.view.header.say(text)
        self._bench.notices.status(text)

    @Slot()
    def _take_run(self) -> None:
        self._bench.document.set_run(self._training.record.run_dir)

    @Slot(object)
    def _take_following(self, path: Path | None) -> None:
        if path is not None:
            self.view.set_record(self._training.monitor.record)
            self._bench.document.set_run(path)
        self._show()

    @Slot(str)
    def _take_end(self, outcome: str) -> None:
        self.view.header.end_saying()
        self._show()
        if self.is_following:
            return
        record = self._training.record
        if outcome in {"done", "stopped"} and record.last_step is not None:
            title, text = texts.result_text(record)
            buttons = texts.result_buttons(record)
            figures = texts.result_numbers(record)
            tone = "success" if outcome == "done" else "warning"
            tone = "danger" if record.num_unsaved else tone
            self.view.card.show_result(title, text, figures, buttons, tone=tone)
            self.view.show_card()
        QApplication.alert(self.window())

    @Slot(object)
    def _show_failure(self, failure: RunFailed) -> None:
        text = " ".join(part for part in (failure.why, failure.advice) if part)
        buttons = [(r.name, *texts.REMEDY_BUTTONS[r]) for r in self._training.remedies()]
        buttons.append(("details", "Details", "Show everything that is known about the error"))
        self.view.card.show_result(failure.what, text, [], buttons, tone="danger")
        self.view.show_card()
        self._bench.notices.toast(failure.what, "error", "Show", self._show_myself)

    @Slot()
    def _pass_on_warning(self) -> None:
        notice = self._training.record.notices[-1]
        if notice.level == "warning" and not self.isVisible():
            # Who looks at other panels while a run goes on would not see it.
            self._bench.notices.toast(notice.message, "warning", "Show", self._show_myself)

    def _show_myself(self) -> None:
        self.show()
        self.raise_()

    # What is pressed

    @Slot(str)
    def _press(self, name: str) -> None:
        if name in Remedy.__members__:
            self._training.apply(Remedy[name])
            return
        training = self._training
        presses = {
            "sample": self._try_sample,
            "train": lambda: training.setup_requested.emit("new", None),
            "pause": training.pause,
            "resume": training.resume,
            "save": training.save_now,
            "stop": training.stop_and_keep,
            "discard": self.actions_.discard,
            "back": self.show_live,
            "resume-followed": lambda: training.setup_requested.emit("resume", self._run_dir()),
            "inspect": lambda: self._open_model("view.workspace-data"),
            "map": lambda: self._open_model("view.workspace-explore", "analyze.map"),
            "export": lambda: self._open_model("view.workspace-data", "file.export"),
            "continue": self._continue,
            "open": self._open_pictures,
            "details": self._show_details,
        }
        presses[name]()

    def _try_sample(self) -> None:
        if not self._training.is_busy:
            self._training.start_sample()

    def _run_dir(self) -> Path | None:
        record = self.view.record
        if self.is_following:
            return self._training.monitor.path
        return record.run_dir if record is not None else None

    def _open_model(self, *then: str) -> None:
        """Open the best model of the run; carry out the commands ``then`` when it is open."""
        run_dir = self._run_dir()
        if run_dir is None:
            return
        self._show_run(run_dir, self._source_of_run(), then)

    def _source_of_run(self) -> str:
        """Return what the run that is shown learns from; empty if that is not known."""
        record, summary = self.view.record, self._training.monitor.summary
        if self.is_following:
            return "" if summary is None else summary.source
        if record is not None and record.is_sample:
            return texts.SAMPLE_SOURCE
        request = self._training.request
        config = None if request is None else request.config
        return "" if config is None else config.data.source

    @Slot(object)
    def _inspect(self, run: RunSummary) -> None:
        """Show the model of a run with the pictures that are open, else those it learned from."""
        self._show_run(run.path, run.source, ("view.workspace-data",))

    def _show_run(self, run_dir: Path, source: str, then: tuple[str, ...]) -> None:
        if source and self._bench.document.source is None:
            self._bench.part(SourceController).open_paths([source])
        self._then = then
        self._bench.engine.open_model(str(run_dir), self._bench.settings.device)

    @Slot()
    def _forget_commands(self) -> None:
        self._then = ()

    @Slot()
    def _take_model(self) -> None:
        then, self._then = self._then, ()
        for name in then:
            if name in self._bench.actions:
                self._bench.actions.trigger(name)

    def _continue(self) -> None:
        record, run_dir = self.view.record, self._run_dir()
        if record is None or run_dir is None or record.last_step is None or self._training.is_busy:
            return
        if record.finished is not None and record.finished.reason == "time limit":
            minutes = record.last_step.elapsed / 60 * (1 + MORE_STEPS)
            self._training.continue_run(run_dir, minutes=minutes)
            return
        planned = max(record.planned_steps or 0, record.last_step.step)
        more = max(100, round(MORE_STEPS * planned))
        self._training.continue_run(run_dir, steps=planned + more)

    def _open_pictures(self) -> None:
        if "file.open-images" in self._bench.actions:
            self._bench.actions.trigger("file.open-images")

    def _show_details(self) -> None:
        failure = self._training.failure
        if failure is not None:
            self._bench.notices.error(failure.what, failure.why, failure.advice, failure.details)
