NOTEBOOK = "06_visualization/synthesis"
