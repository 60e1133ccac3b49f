"""Checks of the notebook classic."""

import torch

from autograder.authoring import assert_close, contract, exercise, randn


def le_net_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_le_net(ns, x):
    """Make the class and use it."""
    return ns.LeNet()(x)


contract("LeNet", inputs=le_net_inputs, use=use_le_net)


@exercise("LeNet")
def test_le_net_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_le_net, x), reference.run(use_le_net, x))


def alex_net_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_alex_net(ns, x):
    """Make the class and use it."""
    return ns.AlexNet()(x)


contract("AlexNet", inputs=alex_net_inputs, use=use_alex_net)


@exercise("AlexNet")
def test_alex_net_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_alex_net, x), reference.run(use_alex_net, x))


def local_response_norm_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("local_response_norm", inputs=local_response_norm_inputs)


@exercise("local_response_norm")
def test_local_response_norm_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.local_response_norm(x), reference.local_response_norm(x))


def zfnet_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_zfnet(ns, x):
    """Make the class and use it."""
    return ns.ZFNet()(x)


contract("ZFNet", inputs=zfnet_inputs, use=use_zfnet)


@exercise("ZFNet")
def test_zfnet_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_zfnet, x), reference.run(use_zfnet, x))


def vgg_layers_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


contract("vgg_layers", inputs=vgg_layers_inputs)


@exercise("vgg_layers")
def test_vgg_layers_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.vgg_layers(x), reference.vgg_layers(x))


def inception_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_inception(ns, x):
    """Make the class and use it."""
    return ns.Inception()(x)


contract("Inception", inputs=inception_inputs, use=use_inception)


@exercise("Inception")
def test_inception_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_inception, x), reference.run(use_inception, x))


def auxiliary_classifier_inputs(rng, N=4, D=3, dtype=torch.float64):
    """TODO the arguments of a call; the named sizes are the axes."""
    return (randn(rng, N, D, dtype=dtype),)


def use_auxiliary_classifier(ns, x):
    """Make the class and use it."""
    return ns.AuxiliaryClassifier()(x)


contract("AuxiliaryClassifier", inputs=auxiliary_classifier_inputs, use=use_auxiliary_classifier)


@exercise("AuxiliaryClassifier")
def test_auxiliary_classifier_agrees_where_it_matters(student, reference, rng):
    """TODO one line that a student can read: an edge, a tie, a case worked by hand."""
    x = randn(rng, 1, 5, dtype=torch.float64)
    assert_close(student.run(use_auxiliary_classifier, x), reference.run(use_auxiliary_classifier, x))
