"""Scripts that fetch or make data: CIFAR-10 and VOC 2007 at full size, a class of submissions to try grading on."""
