"""The references of faster_rcnn, held to torchvision's at equal weights, and what is said of its pictures."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torchmetrics.detection import MeanAveragePrecision
from torchvision.models.detection._utils import BoxCoder
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FasterRCNN as LibraryDetector
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.roi_heads import fastrcnn_loss
from torchvision.models.detection.rpn import RegionProposalNetwork, concat_box_prediction_layers
from torchvision.models.detection.rpn import RPNHead as LibraryHead
from torchvision.ops import MultiScaleRoIAlign, box_iou

from coursekit.figures import faster_rcnn as figures
from coursekit.threads import one_thread
from coursekit.two_stages import (
    NAMES,
    Backbone,
    Settings,
    draw,
    lay_anchors,
    match,
    mean_average_precision,
    scenes,
)

NOTEBOOK = "07_detection/faster_rcnn"
SMALL = Settings(sizes=(6.0, 9.0), ratios=(0.5, 1.0, 2.0), pool=3, hidden=6, pre_nms=40, post_nms=12)


def drawn(*shape, seed=3):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def numbers_for(module, seed=0):
    """Fill a module with normal numbers, so that its answers are far from those of a new one."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in module.state_dict().items():
        if value.is_floating_point():
            noise = torch.randn(value.shape, generator=generator)
            fan = max(1, value[0].numel() if value.ndim > 1 else 1)
            value.copy_(0.5 + noise.abs() if name.endswith(("running_var", "1.weight")) else noise / fan**0.5)


def first_stage(settings, training=False):
    """Return torchvision's region proposal network with these numbers."""
    both = {"training": settings.pre_nms, "testing": settings.pre_nms}
    after = {"training": settings.post_nms, "testing": settings.post_nms}
    made = RegionProposalNetwork(
        AnchorGenerator((settings.sizes,), (settings.ratios,)), LibraryHead(4, 6), settings.rpn_high, settings.rpn_low,
        settings.rpn_num, settings.rpn_share, both, after, settings.rpn_nms,
    )  # fmt: skip
    return made.train(training)


def library_for(settings, num_classes, size):
    """Return torchvision's detector with a backbone of stride 4 and these numbers, for images of one size."""
    backbone = Backbone((4, 5))
    return LibraryDetector(
        backbone,
        rpn_anchor_generator=AnchorGenerator((settings.sizes,), (settings.ratios,)),
        rpn_head=LibraryHead(5, len(settings.sizes) * len(settings.ratios)),
        rpn_pre_nms_top_n_train=settings.pre_nms, rpn_pre_nms_top_n_test=settings.pre_nms,
        rpn_post_nms_top_n_train=settings.post_nms, rpn_post_nms_top_n_test=settings.post_nms,
        rpn_nms_thresh=settings.rpn_nms, rpn_fg_iou_thresh=settings.rpn_high, rpn_bg_iou_thresh=settings.rpn_low,
        rpn_batch_size_per_image=settings.rpn_num, rpn_positive_fraction=settings.rpn_share,
        box_roi_pool=MultiScaleRoIAlign(["0"], settings.pool, sampling_ratio=2),
        box_head=TwoMLPHead(5 * settings.pool**2, settings.hidden),
        box_predictor=FastRCNNPredictor(settings.hidden, num_classes),
        box_score_thresh=settings.box_score, box_nms_thresh=settings.box_nms,
        box_detections_per_img=settings.box_most, box_fg_iou_thresh=settings.box_iou,
        box_bg_iou_thresh=settings.box_iou, box_batch_size_per_image=settings.box_num,
        box_positive_fraction=settings.box_share, image_mean=[0.0] * 3, image_std=[1.0] * 3,
        min_size=min(size), max_size=max(size), size_divisible=1,
        _skip_resize=True,  # in training, where it would draw a number
    ).double()  # fmt: skip


# RPNHead


def test_the_head_is_torchvisions_with_its_rows_joined(solution):
    theirs, own = LibraryHead(4, 3).double(), solution.RPNHead(4, 3).double()
    numbers_for(theirs)
    own.load_state_dict(theirs.state_dict(), strict=True)
    maps = [drawn(2, 4, 5, 3), drawn(2, 4, 2, 4, seed=4)]
    logits, offsets = concat_box_prediction_layers(*theirs(maps))
    came = own(maps)
    torch.testing.assert_close(came[0], logits.reshape(2, -1))
    torch.testing.assert_close(came[1], offsets.reshape(2, -1, 4))
    assert came[0].shape[1] == 3 * (5 * 3 + 2 * 4)


def test_a_new_head_begins_as_torchvisions_does(solution):
    for name, value in solution.RPNHead(40, 9).state_dict().items():
        expected = 0.01 if name.endswith("weight") else 0.0
        assert value.std().item() == pytest.approx(expected, rel=0.2)


# rpn_loss


def test_the_first_losses_are_torchvisions_at_the_same_draw(solution):
    own_draw, theirs = replace(SMALL, rpn_num=10, rpn_share=0.3), first_stage(replace(SMALL, rpn_num=10, rpn_share=0.3))
    logits, offsets = drawn(3, 40), drawn(3, 40, 4, seed=4)
    labels = torch.randint(-1, 2, (3, 40), generator=torch.Generator().manual_seed(1))
    labels[2] = -labels[2].abs()  # no objects
    codes = drawn(3, 40, 4, seed=5)
    torch.manual_seed(7)
    expected = theirs.compute_loss(logits, offsets.reshape(-1, 4), list(labels.double()), list(codes))
    torch.manual_seed(7)
    chosen = torch.stack([draw(one, own_draw.rpn_num, own_draw.rpn_share) for one in labels])
    codes[labels < 1] = torch.nan
    torch.testing.assert_close(solution.rpn_loss(logits, offsets, labels, codes, chosen), expected)


def test_the_worked_numbers_of_the_first_stage(solution):
    codes = torch.full((1, 4, 4), torch.nan, dtype=torch.float64)
    codes[0, 0] = torch.tensor([0.1, 0, 0, 1])
    labels, every = torch.tensor([[1, 0, 0, 0]]), torch.ones(1, 4, dtype=torch.bool)
    zeros = torch.zeros(1, 4, 4, dtype=torch.float64)
    first, second = solution.rpn_loss(zeros[..., 0], zeros, labels, codes, every)
    assert first.item() == pytest.approx(np.log(2))
    assert second.item() == pytest.approx((0.045 + 1 - 1 / 18) / 4)
    assert second.item() == pytest.approx(0.247, abs=5e-4)


# filter_proposals


@pytest.mark.parametrize("score", [0.0, 0.4])
def test_the_filter_is_torchvisions(solution, score):
    theirs = first_stage(replace(SMALL, pre_nms=15, post_nms=9, rpn_nms=0.5))
    theirs.score_thresh, theirs.min_size = score, 2.0
    corners = 30 * torch.rand(3, 50, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64) - 5
    boxes = torch.cat([corners, corners + 1 + 3 * drawn(3, 50, 2).abs()], dim=2)
    logits = drawn(3, 50, seed=9)
    expected = theirs.filter_proposals(boxes, logits, [(24, 18)] * 3, [30, 12, 8])
    came = solution.filter_proposals(boxes, logits, (24, 18), [30, 12, 8], 15, 9, 0.5, score, 2.0)
    torch.testing.assert_close(came, expected)
    assert all(0 < len(one) <= 9 for one in came[0])


# fast_rcnn_loss


def test_the_second_losses_are_torchvisions(solution):
    logits, offsets, codes = drawn(9, 4), drawn(9, 16, seed=4), drawn(9, 4, seed=5)
    labels = torch.tensor([0, 3, 1, 0, 2, 2, 0, 1, 3])
    expected = fastrcnn_loss(logits, offsets, [labels[:4], labels[4:]], [codes[:4], codes[4:]])
    codes[labels == 0] = torch.inf
    torch.testing.assert_close(solution.fast_rcnn_loss(logits, offsets, labels, codes), expected)


def test_the_worked_numbers_of_the_second_stage(solution):
    codes = torch.tensor([[1.0] * 4, [torch.nan] * 4])
    first, second = solution.fast_rcnn_loss(torch.zeros(2, 3), torch.zeros(2, 12), torch.tensor([2, 0]), codes)
    assert first.item() == pytest.approx(1.099, abs=5e-4)
    assert second.item() == pytest.approx(1.889, abs=5e-4)


# FasterRCNN


@pytest.mark.parametrize("size", [(24, 36), (32, 20)])
def test_the_whole_is_torchvisions_at_equal_weights(solution, size):
    theirs = library_for(SMALL, 4, size)
    numbers_for(theirs)
    own = solution.FasterRCNN(Backbone((4, 5)), 4, SMALL).double()
    own.load_state_dict(theirs.state_dict(), strict=True)
    images = drawn(3, 3, *size).sigmoid()
    with torch.no_grad():
        expected, came = theirs.eval()(list(images)), own.eval()(images)
    assert sum(len(one["boxes"]) for one in came) > 10
    for one, other in zip(came, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-6)


def test_the_four_losses_and_gradients_are_torchvisions_at_the_same_draw(solution):
    numbers, size = replace(SMALL, rpn_num=12, box_num=6, rpn_high=0.5), (24, 36)
    theirs = library_for(numbers, 4, size)
    numbers_for(theirs)
    own = solution.FasterRCNN(Backbone((4, 5)), 4, numbers).double()
    own.load_state_dict(theirs.state_dict(), strict=True)
    images = drawn(3, 3, *size).sigmoid()
    targets = [
        {"boxes": torch.tensor([[1.0, 2, 9, 12], [14, 6, 25, 14]]).double(), "labels": torch.tensor([3, 1])},
        {"boxes": torch.zeros(0, 4).double(), "labels": torch.zeros(0, dtype=torch.int64)},
        {"boxes": torch.tensor([[20.0, 3, 32, 20]]).double(), "labels": torch.tensor([2])},
    ]
    answers = []
    for net, given in ((theirs, list(images)), (own, images)):
        torch.manual_seed(5)
        losses = net.train()(given, targets)
        sum(losses.values()).backward()
        answers.append(
            (
                {name: loss.double() for name, loss in losses.items()},
                {name: value.grad for name, value in net.named_parameters()},
            )
        )
    assert set(answers[1][0]) == {"loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg"}
    torch.testing.assert_close(answers[1], answers[0])


# What is given


def test_map_is_that_of_torchmetrics():
    generator = torch.Generator().manual_seed(0)
    data = scenes(30, seed=4)
    found = []
    for one in data.targets:
        near = one["boxes"].repeat(3, 1) + 3 * torch.randn(3 * len(one["boxes"]), 4, generator=generator)
        labels = torch.where(torch.rand(len(near), generator=generator) < 0.7, one["labels"].repeat(3), 2)
        found.append({"boxes": near, "labels": labels, "scores": torch.rand(len(near), generator=generator)})
    for threshold in (0.5, 0.75):
        recalls = np.linspace(0, 1, 101).tolist()  # its own are rounded to float32
        metric = MeanAveragePrecision(iou_thresholds=[threshold], rec_thresholds=recalls)
        metric.update(found, [dict(one) for one in data.targets])
        expected = metric.compute()["map"].item()
        came = mean_average_precision(found, data.targets, threshold)
        assert 0.1 < came < 0.9
        assert came == pytest.approx(expected, abs=1e-6)
    perfect = [{**one, "scores": torch.ones(len(one["labels"]))} for one in data.targets]
    assert mean_average_precision(perfect, data.targets) == pytest.approx(1)


def test_anchors_codes_and_matches_are_as_the_text_says():
    anchors = lay_anchors(torch.zeros(1, 3, 16, 24), torch.zeros(1, 1, 2, 3), (4.0, 8.0), (1.0,))
    assert anchors.tolist()[:4] == [[-2, -2, 2, 2], [-4, -4, 4, 4], [6, -2, 10, 2], [4, -4, 12, 4]]
    laid = AnchorGenerator(((4.0, 8.0),), ((1.0,),))(
        ImageList(torch.zeros(1, 3, 16, 24), [(16, 24)]), [torch.zeros(1, 1, 2, 3)]
    )
    assert torch.equal(anchors, laid[0])
    code = BoxCoder((1.0,) * 4).encode_single(torch.tensor([[0.0, 0, 8, 4]]), torch.tensor([[0.0, 0, 4, 4]]))
    torch.testing.assert_close(code, torch.tensor([[0.5, 0, np.log(2), 0]]).float())
    boxes = torch.tensor([[0.0, 0, 10, 10]])
    some = torch.tensor([[0.0, 0, 10, 9], [0, 0, 10, 5], [0, 0, 10, 1], [20, 0, 30, 10]])
    assert match(some, boxes, 0.7, 0.3).tolist() == [0, -2, -1, -1]
    assert match(some[1:], boxes, 0.7, 0.3, rescue=True).tolist() == [0, -1, -1]
    assert match(some, boxes[:0], 0.7, 0.3).tolist() == [-1] * 4


def test_the_two_boxes_are_half_the_same_before_the_clip_and_the_same_after(solution):
    boxes = torch.tensor([[6.0, 2, 14, 6], [6, 2, 10, 6]])
    assert box_iou(boxes, boxes)[0, 1].item() == 0.5
    kept, _ = solution.filter_proposals(boxes[None], torch.tensor([[1.0, 0.0]]), (8, 10), [2])
    assert kept[0].tolist() == [[6, 2, 10, 6]]


def test_the_small_detector_has_so_many_weights():
    total = sum(value.numel() for value in figures.library().parameters())
    assert total == pytest.approx(154_000, rel=0.01)


# The pictures, and the training


def test_a_short_training_finds_and_names_new_objects():
    net, new = figures.trained(), figures.new_scenes()
    with one_thread(), torch.no_grad():
        found = net(list(new.images))
    assert mean_average_precision(found, new.targets) > 0.85
    said = figures.overview().description
    assert "nothing" not in said
    assert sum(said.count(name) for name in NAMES["colour"]) >= 5


def test_the_notebooks_training_learns(solution):
    """Fewer steps than in the notebook, and a bound far below the mAP that the text states."""
    given, new = scenes(300, seed=0), figures.new_scenes()
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        net = solution.FasterRCNN(Backbone(), len(NAMES["colour"]))
        optimiser = torch.optim.AdamW(net.parameters(), lr=0.002)
        history = []
        for _ in range(120):
            rows = torch.randint(len(given.images), (8,))
            losses = net.train()(given.images[rows], [given.targets[row] for row in rows])
            optimiser.zero_grad()
            sum(losses.values()).backward()
            optimiser.step()
            history.append({name: loss.item() for name, loss in losses.items()})
        with torch.no_grad():
            value = mean_average_precision(net.eval()(new.images), new.targets)
    assert value > 0.6
    begin, end = (
        {name: np.mean([one[name] for one in part]) for name in part[0]} for part in (history[:10], history[-20:])
    )
    for name in ("loss_objectness", "loss_rpn_box_reg", "loss_classifier"):
        assert end[name] < 0.7 * begin[name]
    assert end["loss_box_reg"] > 1.5 * begin["loss_box_reg"]
    assert np.mean([one["loss_objectness"] for one in history[70:90]]) < 0.15 * history[0]["loss_objectness"]
    said = figures.learning(history).description
    assert said.startswith("Four losses over the steps, from the first to the last: first stage, what 0.")
    with torch.no_grad():
        strip = figures.found_so_far(net, new.images[:4])
    assert strip.shape == (3, 256, 1024)
    assert not net.training
    assert 0 <= strip.min() <= strip.max() <= 1
    assert "Images with boxes" in figures.gallery(net, new.images[:2]).description
    assert "detections" in figures.inside(net)(figures.STAGES[2]).description


def test_the_parts_are_those_of_the_library():
    assert "First stage: a head on the map, a filter, proposals" in figures.parts().description
    assert list(dict(figures.library().named_children())) == ["transform", "backbone", "rpn", "roi_heads"]


def test_three_anchors_lie_around_one_middle():
    assert figures.laid().shape == (192, 4)
    own = figures.laid()[(3 * 8 + 4) * 3 :][:3]
    middles = (own[:, :2] + own[:, 2:]) / 2
    assert middles.tolist() == [[32, 24]] * 3
    assert "with sides of 12, 18, 26 pixels" in figures.anchors_at().description


def test_few_anchors_show_an_object_and_most_show_ground():
    many = figures.counts()
    assert many.objects + many.ground + many.neither == 192
    assert 3 <= many.objects < 10
    assert many.ground > 140
    assert many.drawn_objects == many.objects
    assert many.drawn_objects + many.drawn_ground == 64
    assert f"the {many.objects} anchors that show one of its three objects" in figures.matched().description


def test_nms_leaves_fewer_and_all_three_swarms():
    real = figures.new_scenes().targets[figures.PICTURE]["boxes"]
    seen = figures._first(figures.trained(), figures.new_scenes().images[figures.PICTURE])
    around = box_iou(real, figures._surest(seen, 24)).amax(dim=0) > 0.15
    left = figures._proposals(figures.trained(), 24, 24)
    assert len(real) == 3
    assert around.sum() > 18
    assert len(left) < 18
    assert (box_iou(real, left).amax(dim=1) > 0.5).all()
    assert f"Right: the {len(left)} that NMS leaves of these" in figures.filtered().description


def test_two_of_three_spots_are_wider_than_a_place():
    """Over all new images: places near an object's middle at which some anchor is more likely an object than not."""
    new, sizes = figures.new_scenes(), []
    for image, real in zip(new.images, new.targets, strict=True):
        rows, columns = torch.nonzero(figures._first(figures.trained(), image).heat > 0.5, as_tuple=True)
        for left, top, right, bottom in (real["boxes"] / 16).tolist():
            near = (columns - left - right).abs().maximum((rows - top - bottom).abs()) <= 1.5
            sizes.append(int(near.sum()))
    share = np.mean([size > 1 for size in sizes])
    assert 0.55 < share < 0.8


def test_spots_lie_on_the_objects():
    seen = figures._first(figures.trained(), figures.new_scenes().images[figures.PICTURE])
    assert seen.heat.shape == (8, 8)
    for left, top, right, bottom in figures.new_scenes().targets[figures.PICTURE]["boxes"].tolist():
        column, row = round((left + right) / 16), round((top + bottom) / 16)
        around = seen.heat[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
        assert around.max() > 0.5


def test_the_stages_have_fewer_and_fewer_boxes():
    show = figures.stages_of(figures.trained())
    before, after, found = (show(stage, proposals=20).description for stage in figures.STAGES)
    assert "20 boxes: proposals before NMS" in before
    assert "20 boxes: proposals after NMS" in after
    assert "3 boxes: detections" in found or "4 boxes: detections" in found


def test_more_proposals_lose_fewer_objects():
    lost = [figures.lost(figures.trained(), num) for num in (1, 3, 10, 30)]
    assert lost[0] == 2
    assert lost == sorted(lost, reverse=True)
    assert lost[-1] == 0


def test_more_proposals_than_objects_are_needed():
    """Of the question: one finds about half, three most, ten nearly all."""
    net, new = figures.trained(), figures.new_scenes()
    values = []
    for number in (1, 3, 10, 30):
        net.rpn._post_nms_top_n["testing"] = number
        with one_thread(), torch.no_grad():
            values.append(mean_average_precision(net(list(new.images)), new.targets))
    assert net.rpn._post_nms_top_n["testing"] == Settings().post_nms
    assert 0.3 < values[0] < 0.7
    assert values[0] < values[1] < values[2] - 0.03
    assert values[2] > values[3] - 0.06
