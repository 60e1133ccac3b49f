"""A student at a notebook in JupyterLab: reads, clicks and types, and keeps the time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, TimeoutError, expect

# Runs in the page: when a key was pressed, and when what it asked for was seen.
WATCH = """
() => {
  window.pressed = 0; window.carded = 0; window.pictured = 0;
  addEventListener('keydown', () => { window.pressed = performance.now(); }, true);
  // A picture's load is told to the document and never to the window.
  document.addEventListener('load', event => {
    if (event.target instanceof HTMLImageElement) window.pictured = performance.now();
  }, true);
  new MutationObserver(changes => {
    for (const change of changes) for (const node of change.addedNodes)
      if (node instanceof Element && (node.matches('.ks-card') || node.querySelector('.ks-card')))
        requestAnimationFrame(() => { window.carded = performance.now(); });
  }).observe(document.body, {childList: true, subtree: true});
}
"""

NEW_COUNT = r"""
([cell, before]) => {
  const said = cell.querySelector('.jp-InputPrompt').textContent;
  return /\d/.test(said) && said !== before;
}
"""


BEGAN = """
([cell, before]) => cell.querySelector('.jp-InputPrompt').textContent !== before
"""


ENDED = """
cell => !cell.querySelector('.jp-InputPrompt').textContent.includes('*')
"""


@dataclass
class Seat:
    """One open notebook."""

    page: Page
    pictures: Path

    @property
    def notebook(self) -> Locator:
        """The notebook in front."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")

    def open(self, address: str) -> None:
        """Go to JupyterLab and wait until the notebook shows its cells and its kernel is ready.

        JupyterLab first restores the notebooks that were open before, and shows one of them for a second before
        the one that was asked for comes to the front: `reset` has it restore none.
        """
        self.page.goto(f"{address}&reset")
        expect(self.notebook.locator(".jp-CodeCell").first).to_be_visible()
        self.wait_for_kernel()
        self.page.evaluate(WATCH)

    def wait_for_kernel(self) -> None:
        """Wait until the kernel has nothing to do."""
        expect(self.notebook.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").first).to_be_visible()

    def cell(self, text: str) -> Locator:
        """Return the code cell that has this text."""
        return self.notebook.locator(".jp-CodeCell", has=self.page.locator(".cm-content", has_text=text)).first

    def run(self, text: str) -> Locator:
        """Run the cell that has this text, by keyboard, and wait until it has run."""
        cell = self.cell(text)
        before = self.count(cell)
        for _ in range(3):
            if self._press(cell, before) and self._has_run(cell, before):
                return cell
        raise AssertionError(f"the cell with {text!r} was started three times and did not run")

    def _press(self, cell: Locator, before: str) -> bool:
        """Press Shift + Enter in a cell, and return whether it began to run: a page that still loads loses keys."""
        self._go_into(cell.locator(".cm-content"))
        self.page.keyboard.press("Shift+Enter")
        try:
            self.page.wait_for_function(BEGAN, arg=[cell.element_handle(), before], timeout=10_000)
        except TimeoutError:
            return False
        return True

    def _go_into(self, editor: Locator) -> None:
        """Click into a cell until it has the focus: a page that still loads takes it away again."""
        for _ in range(10):
            try:
                editor.click(timeout=10_000)
                return expect(editor).to_be_focused(timeout=5_000)
            except (TimeoutError, AssertionError):
                continue
        raise AssertionError("ten clicks did not give the cell the focus")

    def start(self, text: str) -> Locator:
        """Start the cell that has this text, by keyboard, and wait for nothing."""
        cell = self.cell(text)
        assert self._press(cell, self.count(cell))
        return cell

    def _has_run(self, cell: Locator, before: str) -> bool:
        """Wait until the cell waits for nothing, and return whether it has run: a kernel that connects loses cells."""
        self.page.wait_for_function(ENDED, arg=cell.element_handle())
        return self.count(cell) not in (before, "[ ]:")

    def count(self, cell: Locator) -> str:
        """Return the cell's prompt, such as "[3]:"."""
        return cell.locator(".jp-InputPrompt").first.text_content() or ""

    def _wait_until_run(self, cell: Locator, before: str) -> None:
        self.page.wait_for_function(NEW_COUNT, arg=[cell.element_handle(), before])

    def retype_last_line(self, text: str, line: str) -> None:
        """Replace the last line of the cell that has this text, key by key, and keep its indentation."""
        editor = self.cell(text).locator(".cm-content")
        self._go_into(editor)
        self.page.keyboard.press("Control+End")
        self.page.keyboard.press("Shift+Home")
        self.page.keyboard.type(line)
        expect(editor.locator(".cm-line").last).to_have_text(f"    {line}")

    def card_of(self, exercise: str) -> Locator:
        """Return the card below an exercise's check cell."""
        return self.cell(f'check("{exercise}")').locator(".ks-card")

    def check(self, exercise: str) -> tuple[Locator, float]:
        """Press an exercise's check, and return its card and the milliseconds from the key to the card."""
        self.page.evaluate("window.carded = 0")
        self.run(f'check("{exercise}")')
        self.page.wait_for_function("window.carded > 0")
        return self.card_of(exercise), float(self.page.evaluate("window.carded - window.pressed"))

    def menu(self, bar: str, *entries: str) -> None:
        """Choose in the menu bar, such as menu("Kernel", "Restart Kernel…")."""
        self.page.locator(".lm-MenuBar-itemLabel").get_by_text(bar, exact=True).click()
        for entry in entries:
            label = self.page.locator(".lm-Menu-itemLabel").get_by_text(entry, exact=True).last
            label.hover()
            label.click()

    def restart(self) -> None:
        """Restart the kernel through the menu, as a student does."""
        self.menu("Kernel", "Restart Kernel…")
        self.page.locator(".jp-Dialog button.jp-mod-accept").click()
        expect(self.page.locator(".jp-Dialog")).to_have_count(0)
        self.wait_for_kernel()

    def run_all(self) -> None:
        """Run every cell through the menu, and wait until the last has run."""
        last = self.notebook.locator(".jp-CodeCell").last
        before = self.count(last)
        self.menu("Run", "Run All Cells")
        self._wait_until_run(last, before)
        self.wait_for_kernel()

    def drag(self, slider: Locator) -> None:
        """Drag a slider's knob to the right with the mouse, and wait until the picture has changed."""
        self.page.evaluate("window.pictured = 0")
        knob = slider.bounding_box()
        assert knob is not None
        at = knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2
        self.page.mouse.move(*at)
        self.page.mouse.down()
        self.page.mouse.move(at[0] + 60, at[1], steps=4)
        self.page.mouse.up()
        self.page.wait_for_function("window.pictured > 0")
        self.wait_for_kernel()

    def step(self, slider: Locator) -> float:
        """Move a slider by one with an arrow key, and return the milliseconds until its picture is there."""
        low, high = (float(slider.get_attribute(f"aria-value{end}") or 0) for end in ("min", "max"))
        at = float(slider.get_attribute("aria-valuenow") or 0)
        return self.press(slider, "ArrowLeft" if at > (low + high) / 2 else "ArrowRight")

    def press(self, control: Locator, key: str) -> float:
        """Press a key on a control, and return the milliseconds until its picture is there."""
        self.page.evaluate("window.pictured = 0")
        control.press(key)
        self.page.wait_for_function("window.pictured > window.pressed")
        self.wait_for_kernel()
        return float(self.page.evaluate("window.pictured - window.pressed"))

    def theme(self, name: str) -> None:
        """Choose a theme in the menu."""
        self.menu("Settings", "Theme", name)
        expect(self.page.locator(f"body[data-jp-theme-name='{name}']")).to_be_attached()

    def photograph(self, what: Locator, name: str) -> None:
        """Keep a picture of a part of the page."""
        what.scroll_into_view_if_needed()
        what.screenshot(path=self.pictures / name)
