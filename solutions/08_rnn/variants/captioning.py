"""What students write in captioning: mistakes with the hint each deserves, and other right answers."""

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right
from coursekit.captioner import lstm_step

# captioning_loss

DIVIDE = "real.sum().clamp(min=1)"
FIRST = 'h = features @ params["proj.weight"].T + params["proj.bias"]\nc = torch.zeros_like(h)'


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
        h, c = lstm_step(table[inputs[:, t]], h, c, params)
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


@mistake("captioning_loss", edit={'.T + params["proj.bias"]\nc': ".T\nc"}, hint="The projection has a bias.")
def no_bias_of_the_projection(): ...


@mistake("captioning_loss", edit={'params["proj.bias"]\nc': 'params["proj.bias"]\nh = h.tanh()\nc'}, hint="The projected features go through a tanh; here they are the first state as they are.")
def projection_through_tanh(): ...


@mistake("captioning_loss", edit={"    h, c = lstm_step(": "    h, _ = lstm_step("}, hint="The cell of the first step is used at every step: nothing is carried over in it.")
def cell_not_carried(): ...


@mistake("captioning_loss", edit={"-scores.log_softmax(dim=2)": "-scores.softmax(dim=2).log()"}, hint="The logarithm of a softmax that has become 0 is minus infinity. Torch has a function that does both at once.")
def log_of_softmax(): ...


@mistake("captioning_loss", edit={"-scores.log_softmax(dim=2)": "-scores.log_softmax(dim=1)"}, hint="The softmax runs over the steps. Over which axis do words compete?")
def softmax_over_steps(): ...


@mistake("captioning_loss", edit={"-scores.log_softmax(dim=2)": "-scores"}, hint="These are scores, not logarithms of probabilities.")
def no_softmax(): ...


@mistake("captioning_loss", edit={"= torch.where(read == pad, 0, read).unbind(dim=1)": "= read.unbind(dim=1)", "for word in torch.where(read == pad, 0, read).unbind(dim=1)": "for word in read.unbind(dim=1)"} if False else {"torch.where(read == pad, 0, read)": "read"}, hint="A padding of -100 is looked up in the table, which has no such row.")
def padding_looked_up(): ...


# captioning_sample

@right("captioning_sample")
def list_of_words(features, params, most=8, start=1, end=2, pad=0):
    """Collect the words in a list, and count lengths on the way."""
    h = F.linear(features, params["proj.weight"], params["proj.bias"]).detach()
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
@torch.no_grad()
def stops_early(features, params, most=8, start=1, end=2, pad=0):
    """Stop when all captions are over, and read padding where one is."""
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
        allowed = torch.tensor([w for w in range(len(params["head.bias"])) if w not in (start, pad)], device=h.device)
        word = torch.full((len(h),), start, dtype=torch.int64, device=h.device)
        for _ in range(most):
            h, c = lstm_step(params["embedding.weight"][word], h, c, params)
            word = allowed[(h @ params["head.weight"].T + params["head.bias"])[:, allowed].argmax(dim=1)]
            said.append(word)
        words = torch.stack(said, dim=1)
        ends = (words == end).cumsum(dim=1)
        behind = (ends - (words == end).long()) > 0
        return words.masked_fill(behind, pad), (ends == 0).sum(dim=1)


OVER = "words[:, step] = torch.where(over, pad, word)\n        over = over | (word == end)"


@mistake("captioning_sample", edit={"words[:, step] = torch.where(over, pad, word)": "words[:, step] = word"}, hint="Behind its end a caption goes on talking.")
def talks_on(): ...


@mistake("captioning_sample", edit={OVER: "over = over | (word == end)\n        words[:, step] = torch.where(over, pad, word)"}, hint="The end itself has been replaced by padding.")
def no_end(): ...


@mistake("captioning_sample", edit={"over = over | (word == end)": "over = word == end"}, hint="A caption that was over may begin again: only the last word decides.")
def begins_again(): ...


@mistake("captioning_sample", edit={"over = over | (word == end)": "over = over | (word == end).any()"}, hint="When one caption ends, all the others end with it.")
def all_end_together(): ...


@mistake("captioning_sample", edit={"scores[:, [start, pad]] = -torch.inf": "scores[:, pad] = -torch.inf"}, hint="The start may be chosen here, and it is no word.")
def may_say_the_start(): ...


@mistake("captioning_sample", edit={"scores[:, [start, pad]] = -torch.inf": "scores[:, start] = -torch.inf"}, hint="The padding may be chosen here, and it is no word.")
def may_say_padding(): ...


@mistake("captioning_sample", edit={"scores[:, [start, pad]] = -torch.inf\n        ": ""}, hint="Padding and start may be chosen here, and neither is a word.")
def may_say_both(): ...


@mistake("captioning_sample", edit={"scores[:, [start, pad]] = -torch.inf": "scores[:, [0, 1]] = -torch.inf"}, hint="0 and 1 are forbidden, whatever `start` and `pad` are.")
def forbids_zero_and_one(): ...


@mistake("captioning_sample", edit={"scores[:, [start, pad]] = -torch.inf": "scores[:, [start, pad]] = 0"}, hint="A score of 0 can still be the largest, if all the others are negative.")
def score_of_zero(): ...


@mistake("captioning_sample", edit={"        h, c = lstm_step(": "        h, _ = lstm_step("}, hint="The cell isn't carried from step to step.")
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
