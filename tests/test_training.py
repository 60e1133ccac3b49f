"""The watched loop: it ends by the stop button, keeps what was learnt, and is silent where nobody looks."""

from __future__ import annotations

import signal
import threading

import pytest
import torch

from autograder.course.notebook import read_course_notebook
from coursekit import frontend
from coursekit.plots import curve
from coursekit.training import track


def press_stop():
    signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def _as_in_a_notebook():
    """IPython's own handler raises KeyboardInterrupt; whatever a test does, it stands again afterwards."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def test_every_step_comes_in_order_and_nothing_is_said(capfd):
    steps = track(range(5))
    assert list(steps) == [0, 1, 2, 3, 4]
    assert not steps.stopped
    assert capfd.readouterr() == ("", "")


def test_the_stop_button_ends_the_loop_after_the_step_that_runs(capsys):
    learnt = []
    steps = track(range(100))
    for step in steps:
        if step == 2:
            press_stop()
        learnt.append(step)
    assert learnt == [0, 1, 2]
    assert steps.stopped
    assert "Stopped after step 3 of 100, as you asked. The notebook goes on" in capsys.readouterr().out


def test_pressed_twice_it_stops_at_once():
    def run():
        for _ in track(range(100)):
            press_stop()
            press_stop()

    with pytest.raises(KeyboardInterrupt):
        run()


def test_a_students_loop_returns_what_it_has(capsys):
    def train(loss_function, weights, batches):
        losses = []
        for rows in batches:
            loss, gradient = loss_function(weights, rows)
            losses.append(loss.item())
            weights = weights - 0.1 * gradient
            if len(losses) == 3:
                press_stop()
        return weights, losses

    batches = track(torch.arange(20.0).reshape(10, 2))
    loss_function = batches.watch(lambda weights, rows: ((weights - rows.mean()) ** 2, 2 * (weights - rows.mean())))
    weights, losses = train(loss_function, torch.tensor(0.0), batches)
    assert len(losses) == 3
    assert weights != 0


def test_a_loop_in_a_loop_ends_as_well(capsys):
    seen = []
    for epoch in track(range(5), "epochs"):
        for batch in track(range(5), "batches"):
            seen.append((epoch, batch))
            if (epoch, batch) == (1, 1):
                press_stop()
    assert seen[-1] == (1, 1)


def test_a_second_loop_is_not_stopped_by_the_first_ones_button(capsys):
    for _ in track(range(3)):
        press_stop()
    assert list(track(range(3))) == [0, 1, 2]


def test_an_error_in_the_loop_gives_the_button_back():
    def run():
        for _ in track(range(3)):
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        run()


def test_at_a_front_end_the_bar_shows_loss_steps_and_time_left(monkeypatch, capfd):
    monkeypatch.setenv(frontend.SETTING, "1")
    steps = track(range(4), "epochs")
    for _ in steps:
        steps.report(loss=torch.tensor(0.25, requires_grad=True))
    shown = capfd.readouterr().err
    for words in ("epochs", "4/4", "loss=0.25", "00:00<00:00"):
        assert words in shown, shown


def test_it_stands_in_for_the_steps_themselves():
    batches = torch.arange(6).reshape(3, 2)
    steps = track(batches)
    assert (len(steps), steps.shape, steps[1].tolist()) == (3, (3, 2), [2, 3])
    with pytest.raises(AttributeError):
        _ = steps.no_such_thing


def test_a_report_after_the_loop_is_no_error():
    steps = track(range(2))
    list(steps)
    steps.report(loss=1.0)


def test_a_generator_has_a_bar_without_an_end(monkeypatch, capfd):
    monkeypatch.setenv(frontend.SETTING, "1")
    assert list(track(number for number in range(3))) == [0, 1, 2]
    assert "3step" in capfd.readouterr().err


def test_in_another_thread_the_loop_runs_without_a_button():
    found = []
    thread = threading.Thread(target=lambda: found.extend(track(range(3))))
    thread.start()
    thread.join()
    assert found == [0, 1, 2]


@pytest.mark.parametrize("done", [1, 7, 25, 60])
def test_the_linear_notebook_draws_a_training_that_was_stopped_early(root, done):
    (cell,) = [
        one.source
        for one in read_course_notebook(root / "solutions/01_classification/linear.md").cells
        if "smooth =" in one.source
    ]
    names = {"torch": torch, "curve": curve, "svm_losses": [2.0] * done, "softmax_losses": [1.0] * 1500}
    exec(cell.replace("curve(", "drawn = curve("), names)
    svm, softmax = (line.get_ydata() for line in names["drawn"].axes[0].lines)
    assert len(svm) == -(-done // 25)
    assert len(softmax) == 60


def test_torch_takes_it_for_the_tensor_that_it_loops_over():
    batches = torch.randint(3, (40, 2))  # of fewer than 32 rows, torch makes a tuple of anything that has a length
    x, tracked = torch.arange(6.0).reshape(3, 2), track(batches)
    assert torch.equal(x[tracked], x[batches])
    assert torch.equal(torch.stack(torch.unbind(tracked)), batches)
    assert torch.equal(torch.cat(torch.split(tracked, 1)), batches)
