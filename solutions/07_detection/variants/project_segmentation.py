"""What students write in the project of segmentation: mistakes with the hint each deserves, and other right answers."""

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right

# coarse_labels


def padded(masks, side, ignored):
    return F.pad(masks, (0, -masks.shape[2] % side, 0, -masks.shape[1] % side), value=ignored)


def squares_of(masks, side):
    return masks.unfold(1, side, side).unfold(2, side, side).flatten(3)


@mistake("coarse_labels", edit={"range(num_classes - 1, -1, -1)": "range(num_classes)", "(num_classes - 1 - place)": "place"}, hint="Of classes that are equally many the smaller number wins here. The first of several largest counts is found: which class stands first?")
def coarse_labels_with_ties_to_the_ground(): ...


@mistake("coarse_labels", hint="This is the class of the upper left pixel of each square. Ask all of its pixels.")
def coarse_labels_by_one_pixel(masks, side, num_classes, ignored=255):
    return masks[:, ::side, ::side].clone()


@mistake("coarse_labels", hint="This is the class of a pixel in the middle of each square. Ask all of its pixels.")
def coarse_labels_by_the_middle(masks, side, num_classes, ignored=255):
    return padded(masks, side, ignored)[:, side // 2 :: side, side // 2 :: side].clone()


@mistake("coarse_labels", hint="The largest number of a square wins here, however few pixels have it.")
def coarse_labels_by_the_largest(masks, side, num_classes, ignored=255):
    filled = padded(masks, side, ignored)
    found = squares_of(filled.masked_fill(filled == ignored, -1), side).amax(dim=3)
    return found.masked_fill(found < 0, ignored)


@mistake("coarse_labels", hint="`mode` also counts what is ignored. And which of several classes that are equally many does it give?")
def coarse_labels_by_the_mode(masks, side, num_classes, ignored=255):
    return squares_of(padded(masks, side, ignored), side).mode(dim=3).values


@mistake("coarse_labels", hint="A mean of class numbers is no class: between ground and cross lies no star.")
def coarse_labels_by_the_mean(masks, side, num_classes, ignored=255):
    squares = squares_of(padded(masks, side, ignored), side)
    valid = squares != ignored
    mean = (squares * valid).sum(dim=3) / valid.sum(dim=3).clamp_min(1)
    return mean.round().long().masked_fill(~valid.any(dim=3), ignored)


@mistake("coarse_labels", edit={"value=ignored": "value=0"}, hint="What is added at the edge is ground here, and is counted. It must count for no class.")
def coarse_labels_with_ground_at_the_edge(): ...


@mistake("coarse_labels", edit={"(0, across, 0, down)": "(across, 0, down, 0)"}, hint="The squares begin at the upper left corner: what is missing is missing below and at the right.")
def coarse_labels_padded_at_the_left(): ...


@mistake("coarse_labels", edit={"(0, across, 0, down)": "(0, down, 0, across)"}, hint="F.pad's first two numbers belong to the last dimension.")
def coarse_labels_padded_the_other_way_round(): ...


@mistake("coarse_labels", edit={"filled = F.pad(masks, (0, across, 0, down), value=ignored)": "filled = masks"}, hint="The squares that reach over the edge are left out. The sizes are rounded up.")
def coarse_labels_without_the_rest(): ...


@mistake("coarse_labels", edit={".masked_fill(most == 0, ignored)": ""}, hint="A square in which all is ignored has become a class. No class has any pixel there: what then?")
def coarse_labels_never_ignored(): ...


@mistake("coarse_labels", edit={"most == 0": "(squares == ignored).any(dim=3)"}, hint="One ignored pixel makes the whole square ignored here. The others decide.")
def coarse_labels_ignored_by_one_pixel(): ...


@mistake("coarse_labels", edit={"most == 0": "most < (squares == ignored).sum(dim=3)"}, hint="Ignored pixels outvote the classes here. They count for nothing, however many they are.")
def coarse_labels_outvoted(): ...


@mistake("coarse_labels", edit={"most == 0": "2 * most <= side**2"}, hint="More than half of the square is asked for here. The class that most pixels have may have fewer.")
def coarse_labels_by_more_than_half(): ...


@mistake("coarse_labels", edit={"value=ignored": "value=255", "most == 0, ignored": "most == 0, 255"}, hint="255 stands in the text, where the argument `ignored` is meant.")
def coarse_labels_ignores_255_alone(): ...


@mistake("coarse_labels", edit={"flatten(3)": "flatten(3)[..., :-1]"}, hint="The last pixel of each square is not counted.")
def coarse_labels_without_the_last_pixel(): ...


@mistake("coarse_labels", hint="Without its pixels in another order a long row is no square: each square must first lie in dimensions of its own.")
def coarse_labels_by_reshape_alone(masks, side, num_classes, ignored=255):
    filled = padded(masks, side, ignored)
    num, height, width = filled.shape
    squares = filled.reshape(num, height // side, width // side, side * side)
    votes = torch.stack([(squares == k).sum(dim=3) * num_classes + k for k in range(num_classes)]).amax(dim=0)
    return (votes % num_classes).masked_fill(votes < num_classes, ignored)


@mistake("coarse_labels", hint="The number of classes is taken from the masks, and then `ignored` is the largest class.")
def coarse_labels_with_as_many_classes_as_there_are(masks, side, num_classes, ignored=255):
    squares = squares_of(padded(masks, side, ignored), side)
    every = int(masks.max()) + 1
    votes = torch.stack([(squares == k).sum(dim=3) * every + k for k in range(every)]).amax(dim=0)
    return votes % every


@right("coarse_labels")
def coarse_labels_by_one_key_for_count_and_class(masks, side, num_classes, ignored=255):
    squares = squares_of(padded(masks, side, ignored), side)
    votes = [(squares == k).sum(dim=3) * num_classes + k for k in range(num_classes)]
    best = torch.stack(votes).amax(dim=0)
    return torch.where(best >= num_classes, best % num_classes, ignored)


@right("coarse_labels")
def coarse_labels_by_pooling(masks, side, num_classes, ignored=255):
    layers = [masks == k for k in range(num_classes)]
    shares = torch.stack(layers, dim=1).flip(1).double()
    down, across = -masks.shape[1] % side, -masks.shape[2] % side
    shares = F.avg_pool2d(F.pad(shares, (0, across, 0, down)), side)
    found = num_classes - 1 - shares.argmax(dim=1)
    return torch.where(shares.sum(dim=1) > 0, found, torch.full_like(found, ignored))


@right("coarse_labels")
def coarse_labels_by_scatter(masks, side, num_classes, ignored=255):
    num, height, width = masks.shape
    high, wide = -(-height // side), -(-width // side)
    rows = torch.arange(height, device=masks.device) // side
    cols = torch.arange(width, device=masks.device) // side
    square = (rows[:, None] * wide + cols).expand(num, height, width).flatten(1)
    valid = (masks != ignored).flatten(1)
    k = masks.flatten(1).where(valid, 0)
    counts = torch.zeros(num, high * wide * num_classes, dtype=torch.int64, device=masks.device)
    counts.scatter_add_(1, square * num_classes + k, valid.long())
    counts = counts.reshape(num, high, wide, num_classes)
    place = counts.flip(3).argmax(dim=3)
    return (num_classes - 1 - place).masked_fill(counts.sum(dim=3) == 0, ignored)


@right("coarse_labels")
def coarse_labels_slice_by_slice(masks, side, num_classes, ignored=255):
    filled = F.pad(masks, (0, (side - masks.shape[2] % side) % side, 0, (side - masks.shape[1] % side) % side), value=ignored)
    best = torch.zeros_like(filled[:, ::side, ::side])
    found = torch.full_like(best, ignored)
    for k in range(num_classes):
        count = torch.zeros_like(best)
        for i in range(side):
            for j in range(side):
                count += filled[:, i::side, j::side] == k
        better = (count >= best) & (count > 0)
        found[better] = k
        best = torch.maximum(best, count)
    return found


# segment


def block(before, after, stride=1):
    return nn.Sequential(nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())


def twice(x):
    return F.interpolate(x, scale_factor=2, mode="bilinear")


def plain_loss(scores, masks):
    return F.cross_entropy(scores, masks)


class Pointwise(nn.Module):
    """Scores of squares of 2 × 2 pixels from each by itself, enlarged: right in form, and it sees nothing."""

    def __init__(self, num_classes=6, enlarge=True):
        super().__init__()
        self.scores = nn.Conv2d(3, num_classes, 2, 2)
        self.enlarge = enlarge

    def forward(self, x):
        scores = self.scores(x)
        return twice(scores) if self.enlarge else scores


# What breaks a rule.


@mistake("segment", hint="The network came alone: its loss is asked for too.")
def segment_without_a_loss():
    return Pointwise()


@mistake("segment", hint="The class came back, not a network that was made of it.")
def segment_returns_the_class():
    return Pointwise, plain_loss


@mistake("segment", hint="The loss comes first here, and the network second.")
def segment_the_wrong_way_round():
    return plain_loss, Pointwise()


@mistake("segment", hint="A class of losses came back, not a loss that was made of it.")
def segment_with_a_class_for_a_loss():
    return Pointwise(), nn.CrossEntropyLoss


@mistake("segment", hint="There are six classes: the ground is one of them.")
def segment_without_the_ground():
    return Pointwise(5), plain_loss


@mistake("segment", hint="The scores are those of a coarser map also in evaluation mode: there each pixel needs its own.")
def segment_with_coarse_scores():
    return Pointwise(enlarge=False), lambda scores, masks: F.cross_entropy(scores, masks[:, ::2, ::2])


@mistake("segment", hint="What comes is the class itself, and a score for each class is asked for.")
def segment_returns_classes():
    class Net(Pointwise):
        def forward(self, x):
            scores = super().forward(x)
            return scores if self.training else scores.argmax(dim=1)

    return Net(), plain_loss


@mistake("segment", hint="The scores are whole numbers: they say which class it is, not how much speaks for it.")
def segment_returns_one_hot_integers():
    class Net(Pointwise):
        def forward(self, x):
            scores = super().forward(x)
            return scores if self.training else F.one_hot(scores.argmax(dim=1), 6).permute(0, 3, 1, 2)

    return Net(), plain_loss


@mistake("segment", hint="A squeeze also takes the dimension of a batch of one.")
def segment_squeezes_the_batch():
    class Net(Pointwise):
        def forward(self, x):
            return super().forward(x).squeeze()

    return Net(), plain_loss


@mistake("segment", hint="All that the network gives in training comes in evaluation too: there only the scores are wanted.")
def segment_returns_two_maps():
    class Net(Pointwise):
        def forward(self, x):
            scores = super().forward(x)
            return scores, scores[:, :, ::2, ::2]

    return Net(), lambda both, masks: plain_loss(both[0], masks)


@mistake("segment", hint="The logarithm of a share that has become 0 is no number one can compare with.")
def segment_with_logarithms_of_shares():
    class Net(Pointwise):
        def forward(self, x):
            scores = super().forward(x)
            return scores if self.training else (1000 * scores).softmax(dim=1).log()

    return Net(), plain_loss


@mistake("segment", hint="The loss is left as one number a pixel: it is to be a single one.")
def segment_with_a_loss_for_each_pixel():
    return Pointwise(), nn.CrossEntropyLoss(reduction="none")


@mistake("segment", hint="The loss has become a number of Python, which has no gradient.")
def segment_with_a_loss_that_is_a_float():
    return Pointwise(), lambda scores, masks: plain_loss(scores, masks).item()


@mistake("segment", hint="The most likely class has no slope: hold the scores to the masks, not the decision.")
def segment_with_a_loss_of_the_decision():
    return Pointwise(), lambda scores, masks: (scores.argmax(dim=1) != masks).float().mean()


@mistake("segment", hint="A class may be absent from a batch: then its share of found pixels is 0 / 0, and a mean over its pixels is one over none.")
def segment_with_the_recall_of_absent_classes():
    def loss(scores, masks):
        shares = scores.softmax(dim=1)
        wanted = F.one_hot(masks, 6).permute(0, 3, 1, 2)
        return 1 - ((shares * wanted).sum(dim=(0, 2, 3)) / wanted.sum(dim=(0, 2, 3))).mean()

    return Pointwise(), loss


@mistake("segment", hint="A class may be absent from a batch: then its share of found pixels is 0 / 0, and a mean over its pixels is one over none.")
def segment_with_a_mean_for_each_class():
    def loss(scores, masks):
        each = F.cross_entropy(scores, masks, reduction="none")
        return torch.stack([each[masks == k].mean() for k in range(6)]).mean()

    return Pointwise(), loss


@mistake("segment", hint="The slope of a root is infinite at 0, and where a class is absent its share of the masks is just that.")
def segment_with_a_root_at_zero():
    def loss(scores, masks):
        wanted = F.one_hot(masks, 6).permute(0, 3, 1, 2)
        found = (scores.softmax(dim=1) * wanted).sum(dim=(0, 2, 3))
        return plain_loss(scores, masks) - found.sqrt().mean()

    return Pointwise(), loss


@mistake("segment", hint="Wide maps at full height and width: there every number of a kernel costs 4,096 multiply-adds.")
def segment_beyond_the_multiply_adds():
    return nn.Sequential(block(3, 16), block(16, 32), nn.Conv2d(32, 6, 1)), plain_loss


@mistake("segment", hint="The deepest layers keep most of the numbers: each doubling of the width makes four times as many.")
def segment_beyond_the_numbers():
    layers = [block(3, 8, 2), block(8, 16, 2), block(16, 96, 2), block(96, 224, 2), nn.Conv2d(224, 6, 1)]
    return nn.Sequential(*layers, nn.Upsample(scale_factor=16)), plain_loss


@mistake("segment", hint="It asks its network many times in the loss, and these count too.")
def segment_that_thinks_in_the_loss():
    network = nn.Sequential(block(3, 8, 2), block(8, 16), nn.Conv2d(16, 6, 1), nn.Upsample(scale_factor=2))

    def loss(scores, masks):
        wide = torch.zeros(64, 6, 3, 3)
        return plain_loss(scores, masks) + 0 * sum(F.conv2d(scores, wide).sum() for _ in range(8))

    return network, loss


# Games.


@mistake("segment", hint="What the trainer holds is not the network's business: it sees images, and nothing else.")
def segment_looks_at_the_masks():
    import sys

    class Net(Pointwise):
        def forward(self, x):
            self.seen = sys._getframe(2).f_locals.get("masks")
            return super().forward(x)

    return Net(), plain_loss


@mistake("segment", hint="It draws images of its own: the 2,000 are the same for everyone.")
def segment_draws_its_own_images():
    from coursekit.shapes import shapes

    class Net(Pointwise):
        def forward(self, x):
            return super().forward(x) + 0 * len(shapes(1, size=64))

    return Net(), plain_loss


@mistake("segment", hint="It takes steps of its own: 1,000 are the same for everyone.")
def segment_takes_its_own_steps():
    network = Pointwise()
    own = torch.optim.Adam(network.parameters())

    def loss(scores, masks):
        cost = plain_loss(scores, masks)
        for _ in range(3):
            own.zero_grad()
            cost.backward(retain_graph=True)
        return cost

    return network, loss


@mistake("segment", hint="Ever larger scores say no more: there is one for each class at each pixel of the image.")
def segment_with_huge_scores():
    class Net(Pointwise):
        def forward(self, x):
            scores = super().forward(x)
            return scores if self.training else F.interpolate(scores, size=(512, 512))

    return Net(), plain_loss


@mistake("segment", hint="A network without a layer that learns: nothing can be trained here.")
def segment_by_a_threshold_alone():
    class Net(nn.Module):
        def forward(self, x):
            vivid = x.amax(dim=1) - x.amin(dim=1)
            return torch.stack([0.3 - vivid, *[vivid - 0.3] * 5], dim=1)

    return Net(), plain_loss


@mistake("segment", hint="Ground everywhere: right at five of six pixels, and none of the shapes.")
def segment_says_ground():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.scores = nn.Parameter(torch.zeros(6))

        def forward(self, x):
            return self.scores[:, None, None] + 0 * x[:, :1]

    return Net(), plain_loss


@mistake("segment", hint="A pixel's colour says that it is no ground, and not which shape it belongs to.")
def segment_by_colour():
    network = nn.Sequential(nn.Conv2d(3, 24, 4, 4), nn.ReLU(), nn.Conv2d(24, 6, 1), nn.Upsample(scale_factor=4))
    return network, plain_loss


@mistake("segment", hint="The most alike of known images has its shapes elsewhere: images are learned by heart here.")
def segment_by_the_nearest_image():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))
            self.known, self.masks = [], []

        def forward(self, x):
            small = F.avg_pool2d(x, 8).flatten(1)
            if self.training or not self.masks:
                self.known.append(small.detach())
                return self.scale * torch.zeros(len(x), 6, 64, 64)
            known, masks = torch.cat(self.known[-500:]), torch.cat(self.masks[-500:])
            nearest = torch.cdist(small, known).argmin(dim=1).clamp(max=len(masks) - 1)
            return F.one_hot(masks[nearest].long(), 6).permute(0, 3, 1, 2).float()

    network = Net()

    def loss(scores, masks):
        network.masks.append(masks.to(torch.uint8))
        return plain_loss(scores, masks)

    return network, loss


# Half ways: they earn some of the points, or none yet.


@mistake("segment", hint="Full size all the way, so that it is narrow, sees little, and learns slowly: where could it halve the map?")
def segment_by_a_plain_unet():
    class Net(nn.Module):
        def __init__(self, width=4):
            super().__init__()
            sizes = [(3, width), (width, 2 * width), (2 * width, 4 * width)]
            self.down = nn.ModuleList([self.two(*size) for size in sizes])
            self.enlarge = nn.ModuleList([nn.ConvTranspose2d(4 * width, 2 * width, 2, 2), nn.ConvTranspose2d(2 * width, width, 2, 2)])
            self.up = nn.ModuleList([self.two(4 * width, 2 * width), self.two(2 * width, width)])
            self.scores = nn.Conv2d(width, 6, 1)

        def two(self, before, after):
            return nn.Sequential(nn.Conv2d(before, after, 3, 1, 1), nn.ReLU(), nn.Conv2d(after, after, 3, 1, 1), nn.ReLU())

        def forward(self, x):
            first = self.down[0](x)
            second = self.down[1](F.max_pool2d(first, 2))
            x = self.down[2](F.max_pool2d(second, 2))
            x = self.up[0](torch.cat([second, self.enlarge[0](x)], dim=1))
            return self.scores(self.up[1](torch.cat([first, self.enlarge[1](x)], dim=1)))

    return Net(), plain_loss


@mistake("segment", hint="The scores are those of squares of 8 × 8 pixels: each is enlarged as it is. What blends neighbours, and which maps still know where an edge lies?")
def segment_without_a_way_back():
    network = nn.Sequential(
        *(block(3, 12, 2), block(12, 24, 2), block(24, 24), block(24, 48, 2), block(48, 48), block(48, 48)),
        *(nn.Conv2d(48, 6, 1), nn.Upsample(scale_factor=8)),
    )
    return network, plain_loss


# Other right answers.


@right("segment")
def segment_at_an_eighth_and_blended():
    """No way back at all: the loss looks at each pixel of the blended scores."""
    network = nn.Sequential(
        *(block(3, 12, 2), block(12, 24, 2), block(24, 24), block(24, 48, 2), block(48, 48), block(48, 48)),
        *(nn.Conv2d(48, 6, 1), nn.Upsample(scale_factor=8, mode="bilinear")),
    )
    return network, nn.CrossEntropyLoss()


@right("segment")
def segment_with_maps_added_and_a_loss_at_every_size():
    """As a feature pyramid adds its maps: scores of squares of 2, 4 and 8, each held to masks of that size."""

    class Pyramid(nn.Module):
        def __init__(self, widths=(16, 24, 48, 64), common=24):
            super().__init__()
            before = (3, *widths)
            self.stages = nn.ModuleList()
            for k, width in enumerate(widths):
                more = [block(width, width)] if k else []
                self.stages.append(nn.Sequential(block(before[k], width, 2), *more))
            self.across = nn.ModuleList(nn.Conv2d(width, common, 1) for width in widths)
            self.smooth = nn.ModuleList([block(common, common), block(common, common)])
            self.heads = nn.ModuleList(nn.Conv2d(common, 6, 1) for _ in range(3))

        def forward(self, x):
            maps = []
            for stage in self.stages:
                x = stage(x)
                maps.append(x)
            half, quarter, eighth, top = (one(map_) for one, map_ in zip(self.across, maps))
            eighth = self.smooth[0](eighth + twice(top))
            quarter = self.smooth[1](quarter + twice(eighth))
            half = (half + twice(quarter)).relu()
            scores = [head(map_) for head, map_ in zip(self.heads, (half, quarter, eighth))]
            return scores if self.training else twice(scores[0])

    def loss(scores, masks):
        costs = [F.cross_entropy(one, coarse_labels(masks, 2 ** (k + 1), 6)) for k, one in enumerate(scores)]
        return costs[0] + 0.3 * costs[1] + 0.2 * costs[2]

    return Pyramid(), loss
