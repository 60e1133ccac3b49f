"""What students write in noise as regulariser: mistakes with the hint each deserves, and other right answers."""

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right
