NOTEBOOK = "06_visualization/textures"


def test_figures():
    from coursekit.figures import textures as figures
