"""What students write in classic: mistakes with the hint each deserves, and other right answers."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right


@mistake("LeNet", edit={'nn.Conv2d(in_channels, first, 5),\n            nn.Tanh()': 'nn.Conv2d(in_channels, first, 5),\n            nn.ReLU()'}, hint='The first activation is a ReLU. LeNet has tanh everywhere.')
def lenet_relu(): ...


@mistake("LeNet", edit={'nn.AvgPool2d(2),\n            nn.Conv2d(first': 'nn.MaxPool2d(2),\n            nn.Conv2d(first'}, hint='The first pooling takes the maximum. LeNet takes the average.')
def lenet_max(): ...


@mistake("LeNet", edit={'first, 5),': 'first, 5, padding=2),'}, hint='The first convolution is padded. Without padding a kernel of 5 takes 4 pixels off each side.')
def lenet_padded(): ...


@mistake("LeNet", edit={'height, width = [': 'width, height = [', 'for side in image_size]': 'for side in (image_size[0], image_size[0])]'}, hint='Only the height is followed through the layers. The width may be another: follow both.')
def lenet_turned_size(): ...


@mistake("LeNet", edit={'second * height * width': 'second * 5 * 5'}, hint='The classifier is made for images of 32 x 32 whatever `image_size` is. Follow the sides through the four steps.')
def lenet_fixed_size(): ...


@mistake("LeNet", edit={'nn.Linear(third, fourth),\n            nn.Tanh()': 'nn.Linear(third, fourth),\n            nn.Identity()'}, hint='Between the last two fully connected layers the tanh is missing: without it, the two are one.')
def lenet_no_tanh_hidden(): ...


@mistake("LeNet", edit={'self.features(x).flatten(1))': 'self.features(x).flatten(1)).softmax(dim=1)'}, hint="You return probabilities. Scores are wanted, the last layer's output as it is.")
def lenet_softmax(): ...


@mistake("LeNet", edit={'self.features(x).flatten(1))': 'self.features(x).flatten(1)).tanh()'}, hint='There is a tanh after the last layer. Scores have no bounds.')
def lenet_tanh_scores(): ...


@mistake("LeNet", edit={'second, 5)': 'second, 5, bias=False)'}, hint='The second convolution has no bias. All five layers have one.')
def lenet_no_bias(): ...


@mistake("AlexNet", edit={'nn.Linear(hidden, hidden),\n            nn.ReLU(),': 'nn.Linear(hidden, hidden),\n            nn.Sequential(nn.ReLU(), nn.Dropout(dropout)),'}, hint='A dropout stands before the scores too. Only the two hidden layers have one.')
def alexnet_dropout_scores(): ...


@mistake("AlexNet", edit={'nn.Dropout(dropout),\n            nn.Linear(hidden': 'nn.Identity(),\n            nn.Linear(hidden'}, hint='There is no dropout before the second hidden layer.')
def alexnet_one_dropout(): ...


@mistake("AlexNet", edit={'nn.Dropout(dropout),\n            nn.Linear(five': 'nn.Dropout(0.5),\n            nn.Linear(five'}, hint='The first dropout always drops a half. Hand `dropout` on.')
def alexnet_fixed_dropout(): ...


@mistake("AlexNet", edit={'nn.Linear(five * 6 * 6, hidden),\n            nn.ReLU()': 'nn.Linear(five * 6 * 6, hidden),\n            nn.Identity()'}, hint='There is no ReLU after the first hidden layer, so two layers work like one.')
def alexnet_no_hidden_relu(): ...


@mistake("AlexNet", edit={'nn.Conv2d(four, five, 3, padding=1),\n            nn.ReLU()': 'nn.Conv2d(four, five, 3, padding=1),\n            nn.Identity()'}, hint='The ReLU after the fifth convolution is missing.')
def alexnet_no_last_relu(): ...


@mistake("AlexNet", edit={'.flatten(1))': '.flatten(1)).softmax(dim=1)'}, hint="You return probabilities. Scores are wanted, the last layer's output as it is.")
def alexnet_softmax(): ...


@mistake("AlexNet", edit={'three, four, 3, padding=1': 'three, four, 3'}, hint='The fourth convolution has no padding, so it makes the image smaller.')
def alexnet_unpadded(): ...


@mistake("AlexNet", edit={'nn.AdaptiveAvgPool2d': 'nn.AdaptiveMaxPool2d'}, hint='`avgpool` takes the maximum. It takes the average.')
def alexnet_max_last(): ...


@mistake("AlexNet", edit={'two, three, 3, padding=1': 'two, three, 3, padding=1, bias=False'}, hint='The third convolution has no bias.')
def alexnet_bias(): ...


@mistake("ZFNet", edit={'nn.Linear(hidden, hidden),\n            nn.ReLU(),': 'nn.Linear(hidden, hidden),\n            nn.Sequential(nn.ReLU(), nn.Dropout(dropout)),'}, hint='A dropout stands before the scores too. Only the two hidden layers have one.')
def zfnet_dropout_scores(): ...


@mistake("ZFNet", edit={'nn.Dropout(dropout),\n            nn.Linear(hidden': 'nn.Identity(),\n            nn.Linear(hidden'}, hint='There is no dropout before the second hidden layer.')
def zfnet_one_dropout(): ...


@mistake("ZFNet", edit={'nn.Dropout(dropout),\n            nn.Linear(five': 'nn.Dropout(0.5),\n            nn.Linear(five'}, hint='The first dropout always drops a half. Hand `dropout` on.')
def zfnet_fixed_dropout(): ...


@mistake("ZFNet", edit={'nn.Linear(five * 6 * 6, hidden),\n            nn.ReLU()': 'nn.Linear(five * 6 * 6, hidden),\n            nn.Identity()'}, hint='There is no ReLU after the first hidden layer, so two layers work like one.')
def zfnet_no_hidden_relu(): ...


@mistake("ZFNet", edit={'nn.Conv2d(four, five, 3, padding=1),\n            nn.ReLU()': 'nn.Conv2d(four, five, 3, padding=1),\n            nn.Identity()'}, hint='The ReLU after the fifth convolution is missing.')
def zfnet_no_last_relu(): ...


@mistake("ZFNet", edit={'.flatten(1))': '.flatten(1)).softmax(dim=1)'}, hint="You return probabilities. Scores are wanted, the last layer's output as it is.")
def zfnet_softmax(): ...


@mistake("ZFNet", edit={'three, four, 3, padding=1': 'three, four, 3'}, hint='The fourth convolution has no padding, so it makes the image smaller.')
def zfnet_unpadded(): ...


@mistake("ZFNet", edit={'nn.AdaptiveAvgPool2d': 'nn.AdaptiveMaxPool2d'}, hint='`avgpool` takes the maximum. It takes the average.')
def zfnet_max_last(): ...


@mistake("ZFNet", edit={'two, three, 3, padding=1': 'two, three, 3, padding=1, bias=False'}, hint='The third convolution has no bias.')
def zfnet_bias(): ...


@mistake("AlexNet", edit={'stride=4, padding=2': 'stride=4'}, hint='The first convolution has no padding: at 224 pixels it would give 54 places, not 55.')
def alexnet_unpadded_start(): ...


@mistake("AlexNet", edit={'nn.MaxPool2d(3, stride=2),\n            nn.Conv2d(one': 'nn.MaxPool2d(2, stride=2),\n            nn.Conv2d(one'}, hint="The first pooling looks at 2 x 2. AlexNet's windows are 3 x 3 and overlap.")
def alexnet_small_windows(): ...


@mistake("ZFNet", edit={'7, stride=2, padding=1': '7, stride=2, padding=3'}, hint='The first convolution is padded too far: 224 pixels would give 112 places. Solve the formula for 110.')
def zfnet_wider_padding(): ...


@mistake("ZFNet", edit={'5, stride=2)': '5, stride=2, padding=2)'}, hint='The second convolution is padded: 55 would become 28. What gives 26?')
def zfnet_second_padded(): ...


@mistake("ZFNet", edit={'nn.MaxPool2d(3, stride=2, padding=1),\n            nn.Conv2d(one': 'nn.MaxPool2d(3, stride=2),\n            nn.Conv2d(one'}, hint='The first pooling has no padding: 110 would become 54. What gives 55?')
def zfnet_unpadded_pool(): ...


@mistake("ZFNet", edit={'nn.MaxPool2d(3, stride=2),\n        )': 'nn.MaxPool2d(3, stride=2, padding=1),\n        )'}, hint='The last pooling is padded: 13 would become 7. The paper has 6.')
def zfnet_last_padded(): ...


@mistake("local_response_norm", edit={'alpha / size': 'alpha'}, hint="Your divisor holds the plain sum. torch's formula divides it by the size of the window.")
def norm_plain_sum(): ...


@mistake("local_response_norm", edit={'size // 2, (size - 1) // 2': '(size - 1) // 2, size // 2'}, hint='An even window reaches one channel further ahead than back. It is the other way round.')
def norm_other_way(): ...


@mistake("local_response_norm", edit={'x.square()': 'x.abs()'}, hint='You sum sizes where the formula sums squares.')
def norm_no_squares(): ...


@mistake("local_response_norm", edit={'(k + alpha / size * sums) ** beta': '(k + (alpha / size * sums) ** beta)'}, hint='The exponent holds for the sum alone. k belongs inside the brackets.')
def norm_k_outside(): ...


@mistake("local_response_norm", edit={'(0, 0, 0, 0, size // 2, (size - 1) // 2)': '(0, 0, size // 2, (size - 1) // 2)', 'unfold(1,': 'unfold(2,'}, hint='Your window runs over the rows of the image. It runs over channels, at one pixel.')
def norm_over_rows(): ...


@mistake("local_response_norm", edit={'squares.unfold(1, size, 1).sum(dim=-1)': 'squares.sum(dim=1, keepdim=True)'}, hint='Your sum runs over all channels. Only a window around each is meant.')
def norm_whole(): ...


@mistake("local_response_norm", edit={'** beta': '** 0.5'}, hint='You always take the root. The exponent is `beta`.')
def norm_root(): ...


@mistake("local_response_norm", edit={'x.square()': 'x.detach().square()'}, hint='The divisor is cut off from the graph: values are right, and its gradient is lost.')
def norm_detached(): ...


@mistake("vgg_layers", edit={'layers.append(nn.ReLU())': 'layers.append(nn.Identity())'}, hint='No ReLU follows the convolutions, so all of them together are linear.')
def vgg_no_relu(): ...


@mistake("vgg_layers", edit={'entry, 3, padding=1': 'entry, 3'}, hint='The convolutions have no padding, so each makes the image smaller.')
def vgg_unpadded(): ...


@mistake("vgg_layers", edit={'        in_channels = entry\n': ''}, hint="Each convolution expects the image's channels. It gets those of the layer before.")
def vgg_channels_stay(): ...


@mistake("vgg_layers", edit={'        if batch_norm:\n            layers.append(nn.BatchNorm2d(entry))\n        layers.append(nn.ReLU())': '        layers.append(nn.ReLU())\n        if batch_norm:\n            layers.append(nn.BatchNorm2d(entry))'}, hint='The batch normalisation stands behind the ReLU. It belongs between convolution and ReLU.')
def vgg_norm_last(): ...


@mistake("vgg_layers", edit={'3, padding=1': '3, padding=1, bias=not batch_norm'}, hint="With batch normalisation your convolutions lose their bias. torchvision's keep it.")
def vgg_no_bias(): ...


@mistake("vgg_layers", edit={'nn.MaxPool2d': 'nn.AvgPool2d'}, hint='The pooling takes the average. VGG takes the maximum.')
def vgg_average(): ...


@mistake("vgg_layers", edit={'stride=2': 'stride=2, ceil_mode=True'}, hint='Your pooling rounds up. Odd sides are rounded down.')
def vgg_ceil(): ...


@mistake("vgg_layers", edit={'nn.MaxPool2d(2,': 'nn.MaxPool2d(3,'}, hint="Your pooling has windows of 3 x 3. VGG's are 2 x 2 and don't overlap.")
def vgg_overlap(): ...


@mistake("vgg_layers", edit={'raise ValueError': 'raise TypeError'}, hint='A wrong entry raises a TypeError. The docstring asks for a ValueError.')
def vgg_type_error(): ...


@mistake("Inception", edit={'self.branch1, self.branch2, self.branch3,': 'self.branch1, self.branch3, self.branch2,'}, hint='The branches lie in another order. It is one, two, three, four.')
def inception_order(): ...


@mistake("Inception", edit={'dim=1': 'dim=2'}, hint='You lay the branches below one another, along the height. It is the channels that are laid one behind the other.')
def inception_rows(): ...


@mistake("Inception", edit={'kernel_size=wide, padding=wide // 2': 'kernel_size=3, padding=1'}, hint='The third branch is 3 x 3 whatever `wide` is.')
def inception_always_3(): ...


@mistake("Inception", edit={'BasicConv2d(in_channels, pool_proj, kernel_size=1)': 'nn.Identity()'}, hint='There is no convolution behind the pooling. It brings the channels to pool_proj.')
def inception_no_proj(): ...


@mistake("Inception", edit={'nn.MaxPool2d': 'nn.AvgPool2d'}, hint='The pooling branch takes the average. It takes the maximum.')
def inception_average(): ...


@mistake("Inception", edit={'kernel_size=wide, padding=wide // 2': 'kernel_size=wide, padding=1'}, hint='The padding of the third branch is right for 3 x 3 only. A wider kernel needs more to keep the size.')
def inception_unpadded(): ...


@mistake("Inception", edit={'BasicConv2d(ch3x3red, ch3x3, kernel_size=3, padding=1)': 'BasicConv2d(ch3x3red, ch3x3, kernel_size=1)'}, hint='The second branch has two convolutions of 1 x 1. Its second is 3 x 3.')
def inception_one_narrow(): ...


@mistake("Inception", edit={'branch(x) for': 'branch(x.detach()) for'}, hint='The branches see a detached input, so no gradient reaches the layers before.')
def inception_detached(): ...


@mistake("Inception", edit={'nn.MaxPool2d(3, stride=1, padding=1),\n            BasicConv2d(in_channels, pool_proj, kernel_size=1),': 'BasicConv2d(in_channels, pool_proj, kernel_size=1),\n            nn.MaxPool2d(3, stride=1, padding=1),'}, hint='In the fourth branch the convolution comes before the pooling. The pooling is first.')
def inception_projected_first(): ...


@mistake("AuxiliaryClassifier", edit={'F.adaptive_avg_pool2d(x, 4)': 'F.adaptive_max_pool2d(x, 4)'}, hint='The pooling takes the maximum. It takes the average.')
def head_pool_5(): ...


@mistake("AuxiliaryClassifier", edit={'self.conv(F.adaptive_avg_pool2d(x, 4))': 'F.adaptive_avg_pool2d(self.conv(x), 4)'}, hint='You pool behind the convolution. It comes first: so the convolution works at 16 places only.')
def head_pool_late(): ...


@mistake("AuxiliaryClassifier", edit={'F.relu(self.fc1(x))': 'self.fc1(x)'}, hint='There is no ReLU between the two fully connected layers.')
def head_no_relu(): ...


@mistake("AuxiliaryClassifier", edit={'self.dropout(F.relu(self.fc1(x)))': 'F.relu(self.fc1(x))'}, hint='The dropout is made and never used.')
def head_no_dropout(): ...


@mistake("AuxiliaryClassifier", edit={'self.dropout(F.relu(self.fc1(x)))': 'F.relu(self.fc1(self.dropout(x)))'}, hint='The dropout stands before fc1. It stands before fc2.')
def head_dropout_first(): ...


@mistake("AuxiliaryClassifier", edit={'dropout: float = 0.7': 'dropout: float = 0.5'}, hint='Left out, `dropout` is not 0.7.')
def head_half(): ...


@mistake("AuxiliaryClassifier", edit={'self.dropout(F': 'F.dropout(F', 'self.fc1(x)))': 'self.fc1(x)), 0.7, True)'}, hint='The dropout works in evaluation mode too. nn.Dropout knows the mode.')
def head_always(): ...


@mistake("AuxiliaryClassifier", edit={'return self.fc2(self.dropout(F.relu(self.fc1(x))))': 'return self.fc2(self.dropout(F.relu(self.fc1(x)))).softmax(dim=1)'}, hint='You return probabilities. Scores are wanted.')
def head_softmax(): ...


@mistake("AuxiliaryClassifier", edit={'return self.fc2(self.dropout(F.relu(self.fc1(x))))': 'return F.relu(self.fc2(self.dropout(F.relu(self.fc1(x)))))'}, hint='There is a ReLU after the last layer. Scores may be negative.')
def head_relu_scores(): ...


@mistake("AuxiliaryClassifier", edit={'nn.Linear(width * 4 * 4, hidden)': 'nn.Linear(2048, hidden)'}, hint='fc1 gets 2048 numbers whatever `width` is. Count the channels behind `conv`, at 16 places.')
def head_fixed_width(): ...


@mistake("AuxiliaryClassifier", edit={'BasicConv2d(in_channels, width, kernel_size=1)': 'nn.Conv2d(in_channels, width, 1)'}, hint='`conv` is a plain convolution. A BasicConv2d has a batch normalisation and a ReLU behind it.')
def head_plain_convolution(): ...


@mistake("vgg_layers", edit={'    for entry in cfg:\n': '    while cfg:\n        entry = cfg.pop(0)\n'}, hint='Your function empties the configuration that it was given. Walk along it, or along a copy.')
def vgg_empties(): ...


@right("local_response_norm")
def by_average_pooling(x, size=5, alpha=1e-4, beta=0.75, k=1.0):
    n, c, h, w = x.shape
    padded = F.pad(x.pow(2).reshape(n, 1, c, h * w), (0, 0, size // 2, (size - 1) // 2))
    means = F.avg_pool2d(padded, (size, 1), stride=1).reshape(n, c, h, w)
    return x * (k + alpha * means).pow(-beta)


@right("local_response_norm")
def by_a_running_sum(x, size=5, alpha=1e-4, beta=0.75, k=1.0):
    squares = F.pad(x * x, (0, 0, 0, 0, size // 2 + 1, (size - 1) // 2))
    total = squares.cumsum(dim=1)
    sums = total[:, size:] - total[:, :-size]
    return x / torch.pow(k + alpha * sums / size, beta)


@right("vgg_layers")
def by_adding_modules(cfg, batch_norm=False, in_channels=3):
    net = nn.Sequential()
    for entry in cfg:
        if isinstance(entry, str) and entry == "M":
            new = [nn.MaxPool2d(kernel_size=2, stride=2)]
        elif type(entry) is int and entry > 0:
            norm = [nn.BatchNorm2d(entry)] if batch_norm else []
            new = [nn.Conv2d(in_channels, entry, kernel_size=3, stride=1, padding="same"), *norm, nn.ReLU(inplace=True)]
            in_channels = entry
        else:
            raise ValueError(f"bad entry {entry}")
        for one in new:
            net.append(one)
    return net


@right("vgg_layers")
def by_index(cfg, batch_norm=False, in_channels=3):
    found = OrderedDict()
    for entry in list(cfg):
        if entry == "M":
            found[str(len(found))] = nn.MaxPool2d(2)
        else:
            if not (isinstance(entry, int) and entry >= 1):
                raise ValueError("expected 'M' or channels, got " + str(entry))
            found[str(len(found))] = nn.Conv2d(in_channels, entry, (3, 3), padding=(1, 1))
            if batch_norm:
                found[str(len(found))] = nn.BatchNorm2d(entry)
            found[str(len(found))] = nn.ReLU()
            in_channels = entry
    return nn.Sequential(found)


@right("LeNet", edit={"self.classifier(self.features(x).flatten(1))": "self.classifier(torch.flatten(self.features(x), start_dim=1))"})
def lenet_with_torch_flatten(): ...


@right("LeNet", edit={"nn.Conv2d(in_channels, first, 5),\n            nn.Tanh(),\n            nn.AvgPool2d(2)": "nn.Conv2d(in_channels, first, (5, 5)),\n            nn.Tanh(),\n            nn.AvgPool2d((2, 2), stride=2)"})
def lenet_with_pairs(): ...


@right("AlexNet", edit={".flatten(1)": ".reshape(len(x), -1)"})
def alexnet_with_reshape(): ...


@right("AlexNet", edit={"AdaptiveAvgPool2d((6, 6))": "AdaptiveAvgPool2d(6)"})
def alexnet_with_one_number(): ...


@right("ZFNet", edit={".flatten(1)": ".reshape(len(x), -1)"})
def zfnet_with_reshape(): ...


@right("ZFNet", edit={"AdaptiveAvgPool2d((6, 6))": "AdaptiveAvgPool2d(6)"})
def zfnet_with_one_number(): ...


@right("Inception", edit={"dim=1": "1"})
def inception_by_place(): ...


@right("Inception", edit={"nn.MaxPool2d(3, stride=1, padding=1)": "nn.MaxPool2d(3, 1, 1, ceil_mode=True)"})
def inception_with_ceil(): ...


@right("AuxiliaryClassifier", edit={"F.adaptive_avg_pool2d(x, 4)": "nn.AdaptiveAvgPool2d((4, 4))(x)"})
def head_with_a_module(): ...


@right("AuxiliaryClassifier", edit={"F.relu(self.fc1(x))": "self.fc1(x).clamp(min=0)"})
def head_with_clamp(): ...


@right("LeNet")
class LeNet(nn.Module):
    """Grows its layers in loops, and asks a trial image how many numbers come out."""

    def __init__(self, num_classes=10, in_channels=1, image_size=(32, 32), widths=(6, 16, 120, 84)):
        super().__init__()
        self.features = nn.Sequential()
        channels = in_channels
        for width in widths[:2]:
            for part in (nn.Conv2d(channels, width, kernel_size=5), nn.Tanh(), nn.AvgPool2d(kernel_size=2, stride=2)):
                self.features.append(part)
            channels = width
        with torch.no_grad():
            trial = torch.zeros(1, in_channels, *image_size)
            units = [self.features(trial).numel(), *widths[2:], num_classes]
        parts = []
        for num_in, num_out in zip(units, units[1:]):
            parts += [nn.Linear(num_in, num_out), nn.Tanh()]
        self.classifier = nn.Sequential(*parts[:-1])

    def forward(self, images):
        out = images
        for part in self.features:
            out = part(out)
        out = out.view(out.shape[0], -1) if out.is_contiguous() else out.reshape(out.shape[0], -1)
        for part in self.classifier:
            out = part(out)
        return out


class Rows(nn.Module):
    """AlexNet and ZFNet from a row for each convolution: kernel, stride, padding, and the pooling's padding or None."""

    rows = ()

    def __init__(self, num_classes, dropout, widths, hidden):
        super().__init__()
        channels, parts = 3, []
        for width, (side, stride, padding, pooled) in zip(widths, self.rows):
            parts += [nn.Conv2d(channels, width, side, stride, padding), nn.ReLU(inplace=True)]
            if pooled is not None:
                parts.append(nn.MaxPool2d(kernel_size=3, stride=2, padding=pooled))
            channels = width
        self.features = nn.Sequential(*parts)
        self.avgpool = nn.AdaptiveAvgPool2d(6)
        self.classifier = nn.ModuleDict({"1": nn.Linear(36 * channels, hidden), "4": nn.Linear(hidden, hidden), "6": nn.Linear(hidden, num_classes)})
        self.dropout = dropout

    def forward(self, x):
        x = torch.flatten(self.avgpool(self.features(x)), 1)
        for number in ("1", "4"):
            x = torch.relu(self.classifier[number](F.dropout(x, self.dropout, self.training)))
        return self.classifier["6"](x)


@right("AlexNet")
class AlexNet(Rows):
    rows = ((11, 4, 2, 0), (5, 1, 2, 0), (3, 1, 1, None), (3, 1, 1, None), (3, 1, 1, 0))

    def __init__(self, num_classes=1000, dropout=0.5, widths=(64, 192, 384, 256, 256), hidden=4096):
        super().__init__(num_classes, dropout, widths, hidden)


@right("ZFNet")
class ZFNet(Rows):
    rows = ((7, 2, 1, 1), (5, 2, 0, 1), (3, 1, 1, None), (3, 1, 1, None), (3, 1, 1, 0))

    def __init__(self, num_classes=1000, dropout=0.5, widths=(96, 256, 384, 384, 256), hidden=4096):
        super().__init__(num_classes, dropout, widths, hidden)


@right("local_response_norm")
def by_a_convolution_over_channels(x, size=5, alpha=1e-4, beta=0.75, k=1.0):
    n, c, h, w = x.shape
    pixels = x.permute(0, 2, 3, 1).reshape(n * h * w, 1, c)
    padded = F.pad(pixels**2, (size // 2, (size - 1) // 2))
    window = torch.full((1, 1, size), alpha / size, dtype=x.dtype, device=x.device)
    divisor = (F.conv1d(padded, window) + k) ** beta
    return (pixels / divisor).reshape(n, h, w, c).permute(0, 3, 1, 2).contiguous()


@right("vgg_layers")
def by_a_generator(cfg, batch_norm=False, in_channels=3):
    def parts(channels):
        for entry in cfg:
            match entry:
                case "M":
                    yield nn.MaxPool2d((2, 2), (2, 2))
                case int() if entry >= 1:
                    yield nn.Conv2d(channels, entry, 3, 1, 1)
                    yield from [nn.BatchNorm2d(entry)] * batch_norm
                    yield nn.ReLU()
                    channels = entry
                case _:
                    raise ValueError(f"what is {entry} in a configuration?")

    return nn.Sequential(*parts(in_channels))


class Convolution(nn.Module):
    """BasicConv2d in another hand."""

    def __init__(self, num_in, num_out, side=1):
        super().__init__()
        self.conv = nn.Conv2d(num_in, num_out, side, padding="same", bias=False)
        self.bn = nn.BatchNorm2d(num_out, eps=1e-3)

    def forward(self, x):
        return self.bn(self.conv(x)).clamp(min=0)


@right("Inception")
class Inception(nn.Module):
    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj, wide=3):
        super().__init__()
        self.branch1 = Convolution(in_channels, ch1x1)
        self.branch2, self.branch3, self.branch4 = nn.Sequential(), nn.Sequential(), nn.ModuleDict()
        self.branch2.add_module("0", Convolution(in_channels, ch3x3red))
        self.branch2.add_module("1", Convolution(ch3x3red, ch3x3, 3))
        self.branch3.add_module("0", Convolution(in_channels, ch5x5red))
        self.branch3.add_module("1", Convolution(ch5x5red, ch5x5, wide))
        self.branch4["1"] = Convolution(in_channels, pool_proj)

    def forward(self, x):
        pooled = F.max_pool2d(x, 3, 1, 1)
        return torch.cat((self.branch1(x), self.branch2(x), self.branch3(x), self.branch4["1"](pooled)), 1)


@right("AuxiliaryClassifier")
class AuxiliaryClassifier(nn.Module):
    def __init__(self, in_channels, num_classes, dropout=0.7, width=128, hidden=1024):
        super().__init__()
        self.conv = Convolution(in_channels, width)
        self.fc1 = nn.Linear(16 * width, hidden)
        self.fc2 = nn.Linear(hidden, num_classes)
        self.p = dropout

    def forward(self, x):
        squeezed = self.conv(nn.functional.adaptive_avg_pool2d(x, (4, 4)))
        units = torch.relu(self.fc1(torch.flatten(squeezed, start_dim=1)))
        if self.training:
            units = nn.functional.dropout(units, p=self.p)
        return self.fc2(units)
