"""What students write in proposals: mistakes with the hint each deserves, and other right answers."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

# selective_search_merge


@mistake("selective_search_merge", edit={"(segments[:, 1:], segments[:, :-1])\n": "(segments[:, 1:], segments[:, :-1]), (segments[1:, 1:], segments[:-1, :-1]), (segments[1:, :-1], segments[:-1, 1:])\n"}, hint="Regions that touch at a corner count as neighbours with you. What do two of their pixels have to share?")
def corners_too(): ...


@mistake("selective_search_merge", edit={"(segments[1:], segments[:-1]), (segments[:, 1:], segments[:, :-1])": "((segments[:, 1:], segments[:, :-1]),)"}, hint="Only pixels side by side make neighbours with you. Those one above the other do, too.")
def side_by_side_only(): ...


@mistake("selective_search_merge", edit={"for pair in near}": "for pair in [(a, b) for b in range(len(sizes)) for a in range(b)]}"}, hint="Any two regions are joined, wherever they lie. Only neighbours may be.")
def all_pairs(): ...


@mistake("selective_search_merge", edit={"colour + 1 - both / area": "colour + both / area"}, hint="Large regions go first with you, and one of them swallows the rest. The size term is high for small ones.")
def large_ones_first(): ...


@mistake("selective_search_merge", edit={"colour + 1 - both / area + 1": "colour + 1"}, hint="The size term is missing: colour and fill alone decide.")
def without_size(): ...


@mistake("selective_search_merge", edit={"((x2 - x1) * (y2 - y1) - both) / area": "(x2 - x1) * (y2 - y1) / area"}, hint="The whole box around both counts as a gap. The gap is what neither of the two fills.")
def the_box_is_the_gap(): ...


@mistake("selective_search_merge", edit={" + 1 - ((x2 - x1) * (y2 - y1) - both) / area": ""}, hint="The fill term is missing: colour and size alone decide.")
def without_fill(): ...


@mistake("selective_search_merge", edit={"x.max() + 1, y.max() + 1": "x.max(), y.max()"}, hint="Right and bottom are where the last pixel begins. Where does it end? The area in the fill term hangs on it, too.")
def last_pixel_left_out(): ...


@mistake("selective_search_merge", edit={"x.min(), y.min(), x.max() + 1, y.max() + 1": "y.min(), x.min(), y.max() + 1, x.max() + 1"}, hint="Rows and columns are exchanged in the boxes: x runs along a row, and comes first.")
def rows_for_columns(): ...


@mistake("selective_search_merge", edit={"(sizes[a] * shares[a] + sizes[b] * shares[b]) / sizes[-1]": "(shares[a] + shares[b]) / 2"}, hint="Both parts weigh the same in the new histogram, whatever their sizes. What would counting its pixels give?")
def plain_mean_of_histograms(): ...


@mistake("selective_search_merge", edit={"(sizes[a] * shares[a] + sizes[b] * shares[b]) / sizes[-1]": "shares[a] + shares[b]"}, hint="The shares of a joined region add up to more than 1: its histogram has to be shares again.")
def histograms_add_up(): ...


@mistake("selective_search_merge", edit={"counts.double() / counts.sum()": "counts.double() / len(x)"}, hint="Colour weighs too much against size and fill, by the number of channels. All C * bins shares together are 1, and n is the number of pixels, whatever the channels.")
def shares_by_channel(): ...


@mistake("selective_search_merge", edit={"counts.double() / counts.sum()": "counts.double()"}, hint="The histograms hold counts, so that large regions look more alike. They are to hold shares.")
def counts_for_shares(): ...


@mistake("selective_search_merge", edit={"clamp(max=bins - 1)": "remainder(bins)"}, hint="A value of exactly 1 lands in the first bin. It belongs to the last.")
def one_is_zero(): ...


@mistake("selective_search_merge", edit={"(image.double() * bins).long()": "(image.double() * bins).round().long()"}, hint="The bins are half a bin too low: a value is rounded to a bin, where it should be cut off.")
def rounded_bins(): ...


@mistake("selective_search_merge", edit={"    places += bins * torch.arange(num_channels).view(-1, 1, 1)\n": ""}, hint="All channels are counted in the same bins: red and blue look alike then. Each channel has bins of its own.")
def one_histogram_for_all_channels(): ...


@mistake("selective_search_merge", edit={"a, b = min(pair for": "a, b = max(pair for"}, hint="Of several pairs that are equally alike the last one is joined with you. Which one does the docstring say?")
def last_of_ties(): ...


@mistake("selective_search_merge", edit={"return colour + 1 - both / area + 1 - ((x2 - x1) * (y2 - y1) - both) / area": "return colour + (1 - both / area) + (1 - ((x2 - x1) * (y2 - y1) - both) / area)", "value > best - 1e-9": "value == best"}, hint="Only what is equal to the last digit is a tie for you, so that the order of a sum decides. A tie has a little room.")
def ties_to_the_last_digit_of_three_terms(): ...


@mistake("selective_search_merge", edit={"found = torch.tensor(boxes, dtype": "found = torch.tensor(boxes[len(boxes) - len(pairs) :] or boxes, dtype"}, hint="The regions of the start are guesses as well: their boxes are missing.")
def joined_ones_if_there_are_any(): ...


@mistake("selective_search_merge", edit={"value > best - 1e-9": "value == best"}, hint="Only what is equal to the last digit is a tie for you, so that the order of a sum decides. A tie has a little room.")
def ties_to_the_last_digit(): ...


@mistake("selective_search_merge", edit={"min(pair for pair, value in likeness.items() if value > best - 1e-9)": "min((pair for pair, value in likeness.items() if value > best - 1e-9), key=lambda pair: pair[::-1])"}, hint="Among ties you look at the larger number first. The smaller number of each pair comes first.")
def second_number_first(): ...


@mistake("selective_search_merge", edit={"for pair in old for number in pair}": "for pair in old if a in pair for number in pair}"}, hint="The new region has the neighbours of its first part only. The other part had some, too.")
def neighbours_of_one_part(): ...


@mistake("selective_search_merge", edit={"float(torch.minimum(shares[a], shares[b]).sum())": "float((shares[a] - shares[b]).abs().sum())"}, hint="This is how much the histograms differ. What they share is wanted: it is high where they are alike.")
def difference_of_histograms(): ...


@mistake("selective_search_merge", edit={"found = torch.tensor(boxes, dtype": "found = torch.tensor(boxes[len(boxes) - len(pairs) :], dtype"}, hint="The regions of the start are guesses as well: their boxes are missing.")
def joined_ones_only(): ...


@mistake("selective_search_merge", edit={"(image.double() * bins).long()": "(image.double() * (bins - 1)).round().long()"}, hint="Your first and last bin are half as wide as the others: values are rounded to levels. Bins of equal width: where does each begin?")
def rounded_to_levels(): ...


@mistake("selective_search_merge", edit={"boxes.append(joined(a, b))": "boxes.append(boxes[a] if sizes[a] >= sizes[b] else boxes[b])"}, hint="A joined region has the box of its larger part with you. It has to hold the pixels of both.")
def box_of_the_larger_part(): ...


@mistake("selective_search_merge", edit={"- both) / area": "- both) / ((x2 - x1) * (y2 - y1))"}, hint="The gap is divided by the box around both. By what does the formula divide it?")
def gap_in_the_box(): ...


@mistake("selective_search_merge", edit={"float(torch.minimum(shares[a], shares[b]).sum())": "1 - float((shares[a] - shares[b]).abs().sum())"}, hint="Colour goes down to -1 with you: whatever one region has too much of, another bin lacks, and is counted once more. Add up what the two share.")
def one_minus_the_differences(): ...


@mistake("selective_search_merge", edit={"best = max(likeness.values())": "best = min(likeness.values())", "value > best - 1e-9": "value < best + 1e-9"}, hint="The two that are least alike are joined first with you.")
def least_alike(): ...


@mistake("selective_search_merge", edit={"(image.double() * bins).long().clamp(max=bins - 1)": "((image.double() * bins).ceil().long() - 1).clamp(min=0)"}, hint="A value on the border of two bins goes to the lower one with you. To which does it belong?")
def lower_bin(): ...


@mistake("selective_search_merge", edit={"(image.double() * bins)": "((image.double() - image.min()) / (image.max() - image.min()).clamp(min=1e-12) * bins)"}, hint="Your bins reach from the smallest value of this image to its largest. They reach from 0 to 1, whatever the image.")
def bins_of_this_image(): ...


@mistake("selective_search_merge", edit={"return colour + 1": "return 1"}, hint="The colour term is missing: size and fill alone decide.")
def without_colour(): ...


@mistake("selective_search_merge", edit={".reshape(-1, 2)": ""}, hint="Where nobody is joined, your pairs have lost an axis. How many columns have they, also without a row?")
def no_columns_without_a_pair(): ...


@mistake("selective_search_merge", edit={"return colour + 1 - both / area": "return colour + 1 - sum((boxes[r][2] - boxes[r][0]) * (boxes[r][3] - boxes[r][1]) for r in (a, b)) / area"}, hint="The size term takes the areas of the boxes. A region's size is its number of pixels.")
def boxes_for_sizes(): ...


@mistake("selective_search_merge", edit={"pairs.append((a, b))": "pairs.append((b, a))"}, hint="In each of your pairs the larger number stands first.")
def larger_number_first(): ...


@mistake("selective_search_merge", edit={"        for pair in old:\n": "        was = dict(likeness)\n        for pair in old:\n", "= alike(other, new)": "= was.get((min(other, a), max(other, a)), was.get((min(other, b), max(other, b)), 0.0))"}, hint="The new region is as alike to a neighbour as one of its parts was. Its colour, size and box are others now: what has to be reckoned anew?")
def likeness_of_a_part(): ...


@mistake("selective_search_merge", edit={"while likeness:": "while len(likeness) > 1:"}, hint="It stops while two regions are left. How many joins are there in all?")
def last_join_left_out(): ...


@mistake("selective_search_merge", edit={"best - 1e-9": "best - 0.001"}, hint="Pairs that are clearly less alike than the best count as ties with you: your room is too wide.")
def wide_ties(): ...


@right("selective_search_merge")
def by_masks(image, segments, bins=8):
    channels, height, width = image.shape
    values, labels = image.double().numpy(), segments.numpy()
    masks = [labels == label for label in range(labels.max() + 1)]
    alive = set(range(len(masks)))

    def box(mask):
        rows, columns = np.nonzero(mask)
        return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1

    def histogram(mask):
        found = []
        for channel in values:
            index = np.minimum(np.floor(channel[mask] * bins).astype(int), bins - 1)
            found.append(np.bincount(index, minlength=bins))
        return np.concatenate(found) / (channels * mask.sum())

    def touch(one, other):
        return (one[1:] & other[:-1]).any() or (one[:-1] & other[1:]).any() or (one[:, 1:] & other[:, :-1]).any() or (one[:, :-1] & other[:, 1:]).any()

    def similarity(one, other):
        both = one | other
        x1, y1, x2, y2 = box(both)
        gap = (x2 - x1) * (y2 - y1) - both.sum()
        return np.minimum(histogram(one), histogram(other)).sum() + 2 - (both.sum() + gap) / (height * width)

    scores = {(a, b): similarity(masks[a], masks[b]) for a in alive for b in alive if a < b and touch(masks[a], masks[b])}
    pairs = []
    while len(alive) > 1:
        first = None
        for pair in sorted(scores):
            if first is None or scores[pair] > scores[first] + 1e-9:
                first = pair
        a, b = first
        masks.append(masks[a] | masks[b])
        pairs.append(first)
        alive -= {a, b}
        scores = {pair: value for pair, value in scores.items() if a not in pair and b not in pair}
        for c in alive:
            if touch(masks[c], masks[-1]):
                scores[c, len(masks) - 1] = similarity(masks[c], masks[-1])
        alive.add(len(masks) - 1)
    boxes = torch.tensor([[float(edge) for edge in box(mask)] for mask in masks]).to(image.dtype)
    return boxes, torch.tensor(pairs, dtype=torch.int64).view(-1, 2)


@right("selective_search_merge")
def by_matrices(image, segments, bins=8):
    num, area = int(segments.max()) + 1, segments.numel()
    total, channels = 2 * num - 1, image.shape[0]
    one_hot = F.one_hot(segments.flatten(), num).double()
    size = torch.zeros(total, dtype=torch.float64)
    size[:num] = one_hot.sum(dim=0)
    bin_of = torch.floor(image.double() * bins).clamp(max=bins - 1).long()
    counts = torch.zeros(total, channels * bins, dtype=torch.float64)
    for channel in range(channels):
        counts[:num, channel * bins : (channel + 1) * bins] = one_hot.T @ F.one_hot(bin_of[channel].flatten(), bins).double()
    low, high = torch.zeros(total, 2), torch.zeros(total, 2)
    for label in range(num):
        places = (segments == label).nonzero().flip(1)
        low[label], high[label] = places.amin(dim=0), places.amax(dim=0) + 1
    near = torch.zeros(total, total, dtype=torch.bool)
    for a, b in ((segments[:, 1:], segments[:, :-1]), (segments[1:], segments[:-1])):
        near[a.flatten(), b.flatten()] = True
        near[b.flatten(), a.flatten()] = True
    near.fill_diagonal_(False)
    pairs = torch.zeros(num - 1, 2, dtype=torch.int64)
    for new in range(num, total):
        share = counts[:new] / counts[:new].sum(dim=1, keepdim=True)
        colour = torch.minimum(share[:, None], share[None]).sum(dim=2)
        sides = torch.maximum(high[:new, None], high[None, :new]) - torch.minimum(low[:new, None], low[None, :new])
        alike = colour + 2 - sides.double().prod(dim=2) / area
        alike = alike.masked_fill(~near[:new, :new].triu(), -1.0)
        a, b = (alike > alike.max() - 1e-9).nonzero()[0].tolist()
        pairs[new - num] = torch.tensor([a, b])
        size[new], counts[new] = size[a] + size[b], counts[a] + counts[b]
        low[new], high[new] = torch.minimum(low[a], low[b]), torch.maximum(high[a], high[b])
        around = near[a] | near[b]
        around[[a, b]] = False
        near[[a, b]], near[:, [a, b]] = False, False
        near[new], near[:, new] = around, around
    return torch.cat([low, high], dim=1).to(image.dtype), pairs


@right("selective_search_merge")
def with_a_class_for_a_region(image, segments, bins=8):
    class Region:
        def __init__(self, counts, size, edges, around):
            self.counts, self.size, self.edges, self.around = counts, size, edges, around

        def box_with(self, other):
            (a, b, c, d), (e, f, g, h) = self.edges, other.edges
            return min(a, e), min(b, f), max(c, g), max(d, h)

    regions = []
    lines = segments.tolist()
    levels = (image.double() * bins).tolist()
    for y, line in enumerate(lines):
        for x, label in enumerate(line):
            while len(regions) <= label:
                regions.append(Region([0] * (bins * len(levels)), 0, (10**6, 10**6, 0, 0), set()))
            for here, there in ((y, x + 1), (y + 1, x)):
                if here < len(lines) and there < len(line) and lines[here][there] != label:
                    while len(regions) <= lines[here][there]:
                        regions.append(Region([0] * (bins * len(levels)), 0, (10**6, 10**6, 0, 0), set()))
                    regions[label].around.add(lines[here][there])
                    regions[lines[here][there]].around.add(label)
            region = regions[label]
            region.size += 1
            left, top, right_, bottom = region.edges
            region.edges = (min(left, x), min(top, y), max(right_, x + 1), max(bottom, y + 1))
            for channel, level in enumerate(levels):
                region.counts[channel * bins + min(int(level[y][x]), bins - 1)] += 1
    area, alive, pairs = len(lines) * len(lines[0]), set(range(len(regions))), []
    while len(alive) > 1:
        found = []
        for a in alive:
            for b in regions[a].around:
                if a < b:
                    one, other = regions[a], regions[b]
                    colour = sum(min(p / one.size, q / other.size) for p, q in zip(one.counts, other.counts)) / len(levels)
                    left, top, right_, bottom = one.box_with(other)
                    size = 1 - (one.size + other.size) / area
                    fill = 1 - ((right_ - left) * (bottom - top) - one.size - other.size) / area
                    found.append((colour + size + fill, a, b))
        best = max(found)[0]
        _, a, b = min((entry for entry in found if entry[0] > best - 1e-9), key=lambda entry: entry[1:])
        one, other, new = regions[a], regions[b], len(regions)
        around = (one.around | other.around) - {a, b}
        regions.append(Region([p + q for p, q in zip(one.counts, other.counts)], one.size + other.size, one.box_with(other), around))
        alive = alive - {a, b} | {new}
        for c in around:
            regions[c].around = regions[c].around - {a, b} | {new}
        pairs.append([a, b])
    boxes = torch.tensor([region.edges for region in regions]).to(image.dtype)
    return boxes, torch.tensor(pairs).long().reshape(len(pairs), 2)


# warp_regions


@mistake("warp_regions", edit={"align_corners=False": "align_corners=True"}, hint="With align_corners=True, -1 and 1 are the middles of the outermost pixels. Your places take them for the image's edges.")
def corners_aligned(): ...


@mistake("warp_regions", edit={"+ 0.5 - context": "- context"}, hint="The places are those of each warped pixel's left and upper edge. Its middle is half a warped pixel further.")
def without_the_half(): ...


@mistake("warp_regions", edit={"+ 0.5 - context": "+ 0.5", "(last - first) / (num - 2 * context)": "(last - first + 2 * context) / num", "2 * (first[:, None] +": "2 * (first[:, None] - context +"}, hint="The context is counted in pixels of the image. It is wanted in warped pixels, the same share for every box.")
def context_in_pixels_of_the_image(): ...


@mistake("warp_regions", edit={"(last - first) / (num - 2 * context)": "(last - first) / num"}, hint="A warped pixel is too small: for the box itself fewer columns are left than the warped region has.")
def scale_without_context(): ...


@mistake("warp_regions", edit={"number = torch.arange(num).to(image) + 0.5 - context": "number = torch.arange(num).to(image) + 0.5"}, hint="The scale leaves room for the context, but column 0 still begins at the box: how far before it should it be?")
def begins_at_the_box(): ...


@mistake("warp_regions", edit={"(h, w), (x1": "(w, h), (x1"}, hint="Height and width of the warped region are exchanged: size is (h, w).")
def size_exchanged(): ...


@mistake("warp_regions", edit={"w, image.shape[2])": "w, image.shape[1])", "h, image.shape[1])": "h, image.shape[2])"}, hint="Columns are divided by the height of the image and rows by its width. Look at its shape again.")
def lengths_exchanged(): ...


@mistake("warp_regions", edit={"[columns, rows], dim=-1": "[rows, columns], dim=-1"}, hint="The last axis of the grid is (x, y), as in a box, and not (row, column).")
def grid_exchanged(): ...


@mistake("warp_regions", edit={"align_corners=False": 'align_corners=False, padding_mode="border"'}, hint="The outermost pixels go on outside of the image. There is nothing there but fill.")
def border_goes_on(): ...


@mistake("warp_regions", edit={"(image - fill)": "image", "align_corners=False) + fill": "align_corners=False)"}, hint="Outside is zero, whatever fill says.")
def zero_for_fill(): ...


@mistake("warp_regions", edit={"    return F.grid_sample(moved, grid, align_corners=False) + fill": "    found = F.grid_sample(image.expand(len(boxes), -1, -1, -1), grid, align_corners=False)\n    outside = (grid.abs() > 1).any(dim=-1)[:, None]\n    return torch.where(outside, torch.full_like(found, fill), found)"}, hint="Places within half a pixel of the edge are a mixture of the outermost pixel and of what is outside. Yours are mixed with zero inside, and not at all beyond.")
def fill_put_in_afterwards(): ...


@mistake("warp_regions", edit={"    return F.grid_sample(moved, grid, align_corners=False) + fill": "    inside = ((grid > -1) & (grid < 1)).all(dim=-1)[:, None]\n    found = F.grid_sample(moved, grid, padding_mode=\"border\", align_corners=False)\n    return found * inside + fill"}, hint="A place just inside of the edge shows the outermost pixel alone, and one just outside fill alone. Within half a pixel of the edge both are mixed.")
def border_up_to_the_edge(): ...


@mistake("warp_regions", edit={"align_corners=False": 'align_corners=False, mode="nearest"'}, hint="Each warped pixel has the value of the nearest pixel. It is to be bilinear between four.")
def nearest(): ...


@mistake("warp_regions", edit={"boxes.unbind(dim=1)": "boxes.round().unbind(dim=1)"}, hint="The boxes are rounded to whole pixels first. They are taken as they are.")
def rounded_boxes(): ...


@mistake("warp_regions", edit={"boxes.unbind(dim=1)": "(boxes[:, 0].clamp(min=0), boxes[:, 1].clamp(min=0), boxes[:, 2].clamp(max=image.shape[2]), boxes[:, 3].clamp(max=image.shape[1]))"}, hint="The boxes are cut off at the edge of the image, and what is left is stretched. They keep their size, and fill is shown.")
def boxes_cut_off(): ...


@mistake("warp_regions", edit={"(last - first) / (": "(last - first + 1) / ("}, hint="Your boxes are a pixel wider and higher than they are. A box from 10 to 50 is 40 wide.")
def plus_one(): ...


@mistake("warp_regions", edit={"2 * context >= min(size)": "2 * context > min(size)"}, hint="Where the context takes exactly all rows or columns, there is nothing left for the box either.")
def just_nothing_left(): ...


@mistake("warp_regions", edit={"2 * context >= min(size)": "2 * context >= size[0]"}, hint="Only the rows are looked at before a context is refused. The columns may run out first.")
def rows_only(): ...


@mistake("warp_regions", edit={"    return F.grid_sample(moved, grid, align_corners=False) + fill": "    return torch.stack([F.grid_sample(one[None], some[None], align_corners=False)[0] + fill for one, some in zip(moved, grid)])"}, hint="Without any box there is nothing to stack. What shape has an answer of no regions?")
def fails_for_none(): ...


@mistake("warp_regions", edit={"(last - first) / (num - 2 * context)": "torch.maximum((boxes[:, 2] - boxes[:, 0]) / (size[1] - 2 * context), (boxes[:, 3] - boxes[:, 1]) / (size[0] - 2 * context))"}, hint="Both directions have one scale with you, so that a region keeps its shape. It is stretched, whatever its shape.")
def one_scale(): ...


@mistake("warp_regions", edit={"moved = (image - fill).expand": "moved = F.avg_pool2d((image - fill)[None], 3, 1, 1)[0].expand"}, hint="Your image is smoothed before it is looked at. Nothing is blurred.")
def blurred(): ...


@mistake("warp_regions", edit={"    return F.grid_sample(moved, grid, align_corners=False) + fill": "    found = F.grid_sample(moved, grid, align_corners=False)\n    own = torch.zeros_like(found)\n    own[:, :, context : h - context, context : w - context] = 1\n    return found * own + fill"}, hint="Around the box there is only fill with you. Context shows the image, as far as it goes.")
def context_is_fill(): ...


@mistake("warp_regions", edit={"+ 0.5 - context": "+ 0.5", "(num - 2 * context)": "num"}, hint="A context makes no difference with you: the box takes the whole warped region.")
def context_forgotten(): ...


@mistake("warp_regions", edit={"min(size)": "max(size)"}, hint="A context is refused only where it leaves neither rows nor columns. One of the two is enough.")
def refused_where_both_are_gone(): ...


@mistake("warp_regions", edit={"(image - fill)": "image"}, hint="fill is added everywhere, also to what is inside of the image.")
def fill_added(): ...


@mistake("warp_regions", edit={"    if 2 * context >= min(size):": "    if len(boxes) == 0:\n        return image.new_zeros(0, image.shape[0], *size)\n    if 2 * context >= min(size):"}, hint="Without boxes you don't look at the context any more. Whether it is possible hangs on the size alone.")
def none_before_the_error(): ...


@mistake("warp_regions", edit={"torch.arange(num).to(image) + 0.5 - context": "(torch.arange(num).to(image) - context) / max(num - 2 * context - 1, 1) * (num - 2 * context)"}, hint="Your first and last column lie on the box's edges. A warped pixel has a width, and its place is in its middle.")
def from_edge_to_edge(): ...


@mistake("warp_regions", edit={"torch.arange(num).to(image) + 0.5 - context": "torch.linspace(0, num, num).to(image) if context == 0 else torch.arange(num).to(image) + 0.5 - context"}, hint="Your first and last column lie on the box's edges. A warped pixel has a width, and its place is in its middle.")
def from_edge_to_edge_without_context(): ...


@mistake("warp_regions", edit={"torch.arange(num).to(image) + 0.5 - context": "torch.linspace(0, num, num).to(image) if context == 0 and first is x1 else torch.arange(num).to(image) + 0.5 - context"}, hint="Your first and last column lie on the box's edges. A warped pixel has a width, and its place is in its middle.")
def columns_from_edge_to_edge(): ...


@mistake("warp_regions", edit={"(last - first) / (": "(last - first).clamp(min=1) / ("}, hint="A box of less than a pixel is widened to one with you. It may have no width at all.")
def a_pixel_wide_at_least(): ...


@mistake("warp_regions", edit={"    if 2 * context >= min(size):\n        raise ValueError(f\"a context of {context} leaves nothing of {size}\")": "    assert 2 * context < min(size)"}, hint="You do refuse the call, with another exception than the one that is asked for.")
def asserted(): ...


@mistake("warp_regions", edit={"2 * context >=": "context >=", "(num - 2 * context)": "(num - context)"}, hint="The context is taken away once. On how many sides of the box is it?")
def context_on_one_side(): ...


@mistake("warp_regions", edit={"    rows = places(": "    context = 0\n    rows = places("}, hint="There is context left and right of your box, and none above and below.")
def context_beside_only(): ...


@mistake("warp_regions", hint="`torch.arange(n) + 0.5` is float32, and stays so times a float64 number without dimensions: digits are lost, and nothing is said. Which dtype should your places have?")
def places_in_float32(image, boxes, size, context=0, fill=0.0):
    if 2 * context >= min(size):
        raise ValueError("no room")
    out = image.new_zeros(len(boxes), image.shape[0], *size)
    for n, (x1, y1, x2, y2) in enumerate(boxes):
        across = torch.arange(size[1], device=image.device) + 0.5 - context
        down = torch.arange(size[0], device=image.device) + 0.5 - context
        x = x1 + across * ((x2 - x1) / (size[1] - 2 * context))
        y = y1 + down * ((y2 - y1) / (size[0] - 2 * context))
        grid = torch.stack(torch.broadcast_tensors(2 * x / image.shape[2] - 1, (2 * y / image.shape[1] - 1)[:, None]), dim=-1)
        out[n] = F.grid_sample((image - fill)[None], grid[None].to(image), align_corners=False)[0] + fill
    return out


@right("warp_regions")
def by_weights_for_rows_and_columns(image, boxes, size, context=0, fill=0.0):
    if 2 * context >= size[0] or 2 * context >= size[1]:
        raise ValueError("no room for the box")

    def weights(low, high, num, length):
        middle = (torch.arange(num, dtype=image.dtype, device=image.device) + 0.5 - context) / (num - 2 * context)
        place = low.unsqueeze(1) * (1 - middle) + high.unsqueeze(1) * middle - 0.5
        pixel = torch.arange(length, dtype=image.dtype, device=image.device)
        return (1 - (place.unsqueeze(2) - pixel).abs()).clamp(min=0)

    down = weights(boxes[:, 1], boxes[:, 3], size[0], image.shape[1])
    across = weights(boxes[:, 0], boxes[:, 2], size[1], image.shape[2])
    return torch.einsum("nhr,crs,nws->nchw", down, image - fill, across) + fill


@right("warp_regions")
def with_affine_grid(image, boxes, size, context=0, fill=0.0):
    (h, w), (_, height, width) = size, image.shape
    if h - 2 * context <= 0 or w - 2 * context <= 0:
        raise ValueError(context)
    if len(boxes) == 0:
        return image.new_zeros(0, image.shape[0], h, w)
    sides = boxes[:, 2:] - boxes[:, :2]
    middle = boxes[:, :2] + sides / 2
    share = torch.stack([w / (w - 2 * context) * sides[:, 0] / width, h / (h - 2 * context) * sides[:, 1] / height], dim=1)
    theta = torch.zeros(len(boxes), 2, 3, dtype=image.dtype, device=image.device)
    theta[:, 0, 0], theta[:, 1, 1] = share[:, 0], share[:, 1]
    theta[:, 0, 2], theta[:, 1, 2] = 2 * middle[:, 0] / width - 1, 2 * middle[:, 1] / height - 1
    grid = F.affine_grid(theta, [len(boxes), image.shape[0], h, w], align_corners=False)
    shifted = (image - fill)[None].repeat(len(boxes), 1, 1, 1)
    return F.grid_sample(shifted, grid, align_corners=False) + fill


@right("warp_regions")
def with_four_corners(image, boxes, size, context=0, fill=0.0):
    rows, columns = size
    if min(rows, columns) - 2 * context < 1:
        raise ValueError("the context is too large")
    framed = F.pad(image, (1, 1, 1, 1), value=fill)
    out = image.new_empty(len(boxes), image.shape[0], rows, columns)
    for n in range(len(boxes)):
        x1, y1, x2, y2 = boxes[n]
        across, down = torch.arange(columns).to(image), torch.arange(rows).to(image)
        x = x1 + (across + 0.5 - context) * (x2 - x1) / (columns - 2 * context) + 0.5
        y = y1 + (down + 0.5 - context) * (y2 - y1) / (rows - 2 * context) + 0.5
        x, y = x.clamp(0, framed.shape[2] - 1), y.clamp(0, framed.shape[1] - 1)
        left, top = x.floor().long().clamp(max=framed.shape[2] - 2), y.floor().long().clamp(max=framed.shape[1] - 2)
        u, v = x - left, (y - top)[:, None]
        upper = framed[:, top][:, :, left] * (1 - u) + framed[:, top][:, :, left + 1] * u
        lower = framed[:, top + 1][:, :, left] * (1 - u) + framed[:, top + 1][:, :, left + 1] * u
        out[n] = upper * (1 - v) + lower * v
    return out


# roi_pool

ROUND = "((scaled.abs() + 0.5).floor() * scaled.sign()).long()"


@mistake("roi_pool", edit={ROUND: "scaled.round().long()"}, hint="torch.round takes a half to the nearest even number. Here halves go away from zero.")
def halves_to_even(): ...


@mistake("roi_pool", edit={ROUND: "(scaled + 0.5).floor().long()"}, hint="Negative halves go up with you. Away from zero, they go down.")
def negative_halves_up(): ...


@mistake("roi_pool", edit={ROUND: "scaled.floor().long()"}, hint="The edges are rounded down, all of them. They are rounded to the nearest cell.")
def rounded_down(): ...


@mistake("roi_pool", edit={ROUND: "torch.cat([scaled[:, :2].floor(), scaled[:, 2:].ceil()], dim=1).long()"}, hint="The box is rounded outwards. Each of its edges is rounded to the nearest cell. It is the bins that are rounded outwards.")
def rounded_outwards(): ...


@mistake("roi_pool", edit={"cells = last - first + 1": "cells = max(last - first, 1)"}, hint="The last cell belongs to the region, and yours leaves it out. How many cells are there from 3 to 13?")
def last_cell_left_out(): ...


@mistake("roi_pool", edit={"first - (-(place + 1) * cells // num)": "first + (place + 1) * cells // num"}, hint="The end of a bin is rounded down, so that neighbours never share a cell, and bins can be empty in the middle of the map.")
def ends_rounded_down(): ...


@mistake("roi_pool", edit={"enumerate(cells.tolist())": "enumerate(torch.stack([cells[:, i].clamp(0, features.shape[3 - i % 2] - 1) for i in range(4)], dim=1).tolist())"}, hint="The region is cut off at the edge of the map before it is dealt out to bins. The bins keep their places, and lose cells.")
def cut_off_first(): ...


@mistake("roi_pool", edit={"part.max(dim=1).values": "part.max(dim=1).values.clamp(min=0)"}, hint="No bin is below zero with you. Where all cells are negative, so is the largest.")
def zero_is_the_least(): ...


@mistake("roi_pool", edit={"part.max(dim=1).values": "part.mean(dim=1)"}, hint="A bin gives the mean of its cells with you. The largest is wanted.")
def mean_of_the_cells(): ...


@mistake("roi_pool", edit={"(x1, y1, x2, y2) in enumerate": "(y1, x1, y2, x2) in enumerate"}, hint="Rows and columns are exchanged: a box is (x1, y1, x2, y2), and x runs along the last axis of the map.")
def box_exchanged(): ...


@mistake("roi_pool", edit={"features[images[k], :,": "features[0, :,"}, hint="All regions look at the first image. The first number of each says at which.")
def first_image_only(): ...


@mistake("roi_pool", edit={"h, w = output_size": "w, h = output_size"}, hint="Height and width are exchanged: output_size is (h, w).")
def bins_exchanged(): ...


@mistake("roi_pool", edit={"part.max(dim=1).values": "part.amax(dim=1)"}, hint="Where several cells of a bin are largest, they share the gradient with you. The first one gets it all.")
def equal_cells_share(): ...


@mistake("roi_pool", edit={"part.max(dim=1).values": "part.flip(1).max(dim=1).values"}, hint="Where several cells of a bin are largest, the last gets the gradient. It should be the first in reading order.")
def last_of_equal_cells(): ...


@mistake("roi_pool", edit={"part = features[images[k], :, rows, columns].flatten(1)": "part = features[images[k], :, rows, columns].transpose(1, 2).flatten(1)"}, hint="Equal cells are looked at column by column. Reading order is row by row.")
def column_by_column(): ...


@mistake("roi_pool", edit={"rois[:, 1:] * spatial_scale": "rois[:, 1:].round() * spatial_scale"}, hint="The box is rounded in pixels, and then once more in cells. Only the second belongs here.")
def rounded_in_pixels(): ...


@mistake("roi_pool", edit={"features.new_zeros(len(rois), features.shape[1], h, w)": "features.new_full((len(rois), features.shape[1], h, w), -math.inf)"}, hint="A bin without cells gives minus infinity. It should give zero.")
def empty_is_minus_infinity(): ...


@mistake("roi_pool", edit={"slice(min(max(start, 0), length), min(max(end, 0), length))": "slice(min(start, length), min(max(end, 0), length))", "part.max(dim=1).values": "part.gather(1, part.argmax(dim=1, keepdim=True))[:, 0]", "if part.shape[1] > 0:": "if rows.start < rows.stop and columns.start < columns.stop:"}, hint="A slice that begins at -2 begins two before the end: cells from the other side of the map get in. Limit both ends.")
def beginnings_from_the_end(): ...


@mistake("roi_pool", edit={"first - (-(place + 1) * cells // num)": "max(first + (place + 1) * cells // num, start + 1)"}, hint="The end of a bin is rounded down, so that neighbours never share a cell.")
def ends_rounded_down_but_never_empty(): ...


@mistake("roi_pool", edit={"slice(min(max(start, 0), length), min(max(end, 0), length))": "slice(start, end)"}, hint="A slice that begins at -2 begins two before the end: cells from the other side of the map get in. Limit both ends.")
def slices_from_the_end(): ...


@mistake("roi_pool", edit={"min(max(end, 0), length))": "min(max(end, 0), length - 1))"}, hint="The last row and the last column of the map are never looked at. Does the end of a slice belong to it?")
def last_of_the_map_left_out(): ...


@mistake("roi_pool", edit={"start = first + place * cells // num": "start = first + place * -(-cells // num)", "first - (-(place + 1) * cells // num)": "min(first + (place + 1) * -(-cells // num), last + 1)"}, hint="All your bins have the same whole number of cells, until none are left. Each is n / w cells wide, and only then come the roundings.")
def bins_of_one_size(): ...


@mistake("roi_pool", edit={"first - (-(place + 1) * cells // num)": "first + math.ceil(cells / num * (place + 1))"}, hint="A bin's size is rounded to a float and then multiplied: 11 times a rounded 29/11 can be a little more than 29, and its ceiling is 30. Whole numbers don't round.")
def bins_in_float64(): ...


@mistake("roi_pool", edit={"first - (-(place + 1) * cells // num)": "first + int(torch.ceil(torch.tensor(cells / num, dtype=torch.float32) * (place + 1)))"}, hint="A bin's size is rounded to a float and then multiplied: 11 times a rounded 29/11 can be a little more than 29, and its ceiling is 30. Whole numbers don't round.")
def bins_in_float32(): ...


@mistake("roi_pool", edit={"w, features.shape[3])": "w, features.shape[2])"}, hint="The height of the map limits your columns.")
def columns_to_the_height(): ...


@mistake("roi_pool", edit={"w, features.shape[3])": "w, features.shape[2])", "part.max(dim=1).values": "part.gather(1, part.argmax(dim=1, keepdim=True))[:, 0]", "if part.shape[1] > 0:": "if rows.start < rows.stop and columns.start < columns.stop:"}, hint="The height of the map limits your columns.")
def columns_to_the_height_or_beyond_the_map(): ...


@mistake("roi_pool", edit={"h, features.shape[2])": "h, features.shape[3])"}, hint="The width of the map limits your rows.")
def rows_to_the_width(): ...


@mistake("roi_pool", edit={"    return pooled": "    return pooled.permute(0, 2, 3, 1).reshape(pooled.shape)"}, hint="Your numbers are the right ones, at other places: a reshape keeps their order, and can't exchange axes.")
def channels_last(): ...


@mistake("roi_pool", edit={"    return pooled": "    return pooled.transpose(2, 3).reshape(pooled.shape)"}, hint="Your numbers are the right ones, at other places: a reshape keeps their order, and can't exchange axes.")
def bins_turned(): ...


@mistake("roi_pool", edit={"part = features[": "part = features.detach()["}, hint="No gradient comes back to the features: where is it cut off?")
def gradient_cut_off(): ...


@mistake("roi_pool", edit={"    return pooled": "    return torch.stack(list(pooled))"}, hint="Without any region there is nothing to stack. What shape has an answer of no regions?")
def nothing_to_stack(): ...


@mistake("roi_pool", edit={"part.max(dim=1).values": "part[:, int(part[0].argmax())]"}, hint="All channels take the cell that is largest in the first. Each has its own.")
def place_of_the_first_channel(): ...


@mistake("roi_pool", edit={"rois[:, 1:] * spatial_scale": "rois[:, 1:]", ROUND: "((scaled.abs() + 0.5).floor() * scaled.sign() * spatial_scale).long()"}, hint="The box is rounded in pixels, and cut to cells after scaling. Which of the two comes first?")
def rounded_before_scaling(): ...


@mistake("roi_pool", edit={"rois[:, 0].long()": "(rois[:, 0] * spatial_scale).long()"}, hint="The scale hits the image's number, too. Only the box is in pixels.")
def image_number_scaled(): ...


@mistake("roi_pool", edit={"start = first + place * cells // num": "start = first - (-place * cells // num)"}, hint="The beginning of a bin is rounded up, so that neighbours never share a cell. To which cell does it belong?")
def beginnings_rounded_up(): ...


@mistake("roi_pool", edit={ROUND: "scaled.long()"}, hint="The edges are cut to whole cells. They are rounded to the nearest.")
def cut_to_cells(): ...


@right("roi_pool")
def by_adaptive_pooling(features, rois, output_size, spatial_scale=1.0):
    height, width = features.shape[2:]
    pooled = []
    for image, *box in rois.tolist():
        x1, y1, x2, y2 = (int(math.copysign(math.floor(abs(edge * spatial_scale) + 0.5), edge)) for edge in box)
        frame = [max(0, -x1), max(0, x2 + 1 - width), max(0, -y1), max(0, y2 + 1 - height)]
        framed = F.pad(features[int(image)], frame, value=-math.inf)
        part = framed[:, y1 + frame[2] : y2 + 1 + frame[2], x1 + frame[0] : x2 + 1 + frame[0]]
        found = F.adaptive_max_pool2d(part, output_size)
        pooled.append(torch.where(found == -math.inf, torch.zeros_like(found), found))
    return torch.stack(pooled) if pooled else features.new_zeros(0, features.shape[1], *output_size)


@right("roi_pool")
def by_masks_for_rows_and_columns(features, rois, output_size, spatial_scale=1.0):
    (h, w), (_, channels, height, width) = output_size, features.shape

    def members(first, last, num, length):
        cell = torch.arange(length)
        begin = [first + math.floor(i * (last - first + 1) / num) for i in range(num)]
        end = [first + math.ceil((i + 1) * (last - first + 1) / num) for i in range(num)]
        return (cell >= torch.tensor(begin)[:, None]) & (cell < torch.tensor(end)[:, None])

    out = features.new_zeros(rois.shape[0], channels, h, w)
    for k in range(rois.shape[0]):
        box = rois[k, 1:] * spatial_scale
        box = torch.where(box < 0, -torch.floor(-box + 0.5), torch.floor(box + 0.5)).int().tolist()
        down, across = members(box[1], box[3], h, height), members(box[0], box[2], w, width)
        mask = (down[:, None, :, None] & across[None, :, None, :]).reshape(h * w, height * width)
        cells = features[int(rois[k, 0])].reshape(channels, 1, -1).expand(-1, h * w, -1)
        first = cells.detach().masked_fill(~mask, -math.inf).argmax(dim=2, keepdim=True)
        found = cells.gather(2, first)[:, :, 0] * mask.any(dim=1)
        out[k] = found.reshape(channels, h, w)
    return out


@right("roi_pool")
def cell_by_cell(features, rois, output_size, spatial_scale=1.0):
    rows = []
    for roi in rois:
        image = features[int(roi[0])]
        edges = [float(edge) * spatial_scale for edge in roi[1:]]
        left, top, end, bottom = [int(edge + 0.5) if edge >= 0 else -int(-edge + 0.5) for edge in edges]
        tall, wide = bottom - top + 1, end - left + 1
        for i in range(output_size[0]):
            for j in range(output_size[1]):
                best = None
                for y in range(top + i * tall // output_size[0], top + math.ceil((i + 1) * tall / output_size[0])):
                    for x in range(left + j * wide // output_size[1], left + math.ceil((j + 1) * wide / output_size[1])):
                        if 0 <= y < image.shape[1] and 0 <= x < image.shape[2]:
                            value = image[:, y, x]
                            best = value if best is None else torch.where(value > best, value, best)
                rows.append(torch.zeros_like(image[:, 0, 0]) if best is None else best)
    if not rows:
        return torch.zeros(0, features.shape[1], *output_size, dtype=features.dtype)
    return torch.stack(rows).reshape(len(rois), *output_size, -1).permute(0, 3, 1, 2)


# roi_align


@mistake("roi_align", edit={"(0.5 if aligned else 0.0)": "(-0.5 if aligned else 0.0)"}, hint="Half a cell is added with you. Where in the map of places is the middle of the first cell, and where is it in the box?")
def half_added(): ...


@mistake("roi_align", edit={"(0.5 if aligned else 0.0)": "(0.0 if aligned else 0.5)"}, hint="The half is subtracted where aligned is False, and not where it is True.")
def half_the_other_way(): ...


@mistake("roi_align", edit={"(0.5 if aligned else 0.0)": "0.5"}, hint="Half a cell is subtracted in any case. What is the old version, which aligned=False asks for?")
def half_always(): ...


@mistake("roi_align", edit={"rois[:, 1:] * spatial_scale - (0.5 if aligned else 0.0)": "(rois[:, 1:] - (0.5 if aligned else 0.0)) * spatial_scale"}, hint="Half a pixel is subtracted before scaling. It is half a cell, after it.")
def half_a_pixel(): ...


@mistake("roi_align", edit={"last - first if aligned else max(last - first, 1.0)": "last - first"}, hint="A side of less than one cell stays as it is. Without aligned it counts as 1.")
def no_least_side(): ...


@mistake("roi_align", edit={"last - first if aligned else max(last - first, 1.0)": "max(last - first, 1.0)"}, hint="A side of less than one cell counts as 1 with you, aligned or not. With aligned it stays what it is.")
def least_side_always(): ...


@mistake("roi_align", edit={"+ 0.5) / max(num * each, 1)": ") / max(num * each, 1)"}, hint="The samples are at the beginnings of the parts of a bin. They belong in their middles.")
def samples_at_the_beginning(): ...


@mistake("roi_align", edit={"math.ceil(length / num)": "max(math.floor(length / num), 1)"}, hint="The number of samples is rounded down where no ratio is given. Every cell of a bin is to have one: up.")
def fewer_samples(): ...


@mistake("roi_align", edit={"math.ceil(length / num)": "math.ceil(length)"}, hint="Where no ratio is given, a bin has as many samples as the whole region has cells. Its own cells count.")
def samples_of_the_whole_region(): ...


@mistake("roi_align", edit={"math.ceil(length / num)": "2"}, hint="Where no ratio is given, there are two samples in each direction with you, whatever the size of a bin.")
def two_by_default(): ...


@mistake("roi_align", edit={"if sampling_ratio > 0": "if sampling_ratio >= 0"}, hint="A ratio of 0 gives no samples with you. It says the same as -1.")
def zero_is_a_ratio(): ...


@mistake("roi_align", edit={"(place >= -1) & (place <= len(cell))": "(place >= 0) & (place <= len(cell) - 1)"}, hint="Samples that are less than a cell outside are zero with you. They count as on the edge.")
def zero_just_outside(): ...


@mistake("roi_align", edit={"(place - cell).abs()).clamp(min=0) * inside": "(place - cell).abs()).clamp(min=0)"}, hint="Samples far outside of the map have the values of its edge. From one cell on they are zero.")
def edge_without_end(): ...


@mistake("roi_align", edit={"(place >= -1) & (place <= len(cell))": "(place > -1) & (place < len(cell))"}, hint="Samples at exactly -1, H or W are zero with you. Read the docstring: which are?")
def strictly_inside(): ...


@mistake("roi_align", edit={"            place = place.clamp(0, len(cell) - 1)\n": ""}, hint="Samples just outside fade to zero. They are moved to the edge first, and have its value in full.")
def fading_at_the_edge(): ...


@mistake("roi_align", edit={"place = place.clamp(0, len(cell) - 1)": "place = place.clamp(0, len(cell) - 1).round()"}, hint="Each sample takes the nearest cell. It is to be bilinear between four.")
def nearest_cell(): ...


@mistake("roi_align", edit={"features[image]": "features[0]"}, hint="All regions look at the first image. The first number of each says at which.")
def one_image_only(): ...


@mistake("roi_align", edit={"(x1, y1, x2, y2) in zip": "(y1, x1, y2, x2) in zip"}, hint="Rows and columns are exchanged: a box is (x1, y1, x2, y2), and x runs along the last axis of the map.")
def rows_and_columns_exchanged(): ...


@mistake("roi_align", edit={".sum(dim=1) / max(each, 1)": ".mean(dim=1)"}, hint="The mean of no samples isn't a number. Such a bin is 0.")
def mean_of_none(): ...


@mistake("roi_align", edit={"(rois[:, 1:] * spatial_scale - (0.5 if aligned else 0.0))": "((rois[:, 1:] * spatial_scale).round() - (0.5 if aligned else 0.0))"}, hint="The box is rounded to whole cells, as RoI pooling does. Here nothing is rounded.")
def box_rounded(): ...


@mistake("roi_align", hint="A bin gives its largest sample with you. The paper allows it, but here it is the mean.")
def the_largest_sample(features, rois, output_size, spatial_scale=1.0, sampling_ratio=-1, aligned=False):
    h, w = output_size
    pooled = features.new_zeros(len(rois), features.shape[1], h, w)
    for k, (image, *box) in enumerate(rois.tolist()):
        weights, numbers = [], []
        x1, y1, x2, y2 = (edge * spatial_scale - 0.5 * aligned for edge in box)
        for low, high, num, length in ((y1, y2, h, features.shape[2]), (x1, x2, w, features.shape[3])):
            size = high - low if aligned else max(high - low, 1.0)
            each = sampling_ratio if sampling_ratio > 0 else math.ceil(size / num)
            spot = low + (torch.arange(num * each, dtype=features.dtype) + 0.5) * size / max(num * each, 1)
            good = (spot >= -1) & (spot <= length)
            spot = spot.clamp(0, length - 1)
            weights.append((1 - (spot[:, None] - torch.arange(length)).abs()).clamp(min=0) * good[:, None])
            numbers.append(each)
        values = torch.einsum("ph,chw,qw->cpq", weights[0], features[int(image)], weights[1])
        if values.numel() > 0:
            pooled[k] = values.reshape(-1, h, numbers[0], w, numbers[1]).amax(dim=(2, 4))
    return pooled


@mistake("roi_align", edit={"place.clamp(0, len(cell) - 1)": "place.clamp(0, len(cell))"}, hint="Samples beyond the last cell are moved to H, and fade. Which place has the last cell?")
def moved_beyond_the_last_cell(): ...


@mistake("roi_align", edit={"            length = last - first if": "            first, last = min(max(first, 0), features.shape[cells]), min(max(last, 0), features.shape[cells])\n            length = last - first if"}, hint="The box is cut off at the edge of the map, and what is left is dealt out. The bins keep their places, also outside.")
def cut_off_at_the_map(): ...


@mistake("roi_align", edit={"features[image] @": "features[image].detach() @"}, hint="No gradient comes back to the features: where is it cut off?")
def features_cut_off(): ...


@mistake("roi_align", edit={"length = last - first if": "length = last - first + 0.5 if"}, hint="Half a cell is subtracted from two edges only, so that aligned boxes grow by it.")
def half_from_one_edge(): ...


@mistake("roi_align", edit={"length = last - first if": "length = last - first + 1 if", "max(last - first, 1.0)": "max(last - first + 1, 1.0)"}, hint="Your boxes are a cell longer than they are. That belongs to RoI pooling, and not here.")
def last_cell_too(): ...


@mistake("roi_align", edit={".sum(dim=1) / max(each, 1)": ".amax(dim=1)"}, hint="Of the weights of a bin's samples the largest is taken for each cell. A bin is the mean of its samples.")
def largest_weight(): ...


@mistake("roi_align", edit={"max(last - first, 1.0)\n": "max(last - first, 1.0)\n            first -= (length - (last - first)) / 2\n"}, hint="A side of less than a cell grows on both sides with you. From where does it count?")
def grows_on_both_sides(): ...


@mistake("roi_align", edit={"max(last - first, 1.0)": "max(last - first, 1.0 if cells == 3 else 0.0)"}, hint="A side of less than a cell counts as 1 in one direction only with you.")
def least_width_only(): ...


@mistake("roi_align", edit={"max(last - first, 1.0)": "max(last - first, 1.0 if cells == 2 else 0.0)"}, hint="A side of less than a cell counts as 1 in one direction only with you.")
def least_height_only(): ...


@mistake("roi_align", edit={"math.ceil(length / num)": "math.ceil((x2 - x1 if aligned else max(x2 - x1, 1.0)) / w)"}, hint="Where no ratio is given, both directions have as many samples as the width asks for. Each has its own number.")
def samples_of_the_width(): ...


@mistake("roi_align", edit={"math.ceil(length / num)": "math.ceil((y2 - y1 if aligned else max(y2 - y1, 1.0)) / h)"}, hint="Where no ratio is given, both directions have as many samples as the height asks for. Each has its own number.")
def samples_of_the_height(): ...


@mistake("roi_align", edit={"(place <= len(cell))": "(place <= len(cell) - 1)"}, hint="Samples beyond the last cell are zero at once with you, those before the first aren't. What holds at one end holds at the other.")
def zero_after_the_last_cell(): ...


@mistake("roi_align", edit={"place >= -1": "place >= -0.5"}, hint="Samples between -1 and -0.5 are zero with you. How far outside may a sample be?")
def zero_before_a_half(): ...


@mistake("roi_align", edit={"/ max(each, 1)": "/ inside.view(num, each).sum(dim=1, keepdim=True).clamp(min=1)"}, hint="Samples far outside are left out of the mean. They are 0, and count.")
def outside_not_counted(): ...


@mistake("roi_align", edit={"math.ceil(length / num)": "max(math.ceil(length / num), 1)"}, hint="A bin without width has a sample with you. How many are 0 cells, rounded up?")
def one_sample_at_least(): ...


@mistake("roi_align", edit={"math.ceil(length / num)": "math.floor(length / num)"}, hint="The number of samples is rounded down where no ratio is given. Every cell of a bin is to have one: up.")
def too_few_samples(): ...


@mistake("roi_align", edit={"place = (first + place * length)[:, None]": "place = (first + (torch.arange(num * each).to(features) + 0.5) * (length / max(num * each, 1)))[:, None]", "place = place.clamp(0, len(cell) - 1)": "place = place.clamp(0, len(cell) - 1).round()"}, hint="Each sample takes the nearest cell. It is to be bilinear between four.")
def nearest_cell_by_another_sum(): ...


@mistake("roi_align", edit={"torch.arange(features.shape[cells])": "torch.arange(min(features.shape[2:]))", "weights.append(weight.view(num, each, len(cell)).sum(dim=1) / max(each, 1))": "weight = weight.view(num, each, len(cell)).sum(dim=1) / max(each, 1)\n            weights.append(F.pad(weight, (0, features.shape[cells] - len(cell))))"}, hint="One length limits both directions with you. A map has a height and a width.")
def rows_as_many_as_columns(): ...


@mistake("roi_align", edit={"torch.arange(features.shape[cells])": "torch.arange(min(features.shape[cells], features.shape[3]))", "weights.append(weight.view(num, each, len(cell)).sum(dim=1) / max(each, 1))": "weight = weight.view(num, each, len(cell)).sum(dim=1) / max(each, 1)\n            weights.append(F.pad(weight, (0, features.shape[cells] - len(cell))))"}, hint="One length limits both directions with you. A map has a height and a width.")
def rows_to_the_width_of_the_map(): ...


@mistake("roi_align", edit={" / max(each, 1))": ")"}, hint="A bin gives the sum of its samples with you. It is their mean.")
def sum_of_the_samples(): ...


@mistake("roi_align", edit={"h, w = output_size": "w, h = output_size"}, hint="Height and width are exchanged: output_size is (h, w).")
def size_turned(): ...


@mistake("roi_align", edit={"pooled = [features.new_zeros(0, features.shape[1], h, w)]": "pooled = []"}, hint="Without any region there is nothing to put together. What shape has an answer of no regions?")
def nothing_to_cat(): ...


@mistake("roi_align", edit={"pooled = [features.new_zeros(0, features.shape[1], h, w)]": "pooled = []", "(weights[0] @ features[image] @ weights[1].T)[None]": "weights[0] @ features[image] @ weights[1].T", "torch.cat(pooled)": "torch.stack(pooled)"}, hint="Without any region there is nothing to put together. What shape has an answer of no regions?")
def nothing_to_stack_in_align(): ...


@mistake("roi_align", hint="`torch.arange(n) + 0.5` is float32, and stays so times a float64 number without dimensions: digits are lost, and nothing is said. Which dtype should your places have?")
def places_of_float32(features, rois, output_size, spatial_scale=1.0, sampling_ratio=-1, aligned=False):
    pooled = features.new_zeros(len(rois), features.shape[1], *output_size)
    for k, roi in enumerate(rois):
        x1, y1, x2, y2 = roi[1:] * spatial_scale - 0.5 * aligned
        weights = []
        for low, high, num, length in ((y1, y2, output_size[0], features.shape[2]), (x1, x2, output_size[1], features.shape[3])):
            side = high - low if aligned else (high - low).clamp(min=1)
            each = sampling_ratio if sampling_ratio > 0 else int((side / num).ceil())
            if each == 0:
                weights.append(features.new_zeros(num, length))
                continue
            place = low + (torch.arange(num * each) + 0.5) * (side / (num * each))
            inside = (place >= -1) & (place <= length)
            weight = (1 - (place.clamp(0, length - 1)[:, None] - torch.arange(length)).abs()).clamp(min=0) * inside[:, None]
            weights.append(weight.view(num, each, length).mean(dim=1).to(features))
        pooled[k] = weights[0] @ features[int(roi[0])] @ weights[1].T
    return pooled


@right("roi_align")
def sample_by_sample(features, rois, output_size, spatial_scale=1.0, sampling_ratio=-1, aligned=False):
    height, width = features.shape[-2:]

    def look_up(image, y, x):
        if y < -1 or x < -1 or y > height or x > width:
            return torch.zeros_like(image[:, 0, 0])
        y, x = min(max(y, 0.0), height - 1.0), min(max(x, 0.0), width - 1.0)
        top, left = int(y), int(x)
        below, beside = min(top + 1, height - 1), min(left + 1, width - 1)
        v, u = y - top, x - left
        upper = image[:, top, left] * (1 - u) + image[:, top, beside] * u
        lower = image[:, below, left] * (1 - u) + image[:, below, beside] * u
        return upper * (1 - v) + lower * v

    answers = []
    for roi in rois:
        image = features[int(roi[0])]
        left, top, end, bottom = [float(edge) * spatial_scale - (0.5 if aligned else 0) for edge in roi[1:]]
        tall, wide = bottom - top, end - left
        if not aligned:
            tall, wide = max(tall, 1), max(wide, 1)
        down, across = tall / output_size[0], wide / output_size[1]
        rows = sampling_ratio if sampling_ratio > 0 else math.ceil(down)
        columns = sampling_ratio if sampling_ratio > 0 else math.ceil(across)
        for i in range(output_size[0]):
            for j in range(output_size[1]):
                total = torch.zeros_like(image[:, 0, 0])
                for a in range(rows):
                    for b in range(columns):
                        total = total + look_up(image, top + (i + (a + 0.5) / rows) * down, left + (j + (b + 0.5) / columns) * across)
                answers.append(total / max(rows * columns, 1))
    if len(answers) == 0:
        return features.new_zeros(0, features.shape[1], *output_size)
    return torch.stack(answers).view(len(rois), *output_size, -1).permute(0, 3, 1, 2)


@right("roi_align")
def with_grid_sample(features, rois, output_size, spatial_scale=1.0, sampling_ratio=-1, aligned=False):
    (h, w), (height, width) = output_size, features.shape[2:]
    out = torch.zeros(len(rois), features.shape[1], h, w, dtype=features.dtype)
    for k, roi in enumerate(rois):
        corner = roi[1:3] * spatial_scale - 0.5 * aligned
        side = (roi[3:] - roi[1:3]) * spatial_scale
        if not aligned:
            side = side.clamp(min=1)
        if sampling_ratio > 0:
            across = down = sampling_ratio
        else:
            across, down = math.ceil(side[0] / w), math.ceil(side[1] / h)
        if across * down == 0:
            continue
        x = corner[0] + (torch.arange(w * across) + 0.5).to(roi) / (w * across) * side[0]
        y = corner[1] + (torch.arange(h * down) + 0.5).to(roi) / (h * down) * side[1]
        keep = ((y >= -1) & (y <= height))[:, None] & ((x >= -1) & (x <= width))
        # Places to [-1, 1] with the edges of the map at both ends; the border goes on, and is masked after.
        grid = torch.stack(torch.broadcast_tensors((2 * x + 1) / width - 1, ((2 * y + 1) / height - 1)[:, None]), dim=-1)
        found = F.grid_sample(features[int(roi[0])][None], grid[None], padding_mode="border", align_corners=False)
        out[k] = F.avg_pool2d(found * keep, (down, across))[0]
    return out


@right("roi_align")
def with_four_gathers(features, rois, output_size, spatial_scale=1.0, sampling_ratio=-1, aligned=False):
    height, width = features.shape[2], features.shape[3]

    def axis(low, high, num, length):
        size = high - low if aligned else max(high - low, 1.0)
        count = sampling_ratio if sampling_ratio > 0 else int(math.ceil(size / num))
        spots = [low + size / num * (i + (s + 0.5) / count) for i in range(num) for s in range(count)]
        spots = torch.tensor(spots, dtype=features.dtype)
        good = ((spots >= -1) & (spots <= length)).to(features.dtype)
        spots = spots.clamp(0, length - 1)
        below = spots.floor().long()
        return below, (below + 1).clamp(max=length - 1), spots - below, good, count

    pooled = []
    for row in rois.tolist():
        image = features[int(row[0])]
        x1, y1, x2, y2 = [value * spatial_scale - (0.5 if aligned else 0.0) for value in row[1:]]
        top, bottom, v, good_y, tall = axis(y1, y2, output_size[0], height)
        left, right_, u, good_x, wide = axis(x1, x2, output_size[1], width)
        if tall == 0 or wide == 0:
            pooled.append(image.new_zeros(image.shape[0], *output_size))
            continue
        rows = image[:, top] * (1 - v)[:, None] + image[:, bottom] * v[:, None]
        values = rows[:, :, left] * (1 - u) + rows[:, :, right_] * u
        values = values * good_y[:, None] * good_x
        pooled.append(values.unflatten(1, (output_size[0], tall)).unflatten(3, (output_size[1], wide)).mean(dim=(2, 4)))
    return torch.stack(pooled) if pooled else features.new_zeros(0, features.shape[1], *output_size)


# fit_region_heads


@mistake("fit_region_heads", edit={"w @ w / 2": "w[:-1] @ w[:-1] / 2", "    for _ in range(100):": "    eye[-1, -1] = 0\n    for _ in range(100):"}, hint="The bias of your SVMs isn't punished. In this loss it is, as the weights are.")
def free_bias_of_the_svm(): ...


@mistake("fit_region_heads", edit={"eye + 2 * cost": "eye + cost", ", 2 * cost * mine.T @ y": ", cost * mine.T @ y", "cost * short.square()": "cost / 2 * short.square()"}, hint="Your cost counts half. Take the derivative of the square again, and of half of the weights' squares.")
def factor_of_two(): ...


@mistake("fit_region_heads", edit={"* 2 - 1, cost))": "* 2 - 1, cost / len(x)))"}, hint="Your SVMs punish the mean over the regions. It is their sum.")
def mean_over_the_regions(): ...


@mistake("fit_region_heads", edit={"range(100)": "range(1)"}, hint="This is where the first step leads, with all regions. Who falls short of the margin there? Not only those on the wrong side: also those on the right one that don't reach 1.")
def one_step(): ...


@mistake("fit_region_heads", edit={" * 2 - 1, cost": ", cost"}, hint="y is 1 or 0 with you. With 0, nothing pulls the others to their side: it is to be -1.")
def ones_and_zeros(): ...


@mistake("fit_region_heads", edit={"seen = labels >= 0": "seen = labels >= -1"}, hint="Regions with label -1 count as examples of something else. No SVM sees them.")
def left_out_ones_count(): ...


@mistake("fit_region_heads", edit={"seen = labels >= 0": "seen = labels > 0"}, hint="Your SVMs don't see the background. Its regions are on the other side of every class.")
def background_left_out(): ...


@mistake("fit_region_heads", edit={"(labels[seen] == k)": "(near[seen] == k)"}, hint="Your SVMs take `near` for the class. It is for the regressions, and the labels are for the SVMs.")
def near_for_labels(): ...


@mistake("fit_region_heads", edit={"features[near == k], offsets[near == k]": "features[labels == k], offsets[labels == k]"}, hint="Your regressions learn from the regions with a label. Those near an object are more, and are others.")
def labels_for_near(): ...


@mistake("fit_region_heads", edit={"features[near == k], offsets[near == k]": "features[near > 0], offsets[near > 0]"}, hint="All classes have the same regression. Each learns from regions near its own objects.")
def one_regression_for_all(): ...


@mistake("fit_region_heads", edit={"mine, targets = mine - mean_x, targets - mean_t": "mean_x, mean_t = 0 * mean_x, 0 * mean_t"}, hint="Your regressions have no bias.")
def regression_without_bias(): ...


@mistake("fit_region_heads", edit={"mean_t - weights[-1] @ mean_x": "mean_t"}, hint="The bias of your regressions is the mean of the offsets. That is right for features whose mean is zero; these had another.")
def means_of_features_forgotten(): ...


@mistake("fit_region_heads", edit={"        mine, targets = mine - mean_x, targets - mean_t\n": "        mine = F.pad(mine, (0, 1), value=1.0)\n", "weights.append(torch.linalg.solve(squares, mine.T @ targets).T)": "whole = torch.linalg.solve(squares, mine.T @ targets).T\n        weights.append(whole[:, :-1])", "mean_t - weights[-1] @ mean_x": "whole[:, -1]"}, hint="The bias of your regressions is punished as well. In this loss it is free.")
def punished_bias_of_the_regression(): ...


@mistake("fit_region_heads", edit={"alpha * torch.eye": "max(len(mine), 1) * alpha * torch.eye"}, hint="Your regressions punish by alpha times the number of regions, as if the rest were a mean. It is a sum.")
def mean_in_the_regression(): ...


@mistake("fit_region_heads", edit={"alpha * torch.eye": "alpha / 2 * torch.eye"}, hint="Your alpha counts half. Neither part of the loss of the regressions has a half in front of it.")
def half_of_alpha(): ...


@mistake("fit_region_heads", edit={"mine.sum(dim=0), targets.sum(dim=0)": "mine.mean(dim=0), targets.mean(dim=0)", "        mean_x, mean_t = mean_x / max(len(mine), 1), mean_t / max(len(mine), 1)\n": ""}, hint="The mean over no regions isn't a number. What does the docstring say of a class without any?")
def mean_of_no_regions(): ...


@mistake("fit_region_heads", edit={"range(1, num_classes + 1)": "range(num_classes)"}, hint="Your classes begin with the background. They begin with 1, which stands in row 0.")
def background_is_a_class(): ...


@mistake("fit_region_heads", edit={"x = F.pad(features[seen], (0, 1), value=1.0)": "x = F.pad(features[seen], (0, 1))"}, hint="Your SVMs have no bias: the added feature is always zero.")
def svm_without_bias(): ...


@mistake("fit_region_heads", edit={"svms.append(_fit_svm(x, (labels[seen] == k).to(x) * 2 - 1, cost))": "mine = (labels[seen] == k).to(x)\n        balance = float((1 - mine).sum() / mine.sum()) if 0 < mine.sum() < len(mine) else 1.0\n        svms.append(_fit_svm(x, mine * 2 - 1, cost * balance))"}, hint="Your cost hangs on how many regions a class has. It is c for all.")
def cost_by_numbers(): ...


@mistake("fit_region_heads", edit={"both[:, :-1], both[:, -1]": "both[:, 1:], both[:, 0]"}, hint="What you give as the bias belongs to a feature. Did the ones stand in front or behind?")
def first_for_the_bias(): ...


@mistake("fit_region_heads", edit={" * 2 - 1, cost": " * 2 - 1, alpha"}, hint="Your SVMs take alpha for their cost.")
def alpha_for_cost(): ...


@mistake("fit_region_heads", edit={"mine.sum(dim=0), targets.sum(dim=0)": "mine.sum(dim=0), (offsets * (near == k)[:, None]).sum(dim=0)"}, hint="Offsets that say nothing are multiplied by 0 with you. What is nan times 0? Choose rows before you reckon with them.")
def times_zero(): ...


@mistake("fit_region_heads", edit={"mean_t - weights[-1] @ mean_x": "mean_t - weights[-1] @ (mean_x - features.mean(dim=0))"}, hint="The bias of your regressions is for features from which the mean of all regions was taken. It is for features as they are given.")
def mean_of_all_taken_away(): ...


@mistake("fit_region_heads", edit={"features[near == k], offsets[near == k]": "features[(near == k) & seen], offsets[(near == k) & seen]"}, hint="Your regressions leave out regions with label -1. Only the SVMs don't see these.")
def unlabelled_not_near(): ...


@mistake("fit_region_heads", edit={"(labels[seen] == k)": "(labels[seen] == k - 1)"}, hint="Your classes begin with the background. They begin with 1, which stands in row 0.")
def classes_of_the_svms_from_zero(): ...


@mistake("fit_region_heads", edit={"    seen = labels >= 0\n": "    features = (features - features.mean(dim=0)) / (features.std(dim=0, unbiased=False) + 1e-8)\n    seen = labels >= 0\n"}, hint="These are weights for normalised features. The features are taken as they are given, and so are their weights punished.")
def normalised_features(): ...


@mistake("fit_region_heads", edit={"svms.append(_fit_svm(x, (labels[seen] == k).to(x) * 2 - 1, cost))": "some = (labels[seen] == k) | (labels[seen] == 0)\n        svms.append(_fit_svm(x[some], (labels[seen][some] == k).to(x) * 2 - 1, cost))"}, hint="Each of your SVMs sees its class and the background. The other classes are others, too.")
def against_the_background_only(): ...


@mistake("fit_region_heads", edit={" * 2 - 1, cost))": " * 2 - 1, cost) * (labels[seen] == k).any())"}, hint="The SVM of a class that no region has is zero with you. All its y are -1: what is its optimum?")
def no_svm_of_a_missing_class(): ...


@mistake("fit_region_heads", edit={"mine.T @ targets).T)": "mine.T @ targets).reshape(4, -1))"}, hint="Your regressions' weights are the right numbers in another order: a reshape can't turn a matrix round.")
def reshaped_regressions(): ...


def _descended(x, y, cost, power, num_steps):
    w = x.new_zeros(x.shape[1])
    for step in range(num_steps):
        short = (1 - y * (x @ w)).clamp(min=0)
        slope = (short > 0).to(x) if power == 1 else 2 * short
        rate = 1 / (step + 2) if power == 1 else 0.001
        w = w - rate * (w - cost * (slope * y) @ x)
    return w


solved_heads = fit_region_heads  # noqa: F821  # the notebook's


def _with_other_svms(features, labels, near, offsets, num_classes, cost, alpha, power, num_steps):
    _, _, weights, biases = solved_heads(features, labels, near, offsets, num_classes, cost, alpha)
    x, kinds = F.pad(features[labels >= 0], (0, 1), value=1.0), labels[labels >= 0]
    rows = [_descended(x, torch.where(kinds == k, 1.0, -1.0).to(x), cost, power, num_steps) for k in range(1, num_classes + 1)]
    return torch.stack(rows)[:, :-1], torch.stack(rows)[:, -1], weights, biases


@mistake("fit_region_heads", hint="What falls short is punished by itself, the plain hinge. It is punished by its square here.")
def plain_hinge(features, labels, near, offsets, num_classes, cost=1.0, alpha=1.0):
    return _with_other_svms(features, labels, near, offsets, num_classes, cost, alpha, 1, 300)


@mistake("fit_region_heads", hint="Your descent stops long before the optimum. How large is the gradient where it stops?")
def stopped_early(features, labels, near, offsets, num_classes, cost=1.0, alpha=1.0):
    return _with_other_svms(features, labels, near, offsets, num_classes, cost, alpha, 2, 100)


@mistake("fit_region_heads", hint="Your descent stops long before the optimum. How large is the gradient where it stops?")
def stopped_a_little_later(features, labels, near, offsets, num_classes, cost=1.0, alpha=1.0):
    return _with_other_svms(features, labels, near, offsets, num_classes, cost, alpha, 2, 200)


@right("fit_region_heads")
def with_lbfgs(features, labels, near, offsets, num_classes, cost=1.0, alpha=1.0):
    x, kinds = features[labels != -1], labels[labels != -1]
    w = torch.zeros(num_classes, features.shape[1], dtype=features.dtype, requires_grad=True)
    b = torch.zeros(num_classes, dtype=features.dtype, requires_grad=True)
    y = torch.where(kinds[:, None] == torch.arange(1, num_classes + 1), 1.0, -1.0).to(features.dtype)
    optimiser = torch.optim.LBFGS([w, b], max_iter=300, tolerance_grad=1e-7, tolerance_change=0, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        loss = (w.square().sum() + b.square().sum()) / 2 + cost * F.relu(1 - y * (x @ w.T + b)).square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    slopes = torch.zeros(num_classes, 4, features.shape[1], dtype=features.dtype)
    shifts = torch.zeros(num_classes, 4, dtype=features.dtype)
    for k in range(num_classes):
        rows = near == k + 1
        if rows.any():
            centre, target = features[rows].mean(dim=0), offsets[rows].mean(dim=0)
            tall = torch.cat([features[rows] - centre, math.sqrt(alpha) * torch.eye(features.shape[1], dtype=features.dtype)])
            wanted = torch.cat([offsets[rows] - target, torch.zeros(features.shape[1], 4, dtype=features.dtype)])
            slopes[k] = torch.linalg.lstsq(tall, wanted).solution.T
            shifts[k] = target - slopes[k] @ centre
    return w.detach(), b.detach(), slopes, shifts


@right("fit_region_heads")
def with_free_bias_as_one_more_weight(features, labels, near, offsets, num_classes, cost=1.0, alpha=1.0):
    ones = torch.ones(len(features), 1, dtype=features.dtype)
    x = torch.cat([features, ones], dim=1)
    dim = x.shape[1]
    svm = torch.zeros(num_classes, dim, dtype=features.dtype)
    ridge = torch.zeros(num_classes, dim, 4, dtype=features.dtype)
    punished = alpha * torch.eye(dim, dtype=features.dtype)
    punished[-1, -1] = 0
    for k in range(1, num_classes + 1):
        rows = labels > -1
        a, y = x[rows], torch.where(labels[rows] == k, 1.0, -1.0).to(features.dtype)
        w = svm[k - 1]
        value = float("inf")
        for _ in range(200):
            left = torch.relu(1 - y * (a @ w))
            grad = w - 2 * cost * a.T @ (y * left)
            if grad.norm() < 1e-9:
                break
            hessian = torch.eye(dim, dtype=features.dtype) + 2 * cost * a.T @ (a * (left > 0)[:, None])
            direction = torch.linalg.solve(hessian, grad)
            value = w.square().sum() / 2 + cost * left.square().sum()
            for half in range(30):
                there = w - direction / 2**half
                if there.square().sum() / 2 + cost * torch.relu(1 - y * (a @ there)).square().sum() <= value:
                    break
            w = there
        svm[k - 1] = w
        rows = near == k
        if int(rows.sum()) > 0:
            ridge[k - 1] = torch.linalg.solve(x[rows].T @ x[rows] + punished, x[rows].T @ offsets[rows])
    return svm[:, :-1], svm[:, -1], ridge[:, :-1].transpose(1, 2), ridge[:, -1]


@right("fit_region_heads")
def by_accelerated_descent(features, labels, near, offsets, num_classes, cost=1.0, alpha=1.0):
    mask = labels >= 0
    x = F.pad(features[mask], (0, 1), value=1.0)
    y = (labels[mask, None] == torch.arange(1, num_classes + 1)).to(features.dtype) * 2 - 1
    steepest = 1 + 2 * cost * float(torch.linalg.matrix_norm(x, 2)) ** 2
    keep = (steepest**0.5 - 1) / (steepest**0.5 + 1)
    w = torch.zeros(x.shape[1], num_classes, dtype=features.dtype)
    ahead = w
    for _ in range(5000):
        slope = ahead - 2 * cost * x.T @ (y * (1 - y * (x @ ahead)).clamp(min=0))
        if slope.abs().max() < 1e-8:
            break
        after = ahead - slope / steepest
        ahead, w = after + keep * (after - w), after
    slopes = torch.zeros(num_classes, 4, features.shape[1], dtype=features.dtype)
    shifts = torch.zeros(num_classes, 4, dtype=features.dtype)
    for k in range(num_classes):
        z, t = features[near == k + 1], offsets[near == k + 1]
        if len(z) > 0:
            centred = z - z.mean(dim=0)
            gram = centred @ centred.T + alpha * torch.eye(len(z), dtype=z.dtype)  # as many rows as regions: the dual
            slopes[k] = torch.linalg.solve(gram, t - t.mean(dim=0)).T @ centred
            shifts[k] = t.mean(dim=0) - slopes[k] @ z.mean(dim=0)
    return ahead[:-1].T, ahead[-1], slopes, shifts
