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


