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


@mistake("pixel_cross_entropy", hint="A small number stands in the logarithm, so that hopeless pixels cost too little.")
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


@mistake("pixel_cross_entropy", edit={"counted.sum().clamp(min=1)": "(counted.sum() + 1e-3)"}, hint="A small number is added to the count of pixels, so that the mean is a little too small. Only a count of 0 needs help.")
def small_number_in_the_count(): ...


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


@mistake("confusion_matrix", edit={"y[counted].long()": "y[counted]", "guessed[counted].long()": "guessed[counted]"}, hint="Bytes end at 255 and start again. Which dtype holds the numbers of all pairs?")
def bytes_overflow(): ...


@mistake("confusion_matrix", edit={", minlength=num_classes**2": ""}, hint="The list of counts ends at the largest number that appears. How long must it be for a matrix?")
def no_minimal_length(): ...


@mistake("confusion_matrix", edit={"minlength=num_classes**2": "minlength=num_classes"}, hint="The list of counts is made for the classes. How many pairs are there?")
def minimal_length_of_classes(): ...


@mistake("confusion_matrix", edit={"counted = y != ignore": "counted = (y != ignore) & (guessed != ignore)"}, hint="Pixels whose *guess* is the ignored label are left out as well. Only the truth says what is ignored.")
def ignored_guesses(): ...


@mistake("confusion_matrix", edit={"counted = y != ignore": "counted = (y >= 0) & (y < num_classes)"}, hint="`ignore` is not used: what is left out are labels beyond the classes.")
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


@mistake("confusion_matrix", edit={"kinds = num_classes": "num_classes = int(max(y[counted].max(), guessed[counted].max())) + 1\n    kinds = num_classes"}, hint="How many classes there are is taken from those that appear. It is an argument.")
def classes_that_appear(): ...


@mistake("confusion_matrix", edit={"counts = torch": "assert kinds.max() < num_classes**2\n    counts = torch"}, hint="Where no pixel is left to count, one line asks for the largest of none.")
def largest_of_nothing(): ...


@mistake("confusion_matrix", of=with_one_bin_for_the_ignored, edit={"torch.bincount(kinds.reshape(-1)": "torch.bincount(kinds"}, hint="`torch.bincount` takes a flat list, and labels come in any shape.")
def not_flat(): ...


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

    def mean(values):
        return torch.stack(values).mean() if values else counts.new_tensor(nan)

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


@mistake("segmentation_metrics", edit={"(right / truth).nanmean()": "(right / truth.clamp(min=1))[~iou.isnan()].mean()"}, hint="A class that was only guessed counts as an accuracy of 0. There was nothing to find: it is left out.")
def guessed_classes_in_the_accuracy(): ...


@mistake("segmentation_metrics", edit={"right.sum() / truth.sum()": "right.sum() / truth.sum().clamp(min=1)", "nansum() / truth.sum()": "nansum() / truth.sum().clamp(min=1)"}, hint="Where nothing was counted, some figures are 0. All are to be nan.")
def empty_as_zero(): ...


@mistake("segmentation_metrics", edit={"- right)": "- right + 1e-6)", "right.sum() / truth.sum()": "right.sum() / (truth.sum() + 1e-6)", "nansum() / truth.sum()": "nansum() / (truth.sum() + 1e-6)", "(right / truth).nanmean()": "(right / (truth + 1e-6)).mean()"}, hint="Small numbers below the lines make 0 of 0 / 0, and lower all the rest. A class without a value is nan, and left out of the means.")
def small_numbers_everywhere(): ...


@mistake("segmentation_metrics", edit={"\"iou\": iou,": "\"iou\": iou[~iou.isnan()],"}, hint="`iou` has lost the classes without a value, so its places no longer say which class is meant. Their place holds nan.")
def shorter_list(): ...


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


@mistake("dice_loss", edit={"return 1 - ((2 * both + smooth) / (sizes + smooth)).mean()": "there = truth.sum(dim=(0, 2, 3)) > 0\n    dice = (2 * both + smooth) / (sizes + smooth)\n    return 1 - (dice * there).sum() / there.sum().clamp(min=1)"}, hint="Only classes that are there are in the mean. All K were asked for.")
def mean_of_the_present(): ...


@mistake("dice_loss", edit={"counted = (y != ignore)": "counted = (y < scores.shape[1])", "y.where(y != ignore, 0)": "y.clamp(0, scores.shape[1] - 1)"}, hint="Labels of K and above are left out, whatever `ignore` says. It may be -1, too.")
def below_the_number_of_classes(): ...


@mistake("dice_loss", edit={"found = scores.softmax(dim=1) * counted": "found = scores.softmax(dim=1)", "truth = labels * counted": "truth = labels"}, hint="Ignored pixels are in all the sums, as if they were ground. They belong into none.")
def ignored_pixels_everywhere(): ...


@mistake("dice_loss", edit={", scores.shape[1]).movedim": ").movedim"}, hint="`F.one_hot` counts the classes up to the largest label, and the last one need not appear. Tell it how many there are.")
def classes_of_the_labels(): ...


@mistake("dice_loss", edit={"found = scores.softmax(dim=1) * counted": "found = (scores * counted).softmax(dim=1)"}, hint="At ignored pixels the *scores* are set to 0, and a softmax makes 1 / K of that. Which numbers should be 0 there?")
def zero_scores_where_ignored(): ...


@mistake("dice_loss", edit={"both = (found * truth)": "found = found**2 if squared else found\n    both = (found * truth)", "found**power": "found"}, hint="With `squared`, probabilities are squared above the line as well. That is for the two sums below.")
def squares_above_too(): ...


@mistake("dice_loss", edit={"sizes = (found**power + truth).sum(dim=(0, 2, 3))": "sizes = found.sum(dim=(0, 2, 3)) ** power + truth.sum(dim=(0, 2, 3)) ** power"}, hint="With `squared`, the sums over the pixels are squared. Each pixel is squared by itself.")
def both_sums_squared(): ...


# weighted_pixel_loss

EVERYWHERE = "The second term is added on the objects too. It belongs to the ground alone."


@right("weighted_pixel_loss")
def by_cdist_and_topk(scores, y, instances, class_weights=None, w0=10.0, sigma=5.0):
    n, h, w = y.shape
    rows = torch.arange(h, device=y.device).view(h, 1).expand(h, w)
    columns = torch.arange(w, device=y.device).view(1, w).expand(h, w)
    grid = torch.stack([rows, columns], dim=-1).reshape(-1, 2).to(scores.dtype)
    maps = []
    for i in range(n):
        flat = instances[i].reshape(-1)
        numbers = [int(k) for k in torch.unique(flat) if k != 0]
        weight = torch.zeros(h * w, dtype=scores.dtype, device=scores.device)
        if len(numbers) >= 2:
            distances = [
                torch.cdist(grid, grid[flat == k], compute_mode="donot_use_mm_for_euclid_dist").min(dim=1).values
                for k in numbers
            ]
            two = torch.stack(distances, dim=1).topk(2, dim=1, largest=False).values
            weight = w0 * torch.exp(-(two[:, 0] + two[:, 1]) ** 2 / (2 * sigma**2))
        maps.append(torch.where(flat == 0, weight, torch.zeros_like(weight)).reshape(h, w))
    weights = torch.stack(maps)
    weights = weights + (torch.ones_like(weights) if class_weights is None else class_weights[y])
    logs = scores.log_softmax(dim=1)
    return -(weights * logs.gather(1, y.unsqueeze(1)).squeeze(1)).sum() / y.numel(), weights


@right("weighted_pixel_loss")
def running_two_smallest(scores, y, instances, class_weights=None, w0=10.0, sigma=5.0):
    weights = torch.ones_like(scores[:, 0]).detach() if class_weights is None else class_weights[y]
    weights = weights.clone()
    for image in range(len(y)):
        first = scores.new_full(y.shape[1:], float("inf"))
        second = first.clone()
        i = torch.arange(y.shape[1], device=y.device)[:, None, None]
        j = torch.arange(y.shape[2], device=y.device)[None, :, None]
        for k in instances[image].unique():
            if k == 0:
                continue
            r, c = torch.nonzero(instances[image] == k, as_tuple=True)
            d = ((i - r) ** 2 + (j - c) ** 2).amin(dim=2).to(scores.dtype).sqrt()
            second = torch.minimum(second, torch.maximum(first, d))
            first = torch.minimum(first, d)
        glow = w0 * torch.exp(-((first + second) ** 2) / (2 * sigma * sigma))
        ground = instances[image] == 0
        weights[image][ground] += glow[ground]
    return (F.cross_entropy(scores, y, reduction="none") * weights).mean(), weights


@right("weighted_pixel_loss")
def with_helpers(scores, y, instances, class_weights=None, w0=10.0, sigma=5.0):
    def distance(mask):
        here = mask.nonzero().to(scores.dtype)
        places = torch.ones_like(mask).nonzero().to(scores.dtype)
        return torch.linalg.vector_norm(places[:, None] - here[None], dim=-1).amin(1).view(mask.shape)

    def glow(one):
        numbers = one.unique()
        maps = [distance(one == k) for k in numbers[numbers > 0]]
        if len(maps) < 2:
            return torch.zeros_like(one, dtype=scores.dtype)
        near = torch.stack(maps).kthvalue(1, dim=0).values + torch.stack(maps).kthvalue(2, dim=0).values
        return w0 * (-0.5 * (near / sigma) ** 2).exp() * (one == 0)

    weights = torch.stack([glow(one) for one in instances])
    if class_weights is None:
        class_weights = scores.new_ones(scores.shape[1])
    weights = weights + class_weights.index_select(0, y.flatten()).view_as(weights)
    loss = scores.logsumexp(1) - scores.gather(1, y[:, None])[:, 0]
    return torch.mean(loss * weights), weights


@mistake("weighted_pixel_loss", edit={"weights = border * (instances == 0)": "weights = border"}, hint=EVERYWHERE)
def on_objects_too(): ...


@mistake("weighted_pixel_loss", edit={"weights = border * (instances == 0)": "weights = border * (y == 0)"}, hint="The ground is taken from the labels. It is where no instance is.")
def ground_by_label(): ...


@mistake("weighted_pixel_loss", edit={"[:2].sum(dim=0)": "[:1].sum(dim=0)"}, hint="Only the nearest object counts. Which two distances are added?")
def nearest_alone(): ...


@mistake("weighted_pixel_loss", edit={"[:2].sum(dim=0)": "[1:2].sum(dim=0)"}, hint="Only the second nearest object counts. Which two distances are added?")
def second_nearest_alone(): ...


@mistake("weighted_pixel_loss", edit={"torch.stack(apart).sort(dim=0).values[:2].sum(dim=0)": "torch.stack(apart).sum(dim=0)"}, hint="The distances to all objects are added up. A third one, far away, should change nothing.")
def all_distances(): ...


@mistake("weighted_pixel_loss", edit={"torch.stack(apart).sort(dim=0).values[:2].sum(dim=0)": "apart[0] + apart[1]"}, hint="The first two objects are taken, wherever the pixel is. Which are the two nearest *to it*?")
def first_two_objects(): ...


@mistake("weighted_pixel_loss", edit={"torch.stack(apart).sort(dim=0).values[:2].sum(dim=0)": "torch.stack(apart).sort(dim=0, descending=True).values[:2].sum(dim=0)"}, hint="The two farthest objects are taken.")
def farthest_two(): ...


@mistake("weighted_pixel_loss", edit={"-both.square() / (2 * sigma**2)": "-both / (2 * sigma**2)"}, hint="The sum of the distances isn't squared.")
def not_squared(): ...


@mistake("weighted_pixel_loss", edit={"torch.stack(apart).sort(dim=0).values[:2].sum(dim=0)": "torch.stack(apart).sort(dim=0).values[:2].square().sum(dim=0).sqrt()"}, hint="Each distance is squared by itself: it is the square of their *sum*.")
def sum_of_squares(): ...


@mistake("weighted_pixel_loss", edit={"(2 * sigma**2)": "sigma**2"}, hint="There is a 2 before the square of sigma.")
def without_the_two(): ...


@mistake("weighted_pixel_loss", edit={"(2 * sigma**2)": "(2 * sigma)"}, hint="Sigma isn't squared.")
def sigma_not_squared(): ...


@mistake("weighted_pixel_loss", edit={"steps.square().sum(dim=2).amin(dim=1).sqrt()": "steps.abs().sum(dim=2).amin(dim=1)"}, hint="Rows and columns of the way are added: that is the distance of a taxi. The Euclidean one goes straight.")
def taxi(): ...


@mistake("weighted_pixel_loss", edit={"steps.square().sum(dim=2).amin(dim=1).sqrt()": "steps.square().sum(dim=2).amin(dim=1)"}, hint="Squares of distances are added. Their roots are what is meant.")
def no_root(): ...


@mistake("weighted_pixel_loss", edit={"steps.square().sum(dim=2).amin(dim=1).sqrt()": "(steps.square().sum(dim=2).amin(dim=1).sqrt() - 1).clamp(min=0)"}, hint="Distances are one less than they should be: they go from a pixel's middle to another's, so a neighbour is at 1.")
def gap_in_between(): ...


@mistake("weighted_pixel_loss", edit={"steps = places[:, None] - places[map_.flatten() == k]": "steps = places[:, None] - places[map_.flatten() == k].mean(dim=0)"}, hint="Distances lead to the middle of an object. What is its nearest pixel?")
def to_the_middle(): ...


@mistake("weighted_pixel_loss", edit={"for k in map_[map_ > 0].unique():": "for k in map_.unique():"}, hint="The ground is taken for an object.")
def ground_as_an_object(): ...


@mistake("weighted_pixel_loss", edit={"for k in map_[map_ > 0].unique():": "for k in instances[instances > 0].unique():", "steps = places[:, None] - places[map_.flatten() == k]": "if not (map_ == k).any():\n                k = map_.max()\n            steps = places[:, None] - places[map_.flatten() == k] if (map_ > 0).any() else places[:, None]"}, hint="Objects of one image count in another. Each image has its own.")
def objects_of_other_images(): ...


@mistake("weighted_pixel_loss", edit={"weights += 1 if class_weights is None else class_weights[y]": "weights = weights.where(weights > 0, 1 if class_weights is None else class_weights[y])"}, hint="The second term stands in place of the class's weight. Both are added.")
def in_place_of_the_class(): ...


@mistake("weighted_pixel_loss", edit={"weights += 1 if class_weights is None else class_weights[y]": "weights = (1 + weights) * (1 if class_weights is None else class_weights[y])"}, hint="The class's weight multiplies the second term too. Both are added.")
def times_the_class(): ...


@mistake("weighted_pixel_loss", edit={"weights += 1 if class_weights is None else class_weights[y]": "weights += 1"}, hint="The weights of the classes are not used.")
def class_weights_ignored(): ...


@mistake("weighted_pixel_loss", edit={"return (weights * costs).mean(), weights": "return (weights * costs).sum() / weights.sum(), weights"}, hint="The loss is divided by the sum of the weights. The number of pixels was asked for.")
def divided_by_weights(): ...


@mistake("weighted_pixel_loss", edit={"return (weights * costs).mean(), weights": "return (weights * costs).sum(), weights"}, hint="The loss isn't divided by the number of pixels.")
def sum_of_the_paper(): ...


@mistake("weighted_pixel_loss", edit={"costs = F.cross_entropy(scores, y, reduction=\"none\")": "costs = F.cross_entropy(scores, y)"}, hint="The cross-entropy is already a mean when it meets the weights. Each pixel has its own.")
def mean_before_the_weights(): ...


@mistake("weighted_pixel_loss", edit={"costs = F.cross_entropy(scores, y, reduction=\"none\")": "costs = F.cross_entropy(scores, y, class_weights, reduction=\"none\")"}, hint="The weights of the classes count twice in the loss.")
def class_weights_twice(): ...


@mistake("weighted_pixel_loss", edit={"for k in map_[map_ > 0].unique():": "for k in instances[instances > 0].unique():", "map_.flatten() == k": "(instances == k).any(dim=0).flatten()"}, hint="Objects of other images count. Each image has its own, even if the numbers are the same.")
def images_upon_each_other(): ...


@mistake("weighted_pixel_loss", edit={"for k in map_[map_ > 0].unique():": "for k in range(1, int(map_.max()) + 1):"}, hint="Numbers up to the largest are gone through, and some of them may be left out. Which numbers does an image have?")
def up_to_the_largest_number(): ...


@mistake("weighted_pixel_loss", edit={"class_weights[y]": "class_weights[(instances > 0).long()]"}, hint="The weight of a class is picked by whether a pixel belongs to an object. It goes by its label.")
def weights_by_instances(): ...


@mistake("weighted_pixel_loss", edit={"return (weights * costs).mean(), weights": "return (weights * costs).sum() / len(y), weights"}, hint="The loss is divided by the number of images. The number of pixels was asked for.")
def divided_by_images_only(): ...


@mistake("weighted_pixel_loss", edit={"if len(apart) > 1:": "if len(apart) < 2:\n            break\n        if apart:"}, hint="An image with fewer than two objects ends the loop, and the images after it get no second term.")
def ends_at_a_poor_image(): ...


@mistake("weighted_pixel_loss", edit={"apart.append(steps.square().sum(dim=2).amin(dim=1).sqrt())": "apart.extend(steps.square().sum(dim=2).sqrt().T)", "if len(apart) > 1:": "if len(map_[map_ > 0].unique()) > 1:"}, hint="The two nearest *pixels* are taken, and both may be of one object. Which is the nearest of each object?")
def two_nearest_pixels(): ...


@mistake("weighted_pixel_loss", edit={"if len(apart) > 1:": "if True:", "sort(dim=0).values[:2]": "topk(2, dim=0, largest=False).values"}, hint="With one object, or none, there are no two distances to take.")
def always_two(): ...


@mistake("weighted_pixel_loss", edit={"if len(apart) > 1:": "if len(apart) == 1:\n            apart *= 2\n        if apart:"}, hint="A single object is taken for both, so that it glows. With fewer than two the second term is 0.")
def one_object_twice(): ...


@mistake("weighted_pixel_loss", edit={").to(scores.dtype)": ").to(scores.dtype).view(height, width, 2).transpose(0, 1).reshape(-1, 2)"}, hint="The list of places goes down the columns, and the flattened map along the rows.")
def columns_first(): ...


@mistake("weighted_pixel_loss", edit={"image += w0 * torch": "image += 10 * torch", "(2 * sigma**2)": "50"}, hint="10 and 5 are written in. They are arguments, `w0` and `sigma`.")
def ten_and_five(): ...


# FCN8s

DIAGONAL = "Scores of one class run into another's: a transposed convolution has a kernel for each pair of channels. Which pairs should say something?"


@right("FCN8s")
class FromATable(nn.Module):
    def __init__(self, widths, num_classes, stride=8):
        super().__init__()
        tables = {32: [], 16: [("score_pool4", 1)], 8: [("score_pool4", 1), ("score_pool3", 0)]}
        if stride not in tables:
            raise ValueError(f"no FCN of stride {stride}")
        self.skips, names = tables[stride], ["upscore2", "upscore_pool4"]
        self.score_fr = nn.Conv2d(widths[2], num_classes, 1)
        self.steps = list(zip(names, self.skips))
        for name, (score, level) in self.steps:
            layer = nn.Conv2d(widths[level], num_classes, 1)
            layer.weight.data.fill_(0)
            layer.bias.data.fill_(0)
            setattr(self, score, layer)
            setattr(self, name, self.bilinear(num_classes, 2))
        self.last = "upscore" if stride == 32 else f"upscore{stride}"
        setattr(self, self.last, self.bilinear(num_classes, stride))

    def bilinear(self, k, f):
        layer = nn.ConvTranspose2d(k, k, 2 * f, f, f // 2, bias=False)
        line = torch.tensor([1 - abs(i - f + 0.5) / f for i in range(2 * f)])
        layer.weight.data = torch.einsum("ab,i,j->abij", torch.eye(k), line, line)
        return layer

    def forward(self, maps, size):
        x = self.score_fr(maps[-1])
        for name, (score, level) in self.steps:
            fine = getattr(self, score)(maps[level])
            x = getattr(self, name)(x)[:, :, : fine.size(2), : fine.size(3)] + fine
        return getattr(self, self.last)(x)[:, :, : size[0], : size[1]]


@right("FCN8s")
class StepByStep(nn.Module):
    def __init__(self, widths, num_classes, stride=8):
        super().__init__()
        c8, c16, c32 = widths
        self.stride = stride
        self.score_fr = nn.Conv2d(c32, num_classes, kernel_size=1)
        if stride == 32:
            self.upscore = self.up(num_classes, 32)
        elif stride == 16:
            self.score_pool4 = self.zero(c16, num_classes)
            self.upscore2 = self.up(num_classes, 2)
            self.upscore16 = self.up(num_classes, 16)
        elif stride == 8:
            self.score_pool3, self.score_pool4 = self.zero(c8, num_classes), self.zero(c16, num_classes)
            self.upscore2, self.upscore_pool4 = self.up(num_classes, 2), self.up(num_classes, 2)
            self.upscore8 = self.up(num_classes, 8)
        else:
            raise ValueError(stride)

    def zero(self, c, k):
        layer = nn.Conv2d(c, k, 1)
        for parameter in layer.parameters():
            nn.init.constant_(parameter, 0.0)
        return layer

    def up(self, k, f):
        layer = nn.ConvTranspose2d(k, k, 2 * f, stride=f, padding=f // 2, bias=False)
        grid = torch.arange(2 * f, dtype=torch.float32)
        one = torch.minimum((grid + 0.5) / f, (2 * f - grid - 0.5) / f)
        with torch.no_grad():
            layer.weight.fill_(0)
            for c in range(k):
                layer.weight[c, c].copy_(torch.outer(one, one))
        return layer

    def forward(self, maps, size):
        def cut(x, to):
            return x[:, :, : to[0], : to[1]]

        coarse = self.score_fr(maps[2])
        if self.stride == 32:
            return cut(self.upscore(coarse), size)
        middle = self.score_pool4(maps[1])
        middle = middle + cut(self.upscore2(coarse), middle.shape[2:])
        if self.stride == 16:
            return cut(self.upscore16(middle), size)
        fine = self.score_pool3(maps[0])
        fine = fine + cut(self.upscore_pool4(middle), fine.shape[2:])
        return cut(self.upscore8(fine), size)


@right("FCN8s")
class WithNarrow(nn.Module):
    def __init__(self, widths, num_classes, stride=8):
        super().__init__()
        if stride != 8 and stride != 16 and stride != 32:
            raise ValueError("stride")
        self.rest = {32: "upscore", 16: "upscore16", 8: "upscore8"}[stride]
        make = {"score_fr": nn.Conv2d(widths[2], num_classes, (1, 1))}
        if stride <= 16:
            make["score_pool4"] = nn.Conv2d(widths[1], num_classes, (1, 1))
            make["upscore2"] = nn.ConvTranspose2d(num_classes, num_classes, 4, 2, 1, bias=False)
        if stride == 8:
            make["score_pool3"] = nn.Conv2d(widths[0], num_classes, (1, 1))
            make["upscore_pool4"] = nn.ConvTranspose2d(num_classes, num_classes, 4, 2, 1, bias=False)
        make[self.rest] = nn.ConvTranspose2d(
            num_classes, num_classes, 2 * stride, stride, stride // 2, bias=False
        )
        for name, layer in make.items():
            self.add_module(name, layer)
            if name.startswith("score_pool"):
                nn.init.zeros_(layer.weight)
                nn.init.zeros_(layer.bias)
            if name.startswith("up"):
                f = layer.stride[0]
                x = torch.linspace(0.5 / f - 1, 1 - 0.5 / f, 2 * f)
                plane = (1 - x.abs()).view(-1, 1) @ (1 - x.abs()).view(1, -1)
                layer.weight.data.zero_()
                layer.weight.data.diagonal(dim1=0, dim2=1).copy_(plane[..., None].expand(-1, -1, num_classes))

    def forward(self, maps, size):
        out = self.score_fr(maps[2])
        if hasattr(self, "score_pool4"):
            fine = self.score_pool4(maps[1])
            out = self.upscore2(out).narrow(2, 0, fine.shape[2]).narrow(3, 0, fine.shape[3]) + fine
        if hasattr(self, "score_pool3"):
            fine = self.score_pool3(maps[0])
            out = self.upscore_pool4(out).narrow(2, 0, fine.shape[2]).narrow(3, 0, fine.shape[3]) + fine
        return getattr(self, self.rest)(out).narrow(2, 0, size[0]).narrow(3, 0, size[1])


@mistake("FCN8s", edit={"layer.weight[classes, classes] = line[:, None] * line": "layer.weight[:] = line[:, None] * line"}, hint=DIAGONAL)
def every_pair_of_classes(): ...


@mistake("FCN8s", edit={"layer.weight[classes, classes] = line[:, None] * line": "layer.weight[0, 0] = line[:, None] * line"}, hint="Only the first class is enlarged at first.")
def first_class_alone(): ...


@mistake("FCN8s", edit={"            layer.weight.zero_()\n": ""}, hint=DIAGONAL)
def others_not_emptied(): ...


@mistake("FCN8s", edit={"with torch.no_grad():\n            layer.weight.zero_()\n            layer.weight[classes, classes] = line[:, None] * line": "del classes, line"}, hint="The layers that enlarge start as torch makes them, with noise.")
def noise_at_the_start(): ...


@mistake("FCN8s", edit={"away = (torch.arange(2 * factor) - factor + 0.5).abs()": "away = (torch.arange(2 * factor) - factor).abs()"}, hint="The kernel's middle is half a place off, so everything is shifted. With an even number of places it lies between two of them.")
def middle_half_a_place_off(): ...


@mistake("FCN8s", edit={"line = 1 - away / factor": "line = 1 - away / (2 * factor)"}, hint="The weights fall too slowly: at the kernel's ends they are near 0.")
def falls_too_slowly(): ...


@mistake("FCN8s", edit={"= line[:, None] * line": "= line[:, None] * line / (line[:, None] * line).sum()"}, hint="The kernel's weights add up to 1, and a constant map comes out darker. At each pixel of the *output* they should add up to 1.")
def kernel_of_sum_one(): ...


@mistake("FCN8s", edit={"= line[:, None] * line": "= line.expand(2 * factor, -1)"}, hint="The weights change along one direction only. In two dimensions they are products.")
def one_direction(): ...


@mistake("FCN8s", edit={"sizes = (2 * factor, factor, factor // 2)": "sizes = (2 * factor, factor, 0)"}, hint="Without a padding the enlarged map is too large, and what is cut off at the far end leaves it shifted.")
def without_padding(): ...


@mistake("FCN8s", edit={"*sizes, bias=False)": "*sizes)"}, hint="The layers that enlarge have a bias.")
def enlarging_with_a_bias(): ...


@mistake("FCN8s", edit={"        nn.init.zeros_(layer.weight)\n": ""}, hint="The layers that score the finer maps start with noise in their weights. At first they should say nothing.")
def skips_start_as_noise(): ...


@mistake("FCN8s", edit={"        nn.init.zeros_(layer.bias)\n": ""}, hint="The layers that score the finer maps start with a bias of their own.")
def skips_start_with_a_bias(): ...


@mistake("FCN8s", edit={"self.score_fr = nn.Conv2d(widths[2], num_classes, 1)": "self.score_fr = self._at_zero(widths[2], num_classes)"}, hint="score_fr starts at zero too. Only the two finer scores do.")
def all_scores_at_zero(): ...


@mistake("FCN8s", edit={"self.score_pool4 = self._at_zero(widths[1], num_classes)": "self.score_pool4 = self._at_zero(widths[0], num_classes)", "self.score_pool3 = self._at_zero(widths[0], num_classes)": "self.score_pool3 = self._at_zero(widths[1], num_classes)"}, hint="The widths of the two finer maps have changed places.")
def widths_exchanged(): ...


@mistake("FCN8s", edit={"self.upscore2(x), self.score_pool4(maps[1])": "self.upscore_pool4(x) if self.stride == 8 else self.upscore2(x), self.score_pool4(maps[1])", "self._joined(self.upscore_pool4(x), self.score_pool3(maps[0]))": "self._joined(self.upscore2(x), self.score_pool3(maps[0]))"}, hint="The two layers that enlarge by 2 have changed places. upscore2 is the one of the coarsest scores.")
def enlarging_layers_exchanged(): ...


@mistake("FCN8s", edit={"return coarse[..., : fine.shape[2], : fine.shape[3]] + fine": "top, left = (coarse.shape[2] - fine.shape[2]) // 2, (coarse.shape[3] - fine.shape[3]) // 2\n        return coarse[..., top : top + fine.shape[2], left : left + fine.shape[3]] + fine", "return self.upscore(x)[..., : size[0], : size[1]]": "return self._joined(self.upscore(x), x.new_zeros(1, 1, *size))", "return self.upscore16(x)[..., : size[0], : size[1]]": "return self._joined(self.upscore16(x), x.new_zeros(1, 1, *size))", "return self.upscore8(x)[..., : size[0], : size[1]]": "return self._joined(self.upscore8(x), x.new_zeros(1, 1, *size))"}, hint="The middle is cut out of enlarged maps. What is too much lies at the bottom and at the right.")
def middle_cut_out(): ...


@mistake("FCN8s", edit={"return coarse[..., : fine.shape[2], : fine.shape[3]] + fine": "top, left = coarse.shape[2] - fine.shape[2], coarse.shape[3] - fine.shape[3]\n        return coarse[..., top:, left:] + fine"}, hint="Enlarged scores are cut at the top and at the left. What is too much lies at the far end.")
def cut_at_the_near_end(): ...


@mistake("FCN8s", edit={"return coarse[..., : fine.shape[2], : fine.shape[3]] + fine": "return (coarse[..., : fine.shape[2], : fine.shape[3]] + fine) / 2"}, hint="Scores of two levels are averaged. They are added.")
def averaged(): ...


@mistake("FCN8s", edit={"return coarse[..., : fine.shape[2], : fine.shape[3]] + fine": "return (coarse[..., : fine.shape[2], : fine.shape[3]] + fine).relu()"}, hint="Negative sums are lost: between the levels there is no ReLU.")
def relu_between(): ...


@mistake("FCN8s", edit={"x = self.score_fr(maps[2])": "x = self.score_fr(maps[2]).relu()"}, hint="The coarsest scores go through a ReLU, and negative ones are lost.")
def relu_of_scores(): ...


@mistake("FCN8s", edit={"if stride not in (32, 16, 8):": "if stride > 32:"}, hint="Some strides that aren't 8, 16 or 32 are taken.")
def small_strides_taken(): ...


@mistake("FCN8s", edit={"x = self.score_fr(maps[2])": "size = size[::-1]\n        x = self.score_fr(maps[2])"}, hint="Rows and columns of the size are exchanged.")
def size_exchanged(): ...


@mistake("FCN8s", edit={"return self.upscore8(x)[..., : size[0], : size[1]]": "return self.upscore8(x)[..., : size[0], : size[1]].softmax(dim=1)"}, hint="Probabilities come out. Scores are what stands before the softmax.")
def softmax_at_the_end(): ...


@mistake("FCN8s", edit={"            self.upscore = self._enlarging(num_classes, 32)\n            return\n": "            self.upscore = self._enlarging(num_classes, 32)\n", "            self.upscore16 = self._enlarging(num_classes, 16)\n            return\n": "            self.upscore16 = self._enlarging(num_classes, 16)\n"}, hint="Layers of finer strides are stored that are never used. Each stride has a list of its own.")
def all_layers_always(): ...


@mistake("FCN8s", edit={"if stride not in (32, 16, 8):": "if False:"}, hint="Strides other than 8, 16 and 32 are taken without a word.")
def any_stride_taken(): ...


@mistake("FCN8s", edit={"line = 1 - away / factor": "line = 1 - away / (factor + 0.5)"}, hint="The weights fall a little too slowly. Along one side they add up to the factor.")
def a_little_too_slowly(): ...


@mistake("FCN8s", edit={"nn.Conv2d(widths[2]": "nn.Conv2d(widths[0]", "self._at_zero(widths[0]": "self._at_zero(widths[2]", "self.score_fr(maps[2])": "self.score_fr(maps[0])", "self.score_pool3(maps[0])": "self.score_pool3(maps[2])"}, hint="The finest map is taken for the coarsest. They come in the order of strides 8, 16, 32.")
def coarsest_first(): ...


@mistake("FCN8s", edit={"layer.weight[classes, classes] = line[:, None] * line\n": "layer.weight[classes, classes] = line[:, None] * line\n        layer.requires_grad_(False)\n"}, hint="The layers that enlarge don't learn. They only *start* as interpolation.")
def enlarging_is_frozen(): ...


@mistake("FCN8s", edit={"return coarse[..., : fine.shape[2], : fine.shape[3]] + fine": "return coarse + fine"}, hint="An enlarged map may be larger than the one it is added to. What has to happen first?")
def not_cut_inside(): ...


@mistake("FCN8s", edit={"return coarse[..., : fine.shape[2], : fine.shape[3]] + fine": "return coarse[..., : fine.shape[2], : fine.shape[3]] + fine.relu()"}, hint="The finer scores go through a ReLU before they are added, and negative ones are lost.")
def relu_of_the_finer_scores(): ...


@mistake("FCN8s", edit={"self.upscore_pool4 = self._enlarging(num_classes, 2)": "self.upscore_pool4 = self.upscore2"}, hint="Both layers that enlarge by 2 are one and the same, and would learn the same. Each has weights of its own.")
def one_layer_for_two(): ...


# UNet


@right("UNet")
class InTwoLoops(nn.Module):
    def __init__(self, in_channels, num_classes, widths=(64, 128, 256, 512, 512), padded=True, bilinear=True):
        super().__init__()
        widths = list(widths)
        self.padded, self.bilinear = padded, bilinear
        self.down, self.join = nn.ModuleList(), nn.ModuleList()
        channels = in_channels
        for width in widths:
            self.down.append(double_conv(channels, width, 1 if padded else 0))  # noqa: F821
            channels = width
        ups = []
        for skip, out in zip(reversed(widths[:-1]), [*reversed(widths[:-2]), widths[0]]):
            ups.append(nn.ConvTranspose2d(channels, channels, 2, 2))
            self.join.append(double_conv(channels + skip, out, 1 if padded else 0))  # noqa: F821
            channels = out
        if not bilinear:
            self.up = nn.ModuleList(ups)
        self.head = nn.Conv2d(channels, num_classes, 1)

    def forward(self, x):
        maps = []
        for i in range(len(self.down)):
            if i > 0:
                x = F.max_pool2d(x, kernel_size=2)
            x = self.down[i](x)
            maps.append(x)
        for i in range(len(self.join)):
            skip = maps[-2 - i]
            if self.bilinear:
                x = F.interpolate(x, size=(2 * x.shape[2], 2 * x.shape[3]), mode="bilinear", align_corners=False)
            else:
                x = self.up[i](x)
            if self.padded:
                bigger = x.new_zeros(*x.shape[:2], *skip.shape[2:])
                bigger[:, :, : x.shape[2], : x.shape[3]] = x
                x = bigger
            else:
                r, c = (skip.shape[2] - x.shape[2]) // 2, (skip.shape[3] - x.shape[3]) // 2
                skip = skip.narrow(2, r, x.shape[2]).narrow(3, c, x.shape[3])
            x = self.join[i](torch.cat((skip, x), 1))
        return self.head(x)


@right("UNet")
class ByRecursion(nn.Module):
    def __init__(self, in_channels, num_classes, widths=(64, 128, 256, 512, 512), padded=True, bilinear=True):
        super().__init__()
        pad, n = (1 if padded else 0), len(widths)
        self.padded = padded
        self.pool = nn.MaxPool2d(2)
        ins = [in_channels, *widths]
        self.down = nn.ModuleList([double_conv(ins[i], widths[i], pad) for i in range(n)])  # noqa: F821
        levels = list(range(n - 2, -1, -1))
        below = [widths[n - 1] if i == n - 2 else widths[i] for i in levels]
        if not bilinear:
            self.up = nn.ModuleList([nn.ConvTranspose2d(b, b, kernel_size=2, stride=2) for b in below])
        joins = [double_conv(b + widths[i], widths[i - 1] if i else widths[0], pad) for i, b in zip(levels, below)]  # noqa: F821
        self.join = nn.ModuleList(joins)
        self.head = nn.Conv2d(widths[0], num_classes, kernel_size=1)
        self.larger = nn.Upsample(scale_factor=2, mode="bilinear")
        self.bilinear = bilinear

    def level(self, x, i):
        x = self.down[i](x)
        if i == len(self.down) - 1:
            return x
        back = self.level(self.pool(x), i + 1)
        place = len(self.down) - 2 - i
        back = self.larger(back) if self.bilinear else self.up[place](back)
        dy, dx = x.shape[-2] - back.shape[-2], x.shape[-1] - back.shape[-1]
        if self.padded:
            back = F.pad(back, [0, dx, 0, dy])
        else:
            x = x[..., dy // 2 : dy // 2 + back.shape[-2], dx // 2 : dx // 2 + back.shape[-1]]
        return self.join[place](torch.cat([x, back], dim=1))

    def forward(self, x):
        return self.head(self.level(x, 0))


@right("UNet")
class WithNegativePadding(nn.Module):
    def __init__(self, in_channels, num_classes, widths=(64, 128, 256, 512, 512), padded=True, bilinear=True):
        super().__init__()
        make = lambda a, b: double_conv(a, b, padding=int(padded))  # noqa: E731, F821
        self.padded = padded
        self.down = nn.ModuleList(map(make, [in_channels] + list(widths[:-1]), widths))
        skips = list(widths[:-1])[::-1]
        afters = skips[1:] + skips[-1:]
        belows = [widths[-1]] + afters[:-1] if skips else []
        enlarge = [nn.Upsample(scale_factor=2, mode="bilinear") if bilinear else nn.ConvTranspose2d(b, b, 2, 2) for b in belows]
        self.up = nn.ModuleList(enlarge)
        self.join = nn.ModuleList([make(b + s, a) for b, s, a in zip(belows, skips, afters)])
        self.head = nn.Conv2d(afters[-1] if afters else widths[-1], num_classes, 1)

    def forward(self, x):
        kept = [self.down[0](x)]
        for layer in list(self.down)[1:]:
            kept.append(layer(F.max_pool2d(kept[-1], 2)))
        x = kept.pop()
        for up, join in zip(self.up, self.join):
            x, side = up(x), kept.pop()
            dh, dw = side.shape[2] - x.shape[2], side.shape[3] - x.shape[3]
            if self.padded:
                x = nn.ZeroPad2d((0, dw, 0, dh))(x)
            else:
                side = F.pad(side, (-(dw // 2), -(dw - dw // 2), -(dh // 2), -(dh - dh // 2)))
            x = join(torch.cat([side, x], dim=1))
        return self.head(x)


@mistake("UNet", edit={"torch.cat([skip, x], dim=1)": "torch.cat([x, skip], dim=1)"}, hint="The enlarged map stands before the skip. The skip's channels come first.")
def enlarged_first(): ...


@mistake("UNet", edit={"x = F.pad(x, (0, wide, 0, high))": "x = F.pad(x, (0, high, 0, wide))"}, hint="A missing row is laid on as a column. Which side do the first two numbers of `F.pad` belong to?")
def rows_for_columns(): ...


@mistake("UNet", edit={"x = F.pad(x, (0, wide, 0, high))": "x = F.pad(x, (wide, 0, high, 0))"}, hint="The zeros are laid on at the top and at the left.")
def zeros_at_the_near_end(): ...


@mistake("UNet", edit={"x = F.pad(x, (0, wide, 0, high))": "x = F.pad(x, (0, wide, 0, high), mode='replicate')"}, hint="The last row or column is repeated where it is short. Zeros were asked for.")
def last_row_repeated(): ...


@mistake("UNet", edit={"x = F.pad(x, (0, wide, 0, high))": "x = F.interpolate(x, size=skip.shape[2:], mode='bilinear') if high or wide else x"}, hint="Where a row or column is missing, the whole map is stretched. It is to be laid on at the end.")
def stretched(): ...


@mistake("UNet", edit={"x = F.pad(x, (0, wide, 0, high))": "skip = skip[:, :, : x.shape[2], : x.shape[3]]"}, hint="With an odd size the skip is cut, and the answer is smaller than the image.")
def skip_cut_when_padded(): ...


@mistake("UNet", edit={"top, left = high // 2, wide // 2": "top, left = 0, 0"}, hint="The upper left part of the skip is cut out. It is the middle that belongs to the enlarged map.")
def corner_of_the_skip(): ...


@mistake("UNet", edit={"top, left = high // 2, wide // 2": "top, left = (high + 1) // 2, (wide + 1) // 2"}, hint="Where the middle can't be quite in the middle, one row too many is cut off at the near end.")
def middle_rounded_up(): ...


@mistake("UNet", edit={"top, left = high // 2, wide // 2": "top, left = high // 2, high // 2"}, hint="What is cut off in rows is cut off in columns, too. They may differ.")
def same_cut_in_both(): ...


@mistake("UNet", edit={"skip = skip[:, :, top : top + x.shape[2], left : left + x.shape[3]]": "skip = F.interpolate(skip, size=x.shape[2:], mode='bilinear')"}, hint="The skip is shrunk to fit. Its middle is to be cut out, so that each pixel stays at its place.")
def skip_shrunk(): ...


@mistake("UNet", edit={"skip = skip[:, :, top : top + x.shape[2], left : left + x.shape[3]]": "x = F.pad(x, (left, wide - left, top, high - top))"}, hint="Without padding, the enlarged map is filled up with zeros to the size of the skip. The skip's middle is to be cut out instead.")
def filled_up_with_zeros(): ...


@mistake("UNet", edit={"F.max_pool2d(x, 2)": "F.avg_pool2d(x, 2)"}, hint="Maps are averaged on the way down, and max pooling was asked for.")
def average_pooling(): ...


@mistake("UNet", edit={"F.max_pool2d(x, 2)": "F.max_pool2d(x, 2, ceil_mode=True)"}, hint="Pooling rounds up where a side is odd. It rounds down.")
def pooling_rounds_up(): ...


@mistake("UNet", edit={"nn.Upsample(scale_factor=2, mode=\"bilinear\")": "nn.Upsample(scale_factor=2, mode=\"bilinear\", align_corners=True)"}, hint="Corners are aligned in the interpolation: align_corners is to be False.")
def aligned_corners(): ...


@mistake("UNet", edit={"nn.Upsample(scale_factor=2, mode=\"bilinear\")": "nn.Upsample(scale_factor=2)"}, hint="Pixels are repeated, and not interpolated: that is what torch does if no mode is given.")
def nearest(): ...


@mistake("UNet", edit={"nn.ConvTranspose2d(below, below, 2, stride=2)": "nn.ConvTranspose2d(below, widths[level], 2, stride=2)", "double_conv(below + widths[level], after, padding)": "double_conv((below if bilinear else widths[level]) + widths[level], after, padding)"}, hint="The transposed convolution changes the number of channels. As many go out as come in.")
def transposed_to_the_skips_width(): ...


@mistake("UNet", edit={"after = widths[max(level - 1, 0)]": "after = widths[level]"}, hint="A double convolution on the way up ends at the width of its own level. Look at join.0 of the docstring.")
def own_width(): ...


@mistake("UNet", edit={"self.head = nn.Conv2d(below, num_classes, 1)": "self.head = nn.Conv2d(below, num_classes, 3, padding=1)"}, hint="The last convolution is one of 3 x 3. It is to be 1 x 1.")
def head_of_three(): ...


@mistake("UNet", edit={"return self.head(x)": "return self.head(x).softmax(dim=1)"}, hint="Probabilities come out. Scores are what stands before the softmax.")
def unet_softmax(): ...


@mistake("UNet", edit={"return self.head(x)": "return self.head(x).relu()"}, hint="Behind the last convolution there is a ReLU: negative scores are lost.")
def unet_relu(): ...


@mistake("UNet", edit={"padding = int(padded)": "padding = 1"}, hint="The convolutions have a padding in any case.")
def always_padded(): ...


@mistake("UNet", edit={"double_conv(below + widths[level], after, padding)": "double_conv(below + widths[level], after)"}, hint="On the way up the convolutions keep the size, also where they are to have no padding.")
def padded_on_the_way_up(): ...


@mistake("UNet", edit={"x, skip = enlarge(x), skips.pop()": "x, skip = enlarge(x), skips.pop(0) if False else skips.pop()", "convolve(F.max_pool2d(x, 2) if level else x)": "convolve(F.max_pool2d(x, 2) if level else x).relu() if level < 99 else x", "x = convolve(torch.cat([skip, x], dim=1))": "x = convolve(torch.cat([torch.zeros_like(skip), x], dim=1))"}, hint="Nothing comes across: the skip's channels are empty.")
def empty_skips(): ...


@mistake("UNet", edit={"x = convolve(F.max_pool2d(x, 2) if level else x)\n            skips.append(x)": "x = convolve(x)\n            if level < len(self.down) - 1:\n                x = F.max_pool2d(x, 2)\n                skips.append(x)", "        skips.pop()\n": ""}, hint="What comes across has been pooled already, so its details are gone. Keep the map from before the pooling.")
def skips_after_the_pooling(): ...


@mistake("UNet", edit={"top : top + x.shape[2], left : left + x.shape[3]": "top : skip.shape[2] - top, left : skip.shape[3] - left"}, hint="As much is cut off at the far end as at the near one. With an odd difference one row too many stays.")
def same_cut_at_both_ends(): ...


@mistake("UNet", of=InTwoLoops, edit={"skip = maps[-2 - i]": "skip = maps[3 - i]"}, hint="The skips are counted as if there were five levels. How many are there in `widths`?")
def for_five_levels(): ...


@mistake("UNet", edit={"nn.Conv2d(below, num_classes, 1)": "nn.Conv2d(below, num_classes, 1, bias=False)"}, hint="The head has no bias.")
def head_without_bias(): ...


@mistake("UNet", edit={"widths[max(level - 1, 0)]": "widths[level - 1]"}, hint="The last double convolution on the way up ends at the deepest width: -1 counts from the end.")
def last_width_wraps(): ...


@mistake("UNet", edit={"skips = []": "size = x.shape[2:]\n        m = 2 ** len(self.join)\n        x = F.pad(x, (0, -size[1] % m, 0, -size[0] % m)) if self.padded else x\n        skips = []", "return self.head(x)": "x = self.head(x)\n        return x[..., : size[0], : size[1]] if self.padded else x"}, hint="The image itself is filled up with zeros. They are laid on where an enlarged map is too short, level by level.")
def image_filled_up(): ...


@mistake("UNet", edit={"skips.pop()\n        for": "skips.pop()\n        x = F.max_pool2d(x, 2)\n        for"}, hint="There is one pooling too many: below the deepest level is none.")
def one_pooling_more(): ...


@mistake("UNet", edit={"nn.ModuleList(), nn.ModuleList()": "nn.ModuleList(), []"}, hint="Layers in a Python list are not registered: they are neither stored nor trained.")
def join_in_a_list(): ...


@mistake("UNet", of=InTwoLoops, edit={"if not bilinear:": "if ups:"}, hint="Transposed convolutions are stored even where maps are interpolated.")
def transposed_in_any_case(): ...


@mistake("UNet", edit={"nn.ConvTranspose2d(below, below, 2, stride=2)": "nn.ConvTranspose2d(below, below // 2, 2, stride=2)", "double_conv(below + widths[level], after, padding)": "double_conv((below if bilinear else below // 2) + widths[level], after, padding)"}, hint="The transposed convolution changes the number of channels. As many go out as come in.")
def transposed_halves(): ...


@mistake("UNet", edit={"2, stride=2)": "2, stride=2, bias=False)"}, hint="The transposed convolutions have no bias.")
def transposed_without_bias(): ...


@mistake("UNet", edit={"x, skip = enlarge(x), skips.pop()": "skip = skips.pop()\n            size = skip.shape[2:] if self.padded else [2 * side for side in x.shape[2:]]\n            x = F.interpolate(x, size=size, mode='bilinear') if isinstance(enlarge, nn.Upsample) else enlarge(x)"}, hint="Maps are stretched to the size of the skip. They become exactly twice as large, and a missing row is laid on.")
def enlarged_to_the_skips_size(): ...


# overlap_tile

MARGIN_OFF = "Tiles are cut at another place than they should be. Where in the mirrored image does the first pixel lie?"


def reflect_index(p, n):
    """Return which of n pixels stands at a place of the mirrored row."""
    if n == 1:
        return 0
    p = abs(p) % (2 * n - 2)
    return p if p < n else 2 * n - 2 - p


@right("overlap_tile")
def index_by_index(predict, x, tile, margin):
    n, c, height, width = x.shape
    th, tw = tile
    out = None
    for i in range((height + th - 1) // th):
        for j in range((width + tw - 1) // tw):
            rows = [reflect_index(p, height) for p in range(i * th - margin, (i + 1) * th + margin)]
            columns = [reflect_index(p, width) for p in range(j * tw - margin, (j + 1) * tw + margin)]
            answer = predict(x[:, :, rows][..., columns])
            if answer.shape[-2] != th or answer.shape[-1] != tw:
                raise ValueError(f"predict returned {tuple(answer.shape)}")
            if out is None:
                out = answer.new_zeros(n, answer.shape[1], height, width)
            high, wide = min(th, height - i * th), min(tw, width - j * tw)
            out[:, :, i * th : i * th + high, j * tw : j * tw + wide] = answer[:, :, :high, :wide]
    return out


@right("overlap_tile")
def by_repeated_reflection(predict, x, tile, margin):
    height, width = x.shape[-2:]

    def grown(image, dim, before, after):
        n = image.shape[dim]
        if n == 1:
            return image.repeat_interleave(1 + before + after, dim)
        period = torch.cat([image, image.flip(dim).narrow(dim, 1, n - 2)], dim) if n > 2 else image
        length = period.shape[dim]
        copies = (before + n + after) // length + 2
        start = -before % length
        many = torch.cat([period] * copies, dim)
        return many.narrow(dim, start, before + n + after)

    lines, columns = -(-height // tile[0]), -(-width // tile[1])
    image = grown(x, 2, margin, lines * tile[0] - height + margin)
    image = grown(image, 3, margin, columns * tile[1] - width + margin)
    parts = []
    for part in image.unfold(2, tile[0] + 2 * margin, tile[0]).unfold(3, tile[1] + 2 * margin, tile[1]).flatten(2, 3).unbind(2):
        answer = predict(part.clone())
        if tuple(answer.shape[-2:]) != tuple(tile):
            raise ValueError("another size")
        parts.append(answer)
    whole = torch.stack(parts, dim=2).unflatten(2, (lines, columns))
    whole = whole.permute(0, 1, 2, 4, 3, 5).flatten(4, 5).flatten(2, 3)
    return whole[:, :, :height, :width].contiguous()


@right("overlap_tile")
def by_numpys_padding(predict, x, tile, margin):
    import numpy

    rows = numpy.pad(numpy.arange(x.shape[2]), (margin, -x.shape[2] % tile[0] + margin), mode="reflect")
    columns = numpy.pad(numpy.arange(x.shape[3]), (margin, -x.shape[3] % tile[1] + margin), mode="reflect")
    rows, columns = torch.tensor(rows, device=x.device), torch.tensor(columns, device=x.device)
    bands = []
    for top in range(0, x.shape[2], tile[0]):
        band = x.index_select(2, rows[top : top + tile[0] + 2 * margin])
        answers = []
        for left in range(0, x.shape[3], tile[1]):
            answer = predict(band.index_select(3, columns[left : left + tile[1] + 2 * margin]))
            if answer.shape[2] != tile[0] or answer.shape[3] != tile[1]:
                raise ValueError(str(answer.shape))
            answers.append(answer)
        bands.append(torch.cat(answers, -1))
    return torch.cat(bands, -2)[..., : x.shape[2], : x.shape[3]]


@mistake("overlap_tile", edit={"places = torch.arange(-margin, reach, device=x.device) % period\n        indices.append(torch.minimum(places, period - places))": "places = torch.arange(-margin, reach, device=x.device)\n        indices.append(places.clamp(0, side - 1))"}, hint="Beyond the edge, the last pixel is repeated. The image is to be mirrored.")
def edge_repeated(): ...


@mistake("overlap_tile", edit={"period = max(2 * (side - 1), 1)": "period = 2 * side", "torch.minimum(places, period - places)": "torch.minimum(places, period - 1 - places)"}, hint="Mirrored with the edge: it comes twice. The row above row 0 is row 1.")
def edge_comes_twice(): ...


@mistake("overlap_tile", edit={"places = torch.arange(-margin, reach, device=x.device) % period\n        indices.append(torch.minimum(places, period - places))": "places = torch.arange(-margin, reach, device=x.device)\n        indices.append(places % side)"}, hint="Beyond the edge the image starts again at its other end. It is to be mirrored.")
def wrapped_round(): ...


@mistake("overlap_tile", edit={"image = x[:, :, indices[0][:, None], indices[1]]": "far, low = len(indices[1]) - margin - width, len(indices[0]) - margin - height\n    image = F.pad(x, (margin, far, margin, low))"}, hint="Beyond the edge lie zeros. The image is to be mirrored.")
def zeros_around(): ...


@mistake("overlap_tile", edit={"image = x[:, :, indices[0][:, None], indices[1]]": "right_, below = len(indices[1]) - margin - width, len(indices[0]) - margin - height\n    image = F.pad(x, (margin, right_, margin, below), mode='reflect')"}, hint="`F.pad` refuses to mirror by as much as the image is large, or more. What does the text do with a margin like that?")
def f_pad_refuses(): ...


@mistake("overlap_tile", edit={"reach = -(-side // step) * step + margin": "reach = side + margin"}, hint="At the far ends the tiles are smaller than the others: the mirrored image has to reach on to whole tiles.")
def small_last_tiles(): ...


@mistake("overlap_tile", edit={"answer = predict(image[:, :, top:bottom, left:right])": "answer = predict(image[:, :, top + margin : bottom - margin, left + margin : right - margin])\n            if margin and answer.shape[2] == high - 2 * margin:\n                answer = F.pad(answer, (margin,) * 4)"}, hint="The network is given tiles without their margin.")
def no_margin(): ...


@mistake("overlap_tile", edit={"bottom, right = top + high + 2 * margin, left + wide + 2 * margin": "bottom, right = top + high + margin, left + wide + margin"}, hint="The network is given a margin on two sides only, or one half as wide. It is on all four sides.")
def one_margin(): ...


@mistake("overlap_tile", edit={"[:, :, :height, :width]": ""}, hint="What was answered beyond the image is still there.")
def not_cut_off(): ...


@mistake("overlap_tile", edit={"[:, :, :height, :width]": "[:, :, -height:, -width:]"}, hint="Too much is cut off at the near end. Which end of the tiles reaches beyond the image?")
def cut_at_the_top(): ...


@mistake("overlap_tile", edit={"            if tuple(answer.shape[2:]) != (high, wide):\n                raise ValueError(f\"{tuple(answer.shape[2:])} for a tile of {tile}\")\n": ""}, hint="An answer of another size than the tile is taken without a word.")
def any_answer_taken(): ...


@mistake("overlap_tile", edit={"if tuple(answer.shape[2:]) != (high, wide):": "if answer.shape[2] != high:"}, hint="Only the rows of an answer are looked at. Its columns may be wrong, too.")
def only_rows_looked_at(): ...


@mistake("overlap_tile", edit={"rows.append(torch.cat(row, dim=3))\n    return torch.cat(rows, dim=2)": "rows.append(torch.cat(row, dim=2))\n    return torch.cat(rows, dim=3)"}, hint="Tiles of a row are laid one below the other.")
def rows_and_columns_exchanged(): ...


@mistake("overlap_tile", edit={"(high, wide), indices = tile, []": "(wide, high), indices = tile, []"}, hint="The tile's size is read the wrong way round: rows come first.")
def tile_columns_first(): ...


@mistake("overlap_tile", edit={"for top in range(0, height, high):": "starts = [min(top, max(height - high, 0)) for top in range(0, height, high)]\n    for top in starts:", "rows.append(torch.cat(row, dim=3))\n    return torch.cat(rows, dim=2)[:, :, :height, :width]": "rows.append(torch.cat(row, dim=3))\n    rows[-1] = rows[-1][:, :, starts[-1] % high and high - height % high :]\n    return torch.cat(rows, dim=2)[:, :, :height, :width]"}, hint="The last tiles are moved back into the image, so they don't start at multiples of their size: the network's poolings then lie elsewhere.")
def last_tile_moved_back(): ...


@mistake("overlap_tile", hint="The whole image is predicted at once. It is to be predicted tile by tile.")
def all_at_once(predict, x, tile, margin):
    import numpy

    rows = numpy.pad(numpy.arange(x.shape[2]), margin, mode="reflect")
    columns = numpy.pad(numpy.arange(x.shape[3]), margin, mode="reflect")
    return predict(x[:, :, torch.tensor(rows)[:, None], torch.tensor(columns)])


@mistake("overlap_tile", edit={"for top in range(0, height, high):": "for top in range(0, height - high + 1, high):"}, hint="Where tiles don't divide the image, the last rows are missing.")
def last_rows_missing(): ...


@mistake("overlap_tile", edit={"answer = predict(image[:, :, top:bottom, left:right])": "answer = torch.cat([predict(one[None, :, top:bottom, left:right]) for one in image])"}, hint="Images are predicted one by one. All N go in together.")
def one_image_at_a_time(): ...


@mistake("overlap_tile", edit={"period = max(2 * (side - 1), 1)": "period = 2 * (side - 1)"}, hint="With a side of one pixel something is divided by 0.")
def side_of_one(): ...


@mistake("overlap_tile", edit={"places = torch.arange(-margin, reach, device=x.device) % period\n        indices.append(torch.minimum(places, period - places))": "places = torch.arange(-margin, reach, device=x.device).abs()\n        places = torch.where(places >= side, 2 * (side - 1) - places, places)\n        indices.append(places.clamp(0, side - 1))"}, hint="The image is mirrored once. A larger margin, or a small image, needs more.")
def mirrored_once(): ...


@mistake("overlap_tile", edit={"bottom, right = top + high + 2 * margin, left + wide + 2 * margin": "bottom, right = top + high + 2 * margin, left + wide + 2 * margin\n            top, left = top + 0, left + 0", "for left in range(0, width, wide):": "for left in range(0, width, wide + margin):"}, hint=MARGIN_OFF)
def step_with_margin(): ...


@mistake("overlap_tile", edit={"if tuple(answer.shape[2:]) != (high, wide):": "if answer[0, 0].numel() != high * wide:"}, hint="Only the number of pixels of an answer is looked at. Its rows and columns may be others.")
def number_of_pixels_looked_at(): ...


@mistake("overlap_tile", edit={"answer = predict(image[:, :, top:bottom, left:right])": "answer = predict(image[:, :, top:bottom, left:right])\n            answer = answer[:, :, :high, :wide]"}, hint="Answers that are larger than the tile are taken, or cut. Any other size is to be refused.")
def larger_answers_cut(): ...


@mistake("overlap_tile", edit={"row.append(answer)": "row.append(answer.to(x.dtype))"}, hint="The scores are cast to the image's dtype. They are to stay as predict gives them.")
def dtype_of_the_image(): ...


@mistake("overlap_tile", edit={"reach = -(-side // step) * step + margin": "reach = side + margin", "indices.append(torch.minimum(places, period - places))": "places = torch.minimum(places, period - places)\n        again = max(2 * (len(places) - 1), 1)\n        more = torch.arange(-(-side // step) * step + 2 * margin, device=x.device) % again\n        indices.append(places[torch.minimum(more, again - more)])"}, hint="Up to whole tiles, the image *with its margin* is mirrored again. It goes on as the mirrored image does.")
def mirrored_a_second_time(): ...


@mistake("overlap_tile", edit={"    rows = []": "    predict(image[:, :, : high + 2 * margin, : wide + 2 * margin])\n    rows = []"}, hint="`predict` is called once more than there are tiles.")
def asked_once_more(): ...


@mistake("overlap_tile", edit={"    rows = []": "    parts = [image[:, :, a : a + high + 2 * margin, b : b + wide + 2 * margin] for a in range(0, height, high) for b in range(0, width, wide)]\n    answers = iter(predict(torch.cat(parts)).chunk(len(parts)))\n    rows = []", "answer = predict(image[:, :, top:bottom, left:right])": "answer = next(answers)"}, hint="All tiles go in as one batch, which may be too large for the memory. `predict` is called once for each.")
def all_tiles_in_a_batch(): ...


@mistake("overlap_tile", edit={"rows = []": "rows, place = [], torch.empty_like(x[:, :, :1, :1])", "row.append(answer)": "row.append(place.expand(-1, -1, high, wide).clone().copy_(answer))"}, hint="The result has as many channels as the image. How many has what predict returns?")
def channels_of_the_image(): ...


@mistake("overlap_tile", edit={"reach = -(-side // step) * step + margin": "reach = side + margin", "if tuple(answer.shape[2:]) != (high, wide):": "if tuple(answer.shape[2:]) != (min(high, height - top), min(wide, width - left)):"}, hint="At the far ends the network is given less than a whole tile with its margin.")
def last_inputs_smaller(): ...


@mistake("overlap_tile", edit={"range(0, height, high)": "range(0, max(height - high + 1, 1), high)", "range(0, width, wide)": "range(0, max(width - wide + 1, 1), wide)"}, hint="Where tiles don't divide the image, what is left over at the far ends is missing.")
def whole_tiles_only(): ...


@mistake("overlap_tile", edit={"reach = -(-side // step) * step + margin": "reach = (side // step + 1) * step + margin", "range(0, height, high)": "range(0, height + 1, high)", "range(0, width, wide)": "range(0, width + 1, wide)"}, hint="Where tiles divide the image, there is one row or column of tiles too many.")
def one_tile_more(): ...


@mistake("overlap_tile", edit={"answer = predict(image[:, :, top:bottom, left:right])": "down, over = top // high * margin, left // wide * margin\n            answer = predict(image[:, :, top + down : bottom + down, left + over : right + over])"}, hint="The inputs are a tile and a margin apart. They start at multiples of the tile's size, and overlap.")
def steps_with_margin(): ...


@mistake("overlap_tile", edit={"row.append(answer)": "row.append(F.pad(answer, (margin,) * 4)[:, :, margin:-margin, margin:-margin])"}, hint="With a margin of 0 nothing is left: up to -0 is up to the first.")
def cut_by_minus_the_margin(): ...


@mistake("overlap_tile", edit={"torch.arange(-margin, reach, device=x.device) % period": "torch.arange(-margin, reach, device=x.device).abs()", "torch.minimum(places, period - places)": "torch.where(places >= side, 2 * side - 2 - places, places) % side"}, hint="The image is mirrored once. A larger margin, or a small image, needs more.")
def mirrored_once_and_counted_back(): ...


@mistake("overlap_tile", edit={"answer = predict(image[:, :, top:bottom, left:right])": "part = x[:, :, top : top + high, left : left + wide]\n            for dim, step in ((2, high), (3, wide)):\n                period = max(2 * (part.shape[dim] - 1), 1)\n                places = torch.arange(-margin, step + margin, device=x.device) % period\n                part = part.index_select(dim, torch.minimum(places, period - places))\n            answer = predict(part)"}, hint="Each tile is mirrored at its own edges. Inside of the image its margin shows the neighbours.")
def mirrored_at_each_tile(): ...
