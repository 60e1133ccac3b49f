"""What students write in evaluation: mistakes with the hint each deserves, and other right answers."""

import math

import torch
from torchvision.ops import box_area

from autograder.authoring import mistake, right

solved_recall, solved_numbers = average_recall, coco_numbers


# nms


@mistake("nms", edit={"        if not gone[place]:\n": "        if True:\n            if gone[place]:\n                gone |= rivals[place]\n                continue\n"}, hint="A box that is gone still removes others. Whoever was removed does nothing any more.")
def the_gone_remove(): ...


@mistake("nms", edit={"> iou_threshold": ">= iou_threshold"}, hint="Exactly the threshold removes as well. Only more than the threshold is too much.")
def at_the_threshold(): ...


@mistake("nms", edit={"scores.argsort(descending=True, stable=True).tolist()": "range(len(scores))"}, hint="The boxes are gone through in the order in which they lie in `boxes`. Their scores say who comes first, and in which order the places come back.")
def without_sorting(): ...


@mistake("nms", edit={"descending=True, stable=True": "stable=True"}, hint="The lowest score comes first. It is the highest that has the right to remove others.")
def lowest_first(): ...


@mistake("nms", edit={"scores.argsort(descending=True, stable=True)": "scores.argsort(stable=True).flip(0)"}, hint="Of equal scores the last box comes first: turned round, a sorted list turns its ties round too.")
def ties_turned_round(): ...


@mistake("nms", edit={"return torch.tensor(left, dtype=torch.int64, device=boxes.device)": "return torch.tensor(sorted(left), dtype=torch.int64, device=boxes.device)"}, hint="The right boxes are left, but they come in the order of their places. They are to come by falling score.")
def sorted_by_place(): ...


@mistake("nms", edit={"    if labels is not None:\n        rivals &= labels[:, None] == labels\n": ""}, hint="The labels are not looked at: boxes of different classes remove each other.")
def without_labels(): ...


@mistake("nms", edit={"labels[:, None] == labels": "labels[:, None] != labels"}, hint="Exactly the wrong ones remove each other: those of different classes do, and those of one class don't.")
def only_other_labels(): ...


@mistake("nms", hint="The boxes of each class are moved out of the way by the largest number, and where there are negative places that is not far enough: two classes come to lie on each other.")
def moves_classes_away(boxes, scores, iou_threshold, labels=None):
    if labels is not None and len(boxes):
        ranks = torch.unique(labels, return_inverse=True)[1]
        boxes = boxes + (ranks * (boxes.max() + 1))[:, None]
    iou = overlaps(boxes, boxes)
    left = []
    for place in scores.argsort(descending=True, stable=True).tolist():
        if all(iou[place, other] <= iou_threshold for other in left):
            left.append(place)
    return torch.tensor(left, dtype=torch.int64)


@mistake("nms", hint="The classes are thinned out one after the other, and so they come back. One list is asked for, by falling score over all classes.")
def one_class_after_the_other(boxes, scores, iou_threshold, labels=None):
    labels = torch.zeros_like(scores, dtype=torch.int64) if labels is None else labels
    iou = overlaps(boxes, boxes)
    left = []
    for label in labels.unique().tolist():
        order = [k for k in scores.argsort(descending=True, stable=True).tolist() if labels[k] == label]
        own = []
        for place in order:
            if all(iou[place, other] <= iou_threshold for other in own):
                own.append(place)
        left += own
    return torch.tensor(left, dtype=torch.int64)


@mistake("nms", hint="Widths are counted with one pixel too many: a box from 0 to 1 is 1 wide.")
def one_pixel_more(boxes, scores, iou_threshold, labels=None):
    wide = boxes + boxes.new_tensor([0, 0, 1, 1])
    iou = overlaps(wide, wide)
    left = []
    for place in scores.argsort(descending=True, stable=True).tolist():
        same = [other for other in left if labels is None or labels[other] == labels[place]]
        if all(iou[place, other] <= iou_threshold for other in same):
            left.append(place)
    return torch.tensor(left, dtype=torch.int64)


@mistake("nms", hint="What both share is divided by the area of one of them. IoU divides by the union: a small box inside a large one has a small IoU.")
def over_the_smaller(boxes, scores, iou_threshold, labels=None):
    iou = overlaps(boxes, boxes)
    area = box_area(boxes)
    both = iou * (area[:, None] + area) / (1 + iou)
    share = (both / torch.minimum(area[:, None], area)).nan_to_num()
    left = []
    for place in scores.argsort(descending=True, stable=True).tolist():
        same = [other for other in left if labels is None or labels[other] == labels[place]]
        if all(share[place, other] <= iou_threshold for other in same):
            left.append(place)
    return torch.tensor(left, dtype=torch.int64)


@mistake("nms", edit={"return torch.tensor(left, dtype=torch.int64, device=boxes.device)": "return boxes[torch.tensor(left, dtype=torch.int64, device=boxes.device)]"}, hint="The boxes themselves come back. What is asked for are their places in `boxes`.")
def returns_boxes(): ...


@mistake("nms", edit={"torch.tensor(left, dtype=torch.int64, device=boxes.device)": "torch.tensor(left, device=boxes.device)"}, hint="With no box left, torch.tensor([]) holds floats. Say the dtype.")
def no_dtype(): ...


@mistake("nms", edit={"labels[:, None] == labels": "(labels[:, None] == labels) | (labels[:, None] == 0)"}, hint="Boxes with label 0 remove those of other labels too. 0 is a label like any other.")
def label_0_is_none(): ...


@mistake("nms", edit={"for place in scores.argsort(descending=True, stable=True).tolist():": "for turn, place in enumerate(scores.argsort(descending=True, stable=True).tolist()):", "left.append(place)": "left.append(turn)"}, hint="The places are those in the sorted list. What is asked for are places in `boxes`.")
def places_in_the_sorted_list(): ...


@mistake("nms", edit={"rivals = overlaps(boxes, boxes) > iou_threshold": "moved = boxes\n    if labels is not None and len(boxes):\n        moved = boxes + (labels * (boxes.max() - boxes.min() + 1))[:, None]\n    rivals = overlaps(moved, moved) > iou_threshold", "    if labels is not None:\n        rivals &= labels[:, None] == labels\n": ""}, hint="The boxes of each class are moved out of the way by a multiple of the label. Where labels are large, so are the places, and what is left of a box's size is rounded away.")
def moves_by_the_label(): ...


@mistake("nms", edit={"rivals = overlaps(boxes, boxes) > iou_threshold": "moved = boxes\n    if labels is not None and len(boxes):\n        moved = boxes + (labels * (boxes.max() + 1))[:, None]\n    rivals = overlaps(moved, moved) > iou_threshold", "    if labels is not None:\n        rivals &= labels[:, None] == labels\n": ""}, hint="The boxes of each class are moved out of the way by the largest coordinate. Where some are negative that is not far enough, and by a large label what is left of a box is rounded away.")
def moves_classes_by_the_largest_coordinate(): ...


@right("nms")
def by_taking_off_a_list(boxes, scores, iou_threshold, labels=None):
    waiting = scores.argsort(descending=True, stable=True)
    found = []
    while len(waiting):
        best, waiting = waiting[:1], waiting[1:]
        found.append(best)
        stays = overlaps(boxes[best], boxes[waiting])[0] <= iou_threshold
        if labels is not None:
            stays = stays | (labels[waiting] != labels[best])
        waiting = waiting[stays]
    return torch.cat(found) if found else torch.zeros(0, dtype=torch.int64, device=boxes.device)


@right("nms")
def by_looking_back(boxes, scores, iou_threshold, labels=None):
    order = sorted(range(len(scores)), key=lambda k: (-float(scores[k]), k))
    kept = []
    for k in order:
        for other in kept:
            is_rival = labels is None or bool(labels[k] == labels[other])
            if is_rival and float(overlaps(boxes[k : k + 1], boxes[other : other + 1])) > iou_threshold:
                break
        else:
            kept.append(k)
    return torch.tensor(kept, dtype=torch.int64, device=boxes.device)


@right("nms")
def in_a_sorted_table(boxes, scores, iou_threshold, labels=None):
    order = torch.sort(scores, descending=True, stable=True).indices
    table = overlaps(boxes[order], boxes[order])
    if labels is not None:
        table = torch.where(labels[order][:, None] == labels[order][None], table, torch.zeros_like(table))
    table = (table > iou_threshold).triu(diagonal=1)
    stays = torch.ones(len(order), dtype=torch.bool, device=boxes.device)
    for k in range(len(order)):
        stays[k] = ~(table[:k, k] & stays[:k]).any()
    return order[stays]


@right("nms")
def class_by_class_and_sorted_at_the_end(boxes, scores, iou_threshold, labels=None):
    if labels is None:
        labels = torch.zeros(len(scores), dtype=torch.int64, device=boxes.device)
    stays = torch.zeros(len(scores), dtype=torch.bool, device=boxes.device)
    for label in labels.unique():
        mine = torch.nonzero(labels == label).flatten()
        mine = mine[scores[mine].argsort(descending=True, stable=True)]
        while len(mine):
            stays[mine[0]] = True
            mine = mine[1:][overlaps(boxes[mine[:1]], boxes[mine[1:]])[0] <= iou_threshold]
    places = stays.nonzero().flatten()
    return places[scores[places].argsort(descending=True, stable=True)]


# soft_nms


@mistake("soft_nms", edit={"int(present.masked_fill(~waits, -1.0).argmax())": "int(scores.masked_fill(~waits, -1.0).argmax())"}, hint="The order is that of the scores at the start. A box that was lowered may be overtaken.")
def by_the_first_scores(): ...


@mistake("soft_nms", edit={"final[best] = present[best]": "final[best] = scores[best]"}, hint="The scores that come back are those from the start. Each box keeps the score with which it was taken.")
def returns_old_scores(): ...


@mistake("soft_nms", edit={"return places, final[places]": "return places, present[places]"}, hint="Scores go on falling after a box was taken, by its own overlap with itself and by that with later ones. It keeps the score with which it was taken.")
def lowers_what_was_taken(): ...


@mistake("soft_nms", edit={"iou > iou_threshold": "iou >= iou_threshold"}, hint="An IoU of exactly the threshold lowers the score too. Only more than the threshold does.")
def soft_at_the_threshold(): ...


@mistake("soft_nms", edit={"torch.where(iou > iou_threshold, 1 - iou, 1.0)": "1 - iou"}, hint="The linear way lowers every score that overlaps at all. It begins above the threshold.")
def linear_everywhere(): ...


@mistake("soft_nms", edit={"torch.where(iou > iou_threshold, 1 - iou, 1.0)": "torch.where(iou > iou_threshold, 0.0, 1.0)"}, hint="What overlaps too much loses its whole score: that is plain NMS. The linear way multiplies by 1 - IoU.")
def hard_after_all(): ...


@mistake("soft_nms", edit={"torch.exp(-iou.square() / sigma)": "torch.where(iou > iou_threshold, torch.exp(-iou.square() / sigma), 1.0)"}, hint="The Gaussian way has no threshold: it lowers whatever the IoU.")
def gaussian_with_threshold(): ...


@mistake("soft_nms", edit={"-iou.square() / sigma": "-iou.square() / (2 * sigma**2)"}, hint="The exponent is divided by 2 sigma², as in a density. Here it is IoU² / sigma.")
def sigma_as_in_a_density(): ...


@mistake("soft_nms", edit={"-iou.square() / sigma": "-iou / sigma"}, hint="The IoU in the exponent isn't squared.")
def gaussian_without_a_square(): ...


@mistake("soft_nms", edit={"present[best] < min_score": "present[best] <= min_score"}, hint="A score of exactly min_score is left behind. It ends only below it.")
def ends_at_the_least(): ...


@mistake("soft_nms", edit={"        if present[best] < min_score:\n            break\n": ""}, hint="Boxes come back with scores below min_score: it never ends before all are taken.")
def takes_all(): ...


@mistake("soft_nms", hint="Scores below min_score are sorted out at the start only. They may fall below it on the way.")
def drops_low_scores_at_first(boxes, scores, method="linear", iou_threshold=0.3, sigma=0.5, min_score=0.001):
    if method not in ("linear", "gaussian"):
        raise ValueError(method)
    iou = overlaps(boxes, boxes)
    waiting = [k for k in range(len(scores)) if scores[k] >= min_score]
    now, places, found = scores.clone(), [], []
    while waiting:
        best = max(waiting, key=lambda k: (float(now[k]), -k))
        waiting.remove(best)
        places.append(best)
        found.append(float(now[best]))
        for k in waiting:
            if method == "gaussian":
                now[k] *= torch.exp(-iou[best, k] ** 2 / sigma)
            elif iou[best, k] > iou_threshold:
                now[k] *= 1 - iou[best, k]
    return torch.tensor(places, dtype=torch.int64), torch.tensor(found, dtype=scores.dtype)


@mistake("soft_nms", hint="Of equal scores the last box is taken. It should be the one that comes first in `boxes`.")
def last_of_ties(boxes, scores, method="linear", iou_threshold=0.3, sigma=0.5, min_score=0.001):
    if method not in ("linear", "gaussian"):
        raise ValueError(method)
    iou = overlaps(boxes, boxes)
    factor = torch.exp(-(iou**2) / sigma) if method == "gaussian" else torch.where(iou > iou_threshold, 1 - iou, 1.0)
    waiting, now, places, found = list(range(len(scores))), scores.clone(), [], []
    while waiting:
        best = max(waiting, key=lambda k: (float(now[k]), k))
        if now[best] < min_score:
            break
        waiting.remove(best)
        places.append(best)
        found.append(now[best].clone())
        now = now * factor[best]
    return torch.tensor(places, dtype=torch.int64), torch.stack(found) if found else scores[:0].clone()


@mistake("soft_nms", edit={"raise ValueError(f\"method is linear or gaussian, not {method!r}\")": "method = \"linear\""}, hint="Another word passes for one of the two methods. It is to be refused with a ValueError.")
def takes_any_method(): ...


@mistake("soft_nms", hint="Each box is lowered once, by all that had higher scores at the start. But scores fall on the way, and with them the order.")
def all_at_once(boxes, scores, method="linear", iou_threshold=0.3, sigma=0.5, min_score=0.001):
    if method not in ("linear", "gaussian"):
        raise ValueError(method)
    order = scores.argsort(descending=True, stable=True)
    iou = overlaps(boxes, boxes)[order][:, order]
    factor = torch.exp(-(iou**2) / sigma) if method == "gaussian" else torch.where(iou > iou_threshold, 1 - iou, 1.0)
    lowered = scores[order] * torch.where(torch.ones_like(factor).triu(1) > 0, factor, 1.0).prod(dim=0)
    again = lowered.argsort(descending=True, stable=True)
    again = again[lowered[again] >= min_score]
    return order[again], lowered[again]


@mistake("soft_nms", edit={"torch.tensor(taken, dtype=torch.int64, device=boxes.device)": "torch.tensor(taken, device=boxes.device)"}, hint="With no box taken, torch.tensor([]) holds floats, and these are no places. Say the dtype.")
def places_without_a_dtype(): ...


@mistake("soft_nms", edit={"return places, final[places]": "return places.sort().values, final[places]"}, hint="The places are sorted. They are to come in the order in which the boxes are taken.")
def soft_sorted_by_place(): ...


@mistake("soft_nms", edit={"return places, final[places]": "places = places.sort().values\n    return places, final[places]"}, hint="The places are sorted. They are to come in the order in which the boxes are taken.")
def all_sorted_by_place(): ...


@mistake("soft_nms", edit={"if method not in (\"linear\", \"gaussian\"):": "if method not in (\"linear\", \"gaussian\") and len(boxes):"}, hint="For no boxes, another method passes. It is to be refused before anything is looked at.")
def refuses_late(): ...


@mistake("soft_nms", edit={"present = present * factors[best]": "present = scores * factors[best]"}, hint="Each turn begins anew with the scores from the start, so only the last box that was taken lowers. What was lowered stays lowered.")
def begins_anew(): ...


@mistake("soft_nms", edit={"scores.clone(), []": "scores, []", "present = present * factors[best]": "present[waits] *= factors[best][waits]"}, hint="The lowered scores are written into the `scores` that were given, and a second call begins with these. Work on a copy.")
def writes_into_the_scores(): ...


@right("soft_nms")
def by_shrinking_lists(boxes, scores, method="linear", iou_threshold=0.3, sigma=0.5, min_score=0.001):
    if method not in {"linear", "gaussian"}:
        raise ValueError("no such method")
    rest, now = torch.arange(len(scores), device=boxes.device), scores
    places, found = [rest[:0]], [scores[:0]]
    while len(rest):
        k = now.max(dim=0).indices
        if not now[k] >= min_score:
            break
        places.append(rest[k][None])
        found.append(now[k][None])
        others = torch.arange(len(rest), device=boxes.device) != k
        iou = overlaps(boxes[rest[k]][None], boxes[rest[others]])[0]
        if method == "linear":
            factor = 1 - iou * (iou > iou_threshold)
        else:
            factor = (-(iou**2) / sigma).exp()
        rest, now = rest[others], now[others] * factor
    return torch.cat(places), torch.cat(found)


@right("soft_nms")
def by_plain_python(boxes, scores, method="linear", iou_threshold=0.3, sigma=0.5, min_score=0.001):
    ["linear", "gaussian"].index(method)  # a ValueError where it is neither
    iou = overlaps(boxes, boxes)
    waiting = dict(enumerate(scores.unbind()))
    taken = {}
    while waiting:
        best = min(waiting, key=lambda k: (-float(waiting[k]), k))
        score = waiting.pop(best)
        if score < min_score:
            break
        taken[best] = score
        for k, old in waiting.items():
            if method == "gaussian":
                waiting[k] = old * torch.exp(-iou[best, k] * iou[best, k] / sigma)
            elif iou[best, k] > iou_threshold:
                waiting[k] = old - old * iou[best, k]
    places = torch.tensor(list(taken), dtype=torch.int64, device=boxes.device)
    found = torch.stack(list(taken.values())) if taken else scores.new_zeros(0)
    return places, found


@right("soft_nms")
def by_swapping_in_place(boxes, scores, method="linear", iou_threshold=0.3, sigma=0.5, min_score=0.001):
    if method != "linear" and method != "gaussian":
        raise ValueError(method)
    num = len(scores)
    now = scores.clone()
    order = list(range(num))
    for start in range(num):
        best = start + max(range(num - start), key=lambda k: (float(now[order[start + k]]), -order[start + k]))
        if now[order[best]] < min_score:
            num = start
            break
        order[start], order[best] = order[best], order[start]
        for k in order[start + 1 :]:
            iou = overlaps(boxes[order[start]][None], boxes[k][None])[0, 0]
            if method == "gaussian":
                now[k] = now[k] * torch.exp(-(iou**2) / sigma)
            elif iou > iou_threshold:
                now[k] = now[k] * (1 - iou)
    places = torch.tensor(order[:num], dtype=torch.int64, device=boxes.device)
    return places, now[places]


# diou_nms


@mistake("diou_nms", edit={"overlaps(boxes, boxes) - far": "overlaps(boxes, boxes)"}, hint="The distance of the middles makes no difference: this is NMS by IoU alone.")
def by_iou_alone(): ...


@mistake("diou_nms", edit={"overlaps(boxes, boxes) - far": "overlaps(boxes, boxes) + far"}, hint="A larger distance makes boxes remove each other more easily. The quotient is to be subtracted.")
def adds_the_distance(): ...


@mistake("diou_nms", edit={"apart / diagonal, 0.0)": "apart / diagonal, 0.0).sqrt()"}, hint="The quotient is d / c. Both are squared.")
def not_squared(): ...


@mistake("diou_nms", edit={" ** power": ""}, hint="The power is not heeded.")
def without_power(): ...


@mistake("diou_nms", edit={"begins = torch.minimum(": "begins = torch.maximum(", "ends = torch.maximum(": "ends = torch.minimum("}, hint="c is the diagonal of what the boxes share. It is that of the smallest box around both.")
def diagonal_of_the_intersection(): ...


@mistake("diou_nms", edit={"diagonal = (ends - begins).square().sum(dim=2)": "diagonal = (ends - begins).prod(dim=2)"}, hint="c² is taken for the area of the box around both, as GIoU takes it. It is the square of its diagonal.")
def area_for_diagonal(): ...


@mistake("diou_nms", edit={"middles = (boxes[:, :2] + boxes[:, 2:]) / 2": "middles = (boxes[:, 2:] - boxes[:, :2]) / 2"}, hint="The middle is half of the sum of both edges. Half of their difference is half a width.")
def half_widths(): ...


@mistake("diou_nms", edit={"middles = (boxes[:, :2] + boxes[:, 2:]) / 2": "middles = boxes[:, :2]"}, hint="The distance is that of the upper left corners. It is to be that of the middles.")
def distance_of_corners(): ...


@mistake("diou_nms", edit={"torch.where(diagonal > 0, apart / diagonal, 0.0)": "(apart / diagonal)"}, hint="Of two points at one place, distance and diagonal are 0, and 0 / 0 is nan. Where c is 0, nothing is subtracted.")
def nan_of_points(): ...


@mistake("diou_nms", edit={"overlaps(boxes, boxes) - far > threshold": "(overlaps(boxes, boxes) - far).clamp(min=0) > threshold"}, hint="Negative numbers are set to 0. DIoU falls down to -1, and so may the threshold.")
def cut_at_zero(): ...


@mistake("diou_nms", edit={"- far > threshold": "- far >= threshold"}, hint="Exactly the threshold removes as well. Only more than the threshold is too much.")
def diou_at_the_threshold(): ...


@mistake("diou_nms", edit={"scores.argsort(descending=True, stable=True)": "scores.argsort(stable=True).flip(0)"}, hint="Of equal scores the last box comes first: turned round, a sorted list turns its ties round too.")
def diou_ties_turned_round(): ...


@mistake("diou_nms", edit={"        if not out[place]:\n": "        if True:\n            if out[place]:\n                out = out | too_much[place]\n                continue\n"}, hint="A box that is out still removes others. Whoever was removed does nothing any more.")
def the_out_remove(): ...


@mistake("diou_nms", edit={"torch.tensor(stays,": "torch.tensor(sorted(stays),"}, hint="The right boxes are left, but they come in the order of their places. They are to come by falling score.")
def diou_sorted_by_place(): ...


@mistake("diou_nms", edit={"(boxes[:, :2] + boxes[:, 2:]) / 2": "boxes[:, :2] + boxes[:, 2:]"}, hint="The distance is twice too long: the sum of both edges is taken for a middle. It is half of that.")
def sums_for_middles(): ...


@mistake("diou_nms", edit={" ** power": "", "overlaps(boxes, boxes) - far > threshold": "(overlaps(boxes, boxes) - far).relu() ** power > threshold"}, hint="The power is taken of the whole difference. It belongs to the quotient alone.")
def power_of_all(): ...


@mistake("diou_nms", edit={" ** power": "", "overlaps(boxes, boxes) - far > threshold": "(overlaps(boxes, boxes) - far) ** power > threshold"}, hint="The power is taken of the whole difference. It belongs to the quotient alone.")
def power_of_what_may_be_negative(): ...


@mistake("diou_nms", edit={"(ends - begins).square().sum(dim=2)": "(ends - begins).square()[:, :, 0]"}, hint="c is taken for the width of the box around both. It is its diagonal: the height has a part in it.")
def width_for_diagonal(): ...


@mistake("diou_nms", edit={"apart / diagonal, 0.0)": "apart / (diagonal + 1e-3), 0.0)"}, hint="Something is added to the denominator, and for small boxes that is not little. Only where c is 0 something must be done.")
def something_added_below(): ...


@mistake("diou_nms", edit={"overlaps(boxes, boxes)": "box_iou(boxes, boxes)"}, hint="The IoU of two boxes without area is nan, and nothing compares with that. It should be 0, as `overlaps` has it.")
def nan_of_lines(): ...


@right("diou_nms")
def pair_by_pair(boxes, scores, threshold, power=1.0):
    kept = []
    for k in sorted(range(len(scores)), key=lambda k: (-float(scores[k]), k)):
        for other in kept:
            a, b = boxes[other].tolist(), boxes[k].tolist()
            d = ((a[0] + a[2] - b[0] - b[2]) ** 2 + (a[1] + a[3] - b[1] - b[3]) ** 2) / 4
            c = (max(a[2], b[2]) - min(a[0], b[0])) ** 2 + (max(a[3], b[3]) - min(a[1], b[1])) ** 2
            iou = float(overlaps(boxes[other : other + 1], boxes[k : k + 1]))
            if iou - ((d / c) ** power if c > 0 else 0) > threshold:
                break
        else:
            kept.append(k)
    return torch.tensor(kept, dtype=torch.int64, device=boxes.device)


@right("diou_nms")
def against_the_rest(boxes, scores, threshold, power=1.0):
    rest = scores.argsort(descending=True, stable=True)
    kept = []
    while len(rest) > 0:
        top, rest = rest[0], rest[1:]
        kept.append(top)
        one, others = boxes[top][None], boxes[rest]
        d = ((one[:, 0::2].mean(1) - others[:, 0::2].mean(1)) ** 2) + (one[:, 1::2].mean(1) - others[:, 1::2].mean(1)) ** 2
        both = torch.stack([one.expand_as(others), others])
        around = both[..., 2:].amax(0) - both[..., :2].amin(0)
        far = (d / around.pow(2).sum(1)).nan_to_num().pow(power)
        rest = rest[overlaps(one, others)[0] - far <= threshold]
    return torch.stack(kept) if kept else torch.zeros(0, dtype=torch.int64, device=boxes.device)


@right("diou_nms")
def by_columns(boxes, scores, threshold, power=1.0):
    x1, y1, x2, y2 = boxes.unbind(dim=1)
    cx, cy = x1 + (x2 - x1) / 2, y1 + (y2 - y1) / 2
    width = torch.max(x2[:, None], x2[None]) - torch.min(x1[:, None], x1[None])
    height = torch.max(y2[:, None], y2[None]) - torch.min(y1[:, None], y1[None])
    c2 = width * width + height * height
    d2 = (cx[:, None] - cx) ** 2 + (cy[:, None] - cy) ** 2
    value = overlaps(boxes, boxes) - (d2 / c2.masked_fill(c2 == 0, 1.0)) ** power
    order = scores.argsort(descending=True, stable=True)
    alive = torch.ones(len(order), dtype=torch.bool, device=boxes.device)
    for k in range(len(order)):
        if alive[k]:
            alive[k + 1 :] &= value[order[k], order[k + 1 :]] <= threshold
    return order[alive]


# match_detections


@mistake("match_detections", hint="Each detection looks at its best object only, and gives up where that is taken. It is to take the best of those that are still free.")
def gives_up(iou, threshold, ignored=None, crowd=None):
    num = iou.shape[1]
    crowd = torch.zeros(num, dtype=torch.bool) if crowd is None else crowd
    ignored = crowd if ignored is None else ignored | crowd
    taken, takes = set(), []
    for row in iou:
        takes.append(-1)
        for pool in (~ignored, ignored):
            able = pool & (row >= threshold)
            if able.any():
                best = num - 1 - int(row.masked_fill(~able, -1).flip(0).argmax())
                if best not in taken:
                    takes[-1] = best
                    if not crowd[best]:
                        taken.add(best)
                break
    return torch.tensor(takes, dtype=torch.int64)


@mistake("match_detections", edit={"            free[taken] = False\n": ""}, hint="An object is taken again and again. Once taken, it is no longer free, so that a second detection of it is wrong.")
def never_taken(): ...


@mistake("match_detections", edit={"reaches = iou >= threshold": "reaches = iou > threshold"}, hint="An IoU of exactly the threshold is refused. It will do.")
def above_the_threshold(): ...


@mistake("match_detections", edit={".masked_fill(~choice, -1.0).flip(0)": ".masked_fill(~choice, -1.0)", "num_objects - 1 - int(backwards.argmax())": "int(backwards.argmax())"}, hint="Of equal overlaps the first object is taken. COCO takes the last.")
def first_of_equals(): ...


@mistake("match_detections", edit={"choice = choice if choice.any() else may": "choice = may"}, hint="Objects that don't count are taken for their higher overlap. They come only where nothing that counts is to be had.")
def ignored_as_good_as_others(): ...


@mistake("match_detections", edit={"choice = choice if choice.any() else may": ""}, hint="Objects that don't count are never taken: their detections go on to count as wrong.")
def ignored_never_taken(): ...


@mistake("match_detections", edit={"(free | crowd)": "(free | ignored)"}, hint="An ignored object is taken again and again. Only crowds are never used up.")
def ignored_never_used_up(): ...


@mistake("match_detections", edit={"(free | crowd)": "free"}, hint="A crowd is used up by its first detection. Any number of detections may take it.")
def crowd_used_up(): ...


@mistake("match_detections", edit={"ignored | crowd": "ignored"}, hint="A crowd that isn't named among the ignored objects counts. Crowds never count, whatever `ignored` says.")
def crowd_counts(): ...


@mistake("match_detections", edit={"ignored = crowd if ignored is None": "ignored = nobody if ignored is None"}, hint="A crowd that isn't named among the ignored objects counts. Crowds never count, whatever `ignored` says.")
def crowd_counts_without_ignored(): ...


@mistake("match_detections", hint="The objects choose, one after the other. It is the detections that choose, the best score first.")
def objects_choose(iou, threshold, ignored=None, crowd=None):
    num, count = iou.shape
    crowd = torch.zeros(count, dtype=torch.bool) if crowd is None else crowd
    ignored = crowd if ignored is None else ignored | crowd
    takes = torch.full((num,), -1)
    for group in (~ignored, ignored & ~crowd, crowd):
        for g in torch.nonzero(group).flatten().tolist():
            able = (takes < 0) & (iou[:, g] >= threshold)
            if able.any() and crowd[g]:
                takes[able] = g
            elif able.any():
                takes[iou[:, g].masked_fill(~able, -1).argmax()] = g
    return takes


@mistake("match_detections", hint="Pairs are made by falling overlap, over all detections. The detections choose in their order, the best score first, even where a later one overlaps more.")
def best_pairs_first(iou, threshold, ignored=None, crowd=None):
    num, count = iou.shape
    crowd = torch.zeros(count, dtype=torch.bool) if crowd is None else crowd
    ignored = crowd if ignored is None else ignored | crowd
    takes, taken = [-1] * num, set()
    pairs = [(bool(ignored[g]), -float(iou[d, g]), d, -g) for d in range(num) for g in range(count)]
    for _, overlap, d, g in sorted(pairs):
        if -overlap >= threshold and takes[d] < 0 and (-g not in taken or crowd[-g]):
            takes[d] = -g
            taken.add(-g)
    return torch.tensor(takes, dtype=torch.int64)


@mistake("match_detections", edit={"(len(iou),), -1,": "(len(iou),), num_objects,"}, hint="Who takes nothing is to have -1.")
def number_for_nothing(): ...


@mistake("match_detections", edit={"return takes": "return takes[takes >= 0]"}, hint="There are fewer answers than detections: who takes nothing needs a -1.")
def leaves_out_who_takes_nothing(): ...


@mistake("match_detections", edit={"iou[place].masked_fill(~choice, -1.0).flip(0)": "choice.int().flip(0)"}, hint="Of the objects that reach the threshold the last one is taken. It should be the one with the highest IoU.")
def the_last_that_reaches(): ...


@mistake("match_detections", edit={"iou[place].masked_fill(~choice, -1.0).flip(0)": "choice.int()", "num_objects - 1 - int(backwards.argmax())": "int(backwards.argmax())"}, hint="Of the objects that reach the threshold the first one is taken. It should be the one with the highest IoU.")
def the_first_that_reaches(): ...


@mistake("match_detections", edit={"ignored = crowd if ignored is None else ignored | crowd": "ignored = nobody if ignored is None else ignored"}, hint="A crowd that isn't named among the ignored objects counts. Crowds never count, whatever `ignored` says.")
def crowd_counts_with_and_without(): ...


@mistake("match_detections", edit={"ignored = crowd if ignored is None else ignored | crowd": "ignored = nobody if ignored is None else ignored\n    crowd = crowd & ignored"}, hint="A crowd that isn't named among the ignored objects is used up like any other. Crowds are crowds, whatever `ignored` says.")
def no_crowd_unless_ignored(): ...


@mistake("match_detections", edit={"for place in reaches.any(dim=1).nonzero()[:, 0].tolist():": "for place in sorted(range(len(iou)), key=lambda d: -float(iou[d].amax()) if num_objects else 0):"}, hint="The detection with the highest IoU chooses first. They choose in the order of the rows.")
def rows_by_their_highest(): ...


@mistake("match_detections", edit={"choice = may & ~ignored": "choice = may & ignored"}, hint="Objects that don't count are taken first. They come only where nothing that counts is to be had.")
def ignored_come_first(): ...


@mistake("match_detections", edit={"choice if choice.any() else may": "choice if choice.any() or (free & ~ignored).any() else may"}, hint="As long as any object that counts is free, no ignored one is taken. It depends on whether a free one reaches the threshold.")
def ignored_only_where_none_is_free(): ...


@mistake("match_detections", edit={"(len(iou),), -1,": "(len(iou),), 0,"}, hint="Who takes nothing is to have -1.")
def zero_for_nothing(): ...


@right("match_detections")
def as_cocos_own_program(iou, threshold, ignored=None, crowd=None):
    num, count = iou.shape
    is_crowd = [False] * count if crowd is None else crowd.tolist()
    skip = [False] * count if ignored is None else ignored.tolist()
    skip = [a or b for a, b in zip(skip, is_crowd, strict=True)]
    order = sorted(range(count), key=lambda g: skip[g])
    had, takes = set(), torch.full((num,), -1, dtype=torch.int64, device=iou.device)
    for d in range(num):
        best, m = threshold, -1
        for g in order:
            if g in had and not is_crowd[g]:
                continue
            if m >= 0 and not skip[m] and skip[g]:
                break
            if iou[d, g] < best:
                continue
            best, m = iou[d, g], g
        if m >= 0:
            takes[d] = m
            had.add(m)
    return takes


@right("match_detections")
def by_a_table_that_is_crossed_out(iou, threshold, ignored=None, crowd=None):
    num, count = iou.shape
    answer = torch.full((num,), -1, dtype=torch.int64, device=iou.device)
    if num == 0 or count == 0:
        return answer
    never = torch.zeros(count, dtype=torch.bool, device=iou.device)
    crowd = never if crowd is None else crowd
    skip = crowd if ignored is None else torch.logical_or(ignored, crowd)
    table = torch.where(iou >= threshold, iou, -1.0)
    table = table + torch.where(skip | (table < 0), 0, 10).to(table.dtype)
    places = torch.arange(count, device=iou.device)
    for d in range(num):
        top = table[d].max()
        if top < 0:
            continue
        g = places[table[d] == top].max()
        answer[d] = g
        if not crowd[g]:
            table[:, g] = -1
    return answer


@right("match_detections")
def by_sorting_each_row(iou, threshold, ignored=None, crowd=None):
    crowds = set() if crowd is None else {g for g, is_one in enumerate(crowd.tolist()) if is_one}
    skipped = set(crowds) if ignored is None else crowds | {g for g, is_one in enumerate(ignored.tolist()) if is_one}
    free = set(range(iou.shape[1]))
    takes = []
    for row in iou.tolist():
        able = [(g not in skipped, value, g) for g, value in enumerate(row) if value >= threshold and g in free]
        takes.append(max(able)[2] if able else -1)
        free -= {takes[-1]} - crowds
    return torch.tensor(takes, dtype=torch.int64, device=iou.device)


# precision_recall_curve


@mistake("precision_recall_curve", edit={"    seen[:-1] = thresholds[1:] != thresholds[:-1]\n": ""}, hint="Detections with equal scores have points of their own. A threshold shows all of them or none.")
def a_point_each(): ...


@mistake("precision_recall_curve", edit={"seen[:-1] = thresholds[1:] != thresholds[:-1]": "seen[1:] = thresholds[1:] != thresholds[:-1]"}, hint="Of equal scores the first is counted, not all of them. At a threshold everything is shown that is at least as high.")
def first_of_a_tie(): ...


@mistake("precision_recall_curve", edit={"right / num_objects if num_objects": "right / max(int(is_true.sum()), 1) if num_objects"}, hint="Recall is a share of the detections that are right. Objects that nobody detects have to count as well: divide by how many there are.")
def over_the_found(): ...


@mistake("precision_recall_curve", edit={"right / num_objects if num_objects": "right / max(len(scores), 1) if num_objects"}, hint="Recall is divided by the number of detections. It is a share of the objects.")
def over_the_detections(): ...


@mistake("precision_recall_curve", edit={"right / (places + 1)": "right / (torch.arange(len(places), device=scores.device) + 1)"}, hint="Precision is divided by the number of the threshold. It is a share of all detections shown there.")
def over_the_thresholds(): ...


@mistake("precision_recall_curve", edit={"right / (places + 1)": "right / (places + 2)"}, hint="One detection more is counted than is shown: at the first place one is shown.")
def one_shown_more(): ...


@mistake("precision_recall_curve", edit={"order = scores.argsort(descending=True)": "order = torch.arange(len(scores), device=scores.device)"}, hint="The scores are taken as they come. They have to be sorted, the highest first.")
def takes_them_as_they_come(): ...


@mistake("precision_recall_curve", edit={"return precision, recall, thresholds": "return precision.flip(0), recall.flip(0), thresholds.flip(0)"}, hint="The points come by rising threshold, as in scikit-learn. Here the highest threshold is first.")
def rising(): ...


@mistake("precision_recall_curve", edit={"return precision, recall, thresholds": "return recall, precision, thresholds"}, hint="Precision and recall are exchanged.")
def exchanged(): ...


@mistake("precision_recall_curve", edit={"recall = right / num_objects if num_objects else torch.ones_like(right)": "recall = right / num_objects"}, hint="Where there is no object, 0 / 0 is nan. Nothing was missed: recall is 1 there.")
def nan_without_objects(): ...


@mistake("precision_recall_curve", edit={"else torch.ones_like(right)": "else torch.zeros_like(right)"}, hint="Where there is no object, nothing was missed: recall is 1 there.")
def zero_without_objects(): ...


@mistake("precision_recall_curve", edit={"return precision, recall, thresholds": "one, zero = precision.new_ones(1), precision.new_zeros(1)\n    return torch.cat([one, precision]), torch.cat([zero, recall]), thresholds"}, hint="A point of precision 1 and recall 0 is added, at which nothing is shown. Each point belongs to a threshold.")
def one_point_more(): ...


@mistake("precision_recall_curve", edit={"is_true[order]": "is_true"}, hint="The scores are sorted, and whether they are right is not: the two no longer belong together.")
def sorts_only_scores(): ...


@mistake("precision_recall_curve", edit={"return precision, recall, thresholds": "one, zero = precision.new_ones(1), precision.new_zeros(1)\n    return torch.cat([precision, one]), torch.cat([recall, zero]), thresholds"}, hint="A point of precision 1 and recall 0 is added, at which nothing is shown. Each point belongs to a threshold.")
def one_point_more_at_the_end(): ...


@mistake("precision_recall_curve", edit={"return precision, recall, thresholds": "return precision.flip(0).cummax(0).values.flip(0), recall, thresholds"}, hint="The curve's teeth are filled. Here each threshold has its own precision, whatever a lower one would have.")
def fills_the_teeth(): ...


@mistake("precision_recall_curve", edit={"    seen = torch.ones_like(is_true)\n": "    thresholds[0]\n    seen = torch.ones_like(is_true)\n"}, hint="Without detections there is no first one to look at. D may be 0.")
def needs_a_first_one(): ...


@mistake("precision_recall_curve", edit={"right / (places + 1)": "right / places.clamp(min=1)"}, hint="One detection less is counted than is shown: at place 0 one is shown.")
def one_shown_less(): ...


@mistake("precision_recall_curve", edit={"    places = seen.nonzero()[:, 0]\n": "    places = (seen & is_true[order]).nonzero()[:, 0]\n"}, hint="Points are left out where nothing right is added. Each different score has a point.")
def points_of_right_ones(): ...


@mistake("precision_recall_curve", edit={"return precision, recall, thresholds": "stop = int((recall < 1).sum()) + 1\n    return precision[:stop], recall[:stop], thresholds[:stop]"}, hint="The curve ends where all objects are found. Each different score has a point, also those below.")
def ends_at_full_recall(): ...


@mistake("precision_recall_curve", edit={"thresholds[1:] != thresholds[:-1]": "~torch.isclose(thresholds[1:], thresholds[:-1])"}, hint="Scores that are merely close are joined. Only equal ones have a point together.")
def joins_what_is_close(): ...


@mistake("precision_recall_curve", hint="Shown are only those whose score is above the threshold. At least as high is enough.")
def strictly_above_one(scores, is_true, num_objects):
    thresholds = scores.unique().flip(0)
    shown = scores > thresholds[:, None]
    right = (shown & is_true).sum(dim=1).to(scores.dtype)
    precision = (right / shown.sum(dim=1)).nan_to_num(1.0)
    return precision, right / num_objects if num_objects else torch.ones_like(right), thresholds


@mistake("precision_recall_curve", hint="Shown are only those whose score is above the threshold. At least as high is enough.")
def strictly_above_nan(scores, is_true, num_objects):
    thresholds = scores.unique().flip(0)
    shown = scores > thresholds[:, None]
    right = (shown & is_true).sum(dim=1).to(scores.dtype)
    precision = (right / shown.sum(dim=1))
    return precision, right / num_objects if num_objects else torch.ones_like(right), thresholds


@mistake("precision_recall_curve", hint="Shown are only those whose score is above the threshold. At least as high is enough.")
def strictly_above_zero(scores, is_true, num_objects):
    thresholds = scores.unique().flip(0)
    shown = scores > thresholds[:, None]
    right = (shown & is_true).sum(dim=1).to(scores.dtype)
    precision = (right / shown.sum(dim=1)).nan_to_num(0.0)
    return precision, right / num_objects if num_objects else torch.ones_like(right), thresholds


@right("precision_recall_curve")
def threshold_by_threshold(scores, is_true, num_objects):
    thresholds = scores.unique().flip(0)
    precision, recall = torch.zeros_like(thresholds), torch.ones_like(thresholds)
    for k, limit in enumerate(thresholds):
        shown = scores >= limit
        right_ones = (shown & is_true).sum()
        precision[k] = right_ones.to(scores.dtype) / shown.sum()
        if num_objects > 0:
            recall[k] = right_ones.to(scores.dtype) / num_objects
    return precision, recall, thresholds


@right("precision_recall_curve")
def by_counting_each_value(scores, is_true, num_objects):
    values, which, counts = torch.unique(scores, return_inverse=True, return_counts=True)
    hits = torch.zeros_like(values).index_add(0, which, is_true.to(scores.dtype))
    hits, shown = hits.flip(0).cumsum(0), counts.flip(0).cumsum(0)
    recall = hits / num_objects if num_objects else torch.full_like(hits, 1.0)
    return hits / shown, recall, values.flip(0)


@right("precision_recall_curve")
def by_a_table(scores, is_true, num_objects):
    limits = torch.unique(scores, sorted=True).flip(0)
    shown = (scores[None, :] >= limits[:, None]).to(scores.dtype)
    hits = (shown * is_true.to(scores.dtype)).sum(dim=1)
    return hits / shown.sum(dim=1), (hits / num_objects if num_objects != 0 else hits * 0 + 1), limits


# average_precision


@mistake("average_precision", edit={"best = precision.flip(0).cummax(0).values.flip(0)": "best = precision"}, hint="The curve is taken with its teeth. At each recall the highest precision counts that is had there or at a higher recall.")
def with_its_teeth(): ...


@mistake("average_precision", edit={"precision.flip(0).cummax(0).values.flip(0)": "precision.cummax(0).values"}, hint="The running maximum goes from the left, so it never falls. It is the points with *higher* recall that count.")
def maximum_from_the_left(): ...


@mistake("average_precision", edit={"recall < levels[:, None]": "recall <= levels[:, None]"}, hint="A level that recall just reaches is taken for not reached.")
def beyond_the_level(): ...


@mistake("average_precision", edit={"best[(recall < levels[:, None]).sum(dim=1)].mean()": "best[(recall < levels[:, None]).sum(dim=1).clamp(max=max(len(recall) - 1, 0))].mean()"}, hint="Levels that recall never reaches get the last precision. Beyond the highest recall there is nothing: 0.")
def last_one_goes_on(): ...


@mistake("average_precision", edit={"best[(recall < levels[:, None]).sum(dim=1)].mean()": "best[(recall < levels[:, None]).sum(dim=1)][levels <= recall.amax() if len(recall) else levels < 0].mean()"}, hint="The mean is that of the levels that are reached. All levels count, the others with 0.")
def mean_of_the_reached(): ...


@mistake("average_precision", edit={"stable=True)].to(scores.dtype)": "stable=True)].to(scores.dtype)\n    num_objects = max(int(is_true.sum()), 1)"}, hint="Recall is a share of the objects that were found. Those that nobody found count as well.")
def recall_of_the_found(): ...


@mistake("average_precision", edit={"(best[:-1] * torch.cat([zero, recall]).diff()).sum()": "torch.where(recall.diff(prepend=zero) > 0, best[:-1], 0).sum() / max(int(hits.sum()), 1)"}, hint="The mean is that over the objects that were found. Those that nobody found count as well, with 0.")
def mean_of_the_found(): ...


@mistake("average_precision", edit={"is_true[scores.argsort(descending=True, stable=True)]": "is_true"}, hint="The detections are taken as they come. They have to be sorted by falling score.")
def unsorted(): ...


@mistake("average_precision", edit={"scores.argsort(descending=True, stable=True)": "scores.argsort(stable=True).flip(0)"}, hint="Equal scores come in the wrong order: turned round, a sorted list turns its ties round too.")
def average_of_ties_turned_round(): ...


@mistake("average_precision", hint="Equal scores are joined to one point, as in a curve over thresholds. Here each detection is a point of its own.")
def joins_ties(scores, is_true, num_objects, levels=None):
    if num_objects == 0:
        return torch.full((), math.nan, dtype=scores.dtype)
    limits = scores.unique().flip(0)
    shown = scores >= limits[:, None]
    hits = (shown & is_true).sum(1).to(scores.dtype)
    precision, recall = (hits / shown.sum(1)).tolist(), (hits / num_objects).tolist()
    points = list(zip(recall, precision, strict=True))
    if levels is None:
        total, before = 0.0, 0.0
        for r, _ in points:
            total += (r - before) * max(p for other, p in points if other >= r)
            before = r
        return scores.new_tensor(total)
    tops = [max((p for r, p in points if r >= level), default=0.0) for level in levels.tolist()]
    return scores.new_tensor(sum(tops) / len(tops))


@mistake("average_precision", edit={"return scores.new_tensor(float(\"nan\"))": "return scores.new_tensor(0.0)"}, hint="Without any object there is no average: nan, so that it can be told from a detector that finds nothing.")
def zero_without_an_object(): ...


@mistake("average_precision", edit={"torch.cat([zero, recall]).diff()": "torch.cat([recall, recall.new_ones(1)]).diff()"}, hint="The rectangles reach from each detection to the next one. Each belongs to the recall up to its detection, and the first begins at 0.")
def rectangles_to_the_right(): ...


@mistake("average_precision", edit={"    if levels is None:\n": "    levels = torch.linspace(0, 1, 11, dtype=scores.dtype, device=scores.device) if levels is not None else None\n    if levels is None:\n"}, hint="Eleven levels are taken, whichever are given.")
def always_eleven(): ...


@mistake("average_precision", edit={"best = precision.flip(0).cummax(0).values.flip(0)": "best = torch.cat([precision[:-1].cummax(0).values, zero])"}, hint="The running maximum goes from the left, so it never falls. It is the points with *higher* recall that count.")
def maximum_from_the_left_and_nothing_beyond(): ...


@mistake("average_precision", edit={"torch.cat([zero, recall]).diff()": "torch.cat([recall[:1], recall]).diff()"}, hint="The area up to the first detection's recall is missing. It begins at recall 0.")
def first_part_missing(): ...


@mistake("average_precision", edit={"    if levels is None:\n": "    if True:\n"}, hint="The levels make no difference: the area is taken, also where levels are given.")
def always_the_area(): ...


@mistake("average_precision", edit={"best[(recall < levels[:, None]).sum(dim=1)].mean()": "best[(recall < levels[:, None]).sum(dim=1)].mean().item()"}, hint="A Python number comes back. What is asked for is a tensor without dimensions.")
def a_plain_number_at_levels(): ...


@mistake("average_precision", edit={"best[(recall < levels[:, None]).sum(dim=1)].mean()": "best[(recall < levels[:, None]).sum(dim=1)].mean().item()", "(best[:-1] * torch.cat([zero, recall]).diff()).sum()": "(best[:-1] * torch.cat([zero, recall]).diff()).sum().item()"}, hint="A Python number comes back. What is asked for is a tensor without dimensions.")
def a_plain_number(): ...


@mistake("average_precision", edit={"torch.arange(1, len(hits) + 1, device=scores.device)": "torch.arange(len(hits), device=scores.device).clamp(min=1)"}, hint="One detection less is counted than was said: the first is number 1.")
def counts_from_zero(): ...


@mistake("average_precision", edit={"(best[:-1] * torch.cat([zero, recall]).diff()).sum()": "torch.trapezoid(torch.cat([precision[:1], precision[:-1]]), torch.cat([zero, recall]))"}, hint="The points of the curve with its teeth are joined by slanted lines. At each recall the highest precision counts that is had there or at a higher recall.")
def slanted_between_the_teeth(): ...


@mistake("average_precision", edit={"best[(recall < levels[:, None]).sum(dim=1)].mean()": "best[(recall < levels[:, None]).sum(dim=1)].sum() / (levels <= recall.amax() if len(recall) else levels < 0).sum().clamp(min=1)"}, hint="The mean is that of the levels that are reached. All levels count, the others with 0.")
def mean_of_the_reached_or_zero(): ...


@mistake("average_precision", edit={"recall < levels[:, None]": "recall < levels[:, None] - 1e-6"}, hint="A level counts that recall doesn't quite reach. At least the level is asked for, without an allowance.")
def nearly_reached(): ...


@right("average_precision")
def by_its_definition(scores, is_true, num_objects, levels=None):
    if not num_objects:
        return torch.full((), float("nan"), dtype=scores.dtype, device=scores.device)
    order = torch.sort(scores, descending=True, stable=True)[1]
    points, found = [], 0
    for shown, hit in enumerate(is_true[order].tolist(), start=1):
        found += hit
        points.append((found, found / shown))
    def top(least):
        return max((p for recall, p in points if least(recall)), default=0.0)
    if levels is None:
        total = sum(top(lambda n, k=k: n >= k) for k in range(1, num_objects + 1)) / num_objects
    else:
        whole = torch.tensor(num_objects, dtype=scores.dtype)
        reached = [float(torch.tensor(float(n), dtype=scores.dtype) / whole) for n in range(num_objects + 1)]
        total = sum(top(lambda n, level=level: reached[n] >= level) for level in levels.tolist()) / len(levels)
    return scores.new_tensor(total)


@right("average_precision")
def by_searching_sorted_recalls(scores, is_true, num_objects, levels=None):
    if num_objects == 0:
        return scores.new_full((), torch.nan)
    order = scores.sort(descending=True, stable=True).indices
    true, false = is_true[order].cumsum(0), (~is_true[order]).cumsum(0)
    precision = true.to(scores.dtype) / (true + false)
    recall = true.to(scores.dtype) / num_objects
    recall = torch.cat([recall.new_zeros(1), recall, recall.new_ones(1)])
    precision = torch.cat([precision.new_zeros(1), precision, precision.new_zeros(1)])
    for k in range(len(precision) - 1, 0, -1):
        precision[k - 1] = torch.maximum(precision[k - 1], precision[k])
    if levels is None:
        return ((recall[1:] - recall[:-1]) * precision[1:]).sum()
    places = torch.searchsorted(recall[1:-1].contiguous(), levels.contiguous())
    return precision[1:][places].mean()


@right("average_precision")
def by_a_table_of_levels(scores, is_true, num_objects, levels=None):
    if num_objects == 0:
        return scores.new_tensor(math.nan)
    ranked = is_true[scores.argsort(dim=0, descending=True, stable=True)].to(scores.dtype)
    hits = torch.cumsum(ranked, dim=0)
    precision = hits / (torch.ones_like(hits).cumsum(0))
    recall = hits / num_objects
    if levels is None:
        levels = torch.arange(1, num_objects + 1, device=scores.device, dtype=scores.dtype) / num_objects
    nothing = scores.new_zeros(len(levels), 1)
    table = torch.cat([nothing, (recall >= levels[:, None]) * precision], dim=1)
    return table.amax(dim=1).mean()


@right("average_precision")
def by_trapezoids_of_the_envelope(scores, is_true, num_objects, levels=None):
    if num_objects == 0:
        return scores.new_tensor(math.nan)
    hits = is_true[torch.argsort(scores, descending=True, stable=True)].to(scores.dtype).cumsum(dim=0)
    zero = scores.new_zeros(1)
    precision = hits / torch.arange(1, len(hits) + 1, device=scores.device)
    recall = torch.cat([zero, hits / num_objects])
    envelope = torch.cat([precision, zero]).flip(0).cummax(dim=0).values.flip(0)
    if levels is None:
        return torch.trapezoid(torch.cat([envelope[:1], envelope[:-1]]), recall)
    return envelope[(recall[1:, None] < levels).sum(dim=0)].mean()


# average_recall


@mistake("average_recall", edit={"[:max_detections]": ""}, hint="All detections of an image are taken. Only its max_detections best ones may speak.")
def without_a_limit(): ...


@mistake("average_recall", edit={"order = image[\"scores\"].argsort(descending=True, stable=True)[:max_detections]": "order = torch.arange(len(image[\"scores\"]))[:max_detections]"}, hint="The first detections are taken as they come. It is the scores that say which are the best, and who chooses first.")
def the_first_that_come(): ...


@mistake("average_recall", edit={"image[\"scores\"].argsort(descending=True, stable=True)": "image[\"scores\"].argsort(stable=True).flip(0)"}, hint="Of equal scores the last ones are kept: turned round, a sorted list turns its ties round too.")
def recall_with_ties_turned_round(): ...


@mistake("average_recall", edit={"[:max_detections]\n": "[:max_detections].sort().values\n"}, hint="The right detections are kept, but they don't choose by falling score: they have to come sorted to the matching.")
def kept_in_their_order(): ...


@mistake("average_recall", edit={"area < low": "area <= low"}, hint="An area on a limit of the range is left out. Both limits belong to the range.")
def lower_limit_out(): ...


@mistake("average_recall", edit={"area > high": "area >= high"}, hint="An area on a limit of the range is left out. Both limits belong to the range.")
def upper_limit_out(): ...


@mistake("average_recall", edit={"ignored = crowd | (area < low) | (area > high)": "ignored = (area < low) | (area > high)"}, hint="Crowds count among the objects. They are ignored, found or not.")
def crowds_are_missed(): ...


@mistake("average_recall", edit={"(~ignored[takes[takes >= 0]]).sum()": "(takes >= 0).sum()"}, hint="Ignored objects that were taken count as found.")
def finds_ignored_ones(): ...


@mistake("average_recall", edit={"num_objects += (~ignored).sum()": "num_objects += len(objects)"}, hint="Recall is a share of all objects. Those that are ignored don't count.")
def share_of_all(): ...


@mistake("average_recall", hint="The mean is taken over the images. Objects of all images are counted together, and then one share is taken.")
def mean_over_images(images, max_detections=100, area_range=(0.0, 1e10)):
    parts = [solved_recall([one], max_detections, area_range) for one in images]
    return torch.stack(parts).nanmean() if parts else torch.tensor(math.nan, dtype=torch.float64)


@mistake("average_recall", hint="The detections of all images together may be so many. The limit holds for each image.")
def limit_over_all_images(images, max_detections=100, area_range=(0.0, 1e10)):
    if not images:
        return torch.tensor(math.nan, dtype=torch.float64)
    scores = torch.cat([one["scores"] for one in images])
    kept = torch.zeros(len(scores), dtype=torch.bool)
    kept[scores.argsort(descending=True, stable=True)[:max_detections]] = True
    parts, start = [], 0
    for one in images:
        mine = kept[start : start + len(one["scores"])]
        start += len(one["scores"])
        parts.append({**one, "boxes": one["boxes"][mine], "scores": one["scores"][mine]})
    return solved_recall(parts, max_detections, area_range)


@mistake("average_recall", edit={"THRESHOLDS.tolist()": "[0.5]", "share / len(THRESHOLDS)": "share"}, hint="The answer is the recall at the threshold 0.5, which is the highest of all. It is the mean over all ten.")
def one_threshold(): ...


@mistake("average_recall", edit={"area = box_area(objects)": "area = box_area(objects + objects.new_tensor([0, 0, 1, 1]))"}, hint="Areas are counted with a pixel too many in each direction.")
def areas_of_one_more(): ...


@mistake("average_recall", hint="It is the detections whose size is asked for, and those of another size don't speak. The size is that of the objects.")
def size_of_detections(images, max_detections=100, area_range=(0.0, 1e10)):
    low, high = area_range
    parts = []
    for one in images:
        area = box_area(one["boxes"])
        mine = (area >= low) & (area <= high)
        parts.append({**one, "boxes": one["boxes"][mine], "scores": one["scores"][mine]})
    return solved_recall(parts, max_detections, area_range)


@mistake("average_recall", edit={"    share = ": "    if num_objects == 0:\n        return torch.tensor(0.0, dtype=torch.float64)\n    share = "}, hint="Where no object counts there is no recall: nan, so that it can be told from a detector that finds nothing.")
def zero_where_nothing_counts(): ...


@mistake("average_recall", edit={"    for image in images:\n": "    for image in images:\n        if len(image[\"scores\"]) == 0:\n            continue\n"}, hint="Images without detections are passed over. Their objects were missed, and they count.")
def passes_over_the_silent(): ...


@mistake("average_recall", edit={"ignored = crowd | (area < low) | (area > high)": "ignored = (area < low) | (area > high)", "threshold, ignored, crowd)": "threshold, ignored)"}, hint="Crowds count among the objects. They are ignored, found or not.")
def crowds_are_objects(): ...


@mistake("average_recall", edit={"ignored = crowd | (area < low) | (area > high)": "ignored = (area < low) | (area > high)", "threshold, ignored, crowd)": "threshold, ignored)", "objects, crowd)": "objects)"}, hint="Crowds count among the objects. They are ignored, found or not.")
def crowds_are_like_others(): ...


@mistake("average_recall", edit={"image[\"scores\"].argsort(descending=True, stable=True)[:max_detections]": "image[\"scores\"][:max_detections].argsort(descending=True, stable=True)"}, hint="The first detections are kept, and sorted afterwards. It is the best ones that are to be kept.")
def cut_before_sorting(): ...


@mistake("average_recall", edit={"(~ignored[takes[takes >= 0]]).sum()": "(takes >= 0).sum()", "torch.as_tensor(num_found)": "torch.as_tensor(num_found if num_objects else 0)"}, hint="Ignored objects that were taken count as found.")
def finds_ignored_ones_but_nan(): ...


@mistake("average_recall", edit={"area = box_area(objects)": "area = box_area(objects).sqrt()"}, hint="The range is held against the root of the area. It is a range of areas.")
def root_of_the_area(): ...


@mistake("average_recall", hint="The detections of all images together may be so many. The limit holds for each image.")
def limit_by_the_least_score(images, max_detections=100, area_range=(0.0, 1e10)):
    scores = torch.cat([image["scores"] for image in images])
    least = scores.sort(descending=True).values[:max_detections].min() if len(scores) else 0
    parts = []
    for one in images:
        mine = one["scores"] >= least
        parts.append({**one, "boxes": one["boxes"][mine], "scores": one["scores"][mine]})
    return solved_recall(parts, 10**6, area_range)


@right("average_recall")
def threshold_after_threshold(images, max_detections=100, area_range=(0.0, 1e10)):
    shares = []
    for threshold in THRESHOLDS:
        found, there = 0, 0
        for one in images:
            best = one["scores"].sort(descending=True, stable=True).indices[:max_detections]
            sizes = box_area(one["objects"])
            counts = ~one["crowd"] & (sizes >= area_range[0]) & (sizes <= area_range[1])
            table = overlaps(one["boxes"][best], one["objects"], one["crowd"])
            for place in match_detections(table, float(threshold), ~counts, one["crowd"]).tolist():
                found += place >= 0 and bool(counts[place])
            there += int(counts.sum())
        shares.append(found / there if there else math.nan)
    answer = torch.tensor(shares, dtype=torch.float64).mean()
    return answer.to(images[0]["boxes"].device) if images else answer


@right("average_recall")
def without_those_that_do_not_count(images, max_detections=100, area_range=(0.0, 1e10)):
    low, high = area_range
    counts = []
    total = 0
    for one in images:
        order = torch.argsort(-one["scores"], stable=True)[:max_detections]
        size = (one["objects"][:, 2] - one["objects"][:, 0]) * (one["objects"][:, 3] - one["objects"][:, 1])
        own = one["objects"][(low <= size) & (size <= high) & ~one["crowd"]]
        total += len(own)
        table = overlaps(one["boxes"][order], own)
        counts.append(torch.stack([(match_detections(table, t) >= 0).sum() for t in THRESHOLDS.tolist()]))
    if total == 0:
        where = images[0]["boxes"].device if images else None
        return torch.tensor(math.nan, dtype=torch.float64, device=where)
    return (torch.stack(counts).sum(dim=0).double() / total).mean()


@right("average_recall")
def by_flags_of_found_objects(images, max_detections=100, area_range=(0.0, 1e10)):
    flags = []
    for one in images:
        order = one["scores"].argsort(descending=True, stable=True)
        order = order[: min(max_detections, len(order))]
        area = box_area(one["objects"])
        out = torch.logical_or(area < area_range[0], area > area_range[1]) | one["crowd"]
        iou = overlaps(one["boxes"][order], one["objects"], one["crowd"])
        found = torch.zeros(len(THRESHOLDS), len(area), dtype=torch.float64, device=area.device)
        for k in range(len(THRESHOLDS)):
            takes = match_detections(iou, float(THRESHOLDS[k]), out, one["crowd"])
            found[k, takes[takes >= 0]] = 1.0
        flags.append(found[:, ~out])
    if not flags:
        return torch.tensor(float("nan"), dtype=torch.float64)
    return torch.cat(flags, dim=1).mean()


# coco_numbers


@mistake("coco_numbers", edit={"            left_out = outside.clone()\n": "            left_out = torch.zeros_like(outside)\n"}, hint="Detections of another size that match nothing count as wrong. They are left out.")
def wrong_ones_of_another_size(): ...


@mistake("coco_numbers", edit={"left_out[takes >= 0] = ignored[takes[takes >= 0]]": "left_out[takes >= 0] = False"}, hint="Detections that take an ignored object count as right. They are left out.")
def ignored_ones_are_right(): ...


@mistake("coco_numbers", edit={"left_out[takes >= 0] = ignored[takes[takes >= 0]]": "left_out[takes >= 0] |= ignored[takes[takes >= 0]]"}, hint="A detection that takes an object of the right size is left out where its own size is another. Its own size is asked only where it takes nothing.")
def own_size_of_the_right(): ...


@mistake("coco_numbers", edit={"        ignored = ignored | crowd\n": ""}, hint="Crowds count as objects that are missed. They are ignored, in each size.")
def crowds_count(): ...


@mistake("coco_numbers", edit={"*(one.nanmean() for one in means)": "*(one.nan_to_num().mean() for one in means)"}, hint="Classes without objects count with 0. There is no curve for nothing: leave them out of the mean.")
def zero_for_absent_classes(): ...


@mistake("coco_numbers", edit={"ap[0, :, 5]": "ap[0, :, 7]"}, hint="The number 2 is that of another threshold. Of 0.5, 0.55, ... the threshold 0.75 is at place 5.")
def another_threshold(): ...


@mistake("coco_numbers", edit={"ap[0, :, 0]": "ap[0, :, 0]", "(box_area(some) < size[0]) | (box_area(some) > size[1])": "(box_area(some) < size[0]) | (box_area(some) >= size[1])"}, hint="An area on a limit of the range is left out. Both limits belong to the range.")
def open_at_the_top(): ...


@mistake("coco_numbers", edit={"asked = [(1, ranges[0]), (10, ranges[0]), *((100, size) for size in ranges)]": "asked = [(1, ranges[0]), (10, ranges[0]), (100, ranges[0]), *((10, size) for size in ranges[1:])]"}, hint="The recalls by size are asked with ten detections. It is a hundred.")
def sizes_with_ten(): ...


@mistake("coco_numbers", edit={"[:100]": ""}, hint="All detections of an image are judged. It is a hundred of each class at most, the best ones.")
def more_than_a_hundred(): ...


@mistake("coco_numbers", edit={"said, there = image[\"labels\"] == label, image[\"object_labels\"] == label": "said, there = image[\"labels\"] >= 0, image[\"object_labels\"] == label"}, hint="Detections of other classes are judged too. Each class is judged by itself.")
def detections_of_all_classes(): ...


@mistake("coco_numbers", edit={"num_objects, levels)": "num_objects)"}, hint="Precision is taken as an area. COCO takes the mean at its 101 levels.")
def by_area(): ...


@mistake("coco_numbers", edit={"levels = torch.cat(scores), COCO_LEVELS": "levels = torch.cat(scores), VOC_LEVELS"}, hint="Precision is taken at VOC's eleven levels. COCO has 101.")
def by_eleven_levels(): ...


@mistake("coco_numbers", hint="Each image has an average precision of its own, of which the mean is taken. The detections of all images make one curve.")
def curve_of_each_image(images, num_classes):
    each = torch.stack([solved_numbers([one], num_classes) for one in images])
    return torch.cat([each[:, :6].nanmean(dim=0), solved_numbers(images, num_classes)[6:]])


@mistake("coco_numbers", hint="The objects are sorted into sizes and the others deleted. Then a perfect box on a large object is wrong among small ones: objects of other sizes are ignored instead.")
def deletes_other_sizes(images, num_classes):
    found = solved_numbers(images, num_classes)
    for place, (low, high) in enumerate(((0, 32**2), (32**2, 96**2), (96**2, 1e10)), start=3):
        parts = []
        for one in images:
            mine = (box_area(one["objects"]) >= low) & (box_area(one["objects"]) <= high)
            names = ("objects", "object_labels", "crowd")
            parts.append({**one, **{name: one[name][mine] for name in names}})
        found[place] = solved_numbers(parts, num_classes)[0]
    return found


@mistake("coco_numbers", edit={"overlaps(boxes, image[\"objects\"], crowd)": "overlaps(boxes, image[\"objects\"])"}, hint="Crowds are taken by their plain IoU, which a single person in them never reaches. `overlaps` has a share for crowds.")
def crowd_by_iou(): ...


@mistake("coco_numbers", edit={"match_detections(iou, threshold, ignored, crowd)": "match_detections(iou, threshold, ignored)"}, hint="A crowd is used up by its first detection. The matching has to know which objects are crowds.")
def crowd_is_used_up(): ...


@mistake("coco_numbers", edit={"left_out[takes >= 0] = ignored[takes[takes >= 0]]": "left_out[takes >= 0] = False", "hits.append(takes[~left_out] >= 0)": "hits.append(((takes >= 0) & ~torch.cat([ignored, ignored.new_zeros(1)])[takes])[~left_out])"}, hint="Detections that take an ignored object count as wrong. They are left out: neither right nor wrong.")
def ignored_ones_are_wrong(): ...


@mistake("coco_numbers", edit={"num_objects += int((~ignored).sum())": "num_objects += len(ignored)"}, hint="Precision is asked for with too many objects: those that are ignored are counted among them.")
def ignored_are_missed(): ...


@mistake("coco_numbers", edit={"        ignored = ignored | crowd\n": "        ignored = ignored | crowd\n        outside = (box_area(boxes) <= size[0]) | (box_area(boxes) >= size[1])\n"}, hint="An area on a limit of the range is left out. Both limits belong to the range.")
def own_area_at_both_limits(): ...


@mistake("coco_numbers", edit={"        ignored = ignored | crowd\n": "        ignored = ignored | crowd\n        there = box_area(image[\"objects\"])\n        ignored = ignored | (there <= size[0]) | (there >= size[1])\n"}, hint="An area on a limit of the range is left out. Both limits belong to the range.")
def object_at_both_limits(): ...


@mistake("coco_numbers", edit={"        ignored = ignored | crowd\n": "        ignored = ignored | crowd\n        outside = (box_area(boxes) < size[0]) | (box_area(boxes) >= size[1])\n"}, hint="An area on a limit of the range is left out. Both limits belong to the range.")
def own_area_at_the_upper_limit(): ...


@mistake("coco_numbers", edit={"        ignored = ignored | crowd\n": "        ignored = ignored | crowd\n        there = box_area(image[\"objects\"])\n        ignored = ignored | (there < size[0]) | (there >= size[1])\n"}, hint="An area on a limit of the range is left out. Both limits belong to the range.")
def object_at_the_upper_limit(): ...


@mistake("coco_numbers", edit={"        ignored = ignored | crowd\n": "        ignored = ignored | crowd\n        outside = (box_area(boxes) <= size[0]) | (box_area(boxes) > size[1])\n"}, hint="An area on a limit of the range is left out. Both limits belong to the range.")
def own_area_at_the_lower_limit(): ...


@mistake("coco_numbers", edit={"        ignored = ignored | crowd\n": "        ignored = ignored | crowd\n        there = box_area(image[\"objects\"])\n        ignored = ignored | (there <= size[0]) | (there > size[1])\n"}, hint="An area on a limit of the range is left out. Both limits belong to the range.")
def object_at_the_lower_limit(): ...


@mistake("coco_numbers", edit={"means = [ap[0], ap[0, :, 0]": "means = [ap, ap[0, :, 0]"}, hint="Number 0 is the mean over the sizes as well. It is asked once, with all areas.")
def mean_over_all_sizes(): ...


@mistake("coco_numbers", edit={"*(one.nanmean() for one in means)": "*(one.nan_to_num().mean() for one in means)", "for one in classes]).nanmean()": "for one in classes]).nan_to_num().mean()"}, hint="Classes without objects count with 0. There is no curve for nothing: leave them out of the mean.")
def zero_for_absent_in_all(): ...


@mistake("coco_numbers", edit={"*(one.nanmean() for one in means)": "*(one.mean() for one in means)", "for one in classes]).nanmean()": "for one in classes]).mean()"}, hint="One class without objects makes the whole mean nan. Such classes are left out of it.")
def nan_for_absent(): ...


@mistake("coco_numbers", edit={"image[\"object_labels\"] == label": "image[\"object_labels\"] >= 0"}, hint="Objects of other classes are looked for too. Each class has its own objects.")
def objects_of_all_classes(): ...


@mistake("coco_numbers", edit={"[_of_class(image, label) for image in images] for label": "[_of_class(image, label + 1) for image in images] for label"}, hint="Classes are counted from 1. They are 0 to C - 1.")
def classes_from_one(): ...


@mistake("coco_numbers", edit={"*ap[1:]]": "*ap[1:].flip(0)]"}, hint="The sizes come from the largest down. The table has small, medium, large.")
def sizes_turned_round(): ...


@mistake("coco_numbers", edit={"(0.0, 32.0**2), (32.0**2, 96.0**2), (96.0**2, 1e10)": "(0.0, 32.0), (32.0, 96.0), (96.0, 1e10)"}, hint="The limits are 32 and 96 themselves. These are sides, and it is areas that are compared.")
def sides_for_areas(): ...


@mistake("coco_numbers", edit={"ap[0, :, 5]": "ap[0, :, 4]"}, hint="The number 2 is that of another threshold. Of 0.5, 0.55, ... the threshold 0.75 is at place 5.")
def at_seven_tenths(): ...


@mistake("coco_numbers", edit={"image[\"labels\"] == label, image[\"object_labels\"]": "(image[\"labels\"] == label) & (image[\"scores\"].argsort(descending=True, stable=True).argsort() < 100), image[\"object_labels\"]"}, hint="A hundred detections of an image are kept, whatever their classes. It is a hundred of each class.")
def a_hundred_of_all_classes(): ...


@right("coco_numbers")
def one_verdict_after_the_other(images, num_classes):
    limits = {"all": (0.0, 1e10), "small": (0.0, 1024.0), "medium": (1024.0, 9216.0), "large": (9216.0, 1e10)}
    device = images[0]["boxes"].device
    table = {name: [] for name in limits}
    recalls = [[] for _ in range(6)]
    for label in range(num_classes):
        own = []
        for one in images:
            d, g = one["labels"] == label, one["object_labels"] == label
            best = torch.nonzero(d).flatten()
            best = best[one["scores"][best].argsort(descending=True, stable=True)][:100]
            own.append({"boxes": one["boxes"][best], "scores": one["scores"][best], "objects": one["objects"][g], "crowd": one["crowd"][g]})
        for name, (low, high) in limits.items():
            row = []
            for threshold in THRESHOLDS.tolist():
                scores, hits, total = [], [], 0
                for one in own:
                    area = box_area(one["objects"])
                    counts = (area >= low) & (area <= high) & ~one["crowd"]
                    total += int(counts.sum())
                    iou = overlaps(one["boxes"], one["objects"], one["crowd"])
                    takes = match_detections(iou, threshold, ~counts, one["crowd"]).tolist()
                    for k, place in enumerate(takes):
                        size = float(box_area(one["boxes"][k : k + 1]))
                        if place >= 0 and not counts[place]:
                            continue
                        if place < 0 and not low <= size <= high:
                            continue
                        scores.append(one["scores"][k])
                        hits.append(place >= 0)
                scores = torch.stack(scores) if scores else torch.zeros(0, dtype=torch.float64, device=device)
                hits = torch.tensor(hits, dtype=torch.bool, device=device)
                row.append(average_precision(scores, hits, total, COCO_LEVELS.to(device)))
            table[name].append(torch.stack(row))
        for k, (most, name) in enumerate([(1, "all"), (10, "all"), (100, "all"), (100, "small"), (100, "medium"), (100, "large")]):
            recalls[k].append(average_recall(own, most, limits[name]))
    ap = {name: torch.stack(rows) for name, rows in table.items()}
    parts = [ap["all"], ap["all"][:, 0], ap["all"][:, 5], ap["small"], ap["medium"], ap["large"]]
    return torch.stack([part.nanmean() for part in parts] + [torch.stack(row).nanmean() for row in recalls])


@right("coco_numbers")
def with_a_table_of_all(images, num_classes):
    def of(image, label):
        names = {"boxes": "labels", "scores": "labels", "objects": "object_labels", "crowd": "object_labels"}
        return {name: image[name][image[by] == label] for name, by in names.items()}

    def ap(pictures, low, high, threshold):
        scores, hits, num = [], [], 0
        for one in pictures:
            order = torch.argsort(one["scores"], descending=True, stable=True)[:100]
            boxes, size = one["boxes"][order], box_area(one["objects"])
            skip = one["crowd"] | ~((size >= low) & (size <= high))
            takes = match_detections(overlaps(boxes, one["objects"], one["crowd"]), threshold, skip, one["crowd"])
            fits = (box_area(boxes) >= low) & (box_area(boxes) <= high)
            padded = torch.cat([~skip, fits.new_zeros(1)])
            stays = torch.where(takes >= 0, padded[takes], fits)
            scores.append(one["scores"][order][stays])
            hits.append(takes[stays] >= 0)
            num += int((~skip).sum())
        return average_precision(torch.cat(scores), torch.cat(hits), num, COCO_LEVELS.to(scores[0].device))

    edges = [(0.0, 1e10), (0.0, 32.0 * 32), (32.0 * 32, 96.0 * 96), (96.0 * 96, 1e10)]
    classes = [[of(image, label) for image in images] for label in range(num_classes)]
    cells = [[[ap(one, low, high, t) for t in THRESHOLDS.tolist()] for one in classes] for low, high in edges]
    ap_table = torch.stack([torch.stack([torch.stack(row) for row in block]) for block in cells])
    first = [ap_table[0].nanmean(), ap_table[0][:, 0].nanmean(), ap_table[0][:, 5].nanmean()]
    first += [block.nanmean() for block in ap_table[1:]]
    last = []
    for most, place in ((1, 0), (10, 0), (100, 0), (100, 1), (100, 2), (100, 3)):
        last.append(torch.stack([average_recall(one, most, edges[place]) for one in classes]).nanmean())
    return torch.stack(first + last)


@right("coco_numbers")
def means_at_the_end_by_hand(images, num_classes):
    ranges = [(0.0, 1e10), (0.0, 1024.0), (1024.0, 9216.0), (9216.0, 1e10)]

    def mean(values):
        kept = [value for value in values if not torch.isnan(value)]
        return torch.stack(kept).mean() if kept else values[0]

    ap, ar = {}, {}
    for label in range(num_classes):
        pictures = [_of_class(image, label) for image in images]
        for place, size in enumerate(ranges):
            ap[place, label] = _precisions(pictures, size)
        for place, (most, size) in enumerate([(1, 0), (10, 0), (100, 0), (100, 1), (100, 2), (100, 3)]):
            ar[place, label] = average_recall(pictures, most, ranges[size])
    labels = range(num_classes)
    numbers = [mean([value for label in labels for value in ap[0, label]])]
    numbers += [mean([ap[0, label][k] for label in labels]) for k in (0, 5)]
    numbers += [mean([value for label in labels for value in ap[place, label]]) for place in (1, 2, 3)]
    numbers += [mean([ar[place, label] for label in labels]) for place in range(6)]
    return torch.stack(numbers)

