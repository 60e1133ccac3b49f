"""What students write in word2vec: mistakes with the hint each deserves, and other right answers."""

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

solved_skip_gram = skip_gram_loss


# cosine_similarity


@right("cosine_similarity")
def by_einsum(x, y, eps=1e-8):
    products = torch.einsum("md,nd->mn", x, y)
    long_x = x.square().sum(dim=1).sqrt().clamp(min=eps)
    long_y = y.square().sum(dim=1).sqrt().clamp(min=eps)
    return products / long_x[:, None] / long_y


@right("cosine_similarity")
def by_broadcasting(x, y, eps=1e-8):
    def unit(rows):
        length = rows.pow(2).sum(-1, keepdim=True) ** 0.5
        return rows / torch.maximum(length, torch.full_like(length, eps))

    return (unit(x)[:, None, :] * unit(y)[None, :, :]).sum(dim=-1)


@right("cosine_similarity")
def by_where(x, y, eps=1e-8):
    nx, ny = x.norm(dim=1), y.norm(dim=1)
    nx, ny = torch.where(nx < eps, eps, nx), torch.where(ny < eps, eps, ny)
    return torch.mm(x, y.t()) / torch.outer(nx, ny)


@mistake("cosine_similarity", edit={"(x / long_x) @ (y / long_y).T": "x @ y.T"}, hint="These are products: a longer vector gets a larger number. Divide by the lengths.")
def products_alone(): ...


@mistake("cosine_similarity", edit={"(x / long_x) @ (y / long_y).T": "(x / long_x) @ y.T"}, hint="Only the rows of x are brought to length 1.")
def only_x_is_divided(): ...


@mistake("cosine_similarity", edit={"(x / long_x) @ (y / long_y).T": "x @ (y / long_y).T"}, hint="Only the rows of y are brought to length 1.")
def only_y_is_divided(): ...


@mistake("cosine_similarity", edit={"x, dim=1, keepdim=True": "x, dim=0, keepdim=True", "y, dim=1, keepdim=True": "y, dim=0, keepdim=True"}, hint="The lengths are those of columns. A vector is a row here.")
def lengths_of_columns(): ...


@mistake("cosine_similarity", edit={"vector_norm(x, dim=1, keepdim=True)": "vector_norm(x)", "vector_norm(y, dim=1, keepdim=True)": "vector_norm(y)"}, hint="There is one length for the whole table. Each row has a length of its own.")
def one_length_for_all(): ...


@mistake("cosine_similarity", edit={"(x / long_x) @ (y / long_y).T": "(x / long_x**2) @ (y / long_y**2).T"}, hint="It is divided by squares of lengths. Is a root missing?")
def squared_lengths(): ...


@mistake("cosine_similarity", edit={"x, dim=1, keepdim=True": "x, ord=1, dim=1, keepdim=True", "y, dim=1, keepdim=True": "y, ord=1, dim=1, keepdim=True"}, hint="The lengths are sums of absolute values. Which length belongs to the angle?")
def lengths_by_absolute_values(): ...


@mistake("cosine_similarity", edit={"x, dim=1, keepdim=True).clamp(min=eps)": "x, dim=1, keepdim=True) + eps", "y, dim=1, keepdim=True).clamp(min=eps)": "y, dim=1, keepdim=True) + eps"}, hint="eps is added to every length. It is a floor: longer vectors don't feel it.")
def eps_is_added(): ...


@mistake("cosine_similarity", edit={"x, dim=1, keepdim=True).clamp(min=eps)": "x, dim=1, keepdim=True)", "y, dim=1, keepdim=True).clamp(min=eps)": "y, dim=1, keepdim=True)", "(x / long_x) @ (y / long_y).T": "(x @ y.T) / (long_x * long_y.T).clamp(min=eps)"}, hint="The floor is put under the product of the two lengths. It belongs under each of them.")
def floor_under_the_product(): ...


@mistake("cosine_similarity", edit={"x, dim=1, keepdim=True).clamp(min=eps)": "x, dim=1, keepdim=True).square().clamp(min=eps).sqrt()", "y, dim=1, keepdim=True).clamp(min=eps)": "y, dim=1, keepdim=True).square().clamp(min=eps).sqrt()"}, hint="The floor is put under the square of the length, so that it lies at the root of eps.")
def floor_under_the_square(): ...


@mistake("cosine_similarity", edit={"x, dim=1, keepdim=True).clamp(min=eps)": "x, dim=1, keepdim=True).square().add(eps).sqrt()", "y, dim=1, keepdim=True).clamp(min=eps)": "y, dim=1, keepdim=True).square().add(eps).sqrt()"}, hint="eps is added under the root. It is a floor: longer vectors don't feel it.")
def eps_under_the_root(): ...


@mistake("cosine_similarity", edit={"y, dim=1, keepdim=True).clamp(min=eps)": "y, dim=1, keepdim=True)"}, hint="The lengths of y have no floor.")
def no_floor_for_y(): ...


@mistake("cosine_similarity", edit={"x, dim=1, keepdim=True).clamp(min=eps)": "x, dim=1, keepdim=True)"}, hint="The lengths of x have no floor.")
def no_floor_for_x(): ...


@mistake("cosine_similarity", edit={"x, dim=1, keepdim=True).clamp(min=eps)": "x, dim=1, keepdim=True)", "y, dim=1, keepdim=True).clamp(min=eps)": "y, dim=1, keepdim=True)"}, hint="The lengths have no floor: what is 0 / 0?")
def no_floor(): ...


@mistake("cosine_similarity", edit={"x, dim=1, keepdim=True).clamp(min=eps)": "x, dim=1, keepdim=True)", "y, dim=1, keepdim=True).clamp(min=eps)": "y, dim=1, keepdim=True)", "(x / long_x) @ (y / long_y).T": "((x / long_x) @ (y / long_y).T).nan_to_num()"}, hint="The nan are gone, but there is no floor: a length below eps has to count as eps.")
def nan_replaced(): ...


@mistake("cosine_similarity", edit={"(x / long_x) @ (y / long_y).T": "(y / long_y) @ (x / long_x).T"}, hint="Rows and columns have changed places: row i belongs to x[i].")
def table_turned_round(): ...


@mistake("cosine_similarity", edit={"(x / long_x) @ (y / long_y).T": "((x / long_x) @ (y / long_y).T).clamp(min=0)"}, hint="Negative cosines became 0. A cosine may be as low as -1.")
def no_negative_cosines(): ...


@mistake("cosine_similarity", edit={"(x / long_x) @ (y / long_y).T": "((x / long_x) @ (y / long_y).T).clamp(-1, 1).acos()"}, hint="This is the angle, and asked for is its cosine.")
def the_angle(): ...


@mistake("cosine_similarity", edit={"long_x = torch": "x, y = x - x.mean(dim=1, keepdim=True), y - y.mean(dim=1, keepdim=True)\n    long_x = torch"}, hint="The mean of each row is taken off: that is a correlation. A cosine takes the vectors as they are.")
def means_taken_off(): ...


@mistake("cosine_similarity", edit={"x, dim=1, keepdim=True).clamp(min=eps)": "x, dim=1, keepdim=True)", "y, dim=1, keepdim=True).clamp(min=eps)": "y, dim=1, keepdim=True)", "(x / long_x) @ (y / long_y).T": "(x @ y.T) / (long_x * long_y.T + eps)"}, hint="eps is added to the product of the lengths. It is a floor, and under each length by itself.")
def eps_added_to_the_product(): ...


@mistake("cosine_similarity", edit={"x, dim=1, keepdim=True).clamp(min=eps)": "x, dim=1, keepdim=True)", "y, dim=1, keepdim=True).clamp(min=eps)": "y, dim=1, keepdim=True)", "(x / long_x) @ (y / long_y).T": "(x @ y.T) / (long_x * long_y.T).clamp(min=eps**2)"}, hint="The floor is put under the product of the two lengths: one that is long makes up for one that is too short. Each needs its own.")
def floor_squared_under_the_product(): ...


@mistake("cosine_similarity", hint="There is one number for each row. Each row of x belongs with each row of y: a table.")
def row_by_row(x, y, eps=1e-8):
    return (x * y).sum(dim=1) / (x.norm(dim=1).clamp(min=eps) * y.norm(dim=1).clamp(min=eps))


@mistake("cosine_similarity", edit={"(x / long_x) @ (y / long_y).T": "(1 + (x / long_x) @ (y / long_y).T) / 2"}, hint="These lie between 0 and 1: the cosines were moved and halved. They go from -1 to 1.")
def halved_and_moved(): ...


@mistake("cosine_similarity", hint="A row that is shorter than eps is treated as zeros. Its length counts as eps, and it keeps its direction.")
def short_rows_to_zero(x, y, eps=1e-8):
    def unit(rows):
        lengths = rows.norm(dim=1, keepdim=True)
        return torch.where(lengths < eps, torch.zeros_like(rows), rows / lengths.clamp(min=eps))

    return unit(x) @ unit(y).T


# skip_gram_loss

NO_WORD = "A free place, -1, is taken for the last word: in Python it is the place of that."
WORD_0 = "A free place, -1, is taken for word 0. What comes of it has to be multiplied by 0."
ADD_UP = "Where a word comes several times, only the last of its gradients is kept: `table[rows] += …` does not add up."
OVERFLOW = "Large scores give inf or nan: exp overflows, or the logarithm of 0 is taken."
BY_EPS = "Something small is added under the logarithm, so that a large loss is cut off."
TABLES = "The two tables have changed places: which one holds words that are seen?"
RETURNED = "The two gradients come back in the wrong order."
ROWS = "The mean is taken over the rows that have a context. All B rows count."
SIGN = "The loss is right, and the gradients have the wrong sign: a step against them has to make the loss smaller."
SUMMED = "The loss is summed over the batch: take the mean over the B rows, in the loss and in its gradients."
CUT = "The scores or their logarithms are cut off at some number. Large ones count in full."
CENTRE_DROPPED = "A context word that is the centre's own word is left out. A word may be its own neighbour."
WORDS_FIRST = "The words are taken to stand first, and the free places last. A -1 may stand in any place."
TWICE = "A word that stands in a context twice counts once. It counts twice."
SOFTMAX_OF_ROWS = "The softmax runs over the rows of the batch. It is over the words."
ONE_ROW = "`squeeze()` drops every axis of size 1, also that of a batch with one row: name the axis that you mean."
GRADIENT_SUMMED = "The loss is a mean and the gradients are those of a sum: divide them by B, too."


@right("skip_gram_loss")
def by_counts(inputs, outputs, centres, contexts):
    num_words = len(inputs)
    spots = F.one_hot(contexts + 1, num_words + 1)[..., 1:].sum(dim=1).to(inputs.dtype)
    seen = inputs[centres]
    scores = seen @ outputs.T
    log_p = scores - scores.logsumexp(dim=1, keepdim=True)
    loss = -(spots * log_p).sum() / len(centres)
    d_scores = (spots.sum(dim=1, keepdim=True) * log_p.exp() - spots) / len(centres)
    which = F.one_hot(centres, num_words).to(inputs.dtype)
    return loss, which.T @ (d_scores @ outputs), d_scores.T @ seen


@right("skip_gram_loss")
def pair_by_pair(inputs, outputs, centres, contexts):
    rows, columns = torch.where(contexts != -1)
    middle, near = centres[rows], contexts[rows, columns]
    v = inputs[middle]
    scores = v @ outputs.t()
    scores = scores - scores.max(dim=1, keepdim=True).values
    total = scores.exp().sum(dim=1, keepdim=True)
    p = scores.exp() / total
    which = torch.arange(len(near), device=near.device)
    loss = (total.log()[:, 0] - scores[which, near]).sum() / len(centres)
    d = p
    d[which, near] -= 1
    d = d / len(centres)
    d_in = torch.zeros_like(inputs)
    d_in.index_add_(0, middle, d @ outputs)
    return loss, d_in, d.t() @ v


@right("skip_gram_loss")
def loss_by_cross_entropy(inputs, outputs, centres, contexts):
    num, size = contexts.shape
    scores = inputs[centres] @ outputs.T
    wide = scores[:, None].expand(-1, size, -1).reshape(num * size, -1)
    loss = F.cross_entropy(wide, contexts.reshape(-1), ignore_index=-1, reduction="sum") / num
    there = contexts.ne(-1)
    slopes = scores.softmax(dim=1) * there.sum(dim=1)[:, None]
    slopes.scatter_add_(1, contexts.clamp(min=0), -there.to(slopes.dtype))
    slopes /= num
    d_inputs = torch.zeros_like(inputs)
    d_inputs.index_put_((centres,), slopes @ outputs, accumulate=True)
    return loss, d_inputs, slopes.T @ inputs[centres]


@mistake("skip_gram_loss", edit={"there = (contexts >= 0).to(inputs.dtype)": "there = torch.ones_like(contexts).to(inputs.dtype)", "contexts.clamp(min=0)": "contexts % len(inputs)"}, hint=NO_WORD)
def skip_gram_takes_the_last_word(): ...


@mistake("skip_gram_loss", edit={"there = (contexts >= 0).to(inputs.dtype)": "there = torch.ones_like(contexts).to(inputs.dtype)"}, hint=WORD_0)
def skip_gram_takes_word_0(): ...


@mistake("skip_gram_loss", edit={"(contexts >= 0)": "(contexts > 0)"}, hint="Word 0 is taken for a free place. Only -1 is one.")
def skip_gram_leaves_word_0_out(): ...


@mistake("skip_gram_loss", edit={"there.sum(dim=1, keepdim=True)": "contexts.shape[1]"}, hint="The gradient in the scores takes the probabilities once for each place, also for the free ones.")
def skip_gram_counts_free_places_in_the_gradient(): ...


@mistake("skip_gram_loss", edit={"log_p.exp() * there.sum(dim=1, keepdim=True)": "log_p.exp()"}, hint="The gradient in the scores has the probabilities once. How many guesses does a centre make?")
def skip_gram_probabilities_once(): ...


@mistake("skip_gram_loss", edit={"-(log_p.gather(1, words) * there).sum() / len(centres)": "-(log_p.gather(1, words) * there).sum() / there.sum()", "-there) / len(centres)": "-there) / there.sum()"}, hint="The mean is taken over all guesses. The formula has a sum over the context, and the mean over the B centres.")
def skip_gram_mean_over_guesses(): ...


@mistake("skip_gram_loss", edit={"loss = -(log_p.gather(1, words) * there).sum() / len(centres)": "loss = -(log_p.gather(1, words) * there).mean()", "-there) / len(centres)": "-there) / contexts.numel()"}, hint="The mean is taken over all places, B times K. The formula has a sum over the context.")
def skip_gram_mean_over_places(): ...


@mistake("skip_gram_loss", edit={"there = (contexts >= 0).to(inputs.dtype)": "there = (contexts >= 0).to(inputs.dtype)\n    there = there / there.sum(dim=1, keepdim=True).clamp(min=1)"}, hint="Each centre takes the mean over its context. The formula has a sum there.")
def skip_gram_mean_over_the_context(): ...


@mistake("skip_gram_loss", edit={"* there).sum() / len(centres)": "* there).sum()", "-there) / len(centres)": "-there)"}, hint=SUMMED)
def skip_gram_summed(): ...


@mistake("skip_gram_loss", edit={"-there) / len(centres)": "-there)"}, hint=GRADIENT_SUMMED)
def skip_gram_gradient_summed(): ...


@mistake("skip_gram_loss", edit={"* there).sum() / len(centres)": "* there).sum() / (there.sum(dim=1) > 0).sum().clamp(min=1)", "-there) / len(centres)": "-there) / (there.sum(dim=1) > 0).sum().clamp(min=1)"}, hint=ROWS)
def skip_gram_mean_over_rows_with_a_context(): ...


@mistake("skip_gram_loss", edit={"d_inputs = torch.zeros_like(inputs).index_add(0, centres, slopes @ outputs)": "d_inputs = torch.zeros_like(inputs)\n    d_inputs[centres] += slopes @ outputs"}, hint=ADD_UP)
def skip_gram_does_not_add_up(): ...


@mistake("skip_gram_loss", edit={"slopes = slopes.scatter_add(1, words, -there) / len(centres)": "marks = torch.zeros_like(slopes).scatter_reduce(1, words, there, 'amax')\n    slopes = (slopes - marks) / len(centres)"}, hint="In the gradient a word of the context counts once, however often it stands there.")
def skip_gram_words_once_in_the_gradient(): ...


@mistake("skip_gram_loss", edit={"inputs[centres]": "outputs[centres]", "seen @ outputs.T": "seen @ inputs.T", "return loss, d_inputs, slopes.T @ seen": "return loss, slopes.T @ seen, d_inputs", "slopes @ outputs": "slopes @ inputs"}, hint=TABLES)
def skip_gram_tables_exchanged(): ...


@mistake("skip_gram_loss", edit={"return loss, d_inputs, slopes.T @ seen": "return loss, slopes.T @ seen, d_inputs"}, hint=RETURNED)
def skip_gram_gradients_exchanged(): ...


@mistake("skip_gram_loss", edit={"F.log_softmax(seen @ outputs.T, dim=1)": "(lambda e: (e / e.sum(dim=1, keepdim=True)).log())((seen @ outputs.T).exp())"}, hint=OVERFLOW)
def skip_gram_overflows(): ...


@mistake("skip_gram_loss", edit={"loss = -(log_p.gather(1, words) * there)": "loss = -((log_p.exp() + 1e-10).log().gather(1, words) * there)"}, hint=BY_EPS)
def skip_gram_cut_off(): ...


@mistake("skip_gram_loss", edit={"F.log_softmax(seen @ outputs.T, dim=1)": "F.log_softmax(seen @ outputs.T, dim=0)"}, hint=SOFTMAX_OF_ROWS)
def skip_gram_softmax_over_the_batch(): ...


@mistake("skip_gram_loss", edit={"seen @ outputs.T": "seen @ inputs.T", "slopes @ outputs": "slopes @ inputs"}, hint="The scores come from one table alone. Words that are guessed have their vectors in the other.")
def skip_gram_one_table(): ...


@mistake("skip_gram_loss", edit={"return loss, d_inputs, slopes.T @ seen": "guessed = torch.zeros_like(outputs[:, :1]).index_fill(0, words[contexts >= 0], 1)\n    return loss, d_inputs, (slopes.T @ seen) * guessed"}, hint="Only words of the contexts get a gradient in outputs. The softmax's sum has all words in it.")
def skip_gram_gradient_for_contexts_only(): ...


@mistake("skip_gram_loss", edit={"slopes = slopes.scatter_add(1, words, -there)": "slopes = slopes.scatter_add(1, words, -torch.ones_like(there))"}, hint="In the gradient, a free place takes 1 from some word's probability.")
def skip_gram_free_places_take_from_a_word(): ...


@mistake("skip_gram_loss", edit={"return loss, d_inputs, slopes.T @ seen": "return loss, -d_inputs, -(slopes.T @ seen)"}, hint=SIGN)
def skip_gram_sign(): ...


@mistake("skip_gram_loss", edit={"slopes.scatter_add(1, words, -there)": "slopes - torch.zeros_like(slopes).scatter(1, words, there)"}, hint="In the gradient the words of a context are written into a table, and not added: a word that comes twice counts once, and a free place may wipe out a word.")
def skip_gram_written_for_added(): ...


@mistake("skip_gram_loss", edit={"log_p.exp() * there.sum(dim=1, keepdim=True)": "log_p.exp() * torch.zeros_like(log_p).scatter(1, words, there).sum(dim=1, keepdim=True)", "slopes.scatter_add(1, words, -there)": "slopes - torch.zeros_like(slopes).scatter(1, words, there)"}, hint="In the gradient the words of a context are written into a table, and not added: a word that comes twice counts once, and a free place may wipe out a word.")
def skip_gram_written_and_counted(): ...


@mistake("skip_gram_loss", edit={"d_inputs = torch.zeros_like(inputs).index_add(0, centres, slopes @ outputs)": "d_inputs = slopes @ outputs"}, hint="The gradient in inputs has a row for each row of the batch. It is a table of all words: add each row where its centre stands.")
def skip_gram_rows_of_the_batch(): ...


@mistake("skip_gram_loss", hint="Each word of the context guesses the centre. In skip-gram it is the other way round.")
def skip_gram_guesses_the_centre(inputs, outputs, centres, contexts):
    rows, columns = torch.where(contexts >= 0)
    seen, wanted = contexts[rows, columns], centres[rows]
    log_p = F.log_softmax(inputs[seen] @ outputs.T, dim=1)
    loss = F.nll_loss(log_p, wanted, reduction="sum") / len(centres)
    slopes = (log_p.exp() - F.one_hot(wanted, len(inputs))) / len(centres)
    d_inputs = torch.zeros_like(inputs).index_add(0, seen, slopes @ outputs)
    return loss, d_inputs, slopes.T @ inputs[seen]


@mistake("skip_gram_loss", edit={"seen @ outputs.T": "(seen @ outputs.T).scatter(1, centres[:, None], -1e30)"}, hint="The centre's own word has no share in the softmax. It is over all V words.")
def skip_gram_centre_has_no_share(): ...


@mistake("skip_gram_loss", edit={"return loss, d_inputs, slopes.T @ seen": "return loss, d_inputs.clamp(-5, 5), (slopes.T @ seen).clamp(-5, 5)"}, hint="Large gradients are cut off. That may be done in training, and not to the gradient itself.")
def skip_gram_gradient_clipped_at_5(): ...


@mistake("skip_gram_loss", edit={"return loss, d_inputs, slopes.T @ seen": "return loss, d_inputs.clamp(-1, 1), (slopes.T @ seen).clamp(-1, 1)"}, hint="Large gradients are cut off. That may be done in training, and not to the gradient itself.")
def skip_gram_gradient_clipped_at_1(): ...


@mistake("skip_gram_loss", edit={"(contexts >= 0)": "((contexts >= 0) & (contexts != centres[:, None]))"}, hint=CENTRE_DROPPED)
def skip_gram_centre_dropped(): ...


@mistake("skip_gram_loss", edit={"loss = -(log_p.gather(1, words) * there)": "loss = -((log_p.exp() + 1e-12).log().gather(1, words) * there)"}, hint=BY_EPS)
def skip_gram_cut_off_later(): ...


@mistake("skip_gram_loss", edit={"torch.zeros_like(inputs)": "inputs.new_zeros(int(max(centres.max(), contexts.max())) + 1, inputs.shape[1])"}, hint="The gradient in inputs has rows up to the largest word number that comes. It has one for each of the V words.")
def skip_gram_too_few_rows(): ...


@mistake("skip_gram_loss", edit={"there = (contexts": "contexts = contexts[:, :4]\n    there = (contexts"}, hint="Only the first four places of a context are read. K may be any number.")
def skip_gram_four_places(): ...


@mistake("skip_gram_loss", edit={"(contexts >= 0).to(inputs.dtype)": "(torch.arange(contexts.shape[1], device=contexts.device) < (contexts >= 0).sum(dim=1, keepdim=True)).to(inputs.dtype)"}, hint=WORDS_FIRST)
def skip_gram_words_first(): ...


@mistake("skip_gram_loss", edit={"return loss, d": "return loss.item(), d"}, hint="The loss comes back as a Python number. A tensor () is asked for.")
def skip_gram_number_for_tensor(): ...


@mistake("skip_gram_loss", edit={"slopes = slopes.scatter_add(1, words, -there) / len(centres)": "rows = torch.arange(len(centres), device=centres.device)[:, None].expand_as(words)\n    slopes = slopes.index_put((rows, words), slopes.gather(1, words) - there) / len(centres)"}, hint="In the gradient the words of a context are written into a table, and not added: a word that comes twice counts once, and a free place may wipe out a word.")
def skip_gram_put_for_added(): ...


@mistake("skip_gram_loss", edit={"seen @ outputs.T": "(seen @ outputs.T).clamp(-50, 50)"}, hint=CUT)
def skip_gram_scores_cut_off(): ...


@mistake("skip_gram_loss", edit={"seen @ outputs.T": "seen @ outputs.T / seen.shape[1] ** 0.5", "-there) / len(centres)": "-there) / len(centres) / seen.shape[1] ** 0.5"}, hint="The scores are divided by the root of D, as in attention. Here they are products and no more.")
def skip_gram_scores_scaled(): ...


@mistake("skip_gram_loss", edit={"inputs[centres]": "inputs[centres].squeeze()"}, hint=ONE_ROW)
def skip_gram_of_one_row(): ...


@mistake("skip_gram_loss", hint=TWICE)
def skip_gram_of_sets(inputs, outputs, centres, contexts):
    spots = F.one_hot(contexts + 1, len(inputs) + 1).amax(dim=1)[:, 1:].to(inputs.dtype)
    seen = inputs[centres]
    log_p = F.log_softmax(seen @ outputs.T, dim=1)
    slopes = (log_p.exp() * spots.sum(dim=1, keepdim=True) - spots) / len(centres)
    d_inputs = torch.zeros_like(inputs).index_add(0, centres, slopes @ outputs)
    return -(log_p * spots).sum() / len(centres), d_inputs, slopes.T @ seen


# cbow_loss


@right("cbow_loss")
def by_a_matrix_of_shares(inputs, outputs, centres, contexts):
    num_words = len(inputs)
    spots = F.one_hot(contexts + 1, num_words + 1)[..., 1:].sum(dim=1).to(inputs.dtype)
    n = spots.sum(dim=1, keepdim=True)
    spots = spots / n.clamp(min=1)
    h = spots @ inputs
    scores = h @ outputs.T
    full = (n[:, 0] > 0).to(inputs.dtype)
    loss = (F.cross_entropy(scores, centres, reduction="none") * full).sum() / len(centres)
    d_scores = scores.softmax(dim=1) - F.one_hot(centres, num_words)
    d_scores = d_scores * full[:, None] / len(centres)
    return loss, spots.T @ (d_scores @ outputs), d_scores.T @ h


@right("cbow_loss")
def without_empty_rows(inputs, outputs, centres, contexts):
    total = centres.shape[0]
    there = contexts >= 0
    n = there.sum(1)
    words = torch.where(there, contexts, 0)
    h = (inputs[words] * there.unsqueeze(-1)).sum(1) / torch.where(n > 0, n, 1).unsqueeze(1)
    scores = h @ outputs.t()
    top = scores.max(dim=1, keepdim=True).values
    log_sum = top + (scores - top).exp().sum(1, keepdim=True).log()
    rows = torch.arange(total, device=centres.device)
    losses = log_sum[:, 0] - scores[rows, centres]
    loss = torch.where(n > 0, losses, torch.zeros_like(losses)).sum() / total
    d = (scores - log_sum).exp()
    d[rows, centres] -= 1
    d = torch.where((n > 0)[:, None], d, torch.zeros_like(d)) / total
    d_h = (d @ outputs) / torch.where(n > 0, n, 1).unsqueeze(1)
    d_in = torch.zeros_like(inputs)
    spread = d_h.unsqueeze(1) * there.unsqueeze(-1)
    d_in.index_add_(0, words.reshape(-1), spread.reshape(-1, inputs.shape[1]))
    return loss, d_in, d.t() @ h


@right("cbow_loss")
def by_a_row_of_zeros(inputs, outputs, centres, contexts):
    longer = torch.cat([inputs, inputs.new_zeros(1, inputs.shape[1])])
    n = contexts.ne(-1).sum(dim=1, keepdim=True)
    seen = longer[contexts].sum(dim=1) / n.clamp(min=1)
    log_p = (seen @ outputs.T).log_softmax(dim=1)
    counts = (n > 0).to(inputs.dtype) / len(centres)
    loss = -(log_p.gather(1, centres[:, None]) * counts).sum()
    slopes = (log_p.exp() - F.one_hot(centres, len(inputs))) * counts
    each = ((slopes @ outputs) / n.clamp(min=1))[:, None].expand(-1, contexts.shape[1], -1)
    places = contexts.remainder(len(longer)).reshape(-1)
    d_longer = torch.zeros_like(longer).index_add(0, places, each.reshape(len(places), -1))
    return loss, d_longer[:-1], slopes.T @ seen


@mistake("cbow_loss", edit={"shares = there / num.clamp(min=1)": "shares = there"}, hint="The context's vectors are summed. It is their mean that is seen.")
def cbow_of_sums(): ...


@mistake("cbow_loss", edit={"shares = there / num.clamp(min=1)": "shares = there / contexts.shape[1]"}, hint="The mean is taken over all K places, also the free ones.")
def cbow_mean_over_all_places(): ...


@mistake("cbow_loss", edit={"there = (contexts >= 0).to(inputs.dtype)": "there = torch.ones_like(contexts).to(inputs.dtype)", "contexts.clamp(min=0)": "contexts % len(inputs)"}, hint=NO_WORD)
def cbow_takes_the_last_word(): ...


@mistake("cbow_loss", edit={"there = (contexts >= 0).to(inputs.dtype)": "there = torch.ones_like(contexts).to(inputs.dtype)"}, hint=WORD_0)
def cbow_takes_word_0(): ...


@mistake("cbow_loss", edit={"(contexts >= 0)": "(contexts > 0)"}, hint="Word 0 is taken for a free place. Only -1 is one.")
def cbow_leaves_word_0_out(): ...


@mistake("cbow_loss", edit={"seen = (shares[..., None] * inputs[words]).sum(dim=1)": "seen = inputs[words].mean(dim=1)"}, hint="On the way forward, free places are averaged in as word 0, and on the way back they aren't.")
def cbow_mean_forward_of_all(): ...


@mistake("cbow_loss", edit={"handed = shares[..., None]": "handed = there[..., None]"}, hint="Each word of the context gets the whole gradient of the mean. If it grows by 1, by how much does the mean grow?")
def cbow_gradient_not_shared(): ...


@mistake("cbow_loss", edit={"handed = shares[..., None]": "handed = there[..., None] / contexts.shape[1]"}, hint="The gradient is shared among all K places. The mean was over the words that are there.")
def cbow_gradient_shared_by_all_places(): ...


@mistake("cbow_loss", edit={"d_inputs.index_add_(0, words.flatten(), handed.flatten(0, 1))": "d_inputs[words.flatten()] += handed.flatten(0, 1)"}, hint=ADD_UP)
def cbow_does_not_add_up(): ...


@mistake("cbow_loss", edit={"num.clamp(min=1)": "num"}, hint="A row without context divides by 0, and its nan gets everywhere.")
def cbow_divides_by_zero(): ...


@mistake("cbow_loss", edit={"counted = (num > 0).to(inputs.dtype) / len(centres)": "counted = torch.ones_like(num) / len(centres)"}, hint="A row without context makes a guess from a vector of zeros, and its loss counts. It adds nothing.")
def cbow_guesses_from_nothing(): ...


@mistake("cbow_loss", edit={"counted = (num > 0).to(inputs.dtype) / len(centres)": "counted = (num > 0).to(inputs.dtype) / (num > 0).sum().clamp(min=1)"}, hint=ROWS)
def cbow_mean_over_rows_with_a_context(): ...


@mistake("cbow_loss", edit={"counted = (num > 0).to(inputs.dtype) / len(centres)": "counted = (num > 0).to(inputs.dtype)"}, hint=SUMMED)
def cbow_summed(): ...


@mistake("cbow_loss", edit={"slopes = (log_p.exp() * counted).scatter_add(1, centres[:, None], -counted)": "slopes = ((log_p.exp() * counted).scatter_add(1, centres[:, None], -counted)) * len(centres)"}, hint=GRADIENT_SUMMED)
def cbow_gradient_summed(): ...


@mistake("cbow_loss", edit={"* inputs[words]": "* outputs[words]", "seen @ outputs.T": "seen @ inputs.T", "slopes @ outputs": "slopes @ inputs", "return loss, d_inputs, slopes.T @ seen": "return loss, slopes.T @ seen, d_inputs"}, hint=TABLES)
def cbow_tables_exchanged(): ...


@mistake("cbow_loss", edit={"return loss, d_inputs, slopes.T @ seen": "return loss, slopes.T @ seen, d_inputs"}, hint=RETURNED)
def cbow_gradients_exchanged(): ...


@mistake("cbow_loss", edit={"F.log_softmax(seen @ outputs.T, dim=1)": "(lambda e: (e / e.sum(dim=1, keepdim=True)).log())((seen @ outputs.T).exp())"}, hint=OVERFLOW)
def cbow_overflows(): ...


@mistake("cbow_loss", edit={"loss = -(log_p.gather": "loss = -((log_p.exp() + 1e-10).log().gather"}, hint=BY_EPS)
def cbow_cut_off(): ...


@mistake("cbow_loss", edit={"return loss, d_inputs, slopes.T @ seen": "guessed = torch.zeros_like(outputs[:, :1]).index_fill(0, centres, 1)\n    return loss, d_inputs, (slopes.T @ seen) * guessed"}, hint="Only the centres get a gradient in outputs. The softmax's sum has all words in it.")
def cbow_gradient_for_centres_only(): ...


@mistake("cbow_loss", edit={"seen @ outputs.T": "seen @ inputs.T", "slopes @ outputs": "slopes @ inputs"}, hint="The scores come from one table alone. Words that are guessed have their vectors in the other.")
def cbow_one_table(): ...


@mistake("cbow_loss", edit={"return loss, d_inputs, slopes.T @ seen": "return loss, -d_inputs, -(slopes.T @ seen)"}, hint=SIGN)
def cbow_sign(): ...


@mistake("cbow_loss", edit={"handed = shares[..., None]": "handed = torch.ones_like(shares)[..., None] / num.clamp(min=1)[..., None]"}, hint="On the way back, free places hand a share of the gradient to word 0.")
def cbow_gradient_to_word_0(): ...


@mistake("cbow_loss", edit={"d_inputs.index_add_(0, words.flatten(), handed.flatten(0, 1))": "d_inputs = slopes @ outputs"}, hint="The gradient in inputs has a row for each row of the batch. It is a table of all words: add each share where its word stands.")
def cbow_rows_of_the_batch(): ...


@mistake("cbow_loss", hint="A word that stands in a context twice counts once: a bag holds it twice.")
def cbow_of_sets(inputs, outputs, centres, contexts):
    spots = F.one_hot(contexts + 1, len(inputs) + 1)[..., 1:].amax(dim=1).to(inputs.dtype)
    n = spots.sum(dim=1, keepdim=True)
    spots = spots / n.clamp(min=1)
    h = spots @ inputs
    log_p = F.log_softmax(h @ outputs.T, dim=1)
    full = (n > 0).to(inputs.dtype) / len(centres)
    loss = -(log_p.gather(1, centres[:, None]) * full).sum()
    d_scores = (log_p.exp() - F.one_hot(centres, len(inputs))) * full
    return loss, spots.T @ (d_scores @ outputs), d_scores.T @ h


@mistake("cbow_loss", hint="The words of the context are guessed from the centre: that is skip-gram. Here they are averaged, and guess the centre.")
def cbow_is_skip_gram(inputs, outputs, centres, contexts):
    return solved_skip_gram(inputs, outputs, centres, contexts)


@mistake("cbow_loss", hint="Each word of the context makes a guess of its own, and the losses are averaged. Average the vectors, and guess once.")
def cbow_of_separate_guesses(inputs, outputs, centres, contexts):
    rows, columns = torch.where(contexts >= 0)
    seen, wanted = contexts[rows, columns], centres[rows]
    shares = (1 / (contexts >= 0).sum(dim=1).clamp(min=1)).to(inputs.dtype)[rows][:, None] / len(centres)
    log_p = F.log_softmax(inputs[seen] @ outputs.T, dim=1)
    loss = -(log_p.gather(1, wanted[:, None]) * shares).sum()
    slopes = (log_p.exp() - F.one_hot(wanted, len(inputs))) * shares
    d_inputs = torch.zeros_like(inputs).index_add(0, seen, slopes @ outputs)
    return loss, d_inputs, slopes.T @ inputs[seen]


@mistake("cbow_loss", edit={"(contexts >= 0)": "((contexts >= 0) & (contexts != centres[:, None]))"}, hint=CENTRE_DROPPED)
def cbow_centre_dropped(): ...


@mistake("cbow_loss", edit={"(contexts >= 0).to(inputs.dtype)": "(torch.arange(contexts.shape[1], device=contexts.device) < (contexts >= 0).sum(dim=1, keepdim=True)).to(inputs.dtype)"}, hint=WORDS_FIRST)
def cbow_words_first(): ...


@mistake("cbow_loss", edit={"return loss, d_inputs, slopes.T @ seen": "return loss, torch.cat([d_inputs, torch.zeros_like(d_inputs[:1])]), slopes.T @ seen"}, hint="The gradient in inputs has one row too many: is it that for the free places?")
def cbow_one_row_too_many(): ...


@mistake("cbow_loss", edit={"there = (contexts": "inputs[-1] = inputs[-1] * 0\n    there = (contexts"}, hint="The last row of the caller's inputs is set to 0, and its word loses its vector. A free place is no word at all.")
def cbow_last_row_wiped_out(): ...


@mistake("cbow_loss", edit={"log_p.gather": "log_p.clamp(min=-100).gather"}, hint=CUT)
def cbow_cut_off_at_100(): ...


@mistake("cbow_loss", edit={"loss = -(log_p.gather": "loss = -((log_p.exp() + 1e-12).log().gather"}, hint=BY_EPS)
def cbow_cut_off_later(): ...


@mistake("cbow_loss", edit={"counted = (num > 0).to(inputs.dtype) / len(centres)": "counted = num / len(centres)"}, hint="A row counts as often as its context has words, as in skip-gram. Here a row makes one guess.")
def cbow_a_guess_for_each_word(): ...


@mistake("cbow_loss", edit={"return loss, d_inputs, slopes.T @ seen": "d_inputs[0] = 0\n    return loss, d_inputs, slopes.T @ seen"}, hint="Row 0 of the gradient is wiped out at the end. Word 0 is a word, too, and gets a gradient where it was seen.")
def cbow_word_0_wiped_out(): ...


@mistake("cbow_loss", edit={"F.log_softmax(seen @ outputs.T, dim=1)": "F.log_softmax(seen @ outputs.T, dim=0)"}, hint=SOFTMAX_OF_ROWS)
def cbow_softmax_over_the_batch(): ...


@mistake("cbow_loss", edit={"handed = shares[..., None]": "again = (contexts[:, :, None] == contexts[:, None, :]).tril(-1).any(dim=2)\n    handed = (shares * ~again)[..., None]"}, hint="A word that stands in a context twice is averaged in twice, and gets its gradient once. It gets it for each place.")
def cbow_twice_forward_once_back(): ...


@mistake("cbow_loss", edit={"log_p = F.log": "seen = seen / seen.norm(dim=1, keepdim=True).clamp(min=1e-8)\n    log_p = F.log"}, hint="The mean is brought to length 1 before it is scored. It stays as it is.")
def cbow_mean_of_length_1(): ...


@mistake("cbow_loss", edit={"shares = there / num.clamp(min=1)": "shares = torch.ones_like(there) / num.clamp(min=1)"}, hint=WORD_0)
def cbow_word_0_added(): ...


@mistake("cbow_loss", edit={"counted = (num > 0)": "counted = (seen != 0).any(dim=1, keepdim=True)"}, hint="A row is taken for empty where its mean is 0. Vectors of words may be 0, or cancel.")
def cbow_zero_is_empty(): ...


# noise_distribution


@right("noise_distribution")
def shares_first(counts, power=0.75):
    shares = counts.to(torch.float64) / counts.sum()
    raised = torch.where(counts > 0, shares**power, torch.zeros_like(shares))
    return raised / raised.sum()


@right("noise_distribution")
def by_logarithms(counts, power=0.75):
    logs = power * counts.double().clamp(min=1).log()
    return logs.masked_fill(counts == 0, float("-inf")).softmax(dim=0)


@right("noise_distribution")
def only_where_it_occurs(counts, power=0.75):
    out = torch.zeros(counts.shape, dtype=torch.float64, device=counts.device)
    out[counts > 0] = counts[counts > 0].double() ** power
    return out / out.sum()


@mistake("noise_distribution", edit={"counts.double().pow(power) * (counts > 0)": "counts.double().pow(power)"}, hint="With a power of 0, a word that doesn't occur is drawn, too: 0 to the power 0 is 1.")
def zero_to_the_power_zero(): ...


@mistake("noise_distribution", edit={"return weights / weights.sum()": "return weights"}, hint="These don't add up to 1: divide by their sum.")
def not_normalised(): ...


@mistake("noise_distribution", edit={"weights / weights.sum()": "weights / counts.sum()"}, hint="It is divided by the sum of the counts. What has to add up to 1 is what came of the power.")
def divided_by_the_counts(): ...


@mistake("noise_distribution", edit={"weights / weights.sum()": "weights / counts.sum().double().pow(power)"}, hint="It is divided by the power of the whole count. A sum of powers is another number than the power of a sum.")
def divided_by_the_power_of_the_sum(): ...


@mistake("noise_distribution", edit={"weights / weights.sum()": "weights / weights.max()"}, hint="It is divided by the largest. Probabilities add up to 1.")
def divided_by_the_largest(): ...


@mistake("noise_distribution", edit={"counts.double().pow(power)": "power * counts.double().log1p()"}, hint="These are logarithms times the power. Raise the counts to it.")
def logarithms(): ...


@mistake("noise_distribution", edit={"counts.double().pow(power)": "counts.double().pow(1 / power if power else 0.0)"}, hint="The power is turned over: a power below 1 should make rare words more likely.")
def one_over_the_power(): ...


@mistake("noise_distribution", edit={"weights = counts.double().pow(power) * (counts > 0)": "weights = counts[counts > 0].double().pow(power)"}, hint="Words that don't occur are dropped. They keep their places, with a probability of 0.")
def words_dropped(): ...


@mistake("noise_distribution", edit={"return weights / weights.sum()": "return weights.softmax(dim=0)"}, hint="A softmax takes exponentials of the powers. Only divide by the sum.")
def softmax_of_powers(): ...


@mistake("noise_distribution", edit={"counts.double().pow(power)": "(counts + 1).double().pow(power)"}, hint="Each count has 1 added before the power. Take the counts as they are.")
def one_is_added(): ...


@mistake("noise_distribution", edit={"counts.double().pow(power)": "counts.double().pow(1 - power)"}, hint="The power is another: with 1 it should be the counts' own shares.")
def one_minus_the_power(): ...


@mistake("noise_distribution", edit={"counts.double().pow(power)": "counts.double().pow(power).floor()"}, hint="The powers are rounded to whole numbers. They have a fraction.")
def powers_rounded(): ...


@mistake("noise_distribution", edit={"counts.double().pow(power)": "counts.double().clamp(min=1).pow(power)", " * (counts > 0)": ""}, hint="A word that doesn't occur is treated as if it occurred once. It is never drawn.")
def at_least_once(): ...


@mistake("noise_distribution", edit={"counts.double().pow(power)": "counts.float().pow(power).double()"}, hint="The powers are taken in float32, and turned to float64 too late: digits are lost.")
def through_float32(): ...


@mistake("noise_distribution", edit={"counts.double().pow(power)": "power * counts.double()"}, hint="The counts are multiplied by the power. Raise them to it.")
def times_the_power(): ...


@mistake("noise_distribution", edit={"counts.double().pow(power) * (counts > 0)": "(counts + 1).double().pow(power)"}, hint="Each count has 1 added before the power. Take the counts as they are.")
def one_is_added_everywhere(): ...


@mistake("noise_distribution", edit={"return weights / weights.sum()": "return (weights / weights.sum()).cumsum(dim=0)"}, hint="These grow from word to word: they are added up on the way. Each word's own probability is asked for.")
def cumulative(): ...


@mistake("noise_distribution", hint="It goes wrong where `power` is left out: which default does yours have?")
def another_default(counts, power=1.0):
    weights = counts.double().pow(power) * (counts > 0)
    return weights / weights.sum()


@mistake("noise_distribution", edit={"counts.double()": "counts.int().double().clamp(min=0)"}, hint="The counts go through int32, which ends at about two billions.")
def through_int32(): ...


@mistake("noise_distribution", edit={"counts.double().pow(power)": "counts.clamp(min=1).double().pow(-power)"}, hint="The power has a minus, so that rare words come most often. They should come a little more often than their share.")
def minus_the_power(): ...


@mistake("noise_distribution", hint="A list comes back. A tensor is asked for.")
def a_list_by_a_loop(counts, power=0.75):
    weights = [count**power if count else 0.0 for count in counts.tolist()]
    return [weight / sum(weights) for weight in weights]


@mistake("noise_distribution", edit={" * (counts > 0)": "", "return weights / weights.sum()": "return weights / weights.sum() * (counts > 0)"}, hint="Words that don't occur are put to 0 after the division: with a power of 0, what is left doesn't add up to 1.")
def zeros_after_the_division(): ...


@mistake("noise_distribution", edit={"pow(power)": "pow(min(power, 1.0))"}, hint="A power above 1 is taken for 1.")
def power_at_most_1(): ...


@mistake("noise_distribution", edit={"return weights / weights.sum()": "return (weights / weights.sum()).round(decimals=3)"}, hint="These are rounded to three places. Only the print below the exercise is.")
def rounded(): ...


@mistake("noise_distribution", edit={"return weights / weights.sum()": "return weights.masked_fill(counts == 0, float('-inf')).softmax(dim=0)"}, hint="A softmax takes exponentials of the powers. Only divide by the sum.")
def softmax_of_powers_where_it_occurs(): ...


@mistake("noise_distribution", edit={"weights = counts": "counts = counts.sort(descending=True).values\n    weights = counts"}, hint="The largest comes first: the counts were sorted. Each word keeps its place.")
def sorted_counts(): ...


@mistake("noise_distribution", edit={"pow(power)": "pow(power or 0.75)"}, hint="A power of 0 is taken for one that was left out: in Python 0 is as false as None.")
def power_0_is_none(): ...


@mistake("noise_distribution", edit={"weights.sum()": "(weights.sum() + 1e-6)"}, hint="Something small is added to the sum, so that the probabilities don't quite add up to 1. The sum is never 0.")
def something_under_the_sum(): ...


# negative_sampling_loss


@right("negative_sampling_loss")
def two_kinds_apart(inputs, outputs, centres, contexts, negatives):
    num = len(centres)
    v, u, n = inputs[centres], outputs[contexts], outputs[negatives]
    other = negatives.ne(contexts.unsqueeze(1)).to(inputs.dtype)
    good = (v * u).sum(dim=1)
    bad = (n @ v.unsqueeze(2)).squeeze(2)
    loss = -(F.logsigmoid(good).sum() + (other * F.logsigmoid(-bad)).sum()) / num
    d_good = -torch.sigmoid(-good) / num
    d_bad = torch.sigmoid(bad) * other / num
    d_inputs, d_outputs = torch.zeros_like(inputs), torch.zeros_like(outputs)
    d_inputs.index_add_(0, centres, d_good[:, None] * u + (d_bad[:, :, None] * n).sum(dim=1))
    d_outputs.index_add_(0, contexts, d_good[:, None] * v)
    d_outputs.index_add_(0, negatives.flatten(), (d_bad[:, :, None] * v[:, None]).flatten(0, 1))
    return loss, d_inputs, d_outputs


@right("negative_sampling_loss")
def all_words_scored(inputs, outputs, centres, contexts, negatives):
    num_words, num = len(inputs), len(centres)
    true = F.one_hot(contexts, num_words)
    drawn = F.one_hot(negatives, num_words).sum(dim=1) * (1 - true)
    true, drawn = true.to(inputs.dtype), drawn.to(inputs.dtype)
    v = inputs[centres]
    scores = v @ outputs.T
    loss = (true * F.softplus(-scores) + drawn * F.softplus(scores)).sum() / num
    slopes = (drawn * torch.sigmoid(scores) - true * torch.sigmoid(-scores)) / num
    seen = F.one_hot(centres, num_words).to(inputs.dtype)
    return loss, seen.T @ (slopes @ outputs), slopes.T @ v


@right("negative_sampling_loss")
def signs_and_binary_cross_entropy(inputs, outputs, centres, contexts, negatives):
    words = torch.cat((contexts.reshape(-1, 1), negatives), dim=1)
    labels = torch.zeros(words.shape, dtype=inputs.dtype, device=inputs.device)
    labels[:, 0] = 1.0
    weight = torch.maximum(labels, (words != contexts.reshape(-1, 1)).to(inputs.dtype))
    v, u = inputs[centres].unsqueeze(1), outputs[words]
    scores = (v * u).sum(dim=2)
    loss = F.binary_cross_entropy_with_logits(scores, labels, weight=weight, reduction="sum") / len(centres)
    d = (weight * (torch.sigmoid(scores) - labels) / len(centres)).unsqueeze(2)
    d_in = torch.zeros_like(inputs).index_put((centres,), (d * u).sum(dim=1), accumulate=True)
    d_out = torch.zeros_like(outputs).index_put((words,), d * v, accumulate=True)
    return loss, d_in, d_out


LEFT_OUT = "A negative that is the context word of its own row has to be left out, of the loss and of the gradients."


@mistake("negative_sampling_loss", edit={"counted = (words != contexts[:, None]).to(inputs.dtype)": "counted = torch.ones_like(words).to(inputs.dtype)"}, hint=LEFT_OUT)
def nothing_left_out(): ...


@mistake("negative_sampling_loss", edit={"    counted[:, 0] = 1\n": ""}, hint="The true pairs are left out themselves: each equals its own context word.")
def true_pairs_left_out(): ...


@mistake("negative_sampling_loss", edit={"(scores.sigmoid() - wanted) * counted": "(scores.sigmoid() - wanted)"}, hint="A negative that is the true word is left out of the loss, and not of the gradients.")
def left_out_of_the_loss_only(): ...


@mistake("negative_sampling_loss", edit={"counted = (words != contexts[:, None])": "counted = (words != centres[:, None])"}, hint="Negatives that equal the centre are left out. Left out is what equals the context word.")
def left_out_where_it_is_the_centre(): ...


@mistake("negative_sampling_loss", edit={"counted = (words != contexts[:, None])": "counted = ((words != contexts[:, None]) & (words != centres[:, None]))"}, hint="Negatives that equal the centre are left out, too. Only those that equal the context word are.")
def left_out_where_it_is_the_centre_too(): ...


@mistake("negative_sampling_loss", edit={"counted = (words != contexts[:, None])": "counted = torch.isin(words, contexts, invert=True)"}, hint="Negatives that are the context word of another row are left out, too. Each row has only its own.")
def left_out_in_other_rows(): ...


@mistake("negative_sampling_loss", edit={"    counted[:, 0] = 1\n": "    counted[:, 0] = 1\n    counted = counted * counted.amin(dim=1, keepdim=True)\n"}, hint="Where one negative is the true word, the whole row is left out. Leave out that negative alone.")
def whole_row_left_out(): ...


@mistake("negative_sampling_loss", edit={"    counted[:, 0] = 1\n": "    counted[:, 0] = 1\n    counted[:, 1:] /= negatives.shape[1]\n"}, hint="Over the negatives of a pair the mean is taken. The formula has their sum.")
def mean_over_the_negatives(): ...


@mistake("negative_sampling_loss", edit={"return (losses * counted).sum() / len(centres)": "return (losses * counted).sum()", "counted / len(centres)": "counted"}, hint=SUMMED)
def sampling_summed(): ...


@mistake("negative_sampling_loss", edit={"counted / len(centres)": "counted"}, hint=GRADIENT_SUMMED)
def sampling_gradient_summed(): ...


@mistake("negative_sampling_loss", edit={"return (losses * counted).sum() / len(centres)": "return (losses * counted).mean()", "counted / len(centres)": "counted / counted.numel()"}, hint="The mean is taken over all B (1 + K) answers. It is over the B pairs.")
def mean_over_all_answers(): ...


@mistake("negative_sampling_loss", edit={"return (losses * counted).sum() / len(centres)": "return (losses * counted).sum() / counted.sum()", "counted / len(centres)": "counted / counted.sum()"}, hint="It is divided by the number of answers that count. The mean is over the B pairs.")
def mean_over_what_counts(): ...


@mistake("negative_sampling_loss", edit={"    wanted[:, 0] = 1\n": "    wanted[:, :] = 1\n"}, hint="The negatives' term is that of a true word. It has the sigmoid of minus the score.")
def negatives_pulled(): ...


@mistake("negative_sampling_loss", edit={"    wanted[:, 0] = 1\n": "    wanted[:, 1:] = 1\n"}, hint="The signs are turned round: the true word is pushed away, and the negatives are pulled close.")
def pushed_for_pulled(): ...


@mistake("negative_sampling_loss", edit={"losses = F.softplus(scores) - wanted * scores": "losses = -torch.where(wanted > 0, scores.sigmoid(), 1 - scores.sigmoid()).log()"}, hint="The sigmoid of a large score is 0 or 1, and its logarithm is lost. Take both in one.")
def log_of_the_sigmoid(): ...


@mistake("negative_sampling_loss", edit={"losses = F.softplus(scores) - wanted * scores": "losses = -(torch.where(wanted > 0, scores.sigmoid(), 1 - scores.sigmoid()) + 1e-10).log()"}, hint=BY_EPS)
def sampling_cut_off(): ...


@mistake("negative_sampling_loss", edit={"(scores.sigmoid() - wanted)": "torch.where(wanted > 0, -scores.sigmoid(), scores.sigmoid())"}, hint="The gradient of the true pair is wrong: at a score of 10, is there still much to pull?")
def slope_of_the_true_pair(): ...


@mistake("negative_sampling_loss", edit={"(scores.sigmoid() - wanted)": "torch.where(wanted > 0, scores.sigmoid() - 1, 1 - scores.sigmoid())"}, hint="The gradient of the negatives is wrong: at a score of -10, is there still much to push?")
def slope_of_the_negatives(): ...


@mistake("negative_sampling_loss", edit={"(scores.sigmoid() - wanted)": "(scores.sigmoid() - wanted) * scores.sigmoid() * (1 - scores.sigmoid())"}, hint="The gradient has the sigmoid's own slope as a factor more. That is the gradient of a squared error.")
def slope_of_a_squared_error(): ...


@mistake("negative_sampling_loss", edit={"(scores.sigmoid() - wanted) * counted": "(wanted - scores.sigmoid()) * counted"}, hint=SIGN)
def sampling_sign(): ...


@mistake("negative_sampling_loss", edit={"(scores.sigmoid() - wanted) * counted": "torch.where(wanted > 0, scores.sigmoid() - 1, -scores.sigmoid()) * counted"}, hint="The gradient of the negatives has the wrong sign: a step against it should push them away.")
def sign_of_the_negatives(): ...


@mistake("negative_sampling_loss", edit={"return (losses * counted).sum() / len(centres)": "return (losses * counted * (2 * wanted - 1)).sum() / len(centres)"}, hint="In the loss the negatives are subtracted. Both terms of the formula are losses, and both are positive.")
def negatives_subtracted(): ...


@mistake("negative_sampling_loss", edit={"index_add(0, words.flatten(), d_compared)": "index_add(0, contexts, d_compared.view(len(words), -1, inputs.shape[1])[:, 0])"}, hint="The negatives get no gradient of their own in outputs. They are pushed away, too.")
def negatives_not_pushed(): ...


@mistake("negative_sampling_loss", edit={"d_inputs = torch.zeros_like(inputs).index_add(0, centres, d_seen)": "d_inputs = d_seen"}, hint="The gradient in inputs has a row for each pair. It is a table of all words: add each row where its centre stands.")
def sampling_rows_of_the_batch(): ...


@mistake("negative_sampling_loss", edit={"d_inputs = torch.zeros_like(inputs).index_add(0, centres, d_seen)": "d_inputs = torch.zeros_like(inputs)\n    d_inputs[centres] += d_seen"}, hint="Where a word is the centre of several pairs, only the last gradient is kept. It adds up.")
def sampling_centres_do_not_add_up(): ...


@mistake("negative_sampling_loss", edit={"d_outputs = torch.zeros_like(outputs).index_add(0, words.flatten(), d_compared)": "d_outputs = torch.zeros_like(outputs)\n    d_outputs[words.flatten()] += d_compared"}, hint="Where a word stands several times among contexts and negatives, only the last of its gradients is kept. It adds up.")
def sampling_outputs_do_not_add_up(): ...


@mistake("negative_sampling_loss", edit={"d_seen = torch.einsum(\"bk,bkd->bd\", slopes, compared)": "d_seen = slopes[:, :1] * compared[:, 0]"}, hint="The centre hears of the true word alone. The negatives push it, too.")
def centre_without_negatives(): ...


@mistake("negative_sampling_loss", edit={"inputs[centres], outputs[words]": "outputs[centres], inputs[words]", "return (losses * counted).sum() / len(centres), d_inputs, d_outputs": "return (losses * counted).sum() / len(centres), d_outputs, d_inputs", "d_inputs = torch.zeros_like(inputs).index_add(0, centres": "d_outputs = torch.zeros_like(inputs).index_add(0, centres", "d_outputs = torch.zeros_like(outputs).index_add(0, words": "d_inputs = torch.zeros_like(outputs).index_add(0, words"}, hint=TABLES)
def sampling_tables_exchanged(): ...


@mistake("negative_sampling_loss", edit={"d_inputs, d_outputs\n": "d_outputs, d_inputs\n"}, hint=RETURNED)
def sampling_gradients_exchanged(): ...


@mistake("negative_sampling_loss", edit={"outputs[words]": "inputs[words]"}, hint="The scores come from one table alone. Contexts and negatives have their vectors in the other.")
def sampling_one_table(): ...


@mistake("negative_sampling_loss", edit={"losses = F.softplus(scores) - wanted * scores": "losses = -F.log_softmax(scores, dim=1) * wanted", "scores.sigmoid()": "scores.softmax(dim=1)"}, hint="There is a softmax over the true word and its negatives. Each of them has a question of its own, with two answers.")
def softmax_over_the_row(): ...


@mistake("negative_sampling_loss", hint="A negative that was drawn twice for a pair counts once. It counts twice.")
def drawn_twice_counts_once(inputs, outputs, centres, contexts, negatives):
    num_words, num = len(inputs), len(centres)
    true = F.one_hot(contexts, num_words)
    drawn = F.one_hot(negatives, num_words).amax(dim=1) * (1 - true)
    v = inputs[centres]
    scores = v @ outputs.T
    loss = (true * F.softplus(-scores) + drawn * F.softplus(scores)).sum() / num
    slopes = (drawn * torch.sigmoid(scores) - true * torch.sigmoid(-scores)) / num
    d_inputs = torch.zeros_like(inputs).index_add(0, centres, slopes @ outputs)
    return loss, d_inputs, slopes.T @ v


@mistake("negative_sampling_loss", edit={"counted = (words != contexts[:, None]).to(inputs.dtype)": "counted = (~((centres[:, None, None] == centres) & (words[:, :, None] == contexts)).any(dim=2)).to(inputs.dtype)"}, hint="Negatives that stand in another pair of the same centre are left out, too. Each row has only its own context word.")
def left_out_with_the_same_centre(): ...


@mistake("negative_sampling_loss", edit={"losses = F.softplus(scores) - wanted * scores": "losses = F.binary_cross_entropy(scores.sigmoid(), wanted, reduction='none')"}, hint="The sigmoid of a large score is 0 or 1, and torch cuts its logarithm off at -100. Take both in one.")
def cross_entropy_of_the_sigmoid(): ...


@mistake("negative_sampling_loss", edit={"scores = torch.einsum(\"bd,bkd->bk\", seen, compared)": "scores = torch.einsum(\"bd,bkd->bk\", seen, compared).clamp(-6, 6)"}, hint=CUT)
def scores_cut_off_at_6(): ...


@mistake("negative_sampling_loss", edit={"words = torch.cat([contexts[:, None], negatives], dim=1)": "words = torch.cat([contexts[:, None], negatives.masked_fill(negatives == contexts[:, None], 0)], dim=1)", "counted = (words != contexts[:, None]).to(inputs.dtype)": "counted = torch.ones_like(words).to(inputs.dtype)"}, hint="In place of a negative that is the true word, word 0 is pushed away. Nothing comes in its place.")
def word_0_in_its_place(): ...


@mistake("negative_sampling_loss", edit={"    counted[:, 0] = 1\n": "    counted[:, 0] = 1\n    counted[:, 1:] *= negatives.shape[1] / counted[:, 1:].sum(dim=1, keepdim=True).clamp(min=1)\n"}, hint="Where a negative is left out, the others count for more. They count as they are.")
def made_up_to_k(): ...


@mistake("negative_sampling_loss", edit={"outputs[words]": "torch.cat([outputs[contexts][:, None], inputs[negatives]], dim=1)"}, hint="The negatives are looked up in the table of what is seen. In which one is the true word?")
def negatives_of_the_other_table(): ...


@mistake("negative_sampling_loss", edit={"words = torch.cat": "negatives = negatives[:, :5]\n    words = torch.cat"}, hint="Only the first five negatives are read. K may be any number.")
def five_negatives(): ...


@mistake("negative_sampling_loss", edit={"(scores.sigmoid() - wanted) * counted": "(scores.sigmoid() - wanted) * (scores.abs() <= 6) * counted"}, hint="There is no gradient where a score is large. A wrong answer with a large score has the largest of all.")
def no_gradient_beyond_6(): ...


@mistake("negative_sampling_loss", edit={"losses = F": "scores = scores * counted\n    losses = F", "(losses * counted)": "losses"}, hint="A negative that is the true word gets a score of 0, and so its loss is ln 2. It adds nothing.")
def score_of_zero(): ...


@mistake("negative_sampling_loss", edit={"losses = F.softplus(scores) - wanted * scores": "scores = scores.masked_fill(counted == 0, float('-inf'))\n    losses = -F.log_softmax(scores, dim=1).nan_to_num(neginf=0.0) * wanted", "scores.sigmoid()": "scores.softmax(dim=1)"}, hint="There is a softmax over the true word and its negatives. Each of them has a question of its own, with two answers.")
def softmax_over_what_counts(): ...


@mistake("negative_sampling_loss", edit={"inputs[centres], outputs[words]": "inputs[centres].squeeze(), outputs[words]", "torch.einsum(\"bd,bkd->bk\", seen, compared)": "(compared * seen[:, None]).sum(dim=2)", "torch.einsum(\"bk,bd->bkd\", slopes, seen)": "(slopes[:, :, None] * seen[:, None])"}, hint=ONE_ROW)
def sampling_of_one_row(): ...


@mistake("negative_sampling_loss", edit={"    counted[:, 0] = 1\n": "    counted[:, 0] = counted[:, 1:].amin(dim=1)\n"}, hint="Where a negative is the true word, the true pair is left out as well. Only the negative is.")
def true_pair_left_out_with_it(): ...


@mistake("negative_sampling_loss", edit={"\"bk,bd->bkd\", slopes, seen)": "\"bk,bd->bkd\", slopes, seen - d_seen)"}, hint="The gradient in outputs is taken with a centre that has made its step already. Both gradients are those of the vectors that came in.")
def centre_has_moved_already(): ...


# most_similar

AS_THEY_ARE = "The vectors are added as they are, so that long ones count more. Bring each to length 1 first."
COME_BACK = "Where more words are asked for than are left, the words asked with come back at the end."


@right("most_similar")
def by_a_list_of_the_others(vectors, positive, negative, top=5):
    lengths = vectors.norm(dim=1, keepdim=True)
    unit = vectors / lengths.clamp(min=1e-8)
    direction = torch.zeros_like(unit[0])
    for word in positive:
        direction = direction + unit[word]
    for word in negative:
        direction = direction - unit[word]
    direction = direction / direction.norm().clamp(min=1e-8)
    cosines = unit @ direction
    order = torch.argsort(cosines, descending=True, stable=True)
    keep = torch.ones(len(vectors), dtype=torch.bool, device=vectors.device)
    keep[positive + negative] = False
    order = order[: len(order)] if not (positive or negative) else order
    position = torch.argsort((~keep[order]).to(torch.int64), stable=True)
    order = order[position][: min(top, len(vectors) - len(set(positive) | set(negative)))]
    return order, cosines[order]


@right("most_similar")
def by_weights_of_words(vectors, positive, negative, top=5):
    num = len(vectors)
    asked = set(positive) | set(negative)
    unit = vectors / torch.sqrt((vectors * vectors).sum(dim=1, keepdim=True)).clamp(min=1e-8)
    weights = [float(positive.count(word) - negative.count(word)) for word in range(num)]
    direction = torch.tensor(weights, dtype=vectors.dtype, device=vectors.device) @ unit
    cosines = torch.mv(unit, direction) / torch.linalg.vector_norm(direction).clamp(min=1e-8)
    others = torch.tensor([word for word in range(num) if word not in asked], device=vectors.device)
    values, places = torch.sort(cosines[others], descending=True, stable=True)
    return others[places][:top], values[:top]


@right("most_similar")
def by_minus_infinity(vectors, positive, negative, top=5):
    asked = torch.tensor(sorted({*positive, *negative}), device=vectors.device)
    unit = vectors / vectors.norm(dim=-1, keepdim=True).clamp_min(1e-8)
    direction = unit[list(positive)].sum(0) - unit[list(negative)].sum(0)
    cosines = cosine_similarity(vectors, direction.unsqueeze(0)).squeeze(1)
    cosines = cosines.index_fill(0, asked, float("-inf"))
    values, words = cosines.sort(stable=True, descending=True)
    left = vectors.shape[0] - asked.shape[0]
    return words[:left][:top], values[:left][:top]


@mistake("most_similar", edit={"vectors / lengths": "vectors"}, hint=AS_THEY_ARE)
def added_as_they_are(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "pass", "len(vectors) - len(set(asked))": "len(vectors)"}, hint="The words that were asked with are among the answers. They lie near by themselves: leave them out.")
def asked_words_are_answers(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "asked = positive\n    cosines[asked] = -2"}, hint="Only the positive words are left out. The negative ones are, too.")
def negative_words_are_answers(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "asked = negative\n    cosines[asked] = -2"}, hint="Only the negative words are left out. The positive ones are, too.")
def positive_words_are_answers(): ...


@mistake("most_similar", edit={"num = min(top, len(vectors) - len(set(asked)))": "num = top"}, hint=COME_BACK)
def asked_words_come_back(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "cosines[asked] = 0"}, hint="The words that were asked with get a cosine of 0. That is no low one: it may be as low as -1.")
def asked_words_get_zero(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "cosines[asked] = -1"}, hint="The words that were asked with get a cosine of -1. Another word may have just that.")
def asked_words_get_minus_one(): ...


@mistake("most_similar", edit={"len(set(asked))": "len(asked)"}, hint="A word that was named twice is taken off twice from the number of words that are left.")
def named_twice_taken_off_twice(): ...


@mistake("most_similar", edit={"cosines, words = cosines.sort(descending=True, stable=True)": "cosines, words = cosines.topk(top)", "num = min(top, len(vectors) - len(set(asked)))": "num = top"}, hint="`topk` gives as many as it is asked for, also the words that were asked with, and fails where there are fewer in all.")
def topk_without_a_limit(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "pass", "return words[:num], cosines[:num]": "return words[1 : num + 1], cosines[1 : num + 1]"}, hint="The first answer is skipped, as if it were always the word asked with. Leave out the words themselves.")
def only_the_first_skipped(): ...


@mistake("most_similar", edit={"return words[:num], cosines[:num]": "return words[:num].tolist(), cosines[:num].tolist()"}, hint="Lists come back. Two tensors are asked for.")
def lists_for_tensors(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "pass", "return words[:num], cosines[:num]": "left = ~torch.isin(words, words.new_tensor(asked))\n    left = left[:top]\n    return words[:top][left], cosines[:top][left]"}, hint="The list is cut to `top` first, and the words asked with are taken out afterwards: fewer are left than were wanted.")
def cut_too_early(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "pass", "return words[:num], cosines[:num]": "skip = len(set(asked))\n    return words[skip:][:num], cosines[skip:][:num]"}, hint="The first few answers are skipped, as if the words asked with were always the nearest. Leave out these words themselves.")
def first_ones_skipped(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "left = [word for word in range(len(vectors)) if word not in asked]\n    cosines = cosines[left]"}, hint="These are places in the shorter list, not word numbers: what comes behind a word that was left out has moved up.")
def places_in_the_shorter_list(): ...


@mistake("most_similar", edit={"cosines = cosine_similarity(direction[None], vectors)[0]": "cosines = vectors @ direction", "= -2": "= -float('inf')"}, hint="These are products: long vectors come first. The cosine is asked for.")
def products_with_the_direction(): ...


@mistake("most_similar", edit={"cosines = cosine_similarity(direction[None], vectors)[0]": "cosines = unit @ direction", "= -2": "= -float('inf')"}, hint="The order is right, but these are no cosines: the direction doesn't have length 1 any more.")
def direction_of_another_length(): ...


@mistake("most_similar", edit={"cosines = cosine_similarity(direction[None], vectors)[0]": "cosines = cosine_similarity(direction[None], vectors)[0].abs()"}, hint="The signs of the cosines are lost, so that what points away comes first, too.")
def without_signs(): ...


@mistake("most_similar", edit={"sort(descending=True, stable=True)": "sort(stable=True)", "cosines[asked] = -2": "cosines[asked] = 2"}, hint="The smallest cosines come first. Sort from the largest down.")
def least_similar(): ...


@mistake("most_similar", edit={"cosines, words = cosines.sort(descending=True, stable=True)": "cosines, words = (part.flip(0) for part in cosines.sort(stable=True))"}, hint="Of equal cosines the larger number comes first: a list that is turned round turns ties round, too.")
def ties_turned_round(): ...


@mistake("most_similar", edit={"- unit[negative].sum(dim=0)": "+ unit[negative].sum(dim=0)"}, hint="The negative words are added. They are to be taken away.")
def negative_words_added(): ...


@mistake("most_similar", edit={" - unit[negative].sum(dim=0)": ""}, hint="The negative words have no part in the direction.")
def negative_words_ignored(): ...


@mistake("most_similar", edit={"unit[positive].sum(dim=0) - unit[negative].sum(dim=0)": "unit[positive].mean(dim=0) - unit[negative].mean(dim=0)"}, hint="The positive and the negative words are averaged by themselves. With several on one side that is another direction, and an empty list has no mean.")
def means_of_each_side(): ...


@mistake("most_similar", edit={"unit[positive].sum(dim=0) - unit[negative].sum(dim=0)": "sum(unit[word] for word in positive) / max(len(positive), 1) - sum(unit[word] for word in negative) / max(len(negative), 1)"}, hint="The positive and the negative words are averaged by themselves. With more on one side than on the other that is another direction.")
def means_of_each_side_without_nan(): ...


@mistake("most_similar", edit={"unit[positive].sum(dim=0) - unit[negative].sum(dim=0)": "unit[sorted(set(positive))].sum(dim=0) - unit[sorted(set(negative))].sum(dim=0)"}, hint="A word that stands in a list twice counts once. It counts twice.")
def words_of_sets(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "pass", "cosines, words = cosines.sort(descending=True, stable=True)": "distances = (vectors - direction).norm(dim=1)\n    distances[asked] = float('inf')\n    distances, words = distances.sort(stable=True)\n    cosines = cosines[words]"}, hint="The order is that of distances to the direction's end. Asked for is that of the angles.")
def sorted_by_distance(): ...


@mistake("most_similar", edit={"return words[:num], cosines[:num]": "return cosines[:num], words[:num]"}, hint="The words come first, and their cosines second.")
def cosines_first(): ...


@mistake("most_similar", edit={".clamp(min=1e-8)": ""}, hint="A vector of zeros is divided by its length: 0 / 0. A length below 1e-8 counts as 1e-8.")
def zeros_divided(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "signed, cosines = cosines, cosines.abs()\n    cosines[asked] = -2", "return words[:num], cosines[:num]": "return words[:num], signed[words[:num]]"}, hint="The order is that of the cosines without their signs, so that what points away comes first, too.")
def sorted_without_signs(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "unsorted = cosines.clone()\n    cosines[asked] = -2", "return words[:num], cosines[:num]": "return words[:num], unsorted[:num]"}, hint="The cosines stand in the vocabulary's order, and the words in another. Each word needs its own.")
def cosines_of_other_words(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "cosines[asked] = 0", "num = min(top, len(vectors) - len(set(asked)))": "num = top"}, hint="The words that were asked with get a cosine of 0. That is no low one: it may be as low as -1.")
def asked_words_get_zero_and_come_back(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "cosines = cosines.clamp(min=0)\n    cosines[asked] = -2"}, hint="Negative cosines became 0. What points away is told apart no more.")
def no_negative_cosines_here(): ...


@mistake("most_similar", edit={"unit[positive].sum(dim=0) - unit[negative].sum(dim=0)": "unit[positive].mean(dim=0) * len(positive) - unit[negative].mean(dim=0) * len(negative)"}, hint="The mean of an empty list is 0 / 0. Its sum is 0.")
def sums_as_means(): ...


@mistake("most_similar", edit={"unit[positive].sum(dim=0) - unit[negative].sum(dim=0)": "unit[positive[0]] - unit[negative[0]] + unit[positive[1]]"}, hint="Three words are taken, as in an analogy. The lists may have any length, and one may be empty.")
def always_three_words(): ...


@mistake("most_similar", edit={"cosines = cosine_similarity(direction[None], vectors)[0]": "cosines = (unit @ direction) / max(1, len(asked))"}, hint="These are means of the cosines with each word. Asked for is the cosine with the direction.")
def mean_of_the_cosines(): ...


@mistake("most_similar", edit={"unit[positive].sum(dim=0)": "torch.stack([unit[word] for word in positive]).sum(dim=0)"}, hint="`torch.stack` takes no empty list, and one of the two lists may be empty.")
def positive_words_stacked(): ...


@mistake("most_similar", edit={"unit[positive].sum(dim=0)": "torch.stack([unit[word] for word in positive]).sum(dim=0)", "unit[negative].sum(dim=0)": "torch.stack([unit[word] for word in negative]).sum(dim=0)"}, hint="`torch.stack` takes no empty list, and one of the two lists may be empty.")
def words_stacked(): ...


@mistake("most_similar", edit={"min(top,": "min(top + 1,"}, hint="One word too many comes back.")
def one_word_too_many(): ...


@mistake("most_similar", edit={"return words[:num], cosines[:num]": "lack = top - num\n    return F.pad(words[:num], (0, lack), value=-1), F.pad(cosines[:num], (0, lack), value=float('nan'))"}, hint="Where fewer words are left than were asked for, the answer is filled up. It is shorter then.")
def filled_up(): ...


@mistake("most_similar", edit={"cosines = cosine_similarity(direction[None], vectors)[0]": "cosines = vectors @ (direction / direction.norm().clamp(min=1e-8))", "= -2": "= -float('inf')"}, hint="These are products: long vectors come first. The cosine is asked for.")
def products_with_a_unit_direction(): ...


@mistake("most_similar", edit={"cosines, words = cosines.sort(descending=True, stable=True)": "words = cosines.round(decimals=2).argsort(descending=True, stable=True)\n    cosines = cosines[words]"}, hint="The cosines are rounded before they are sorted, so that near ones count as equal.")
def sorted_by_rounded_cosines(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "same = (vectors[:, None] == vectors[asked]).all(dim=2).any(dim=1)\n    cosines[same] = -2", "num = min(top, len(vectors) - len(set(asked)))": "num = min(top, len(vectors) - int(same.sum()))"}, hint="Words with the same vector as a word asked with are left out, too. Left out are the lists' own words.")
def same_vectors_left_out(): ...


@mistake("most_similar", edit={"return words[:num], cosines[:num]": "return words[:num].int(), cosines[:num]"}, hint="The word numbers are in int32. Asked for is int64, as sorting gives them.")
def numbers_in_int32(): ...


@mistake("most_similar", edit={"return words[:num], cosines[:num]": "return words[:num].to(vectors.dtype), cosines[:num]"}, hint="The word numbers have the dtype of the vectors. A number of a word is whole, int64.")
def numbers_with_a_point(): ...


@mistake("most_similar", edit={"unit[negative]": "unit[sorted(set(negative))]"}, hint="A word that stands in a list twice counts once. It counts twice.")
def negative_words_of_a_set(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "pass", "return words[:num], cosines[:num]": "skip = len(asked)\n    return words[skip:][:top], cosines[skip:][:top]"}, hint="The first few answers are skipped, as if the words asked with were always the nearest. Leave out these words themselves.")
def as_many_skipped_as_named(): ...


@mistake("most_similar", edit={"return words[:num], cosines[:num]": "return words[:num].squeeze(), cosines[:num].squeeze()"}, hint="Where one word comes back, its axis is lost: `squeeze()` drops every axis of size 1.")
def answers_squeezed(): ...


@mistake("most_similar", edit={"cosines = cosine_similarity(direction[None], vectors)[0]": "likeness = (1 + unit @ unit.T) / 2\n    cosines = likeness[positive].prod(dim=0) / (likeness[negative].prod(dim=0) + 1e-3)"}, hint="Likenesses are multiplied and divided. Asked for is one cosine, with the direction that the words make together.")
def cosines_multiplied(): ...


@mistake("most_similar", edit={"cosines, words = cosines.sort(descending=True, stable=True)": "cosines, words = cosines.topk(len(cosines))"}, hint="`topk` promises no order of equal ones. Of these the smaller number comes first.")
def ties_by_topk(): ...


@mistake("most_similar", edit={"cosines, words = cosines.sort(descending=True, stable=True)": "left = torch.tensor([word for word in range(len(vectors)) if word not in asked], device=vectors.device)\n    cosines, places = cosines[left].topk(top)\n    words = left[places]"}, hint="`topk` fails where it is asked for more than there are: fewer words may be left than were wanted.")
def topk_of_the_others(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "cosines[asked] = -2\n    if not direction.any():\n        return torch.zeros_like(cosines[:0], dtype=torch.int64), cosines[:0]"}, hint="Where the direction is 0, nothing comes back. All cosines are 0 then, and the words are there.")
def nothing_for_a_direction_of_zero(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "asked = sorted({*asked, *(vectors == 0).all(dim=1).nonzero().flatten().tolist()})\n    cosines[asked] = -2"}, hint="Words whose vector is 0 are left out. They are words, too, and have a cosine of 0.")
def zero_vectors_left_out(): ...


@mistake("most_similar", edit={"cosines[asked] = -2": "cosines = torch.where((vectors == 0).all(dim=1), -1.0, cosines)\n    cosines[asked] = -2"}, hint="Words whose vector is 0 get a cosine of -1. It is 0.")
def zero_vectors_get_minus_one(): ...


@mistake("most_similar", edit={".clamp(min=1e-8)": "", "cosines = cosine_similarity(direction[None], vectors)[0]": "cosines = unit @ (direction / direction.norm())"}, hint="A vector of zeros is divided by its length: 0 / 0. A length below 1e-8 counts as 1e-8.")
def no_floor_at_all(): ...


@mistake("most_similar", hint="It goes wrong where `top` is left out: which default does yours have?")
def another_top(vectors, positive, negative, top=10):
    unit = vectors / vectors.norm(dim=1, keepdim=True).clamp(min=1e-8)
    direction = unit[positive].sum(dim=0) - unit[negative].sum(dim=0)
    cosines = cosine_similarity(direction[None], vectors)[0]
    asked = [*positive, *negative]
    cosines[asked] = -2
    cosines, words = cosines.sort(descending=True, stable=True)
    num = min(top, len(vectors) - len(set(asked)))
    return words[:num], cosines[:num]
