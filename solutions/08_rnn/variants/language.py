"""What students write in language: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right

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


@mistake("word_embedding_forward", edit={"words.max() >= len(weights)": "words.max() > len(weights)"}, hint=OUTSIDE)
def off_by_one_at_the_end(): ...


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


# temporal_softmax_loss

PADDED = "Something of the padding reaches the answer: 0 times NaN, or times infinity, is NaN. Put harmless scores there before anything is computed."
LOOKED_UP = "A target in the padding is looked up, though it may be no token at all. What could stand there instead?"
EMPTY = "If no step is real, 0 is divided by 0. The loss is 0 then."
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


@mistake("temporal_softmax_loss", edit={"mask.sum().clamp(min=1) if": "mask.numel() if"}, hint="The sum is divided by all steps, the padding among them. Which steps count?")
def divided_by_all_places(): ...


@mistake("temporal_softmax_loss", edit={"else len(scores)": "else scores.shape[1]"}, hint="Per sequence, the sum is divided by the number of steps T. How many sequences are there?")
def divided_by_the_steps(): ...


@mistake("temporal_softmax_loss", edit={"else len(scores)": "else mask.any(dim=1).sum().clamp(min=1)"}, hint="Per sequence, a sequence without a real step isn't counted. N counts all.")
def empty_sequences_left_out(): ...


@mistake("temporal_softmax_loss", edit={".clamp(min=1)": ""}, hint=EMPTY)
def nothing_by_nothing(): ...


@mistake("temporal_softmax_loss", edit={"mask.sum().clamp(min=1)": "(mask.sum() + 1)"}, hint="One is added to the number of steps, always. It is needed only where there is none.")
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


@mistake("temporal_softmax_loss", edit={"torch.where(real, scores, 0)": "(scores * real)"}, hint=PADDED)
def scores_multiplied_by_zero(): ...


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


# char_language_model


BATCH_FIRST = "The LSTM takes the first dimension for the steps: rows of the batch are read one after another as if they were a text."
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
    scores, state = net(prompt)
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
