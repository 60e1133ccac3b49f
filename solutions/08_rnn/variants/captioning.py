"""What students write in captioning: mistakes with the hint each deserves, and other right answers."""

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right
from coursekit.captioner import lstm_step

# captioning_loss

DIVIDE = "real.sum().clamp(min=1)"
NO_GRAPH = "The loss has no graph, and `backward` fails. In every batch, also in one of padding only, it has to be computed from the parameters."
LOOKED_UP = "Padding that is no word is looked up in the table, which has no row for it. Such a number may be negative, or too large."


@right("captioning_loss")
def by_cross_entropy(features, captions, params, pad=0):
    """Leave softmax, padding and sum to torch's loss."""
    h = F.linear(features, params["proj.weight"], params["proj.bias"])
    c = h.new_zeros(h.shape)
    said = captions[:, 1:]
    inputs = captions[:, :-1].masked_fill(captions[:, :-1] == pad, 0)
    table = params["embedding.weight"]
    outs = []
    for t in range(inputs.shape[1]):
        h, c = lstm_step(F.embedding(inputs[:, t], table), h, c, params)
        outs.append(h @ params["head.weight"].t() + params["head.bias"])
    scores = torch.stack(outs, 1)
    total = F.cross_entropy(scores.flatten(0, 1), said.flatten(), ignore_index=pad, reduction="sum")
    return total / max(1, int((said != pad).sum()))


@right("captioning_loss")
def costs_added_step_by_step(features, captions, params, pad=0):
    """Add up each step's cost as it comes."""
    h = torch.addmm(params["proj.bias"], features, params["proj.weight"].T)
    c = 0 * h
    total = 0 * h.sum()
    count = 0
    for t in range(captions.size(1) - 1):
        word, target = captions[:, t], captions[:, t + 1]
        h, c = lstm_step(params["embedding.weight"][torch.where(word == pad, 0, word)], h, c, params)
        logits = F.linear(h, params["head.weight"], params["head.bias"])
        here = target != pad
        chosen = logits.gather(1, torch.where(here, target, 0)[:, None])[:, 0]
        total = total + ((logits.logsumexp(1) - chosen) * here).sum()
        count = count + here.sum()
    return total / torch.clamp(torch.as_tensor(count), min=1)


@right("captioning_loss")
def by_the_layer_of_torch(features, captions, params, pad=0):
    """Read all steps at once by nn.LSTM, into which the given parameters are put."""
    table = params["embedding.weight"]
    with torch.random.fork_rng(devices=[]):
        lstm = nn.LSTM(table.shape[1], params["lstm.weight_hh"].shape[1], batch_first=True)
    own = {f"{name}_l0": params[f"lstm.{name}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    h = (features @ params["proj.weight"].T + params["proj.bias"]).unsqueeze(0)
    words = table[torch.where(captions == pad, 0, captions)[:, :-1]]
    lstm = lstm.to(features.device, features.dtype)
    hidden, _ = torch.func.functional_call(lstm, own, (words, (h, torch.zeros_like(h))))
    log_probs = F.log_softmax(hidden @ params["head.weight"].T + params["head.bias"], dim=-1)
    said = captions[:, 1:]
    mask = (said != pad).to(log_probs.dtype)
    picked = torch.take_along_dim(log_probs, torch.where(said == pad, 0, said)[..., None], dim=-1)[..., 0]
    return -(picked * mask).sum() / mask.sum().clamp(min=1)


@mistake("captioning_loss", edit={DIVIDE: "len(real)"}, hint="The sum is divided by the number of captions. By what does the text divide it?")
def per_caption(): ...


@mistake("captioning_loss", edit={DIVIDE: "real.numel()"}, hint="Padding counts in the mean: the sum is divided by all places.")
def mean_over_all_places(): ...


@mistake("captioning_loss", edit={f"(costs * real).sum() / {DIVIDE}": "costs.mean()"}, hint="Where padding is to be said, a step still costs something.")
def padding_costs(): ...


@mistake("captioning_loss", edit={f"(costs * real).sum() / {DIVIDE}": "costs[real].mean()"}, hint="If all is padding, this is 0 divided by 0.")
def nan_where_nothing_is_said(): ...


@mistake(
    "captioning_loss",
    edit={"real = said != pad": "real = read != pad"},
    hint="The mask looks at what is read. A step whose answer is padding counts here, where the end is read.",
)
def mask_of_what_is_read(): ...


@mistake(
    "captioning_loss",
    edit={"real = said != pad": "real = (said != pad) & (said != 2)"},
    hint="The end is a word to be learned too: without it no caption would ever stop.",
)
def the_end_does_not_count(): ...


@mistake("captioning_loss", edit={"real = said != pad": "real = said != 0"}, hint="Padding is whatever number `pad` says, and 0 is a word then.")
def padding_is_always_zero(): ...


@mistake(
    "captioning_loss",
    edit={"read, said = captions[:, :-1], captions[:, 1:]": "read, said = captions[:, :-1], captions[:, :-1]"},
    hint="Each step is asked for the word that it has just read. Which word should come next?",
)
def says_what_it_reads(): ...


@mistake("captioning_loss", edit={"c = torch.zeros_like(h)": "c = h"}, hint="The picture goes into the cell as well. Which of the two states does the text begin with it?")
def cell_begins_with_the_picture(): ...


@mistake("captioning_loss", edit={"c = torch.zeros_like(h)": "h, c = torch.zeros_like(h), h"}, hint="The picture goes into the cell and not into the hidden state.")
def picture_in_the_wrong_state(): ...


@mistake("captioning_loss", edit={'.T + params["proj.bias"]\n    c': ".T\n    c"}, hint="The projection has a bias.")
def no_bias_of_the_projection(): ...


@mistake("captioning_loss", edit={'params["proj.bias"]\n    c': 'params["proj.bias"]\n    h = h.tanh()\n    c'}, hint="The projected features go through a tanh; here they are the first state as they are.")
def projection_through_tanh(): ...


@mistake("captioning_loss", edit={"h, c = lstm_step(": "h, _ = lstm_step("}, hint="The cell of the first step is used at every step: nothing is carried over in it.")
def cell_not_carried(): ...


@mistake("captioning_loss", edit={"-scores.log_softmax(dim=2)": "-scores.softmax(dim=2).log()"}, hint="The logarithm of a softmax that has become 0 is minus infinity. Torch has a function that does both at once.")
def log_of_softmax(): ...


@mistake("captioning_loss", edit={"-scores.log_softmax(dim=2)": "-scores.log_softmax(dim=1)"}, hint="The softmax runs over the steps. Over which axis do words compete?")
def softmax_over_steps(): ...


@mistake("captioning_loss", edit={"-scores.log_softmax(dim=2)": "-scores"}, hint="These are scores, not logarithms of probabilities.")
def no_softmax(): ...


@mistake("captioning_loss", edit={"torch.where(read == pad, 0, read)": "read"}, hint=LOOKED_UP)
def padding_looked_up(): ...


MEAN = f"(costs * real).sum() / {DIVIDE}"
SLICES = "read, said = captions[:, :-1], captions[:, 1:]"
STEP = "h, c = lstm_step(params[\"embedding.weight\"][word], h, c, params)"
ZERO_FOR_PAD = "captions[:, :-1].masked_fill(captions[:, :-1] == pad, 0)"


@mistake("captioning_loss", edit={DIVIDE: "real.sum(dim=1).clamp(min=1).sum()"}, hint="A caption that is all padding counts as one word in what you divide by. How many words are to be said in it?")
def empty_captions_count(): ...


@mistake("captioning_loss", edit={DIVIDE: "(captions != pad).sum().clamp(min=1)"}, hint="The starts are counted in what you divide by. Is a start ever to be said?")
def starts_count(): ...


@mistake("captioning_loss", edit={MEAN: "((costs * real).sum(dim=1) / real.sum(dim=1).clamp(min=1)).mean()"}, hint="Each caption's own mean is taken first, so that a word of a short caption weighs more. Which words share one mean in the text?")
def mean_of_each_caption_first(): ...


@mistake("captioning_loss", edit={MEAN: "((costs * real).sum(dim=0) / real.sum(dim=0).clamp(min=1)).mean()"}, hint="Each step's own mean is taken first, so that a word at a step with few captions weighs more. Which words share one mean in the text?")
def mean_of_each_step_first(): ...


@mistake("captioning_loss", edit={"-scores.log_softmax(dim=2)": "-scores.softmax(dim=2).log_softmax(dim=2)"}, hint="The softmax is taken twice: a cross-entropy does it by itself, and wants plain scores.")
def softmax_twice(): ...


@mistake("captioning_loss", edit={f"{STEP}\n        hidden.append(h)": f"hidden.append(h)\n        {STEP}"}, hint="Each state is collected before its step. Which state has read the word, the one before or the one after?")
def collects_before_the_step(): ...


@mistake("captioning_loss", edit={SLICES: "read, said = captions[:, 1:], captions[:, 1:]"}, hint="What is read is just what is to be said: each step has seen its answer.")
def reads_what_it_says(): ...


@mistake(
    "captioning_loss",
    of=costs_added_step_by_step,
    edit={
        "word, target = captions[:, t], captions[:, t + 1]": "target = captions[:, t + 1]\n        word = logits.argmax(dim=1) if t else torch.where(captions[:, 0] == pad, 0, captions[:, 0])",
        "[torch.where(word == pad, 0, word)]": "[word]",
    },
    hint="From the second step on the network reads its own words. What does it read in training?",
)
def reads_its_own_words(): ...


@mistake("captioning_loss", edit={"real = said != pad": "real = said != pad\n    steps = max(1, int(real.sum(dim=1).min()))\n    read, said, real = read[:, :steps], said[:, :steps], real[:, :steps]"}, hint="All captions are cut where the shortest one ends. What becomes of the other words of the longer ones?")
def stops_with_the_shortest(): ...


@mistake(
    "captioning_loss",
    edit={"real = said != pad": "real = read != pad", "torch.where(real, said, 0)": "torch.where(said == pad, 0, said)"},
    hint="The mask looks at what is read. A step whose answer is padding counts here, where the end is read.",
)
def mask_of_what_is_read_and_no_pad_looked_up(): ...


@mistake("captioning_loss", of=by_cross_entropy, edit={ZERO_FOR_PAD: "captions[:, :-1]"}, hint=LOOKED_UP)
def padding_looked_up_by_embedding(): ...


@mistake("captioning_loss", edit={"torch.where(read == pad, 0, read)": "read.clamp(min=0)"}, hint=LOOKED_UP)
def only_negative_padding_replaced(): ...


@mistake("captioning_loss", of=by_cross_entropy, edit={ZERO_FOR_PAD: "captions[:, :-1].clamp(min=0)"}, hint=LOOKED_UP)
def only_negative_padding_replaced_by_embedding(): ...


@mistake("captioning_loss", of=by_cross_entropy, edit={ZERO_FOR_PAD: "captions[:, :-1]", "ignore_index=pad": "ignore_index=0", "(said != pad)": "(said != 0)"}, hint="Padding is whatever number `pad` says, and 0 is a word then.")
def padding_is_always_zero_and_looked_up(): ...


@mistake("captioning_loss", of=by_cross_entropy, edit={ZERO_FOR_PAD: "captions[:, :-1].clamp(min=0)", "ignore_index=pad": "ignore_index=0", "(said != pad)": "(said != 0)"}, hint="Padding is whatever number `pad` says, and 0 is a word then.")
def padding_is_always_zero_by_cross_entropy(): ...


@mistake("captioning_loss", edit={SLICES: f"{SLICES}\n    said = torch.where(said == 0, pad, said)"}, hint="0 is left out even where `pad` is another number. Then it is a word like any other.")
def zero_is_padding_too(): ...


@mistake("captioning_loss", edit={"params[\"embedding.weight\"][word]": "F.embedding(word, params[\"embedding.weight\"], padding_idx=0)"}, hint="`padding_idx=0` keeps the gradient from row 0. Where `pad` is another number, 0 is a word to be learned like any other.")
def row_zero_gets_no_gradient(): ...


@mistake("captioning_loss", edit={"torch.where(read == pad, 0, read)": "read.masked_fill_(read == pad, 0)"}, hint="You write into the captions that were given: a slice is no copy of them.")
def writes_into_the_captions(): ...


@mistake("captioning_loss", of=by_cross_entropy, edit={"said.flatten()": "said.view(-1)"}, hint="`view` needs numbers that lie one after another in memory, and those of a cut or transposed tensor don't. `reshape` works for both.")
def view_of_a_slice(): ...


@mistake("captioning_loss", edit={"params[\"embedding.weight\"][word]": "params[\"embedding.weight\"].detach()[word]"}, hint="The table gets no gradient: what is looked up in it is cut off from it.")
def table_is_cut_off(): ...


@mistake("captioning_loss", edit={"h = features @": "h = features.detach() @"}, hint="The features get no gradient: they are cut off before the projection.")
def features_are_cut_off(): ...


@mistake("captioning_loss", edit={"hidden.append(h)": "hidden.append(h)\n        h, c = h.detach(), c.detach()"}, hint="The loss is right, but the states are cut off after each step: no gradient flows back to the words and the picture before it.")
def steps_are_cut_apart(): ...


@mistake("captioning_loss", edit={MEAN: f"torch.tensor(({MEAN}).item(), dtype=features.dtype, requires_grad=True)"}, hint="A tensor made anew of a plain number knows nothing of the parameters: no gradient reaches them.")
def new_tensor_of_the_number(): ...


@mistake("captioning_loss", edit={MEAN: f"({MEAN}).detach()"}, hint=NO_GRAPH)
def loss_is_cut_off(): ...


@mistake("captioning_loss", edit={"real = said != pad": "real = said != pad\n    if not real.any():\n        return features.new_zeros(())"}, hint=NO_GRAPH)
def zero_of_nothing(): ...


@mistake("captioning_loss", edit={"torch.stack(hidden, dim=1) @": "torch.stack(hidden, dim=1).squeeze() @"}, hint="`squeeze` drops each axis of size 1, the batch's too where there is one caption.")
def squeezed_states(): ...


# captioning_sample

@right("captioning_sample")
def list_of_words(features, params, most=8, start=1, end=2, pad=0):
    """Collect the words in a list, and count lengths on the way."""
    with torch.no_grad():
        h = F.linear(features, params["proj.weight"], params["proj.bias"])
        c = torch.zeros_like(h)
        num = h.shape[0]
        going = torch.ones(num, dtype=torch.bool, device=h.device)
        lengths = torch.zeros(num, dtype=torch.int64, device=h.device)
        token = torch.full((num,), start, device=h.device)
        out = []
        banned = torch.zeros(len(params["head.bias"]), dtype=torch.bool, device=h.device)
        banned[start] = banned[pad] = True
        for _ in range(most):
            h, c = lstm_step(params["embedding.weight"][token], h, c, params)
            scores = F.linear(h, params["head.weight"], params["head.bias"]).masked_fill(banned, float("-inf"))
            token = scores.max(dim=1).indices
            out.append(torch.where(going, token, torch.full_like(token, pad)))
            going = going & (token != end)
            lengths = lengths + going
        return torch.stack(out, dim=1), lengths


@right("captioning_sample")
def stops_early(features, params, most=8, start=1, end=2, pad=0):
    """Stop when all captions are over, and read padding where one is."""
    with torch.no_grad():
        h = params["proj.bias"] + features @ params["proj.weight"].T
        c = torch.zeros_like(h)
        words = torch.full((len(h), most), pad, dtype=torch.long, device=h.device)
        lengths = torch.full((len(h),), most, device=h.device)
        done = torch.zeros(len(h), dtype=torch.bool, device=h.device)
        word = torch.full((len(h),), start, device=h.device)
        for t in range(most):
            if bool(done.all()):
                break
            h, c = lstm_step(params["embedding.weight"][word], h, c, params)
            scores = h @ params["head.weight"].T + params["head.bias"]
            scores[:, start] = scores[:, pad] = -float("inf")
            word = scores.argmax(-1).masked_fill(done, pad)
            words[:, t] = word
            lengths = torch.where((word == end) & ~done, t, lengths)
            done |= word == end
        return words, lengths


@right("captioning_sample")
def mask_behind_the_ends_at_last(features, params, most=8, start=1, end=2, pad=0):
    """Say `most` numbers everywhere, and write the padding afterwards."""
    with torch.no_grad():
        h = features @ params["proj.weight"].T + params["proj.bias"]
        c, said = torch.zeros_like(h), []
        numbers = torch.arange(len(params["head.bias"]), device=h.device)
        allowed = numbers[(numbers != start) & (numbers != pad)]
        word = torch.full((len(h),), start, dtype=torch.int64, device=h.device)
        for _ in range(most):
            h, c = lstm_step(params["embedding.weight"][word], h, c, params)
            word = allowed[(h @ params["head.weight"].T + params["head.bias"])[:, allowed].argmax(dim=1)]
            said.append(word)
        words = torch.stack(said, dim=1)
        ends = (words == end).cumsum(dim=1)
        behind = (ends - (words == end).long()) > 0
        return words.masked_fill(behind, pad), (ends == 0).sum(dim=1)


OVER = "words[:, step] = torch.where(over, pad, word)\n            over = over | (word == end)"


@mistake("captioning_sample", edit={"words[:, step] = torch.where(over, pad, word)": "words[:, step] = word"}, hint="Behind its end a caption goes on talking.")
def talks_on(): ...


@mistake("captioning_sample", edit={OVER: "over = over | (word == end)\n            words[:, step] = torch.where(over, pad, word)"}, hint="The end itself has been replaced by padding.")
def no_end(): ...


@mistake("captioning_sample", edit={"over = over | (word == end)": "over = word == end"}, hint="A caption that was over may begin again: only the last word decides.")
def begins_again(): ...


@mistake("captioning_sample", edit={"over = over | (word == end)": "over = over | (word == end).any()"}, hint="When one caption ends, all the others end with it.")
def all_end_together(): ...


@mistake("captioning_sample", edit={"scores[:, [start, pad]] = -torch.inf": "scores[:, pad] = -torch.inf"}, hint="The start may be chosen here, and it is no word.")
def may_say_the_start(): ...


@mistake("captioning_sample", edit={"scores[:, [start, pad]] = -torch.inf": "scores[:, start] = -torch.inf"}, hint="The padding may be chosen here, and it is no word.")
def may_say_padding(): ...


@mistake("captioning_sample", edit={"scores[:, [start, pad]] = -torch.inf\n            ": ""}, hint="Padding and start may be chosen here, and neither is a word.")
def may_say_both(): ...


@mistake("captioning_sample", edit={"scores[:, [start, pad]] = -torch.inf": "scores[:, [0, 1]] = -torch.inf"}, hint="0 and 1 are forbidden, whatever `start` and `pad` are.")
def forbids_zero_and_one(): ...


@mistake("captioning_sample", edit={"scores[:, [start, pad]] = -torch.inf": "scores[:, [start, pad]] = 0"}, hint="A score of 0 can still be the largest, if all the others are negative.")
def score_of_zero(): ...


@mistake("captioning_sample", edit={"h, c = lstm_step(": "h, _ = lstm_step("}, hint="The cell isn't carried from step to step.")
def cell_left_behind(): ...


@mistake("captioning_sample", edit={'["embedding.weight"][word]': '["embedding.weight"][torch.full_like(word, start)]'}, hint="The start is read at every step. What was said last has to be read next.")
def reads_the_start_again(): ...


@mistake("captioning_sample", edit={"(words != pad) & (words != end)": "words != pad"}, hint="The end is counted as a word.")
def end_counts_as_a_word(): ...


@mistake("captioning_sample", edit={"c = torch.zeros_like(h)": "c = h"}, hint="The picture goes into the cell as well. How does the loss begin?")
def sample_cell_from_the_picture(): ...


@mistake("captioning_sample", edit={"for step in range(most)": "for step in range(most - 1)"}, hint="One step is missing: the last place is never filled.")
def one_step_less(): ...


@mistake("captioning_sample", edit={"return words, (": "return words[:, : int((~over).any()) * most or int((words != pad).sum(dim=1).max())], ("}, hint="The answer gets shorter when all captions are over. How many columns does it have to have?")
def cut_to_the_longest(): ...


@mistake("captioning_sample", edit={"torch.no_grad()": "torch.enable_grad()"}, hint="The steps are recorded for gradients that nobody will ask for. Torch has a context in which nothing is recorded.")
def records_gradients(): ...


BAN = "scores[:, [start, pad]] = -torch.inf"
LENGTHS = "((words != pad) & (words != end)).sum(dim=1)"


@mistake("captioning_sample", edit={BAN: "scores[:, [start, pad]] = -100"}, hint="A score of -100 can still be the largest, if all the others are lower. Which number is below all others?")
def score_of_minus_100(): ...


@mistake("captioning_sample", edit={BAN: f"if step == 0:\n                {BAN}"}, hint="Start and padding are forbidden at the first step only.")
def forbidden_at_first_only(): ...


@mistake("captioning_sample", edit={BAN: f"{BAN}\n            if step == 0:\n                scores[:, end] = -torch.inf"}, hint="The end is forbidden at the first step. May a caption have no words?")
def no_end_at_first(): ...


@mistake(
    "captioning_sample",
    edit={BAN: f"free = scores.argmax(dim=1)\n            {BAN}", "over = over | (word == end)": "over = over | (word == end)\n            word = free"},
    hint="What is read next was chosen before start and padding were forbidden. It has to be the number that was said.",
)
def reads_what_was_forbidden(): ...


@mistake("captioning_sample", edit={"torch.where(over, pad, word)": "torch.where(over, end, word)"}, hint="Behind its end a caption is filled with ends. What does the text put there?")
def filled_with_ends(): ...


@mistake("captioning_sample", of=list_of_words, edit={"torch.full_like(token, pad)": "torch.full_like(token, 0)"}, hint="Behind its end a caption is always filled with 0. Which number does the docstring put there?")
def always_filled_with_zero(): ...


@mistake("captioning_sample", edit={"torch.full_like(words[:, 0], start)": "torch.ones_like(words[:, 0])"}, hint="The number 1 is read first, whatever `start` is.")
def always_reads_one_first(): ...


@mistake("captioning_sample", edit={"h, c = lstm_step(": "if step > 0:\n                h, c = lstm_step("}, hint="The first word is chosen before anything was read. What is read first?")
def start_is_not_read(): ...


@mistake("captioning_sample", edit={"[word], h, c, params)": "[word], features @ params[\"proj.weight\"].T + params[\"proj.bias\"], c, params)"}, hint="The picture's state is put in at every step. At which steps does it belong, and what comes in at the others?")
def picture_at_every_step(): ...


@mistake("captioning_sample", edit={"return words, (": "return torch.cat([torch.full_like(words[:, :1], start), words[:, :-1]], dim=1), ("}, hint="The start stands in the answer. It is read, and it isn't said.")
def start_is_said(): ...


@mistake("captioning_sample", edit={"word = scores.argmax(dim=1)": "word = scores.shape[1] - 1 - scores.flip(1).argmax(dim=1)"}, hint="Where scores are equal, the largest number is said. Which one does the docstring want?")
def largest_of_equal_scores(): ...


@mistake("captioning_sample", edit={"word = scores.argmax(dim=1)": "word = scores.topk(1, dim=1).indices[:, 0]"}, hint="`topk` doesn't say which of equal scores it takes, and it isn't always the first.")
def first_of_topk(): ...


@mistake("captioning_sample", edit={BAN: f"{BAN}\n            if step == most - 1:\n                scores[:, end] = torch.inf"}, hint="The last number is made an end in every caption. May a caption have none?")
def forced_end(): ...


@mistake("captioning_sample", edit={LENGTHS: "(words == end).int().argmax(dim=1)"}, hint="Where a caption has no end, your length is 0. How many words has it?")
def length_zero_without_an_end(): ...


@mistake("captioning_sample", of=stops_early, edit={"(len(h),), most, device": "(len(h),), most - 1, device"}, hint="Where a caption has no end, your length is too small by 1.")
def length_too_small_without_an_end(): ...


@mistake(
    "captioning_sample",
    of=stops_early,
    edit={
        "if bool(done.all()):\n                break\n            ": "",
        "scores.argmax(-1).masked_fill(done, pad)": "scores.argmax(-1)",
        "words[:, t] = word": "words[:, t] = torch.where(done, pad, word)",
        "(word == end) & ~done": "word == end",
    },
    hint="An end that a finished caption would say again changes its length. Which of its ends counts?",
)
def later_ends_count(): ...


@mistake("captioning_sample", edit={"return words, (": "return words.int(), ("}, hint="The words are numbers of rows, and the docstring says which dtype they have.")
def words_in_int32(): ...


@mistake("captioning_sample", edit={LENGTHS: f"{LENGTHS}.float()"}, hint="The lengths are counts, and the docstring says which dtype they have.")
def lengths_as_floats(): ...


# dense_captions


def _subject_of(one, other):
    """Return which of two boxes is the subject, 0 or 1, and the relation."""
    for which, (a, b) in enumerate(((one, other), (other, one))):
        if a[0] >= b[0] and a[1] >= b[1] and a[2] <= b[2] and a[3] <= b[3]:
            return which, "inside"
    dx, dy = other[0] + other[2] - one[0] - one[2], other[1] + other[3] - one[1] - one[3]
    if abs(dx) > abs(dy):
        return int(dx < 0), "left of"
    return int(dy < 0), "above"


def _text_until(row, vocabulary, end):
    said = []
    for word in row:
        if word == end:
            break
        said.append(vocabulary[word])
    return " ".join(said)


@right("dense_captions")
def sorted_in_python(boxes, scores, words, vocabulary, threshold=0.5, end=2):
    """Sort plain numbers, whose sort keeps the order of equals."""
    places = [place for place in range(len(scores)) if scores[place] >= threshold]
    places.sort(key=lambda place: -scores[place].item())
    kept = torch.tensor(places, dtype=torch.int64, device=boxes.device)
    triples = []
    for a in range(len(places)):
        for b in range(a + 1, len(places)):
            which, relation = _subject_of(boxes[places[a]].tolist(), boxes[places[b]].tolist())
            triples.append(((a, b)[which], relation, (a, b)[1 - which]))
    return kept, [_text_until(words[place].tolist(), vocabulary, end) for place in places], triples


@right("dense_captions")
def dropped_before_sorting(boxes, scores, words, vocabulary, threshold=0.5, end=2):
    """Drop first, then sort what is left."""
    sure = (scores >= threshold).nonzero()[:, 0]
    kept = sure[torch.sort(scores[sure], descending=True, stable=True).indices]
    names = [_text_until(row.tolist(), vocabulary, end) for row in words[kept]]
    triples = []
    for b in range(len(kept)):
        for a in range(b):
            which, relation = _subject_of(boxes[kept[a]].tolist(), boxes[kept[b]].tolist())
            pair = (a, relation, b) if which == 0 else (b, relation, a)
            triples.append(((a, b), pair))
    return kept, names, [pair for _, pair in sorted(triples)]


@right("dense_captions")
def by_tables_of_pairs(boxes, scores, words, vocabulary, threshold=0.5, end=2):
    """Compare all pairs at once in tables (K, K)."""
    order = torch.argsort(-scores, stable=True)
    kept = order[(scores >= threshold)[order]]
    own = boxes[kept]
    inside = (own[:, None, :2] >= own[None, :, :2]).all(2) & (own[:, None, 2:] <= own[None, :, 2:]).all(2)
    middle = (own[:, :2] + own[:, 2:]) / 2
    apart = middle[None] - middle[:, None]
    across = apart[..., 0].abs() > apart[..., 1].abs()
    behind = torch.where(across, apart[..., 0] < 0, apart[..., 1] < 0)
    triples = []
    for a, b in torch.combinations(torch.arange(len(kept))).tolist():
        if inside[a, b] or inside[b, a]:
            triples.append((a, "inside", b) if inside[a, b] else (b, "inside", a))
        else:
            relation = "left of" if across[a, b] else "above"
            triples.append((b, relation, a) if behind[a, b] else (a, relation, b))
    names = []
    for row in words[kept]:
        ends = (row == end).nonzero()
        names.append(" ".join(vocabulary[word] for word in (row[: ends[0, 0]] if len(ends) else row).tolist()))
    return kept, names, triples


@mistake("dense_captions", edit={">= threshold": "> threshold"}, hint="A score of exactly the threshold is enough.")
def more_than_the_threshold(): ...


@mistake("dense_captions", edit={"order = scores.argsort(descending=True, stable=True)": "order = scores.argsort(stable=True)"}, hint="The surest comes last.")
def least_sure_first(): ...


@mistake("dense_captions", edit={"order = scores.argsort(descending=True, stable=True)": "order = torch.arange(len(scores), device=scores.device)"}, hint="Detections are in the order in which they came. Which one is to be the first?")
def not_sorted(): ...


@mistake("dense_captions", edit={"order = scores.argsort(descending=True, stable=True)": "order = scores.argsort(stable=True).flip(0)"}, hint="Equal scores have changed their order: a sort that is turned round turns equal ones round too.")
def turned_round_sort(): ...


@mistake("dense_captions", edit={"return kept, captions, triples": "return kept, captions, [(kept[a].item(), r, kept[b].item()) for a, r, b in triples]"}, hint="Triples hold rows of all detections, dropped ones counted. Places among the kept are asked for.")
def old_numbers(): ...


@mistake("dense_captions", edit={"row[: row.index(end)]": "[word for word in row if word != end]"}, hint="The end is left out, and what stands behind it is not.")
def reads_behind_the_end(): ...


@mistake("dense_captions", edit={"row[: row.index(end)] if end in row else row": "row[: row.index(end)] if end in row else row[:-1]"}, hint="Where no end came, the last word is lost.")
def last_word_lost(): ...


@mistake("dense_captions", edit={"row[: row.index(end)]": "row[: row.index(end) + 1]"}, hint="The end stands in the text, and it is no word.")
def end_is_said(): ...


@mistake("dense_captions", edit={"if abs(across) > abs(down):": "if abs(across) >= abs(down):"}, hint="Where the middles differ as much in x as in y, what do the three rules say?")
def diagonal_is_left_of(): ...


@mistake("dense_captions", edit={"if abs(across) > abs(down):": "if abs(across) < abs(down):"}, hint="Side by side and one above the other are mixed up.")
def axes_mixed_up(): ...


@mistake("dense_captions", edit={"return down < 0, \"above\"": "return down > 0, \"above\""}, hint="The y of pixels goes down: above is where y is smaller.")
def y_goes_up(): ...


@mistake("dense_captions", edit={"if abs(across) > abs(down):": "if across > abs(down):"}, hint="Differences have a sign: an object far to the left is far, too.")
def sign_forgotten(): ...


@mistake("dense_captions", edit={"(other[0] + other[2] - one[0] - one[2]) / 2": "other[0] - one[0]", "(other[1] + other[3] - one[1] - one[3]) / 2": "other[1] - one[1]"}, hint="Left and top edges are compared. The text compares middles.")
def compares_corners(): ...


@mistake("dense_captions", edit={"return not _lies_in(one, other), \"inside\"": "return _lies_in(one, other), \"inside\""}, hint="Who is inside whom is turned round.")
def the_outer_is_inside(): ...


@mistake("dense_captions", edit={"return not _lies_in(one, other), \"inside\"": "return _lies_in(other, one), \"inside\""}, hint="Of two equal boxes the less sure one is made the subject.")
def equal_boxes_turned(): ...


@mistake("dense_captions", edit={"if _lies_in(one, other) or _lies_in(other, one):": "if _lies_in(one, other):"}, hint="Only the surer box is asked whether it lies in the other.")
def inside_one_way(): ...


@mistake("dense_captions", edit={"one[0] >= other[0] and one[1] >= other[1]": "one[0] > other[0] and one[1] > other[1]"}, hint="A box that touches the edge from inside is still inside.")
def touching_is_outside(): ...


@mistake("dense_captions", edit={"return down < 0, \"above\"": "return down <= 0, \"above\""}, hint="If both middles are the same, the surer one stays the subject.")
def equal_middles_turned(): ...


@mistake("dense_captions", edit={"for b in range(a + 1, len(found)):": "for b in range(a):"}, hint="Each pair is there, and in another order than the docstring says.")
def pairs_in_another_order(): ...


@mistake("dense_captions", of=sorted_in_python, edit={"torch.tensor(places, dtype=torch.int64, device=boxes.device)": "torch.tensor(places, device=boxes.device)"}, hint="A tensor of an empty list holds floats, as nobody said otherwise.")
def empty_is_float(): ...


KEPT = "kept = order[scores[order] >= threshold]"
BOXES = "boxes[kept].tolist()"
PAIRS = "for b in range(a + 1, len(found)):"
TURNED = "turned, relation = _relation(one, found[b])"
EITHER = "if _lies_in(one, other) or _lies_in(other, one):"
ROW = "row[: row.index(end)]"


@mistake("dense_captions", edit={KEPT: "kept = order[scores >= threshold]"}, hint="The mask is in the order of the input, and it is put on the sorted rows. Which score belongs to which of them?")
def mask_in_another_order(): ...


@mistake("dense_captions", edit={KEPT: f"{KEPT}\n    known = boxes[kept].tolist()\n    kept = kept[[place for place, box in enumerate(known) if box not in known[:place]]]"}, hint="Of two detections with the same box one is dropped. Which detections does the docstring drop?")
def equal_boxes_dropped(): ...


@mistake("dense_captions", edit={"return kept, captions, triples": "return kept.tolist(), captions, triples"}, hint="`kept` is a list. What does the docstring say that it is?")
def kept_is_a_list(): ...


@mistake("dense_captions", edit={"words[kept].tolist()": "words.tolist()"}, hint="The captions are those of all detections, in the order of the input. Whose are asked for, and in which order?")
def captions_of_all(): ...


@mistake("dense_captions", edit={"words[kept].tolist()": "words[kept.sort().values].tolist()"}, hint="The captions stand in the order of the input, and the kept rows don't.")
def captions_not_sorted(): ...


@mistake("dense_captions", edit={"captions.append(": "if said:\n            captions.append("}, hint="A caption without words is left out, and all behind it move up.")
def empty_captions_left_out(): ...


@mistake("dense_captions", edit={"for word in said)": "for word in said if word > 1)"}, hint="The numbers 0 and 1 are left out of the text. Only the end says where a caption ends; before it all are words.")
def zero_and_one_left_out(): ...


@mistake("dense_captions", edit={"\" \".join(vocabulary[word] for word in said)": "\"\".join(vocabulary[word] + \" \" for word in said)"}, hint="A space stands behind the last word, too.")
def space_at_the_end(): ...


@mistake("dense_captions", edit={f"{ROW} if end in row else row": ROW}, hint="A caption may have no end, and then `index` finds none.")
def end_always_looked_for(): ...


@mistake("dense_captions", edit={ROW: "row[: len(row) - 1 - row[::-1].index(end)]"}, hint="The caption goes on up to the last end in its row. Which one ends it?")
def up_to_the_last_end(): ...


@mistake("dense_captions", edit={BOXES: "torch.stack([boxes[row] for row in kept]).tolist()"}, hint="Where nothing is kept there is nothing to stack.")
def stacks_nothing(): ...


@mistake("dense_captions", edit={BOXES: "[[x, y, x + w, y + h] for x, y, w, h in boxes[kept].tolist()]"}, hint="The last two numbers of a box are read as its width and height. What are they?")
def boxes_with_width_and_height(): ...


@mistake("dense_captions", edit={BOXES: "boxes[kept][:, [1, 0, 3, 2]].tolist()"}, hint="x and y are exchanged: the first number of a box is its left edge.")
def boxes_with_y_first(): ...


@mistake("dense_captions", edit={PAIRS: "for b in [other for other in range(len(found)) if other != a]:"}, hint="Each pair is there twice, once from either side.")
def pairs_from_both_sides(): ...


@mistake("dense_captions", edit={PAIRS: "for b in range(a + 1, min(a + 2, len(found))):"}, hint="Only detections that follow each other make a pair.")
def neighbours_only(): ...


@mistake("dense_captions", edit={"return kept, captions, triples": "return kept, captions, sorted(triples)"}, hint="The triples are sorted by their subjects. In which order are they asked for?")
def sorted_by_subject(): ...


@mistake("dense_captions", edit={"triples.append((b, relation, a) if turned else (a, relation, b))": "triples.append([b, relation, a] if turned else [a, relation, b])"}, hint="Each triple is a list. What does the docstring say that it is?")
def triples_are_lists(): ...


@mistake("dense_captions", edit={TURNED: f"{TURNED}\n            if _relation(found[b], one)[0] == turned:\n                turned = bool(kept[b] < kept[a])"}, hint="In doubt the one that came first in the input is made the subject. Which one does the text make it?")
def first_of_the_input_in_doubt(): ...


@mistake("dense_captions", edit={EITHER: "if _lies_in(one, other) != _lies_in(other, one):"}, hint="Two equal boxes are not taken as inside. Does either lie in the other, if edges may touch?")
def equal_boxes_not_inside(): ...


@mistake("dense_captions", edit={"return not _lies_in(one, other), \"inside\"": "return _lies_in(one, other) and not _lies_in(other, one), \"inside\""}, hint="Who is inside whom is turned round.")
def the_outer_is_inside_but_for_equal_boxes(): ...


@mistake(
    "dense_captions",
    edit={
        "starts = one[0] >= other[0] and one[1] >= other[1]": "across, down = (one[0] + one[2]) / 2, (one[1] + one[3]) / 2",
        "return starts and one[2] <= other[2] and one[3] <= other[3]": "return other[0] <= across <= other[2] and other[1] <= down <= other[3]",
    },
    hint="A box counts as inside as soon as its middle is. What has to be inside?",
)
def middle_is_inside(): ...


@mistake(
    "dense_captions",
    edit={EITHER: "across, down = (one[0] + one[2]) / 2, (one[1] + one[3]) / 2\n    middle = other[0] <= across <= other[2] and other[1] <= down <= other[3]\n    if middle or _lies_in(other, one):", "return not _lies_in(one, other), \"inside\"": "return not middle, \"inside\""},
    hint="A box counts as inside as soon as its middle is. What has to be inside?",
)
def middle_of_the_surer_is_inside(): ...


@mistake("dense_captions", edit={"if abs(across) > abs(down):": "if across > down:"}, hint="Differences have a sign: an object far to the left is far, too.")
def both_signs_forgotten(): ...


@mistake("dense_captions", edit={"if abs(across) > abs(down):": "if across < down:"}, hint="Differences have a sign: an object far to the left is far, too.")
def both_signs_forgotten_the_other_way(): ...


@mistake("dense_captions", edit={"(other[0] + other[2] - one[0] - one[2]) / 2": "(other[0] + other[2]) // 2 - (one[0] + one[2]) // 2", "(other[1] + other[3] - one[1] - one[3]) / 2": "(other[1] + other[3]) // 2 - (one[1] + one[3]) // 2"}, hint="The middles are rounded down to whole pixels, and half a pixel may decide.")
def middles_in_whole_pixels(): ...


# video_classifier

LAST = "hidden[rows, lengths - 1]"


@right("video_classifier")
def packed(encoder, num_features, width, num_classes):
    """Pack the real frames: the LSTM's state is then the one after the last of each."""

    class Packed(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = encoder
            self.lstm = nn.LSTM(num_features, width, batch_first=True)
            self.head = nn.Linear(width, num_classes)

        def forward(self, frames, lengths=None):
            N, T = frames.shape[:2]
            if lengths is None:
                lengths = torch.full((N,), T)
            seen = self.encoder(frames.reshape(N * T, *frames.shape[2:])).reshape(N, T, -1)
            rows = nn.utils.rnn.pack_padded_sequence(seen, lengths.cpu(), batch_first=True, enforce_sorted=False)
            _, (h, _) = self.lstm(rows)
            return self.head(h[-1])

    return Packed()


@right("video_classifier")
def steps_first(encoder, num_features, width, num_classes):
    """Let the steps be the first axis, as torch's LSTM has it by itself."""

    class StepsFirst(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.lstm, self.head = encoder, nn.LSTM(num_features, width), nn.Linear(width, num_classes)

        def forward(self, frames, lengths=None):
            turned = frames.transpose(0, 1)
            seen = self.encoder(turned.flatten(0, 1)).view(*turned.shape[:2], -1)
            hidden = self.lstm(seen)[0]
            last = hidden[-1] if lengths is None else hidden[lengths - 1, torch.arange(len(frames))]
            return self.head(last)

    return StepsFirst()


@right("video_classifier")
def scores_of_all_steps(encoder, num_features, width, num_classes):
    """Score all steps and gather the last real one."""

    class AllSteps(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = encoder
            self.lstm = nn.LSTM(input_size=num_features, hidden_size=width, num_layers=1, batch_first=True)
            self.head = nn.Linear(width, num_classes)

        def forward(self, frames, lengths=None):
            batch, steps = frames.size(0), frames.size(1)
            features = self.encoder(frames.flatten(end_dim=1)).unflatten(0, (batch, steps))
            scores = self.head(self.lstm(features)[0])
            last = torch.full((batch,), steps - 1) if lengths is None else lengths - 1
            index = last[:, None, None].expand(-1, 1, scores.size(2))
            return scores.gather(1, index).squeeze(1)

    return AllSteps()


@mistake("video_classifier", edit={LAST: "hidden[:, -1]"}, hint="The last step is read in all clips. Where does the shorter one end?")
def reads_the_last_step(): ...


@mistake("video_classifier", edit={LAST: "hidden[rows, lengths.clamp(max=steps - 1)]"}, hint="Counted from 0, a clip of 3 frames ends at step 2.")
def one_step_late(): ...


@mistake("video_classifier", edit={LAST: "hidden[:, lengths - 1].mean(dim=1)"}, hint="Each clip is read at the ends of all clips.")
def ends_of_all_clips(): ...


@mistake("video_classifier", edit={"return self.head(hidden[:, -1])": "return self.head(hidden.mean(dim=1))"}, hint="Without lengths the hidden states are averaged. Which one has read all frames?")
def averages_without_lengths(): ...


@mistake("video_classifier", edit={"return self.head(hidden[:, -1])": "return self.head(hidden[:, 0])"}, hint="Without lengths the first step is read, which knows one frame.")
def first_step(): ...


@mistake("video_classifier", edit={"nn.LSTM(num_features, width, batch_first=True)": "nn.LSTM(num_features, width)"}, hint="Torch's LSTM takes steps first, if nobody says otherwise: here it reads clips as steps.")
def not_batch_first(): ...


@mistake("video_classifier", edit={"frames.flatten(0, 1)).unflatten(0, (num, steps))": "frames.transpose(0, 1).flatten(0, 1)).unflatten(0, (num, steps))"}, hint="Frames of different clips get mixed: folded in one order and unfolded in another.")
def folds_in_another_order(): ...


@mistake("video_classifier", edit={"hidden, _ = self.lstm(seen)": "hidden, _ = self.lstm(seen.flip(1))"}, hint="The frames are read backwards.")
def reads_backwards(): ...


@mistake("video_classifier", edit={f"return self.head({LAST})": f"return self.head({LAST}).softmax(dim=1)", "return self.head(hidden[:, -1])": "return self.head(hidden[:, -1]).softmax(dim=1)"}, hint="Scores are asked for, and these are probabilities.")
def probabilities(): ...


@mistake("video_classifier", edit={"self.encoder = encoder": "self.encoder = encoder.requires_grad_(False)"}, hint="The encoder is frozen. It is to be trained, too.")
def frozen_encoder(): ...


@mistake("video_classifier", edit={"seen = self.encoder(frames.flatten(0, 1)).unflatten(0, (num, steps))": "seen = torch.stack([self.encoder(frames[:, t]) for t in range(steps)], dim=1)"}, hint="The encoder is called for one step after the other. One call for all frames does it.")
def frame_by_frame(): ...


@mistake("video_classifier", edit={"self.lstm(seen)\n": "self.lstm(seen.relu())\n"}, hint="Features go through a ReLU that nobody asked for.")
def relu_before(): ...


LSTM = "nn.LSTM(num_features, width, batch_first=True)"
HEAD = "nn.Linear(width, num_classes)"
SEEN = "seen = self.encoder(frames.flatten(0, 1)).unflatten(0, (num, steps))"
READ = "hidden, _ = self.lstm(seen)"
ALL_REAL = "self.head(hidden[:, -1])"
NONE_GIVEN = "if lengths is None:\n                return self.head(hidden[:, -1])\n            "
AT_LAST = f"self.head({LAST})"


@mistake("video_classifier", edit={LAST: "hidden[:, int(lengths.max()) - 1]"}, hint="All clips are read at the end of the longest one. Where does a shorter one end?")
def end_of_the_longest(): ...


@mistake("video_classifier", edit={LAST: "hidden[:, int(lengths[0]) - 1]"}, hint="All clips are read at the end of the first one. Where does each one end?")
def end_of_the_first_clip(): ...


@mistake("video_classifier", edit={LAST: "hidden[:, lengths - 1]"}, hint="Each clip is read at the ends of all clips, and your answer has a dimension too many. Which step goes with which row?")
def ends_of_all_clips_kept(): ...


@mistake("video_classifier", edit={LAST: "torch.stack([hidden[row, :num].mean(dim=0) for row, num in enumerate(lengths.tolist())])"}, hint="With lengths the hidden states of the real frames are averaged. Which one has read all of them?")
def averages_with_lengths(): ...


@mistake("video_classifier", edit={LAST: "(hidden * nn.functional.one_hot(lengths - 1, steps).to(hidden)[..., None]).sum(dim=1)"}, hint="The states behind the end are multiplied by 0, and 0 times NaN is NaN. Can you choose without multiplying?")
def multiplied_by_zero(): ...


@mistake("video_classifier", edit={NONE_GIVEN: ""}, hint="Without lengths your network fails. How many frames are real if `lengths` is None?")
def lengths_needed(): ...


@mistake("video_classifier", edit={READ: "hidden, (_, cell) = self.lstm(seen)", ALL_REAL: "self.head(cell[-1])"}, hint="Without lengths the head reads the cell. Which of the LSTM's two states does it read?")
def reads_the_cell(): ...


@mistake("video_classifier", edit={READ: "state = getattr(self, \"state\", None)\n            if state is not None and state[0].shape[1] != num:\n                state = None\n            hidden, state = self.lstm(seen, state)\n            self.state = tuple(one.detach() for one in state)"}, hint="The LSTM begins with the states in which the last call ended. These clips have nothing to do with those.")
def goes_on_from_the_last_call(): ...


@mistake("video_classifier", edit={READ: f"if lengths is not None:\n                lengths, order = lengths.sort(descending=True)\n                seen = seen[order]\n            {READ}"}, hint="Clips are sorted by their lengths, and their scores stay in that order.")
def stays_sorted(): ...


@mistake("video_classifier", of=packed, edit={", enforce_sorted=False": ""}, hint="Torch packs only clips that come sorted by length, if nobody says otherwise.")
def packs_sorted_only(): ...


@mistake("video_classifier", edit={ALL_REAL: "self.head(hidden[:, -1].relu())", AT_LAST: f"self.head({LAST}.relu())"}, hint="The hidden state goes through a ReLU before the head. What is lost of it?")
def relu_before_the_head(): ...


@mistake("video_classifier", edit={SEEN: f"with torch.no_grad():\n                {SEEN}"}, hint="No gradient gets to the encoder. It is to be trained, too.")
def encoder_without_gradients(): ...


@mistake("video_classifier", edit={SEEN: "seen = self.encoder(frames.flatten(0, 1)).unflatten(0, (steps, num)).transpose(0, 1)"}, hint="Frames of different clips get mixed: folded in one order and unfolded in another.")
def unfolds_in_another_order(): ...


@mistake("video_classifier", edit={SEEN: "seen = self.encoder(frames.reshape(-1, 3, 32, 32)).unflatten(0, (num, steps))"}, hint="The size of a frame is written in. It is whatever the frames have.")
def frames_of_one_size(): ...


@mistake("video_classifier", edit={SEEN: "seen = self.encoder(frames.flatten(0, 1)).reshape(num, 8, -1)"}, hint="The number of frames is written in. It is whatever the clips have.")
def eight_frames(): ...


@mistake("video_classifier", edit={HEAD: "nn.Linear(width, 4)"}, hint="The number of classes is written in. It is an argument.")
def four_classes(): ...


@mistake("video_classifier", edit={HEAD: "nn.Linear(width, num_classes, bias=False)"}, hint="The head has no bias here.")
def head_without_a_bias(): ...


@mistake("video_classifier", edit={LSTM: "nn.GRU(num_features, width, batch_first=True)"}, hint="This is a GRU, with three gates in place of four. An LSTM is asked for.")
def gru(): ...


@mistake("video_classifier", edit={LSTM: "nn.LSTM(num_features, width, num_layers=2, batch_first=True)"}, hint="The LSTM has two layers.")
def two_layers(): ...


@mistake("video_classifier", edit={LSTM: "nn.LSTM(num_features, width, batch_first=True, bidirectional=True)", HEAD: "nn.Linear(2 * width, num_classes)"}, hint="The LSTM reads backwards, too. Here it reads forwards alone.")
def reads_both_ways(): ...


@mistake("video_classifier", edit={HEAD: "nn.Sequential(nn.Linear(width, num_classes))"}, hint="The head stands in a container, so that its parameters have a number in their names.")
def head_in_a_container(): ...


@mistake("video_classifier", edit={"self.encoder = encoder": "self.cnn = [encoder]", "self.encoder(frames": "self.cnn[0](frames"}, hint="A module in a list is none of the network's parts: its parameters are neither stored nor trained.")
def encoder_in_a_list(): ...


NAMES = "The layers must be called `encoder`, `lstm` and `head`, or the checks' numbers don't find them."


@mistake("video_classifier", edit={f"self.head = {HEAD}": f"self.classifier = {HEAD}", ALL_REAL: "self.classifier(hidden[:, -1])", AT_LAST: f"self.classifier({LAST})"}, hint=NAMES)
def head_called_classifier(): ...


@mistake("video_classifier", edit={f"self.head = {HEAD}": f"self.fc = {HEAD}", ALL_REAL: "self.fc(hidden[:, -1])", AT_LAST: f"self.fc({LAST})"}, hint=NAMES)
def head_called_fc(): ...


@mistake("video_classifier", edit={f"self.lstm = {LSTM}": f"self.rnn = {LSTM}", "self.lstm(seen)": "self.rnn(seen)"}, hint=NAMES)
def lstm_called_rnn(): ...
