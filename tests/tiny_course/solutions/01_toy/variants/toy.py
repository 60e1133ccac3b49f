"""What students write in the toy."""

import torch

from autograder.authoring.variants import mistake, right


@mistake("row_means", hint="These are the sums of the rows: divide by their length.")
def sums(x):
    return x.sum(dim=1)


@mistake("row_means", hint="These are the means of the columns: which dimension are the rows laid along?")
def columns(x):
    return x.mean(dim=0)


@mistake("row_means", hint="The result keeps a dimension of one: drop it.")
def keeps_dimension(x):
    return x.mean(dim=1, keepdim=True)


@mistake("row_means", hint="This divides by one less than the number of columns.")
def off_by_one(x):
    return x.sum(dim=1) / max(1, x.shape[1] - 1)


@mistake("row_means", hint="A loop is not needed.")
def loops(x):
    return torch.stack([row.mean() for row in x])


@mistake("row_means", hint="The last column is left out.")
def misses_last(x):
    return x[:, :-1].sum(dim=1) / x.shape[1]


@mistake("row_means", hint="The result is made on the CPU.")
def on_the_cpu(x):
    return torch.zeros(x.shape[0]) + x.mean(dim=1)


@right("row_means")
def by_matmul(x):
    return x @ torch.full((x.shape[1],), 1 / x.shape[1], dtype=x.dtype, device=x.device)


@right("row_means")
def by_sum(x):
    return helper(x) / x.shape[1]


def helper(x):
    return x.sum(-1)


@mistake("Scaler", hint="transform uses the mean of the new rows.")
class OwnMean:
    def fit(self, x):
        pass

    def transform(self, x):
        return x - x.mean(dim=0)


@mistake("Scaler", hint="transform changes its input.")
class InPlace:
    def fit(self, x):
        self.mean = x.mean(dim=0)

    def transform(self, x):
        x -= self.mean
        return x


@mistake("Scaler", hint="One mean for all columns.")
class OneMean:
    def fit(self, x):
        self.mean = x.mean()

    def transform(self, x):
        return x - self.mean


@mistake("Scaler", hint="The mean is added.")
class Adds:
    def fit(self, x):
        self.mean = x.mean(dim=0)

    def transform(self, x):
        return x + self.mean


@mistake("Scaler", hint="fit keeps the sum.")
class Sums:
    def fit(self, x):
        self.mean = x.sum(dim=0)

    def transform(self, x):
        return x - self.mean


@right("Scaler")
class WithSub:
    def fit(self, x):
        self.kept = x.sum(0) / len(x)

    def transform(self, x):
        return torch.sub(x, self.kept)


@right("Scaler")
class Inherits(Scaler):
    pass
