"""Solids: shaded spheres, cubes and cylinders on a floor, after the CLEVR data set.

Three to six objects in eight colours, two sizes and two materials, seen in perspective under a
large lamp; objects hide each other, but enough of each stays visible. Drawn by ray casting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.data.random_numbers import uniform
from tusk_core.data.ray_casting import CUBE, Camera, Solid, cast
from tusk_core.data.sample import SampleBatch, Vocabulary, visible_boxes
from tusk_core.data.shading import Look, draw

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = 128
FEWEST, MOST = 3, 6
SHAPES: tuple[str, ...] = ("sphere", "cube", "cylinder")
COLOURS: tuple[str, ...] = ("grey", "red", "blue", "green", "brown", "purple", "cyan", "yellow")
SIZES: tuple[str, ...] = ("small", "large")
MATERIALS: tuple[str, ...] = ("rubber", "metal")
VOCABULARY = Vocabulary(
    SHAPES, {"shape": SHAPES, "colour": COLOURS, "size": SIZES, "material": MATERIALS}
)

_RADII = (0.36, 0.7)
_DISTANCE, _HEIGHT, _HALF_VIEW = 10.4, 6.0, 0.285
_NEAREST, _FARTHEST = -3.0, 2.9
_GAP = 0.18
# Layouts are judged on a small grid, whatever the size of the picture, so that picture i shows the
# same scene at every size.
_TRIAL = 64
_LEAST_SEEN, _LEAST_RAYS = 0.4, 12
_PURPOSE_LOOKS, _PURPOSE_VIEW, _PURPOSE_LAYOUT = 1, 2, 1000


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One picture before it is drawn.

    Attributes:
        camera: where it is seen from.
        solids: the objects.
        looks: colour and material of each.
        lamp: (3,) float32 unit direction to the middle of the lamp.
        values: (n, 4) int64 shape, colour, size and material of each object.
    """

    camera: Camera
    solids: tuple[Solid, ...]
    looks: tuple[Look, ...]
    lamp: NDArray[np.float32]
    values: NDArray[np.int64]


def generate(count: int, *, seed: int, first_index: int = 0, size: int = SIZE) -> SampleBatch:
    """Make pictures ``first_index`` to ``first_index + count - 1`` of the set ``seed``.

    Args:
        count: pictures, N.
        seed: of the set.
        first_index: number of the first picture.
        size: width and height, pixels.

    Returns:
        N pictures with up to J = 6 objects, nearest the camera last; a centre is the picture of
        the solid's middle; a box and a mask hold what is visible; a category is a shape.
    """
    images = np.zeros((count, size, size, 3), np.uint8)
    masks = np.zeros((count, size, size), np.uint8)
    present = np.zeros((count, MOST), np.bool_)
    xy = np.zeros((count, MOST, 2), np.float32)
    values = np.zeros((count, MOST, 4), np.int32)
    for row in range(count):
        scene = _scene(seed, first_index + row)
        number = len(scene.solids)
        images[row], masks[row] = draw(scene.camera, scene.solids, scene.looks, scene.lamp, size)
        present[row, :number] = True
        values[row, :number] = scene.values
        for j, solid in enumerate(scene.solids):
            xy[row, j] = scene.camera.project(np.asarray(solid.centre, np.float32), size)[:2]
    return SampleBatch(
        images=images,
        masks=masks,
        present=present,
        xy=xy,
        boxes=visible_boxes(masks, MOST),
        categories=values[..., 0],
        attributes={name: values[..., k] for k, name in enumerate(VOCABULARY.attributes)},
        vocabulary=VOCABULARY,
    )


def _scene(seed: int, picture: int) -> Scene:
    """Draw a scene; places are drawn again until nothing touches and enough is visible."""
    index = np.array([picture], np.int64)
    numbers = uniform(seed, index, _PURPOSE_LOOKS, 1 + MOST * 5)[0]
    count = FEWEST + int(numbers[0] * (MOST - FEWEST + 1))
    drawn = numbers[1:].reshape(MOST, 5)[:count]
    choices = (len(SHAPES), len(COLOURS), len(SIZES), len(MATERIALS))
    values = (drawn[:, :4] * choices).astype(np.int64)
    angles = drawn[:, 4] * np.pi / 2
    camera, lamp = _camera_and_lamp(uniform(seed, index, _PURPOSE_VIEW, 5)[0] * 2 - 1)
    attempt = 0
    while True:
        places = uniform(seed, index, _PURPOSE_LAYOUT + attempt, MOST * 2)[0].reshape(MOST, 2)
        attempt += 1
        floor = _floor_places(places[:count])
        radii = np.array(_RADII)[values[:, 2]]
        if not _apart(floor, radii):
            continue
        order = np.argsort(-floor[:, 1], kind="stable")
        solids = tuple(_solid(values[j], floor[j], float(angles[j])) for j in order)
        if _all_visible(camera, solids):
            looks = tuple(Look(int(values[j, 1]), bool(values[j, 3])) for j in order)
            return Scene(camera, solids, looks, lamp, values[order])


def _camera_and_lamp(jitter: NDArray[np.float64]) -> tuple[Camera, NDArray[np.float32]]:
    turn = 0.06 * jitter[0]
    place = np.array(
        [
            (_DISTANCE + 0.3 * jitter[1]) * np.sin(turn),
            -(_DISTANCE + 0.3 * jitter[1]) * np.cos(turn),
            _HEIGHT + 0.3 * jitter[2],
        ],
        np.float32,
    )
    camera = Camera.looking_at(place, np.array([0, -0.25, 0.3], np.float32), _HALF_VIEW)
    lamp = np.array([-0.5 + 0.12 * jitter[3], -0.45 + 0.12 * jitter[4], 1.0], np.float32)
    return camera, lamp / np.float32(np.linalg.norm(lamp))


def _floor_places(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, 2) places evenly spread over what the camera sees of the floor."""
    deep = _NEAREST + numbers[:, 1] * (_FARTHEST - _NEAREST)
    slope = _HEIGHT / _DISTANCE
    depth = (_DISTANCE + deep) / np.sqrt(1 + slope**2) + 1.8
    return np.stack([(numbers[:, 0] * 2 - 1) * 0.8 * _HALF_VIEW * depth, deep], axis=1)


def _apart(floor: NDArray[np.float64], radii: NDArray[np.float64]) -> bool:
    distance = np.linalg.norm(floor[:, None] - floor[None], axis=2)
    least = radii[:, None] + radii[None] + _GAP
    return bool((distance + 100 * np.eye(len(floor)) > least).all())


def _solid(values: NDArray[np.int64], place: NDArray[np.float64], angle: float) -> Solid:
    shape = int(values[0])
    # A cube of the same footprint as the round solids would look far larger than they do.
    half = _RADII[int(values[2])] * (0.5**0.5 if shape == CUBE else 1.0)
    half *= 0.94 if SHAPES[shape] == "cylinder" else 1.0
    return Solid(shape, (float(place[0]), float(place[1]), half), half, angle)


def _all_visible(camera: Camera, solids: tuple[Solid, ...]) -> bool:
    view = cast(camera, solids, _TRIAL)
    seen = np.bincount(view.owner.ravel(), minlength=len(solids) + 1)[1:]
    return bool((seen >= np.maximum(_LEAST_SEEN * view.areas, _LEAST_RAYS)).all())
