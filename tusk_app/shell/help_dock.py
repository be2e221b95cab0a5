"""The guides inside the window: a list of pages, a search, and the page; all of it offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut, QTextCursor, QTextDocument
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from tusk_app.panel import Panel
from tusk_app.parts.icon_button import IconButton
from tusk_app.shell.help_pages import FIRST, PAGE_OF, load_pages, search
from tusk_core.resources import guide_root

if TYPE_CHECKING:
    from tusk_app.shell.help_pages import Page, Section
    from tusk_app.workbench import Workbench

_SECTION = Qt.ItemDataRole.UserRole
READING, SEARCHING = 0, 1


class HelpDock(Panel):
    """Shows a page; typing searches all of them."""

    name = "help"
    title = "Guide"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._pages: dict[str, Page] = {}
        self._shown = ""
        self._past: list[str] = []
        self.search_box = QLineEdit()
        self.search_box.setPlaceholderText("Search the guide")
        self.search_box.setAccessibleName("Search the guide")
        self.search_box.setClearButtonEnabled(True)
        self.page_box = QComboBox()
        self.page_box.setAccessibleName("Page of the guide")
        self.page_box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.back = IconButton("previous", "Back to the page before")
        self.browser = QTextBrowser()
        self.browser.setOpenLinks(False)
        self.browser.setAccessibleName("Guide")
        self.hits = QListWidget()
        self.hits.setAccessibleName("Found in the guide")
        self.hits.setWordWrap(True)
        self.hits.setSpacing(4)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.browser)
        self._stack.addWidget(self.hits)
        self._lay_out()
        self._connect()

    @property
    def shown(self) -> str:
        """Name of the page shown; empty before the first."""
        return self._shown

    def open_for(self, panel: str) -> None:
        """Show the page that explains a panel."""
        page, heading = PAGE_OF.get(panel, (FIRST, ""))
        self.open_page(page, heading)

    def open_page(self, name: str, heading: str = "") -> None:
        """Show a page from one of its headings on; an unknown page changes nothing."""
        self._load()
        page = self._pages.get(name)
        self._stack.setCurrentIndex(READING)
        if page is None:
            return
        if name != self._shown:
            if self._shown:
                self._past.append(self._shown)
            self._show(page)
        self._scroll_to(heading)

    def _lay_out(self) -> None:
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.setContentsMargins(8, 6, 8, 8)
        row = QHBoxLayout()
        row.addWidget(self.back)
        row.addWidget(self.page_box, 1)
        column.addWidget(self.search_box)
        column.addLayout(row)
        column.addWidget(self._stack, 1)
        self.setWidget(body)
        self.setMinimumWidth(260)

    def _connect(self) -> None:
        self.search_box.textChanged.connect(self._search)
        self.search_box.returnPressed.connect(lambda: self._choose(self.hits.currentItem()))
        self.hits.itemActivated.connect(self._choose)
        self.hits.itemClicked.connect(self._choose)
        self.page_box.activated.connect(lambda: self.open_page(self.page_box.currentData()))
        self.back.clicked.connect(self._go_back)
        self.browser.anchorClicked.connect(self._follow)
        self.visibilityChanged.connect(self._begin)
        QShortcut(
            QKeySequence.StandardKey.Find, self, self.search_box.setFocus,
            context=Qt.ShortcutContext.WidgetWithChildrenShortcut,
        )  # fmt: skip
        self.back.setEnabled(False)

    @Slot(bool)
    def _begin(self, is_visible: bool) -> None:
        if is_visible and not self._shown:
            self.open_page(FIRST)

    def _load(self) -> None:
        """Read the pages once, when they are first wanted."""
        if self._pages:
            return
        self._pages = {page.name: page for page in load_pages()}
        for page in self._pages.values():
            self.page_box.addItem(page.title, page.name)
        root = guide_root()
        if root is None:
            self.browser.setPlainText("The guide is not part of this installation.")
        else:
            self.browser.setSearchPaths([str(root), str(root / "guide")])

    def _show(self, page: Page) -> None:
        self._shown = page.name
        root = guide_root()
        if root is not None:
            self.browser.document().setBaseUrl(QUrl.fromLocalFile(f"{root / page.name}.md"))
        self.browser.document().setMarkdown(
            page.markdown, QTextDocument.MarkdownFeature.MarkdownDialectGitHub
        )
        self.page_box.setCurrentIndex(self.page_box.findData(page.name))
        self.back.setEnabled(bool(self._past))

    def _scroll_to(self, heading: str) -> None:
        self.browser.moveCursor(QTextCursor.MoveOperation.Start)
        block = self.browser.document().begin()
        while heading and block.isValid():
            if block.blockFormat().headingLevel() and block.text() == heading:
                cursor = QTextCursor(block)
                # From the end upwards, so that the heading comes to the top.
                self.browser.moveCursor(QTextCursor.MoveOperation.End)
                self.browser.setTextCursor(cursor)
                return
            block = block.next()

    @Slot(str)
    def _search(self, words: str) -> None:
        self._load()
        self._stack.setCurrentIndex(SEARCHING if words.strip() else READING)
        self.hits.clear()
        for hit in search(tuple(self._pages.values()), words):
            section = hit.section
            where = section.title
            if section.heading != section.title:
                where += f" › {section.heading}"
            item = QListWidgetItem(f"{where}\n{hit.around}", self.hits)
            item.setData(_SECTION, section)
        if words.strip() and not self.hits.count():
            item = QListWidgetItem("Nothing in the guide has all these words.", self.hits)
            item.setFlags(Qt.ItemFlag.NoItemFlags)
        self.hits.setCurrentRow(0)

    @Slot(object)
    def _choose(self, item: QListWidgetItem | None) -> None:
        section: Section | None = None if item is None else item.data(_SECTION)
        if section is not None:
            self.open_page(section.page, section.heading)

    @Slot()
    def _go_back(self) -> None:
        if self._past:
            name = self._past.pop()
            self._show(self._pages[name])
            self._stack.setCurrentIndex(READING)

    @Slot(QUrl)
    def _follow(self, url: QUrl) -> None:
        """Open a page of the guide here, anything else outside."""
        root = guide_root()
        target = self.browser.document().baseUrl().resolved(url)
        if root is not None and target.isLocalFile() and target.fileName().endswith(".md"):
            path = target.toLocalFile()
            for name in self._pages:
                if path == (root / f"{name}.md").as_posix():
                    self.open_page(name)
                    return
        if target.scheme() in {"http", "https"}:
            QDesktopServices.openUrl(target)
        else:
            self._bench.notices.status("That page is not part of the guide in the window.")


def panel_with_focus() -> str:
    """Return the name of the panel that the keyboard is in; empty if it is in none."""
    widget = QApplication.focusWidget()
    while widget is not None:
        if isinstance(widget, Panel):
            return widget.name
        widget = widget.parentWidget()
    return ""
