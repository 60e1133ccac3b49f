"""What students write in language: mistakes with the hint each deserves, and other right answers."""

import torch

from autograder.authoring import mistake, right


# word_embedding_forward: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("word_embedding_forward", hint="TODO what was done, and what to think about.")
def word_embedding_forward_with_a_mistake(x):
    return x + 1


@right("word_embedding_forward")
def word_embedding_forward_in_another_style(x):
    return x + torch.zeros_like(x)


# temporal_softmax_loss: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("temporal_softmax_loss", hint="TODO what was done, and what to think about.")
def temporal_softmax_loss_with_a_mistake(x):
    return x + 1


@right("temporal_softmax_loss")
def temporal_softmax_loss_in_another_style(x):
    return x + torch.zeros_like(x)


# char_language_model: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("char_language_model", hint="TODO what was done, and what to think about.")
def char_language_model_with_a_mistake(x):
    return x + 1


@right("char_language_model")
def char_language_model_in_another_style(x):
    return x + torch.zeros_like(x)


# sample_text: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("sample_text", hint="TODO what was done, and what to think about.")
def sample_text_with_a_mistake(x):
    return x + 1


@right("sample_text")
def sample_text_in_another_style(x):
    return x + torch.zeros_like(x)


# seq2seq: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("seq2seq", hint="TODO what was done, and what to think about.")
def seq2seq_with_a_mistake(x):
    return x + 1


@right("seq2seq")
def seq2seq_in_another_style(x):
    return x + torch.zeros_like(x)


# beam_search: TODO at least five mistakes and two right answers; the contract's own need not be written.


@mistake("beam_search", hint="TODO what was done, and what to think about.")
def beam_search_with_a_mistake(x):
    return x + 1


@right("beam_search")
def beam_search_in_another_style(x):
    return x + torch.zeros_like(x)
