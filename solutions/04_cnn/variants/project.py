"""What students write in the project: designs that break a rule or earn half, and others that earn all."""

import torch
from torch import nn

from autograder.authoring import mistake, right


def block(before, after, stride=1):
    return [nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]


@mistake("design_cnn", hint="This is the network of the text: nine tenths of its numbers lie in the wide linear layer.")
def design_the_first_try():
    return nn.Sequential(
        *(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(32 * 8 * 8, 24), nn.ReLU(), nn.Linear(24, 30)),
    )


@mistake("design_cnn", hint="A straight line through the pixels keeps 92,190 numbers and sees no shape.")
def design_a_straight_line():
    return nn.Sequential(nn.Flatten(), nn.Linear(3072, 30))


@mistake("design_cnn", hint="Wide layers at full width and height: every number there costs 1,024 multiply-adds.")
def design_too_many_multiply_adds():
    return nn.Sequential(*block(3, 32), *block(32, 32), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(32, 30))


@mistake("design_cnn", hint="The class itself came back: build the network, and return that.")
def design_a_class():
    class Net(nn.Module):
        def forward(self, x):
            return x.flatten(1)[:, :30]

    return Net


@mistake("design_cnn", hint="There are thirty classes, colour and shape together: give a score for each.")
def design_five_classes():
    return nn.Sequential(*block(3, 16, 2), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(16, 5))


@mistake("design_cnn", hint="The map comes out as it is: bring it down to (N, 30), also for one image.")
def design_a_map_of_scores():
    return nn.Sequential(*block(3, 16, 2), nn.Conv2d(16, 30, 1))


@mistake("design_cnn", hint="A squeeze also takes the dimension of a batch of one: name the ones that go.")
def design_squeezes_the_batch():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = nn.Sequential(*block(3, 16, 2), nn.AdaptiveMaxPool2d(1))
            self.last = nn.Linear(16, 30)

        def forward(self, x):
            return self.last(self.blocks(x).squeeze())

    return Net()


@mistake("design_cnn", hint="These numbers are kept in a buffer: whatever the network keeps counts, learned or not.")
def design_hides_numbers_in_a_buffer():
    network = nn.Sequential(*block(3, 16, 2), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(16, 30))
    network.register_buffer("known", torch.zeros(70_000))
    return network


@mistake("design_cnn", hint="A name of your own for what counts the parameters doesn't change how many there are.")
def design_reports_fewer_parameters():
    class Net(nn.Sequential):
        def parameters(self, recurse=True):
            return iter(())

    return Net(*block(3, 32, 2), *block(32, 64, 2), *block(64, 112, 2), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(112, 30))


@mistake("design_cnn", hint="What the trainer holds is not the network's business: it sees images, and nothing else.")
def design_looks_at_the_labels():
    import sys

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.last = nn.Linear(3, 30)

        def forward(self, x):
            self.seen = sys._getframe(2).f_locals.get("y")
            return self.last(x.mean(dim=(2, 3)))

    return Net()


@mistake("design_cnn", hint="Without a layer that learns nothing can be trained: by hand you can't know the classes' numbers.")
def design_by_hand_without_learning():
    class ByColour(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))

        def forward(self, x):
            bright = (x - x.mean(dim=(2, 3), keepdim=True)).amax(dim=(2, 3))
            return self.scale * bright.repeat(1, 10)

    return ByColour()


@right("design_cnn")
def design_as_a_class_of_its_own():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.near = nn.Sequential(*block(3, 8), nn.MaxPool2d(2), *block(8, 20), *block(20, 36))
            self.far = nn.Sequential(nn.MaxPool2d(2), *block(36, 48), *block(48, 48))
            self.head = nn.Linear(48, 30)

        def forward(self, x):
            return self.head(self.far(self.near(x)).amax(dim=(2, 3)))

    return Net()


@right("design_cnn")
def design_with_the_mean_and_the_maximum():
    class Pool(nn.Module):
        def forward(self, x):
            return torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1)

    layers = [*block(3, 8), nn.MaxPool2d(2), *block(8, 24), *block(24, 32)]
    return nn.Sequential(*layers, nn.MaxPool2d(2), *block(32, 48), *block(48, 48), Pool(), nn.Linear(96, 30))
