"""Answer with a list that contains itself.

Known from: json.dumps and recursive comparisons.
Shows: broke
"""


def row_means(x):
    answer = []
    answer.append(answer)
    return answer
