"""Which values may cross between a student's code and a check: plain data, judged before it is copied.

Plain data are exact tensors (dense, strided, on a real device), int, float, bool, str, None, and lists,
tuples and dicts of these. A subclass can lie about every comparison, so exact types alone pass, but for a
few of Python's and torch's own that hold nothing more than the plain one does: nn.Parameter (a tensor),
torch.Size and the answers of `max` or `sort` (tuples), OrderedDict, defaultdict and Counter (dicts).

The student's kernel and the child in the sandbox use this same function, so that a value which is refused
live is refused in grading too. What the child says about itself is never trusted: the parent decodes its
reply under the same bounds (protocol.py).
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from autograder.plain.errors import UnsupportedValue
from autograder.plain.limits import DEFAULTS, Limits

INT_BITS = 2048
KEYS_OF_ONE_HASH = 64  # honest dicts have a few: -1 and -2 have one hash, and so have tuples of them
MAX_DIMS = 32
FLOAT_DTYPES = ("float16", "bfloat16", "float32", "float64", "float8_e4m3fn", "float8_e5m2")
INT_DTYPES = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
DTYPES: dict[str, torch.dtype] = {
    name: getattr(torch, name) for name in (*FLOAT_DTYPES, *INT_DTYPES, "bool", "complex64", "complex128")
}
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}

_TENSORS = (torch.Tensor, torch.nn.Parameter)
_DICTS = frozenset({dict, OrderedDict, defaultdict, Counter})
_REMEDY = {
    "ndarray": "a tensor: use torch.from_numpy(...)",
    "generator": "a list: use list(...)",
    "set": "a list: use sorted(...)",
}


@dataclass
class _Budget:
    """What is left of the bounds while one value is walked, and the containers that we are inside."""

    limits: Limits
    nodes: int = 0
    size: int = 0
    inside: set[int] = field(default_factory=set)
    keep_layout: bool = False

    def spend(self, what: str, size: int) -> None:
        self.nodes += 1
        self.size += size
        if self.nodes > self.limits.reply_nodes:
            raise UnsupportedValue(f"{what}: more than {self.limits.reply_nodes:,} values in one answer")
        if self.size > self.limits.reply_bytes:
            raise UnsupportedValue(
                f"{what} brings the answer to {self.size:,} bytes, more than {self.limits.reply_bytes:,}"
            )


def check_value(value: Any, *, what: str = "the answer", limits: Limits = DEFAULTS, keep_layout: bool = False) -> Any:
    """Return a plain copy of a value, or raise UnsupportedValue saying what came and where.

    Tensors come back detached, contiguous and on the CPU; containers as plain lists, tuples and dicts.

    Args:
        value: anything.
        what: how messages call it; places inside are named like "the answer[2]['w']".
        limits: `reply_depth`, `reply_nodes`, `reply_bytes` and `reply_dict_keys` bound the value.
            A tensor counts numel * itemsize, so that an expanded view is refused before it is copied; an
            empty one counts what it would have with one in place of each dimension of none.
        keep_layout: let a tensor that is not contiguous stay so, for the inputs of a check.
    """
    return _copy(value, what, 0, _Budget(limits, keep_layout=keep_layout))


def places(shape: Sequence[int]) -> int:
    """Return how many places a shape counts for.

    A dimension of none counts as one: along the others there is as far to walk.
    """
    return math.prod(n or 1 for n in shape)


def strided(x: torch.Tensor) -> torch.Tensor:
    """Return the same numbers in a layout that is not contiguous: rows with a gap between them, or every second
    place."""
    if x.ndim < 2:
        return torch.stack([x, torch.zeros_like(x)], dim=-1)[..., 0]
    return torch.cat([x, torch.zeros_like(x[..., :1])], dim=-1)[..., :-1]


def order_in_memory(x: torch.Tensor) -> list[int] | None:
    """Return the dimensions from the outermost to the innermost in memory: [1, 0] of a matrix's `.T`; None where
    it has gaps."""
    order = sorted(range(x.ndim), key=x.stride().__getitem__, reverse=True)
    return order if x.permute(order).is_contiguous() else None


def laid_out(x: torch.Tensor, order: Sequence[int]) -> torch.Tensor:
    """Return the same numbers with the dimensions in another order in memory."""
    inverse = sorted(range(x.ndim), key=order.__getitem__)
    return x.permute(tuple(order)).contiguous().permute(inverse)


def _copy(value: Any, what: str, depth: int, budget: _Budget) -> Any:
    kind = type(value)
    if kind in _TENSORS:
        return _copy_tensor(value, what, budget)
    if value is None or kind is bool:
        budget.spend(what, 1)
        return value
    if kind is float or kind is int or kind is str:
        return _copy_scalar(value, what, budget)
    if kind is list or kind in _DICTS or _is_tuple(kind):
        return _copy_container(value, what, depth, budget)
    raise UnsupportedValue(f"{what} is {describe(value)}")


def _copy_scalar(value: float | int | str, what: str, budget: _Budget) -> Any:
    if isinstance(value, int) and value.bit_length() > INT_BITS:
        raise UnsupportedValue(f"{what} is an int of {value.bit_length():,} bits, more than {INT_BITS:,}")
    if isinstance(value, str):
        budget.spend(what, len(value))
        if not is_encodable(value):
            raise UnsupportedValue(f"{what} is a str with half of a surrogate pair in it, which no text holds")
        return value
    budget.spend(what, 8)
    return value


def is_encodable(text: str) -> bool:
    """Whether the text has a UTF-8 form: a lone surrogate has none, and would break whoever prints it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _copy_container(value: Any, what: str, depth: int, budget: _Budget) -> Any:
    budget.spend(what, 8)
    if id(value) in budget.inside:
        raise UnsupportedValue(f"{what} contains itself")
    if depth >= budget.limits.reply_depth:
        raise UnsupportedValue(f"{what} is nested more than {budget.limits.reply_depth} levels deep")
    budget.inside.add(id(value))
    try:
        if type(value) in _DICTS:
            return _copy_dict(value, what, depth, budget)
        is_list = type(value) is list
        inside = value if is_list else tuple.__iter__(value)
        items = (_copy(item, f"{what}[{i}]", depth + 1, budget) for i, item in enumerate(inside))
        return list(items) if is_list else tuple(items)
    finally:
        budget.inside.discard(id(value))


def _is_tuple(kind: type) -> bool:
    """Whether it is a tuple or a kind of one: a NamedTuple's fields are read as a tuple's, by none of its own code."""
    return kind is tuple or tuple in type.__getattribute__(kind, "__mro__")


def _copy_dict(value: dict[Any, Any], what: str, depth: int, budget: _Budget) -> dict[Any, Any]:
    if len(value) > budget.limits.reply_dict_keys:
        raise UnsupportedValue(f"{what} is a dict of {len(value):,} keys, more than {budget.limits.reply_dict_keys:,}")
    plain = {}
    alike: Counter[int] = Counter()
    for key, item in dict.items(value):
        plain_key = _copy_key(key, what, depth, budget)
        alike[hash(plain_key)] += 1
        if alike[hash(plain_key)] > KEYS_OF_ONE_HASH:
            raise UnsupportedValue(
                f"{what} is a dict of which more than {KEYS_OF_ONE_HASH} keys have one hash, and every look-up "
                f"meets them all"
            )
        plain[plain_key] = _copy(item, f"{what}[{_short(plain_key)}]", depth + 1, budget)
    return plain


def _copy_key(key: Any, what: str, depth: int, budget: _Budget) -> Any:
    place = f"a key of {what}"
    if type(key) is tuple:
        if depth >= budget.limits.reply_depth:
            raise UnsupportedValue(f"{place} is nested more than {budget.limits.reply_depth} levels deep")
        budget.spend(place, 8)
        return tuple(_copy_key(item, what, depth + 1, budget) for item in key)
    if key is not None and type(key) not in (str, int, float, bool):
        raise UnsupportedValue(f"{place} is {describe(key, 'str, int, float, bool, None or tuple')}")
    if type(key) is float and math.isnan(key):
        raise UnsupportedValue(f"{place} is NaN, which is equal to no key")
    return _copy(key, place, depth, budget)


def _short(key: Any) -> str:
    text = repr(key)
    return text if len(text) <= 40 else text[:37] + "..."


def _copy_tensor(value: torch.Tensor, what: str, budget: _Budget) -> torch.Tensor:
    try:
        _judge_tensor(value, what, budget)
        plain = _on_the_cpu(value.detach())
        # Not `.contiguous()`: of a dimension of one it keeps whatever stride came, and `view` then fails.
        copy = torch.Tensor.clone(plain, memory_format=torch.contiguous_format)
        return _laid_out_as(value, copy) if budget.keep_layout and not value.is_contiguous() else copy
    except UnsupportedValue:
        raise
    except (RuntimeError, NotImplementedError, TypeError, ValueError) as error:
        reason = str(error).split("\n", 1)[0][:200]
        raise UnsupportedValue(f"{what} is a tensor whose numbers can't be read: {reason}") from error


def _laid_out_as(value: torch.Tensor, copy: torch.Tensor) -> torch.Tensor:
    order = order_in_memory(value)
    return strided(copy) if order is None else laid_out(copy, order)


def _on_the_cpu(value: torch.Tensor) -> torch.Tensor:
    """Return a tensor's numbers as they lie in plain memory. Asking first costs less than doing nothing three times."""
    if value.is_conj():
        value = value.resolve_conj()
    if value.is_neg():
        value = value.resolve_neg()
    return value if value.is_cpu else value.to("cpu")


def _judge_tensor(value: torch.Tensor, what: str, budget: _Budget) -> None:
    """Refuse what has no numbers of its own, before anything is copied."""
    if value.layout != torch.strided:
        name = str(value.layout).removeprefix("torch.")
        raise UnsupportedValue(f"{what} is a {name} tensor, expected a dense one: use .to_dense()")
    if value.is_quantized:
        raise UnsupportedValue(f"{what} is a quantised tensor, expected a plain one: use .dequantize()")
    if value.device.type == "meta":
        raise UnsupportedValue(f"{what} is a tensor on the meta device: it has a shape but no numbers")
    if value.dtype not in DTYPE_NAMES:
        raise UnsupportedValue(f"{what} is a tensor of {value.dtype}, which no check compares")
    if value.dim() > MAX_DIMS:
        raise UnsupportedValue(f"{what} is a tensor of {value.dim()} dimensions, more than {MAX_DIMS}")
    budget.spend(what, (value.numel() or places(value.shape)) * value.element_size())
    if not _fits_its_storage(value):
        raise UnsupportedValue(f"{what} is a tensor whose memory has been taken away")


def _fits_its_storage(value: torch.Tensor) -> bool:
    """Whether the last element lies inside the storage: a storage resized to 0 would be read past its end."""
    if value.numel() == 0:
        return True
    if value.is_contiguous():
        last = value.storage_offset() + value.numel() - 1
    else:
        last = value.storage_offset() + sum((n - 1) * step for n, step in zip(value.shape, value.stride(), strict=True))
    return bool((last + 1) * value.element_size() <= value.untyped_storage().nbytes())


def describe(value: Any, expected: str = "") -> str:
    """What a value is, in words, and what to do about it; never calls the value's own code."""
    kind = type(value)
    module, name = _type_text(kind, "__module__"), _type_text(kind, "__qualname__")
    full = name if module in ("builtins", "__main__") else f"{module}.{name}"
    article = "an" if full[:1].lower() in "aeiou" else "a"
    return f"{article} {full}, expected {expected or _advice(kind, module, name)}"


def _type_text(kind: type, attribute: str) -> str:
    text = type.__getattribute__(kind, attribute)
    return text[:80] if type(text) is str else "?"


def _advice(kind: type, module: str, name: str) -> str:
    if name in _REMEDY:
        return _REMEDY[name]
    for base in (torch.Tensor, bool, float, int, str, list, tuple, dict):
        if base in type.__getattribute__(kind, "__mro__"):
            plain = "torch.Tensor" if base is torch.Tensor else base.__name__
            return f"a plain {plain}" + ("" if base is torch.Tensor else f": use {plain}(...)")
    if module.split(".")[0] == "numpy":
        return "a plain number: use .item()"
    return "a tensor, a number, a str, None, or a list, tuple or dict of these"
