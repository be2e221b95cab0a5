"""One run at a glance: state, figures, curves, probe pictures and prototypes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from tusk_app.parts import icons, palette, theme, tones
from tusk_app.parts.themed import Themed
from tusk_app.parts.words import say
from tusk_app.training import texts
from tusk_app.training.widgets.loss_plot import LossPlot
from tusk_app.training.widgets.numbers_row import NumbersRow
from tusk_app.training.widgets.probe_strip import ProbeStrip
from tusk_app.training.widgets.probe_view import LargeProbe
from tusk_app.training.widgets.results_card import ResultsCard
from tusk_app.training.widgets.run_header import RunHeader
from tusk_app.training.widgets.usage_bars import UsageBars, describe_usage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QResizeEvent

    from tusk_app.state.prototypes import PrototypeBook
    from tusk_app.training.run_record import RunRecord

WIDE = 1.25  # width over height above which curves and pictures stand side by side
FIGURES = (
    ("step", "Step", "20 000 / 20 000"),
    ("speed", "Pictures/s", "1 000"),
    ("elapsed", "Elapsed", "59 min 59 s"),
    ("left", "Time left", "about 59 min"),
    ("loss", "Reconstruction loss", "0.00000"),
    ("rate", "Learning rate", "0.00012"),
    ("memory", "Memory", "999 MB"),
    ("device", "Device", "cuda:0"),
)


class Caption(Themed, QFrame):
    """A band that explains what is to be seen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sample-caption")
        self._icon = QLabel(self)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 10, 6)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        self.follow_theme()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def set_text(self, text: str) -> None:
        """Say ``text``; nothing hides the band."""
        self.setVisible(bool(text))
        if text != self._text.text():
            self._text.setText(text)

    def restyle(self) -> None:
        """Take the colours of the theme."""
        colours = theme.of(self.palette())
        tones.set_style(
            self,
            f"#sample-caption {{ background: {colours.raised}; border: 1px solid {colours.border};"
            f" border-left: 4px solid {colours.link}; border-radius: 5px; }}",
        )
        self._icon.setPixmap(icons.pixmap("tip", 18, colours.link, self.devicePixelRatioF()))


class TrainingView(QWidget):
    """Shows one ``RunRecord`` and follows it.

    Signals:
        prototype_clicked: int.
    """

    prototype_clicked = Signal(int)

    def __init__(self, book: PrototypeBook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._book = book
        self._record: RunRecord | None = None
        self.header = RunHeader(self)
        self.caption = Caption(self)
        self.numbers = NumbersRow(FIGURES, self)
        self.card = ResultsCard(self)
        self.plot = LossPlot(self)
        self.strip = ProbeStrip(self)
        self.bars = UsageBars(self)
        self._strip_text = QLabel("", self)
        self._usage_text = QLabel("", self)
        self._notice = QLabel("", self)
        self._large = LargeProbe(self, self._colours)
        self._lay_out()
        self.card.hide()
        self.caption.set_text("")
        self._notice.hide()
        self.strip.enlarge_requested.connect(self._enlarge)
        self.strip.arrangement_changed.connect(lambda _stacked: self._show_strip_text())
        self.bars.prototype_clicked.connect(self.prototype_clicked)
        self.card.closed.connect(self.close_card)
        book.changed.connect(self._show_preview)

    @property
    def record(self) -> RunRecord | None:
        """The run that is shown."""
        return self._record

    def set_record(self, record: RunRecord) -> None:
        """Show ``record`` from now on."""
        if self._record is record:
            return
        if self._record is not None:
            self._record.disconnect(self)
        self._record = record
        record.was_reset.connect(self.show_all)
        record.run_started.connect(self.show_numbers)
        record.steps_done.connect(self._show_steps)
        record.preview_changed.connect(self._show_preview)
        record.checkpoint_saved.connect(self._show_marks)
        record.noticed.connect(self._show_notice)
        record.ended.connect(self.show_numbers)
        self.show_all()

    def show_all(self) -> None:
        """Show everything that is known about the run."""
        record = self._record
        if record is None:
            return
        self.close_card()
        self.numbers.clear()
        self._notice.hide()
        self.plot.set_history(record.history)
        self._show_marks()
        self._show_steps()
        self._show_preview()
        self._show_notice()

    def show_numbers(self) -> None:
        """Show the figures."""
        if self._record is not None:
            self.numbers.set_values(*texts.numbers(self._record))
            # At the end the results card says what the band would say.
            explains = self._record.is_sample and not self.card.isVisibleTo(self)
            self.caption.set_text(texts.sample_caption(self._record) if explains else "")

    def show_card(self) -> None:
        """Put the results card in the place of the figures."""
        self.numbers.hide()
        self.card.show()
        self.show_numbers()

    def close_card(self) -> None:
        """Put the figures back."""
        self.card.hide()
        self.numbers.show()
        self.show_numbers()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Curves and pictures side by side if there is room, else one above the other."""
        super().resizeEvent(event)
        is_wide = self.width() > WIDE * self.height()
        wanted = Qt.Orientation.Horizontal if is_wide else Qt.Orientation.Vertical
        if self._body.orientation() != wanted:
            self._body.setOrientation(wanted)
            self._body.setSizes([1100, 1000] if is_wide else [900, 1000])

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(8)
        for widget in (self.header, self.caption, self.numbers, self.card):
            column.addWidget(widget)
        self._notice.setWordWrap(True)
        column.addWidget(self._notice)
        self._body = QSplitter(Qt.Orientation.Horizontal, self)
        self._body.setChildrenCollapsible(False)
        self._body.setHandleWidth(9)
        self._body.addWidget(self.plot)
        self._body.addWidget(self._pictures())
        self._body.setStretchFactor(0, 11)
        self._body.setStretchFactor(1, 10)
        self.plot.setMinimumHeight(150)
        self._body.setStyleSheet("QSplitter::handle { background: transparent; }")
        column.addWidget(self._body, 1)

    def _pictures(self) -> QWidget:
        side = QWidget(self)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for label in (self._strip_text, self._usage_text):
            label.setWordWrap(True)
            label.setProperty("role", "muted")
        self.bars.setMaximumHeight(110)
        column.addWidget(self._strip_text)
        column.addWidget(self.strip, 3)
        column.addWidget(self._usage_text)
        column.addWidget(self.bars, 1)
        return side

    def _show_steps(self) -> None:
        assert self._record is not None
        if self.plot.history is not self._record.history:
            self.plot.set_history(self._record.history)
        self.plot.refresh()
        self.show_numbers()

    def _show_marks(self) -> None:
        assert self._record is not None
        self.show_numbers()
        marks = [(checkpoint.step, checkpoint.is_best) for checkpoint in self._record.checkpoints]
        self.plot.set_marks(marks, self._record.resumed_at)

    def _show_preview(self) -> None:
        preview = self._record.preview if self._record is not None else None
        self.strip.set_preview(preview)
        self._show_strip_text()
        if preview is None or self._record is None:
            self.bars.set_usage(palette.colours(0)[:, 0].astype("float32"), palette.colours(1))
            self._usage_text.setText(say("How often each [kind] is used shows here."))
            tones.set_role(self._usage_text, "muted")
            return
        colours = self._colours(len(preview.usage))
        self.strip.set_colours(colours)
        self.bars.set_usage(preview.usage, colours)
        report = describe_usage(preview.usage, self._record.fraction)
        self._usage_text.setText(report.text)
        tones.set_role(self._usage_text, "warning" if report.level == "warning" else "muted")
        self._large.follow(preview)

    def _colours(self, num: int) -> NDArray[np.uint8]:
        return self._book.colours() if self._book.num == num else palette.colours(num)

    def _show_strip_text(self) -> None:
        preview = self.strip.preview
        if preview is None:
            self._strip_text.setText("Fixed probe pictures show here what the model sees.")
            return
        is_stacked = self.strip.arrangement.is_stacked
        first, second = ("above", "below") if is_stacked else ("left", "right")
        self._strip_text.setText(
            say(f"Input with [points] ({first}), rebuilt from the [points] alone ({second})")
        )

    def _show_notice(self) -> None:
        assert self._record is not None
        if not self._record.notices:
            return
        notice = self._record.notices[-1]
        tones.set_role(self._notice, "warning" if notice.level == "warning" else "muted")
        self._notice.setText(notice.message)
        self._notice.show()

    def _enlarge(self, index: int) -> None:
        self._large.open(self.strip.preview, index)
