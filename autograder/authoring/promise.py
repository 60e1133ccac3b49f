"""What a probe promises to answer: its return annotation, held to before anybody walks along the answer.

    def operations(ns, name, args, kwargs) -> Annotated[list[str], AtMost(1_000_000)]: ...

Known are Any, None, bool, int, float, str, torch.Tensor, list, tuple and dict of these, and A | B. A probe
without an annotation promises nothing, and its check has to look at what came.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Union, get_args, get_origin

import torch

from autograder.authoring.compare import describe
from autograder.plain.errors import CourseError, MalformedReply
from autograder.plain.values import places

_PLAIN = (bool, int, float, str, torch.Tensor)


@dataclass(frozen=True)
class AtMost:
    """How large an answer may be: all its numbers and characters together, an empty dimension counted as one."""

    size: int


DEFAULT = AtMost(1_000_000)


def promised_by(function: Callable[..., Any]) -> Any:
    """Return what a probe's annotation says, or Any. Raises CourseError when it says nothing that can be held to."""
    try:
        hint = inspect.get_annotations(function, eval_str=True).get("return", Any)
    except Exception as problem:
        raise CourseError(f"the probe {function.__name__} has annotations that can't be read: {problem}") from None
    if not _is_known(hint):
        raise CourseError(
            f"the probe {function.__name__} promises {_name(hint)}: take numbers, str, torch.Tensor, or lists, "
            "tuples and dicts of these"
        )
    return hint


def hold(value: Any, hint: Any, who: str) -> None:
    """Raise MalformedReply unless a plain value is of the type and the size that were promised.

    Args:
        value: what came, as `decode` or `check_value` give it.
        hint: what `promised_by` returned.
        who: the probe's name, for the message.
    """
    if hint is Any:
        return
    kind, bound = _taken_apart(hint)
    if not _fits(value, kind):
        raise MalformedReply(f"{who} was answered by {describe(value)}, expected {_name(kind)}")
    if (size := _size(value)) > bound.size:
        raise MalformedReply(
            f"{who} was answered by {describe(value)} of size {size:,}, expected at most {bound.size:,}"
        )


@lru_cache(maxsize=256)
def _taken_apart(hint: Any) -> tuple[Any, AtMost]:
    if get_origin(hint) is not Annotated:
        return hint, DEFAULT
    kind, *notes = get_args(hint)
    return kind, next((one for one in notes if isinstance(one, AtMost)), DEFAULT)


def _is_known(hint: Any) -> bool:
    if hint in (Any, None, types.NoneType, ..., *_PLAIN):
        return True
    return get_origin(hint) in (Annotated, Union, types.UnionType, list, tuple, dict) and all(
        isinstance(one, AtMost) or _is_known(one) for one in get_args(hint)
    )


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a type: exactly, as `True` is no int."""
    if hint in _PLAIN:
        return type(value) is hint
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is None:
        return value is None if hint in (None, types.NoneType) else type(value) is hint
    return type(value) is origin and _inside_fits(value, origin, inner)


def _inside_fits(value: Any, origin: Any, inner: tuple[Any, ...]) -> bool:
    if origin is list:
        return all(_fits(one, inner[0]) for one in value)
    if origin is dict:
        return all(_fits(key, inner[0]) and _fits(one, inner[1]) for key, one in value.items())
    if len(inner) == 2 and inner[1] is ...:
        return all(_fits(one, inner[0]) for one in value)
    return len(value) == len(inner) and all(map(_fits, value, inner))


def _size(value: Any) -> int:
    if isinstance(value, torch.Tensor):
        return places(value.shape)
    if isinstance(value, str):
        return len(value)
    if isinstance(value, int):
        return 1 + value.bit_length() // 64
    if isinstance(value, dict):
        return 1 + sum(_size(key) + _size(one) for key, one in value.items())
    return 1 + sum(map(_size, value)) if isinstance(value, list | tuple) else 1


def _name(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)
