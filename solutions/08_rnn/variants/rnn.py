"""What students write in rnn: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right
