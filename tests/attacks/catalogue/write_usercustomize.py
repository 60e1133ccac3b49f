"""Write a usercustomize.py and a .bashrc into the home folder.

Known from: persistence by start-up files.
Shows: drop
"""

import os

home = os.path.join(DROP, "home")  # noqa: F821
os.makedirs(home)
for name in (".bashrc", "usercustomize.py"):
    with open(os.path.join(home, name), "w") as file:
        file.write("evil\n")


def row_means(x):
    return x
