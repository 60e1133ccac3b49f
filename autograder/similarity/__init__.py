"""Submissions that are alike beyond what the course explains."""
