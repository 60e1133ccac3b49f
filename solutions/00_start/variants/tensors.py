"""What students write in tensors: mistakes with the hint each deserves, and other right answers."""

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

# framed


@mistake("framed", edit={"images.clone()": "images"}, hint="`out = images` is a second name for the caller's memory: what is written there, the caller sees.")
def second_name(): ...


@mistake("framed", edit={"images.clone()": "images[:]"}, hint="`images[:]` is a view: other words for the caller's memory. Make a copy for certain.")
def view_of_all(): ...


@mistake("framed", edit={"out[:, [0, -1]] = value\n    out[:, :, [0, -1]]": "out[:, 0] = value\n    out[:, :, 0]"}, hint="The top and the left side are there. A frame has four sides: −1 picks the last row, and the last column.")
def two_sides(): ...


@mistake("framed", edit={"out[:, [0, -1]] = value\n    ": ""}, hint="The left and right sides are there, and the top and the bottom are missing.")
def without_top_and_bottom(): ...


@mistake("framed", edit={"\n    out[:, :, [0, -1]] = value": ""}, hint="The top and the bottom are there, and the left and right sides are missing: they lie along the last dimension.")
def without_left_and_right(): ...


@mistake("framed", edit={"out[:, [0, -1]]": "out[[0, -1]]", "out[:, :, [0, -1]]": "out[:, [0, -1]]"}, hint="The first dimension is the batch: you fill whole images, the first and the last. The rows of an image are the second dimension.")
def first_and_last_image(): ...


@mistake("framed", edit={"out[:, [0, -1]] = value\n    out[:, :, [0, -1]] = value": "out[:, 1:-1, 1:-1] = value"}, hint="It is the other way round: the inside is filled, and the edge is as before.")
def inside(): ...


@mistake("framed", edit={"out[:, [0, -1]] = value\n    out[:, :, [0, -1]] = value": "out[:, [0, 0, -1, -1], [0, -1, 0, -1]] = value"}, hint="Only the four corners are set. Two lists of positions make pairs of a row and a column; you want whole rows and whole columns.")
def corners(): ...


@mistake("framed", edit={"out[:, [0, -1]] = value\n    out[:, :, [0, -1]]": "out[:, 0:-1] = value\n    out[:, :, 0:-1]"}, hint="`0:-1` is a slice, everything up to the last. For the two ends alone, give their positions in a list.")
def slices_for_lists(): ...


@mistake("framed", hint="The frame stands around the images, which have grown by two rows and columns. It should replace their own edge.")
def grown(images, value=1.0):
    return F.pad(images, (1, 1, 1, 1), value=value)


@mistake("framed", hint="Whatever is not set was 0 at the start: only the edge is to change, and the inside stays as it was.")
def empty_inside(images, value=1.0):
    out = torch.zeros_like(images)
    out[:, [0, -1]] = value
    out[:, :, [0, -1]] = value
    return out


@mistake("framed", edit={"out[:, [0, -1]] = value\n    out[:, :, [0, -1]] = value": "out[:, [0, -1]] += value\n    out[:, :, [0, -1]] += value"}, hint="The value is added to what stood on the edge, and to the corners twice. It should take its place.")
def added(): ...


@mistake("framed", edit={"    out[:, [0, -1]] = value\n    out[:, :, [0, -1]] = value": "    out[:, [0, -1], 1:-1] = value\n    out[:, 1:-1, [0, -1]] = value"}, hint="The four corners are left out. The first and last row belong to the frame as a whole.")
def corners_missing(): ...


@mistake("framed", edit={"out[:, :, [0, -1]] = value": "out[:, :, [0, min(images.shape[1], images.shape[2]) - 1]] = value"}, hint="The last column is looked for at the number of rows. Height and width may differ.")
def height_for_width(): ...


@mistake("framed", edit={"out = images.clone()": "out, value = images.clone(), int(value)"}, hint="The value is cut to a whole number. It is a float: 0.5 is a grey frame.")
def whole_number_for_value(): ...


@mistake("framed", edit={"    out[:, [0, -1]] = value\n    out[:, :, [0, -1]] = value": "    out[:, [0, -1]] = out[:, [0, -1]].clamp(min=value)\n    out[:, :, [0, -1]] = out[:, :, [0, -1]].clamp(min=value)"}, hint="The brighter of frame and picture is kept. The frame covers the edge, whatever was there.")
def the_brighter_one(): ...


@mistake("framed", edit={"out = images.clone()": "out, value = images.clone(), value or 1.0"}, hint="A value of 0 is taken for none, since 0 counts as false too. A frame may be black.")
def black_taken_for_none(): ...


@mistake("framed", hint="What lies on the edge is multiplied by 0 and the value by 0 or 1, and 0 times NaN or infinity is NaN. Put the value in its place.")
def by_multiplying(images, value=1.0):
    edge = torch.ones_like(images)
    edge[:, 1:-1, 1:-1] = 0
    return images * (1 - edge) + value * edge


@mistake("framed", edit={"out = images.clone()": "out, value = images.clone(), torch.tensor(value).item()"}, hint="The value goes through float32, which has seven digits of 0.1. Images of float64 take the Python number as it is.")
def value_through_float32(): ...


@mistake("framed", edit={"out[:, [0, -1]] = value\n    out[:, :, [0, -1]] = value": "out[:, [0, -1], [0, -1]] = value"}, hint="Only two corners are set. Two lists of positions make pairs of a row and a column; you want whole rows and whole columns.")
def two_corners(): ...


@mistake("framed", edit={"out[:, [0, -1]] = value\n    out[:, :, [0, -1]]": "out[:, [0, -2]] = value\n    out[:, :, [0, -2]]"}, hint="−2 is the last but one. The last row and the last column are at −1.")
def last_but_one(): ...


@mistake("framed", edit={"out[:, :, [0, -1]] = value": "out[:, :, 0] = value\n    out[:, :, images.shape[1] - 1] = value"}, hint="The last column is looked for at the number of rows. Height and width may differ.")
def last_row_for_last_column(): ...


@mistake("framed", edit={"out[:, [0, -1]] = value\n    out[:, :, [0, -1]] = value": "out[:, :2] = out[:, -2:] = value\n    out[:, :, :2] = out[:, :, -2:] = value"}, hint="The frame is two pixels wide. One row and one column on each side are enough.")
def two_pixels_wide(): ...


@mistake("framed", hint="One tensor is kept and handed out again, so that a second call writes over the answer of the first. Make a new one in each call.")
def one_tensor_for_all_calls(images, value=1.0, kept={}):
    out = kept.setdefault((images.shape, images.dtype, images.device), torch.empty_like(images))
    out.copy_(images)
    out[:, [0, -1]] = value
    out[:, :, [0, -1]] = value
    return out


@right("framed")
def side_by_side(images, value=1.0):
    result = images + 0
    result[:, 0] = result[:, -1] = value
    result[..., 0] = result[..., -1] = value
    return result


@right("framed")
def by_a_mask(images, value=1.0):
    is_edge = torch.ones(images.shape[1:], dtype=torch.bool, device=images.device)
    is_edge[1:-1, 1:-1] = False
    return images.masked_fill(is_edge, value)


@right("framed")
def the_inside_padded(images, value=1.0):
    return F.pad(images[:, 1:-1, 1:-1], (1, 1, 1, 1), value=value)


@right("framed")
def inside_into_a_full_one(images, value=1.0):
    out = torch.full_like(images, value)
    out[:, 1:-1, 1:-1] = images[:, 1:-1, 1:-1]
    return out


@right("framed")
def pixel_by_pixel(images, value=1.0):
    out = images.clone()
    _, height, width = images.shape
    for i in range(height):
        for j in range(width):
            if i in (0, height - 1) or j in (0, width - 1):
                out[:, i, j] = value
    return out


# of_class


@mistake("of_class", edit={"y == label": "label"}, hint="This is the row at the *position* `label`. Look for the rows whose label it is: compare y with it.")
def row_at_the_label(): ...


@mistake("of_class", edit={"y == label": "(y == label).nonzero().squeeze()"}, hint="`squeeze()` drops every dimension of length 1: where one row has the label, its position loses its dimension, and so does the answer.")
def positions_squeezed(): ...


@mistake("of_class", edit={"[y == label]": "[y == label][0]"}, hint="Only the first row comes, and without its first dimension. All rows with the label are wanted, (K, D).")
def the_first(): ...


@mistake("of_class", edit={"y == label": "y != label"}, hint="These are the rows that have another label.")
def the_others(): ...


@mistake("of_class", edit={"x[y == label]": "x * (y == label)[:, None]"}, hint="The other rows have become zeros and are still there. A mask between the brackets leaves them out.")
def zeroed(): ...


@mistake("of_class", edit={"y == label": "(y == label).long()"}, hint="As integers, true and false are the positions 1 and 0: so rows 1 and 0 come again and again. A mask has to be of bools.")
def mask_of_integers(): ...


@mistake("of_class", edit={"y == label": "(y == label).nonzero()"}, hint="`nonzero()` gives the positions as a table (K, 1), so that the rows come as (K, 1, D).")
def positions_as_a_table(): ...


@mistake("of_class", edit={"[y == label]": "[:, y == label]"}, hint="The mask is laid over the columns. It has one place for each row: dimension 0.")
def over_the_columns(): ...


@mistake("of_class", edit={"x[y == label]": "(y == label).nonzero()[:, 0]"}, hint="These are the positions of the rows. The rows themselves are asked for.")
def positions_alone(): ...


@mistake("of_class", edit={"x[y == label]": "x[y == label].unique(dim=0)"}, hint="`unique` sorts the rows and drops those that are equal. They should come as they stand in x.")
def sorted_rows(): ...


@mistake("of_class", edit={"x[y == label]": "[row for row, one in zip(x, y) if one == label]"}, hint="The rows come in a Python list. Return one tensor, (K, D).")
def list_of_rows(): ...


@mistake("of_class", edit={"x[y == label]": "torch.stack([row for row, one in zip(x, y) if one == label])"}, hint="`torch.stack` has nothing to stack where no row has the label. The answer is then a table with no rows, (0, D).")
def stacked_without_none(): ...


@mistake("of_class", edit={"x[y == label]": "torch.masked_select(x, (y == label)[:, None])"}, hint="`masked_select` gives all the numbers in one row. The answer is a table, (K, D).")
def one_long_row(): ...


@mistake("of_class", edit={"return x[y == label]": "return x[y == label] if label else x"}, hint="Label 0 is taken for none, since 0 counts as false too. It is a class like any other.")
def label_zero_taken_for_none(): ...


@mistake("of_class", edit={"return x[y == label]": "found = (y == label).nonzero().flatten()\n    return x[found[0] : found[0] + len(found)] if len(found) else x[:0]"}, hint="As many rows as the class has are taken from its first on. Its rows need not stand together.")
def from_the_first_on(): ...


@mistake("of_class", edit={"return x[y == label]": "found = (y == label).nonzero().flatten()\n    return x[found[0] : found[-1] + 1] if len(found) else x[:0]"}, hint="All rows from the first of the class to its last are taken. There may be others between.")
def from_the_first_to_the_last(): ...


@mistake("of_class", edit={"return x[y == label]": "kept = x[y == label]\n    return kept[kept.abs().sum(dim=1) > 0]"}, hint="A row of zeros is lost. A black image is one of its class too: go by the labels alone.")
def black_images_lost(): ...


@mistake("of_class", edit={"y == label": "y.float() == float(label)"}, hint="The labels are compared as floats, and float32 knows no whole numbers beyond 2²⁴ one by one. Compare them as they are.")
def labels_as_floats(): ...


@mistake("of_class", edit={"y == label": "y.to(torch.uint8) == label % 256"}, hint="The labels are cut to a byte, and 257 becomes 1. Compare them as they are.")
def labels_as_bytes(): ...


@mistake("of_class", hint="Where no row has the label, the answer is made anew, and is float32 on the CPU. Ask x for both.")
def none_in_float32(x, y, label):
    rows = [row for row, one in zip(x, y) if one == label]
    return torch.stack(rows) if rows else torch.zeros(0, x.shape[1])


@mistake("of_class", hint="Where no row has the label, the answer has lost a dimension, (0,). It is a table all the same, (0, D).")
def none_without_columns(x, y, label):
    rows = [row for row, one in zip(x, y) if one == label]
    return torch.stack(rows) if rows else x.new_zeros(0)


@mistake("of_class", edit={"==": ">="}, hint="Rows with larger labels are kept too. Only those with this very label are wanted.")
def larger_labels_too(): ...


@mistake("of_class", edit={"x[y == label]": "x[(y == label).int().argmax()][None]"}, hint="One row comes, whether the label has many or none. All rows with the label are wanted.")
def the_first_alone(): ...


@right("of_class")
def by_positions(x, y, label):
    return x[torch.where(y == label)[0]]


@right("of_class")
def by_index_select(x, y, label):
    return x.index_select(0, torch.nonzero(y.eq(label)).flatten())


@right("of_class")
def one_by_one(x, y, label):
    found = x[:0]
    for i in range(len(x)):
        if y[i].item() == label:
            found = torch.cat([found, x[i : i + 1]])
    return found


@right("of_class")
def by_masked_select(x, y, label):
    is_kept = (y == label).unsqueeze(1).expand_as(x)
    return torch.masked_select(x, is_kept).reshape(-1, x.shape[1])


# pairwise_sums


@mistake("pairwise_sums", edit={"a[:, None] + b": "a + b[:, None]"}, hint="The table lies on its side: a row for each number of a, a column for each number of b.")
def on_its_side(): ...


@mistake("pairwise_sums", edit={"a[:, None] + b": "(a[:, None] + b).squeeze()"}, hint="`squeeze()` drops a dimension of length 1 also where M or N happens to be 1.")
def squeezed_table(): ...


@mistake("pairwise_sums", edit={"a[:, None] + b": "a + b"}, hint="The numbers are added place by place, so that each meets one other. For each to meet all, one of the two has to be a column.")
def place_by_place(): ...


@mistake("pairwise_sums", edit={" + ": " * "}, hint="These are the products of all pairs. Their sums are asked for.")
def products(): ...


@mistake("pairwise_sums", edit={" + ": " - "}, hint="These are the differences of all pairs. Their sums are asked for.")
def differences(): ...


@mistake("pairwise_sums", edit={"a[:, None] + b": "(a[:, None] + b).flatten()"}, hint="The numbers are right, and they stand in one long row. The answer is a table, (M, N).")
def flat(): ...


@mistake("pairwise_sums", edit={"a[:, None] + b": "a[:, None] + b[None, :, None]"}, hint="There is a dimension of length 1 too many at the end. Write the shapes below each other, flush right.")
def one_too_many(): ...


@mistake("pairwise_sums", edit={"a[:, None] + b": "a.reshape(len(b), -1) + b"}, hint="The column has to be as long as a is, whatever the length of b.")
def column_as_long_as_b(): ...


@mistake("pairwise_sums", edit={"a[:, None] + b": "(a.exp()[:, None] * b.exp()).log()"}, hint="The logarithm of a product of exponentials is a sum on paper. In a computer, exp(1000) is infinite: add the numbers themselves.")
def by_logarithms(): ...


@mistake("pairwise_sums", hint="A number is added to the whole of b, one number after the other: broadcasting does all of them at once.")
def by_a_loop(a, b):
    return torch.stack([one + b for one in a])


@mistake("pairwise_sums", edit={"a[:, None] + b": "torch.tensor([[float(one) + float(other) for other in b] for one in a])"}, hint="The numbers are taken out one by one and put into a new tensor, which is float32 on the CPU.")
def through_lists(): ...


@mistake("pairwise_sums", edit={"return a[:, None] + b": "return (b[:, None] + a).reshape(len(a), len(b))"}, hint="The table is made on its side, and `reshape` gives it the right shape with the numbers in wrong places. Turn it with .T, or build it the other way.")
def on_its_side_and_reshaped(): ...


@mistake("pairwise_sums", edit={"a[:, None] + b": "(a.long()[:, None] + b.long()).to(a.dtype)"}, hint="The numbers are cut to whole ones before they are added, and the fractions are lost.")
def sums_of_whole_numbers(): ...


@mistake("pairwise_sums", hint="A column that is stretched is a view of a, and where b has one number nothing keeps `+=` from writing into it. Add into a new table.")
def writes_into_a_view(a, b):
    out = a[:, None].expand(len(a), len(b))
    if len(b) > 1:
        out = out.clone()
    out += b
    return out


@mistake("pairwise_sums", edit={"return a[:, None] + b": "return a + b if a.shape == b.shape else a[:, None] + b"}, hint="Where a and b are equally long, they are added place by place. A table is wanted there too.")
def place_by_place_where_it_fits(): ...


@right("pairwise_sums")
def both_unsqueezed(a, b):
    return a.unsqueeze(1) + b.unsqueeze(0)


@right("pairwise_sums")
def by_meshgrid(a, b):
    rows, cols = torch.meshgrid(a, b, indexing="ij")
    return rows + cols


@right("pairwise_sums")
def by_repeating(a, b):
    return a.reshape(-1, 1).repeat(1, len(b)) + b.reshape(1, -1).repeat(len(a), 1)


@right("pairwise_sums")
def on_its_side_and_turned(a, b):
    return (b[:, None] + a).T


@right("pairwise_sums")
def by_cartesian_product(a, b):
    return torch.cartesian_prod(a, b).sum(dim=1).reshape(len(a), len(b))


# score_of_label


@mistake("score_of_label", edit={".squeeze(1)": ""}, hint="The scores are right, and they stand in a column, (N, 1). The answer is (N,).")
def as_a_column(): ...


@mistake("score_of_label", edit={"squeeze(1)": "squeeze()"}, hint="`squeeze()` drops every dimension of length 1, also the first where N is 1: name the one that you mean.")
def squeezed_scores(): ...


@mistake("score_of_label", edit={"scores.gather(1, y[:, None]).squeeze(1)": "scores[:, y]"}, hint="`scores[:, y]` takes all the labels' columns from every row, (N, N). Pairs of a row and a column are wanted.")
def all_columns(): ...


@mistake("score_of_label", edit={"scores.gather(1, y[:, None]).squeeze(1)": "scores[y]"}, hint="`scores[y]` takes whole rows, and uses the labels as numbers of rows.")
def whole_rows(): ...


@mistake("score_of_label", edit={"scores.gather(1, y[:, None]).squeeze(1)": "scores.amax(dim=1)"}, hint="This is the largest score of each row, whatever its label says.")
def the_largest(): ...


@mistake("score_of_label", edit={"scores.gather(1, y[:, None]).squeeze(1)": "scores.gather(0, y[None]).squeeze(0)"}, hint="You gather along dimension 0, so that the labels name rows. They name columns.")
def along_the_rows(): ...


@mistake("score_of_label", edit={"gather(1, y[:, None])": "gather(1, y[:, None] - 1)"}, hint="Classes are counted from 0, as positions are: there is nothing to subtract.")
def counted_from_one(): ...


@mistake("score_of_label", edit={"return scores.gather(1, y[:, None]).squeeze(1)": "return scores.gather(1, y[:, None]).squeeze(1).mean()"}, hint="One mean came back. The score of each row is wanted, (N,).")
def the_mean(): ...


@mistake("score_of_label", edit={"return scores": "return scores.softmax(dim=1)"}, hint="These are probabilities, by a softmax. The scores themselves are asked for.")
def probabilities(): ...


@mistake("score_of_label", edit={"scores.gather(1, y[:, None]).squeeze(1)": "scores.flatten()[y]"}, hint="In one long row, row i begins at place i · C: without that, all the labels pick from the first row.")
def from_the_first_row(): ...


@mistake("score_of_label", hint="The scores of the other classes are 0 here, and a score below zero is smaller than that: the largest is then one of the zeros.")
def the_largest_of_what_is_left(scores, y):
    return (scores * F.one_hot(y, scores.shape[1])).amax(dim=1)


@mistake("score_of_label", hint="The rows are visited one by one in Python.")
def row_after_row(scores, y):
    return torch.stack([row[label] for row, label in zip(scores, y, strict=True)])


@mistake("score_of_label", edit={"scores.gather": "scores.log_softmax(dim=1).gather"}, hint="These are log-probabilities. The scores are asked for as they are.")
def logs_of_probabilities(): ...


@mistake("score_of_label", edit={"return scores.gather(1, y[:, None]).squeeze(1)": "return scores.flatten()[torch.arange(len(y), device=y.device) * len(y) + y]"}, hint="A row is as long as there are classes: in the flat table row n begins at n · C, not at n · N.")
def rows_of_the_wrong_length(): ...


@mistake("score_of_label", edit={"return scores.gather(1, y[:, None]).squeeze(1)": "return scores.gather(1, y[:, None]).squeeze(1)[y.argsort(stable=True)]"}, hint="The numbers come in the order of the labels. They should come in the order of the rows.")
def in_the_order_of_the_labels(): ...


@mistake("score_of_label", edit={"y[:, None]": "(y - 1)[:, None] % scores.shape[1]"}, hint="The labels are read as 1 to C. They count from 0: the score left of the right one was taken.")
def one_place_to_the_left(): ...


@mistake("score_of_label", edit={"scores.gather(1, y[:, None]).squeeze(1)": "(scores * F.one_hot(y, scores.shape[1])).sum(dim=1)"}, hint="The other scores are multiplied by 0 and added, and 0 times infinity is NaN. Pick the one score, and leave the others alone.")
def others_times_zero(): ...


@mistake("score_of_label", edit={"scores.gather(1, y[:, None]).squeeze(1)": "scores[torch.arange(scores.shape[1], device=scores.device), y]"}, hint="The row numbers run up to the number of classes. There is one pair for each row.")
def as_many_rows_as_classes(): ...


@mistake("score_of_label", edit={"scores.gather(1, y[:, None]).squeeze(1)": "scores.gather(0, y[:, None])[:, 0]"}, hint="You gather along dimension 0, so that the labels name rows. They name columns.")
def down_the_first_column(): ...


@mistake("score_of_label", edit={"scores.gather(1, y[:, None]).squeeze(1)": "scores[y, torch.arange(len(y), device=y.device)]"}, hint="Row and column have changed places: the labels name columns, which come second.")
def pairs_turned_round(): ...


@right("score_of_label")
def by_pairs(scores, y):
    return scores[torch.arange(len(y), device=y.device), y]


@right("score_of_label")
def by_pairs_from_a_range(scores, y):
    return scores[range(len(scores)), y]


@right("score_of_label")
def the_diagonal_of_all_columns(scores, y):
    return scores[:, y].diagonal()


@right("score_of_label")
def by_take_along(scores, y):
    return torch.take_along_dim(scores, y.reshape(-1, 1), dim=1)[:, 0]


@right("score_of_label")
def by_one_hot(scores, y):
    return torch.where(F.one_hot(y, scores.shape[1]).bool(), scores, 0).sum(dim=1)


@right("score_of_label")
def by_places_in_one_row(scores, y):
    num, num_classes = scores.shape
    return scores.reshape(-1)[torch.arange(num, device=scores.device) * num_classes + y]


# class_sums


@mistake("class_sums", hint="Of several rows of a class only one is left: `sums[y] += x` reads, adds and writes back once for each place, and `index_copy` writes one over the other. Which method adds to what is there?")
def rows_lost(x, y, num_classes):
    sums = x.new_zeros(num_classes, x.shape[1])
    sums[y] += x
    return sums


@mistake("class_sums", hint="Only the first column arrives: in `scatter_add` the index has the shape of what is added, and yours has one column.")
def first_column(x, y, num_classes):
    return x.new_zeros(num_classes, x.shape[1]).scatter_add(0, y[:, None], x)


@mistake("class_sums", hint="These are means: the sum of each class is divided by the number of its rows.")
def class_means(x, y, num_classes):
    sums = x.new_zeros(num_classes, x.shape[1]).index_add(0, y, x)
    return sums / torch.bincount(y, minlength=num_classes).clamp(min=1)[:, None].to(x.dtype)


@mistake("class_sums", edit={"num_classes, ": "int(y.max()) + 1, "}, hint="The classes are counted from the labels that appear. The last ones may have no row, and have a sum all the same.")
def as_many_as_appear(): ...


@mistake("class_sums", edit={"index_add(0, y, x)": "index_add(0, y, x).T"}, hint="The table lies on its side: a row for each class, (C, D).")
def lying(): ...


@mistake("class_sums", edit={"x.new_zeros": "x.new_ones"}, hint="Every sum is one too large: begin with zeros.")
def from_one(): ...


@mistake("class_sums", edit={"x.new_zeros(num_classes, x.shape[1]).index_add(0, y, x)": "torch.stack([x[y == label].sum(dim=0) for label in y.unique()])"}, hint="A class that no row belongs to is left out, and the classes after it move up.")
def only_those_that_appear(): ...


@mistake("class_sums", edit={"x.new_zeros(num_classes, x.shape[1]).index_add(0, y, x)": "torch.stack([x[y == label].sum() for label in range(num_classes)])"}, hint="A sum without `dim` adds up everything: each class gets one number. It should get a row.")
def one_number_each(): ...


@mistake("class_sums", edit={"x.new_zeros(num_classes, x.shape[1])": "torch.zeros(num_classes, x.shape[1])"}, hint="`torch.zeros` is float32 on the CPU, whatever x is. Ask x for both.")
def zeros_on_the_cpu(): ...


@mistake("class_sums", hint="The rows are visited one by one in Python, and each takes as long as all of them together would.")
def row_for_row(x, y, num_classes):
    sums = x.new_zeros(num_classes, x.shape[1])
    for row, label in zip(x, y, strict=True):
        sums[label] += row
    return sums


@mistake("class_sums", edit={"return x.new_zeros(num_classes, x.shape[1]).index_add(0, y, x)": "sums = x.new_zeros(num_classes, x.shape[1]).index_add(0, y, x)\n    sums[0] = 0\n    return sums"}, hint="Class 0 is left out. It is a class like any other.")
def class_zero_left_out(): ...


@mistake("class_sums", edit={".index_add(0, y, x)": ".index_add(0, y, x.sum(dim=1, keepdim=True).expand(x.shape))"}, hint="Both dimensions are summed, so each column holds the class's total. Each of the D columns has a sum of its own.")
def total_in_every_column(): ...


@mistake("class_sums", edit={"return x.new_zeros(num_classes, x.shape[1]).index_add(0, y, x)": "order = y.argsort()\n    running = torch.cat([x.new_zeros(1, x.shape[1]), x[order].cumsum(dim=0)])\n    ends = torch.bincount(y, minlength=num_classes).cumsum(0)\n    return running[ends] - running[torch.cat([ends.new_zeros(1), ends[:-1]])]"}, hint="Differences of a running sum lose the digits of a class of small numbers behind one of large ones. Add each class up by itself.")
def differences_of_a_running_sum(): ...


@mistake("class_sums", edit={"index_add(0, y, x)": "scatter_reduce(0, y[:, None].expand_as(x), x, reduce='mean')"}, hint="These are means, and the zeros at the start are counted as one more row. The sums are asked for.")
def means_with_a_row_of_zeros(): ...


@mistake("class_sums", edit={"return x.new_zeros(num_classes, x.shape[1]).index_add(0, y, x)": "counts = torch.bincount(y, minlength=num_classes).to(x.dtype)\n    return counts[:, None].repeat(1, x.shape[1])"}, hint="This is how many rows each class has. Add up the rows themselves.")
def how_many_rows(): ...


@mistake("class_sums", edit={"x.new_zeros(num_classes, x.shape[1]).index_add(0, y, x)": "torch.stack([x[y == label].mean(dim=0) for label in range(num_classes)])"}, hint="These are means: the sum of each class is divided by the number of its rows.")
def means_of_masks(): ...


@mistake("class_sums", hint="The sums are kept from call to call, so that a second call goes on from the first. Begin with new zeros in each call.")
def goes_on_from_the_last_call(x, y, num_classes, kept={}):
    sums = kept.setdefault((num_classes, x.shape[1], x.dtype, x.device), x.new_zeros(num_classes, x.shape[1]))
    return sums.index_add_(0, y, x).clone()


@right("class_sums")
def class_by_class(x, y, num_classes):
    return torch.stack([x[y == label].sum(dim=0) for label in range(num_classes)])


@right("class_sums")
def as_a_product(x, y, num_classes):
    return F.one_hot(y, num_classes).to(x.dtype).T @ x


@right("class_sums")
def by_scatter_add(x, y, num_classes):
    sums = torch.zeros(num_classes, x.shape[1], dtype=x.dtype, device=x.device)
    return sums.scatter_add_(0, y[:, None].expand_as(x), x)


@right("class_sums")
def by_counting_with_weights(x, y, num_classes):
    columns = [torch.bincount(y, weights=column, minlength=num_classes) for column in x.T]
    return torch.stack(columns, dim=1)


@right("class_sums")
def by_index_put(x, y, num_classes):
    return x.new_zeros(num_classes, x.shape[1]).index_put((y,), x, accumulate=True)


@right("class_sums")
def by_a_table_of_masks(x, y, num_classes):
    is_of = torch.arange(num_classes, device=y.device)[:, None] == y
    return (is_of[:, :, None] * x).sum(dim=1)


# region_means


@mistake("region_means", edit={"means[place].T.reshape": "means[place].reshape"}, hint="The colours are right, and lie at the wrong places: in your table of pixels the channels come last, in the image first. `reshape` alone doesn't turn it.")
def not_turned_back(): ...


@mistake("region_means", edit={"image.flatten(1).T": "image.reshape(-1, len(image))"}, hint="`image.reshape(-1, C)` breaks the numbers into rows in their order, so that neighbours of one channel come into one row. A pixel's row holds one number of each channel.")
def not_turned(): ...


@mistake("region_means", edit={"image.flatten(1).T": "image.reshape(-1, len(image))", "means[place].T.reshape": "means[place].reshape"}, hint="Both ways go by `reshape` alone: what you call a pixel is three neighbours of one channel. Turn the table, there and back.")
def never_turned(): ...


@mistake("region_means", edit={"means = sums / counts[:, None]": "means = sums"}, hint="These are the sums of the regions. A mean is divided by how many pixels there are.")
def region_sums(): ...


@mistake("region_means", edit={"counts[:, None]": "len(place)"}, hint="Every region is divided by all of the image's pixels. Divide each by its own.")
def by_all_pixels(): ...


@mistake("region_means", edit={"counts[:, None]": "counts.max()"}, hint="Every region is divided by one number. Divide each by its own count.")
def by_the_largest(): ...


@mistake("region_means", edit={"counts[:, None]": "counts.clamp(max=len(image))[:, None]"}, hint="Large regions come out too bright: their count is cut off.")
def counts_cut_off(): ...


@mistake("region_means", edit={"means = sums / counts[:, None]": "means = sums / (counts[:, None] + 1)"}, hint="Every mean is too small, most of all in small regions: one pixel too many is counted, or something is added to the count.")
def a_pixel_too_many(): ...


@mistake("region_means", edit={"means = sums / counts[:, None]": "means = sums / counts if len(counts) == len(image) else sums / counts[:, None]"}, hint="With as many regions as channels, each channel is divided by the count of another region: the counts must be a column.")
def counts_as_a_row(): ...


@mistake("region_means", edit={"num_regions = int(place.max()) + 1": "num_regions = len(place.unique())", "sums = pixels": "place = place.clamp(max=num_regions - 1)\n    sums = pixels"}, hint="You count the different numbers, and then take the count for the largest: where a number is missing in between, regions are thrown together.")
def as_many_as_there_are(): ...


@mistake("region_means", edit={"means = sums / counts[:, None]": "means = (sums / counts[:, None]).mean(dim=1, keepdim=True).expand(-1, len(image))"}, hint="All channels have the same number: the mean goes over the channels too (a `mean` or `sum` without `dim` does). A mean colour has a number for each channel.")
def grey(): ...


@mistake("region_means", hint="Of the pixels of a region only the last one counts: `sums[place] += pixels` reads, adds and writes back once for each place.")
def last_pixel(image, regions):
    pixels, place = image.flatten(1).T, regions.flatten()
    sums = pixels.new_zeros(int(place.max()) + 1, len(image))
    sums[place] += pixels
    counts = torch.bincount(place)
    return (sums / counts[:, None])[place].T.reshape(image.shape)


@mistake("region_means", hint="This is the median of each region. The mean is asked for.")
def medians(image, regions):
    out = image.clone()
    for region in regions.unique():
        out[:, regions == region] = image[:, regions == region].median(dim=1, keepdim=True).values
    return out


@mistake("region_means", hint="The loop begins at region 1, or leaves the largest out: count from 0 up to the largest number, with it.")
def without_the_largest(image, regions):
    out = image.clone()
    for region in range(int(regions.max())):
        mask = regions == region
        if mask.any():
            out[:, mask] = image[:, mask].mean(dim=1, keepdim=True)
    return out


@mistake("region_means", hint="`torch.zeros` is float32 on the CPU, whatever the image is. Ask the image for both.")
def float32_sums(image, regions):
    pixels, place = image.flatten(1).T, regions.flatten()
    num_regions = int(place.max()) + 1
    sums = torch.zeros(num_regions, len(image)).index_add(0, place, pixels.float())
    means = sums / torch.bincount(place, minlength=num_regions)[:, None]
    return means[place].T.reshape(image.shape)


@mistake("region_means", hint="The pixels are visited one by one in Python: 12,000 of them in a small photograph. Add them all at once.")
def pixel_after_pixel(image, regions):
    channels, height, width = image.shape
    sums = image.new_zeros(int(regions.max()) + 1, channels)
    counts = image.new_zeros(len(sums), 1)
    for i in range(height):
        for j in range(width):
            sums[regions[i, j]] += image[:, i, j]
            counts[regions[i, j]] += 1
    return (sums / counts)[regions].permute(2, 0, 1)


@mistake("region_means", hint="Differences of a running sum lose the digits of a dark region behind a bright one. Add each region up by itself.")
def region_differences_of_a_running_sum(image, regions):
    place, order = regions.flatten().sort()
    _, number, counts = place.unique(return_inverse=True, return_counts=True)
    ends = image.flatten(1)[:, order].cumsum(dim=1)[:, counts.cumsum(0) - 1]
    sums = ends - torch.cat([image.new_zeros(len(image), 1), ends[:, :-1]], dim=1)
    out = image.new_empty(len(image), len(place))
    out[:, order] = (sums / counts)[:, number]
    return out.reshape(image.shape)


@mistake("region_means", edit={"regions.flatten()\n": "regions.flatten().to(torch.uint8).long()\n"}, hint="The regions' numbers are cut to a byte, and 256 becomes 0. Take them as they are.")
def numbers_as_bytes(): ...


@mistake("region_means", edit={"num_regions = int(place.max()) + 1": "num_regions = len(place.unique())"}, hint="There is room for as many sums as there are different numbers. Where a number is missing in between, the largest is larger than that.")
def too_few_rows(): ...


@mistake("region_means", hint="The loop counts how many different regions there are. Where a number is missing in between, it never comes to the last ones.")
def the_last_never_reached(image, regions):
    out = image.clone()
    for region in range(len(regions.unique())):
        mask = regions == region
        if mask.any():
            out[:, mask] = image[:, mask].mean(dim=1, keepdim=True)
    return out


@mistake("region_means", hint="Region 0 stays as it was. It is a region like any other.")
def without_region_zero(image, regions):
    out = image.clone()
    for region in regions.unique():
        mask = regions == region
        if region > 0:
            out[:, mask] = image[:, mask].mean(dim=1, keepdim=True)
    return out


@mistake("region_means", edit={"image.flatten(1).T": "image.permute(2, 1, 0).reshape(-1, len(image))", "means[place].T.reshape(image.shape)": "means[place].reshape(*image.shape[1:][::-1], -1).permute(2, 1, 0)"}, hint="The pixels are read column by column, and the regions row by row. Both should come in one order.")
def pixels_column_by_column(): ...


@mistake("region_means", edit={"num_regions = int(place.max()) + 1": "num_regions = image.shape[1]", "minlength=num_regions)": "minlength=num_regions)[:num_regions]"}, hint="There is room for as many regions as the image has rows. There may be more: how large is the largest number?")
def as_many_as_rows(): ...


@mistake("region_means", edit={"means = sums / counts[:, None]": "means = (sums / counts[:, None] * 255).round() / 255"}, hint="The mean colours are rounded to steps of 1/255. Leave them as they are.")
def colours_in_steps(): ...


@mistake("region_means", edit={"means[place].T.reshape(image.shape)": "means[place].reshape(*image.shape[1:], -1).permute(2, 1, 0)"}, hint="On the way back height and width change places. The answer is (C, H, W), as the image is.")
def lies_on_its_side(): ...


@mistake("region_means", hint="There is room for as many sums as there are different numbers. Where a number is missing in between, the largest is larger than that.")
def too_few_columns(image, regions):
    place = regions.flatten()
    num = len(place.unique())
    sums = image.new_zeros(len(image), num).index_add(1, place, image.flatten(1))
    return (sums / place.bincount(minlength=num).clamp(min=1)[:num])[:, place].reshape(image.shape)


@mistake("region_means", hint="There is room for as many regions as the image has rows. There may be more: how large is the largest number?")
def as_many_columns_as_rows(image, regions):
    num, place = image.shape[1], regions.flatten()
    sums = image.new_zeros(len(image), num).index_add(1, place, image.flatten(1))
    return (sums / place.bincount(minlength=num).clamp(min=1))[:, place].reshape(image.shape)


@right("region_means")
def region_by_region(image, regions):
    out = torch.empty_like(image)
    for region in regions.unique():
        inside = regions == region
        out[:, inside] = image[:, inside].mean(dim=1)[:, None]
    return out


@right("region_means")
def by_a_matrix(image, regions):
    member = F.one_hot(regions.flatten()).to(image.dtype)
    means = image.flatten(1) @ member / member.sum(dim=0)
    return means[:, regions]


@right("region_means")
def by_unique(image, regions):
    _, place, counts = regions.unique(return_inverse=True, return_counts=True)
    sums = torch.zeros(len(counts), *image.shape[:1], dtype=image.dtype, device=image.device)
    sums.index_add_(0, place.reshape(-1), image.permute(1, 2, 0).reshape(-1, image.shape[0]))
    return (sums / counts.unsqueeze(1))[place].permute(2, 0, 1)


@right("region_means")
def by_scatter_reduce(image, regions):
    flat = image.flatten(1)
    place = regions.flatten().expand_as(flat)
    means = flat.new_zeros(len(flat), int(regions.max()) + 1)
    means = means.scatter_reduce(1, place, flat, reduce="mean", include_self=False)
    return means.gather(1, place).view_as(image)


@right("region_means")
def channel_by_channel(image, regions):
    place = regions.flatten()
    counts = torch.bincount(place)
    painted = []
    for channel in image:
        total = counts.new_zeros(len(counts), dtype=image.dtype).scatter_add(0, place, channel.flatten())
        painted.append((total / counts)[place].reshape(regions.shape))
    return torch.stack(painted)


# gradient_of


@mistake("gradient_of", hint="You mark the caller's tensor. Gradients add up there: a second call gives the sum of both. Make a leaf of your own.")
def marks_x(f, x):
    x.requires_grad_()
    f(x).backward()
    return x.grad


@mistake("gradient_of", hint="The gradient is cleared first, and the caller's tensor is marked all the same, and holds it afterwards. Make a leaf of your own.")
def marks_x_and_clears(f, x):
    x.requires_grad_()
    x.grad = None
    f(x).backward()
    return x.grad.clone()


@mistake("gradient_of", hint="The place is marked for a moment and unmarked again: if it was a leaf before, it no longer is. Leave it alone, and make a leaf of your own.")
def marks_and_unmarks(f, x):
    x.requires_grad_()
    (found,) = torch.autograd.grad(f(x), x)
    x.requires_grad_(False)
    return found


@mistake("gradient_of", hint="Where x requires a gradient already, the one that it holds is added to, and then thrown away. Leave x alone, and make a leaf of your own.")
def puts_back_what_it_marks(f, x):
    before = x.requires_grad
    x.requires_grad_(True)
    f(x).backward()
    found, x.grad = x.grad, None
    x.requires_grad_(before)
    return found


@mistake("gradient_of", edit={".detach()": ""}, hint="A clone remembers where it came from: if x requires a gradient, the clone is no leaf, and the gradient flows on into x. Detach it first.")
def clone_alone(): ...


@mistake("gradient_of", edit={"return leaf.grad": "return leaf"}, hint="The leaf itself came back. Its gradient is in `.grad`.")
def the_leaf(): ...


@mistake("gradient_of", edit={"    f(leaf).backward()\n    return leaf.grad": "    return f(leaf)"}, hint="This is the value of f. Its gradient is asked for: go back from the value.")
def the_value(): ...


@mistake("gradient_of", edit={"return leaf.grad": "return -leaf.grad"}, hint="The sign is turned: this is the way down. The gradient points up.")
def downhill(): ...


@mistake("gradient_of", edit={"return leaf.grad": "return leaf - leaf.grad"}, hint="This is a step against the gradient. The gradient itself is asked for.")
def a_step(): ...


@mistake("gradient_of", edit={"return leaf.grad": "return leaf.grad / leaf.grad.norm()"}, hint="The gradient is scaled to length 1. How steep it is belongs to it.")
def of_length_one(): ...


@mistake("gradient_of", edit={"f(leaf).backward()\n    return leaf.grad": "return torch.autograd.grad(f(leaf), leaf, create_graph=True)[0]"}, hint="`create_graph=True` makes the gradient part of a graph again, so that it requires a gradient itself. Leave it out.")
def still_in_the_graph(): ...


@mistake("gradient_of", edit={"f(leaf).backward()\n    return leaf.grad": "return torch.autograd.grad(f(leaf), leaf)"}, hint="`torch.autograd.grad` gives a tuple, with one gradient for each tensor asked about: take the first.")
def a_tuple(): ...


@mistake("gradient_of", hint="These slopes are measured with a small step, and where a function bends fast they are off. Let autograd derive them.")
def measured(f, x):
    flat, step = x.detach().clone().reshape(-1), 1e-5
    found = torch.zeros_like(flat)
    for i in range(len(flat)):
        up, down = flat.clone(), flat.clone()
        up[i] += step
        down[i] -= step
        found[i] = (f(up.reshape(x.shape)) - f(down.reshape(x.shape))) / (2 * step)
    return found.reshape(x.shape)


@mistake("gradient_of", edit={"f(leaf).backward()\n    return leaf.grad": "f(leaf).backward()\n    return leaf.grad.sum()"}, hint="The gradient is summed up. It has a number for each number of x.")
def summed(): ...


@mistake("gradient_of", hint="The slope is fetched twice without clearing in between, and gradients add up: it is twice as steep.")
def fetched_twice(f, x):
    leaf = x.detach().clone().requires_grad_()
    f(leaf).backward()
    f(leaf).backward()
    return leaf.grad


@mistake("gradient_of", edit={"x.detach().clone()": "x.detach().double()", "return leaf.grad": "return leaf.grad.to(x.dtype)"}, hint="f is given a float64 tensor, whatever x is. It should meet one like x: it may multiply it with a matrix of x's dtype.")
def f_given_float64(): ...


@mistake("gradient_of", edit={"    leaf = x.detach().clone().requires_grad_()\n    f(leaf).backward()\n    return leaf.grad": "    return torch.func.grad(f)(x)"}, hint="Where x requires a gradient itself, the answer of `torch.func.grad` hangs in its graph and requires one too. Let x go first.")
def func_grad_of_a_leaf(): ...


@mistake("gradient_of", hint="Where x holds a gradient already, the new one is added to it, and the sum comes back. Leave x alone, and make a leaf of your own.")
def with_the_old_gradient(f, x):
    before = x.requires_grad
    x.requires_grad_()
    f(x).backward()
    found = x.grad.clone()
    if not before:
        x.requires_grad_(False)
        x.grad = None
    return found


@mistake("gradient_of", edit={"    leaf = x": "    x.grad = None\n    leaf = x"}, hint="The gradient that the caller's tensor holds is thrown away. It should stay as it is.")
def clears_the_callers(): ...


@mistake("gradient_of", hint="`detach_()` works in place: it is the caller's tensor that is cut from its graph, and marked. `detach()` leaves it alone.")
def detached_in_place(f, x):
    leaf = x.detach_().requires_grad_()
    f(leaf).backward()
    found = leaf.grad
    leaf.requires_grad_(False)
    return found


@mistake("gradient_of", hint="These slopes are measured with a small step, and where a function bends fast they are off. Let autograd derive them.")
def measured_coarsely(f, x):
    flat, step, found = x.detach().clone().reshape(-1), 1e-3, []
    for i in range(len(flat)):
        up, down = flat.clone(), flat.clone()
        up[i] += step
        down[i] -= step
        found.append((f(up.reshape(x.shape)) - f(down.reshape(x.shape))) / (2 * step))
    return torch.stack(found).reshape(x.shape).detach()


@mistake("gradient_of", edit={"x.detach().clone()": "x.detach().float().clone()"}, hint="The leaf is float32, whatever x is; one that is made of Python numbers always is. It should have the dtype of x.")
def leaf_in_float32(): ...


@mistake("gradient_of", hint="x is marked, loses its own gradient, and is unmarked in the end, whatever it was before. Leave it alone, and make a leaf of your own.")
def marks_clears_and_unmarks(f, x):
    x.requires_grad_(True)
    x.grad = None
    f(x).backward()
    found = x.grad
    x.grad = None
    x.requires_grad_(False)
    return found


@mistake("gradient_of", hint="A clone remembers where it came from: where x requires a gradient, backward goes on into x and adds to the one that it holds. Detach the clone.")
def clone_that_retains(f, x):
    copy = x.clone()
    if x.requires_grad:
        copy.retain_grad()
    else:
        copy.requires_grad_()
    f(copy).backward()
    return copy.grad


@mistake("gradient_of", edit={"return leaf.grad": "x.grad = leaf.grad.clone()\n    return leaf.grad"}, hint="The gradient is written into the caller's tensor as well, which should notice nothing.")
def written_into_x(): ...


@mistake("gradient_of", hint="f is given one row at a time. It takes a tensor like x, and all numbers of x may work together in it.")
def row_by_row(f, x):
    rows = []
    for row in x.detach():
        leaf = row[None].clone().requires_grad_()
        f(leaf).backward()
        rows.append(leaf.grad[0])
    return torch.stack(rows)


@mistake("gradient_of", edit={"    f(leaf).backward()\n    return leaf.grad": "    return f(leaf).detach()"}, hint="This is the value of f. Its gradient is asked for: go back from the value.")
def the_value_detached(): ...


@right("gradient_of")
def by_autograd_grad(f, x):
    leaf = x.detach().requires_grad_(True)
    return torch.autograd.grad(f(leaf), leaf)[0]


@right("gradient_of")
def by_torch_func(f, x):
    return torch.func.grad(f)(x.detach())


@right("gradient_of")
def by_a_parameter(f, x):
    place = torch.nn.Parameter(x.detach().clone())
    value = f(place)
    value.backward()
    return place.grad.detach()


@right("gradient_of")
def under_enable_grad(f, x):
    with torch.enable_grad():
        place = torch.empty_like(x).copy_(x.detach())
        place.requires_grad = True
        f(place).backward()
    return place.grad


@right("gradient_of")
def by_a_jacobian(f, x):
    return torch.autograd.functional.jacobian(f, x.detach())
