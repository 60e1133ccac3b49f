"""Checks of the notebook on YOLOX: the head, boxes from cells, candidates, sharing out by cost, and the losses."""

import pytest
import torch

from autograder.authoring import (
    assert_close,
    assert_equal,
    assert_parts,
    case,
    contract,
    exercise,
    limit_operations,
    modules,
    rand,
    randn,
)

DOUBLE = torch.float64


def tensor(numbers):
    """Numbers as a tensor in double."""
    return torch.tensor(numbers, dtype=DOUBLE)


def fixed(*shape, seed):
    """Normal numbers that are the same in every run: what decides an assignment is set."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def grid_of(rows, columns, stride):
    """The cells of one level, row by row."""
    return tensor([[stride * (j + 0.5), stride * (i + 0.5), stride] for i in range(rows) for j in range(columns)])


TWO_LEVELS = torch.cat([grid_of(4, 6, 8.0), grid_of(2, 3, 16.0)])  # 32 x 48 pixels


# DecoupledHead


def levels(*shapes):
    """Return what draws a list of maps of these shapes."""
    return lambda rng: ([randn(rng, *shape, dtype=DOUBLE) for shape in shapes],)


modules(
    "DecoupledHead",
    {
        "of one place": {"one place": case([3, [2]], {"hidden": 2}, x=levels((2, 2, 1, 1)))},
        "with one class": {"one class": case([1, [3]], {"hidden": 2}, x=levels((2, 3, 2, 3)))},
        "with some classes": {
            "three classes": case([3, [2]], {"hidden": 3}, x=levels((2, 2, 3, 2)), other=levels((1, 2, 2, 4))),
            "five classes, batch of one": case([5, [3]], {"hidden": 2}, x=levels((1, 3, 2, 3))),
        },
        "of several levels": {
            "two levels": case([2, [2, 3]], {"hidden": 2}, x=levels((2, 2, 2, 4), (2, 3, 1, 2))),
            "three levels, the largest last": case(
                [2, [1, 2, 3]], {"hidden": 2}, x=levels((1, 1, 1, 2), (1, 2, 2, 1), (1, 3, 3, 2))
            ),
        },
        "of its usual width": case([2, [3]]),
    },
    training=["three classes"],
    gradients=["two levels"],
    apart=["three classes"],
    rounded=True,
    sums=True,
    costs={"apart": 0.25, "gradients": 0.25, "training": 0.25},
)


def first_biases(ns, prior):
    """Probe: which biases of a new head are drawn, the others (0 for a drawn one), and the largest of the boxes'."""
    settings = {} if prior is None else {"prior": prior}
    heads = []
    with torch.random.fork_rng(devices=[]):
        for seed in (0, 1):
            torch.manual_seed(seed)
            heads.append(ns.DecoupledHead(3, [2, 4], hidden=16, **settings))
    kinds, objects = (
        [torch.cat([one.bias.detach() for one in getattr(head, name)]) for head in heads]
        for name in ("cls_preds", "obj_preds")
    )
    boxes = torch.cat([one.bias.detach() for one in heads[0].reg_preds])
    drawn = [one != other for one, other in (kinds, objects)]
    still = [one.masked_fill(is_drawn, 0) for (one, _), is_drawn in zip((kinds, objects), drawn, strict=True)]
    return *drawn, *still, bool(boxes.abs().max() > 0.26)


BEGINNINGS = (
    "whether biases of the classes are drawn",
    "whether biases of objectness are drawn",
    "biases of the classes",
    "biases of objectness",
    "whether the boxes' biases are large",
)


@exercise("DecoupledHead", costs=0.5)
@pytest.mark.parametrize("prior", [None, 0.2])
def test_a_new_head_begins_at_a_small_chance(student, reference, prior):
    """The biases of classes and of objectness give a chance of 0.01, or of 0.2; those of boxes are torch's."""
    came, expected = student.run(first_biases, prior), reference.run(first_biases, prior)
    assert_parts(came, expected, *BEGINNINGS)


def first_spreads(ns):
    """Probe: whether the boxes' biases, and the weights of each last layer, are as wide as torch draws them."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        head = ns.DecoupledHead(3, [2, 4], hidden=16)
    boxes = torch.cat([one.bias.detach() for one in head.reg_preds])
    layers = [one for part in (head.cls_preds, head.reg_preds, head.obj_preds) for one in part]
    spread = torch.stack([one.weight.detach().std() for one in layers])
    return bool(boxes.abs().max() > 0.02), (spread > 0.05) & (spread < 0.4)


@exercise("DecoupledHead", costs=0.5)
def test_the_rest_of_a_new_head_is_torch_s(student, reference):
    """Biases of boxes, and weights of classes, boxes and objectness, begin as torch draws them."""
    came, expected = student.run(first_spreads), reference.run(first_spreads)
    assert_parts(came, expected, "whether the boxes' biases are not 0", "whether the weights are as wide as torch's")


def use_head(ns, first, second):
    """Use a head of three classes on two levels."""
    from autograder.authoring.filled import fill

    with torch.random.fork_rng(devices=[]):
        head = ns.DecoupledHead(3, [first.shape[1], second.shape[1]], hidden=2)
    fill(head, 2)
    with torch.no_grad():
        return head.eval().to(first.device, first.dtype)([first, second])


def two_maps(rng, N=2, C=3, H=4, W=5, dtype=DOUBLE):
    """Two maps, the second of half the sides."""
    return randn(rng, N, C, H, W, dtype=dtype), randn(rng, N, C, (H + 1) // 2, (W + 1) // 2, dtype=dtype)


contract(
    "DecoupledHead",
    inputs=two_maps,
    use=use_head,
    one="NC",
    but={"instances_share_their_attributes": "its own test has it: test_DecoupledHead_shares_nothing"},
)


# yolox_decode


def assert_decoded(student, reference, raw, cells):
    assert_close(student.yolox_decode(raw, cells), reference.yolox_decode(raw, cells))


ONE = ((40.0, 24.0, 16.0),)


@exercise("yolox_decode")
def test_four_zeros_are_a_box_around_the_corner(student, reference):
    """A cell of stride 16 says four zeros: as large as the cell, around its upper left corner."""
    assert_decoded(student, reference, tensor([[[0.0, 0, 0, 0, 1, 2]]]), tensor(ONE))


@exercise("yolox_decode")
def test_a_centre_in_the_middle_of_the_cell(student, reference):
    """One half and one half: the box is the cell itself."""
    assert_decoded(student, reference, tensor([[[0.5, 0.5, 0, 0, 1, 2]]]), tensor(ONE))


@exercise("yolox_decode")
def test_a_centre_goes_right_and_down(student, reference):
    """Different ways across and down, also to the left, up and far outside of the cell."""
    raw = tensor([[[1.5, 0.25, 0, 0, 1, 2], [-2.0, 3.5, 0, 0, 1, 2], [0.75, -9.0, 0, 0, 1, 2]]])
    assert_decoded(student, reference, raw, tensor(ONE * 3))


@exercise("yolox_decode")
def test_a_box_is_stretched(student, reference):
    """Width and height are the stride times e to the third and fourth number."""
    raw = tensor([[[0.5, 0.5, 1.0, -1.0, 0, 0], [0.5, 0.5, -2.0, 0.5, 0, 0]]])
    assert_decoded(student, reference, raw, tensor(ONE * 2))


@exercise("yolox_decode")
def test_the_box_by_hand(student, reference):
    """The cell (40, 24, 16) says (0.5, 0.25, 0, ln 2)."""
    assert_decoded(student, reference, tensor([[[0.5, 0.25, 0.0, 0.6931471805599453, 0, 0]]]), tensor(ONE))


@exercise("yolox_decode")
def test_each_cell_has_its_own_stride(student, reference):
    """Strides of 8, 16 and 7.5 in one list, not in the order of a picture."""
    raw = fixed(2, 4, 7, seed=1)
    assert_decoded(student, reference, raw, tensor([[4.0, 12, 8], [24, 8, 16], [12, 4, 8], [10, 3.75, 7.5]]))


@exercise("yolox_decode")
def test_a_wide_box_meets_no_limit(student, reference):
    """Logarithms of 6 and of -9: the box is as large, or as small, as it is said to be."""
    assert_decoded(student, reference, tensor([[[0.5, 0.5, 6.0, -9.0, 0, 0]]]), tensor(ONE))


@exercise("yolox_decode")
def test_the_other_numbers_stay(student, reference):
    """Logits of any size behind the box come back as they are."""
    raw = torch.cat([torch.full((1, 2, 4), 0.5, dtype=DOUBLE), tensor([[[-7.0, 3, 0.5, 90], [8, -2, 0, 1]]])], dim=2)
    assert_decoded(student, reference, raw, tensor([[4.0, 12, 8], [24, 8, 16]]))


@exercise("yolox_decode")
def test_a_whole_batch(student, reference, rng):
    """Three pictures of 30 cells on two levels, two classes."""
    assert_decoded(student, reference, randn(rng, 3, 30, 7, dtype=DOUBLE, scale=0.7), TWO_LEVELS)


@exercise("yolox_decode", costs=0.25)
@pytest.mark.parametrize("shape", [(0, 3, 6), (2, 0, 6)])
def test_no_pictures_or_no_cells(student, reference, shape):
    """Empty sets keep their shape."""
    assert_decoded(student, reference, torch.zeros(shape, dtype=DOUBLE), torch.full((shape[1], 3), 8.0, dtype=DOUBLE))


def decode_gradient(ns, raw, cells, slopes):
    """Probe: the gradient of the numbers that come in."""
    leaf = raw.clone().requires_grad_()
    (gradient,) = torch.autograd.grad((ns.yolox_decode(leaf, cells) * slopes).sum(), leaf)
    return gradient


@exercise("yolox_decode", costs=0.5)
def test_gradients_go_through_the_boxes(student, reference, rng):
    """The gradient of what the head said."""
    args = randn(rng, 2, 3, 6, dtype=DOUBLE), TWO_LEVELS[[0, 9, 26]], randn(rng, 2, 3, 6, dtype=DOUBLE)
    assert_close(student.run(decode_gradient, *args), reference.run(decode_gradient, *args))


def cells_for(A, dtype):
    """So many cells of several strides, no two alike."""
    step = torch.arange(A, dtype=torch.float64)
    return torch.stack([5 + 7 * step, 40 - 3 * step, 4 + step % 3 * 3], dim=1).to(dtype)


contract(
    "yolox_decode",
    inputs=lambda rng, N=2, A=4, C=3, dtype=DOUBLE: (rand(rng, N, A, 5 + C, dtype=dtype) + 0.25, cells_for(A, dtype)),
    one="NAC",
    square={"N": 3, "A": 3, "C": 3},
    all_at_once="NA",
    forbids=["BoxCoder"],
    instead="write the four formulas yourself",
)


# simota_candidates


def assert_regions(student, reference, cells, boxes, **settings):
    came, expected = (door.simota_candidates(cells, boxes, **settings) for door in (student, reference))
    assert_parts(came, expected, "in the box", "near the centre")


FINE = grid_of(4, 7, 8.0)


@exercise("simota_candidates")
def test_a_large_object(student, reference):
    """All edges of the object lie outside of the square around its centre."""
    assert_regions(student, reference, FINE, tensor([[-3.0, -20, 59, 37]]))


@exercise("simota_candidates")
def test_a_small_object(student, reference):
    """A small object holds the middle of a single cell, and the square around it many."""
    assert_regions(student, reference, FINE, tensor([[17.0, 9, 23, 14.5]]))


@exercise("simota_candidates")
def test_wide_and_high_objects(student, reference):
    """Two thin boxes: what is right across may be wrong down."""
    assert_regions(student, reference, FINE, tensor([[1.0, 10, 55, 15], [26, -9, 31, 40]]))


@exercise("simota_candidates")
def test_a_middle_on_an_edge_is_outside_of_the_box(student, reference):
    """Boxes whose four edges run through the middles of cells, all of them near the centre."""
    assert_regions(student, reference, FINE, tensor([[20.0, 12, 36, 20], [12, 12, 28, 28]]), radius=4.0)


@exercise("simota_candidates")
def test_a_middle_on_the_square_s_edge_is_not_near(student, reference):
    """The centre (32, 20): with a reach of 20 pixels the cells at 12 and at 52 are just outside."""
    assert_regions(student, reference, FINE, tensor([[20.0, 10, 44, 30]]))


@exercise("simota_candidates")
def test_near_is_a_square(student, reference):
    """Cells at the corners of the square count as those at its sides do."""
    assert_regions(student, reference, FINE, tensor([[25.0, 13, 30, 18]]), radius=1.5)


@exercise("simota_candidates")
def test_the_square_follows_the_stride(student, reference):
    """Two levels: the square of a coarse cell is twice as wide."""
    assert_regions(student, reference, TWO_LEVELS, tensor([[5.0, 6, 12, 9], [30, 14, 47, 31]]), radius=1.0)


@exercise("simota_candidates")
def test_a_cell_of_any_order(student, reference):
    """Cells that lie anywhere, with strides of their own."""
    cells = tensor([[50.0, 3, 4], [2, 40, 32], [10, 10, 8], [31, 22, 5.5]])
    assert_regions(student, reference, cells, tensor([[0.0, 0, 20, 20], [28, 0, 60, 24]]))


@exercise("simota_candidates")
def test_an_object_beside_the_picture(student, reference):
    """Half outside, and wholly outside of it, also with negative edges."""
    assert_regions(student, reference, FINE, tensor([[-30.0, -6, 8, 14], [70, 40, 90, 60], [-40, 10, -8, 22]]))


@exercise("simota_candidates", costs=0.5)
def test_a_box_without_area_holds_nothing(student, reference):
    """A point, and a line, on the middles of cells: none is in the box, some are near."""
    assert_regions(student, reference, FINE, tensor([[20.0, 12, 20, 12], [4, 20, 44, 20]]))


@exercise("simota_candidates", costs=0.25)
def test_no_objects_or_no_cells(student, reference):
    """Empty tables of the right shape."""
    assert_regions(student, reference, FINE, torch.zeros(0, 4, dtype=DOUBLE))
    assert_regions(student, reference, torch.zeros(0, 3, dtype=DOUBLE), tensor([[0.0, 0, 9, 9]]))


def both_agree(came, expected, **tolerances):
    """Compare both tables."""
    assert_parts(came, expected, "in the box", "near the centre", **tolerances)


def some_objects(M, dtype):
    """So many boxes, no two alike, whose edges lie on no middle of a cell."""
    step = torch.arange(M, dtype=torch.float64)
    left, top = 3.3 + 6 * step, 1.7 + 4 * step
    return torch.stack([left, top, left + 14.9 + 5 * step, top + 25.1 - 3 * step], dim=1).to(dtype)


contract(
    "simota_candidates",
    inputs=lambda rng, A=9, M=2, dtype=DOUBLE: (TWO_LEVELS[3 * torch.arange(A) % 30].to(dtype), some_objects(M, dtype)),
    settings={"radius": 0.9},
    one="AM",
    square={"A": 4, "M": 4},
    digits=False,
    compare=both_agree,
    all_at_once="AM",
)


# dynamic_match


def assert_matched(student, reference, costs, ious, **settings):
    came = student.dynamic_match(costs, ious, **settings)
    assert_equal(came, reference.dynamic_match(costs, ious, **settings))


@exercise("dynamic_match")
def test_the_three_cheapest_cells(student, reference):
    """One object with IoUs that add up to 3.25: three cells, and not those with the largest IoU."""
    costs, ious = tensor([[4.0, 1.5, 6, 2.5, 5, 3]]), tensor([[0.875, 0.25, 0.75, 0.25, 0.125, 1]])
    assert_matched(student, reference, costs, ious)


@exercise("dynamic_match")
def test_what_is_behind_the_point_is_dropped(student, reference):
    """A sum of 2.9375 makes two cells."""
    assert_matched(student, reference, tensor([[4.0, 1, 6, 2, 5]]), tensor([[0.75, 0.6875, 0.5, 0.5, 0.5]]))


@exercise("dynamic_match")
def test_a_whole_sum(student, reference):
    """A sum of exactly 3 makes three cells."""
    assert_matched(student, reference, tensor([[4.0, 1, 6, 2, 5]]), tensor([[0.75, 0.75, 0.75, 0.5, 0.25]]))


@exercise("dynamic_match")
@pytest.mark.parametrize("overlap", [0.0, 0.0625])
def test_at_least_one_cell(student, reference, overlap):
    """However poor all boxes are, an object chooses its cheapest cell."""
    assert_matched(student, reference, tensor([[4.0, 9, 3, 2, 5]]), torch.full((1, 5), overlap, dtype=DOUBLE))


@exercise("dynamic_match")
def test_only_the_largest_are_added(student, reference):
    """Sixteen IoUs of one half: ten of them make 5."""
    costs = torch.stack([((7 * torch.arange(16)) % 16).double()])
    assert_matched(student, reference, costs, torch.full((1, 16), 0.5, dtype=DOUBLE))


@exercise("dynamic_match")
@pytest.mark.parametrize("top", [1, 3, 50])
def test_another_number_of_ious(student, reference, top):
    """The largest one, three of them, or more than there are cells."""
    costs = torch.stack([((7 * torch.arange(12)) % 12).double()])
    ious = torch.stack([0.25 + ((5 * torch.arange(12)) % 12).double() / 16])
    assert_matched(student, reference, costs, ious, top=top)


@exercise("dynamic_match")
def test_fewer_cells_than_ious_to_add(student, reference):
    """Three cells, all perfect: the object gets all three."""
    assert_matched(student, reference, tensor([[4.0, 1, 6]]), tensor([[1.0, 1, 1]]))


@exercise("dynamic_match")
def test_of_equal_costs_the_first_cells(student, reference):
    """Forty cells, most of which cost the same."""
    costs = torch.full((1, 40), 2.0, dtype=DOUBLE)
    costs[0, [5, 31]] = tensor([3.0, 1.0])
    assert_matched(student, reference, costs, torch.full((1, 40), 0.75, dtype=DOUBLE))


@exercise("dynamic_match")
def test_two_objects_that_do_not_meet(student, reference):
    """Each object has a k and an order of its own."""
    costs = tensor([[1.0, 2, 3, 9, 8, 7], [9.0, 8, 7, 3, 1, 2]])
    ious = tensor([[0.9, 0.9, 0.5, 0, 0, 0], [0, 0.1, 0.1, 0.5, 0.3, 0.4]])
    assert_matched(student, reference, costs, ious)


@exercise("dynamic_match")
def test_the_table_by_hand(student, reference):
    """Two objects choose cell 2: the second has it cheaper, the first gets none in its place."""
    costs = tensor([[1.0, 2, 1.5, 6, 9], [9.0, 4, 1.2, 3, 8]])
    ious = tensor([[0.8, 0.7, 0.6, 0.1, 0], [0, 0.2, 0.3, 0.3, 0.1]])
    assert_matched(student, reference, costs, ious)


@exercise("dynamic_match")
def test_a_conflict_that_the_first_object_wins(student, reference):
    """Both choose two cells and meet in one, which costs the first object less, though its IoU is the smaller one."""
    costs = tensor([[2.0, 1, 5, 6], [9.0, 3, 2, 7]])
    ious = tensor([[0.75, 0.5, 0.5, 0.5], [0.25, 0.875, 0.75, 0.25]])
    assert_matched(student, reference, costs, ious)


@exercise("dynamic_match")
def test_of_equally_cheap_objects_the_first(student, reference):
    """Three objects choose the same cell, and the last two have it for the same cost."""
    assert_matched(student, reference, tensor([[3.0, 4], [2, 5], [2, 6]]), torch.full((3, 2), 0.25, dtype=DOUBLE))


@exercise("dynamic_match")
def test_a_cell_that_costs_another_object_less(student, reference):
    """Only the first object chose the cell 0; it costs the second one less, which has a cheaper cell."""
    assert_matched(student, reference, tensor([[3.0, 9, 8], [2, 1, 8]]), torch.full((2, 3), 0.25, dtype=DOUBLE))


@exercise("dynamic_match")
def test_cells_behind_the_wall(student, reference):
    """All costs lie above 100,000; no two objects meet."""
    costs = tensor([[9.0, 2, 8, 7], [1, 9, 3, 8]]) + 1e5
    assert_matched(student, reference, costs, torch.full((2, 4), 0.25, dtype=DOUBLE))


@exercise("dynamic_match")
def test_only_those_take_part_that_chose_the_cell(student, reference):
    """Two objects meet in a cell that costs a third one less, which has chosen another."""
    costs = tensor([[3.0, 9, 8], [2.5, 9, 8], [2, 1, 8]])
    assert_matched(student, reference, costs, torch.full((3, 3), 0.25, dtype=DOUBLE))


@exercise("dynamic_match")
def test_an_object_may_be_left_without_a_cell(student, reference):
    """Two objects with one cell each choose the same one."""
    assert_matched(student, reference, tensor([[1.0, 5], [2, 5]]), torch.full((2, 2), 0.3, dtype=DOUBLE))


@exercise("dynamic_match")
def test_costs_may_be_negative(student, reference):
    """Costs below 0, and one of exactly 0."""
    costs = tensor([[-1.0, -3, 0, 2, -2], [-2.0, 1, -4, -1.5, 0]])
    assert_matched(student, reference, costs, torch.full((2, 5), 0.5, dtype=DOUBLE))


@exercise("dynamic_match")
@pytest.mark.parametrize("seed", [1, 2])
def test_many_objects_and_cells(student, reference, seed):
    """Five objects and 25 cells, with many conflicts."""
    costs, ious = 3 * fixed(1, 25, seed=seed).abs() + fixed(5, 25, seed=seed + 10).abs(), fixed(5, 25, seed=seed + 20)
    assert_matched(student, reference, costs, (ious.sigmoid() * 64).round() / 64)


@exercise("dynamic_match", costs=0.25)
@pytest.mark.parametrize(("num", "places"), [(0, 4), (3, 0), (0, 0)])
def test_nothing_to_share_out(student, reference, num, places):
    """No objects: all is background. No cells: an empty vector of int64."""
    assert_matched(student, reference, *(torch.full((num, places), 0.5, dtype=DOUBLE) for _ in range(2)))


@exercise("dynamic_match", costs=0.5)
def test_cells_are_shared_out_at_once(student):
    """Twenty times as many cells take no more tensor operations."""
    small, large = ((torch.rand(3, num, dtype=DOUBLE), torch.full((3, num), 0.5, dtype=DOUBLE)) for num in (10, 200))
    limit_operations(student, "dynamic_match", small, large)


def tables(rng, M=3, K=20, dtype=DOUBLE):
    """Costs all different, and IoUs whose sums are exact; the same in every run."""
    costs = (7 * torch.arange(K) + 2 * torch.arange(M)[:, None]) % K + torch.arange(M)[:, None] / 8
    return costs.to(dtype), ((1 + 2 * torch.arange(M)[:, None] + torch.arange(K) % 2) / 8).to(dtype)


contract(
    "dynamic_match",
    inputs=tables,
    settings={"top": 4},
    one="MK",
    square={"M": 4, "K": 4},
    digits=False,
    compare=assert_equal,
)


# simota_assign


def assert_assigned(student, reference, said, cells, boxes, labels, **settings):
    """Ask both for the same picture; labels are a list."""
    args = said, cells, boxes, torch.tensor(labels, dtype=torch.int64)
    assert_equal(student.simota_assign(*args, **settings), reference.simota_assign(*args, **settings))


ROW = grid_of(1, 7, 8.0)  # middles at 4, 12, ..., 52 across, and 4 down
FAR = [200.0, 200, 210, 210]


def row_of(boxes, logits=None, num_classes=2):
    """What seven cells say: a box each, FAR where None, and logits that are 0 where nothing is said."""
    said = torch.zeros(7, 5 + num_classes, dtype=DOUBLE)
    for place, box in enumerate(boxes):
        said[place, :4] = tensor(FAR if box is None else box)
    for place, numbers in (logits or {}).items():
        said[place, 4:] = tensor(numbers)
    return said


MIDDLE = [[14.0, -6, 42, 14]]  # the cells 2, 3 and 4 are in the box, 1 and 5 only near


@exercise("simota_assign")
def test_the_best_box_has_the_object(student, reference):
    """All logits are 0: the cell whose box overlaps the object most."""
    boxes = [None, None, [14.0, -6, 30, 14], [14.0, -6, 40, 14], [20.0, -6, 42, 14], None, None]
    assert_assigned(student, reference, row_of(boxes), ROW, tensor(MIDDLE), [0], top=1)


@exercise("simota_assign")
def test_the_class_decides_between_equal_boxes(student, reference):
    """Three cells say the same box, and one of them is surest of the object's class, which is class 1."""
    boxes = [None, None, *[[14.0, -6, 40, 14]] * 3, None, None]
    logits = {2: [0.0, 1, -1], 3: [0.0, -1, -1], 4: [0.0, -1, 1]}
    assert_assigned(student, reference, row_of(boxes, logits), ROW, tensor(MIDDLE), [1], top=1)


@exercise("simota_assign")
def test_the_other_classes_cost_too(student, reference):
    """Equally sure of the right class, but one cell is sure of the wrong classes as well."""
    boxes = [None, None, *[[14.0, -6, 40, 14]] * 3, None, None]
    logits = {2: [1.0, 1, 2, 2], 3: [1.0, 1, -1, -2], 4: [1.0, 1, 0, 1]}
    assert_assigned(student, reference, row_of(boxes, logits, 3), ROW, tensor(MIDDLE), [0], top=1)


@exercise("simota_assign")
def test_objectness_counts(student, reference):
    """Equal classes, and different objectness: the surest cell is the cheapest."""
    boxes = [None, None, *[[14.0, -6, 40, 14]] * 3, None, None]
    logits = {2: [-2.0, 2, -2], 3: [0.5, 2, -2], 4: [3.0, 2, -2]}
    assert_assigned(student, reference, row_of(boxes, logits), ROW, tensor(MIDDLE), [0], top=1)


@exercise("simota_assign")
def test_class_and_box_are_weighed(student, reference):
    """A better box against a better class, on both sides of where they are worth the same."""
    for wide in (26.0, 24.0, 22.0, 20.0, 18.0):
        boxes = [None, None, [14.0, -6, 42, 14], [14.0, -6, 14 + wide, 14], None, None, None]
        logits = {2: [0.0, -1, 0.5], 3: [1.0, 1, -1]}
        assert_assigned(student, reference, row_of(boxes, logits), ROW, tensor(MIDDLE), [0], top=1)


@exercise("simota_assign")
def test_a_cell_outside_of_a_region_comes_last(student, reference):
    """A perfect box of a cell that is only near the centre, and a poor one of a cell in both regions."""
    boxes = [None, [14.0, -6, 42, 14], [10.0, -6, 20, 9], None, None, [14.0, -6, 41, 14], None]
    assert_assigned(student, reference, row_of(boxes), ROW, tensor(MIDDLE), [0], top=1)


@exercise("simota_assign")
def test_the_wall_is_high(student, reference):
    """A perfect box of a cell that is only near, and cells in both regions whose boxes overlap nothing."""
    boxes = [None, [14.0, -6, 42, 14], None, None, None, None, None]
    assert_assigned(student, reference, row_of(boxes), ROW, tensor(MIDDLE), [0], top=1)


@exercise("simota_assign")
def test_small_overlaps_are_weighed(student, reference):
    """IoUs of 1/280 and 1/56: five times as large is worth more than a somewhat better class."""
    boxes = [None, None, [14.0, -6, 15, -4], [14.0, -6, 15, 4], None, None, None]
    logits = {2: [2.0, 2, -2], 3: [-1.5, -1.5, 2]}
    assert_assigned(student, reference, row_of(boxes, logits), ROW, tensor(MIDDLE), [0], top=1)


@exercise("simota_assign")
def test_very_small_chances_differ(student, reference):
    """Logits of -18 and -30, both hopeless, and the surer cell has a slightly poorer box."""
    boxes = [None, None, [14.0, -6, 40, 14], [14.0, -6, 38, 14], None, None, None]
    logits = {2: [-30.0, -30, -30], 3: [-18.0, -18, -18]}
    assert_assigned(student, reference, row_of(boxes, logits), ROW, tensor(MIDDLE), [0], top=1)


@exercise("simota_assign")
def test_in_the_box_alone_comes_last_too(student, reference):
    """A large object, whose best box is said by a cell far from its centre."""
    boxes = [[-9.0, -6, 71, 14], None, [0.0, -6, 41, 14], [0.0, -6, 40, 14], None, None, [-9.0, -6, 70, 14]]
    assert_assigned(student, reference, row_of(boxes), ROW, tensor([[-9.0, -6, 71, 14]]), [0], top=1, radius=1.5)


@exercise("simota_assign")
def test_cells_in_the_box_alone_are_candidates(student, reference):
    """Seven cells say the box of a large object, and only two of them are near its centre: k is 6."""
    boxes = [[-9.0, -6, 65 - place, 14] for place in range(7)]
    assert_assigned(student, reference, row_of(boxes), ROW, tensor([[-9.0, -6, 71, 14]]), [0], radius=0.9)


@exercise("simota_assign")
def test_the_wall_is_no_ban(student, reference):
    """Five good boxes and k = 4, but only three cells are in both regions: the best of the others is the fourth."""
    boxes = [None, [14.0, -6, 38, 14], *[[14.0, -6, 41, 14]] * 3, [14.0, -6, 40, 14], None]
    assert_assigned(student, reference, row_of(boxes), ROW, tensor(MIDDLE), [0])


@exercise("simota_assign")
def test_who_is_no_candidate_does_not_count(student, reference):
    """Perfect boxes of cells that are neither in the box nor near add nothing to k, and get nothing."""
    small = tensor([[1.0, 1, 7, 7]])
    boxes = [[1.0, 1, 7, 7], [1.0, 1, 7, 4], None, *[[1.0, 1, 7, 7]] * 4]
    assert_assigned(student, reference, row_of(boxes), ROW, small, [0], radius=1.5)


@exercise("simota_assign")
def test_candidates_of_other_objects_count(student, reference):
    """Cells that are candidates of one object only add to the other's k where their boxes overlap it."""
    objects = tensor([[1.0, -2, 15, 10], [41.0, -2, 55, 10]])
    boxes = [*[[2.0, -2, 15, 10]] * 2, None, None, None, [1.0, -2, 15, 10], [41.0, -2, 55, 10]]
    assert_assigned(student, reference, row_of(boxes), ROW, objects, [0, 1], radius=0.9)


@exercise("simota_assign")
def test_two_objects_in_one_cell(student, reference):
    """Both have their centre in the same cell and choose it: the cheaper one has it."""
    objects = tensor([[25.0, 0, 31, 8], [24.0, -2, 32, 12]])
    boxes = [None, None, [24.0, -1, 26, 2], [24.0, -2, 32, 11], [30.0, 0, 31, 8], None, None]
    assert_assigned(student, reference, row_of(boxes), ROW, objects, [0, 1], top=1)


@exercise("simota_assign")
def test_the_same_box_twice(student, reference):
    """Two objects with the same box and different classes: the class decides, and of equal ones the first."""
    boxes = [None, None, *[[14.0, -6, 40, 14]] * 3, None, None]
    logits = {2: [1.0, -1, 1], 3: [1.0, 0, 0], 4: [1.0, 1, -1]}
    assert_assigned(student, reference, row_of(boxes, logits), ROW, tensor(MIDDLE * 2), [0, 1])


@exercise("simota_assign")
def test_of_cells_that_cost_the_same_the_first(student, reference):
    """All cells say the same."""
    said = row_of([[14.0, -6, 28, 14]] * 7)
    assert_assigned(student, reference, said, ROW, tensor(MIDDLE), [0], top=3)


@exercise("simota_assign")
def test_an_object_larger_than_the_picture(student, reference):
    """All cells are in its box, those around its centre are near."""
    said, cells = raw_scene(40, 3), TWO_LEVELS
    assert_assigned(student, reference, said, cells, tensor([[-40.0, -70, 80, 90]]), [1])
    assert_assigned(student, reference, said, cells, tensor([[-40.0, -70, 80, 90], [6, 4, 25, 29]]), [1, 0])


@exercise("simota_assign")
def test_an_object_with_its_centre_outside(student, reference):
    """Half of one object lies beside the picture; another one is far from all cells."""
    said = raw_scene(41, 3)
    assert_assigned(student, reference, said, TWO_LEVELS, tensor([[-30.0, 3, 9, 22], [25, 5, 44, 19]]), [1, 0])


@exercise("simota_assign")
def test_boxes_that_overlap_nothing(student, reference):
    """All IoUs are 0: the surest cell that is in both regions has the object."""
    said = row_of([None] * 7, {2: [0.0, 1, -1], 3: [2.0, 1, -1], 5: [3.0, 3, -3]})
    assert_assigned(student, reference, said, ROW, tensor(MIDDLE), [0])


def raw_scene(seed, num_classes, spread=0.7):
    """What the cells of two levels say: boxes around them, and logits; the same in every run."""
    raw, cells = fixed(30, 5 + num_classes, seed=seed), TWO_LEVELS
    middle = cells[:, :2] + raw[:, :2] * 3
    half = cells[:, 2:] * (spread * raw[:, 2:4]).exp() * 0.8
    return torch.cat([middle - half, middle + half, raw[:, 4:]], dim=1)


OBJECTS = [[3.3, 2.2, 21.7, 18.6], [14.1, 9.3, 39.4, 27.2], [30.7, 1.9, 46.3, 14.8], [20.2, 17.1, 27.9, 24.4]]


@exercise("simota_assign")
@pytest.mark.parametrize(("seed", "num"), [(1, 1), (2, 2), (3, 3), (4, 4)])
def test_scenes_of_several_objects(student, reference, seed, num):
    """Two levels, three classes, and up to four objects that overlap."""
    assert_assigned(student, reference, raw_scene(seed, 3), TWO_LEVELS, tensor(OBJECTS[:num]), [2, 0, 1, 2][:num])


@exercise("simota_assign")
def test_scenes_with_another_radius_and_top(student, reference):
    """Narrower and wider regions, and fewer IoUs in the sum."""
    for radius, top in ((1.0, 10), (4.0, 2), (1.5, 3)):
        settings = {"radius": radius, "top": top}
        assert_assigned(student, reference, raw_scene(5, 3), TWO_LEVELS, tensor(OBJECTS), [2, 0, 1, 2], **settings)


@exercise("simota_assign", costs=0.25)
def test_a_picture_without_objects(student, reference):
    """All cells are background."""
    assert_assigned(student, reference, raw_scene(6, 3), TWO_LEVELS, torch.zeros(0, 4, dtype=DOUBLE), [])


@exercise("simota_assign", costs=0.25)
def test_very_sure_cells(student, reference):
    """Logits of 800 and of -800: chances of exactly 1 and 0, and no cost is infinite or NaN."""
    boxes = [None, None, [14.0, -6, 30, 14], [14.0, -6, 40, 14], [20.0, -6, 42, 14], None, None]
    logits = {2: [800.0, 800, -800], 3: [800.0, -800, 800], 4: [-800.0, 800, -800]}
    assert_assigned(student, reference, row_of(boxes, logits), ROW, tensor(MIDDLE), [0])


def assigned_while_learning(ns, said, cells, boxes, labels):
    """Probe: assign where the head's answers are part of a graph."""
    leaf = said.clone().requires_grad_()
    return ns.simota_assign(leaf * 1.0, cells, boxes, labels)


@exercise("simota_assign", costs=0.25)
def test_while_the_network_learns(student, reference):
    """What the head said may be part of a graph."""
    args = raw_scene(7, 3), TWO_LEVELS, tensor(OBJECTS), torch.tensor([2, 0, 1, 2])
    assert_equal(student.run(assigned_while_learning, *args), reference.run(assigned_while_learning, *args))


@exercise("simota_assign", costs=0.5)
def test_all_cells_are_taken_at_once(student):
    """Twenty times as many cells take no more tensor operations."""
    boxes, labels = tensor(OBJECTS), torch.tensor([2, 0, 1, 2])
    small, large = ((raw_scene(7, 3).repeat(n, 1), TWO_LEVELS.repeat(n, 1), boxes, labels) for n in (1, 20))
    limit_operations(student, "simota_assign", small, large)


def a_scene(rng, A=30, M=3, C=4, dtype=DOUBLE):
    """A picture of two levels; the same in every run."""
    which = 7 * torch.arange(A) % 30
    boxes = tensor([OBJECTS[k % 4] for k in range(M)]) + 0.31 * torch.arange(M).double()[:, None]
    return raw_scene(22, C)[which].to(dtype), TWO_LEVELS[which].to(dtype), boxes.to(dtype), torch.arange(M) % C


contract(
    "simota_assign",
    inputs=a_scene,
    settings={"radius": 0.7, "top": 2},
    one="MC",
    square={"A": 9, "M": 4, "C": 4},
    digits=False,
    compare=assert_equal,
    forbids=["coursekit"],
    instead="use your own functions",
    but={"turns_said_round_where_it_is_square": "nine numbers may name the same cells: value tests have all sizes"},
)


# yolox_loss

LOSSES = "the loss of boxes", "the loss of objectness", "the loss of classes"


def assert_lost(student, reference, said, matches, boxes, labels, **settings):
    args = said, torch.tensor(matches), boxes, [torch.tensor(one, dtype=torch.int64) for one in labels]
    assert_parts(student.yolox_loss(*args, **settings), reference.yolox_loss(*args, **settings), *LOSSES)


SQUARE, WIDE, HIGH = [0.0, 0, 10, 10], [0.0, 0, 20, 10], [0.0, 0, 10, 40]


def picture(rows):
    """What the cells of one picture say, (1, A, 5 + C)."""
    return tensor([rows])


@exercise("yolox_loss")
def test_the_losses_by_hand(student, reference):
    """Four cells, two classes, all logits 0, one object with an IoU of one half."""
    said = picture([[*WIDE, 0, 0, 0], *[[*FAR, 0, 0, 0]] * 3])
    assert_lost(student, reference, said, [[0, -1, -1, -1]], [tensor([SQUARE])], [[0]])


@exercise("yolox_loss")
def test_a_perfect_box(student, reference):
    """An IoU of 1: nothing is left to learn for the box, and the class is taught 1."""
    said = picture([[*SQUARE, 1.5, 2, -1, 0.5], [*FAR, -2, 0.3, 1, -0.7]])
    assert_lost(student, reference, said, [[0, -1]], [tensor([SQUARE])], [[1]])


@exercise("yolox_loss")
def test_an_overlap_of_a_quarter(student, reference):
    """An IoU of 1/4, one cell: a square, a weight, and the target of the class."""
    said = picture([[*HIGH, 0.7, 1.1, -0.4]])
    assert_lost(student, reference, said, [[0]], [tensor([SQUARE])], [[1]])


@exercise("yolox_loss")
def test_boxes_that_do_not_meet(student, reference):
    """An IoU of 0: the box costs the weight, and no class is taught."""
    assert_lost(student, reference, picture([[*FAR, 0.7, 1.1, -0.4]]), [[0]], [tensor([SQUARE])], [[1]])


@exercise("yolox_loss")
def test_background_learns_objectness_alone(student, reference):
    """Three cells of background with large logits of classes, beside one that has an object."""
    said = picture([[*WIDE, 1, 0.5, -1], [*SQUARE, 3, 7, -8], [*FAR, -1, -9, 5], [*HIGH, 0.2, 6, 6]])
    assert_lost(student, reference, said, [[0, -1, -1, -1]], [tensor([SQUARE])], [[1]])


@exercise("yolox_loss")
def test_all_is_divided_by_the_cells_that_have_an_object(student, reference):
    """Three of five cells have an object, all the same one."""
    said = picture([[*WIDE, 1, 0.5, -1], [*SQUARE, 3, 7, -8], [*FAR, -1, -9, 5], [*HIGH, 0.2, 6, 6], [*WIDE, 1, 1, 2]])
    assert_lost(student, reference, said, [[0, 0, -1, -1, 0]], [tensor([SQUARE])], [[0]])


@exercise("yolox_loss")
def test_which_object_a_cell_has(student, reference):
    """Three objects, of which the cells have the last, the first, none and the last; nobody has the second."""
    said = picture([[*WIDE, 1, 0.5, -1, 0.2], [*SQUARE, 3, 2, -3, 1], [*FAR, -1, -2, 5, 0], [*HIGH, 0.2, 1, 2, 3]])
    boxes = tensor([[0.0, 0, 10, 5], [3, 3, 9, 9], [0, 0, 10, 20]])
    assert_lost(student, reference, said, [[2, 0, -1, 2]], [boxes], [[1, 0, 2]])


@exercise("yolox_loss")
def test_cells_are_counted_over_the_whole_batch(student, reference):
    """Three cells with an object in one picture, none in the next, and one in the last."""
    said = tensor([[[*WIDE, 1, 0.5, -1], [*SQUARE, 3, 7, -8], [*HIGH, 0.2, 1, 2]]]).repeat(3, 1, 1)
    said[1:, :, 4:] *= tensor([[[0.5]], [[-1.0]]])
    boxes = [tensor([SQUARE]), torch.zeros(0, 4, dtype=DOUBLE), tensor([[0.0, 0, 15, 10], [1, 1, 9, 12]])]
    assert_lost(student, reference, said, [[0, 0, 0], [-1, -1, -1], [-1, 1, -1]], boxes, [[0], [], [0, 1]])


@exercise("yolox_loss")
def test_each_picture_has_its_own_objects(student, reference):
    """The same numbers in matches mean other boxes in another picture."""
    said = tensor([[[*WIDE, 1, 0.5, -1], [*SQUARE, 3, 2, -1]], [[*HIGH, 0.5, 1, 2], [*WIDE, -1, 0, 1]]])
    boxes = [tensor([SQUARE, [0.0, 0, 5, 10]]), tensor([[0.0, 0, 10, 30], [0.0, 0, 10, 10]])]
    assert_lost(student, reference, said, [[0, 1], [0, 1]], boxes, [[0, 1], [1, 0]])


@exercise("yolox_loss")
@pytest.mark.parametrize("weight", [1.0, 0.25])
def test_the_boxes_weigh_as_much_as_asked(student, reference, weight):
    """Another weight changes the loss of boxes alone."""
    said = picture([[*WIDE, 1, 0.5, -1], [*FAR, -1, 2, 1]])
    assert_lost(student, reference, said, [[0, -1]], [tensor([SQUARE])], [[1]], weight=weight)


@exercise("yolox_loss")
def test_without_any_object(student, reference):
    """No cell has an object: two losses are 0, and the background still learns."""
    said = tensor([[[*WIDE, 1, 0.5, -1], [*FAR, -1, 2, 1]], [[*WIDE, 0.5, 0.5, -1], [*FAR, 2, 2, 1]]])
    nothing = torch.zeros(0, 4, dtype=DOUBLE)
    assert_lost(student, reference, said, [[-1, -1], [-1, -1]], [nothing, tensor([SQUARE])], [[], [1]])


@exercise("yolox_loss", costs=0.5)
def test_large_logits(student, reference):
    """Logits of 300 and -300: no loss is infinite."""
    said = picture([[*WIDE, -300, 300, -300], [*FAR, 300, 2, 1]])
    assert_lost(student, reference, said, [[0, -1]], [tensor([SQUARE])], [[0]])


def loss_gradients(ns, said, matches, boxes, labels):
    """Probe: the gradient of each of the three losses, and whether each is part of the graph."""
    leaf = said.clone().requires_grad_()
    losses = ns.yolox_loss(leaf, matches, boxes, labels)
    found = [torch.autograd.grad(one, leaf, retain_graph=True, allow_unused=True)[0] for one in losses]
    return [torch.zeros_like(leaf) if one is None else one for one in found]


def learning_batch(seed=3):
    """Two pictures of four cells and three classes, with boxes that overlap their objects in part."""
    raw = fixed(2, 4, 8, seed=seed)
    corner = 4 * raw[..., :2].sigmoid()
    said = torch.cat([corner, corner + 6 + 6 * raw[..., 2:4].sigmoid(), raw[..., 4:]], dim=2)
    boxes = [tensor([[1.0, 2, 11, 9], [3, 0, 9.5, 12]]), tensor([[2.0, 1, 13, 8]])]
    labels = [torch.tensor([2, 0]), torch.tensor([1])]
    return said, torch.tensor([[1, -1, 0, 0], [-1, 0, -1, -1]]), boxes, labels


@exercise("yolox_loss", costs=0.5)
def test_who_learns_what(student, reference):
    """The gradients of the three losses: boxes, objectness and classes each by their own loss alone."""
    args = learning_batch()
    names = [f"the gradient of {name}" for name in LOSSES]
    assert_parts(student.run(loss_gradients, *args), reference.run(loss_gradients, *args), *names)


def gradient_of_the_sum(ns, said, matches, boxes, labels):
    """Probe: the gradient of the sum of the losses."""
    leaf = said.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(sum(ns.yolox_loss(leaf, matches, boxes, labels)), leaf)
    return gradient


@exercise("yolox_loss", costs=0.5)
def test_a_batch_without_objects_is_learnt_from(student, reference):
    """No cell has an object: the sum of the losses has the gradient of objectness."""
    said, matches, boxes, labels = learning_batch()
    args = said, torch.full_like(matches, -1), boxes, labels
    assert_close(student.run(gradient_of_the_sum, *args), reference.run(gradient_of_the_sum, *args))


@exercise("yolox_loss", costs=0.5)
def test_all_cells_are_learnt_from_at_once(student):
    """Twenty times as many cells take no more tensor operations."""
    said, matches, boxes, labels = learning_batch()
    small, large = ((said.repeat(1, n, 1), matches.repeat(1, n), boxes, labels) for n in (1, 20))
    limit_operations(student, "yolox_loss", small, large)


def three_agree(came, expected, **tolerances):
    """Compare the three losses."""
    assert_parts(came, expected, *LOSSES, **tolerances)


def a_batch(rng, N=2, A=5, C=3, dtype=DOUBLE):
    """Pictures with two objects each, and cells of which some have one."""
    raw = randn(rng, N, A, 5 + C, dtype=dtype)
    corner = 4 * raw[..., :2].sigmoid()
    said = torch.cat([corner, corner + 6 + 6 * raw[..., 2:4].sigmoid(), raw[..., 4:]], dim=2)
    boxes = [torch.tensor([[1.0, 2, 11, 9], [3, 0, 9.5 + k, 12]], dtype=dtype) for k in range(N)]
    labels = [torch.tensor([k % C, (k + 1) % C]) for k in range(N)]
    return said, (torch.arange(A) + 2 * torch.arange(N)[:, None]) % 3 - 1, boxes, labels


contract(
    "yolox_loss",
    inputs=a_batch,
    settings={"weight": 2.0},
    compare=three_agree,
    one="NC",
    square={"N": 3, "A": 3, "C": 3},
)
