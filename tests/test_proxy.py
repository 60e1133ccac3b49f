"""The short training that a search scores architectures by."""

import copy

import torch

from coursekit import proxy
from tests.small_network import small_network


def test_images_are_the_same_at_each_call_and_those_to_judge_by_are_others():
    data = proxy.images()
    assert proxy.images() is data
    assert data.x_train.shape == (1024, 3, 32, 32)
    assert data.x_val.shape == (512, 3, 32, 32)
    assert set(data.y_train.tolist()) == set(range(30))
    assert not (data.x_train[:512] == data.x_val).flatten(1).all(dim=1).any()


def test_a_short_training_is_better_than_chance_and_leaves_the_network_in_evaluation():
    network = small_network()
    # guesses come to 1 / 30 of 512 images, with a standard deviation of 0.008
    assert proxy.accuracy_after(network, 48) > 2 / 30
    assert not any(module.training for module in network.modules())


def test_the_seed_decides_the_batches_and_no_random_state_is_touched():
    proxy.images()
    start = small_network()
    state = torch.get_rng_state()
    trained = []
    for seed in (5, 5, 6):
        network = copy.deepcopy(start)
        proxy.accuracy_after(network, 3, seed=seed)
        trained.append(network[0].weight.detach())
    assert torch.equal(torch.get_rng_state(), state)
    torch.testing.assert_close(trained[0], trained[1])
    assert not torch.allclose(trained[0], trained[2])
