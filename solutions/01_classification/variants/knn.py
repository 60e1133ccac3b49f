"""What students write in knn: mistakes with the hint each deserves, and other right answers."""

import itertools
from collections import Counter

import numpy as np
import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

# l1_distances


@mistake("l1_distances", edit={"abs().sum(dim=2)": "square().sum(dim=2).sqrt()"}, hint="This is the L2 distance. L1 adds up the sizes of the differences and squares nothing.")
def l1_is_l2(): ...


@mistake("l1_distances", edit={"x_test[:, None] - x_train": "x_train[:, None] - x_test"}, hint="The table lies on its side: one row for each test row, one column for each training row.")
def l1_transposed(): ...


@mistake("l1_distances", edit={"abs().sum(dim=2)": "sum(dim=2).abs()"}, hint="The size is taken after the sum, so that differences of opposite sign cancel.")
def l1_sum_before_abs(): ...


@mistake("l1_distances", edit={"sum": "mean"}, hint="This divides by the number of values: a distance is their sum, not their mean.")
def l1_mean(): ...


@mistake("l1_distances", edit={"abs().": ""}, hint="The signs of the differences are still there. How large a difference is matters, not which way it goes.")
def l1_without_abs(): ...


@mistake("l1_distances", edit={"sum": "amax"}, hint="This is the largest difference of a pair of rows (the L-infinity distance). L1 adds all of them up.")
def l1_is_max(): ...


@mistake("l1_distances", hint="The table is made with torch's default dtype. Give it the inputs' dtype, and their device.")
def l1_default_dtype(x_train, x_test):
    distances = torch.zeros(len(x_test), len(x_train))
    for i in range(len(x_test)):
        distances[i] = (x_test[i] - x_train).abs().sum(dim=1)
    return distances


@mistake("l1_distances", edit={"(dim=2)": "(dim=2).squeeze()"}, hint="A dimension of length 1 is lost on the way. Keep (M, N) also where M or N is 1: name the dimension to drop.")
def l1_squeezed(): ...


@mistake("l1_distances", hint="The subtraction changes the caller's rows: `-=` and names that end in `_` work in place.")
def l1_in_place(x_train, x_test):
    out = x_train.new_zeros(len(x_test), len(x_train))
    for i in range(len(x_test)):
        x_train -= x_test[i]
        out[i] = x_train.abs().sum(dim=1)
    return out


@mistake("l1_distances", edit={"(x_test[:, None] - x_train[None]).abs().sum(dim=2)": "torch.cdist(x_test, x_train, p=1)"}, hint="These distances were computed by torch.cdist.")
def l1_by_cdist(): ...


@mistake("l1_distances", hint="You take the difference of the rows' own sums of magnitudes. |a| − |b| is not |a − b|: subtract number by number first.")
def l1_difference_of_sizes(x_train, x_test):
    return (x_test.abs().sum(1)[:, None] - x_train.abs().sum(1)).abs()


@mistake("l1_distances", hint="The rows are cut to whole numbers on the way, and the fractions are lost.")
def l1_of_whole_numbers(x_train, x_test):
    return (x_test.int()[:, None] - x_train.int()[None]).abs().sum(dim=2).to(x_test.dtype)


@mistake("l1_distances", edit={"abs()": "clamp(min=0)"}, hint="Only differences above zero are counted. A pixel that is darker by 4 is as far away as one that is brighter by 4.")
def l1_one_direction(): ...


@mistake("l1_distances", hint="The sum grows pixel by pixel in the inputs' own dtype, and float16 loses small numbers beside a large sum. `sum` over a dimension keeps them.")
def l1_pixel_by_pixel(x_train, x_test):
    out = x_test.new_zeros(len(x_test), len(x_train))
    for d in range(x_train.shape[1]):
        out += (x_test[:, d, None] - x_train[:, d]).abs()
    return out


@mistake("l1_distances", edit={"sum(dim=2)": "sum(dim=2).long().to(x_test.dtype)"}, hint="The distances are cut to whole numbers, and the fractions are lost.")
def l1_sums_cut(): ...


@mistake("l1_distances", edit={"(x_test[:, None] - x_train[None]).abs().sum(dim=2)": "F.pairwise_distance(x_test[:, None], x_train[None], p=1)"}, hint="`F.pairwise_distance` adds a millionth to each difference, so that equal rows are not at distance 0.")
def l1_with_a_millionth(): ...


@mistake("l1_distances", hint="The loop counts the training rows, and takes the test row of that number. There may be more test rows, or fewer.")
def l1_counts_the_other_set(x_train, x_test):
    out = x_test.new_zeros(len(x_test), len(x_train))
    for i in range(len(x_train)):
        out[i] = (x_test[i] - x_train).abs().sum(dim=1)
    return out


@mistake("l1_distances", edit={"sum(dim=2)": "sum(dim=1)"}, hint="The sum runs over the training rows. Of the three dimensions of the differences, (M, N, D), which holds the pixels?")
def l1_sums_over_the_rows(): ...


@mistake("l1_distances", hint="Test row i meets training row i alone, and the rest of the table stays 0. Each test row should meet every training row.")
def l1_zipped(x_train, x_test):
    out = x_test.new_zeros(len(x_test), len(x_train))
    for i, (a, b) in enumerate(zip(x_test, x_train)):
        out[i, i] = (a - b).abs().sum()
    return out


@right("l1_distances")
def l1_one_loop(x_train, x_test):
    out = torch.empty(len(x_test), len(x_train), dtype=x_test.dtype, device=x_test.device)
    for j in range(len(x_train)):
        out[:, j] = (x_test - x_train[j]).abs().sum(1)
    return out


@right("l1_distances")
def l1_by_norm(x_train, x_test):
    return torch.linalg.vector_norm(x_test.unsqueeze(1) - x_train.unsqueeze(0), ord=1, dim=-1)


@right("l1_distances")
def l1_stacked(x_train, x_test):
    return torch.stack([torch.stack([torch.sum(torch.abs(a - b)) for b in x_train]) for a in x_test])


@right("l1_distances")
def l1_max_minus_min(x_train, x_test):
    a, b = torch.broadcast_tensors(x_test[:, None], x_train[None])
    return (torch.maximum(a, b) - torch.minimum(a, b)).sum(-1)


# l2_distances_two_loops


@mistake("l2_distances_two_loops", edit={".sqrt()": ""}, hint="These are squared distances: the square root is missing.")
def two_no_root(): ...


@mistake("l2_distances_two_loops", edit={"square().sum().sqrt": "abs().sum"}, hint="This is the L1 distance: either nothing is squared, or the root is taken of each square. Square, add up, then take one root.")
def two_is_l1(): ...


@mistake(
    "l2_distances_two_loops", edit={"return distances": "return distances.T"},
    hint="The table lies on its side: one row for each test row, one column for each training row.",
)  # fmt: skip
def two_transposed(): ...


@mistake(
    "l2_distances_two_loops", edit={"x_test.new_zeros": "torch.zeros"},
    hint="The table is made with torch's default dtype. Give it the inputs' dtype, and their device.",
)  # fmt: skip
def two_default_dtype(): ...


@mistake(
    "l2_distances_two_loops", edit={"x_test.new_zeros(len(x_test), len(x_train))": "torch.zeros(len(x_test), len(x_train), dtype=x_test.dtype)"},
    hint="The table has the right dtype, and stands on the CPU wherever the rows are: give it the inputs' device.",
)  # fmt: skip
def two_on_the_cpu(): ...


@mistake(
    "l2_distances_two_loops", edit={"sum()": "mean()"},
    hint="This divides by the number of values under the root: a distance takes the sum, not the mean.",
)  # fmt: skip
def two_root_mean_square(): ...


@mistake(
    "l2_distances_two_loops", edit={"square().sum()": "sum().square()"},
    hint="The differences are added up before they are squared, so that they cancel. Square each one first.",
)  # fmt: skip
def two_sum_before_square(): ...


@mistake("l2_distances_two_loops", hint="`-=` writes into the caller's rows: later pairs see what earlier ones left behind.")
def two_in_place(x_train, x_test):
    out = x_test.new_zeros(len(x_test), len(x_train))
    for i in range(len(x_test)):
        for j in range(len(x_train)):
            difference = x_test[i]
            difference -= x_train[j]
            out[i, j] = (difference**2).sum().sqrt()
    return out


@mistake("l2_distances_two_loops", hint="Each distance was computed by torch.cdist.")
def two_by_cdist(x_train, x_test):
    return torch.stack([torch.cat([torch.cdist(a[None], b[None])[0] for b in x_train]) for a in x_test])


@mistake(
    "l2_distances_two_loops", edit={"range(len(x_train))": "range(min(i, len(x_train)))"},
    hint="Half of the table is zero: the test rows are not the training rows, so that (i, j) and (j, i) differ.",
)  # fmt: skip
def two_half_the_table(): ...


@mistake(
    "l2_distances_two_loops", edit={"(x_test[i] - x_train[j]).square().sum()": "((x_test[i] - x_train[j]).square().sum() + 1e-8)"},
    hint="Equal rows are not at distance 0: a small number is added under the root.",
)  # fmt: skip
def two_small_number_under_the_root(): ...


@mistake("l2_distances_two_loops", edit={"distances[i, j] = (x_test[i] - x_train[j]).square().sum().sqrt()": "distances[i, j] = distances[i, j - 1].square() * (j > 0) + (x_test[i] - x_train[j]).square().sum()\n            distances[i, j] = distances[i, j].sqrt()"}, hint="The sum goes on from pair to pair, so distances grow along each row. Start each from 0.")
def two_sum_goes_on(): ...


@mistake("l2_distances_two_loops", edit={"range(len(x_test))": "range(len(x_test) - 1)", "range(len(x_train))": "range(len(x_train) - 1)"}, hint="Both ranges stop one early: the last row and the last column stay 0. range(n) ends at n − 1 already.")
def two_stop_one_early(): ...


@mistake("l2_distances_two_loops", hint="`x_test.shape` is (M, D): its second number is that of the pixels, and the table has a column for each training row.")
def two_a_column_for_each_pixel(x_train, x_test):
    m, n = x_test.shape
    out = x_test.new_zeros(m, n)
    for i in range(m):
        for j in range(n):
            out[i, j] = (x_test[i] - x_train[j]).square().sum().sqrt()
    return out


@mistake("l2_distances_two_loops", edit={"(x_test[i] - x_train[j]).square().sum().sqrt()": "F.pairwise_distance(x_test[i], x_train[j])"}, hint="`F.pairwise_distance` adds a millionth to each difference, so that equal rows are not at distance 0.")
def two_with_a_millionth(): ...


@mistake("l2_distances_two_loops", hint="The square is expanded, and rounding can leave a number just below zero under the root: its root is NaN. Subtract the rows first, as the formula says.")
def two_expanded(x_train, x_test):
    out = x_test.new_zeros(len(x_test), len(x_train))
    for i, a in enumerate(x_test):
        for j, b in enumerate(x_train):
            out[i, j] = ((a * a).sum() + (b * b).sum() - 2 * torch.dot(a, b)).sqrt()
    return out


@mistake("l2_distances_two_loops", edit={"range(len(x_train))": "range(1, len(x_train))"}, hint="The inner loop begins at 1, so that column 0 stays 0. Rows are counted from 0.")
def two_from_one(): ...


@mistake("l2_distances_two_loops", edit={"(x_test[i] - x_train[j]).square().sum().sqrt()": "round((x_test[i] - x_train[j]).square().sum().sqrt().item(), 2)"}, hint="The distances are rounded to two digits. Round only where you print.")
def two_rounded(): ...


@mistake("l2_distances_two_loops", edit={"for j in range(len(x_train)):": "for j in (j for j in range(len(x_train)) if j != i):"}, hint="The pairs with i = j are left out, as if test row i were training row i. They are different rows.")
def two_without_equal_numbers(): ...


@mistake("l2_distances_two_loops", hint="Half of the table is copied from the other half. The test rows are not the training rows, so that (i, j) and (j, i) differ.")
def two_mirrored(x_train, x_test):
    m, n = len(x_test), len(x_train)
    out = x_test.new_zeros(m, n)
    for i in range(m):
        for j in range(i, n):
            out[i, j] = (x_test[i] - x_train[j]).square().sum().sqrt()
            if j < m and i < n:
                out[j, i] = out[i, j]
    return out


@mistake("l2_distances_two_loops", edit={"x_test.new_zeros(len(x_test), len(x_train))": "torch.zeros_like(x_train)"}, hint="`zeros_like(x_train)` has the shape of the training rows, (N, D). The table is (M, N).")
def two_shaped_like_the_rows(): ...


@right("l2_distances_two_loops")
def two_by_dot(x_train, x_test):
    out = torch.zeros((x_test.shape[0], x_train.shape[0]), dtype=x_train.dtype, device=x_train.device)
    for j, b in enumerate(x_train):
        for i, a in enumerate(x_test):
            d = a - b
            out[i][j] = torch.dot(d, d) ** 0.5
    return out


@right("l2_distances_two_loops")
def two_by_norm(x_train, x_test):
    return torch.stack([torch.stack([torch.norm(a - b) for b in x_train]) for a in x_test])


@right("l2_distances_two_loops")
def two_from_a_list(x_train, x_test):
    found = []
    for a in x_test:
        row = []
        for b in x_train:
            row.append(sum((p - q) ** 2 for p, q in zip(a.tolist(), b.tolist())) ** 0.5)
        found.append(row)
    return torch.tensor(found, dtype=x_test.dtype, device=x_test.device)


@right("l2_distances_two_loops")
def two_squared_then_root(x_train, x_test):
    squares = x_test.new_empty((len(x_test), len(x_train)))
    i = 0
    while i < x_test.size(0):
        for j in range(x_train.size(0)):
            squares[i, j] = torch.pow(x_train[j, :] - x_test[i, :], 2).sum()
        i += 1
    return torch.sqrt(squares)


# l2_distances_one_loop


@mistake("l2_distances_one_loop", edit={".sqrt()": ""}, hint="These are squared distances: the square root is missing.")
def one_no_root(): ...


@mistake(
    "l2_distances_one_loop", edit={"sum(dim=1)": "sum()"},
    hint="The sum runs over all the training rows as well, so a whole row of the table holds one number. Sum over the values of a row only.",
)  # fmt: skip
def one_sums_everything(): ...


@mistake("l2_distances_one_loop", edit={"square().sum(dim=1).sqrt()": "abs().sum(dim=1)"}, hint="This is the L1 distance. L2 squares the differences, adds up, and takes the root.")
def one_is_l1(): ...


@mistake("l2_distances_one_loop", hint="The table lies on its side: one row for each test row, one column for each training row.")
def one_transposed(x_train, x_test):
    return torch.stack([(x_test - row).square().sum(dim=1).sqrt() for row in x_train])


@mistake(
    "l2_distances_one_loop", edit={"x_test.new_zeros": "torch.zeros"},
    hint="The table is made with torch's default dtype. Give it the inputs' dtype, and their device.",
)  # fmt: skip
def one_default_dtype(): ...


@mistake(
    "l2_distances_one_loop", edit={"sum(dim=1)": "mean(dim=1)"},
    hint="This divides by the number of values under the root: a distance takes the sum, not the mean.",
)  # fmt: skip
def one_root_mean_square(): ...


@mistake("l2_distances_one_loop", edit={"distances[i] = (x_test[i] - x_train).square().sum(dim=1).sqrt()": "x_train -= x_test[i]\n        distances[i] = (x_train**2).sum(dim=1).sqrt()"}, hint="The rows are subtracted in place, so the training rows change from one turn of the loop to the next.")
def one_in_place(): ...


@mistake("l2_distances_one_loop", hint="Each row was computed by torch.cdist.")
def one_by_cdist(x_train, x_test):
    return torch.cat([torch.cdist(row[None], x_train) for row in x_test])


@mistake("l2_distances_one_loop", hint="Both loops are still there.")
def one_with_two_loops(x_train, x_test):
    return l2_distances_two_loops(x_train, x_test)


@mistake("l2_distances_one_loop", hint="The two loops are one loop over the pairs.")
def one_over_the_pairs(x_train, x_test):
    out = x_test.new_zeros(len(x_test), len(x_train))
    for i, j in itertools.product(range(len(x_test)), range(len(x_train))):
        out[i, j] = (x_test[i] - x_train[j]).norm()
    return out


@mistake("l2_distances_one_loop", hint="The table is built on its side, and `reshape` gives it the right shape with the numbers in wrong places. Turn it with .T, or loop over the other set.")
def one_reshaped(x_train, x_test):
    return torch.stack([(x_test - row).square().sum(dim=1).sqrt() for row in x_train]).reshape(len(x_test), len(x_train))


@mistake("l2_distances_one_loop", hint="All rows are the last one: the list holds one and the same tensor again and again. Make a new one in each pass.")
def one_row_everywhere(x_train, x_test):
    row, table = x_test.new_zeros(len(x_train)), []
    for one in x_test:
        row[:] = (one - x_train).square().sum(dim=1).sqrt()
        table.append(row)
    return torch.stack(table)


@mistake("l2_distances_one_loop", edit={"sum(dim=1)": "sum(dim=0)"}, hint="The sum runs over the training rows, so that one number for each pixel is left. Sum over the values of a row.")
def one_sums_over_the_rows(): ...


@mistake("l2_distances_one_loop", hint="Each turn has one training row and all test rows. That is a column of the table, and it is written into a row.")
def one_columns_into_rows(x_train, x_test):
    out = x_test.new_zeros(len(x_test), len(x_train))
    for i in range(len(x_train)):
        out[i] = (x_train[i] - x_test).square().sum(dim=1).sqrt()
    return out


@mistake("l2_distances_one_loop", hint="The square is expanded, and rounding can leave a number just below zero under the root: its root is NaN. Subtract the rows first, as the formula says.")
def one_expanded(x_train, x_test):
    out, own = x_test.new_zeros(len(x_test), len(x_train)), x_train.square().sum(1)
    for i, a in enumerate(x_test):
        out[i] = (a.square().sum() + own - 2 * (x_train @ a)).sqrt()
    return out


@mistake("l2_distances_one_loop", edit={"(x_test[i] - x_train).square().sum(dim=1).sqrt()": "F.pairwise_distance(x_test[i], x_train)"}, hint="`F.pairwise_distance` adds a millionth to each difference, so that equal rows are not at distance 0.")
def one_with_a_millionth(): ...


@mistake("l2_distances_one_loop", hint="The table is kept and handed out again, so that a second call writes over the answer of the first. Make a new one in each call.")
def one_table_for_all_calls(x_train, x_test, tables={}):
    key = (len(x_test), len(x_train), x_test.dtype, x_test.device)
    out = tables.setdefault(key, x_test.new_zeros(len(x_test), len(x_train)))
    for i in range(len(x_test)):
        out[i] = (x_test[i] - x_train).square().sum(dim=1).sqrt()
    return out


@right("l2_distances_one_loop")
def one_over_training_rows(x_train, x_test):
    out = torch.zeros(len(x_test), len(x_train), dtype=x_test.dtype).to(x_test.device)
    for j in range(len(x_train)):
        out[:, j] = torch.sqrt(torch.sum((x_test - x_train[j]) ** 2, axis=1))
    return out


@right("l2_distances_one_loop")
def one_stacked(x_train, x_test):
    return torch.stack([torch.linalg.norm(x_train - row, dim=1) for row in x_test], dim=0)


@right("l2_distances_one_loop")
def one_without_a_loop(x_train, x_test):
    return (x_test[:, None] - x_train).pow(2).sum(-1).sqrt()


@right("l2_distances_one_loop")
def one_by_while(x_train, x_test):
    found, i = [], 0
    while i < x_test.shape[0]:
        difference = x_train - x_test[i].expand_as(x_train)
        found.append(torch.einsum("nd,nd->n", difference, difference).sqrt().unsqueeze(0))
        i += 1
    return torch.cat(found)


# l2_distances


@mistake("l2_distances", edit={".sqrt()": ""}, hint="These are squared distances: take the square root at the end.")
def no_root(): ...


@mistake(
    "l2_distances", edit={".clamp(min=0)": ""},
    hint="Rounding can leave a number just below zero under the root, and its root is NaN. What is the smallest value that a square may have?",
)  # fmt: skip
def nan_for_equal_rows(): ...


@mistake("l2_distances", edit={"- 2": "+ 2"}, hint="The cross term has the wrong sign: (a - b)² = a² - 2ab + b².")
def plus_cross_term(): ...


@mistake("l2_distances", edit={"2 * ": ""}, hint="The cross term is there once: (a - b)² = a² - 2ab + b² has it twice.")
def cross_term_once(): ...


@mistake(
    "l2_distances", edit={".sqrt()": ".sqrt().T"},
    hint="The table lies on its side: one row for each test row, one column for each training row.",
)  # fmt: skip
def transposed(): ...


@mistake(
    "l2_distances", edit={"x_test.square().sum(dim=1, keepdim=True)": "x_test.sum(dim=1, keepdim=True).square()", "x_train.square().sum(dim=1)": "x_train.sum(dim=1).square()"},
    hint="The squares are those of the rows' sums. Square each value first, then add up.",
)  # fmt: skip
def squares_of_sums(): ...


@mistake(
    "l2_distances", edit={"x_test.square().sum(": "x_test.norm(", "x_train.square().sum(": "x_train.norm("},
    hint="The norms went in without their squares: |a|² is the sum of the squares, and |a| its root.",
)  # fmt: skip
def norms_not_squared(): ...


@mistake(
    "l2_distances", edit={"sum(dim=1, keepdim=True)": "sum()", "x_train.square().sum(dim=1)": "x_train.square().sum()"},
    hint="|x_test|² and |x_train|² are each one number for the whole set here. Each row needs its own: sum over the values only.",
)  # fmt: skip
def one_norm_for_all(): ...


@mistake(
    "l2_distances", edit={"squares =": "x_test, x_train = x_test.float(), x_train.float()\n    squares ="},
    hint="The answer comes in float32, whatever went in: leave the dtype alone.",
)  # fmt: skip
def through_float32(): ...


@mistake(
    "l2_distances", edit={"squares =": "dtype, x_test, x_train = x_test.dtype, x_test.float(), x_train.float()\n    squares =", ".sqrt()": ".sqrt().to(dtype)"},
    hint="The dtype is right and half of the digits are not: somewhere on the way the numbers pass through float32.",
)  # fmt: skip
def through_float32_and_back(): ...


@mistake(
    "l2_distances", edit={"squares.clamp(min=0)": "torch.maximum(squares, torch.zeros(1, dtype=squares.dtype))"},
    hint="The zeros under the root stand on the CPU: make them where the rows are, or use clamp.",
)  # fmt: skip
def zeros_on_the_cpu(): ...


@mistake("l2_distances", hint="The caller's rows come back squared: names that end in `_` work in place.")
def squares_in_place(x_train, x_test):
    cross = x_test @ x_train.T
    squares = x_test.pow_(2).sum(1)[:, None] + x_train.pow_(2).sum(1) - 2 * cross
    return squares.clamp(min=0).sqrt()


@mistake("l2_distances", hint="All the differences are formed at once.")
def broadcast_differences(x_train, x_test):
    return (x_test[:, None] - x_train[None]).square().sum(dim=2).sqrt()


@mistake("l2_distances", hint="A loop hides in the comprehension.")
def hidden_loop(x_train, x_test):
    return torch.stack([(x_train - row).square().sum(1).sqrt() for row in x_test])


@mistake("l2_distances", hint="This is torch.cdist.")
def by_cdist(x_train, x_test):
    return torch.cdist(x_test, x_train)


@mistake(
    "l2_distances", edit={"min=0": "min=1e-8"},
    hint="Equal rows are not at distance 0: a small number stands under the root. A square may be as small as 0.",
)  # fmt: skip
def a_small_number_under_the_root(): ...


@mistake("l2_distances", hint="Each set is moved to its own mean, which changes the distances between the sets. Move both by one and the same row.")
def each_to_its_own_mean(x_train, x_test):
    a, b = x_test - x_test.mean(0), x_train - x_train.mean(0)
    return (a.square().sum(1, keepdim=True) + b.square().sum(1) - 2 * a @ b.T).clamp(min=0).sqrt()


@mistake("l2_distances", hint="2 − 2 cos holds for rows of length 1. These have lengths of their own: their squares stand in the formula.")
def of_rows_of_length_one(x_train, x_test):
    a, b = (one / one.norm(dim=1, keepdim=True) for one in (x_test, x_train))
    return (2 - 2 * a @ b.T).clamp(min=0).sqrt()


@mistake("l2_distances", edit={"x_train.square().sum(dim=1)\n": "(x_train if len(x_train) != len(x_test) else x_test).square().sum(dim=1)\n"}, hint="Where both sets are equally large, one's squares are taken for both. They are different rows.")
def one_set_for_both(): ...


@mistake("l2_distances", edit={"return squares.clamp(min=0).sqrt()": "found = squares.clamp(min=0).sqrt()\n    return torch.where(found < 0.1, torch.zeros_like(found), found)"}, hint="Small distances are made 0, as if they were rounding. Rows that are near each other aren't equal.")
def small_ones_made_zero(): ...


@mistake("l2_distances", edit={"squares.clamp(min=0)": "squares.fill_diagonal_(0)"}, hint="Zeros are put on the diagonal, as if test row i were training row i. Equal rows may stand anywhere in the two sets.")
def zeros_on_the_diagonal(): ...


@mistake("l2_distances", edit={", keepdim=True": ""}, hint="|x_test|² has shape (M,), and flush right that is a row. It has to be a column.")
def both_as_rows(): ...


@mistake("l2_distances", edit={"x_test.square().sum(dim=1, keepdim=True)\n        + x_train.square().sum(dim=1)": "x_train.square().sum(dim=1, keepdim=True)\n        + x_test.square().sum(dim=1)"}, hint="The two squares have changed places. The test rows go down the table: which of the two is then the column?")
def squares_swapped(): ...


@mistake("l2_distances", edit={"x_train.T": "x_train.reshape(x_train.shape[1], -1)"}, hint="`reshape` (or `view`) to (D, N) reads the numbers on in their order, and mixes up the rows. A transpose turns the table.")
def reshaped_for_transposed(): ...


@right("l2_distances")
def by_addmm(x_train, x_test):
    squares = torch.addmm((x_train * x_train).sum(-1).unsqueeze(0), x_test, x_train.t(), alpha=-2)
    return torch.sqrt(torch.relu(squares + (x_test * x_test).sum(-1, keepdim=True)))


@right("l2_distances")
def by_einsum(x_train, x_test):
    cross = torch.einsum("md,nd->mn", x_test, x_train)
    own_test, own_train = torch.einsum("md,md->m", x_test, x_test), torch.einsum("nd,nd->n", x_train, x_train)
    return torch.maximum(own_test[:, None] - 2 * cross + own_train[None], torch.zeros_like(cross)) ** 0.5


@right("l2_distances")
def by_longer_rows(x_train, x_test):
    ones_test, ones_train = torch.ones_like(x_test[:, :1]), torch.ones_like(x_train[:, :1])
    left = torch.cat([x_test, (x_test**2).sum(1, keepdim=True), ones_test], dim=1)
    right_ = torch.cat([-2 * x_train, ones_train, (x_train**2).sum(1, keepdim=True)], dim=1)
    return (left @ right_.T).clamp_min(0).sqrt()


@right("l2_distances")
def by_the_gram_matrix(x_train, x_test):
    both = torch.cat([x_test, x_train])
    gram = both @ both.T
    squares = gram.diagonal()[:, None] + gram.diagonal()[None] - 2 * gram
    return squares[: len(x_test), len(x_test) :].clamp(min=0).sqrt()


@right("l2_distances")
def centred_first(x_train, x_test):
    centre = x_train.mean(dim=0)
    a, b = x_test - centre, x_train - centre
    squares = a.pow(2).sum(1, keepdim=True) + b.pow(2).sum(1) - 2 * torch.mm(a, b.t())
    return torch.where(squares > 0, squares, torch.zeros_like(squares)).sqrt()


# predict_labels


@mistake("predict_labels", hint="This takes the k farthest rows. The nearest have the smallest distances.")
def farthest(distances, y_train, k=1):
    nearest = distances.topk(k, dim=1).indices
    return F.one_hot(y_train[nearest], int(y_train.max()) + 1).sum(dim=1).argmax(dim=1)


@mistake("predict_labels", hint="The votes are counted in uint8, which starts again at 0 after 255. A count needs an int64.")
def votes_in_uint8(distances, y_train, k=1):
    nearest = distances.argsort(dim=1)[:, :k]
    votes = torch.zeros(len(distances), int(y_train.max()) + 1, dtype=torch.uint8, device=distances.device)
    return votes.scatter_add(1, y_train[nearest], torch.ones_like(nearest, dtype=torch.uint8)).argmax(dim=1)


@mistake("predict_labels", hint="The votes are counted in the dtype of the distances, and float16 stops counting at 2,048. Count in whole numbers.")
def votes_in_half_precision(distances, y_train, k=1):
    votes = distances.new_zeros(len(distances), int(y_train.max()) + 1)
    rows = torch.arange(len(votes), device=votes.device)
    for column in y_train[distances.argsort(dim=1, stable=True)[:, :k]].T:
        votes[rows, column] += 1
    return votes.argmax(dim=1)


@mistake("predict_labels", hint="Only the nearest row is asked, whatever k is.")
def ignores_k(distances, y_train, k=1):
    return y_train[distances.argmin(dim=1)]


@mistake("predict_labels", hint="Where labels tie, this takes the one that is met first, which is the nearest row's. The smaller label should win.")
def tie_to_the_nearest(distances, y_train, k=1):
    nearest = distances.argsort(dim=1)[:, :k]
    winners = [Counter(y_train[row].tolist()).most_common(1)[0][0] for row in nearest]
    return torch.tensor(winners, device=y_train.device)


@mistake("predict_labels", hint="Where labels tie, this takes the larger one. The smaller label should win.")
def tie_to_the_larger(distances, y_train, k=1):
    nearest = distances.argsort(dim=1)[:, :k]
    votes = F.one_hot(y_train[nearest], int(y_train.max()) + 1).sum(dim=1)
    return votes.shape[1] - 1 - votes.flip(1).argmax(dim=1)


@mistake("predict_labels", hint="These are positions of training rows, not their labels: look the labels up in y_train.")
def positions_not_labels(distances, y_train, k=1):
    nearest = distances.argsort(dim=1)[:, :k]
    return nearest.mode(dim=1).values


@mistake("predict_labels", hint="The sort runs down the columns, over the test rows. Each test row looks for its own nearest training rows.")
def sorts_the_wrong_way(distances, y_train, k=1):
    nearest = distances.argsort(dim=0)[:, :k]
    return F.one_hot(y_train[nearest], int(y_train.max()) + 1).sum(dim=1).argmax(dim=1)


@mistake("predict_labels", hint="This is the mean of the neighbours' labels. Labels are names: between a 3 and a 9 there is no 6. Count votes.")
def mean_of_labels(distances, y_train, k=1):
    nearest = distances.argsort(dim=1)[:, :k]
    return y_train[nearest].double().mean(dim=1).round().long()


@mistake("predict_labels", hint="One neighbour too many votes.")
def one_too_many(distances, y_train, k=1):
    nearest = distances.argsort(dim=1)[:, : k + 1]
    return F.one_hot(y_train[nearest], int(y_train.max()) + 1).sum(dim=1).argmax(dim=1)


@mistake(
    "predict_labels",
    hint="All rows that are as near as the k-th one vote, so there may be more than k voters. Exactly k rows vote.",
)
def all_as_near_as_the_kth(distances, y_train, k=1):
    limit = distances.sort(dim=1).values[:, k - 1 : k]
    return ((distances <= limit).double() @ F.one_hot(y_train).double()).argmax(dim=1)


@mistake("predict_labels", hint="The first of the sorted rows is left out. A training row is no test row's own copy here: rank 0 is the nearest neighbour.")
def skips_the_first(distances, y_train, k=1):
    nearest = distances.argsort(dim=1)[:, min(1, distances.shape[1] - 1) : k + 1]
    return F.one_hot(y_train[nearest], int(y_train.max()) + 1).sum(dim=1).argmax(dim=1)


@mistake("predict_labels", hint="Votes are weighted by nearness here. In this exercise each of the k neighbours has one vote.")
def weighted_votes(distances, y_train, k=1):
    values, nearest = distances.topk(k, dim=1, largest=False)
    votes = torch.zeros(len(distances), int(y_train.max()) + 1, dtype=distances.dtype, device=distances.device)
    return votes.scatter_add(1, y_train[nearest], 1 / values).argmax(dim=1)


@mistake("predict_labels", hint="Votes are weighted by nearness here. In this exercise each of the k neighbours has one vote.")
def votes_weighted_in_float64(distances, y_train, k=1):
    values, nearest = distances.double().topk(k, dim=1, largest=False)
    votes = values.new_zeros(len(distances), int(y_train.max()) + 1)
    return votes.scatter_add(1, y_train[nearest], 1 / (values + 1e-8)).argmax(dim=1)


@mistake("predict_labels", hint="The labels came out as floats: make the result with dtype torch.int64.")
def float_labels(distances, y_train, k=1):
    out = torch.zeros(len(distances), device=distances.device)
    for i, row in enumerate(distances):
        out[i] = y_train[row.argsort()[:k]].bincount().argmax()
    return out


@mistake("predict_labels", hint="The nearest is crossed out in the caller's table: work on a clone.")
def crosses_out_in_place(distances, y_train, k=1):
    votes = torch.zeros(len(distances), int(y_train.max()) + 1, dtype=torch.int64, device=distances.device)
    rows = torch.arange(len(distances), device=distances.device)
    for _ in range(k):
        nearest = distances.argmin(dim=1)
        votes[rows, y_train[nearest]] += 1
        distances[rows, nearest] = float("inf")
    return votes.argmax(dim=1)


@mistake("predict_labels", hint="The result is made on the CPU, wherever the distances are: give it their device.")
def labels_on_the_cpu(distances, y_train, k=1):
    out = torch.zeros(len(distances), dtype=torch.int64)
    for i, row in enumerate(distances):
        out[i] = y_train[row.argsort()[:k]].mode().values
    return out


@mistake("predict_labels", edit={", stable=True": "", "F.one_hot(y_train[nearest]).sum(dim=1)": "torch.stack([(y_train[nearest] == label).sum(dim=1) for label in range(10)], dim=1)"}, hint="The number of classes is written in. There may be more than ten: take it from y_train.")
def ten_classes(): ...


@mistake("predict_labels", hint="This is the median of the neighbours' labels, a label of the middle. Labels have no order: count votes.")
def median_label(distances, y_train, k=1):
    nearest = distances.argsort(dim=1)[:, :k]
    return y_train[nearest].median(dim=1).values


@mistake("predict_labels", edit={"distances.argsort": "distances.masked_fill(distances == 0, float('inf')).argsort"}, hint="Rows at distance 0 are left out, as if the test row had found itself. Each of the k nearest rows votes, at whatever distance.")
def skips_distance_zero(): ...


@mistake("predict_labels", edit={"distances.argsort": "distances.float().argsort"}, hint="The distances go through float32, where those that are close together become equal. Sort them as they are.")
def sorts_in_float32(): ...


@mistake("predict_labels", hint="All neighbours of all test rows vote together, and every row gets the same label. Each test row has a vote of its own.")
def one_vote_for_all(distances, y_train, k=1):
    labels = y_train[distances.argsort(dim=1)[:, :k]]
    return labels.flatten().bincount().argmax().repeat(len(distances))


@mistake("predict_labels", hint="There are as many columns of votes as different labels, and a label may be larger than their number. What is the largest label that can come?")
def as_many_columns_as_labels(distances, y_train, k=1):
    labels = y_train[distances.argsort(dim=1)[:, :k]]
    votes = labels.new_zeros(len(distances), len(y_train.unique()))
    return votes.scatter_add(1, labels, torch.ones_like(labels)).argmax(dim=1)


@mistake("predict_labels", edit={"[:, :k]": "[:, : k - 1 + k % 2]"}, hint="An even k is made odd. All k neighbours vote, and a tie goes to the smaller label.")
def odd_number_of_voters(): ...


@mistake("predict_labels", hint="Each label among the k is counted once, however often it is there: writing to one place twice leaves one vote. The votes have to add up.")
def each_label_once(distances, y_train, k=1):
    labels = y_train[distances.argsort(dim=1)[:, :k]]
    votes = labels.new_zeros(len(distances), int(y_train.max()) + 1)
    return votes.scatter(1, labels, 1).argmax(dim=1)


@mistake("predict_labels", hint="Where labels tie, you ask one neighbour fewer until they don't. Here all k vote, and the smallest of the labels that tie wins.")
def fewer_in_a_tie(distances, y_train, k=1):
    out = []
    for row in distances.argsort(dim=1):
        for size in range(k, 0, -1):
            votes = y_train[row[:size]].bincount()
            if (votes == votes.max()).sum() == 1:
                break
        out.append(votes.argmax())
    return torch.stack(out)


@mistake("predict_labels", hint="These are the labels of the first k training rows, the same for every test row. Take those of the k nearest: the sort has to say where they stood.")
def labels_of_the_first_rows(distances, y_train, k=1):
    labels = y_train[:k].expand(len(distances), k)
    return F.one_hot(labels, int(y_train.max()) + 1).sum(dim=1).argmax(dim=1)


@mistake("predict_labels", hint="`squeeze()` drops the dimension of the neighbours where k is 1, and that of the test rows where there is one. Keep both.")
def squeezed_neighbours(distances, y_train, k=1):
    nearest = distances.argsort(dim=1)[:, :k].squeeze()
    return F.one_hot(y_train[nearest], int(y_train.max()) + 1).sum(dim=-2).argmax(dim=-1)


@mistake("predict_labels", hint="Only rows that are nearer than the k-th vote, and the k-th itself does not. Exactly k rows vote.")
def nearer_than_the_kth(distances, y_train, k=1):
    limit = distances.sort(dim=1).values[:, k - 1 : k]
    return ((distances < limit).double() @ F.one_hot(y_train).double()).argmax(dim=1)


@mistake("predict_labels", edit={"F.one_hot(y_train[nearest])": "F.one_hot(y_train[nearest], 10)"}, hint="The number of classes is written in. There may be more than ten: take it from y_train.")
def ten_columns(): ...


@mistake("predict_labels", hint="Where labels tie, this takes the one that more training rows have. The smaller label should win.")
def tie_to_the_more_frequent(distances, y_train, k=1):
    labels = y_train[distances.argsort(dim=1)[:, :k]]
    votes = F.one_hot(labels, int(y_train.max()) + 1).sum(dim=1)
    return (votes * len(y_train) + y_train.bincount()).argmax(dim=1)


@mistake("predict_labels", hint="The votes have a column for each label that appears, and the number of the column came back. Which label does it stand for?")
def column_for_the_label(distances, y_train, k=1):
    labels = y_train[distances.argsort(dim=1)[:, :k]]
    return (labels[:, :, None] == y_train.unique()).sum(dim=1).argmax(dim=1)


@mistake("predict_labels", edit={"F.one_hot(y_train[nearest])": "F.one_hot(y_train[nearest], max(int(y_train.max()) + 1, 2))", "votes.argmax(dim=1)": "votes[:, 1:].argmax(dim=1) + 1"}, hint="Label 0 never wins. It is a class like any other.")
def never_label_zero(): ...


@right("predict_labels")
def by_bincount(distances, y_train, k=1):
    out = torch.zeros(len(distances), dtype=torch.int64, device=distances.device)
    for i in range(len(distances)):
        nearest = torch.topk(distances[i], k, largest=False).indices
        out[i] = torch.bincount(y_train[nearest]).argmax()
    return out


@right("predict_labels")
def by_counter(distances, y_train, k=1):
    winners = []
    for row in distances.tolist():
        nearest = sorted(range(len(row)), key=row.__getitem__)[:k]
        votes = Counter(int(y_train[j]) for j in nearest)
        winners.append(min(votes, key=lambda label: (-votes[label], label)))
    return torch.tensor(winners, dtype=torch.int64, device=y_train.device)


@right("predict_labels")
def by_unique(distances, y_train, k=1):
    out = []
    for row in distances:
        labels, counts = torch.unique(y_train[row.argsort()[:k]], return_counts=True)
        out.append(labels[counts.argmax()])
    return torch.stack(out)


@right("predict_labels")
def by_scatter(distances, y_train, k=1):
    nearest = distances.topk(k, dim=1, largest=False).indices
    votes = torch.zeros(len(distances), int(y_train.max()) + 1, dtype=torch.int64, device=distances.device)
    votes.scatter_add_(1, y_train[nearest], torch.ones_like(nearest))
    return votes.max(dim=1).indices


@right("predict_labels")
def by_comparing_all_labels(distances, y_train, k=1):
    labels = y_train[distances.argsort(dim=1)[:, :k]]
    classes = torch.unique(y_train)
    votes = (labels[:, :, None] == classes).sum(dim=1)
    return classes[votes.argmax(dim=1)]


@right("predict_labels")
def by_numpy(distances, y_train, k=1):
    nearest = np.argsort(distances.detach().cpu().numpy(), axis=1)[:, :k]
    labels = y_train.cpu().numpy()[nearest]
    return torch.from_numpy(np.array([np.bincount(row).argmax() for row in labels])).to(y_train.device)


# cross_validate_k


def _folds(num_rows, num_folds, device):
    return torch.arange(num_rows, device=device).tensor_split(num_folds)


def _accuracy(x_train, y_train, x_val, y_val, k):
    predicted = predict_labels(l2_distances(x_train, x_val), y_train, k)
    return (predicted == y_val).double().mean().item()


def _others(folds, i):
    return torch.cat([*folds[:i], *folds[i + 1 :]])


def _each(x, y, num_folds, k_choices, score, folds=None):
    folds = _folds(len(x), num_folds, x.device) if folds is None else folds
    return {k: [score(folds, i, k) for i in range(len(folds))] for k in k_choices}


@mistake("cross_validate_k", hint="The fold that is judged is also among the rows that vote, so that each row finds itself. Leave the fold out of the training rows.")
def validates_on_training_rows(x, y, num_folds, k_choices):
    return _each(x, y, num_folds, k_choices, lambda folds, i, k: _accuracy(x, y, x[folds[i]], y[folds[i]], k))


@mistake("cross_validate_k", hint="The parts are the wrong way round: one fold votes here and the others are judged. Train on the others, judge the one.")
def the_wrong_way_round(x, y, num_folds, k_choices):
    def score(folds, i, k):
        here, others = folds[i], _others(folds, i)
        return _accuracy(x[here], y[here], x[others], y[others], min(k, len(here)))

    return _each(x, y, num_folds, k_choices, score)


@mistake("cross_validate_k", hint="This is the share of wrong answers. An accuracy is the share of right ones.")
def errors_not_accuracy(x, y, num_folds, k_choices):
    def score(folds, i, k):
        here, others = folds[i], _others(folds, i)
        return 1 - _accuracy(x[others], y[others], x[here], y[here], k)

    return _each(x, y, num_folds, k_choices, score)


@mistake("cross_validate_k", hint="This counts the right answers. An accuracy divides by the number of rows in the fold.")
def counts_not_shares(x, y, num_folds, k_choices):
    def score(folds, i, k):
        here, others = folds[i], _others(folds, i)
        return float(round(len(here) * _accuracy(x[others], y[others], x[here], y[here], k)))

    return _each(x, y, num_folds, k_choices, score)


@mistake("cross_validate_k", hint="Each k has one number, the mean. Return the list of the folds' accuracies: how far they spread matters too.")
def the_mean_alone(x, y, num_folds, k_choices):
    def score(folds, i, k):
        here, others = folds[i], _others(folds, i)
        return _accuracy(x[others], y[others], x[here], y[here], k)

    lists = _each(x, y, num_folds, k_choices, score)
    return {k: sum(accuracies) / len(accuracies) for k, accuracies in lists.items()}


@mistake("cross_validate_k", hint="The rows are shuffled first. Here the folds are consecutive rows: shuffling, where it is needed, is the caller's.")
def shuffled_first(x, y, num_folds, k_choices):
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(1)).to(x.device)
    return cross_validate_k_reference(x[order], y[order], num_folds, k_choices)


@mistake("cross_validate_k", hint="Rows i, i + num_folds, i + 2 num_folds, … form a fold here. The folds should be consecutive rows.")
def strided_folds(x, y, num_folds, k_choices):
    def score(folds, i, k):
        here, others = folds[i], _others(folds, i)
        return _accuracy(x[others], y[others], x[here], y[here], k)

    rows = torch.arange(len(x), device=x.device)
    return _each(x, y, num_folds, k_choices, score, [rows[i::num_folds] for i in range(num_folds)])


@mistake("cross_validate_k", hint="All folds have the same length, and the rows that are left over at the end are in no fold. The first len(x) % num_folds folds are one longer.")
def drops_the_remainder(x, y, num_folds, k_choices):
    def score(folds, i, k):
        here, others = folds[i], _others(folds, i)
        return _accuracy(x[others], y[others], x[here], y[here], min(k, len(others)))

    size = len(x) // num_folds
    rows = torch.arange(len(x), device=x.device)
    return _each(x, y, num_folds, k_choices, score, [rows[i * size : (i + 1) * size] for i in range(num_folds)])


@mistake("cross_validate_k", hint="The last fold takes all the rows that are left over. As equal as can be: the first len(x) % num_folds folds are one longer.")
def long_last_fold(x, y, num_folds, k_choices):
    def score(folds, i, k):
        here, others = folds[i], _others(folds, i)
        return _accuracy(x[others], y[others], x[here], y[here], min(k, len(others)))

    size, rows = len(x) // num_folds, torch.arange(len(x), device=x.device)
    ends = [i * size for i in range(num_folds)] + [len(x)]
    return _each(x, y, num_folds, k_choices, score, [rows[a:b] for a, b in itertools.pairwise(ends)])


@mistake("cross_validate_k", hint="`chunk` makes all but the last fold as long as the longest, and may make fewer folds than asked. `tensor_split` makes them as equal as can be.")
def by_chunk(x, y, num_folds, k_choices):
    def score(folds, i, k):
        here, others = folds[i], _others(folds, i)
        return _accuracy(x[others], y[others], x[here], y[here], min(k, len(others)))

    return _each(x, y, num_folds, k_choices, score, torch.arange(len(x), device=x.device).chunk(num_folds))


@mistake("cross_validate_k", hint="Only the rows before the fold vote. All the other folds are training rows, those after it too.")
def only_earlier_folds(x, y, num_folds, k_choices):
    def score(folds, i, k):
        here = folds[i]
        others = torch.cat(list(folds[:i])) if i else _others(folds, i)
        return _accuracy(x[others], y[others], x[here], y[here], min(k, len(others)))

    return _each(x, y, num_folds, k_choices, score)


@mistake("cross_validate_k", hint="The accuracies are tensors: `.item()` makes a tensor of one number a Python float.")
def tensors_not_floats(x, y, num_folds, k_choices):
    def score(folds, i, k):
        here, others = folds[i], _others(folds, i)
        return torch.tensor(_accuracy(x[others], y[others], x[here], y[here], k))

    return _each(x, y, num_folds, k_choices, score)


@mistake("cross_validate_k", hint="These are per cent: an accuracy lies between 0 and 1.")
def per_cent(x, y, num_folds, k_choices):
    def score(folds, i, k):
        here, others = folds[i], _others(folds, i)
        return 100 * _accuracy(x[others], y[others], x[here], y[here], k)

    return _each(x, y, num_folds, k_choices, score)


@mistake("cross_validate_k", hint="The neighbours are found by L1 distance. The exercise asks for L2.")
def by_l1(x, y, num_folds, k_choices):
    def score(folds, i, k):
        here, others = folds[i], _others(folds, i)
        predicted = predict_labels(l1_distances(x[others], x[here]), y[others], k)
        return (predicted == y[here]).double().mean().item()

    return _each(x, y, num_folds, k_choices, score)


@mistake("cross_validate_k", hint="The rows are centred in the caller's own tensor: `-=` works in place. (L2 distances don't need it.)")
def centres_in_place(x, y, num_folds, k_choices):
    x -= x.mean(dim=0)
    return cross_validate_k_reference(x, y, num_folds, k_choices)


@mistake("cross_validate_k", hint="The caller's list of choices is sorted in place. Go through it as it is, or sort a copy.")
def sorts_the_choices_in_place(x, y, num_folds, k_choices):
    k_choices.sort(reverse=True)
    return cross_validate_k_reference(x, y, num_folds, k_choices)


@mistake("cross_validate_k", hint="Whatever stands first in y decides here: compare the predictions with the labels of the fold, not with the first labels of y.")
def compares_with_the_first_labels(x, y, num_folds, k_choices):
    def score(folds, i, k):
        here, others = folds[i], _others(folds, i)
        predicted = predict_labels(l2_distances(x[others], x[here]), y[others], k)
        return (predicted == y[: len(here)]).double().mean().item()

    return _each(x, y, num_folds, k_choices, score)


@mistake("cross_validate_k", hint="k is not handed on, so that every k gives the same accuracies.")
def forgets_k(x, y, num_folds, k_choices):
    def score(folds, i, k):
        here, others = folds[i], _others(folds, i)
        return _accuracy(x[others], y[others], x[here], y[here], 1)

    return _each(x, y, num_folds, k_choices, score)


def cross_validate_k_reference(x, y, num_folds, k_choices):
    def score(folds, i, k):
        here, others = folds[i], _others(folds, i)
        return _accuracy(x[others], y[others], x[here], y[here], k)

    return _each(x, y, num_folds, k_choices, score)


@mistake("cross_validate_k", hint="The labels that vote are those of the first rows, not those of the other folds: pick labels and rows by the same numbers.")
def voters_with_the_first_labels(x, y, num_folds, k_choices):
    folds = _folds(len(x), num_folds, x.device)
    accuracies = {k: [] for k in k_choices}
    for i, fold in enumerate(folds):
        others = _others(folds, i)
        for k in k_choices:
            accuracies[k].append(_accuracy(x[others], y[: len(others)], x[fold], y[fold], k))
    return accuracies


@mistake("cross_validate_k", edit={"right.double().mean().item()": "round(right.double().mean().item(), 2)"}, hint="The hits are rounded to two digits. A share of one third is 0.333…: round only where you print.")
def rounded_to_two_digits(): ...


@mistake("cross_validate_k", hint="The keys are the numbers of the folds, and the lists run over k. It should be the other way round: for each k a list over the folds.")
def keyed_by_fold(x, y, num_folds, k_choices):
    lists = cross_validate_k_reference(x, y, num_folds, k_choices)
    return {i: [lists[k][i] for k in k_choices] for i in range(num_folds)}


@mistake("cross_validate_k", edit={"right.double().mean().item()": "right.sum().item()"}, hint="This counts the right answers. An accuracy divides by the number of rows in the fold.")
def whole_numbers(): ...


@mistake("cross_validate_k", edit={"right.double().mean().item()": "right.sum().item() * num_folds / len(x)"}, hint="All folds are divided by N / num_folds, but some have a row more. Divide each by its own number of rows.")
def divides_by_the_usual_size(): ...


@mistake("cross_validate_k", edit={"return accuracies": "return {k: sorted(each) for k, each in accuracies.items()}"}, hint="The accuracies are sorted. They should stand in the order of the folds.")
def sorted_accuracies(): ...


@mistake("cross_validate_k", hint="Longer and shorter folds alternate here. The first len(x) % num_folds folds are the longer ones.")
def longer_folds_in_between(x, y, num_folds, k_choices):
    def score(folds, i, k):
        here, others = folds[i], _others(folds, i)
        return _accuracy(x[others], y[others], x[here], y[here], k)

    rows = torch.arange(len(x), device=x.device)
    ends = [i * len(x) // num_folds for i in range(num_folds + 1)]
    return _each(x, y, num_folds, k_choices, score, [rows[a:b] for a, b in itertools.pairwise(ends)])


@mistake("cross_validate_k", hint="Only one other fold votes. All the other folds are training rows.")
def only_the_next_fold(x, y, num_folds, k_choices):
    def score(folds, i, k):
        here, others = folds[i], folds[(i + 1) % num_folds]
        return _accuracy(x[others], y[others], x[here], y[here], min(k, len(others)))

    return _each(x, y, num_folds, k_choices, score)


@mistake("cross_validate_k", hint="A row is kept only from finding itself: the other rows of its own fold still vote. Leave out the whole fold.")
def leaves_one_out(x, y, num_folds, k_choices):
    distances = l2_distances(x, x).fill_diagonal_(float("inf"))
    folds = _folds(len(x), num_folds, x.device)
    return {k: [(predict_labels(distances[here], y, k) == y[here]).double().mean().item() for here in folds] for k in k_choices}


@mistake("cross_validate_k", edit={"{k: [] for k in k_choices}": "dict.fromkeys(k_choices, [])"}, hint="One and the same list stands under every k (`dict.fromkeys` copies nothing). Make a new one for each.")
def one_list_for_all(): ...


@mistake("cross_validate_k", hint="The pixels are divided by their spread first, which changes the distances and so the neighbours. Take the rows as they are.")
def standardised_first(x, y, num_folds, k_choices):
    return cross_validate_k_reference((x - x.mean(0)) / (x.std(0) + 1e-6), y, num_folds, k_choices)


@mistake("cross_validate_k", hint="The keys are strings. Use the k of the list itself, a whole number.")
def strings_for_keys(x, y, num_folds, k_choices):
    return {str(k): each for k, each in cross_validate_k_reference(x, y, num_folds, k_choices).items()}


@mistake("cross_validate_k", edit={"x[others], x[fold]": "x[fold], x[others]"}, hint="The table lies on its side: look at the order in which `l2_distances` takes the training rows and the rows that are judged.")
def table_on_its_side(): ...


@mistake("cross_validate_k", edit={"right.double().mean().item()": "right.double().mean()"}, hint="The accuracies are tensors: `.item()` makes a tensor of one number a Python float.")
def means_not_floats(): ...


@mistake("cross_validate_k", edit={"right.double().mean().item()": "right.to(x.dtype).mean().item()"}, hint="The share is taken in the dtype of x, and float16 has three digits. Count in float32 or float64.")
def share_in_half_precision(): ...


@right("cross_validate_k")
def with_a_mask(x, y, num_folds, k_choices):
    fold = torch.cat([torch.full((len(part),), i) for i, part in enumerate(_folds(len(x), num_folds, "cpu"))])
    fold = fold.to(x.device)
    accuracies = {k: [] for k in k_choices}
    for k, i in itertools.product(k_choices, range(num_folds)):
        here = fold == i
        predicted = predict_labels(l2_distances(x[~here], x[here]), y[~here], k=k)
        accuracies[k].append(float((predicted == y[here]).sum()) / int(here.sum()))
    return accuracies


@right("cross_validate_k")
def with_slices(x, y, num_folds, k_choices):
    size, extra = divmod(len(x), num_folds)
    results = {}
    for k in k_choices:
        results[k] = []
        start = 0
        for i in range(num_folds):
            stop = start + size + (1 if i < extra else 0)
            x_rest, y_rest = torch.cat((x[:start], x[stop:])), torch.cat((y[:start], y[stop:]))
            predicted = predict_labels(l2_distances_one_loop(x_rest, x[start:stop]), y_rest, k)
            results[k].append(torch.mean((predicted == y[start:stop]).float()).item())
            start = stop
    return results


@right("cross_validate_k")
def one_table_for_all(x, y, num_folds, k_choices):
    distances = l2_distances(x, x)
    found = {k: [] for k in k_choices}
    for here in _folds(len(x), num_folds, x.device):
        others = torch.tensor([j for j in range(len(x)) if j not in set(here.tolist())], device=x.device)
        for k in k_choices:
            predicted = predict_labels(distances[here][:, others], y[others], k)
            found[k].append(sum(a == b for a, b in zip(predicted.tolist(), y[here].tolist())) / len(here))
    return found


@right("cross_validate_k")
def with_numpy_splits(x, y, num_folds, k_choices):
    parts = np.array_split(np.arange(len(x)), num_folds)
    found = {}
    for k in sorted(k_choices):
        row = []
        for i, here in enumerate(parts):
            rest = np.concatenate(parts[:i] + parts[i + 1 :])
            predicted = predict_labels(l2_distances(x[rest], x[here]), y[rest], k)
            row.append((predicted == y[here]).double().mean().item())
        found[k] = row
    return found
