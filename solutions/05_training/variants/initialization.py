"""What students write in initialisation: mistakes with the hint each deserves, and other right answers."""

import math

import numpy as np
import torch
from torch import nn

from autograder.authoring import mistake, right

# standardize

STILL = "A feature that never moves has a deviation of 0, or, for the rounding of its mean, of nearly 0. Dividing by it gives NaN or huge numbers."

ADDED = "Something small is added to the deviation. It changes every feature, those that move little most of all, and a feature that never moves is divided by next to nothing."
RAISED = "Deviations below a limit are raised to it. A feature that moves by a millionth moves all the same, and is to be scaled by its own deviation."
TINY = "A deviation below a limit counts as none here. A feature may move by less and move all the same, and the rounding of large numbers may exceed it. What do you know of the largest and the smallest number of a feature that never moves?"
ZERO = "You ask whether the deviation is 0. That of seven equal numbers need not be: their mean is rounded. What do you know of the largest and the smallest number of such a feature?"


@mistake("standardize", edit={"std.masked_fill(still, 1)": "std"}, hint=STILL)
def divided_by_zero(): ...


@mistake("standardize", edit={"std = x_train.std(dim=axes, correction=0, keepdim=True)": "std = (x_train - mean).square().mean(dim=axes, keepdim=True).sqrt()", "still = low == x_train.amax(dim=axes, keepdim=True)": "still = std == 0"}, hint=ZERO)
def asks_for_a_deviation_of_zero(): ...


@mistake("standardize", edit={"std.masked_fill(still, 1)": "(std + 1e-8)"}, hint=ADDED)
def adds_something_small(): ...


@mistake("standardize", edit={"std.masked_fill(still, 1)": "std.clamp(min=1e-5)"}, hint=RAISED)
def clamps_the_deviation(): ...


@mistake("standardize", edit={"still = low == x_train.amax(dim=axes, keepdim=True)": "still = std < 1e-8"}, hint=TINY)
def asks_for_a_tiny_deviation(): ...


@mistake("standardize", edit={"still = low == x_train.amax(dim=axes, keepdim=True)": "still = torch.isclose(low, x_train.amax(dim=axes, keepdim=True))"}, hint="A feature whose numbers lie close together counts as one that never moves. It is one only where all numbers are the same.")
def close_together_is_still(): ...


@mistake("standardize", hint="The features are taken one by one, in a loop. Means, deviations and the comparison can each be taken over an axis, for all features at once.")
def one_feature_at_a_time(x_train, x, per_channel=False):
    if per_channel:
        axes = (0, 2, 3)
        mean, std = x_train.mean(dim=axes, keepdim=True), x_train.std(dim=axes, correction=0, keepdim=True)
        return (x - mean) / std.masked_fill(x_train.amin(dim=axes, keepdim=True) == x_train.amax(dim=axes, keepdim=True), 1)
    columns, new = x_train.reshape(len(x_train), -1), x.reshape(len(x), -1)
    made = []
    for k in range(columns.shape[1]):
        column = columns[:, k]
        std = column.std(correction=0).masked_fill((column == column[0]).all(), 1)
        made.append((new[:, k] - column.mean()) / std)
    return torch.stack(made, dim=1).reshape(x.shape)


@mistake("standardize", edit={"mean = x_train.mean(dim=axes, keepdim=True)": "mean = x.mean(dim=axes, keepdim=True)"}, hint="The mean is that of x. Mean and deviation are learned from the training rows, and whatever comes later is treated as they were.")
def mean_of_the_new_rows(): ...


@mistake("standardize", edit={"mean = x_train.mean(dim=axes, keepdim=True)": "x_train, mean = x, x.mean(dim=axes, keepdim=True)"}, hint="Everything is measured in x itself. Mean and deviation are learned from the training rows, and whatever comes later is treated as they were.")
def everything_of_the_new_rows(): ...


@mistake("standardize", hint="Mean and deviation are those of both sets together: the new rows have leaked into what is learned.")
def everything_of_both(x_train, x, per_channel=False):
    axes = (0, 2, 3) if per_channel else (0,)
    if per_channel:
        every = torch.cat([one.movedim(1, 0).flatten(1) for one in (x_train, x)], dim=1)
        shape = (1, -1, 1, 1)
        mean, std = every.mean(dim=1).reshape(shape), every.std(dim=1, correction=0).reshape(shape)
        low, high = every.amin(dim=1).reshape(shape), every.amax(dim=1).reshape(shape)
    else:
        every = torch.cat([x_train, x])
        mean, std = every.mean(dim=axes, keepdim=True), every.std(dim=axes, correction=0, keepdim=True)
        low, high = every.amin(dim=axes, keepdim=True), every.amax(dim=axes, keepdim=True)
    return (x - mean) / std.masked_fill(low == high, 1)


@mistake("standardize", edit={"correction=0, ": ""}, hint="The deviation divides by one less than the number of values. What torch does where nothing is said is not what is asked here.")
def divides_by_one_less(): ...


@mistake("standardize", edit={"x_train.std(": "x_train.var("}, hint="You divide by the variance. The deviation is its root.")
def divides_by_the_variance(): ...


@mistake("standardize", edit={"(0, 2, 3) if per_channel else (0,)": "(0, 2, 3) if x_train.ndim == 4 else (0,)"}, hint="You look at the number of axes to decide what a feature is. `per_channel` decides: images can also be standardised pixel by pixel.")
def guesses_by_the_axes(): ...


@mistake("standardize", edit={"(0, 2, 3) if per_channel else (0,)": "(2, 3) if per_channel else (0,)"}, hint="With per_channel each training image has a mean of its own here. One for each channel is wanted, over all images.")
def a_mean_for_each_image(): ...


@mistake("standardize", edit={"(0, 2, 3) if per_channel else (0,)": "(0, 1, 2, 3) if per_channel else (0,)"}, hint="With per_channel there is one mean for all channels together. Each channel has its own.")
def a_mean_for_all_channels(): ...


@mistake("standardize", edit={"return (x - mean) / std.masked_fill(still, 1)": "return ((x - mean) / std).masked_fill(still, 0)"}, hint="A feature that never moved in training is set to 0, whatever x says. It should be centred: x minus that value.")
def still_features_become_zero(): ...


@mistake("standardize", edit={"return (x - mean) / std.masked_fill(still, 1)": "return torch.where(still, x, (x - mean) / std)"}, hint="A feature that never moves is left as it is. It should be centred all the same.")
def still_features_are_not_centred(): ...


@mistake("standardize", edit={"return (x - mean) /": "return x /"}, hint="You divide without having subtracted the mean.")
def not_centred(): ...


@mistake("standardize", edit={"still = low == x_train.amax(dim=axes, keepdim=True)": "still = std == 0"}, hint=ZERO)
def asks_torch_for_a_deviation_of_zero(): ...


@mistake("standardize", edit={"return (x - mean) / std.masked_fill(still, 1)": "return torch.nan_to_num((x - mean) / std)"}, hint="You divide by 0 and repair what comes of it. x minus the value, over 0, is infinite, and not what was asked: such a feature is centred and not scaled.")
def repairs_what_is_not_finite(): ...


@mistake("standardize", edit={"(0, 2, 3) if per_channel else (0,)": "(0, 1, 2) if per_channel else (0,)"}, hint="The channels of images lie on axis 1. Here the last axis is kept.")
def channels_on_the_last_axis(): ...


@mistake("standardize", edit={"low = x_train.amin(": "low = x.amin(", "still = low == x_train.amax(dim=axes, keepdim=True)": "still = low == x.amax(dim=axes, keepdim=True)"}, hint="Whether a feature moves is asked of x. It is what the training rows do that counts.")
def still_in_the_new_rows(): ...


@mistake("standardize", edit={"low = x_train.amin(dim=axes, keepdim=True)": "low = x_train[:1, :, :1, :1] if per_channel else x_train[:1]", "still = low == x_train.amax(dim=axes, keepdim=True)": "still = low == (x_train[-1:, :, -1:, -1:] if per_channel else x_train[-1:])"}, hint="Two of the rows are compared, and a feature may have moved between them. It never moves only where all of its numbers are the same.")
def first_equals_last(): ...


@mistake("standardize", edit={"std = x_train.std(dim=axes, correction=0, keepdim=True)": "std = x_train.std(dim=(2, 3), correction=0, keepdim=True).mean(dim=0, keepdim=True) if per_channel else x_train.std(dim=0, correction=0, keepdim=True)"}, hint="With per_channel each image's deviation is taken, and these are averaged. It is one deviation over all places of all images.")
def mean_of_the_images_deviations(): ...


@mistake("standardize", edit={"(0, 2, 3) if per_channel else (0,)": "(0, 2, 3) if per_channel else tuple(range(x_train.ndim))"}, hint="One mean and one deviation serve all features. Each place of a row has its own.")
def one_number_for_all_features(): ...


@mistake("standardize", edit={"std = x_train.std(dim=axes, correction=0, keepdim=True)": "std = ((x_train**2).mean(dim=axes, keepdim=True) - mean**2).clamp(min=0).sqrt()"}, hint="The variance is the mean of the squares less the square of the mean. Where numbers are large and move little, these are two large numbers that cancel, and rounding is all that is left.")
def by_moments_that_cancel(): ...


@right("standardize")
def standardize_feature_by_feature_in_columns(x_train, x, per_channel=False):
    if per_channel:
        columns, new = x_train.movedim(1, -1).flatten(0, 2), x.movedim(1, -1)
    else:
        columns, new = x_train.reshape(len(x_train), -1), x.reshape(len(x), -1)
    mean = columns.sum(dim=0) / len(columns)
    std = (columns - mean).pow(2).mean(dim=0).sqrt()
    std[(columns == columns[0]).all(dim=0)] = 1
    made = (new - mean) / std
    return made.movedim(-1, 1) if per_channel else made.reshape(x.shape)


@right("standardize")
def standardize_by_moments(x_train, x, per_channel=False):
    dims = [0, 2, 3] if per_channel else [0]
    variance, mean = torch.var_mean(x_train, dim=dims, unbiased=False, keepdim=True)
    spread = x_train.amax(dim=dims, keepdim=True) - x_train.amin(dim=dims, keepdim=True)
    std = torch.where(spread > 0, torch.sqrt(variance), torch.ones_like(variance))
    return (x - mean) / std


@right("standardize")
def standardize_in_two_ways(x_train, x, per_channel=False):
    if not per_channel:
        centre = x_train.mean(0)
        away = x_train - centre
        size = torch.sqrt((away * away).sum(0) / x_train.shape[0])
        moves = (x_train != x_train[:1]).any(0)
        return (x - centre) / torch.where(moves, size, 1.0)
    out = []
    for channel in range(x.shape[1]):
        values = x_train[:, channel]
        moves = bool((values != values.flatten()[0]).any())
        out.append((x[:, channel] - values.mean()) / (values.std(unbiased=False) if moves else 1.0))
    return torch.stack(out, 1)


# pca_whiten


@mistake("pca_whiten", edit={".square() / (len(x_train) - 1)": ".square() / len(x_train)"}, hint="The variances divide by N. Here it is N - 1.")
def variances_over_all(): ...


@mistake("pca_whiten", edit={"(variances + eps).sqrt()": "(variances + eps)"}, hint="The coordinates are divided by the variances. White are they after division by the deviations.")
def over_the_variances(): ...


@mistake("pca_whiten", edit={"(variances + eps).sqrt()": "(variances.sqrt() + eps)"}, hint="eps is added to the deviation. It belongs to the variance, under the root.")
def eps_outside_the_root(): ...


@mistake("pca_whiten", edit={"white = (x - mean)": "white = (x - x.mean(dim=0))"}, hint="The new rows are centred by a mean of their own. Everything is learned from the training rows.")
def centred_by_itself(): ...


@mistake("pca_whiten", edit={"white = (x - mean)": "white = x"}, hint="The rows are turned before they are centred. First subtract the training rows' mean.")
def new_rows_not_centred(): ...


@mistake("pca_whiten", edit={"torch.linalg.svd(x_train - mean,": "torch.linalg.svd(x_train,"}, hint="The components are those of rows that were not centred: the first one then points at the mean.")
def components_of_uncentred_rows(): ...


@mistake("pca_whiten", edit={" / (variances + eps).sqrt()": ""}, hint="The rows are turned along the components, and not scaled: that is PCA without the whitening.")
def only_turned(): ...


@mistake("pca_whiten", edit={"components * peaks.sign()": "components"}, hint="The docstring fixes the sign of each component by its entry of largest magnitude. Here they have whatever sign the decomposition gave them.")
def any_sign(): ...


@mistake("pca_whiten", edit={"peaks = components.gather(1, components.abs().argmax(dim=1, keepdim=True))": "peaks = components[:, :1]"}, hint="The docstring fixes the sign of each component by its entry of largest magnitude. Here it is fixed by the first entry.")
def sign_by_the_first_entry(): ...


@mistake("pca_whiten", edit={"components.abs().argmax": "components.argmax"}, hint="The docstring fixes the sign of each component by its entry of largest magnitude. The largest entry is another matter, and hardly ever negative.")
def sign_by_the_largest_entry(): ...


@mistake("pca_whiten", edit={"return white @ components if zca else white": "return white @ components + mean if zca else white"}, hint="After turning back the mean is added again. White rows stay around 0.")
def zca_with_the_mean(): ...


@mistake("pca_whiten", edit={"return white @ components if zca else white": "return (x - mean) @ components.T @ components if zca else white"}, hint="With zca the rows are turned back, but they were never scaled in between.")
def zca_without_scaling(): ...


@mistake("pca_whiten", edit={"return white @ components if zca else white": "return x - mean - white @ components if zca else white"}, hint="With zca you return what is missing to the white rows, not the white rows.")
def zca_as_what_is_missing(): ...


@mistake("pca_whiten", hint="The components come smallest variance first, as `eigh` gives them. The largest is to be the first.")
def smallest_first(x_train, x, num_components=None, eps=0.0, zca=False):
    mean, most = x_train.mean(dim=0), min(len(x_train) - 1, x_train.shape[1])
    values, vectors = torch.linalg.eigh((x_train - mean).T @ (x_train - mean) / (len(x_train) - 1))
    values, vectors = values[-most:], vectors[:, -most:]
    kept = most if num_components is None else num_components
    values, components = values[:kept], vectors.T[:kept]
    peaks = components.gather(1, components.abs().argmax(dim=1, keepdim=True))
    components = components * peaks.sign()
    white = (x - mean) @ components.T / (values + eps).sqrt()
    return white @ components if zca else white


@mistake("pca_whiten", hint="Mean and components are learned from both sets together: the rows to whiten have leaked into what is learned.")
def learned_from_both(x_train, x, num_components=None, eps=0.0, zca=False):
    most = min(len(x_train) - 1, x_train.shape[1])
    every = torch.cat([x_train, x])
    mean = every.mean(dim=0)
    _, lengths, components = torch.linalg.svd(every - mean, full_matrices=False)
    kept = most if num_components is None else num_components
    variances = lengths[:kept].square() / (len(every) - 1)
    peaks = components.gather(1, components.abs().argmax(dim=1, keepdim=True))
    components = (components * peaks.sign())[:kept]
    white = (x - mean) @ components.T / (variances + eps).sqrt()
    return white @ components if zca else white


@mistake("pca_whiten", edit={"min(len(x_train) - 1, x_train.shape[1])": "min(x_train.shape)"}, hint="Where there are fewer rows than features you keep one component for each row. Centred rows vary along one direction less: the variance of the last is rounding alone.")
def one_component_too_many(): ...


@mistake("pca_whiten", hint="scikit-learn's PCA does the work. Take the components from torch.linalg.svd or torch.linalg.eigh: what is left to do is the exercise.")
def by_scikit_learn(x_train, x, num_components=None, eps=0.0, zca=False):
    from sklearn.decomposition import PCA

    kept = min(len(x_train) - 1, x_train.shape[1]) if num_components is None else num_components
    found = PCA(kept, svd_solver="full").fit(x_train.numpy())
    components = torch.from_numpy(found.components_).to(x.dtype)
    peaks = components.gather(1, components.abs().argmax(dim=1, keepdim=True))
    components = components * peaks.sign()
    variances = torch.from_numpy(found.explained_variance_).to(x.dtype)
    white = (x - x_train.mean(dim=0)) @ components.T / (variances + eps).sqrt()
    return white @ components if zca else white


@mistake("pca_whiten", hint="The rows are whitened one by one, in a loop. One product of matrices does it for all of them.")
def one_row_at_a_time(x_train, x, num_components=None, eps=0.0, zca=False):
    mean, kept = x_train.mean(dim=0), min(len(x_train) - 1, x_train.shape[1]) if num_components is None else num_components
    _, lengths, components = torch.linalg.svd(x_train - mean, full_matrices=False)
    components = components[:kept]
    components = components * components.gather(1, components.abs().argmax(dim=1, keepdim=True)).sign()
    deviations = (lengths[:kept].square() / (len(x_train) - 1) + eps).sqrt()
    made = []
    for row in x:
        white = components @ (row - mean) / deviations
        made.append(components.T @ white if zca else white)
    return torch.stack(made)


@mistake("pca_whiten", edit={"peaks = components.gather(1, components.abs().argmax(dim=1, keepdim=True))": "peaks = components.sum(dim=1, keepdim=True)"}, hint="The docstring fixes the sign of each component by its entry of largest magnitude. Here it is fixed by the sum of the entries.")
def sign_by_the_sum(): ...


@mistake("pca_whiten", edit={".square() / (len(x_train) - 1)": ".square()"}, hint="The squared singular values are sums of squares. A variance divides them by N - 1.")
def over_the_singular_values(): ...


@mistake("pca_whiten", edit={"(variances + eps)": "(variances + (0.0 if zca else eps))"}, hint="With zca the eps is left out. It is added to every variance, turned back or not.")
def eps_forgotten_in_zca(): ...


@mistake("pca_whiten", edit={"peaks = components.gather": "components = components.T\n    peaks = components.gather"}, hint="torch.linalg.svd gives the components as rows already (its third answer is V transposed). Here they are taken from the columns.")
def rows_taken_for_columns(): ...


@mistake("pca_whiten", edit={"kept = slice(most if num_components is None else num_components)": "kept = slice(most if num_components is None or zca else num_components)"}, hint="With zca all components are used. num_components counts there too: what lies along the others is forgotten.")
def turned_back_by_all(): ...


@mistake("pca_whiten", edit={"return white @ components if zca": "return white @ components.T if zca"}, hint="With zca the rows are turned a second time in the same direction. Back is the other product.")
def turned_on_instead_of_back(): ...


def _by_eigh(x_train, x, num_components, eps, zca, chosen):
    mean, most = x_train.mean(dim=0), min(len(x_train) - 1, x_train.shape[1])
    values, vectors = torch.linalg.eigh((x_train - mean).T @ (x_train - mean) / (len(x_train) - 1))
    values, vectors = chosen(values, vectors, most if num_components is None else num_components)
    components = vectors.T
    components = components * components.gather(1, components.abs().argmax(dim=1, keepdim=True)).sign()
    white = (x - mean) @ components.T / (values + eps).sqrt()
    return white @ components if zca else white


@mistake("pca_whiten", hint="The components come smallest variance first, as `eigh` gives them. The largest is to be the first.")
def largest_of_eigh_turned_round(x_train, x, num_components=None, eps=0.0, zca=False):
    return _by_eigh(x_train, x, num_components, eps, zca, lambda values, vectors, k: (values[-k:], vectors[:, -k:]))


@mistake("pca_whiten", hint="The variances are turned round, largest first, and the components are not: each is divided by another's deviation.")
def values_turned_round_alone(x_train, x, num_components=None, eps=0.0, zca=False):
    return _by_eigh(x_train, x, num_components, eps, zca, lambda values, vectors, k: (values.flip(0)[:k], vectors[:, -k:]))


@right("pca_whiten")
def pca_whiten_by_the_covariance(x_train, x, num_components=None, eps=0.0, zca=False):
    num, dim = x_train.shape
    kept = min(num - 1, dim) if num_components is None else num_components
    mean = x_train.mean(0, keepdim=True)
    values, vectors = torch.linalg.eigh(torch.cov(x_train.T).reshape(dim, dim))
    values, vectors = values.flip(0)[:kept], vectors.flip(1)[:, :kept]
    for k in range(kept):
        if vectors[vectors[:, k].abs().argmax(), k] < 0:
            vectors[:, k] *= -1
    white = ((x - mean) @ vectors) / torch.sqrt(values + eps)
    return white @ vectors.T if zca else white


@right("pca_whiten")
def pca_whiten_by_one_matrix(x_train, x, num_components=None, eps=0.0, zca=False):
    mean = x_train.mean(dim=0)
    kept = min(x_train.shape[0] - 1, x_train.shape[1]) if num_components is None else num_components
    _, s, v = torch.linalg.svd((x_train - mean) / math.sqrt(len(x_train) - 1), full_matrices=False)
    s, v = s[:kept], v[:kept]
    places = v.abs().max(dim=1).indices
    v = v * torch.sign(v[torch.arange(kept, device=v.device), places])[:, None]
    matrix = v.T @ torch.diag((s**2 + eps) ** -0.5)
    if zca:
        matrix = matrix @ v
    return (x - mean) @ matrix


@right("pca_whiten")
def pca_whiten_with_einsum(x_train, x, num_components=None, eps=0.0, zca=False):
    centre = x_train.sum(dim=0) / x_train.shape[0]
    away = x_train - centre
    covariance = torch.einsum("nd,ne->de", away, away) / (x_train.shape[0] - 1)
    values, vectors = torch.linalg.eigh(covariance)
    order = values.argsort(descending=True)
    if num_components is None:
        num_components = min(x_train.shape[0] - 1, x_train.shape[1])
    order = order[:num_components]
    values, vectors = values[order], vectors[:, order]
    high, low = vectors.amax(dim=0), vectors.amin(dim=0)
    vectors = torch.where(high > -low, vectors, -vectors)
    white = torch.einsum("md,dk->mk", x - centre, vectors) * (values + eps).rsqrt()
    return torch.einsum("mk,dk->md", white, vectors) if zca else white


# fans


@mistake("fans", edit={"num_in * places, num_out // groups * places": "num_out // groups * places, num_in * places"}, hint="Fan in and fan out are the wrong way round. Torch keeps the outputs on the first axis.")
def turned_round(): ...


@mistake("fans", edit={"num_out // groups * places": "num_out * places"}, hint="In groups, an input enters the outputs of its own group alone.")
def all_groups_fed(): ...


@mistake("fans", edit={"num_in * places,": "num_in // groups * places,"}, hint="The second size of the weights is the inputs of one group already: don't divide it again.")
def divided_twice(): ...


@mistake("fans", edit={"num_in * places,": "num_in * groups * places,"}, hint="In groups, an output adds up the inputs of its own group alone, and this is what the second size counts.")
def all_groups_read(): ...


@mistake("fans", edit={"num_out // groups * places": "num_out // groups"}, hint="The kernel's places count for the fan out too: a pixel lies in one window for each place.")
def places_forgotten_backward(): ...


@mistake("fans", edit={"num_in * places,": "num_in,"}, hint="The kernel's places count for the fan in: an output adds up each of them, in every channel.")
def places_forgotten_forward(): ...


@mistake("fans", edit={"places = math.prod(kernel)": "places = kernel[0] ** 2 if kernel else 1"}, hint="You take every kernel for a square. It may be higher than wide, and along one axis or three.")
def square_kernels(): ...


@mistake("fans", edit={"places = math.prod(kernel)": "places = sum(kernel) or 1"}, hint="The places of a kernel are the product of its sides, not their sum.")
def sum_of_the_sides(): ...


@mistake("fans", edit={"if len(shape) < 2:": "if len(shape) < 1:", "num_out, num_in, *kernel = shape": "num_out, num_in, *kernel = *shape, *(1,) * (2 - len(shape))"}, hint="A bias has one axis and no fans: it is to be refused with a ValueError.")
def a_bias_has_fans(): ...


@mistake("fans", edit={"num_in * places, num_out // groups * places": "num_in * places, num_out / groups * places"}, hint="A fan is counted: a whole number. `/` gives a float.")
def a_float(): ...


@mistake("fans", edit={"if len(shape) < 2:": "if len(shape) < 3:", 'raise ValueError(f"weights have at least two axes, and these have {shape}")': "return shape[1], shape[0] // groups"}, hint="A shape with fewer than two sizes is to be refused with a ValueError.")
def no_refusal(): ...


@mistake("fans", edit={"num_in * places, num_out": "num_in * places + 1, num_out"}, hint="You count the bias. It is no input.")
def bias_counted(): ...


@mistake("fans", edit={"num_out // groups * places": "num_out * groups * places"}, hint="The fan out grows with the groups here. In groups, an input enters fewer outputs: those of its own group.")
def groups_multiplied(): ...


@mistake("fans", edit={"places = math.prod(kernel)": "places = math.prod(kernel) if len(kernel) == 2 else 1"}, hint="The kernel's places count only where it has two axes here. It may have one, or three.")
def two_axes_alone(): ...


@mistake("fans", hint="You take the sizes off the list that was handed in: the caller still needs it.")
def takes_the_list_apart(shape, groups=1):
    if isinstance(shape, tuple):
        shape = list(shape)
    if len(shape) < 2:
        raise ValueError("too few sizes")
    num_out, num_in = shape.pop(0), shape.pop(0)
    return num_in * math.prod(shape), num_out // groups * math.prod(shape)


@right("fans")
def fans_by_counting_all(shape, groups=1):
    if len(shape) <= 1:
        raise ValueError("no fans")
    fan_in = 1
    for size in shape[1:]:
        fan_in *= size
    return fan_in, fan_in // shape[1] * shape[0] // groups


@right("fans")
def fans_by_an_empty_tensor(shape, groups=1):
    weight = torch.empty(tuple(shape), device="meta")
    if weight.dim() < 2:
        raise ValueError(f"{tuple(shape)} has fewer than two sizes")
    return weight[0].numel(), weight[:, 0].numel() // groups


@right("fans")
def fans_case_by_case(shape, groups=1):
    if len(shape) == 2:
        places = 1
    elif len(shape) == 3:
        places = shape[2]
    elif len(shape) == 4:
        places = shape[2] * shape[3]
    elif len(shape) == 5:
        places = shape[2] * shape[3] * shape[4]
    else:
        raise ValueError("a shape of 2 to 5 sizes was expected")
    outputs = shape[0] // groups
    return shape[1] * places, outputs * places


# xavier_init

NOT_IN_PLACE = "You return new weights, and those that were handed in stay as they were. An optimiser holds the old ones: fill them in place."
BOUND = "The bound of the uniform distribution is the standard deviation itself. A uniform one from -a to a has the variance a²/3."
ONE_SIDED = "The numbers run from 0 up. Weights are to have mean 0: half of them negative."
NEW_GENERATOR = "The generator that is handed in is not used, or starts anew each time. It is the only source of chance, and moves on."


@mistake("xavier_init", edit={"math.sqrt(2 / sum(fans(weight.shape, groups)))": "math.sqrt(1 / sum(fans(weight.shape, groups)))"}, hint="The variance is 1 over the sum of the fans. Between 1/fan_in and 1/fan_out lies 1 over their mean.")
def xavier_over_the_sum(): ...


@mistake("xavier_init", edit={"math.sqrt(2 / sum(fans(weight.shape, groups)))": "math.sqrt(1 / fans(weight.shape, groups)[0])"}, hint="Only the fan in counts here. Xavier's variance has both fans.")
def xavier_by_the_fan_in(): ...


@mistake("xavier_init", edit={"math.sqrt(2 / sum(fans(weight.shape, groups)))": "2 / sum(fans(weight.shape, groups))"}, hint="You take the variance for the standard deviation: there is a root between them.")
def xavier_without_the_root(): ...


@mistake("xavier_init", edit={"math.sqrt(2 / sum(fans(weight.shape, groups)))": "math.sqrt(2 / sum(fans(weight.shape[:2], groups)))"}, hint="Fan in and fan out are the first two sizes here. For a convolution the places of the kernel count.")
def xavier_without_the_kernel(): ...


@mistake("xavier_init", edit={"sum(fans(weight.shape, groups))": "sum(fans(weight.shape))"}, hint="The fan out is that of a convolution without groups. The groups have to be handed on.")
def xavier_without_groups(): ...


@mistake("xavier_init", edit={"gain * math.sqrt(2 /": "math.sqrt(gain * 2 /"}, hint="The gain stands under the root. It is a factor on the standard deviation.")
def xavier_gain_under_the_root(): ...


@mistake("xavier_init", edit={"bound = math.sqrt(3) * std": "bound = std"}, hint=BOUND)
def xavier_bound_is_std(): ...


@mistake("xavier_init", edit={"bound = math.sqrt(3) * std": "bound = 3 * std"}, hint="The bound is three deviations. The variance is a²/3, so there is a root in it.")
def xavier_bound_is_three(): ...


@mistake("xavier_init", edit={"weight.uniform_(-bound, bound,": "weight.uniform_(0, 2 * bound,"}, hint=ONE_SIDED)
def xavier_from_zero(): ...


@mistake("xavier_init", edit={"weight.normal_(0, std,": "weight.normal_(1, std,"}, hint="The normal weights have the mean 1. It is to be 0.")
def xavier_with_mean_one(): ...


@mistake("xavier_init", hint=NOT_IN_PLACE)
def xavier_makes_new_weights(weight, gain=1.0, uniform=True, groups=1, generator=None):
    std = gain * math.sqrt(2 / sum(fans(weight.shape, groups)))
    new = torch.empty_like(weight).detach()
    if uniform:
        return new.uniform_(-math.sqrt(3) * std, math.sqrt(3) * std, generator=generator)
    return new.normal_(0, std, generator=generator)


@mistake("xavier_init", edit={"with torch.no_grad():": "if True:"}, hint="A parameter that requires a gradient can't be filled in place while autograd watches.")
def xavier_under_autograd(): ...


@mistake("xavier_init", edit={"std = gain": "weight.requires_grad_(False)\n    std = gain"}, hint="You switch the parameter's gradient off to fill it, and never on again: it would not be trained.")
def xavier_freezes(): ...


@mistake("xavier_init", edit={"-bound, bound, generator=generator": "-bound, bound"}, hint=NEW_GENERATOR)
def xavier_by_the_global_generator(): ...


@mistake("xavier_init", edit={"std = gain": "generator = torch.Generator().manual_seed(0)\n    std = gain"}, hint=NEW_GENERATOR)
def xavier_with_a_fixed_seed(): ...


@mistake("xavier_init", hint="You scale what stands in the weights already. They are to be drawn, whatever stood there: it may be zeros, or NaN.")
def xavier_scales_what_is_there(weight, gain=1.0, uniform=True, groups=1, generator=None):
    std = gain * math.sqrt(2 / sum(fans(weight.shape, groups)))
    with torch.no_grad():
        if uniform:
            drawn = torch.rand(weight.shape, generator=generator, dtype=weight.dtype) * 2 - 1
            return weight.add_(drawn * math.sqrt(3) * std)
        return weight.add_(torch.randn(weight.shape, generator=generator, dtype=weight.dtype) * std)


@mistake("xavier_init", edit={"weight.normal_(0, std, generator=generator)": "nn.init.trunc_normal_(weight, 0, std, -2 * std, 2 * std, generator=generator)"}, hint="The normal distribution is cut off at two deviations, so its deviation is smaller than asked.")
def xavier_cut_off(): ...


@mistake("xavier_init", hint="The fan out is that of a convolution without groups. nn.init knows nothing of them; nor is it allowed here.")
def xavier_by_the_library(weight, gain=1.0, uniform=True, groups=1, generator=None):
    if uniform:
        return nn.init.xavier_uniform_(weight, gain, generator=generator)
    return nn.init.xavier_normal_(weight, gain, generator=generator)


@mistake("xavier_init", edit={"if uniform:": "if False:"}, hint="Normal weights come where uniform ones are asked for.")
def xavier_always_normal(): ...


@mistake("xavier_init", edit={"if uniform:": "if not uniform:"}, hint="Uniform weights come where normal ones are asked for, and the other way round.")
def xavier_the_other_shape(): ...


@mistake("xavier_init", edit={"bound = math.sqrt(3) * std": "bound = math.sqrt(3) * std / gain"}, hint="The gain is forgotten where the distribution is uniform.")
def xavier_gain_of_the_normal_alone(): ...


@mistake("xavier_init", edit={"gain * math.sqrt(2 / sum(fans(weight.shape, groups)))": "gain**2 * 2 / sum(fans(weight.shape, groups))"}, hint="You take the variance for the standard deviation: there is a root between them.")
def xavier_variance_for_std(): ...


@mistake("xavier_init", edit={"weight.normal_(0, std, generator=generator)": "weight.normal_(0, std, generator=generator).clamp_(-2 * std, 2 * std)"}, hint="The normal distribution is cut off at two deviations, so its deviation is smaller than asked.")
def xavier_bent_to_two(): ...


@right("xavier_init")
def xavier_init_by_copying(weight, gain=1.0, uniform=True, groups=1, generator=None):
    fan_in, fan_out = fans(tuple(weight.shape), groups)
    variance = gain**2 / ((fan_in + fan_out) / 2)
    if uniform:
        drawn = torch.rand(weight.shape, generator=generator, dtype=weight.dtype) - 0.5
        drawn = drawn * (12 * variance) ** 0.5
    else:
        drawn = torch.randn(weight.shape, generator=generator, dtype=weight.dtype) * variance**0.5
    weight.data.copy_(drawn)
    return weight


@right("xavier_init")
def xavier_init_without_fans(weight, gain=1.0, uniform=True, groups=1, generator=None):
    places = weight[0, 0].numel()
    ends = places * (weight.shape[1] + weight.shape[0] / groups)
    bound = gain * (6 / ends) ** 0.5
    values = weight.detach()
    if uniform:
        values.uniform_(-bound, bound, generator=generator)
    else:
        values.normal_(generator=generator).mul_(bound / 3**0.5)
    return weight


@right("xavier_init")
@torch.no_grad()
def xavier_init_with_a_decorator(weight, gain=1.0, uniform=True, groups=1, generator=None):
    fan_in, fan_out = fans(weight.shape, groups=groups)
    scale = gain * np.sqrt(2.0 / (fan_in + fan_out))
    size = {"size": weight.shape, "generator": generator, "dtype": weight.dtype}
    weight[:] = scale * (np.sqrt(3) * (2 * torch.rand(**size) - 1) if uniform else torch.randn(**size))
    return weight


# kaiming_init


@mistake("kaiming_init", edit={"kept = (1 + slope**2) / 2": "kept = 1 / 2"}, hint="The slope has no say. What share of the mean square does an activation keep that lets a part of the negative side through?")
def kaiming_for_a_relu_alone(): ...


@mistake("kaiming_init", edit={"kept = (1 + slope**2) / 2": "kept = (1 + abs(slope)) / 2"}, hint="The share that is kept is one of the *square*, and what is multiplied by the slope has its square multiplied by more than the slope. Hold your formula to the numbers for 0.2 and 0.5.")
def kaiming_by_the_plain_slope(): ...


@mistake("kaiming_init", edit={"kept = (1 + slope**2) / 2": "kept = 1 + slope**2"}, hint="You count both sides in full. The positive numbers are half of all, and so are the negative ones.")
def kaiming_without_the_half(): ...


@mistake("kaiming_init", edit={"math.sqrt(1 / (kept * (fan_in if mode == \"fan_in\" else fan_out)))": "math.sqrt(kept / (fan_in if mode == \"fan_in\" else fan_out))"}, hint="The weights shrink by what the activation loses. They have to make up for it.")
def kaiming_shrinks_along(): ...


@mistake("kaiming_init", edit={"math.sqrt(1 / (kept * (fan_in if mode == \"fan_in\" else fan_out)))": "1 / kept / math.sqrt(fan_in if mode == \"fan_in\" else fan_out)"}, hint="The root goes over the fan alone. What the activation keeps belongs to the variance too.")
def kaiming_with_the_root_too_short(): ...


@mistake("kaiming_init", edit={"std = math.sqrt(1 / (kept * (fan_in if mode == \"fan_in\" else fan_out)))": "std = 1 / (kept * (fan_in if mode == \"fan_in\" else fan_out))"}, hint="You take the variance for the standard deviation: there is a root between them.")
def kaiming_without_the_root(): ...


@mistake("kaiming_init", edit={"(fan_in if mode == \"fan_in\" else fan_out)": "(fan_out if mode == \"fan_in\" else fan_in)"}, hint="The two modes are the wrong way round, or the two fans are.")
def kaiming_modes_exchanged(): ...


@mistake("kaiming_init", edit={"(fan_in if mode == \"fan_in\" else fan_out)": "((fan_in + fan_out) / 2)"}, hint="You take the mean of both fans, which is Xavier's compromise. Here one of them counts, and `mode` says which.")
def kaiming_by_both_fans(): ...


@mistake("kaiming_init", edit={"fans(weight.shape, groups)": "fans(weight.shape)"}, hint="The fan out is that of a convolution without groups. The groups have to be handed on.")
def kaiming_without_groups(): ...


@mistake("kaiming_init", edit={"bound = math.sqrt(3) * std": "bound = std"}, hint=BOUND)
def kaiming_bound_is_std(): ...


@mistake("kaiming_init", edit={"weight.normal_(0, std,": "weight.normal_(1, std,"}, hint="The normal weights have the mean 1. It is to be 0.")
def kaiming_with_mean_one(): ...


@mistake("kaiming_init", edit={"if mode not in (\"fan_in\", \"fan_out\"):": "if not isinstance(mode, str):"}, hint="A mode that is none is taken for the fan out. It is to be refused with a ValueError.")
def kaiming_takes_any_mode(): ...


@mistake("kaiming_init", edit={"raise ValueError(": "raise KeyError("}, hint="A mode that is none is refused, but not with a ValueError.")
def kaiming_raises_another_error(): ...


@mistake("kaiming_init", edit={"weight.normal_(0, std, generator=generator)": "weight.normal_(0, std)"}, hint=NEW_GENERATOR)
def kaiming_by_the_global_generator(): ...


@mistake("kaiming_init", edit={"with torch.no_grad():": "if True:"}, hint="A parameter that requires a gradient can't be filled in place while autograd watches.")
def kaiming_under_autograd(): ...


@mistake("kaiming_init", hint=NOT_IN_PLACE)
def kaiming_makes_new_weights(weight, slope=0.0, mode="fan_in", uniform=False, groups=1, generator=None):
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(mode)
    fan = fans(weight.shape, groups)[mode == "fan_out"]
    std = math.sqrt(2 / (1 + slope**2) / fan)
    size = {"size": weight.shape, "generator": generator, "dtype": weight.dtype}
    return std * (math.sqrt(3) * (2 * torch.rand(**size) - 1) if uniform else torch.randn(**size))


@mistake("kaiming_init", hint="The fan out is that of a convolution without groups. nn.init knows nothing of them; nor is it allowed here.")
def kaiming_by_the_library(weight, slope=0.0, mode="fan_in", uniform=False, groups=1, generator=None):
    if uniform:
        return nn.init.kaiming_uniform_(weight, slope, mode, generator=generator)
    return nn.init.kaiming_normal_(weight, slope, mode, generator=generator)


@mistake("kaiming_init", edit={"kept = (1 + slope**2) / 2": "kept = (1 + slope**2) / 2 if mode == \"fan_in\" else 1"}, hint="With \"fan_out\" the activation has no say here. On the way back it takes its share of the gradient too.")
def kaiming_linear_on_the_way_back(): ...


@mistake("kaiming_init", edit={"kept = (1 + slope**2) / 2": "kept = (1 + slope**2) / 2 if mode == \"fan_in\" else 1 / 2"}, hint="With \"fan_out\" the slope has no say here. The gradient of a negative number is multiplied by it.")
def kaiming_relu_on_the_way_back(): ...


@mistake("kaiming_init", edit={"fans(weight.shape, groups)": "fans((weight.shape[0], max(weight.shape[1] // groups, 1), *weight.shape[2:]), groups)"}, hint="The groups divide the fan in once more. The second size of the weights is the inputs of one group already.")
def kaiming_groups_divide_twice(): ...


@mistake("kaiming_init", edit={"fans(weight.shape, groups)": "fans(weight.shape[:2], groups)"}, hint="Fan in and fan out are those of the first two sizes here. For a convolution the places of the kernel count.")
def kaiming_without_the_kernel(): ...


@mistake("kaiming_init", edit={"fans(weight.shape, groups)": "fans((*weight.shape[:2], *[weight.shape[-1]] * 2) if weight.ndim > 2 else weight.shape, groups)"}, hint="You take every kernel for a square. It may be higher than wide, and along one axis or three.")
def kaiming_square_kernels(): ...


@mistake("kaiming_init", edit={"weight.normal_(0, std,": "weight.normal_(std, std,"}, hint="The normal weights have a mean as large as their deviation. It is to be 0.")
def kaiming_around_its_deviation(): ...


@mistake("kaiming_init", edit={"(fan_in if mode == \"fan_in\" else fan_out)": "fan_in"}, hint="The fan in counts whatever `mode` says.")
def kaiming_of_the_fan_in_alone(): ...


@mistake("kaiming_init", edit={"kept = (1 + slope**2) / 2": "kept = (1 + max(slope, 0) ** 2) / 2"}, hint="A negative slope is taken for 0. The square of what it lets through is kept all the same.")
def kaiming_slope_from_zero(): ...


@mistake("kaiming_init", edit={"kept = (1 + slope**2) / 2": "kept = max(1 + slope, 1e-9) / 2"}, hint="The share that is kept is one of the *square*. Hold your formula to the numbers for 0.2 and 0.5.")
def kaiming_by_the_signed_slope(): ...


@mistake("kaiming_init", edit={"1 / (kept * (fan_in if mode == \"fan_in\" else fan_out))": "4 * kept / (fan_in if mode == \"fan_in\" else fan_out)"}, hint="The more the activation keeps the larger your weights are. They have to make up for what it loses.")
def kaiming_multiplies_the_share(): ...


@mistake("kaiming_init", edit={"if uniform:": "if not uniform:"}, hint="Uniform weights come where normal ones are asked for, and the other way round. Mind the default.")
def kaiming_the_other_shape(): ...


@right("kaiming_init")
def kaiming_init_by_a_gain(weight, slope=0.0, mode="fan_in", uniform=False, groups=1, generator=None):
    try:
        fan = dict(zip(("fan_in", "fan_out"), fans(weight.shape, groups)))[mode]
    except KeyError:
        raise ValueError(f"unknown mode {mode}") from None
    gain = (2 / (1 + slope * slope)) ** 0.5
    std = gain / fan**0.5
    values = weight.data
    if uniform:
        values.uniform_(-(3**0.5) * std, 3**0.5 * std, generator=generator)
    else:
        values.normal_(std=std, generator=generator)
    return weight


@right("kaiming_init")
def kaiming_init_by_drawing_first(weight, slope=0.0, mode="fan_in", uniform=False, groups=1, generator=None):
    fan_in, fan_out = fans(weight.shape, groups)
    if mode == "fan_in":
        fan = fan_in
    elif mode == "fan_out":
        fan = fan_out
    else:
        raise ValueError("mode")
    std = (0.5 * fan * (1 + slope**2)) ** -0.5
    if uniform:
        drawn = torch.rand(weight.shape, generator=generator, dtype=weight.dtype) * 12**0.5 - 3**0.5
    else:
        drawn = torch.randn(weight.shape, generator=generator, dtype=weight.dtype)
    with torch.no_grad():
        weight.copy_(drawn.mul_(std))
    return weight


@right("kaiming_init")
def kaiming_init_by_a_variance(weight, slope=0.0, mode="fan_in", uniform=False, groups=1, generator=None):
    if mode == "fan_in":
        ends = weight[0].numel()
    elif mode == "fan_out":
        ends = weight[:, 0].numel() // groups
    else:
        raise ValueError(f"mode must be fan_in or fan_out, got {mode}")
    lost_square = 0.5 - 0.5 * slope**2
    variance = 1 / ends / (1 - lost_square)
    filled = weight.detach()
    return weight if (filled.uniform_(-((3 * variance) ** 0.5), (3 * variance) ** 0.5, generator=generator) if uniform else filled.normal_(0.0, variance**0.5, generator=generator)) is filled else None


# activation_statistics

HOOKS_STAY = "The hooks are still there after your call. Whoever uses the model next pays for them."


@mistake("activation_statistics", edit={"handle.remove()": "pass"}, hint=HOOKS_STAY)
def hooks_stay(): ...


@mistake("activation_statistics", hint="When the model raises an error, your hooks are left behind. What belongs to the end of a call, whatever happens, has a place of its own in Python.")
def hooks_stay_after_an_error(model, x, bins=20, limits=(-1.0, 1.0)):
    found, handles = [], []
    low, high = limits

    def measure(name):
        def hook(module, inputs, out):
            places = ((out - low) / (high - low) * bins).floor().clamp(0, bins - 1).long().flatten()
            dead = (out.transpose(0, 1).flatten(1) == 0).all(dim=1).double().mean().item()
            std = out.std(correction=0).item()
            counts = torch.bincount(places, minlength=bins)
            found.append({"name": name, "mean": out.mean().item(), "std": std, "dead": dead, "histogram": counts})

        return hook

    for name, module in model.named_modules():
        if isinstance(module, ACTIVATIONS):
            handles.append(module.register_forward_hook(measure(name)))
    with evaluating(model), torch.no_grad():
        model(x.clone())
    for handle in handles:
        handle.remove()
    return found


@mistake("activation_statistics", edit={"with evaluating(model), torch.no_grad():": "with torch.no_grad():"}, hint="The model runs in the mode in which it happens to be. In training mode dropout and batch norm change what you measure, and the measurement changes the batch norm.")
def in_training_mode(): ...


@mistake("activation_statistics", edit={"with evaluating(model), torch.no_grad():": "model.eval()\n        with torch.no_grad():"}, hint="The model is in evaluation mode for good after your call. Each module is to have the mode that it had.")
def evaluation_mode_for_good(): ...


@mistake("activation_statistics", edit={"with evaluating(model), torch.no_grad():": "model.eval()\n        with torch.no_grad():", "finally:": "finally:\n        model.train()"}, hint="After your call the whole model is in training mode. Some of its modules were not: a frozen batch norm, for example.")
def training_mode_for_all(): ...


@mistake("activation_statistics", edit={"with evaluating(model), torch.no_grad():": "with evaluating(model):"}, hint="The model runs with gradients: a graph of everything is built for nothing.")
def with_gradients(): ...


@mistake("activation_statistics", edit={".std(correction=0)": ".std()"}, hint="The deviation divides by one less than the number of values.")
def std_over_one_less(): ...


@mistake("activation_statistics", edit={"(units == 0).all(dim=1).double()": "(out == 0).double()"}, hint="You count the numbers that are zero. A ReLU makes half of them zero in health; dead is a unit that is zero for every sample.")
def counts_zeros(): ...


@mistake("activation_statistics", edit={"out.transpose(0, 1).flatten(1)": "out.flatten(1).T"}, hint="Each place of each channel is a unit of its own here. A unit is a place of axis 1: a whole channel.")
def each_place_a_unit(): ...


@mistake("activation_statistics", edit={"out.transpose(0, 1).flatten(1)": "out.flatten(1)"}, hint="You count samples that give nothing but zeros. Dead are units: places of axis 1.")
def dead_samples(): ...


@mistake("activation_statistics", edit={"(units == 0).all(dim=1)": "(units <= 0).all(dim=1)"}, hint="Negative outputs are counted as dead. A unit is dead where it gives exactly 0.")
def negative_is_dead(): ...


@mistake("activation_statistics", edit={"(units == 0).all(dim=1)": "(units.mean(dim=1) == 0)"}, hint="A unit whose outputs have the mean 0 need not be dead: they may cancel.")
def mean_zero_is_dead(): ...


@mistake("activation_statistics", edit={"(units == 0).all(dim=1)": "(units.amax(dim=1) == 0)"}, hint="You ask whether a unit's largest output is 0. The others may be negative: such a unit is not dead.")
def largest_zero_is_dead(): ...


@mistake("activation_statistics", edit={"(units == 0).all(dim=1)": "(units == 0).any(dim=1)"}, hint="A unit that is zero *once* is counted as dead. Dead means: always.")
def once_zero_is_dead(): ...


@mistake("activation_statistics", edit={"places = places.clamp(0, bins - 1).long().flatten()": "places = places[(places >= 0) & (places < bins)].long()"}, hint="What lies outside the limits isn't counted at all. It belongs to the first or the last bin: a network that bursts should not look empty.")
def outside_is_lost(): ...


@mistake("activation_statistics", edit={".floor()": ".ceil() - 1"}, hint="What lies on a border is counted in the bin below it. It belongs to the one above.")
def border_below(): ...


@mistake("activation_statistics", edit={"* bins).floor()": "* bins).round()"}, hint="The bins are found by rounding to the nearest border. Which bin does 0.7 bins above the first border lie in?")
def rounded_to_the_border(): ...


@mistake("activation_statistics", edit={"torch.bincount(places, minlength=bins)": "torch.bincount(places)"}, hint="The histogram ends at the last bin that has something in it. It has `bins` entries, whatever the numbers are.")
def histogram_too_short(): ...


@mistake("activation_statistics", hint="Every entry has the name of the last module: a function that is made in a loop sees the loop's variable as it is when it is *called*.")
def the_last_name_for_all(model, x, bins=20, limits=(-1.0, 1.0)):
    found, handles = [], []
    low, high = limits
    try:
        for name, module in model.named_modules():
            if isinstance(module, ACTIVATIONS):

                def hook(_, inputs, out):
                    places = ((out - low) / (high - low) * bins).floor().clamp(0, bins - 1).long().flatten()
                    dead = (out.transpose(0, 1).flatten(1) == 0).all(dim=1).double().mean().item()
                    std, counts = out.std(correction=0).item(), torch.bincount(places, minlength=bins)
                    found.append({"name": name, "mean": out.mean().item(), "std": std, "dead": dead, "histogram": counts})

                handles.append(module.register_forward_hook(hook))
        with evaluating(model), torch.no_grad():
            model(x.clone())
    finally:
        for handle in handles:
            handle.remove()
    return found


def _described(name, out, bins, limits):
    low, high = limits
    places = ((out - low) / (high - low) * bins).floor().clamp(0, bins - 1).long().flatten()
    dead = (out.transpose(0, 1).flatten(1) == 0).all(dim=1).double().mean().item()
    counts = torch.bincount(places, minlength=bins)
    return {"name": name, "mean": out.mean().item(), "std": out.std(correction=0).item(), "dead": dead, "histogram": counts}


@mistake("activation_statistics", hint="Outputs are kept and measured at the end. By then a later module may have written over them in place: measure, or copy, in the hook.")
def measured_at_the_end(model, x, bins=20, limits=(-1.0, 1.0)):
    kept, handles = [], []
    try:
        for name, module in model.named_modules():
            if isinstance(module, ACTIVATIONS):
                handles.append(module.register_forward_hook(lambda m, i, out, name=name: kept.append((name, out))))
        with evaluating(model), torch.no_grad():
            model(x.clone())
    finally:
        for handle in handles:
            handle.remove()
    return [_described(name, out, bins, limits) for name, out in kept]


@mistake("activation_statistics", hint="Entries come in the order in which modules are named, and one that runs twice is there once. The order in which they ran is wanted, each run an entry.")
def in_the_order_of_names(model, x, bins=20, limits=(-1.0, 1.0)):
    kept, handles = {}, []
    try:
        for name, module in model.named_modules():
            if isinstance(module, ACTIVATIONS):
                handles.append(module.register_forward_hook(lambda m, i, out, name=name: kept.update({name: _described(name, out, bins, limits)})))
        with evaluating(model), torch.no_grad():
            model(x.clone())
    finally:
        for handle in handles:
            handle.remove()
    return [kept[name] for name, _ in model.named_modules() if name in kept]


@mistake("activation_statistics", edit={"model.named_modules()": "model.named_children()"}, hint="Only the model's own children are looked at. An activation may lie deeper, or be the model itself.")
def children_only(): ...


@mistake("activation_statistics", edit={"clamp(0, bins - 1)": "clamp(0, bins)"}, hint="What lies beyond the last bin gets a bin of its own: the histogram has one too many.")
def one_bin_too_many(): ...


@mistake("activation_statistics", edit={"places = places.clamp(0, bins - 1).long().flatten()": "places = places.clamp(0, bins - 1).long()[(out >= low) & (out <= high)]"}, hint="What lies outside the limits isn't counted at all. It belongs to the first or the last bin: a network that bursts should not look empty.")
def outside_is_left_out(): ...


@mistake("activation_statistics", edit={"minlength=bins).cpu()": "minlength=bins).cpu() / out.numel()"}, hint="The histogram says shares. How many numbers lie in each bin was asked.")
def shares_of_the_histogram(): ...


@mistake("activation_statistics", edit={"register_forward_hook(measure(name))": "register_forward_hook(measure(type(module).__name__))"}, hint="The name is that of the class. It is to be the name that the module has in the model.")
def names_of_classes(): ...


@mistake("activation_statistics", edit={"register_forward_hook(measure(name))": "register_forward_hook(measure(name.split(\".\")[-1]))"}, hint="Of a module inside another only the last part of the name is left.")
def last_part_of_the_name(): ...


@mistake("activation_statistics", edit={".double().mean().item()": ".double().sum().item()"}, hint="You count the dead units. Their share was asked.")
def number_of_dead_units(): ...


@mistake("activation_statistics", edit={"units = out.transpose(0, 1).flatten(1)": "units = out.transpose(0, -1).flatten(1)"}, hint="The units are looked for on the last axis. They lie on axis 1, also behind a convolution.")
def units_on_the_last_axis(): ...


@mistake("activation_statistics", edit={"(units == 0).all": "(units.abs() < 1e-6).all"}, hint="A unit with tiny outputs is counted as dead. Dead is one that gives exactly 0.")
def tiny_is_dead(): ...


@mistake("activation_statistics", edit={"out.std(correction=0)": "units.std(dim=1, correction=0).mean()"}, hint="The deviation of each unit is taken, and these are averaged. It is one over all numbers.")
def deviation_of_units(): ...


@mistake("activation_statistics", edit={"units = out.transpose(0, 1).flatten(1)": "out = inputs[0]\n            units = out.transpose(0, 1).flatten(1)"}, hint="You measure what goes into the activation. What it gives out was asked.")
def what_goes_in(): ...


@mistake("activation_statistics", edit={"if isinstance(module, ACTIVATIONS)": "if not list(module.children())"}, hint="Modules are measured that are no activations. Only those of the kinds in ACTIVATIONS count.")
def all_that_has_no_children(): ...


@mistake("activation_statistics", edit={"if isinstance(module, ACTIVATIONS)": "if isinstance(module, nn.ReLU)"}, hint="Only ReLUs are measured. All kinds in ACTIVATIONS are to be.")
def relus_alone(): ...


@mistake("activation_statistics", edit={"if isinstance(module, ACTIVATIONS)": "if name and isinstance(module, ACTIVATIONS)"}, hint="The model itself is left out. It may be an activation.")
def without_the_model_itself(): ...


@mistake("activation_statistics", edit={"named_modules()": "named_modules(remove_duplicate=False)"}, hint="A module that has two names is watched twice, and is there twice for each run.")
def shared_ones_twice(): ...


@mistake("activation_statistics", edit={"return found": "return list({one[\"name\"]: one for one in found}.values())"}, hint="Of a module that runs twice only one run is left. Each run is an entry.")
def once_for_each_name(): ...


@mistake("activation_statistics", edit={"return found": "order = [name for name, _ in model.named_modules()]\n    return sorted(found, key=lambda one: order.index(one[\"name\"]))"}, hint="Entries come in the order in which modules are named. The order in which they ran is wanted.")
def sorted_by_name(): ...


@mistake("activation_statistics", edit={"out.mean().item()": "out.mean()", "out.std(correction=0).item()": "out.std(correction=0)", ".double().mean().item()": ".double().mean()"}, hint="Mean, deviation and share are tensors here. Floats were asked.")
def tensors_for_floats(): ...


@mistake("activation_statistics", edit={".floor()": ".long()"}, hint="Numbers are made whole before they are brought into the bins. A very large one has no whole number of 64 bits, and lands at the wrong end.")
def whole_before_the_ends(): ...


@mistake("activation_statistics", edit={"model(x.clone())": "model(x)"}, hint="x itself is handed over, and a first module that works in place writes over it.")
def x_written_over(): ...


@right("activation_statistics")
def activation_statistics_with_a_copy(model, x, bins=20, limits=(-1.0, 1.0)):
    kept = []
    names = {module: name for name, module in model.named_modules()}

    def hook(module, inputs, out):
        kept.append((names[module], out.detach().clone()))

    handles = [module.register_forward_hook(hook) for module in names if isinstance(module, ACTIVATIONS)]
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        with torch.no_grad():
            model(x.clone())
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes.items():
            module.training = mode
    return [_described(name, out, bins, limits) for name, out in kept]


@right("activation_statistics")
def activation_statistics_with_borders(model, x, bins=20, limits=(-1.0, 1.0)):
    from contextlib import ExitStack
    from functools import partial

    found = []

    def note(name, module, inputs, out):
        values = out.detach().reshape(-1)
        inner = torch.tensor([limits[0] + (limits[1] - limits[0]) * k / bins for k in range(1, bins)], dtype=out.dtype)
        counts = torch.zeros(bins, dtype=torch.int64)
        for place in torch.bucketize(values, inner, right=True).tolist():
            counts[place] += 1
        other = [axis for axis in range(out.dim()) if axis != 1]
        dead = (out.abs().amax(dim=other) == 0).sum().item() / out.shape[1]
        mean = values.sum().item() / len(values)
        std = (values - values.mean()).square().mean().sqrt().item()
        found.append({"name": name, "mean": mean, "std": std, "dead": dead, "histogram": counts})

    with ExitStack() as stack:
        for name, module in model.named_modules():
            if type(module) in ACTIVATIONS:
                handle = module.register_forward_hook(partial(note, name))
                stack.callback(handle.remove)
        stack.enter_context(evaluating(model))
        stack.enter_context(torch.no_grad())
        model(x.clone())
    return found


@right("activation_statistics")
def activation_statistics_with_a_class(model, x, bins=20, limits=(-1.0, 1.0)):
    class Watcher:
        def __init__(self, name):
            self.name = name

        def __call__(self, module, inputs, out):
            shape = {"name": self.name}
            units = out.movedim(1, 0).reshape(out.shape[1], -1)
            shape["mean"] = float(out.mean())
            shape["std"] = float(out.var(unbiased=False) ** 0.5)
            shape["dead"] = sum(not unit.any() for unit in units) / len(units)
            width = (limits[1] - limits[0]) / bins
            inside = out.double().clamp(limits[0], limits[1] - width / 2).flatten()
            places = torch.floor((inside - limits[0]) / width).long()
            shape["histogram"] = torch.stack([(places == k).sum() for k in range(bins)])
            reports.append(shape)

    reports, handles = [], []
    for name, module in model.named_modules():
        if isinstance(module, ACTIVATIONS):
            handles.append(module.register_forward_hook(Watcher(name)))
    try:
        with evaluating(model):
            with torch.inference_mode():
                model(x.clone())
    finally:
        [handle.remove() for handle in handles]
    return reports


# lsuv_init

IN_ONE_GO = "All layers are measured before any is scaled. What a layer gives out was true for the layers before it as they were then."


@mistake("lsuv_init", hint=IN_ONE_GO)
def lsuv_in_one_go(model, x):
    sizes, layers, handles = {}, [], []

    def note(name):
        def hook(layer, inputs, out):
            sizes[name] = out.std(correction=0).item()
            layers.append(layer)

        return hook

    try:
        with evaluating(model), torch.no_grad():
            for name, layer in model.named_modules():
                if isinstance(layer, LAYERS):
                    handles.append(layer.register_forward_hook(note(name)))
                    if layer.bias is not None:
                        layer.bias.zero_()
            model(x.clone())
            for layer, std in zip(layers, sizes.values()):
                if std > 0:
                    layer.weight.div_(std)
    finally:
        for handle in handles:
            handle.remove()
    return sizes


@mistake("lsuv_init", edit={"layer.weight.div_(std)": "layer.weight.mul_(std)", "return out / std": "return out * std"}, hint="The weights are multiplied by the deviation. To make it 1, divide.")
def lsuv_multiplies(): ...


@mistake("lsuv_init", edit={"std = out.std(correction=0)": "std = out.var(correction=0)"}, hint="You divide by the variance: the output's size would be 1 over its deviation.")
def lsuv_by_the_variance(): ...


@mistake("lsuv_init", edit={"std = out.std(correction=0)": "std = out.std()"}, hint="The deviation divides by one less than the number of values.")
def lsuv_by_one_less(): ...


@mistake("lsuv_init", edit={"std = out.std(correction=0)": "std = out.square().mean().sqrt()"}, hint="You divide by the root mean square. The deviation is taken around the mean.")
def lsuv_by_the_rms(): ...


@mistake("lsuv_init", edit={"layer.bias.zero_()": "pass"}, hint="All biases are to be 0 before anything is measured. Here they are left as they were, and so dividing the weights doesn't divide the output.")
def lsuv_keeps_the_biases(): ...


@mistake("lsuv_init", edit={"layer.weight.div_(std)": "layer.weight.div_(std)\n            if layer.bias is not None:\n                layer.bias.sub_(out.mean() / std)"}, hint="You subtract the output's mean by the bias. The biases are to be 0.")
def lsuv_centres(): ...


@mistake("lsuv_init", edit={"if sizes[name] == 0:\n                return out\n            ": ""}, hint="A layer that gives out nothing but one number has the deviation 0, and its weight is divided by it. It is to keep its weight.")
def lsuv_divides_by_zero(): ...


@mistake("lsuv_init", edit={"with evaluating(model), torch.no_grad():": "with torch.no_grad():"}, hint="The model runs in the mode in which it happens to be: dropout and batch norm change what is measured.")
def lsuv_in_training_mode(): ...


@mistake("lsuv_init", edit={"with evaluating(model), torch.no_grad():": "model.eval()\n        with torch.no_grad():"}, hint="The model is in evaluation mode for good after your call. Each module is to have the mode that it had.")
def lsuv_evaluation_mode_for_good(): ...


@mistake("lsuv_init", edit={"handle.remove()": "pass"}, hint="The hooks are still there after your call: at the next run the model would be scaled again.")
def lsuv_hooks_stay(): ...


@mistake("lsuv_init", edit={"try:": "if True:", "finally:": "if True:"}, hint="When the model raises an error, your hooks are left behind. What belongs to the end of a call, whatever happens, has a place of its own in Python.")
def lsuv_hooks_stay_after_an_error(): ...


@mistake("lsuv_init", edit={"with evaluating(model), torch.no_grad():": "model.eval()\n        with torch.no_grad():", "finally:": "finally:\n        model.train()"}, hint="After your call the whole model is in training mode. Some of its modules were not: a frozen batch norm, for example.")
def lsuv_training_mode_for_all(): ...


@mistake("lsuv_init", edit={"                    if layer.bias is not None:\n                        layer.bias.zero_()\n": "", "return out / std": "if layer.bias is not None:\n                layer.bias.zero_()\n            return out / std"}, hint="All biases are to be 0 before anything is measured. Here each becomes 0 only when its layer has been.")
def lsuv_zeroes_the_biases_too_late(): ...


@mistake("lsuv_init", edit={"layer.weight.div_(std)": "layer.weight = nn.Parameter(layer.weight / std)"}, hint="The layer gets a new parameter. Whoever holds the old one, such as an optimiser, would train something that nobody uses: scale it in place.")
def lsuv_makes_new_parameters(): ...


@mistake("lsuv_init", edit={"isinstance(layer, LAYERS)": "isinstance(layer, (nn.Linear, nn.Conv2d))"}, hint="Only linear layers and convolutions along two axes are scaled. All kinds in LAYERS are to be.")
def lsuv_of_two_kinds(): ...


@mistake("lsuv_init", hint="The layers are scaled in the order in which they are named. A model may run them in another: each is to be measured when those that *run* before it have been scaled.")
def lsuv_in_the_order_of_names(model, x):
    sizes = {}
    layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, LAYERS)}
    with evaluating(model), torch.no_grad():
        for layer in layers.values():
            if layer.bias is not None:
                layer.bias.zero_()
        for name, layer in layers.items():
            kept = []
            handle = layer.register_forward_hook(lambda m, i, out, kept=kept: kept.append(out.clone()))
            try:
                model(x.clone())
            finally:
                handle.remove()
            sizes[name] = kept[0].std(correction=0).item() if kept else 0.0
            if sizes[name] > 0:
                layer.weight.div_(sizes[name])
    return sizes


@mistake("lsuv_init", hint="Each output channel is divided by a deviation of its own. One for the whole layer is asked, over all its numbers.")
def lsuv_by_channel(model, x):
    sizes, handles = {}, []

    def scale(name):
        def hook(layer, inputs, out):
            units = out.transpose(0, 1).flatten(1).std(dim=1, correction=0)
            sizes[name] = out.std(correction=0).item()
            if sizes[name] == 0:
                return out
            units = torch.where(units > 0, units, torch.ones_like(units))
            layer.weight.div_(units.reshape(-1, *[1] * (layer.weight.ndim - 1)))
            return out / units.reshape(-1, *[1] * (out.ndim - 2))

        return hook

    try:
        with evaluating(model), torch.no_grad():
            for name, layer in model.named_modules():
                if isinstance(layer, LAYERS):
                    handles.append(layer.register_forward_hook(scale(name)))
                    if layer.bias is not None:
                        layer.bias.zero_()
            model(x.clone())
    finally:
        for handle in handles:
            handle.remove()
    return sizes


@mistake("lsuv_init", edit={"layer.bias.zero_()": "pass", "layer.weight.div_(std)": "layer.weight.div_(std)\n            if layer.bias is not None:\n                layer.bias.div_(std)"}, hint="The biases are divided like the weights. They are to be 0.")
def lsuv_divides_the_biases(): ...


@mistake("lsuv_init", edit={"named_modules()": "named_children()"}, hint="Only the model's own children are looked at. A layer may lie deeper, or be the model itself.")
def lsuv_children_only(): ...


@mistake("lsuv_init", edit={"return out / std": "sizes[name] = (out / std).std(correction=0).item()\n            return out / std"}, hint="You return the deviations that the layers have when they are divided already. By what they were divided was asked.")
def lsuv_measured_afterwards(): ...


@mistake("lsuv_init", edit={"return out / std": "sizes[name] = 1 / sizes[name]\n            return out / std"}, hint="You return what the weights are multiplied by. What they are divided by was asked.")
def lsuv_factors(): ...


@mistake("lsuv_init", edit={"if sizes[name] == 0:\n                return out\n            ": "std = std + 1e-8\n            "}, hint="Something small is added to the deviation. A layer that gives out deviation 0 is to keep its weight, and one that gives out little is to be divided by just that.")
def lsuv_adds_something_small(): ...


@mistake("lsuv_init", edit={"if sizes[name] == 0:": "if sizes[name] < 1e-3:"}, hint="A small deviation is taken for 0. Weights that are much too small are just what is to be mended.")
def lsuv_small_is_zero(): ...


@mistake("lsuv_init", edit={"isinstance(layer, LAYERS)": "isinstance(layer, nn.Linear)"}, hint="Only linear layers are scaled. All kinds in LAYERS are to be.")
def lsuv_of_linear_layers(): ...


@mistake("lsuv_init", edit={"std = out.std(correction=0)": "std = out.transpose(0, 1).flatten(1).std(dim=1, correction=0).mean()"}, hint="The deviation of each unit is taken, and these are averaged. It is one over all numbers.")
def lsuv_mean_of_deviations(): ...


@mistake("lsuv_init", edit={"return out / std": "return (out - out.mean()) / std"}, hint="The mean is taken off what goes on to the next layers. They will not see it so: only the weight is divided.")
def lsuv_hands_on_centred(): ...


@mistake("lsuv_init", edit={"layer.weight.div_(std)": "own = layer.weight.std(correction=0)\n            layer.weight.div_(own)", "return out / std": "return out / own"}, hint="The weights are divided by their own deviation. It is that of the output.")
def lsuv_by_the_weights(): ...


@mistake("lsuv_init", edit={"if sizes[name] == 0:": "if sizes[name] == 0:\n                del sizes[name]"}, hint="A layer whose output has deviation 0 is missing in what you return. It is there, with 0.0.")
def lsuv_zero_left_out(): ...


@mistake("lsuv_init", edit={"if sizes[name] == 0:": "if sizes[name] == 0:\n                sizes[name] = 1.0"}, hint="For a layer whose output has deviation 0 you return something else than 0.0.")
def lsuv_zero_is_one(): ...


@mistake("lsuv_init", edit={"std.item()": "std"}, hint="The deviations are tensors here. Floats were asked.")
def lsuv_tensors(): ...


@mistake("lsuv_init", edit={"return sizes": "return {name: sizes[name] for name, _ in model.named_modules() if name in sizes}"}, hint="What you return is in the order in which layers are named. The order in which they run is wanted.")
def lsuv_sorted_by_name(): ...


@mistake("lsuv_init", edit={"model(x.clone())": "model(x)"}, hint="x itself is handed over, and a first module that works in place writes over it.")
def lsuv_writes_over_x(): ...


@right("lsuv_init")
def lsuv_init_in_many_runs(model, x):
    names = {module: name for name, module in model.named_modules() if isinstance(module, LAYERS)}
    order, sizes = [], {}
    modes = [(module, module.training) for module in model.modules()]
    handles = [layer.register_forward_hook(lambda m, i, o: order.append(m)) for layer in names]
    model.eval()
    try:
        with torch.no_grad():
            for layer in names:
                if layer.bias is not None:
                    layer.bias.fill_(0)
            model(x.clone())
            for layer in list(order):
                seen = []
                listener = layer.register_forward_hook(lambda m, i, o: seen.append(o.clone()))
                try:
                    model(x.clone())
                finally:
                    listener.remove()
                sizes[names[layer]] = float(seen[0].std(unbiased=False))
                if sizes[names[layer]] != 0:
                    layer.weight /= sizes[names[layer]]
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes:
            module.training = mode
    return sizes


@right("lsuv_init")
def lsuv_init_running_the_layer_again(model, x):
    sizes, handles = {}, []
    names = {module: name for name, module in model.named_modules()}

    @torch.no_grad()
    def hook(layer, inputs, out):
        std = (out - out.mean()).pow(2).mean().sqrt().item()
        sizes[names[layer]] = std
        if std:
            layer.weight.data = layer.weight.data.div_(std)
            return out.div(std)

    for layer in names:
        if isinstance(layer, LAYERS):
            if layer.bias is not None:
                layer.bias.data.zero_()
            handles.append(layer.register_forward_hook(hook))
    try:
        with evaluating(model), torch.no_grad():
            model(x.clone())
    finally:
        while handles:
            handles.pop().remove()
    return sizes


@right("lsuv_init")
def lsuv_init_before_the_layer_runs(model, x):
    sizes, handles = {}, []

    def make(name, layer):
        def before(module, inputs):
            # The layer is run by itself first, without hooks, and scaled before the model runs it.
            std = module.forward(*inputs).std(correction=0)
            sizes[name] = std.item()
            if std > 0:
                module.weight.copy_(module.weight / std)

        return layer.register_forward_pre_hook(before)

    with evaluating(model), torch.no_grad():
        try:
            for name, layer in model.named_modules():
                if isinstance(layer, LAYERS):
                    if layer.bias is not None:
                        nn.init.zeros_(layer.bias)
                    handles.append(make(name, layer))
            model(x.clone())
        finally:
            for handle in handles:
                handle.remove()
    return sizes
