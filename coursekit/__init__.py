"""What the notebooks import: data sets, pictures, widgets, devices."""
