"""Entries of a COCO file, whatever is wrong with them: nothing is invented, nothing is lost."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tusk_core.data.coco_entries import CocoEntries, box_of, place_of, usable_entries

every = settings(max_examples=60, deadline=None, derandomize=True, database=None)
identities = st.one_of(st.integers(0, 4), st.integers(0, 4).map(float), st.integers(0, 4).map(str))
lengths = st.floats(0.5, 40, allow_nan=False, allow_subnormal=False)
places = st.floats(-5, 60, allow_nan=False, allow_subnormal=False)


@st.composite
def objects(draw) -> dict[str, object]:
    entry: dict[str, object] = {
        "id": draw(st.integers(0, 99)), "image_id": draw(identities),
        "category_id": draw(identities),
    }  # fmt: skip
    if draw(st.booleans()):
        entry["bbox"] = [draw(places), draw(places), draw(lengths), draw(lengths)]
    if draw(st.booleans()):
        points = draw(st.lists(st.tuples(places, places, st.integers(0, 2)), max_size=3))
        entry["keypoints"] = [value for point in points for value in point]
    if draw(st.integers(0, 5)) == 0:
        entry["iscrowd"] = 1
    return entry


@st.composite
def contents(draw) -> dict[str, object]:
    names = draw(st.lists(st.sampled_from("abcde"), min_size=1, max_size=6))
    images = [{"id": draw(identities), "file_name": f"{name}.png"} for name in names]
    numbers = draw(st.lists(st.integers(0, 4), min_size=1, max_size=3, unique=True))
    kinds = [{"id": number, "name": str(number)} for number in numbers]
    return {"images": images, "categories": kinds, "annotations": draw(st.lists(objects()))}


def entries_or_refusal(content: object) -> CocoEntries | str:
    try:
        return usable_entries(content)
    except ValueError as refusal:
        return str(refusal)


@every
@given(contents())
def test_what_is_kept_fits_together_and_the_rest_is_counted(content) -> None:
    found = entries_or_refusal(content)
    if isinstance(found, str):
        assert "left out" in found  # not one object could be used
        assert content["annotations"]
        return
    names = [str(image["file_name"]) for image in found.images]
    assert names == sorted(set(names))
    assert found.owners == sorted(found.owners)
    for entry, owner, kind in zip(
        found.annotations, found.owners, found.categories, strict=True
    ):  # an object stays with the picture and the category that it names
        assert float(found.images[owner]["id"]) == float(entry["image_id"])
        assert float(content["categories"][kind]["id"]) == float(entry["category_id"])
        assert place_of(entry) is not None
    if len(found.annotations) < len(content["annotations"]):
        assert any("object" in note for note in found.notes)
    if len(names) < len({str(image["file_name"]) for image in content["images"]}):
        assert any("picture" in note for note in found.notes)


@every
@given(st.lists(st.tuples(places, places, st.integers(0, 2)), max_size=5))
def test_the_box_of_keypoints_holds_all_that_are_labelled(points) -> None:
    entry = {"keypoints": [value for point in points for value in point]}
    box = box_of(entry)
    labelled = [(x, y) for x, y, visibility in points if visibility]
    if not labelled:
        assert box is None
        return
    left, top, width, height = box
    assert all(left <= x <= left + width - 1 + 1e-9 for x, _ in labelled)
    assert all(top <= y <= top + height - 1 + 1e-9 for _, y in labelled)


@every
@given(st.tuples(places, places, lengths, lengths))
def test_the_place_of_a_box_is_its_middle(box) -> None:
    x, y = place_of({"bbox": list(box)})
    assert x == pytest.approx(box[0] + (box[2] - 1) / 2)
    assert y == pytest.approx(box[1] + (box[3] - 1) / 2)
    # A single keypoint is more precise than the box around it.
    assert place_of({"bbox": list(box), "keypoints": [3.0, 4.0, 2]}) == (3.0, 4.0)


@pytest.mark.parametrize(
    "entry",
    [
        {"bbox": [1, 2, 3]},
        {"bbox": [1, 2, math.nan, 4]},
        {"keypoints": [1, math.inf, 2]},
        {"bbox": ["left", 2, 3, 4]},
    ],
)
def test_numbers_that_are_none_are_refused(entry) -> None:
    with pytest.raises(ValueError, match=r"needs four|is not a place|could not convert"):
        place_of(entry)


@every
@given(identities, identities)
def test_an_identifier_is_the_same_as_number_and_as_text(one, other) -> None:
    assume(float(one) != float(other))
    images = [{"id": one, "file_name": "a.png"}, {"id": other, "file_name": "b.png"}]
    entry = {"image_id": f" {int(float(other))} ", "category_id": "0", "bbox": [0, 0, 2, 2]}
    found = usable_entries({"images": images, "categories": [{"id": 0}], "annotations": [entry]})
    assert found.owners == [1]


def test_many_of_a_kind_are_told_in_one_sentence() -> None:
    objects = [{"id": n, "image_id": 9, "category_id": 0, "bbox": [0, 0, 2, 2]} for n in range(5)]
    objects.append({"id": 7, "image_id": 0, "category_id": 0, "bbox": [0, 0, 2, 2]})
    images, kinds = [{"id": 0, "file_name": "a.png"}], [{"id": 0}]
    found = usable_entries({"images": images, "categories": kinds, "annotations": objects})
    assert found.notes == ("5 objects were left out (no such picture): 0, 1, 2 and 2 more.",)
