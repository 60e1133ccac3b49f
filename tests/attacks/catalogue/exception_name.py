"""Put the same into the exception's class name, the function's name and the source line.

Known from: renderers that escape the message only.
Shows: raw
"""

Evil = type("\x1b[2J\u202e<script>alert('owned')</script>", (Exception,), {})


def row_means(x):
    raise Evil("<img src=x onerror=alert('owned')>")  # \u202e <script>
