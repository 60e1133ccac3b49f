"""A course on disk: its notebooks, what is built of them, and what a submitted one comes to."""
