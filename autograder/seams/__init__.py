"""What is borrowed from other libraries beyond what they promise: private names, wordings, habits. One file for each.

The ground floor: nothing of autograder is imported here, and the rest of autograder borrows from here only. Each name
says what would break if the library moved, and has a test in tests/test_seams.py that fails by its name when it does.
"""
