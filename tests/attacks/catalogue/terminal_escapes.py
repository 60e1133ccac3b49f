"""Put terminal escapes, bidirectional controls and HTML into an error's message.

Known from: reports that rewrite the reader's screen, and script in a feedback page.
Shows: raw
"""


def row_means(x):
    raise ValueError("\x1b[2J\x1b]0;owned\x07\u202eevil\u2066 <script>alert('owned')</script> \x9b31m")
