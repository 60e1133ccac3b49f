"""What students write in language: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right

solved_sample_text = sample_text

# word_embedding_forward

PRODUCT = "A row that nobody asks for reaches the answer where it is NaN or infinite: 0 times NaN is NaN. Take rows, don't multiply."
OUTSIDE = "A token outside the vocabulary is let through, or gives another error. Look at the tokens first, at both ends."


@right("word_embedding_forward")
def scattered_ones(words, weights):
    """Write the ones to their places, and select the rows."""
    if (words < 0).any() or (words >= weights.shape[0]).any():
        raise IndexError("no such token")
    one_hot = torch.zeros(*words.shape, weights.shape[0], dtype=weights.dtype, device=weights.device)
    one_hot.scatter_(2, words.unsqueeze(2), 1)
    return weights.index_select(0, words.reshape(-1)).reshape(*words.shape, weights.shape[1]), one_hot


@right("word_embedding_forward")
def rows_of_the_identity(words, weights):
    """A one-hot row is a row of the identity."""
    num = weights.size(0)
    if torch.any((words < 0) | (words > num - 1)):
        raise IndexError(f"tokens have to be below {num}")
    return weights[words, :], torch.eye(num, dtype=weights.dtype, device=weights.device)[words]


@right("word_embedding_forward")
def gathered_rows(words, weights):
    """Lay the tokens out for gather."""
    if not ((words >= 0) & (words < len(weights))).all():
        raise IndexError
    flat = words.flatten()
    index = flat[:, None].expand(-1, weights.shape[1])
    out = torch.gather(weights, 0, index).unflatten(0, words.shape)
    hot = torch.arange(len(weights), device=weights.device).eq(words[..., None])
    return out, hot.type_as(weights)


@mistake("word_embedding_forward", edit={"return weights[words], one_hot": "return one_hot @ weights, one_hot"}, hint=PRODUCT)
def by_product(): ...


@mistake("word_embedding_forward", edit={"words.min() < 0 or ": ""}, hint=OUTSIDE)
def negative_tokens_let_through(): ...


@mistake("word_embedding_forward", edit={"raise IndexError(": "raise ValueError("}, hint="A token outside the vocabulary raises another error than the docstring says.")
def another_error(): ...


@mistake("word_embedding_forward", edit={"words.numel() and (words.min() < 0 or words.max() >= len(weights))": "words.min() < 0 or words.max() >= len(weights)"}, hint="Where there is no token at all, there is no smallest one.")
def least_of_nothing(): ...


@mistake("word_embedding_forward", edit={".to(weights.dtype)": ""}, hint="The one-hot rows are True and False. They are numbers, of the dtype of the table.")
def bools(): ...


@mistake("word_embedding_forward", edit={".to(weights.dtype)": ".long()"}, hint="The one-hot rows are whole numbers. They have the dtype of the table, so that they can be multiplied by it.")
def whole_numbers(): ...


@mistake("word_embedding_forward", edit={"return weights[words], one_hot": "return weights[words], one_hot.transpose(1, 2)"}, hint="The one-hot rows lie on their side: (N, T, V), a row for each token.")
def one_hot_on_its_side(): ...


@mistake("word_embedding_forward", edit={"return weights[words], one_hot": "return one_hot, weights[words]"}, hint="Both are right, in the other order: the rows of the table come first.")
def in_the_other_order(): ...


@mistake("word_embedding_forward", edit={"return weights[words], one_hot": "return weights.T[words % weights.shape[1]], one_hot"}, hint="Columns of the table were taken. A token's vector is a row.")
def columns_taken(): ...


@mistake("word_embedding_forward", edit={"return weights[words], one_hot": "return weights[words - 1], one_hot"}, hint="Each token gets the row before its own: tokens count from 0.")
def counts_from_one(): ...


@mistake("word_embedding_forward", edit={"return weights[words], one_hot": "return weights[words] * (words > 0).unsqueeze(-1), one_hot"}, hint="Token 0 gets zeros, as if it were padding. Here it is a token like any other.")
def zero_is_padding(): ...


@mistake("word_embedding_forward", edit={"return weights[words], one_hot": "return weights[words] * weights.shape[1] ** 0.5, one_hot"}, hint="The rows are scaled by the root of D, as a transformer does. Here they stay as they are.")
def scaled_as_in_a_transformer(): ...


@mistake("word_embedding_forward", edit={"torch.arange(len(weights), device=words.device)": "torch.arange(1, len(weights) + 1, device=words.device)"}, hint="The ones stand a place too early: which numbers do tokens have?")
def ones_a_place_off(): ...


@mistake("word_embedding_forward", edit={"words.min() < 0 or ": "", "words.max() >=": "words.abs().max() >="}, hint=OUTSIDE)
def sizes_without_their_sign(): ...


@mistake("word_embedding_forward", edit={"words.min() < 0": "(words == -1).any()"}, hint=OUTSIDE)
def minus_one_alone_refused(): ...


@mistake("word_embedding_forward", edit={"words.min() < 0": "words[0].min() < 0"}, hint="Only the tokens of the first row are looked at.")
def first_row_looked_at(): ...


@mistake("word_embedding_forward", edit={"raise IndexError(f\"tokens lie between 0 and {len(weights) - 1}\")": "words = words.clamp(0, len(weights) - 1)"}, hint="A token outside the vocabulary is turned into another one. It has to raise IndexError.")
def brought_inside(): ...


@mistake("word_embedding_forward", edit={"len(weights), device=words.device)": "len(weights))"}, hint="What is made on the way lies on the usual device. It has to lie where the inputs lie.")
def made_on_the_usual_device(): ...


@mistake("word_embedding_forward", edit={"return weights[words], one_hot": "return one_hot @ torch.nan_to_num(weights), one_hot"}, hint="A row's infinity or NaN is replaced by a number. A row that is read comes as it stands.")
def cleaned_table(): ...


@mistake("word_embedding_forward", edit={"return weights[words], one_hot": "return weights[words.reshape(-1)].reshape(words.shape[0], -1, weights.shape[1]), one_hot"}, hint="Where there is no token at all, −1 can't stand for a size: any would do. Say all sizes.")
def size_left_to_torch(): ...


@mistake("word_embedding_forward", edit={"torch.arange(len(weights), device=words.device)": "torch.arange(int(words.max()) + 1 if words.numel() else len(weights), device=words.device)"}, hint="The one-hot rows are as long as the largest token needs. They are as long as the table has rows.")
def as_long_as_needed(): ...


# temporal_softmax_loss

PADDED = "Something of the padding reaches the answer: 0 times NaN, or times infinity, is NaN. Put harmless scores there before anything is computed."
LOOKED_UP = "A target in the padding is looked up, though it may be no token at all. What could stand there instead?"
EMPTY = "If no step is real, 0 is divided by 0. The loss is 0 then."
SMALL = "Something small is added before the logarithm, so that an unlikely step costs too little. Torch has the logarithm of the softmax in one."
ADDED = "Something is added to the number of steps, always. It is needed only where there is none."
OVERFLOW = "Scores of a thousand overflow, or a probability of 0 meets the logarithm. Torch has the logarithm of the softmax in one."


@right("temporal_softmax_loss")
def real_steps_alone(scores, targets, mask, per="token"):
    """Take the real steps out, and put their gradients back."""
    real, classes = scores[mask], targets[mask]
    divisor = max(int(mask.sum()), 1) if per == "token" else scores.shape[0]
    rows = torch.arange(len(real), device=scores.device)
    log_probs = real - real.logsumexp(dim=1, keepdim=True)
    part = log_probs.exp()
    part[rows, classes] -= 1
    grad = torch.zeros_like(scores)
    grad[mask] = part / divisor
    return -log_probs[rows, classes].sum() / divisor, grad


@right("temporal_softmax_loss")
def one_hot_targets(scores, targets, mask, per="token"):
    """Compare with all tokens: one-hot rows, 0 where it isn't real."""
    hot = (targets[:, :, None] == torch.arange(scores.shape[2], device=scores.device)) & mask[:, :, None]
    safe = scores.masked_fill(~mask[:, :, None], 0.0)
    shifted = safe - safe.amax(dim=2, keepdim=True)
    sums = shifted.exp().sum(dim=2, keepdim=True)
    log_probs = shifted - sums.log()
    num = {"token": mask.sum().clamp_min(1), "sequence": scores.size(0)}[per]
    loss = -torch.where(hot, log_probs, torch.zeros_like(log_probs)).sum() / num
    grad = (shifted.exp() / sums - hot.to(scores.dtype)) * mask[:, :, None].to(scores.dtype)
    return loss, grad / num


@right("temporal_softmax_loss")
def weights_of_the_steps(scores, targets, mask, per="token"):
    """Give each step its weight, flattened as the loss of a batch of N T rows."""
    weight = mask.to(scores.dtype)
    total = weight.sum()
    weight = weight / (total + (total == 0)) if per == "token" else weight / len(mask)
    flat = scores.clone()
    flat[~mask] = 0
    flat, weight = flat.flatten(0, 1), weight.flatten()
    index = (targets * mask).flatten()[:, None]
    log_probs = F.log_softmax(flat, dim=-1)
    loss = -(log_probs.gather(1, index).squeeze(1) * weight).sum()
    ones = torch.zeros_like(log_probs).scatter_(1, index, 1.0)
    return loss, ((log_probs.exp() - ones) * weight[:, None]).reshape(scores.shape)


@right("temporal_softmax_loss")
def with_one_hot(scores, targets, mask, per="token"):
    """Let torch make the one-hot rows."""
    hot = F.one_hot(targets.where(mask, torch.zeros_like(targets)), scores.shape[2]).to(scores.dtype)
    hot = hot * mask[..., None]
    clean = scores.masked_fill(~mask[..., None], 0)
    count = torch.clamp(mask.sum(), min=1) if per == "token" else scores.shape[0]
    log_probs = torch.log_softmax(clean, -1)
    return -(log_probs * hot).sum() / count, (log_probs.exp() * mask[..., None] - hot) / count


@mistake("temporal_softmax_loss", edit={"(log_probs.gather(2, places) * real).sum()": "log_probs.gather(2, places).sum()"}, hint="The padding costs something: the loss adds up all steps.")
def padding_costs(): ...


@mistake("temporal_softmax_loss", edit={"else len(scores)": "else mask.numel()"}, hint="Per sequence, the sum is divided by all N T places. How many sequences are there?")
def divided_by_all_places_per_sequence(): ...


@mistake("temporal_softmax_loss", edit={"if per == \"token\"": "if per != \"token\""}, hint="The two versions are exchanged.")
def versions_exchanged(): ...


@mistake("temporal_softmax_loss", edit={"mask.sum().clamp(min=1) if": "mask.any(dim=1).sum().clamp(min=1) if"}, hint="Per token, the sum is divided by a number of sequences.")
def sequences_in_place_of_tokens(): ...


@mistake("temporal_softmax_loss", edit={"mask.sum().clamp(min=1) if": "mask.numel() if"}, hint="The sum is divided by all steps, the padding among them. Which steps count?")
def divided_by_all_places(): ...


@mistake("temporal_softmax_loss", edit={"else len(scores)": "else scores.shape[1]"}, hint="Per sequence, the sum is divided by the number of steps T. How many sequences are there?")
def divided_by_the_steps(): ...


@mistake("temporal_softmax_loss", edit={"else len(scores)": "else mask.any(dim=1).sum().clamp(min=1)"}, hint="Per sequence, a sequence without a real step isn't counted. N counts all.")
def empty_sequences_left_out(): ...


@mistake("temporal_softmax_loss", edit={".clamp(min=1)": ""}, hint=EMPTY)
def nothing_by_nothing(): ...


@mistake("temporal_softmax_loss", edit={"mask.sum().clamp(min=1)": "(mask.sum() + 1)"}, hint=ADDED)
def one_too_many(): ...


@mistake("temporal_softmax_loss", edit={"return loss, grad * real / num": "return loss, grad * real"}, hint="The loss is right. Its gradient isn't divided by what the loss was divided by.")
def gradient_not_divided(): ...


@mistake("temporal_softmax_loss", edit={"return loss, grad * real / num": "return loss, grad / num"}, hint="The loss is right. Its gradient isn't 0 in the padding.")
def gradient_in_the_padding(): ...


@mistake("temporal_softmax_loss", edit={"return loss, grad * real / num": "return loss, grad * real / mask.sum().clamp(min=1)"}, hint="Per sequence, the gradient is divided by another number than the loss.")
def gradient_always_per_token(): ...


@mistake("temporal_softmax_loss", edit={"torch.where(mask, targets, 0)": "targets"}, hint=LOOKED_UP)
def padding_looked_up(): ...


@mistake("temporal_softmax_loss", edit={"torch.where(mask, targets, 0)": "targets.clamp(min=0)"}, hint=LOOKED_UP)
def only_negative_targets_caught(): ...


@mistake("temporal_softmax_loss", edit={"torch.where(real, scores, 0).log_softmax(dim=2)": "scores.log_softmax(dim=2)"}, hint=PADDED)
def padding_multiplied_by_zero(): ...


@mistake("temporal_softmax_loss", edit={"log_softmax(dim=2)": "log_softmax(dim=1)"}, hint="The softmax goes over the steps. Over which dimension do the probabilities of a step add up to 1?")
def softmax_over_the_steps(): ...


@mistake("temporal_softmax_loss", edit={"torch.where(real, scores, 0).log_softmax(dim=2)": "torch.where(real, scores, 0).softmax(dim=2).log()"}, hint=OVERFLOW)
def logarithm_of_the_softmax(): ...


@mistake("temporal_softmax_loss", edit={"loss = -(log_probs": "loss = -(log_probs.exp()"}, hint="The probabilities themselves are added up. The cost is minus their logarithm.")
def no_logarithm(): ...


@mistake("temporal_softmax_loss", edit={"loss = -(": "loss = ("}, hint="The sign of the loss is turned: a likely text must cost little.")
def sign_turned(): ...


@mistake("temporal_softmax_loss", edit={"-torch.ones_like(": "torch.ones_like("}, hint="The loss is right. In its gradient 1 is added at the target, not taken away.")
def one_added_at_the_target(): ...


@mistake("temporal_softmax_loss", edit={"    grad = grad.scatter_add(2, places, -torch.ones_like(grad[:, :, :1]))\n": ""}, hint="The loss is right. Its gradient is only the probabilities: the target's own part is missing.")
def gradient_without_the_target(): ...


@mistake("temporal_softmax_loss", edit={"loss = -(log_probs.gather(2, places) * real).sum() / num": "loss = -(log_probs.gather(2, places) * real).sum() / num / math.log(2)"}, hint="The loss is in bits. It is asked for with natural logarithms.")
def in_bits(): ...


@mistake("temporal_softmax_loss", edit={"loss = -(log_probs.gather(2, places) * real).sum() / num": "rows = -(log_probs.gather(2, places) * real).sum(dim=(1, 2))\n    loss = (rows / mask.sum(dim=1).clamp(min=1)).mean() if per == 'token' else rows.sum() / num"}, hint="Each sequence's mean was taken first, and then the mean of these. Per token, every real step of the batch weighs the same.")
def mean_of_means(): ...


@mistake("temporal_softmax_loss", edit={"mask.sum().clamp(min=1) if": "1 if"}, hint="Per token, nothing is divided.")
def only_the_sum(): ...


@mistake("temporal_softmax_loss", edit={"mask.sum().clamp(min=1) if per == \"token\" else len(scores)": "len(scores)"}, hint="The sum is divided by the number of sequences, whatever `per` says.")
def always_per_sequence(): ...


@mistake("temporal_softmax_loss", edit={"mask.sum().clamp(min=1)": "(mask.sum() + 1e-3)"}, hint=ADDED)
def a_little_too_many(): ...


@mistake("temporal_softmax_loss", edit={"mask.sum().clamp(min=1) if": "int(mask.sum()) if", ".sum() / num": ".sum() * (1 / num)", "grad * real / num": "grad * real * (1 / num)"}, hint=EMPTY)
def python_divides_by_zero(): ...


@mistake("temporal_softmax_loss", edit={"torch.where(real, scores, 0).log_softmax(dim=2)": "(torch.where(real, scores, 0).softmax(dim=2) + 1e-12).log()"}, hint=SMALL)
def small_number_in_the_logarithm(): ...


@mistake("temporal_softmax_loss", edit={"torch.where(real, scores, 0).log_softmax(dim=2)": "(torch.where(real, scores, 0).softmax(dim=2) + 1e-8).log()"}, hint=SMALL)
def larger_number_in_the_logarithm(): ...


@mistake("temporal_softmax_loss", edit={"return loss, grad": "return loss.item(), grad"}, hint="The loss is a Python number. A tensor without dimensions is asked for.")
def loss_as_a_number(): ...


@mistake("temporal_softmax_loss", edit={"    real = mask.unsqueeze(2)": "    mask = targets >= 0\n    real = mask.unsqueeze(2)"}, hint="Which steps are real is told by the targets, and not by the mask. In the padding, targets may be any number.")
def mask_made_of_targets(): ...


@mistake("temporal_softmax_loss", edit={"    real = mask.unsqueeze(2)": "    mask = mask & (targets != 0)\n    real = mask.unsqueeze(2)"}, hint="Steps whose target is token 0 count as padding. Which steps are real, the mask alone says.")
def target_0_is_padding(): ...


@mistake("temporal_softmax_loss", edit={"    real = mask.unsqueeze(2)": "    mask = torch.arange(mask.shape[1], device=mask.device) < mask.sum(dim=1, keepdim=True)\n    real = mask.unsqueeze(2)"}, hint="The mask is taken for a length: as many steps as are real, from the first on. It may have gaps.")
def mask_taken_for_a_length(): ...


@mistake("temporal_softmax_loss", edit={"return loss, grad * real / num": "if per != 'token':\n        loss = (-(log_probs.gather(2, places) * real).sum(dim=(1, 2)) / mask.sum(dim=1).clamp(min=1)).mean()\n    return loss, grad * real / num"}, hint="Per sequence, each one's mean was taken. Its whole sum counts, so that long ones weigh more.")
def means_per_sequence(): ...


@mistake("temporal_softmax_loss", edit={"grad.scatter_add(2": "grad.scatter(2"}, hint="The loss is right. Its gradient is −1 at the target, whatever the probability there: 1 is taken away from it.")
def minus_one_in_its_place(): ...


@mistake("temporal_softmax_loss", edit={"torch.where(mask, targets, 0)": "torch.where(mask, targets.roll(-1, dims=1), 0)"}, hint="The targets are moved by a step. They already are what each step has to name.")
def targets_moved(): ...


@mistake("temporal_softmax_loss", edit={"return loss, grad * real / num": "return loss, -grad * real / num"}, hint="The loss is right. Its gradient has the other sign.")
def gradients_sign_turned(): ...


@mistake("temporal_softmax_loss", edit={"grad = log_probs.exp()": "grad = log_probs.exp() * real", "return loss, grad * real / num": "return loss, grad / num"}, hint="The loss is right. Its gradient isn't 0 in the padding.")
def target_of_the_padding(): ...


# char_language_model


BATCH_FIRST = "The LSTM takes the first dimension for the steps: rows of the batch are read one after another as if they were a text."
BOTH_WAYS = "The LSTM reads in both directions, and so it knows what comes. Scores at a step have read nothing behind it."
STATE_LOST = "The state that is handed in is not used: every call begins at 0."


@right("char_language_model")
def with_functions(num_chars, embed_dim, width, num_layers=1):
    """A class beside the function, which keeps its layers by name; the head by hand."""

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.add_module("embedding", nn.Embedding(num_chars, embed_dim))
            self.add_module("lstm", nn.LSTM(embed_dim, width, num_layers=num_layers))
            self.add_module("head", nn.Linear(width, num_chars))

        def forward(self, ids, state=None):
            read = self.embedding(ids.t())
            out, state = self.lstm(read) if state is None else self.lstm(read, state)
            return F.linear(out, self.head.weight, self.head.bias).transpose(0, 1), state

    return Model()


@right("char_language_model")
def states_made_by_hand(num_chars, embed_dim, width, num_layers=1):
    """Say the zeros of the first states, and read row by row of the table."""

    class CharLanguageModel(nn.Module):
        def __init__(self, V, D, H, L):
            super().__init__()
            self.embedding = nn.Embedding(V, D)
            self.lstm = nn.LSTM(input_size=D, hidden_size=H, num_layers=L, batch_first=True, bias=True)
            self.head = nn.Linear(H, V, bias=True)
            self.size = (L, H)

        def forward(self, ids, state=None):
            table = self.embedding.weight
            if state is None:
                zeros = table.new_zeros(self.size[0], ids.shape[0], self.size[1])
                state = (zeros, zeros)
            out, (h, c) = self.lstm(table[ids], (state[0], state[1]))
            return self.head(out), (h, c)

    return CharLanguageModel(num_chars, embed_dim, width, num_layers)


@right("char_language_model")
def flat_head(num_chars, embed_dim, width, num_layers=1):
    """Make one long batch of all steps for the head."""

    class Flat(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(width, num_chars)
            self.lstm = nn.LSTM(embed_dim, width, num_layers, batch_first=True)
            self.embedding = nn.Embedding(num_chars, embed_dim)

        def forward(self, ids, state=None):
            hidden, state = self.lstm(self.embedding(ids), state)
            scores = self.head(hidden.reshape(-1, width))
            return scores.reshape(ids.shape[0], ids.shape[1], -1), state

    return Flat()


LSTM = "self.lstm = nn.LSTM(embed_dim, width, num_layers, batch_first=True)"
READ = "hidden, state = self.lstm(self.embedding(ids), state)"
SAID = "return self.head(hidden), state"


@mistake("char_language_model", edit={", batch_first=True": ""}, hint=BATCH_FIRST)
def steps_first(): ...


@mistake("char_language_model", edit={READ: "hidden, state = self.lstm(self.embedding(ids))"}, hint=STATE_LOST)
def state_not_used(): ...


@mistake("char_language_model", edit={SAID: "return self.head(hidden[:, -1]), state"}, hint="There are scores for the last step alone. All steps are asked for.")
def last_step_alone(): ...


@mistake("char_language_model", edit={SAID: "return self.head(hidden).softmax(dim=2), state"}, hint="These are probabilities. Scores are asked for: the loss makes the softmax.")
def probabilities(): ...


@mistake("char_language_model", edit={SAID: "return self.head(hidden).log_softmax(dim=2), state"}, hint="These are logarithms of probabilities. The head's scores are asked for as they are.")
def log_probabilities(): ...


@mistake("char_language_model", edit={SAID: "return self.head(hidden)"}, hint="The states are missing: a tuple of the scores and the states is asked for.")
def scores_alone(): ...


@mistake("char_language_model", edit={SAID: "return self.head(hidden), state[0]"}, hint="Only h comes back. An LSTM that is to read on needs its cell too.")
def hidden_state_alone(): ...


@mistake("char_language_model", edit={SAID: "return self.head(hidden), (state[1], state[0])"}, hint="The two states come back in the other order: h is the first.")
def states_exchanged(): ...


@mistake("char_language_model", edit={SAID: "return self.head(hidden.relu()), state"}, hint="Between the LSTM and the head there is a ReLU. The head reads the hidden states as they are.")
def relu_before_the_head(): ...


@mistake("char_language_model", edit={READ: "hidden, state = self.lstm(self.embedding(ids).relu(), state)"}, hint="Behind the embedding there is a ReLU. The LSTM reads the table's rows as they are.")
def relu_behind_the_embedding(): ...


@mistake("char_language_model", edit={"nn.LSTM(embed_dim, width, num_layers, batch_first=True)": "nn.LSTM(embed_dim, width, batch_first=True)"}, hint="There is one LSTM, however many are asked for.")
def one_layer_always(): ...


@mistake("char_language_model", edit={"nn.Embedding(num_chars, embed_dim)": "nn.Embedding(num_chars, embed_dim, padding_idx=0)"}, hint="Token 0 is treated as padding: its row gets no gradient. Here it begins and ends a line.")
def no_gradient_for_token_0(): ...


@mistake("char_language_model", edit={"nn.Linear(width, num_chars)": "nn.Linear(width, num_chars, bias=False)"}, hint="The head has no bias.")
def head_without_bias(): ...


@mistake("char_language_model", edit={READ: "hidden, state = self.lstm(self.embedding(ids), state)\n            state = tuple(one.detach() for one in state)"}, hint="The states come back without their graph. Whether to cut it is the caller's choice.")
def states_detached(): ...


@mistake("char_language_model", edit={LSTM: "self.lstm = nn.GRU(embed_dim, width, num_layers, batch_first=True)", READ: "hidden, state = self.lstm(self.embedding(ids), None if state is None else state[0])\n            state = (state, state)"}, hint="Under the name lstm stands a GRU.")
def gru_in_its_place(): ...


@mistake("char_language_model", edit={LSTM: LSTM.replace("True)", "True, bidirectional=True)"), READ: READ + "\n            hidden = hidden.unflatten(-1, (2, -1)).sum(dim=-2)"}, hint=BOTH_WAYS)
def both_directions_added(): ...


@mistake("char_language_model", edit={LSTM: LSTM.replace("True)", "True, bidirectional=True)"), "nn.Linear(width, num_chars)": "nn.Linear(2 * width, num_chars)"}, hint=BOTH_WAYS)
def both_directions(): ...


@mistake("char_language_model", edit={READ: "hidden, state = self.lstm(self.embedding(ids), None if state is None else (state[1], state[0]))", SAID: "return self.head(hidden), (state[1], state[0])"}, hint="The two states come back in the other order: h is the first.")
def states_exchanged_both_ways(): ...


@mistake("char_language_model", edit={"return CharModel()": "return CharModel"}, hint="The class comes back, and no network made of it.")
def the_class_itself(): ...


@mistake("char_language_model", edit={"nn.Embedding(num_chars, embed_dim)": "nn.Embedding(num_chars, width)", "nn.LSTM(embed_dim,": "nn.LSTM(width,"}, hint="A row of the table has `width` numbers. How many stand for a token, `embed_dim` says.")
def rows_of_the_wrong_width(): ...


@mistake("char_language_model", edit={"nn.Embedding(num_chars, embed_dim)": "nn.Embedding(24, 16)", "nn.LSTM(embed_dim, width,": "nn.LSTM(16, 64,", "nn.Linear(width, num_chars)": "nn.Linear(64, 24)"}, hint="The sizes of this notebook's model are written in. They are arguments.")
def sizes_written_in(): ...


@mistake("char_language_model", edit={READ: "if state is None:\n                state = tuple(torch.zeros(num_layers, len(ids), width) for _ in 'hc')\n            " + READ}, hint="The first states are made in the usual dtype, which may be another than the layers'. The LSTM begins at 0 by itself.")
def zeros_of_the_usual_dtype(): ...


@mistake("char_language_model", edit={"self.embedding = nn.Embedding(num_chars, embed_dim)": "self.embedding = nn.Embedding(num_chars, embed_dim)\n            self.embedding.weight.requires_grad_(False)"}, hint="The table is frozen: no gradient arrives there. It is learned with all else.")
def frozen_table(): ...


@mistake("char_language_model", edit={"nn.LSTM(embed_dim": "nn.GRU(embed_dim"}, hint="Under the name lstm stands a GRU.")
def gru_with_one_state(): ...


@mistake("char_language_model", edit={LSTM: "self.lstm = nn.ModuleList(nn.LSTM(width if k else embed_dim, width, batch_first=True) for k in range(num_layers))", READ: "hidden, ends = self.embedding(ids), []\n            for k, layer in enumerate(self.lstm):\n                hidden, end = layer(hidden, None if state is None else tuple(one[k : k + 1] for one in state))\n                ends.append(end)\n            state = tuple(torch.cat(parts) for parts in zip(*ends))"}, hint="The LSTMs stand in a list, so their parameters have other names. One `nn.LSTM` may have several layers.")
def list_of_layers(): ...


@mistake("char_language_model", edit={"nn.Embedding(num_chars, embed_dim)": "nn.Linear(num_chars, embed_dim, bias=False)", READ: "hidden, state = self.lstm(self.embedding(F.one_hot(ids, num_chars).to(self.head.weight.dtype)), state)"}, hint="The embedding is a dense layer that reads one-hot rows. An `nn.Embedding` is asked for, whose table lies the other way round.")
def dense_layer_for_a_table(): ...


@mistake("char_language_model", edit={LSTM: LSTM.replace("True)", "True, bias=False)")}, hint="The LSTM has no biases.")
def lstm_without_bias(): ...


@mistake("char_language_model", edit={"        def forward": "        @torch.no_grad()\n        def forward"}, hint="No gradient arrives anywhere: the network can't be trained.")
def no_gradients_at_all(): ...


@mistake("char_language_model", edit={"nn.Embedding(num_chars, embed_dim)": "nn.Embedding(num_chars + 1, embed_dim)"}, hint="The table has a row more than there are tokens. None is kept for padding.")
def one_row_more(): ...


@mistake("char_language_model", edit={READ: "kept = getattr(self, 'kept', None)\n            if state is None and kept is not None and kept[0].shape[1] == len(ids):\n                state = kept\n            " + READ + "\n            self.kept = tuple(one.detach() for one in state)"}, hint="Where no state is given, that of the last call goes on. None means states of 0.")
def state_of_the_last_call(): ...


@mistake("char_language_model", edit={SAID: "return self.head(hidden[:, :-1]), state"}, hint="There are no scores for the last step. What comes behind it is asked for, too.")
def last_step_left_out(): ...


@mistake("char_language_model", edit={SAID: "scores = self.head(hidden)\n            return (scores if self.training else scores.softmax(dim=2)), state"}, hint="In evaluation mode these are probabilities. Scores are asked for, whatever the mode.")
def probabilities_in_evaluation(): ...


@mistake("char_language_model", edit={SAID: "return self.head(hidden), tuple(one.transpose(0, 1) for one in state)"}, hint="The rows of the batch come first in the states. An LSTM's states are (num_layers, N, width), `batch_first` or not.")
def rows_first_in_the_states(): ...


@mistake("char_language_model", edit={SAID: "return self.head(hidden), list(state)"}, hint="The states come in a list. A tuple (h, c) is asked for.")
def list_of_states(): ...


@mistake("char_language_model", edit={", state=None)": ", state)"}, hint="A call without a state fails. `net(ids)` has to do.")
def state_always_needed(): ...


@mistake("char_language_model", edit={READ: "hidden, state = self.lstm(self.embedding(ids).tanh(), state)"}, hint="Behind the embedding there is a tanh. The LSTM reads the table's rows as they are.")
def tanh_behind_the_embedding(): ...


@mistake("char_language_model", edit={"num_layers: int = 1": "num_layers: int = 2"}, hint="Where `num_layers` is left out there are two. One is asked for then.")
def two_layers_by_default(): ...


# sample_text

OFF_BY_ONE = "Where u falls exactly on a sum, or all before it is impossible, the wrong token is taken: its sum has to be *greater* than u."
ANEW = "The network reads tokens again that it has read before. With the state that it returned, it needs only the new one."
LOOP = "scores, state = net(ids, state)"


@right("sample_text")
def by_searchsorted(net, prompt, uniforms, temperature=1.0):
    """Look the place up with searchsorted."""
    if temperature < 0:
        raise ValueError("negative temperature")
    out = []
    with torch.no_grad():
        scores, state = net(prompt, None)
        for step in range(uniforms.shape[1]):
            last = scores[:, -1, :]
            if temperature == 0:
                token = torch.argmax(last, dim=-1)
            else:
                cdf = torch.cumsum(torch.softmax(last / temperature, dim=-1), dim=-1).contiguous()
                u = uniforms[:, step : step + 1].contiguous()
                token = torch.searchsorted(cdf, u, right=True).squeeze(1).clamp(max=last.shape[1] - 1)
            out.append(token)
            if step + 1 < uniforms.shape[1]:
                scores, state = net(token[:, None], state)
    return torch.stack(out, dim=1)


@torch.no_grad()
def by_argmax_body(net, prompt, uniforms, temperature):
    written = torch.empty(uniforms.shape, dtype=torch.int64, device=prompt.device)
    scores, state = net(prompt, None)
    for t in range(uniforms.size(1)):
        logits = scores[:, -1]
        if temperature > 0:
            shifted = (logits - logits.max(1, keepdim=True).values) / temperature
            weight = shifted.exp()
            sums = weight.cumsum(1) / weight.sum(1, keepdim=True)
            above = sums > uniforms[:, t : t + 1]
            above[:, -1] = True
            written[:, t] = above.int().argmax(dim=1)
        else:
            written[:, t] = logits.argmax(1)
        scores, state = net(written[:, t : t + 1], state)
    return written


@right("sample_text")
def first_that_is_above(net, prompt, uniforms, temperature=1.0):
    """The first True has the largest number: argmax."""
    if temperature < 0:
        raise ValueError(temperature)
    return by_argmax_body(net, prompt, uniforms, temperature)


@right("sample_text")
def comparing_both_ends(net, prompt, uniforms, temperature=1.0):
    """Ask of each part of the line whether u lies in it."""
    if not temperature >= 0:
        raise ValueError("the temperature is negative")
    with torch.inference_mode():
        token, memory, columns = prompt, None, []
        for u in uniforms.T:
            logits, memory = net(token, memory)
            logits = logits[:, -1]
            if temperature == 0.0:
                token = logits.max(dim=1).indices
            else:
                high = F.softmax(logits / temperature, dim=1).cumsum(dim=1)
                low = F.pad(high[:, :-1], (1, 0))
                inside = (low <= u[:, None]) & (u[:, None] < high)
                inside[:, -1] |= ~inside.any(dim=1)
                token = inside.to(torch.int64).argmax(dim=1)
            token = token[:, None]
            columns.append(token)
    return torch.cat(columns, dim=1).clone()


@mistake("sample_text", edit={"last / temperature": "last * temperature"}, hint="The scores are multiplied by the temperature: so a high one makes the likely likelier.")
def multiplied_by_the_temperature(): ...


@mistake("sample_text", edit={"(last / temperature).softmax(dim=1)": "(last.softmax(dim=1) / temperature)"}, hint="The probabilities are divided by the temperature, and no longer add up to 1. What is divided, and when?")
def probabilities_divided(): ...


@mistake("sample_text", edit={"(last / temperature).softmax(dim=1)": "last.softmax(dim=1)"}, hint="The temperature has no effect.")
def temperature_not_used(): ...


@mistake("sample_text", edit={"sums <= u": "sums < u"}, hint=OFF_BY_ONE)
def not_less_than(): ...


@mistake("sample_text", edit={"sums <= u": "sums > u"}, hint="The sums that are greater than u were counted. The place is the number of those that are not.")
def counted_from_the_other_end(): ...


@mistake("sample_text", edit={"sums <= u": "1 - sums >= u"}, hint="The line is laid out from the other end: the first token's part begins at 0.")
def line_from_the_other_end(): ...


@mistake("sample_text", edit={"scores[:, -1]": "scores[:, 0]"}, hint="The scores of the first step that was read are used. Which step has read all of the prompt?")
def first_step_scores(): ...


@mistake("sample_text", edit={LOOP: "scores, _ = net(ids, None)"}, hint="The state is lost between calls: each new token is drawn from the last one alone.")
def state_is_lost(): ...


@mistake("sample_text", edit={LOOP: "scores, _ = net(torch.cat([prompt, *said], dim=1), state)"}, hint=ANEW)
def all_read_anew(): ...


@mistake("sample_text", edit={LOOP: "scores, state = net(torch.cat([prompt, *said], dim=1), state)"}, hint="The network gets its state back, and all of the text once more: it has read the beginning many times then.")
def all_read_again_with_the_state(): ...


@mistake("sample_text", edit={"ids, state, said = prompt, None, []": "ids, state, said = prompt[:, -1:], None, []"}, hint="Only the last token of the prompt is read.")
def last_token_of_the_prompt(): ...


@mistake("sample_text", edit={"ids, state, said = prompt, None, []": "ids, state, said = prompt[:, :1], None, []"}, hint="Only the first token of the prompt is read.")
def first_token_of_the_prompt(): ...


@mistake("sample_text", edit={"torch.cat(said, dim=1)": "torch.cat([prompt, *said], dim=1)"}, hint="The prompt comes back too. Only what is new is asked for.")
def prompt_too(): ...


@mistake("sample_text", edit={"    with torch.no_grad():\n": "    with torch.enable_grad():\n"}, hint="Gradients are recorded while the text is written: that costs memory for nothing.")
def gradients_recorded(): ...


@mistake("sample_text", edit={"if temperature == 0:\n                ids": "if temperature == 0 and False:\n                ids"}, hint="At a temperature of 0 there is a division by 0. It means the largest score.")
def divided_by_zero(): ...


@mistake("sample_text", edit={"last.argmax(dim=1, keepdim=True)": "last.argmin(dim=1, keepdim=True)"}, hint="At a temperature of 0 the smallest score wins.")
def least_likely(): ...


@mistake("sample_text", edit={"if temperature < 0:": "if temperature <= -1e9:"}, hint="A negative temperature is let through.")
def negative_let_through(): ...


@mistake("sample_text", edit={"if temperature < 0:": "if temperature <= 0:"}, hint="A temperature of 0 is refused. It is allowed, and means the largest score.")
def zero_refused(): ...


@mistake("sample_text", edit={"uniforms.split(1, dim=1)": "uniforms[:, :1].expand_as(uniforms).split(1, dim=1)"}, hint="Every token is drawn by the first number of its row. Each has a number of its own.")
def one_number_for_all(): ...


@mistake("sample_text", edit={"uniforms.split(1, dim=1)": "uniforms[:1].expand_as(uniforms).split(1, dim=1)"}, hint="All rows are drawn by the numbers of the first row.")
def one_row_of_numbers(): ...


@mistake("sample_text", edit={"(last / temperature).softmax(dim=1).cumsum(dim=1)": "((last / temperature).exp() / (last / temperature).exp().sum(dim=1, keepdim=True)).cumsum(dim=1)"}, hint="Scores of a thousand overflow in the exponential. Torch's softmax takes care of that.")
def own_softmax_overflows(): ...


@mistake("sample_text", edit={"sums = (last / temperature).softmax(dim=1).cumsum(dim=1)": "sums = (last / temperature).softmax(dim=1).sort(dim=1, descending=True).values.cumsum(dim=1)"}, hint="The probabilities were sorted first. Their order on the line is that of the vocabulary.")
def sorted_first(): ...


@mistake("sample_text", edit={"ids = passed.clamp(max=last.shape[1] - 1)": "ids = passed"}, hint="Where rounding leaves no sum above u, a number comes out that is no token. It is the last token then.")
def beyond_the_last_token(): ...


@mistake("sample_text", edit={"passed = (sums <= u).sum(dim=1, keepdim=True)": "passed = (sums > u).int().argmax(dim=1, keepdim=True)"}, hint="Where rounding leaves no sum above u, token 0 comes out. It is the last token then.")
def first_where_none_is_above(): ...


@mistake("sample_text", edit={"raise ValueError(": "raise AssertionError("}, hint="A negative temperature raises another error than the docstring says.")
def another_error_below_0(): ...


@mistake("sample_text", edit={LOOP: "scores, state = net(ids) if state is None else net(ids, state)"}, hint="At first the network is called without a state. It may have no usual value for it: give it None.")
def called_without_a_state(): ...


@mistake("sample_text", edit={"if temperature == 0:": "if temperature < 0.1:"}, hint="A low temperature is taken for 0. Scores may lie so close together that it still has to draw.")
def greedy_when_cold(): ...


@mistake("sample_text", edit={"if temperature == 0:": "if True:"}, hint="The largest score is taken at every temperature. Above 0, the number u decides.")
def greedy_always(): ...


@mistake("sample_text", edit={"cumsum(dim=1)": "cumsum(dim=0)"}, hint="The sums run over the rows of the batch. They run over the tokens, in each row.")
def sums_over_the_rows(): ...


@mistake("sample_text", edit={"temperature: float = 1.0": "temperature: float = 0.5"}, hint="Where the temperature is left out, yours is not 1.")
def another_usual_temperature(): ...


@mistake("sample_text", edit={".softmax(dim=1).cumsum": ".softmax(dim=1).add(1e-8).cumsum"}, hint="Something small is added to the probabilities: so what is impossible is drawn when u is 0.")
def small_number_added(): ...


@mistake("sample_text", edit={"last / temperature": "last.float() / temperature"}, hint="The probabilities are computed in float32. They have the dtype of the scores.")
def rounded_probabilities(): ...


@mistake("sample_text", edit={"    with torch.no_grad():\n": "    torch.set_grad_enabled(False)\n    if True:\n"}, hint="Gradients stay switched off afterwards. Who calls finds them as they were.")
def gradients_left_off(): ...


@mistake("sample_text", edit={"    with torch.no_grad():\n": "    with torch.no_grad():\n        _, state = net(prompt, None)\n        ids = prompt[:, -1:]\n"}, hint="The last token of the prompt is read twice: once with the prompt, and once more by itself.")
def last_of_the_prompt_twice(): ...


@mistake("sample_text", edit={"    with torch.no_grad():\n": "    with torch.no_grad():\n        for column in prompt[:, :-1].split(1, dim=1) if prompt.shape[1] > 1 else ():\n            _, state = net(column, state)\n        ids = prompt[:, -1:]\n"}, hint="The prompt is read token by token. The network reads all of it in one call.")
def prompt_by_columns(): ...


@mistake("sample_text", edit={"uniforms.split(1, dim=1)": "torch.cat([uniforms[:, 1:], uniforms[:, -1:]], dim=1).split(1, dim=1)"}, hint="Each token is drawn by the number of the next one.")
def number_of_the_next(): ...


@mistake("sample_text", edit={LOOP: "scores, state = net(ids[:, 0] if said else ids, state)"}, hint="What is read behind the prompt has the shape (N,). The network reads (N, K), here with K = 1.")
def ids_without_steps(): ...


@mistake("sample_text", edit={"(last / temperature).softmax(dim=1).cumsum": "(last.softmax(dim=1).pow(1 / temperature) / last.softmax(dim=1).pow(1 / temperature).sum(dim=1, keepdim=True)).cumsum"}, hint="Probabilities are raised to a power. At a low temperature all of them become 0: what is divided, and when?")
def powers_of_probabilities(): ...


@mistake("sample_text", edit={LOOP: "scores, after = net(ids, state)\n            state = after if state is None else state"}, hint="Each token is read with the state behind the prompt. The state that the last call returned goes on.")
def state_of_the_prompt(): ...


@mistake("sample_text", edit={LOOP: "if not said:\n                scores, state = net(ids, state)"}, hint="Nothing is read behind the prompt: all tokens are drawn from the same scores.")
def reads_the_prompt_alone(): ...


@mistake("sample_text", hint="Each row is written by itself. All rows are one batch, which is read in one call.")
def row_by_row(net, prompt, uniforms, temperature=1.0):
    return torch.cat([solved_sample_text(net, p, u, temperature) for p, u in zip(prompt.split(1), uniforms.split(1))])


@mistake("sample_text", edit={"(last / temperature).softmax": "last.div_(temperature).softmax"}, hint="The scores that the network returned are overwritten. It may need them again.")
def scores_overwritten(): ...


@mistake("sample_text", edit={"sums = (last / temperature).softmax(dim=1).cumsum(dim=1)": "sums, order = (last / temperature).softmax(dim=1).sort(dim=1, descending=True)\n                sums = sums.cumsum(dim=1)", "ids = passed.clamp(max=last.shape[1] - 1)": "ids = order.gather(1, passed.clamp(max=last.shape[1] - 1))"}, hint="The probabilities were sorted first. Their order on the line is that of the vocabulary.")
def sorted_and_looked_up(): ...


@mistake("sample_text", edit={LOOP: "scores, (h, c) = net(ids, state)\n            state = (h, c)"}, hint="The state is taken for a pair. It may be of any kind: hand it on as it came.")
def state_taken_for_a_pair(): ...


@mistake("sample_text", edit={LOOP: "scores, state = net(ids, state) if state else net(ids, None)"}, hint="The state is asked whether it is true. It may be a tensor, which can't say: hand it on as it came.")
def state_asked_for_truth(): ...


@mistake("sample_text", edit={"said.append(ids)": "if said:\n                ids = torch.where(said[-1] == 0, 0, ids)\n            said.append(ids)"}, hint="Behind a first 0 nothing but 0 is written. Here it is a token like any other, and the text goes on.")
def ends_at_a_0(): ...


@mistake("sample_text", edit={"    ids, state, said = prompt, None, []\n": "    temperature = max(temperature, 1e-8)\n    ids, state, said = prompt, None, []\n"}, hint="A temperature of 0 is taken for a very small one. Close scores are still drawn by u then.")
def zero_taken_for_tiny(): ...


@mistake("sample_text", edit={"torch.cat(said, dim=1)": "torch.cat(said, dim=1).to(uniforms.dtype)"}, hint="Tokens are int64.")
def tokens_as_floats(): ...


@mistake("sample_text", edit={"torch.cat(said, dim=1)": "torch.cat(said, dim=1).int()"}, hint="Tokens are int64.")
def short_tokens(): ...


@mistake("sample_text", edit={"    ids, state, said = prompt, None, []\n": "    net.eval()\n    ids, state, said = prompt, None, []\n"}, hint="The network is left in evaluation mode. Whose choice is that?")
def left_in_evaluation_mode(): ...


# seq2seq

PADDING = "The state behind the padding is used. In rows that are shorter than the longest one, the last real token stands earlier."
SHIFT = "At each step the decoder reads the very token that it has to say there. In training it would copy, and learn nothing else."
COUNTED = "The lengths are told from the zeros in the source. A 0 may stand among the real tokens, and any token in the padding."
MEAN = "A mean of the encoder's states is handed over. The one behind the last token is asked for."
BATCH = "A GRU takes the first dimension for the steps, if it isn't told otherwise: `batch_first` is missing."
TWO_WAYS = "The encoder reads in both directions. From the first token to the last is asked for."
BACKWARDS = "The source is read backwards. It is read from its first token on."
TANH = "Behind the embedding there is a tanh. The GRUs read the table's rows as they are."
ENCODER = "self.encoder = nn.GRU(embed_dim, width, batch_first=True)"
DECODER = "self.decoder = nn.GRU(embed_dim, width, batch_first=True)"
READ_SOURCE = "states, _ = self.encoder(self.embedding(source))"
CLEAN = "source = source.masked_fill(torch.arange(source.shape[1], device=source.device) >= lengths[:, None], 0)\n            "
STATE = "state = states[rows, lengths - 1].unsqueeze(0)"
HEARD = "heard = torch.cat([begin, target[:, :-1]], dim=1)"
DECODED = "hidden, _ = self.decoder(self.embedding(heard), state)"


@right("seq2seq")
def packed(num_symbols, embed_dim, width):
    """Pack the sources, so that the encoder stops where each ends."""

    class Seq2Seq(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(num_symbols, embed_dim)
            self.encoder = nn.GRU(embed_dim, width, batch_first=True)
            self.decoder = nn.GRU(embed_dim, width, batch_first=True)
            self.head = nn.Linear(width, num_symbols)

        def forward(self, source, lengths, target):
            rows = nn.utils.rnn.pack_padded_sequence(
                self.embedding(source), lengths.cpu(), batch_first=True, enforce_sorted=False
            )
            _, state = self.encoder(rows)
            heard = F.pad(target, (1, 0))[:, :-1]
            return self.head(self.decoder(self.embedding(heard), state)[0])

    return Seq2Seq()


@right("seq2seq")
def gathered_states(num_symbols, embed_dim, width):
    """Steps first, and the last states by gather."""

    class EncoderDecoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(num_symbols, embed_dim)
            self.encoder, self.decoder = nn.GRU(embed_dim, width), nn.GRU(embed_dim, width)
            self.head = nn.Linear(width, num_symbols)

        def forward(self, source, lengths, target):
            out, _ = self.encoder(self.embedding(source.T))
            place = (lengths - 1)[None, :, None].expand(1, -1, width)
            state = out.gather(0, place)
            heard = target.roll(1, dims=1).clone()
            heard[:, 0] = 0
            out, _ = self.decoder(self.embedding(heard.T), state)
            return self.head(out).transpose(0, 1)

    return EncoderDecoder()


@right("seq2seq")
def chosen_by_a_mask(num_symbols, embed_dim, width):
    """Add up the states of all steps, of which a mask leaves one; the decoder step by step."""

    class Forced(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(num_symbols, embed_dim)
            self.encoder = nn.GRU(embed_dim, width, 1, batch_first=True)
            self.decoder = nn.GRU(embed_dim, width, 1, batch_first=True)
            self.head = nn.Linear(width, num_symbols)

        def forward(self, source, lengths, target):
            out = self.encoder(self.embedding(source))[0]
            steps = torch.arange(source.size(1), device=source.device)
            is_last = (steps == lengths[:, None] - 1).to(out.dtype)
            state = torch.einsum("nsh,ns->nh", out, is_last)[None]
            heard = torch.zeros_like(target)
            heard[:, 1:] = target[:, :-1]
            return self.head(self.decoder(self.embedding(heard), state)[0])

    return Forced()


@mistake("seq2seq", edit={HEARD: "heard = target"}, hint=SHIFT)
def reads_the_answer(): ...


@mistake("seq2seq", edit={HEARD: "heard = torch.cat([target[:, 1:], begin], dim=1)"}, hint="The target is shifted the wrong way: the decoder reads what comes later.")
def reads_the_future(): ...


@mistake("seq2seq", edit={HEARD: "heard = torch.cat([target[:, :1], target[:, :-1]], dim=1)"}, hint="At its first step the decoder reads the first token of the answer. It reads the start token there.")
def starts_with_the_answer(): ...


@mistake("seq2seq", edit={HEARD: "heard = torch.cat([begin, target], dim=1)"}, hint="There is a step too many: the scores are for as many steps as the target has.")
def a_step_too_many(): ...


@mistake("seq2seq", edit={HEARD: "heard = target[:, :-1]"}, hint="The start token is missing, and so is a step.")
def no_start_token(): ...


@mistake("seq2seq", edit={STATE: "state = states[:, -1].unsqueeze(0)"}, hint=PADDING)
def state_of_the_last_step(): ...


@mistake("seq2seq", edit={"lengths - 1]": "lengths - 2]"}, hint="The state in front of the last real token is used. The token at place length − 1 has to be read.")
def one_token_short(): ...


@mistake("seq2seq", edit={"lengths - 1]": "lengths.clamp(max=source.shape[1] - 1)]"}, hint="The state one step behind the last real token is used: places count from 0.")
def one_token_too_far(): ...


@mistake("seq2seq", edit={"states, _ = self.encoder(self.embedding(source))": "states, _ = self.encoder(self.embedding(source))\n            real = source != 0", "lengths - 1]": "real.sum(dim=1) - 1]"}, hint=COUNTED)
def lengths_by_counting(): ...


@mistake("seq2seq", edit={STATE: "real = torch.arange(source.shape[1], device=source.device) < lengths[:, None]\n            state = ((states * real.unsqueeze(2)).sum(dim=1) / lengths.unsqueeze(1)).unsqueeze(0)"}, hint=MEAN)
def mean_of_the_states(): ...


@mistake("seq2seq", edit={DECODED: "hidden, _ = self.decoder(self.embedding(heard))"}, hint="The decoder starts at 0: nothing of the source reaches it.")
def decoder_hears_nothing(): ...


@mistake("seq2seq", edit={DECODED: "hidden, _ = self.encoder(self.embedding(heard), state)"}, hint="The encoder does the decoder's work too. There are two networks with weights of their own.")
def one_network_for_both(): ...


@mistake("seq2seq", edit={STATE: "state = states[rows, lengths - 1].detach().unsqueeze(0)"}, hint="Something is cut off the graph between the table and the decoder's first state: no gradient passes there.")
def encoder_cut_off(): ...


@mistake("seq2seq", edit={"return self.head(hidden)": "return self.head(hidden).softmax(dim=2)"}, hint="These are probabilities. Scores are asked for: the loss makes the softmax.")
def probabilities_said(): ...


@mistake("seq2seq", edit={"return self.head(hidden)": "return self.head(hidden[:, -1:])"}, hint="There are scores for the last step alone.")
def last_step_said(): ...


@mistake("seq2seq", edit={"self.encoder = nn.GRU(embed_dim, width, batch_first=True)": "self.encoder = nn.GRU(embed_dim, width)", "self.decoder = nn.GRU(embed_dim, width, batch_first=True)": "self.decoder = nn.GRU(embed_dim, width)", DECODED: "hidden, _ = self.decoder(self.embedding(heard), state[:, :1].expand(-1, heard.shape[1], -1).contiguous())"}, hint=BATCH)
def steps_first_in_both(): ...


@mistake("seq2seq", edit={HEARD: "heard = target.roll(1, dims=1)"}, hint="The target was rolled: at its first step the decoder reads the last token of the answer, in place of the start.")
def rolled_round(): ...


@mistake("seq2seq", edit={DECODED: "last, said = begin, []\n            for _ in range(heard.shape[1]):\n                out, state = self.decoder(self.embedding(last), state)\n                said.append(out)\n                last = self.head(out).argmax(dim=2)\n            hidden = torch.cat(said, dim=1)"}, hint="The decoder reads what it has said itself. With a teacher it reads the right answer, one step late.")
def no_teacher(): ...


@mistake("seq2seq", edit={DECODED: "hidden, _ = self.decoder(self.embedding(heard), state)\n            hidden = hidden + state.transpose(0, 1)"}, hint="The encoder's state is added at every step. It is where the decoder begins, and that is all.")
def state_added_at_each_step(): ...


@mistake("seq2seq", edit={DECODER: DECODER.replace(", batch_first=True", "")}, hint=BATCH)
def steps_first_in_the_decoder(): ...


@mistake("seq2seq", edit={ENCODER: ENCODER.replace(", batch_first=True", "")}, hint=BATCH)
def steps_first_in_the_encoder(): ...


@mistake("seq2seq", edit={ENCODER: ENCODER.replace(", batch_first=True", ""), DECODER: DECODER.replace(", batch_first=True", "")}, hint=BATCH)
def steps_first_everywhere(): ...


@mistake("seq2seq", edit={DECODER: DECODER.replace(", batch_first=True", ""), DECODED: "hidden, _ = self.decoder(self.embedding(heard), state[:, :1].expand(-1, heard.shape[1], -1).contiguous())"}, hint=BATCH)
def first_state_for_the_steps(): ...


@mistake("seq2seq", edit={ENCODER: ENCODER.replace("True)", "True, bidirectional=True)"), READ_SOURCE: READ_SOURCE + "\n            states = states.unflatten(-1, (2, -1)).sum(dim=-2)"}, hint=TWO_WAYS)
def encoder_both_ways(): ...


@mistake("seq2seq", edit={ENCODER: ENCODER.replace("True)", "True, bidirectional=True)"), READ_SOURCE: CLEAN + READ_SOURCE + "\n            states = states.unflatten(-1, (2, -1)).sum(dim=-2)"}, hint=TWO_WAYS)
def encoder_both_ways_in_zeros(): ...


@mistake("seq2seq", edit={HEARD: HEARD + "\n            heard = heard * ((target == 0).cumsum(dim=1) == 0)"}, hint="What stands behind a 0 in the target isn't read. All its tokens are read alike.")
def target_cut_at_a_0(): ...


@mistake("seq2seq", edit={STATE: "state = states[rows, lengths - 1][:1].repeat(len(source), 1).unsqueeze(0)"}, hint="All rows begin with the state of the first one.")
def first_rows_state(): ...


@mistake("seq2seq", edit={"nn.Embedding(num_symbols, embed_dim)": "nn.Embedding(8, 16)", ENCODER: ENCODER.replace("embed_dim, width", "16, 64"), DECODER: DECODER.replace("embed_dim, width", "16, 64"), "nn.Linear(width, num_symbols)": "nn.Linear(64, 8)"}, hint="The sizes of this notebook's network are written in. They are arguments.")
def its_sizes_written_in(): ...


@mistake("seq2seq", edit={"torch.zeros_like(target[:, :1])": "torch.zeros(len(target), 1)"}, hint="The column of start tokens is made of floats, and so all tokens become floats. They are whole numbers.")
def start_is_a_float(): ...


@mistake("seq2seq", edit={DECODED: DECODED + "\n            if not self.training:\n                last, said = begin, []\n                for _ in range(heard.shape[1]):\n                    out, state = self.decoder(self.embedding(last), state)\n                    said.append(out)\n                    last = self.head(out).argmax(dim=2)\n                hidden = torch.cat(said, dim=1)"}, hint="In evaluation mode the decoder reads what it has said itself. Called with a target it reads that, whatever the mode.")
def no_teacher_in_evaluation(): ...


@mistake("seq2seq", edit={READ_SOURCE: CLEAN + READ_SOURCE, "lengths - 1]": "(source != 0).sum(dim=1).clamp(min=1) - 1]"}, hint=COUNTED)
def zeros_counted_in_a_clean_source(): ...


@mistake("seq2seq", edit={"return self.head(hidden)": "return self.head(hidden).log_softmax(dim=2)"}, hint="These are logarithms of probabilities. The head's scores are asked for as they are.")
def log_probabilities_said(): ...


@mistake("seq2seq", edit={READ_SOURCE: CLEAN + READ_SOURCE, STATE: "state = states[:, -1].unsqueeze(0)"}, hint=PADDING)
def state_of_the_last_step_of_zeros(): ...


@mistake("seq2seq", edit={READ_SOURCE: CLEAN + READ_SOURCE, "lengths - 1]": "lengths.clamp(max=source.shape[1] - 1)]"}, hint="The state one step behind the last real token is used: places count from 0.")
def one_token_too_far_in_zeros(): ...


@mistake("seq2seq", edit={ENCODER: ENCODER.replace("GRU", "LSTM"), DECODER: DECODER.replace("GRU", "LSTM"), DECODED: "hidden, _ = self.decoder(self.embedding(heard), (state, torch.zeros_like(state)))"}, hint="LSTMs stand where GRUs are asked for.")
def lstms_in_their_place(): ...


@mistake("seq2seq", edit={STATE: "late = torch.arange(source.shape[1], device=source.device) >= lengths[:, None]\n            state = states.masked_fill(late.unsqueeze(2), -2.0).amax(dim=1).unsqueeze(0)"}, hint="Of the encoder's states the largest numbers are handed over. The state behind the last token is asked for.")
def largest_of_the_states(): ...


@mistake("seq2seq", edit={STATE: "real = torch.arange(source.shape[1], device=source.device) < lengths[:, None]\n            state = (states * real.unsqueeze(2)).mean(dim=1).unsqueeze(0)"}, hint=MEAN)
def mean_over_all_places(): ...


@mistake("seq2seq", edit={STATE: "state = states.mean(dim=1).unsqueeze(0)"}, hint=MEAN)
def mean_of_all_states(): ...


@mistake("seq2seq", edit={"nn.Linear(width, num_symbols)": "nn.Linear(width, num_symbols, bias=False)"}, hint="The head has no bias.")
def head_has_no_bias(): ...


@mistake("seq2seq", edit={READ_SOURCE: "order = lengths.argsort(descending=True, stable=True)\n            source, lengths = source[order], lengths[order]\n            " + READ_SOURCE}, hint="The sources were sorted by their lengths and not put back: a target gets the state of another row.")
def not_put_back(): ...


@mistake("seq2seq", edit={"lengths - 1]": "(lengths - 2).clamp(min=0)]"}, hint="The state in front of the last real token is used. The token at place length − 1 has to be read.")
def one_token_short_but_one(): ...


@mistake("seq2seq", edit={READ_SOURCE: "_, state = self.encoder(nn.utils.rnn.pack_padded_sequence(self.embedding(source), lengths, batch_first=True))", STATE: "pass"}, hint="Packing expects falling lengths, unless it is told otherwise. They come in any order.")
def packed_in_order(): ...


@mistake("seq2seq", edit={READ_SOURCE: CLEAN.replace("masked_fill", "masked_fill_") + READ_SOURCE}, hint="The padding of the source is overwritten. It belongs to the caller.")
def source_overwritten(): ...


@mistake("seq2seq", edit={HEARD: "heard = target\n            heard[:, 1:] = target[:, :-1].clone()\n            heard[:, 0] = 0"}, hint="The target is overwritten by what the decoder reads. It belongs to the caller.")
def target_overwritten(): ...


@mistake("seq2seq", edit={READ_SOURCE: "place = (lengths[:, None] - 1 - torch.arange(source.shape[1], device=source.device)).clamp(min=0)\n            source = source.gather(1, place)\n            " + READ_SOURCE}, hint=BACKWARDS)
def source_backwards(): ...


@mistake("seq2seq", edit={READ_SOURCE: READ_SOURCE.replace("(source)", "(source.flip(1))")}, hint=BACKWARDS)
def source_turned_round(): ...


@mistake("seq2seq", edit={"return self.head(hidden)": "ended = (target == 0).cumsum(dim=1) - (target == 0).long()\n            return self.head(hidden) * (ended == 0).unsqueeze(2)"}, hint="Scores behind a 0 in the target are set to 0. All steps have scores.")
def no_scores_behind_a_0(): ...


@mistake("seq2seq", edit={"torch.zeros_like(target[:, :1])": "torch.ones_like(target[:, :1])"}, hint="The decoder begins with token 1. The start is another.")
def starts_with_1(): ...


@mistake("seq2seq", edit={"torch.zeros_like(target[:, :1])": "source[rows, lengths - 1].unsqueeze(1)"}, hint="The decoder first reads the last token of the source. It reads the start token there.")
def starts_with_the_source(): ...


@mistake("seq2seq", edit={READ_SOURCE: "source, lengths = F.pad(source, (1, 0)), lengths + 1\n            " + READ_SOURCE}, hint="A start token stands before the source. The decoder alone reads one.")
def start_before_the_source(): ...


@mistake("seq2seq", edit={READ_SOURCE: READ_SOURCE.replace("encoder", "decoder"), DECODED: DECODED.replace("decoder", "encoder")}, hint="The decoder reads the source, and the encoder writes: the two have changed places.")
def places_changed(): ...


@mistake("seq2seq", edit={READ_SOURCE: READ_SOURCE.replace("(source)", "(source).tanh()")}, hint=TANH)
def tanh_before_the_encoder(): ...


@mistake("seq2seq", edit={READ_SOURCE: READ_SOURCE.replace("(source)", "(source).tanh()"), DECODED: DECODED.replace("(heard)", "(heard).tanh()")}, hint=TANH)
def tanh_before_both(): ...


@mistake("seq2seq", edit={"return self.head(hidden)": "return self.head(hidden), state"}, hint="A state comes back too. The scores alone are asked for.")
def encoders_state_too(): ...


@mistake("seq2seq", edit={DECODED: DECODED.replace("_", "state"), "return self.head(hidden)": "return self.head(hidden), state"}, hint="A state comes back too. The scores alone are asked for.")
def decoders_state_too(): ...


@mistake("seq2seq", edit={HEARD: "heard = F.pad(target, (2, 0))[:, : target.shape[1]]"}, hint="The decoder reads the target two steps late. One is asked for.")
def two_steps_late(): ...


@mistake("seq2seq", edit={DECODER: DECODER.replace("width,", "width, 2,"), DECODED: DECODED.replace("state)", "state.repeat(2, 1, 1))")}, hint="The decoder has two layers. One is asked for.")
def decoder_of_two_layers(): ...


@mistake("seq2seq", edit={DECODED: "read = self.embedding(heard)\n            read = torch.cat([torch.zeros_like(read[:, :1]), read[:, 1:]], dim=1)\n            hidden, _ = self.decoder(read, state)"}, hint="The decoder begins with a vector of zeros. The start is token 0, which has a row of the table.")
def starts_with_zeros(): ...


# beam_search

FOLLOW = "The states don't follow their hypotheses: after the cut, each one that goes on needs the state of the row that it came from."
ENDED = "Hypotheses that have ended are continued, or lose their place in the race. They stay as they are, and compete by their sums."


@right("beam_search")
def with_tensors(step, state, start, end, beam, max_len, alpha=0.0):
    """Keep sums in a tensor, and cut with topk; those that have ended stand aside as candidates of their own."""
    live, sums, done = [[]], torch.zeros(1, dtype=torch.float64), []
    for _ in range(max_len):
        if not live:
            break
        ids = torch.tensor([one[-1] if one else start for one in live])
        log_probs, state = step(ids, state)
        num = log_probs.shape[1]
        grown = (sums[:, None] + log_probs.to(torch.float64)).flatten()
        every = torch.cat([grown, torch.tensor([total for _, total in done], dtype=torch.float64)])
        best, places = every.topk(min(beam, len(every)))
        new_live, new_sums, new_done, parents = [], [], [], []
        for total, place in zip(best.tolist(), places.tolist(), strict=True):
            if total == float("-inf"):
                continue
            if place >= len(grown):
                new_done.append(done[place - len(grown)])
                continue
            row, token = divmod(place, num)
            answer = live[row] + [token]
            if token == end:
                new_done.append((answer, total))
            else:
                new_live.append(answer)
                new_sums.append(total)
                parents.append(row)
        live, sums, done = new_live, torch.tensor(new_sums, dtype=torch.float64), new_done
        state = state[torch.tensor(parents, dtype=torch.int64)]
    found = done + list(zip(live, sums.tolist(), strict=True))
    return sorted([(ids, total / len(ids) ** alpha) for ids, total in found], key=lambda one: -one[1])


@right("beam_search")
def states_kept_beside(step, state, start, end, beam, max_len, alpha=0.0):
    """Keep with each hypothesis its own state, and join them for a step."""
    hypotheses = [{"ids": [], "total": 0.0, "state": state[0], "over": False}]
    for _ in range(max_len):
        open_ones = [one for one in hypotheses if not one["over"]]
        if len(open_ones) == 0:
            break
        last = torch.tensor([one["ids"][-1] if one["ids"] else start for one in open_ones])
        log_probs, states = step(last, torch.stack([one["state"] for one in open_ones]))
        candidates = [one for one in hypotheses if one["over"]]
        for k, one in enumerate(open_ones):
            for token in range(log_probs.shape[1]):
                value = log_probs[k, token].item()
                if math.isinf(value):
                    continue
                candidates.append(
                    {
                        "ids": one["ids"] + [token],
                        "total": one["total"] + value,
                        "state": states[k],
                        "over": token == end,
                    }
                )
        candidates.sort(key=lambda one: one["total"], reverse=True)
        hypotheses = candidates[:beam]
    result = [(one["ids"], one["total"] / (len(one["ids"]) ** alpha)) for one in hypotheses]
    result.sort(key=lambda one: one[1], reverse=True)
    return result


@right("beam_search")
def best_of_each_row_first(step, state, start, end, beam, max_len, alpha=0.0):
    """Take the best of each row, and then the best of these; those that ended go through the step with the others."""
    answers, sums = [[]], [0.0]
    for turn in range(max_len):
        if turn and all(one[-1] == end for one in answers):
            break
        last = torch.tensor([one[-1] if one else start for one in answers], dtype=torch.long)
        log_probs, new_state = step(last, state)
        found = []
        for row, (answer, total) in enumerate(zip(answers, sums, strict=True)):
            if answer and answer[-1] == end:
                found.append((total, row, answer))
                continue
            values, places = log_probs[row].topk(min(beam, log_probs.shape[1]))
            for value, place in zip(values.tolist(), places.tolist(), strict=True):
                if value > -math.inf:
                    found.append((total + value, row, [*answer, place]))
        found.sort(key=lambda one: -one[0])
        found = found[:beam]
        sums, parents, answers = ([one[part] for one in found] for part in range(3))
        state = new_state[torch.tensor(parents)]
    scored = [(answer, total / len(answer) ** alpha) for answer, total in zip(answers, sums, strict=True)]
    return sorted(scored, key=lambda one: one[1], reverse=True)


@right("beam_search")
def with_a_heap(step, state, start, end, beam, max_len, alpha=0.0):
    """Let heapq find the best of the pool."""
    import heapq

    kept = [(0.0, (), False)]
    for _ in range(max_len):
        going = [one for one in kept if not one[2]]
        if not going:
            break
        log_probs, state = step(torch.tensor([one[1][-1] if one[1] else start for one in going]), state)
        pool = [(total, ids, True, -1) for total, ids, over in kept if over]
        rows = log_probs.tolist()
        pool += [
            (total + rows[k][token], (*ids, token), token == end, k)
            for k, (total, ids, _) in enumerate(going)
            for token in range(len(rows[k]))
            if rows[k][token] != -math.inf
        ]
        best = heapq.nlargest(beam, pool)
        kept = [one[:3] for one in best]
        state = state[[k for _, _, over, k in best if not over]]
    return sorted(((list(ids), total / len(ids) ** alpha) for total, ids, _ in kept), key=lambda one: one[1])[::-1]


GREEDY = "One hypothesis is left, however wide the beam is: each was continued by its likeliest token alone, or only the best was kept."
NONE_GOES_ON = "The step is called although all have ended. When is the search over?"
NO_ROW = "The step gets tokens in two dimensions. It reads one of each hypothesis, its last: (K,)."
FEWER = "The cut takes as many as the beam is wide, whatever there is. There may be fewer."
NOT_BEGUN = "Where the start is the same token as the end, the search is over before it begins. What is read first ends nothing."
PRODUCTS = "Probabilities are multiplied, and over many steps they become 0. Sums of logarithms don't."
STEP = "log_probs, state = step(last, state)"
SCORED = "scored = [(ids, total / len(ids) ** alpha) for ids, total in kept]"
BESIDE = "going_on = sorted((one for one in pool if one[2] >= 0), key=lambda one: one[0], reverse=True)[:beam]\n        pool = [one for one in pool if one[2] < 0] + going_on"
REORDER = "state = state[[row for _, ids, row in pool if ids[-1] != end]]"
POOL = "pool = [(total, ids, -1) for ids, total in kept if ids[-1:] == [end]]"
CUT = "pool = sorted(pool, key=lambda one: one[0], reverse=True)[:beam]"


@mistake("beam_search", edit={REORDER: "state = state[:1].expand(sum(ids[-1] != end for _, ids, _ in pool), -1)"}, hint=FOLLOW)
def all_with_the_first_state(): ...


@mistake("beam_search", edit={REORDER: "state = state[[k % len(state) for k in range(sum(ids[-1] != end for _, ids, _ in pool))]]"}, hint=FOLLOW)
def states_in_their_old_order(): ...


@mistake("beam_search", edit={POOL: "pool = []"}, hint="Answers that have ended vanish at the next step. They stay in the race, with their sums.")
def ended_ones_vanish(): ...


@mistake("beam_search", edit={"[:beam]": "[:1]"}, hint=GREEDY)
def greedy_only(): ...


@mistake("beam_search", edit={CUT: "pool = sorted(pool, key=lambda one: one[0], reverse=True)"}, hint="Nothing is cut: every hypothesis is kept. `beam` says how many may stay.")
def nothing_is_cut(): ...


@mistake("beam_search", edit={"key=lambda one: one[0], reverse=True)[:beam]": "key=lambda one: one[0])[:beam]"}, hint="The least likely hypotheses are kept.")
def worst_are_kept(): ...


@mistake("beam_search", edit={"key=lambda one: one[0], reverse=True)[:beam]": "key=lambda one: one[0] / len(one[1]) ** alpha, reverse=True)[:beam]"}, hint="The sums are divided by the length while hypotheses are still compared on the way. That happens at the end alone.")
def divided_on_the_way(): ...


@mistake("beam_search", edit={"total / len(ids) ** alpha": "total"}, hint="The length has no effect: alpha is not used.")
def alpha_not_used(): ...


@mistake("beam_search", edit={"total / len(ids) ** alpha": "total / len(ids)"}, hint="The sums are always divided by the length, whatever alpha is.")
def always_the_mean(): ...


@mistake("beam_search", edit={"total / len(ids) ** alpha": "total / (len(ids) * alpha or 1)"}, hint="The length is multiplied by alpha. It is raised to that power.")
def alpha_times_the_length(): ...


@mistake("beam_search", edit={"total / len(ids) ** alpha": "total / ((5 + len(ids)) / 6) ** alpha"}, hint="The length enters as in another version, with 5 added to it. Here it is divided by its power alone.")
def another_versions_length(): ...


@mistake("beam_search", edit={"total / len(ids) ** alpha": "total / (len(ids) - (ids[-1] == end) or 1) ** alpha"}, hint="The end isn't counted in the length. It is a token like the others.")
def end_not_counted(): ...


@mistake("beam_search", edit={"return sorted(scored, key=lambda one: one[1], reverse=True)": "return scored"}, hint="The answers stand in the order of their undivided sums. The best score comes first.")
def in_the_order_of_the_sums(): ...


@mistake("beam_search", edit={"return sorted(scored, key=lambda one: one[1], reverse=True)": "return sorted(scored, key=lambda one: one[1], reverse=True)[:1]"}, hint="Only the best is returned. All that are left are asked for.")
def the_best_alone(): ...


@mistake("beam_search", edit={"return sorted(scored, key=lambda one: one[1], reverse=True)": "scored = [one for one in scored if one[0][-1] == end] or scored\n    return sorted(scored, key=lambda one: one[1], reverse=True)"}, hint="Answers that haven't ended after the last step are left out. They count as they are.")
def only_ended_ones(): ...


@mistake("beam_search", edit={"                if more > float(\"-inf\"):\n                    pool": "                if True:\n                    pool"}, hint="Hypotheses of probability 0 are kept when there is room. They are none.")
def impossible_ones_kept(): ...


@mistake("beam_search", edit={"(ids or [start])[-1]": "(ids or [0])[-1]"}, hint="The first token that is read is always 0. It is the start that was given.")
def starts_with_0(): ...


@mistake("beam_search", edit={"scored = [(ids, total / len(ids) ** alpha) for ids, total in kept]": "scored = [([start, *ids], total / len(ids) ** alpha) for ids, total in kept]"}, hint="The start stands in the answers. It belongs to none.")
def start_in_the_answer(): ...


@mistake("beam_search", edit={"scored = [(ids, total / len(ids) ** alpha) for ids, total in kept]": "scored = [([one for one in ids if one != end], total / len(ids) ** alpha) for ids, total in kept]"}, hint="The end is taken out of the answers. Where it was reached, it belongs to them.")
def end_taken_out(): ...


@mistake("beam_search", edit={"pool.append((total + more,": "pool.append((more,"}, hint="Each hypothesis has the log-probability of its last token alone. What it had before is added.")
def last_token_alone(): ...


@mistake("beam_search", edit={"total / len(ids) ** alpha) for": "math.exp(total) / len(ids) ** alpha) for"}, hint="The scores are probabilities. Sums of their logarithms are asked for.")
def probabilities_returned(): ...


@mistake("beam_search", edit={"for _ in range(max_len):": "for _ in range(max_len - 1):"}, hint="A step is missing.")
def a_step_short(): ...


@mistake("beam_search", edit={"        if not going:\n            break\n": "        if len(going) < len(kept):\n            break\n"}, hint="The search is over as soon as one has ended. It goes on while any that is kept may be continued.")
def stops_at_the_first_end(): ...


@mistake("beam_search", edit={"[:beam]\n": "[: beam - sum(row < 0 for _, _, row in pool)]\n"}, hint=ENDED)
def places_lost_to_the_ended(): ...


@mistake("beam_search", edit={"kept = [(ids, total) for total, ids, _ in pool]": "kept = [(ids, total) for total, ids, _ in pool]\n        if kept and kept[0][0][-1] == end:\n            break"}, hint="The search is over as soon as the best one has ended. It goes on while any that is kept may be continued.")
def stops_when_the_best_has_ended(): ...


@mistake("beam_search", edit={"scored = [(ids, total": "scored = [(tuple(ids), total"}, hint="The tokens of an answer stand in a tuple. A list is asked for.")
def tuples_of_tokens(): ...


SAME_LIST = "The empty hypothesis is kept B times at the beginning: all copies do the same ever after, and there is one answer B times."


@mistake("beam_search", edit={"kept: list[tuple[list[int], float]] = [([], 0.0)]": "kept: list[tuple[list[int], float]] = [([], 0.0)] * beam\n    state = state.expand(beam, -1)"}, hint=SAME_LIST)
def begins_with_copies(): ...


@mistake("beam_search", edit={"                if more > float(\"-inf\"):\n                    pool.append((total + more, [*ids, token], row))\n": "                ids.append(token)\n                if more > float(\"-inf\"):\n                    pool.append((total + more, ids, row))\n"}, hint="All continuations share one list, to which each appends its token. A continuation needs a list of its own.")
def one_list_for_all(): ...


ASIDE = "Answers that have ended are set aside, and take no place of the beam: that is another version. Here they compete, and may be pushed out."


@mistake("beam_search", edit={CUT: "going_on = sorted((one for one in pool if one[2] >= 0), key=lambda one: one[0], reverse=True)[:beam]\n        pool = [one for one in pool if one[2] < 0] + going_on"}, hint=ASIDE)
def ended_ones_set_aside(): ...


@mistake("beam_search", edit={CUT: "going_on = sorted((one for one in pool if one[2] >= 0), key=lambda one: one[0], reverse=True)[:beam]\n        pool = [one for one in pool if one[2] < 0] + going_on", "return sorted(scored, key=lambda one: one[1], reverse=True)": "return sorted(scored, key=lambda one: one[1], reverse=True)[:beam]"}, hint=ASIDE)
def set_aside_and_cut_at_the_end(): ...


@mistake("beam_search", edit={"(ids or [start])[-1]": "(ids or [end])[-1]"}, hint="The first token that is read is the end. It is the start that was given.")
def starts_with_the_end(): ...


@mistake("beam_search", edit={"    kept: list[tuple[list[int], float]] = [([], 0.0)]\n": "    given = state\n    kept: list[tuple[list[int], float]] = [([], 0.0)]\n", STEP: STEP + "\n        if kept[0][0] == []:\n            given.copy_(state)"}, hint="The state that was handed over is overwritten. It belongs to the caller.")
def state_overwritten(): ...


@mistake("beam_search", edit={"alpha: float = 0.0": "alpha: float = 1.0"}, hint="Where alpha is left out, the sums are divided. Which is its usual value?")
def another_usual_alpha(): ...


@mistake("beam_search", edit={STEP: STEP + "\n        log_probs = log_probs - log_probs.amax(dim=1, keepdim=True)"}, hint="At each step the likeliest token costs nothing. The log-probabilities count as they are.")
def best_costs_nothing(): ...


@mistake("beam_search", edit={"        if not going:\n            break\n": "", "for ids, _ in going])": "for ids, _ in going], dtype=torch.int64)", REORDER: "state = state[torch.tensor([row for _, ids, row in pool if ids[-1] != end], dtype=torch.int64)]"}, hint=NONE_GOES_ON)
def step_with_no_row(): ...


@mistake("beam_search", edit={"        if not going:\n            break\n": ""}, hint=NONE_GOES_ON)
def step_with_nothing(): ...


@mistake("beam_search", edit={SCORED: SCORED.replace("(ids, total", "(ids if ids[-1] == end else [*ids, end], total")}, hint="An end is written behind answers that never came to one. They count as they are.")
def end_written_behind(): ...


@mistake("beam_search", edit={POOL: POOL.replace("(total,", "(total + float(log_probs[0, end]),")}, hint="Answers that have ended pay for an end at each later step. They stay in the race as they are, with their sums.")
def ended_ones_pay_again(): ...


@mistake("beam_search", edit={"one[0][-1:] != [end]": "one[0][-1:] != [0]", "ids[-1:] == [end]": "ids[-1:] == [0]", "ids[-1] != end": "ids[-1] != 0"}, hint="Token 0 is taken for the end. Which token ends an answer is an argument.")
def end_is_0(): ...


@mistake("beam_search", edit={"total / len(ids) ** alpha": "total / (len(ids) if ids[-1] == end else 1) ** alpha"}, hint="Only answers that have ended are divided by their lengths. All have to be.")
def ended_ones_divided(): ...


@mistake("beam_search", edit={CUT: BESIDE, "    scored = [": "    kept = sorted(kept, key=lambda one: one[1], reverse=True)[:beam]\n    scored = ["}, hint=ASIDE)
def set_aside_and_cut_by_sums(): ...


@mistake("beam_search", edit={"    scored = [": "    kept = [one for one in kept if one[0][-1] == end]\n    scored = ["}, hint="Answers that haven't ended after the last step are left out. They count as they are.")
def only_ended_ones_or_none(): ...


@mistake("beam_search", edit={CUT: CUT.replace("[:beam]", ""), "    scored = [": "    kept = kept[:beam]\n    scored = ["}, hint="Nothing is cut before the last step. The beam says how many are kept at each.")
def cut_at_the_end(): ...


@mistake("beam_search", edit={"pool.append((total + more,": "pool.append((torch.tensor(total + more).item(),"}, hint="The sums are rounded to float32. They are no less exact than what the step returns.")
def rounded_sums(): ...


@mistake("beam_search", edit={"one[0][-1:] != [end]": "True", POOL: "pool = []", REORDER: "state = state[[row for _, _, row in pool]]"}, hint="Answers go on behind their end. One that has ended stays as it is.")
def goes_on_behind_the_end(): ...


@mistake("beam_search", edit={"step(last, state)": "step(last[:, None], state)"}, hint=NO_ROW)
def column_of_tokens(): ...


@mistake("beam_search", edit={"(ids or [start])[-1]": "[start, *ids]"}, hint=NO_ROW)
def all_tokens_so_far(): ...


@mistake("beam_search", edit={SCORED: SCORED.replace("(ids,", "(torch.tensor(ids),")}, hint="The tokens of an answer stand in a tensor. A list is asked for.")
def tensor_of_tokens(): ...


@mistake("beam_search", edit={"total / len(ids) ** alpha": "torch.tensor(total / len(ids) ** alpha)"}, hint="A score is a tensor. A float is asked for.")
def score_as_a_tensor(): ...


@mistake("beam_search", edit={"total / len(ids) ** alpha": "total / (len(ids) + 1) ** alpha"}, hint="The length is one too large. The start belongs to no answer.")
def start_counted(): ...


@mistake("beam_search", edit={"total / len(ids) ** alpha": "total / max_len ** alpha"}, hint="All sums are divided by the same number, the most steps there may be. Each answer has its own length.")
def divided_by_all_steps(): ...


@mistake("beam_search", edit={"total / len(ids) ** alpha": "total / len(ids) ** (alpha or 1.0)"}, hint="At alpha = 0 the sums are divided by the length. A power of 0 leaves them as they are.")
def mean_at_0(): ...


@mistake("beam_search", edit={"if more > float(\"-inf\"):": "if more > float(\"-inf\") and (ids or token != end):"}, hint="At the first step no answer may end. The end is a token like the others.")
def no_end_at_first(): ...


@mistake("beam_search", edit={STEP: "log_probs, _ = step(last, state)"}, hint="The states that the step returns are dropped: every step reads the first one.")
def new_states_dropped(): ...


@mistake("beam_search", edit={"if more > float(\"-inf\"):": "if more > float(\"-inf\") and (not ids or more == max(log_probs[row].tolist())):"}, hint="After the first step each hypothesis is continued by its likeliest token alone. All its continuations compete.")
def one_continuation_each(): ...


@mistake("beam_search", edit={"range(max_len)": "range(max(max_len - 1, 1))"}, hint="A step is missing.")
def a_step_short_but_one(): ...


@mistake("beam_search", edit={"range(max_len)": "range(max_len + 1)"}, hint="There is a step more than allowed.")
def a_step_too_long(): ...


@mistake("beam_search", edit={CUT: CUT.replace("[:beam]", "") + "\n        pool = [pool[k] for k in range(beam)]"}, hint=FEWER)
def just_as_many(): ...


@mistake("beam_search", edit={STEP: STEP + "\n        log_probs.topk(beam, dim=1)"}, hint=FEWER)
def more_than_tokens(): ...


@mistake("beam_search", edit={CUT: CUT.replace("[:beam]", "") + "\n        pool = [one for k, one in enumerate(pool) if all((len(one[1]), one[1][-1]) != (len(two[1]), two[1][-1]) for two in pool[:k])][:beam]"}, hint="Of hypotheses that end in the same token only the best is kept. They differ in what they said before.")
def merged_by_last_token(): ...


@mistake("beam_search", edit={"key=lambda one: one[1], reverse=True": "key=lambda one: one[1]"}, hint="The worst answer comes first. The best one does.")
def worst_first(): ...


@mistake("beam_search", edit={"total / len(ids) ** alpha": "math.exp(total / len(ids) ** alpha)"}, hint="The scores are probabilities. Sums of their logarithms are asked for.")
def probabilities_of_scores(): ...


@mistake("beam_search", edit={CUT: CUT.replace("[:beam]", "[: min(beam, log_probs.shape[1])]")}, hint="No more hypotheses are kept than there are tokens. A beam may be wider than that.")
def no_more_than_tokens(): ...


@mistake("beam_search", edit={"one[0][-1:] != [end]": "(one[0] or [start])[-1] != end", "    scored = [": "    kept = [one for one in kept if one[0]]\n    scored = ["}, hint=NOT_BEGUN)
def over_before_it_begins(): ...


@mistake("beam_search", edit={"one[0][-1:] != [end]": "(one[0] or [start])[-1] != end"}, hint=NOT_BEGUN)
def over_with_an_empty_answer(): ...


@mistake("beam_search", edit={"(ids or [start])[-1]": "start"}, hint="Every step reads the start. Behind the first, each hypothesis reads its own last token.")
def start_at_each_step(): ...


@mistake("beam_search", edit={REORDER: "state = state[sorted(row for _, ids, row in pool if ids[-1] != end)]"}, hint=FOLLOW)
def states_in_the_order_of_rows(): ...


@mistake("beam_search", edit={STEP: "both = [step(last[k : k + 1], state[k : k + 1]) for k in range(len(last))]\n        log_probs, state = (torch.cat(part) for part in zip(*both))"}, hint="The step is called for each hypothesis by itself. All that go on are one batch.")
def step_for_each(): ...


@mistake("beam_search", edit={"enumerate(log_probs[row].tolist())": "enumerate(log_probs[row].tolist()[:3])"}, hint="Three tokens are tried, as in the tree. How many there are, the step says.")
def three_tokens(): ...


@mistake("beam_search", edit={"key=lambda one: one[1], reverse=True": "key=lambda one: (one[0][-1] == end, one[1]), reverse=True"}, hint="Answers that have ended stand before all others. The score alone decides.")
def ended_ones_first(): ...


@mistake("beam_search", edit={"([], 0.0)": "([], 1.0)", "pool.append((total + more,": "pool.append((total * math.exp(more),", "total / len(ids) ** alpha": "(math.log(total) if total else -math.inf) / len(ids) ** alpha"}, hint=PRODUCTS)
def products(): ...


@mistake("beam_search", edit={"([], 0.0)": "([], 1.0)", "pool.append((total + more,": "pool.append((total * math.exp(more),", "total / len(ids) ** alpha": "math.log(total) / len(ids) ** alpha"}, hint=PRODUCTS)
def products_without_care(): ...
