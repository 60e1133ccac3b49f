"""What students write in residual: mistakes with the hint each deserves, and other right answers."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right

# What several blocks get wrong in the same words
NO_SHORTCUT = "What comes out is the branch alone. The input has to be added to it, or what `downsample` makes of the input."
NO_LAST_RELU = "The last ReLU is missing: it comes after the sum, once."
RELU_BEFORE_SUM = "The branch has its last ReLU before the sum. So a block can only ever add something positive: add first, then the ReLU."
TWO_RELUS = "There is a ReLU before the sum and one after it. The branch has to be able to subtract: only the one after the sum is wanted."
BESIDE_FOR_CHANNELS = "`downsample` is made only where the channels change. A stride changes the shape as well, and the sum needs equal shapes."
BESIDE_FOR_STRIDE = "`downsample` is made only where there is a stride. A block that changes the number of channels needs it too."
BESIDE_ALWAYS = "`downsample` is always made. Where the input has the output's shape already, the shortcut is the input itself and has no parameters."
DETACHED = "The shortcut is cut off from the graph: the values are right, and no gradient goes back along it. That way back is what the shortcut is for."
IN_PLACE = "You write the sum into the shortcut in place. Without a `downsample` that is x itself: your caller's images are changed."
BIASED = "Your convolutions have a bias. A batch norm follows, which takes the mean away again, and any bias with it."


# BasicBlock


@mistake("BasicBlock", edit={"return F.relu(out + shortcut)": "return out + shortcut"}, hint=NO_LAST_RELU)
def basic_without_the_last_relu(): ...


@mistake("BasicBlock", edit={"return F.relu(out + shortcut)": "return F.relu(out) + shortcut"}, hint=RELU_BEFORE_SUM)
def basic_with_relu_before_the_sum(): ...


@mistake("BasicBlock", edit={"return F.relu(out + shortcut)": "return F.relu(F.relu(out) + shortcut)"}, hint=TWO_RELUS)
def basic_with_two_relus(): ...


@mistake("BasicBlock", edit={"return F.relu(out + shortcut)": "return F.relu(out)"}, hint=NO_SHORTCUT)
def basic_without_a_shortcut(): ...


@mistake("BasicBlock", edit={"return F.relu(out + shortcut)": "return F.relu(out + F.relu(shortcut))"}, hint="The shortcut goes through a ReLU of its own before the sum. It should carry the input as it is.")
def basic_with_relu_on_the_shortcut(): ...


@mistake("BasicBlock", edit={"return F.relu(out + shortcut)": "return F.relu((out + shortcut) / 2)"}, hint="You take the mean of branch and shortcut. It is their sum.")
def basic_with_the_mean(): ...


@mistake("BasicBlock", edit={"return F.relu(out + shortcut)": "return F.relu(out * shortcut)"}, hint="Branch and shortcut are multiplied. They are added: a product would stop the gradient wherever one of them is zero.")
def basic_with_a_product(): ...


@mistake("BasicBlock", edit={"self.conv1 = nn.Conv2d(in_channels, channels, 3, stride,": "self.conv1 = nn.Conv2d(in_channels, channels, 3,", "self.conv2 = nn.Conv2d(channels, channels, 3,": "self.conv2 = nn.Conv2d(channels, channels, 3, stride,"}, hint="The stride stands on the second convolution. The block gets smaller at its first one, and the second works on the smaller image.")
def basic_with_the_stride_on_the_second(): ...


@mistake("BasicBlock", edit={"self.conv2 = nn.Conv2d(channels, channels, 3,": "self.conv2 = nn.Conv2d(channels, channels, 3, stride,"}, hint="Both convolutions have the stride, so the branch gets smaller twice and the shortcut once.")
def basic_with_two_strides(): ...


@mistake("BasicBlock", edit={"if stride != 1 or in_channels != channels": "if in_channels != channels"}, hint=BESIDE_FOR_CHANNELS)
def basic_beside_for_channels_only(): ...


@mistake("BasicBlock", edit={"if stride != 1 or in_channels != channels": "if stride != 1"}, hint=BESIDE_FOR_STRIDE)
def basic_beside_for_a_stride_only(): ...


@mistake("BasicBlock", edit={"if stride != 1 or in_channels != channels": "if True"}, hint=BESIDE_ALWAYS)
def basic_beside_always(): ...


@mistake("BasicBlock", edit={"1, stride, bias=False),\n                nn.BatchNorm2d(channels),": "1, stride, bias=False),"}, hint="The convolution beside the branch has no batch norm after it: `downsample` has two parts.")
def basic_without_a_norm_beside(): ...


@mistake("BasicBlock", edit={"in_channels, channels, 1, stride, bias=False": "in_channels, channels, 3, stride, padding=1, bias=False"}, hint="The convolution beside the branch is 3 x 3. One of 1 x 1 is enough to change the channels, and costs a ninth.")
def basic_with_a_wide_kernel_beside(): ...


@mistake("BasicBlock", edit={"in_channels, channels, 1, stride, bias=False": "in_channels, channels, 1, bias=False"}, hint="The convolution beside the branch has no stride, so the two shapes don't meet where the block makes its input smaller.")
def basic_without_a_stride_beside(): ...


@mistake("BasicBlock", edit={"in_channels, channels, 3, stride, padding=1, bias=False": "in_channels, channels, 3, stride, padding=1", "channels, channels, 3, padding=1, bias=False": "channels, channels, 3, padding=1"}, hint=BIASED)
def basic_with_biases(): ...


@mistake("BasicBlock", edit={"self.bn2(self.conv2(out))": "self.bn1(self.conv2(out))"}, hint="bn1 is used twice and bn2 never. Each convolution has a batch norm of its own, with its own statistics.")
def basic_with_one_norm_for_both(): ...


@mistake("BasicBlock", edit={"out = F.relu(self.bn1(self.conv1(x)))": "out = self.bn1(self.conv1(x))"}, hint="There is no ReLU between the two convolutions, so the branch is nothing but one linear map.")
def basic_without_a_relu_between(): ...


@mistake("BasicBlock", edit={"out = F.relu(self.bn1(self.conv1(x)))": "out = self.bn1(F.relu(self.conv1(x)))"}, hint="The first ReLU stands before its batch norm. The order is convolution, batch norm, ReLU.")
def basic_with_relu_before_the_norm(): ...


@mistake("BasicBlock", edit={"shortcut = x if": "shortcut = x.detach() if", "self.downsample(x)": "self.downsample(x.detach())"}, hint=DETACHED)
def basic_with_a_detached_shortcut(): ...


@mistake("BasicBlock", edit={"out = self.bn2(self.conv2(out))\n        return F.relu(out + shortcut)": "return F.relu(self.bn2(self.conv2(out) + shortcut))"}, hint="The shortcut is added before the last batch norm, which then changes it as well. The branch is complete, its batch norm too, before the sum.")
def basic_with_the_norm_after_the_sum(): ...


@mistake("BasicBlock", edit={"shortcut = x if self.downsample is None else self.downsample(x)\n": "shortcut = self.conv1(x)\n"}, hint="The shortcut starts behind the first convolution. It starts at the block's input.")
def basic_with_a_short_shortcut(): ...


@mistake("BasicBlock", edit={"self.bn2 = nn.BatchNorm2d(channels)": "self.bn2 = nn.BatchNorm2d(channels, momentum=0.01)"}, hint="A batch norm has another momentum than torch's default, so its running statistics go another way.")
def basic_with_another_momentum(): ...


@mistake("BasicBlock", hint="Where the shapes differ there is no `downsample` with parameters. The block itself has to make it there, so that the sum can always be taken.")
class BasicBlockThatAddsOnlyWhereItFits(nn.Module):
    expansion = 1

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(out + x if out.shape == x.shape else out)


@right("BasicBlock")
class BasicBlockWithModules(nn.Module):
    expansion = 1

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = nn.Sequential()
        if stride > 1 or in_channels != channels * self.expansion:
            self.downsample.append(nn.Conv2d(in_channels, channels, kernel_size=1, stride=stride, bias=False))
            self.downsample.append(nn.BatchNorm2d(channels))

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.downsample(x)
        return self.relu(out)


@right("BasicBlock")
class BasicBlockByFunctions(nn.Module):
    expansion = 1

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.stride = stride
        for number, before in ((1, in_channels), (2, channels)):
            self.add_module(f"conv{number}", nn.Conv2d(before, channels, 3, padding=1, bias=False))
            self.add_module(f"bn{number}", nn.BatchNorm2d(channels))
        same = stride == 1 and in_channels == channels
        self.downsample = nn.Identity() if same else nn.Sequential(
            nn.Conv2d(in_channels, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
        )

    def forward(self, x):
        out = self.bn1(F.conv2d(x, self.conv1.weight, stride=self.stride, padding=1)).clamp(min=0)
        return torch.relu(torch.add(self.downsample(x), self.bn2(self.conv2(out))))


@right("BasicBlock")
class BasicBlockThatCutsPixels(nn.Module):
    expansion = 1

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, (3, 3), (stride, stride), (1, 1), bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, (3, 3), padding="same", bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.stride, self.changes = stride, stride != 1 or in_channels != channels
        if self.changes:
            self.downsample = nn.Sequential(nn.Conv2d(in_channels, channels, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        branch = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        if not self.changes:
            return (x + branch).relu()
        return (self.downsample(x[:, :, :: self.stride, :: self.stride]) + branch).relu()


@mistake("BasicBlock", edit={"    expansion = 1\n\n": "", "super().__init__()": "super().__init__()\n        self.expansion = 1"}, hint="`expansion` is set in `__init__`, so only the objects have it. A network reads it from the class.")
def basic_with_expansion_of_the_object(): ...


@mistake("BasicBlock", edit={"        self.downsample = None\n": "        nn.init.zeros_(self.bn2.weight)\n        self.downsample = None\n"}, hint="The last norm of the block begins with a gamma of zero. Recipes may set that from outside; here the norms keep torch's defaults.")
def basic_with_a_silent_start(): ...


@mistake("BasicBlock", edit={'if stride != 1 or in_channels != channels': 'if stride != 1 and in_channels != channels'}, hint='`downsample` is made only where the stride and the channels both change. Either of them alone changes the shape.')
def basic_beside_only_for_both(): ...


@mistake("BasicBlock", edit={'in_channels, channels, 1, stride, bias=False': 'in_channels, channels, 1, stride'}, hint='The 1 x 1 convolution of `downsample` has a bias. A batch norm follows it, which takes any bias away again.')
def basic_with_a_bias_beside(): ...


@mistake("BasicBlock", edit={'        self.downsample = None\n': '        self.f = nn.Sequential(\n            self.conv1, self.bn1, nn.ReLU(), self.conv2, self.bn2\n        )\n        self.downsample = None\n'}, hint='Some modules are attributes under two names, so every weight stands in the state dict twice. Put them together in `forward`, or keep one name for each.')
def basic_with_its_branch_twice(): ...


@mistake("BasicBlock", hint="The parts of `downsample` have names of their own. As parts of a plain `nn.Sequential` they are called 0 and 1.")
class BasicBlockWithNamesBeside(nn.Module):
    expansion = 1

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = nn.Identity()
        if stride != 1 or in_channels != channels:
            parts = OrderedDict(conv=nn.Conv2d(in_channels, channels, 1, stride, bias=False), bn=nn.BatchNorm2d(channels))
            self.downsample = nn.Sequential(parts)

    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(out + self.downsample(x))


@mistake("BasicBlock", edit={'in_channels, channels, 1, stride, bias=False': 'in_channels, channels, 1, bias=False', 'self.downsample = None\n': 'self.downsample = None\n        self.step = stride\n', 'else self.downsample(x)': 'else self.downsample(x)[:, :, :: self.step, :: self.step]'}, hint='The batch norm beside the branch sees pixels that are cut away after it, so in training its mean and variance are those of other pixels. The stride comes before the norm.')
def basic_that_norms_before_it_cuts(): ...


@mistake("BasicBlock", edit={'channels, 3, stride, padding=1, bias=False': 'channels, 3, stride, padding=1 if stride == 1 else 0, bias=False', 'self.downsample = None\n': 'self.downsample = None\n        self.frame = (0, 2, 0, 2) if stride > 1 else (0, 0, 0, 0)\n', 'self.bn1(self.conv1(x))': 'self.bn1(self.conv1(F.pad(x, self.frame)))'}, hint='With a stride your first convolution is padded on the right and below only, by two. It is padded by one on every side.')
def basic_padded_on_one_side(): ...


@mistake("BasicBlock", edit={'self.bn1 = nn.BatchNorm2d(channels)': 'self.bn1 = nn.BatchNorm2d(in_channels)', 'out = F.relu(self.bn1(self.conv1(x)))\n        out = self.bn2(self.conv2(out))\n        return F.relu(out + shortcut)': 'out = self.conv1(F.relu(self.bn1(x)))\n        out = self.conv2(F.relu(self.bn2(out)))\n        return out + shortcut'}, hint='Norm and ReLU come before each convolution, and none after the sum: that is pre-activation. This block has the other order, convolution, norm, ReLU, with the last ReLU after the sum.')
def basic_in_preactivation(): ...


@mistake("BasicBlock", edit={'else self.downsample(x)': 'else F.relu(self.downsample(x))'}, hint='There is a ReLU behind `downsample`, before the sum. The shortcut goes into the sum as the batch norm leaves it.')
def basic_with_relu_after_downsample(): ...


@mistake("BasicBlock", edit={'in_channels, channels, 1, stride, bias=False': 'in_channels, channels, 1, 2 if stride > 1 else 1, bias=False'}, hint="The way beside the branch has a stride of 2 where the block has another. It takes the block's own.")
def basic_with_a_stride_of_two_beside(): ...


@mistake("BasicBlock", edit={'shortcut = x if self.downsample is None else self.downsample(x)\n        out = F.relu(self.bn1(self.conv1(x)))': 'out = F.relu(self.bn1(self.conv1(x)))\n        shortcut = out if self.downsample is None else self.downsample(x)'}, hint="The shortcut starts behind the first convolution. It starts at the block's input.")
def basic_with_a_shortcut_from_the_middle(): ...


@mistake("BasicBlock", edit={'self.conv2 = nn.Conv2d(channels, channels, 3,': 'self.conv2 = nn.Conv2d(channels, channels, 3, stride,', 'return F.relu(out + shortcut)': 'out += shortcut\n        return F.relu(out)'}, hint='Both convolutions have the stride, so the branch gets smaller twice and the shortcut once.')
def basic_with_two_strides_in_place(): ...


@mistake("BasicBlock", edit={'return F.relu(out + shortcut)': 'shortcut += out\n        return F.relu(shortcut)'}, hint=IN_PLACE)
def basic_that_adds_in_place(): ...


# Bottleneck


@mistake("Bottleneck", edit={"return F.relu(out + shortcut)": "return out + shortcut"}, hint=NO_LAST_RELU)
def bottleneck_without_the_last_relu(): ...


@mistake("Bottleneck", edit={"return F.relu(out + shortcut)": "return F.relu(out) + shortcut"}, hint=RELU_BEFORE_SUM)
def bottleneck_with_relu_before_the_sum(): ...


@mistake("Bottleneck", edit={"return F.relu(out + shortcut)": "return F.relu(F.relu(out) + shortcut)"}, hint=TWO_RELUS)
def bottleneck_with_two_relus(): ...


@mistake("Bottleneck", edit={"return F.relu(out + shortcut)": "return F.relu(out)"}, hint=NO_SHORTCUT)
def bottleneck_without_a_shortcut(): ...


@mistake("Bottleneck", edit={"self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)": "self.conv1 = nn.Conv2d(in_channels, channels, 1, stride, bias=False)", "channels, channels, 3, stride, padding=1": "channels, channels, 3, padding=1"}, hint="The stride stands on the first 1 x 1 convolution, as in the paper. There it skips three pixels of four unread; here it belongs to the 3 x 3 convolution.")
def bottleneck_with_the_papers_stride(): ...


@mistake("Bottleneck", edit={"self.conv3 = nn.Conv2d(channels, wide, 1, bias=False)": "self.conv3 = nn.Conv2d(channels, wide, 1, stride, bias=False)", "channels, channels, 3, stride, padding=1": "channels, channels, 3, padding=1"}, hint="The stride is taken behind the norm of the middle. It belongs to the 3 x 3 convolution, so that this norm and the last convolution get the smaller image.")
def bottleneck_with_the_stride_at_the_end(): ...


@mistake("Bottleneck", edit={"if stride != 1 or in_channels != wide": "if in_channels != wide"}, hint=BESIDE_FOR_CHANNELS)
def bottleneck_beside_for_channels_only(): ...


@mistake("Bottleneck", edit={"if stride != 1 or in_channels != wide": "if stride != 1"}, hint=BESIDE_FOR_STRIDE)
def bottleneck_beside_for_a_stride_only(): ...


@mistake("Bottleneck", edit={"if stride != 1 or in_channels != wide": "if stride != 1 or in_channels != channels"}, hint="The input's channels are compared with those in the middle. The sum is taken at the end, where there are four times as many.")
def bottleneck_compares_with_the_middle(): ...


@mistake("Bottleneck", edit={"if stride != 1 or in_channels != wide": "if True"}, hint=BESIDE_ALWAYS)
def bottleneck_beside_always(): ...


@mistake("Bottleneck", edit={"out = F.relu(self.bn2(self.conv2(out)))": "out = self.bn2(self.conv2(out))"}, hint="There is no ReLU after the 3 x 3 convolution: it and the last one melt into a single linear map.")
def bottleneck_without_the_second_relu(): ...


@mistake("Bottleneck", edit={"out = F.relu(self.bn1(self.conv1(x)))": "out = self.bn1(self.conv1(x))"}, hint="There is no ReLU after the first 1 x 1 convolution: it and the 3 x 3 one melt into a single linear map.")
def bottleneck_without_the_first_relu(): ...


@mistake("Bottleneck", edit={"expansion = 4": "expansion = 2"}, hint="The output has twice the channels of the middle. A bottleneck widens four times at its end.")
def bottleneck_that_widens_twice(): ...


@mistake("Bottleneck", edit={"wide = channels * self.expansion": "wide = channels", "nn.Conv2d(in_channels, channels, 1, bias=False)": "nn.Conv2d(in_channels, channels // 4, 1, bias=False)", "self.bn1 = nn.BatchNorm2d(channels)": "self.bn1 = nn.BatchNorm2d(channels // 4)", "nn.Conv2d(channels, channels, 3": "nn.Conv2d(channels // 4, channels // 4, 3", "self.bn2 = nn.BatchNorm2d(channels)": "self.bn2 = nn.BatchNorm2d(channels // 4)", "nn.Conv2d(channels, wide, 1, bias": "nn.Conv2d(channels // 4, wide, 1, bias"}, hint="You take `channels` for the channels of the output. It counts those in the middle; the output has four times as many.")
def bottleneck_with_channels_at_the_end(): ...


@mistake("Bottleneck", edit={"nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)": "nn.Conv2d(channels, channels, 3, stride, bias=False)"}, hint="The 3 x 3 convolution has no padding: the branch loses a frame of pixels, and no longer fits the shortcut.")
def bottleneck_without_padding(): ...


@mistake("Bottleneck", edit={"nn.Conv2d(in_channels, channels, 1, bias=False)": "nn.Conv2d(in_channels, channels, 1)", "3, stride, padding=1, bias=False": "3, stride, padding=1", "nn.Conv2d(channels, wide, 1, bias=False)": "nn.Conv2d(channels, wide, 1)"}, hint=BIASED)
def bottleneck_with_biases(): ...


@mistake("Bottleneck", edit={"self.bn2(self.conv2(out))": "self.bn1(self.conv2(out))"}, hint="bn1 is used twice and bn2 never. Their shapes are equal, and their statistics aren't: each convolution has its own.")
def bottleneck_with_one_norm_for_two(): ...


@mistake("Bottleneck", edit={"shortcut = x if": "shortcut = x.detach() if", "self.downsample(x)": "self.downsample(x.detach())"}, hint=DETACHED)
def bottleneck_with_a_detached_shortcut(): ...


@mistake("Bottleneck", edit={"out = self.bn3(self.conv3(out))\n        return F.relu(out + shortcut)": "return F.relu(self.bn3(self.conv3(out) + shortcut))"}, hint="The shortcut is added before the last batch norm, which then changes it as well. The branch is complete, its batch norm too, before the sum.")
def bottleneck_with_the_norm_after_the_sum(): ...


@mistake("Bottleneck", edit={"nn.Conv2d(in_channels, wide, 1, stride, bias=False),\n                nn.BatchNorm2d(wide),": "nn.Conv2d(in_channels, wide, 1, stride, bias=False),"}, hint="The convolution beside the branch has no batch norm after it: `downsample` has two parts.")
def bottleneck_without_a_norm_beside(): ...


@right("Bottleneck")
class BottleneckWithModules(nn.Module):
    expansion = 4

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, kernel_size=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, channels * 4, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels * 4)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if not (stride == 1 and in_channels == channels * 4):
            conv = nn.Conv2d(in_channels, channels * 4, kernel_size=1, stride=stride, bias=False)
            self.downsample = nn.Sequential(conv, nn.BatchNorm2d(channels * 4))

    def forward(self, x):
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


@right("Bottleneck")
class BottleneckByTable(nn.Module):
    expansion = 4

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        table = [(in_channels, channels, 1, 1), (channels, channels, 3, stride), (channels, 4 * channels, 1, 1)]
        for number, (before, after, side, step) in enumerate(table, start=1):
            setattr(self, f"conv{number}", nn.Conv2d(before, after, side, step, side // 2, bias=False))
            setattr(self, f"bn{number}", nn.BatchNorm2d(after))
        fits = (in_channels, stride) == (4 * channels, 1)
        beside = [] if fits else [nn.Conv2d(in_channels, 4 * channels, 1, stride, bias=False), nn.BatchNorm2d(4 * channels)]
        self.downsample = nn.Sequential(*beside)

    def forward(self, x):
        out = x
        for number in (1, 2, 3):
            out = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(out))
            out = out.relu() if number < 3 else out
        return F.relu(out + self.downsample(x))


@right("Bottleneck")
class BottleneckWithMatrixProducts(nn.Module):
    expansion = 4

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        wide = 4 * channels
        self.conv1, self.bn1 = nn.Conv2d(in_channels, channels, 1, bias=False), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = nn.Conv2d(channels, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels)
        self.conv3, self.bn3 = nn.Conv2d(channels, wide, 1, bias=False), nn.BatchNorm2d(wide)
        if stride != 1 or in_channels != wide:
            self.downsample = nn.Sequential(nn.Conv2d(in_channels, wide, 1, stride, bias=False), nn.BatchNorm2d(wide))
        else:
            self.downsample = None

    def forward(self, x):
        out = torch.einsum("nchw,dc->ndhw", x, self.conv1.weight[:, :, 0, 0])
        out = self.bn2(self.conv2(self.bn1(out).clamp_min(0))).clamp_min(0)
        out = self.bn3(torch.einsum("nchw,dc->ndhw", out, self.conv3.weight[:, :, 0, 0]))
        if self.downsample:
            return torch.clamp(out + self.downsample(x), min=0)
        return torch.clamp(out + x, min=0)


@mistake("Bottleneck", edit={'nn.Conv2d(channels, wide, 1, bias=False)': 'nn.Conv2d(channels, wide, 1)'}, hint='The last 1 x 1 convolution has a bias. A batch norm follows it, which takes any bias away again.')
def bottleneck_with_a_bias_at_the_end(): ...


@mistake("Bottleneck", edit={'self.bn1 = nn.BatchNorm2d(channels)': 'self.bn1 = nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)', 'self.bn2 = nn.BatchNorm2d(channels)': 'self.bn2 = nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)', 'self.bn3 = nn.BatchNorm2d(wide)': 'self.bn3 = nn.BatchNorm2d(wide, eps=1e-3, momentum=0.01)'}, hint="The norms of the branch have another eps and momentum than torch's defaults.")
def bottleneck_with_the_norms_of_keras(): ...


@mistake("Bottleneck", edit={'self.bn2 = nn.BatchNorm2d(channels)': 'self.bn2 = self.bn1'}, hint='bn1 and bn2 are one and the same module under two names. Each convolution has a norm of its own, with its own statistics.')
def bottleneck_with_one_shared_norm(): ...


@mistake("Bottleneck", edit={'nn.Conv2d(in_channels, wide, 1, stride, bias=False)': 'nn.Conv2d(in_channels, wide, 1, bias=False)', 'self.downsample = None\n': 'self.downsample = None\n        self.step = stride\n', 'else self.downsample(x)': 'else self.downsample(F.avg_pool2d(x, self.step, ceil_mode=True))'}, hint='The shortcut takes the mean of neighbouring pixels where it gets smaller. A 1 x 1 convolution with a stride reads one pixel in each window, the first.')
def bottleneck_that_averages_beside(): ...


@mistake("Bottleneck", edit={'nn.Conv2d(in_channels, wide, 1, stride, bias=False)': 'nn.Conv2d(in_channels, wide, 1, bias=False)', 'self.downsample = None\n': 'self.downsample = None\n        self.step = stride\n', 'shortcut = x if self.downsample is None else self.downsample(x)\n': 'small = [-(-n // self.step) for n in x.shape[2:]]\n        shortcut = x\n        if self.downsample is not None:\n            shortcut = self.downsample(F.interpolate(x, size=small))\n'}, hint="Where the shortcut gets smaller, it doesn't read the pixels that a stride reads. Look at sizes that the stride doesn't divide.")
def bottleneck_that_interpolates_beside(): ...


@mistake("Bottleneck", edit={'nn.Conv2d(in_channels, wide, 1, stride, bias=False)': 'nn.Conv2d(in_channels, wide, 1, bias=False)', 'self.downsample = None\n': 'self.downsample = None\n        self.step = stride\n', 'else self.downsample(x)': 'else self.downsample(\n            x[\n                ...,\n                : x.shape[2] // self.step * self.step : self.step,\n                : x.shape[3] // self.step * self.step : self.step,\n            ]\n        )'}, hint="Where the stride doesn't divide a size, the shortcut loses the last row or column, and no longer fits the branch. Sizes are rounded up.")
def bottleneck_that_cuts_what_does_not_divide(): ...


@mistake("Bottleneck", edit={'out = F.relu(self.bn2(self.conv2(out)))': 'mean, var = self.bn2.running_mean, self.bn2.running_var\n        out = F.batch_norm(\n            self.conv2(out), mean, var, self.bn2.weight, self.bn2.bias, True\n        )\n        out = F.relu(out)'}, hint='A norm takes the mean and variance of its batch in evaluation mode as well. After `eval()` it has to use the running ones.')
def bottleneck_that_always_trains(): ...


@mistake("Bottleneck", edit={'return F.relu(out + shortcut)': 'shortcut += out\n        return F.relu(shortcut)'}, hint=IN_PLACE)
def bottleneck_that_adds_in_place(): ...


# ResNet


@mistake("ResNet", edit={"stage > 0 and place == 0": "place == 0"}, hint="The first stage makes its images smaller as well. The stem has done that already: only the later stages halve.")
def first_stage_halves_too(): ...


@mistake("ResNet", edit={"stage > 0 and place == 0": "stage > 0"}, hint="Every block of a later stage has the stride. Only the first block of a stage halves; the others keep the size.")
def every_block_halves(): ...


@mistake("ResNet", edit={"stage > 0 and place == 0": "stage > 0 and place == num_blocks - 1"}, hint="The last block of a stage has the stride. It is the first: the others then work on the smaller images.")
def last_block_halves(): ...


@mistake("ResNet", edit={"stride = 2 if stage > 0 and place == 0 else 1": "stride = 1"}, hint="No block has a stride, so all stages work on images of one size. The first block of each later stage halves.")
def nothing_halves(): ...


@mistake("ResNet", edit={"in_channels = channels * block.expansion": "in_channels = channels"}, hint="What a block returns is taken to have `channels` channels. A block that ends wider says so in its `expansion`.")
def expansion_forgotten(): ...


@mistake("ResNet", edit={"                in_channels = channels * block.expansion\n": "            in_channels = channels * block.expansion\n"}, hint="Every block of a stage is built for the channels that the stage's first block reads. The second already reads what the first returns.")
def channels_counted_once_a_stage(): ...


@mistake("ResNet", edit={"width * 2**stage": "width * (stage + 1)"}, hint="The channels of your stages grow by the same number each time. They double.")
def channels_grow_by_adding(): ...


@mistake("ResNet", edit={"width * 2**stage": "width"}, hint="All your stages have the same number of channels. Each has twice as many as the one before it.")
def channels_never_double(): ...


@mistake("ResNet", edit={"width * 2**stage": "64 * 2**stage"}, hint="The stages begin with 64 channels, whatever `width` is.")
def stages_begin_at_64(): ...


@mistake("ResNet", edit={"        out = F.max_pool2d(out, 3, stride=2, padding=1)\n": ""}, hint="The max pooling after the first convolution is missing.")
def no_max_pooling(): ...


@mistake("ResNet", edit={"F.max_pool2d(out, 3, stride=2, padding=1)": "F.max_pool2d(out, 2)"}, hint="The max pooling takes windows of 2 x 2. Those of the stem are 3 x 3, overlap, and reach over the edge by one.")
def pooling_of_two(): ...


@mistake("ResNet", edit={"F.max_pool2d(out, 3, stride=2, padding=1)": "F.avg_pool2d(out, 3, stride=2, padding=1)"}, hint="The stem takes the mean of each window. It takes the maximum.")
def mean_in_the_stem(): ...


@mistake("ResNet", edit={"F.max_pool2d(out, 3, stride=2, padding=1)": "F.max_pool2d(out, 3, stride=2)"}, hint="The max pooling has no padding, and loses the pixels at the edge.")
def pooling_without_padding(): ...


@mistake("ResNet", edit={"out = F.relu(self.bn1(self.conv1(x)))": "out = self.bn1(self.conv1(x))"}, hint="The stem has no ReLU after its batch norm.")
def stem_without_relu(): ...


@mistake("ResNet", edit={"out = F.relu(self.bn1(self.conv1(x)))": "out = F.relu(self.conv1(x))"}, hint="bn1 is made and never used.")
def stem_without_norm(): ...


@mistake("ResNet", edit={"nn.Linear(in_channels, num_classes)": "nn.Linear(width * 8 * block.expansion, num_classes)"}, hint="The head is built for four stages. There may be any number: what does the last block of all return?")
def head_for_four_stages(): ...


@mistake("ResNet", edit={"nn.Linear(in_channels, num_classes)": "nn.Linear(channels, num_classes)"}, hint="The head reads `channels` of the last stage. What the last block returns is wider where its `expansion` isn't 1.")
def head_without_expansion(): ...


@mistake("ResNet", edit={"out.mean(dim=(2, 3))": "out.amax(dim=(2, 3))"}, hint="You take the largest pixel of each channel. It is the mean of all its pixels.")
def global_maximum(): ...


@mistake("ResNet", edit={"out.mean(dim=(2, 3))": "out.sum(dim=(2, 3))"}, hint="You add up the pixels of each channel. With their mean, the scores don't depend on how large an image is.")
def global_sum(): ...


@mistake("ResNet", edit={"out.mean(dim=(2, 3))": "out[:, :, 0, 0]"}, hint="Only the first pixel of each channel reaches the head. Take the mean over all of them.")
def first_pixel_only(): ...


@mistake("ResNet", edit={"out.mean(dim=(2, 3))": "F.avg_pool2d(out, 7).flatten(1)"}, hint="The average goes over 7 x 7 pixels, which is right only for images of 224. Average over all that there are.")
def average_of_seven(): ...


@mistake("ResNet", edit={"return self.fc(out.mean(dim=(2, 3)))": "return self.fc(out.mean(dim=(2, 3))).softmax(dim=1)"}, hint="These are probabilities. The network returns scores, and the loss makes probabilities of them.")
def returns_probabilities(): ...


@mistake("ResNet", edit={"return self.fc(out.mean(dim=(2, 3)))": "return self.fc(out.mean(dim=(2, 3))).relu()"}, hint="There is a ReLU after the last layer. A score may be negative.")
def relu_at_the_end(): ...


@mistake("ResNet", edit={"for place in range(num_blocks)": "for place in range(1, num_blocks)", "and place == 0": "and place == 1"}, hint="Each stage has one block less than `layers` says.")
def one_block_less(): ...


@mistake("ResNet", edit={"for place in range(num_blocks)": "for place in range(2)"}, hint="Each stage has two blocks, whatever `layers` says.")
def two_blocks_always(): ...


@mistake("ResNet", edit={"self.num_stages = len(layers)": "self.num_stages = len(layers)\n        self.stages = []", 'self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))': "self.stages.append(nn.Sequential(*blocks))", 'self.get_submodule(f"layer{stage + 1}")(out)': "self.stages[stage](out)"}, hint="Your stages stand in a Python list, where a module doesn't look for its parameters: nothing in them would be trained or stored.")
def stages_in_a_list(): ...


@mistake("ResNet", edit={'self.add_module(f"layer{stage + 1}"': 'self.add_module(f"layer{stage}"', 'self.get_submodule(f"layer{stage + 1}")': 'self.get_submodule(f"layer{stage}")'}, hint="The stages are numbered from 0. Their names begin with layer1.")
def stages_from_zero(): ...


@mistake("ResNet", edit={"nn.Sequential(*blocks)": "nn.Sequential(*blocks[:1], *[blocks[-1]] * (num_blocks - 1))"}, hint="From its second block on, a stage holds one block several times. They then share their weights: make a new one for each place.")
def one_block_many_times(): ...


@mistake("ResNet", edit={"3, width, 7, stride=2, padding=3, bias=False": "3, width, 7, stride=2, padding=3"}, hint="The first convolution has a bias, and a batch norm that takes it away again.")
def stem_with_a_bias(): ...


@mistake("ResNet", edit={"3, width, 7, stride=2, padding=3, bias=False": "3, width, 3, stride=1, padding=1, bias=False"}, hint="The stem's convolution is 3 x 3, as networks for small images have it. Here it is 7 x 7 with a stride of 2.")
def small_stem(): ...


@mistake("ResNet", edit={"3, width, 7, stride=2, padding=3, bias=False": "3, width, 7, padding=3, bias=False"}, hint="The stem's convolution has no stride: all that follows works on images of four times as many pixels.")
def stem_without_a_stride(): ...


@mistake("ResNet", edit={"for stage in range(self.num_stages)": "for stage in range(4)"}, hint="`forward` goes through four stages. It has to go through as many as there are.")
def goes_through_four(): ...


@right("ResNet")
class ResNetAsASequence(nn.Sequential):
    def __init__(self, block, layers, num_classes=1000, width=64):
        parts = OrderedDict(conv1=nn.Conv2d(3, width, 7, 2, 3, bias=False), bn1=nn.BatchNorm2d(width), relu=nn.ReLU(inplace=True), maxpool=nn.MaxPool2d(3, 2, 1))
        has, channels, stride = width, width, 1
        for number, count in enumerate(layers, start=1):
            first = block(has, channels, stride)
            has = block.expansion * channels
            parts[f"layer{number}"] = nn.Sequential(first, *(block(has, channels) for _ in range(count - 1)))
            channels, stride = 2 * channels, 2
        parts.update(avgpool=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten(), fc=nn.Linear(has, num_classes))
        super().__init__(parts)


@right("ResNet")
class ResNetWithAMaker(nn.Module):
    def __init__(self, block, layers, num_classes=1000, width=64):
        super().__init__()
        self.inplanes = width
        self.conv1 = nn.Conv2d(3, width, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.names = []
        for i, blocks in enumerate(layers):
            self.names.append("layer" + str(i + 1))
            setattr(self, self.names[-1], self._make_layer(block, width << i, blocks, stride=1 if i == 0 else 2))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(self.inplanes, num_classes)

    def _make_layer(self, block, planes, blocks, stride):
        made = []
        for s in [stride] + [1] * (blocks - 1):
            made.append(block(self.inplanes, planes, stride=s))
            self.inplanes = planes * block.expansion
        return nn.Sequential(*made)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for name in self.names:
            x = getattr(self, name)(x)
        return self.fc(torch.flatten(self.avgpool(x), 1))


@right("ResNet")
class ResNetThatPoolsFirst(nn.Module):
    def __init__(self, block, layers, num_classes=1000, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        reads = [width] + [width * 2**i * block.expansion for i in range(len(layers))]
        self.body = []
        for i, count in enumerate(layers):
            stage = nn.ModuleList()
            for j in range(count):
                stage.append(block(reads[i + 1] if j else reads[i], width * 2**i, 2 if i and not j else 1))
            self.add_module(f"layer{i + 1}", stage)
            self.body.append(f"layer{i + 1}")
        self.fc = nn.Linear(reads[-1], num_classes)

    def forward(self, x):
        h = F.relu(F.max_pool2d(self.bn1(self.conv1(x)), 3, 2, 1))
        for name in self.body:
            for one in getattr(self, name):
                h = one(h)
        return F.linear(h.flatten(2).mean(2), self.fc.weight, self.fc.bias)


@mistake("ResNet", edit={'channels, blocks = width * 2**stage, []': 'channels, blocks = width if stage == 0 else 2 * in_channels, []'}, hint='A later stage doubles what the stage before returns, its `expansion` with it. The `channels` that a block is given double; it widens them itself.')
def doubles_what_came_out(): ...


@mistake("ResNet", edit={'blocks.append(block(in_channels, channels, stride))': 'blocks.append(block(in_channels, channels, stride, None))'}, hint='You hand more to a block than it takes. `block(in_channels, channels, stride)` makes one, and a block that needs a `downsample` makes it itself.')
def hands_a_downsample_over(): ...


@mistake("ResNet", edit={'channels * block.expansion': "channels * (1 if block.__name__ == 'BasicBlock' else 4)"}, hint='What a block returns is taken to be 4 times `channels`. A block says itself how many times, in its `expansion`.')
def expansion_of_four(): ...


@mistake("ResNet", edit={'nn.Linear(in_channels, num_classes)': 'nn.Linear(512 * block.expansion, num_classes)'}, hint='The head reads 512 times the `expansion`. What arrives there depends on `width` and on the number of stages.')
def head_of_512(): ...


@mistake("ResNet", edit={'nn.Linear(in_channels, num_classes)': 'nn.Linear(in_channels, num_classes, bias=False)'}, hint='The head has no bias. Only a layer with a batch norm behind it can do without one.')
def head_without_a_bias(): ...


@mistake("ResNet", edit={'enumerate(layers)': 'enumerate((layers[0], layers[1], layers[2], layers[3]))'}, hint='You read four entries of `layers`. It may have fewer or more.')
def four_entries_by_heart(): ...


@mistake("ResNet", edit={'        self.fc = nn.Linear': '        self.stages = nn.ModuleList(\n            self.get_submodule(f"layer{n + 1}") for n in range(len(layers))\n        )\n        self.fc = nn.Linear'}, hint='The stages have a second name beside layer1, layer2, …, so every weight of theirs stands in the state dict twice.')
def stages_listed_twice(): ...


@mistake("ResNet", edit={'out.mean(dim=(2, 3))': 'out.sum(dim=(2, 3)) / out.shape[2] ** 2'}, hint='The mean is right for square maps only: you divide by the height twice.')
def mean_by_the_height(): ...


@mistake("ResNet", edit={'self.num_stages = len(layers)': 'self.num_stages = len(layers)\n        self.stages = nn.ModuleList()', 'self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))': 'self.stages.append(nn.Sequential(*blocks))', 'self.get_submodule(f"layer{stage + 1}")(out)': 'self.stages[stage](out)'}, hint="The stages stand in a list, so their names begin with that list's. They are attributes of the network itself: layer1, layer2, ….")
def stages_in_a_module_list(): ...


@mistake("ResNet", edit={'        for stage in range(self.num_stages):\n            out = self.get_submodule(f"layer{stage + 1}")(out)\n': '        for name, child in sorted(self.named_children()):\n            if name.startswith("layer"):\n                out = child(out)\n'}, hint='From ten stages on they come in another order: as words are sorted, layer10 stands before layer2.')
def stages_in_order_of_names(): ...


@mistake("ResNet", edit={'out.mean(dim=(2, 3))': 'F.avg_pool2d(out, out.shape[2])[:, :, 0, 0]'}, hint='The mean goes over a square window with the side of the height. An image may be wider than it is high, or higher.')
def mean_over_a_square(): ...


@mistake("ResNet", edit={'nn.Conv2d(3, width, 7': 'nn.Conv2d(3, 64, 7', 'nn.BatchNorm2d(width)': 'nn.BatchNorm2d(64)', 'in_channels = width\n': 'in_channels = 64\n'}, hint='The stem has 64 channels, whatever `width` is.')
def stem_of_64(): ...


@mistake("ResNet", edit={'enumerate(layers)': 'enumerate(layers[:4])', 'self.num_stages = len(layers)': 'self.num_stages = min(4, len(layers))'}, hint='From the fifth stage on they are left out. There may be any number of stages.')
def four_widths_by_heart(): ...


@mistake("ResNet", edit={'nn.Linear(in_channels, num_classes)': 'nn.Linear(in_channels, 1000)'}, hint='The head has 1000 scores, whatever `num_classes` is.')
def thousand_classes_always(): ...


# ResNeXtBlock


@mistake("ResNeXtBlock", edit={"channels * base_width // 64 * groups": "channels * base_width * groups // 64"}, hint="You round down at the end, over all paths together. Each path is rounded down for itself, so that all are equally wide.")
def rounded_at_the_end(): ...


@mistake("ResNeXtBlock", edit={"channels * base_width // 64 * groups": "round(channels * base_width / 64) * groups"}, hint="You round to the nearest whole number. Each path is rounded down.")
def rounded_to_the_nearest(): ...


@mistake("ResNeXtBlock", edit={"channels * base_width // 64 * groups": "base_width * groups"}, hint="The middle is as wide in every stage. `base_width` holds where `channels` is 64, and grows with `channels`.")
def middle_that_does_not_grow(): ...


@mistake("ResNeXtBlock", edit={"channels * base_width // 64 * groups": "channels // groups * groups"}, hint="Your middle has `channels` channels, and `base_width` plays no part in it.")
def middle_without_base_width(): ...


@mistake("ResNeXtBlock", edit={"channels * base_width // 64 * groups": "channels * base_width // 64"}, hint="You count the channels of one path. The middle has `groups` of them side by side.")
def middle_of_one_path(): ...


@mistake("ResNeXtBlock", edit={"padding=1, groups=groups, bias=False": "padding=1, bias=False"}, hint="The 3 x 3 convolution isn't split: every output channel reads all paths.")
def paths_that_see_each_other(): ...


@mistake("ResNeXtBlock", edit={"padding=1, groups=groups, bias=False": "padding=1, groups=middle, bias=False"}, hint="The 3 x 3 convolution has a path for each channel. There are `groups` paths, of several channels each.")
def a_path_for_each_channel(): ...


@mistake("ResNeXtBlock", edit={"padding=1, groups=groups, bias=False": "padding=1, groups=middle // groups, bias=False"}, hint="Paths and their width are exchanged: there are `groups` paths, not `groups` channels in each.")
def paths_and_width_exchanged(): ...


@mistake("ResNeXtBlock", edit={"nn.Conv2d(middle, wide, 1, bias=False)": "nn.Conv2d(middle, wide, 1, groups=groups, bias=False)"}, hint="The last 1 x 1 convolution is split too. It is the place where the paths are put together.")
def last_convolution_split(): ...


@mistake("ResNeXtBlock", edit={"wide = channels * self.expansion": "wide = 2 * (channels * base_width // 64 * groups)"}, hint="The output has twice the channels of the middle, which is right for 32 paths of 4 only. It has 4 times `channels`.")
def output_from_the_middle(): ...


@mistake("ResNeXtBlock", edit={"nn.Conv2d(in_channels, middle, 1, bias=False)": "nn.Conv2d(in_channels, middle, 1, stride, bias=False)", "middle, middle, 3, stride, padding=1": "middle, middle, 3, padding=1"}, hint="The stride stands on the first 1 x 1 convolution. It belongs to the 3 x 3 one, which reads every pixel.")
def resnext_with_an_early_stride(): ...


@mistake("ResNeXtBlock", edit={"groups: int = 32": "groups: int = 4", "base_width: int = 4": "base_width: int = 32"}, hint="The defaults are exchanged: 32 paths with a base width of 4.")
def defaults_exchanged(): ...


@mistake("ResNeXtBlock", edit={"groups: int = 32": "groups: int = 1", "base_width: int = 4": "base_width: int = 64"}, hint="The defaults are those of a plain bottleneck, one path of 64. Here they are 32 paths with a base width of 4.")
def defaults_of_a_bottleneck(): ...


@mistake("ResNeXtBlock", edit={"return F.relu(out + shortcut)": "return F.relu(out) + shortcut"}, hint=RELU_BEFORE_SUM)
def resnext_with_relu_before_the_sum(): ...


@mistake("ResNeXtBlock", edit={"return F.relu(out + shortcut)": "return out + shortcut"}, hint=NO_LAST_RELU)
def resnext_without_the_last_relu(): ...


@mistake("ResNeXtBlock", edit={"return F.relu(out + shortcut)": "return F.relu(out)"}, hint=NO_SHORTCUT)
def resnext_without_a_shortcut(): ...


@mistake("ResNeXtBlock", edit={"if stride != 1 or in_channels != wide": "if in_channels != wide"}, hint=BESIDE_FOR_CHANNELS)
def resnext_beside_for_channels_only(): ...


@mistake("ResNeXtBlock", edit={"if stride != 1 or in_channels != wide": "if stride != 1 or in_channels != middle"}, hint="The input's channels are compared with those in the middle. The sum is taken at the end.")
def resnext_compares_with_the_middle(): ...


@mistake("ResNeXtBlock", edit={"out = F.relu(self.bn2(self.conv2(out)))": "out = self.bn2(self.conv2(out))"}, hint="There is no ReLU after the 3 x 3 convolution.")
def resnext_without_the_second_relu(): ...


@mistake("ResNeXtBlock", edit={"shortcut = x if": "shortcut = x.detach() if", "self.downsample(x)": "self.downsample(x.detach())"}, hint=DETACHED)
def resnext_with_a_detached_shortcut(): ...


@right("ResNeXtBlock")
class ResNeXtBlockWithModules(nn.Module):
    expansion = 4

    def __init__(self, in_channels, channels, stride=1, groups=32, base_width=4):
        super().__init__()
        width = int(channels * (base_width / 64.0)) * groups
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, stride=stride, padding=1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, channels * 4, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels * 4)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = nn.Sequential()
        if stride != 1 or in_channels != channels * 4:
            conv = nn.Conv2d(in_channels, channels * 4, kernel_size=1, stride=stride, bias=False)
            self.downsample = nn.Sequential(conv, nn.BatchNorm2d(channels * 4))

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        out += self.downsample(x)
        return self.relu(out)


@right("ResNeXtBlock")
class ResNeXtBlockPathByPath(nn.Module):
    expansion = 4

    def __init__(self, in_channels, channels, stride=1, groups=32, base_width=4):
        super().__init__()
        self.groups, self.stride = groups, stride
        path = channels * base_width // 64
        self.conv1 = nn.Conv2d(in_channels, groups * path, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(groups * path)
        self.conv2 = nn.Conv2d(groups * path, groups * path, 3, stride, 1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(groups * path)
        self.conv3 = nn.Conv2d(groups * path, 4 * channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * channels)
        self.downsample = None
        if in_channels != 4 * channels or stride != 1:
            self.downsample = nn.Sequential(nn.Conv2d(in_channels, 4 * channels, 1, stride, bias=False), nn.BatchNorm2d(4 * channels))

    def forward(self, x):
        out = self.bn1(self.conv1(x)).relu()
        kernels = self.conv2.weight.chunk(self.groups)
        paths = out.chunk(self.groups, dim=1)
        out = torch.cat([F.conv2d(one, kernel, stride=self.stride, padding=1) for one, kernel in zip(paths, kernels)], dim=1)
        out = self.bn3(self.conv3(self.bn2(out).relu()))
        return (out + (x if self.downsample is None else self.downsample(x))).relu()


@right("ResNeXtBlock")
class ResNeXtBlockByTable(nn.Module):
    expansion = 4

    def __init__(self, in_channels, channels, stride=1, groups=32, base_width=4):
        super().__init__()
        middle, wide = (channels * base_width) // 64 * groups, 4 * channels
        table = [(in_channels, middle, 1, 1, 1), (middle, middle, 3, stride, groups), (middle, wide, 1, 1, 1)]
        for number, (before, after, side, step, parts) in enumerate(table, start=1):
            self.add_module(f"conv{number}", nn.Conv2d(before, after, side, step, side // 2, groups=parts, bias=False))
            self.add_module(f"bn{number}", nn.BatchNorm2d(after))
        if (stride, in_channels) != (1, wide):
            self.add_module("downsample", nn.Sequential(nn.Conv2d(in_channels, wide, 1, stride, bias=False), nn.BatchNorm2d(wide)))

    def forward(self, x):
        out = self.bn1(self.conv1(x)).clamp(min=0)
        out = self.bn2(self.conv2(out)).clamp(min=0)
        shortcut = self.downsample(x) if hasattr(self, "downsample") else x
        return (self.bn3(self.conv3(out)) + shortcut).clamp(min=0)


@right("ResNeXtBlock")
class ResNeXtBlockOnABottleneck(Bottleneck):  # noqa: F821
    def __init__(self, in_channels, channels, stride=1, groups=32, base_width=4):
        super().__init__(in_channels, channels, stride)
        middle, wide = groups * (base_width * channels // 64), 4 * channels
        self.conv1, self.bn1 = nn.Conv2d(in_channels, middle, 1, bias=False), nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, 1, groups=groups, bias=False)
        self.bn2, self.conv3 = nn.BatchNorm2d(middle), nn.Conv2d(middle, wide, 1, bias=False)


@mistake("ResNeXtBlock", edit={'channels * base_width // 64 * groups': 'channels * 4 // 64 * groups'}, hint='A path of a block with 64 `channels` has 4 channels, whatever `base_width` is.')
def base_width_of_four(): ...


@mistake("ResNeXtBlock", edit={'in_channels, wide, 1, stride, bias=False': 'in_channels, wide, 1, stride, groups=groups, bias=False'}, hint='The convolution of `downsample` is split too. Paths are for the 3 x 3 convolution alone.')
def beside_split(): ...


@mistake("ResNeXtBlock", edit={'channels * base_width // 64 * groups': 'max(1, channels // 64) * base_width * groups'}, hint='`channels` is divided by 64 first, and rounded there. Rounding comes after `base_width` has been multiplied in.')
def divided_too_early(): ...


@mistake("ResNeXtBlock", edit={'nn.Conv2d(in_channels, middle, 1, bias=False)': 'nn.Conv2d(in_channels, middle, 1, groups=groups, bias=False)'}, hint='The first 1 x 1 convolution is split too. Every path reads the whole input.')
def first_convolution_split(): ...


@mistake("ResNeXtBlock", edit={'padding=1, groups=groups, bias=False': 'padding=1, groups=32, bias=False'}, hint='The 3 x 3 convolution is split into 32, whatever `groups` is.')
def groups_of_32(): ...


@mistake("ResNeXtBlock", edit={'out = F.relu(self.bn2(self.conv2(out)))': 'num, wide, groups = *out.shape[:2], self.conv2.groups\n        out = out.reshape(num, wide // groups, groups, *out.shape[2:]).transpose(1, 2)\n        out = F.relu(self.bn2(self.conv2(out.flatten(1, 2))))'}, hint='Your paths take every so many-th channel. A path is a bundle of channels that lie side by side.')
def paths_interleaved(): ...


@mistake("ResNeXtBlock", edit={'        middle = channels * base_width // 64 * groups': '        groups = max(1, groups * channels // 64)\n        middle = base_width * groups'}, hint='With `channels` the number of your paths grows. It stays at `groups`: the paths get wider.')
def more_paths(): ...


@mistake("ResNeXtBlock", edit={'wide = channels * self.expansion': 'wide = 4 * (channels * base_width // 64 * groups)'}, hint='The output has 4 times the channels of the middle. It has 4 times `channels`.')
def output_of_four_middles(): ...


@mistake("ResNeXtBlock", edit={'channels * base_width // 64 * groups': '-(-channels * base_width // 64) * groups'}, hint='You round up. Each path is rounded down.')
def rounded_up(): ...


@mistake("ResNeXtBlock", edit={'channels * base_width // 64 * groups': 'channels'}, hint='The middle has `channels` channels, as a plain bottleneck has. Here `groups` and `base_width` decide as well.')
def middle_of_channels(): ...


@mistake("ResNeXtBlock", edit={'return F.relu(out + shortcut)': 'return shortcut.add_(out).relu_()'}, hint=IN_PLACE)
def resnext_that_adds_in_place(): ...


@mistake("ResNeXtBlock", edit={'return F.relu(out + shortcut)': 'return F.relu(F.relu(out) + shortcut)'}, hint=TWO_RELUS)
def resnext_with_two_relus(): ...


# DenseBlock


@mistake("DenseBlock", edit={"torch.cat([x, layer(x)], dim=1)": "torch.cat([layer(x), x], dim=1)"}, hint="New channels stand before the old ones. Those of the input come first, then each layer's in order.")
def new_channels_first(): ...


@mistake("DenseBlock", edit={"        for layer in self.children():\n            x = torch.cat([x, layer(x)], dim=1)\n        return x": "        given = x.shape[1]\n        for layer in self.children():\n            x = torch.cat([x, layer(x)], dim=1)\n        return x[:, given:]"}, hint="The input's own channels are missing from what comes out: they stand there first.")
def input_left_out(): ...


@mistake("DenseBlock", edit={"        for layer in self.children():\n            x = torch.cat([x, layer(x)], dim=1)\n        return x": "        for layer in self.children():\n            new = layer(x)\n            x = torch.cat([x, new], dim=1)\n        return new"}, hint="Only the last layer's new channels come out. All that was gathered on the way comes out with them.")
def last_layer_only(): ...


@mistake("DenseBlock", edit={"in_channels + place * growth_rate": "in_channels if place == 0 else growth_rate", "        for layer in self.children():\n            x = torch.cat([x, layer(x)], dim=1)\n        return x": "        features = [x]\n        for layer in self.children():\n            features.append(layer(features[-1]))\n        return torch.cat(features, dim=1)"}, hint="Each layer reads only what the layer before it has made. It reads all the channels so far, the input's among them.")
def chain_of_layers(): ...


@mistake("DenseBlock", edit={"in_channels + place * growth_rate": "in_channels", "torch.cat([x, layer(x)], dim=1)\n        return x": "torch.cat([x, layer(x[:, :given])], dim=1)\n        return x", "for layer in self.children()": "given = x.shape[1]\n        for layer in self.children()"}, hint="Every layer reads the input alone. From the second on it reads what the earlier layers have made as well.")
def all_read_the_input(): ...


@mistake("DenseBlock", edit={"in_channels + place * growth_rate": "in_channels + growth_rate"}, hint="All your layers are built for the same number of channels. Count what there is before each: the first has the input's, and each adds to it.")
def one_width_for_all(): ...


@mistake("DenseBlock", edit={"in_channels + place * growth_rate": "in_channels + (place + 1) * growth_rate"}, hint="Each layer is built for one growth too many: before the first layer nothing has been added yet.")
def one_growth_too_many(): ...


@mistake("DenseBlock", edit={"bn_size * growth_rate": "4 * growth_rate"}, hint="The width between the two convolutions doesn't follow `bn_size`.")
def bn_size_ignored(): ...


@mistake("DenseBlock", edit={"        middle = bn_size * growth_rate\n": "", "channels = in_channels + place * growth_rate": "channels = in_channels + place * growth_rate\n            middle = bn_size * channels"}, hint="The width between the convolutions follows the channels that a layer reads. It is `bn_size` times what a layer adds, the same in every layer.")
def middle_follows_the_input(): ...


@mistake("DenseBlock", edit={"        middle = bn_size": "        in_all = in_channels\n        middle = bn_size", '            layer.add_module("norm1", nn.BatchNorm2d(channels))\n            layer.add_module("relu1", nn.ReLU())\n            layer.add_module("conv1", nn.Conv2d(channels, middle, 1, bias=False))\n            layer.add_module("norm2", nn.BatchNorm2d(middle))\n            layer.add_module("relu2", nn.ReLU())\n            layer.add_module(\n                "conv2", nn.Conv2d(middle, growth_rate, 3, padding=1, bias=False)\n            )': '            layer.add_module("conv1", nn.Conv2d(channels, middle, 1, bias=False))\n            layer.add_module("norm1", nn.BatchNorm2d(middle))\n            layer.add_module("relu1", nn.ReLU())\n            layer.add_module("conv2", nn.Conv2d(middle, growth_rate, 3, padding=1, bias=False))\n            layer.add_module("norm2", nn.BatchNorm2d(growth_rate))\n            layer.add_module("relu2", nn.ReLU())'}, hint="Each convolution is followed by its batch norm, as in a residual block. In a dense block batch norm and ReLU come before the convolution, so norm1 sees all the channels that are read.")
def convolution_first(): ...


@mistake("DenseBlock", edit={'layer.add_module("norm1", nn.BatchNorm2d(channels))\n            layer.add_module("relu1", nn.ReLU())': 'layer.add_module("relu1", nn.ReLU())\n            layer.add_module("norm1", nn.BatchNorm2d(channels))'}, hint="The first ReLU stands before its batch norm: it should cut what the batch norm has centred.")
def relu_before_the_first_norm(): ...


@mistake("DenseBlock", edit={'            layer.add_module("relu1", nn.ReLU())\n': ""}, hint="There is no ReLU before the 1 x 1 convolution.")
def no_first_relu(): ...


@mistake("DenseBlock", edit={'            layer.add_module("relu2", nn.ReLU())\n': ""}, hint="There is no ReLU before the 3 x 3 convolution.")
def no_second_relu(): ...


@mistake("DenseBlock", edit={"torch.cat([x, layer(x)], dim=1)": "torch.cat([x, layer(x).relu()], dim=1)"}, hint="What a layer adds goes through a ReLU at its end. The next layer's batch norm comes first, and then its ReLU.")
def relu_after_each_layer(): ...


@mistake("DenseBlock", edit={"torch.cat([x, layer(x)], dim=1)": "torch.cat([x.relu(), layer(x)], dim=1)"}, hint="A ReLU changes the channels that are only passed on. The old channels stay as they are.")
def relu_on_what_is_kept(): ...


@mistake("DenseBlock", edit={"torch.cat([x, layer(x)], dim=1)": "torch.cat([x, layer(x.detach())], dim=1)"}, hint="The layers read a detached input: values are right, and no gradient goes back through a layer to those before it.")
def layers_read_a_detached_input(): ...


@mistake("DenseBlock", edit={"nn.Conv2d(middle, growth_rate, 3, padding=1, bias=False)": "nn.Conv2d(middle, growth_rate, 3, bias=False)"}, hint="The 3 x 3 convolution has no padding, so what it makes is smaller than what it should stand beside.")
def no_padding(): ...


@mistake("DenseBlock", edit={"torch.cat([x, layer(x)], dim=1)": "torch.cat([x, layer(x)])"}, hint="`torch.cat` joins along the first axis, the images, if it isn't told another. The channels are to be joined.")
def joined_along_the_batch(): ...


@mistake("DenseBlock", edit={'f"denselayer{place + 1}"': 'f"denselayer{place}"'}, hint="The layers are numbered from 0. Their names begin with denselayer1.")
def layers_from_zero(): ...


@mistake("DenseBlock", edit={"nn.Conv2d(channels, middle, 1, bias=False)": "nn.Conv2d(channels, middle, 1)", "nn.Conv2d(middle, growth_rate, 3, padding=1, bias=False)": "nn.Conv2d(middle, growth_rate, 3, padding=1)"}, hint="Your convolutions have a bias. In a dense block none of them has one.")
def dense_with_biases(): ...


@mistake("DenseBlock", edit={'        for layer in self.children():\n            x = torch.cat([x, layer(x)], dim=1)\n        return x': '        for layer in self.children():\n            x = layer[:2](x)\n            x = torch.cat([x, layer[2:](x)], dim=1)\n        return x'}, hint='What is kept has been through norm1 and its ReLU. A layer only reads so; the old channels go on as they were.')
def keeps_what_is_normed(): ...


@mistake("DenseBlock", edit={'middle = bn_size * growth_rate': 'middle = bn_size'}, hint='The width between the two convolutions is `bn_size` alone. It is `bn_size` times what a layer adds.')
def middle_of_bn_size(): ...


@mistake("DenseBlock", edit={'growth_rate, 3, padding=1, bias=False': 'growth_rate, 3, padding=1'}, hint='The 3 x 3 convolutions have a bias. In a dense block no convolution has one.')
def bias_of_the_second(): ...


@mistake("DenseBlock", edit={'channels, middle, 1, bias=False': 'channels, middle, 3, padding=1, bias=False', 'middle, growth_rate, 3, padding=1, bias=False': 'middle, growth_rate, 1, bias=False'}, hint='The kernels are exchanged: the 1 x 1 convolution comes first, and the 3 x 3 one reads what it leaves.')
def kernels_exchanged(): ...


@mistake("DenseBlock", edit={'        middle = bn_size * growth_rate\n': '        middle = bn_size * growth_rate\n        self.layers = nn.ModuleList()\n', 'self.add_module(f"denselayer{place + 1}", layer)': 'self.layers.append(layer)', 'self.children()': 'self.layers'}, hint="The layers stand in a list, so their names begin with that list's. They are attributes of the block itself: denselayer1, denselayer2, ….")
def layers_in_a_module_list(): ...


@mistake("DenseBlock", edit={'        for layer in self.children():\n            x = torch.cat([x, layer(x)], dim=1)\n        return x': '        for _, layer in sorted(self.named_children()):\n            x = torch.cat([x, layer(x)], dim=1)\n        return x'}, hint='From ten layers on they come in another order: as words are sorted, denselayer10 stands before denselayer2.')
def layers_in_order_of_names(): ...


@mistake("DenseBlock", edit={'        for layer in self.children():\n            x = torch.cat([x, layer(x)], dim=1)\n        return x': '        features = [x]\n        for layer in self.children():\n            features.append(layer(torch.cat(features, dim=1)))\n        return torch.cat([x, *features[:0:-1]], dim=1)'}, hint="Behind the input the layers' channels come out in the reverse order. The first layer's come first.")
def newest_channels_first(): ...


@mistake("DenseBlock", edit={'self.add_module(f"denselayer{place + 1}", layer)': 'self.add_module(f"denselayer{place + 1}", nn.Sequential(*layer))'}, hint='The parts of a layer are called 0, 1, …. Their names are norm1, conv1, norm2 and conv2.')
def parts_with_numbers(): ...


@mistake("DenseBlock", edit={'layer.add_module("norm1", nn.BatchNorm2d(channels))\n            layer.add_module("relu1", nn.ReLU())': 'layer.add_module("relu1", nn.ReLU())\n            layer.add_module("norm1", nn.BatchNorm2d(channels))', 'layer.add_module("norm2", nn.BatchNorm2d(middle))\n            layer.add_module("relu2", nn.ReLU())': 'layer.add_module("relu2", nn.ReLU())\n            layer.add_module("norm2", nn.BatchNorm2d(middle))'}, hint='Both ReLUs stand before their batch norms. Each should cut what its norm has centred.')
def relus_before_both_norms(): ...


@mistake("DenseBlock", edit={'        for layer in self.children():\n            x = torch.cat([x, layer(x)], dim=1)\n        return x': '        features = [x]\n        for layer in self.children():\n            features.append(layer(torch.cat(features, dim=1)))\n        return torch.cat([x, sum(features[1:])], dim=1)'}, hint="What the layers make is added up behind the input. Each layer's channels come out for themselves.")
def sum_of_what_is_new(): ...


@mistake("DenseBlock", edit={'            self.add_module(f"denselayer{place + 1}", layer)': '            for name, part in layer.named_children():\n                self.add_module(f"denselayer{place + 1}_{name}", part)', '        for layer in self.children():\n            x = torch.cat([x, layer(x)], dim=1)\n        return x': '        parts = list(self.children())\n        for first in range(0, len(parts), 6):\n            new = x\n            for part in parts[first : first + 6]:\n                new = part(new)\n            x = torch.cat([x, new], dim=1)\n        return x'}, hint='The parts are attributes of the block with long names. Each layer is a module, and its parts are attributes of the layer: there is a dot between.')
def flat_names(): ...


@mistake("DenseBlock", edit={'        for layer in self.children():\n            x = torch.cat([x, layer(x)], dim=1)\n        return x': '        layers = list(self.children())\n        has, growth = x.shape[1], layers[0].conv2.out_channels\n        out = x.new_zeros(len(x), has + growth * len(layers), *x.shape[2:])\n        out[:, :has] = x\n        for layer in layers:\n            out[:, has : has + growth] = layer(out[:, :has])\n            has += growth\n        return out'}, hint='The layers read views of a tensor that you write into later. The values are right, but the way back needs what was there before.')
def buffer_that_is_overwritten(): ...


@mistake("DenseBlock", edit={'layer.add_module("norm1", nn.BatchNorm2d(channels))': 'layer.add_module("norm1", nn.BatchNorm2d(middle))', 'layer.add_module("norm2", nn.BatchNorm2d(middle))': 'layer.add_module("norm2", nn.BatchNorm2d(growth_rate))', 'x = torch.cat([x, layer(x)], dim=1)': 'new = F.relu(layer.norm1(layer.conv1(x)))\n            new = F.relu(layer.norm2(layer.conv2(new)))\n            x = torch.cat([x, new], dim=1)'}, hint='Each convolution is followed by its batch norm, as in a residual block. In a dense block batch norm and ReLU come before the convolution, so norm1 sees all the channels that are read.')
def convolution_first_in_forward(): ...


@mistake("DenseBlock", edit={'layer.add_module("norm1", nn.BatchNorm2d(channels))\n            layer.add_module("relu1", nn.ReLU())': 'layer.add_module("relu1", nn.ReLU(inplace=True))\n            layer.add_module("norm1", nn.BatchNorm2d(channels))'}, hint="The ReLU comes before the norm, and in place: it changes the channels that are kept, the input's among them.")
def relu_in_place_on_what_is_kept(): ...


@mistake("DenseBlock", edit={'self.add_module(f"denselayer{place + 1}", layer)': 'nn.init.zeros_(layer.norm2.weight)\n            self.add_module(f"denselayer{place + 1}", layer)'}, hint="A norm begins with a gamma of zero. Here all keep torch's defaults.")
def dense_with_a_silent_start(): ...


class _Layer(nn.Module):
    def __init__(self, num_in, middle, growth):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(num_in)
        self.conv1 = nn.Conv2d(num_in, middle, kernel_size=1, bias=False)
        self.norm2 = nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, growth, kernel_size=3, padding=1, bias=False)

    def forward(self, features):
        out = torch.cat(features, dim=1)
        out = self.conv1(F.relu(self.norm1(out)))
        return self.conv2(F.relu(self.norm2(out)))


@right("DenseBlock")
class DenseBlockOfLayers(nn.ModuleDict):
    def __init__(self, num_layers, in_channels, growth_rate, bn_size=4):
        super().__init__()
        for i in range(num_layers):
            self[f"denselayer{i + 1}"] = _Layer(in_channels + i * growth_rate, bn_size * growth_rate, growth_rate)

    def forward(self, x):
        features = [x]
        for layer in self.values():
            features.append(layer(features))
        return torch.cat(features, dim=1)


@right("DenseBlock")
class DenseBlockWithDicts(nn.Module):
    def __init__(self, num_layers, in_channels, growth_rate, bn_size=4):
        super().__init__()
        self.num_layers, width = num_layers, in_channels
        for i in range(1, num_layers + 1):
            parts = {
                "norm1": nn.BatchNorm2d(width),
                "conv1": nn.Conv2d(width, bn_size * growth_rate, 1, bias=False),
                "norm2": nn.BatchNorm2d(bn_size * growth_rate),
                "conv2": nn.Conv2d(bn_size * growth_rate, growth_rate, 3, 1, 1, bias=False),
            }
            setattr(self, f"denselayer{i}", nn.ModuleDict(parts))
            width += growth_rate

    def forward(self, x):
        for i in range(1, self.num_layers + 1):
            d = getattr(self, f"denselayer{i}")
            h = d["conv1"](torch.relu(d["norm1"](x)))
            x = torch.cat((x, d["conv2"](torch.relu(d["norm2"](h)))), 1)
        return x


@right("DenseBlock")
class DenseBlockByRecursion(nn.Module):
    def __init__(self, num_layers, in_channels, growth_rate, bn_size=4):
        super().__init__()
        middle = bn_size * growth_rate
        for i in range(num_layers):
            has = in_channels + i * growth_rate
            layer = nn.Sequential(
                OrderedDict(
                    norm1=nn.BatchNorm2d(has),
                    relu1=nn.ReLU(inplace=True),
                    conv1=nn.Conv2d(has, middle, 1, bias=False),
                    norm2=nn.BatchNorm2d(middle),
                    relu2=nn.ReLU(inplace=True),
                    conv2=nn.Conv2d(middle, growth_rate, 3, padding=1, bias=False),
                )
            )
            self.add_module("denselayer" + str(i + 1), layer)

    def forward(self, x):
        def grown(features, layers):
            if not layers:
                return features
            return grown(torch.cat([features, layers[0](features)], dim=1), layers[1:])

        return grown(x, list(self.children()))
