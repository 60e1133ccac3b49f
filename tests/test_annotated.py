"""Images with boxes: VOC 2007 from its own files, and the shapes where it isn't there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from coursekit import annotated
from coursekit.shapes import SHAPE_NAMES, shapes

OBJECT = """<object><name>{name}</name><difficult>{difficult}</difficult><bndbox><xmin>{0}</xmin><ymin>{1}</ymin>
<xmax>{2}</xmax><ymax>{3}</ymax></bndbox><part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax>
<ymax>2</ymax></bndbox></part></object>"""


def write_voc(folder: Path, split: str = "trainval") -> Path:
    """Write two photographs of 6 by 9 in VOC's form: one with a dog and a difficult car, one with nothing."""
    there = folder / "VOCdevkit" / "VOC2007"
    for part in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (there / part).mkdir(parents=True)
    objects = OBJECT.format(1, 2, 4, 6, name="dog", difficult=0) + OBJECT.format(3, 1, 9, 5, name="car", difficult=1)
    for name, inside in (("000001", objects), ("000002", "")):
        pixels = np.full((6, 9, 3), (255, 0, 0), dtype=np.uint8)
        Image.fromarray(pixels).save(there / "JPEGImages" / f"{name}.jpg")
        (there / "Annotations" / f"{name}.xml").write_text(
            f"<annotation><filename>{name}</filename>{inside}</annotation>"
        )
    (there / "ImageSets" / "Main" / f"{split}.txt").write_text("000001\n000002\n")
    return there


def test_vocs_boxes_become_edges_and_its_names_labels(tmp_path):
    write_voc(tmp_path)
    read = annotated.voc2007(folder=tmp_path)
    assert (read.name, len(read)) == ("VOC 2007", 2)
    first = read[0]
    assert first.image.shape == (3, 6, 9)
    assert first.image[0].min() > 0.9
    assert first.boxes.tolist() == [[0, 1, 4, 6], [2, 0, 9, 5]]
    assert [read.class_names[label] for label in first.labels] == ["dog", "car"]
    assert first.difficult.tolist() == [False, True]


def test_an_image_of_nothing_has_no_boxes(tmp_path):
    write_voc(tmp_path)
    nothing = annotated.voc2007(folder=tmp_path)[1]
    assert nothing.boxes.shape == (0, 4)
    assert (nothing.labels.dtype, nothing.difficult.dtype) == (torch.int64, torch.bool)


@pytest.mark.parametrize("harm", ["none there", "no list", "an image missing"])
def test_without_voc_one_sentence_and_the_shapes(tmp_path, capsys, harm):
    if harm != "none there":
        there = write_voc(tmp_path)
        (there / ("ImageSets/Main/trainval.txt" if harm == "no list" else "JPEGImages/000002.jpg")).unlink()
    read = annotated.voc2007(folder=tmp_path)
    said = capsys.readouterr().out
    assert (read.name, read.class_names) == ("shapes", SHAPE_NAMES)
    assert said.count("\n") == 1
    assert annotated.VOC_COMMAND in said
    assert str(tmp_path) not in said


def test_an_unknown_split_says_what_there_is():
    with pytest.raises(ValueError, match="not 'tests'"):
        annotated.voc2007("tests")


def test_annotated_shapes_leave_out_objects_that_are_not_there():
    drawn, read = shapes(20, size=64, objects=(1, 3), seed=4), annotated.annotated_shapes(20, seed=4)
    for index, one in enumerate(read):
        here = drawn.shape[index] >= 0
        assert len(one.boxes) == len(one.labels) == int(here.sum())
        assert torch.equal(one.boxes, drawn.boxes[index][: len(one.boxes)])
    assert {len(one.boxes) for one in read} == {1, 2, 3}
    assert [len(one.labels) for one in read[-2:]] == [len(read[18].labels), len(read[19].labels)]
