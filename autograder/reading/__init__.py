"""From the bytes that a student handed in to the code that is graded, in a process of its own and under limits."""
