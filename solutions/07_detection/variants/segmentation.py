"""What students write in segmentation: mistakes with the hint each deserves, and other right answers."""

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right

# pixel_cross_entropy

ALL_PIXELS = "The sum is divided by the number of all pixels, the ignored ones too. How many have a label?"
NAN = "Where no pixel has a label, 0 is divided by 0. What is asked for there?"


@right("pixel_cross_entropy")
def by_picking_pixels(scores, y, ignore=255):
    rows = scores.movedim(1, -1)[y != ignore]
    labels = y[y != ignore]
    if len(labels) == 0:
        return (scores * 0).sum()
    costs = rows.logsumexp(dim=1) - rows[torch.arange(len(labels), device=y.device), labels]
    return costs.mean()


@right("pixel_cross_entropy")
def by_log_softmax_and_one_hot(scores, y, ignore=255):
    keep = (y != ignore).to(scores.dtype)
    safe = torch.where(y == ignore, torch.zeros_like(y), y)
    hot = F.one_hot(safe, scores.shape[1]).permute(0, 3, 1, 2)
    costs = -(F.log_softmax(scores, dim=1) * hot).sum(1)
    return (costs * keep).sum() / torch.clamp(keep.sum(), min=1)


@right("pixel_cross_entropy")
def by_hand_with_the_largest_score(scores, y, ignore=255):
    shifted = scores - scores.amax(dim=1, keepdim=True).detach()
    logs = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
    safe = y.clone()
    safe[y == ignore] = 0
    mine = -torch.gather(logs, 1, safe.unsqueeze(1)).squeeze(1)
    mine = mine.masked_fill(y == ignore, 0.0)
    count = max(int((y != ignore).sum()), 1)
    return mine.sum() / count


@mistake("pixel_cross_entropy", edit={"return costs.sum() / counted.sum().clamp(min=1)": "return costs.mean()"}, hint=ALL_PIXELS)
def mean_over_all_pixels(): ...


@mistake("pixel_cross_entropy", edit={"counted.sum().clamp(min=1)": "y.numel()"}, hint=ALL_PIXELS)
def divided_by_all_pixels(): ...


@mistake("pixel_cross_entropy", edit={"counted.sum().clamp(min=1)": "counted.sum()"}, hint=NAN)
def nan_without_labels(): ...


@mistake("pixel_cross_entropy", of=by_picking_pixels, edit={"    if len(labels) == 0:\n        return (scores * 0).sum()\n": ""}, hint=NAN)
def mean_of_nothing(): ...


@mistake("pixel_cross_entropy", edit={"* counted\n": "\n"}, hint="Ignored pixels still cost something: as if their label were 0.")
def ignored_pixels_as_ground(): ...


@mistake("pixel_cross_entropy", edit={"counted = y != ignore": "counted = y != 255", "y.where(counted, 0)": "y.where(counted, 0).clamp(0, scores.shape[1] - 1)"}, hint="255 is ignored whatever `ignore` says.")
def always_255(): ...


@mistake("pixel_cross_entropy", edit={"counted = y != ignore": "counted = (y != ignore) & (y >= 0) & (y < scores.shape[1]) & (y > 0)"}, hint="Pixels of the ground, class 0, are left out as well.")
def ground_left_out(): ...


@mistake("pixel_cross_entropy", edit={"return costs.sum() / counted.sum().clamp(min=1)": "each = costs.sum(dim=(1, 2)) / counted.sum(dim=(1, 2)).clamp(min=1)\n    return each.mean()"}, hint="The mean is taken in each image, and then over images. Each labelled pixel of the batch is to count alike.")
def mean_of_means(): ...


@mistake("pixel_cross_entropy", edit={"return costs.sum() / counted.sum().clamp(min=1)": "return costs.sum()"}, hint="This is a sum: how many pixels there are decides how large it is.")
def sum_of_costs(): ...


@mistake("pixel_cross_entropy", edit={"return costs.sum() / counted.sum().clamp(min=1)": "return costs.sum() / (counted.sum() + 1)"}, hint="One pixel more is divided by than has a label.")
def one_more(): ...


@mistake("pixel_cross_entropy", edit={"return costs.sum() / counted.sum().clamp(min=1)": "return costs.sum() / len(y)"}, hint="The sum is divided by the number of images. How many pixels have a label?")
def divided_by_images(): ...


@mistake("pixel_cross_entropy", edit={"scores.logsumexp(dim=1)": "scores.exp().sum(dim=1).log()"}, hint="Scores of 10,000 overflow in their exponential. Torch has a function that forms the logarithm of such a sum safely.")
def overflow(): ...


@mistake("pixel_cross_entropy", edit={"scores.logsumexp(dim=1) - mine": "mine - scores.logsumexp(dim=1)"}, hint="The sign is turned round: a cross-entropy is never negative.")
def negative(): ...


@mistake("pixel_cross_entropy", hint="The scores are probabilities here, without a logarithm: a right pixel should cost nearly 0.")
def no_logarithm(scores, y, ignore=255):
    counted = y != ignore
    chances = scores.softmax(dim=1).gather(1, y.where(counted, 0)[:, None])[:, 0]
    return ((1 - chances) * counted).sum() / counted.sum().clamp(min=1)


@mistake("pixel_cross_entropy", hint="The softmax is taken along another dimension than that of the classes.")
def softmax_over_the_batch(scores, y, ignore=255):
    counted = y != ignore
    logs = scores.log_softmax(dim=0).gather(1, y.where(counted, 0)[:, None])[:, 0]
    return -(logs * counted).sum() / counted.sum().clamp(min=1)


@mistake("pixel_cross_entropy", hint="The softmax is taken along the columns: the classes are dimension 1.")
def softmax_over_columns(scores, y, ignore=255):
    counted = y != ignore
    logs = scores.log_softmax(dim=-1).gather(1, y.where(counted, 0)[:, None])[:, 0]
    return -(logs * counted).sum() / counted.sum().clamp(min=1)


@mistake("pixel_cross_entropy", hint="A small number stands in the logarithm: it makes sure pixels cost a little, and hopeless ones too little.")
def small_number_in_the_logarithm(scores, y, ignore=255):
    counted = y != ignore
    mine = scores.softmax(dim=1).gather(1, y.where(counted, 0)[:, None])[:, 0]
    return -((mine + 1e-8).log() * counted).sum() / counted.sum().clamp(min=1)


@mistake("pixel_cross_entropy", hint="The labels that are to be ignored are written over in `y` itself, which is the caller's.")
def labels_overwritten(scores, y, ignore=255):
    counted = y != ignore
    y[~counted] = 0
    mine = scores.gather(1, y[:, None])[:, 0]
    costs = (scores.logsumexp(dim=1) - mine) * counted
    return costs.sum() / counted.sum().clamp(min=1)


@mistake("pixel_cross_entropy", edit={"return costs.sum() / counted.sum().clamp(min=1)": "if not counted.any():\n        return torch.zeros((), dtype=scores.dtype, device=scores.device, requires_grad=True)\n    return costs.mean() * y.numel() / counted.sum()", "(scores.logsumexp(dim=1) - mine)": "(scores.detach().logsumexp(dim=1) - mine)"}, hint="The value is right, the gradient isn't: a part of the loss is cut off from the scores.")
def half_of_the_gradient(): ...


@mistake("pixel_cross_entropy", hint="Pixels are read in a wrong order: a reshape does not bring the classes last. Move the dimension first.")
def reshaped_without_moving(scores, y, ignore=255):
    rows, labels = scores.reshape(-1, scores.shape[1]), y.reshape(-1)
    counted = labels != ignore
    mine = rows.gather(1, labels.where(counted, 0)[:, None])[:, 0]
    costs = (rows.logsumexp(dim=1) - mine) * counted
    return costs.sum() / counted.sum().clamp(min=1)


# confusion_matrix

TURNED = "Rows and columns have changed places: a row is a true class."


@right("confusion_matrix")
def by_index_put(guessed, y, num_classes, ignore=255):
    keep = y != ignore
    out = torch.zeros(num_classes, num_classes, dtype=torch.int64, device=y.device)
    pair = (y[keep].long(), guessed[keep].long())
    return out.index_put_(pair, torch.ones_like(pair[0]), accumulate=True)


@right("confusion_matrix")
def by_one_hot_products(guessed, y, num_classes, ignore=255):
    keep = (y != ignore).flatten()
    truth = F.one_hot(y.flatten()[keep].long(), num_classes)
    found = F.one_hot(guessed.flatten()[keep].long(), num_classes)
    return (truth[:, :, None] * found[:, None, :]).sum(dim=0)


@right("confusion_matrix")
def with_one_bin_for_the_ignored(guessed, y, num_classes, ignore=255):
    kinds = num_classes * y.to(torch.int64) + guessed.to(torch.int64)
    kinds = torch.where(y == ignore, num_classes**2, kinds)
    return torch.bincount(kinds.reshape(-1), minlength=num_classes**2 + 1)[:-1].view(num_classes, num_classes)


@mistake("confusion_matrix", edit={"num_classes * y[counted].long() + guessed[counted].long()": "num_classes * guessed[counted].long() + y[counted].long()"}, hint=TURNED)
def guesses_in_rows(): ...


@mistake("confusion_matrix", edit={"counts.reshape(num_classes, num_classes)": "counts.reshape(num_classes, num_classes).T"}, hint=TURNED)
def transposed(): ...


@mistake("confusion_matrix", edit={"y[counted].long()": "y[counted]", "guessed[counted].long()": "guessed[counted]"}, hint="Bytes end at 255 and start again. Which dtype holds the numbers of all pairs?")
def bytes_overflow(): ...


@mistake("confusion_matrix", edit={", minlength=num_classes**2": ""}, hint="The list of counts ends at the largest number that appears. How long must it be for a matrix?")
def no_minimal_length(): ...


@mistake("confusion_matrix", edit={"minlength=num_classes**2": "minlength=num_classes"}, hint="The list of counts is made for the classes. How many pairs are there?")
def minimal_length_of_classes(): ...


@mistake("confusion_matrix", edit={"counted = y != ignore": "counted = (y != ignore) & (guessed != ignore)"}, hint="Pixels whose *guess* is the ignored label are left out as well. Only the truth says what is ignored.")
def ignored_guesses(): ...


@mistake("confusion_matrix", edit={"counted = y != ignore": "counted = y < num_classes"}, hint="`ignore` is not used: what is left out are labels beyond the classes.")
def labels_in_range(): ...


@mistake("confusion_matrix", edit={"counted = y != ignore": "counted = (y != ignore) & (y > 0)"}, hint="The ground, class 0, is left out as well.")
def ground_not_counted(): ...


@mistake("confusion_matrix", edit={"counted = y != ignore": "counted = torch.ones_like(y, dtype=torch.bool)", "y[counted].long()": "y.where(y != ignore, 0)[counted].long()"}, hint="Ignored pixels are counted as ground.")
def ignored_as_ground(): ...


@mistake("confusion_matrix", edit={"return counts.reshape(num_classes, num_classes)": "table = counts.reshape(num_classes, num_classes)\n    return table / table.sum(dim=1, keepdim=True).clamp(min=1)"}, hint="Shares of rows come out. Counts were asked for, which can be added over batches.")
def shares(): ...


@mistake("confusion_matrix", edit={"return counts.reshape(num_classes, num_classes)": "return counts.reshape(num_classes, num_classes).float()"}, hint="The counts are floats, and int64 is asked for.")
def floats(): ...


@mistake("confusion_matrix", of=by_index_put, edit={"accumulate=True": "accumulate=False"}, hint="Each place is written once, and not added up: where a pair appears, there is a 1.")
def written_and_not_added(): ...


@mistake("confusion_matrix", hint="Each place is written once: with indices in brackets, `+= 1` adds only once where a pair appears often.")
def plus_one_once(guessed, y, num_classes, ignore=255):
    keep = y != ignore
    out = torch.zeros(num_classes, num_classes, dtype=torch.int64, device=y.device)
    out[y[keep].long(), guessed[keep].long()] += 1
    return out


@mistake("confusion_matrix", edit={"num_classes * y[counted].long()": "(num_classes - 1) * y[counted].long()"}, hint="Two pairs share a number. How far apart do the numbers of two rows lie?")
def rows_too_near(): ...


# segmentation_metrics


@right("segmentation_metrics")
def class_by_class(matrix):
    num, nan = len(matrix), float("nan")
    counts = matrix.double()
    total = counts.sum()
    accuracies, ious, weighted = [], [], counts.new_zeros(())
    for k in range(num):
        hit, truth = counts[k, k], counts[k].sum()
        union = truth + counts[:, k].sum() - hit
        ious.append(hit / union if union > 0 else counts.new_tensor(nan))
        if truth > 0:
            accuracies.append(hit / truth)
            weighted = weighted + truth * ious[-1]
    present = [one for one in ious if not one.isnan()]
    mean = lambda values: torch.stack(values).mean() if values else counts.new_tensor(nan)
    return {
        "pixel_accuracy": counts.trace() / total,
        "mean_accuracy": mean(accuracies),
        "mean_iou": mean(present),
        "weighted_iou": weighted / total,
        "iou": torch.stack(ious),
    }


@right("segmentation_metrics")
def by_masks_of_classes(matrix):
    m = matrix.to(torch.float64)
    hits, rows, columns = torch.diagonal(m), m.sum(1), m.sum(0)
    union = rows + columns - hits
    iou = hits / union
    there = rows > 0
    return dict(
        pixel_accuracy=hits.sum() / m.sum(),
        mean_accuracy=(hits[there] / rows[there]).mean(),
        iou=iou,
        mean_iou=iou[union > 0].mean(),
        weighted_iou=(rows[there] / m.sum() * iou[there]).sum() + 0 * hits.sum() / m.sum(),
    )


@right("segmentation_metrics")
def by_false_positives(matrix):
    right_ = matrix.diagonal()
    missed, too_much = matrix.sum(dim=1) - right_, matrix.sum(dim=0) - right_
    parts = [one.to(torch.float64) for one in (right_, missed, too_much)]
    iou = parts[0] / sum(parts)
    share = (parts[0] + parts[1]) / matrix.sum().double()
    answer = {"iou": iou, "pixel_accuracy": parts[0].sum() / matrix.sum().double()}
    answer["mean_accuracy"] = torch.nanmean(parts[0] / (parts[0] + parts[1]))
    answer["mean_iou"] = torch.nanmean(iou)
    answer["weighted_iou"] = (share * torch.nan_to_num(iou)).sum()
    return answer


@mistake("segmentation_metrics", edit={"(right / truth).nanmean()": "right.sum() / truth.sum()"}, hint="`mean_accuracy` is the pixel accuracy once more. It is a mean over classes.")
def mean_accuracy_of_pixels(): ...


@mistake("segmentation_metrics", edit={"(right / truth).nanmean()": "(right / matrix.sum(dim=0)).nanmean()"}, hint="`mean_accuracy` divides by a column's sums: that is the precision. How many pixels are truly of a class?")
def precision(): ...


@mistake("segmentation_metrics", edit={"(right / truth).nanmean()": "(right / truth.clamp(min=1)).mean()"}, hint="A class without pixels counts as an accuracy of 0. There was nothing to find: it is left out.")
def absent_classes_as_zero(): ...


@mistake("segmentation_metrics", edit={"(right / truth).nanmean()": "(right / truth).mean()"}, hint="Where a class has no pixels, `mean_accuracy` is nan.")
def nan_accuracy(): ...


@mistake("segmentation_metrics", edit={"iou.nanmean()": "iou.mean()"}, hint="Where a class is neither there nor guessed, `mean_iou` is nan.")
def nan_iou(): ...


@mistake("segmentation_metrics", edit={"iou.nanmean()": "iou.nansum() / len(iou)"}, hint="A class that is neither there nor guessed has lowered `mean_iou`, as if it had been missed.")
def absent_iou_as_zero(): ...


@mistake("segmentation_metrics", edit={"iou.nanmean()": "iou[truth > 0].mean()"}, hint="A class that isn't there but was guessed has an IoU of 0. `mean_iou` leaves it out.")
def only_classes_that_are_there(): ...


@mistake("segmentation_metrics", edit={"truth + matrix.sum(dim=0) - right": "truth + matrix.sum(dim=0)"}, hint="In the union the pixels that both share are counted twice.")
def union_counted_twice(): ...


@mistake("segmentation_metrics", edit={"iou = right / (truth + matrix.sum(dim=0) - right)": "iou = 2 * right / (truth + matrix.sum(dim=0))"}, hint="This is Dice, not the IoU.")
def dice_instead(): ...


@mistake("segmentation_metrics", edit={"(truth * iou).nansum()": "(truth * iou).sum()"}, hint="Where a class is absent, `weighted_iou` is nan: 0 times nan is nan.")
def nan_weighted(): ...


@mistake("segmentation_metrics", edit={"(truth * iou).nansum()": "(matrix.sum(dim=0) * iou).nansum()"}, hint="`weighted_iou` weighs classes by how often they were guessed. How often are they there?")
def weighted_by_guesses(): ...


@mistake("segmentation_metrics", edit={"(truth * iou).nansum() / truth.sum()": "(truth * iou).nanmean()"}, hint="`weighted_iou` is not divided by the number of all pixels.")
def weighted_and_then_a_mean(): ...


@mistake("segmentation_metrics", edit={"iou = right / (truth + matrix.sum(dim=0) - right)": "iou = right / (truth + matrix.sum(dim=0) - right + 1e-6)"}, hint="A small number below the line makes an IoU of 0 out of 0 / 0. Should such a class be nan?")
def a_small_number_below(): ...


@mistake("segmentation_metrics", edit={"iou.nanmean()": "iou[1:].nanmean()"}, hint="The ground, class 0, is missing in `mean_iou`.")
def without_the_ground(): ...


@mistake("segmentation_metrics", edit={"right, truth = matrix.diag().double(), matrix.sum(dim=1)": "matrix = matrix.float()\n    right, truth = matrix.diag(), matrix.sum(dim=1)"}, hint="float32 has seven digits: millions of pixels need float64.")
def in_float32(): ...


@mistake("segmentation_metrics", edit={'"iou": iou,': '"iou": iou.nan_to_num(),'}, hint="`iou` is 0 for a class that is neither there nor guessed: nan was asked for.")
def zero_in_the_list(): ...


@mistake("segmentation_metrics", edit={"right, truth = matrix.diag().double(), matrix.sum(dim=1)": "matrix = matrix.T\n    right, truth = matrix.diag().double(), matrix.sum(dim=1)"}, hint="Rows and columns are taken the wrong way round: a row is a true class.")
def rows_as_guesses(): ...


# dice_loss


@right("dice_loss")
def class_after_class(scores, y, ignore=255, smooth=1.0, squared=False):
    chances = scores.softmax(dim=1).movedim(1, -1)[y != ignore]
    labels = y[y != ignore]
    values = []
    for k in range(scores.shape[1]):
        p, g = chances[:, k], (labels == k).to(scores.dtype)
        below = (p * p).sum() + (g * g).sum() if squared else p.sum() + g.sum()
        values.append((2 * (p * g).sum() + smooth) / (below + smooth))
    return 1 - torch.stack(values).mean()


@right("dice_loss")
def by_comparing_with_all_classes(scores, y, ignore=255, smooth=1.0, squared=False):
    classes = torch.arange(scores.shape[1], device=y.device).view(1, -1, 1, 1)
    g = (y[:, None] == classes).to(scores.dtype)
    p = torch.softmax(scores, 1).masked_fill((y == ignore)[:, None], 0)
    p, g = p.transpose(0, 1).flatten(1), g.transpose(0, 1).flatten(1)
    top = 2 * (p * g).sum(1) + smooth
    bottom = (p.pow(2) if squared else p).sum(1) + g.sum(1) + smooth
    return torch.mean(1 - top / bottom)


@right("dice_loss")
def by_einsum(scores, y, ignore=255, smooth=1.0, squared=False):
    num_classes = scores.shape[1]
    keep = (y != ignore).to(scores.dtype)
    hot = F.one_hot(torch.where(y == ignore, 0, y), num_classes).to(scores.dtype) * keep[..., None]
    p = F.softmax(scores, dim=1)
    both = torch.einsum("nkhw,nhwk->k", p, hot)
    own = torch.einsum("nkhw,nhw->k", p**2 if squared else p, keep)
    return 1 - ((2 * both + smooth) / (own + hot.sum((0, 1, 2)) + smooth)).sum() / num_classes


@mistake("dice_loss", edit={"found = scores.softmax(dim=1) * counted": "found = scores.softmax(dim=1)"}, hint="Ignored pixels are still in the sum of the probabilities.")
def guesses_at_ignored_pixels(): ...


@mistake("dice_loss", edit={"truth = labels * counted": "truth = labels"}, hint="Ignored pixels still have a label in the sums, that of the ground.")
def ignored_as_ground_in_dice(): ...


@mistake("dice_loss", edit={"found = scores.softmax(dim=1) * counted": "found = scores.sigmoid() * counted"}, hint="The probabilities of a pixel don't add up to 1: each class was asked by itself.")
def sigmoid(): ...


@mistake("dice_loss", edit={"found = scores.softmax(dim=1) * counted": "found = scores * counted"}, hint="The scores are used as they are: what makes probabilities of them?")
def no_softmax(): ...


@mistake("dice_loss", edit={"scores.softmax(dim=1)": "scores.softmax(dim=-1)"}, hint="The softmax is taken along the columns: the classes are dimension 1.")
def softmax_along_columns(): ...


@mistake("dice_loss", edit={"2 * both + smooth": "both + smooth"}, hint="What both share stands twice above the line.")
def not_twice(): ...


@mistake("dice_loss", edit={"(2 * both + smooth) / (sizes + smooth)": "(both + smooth) / (sizes - both + smooth)"}, hint="This is the soft IoU.")
def soft_iou(): ...


@mistake("dice_loss", edit={"(2 * both + smooth) / (sizes + smooth)": "2 * both / (sizes + smooth)"}, hint="`smooth` stands below the line only. What has a class that isn't there then?")
def smooth_below_only(): ...


@mistake("dice_loss", edit={"(2 * both + smooth) / (sizes + smooth)": "2 * (both + smooth) / (sizes + smooth)"}, hint="`smooth` counts twice above the line.")
def smooth_twice_above(): ...


@mistake("dice_loss", edit={"(2 * both + smooth) / (sizes + smooth)": "(2 * both + smooth) / (sizes + 2 * smooth)"}, hint="`smooth` counts twice below the line.")
def smooth_twice_below(): ...


@mistake("dice_loss", edit={"return 1 - ((2 * both + smooth) / (sizes + smooth)).mean()": "return ((2 * both + smooth) / (sizes + smooth)).mean()"}, hint="This is the Dice itself, which should grow. A loss is to fall.")
def not_a_loss(): ...


@mistake("dice_loss", edit={"return 1 - ((2 * both + smooth) / (sizes + smooth)).mean()": "return (1 - (2 * both + smooth) / (sizes + smooth)).sum()"}, hint="The losses of the classes are added up. Their mean was asked for.")
def sum_over_classes(): ...


@mistake("dice_loss", edit={"both = (found * truth).sum(dim=(0, 2, 3))": "both = (found * truth).sum(dim=(2, 3))", "(found**power + truth).sum(dim=(0, 2, 3))": "(found**power + truth).sum(dim=(2, 3))"}, hint="Each image has a Dice of its own here. The sums go over the whole batch.")
def image_by_image(): ...


@mistake("dice_loss", edit={"both = (found * truth).sum(dim=(0, 2, 3))": "both = (found * truth).sum()", "(found**power + truth).sum(dim=(0, 2, 3))": "(found**power + truth).sum()"}, hint="All classes are in one sum, so that large ones decide. Each class has a Dice of its own.")
def all_classes_in_one(): ...


@mistake("dice_loss", edit={"return 1 - ((2 * both + smooth) / (sizes + smooth)).mean()": "return 1 - ((2 * both + smooth) / (sizes + smooth))[1:].mean()"}, hint="The ground, class 0, is left out of the mean.")
def dice_without_the_ground(): ...


@mistake("dice_loss", edit={"return 1 - ((2 * both + smooth) / (sizes + smooth)).mean()": "there = truth.sum(dim=(0, 2, 3)) > 0\n    return 1 - ((2 * both + smooth) / (sizes + smooth))[there].mean()"}, hint="Only classes that are there are in the mean. All K were asked for.")
def only_present_classes(): ...


@mistake("dice_loss", edit={"(found**power + truth).sum(dim=(0, 2, 3))": "((found + truth) ** power).sum(dim=(0, 2, 3))"}, hint="With `squared`, the sum of both is squared. Each is squared by itself.")
def square_of_the_sum(): ...


@mistake("dice_loss", edit={"(found**power + truth).sum(dim=(0, 2, 3))": "(found + truth).sum(dim=(0, 2, 3)) ** power"}, hint="With `squared`, the sum over the pixels is squared. Each pixel is squared by itself.")
def square_after_the_sum(): ...


@mistake("dice_loss", edit={"labels = F.one_hot(y.where(y != ignore, 0), scores.shape[1]).movedim(-1, 1)": "labels = F.one_hot(y.where(y != ignore, 0), scores.shape[1])\n    labels = labels.reshape(scores.shape)"}, hint="`F.one_hot` puts the classes last. A reshape does not bring them to the front: move the dimension.")
def one_hot_reshaped(): ...


@mistake("dice_loss", edit={"found = scores.softmax(dim=1) * counted": "hard = F.one_hot(scores.argmax(dim=1), scores.shape[1]).movedim(-1, 1)\n    found = (hard + 0 * scores) * counted"}, hint="The guesses are hard masks, from which no gradient comes. Use the probabilities.")
def hard_masks(): ...
