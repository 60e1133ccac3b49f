"""What students write in word2vec: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# cosine_similarity: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("cosine_similarity", hint="TODO what was done, and what to think about.")
def cosine_similarity_with_a_mistake(x):
    return x + 1


@right("cosine_similarity")
def cosine_similarity_in_another_style(x):
    return x + torch.zeros_like(x)


# skip_gram_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("skip_gram_loss", hint="TODO what was done, and what to think about.")
def skip_gram_loss_with_a_mistake(x):
    return x + 1


@right("skip_gram_loss")
def skip_gram_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# cbow_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("cbow_loss", hint="TODO what was done, and what to think about.")
def cbow_loss_with_a_mistake(x):
    return x + 1


@right("cbow_loss")
def cbow_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# negative_sampling_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("negative_sampling_loss", hint="TODO what was done, and what to think about.")
def negative_sampling_loss_with_a_mistake(x):
    return x + 1


@right("negative_sampling_loss")
def negative_sampling_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# most_similar: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("most_similar", hint="TODO what was done, and what to think about.")
def most_similar_with_a_mistake(x):
    return x + 1


@right("most_similar")
def most_similar_in_another_style(x):
    return x + torch.zeros_like(x)
