"""From a tree of submissions to results, on one process or a cluster."""
