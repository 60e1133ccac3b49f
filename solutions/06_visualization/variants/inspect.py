"""What students write in inspect: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F

from autograder.authoring import mistake, right

solved_grid, solved_maps, solved_near = filter_grid, activation_maps, nearest_neighbors_in_feature_space
solved_embed, solved_p, solved_patches = embed_features, neighbor_probabilities, maximally_activating_patches
near = "nearest_neighbors_in_feature_space"
NAMES_FIRST = {"    try:\n        for name in names:\n": "    [modules[name] for name in names]\n    try:\n        for name in names:\n"}


# filter_grid


@mistake("filter_grid", edit={"low = flat.min(dim=1, keepdim=True).values": "low = flat.min()", "flat.max(dim=1, keepdim=True).values": "flat.max()"}, hint="One smallest and one largest weight for all filters: a filter of small weights turns into a grey tile. Each is stretched on its own.")
def all_together(): ...


@mistake("filter_grid", hint="Each channel of a filter is stretched by itself, which changes its colours. A filter's smallest and largest weight are taken over all its channels.")
def each_channel(weights, cols=8, padding=1, background=0.0):
    num, channels = weights.shape[:2]
    single = weights.reshape(num * channels, 1, *weights.shape[2:])
    grids = [solved_grid(single[c::channels], cols, padding, background) for c in range(channels)]
    return torch.cat(grids)


@mistake("filter_grid", edit={"(flat - low) / span": "0.5 + flat / (2 * flat.abs().amax(dim=1, keepdim=True))"}, hint="Zero is mid-grey here. That is a good picture too, but here the smallest weight becomes 0 and the largest 1.")
def zero_in_the_middle(): ...


@mistake("filter_grid", edit={"torch.where(span > 0, (flat - low) / span, 0.5)": "((flat - low) / span)"}, hint="A filter of equal weights has a span of zero, and 0 / 0 is no colour.")
def divides_by_zero(): ...


@mistake("filter_grid", edit={"torch.where(span > 0, (flat - low) / span, 0.5)": "((flat - low) / span.clamp(min=1e-12))"}, hint="A filter of equal weights is to be 0.5. An epsilon below the line gives 0, and weights as small as the epsilon a wrong contrast.")
def a_small_epsilon(): ...


@mistake("filter_grid", edit={"(flat - low) / span, 0.5)": "(flat - low) / (span + 1e-5), 0.5)"}, hint="Something is added to the span: the largest weight doesn't come to 1, and small weights become all but black.")
def an_epsilon_for_all(): ...


@mistake("filter_grid", edit={"span > 0": "span > 1e-6"}, hint="A filter of small weights is taken for a constant one. It is constant where its smallest and largest weight are equal.")
def small_is_constant(): ...


@mistake("filter_grid", edit={"index // cols * down + padding, index % cols * across + padding": "index // cols * down, index % cols * across"}, hint="The first filter lies at the picture's edge. There is background before it, too.")
def no_edge(): ...


@mistake("filter_grid", edit={"down, across = height + padding, width + padding": "down, across = height + 2 * padding, width + 2 * padding", "+ padding, cols * across + padding)": ", cols * across)"}, hint="Between two filters there is twice as much background as asked for: each has brought its own. Two neighbours share it.")
def twice_the_padding(): ...


@mistake("filter_grid", edit={"    cols = min(cols, num)\n": ""}, hint="With fewer filters than columns the picture has empty columns at the right. It is as wide as the filters that there are.")
def always_all_columns(): ...


@mistake("filter_grid", edit={"index // cols * down + padding, index % cols * across + padding": "index % (-(-num // cols)) * down + padding, index // (-(-num // cols)) * across + padding"}, hint="The filters run down the columns. They are to run along the rows.")
def down_the_columns(): ...


@mistake("filter_grid", edit={"-(-num // cols) * down": "max(num // cols, 1) * down", "enumerate(stretched)": "enumerate(stretched[: max(num // cols, 1) * cols])"}, hint="The last row is missing where it isn't full: the number of rows is rounded up.")
def drops_the_last_row(): ...


@mistake("filter_grid", edit={"weights.detach().reshape": "weights.reshape"}, hint="The picture of a layer's own weights still hangs in the graph of gradients. It is for looking at.")
def keeps_the_graph(): ...


@mistake("filter_grid", edit={'    return grid': '    for index in range(num, -(-num // cols) * cols):\n        top, left = index // cols * down + padding, index % cols * across + padding\n        grid[:, top : top + height, left : left + width] = 0\n    return grid'}, hint='Places in the last row that stay empty are 0 here. They have the colour of what is around.')
def empty_places_are_black(): ...


@mistake("filter_grid", edit={'index % cols * across + padding': 'index % cols * down + padding'}, hint="The columns are laid out by a filter's height. A step to the right is as wide as a filter and its line.")
def steps_by_the_height(): ...


@mistake("filter_grid", edit={'index % cols * across + padding': 'index % cols * down + padding', '= one\n': '= one[:, :, : grid.shape[2] - left]\n'}, hint="The columns are laid out by a filter's height. A step to the right is as wide as a filter and its line.")
def steps_by_the_height_and_cuts(): ...


@mistake("filter_grid", edit={'-(-num // cols) * down': '(num // cols + 1) * down'}, hint='Where the last row is full, an empty one comes below it. How do you round up without that?')
def a_row_too_many(): ...


@mistake("filter_grid", hint="The weights themselves are stretched: `detach` gives the same memory, and what works in place writes into the layer.")
def stretches_the_layer(weights, cols=8, padding=1, background=0.0):
    before = weights.detach()
    low, high = before.amin(dim=(1, 2, 3), keepdim=True), before.amax(dim=(1, 2, 3), keepdim=True)
    span, flat = high - low, high == low
    before.sub_(low).div_(torch.where(flat, torch.ones_like(span), span))
    shown = torch.where(flat, torch.full_like(before, 0.5), before)
    plain = solved_grid(torch.zeros_like(weights.detach()), cols, padding, background)
    grid = torch.full_like(plain, background)
    for index, one in enumerate(shown):
        wide = min(cols, len(shown))
        top, left = padding + index // wide * (one.shape[1] + padding), padding + index % wide * (one.shape[2] + padding)
        grid[:, top : top + one.shape[1], left : left + one.shape[2]] = one
    return grid


@right("filter_grid")
def by_padding_each_tile(weights, cols=8, padding=1, background=0.0):
    tiles = []
    for one in weights.detach():
        low, high = one.min(), one.max()
        tile = (one - low) / (high - low) if high > low else torch.full_like(one, 0.5)
        tiles.append(F.pad(tile, (padding, 0, padding, 0), value=background))
    cols = min(cols, len(tiles))
    while len(tiles) % cols:
        tiles.append(torch.full_like(tiles[0], background))
    rows = [torch.cat(tiles[at : at + cols], dim=2) for at in range(0, len(tiles), cols)]
    return F.pad(torch.cat(rows, dim=1), (0, padding, 0, padding), value=background)


@right("filter_grid")
def by_axes_alone(weights, cols=8, padding=1, background=0.0):
    weights = weights.detach()
    n, c, h, w = weights.shape
    low = weights.amin(dim=(1, 2, 3), keepdim=True)
    span = weights.amax(dim=(1, 2, 3), keepdim=True) - low
    tiles = (weights - low) / span
    tiles[(span == 0).flatten()] = 0.5
    cols = min(cols, n)
    rows = math.ceil(n / cols)
    room = tiles.new_full((rows * cols, c, h + padding, w + padding), background)
    room[:n, :, :h, :w] = tiles
    room = room.view(rows, cols, c, h + padding, w + padding).permute(2, 0, 3, 1, 4)
    whole = tiles.new_full((c, rows * (h + padding) + padding, cols * (w + padding) + padding), background)
    whole[:, padding:, padding:] = room.reshape(c, rows * (h + padding), cols * (w + padding))
    return whole


@right("filter_grid")
def by_rows_and_columns(weights, cols=8, padding=1, background=0.0):
    n, c, h, w = weights.shape
    cols = min(cols, n)
    rows = (n + cols - 1) // cols
    out = weights.new_zeros(c, padding + rows * (h + padding), padding + cols * (w + padding)) + background
    out = out.detach()
    for r in range(rows):
        for q in range(cols):
            if r * cols + q < n:
                one = weights.detach()[r * cols + q]
                one = one - one.min()
                one = one / one.max() if one.max() > 0 else one + 0.5
                y, x = r * h + (r + 1) * padding, q * w + (q + 1) * padding
                out[:, y : y + h, x : x + w] = one
    return out


# activation_maps


@mistake("activation_maps", edit={"output.detach().clone()": "output.detach()"}, hint="What is kept shares its memory with what the network goes on with, and a later layer in place writes into it. A copy made when the network has finished comes too late.")
def no_copy(): ...


@mistake("activation_maps", edit={"found[name] = output.detach().clone()": "found[name] = inputs[0].detach().clone()"}, hint="This is what goes into the layer. Asked for is what comes out.")
def keeps_the_input(): ...


@mistake("activation_maps", hint="All hooks keep their map under the last name: a function made in a loop looks its variable up when it is called, and by then the loop is at its end.")
def late_binding(model, x, names):
    modules = dict(model.named_modules(remove_duplicate=False))
    modes = [(module, module.training) for module in model.modules()]
    found, handles = {}, []
    for name in names:

        def keep(module, inputs, output):
            found[name] = output.detach().clone()

        try:
            handles.append(modules[name].register_forward_hook(keep))
        except KeyError:
            [handle.remove() for handle in handles]
            raise
    try:
        model.eval()
        with torch.no_grad():
            model(x.clone())
    finally:
        [handle.remove() for handle in handles]
        for module, mode in modes:
            module.training = mode
    return {name: found[name] for name in names}


@mistake("activation_maps", edit={"        for handle in handles:\n            handle.remove()\n": ""}, hint="The hooks are still there afterwards: each later forward pass calls them.")
def leaves_hooks(): ...


@mistake("activation_maps", edit={"    finally:\n        for handle in handles:\n            handle.remove()\n        for module, mode": "        for handle in handles:\n            handle.remove()\n    finally:\n        for module, mode"}, hint="Where a layer raises, or a name is unknown, the hooks stay behind. Which part runs in any case?")
def leaves_hooks_where_it_raises(): ...


@mistake("activation_maps", edit={"            handle.remove()\n": "            handle.remove()\n        for module in model.modules():\n            module._forward_hooks.clear()\n"}, hint="All hooks of the network are gone, also those of others. The handle that came with a hook takes away that hook alone.")
def removes_all_hooks(): ...


@mistake("activation_maps", edit={"            module.training = mode": "            pass"}, hint="The network comes back in evaluation mode, whatever it was in.")
def leaves_evaluation_mode(): ...


@mistake("activation_maps", edit={"        for module, mode in modes:\n            module.training = mode": "        model.train(modes[0][1])"}, hint='In the end all modules are in one mode. Some were in another before: a frozen batch norm would begin to move. And `train` goes down to all that is inside.')
def one_mode_for_all(): ...


@mistake("activation_maps", edit={"    finally:\n        for handle in handles:\n            handle.remove()\n        for module, mode in modes:\n            module.training = mode": "        for module, mode in modes:\n            module.training = mode\n    finally:\n        for handle in handles:\n            handle.remove()"}, hint="Where a layer raises, the network stays in evaluation mode. Which part runs in any case?")
def leaves_the_mode_where_it_raises(): ...


@mistake("activation_maps", edit={"        model.eval()\n": ""}, hint="The network runs in the mode it came in: dropout drops, and running statistics move, with images that one only looks at.")
def in_training_mode(): ...


@mistake("activation_maps", edit={"output.detach().clone()": "output.clone()", "with torch.no_grad():": "with torch.enable_grad():"}, hint="The maps hang in the graph of gradients, with all that it keeps in memory.")
def keeps_the_graph_of_maps(): ...


@mistake("activation_maps", edit={"    modes = [": "    model.requires_grad_(False)\n    modes = ["}, hint="Parameters that learnt don't any more. Computing no gradient for a while needs no change of the network.")
def switches_learning_off(): ...


@mistake("activation_maps", edit={"model(x.clone())": "model(x)"}, hint="A first layer that works in place writes into x itself.")
def lets_x_be_overwritten(): ...


@mistake("activation_maps", edit={"            found[name] = output.detach().clone()": "            found.setdefault(name, output.detach().clone())"}, hint="Where a layer is called twice, this keeps the first output. Asked for is the last.")
def keeps_the_first_call(): ...


@mistake("activation_maps", edit={"model.named_modules(remove_duplicate=False)": "model.named_modules()"}, hint="A module that has two names is found by one of them only. Read what `named_modules` does with duplicates.")
def overlooks_second_names(): ...


@mistake("activation_maps", edit={"modules[name].register": "model.get_submodule(name).register"}, hint="A name that isn't there raises another error than a KeyError.")
def another_error(): ...


@mistake("activation_maps", edit={"    return {name: found[name] for name in names}": "    return {name: found[name] for name in names if name in found}"}, hint="A layer that the network doesn't call goes unnoticed. That is a KeyError.")
def leaves_out_what_is_not_called(): ...


@mistake("activation_maps", hint="The network runs once for each name. One run can serve all hooks.")
def a_run_for_each(model, x, names):
    maps = {}
    for name in names:
        maps.update(solved_maps(model, x, [name]))
    return maps


@mistake("activation_maps", edit={**NAMES_FIRST, '        for handle in handles:\n            handle.remove()\n': '        for name in names:\n            modules[name]._forward_hooks.clear()\n'}, hint='All hooks of the layers are gone, also those of others. The handle that came with a hook takes away that hook alone.')
def removes_all_hooks_of_a_layer(): ...


@mistake("activation_maps", edit={'dict(model.named_modules(remove_duplicate=False))': '{"": model, **dict(model.named_children())}'}, hint="Only the first depth is known. Which of torch's lists of modules goes into those inside others, too?")
def first_depth_only(): ...


@mistake("activation_maps", edit={'    try:\n        for name in names:\n': '    model.eval()\n    [modules[name] for name in names]\n    try:\n        for name in names:\n'}, hint='An unknown name is found out when the network is in evaluation mode already, and there it stays. What is changed first, and what looked up?')
def evaluation_before_the_names(): ...


@mistake("activation_maps", edit={'model(x.clone())': 'model.forward(x.clone())'}, hint="The network itself isn't among the layers that are heard: its name is \"\", and its hooks are called by whoever calls the module, and not its `forward`.")
def calls_forward(): ...


@mistake("activation_maps", edit={**NAMES_FIRST, '        with torch.no_grad():\n            model(x.clone())': '        model.requires_grad_(False)\n        model(x.detach().clone())', '    finally:\n': '    finally:\n        model.requires_grad_(True)\n'}, hint='All parameters learn afterwards, also those that were frozen. Computing no gradient for a while needs no change of the network.')
def all_learn_afterwards(): ...


@mistake("activation_maps", edit={'        model.eval()\n': '        model.eval()\n        model.zero_grad()\n'}, hint="The gradients that the parameters held are gone. Nobody asked for that: a look isn't a step of training.")
def clears_gradients(): ...


@mistake("activation_maps", edit={**NAMES_FIRST, '        for handle in handles:\n            handle.remove()\n': ''}, hint='The hooks are still there afterwards: each later forward pass calls them.')
def leaves_hooks_of_good_names(): ...


@mistake("activation_maps", edit={'for each in model.modules()]': 'for each in [model, *model.children()]]'}, hint="Only the modes of the outer layers are noted and put back, and `eval` goes all the way down. Which of torch's lists has every module?")
def modes_of_children(): ...


@mistake("activation_maps", edit={**NAMES_FIRST, '    finally:\n        for handle in handles:\n            handle.remove()\n        for module, mode': '        for handle in handles:\n            handle.remove()\n    finally:\n        for module, mode'}, hint='Where a layer raises, the hooks stay behind. Which part runs in any case?')
def leaves_hooks_where_a_layer_raises(): ...


@mistake("activation_maps", edit={'    return {name: found[name] for name in names}': '    [found[name] for name in names]\n    return found'}, hint='The maps come in the order in which the layers answered. The order of `names` is asked for.')
def in_the_order_of_calls(): ...


@mistake("activation_maps", edit={'    return {name: found[name] for name in names}': '    return found'}, hint='The maps come in the order in which the layers answered. The order of `names` is asked for.')
def in_the_order_of_calls_unchecked(): ...


@mistake("activation_maps", edit={**NAMES_FIRST, '        for module, mode in modes:\n            module.training = mode': '        model.train(modes[0][1])'}, hint='In the end all modules are in one mode. Some were in another before: a frozen batch norm would begin to move. And `train` goes down to all that is inside.')
def one_mode_for_all_after_good_names(): ...


@mistake("activation_maps", edit={'    try:\n        for name in names:\n': '    names = [name for name in names if name in modules]\n    try:\n        for name in names:\n'}, hint='A name that no module has is silently left out. That is a KeyError.')
def leaves_out_unknown_names(): ...


@right("activation_maps")
def with_an_exit_stack(model, x, names):
    from contextlib import ExitStack
    from functools import partial

    def note(name, module, args, out):
        maps[name] = out.detach().clone()

    maps = {}
    with ExitStack() as stack:
        for module in model.modules():
            stack.callback(module.__setattr__, "training", module.training)
        for name in names:
            try:
                module = model.get_submodule(name)
            except AttributeError:
                raise KeyError(name) from None
            stack.callback(module.register_forward_hook(partial(note, name)).remove)
        model.eval()
        stack.enter_context(torch.no_grad())
        model(x.detach().clone())
    return {name: maps[name] for name in names}


@right("activation_maps")
def with_defaults_in_the_hook(model, x, names):
    before = {module: module.training for module in model.modules()}
    table = {}
    for name, module in model.named_modules(remove_duplicate=False):
        table[name] = module
    unknown = [name for name in names if name not in table]
    if unknown:
        raise KeyError(unknown[0])
    outputs = {}
    hooks = []
    for name in names:

        def hook(module, inputs, output, name=name):
            outputs[name] = torch.tensor(output.tolist(), dtype=output.dtype).reshape(output.shape)

        hooks.append(table[name].register_forward_hook(hook))
    try:
        with torch.no_grad():
            model.eval().__call__(x + 0)
    finally:
        for hook in hooks:
            hook.remove()
        for module in before:
            module.training = before[module]
    return {name: outputs[name] for name in names}


@right("activation_maps")
def with_a_class(model, x, names):
    class Keeper:
        def __call__(self, module, inputs, output):
            self.kept = output.clone()

    modules = dict(model.named_modules(remove_duplicate=False))
    keepers = {name: Keeper() for name in names}
    handles = [modules[name].register_forward_hook(keeper) for name, keeper in keepers.items() if name in modules]
    modes = [module.training for module in model.modules()]
    try:
        for module in model.modules():
            module.training = False
        with torch.no_grad():
            model(x.clone())
        if not all(name in modules and hasattr(keepers[name], "kept") for name in names):
            raise KeyError(names)
        return {name: keepers[name].kept for name in names}
    finally:
        [handle.remove() for handle in handles]
        for module, mode in zip(model.modules(), modes, strict=True):
            module.training = mode


# nearest_neighbors_in_feature_space


@mistake(near, edit={"apart = -(left @ right.T)": "apart = left @ right.T"}, hint="The cosine is large where two are alike: these are the farthest.")
def farthest_by_cosine(): ...


@mistake(near, edit={"left, right = F.normalize(left), F.normalize(right)": "pass"}, hint="A product without the lengths taken out isn't the cosine: long features win.")
def product_for_cosine(): ...


@mistake(near, edit={"F.normalize(left), F.normalize(right)": "F.normalize(left, dim=0), F.normalize(right, dim=0)"}, hint="The lengths are taken along the wrong axis. Each row is one image's features.")
def normalises_columns(): ...


@mistake(near, edit={"F.normalize(left), F.normalize(right)": "left / left.norm(dim=1, keepdim=True), right / right.norm(dim=1, keepdim=True)"}, hint="A vector of zeros comes last of all (as 0 / 0 does: NaN is sorted behind everything). Its cosine is to be 0, which is more than a negative one.")
def nan_for_zeros(): ...


@mistake(near, edit={"apart.sort(dim=1, stable=True).indices[:, :k]": "apart.flip(1).sort(dim=1, stable=True).indices[:, :k].sub(len(gallery) - 1).neg()"}, hint="Of two that are equally near the higher index comes first. Turning an order round turns that of equal ones round as well.")
def higher_index_first(): ...


@mistake(near, edit={"apart.sort(dim=1, stable=True)": "apart.T.sort(dim=1, stable=True)"}, hint="These are the queries nearest to each of the gallery. Which axis belongs to the queries?")
def the_other_way_round(): ...


@mistake(near, edit={'    if metric == "cosine":': '    if metric == "euclidean":'}, hint="The two metrics have changed places.")
def metrics_swapped(): ...


@mistake(near, edit={"images.flatten(start_dim=1)": "images.flatten(start_dim=2).mean(dim=2) if images.ndim > 2 else images"}, hint="Maps are averaged over their places. They are to be flattened: where something is counts.")
def pools_maps(): ...


@mistake(near, edit={"images.split(batch_size)": "[images]"}, hint="All images go through the network at once. It never sees more than batch_size.")
def all_at_once(): ...


@mistake(near, edit={"images.split(batch_size)": "images.split(batch_size)[: max(len(images) // batch_size, 1)]"}, hint="The last batch, which isn't full, is missing.")
def drops_the_rest(): ...


@mistake(near, edit={'name = layer or ""': 'name = ""'}, hint="The layer that was asked for is not heeded: these are the network's own outputs.")
def ignores_the_layer(): ...


@mistake(near, edit={"activation_maps(network, part, [name])[name]": "solved_in_training(network, part, name)"}, hint="The network runs in the mode that it came in: dropout and batch statistics change the features, and the running statistics move.")
def runs_in_training_mode(): ...


def solved_in_training(network, x, name):
    found = []
    handle = network.get_submodule(name).register_forward_hook(lambda m, i, out: found.append(out.detach().clone()))
    with torch.no_grad():
        network(x)
    handle.remove()
    return found[0]


@mistake(near, edit={"        return images.flatten(start_dim=1)": "            network.eval()\n        return images.flatten(start_dim=1)"}, hint="The network comes back in evaluation mode, whatever it was in.")
def leaves_it_in_evaluation_mode(): ...


@mistake(near, edit={'    if metric not in ("euclidean", "cosine") or not 1 <= k <= len(gallery):': '    if metric not in ("euclidean", "cosine"):'}, hint="A k of 0, or larger than the gallery, is to be refused.")
def takes_any_k(): ...


@mistake(near, edit={'apart.sort(dim=1, stable=True)': 'apart.sort(dim=0, stable=True)'}, hint="The table is sorted along the queries. Each query's own row is to be put in order.")
def along_the_queries(): ...


@mistake(near, edit={'left, right = F.normalize(left), F.normalize(right)': 'left, right = left - left.mean(dim=1, keepdim=True), right - right.mean(dim=1, keepdim=True)\n        left, right = (F.normalize(one / one.abs().amax(dim=1, keepdim=True).clamp(min=1e-30)) for one in (left, right))'}, hint="Each vector's mean is taken off before: that is the correlation. The cosine is seen from zero.")
def seen_from_their_mean(): ...


@mistake(near, edit={'-(left @ right.T)': '-(left @ right.T).abs()'}, hint='Opposite directions count as near. A cosine of -1 is as far as one can be.')
def opposite_is_near(): ...


@mistake(near, edit={'return apart.sort(dim=1, stable=True).indices[:, :k]': 'if metric == "cosine":\n        return (-apart).sort(dim=1, stable=True).indices.flip(1)[:, :k]\n    return apart.sort(dim=1, stable=True).indices[:, :k]'}, hint='Of two that are equally near the higher index comes first. Turning an order round turns that of equal ones round as well.')
def higher_index_first_by_cosine(): ...


@mistake(near, edit={'    if metric == "cosine":': '    left, right = F.normalize(left), F.normalize(right)\n    if metric == "cosine":'}, hint='The features have unit length for the Euclidean distance as well, so it says nothing but the angle.')
def unit_length_for_both(): ...


@mistake(near, edit={'apart.sort(dim=1, stable=True)': 'apart.sort(dim=1, stable=True, descending=True)'}, hint='These are the farthest. In which order does your table of distances have to be?')
def farthest_first(): ...


@mistake(near, hint='The network sees images more often than once. The features of the gallery serve all queries.')
def gallery_anew_for_each_query(queries, gallery, k, network=None, layer=None, metric="euclidean", batch_size=64):
    settings = network, layer, metric, batch_size
    return torch.cat([solved_near(one[None], gallery, k, *settings) for one in queries])


@mistake(near, edit={'parts = images.split(batch_size)': 'starts = range(0, len(images), batch_size)\n            firsts = [max(0, min(start, len(images) - batch_size)) for start in starts]\n            parts = [images[first : first + batch_size] for first in firsts]', 'maps = [activation_maps(network, part, [name])[name] for part in parts]': 'maps = [activation_maps(network, part, [name])[name][start - first :] for part, start, first in zip(parts, starts, firsts)]'}, hint='The network sees some images twice. Each goes through once, the rest in a shorter batch, and sizes are known after the first batch.')
def fills_the_last_batch(): ...


@mistake(near, edit={'parts = images.split(batch_size)': 'activation_maps(network, images[:1], [name])\n            parts = images.split(batch_size)'}, hint='The network sees some images twice. Each goes through once, the rest in a shorter batch, and sizes are known after the first batch.')
def a_trial_run(): ...


@mistake(near, edit={'1 <= k <= len(gallery)': '1 <= k < len(gallery)'}, hint="All of the gallery can't be asked for. k may be N.")
def not_all_of_the_gallery(): ...


@mistake(near, edit={'torch.cdist(left, right, compute_mode="donot_use_mm_for_euclid_dist")': 'torch.cdist(left, right, p=1)'}, hint='These are sums of absolute differences, the L1 distance. The Euclidean one is asked for.')
def sums_of_differences(): ...


@mistake(near, edit={'metric not in ("euclidean", "cosine") or not 1': 'not 1'}, hint='A metric that is none of the two is taken for one of them. It is to be refused.')
def takes_any_metric(): ...


@mistake(near, edit={'images = torch.cat(maps)': 'images = torch.cat(maps)\n            images = images.mean(dim=(2, 3)) if images.ndim == 4 else images'}, hint='Maps are averaged over their places. They are to be flattened: where something is counts.')
def pools_a_network_s_maps(): ...


@mistake(near, edit={'[:, :k]': '[:, 1 : k + 1]'}, hint='The nearest is left out, as if it were the query itself. Queries are none of the gallery here.')
def leaves_out_the_nearest(): ...


@mistake(near, edit={'apart.sort(dim=1, stable=True).indices[:, :k]': 'apart.topk(k, dim=1, largest=False).indices'}, hint='Of equal ones any may come first: `topk` promises nothing about them.')
def near_by_topk(): ...


@mistake(near, edit={'F.normalize(left), F.normalize(right)': 'left / (left.norm(dim=1, keepdim=True) + 1e-3), right / (right.norm(dim=1, keepdim=True) + 1e-3)'}, hint='An epsilon is added to the lengths, and short vectors lose a part of their cosine. Only a length of zero needs care.')
def an_epsilon_in_the_length(): ...


@mistake(near, edit={'torch.cdist(left, right, compute_mode="donot_use_mm_for_euclid_dist")': 'left.square().sum(1)[:, None] + right.square().sum(1) - 2 * left @ right.T'}, hint='The square is expanded: far from zero large numbers are taken from each other, and the digits of the distance are gone. Which is subtracted first keeps them?')
def near_by_the_expanded_square(): ...


@mistake(near, edit={'activation_maps(network, part, [name])[name]': '(activation_maps(network, part, [name])[name] if layer else solved_in_place(network, part))'}, hint='The images themselves go into the network, and a first layer in place writes into them.')
def lets_images_be_overwritten(): ...


def solved_in_place(network, x):
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    with torch.no_grad():
        found = network(x)
    for module, mode in modes:
        module.training = mode
    return found


@mistake(near, edit={'name = layer or ""': 'name = layer or list(network.named_modules())[-1][0]'}, hint='Without a layer, the module that is named last is taken. A network may go on after it: what is its own name?')
def the_last_module(): ...


@mistake(near, edit={'    return apart.sort(dim=1, stable=True)': '    if metric == "euclidean":\n        apart = apart.round(decimals=4)\n    return apart.sort(dim=1, stable=True)'}, hint='Distances are rounded, and near ones become equal. What is equal here is equal to the last digit.')
def rounds_distances(): ...


@mistake(near, edit={'    left, right = features_of(queries), features_of(gallery)\n': '    if network is None:\n        queries, gallery = queries.view(len(queries), -1), gallery.view(len(gallery), -1)\n    left, right = features_of(queries), features_of(gallery)\n'}, hint="`view` needs numbers that lie one after another in memory, and those of a cut or transposed tensor don't. `reshape` works for both.")
def views_features(): ...


@mistake(near, edit={'    return apart.sort(dim=1, stable=True).indices[:, :k]': '    return apart.sort(dim=1, stable=True).indices[:, :k].int()'}, hint='The indices are int32. Indices are int64, with which one can pick from a tensor.')
def indices_of_32_bits(): ...


@mistake(near, edit={'activation_maps(network, part, [name])[name]': '(activation_maps(network, part, [name])[name] if layer else solved_in_training(network, part, ""))'}, hint='Without a layer the network runs in the mode that it came in: dropout and batch statistics change the features, and the running statistics move.')
def in_training_mode_without_a_layer(): ...


@right("nearest_neighbors_in_feature_space")
def one_query_at_a_time(queries, gallery, k, network=None, layer=None, metric="euclidean", batch_size=64):
    if metric not in {"euclidean", "cosine"}:
        raise ValueError(metric)
    if k < 1 or k > len(gallery):
        raise ValueError(k)

    def made(images):
        if network is None:
            return images.reshape(len(images), -1)
        rows = []
        for at in range(0, len(images), batch_size):
            name = "" if layer is None else layer
            rows.extend(activation_maps(network, images[at : at + batch_size], [name])[name])
        return torch.stack([row.reshape(-1) for row in rows])

    rows, found = made(gallery), []
    for query in made(queries):
        if metric == "euclidean":
            score = (rows - query).square().sum(dim=1)
        else:
            score = 1 - F.cosine_similarity(rows, query[None], dim=1)
        found.append(score.argsort(stable=True)[:k])
    return torch.stack(found)


@right("nearest_neighbors_in_feature_space")
def with_modes_by_hand(queries, gallery, k, network=None, layer=None, metric="euclidean", batch_size=64):
    if metric not in ["euclidean", "cosine"] or k not in range(1, len(gallery) + 1):
        raise ValueError("no such search")
    images = torch.cat([queries, gallery])
    if network is None:
        features = images.flatten(1)
    else:
        modes = [module.training for module in network.modules()]
        kept = []
        watched = network if layer is None else dict(network.named_modules())[layer]
        handle = watched.register_forward_hook(lambda module, args, out: kept.append(out.flatten(1).clone()))
        try:
            network.eval()
            with torch.no_grad():
                for batch in torch.split(images, batch_size):
                    network(batch.clone())
        finally:
            handle.remove()
            for module, mode in zip(network.modules(), modes, strict=True):
                module.training = mode
        features = torch.cat(kept)
    if metric == "cosine":
        lengths = features.norm(dim=1, keepdim=True)
        unit = torch.where(lengths > 0, features / lengths, torch.zeros_like(features))
        far = 1 - unit[: len(queries)] @ unit[len(queries) :].mT
    else:
        far = (features[: len(queries), None] - features[None, len(queries) :]).pow(2).sum(-1).sqrt()
    return torch.argsort(far, dim=1, stable=True)[:, :k]


@right("nearest_neighbors_in_feature_space")
def by_numpy_s_order(queries, gallery, k, network=None, layer=None, metric="euclidean", batch_size=64):
    if metric not in ("euclidean", "cosine") or not 0 < k <= len(gallery):
        raise ValueError

    def rows(images):
        if network is None:
            return images.flatten(1)
        return torch.cat(
            [activation_maps(network, p, [layer or ""])[layer or ""].flatten(1) for p in images.split(batch_size)]
        )

    a, b = rows(queries), rows(gallery)
    if metric == "cosine":
        a = a / a.norm(dim=1, keepdim=True).clamp(min=1e-30)
        b = b / b.norm(dim=1, keepdim=True).clamp(min=1e-30)
        table = -torch.einsum("qd,nd->qn", a, b)
    else:
        table = torch.stack([(b - one).norm(dim=1) for one in a])
    order = [sorted(range(len(b)), key=lambda place, line=line: line[place])[:k] for line in table.tolist()]
    return torch.tensor(order, device=queries.device)


# embed_features


@mistake("embed_features", edit={"torch.linalg.svd(x - middle,": "torch.linalg.svd(x,"}, hint="The directions are those of the points seen from the origin. Seen from their mean, the widest direction is another.")
def not_centred(): ...


@mistake("embed_features", edit={"(shown - middle) @": "shown @"}, hint="The directions are right, the places are not: they are seen from the origin instead of the mean.")
def places_not_centred(): ...


@mistake("embed_features", edit={"(shown - middle) @": "(shown - shown.mean(dim=0)) @"}, hint="Others are seen from their own mean. The map belongs to x: its mean is the middle for all.")
def others_from_their_own_mean(): ...


@mistake("embed_features", edit={"(axes * peaks.sign())": "axes"}, hint="Directions come with the sign that the decomposition happened to give them. Which entry is to be positive?")
def any_sign(): ...


@mistake("embed_features", edit={"axes.abs().argmax(dim=1, keepdim=True)": "torch.zeros_like(axes[:, :1], dtype=torch.int64)"}, hint="Here each direction's first entry is positive. The rule asks for the one of largest magnitude.")
def first_entry_positive(): ...


@mistake("embed_features", edit={"peaks.sign()": "axes.sum(dim=1, keepdim=True).sign()"}, hint="Here the sum of each direction's entries is positive. The rule asks for the entry of largest magnitude.")
def sum_positive(): ...


@mistake("embed_features", hint="The sign is decided by the places of the points. The rule speaks of the direction's entries.")
def sign_by_the_places(x, num_dims=2, others=None):
    middle = x.mean(dim=0)
    u, spreads, axes = torch.linalg.svd(x - middle, full_matrices=False)
    sign = u.gather(0, u.abs().argmax(dim=0, keepdim=True)).sign()[0, :num_dims]
    shown = x if others is None else others
    share = spreads.square() / spreads.square().sum()
    return (shown - middle) @ (axes[:num_dims] * sign[:, None]).T, share[:num_dims]


@mistake("embed_features", edit={"parts = spreads.square()": "parts = spreads"}, hint="The shares are of the singular values. Squared distances go with their squares.")
def shares_not_squared(): ...


@mistake("embed_features", edit={"parts[:num_dims] / parts.sum()": "parts[:num_dims] / parts[:num_dims].sum()"}, hint="The shares add up to 1 whatever is left out. What else is part of the whole?")
def shares_of_what_is_kept(): ...


@mistake("embed_features", edit={"axes = axes[:num_dims]": "axes = axes[-num_dims:].flip(0)"}, hint="These are the narrowest directions.")
def narrowest(): ...


@mistake("embed_features", edit={"(axes * peaks.sign()).T": "(axes * peaks.sign()).T / spreads[:num_dims] * (len(x) - 1) ** 0.5"}, hint="Each direction is divided by its width, so all look equally wide. Directions have length 1, and places keep their distances.")
def whitened(): ...


@mistake("embed_features", edit={"full_matrices=False": "full_matrices=True"}, hint="By default the decomposition makes a full table of directions, D × D, of which almost all are of no use.")
def full_tables(): ...


@mistake("embed_features", hint="The covariance is a table of D × D numbers. The decomposition of the points themselves needs none.")
def by_the_covariance(x, num_dims=2, others=None):
    middle = x.mean(dim=0)
    values, vectors = torch.linalg.eigh((x - middle).T @ (x - middle))
    axes = vectors.T.flip(0)[:num_dims]
    peaks = axes.gather(1, axes.abs().argmax(dim=1, keepdim=True))
    shown = x if others is None else others
    return (shown - middle) @ (axes * peaks.sign()).T, values.flip(0)[:num_dims] / values.sum()


@mistake("embed_features", edit={"torch.linalg.svd(x - middle, full": "torch.linalg.svd((x if others is None else others) - middle, full"}, hint="The directions are those of the others. The map is made by x, and the others only find their places on it.")
def axes_of_the_others(): ...


@mistake("embed_features", edit={'axes = axes[:num_dims]\n': 'axes = axes[:, :num_dims].T\n'}, hint="Directions stand in the rows of the decomposition's third factor: it comes transposed already.")
def columns_of_the_third_factor(): ...


@mistake("embed_features", edit={'axes = axes[:num_dims]\n': 'axes = axes[:, :num_dims].T if axes.shape[0] == axes.shape[1] else axes[:num_dims]\n'}, hint="Directions stand in the rows of the decomposition's third factor: it comes transposed already.")
def columns_where_it_fits(): ...


@mistake("embed_features", edit={'middle = x.mean(dim=0)': 'middle = (x if others is None else torch.cat([x, others])).mean(dim=0)'}, hint="The mean is of x and the others together. The map belongs to x: others find their places on it and don't move it.")
def mean_of_both(): ...


@mistake("embed_features", edit={'middle = x.mean(dim=0)': 'middle = x.mean(dim=1, keepdim=True)', '(shown - middle) @': '(shown - shown.mean(dim=1, keepdim=True)) @'}, hint="Each image's own mean is taken off. The mean is over the images, one for each feature.")
def mean_of_each_row(): ...


@mistake("embed_features", edit={'return places, parts[:num_dims] / parts.sum()': 'return places.flip(1), (parts[:num_dims] / parts.sum()).flip(0)'}, hint="The directions are right, their order isn't: the widest comes first.")
def narrower_ones_first(): ...


@mistake("embed_features", edit={'middle = x.mean(dim=0)': 'middle = torch.zeros_like(x[0])'}, hint='All is seen from the origin, directions and places. From where do principal components look?')
def seen_from_the_origin(): ...


@mistake("embed_features", edit={'shown = x if others is None else others': 'shown = x'}, hint='x is placed also where others are given.')
def ignores_others(): ...


@mistake("embed_features", edit={'(shown - middle) @': '(shown - (middle if others is None else 0)) @'}, hint='The others are seen from the origin. Their places are seen from the mean of x as well.')
def others_from_the_origin(): ...


@mistake("embed_features", edit={'_, spreads, axes =': 'first, spreads, axes =', '    return places,': '    if others is None:\n        places = first[:, :num_dims] * spreads[:num_dims]\n    return places,'}, hint='Places of x come from the first factor, with the sign that the decomposition gave. Where a direction turns, they turn.')
def places_keep_their_sign(): ...


@mistake("embed_features", edit={'parts[:num_dims] / parts.sum()': 'parts / parts.sum()'}, hint='These are the shares of all directions. Asked for are those of the first num_dims.')
def shares_of_all(): ...


@mistake("embed_features", edit={'parts[:num_dims] / parts.sum()': 'parts[:num_dims].cumsum(0) / parts.sum()'}, hint='Each share holds those before it, too. The part of each direction by itself is asked for.')
def shares_add_up(): ...


@mistake("embed_features", edit={'parts = spreads.square()': 'parts = spreads.square().square()'}, hint='The shares are of fourth powers: singular values are squared once, and eigenvalues of the covariance are squares already.')
def shares_squared_twice(): ...


@mistake("embed_features", edit={'axes.gather(1, axes.abs().argmax(dim=1, keepdim=True))': 'axes.gather(1, axes.abs().argmax(dim=0)[:, None][:num_dims])'}, hint='The largest magnitude is looked for along the wrong axis: over the directions, instead of within each.')
def largest_over_the_directions(): ...


@mistake("embed_features", edit={'axes.abs().argmax': 'axes.argmax'}, hint='The largest entry is looked at, which is positive nearly always. The rule asks for the one of largest magnitude.')
def largest_entry_positive(): ...


@mistake("embed_features", edit={'peaks.sign()': '-peaks.sign()'}, hint='The entry of largest magnitude is negative here, in every direction.')
def largest_magnitude_negative(): ...


@mistake("embed_features", edit={'middle = x.mean(dim=0)': 'middle = x.mean(dim=0)\n    scale = (x - middle).std(dim=0) + 1e-8', 'svd(x - middle,': 'svd((x - middle) / scale,', '(shown - middle) @': '((shown - middle) / scale) @'}, hint='Each feature is divided by its standard deviation. Then all count alike; here those that vary more count more.')
def standardised(): ...


@mistake("embed_features", edit={'return places,': 'return places.T,'}, hint='The places are (d, M). One image is one row.')
def places_in_columns(): ...


@mistake("embed_features", edit={'parts[:num_dims] / parts.sum()': 'parts[:num_dims] / (len(x) - 1)'}, hint='These are variances. A share is a part of the whole: what is the whole?')
def variances(): ...


@mistake("embed_features", edit={'(axes * peaks.sign()).T': '(axes * peaks.sign()).T / spreads[:num_dims]'}, hint='Each direction is divided by its width, so all look equally wide. Directions have length 1, and places keep their distances.')
def divided_by_the_spread(): ...


@right("embed_features")
def by_the_gram_matrix(x, num_dims=2, others=None):
    mean = x.mean(dim=0, keepdim=True)
    centred = x - mean
    values, vectors = torch.linalg.eigh(centred @ centred.T)
    order = values.argsort(descending=True)[:num_dims]
    axes = vectors[:, order].T @ centred
    axes = axes / axes.norm(dim=1, keepdim=True)
    for axis in axes:
        if axis[axis.abs().argmax()] < 0:
            axis.neg_()
    target = centred if others is None else others - mean
    return target @ axes.T, values[order] / centred.square().sum()


@right("embed_features")
def by_svd_of_the_turned_table(x, num_dims=2, others=None):
    middle = x.sum(0) / x.shape[0]
    u, s, _ = torch.svd((x - middle).T)
    columns = []
    for column in range(num_dims):
        axis = u[:, column]
        columns.append(axis if axis.max() >= -axis.min() else -axis)
    basis = torch.stack(columns, dim=1)
    shown = x if others is None else others
    share = s**2 / (s**2).sum()
    return torch.mm(shown - middle, basis), share[:num_dims]


@right("embed_features")
def by_numpy(x, num_dims=2, others=None):
    middle = torch.stack([column.mean() for column in x.unbind(1)])
    u, s, vh = torch.linalg.svd(x - middle, full_matrices=False)
    u, s_kept, vh = u[:, :num_dims], s[:num_dims], vh[:num_dims]
    rows = torch.arange(num_dims, device=x.device)
    signs = vh[rows, vh.abs().max(dim=1).indices].sign()
    if others is None:
        places = u * s_kept * signs
    else:
        places = (others - middle) @ vh.T * signs
    return places, s_kept.pow(2) / (x - middle).pow(2).sum()


# neighbor_probabilities


@mistake("neighbor_probabilities", edit={"squared = (x[:, None] - x[None]).square().sum(dim=2)": "squared = (x[:, None] - x[None]).square().sum(dim=2).sqrt()"}, hint="The exponent has the squared distance; these are distances.")
def distances_not_squared(): ...


@mistake("neighbor_probabilities", edit={"    squared.fill_diagonal_(math.inf)\n": ""}, hint="Each point counts itself among its neighbours, at a distance of zero. The diagonal is 0, and has no part in the entropy.")
def counts_itself(): ...


@mistake("neighbor_probabilities", edit={"    squared.fill_diagonal_(math.inf)\n": "", "(given + given.T) / (2 * num)": "(lambda p: (p + p.T) / (2 * num))(given.clone().fill_diagonal_(0) / given.clone().fill_diagonal_(0).sum(1, keepdim=True))"}, hint="The diagonal is taken out at the end only. While the bandwidths are looked for, each point counts itself as a neighbour.")
def takes_itself_out_too_late(): ...


@mistake("neighbor_probabilities", edit={"math.log(perplexity)": "math.log2(perplexity)"}, hint="The entropy is in nats, what it is compared with in bits. The exponential of the one is the perplexity, a power of two of the other.")
def bits_and_nats(): ...


@mistake("neighbor_probabilities", edit={"entropy > math.log(perplexity)": "entropy.mean() > math.log(perplexity) + 0 * beta"}, hint="All points have the same bandwidth, and the perplexity is right on average. Each row has its own.")
def one_bandwidth_for_all(): ...


@mistake("neighbor_probabilities", edit={"(given + given.T) / (2 * num)": "given / num"}, hint="This isn't symmetric: i may be a neighbour of j, and j none of i. Both views are put together.")
def not_symmetric(): ...


@mistake("neighbor_probabilities", edit={"(given + given.T) / (2 * num)": "(given + given.T) / 2"}, hint="Each row's probabilities sum to 1. What does the whole table sum to then?")
def sums_to_the_number_of_points(): ...


@mistake("neighbor_probabilities", edit={"(given + given.T) / (2 * num)": "torch.maximum(given, given.T) / torch.maximum(given, given.T).sum()"}, hint="The larger of both views is taken. It is their mean.")
def the_larger_view(): ...


@mistake("neighbor_probabilities", edit={"    squared = squared - squared.min(dim=1, keepdim=True).values\n": "", "given = torch.softmax(-beta * squared, dim=1)": "given = torch.exp(-beta * squared) / torch.exp(-beta * squared).sum(dim=1, keepdim=True)"}, hint="Where all distances are large, every exponential is zero and 0 / 0 follows. What may be subtracted from a row's exponents without changing p?")
def underflows(): ...


@mistake("neighbor_probabilities", edit={"torch.special.entr(given)": "(-given * given.log())"}, hint="A point far away has the probability 0, and 0 · ln 0 comes out as NaN. It is to count as 0.")
def zero_times_infinity(): ...


@mistake("neighbor_probabilities", edit={"range(100)": "range(12)"}, hint='The bisection stops early: each halving gives one more binary digit, and the doubling before takes steps of its own.')
def stops_early(): ...


@mistake("neighbor_probabilities", edit={"range(100)": "range(100)", "beta = torch.where(high.isinf(), 2 * beta, (low + high) / 2)": "beta = torch.where((torch.special.entr(given).sum(dim=1, keepdim=True) - math.log(perplexity)).abs() < 1e-4, beta, torch.where(high.isinf(), 2 * beta, (low + high) / 2))"}, hint="The bisection stops at a rough tolerance. Go on until there are no digits left.")
def rough_tolerance(): ...


@mistake("neighbor_probabilities", edit={"torch.full_like(beta, math.inf)": "torch.full_like(beta, 1e3)"}, hint="The upper end is a fixed number. With points close together the right value lies beyond it.")
def fixed_upper_end(): ...


@mistake("neighbor_probabilities", edit={"torch.softmax(-beta * squared, dim=1)": "torch.softmax(-beta * squared, dim=0)"}, hint="Normalised over the wrong axis: for each point its own neighbours sum to 1.")
def wrong_axis(): ...


@mistake("neighbor_probabilities", edit={"squared.fill_diagonal_(math.inf)": "squared[squared == 0] = math.inf"}, hint="Whatever has a distance of zero is taken for the point itself. A copy of it is another point.")
def overlooks_copies(): ...


@mistake("neighbor_probabilities", edit={"    if not 1 < perplexity < num - 1:\n        raise ValueError(f\"a perplexity of {perplexity} among {num} points\")\n": ""}, hint="A perplexity that no bandwidth reaches isn't refused.")
def takes_any_perplexity(): ...


@mistake("neighbor_probabilities", edit={"1 < perplexity < num - 1": "1 < perplexity < num"}, hint="A point has N - 1 others. As many neighbours as that, and more, can't be reached.")
def one_too_many(): ...


@mistake("neighbor_probabilities", edit={'range(100)': 'range(200)', 'torch.softmax(-beta * squared, dim=1)': 'torch.exp(-beta * squared) / torch.exp(-beta * squared).sum()'}, hint="One sum for the whole table. Each point's own neighbours sum to 1.")
def one_sum_for_all(): ...


@mistake("neighbor_probabilities", edit={'range(100)': 'range(200)', 'torch.softmax(-beta * squared, dim=1)': 'torch.exp(-beta * squared) / torch.exp(-beta * squared).sum(dim=0, keepdim=True)'}, hint='Normalised over the wrong axis: for each point its own neighbours sum to 1.')
def columns_by_hand(): ...


@mistake("neighbor_probabilities", edit={'perplexity: float = 30.0': 'perplexity: float = 10.0'}, hint="Where no perplexity is given, yours isn't the one that the docstring says.")
def another_default(): ...


@mistake("neighbor_probabilities", edit={'beta = torch.where(high.isinf(), 2 * beta, (low + high) / 2)': 'beta = torch.where(is_wide, 2 * beta, beta / 2)'}, hint='Doubling and halving go to and fro between the same two numbers. What lies between the two ends that are known already?')
def never_halves_between(): ...


@mistake("neighbor_probabilities", edit={'low, high = torch.zeros_like(beta), torch.full_like(beta, math.inf)': 'low, high = torch.full_like(beta, 1e-4), torch.full_like(beta, math.inf)'}, hint='The lower end is a fixed number above zero. With points far apart the right value lies below it.')
def fixed_lower_end(): ...


@mistake("neighbor_probabilities", edit={'torch.full_like(beta, math.inf)': 'torch.full_like(beta, 1e4)'}, hint='The upper end is a fixed number. With points close together the right value lies beyond it.')
def larger_fixed_upper_end(): ...


@mistake("neighbor_probabilities", edit={'    num = len(x)\n': '    num, dtype = len(x), x.dtype\n    x = x.float()\n', 'return (given + given.T) / (2 * num)': 'return ((given + given.T) / (2 * num)).to(dtype)', 'range(100)': 'range(200)'}, hint='All is computed in float32, and has seven digits less than a float64 could keep.')
def in_float32(): ...


@mistake("neighbor_probabilities", edit={'(given + given.T) / (2 * num)': '(given * given.T).sqrt() / (given * given.T).sqrt().sum()'}, hint='Both views are multiplied. It is their mean: so the loneliest point takes part although nobody picks it.')
def root_of_the_product(): ...


@mistake("neighbor_probabilities", edit={'range(100)': 'range(200)', 'squared.min(dim=1, keepdim=True)': 'squared.min(dim=0, keepdim=True)', 'torch.softmax(-beta * squared, dim=1)': 'torch.exp(-beta * squared) / torch.exp(-beta * squared).sum(dim=1, keepdim=True)'}, hint='Another number is subtracted from each entry of a row, and that does change p. Whose least distance belongs to a row?')
def least_of_each_column(): ...


@mistake("neighbor_probabilities", edit={'torch.special.entr(given)': '(-given * (given + 1e-7).log())'}, hint='Something is added inside the logarithm, which moves the perplexity. How is 0 · ln 0 avoided without that?')
def an_epsilon_in_the_logarithm(): ...


@mistake("neighbor_probabilities", edit={'    squared.fill_diagonal_(math.inf)\n': '    squared = squared.clamp(max=4 * squared.median().item())\n    squared.fill_diagonal_(math.inf)\n'}, hint='Large distances are cut, so that far points come nearer. Once something is subtracted they do no harm.')
def cuts_distances(): ...


@mistake("neighbor_probabilities", edit={'        is_wide = entropy > math.log(perplexity)\n': '        if ((entropy - math.log(perplexity)).abs() < 1e-5).any():\n            break\n        is_wide = entropy > math.log(perplexity)\n'}, hint='The bisection ends for all as soon as one point is ready.')
def ready_with_the_first(): ...


@mistake("neighbor_probabilities", edit={'range(100)': 'range(200)', 'torch.softmax(-beta * squared, dim=1)': '(1 / (1 + beta * squared)) / (1 / (1 + beta * squared)).sum(dim=1, keepdim=True)'}, hint='1 / (1 + d²) is how t-SNE measures in the plane. Among the features it is the exponential.')
def kernel_of_the_plane(): ...


@mistake("neighbor_probabilities", edit={'math.log(perplexity)': 'perplexity'}, hint='The entropy is held against the perplexity itself. Which function leads from the one to the other?')
def perplexity_for_entropy(): ...


@mistake("neighbor_probabilities", edit={'range(100)': 'range(10)'}, hint='The bisection stops early: each halving gives one more binary digit, and the doubling before takes steps of its own.')
def ten_steps(): ...


@mistake("neighbor_probabilities", edit={'range(100)': 'range(20)'}, hint='The bisection stops early: each halving gives one more binary digit, and the doubling before takes steps of its own.')
def twenty_steps(): ...


@mistake("neighbor_probabilities", edit={'range(100)': 'range(30)'}, hint='The bisection stops early: each halving gives one more binary digit, and the doubling before takes steps of its own.')
def thirty_steps(): ...


@mistake("neighbor_probabilities", edit={'        is_wide = entropy > math.log(perplexity)\n': '        if ((entropy - math.log(perplexity)).abs() < 1e-5).all():\n            break\n        is_wide = entropy > math.log(perplexity)\n'}, hint='The bisection stops at a rough tolerance. Go on until there are no digits left.')
def rough_tolerance_for_all(): ...


@mistake("neighbor_probabilities", edit={'entropy > math.log': 'entropy < math.log'}, hint='The wrong end moves. Where the entropy is too large, has β to grow or to shrink?')
def moves_the_wrong_end(): ...


@mistake("neighbor_probabilities", edit={'return (given + given.T) / (2 * num)': 'return ((given + given.T) / (2 * num)).clamp(min=1e-12)'}, hint='Nothing is zero here: small numbers were raised, also on the diagonal. It is exactly 0.')
def nothing_is_zero(): ...


@mistake("neighbor_probabilities", edit={'(x[:, None] - x[None]).square().sum(dim=2)': 'x.square().sum(1)[:, None] + x.square().sum(1) - 2 * x @ x.T'}, hint='The square is expanded: far from zero large numbers are taken from each other, and the digits of the distance are gone. Which is subtracted first keeps them?')
def p_by_the_expanded_square(): ...


@right("neighbor_probabilities")
def point_by_point(x, perplexity=30.0):
    n = x.shape[0]
    if perplexity <= 1 or perplexity >= n - 1:
        raise ValueError("perplexity")
    conditional = torch.zeros(n, n, dtype=x.dtype, device=x.device)
    for i in range(n):
        others = [j for j in range(n) if j != i]
        d = torch.stack([(x[i] - x[j]).pow(2).sum() for j in others])
        d = d - d.min()
        low, high, beta = 0.0, float("inf"), 1.0
        for _ in range(110):
            p = torch.exp(-d * beta)
            total = p.sum()
            entropy = float(torch.log(total) + beta * (d * p).sum() / total)
            if entropy > math.log(perplexity):
                low = beta
            else:
                high = beta
            beta = beta * 2 if high == float("inf") else (low + high) / 2
        conditional[i, others] = p / total
    joint = conditional + conditional.T
    return joint / joint.sum()


@right("neighbor_probabilities")
def by_the_logarithm_of_the_bandwidth(x, perplexity=30.0):
    count = len(x)
    if not 1 < perplexity < count - 1:
        raise ValueError(perplexity)
    gaps = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist").square()
    rows = gaps[~torch.eye(count, dtype=torch.bool, device=x.device)].view(count, count - 1)
    rows = rows - rows.amin(dim=1, keepdim=True)
    low = torch.full((count, 1), -60.0, dtype=x.dtype, device=x.device)
    high = -low
    for _ in range(90):
        middle = (low + high) / 2
        log_p = F.log_softmax(-rows * middle.exp(), dim=1)
        terms = torch.where(log_p > -700, log_p.exp() * log_p, torch.zeros_like(log_p))
        few = (-terms.sum(dim=1, keepdim=True)).exp() < perplexity
        low, high = torch.where(few, low, middle), torch.where(few, middle, high)
    p = torch.zeros(count, count, dtype=x.dtype, device=x.device)
    p[~torch.eye(count, dtype=torch.bool, device=x.device)] = log_p.exp().flatten()
    return (p + p.mT) / (2 * count)


@right("neighbor_probabilities")
def by_the_width(x, perplexity=30.0):
    n = len(x)
    if perplexity <= 1:
        raise ValueError("too small")
    if perplexity >= n - 1:
        raise ValueError("too large")
    d = torch.stack([(x - row).square().sum(dim=1) for row in x])
    d = d.masked_fill(torch.eye(n, dtype=torch.bool, device=x.device), float("inf"))
    d = d - d.min(dim=1).values[:, None]
    narrow = torch.zeros(n, dtype=x.dtype, device=x.device)
    wide = torch.full_like(narrow, 1e-6)
    while True:
        p = torch.softmax(-d / wide[:, None] ** 2, dim=1)
        small = torch.exp(torch.special.entr(p).sum(dim=1)) < perplexity
        if not small.any():
            break
        wide = torch.where(small, wide * 2, wide)
    for _ in range(100):
        width = (narrow + wide) / 2
        p = torch.softmax(-d / width[:, None].clamp(min=1e-15) ** 2, dim=1)
        small = torch.exp(-torch.xlogy(p, p).sum(dim=1)) < perplexity
        narrow = torch.where(small, width, narrow)
        wide = torch.where(small, wide, width)
    return 0.5 * (p + p.T) / n


# maximally_activating_patches

patches = "maximally_activating_patches"


@mistake(patches, edit={"picked = maps[:, channel]": "picked = maps.amax(dim=1)"}, hint="The largest of all channels is looked for. Asked for is one channel.")
def over_all_channels(): ...


@mistake(patches, edit={"picked.flatten().sort(descending=True, stable=True).indices": "(picked.numel() - 1 - picked.flatten().flip(0).sort(descending=True, stable=True).indices)"}, hint="Of equal values the last comes first. It is the first in reading order: image, row, column.")
def last_of_equal_ones(): ...


@mistake(patches, edit={"order // width % height, order % width": "order // height % width, order % height"}, hint="Row and column are taken apart with height and width in each other's place.")
def height_for_width(): ...


@mistake(patches, edit={"    if one_per_image:\n": "    order = order[:k]\n    if one_per_image:\n", "firsts = [(owners == image).nonzero()[0, 0] for image in range(num)]": "firsts = [(owners == image).nonzero()[0, 0] for image in range(num) if (owners == image).any()]"}, hint="The k largest are taken first, and second ones of an image thrown away afterwards. Too few are left where one image has several of them.")
def throws_away_too_late(): ...


@mistake(patches, edit={"    if one_per_image:\n": "    if False:\n"}, hint="One image gives several places, though one for each image was asked for.")
def ignores_one_per_image(): ...


@mistake(patches, edit={"order[torch.stack(firsts).sort().values]": "order[torch.stack(firsts)]"}, hint="With one place for each image, they come in the order of the images. The largest value comes first.")
def in_the_order_of_images(): ...


@mistake(patches, edit={"reversed(layers)": "layers"}, hint="The layers are gone through from the first to the last. The way from the unit to the image begins at the other end.")
def forwards(): ...


@mistake(patches, edit={"first = first * stride - padding": "first = first * stride", "last = last * stride - padding + kernel - 1": "last = last * stride + kernel - 1"}, hint="The padding is left out: with it, unit 0 begins before the image does.")
def no_padding(): ...


@mistake(patches, edit={"first = first * stride - padding": "first = first - padding", "last = last * stride - padding + kernel - 1": "last = last - padding + kernel - 1"}, hint="The stride is left out: a step of one unit is a step of several pixels.")
def no_stride(): ...


@mistake(patches, edit={"first = first * stride - padding": "first = (first - padding) * stride", "last = last * stride - padding + kernel - 1": "last = (last - padding) * stride + kernel - 1"}, hint="The padding is multiplied by the stride. It is counted in the layer's input, where a step is one.")
def padding_times_stride(): ...


@mistake(patches, edit={"last * stride - padding + kernel - 1": "last * stride - padding + kernel"}, hint="The field is too wide by one at each layer: a kernel of 3 that begins at 5 ends at 7.")
def one_too_wide(): ...


@mistake(patches, edit={"torch.minimum(last + 1, ends)": "torch.minimum(last, ends - 1)"}, hint="Bottom and right are the last pixel that is seen. As the end of a slice they leave it out.")
def ends_inclusive(): ...


@mistake(patches, edit={"first.clamp(min=0)": "first", "torch.minimum(last + 1, ends)": "last + 1"}, hint="The rectangles aren't clipped: they reach beyond the image, and a negative index counts from the other end.")
def not_clipped(): ...


@mistake(patches, edit={"torch.minimum(last + 1, ends)": "torch.minimum(last + 1, ends.flip(0))"}, hint="Rows are clipped at the width, columns at the height.")
def clipped_at_the_other_side(): ...


@mistake(patches, edit={"return picked.flatten()[order], places, boxes": "return picked.flatten()[order], places[:, [0, 2, 1]], boxes"}, hint="Places are image, column, row. The row comes first.")
def column_before_row(): ...


@mistake(patches, edit={'return picked.flatten()[order], places, boxes': 'boxes[:, 2:] -= boxes[:, :2]\n    return picked.flatten()[order], places, boxes'}, hint='The last two numbers are height and width. They are to be bottom and right, the ends of slices.')
def height_and_width_for_the_end(): ...


@mistake(patches, edit={'return picked.flatten()[order], places, boxes': 'return picked.flatten()[order], places, boxes[:, [1, 0, 3, 2]]'}, hint='The box begins with left. Rows come first: top, left, bottom, right.')
def left_before_top(): ...


@mistake(patches, edit={'torch.minimum(last + 1, ends)': 'torch.minimum(last + 1, ends - 1)'}, hint="At the image's edge the last pixel is missing. Up to which number may the end of a slice go?")
def ends_before_the_last_pixel(): ...


@mistake(patches, edit={'torch.minimum(last + 1, ends)': 'torch.minimum(last, ends)'}, hint='Bottom and right are the last pixel that is seen. As the end of a slice they leave it out.')
def end_without_the_last(): ...


@mistake(patches, edit={'for image in range(num)]': 'for image in range(min(k, num))]'}, hint='With one for each image, only the first images are asked. Which of all hold the largest values?')
def asks_the_first_images(): ...


@mistake(patches, edit={'picked = maps[:, channel]': 'picked = maps[channel % len(maps)]'}, hint='`maps[channel]` picks an image. Which axis belongs to the channels?')
def image_for_channel(): ...


@mistake(patches, edit={'    order = order[:k]\n': '    order = order[:k].sort().values if one_per_image else order[:k]\n'}, hint='With one place for each image, they come in the order of the images. The largest value comes first.')
def the_best_in_the_order_of_images(): ...


@mistake(patches, edit={'    order = order[:k]\n': '    if one_per_image:\n        order = order[:k]\n    else:\n        owners = order // (height * width)\n        images = list(dict.fromkeys(owners.tolist()))\n        order = torch.cat([order[owners == image][:k] for image in images])\n'}, hint='There are k places for each image. k is the number of all.')
def k_for_each_image(): ...


@mistake(patches, edit={'    order = order[:k]\n': '    if k > len(order):\n        raise IndexError("list index out of range")\n    order = order[:k]\n'}, hint='Where there are fewer places than k, all of them are the answer, and no error.')
def more_than_there_are(): ...


@mistake(patches, edit={'first = last = places[:, 1:]\n': 'first = last = places[:, 1:]\n    seen = 0\n', 'last * stride - padding + kernel - 1': 'last * stride - padding + (0 if seen else kernel - 1)\n        seen = 1'}, hint="Only one layer's kernel widens the field. Each of them does.")
def kernel_of_the_last_layer(): ...


@mistake(patches, edit={'first.clamp(min=0)': 'first'}, hint='Boxes begin before the image does, and in a slice a negative number counts from the other end.')
def clipped_at_the_end_only(): ...


@mistake(patches, edit={'picked.flatten().sort(': 'picked.flatten().abs().sort('}, hint='The largest magnitudes come first. A value far below zero is none that excites the channel.')
def by_magnitude(): ...


@mistake(patches, edit={'boxes = torch.cat([first.clamp(min=0), torch.minimum(last + 1, ends)], dim=1)': 'last, first = last - first.clamp(max=0), first.clamp(min=0)\n    boxes = torch.cat([first.clamp(min=0), torch.minimum(last + 1, ends)], dim=1)'}, hint='A field that reaches beyond the image is moved into it. It is cut off there, and smaller.')
def moved_into_the_image(): ...


@mistake(patches, edit={'owners = order // (height * width)': 'owners = order // height', 'for image in range(num)]': 'for image in owners.unique().tolist()]'}, hint='Which image a place is in is found by the wrong size. How many values has the map of one image?')
def one_for_each_row(): ...


@mistake(patches, edit={'first = first * stride - padding': 'first = first * stride + padding'}, hint='The padding is added at the beginning. The first unit begins before the image: in which direction is that?')
def padding_added_at_the_beginning(): ...


@mistake(patches, edit={'first = first * stride - padding': 'first = first * stride + padding', 'last = last * stride - padding + kernel - 1': 'last = last * stride + padding + kernel - 1'}, hint='The padding is added. The first unit begins before the image: in which direction is that?')
def padding_added_for_both(): ...


@mistake(patches, edit={'last = last * stride - padding + kernel - 1': 'last = last * stride + kernel - 1'}, hint="The end doesn't go back by the padding. The field is as wide as without one, and only lies elsewhere.")
def no_padding_at_the_end(): ...


@mistake(patches, edit={'return picked.flatten()[order], places, boxes': 'return picked.flatten()[order], places[:, 1:], boxes'}, hint='Places have no image. They are image, row and column.')
def places_without_image(): ...


@mistake(patches, edit={'boxes = torch.cat([first.clamp(min=0), torch.minimum(last + 1, ends)], dim=1)': 'scale = [[size[0], height], [size[1], width]]\n    first, last = (torch.stack([(places[:, 1 + axis] + more) * scale[axis][0] // scale[axis][1] for axis in (0, 1)], dim=1) for more in (0, 1))\n    boxes = torch.cat([first, last], dim=1)'}, hint='The image is shared out among the units. What a unit sees is larger, and overlaps with what its neighbours see: it follows from the layers.')
def share_of_the_image(): ...


@mistake(patches, edit={'sort(descending=True, stable=True)': 'sort(stable=True)'}, hint='The smallest values come first.')
def smallest_first(): ...


@mistake(patches, edit={'ends = torch.tensor(size,': 'ends = torch.tensor((size[0], size[0]),'}, hint="Columns are clipped at the image's height. It isn't always square.")
def square_image(): ...


@mistake(patches, edit={'last = last * stride - padding + kernel - 1': 'last = first + kernel - 1'}, hint="The end is one kernel behind the beginning. It has a way back of its own: the last unit that is seen isn't the first.")
def end_from_the_beginning(): ...


@mistake(patches, edit={'sort(descending=True, stable=True).indices': 'topk(picked.numel()).indices'}, hint='Equal values come in any order: `topk` promises nothing about them.')
def places_by_topk(): ...


@mistake(patches, edit={'    num, height, width = picked.shape\n': '    num, height, width = picked.shape\n    picked.view(-1)\n'}, hint="`view` needs numbers that lie one after another in memory, and those of a cut or transposed tensor don't. `reshape` works for both.")
def views_a_channel(): ...


@mistake(patches, edit={'    order = order[:k]\n': '    order = order[:k]\n    order = torch.cat([order[:1], order[1:][picked.flatten()[order[1:]] > 0]])\n'}, hint="Places that aren't positive are left out. The k largest are asked for, whatever they are.")
def positive_ones_only(): ...


@mistake(patches, edit={'    for kernel, stride, padding in reversed(layers):\n': '    sizes = [torch.tensor(size, device=maps.device)]\n    for kernel, stride, padding in layers:\n        sizes.append((sizes[-1] + 2 * padding - kernel) // stride + 1)\n    for (kernel, stride, padding), below in zip(layers[::-1], sizes[-2::-1], strict=True):\n', 'last = last * stride - padding + kernel - 1': 'last = last * stride - padding + kernel - 1\n        first, last = first.clamp(min=0), torch.minimum(last, below - 1)'}, hint='The field is clipped at each map between. A stride may leave pixels over at the end: what would they count as then? Clip once, to the image.')
def clipped_in_each_layer(): ...


@mistake(patches, edit={'    for kernel, stride, padding in reversed(layers):': '    layers.reverse()\n    for kernel, stride, padding in layers:'}, hint='The list of layers comes back turned round: `reverse` works on the list itself, and the next call finds it so.')
def turns_the_list(): ...


@mistake(patches, edit={'return picked.flatten()[order], places, boxes': 'return picked.flatten()[order], places.int(), boxes.int()'}, hint='Places and boxes are int32. Indices are int64, with which one can pick from a tensor.')
def places_of_32_bits(): ...


@right("maximally_activating_patches")
def by_python_lists(maps, channel, k, layers, size, one_per_image=False):
    entries = []
    n, _, h, w = maps.shape
    for image in range(n):
        here = [(-float(maps[image, channel, r, c]), image, r, c) for r in range(h) for c in range(w)]
        entries += [min(here)] if one_per_image else here
    entries = sorted(entries)[:k]

    def back(unit, length):
        begin = end = unit
        for kernel, stride, padding in layers[::-1]:
            begin, end = begin * stride - padding, end * stride - padding + kernel - 1
        return max(begin, 0), min(end, length - 1) + 1

    values = torch.stack([maps[image, channel, r, c] for _, image, r, c in entries])
    boxes = []
    for _, _, r, c in entries:
        (top, bottom), (left, right_) = back(r, size[0]), back(c, size[1])
        boxes.append([top, left, bottom, right_])
    return (
        values,
        torch.tensor([entry[1:] for entry in entries], device=maps.device),
        torch.tensor(boxes, device=maps.device),
    )


@right("maximally_activating_patches")
def by_field_jump_and_start(maps, channel, k, layers, size, one_per_image=False):
    field, jump, start = 1, 1, 0
    for kernel, stride, padding in layers:
        field += (kernel - 1) * jump
        start -= padding * jump
        jump *= stride
    one = maps[:, channel].flatten(1)
    if one_per_image:
        best, spot = one.sort(dim=1, descending=True, stable=True)
        values, image = best[:, 0].sort(descending=True, stable=True)
        values, image = values[:k], image[:k]
        spot = spot[:, 0][image]
    else:
        values, place = one.reshape(-1).sort(descending=True, stable=True)
        values, place = values[:k], place[:k]
        image, spot = place // one.shape[1], place % one.shape[1]
    row, col = spot // maps.shape[3], spot % maps.shape[3]
    top, left = start + row * jump, start + col * jump
    sides = [
        top.clamp(min=0), left.clamp(min=0), (top + field).clamp(max=size[0]), (left + field).clamp(max=size[1])
    ]
    return values, torch.stack([image, row, col], dim=1), torch.stack(sides, dim=1)


@right("maximally_activating_patches")
def one_maximum_after_the_other(maps, channel, k, layers, size, one_per_image=False):
    left_over = maps[:, channel].detach().clone()
    values, places, boxes = [], [], []
    most = len(maps) if one_per_image else left_over.numel()
    for _ in range(min(k, most)):
        n, r, c = (left_over == left_over.max()).nonzero()[0].tolist()
        values.append(maps[n, channel, r, c])
        places.append([n, r, c])
        if one_per_image:
            left_over[n] = -math.inf
        else:
            left_over[n, r, c] = -math.inf
        low, high = [r, c], [r, c]
        for kernel, stride, padding in reversed(layers):
            low = [stride * one - padding for one in low]
            high = [stride * one - padding + kernel - 1 for one in high]
        boxes.append([max(low[0], 0), max(low[1], 0), min(high[0] + 1, size[0]), min(high[1] + 1, size[1])])
    return (
        torch.stack(values),
        torch.tensor(places, device=maps.device).reshape(-1, 3),
        torch.tensor(boxes, device=maps.device).reshape(-1, 4),
    )
