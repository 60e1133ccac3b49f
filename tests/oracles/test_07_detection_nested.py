"""The references of 07_detection/nested held to modules written out from the published tables, scikit-learn and scipy;
and what the text says of its pictures and of the networks that it trains."""

import math
from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.ndimage import binary_erosion, distance_transform_edt
from sklearn.metrics import fbeta_score, mean_absolute_error, precision_recall_curve, precision_score, recall_score
from torch import nn

from coursekit import saliency
from coursekit.figures import nested as figures
from coursekit.shapes import SHAPE_NAMES, shapes

NOTEBOOK = "07_detection/nested"
DOUBLE = torch.float64
EXACT = {"rtol": 0, "atol": 1e-11}


def drawn(*shape, seed=0):
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def uniform(*shape, seed=0):
    return torch.rand(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def scrambled(module, seed=0):
    """Give a module other numbers, running statistics too, and return it in double."""
    for place, one in enumerate(module.state_dict().values()):
        if one.is_floating_point():
            one.copy_(0.3 + uniform(*one.shape, seed=seed + place) if one.dim() == 1 else 0.3 * drawn(*one.shape))
    return module.double()


# ResidualUBlock: two blocks of the paper's figure, each line of them written out


class Rebnconv(nn.Module):
    def __init__(self, before, after, rate=1):
        super().__init__()
        self.conv_s1 = nn.Conv2d(before, after, 3, padding=rate, dilation=rate)
        self.bn_s1 = nn.BatchNorm2d(after)
        self.relu_s1 = nn.ReLU()

    def forward(self, x):
        return self.relu_s1(self.bn_s1(self.conv_s1(x)))


def to_size_of(x, like):
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)


class RSU5(nn.Module):
    def __init__(self, c, m, o):
        super().__init__()
        self.rebnconvin = Rebnconv(c, o)
        self.rebnconv1 = Rebnconv(o, m)
        self.pool1 = nn.MaxPool2d(2, stride=2, ceil_mode=True)
        self.rebnconv2 = Rebnconv(m, m)
        self.pool2 = nn.MaxPool2d(2, stride=2, ceil_mode=True)
        self.rebnconv3 = Rebnconv(m, m)
        self.pool3 = nn.MaxPool2d(2, stride=2, ceil_mode=True)
        self.rebnconv4 = Rebnconv(m, m)
        self.rebnconv5 = Rebnconv(m, m, 2)
        self.rebnconv4d = Rebnconv(2 * m, m)
        self.rebnconv3d = Rebnconv(2 * m, m)
        self.rebnconv2d = Rebnconv(2 * m, m)
        self.rebnconv1d = Rebnconv(2 * m, o)

    def forward(self, x):
        start = self.rebnconvin(x)
        h1 = self.rebnconv1(start)
        h2 = self.rebnconv2(self.pool1(h1))
        h3 = self.rebnconv3(self.pool2(h2))
        h4 = self.rebnconv4(self.pool3(h3))
        h5 = self.rebnconv5(h4)
        d4 = self.rebnconv4d(torch.cat((h5, h4), 1))
        d3 = self.rebnconv3d(torch.cat((to_size_of(d4, h3), h3), 1))
        d2 = self.rebnconv2d(torch.cat((to_size_of(d3, h2), h2), 1))
        d1 = self.rebnconv1d(torch.cat((to_size_of(d2, h1), h1), 1))
        return d1 + start


class RSU4F(nn.Module):
    def __init__(self, c, m, o):
        super().__init__()
        self.rebnconvin = Rebnconv(c, o)
        self.rebnconv1 = Rebnconv(o, m, 1)
        self.rebnconv2 = Rebnconv(m, m, 2)
        self.rebnconv3 = Rebnconv(m, m, 4)
        self.rebnconv4 = Rebnconv(m, m, 8)
        self.rebnconv3d = Rebnconv(2 * m, m, 4)
        self.rebnconv2d = Rebnconv(2 * m, m, 2)
        self.rebnconv1d = Rebnconv(2 * m, o, 1)

    def forward(self, x):
        start = self.rebnconvin(x)
        h1 = self.rebnconv1(start)
        h2 = self.rebnconv2(h1)
        h3 = self.rebnconv3(h2)
        h4 = self.rebnconv4(h3)
        d3 = self.rebnconv3d(torch.cat((h4, h3), 1))
        d2 = self.rebnconv2d(torch.cat((d3, h2), 1))
        return self.rebnconv1d(torch.cat((d2, h1), 1)) + start


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("size", [(16, 24), (17, 11), (1, 3), (9, 9)])
@pytest.mark.parametrize(("published", "height", "dilated"), [(RSU5, 5, False), (RSU4F, 4, True)])
def test_blocks_are_those_of_the_paper(solution, published, height, dilated, size, training):
    truth = scrambled(published(3, 2, 4)).train(training)
    own = solution.ResidualUBlock(3, 2, 4, height, dilated).double().train(training)
    own.load_state_dict(truth.state_dict())
    x = drawn(2, 3, *size)
    torch.testing.assert_close(own(x), truth(x), **EXACT)


# The published table of U²-Net, from En_1 to De_1: height, dilated, channels in, inside, and out.
U2NET = [
    (7, False, 3, 32, 64), (6, False, 64, 32, 128), (5, False, 128, 64, 256), (4, False, 256, 128, 512),
    (4, True, 512, 256, 512), (4, True, 512, 256, 512), (4, True, 1024, 256, 512), (4, False, 1024, 128, 256),
    (5, False, 512, 64, 128), (6, False, 256, 32, 64), (7, False, 128, 16, 64),
]  # fmt: skip


def num_parameters(module):
    return sum(one.numel() for one in module.parameters())


def test_the_whole_network_has_the_published_number_of_parameters(solution):
    blocks = sum(num_parameters(solution.ResidualUBlock(c, m, o, high, flat)) for high, flat, c, m, o in U2NET)
    exits = sum(9 * width + 1 for width in (64, 64, 128, 256, 512, 512)) + 7
    assert blocks + exits == 44_009_869  # 176.3 MB in float32, as the paper says
    assert round(4 * (blocks + exits) / 1e6) == 176
    small = [
        (high, flat, 3 if c == 3 else 64 * (1 + (place > 5)), 16, 64)
        for place, (high, flat, c, _, _) in enumerate(U2NET)
    ]
    blocks = sum(num_parameters(solution.ResidualUBlock(c, m, o, high, flat)) for high, flat, c, m, o in small)
    assert blocks + 6 * 577 + 7 == 1_131_181  # U2-Net†, 4.7 MB
    same = [num_parameters(solution.ResidualUBlock(64, 16, 64, 4, flat)) for flat in (False, True)]
    assert same[0] == same[1]  # the question's answer


def test_costs_of_the_text():
    down = 2304 * (1 / 4 + 1 / 16 + 1 / 64 + 1 / 256 + 2 / 1024)
    up = 4608 * (1 / 4 + 1 / 16 + 1 / 64 + 1 / 256 + 1 / 1024)
    assert (down, up) == (769.5, 1534.5)
    assert 9 * 16 * 16 == 2304
    assert 9 * 128 * 64 == 73_728
    assert round(100 * 2304 / 73_728) == 3
    assert figures.sides_of(7, 80, False) == [80, 40, 20, 10, 5, 3, 3]
    assert figures.sides_of(7, 10, False) == [10, 5, 3, 2, 1, 1, 1]
    said = figures.blocks().description
    assert "80, 40, 20, 10, 10" in said
    assert figures.sides_of(4, 80, True) == [80] * 4


def test_levels_of_a_block_have_the_sides_of_the_picture(solution):
    block, seen = solution.ResidualUBlock(1, 1, 1, 7), []
    for i in range(1, 8):
        getattr(block, f"rebnconv{i}").register_forward_hook(lambda module, given, out: seen.append(out.shape[2]))
    block.eval()(torch.zeros(1, 1, 80, 80))
    assert seen == figures.sides_of(7, 80, False)
    assert figures.sides_of(7, 60, False) == [60, 30, 15, 8, 4, 2, 2]  # the question
    assert figures.sides_of(7, 10, False) == [10, 5, 3, 2, 1, 1, 1]


def test_how_far_blocks_see(solution):
    said = figures.reach(solution.ResidualUBlock).description
    assert "two convolutions 5 pixels, RSU-5 48 pixels, RSU-4F 47 pixels" in said
    assert 1 + 2 * (1 + 1 + 2 + 4 + 8 + 4 + 2 + 1) == 47
    slope = figures.gradient_of(solution.ResidualUBlock(1, 2, 2, 4, True), 48)
    assert slope[24, 24] == 1
    assert 0 < slope[24, 2] < 1e-3


# NestedUNet: the triangle of depth 2 with each line written out


class Triangle(nn.Module):
    def __init__(self, node, c, k, w):
        super().__init__()
        self.conv0_0, self.conv1_0, self.conv2_0 = node(c, w[0]), node(w[0], w[1]), node(w[1], w[2])
        self.up0_1, self.up1_1 = nn.ConvTranspose2d(w[1], w[0], 2, 2), nn.ConvTranspose2d(w[2], w[1], 2, 2)
        self.up0_2 = nn.ConvTranspose2d(w[1], w[0], 2, 2)
        self.conv0_1, self.conv1_1 = node(2 * w[0], w[0]), node(2 * w[1], w[1])
        self.conv0_2 = node(3 * w[0], w[0])
        self.final1, self.final2 = nn.Conv2d(w[0], k, 1), nn.Conv2d(w[0], k, 1)

    def forward(self, x):
        x00 = self.conv0_0(x)
        x10 = self.conv1_0(F.max_pool2d(x00, 2))
        x20 = self.conv2_0(F.max_pool2d(x10, 2))
        x01 = self.conv0_1(torch.cat([x00, self.up0_1(x10)], 1))
        x11 = self.conv1_1(torch.cat([x10, self.up1_1(x20)], 1))
        x02 = self.conv0_2(torch.cat([x00, x01, self.up0_2(x11)], 1))
        return [self.final1(x01), self.final2(x02)]


class Pair(nn.Module):
    """Two convolutions with norms, and a short way around them, in functions of torch."""

    def __init__(self, before, after, residual):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after)
        self.conv2, self.bn2 = nn.Conv2d(after, after, 3, padding=1), nn.BatchNorm2d(after)
        if residual:
            self.shortcut = nn.Conv2d(before, after, 1)

    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(out + self.shortcut(x)) if hasattr(self, "shortcut") else F.relu(out)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("residual", [False, True])
def test_the_triangle_is_that_of_the_paper(solution, residual, training):
    truth = scrambled(Triangle(lambda c, o: Pair(c, o, residual), 3, 2, [4, 5, 6])).train(training)
    own = solution.NestedUNet(3, 2, [4, 5, 6], residual).double().train(training)
    own.load_state_dict(truth.state_dict())
    x = drawn(2, 3, 8, 12)
    heads = truth(x)
    for one, right in zip(own(x), heads, strict=True):
        torch.testing.assert_close(one, right, **EXACT)
    mean = (heads[0].sigmoid() + heads[1].sigmoid()) / 2
    torch.testing.assert_close(own.predict(x), mean, **EXACT)
    for depth in (1, 2):
        torch.testing.assert_close(own.predict(x, depth), heads[depth - 1].sigmoid(), **EXACT)


def test_the_network_of_the_paper_has_its_parameters(solution):
    with torch.device("meta"):
        grey = solution.NestedUNet(1, 1, [32, 64, 128, 256, 512])
        coloured = solution.NestedUNet(3, 1, [32, 64, 128, 256, 512])
    for network, wanted in ((grey, 9_041_601), (coloured, 9_042_177)):
        norms = sum(one.numel() for name, one in network.named_parameters() if ".bn" in name)
        assert num_parameters(network) - norms - 3 * 33 == wanted
    assert norms == 7_296
    nodes = [name for name, _ in coloured.named_children() if name.startswith("conv")]
    assert len(nodes) == 15
    assert coloured.conv0_3.conv1.in_channels == 128
    assert "of 15 nodes" in figures.triangle().description
    assert "Head 2 needs 6 nodes" in figures.triangle().description


def test_numbers_of_resunet_and_of_fc_densenet(solution):
    plain, short = (num_parameters(solution.Node(64, 32, residual)) for residual in (False, True))
    assert (plain, short - plain) == (27_840, 64 * 32 + 32)
    assert round(100 * (short - plain) / plain) == 7
    maps = [48]
    for layers in (4, 5, 7, 10, 12, 15):
        maps.append(maps[-1] + 16 * layers)
    assert maps[1:] == [112, 192, 304, 464, 656, 896]
    convolutions = 1 + 2 * sum((4, 5, 7, 10, 12)) + 15 + 5 + 5 + 1  # with those that lead down and up, and the last
    assert convolutions == 103


def test_pruned_heads_cost_less(solution):
    network = solution.NestedUNet(3, 1, list(saliency.NESTED_WIDTHS)).eval()
    work = [saliency.multiply_adds(lambda x, k=depth: network.predict(x, k)) for depth in (1, 2, 3, None)]
    assert work == sorted(work)
    assert work[0] < 0.3 * work[2]
    assert 0.5 < work[1] / work[2] < 0.65


# u2net_loss


def enlarged_slowly(x, rows, columns):
    """Return a map (h, w) enlarged bilinearly, place by place, half-pixel centres."""
    out = np.empty((rows, columns))
    for i, j in product(range(rows), range(columns)):
        ends = []
        for place, many, few in ((i, rows, x.shape[0]), (j, columns, x.shape[1])):
            at = max((place + 0.5) * few / many - 0.5, 0.0)
            low = min(int(at), few - 1)
            ends.append((low, min(low + 1, few - 1), at - low))
        (a, b, s), (c, d, t) = ends
        out[i, j] = (1 - s) * ((1 - t) * x[a, c] + t * x[a, d]) + s * ((1 - t) * x[b, c] + t * x[b, d])
    return out


def test_the_loss_is_its_definition(solution):
    sides, fused = (
        [3 * drawn(2, 1, 7, 6), drawn(2, 1, 4, 3, seed=1), drawn(2, 1, 2, 1, seed=2)],
        drawn(2, 1, 7, 6, seed=3),
    )
    target = uniform(2, 1, 7, 6, seed=4)
    wanted = []
    for one in [*sides, fused]:
        z = np.stack([enlarged_slowly(image, 7, 6) for image in one[:, 0].numpy()])
        p, g = 1 / (1 + np.exp(-z)), target[:, 0].numpy()
        wanted.append(-(g * np.log(p) + (1 - g) * np.log(1 - p)).mean())
    total, terms = solution.u2net_loss(sides, fused, target, [1.0, 0.5, 2.0], 3.0)
    torch.testing.assert_close(terms, torch.tensor(wanted, dtype=DOUBLE), rtol=1e-12, atol=0)
    assert total.item() == pytest.approx(wanted[0] + 0.5 * wanted[1] + 2 * wanted[2] + 3 * wanted[3], rel=1e-12)
    assert solution.u2net_loss(sides, fused, target)[0].item() == pytest.approx(sum(wanted), rel=1e-12)


def test_the_loss_of_the_text_and_of_very_large_logits(solution):
    target = torch.tensor([[[[0.0, 1.0]]]])
    side, fused = torch.tensor([[[[0.0, math.log(3)]]]]), torch.tensor([[[[-math.log(3), math.log(3)]]]])
    total, terms = solution.u2net_loss([side], fused, target)
    assert [round(one, 3) for one in terms.tolist()] == [0.490, 0.288]
    assert round(total.item(), 3) == 0.778
    assert solution.u2net_loss([], torch.full((1, 1, 1, 1), 200.0), torch.zeros(1, 1, 1, 1))[0] == 200


# saliency_metrics


def measured_by_sklearn(values, targets, thresholds, beta_squared=0.3):
    """Return precision, recall and F from scikit-learn's numbers, image by image and threshold by threshold."""
    precision, recall = np.zeros(len(thresholds)), np.zeros(len(thresholds))
    for one, truth in zip(values, targets, strict=True):
        for t, step in enumerate(thresholds):
            found = (one >= step).flatten().numpy()
            precision[t] += precision_score(truth.flatten(), found, zero_division=1) / len(values)
            recall[t] += recall_score(truth.flatten(), found, zero_division=1) / len(values)
    with np.errstate(invalid="ignore"):
        f = (1 + beta_squared) * precision * recall / (beta_squared * precision + recall)
    return precision, recall, np.nan_to_num(f)


@pytest.mark.parametrize("beta_squared", [0.3, 1.0, 2.5])
def test_metrics_are_those_of_sklearn(solution, beta_squared):
    values, targets = (8 * uniform(4, 5, 7)).round() / 8, uniform(4, 5, 7, seed=1) > 0.6
    targets[1] = False
    values[2] *= 0.5
    thresholds = torch.tensor([-0.5, 0.0, 0.25, 0.3, 0.5, 0.55, 0.875, 1.0, 1.5], dtype=DOUBLE)
    own = solution.saliency_metrics(values, targets, thresholds, beta_squared)
    wanted = measured_by_sklearn(values, targets, thresholds, beta_squared)
    for name, right in zip(("precision", "recall", "f"), wanted, strict=True):
        np.testing.assert_allclose(own[name].numpy(), right, rtol=0, atol=1e-12)
    assert own["max_f"] == own["f"].max()
    error = mean_absolute_error(targets.flatten().numpy().astype(float), values.flatten().numpy())
    assert own["mae"].item() == pytest.approx(error, abs=1e-12)


def test_one_image_has_the_curve_and_the_f_of_sklearn(solution):
    values, truth = uniform(1, 6, 9), uniform(1, 6, 9, seed=3) > 0.7
    steps = values.flatten().sort().values
    own = solution.saliency_metrics(values, truth, steps)
    precision, recall, at = precision_recall_curve(truth.flatten(), values.flatten())
    np.testing.assert_array_equal(at, steps)
    np.testing.assert_allclose(own["precision"], precision[:-1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(own["recall"], recall[:-1], rtol=0, atol=1e-12)
    for place in (0, 20, 53):
        f = fbeta_score(truth.flatten(), (values >= steps[place]).flatten(), beta=0.3**0.5)
        assert own["f"][place].item() == pytest.approx(f, abs=1e-12)


def test_empty_images_and_nothing_found(solution):
    values, none = torch.full((1, 2, 3), 0.5), torch.zeros(1, 2, 3, dtype=torch.bool)
    own = solution.saliency_metrics(values, none, torch.tensor([0.5, 0.6]))
    assert [own[name].tolist() for name in ("precision", "recall", "f")] == [[0, 1], [1, 1], [0, 1]]
    own = solution.saliency_metrics(values, ~none, torch.tensor([0.5, 0.6]))
    assert [own[name].tolist() for name in ("precision", "recall", "f")] == [[1, 1], [1, 0], [1, 0]]


def test_the_table_of_the_text(solution):
    values = torch.tensor([[[0.9, 0.8, 0.4], [0.6, 0.2, 0.1]]], dtype=DOUBLE)
    objects = torch.tensor([[[True] * 3, [False] * 3]])
    steps = torch.tensor([0.4, 0.5, 0.8], dtype=DOUBLE)
    own, usual = (solution.saliency_metrics(values, objects, steps, weight) for weight in (0.3, 1.0))
    assert [round(one, 3) for one in own["f"].tolist()] == [0.796, 0.667, 0.897]
    assert [round(one, 3) for one in usual["f"].tolist()] == [0.857, 0.667, 0.8]
    assert round(own["mae"].item(), 3) == 0.3
    assert figures.counted(values[0], objects[0], 0.8) == pytest.approx((1, 2 / 3, own["max_f"].item()))


def test_the_picture_of_a_threshold(solution):
    test, maps = saliency.test_images(), figures.plain_maps()
    before = 2.0
    for threshold in (0.05, 0.3, 0.5, 0.7, 0.95):
        precision, recall, f = figures.counted(maps[2], test.targets[2], threshold)
        own = solution.saliency_metrics(maps[2:3], test.targets[2:3] > 0, torch.tensor([threshold]))
        assert [own[name].item() for name in ("precision", "recall", "f")] == pytest.approx([precision, recall, f])
        assert recall <= before
        before = recall
        said = figures.cut(test, maps, threshold, 2).description
        assert f"precision is {precision:.2f}, recall {recall:.2f} and F {f:.2f}" in said


def test_numbers_of_the_other_measures():
    weights = [2 - 0.5 ** (d / 5) for d in (1, 5, 60)]
    assert [round(one, 2) for one in weights] == [1.13, 1.5, 2.0]
    even, halves = torch.full((4, 4), 0.5), torch.tensor([[1.0, 0.0]] * 8)
    scores = [2 * one.mean() / (one.mean() ** 2 + 1 + one.std(correction=0)) for one in (even, halves)]
    assert [round(one.item(), 2) for one in scores] == [0.8, 0.57]
    assert (1 - even).abs().mean() == (1 - halves).abs().mean()


# boundary_f_measure


def measured_by_scipy(mask, target, tolerance):
    """Return F, precision and recall of one image by distance transforms."""
    cross = [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    edges = [one & ~binary_erosion(one, cross, border_value=1) for one in (mask.numpy(), target.numpy())]
    shares = []
    for one, other in (edges, edges[::-1]):
        far = distance_transform_edt(~other) if other.any() else np.full(other.shape, np.inf)
        shares.append((far[one] <= tolerance).mean() if one.any() else 1.0)
    total = sum(shares)
    return (2 * shares[0] * shares[1] / total if total else 0.0, *shares)


@pytest.mark.parametrize("tolerance", [0, 0.5, 1, 1.5, 2, 2.3, 3, 5, 40, None])
def test_boundaries_are_those_of_scipy(solution, tolerance):
    clouds = F.interpolate(uniform(12, 1, 4, 6), (19, 23), mode="bilinear")[:, 0]
    masks, targets = clouds[:6] > 0.6, clouds[6:] > 0.5
    masks[0], targets[1], masks[2], targets[2], masks[3] = False, False, False, False, True
    masks[4, 0], masks[4, :, -1] = True, True
    own = solution.boundary_f_measure(masks, targets, tolerance)
    near = math.ceil(0.008 * math.hypot(19, 23)) if tolerance is None else tolerance
    wanted = [measured_by_scipy(mask, target, near) for mask, target in zip(masks, targets, strict=True)]
    for one, right in zip(own, zip(*wanted, strict=True), strict=True):
        assert one.dtype == torch.float32
        np.testing.assert_allclose(one, right, rtol=0, atol=1e-6)


def test_boundaries_of_the_text(solution):
    square, moved = torch.zeros(2, 1, 12, 12, dtype=torch.bool)
    square[0, 3:8, 2:7] = moved[0, 3:8, 3:8] = True
    assert [one.item() for one in solution.boundary_f_measure(moved, square, 0)] == [0.5] * 3
    assert [one.item() for one in solution.boundary_f_measure(moved, square, 1)] == [1.0] * 3
    assert (int((square & moved).sum()), int((square | moved).sum())) == (20, 30)
    assert int(figures.boundary(square[0]).sum()) == 16
    assert "they share 8 pixels" in figures.edges().description
    assert math.ceil(0.008 * math.hypot(854, 480)) == 8
    rows = torch.arange(-50, 51)
    disc = F.pad(rows[:, None] ** 2 + rows**2 <= 2500, (1, 1, 1, 1))
    assert int(disc.sum()) == pytest.approx(7850, abs=10)
    assert 280 <= int(figures.boundary(disc).sum()) <= 300
    assert round(100 * int(figures.boundary(disc).sum()) / int(disc.sum())) == 4


def test_the_two_masks_of_the_question(solution):
    truth, a, b = figures.discs()
    regions = [figures.counted(one.float(), truth, 0.5) for one in (a, b)]
    assert [round(one[2], 2) for one in regions] == [0.84, 0.97]
    f = {}
    for name, one in (("a", a), ("b", b)):
        for step in (1, 2, 3, 6, 8):
            f[name, step] = [
                round(part.item(), 2) for part in solution.boundary_f_measure(one[None], truth[None], step)
            ]
    assert f["a", 1] == [0.31] * 3
    assert f["b", 1] == f["b", 6] == [0.84, 0.73, 1.0]
    assert f["a", 2][0] < f["b", 2][0]
    assert f["a", 3][0] == 1 > f["b", 3][0]
    assert f["b", 8] == [1.0] * 3


# What was trained


def sums(solution):
    return lambda sides, fused, target: solution.u2net_loss(sides, fused, target)[0]


def test_the_small_u2net_is_as_good_as_the_text_says(solution):
    test, steps = saliency.test_images(), torch.arange(256) / 255
    maps = saliency.maps_of(saliency.trained(solution.ResidualUBlock, sums(solution)), test.images)
    own = [solution.saliency_metrics(one, test.targets > 0, steps) for one in maps.unbind(1)]
    fine, middle, coarse, fused = own
    assert 0.84 < fused["max_f"] < 0.90
    assert 0.028 < fused["mae"] < 0.040
    assert fine["max_f"] > middle["max_f"] > coarse["max_f"]
    for tolerance in (0, 3):
        f = [solution.boundary_f_measure(one >= 0.5, test.targets > 0, tolerance)[0].mean() for one in maps.unbind(1)]
        if tolerance == 0:
            assert f[0] > f[3] > f[1] > f[2]
        else:
            assert max(f) - min(f) < 0.03
            assert min(f) > 0.9
    assert "fused" in figures.levels(test, maps).description
    assert "Four rising curves" in figures.tolerances(test, maps, solution.boundary_f_measure).description


def test_the_first_picture_shows_what_is_said():
    test, maps = saliency.test_images(), figures.plain_maps()
    drawn_shapes = shapes(saliency.NUM_TEST, size=saliency.SIDE, objects=(1, 3), radius=saliency.RADIUS, seed=2)
    first, third = figures.SHOWN[0], figures.SHOWN[2]
    seen = [maps[first][drawn_shapes.instances[first] == k + 1].mean().item() for k in range(3)]
    sizes = [int((drawn_shapes.instances[first] == k + 1).sum()) for k in range(3)]
    smallest = sizes.index(min(sizes))
    assert SHAPE_NAMES[drawn_shapes.shape[first, smallest]] == "triangle"
    assert seen[smallest] < 0.3 < 0.4 < min(one for k, one in enumerate(seen) if k != smallest)
    bar = (maps[third] >= 0.5) & (test.targets[third] == 0)
    assert bar[:16, 24:].sum() > 60
    assert f"{(maps - test.targets).abs().mean():.3f}" in figures.overview().description
    assert "side 320 to De_5 of side 20" in figures.exits().description


def test_the_small_triangle_is_as_good_as_the_text_says(solution):
    test, steps = saliency.test_images(), torch.arange(256) / 255
    network = saliency.trained_nested(solution.NestedUNet)
    maps = [saliency.predicted(network, test.images, depth)[:, 0] for depth in (1, 2, 3, None)]
    f = [solution.saliency_metrics(one, test.targets > 0, steps)["max_f"].item() for one in maps]
    assert 0.80 < f[0] < f[1]
    assert 0.83 < f[1] < 0.87
    assert max(f[1:]) - min(f[1:]) < 0.01
