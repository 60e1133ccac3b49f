"""What students write in faster_rcnn: mistakes with the hint each deserves, and other right answers."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models.detection._utils import BoxCoder
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.ops import batched_nms, clip_boxes_to_image, nms, roi_align

from autograder.authoring import mistake, right
from coursekit.two_stages import Settings, draw, lay_anchors, match

# RPNHead

ANCHORS_FIRST = "Rows come anchor by anchor: first all places of anchor 0. The anchors of a place stand together, so their axis moves fastest."
NO_PERMUTE = "reshape cuts the numbers as they lie in memory, channel by channel. The axes have to change their order before that."


@mistake("RPNHead", edit={"split.permute(0, 3, 4, 1, 2).reshape(num, -1, 4)": "split.permute(0, 1, 3, 4, 2).reshape(num, -1, 4)", "self.cls_logits(hidden).permute(0, 2, 3, 1).flatten(1)": "self.cls_logits(hidden).flatten(1)"}, hint=ANCHORS_FIRST)
def head_anchors_first(): ...


@mistake("RPNHead", edit={"split.permute(0, 3, 4, 1, 2).reshape(num, -1, 4)": "self.bbox_pred(hidden).reshape(num, -1, 4)"}, hint=NO_PERMUTE)
def head_reshapes_alone(): ...


@mistake("RPNHead", edit={"reshape(num, -1, 4, height, width)": "reshape(num, 4, -1, height, width)", "split.permute(0, 3, 4, 1, 2)": "split.permute(0, 3, 4, 2, 1)"}, hint="Channels of the offsets are split the other way round: channel 4k + j is number j of anchor k, so the four of an anchor stand together.")
def head_four_before_anchors(): ...


@mistake("RPNHead", edit={"split.permute(0, 3, 4, 1, 2)": "split.permute(0, 4, 3, 1, 2)", "permute(0, 2, 3, 1)": "permute(0, 3, 2, 1)"}, hint="Rows go down the columns of the map. They go along its rows: the column moves faster than the row.")
def head_columns_first(): ...


@mistake("RPNHead", edit={"self.bbox_pred = nn.Conv2d(in_channels, 4 * num_anchors, 1)": "self.bbox_pred = nn.Conv2d(in_channels, 4, 1)\n        self.num = num_anchors", "self.bbox_pred(hidden).reshape(num, -1, 4, height, width)": "self.bbox_pred(hidden).repeat(1, self.num, 1, 1).reshape(num, -1, 4, height, width)"}, hint="There are four numbers for each place. Each anchor of a place needs its own four: one may have to grow where another has to shrink.")
def head_four_for_each_place(): ...


@mistake("RPNHead", edit={"nn.Sequential(nn.Sequential(before, nn.ReLU()))": "nn.Sequential(nn.Sequential(before))"}, hint="The ReLU behind the 3 x 3 convolution is missing.")
def head_without_relu(): ...


@mistake("RPNHead", edit={"nn.Conv2d(in_channels, in_channels, 3, padding=1)": "nn.Conv2d(in_channels, in_channels, 3)"}, hint="The 3 x 3 convolution has no padding, so the map loses its border, and there are fewer rows than anchors.")
def head_without_padding(): ...


@mistake("RPNHead", edit={"split = self.bbox_pred(hidden)": "split = self.bbox_pred(level)"}, hint="The offsets are taken from the map itself. Both 1 x 1 convolutions stand behind the 3 x 3 one.")
def head_boxes_from_the_map(): ...


@mistake("RPNHead", edit={"split = self.bbox_pred(hidden)": "split = self.bbox_pred(self.cls_logits(hidden).sigmoid().mean(1, True) * hidden)"}, hint="The offsets depend on the logits. The two convolutions stand side by side, each on what comes out of the 3 x 3 one.")
def head_boxes_behind_logits(): ...


@mistake("RPNHead", edit={"logits.append(self.cls_logits(hidden)": "logits.append(self.cls_logits(hidden).sigmoid()"}, hint="These are probabilities. Logits are asked for: the loss takes the sigmoid itself.")
def head_with_sigmoid(): ...


@mistake("RPNHead", edit={"for level in maps:": "for level in maps[:1]:"}, hint="Only the first level is looked at. A list may hold several.")
def head_first_level_only(): ...


@mistake("RPNHead", edit={"for level in maps:": "for level in maps[::-1]:"}, hint="The levels are joined from the last to the first.")
def head_levels_reversed(): ...


@mistake("RPNHead", edit={"            nn.init.normal_(layer.weight, std=0.01)\n": ""}, hint="Weights begin as torch's layers do, in one layer or in all. With a deviation of 0.01 a new head has no opinion, and no anchor moves.")
def head_of_torchs_start(): ...


@mistake("RPNHead", edit={"            nn.init.zeros_(layer.bias)\n": ""}, hint="The biases begin as torch's layers do, and not at 0.")
def head_of_torchs_biases(): ...


@mistake("RPNHead", edit={"self.conv = nn.Sequential(nn.Sequential(before, nn.ReLU()))": "self.conv = nn.Sequential(before, nn.ReLU())"}, hint="The convolution is stored as conv.0. There is one nn.Sequential more around it, since a head may have several such pairs: conv.0.0.")
def head_one_sequential(): ...


@mistake("RPNHead", edit={"self.cls_logits = nn.Conv2d(in_channels, num_anchors, 1)": "self.cls_logits = nn.Conv2d(in_channels, 2 * num_anchors, 1)", "self.cls_logits(hidden).permute": "self.cls_logits(hidden)[:, : self.cls_logits.out_channels // 2].permute"}, hint="cls_logits has two channels for an anchor, as in the paper's softmax. With a sigmoid one is enough.")
def head_two_logits(): ...


@mistake("RPNHead", edit={'split.permute(0, 3, 4, 1, 2)': 'split.permute(0, 1, 3, 4, 2)'}, hint=ANCHORS_FIRST)
def head_offsets_anchors_first(): ...


@mistake("RPNHead", edit={'self.cls_logits(hidden).permute(0, 2, 3, 1).flatten(1)': 'self.cls_logits(hidden).flatten(1)'}, hint=ANCHORS_FIRST)
def head_logits_anchors_first(): ...


@mistake("RPNHead", edit={'hidden = self.conv(level)': 'hidden = self.conv(maps[0])'}, hint='Each turn of the loop works on the first level. What does it do with the level whose turn it is?')
def head_first_level_each_time(): ...


@mistake("RPNHead", edit={'torch.cat(logits, dim=1), torch.cat(offsets, dim=1)': 'logits[-1], offsets[-1]'}, hint='Only the last level comes back. The rows of all levels are joined.')
def head_last_level_only(): ...


@mistake("RPNHead", edit={'hidden = self.conv(level)': 'hidden = self.conv(self.conv(level))'}, hint='The 3 x 3 convolution is applied twice. Once is enough.')
def head_conv_twice(): ...


@mistake("RPNHead", edit={'nn.ReLU()': 'nn.LeakyReLU(0.1)'}, hint='Negative numbers get through behind the 3 x 3 convolution. A plain ReLU stands there.')
def head_leaky(): ...


@mistake("RPNHead", edit={'hidden = self.conv(level)': 'level.data.clamp_(min=0)\n            hidden = self.conv(level)'}, hint='The given maps are changed in place. They stay as they are.')
def head_changes_the_maps(): ...


@mistake("RPNHead", edit={'self.bbox_pred(hidden)': 'self.bbox_pred(hidden.detach())'}, hint="The offsets' way back is cut: no gradient of theirs reaches the 3 x 3 convolution and the maps.")
def head_boxes_detached(): ...


@mistake("RPNHead", edit={'self.cls_logits(hidden)': 'self.cls_logits(level)'}, hint='The logits are taken from the map itself. Both 1 x 1 convolutions stand behind the 3 x 3 one.')
def head_logits_from_the_map(): ...


@mistake("RPNHead", edit={'num, _, height, width = hidden.shape': 'num, _, height, _ = hidden.shape\n            width = height'}, hint='Maps are taken for squares. Height and width are two numbers.')
def head_of_square_maps(): ...


@mistake("RPNHead", edit={'std=0.01': 'std=0.1'}, hint='The weights have a deviation of 0.1, ten times what is asked for.')
def head_of_large_weights(): ...


@mistake("RPNHead", edit={'nn.init.normal_(layer.weight, std=0.01)': 'nn.init.uniform_(layer.weight, -0.01, 0.01)'}, hint='The weights are uniform between -0.01 and 0.01, so their deviation is smaller. It is the deviation of a normal distribution that is 0.01.')
def head_of_uniform_weights(): ...


@mistake("RPNHead", edit={'for layer in (before, self.cls_logits, self.bbox_pred):': 'for layer in (self.cls_logits, self.bbox_pred):'}, hint="The 3 x 3 convolution begins as torch's layers do. All three layers begin with small weights and without biases.")
def head_with_another_first_layer(): ...


@mistake("RPNHead", edit={'hidden = self.conv(level)': 'hidden = self.conv(level)\n            level.data.clamp_(min=0)'}, hint='The given maps are changed in place. They stay as they are.')
def head_changes_maps_afterwards(): ...


@mistake("RPNHead", edit={'hidden = self.conv(level)': 'hidden = self.conv(level).float()\n            self.float()'}, hint='The head turns its layers and what they answer into float32. It works in the dtype of its maps and weights.')
def head_turned_to_float32(): ...


@right("RPNHead")
class RPNHeadByMovingAxes(nn.Module):
    def __init__(self, in_channels, num_anchors):
        super().__init__()
        self.num_anchors = num_anchors
        self.conv = nn.Sequential(
            nn.Sequential(nn.Conv2d(in_channels, in_channels, kernel_size=3, padding="same"), nn.ReLU(inplace=True))
        )
        self.cls_logits = nn.Conv2d(in_channels, num_anchors, kernel_size=1)
        self.bbox_pred = nn.Conv2d(in_channels, num_anchors * 4, kernel_size=1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.data.normal_(0, 0.01)
                module.bias.data.zero_()

    def forward(self, maps):
        hidden = [self.conv(one) for one in maps]
        logits = [self.cls_logits(one).movedim(1, -1).reshape(len(one), -1) for one in hidden]
        offsets = [self.bbox_pred(one).movedim(1, -1).reshape(len(one), -1, 4) for one in hidden]
        return torch.cat(logits, 1), torch.cat(offsets, 1)


@right("RPNHead")
class RPNHeadByFlattenedPlaces(nn.Module):
    def __init__(self, in_channels, num_anchors):
        super().__init__()
        self.conv = nn.Sequential(nn.Sequential(nn.Conv2d(in_channels, in_channels, 3, 1, 1), nn.ReLU()))
        self.cls_logits = nn.Conv2d(in_channels, num_anchors, 1)
        self.bbox_pred = nn.Conv2d(in_channels, num_anchors * 4, 1)
        for name, value in self.named_parameters():
            nn.init.normal_(value, std=0.01) if name.endswith("weight") else nn.init.constant_(value, 0)

    def forward(self, maps):
        logits, offsets = [], []
        for one in maps:
            one = self.conv(one)
            places = one.flatten(2).transpose(1, 2)
            score = places @ self.cls_logits.weight.flatten(1).T + self.cls_logits.bias
            moves = places @ self.bbox_pred.weight.flatten(1).T + self.bbox_pred.bias
            logits.append(score.flatten(1))
            offsets.append(moves.unflatten(2, (-1, 4)).flatten(1, 2))
        return torch.cat(logits, dim=1), torch.cat(offsets, dim=1)


@right("RPNHead")
class RPNHeadAnchorByAnchor(nn.Module):
    def __init__(self, in_channels, num_anchors):
        super().__init__()
        conv = nn.Conv2d(in_channels, in_channels, 3, padding=1)
        self.conv = nn.Sequential(nn.Sequential(conv, nn.ReLU()))
        self.cls_logits = nn.Conv2d(in_channels, num_anchors, 1)
        self.bbox_pred = nn.Conv2d(in_channels, 4 * num_anchors, 1)
        with torch.no_grad():
            for one in (conv, self.cls_logits, self.bbox_pred):
                one.weight.normal_(std=0.01)
                one.bias.fill_(0)

    def forward(self, maps):
        pairs = [(self.cls_logits(h), self.bbox_pred(h)) for h in map(self.conv, maps)]
        num = self.cls_logits.out_channels
        logits = [torch.stack([s[:, k].flatten(1) for k in range(num)], dim=2).flatten(1) for s, _ in pairs]
        offsets = [
            torch.stack([b[:, 4 * k : 4 * k + 4].flatten(2).transpose(1, 2) for k in range(num)], dim=2).flatten(1, 2)
            for _, b in pairs
        ]
        return torch.cat(logits, dim=1), torch.cat(offsets, dim=1)


# rpn_loss


@mistake("rpn_loss", edit={"far / num_drawn": "far / shows.sum().clamp(min=1)"}, hint="The second loss is divided by the anchors that show an object. It is divided by all that are drawn, so that a box counts as much as a logit.")
def rpn_over_objects(): ...


@mistake("rpn_loss", edit={"far / num_drawn": "far / (4 * shows.sum()).clamp(min=1)"}, hint="The second loss is a mean over boxes and their four numbers. The four are added up, and the sum is divided by the number of anchors that are drawn.")
def rpn_plain_mean(): ...


@mistake("rpn_loss", edit={"far / num_drawn": "far / max(1, labels.numel())"}, hint="The second loss is divided by all anchors. Those that aren't drawn have no influence, not even here.")
def rpn_over_all_anchors(): ...


@mistake("rpn_loss", edit={"entropy / num_drawn, far": "entropy / max(1, labels.numel()), far"}, hint="The first loss is divided by all anchors. Those that aren't drawn have no influence, not even here.")
def rpn_entropy_over_all_anchors(): ...


@mistake("rpn_loss", edit={"return entropy / num_drawn, far / num_drawn": "return entropy / num_drawn, 10 * far / num_drawn"}, hint="The second loss has a factor, as in the paper, where another division balances it. Here it has none.")
def rpn_with_the_papers_factor(): ...


@mistake("rpn_loss", edit={"shows = drawn & (labels == 1)": "shows = labels == 1"}, hint="Anchors that show an object and aren't drawn count in the second loss.")
def rpn_objects_that_are_not_drawn(): ...


@mistake("rpn_loss", edit={"    shows = drawn & (labels == 1)\n": "    drawn = labels >= 0\n    shows = labels == 1\n"}, hint="All anchors with a label count, drawn or not.")
def rpn_all_labelled(): ...


@mistake("rpn_loss", edit={"shows = drawn & (labels == 1)": "shows = drawn"}, hint="The ground counts in the second loss too. It has no box: its codes say nothing.")
def rpn_boxes_of_the_ground(): ...


@mistake("rpn_loss", edit={"beta=1 / 9": "beta=1.0"}, hint="The smooth L1 loss has beta 1. Here it turns linear at a ninth.")
def rpn_beta_one(): ...


@mistake("rpn_loss", edit={"F.smooth_l1_loss(offsets[shows], codes[shows], beta=1 / 9, reduction=\"sum\")": "F.l1_loss(offsets[shows], codes[shows], reduction=\"sum\")"}, hint="This is the plain L1 loss: near zero the smooth one is a square.")
def rpn_plain_l1(): ...


@mistake("rpn_loss", edit={"F.smooth_l1_loss(offsets[shows], codes[shows], beta=1 / 9, reduction=\"sum\")": "F.huber_loss(offsets[shows], codes[shows], delta=1 / 9, reduction=\"sum\")"}, hint="This is Huber's loss, which is the smooth L1 loss times beta.")
def rpn_huber(): ...


@mistake("rpn_loss", edit={"F.smooth_l1_loss(offsets[shows], codes[shows], beta=1 / 9, reduction=\"sum\")": "(F.smooth_l1_loss(offsets, codes, beta=1 / 9, reduction=\"none\") * shows[..., None]).sum()"}, hint="A mask is multiplied with the losses. Where codes are nan or infinite, zero times that is nan: pick the entries instead.")
def rpn_multiplied_mask(): ...


@mistake("rpn_loss", edit={"num_drawn = drawn.sum().clamp(min=1)": "num_drawn = drawn.sum()"}, hint="Where nothing is drawn, zero is divided by zero.")
def rpn_nan_where_nothing_is_drawn(): ...


@mistake("rpn_loss", edit={"F.binary_cross_entropy_with_logits(logits[drawn], truth, reduction=\"sum\")": "-(truth * logits[drawn].sigmoid().log() + (1 - truth) * (1 - logits[drawn].sigmoid()).log()).sum()"}, hint="Sigmoid first and logarithm after: for large logits that is the logarithm of zero. Take both in one, as torch's stable loss does.")
def rpn_unstable(): ...


@mistake("rpn_loss", edit={"logits[drawn], truth, reduction": "logits[drawn].sigmoid(), truth, reduction"}, hint="The sigmoid is taken twice: this loss takes logits.")
def rpn_sigmoid_twice(): ...


@mistake("rpn_loss", hint="Each image has a mean of its own, and then the mean of these is taken. All images count together: six drawn anchors are divided by six.")
def rpn_image_by_image(logits, offsets, labels, codes, drawn):
    shows = drawn & (labels == 1)
    num = drawn.sum(dim=1).clamp(min=1)
    truth = (labels == 1).to(logits.dtype)
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    entropy = (entropy * drawn).sum(dim=1) / num
    real = codes.masked_fill(~shows[..., None], 0.0)
    far = F.smooth_l1_loss(offsets, real, beta=1 / 9, reduction="none").sum(dim=2)
    return entropy.sum() / max(1, len(logits)), ((far * shows).sum(dim=1) / num).sum() / max(1, len(logits))


@mistake("rpn_loss", edit={"return entropy / num_drawn, far / num_drawn": "return entropy / num_drawn, (far / num_drawn).detach()"}, hint="The second loss is cut off from the graph: nothing can be learnt from it.")
def rpn_detached(): ...


@mistake("rpn_loss", edit={'F.binary_cross_entropy_with_logits(logits[drawn], truth, reduction="sum")': 'F.binary_cross_entropy_with_logits(logits, labels.to(logits.dtype).clamp(min=0), reduction="sum")'}, hint='The first loss is a sum over all anchors, also over those that are not drawn.')
def rpn_entropy_of_all(): ...


@mistake("rpn_loss", edit={'beta=1 / 9': 'beta=9.0'}, hint='The smooth L1 loss has beta 9. Here it turns linear at a ninth.')
def rpn_beta_nine(): ...


@mistake("rpn_loss", edit={'num_drawn = drawn.sum().clamp(min=1)': 'num_drawn = drawn.numel()'}, hint="Both losses are divided by all anchors. Those that aren't drawn have no influence, not even here.")
def rpn_both_over_all_anchors(): ...


@mistake("rpn_loss", edit={'F.binary_cross_entropy_with_logits(logits[drawn], truth, reduction="sum")': 'F.binary_cross_entropy_with_logits(logits[drawn].clamp(-20, 20), truth, reduction="sum")'}, hint='Large logits are cut off before the loss, and cost too little. A stable loss of logits needs no such guard.')
def rpn_clamped(): ...


@mistake("rpn_loss", edit={'F.binary_cross_entropy_with_logits(logits[drawn], truth, reduction="sum")': 'F.binary_cross_entropy(logits[drawn].sigmoid(), truth, reduction="sum")'}, hint='Sigmoid first and logarithm after: for large logits the loss is cut off at 100. Take both in one.')
def rpn_unstable_and_cut_off(): ...


@mistake("rpn_loss", edit={'return entropy / num_drawn, far / num_drawn': 'return entropy / num_drawn, far / (4 * num_drawn)'}, hint='The second loss is a mean over the four numbers of a box. The four are added up.')
def rpn_mean_over_four(): ...


@mistake("rpn_loss", edit={'shows = drawn & (labels == 1)': 'shows = drawn\n    codes = codes.nan_to_num(0.0, 0.0, 0.0)'}, hint='The ground counts in the second loss too. It has no box: its codes say nothing.')
def rpn_nan_to_num(): ...


@mistake("rpn_loss", edit={'num_drawn = drawn.sum().clamp(min=1)': 'num_drawn = drawn.sum() + 1'}, hint='Both losses are divided by one more than are drawn. Only where nothing is drawn does the divisor need a guard.')
def rpn_one_too_many(): ...


@mistake("rpn_loss", edit={'labels[drawn].to(logits.dtype)': '1 - labels[drawn].to(logits.dtype)'}, hint='Ground and objects are exchanged in the first loss: a logit says how likely an object is.')
def rpn_labels_exchanged(): ...


@mistake("rpn_loss", edit={'return entropy / num_drawn, far / num_drawn': 'return entropy, far / num_drawn'}, hint='The first loss is a sum. It is a mean over what is drawn.')
def rpn_entropy_not_divided(): ...


@mistake("rpn_loss", edit={'    far = F': '    entropy = entropy * shows.any()\n    far = F'}, hint='Without an object both losses are 0. Only the second is: ground has a logit to learn, and no box.')
def rpn_zero_without_objects(): ...


@right("rpn_loss")
def rpn_loss_with_fresh_zeros(logits, offsets, labels, codes, drawn):
    num = drawn.sum()
    if num == 0:
        return logits.new_zeros(()), logits.new_zeros(())
    shows = drawn & (labels == 1)
    truth = labels[drawn].to(logits.dtype)
    first = F.binary_cross_entropy_with_logits(logits[drawn], truth, reduction="sum")
    second = F.smooth_l1_loss(offsets[shows], codes[shows], beta=1 / 9, reduction="sum")
    if not shows.any():
        second = logits.new_zeros(())
    return first / num, second / num


@right("rpn_loss")
def by_places_in_one_row(logits, offsets, labels, codes, drawn):
    places = drawn.flatten().nonzero()[:, 0]
    labels, logits = labels.flatten()[places], logits.flatten()[places]
    first = F.softplus(logits) - logits * labels
    objects = places[labels == 1]
    apart = (offsets.reshape(-1, 4)[objects] - codes.reshape(-1, 4)[objects]).abs()
    second = torch.where(apart < 1 / 9, 4.5 * apart**2, apart - 1 / 18)
    count = max(len(places), 1)
    return first.sum() / count, second.sum() / count


@right("rpn_loss")
def with_codes_made_harmless(logits, offsets, labels, codes, drawn):
    objects = (labels == 1) & drawn
    truth = objects.to(logits.dtype)
    weight = drawn.to(logits.dtype)
    first = F.binary_cross_entropy_with_logits(logits, truth, weight=weight, reduction="sum")
    safe = torch.where(objects[..., None], codes, offsets.detach())
    second = F.smooth_l1_loss(offsets, safe, beta=1 / 9, reduction="none").sum(dim=-1)
    number = weight.sum().clamp(min=1)
    return first / number, (second * truth).sum() / number


@right("rpn_loss")
def with_zero_for_nothing(logits, offsets, labels, codes, drawn):
    if not drawn.any():
        return logits.sum() * 0, offsets.sum() * 0
    truth = (labels[drawn] == 1).to(logits)
    first = nn.BCEWithLogitsLoss()(logits[drawn], truth)
    picked = drawn & (labels > 0)
    second = nn.SmoothL1Loss(reduction="sum", beta=1 / 9)(offsets[picked], codes[picked])
    return first, second / drawn.count_nonzero()


# filter_proposals

FILTER_SORT = "part.argsort(descending=True, stable=True)"
FILTER_GOOD = "        good = wide & (score >= min_score)\n"
FILTER_CLIP = "box = clip_boxes_to_image(box[rows], image_size)"
FILTER_NMS = "batched_nms(box, score, level, threshold)[:post_nms]"


@mistake("filter_proposals", edit={"            start += len(part)\n": ""}, hint="The places chosen in a level are counted from that level's own beginning, and taken from the first level's boxes.")
def filter_forgets_the_start(): ...


@mistake("filter_proposals", edit={"logit.split(num_per_level)": "[logit]"}, hint="pre_nms is applied to all levels together. Each level sends its own surest boxes on.")
def filter_pre_nms_over_all(): ...


@mistake("filter_proposals", edit={"order[:pre_nms]": "order"}, hint="pre_nms has no effect: all boxes go into NMS.")
def filter_without_pre_nms(): ...


@mistake("filter_proposals", edit={"start + order[:pre_nms]": "start + order[: min(pre_nms, post_nms)]"}, hint="post_nms is applied to each level before NMS. It counts what NMS leaves, of all levels together.")
def filter_post_nms_before(): ...


@mistake("filter_proposals", edit={FILTER_NMS: "batched_nms(box, score, level, threshold)"}, hint="post_nms has no effect.")
def filter_without_post_nms(): ...


@mistake("filter_proposals", edit={FILTER_NMS: "nms(box, score, threshold)[:post_nms]"}, hint="NMS runs over all levels together. A box of one level is no rival of a box of another.")
def filter_nms_over_levels(): ...


@mistake("filter_proposals", edit={FILTER_NMS: "torch.arange(len(box))[:post_nms]"}, hint="There is no NMS.")
def filter_without_nms(): ...


@mistake("filter_proposals", edit={FILTER_CLIP: "box = box[rows]"}, hint="The boxes are never clipped to the image.")
def filter_without_clip(): ...


@mistake("filter_proposals", edit={FILTER_CLIP: "box = clip_boxes_to_image(box[rows], image_size[::-1])"}, hint="Height and width are exchanged in the clip: image_size is (height, width), and x is limited by the width.")
def filter_clip_exchanged(): ...


@mistake("filter_proposals", edit={FILTER_CLIP: "box = box[rows]", "all_boxes.append(box[kept])": "all_boxes.append(clip_boxes_to_image(box[kept], image_size))"}, hint="Boxes are clipped at the very end. What they look like in the image decides which of them overlap, and which are too thin.")
def filter_clip_at_the_end(): ...


@mistake("filter_proposals", edit={FILTER_CLIP: "box = box[rows]", "        kept = batched": "        box = clip_boxes_to_image(box, image_size)\n        kept = batched"}, hint="Boxes are clipped after their sizes were looked at. One that lies outside has a size before the clip, and none after it.")
def filter_sizes_before_the_clip(): ...


@mistake("filter_proposals", edit={"wide & (score >= min_score)": "score >= min_score"}, hint="Thin boxes are never dropped.")
def filter_without_sizes(): ...


@mistake("filter_proposals", edit={"(box[:, 2:] - box[:, :2] >= min_size).all(dim=1)": "(box[:, 2:] - box[:, :2] >= min_size).any(dim=1)"}, hint="A box is dropped only if it is thin in both directions. One is enough.")
def filter_thin_in_both(): ...


@mistake("filter_proposals", edit={"(box[:, 2:] - box[:, :2] >= min_size).all(dim=1)": "(box[:, 2:] - box[:, :2] > min_size).all(dim=1)"}, hint="A side of exactly min_size is dropped. It is wide enough.")
def filter_sizes_above(): ...


@mistake("filter_proposals", edit={"(box[:, 2:] - box[:, :2] >= min_size).all(dim=1)": "(box[:, 2:] - box[:, :2]).clamp(min=0).prod(dim=1) >= min_size**2"}, hint="It is the area that is compared. Width and height have to be large enough, each by itself.")
def filter_by_area(): ...


@mistake("filter_proposals", edit={"score >= min_score": "score > min_score"}, hint="A score of exactly min_score is dropped. It is good enough.")
def filter_scores_above(): ...


@mistake("filter_proposals", edit={"score >= min_score": "logit[rows] >= min_score"}, hint="min_score is compared with logits. It is a probability.")
def filter_logits_for_scores(): ...


@mistake("filter_proposals", edit={"logit[rows].sigmoid()": "logit[rows]", "score >= min_score": "score.sigmoid() >= min_score"}, hint="Logits come back as scores. Scores are probabilities.")
def filter_answers_logits(): ...


@mistake("filter_proposals", edit={"zip(boxes.detach(), logits.detach())": "zip(boxes, logits)"}, hint="What comes back is part of the graph. Proposals are data: no gradient goes back through them.")
def filter_attached(): ...


@mistake("filter_proposals", edit={"zip(boxes.detach(), logits.detach())": "zip(boxes, logits.detach())"}, hint="The scores are cut off from the graph, and the boxes are not. No gradient goes back through either.")
def filter_boxes_attached(): ...


@mistake("filter_proposals", edit={FILTER_SORT: "part.flip(0).argsort(descending=True, stable=True)", "chosen.append(start + order[:pre_nms])": "chosen.append(start + len(part) - 1 - order[:pre_nms])"}, hint="Of equal logits the last one counts as the largest. It is the first.")
def filter_last_of_ties(): ...


@mistake("filter_proposals", edit={FILTER_SORT: "part.argsort(stable=True)"}, hint="The boxes of smallest logits go on: sorting begins with the smallest, if nothing else is said.")
def filter_least_sure(): ...


@mistake("filter_proposals", edit={"        kept = batched": "        shuffled = batched", "threshold)[:post_nms]\n": "threshold)[:post_nms]\n        kept = shuffled.sort().values\n"}, hint="What is left comes in the order in which it came, and not by score: with several levels that is not the same.")
def filter_in_the_old_order(): ...


@mistake("filter_proposals", hint="NMS and post_nms work on all images at once: boxes of one image are rivals of another's.")
def filter_all_images_at_once(boxes, logits, image_size, num_per_level, pre_nms=100, post_nms=30, threshold=0.7, min_score=0.0, min_size=0.001):
    levels = torch.cat([torch.full((num,), place) for place, num in enumerate(num_per_level)])
    rows = []
    for logit in logits:
        start = 0
        for num in num_per_level:
            rows.append(start + logit[start : start + num].argsort(descending=True, stable=True)[:pre_nms])
            start += num
    rows = torch.cat(rows).reshape(len(logits), -1)
    images = torch.arange(len(logits)).repeat_interleave(rows.shape[1])
    rows = rows.flatten()
    box = clip_boxes_to_image(boxes.detach()[images, rows], image_size)
    score, level = logits.detach()[images, rows].sigmoid(), levels[rows]
    good = (box[:, 2:] - box[:, :2] >= min_size).all(dim=1) & (score >= min_score)
    box, score, level, images = box[good], score[good], level[good], images[good]
    kept = batched_nms(box, score, level, threshold)[:post_nms]
    box, score, images = box[kept], score[kept], images[kept]
    return [box[images == n] for n in range(len(logits))], [score[images == n] for n in range(len(logits))]


@mistake("filter_proposals", edit={'clip_boxes_to_image(box[rows], image_size)': 'clip_boxes_to_image(box[rows], (image_size[0] - 1, image_size[1] - 1))'}, hint='Boxes are clipped to one less than height and width. Pixel i reaches from i to i + 1, so an edge may be at the very width.')
def filter_clip_to_last_pixels(): ...


@mistake("filter_proposals", edit={'logit.split(num_per_level)': 'logits[0].split(num_per_level)'}, hint='Every image is ordered by the logits of the first one.')
def filter_order_of_the_first(): ...


@mistake("filter_proposals", edit={'zip(boxes.detach(), logits.detach())': 'zip(boxes.detach(), logits)'}, hint='The boxes are cut off from the graph, and the scores are not. No gradient goes back through either.')
def filter_scores_attached(): ...


@mistake("filter_proposals", edit={'logit[rows].sigmoid()': 'logit[rows]'}, hint='Scores are logits, in what comes back and in the comparison with min_score. They are probabilities.')
def filter_unsure_logits_dropped(): ...


@mistake("filter_proposals", edit={'start + order[:pre_nms]': 'order[:pre_nms]', 'logit[rows].sigmoid(), levels[rows]': 'logit[rows].sigmoid(), torch.cat([torch.full_like(one, place) for place, one in enumerate(chosen)])'}, hint="The places chosen in a level are counted from that level's own beginning, and taken from the first level's boxes.")
def filter_places_from_each_beginning(): ...


@mistake("filter_proposals", edit={'return all_boxes, all_scores': 'return torch.stack([F.pad(b, (0, 0, 0, post_nms - len(b))) for b in all_boxes]), torch.stack([F.pad(b, (0, post_nms - len(b))) for b in all_scores])'}, hint='What is left is filled up to one tensor. Each image has as many as it has: two lists come back.')
def filter_in_one_tensor(): ...


@mistake("filter_proposals", edit={'batched_nms(box, score, level, threshold)[:post_nms]': 'batched_nms(box[(top := score.argsort(descending=True, stable=True)[:post_nms])], score[top], level[top], threshold)\n        box, score = box[top], score[top]'}, hint='Only the post_nms surest go into NMS. post_nms counts what NMS leaves.')
def filter_post_nms_before_nms(): ...


@mistake("filter_proposals", edit={'batched_nms(box, score, level, threshold)[:post_nms]': 'batched_nms(box, score, level, threshold)\n        kept = kept[[int((level[kept[:i]] == level[k]).sum()) < post_nms for i, k in enumerate(kept)]]'}, hint='post_nms is counted in each level by itself. It counts what is left of all levels together.')
def filter_post_nms_in_each_level(): ...


@mistake("filter_proposals", edit={'logit[rows].sigmoid()': 'logit[rows].softmax(0)'}, hint='Scores are a softmax over boxes. Each box is a question of its own: a sigmoid.')
def filter_softmax(): ...


@mistake("filter_proposals", edit={'order = part.argsort(descending=True, stable=True)': 'order = part.argsort(descending=True, stable=True)\n            whole = clip_boxes_to_image(box[start : start + len(part)], image_size)[order]\n            order = order[(whole[:, 2:] - whole[:, :2] >= min_size).all(dim=1)]'}, hint='Thin boxes are dropped before pre_nms has counted. What is the first step?')
def filter_thin_before_pre_nms(): ...


@mistake("filter_proposals", edit={'    all_boxes, all_scores = [], []\n': '    all_boxes, all_scores = [], []\n    boxes.data[..., 0::2].clamp_(0, image_size[1])\n    boxes.data[..., 1::2].clamp_(0, image_size[0])\n'}, hint='The given boxes are clipped in place. They stay as they are.')
def filter_clips_in_place(): ...


@mistake("filter_proposals", edit={'part.argsort(descending': 'part.sigmoid().argsort(descending'}, hint='pre_nms goes by probabilities. Those of large logits are all 1 when rounded: the logits tell them apart.')
def filter_sorts_probabilities(): ...


@right("filter_proposals")
def level_by_level_with_plain_nms(boxes, logits, image_size, num_per_level, pre_nms=100, post_nms=30, threshold=0.7, min_score=0.0, min_size=0.001):
    height, width = image_size
    out = [], []
    with torch.no_grad():
        for image in range(len(boxes)):
            kept_boxes, kept_scores = [], []
            parts = zip(boxes[image].split(num_per_level), logits[image].split(num_per_level))
            for box, logit in parts:
                logit, order = logit.sort(descending=True, stable=True)
                box, score = box[order][:pre_nms], torch.sigmoid(logit[:pre_nms])
                box = torch.stack([box[:, 0::2].clamp(0, width), box[:, 1::2].clamp(0, height)], dim=2).flatten(1)
                sides = box[:, 2:] - box[:, :2]
                keep = (sides[:, 0] >= min_size) & (sides[:, 1] >= min_size) & (score >= min_score)
                box, score = box[keep], score[keep]
                keep = nms(box, score, threshold)
                kept_boxes.append(box[keep])
                kept_scores.append(score[keep])
            score, order = torch.cat(kept_scores).sort(descending=True, stable=True)
            out[0].append(torch.cat(kept_boxes)[order][:post_nms])
            out[1].append(score[:post_nms])
    return out


@right("filter_proposals")
def with_a_mask_of_what_goes_on(boxes, logits, image_size, num_per_level, pre_nms=100, post_nms=30, threshold=0.7, min_score=0.0, min_size=0.001):
    from torchvision.ops import remove_small_boxes

    found_boxes, found_scores = [], []
    levels = torch.tensor([place for place, num in enumerate(num_per_level) for _ in range(num)], dtype=torch.int64)
    for box, logit in zip(boxes.clone().detach(), logits.clone().detach()):
        mask = torch.zeros(len(logit), dtype=torch.bool)
        for place in range(len(num_per_level)):
            own = (levels == place).nonzero().flatten()
            mask[own[logit[own].sort(descending=True, stable=True).indices[:pre_nms]]] = True
        box, score, level = clip_boxes_to_image(box[mask], image_size), logit[mask].sigmoid(), levels[mask]
        small = remove_small_boxes(box, min_size)
        box, score, level = box[small], score[small], level[small]
        sure = score >= min_score
        box, score, level = box[sure], score[sure], level[sure]
        order = batched_nms(box, score, level, threshold)
        found_boxes.append(box[order[:post_nms]])
        found_scores.append(score[order[:post_nms]])
    return found_boxes, found_scores


@right("filter_proposals")
def with_nms_by_hand(boxes, logits, image_size, num_per_level, pre_nms=100, post_nms=30, threshold=0.7, min_score=0.0, min_size=0.001):
    def overlap(one, other):
        shared = (torch.minimum(one[2:], other[2:]) - torch.maximum(one[:2], other[:2])).clamp(min=0).prod()
        both = (one[2:] - one[:2]).prod() + (other[2:] - other[:2]).prod()
        return shared / (both - shared)

    answers = []
    for box, logit in zip(boxes.detach(), logits.detach()):
        rows = []
        start = 0
        for level, num in enumerate(num_per_level):
            order = sorted(range(start, start + num), key=lambda i: -float(logit[i]))
            rows += [(level, i) for i in order[:pre_nms]]
            start += num
        clipped = clip_boxes_to_image(box, image_size)
        rows = sorted(rows, key=lambda row: -float(logit[row[1]]))
        kept = []
        for level, i in rows:
            sides = clipped[i, 2:] - clipped[i, :2]
            if sides.min() < min_size or logit[i].sigmoid() < min_score:
                continue
            if all(other != level or overlap(clipped[i], clipped[j]) <= threshold for other, j in kept):
                kept.append((level, i))
        places = torch.tensor([i for _, i in kept[:post_nms]], dtype=torch.int64)
        answers.append((clipped[places], logit[places].sigmoid()))
    return [one for one, _ in answers], [other for _, other in answers]


# fast_rcnn_loss

FAST_RESHAPE = "offsets.reshape(len(labels), logits.shape[1], 4)[rows, labels[rows]]"


@mistake("fast_rcnn_loss", edit={FAST_RESHAPE: "offsets.reshape(len(labels), 4, logits.shape[1])[rows, :, labels[rows]]"}, hint="The offsets are cut the other way round. The four numbers of class 0 come first, then those of class 1.")
def fast_cut_the_other_way(): ...


@mistake("fast_rcnn_loss", edit={FAST_RESHAPE: "offsets.reshape(len(labels), logits.shape[1], 4)[rows, labels[rows] - 1]"}, hint="It is the box of the class before that learns. The ground has four numbers too: class 1 has numbers 4 to 7.")
def fast_one_class_before(): ...


@mistake("fast_rcnn_loss", edit={FAST_RESHAPE: "offsets.reshape(len(labels), logits.shape[1], 4)[rows, logits[rows].argmax(dim=1)]"}, hint="It is the box of the guessed class that learns. A proposal learns the box of the class that it really shows.")
def fast_box_of_the_guess(): ...


@mistake("fast_rcnn_loss", edit={FAST_RESHAPE: "offsets.reshape(len(labels), logits.shape[1], 4)[rows, 0]"}, hint="It is always the box of class 0 that learns, whatever is shown.")
def fast_first_box(): ...


@mistake("fast_rcnn_loss", edit={FAST_RESHAPE: "offsets.reshape(len(labels), logits.shape[1], 4)[rows]", "codes[rows], beta": "codes[rows, None].expand(-1, logits.shape[1], -1), beta"}, hint="The boxes of all classes learn. Only that of the class that is shown does.")
def fast_boxes_of_all_classes(): ...


@mistake("fast_rcnn_loss", edit={"far / num": "far / max(1, len(rows))"}, hint="The second loss is divided by the proposals that show an object. It is divided by all.")
def fast_over_objects(): ...


@mistake("fast_rcnn_loss", edit={"far / num": "far / max(1, 4 * len(rows))"}, hint="The second loss is a mean over boxes and their four numbers. The four are added up, and the sum is divided by the number of all proposals.")
def fast_plain_mean(): ...


@mistake("fast_rcnn_loss", edit={"rows = (labels > 0).nonzero().flatten()": "rows = torch.arange(len(labels), device=labels.device)"}, hint="The ground counts in the second loss too. It has no box to learn.")
def fast_boxes_of_the_ground(): ...


@mistake("fast_rcnn_loss", edit={"F.cross_entropy(logits, labels, reduction=\"sum\") / num": "F.cross_entropy(logits[labels > 0], labels[labels > 0], reduction=\"sum\") / num"}, hint="The ground is left out of the first loss. It is a class like the others there.")
def fast_ground_without_a_class(): ...


@mistake("fast_rcnn_loss", edit={"F.cross_entropy(logits, labels, reduction=\"sum\") / num": "F.cross_entropy(logits, labels, reduction=\"sum\") / max(1, int((labels > 0).sum()))"}, hint="The first loss is divided by the proposals that show an object. It is a mean over all.")
def fast_entropy_over_objects(): ...


@mistake("fast_rcnn_loss", edit={"beta=1 / 9": "beta=1.0"}, hint="The smooth L1 loss has beta 1. Here it turns linear at a ninth.")
def fast_beta_one(): ...


@mistake("fast_rcnn_loss", edit={"F.smooth_l1_loss(boxes, codes[rows], beta=1 / 9, reduction=\"sum\")": "F.l1_loss(boxes, codes[rows], reduction=\"sum\")"}, hint="This is the plain L1 loss: near zero the smooth one is a square.")
def fast_plain_l1(): ...


@mistake("fast_rcnn_loss", edit={"num = max(1, len(labels))": "num = len(labels)", "entropy, far / num": "entropy, far / max(1, num)", "reduction=\"sum\") / num\n": "reduction=\"mean\")\n"}, hint="The mean over no proposals is nan.")
def fast_nan_of_nothing(): ...


@mistake("fast_rcnn_loss", edit={"F.cross_entropy(logits, labels, reduction=\"sum\")": "F.cross_entropy(logits.softmax(dim=1), labels, reduction=\"sum\")"}, hint="The softmax is taken twice: cross_entropy takes logits.")
def fast_softmax_twice(): ...


@mistake("fast_rcnn_loss", edit={"F.cross_entropy(logits, labels, reduction=\"sum\")": "F.nll_loss(logits.softmax(dim=1).log(), labels, reduction=\"sum\")"}, hint="Softmax first and logarithm after: for large logits that is the logarithm of zero. Take both in one.")
def fast_unstable(): ...


@mistake("fast_rcnn_loss", hint="A mask is multiplied with the losses. Where codes are nan or infinite, zero times that is nan: pick the rows instead.")
def fast_multiplied_mask(logits, offsets, labels, codes):
    num = max(1, len(labels))
    entropy = F.cross_entropy(logits, labels, reduction="sum") / num
    boxes = offsets.reshape(len(labels), logits.shape[1], 4)[torch.arange(len(labels), device=labels.device), labels]
    far = F.smooth_l1_loss(boxes, codes, beta=1 / 9, reduction="none").sum(dim=1)
    return entropy, (far * (labels > 0)).sum() / num


@mistake("fast_rcnn_loss", edit={"return entropy, far / num": "return entropy, (far / num).detach()"}, hint="The second loss is cut off from the graph: nothing can be learnt from it.")
def fast_detached(): ...


@mistake("fast_rcnn_loss", edit={'offsets.reshape(len(labels), logits.shape[1], 4)[rows, labels[rows]]': 'offsets.reshape(len(labels), logits.shape[1], 4)[rows, 1]'}, hint='It is always the box of class 1 that learns, whatever is shown.')
def fast_box_of_class_one(): ...


@mistake("fast_rcnn_loss", edit={'F.smooth_l1_loss(boxes, codes[rows], beta=1 / 9, reduction="sum")': 'F.smooth_l1_loss(boxes, codes[rows] / codes.new_tensor([10, 10, 5, 5]), beta=1 / 9, reduction="sum")'}, hint="The codes are divided by the coder's weights. They come as the offsets should be: compare them as they are.")
def fast_codes_weighted_again(): ...


@mistake("fast_rcnn_loss", edit={'F.cross_entropy(logits, labels, reduction="sum")': 'F.nll_loss((logits.softmax(1) + 1e-8).log(), labels, reduction="sum")'}, hint='A small number is added before the logarithm, which changes the loss. Softmax and logarithm in one need none.')
def fast_with_an_epsilon(): ...


@mistake("fast_rcnn_loss", edit={'F.smooth_l1_loss(boxes, codes[rows], beta=1 / 9, reduction="sum")': 'F.huber_loss(boxes, codes[rows], delta=1 / 9, reduction="sum")'}, hint="This is Huber's loss, which is the smooth L1 loss times beta.")
def fast_huber(): ...


@mistake("fast_rcnn_loss", edit={'return entropy, far / num': 'return entropy, far / (4 * num)'}, hint='The second loss is a mean over the four numbers of a box. The four are added up.')
def fast_mean_over_four(): ...


@mistake("fast_rcnn_loss", edit={'offsets.reshape(len(labels), logits.shape[1], 4)[rows, labels[rows]]': 'offsets.reshape(len(labels), 21, 4)[rows, labels[rows]]'}, hint='The number of classes is written in. The logits say how many there are.')
def fast_of_21_classes(): ...


@mistake("fast_rcnn_loss", edit={'offsets.reshape(len(labels), logits.shape[1], 4)[rows, labels[rows]]': 'offsets.reshape(len(labels), logits.shape[1], 4)[:, labels[rows]].mean(1)[rows]'}, hint='Each row meets the classes of all rows. Two index tensors side by side pick one entry of each row; a slice and an index make a table.')
def fast_boxes_averaged(): ...


@mistake("fast_rcnn_loss", edit={'offsets.reshape(len(labels), logits.shape[1], 4)[rows, labels[rows]]': 'offsets.reshape(len(labels), logits.shape[1], 4)[torch.arange(len(rows)), labels[rows]]'}, hint='The offsets are those of the first proposals, and not of the proposals that show an object.')
def fast_first_rows(): ...


@mistake("fast_rcnn_loss", edit={'F.cross_entropy(logits, labels, reduction="sum")': 'F.cross_entropy(logits, labels, label_smoothing=0.1, reduction="sum")'}, hint='The labels are smoothed. The plain cross-entropy is asked for.')
def fast_smoothed(): ...


@mistake("fast_rcnn_loss", edit={'    boxes = offsets': '    entropy = entropy * (len(rows) > 0)\n    boxes = offsets'}, hint='Where all show the ground the first loss is 0. Only the second is: the ground is a class to learn.')
def fast_zero_without_objects(): ...


@right("fast_rcnn_loss")
def fast_rcnn_loss_with_fresh_zeros(logits, offsets, labels, codes):
    num = len(labels)
    if num == 0:
        return logits.new_zeros(()), logits.new_zeros(())
    entropy = F.cross_entropy(logits, labels, reduction="sum") / num
    rows = (labels > 0).nonzero().flatten()
    if len(rows) == 0:
        return entropy, logits.new_zeros(())
    boxes = offsets.reshape(len(labels), logits.shape[1], 4)[rows, labels[rows]]
    far = F.smooth_l1_loss(boxes, codes[rows], beta=1 / 9, reduction="sum")
    return entropy, far / num


@right("fast_rcnn_loss")
def by_gathering_the_boxes(logits, offsets, labels, codes):
    num, classes = logits.shape
    if num == 0:
        return logits.sum(), offsets.sum()
    places = labels[:, None, None].expand(num, 1, 4)
    own = offsets.view(num, classes, 4).gather(1, places)[:, 0] if offsets.is_contiguous() else offsets.reshape(num, classes, 4).gather(1, places)[:, 0]
    objects = labels != 0
    second = nn.SmoothL1Loss(reduction="sum", beta=1 / 9)(own[objects], codes[objects]) / num
    return F.cross_entropy(logits, labels), second


@right("fast_rcnn_loss")
def with_a_mask_of_classes(logits, offsets, labels, codes):
    objects = labels > 0
    wanted = F.one_hot(labels, logits.shape[1]).bool() & objects[:, None]
    own = offsets.unflatten(1, (logits.shape[1], 4))[wanted]
    apart = (own - codes[objects]).abs()
    second = torch.where(apart < 1 / 9, apart.square() * 4.5, apart - 0.5 / 9).sum()
    first = -logits.log_softmax(dim=1)[torch.arange(len(labels), device=labels.device), labels].sum()
    return first / max(len(labels), 1), second / max(len(labels), 1)


@right("fast_rcnn_loss")
def with_columns_counted_by_hand(logits, offsets, labels, codes):
    num = max(len(logits), 1)
    rows = torch.where(labels > 0)[0]
    columns = 4 * labels[rows][:, None] + torch.arange(4, device=labels.device)
    own = offsets[rows[:, None], columns]
    first = (torch.logsumexp(logits, dim=1) - logits.gather(1, labels[:, None])[:, 0]).sum() / num
    second = F.smooth_l1_loss(own, codes[rows], beta=1 / 9, reduction="none").sum() / num
    return first, second


# FasterRCNN

FIRST_MATCH = "match(anchors, objects, use.rpn_high, use.rpn_low, rescue=True)"
CUT = "roi_align(maps, proposals, use.pool, scale, sampling_ratio=2)"


@mistake("FasterRCNN", edit={"self.proposal_coder = BoxCoder((10.0, 10.0, 5.0, 5.0))": "self.proposal_coder = BoxCoder((1.0, 1.0, 1.0, 1.0))"}, hint="The second stage's coder has the weights of the first one's. Its own are 10, 10, 5 and 5.")
def whole_one_coder(): ...


@mistake("FasterRCNN", edit={"self.anchor_coder = BoxCoder((1.0, 1.0, 1.0, 1.0))": "self.anchor_coder = BoxCoder((10.0, 10.0, 5.0, 5.0))"}, hint="The first stage's coder has the weights of the second one's. Its own are all 1.")
def whole_weights_in_the_first_stage(): ...


@mistake("FasterRCNN", edit={"self.anchor_coder.encode_single(real, anchors)": "self.anchor_coder.encode_single(anchors, real)"}, hint="The codes say how to get from objects to anchors. They go from an anchor to its object: encode_single takes the boxes first.")
def whole_first_codes_turned(): ...


@mistake("FasterRCNN", edit={"self.proposal_coder.encode_single(real, boxes)": "self.proposal_coder.encode_single(boxes, real)"}, hint="The codes of the second stage say how to get from objects to proposals. They go from a proposal to its object.")
def whole_second_codes_turned(): ...


@mistake("FasterRCNN", edit={FIRST_MATCH: "match(anchors, objects, use.rpn_high, use.rpn_low)"}, hint="An object that no anchor fits well has none. The nearest one shows it in any case.")
def whole_without_rescue(): ...


@mistake("FasterRCNN", edit={"torch.where(shows, 1, found + 1)": "torch.where(shows, 1, 0)"}, hint="Anchors between the two thresholds count as ground. They have label -1, and are never asked.")
def whole_between_is_ground(): ...


@mistake("FasterRCNN", edit={"labels = torch.where(shows, 1, found + 1)": "labels = torch.where(shows, target['labels'].amax() if len(objects) else 1, found + 1)"}, hint="Labels of the first stage are classes. It only asks whether there is an object: 1, whatever its class.")
def whole_classes_in_the_first_stage(): ...


@mistake("FasterRCNN", edit={"draw(labels, use.rpn_num, use.rpn_share)": "labels >= 0"}, hint="All anchors with a label are drawn. They are rpn_num of each image, and draw does it.")
def whole_first_not_drawn(): ...


@mistake("FasterRCNN", edit={"draw(labels, use.box_num, use.box_share)": "labels >= 0"}, hint="All proposals are drawn. They are box_num of each image, and draw does it.")
def whole_second_not_drawn(): ...


@mistake("FasterRCNN", edit={"draw(labels, use.rpn_num, use.rpn_share)": "draw(labels, use.box_num, use.box_share)"}, hint="The first stage draws by the numbers of the second: its own begin with rpn.")
def whole_first_drawn_by_others(): ...


@mistake("FasterRCNN", edit={"boxes = torch.cat([boxes, objects])": "boxes = boxes + 0"}, hint="The objects' own boxes are no candidates. In training they stand behind the proposals, or at first the second stage would see ground alone.")
def whole_without_own_boxes(): ...


@mistake("FasterRCNN", edit={"boxes = torch.cat([boxes, objects])": "boxes = torch.cat([objects, boxes])"}, hint="The objects' boxes stand before the proposals. They come behind them.")
def whole_own_boxes_first(): ...


@mistake("FasterRCNN", edit={"labels[shows] = target[\"labels\"][found[shows]]": "labels[shows] = 1"}, hint="Labels of the second stage are all 1. They are the classes of the objects.")
def whole_no_classes(): ...


@mistake("FasterRCNN", edit={"            labels[shows] = target[\"labels\"][found[shows]]\n": "            if len(objects):\n                labels = target[\"labels\"][found]\n"}, hint="Where match says -1 the last object's class is taken: -1 is a place for Python. It means ground, label 0.")
def whole_ground_shows_the_last(): ...


@mistake("FasterRCNN", edit={"labels[shows] = target[\"labels\"][found[shows]]": "labels[shows] = found[shows] + 1"}, hint="The label is the object's place in the image and not its class.")
def whole_places_for_classes(): ...


@mistake("FasterRCNN", edit={"chances = moved.reshape(shape), logits.softmax(dim=1)": "chances = moved.reshape(shape), logits.sigmoid()"}, hint="Scores are sigmoids. The second stage decides between classes: a softmax over them, the ground among them.")
def whole_sigmoid(): ...


@mistake("FasterRCNN", edit={"chances = moved.reshape(shape), logits.softmax(dim=1)": "chances = moved.reshape(shape), torch.cat([logits[:, :1], logits[:, 1:].softmax(dim=1)], dim=1)"}, hint="The softmax leaves out the ground. It is one of the classes, and takes its share of the probability.")
def whole_softmax_without_ground(): ...


@mistake("FasterRCNN", edit={"labels.expand_as(scores)[:, 1:].flatten()": "labels.expand_as(scores).flatten()", "scores = scores[:, 1:].flatten()": "scores = scores.flatten()", "clip_boxes_to_image(boxes[:, 1:].flatten(0, 1), image_size)": "clip_boxes_to_image(boxes.flatten(0, 1), image_size)"}, hint="The ground is detected as well. It is no object: its column goes.")
def whole_detects_the_ground(): ...


@mistake("FasterRCNN", edit={"labels.expand_as(scores)[:, 1:].flatten()": "labels.expand_as(scores)[:, :-1].flatten()"}, hint="The labels begin with 0, though the column of the ground is gone. The first class has label 1.")
def whole_labels_from_zero(): ...


@mistake("FasterRCNN", edit={"batched_nms(boxes, scores, labels, use.box_nms)": "nms(boxes, scores, use.box_nms)"}, hint="NMS runs over all classes together. A detection of one class is no rival of another's.")
def whole_nms_over_classes(): ...


@mistake("FasterRCNN", edit={"batched_nms(boxes, scores, labels, use.box_nms)": "batched_nms(boxes, scores, labels, use.rpn_nms)"}, hint="The detections' NMS has the threshold of the proposals'. Its own is box_nms.")
def whole_nms_of_proposals(): ...


@mistake("FasterRCNN", edit={"scores > use.box_score": "scores >= use.box_score"}, hint="A score of exactly box_score is left. It has to lie above.")
def whole_scores_from(): ...


@mistake("FasterRCNN", edit={"boxes = clip_boxes_to_image(boxes[:, 1:].flatten(0, 1), image_size)": "boxes = boxes[:, 1:].flatten(0, 1)"}, hint="Detections are not clipped to the image.")
def whole_detections_outside(): ...


@mistake("FasterRCNN", edit={"labels, use.box_nms)[: use.box_most]": "labels, use.box_nms)"}, hint="box_most has no effect.")
def whole_without_most(): ...


@mistake("FasterRCNN", edit={"[:, 1:].flatten()\n            scores": "[:, 1:].flatten()\n            best = scores[:, 1:].argmax(dim=1, keepdim=True) + 1\n            scores = torch.zeros_like(scores).scatter(1, best, scores.gather(1, best))\n            scores"}, hint="A proposal gives one detection, of its likeliest class. Each class is a candidate, and the threshold decides.")
def whole_likeliest_class_only(): ...


@mistake("FasterRCNN", edit={"        with torch.no_grad():\n            boxes = [self.anchor_coder.decode_single(one, anchors) for one in moves]\n": "        boxes = [self.anchor_coder.decode_single(one, anchors) for one in moves]\n", "torch.stack(boxes), objectness, size": "torch.stack(boxes).detach(), objectness, size", "            one, two = rpn_loss(objectness, moves, *learnt)\n": "            one, two = rpn_loss(objectness, moves, *learnt)\n            proposals = [box + 0 * torch.stack(boxes).sum() + (b.mean() - b.mean().detach()) for box, b in zip(proposals, boxes)]\n"}, hint="A gradient goes through the coordinates of the proposals, by way of the codes made from them. Proposals are data: detach them.")
def whole_gradient_through_proposals(): ...


@mistake("FasterRCNN", edit={CUT: "roi_align(maps, proposals, use.pool, sampling_ratio=2)"}, hint="RoI align takes pixels for places of the map. The scale between them is one over the stride.")
def whole_without_scale(): ...


@mistake("FasterRCNN", edit={CUT: "roi_align(maps, proposals, use.pool, scale, sampling_ratio=2, aligned=True)"}, hint="RoI align is shifted by half a place (aligned=True). Here all but the sampling ratio stays as roi_align has it.")
def whole_aligned(): ...


@mistake("FasterRCNN", edit={CUT: "roi_align(maps, proposals, use.pool, scale)"}, hint="RoI align takes as many samples as it likes. A sampling_ratio of 2 is asked for.")
def whole_adaptive_samples(): ...


@mistake("FasterRCNN", edit={"limits = use.pre_nms, use.post_nms, use.rpn_nms": "limits = 100, 30, 0.7"}, hint="The filter's numbers are its defaults. They come from the settings.")
def whole_default_limits(): ...


@mistake("FasterRCNN", edit={"        self.settings = settings\n": "        self.settings = settings\n        self.fixed = settings\n", "use, size = self.settings, tuple(images.shape[-2:])": "use, size = self.fixed, tuple(images.shape[-2:])"}, hint="The settings of the beginning are used for ever. They are read at each call, so that they can be changed after training.")
def whole_settings_of_the_start(): ...


@mistake("FasterRCNN", edit={"use, size = self.settings, tuple(images.shape[-2:])": "use, size = self.settings, (images.shape[3], images.shape[2])"}, hint="Height and width of the images are exchanged: the last axis is the width.")
def whole_size_exchanged(): ...


@mistake("FasterRCNN", edit={"self.rpn = nn.ModuleDict({\"head\": RPNHead(width, num_anchors)})": "self.rpn = nn.ModuleDict({\"head\": RPNHead(width, len(settings.sizes))})\n        num_anchors = len(settings.sizes)"}, hint="The head has as many anchors as there are sizes. Each size comes with each ratio.")
def whole_anchors_of_sizes(): ...


@mistake("FasterRCNN", edit={"proposals, labels, codes = self.second_samples(proposals, targets)": "proposals, labels, codes = self.second_samples([t[\"boxes\"][:0] for t in targets], targets)"}, hint="In training the second stage sees the objects' own boxes alone, and never ground. The proposals come first.")
def whole_own_boxes_only(): ...


@mistake("FasterRCNN", edit={"losses | {\"loss_classifier\": one, \"loss_box_reg\": two}": "losses | {\"loss_classifier\": two, \"loss_box_reg\": one}"}, hint="The second stage's two losses have each other's name.")
def whole_losses_exchanged(): ...


@mistake("FasterRCNN", edit={"        if not self.training:\n": "        if targets is None:\n", "        if self.training:\n": "        if targets is not None:\n"}, hint="Whether losses or detections come depends on the targets. It depends on the mode: train() or eval().")
def whole_mode_by_targets(): ...


@mistake("FasterRCNN", edit={"        self.rpn = nn.ModuleDict({\"head\": RPNHead(width, num_anchors)})\n": "        self.rpn = RPNHead(width, num_anchors)\n", "self.rpn[\"head\"]([maps])": "self.rpn([maps])"}, hint="The head is stored as rpn and not as rpn.head. An nn.ModuleDict gives the name between.")
def whole_head_without_its_name(): ...


@mistake("FasterRCNN", edit={'boxes = [self.anchor_coder.decode_single(one, anchors) for one in moves]': 'repeated = anchors.repeat_interleave(len(moves), dim=0)\n            boxes = list(self.anchor_coder.decode_single(moves.flatten(0, 1), repeated).reshape(moves.shape))'}, hint='Each anchor is repeated by itself, once for each image. Offsets come image after image, so all anchors are repeated as a whole.')
def whole_anchors_interleaved(): ...


@mistake("FasterRCNN", edit={'boxes = clip_boxes_to_image(boxes[:, 1:].flatten(0, 1), image_size)': 'boxes = clip_boxes_to_image(boxes[:, :1].expand(-1, logits.shape[1] - 1, -1).flatten(0, 1), image_size)'}, hint='Each detection has the box of the ground. It has that of its own class.')
def whole_box_of_the_ground(): ...


@mistake("FasterRCNN", edit={'labels = torch.where(shows, 1, found + 1)': 'labels = found + 1\n            labels[shows] = target["labels"][found[shows]]'}, hint='Labels of the first stage are classes. It only asks whether there is an object: 1, whatever its class.')
def whole_own_classes_in_the_first_stage(): ...


@mistake("FasterRCNN", edit={'FastRCNNPredictor(hidden, num_classes)': 'FastRCNNPredictor(hidden, num_classes + 1)'}, hint='There is one class more than num_classes. The ground is counted in it.')
def whole_one_class_more(): ...


@mistake("FasterRCNN", edit={'boxes = clip_boxes_to_image(boxes[:, 1:].flatten(0, 1), image_size)': 'boxes = clip_boxes_to_image(boxes[:, 1:].flatten(0, 1), image_size[::-1])'}, hint='Detections are clipped to width and height exchanged: image_size is (height, width).')
def whole_clip_exchanged(): ...


@mistake("FasterRCNN", edit={'boxes = [self.anchor_coder.decode_single(one, anchors) for one in moves]': 'boxes = [self.proposal_coder.decode_single(one, anchors) for one in moves]'}, hint="The first stage's boxes are made by the coder of the second stage. Its own weights are all 1.")
def whole_decodes_by_weights(): ...


@mistake("FasterRCNN", edit={'roi_align(maps, proposals, use.pool, scale, sampling_ratio=2)': 'roi_align(maps.detach(), proposals, use.pool, scale, sampling_ratio=2)'}, hint="The second stage's way back to the backbone is cut off. Only coordinates are data; the maps learn from both stages.")
def whole_detached_maps(): ...


@mistake("FasterRCNN", edit={'use.box_num, use.box_share': 'use.box_num, use.rpn_share'}, hint='The second stage draws by the share of the first: its own is box_share.')
def whole_second_drawn_by_the_other_share(): ...


@mistake("FasterRCNN", edit={'use.rpn_num, use.rpn_share': 'use.box_num, use.rpn_share'}, hint='The first stage draws by the number of the second: its own is rpn_num.')
def whole_first_drawn_by_the_other_number(): ...


@mistake("FasterRCNN", edit={'            objects = target["boxes"]\n            found = match(anchors': '            objects = target["boxes"]\n            objects[0]\n            found = match(anchors'}, hint='An image without objects stops the first stage: there is no box to take. Its anchors are all ground.')
def whole_first_needs_objects(): ...


@mistake("FasterRCNN", edit={'            objects = target["boxes"]\n            boxes = torch.cat': '            objects = target["boxes"]\n            objects[0]\n            boxes = torch.cat'}, hint='An image without objects stops the second stage: there is no box to take. Its proposals are all ground.')
def whole_second_needs_objects(): ...


@mistake("FasterRCNN", edit={'return self.detections(logits, offsets, proposals, size)': 'found = self.detections(logits, offsets, proposals, size)\n            self.train()\n            return found'}, hint='A call in evaluation mode leaves the detector in training mode. Who calls decides about the mode.')
def whole_ends_in_training(): ...


@mistake("FasterRCNN", edit={"self.rpn = nn.ModuleDict({\"head\": RPNHead(width, num_anchors)})": "self.rpn = nn.ModuleDict({\"head\": RPNHead(width, len(settings.sizes))})\n        num_anchors = len(settings.sizes)", 'boxes = [self.anchor_coder.decode_single(one, anchors) for one in moves]': 'repeated = anchors.repeat(len(moves), 1)\n            boxes = list(self.anchor_coder.decode_single(moves.flatten(0, 1), repeated).reshape(moves.shape))'}, hint="The head has as many anchors as there are sizes. Each size comes with each ratio.")
def whole_anchors_of_sizes_all_at_once(): ...


@mistake("FasterRCNN", edit={"            boxes = torch.cat([boxes, objects])\n": "            boxes = torch.cat([boxes, objects])\n            boxes = boxes[torch.randperm(len(boxes))]\n"}, hint="The second stage's candidates are shuffled. They keep their order, and only draw draws random numbers.")
def whole_shuffled_candidates(): ...


@mistake("FasterRCNN", edit={"        with torch.no_grad():\n            boxes = [self.anchor_coder.decode_single(one, anchors) for one in moves]\n": "        boxes = [self.anchor_coder.decode_single(one, anchors) for one in moves]\n", "            proposals, labels, codes = self.second_samples(proposals, targets)\n": "            moved = [clip_boxes_to_image(box, size) for box in boxes]\n            places = [torch.cdist(p, box.detach()).argmin(dim=1) for p, box in zip(proposals, moved)]\n            proposals = [box[place] for box, place in zip(moved, places)]\n            proposals, labels, codes = self.second_samples(proposals, targets)\n"}, hint="A gradient goes through the coordinates of the proposals, by way of the codes made from them. Proposals are data: detach them.")
def whole_gradient_through_codes(): ...


@mistake("FasterRCNN", edit={'use.rpn_high, use.rpn_low': 'use.box_iou, use.rpn_low'}, hint="The first stage's upper threshold is that of the second one. Its own is rpn_high.")
def whole_by_box_iou(): ...


@mistake("FasterRCNN", edit={'losses | {"loss_classifier": one, "loss_box_reg": two}': 'losses | {"loss_classifier": one, "loss_box_reg": losses["loss_rpn_box_reg"], "loss_rpn_box_reg": two}'}, hint="The two stages' box losses have each other's name.")
def whole_box_losses_exchanged(): ...


@mistake("FasterRCNN", edit={'kept = batched_nms(boxes, scores, labels, use.box_nms)[: use.box_most]': 'top = scores.argsort(descending=True, stable=True)[: use.box_most]\n            boxes, labels, scores = boxes[top], labels[top], scores[top]\n            kept = batched_nms(boxes, scores, labels, use.box_nms)'}, hint='box_most is counted before NMS. It counts what NMS leaves.')
def whole_most_before_nms(): ...


@mistake("FasterRCNN", edit={'good = wide & (scores > use.box_score)': 'good = scores > use.box_score'}, hint='Thin boxes are never dropped. A box outside of the image has no width when it is clipped.')
def whole_thin_boxes_stay(): ...


@mistake("FasterRCNN", edit={'boxes[:, :2] >= 0.01': 'boxes[:, :2] > 0.01'}, hint='Sides of exactly 0.01 are dropped. They are wide enough.')
def whole_sides_above(): ...


@mistake("FasterRCNN", edit={'roi_align(maps, proposals, use.pool, scale, sampling_ratio=2)': 'roi_align(maps, proposals, 5, scale, sampling_ratio=2)'}, hint='The pieces are always 5 x 5. Their size comes from the settings.')
def whole_pool_of_five(): ...


@mistake("FasterRCNN", edit={'limits = use.pre_nms, use.post_nms': 'limits = use.post_nms, use.pre_nms'}, hint='pre_nms and post_nms are exchanged in the call of the filter.')
def whole_limits_exchanged(): ...


@mistake("FasterRCNN", edit={'use.post_nms, use.rpn_nms': 'use.post_nms'}, hint="The filter's NMS has its default threshold. It comes from the settings, as rpn_nms.")
def whole_default_rpn_nms(): ...


@mistake("FasterRCNN", edit={'scale = 1 / self.backbone.stride': 'scale = 1 / 8'}, hint="The scale of RoI align is that of a stride of 8. The backbone's own stride decides.")
def whole_scale_of_an_eighth(): ...


@mistake("FasterRCNN", edit={'scale = 1 / self.backbone.stride': 'scale = self.backbone.stride'}, hint='The scale of RoI align is the stride. From pixels to places of the map numbers get smaller.')
def whole_scale_upside_down(): ...


@mistake("FasterRCNN", edit={'        self.settings = settings\n': '        self.settings = settings\n        self.fixed = settings\n', 'use, size = self.settings, tuple(images.shape[-2:])': 'use, size = self.fixed, tuple(images.shape[-2:])', '        use = self.settings\n        sizes': '        use = self.fixed\n        sizes'}, hint='The settings of the beginning are used for ever. They are read at each call, so that they can be changed after training.')
def whole_settings_of_the_start_everywhere(): ...


@mistake("FasterRCNN", edit={'drawn = draw(labels, use.box_num, use.box_share)': 'drawn = draw(labels, use.box_num, use.box_share).nonzero()[:, 0]\n            drawn = drawn[(labels[drawn] == 0).long().argsort(stable=True)]'}, hint="Objects come first and ground after them. What is drawn stays in the candidates' order.")
def whole_sorted_samples(): ...


@mistake("FasterRCNN", edit={'tuple(images.shape[-2:])': '(images.shape[-2], images.shape[-2])'}, hint='Images are taken for squares. Height and width are two numbers.')
def whole_of_square_images(): ...


@mistake("FasterRCNN", edit={'            objects = target["boxes"]\n            found = match(anchors': '            objects = targets[0]["boxes"]\n            found = match(anchors'}, hint='The first stage learns the objects of the first image in all images.')
def whole_objects_of_the_first_image(): ...


@mistake("FasterRCNN", edit={'self.proposal_coder.decode_single': 'self.anchor_coder.decode_single'}, hint='Detections are made by the coder of the first stage. Weights of 10, 10, 5 and 5 belong to the second.')
def whole_detections_by_plain_codes(): ...


@mistake("FasterRCNN", edit={'self.anchor_coder.encode_single': 'self.proposal_coder.encode_single'}, hint='The codes of first_targets have the weights of the second stage. Here they are all 1.')
def whole_first_codes_weighted(): ...


@mistake("FasterRCNN", edit={'self.proposal_coder.encode_single': 'self.anchor_coder.encode_single'}, hint='The codes of second_samples have weights of 1. Here they are 10, 10, 5 and 5.')
def whole_second_codes_plain(): ...


@mistake("FasterRCNN", edit={'        for boxes, target in zip(proposals, targets):\n            objects': '        for place, (boxes, target) in enumerate(zip(proposals, targets)):\n            proposals[place] = torch.cat([boxes, target["boxes"]])\n            objects'}, hint="The objects' boxes come into the given list. It stays as it is.")
def whole_list_changed(): ...


@mistake("FasterRCNN", edit={'proposals, labels, codes = self.second_samples(proposals, targets)': 'samples, labels, codes = self.second_samples(proposals, targets)\n            every = torch.cat([torch.cat([p, t["boxes"]]) for p, t in zip(proposals, targets)])\n            proposals = list(every[: len(labels)].split([len(one) for one in samples]))'}, hint='The pieces are cut out by the proposals, and labels and codes belong to what second_samples draws. Both have to be of the same boxes.')
def whole_cuts_out_others(): ...


def _by_image(labels, boxes, candidates, coder, num, share):
    return labels, coder.encode_single(boxes, candidates), draw(labels, num, share)


@right("FasterRCNN")
class FasterRCNNWithAHelper(nn.Module):
    def __init__(self, backbone, num_classes, settings=Settings()):
        super().__init__()
        self.backbone, self.settings = backbone, settings
        channels = backbone.out_channels
        self.rpn = nn.ModuleDict()
        self.rpn["head"] = RPNHead(channels, len(settings.ratios) * len(settings.sizes))
        self.roi_heads = nn.ModuleDict()
        self.roi_heads["box_head"] = TwoMLPHead(channels * settings.pool * settings.pool, settings.hidden)
        self.roi_heads["box_predictor"] = FastRCNNPredictor(settings.hidden, num_classes)
        self.one, self.two = BoxCoder((1.0,) * 4), BoxCoder((10.0, 10.0, 5.0, 5.0))

    def own(self, candidates, found, boxes):
        if len(boxes) == 0:
            return candidates
        return torch.where((found >= 0)[:, None], boxes[found.clamp(min=0)], candidates)

    def first_targets(self, anchors, targets):
        s, out = self.settings, []
        for target in targets:
            found = match(anchors, target["boxes"], s.rpn_high, s.rpn_low, True)
            labels = found.clamp(max=0) + 1
            out.append(_by_image(labels, self.own(anchors, found, target["boxes"]), anchors, self.one, s.rpn_num, s.rpn_share))
        return tuple(torch.stack(part) for part in zip(*out))

    def second_samples(self, proposals, targets):
        s, kept, labels, codes = self.settings, [], [], []
        for box, target in zip(proposals, targets):
            box = torch.cat([box, target["boxes"].to(box)])
            found = match(box, target["boxes"], s.box_iou, s.box_iou)
            label = torch.cat([target["labels"].new_zeros(1), target["labels"]])[found.clamp(min=-1) + 1]
            label, code, drawn = _by_image(label, self.own(box, found, target["boxes"]), box, self.two, s.box_num, s.box_share)
            kept.append(box[drawn])
            labels.append(label[drawn])
            codes.append(code[drawn])
        return kept, torch.cat(labels), torch.cat(codes)

    def detections(self, logits, offsets, proposals, image_size):
        s, start, out = self.settings, 0, []
        for box in proposals:
            rows = slice(start, start + len(box))
            start += len(box)
            scores = F.softmax(logits[rows], dim=-1)
            boxes, found, labels = [], [], []
            for label in range(1, logits.shape[1]):
                moved = self.two.decode_single(offsets[rows][:, 4 * label : 4 * label + 4], box)
                moved = clip_boxes_to_image(moved, image_size)
                score = scores[:, label]
                keep = (score > s.box_score) & ((moved[:, 2:] - moved[:, :2]).amin(dim=1) >= 0.01)
                moved, score = moved[keep], score[keep]
                keep = nms(moved, score, s.box_nms)
                boxes.append(moved[keep])
                found.append(score[keep])
                labels.append(torch.full((len(keep),), label, dtype=torch.int64))
            order = torch.cat(found).argsort(descending=True, stable=True)[: s.box_most]
            out.append(
                {"boxes": torch.cat(boxes)[order], "labels": torch.cat(labels)[order], "scores": torch.cat(found)[order]}
            )
        return out

    def forward(self, images, targets=None):
        s, size = self.settings, (images.shape[2], images.shape[3])
        features = self.backbone(images)
        anchors = lay_anchors(images, features, s.sizes, s.ratios)
        logits, offsets = self.rpn["head"]([features])
        boxes = torch.stack([self.one.decode_single(one.detach(), anchors) for one in offsets])
        proposals, _ = filter_proposals(boxes, logits, size, [anchors.shape[0]], s.pre_nms, s.post_nms, s.rpn_nms)
        if not self.training:
            return self.detections(*self.second(features, proposals), proposals, size)
        first = rpn_loss(logits, offsets, *self.first_targets(anchors, targets))
        samples, labels, codes = self.second_samples(proposals, targets)
        second = fast_rcnn_loss(*self.second(features, samples), labels, codes)
        return dict(zip(("loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg"), (*first, *second)))

    def second(self, features, proposals):
        cut = roi_align(features, proposals, self.settings.pool, spatial_scale=1 / self.backbone.stride, sampling_ratio=2)
        return self.roi_heads["box_predictor"](self.roi_heads["box_head"](cut))


@right("FasterRCNN")
class FasterRCNNWithPlainModules(nn.Module):
    class Stage(nn.Module):
        def __init__(self, **parts):
            super().__init__()
            for name, part in parts.items():
                self.add_module(name, part)

    def __init__(self, backbone, num_classes, settings=Settings()):
        super().__init__()
        self.settings = settings
        self.backbone = backbone
        out = backbone.out_channels
        self.rpn = self.Stage(head=RPNHead(out, len(settings.sizes) * len(settings.ratios)))
        self.roi_heads = self.Stage(
            box_head=TwoMLPHead(out * settings.pool**2, settings.hidden),
            box_predictor=FastRCNNPredictor(settings.hidden, num_classes),
        )

    def first_targets(self, anchors, targets):
        s = self.settings
        labels = torch.zeros(len(targets), len(anchors), dtype=torch.int64)
        codes = torch.zeros(len(targets), len(anchors), 4, dtype=anchors.dtype)
        drawn = torch.zeros(len(targets), len(anchors), dtype=torch.bool)
        for image, target in enumerate(targets):
            found = match(anchors, target["boxes"], s.rpn_high, s.rpn_low, rescue=True)
            labels[image][found == -2] = -1
            objects = (found >= 0).nonzero()[:, 0]
            labels[image, objects] = 1
            codes[image, objects] = BoxCoder((1, 1, 1, 1)).encode_single(target["boxes"][found[objects]], anchors[objects])
            drawn[image] = draw(labels[image], s.rpn_num, s.rpn_share)
        return labels, codes, drawn

    def second_samples(self, proposals, targets):
        s = self.settings
        everything = []
        for box, target in zip(proposals, targets):
            box = torch.cat((box, target["boxes"]), dim=0)
            found = match(box, target["boxes"], s.box_iou, s.box_iou)
            label = torch.zeros(len(box), dtype=torch.int64)
            code = torch.full((len(box), 4), math.nan, dtype=box.dtype)
            for place in (found >= 0).nonzero().flatten().tolist():
                label[place] = target["labels"][found[place]]
                real = target["boxes"][found[place]][None]
                code[place] = BoxCoder((10, 10, 5, 5)).encode_single(real, box[place : place + 1])[0]
            rows = draw(label, s.box_num, s.box_share).nonzero().flatten()
            everything.append((box[rows], label[rows], code[rows]))
        boxes, labels, codes = zip(*everything)
        return list(boxes), torch.cat(labels), torch.cat(codes)

    def detections(self, logits, offsets, proposals, image_size):
        s, classes = self.settings, logits.shape[1]
        images = torch.repeat_interleave(torch.arange(len(proposals)), torch.tensor([len(one) for one in proposals]))
        moved = BoxCoder((10, 10, 5, 5)).decode_single(offsets, torch.cat(list(proposals)))
        moved = moved.reshape(-1, 4) if len(moved) else moved.new_zeros(0, 4)
        moved = clip_boxes_to_image(moved, image_size)
        scores = torch.softmax(logits, dim=1).reshape(-1)
        labels = torch.arange(classes).repeat(len(logits))
        images = images.repeat_interleave(classes)
        sides = moved[:, 2:] - moved[:, :2]
        keep = (labels > 0) & (scores > s.box_score) & (sides[:, 0] >= 0.01) & (sides[:, 1] >= 0.01)
        found = []
        for image in range(len(proposals)):
            rows = (keep & (images == image)).nonzero().flatten()
            rows = rows[batched_nms(moved[rows], scores[rows], labels[rows], s.box_nms)][: s.box_most]
            found.append(dict(boxes=moved[rows], labels=labels[rows], scores=scores[rows]))
        return found

    def forward(self, images, targets=None):
        s = self.settings
        height, width = images.shape[2:]
        maps = self.backbone(images)
        anchors = lay_anchors(images, maps, s.sizes, s.ratios)
        logits, offsets = self.rpn.head([maps])
        repeated = anchors.repeat(len(images), 1)
        boxes = BoxCoder((1, 1, 1, 1)).decode_single(offsets.detach().reshape(-1, 4), repeated)
        boxes = boxes.reshape(len(images), -1, 4)
        proposals = filter_proposals(
            boxes, logits, (height, width), [len(anchors)], pre_nms=s.pre_nms, post_nms=s.post_nms, threshold=s.rpn_nms
        )[0]
        losses = {}
        if self.training:
            parts = rpn_loss(logits, offsets, *self.first_targets(anchors, targets))
            losses["loss_objectness"], losses["loss_rpn_box_reg"] = parts
            proposals, labels, codes = self.second_samples(proposals, targets)
        cut = roi_align(maps, proposals, (s.pool, s.pool), maps.shape[-1] / width, 2)
        classes, moves = self.roi_heads.box_predictor(self.roi_heads.box_head(cut))
        if self.training:
            losses["loss_classifier"], losses["loss_box_reg"] = fast_rcnn_loss(classes, moves, labels, codes)
            return losses
        return self.detections(classes, moves, proposals, (height, width))


solved_detector = FasterRCNN


@right("FasterRCNN")
class FasterRCNNFromTheFirstOne(solved_detector):
    def __init__(self, backbone, num_classes, settings=Settings()):
        super().__init__(backbone, num_classes, settings)
        self.register_buffer("nothing", torch.zeros(()), persistent=False)

    def forward(self, images, targets=None):
        if not self.training:
            with torch.no_grad():
                return super().forward(images)
        return {name: loss + self.nothing for name, loss in super().forward(images, targets).items()}
