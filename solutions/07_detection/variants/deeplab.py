"""What students write in deeplab: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right

# LargeFOV


@right("LargeFOV")
class FovFunctional(nn.Module):
    """Layers of its own, a rule for the places, and what is kept by an index."""

    def __init__(self, in_channels, num_classes, width=1024, rate=12, dropout=0.5):
        super().__init__()
        self.rate = rate
        self.p = dropout
        self.fc6 = nn.Conv2d(in_channels, width, kernel_size=3, dilation=rate)
        self.fc7 = nn.Conv2d(width, width, kernel_size=1)
        self.fc8 = nn.Conv2d(width, num_classes, kernel_size=1)

    def forward(self, x):
        x = F.pad(x, [self.rate] * 4)
        for layer in (self.fc6, self.fc7):
            x = F.dropout(F.relu(layer(x)), self.p, training=self.training)
        return self.fc8(x)

    @torch.no_grad()
    def load_dense(self, fc6, fc7):
        weight, bias = fc6
        width, channels = self.fc6.out_channels, self.fc6.in_channels
        size = math.isqrt(weight.shape[1] // channels)
        kept = torch.tensor([0, size // 2, size - 1], device=weight.device)
        units = torch.arange(width, device=weight.device) * (weight.shape[0] // width)
        later = torch.arange(width, device=weight.device) * (fc7[0].shape[0] // width)
        kernels = weight.view(-1, channels, size, size) if weight.is_contiguous() else weight.reshape(-1, channels, size, size)
        kernels = kernels.index_select(0, units).index_select(2, kept).index_select(3, kept)
        self.fc6.weight.data.copy_(kernels)
        self.fc6.bias.data.copy_(bias.index_select(0, units))
        self.fc7.weight.data.copy_(fc7[0].index_select(0, later).index_select(1, units).unsqueeze(-1).unsqueeze(-1))
        self.fc7.bias.data.copy_(fc7[1].index_select(0, later))


@right("LargeFOV")
class FovSequential(nn.Module):
    """The layers in a row, and a state dict to load."""

    def __init__(self, in_channels, num_classes, width=1024, rate=12, dropout=0.5):
        super().__init__()
        self.fc6 = nn.Conv2d(in_channels, width, 3, padding="same", dilation=rate)
        self.fc7 = nn.Conv2d(width, width, 1)
        self.fc8 = nn.Conv2d(width, num_classes, 1)
        self.relu6, self.drop6, self.relu7, self.drop7 = nn.ReLU(inplace=True), nn.Dropout(dropout), nn.ReLU(inplace=True), nn.Dropout(dropout)

    def forward(self, x):
        x = self.drop6(self.relu6(self.fc6(x)))
        x = self.drop7(self.relu7(self.fc7(x)))
        return self.fc8(x)

    def load_dense(self, fc6, fc7):
        (w6, b6), (w7, b7) = fc6, fc7
        width, channels = self.fc7.in_channels, self.fc6.in_channels
        k = int(round(math.sqrt(w6.shape[1] / channels)))
        m, n = w6.shape[0] // width, w7.shape[0] // width
        places = [0, (k - 1) // 2, k - 1]
        small = w6.detach().reshape(-1, channels, k, k)[::m][:, :, places][:, :, :, places]
        state = self.state_dict()
        state["fc6.weight"], state["fc6.bias"] = small, b6.detach()[::m]
        state["fc7.weight"], state["fc7.bias"] = w7.detach()[::n, ::m].reshape(width, width, 1, 1), b7.detach()[::n]
        self.load_state_dict(state)


@right("LargeFOV")
class FovByLoops(nn.Module):
    """Each unit and each place by itself."""

    def __init__(self, in_channels, num_classes, width=1024, rate=12, dropout=0.5):
        super().__init__()
        self.fc6 = nn.Conv2d(in_channels, width, 3, 1, (rate, rate), (rate, rate))
        self.fc7 = nn.Conv2d(width, width, 1)
        self.fc8 = nn.Conv2d(width, num_classes, 1)
        self.drop = nn.Dropout(p=dropout)

    def forward(self, x):
        return self.fc8(self.drop(torch.clamp(self.fc7(self.drop(torch.clamp(self.fc6(x), min=0))), min=0)))

    def load_dense(self, fc6, fc7):
        width, channels = self.fc6.weight.shape[0], self.fc6.weight.shape[1]
        size = 1
        while channels * size * size < fc6[0].shape[1]:
            size += 2
        step6, step7 = len(fc6[1]) // width, len(fc7[1]) // width
        with torch.no_grad():
            for unit in range(width):
                kernel = fc6[0][unit * step6].reshape(channels, size, size)
                for a in range(3):
                    for b in range(3):
                        self.fc6.weight[unit, :, a, b] = kernel[:, a * (size // 2), b * (size // 2)]
                self.fc6.bias[unit] = fc6[1][unit * step6]
                self.fc7.bias[unit] = fc7[1][unit * step7]
                for other in range(width):
                    self.fc7.weight[unit, other, 0, 0] = fc7[0][unit * step7, other * step6]


DENSE = "load_dense"


@mistake("LargeFOV", edit={"padding=rate, dilation=rate": "padding=1, dilation=rate"}, hint="The map gets smaller: a border of 1 is enough for a kernel whose numbers lie side by side. How far does yours reach?")
def fov_padding_of_one(): ...


@mistake("LargeFOV", edit={"padding=rate, dilation=rate": "padding=1"}, hint="fc6 has no holes: its numbers lie side by side, whatever the rate is.")
def fov_without_dilation(): ...


@mistake("LargeFOV", edit={"padding=rate, dilation=rate": "padding=rate, dilation=rate, padding_mode='replicate'"}, hint="The border repeats the edge of the map. It holds zeros.")
def fov_border_of_copies(): ...


@mistake("LargeFOV", edit={"width, 3, padding=rate, dilation=rate": "width, 7, padding=3 * rate, dilation=rate"}, hint="fc6 still has 7 x 7 numbers. Nine of them stay.")
def fov_seven_by_seven(): ...


@mistake("LargeFOV", edit={"padding=rate, dilation=rate": "padding=rate, dilation=rate, bias=False", "self.fc6.bias.copy_(bias6[::units])": "pass"}, hint="fc6 has no bias. All three convolutions have one: only the count in the text leaves it out.")
def fov_fc6_without_bias(): ...


@mistake("LargeFOV", edit={"self.drop(self.fc6(x).relu())": "self.drop(self.fc6(x))"}, hint="There is no ReLU behind fc6.")
def fov_no_relu_behind_fc6(): ...


@mistake("LargeFOV", edit={"self.drop(self.fc7(x).relu())": "self.drop(self.fc7(x))"}, hint="There is no ReLU behind fc7.")
def fov_no_relu_behind_fc7(): ...


@mistake("LargeFOV", edit={"return self.fc8(x)": "return self.fc8(x).relu()"}, hint="The scores are never negative: a ReLU stands behind fc8.")
def fov_relu_behind_fc8(): ...


@mistake("LargeFOV", edit={"return self.fc8(x)": "return self.fc8(x).softmax(dim=1)"}, hint="Probabilities come out. Scores are what fc8 says, with nothing behind it.")
def fov_softmax(): ...


@mistake("LargeFOV", edit={"x = self.drop(self.fc7(x).relu())": "x = self.fc7(x).relu()"}, hint="Only what fc6 makes is dropped in training. A dropout stands behind fc7 too.")
def fov_one_dropout(): ...


@mistake("LargeFOV", edit={"x = self.drop(self.fc6(x).relu())": "x = self.fc6(x).relu()"}, hint="Only what fc7 makes is dropped in training. A dropout stands behind fc6 too.")
def fov_dropout_behind_fc7_alone(): ...


@mistake("LargeFOV", edit={"return self.fc8(x)": "return self.drop(self.fc8(x))"}, hint="Scores are dropped in training. Behind which layers does a dropout stand?")
def fov_drops_scores(): ...


@mistake("LargeFOV", edit={"nn.Dropout(dropout)": "nn.Dropout2d(dropout)"}, hint="Whole maps are dropped. It is to be single numbers.")
def fov_drops_whole_maps(): ...


@mistake("LargeFOV", edit={"nn.Dropout(dropout)": "nn.Dropout(1 - dropout)"}, hint="The share that is kept is dropped: with a dropout of 0 nothing is left.")
def fov_keeps_what_it_should_drop(): ...


@mistake("LargeFOV", edit={"nn.Dropout(dropout)": "(lambda x: F.dropout(x, dropout))"}, hint="Numbers are dropped in evaluation too: F.dropout is in training mode where nothing else is said.")
def fov_drops_in_evaluation(): ...


@mistake("LargeFOV", edit={"far, units, later = size // 2,": "far, units, later = 3,"}, hint="The places that stay are right for kernels of 7 x 7 alone. How far is it to the middle of a kernel of 5?")
def fov_every_third_place(): ...


@mistake("LargeFOV", edit={"kernels[::units, :, ::far, ::far]": "kernels[::units, :, far - 1 : far + 2, far - 1 : far + 2]"}, hint="The nine places in the middle of the kernel stay. The first, the middle and the last span all of it.")
def fov_middle_of_the_kernel(): ...


@mistake("LargeFOV", edit={"kernels[::units, :, ::far, ::far]": "kernels[::units, :, :3, :3]"}, hint="The first three rows and columns of the kernel stay. Which three span all of it?")
def fov_corner_of_the_kernel(): ...


@mistake("LargeFOV", edit={"kernels[::units, :, ::far, ::far]": "F.adaptive_avg_pool2d(kernels[::units], 3)"}, hint="Neighbours in the kernel are averaged. Decimation takes single numbers and throws the others away.")
def fov_kernels_pooled(): ...


@mistake("LargeFOV", edit={"kernels[::units, :, ::far, ::far]": "F.interpolate(kernels[::units], (3, 3), mode='nearest')"}, hint="Resizing takes other places of the kernel than the first, the middle and the last.")
def fov_kernels_resized(): ...


@mistake("LargeFOV", edit={"kernels[::units, :, ::far, ::far]": "kernels[: self.fc6.out_channels, :, ::far, ::far]", "bias6[::units]": "bias6[: self.fc6.out_channels]", "weights7[::later, ::units, None, None]": "weights7[: self.fc7.out_channels, : self.fc6.out_channels, None, None]", "bias7[::later]": "bias7[: self.fc7.out_channels]"}, hint="The first units stay, all in a row. Of F units it is to be every (F / width)-th.")
def fov_first_units(): ...


@mistake("LargeFOV", edit={"weights7[::later, ::units, None, None]": "weights7[::later, : self.fc6.out_channels, None, None]"}, hint="fc7's columns are the first ones. Column j read the unit j of fc6: which of these stayed?")
def fov_first_columns_of_fc7(): ...


@mistake("LargeFOV", edit={"weights7[::later, ::units, None, None]": "weights7[::later, ::units].T[:, :, None, None]"}, hint="fc7's rows and columns have changed places.")
def fov_fc7_transposed(): ...


@mistake("LargeFOV", edit={"weights6.reshape(-1, channels, size, size)": "weights6.reshape(-1, channels, size, size).transpose(2, 3)"}, hint="Rows and columns of fc6's kernels have changed places.")
def fov_kernels_transposed(): ...


@mistake("LargeFOV", edit={"weights6.reshape(-1, channels, size, size)": "weights6.reshape(-1, size, size, channels).permute(0, 3, 1, 2)"}, hint="fc6's weights are read with the channels last. The maps were flattened channels first.")
def fov_channels_last(): ...


@mistake("LargeFOV", edit={"kernels[::units, :, ::far, ::far]": "kernels[::units, :, ::far, ::far] * size**2 / 9"}, hint="The kept weights are scaled up for those that are gone. Nothing is scaled.")
def fov_scaled(): ...


@mistake("LargeFOV", edit={"self.fc6.bias.copy_(bias6[::units])": "pass"}, hint="fc6's bias is not taken over.")
def fov_bias6_left(): ...


@mistake("LargeFOV", edit={"self.fc7.bias.copy_(bias7[::later])": "pass"}, hint="fc7's bias is not taken over.")
def fov_bias7_left(): ...


@mistake("LargeFOV", edit={"self.fc6.weight.copy_(kernels[::units, :, ::far, ::far])": "self.fc6.weight = nn.Parameter(kernels[::units, :, ::far, ::far].clone())"}, hint="fc6.weight is a new parameter. An optimiser that was made before would go on with the old one.")
def fov_new_parameter(): ...


@mistake("LargeFOV", edit={"self.fc6.weight.copy_(kernels[::units, :, ::far, ::far])": "self.fc6.weight.data = kernels.detach()[::units, :, ::far, ::far]"}, hint="What is loaded shares its memory with the given tensors: training it would change the classifier.")
def fov_shares_memory(): ...


@mistake("LargeFOV", edit={"        with torch.no_grad():\n            self.fc6": "        self.requires_grad_(False)\n        with torch.no_grad():\n            self.fc6"}, hint="The parameters are frozen by the loading. They learn on.")
def fov_frozen(): ...


@mistake("LargeFOV", edit={"self.fc7 = nn.Conv2d(width, width, 1)": "self.fc7 = nn.Linear(width, width)", "self.drop(self.fc7(x).relu())": "self.drop(self.fc7(x.movedim(1, 3)).relu()).movedim(3, 1)", "weights7[::later, ::units, None, None]": "weights7[::later, ::units]"}, hint="fc7 is a dense layer over the channels. It gives the same numbers, but its weights have another shape than those of a 1 x 1 convolution.")
def fov_fc7_is_linear(): ...


@mistake("LargeFOV", edit={'weights7[::later, ::units, None, None]': 'weights7[::later, ::later, None, None]'}, hint="fc7's columns are taken at the step of its rows. Columns go with the units of fc6.")
def fov_columns_by_rows(): ...


@mistake("LargeFOV", edit={'kernels[::units, :, ::far, ::far]': 'kernels.unflatten(0, (width, units)).mean(dim=1)[:, :, ::far, ::far]'}, hint='Groups of units are averaged. One unit of each stays, as it is.')
def fov_mean_of_groups(): ...


@mistake("LargeFOV", edit={'self.fc6(x)': 'self.fc6(F.relu_(x))'}, hint='A ReLU stands before fc6 and works in place: it changes the maps that are given.')
def fov_relu_in_place_first(): ...


@mistake("LargeFOV", edit={'size = round((weights6.shape[1] / channels) ** 0.5)': 'size = 7'}, hint="Every kernel is taken for one of 7 x 7. How long is a row of fc6's weights?")
def fov_always_seven(): ...


@mistake("LargeFOV", edit={'self.fc6.bias.copy_(bias6[::units])': 'pass', 'self.fc7.bias.copy_(bias7[::later])': 'pass'}, hint='The weights are taken over, and the biases are not.')
def fov_no_bias_taken_over(): ...


@mistake("LargeFOV", edit={'kernels[::units, :, ::far, ::far]': 'kernels[::units][:, :, [0, 3, -1]][..., [0, 3, -1]]'}, hint='The middle of a kernel is taken to be its place 3, as for 7 x 7. Where does it lie for 5?')
def fov_middle_at_three(): ...


@mistake("LargeFOV", edit={'        with torch.no_grad():\n            self.fc6': '        for one in (*fc6, *fc7):\n            one.requires_grad_(False)\n        with torch.no_grad():\n            self.fc6'}, hint='The given parameters learn no more: the classifier is frozen by the loading.')
def fov_freezes_the_classifier(): ...


# dense_crf


@right("dense_crf")
def crf_by_fines(scores, images, num_steps=5, appearance=(3.0, 8.0, 0.1), smoothness=(1.0, 1.0)):
    """The fines for other labels as they stand, with cdist."""
    n, k, h, w = scores.shape
    rows, cols = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    grid = torch.stack([rows.reshape(-1), cols.reshape(-1)], dim=1).to(scores)
    colours = images.reshape(n, images.shape[1], h * w).permute(0, 2, 1)
    apart = torch.cdist(grid, grid, compute_mode="donot_use_mm_for_euclid_dist") ** 2
    unlike = torch.cdist(colours, colours, compute_mode="donot_use_mm_for_euclid_dist") ** 2
    k1 = appearance[0] * torch.exp(-apart / (2 * appearance[1] ** 2) - unlike / (2 * appearance[2] ** 2))
    k2 = smoothness[0] * torch.exp(-apart / (2 * smoothness[1] ** 2))
    others = 1 - torch.eye(h * w, dtype=scores.dtype, device=scores.device)
    kernel = (k1 + k2) * others
    unary = -torch.log_softmax(scores.reshape(n, k, h * w), dim=1)
    q = torch.softmax(-unary, dim=1)
    potts = 1 - torch.eye(k, dtype=scores.dtype, device=scores.device)
    for _ in range(num_steps):
        message = torch.einsum("nij,nkj->nki", kernel, q)
        fine = torch.einsum("kl,nli->nki", potts, message)
        q = torch.softmax(-unary - fine, dim=1)
    return q.reshape(n, k, h, w)


@right("dense_crf")
def crf_less_its_own(scores, images, num_steps=5, appearance=(3.0, 8.0, 0.1), smoothness=(1.0, 1.0)):
    """All pairs, and then what a pixel says to itself is taken off; features of places and colours together."""
    n, k, h, w = scores.shape
    y = torch.arange(h, device=scores.device, dtype=scores.dtype).repeat_interleave(w)
    x = torch.arange(w, device=scores.device, dtype=scores.dtype).repeat(h)
    place = torch.stack([y, x]).expand(n, 2, h * w)
    (w1, alpha, beta), (w2, gamma) = appearance, smoothness
    both = torch.cat([place / alpha, images.flatten(2) / beta], dim=1)

    def gauss(features):
        gap = features.unsqueeze(3) - features.unsqueeze(2)
        return torch.exp(-0.5 * (gap * gap).sum(dim=1))

    kernel = w1 * gauss(both) + w2 * gauss(place / gamma)
    logits = scores.flatten(2)
    q = torch.softmax(logits, 1)
    while num_steps > 0:
        heard = torch.bmm(q, kernel) - (w1 + w2) * q
        q = torch.softmax(logits + heard, 1)
        num_steps -= 1
    return q.view(n, k, h, w)


@right("dense_crf")
def crf_pixels_first(scores, images, num_steps=5, appearance=(3.0, 8.0, 0.1), smoothness=(1.0, 1.0)):
    """Pixels before classes, energies in logarithms, a mask on the diagonal."""
    size = scores.shape[-2:]
    unary = scores.log_softmax(1).flatten(2).mT
    colours = images.flatten(2).mT
    index = torch.arange(size[0] * size[1], device=scores.device)
    row, column = (index // size[1]).to(scores.dtype), (index % size[1]).to(scores.dtype)
    near = (row[:, None] - row[None, :]).pow(2) + (column[:, None] - column[None, :]).pow(2)
    alike = (colours.unsqueeze(2) - colours.unsqueeze(1)).pow(2).sum(-1)
    weights = appearance[0] * torch.exp(-near / 2 / appearance[1] ** 2) * torch.exp(-alike / 2 / appearance[2] ** 2)
    weights = weights + smoothness[0] * torch.exp(-near / 2 / smoothness[1] ** 2)
    weights = weights.masked_fill(torch.eye(len(index), dtype=torch.bool, device=scores.device), 0)
    q = unary.exp()
    for _ in range(num_steps):
        penalty = weights @ (1 - q)
        energy = unary - penalty
        q = (energy - energy.logsumexp(dim=2, keepdim=True)).exp()
    return q.mT.reshape(scores.shape)


@mistake("dense_crf", edit={"    kernel = kernel - torch.diag_embed(kernel.diagonal(dim1=1, dim2=2))\n": ""}, hint="Each pixel listens to itself too, with the largest weight of all. The sum is over j ≠ i.")
def crf_hears_itself(): ...


@mistake("dense_crf", edit={"(flat + found @ kernel).softmax(dim=1)": "(flat - found @ kernel).softmax(dim=1)"}, hint="Neighbours push a pixel away from their label. A fine is paid for *other* labels: what does that make of one's own?")
def crf_wrong_sign(): ...


@mistake("dense_crf", edit={"(flat + found @ kernel).softmax(dim=1)": "(found + found @ kernel).softmax(dim=1)"}, hint="The Q of the step before takes the place of the scores. The unary energies stay in every step.")
def crf_forgets_the_unary(): ...


@mistake("dense_crf", edit={"(flat + found @ kernel).softmax(dim=1)": "(found.log() + found @ kernel).softmax(dim=1)"}, hint="Each step starts from the Q of the step before, so that the neighbours count again and again. The unary energies are those of the network in every step.")
def crf_adds_up(): ...


@mistake("dense_crf", edit={"found = flat.softmax(dim=1)\n    for": "found = flat.softmax(dim=1)\n    flat = flat.softmax(dim=1)\n    for"}, hint="Probabilities stand where the unary energies belong. What is the energy of a probability?")
def crf_probabilities_as_scores(): ...


@mistake("dense_crf", edit={"found = flat.softmax(dim=1)\n    for": "found = flat.softmax(dim=1)\n    flat = found.log()\n    for"}, hint="A probability that is rounded to 0 has the energy ∞, and its class can never come back. Its energy can be had from the scores without a rounding.")
def crf_log_of_the_softmax(): ...


@mistake("dense_crf", edit={"found = flat.softmax(dim=1)\n    for": "found = flat.softmax(dim=1)\n    flat = (found + 1e-8).log()\n    for"}, hint="The small number that is added to the probabilities changes the energies of the unlikely ones. The scores give all energies as they are.")
def crf_log_with_epsilon(): ...


@mistake("dense_crf", edit={"found = flat.softmax(dim=1)\n    for": "found = torch.full_like(flat, 1 / flat.shape[1])\n    for"}, hint="The field begins with equal probabilities. It begins with the softmax of the scores.")
def crf_starts_uniform(): ...


@mistake("dense_crf", edit={"found = flat.softmax(dim=1)\n    for": "found = flat\n    for"}, hint="The first step hears raw scores, and with no steps scores come out. The field begins with their softmax.")
def crf_starts_with_scores(): ...


@mistake("dense_crf", edit={"range(num_steps)": "range(num_steps - 1)"}, hint="There is one step too few.")
def crf_one_step_less(): ...


@mistake("dense_crf", edit={"range(num_steps)": "range(num_steps + 1)"}, hint="There is one step too many: with 0 steps the softmax of the scores comes back.")
def crf_one_step_more(): ...


@mistake("dense_crf", edit={"range(num_steps)": "range(max(1, num_steps))"}, hint="With 0 steps one is made.")
def crf_at_least_one_step(): ...


@mistake("dense_crf", edit={"found = (flat + found @ kernel).softmax(dim=1)": "heard = found @ kernel\n        found = (flat + heard / kernel.sum(dim=1, keepdim=True).clamp(min=1e-20)).softmax(dim=1)"}, hint="What a pixel hears is divided by the sum of its kernels. They are not normalised here.")
def crf_normalised_kernel(): ...


@mistake("dense_crf", edit={"(flat + found @ kernel)": "(flat + 2 * found @ kernel)"}, hint="Each pair counts twice. In the energy the sum is over i < j.")
def crf_pairs_twice(): ...


@mistake("dense_crf", edit={"(flat + found @ kernel)": "(flat + found @ kernel / 2)"}, hint="What the neighbours say is halved. Each pair stands once in the energy, and both of its pixels feel all of it.")
def crf_pairs_half(): ...


@mistake("dense_crf", edit={"-far / (2 * wide**2) - unlike / (2 * tint**2)": "-far / wide**2 - unlike / tint**2", "(-far / (2 * narrow**2)).exp()": "(-far / narrow**2).exp()"}, hint="The kernels are too narrow: a factor of 2 is missing below the squared distances.")
def crf_without_the_two(): ...


@mistake("dense_crf", edit={"-far / (2 * wide**2) - unlike / (2 * tint**2)": "-far / (2 * wide) - unlike / (2 * tint)", "(-far / (2 * narrow**2)).exp()": "(-far / (2 * narrow)).exp()"}, hint="The widths are not squared.")
def crf_widths_not_squared(): ...


@mistake("dense_crf", edit={"-far / (2 * wide**2) - unlike / (2 * tint**2)": "-far.sqrt() / (2 * wide**2) - unlike.sqrt() / (2 * tint**2)", "(-far / (2 * narrow**2)).exp()": "(-far.sqrt() / (2 * narrow**2)).exp()"}, hint="The kernels fall with the distance. They fall with its square.")
def crf_distances_not_squared(): ...


@mistake("dense_crf", edit={"(-far / (2 * wide**2) - unlike / (2 * tint**2)).exp()": "((-far / (2 * wide**2)).exp() + (-unlike / (2 * tint**2)).exp())"}, hint="Places and colours are added where they should be multiplied: the appearance links pixels that are near *and* alike.")
def crf_near_or_alike(): ...


@mistake("dense_crf", edit={"-far / (2 * wide**2) - unlike / (2 * tint**2)": "-unlike / (2 * tint**2) + 0 * far"}, hint="The appearance looks at the colours alone. It fades with the distance as well.")
def crf_colours_alone(): ...


@mistake("dense_crf", edit={"-far / (2 * wide**2) - unlike / (2 * tint**2)": "-far / (2 * tint**2) - unlike / (2 * wide**2)"}, hint="The widths of places and colours have changed places in the appearance.")
def crf_widths_exchanged(): ...


@mistake("dense_crf", edit={"(-far / (2 * narrow**2)).exp()": "(-far / (2 * wide**2)).exp()"}, hint="The smoothness has the width of the appearance. It has one of its own.")
def crf_one_width(): ...


@mistake("dense_crf", edit={"    kernel = kernel + second * (-far / (2 * narrow**2)).exp()\n": ""}, hint="The smoothness kernel is left out.")
def crf_without_smoothness(): ...


@mistake("dense_crf", edit={"colours[:, None]).square().sum(dim=3)": "colours[:, None]).square().mean(dim=3)"}, hint="Colours are compared by the mean over the channels. A squared distance is the sum.")
def crf_mean_over_channels(): ...


@mistake("dense_crf", edit={"(places[:, None] - places[None]).square().sum(dim=2)": "(places[:, None] - places[None]).abs().sum(dim=2).square()"}, hint="Distances are counted along rows and columns and added. It is the straight line whose square counts.")
def crf_city_blocks(): ...


@mistake("dense_crf", edit={"indexing=\"ij\"": "indexing=\"xy\""}, hint="Places are listed column by column, and pixels row by row: in images that are not square the two don't belong together.")
def crf_places_by_columns(): ...


@mistake("dense_crf", edit={"lines = [torch.arange(n, dtype=scores.dtype, device=scores.device) for n in size]": "lines = [torch.arange(n, dtype=scores.dtype, device=scores.device) / n for n in size]"}, hint="Places are shares of the height and the width. The widths are in pixels.")
def crf_places_as_shares(): ...


@mistake("dense_crf", edit={"lines = [torch.arange(n, dtype=scores.dtype, device=scores.device) for n in size]": "lines = [torch.linspace(-1, 1, n, dtype=scores.dtype, device=scores.device) for n in size]"}, hint="Places run from −1 to 1. The widths are in pixels.")
def crf_places_from_minus_one_to_one(): ...


@mistake("dense_crf", edit={"colours = images.flatten(2).transpose(1, 2)": "colours = images[:1].flatten(2).transpose(1, 2).expand(len(images), -1, -1)"}, hint="All images take the colours of the first.")
def crf_colours_of_the_first(): ...


@mistake("dense_crf", edit={"colours = images.flatten(2).transpose(1, 2)": "colours = images.reshape(len(images), -1, images.shape[1])"}, hint="Channels and pixels of the colours get mixed: a reshape does not move a dimension.")
def crf_colours_reshaped(): ...


@mistake("dense_crf", edit={"colours = images.flatten(2).transpose(1, 2)": "colours = (images / 255).flatten(2).transpose(1, 2)"}, hint="Colours are divided by 255. They may be in any range, and the width is in their units.")
def crf_colours_by_255(): ...


@mistake("dense_crf", edit={"found = flat.softmax(dim=1)\n    for": "found = flat.softmax(dim=2)\n    for"}, hint="The first softmax runs over the pixels. Probabilities add up to 1 over the classes.")
def crf_first_softmax_over_pixels(): ...


@mistake("dense_crf", edit={"(flat + found @ kernel).softmax(dim=1)": "(flat + found @ kernel).softmax(dim=2)"}, hint="The softmax of each step runs over the pixels. Probabilities add up to 1 over the classes.")
def crf_softmax_over_pixels(): ...


@mistake("dense_crf", edit={"return found.unflatten(2, size)": "return found.unflatten(2, size).argmax(dim=1)"}, hint="Labels come out. It is to be the probabilities of all classes.")
def crf_labels(): ...


@mistake("dense_crf", edit={"return found.unflatten(2, size)": "return found.unflatten(2, size).log()"}, hint="Logarithms come out. It is to be probabilities.")
def crf_logarithms(): ...


@mistake("dense_crf", edit={"found = (flat + found @ kernel).softmax(dim=1)": "found = found.clone()\n        for i in range(flat.shape[2]):\n            found[:, :, i] = (flat[:, :, i] + (found * kernel[:, i : i + 1]).sum(dim=2)).softmax(dim=1)"}, hint="Pixels change one after the other, each by what those before it have become. In a step all change together.")
def crf_in_turn(): ...


@mistake("dense_crf", edit={"(flat + found @ kernel).softmax(dim=1)": "0.5 * found + 0.5 * (flat + found @ kernel).softmax(dim=1)"}, hint="Half of the step before is mixed in. That damps swings, but the rule takes the right side as the new Q.")
def crf_damped(): ...


@mistake("dense_crf", edit={"(flat + found @ kernel)": "(flat + F.one_hot(found.argmax(1), flat.shape[1]).mT.to(flat) @ kernel)"}, hint="Neighbours are heard by their likeliest label alone. What they say is weighed by their probabilities.")
def crf_hard_votes(): ...


@mistake("dense_crf", edit={'    flat = scores.flatten(2)\n': '    kernel = kernel.mean(dim=0, keepdim=True)\n    flat = scores.flatten(2)\n'}, hint='All images share one kernel, the mean of theirs. Each image is a field of its own.')
def crf_one_kernel_for_all(): ...


@mistake("dense_crf", edit={'images.flatten(2)': 'images[:, :3].flatten(2)'}, hint='Only three channels of the images are looked at. There may be any number.')
def crf_three_channels(): ...


@mistake("dense_crf", edit={'images.flatten(2)': '(images / 255 if images.max() > 1 else images).flatten(2)'}, hint='Colours that exceed 1 are divided by 255. They may be in any range, and the width is in their units.')
def crf_large_colours_by_255(): ...


@mistake("dense_crf", edit={'kernel = kernel - torch.diag_embed(kernel.diagonal(dim1=1, dim2=2))': 'kernel = kernel.tril(-1)'}, hint='Each pixel hears only those behind it. That i < j counts each pair once in the energy, and both of its pixels hear each other.')
def crf_hears_those_after(): ...


@mistake("dense_crf", edit={'kernel = kernel - torch.diag_embed(kernel.diagonal(dim1=1, dim2=2))': 'kernel = kernel.triu(1)'}, hint='Each pixel hears only those in front of it. That i < j counts each pair once in the energy, and both of its pixels hear each other.')
def crf_hears_those_before(): ...


@mistake("dense_crf", edit={'(first, wide, tint), (second, narrow) = appearance, smoothness\n': '(first, wide, tint), (second, narrow) = appearance, smoothness\n    first, second = first or 3.0, second or 1.0\n'}, hint='A weight of 0 is taken for one that is missing, as 0 counts as false in Python.')
def crf_weight_of_zero(): ...


@mistake("dense_crf", edit={'        found = (flat + found @ kernel).softmax(dim=1)\n': '        new = (flat + found @ kernel).softmax(dim=1)\n        if (new - found).abs().max() < 1e-2:\n            break\n        found = new\n'}, hint='The steps end as soon as one changes little. A field may be slow at first, and there are num_steps of them.')
def crf_stops_early(): ...


@mistake("dense_crf", edit={'unlike = (colours[:, :, None] - colours[:, None]).square().sum(dim=3)': 'norms = colours.square().sum(dim=2)\n    unlike = (norms[:, :, None] + norms[:, None] - 2 * colours @ colours.mT).clamp(min=0)'}, hint='The squared distance of colours is made of squares that are far larger, and their difference has few digits left. The differences of colours lose none.')
def crf_squares_multiplied_out(): ...


@mistake("dense_crf", edit={'    flat = scores.flatten(2)\n': '    kernel = kernel.float().to(scores.dtype)\n    flat = scores.flatten(2)\n'}, hint='The kernel goes through float32. It has the dtype of the scores.')
def crf_kernel_in_float32(): ...


@mistake("dense_crf", edit={'found = flat.softmax(dim=1)\n    for': 'found = flat.softmax(dim=1)\n    flat = found.clamp(min=1e-8).log()\n    for'}, hint='Probabilities are cut off below before the logarithm, so all unlikely classes get the same energy. The scores give all energies as they are.')
def crf_log_of_clamped(): ...


@mistake("dense_crf", edit={'    flat = scores.flatten(2)\n': '    kernel = kernel * (far.sqrt() <= max(5, 3 * narrow))\n    flat = scores.flatten(2)\n'}, hint="Pixels that lie far apart don't hear each other. Each is tied to all the others.")
def crf_window(): ...


@mistake("dense_crf", edit={'(flat + found @ kernel).softmax(dim=1)': '(found.clamp(min=1e-38).log() + found @ kernel).softmax(dim=1)'}, hint='Each step starts from the Q of the step before, so that the neighbours count again and again. The unary energies are those of the network in every step.')
def crf_adds_up_clamped(): ...


# ASPP


@right("ASPP")
class AsppWithParts(nn.Module):
    """As torchvision has it: small functions for the branches, the pooled one interpolated."""

    def __init__(self, in_channels, rates, out_channels=256, dropout=0.5):
        super().__init__()

        def branch(*first):
            return nn.Sequential(*first, nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True))

        modules = [branch(nn.Conv2d(in_channels, out_channels, 1, bias=False))]
        for r in rates:
            modules.append(branch(nn.Conv2d(in_channels, out_channels, 3, padding=r, dilation=r, bias=False)))
        modules.append(branch(nn.AdaptiveAvgPool2d((1, 1)), nn.Conv2d(in_channels, out_channels, 1, bias=False)))
        self.convs = nn.ModuleList(modules)
        self.project = nn.Sequential(
            nn.Conv2d(out_channels * (len(rates) + 2), out_channels, kernel_size=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
        )

    def forward(self, x):
        h, w = x.shape[-2:]
        outs = [conv(x) for conv in self.convs[:-1]]
        pooled = self.convs[-1](x)
        outs.append(F.interpolate(pooled, size=(h, w), mode="bilinear", align_corners=False))
        return self.project(torch.cat(outs, 1))

    @staticmethod
    def rates_for(output_stride, multi_grid=(1, 2, 4), rates=(6, 12, 18)):
        factors = {8: 4, 16: 2, 32: 1}
        if output_stride not in factors:
            raise ValueError("output stride must be 8, 16 or 32")
        base = factors[output_stride]
        return [base * unit for unit in multi_grid], [rate * base // 2 for rate in rates]


class BranchOfMean(nn.Sequential):
    """A pooled branch that spreads its answer itself."""

    def forward(self, x):
        out = super().forward(x)
        return out.repeat(1, 1, x.shape[2], x.shape[3])


@right("ASPP")
class AsppWithABranchClass(nn.Module):
    """A branch class of its own, registered one by one."""

    def __init__(self, in_channels, rates, out_channels=256, dropout=0.5):
        super().__init__()
        self.convs = nn.ModuleList()
        self.convs.append(nn.Sequential(nn.Conv2d(in_channels, out_channels, (1, 1), bias=False), nn.BatchNorm2d(out_channels), nn.ReLU()))
        for rate in rates:
            conv = nn.Conv2d(in_channels, out_channels, (3, 3), padding="same", dilation=rate, bias=False)
            self.convs.append(nn.Sequential(conv, nn.BatchNorm2d(out_channels), nn.ReLU()))
        self.convs.append(BranchOfMean(nn.AdaptiveAvgPool2d(1), nn.Conv2d(in_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels), nn.ReLU()))
        self.project = nn.Sequential(nn.Conv2d(len(self.convs) * out_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels), nn.ReLU(), nn.Dropout(p=dropout))

    def forward(self, x):
        parts = tuple(conv(x) for conv in self.convs)
        return self.project(torch.concatenate(parts, dim=1))

    @staticmethod
    def rates_for(output_stride, multi_grid=(1, 2, 4), rates=(6, 12, 18)):
        if output_stride == 8:
            return [4 * m for m in multi_grid], [2 * r for r in rates]
        if output_stride == 16:
            return [2 * m for m in multi_grid], list(rates)
        if output_stride == 32:
            return list(multi_grid), [r // 2 for r in rates]
        raise ValueError(output_stride)


class MeanOverMap(nn.Module):
    """The mean over rows and columns, kept as a map of 1 x 1."""

    def forward(self, x):
        return x.mean(dim=(2, 3), keepdim=True)


@right("ASPP")
class AsppIntoOneCanvas(nn.Module):
    """What the branches make is written into one tensor."""

    def __init__(self, in_channels, rates, out_channels=256, dropout=0.5):
        super().__init__()
        self.width = out_channels
        first = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels))
        wide = [nn.Sequential(nn.Conv2d(in_channels, out_channels, 3, 1, r, r, 1, False), nn.BatchNorm2d(out_channels)) for r in rates]
        last = nn.Sequential(MeanOverMap(), nn.Conv2d(in_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels))
        self.convs = nn.ModuleList([first, *wide, last])
        self.project = nn.Sequential(nn.Conv2d((2 + len(wide)) * out_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels))
        self.drop = nn.Dropout(dropout)

    def forward(self, x):
        canvas = x.new_zeros(len(x), len(self.convs) * self.width, *x.shape[2:])
        for i, branch in enumerate(self.convs):
            canvas[:, i * self.width : (i + 1) * self.width] = F.relu(branch(x))
        return self.drop(F.relu(self.project(canvas)))

    @staticmethod
    def rates_for(output_stride, multi_grid=(1, 2, 4), rates=(6, 12, 18)):
        if output_stride not in {8, 16, 32}:
            raise ValueError(f"no output stride of {output_stride}")
        return [int(m * (32 / output_stride)) for m in multi_grid], [int(r * (16 / output_stride)) for r in rates]


WIDE = "wide = nn.Conv2d(in_channels, out_channels, 3, 1, rate, rate, bias=False)"
POOLED = "found[-1] = found[-1].expand(-1, -1, *x.shape[2:])"


@mistake("ASPP", edit={"3, 1, rate, rate, bias=False": "3, 1, 1, rate, bias=False", "found[-1] = found[-1].expand": "found = [F.interpolate(one, x.shape[2:]) if one.shape[2] * one.shape[3] > 1 else one for one in found[:-1]] + found[-1:]\n        found[-1] = found[-1].expand"}, hint="The dilated branches have a border of 1, shrink the map, and are resized to make up for it. How much border keeps the size?")
def aspp_border_of_one(): ...


@mistake("ASPP", edit={"3, 1, rate, rate, bias=False": "3, 1, 1, bias=False"}, hint="The branches of 3 x 3 have no dilation: all of them see the same.")
def aspp_without_dilation(): ...


@mistake("ASPP", edit={"3, 1, rate, rate, bias=False": "3, 1, rate, rate, padding_mode='replicate', bias=False"}, hint="The dilated branches see copies of the edge beyond the map. Borders are zeros.")
def aspp_border_of_copies(): ...


@mistake("ASPP", edit={"3, 1, rate, rate, bias=False": "3, 1, rate, rate"}, hint="The branches of 3 x 3 have biases. The batch normalisation behind them has one already.")
def aspp_wide_with_bias(): ...


@mistake("ASPP", edit={"return nn.Conv2d(before, out_channels, 1, bias=False)": "return nn.Conv2d(before, out_channels, 1)"}, hint="The 1 x 1 convolutions have biases. None of the convolutions has one here.")
def aspp_with_bias(): ...


@mistake("ASPP", edit={"for rate in rates:": "for rate in sorted(rates):"}, hint="The rates are sorted. They stay in the order given, or stored weights get another rate.")
def aspp_rates_sorted(): ...


@mistake("ASPP", edit={"for rate in rates:": "for rate in (6, 12, 18)[: len(rates)]:"}, hint="The rates are those of the paper, whatever is asked for.")
def aspp_fixed_rates(): ...


@mistake("ASPP", edit={"pool = nn.AdaptiveAvgPool2d(1)": "pool = nn.AdaptiveMaxPool2d(1)"}, hint="The pooled branch takes the largest number of the map. It takes the mean.")
def aspp_largest(): ...


@mistake("ASPP", edit={"        found[-1] = found[-1].expand(-1, -1, *x.shape[2:])\n": "        small = found[-1].expand(-1, -1, *x.shape[2:])\n        found[-1] = F.pad(found[-1], (0, x.shape[3] - 1, 0, x.shape[2] - 1)) + 0 * small\n"}, hint="The pooled numbers stand at one place of the map, with zeros at the others. All places get them.")
def aspp_pooled_at_one_place(): ...


@mistake("ASPP", edit={"        branches.append(nn.Sequential(pool, conv(in_channels), *rest()))\n": "", "        pool = nn.AdaptiveAvgPool2d(1)\n": "", "        found[-1] = found[-1].expand(-1, -1, *x.shape[2:])\n": ""}, hint="There is no pooled branch.")
def aspp_without_pooling(): ...


@mistake("ASPP", edit={"branches = [nn.Sequential(conv(in_channels), *rest())]": "branches = []"}, hint="There is no 1 x 1 branch.")
def aspp_without_the_first(): ...


@mistake("ASPP", edit={"branches.append(nn.Sequential(pool, conv(in_channels), *rest()))": "branches.insert(0, nn.Sequential(pool, conv(in_channels), *rest()))", "found[-1] = found[-1].expand": "found[0] = found[0].expand"}, hint="The pooled branch stands first. It stands last.")
def aspp_pooled_first(): ...


@mistake("ASPP", edit={"nn.Sequential(pool, conv(in_channels), *rest())": "nn.Sequential(conv(in_channels), *rest(), pool)"}, hint="The pooled branch pools at its end, and its names show it. What is pooled first is the map that comes in.")
def aspp_pools_at_the_end(): ...


@mistake("ASPP", edit={"nn.Sequential(pool, conv(in_channels), *rest())": "nn.Sequential(nn.Identity(), conv(in_channels), *rest(), pool)"}, hint="The pooled branch pools at its end: a ReLU, or a batch normalisation in training, doesn't change places with a mean. What is pooled first is the map that comes in.")
def aspp_pools_at_the_end_by_the_right_names(): ...


@mistake("ASPP", edit={"        found[-1] = found[-1].expand": "        pooled = self.convs[-1]\n        found[-1] = pooled[3](pooled[2](pooled[1](pooled[0](x).expand(-1, -1, *x.shape[2:])) + 0 * x.mean()))\n        found[-1] = found[-1].expand", "found = [branch(x) for branch in self.convs]": "found = [branch(x) for branch in self.convs[:-1]] + [x]"}, hint="The pooled numbers are spread over the map before they are normalised. In training the variance then counts each of them many times: the running one comes out different.")
def aspp_spread_before_it_is_normalised(): ...


@mistake("ASPP", edit={"torch.cat(found, dim=1)": "torch.cat(found[::-1], dim=1)"}, hint="The branches are concatenated from the last to the first.")
def aspp_joined_backwards(): ...


@mistake("ASPP", edit={"torch.cat(found, dim=1)": "torch.stack(found, dim=2).flatten(1, 2)"}, hint="The channels of the branches are shuffled into each other. All of one branch come first, then those of the next.")
def aspp_interleaved(): ...


@mistake("ASPP", edit={"mixed = conv(len(branches) * out_channels)": "mixed = conv(out_channels)", "torch.cat(found, dim=1)": "sum(found)"}, hint="The branches are added up, as in the second version. Here they are concatenated.")
def aspp_added_up(): ...


@mistake("ASPP", edit={"return nn.BatchNorm2d(out_channels), nn.ReLU()": "return nn.BatchNorm2d(out_channels), nn.Identity()"}, hint="There is no ReLU behind the batch normalisations.")
def aspp_without_relu(): ...


@mistake("ASPP", edit={"nn.Sequential(mixed, *rest(), nn.Dropout(dropout))": "nn.Sequential(mixed, rest()[0], nn.Dropout(dropout))"}, hint="There is no ReLU behind the projection.")
def aspp_no_relu_at_the_end(): ...


@mistake("ASPP", edit={"branches.append(nn.Sequential(pool, conv(in_channels), *rest()))": "branches.append(nn.Sequential(pool, conv(in_channels), nn.ReLU()))"}, hint="The pooled branch has no batch normalisation. The third version has one there too, which is why a batch needs two images.")
def aspp_pooled_without_norm(): ...


@mistake("ASPP", edit={"nn.Dropout(dropout)": "nn.Dropout2d(dropout)"}, hint="Whole maps are dropped. It is to be single numbers.")
def aspp_drops_whole_maps(): ...


@mistake("ASPP", edit={", nn.Dropout(dropout))": ")"}, hint="Nothing is dropped in training.")
def aspp_without_dropout(): ...


@mistake("ASPP", edit={"return nn.BatchNorm2d(out_channels), nn.ReLU()": "return nn.BatchNorm2d(out_channels), nn.ReLU(), nn.Dropout(dropout)", "nn.Sequential(mixed, *rest(), nn.Dropout(dropout))": "nn.Sequential(mixed, *rest())"}, hint="Numbers are dropped in every branch. There is a dropout behind the projection, and no other.")
def aspp_drops_in_the_branches(): ...


@mistake("ASPP", edit={"nn.BatchNorm2d(out_channels), nn.ReLU()": "nn.BatchNorm2d(out_channels, eps=1e-3), nn.ReLU()"}, hint="The epsilon of the batch normalisations isn't torch's own.")
def aspp_other_epsilon(): ...


@mistake("ASPP", edit={"nn.BatchNorm2d(out_channels), nn.ReLU()": "nn.BatchNorm2d(out_channels, momentum=0.01), nn.ReLU()"}, hint="The momentum of the batch normalisations isn't torch's own: the running statistics come out different.")
def aspp_other_momentum(): ...


@mistake("ASPP", edit={"[unit * 32 // output_stride for unit in multi_grid]": "[unit * output_stride // 8 for unit in multi_grid]"}, hint="The last block's dilations grow with the output stride. Where the map is finer, its places are nearer to each other: what does the same reach need?")
def aspp_block_the_wrong_way(): ...


@mistake("ASPP", edit={"[rate * 16 // output_stride for rate in rates]": "[rate * output_stride // 16 for rate in rates]"}, hint="ASPP's rates grow with the output stride. On a finer map the same reach is more places.")
def aspp_rates_the_wrong_way(): ...


@mistake("ASPP", edit={"[rate * 16 // output_stride for rate in rates]": "list(rates)"}, hint="ASPP's rates stay the same for all output strides. They are for a stride of 16, and a rate counts places.")
def aspp_rates_stay(): ...


@mistake("ASPP", edit={"[unit * 32 // output_stride for unit in multi_grid]": "[unit * 16 // output_stride for unit in multi_grid]"}, hint="The last block's unit rates are taken for those of a stride of 16. They are the dilations where nothing is dilated otherwise.")
def aspp_units_at_sixteen(): ...


@mistake("ASPP", edit={"[unit * 32 // output_stride for unit in multi_grid]": "[32 // output_stride for unit in multi_grid]"}, hint="All convolutions of the last block get one dilation: multi-grid is left out.")
def aspp_without_multi_grid(): ...


@mistake("ASPP", edit={"[unit * 32 // output_stride for unit in multi_grid]": "[unit * 32 / output_stride for unit in multi_grid]", "[rate * 16 // output_stride for rate in rates]": "[rate * 16 / output_stride for rate in rates]"}, hint="Rates are numbers with a decimal point. A dilation is an int.")
def aspp_rates_as_floats(): ...


@mistake("ASPP", edit={"if output_stride not in (8, 16, 32):": "if output_stride not in (8, 12, 16, 32, 64, 4):"}, hint="Output strides other than 8, 16 and 32 are accepted.")
def aspp_any_output_stride(): ...


@mistake("ASPP", edit={"raise ValueError(f\"output_stride": "raise KeyError(f\"output_stride"}, hint="Another error is raised than a ValueError.")
def aspp_key_error(): ...


@mistake("ASPP", edit={'3, 1, rate, rate, bias=False': '3, 1, rate, rate', 'return nn.Conv2d(before, out_channels, 1, bias=False)': 'return nn.Conv2d(before, out_channels, 1)'}, hint='All convolutions have biases. The batch normalisation behind each has one already.')
def aspp_all_with_biases(): ...


@mistake("ASPP", edit={'[unit * 32 // output_stride for unit in multi_grid]': '[unit * (2 if output_stride < 32 else 1) for unit in multi_grid]'}, hint="The last block's dilations are doubled for a stride of 8 as for 16. For 8 two blocks have given up their strides.")
def aspp_block_doubled(): ...


@mistake("ASPP", edit={'[unit * 32 // output_stride for unit in multi_grid]': '[unit * 32 // output_stride for unit in (1, 2, 4)]', '[rate * 16 // output_stride for rate in rates]': '[rate * 16 // output_stride for rate in (6, 12, 18)]'}, hint='rates_for takes the usual unit rates and rates, whatever it is given.')
def aspp_usual_rates_alone(): ...


@mistake("ASPP", edit={'nn.Dropout(dropout)': 'nn.Dropout(0.5)'}, hint='Half is dropped in training, whatever dropout is.')
def aspp_dropout_of_half(): ...


@mistake("ASPP", edit={'mixed = conv(len(branches) * out_channels)': 'mixed = conv(5 * out_channels)'}, hint='The projection reads five branches. How many there are depends on the rates.')
def aspp_five_branches(): ...


@mistake("ASPP", edit={'nn.Sequential(pool, conv(in_channels), *rest())': 'nn.Sequential(pool, conv(in_channels), rest()[0])'}, hint='The pooled branch has no ReLU. Each branch has one.')
def aspp_no_relu_in_the_pooled(): ...


@mistake("ASPP", edit={'3, 1, rate, rate, bias=False': '3, 1, 1, rate, bias=False'}, hint='The dilated branches make smaller maps: their border is 1. How much keeps the size?')
def aspp_shrinks(): ...


@mistake("ASPP", edit={'nn.Sequential(pool, conv(in_channels), *rest())': 'nn.Sequential(conv(in_channels), *rest())', '        pool = nn.AdaptiveAvgPool2d(1)\n': '', 'found = [branch(x) for branch in self.convs]': 'found = [branch(x) for branch in self.convs[:-1]] + [self.convs[-1](x.mean((2, 3), keepdim=True))]'}, hint='In the pooled branch the convolution is stored under 0. Something that stores nothing stands before it.')
def aspp_pool_not_stored(): ...


@mistake("ASPP", edit={'torch.cat(found, dim=1)': 'torch.cat(found[-1:] + found[:-1], dim=1)'}, hint='What the pooled branch makes is concatenated first. It comes last.')
def aspp_pooled_joined_first(): ...


@mistake("ASPP", edit={'[rate * 16 // output_stride for rate in rates]': '[rate * (2 if output_stride == 8 else 1) for rate in rates]'}, hint="ASPP's rates are the same for the strides 32 and 16. On a coarser map the same reach is fewer places.")
def aspp_rates_stay_at_32(): ...


@mistake("ASPP", edit={'        for rate in rates:\n': '        shared = rest()\n        for rate in rates:\n', 'branches.append(nn.Sequential(wide, *rest()))': 'branches.append(nn.Sequential(wide, *shared))'}, hint='The dilated branches share one batch normalisation. Each has its own.')
def aspp_one_norm_for_all(): ...


@mistake("ASPP", edit={'return block, [rate * 16 // output_stride for rate in rates]': 'return tuple(block), tuple(rate * 16 // output_stride for rate in rates)'}, hint='Tuples come out. It is to be two lists.')
def aspp_rates_in_tuples(): ...


@mistake("ASPP", edit={'    @staticmethod\n': ''}, hint='rates_for is no static method any more: a module that is asked hands itself over as the output stride.')
def aspp_rates_not_static(): ...


# DeepLabV3Head


@right("DeepLabV3Head")
class HeadByNumbers(nn.Module):
    """A module whose parts are registered by their numbers, and a loss of negative log-likelihoods."""

    def __init__(self, in_channels, num_classes, rates=(12, 24, 36), channels=256, dropout=0.5):
        super().__init__()
        self.add_module("0", ASPP(in_channels, rates, channels, dropout))
        self.add_module("1", nn.Conv2d(channels, channels, 3, padding=1, bias=False))
        self.add_module("2", nn.BatchNorm2d(channels))
        self.add_module("3", nn.ReLU())
        self.add_module("4", nn.Conv2d(channels, num_classes, 1))

    def forward(self, x):
        for name in "01234":
            x = getattr(self, name)(x)
        return x

    def loss(self, scores, labels, aux=None, aux_weight=0.5, ignore_index=255):
        def one(s):
            s = F.interpolate(s, size=labels.shape[-2:], mode="bilinear")
            logs = torch.log_softmax(s, dim=1)
            counts = labels != ignore_index
            picked = logs.gather(1, labels.where(counts, torch.zeros_like(labels)).unsqueeze(1)).squeeze(1)
            return -(picked * counts).sum() / counts.sum().clamp_min(1)

        total = one(scores)
        if aux is not None:
            total = total + aux_weight * one(aux)
        return total


@right("DeepLabV3Head")
class HeadWithAGuard(nn.Sequential):
    """torch's own mean, and a guard where nothing counts."""

    def __init__(self, in_channels, num_classes, rates=(12, 24, 36), channels=256, dropout=0.5):
        aspp = ASPP(in_channels, list(rates), out_channels=channels, dropout=dropout)
        conv = nn.Conv2d(channels, channels, kernel_size=3, stride=1, padding=1, bias=False)
        super().__init__(aspp, conv, nn.BatchNorm2d(channels), nn.ReLU(inplace=True), nn.Conv2d(channels, num_classes, kernel_size=1))

    def loss(self, scores, labels, aux=None, aux_weight=0.5, ignore_index=255):
        if bool((labels == ignore_index).all()):
            return scores.sum() * 0 if aux is None else scores.sum() * 0 + aux.sum() * 0
        loss = self.enlarged_loss(scores, labels, ignore_index)
        if aux is None:
            return loss
        return loss + aux_weight * self.enlarged_loss(aux, labels, ignore_index)

    def enlarged_loss(self, scores, labels, ignore_index):
        large = nn.functional.interpolate(scores, labels.shape[1:], None, "bilinear", False)
        return F.cross_entropy(large, labels, ignore_index=ignore_index)


@right("DeepLabV3Head")
class HeadOfKeptPixels(nn.Sequential):
    """Only pixels that count are compared."""

    def __init__(self, in_channels, num_classes, rates=(12, 24, 36), channels=256, dropout=0.5):
        super().__init__()
        layers = [ASPP(in_channels, rates, channels, dropout), nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, num_classes, 1)]
        for layer in layers:
            self.append(layer)

    def loss(self, scores, labels, aux=None, aux_weight=0.5, ignore_index=255):
        keep = labels.flatten() != ignore_index
        losses = []
        for small in (scores, aux):
            if small is None:
                continue
            large = nn.Upsample(size=tuple(labels.shape[1:]), mode="bilinear", align_corners=False)(small)
            rows = large.movedim(1, -1).reshape(-1, small.shape[1])[keep]
            costs = rows.logsumexp(dim=1) - rows[torch.arange(len(rows)), labels.flatten()[keep]]
            losses.append(costs.sum() / max(len(rows), 1))
        return losses[0] if aux is None else losses[0] + aux_weight * losses[1]


@mistake("DeepLabV3Head", edit={"nn.Conv2d(channels, channels, 3, padding=1, bias=False)": "nn.Conv2d(channels, channels, 3, padding=1)"}, hint="The convolution of 3 x 3 has a bias. The batch normalisation behind it has one.")
def head_conv_with_bias(): ...


@mistake("DeepLabV3Head", edit={"nn.Conv2d(channels, num_classes, 1)": "nn.Conv2d(channels, num_classes, 1, bias=False)"}, hint="The last convolution has no bias.")
def head_scores_without_bias(): ...


@mistake("DeepLabV3Head", edit={"nn.Conv2d(channels, channels, 3, padding=1, bias=False)": "nn.Conv2d(channels, channels, 1, bias=False)"}, hint="The convolution behind ASPP is 1 x 1. It is 3 x 3.")
def head_one_by_one(): ...


@mistake("DeepLabV3Head", edit={"nn.Conv2d(channels, num_classes, 1)": "nn.Conv2d(channels, num_classes, 3, padding=1)"}, hint="The scores are made by 3 x 3. It is 1 x 1.")
def head_scores_three_by_three(): ...


@mistake("DeepLabV3Head", edit={"nn.Conv2d(channels, channels, 3, padding=1, bias=False)": "nn.Conv2d(channels, channels, 3, padding=1, bias=False, padding_mode='replicate')"}, hint="The border of the 3 x 3 convolution repeats the map's edge. It holds zeros, as everywhere here.")
def head_border_of_copies(): ...


@mistake("DeepLabV3Head", edit={"            nn.ReLU(),\n": ""}, hint="There is no ReLU before the scores, and the last layer has another number.")
def head_without_relu(): ...


@mistake("DeepLabV3Head", edit={"            nn.ReLU(),\n": "            nn.Identity(),\n"}, hint="There is no ReLU behind the batch normalisation of the 3 x 3 convolution.")
def head_identity(): ...


@mistake("DeepLabV3Head", edit={"nn.Conv2d(channels, num_classes, 1),": "nn.Conv2d(channels, num_classes, 1),\n            nn.ReLU(),"}, hint="The scores are never negative: there is a ReLU behind them.")
def head_relu_at_the_end(): ...


@mistake("DeepLabV3Head", edit={"nn.Conv2d(channels, num_classes, 1),": "nn.Conv2d(channels, num_classes, 1),\n            nn.Softmax(dim=1),"}, hint="Probabilities come out. Scores are what the last convolution says.")
def head_softmax(): ...


@mistake("DeepLabV3Head", edit={"nn.Conv2d(channels, num_classes, 1),": "nn.Conv2d(channels, num_classes, 1),\n            nn.Upsample(scale_factor=8, mode='bilinear'),"}, hint="The scores are enlarged by the head. It leaves them as large as the map, and the loss enlarges them.")
def head_enlarges(): ...


@mistake("DeepLabV3Head", edit={"nn.Conv2d(channels, num_classes, 1),": "nn.Conv2d(channels, num_classes + 1, 1),"}, hint="There is one score too many. The ground is one of the K classes.")
def head_a_class_more(): ...


@mistake("DeepLabV3Head", edit={"nn.ReLU(),": "nn.Sequential(nn.ReLU(), nn.Dropout(dropout)),"}, hint="Numbers are dropped before the scores too. ASPP's dropout is the only one.")
def head_drops_again(): ...


@mistake("DeepLabV3Head", edit={"ASPP(in_channels, rates, channels, dropout)": "ASPP(in_channels, (12, 24, 36)[: len(rates)], channels, dropout)"}, hint="ASPP always gets the usual rates.")
def head_fixed_rates(): ...


@mistake("DeepLabV3Head", edit={"align_corners=False": "align_corners=True"}, hint="The scores are enlarged corner to corner. The middles of pixels lie half a pixel from the edges.")
def head_align_corners(): ...


@mistake("DeepLabV3Head", edit={"size, mode=\"bilinear\", align_corners=False": "size, mode=\"nearest\""}, hint="The scores are enlarged by repeating. It is to be bilinear.")
def head_nearest(): ...


@mistake("DeepLabV3Head", edit={"size, mode=\"bilinear\", align_corners=False": "size, mode=\"bicubic\", align_corners=False"}, hint="The scores are enlarged by cubic curves. It is to be bilinear.")
def head_bicubic(): ...


@mistake("DeepLabV3Head", edit={"size, mode=\"bilinear\", align_corners=False": "size, mode=\"bilinear\", align_corners=False, antialias=True"}, hint="Where a side is shrunk, the scores are smoothed first. It is plain bilinear.")
def head_antialias(): ...


@mistake("DeepLabV3Head", edit={"size = labels.shape[1:]": "size = labels.shape[1:][::-1]", "return total /": "return total.clone() /", "F.cross_entropy(large, labels, **settings)": "F.cross_entropy(large.transpose(2, 3), labels, **settings)"}, hint="Rows and columns change places where the scores are enlarged.")
def head_rows_and_columns(): ...


@mistake("DeepLabV3Head", edit={"large = F.interpolate(small, size, mode=\"bilinear\", align_corners=False)": "large, wanted = small, F.interpolate(labels[:, None].double(), small.shape[2:], mode='nearest')[:, 0].long()", "F.cross_entropy(large, labels, **settings)": "F.cross_entropy(large, wanted, **settings)", "(labels != ignore_index)": "(wanted != ignore_index)"}, hint="The labels are shrunk to the scores, as in versions 1 and 2. Here the scores are enlarged.")
def head_shrinks_labels(): ...


@mistake("DeepLabV3Head", edit={"F.interpolate(small, size,": "F.interpolate(small.softmax(dim=1), size,", "F.cross_entropy(large, labels, **settings)": "F.nll_loss(large.clamp(min=1e-12).log(), labels, **settings)"}, hint="Probabilities are enlarged, and the logarithm is taken afterwards. Nothing is done to the scores before they are enlarged.")
def head_enlarges_probabilities(): ...


@mistake("DeepLabV3Head", edit={"F.interpolate(small, size,": "F.interpolate(small.log_softmax(dim=1), size,", "F.cross_entropy(large, labels, **settings)": "F.nll_loss(large, labels, **settings)"}, hint="Logarithms of probabilities are enlarged. Nothing is done to the scores before they are enlarged.")
def head_enlarges_logarithms(): ...


@mistake("DeepLabV3Head", edit={"F.cross_entropy(large, labels, **settings)": "F.cross_entropy(large.softmax(dim=1), labels, **settings)"}, hint="The softmax is taken twice: the cross-entropy has its own.")
def head_softmax_twice(): ...


@mistake("DeepLabV3Head", edit={"F.cross_entropy(large, labels, **settings)": "F.cross_entropy(large, labels, label_smoothing=0.1, **settings)"}, hint="The labels are smoothed. Nothing of that was asked for.")
def head_label_smoothing(): ...


@mistake("DeepLabV3Head", edit={"\"ignore_index\": ignore_index": "\"ignore_index\": 255", "(labels != ignore_index)": "(labels != 255)"}, hint="Only the label 255 is ignored, whatever ignore_index is.")
def head_ignores_255_alone(): ...


@mistake("DeepLabV3Head", edit={"(labels != ignore_index).sum().clamp(min=1)": "labels.numel()"}, hint="Ignored pixels add nothing, and still count in the mean.")
def head_mean_over_all(): ...


@mistake("DeepLabV3Head", edit={"(labels != ignore_index).sum().clamp(min=1)": "(labels != ignore_index).sum()"}, hint="Where no pixel counts the loss is 0 / 0.")
def head_nothing_over_nothing(): ...


@mistake("DeepLabV3Head", edit={"(labels != ignore_index).sum().clamp(min=1)": "((labels != ignore_index).sum() + 1e-3)"}, hint="The small number below the line changes every mean, and not the empty one alone.")
def head_epsilon_below(): ...


@mistake("DeepLabV3Head", edit={"total / (labels != ignore_index).sum().clamp(min=1)": "total / len(labels)"}, hint="The sum over the pixels is divided by the number of images. It is a mean over pixels.")
def head_sum_over_pixels(): ...


@mistake("DeepLabV3Head", edit={"total = F.cross_entropy(large, labels, **settings)": "each = [F.cross_entropy(a[None], b[None], **settings) / (b != ignore_index).sum().clamp(min=1) for a, b in zip(large, labels)]", "return total / (labels != ignore_index).sum().clamp(min=1)": "return torch.stack(each).mean()"}, hint="Each image's mean counts the same. It is the mean over all pixels of the batch, and images may have different numbers that count.")
def head_mean_of_means(): ...


@mistake("DeepLabV3Head", edit={"loss + aux_weight * mean(aux)": "loss + mean(aux)"}, hint="The auxiliary loss counts fully. It has a weight.")
def head_aux_without_weight(): ...


@mistake("DeepLabV3Head", edit={"loss + aux_weight * mean(aux)": "loss + 0.5 * mean(aux)"}, hint="The auxiliary loss always counts half, whatever its weight is.")
def head_aux_half(): ...


@mistake("DeepLabV3Head", edit={"loss + aux_weight * mean(aux)": "loss + 0.4 * mean(aux)", "aux_weight: float = 0.5": "aux_weight: float = 0.4"}, hint="The auxiliary loss has the weight 0.4, as in other networks. It has the one that is given, or else 0.5.")
def head_aux_of_pspnet(): ...


@mistake("DeepLabV3Head", edit={"loss + aux_weight * mean(aux)": "(1 - aux_weight) * loss + aux_weight * mean(aux)"}, hint="The main loss shrinks where an auxiliary one is added. Only the auxiliary one has a weight.")
def head_aux_mixed(): ...


@mistake("DeepLabV3Head", edit={"return loss if aux is None else loss + aux_weight * mean(aux)": "return loss"}, hint="The auxiliary scores cost nothing.")
def head_without_aux(): ...


@mistake("DeepLabV3Head", edit={"loss + aux_weight * mean(aux)": "loss + aux_weight * mean(aux.detach())"}, hint="No gradient reaches the auxiliary scores.")
def head_aux_detached(): ...


@mistake("DeepLabV3Head", edit={"aux_weight * mean(aux)": "aux_weight * F.cross_entropy(F.interpolate(aux, labels.shape[1:], mode='bilinear', align_corners=False), labels, ignore_index=255, reduction='sum') / (labels != 255).sum().clamp(min=1)"}, hint="The auxiliary loss ignores 255 alone. It is made as the main one.")
def head_aux_ignores_255_alone(): ...


@mistake("DeepLabV3Head", edit={'loss + aux_weight * mean(aux)': '(loss + aux_weight * mean(aux)) / (1 + aux_weight)'}, hint='The sum of the losses is divided by that of their weights. It is the sum.')
def head_aux_averaged(): ...


@mistake("DeepLabV3Head", edit={'loss + aux_weight * mean(aux)': 'loss + aux_weight * mean(F.interpolate(aux, scores.shape[2:], mode="bilinear", align_corners=False))'}, hint="The auxiliary scores are brought to the size of the main ones first. They are enlarged to the labels' at once.")
def head_aux_in_two_steps(): ...


@mistake("DeepLabV3Head", edit={'return loss if aux is None else loss + aux_weight * mean(aux)': 'return loss + aux_weight * mean(aux) if aux else loss'}, hint='A tensor of many numbers is neither true nor false. What is to be known is whether there is one.')
def head_aux_as_a_truth(): ...


@mistake("DeepLabV3Head", edit={'loss + aux_weight * mean(aux)': 'loss + (aux_weight or 0.5) * mean(aux)'}, hint='An auxiliary weight of 0 is taken for one that is missing, as 0 counts as false in Python.')
def head_aux_weight_of_zero(): ...


@mistake("DeepLabV3Head", edit={'        loss = mean(scores)\n': '        if not (labels != ignore_index).any():\n            return scores.new_zeros(())\n        loss = mean(scores)\n'}, hint='Where no pixel counts a 0 comes out that does not hang on the scores, and so has no gradients. They are to be 0.')
def head_constant_zero(): ...


@mistake("DeepLabV3Head", edit={'(labels != ignore_index).sum().clamp(min=1)': '((labels != ignore_index).sum() + 1)'}, hint='The mean is over one pixel more than there are. The 1 below the line is for the empty case alone.')
def head_one_pixel_more(): ...


@mistake("DeepLabV3Head", edit={'ASPP(in_channels, rates, channels, dropout)': 'ASPP(in_channels, rates, channels)'}, hint='ASPP is not given the dropout, and takes its usual one.')
def head_dropout_left_out(): ...


@mistake("DeepLabV3Head", edit={'nn.ReLU(),': 'nn.Sequential(nn.ReLU(), nn.Dropout(0.1)),'}, hint="Numbers are dropped behind the head's own ReLU too. ASPP's dropout is the only one.")
def head_drops_a_tenth(): ...


@mistake("DeepLabV3Head", edit={'3, padding=1, bias=False': '3, bias=False'}, hint='The convolution of 3 x 3 shrinks the map: it has no border.')
def head_shrinks(): ...


@mistake("DeepLabV3Head", edit={'        def mean(small: torch.Tensor) -> torch.Tensor:\n': '        labels = torch.where((labels < 0) | (labels >= scores.shape[1]), -100, labels)\n        ignore_index = -100\n\n        def mean(small: torch.Tensor) -> torch.Tensor:\n'}, hint='All labels that are no class are ignored, and ignore_index is not asked. It may be a class too.')
def head_ignores_what_is_no_class(): ...


@mistake("DeepLabV3Head", edit={'F.interpolate(small, size, mode="bilinear", align_corners=False)': 'F.interpolate(small, scale_factor=size[1] // small.shape[3], mode="bilinear", align_corners=False)'}, hint="The scores are enlarged by a whole factor. They get the labels' size, whatever that is.")
def head_whole_factor(): ...


@mistake("DeepLabV3Head", edit={'large = F.interpolate(small, size, mode="bilinear", align_corners=False)': 'large = small if small.shape[2] == size[0] else F.interpolate(small, size, mode="bilinear", align_corners=False)'}, hint='Scores that are as high as the labels are not enlarged, however wide they are.')
def head_asks_the_height_alone(): ...


@mistake("DeepLabV3Head", edit={'        def mean(small: torch.Tensor) -> torch.Tensor:\n': '        labels[labels == ignore_index] = -100\n        ignore_index = -100\n\n        def mean(small: torch.Tensor) -> torch.Tensor:\n'}, hint='Ignored pixels are marked in the labels that are given. The inputs stay as they are.')
def head_marks_the_labels(): ...


# LRASPPHead


@right("LRASPPHead")
class LightFunctional(nn.Module):
    """The gate as a function of the map's mean."""

    def __init__(self, low_channels, high_channels, num_classes, inter_channels=128):
        super().__init__()
        conv = nn.Conv2d(high_channels, inter_channels, kernel_size=1, bias=False)
        self.cbr = nn.Sequential(conv, nn.BatchNorm2d(inter_channels))
        self.scale = nn.Sequential(nn.Identity(), nn.Conv2d(high_channels, inter_channels, kernel_size=1, bias=False))
        self.low_classifier = nn.Conv2d(low_channels, num_classes, kernel_size=1)
        self.high_classifier = nn.Conv2d(inter_channels, num_classes, kernel_size=1)

    def forward(self, maps):
        high = maps["high"]
        gate = self.scale(high.mean((2, 3), keepdim=True)).sigmoid()
        deep = F.relu(self.cbr(high)).mul(gate)
        deep = F.interpolate(deep, size=maps["low"].shape[-2:], mode="bilinear")
        return self.high_classifier(deep) + self.low_classifier(maps["low"])


@right("LRASPPHead")
class LightScoresFirst(nn.Module):
    """Scores are made on the small map, and enlarged afterwards: both are linear."""

    def __init__(self, low_channels, high_channels, num_classes, inter_channels=128):
        super().__init__()
        self.cbr = nn.Sequential(nn.Conv2d(high_channels, inter_channels, 1, bias=False), nn.BatchNorm2d(inter_channels), nn.ReLU(inplace=True))
        self.scale = nn.Sequential(nn.AdaptiveAvgPool2d((1, 1)), nn.Conv2d(high_channels, inter_channels, 1, bias=False), nn.Sigmoid())
        self.low_classifier = nn.Conv2d(low_channels, num_classes, 1)
        self.high_classifier = nn.Conv2d(inter_channels, num_classes, 1)

    def forward(self, maps):
        small = self.high_classifier(self.cbr(maps["high"]) * self.scale(maps["high"]))
        low = self.low_classifier(maps["low"])
        return low + nn.Upsample(size=low.shape[2:], mode="bilinear", align_corners=False)(small)


@right("LRASPPHead")
class LightGateLast(nn.Module):
    """The gate is the same at all places, so it may multiply what is enlarged."""

    def __init__(self, low_channels, high_channels, num_classes, inter_channels=128):
        super().__init__()
        self.cbr = nn.Sequential(nn.Conv2d(high_channels, inter_channels, 1, bias=False), nn.BatchNorm2d(inter_channels), nn.ReLU())
        self.scale = nn.ModuleDict({"1": nn.Conv2d(high_channels, inter_channels, 1, bias=False)})
        self.low_classifier, self.high_classifier = nn.Conv2d(low_channels, num_classes, 1), nn.Conv2d(inter_channels, num_classes, 1)

    def forward(self, maps):
        low, high = maps["low"], maps["high"]
        gate = torch.sigmoid(self.scale["1"](F.adaptive_avg_pool2d(high, 1)))
        large = F.interpolate(self.cbr(high), low.shape[2:], mode="bilinear", align_corners=False)
        return torch.add(self.low_classifier(low), self.high_classifier(large * gate))


@mistake("LRASPPHead", edit={"            nn.Sigmoid(),\n": "            nn.ReLU(),\n"}, hint="The gate ends in a ReLU. It lies between 0 and 1.")
def light_relu_gate(): ...


@mistake("LRASPPHead", edit={"            nn.Sigmoid(),\n": "            nn.Hardsigmoid(),\n"}, hint="The gate is the broken line that squeeze-and-excitation has in MobileNetV3. Here it is a true sigmoid.")
def light_hardsigmoid(): ...


@mistake("LRASPPHead", edit={"            nn.Sigmoid(),\n": "            nn.Softmax(dim=1),\n"}, hint="The gate's numbers add up to 1 over the channels. Each channel has a sigmoid of its own.")
def light_softmax_gate(): ...


@mistake("LRASPPHead", edit={"            nn.Sigmoid(),\n": ""}, hint="The gate is not squeezed to (0, 1).")
def light_open_gate(): ...


@mistake("LRASPPHead", edit={"            nn.Sigmoid(),\n": "            nn.Tanh(),\n"}, hint="The gate lies between −1 and 1: it can turn signs round.")
def light_tanh_gate(): ...


@mistake("LRASPPHead", edit={"self.cbr(high) * self.scale(high)": "self.cbr(high) + self.scale(high)"}, hint="The gate is added. It multiplies.")
def light_gate_added(): ...


@mistake("LRASPPHead", edit={"self.cbr(high) * self.scale(high)": "(lambda deep: deep * self.scale[2](self.scale[1](self.scale[0](high))) + deep)(self.cbr(high))"}, hint="What is gated is added to what is not. Only the product goes on.")
def light_gate_and_shortcut(): ...


@mistake("LRASPPHead", edit={"self.cbr(high) * self.scale(high)": "self.cbr(high)"}, hint="The gate is stored and never used.")
def light_without_gate(): ...


@mistake("LRASPPHead", edit={"nn.AdaptiveAvgPool2d(1)": "nn.AdaptiveMaxPool2d(1)"}, hint="The gate sees the largest number of each channel. It sees the mean.")
def light_largest(): ...


@mistake("LRASPPHead", edit={"nn.AdaptiveAvgPool2d(1)": "nn.Identity()"}, hint="The gate looks at each place by itself. It looks at the mean over the map.")
def light_gate_at_each_place(): ...


@mistake("LRASPPHead", edit={"            nn.ReLU(),\n": ""}, hint="There is no ReLU in cbr.")
def light_without_relu(): ...


@mistake("LRASPPHead", edit={"            nn.ReLU(),\n": "            nn.Hardswish(),\n"}, hint="cbr ends in a hard swish, as the late blocks of MobileNetV3 do. The head has a ReLU.")
def light_hardswish(): ...


@mistake("LRASPPHead", edit={"            nn.BatchNorm2d(inter_channels),\n            nn.ReLU(),\n": "            nn.ReLU(),\n            nn.BatchNorm2d(inter_channels),\n"}, hint="The ReLU stands before the batch normalisation: the names say which comes first.")
def light_relu_before_norm(): ...


@mistake("LRASPPHead", edit={"            nn.Conv2d(high_channels, inter_channels, 1, bias=False),\n            nn.BatchNorm2d": "            nn.Conv2d(high_channels, inter_channels, 1),\n            nn.BatchNorm2d"}, hint="The convolution of cbr has a bias.")
def light_cbr_with_bias(): ...


@mistake("LRASPPHead", edit={"            nn.Conv2d(high_channels, inter_channels, 1, bias=False),\n            nn.Sigmoid": "            nn.Conv2d(high_channels, inter_channels, 1),\n            nn.Sigmoid"}, hint="The convolution of the gate has a bias.")
def light_gate_with_bias(): ...


@mistake("LRASPPHead", edit={"self.low_classifier = nn.Conv2d(low_channels, num_classes, 1)": "self.low_classifier = nn.Conv2d(low_channels, num_classes, 1, bias=False)"}, hint="The shallow map's scores have no bias. Both classifiers have one.")
def light_low_without_bias(): ...


@mistake("LRASPPHead", edit={"size, mode=\"bilinear\", align_corners=False": "size, mode=\"bilinear\", align_corners=True"}, hint="The deep map is enlarged corner to corner.")
def light_align_corners(): ...


@mistake("LRASPPHead", edit={"size, mode=\"bilinear\", align_corners=False": "size, mode=\"nearest\""}, hint="The deep map is enlarged by repeating. It is to be bilinear.")
def light_nearest(): ...


@mistake("LRASPPHead", edit={"F.interpolate(gated, size, mode=\"bilinear\", align_corners=False)": "F.interpolate(gated, scale_factor=2, mode=\"bilinear\", align_corners=False)[:, :, : size[0], : size[1]]"}, hint="The deep map is enlarged by two, and cut. It gets the size of the shallow one, whatever that is.")
def light_doubles(): ...


@mistake("LRASPPHead", edit={"return self.low_classifier(low) + self.high_classifier(gated)": "return self.low_classifier(low) * self.high_classifier(gated)"}, hint="The two scores are multiplied. They are added.")
def light_scores_multiplied(): ...


@mistake("LRASPPHead", edit={"return self.low_classifier(low) + self.high_classifier(gated)": "return (self.low_classifier(low) + self.high_classifier(gated)) / 2"}, hint="The two scores are averaged. They are added.")
def light_scores_averaged(): ...


@mistake("LRASPPHead", edit={"return self.low_classifier(low) + self.high_classifier(gated)": "return self.high_classifier(gated)"}, hint="The shallow map is not used but for its size.")
def light_deep_alone(): ...


@mistake("LRASPPHead", edit={"return self.low_classifier(low) + self.high_classifier(gated)": "large = tuple(8 * n for n in size)\n        return F.interpolate(self.low_classifier(low) + self.high_classifier(gated), large, mode=\"bilinear\")"}, hint="The scores are enlarged to the image. They have the size of the shallow map.")
def light_enlarged_to_the_image(): ...


@mistake("LRASPPHead", edit={"size = low.shape[2:]\n        gated = F.interpolate(gated, size, mode=\"bilinear\", align_corners=False)": "low = F.interpolate(low, high.shape[2:], mode=\"bilinear\", align_corners=False)"}, hint="The shallow map is shrunk to the deep one. What it is there for, its places, is lost.")
def light_shallow_shrunk(): ...


@mistake("LRASPPHead", edit={"gated = self.cbr(high) * self.scale(high)\n        size = low.shape[2:]\n        gated = F.interpolate(gated, size, mode=\"bilinear\", align_corners=False)": "size = low.shape[2:]\n        high = F.interpolate(high, size, mode=\"bilinear\", align_corners=False)\n        gated = self.cbr(high) * self.scale(high)"}, hint="The deep map is enlarged first, before its ReLU: that is no linear step, and it costs more.")
def light_enlarged_first(): ...


@mistake("LRASPPHead", edit={'size, mode="bilinear", align_corners=False': 'size, mode="bilinear", align_corners=False, antialias=True'}, hint='A deep map that is larger is smoothed before it is shrunk. It is plain bilinear.')
def light_antialias(): ...


@mistake("LRASPPHead", edit={'gated = F.interpolate(gated, size, mode="bilinear", align_corners=False)': 'gated = F.adaptive_avg_pool2d(gated, size) if gated.shape[3] > size[1] else F.interpolate(gated, size, mode="bilinear", align_corners=False)'}, hint='A deep map that is larger is averaged over areas. It is bilinear both ways.')
def light_areas(): ...


@mistake("LRASPPHead", edit={'self.scale(high)': 'self.scale(high.mean(dim=0, keepdim=True))'}, hint='All images share one gate: its mean is over the batch too.')
def light_one_gate_for_all(): ...


@mistake("LRASPPHead", edit={'nn.Conv2d(low_channels, num_classes, 1)': 'nn.Conv2d(low_channels, num_classes, 1, bias=False)', 'nn.Conv2d(inter_channels, num_classes, 1)': 'nn.Conv2d(inter_channels, num_classes, 1, bias=False)'}, hint='The two classifiers have no biases. Each has one.')
def light_scores_without_biases(): ...


@mistake("LRASPPHead", edit={'            nn.Conv2d(high_channels, inter_channels, 1, bias=False),\n            nn.Sigmoid': '            nn.Conv2d(inter_channels, inter_channels, 1, bias=False),\n            nn.Sigmoid', 'self.cbr(high) * self.scale(high)': '(lambda deep: deep * self.scale(deep))(self.cbr(high))'}, hint='The gate reads what cbr makes. It reads the deep map itself.')
def light_gate_of_cbr(): ...


@mistake("LRASPPHead", edit={'            nn.ReLU(),\n': '', 'gated = F.interpolate(gated, size, mode="bilinear", align_corners=False)': 'gated = F.interpolate(gated, size, mode="bilinear", align_corners=False).relu()'}, hint="The ReLU of cbr stands behind the enlarging. It isn't linear, so the two don't change places.")
def light_relu_behind_the_enlarging(): ...


@mistake("LRASPPHead", edit={'gated = F.interpolate(gated, size, mode="bilinear", align_corners=False)': 'gated = gated[..., : size[0], : size[1]] if gated.shape[2] >= size[0] and gated.shape[3] >= size[1] else F.interpolate(gated, size, mode="bilinear", align_corners=False)'}, hint='A deep map that is larger is cut. It is shrunk.')
def light_cuts(): ...


@mistake("LRASPPHead", edit={'low, high = maps["low"], maps["high"]': 'low, high = maps.pop("low"), maps.pop("high")'}, hint='The maps are taken out of the dict that was given. The inputs stay as they are.')
def light_pops(): ...


@mistake("LRASPPHead", edit={'gated = F.interpolate(gated, size, mode="bilinear", align_corners=False)': 'gated = F.interpolate(gated, scale_factor=size[0] // gated.shape[2], mode="bilinear", align_corners=False)'}, hint='The deep map is enlarged by a whole factor. It gets the size of the shallow one, whatever that is.')
def light_whole_factor(): ...


@mistake("LRASPPHead", edit={'            nn.Conv2d(high_channels, inter_channels, 1, bias=False),\n            nn.Sigmoid': '            nn.Conv2d(high_channels, inter_channels, 1, bias=False),\n            nn.BatchNorm2d(inter_channels),\n            nn.Sigmoid'}, hint='The gate has a batch normalisation. Only cbr has one.')
def light_gate_with_norm(): ...


@mistake("LRASPPHead", edit={'            nn.AdaptiveAvgPool2d(1),\n': '', 'self.scale(high)': 'self.scale(high.mean((2, 3), keepdim=True))'}, hint="The gate's convolution is stored under 0. Something that stores nothing stands before it.")
def light_pool_not_stored(): ...


@mistake("LRASPPHead", edit={'self.scale(high)': 'self.scale[1](high).sigmoid().mean((2, 3), keepdim=True)'}, hint='The sigmoid stands before the mean. The mean is over the map itself.')
def light_sigmoid_first(): ...


@mistake("LRASPPHead", edit={'        low_channels: int,\n        high_channels: int,\n': '        high_channels: int,\n        low_channels: int,\n'}, hint='low_channels and high_channels have changed places among the arguments.')
def light_arguments_exchanged(): ...


@mistake("LRASPPHead", edit={'low, high = maps["low"], maps["high"]': 'low, high = maps.values()'}, hint='The maps are taken by their order in the dict. They have names.')
def light_by_order(): ...


@mistake("LRASPPHead", edit={'nn.AdaptiveAvgPool2d(1),': 'nn.Identity(),', 'self.scale(high)': 'F.interpolate(self.scale(F.avg_pool2d(high, (min(high.shape[2], 49), min(high.shape[3], 49)), (16, 20))), high.shape[2:], mode="bilinear")'}, hint="The paper's window pools where the map is large enough for it. The mean is over all of the map.")
def light_papers_window(): ...
