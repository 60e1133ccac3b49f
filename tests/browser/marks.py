"""A submission's page in the formgrader."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def wait_for_marks(page: Page) -> None:
    """Wait until a submission's marks and comments can be written.

    Their fields stand there earlier, and what is typed before the page has fetched what the gradebook holds is lost.
    """
    expect(page.locator("input.score").first).to_be_visible()
    page.wait_for_function("() => formgrader.grades?.loaded && formgrader.comments?.loaded")
