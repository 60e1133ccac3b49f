"""What the notebooks import: data sets, pictures, widgets, devices.

    from coursekit.data import digits, photographs
    from coursekit.device import get_device
    from coursekit.plots import show_images
    from coursekit.widgets import explore

The pictures of one notebook stand in `coursekit.figures`, one module a notebook. Nothing is imported
here: a notebook loads only what it names.
"""
