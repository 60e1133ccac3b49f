"""What students write in transfer: mistakes with the hint each deserves, and other right answers."""

import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring import mistake, right

solved_freeze, solved_groups, solved_norms, solved_tune = freeze_backbone, parameter_groups, freeze_batch_norm, fine_tune
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


# freeze_backbone


@mistake("freeze_backbone", edit={"            parameter.grad = None": "            pass"}, hint="What is frozen still has a grad, and an optimiser that finds one takes a step, even where it is zero. It is to be None.")
def keeps_the_grad(): ...


@mistake("freeze_backbone", edit={"parameter.grad = None\n": "parameter.grad = None\n        parameter.grad = None\n"}, hint="What learns has lost its grad as well. It keeps the one that it has.")
def drops_every_grad(): ...


@mistake("freeze_backbone", edit={"parameter.requires_grad = id(parameter) not in frozen": "parameter.requires_grad = parameter.requires_grad and id(parameter) not in frozen"}, hint="What was frozen before is never switched on. Each call decides anew, for every parameter.")
def only_switches_off(): ...


@mistake("freeze_backbone", edit={"parameter.requires_grad = id(parameter) not in frozen": "parameter.requires_grad = parameter.requires_grad or id(parameter) not in frozen"}, hint="What learnt before is never switched off. Each call decides anew, for every parameter.")
def only_switches_on(): ...


@mistake("freeze_backbone", hint="Counted from the end with a negative index, no stage at all becomes every stage: minus zero is zero.")
def minus_zero(model, way="head", last=1):
    if way not in ("head", "last", "all"):
        raise ValueError(way)
    stages = list(model.features)
    learns = stages[-last:] if way == "last" else stages if way == "all" else []
    chosen = {id(p) for stage in learns for p in stage.parameters()}
    inside = {id(p) for p in model.features.parameters()}
    for p in model.parameters():
        p.requires_grad = id(p) in chosen or id(p) not in inside
        p.grad = p.grad if p.requires_grad else None
    return [name for name, p in model.named_parameters() if p.requires_grad]


@mistake("freeze_backbone", edit={"max(0, len(stages) - counts[way])": "len(stages) - counts[way]"}, hint="Where more stages are asked for than there are, the number of frozen ones falls below zero, and a slice takes it as counted from the end.")
def below_zero(): ...


NAMES_BEGIN_ALIKE = "Names are compared by how they begin: features.1 is also the beginning of features.10."
OUTSIDE = "features_scale is frozen with the backbone, though it lies outside of features. All that lies outside is the head: not the classifier alone, and a name that begins like another says nothing."


@mistake("freeze_backbone", hint=NAMES_BEGIN_ALIKE)
def by_the_number_without_a_dot(model, way="head", last=1):
    num = len(model.features)
    still = {"head": num, "last": max(0, num - last), "all": 0}.get(way)
    if still is None:
        raise ValueError(way)
    begins = tuple(f"features.{place}" for place in range(still))
    for name, p in model.named_parameters():
        p.requires_grad = not name.startswith(begins)
        p.grad = p.grad if p.requires_grad else None
    return [name for name, p in model.named_parameters() if p.requires_grad]


@mistake("freeze_backbone", hint="Parameters are compared by their numbers. In a new network many hold the same ones: all scales are ones. Which parameter it is says its identity.")
def by_equal_numbers(model, way="head", last=1):
    num = len(model.features)
    still = {"head": num, "last": max(0, num - last), "all": 0}.get(way)
    if still is None:
        raise ValueError(way)
    frozen = [p for stage in model.features[:still] for p in stage.parameters()]
    for p in model.parameters():
        p.requires_grad = not any(torch.equal(p, other) for other in frozen)
        p.grad = p.grad if p.requires_grad else None
    return [name for name, p in model.named_parameters() if p.requires_grad]


@mistake("freeze_backbone", hint=NAMES_BEGIN_ALIKE + " And features is that of features_scale.")
def by_the_beginning_of_names(model, way="head", last=1):
    if way not in ("head", "last", "all"):
        raise ValueError(way)
    num = len(model.features)
    still = {"head": num, "last": max(0, num - last), "all": 0}[way]
    begins = tuple(f"features.{place}" for place in range(still)) if way == "last" else ("features",) * (way == "head")
    for name, p in model.named_parameters():
        p.requires_grad = not name.startswith(begins)
        p.grad = p.grad if p.requires_grad else None
    return [name for name, p in model.named_parameters() if p.requires_grad]


@mistake("freeze_backbone", hint=OUTSIDE)
def the_classifier_alone(model, way="head", last=1):
    solved_freeze(model, way, last)
    if way != "all":
        model.features_scale.requires_grad = False
        model.features_scale.grad = None
    return [name for name, p in model.named_parameters() if p.requires_grad]


@mistake("freeze_backbone", edit={"stages = list(model.features)": "stages = [one for one in model.features if list(one.parameters())]"}, hint="Only stages with parameters are counted. Each child of features is a stage, also a pooling.")
def counts_stages_with_parameters(): ...


@mistake("freeze_backbone", edit={"stages[: max(0, len(stages) - counts[way])]": "stages[counts[way] if way != 'head' else 0 :] if way != 'all' else []"}, hint="The first stages learn and the last ones are frozen. What a first stage looks for serves any picture: it is the last ones that should learn.")
def the_first_stages(): ...


@mistake("freeze_backbone", hint="The stages are frozen from the end: the very stages that should learn hold still.")
def frozen_the_wrong_way_round(model, way="head", last=1):
    if way not in ("head", "last", "all"):
        raise ValueError(way)
    stages = list(model.features)
    still = {"head": stages, "all": [], "last": stages[max(0, len(stages) - last) :]}[way]
    frozen = {id(p) for stage in still for p in stage.parameters()}
    for p in model.parameters():
        p.requires_grad = id(p) not in frozen
        p.grad = p.grad if p.requires_grad else None
    return [name for name, p in model.named_parameters() if p.requires_grad]


@mistake("freeze_backbone", hint="A module has no switch of that name: an attribute requires_grad set on a stage is an attribute like any other. The parameters have it.")
def sets_it_on_modules(model, way="head", last=1):
    if way not in ("head", "last", "all"):
        raise ValueError(way)
    stages = list(model.features)
    num = {"head": 0, "last": last, "all": len(stages)}[way]
    for place, stage in enumerate(stages):
        stage.requires_grad = place >= len(stages) - num
    return [name for name, p in model.named_parameters() if p.requires_grad]


@mistake("freeze_backbone", edit={"frozen = {id(p)": "model.train()\n    for one in still:\n        one.eval()\n    frozen = {id(p)"}, hint="The modes of modules are set as well. Here only the switch of each parameter is asked for.")
def sets_modes(): ...


@mistake("freeze_backbone", edit={"        raise ValueError(f\"way is one of {', '.join(counts)}, not {way!r}\")": "        way = 'all'"}, hint="Another word passes for one of the three ways. It is to be refused with a ValueError.")
def takes_any_word(): ...


@mistake("freeze_backbone", edit={"    stages = list(model.features)\n": "    stages = list(model.features)\n    model.requires_grad_(True)\n"}, hint="Where the way is refused, the network has been changed already. Look at the word first.")
def changes_before_it_refuses(): ...


@mistake("freeze_backbone", edit={"    stages = list(model.features)\n": "    stages = list(model.features)\n    model.requires_grad_(False)\n"}, hint="Where the way is refused, the network has been changed already. Look at the word first.")
def switches_off_before_it_refuses(): ...


@mistake("freeze_backbone", edit={"            learning.append(name)\n": "            pass\n", "            parameter.grad = None": "            parameter.grad = None\n            learning.append(name)"}, hint="The names returned are those of the frozen parameters.")
def names_what_is_frozen(): ...


@right("freeze_backbone")
def with_requires_grad_of_modules(model, way="head", last=1):
    num = len(model.features)
    if way == "head":
        first = num
    elif way == "last":
        first = max(num - last, 0)
    elif way == "all":
        first = 0
    else:
        raise ValueError("no such way")
    model.requires_grad_(True)
    for place in range(first):
        stage = model.features[place]
        stage.requires_grad_(False)
        stage.zero_grad(set_to_none=True)
    return [name for name, value in model.named_parameters() if value.requires_grad]


@right("freeze_backbone")
def by_the_number_in_the_name(model, way="head", last=1):
    if way not in {"head", "last", "all"}:
        raise ValueError(f"{way} is none of head, last, all")
    num = len(model.features)
    first = {"head": num, "last": num - last, "all": 0}[way]
    names = []
    for name, value in model.named_parameters():
        parts = name.split(".")
        learns = parts[0] != "features" or int(parts[1]) >= first
        value.requires_grad_(learns)
        if learns:
            names.append(name)
        else:
            value.grad = None
    return names


@right("freeze_backbone")
def by_going_through_all_modules(model, way="head", last=1):
    ways = ["head", "last", "all"]
    ways.index(way)  # a ValueError where it is none
    stages = list(model.features.children())
    learns = {"head": [], "all": stages, "last": [s for i, s in enumerate(reversed(stages)) if i < last]}[way]
    inside = set(model.features.parameters())
    chosen = set().union(*(set(stage.parameters()) for stage in learns))
    kept = []
    for name, value in model.named_parameters():
        value.requires_grad = value in chosen or value not in inside
        if value.requires_grad:
            kept += [name]
        else:
            value.grad = None
    return kept


# parameter_groups


@mistake("parameter_groups", edit={"        if parameter.requires_grad:": "        if True:"}, hint="Frozen parameters stand in the groups as well. Those that don't learn are left out.")
def takes_frozen_ones(): ...


@mistake("parameter_groups", edit={"    backbone = {": "    model.requires_grad_(True)\n    backbone = {"}, hint="Everything is switched on before the groups are made. The network stays as it is: what learns has been decided already.")
def switches_all_on(): ...


@mistake("parameter_groups", edit={".append(parameter)": ".append(parameter.data)"}, hint="What stands in the groups are not the network's parameters but other tensors on their memory, such as p.data. No gradient ever comes to them.")
def takes_the_data(): ...


@mistake("parameter_groups", hint="Parameters are compared by their numbers. In a new network many hold the same ones: all scales are ones. Which parameter it is says its identity.")
def by_equal_numbers_in_the_backbone(model, rate, times=10.0, weight_decay=0.0):
    inside = list(model.features.parameters())
    groups = []
    for p in model.parameters():
        if p.requires_grad:
            lr = rate if any(torch.equal(p, other) for other in inside) else rate * times
            groups.append({"params": [p], "lr": lr, "weight_decay": weight_decay if p.ndim > 1 else 0.0})
    return groups


@mistake("parameter_groups", edit={"rate if id(parameter) in backbone else rate * times": "rate * times if id(parameter) in backbone else rate"}, hint="The backbone has the high rate and the head the low one. Which of the two is nearly right already?")
def rates_the_wrong_way_round(): ...


@mistake("parameter_groups", edit={"rate if id(parameter) in backbone else rate * times": "rate / times if id(parameter) in backbone else rate"}, hint="The ratio is right and the rates are not: `rate` is the backbone's, and the head's is a multiple of it.")
def divides_the_backbone_s(): ...


@mistake("parameter_groups", edit={"rate if id(parameter) in backbone else rate * times": "rate if id(parameter) in backbone else rate + times"}, hint="The factor is added to the rate. The head learns at so many times the rate.")
def adds_the_factor(): ...


@mistake("parameter_groups", edit={"rate * times": "rate * 10"}, hint="The factor is always ten, whatever is given.")
def always_ten(): ...


@mistake("parameter_groups", edit={"weight_decay if parameter.ndim >= 2 else 0.0": "weight_decay"}, hint="Biases, scales and shifts decay as well. Pulled to zero, a scale silences its channel.")
def decays_everything(): ...


@mistake("parameter_groups", edit={"weight_decay if parameter.ndim >= 2 else 0.0": "weight_decay if parameter.ndim > 2 else 0.0"}, hint="A matrix of a linear layer has two dimensions and is to decay as a convolution does.")
def decays_convolutions_only(): ...


@mistake("parameter_groups", edit={"weight_decay if parameter.ndim >= 2 else 0.0": "0.0 if parameter.ndim >= 2 else weight_decay"}, hint="It is the other way round: the weights of two and more dimensions decay.")
def decays_the_others(): ...


@mistake("parameter_groups", edit={"weight_decay if parameter.ndim >= 2 else 0.0": "weight_decay if parameter.ndim >= 2 and id(parameter) in backbone else 0.0"}, hint="The head's weights have no decay. The number of dimensions decides, in both parts.")
def decays_the_backbone_only(): ...


@mistake("parameter_groups", hint="Whether something decays is read off its name. A norm's scale is called weight as well, and has one dimension.")
def decays_what_is_called_weight(model, rate, times=10.0, weight_decay=0.0):
    inside = {id(p) for p in model.features.parameters()}
    return [
        {"params": [p], "lr": rate if id(p) in inside else rate * times, "weight_decay": weight_decay * name.endswith("weight")}
        for name, p in model.named_parameters()
        if p.requires_grad
    ]


@mistake("parameter_groups", hint="What isn't called bias decays. The scales of norms aren't called so, nor is features_scale: the number of dimensions decides.")
def spares_what_is_called_bias(model, rate, times=10.0, weight_decay=0.0):
    inside = {id(p) for p in model.features.parameters()}
    return [
        {"params": [p], "lr": rate if id(p) in inside else rate * times, "weight_decay": weight_decay * (not name.endswith("bias"))}
        for name, p in model.named_parameters()
        if p.requires_grad
    ]


@mistake("parameter_groups", hint="Batch norms alone are spared. Biases of other layers, other norms and features_scale decay: the number of dimensions decides.")
def spares_batch_norms_only(model, rate, times=10.0, weight_decay=0.0):
    inside = {id(p) for p in model.features.parameters()}
    spared = {id(p) for one in model.modules() if isinstance(one, BATCH_NORMS) for p in one.parameters()}
    return [
        {"params": [p], "lr": rate if id(p) in inside else rate * times, "weight_decay": 0.0 if id(p) in spared else weight_decay}
        for p in model.parameters()
        if p.requires_grad
    ]


@mistake("parameter_groups", hint="The parts are told apart by how names begin: features is the beginning of features_scale as well, which lies outside.")
def by_the_beginning_of_the_name(model, rate, times=10.0, weight_decay=0.0):
    return [
        {"params": [p], "lr": rate if name.startswith("features") else rate * times, "weight_decay": weight_decay if p.ndim > 1 else 0.0}
        for name, p in model.named_parameters()
        if p.requires_grad
    ]


@mistake("parameter_groups", hint="Only features and classifier are looked at. The head is all that lies outside of features, and something is missing.")
def the_two_parts_by_name(model, rate, times=10.0, weight_decay=0.0):
    return [
        {"params": [p], "lr": lr, "weight_decay": weight_decay if p.ndim > 1 else 0.0}
        for part, lr in ((model.features, rate), (model.classifier, rate * times))
        for p in part.parameters()
        if p.requires_grad
    ]


@mistake("parameter_groups", hint="A group does not say its own rate or decay, so the optimiser's holds. Each dict has all three keys.")
def leaves_the_backbone_s_to_the_optimiser(model, rate, times=10.0, weight_decay=0.0):
    groups = solved_groups(model, rate, times, weight_decay)
    return [{key: value for key, value in group.items() if key != "lr" or group["lr"] != rate} for group in groups]


@mistake("parameter_groups", hint="A group does not say its own rate or decay, so the optimiser's holds. Each dict has all three keys.")
def leaves_no_decay_to_the_optimiser(model, rate, times=10.0, weight_decay=0.0):
    groups = solved_groups(model, rate, times, weight_decay)
    return [{key: value for key, value in group.items() if key != "weight_decay" or value} for group in groups]


@mistake("parameter_groups", hint="The head is in the groups twice, in its own and among all parameters. Each parameter stands in one.")
def the_head_twice(model, rate, times=10.0, weight_decay=0.0):
    inside = {id(p) for p in model.features.parameters()}
    head = [p for p in model.parameters() if id(p) not in inside and p.requires_grad]
    every = [p for p in model.parameters() if p.requires_grad]
    return [{"params": every, "lr": rate, "weight_decay": 0.0}, {"params": head, "lr": rate * times, "weight_decay": 0.0}]


@mistake("parameter_groups", hint="Parameters without a grad are left out. Before the first backward pass none has one: what learns is said by requires_grad.")
def by_the_grad(model, rate, times=10.0, weight_decay=0.0):
    wanted = {id(p) for p in model.parameters() if p.grad is not None}
    groups = solved_groups(model, rate, times, weight_decay)
    return [{**group, "params": [p for p in group["params"] if id(p) in wanted]} for group in groups]


@mistake("parameter_groups", edit={"if parameter.requires_grad:": "if parameter.grad is not None:"}, hint="Parameters without a grad are left out. Before the first backward pass none has one: what learns is said by requires_grad.")
def by_the_grad_alone(): ...


@mistake("parameter_groups", hint="There are groups without any parameter. Where nothing learns the list is empty.")
def always_four_groups(model, rate, times=10.0, weight_decay=0.0):
    inside = {id(p) for p in model.features.parameters()}
    return [
        {
            "params": [p for p in model.parameters() if p.requires_grad and (id(p) in inside) == is_in and (p.ndim > 1) == is_wide],
            "lr": rate if is_in else rate * times,
            "weight_decay": weight_decay if is_wide else 0.0,
        }
        for is_in in (True, False)
        for is_wide in (True, False)
    ]


@right("parameter_groups")
def a_group_for_each_parameter(model, rate, times=10.0, weight_decay=0.0):
    groups = []
    for name, value in model.named_parameters():
        if not value.requires_grad:
            continue
        group = {"params": [value], "lr": rate, "weight_decay": weight_decay}
        if not name.startswith("features."):
            group["lr"] = times * rate
        if value.dim() < 2:
            group["weight_decay"] = 0.0
        groups.append(group)
    return groups


@right("parameter_groups")
def four_lists(model, rate, times=10.0, weight_decay=0.0):
    backbone = set(model.features.parameters())
    learning = [p for p in model.parameters() if p.requires_grad]
    inner, outer = [p for p in learning if p in backbone], [p for p in learning if p not in backbone]
    table = []
    for part, lr in [(inner, rate), (outer, rate * times)]:
        table.append({"params": [p for p in part if p.ndim > 1], "lr": lr, "weight_decay": weight_decay})
        table.append({"params": [p for p in part if p.ndim <= 1], "lr": lr, "weight_decay": 0.0})
    return [group for group in table if group["params"]]


@right("parameter_groups")
def by_the_first_part_of_the_name(model, rate, times=10.0, weight_decay=0.0):
    sorted_out = {}
    for name, value in model.named_parameters():
        if value.requires_grad:
            key = name.split(".")[0] == "features", len(value.shape) in (0, 1)
            sorted_out.setdefault(key, []).append(value)
    return [
        dict(params=values, lr=[rate * times, rate][is_inner], weight_decay=[weight_decay, 0.0][is_flat])
        for (is_inner, is_flat), values in sorted_out.items()
    ]


# freeze_batch_norm

MODE_SPRINGS_BACK = "The norms are set to evaluation mode once, and the next train() of the network sets them back."
NORMALISES_BY_THE_BATCH = "The running statistics hold still, but in training mode the norm still divides by those of the batch."


@mistake("freeze_batch_norm", hint=MODE_SPRINGS_BACK)
def eval_once(model):
    for module in model.modules():
        if isinstance(module, BATCH_NORMS):
            module.eval().requires_grad_(False).zero_grad()
    return model


@mistake("freeze_batch_norm", hint="Scale and shift are frozen, and the running statistics are not: no switch of gradients reaches a buffer.")
def requires_grad_only(model):
    for module in model.modules():
        if isinstance(module, BATCH_NORMS):
            module.requires_grad_(False).zero_grad()
    return model


@mistake("freeze_batch_norm", hint=NORMALISES_BY_THE_BATCH)
def momentum_of_zero(model):
    for module in model.modules():
        if isinstance(module, BATCH_NORMS):
            module.momentum = 0.0
            module.requires_grad_(False).zero_grad()
    return model


@mistake("freeze_batch_norm", hint=NORMALISES_BY_THE_BATCH)
def tracks_no_more(model):
    for module in model.modules():
        if isinstance(module, BATCH_NORMS):
            module.track_running_stats = False
            module.requires_grad_(False).zero_grad()
    return model


@mistake("freeze_batch_norm", edit={"                parameter.requires_grad, parameter.grad = False, None": "                parameter.grad = None"}, hint="The statistics hold still, and scale and shift go on learning. They are frozen as well.")
def scale_and_shift_learn(): ...


@mistake("freeze_batch_norm", edit={"                parameter.requires_grad, parameter.grad = False, None": "                pass"}, hint="The statistics hold still, and scale and shift go on learning. They are frozen as well.")
def holds_the_statistics_alone(): ...


PASSED_BY = "The second call passes by what was frozen before. What somebody has switched on since is to be frozen again: scale and shift are as other parameters to whoever switches everything on."


class StillLearning(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight.requires_grad_(False), norm.bias.requires_grad_(False), norm.eps
        self.weight.grad = self.bias.grad = None
        for name, value in norm.named_buffers():
            self.register_buffer(name, value)

    def forward(self, x):
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)


@mistake("freeze_batch_norm", hint=PASSED_BY)
def with_a_layer_that_a_second_call_passes_by(model):
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, BATCH_NORMS):
                setattr(parent, name, StillLearning(child))
    return model


@mistake("freeze_batch_norm", hint="A copy of the network isn't frozen: what was hung on each norm sets the norm of the original. It is handed the module that it should set.")
def hook_for_the_original(model):
    solved_norms(model)
    for module in model.modules():
        if isinstance(module, BATCH_NORMS):
            module.__class__ = type(module).__bases__[0]
            module.register_forward_pre_hook(lambda m, args, norm=module: setattr(norm, "training", False))
    return model


@mistake("freeze_batch_norm", edit={"parameter.requires_grad, parameter.grad = False, None": "parameter.requires_grad = False"}, hint="A grad of earlier steps is left in scale and shift: an optimiser that finds it takes a step.")
def keeps_old_grads(): ...


@mistake("freeze_batch_norm", edit={"(nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)": "nn.BatchNorm2d"}, hint="Only those for images are frozen. There are batch norms of one and of three dimensions, too.")
def two_dimensions_only(): ...


@mistake("freeze_batch_norm", edit={"(nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)": "nn.modules.batchnorm._NormBase"}, hint="An instance norm is frozen as well. Only batch norms are.")
def instance_norms_too(): ...


OTHER_NORMS = "Other norms are frozen as well. Only batch norms are: group norms, layer norms and instance norms go on learning."


@mistake("freeze_batch_norm", hint=OTHER_NORMS)
def all_that_is_called_norm(model):
    for module in model.modules():
        if "Norm" in type(module).__name__:
            module.eval().requires_grad_(False).zero_grad()
            module.train = lambda mode=True, module=module: module
    return model


@mistake("freeze_batch_norm", hint=OTHER_NORMS)
def every_norm(model):
    solved_norms(model)
    for module in model.modules():
        if "Norm" in type(module).__name__ and not isinstance(module, nn.InstanceNorm1d):
            module.requires_grad_(False)
    return model


@mistake("freeze_batch_norm", hint="Only the outermost modules are looked at. Batch norms lie at any depth.")
def children_only(model):
    for module in model.children():
        if isinstance(module, BATCH_NORMS):
            module.train = lambda mode=True: module
            module.eval().requires_grad_(False)
    return model


PART_GOES_PAST = "The network's own train() is another one now, and train() of a part of it goes past that. The norm itself has to hold still."


@mistake("freeze_batch_norm", hint=PART_GOES_PAST)
def train_of_the_network_bound_to_it(model):
    import types

    def train(self, mode=True):
        type(self).train(self, mode)
        for module in self.modules():
            if isinstance(module, BATCH_NORMS):
                module.eval()
        return self

    for module in model.modules():
        if isinstance(module, BATCH_NORMS):
            module.eval().requires_grad_(False).zero_grad()
    model.train = types.MethodType(train, model)
    return model


@mistake("freeze_batch_norm", hint=PART_GOES_PAST)
def train_of_the_network(model):
    def train(mode=True):
        type(model).train(model, mode)
        for module in model.modules():
            if isinstance(module, BATCH_NORMS):
                module.training = False
        return model

    solved_norms(model)
    for module in model.modules():
        if isinstance(module, BATCH_NORMS):
            module.__class__ = type(module).__bases__[0]
    model.train = train
    model.train(model.training)
    return model


@mistake("freeze_batch_norm", hint="eval() calls train(False): a train() that calls eval() goes round in a circle.")
def round_in_a_circle(model):
    import types

    def train(self, mode=True):
        return self.eval()

    solved_norms(model)
    for module in model.modules():
        if isinstance(module, BATCH_NORMS):
            module.train = types.MethodType(train, module)
    return model


@mistake("freeze_batch_norm", hint="The class itself is changed, so every batch norm of every network holds still. Only those in this network should.")
def changes_the_class(model):
    return _with_classes_that(model, lambda self, mode=True: self)


@mistake("freeze_batch_norm", hint="The class itself is changed, so every batch norm of every network holds still. Only those in this network should.")
def changes_the_class_and_sets_the_mode(model):
    def train(self, mode=True):
        self.training = False
        return self

    return _with_classes_that(model, train)


def _with_classes_that(model, train):
    import weakref

    def put_right():
        for kind in BATCH_NORMS:
            if "train" in vars(kind):
                del kind.train

    solved_norms(model)
    for kind in BATCH_NORMS:
        kind.train = train
    weakref.finalize(model, put_right)
    return model


@mistake("freeze_batch_norm", hint="The whole network can't be set to training mode any more: a dropout should still be on in training.")
def the_whole_network_stays(model):
    solved_norms(model)
    model.eval()
    model.train = lambda mode=True: model
    return model


@mistake("freeze_batch_norm", edit={"            module.eval()\n": "            module.eval()\n            model.eval()\n"}, hint="Freezing sets the other modules to evaluation mode too. They stay in the mode that they are in.")
def sets_the_network_to_eval(): ...


@mistake("freeze_batch_norm", hint="All parameters of the network are frozen. The convolutions go on learning.")
def freezes_all_parameters(model):
    solved_norms(model)
    return model.requires_grad_(False)


@mistake("freeze_batch_norm", hint="All parameters of the network are frozen. The convolutions go on learning.")
def freezes_all_parameters_and_their_grads(model):
    solved_norms(model).requires_grad_(False).zero_grad()
    return model


@mistake("freeze_batch_norm", hint="Nothing came back. The network itself is to be returned.")
def returns_nothing(model):
    solved_norms(model)


@mistake("freeze_batch_norm", hint="A copy is frozen, and the network that was handed in is not. It is to be changed itself.")
def freezes_a_copy(model):
    import copy

    return solved_norms(copy.deepcopy(model))


@mistake("freeze_batch_norm", hint="The frozen layer works without gradients, so nothing before it can learn. Only its own numbers are constants.")
def without_gradients(model):
    def forward(self, x):
        with torch.no_grad():
            return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps)

    solved_norms(model)
    for module in model.modules():
        if isinstance(module, BATCH_NORMS):
            module.__class__ = type("Silent", (type(module),), {"forward": forward})
    return model


NO_COUNTER = "The counter of batches is gone from the state dict, which then does not load into a plain network. Its names stay."


@mistake("freeze_batch_norm", hint=NO_COUNTER)
def with_a_layer_that_has_no_counter(model):
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, BATCH_NORMS):
                setattr(parent, name, StillLearning(child))
                del parent._modules[name]._buffers["num_batches_tracked"]
    return model


@mistake("freeze_batch_norm", hint=NO_COUNTER)
def loses_the_counter(model):
    solved_norms(model)
    for module in model.modules():
        if isinstance(module, BATCH_NORMS):
            del module._buffers["num_batches_tracked"]
    return model


@mistake("freeze_batch_norm", hint="The batch norms are replaced by new ones, with numbers of a start. They keep the numbers that they have.")
def fresh_ones(model):
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, BATCH_NORMS):
                setattr(parent, name, type(child)(child.num_features, eps=child.eps).to(child.weight.dtype))
    return solved_norms(model)


@mistake("freeze_batch_norm", hint="A frozen norm has an epsilon of its own. It keeps that of the layer.")
def another_epsilon(model):
    solved_norms(model)
    for module in model.modules():
        if isinstance(module, BATCH_NORMS):
            module.eps = 0.0
    return model


@right("freeze_batch_norm")
def with_a_method_for_each(model):
    def held(module):
        def train(mode=True):
            return module

        return train

    for module in model.modules():
        if isinstance(module, BATCH_NORMS):
            module.training = False
            module.train = held(module)
            module.requires_grad_(False)
            module.zero_grad(set_to_none=True)
    return model


@right("freeze_batch_norm")
def with_a_hook(model):
    def hold(module, inputs):
        module.training = False

    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
            module.register_forward_pre_hook(hold)
            for value in (module.weight, module.bias):
                if value is not None:
                    value.requires_grad_(False)
                    value.grad = None
    return model


class Still(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.eps = norm.eps
        for name, value in [*norm.named_parameters(), *norm.named_buffers()]:
            self.register_buffer(name, value.detach())

    def forward(self, x):
        shape = [1, -1] + [1] * (x.ndim - 2)
        mean, var, weight, bias = (v.view(shape) for v in (self.running_mean, self.running_var, self.weight, self.bias))
        return (x - mean) * (var + self.eps).rsqrt() * weight + bias


@right("freeze_batch_norm")
def with_a_layer_in_its_place(model):
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, BATCH_NORMS):
                setattr(parent, name, Still(child))
    return model


@right("freeze_batch_norm")
def by_recursion_with_subclasses(model):
    class Frozen1d(nn.BatchNorm1d):
        def train(self, mode=True):
            return super().train(False)

    class Frozen2d(nn.BatchNorm2d):
        def train(self, mode=True):
            return super().train(False)

    class Frozen3d(nn.BatchNorm3d):
        def train(self, mode=True):
            return super().train(False)

    for child in model.children():
        for old, new in ((nn.BatchNorm1d, Frozen1d), (nn.BatchNorm2d, Frozen2d), (nn.BatchNorm3d, Frozen3d)):
            if isinstance(child, old):
                child.__class__ = new
                child.train()
                child.requires_grad_(False).zero_grad(set_to_none=True)
        freeze_batch_norm(child)
    return model


# fine_tune


@mistake("fine_tune", edit={"model.classifier = head": "model.classifier = copy.deepcopy(head)"}, hint="A copy of the head learns, and the head that was handed in does not: it is the one that belongs in the network.")
def a_copy_of_the_head(): ...


@mistake("fine_tune", edit={"freeze_batch_norm(model.features)": "[m.eval().requires_grad_(False) for m in model.features.modules() if isinstance(m, nn.BatchNorm2d)]"}, hint="The backbone's batch norms are set to evaluation mode at each phase, and the train() before the step sets them back.")
def norms_spring_back(): ...


@mistake("fine_tune", edit={"batches[:num_head_steps]": "batches[: num_head_steps + 1]", "batches[num_head_steps:]": "batches[num_head_steps + 1 :]"}, hint="The first phase takes one step more than it is given.")
def one_step_too_many(): ...


@mistake("fine_tune", edit={"    losses = []\n": "    losses = []\n    came = {id(p) for p in model.parameters() if p.requires_grad}\n", "        freeze_backbone(model, way)\n": "        freeze_backbone(model, way)\n        for p in model.parameters():\n            p.requires_grad = p.requires_grad and id(p) in came\n"}, hint="A parameter that comes frozen is never switched on. In the second phase everything learns, however it came, and in the first all that isn't in features.")
def stays_as_it_came(): ...


@mistake("fine_tune", edit={"        freeze_backbone(model, way)\n": "        freeze_backbone(model, way)\n        model.features_scale.requires_grad = way == 'all'\n"}, hint="In the first phase only the classifier learns. All parameters outside of features do: there may be others.")
def the_classifier_alone_at_first(): ...


@mistake("fine_tune", edit={"            optimiser.zero_grad()\n": "", "            optimiser.step()\n": "            optimiser.step()\n            optimiser.zero_grad()\n"}, hint="Old gradients are taken away only after a step: those that came with the network count in the first one.")
def clears_after_the_step(): ...


@mistake("fine_tune", edit={"        model.train()\n": "        model.train()\n        if way == 'head':\n            model.features.eval()\n"}, hint="In the first phase the whole backbone is in evaluation mode. Only its batch norms hold still: a dropout in it is on, though nothing in it learns.")
def backbone_in_eval_mode_at_first(): ...


@mistake("fine_tune", edit={"    model.classifier = head\n": "    model.classifier = model.classifier\n"}, hint="The old classifier is still in its place: the new head has to come before anything else.")
def keeps_the_old_head(): ...


@mistake("fine_tune", edit={"        freeze_backbone(model, way)\n        freeze_batch_norm(model.features)\n": "        freeze_batch_norm(model.features)\n        freeze_backbone(model, way)\n"}, hint="The norms are frozen first, and then everything is switched on, their scales and shifts too. Which switch is thrown last?")
def norms_first(): ...


@mistake("fine_tune", edit={"        freeze_batch_norm(model.features)\n": ""}, hint="The backbone's batch norms move with every batch. They are frozen in both phases.")
def norms_never(): ...


@mistake("fine_tune", edit={"freeze_batch_norm(model.features)": "freeze_batch_norm(model)"}, hint="The new head's own batch norm is frozen as well, before it has measured anything.")
def the_head_s_norm_too(): ...


@mistake("fine_tune", edit={'("head", batches[:num_head_steps]), ("all", batches[num_head_steps:])': '("all", batches)'}, hint="There is one phase only, in which everything learns from the first step on.")
def no_first_phase(): ...


@mistake("fine_tune", edit={'("head", batches[:num_head_steps]), ("all", batches[num_head_steps:])': '("head", batches)'}, hint="Everything but the head stays frozen to the end: the second phase is missing.")
def no_second_phase(): ...


@mistake("fine_tune", edit={'("all", batches[num_head_steps:])': '("last", batches[num_head_steps:])'}, hint="In the second phase only the last stage learns with the head. Everything does.")
def last_stage_only(): ...


@mistake("fine_tune", edit={'("all", batches[num_head_steps:])': '("all", batches)'}, hint="The second phase begins again with the first batch. It goes on where the first one stopped.")
def begins_again(): ...


@mistake("fine_tune", edit={"        model.train()\n": "        model.eval()\n"}, hint="The network learns in evaluation mode: dropout is off. Only the backbone's batch norms are to hold still.")
def learns_in_eval_mode(): ...


@mistake("fine_tune", edit={"    model.eval()\n": ""}, hint="The network comes back in training mode.")
def comes_back_in_training_mode(): ...


@mistake("fine_tune", edit={"            optimiser.zero_grad()\n": ""}, hint="Gradients add up from step to step: the old ones have to go before each backward pass.")
def gradients_add_up(): ...


@mistake("fine_tune", edit={"parameter_groups(model, rate, times, weight_decay)": "[p for p in model.parameters() if p.requires_grad]", "lr=rate, momentum=momentum": "lr=rate, momentum=momentum, weight_decay=weight_decay"}, hint="There is one rate for all. The head learns at a multiple of it, in both phases.")
def one_rate(): ...


@mistake("fine_tune", edit={"parameter_groups(model, rate, times, weight_decay)": "parameter_groups(model, rate, 1.0 if way == 'head' else times, weight_decay)"}, hint="In the first phase the head learns at the backbone's rate. Its own rate holds in both.")
def slow_head_at_first(): ...


@mistake("fine_tune", edit={"parameter_groups(model, rate, times, weight_decay)": "parameter_groups(model, rate, times)"}, hint="weight_decay is not handed on.")
def forgets_the_decay(): ...


@mistake("fine_tune", edit={"lr=rate, momentum=momentum": "lr=rate"}, hint="The optimiser has no momentum.")
def forgets_the_momentum(): ...


@mistake("fine_tune", edit={"lr=rate, momentum=momentum": "lr=rate, momentum=momentum, nesterov=momentum > 0"}, hint="This is Nesterov's momentum. The plain one of SGD is asked for.")
def nesterov(): ...


@mistake("fine_tune", edit={"torch.optim.SGD(groups, lr=rate, momentum=momentum)": "torch.optim.AdamW(groups, lr=rate)"}, hint="The optimiser is Adam. Here it is SGD with momentum.")
def adam(): ...


@mistake("fine_tune", edit={"            loss = F.cross_entropy(model(x[rows]), y[rows])\n": "            loss = F.cross_entropy(model(x[rows]).softmax(dim=1), y[rows])\n"}, hint="The softmax is taken twice: cross_entropy takes scores.")
def softmax_twice(): ...


@mistake("fine_tune", edit={"            losses.append(loss.item())\n": "            losses.append(F.cross_entropy(model(x[rows]), y[rows]).item())\n"}, hint="The loss is taken after the step. The one before it is asked for, and it is there already.")
def loss_after_the_step(): ...


@mistake("fine_tune", edit={"            loss = F.cross_entropy(model(x[rows]), y[rows])\n": "            loss = F.cross_entropy(model(x[rows]), y[rows], reduction='sum')\n"}, hint="This is the sum over the batch. Its mean is asked for.")
def the_sum(): ...


@mistake("fine_tune", hint="One optimiser goes through both phases, and takes the head's momentum along. Each phase has its own.")
def one_optimiser(model, head, x, y, batches, num_head_steps, rate, times=10.0, weight_decay=0.0, momentum=0.9):
    model.classifier = head
    freeze_backbone(model, "all")
    freeze_batch_norm(model.features)
    optimiser = torch.optim.SGD(parameter_groups(model, rate, times, weight_decay), lr=rate, momentum=momentum)
    model.train()
    losses = []
    for step, rows in enumerate(batches):
        freeze_backbone(model, "head" if step < num_head_steps else "all")
        freeze_batch_norm(model.features)
        loss = F.cross_entropy(model(x[rows]), y[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    model.eval()
    return losses


@right("fine_tune")
def with_a_helper_for_a_phase(model, head, x, y, batches, num_head_steps, rate, times=10.0, weight_decay=0.0, momentum=0.9):
    def phase(way, part):
        freeze_backbone(model, way)
        freeze_batch_norm(model.features)
        optimiser = torch.optim.SGD(parameter_groups(model, rate, times, weight_decay), momentum=momentum)
        model.train()
        for rows in part:
            optimiser.zero_grad(set_to_none=True)
            loss = nn.CrossEntropyLoss()(model(x[rows]), y[rows])
            loss.backward()
            optimiser.step()
            yield float(loss.detach())

    setattr(model, "classifier", head)
    freeze_batch_norm(model.features)
    losses = [*phase("head", batches[:num_head_steps]), *phase("all", batches[num_head_steps:])]
    model.eval()
    return losses


@right("fine_tune")
def with_one_loop(model, head, x, y, batches, num_head_steps, rate, times=10.0, weight_decay=0.0, momentum=0.9):
    model.classifier = head
    freeze_batch_norm(model.features)
    losses, optimiser = [], None
    for step in range(batches.shape[0]):
        if step == 0 or step == num_head_steps:
            freeze_backbone(model, "head" if step < num_head_steps else "all")
            freeze_batch_norm(model.features)
            groups = parameter_groups(model, rate, times, weight_decay)
            optimiser = torch.optim.SGD(groups, lr=rate, momentum=momentum)
        model.train()
        scores = model(x[batches[step]])
        loss = F.nll_loss(scores.log_softmax(dim=1), y[batches[step]])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    model.train(False)
    return losses


@right("fine_tune")
def with_sgd_by_hand(model, head, x, y, batches, num_head_steps, rate, times=10.0, weight_decay=0.0, momentum=0.9):
    model.classifier = head
    freeze_batch_norm(model.features)
    model.train()
    norms = [m for m in model.features.modules() if isinstance(m, BATCH_NORMS)]
    still = {id(p) for norm in norms for p in norm.parameters()}
    inside = {id(p) for p in model.features.parameters()}
    for p in model.parameters():
        p.requires_grad_(id(p) not in still)
    losses, pace = [], {}
    for step, rows in enumerate(batches):
        if step == num_head_steps:
            pace = {}
        learning = [p for p in model.parameters() if id(p) not in still and (step >= num_head_steps or id(p) not in inside)]
        loss = F.cross_entropy(model(x[rows]), y[rows])
        grads = torch.autograd.grad(loss, learning)
        losses.append(loss.item())
        with torch.no_grad():
            for p, grad in zip(learning, grads):
                if p.ndim >= 2:
                    grad = grad + weight_decay * p
                pace[id(p)] = grad if id(p) not in pace else momentum * pace[id(p)] + grad
                p -= (rate if id(p) in inside else rate * times) * pace[id(p)]
    model.eval()
    return losses
