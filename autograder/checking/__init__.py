"""One run of checks: the pytest plugin, the recorded answers, and what an exercise is then worth."""
