"""What students write in networks: mistakes with the hint each deserves, and other right answers.

Most class variants change one method of the solution's class, which stands under its own name here.
"""

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

# TwoLayerNet


def _two_layer_pieces(net, x, y):
    """Return what the backward pass starts from."""
    W1, b1, W2, b2 = (net.params[name] for name in ("W1", "b1", "W2", "b2"))
    hidden = (x @ W1 + b1).clamp(min=0)
    scores = hidden @ W2 + b2
    loss = F.cross_entropy(scores, y) + net.reg * ((W1**2).sum() + (W2**2).sum())
    grad_scores = (scores.softmax(dim=1) - F.one_hot(y, scores.shape[1])) / len(y)
    return W1, W2, hidden, scores, loss, grad_scores


@mistake(
    "TwoLayerNet",
    edit={"grad_scores.sum": "grad_scores.mean"},
    hint="The gradient of b2 is off by a factor of N: it is the sum of the scores' gradients over the batch. The mean "
    "was already taken in the loss.",
)
def MeanForB2(): ...


@mistake(
    "TwoLayerNet",
    edit={"grad_scores.sum": "grad_scores.mean", "grad_hidden.sum": "grad_hidden.mean"},
    hint="The gradients of b1 and b2 are off by a factor of N: sum over the batch instead of taking the mean.",
)
def MeanForBothBiases(): ...


@mistake(
    "TwoLayerNet",
    edit={") / len(y)": ")"},
    hint="All gradients are off by a factor of N, while the loss is a mean: divide the gradient of the scores by N, "
    "and the rest follows.",
)
def GradientsNotAveraged(): ...


@mistake(
    "TwoLayerNet",
    edit={" * (hidden > 0)": ""},
    hint="The gradients of W1 and b1 pass through units that were shut: on the way back the ReLU stops what it stopped "
    "on the way forward.",
)
def ForgetsTheReluOnTheWayBack(): ...


@mistake(
    "TwoLayerNet",
    edit={" * (hidden > 0)": ".clamp(min=0)"},
    hint="The ReLU on the way back looks at the sign of the gradient: it must look at whether the unit was open on the "
    "way forward.",
)
def ReluOfTheGradient(): ...


@mistake(
    "TwoLayerNet",
    edit={"hidden > 0": 'x @ W1 + self.params["b1"] >= 0'},
    hint="Units at exactly zero let the gradient through. On a blank row with zero biases every unit is at zero, and the "
    "slope of the ReLU there is 0: ask whether it is above zero.",
)
def OpenAtZero(): ...


@mistake("TwoLayerNet", edit={'return hidden @ self.params["W2"] + self.params["b2"]': 'return (hidden @ self.params["W2"] + self.params["b2"]).clamp(min=0)'}, hint="There is a ReLU after the last layer too: scores may be negative, so leave them alone.")
def ReluOnTheScores(): ...


@mistake("TwoLayerNet", hint="There is no ReLU between the layers: without it, two affine layers are one.")
class NoRelu(TwoLayerNet):
    def scores(self, x):
        return (x @ self.params["W1"] + self.params["b1"]) @ self.params["W2"] + self.params["b2"]

    def loss(self, x, y):
        W1, W2 = self.params["W1"], self.params["W2"]
        hidden, scores = x @ W1 + self.params["b1"], self.scores(x)
        g = (scores.softmax(1) - F.one_hot(y, scores.shape[1])) / len(y)
        back = g @ W2.T
        grads = {"W1": x.T @ back + 2 * self.reg * W1, "b1": back.sum(0), "W2": hidden.T @ g + 2 * self.reg * W2, "b2": g.sum(0)}
        return F.cross_entropy(scores, y) + self.reg * ((W1**2).sum() + (W2**2).sum()), grads


@mistake(
    "TwoLayerNet",
    edit={"2 * self.reg * W1": "self.reg * W1", "2 * self.reg * W2": "self.reg * W2"},
    hint="A penalty's gradient is half of what it should be: here the penalty has no factor of 1/2, so each weight matrix adds 2 * reg * W.",
)
def HalfThePenaltysGradient(): ...


@mistake(
    "TwoLayerNet",
    edit={"penalty = self.reg": "penalty = 0.5 * self.reg", "2 * self.reg * W1": "self.reg * W1", "2 * self.reg * W2": "self.reg * W2"},
    hint="The penalty has a factor of 1/2, in the loss and in the gradients: this course writes it without.",
)
def HalfThePenalty(): ...


@mistake("TwoLayerNet", edit={" + 2 * self.reg * W1": "", " + 2 * self.reg * W2": ""}, hint="The penalty is in the loss and not in the gradients of W1 and W2.")
def PenaltyWithoutGradient(): ...


@mistake("TwoLayerNet", edit={" + penalty": ""}, hint="The penalty is in the gradients and not in the loss.")
def GradientWithoutPenalty(): ...


@mistake("TwoLayerNet", hint="The biases are in the penalty: only W1 and W2 belong to it.")
class PenaltyOnBiases(TwoLayerNet):
    def loss(self, x, y):
        loss, grads = super().loss(x, y)
        more = self.reg * sum((self.params[name] ** 2).sum() for name in ("b1", "b2"))
        return loss + more, grads | {name: grads[name] + 2 * self.reg * self.params[name] for name in ("b1", "b2")}


@mistake("TwoLayerNet", edit={"((W1**2).sum() + (W2**2).sum())": "(W1**2).sum()", " + 2 * self.reg * W2": ""}, hint="Only one of the two weight matrices is in the penalty: add W1's squares and W2's.")
def PenaltyOnW1Alone(): ...


@mistake("TwoLayerNet", edit={"torch.randn(input_size": "torch.rand(input_size", "torch.randn(hidden_size": "torch.rand(hidden_size"}, hint="The weights are drawn between 0 and 1: draw from a normal distribution around 0, torch.randn.")
def UniformStart(): ...


@mistake("TwoLayerNet", edit={"weight_scale * torch.randn(input_size": "torch.randn(input_size", "weight_scale * torch.randn(hidden_size": "torch.randn(hidden_size"}, hint="The weights have the spread 1 whatever was asked for: multiply by weight_scale.")
def ForgetsTheScale(): ...


@mistake("TwoLayerNet", edit={"= 0.01": "= 0.1"}, hint="Left out, weight_scale is not 0.01: keep the default that the signature gives.")
def AnotherDefaultScale(): ...


@mistake("TwoLayerNet", edit={"(hidden_size, dtype=dtype)": "(hidden_size)", "(num_classes, dtype=dtype)": "(num_classes)"}, hint="A bias is float32 whatever was asked for: dtype is for biases as well as for weights.")
def BiasesWithoutDtype(): ...


@mistake("TwoLayerNet", hint="The biases are random: they start at zero.")
class RandomBiases(TwoLayerNet):
    def __init__(self, input_size, hidden_size, num_classes, weight_scale=0.01, reg=0.0, seed=0, dtype=torch.float32):
        super().__init__(input_size, hidden_size, num_classes, weight_scale, reg, seed, dtype)
        generator = torch.Generator().manual_seed(seed + 1)
        self.params["b1"] = weight_scale * torch.randn(hidden_size, generator=generator, dtype=dtype)
        self.params["b2"] = weight_scale * torch.randn(num_classes, generator=generator, dtype=dtype)


@mistake(
    "TwoLayerNet",
    hint="torch.manual_seed(seed) resets the random numbers of the whole program: use a generator of the network's own.",
)
class SeedsTheWholeProgram(TwoLayerNet):
    def __init__(self, input_size, hidden_size, num_classes, weight_scale=0.01, reg=0.0, seed=0, dtype=torch.float32):
        torch.manual_seed(seed)
        self.reg = reg
        self.params = {
            "W1": torch.randn(input_size, hidden_size, dtype=dtype) * weight_scale,
            "b1": torch.zeros(hidden_size, dtype=dtype),
            "W2": torch.randn(hidden_size, num_classes, dtype=dtype) * weight_scale,
            "b2": torch.zeros(num_classes, dtype=dtype),
        }


@mistake("TwoLayerNet", edit={"- learning_rate": "+ learning_rate"}, hint="The step goes uphill: subtract the gradient, the loss should fall.")
def StepsUphill(): ...


@mistake(
    "TwoLayerNet",
    edit={"for name in self.params": 'for name in ("W1", "W2")'},
    hint="The biases never move: every parameter takes the step, not W1 and W2 alone.",
)
def StepsWithoutBiases(): ...


@mistake("TwoLayerNet", edit={"return loss.item()": "return self.loss(x, y)[0].item()"}, hint="train_step returns the loss after the step: return the one that its gradients belong to.")
def LossAfterTheStep(): ...


@mistake(
    "TwoLayerNet",
    edit={"self.params[name] = ": "value = "},
    hint="The step changes a local name and the network never hears of it: put the new value into self.params[name].",
)
def StepIsLost(): ...


@mistake("TwoLayerNet", edit={"loss.item()": "loss"}, hint="train_step returns a tensor: return a Python float, with .item().")
def LossStaysATensor(): ...


@mistake(
    "TwoLayerNet",
    hint="The softmax overflows for large scores: subtract each row's largest score before the exponential.",
)
class Overflows(TwoLayerNet):
    def loss(self, x, y):
        W1, W2, hidden, scores, _, _ = _two_layer_pieces(self, x, y)
        p = scores.exp() / scores.exp().sum(1, keepdim=True)
        loss = -p[range(len(y)), y].log().mean() + self.reg * ((W1**2).sum() + (W2**2).sum())
        g = (p - F.one_hot(y, scores.shape[1])) / len(y)
        back = (g @ W2.T) * (hidden > 0)
        return loss, {"W1": x.T @ back + 2 * self.reg * W1, "b1": back.sum(0), "W2": hidden.T @ g + 2 * self.reg * W2, "b2": g.sum(0)}


@mistake("TwoLayerNet", hint="The gradients come from autograd: write them yourself.")
class TwoLayersByAutograd(TwoLayerNet):
    def loss(self, x, y):
        leaves = {name: value.clone().requires_grad_() for name, value in self.params.items()}
        with torch.enable_grad():
            hidden = (x @ leaves["W1"] + leaves["b1"]).relu()
            loss = F.cross_entropy(hidden @ leaves["W2"] + leaves["b2"], y)
            loss = loss + self.reg * ((leaves["W1"] ** 2).sum() + (leaves["W2"] ** 2).sum())
            loss.backward()
        return loss.detach(), {name: leaf.grad for name, leaf in leaves.items()}


@mistake(
    "TwoLayerNet",
    edit={"torch.zeros(hidden_size, dtype=dtype)": "weight_scale * torch.randn(hidden_size, **drawn)", "torch.zeros(num_classes, dtype=dtype)": "weight_scale * torch.randn(num_classes, **drawn)"},
    hint="The biases are drawn like the weights. They start at zero: what must differ from unit to unit is the weights alone.",
)
def BiasesDrawn(): ...


@mistake(
    "TwoLayerNet",
    edit={'"W2": hidden.T @ grad_scores': '"W2": (x @ W1 + self.params["b1"]).T @ grad_scores'},
    hint="The gradient of W2 is formed with the values before the ReLU. W2 was multiplied by what comes out of it.",
)
def SecondWeightsBeforeTheRelu(): ...


@mistake(
    "TwoLayerNet",
    edit={"self.reg = reg\n": "self.reg = self.first_reg = reg\n", "2 * self.reg * W1": "2 * self.first_reg * W1", "2 * self.reg * W2": "2 * self.first_reg * W2"},
    hint="The penalty is that of the reg at the start. It may be changed on the network later: read self.reg anew in each call, for the loss and for the gradients.",
)
def PenaltyOfTheFirstReg(): ...


@mistake("TwoLayerNet", hint="scores uses the parameters of the first moment. They are replaced in self.params as the network learns: read them there, in each call.")
class ScoresOfTheFirstParameters(TwoLayerNet):
    def __init__(self, *args, **settings):
        super().__init__(*args, **settings)
        self.first = dict(self.params)

    def scores(self, x):
        W1, b1, W2, b2 = (self.first[name] for name in ("W1", "b1", "W2", "b2"))
        return (x @ W1 + b1).clamp(min=0) @ W2 + b2


@mistake(
    "TwoLayerNet",
    hint="A value of an earlier call is kept on self and used again. Another batch, or other parameters, may have come since: "
    "let loss go through the network itself.",
)
class LossOfTheLastScores(TwoLayerNet):
    def scores(self, x):
        self.last = super().scores(x)
        return self.last

    def loss(self, x, y):
        W1, W2, hidden, scores, _, _ = _two_layer_pieces(self, x, y)
        last = getattr(self, "last", None)
        scores = last if last is not None and len(last) == len(x) else scores
        g = (scores.softmax(dim=1) - F.one_hot(y, scores.shape[1])) / len(y)
        back = (g @ W2.T) * (hidden > 0)
        loss = F.cross_entropy(scores, y) + self.reg * ((W1**2).sum() + (W2**2).sum())
        return loss, {"W1": x.T @ back + 2 * self.reg * W1, "b1": back.sum(0), "W2": hidden.T @ g + 2 * self.reg * W2, "b2": g.sum(0)}


@mistake(
    "TwoLayerNet",
    hint="log_p[:, y] takes a whole column for every label, N × N numbers in all. Each row has one label: pair row numbers with labels.",
)
class WholeColumnsInTheLoss(TwoLayerNet):
    def loss(self, x, y):
        loss, grads = super().loss(x, y)
        log_p = self.scores(x).log_softmax(dim=1)
        return loss - F.nll_loss(log_p, y) - log_p[:, y].mean(), grads


@mistake(
    "TwoLayerNet",
    hint="train_step takes the gradients anew for each parameter, when others have moved already. All of a step's gradients belong to "
    "the same parameters: call loss once.",
)
class StepsOneByOne(TwoLayerNet):
    def train_step(self, x, y, learning_rate):
        first = self.loss(x, y)[0].item()
        for name in self.params:
            self.params[name] = self.params[name] - learning_rate * self.loss(x, y)[1][name]
        return first


@mistake(
    "TwoLayerNet",
    edit={"self.reg = reg\n": "self.reg = self.first_reg = reg\n", "penalty = self.reg": "penalty = self.first_reg"},
    hint="The penalty is that of the reg at the start. It may be changed on the network later: read self.reg anew in each call, for the loss and for the gradients.",
)
def LossOfTheFirstReg(): ...


@mistake(
    "TwoLayerNet",
    edit={'hidden = (x @ W1 + self.params["b1"])': "hidden = (x @ W1)"},
    hint="loss goes forward in another way than scores does: a bias is left out in one of them. Let both take the same way.",
)
def LossWithoutB1(): ...


@mistake(
    "TwoLayerNet",
    edit={'return hidden @ self.params["W2"] + self.params["b2"]': 'return hidden @ self.params["W2"]'},
    hint="loss goes forward in another way than scores does: a bias is left out in one of them. Let both take the same way.",
)
def ScoresWithoutB2(): ...


@mistake(
    "TwoLayerNet",
    edit={'(x @ self.params["W1"] + self.params["b1"]).clamp(min=0)': 'x @ self.params["W1"] + self.params["b1"]'},
    hint="scores has no ReLU, while loss has one: without it, two affine layers are one.",
)
def ScoresWithoutRelu(): ...


@mistake(
    "TwoLayerNet",
    edit={'return hidden @ self.params["W2"] + self.params["b2"]': 'return (hidden @ self.params["W2"] + self.params["b2"]).softmax(dim=1)'},
    hint="scores returns probabilities. Scores are what the softmax is fed with: the second affine layer's output as it is.",
)
def ScoresAreProbabilities(): ...


@mistake(
    "TwoLayerNet",
    edit={"learning_rate * grads[name]": 'learning_rate * (grads[name] + 2 * self.reg * self.params[name] * name.startswith("W"))'},
    hint="train_step shrinks the weights by their penalty once more: its gradient is in grads already.",
)
def PenaltyTwiceInTheStep(): ...


@mistake(
    "TwoLayerNet",
    edit={"learning_rate * grads[name]": "learning_rate * grads[name] / len(x)"},
    hint="The step is divided by the number of rows once more: the gradients are those of a mean already.",
)
def StepDividedAgain(): ...


@mistake(
    "TwoLayerNet",
    edit={"learning_rate * grads[name]": "0.1 * grads[name]"},
    hint="train_step takes a learning rate of its own: use the one that it is given.",
)
def StepOfAFixedRate(): ...


@mistake(
    "TwoLayerNet",
    edit={"self.params[name] = self.params[name] - learning_rate * grads[name]": "self.speed = getattr(self, 'speed', {})\n            self.speed[name] = 0.9 * self.speed.get(name, 0) + grads[name]\n            self.params[name] = self.params[name] - learning_rate * self.speed[name]"},
    hint="The second step goes further than asked for: something of the step before is in it. Each step is the learning rate times this batch's gradient, and nothing else.",
)
def StepWithMomentum(): ...


@mistake(
    "TwoLayerNet",
    edit={") / len(y)": ") / scores.numel()"},
    hint="The gradient of the scores is divided by their number, N times C. The loss is a mean over rows, so it is N alone.",
)
def DividedByAllScores(): ...


@mistake(
    "TwoLayerNet",
    edit={"grad_hidden.sum(dim=0)": "grad_hidden.sum(dim=0) * len(y)", "grad_scores.sum(dim=0)": "grad_scores.sum(dim=0) * len(y)"},
    hint="Only the weights' gradients are divided by N. Divide the gradient of the scores, at the very start, and all four have it.",
)
def BiasesNotAveraged(): ...


@mistake(
    "TwoLayerNet",
    edit={'"dtype": dtype}': '"dtype": torch.float32}'},
    hint="The weights are float32 whatever was asked for: dtype is for them as well.",
)
def WeightsWithoutDtype(): ...


@mistake(
    "TwoLayerNet",
    edit={"scores.softmax(dim=1)": "scores.log_softmax(dim=1).float().exp().to(scores.dtype)"},
    hint="The probabilities pass through float32 on their way, and digits are lost: keep the dtype of x.",
)
def ProbabilitiesInSinglePrecision(): ...


@mistake(
    "TwoLayerNet",
    edit={'            "b1": grad_hidden.sum(dim=0),\n': "", "for name in self.params": "for name in grads"},
    hint="grads lacks an entry: every name in params has a gradient.",
)
def NoGradientOfB1(): ...


@mistake(
    "TwoLayerNet",
    edit={"penalty = self.reg": "penalty = 0.5 * self.reg"},
    hint="The loss's penalty has a factor of 1/2, and the gradients are those of one without: this course writes it without.",
)
def HalfThePenaltyInTheLoss(): ...


@mistake(
    "TwoLayerNet",
    edit={"2 * self.reg * W1": "self.reg * W1"},
    hint="A penalty's gradient is half of what it should be: here the penalty has no factor of 1/2, so each weight matrix adds 2 * reg * W.",
)
def HalfThePenaltysGradientOfW1(): ...


@mistake(
    "TwoLayerNet",
    edit={"(W2**2).sum())": '(W2**2).sum() + (self.params["b1"] ** 2).sum() + (self.params["b2"] ** 2).sum())'},
    hint="The biases are in the loss's penalty: only W1 and W2 belong to it.",
)
def BiasesInThePenaltysLoss(): ...


@mistake(
    "TwoLayerNet",
    edit={"grad_hidden.sum(dim=0)": 'grad_hidden.sum(dim=0) + 2 * self.reg * self.params["b1"]'},
    hint="A bias's gradient has a share of the penalty. Biases are not in it: only weights have one.",
)
def PenaltyInB1sGradient(): ...


@mistake(
    "TwoLayerNet",
    edit={" + 2 * self.reg * W2": ""},
    hint="The penalty's share is missing in the gradient of W2: both weight matrices have one.",
)
def NoPenaltyInW2sGradient(): ...


@mistake(
    "TwoLayerNet",
    edit={" + 2 * self.reg * W1": ""},
    hint="The penalty's share is missing in the gradient of W1: both weight matrices have one.",
)
def NoPenaltyInW1sGradient(): ...


@mistake(
    "TwoLayerNet",
    edit={"(W2**2).sum())": "(W2**2).sum()) / len(y)"},
    hint="The penalty is divided by N in the loss. The mean over the rows is of the softmax loss; the penalty stands beside it.",
)
def PenaltyDividedByN(): ...


@mistake(
    "TwoLayerNet",
    edit={"((W1**2).sum() + (W2**2).sum())": "((W1 @ W2) ** 2).sum()"},
    hint="The penalty is that of the product W1 W2: it is the sum of two sums of squares, one for each matrix.",
)
def PenaltyOfTheProduct(): ...


@mistake(
    "TwoLayerNet",
    edit={"((W1**2).sum() + (W2**2).sum())": "(W1.norm() + W2.norm())"},
    hint="The penalty has the norms of the matrices: it is the squares that are summed, without a root.",
)
def PenaltyOfNorms(): ...


@mistake(
    "TwoLayerNet",
    edit={"((W1**2).sum() + (W2**2).sum())": "(W1**2).sum()"},
    hint="Only one of the two weight matrices is in the penalty: add W1's squares and W2's.",
)
def PenaltyLossOnW1Alone(): ...


@mistake(
    "TwoLayerNet",
    edit={"grad_scores @ W2.T": "grad_scores @ (W2 + 2 * self.reg * W2).T"},
    hint="Below W2 the gradients are too large by the penalty's share: the gradient of hidden goes back through W2 as it was used on the way forward, and the penalty has no part in it.",
)
def PenaltyInTheChain(): ...


@mistake(
    "TwoLayerNet",
    edit={"F.cross_entropy(scores, y) + penalty, grads": "(F.cross_entropy(scores, y) + penalty).item(), grads", "return loss.item()": "return loss"},
    hint="The loss is a Python float: loss returns a tensor without axes, and only train_step makes a float of it.",
)
def LossIsAFloat(): ...


@mistake(
    "TwoLayerNet",
    edit={"F.cross_entropy(scores, y) + penalty": "F.cross_entropy(scores[-1:], y[-1:]) + penalty"},
    hint="The loss is that of the last row alone: each row's has to be added to those before it.",
)
def LossOfTheLastRow(): ...


@mistake(
    "TwoLayerNet",
    edit={"F.cross_entropy(scores, y) + penalty": 'F.cross_entropy(scores, y, reduction="sum") + penalty'},
    hint="The loss is a sum over the rows, and the gradients are those of the mean: it is the mean that is asked for.",
)
def LossSummedOverRows(): ...


@mistake(
    "TwoLayerNet",
    edit={"F.cross_entropy(scores, y) + penalty": "F.nll_loss(scores.log_softmax(dim=0), y) + penalty", "scores.softmax(dim=1)": "scores.softmax(dim=0)"},
    hint="The softmax goes over the rows of the batch: it is each row's own, over its classes.",
)
def SoftmaxOverTheRows(): ...


@mistake(
    "TwoLayerNet",
    edit={"F.cross_entropy(scores, y) + penalty": "F.nll_loss(log_p, y) + penalty", "grad_scores = (scores.softmax(dim=1)": "shifted = scores - scores.max(dim=1, keepdim=True).values\n        log_p = shifted - shifted.exp().sum(dim=0, keepdim=True).log()\n        grad_scores = (log_p.exp()"},
    hint="The softmax goes over the rows of the batch: it is each row's own, over its classes.",
)
def SoftmaxOverShiftedRows(): ...


@mistake(
    "TwoLayerNet",
    edit={"F.one_hot(y, scores.shape[1])": "F.one_hot(y, scores.shape[1]).amax(dim=0)"},
    hint="The truth is taken off whole columns, grad[:, y], so each row loses 1 for the labels of all the others. Each row has one label: pair row numbers with labels.",
)
def TruthInAllRows(): ...


@mistake(
    "TwoLayerNet",
    edit={"F.one_hot(y, scores.shape[1])": "F.one_hot(y)"},
    hint="How many classes there are is guessed from this batch's labels, and the last class may be missing in it: say how many.",
)
def ClassesGuessed(): ...


@mistake(
    "TwoLayerNet",
    edit={"hidden > 0": "x @ W1 > 0"},
    hint="Whether a unit was open is asked of x @ W1 without its bias: it is open where all of what the ReLU was given is above zero.",
)
def OpenWithoutBias(): ...


@mistake(
    "TwoLayerNet",
    edit={'self.params["b1"]).clamp(min=0)\n        scores': 'self.params["b1"]).clamp(min=0).squeeze()\n        scores'},
    hint="A batch of one row loses its axis, as by squeeze() or an index: keep hidden (N, H) when N is 1.",
)
def SqueezesABatchOfOne(): ...


@mistake(
    "TwoLayerNet",
    edit={'hidden = (x @ self.params["W1"]': "hidden = (x @ self.first", '"b2": torch.zeros(num_classes, dtype=dtype),\n        }': '"b2": torch.zeros(num_classes, dtype=dtype),\n        }\n        self.first = self.params["W1"]'},
    hint="scores uses the parameters of the first moment. They are replaced in self.params as the network learns: read them there, in each call.",
)
def ScoresOfTheFirstW1(): ...


@mistake(
    "TwoLayerNet",
    edit={'hidden = (x @ self.params["W1"]': 'self.last = hidden = (x @ self.params["W1"]', 'hidden = (x @ W1 + self.params["b1"]).clamp(min=0)': 'hidden = getattr(self, "last", None)\n        if hidden is None or len(hidden) != len(x):\n            hidden = (x @ W1 + self.params["b1"]).clamp(min=0)'},
    hint="A value of an earlier call is kept on self and used again. Another batch, or other parameters, may have come since: let loss go through the network itself.",
)
def HiddenOfTheLastScores(): ...


@mistake(
    "TwoLayerNet",
    edit={"torch.zeros(hidden_size, dtype=dtype)": "torch.zeros(1, hidden_size, dtype=dtype)", "torch.zeros(num_classes, dtype=dtype)": "torch.zeros(1, num_classes, dtype=dtype)"},
    hint="A bias has a row's shape, (1, n): the docstring has one axis, (n,).",
)
def RowOfBiases(): ...


@mistake(
    "TwoLayerNet",
    edit={"torch.randn(hidden_size, num_classes, **drawn)": "torch.randn(hidden_size, num_classes, generator=torch.Generator().manual_seed(seed), dtype=dtype)"},
    hint="W1 and W2 begin with the same numbers: each has a generator of its own with the same seed. Make one, and let both draw from it.",
)
def AGeneratorForEachMatrix(): ...


@mistake(
    "TwoLayerNet",
    edit={"weight_scale * torch.randn(hidden_size": "0.01 * torch.randn(hidden_size"},
    hint="W2 has the spread 0.01 whatever was asked for: weight_scale is for both matrices.",
)
def ScaleOfW2Fixed(): ...


@mistake(
    "TwoLayerNet",
    edit={"weight_scale * torch.randn(input_size": "weight_scale**0.5 * torch.randn(input_size", "weight_scale * torch.randn(hidden_size": "weight_scale**0.5 * torch.randn(hidden_size"},
    hint="weight_scale is taken for the variance: it is the standard deviation, so no root is needed.",
)
def ScaleAsVariance(): ...


@mistake(
    "TwoLayerNet",
    edit={"manual_seed(seed)": "manual_seed(0)"},
    hint="The generator has the same seed whatever was asked for: use the argument.",
)
def SeedIgnored(): ...


@mistake(
    "TwoLayerNet",
    edit={"torch.randn(input_size, hidden_size": "torch.randn(hidden_size, input_size", "torch.randn(hidden_size, num_classes": "torch.randn(num_classes, hidden_size", 'self.params["W1"] + self.params["b1"]': 'self.params["W1"].T + self.params["b1"]', 'return hidden @ self.params["W2"]': 'return hidden @ self.params["W2"].T', "x @ W1 +": "x @ W1.T +", "scores = hidden @ W2": "scores = hidden @ W2.T", "grad_scores @ W2.T": "grad_scores @ W2", "x.T @ grad_hidden": "grad_hidden.T @ x", "hidden.T @ grad_scores": "grad_scores.T @ hidden"},
    hint="The weights are kept as (outputs, inputs), as torch.nn has them: here W1 is (D, H) and W2 (H, C).",
)
def WeightsTurned(): ...


@mistake(
    "TwoLayerNet",
    edit={'"b2": torch.zeros(num_classes, dtype=dtype),\n        }': '"b2": torch.zeros(num_classes, dtype=dtype),\n        }\n        if self.params["W1"].shape == self.params["W2"].shape:\n            self.params["W2"] = self.params["W1"]'},
    hint="Two parameters are one and the same tensor, so neither can move without the other: make a new one for each layer.",
)
def OneTensorForBothMatrices(): ...


@right("TwoLayerNet")
class TwoLayersStepByStep:
    def __init__(self, input_size, hidden_size, num_classes, weight_scale=0.01, reg=0.0, seed=0, dtype=torch.float32):
        g = torch.Generator()
        g.manual_seed(seed)
        self.params = {}
        self.params["W1"] = torch.empty(input_size, hidden_size, dtype=dtype).normal_(0, weight_scale, generator=g)
        self.params["W2"] = torch.empty(hidden_size, num_classes, dtype=dtype).normal_(0, weight_scale, generator=g)
        self.params["b1"] = torch.zeros(hidden_size).to(dtype)
        self.params["b2"] = torch.zeros(num_classes).to(dtype)
        self.reg = reg

    def forward(self, x):
        z = torch.addmm(self.params["b1"], x, self.params["W1"])
        mask = z > 0
        h = torch.where(mask, z, torch.zeros_like(z))
        return mask, h, torch.addmm(self.params["b2"], h, self.params["W2"])

    def scores(self, x):
        return self.forward(x)[2]

    def backward(self, x, mask, h, d):
        grads = {}
        grads["b2"] = d.sum(axis=0)
        grads["W2"] = torch.einsum("nh,nc->hc", h, d) + self.reg * 2.0 * self.params["W2"]
        d = torch.einsum("nc,hc->nh", d, self.params["W2"])
        d[~mask] = 0
        grads["b1"] = d.sum(axis=0)
        grads["W1"] = torch.einsum("nd,nh->dh", x, d) + self.reg * 2.0 * self.params["W1"]
        return grads

    def loss(self, x, y):
        mask, h, s = self.forward(x)
        log_p = s - torch.logsumexp(s, dim=1, keepdim=True)
        rows = torch.arange(x.shape[0], device=x.device)
        loss = -log_p[rows, y].sum() / x.shape[0]
        loss = loss + self.reg * (self.params["W1"].pow(2).sum() + self.params["W2"].pow(2).sum())
        d = log_p.exp()
        d[rows, y] -= 1
        return loss, self.backward(x, mask, h, d / x.shape[0])

    def train_step(self, x, y, learning_rate):
        loss, grads = self.loss(x, y)
        for name, grad in grads.items():
            self.params[name] -= learning_rate * grad
        return float(loss)


@right("TwoLayerNet")
class TwoLayersByPastedLayers(TwoLayerNet):
    def loss(self, x, y):
        def affine_forward(x, w, b):
            return x.reshape(len(x), -1) @ w + b, (x, w, b)

        def affine_backward(dout, cache):
            x, w, b = cache
            return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(0)

        a, cache1 = affine_forward(x, self.params["W1"], self.params["b1"])
        scores, cache2 = affine_forward(F.relu(a), self.params["W2"], self.params["b2"])
        p = F.softmax(scores, dim=1)
        p[range(len(y)), y] -= 1
        dh, dw2, db2 = affine_backward(p / len(y), cache2)
        _, dw1, db1 = affine_backward(torch.where(a > 0, dh, 0.0), cache1)
        loss = F.cross_entropy(scores, y)
        for name in ("W1", "W2"):
            loss = loss + self.reg * torch.sum(self.params[name] * self.params[name])
        dw1 += 2 * self.reg * self.params["W1"]
        dw2 += 2 * self.reg * self.params["W2"]
        return loss, {"W1": dw1, "W2": dw2, "b1": db1, "b2": db2}


@right("TwoLayerNet")
class TwoLayersUpdatedAllAtOnce(TwoLayerNet):
    def train_step(self, x, y, learning_rate):
        loss, grads = self.loss(x, y)
        self.params = {k: v - learning_rate * grads[k] for k, v in self.params.items()}
        return loss.tolist()


# FullyConnectedNet


def _deep_backward(net, x, y, *, slope_of=None, skip_slope=False, scale=1.0):
    """Return loss and gradients, with the solution's forward pass and a backward pass that can be bent."""
    *inputs, scores = net._forward(x)
    loss, grads = F.cross_entropy(scores, y), {}
    grad = scale * (scores.softmax(1) - F.one_hot(y, scores.shape[1])) / len(y)
    for layer in range(net.num_layers, 0, -1):
        weights, below = net.params[f"W{layer}"], inputs[layer - 1]
        loss = loss + net.reg * (weights**2).sum()
        grads[f"W{layer}"] = below.T @ grad + 2 * net.reg * weights
        grads[f"b{layer}"] = grad.sum(0)
        if layer > 1:
            grad = grad @ weights.T
            if not skip_slope:
                grad = grad * (net.slope(below) if slope_of is None else slope_of(net, below))
    return loss, grads


@mistake(
    "FullyConnectedNet",
    edit={" * self.slope(below)": ""},
    hint="The gradients below the last layer have not been through the activations: multiply by the slope at each one.",
)
def ForgetsTheSlopes(): ...


@mistake(
    "FullyConnectedNet",
    edit={"self.slope(below)": "(below > 0)"},
    hint="The slope is that of the ReLU whatever the activation is: use the second function of ACTIVATIONS[activation].",
)
def AlwaysTheSlopeOfRelu(): ...


@mistake(
    "FullyConnectedNet",
    hint="The slope is taken at z, before the activation: those in ACTIVATIONS are functions of the activation's output.",
)
class SlopeAtZ(FullyConnectedNet):
    def loss(self, x, y):
        before, h = [], x
        for layer in range(1, self.num_layers + 1):
            before.append(h @ self.params[f"W{layer}"] + self.params[f"b{layer}"])
            h = self.activate(before[-1])
        found = iter(reversed(before[:-1]))
        return _deep_backward(self, x, y, slope_of=lambda net, _: net.slope(next(found)))


@mistake("FullyConnectedNet", edit={"self.activate(z) if layer < self.num_layers else z": "self.activate(z)"}, hint="The last layer is activated too: scores come out of the last affine layer as they are.")
def ActivatesTheScores(): ...


@mistake("FullyConnectedNet", edit={"= ACTIVATIONS[activation]": "= (lambda z: z), torch.ones_like"}, hint="Nothing is activated between the layers: a stack of affine layers is one affine layer.")
def NeverActivates(): ...


@mistake(
    "FullyConnectedNet",
    edit={"(2 / num_in) ** 0.5": "2 / num_in**0.5"},
    hint="The first weights have the spread 2/sqrt(D), which is sqrt(2) times too large: it is sqrt(2/D), the 2 under the root.",
)
def TwoOutsideTheRoot(): ...


@mistake(
    "FullyConnectedNet",
    edit={"2 / num_in": "1 / num_in"},
    hint="The first weights have the spread sqrt(1/D), Xavier's: a ReLU loses half of the square, so Kaiming has sqrt(2/D).",
)
def XavierForKaiming(): ...


@mistake(
    "FullyConnectedNet",
    edit={"2 / num_in": "(2 if activation == 'relu' else 1) / num_in"},
    hint="The spread depends on the activation: here it is sqrt(2/D) for all of them, for tanh and sigmoid as well.",
)
def KaimingForReluOnly(): ...


@mistake(
    "FullyConnectedNet",
    edit={"2 / num_in": "2 / num_out"},
    hint="The spread follows the number of outputs: D in sqrt(2/D) is the number of the layer's inputs.",
)
def FanOut(): ...


@mistake(
    "FullyConnectedNet",
    edit={"2 / num_in": "2 / sizes[0]"},
    hint="All layers have the spread of the first one: take each layer's own number of inputs.",
)
def InputSizeForAll(): ...


@mistake("FullyConnectedNet", edit={" if weight_scale is None else weight_scale": ""}, hint="weight_scale is never used: where it is given, it is the spread of every layer.")
def IgnoresTheScale(): ...


@mistake(
    "FullyConnectedNet",
    edit={"(2 / num_in) ** 0.5 if weight_scale is None else weight_scale": "weight_scale or (2 / num_in) ** 0.5"},
    hint="A weight_scale of 0 is taken for None, since 0 counts as false too: ask whether it *is* None.",
)
def NoScaleOfZero(): ...


@mistake("FullyConnectedNet", edit={"generator=generator, dtype=dtype": "generator=generator", "(num_out, dtype=dtype)": "(num_out)"}, hint="dtype goes no further than the signature: all weights and biases are to be of it.")
def DtypeIsNotPassedOn(): ...


@mistake(
    "FullyConnectedNet",
    edit={"num_in, num_out = sizes": "generator = torch.Generator().manual_seed(seed)\n            num_in, num_out = sizes"},
    hint="Every layer draws from a generator that starts anew with the same seed, so layers of one shape are alike: make one generator for the network.",
)
def SameDrawInEachLayer(): ...


@mistake(
    "FullyConnectedNet",
    edit={") / len(y)": ")"},
    hint="All gradients are off by a factor of N, while the loss is a mean: divide the gradient of the scores by N.",
)
def DeepGradientsNotAveraged(): ...


@mistake(
    "FullyConnectedNet",
    edit={"grad.sum": "grad.mean"},
    hint="The gradients of the biases are off by a factor of N: sum over the batch, the mean was taken in the loss.",
)
def DeepBiasesAveraged(): ...


@mistake("FullyConnectedNet", edit={"self.reg * (weights**2).sum()": "self.reg * (weights**2).sum() * (layer == self.num_layers)", "2 * self.reg * weights": "2 * self.reg * weights * (layer == self.num_layers)"}, hint="The penalty has one layer's weights only: all of them belong to it, each once.")
def PenaltyOnTheLastLayer(): ...


@mistake(
    "FullyConnectedNet",
    edit={"2 * self.reg": "self.reg"},
    hint="The penalty's gradients are half of what they should be: each weight matrix adds 2 * reg * W.",
)
def DeepHalfPenaltyGradient(): ...


@mistake("FullyConnectedNet", edit={"(weights**2).sum()": '((weights**2).sum() + (self.params[f"b{layer}"] ** 2).sum())', "grad.sum(dim=0)": 'grad.sum(dim=0) + 2 * self.reg * self.params[f"b{layer}"]'}, hint="The biases are in the penalty: only the weights belong to it.")
def DeepPenaltyOnBiases(): ...


@mistake(
    "FullyConnectedNet",
    hint="The gradients come from an earlier batch too: what is kept on self adds up from call to call. Start anew in each.",
)
class AddsUpOverCalls(FullyConnectedNet):
    def loss(self, x, y):
        loss, grads = super().loss(x, y)
        kept = getattr(self, "grads", {})
        self.grads = {name: grad + kept.get(name, 0) for name, grad in grads.items()}
        return loss, dict(self.grads)


@mistake("FullyConnectedNet", hint="This network has two layers whatever sizes says: loop over all of them.")
class AlwaysTwoLayers(FullyConnectedNet):
    def __init__(self, sizes, activation="relu", weight_scale=None, reg=0.0, seed=0, dtype=torch.float32):
        super().__init__([sizes[0], sizes[1], sizes[-1]], activation, weight_scale, reg, seed, dtype)


@mistake("FullyConnectedNet", hint="torch.func is autograd under another name: write the chain rule yourself.")
class DeepByFunctionalAutograd(FullyConnectedNet):
    def loss(self, x, y):
        def loss_of(params):
            h = x
            for layer in range(1, self.num_layers + 1):
                h = h @ params[f"W{layer}"] + params[f"b{layer}"]
                h = self.activate(h) if layer < self.num_layers else h
            penalty = sum((value**2).sum() for name, value in params.items() if name[0] == "W")
            return F.cross_entropy(h, y) + self.reg * penalty

        return loss_of(self.params), torch.func.grad(loss_of)(self.params)


@mistake(
    "FullyConnectedNet",
    edit={"            if layer > 1:\n                grad = (grad @ weights.T) * self.slope(below)": "            grad = grad @ weights.T\n            if layer > 2:\n                grad = grad * self.slope(below)"},
    hint="The slope is left out at the first activation, so the gradients of W1 and b1 are wrong. Only the data itself has none.",
)
def SlopeMissingAtTheFirstActivation(): ...


@mistake(
    "FullyConnectedNet",
    edit={"(weights**2).sum()": '((weights**2).sum() + (self.params[f"b{layer}"] ** 2).sum())'},
    hint="The biases are in the loss's penalty, and rightly not in the gradients: only the weights belong to it.",
)
def BiasesInThePenaltyOfTheLoss(): ...


@mistake(
    "FullyConnectedNet",
    edit={"2 * self.reg * weights": "2 * self.reg * weights / len(y)"},
    hint="The penalty's gradient is divided by N. The mean over the rows is of the softmax loss; the penalty stands beside it.",
)
def PenaltyDividedByTheRows(): ...


@mistake(
    "FullyConnectedNet",
    edit={"F.cross_entropy(scores, y)": 'F.cross_entropy(scores, y, reduction="sum")'},
    hint="The loss is a sum over the rows, and the gradients are those of the mean: it is the mean that is asked for.",
)
def LossSummed(): ...


@mistake(
    "FullyConnectedNet",
    hint="The layers keep the tensors of the first moment. Entries of self.params are replaced as the network learns: read them "
    "there, in each call.",
)
class LayersOfTheFirstParameters(FullyConnectedNet):
    def __init__(self, *args, **settings):
        super().__init__(*args, **settings)
        self.first = dict(self.params)

    def _forward(self, x):
        now, self.params = self.params, self.first
        outputs, self.params = super()._forward(x), now
        return outputs


@mistake(
    "FullyConnectedNet",
    hint="The names are sorted as texts, and W10 comes before W2. Count the layers instead.",
)
class NamesSortedAsTexts(FullyConnectedNet):
    def _forward(self, x):
        outputs = [x]
        for number, layer in enumerate(sorted(range(1, self.num_layers + 1), key=str), start=1):
            z = outputs[-1] @ self.params[f"W{layer}"] + self.params[f"b{layer}"]
            outputs.append(self.activate(z) if number < self.num_layers else z)
        return outputs


@mistake(
    "FullyConnectedNet",
    edit={"loss, grads = F.cross_entropy(scores, y), {}": "self.grads = getattr(self, 'grads', {})\n        loss, grads = F.cross_entropy(scores, y), self.grads"},
    hint="Every call fills the same dict, so the answer of an earlier call changes under its owner's hands: make a new one in each.",
)
def OneDictForAllCalls(): ...


@mistake(
    "FullyConnectedNet",
    edit={"        outputs = [x]\n": "        if getattr(self, 'last', [None])[0] is x:\n            return self.last\n        self.last = outputs = [x]\n"},
    hint="What a forward pass gave is kept, and handed out again for the same x. The parameters may have changed since: compute it anew.",
)
def KeptForTheSameRows(): ...


@mistake(
    "FullyConnectedNet",
    edit={"torch.Generator().manual_seed(seed)": "torch.manual_seed(seed)"},
    hint="torch.manual_seed(seed) resets the random numbers of the whole program: use a generator of the network's own.",
)
def DeepSeedsTheWholeProgram(): ...


@mistake(
    "FullyConnectedNet",
    edit={"manual_seed(seed)": "manual_seed(0)"},
    hint="The generator has the same seed whatever was asked for: use the argument.",
)
def DeepSeedIgnored(): ...


@mistake(
    "FullyConnectedNet",
    edit={"self.reg, self.num_layers = reg,": "self.first_reg = reg\n        self.reg, self.num_layers = reg,", "2 * self.reg": "2 * self.first_reg"},
    hint="The penalty is that of the reg at the start. It may be changed on the network later: read self.reg anew in each call, for the loss and for the gradients.",
)
def GradientsOfTheFirstReg(): ...


@mistake(
    "FullyConnectedNet",
    edit={"self.reg, self.num_layers = reg,": "self.first_reg = reg\n        self.reg, self.num_layers = reg,", "loss + self.reg": "loss + self.first_reg"},
    hint="The penalty is that of the reg at the start. It may be changed on the network later: read self.reg anew in each call, for the loss and for the gradients.",
)
def DeepLossOfTheFirstReg(): ...


@mistake(
    "FullyConnectedNet",
    edit={'self.params[f"b{layer}"] = torch.zeros(num_out, dtype=dtype)': 'self.params[f"b{layer}"] = torch.zeros(num_out, dtype=dtype)\n            for other in range(1, layer):\n                if self.params[f"W{other}"].shape == (num_in, num_out):\n                    self.params[f"W{layer}"] = self.params[f"W{other}"]'},
    hint="Two parameters are one and the same tensor, so neither can move without the other: make a new one for each layer.",
)
def OneTensorForEachShape(): ...


@mistake(
    "FullyConnectedNet",
    edit={"self.params = {}": "self.params, zeros = {}, {}", "torch.zeros(num_out, dtype=dtype)": "zeros.setdefault(num_out, torch.zeros(num_out, dtype=dtype))"},
    hint="Two parameters are one and the same tensor, so neither can move without the other: make a new one for each layer.",
)
def OneTensorForBiasesOfOneLength(): ...


@mistake(
    "FullyConnectedNet",
    edit={"        self.params = {}\n": "        self.params = {}\n        last = sizes.pop()\n        sizes = sizes + [last]\n"},
    hint="The caller's list of sizes has become shorter: read it, or work with a copy.",
)
def SizesPopped(): ...


@mistake(
    "FullyConnectedNet",
    edit={"torch.zeros(num_out, dtype=dtype)": "torch.full((num_out,), 0.01, dtype=dtype)"},
    hint="The biases start at another number than zero.",
)
def BiasesNotZero(): ...


@mistake(
    "FullyConnectedNet",
    edit={"torch.zeros(num_out, dtype=dtype)": "torch.zeros(1, num_out, dtype=dtype)"},
    hint="A bias has a row's shape, (1, n): the docstring has one axis, (n,).",
)
def DeepRowOfBiases(): ...


@mistake(
    "FullyConnectedNet",
    edit={"(2 / num_in) ** 0.5 if": "0.01 if"},
    hint="None is taken for 0.01: where no weight_scale is given, each layer has a spread that follows from its own number of inputs.",
)
def NoneTakenForAFixedScale(): ...


@mistake(
    "FullyConnectedNet",
    edit={"if weight_scale is None else weight_scale": "if weight_scale is None and layer == 1 else weight_scale or 0.01"},
    hint="None is heeded in the first layer only: every layer has a spread that follows from its own number of inputs.",
)
def NoneForTheFirstLayerOnly(): ...


@mistake(
    "FullyConnectedNet",
    edit={"(2 / num_in) ** 0.5": "2 / num_in"},
    hint="2 / D is the variance: the standard deviation is its root.",
)
def RootForgotten(): ...


@mistake(
    "FullyConnectedNet",
    edit={"else weight_scale": "else weight_scale * (2 / num_in) ** 0.5"},
    hint="weight_scale multiplies Kaiming's scale: where it is given, it is the spread, and nothing else.",
)
def ScaleTimesKaiming(): ...


@mistake(
    "FullyConnectedNet",
    edit={"2 / num_in": "4 / (num_in + num_out)"},
    hint="The spread follows the mean of both ends of the layer: D in sqrt(2/D) is the number of its inputs alone.",
)
def MeanOfBothEnds(): ...


@mistake(
    "FullyConnectedNet",
    edit={"return loss, grads": "return loss.item(), grads"},
    hint="The loss is a Python float: it is a tensor without axes that is asked for.",
)
def DeepLossIsAFloat(): ...


@mistake(
    "FullyConnectedNet",
    edit={"* self.slope(below)": "* self.slope(below) / len(y)"},
    hint="The gradient is divided by N again in each layer. The mean is taken once, at the scores, and what comes further down has it already.",
)
def DividedInEachLayer(): ...


@mistake(
    "FullyConnectedNet",
    edit={"layer < self.num_layers else": "layer < self.num_layers - 1 else"},
    hint="The last hidden layer is not activated: only the layer after it, which gives the scores, has no activation.",
)
def LastHiddenLayerNotActivated(): ...


@mistake(
    "FullyConnectedNet",
    edit={"outputs = [x]": "outputs = [self.activate(x)]"},
    hint="x itself is activated before the first layer: the first layer's input is x as it is.",
)
def InputActivated(): ...


@mistake(
    "FullyConnectedNet",
    edit={'self.params[f"W{layer}"] = scale': 'self.params[f"W{layer - 1}"] = scale', 'self.params[f"b{layer}"] = torch': 'self.params[f"b{layer - 1}"] = torch', 'outputs[-1] @ self.params[f"W{layer}"] + self.params[f"b{layer}"]': 'outputs[-1] @ self.params[f"W{layer - 1}"] + self.params[f"b{layer - 1}"]', 'self.params[f"W{layer}"], inputs': 'self.params[f"W{layer - 1}"], inputs', 'grads[f"W{layer}"]': 'grads[f"W{layer - 1}"]', 'grads[f"b{layer}"]': 'grads[f"b{layer - 1}"]'},
    hint="The parameters are numbered from 0: they are W1, b1 to WL, bL.",
)
def NumberedFromZero(): ...


@mistake(
    "FullyConnectedNet",
    edit={"loss, grads = F.cross_entropy(scores, y), {}": "self.grads = grads = getattr(self, 'grads', {})\n        before, loss = dict(grads), F.cross_entropy(scores, y)", "        return loss, grads": "        for name, old in before.items():\n            grads[name] = grads[name] + old\n        return loss, grads"},
    hint="The gradients come from an earlier batch too: what is kept on self adds up from call to call. Start anew in each.",
)
def AddsUpInOneDict(): ...


@mistake(
    "FullyConnectedNet",
    edit={"F.one_hot(y, scores.shape[1])": "F.one_hot(y)"},
    hint="How many classes there are is guessed from this batch's labels, and the last class may be missing in it: say how many.",
)
def DeepClassesGuessed(): ...


@mistake(
    "FullyConnectedNet",
    edit={"below.T @ grad +": "below.T @ grad * (self.num_layers > 1) +"},
    hint="With one layer, W1 has no gradient from the data: it is the first layer and the last one at once, and goes through the loop as every other.",
)
def NothingForASingleLayer(): ...


@mistake(
    "FullyConnectedNet",
    edit={'self.params[f"b{layer}"] = torch.zeros(num_out, dtype=dtype)': 'self.params[f"b{layer}"] = torch.zeros(num_out, dtype=dtype)\n            self.first = dict(self.params)', 'self.params[f"W{layer}"], inputs': 'self.first[f"W{layer}"], inputs'},
    hint="The layers keep the tensors of the first moment. Entries of self.params are replaced as the network learns: read them there, in each call.",
)
def BackThroughTheFirstParameters(): ...


@mistake(
    "FullyConnectedNet",
    edit={"self.reg * (weights**2).sum()": 'self.reg * (self.params[f"W{self.num_layers}"] ** 2).sum()'},
    hint="The penalty has one layer's weights only: all of them belong to it, each once.",
)
def PenaltyOfTheLastLayerForAll(): ...


@mistake(
    "FullyConnectedNet",
    edit={"self.reg * (weights**2).sum()": "self.reg * (weights**2).sum() * (layer == 1)"},
    hint="The penalty has one layer's weights only: all of them belong to it, each once.",
)
def PenaltyOfTheFirstLayerInTheLoss(): ...


@mistake(
    "FullyConnectedNet",
    edit={"loss + self.reg": "loss + 0.5 * self.reg"},
    hint="The loss's penalty has a factor of 1/2, and the gradients are those of one without: this course writes it without.",
)
def DeepHalfThePenaltyInTheLoss(): ...


@mistake(
    "FullyConnectedNet",
    edit={"(grad @ weights.T)": "(grad @ (weights + 2 * self.reg * weights).T)"},
    hint="Below the last layer the gradients are too large by the penalty's share: a gradient goes back through the weights as they were used on the way forward, and the penalty has no part in it.",
)
def DeepPenaltyInTheChain(): ...


@mistake(
    "FullyConnectedNet",
    edit={"2 * self.reg * weights": "2 * self.reg * weights * (layer < self.num_layers)"},
    hint="The penalty's share is missing in the gradient of the last layer's weights: every layer's weights have one.",
)
def NoPenaltyInTheLastLayersGradient(): ...


@mistake(
    "FullyConnectedNet",
    edit={"* self.slope(below)": "* (self.slope(below) if layer < self.num_layers else 1)"},
    hint="The slope of the last hidden layer's activation is left out. Only the scores have none: the gradient of what was activated has to be multiplied by it.",
)
def SlopeMissingAtTheLastActivation(): ...


@mistake(
    "FullyConnectedNet",
    edit={"* self.slope(below)": "* self.slope(below) ** 2"},
    hint="The slope is multiplied in twice, which does not show with a ReLU, whose slope is 0 or 1: once for each activation.",
)
def SlopeTwice(): ...


@mistake(
    "FullyConnectedNet",
    edit={"* self.slope(below)": "* self.slope(below) * (below > 0)"},
    hint="What is not above zero is shut on the way back, whatever the activation: that is the ReLU alone. A tanh is negative and open.",
)
def ShutWhereNegative(): ...


@mistake(
    "FullyConnectedNet",
    edit={"{}\n        grad =": "{name: torch.zeros_like(value) for name, value in self.params.items()}\n        grad =", "range(self.num_layers, 0, -1)": "range(self.num_layers, max(0, self.num_layers - 3), -1)"},
    hint="The walk back ends after three layers: it goes on to the first, however many there are.",
)
def ThreeLayersBack(): ...


@mistake(
    "FullyConnectedNet",
    edit={"            if layer > 1:\n": '            self.params[f"W{layer}"] = weights * (1 - 2 * self.reg)\n            if layer > 1:\n'},
    hint="loss itself changes params, so the next call has other weights: it answers, and moves nothing.",
)
def LossShrinksTheWeights(): ...


@mistake(
    "FullyConnectedNet",
    edit={"2 / num_in": '(1 if activation == "tanh" else 2) / num_in'},
    hint="The spread depends on the activation: here it is sqrt(2/D) for all of them, for tanh and sigmoid as well.",
)
def KaimingButForTanh(): ...


@mistake(
    "FullyConnectedNet",
    edit={"            outputs.append(self.activate(z) if layer < self.num_layers else z)": '            outputs.append(self.activate(z) if layer < self.num_layers else z)\n            kept = self.__dict__.setdefault("kept", {})\n            if layer not in kept or kept[layer].shape != z.shape:\n                kept[layer] = outputs[-1]', "self.slope(below)": "self.slope(self.kept[layer - 1])"},
    hint="A value of an earlier call is kept on self and used again. Another batch, or other parameters, may have come since: let loss go through the network itself.",
)
def SlopesOfAnEarlierCall(): ...


@right("FullyConnectedNet")
class DeepWithCaches:
    def __init__(self, sizes, activation="relu", weight_scale=None, reg=0.0, seed=0, dtype=torch.float32):
        gen = torch.Generator()
        gen.manual_seed(seed)
        self.reg = reg
        self.act, self.dact = ACTIVATIONS[activation]
        self.params = {}
        self.depth = len(sizes) - 1
        for i, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:]), 1):
            std = weight_scale if weight_scale is not None else (2.0 / fan_in) ** 0.5
            self.params["W%d" % i] = torch.normal(0.0, std, (fan_in, fan_out), generator=gen, dtype=dtype)
            self.params["b%d" % i] = torch.zeros((fan_out,), dtype=dtype)

    def forward(self, x):
        caches = []
        for i in range(1, self.depth):
            out = self.act(x.matmul(self.params[f"W{i}"]).add(self.params[f"b{i}"]))
            caches.append((x, out))
            x = out
        caches.append((x, None))
        return x @ self.params[f"W{self.depth}"] + self.params[f"b{self.depth}"], caches

    def scores(self, x):
        return self.forward(x)[0]

    def backward(self, d, caches):
        grads = {}
        for i in reversed(range(1, self.depth + 1)):
            inputs, out = caches[i - 1]
            if out is not None:
                d = d * self.dact(out)
            grads["b" + str(i)] = d.sum(dim=0)
            grads["W" + str(i)] = torch.matmul(inputs.t(), d) + 2 * self.reg * self.params[f"W{i}"]
            d = d.matmul(self.params[f"W{i}"].t())
        return grads

    def loss(self, x, y):
        scores, caches = self.forward(x)
        logp = F.log_softmax(scores, dim=1)
        d = logp.exp()
        d[torch.arange(len(y), device=y.device), y] -= 1
        loss = F.nll_loss(logp, y)
        for i in range(1, self.depth + 1):
            loss += self.reg * self.params[f"W{i}"].square().sum()
        return loss, self.backward(d / len(y), caches)


@right("FullyConnectedNet")
class DeepByRecursion(FullyConnectedNet):
    def loss(self, x, y):
        grads = {}

        def walk(h, layer):
            W, b = self.params[f"W{layer}"], self.params[f"b{layer}"]
            z = h @ W + b
            if layer == self.num_layers:
                loss = F.cross_entropy(z, y)
                grad = (z.softmax(1) - F.one_hot(y, z.shape[1])) / len(y)
            else:
                out = self.activate(z)
                loss, grad = walk(out, layer + 1)
                grad = grad * self.slope(out)
            grads[f"W{layer}"] = h.T @ grad + 2 * self.reg * W
            grads[f"b{layer}"] = grad.sum(0)
            return loss + self.reg * W.square().sum(), grad @ W.T

        return walk(x, 1)[0], grads


@right("FullyConnectedNet")
class DeepWithListsBesideParams(FullyConnectedNet):
    def scores(self, x):
        h = x
        names = sorted((n for n in self.params if n.startswith("W")), key=lambda n: int(n[1:]))
        for name in names:
            h = h @ self.params[name] + self.params["b" + name[1:]]
            if name != names[-1]:
                h = self.activate(h)
        return h


# train_network


def _train(network, x_train, y_train, x_val, y_val, num_epochs=10, batch_size=50, learning_rate=0.1, decay=1.0, seed=0, **bends):
    """The solution with places to bend it."""

    def accuracy(x, y):
        return (network.scores(x).argmax(1) == y).double().mean().item()

    generator = torch.Generator().manual_seed(seed)
    history = {"loss": [], "train_accuracy": [], "val_accuracy": []}
    for _ in range(num_epochs):
        batches = list(torch.randperm(len(x_train), generator=generator).split(batch_size))
        if bends.get("drop_last") and len(batches[-1]) < batch_size:
            batches.pop()
        losses = []
        for rows in batches:
            before = accuracy(x_train, y_train), accuracy(x_val, y_val)
            loss, grads = network.loss(x_train[rows], y_train[rows])
            losses.append(float(loss))
            for name in network.params:
                network.params[name] = network.params[name] - learning_rate * grads[name]
        history["loss"] += [sum(losses) / len(losses)] if bends.get("loss_by_epoch") else losses
        train, val = before if bends.get("measure_first") else (accuracy(x_train, y_train), accuracy(x_val, y_val))
        history["train_accuracy"].append(train)
        history["val_accuracy"].append(val)
        learning_rate *= decay
    return history


@mistake("train_network", edit={"torch.randperm(len(x_train), generator=generator)": "torch.arange(len(x_train))"}, hint="The rows are never shuffled: each epoch begins with a torch.randperm and takes them in that order.")
def never_shuffled(): ...


@mistake(
    "train_network",
    edit={"generator=generator": "generator=generator.manual_seed(seed)"},
    hint="Every epoch has the same order: make the generator once, before the epochs, and draw a new permutation in each.",
)
def shuffled_the_same_way(): ...


@mistake(
    "train_network",
    edit={"generator = torch.Generator().manual_seed(seed)": "torch.manual_seed(seed)", ", generator=generator": ""},
    hint="torch.manual_seed(seed) resets the random numbers of the whole program: draw the order from a generator of its own.",
)
def seeds_the_whole_program(): ...


@mistake("train_network", hint="The last, smaller batch of each epoch is left out: its rows count too.")
def drops_the_last_batch(network, x_train, y_train, x_val, y_val, num_epochs=10, batch_size=50, learning_rate=0.1, decay=1.0, seed=0):
    batch_size = min(batch_size, len(x_train))
    return _train(network, x_train, y_train, x_val, y_val, num_epochs, batch_size, learning_rate, decay, seed, drop_last=True)


@mistake("train_network", edit={"        learning_rate = learning_rate * decay\n": "", "grads[name]\n                )": "grads[name]\n                )\n            learning_rate = learning_rate * decay"}, hint="The learning rate decays after every batch: it does so once an epoch.")
def decays_at_each_step(): ...


@mistake("train_network", edit={"        learning_rate = learning_rate * decay\n": ""}, hint="The learning rate never decays: multiply it by decay after each epoch.")
def never_decays(): ...


@mistake("train_network", edit={"- learning_rate": "+ learning_rate"}, hint="The steps go uphill: subtract the gradient.")
def uphill(): ...


@mistake("train_network", edit={"accuracy(x_val, y_val)": "accuracy(x_train, y_train)"}, hint="val_accuracy is measured on the training rows: use x_val and y_val.")
def validates_on_training_rows(): ...


@mistake("train_network", edit={"accuracy(x_train, y_train)": "accuracy(x_train[rows], y_train[rows])"}, hint="train_accuracy is measured on the last batch alone: take all the training rows.")
def accuracy_of_the_last_batch(): ...


@mistake("train_network", hint="The accuracies are measured before the epoch's last step: measure when the epoch is over.")
def measured_too_early(*args, **kwargs):
    return _train(*args, **kwargs, measure_first=True)


@mistake("train_network", hint='history["loss"] has one entry for each epoch: note the loss of every batch.')
def one_loss_an_epoch(*args, **kwargs):
    return _train(*args, **kwargs, loss_by_epoch=True)


@mistake(
    "train_network",
    edit={"network.params[name] = ": "value = "},
    hint="The update is lost: it gives a local name a new tensor, and network.params keeps the old one.",
)
def update_is_lost(): ...


@mistake(
    "train_network",
    edit={"for name in network.params": "for name, other in zip(network.params, grads)", "grads[name]": "grads[other]"},
    hint="Gradients are paired with parameters by their place in the dict: pair them by name, their order may differ.",
)
def paired_by_place(): ...


@mistake(
    "train_network",
    edit={"order.split(batch_size)": "order.split(len(order))"},
    hint="Each step takes all the rows: cut the epoch's order into batches of batch_size.",
)
def full_batches(): ...


@mistake("train_network", hint="The labels are not shuffled along with the rows: index both with the same order.")
def labels_left_behind(network, x_train, y_train, x_val, y_val, num_epochs=10, batch_size=50, learning_rate=0.1, decay=1.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    history = {"loss": [], "train_accuracy": [], "val_accuracy": []}
    for _ in range(num_epochs):
        shuffled = x_train[torch.randperm(len(x_train), generator=generator)]
        for start in range(0, len(x_train), batch_size):
            loss, grads = network.loss(shuffled[start : start + batch_size], y_train[start : start + batch_size])
            history["loss"].append(loss.item())
            for name in network.params:
                network.params[name] = network.params[name] - learning_rate * grads[name]
        history["train_accuracy"].append((network.scores(x_train).argmax(1) == y_train).double().mean().item())
        history["val_accuracy"].append((network.scores(x_val).argmax(1) == y_val).double().mean().item())
        learning_rate *= decay
    return history


@mistake(
    "train_network",
    hint="The next epoch shuffles what was shuffled already: x_train and y_train have become a shuffled copy, or are "
    "shuffled themselves. Leave them as they are, and index a batch.",
)
def shuffles_the_data_itself(network, x_train, y_train, x_val, y_val, num_epochs=10, batch_size=50, learning_rate=0.1, decay=1.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    history = {"loss": [], "train_accuracy": [], "val_accuracy": []}
    for _ in range(num_epochs):
        order = torch.randperm(len(x_train), generator=generator)
        x_train[:], y_train[:] = x_train[order].clone(), y_train[order].clone()
        for start in range(0, len(x_train), batch_size):
            loss, grads = network.loss(x_train[start : start + batch_size], y_train[start : start + batch_size])
            history["loss"].append(loss.item())
            for name in network.params:
                network.params[name] = network.params[name] - learning_rate * grads[name]
        history["train_accuracy"].append((network.scores(x_train).argmax(1) == y_train).double().mean().item())
        history["val_accuracy"].append((network.scores(x_val).argmax(1) == y_val).double().mean().item())
        learning_rate *= decay
    return history


@mistake(
    "train_network",
    edit={"for name in network.params": 'for name in [f"{kind}{layer}" for layer in range(1, len(grads) // 2 + 1) for kind in "Wb"]'},
    hint="The names W1, b1 and so on are typed in, and another network may name its parameters otherwise: loop over "
    "network.params, whatever it holds.",
)
def names_typed_in(): ...


@mistake("train_network", edit={"    for _ in range(num_epochs):\n": "    for _ in range(num_epochs):\n        learning_rate = learning_rate * decay\n", "        learning_rate = learning_rate * decay\n    return": "    return"}, hint="The learning rate decays before the first epoch already. That one takes it as it was given.")
def decays_before_the_first_epoch(): ...


@mistake(
    "train_network",
    edit={"for _ in range(num_epochs):": "first_rate = learning_rate\n    for epoch in range(num_epochs):\n        learning_rate = first_rate * (decay * epoch if epoch else 1)", "        learning_rate = learning_rate * decay\n": ""},
    hint="The rate is multiplied by decay times the number of the epoch. It is multiplied by decay once more after each: a power.",
)
def decay_times_the_epoch(): ...


@mistake(
    "train_network",
    hint="The training accuracy is gathered batch by batch while the network is still learning. Measure it when the epoch is over, on all "
    "rows with the same parameters.",
)
def accuracy_on_the_way(network, x_train, y_train, x_val, y_val, num_epochs=10, batch_size=50, learning_rate=0.1, decay=1.0, seed=0):
    right, loss_of = [], network.loss

    def watched(x, y):
        right.append((network.scores(x).argmax(1) == y).double().sum().item())
        return loss_of(x, y)

    network.loss = watched
    history = _train(network, x_train, y_train, x_val, y_val, num_epochs, batch_size, learning_rate, decay, seed)
    each = len(right) // num_epochs
    history["train_accuracy"] = [sum(right[i * each : (i + 1) * each]) / len(x_train) for i in range(num_epochs)]
    return history


@mistake(
    "train_network",
    edit={"            for name in network.params:": "            network.loss(x_train[rows], y_train[rows])\n            for name in network.params:"},
    hint="network.loss is called more than once for a batch. One call, before the step, gives both: the loss to note and the gradients.",
)
def loss_called_twice(): ...


@mistake(
    "train_network",
    edit={'history["train_accuracy"].append(accuracy(x_train, y_train))': 'history["train_accuracy"].append(sum(accuracy(x_train[rows], y_train[rows]) for rows in order.split(batch_size)) / len(order.split(batch_size)))'},
    hint="You take the mean of the batches' shares, so the rows of a smaller last batch count for more. Take the share over all rows.",
)
def mean_of_the_batches_shares(): ...


@mistake(
    "train_network",
    edit={"learning_rate * grads[name]": "learning_rate * grads[name] * len(rows) / batch_size"},
    hint="The step of a smaller last batch is made smaller. Its loss is a mean over its own rows already: take the same step.",
)
def smaller_step_for_a_smaller_batch(): ...


@mistake(
    "train_network",
    edit={"torch.randperm(len(x_train), generator=generator)": "torch.randint(len(x_train), (len(x_train),), generator=generator)"},
    hint="Rows are drawn with replacement, so some come twice in an epoch and some never. torch.randperm has each of them once.",
)
def drawn_with_replacement(): ...


@mistake(
    "train_network",
    edit={'            history["loss"].append(float(loss))\n': "", '        history["train_accuracy"]': '        history["loss"].append(float(loss))\n        history["train_accuracy"]'},
    hint='history["loss"] has one entry for each epoch: note the loss of every batch.',
)
def last_loss_of_an_epoch(): ...


@mistake(
    "train_network",
    edit={"    for _ in range(num_epochs):\n": '    for _ in range(num_epochs):\n        history["train_accuracy"].append(accuracy(x_train, y_train))\n        history["val_accuracy"].append(accuracy(x_val, y_val))\n', '        history["train_accuracy"].append(accuracy(x_train, y_train))\n        history["val_accuracy"].append(accuracy(x_val, y_val))\n        learning': "        learning"},
    hint="The accuracies are measured before the epoch's last step: measure when the epoch is over.",
)
def measured_before_the_epoch(): ...


@mistake(
    "train_network",
    edit={".double().mean()": ".double().sum()"},
    hint="The accuracies are numbers of rows: divide by how many there are.",
)
def counts_not_shares(): ...


@mistake(
    "train_network",
    edit={'        history["train_accuracy"].append(accuracy(x_train, y_train))\n        history["val_accuracy"].append(accuracy(x_val, y_val))\n': "", "    return history": '    history["train_accuracy"].append(accuracy(x_train, y_train))\n    history["val_accuracy"].append(accuracy(x_val, y_val))\n    return history'},
    hint="The accuracies are measured once, at the end: they belong to every epoch.",
)
def accuracies_at_the_end_only(): ...


@mistake(
    "train_network",
    edit={"    for _ in range(num_epochs):\n": "    for _ in range(num_epochs):\n        shares = []\n", "            loss, grads": "            shares.append(accuracy(x_train[rows], y_train[rows]))\n            loss, grads", "append(accuracy(x_train, y_train))": "append(sum(shares) / len(shares))"},
    hint="The training accuracy is gathered batch by batch while the network is still learning. Measure it when the epoch is over, on all rows with the same parameters.",
)
def mean_of_shares_on_the_way(): ...


@mistake(
    "train_network",
    edit={".mean().item()": ".mean()"},
    hint="The history has tensors in it: make a Python float of each.",
)
def accuracies_stay_tensors(): ...


@mistake(
    "train_network",
    edit={"float(loss)": "loss"},
    hint="The history has tensors in it: make a Python float of each.",
)
def losses_stay_tensors(): ...


@mistake(
    "train_network",
    edit={"argmax": "argmin"},
    hint="A row counts as right where its label has the lowest score: it is the highest.",
)
def lowest_score(): ...


@mistake(
    "train_network",
    edit={"    for _ in range(num_epochs):\n": "    for epoch in range(num_epochs):\n        learning_rate = learning_rate * decay**epoch\n", "        learning_rate = learning_rate * decay\n": ""},
    hint="The rate is multiplied by a power of decay though it has decayed already. It is one of two: a power of the first rate, or one factor more after each epoch.",
)
def decay_on_top_of_decay(): ...


@mistake(
    "train_network",
    edit={"    for _ in range(num_epochs):\n": "    first_rate = learning_rate\n    for epoch in range(num_epochs):\n        learning_rate = first_rate / (1 + (1 - decay) * epoch)\n", "        learning_rate = learning_rate * decay\n": ""},
    hint="The rate falls by another rule: after each epoch it is multiplied by decay.",
)
def decay_by_a_quotient(): ...


@mistake(
    "train_network",
    edit={"    for _ in range(num_epochs):\n": "    for epoch in range(num_epochs):\n", "        learning_rate = learning_rate * decay\n": "        learning_rate = learning_rate * (decay if epoch else 1)\n"},
    hint="The second epoch has the first one's learning rate: the decay comes after the first epoch too.",
)
def second_epoch_not_decayed(): ...


@mistake(
    "train_network",
    edit={"* grads[name]": "* grads[name] / len(rows)"},
    hint="The step is divided by the number of rows once more: the gradients are those of a mean already.",
)
def divided_by_the_batch_again(): ...


@mistake(
    "train_network",
    edit={"in order.split(batch_size)": "in [one for one in order.split(batch_size) if len(one) == batch_size]"},
    hint="The last, smaller batch of each epoch is left out: its rows count too.",
)
def full_batches_alone(): ...


@mistake(
    "train_network",
    edit={"range(num_epochs)": "range(num_epochs + 1)"},
    hint="There is one epoch too many.",
)
def one_epoch_too_many(): ...


@mistake(
    "train_network",
    edit={"    history = {": "    torch.randperm(len(x_train), generator=generator)\n    history = {"},
    hint="A permutation is drawn before the first epoch, so each epoch has the next one's order: one call of torch.randperm for each epoch, and none besides.",
)
def a_permutation_before(): ...


@mistake(
    "train_network",
    edit={"    for _ in range(num_epochs):\n": "    summed = dict.fromkeys(network.params, 0.0)\n    for _ in range(num_epochs):\n", "            for name in network.params:\n": "            for name in network.params:\n                summed[name] = summed[name] + grads[name]\n", "grads[name]\n                )": "summed[name]\n                )"},
    hint="The gradients of earlier batches are in each step: it belongs to its own batch alone.",
)
def gradients_add_up(): ...


@mistake(
    "train_network",
    edit={"    for _ in range(num_epochs):\n": "    best = -1.0, dict(network.params)\n    for _ in range(num_epochs):\n", "        learning_rate = learning_rate * decay\n": "        if history['val_accuracy'][-1] > best[0]:\n            best = history['val_accuracy'][-1], dict(network.params)\n        learning_rate = learning_rate * decay\n", "    return history": "    network.params.update(best[1])\n    return history"},
    hint="After training the network has the parameters of an earlier epoch: it keeps those that the last step has made.",
)
def best_epoch_put_back(): ...


@mistake(
    "train_network",
    edit={"in network.params:": 'in ("W1", "b1", "W2", "b2"):'},
    hint="The names W1, b1 and so on are typed in, and another network may name its parameters otherwise: loop over network.params, whatever it holds.",
)
def two_layers_typed_in(): ...


@mistake(
    "train_network",
    edit={"in network.params:": 'in [one for one in network.params if one.startswith("W")]:'},
    hint="Not every parameter is moved: the step is for all entries of network.params, whatever their names and however many.",
)
def weights_alone_moved(): ...


@mistake(
    "train_network",
    edit={"in network.params:": "in list(network.params)[-2:]:"},
    hint="Not every parameter is moved: the step is for all entries of network.params, whatever their names and however many.",
)
def last_layer_alone_moved(): ...


@mistake(
    "train_network",
    edit={"float(loss)": "float(loss) * len(rows) / batch_size"},
    hint="The loss of a smaller batch is noted smaller: note what network.loss returns.",
)
def losses_weighted(): ...


@mistake(
    "train_network",
    edit={"order.split(batch_size)": "[order[at : at + batch_size + 1] for at in range(0, len(order), batch_size)]"},
    hint="The batches are too large, so that some rows come twice in an epoch: batch_size rows in each, and the next begins where it ends.",
)
def batches_overlap(): ...


@mistake(
    "train_network",
    edit={"    for _ in range(num_epochs):\n": "    first = dict(network.params)\n    for _ in range(num_epochs):\n", "    return history": "    network.params.update(first)\n    return history"},
    hint="After training the network has its first parameters again: what it has learned is lost.",
)
def first_parameters_put_back(): ...


@mistake(
    "train_network",
    edit={"            loss, grads": "            rows = torch.randperm(len(x_train), generator=generator)[:batch_size]\n            loss, grads"},
    hint="Each batch is drawn anew, so in an epoch some rows come twice and some never: draw one order at the start of the epoch, and cut it into batches.",
)
def a_permutation_for_each_batch(): ...


@mistake(
    "train_network",
    edit={"    for _ in range(num_epochs):\n": "    for epoch in range(num_epochs):\n        generator.manual_seed(seed + epoch)\n"},
    hint="The generator is seeded anew in each epoch: one seed serves all of them, and each epoch draws on.",
)
def a_seed_for_each_epoch(): ...


@mistake(
    "train_network",
    edit={"    for _ in range(num_epochs):\n": "    for _ in range(num_epochs):\n        moved = dict(network.params)\n", "network.params[name] = (\n                    network.params[name] -": "moved[name] = (\n                    moved[name] -", '        history["train_accuracy"].append(accuracy(x_train, y_train))\n': '        network.params.update(moved)\n        history["train_accuracy"].append(accuracy(x_train, y_train))\n'},
    hint="All of an epoch's gradients are taken at the parameters before it: a copy is moved, and the network gets it only afterwards. Put each step's values in at once.",
)
def a_copy_is_trained(): ...


@mistake(
    "train_network",
    edit={"            loss, grads = network.loss(x_train[rows], y_train[rows])\n": "            loss = network.train_step(x_train[rows], y_train[rows], learning_rate)\n"},
    hint="A network needn't have train_step. It has params, scores and loss: the step is yours to take.",
)
def asks_for_train_step(): ...


@mistake(
    "train_network",
    edit={"    history = {": "    x_train, y_train = torch.cat([x_train, x_val]), torch.cat([y_train, y_val])\n    history = {"},
    hint="The validation rows are trained on as well: they are for measuring alone.",
)
def trains_on_validation_rows(): ...


@mistake(
    "train_network",
    edit={"    for _ in range(num_epochs):\n": "    speed = dict.fromkeys(network.params, 0.0)\n    for _ in range(num_epochs):\n", "            for name in network.params:\n": "            for name in network.params:\n                speed[name] = 0.9 * speed[name] + grads[name]\n", "grads[name]\n                )": "speed[name]\n                )"},
    hint="From the second step on something of earlier ones is in it: each step is the learning rate times this batch's gradient, and nothing else.",
)
def steps_with_momentum(): ...


@mistake(
    "train_network",
    edit={"torch.randperm(len(x_train), generator=generator)": "torch.rand(len(x_train), generator=generator).argsort()"},
    hint="The rows are shuffled, but by another function than the one that the docstring fixes, so the order is another.",
)
def an_order_of_ones_own(): ...


@mistake(
    "train_network",
    edit={"        learning_rate = learning_rate * decay\n": '        if len(history["val_accuracy"]) > 1 and history["val_accuracy"][-1] < history["val_accuracy"][-2]:\n            break\n        learning_rate = learning_rate * decay\n'},
    hint="Training ends before num_epochs when the validation accuracy falls: it goes on to the end.",
)
def stops_early(): ...


@mistake(
    "train_network",
    edit={"in order.split(batch_size)": "in [one for one in order.split(batch_size) if len(one) > 1]"},
    hint="A batch of one row is left out: its row counts too.",
)
def one_row_is_no_batch(): ...


@mistake("train_network", hint="The accuracies are in per cent: a share is a number from 0 to 1.")
def per_cent(*args, **kwargs):
    history = _train(*args, **kwargs)
    return {name: values if name == "loss" else [100 * one for one in values] for name, values in history.items()}


@right("train_network")
def by_slices_in_place(network, x_train, y_train, x_val, y_val, num_epochs=10, batch_size=50, learning_rate=0.1, decay=1.0, seed=0):
    rng = torch.Generator()
    rng.manual_seed(seed)
    losses, train_accuracy, val_accuracy = [], [], []
    for epoch in range(num_epochs):
        lr = learning_rate * decay**epoch
        perm = torch.randperm(x_train.shape[0], generator=rng)
        for start in range(0, x_train.shape[0], batch_size):
            idx = perm[start : start + batch_size]
            loss, grads = network.loss(x_train[idx], y_train[idx])
            losses.append(loss.item())
            for key, grad in grads.items():
                network.params[key] -= lr * grad
        for out, x, y in ((train_accuracy, x_train, y_train), (val_accuracy, x_val, y_val)):
            out.append(sum((network.scores(x).max(dim=1).indices == y).tolist()) / len(y))
    return {"train_accuracy": train_accuracy, "val_accuracy": val_accuracy, "loss": losses}


@right("train_network")
def by_counting_steps(network, x_train, y_train, x_val, y_val, num_epochs=10, batch_size=50, learning_rate=0.1, decay=1.0, seed=0):
    n = len(y_train)
    steps = -(-n // batch_size)
    gen = torch.Generator().manual_seed(seed)
    history = dict(loss=[], train_accuracy=[], val_accuracy=[])
    for step in range(num_epochs * steps):
        if step % steps == 0:
            order = torch.randperm(n, generator=gen)
            xs, ys = x_train[order], y_train[order]
        at = step % steps * batch_size
        loss, grads = network.loss(xs[at : at + batch_size], ys[at : at + batch_size])
        history["loss"].append(float(loss))
        network.params.update({k: p - learning_rate * grads[k] for k, p in network.params.items()})
        if step % steps == steps - 1:
            history["train_accuracy"].append(float((network.scores(x_train).argmax(-1) == y_train).double().mean()))
            history["val_accuracy"].append(float((network.scores(x_val).argmax(-1) == y_val).double().mean()))
            learning_rate = learning_rate * decay
    return history


@right("train_network")
def with_single_precision_accuracy(network, x_train, y_train, x_val, y_val, num_epochs=10, batch_size=50, learning_rate=0.1, decay=1.0, seed=0):
    history = _train(network, x_train, y_train, x_val, y_val, num_epochs, batch_size, learning_rate, decay, seed)
    for name in ("train_accuracy", "val_accuracy"):
        history[name] = [torch.tensor(value).float().item() for value in history[name]]
    return history


# gradient_flow


def _flow(x, weights, grad_out, activation):
    """Return the outputs, the gradients by z and the gradients by h, first layer first."""
    activate, slope = ACTIVATIONS[activation]
    outputs = []
    for matrix in weights:
        x = activate(x @ matrix)
        outputs.append(x)
    by_h, by_z, grad = [], [], grad_out
    for matrix, h in zip(reversed(weights), reversed(outputs)):
        by_h.append(grad)
        by_z.append(grad * slope(h))
        grad = by_z[-1] @ matrix.T
    return outputs, by_z[::-1], by_h[::-1]


def _rms(tensors):
    return [one.square().mean().sqrt().item() for one in tensors]


@mistake(
    "gradient_flow",
    edit={"reversed(gradients)": "gradients"},
    hint="The gradients are listed from the last layer to the first: the walk goes backward, the list begins with layer 1.",
)
def last_layer_first(): ...


@mistake(
    "gradient_flow",
    hint="These are the gradients with respect to the outputs h: multiply by the activation's slope to reach z.",
)
def gradients_of_h(x, weights, grad_out, activation):
    outputs, _, gradients = _flow(x, weights, grad_out, activation)
    return {"outputs": _rms(outputs), "gradients": _rms(gradients)}


@mistake(
    "gradient_flow",
    edit={"grad_out * slope(outputs[-1])": "grad_out"},
    hint="The last layer's slope is missing: grad_out belongs to h_L, and the last layer is activated too.",
)
def last_slope_missing(): ...


@mistake("gradient_flow", edit={"grad_out * slope(outputs[-1])": "grad_out", " * slope(outputs[layer - 1])": ""}, hint="The gradients went back through the matrices and through no activation: each slope multiplies.")
def no_slope_at_all(): ...


@mistake(
    "gradient_flow",
    edit={"h.square().mean().sqrt()": "h.std(correction=0)", "g.square().mean().sqrt()": "g.std(correction=0)"},
    hint="These are standard deviations: the root mean square does not take the mean away first.",
)
def standard_deviations(): ...


@mistake("gradient_flow", edit={"h.square().mean().sqrt()": "h.norm()", "g.square().mean().sqrt()": "g.norm()"}, hint="These are norms, which grow with the number of entries: divide by that number under the root.")
def norms(): ...


@mistake("gradient_flow", edit={"h.square().mean().sqrt()": "h.abs().mean()", "g.square().mean().sqrt()": "g.abs().mean()"}, hint="These are mean absolute values: square, take the mean, then the root.")
def mean_absolute_values(): ...


@mistake("gradient_flow", edit={"h.square().mean().sqrt()": "h.square().mean()", "g.square().mean().sqrt()": "g.square().mean()"}, hint="The root is missing: these are mean squares.")
def mean_squares(): ...


@mistake("gradient_flow", edit={"[h.square().mean().sqrt().item() for h in outputs]": "[(h @ matrix).square().mean().sqrt().item() for h, matrix in zip([x, *outputs], weights)]"}, hint="The sizes are those of z, before the activation: outputs are the h.")
def sizes_of_z(): ...


@mistake("gradient_flow", hint="The slope is taken at z: those in ACTIVATIONS are functions of the activation's output.")
def slope_at_z(x, weights, grad_out, activation):
    activate, slope = ACTIVATIONS[activation]
    before, outputs = [], []
    for matrix in weights:
        before.append(x @ matrix)
        x = activate(before[-1])
        outputs.append(x)
    gradients, grad = [], grad_out
    for matrix, z in zip(reversed(weights), reversed(before)):
        gradients.insert(0, grad * slope(z))
        grad = gradients[0] @ matrix.T
    return {"outputs": _rms(outputs), "gradients": _rms(gradients)}


@mistake("gradient_flow", hint="These are the gradients of the weight matrices: asked for are those of z, which the matrices are handed.")
def gradients_of_the_weights(x, weights, grad_out, activation):
    outputs, gradients, _ = _flow(x, weights, grad_out, activation)
    inputs = [x, *outputs[:-1]]
    return {"outputs": _rms(outputs), "gradients": _rms([h.T @ g for h, g in zip(inputs, gradients)])}


@mistake("gradient_flow", edit={"for h in outputs": "for h in [x, *outputs[:-1]]"}, hint="The list of outputs begins with x: it has one entry a layer, h_1 to h_L.")
def starts_with_x(): ...


@mistake("gradient_flow", hint="Units at exactly zero let the gradient through: the slope of the ReLU in ACTIVATIONS is 0 there.")
def open_at_zero(x, weights, grad_out, activation):
    slope = (lambda h: (h >= 0).to(h.dtype)) if activation == "relu" else ACTIVATIONS[activation][1]
    before, outputs = [], []
    for matrix in weights:
        before.append(x @ matrix)
        x = ACTIVATIONS[activation][0](before[-1])
        outputs.append(x)
    gradients, grad = [], grad_out
    for matrix, z, h in zip(reversed(weights), reversed(before), reversed(outputs)):
        gradients.insert(0, grad * slope(z if activation == "relu" else h))
        grad = gradients[0] @ matrix.T
    return {"outputs": _rms(outputs), "gradients": _rms(gradients)}


@mistake("gradient_flow", edit={"activate, slope = ACTIVATIONS": "x, weights, grad_out = x.float(), [matrix.float() for matrix in weights], grad_out.float()\n    activate, slope = ACTIVATIONS"}, hint="You turn everything into float32: where gradients fade, digits are lost. Keep the dtype of x.")
def flow_in_single_precision(): ...


@mistake("gradient_flow", hint="Every layer is activated here, the last one too. Yours is plain, and so is its gradient.")
def last_layer_left_plain(x, weights, grad_out, activation):
    activate, slope = ACTIVATIONS[activation]
    outputs = []
    for layer, matrix in enumerate(weights):
        x = x @ matrix if layer == len(weights) - 1 else activate(x @ matrix)
        outputs.append(x)
    gradients = [grad_out]
    for layer in range(len(weights) - 1, 0, -1):
        gradients.insert(0, (gradients[0] @ weights[layer].T) * slope(outputs[layer - 1]))
    return {"outputs": _rms(outputs), "gradients": _rms(gradients)}


@mistake("gradient_flow", edit={"h.square().mean().sqrt().item()": "h.square().mean().sqrt()", "g.square().mean().sqrt().item()": "g.square().mean().sqrt()"}, hint="The entries are tensors: return Python floats, one .item() each.")
def tensors_in_the_lists(): ...


@mistake("gradient_flow", edit={"ACTIVATIONS[activation]": 'ACTIVATIONS["relu"]'}, hint="It is the ReLU whatever is asked for: look up the activation that was given.")
def flow_of_relu_always(): ...


@mistake("gradient_flow", edit={"for h in outputs": "for h in [x, *outputs]"}, hint="The list of outputs has L + 1 entries: x is no layer's output. It is h_1 to h_L.")
def one_output_too_many(): ...


@mistake("gradient_flow", edit={"h.square().mean().sqrt()": "h.square().mean(dim=1).sqrt().mean()", "g.square().mean().sqrt()": "g.square().mean(dim=1).sqrt().mean()"}, hint="You take the root in each row and then the mean of the rows. It is one mean over all entries, and then one root.")
def mean_of_the_rows_sizes(): ...


@mistake("gradient_flow", edit={"h.square().mean().sqrt()": "(h.square().sum() / len(h)).sqrt()", "g.square().mean().sqrt()": "(g.square().sum() / len(g)).sqrt()"}, hint="You divide by the number of rows only. A mean over all entries divides by rows times columns.")
def divided_by_the_rows_alone(): ...


@mistake("gradient_flow", edit={"weights[layer].T": "(weights[layer] if weights[layer].shape[0] == weights[layer].shape[1] else weights[layer].T)"}, hint="A square matrix isn't transposed on the way back. Shapes don't ask for it there, and the chain rule does: h @ W goes back by W.T, always.")
def square_matrices_not_transposed(): ...


@mistake("gradient_flow", hint="These are the gradients of what goes *into* each layer, after its matrix. Asked for are those of z, before the matrix.")
def gradients_of_the_inputs(x, weights, grad_out, activation):
    outputs, by_z, _ = _flow(x, weights, grad_out, activation)
    return {"outputs": _rms(outputs), "gradients": _rms(g @ matrix.T for g, matrix in zip(by_z, weights))}


@mistake("gradient_flow", hint="Every layer is activated here, the last one too. Yours is plain, though its gradient has the slope.")
def last_output_left_plain(x, weights, grad_out, activation):
    outputs, by_z, _ = _flow(x, weights, grad_out, activation)
    below = outputs[-2] if len(outputs) > 1 else x
    return {"outputs": _rms([*outputs[:-1], below @ weights[-1]]), "gradients": _rms(by_z)}


@mistake(
    "gradient_flow",
    edit={"g.square().mean().sqrt()": "g.std(correction=0)"},
    hint="These are standard deviations: the root mean square does not take the mean away first.",
)
def standard_deviations_of_gradients(): ...


@mistake(
    "gradient_flow",
    edit={"g.square().mean().sqrt()": "g.norm()"},
    hint="These are norms, which grow with the number of entries: divide by that number under the root.",
)
def norms_of_gradients(): ...


@mistake(
    "gradient_flow",
    edit={"g.square().mean().sqrt()": "g.abs().mean()"},
    hint="These are mean absolute values: square, take the mean, then the root.",
)
def mean_absolute_gradients(): ...


@mistake(
    "gradient_flow",
    edit={"g.square().mean().sqrt()": "g.abs().max()"},
    hint="These are the largest entries: a size is a mean over all of them.",
)
def largest_gradients(): ...


@mistake(
    "gradient_flow",
    edit={"g.square().mean().sqrt().item()": "g.square().mean().sqrt()"},
    hint="The entries are tensors: return Python floats, one .item() each.",
)
def gradients_stay_tensors(): ...


@mistake(
    "gradient_flow",
    edit={"g.square().mean().sqrt()": "g.mean(dim=0).square().mean().sqrt()"},
    hint="The gradients are averaged over the batch before they are measured. A size is a mean over all entries, rows and columns at once, of the squares.",
)
def batch_averaged_first(): ...


@mistake(
    "gradient_flow",
    edit={"[g.square().mean().sqrt().item() for g in reversed(gradients)]": "[(g.square().mean() / gradients[0].square().mean()).sqrt().item() for g in reversed(gradients)]"},
    hint="The gradients' sizes are divided by that of one layer: each is measured by itself.",
)
def relative_to_the_last(): ...


@mistake(
    "gradient_flow",
    edit={"[grad_out *": "[grad_out / len(x) *"},
    hint="grad_out is divided by the number of rows: it is the gradient of the loss already, as it is.",
)
def gradients_divided_by_rows(): ...


@mistake(
    "gradient_flow",
    edit={"slope(outputs[-1])": "slope(outputs[-1]) ** 2", "slope(outputs[layer - 1])": "slope(outputs[layer - 1]) ** 2"},
    hint="Each slope is multiplied in twice, which does not show with a ReLU, whose slope is 0 or 1.",
)
def slopes_squared(): ...


@mistake(
    "gradient_flow",
    edit={"slope(outputs[layer - 1])": "slope((outputs[layer - 2] if layer > 1 else x) @ weights[layer - 1])"},
    hint="The slope is taken at z: those in ACTIVATIONS are functions of the activation's output.",
)
def slope_at_z_but_for_the_last(): ...


@mistake(
    "gradient_flow",
    edit={"activate, slope = ACTIVATIONS[activation]": 'activate, slope = ACTIVATIONS[activation][0], ACTIVATIONS["relu"][1]'},
    hint="The slope is the ReLU's whatever is asked for: ACTIVATIONS has a pair for each activation, take both of it.",
)
def slope_of_relu_always(): ...


@mistake(
    "gradient_flow",
    edit={"for g in reversed(gradients)": "for g in [*reversed(gradients)][1:]"},
    hint="The gradients lack the first layer: there is one entry for each, and its z has a gradient too.",
)
def first_layer_left_out(): ...


@mistake(
    "gradient_flow",
    edit={'"outputs": [h': '"gradients": [h', '"gradients": [g': '"outputs": [g'},
    hint='The two lists have changed places: "outputs" are the sizes on the way forward.',
)
def keys_changed_over(): ...


@mistake(
    "gradient_flow",
    edit={"else x)": "else activate(x))"},
    hint="x itself is activated before the first layer: h_0 is x as it is.",
)
def input_activated(): ...


@mistake(
    "gradient_flow",
    edit={"g.square().mean().sqrt()": "(g.square().sum() / max(1, int((g != 0).sum()))).sqrt()"},
    hint="Entries that are zero are left out of the mean. A size is a mean over all entries: units that are shut count as well.",
)
def means_without_the_zeros(): ...


@mistake(
    "gradient_flow",
    edit={"h.square().mean().sqrt()": "(h.square().sum() / (h.numel() - 1)).sqrt()"},
    hint="The sum is divided by the number of entries less one, as for a variance: it is a plain mean.",
)
def one_entry_less(): ...


@mistake("gradient_flow", hint="The gradient's size is taken as a product of two sizes. The slope multiplies entry by entry: form the product first, then measure it.")
def sizes_multiplied(x, weights, grad_out, activation):
    outputs, _, by_h = _flow(x, weights, grad_out, activation)
    slopes = _rms(ACTIVATIONS[activation][1](h) for h in outputs)
    return {"outputs": _rms(outputs), "gradients": [a * b for a, b in zip(_rms(by_h), slopes)]}


@right("gradient_flow")
def flow_with_derivatives_of_z(x, weights, grad_out, activation):
    functions = {
        "relu": (torch.relu, lambda z: (z > 0).type_as(z)),
        "tanh": (torch.tanh, lambda z: 1 / torch.cosh(z) ** 2),
        "sigmoid": (torch.sigmoid, lambda z: torch.sigmoid(z) * torch.sigmoid(-z)),
    }
    f, df = functions[activation]
    zs, h, sizes = [], x, []
    for w in weights:
        zs.append(h @ w)
        h = f(zs[-1])
        sizes.append(float(torch.sqrt(torch.mean(h**2))))
    d, back = grad_out, []
    for w, z in zip(weights[::-1], zs[::-1]):
        d = d * df(z)
        back = [float(torch.sqrt(torch.mean(d**2)))] + back
        d = d @ w.t()
    return {"outputs": sizes, "gradients": back}


@right("gradient_flow")
def flow_by_recursion(x, weights, grad_out, activation):
    def rms(a):
        return (a.norm() / a.numel() ** 0.5).item()

    def walk(h, layer):
        if layer == len(weights):
            return [], [], grad_out
        out = ACTIVATIONS[activation][0](torch.mm(h, weights[layer]))
        outputs, gradients, grad = walk(out, layer + 1)
        grad = grad * ACTIVATIONS[activation][1](out)
        return [rms(out), *outputs], [rms(grad), *gradients], torch.einsum("nm,dm->nd", grad, weights[layer])

    outputs, gradients, _ = walk(x, 0)
    return dict(outputs=outputs, gradients=gradients)


@right("gradient_flow")
def flow_into_lists_made_first(x, weights, grad_out, activation):
    count = len(weights)
    outputs, gradients = [0.0] * count, [0.0] * count
    hs = [x]
    for layer in range(count):
        hs.append(ACTIVATIONS[activation][0](hs[layer].matmul(weights[layer])))
        outputs[layer] = hs[-1].pow(2).mean().pow(0.5).item()
    delta = grad_out.clone()
    for layer in reversed(range(count)):
        delta *= ACTIVATIONS[activation][1](hs[layer + 1])
        gradients[layer] = delta.pow(2).mean().pow(0.5).item()
        delta = delta.matmul(weights[layer].transpose(0, 1))
    return {"gradients": gradients, "outputs": outputs}
