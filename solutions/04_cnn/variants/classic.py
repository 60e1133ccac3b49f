"""What students write in classic: mistakes with the hint each deserves, and other right answers."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right


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


@mistake("AlexNet", edit={'stride=4, padding=2': 'stride=4'}, hint='The first convolution has no padding: at 224 pixels it would give 54 places, not 55.')
def alexnet_unpadded_start(): ...


@mistake("ZFNet", edit={'7, stride=2, padding=1': '7, stride=2, padding=3'}, hint='The first convolution is padded too far: 224 pixels would give 112 places. Solve the formula for 110.')
def zfnet_wider_padding(): ...


@mistake("ZFNet", edit={'5, stride=2)': '5, stride=2, padding=2)'}, hint='The second convolution is padded: 55 would become 28. What gives 26?')
def zfnet_second_padded(): ...


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


@mistake("LeNet", edit={'first, 5),\n            nn.Tanh()': 'first, 5),\n            nn.ReLU()', 'second, 5),\n            nn.Tanh()': 'second, 5),\n            nn.ReLU()', 'third),\n            nn.Tanh()': 'third),\n            nn.ReLU()', 'fourth),\n            nn.Tanh()': 'fourth),\n            nn.ReLU()'}, hint='Your activations are ReLUs. Which one does the docstring name?')
def lenet_relu(): ...


@mistake("LeNet", edit={'nn.AvgPool2d(2),\n            nn.Conv2d(first': 'nn.MaxPool2d(2),\n            nn.Conv2d(first', 'nn.AvgPool2d(2),\n        )': 'nn.MaxPool2d(2),\n        )'}, hint='Your pooling takes the maximum. LeNet takes the average.')
def lenet_max(): ...


@mistake("LeNet", edit={'first, 5),': 'first, 5, padding=2),', '((side - 4) // 2 - 4)': '(side // 2 - 4)'}, hint='The first convolution is padded. Without padding a kernel of 5 takes 4 pixels off each side.')
def lenet_padded(): ...


@mistake("LeNet", edit={'first, 5)': 'first, 5, bias=False)', 'second, 5)': 'second, 5, bias=False)'}, hint='The convolutions have no biases. All five layers have one.')
def lenet_no_bias(): ...


@mistake("LeNet", edit={'nn.AvgPool2d(2),\n            nn.Conv2d(first': 'nn.AvgPool2d(2, ceil_mode=True),\n            nn.Conv2d(first', 'nn.AvgPool2d(2),\n        )': 'nn.AvgPool2d(2, ceil_mode=True),\n        )', '((side - 4) // 2 - 4) // 2': '((side - 3) // 2 - 3) // 2'}, hint='Your pooling rounds up where a side is odd. What the last window lacks is left out.')
def lenet_ceil(): ...


@mistake("LeNet", edit={'self.features(x).flatten(1))': 'self.features(x).permute(0, 2, 3, 1).flatten(1))'}, hint='You flatten with the channels last. The state of another LeNet expects channel after channel: flatten (N, C, H, W) as it is.')
def lenet_channels_last_flat(): ...


@mistake("LeNet", edit={'second * height': '16 * height'}, hint='The classifier counts on 16 channels whatever `widths` says.')
def lenet_16(): ...


@mistake("LeNet", edit={'nn.Conv2d(in_channels,': 'nn.Conv2d(1,'}, hint='The first convolution takes one channel whatever `in_channels` is.')
def lenet_one_channel(): ...


@mistake("LeNet", edit={'nn.Tanh(),\n            nn.AvgPool2d(2),\n            nn.Conv2d(first': 'nn.AvgPool2d(2),\n            nn.Tanh(),\n            nn.Conv2d(first', 'nn.Tanh(),\n            nn.AvgPool2d(2),\n        )': 'nn.AvgPool2d(2),\n            nn.Tanh(),\n        )'}, hint='You pool before the tanh. The average of tanhs is another number than the tanh of an average.')
def lenet_pooled_first(): ...


@mistake("LeNet", edit={'nn.AvgPool2d(2),\n            nn.Conv2d(first': 'nn.AvgPool2d(2, stride=1),\n            nn.Conv2d(first', 'nn.AvgPool2d(2),\n        )': 'nn.AvgPool2d(2, stride=1),\n        )', '((side - 4) // 2 - 4) // 2': 'side - 10'}, hint='Your pooling moves one pixel at a time. Its windows lie side by side and halve the image.')
def lenet_stride_1(): ...


@mistake("LeNet", edit={'self.features(x)': 'self.features(x.float())'}, hint='The image is cast to float32. After .double() the weights are float64, and the two do not fit: leave the dtype as it comes.')
def lenet_cast(): ...


@mistake("LeNet", edit={'.flatten(1))': '.view(len(x), -1))'}, hint="`view` needs numbers that lie one after another in memory, and those of images with channels last don't. `reshape` and `flatten` work for both.")
def lenet_view(): ...


@mistake("AlexNet", edit={'.flatten(1))': '.view(len(x), -1))'}, hint="`view` needs numbers that lie one after another in memory, and those of images with channels last don't. `reshape` and `flatten` work for both.")
def alexnet_view(): ...


@mistake("ZFNet", edit={'.flatten(1))': '.view(len(x), -1))'}, hint="`view` needs numbers that lie one after another in memory, and those of images with channels last don't. `reshape` and `flatten` work for both.")
def zfnet_view(): ...


@mistake("AuxiliaryClassifier", edit={'.flatten(1)': '.view(len(x), -1)'}, hint="`view` needs numbers that lie one after another in memory, and those of images with channels last don't. `reshape` and `flatten` work for both.")
def head_view(): ...


@mistake("AlexNet", edit={'one, two, 5, padding=2': 'one, two, 5, padding=1'}, hint='Your kernel of 5 has a padding of 1, so it makes the image smaller.')
def alexnet_narrow_padding(): ...


@mistake("AlexNet", edit={'stride=4': 'stride=(4, 1)'}, hint='The first convolution moves 4 pixels down and 1 across. It moves 4 both ways.')
def alexnet_stride_of_rows(): ...


@mistake("AlexNet", edit={'(64, 192, 384, 256, 256)': '(96, 256, 384, 384, 256)'}, hint="Your default widths are the paper's of 2012. The signature has torchvision's.")
def alexnet_2012(): ...


@mistake("AlexNet", edit={'nn.MaxPool2d(3, stride=2),\n            nn.Conv2d(one': 'nn.MaxPool2d(3, stride=2, padding=1),\n            nn.Conv2d(one', 'nn.MaxPool2d(3, stride=2),\n            nn.Conv2d(two': 'nn.MaxPool2d(3, stride=2, padding=1),\n            nn.Conv2d(two', 'nn.MaxPool2d(3, stride=2),\n        )': 'nn.MaxPool2d(3, stride=2, padding=1),\n        )'}, hint='Your poolings have a padding. They have none.')
def alexnet_padded_pools(): ...


@mistake("ZFNet", edit={'(96, 256, 384, 384, 256)': '(64, 192, 384, 256, 256)'}, hint='Your default widths are not those of the signature.')
def zfnet_widths(): ...


@mistake("ZFNet", edit={'one, 7, stride=2, padding=1': 'one, 11, stride=2, padding=3'}, hint="The first kernel is AlexNet's, 11 x 11. What did ZFNet's authors make of it?")
def zfnet_11(): ...


@mistake("ZFNet", edit={'7, stride=2, padding=1': '7, stride=2'}, hint='The first convolution has no padding: 224 would become 109. The paper has 110.')
def zfnet_unpadded_start(): ...


@mistake("ZFNet", edit={'7, stride=2, padding=1': '7, stride=2', 'self.features(x)': 'self.features(F.pad(x, (0, 1, 0, 1)))'}, hint='The first convolution is padded below and to the right only. The same padding stands on all four sides.')
def zfnet_one_side(): ...


@mistake("ZFNet", edit={'nn.MaxPool2d(3, stride=2, padding=1),\n            nn.Conv2d(one': 'nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.MaxPool2d(3, stride=2)),\n            nn.Conv2d(one', 'nn.MaxPool2d(3, stride=2, padding=1),\n            nn.Conv2d(two': 'nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.MaxPool2d(3, stride=2)),\n            nn.Conv2d(two'}, hint='The first two poolings are padded below and to the right only. The same padding stands on all four sides.')
def zfnet_pools_one_side(): ...


@mistake("ZFNet", edit={'nn.MaxPool2d(3, stride=2, padding=1),\n            nn.Conv2d(one': 'nn.MaxPool2d(3, stride=2),\n            nn.Conv2d(one', 'nn.MaxPool2d(3, stride=2, padding=1),\n            nn.Conv2d(two': 'nn.MaxPool2d(3, stride=2),\n            nn.Conv2d(two'}, hint='The first two poolings have no padding: 110 would become 54. What gives 55?')
def zfnet_unpadded_pools(): ...


@mistake("ZFNet", edit={'one, two, 5, stride=2': 'one, two, 5'}, hint="The second convolution moves by one, as AlexNet's does. Look at the table of changes.")
def zfnet_stride_1(): ...


@mistake("local_response_norm", edit={'squares.unfold(1, size, 1).sum(dim=-1)': 'sum(x.square().roll(d, 1) for d in range(1 - size + size // 2, size // 2 + 1))'}, hint='Your window runs round from the last channel to the first. Outside there are zeros.')
def norm_circular(): ...


@mistake("local_response_norm", edit={'alpha / size * sums': 'alpha * sums / F.pad(torch.ones_like(x), (0, 0, 0, 0, size // 2, (size - 1) // 2)).unfold(1, size, 1).sum(dim=-1)'}, hint='At the edges you divide by the channels that are inside. The formula divides by `size` everywhere.')
def norm_counted(): ...


@mistake("local_response_norm", edit={'squares = F.pad(x.square(), (0, 0, 0, 0, size // 2, (size - 1) // 2))': 'start = (torch.arange(x.shape[1], device=x.device) - size // 2)', 'sums = squares.unfold(1, size, 1).sum(dim=-1)': 'sums = x.square().cumsum(1)[:, (start + size).clamp(1, x.shape[1]) - 1] - x.square().cumsum(1)[:, start.clamp(0, x.shape[1] - 1)]'}, hint='The first channel of each window is missing in your sum. What does a difference of running sums leave out, if no zero stands in front?')
def norm_first_missing(): ...


@mistake("local_response_norm", edit={'(size - 1) // 2': 'size // 2'}, hint='Your padding is the same on both sides, which gives a channel too many where `size` is even. Together the two sides have size - 1.')
def norm_even(): ...


@mistake("local_response_norm", edit={'x / (': 'x * ('}, hint='You multiply by the power where it divides. Which sign has the exponent, and which operation stands before it?')
def norm_times(): ...


@mistake("local_response_norm", edit={'squares.unfold(1, size, 1).sum(dim=-1)': 'x.square()[:, (torch.arange(x.shape[1], device=x.device)[:, None] + torch.arange(size, device=x.device) - size // 2).clamp(0, x.shape[1] - 1)].sum(dim=2)'}, hint='Outside, your window sees the first and the last channel again. There are zeros.')
def norm_repeated(): ...


@mistake("local_response_norm", edit={'    squares = ': '    size = min(size, x.shape[1])\n    squares = '}, hint='Where `size` is larger than C, you go on with C. The division stays by `size`.')
def norm_cut(): ...


@mistake("local_response_norm", edit={'(0, 0, 0, 0, size // 2, (size - 1) // 2)': '(size // 2, (size - 1) // 2, size // 2, (size - 1) // 2)', 'squares.unfold(1, size, 1).sum(dim=-1)': 'squares.unfold(2, size, 1).unfold(3, size, 1).sum(dim=(-1, -2))'}, hint='Your window is a square of pixels in one channel. It runs over channels, at one pixel.')
def norm_square_of_pixels(): ...


@mistake("local_response_norm", edit={'squares.unfold(1, size, 1).sum(dim=-1)': 'squares.unfold(1, size, 1).sum(dim=-1) - x.square()'}, hint="The value's own square is missing in its window. It is in the middle of it.")
def norm_without_itself(): ...


@mistake("local_response_norm", edit={'return x / (k + alpha / size * sums) ** beta': 'x /= (k + alpha / size * sums) ** beta\n    return x'}, hint="You divide the input in place. It is the caller's, and autograd needs it.")
def norm_in_place(): ...


@mistake("vgg_layers", edit={'BatchNorm2d(entry)': 'BatchNorm2d(entry, eps=0.001)'}, hint="Your batch normalisation has another eps than torch's default. Only BasicConv2d has 0.001.")
def vgg_eps(): ...


@mistake("vgg_layers", edit={'not isinstance(entry, int) or entry < 1': 'isinstance(entry, str) or int(entry) < 1', '        layers.append(nn.Conv2d': '        entry = int(entry)\n        layers.append(nn.Conv2d'}, hint='A number with a fraction is cut to an int. It is refused.')
def vgg_floats(): ...


@mistake("vgg_layers", edit={'f"{entry!r} is neither \'M\' nor a number of channels"': '"an entry is wrong"'}, hint='The message does not say which entry is wrong.')
def vgg_message(): ...


@mistake("vgg_layers", edit={'layers.append(nn.Conv2d(in_channels, entry, 3, padding=1))': 'layers.append(nn.Sequential(nn.Conv2d(in_channels, entry, 3, padding=1)))', 'layers.append(nn.BatchNorm2d(entry))': 'layers[-1].append(nn.BatchNorm2d(entry))', 'layers.append(nn.ReLU())': 'layers[-1].append(nn.ReLU())'}, hint='Each convolution stands with its ReLU in a Sequential of its own, so names have two numbers. One Sequential holds all layers.')
def vgg_nested(): ...


@mistake("vgg_layers", edit={'for entry in cfg:': 'for place, entry in enumerate(cfg):', 'layers.append(nn.ReLU())': 'layers.extend([nn.ReLU()] if cfg[place + 1 : place + 2] != ["M"] else [])'}, hint='Where a pooling follows, your ReLU is missing. It stands after every convolution.')
def vgg_no_relu_before_pool(): ...


@mistake("vgg_layers", edit={'entry == "M"': 'str(entry).upper() == "M"'}, hint='A small "m" is taken for a pooling too. Only "M" is one.')
def vgg_small_m(): ...


@mistake("vgg_layers", edit={'    layers: list[nn.Module] = []': '    in_channels = 3\n    layers: list[nn.Module] = []'}, hint='The first convolution takes 3 channels whatever `in_channels` is.')
def vgg_three(): ...


@mistake("vgg_layers", edit={'        if not isinstance(entry, int)': '        if not isinstance(entry, (int, str)):\n            raise TypeError(f"{entry!r} is neither \'M\' nor an int")\n        if not isinstance(entry, int)'}, hint='An entry of another type raises a TypeError. The docstring asks for a ValueError whatever is wrong with it.')
def vgg_type_error(): ...


@mistake("vgg_layers", edit={'raise ValueError': 'raise TypeError'}, hint='Wrong entries raise a TypeError. The docstring asks for a ValueError.')
def vgg_all_type_errors(): ...


@mistake("vgg_layers", edit={'raise ValueError(f"{entry!r} is neither \'M\' nor a number of channels")': 'continue'}, hint='What is neither "M" nor a number is left out without a word. Say so with an error.')
def vgg_skipped(): ...


@mistake("vgg_layers", edit={' or entry < 1': ''}, hint='Your test lets every int through. What would a convolution with 0 channels be, or with -8?')
def vgg_any_int(): ...


@mistake("vgg_layers", edit={'    layers: list[nn.Module] = []': '    made = {}\n    layers: list[nn.Module] = []', 'layers.append(nn.Conv2d(in_channels, entry, 3, padding=1))': 'layers.append(made.setdefault((in_channels, entry), nn.Conv2d(in_channels, entry, 3, padding=1)))'}, hint='Convolutions of equal widths are one and the same layer, so they share their weights. Make a new one for each entry.')
def vgg_same_again(): ...


@mistake("Inception", edit={'self.branch1 = BasicConv2d(in_channels, ch1x1, kernel_size=1)': 'self.branch1 = nn.Sequential(BasicConv2d(in_channels, ch1x1, kernel_size=1))'}, hint='branch1 is a Sequential, so its weights are called branch1.0. A branch of one part is that part itself.')
def inception_in_row(): ...


@mistake("Inception", edit={'dim=1': 'dim=2'}, hint='You lay the branches one behind the other along another axis than the channels. Which axis of (N, C, H, W) has them?')
def inception_rows(): ...


@mistake("Inception", edit={'dim=1': 'dim=3'}, hint='You lay the branches one behind the other along another axis than the channels. Which axis of (N, C, H, W) has them?')
def inception_columns(): ...


@mistake("Inception", edit={'dim=1': 'dim=0'}, hint='You lay the branches one behind the other along another axis than the channels. Which axis of (N, C, H, W) has them?')
def inception_images(): ...


@mistake("Inception", edit={'torch.cat([branch(x) for branch in branches], dim=1)': 'torch.stack([branch(x) for branch in branches], dim=2).flatten(1, 2)'}, hint='You stack the branches, which needs equal numbers of channels and mixes them. Lay them one behind the other.')
def inception_stacked(): ...


@mistake("Inception", edit={'self.branch1, self.branch2, self.branch3,': 'self.branch1, self.branch3, self.branch2,'}, hint='The branches lie in another order. It is one, two, three, four.')
def inception_order(): ...


@mistake("Inception", edit={'[self.branch1, self.branch2, self.branch3, self.branch4]': '[self.branch4, self.branch1, self.branch2, self.branch3]'}, hint='The channels of the pooling branch come first. They are the last.')
def inception_pool_first(): ...


@mistake("Inception", edit={'BasicConv2d(in_channels, ch3x3red, kernel_size=1),': 'nn.Identity(),', 'BasicConv2d(ch3x3red, ch3x3,': 'BasicConv2d(in_channels, ch3x3,'}, hint='The 3 x 3 sees all channels of the input: its 1 x 1 is missing.')
def inception_wide_at_once(): ...


@mistake("Inception", edit={'ch3x3red, kernel_size=1)': 'ch3x3red, kernel_size=1, padding=1)', 'kernel_size=3, padding=1)': 'kernel_size=3)'}, hint='In the second branch the padding stands at the 1 x 1. Sizes fit, and the border is another: a padded 1 x 1 makes places of its own.')
def inception_padding_early(): ...


@mistake("Inception", edit={'BasicConv2d(in_channels, ch1x1': 'nn.Conv2d(in_channels, ch1x1', 'BasicConv2d(in_channels, ch3x3red': 'nn.Conv2d(in_channels, ch3x3red', 'BasicConv2d(ch3x3red': 'nn.Conv2d(ch3x3red', 'BasicConv2d(in_channels, ch5x5red': 'nn.Conv2d(in_channels, ch5x5red', 'BasicConv2d(ch5x5red': 'nn.Conv2d(ch5x5red', 'BasicConv2d(in_channels, pool_proj': 'nn.Conv2d(in_channels, pool_proj'}, hint='These are plain convolutions. A BasicConv2d has a batch normalisation and a ReLU behind it.')
def inception_plain(): ...


@mistake("Inception", edit={'MaxPool2d(3, stride=1, padding=1)': 'MaxPool2d(3, padding=1)'}, hint='Left out, the stride of a pooling is the side of its window. So the image gets smaller.')
def inception_default_stride(): ...


@mistake("Inception", edit={'nn.MaxPool2d(3, stride=1, padding=1)': 'nn.Sequential(nn.ZeroPad2d(1), nn.MaxPool2d(3, stride=1))'}, hint='Outside the image your pooling sees zeros, which are larger than a value below zero. Nothing outside may win.')
def inception_zeros_outside(): ...


@mistake("Inception", edit={'[branch(x) for branch in branches]': '[*(branch(x) for branch in branches[:3]), self.branch4[0](self.branch4[1](x))]'}, hint='The fourth branch projects and then pools. The pooling is first.')
def inception_projects_then_pools(): ...


@mistake("Inception", edit={'BasicConv2d(in_channels, ch5x5red,': 'BasicConv2d(in_channels, ch3x3red,', 'BasicConv2d(ch5x5red,': 'BasicConv2d(ch3x3red,'}, hint="The third branch's narrow place has the width of the second's. Each has its own argument.")
def inception_one_red(): ...


@mistake("Inception", edit={'        branches = ': '        x = F.relu_(x)\n        branches = '}, hint='A ReLU is applied to the input itself. The branches see x as it is, and it stays so.')
def inception_relu_in_place(): ...


@mistake("Inception", edit={'kernel_size=wide, padding=wide // 2': 'kernel_size=3, padding=1'}, hint='The third branch is 3 x 3 whatever `wide` is.')
def inception_always_3(): ...


@mistake("Inception", edit={'kernel_size=wide, padding=wide // 2': 'kernel_size=5, padding=2'}, hint='The third branch is 5 x 5 whatever `wide` is.')
def inception_always_5(): ...


@mistake("AuxiliaryClassifier", edit={'nn.Dropout(dropout)': 'nn.Dropout(0.7)'}, hint='The dropout is 0.7 whatever is asked for.')
def head_fixed(): ...


@mistake("AuxiliaryClassifier", edit={'nn.Dropout(dropout)': 'nn.Dropout()'}, hint='Your dropout drops a half whatever is asked for. Hand `dropout` on.')
def head_torchs_half(): ...


@mistake("AuxiliaryClassifier", edit={'nn.Dropout(dropout)': 'nn.Dropout(1 - dropout)'}, hint='You take `dropout` for the share that is kept. It is the share that is dropped.')
def head_share_kept(): ...


@mistake("AuxiliaryClassifier", edit={'self.dropout(F.relu(self.fc1(x)))': 'F.relu(self.fc1(x)) * (torch.rand(len(x), len(self.fc1.bias)) >= self.dropout.p if self.training else 1)'}, hint='What is kept is not made larger. On average a number should be what it was.')
def head_not_scaled(): ...


@mistake("AuxiliaryClassifier", edit={'self.dropout(F.relu(self.fc1(x)))': 'F.relu(self.fc1(x)) * (torch.rand(len(x), len(self.fc1.bias)) >= self.dropout.p if self.training and self.dropout.p else 1 - self.dropout.p)'}, hint='You make numbers smaller in evaluation mode. Make those that are kept larger in training mode instead.')
def head_scaled_late(): ...


@mistake("AuxiliaryClassifier", edit={'return self.fc2(self.dropout(F.relu(self.fc1(x))))': 'return self.dropout(self.fc2(F.relu(self.fc1(x))))'}, hint='The dropout stands after fc2: scores are dropped. It stands before.')
def head_after_scores(): ...


@mistake("AuxiliaryClassifier", edit={'nn.Linear(width * 4 * 4, hidden)': 'nn.Linear(width * 4 * 4, 1024)', 'nn.Linear(hidden,': 'nn.Linear(1024,'}, hint='The hidden layer has 1024 units whatever `hidden` is.')
def head_hidden(): ...


@mistake("AuxiliaryClassifier", edit={'F.adaptive_avg_pool2d(x, 4)': 'x.mean(dim=(2, 3), keepdim=True).expand(-1, -1, 4, 4)'}, hint='You average the whole map. What comes out has 4 x 4 windows, each with its own average.')
def head_global(): ...


@mistake("AuxiliaryClassifier", edit={'F.adaptive_avg_pool2d(x, 4)': 'F.avg_pool2d(x, 5, 3)'}, hint="Your pooling is the paper's, with windows of 5 and a stride of 3: it gives 4 x 4 for 14 x 14 only.")
def head_paper(): ...


@mistake("AuxiliaryClassifier", edit={'F.adaptive_avg_pool2d(x, 4)': 'F.adaptive_avg_pool2d(x, 4).float()'}, hint='The pooled map is float32 whatever comes in. After .double() the weights are float64: leave the dtype as it comes.')
def head_cast(): ...


Edit = dict[str, str]
POOLS = {"AlexNet": "", "ZFNet": ", padding=1"}
ALWAYS = 'type("Always", (nn.Dropout,), {"forward": lambda self, x: F.dropout(x, self.p)})(dropout)'
UNSCALED = 'type("Unscaled", (nn.Dropout,), {"forward": lambda self, x: x * (torch.rand_like(x) >= self.p) if self.training else x})(dropout)'
ONE_MASK = 'type("OneMask", (nn.Dropout,), {"forward": lambda self, x: x * F.dropout(torch.ones_like(x[:1]), self.p, self.training)})(dropout)'
BEHIND = "nn.Linear(hidden, hidden),\n            nn.ReLU(),"


def both(name: str, hint: str, edit: Edit | None = None, *, pools: Edit | None = None, dropout: str = "") -> None:
    """The same mistake in AlexNet and in ZFNet: an edit, other words in all poolings, or another dropout in both places."""
    for kind, padding in POOLS.items():
        words = dict(edit or {})
        for follows, pad in (("\n            nn.Conv2d(one", padding), ("\n            nn.Conv2d(two", padding), ("\n        )", "")):
            old = new = f"nn.MaxPool2d(3, stride=2{pad}),{follows}"
            for one, other in (pools or {}).items():
                new = new.replace(one, other)
            words |= {old: new} if pools else {}
        if dropout:
            words |= {f"nn.Dropout(dropout),\n            nn.Linear({to}": f"{dropout},\n            nn.Linear({to}" for to in ("five", "hidden")}

        def variant() -> None: ...

        variant.__name__ = f"{kind.lower()}_{name}"
        mistake(kind, edit=words, hint=hint)(variant)


both("dropout_scores", "A dropout stands before the scores too. Only the two hidden layers have one.", {BEHIND: BEHIND.replace("nn.ReLU()", "nn.Sequential(nn.ReLU(), nn.Dropout(dropout))")})
both("one_dropout", "There is no dropout before the second hidden layer.", {"nn.Dropout(dropout),\n            nn.Linear(hidden": "nn.Identity(),\n            nn.Linear(hidden"})
both("dropout_behind", "Your dropouts stand behind the hidden layers. Each stands before one.", {"nn.Dropout(dropout),\n            nn.Linear(five": "nn.Identity(),\n            nn.Linear(five", BEHIND: BEHIND.replace("nn.ReLU()", "nn.Sequential(nn.ReLU(), nn.Dropout(dropout))")})
both("from_0", "Your fully connected layers have the numbers 0, 3 and 6: a dropout has a number too, and stands before a layer.", {"nn.Dropout(dropout),\n            nn.Linear(five": "nn.Linear(five", BEHIND: BEHIND + "\n            nn.Dropout(dropout),"})
both("fixed_dropout", "A half is dropped whatever is asked for. Hand `dropout` on.", dropout="nn.Dropout(0.5)")
both("share_kept", "You take `dropout` for the share that is kept. It is the share that is dropped.", dropout="nn.Dropout(1 - dropout)")
both("always", "Numbers are dropped in evaluation mode too. nn.Dropout knows the mode; F.dropout has to be told.", dropout=ALWAYS)
both("not_scaled", "What is kept is not made larger. On average a number should be what it was.", dropout=UNSCALED)
both("one_mask", "The same numbers are dropped in all images. Each image has a draw of its own.", dropout=ONE_MASK)
both("no_hidden_relu", "There is no ReLU after the first hidden layer, so two layers work like one.", {"nn.Linear(five * 6 * 6, hidden),\n            nn.ReLU()": "nn.Linear(five * 6 * 6, hidden),\n            nn.Identity()"})
both("no_second_relu", "There is no ReLU after the second hidden layer, so it and the scores work like one layer.", {BEHIND: BEHIND.replace("ReLU", "Identity")})
both("no_last_relu", "The ReLU after the fifth convolution is missing.", {"nn.Conv2d(four, five, 3, padding=1),\n            nn.ReLU()": "nn.Conv2d(four, five, 3, padding=1),\n            nn.Identity()"})
both("softmax", "You return probabilities. Scores are wanted, the last layer's output as it is.", {".flatten(1))": ".flatten(1)).softmax(dim=1)"})
both("unpadded", "The fourth convolution has no padding, so it makes the image smaller.", {"three, four, 3, padding=1": "three, four, 3"})
both("max_last", "`avgpool` takes the maximum. It takes the average.", {"nn.AdaptiveAvgPool2d": "nn.AdaptiveMaxPool2d"})
both("bias", "The third convolution has no bias.", {"two, three, 3, padding=1": "two, three, 3, padding=1, bias=False"})
both("average", "The poolings in `features` take the average. They take the maximum.", pools={"MaxPool": "AvgPool"})
both("ceil", "Your poolings round up, so that windows reach over the right and lower edge. Sizes are floored.", pools={", padding=1": "", "stride=2": "stride=2, ceil_mode=True"})
both("small_windows", "Your poolings look at 2 x 2. The windows are 3 x 3 and overlap.", pools={"(3,": "(2,"})
both("256", "The classifier counts on 256 channels whatever `widths` says.", {"five * 6 * 6": "256 * 6 * 6"})
both("hidden", "The second hidden layer has 4096 units whatever `hidden` is.", {"nn.Linear(hidden, hidden)": "nn.Linear(hidden, 4096)", "nn.Linear(hidden, num_classes)": "nn.Linear(4096, num_classes)"})
both("not_adaptive", "What `features` gives is flattened at once. Where it is not 6 x 6, the classifier can't take it: what stands between the two?", {"self.avgpool(self.features(x))": "self.features(x)"})
both("pooled_early", "The last pooling follows the third convolution. It follows the fifth.", {"two, three, 3, padding=1),\n            nn.ReLU()": "two, three, 3, padding=1),\n            nn.Sequential(nn.ReLU(), nn.MaxPool2d(3, stride=2))", "nn.MaxPool2d(3, stride=2),\n        )": "nn.Identity(),\n        )"})


@mistake("local_response_norm", hint="view takes memory that lies row behind row, and images may come with other strides: reshape copies where it has to.")
def view_of_its_squares(x, size=5, alpha=1e-4, beta=0.75, k=1.0):
    n, c, h, w = x.shape
    padded = F.pad(x.pow(2).view(n, 1, c, h * w), (0, 0, size // 2, (size - 1) // 2))
    means = F.avg_pool2d(padded, (size, 1), stride=1).reshape(n, c, h, w)
    return x * (k + alpha * means).pow(-beta)


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


@right("local_response_norm")
def by_a_loop_over_the_window(x, size=5, alpha=1e-4, beta=0.75, k=1.0):
    squares = F.pad(x * x, (0, 0, 0, 0, size // 2, size - 1 - size // 2))
    total = torch.zeros_like(x)
    for place in range(size):
        total = total + squares[:, place : place + x.shape[1]]
    return x / (k + alpha / size * total) ** beta


@right("AuxiliaryClassifier", edit={"self.fc2(self.dropout(F.relu(self.fc1(x))))": "self._scores(x @ self.fc1.weight.T + self.fc1.bias)\n\n    def _scores(self, units):\n        units = units.clamp(min=0)\n        if self.training and self.dropout.p > 0:\n            units = units * (torch.rand_like(units) >= self.dropout.p) / (1 - self.dropout.p)\n        return units @ self.fc2.weight.T + self.fc2.bias"})
def head_with_matrices(): ...


@right("LeNet")
class LeNetInLists(nn.Module):
    def __init__(self, num_classes=10, in_channels=1, image_size=(32, 32), widths=(6, 16, 120, 84)):
        super().__init__()
        self.features = nn.ModuleList()
        last = in_channels
        for width in widths[:2]:
            self.features.append(nn.Conv2d(last, width, (5, 5)))
            self.features.append(nn.Tanh())
            self.features.append(nn.AvgPool2d((2, 2)))
            last = width
        rows, cols = (side // 4 - 3 for side in image_size)
        self.classifier = nn.ModuleList()
        last = last * rows * cols
        for units in (*widths[2:], num_classes):
            if len(self.classifier) > 0:
                self.classifier.append(nn.Tanh())
            self.classifier.append(nn.Linear(last, units))
            last = units

    def forward(self, x):
        for layer in self.features:
            x = layer(x)
        x = x.reshape(x.shape[0], -1)
        for layer in self.classifier:
            x = layer(x)
        return x


@right("AlexNet")
class AlexNetByFunctions(nn.Module):
    def __init__(self, num_classes=1000, dropout=0.5, widths=(64, 192, 384, 256, 256), hidden=4096):
        super().__init__()
        w = widths
        self.dropout = dropout
        self.features = nn.ModuleDict()
        self.features["0"] = nn.Conv2d(3, w[0], 11, stride=4, padding=2)
        self.features["3"] = nn.Conv2d(w[0], w[1], 5, stride=1, padding=2)
        self.features["6"] = nn.Conv2d(w[1], w[2], 3, padding=1)
        self.features["8"] = nn.Conv2d(w[2], w[3], 3, padding=1)
        self.features["10"] = nn.Conv2d(w[3], w[4], 3, padding=1)
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.ModuleDict(OrderedDict([("1", nn.Linear(w[4] * 36, hidden)), ("4", nn.Linear(hidden, hidden)), ("6", nn.Linear(hidden, num_classes))]))

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.features["0"](x)), 3, 2, 0)
        x = F.max_pool2d(F.relu(self.features["3"](x)), 3, 2, 0)
        x = F.relu(self.features["6"](x))
        x = F.relu(self.features["8"](x))
        x = F.max_pool2d(F.relu(self.features["10"](x)), 3, 2, 0)
        x = self.avgpool(x).flatten(1)
        x = F.dropout(x, self.dropout, training=self.training)
        x = F.relu(self.classifier["1"](x))
        x = F.dropout(x, self.dropout, training=self.training)
        x = F.relu(self.classifier["4"](x))
        return self.classifier["6"](x)


@right("ZFNet")
class ZFNetByFunctions(nn.Module):
    def __init__(self, num_classes=1000, dropout=0.5, widths=(96, 256, 384, 384, 256), hidden=4096):
        super().__init__()
        w = widths
        self.dropout = dropout
        self.features = nn.ModuleDict()
        self.features["0"] = nn.Conv2d(3, w[0], 7, stride=2, padding=1)
        self.features["3"] = nn.Conv2d(w[0], w[1], 5, stride=2, padding=0)
        self.features["6"] = nn.Conv2d(w[1], w[2], 3, padding=1)
        self.features["8"] = nn.Conv2d(w[2], w[3], 3, padding=1)
        self.features["10"] = nn.Conv2d(w[3], w[4], 3, padding=1)
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.ModuleDict(OrderedDict([("1", nn.Linear(w[4] * 36, hidden)), ("4", nn.Linear(hidden, hidden)), ("6", nn.Linear(hidden, num_classes))]))

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.features["0"](x)), 3, 2, 1)
        x = F.max_pool2d(F.relu(self.features["3"](x)), 3, 2, 1)
        x = F.relu(self.features["6"](x))
        x = F.relu(self.features["8"](x))
        x = F.max_pool2d(F.relu(self.features["10"](x)), 3, 2, 0)
        x = self.avgpool(x).flatten(1)
        x = F.dropout(x, self.dropout, training=self.training)
        x = F.relu(self.classifier["1"](x))
        x = F.dropout(x, self.dropout, training=self.training)
        x = F.relu(self.classifier["4"](x))
        return self.classifier["6"](x)


@right("Inception")
class InceptionFilledIn(nn.Module):
    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj, wide=3):
        super().__init__()
        self.out_channels = ch1x1 + ch3x3 + ch5x5 + pool_proj
        self.branch1 = BasicConv2d(in_channels, ch1x1, kernel_size=(1, 1))
        self.branch2 = nn.Sequential()
        self.branch2.append(BasicConv2d(in_channels, ch3x3red, kernel_size=(1, 1)))
        self.branch2.append(BasicConv2d(ch3x3red, ch3x3, kernel_size=(3, 3), padding=(1, 1)))
        self.branch3 = nn.Sequential()
        self.branch3.append(BasicConv2d(in_channels, ch5x5red, kernel_size=(1, 1)))
        self.branch3.append(BasicConv2d(ch5x5red, ch5x5, kernel_size=(wide, wide), padding=(wide // 2, wide // 2)))
        self.branch4 = nn.Sequential()
        self.branch4.append(nn.MaxPool2d((3, 3), stride=(1, 1), padding=(1, 1)))
        self.branch4.append(BasicConv2d(in_channels, pool_proj, kernel_size=(1, 1)))

    def forward(self, x):
        n, _, h, w = x.shape
        out = torch.empty(n, self.out_channels, h, w, dtype=x.dtype, device=x.device)
        at = 0
        for branch in (self.branch1, self.branch2, self.branch3, self.branch4):
            y = branch(x)
            c = y.shape[1]
            out[:, at:at + c] = y
            at = at + c
        return out


@right("AuxiliaryClassifier")
class HeadByFunctions(nn.Module):
    def __init__(self, in_channels, num_classes, dropout=0.7, width=128, hidden=1024):
        super().__init__()
        self.p = dropout
        self.conv = BasicConv2d(in_channels, width, kernel_size=1)
        self.fc1 = nn.Linear(16 * width, hidden)
        self.fc2 = nn.Linear(hidden, num_classes)

    def forward(self, x):
        h = self.conv(F.adaptive_avg_pool2d(x, 4)).flatten(start_dim=1)
        h = F.relu(self.fc1(h), inplace=True)
        return self.fc2(F.dropout(h, p=self.p, training=self.training))
