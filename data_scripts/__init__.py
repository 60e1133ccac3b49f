"""Scripts that fetch or make data: CIFAR-10 at full size, a class of submissions to try grading on."""
