"""A student's first minutes in JupyterLab, on a fresh release: wrong, a hint, right, and on to the next."""

from __future__ import annotations

import io
import json
import re
import shutil
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from seat import Seat

from autograder.live.kernels import install
from autograder.plain.devices import available_devices
from autograder.plain.settings import course_settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def lab(serve, tmp_path_factory):
    """JupyterLab as `make start` starts it, on a copy of the student's edition and nothing else."""
    top = tmp_path_factory.mktemp("student")
    shutil.copytree(ROOT / "course", top / "course", ignore=shutil.ignore_patterns(".*", "__pycache__"))
    return serve(top, config=ROOT / "jupyter_config")


@pytest.fixture(scope="module")
def seat(new_page, lab, artefacts, measured) -> Iterator[Seat]:
    """01_start.ipynb, opened by itself."""
    page = new_page()
    began = time.perf_counter()
    sitting = Seat(page, artefacts)
    sitting.open(lab.url(""))
    measured["seconds until the server answers"] = lab.seconds
    measured["seconds from there to a notebook with a kernel"] = time.perf_counter() - began
    yield sitting
    page.close()


@pytest.fixture(scope="module")
def measured(artefacts) -> Iterator[dict[str, Any]]:
    """Figures, kept as measured.json beside the pictures."""
    figures: dict[str, Any] = {}
    yield figures
    (artefacts / "measured.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")


def faults(page: Page, measured: dict[str, Any], name: str, part: str = ".ks-card") -> list[str]:
    """What axe finds in a part of the page: by default in the cards."""
    kinds = ["violations", "incomplete", "passes"]
    found = Axe().run(page, context={"include": [[part]]}, options={"resultTypes": kinds}).response
    measured[f"axe, {name}"] = {kind: len(found[kind]) for kind in kinds}
    assert len(found["passes"]) > 3
    return [f"{one['id']} ({one['impact']}): {one['help']}" for one in found["violations"]]


def pixels(picture: Locator) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture.screenshot())).convert("RGB"), dtype=int)


def test_the_first_notebook_opens_by_itself(seat):
    assert "course/00_start/01_start.ipynb" in seat.page.url
    expect(seat.page.get_by_role("heading", name="Start here")).to_be_visible()
    seat.page.screenshot(path=seat.pictures / "start.png")


def test_a_stub_left_alone_is_answered_with_what_to_write(seat):
    seat.run("doctor()")
    seat.run("from autograder import check")
    seat.run("def row_means")
    card, _ = seat.check("row_means")
    expect(card).to_contain_text("not written yet")
    assert faults(seat.page, {}, "") == []


def test_a_wrong_answer_typed_in_shows_what_differs_and_the_next_one_gets_a_hint(seat, measured):
    seat.retype_last_line("def row_means", "return x.sum(dim=1)")
    seat.run("def row_means")
    card, milliseconds = seat.check("row_means")
    measured["milliseconds from the key to the card, wrong"] = milliseconds
    expect(card).to_contain_text("not yet right")
    expect(card).to_contain_text("0 of 1 point")
    expect(card).to_contain_text("a hint comes with it")
    expect(card.get_by_text("Hint", exact=True)).to_have_count(0)
    seat.photograph(seat.cell('check("row_means")'), "card-wrong-first.png")
    seat.retype_last_line("def row_means", "return x.sum(dim=1) / len(x)")
    seat.run("def row_means")
    card, _ = seat.check("row_means")
    expect(card).to_contain_text("Hint The sums are divided by the number of rows")
    seat.photograph(seat.cell('check("row_means")'), "card-wrong.png")
    assert faults(seat.page, measured, "card of a wrong answer, light") == []


def test_the_right_answer_turns_the_card(seat, measured):
    seat.retype_last_line("def row_means", "return x.mean(dim=1)")
    seat.run("def row_means")
    card, milliseconds = seat.check("row_means")
    measured["milliseconds from the key to the card, right"] = milliseconds
    expect(card).to_contain_text("passed")
    expect(card).to_contain_text("1 of 1 point")
    expect(card).not_to_contain_text("Hint")
    seat.photograph(seat.cell('check("row_means")'), "card-right.png")


def test_progress_moves_and_points_to_the_next_step(seat, measured):
    journey = seat.run("progress()").locator(".jp-OutputArea-output").last
    expect(journey).to_contain_text("append_ones")
    before = journey.inner_text()
    seat.retype_last_line("def append_ones", "return torch.cat([x, x.new_ones(len(x), 1)], dim=1)")
    seat.run("def append_ones")
    expect(seat.check("append_ones")[0]).to_contain_text("passed")
    journey = seat.run("progress()").locator(".jp-OutputArea-output").last
    assert journey.inner_text() != before
    expect(journey.get_by_role("link").first).to_be_visible()
    assert faults(seat.page, measured, "progress", ".ks-progress") == []
    seat.photograph(journey, "progress.png")


def test_the_whole_notebook_runs_once_its_exercises_are_solved(seat):
    seat.run_all()
    assert seat.page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    for cell in seat.page.locator(".jp-CodeCell").all():
        assert any(sign.isdigit() for sign in seat.count(cell))


def test_a_slider_that_is_dragged_changes_its_picture(seat, measured):
    output = seat.cell("figures.shapes_and_devices()").locator(".jp-OutputArea")
    picture, slider = output.locator("img").first, output.get_by_role("slider").first
    picture.scroll_into_view_if_needed()
    seat.photograph(output, "slider-before.png")
    before, value = pixels(picture), slider.get_attribute("aria-valuenow")
    seat.drag(slider)
    expect(slider).not_to_have_attribute("aria-valuenow", value)
    seat.photograph(output, "slider-after.png")
    after = pixels(picture)
    assert before.shape != after.shape or (abs(before - after) > 30).mean() > 0.002
    times = sorted(seat.step(slider) for _ in range(9))
    measured["milliseconds from a slider's key to its picture: median, largest"] = times[4], times[-1]


@pytest.mark.parametrize("line", ["while True: pass", "__import__('time').sleep(1000)"], ids=["loops", "sleeps"])
def test_a_check_that_does_not_end_says_so_after_ten_seconds_and_stops(seat, line):
    seat.retype_last_line("def row_means", line)
    seat.run("def row_means")
    output = seat.start('check("row_means")').locator(".jp-OutputArea")
    expect(output).to_contain_text("goes on. To stop it press the square")
    seat.photograph(output, f"card-still-running-{line[0]}.png")
    seat.page.keyboard.press("Escape")
    seat.page.keyboard.press("i")
    seat.page.keyboard.press("i")
    expect(output).to_contain_text("row_means: stopped")
    expect(output).not_to_contain_text("goes on")
    seat.retype_last_line("def row_means", "return x.mean(dim=1)")
    seat.run("def row_means")
    expect(seat.check("row_means")[0]).to_contain_text("passed")


def test_what_was_won_outlives_the_kernel(seat):
    seat.restart()
    seat.run("from autograder import check")
    journey = seat.run("progress()").locator(".jp-OutputArea-output").last
    expect(journey).to_contain_text("2 of 2")
    seat.photograph(journey, "progress-after-restart.png")


def test_the_card_reads_in_the_dark_theme(seat, measured):
    seat.theme("JupyterLab Dark")
    seat.run("def row_means")
    for line in ("return x.sum(dim=1)", "return x.sum(dim=1) / len(x)"):
        seat.retype_last_line("def row_means", line)
        seat.run("def row_means")
        card = seat.check("row_means")[0]
    expect(card).to_contain_text("Hint The sums are divided")
    seat.photograph(seat.cell('check("row_means")'), "card-wrong-dark.png")
    seat.page.screenshot(path=seat.pictures / "dark.png")
    assert faults(seat.page, measured, "card of a wrong answer, dark") == []


def test_the_courses_kernels_stand_in_the_launcher(page, lab, artefacts):
    list(install(course_settings(ROOT), lab.own / "kernels"))
    shutil.copytree(lab.own / "kernels/share/jupyter/kernels", lab.own / "jupyter_data_dir/kernels")
    page.goto(lab.url("lab?reset"))
    page.keyboard.press("Control+Shift+L")
    for device in available_devices():
        expect(page.locator(".jp-LauncherCard", has_text=course_settings(ROOT).kernels[device]).first).to_be_visible()
    page.screenshot(path=artefacts / "launcher.png")


def test_a_click_on_a_picture_moves_the_place_and_so_do_the_arrow_keys(page, lab, artefacts):
    sitting = Seat(page, artefacts)
    sitting.open(lab.url("lab/tree/course/01_classification/03_features.ipynb"))
    sitting.run("from autograder import check")
    sitting.run("from coursekit.widgets import")
    picture = sitting.run("place=click(").locator(".jp-OutputArea img").last
    expect(picture).to_have_attribute("alt", re.compile("arrow keys"))
    seen = [pixels(picture)]

    def steps_down():
        # One step may stay within a cell of the picture, which then stays as it is: eight leave any cell.
        for _ in range(8):
            picture.press("ArrowDown")

    for act in (lambda: picture.click(position={"x": 40, "y": 90}), steps_down):
        page.evaluate("window.pictured = 0")
        act()
        page.wait_for_function("window.pictured > 0")
        sitting.wait_for_kernel()
        seen.append(pixels(picture))
    assert all((abs(earlier - later) > 30).any() for earlier, later in pairwise(seen))
    sitting.photograph(picture, "click-after.png")


def test_a_graph_is_played_by_keyboard_and_says_what_it_shows(page, lab, artefacts, measured):
    sitting = Seat(page, artefacts)
    sitting.open(lab.url("lab/tree/course/03_backprop/01_engine.ipynb"))
    sitting.run("from autograder import check")
    sitting.run("from coursekit import data")
    output = sitting.run("figures.graph_explorer()").locator(".jp-OutputArea")
    picture, play, step = output.locator("img").last, output.get_by_role("button"), output.get_by_role("slider").first
    expect(picture).to_have_attribute("alt", re.compile("at step 7.*x gathers another share"))
    assert faults(page, measured, "graph", ".jp-OutputArea-output .jupyter-widgets") == []
    whole = pixels(picture)
    play.press("Enter")
    expect(play).to_contain_text("Pause")
    expect(step).to_have_attribute("aria-valuenow", "1.0")
    play.press("Enter")
    expect(play).to_contain_text("Play")
    sitting.wait_for_kernel()
    at = round(float(step.get_attribute("aria-valuenow") or 0))
    expect(picture).to_have_attribute("alt", re.compile(f"at step {at}. Forward"))
    assert (abs(pixels(picture) - whole) > 30).any()
    sitting.photograph(output, "graph.png")
