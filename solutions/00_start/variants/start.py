"""What students write in start: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right

# row_means


@mistake("row_means", edit={".mean": ".sum"}, hint="These are the sums of the rows. Divide each by how many numbers its row has.")
def sums(): ...


@mistake("row_means", edit={"=1": "=0"}, hint="These are the means of the columns. Which dimension should be gone afterwards?")
def columns(): ...


@mistake("row_means", edit={"dim=1": ""}, hint="This is one mean of everything. Say along which dimension: dim=0 or dim=1?")
def of_everything(): ...


@mistake(
    "row_means",
    edit={"=1": "=1, keepdim=True"},
    hint="The means are right, and the shape is (N, 1): a dimension of length 1 was kept. It should be (N,).",
)
def kept_dimension(): ...


@mistake("row_means", edit={"mean(dim=1)": "sum(dim=1) / len(x)"}, hint="The sums are divided by the number of rows. How many numbers does each row have?")
def divided_by_the_rows(): ...


@mistake("row_means", edit={"mean(dim=1)": "median(dim=1).values"}, hint="These are medians, the middle values. The mean is the sum divided by the count.")
def medians(): ...


@mistake("row_means", edit={"x.mean(dim=1)": "[float(row.mean()) for row in x]"}, hint="These are Python numbers in a list. Return a tensor of shape (N,).")
def a_list(): ...


@mistake(
    "row_means",
    edit={"mean(dim=1)": "sum(dim=1) // x.shape[1]"},
    hint="The means were rounded to whole numbers on the way: `//` drops what is behind the point.",
)
def whole_division(): ...


@mistake("row_means", edit={"return x.mean(dim=1)": "x /= x.shape[1]\n    return x.sum(dim=1)"}, hint="The means are right, but x itself was divided on the way: the caller still needs it as it was.")
def divided_in_place(): ...


@mistake("row_means", hint="Zeros were left out, as if they were missing. A zero is a number of the row like any other.")
def zeros_left_out(x):
    count = (x != 0).sum(dim=1).clamp(min=1)
    return x.sum(dim=1) / count.to(x.dtype)


@mistake(
    "row_means",
    edit={"mean(dim=1)": "float().mean(dim=1).to(x.dtype)"},
    hint="The dtype is right and half of the digits are not: somewhere on the way the numbers pass through float32.",
)
def through_float32_and_back(): ...


@mistake(
    "row_means",
    edit={"x.mean(dim=1)": "torch.tensor([float(row.mean()) for row in x], dtype=x.dtype)"},
    hint="The means are made on the CPU, wherever x lives. Give the new tensor the device of x as well as its dtype.",
)
def means_on_the_cpu(): ...


@right("row_means")
def sum_over_count(x):
    return x.sum(dim=1) / x.shape[1]


@right("row_means")
def row_by_row(x):
    return torch.stack([row.mean() for row in x])


@right("row_means")
def last_dimension(x):
    return torch.mean(x, -1)


@right("row_means")
def as_a_product(x):
    return x @ x.new_full((x.shape[1],), 1 / x.shape[1])


# append_ones


@mistake("append_ones", edit={", x.new_ones(len(x), 1)": ".new_ones(len(x), 1), x"}, hint="The ones stand on the left. Which of the two comes first in torch.cat?")
def on_the_left(): ...


@mistake(
    "append_ones",
    edit={"[x, x.new_ones(len(x), 1)], dim=1": "[x, x.new_ones(1, x.shape[1])], dim=0"},
    hint="A row of ones was added below. Put a column beside the others: along which dimension?",
)
def a_row(): ...


@mistake("append_ones", edit={"new_ones": "new_zeros"}, hint="The new column holds zeros.")
def zeros(): ...


@mistake(
    "append_ones",
    edit={"torch.cat([x, x.new_ones(len(x), 1)], dim=1)": "x + 1"},
    hint="One was added to every number. The numbers of x should stay, with a column beside them.",
)
def added_one(): ...


@mistake(
    "append_ones",
    edit={"return torch.cat([x, x.new_ones(len(x), 1)], dim=1)": "x[:, -1] = 1\n    return x"},
    hint="The ones replace the last column of x. They should stand beside it, as one column more.",
)
def replaced(): ...


@mistake("append_ones", edit={"torch.cat([x, x.new_ones(len(x), 1)], dim=1)": "x.new_ones(len(x), 1)"}, hint="The column of ones alone came back. Put x and the column together.")
def only_the_column(): ...


@mistake("append_ones", edit={"x.new_ones(len(x), 1)": "torch.ones_like(x)"}, hint="As many columns of ones were added as x has. One is enough.")
def as_many_as_x(): ...


@mistake(
    "append_ones", edit={"x.new_ones(len(x), 1)": "torch.ones(len(x), 1, dtype=x.dtype)"}, hint="The ones are made on the CPU, wherever x lives. x.new_ones makes them where x is."
)
def on_the_cpu(): ...


@mistake(
    "append_ones",
    edit={", x.new_ones(len(x), 1)": ".float(), torch.ones(len(x), 1, device=x.device)"},
    hint="The answer is float32 whatever came in. Give the ones the dtype of x, and leave x as it is.",
)
def float32_always(): ...


@mistake(
    "append_ones",
    edit={".new_ones(len(x), 1)": "[:, :1] / x[:, :1]"},
    hint="A number divided by itself is 1, unless it is 0: then it is NaN. The ones need nothing from the numbers of x.",
)
def divided_by_itself(): ...


@mistake(
    "append_ones",
    edit={"([x, x.new_ones(len(x), 1)], dim=1)": "([x.float(), torch.ones(len(x), 1, device=x.device)], dim=1).to(x.dtype)"},
    hint="The dtype is right and half of the digits of x are not: on the way the table passes through float32.",
)
def float32_and_back(): ...


@right("append_ones")
def with_pad(x):
    return torch.nn.functional.pad(x, (0, 1), value=1)


@right("append_ones")
def into_an_empty_table(x):
    out = x.new_ones(x.shape[0], x.shape[1] + 1)
    out[:, :-1] = x
    return out


@right("append_ones")
def with_device_and_dtype(x):
    return torch.hstack([x, torch.ones(x.shape[0], 1, dtype=x.dtype, device=x.device)])


@mistake("append_ones", hint="A table whose last column happens to hold ones came back as it was. It gets a column like any other.")
def only_where_none_stands(x):
    if bool((x[:, -1] == 1).all()):
        return x.clone()
    return torch.cat([x, x.new_ones(len(x), 1)], dim=1)
