"""What students write in attention_blocks: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right

DETACHED = "The gate is cut off from the graph, so nothing that it is made of can learn: leave detach, no_grad and .data out of forward."
ONLY_THE_GATE = "This is the gate alone. The block returns its input, scaled by the gate."
ADDED = "The gate is added to x. A gate is a number to multiply by."
NO_SIGMOID = "The gate is not between 0 and 1: a sigmoid stands behind the last layer."
WITH_A_SKIP = "x is added once more behind the product. A skip connection belongs to the network around the block, not into it."
IN_PLACE = "The product is written into x, which belongs to the caller (and is needed on the way back): make a new tensor of it."
EVERY_ONE = "squeeze() without a number takes away every axis of length 1, also the batch's where there is one image, or the channels'. Name the axis that goes, or index it."
CALLED_ONCE = "What comes in `activation` and `scale_activation` is a class. Call it in __init__, once: the layer that it makes is stored, and called with a tensor in forward."
ROUNDED = "The number is rounded to a whole one first, up or to the nearest, and then made odd: so 3.5 becomes 5, though 3 is nearer."
AS_SOFTMAX = "The gates come from a softmax, so the channels compete and add up to 1. Each gate is a sigmoid of its own score."

# SqueezeExcitation


@mistake("SqueezeExcitation", edit={"nn.AdaptiveAvgPool2d(1)": "nn.AdaptiveMaxPool2d(1)"}, hint="The squeeze takes the maximum of each channel. Here it is the mean; CBAM looks at both.")
def SqueezeByMaximum(): ...


@mistake("SqueezeExcitation", edit={"self.activation(self.fc1(self.avgpool(x)))": "self.fc1(self.avgpool(x))"}, hint="fc1 and fc2 stand back to back, and two linear steps are one: what belongs between them?")
def NothingBetween(): ...


@mistake("SqueezeExcitation", edit={"self.scale_activation(self.fc2(hidden))": "self.fc2(hidden)"}, hint=NO_SIGMOID)
def SqueezeWithoutSigmoid(): ...


@mistake("SqueezeExcitation", edit={"x * self.scale_activation": "self.scale_activation"}, hint=ONLY_THE_GATE)
def SqueezeReturnsTheGate(): ...


@mistake("SqueezeExcitation", edit={"x * self.scale_activation": "x + self.scale_activation"}, hint=ADDED)
def SqueezeAdds(): ...


@mistake("SqueezeExcitation", edit={"x * self.scale_activation": "x + x * self.scale_activation"}, hint=WITH_A_SKIP)
def SqueezeWithASkip(): ...


@mistake("SqueezeExcitation", edit={"class SqueezeExcitation(nn.Module):": "import torchvision\n\nclass SqueezeExcitation(torchvision.ops.SqueezeExcitation):"}, hint="This is torchvision's block under your name: build it of layers.")
def SqueezeOfTorchvision(): ...


@mistake("SqueezeExcitation", edit={"squeeze_channels, 1)": "squeeze_channels, 1, bias=False)", "input_channels, 1)": "input_channels, 1, bias=False)"}, hint="fc1 and fc2 have no biases. Many write the block so, and torchvision's convolutions have them.")
def SqueezeWithoutBiases(): ...


@mistake("SqueezeExcitation", hint="fc1 and fc2 are linear layers, whose weights have two dimensions. torchvision's are convolutions of 1 × 1: four dimensions, and no reshaping in forward.")
class SqueezeByLinearLayers(SqueezeExcitation):
    def __init__(self, input_channels, squeeze_channels, activation=nn.ReLU, scale_activation=nn.Sigmoid):
        nn.Module.__init__(self)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Linear(input_channels, squeeze_channels)
        self.activation = activation()
        self.fc2 = nn.Linear(squeeze_channels, input_channels)
        self.scale_activation = scale_activation()

    def forward(self, x):
        row = self.activation(self.fc1(self.avgpool(x).flatten(1)))
        return x * self.scale_activation(self.fc2(row))[:, :, None, None]


@mistake("SqueezeExcitation", edit={"self.fc1 = nn.Conv2d(input_channels, squeeze_channels, 1)": "self.fc1 = nn.Conv2d(input_channels, max(1, input_channels // squeeze_channels), 1)", "self.fc2 = nn.Conv2d(squeeze_channels, input_channels, 1)": "self.fc2 = nn.Conv2d(max(1, input_channels // squeeze_channels), input_channels, 1)"}, hint="squeeze_channels is taken for a reduction and divides the channels. It is the number of channels between fc1 and fc2 itself.")
def SqueezeChannelsAsReduction(): ...


@mistake("SqueezeExcitation", edit={"self.activation = activation()": "self.activation = activation", "self.scale_activation = scale_activation()": "self.scale_activation = scale_activation"}, hint=CALLED_ONCE)
def ActivationsNeverMade(): ...


@mistake("SqueezeExcitation", edit={"x * self.scale_activation(self.fc2(hidden))": "x * self.scale_activation(self.fc2(hidden)).detach()"}, hint=DETACHED)
def SqueezeDetaches(): ...


@mistake("SqueezeExcitation", edit={"self.fc1(self.avgpool(x))": "self.fc1(x)"}, hint="There is no squeeze: fc1 sees each place on its own, so the gate has a value for every place. Which layer makes H and W 1?")
def NoSqueeze(): ...


@mistake("SqueezeExcitation", edit={"self.activation(self.fc1": "self.scale_activation(self.fc1", "x * self.scale_activation(": "x * self.activation("}, hint="The two activations have changed places: `activation` stands behind fc1, `scale_activation` behind fc2.")
def ActivationsExchanged(): ...


@mistake("SqueezeExcitation", edit={"x * self.scale_activation(self.fc2(hidden))": "x * self.fc2(hidden).softmax(dim=1)"}, hint=AS_SOFTMAX)
def SqueezeBySoftmax(): ...


@mistake("SqueezeExcitation", edit={"self.avgpool(x)": "x.mean(dim=(0, 2, 3), keepdim=True)"}, hint="The mean is taken over the batch too, so all images get the same gates. Each image has its own: keep the first axis.")
def MeanOverTheBatch(): ...


@mistake("SqueezeExcitation", edit={"self.avgpool(x)": "self.avgpool(x) * x.shape[2] * x.shape[3]"}, hint="The squeeze is the sum over all places. It is the mean, so that a larger image does not give larger numbers.")
def SqueezeBySum(): ...


@mistake("SqueezeExcitation", edit={"super().__init__()\n": "super().__init__()\n        torch.manual_seed(0)\n"}, hint="A seed is set in __init__: every block of a network starts from the same weights, and everybody's random numbers are reset. Leave the seed to the caller.")
def SqueezeSetsASeed(): ...


@mistake("SqueezeExcitation", edit={'self.activation = activation()': 'self.activation = activation(inplace=True)'}, hint='The class is called with an argument, which not every activation takes: it is called without any.')
def ActivationWithAnArgument(): ...


@mistake("SqueezeExcitation", edit={'x * self.scale_activation(': 'x * self.activation('}, hint='The same activation stands behind fc1 and behind fc2. Behind fc2 stands `scale_activation`.')
def OneActivationTwice(): ...


@mistake("SqueezeExcitation", edit={'self.activation = activation()': 'self.activation = activation', 'self.scale_activation = scale_activation()': 'self.scale_activation = scale_activation', 'self.activation(self': 'self.activation()(self', 'self.scale_activation(self': 'self.scale_activation()(self'}, hint=CALLED_ONCE)
def ActivationsMadeInForward(): ...


@mistake("SqueezeExcitation", edit={'nn.AdaptiveAvgPool2d(1)': 'nn.AvgPool2d(7)'}, hint='The pooling has a window of fixed size. The mean goes over all places, however many an image has.')
def PoolOfFixedSize(): ...


@mistake("SqueezeExcitation", edit={'self.avgpool(x)': 'x.mean(dim=3, keepdim=True)'}, hint='The mean is taken along one axis of the image only, so a channel has several gates. It goes over both, H and W.')
def MeanOfRowsOnly(): ...


@mistake("SqueezeExcitation", edit={'self.fc2 = nn.Conv2d(squeeze_channels, input_channels, 1)\n': 'self.fc2 = nn.Conv2d(squeeze_channels, input_channels, 1)\n        nn.init.zeros_(self.fc2.weight)\n        nn.init.zeros_(self.fc2.bias)\n'}, hint='fc2 starts with zeros. Here new layers are left as torch starts them.')
def SqueezeStartsWithZeros(): ...


@mistake("SqueezeExcitation", edit={"self.scale_activation = scale_activation()\n": "self.scale_activation = scale_activation()\n        self.gate = nn.Sequential(self.avgpool, self.fc1, self.activation, self.fc2, self.scale_activation)\n"}, hint="The layers are stored a second time, in an nn.Sequential of their own, so the state dict names them twice and a real network's does not load.")
def LayersStoredTwice(): ...


@mistake("SqueezeExcitation", edit={'return x * self.scale_activation(self.fc2(hidden))': 'x *= self.scale_activation(self.fc2(hidden))\n        return x'}, hint=IN_PLACE)
def SqueezeInPlace(): ...


@mistake("SqueezeExcitation", edit={'x * self.scale_activation(self.fc2(hidden))': 'self.scale_activation(self.fc2(hidden)).expand_as(x)'}, hint=ONLY_THE_GATE)
def SqueezeReturnsTheGateStretched(): ...


@mistake("SqueezeExcitation", edit={'self.scale_activation(self.fc2(hidden))': 'self.scale_activation(self.fc2(hidden)).squeeze()[:, :, None, None]'}, hint=EVERY_ONE)
def SqueezedToOneImage(): ...


@mistake("SqueezeExcitation", edit={'self.scale_activation(self.fc2(hidden))': 'self.scale_activation(self.fc2(hidden)).softmax(dim=1)'}, hint=AS_SOFTMAX)
def SoftmaxBehindTheActivation(): ...


@right("SqueezeExcitation")
class SqueezeByRows(nn.Module):
    """The convolutions' weights as matrices, on rows of means."""

    def __init__(self, input_channels, squeeze_channels, activation=nn.ReLU, scale_activation=nn.Sigmoid):
        super().__init__()
        self.activation, self.scale_activation = activation(), scale_activation()
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc1 = nn.Conv2d(input_channels, squeeze_channels, kernel_size=1)
        self.fc2 = nn.Conv2d(squeeze_channels, input_channels, kernel_size=1)

    def forward(self, x):
        row = x.mean(dim=(2, 3))
        row = self.activation(F.linear(row, self.fc1.weight[:, :, 0, 0], self.fc1.bias))
        row = self.scale_activation(F.linear(row, self.fc2.weight[:, :, 0, 0], self.fc2.bias))
        return torch.einsum("nchw,nc->nchw", x, row)


@right("SqueezeExcitation")
class SqueezeStepByStep(nn.Module):
    def __init__(self, input_channels: int, squeeze_channels: int, activation=nn.ReLU, scale_activation=nn.Sigmoid):
        super(SqueezeExcitation, self).__init__()
        self.add_module("avgpool", nn.AdaptiveAvgPool2d(output_size=1))
        self.add_module("fc1", nn.Conv2d(input_channels, squeeze_channels, (1, 1), stride=1, padding=0, bias=True))
        self.add_module("activation", activation())
        self.add_module("fc2", nn.Conv2d(squeeze_channels, input_channels, (1, 1), stride=1, padding=0, bias=True))
        self.add_module("scale_activation", scale_activation())

    def _scale(self, x):
        scale = self.avgpool(x)
        scale = self.fc1(scale)
        scale = self.activation(scale)
        scale = self.fc2(scale)
        scale = self.scale_activation(scale)
        return scale

    def forward(self, x):
        b, c, h, w = x.size()
        return torch.mul(x, self._scale(x).expand(b, c, h, w))


@right("SqueezeExcitation")
class SqueezeAsASequence(nn.Module):
    def __init__(self, input_channels, squeeze_channels, activation=nn.ReLU, scale_activation=nn.Sigmoid):
        super().__init__()
        layers = {
            "avgpool": nn.AdaptiveAvgPool2d(1),
            "fc1": nn.Conv2d(input_channels, squeeze_channels, 1),
            "activation": activation(),
            "fc2": nn.Conv2d(squeeze_channels, input_channels, 1),
            "scale_activation": scale_activation(),
        }
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, x):
        gate = x
        for layer in self.children():
            gate = layer(gate)
        return gate * x


# ChannelAttention


@mistake("ChannelAttention", edit={"self.mlp(mean) + self.mlp(largest)": "self.mlp(mean + largest)"}, hint="Means and maxima are added before they go through the layers. With a ReLU in between that is another number: each goes through on its own.")
def SumBeforeTheLayers(): ...


@mistake("ChannelAttention", edit={"self.mlp(mean) + self.mlp(largest)": "self.mlp(mean)"}, hint="Only the means are used. CBAM asks the maxima as well.")
def ChannelMeanOnly(): ...


@mistake("ChannelAttention", edit={"self.mlp(mean) + self.mlp(largest)": "self.mlp(largest)"}, hint="Only the maxima are used. CBAM asks the means as well.")
def ChannelMaximumOnly(): ...


@mistake("ChannelAttention", edit={"torch.sigmoid(self.mlp(mean) + self.mlp(largest))": "torch.sigmoid(self.mlp(mean)) + torch.sigmoid(self.mlp(largest))"}, hint="Two sigmoids are added, so a gate can reach 2. The sum comes first, then one sigmoid.")
def TwoSigmoids(): ...


@mistake("ChannelAttention", edit={"self.mlp(mean) + self.mlp(largest)": "(self.mlp(mean) + self.mlp(largest)) / 2"}, hint="The two scores are averaged. They are added, so before the sigmoid the number is twice as large.")
def ScoresAveraged(): ...


@mistake("ChannelAttention", edit={"torch.sigmoid(self.mlp(mean) + self.mlp(largest))": "torch.sigmoid(self.mlp(mean)) * torch.sigmoid(self.mlp(largest))"}, hint="Two gates are multiplied. There is one gate, of the sum of the two scores.")
def TwoGatesMultiplied(): ...


@mistake("ChannelAttention", edit={"nn.ReLU()": "nn.Identity()"}, hint="Nothing bends between the two linear layers, so together they are one: the ReLU is missing.")
def ChannelWithoutRelu(): ...


@mistake("ChannelAttention", edit={"nn.Linear(channels, hidden)": "nn.Linear(channels, hidden, bias=False)", "nn.Linear(hidden, channels)": "nn.Linear(hidden, channels, bias=False)"}, hint="The linear layers have no biases. In the authors' code they have them.")
def ChannelWithoutBiases(): ...


@mistake("ChannelAttention", edit={"            nn.Flatten(),\n": ""}, hint="The layers have other numbers in the state dict than in the authors' code: there `mlp` begins with an nn.Flatten, which takes the place 0.")
def MlpWithoutFlatten(): ...


@mistake("ChannelAttention", hint="The layers are 1 × 1 convolutions, as in squeeze and excitation. The authors of CBAM take linear layers behind an nn.Flatten: the names and the shapes differ.")
class ChannelByConvolutions(nn.Module):
    def __init__(self, channels, reduction=16):
        super().__init__()
        hidden = max(1, channels // reduction)
        self.mlp = nn.Sequential(nn.Identity(), nn.Conv2d(channels, hidden, 1), nn.ReLU(), nn.Conv2d(hidden, channels, 1))

    def forward(self, x):
        mean, largest = F.adaptive_avg_pool2d(x, 1), F.adaptive_max_pool2d(x, 1)
        return x * torch.sigmoid(self.mlp(mean) + self.mlp(largest))


@mistake("ChannelAttention", hint="Means and maxima have layers of their own. They share one mlp: it is called twice.")
class TwoMlps(ChannelAttention):
    def __init__(self, channels, reduction=16):
        super().__init__(channels, reduction)
        hidden = max(1, channels // reduction)
        self.mlp_max = nn.Sequential(nn.Flatten(), nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels))

    def forward(self, x):
        scores = self.mlp(x.mean(dim=(2, 3))) + self.mlp_max(x.amax(dim=(2, 3)))
        return x * torch.sigmoid(scores)[:, :, None, None]


@mistake("ChannelAttention", edit={"max(1, channels // reduction)": "channels // reduction"}, hint="With few channels the width between the layers becomes 0: it is at least 1.")
def WidthOfZero(): ...


@mistake("ChannelAttention", edit={"max(1, channels // reduction)": "max(1, -(-channels // reduction))"}, hint="The width between the layers is rounded up. It is rounded down.")
def WidthRoundedUp(): ...


@mistake("ChannelAttention", edit={"max(1, channels // reduction)": "max(1, reduction)"}, hint="`reduction` is taken for the width between the layers. It is what the channels are divided by.")
def ReductionAsWidth(): ...


@mistake("ChannelAttention", edit={"torch.sigmoid(self.mlp(mean) + self.mlp(largest))": "self.mlp(mean) + self.mlp(largest)"}, hint=NO_SIGMOID)
def ChannelWithoutSigmoid(): ...


@mistake("ChannelAttention", edit={"x.amax(dim=(2, 3))": "x.abs().amax(dim=(2, 3))"}, hint="The maximum is taken of absolute values. Where a channel is negative its maximum is another.")
def MaximumOfAbsolutes(): ...


@mistake("ChannelAttention", edit={"x.amax(dim=(2, 3))": "x.amax(dim=(2, 3)).clamp(min=0)"}, hint="A channel that is negative everywhere has the maximum 0 here: something begins at 0, or pads with zeros. Its maximum is negative.")
def MaximumFromZeroUp(): ...


@mistake("ChannelAttention", edit={"return x * gate[:, :, None, None]": "return gate[:, :, None, None]"}, hint=ONLY_THE_GATE)
def ChannelReturnsTheGate(): ...


@mistake("ChannelAttention", edit={"gate[:, :, None, None]": "gate[:, :, None, None].detach()"}, hint=DETACHED)
def ChannelDetaches(): ...


@mistake("ChannelAttention", edit={"torch.sigmoid(self.mlp(mean) + self.mlp(largest))": "(self.mlp(mean) + self.mlp(largest)).softmax(dim=1)"}, hint=AS_SOFTMAX)
def ChannelBySoftmax(): ...


@mistake("ChannelAttention", edit={"return x * gate": "return x + x * gate"}, hint=WITH_A_SKIP)
def ChannelWithASkip(): ...


@mistake("ChannelAttention", edit={'self.mlp(mean) + self.mlp(largest)': 'torch.maximum(self.mlp(mean), self.mlp(largest))'}, hint='The larger of the two scores is taken. They are added.')
def LargerScore(): ...


@mistake("ChannelAttention", edit={'x.amax(dim=(2, 3))': 'x.amax(dim=(0, 2, 3)).expand(len(x), -1)'}, hint='The maximum is taken over the batch too, so images hear from each other. Each image has maxima of its own: keep the first axis.')
def MaximumOverTheBatch(): ...


@mistake("ChannelAttention", edit={'x.amax(dim=(2, 3))': 'x.amax(dim=3).mean(dim=2)'}, hint='The maxima of the rows are averaged. The maximum goes over both axes, H and W.')
def MaximaOfRowsAveraged(): ...


@mistake("ChannelAttention", edit={'torch.sigmoid(self.mlp(mean) + self.mlp(largest))': '(torch.sigmoid(self.mlp(mean)) + torch.sigmoid(self.mlp(largest))) / 2'}, hint='Two gates are averaged. The scores are added first, and one sigmoid makes one gate of the sum.')
def GatesAveraged(): ...


@mistake("ChannelAttention", edit={'x.mean(dim=(2, 3)), x.amax(dim=(2, 3))': 'x.mean(dim=(1, 2)), x.amax(dim=(1, 2))'}, hint="Mean and maximum are taken over axes 1 and 2, the channels and the rows. Count from 0: which axis is the channels', which two are the places'?")
def ChannelsAndRows(): ...


@mistake("ChannelAttention", edit={'channels // reduction': 'channels // 16'}, hint='The width between the layers is C / 16 whatever `reduction` is.')
def AlwaysSixteen(): ...


@mistake("ChannelAttention", edit={'nn.Linear(hidden, channels),\n': 'nn.Linear(hidden, channels),\n            nn.ReLU(),\n'}, hint='A second ReLU stands behind the second linear layer, so no score is negative and no gate below one half. The only ReLU stands between the two.')
def ReluAtTheEndToo(): ...


@mistake("ChannelAttention", edit={'nn.Linear(hidden, channels),\n': 'nn.Linear(hidden, channels),\n            nn.Sigmoid(),\n'}, hint='`mlp` ends with a sigmoid, and a second one follows the sum. `mlp` ends with its second linear layer.')
def SigmoidInTheMlp(): ...


@mistake("ChannelAttention", edit={'channels // reduction': 'round(channels / reduction)'}, hint='The width between the layers is rounded to the nearest whole number. It is rounded down.')
def WidthRoundedToTheNearest(): ...


@mistake("ChannelAttention", edit={'x.mean(dim=(2, 3)), x.amax(dim=(2, 3))': 'x.mean(dim=(2, 3)).float(), x.amax(dim=(2, 3)).float()'}, hint="Means and maxima are float32 whatever x is, and the layers of a float64 block don't take them. What you make anew gets the dtype of x.")
def RowsOfFloat32(): ...


@mistake("ChannelAttention", hint="Means and maxima go through the layers as one batch, and are parted wrongly afterwards: after cat the rows are first all means, then all maxima, so an image's two are not neighbours.")
class BatchMixedUp(ChannelAttention):
    def forward(self, x):
        rows = torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))])
        scores = self.mlp(rows).reshape(len(x), 2, -1).sum(dim=1)
        return x * scores.sigmoid()[:, :, None, None]


@mistake("ChannelAttention", edit={'            nn.Linear(hidden, channels),\n        )\n': '            nn.Linear(hidden, channels),\n        )\n        nn.init.zeros_(self.mlp[3].weight)\n'}, hint='The second linear layer starts with zeros. Here new layers are left as torch starts them.')
def ChannelStartsWithZeros(): ...


@mistake("ChannelAttention", edit={'return x * gate[:, :, None, None]': 'x *= gate[:, :, None, None]\n        return x'}, hint=IN_PLACE)
def ChannelInPlace(): ...


@mistake("ChannelAttention", edit={'x * gate[:, :, None, None]': 'gate[:, :, None, None].expand_as(x)'}, hint=ONLY_THE_GATE)
def ChannelReturnsTheGateStretched(): ...


@mistake("ChannelAttention", edit={'x.mean(dim=(2, 3)), x.amax(dim=(2, 3))': 'x.mean(dim=(2, 3)).squeeze(), x.amax(dim=(2, 3)).squeeze()'}, hint=EVERY_ONE)
def ChannelSqueezedToOneImage(): ...


@right("ChannelAttention")
class ChannelByPooling(nn.Module):
    def __init__(self, channels, reduction=16):
        super().__init__()
        width = channels // reduction or 1
        self.mlp = nn.Sequential(nn.Flatten(), nn.Linear(channels, width), nn.ReLU(inplace=True), nn.Linear(width, channels))

    def forward(self, x):
        pooled = [pool(x, (x.size(2), x.size(3))) for pool in (F.avg_pool2d, F.max_pool2d)]
        scores = sum(self.mlp(one) for one in pooled)
        return x * scores.sigmoid().unsqueeze(2).unsqueeze(3).expand_as(x)


@right("ChannelAttention")
class BothRowsAtOnce(ChannelAttention):
    """One call of the layers, with means and maxima below each other as twice as many rows."""

    def forward(self, x):
        places = x.flatten(2)
        rows = torch.cat([places.mean(-1), places.max(-1).values])
        means, maxima = self.mlp(rows).chunk(2)
        return torch.einsum("nc,nchw->nchw", (means + maxima).sigmoid(), x)


@right("ChannelAttention")
class ChannelByItsParts(nn.Module):
    def __init__(self, channels, reduction=16):
        super().__init__()
        self.avg_pool, self.max_pool = nn.AdaptiveAvgPool2d(1), nn.AdaptiveMaxPool2d(1)
        self.mlp = nn.Sequential()
        self.mlp.append(nn.Flatten())
        self.mlp.append(nn.Linear(channels, max(channels // reduction, 1)))
        self.mlp.append(nn.ReLU())
        self.mlp.append(nn.Linear(max(channels // reduction, 1), channels))
        self.sigmoid = nn.Sigmoid()

    def forward(self, x):
        n, c, _, _ = x.shape
        avg = self.mlp(self.avg_pool(x))
        mx = self.mlp(self.max_pool(x))
        out = self.sigmoid(avg + mx).reshape(n, c, 1, 1)
        return out * x


# SpatialAttention


@mistake("SpatialAttention", edit={"torch.cat([largest, mean], dim=1)": "torch.cat([mean, largest], dim=1)"}, hint="The mean comes first and the maximum second, as in the paper's formula. The authors' code, whose weights are loaded here, has them the other way round.")
def MeanFirst(): ...


@mistake("SpatialAttention", edit={"padding=kernel_size // 2, ": ""}, hint="Without padding the convolution returns a smaller map, which doesn't fit x any more.")
def SpatialWithoutPadding(): ...


@mistake("SpatialAttention", edit={"padding=kernel_size // 2": "padding=3"}, hint="The padding is 3 whatever the kernel's size is. How much does a kernel of 3 need, or one of 5?")
def PaddingOfSeven(): ...


@mistake("SpatialAttention", edit={", momentum=0.01": ""}, hint="The batch norm's momentum is torch's usual 0.1. The authors' is 0.01.")
def UsualMomentum(): ...


@mistake("SpatialAttention", edit={", momentum=0.01": ", momentum=0.99"}, hint="The batch norm's momentum is 0.99. In torch it is the share of the new batch, not of the old value: 0.01.")
def MomentumTurnedRound(): ...


@mistake("SpatialAttention", edit={"nn.BatchNorm2d(1, momentum=0.01)": "nn.BatchNorm2d(1, eps=1e-3, momentum=0.01)"}, hint="The batch norm's epsilon is 1e-3, as in some other libraries. Here it is 1e-5.")
def LargeEpsilon(): ...


@mistake("SpatialAttention", edit={", bias=False": ""}, hint="The convolution has a bias. The batch norm behind it takes any constant away, and the authors' state dict has none.")
def SpatialWithABias(): ...


@mistake("SpatialAttention", edit={"OrderedDict(conv=conv, bn=bn)": "OrderedDict(conv=conv)"}, hint="There is no batch norm behind the convolution.")
def SpatialWithoutBatchNorm(): ...


@mistake("SpatialAttention", edit={"nn.Sequential(OrderedDict(conv=conv, bn=bn))": "nn.Sequential(conv, bn)"}, hint="The parts of `spatial` are called 0 and 1. nn.Sequential takes an OrderedDict of names and layers; the names are conv and bn.")
def PartsWithoutNames(): ...


@mistake("SpatialAttention", edit={"torch.sigmoid(scores)": "torch.sigmoid(scores.relu())"}, hint="A ReLU stands before the sigmoid, so no gate is below one half. Behind the batch norm comes the sigmoid at once.")
def ReluBeforeTheSigmoid(): ...


@mistake("SpatialAttention", edit={'        if kernel_size % 2 == 0:\n            raise ValueError(f"kernel_size is {kernel_size}, expected an odd number")\n': ""}, hint="A new block with an even kernel_size raises nothing, and no padding that is the same on both sides keeps H and W then: let __init__ raise a ValueError.")
def EvenKernelAccepted(): ...


@mistake("SpatialAttention", edit={"raise ValueError(f": "raise AssertionError(f"}, hint="An even kernel raises another error than a ValueError.")
def EvenKernelAsserted(): ...


@mistake("SpatialAttention", edit={"x.mean(dim=1, keepdim=True)": "x.sum(dim=1, keepdim=True)"}, hint="The second map is the sum over the channels. It is their mean, so that more channels do not give larger numbers.")
def SumOverChannels(): ...


@mistake("SpatialAttention", edit={"torch.cat([largest, mean], dim=1)": "torch.cat([largest, largest], dim=1)"}, hint="Both maps are the maximum. The second is the mean over the channels.")
def MaximumTwice(): ...


@mistake("SpatialAttention", edit={"torch.cat([largest, mean], dim=1)": "torch.cat([mean, mean], dim=1)"}, hint="Both maps are the mean. The first is the maximum over the channels.")
def MeanTwice(): ...


@mistake("SpatialAttention", edit={"torch.sigmoid(scores)": "scores"}, hint=NO_SIGMOID)
def SpatialWithoutSigmoid(): ...


@mistake("SpatialAttention", edit={"x.amax(dim=1, keepdim=True)": "x.max(dim=1, keepdim=True).indices.to(x.dtype)"}, hint="The first map says which channel is the largest, not how large it is: torch.max with a dim returns values and indices, in this order.")
def WhichRatherThanHowLarge(): ...


@mistake("SpatialAttention", edit={"x.amax(dim=1, keepdim=True)": "x.abs().amax(dim=1, keepdim=True)"}, hint="The maximum is taken of absolute values. Where all channels are negative it is another.")
def SpatialMaximumOfAbsolutes(): ...


@mistake("SpatialAttention", edit={"x.amax(dim=1, keepdim=True)": "x.amax(dim=1, keepdim=True).clamp(min=0)"}, hint="A place that is negative in all channels has the maximum 0 here. Its maximum is negative.")
def SpatialMaximumFromZeroUp(): ...


@mistake("SpatialAttention", edit={"bias=False)": 'bias=False, padding_mode="replicate")'}, hint="The maps are padded with their own edge. Beyond the edge there are zeros here.")
def PaddedWithTheEdge(): ...


@mistake("SpatialAttention", edit={"return x * torch.sigmoid(scores)": "return torch.sigmoid(scores)"}, hint=ONLY_THE_GATE)
def SpatialReturnsTheGate(): ...


@mistake("SpatialAttention", edit={"torch.sigmoid(scores)": "torch.sigmoid(scores).detach()"}, hint=DETACHED)
def SpatialDetaches(): ...


@mistake("SpatialAttention", edit={"return x * torch": "return x + x * torch"}, hint=WITH_A_SKIP)
def SpatialWithASkip(): ...


@mistake("SpatialAttention", edit={"return x * torch.sigmoid(scores)": "return x * scores.flatten(1).softmax(dim=1).reshape(scores.shape)"}, hint="The gates come from a softmax over the places, so all of an image add up to 1. Each gate is a sigmoid of its own score.")
def SpatialBySoftmax(): ...


@mistake("SpatialAttention", hint="The batch norm always runs in evaluation mode. In training it uses the batch's own statistics: call the module, and leave its mode to the caller.")
class AlwaysInEvaluation(SpatialAttention):
    def forward(self, x):
        self.spatial.eval()
        return super().forward(x)


@mistake("SpatialAttention", edit={'nn.BatchNorm2d(1, ': 'nn.BatchNorm2d(2, ', 'OrderedDict(conv=conv, bn=bn)': 'OrderedDict(bn=bn, conv=conv)'}, hint='The batch norm stands before the convolution and works on two maps. It stands behind, on the one.')
def BatchNormFirst(): ...


@mistake("SpatialAttention", edit={'self.spatial(torch': 'self.spatial.conv(torch'}, hint='forward calls the convolution, and never the batch norm behind it.')
def BatchNormForgotten(): ...


@mistake("SpatialAttention", edit={'nn.BatchNorm2d(1, momentum=0.01)': 'nn.BatchNorm2d(1, 0.01)'}, hint="The batch norm's second argument is epsilon, not momentum: give 0.01 by its name.")
def MomentumAsEpsilon(): ...


@mistake("SpatialAttention", edit={'momentum=0.01': 'momentum=0.01, affine=False'}, hint="The batch norm has no weight and no bias. The authors' has both: leave `affine` as torch has it.")
def BatchNormWithoutScale(): ...


@mistake("SpatialAttention", edit={'momentum=0.01': 'momentum=0.01, track_running_stats=False'}, hint="The batch norm keeps no running statistics, so in evaluation it uses the batch's.")
def BatchNormWithoutStatistics(): ...


@mistake("SpatialAttention", edit={'padding=kernel_size // 2': 'padding=max(kernel_size // 2 - 1, 0)'}, hint='The padding is one too small on each side, so the map comes out smaller than x.')
def PaddingOneShort(): ...


@mistake("SpatialAttention", edit={'bias=False)': 'bias=False, padding_mode="reflect")'}, hint='The maps are mirrored at their edge, which also needs an image larger than the padding. Beyond the edge there are zeros here.')
def PaddedByMirroring(): ...


@mistake("SpatialAttention", edit={'torch.cat([largest, mean], dim=1)': 'torch.cat([largest, mean], dim=1).reshape(len(x), 2, x.shape[3], x.shape[2])', 'x * torch.sigmoid(scores)': 'x * torch.sigmoid(scores).reshape(len(x), 1, *x.shape[2:])'}, hint='The maps are reshaped to (W, H), which scrambles the places unless H = W. H comes first.')
def RowsAndColumnsExchanged(): ...


@mistake("SpatialAttention", edit={'x.amax(dim=1, keepdim=True)': 'x.amax(dim=(1, 2, 3), keepdim=True).expand(-1, 1, *x.shape[2:])', 'x.mean(dim=1, keepdim=True)': 'x.mean(dim=(1, 2, 3), keepdim=True).expand(-1, 1, *x.shape[2:])'}, hint='Maximum and mean are taken over the places too, so the two maps are the same everywhere. Each place asks its own channels.')
def SummariesOfTheImage(): ...


@mistake("SpatialAttention", edit={'torch.cat([largest, mean], dim=1)': 'torch.cat([largest, mean], dim=1).float()'}, hint="The two maps are float32 whatever x is, and the convolution of a float64 block doesn't take them. What you make anew gets the dtype of x.")
def MapsOfFloat32(): ...


@mistake("SpatialAttention", edit={'OrderedDict(conv=conv, bn=bn)': 'OrderedDict(conv=conv, bn=bn, sigmoid=nn.Sigmoid())', 'torch.sigmoid(scores)': 'scores'}, hint='The sigmoid is a part of `spatial`. `spatial` ends with the batch norm, and the sigmoid is taken behind it.')
def SigmoidInsideSpatial(): ...


@mistake("SpatialAttention", edit={'OrderedDict(conv=conv, bn=bn)': 'OrderedDict(conv=conv, bn=bn, sigmoid=nn.Sigmoid())'}, hint='`spatial` ends with a sigmoid, and forward takes another of it: no gate is below one half.')
def SigmoidTwice(): ...


@mistake("SpatialAttention", edit={'self.spatial = nn': 'nn.init.kaiming_normal_(conv.weight)\n        self.spatial = nn'}, hint='The convolution is given weights of its own. Here new layers are left as torch starts them.')
def SpatialStartsNormally(): ...


@mistake("SpatialAttention", edit={'return x * torch.sigmoid(scores)': 'x *= torch.sigmoid(scores)\n        return x'}, hint=IN_PLACE)
def SpatialInPlace(): ...


@mistake("SpatialAttention", edit={'x * torch.sigmoid(scores)': 'torch.sigmoid(scores).expand_as(x)'}, hint=ONLY_THE_GATE)
def SpatialReturnsTheGateStretched(): ...


@mistake("SpatialAttention", edit={'torch.sigmoid(scores)': 'torch.sigmoid(scores).squeeze()'}, hint=EVERY_ONE)
def SpatialSqueezedToOneImage(): ...


@mistake("SpatialAttention", hint="The two maps are gathered in a new tensor that always lies on the CPU. What you make anew goes where x is: x.new_zeros, or device=x.device.")
class MapsOnTheCpu(SpatialAttention):
    def forward(self, x):
        n, _, h, w = x.shape
        maps = torch.zeros(n, 2, h, w, dtype=x.dtype)
        maps[:, 0], maps[:, 1] = x.amax(dim=1), x.mean(dim=1)
        return x * torch.sigmoid(self.spatial(maps))


@mistake("SpatialAttention", edit={"nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2": "nn.Conv2d(2, 1, 7, padding=3"}, hint="The kernel is 7 × 7 whatever `kernel_size` is.")
def AlwaysSeven(): ...


class ConvBn(nn.Module):
    """A convolution with a batch norm behind it."""

    def __init__(self, kernel_size):
        super().__init__()
        self.conv = nn.Conv2d(2, 1, kernel_size, stride=1, padding=(kernel_size - 1) // 2, bias=False)
        self.bn = nn.BatchNorm2d(1, eps=1e-5, momentum=0.01, affine=True)

    def forward(self, x):
        return self.bn(self.conv(x))


@right("SpatialAttention")
class SpatialByAClassOfItsOwn(nn.Module):
    def __init__(self, kernel_size=7):
        super().__init__()
        if not kernel_size % 2:
            raise ValueError("kernel_size must be odd")
        self.spatial = ConvBn(kernel_size)

    def forward(self, x):
        maps = torch.stack([torch.max(x, 1)[0], torch.mean(x, 1)], dim=1)
        return self.spatial(maps).sigmoid() * x


@right("SpatialAttention")
class SpatialWithSamePadding(nn.Module):
    def __init__(self, kernel_size=7):
        super().__init__()
        if kernel_size // 2 * 2 == kernel_size:
            raise ValueError(kernel_size)
        self.spatial = nn.Sequential()
        self.spatial.add_module("conv", nn.Conv2d(2, 1, kernel_size, padding="same", bias=False))
        self.spatial.add_module("bn", nn.BatchNorm2d(num_features=1, momentum=0.01))
        self.sigmoid = nn.Sigmoid()

    def forward(self, x):
        max_out, _ = torch.max(x, dim=1, keepdim=True)
        avg_out = torch.mean(x, dim=1, keepdim=True)
        attention = self.sigmoid(self.spatial(torch.cat((max_out, avg_out), dim=1)))
        return x * attention.expand_as(x)


@right("SpatialAttention")
class SpatialInTwoHalves(SpatialAttention):
    """The two halves of the kernel applied to a map each, and added."""

    def forward(self, x):
        n, c, h, w = x.shape
        conv, bn = self.spatial.conv, self.spatial.bn
        largest = x.permute(0, 2, 3, 1).max(dim=-1).values[:, None]
        mean = (x.sum(dim=1) / c)[:, None]
        scores = F.conv2d(largest, conv.weight[:, :1], padding=conv.padding) + F.conv2d(mean, conv.weight[:, 1:], padding=conv.padding)
        return x * bn(scores).sigmoid().view(n, 1, h, w)


# EfficientChannelAttention


@mistake("EfficientChannelAttention", edit={"size if size % 2 == 1 else size + 1": "size"}, hint="The kernel's size can be even. It is the nearest odd number.")
def EvenSize(): ...


@mistake("EfficientChannelAttention", edit={"else size + 1": "else max(1, size - 1)"}, hint="An even size is taken down to the odd number below. With what stood behind the point, the odd number above is the nearer one.")
def OddBelow(): ...


@mistake("EfficientChannelAttention", edit={"int((math.log2(channels) + b) / gamma)": "round((math.log2(channels) + b) / gamma)"}, hint=ROUNDED)
def RoundedFirst(): ...


@mistake("EfficientChannelAttention", edit={"int((math.log2(channels) + b) / gamma)": "math.ceil((math.log2(channels) + b) / gamma)"}, hint=ROUNDED)
def RoundedUpFirst(): ...


@mistake("EfficientChannelAttention", edit={"math.log2(channels)": "math.log(channels)"}, hint="The logarithm is the natural one: the kernel's size goes by the logarithm to the base 2.")
def NaturalLogarithm(): ...


@mistake("EfficientChannelAttention", edit={"(math.log2(channels) + b) / gamma": "math.log2(channels) / gamma + b"}, hint="b is added behind the division. gamma divides the whole sum.")
def OnlyTheLogarithmDivided(): ...


@mistake("EfficientChannelAttention", edit={"        size = size if size % 2 == 1 else size + 1\n": "        size = 3\n"}, hint="The kernel has three weights whatever the number of channels is.")
def AlwaysThree(): ...


@mistake("EfficientChannelAttention", edit={"nn.Conv1d(1, 1, size, padding=size // 2, bias=False)": "nn.Conv1d(channels, channels, size, padding=size // 2, bias=False)", "[:, None]\n": "[:, :, None]\n", "[:, 0]": "[:, :, 0]"}, hint="The convolution has C input and C output channels, and slides along an axis of length 1: a full matrix. The kernel slides along the channels, so these are its length.")
def ChannelsAsChannels(): ...


@mistake("EfficientChannelAttention", edit={"nn.Conv1d(1, 1, size, padding=size // 2, bias=False)": "nn.Conv1d(channels, channels, size, padding=size // 2, bias=False, groups=channels)", "[:, None]\n": "[:, :, None]\n", "[:, 0]": "[:, :, 0]"}, hint="Each channel has a kernel of its own, and hears from itself alone. One kernel slides along all channels.")
def AKernelForEachChannel(): ...


@mistake("EfficientChannelAttention", edit={", bias=False": ""}, hint="The convolution has a bias. The authors' has none.")
def EfficientWithABias(): ...


@mistake("EfficientChannelAttention", edit={"[:, None]\n": ".T[:, None]\n", "[:, 0]": "[:, 0].T"}, hint="The kernel slides along the batch: an image's gates hear from other images. The channels must be the last axis of what the convolution gets.")
def AlongTheBatch(): ...


@mistake("EfficientChannelAttention", edit={", padding=size // 2": ""}, hint="Without padding there are fewer gates than channels.")
def EfficientWithoutPadding(): ...


@mistake("EfficientChannelAttention", edit={"padding=size // 2": "padding=1"}, hint="The padding is 1 whatever the kernel's size is. What does a kernel of 5 need?")
def PaddingOfThree(): ...


@mistake("EfficientChannelAttention", edit={"bias=False)": 'bias=False, padding_mode="circular")'}, hint="The first channel hears from the last, as if the row were a ring. Beyond the ends there are zeros.")
def AsARing(): ...


@mistake("EfficientChannelAttention", edit={"x.mean(dim=(2, 3))": "x.amax(dim=(2, 3))"}, hint="The row holds the maxima of the channels. ECA looks at their means.")
def RowOfMaxima(): ...


@mistake("EfficientChannelAttention", edit={"torch.sigmoid(self.conv(row))": "self.conv(row)"}, hint=NO_SIGMOID)
def EfficientWithoutSigmoid(): ...


@mistake("EfficientChannelAttention", edit={"return x * gate[:, :, None, None]": "return gate[:, :, None, None]"}, hint=ONLY_THE_GATE)
def EfficientReturnsTheGate(): ...


@mistake("EfficientChannelAttention", edit={"gate[:, :, None, None]": "gate[:, :, None, None].detach()"}, hint=DETACHED)
def EfficientDetaches(): ...


@mistake("EfficientChannelAttention", edit={"return x * gate": "return x + x * gate"}, hint=WITH_A_SKIP)
def EfficientWithASkip(): ...


@mistake("EfficientChannelAttention", edit={"torch.sigmoid(self.conv(row))": "self.conv(row).softmax(dim=2)"}, hint=AS_SOFTMAX)
def EfficientBySoftmax(): ...


@mistake("EfficientChannelAttention", edit={"torch.sigmoid(self.conv(row))": "torch.sigmoid(self.conv(row.flip(2))).flip(2)"}, hint="The kernel is laid on from the other end. nn.Conv1d does not turn its kernel round, and the row runs from the first channel to the last.")
def KernelTurnedRound(): ...


@mistake("EfficientChannelAttention", edit={'        size = size if size % 2 == 1 else size + 1\n': '        size = max(3, size if size % 2 == 1 else size + 1)\n'}, hint='The kernel never has fewer than three weights. With few channels 1 is the nearest odd number.')
def AtLeastThree(): ...


@mistake("EfficientChannelAttention", edit={'(math.log2(channels) + b) / gamma': 'math.log2(channels) + b / gamma'}, hint='Only b is divided by gamma. gamma divides the whole sum: a pair of brackets is missing.')
def OnlyBDivided(): ...


@mistake("EfficientChannelAttention", edit={'(math.log2(channels) + b) / gamma': '(math.log2(channels) + gamma) / b'}, hint='gamma and b have changed places: b is added, gamma divides.')
def GammaAndBExchanged(): ...


@mistake("EfficientChannelAttention", edit={'int((math.log2(channels) + b) / gamma)': 'math.ceil((math.log2(channels) + b) / gamma) - 1'}, hint='Where t lies just between two odd numbers the smaller is taken. It is the larger: 5 for C = 128.')
def SmallerOfTwo(): ...


@mistake("EfficientChannelAttention", edit={'math.log2(channels)': 'int(math.log2(channels))'}, hint='The logarithm is cut to a whole number before b is added and the sum divided. Nothing is cut before the end.')
def WholeLogarithm(): ...


@mistake("EfficientChannelAttention", edit={'x.mean(dim=(2, 3))[:, None]': 'x.mean(dim=(2, 3)).reshape(1, 1, -1)', 'self.conv(row))[:, 0]': 'self.conv(row)).reshape(x.shape[:2])'}, hint="All images' means lie in one long row, so the last channel of an image hears from the first of the next. Each image has a row of its own.")
def OneLongRow(): ...


@mistake("EfficientChannelAttention", edit={'x.mean(dim=(2, 3))[:, None]': 'x.mean(dim=(2, 3)).reshape(-1, 1, 1)', 'self.conv(row))[:, 0]': 'self.conv(row)).reshape(x.shape[:2])'}, hint='Each mean is a row of length 1, with zeros on both sides: no channel hears its neighbours. The channels are the length of the row.')
def RowsOfLengthOne(): ...


@mistake("EfficientChannelAttention", edit={'bias=False)': 'bias=False, padding_mode="replicate")'}, hint='Beyond the ends the first and the last mean are repeated. There are zeros.')
def EndsRepeated(): ...


@mistake("EfficientChannelAttention", edit={'self.conv(row)': 'F.conv1d(F.pad(row, (0, self.conv.kernel_size[0] - 1)), self.conv.weight)'}, hint="All the zeros stand at one end, so the kernel begins at the gate's own channel and hears only those behind. It lies with its middle on the own channel.")
def WindowFromTheOwnChannel(): ...


@mistake("EfficientChannelAttention", edit={'torch.sigmoid(self.conv(row))': 'self.conv(torch.sigmoid(row))'}, hint='The sigmoid is taken of the means, before the convolution. It stands behind it, and makes the gates.')
def SigmoidOfTheMeans(): ...


@mistake("EfficientChannelAttention", edit={'        self.conv = nn.Conv1d(1, 1, size, padding=size // 2, bias=False)\n': '        self.conv = nn.Conv1d(1, 1, size, padding=size // 2, bias=False)\n        nn.init.zeros_(self.conv.weight)\n'}, hint='The kernel starts with zeros. Here new layers are left as torch starts them.')
def EfficientStartsWithZeros(): ...


@mistake("EfficientChannelAttention", edit={'return x * gate[:, :, None, None]': 'x *= gate[:, :, None, None]\n        return x'}, hint=IN_PLACE)
def EfficientInPlace(): ...


@mistake("EfficientChannelAttention", edit={'x * gate[:, :, None, None]': 'gate[:, :, None, None].expand_as(x)'}, hint=ONLY_THE_GATE)
def EfficientReturnsTheGateStretched(): ...


@mistake("EfficientChannelAttention", edit={'torch.sigmoid(self.conv(row))[:, 0]': 'torch.sigmoid(self.conv(row)).squeeze()'}, hint=EVERY_ONE)
def EfficientSqueezedToOneImage(): ...


@mistake("EfficientChannelAttention", edit={'(math.log2(channels) + b) / gamma': '(math.log2(channels) + 1) / 2'}, hint='`gamma` and `b` make no difference: 2 and 1 are written in. They are arguments.')
def GammaAndBIgnored(): ...


@right("EfficientChannelAttention")
class EfficientByTransposing(nn.Module):
    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        t = int(abs((math.log(channels, 2) + b) / gamma))
        k = t if t % 2 else t + 1
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.conv = nn.Conv1d(1, 1, kernel_size=k, padding=(k - 1) // 2, bias=False)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x):
        y = self.avg_pool(x)
        y = self.conv(y.squeeze(-1).transpose(-1, -2)).transpose(-1, -2).unsqueeze(-1)
        return x * self.sigmoid(y).expand_as(x)


@right("EfficientChannelAttention")
class EfficientByWindows(nn.Module):
    """The row with zeros at both ends, cut into windows, each weighed by the kernel."""

    def __init__(self, channels, gamma=2, b=1):
        super().__init__()
        self.size = 2 * math.floor((math.log2(channels) + b) / (2 * gamma)) + 1
        self.conv = nn.Conv1d(1, 1, self.size, bias=False)

    def forward(self, x):
        row = F.pad(x.flatten(2).mean(dim=2), (self.size // 2, self.size // 2))
        scores = row.unfold(1, self.size, 1) @ self.conv.weight.flatten()
        return torch.einsum("nchw,nc->nchw", x, scores.sigmoid())


@right("EfficientChannelAttention")
class EfficientByReshaping(nn.Module):
    def __init__(self, channels: int, gamma: float = 2, b: float = 1):
        super().__init__()
        size = int((math.log2(channels) + b) / gamma) | 1
        self.conv = nn.Conv1d(in_channels=1, out_channels=1, kernel_size=size, padding="same", bias=False)

    def forward(self, x):
        n, c, h, w = x.shape
        row = F.adaptive_avg_pool2d(x, (1, 1)).reshape(n, 1, c)
        gate = self.conv(row).sigmoid().reshape(n, c, 1, 1)
        return gate * x
