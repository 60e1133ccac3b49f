"""What stands in a student's kernel and terminal: check, journal, progress."""
