"""Long work in a notebook: a bar with the loss and the time left, and a stop button that loses nothing.

    for epoch in track(range(20)):
        ...

Pressed once, the stop button ends the loop after the step that runs: the cell goes on behind the loop, with
what was learnt so far. Pressed again, it stops at once, as usual. Where nobody watches (a build, a test)
there is no bar, so that outputs stay the same.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from types import FrameType
from typing import Any, Generic, TypeVar

from coursekit.frontend import has_front_end

T = TypeVar("T")


class Track(Generic[T]):
    """A loop that is watched. Iterate over it; `stopped` says afterwards whether the stop button ended it.

    It can be handed on in place of the steps: its length, entries and attributes are theirs.

    Args:
        steps: what to loop over; a bar with the time left needs its length.
        name: the words before the bar.
    """

    def __init__(self, steps: Iterable[T], name: str = "training") -> None:
        self._steps, self._name = steps, name
        self._bar: Any = None
        self.stopped = False
        self.done = 0

    def __len__(self) -> int:
        return len(self._steps)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._steps, name)

    def __getitem__(self, index: Any) -> Any:
        return self._steps[index]  # type: ignore[index]

    def __dlpack__(self, *args: Any, **kwargs: Any) -> Any:
        """Give the steps' memory, where they are a tensor: by this torch knows a tensor when it is handed an index."""
        return self._steps.__dlpack__(*args, **kwargs)  # type: ignore[attr-defined]

    def __dlpack_device__(self) -> Any:
        """Say where the steps are, where they are a tensor."""
        return self._steps.__dlpack_device__()  # type: ignore[attr-defined]

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Stand for the steps where torch is handed them: as an index, or to be split."""

        def plain(value: Any) -> Any:
            return value._steps if isinstance(value, Track) else value

        return func(*map(plain, args), **{name: plain(value) for name, value in (kwargs or {}).items()})

    def __iter__(self) -> Iterator[T]:
        self.stopped, self.done = False, 0
        with self._stop_button(), self._shown():
            for step in self._steps:
                yield step
                self.done += 1
                if self._bar is not None:
                    self._bar.update()
                if self.stopped:
                    break
        if self.stopped:
            of = f" of {len(self)}" if isinstance(self._steps, Sized) else ""
            print(f"Stopped after step {self.done}{of}, as you asked. The notebook goes on with what it has.")

    def report(self, **numbers: float) -> None:
        """Show numbers beside the bar: `steps.report(loss=loss)`. They may be tensors of one number."""
        if self._bar is not None:
            # A tensor's own item() also takes it out of the graph; float() of one that learns warns.
            plain = {name: value.item() if hasattr(value, "item") else value for name, value in numbers.items()}
            self._bar.set_postfix({name: f"{value:.4g}" for name, value in plain.items()}, refresh=False)

    def watch(self, loss_function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the loss function, which now also shows each loss beside the bar.

        It gives what it gave before. Of a tuple the first entry is the loss.
        """

        def watched(*args: Any, **kwargs: Any) -> Any:
            answer = loss_function(*args, **kwargs)
            self.report(loss=answer[0] if isinstance(answer, tuple) else answer)
            return answer

        return watched

    @contextmanager
    def _shown(self) -> Iterator[None]:
        if not has_front_end():
            yield
            return
        from tqdm.auto import tqdm

        total = len(self) if isinstance(self._steps, Sized) else None
        self._bar = tqdm(total=total, desc=self._name, unit="step")
        try:
            yield
        finally:
            self._bar.close()
            self._bar = None

    @contextmanager
    def _stop_button(self) -> Iterator[None]:
        """Let an interrupt end the loop. Only the main thread hears one."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, self._pressed)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
            around = getattr(before, "__self__", None)
            if self.stopped and isinstance(around, Track):  # a loop in a loop: both end
                around.stopped = True

    def _pressed(self, number: int, frame: FrameType | None) -> None:
        if self.stopped:
            raise KeyboardInterrupt
        self.stopped = True


def track(steps: Iterable[T], name: str = "training") -> Track[T]:
    """Return a loop over `steps` with a bar, and with a stop button that keeps what was learnt.

    >>> list(track([1, 2, 3]))
    [1, 2, 3]
    """
    return Track(steps, name)
