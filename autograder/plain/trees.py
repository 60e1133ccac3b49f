"""Values to trees, which JSON can hold beside a list of tensors, and back; a tree may come from anyone.

Trees: None, bool, int, finite float and str stand for themselves; [..] is a list; {"t": [..]} a tuple;
{"d": [[key, value], ..]} a dict; {"x": i} the i-th tensor; {"f": "nan" | "inf" | "-inf"} the other floats.
A dict of which many keys have one hash takes time by their square: of one hash there may be few.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from autograder.plain.errors import MalformedReply
from autograder.plain.limits import DEFAULTS, Limits
from autograder.plain.values import INT_BITS, KEYS_OF_ONE_HASH, is_encodable, laid_out, order_in_memory, strided

_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encode(value: Any) -> tuple[Any, list[torch.Tensor]]:
    """Return (tree, tensors) of a value that `check_value` has passed."""
    tensors: list[torch.Tensor] = []
    return _encode(value, tensors), tensors


def _encode(value: Any, tensors: list[torch.Tensor]) -> Any:
    if isinstance(value, torch.Tensor):
        tensors.append(value)
        return _encode_layout(value, len(tensors) - 1)
    if isinstance(value, list):
        return [_encode(item, tensors) for item in value]
    if isinstance(value, tuple):
        return {"t": [_encode(item, tensors) for item in value]}
    if isinstance(value, dict):
        return {"d": [[_encode(key, tensors), _encode(item, tensors)] for key, item in value.items()]}
    if isinstance(value, float) and not math.isfinite(value):
        return {"f": "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"}
    return value


def _encode_layout(value: torch.Tensor, index: int) -> dict[str, Any]:
    if value.is_contiguous():
        return {"x": index}
    order = order_in_memory(value)
    return {"n": index} if order is None else {"p": [index, order]}


@dataclass
class _Decoder:
    """Turns a tree that anyone may have written into a value, within bounds."""

    tensors: Sequence[torch.Tensor]
    limits: Limits
    layouts: bool
    nodes: int = 0
    used: set[int] = field(default_factory=set)

    def value(self, tree: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > self.limits.reply_nodes or depth > self.limits.reply_depth:
            raise MalformedReply("the answer has more values or more levels than the protocol takes")
        kind = type(tree)
        if kind is dict:
            return self._tagged(tree, depth)
        if kind is list:
            return [self.value(item, depth + 1) for item in tree]
        return _scalar(tree)

    def _tagged(self, tree: dict[str, Any], depth: int) -> Any:
        if len(tree) != 1:
            raise MalformedReply("the answer holds a node with more or less than one tag")
        tag, body = next(iter(tree.items()))
        if tag == "x":
            return self._tensor(body)
        if tag == "n" and self.layouts:
            return strided(self._tensor(body))
        if tag == "p" and self.layouts and isinstance(body, list) and len(body) == 2:
            return self._permuted(*body)
        if tag == "f" and isinstance(body, str) and body in _SPECIAL:
            return _SPECIAL[body]
        if tag == "t" and isinstance(body, list):
            return tuple([self.value(item, depth + 1) for item in body])
        if tag == "d" and isinstance(body, list):
            return self._dict(body, depth)
        raise MalformedReply(f"the answer holds a node with an unknown tag {tag[:20]!r}")

    def _permuted(self, index: Any, order: Any) -> torch.Tensor:
        tensor = self._tensor(index)
        if (
            not isinstance(order, list)
            or not all(type(one) is int for one in order)
            or sorted(order) != [*range(tensor.ndim)]
        ):
            raise MalformedReply("the answer holds a tensor whose dimensions are in no order")
        return laid_out(tensor, order)

    def _tensor(self, index: Any) -> torch.Tensor:
        if type(index) is not int or not 0 <= index < len(self.tensors) or index in self.used:
            raise MalformedReply("the answer names a tensor that is not there, or names one twice")
        self.used.add(index)
        return self.tensors[index]

    def _dict(self, pairs: list[Any], depth: int) -> dict[Any, Any]:
        if len(pairs) > self.limits.reply_dict_keys:
            raise MalformedReply("the answer holds a dict with more keys than the protocol takes")
        result: dict[Any, Any] = {}
        alike: Counter[int] = Counter()
        for pair in pairs:
            if not isinstance(pair, list) or len(pair) != 2:
                raise MalformedReply("the answer holds a dict entry that is not a key and a value")
            key = self._key(pair[0], depth + 1, alike)
            if key in result:
                raise MalformedReply("the answer holds one dict key twice")
            result[key] = self.value(pair[1], depth + 1)
        return result

    def _key(self, tree: Any, depth: int, alike: Counter[int]) -> Any:
        """Return a key, of which few have one hash: each look-up compares with all of them, and they are easily
        made."""
        key = self.value(tree, depth)
        if not _is_key(key):
            raise MalformedReply("the answer holds a dict key that is no key")
        alike[hash(key)] += 1
        if alike[hash(key)] > KEYS_OF_ONE_HASH:
            raise MalformedReply(f"the answer holds a dict of which more than {KEYS_OF_ONE_HASH} keys have one hash")
        return key


def _scalar(tree: Any) -> Any:
    if type(tree) is int and tree.bit_length() > INT_BITS:
        raise MalformedReply("the answer holds an int of too many bits")
    if type(tree) is float and not math.isfinite(tree):
        raise MalformedReply("the answer holds a number that is too large for a float")
    if type(tree) is str and not is_encodable(tree):
        raise MalformedReply("the answer holds text that is not text")
    return tree


def _is_key(key: Any) -> bool:
    if type(key) is tuple:
        return all(_is_key(item) for item in key)
    return key is None or type(key) in (str, int, bool) or (type(key) is float and not math.isnan(key))


def decode(tree: Any, tensors: Sequence[torch.Tensor], limits: Limits = DEFAULTS, *, layouts: bool = False) -> Any:
    """Return the value of a tree, or raise MalformedReply. The tree may come from anyone.

    `layouts` lets tensors that were not contiguous come back so, which takes their memory twice: for the
    child, which reads the grader's words, and not for the grader.
    """
    return _Decoder(tensors, limits, layouts).value(tree, 0)
