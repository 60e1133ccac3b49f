"""What students write in the project of captioning: mistakes with the hint each deserves, and other right answers."""

from collections import Counter

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right

# pair_f1


@right("pair_f1")
def pair_f1_by_hand(said, truth, start=1, end=2):
    def pairs(row):
        before, found = start, []
        for word in row.tolist():
            found.append((before, word))
            before = word
            if word == end:
                break
        return found

    answer = []
    for one, other in zip(said, truth):
        ours, left = pairs(one), pairs(other)
        many = len(ours) + len(left)
        both = 0
        for pair in ours:
            if pair in left:
                left.remove(pair)
                both += 1
        answer.append(2 * both / many)
    return torch.tensor(answer, dtype=torch.double)


@right("pair_f1")
def pair_f1_from_precision_and_recall(said, truth, start=1, end=2):
    def pairs(row):
        words = [start] + [int(word) for word in row]
        if end in words:
            words = words[: words.index(end) + 1]
        return Counter(zip(words[:-1], words[1:]))

    answer = torch.zeros(len(said), dtype=torch.float64)
    for n in range(len(said)):
        ours, wanted = pairs(said[n]), pairs(truth[n])
        both = sum(min(count, wanted[pair]) for pair, count in ours.items())
        if both:
            precision, recall = both / sum(ours.values()), both / sum(wanted.values())
            answer[n] = 2 * precision * recall / (precision + recall)
    return answer


@right("pair_f1")
def pair_f1_without_a_loop(said, truth, start=1, end=2):
    def keys(rows):
        before = F.pad(rows, (1, 0), value=start)[:, :-1]
        going = ((rows == end).cumsum(dim=1) - (rows == end).long()) == 0
        return before * 1000 + rows, going

    (ours, here), (wanted, there) = keys(said), keys(truth)
    many = 1000 * 1000
    ours, wanted = ours.where(here, -1), wanted.where(there, -2)

    def rank(keys):
        same = keys[:, :, None] == keys[:, None]
        return same.tril(diagonal=-1).sum(dim=2)

    ours, wanted = ours + many * rank(ours), wanted + many * rank(wanted)
    ours, wanted = ours.where(here, -1), wanted.where(there, -2)
    both = (ours[:, :, None] == wanted[:, None]).any(dim=2).sum(dim=1)
    return 2 * both.double() / (here.sum(dim=1) + there.sum(dim=1))


@right("pair_f1")
def pair_f1_with_strings(said, truth, start=1, end=2):
    def pairs(row):
        text = f"{start} " + " ".join(map(str, row.tolist())) + " "
        head, stop, _ = text.partition(f" {end} ")
        words = (head + stop).split()
        return [f"{words[k]} {words[k + 1]}" for k in range(len(words) - 1)]

    found = []
    for one, other in zip(said, truth):
        a, b = pairs(one), pairs(other)
        both = sum(min(a.count(pair), b.count(pair)) for pair in set(a))
        found.append(2 * both / (len(a) + len(b)))
    return torch.tensor(found, dtype=torch.float64)


@mistake("pair_f1", edit={"Counter(zip([start, *words], words, strict=False))": "Counter({*zip([start, *words], words, strict=False)})"}, hint="A pair that comes more than once counts once here: a set forgets how often.")
def pair_f1_of_sets(): ...


@mistake("pair_f1", edit={"(ours & wanted).total()": "sum(count for pair, count in ours.items() if pair in wanted)"}, hint="A pair that is said three times and wanted once counts three times here.")
def pair_f1_unclipped(): ...


@mistake("pair_f1", edit={"(ours & wanted).total()": "sum(count for pair, count in wanted.items() if pair in ours)"}, hint="A pair that is wanted three times and said once counts three times here.")
def pair_f1_unclipped_in_the_truth(): ...


@mistake("pair_f1", edit={"(ours & wanted).total()": "len(ours & wanted)"}, hint="The pairs in both are counted without how often they are in both.")
def pair_f1_counts_kinds_of_pairs(): ...


@mistake("pair_f1", edit={"2 * both / (ours.total() + wanted.total())": "both / ours.total()"}, hint="This is the precision: who says little and that rightly has 1. What is wanted and not said must lower it too.")
def pair_f1_is_the_precision(): ...


@mistake("pair_f1", edit={"2 * both / (ours.total() + wanted.total())": "both / wanted.total()"}, hint="This is the recall: who says ever more doesn't lose by it. What is said and not wanted must lower it too.")
def pair_f1_is_the_recall(): ...


@mistake("pair_f1", edit={"2 * both / (ours.total() + wanted.total())": "(both / ours.total() + both / wanted.total()) / 2"}, hint="This is the arithmetic mean of precision and recall. Which mean is F1?")
def pair_f1_by_the_arithmetic_mean(): ...


@mistake("pair_f1", edit={"2 * both / (ours.total() + wanted.total())": "both / (ours | wanted).total()"}, hint="Divided by the pairs that are in either: that is the intersection over the union, and not F1.")
def pair_f1_is_the_union(): ...


@mistake("pair_f1", edit={"2 * both / (ours.total() + wanted.total())": "both / max(ours.total(), wanted.total())"}, hint="Divided by the longer of the two. In F1 both lengths have a part.")
def pair_f1_by_the_longer(): ...


@mistake("pair_f1", edit={"zip([start, *words], words, strict=False)": "zip(words, words[1:], strict=False)", "found.append(2 * both / (ours.total() + wanted.total()))": "found.append(2 * both / max(ours.total() + wanted.total(), 1))"}, hint="The pair of the start and the first word is left out, so the first word counts half as much as the others.")
def pair_f1_without_the_start(): ...


@mistake("pair_f1", edit={"words.index(end) + 1": "words.index(end)", "found.append(2 * both / (ours.total() + wanted.total()))": "found.append(2 * both / max(ours.total() + wanted.total(), 1))"}, hint="The pair of the last word and the end is left out: a caption that stops in the right place isn't told from one that goes on.")
def pair_f1_without_the_end(): ...


@mistake("pair_f1", edit={"        if end in words:\n            words = words[: words.index(end) + 1]\n": ""}, hint="What stands behind the end is counted too.")
def pair_f1_with_what_is_behind(): ...


@mistake("pair_f1", edit={"words[: words.index(end) + 1]": "words[: len(words) - words[::-1].index(end)]"}, hint="A row is read up to its last `end`. It is the first that counts.")
def pair_f1_up_to_the_last_end(): ...


@mistake("pair_f1", edit={"        if end in words:\n            words = words[: words.index(end) + 1]\n": "        words = [word for word in words if word != 0]\n"}, hint="Padding is taken for what ends a row. Words may stand behind an `end`, and 0 is not always padding.")
def pair_f1_without_padding_alone(): ...


@mistake("pair_f1", edit={"        if end in words:\n            words = words[: words.index(end) + 1]\n": "        words = [*words[: words.index(end)], end] if end in words else [*words, end]\n"}, hint="A row that never ends gets an end here. It didn't say so.")
def pair_f1_with_an_end_for_all(): ...


@mistake("pair_f1", edit={"Counter(zip([start, *words], words, strict=False))": "Counter(words)"}, hint="Single words are counted. In which order they stand makes no difference then.")
def pair_f1_of_single_words(): ...


@mistake("pair_f1", edit={"Counter(zip([start, *words], words, strict=False))": "Counter(tuple(sorted(pair)) for pair in zip([start, *words], words, strict=False))"}, hint="The two words of a pair have an order: (red, star) isn't (star, red).")
def pair_f1_without_an_order(): ...


@mistake("pair_f1", edit={"Counter(zip([start, *words], words, strict=False))": "Counter(enumerate(zip([start, *words], words, strict=False)))"}, hint="A pair counts only at the same place in both. It may stand anywhere.")
def pair_f1_place_by_place(): ...


@mistake("pair_f1", edit={"Counter(zip([start, *words], words, strict=False))": "Counter(zip([1, *words], words, strict=False))", "if end in words": "if 2 in words", "words.index(end)": "words.index(2)"}, hint="1 and 2 stand in the text, where the arguments `start` and `end` are meant.")
def pair_f1_with_numbers_of_its_own(): ...


@mistake("pair_f1", edit={"Counter(zip([start, *words], words, strict=False))": "Counter(zip([start, *words], words, [*words[1:], None], strict=False))"}, hint="Three neighbours are taken together: two are asked for.")
def pair_f1_of_threes(): ...


@mistake("pair_f1", edit={"return torch.tensor(found, dtype=torch.float64)": "return torch.tensor(found)"}, hint="The answer is float32, which torch makes of Python's numbers unless you say otherwise.")
def pair_f1_in_float32(): ...


@mistake("pair_f1", edit={"return torch.tensor(found, dtype=torch.float64)": "return torch.tensor(found, dtype=torch.float64).mean()"}, hint="One number for all: each scene has its own F1.")
def pair_f1_as_a_mean(): ...


@mistake("pair_f1", of=pair_f1_from_precision_and_recall, edit={"        if both:\n            precision, recall = both / sum(ours.values()), both / sum(wanted.values())\n            answer[n] = 2 * precision * recall / (precision + recall)": "        precision, recall = both / sum(ours.values()), both / sum(wanted.values())\n        answer[n] = torch.tensor(2 * precision * recall) / torch.tensor(precision + recall)"}, hint="Where no pair is right, precision and recall are both 0, and their harmonic mean is 0 / 0.")
def pair_f1_is_nan_where_nothing_is_right(): ...


@mistake("pair_f1", of=pair_f1_by_hand, edit={"            if word == end:\n                break\n": "            if word == end:\n                break\n        found = found[: truth.shape[1]]\n", "ours, left = pairs(one), pairs(other)": "ours, left = pairs(one[: len(other)]), pairs(other)"}, hint="What is said is cut to the width of the truth: words too many cost nothing then.")
def pair_f1_cut_to_the_truth(): ...


# captioner


class Speaker(nn.Module):
    """Right in form: a GRU that a vector of the maps starts, and greedy words. It sees the mean of the cells."""

    def __init__(self, numbers=64, width=48, words=17):
        super().__init__()
        self.first = nn.Linear(numbers, width)
        self.embedding = nn.Embedding(words, 16)
        self.gru = nn.GRU(16, width, batch_first=True)
        self.head = nn.Linear(width, words)

    def seen(self, maps):
        return maps.mean(dim=(2, 3))

    def scores(self, maps, words):
        state = self.first(self.seen(maps)).tanh()
        return self.head(self.gru(self.embedding(words), state[None].contiguous())[0])

    def forward(self, maps, captions):
        return F.cross_entropy(self.scores(maps, captions[:, :-1]).transpose(1, 2), captions[:, 1:], ignore_index=0)

    def say(self, maps):
        words = torch.ones(len(maps), 1, dtype=torch.int64)
        for _ in range(7):
            words = torch.cat([words, self.scores(maps, words)[:, -1].argmax(dim=1, keepdim=True)], dim=1)
        return words


def recipe(batch=100, rate=8e-3, falls=True):
    return {"batch": batch, "rate": rate, "falls": falls}


# What breaks a rule.


@mistake("captioner", hint="The network came alone: its recipe is asked for too.")
def captioner_without_a_recipe():
    return Speaker()


@mistake("captioner", hint="The class came back, not a network that was made of it.")
def captioner_returns_the_class():
    return Speaker, recipe()


@mistake("captioner", hint="The recipe comes first here, and the network second.")
def captioner_the_wrong_way_round():
    return recipe(), Speaker()


@mistake("captioner", hint="The recipe is a dict with three keys, and here they have other names.")
def captioner_with_a_learning_rate_of_another_name():
    return Speaker(), {"batch_size": 100, "lr": 8e-3, "falls": True}


@mistake("captioner", hint="A key of the recipe is lacking: is the rate to fall or not?")
def captioner_with_a_short_recipe():
    return Speaker(), {"batch": 100, "rate": 8e-3}


@mistake("captioner", hint="The recipe gives the optimizer itself. Only its rate is wanted.")
def captioner_with_an_optimizer_for_a_rate():
    net = Speaker()
    return net, {"batch": 100, "rate": torch.tensor(8e-3), "falls": True}


@mistake("captioner", hint="All captions in one step: the batch may have 500 at most, since each step learns anew.")
def captioner_with_one_huge_batch():
    return Speaker(), recipe(batch=3000)


@mistake("captioner", hint="It can learn and can't say: the method `say` is lacking.")
def captioner_without_say():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = Speaker()

        def forward(self, maps, captions):
            return self.inner(maps, captions)

    return Net(), recipe()


@mistake("captioner", hint="`forward` gives scores. In training the loss itself is wanted: a single number.")
def captioner_returns_scores():
    class Net(Speaker):
        def forward(self, maps, captions):
            return self.scores(maps, captions[:, :-1])

    return Net(), recipe()


@mistake("captioner", hint="The loss is left as one number a word: it is to be a single one.")
def captioner_with_a_loss_for_each_word():
    class Net(Speaker):
        def forward(self, maps, captions):
            scores = self.scores(maps, captions[:, :-1]).transpose(1, 2)
            return F.cross_entropy(scores, captions[:, 1:], reduction="none")

    return Net(), recipe()


@mistake("captioner", hint="The loss has become a number of Python, which has no gradient.")
def captioner_with_a_loss_that_is_a_float():
    class Net(Speaker):
        def forward(self, maps, captions):
            return super().forward(maps, captions).item()

    return Net(), recipe()


@mistake("captioner", hint="`say` gives the scores of all words. Which of them is said?")
def captioner_says_scores():
    class Net(Speaker):
        def say(self, maps):
            return self.scores(maps, torch.ones(len(maps), 7, dtype=torch.int64))

    return Net(), recipe()


@mistake("captioner", hint="What is said is of floating point, a score perhaps: the numbers of words are asked for, int64.")
def captioner_says_the_best_score():
    class Net(Speaker):
        def say(self, maps):
            return self.scores(maps, torch.ones(len(maps), 7, dtype=torch.int64)).amax(dim=2)

    return Net(), recipe()


@mistake("captioner", hint="A squeeze also takes the dimension of a batch of one.")
def captioner_squeezes_the_batch():
    class Net(Speaker):
        def say(self, maps):
            return super().say(maps).squeeze()

    return Net(), recipe()


@mistake("captioner", hint="Words and scenes have changed places: each row is one scene.")
def captioner_says_columns():
    class Net(Speaker):
        def say(self, maps):
            return super().say(maps).T.contiguous()

    return Net(), recipe()


@mistake("captioner", hint="Lists of words come, of which each may have its own length. A tensor is asked for: what fills it up?")
def captioner_says_lists():
    class Net(Speaker):
        def say(self, maps):
            return super().say(maps).tolist()

    return Net(), recipe()


@mistake("captioner", hint="What is said is of floating point, a score perhaps: the numbers of words are asked for, int64.")
def captioner_says_floats():
    class Net(Speaker):
        def say(self, maps):
            return super().say(maps).float()

    return Net(), recipe()


@mistake("captioner", hint="It goes on and on: 16 words are more than any caption has.")
def captioner_never_stops():
    class Net(Speaker):
        def say(self, maps):
            return super().say(maps).repeat(1, 4)

    return Net(), recipe()


@mistake("captioner", hint="A dense layer from all cells with all their numbers: 4,096 weights for each number of the state. Make each cell's vector shorter first.")
def captioner_beyond_the_numbers():
    class Net(Speaker):
        def __init__(self):
            super().__init__(4096, 64)

        def seen(self, maps):
            return maps.flatten(1)

    return Net(), recipe()


@mistake("captioner", hint="Each convolution of 3 × 3 works on all 64 cells, and takes nine times what one of 1 × 1 takes.")
def captioner_beyond_the_multiply_adds():
    class Net(Speaker):
        def __init__(self):
            super().__init__()
            self.more = nn.Conv2d(64, 64, 3, padding=1)

        def seen(self, maps):
            return self.more(maps).relu().mean(dim=(2, 3))

    return Net(), recipe()


@mistake("captioner", hint="It asks itself hundreds of times for each caption: these count too.")
def captioner_that_says_it_often():
    class Net(Speaker):
        def say(self, maps):
            return torch.stack([super(Net, self).say(maps) for _ in range(40)]).mode(dim=0).values

    return Net(), recipe()


# Games.


@mistake("captioner", hint="What the trainer holds is not the network's business: it gets maps and captions, and nothing else.")
def captioner_looks_at_the_trainer():
    import sys

    class Net(Speaker):
        def say(self, maps):
            self.truth = sys._getframe(2).f_locals.get("captions")
            return super().say(maps)

    return Net(), recipe()


@mistake("captioner", hint="It draws scenes of its own: the 3,000 are the same for everyone.")
def captioner_draws_its_own_scenes():
    from coursekit.shapes import shapes

    class Net(Speaker):
        def say(self, maps):
            return super().say(maps) + 0 * len(shapes(1, size=64))

    return Net(), recipe()


@mistake("captioner", hint="It takes steps of its own: 60,000 captions are the same for everyone.")
def captioner_takes_its_own_steps():
    network = Speaker()
    own = torch.optim.Adam(network.parameters())

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = network

        def forward(self, maps, captions):
            for _ in range(3):
                own.zero_grad()
                network(maps, captions).backward()
                own.step()
            return network(maps, captions)

        def say(self, maps):
            return network.say(maps)

    return Net(), recipe()


@mistake("captioner", hint="It says the same of all scenes, and never looks.")
def captioner_says_the_commonest_caption():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))
            self.seen = Counter()

        def forward(self, maps, captions):
            self.seen.update(map(tuple, captions.tolist()))
            return self.scale.square().sum()

        def say(self, maps):
            commonest = self.seen.most_common(1)[0][0] if self.seen else (1, 2)
            return torch.tensor([commonest] * len(maps))

    return Net(), recipe()


@mistake("captioner", hint="It has learned what captions are like, and doesn't look at the scene: a language model.")
def captioner_that_never_looks():
    class Net(Speaker):
        def seen(self, maps):
            return 0 * super().seen(maps)

    return Net(), recipe()


@mistake("captioner", hint="The caption of the most alike scene is said: the scenes are learned by heart, and a new one has no double among them.")
def captioner_by_the_nearest_scene():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))
            self.known, self.captions = [], []

        def vectors(self, maps):
            halves = [maps.amax(dim=3).mean(dim=2), F.adaptive_max_pool2d(maps, 2).flatten(1)]
            return F.normalize(torch.cat(halves, dim=1), dim=1)

        def forward(self, maps, captions):
            self.known.append(self.vectors(maps))
            self.captions.append(captions)
            return self.scale.square().sum()

        def say(self, maps):
            if len(self.known) < 40:
                return torch.full((len(maps), 1), 2)
            known, captions = torch.cat(self.known[-31:-1]), torch.cat(self.captions[-31:-1])
            return captions[(self.vectors(maps) @ known.T).argmax(dim=1)]

    return Net(), recipe()


# Half ways: they earn some of the points, or none yet.


@mistake("captioner", hint="A mean over all cells says what there is, and not where: which object is named first?")
def captioner_of_the_mean():
    return Speaker(width=96), recipe()


@mistake("captioner", hint="A maximum over all cells says what there is, and not where: which object is named first?")
def captioner_of_the_maximum():
    class Net(Speaker):
        def seen(self, maps):
            return maps.amax(dim=(2, 3))

    return Net(width=96), recipe()


class Flat(Speaker):
    """All cells, each with 16 numbers, make the first state."""

    def __init__(self, keep=16, width=96):
        super().__init__(64 * keep, width)
        self.shorter = nn.Conv2d(64, keep, 1)

    def seen(self, maps):
        return self.shorter(maps).relu().flatten(1)


@mistake("captioner", hint="It looks once, and has to remember all of the scene in one state: could it look again before each word? And is the rate the best one?")
def captioner_that_looks_once():
    return Flat(), recipe(64, 1e-3, False)


# Other right answers.


@right("captioner")
def captioner_with_an_lstm():
    """An LSTM that begins with what all cells together say, and looks again before each word; one loop for both uses."""

    class Net(nn.Module):
        def __init__(self, width=88):
            super().__init__()
            self.norm, self.drop = nn.LayerNorm(64), nn.Dropout(0.1)
            self.place = nn.Parameter(0.3 * torch.randn(64, 64))
            self.shorter = nn.Linear(64, 12)
            self.query, self.first = nn.Linear(width, 64), nn.Linear(768, width)
            self.embedding = nn.Embedding(17, 32)
            self.cell = nn.LSTMCell(96, width)
            self.head = nn.Linear(width + 64, 17)

        def run(self, maps, words):
            x = self.drop(self.norm(maps.flatten(2).transpose(1, 2))) + self.place
            h = self.first(self.shorter(x).relu().flatten(1)).tanh()
            c, answers = torch.zeros_like(h), []
            for t in range(7):
                weights = ((x @ self.query(h)[:, :, None])[..., 0] / 8).softmax(dim=1)
                read = (weights[:, None] @ x)[:, 0]
                word = words[:, t] if words is not None else (answers[-1].argmax(dim=1) if t else torch.ones(len(x), dtype=torch.int64))
                h, c = self.cell(torch.cat([self.embedding(word), read], dim=1), (h, c))
                answers.append(self.head(torch.cat([h, read], dim=1)))
            return torch.stack(answers, dim=1)

        def forward(self, maps, captions):
            return F.cross_entropy(self.run(maps, captions).flatten(0, 1), captions[:, 1:].flatten(), ignore_index=0)

        def say(self, maps):
            return self.run(maps, None).argmax(dim=2)

    return Net(), {"batch": 100, "rate": 8e-3, "falls": True}


@right("captioner")
def captioner_that_says_all_words_at_once():
    """No recurrence: seven queries look twice, the second time knowing what all of them have seen."""

    class Net(nn.Module):
        def __init__(self, words=7):
            super().__init__()
            self.norm, self.drop = nn.LayerNorm(64), nn.Dropout(0.1)
            self.place = nn.Parameter(0.3 * torch.randn(64, 64))
            self.asked = nn.Parameter(0.5 * torch.randn(words, 64))
            self.mix = nn.Sequential(nn.Linear(words * 64, 96), nn.ReLU(), nn.Linear(96, words * 64))
            self.before, self.after = nn.Linear(64, 64), nn.Linear(64, 64)
            self.head = nn.Sequential(nn.Linear(words * 64, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, words * 17))
            self.words = words

        def scores(self, maps):
            x = self.drop(self.norm(maps.flatten(2).transpose(1, 2))) + self.place

            def look(query):
                return (query @ x.transpose(1, 2) / 8).softmax(dim=2) @ x

            first = look(self.before(self.asked).expand(len(x), -1, -1))
            second = look(self.after(self.mix(first.flatten(1)).unflatten(1, (self.words, 64)) + self.asked))
            return self.head((first + second).flatten(1)).unflatten(1, (self.words, 17))

        def forward(self, maps, captions):
            return F.cross_entropy(self.scores(maps).transpose(1, 2), captions[:, 1:], ignore_index=0)

        def say(self, maps):
            return self.scores(maps).argmax(dim=2)

    return Net(), {"batch": 100, "rate": 8e-3, "falls": True}
