"""The references of 07_detection/deeplab held to torchvision, to loops and enumeration, and to numbers by hand."""

import math
from itertools import pairwise, product

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models.segmentation import deeplabv3, fcn, lraspp

from coursekit import small_deeplab
from coursekit.figures import deeplab as figures
from coursekit.small_detectors import started

NOTEBOOK = "07_detection/deeplab"
DOUBLE = torch.float64
EXACT = {"rtol": 0, "atol": 1e-12}


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def both(own, library):
    """Return two modules in float64 with the same numbers, none at a value that hides it; names are held strictly."""
    library = library.double()
    with torch.no_grad():
        for index, (name, value) in enumerate(library.state_dict().items()):
            if value.is_floating_point():
                value.copy_(drawn(*value.shape, seed=index).abs() + 0.5 if "var" in name else drawn(*value.shape))
    own = own.double()
    own.load_state_dict(library.state_dict(), strict=True)
    return own, library


def assert_alike(own, library, x):
    """Hold one module to another in evaluation and in training without dropout: outputs, statistics, gradients."""
    torch.testing.assert_close(own.eval()(x), library.eval()(x), rtol=1e-12, atol=1e-10)
    for each in (*own.modules(), *library.modules()):
        if isinstance(each, nn.Dropout):
            each.p = 0.0
    outs = [each.train()(x) for each in (own, library)]
    torch.testing.assert_close(*outs, rtol=1e-9, atol=1e-9)
    for each, out in zip((own, library), outs, strict=True):
        (out * drawn(*out.shape, seed=3)).sum().backward()
        assert out.requires_grad, each
    for (name, one), (other_name, other) in zip(own.state_dict().items(), library.state_dict().items(), strict=True):
        assert name == other_name
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)
    for one, other in zip(own.parameters(), library.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-8, atol=1e-7)


# LargeFOV


def test_numbers_of_weights_and_the_extent_of_the_text(solution):
    with torch.device("meta"):
        head = solution.LargeFOV(512, 21)
    assert 7 * 7 * 512 * 4096 == 102_760_448
    assert head.fc6.weight.numel() == 4_718_592
    assert round(102_760_448 / 4_718_592) == 22
    assert head.fc6.dilation[0] * (head.fc6.kernel_size[0] - 1) + 1 == 25
    assert (7 - 1) * 4 + 1 == 25
    said = figures.decimated().description
    assert "span 25 and 25 places" in said
    assert "49 squares that lie 4 places apart, nine of them blue" in said
    whole = sum(one.numel() for one in _vgg().parameters())
    assert 0.7 < 102_760_448 / whole < 0.8


def _vgg():
    from torchvision.models import vgg16

    with torch.device("meta"):
        return vgg16()


@pytest.mark.parametrize("rate", [1, 2, 12])
def test_the_head_is_its_three_convolutions(solution, rate):
    head = solution.LargeFOV(3, 4, 5, rate, 0.0).double().train()
    x = drawn(2, 3, 9, 8)
    (w6, b6), (w7, b7), (w8, b8) = ((one.weight, one.bias) for one in (head.fc6, head.fc7, head.fc8))
    padded = F.pad(x, (rate,) * 4)
    maps = sum(
        torch.einsum("nchw,mc->nmhw", padded[..., a * rate : a * rate + 9, b * rate : b * rate + 8], w6[..., a, b])
        for a, b in product(range(3), repeat=2)
    )
    maps = (maps + b6[:, None, None]).relu()
    maps = (torch.einsum("nchw,mc->nmhw", maps, w7[..., 0, 0]) + b7[:, None, None]).relu()
    maps = torch.einsum("nchw,mc->nmhw", maps, w8[..., 0, 0]) + b8[:, None, None]
    torch.testing.assert_close(head(x), maps, **EXACT)


@pytest.mark.parametrize(("size", "first", "later", "width"), [(7, 8, 12, 4), (5, 6, 3, 3), (3, 4, 4, 4), (9, 5, 2, 1)])
def test_a_decimated_kernel_is_the_large_one_with_zeros(solution, size, first, later, width):
    """With a rate of half the kernel the small one is the large one, where that is 0 but at the places that stay; so
    are the units that stay, whatever the others hold."""
    far = size // 2
    kernels = torch.zeros(first, 3, size, size, dtype=DOUBLE)
    kernels[..., ::far, ::far] = drawn(first, 3, 3, 3)
    b6, w7, b7 = drawn(first, seed=1), drawn(later, first, seed=2), drawn(later, seed=3)
    w7[:, [unit for unit in range(first) if unit % (first // width)]] = 0  # what reads the others
    head = solution.LargeFOV(3, 2, width, far, 0.0).double()
    last = [one.detach().clone() for one in head.fc8.parameters()]
    head.load_dense((kernels.flatten(1), b6), (w7, b7))
    x = drawn(1, 3, size, size, seed=4)
    dense = F.linear(F.linear(x.flatten(1), kernels.flatten(1), b6).relu(), w7, b7).relu()
    expected = F.linear(dense[:, :: later // width], last[0][..., 0, 0], last[1])
    torch.testing.assert_close(head(x)[..., far, far], expected, **EXACT)


def test_shallow_branches_may_be_joined_and_scored_or_scored_and_added():
    maps, weights = [drawn(1, 4, 3, 5, seed=i) for i in range(3)], [drawn(2, 4, 1, 1, seed=9 + i) for i in range(3)]
    joined = F.conv2d(torch.cat(maps, 1), torch.cat(weights, 1))
    torch.testing.assert_close(joined, sum(map(F.conv2d, maps, weights)), **EXACT)


# dense_crf

SETTINGS = ((0.5, 2.5, 0.3), (0.4, 0.8))


def kernel_of(image, appearance, smoothness):
    """Return the kernels of all pairs of pixels of an image (C, H, W), by loops, (HW, HW)."""
    _, high, wide = image.shape
    pixels = list(product(range(high), range(wide)))
    (first, far, tint), (second, near) = appearance, smoothness
    table = torch.zeros(len(pixels), len(pixels), dtype=image.dtype)
    for i, (row, column) in enumerate(pixels):
        for j, (other_row, other_column) in enumerate(pixels):
            if i != j:
                apart = (row - other_row) ** 2 + (column - other_column) ** 2
                unlike = float(((image[:, row, column] - image[:, other_row, other_column]) ** 2).sum())
                table[i, j] = first * math.exp(-apart / (2 * far**2) - unlike / (2 * tint**2))
                table[i, j] += second * math.exp(-apart / (2 * near**2))
    return table


def fields_by_loops(scores, image, num_steps, appearance, smoothness):
    """Return the mean field of one image's scores (K, H, W) by the paper's loops: messages, compatibility, update."""
    num = len(scores)
    unary = -scores.flatten(1).log_softmax(0).T
    kernel, field = kernel_of(image, appearance, smoothness), torch.softmax(-unary, 1)
    for _ in range(num_steps):
        before = field.clone()
        for i in range(len(field)):
            energies = []
            for label in range(num):
                fine = sum(
                    float(kernel[i, j] * before[j, other])
                    for j in range(len(field))
                    for other in range(num)
                    if other != label
                )
                energies.append(float(unary[i, label]) + fine)
            field[i] = torch.softmax(-torch.tensor(energies, dtype=field.dtype), 0)
    return field.T.reshape(scores.shape)


@pytest.mark.parametrize("size", [(3, 4), (1, 5), (4, 2)])
@pytest.mark.parametrize("num_steps", [0, 1, 4])
def test_the_field_is_that_of_the_papers_loops(solution, size, num_steps):
    scores, images = drawn(2, 3, *size), drawn(2, 3, *size, seed=1).abs() * 0.3
    own = solution.dense_crf(scores, images, num_steps, *SETTINGS)
    for each, wanted, image in zip(own, scores, images, strict=True):
        torch.testing.assert_close(each, fields_by_loops(wanted, image, num_steps, *SETTINGS), rtol=0, atol=1e-12)


def model(scores, image, appearance, smoothness):
    """Return ln P of all labellings of a tiny image by their energies, and the labellings, (L,) and (L, HW)."""
    unary, kernel = -scores.flatten(1).log_softmax(0).T, kernel_of(image, appearance, smoothness)
    labellings = torch.tensor(list(product(range(len(scores)), repeat=kernel.shape[0])))
    energy = torch.stack([unary[i, labellings[:, i]] for i in range(kernel.shape[0])]).sum(0)
    for i, j in product(range(kernel.shape[0]), repeat=2):
        if i < j:
            energy = energy + kernel[i, j] * (labellings[:, i] != labellings[:, j])
    return (-energy).log_softmax(0), labellings


def divergence(field, log_p, labellings):
    """Return KL(Q, P) in nats by the sum over all labellings."""
    logs = field.flatten(1).log().T
    log_q = sum(logs[i, labellings[:, i]] for i in range(len(logs)))
    return float((log_q.exp() * (log_q - log_p)).sum())


@pytest.mark.parametrize(("num", "size"), [(2, (2, 2)), (3, (2, 3)), (2, (3, 3))])
@pytest.mark.parametrize("seed", range(3))
def test_the_divergence_from_the_exact_model_falls(solution, num, size, seed):
    scores, image = drawn(1, num, *size, seed=seed), drawn(1, 3, *size, seed=seed + 50) * 0.3
    log_p, labellings = model(scores[0], image[0], *SETTINGS)
    steps = [solution.dense_crf(scores, image, t, *SETTINGS)[0] for t in range(12)]
    found = [divergence(field, log_p, labellings) for field in steps]
    assert all(after <= before + 1e-9 for before, after in pairwise(found))
    assert found[-1] < 0.9 * found[0]
    exact = torch.stack(
        [
            torch.stack([log_p.exp()[labellings[:, i] == k].sum() for i in range(labellings.shape[1])])
            for k in range(num)
        ]
    ).reshape(scores[0].shape)
    assert (steps[-1] - exact).abs().max() < 0.15
    assert (steps[-1] - exact).abs().mean() < (steps[0] - exact).abs().mean()


def test_the_two_pixels_of_the_text(solution):
    scores, image = torch.tensor([[[[2.0, 0.0]], [[0.0, 0.5]]]], dtype=DOUBLE), torch.zeros(1, 3, 1, 2, dtype=DOUBLE)
    settings = (2.0, 1e4, 1.0), (0.0, 1.0)
    start, after = (solution.dense_crf(scores, image, steps, *settings)[0, :, 0] for steps in (0, 1))
    numbers = [[round(value, 3) for value in each.T.flatten().tolist()] for each in (start, after)]
    assert numbers == [[0.881, 0.119, 0.378, 0.622], [0.819, 0.181, 0.736, 0.264]]
    assert (round(2 * 0.119, 3), round(2 * 0.881, 3)) == (0.238, 1.762)
    assert [round(2 * float(start[k, 1]), 3) for k in (1, 0)] == [1.245, 0.755]


def test_parallel_steps_may_swing_for_ever_and_steps_in_turn_settle(solution):
    """The question: with a kernel of 1 the pixels settle at 0.66, with 5 they change places."""
    scores, image = torch.eye(2, dtype=DOUBLE).reshape(1, 2, 1, 2), torch.zeros(1, 3, 1, 2, dtype=DOUBLE)
    ones, fives = (
        [solution.dense_crf(scores, image, t, (weight, 1e4, 1.0), (0.0, 1.0))[0, 0, 0] for t in range(11)]
        for weight in (1.0, 5.0)
    )
    assert [round(float(value), 2) for value in ones[-1]] == [0.66, 0.34]
    assert [round(float(one[0]), 2) for one in fives[-4:]] in ([0.02, 1.0] * 2, [1.0, 0.02] * 2)
    for field in (*ones, *fives):
        torch.testing.assert_close(field[0], 1 - field[1])
    log_p, labellings = model(scores[0], image[0], (5.0, 1e4, 1.0), (0.0, 1.0))
    field = torch.softmax(scores[0, :, 0].clone(), 0)
    found = [divergence(field, log_p, labellings)]
    for _ in range(6):
        for i in (0, 1):
            field[:, i] = torch.softmax(scores[0, :, 0, i] + 5 * field[:, 1 - i], 0)
            found.append(divergence(field, log_p, labellings))
    assert all(after <= before + 1e-12 for before, after in pairwise(found))
    assert field[0].max() < 0.05 or field[0].min() > 0.95


def test_the_pictures_field_is_the_references(solution):
    run = small_deeplab.trained()
    scores = figures._scores()[:1]
    for steps, appearance, smoothness in ((5, (3.0, 8.0, 0.1), (1.0, 1.0)), (2, (3.0, 30.0, 0.3), (0.0, 1.0))):
        own = solution.dense_crf(scores, run.images[:1], steps, appearance, smoothness)[0]
        other = small_deeplab.sharpened(scores[0], figures._unlike(0), steps, appearance, smoothness)
        torch.testing.assert_close(own, other, rtol=1e-3, atol=2e-3)


# ASPP


@pytest.mark.parametrize("rates", [(1, 2, 3), (4,), (), (6, 2, 9, 1)])
def test_aspp_is_torchvisions(solution, rates):
    own, library = both(solution.ASPP(3, rates, 4), deeplabv3.ASPP(3, rates, 4))
    assert_alike(own, library, drawn(2, 3, 7, 6))
    assert [each.p for each in solution.ASPP(3, rates, 4).modules() if isinstance(each, nn.Dropout)] == [0.5]


@pytest.mark.parametrize(
    ("output_stride", "replaced"), [(32, (False,) * 3), (16, (False, False, True)), (8, (False, True, True))]
)
def test_rates_belong_to_the_dilations_of_a_resnet(solution, output_stride, replaced):
    """A ResNet's last block at an output stride has the dilation that unit rates are multiplied by."""
    from torchvision.models import resnet50

    with torch.device("meta"):
        network = resnet50(replace_stride_with_dilation=list(replaced))
    dilation = network.layer4[-1].conv2.dilation[0]
    block, rates = solution.ASPP.rates_for(output_stride)
    assert block == [dilation, 2 * dilation, 4 * dilation]
    assert [rate * output_stride for rate in rates] == [96, 192, 288]
    if output_stride == 8:
        assert tuple(rates) == (12, 24, 36) == tuple(deeplabv3.DeepLabHead.__init__.__defaults__[0])
    if output_stride == 16:
        assert (block, rates) == ([2, 4, 8], [6, 12, 18])


def test_weights_that_meet_the_map(solution):
    said = figures.valid_weights().description
    assert "rate 6: 40%; rate 12: 7%; rate 18: 0%" in said
    for rate in range(1, 37):
        inside = [[all(0 <= i + a * rate < 33 for a in (-1, 0, 1)) for i in range(33)]]
        alone = [sum(0 <= i + a * rate < 33 for a in (-1, 0, 1)) == 1 for i in range(33)]
        whole, some, single = figures.valid_shares(rate)
        assert whole == pytest.approx((sum(inside[0]) / 33) ** 2, abs=1e-6)
        assert single == pytest.approx((sum(alone) / 33) ** 2, abs=1e-6)
        assert (single > 1 - 1e-6) == (rate >= 33)
        assert whole + some + single == pytest.approx(1)
    at = [[16 + a * rate for a in (-1, 0, 1)] for rate in (6, 16, 18)]
    assert at == [[10, 16, 22], [0, 16, 32], [-2, 16, 34]]


def test_one_image_in_training_is_refused_by_both(solution):
    for kind in (solution.ASPP, deeplabv3.ASPP):
        with pytest.raises(ValueError, match="more than 1 value per channel"):
            kind(8, (1, 2), 4).train()(torch.rand(1, 8, 5, 6))
        assert kind(8, (1, 2), 4).eval()(torch.rand(1, 8, 5, 6)).shape == (1, 4, 5, 6)


# DeepLabV3Head


def test_the_head_is_torchvisions(solution):
    own, library = both(solution.DeepLabV3Head(3, 5, (1, 3)), deeplabv3.DeepLabHead(3, 5, (1, 3)))
    assert_alike(own, library, drawn(2, 3, 5, 4))
    with torch.device("meta"):
        names = solution.DeepLabV3Head(2048, 21).state_dict(), deeplabv3.DeepLabHead(2048, 21).state_dict()
    assert {n: v.shape for n, v in names[0].items()} == {n: v.shape for n, v in names[1].items()}


@pytest.mark.parametrize("ignored", [255, -1, 2])
def test_the_loss_is_cross_entropy_on_what_torchvisions_network_returns(solution, ignored):
    """A whole network of torchvision's enlarges its scores, main and auxiliary; its script adds half of the second."""

    class Body(nn.Module):
        def forward(self, x):
            return {"out": F.avg_pool2d(x, 4), "aux": F.avg_pool2d(torch.cat([x, x, -x], 1)[:, :8], 2)}

    head = solution.DeepLabV3Head(3, 4, (1, 2), 8).double().eval()
    auxiliary = fcn.FCNHead(8, 4).double().eval()
    x, labels = drawn(2, 3, 12, 16), torch.randint(0, 4, (2, 12, 16), generator=torch.Generator().manual_seed(1))
    labels[0, 3:7] = ignored
    out = deeplabv3.DeepLabV3(Body(), head, auxiliary)(x)
    expected = [F.cross_entropy(out[name], labels, ignore_index=ignored) for name in ("out", "aux")]
    maps = Body()(x)
    scores, aux = head(maps["out"]), auxiliary(maps["aux"])
    own = solution.DeepLabV3Head.loss
    torch.testing.assert_close(own(head, scores, labels, ignore_index=ignored), expected[0], **EXACT)
    torch.testing.assert_close(
        own(head, scores, labels, aux, ignore_index=ignored), expected[0] + 0.5 * expected[1], **EXACT
    )


def test_without_a_pixel_that_counts_the_loss_and_its_gradient_are_zero(solution):
    head, scores = solution.DeepLabV3Head(3, 4, (1,), 2), drawn(1, 4, 2, 3).requires_grad_()
    loss = head.loss(scores, torch.full((1, 5, 5), 255), scores)
    (slope,) = torch.autograd.grad(loss, scores)
    assert (loss.item(), slope.abs().max().item()) == (0.0, 0.0)


def test_a_thin_line_is_lost_where_labels_are_shrunk():
    assert "a red line of 48 pixels" in figures.losses().description
    assert "of the line 0 are left" in figures.losses().description
    labels = torch.arange(48).repeat(1, 48, 1)
    assert set(small_deeplab.shrunk(labels).flatten().tolist()) == {4, 12, 20, 28, 36, 44}
    assert small_deeplab.shrunk(labels).numel() * 64 == labels.numel() == 2304


def test_the_mean_iou_is_torchmetrics(solution):
    from torchmetrics.classification import MulticlassJaccardIndex

    scores, labels = drawn(3, 5, 6, 7), torch.randint(0, 4, (3, 6, 7), generator=torch.Generator().manual_seed(1))
    expected = MulticlassJaccardIndex(5, average="macro")(scores, labels)
    assert small_deeplab.mean_iou(scores, labels) == pytest.approx(float(expected), abs=1e-6)


def test_enlarged_scores_train_better_and_colours_sharpen():
    runs = {way: [small_deeplab.trained(way, seed) for seed in range(3)] for way in small_deeplab.WAYS}
    shrunk, large = ([run.mean_iou for run in runs[way]] for way in small_deeplab.WAYS)
    assert sum(large) > sum(shrunk)
    assert min(large) > 0.4
    for seed, run in enumerate(runs["enlarge scores"]):
        scores = small_deeplab.enlarged(run.head(run.maps))
        fields = torch.stack(
            [
                small_deeplab.sharpened(one, small_deeplab.squares_unlike(image))
                for one, image in zip(scores, run.images, strict=True)
            ]
        )
        before, after = (small_deeplab.mean_iou(each, run.labels) for each in (scores, fields))
        assert after > before + 0.05, seed


def test_the_opening_and_the_explorer():
    said = figures.overview().description
    before, after = (float(word) for word in (said.split("images is ")[1][:4], said.split(", and ")[-2][:4]))
    assert after > before
    lost = figures._scores()[3].argmax(0), small_deeplab.sharpened(figures._scores()[3], figures._unlike(3)).argmax(0)
    wanted = small_deeplab.trained().labels[3]
    found, left = (int((one == wanted)[wanted > 0].sum()) for one in lost)
    assert int((wanted > 0).sum()) > 2 * found
    assert left < max(found, 1)  # outvoted
    shares = {
        settings: float(figures.crf(*settings).description.split("steps, ")[1].split("%")[0])
        for settings in ((0,), (5,), (5, 1.0), (5, 0.03), (5, 0.1, 8, 30), (5, 0.1, 8, 100))
    }
    assert shares[5,] > shares[0,] + 5
    assert shares[5,] > max(shares[5, 1.0], shares[5, 0.03])
    eaten = shares[5, 0.1, 8, 100]  # only the last eats the corners
    assert min(shares[5,], shares[5, 0.1, 8, 30]) > eaten + 1


# LRASPPHead


@pytest.mark.parametrize("sizes", [((6, 8), (3, 4)), ((7, 5), (4, 3)), ((3, 4), (5, 9)), ((4, 4), (1, 1))])
def test_the_light_head_is_torchvisions(solution, sizes):
    own, library = both(solution.LRASPPHead(2, 3, 5, 6), lraspp.LRASPPHead(2, 3, 5, 6))
    library.cbr[2] = nn.ReLU()
    assert_alike(own, library, {"low": drawn(2, 2, *sizes[0]), "high": drawn(2, 3, *sizes[1])})


def test_the_light_head_has_the_parameters_of_the_text(solution):
    with torch.device("meta"):
        own, library = solution.LRASPPHead(40, 960, 21), lraspp.LRASPPHead(40, 960, 21, 128)
        branch = deeplabv3.ASPP(960, (6,)).convs[1][0]
    counts = [sum(one.numel() for one in each.parameters()) for each in (own, library)]
    assert counts == [249_586] * 2
    assert 2 * 960 * 128 + 2 * 128 + 41 * 21 + 129 * 21 == 249_586
    assert branch.weight.numel() == 9 * 960 * 256 == 2_211_840


def test_enlarging_and_scoring_may_change_places_but_not_with_a_relu():
    x, score = drawn(1, 6, 3, 4), started(lambda: nn.Conv2d(6, 2, 1), 0).double()

    def larger(maps):
        return F.interpolate(maps, (7, 8), mode="bilinear", align_corners=False)

    torch.testing.assert_close(score(larger(x)), larger(score(x)), **EXACT)
    assert not torch.allclose(larger(x).relu(), larger(x.relu()))
    assert (max(0, -1) + max(0, 3)) / 2 == 1.5
