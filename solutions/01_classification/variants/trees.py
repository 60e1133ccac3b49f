"""What students write in trees: mistakes with the hint each deserves, and other right answers."""

import copy
import math
from collections import Counter

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

# A variant stands under its exercise's name, so the solution is reached by another.
solved_entropy = entropy
solved_information_gain = information_gain
solved_gini_impurity = gini_impurity
solved_best_split = best_split
solved_random_forest_vote = random_forest_vote
solved_adaboost_round = adaboost_round
solved_xgboost_split_gain = xgboost_split_gain

# entropy


@mistake("entropy", hint="This is in nats (natural logarithm). In bits the logarithm has base 2.")
def in_nats(counts):
    return solved_entropy(counts) * math.log(2)


@mistake("entropy", hint="0 · log 0 gives NaN here. A class with no rows adds nothing.")
def zero_times_log_of_zero(counts):
    shares = counts / counts.sum(dim=-1, keepdim=True)
    return -(shares * shares.log2()).sum(dim=-1)


@mistake("entropy", hint="The total is held away from 0 by a number that real weights can be smaller than: test for a total of 0 instead.")
def entropy_total_held_above_a_trillionth(counts):
    c = counts if counts.is_floating_point() else counts.float()
    p = c / c.sum(-1, keepdim=True).clamp(min=1e-12)
    return -torch.xlogy(p, p).sum(-1) / math.log(2)


@mistake("entropy", hint="A small number inside the logarithm avoids the NaN and bends the answer: rare classes come out wrong.")
def epsilon_in_the_logarithm(counts):
    shares = counts / counts.sum(dim=-1, keepdim=True).clamp(min=1e-12)
    return -(shares * (shares + 1e-4).log2()).sum(dim=-1)


@mistake("entropy", hint="The minus sign is missing: logarithms of shares are negative, and entropy isn't.")
def no_minus_sign(counts):
    return -solved_entropy(counts)


@mistake("entropy", hint="The counts are not divided by their sum: entropy is made of shares.")
def counts_not_shares(counts):
    counts = counts if counts.is_floating_point() else counts.float()
    return -torch.xlogy(counts, counts).sum(dim=-1) / math.log(2)


@mistake("entropy", hint="The total is taken over everything: each set has its own. Sum over the last dimension, and keep it.")
def one_total_for_all(counts):
    shares = counts / counts.sum()
    return -torch.xlogy(shares, shares).sum(dim=-1) / math.log(2)


@mistake("entropy", hint="The sum runs over the first dimension. The classes stand in the last one.")
def classes_first(counts):
    shares = torch.nan_to_num(counts / counts.sum(dim=0, keepdim=True))
    return -torch.xlogy(shares, shares).sum(dim=0) / math.log(2)


@mistake("entropy", hint="A set with no rows at all gives NaN: 0 divided by 0. Its entropy is 0.")
def empty_set_is_nan(counts):
    shares = counts / counts.sum(dim=-1, keepdim=True)
    return -torch.xlogy(shares, shares).sum(dim=-1) / math.log(2)


@mistake("entropy", hint="The total is held at 1 or more, so weights that sum to less than 1 come out wrong. Test for a total of 0 instead.")
def total_of_at_least_one(counts):
    shares = counts / counts.sum(dim=-1, keepdim=True).clamp(min=1)
    return -torch.xlogy(shares, shares).sum(dim=-1) / math.log(2)


@mistake("entropy", hint="The entropy is divided by its largest value, so that it always lies between 0 and 1. Plain bits are asked for.")
def normalised_by_the_largest(counts):
    return solved_entropy(counts) / max(math.log2(counts.shape[-1]), 1.0)


@mistake("entropy", hint="The counts are turned into shares in place: the caller still needs them.")
def shares_in_place(counts):
    if not counts.is_floating_point():
        return solved_entropy(counts)
    counts /= counts.sum(dim=-1, keepdim=True).clamp(min=1e-300)
    return -torch.xlogy(counts, counts).sum(dim=-1) / math.log(2)


@mistake("entropy", hint="The result is made on the CPU: give it the device of the counts.")
def entropy_on_the_cpu(counts):
    answer = torch.zeros(counts.shape[:-1], dtype=solved_entropy(counts).dtype)
    answer += solved_entropy(counts)
    return answer


@right("entropy")
def entropy_by_entr(counts):
    total = counts.sum(-1, keepdim=True)
    p = counts / torch.where(total == 0, torch.ones_like(total), total)
    return torch.special.entr(p).sum(-1) / torch.log(torch.tensor(2.0, dtype=p.dtype, device=p.device))


@right("entropy")
def entropy_by_nan_to_num(counts):
    p = torch.nan_to_num(counts / torch.sum(counts, dim=-1, keepdim=True), nan=0.0)
    return -torch.nan_to_num(p * torch.log2(p), nan=0.0).sum(dim=-1)


@right("entropy")
def entropy_set_by_set(counts):
    shape = counts.shape[:-1]
    answers = []
    for row in counts.reshape(-1, counts.shape[-1]):
        row = row[row > 0]
        p = row / row.sum()
        answers.append((p * torch.log2(1 / p)).sum())
    return torch.stack(answers).reshape(shape)


@mistake("entropy", hint="One set with no rows makes the entropy of all sets 0: each set is looked at by itself.")
def entropy_all_empty_at_once(counts):
    c = counts if counts.is_floating_point() else counts.float()
    total = c.sum(-1, keepdim=True)
    if (total == 0).any():
        return torch.zeros(counts.shape[:-1], dtype=c.dtype, device=c.device)
    p = c / total
    return -torch.xlogy(p, p).sum(-1) / math.log(2)


@mistake("entropy", hint="A set with no rows is filled up evenly, which gives it the largest entropy of all. It should be 0.")
def entropy_of_an_even_empty_set(counts):
    c = counts if counts.is_floating_point() else counts.float()
    c = torch.where(c.sum(-1, keepdim=True) > 0, c, torch.ones_like(c))
    return torch.distributions.Categorical(probs=c).entropy() / math.log(2)


@mistake("entropy", hint="The classes stand in the last dimension, whichever number that is: sum over dim=-1.")
def entropy_along_dim_1(counts):
    c = counts if counts.is_floating_point() else counts.float()
    total = c.sum(1, keepdim=True)
    p = c / torch.where(total > 0, total, torch.ones_like(total))
    return -torch.xlogy(p, p).sum(1) / math.log(2)


@mistake("entropy", hint="A small number inside the logarithm makes every entropy a little wrong: only a share of 0 needs care.")
def entropy_eps_in_the_logarithm(counts):
    c = counts if counts.is_floating_point() else counts.float()
    total = c.sum(-1, keepdim=True)
    p = c / torch.where(total > 0, total, torch.ones_like(total))
    return -(p * torch.log2(p + 1e-06)).sum(-1)


@mistake("entropy", hint="Whole numbers are divided with the remainder thrown away, so that each share is 0 or 1.")
def entropy_whole_shares(counts):
    total = counts.sum(-1, keepdim=True)
    total = torch.where(total > 0, total, torch.ones_like(total))
    p = counts // total if not counts.is_floating_point() else counts / total
    p = p if p.is_floating_point() else p.float()
    return -torch.xlogy(p, p).sum(-1) / math.log(2)


@mistake("entropy", hint="Weights are cut off to whole numbers: 0.25 becomes 0.")
def entropy_whole_weights(counts):
    c = counts.long().to(counts.dtype if counts.is_floating_point() else torch.float32)
    total = c.sum(-1, keepdim=True)
    p = c / torch.where(total > 0, total, torch.ones_like(total))
    return -torch.xlogy(p, p).sum(-1) / math.log(2)


@mistake("entropy", hint="One class with no rows makes the whole set's entropy 0: mend the term of that class, before the sum.")
def entropy_nan_to_zero_at_the_end(counts):
    c = counts if counts.is_floating_point() else counts.float()
    p = c / c.sum(-1, keepdim=True)
    return torch.nan_to_num(-(p * p.log2()).sum(-1))


# information_gain


def _branches(attribute, y):
    return [y[attribute == value] for value in attribute.unique()]


def _entropy_of(labels):
    return float(solved_entropy(torch.bincount(labels).double()))


@mistake("information_gain", hint="Every branch counts the same. A branch with more rows counts more: weigh it by its share of the rows.")
def branches_not_weighted(attribute, y):
    parts = [_entropy_of(branch) for branch in _branches(attribute, y)]
    return _entropy_of(y) - sum(parts) / len(parts)


@mistake("information_gain", hint="The entropies of the branches are added up without weights: each counts by its share of the rows.")
def branches_summed(attribute, y):
    return _entropy_of(y) - sum(_entropy_of(branch) for branch in _branches(attribute, y))


@mistake("information_gain", hint="This is what is left after the split. The gain is the entropy before minus the entropy after.")
def entropy_after_the_split(attribute, y):
    return sum(len(branch) / len(y) * _entropy_of(branch) for branch in _branches(attribute, y))


@mistake("information_gain", hint="The sign is turned round: before minus after.")
def gain_negative(attribute, y):
    return -solved_information_gain(attribute, y)


@mistake("information_gain", hint="The gain is in nats: use base 2.")
def gain_in_nats(attribute, y):
    return solved_information_gain(attribute, y) * math.log(2)


@mistake("information_gain", hint="Only two branches are looked at: the largest value and the rest. The split has one branch for each value.")
def two_branches_only(attribute, y):
    return solved_information_gain((attribute == attribute.max()).long(), y)


@mistake("information_gain", hint="The roles are mixed up: the starting entropy is the attribute's, not the labels'.")
def entropy_of_the_attribute(attribute, y):
    after = sum(len(branch) / len(y) * _entropy_of(branch) for branch in _branches(attribute, y))
    return float(solved_entropy(attribute.unique(return_counts=True)[1].double())) - after


@mistake("information_gain", hint="The answer is a tensor. The docstring asks for a Python float.")
def gain_as_a_tensor(attribute, y):
    return torch.tensor(solved_information_gain(attribute, y))


@mistake("information_gain", hint="The values of the attribute are taken for row numbers of a table, so they must start at 0 without gaps. Here they may be any whole numbers.")
def values_as_indices(attribute, y):
    parts = [y[attribute == value] for value in range(int(attribute.max()) + 1)]
    return _entropy_of(y) - sum(len(part) / len(y) * _entropy_of(part) for part in parts if len(part))


@mistake("information_gain", hint="The Gini impurity is used here: the information gain is made of entropies.")
def gain_of_gini(attribute, y):
    def gini(labels):
        return float(solved_gini_impurity(torch.bincount(labels).double()))

    return gini(y) - sum(len(branch) / len(y) * gini(branch) for branch in _branches(attribute, y))


@mistake("information_gain", hint="The labels are renumbered in place: the caller still needs them.")
def labels_renumbered_in_place(attribute, y):
    y.sub_(y.min())
    return solved_information_gain(attribute, y)


@right("information_gain")
def gain_value_by_value(attribute, y):
    def h(labels):
        p = labels.unique(return_counts=True)[1] / len(labels)
        return -(p * torch.log2(p)).sum().item()

    gain = h(y)
    for value in attribute.unique():
        branch = y[attribute == value]
        gain -= branch.numel() / y.numel() * h(branch)
    return gain


@right("information_gain")
def gain_by_plain_counting(attribute, y):
    rows = list(zip(attribute.tolist(), y.tolist()))
    n = len(rows)
    def h(items):
        return -sum(c / n * math.log2(c / n) for c in Counter(items).values())

    # The mutual information is symmetric: H(a) + H(y) - H(a, y).
    return float(h(attribute.tolist()) + h(y.tolist()) - h(rows))


@right("information_gain")
def gain_by_one_hot(attribute, y):
    a = F.one_hot(attribute.unique(return_inverse=True)[1]).double()
    c = F.one_hot(y.unique(return_inverse=True)[1]).double()
    table = a.T @ c
    after = (table.sum(1) * entropy(table)).sum() / table.sum()
    return (entropy(c.sum(0)) - after).item()


@mistake("information_gain", hint="The values go through floats, and large whole numbers that are neighbours become one: compare them as whole numbers.")
def gain_of_float_values(attribute, y):
    a = attribute.float()
    after = 0.0
    for v in a.unique():
        branch = y[a == v]
        after += len(branch) / len(y) * entropy(torch.bincount(branch).double()).item()
    return entropy(torch.bincount(y).double()).item() - after


@mistake("information_gain", hint="Only the label 1 is counted: labels may be any whole numbers.")
def gain_of_two_labels(attribute, y):

    def h(labels):
        p = (labels == 1).double().mean()
        return -(torch.xlogy(p, p) + torch.xlogy(1 - p, 1 - p)).item() / math.log(2)
    return h(y) - sum(((attribute == v).double().mean().item() * h(y[attribute == v]) for v in attribute.unique()))


@mistake("information_gain", hint="A value that comes back later is taken for another branch: all rows of a value belong together.")
def gain_of_runs(attribute, y):
    after = 0.0
    runs, sizes = torch.unique_consecutive(attribute, return_counts=True)
    for branch in y.split(sizes.tolist()):
        after += len(branch) / len(y) * entropy(torch.bincount(branch).double()).item()
    return entropy(torch.bincount(y).double()).item() - after


@mistake("information_gain", hint="The branches are weighed by their rows over the number of values: divide by the number of rows.")
def gain_over_number_of_values(attribute, y):
    after = 0.0
    values = attribute.unique()
    for v in values:
        branch = y[attribute == v]
        after += len(branch) / len(values) * entropy(torch.bincount(branch).double()).item()
    return entropy(torch.bincount(y).double()).item() - after


@mistake("information_gain", hint="The gain is rounded. Return it as it is.")
def gain_rounded(attribute, y):
    after = 0.0
    for v in attribute.unique():
        branch = y[attribute == v]
        after += len(branch) / len(y) * entropy(torch.bincount(branch).double()).item()
    return round(entropy(torch.bincount(y).double()).item() - after, 3)


# gain_ratio


@mistake("gain_ratio", hint="This is the gain itself. Divide it by the attribute's own entropy.")
def gain_not_divided(attribute, y):
    return information_gain(attribute, y)


@mistake("gain_ratio", hint="The gain is divided by the entropy of the labels. C4.5 divides by the entropy of the attribute.")
def divided_by_the_labels_entropy(attribute, y):
    base = _entropy_of(y)
    return information_gain(attribute, y) / base if base else 0.0


@mistake("gain_ratio", hint="The gain is in bits and the attribute's entropy in nats: both must have the same base.")
def bases_mixed(attribute, y):
    base = _entropy_of(attribute.unique(return_inverse=True)[1]) * math.log(2)
    return information_gain(attribute, y) / base if base else 0.0


@mistake("gain_ratio", hint="The gain is divided by the number of values. It is divided by the entropy of the shares of the values.")
def divided_by_the_number_of_values(attribute, y):
    num_values = len(attribute.unique())
    return information_gain(attribute, y) / num_values if num_values > 1 else 0.0


@mistake("gain_ratio", hint="With one value the attribute's entropy is 0, and 0 divided by 0 is NaN. The docstring says what to return.")
def nan_for_one_value(attribute, y):
    base = solved_entropy(attribute.unique(return_counts=True)[1].double())
    return (torch.tensor(information_gain(attribute, y)).double() / base).item()


@mistake("gain_ratio", hint="A small number is added to the attribute's entropy: every ratio comes out too small.")
def epsilon_in_the_denominator(attribute, y):
    return information_gain(attribute, y) / (_entropy_of(attribute.unique(return_inverse=True)[1]) + 1e-2)


@mistake("gain_ratio", hint="The division is upside down: gain over entropy.")
def upside_down(attribute, y):
    gain = information_gain(attribute, y)
    return _entropy_of(attribute.unique(return_inverse=True)[1]) / gain if gain > 1e-12 else 0.0


@mistake("gain_ratio", hint="The gain is divided by the logarithm of the number of values. That is the attribute's entropy only when all its values are equally frequent.")
def divided_by_the_largest_entropy(attribute, y):
    num_values = len(attribute.unique())
    return information_gain(attribute, y) / math.log2(num_values) if num_values > 1 else 0.0


@mistake("gain_ratio", hint="The attribute's values are moved to start at 0 in place: the caller still needs them.")
def attribute_moved_in_place(attribute, y):
    attribute -= attribute.min()
    base = solved_entropy(torch.bincount(attribute).double())
    return information_gain(attribute, y) / float(base) if len(attribute.unique()) > 1 else 0.0


@right("gain_ratio")
def ratio_by_shares(attribute, y):
    p = attribute.unique(return_counts=True)[1].double() / attribute.shape[0]
    iv = -(p * p.log2()).sum().item()
    if iv == 0:
        return 0.0
    return information_gain(attribute, y) / iv


@right("gain_ratio")
def ratio_of_the_attribute_with_itself(attribute, y):
    # An attribute's gain on itself is its entropy.
    own = information_gain(attribute, attribute.unique(return_inverse=True)[1])
    return 0.0 if own < 1e-12 else information_gain(attribute, y) / own


@right("gain_ratio")
def ratio_by_plain_counting(attribute, y):
    n = len(attribute)
    iv = sum(-c / n * math.log(c / n, 2) for c in Counter(attribute.tolist()).values())
    return float(information_gain(attribute, y) / iv) if iv > 0 else 0.0


@mistake("gain_ratio", hint="A small number in the denominator makes every ratio too small: an attribute with one value is a case of its own.")
def ratio_eps_in_the_denominator(attribute, y):
    _, sizes = attribute.unique(return_counts=True)
    return information_gain(attribute, y) / (entropy(sizes.double()).item() + 0.001)


@mistake("gain_ratio", hint="The gain is divided by the attribute's Gini impurity. C4.5 divides by its entropy.")
def ratio_by_gini(attribute, y):
    _, sizes = attribute.unique(return_counts=True)
    p = sizes.double() / sizes.sum()
    iv = 1 - float((p ** 2).sum())
    return information_gain(attribute, y) / iv if len(sizes) > 1 else 0.0


@mistake("gain_ratio", hint="Small entropies of the attribute are taken for 0: one odd row among many is a value of its own.")
def ratio_wide_guard(attribute, y):
    _, sizes = attribute.unique(return_counts=True)
    iv = entropy(sizes.double()).item()
    return information_gain(attribute, y) / iv if iv > 0.1 else 0.0


@mistake("gain_ratio", hint="The values themselves are taken for counts: count how often each occurs.")
def ratio_values_as_counts(attribute, y):
    if len(attribute.unique()) == 1:
        return 0.0
    iv = entropy(attribute.abs().double()).item()
    return information_gain(attribute, y) / iv if iv else 0.0


# gini_impurity


@mistake("gini_impurity", hint="This is the chance that two rows are alike. The impurity is 1 minus that.")
def sum_of_squares(counts):
    totals = counts.sum(dim=-1, keepdim=True)
    return torch.nan_to_num(counts / totals).square().sum(dim=-1)


@mistake("gini_impurity", hint="A set with no rows gets the impurity 1, since all its shares are 0. It should be 0.")
def empty_set_is_one(counts):
    return 1 - torch.nan_to_num(counts / counts.sum(dim=-1, keepdim=True)).square().sum(dim=-1)


@mistake("gini_impurity", hint="A set with no rows gives NaN: 0 divided by 0.")
def gini_nan_for_nothing(counts):
    return 1 - (counts / counts.sum(dim=-1, keepdim=True)).square().sum(dim=-1)


@mistake("gini_impurity", hint="The impurity is halved: sum p (1 - p) counts every pair of classes twice, and so it should.")
def each_pair_once(counts):
    return solved_gini_impurity(counts) / 2


@mistake("gini_impurity", hint="The two rows are drawn without replacement here. With shares p, the formula is 1 - sum p².")
def without_replacement(counts):
    totals = counts.sum(dim=-1)
    return solved_gini_impurity(counts) * totals / (totals - 1).clamp(min=1)


@mistake("gini_impurity", hint="1 minus the largest share is the error rate, not the Gini impurity.")
def misclassification_rate(counts):
    shares = torch.nan_to_num(counts / counts.sum(dim=-1, keepdim=True))
    return torch.where(counts.sum(dim=-1) > 0, 1 - shares.amax(dim=-1), 0.0)


@mistake("gini_impurity", hint="The shares are summed before they are squared: that sum is 1. Square first.")
def squared_after_the_sum(counts):
    return 1 - torch.nan_to_num(counts / counts.sum(dim=-1, keepdim=True)).sum(dim=-1).square()


@mistake("gini_impurity", hint="The total is taken over everything: each set has its own. Sum over the last dimension, and keep it.")
def gini_one_total_for_all(counts):
    return 1 - (counts / counts.sum()).square().sum(dim=-1)


@mistake("gini_impurity", hint="The root of the sum of squares is taken: leave it out.")
def rooted(counts):
    return 1 - (1 - solved_gini_impurity(counts)).sqrt()


@mistake("gini_impurity", hint="The counts are turned into shares in place: the caller still needs them.")
def gini_shares_in_place(counts):
    if not counts.is_floating_point():
        return solved_gini_impurity(counts)
    empty = counts.sum(dim=-1) == 0
    counts /= counts.sum(dim=-1, keepdim=True).clamp(min=1e-300)
    return torch.where(empty, 0.0, 1 - counts.square().sum(dim=-1))


@mistake("gini_impurity", hint="The result is made on the CPU: give it the device of the counts.")
def gini_on_the_cpu(counts):
    answer = torch.zeros(counts.shape[:-1], dtype=solved_gini_impurity(counts).dtype)
    answer += solved_gini_impurity(counts)
    return answer


@right("gini_impurity")
def gini_by_products(counts):
    total = counts.sum(-1, keepdim=True)
    p = counts / total.clamp(min=torch.finfo(torch.float32).tiny)
    return (p * (1 - p)).sum(-1)


@right("gini_impurity")
def gini_by_pairs(counts):
    p = (counts / counts.sum(dim=-1, keepdim=True)).nan_to_num(0.0)
    together = p.unsqueeze(-1) * p.unsqueeze(-2)
    return together.sum(dim=(-1, -2)) - together.diagonal(dim1=-2, dim2=-1).sum(-1)


@right("gini_impurity")
def gini_set_by_set(counts):
    answers = []
    for row in counts.reshape(-1, counts.size(-1)):
        p = row / row.sum()
        answers.append(1 - (p * p).sum() if row.sum() > 0 else torch.zeros_like(p[0]))
    return torch.stack(answers).view(counts.shape[:-1])


@mistake("gini_impurity", hint="The total is held at 1 or more, so weights that sum to less than 1 come out wrong. Test for a total of 0 instead.")
def gini_total_held_at_one(counts):
    c = counts if counts.is_floating_point() else counts.float()
    p = c / c.sum(-1, keepdim=True).clamp(min=1)
    return (p * (1 - p)).sum(-1)


@mistake("gini_impurity", hint="The impurity is divided by its largest value. It is asked for as it is.")
def gini_normalised(counts):
    c = counts if counts.is_floating_point() else counts.float()
    total = c.sum(-1, keepdim=True)
    p = c / torch.where(total > 0, total, torch.ones_like(total))
    return (p * (1 - p)).sum(-1) / max(1 - 1 / counts.shape[-1], 1e-09)


@mistake("gini_impurity", hint="2 p (1 - p) holds for two classes. With more, sum the squares of all shares.")
def gini_of_two_classes(counts):
    c = counts if counts.is_floating_point() else counts.float()
    total = c.sum(-1)
    p = c[..., 0] / torch.where(total > 0, total, torch.ones_like(total))
    return 2 * p * (1 - p)


@mistake("gini_impurity", hint="The weights are squared before they are divided: of small ones the squares are 0. Take the shares first.")
def gini_squares_before_dividing(counts):
    c = counts if counts.is_floating_point() else counts.float()
    n2 = c.sum(-1) ** 2
    return torch.where(n2 > 0, 1 - (c ** 2).sum(-1) / n2, torch.zeros_like(n2))


@mistake("gini_impurity", hint="Whole numbers are squared before they are divided: of large counts the squares overflow. Take the shares first.")
def gini_whole_squares(counts):
    n2 = counts.sum(-1) ** 2
    s2 = (counts ** 2).sum(-1)
    dtype = counts.dtype if counts.is_floating_point() else torch.float32
    return torch.where(n2 > 0, 1 - s2.to(dtype) / n2.to(dtype), torch.zeros((), dtype=dtype, device=counts.device))


# best_split


def _search(x, y, num_classes, min_leaf=1, features=None, cost=None, middle=None, strictly=True, weighted=True,
            enough=lambda size, least: size >= least, least=-math.inf, name=lambda place, feature: feature):
    """Try every split of every feature, with one thing changed."""
    cost = cost or (lambda labels: float(solved_gini_impurity(torch.bincount(labels, minlength=num_classes).double())))
    best = None
    for place, feature in enumerate(range(x.shape[1]) if features is None else features):
        values = x[:, feature].unique().tolist()
        for low, high in zip(values, values[1:]):
            threshold = (low + high) / 2 if middle is None else middle(low, high)
            left = x[:, feature] <= (low + high) / 2
            a, b = y[left], y[~left]
            if not (enough(len(a), min_leaf) and enough(len(b), min_leaf)):
                continue
            shares = (len(a) / len(y), len(b) / len(y)) if weighted else (0.5, 0.5)
            decrease = cost(y) - shares[0] * cost(a) - shares[1] * cost(b)
            ahead = best is None or (decrease > best[2] + 1e-9 if strictly else decrease >= best[2] - 1e-9)
            if decrease > least and ahead:
                best = (name(place, feature), threshold, decrease)
    return best


@mistake("best_split", hint="The two sides count the same. Weigh each side's impurity by its share of the rows.")
def sides_not_weighted(x, y, num_classes, min_leaf=1, features=None):
    return _search(x, y, num_classes, min_leaf, features, weighted=False)


@mistake("best_split", hint="The threshold is a value of the data. It lies halfway between two neighbouring values.")
def threshold_at_a_value(x, y, num_classes, min_leaf=1, features=None):
    return _search(x, y, num_classes, min_leaf, features, middle=lambda low, high: low)


@mistake("best_split", hint="On a tie the last split wins. Take the lowest feature, then the lowest threshold.")
def last_of_equals(x, y, num_classes, min_leaf=1, features=None):
    return _search(x, y, num_classes, min_leaf, features, strictly=False)


@mistake("best_split", hint="A split that lowers the impurity by 0 is not found: the search starts from 0. Start below every decrease.")
def starts_from_zero(x, y, num_classes, min_leaf=1, features=None):
    return _search(x, y, num_classes, min_leaf, features, least=1e-9)


@mistake("best_split", hint="Sides of exactly min_leaf rows are refused. At least so many means >=.")
def more_than_min_leaf(x, y, num_classes, min_leaf=1, features=None):
    return _search(x, y, num_classes, min_leaf, features, enough=lambda size, least: size > least or (least == 1 and size))


@mistake("best_split", hint="min_leaf is not looked at: each side must hold at least so many rows.")
def min_leaf_ignored(x, y, num_classes, min_leaf=1, features=None):
    return _search(x, y, num_classes, 1, features)


@mistake("best_split", hint="min_leaf is asked of one side only: both must hold so many rows.")
def min_leaf_on_the_left_only(x, y, num_classes, min_leaf=1, features=None):
    found = None
    def gini(labels):
        return float(solved_gini_impurity(torch.bincount(labels, minlength=num_classes).double()))

    for feature in range(x.shape[1]) if features is None else features:
        values = x[:, feature].unique().tolist()
        for low, high in zip(values, values[1:]):
            left = x[:, feature] <= (low + high) / 2
            a, b = y[left], y[~left]
            if len(a) >= min_leaf:
                decrease = gini(y) - len(a) / len(y) * gini(a) - len(b) / len(y) * gini(b)
                if found is None or decrease > found[2] + 1e-9:
                    found = (feature, (low + high) / 2, decrease)
    return found


@mistake("best_split", hint="The number returned is the feature's place in the list. Return the column's number in x.")
def place_in_the_list(x, y, num_classes, min_leaf=1, features=None):
    return _search(x, y, num_classes, min_leaf, features, name=lambda place, feature: place)


@mistake("best_split", hint="All features are searched, though only some are allowed.")
def features_ignored(x, y, num_classes, min_leaf=1, features=None):
    return solved_best_split(x, y, num_classes, min_leaf)


@mistake("best_split", hint="The entropy is used. CART splits by the Gini impurity.")
def split_by_entropy(x, y, num_classes, min_leaf=1, features=None):
    def cost(labels):
        return float(entropy(torch.bincount(labels, minlength=num_classes).double()))

    return _search(x, y, num_classes, min_leaf, features, cost=cost)


@mistake("best_split", hint="The impurity after the split is returned. The decrease is the impurity before minus that.")
def impurity_not_decrease(x, y, num_classes, min_leaf=1, features=None):
    found = solved_best_split(x, y, num_classes, min_leaf, features)
    before = float(solved_gini_impurity(torch.bincount(y, minlength=num_classes).double()))
    return found and (found[0], found[1], before - found[2])


@mistake("best_split", hint="Rows of equal value are parted: a threshold must lie between two different values.")
def parts_equal_values(x, y, num_classes, min_leaf=1, features=None):
    def gini(labels):
        return float(solved_gini_impurity(torch.bincount(labels, minlength=num_classes).double()))

    best = None
    for feature in range(x.shape[1]) if features is None else features:
        values, order = x[:, feature].sort(stable=True)
        for size in range(max(min_leaf, 1), len(y) - max(min_leaf, 1) + 1):
            a, b = y[order[:size]], y[order[size:]]
            decrease = gini(y) - size / len(y) * gini(a) - (1 - size / len(y)) * gini(b)
            if best is None or decrease > best[2] + 1e-9:
                best = (feature, float(values[size - 1] + values[size]) / 2, decrease)
    return best


@mistake("best_split", hint="The worst split is returned: the impurity after it should be least, so the decrease largest.")
def worst_split(x, y, num_classes, min_leaf=1, features=None):
    return _search(x, y, num_classes, min_leaf, features, cost=lambda labels: -float(solved_gini_impurity(torch.bincount(labels, minlength=num_classes).double())))


@mistake("best_split", hint="The column is sorted in place in x: the rows are torn apart for the next feature, and for the caller.")
def sorts_x_in_place(x, y, num_classes, min_leaf=1, features=None):
    found = solved_best_split(x, y, num_classes, min_leaf, features)
    x[:, 0] = x[:, 0].sort().values
    return found


def _walk(x, y, num_classes, min_leaf=1, features=None, margin=1e-9, left_out=0):
    """Walk down each sorted column, with one thing changed."""
    best, n = None, len(y)
    for feature in range(x.shape[1]) if features is None else features:
        values, order = x[:, feature].double().sort()
        left = F.one_hot(y[order], num_classes).double().cumsum(dim=0)
        for size in range(max(min_leaf, 1), n - max(min_leaf, 1, left_out) + 1):
            if values[size - 1] < values[size]:
                sides = torch.stack([left[-1], left[size - 1], left[-1] - left[size - 1]])
                before, a, b = solved_gini_impurity(sides).tolist()
                decrease = before - size / n * a - (n - size) / n * b
                if best is None or decrease > best[2] + margin:
                    best = (feature, float(values[size - 1] + values[size]) / 2, decrease)
    return best


@mistake(
    "best_split",
    hint="The last threshold is never tried, so the row with the largest value can't be set apart. "
    "Look at where your loop ends.",
)
def last_threshold_not_tried(x, y, num_classes, min_leaf=1, features=None):
    return _walk(x, y, num_classes, min_leaf, features, left_out=2)


@mistake(
    "best_split",
    hint="Where all labels are equal no split is looked for. Whether a node is worth splitting is for `grow_tree` to say.",
)
def no_split_of_one_class(x, y, num_classes, min_leaf=1, features=None):
    return None if len(y.unique()) == 1 else solved_best_split(x, y, num_classes, min_leaf, features)


@mistake(
    "best_split",
    edit={"low if middle.to(x.dtype) == high else middle": "middle"},
    hint="Between two neighbouring numbers of float32 there is no other: `x <= threshold` rounds the threshold to x's "
    "dtype, and halfway may become the higher value. Then both rows go left.",
)
def halfway_rounds_to_the_higher_value():
    """The tensor's dtype is not thought of."""


@mistake(
    "best_split",
    hint="Two equally good splits can differ in the last digits, and then rounding picks the later one. "
    "Let a split win only if it is clearly better.",
)
def rounding_breaks_ties(x, y, num_classes, min_leaf=1, features=None):
    return _walk(x, y, num_classes, min_leaf, features, margin=0.0)


@right("best_split")
def every_threshold_in_turn(x, y, num_classes, min_leaf=1, features=None):
    def gini(labels):
        return gini_impurity(torch.bincount(labels, minlength=num_classes)).item()

    n, parent, best = len(y), gini(y), None
    for feature in features if features is not None else range(x.size(1)):
        column = x[:, feature]
        values = torch.unique(column)
        for low, high in zip(values, values[1:]):
            mask = column <= low
            threshold = (low.double() + high.double()).item() / 2
            if x.new_tensor(threshold) >= high:
                threshold = low.item()
            left, right_side = y[mask], y[~mask]
            if len(left) < min_leaf or len(right_side) < min_leaf:
                continue
            decrease = parent - (len(left) * gini(left) + len(right_side) * gini(right_side)) / n
            if best is None or decrease > best[2] + 1e-6:
                best = (feature, threshold, decrease)
    return best


@right("best_split")
def all_features_at_once(x, y, num_classes, min_leaf=1, features=None):
    columns = list(range(x.shape[1])) if features is None else list(features)
    n = len(y)
    if n < 2 * min_leaf or n < 2:
        return None
    values, order = x[:, columns].double().sort(dim=0)
    one_hot = F.one_hot(y, num_classes).double()[order]
    left = one_hot.cumsum(dim=0)[:-1]
    rest = one_hot.sum(dim=0, keepdim=True) - left
    sizes = torch.arange(1, n).double()[:, None]
    gain = (left ** 2).sum(-1) / sizes + (rest ** 2).sum(-1) / (n - sizes)
    gain[values[1:] == values[:-1]] = -1
    gain[: min_leaf - 1] = -1
    gain[n - min_leaf:] = -1
    gain = gain.T
    if gain.max() < 0:
        return None
    first = int((gain.flatten() >= gain.max() - 1e-7).nonzero()[0])
    place, row = divmod(first, n - 1)
    before = torch.bincount(y).double()
    decrease = gain[place, row] / n - (before ** 2).sum() / n ** 2
    low, high = values[row, place].item(), values[row + 1, place].item()
    middle = (low + high) / 2
    if x.new_tensor(middle).item() == high:
        middle = low
    return columns[place], middle, decrease.item()


@right("best_split")
def by_a_sorted_list_of_candidates(x, y, num_classes, min_leaf=1, features=None):
    labels = y.tolist()
    def gini(part):
        return 1 - sum((c / len(part)) ** 2 for c in Counter(part).values())

    candidates = []
    for feature in range(x.shape[1]) if features is None else features:
        pairs = sorted(zip(x[:, feature].tolist(), labels))
        for i in range(1, len(pairs)):
            if pairs[i - 1][0] == pairs[i][0] or i < min_leaf or len(pairs) - i < min_leaf:
                continue
            a, b = [p[1] for p in pairs[:i]], [p[1] for p in pairs[i:]]
            drop = gini(labels) - i / len(pairs) * gini(a) - (len(pairs) - i) / len(pairs) * gini(b)
            low, high = pairs[i - 1][0], pairs[i][0]
            halfway = (low + high) / 2
            if x.new_tensor([halfway]).item() == high:
                halfway = low
            candidates.append((-round(drop, 9), feature, halfway, drop))
    if not candidates:
        return None
    _, feature, threshold, drop = min(candidates)
    return feature, threshold, drop


def _gini_of(labels, num_classes):
    if len(labels) == 0:
        return 0.0
    p = torch.bincount(labels, minlength=num_classes).double() / len(labels)
    return 1 - float((p * p).sum())


@mistake("best_split", hint="Some thresholds are left out: try each place between two different neighbouring values.")
def split_skips_thresholds(x, y, num_classes, min_leaf=1, features=None):
    best = None
    base = _gini_of(y, num_classes)
    for f in range(x.shape[1]) if features is None else features:
        values = x[:, f].unique()
        pairs = list(zip(values[:-1], values[1:]))
        for low, high in pairs[::2 if len(pairs) > 6 else 1]:
            left = x[:, f] <= low
            n = int(left.sum())
            if n < min_leaf or len(y) - n < min_leaf:
                continue
            drop = base - n / len(y) * _gini_of(y[left], num_classes) - (1 - n / len(y)) * _gini_of(y[~left], num_classes)
            if best is None or drop > best[2] + 1e-09:
                middle = (low + high) / 2
                best = (f, (low if middle >= high else middle).item(), drop)
    return best


@mistake("best_split", hint="The impurity of whole numbers is float32, and its rounding decides between splits that are equally good. Count in float64.")
def split_counts_in_single_precision(x, y, num_classes, min_leaf=1, features=None):
    best = None
    base = gini_impurity(torch.bincount(y, minlength=num_classes)).item() if len(y) else 0.0
    for f in range(x.shape[1]) if features is None else features:
        values = x[:, f].unique()
        for low, high in zip(values[:-1], values[1:]):
            left = x[:, f] <= low
            n, m = (int(left.sum()), int((~left).sum()))
            if n < min_leaf or m < min_leaf:
                continue
            a = gini_impurity(torch.bincount(y[left], minlength=num_classes)).item()
            b = gini_impurity(torch.bincount(y[~left], minlength=num_classes)).item()
            drop = base - (n * a + m * b) / len(y)
            if best is None or drop > best[2] + 1e-09:
                middle = (low + high) / 2
                best = (f, (low if middle >= high else middle).item(), drop)
    return best


@mistake("best_split", hint="The best split is looked at only once it is chosen: leave out those with a side that is too small before you choose.")
def split_forbids_afterwards(x, y, num_classes, min_leaf=1, features=None):
    best = None
    base = _gini_of(y, num_classes)
    for f in range(x.shape[1]) if features is None else features:
        values = x[:, f].unique()
        for low, high in zip(values[:-1], values[1:]):
            left = x[:, f] <= low
            n = int(left.sum())
            drop = base - n / len(y) * _gini_of(y[left], num_classes) - (1 - n / len(y)) * _gini_of(y[~left], num_classes)
            if best is None or drop > best[2] + 1e-09:
                middle = (low + high) / 2
                best = (f, (low if middle >= high else middle).item(), drop, n)
    if best is None or best[3] < min_leaf or len(y) - best[3] < min_leaf:
        return None
    return best[:3]


@mistake("best_split", hint="The threshold is rounded, so that close values fall on one side of it.")
def split_rounds_the_threshold(x, y, num_classes, min_leaf=1, features=None):
    best = None
    base = _gini_of(y, num_classes)
    for f in range(x.shape[1]) if features is None else features:
        values = x[:, f].unique()
        for low, high in zip(values[:-1], values[1:]):
            left = x[:, f] <= low
            n = int(left.sum())
            if n < min_leaf or len(y) - n < min_leaf:
                continue
            drop = base - n / len(y) * _gini_of(y[left], num_classes) - (1 - n / len(y)) * _gini_of(y[~left], num_classes)
            if best is None or drop > best[2] + 1e-09:
                best = (f, round(((low + high) / 2).item(), 4), drop)
    return best


# grow_tree


def _grow(x, y, num_classes, max_depth, min_leaf=1, draw_features=None, *, stop_at_zero=False, pure=True,
          keep_counts=True, share=False, less=False, same_rows=False, depth_used=1, child_min=None, labels=None, swap=False):
    """Grow a tree with one thing changed."""
    counts = torch.bincount(y, minlength=num_classes).tolist()
    leaf = {"counts": [one / len(y) for one in counts] if share else counts}
    if max_depth <= 0 or (pure and max(counts) == len(y)):
        return leaf
    split = best_split(x, y, num_classes, min_leaf, None if draw_features is None else draw_features())
    if split is None or (stop_at_zero and split[2] <= 1e-9):
        return leaf
    feature, threshold, _ = split
    left = x[:, feature] < threshold - 0.5 if less else x[:, feature] <= threshold
    options = {"stop_at_zero": stop_at_zero, "pure": pure, "keep_counts": keep_counts, "share": share, "swap": swap}
    lower = min_leaf if child_min is None else child_min
    below = [_grow(x[side], y[side], num_classes, max_depth - depth_used, lower, draw_features, **options, depth_used=depth_used, child_min=child_min) for side in (left, ~left)]
    if swap:
        below.reverse()
    node = {"feature": feature, "threshold": threshold, "left": below[0], "right": below[1]}
    return {**leaf, **node} if keep_counts else node


@mistake("grow_tree", hint="Growing stops where the best split gains nothing. The docstring splits on: a second split may need the first.")
def stops_without_gain(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    return _grow(x, y, num_classes, max_depth, min_leaf, draw_features, stop_at_zero=True)


@mistake("grow_tree", hint="Nodes whose rows are all of one class are split on. They should become leaves.")
def splits_pure_nodes(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    return _grow(x, y, num_classes, max_depth, min_leaf, draw_features, pure=False)


@mistake("grow_tree", hint="Inner nodes have no counts. Pruning needs them: every node keeps its own.")
def counts_in_leaves_only(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    return _grow(x, y, num_classes, max_depth, min_leaf, draw_features, keep_counts=False)


@mistake("grow_tree", hint="The counts are shares. Keep whole numbers of rows.")
def shares_for_counts(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    return _grow(x, y, num_classes, max_depth, min_leaf, draw_features, share=True)


@mistake("grow_tree", hint="The tree is one level too shallow: a tree of max_depth 1 has one split.")
def one_level_too_few(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    return _grow(x, y, num_classes, max_depth - 1, min_leaf, draw_features)


@mistake("grow_tree", hint="The tree is one level too deep: with max_depth 0 the root is a leaf.")
def one_level_too_many(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    return _grow(x, y, num_classes, max_depth + 1, min_leaf, draw_features)


@mistake("grow_tree", hint="max_depth is handed down as it is, so it never gets less: the tree grows until it is pure.")
def depth_never_less(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    return _grow(x, y, num_classes, max_depth and 50, min_leaf, draw_features)


@mistake("grow_tree", hint="min_leaf is taken for the rows that a node must have to be split. It is the least number of rows in a leaf after the split.")
def min_leaf_as_min_split(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    counts = torch.bincount(y, minlength=num_classes).tolist()
    split = None
    if max_depth > 0 and max(counts) < len(y) and len(y) >= min_leaf:
        split = best_split(x, y, num_classes, 1, None if draw_features is None else draw_features())
    if split is None:
        return {"counts": counts}
    left = x[:, split[0]] <= split[1]
    below = [min_leaf_as_min_split(x[side], y[side], num_classes, max_depth - 1, min_leaf, draw_features) for side in (left, ~left)]
    return {"counts": counts, "feature": split[0], "threshold": split[1], "left": below[0], "right": below[1]}


@mistake("grow_tree", hint="min_leaf is not handed down: it holds at the root only.")
def min_leaf_not_handed_down(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    return _grow(x, y, num_classes, max_depth, min_leaf, draw_features, child_min=1)


@mistake("grow_tree", hint="Left and right are swapped: rows with a value of at most the threshold go left.")
def sides_swapped(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    return _grow(x, y, num_classes, max_depth, min_leaf, draw_features, swap=True)


@mistake("grow_tree", hint="The features are drawn once for the whole tree. A random forest draws anew at every split.")
def features_drawn_once(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    if draw_features is None:
        return _grow(x, y, num_classes, max_depth, min_leaf)
    features = draw_features()
    return _grow(x, y, num_classes, max_depth, min_leaf, lambda: features)


@mistake("grow_tree", hint="draw_features is not used: every split may see all features.")
def draws_ignored(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    return _grow(x, y, num_classes, max_depth, min_leaf)


@mistake("grow_tree", hint="draw_features is used at the root only: it isn't handed down.")
def draws_at_the_root_only(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    if draw_features is None:
        return _grow(x, y, num_classes, max_depth, min_leaf)
    first = [draw_features()]
    return _grow(x, y, num_classes, max_depth, min_leaf, lambda: first.pop() if first else list(range(x.shape[1])))


@mistake("grow_tree", hint="The counts have no entry for classes that don't occur in the node: always keep all num_classes.")
def counts_cut_short(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    tree = _grow(x, y, num_classes, max_depth, min_leaf, draw_features)

    def cut(node):
        counts = list(node["counts"])
        while len(counts) > 1 and counts[-1] == 0:
            counts.pop()
        below = {side: cut(node[side]) for side in ("left", "right") if side in node}
        return {**node, "counts": counts, **below}

    return cut(tree)


@mistake("grow_tree", hint="The rows are sorted in place while growing: the caller's labels are changed.")
def labels_sorted_in_place(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    tree = _grow(x, y, num_classes, max_depth, min_leaf, draw_features)
    y.copy_(y.sort().values)
    return tree


@right("grow_tree")
def with_an_inner_function(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    def build(rows, depth):
        labels = y[rows]
        node = {"counts": [int((labels == c).sum()) for c in range(num_classes)]}
        if depth >= max_depth or len(torch.unique(labels)) == 1:
            return node
        found = best_split(x[rows], labels, num_classes, min_leaf, draw_features() if draw_features else None)
        if found is not None:
            goes_left = x[rows, found[0]] <= found[1]
            node["feature"], node["threshold"] = found[0], found[1]
            node["left"] = build(rows[goes_left], depth + 1)
            node["right"] = build(rows[~goes_left], depth + 1)
        return node

    return build(torch.arange(len(y)), 0)


@right("grow_tree")
def with_a_queue(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    root = {}
    queue = [(root, x, y, 0)]
    while queue:
        node, rows, labels, depth = queue.pop(0)
        counts = torch.bincount(labels, minlength=num_classes)
        node["counts"] = counts.tolist()
        if depth == max_depth or (counts > 0).sum() < 2:
            continue
        features = draw_features() if draw_features is not None else None
        split = best_split(rows, labels, num_classes, min_leaf=min_leaf, features=features)
        if split is None:
            continue
        feature, threshold, _ = split
        mask = rows[:, feature] <= threshold
        node.update(feature=feature, threshold=threshold, left={}, right={})
        queue += [(node["left"], rows[mask], labels[mask], depth + 1), (node["right"], rows[~mask], labels[~mask], depth + 1)]
    return root


@right("grow_tree")
def that_draws_before_it_looks(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    features = draw_features() if draw_features is not None else None
    node = {"counts": F.one_hot(y, num_classes).sum(dim=0).tolist()}
    split = best_split(x, y, num_classes, min_leaf, features) if max_depth and y.unique().numel() > 1 else None
    if split:
        mask = x[:, split[0]] <= split[1]
        rest = (num_classes, max_depth - 1, min_leaf, draw_features)
        node = dict(node, feature=split[0], threshold=split[1])
        node["left"] = that_draws_before_it_looks(x[mask], y[mask], *rest)
        node["right"] = that_draws_before_it_looks(x[~mask], y[~mask], *rest)
    return node


@mistake("grow_tree", hint="A row that lies on the threshold goes to the right here: rows with a value of at most the threshold go left.")
def tree_strict_side(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    node = {'counts': torch.bincount(y, minlength=num_classes).tolist()}
    if max_depth == 0 or max(node['counts']) == len(y):
        return node
    split = best_split(x, y, num_classes, min_leaf, draw_features() if draw_features else None)
    if split is None:
        return node
    left = x[:, split[0]] < split[1]
    if not left.any():
        return node
    rest = (num_classes, max_depth - 1, min_leaf, draw_features)
    return {**node, 'feature': split[0], 'threshold': split[1], 'left': grow_tree(x[left], y[left], *rest), 'right': grow_tree(x[~left], y[~left], *rest)}


@mistake("grow_tree", hint="A node that could be split into two leaves of min_leaf rows each stays whole. best_split says where no split is allowed.")
def tree_stops_at_two_rows(x, y, num_classes, max_depth, min_leaf=1, draw_features=None):
    node = {'counts': torch.bincount(y, minlength=num_classes).tolist()}
    if max_depth == 0 or max(node['counts']) == len(y) or len(y) < 2 * min_leaf + 1:
        return node
    split = best_split(x, y, num_classes, min_leaf, draw_features() if draw_features else None)
    if split is None:
        return node
    left = x[:, split[0]] <= split[1]
    rest = (num_classes, max_depth - 1, min_leaf, draw_features)
    return {**node, 'feature': split[0], 'threshold': split[1], 'left': grow_tree(x[left], y[left], *rest), 'right': grow_tree(x[~left], y[~left], *rest)}


# prune_tree


def _errors(tree, x, y):
    return int((predict_tree(tree, x) != y).sum())


def _prune(tree, x, y, better=lambda leaf, below: leaf <= below, keep_unreached=False, all_rows=False):
    """Prune with one thing changed."""
    leaf = {"counts": tree["counts"]}
    if "left" not in tree or (keep_unreached and len(y) == 0):
        return dict(tree)
    left = x[:, tree["feature"]] <= tree["threshold"]
    parts = [(x, y)] * 2 if all_rows else [(x[left], y[left]), (x[~left], y[~left])]
    below = [_prune(tree[side], *part, better, keep_unreached, all_rows) for side, part in zip(("left", "right"), parts)]
    pruned = {**tree, "left": below[0], "right": below[1]}
    return leaf if better(_errors(leaf, x, y), _errors(pruned, x, y)) else pruned


@mistake("prune_tree", hint="Shares of errors are weighed and added, and rounding decides on a tie: count the errors.")
def prune_by_weighed_shares(tree, x_val, y_val):
    def share(one, x, y):
        return float((predict_tree(one, x) != y).double().mean()) if len(y) else 0.0

    if "left" not in tree:
        return {"counts": tree["counts"]}
    left = x_val[:, tree["feature"]] <= tree["threshold"]
    sides = {"left": left, "right": ~left}
    pruned = {**tree, **{side: prune_by_weighed_shares(tree[side], x_val[rows], y_val[rows]) for side, rows in sides.items()}}
    num = max(len(y_val), 1)
    below = sum(int(rows.sum()) / num * share(pruned[side], x_val[rows], y_val[rows]) for side, rows in sides.items())
    leaf = {"counts": tree["counts"]}
    return leaf if share(leaf, x_val, y_val) <= below else pruned


@mistake("prune_tree", hint="On a tie the subtree stays. The smaller tree should win: a leaf that makes no more errors is enough.")
def subtree_wins_ties(tree, x_val, y_val):
    return _prune(tree, x_val, y_val, better=lambda leaf, below: leaf < below)


@mistake("prune_tree", hint="Each node is judged before its children are pruned. Start at the leaves: a pruned subtree may be worth keeping.")
def from_the_root_down(tree, x_val, y_val):
    leaf = {"counts": tree["counts"]}
    if "left" not in tree or _errors(leaf, x_val, y_val) <= _errors(tree, x_val, y_val):
        return leaf
    left = x_val[:, tree["feature"]] <= tree["threshold"]
    return {**tree, "left": from_the_root_down(tree["left"], x_val[left], y_val[left]),
            "right": from_the_root_down(tree["right"], x_val[~left], y_val[~left])}


@mistake("prune_tree", hint="The comparison is the wrong way round: the subtree goes where it is better than the leaf.")
def prunes_the_better(tree, x_val, y_val):
    return _prune(tree, x_val, y_val, better=lambda leaf, below: leaf >= below)


@mistake("prune_tree", hint="All validation rows are handed to both children. Only the rows that reach a node may judge it.")
def all_rows_judge_every_node(tree, x_val, y_val):
    return _prune(tree, x_val, y_val, all_rows=True)


@mistake("prune_tree", hint="Nodes that no validation row reaches are left as they were. Nothing speaks for them: they become leaves.")
def unreached_nodes_stay(tree, x_val, y_val):
    return _prune(tree, x_val, y_val, keep_unreached=True)


@mistake("prune_tree", hint="Only nodes whose two children are leaves from the start are looked at. Once they are pruned, their parent's turn comes.")
def one_layer_only(tree, x_val, y_val):
    if "left" not in tree:
        return {"counts": tree["counts"]}
    left = x_val[:, tree["feature"]] <= tree["threshold"]
    if "left" in tree["left"] or "left" in tree["right"]:
        return {**tree, "left": one_layer_only(tree["left"], x_val[left], y_val[left]),
                "right": one_layer_only(tree["right"], x_val[~left], y_val[~left])}
    leaf = {"counts": tree["counts"]}
    return leaf if _errors(leaf, x_val, y_val) <= _errors(tree, x_val, y_val) else dict(tree)


@mistake("prune_tree", hint="A pruned node gets the validation rows' counts. It keeps its own, those of the training rows.")
def counts_of_the_validation_rows(tree, x_val, y_val):
    num_classes = len(tree["counts"])
    if "left" not in tree:
        return {"counts": tree["counts"]}
    left = x_val[:, tree["feature"]] <= tree["threshold"]
    pruned = {**tree, "left": counts_of_the_validation_rows(tree["left"], x_val[left], y_val[left]),
              "right": counts_of_the_validation_rows(tree["right"], x_val[~left], y_val[~left])}
    if _errors({"counts": tree["counts"]}, x_val, y_val) <= _errors(pruned, x_val, y_val):
        return {"counts": torch.bincount(y_val, minlength=num_classes).tolist()}
    return pruned


@mistake("prune_tree", hint="The tree is pruned in place: the caller's tree is changed. Make new nodes.")
def prunes_in_place(tree, x_val, y_val):
    if "left" not in tree:
        return tree
    left = x_val[:, tree["feature"]] <= tree["threshold"]
    tree["left"] = prunes_in_place(tree["left"], x_val[left], y_val[left])
    tree["right"] = prunes_in_place(tree["right"], x_val[~left], y_val[~left])
    if _errors({"counts": tree["counts"]}, x_val, y_val) <= _errors(tree, x_val, y_val):
        for key in ("feature", "threshold", "left", "right"):
            tree.pop(key)
    return tree


@mistake("prune_tree", hint="The tree comes back as it was.")
def prunes_nothing(tree, x_val, y_val):
    return copy.deepcopy(tree)


@mistake(
    "prune_tree",
    hint="Rows that lie exactly on the threshold reach neither child, so nobody counts their errors. "
    "They go left, as when a tree predicts.",
)
def rows_on_the_threshold_lost(tree, x_val, y_val):
    def go(node, x, y):
        leaf = {"counts": node["counts"]}
        errors = _errors(leaf, x, y)
        if "left" not in node:
            return leaf, errors
        low, high = x[:, node["feature"]] < node["threshold"], x[:, node["feature"]] > node["threshold"]
        a, errors_a = go(node["left"], x[low], y[low])
        b, errors_b = go(node["right"], x[high], y[high])
        return (leaf, errors) if errors <= errors_a + errors_b else ({**node, "left": a, "right": b}, errors_a + errors_b)

    return go(tree, x_val, y_val)[0]


@mistake(
    "prune_tree",
    hint="Only a node whose children have both become leaves is judged. A node may go with all that is left below it.",
)
def only_above_two_leaves(tree, x_val, y_val):
    leaf = {"counts": tree["counts"]}
    if "left" not in tree:
        return leaf
    left = x_val[:, tree["feature"]] <= tree["threshold"]
    below = [only_above_two_leaves(tree["left"], x_val[left], y_val[left]),
             only_above_two_leaves(tree["right"], x_val[~left], y_val[~left])]
    pruned = {**tree, "left": below[0], "right": below[1]}
    if "left" in below[0] or "left" in below[1]:
        return pruned
    return leaf if _errors(leaf, x_val, y_val) <= _errors(pruned, x_val, y_val) else pruned


@mistake(
    "prune_tree",
    hint="Only the root is copied: the nodes below it are still the caller's, and lose their children. "
    "Make every node anew.",
)
def copies_the_root_only(tree, x_val, y_val):
    return prunes_in_place(dict(tree), x_val, y_val)


@right("prune_tree")
def by_counting_errors_on_the_way_up(tree, x_val, y_val):
    def go(node, x, y):
        own = node["counts"].index(max(node["counts"]))
        as_leaf = int((y != own).sum())
        if "feature" not in node:
            return {"counts": list(node["counts"])}, as_leaf
        side = x[:, node["feature"]] <= node["threshold"]
        a, errors_a = go(node["left"], x[side], y[side])
        b, errors_b = go(node["right"], x[~side], y[~side])
        if as_leaf <= errors_a + errors_b:
            return {"counts": list(node["counts"])}, as_leaf
        return {"counts": list(node["counts"]), "feature": node["feature"], "threshold": node["threshold"],
                "left": a, "right": b}, errors_a + errors_b

    return go(tree, x_val, y_val)[0]


@right("prune_tree")
def by_pruning_a_copy(tree, x_val, y_val):
    def prune(node, x, y):
        if "left" in node:
            mask = x[:, node["feature"]] <= node["threshold"]
            prune(node["left"], x[mask], y[mask])
            prune(node["right"], x[~mask], y[~mask])
            kept = (predict_tree(node, x) == y).sum().item()
            alone = (predict_tree({"counts": node["counts"]}, x) == y).sum().item()
            if alone >= kept:
                for key in ("feature", "threshold", "left", "right"):
                    del node[key]

    pruned = copy.deepcopy(tree)
    prune(pruned, x_val, y_val)
    return pruned


@mistake("prune_tree", hint="Where two classes are equally frequent in a leaf it answers with the smaller one, as predict_tree does.")
def prune_last_class_on_a_tie(tree, x_val, y_val):
    if 'left' not in tree:
        return tree
    m = x_val[:, tree['feature']] <= tree['threshold']
    node = {**tree, 'left': prune_tree(tree['left'], x_val[m], y_val[m]), 'right': prune_tree(tree['right'], x_val[~m], y_val[~m])}
    counts = tree['counts']
    majority = max(range(len(counts)), key=lambda k: (counts[k], k))
    return {'counts': counts} if (y_val != majority).sum() <= (predict_tree(node, x_val) != y_val).sum() else node


@mistake("prune_tree", hint="A pruned node still has its feature and threshold: a leaf has its counts only.")
def prune_leaf_keeps_its_split(tree, x_val, y_val):
    if 'left' not in tree:
        return tree
    m = x_val[:, tree['feature']] <= tree['threshold']
    node = {**tree, 'left': prune_tree(tree['left'], x_val[m], y_val[m]), 'right': prune_tree(tree['right'], x_val[~m], y_val[~m])}
    leaf = {k: v for k, v in tree.items() if k not in ('left', 'right')}
    return leaf if (predict_tree(leaf, x_val) != y_val).sum() <= (predict_tree(node, x_val) != y_val).sum() else node


@mistake("prune_tree", hint="The leaf is judged by what the validation rows would like best: it answers with the class of most training rows, those in its counts.")
def prune_by_the_validation_majority(tree, x_val, y_val):
    if 'left' not in tree:
        return tree
    m = x_val[:, tree['feature']] <= tree['threshold']
    node = {**tree, 'left': prune_tree(tree['left'], x_val[m], y_val[m]), 'right': prune_tree(tree['right'], x_val[~m], y_val[~m])}
    as_leaf = len(y_val) - (int(torch.bincount(y_val).max()) if len(y_val) else 0)
    return {'counts': tree['counts']} if as_leaf <= int((predict_tree(node, x_val) != y_val).sum()) else node


# bootstrap_sample


def _complement(num_samples, in_bag):
    stayed = torch.ones(num_samples, dtype=torch.bool)
    stayed[in_bag] = False
    return stayed.nonzero()[:, 0]


@mistake("bootstrap_sample", hint="This is a permutation: every row comes exactly once. Draw with replacement.")
def permutation(num_samples, generator):
    in_bag = torch.randperm(num_samples, generator=generator)
    return in_bag, _complement(num_samples, in_bag)


@mistake("bootstrap_sample", hint="The generator is not used, so torch's global state decides: pass it on.")
def generator_ignored(num_samples, generator):
    in_bag = torch.randint(num_samples, (num_samples,))
    return in_bag, _complement(num_samples, in_bag)


@mistake("bootstrap_sample", hint="The last row is never drawn: randint's upper end is already left out.")
def last_row_never(num_samples, generator):
    in_bag = torch.randint(0, max(num_samples - 1, 1), (num_samples,), generator=generator)
    return in_bag, _complement(num_samples, in_bag)


@mistake("bootstrap_sample", hint="Only 63.2 % of the rows are drawn. A bootstrap sample is as large as the set; that share is how many different rows it has.")
def two_thirds(num_samples, generator):
    in_bag = torch.randint(num_samples, (max(1, round(0.632 * num_samples)),), generator=generator)
    return in_bag, _complement(num_samples, in_bag)


@mistake("bootstrap_sample", hint="Repeats are thrown away: a row that was drawn twice must count twice.")
def repeats_thrown_away(num_samples, generator):
    in_bag = torch.randint(num_samples, (num_samples,), generator=generator).unique()
    return in_bag, _complement(num_samples, in_bag)


@mistake("bootstrap_sample", hint="The rows that stayed out are drawn at random too. They are exactly those that are not in the bag.")
def random_rows_out(num_samples, generator):
    in_bag = torch.randint(num_samples, (num_samples,), generator=generator)
    return in_bag, torch.randperm(num_samples, generator=generator)[: max(1, num_samples * 37 // 100)]


@mistake("bootstrap_sample", edit={".nonzero()[:, 0]": ""}, hint="The second answer is a mask of bools. Return the row numbers.")
def mask_for_numbers(): ...


@mistake("bootstrap_sample", hint="A new generator is made from the old one's seed, so every call draws the same sample. Use the generator itself.")
def same_sample_every_time(num_samples, generator):
    fresh = torch.Generator().manual_seed(generator.initial_seed())
    in_bag = torch.randint(num_samples, (num_samples,), generator=fresh)
    return in_bag, _complement(num_samples, in_bag)


@mistake("bootstrap_sample", hint="Row numbers start at 1 here. The first row is row 0.")
def counted_from_one(num_samples, generator):
    in_bag = torch.randint(1, num_samples + 1, (num_samples,), generator=generator)
    drawn = set(in_bag.tolist())
    return in_bag, torch.tensor([row for row in range(1, num_samples + 1) if row not in drawn], dtype=torch.int64)


@mistake("bootstrap_sample", hint="Rounding gives the first and the last row half the chance of the others. Draw whole numbers.")
def rounded_fractions(num_samples, generator):
    in_bag = (torch.rand(num_samples, generator=generator) * (num_samples - 1)).round().long()
    return in_bag, _complement(num_samples, in_bag)


@right("bootstrap_sample")
def by_multinomial(num_samples, generator):
    in_bag = torch.multinomial(torch.ones(num_samples), num_samples, replacement=True, generator=generator)
    counts = torch.bincount(in_bag, minlength=num_samples)
    return in_bag, torch.where(counts == 0)[0]


@right("bootstrap_sample")
def by_fractions_cut_down(num_samples, generator):
    fractions = torch.rand(num_samples, generator=generator, dtype=torch.float64)
    in_bag = (fractions * num_samples).floor().to(torch.int64)
    rows = torch.arange(num_samples)
    return in_bag, rows[~torch.isin(rows, in_bag)]


@right("bootstrap_sample")
def one_row_at_a_time(num_samples, generator):
    drawn = [int(torch.randint(0, num_samples, (1,), generator=generator)) for _ in range(num_samples)]
    out = sorted(set(range(num_samples)) - set(drawn))
    return torch.tensor(drawn), torch.tensor(out, dtype=torch.long)


@mistake("bootstrap_sample", hint="The last row is never drawn: randint leaves out its upper end.")
def bag_without_the_last_row(num_samples, generator):
    in_bag = torch.randint(0, num_samples - 1, (num_samples,), generator=generator)
    out = torch.ones(num_samples, dtype=torch.bool)
    out[in_bag] = False
    return (in_bag, out.nonzero().flatten())


# random_forest_vote


def _shares(tree, x):
    counts = torch.tensor([find_leaf(tree, row)["counts"] for row in x], dtype=x.dtype, device=x.device)
    return counts / counts.sum(dim=1, keepdim=True)


@mistake("random_forest_vote", hint="Each tree votes for one class: that is a hard vote. A soft vote averages the shares in the leaves.")
def hard_vote(trees, x):
    num_classes = len(trees[0]["counts"])
    return torch.stack([F.one_hot(predict_tree(tree, x), num_classes).to(x.dtype) for tree in trees]).mean(dim=0)


@mistake("random_forest_vote", hint="The counts of all leaves are put together before dividing, so large leaves have more say. Turn each leaf into shares first.")
def counts_pooled(trees, x):
    counts = sum(torch.tensor([find_leaf(tree, row)["counts"] for row in x], dtype=x.dtype) for tree in trees)
    return counts / counts.sum(dim=1, keepdim=True)


@mistake("random_forest_vote", hint="The shares are summed over the trees and not averaged: rows should sum to 1.")
def shares_summed(trees, x):
    return torch.stack([_shares(tree, x) for tree in trees]).sum(dim=0)


@mistake("random_forest_vote", hint="The shares are multiplied, as if the trees were independent witnesses. A forest averages.")
def shares_multiplied(trees, x):
    product = torch.stack([_shares(tree, x) for tree in trees]).prod(dim=0)
    return product / product.sum(dim=1, keepdim=True).clamp(min=1e-300)


@mistake("random_forest_vote", hint="These are labels. Return the probabilities of all classes.")
def labels_not_probabilities(trees, x):
    return solved_random_forest_vote(trees, x).argmax(dim=1)


@mistake("random_forest_vote", hint="The counts at the root are used. Follow each row down to its leaf.")
def counts_of_the_root(trees, x):
    counts = torch.tensor([tree["counts"] for tree in trees], dtype=x.dtype, device=x.device)
    return (counts / counts.sum(dim=1, keepdim=True)).mean(dim=0).expand(len(x), -1)


@mistake("random_forest_vote", hint="Only the last tree is heard: the others' answers are overwritten.")
def last_tree_only(trees, x):
    for tree in trees:
        answer = _shares(tree, x)
    return answer


@mistake("random_forest_vote", hint="The answer is single precision whatever x is: use the dtype of x.")
def always_float32(trees, x):
    return solved_random_forest_vote(trees, x.double()).to(torch.float32 if x.dtype == torch.float64 else torch.float64)


@mistake("random_forest_vote", hint="A softmax is taken of the averaged shares. They are probabilities already.")
def softmax_of_shares(trees, x):
    return solved_random_forest_vote(trees, x).softmax(dim=1)


@mistake("random_forest_vote", hint="The counts in the leaves are turned into shares in place: the trees are changed.")
def leaves_changed(trees, x):
    answer = solved_random_forest_vote(trees, x)
    for tree in trees:
        for row in x:
            leaf = find_leaf(tree, row)
            leaf["counts"] = [one / sum(leaf["counts"]) for one in leaf["counts"]]
    return answer


@mistake("random_forest_vote", hint="The answer is made on the CPU: give it the device of x.")
def vote_on_the_cpu(trees, x):
    rows = [[torch.tensor(find_leaf(tree, row)["counts"], dtype=x.dtype) for row in x] for tree in trees]
    return torch.stack([torch.stack([one / one.sum() for one in tree]) for tree in rows]).mean(dim=0)


@mistake(
    "random_forest_vote",
    hint="Whole numbers divided give float32, whatever x is, and later digits don't come back. "
    "Give the counts x's dtype first.",
)
def shares_in_float32(trees, x):
    answer = torch.zeros(len(x), len(trees[0]["counts"]), dtype=x.dtype, device=x.device)
    for tree in trees:
        counts = torch.tensor([find_leaf(tree, row)["counts"] for row in x], device=x.device)
        answer += counts / counts.sum(dim=1, keepdim=True)
    return answer / len(trees)


@right("random_forest_vote")
def row_after_row_and_tree_after_tree(trees, x):
    answer = torch.zeros(x.shape[0], len(trees[0]["counts"]), dtype=x.dtype, device=x.device)
    for i in range(x.shape[0]):
        for tree in trees:
            counts = find_leaf(tree, x[i])["counts"]
            for c, count in enumerate(counts):
                answer[i, c] += count / sum(counts) / len(trees)
    return answer


@right("random_forest_vote")
def by_masks_down_the_tree(trees, x):
    def go(node, rows):
        if "left" not in node:
            shares = torch.tensor(node["counts"], dtype=x.dtype, device=x.device)
            return (shares / shares.sum()).expand(len(rows), -1)
        mask = rows[:, node["feature"]] <= node["threshold"]
        answer = rows.new_empty(len(rows), len(node["counts"]))
        answer[mask], answer[~mask] = go(node["left"], rows[mask]), go(node["right"], rows[~mask])
        return answer

    return sum(go(tree, x) for tree in trees) / len(trees)


@right("random_forest_vote")
def as_a_running_mean(trees, x):
    mean = 0
    for number, tree in enumerate(trees, start=1):
        rows = torch.stack([x.new_tensor(find_leaf(tree, row)["counts"]) for row in x])
        rows = F.normalize(rows, p=1, dim=1)
        mean = mean + (rows - mean) / number
    return mean


@mistake("random_forest_vote", hint="Every row gets the answer of the first one: each walks down the tree by itself.")
def vote_of_the_first_row(trees, x):
    votes = [torch.tensor(find_leaf(t, x[0])['counts'], dtype=x.dtype).expand(len(x), -1) for t in trees]
    return torch.stack([v / v.sum(1, keepdim=True) for v in votes]).mean(0)


@mistake("random_forest_vote", hint="This is the geometric mean of the shares: one tree that says 0 silences all others. Take the plain mean.")
def vote_geometric(trees, x):
    votes = torch.tensor([[find_leaf(t, r)['counts'] for r in x] for t in trees], dtype=x.dtype)
    product = (votes / votes.sum(-1, keepdim=True) + 1e-09).log().mean(0).exp()
    return product / product.sum(1, keepdim=True)


@mistake("random_forest_vote", hint="A row is added to each class of every leaf. Take the shares as they are.")
def vote_with_one_more(trees, x):
    votes = torch.tensor([[find_leaf(t, r)['counts'] for r in x] for t in trees], dtype=x.dtype) + 1
    return (votes / votes.sum(-1, keepdim=True)).mean(0)


@mistake("random_forest_vote", hint="Only the largest share of each leaf votes: a soft vote takes all shares.")
def vote_best_share_only(trees, x):
    votes = torch.tensor([[find_leaf(t, r)['counts'] for r in x] for t in trees], dtype=x.dtype)
    shares = votes / votes.sum(-1, keepdim=True)
    shares = torch.where(shares == shares.amax(-1, keepdim=True), shares, torch.zeros_like(shares)).sum(0)
    return shares / shares.sum(1, keepdim=True)


@mistake("random_forest_vote", hint="The counts are divided by the rows of the whole tree, so that large leaves have more say: divide by the leaf's own.")
def vote_over_the_root(trees, x):
    votes = torch.tensor([[[c / sum(t['counts']) for c in find_leaf(t, r)['counts']] for r in x] for t in trees], dtype=x.dtype)
    votes = votes.mean(0)
    return votes / votes.sum(1, keepdim=True)


@mistake("random_forest_vote", hint="A softmax is taken of the counts. Shares are counts divided by their sum.")
def vote_softmax(trees, x):
    votes = [torch.softmax(torch.tensor([find_leaf(tree, row)['counts'] for row in x], dtype=x.dtype), dim=1) for tree in trees]
    return torch.stack(votes).mean(0)


# adaboost_round


def _round(predictions, y, weights, alpha=None, update=None, best=None, normalise=True):
    """A round with one thing changed."""
    errors = ((predictions != y) * weights).sum(dim=1)
    best = int(errors.argmin()) if best is None else best(errors)
    error = errors[best].clamp(1e-10, 1 - 1e-10)
    say = 0.5 * torch.log((1 - error) / error) if alpha is None else alpha(error)
    scaled = weights * torch.exp(-say * y * predictions[best]) if update is None else update(weights, say, y, predictions[best])
    return best, float(say), (scaled / scaled.sum() if normalise else scaled).to(weights.dtype)


@mistake("adaboost_round", hint="The new weights are not divided by their sum.")
def weights_not_normalised(predictions, y, weights):
    return _round(predictions, y, weights, normalise=False)


@mistake("adaboost_round", hint="In float32, 1 - 1e-10 is 1: hold the error as a Python number, or in float64.")
def adaboost_held_in_single_precision(predictions, y, weights):
    errors = (predictions != y).to(weights.dtype) @ weights
    best = int(errors.argmin())
    e = errors[best].clamp(1e-10, 1 - 1e-10)
    alpha = 0.5 * torch.log((1 - e) / e).item()
    new = weights * torch.exp(-alpha * (y * predictions[best]).to(weights.dtype))
    return (best, alpha, new / new.sum())


@mistake("adaboost_round", hint="The errors are held within the bounds before the least is chosen: two that are both below become equal.")
def adaboost_held_before_the_choice(predictions, y, weights):
    errors = ((predictions != y).double() @ weights.double()).clamp(1e-10, 1 - 1e-10)
    best = int(errors.argmin())
    e = errors[best].item()
    alpha = 0.5 * math.log((1 - e) / e)
    new = weights * torch.exp(-alpha * (y * predictions[best]).to(weights.dtype))
    return (best, alpha, new / new.sum())


@mistake("adaboost_round", hint="The weights are float64 and their factors float32: turn predictions and labels into the weights' dtype.")
def adaboost_factors_in_single_precision(predictions, y, weights):
    errors = (predictions != y).float() @ weights.float()
    best = int(errors.argmin())
    e = min(max(errors[best].item(), 1e-10), 1 - 1e-10)
    alpha = 0.5 * math.log((1 - e) / e)
    new = weights * torch.exp(-alpha * (y * predictions[best]).float())
    return (best, alpha, new / new.sum())


@mistake("adaboost_round", hint="alpha lacks its one half.")
def alpha_without_half(predictions, y, weights):
    return _round(predictions, y, weights, alpha=lambda e: torch.log((1 - e) / e))


@mistake("adaboost_round", hint="The exponent has the wrong sign: rows that were right grow, and rows that were wrong shrink.")
def right_rows_grow(predictions, y, weights):
    return _round(predictions, y, weights, update=lambda w, a, y, h: w * torch.exp(a * y * h))


@mistake("adaboost_round", hint="The say is never negative here. A classifier that is wrong more often than not has a negative one.")
def say_never_negative(predictions, y, weights):
    return _round(predictions, y, weights, alpha=lambda e: (0.5 * torch.log((1 - e) / e)).abs())


@mistake("adaboost_round", hint="The fraction in alpha is upside down: a good classifier should have a positive say.")
def alpha_upside_down(predictions, y, weights):
    return _round(predictions, y, weights, alpha=lambda e: 0.5 * torch.log(e / (1 - e)))


@mistake("adaboost_round", hint="The error counts rows, not weights: after the first round the rows differ in weight.")
def error_without_weights(predictions, y, weights):
    errors = (predictions != y).to(weights.dtype).mean(dim=1)
    best = int(errors.argmin())
    e = errors[best].clamp(1e-10, 1 - 1e-10)
    alpha = 0.5 * torch.log((1 - e) / e)
    scaled = weights * torch.exp(-alpha * y * predictions[best])
    return best, float(alpha), scaled / scaled.sum()


@mistake("adaboost_round", hint="The classifier whose error is farthest from one half is taken. Here it is the one with the least error.")
def farthest_from_chance(predictions, y, weights):
    return _round(predictions, y, weights, best=lambda errors: int((errors - 0.5).abs().argmax()))


@mistake("adaboost_round", hint="The classifier with the largest error is taken.")
def worst_classifier(predictions, y, weights):
    return _round(predictions, y, weights, best=lambda errors: int(errors.argmax()))


@mistake("adaboost_round", hint="Only the wrong rows are scaled, by exp(alpha), and the right ones are left. The right ones shrink by exp(-alpha), too.")
def right_rows_left(predictions, y, weights):
    return _round(predictions, y, weights, update=lambda w, a, y, h: torch.where(y != h, w * torch.exp(a), w))


@mistake("adaboost_round", hint="The error isn't held away from 0 and 1: a perfect classifier has an infinite say.")
def infinite_say(predictions, y, weights):
    errors = ((predictions != y) * weights).sum(dim=1)
    best = int(errors.argmin())
    alpha = 0.5 * torch.log((1 - errors[best]) / errors[best])
    scaled = weights * torch.exp(-alpha * y * predictions[best])
    return best, float(alpha), scaled / scaled.sum()


@mistake("adaboost_round", hint="The new weights start from equal ones. They continue from the weights that came in.")
def old_weights_forgotten(predictions, y, weights):
    return _round(predictions, y, weights, update=lambda w, a, y, h: torch.exp(-a * y * h).to(w.dtype))


@mistake("adaboost_round", hint="The weights are divided by their largest entry. They should sum to 1.")
def divided_by_the_largest(predictions, y, weights):
    best, alpha, new = solved_adaboost_round(predictions, y, weights)
    return best, alpha, new / new.max()


@mistake("adaboost_round", hint="On a tie the last classifier is taken: take the first.")
def last_of_equal_classifiers(predictions, y, weights):
    return _round(predictions, y, weights, best=lambda errors: len(errors) - 1 - int(errors.flip(0).argmin()))


@mistake("adaboost_round", hint="The weights are changed in place: the caller's are gone.")
def weights_in_place(predictions, y, weights):
    best, alpha, new = solved_adaboost_round(predictions, y, weights)
    weights.copy_(new)
    return best, alpha, weights


@mistake(
    "adaboost_round",
    hint="The error is held away from 0 and not from 1: "
    "for a classifier that is always wrong this takes the logarithm of 0.",
)
def held_away_from_zero_only(predictions, y, weights):
    errors = ((predictions != y) * weights).sum(dim=1)
    best = int(errors.argmin())
    error = max(float(errors[best]), 1e-10)
    alpha = 0.5 * math.log((1 - error) / error)
    scaled = weights * torch.exp(-alpha * y * predictions[best])
    return best, alpha, scaled / scaled.sum()


@right("adaboost_round")
def classifier_after_classifier(predictions, y, weights):
    best, least = 0, math.inf
    for k, row in enumerate(predictions):
        error = weights[row != y].sum().item()
        if error < least:
            best, least = k, error
    least = min(max(least, 1e-10), 1 - 1e-10)
    alpha = 0.5 * math.log((1 - least) / least)
    factor = torch.where(predictions[best] == y, weights.new_tensor(math.exp(-alpha)), weights.new_tensor(math.exp(alpha)))
    return best, alpha, weights * factor / torch.sum(weights * factor)


@right("adaboost_round")
def by_the_edge(predictions, y, weights):
    agreement = (predictions * y).to(weights.dtype)
    errors = (0.5 - 0.5 * agreement @ weights)
    errors = torch.where(errors < errors.min() + 1e-12, errors.min(), errors)
    best = errors.argmin().item()
    e = torch.clamp(errors[best].double(), 1e-10, 1 - 1e-10)
    alpha = torch.atanh(1 - 2 * e) if e > 1e-6 else 0.5 * torch.log((1 - e) / e)
    return best, alpha.item(), torch.softmax(weights.log() - alpha.to(weights.dtype) * agreement[best], dim=0)


@right("adaboost_round")
def by_halving_both_sides(predictions, y, weights):
    wrong = predictions.ne(y)
    errors = torch.where(wrong, weights, torch.zeros_like(weights)).sum(1)
    error, best = torch.min(errors, 0)
    e = min(max(float(error), 1e-10), 1 - 1e-10)
    alpha = math.log((1 - e) / e) / 2
    scaled = weights * (wrong[best].to(weights.dtype) * ((1 - e) / e) ** 0.5 + (~wrong[best]).to(weights.dtype) * (e / (1 - e)) ** 0.5)
    return int(best), alpha, scaled.div(scaled.sum())


@mistake("adaboost_round", hint="The error is held within other bounds than the docstring's: a perfect classifier has a larger say.")
def adaboost_other_bounds(predictions, y, weights):
    errors = (predictions != y).to(weights.dtype) @ weights
    best = int(errors.argmin())
    e = min(max(errors[best].item(), 1e-06), 1 - 1e-06)
    alpha = 0.5 * math.log((1 - e) / e)
    new = weights * torch.exp(-alpha * (y * predictions[best]).to(weights.dtype))
    return (best, alpha, new / new.sum())


@mistake("adaboost_round", hint="A classifier worse than chance has no say here. Its say is negative: believe the opposite.")
def adaboost_no_negative_say(predictions, y, weights):
    errors = (predictions != y).to(weights.dtype) @ weights
    best = int(errors.argmin())
    e = min(max(errors[best].item(), 1e-10), 1 - 1e-10)
    alpha = max(0.0, 0.5 * math.log((1 - e) / e))
    new = weights * torch.exp(-alpha * (y * predictions[best]).to(weights.dtype))
    return (best, alpha, new / new.sum())


# gradient_boosting_fit


def _boost(x, y, num_rounds, learning_rate, start=None, target=None, step=None, keep=None):
    """Boost with one thing changed."""
    start = float(y.mean()) if start is None else start
    prediction, stumps = torch.full_like(y, start), []
    for number in range(num_rounds):
        stump = fit_stump(x, (y - prediction) if target is None else target(y, prediction))
        answer = predict_stump(stump, x)
        prediction = prediction + learning_rate * answer if step is None else step(prediction, answer, number, start)
        stumps.append(stump if keep is None else keep(stump))
    return start, stumps


@mistake("gradient_boosting_fit", hint="The prediction starts at 0. For the squared error the best constant is the mean of y.")
def starts_at_zero(x, y, num_rounds, learning_rate):
    return _boost(x, y, num_rounds, learning_rate, start=0.0)


@mistake("gradient_boosting_fit", hint="The prediction starts at the median. The squared error is least at the mean.")
def starts_at_the_median(x, y, num_rounds, learning_rate):
    return _boost(x, y, num_rounds, learning_rate, start=float(y.median()))


@mistake("gradient_boosting_fit", hint="The residual has the wrong sign: target minus prediction, so that adding a stump brings the prediction closer.")
def residual_of_wrong_sign(x, y, num_rounds, learning_rate):
    return _boost(x, y, num_rounds, learning_rate, target=lambda y, p: p - y)


@mistake("gradient_boosting_fit", hint="Every stump is fitted to y itself. Fit each one to what the others have left over.")
def fits_y_each_time(x, y, num_rounds, learning_rate):
    return _boost(x, y, num_rounds, learning_rate, target=lambda y, p: y)


@mistake("gradient_boosting_fit", hint="The learning rate is ignored: the prediction takes the full step.")
def full_steps(x, y, num_rounds, learning_rate):
    return _boost(x, y, num_rounds, 1.0)


@mistake("gradient_boosting_fit", hint="The residuals are never brought up to date, so that every stump is the same.")
def residuals_kept(x, y, num_rounds, learning_rate):
    return _boost(x, y, num_rounds, learning_rate, step=lambda p, a, number, start: p)


@mistake("gradient_boosting_fit", hint="The prediction is only the start plus the last stump: the earlier ones are forgotten.")
def last_stump_only(x, y, num_rounds, learning_rate):
    return _boost(x, y, num_rounds, learning_rate, step=lambda p, a, number, start: start + learning_rate * a)


@mistake("gradient_boosting_fit", hint="The learning rate is multiplied into the stumps that are returned. The docstring wants them as they were fitted.")
def rate_in_the_stumps(x, y, num_rounds, learning_rate):
    def keep(stump):
        return {**stump, "left": learning_rate * stump["left"], "right": learning_rate * stump["right"]}

    start, stumps = _boost(x, y, num_rounds, learning_rate, keep=keep)
    return start, stumps


@mistake("gradient_boosting_fit", hint="The learning rate gets smaller from round to round. It is the same in each.")
def rate_decays(x, y, num_rounds, learning_rate):
    return _boost(x, y, num_rounds, learning_rate, step=lambda p, a, number, start: p + learning_rate ** (number + 1) * a)


@mistake("gradient_boosting_fit", hint="The target is twice the residual, the gradient of the square without its 1/2. The docstring fits the residual itself.")
def twice_the_residual(x, y, num_rounds, learning_rate):
    return _boost(x, y, num_rounds, learning_rate, target=lambda y, p: 2 * (y - p))


@mistake("gradient_boosting_fit", hint="The start is not returned as a Python float.")
def start_as_a_tensor(x, y, num_rounds, learning_rate):
    start, stumps = _boost(x, y, num_rounds, learning_rate)
    return torch.tensor(start, dtype=y.dtype), stumps


@mistake("gradient_boosting_fit", hint="The residuals are written into y: the caller's targets are gone.")
def residuals_in_y(x, y, num_rounds, learning_rate):
    start, stumps = float(y.mean()), []
    y -= start
    for _ in range(num_rounds):
        stumps.append(fit_stump(x, y))
        y -= learning_rate * predict_stump(stumps[-1], x)
    return start, stumps


@mistake(
    "gradient_boosting_fit",
    hint="The rounds end as soon as the fit is perfect. The docstring asks for num_rounds stumps, "
    "also where the last ones add nothing.",
)
def stops_at_a_perfect_fit(x, y, num_rounds, learning_rate):
    start, stumps = float(y.mean()), []
    residual = y - start
    while len(stumps) < num_rounds and residual.abs().max() > 1e-9:
        stumps.append(fit_stump(x, residual))
        residual = residual - learning_rate * predict_stump(stumps[-1], x)
    return start, stumps


@mistake(
    "gradient_boosting_fit",
    hint="The prediction starts in float32, torch's default, and rounds a large mean. Make it in the dtype of y.",
)
def prediction_in_float32(x, y, num_rounds, learning_rate):
    start, stumps = float(y.mean()), []
    prediction = torch.full((len(y),), start)
    for _ in range(num_rounds):
        stumps.append(fit_stump(x, y - prediction))
        prediction = prediction + learning_rate * predict_stump(stumps[-1], x)
    return start, stumps


@right("gradient_boosting_fit")
def by_keeping_residuals(x, y, num_rounds, learning_rate):
    mean = y.mean().item()
    residual, model = y - mean, []
    for _ in range(num_rounds):
        stump = fit_stump(x, residual)
        residual = residual - learning_rate * predict_stump(stump, x)
        model.append(stump)
    return mean, model


@right("gradient_boosting_fit")
def by_predicting_anew_each_round(x, y, num_rounds, learning_rate):
    start = (y.sum() / len(y)).item()
    stumps = []
    while len(stumps) < num_rounds:
        prediction = torch.zeros_like(y) + start
        for stump in stumps:
            prediction += learning_rate * predict_stump(stump, x)
        stumps = [*stumps, fit_stump(x, y - prediction)]
    return start, stumps


@right("gradient_boosting_fit")
def by_the_gradient(x, y, num_rounds, learning_rate):
    f = y.mean() * torch.ones_like(y)
    start, stumps = float(f[0]), []
    for _ in range(num_rounds):
        gradient = f - y
        stumps.append(fit_stump(x, -gradient))
        f = f + learning_rate * torch.where(
            x[:, stumps[-1]["feature"]] <= stumps[-1]["threshold"],
            torch.tensor(stumps[-1]["left"], dtype=y.dtype), torch.tensor(stumps[-1]["right"], dtype=y.dtype))
    return start, stumps


@mistake("gradient_boosting_fit", hint="One stump is fitted even where no round is asked for.")
def boost_at_least_one(x, y, num_rounds, learning_rate):
    start = y.mean().item()
    stumps = [fit_stump(x, y - start)]
    prediction = start + learning_rate * predict_stump(stumps[0], x)
    for _ in range(num_rounds - 1):
        stumps.append(fit_stump(x, y - prediction))
        prediction = prediction + learning_rate * predict_stump(stumps[-1], x)
    return (start, stumps)


@mistake("gradient_boosting_fit", hint="There is one stump too many: one for each round.")
def boost_one_too_many(x, y, num_rounds, learning_rate):
    start = y.mean().item()
    prediction = torch.full_like(y, start)
    stumps = []
    for _ in range(num_rounds + 1):
        stumps.append(fit_stump(x, y - prediction))
        prediction = prediction + learning_rate * predict_stump(stumps[-1], x)
    return (start, stumps)


@mistake("gradient_boosting_fit", hint="The residuals have the wrong sign: target minus prediction is what is missing.")
def boost_residuals_turned_round(x, y, num_rounds, learning_rate):
    start = y.mean().item()
    prediction = torch.full_like(y, start)
    stumps = []
    for _ in range(num_rounds):
        stumps.append(fit_stump(x, prediction - y))
        prediction = prediction - learning_rate * predict_stump(stumps[-1], x)
    return (start, stumps)


# xgboost_split_gain


def _gain(gradients, hessians, go_left, l2, leaf_cost, sign=-1.0, score=None, half=0.5, whole=True, cost=1.0, weight_l2=1.0):
    """A gain with one thing changed."""
    members = go_left.to(gradients.dtype)
    lg, lh = members @ gradients, members @ hessians
    rg, rh = (1 - members) @ gradients, (1 - members) @ hessians
    score = score or (lambda g, h: g ** 2 / (h + l2))
    total = score(gradients.sum(), hessians.sum()) if whole else 0.0
    gains = half * (score(lg, lh) + score(rg, rh) - total) - cost * leaf_cost
    return sign * lg / (lh + weight_l2 * l2), sign * rg / (rh + weight_l2 * l2), gains


@mistake("xgboost_split_gain", hint="The leaf weights have the wrong sign: they go against the gradient.")
def weights_along_the_gradient(gradients, hessians, go_left, l2, leaf_cost):
    return _gain(gradients, hessians, go_left, l2, leaf_cost, sign=1.0)


@mistake("xgboost_split_gain", hint="The gain lacks its one half.")
def gain_without_half(gradients, hessians, go_left, l2, leaf_cost):
    return _gain(gradients, hessians, go_left, l2, leaf_cost, half=1.0)


@mistake("xgboost_split_gain", hint="What the unsplit leaf already achieves is not taken away.")
def unsplit_leaf_forgotten(gradients, hessians, go_left, l2, leaf_cost):
    return _gain(gradients, hessians, go_left, l2, leaf_cost, whole=False)


@mistake("xgboost_split_gain", hint="The price of the new leaf is not taken away.")
def leaf_cost_forgotten(gradients, hessians, go_left, l2, leaf_cost):
    return _gain(gradients, hessians, go_left, l2, leaf_cost, cost=0.0)


@mistake("xgboost_split_gain", hint="The price of a leaf is halved with the rest: it stands outside the one half.")
def leaf_cost_halved(gradients, hessians, go_left, l2, leaf_cost):
    return _gain(gradients, hessians, go_left, l2, leaf_cost, cost=0.5)


@mistake("xgboost_split_gain", hint="l2 is missing from the gain's denominators.")
def gain_without_l2(gradients, hessians, go_left, l2, leaf_cost):
    return _gain(gradients, hessians, go_left, l2, leaf_cost, score=lambda g, h: g ** 2 / h.clamp(min=1e-12))


@mistake("xgboost_split_gain", hint="l2 is missing from the leaf weights.")
def weights_without_l2(gradients, hessians, go_left, l2, leaf_cost):
    return _gain(gradients, hessians, go_left, l2, leaf_cost, weight_l2=1e-9)


@mistake("xgboost_split_gain", hint="The gradients are squared before they are summed. Sum first: gradients that disagree cancel.")
def squares_summed(gradients, hessians, go_left, l2, leaf_cost):
    left, right_weights, _ = solved_xgboost_split_gain(gradients, hessians, go_left, l2, leaf_cost)
    members = go_left.to(gradients.dtype)
    def score(g, h):
        return g / (h + l2)

    squares = gradients ** 2
    sides = score(members @ squares, members @ hessians) + score((1 - members) @ squares, (1 - members) @ hessians)
    return left, right_weights, 0.5 * (sides - score(squares.sum(), hessians.sum())) - leaf_cost


@mistake("xgboost_split_gain", hint="The denominator counts rows. It is the sum of the hessians: they are 1 for the squared error only.")
def rows_for_hessians(gradients, hessians, go_left, l2, leaf_cost):
    return _gain(gradients, torch.ones_like(hessians), go_left, l2, leaf_cost)


@mistake("xgboost_split_gain", hint="Left and right are swapped: True sends a row to the left.")
def left_and_right_swapped(gradients, hessians, go_left, l2, leaf_cost):
    return _gain(gradients, hessians, ~go_left, l2, leaf_cost)


@mistake("xgboost_split_gain", hint="Only sums of magnitudes: in the weights too the gradients keep their signs.")
def magnitudes(gradients, hessians, go_left, l2, leaf_cost):
    return _gain(gradients.abs(), hessians, go_left, l2, leaf_cost)


@mistake("xgboost_split_gain", hint="The splits are worked out one after another. A product with the mask adds up all sides at once.")
def split_after_split(gradients, hessians, go_left, l2, leaf_cost):
    parts = [solved_xgboost_split_gain(gradients, hessians, row[None], l2, leaf_cost) for row in go_left]
    return tuple(torch.cat(one) for one in zip(*parts))


@mistake("xgboost_split_gain", hint="The gradients are multiplied in place: the caller's are changed.")
def gradients_in_place(gradients, hessians, go_left, l2, leaf_cost):
    return _gain(gradients.mul_(-1), hessians, go_left, l2, leaf_cost, sign=1.0)


@mistake("xgboost_split_gain", hint="The answer is made on the CPU: give it the device of the gradients.")
def gains_on_the_cpu(gradients, hessians, go_left, l2, leaf_cost):
    left, right_weights, gains = _gain(gradients, hessians, go_left, l2, leaf_cost)
    return left, right_weights, torch.zeros(len(go_left), dtype=gradients.dtype) + gains


@right("xgboost_split_gain")
def by_where(gradients, hessians, go_left, l2, leaf_cost):
    zero = torch.zeros_like(gradients)
    gl = torch.where(go_left, gradients, zero).sum(dim=1)
    hl = torch.where(go_left, hessians, zero).sum(dim=1)
    g, h = gradients.sum(), hessians.sum()
    gr, hr = g - gl, h - hl
    gain = 0.5 * (gl ** 2 / (hl + l2) + gr ** 2 / (hr + l2) - g ** 2 / (h + l2)) - leaf_cost
    return -gl / (hl + l2), -gr / (hr + l2), gain


@right("xgboost_split_gain")
def by_einsum_over_both_sides(gradients, hessians, go_left, l2, leaf_cost):
    sides = torch.stack([go_left, ~go_left]).type_as(gradients)
    sums = torch.einsum("ksn,dn->dks", sides, torch.stack([gradients, hessians]))
    weights = -sums[0] / (sums[1] + l2)
    lowered = -0.5 * sums[0] * weights
    unsplit = 0.5 * gradients.sum().pow(2) / (hessians.sum() + l2)
    return weights[0], weights[1], lowered.sum(dim=0) - unsplit - leaf_cost


@right("xgboost_split_gain")
def by_masked_products(gradients, hessians, go_left, l2, leaf_cost):
    def leaf(mask):
        g, h = (mask * gradients).sum(1), (mask * hessians).sum(1)
        return -g / (h + l2), g.square() / (2 * (h + l2))

    (left, left_score), (right_weight, right_score) = leaf(go_left), leaf(go_left.logical_not())
    _, whole = leaf(torch.ones_like(go_left[:1]))
    return left, right_weight, left_score + right_score - whole - leaf_cost


@mistake("xgboost_split_gain", hint="Negative gains are cut off at 0: they say that the split isn't worth its leaf.")
def gain_never_negative(gradients, hessians, go_left, l2, leaf_cost):
    m = go_left.to(gradients.dtype)
    GL, HL, GR, HR = (m @ gradients, m @ hessians, (1 - m) @ gradients, (1 - m) @ hessians)
    gain = 0.5 * (GL ** 2 / (HL + l2) + GR ** 2 / (HR + l2) - (GL + GR) ** 2 / (HL + HR + l2)) - leaf_cost
    return (-GL / (HL + l2), -GR / (HR + l2), gain.clamp(min=0))


@mistake("xgboost_split_gain", hint="A split with an empty side gets no number: its empty leaf weighs 0, and its gain is what the formula gives.")
def gain_of_empty_sides_forbidden(gradients, hessians, go_left, l2, leaf_cost):
    m = go_left.to(gradients.dtype)
    GL, HL, GR, HR = (m @ gradients, m @ hessians, (1 - m) @ gradients, (1 - m) @ hessians)
    gain = 0.5 * (GL ** 2 / (HL + l2) + GR ** 2 / (HR + l2) - (GL + GR) ** 2 / (HL + HR + l2)) - leaf_cost
    gain = gain.masked_fill(go_left.all(1) | (~go_left).all(1), float('-inf'))
    return (-GL / (HL + l2), -GR / (HR + l2), gain)


@mistake("xgboost_split_gain", hint="The right side's sum is minus the left's only where all gradients sum to 0: it is what is left of the whole.")
def gain_right_side_is_minus_left(gradients, hessians, go_left, l2, leaf_cost):
    m = go_left.to(gradients.dtype)
    GL, HL = (m @ gradients, m @ hessians)
    GR, HR = (-GL, hessians.sum() - HL)
    gain = 0.5 * (GL ** 2 / (HL + l2) + GR ** 2 / (HR + l2) - gradients.sum() ** 2 / (hessians.sum() + l2)) - leaf_cost
    return (-GL / (HL + l2), -GR / (HR + l2), gain)


@mistake("xgboost_split_gain", hint="The unsplit leaf has l2 twice: it is one leaf.")
def gain_parent_with_two_penalties(gradients, hessians, go_left, l2, leaf_cost):
    m = go_left.to(gradients.dtype)
    GL, HL, GR, HR = (m @ gradients, m @ hessians + l2, (1 - m) @ gradients, (1 - m) @ hessians + l2)
    gain = 0.5 * (GL ** 2 / HL + GR ** 2 / HR - (GL + GR) ** 2 / (HL + HR)) - leaf_cost
    return (-GL / HL, -GR / HR, gain)


@mistake("xgboost_split_gain", hint="Two leaves are paid for. A split makes one more: there was one before.")
def gain_two_leaf_costs(gradients, hessians, go_left, l2, leaf_cost):
    m = go_left.to(gradients.dtype)
    GL, HL, GR, HR = (m @ gradients, m @ hessians, (1 - m) @ gradients, (1 - m) @ hessians)
    gain = 0.5 * (GL ** 2 / (HL + l2) + GR ** 2 / (HR + l2) - (GL + GR) ** 2 / (HL + HR + l2)) - 2 * leaf_cost
    return (-GL / (HL + l2), -GR / (HR + l2), gain)


@right("xgboost_split_gain")
def in_double_as_what_is_left(gradients, hessians, go_left, l2, leaf_cost):
    g, h, m = (gradients.double(), hessians.double(), go_left.double())
    a, b = (torch.mv(m, g), torch.mv(m, h))
    c, d = (g.sum() - a, h.sum() - b)
    out = (-a / (b + l2), -c / (d + l2), (a * a / (b + l2) + c * c / (d + l2) - g.sum() ** 2 / (h.sum() + l2)) / 2 - leaf_cost)
    return tuple((one.to(gradients.dtype) for one in out))
