"""The pictures of docs/images, from what the browser tests have photographed: `make pictures`."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from autograder.course.stored_picture import in_palette

ROOT = Path(__file__).resolve().parents[2]
SEEN, IMAGES = ROOT / "build/browser", ROOT / "docs/images"
KEPT = {
    "check-failing.png": "card-wrong.png",
    "check-passing.png": "card-right.png",
    "student-dark.png": "dark.png",
    "progress.png": "progress.png",
    "formgrader.png": "formgrader-submission.png",
    "book.png": "book-formula-and-picture.png",
    "report.png": "report-1000.png",
}


def keep() -> None:
    """Write each picture that was taken, in as few colours as look the same; one that was not stays and is named."""
    for name, seen in KEPT.items():
        if not (SEEN / seen).is_file():
            print(f"{name}: as it was, since no test has taken {seen}")
            continue
        with Image.open(SEEN / seen) as picture:
            small = in_palette(picture.convert("RGB"))
        (IMAGES / name).write_bytes(small)
        print(f"{name}: {len(small) / 1000:.0f} KB")


if __name__ == "__main__":
    keep()
