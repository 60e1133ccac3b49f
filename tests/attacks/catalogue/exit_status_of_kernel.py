"""Register an IPython hook that swallows every error of later cells.

Known from: `set_custom_exc`, which student cells may call in nbgrader's kernel.
Shows: points
Control: ipython
"""

shell = get_ipython()  # noqa: F821
shell.set_custom_exc((Exception,), lambda self, kind, value, trace, tb_offset=None: None)
shell.showtraceback = lambda *args, **kwargs: None


def row_means(x):
    return x[:, 0]
