"""Pictures of the notebook on noise as regulariser: what noise does to numbers, images and variances."""

from __future__ import annotations
