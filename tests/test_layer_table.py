"""The table of a network's layers: shapes, parameters and multiply-adds, held to torch's own counter."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from coursekit.layer_table import LayerTable, without_memory


def small_network() -> nn.Module:
    """A network with all that can change a count: stride, padding, groups, dilation, sides that differ, no bias."""
    return nn.Sequential(
        nn.Conv2d(4, 6, (3, 5), stride=(2, 1), padding=(1, 0)),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Conv2d(6, 8, 3, groups=2, dilation=2, bias=False),
        nn.Sequential(nn.MaxPool2d(2), nn.Dropout(0.5)),
        nn.Flatten(),
        nn.Linear(8 * 2 * 3, 5),
    )


def test_each_layer_stands_with_its_name_its_shape_and_what_it_learns():
    rows = LayerTable(small_network(), (4, 17, 15)).rows
    came = [(row.name, row.kind, row.shape, row.parameters) for row in rows if row.kind not in ("ReLU", "Flatten")]
    assert came == [
        ("0", "Conv2d", (6, 9, 11), 6 * 4 * 15 + 6),
        ("1", "BatchNorm2d", (6, 9, 11), 12),
        ("3", "Conv2d", (8, 5, 7), 8 * 3 * 9),
        ("4.0", "MaxPool2d", (8, 2, 3), 0),
        ("6", "Linear", (5,), 48 * 5 + 5),
    ]


@pytest.mark.parametrize(
    ("model", "shape"),
    [(small_network(), (4, 17, 15)), (nn.Conv2d(6, 6, 3, groups=6), (6, 5, 9)), (nn.Linear(7, 3), (4, 7))],
    ids=["a small network", "one depthwise convolution", "a fully connected layer at four places"],
)
def test_multiply_adds_are_half_of_the_operations_that_torch_counts(model, shape):
    with FlopCounterMode(display=False) as counter:
        model.eval()(torch.zeros(1, *shape))
    assert LayerTable(model, shape).multiply_adds == counter.get_total_flops() // 2


def test_the_last_line_adds_up_all_layers():
    table = LayerTable(small_network(), (4, 17, 15))
    assert table.parameters == sum(value.numel() for value in small_network().parameters())
    last = str(table).splitlines()[-1].split()
    assert last == ["all", f"{table.parameters:,}", f"{table.multiply_adds:,}"]


def test_the_network_is_left_as_it_was():
    net = small_network()
    net[1].eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    LayerTable(net, (4, 17, 15))
    assert [net.training, net[1].training, net[2].training] == [True, False, True]
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert not any(module._forward_hooks for module in net.modules())


def test_a_network_without_memory_has_the_table_of_a_real_one():
    assert without_memory(small_network, (4, 17, 15)).rows == LayerTable(small_network(), (4, 17, 15)).rows


def test_layers_that_learn_nothing_have_a_table_too():
    assert LayerTable(nn.MaxPool2d(2), (3, 5, 7)).rows[0].shape == (3, 2, 3)
