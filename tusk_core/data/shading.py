"""Colour of the solids and the floor: a large lamp, soft shadows, rubber and metal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tusk_core.data.ray_casting import Camera, Solid, View, cast, dot, light_share, normals_at, unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FINER = 2
_LAMP_RADIUS = 0.16
_FLOOR = 0.42
_FOG, _FOG_START = 0.05, 9.0

# The eight colours as linear light: grey, red, blue, green, brown, purple, cyan, yellow.
_COLOURS = (
    np.array(
        [
            [100, 100, 100],
            [183, 38, 38],
            [46, 82, 222],
            [32, 118, 26],
            [134, 78, 28],
            [136, 42, 200],
            [44, 208, 208],
            [255, 236, 50],
        ],
        np.float32,
    )
    / 255
) ** np.float32(2.2)
_TO_SCREEN = (255 * (np.arange(4096) / 4095) ** (1 / 2.2) + 0.5).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Look:
    """Colour (index into the eight) and material of a solid."""

    colour: int
    is_metal: bool


def draw(
    camera: Camera,
    solids: tuple[Solid, ...],
    looks: tuple[Look, ...],
    lamp: NDArray[np.float32],
    size: int,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a (size, size, 3) uint8 picture and its (size, size) uint8 instance mask.

    Args:
        camera: where from.
        solids: the objects; number i is i + 1 in the mask.
        looks: of each object.
        lamp: (3,) unit direction to the middle of the lamp.
        size: pixels.
    """
    fine = size * _FINER
    view = cast(camera, solids, fine)
    lights = _lamp_points(lamp)
    floor = _floor_light(camera, solids, lights, size)
    light = np.repeat(np.repeat(floor, _FINER, axis=0), _FINER, axis=1)
    for index, (solid, look) in enumerate(zip(solids, looks, strict=True)):
        rows, columns, places, sight = _seen_places(camera, view, index, solid, fine)
        if rows.size:
            others = solids[:index] + solids[index + 1 :]
            light[rows, columns] = _surface_light(places, sight, solid, look, lights, others)
    parts = light.reshape(size, _FINER, size, _FINER, 3).mean(axis=(1, 3))
    image = _TO_SCREEN[(np.clip(parts, 0, 1) * 4095).astype(np.int64)]
    return image, _mask(view, len(solids), size)


def _lamp_points(lamp: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (12, 3) unit directions spread over the lamp: an inner and an outer ring."""
    aside = unit(np.cross(lamp, np.array([0, 1, 0], np.float32)).astype(np.float32))
    up = np.cross(lamp, aside).astype(np.float32)
    rings = [(0.38, 4, 0.4), (0.85, 8, 0.0)]
    points = [
        lamp + _LAMP_RADIUS * radius * (np.cos(angle) * aside + np.sin(angle) * up)
        for radius, number, start in rings
        for angle in start + 2 * np.pi * np.arange(number) / number
    ]
    return unit(np.array(points, np.float32))


def _floor_light(
    camera: Camera, solids: tuple[Solid, ...], lights: NDArray[np.float32], size: int
) -> NDArray[np.float32]:
    """Return the (size, size, 3) linear light of the floor with shadows and contact shade."""
    rays = camera.rays(size, slice(0, size), slice(0, size))
    far = camera.place[2] / np.maximum(-rays[..., 2], 1e-3)
    places = (camera.place + rays * far[..., None]).reshape(-1, 3)
    places[:, 2] = 0
    grid = light_share(places, lights, solids).reshape(size, size)
    share = np.asarray(cv2.GaussianBlur(grid, (0, 0), 0.6 * size / 128), np.float32).ravel()
    ambient = np.ones(len(places), np.float32)
    for solid in solids:
        x, y, _ = solid.centre
        gap = np.hypot(places[:, 0] - x, places[:, 1] - y) - 0.8 * solid.half
        ambient *= 1 - 0.45 * np.exp(-np.maximum(gap, 0) / (0.45 * solid.half))
    distance = np.hypot(places[:, 0] + 0.8, places[:, 1] - 0.4)
    lamp = 0.78 / (1 + (distance / 9.5) ** 2)
    light = _FLOOR * (0.3 * ambient + lamp * share)
    fog = 1 - np.exp(-_FOG * np.maximum(distance - _FOG_START, 0))
    light = light * (1 - fog) + 0.16 * fog
    tint = np.array([1.0, 0.99, 0.97], np.float32)
    return np.asarray(light[:, None] * tint, np.float32).reshape(size, size, 3)


def _seen_places(
    camera: Camera, view: View, index: int, solid: Solid, size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Return rows, columns, (n, 3) places and (n, 3) unit sight directions of what is seen."""
    columns, rows = camera.window(solid, size)
    y, x = np.nonzero(view.owner[rows, columns] == index + 1)
    rays = camera.rays(size, columns, rows)[y, x]
    y, x = y + rows.start, x + columns.start
    places = camera.place + rays * view.distance[y, x][:, None]
    return y, x, places.astype(np.float32), unit(rays)


def _surface_light(
    places: NDArray[np.float32],
    sight: NDArray[np.float32],
    solid: Solid,
    look: Look,
    lights: NDArray[np.float32],
    others: tuple[Solid, ...],
) -> NDArray[np.float32]:
    """Return the (n, 3) linear light of surface places."""
    normals = normals_at(solid, places)
    lamp = unit(lights.mean(axis=0))
    fill = unit(np.array([0.75, -0.6, 0.35], np.float32))
    facing = np.maximum(dot(normals, lamp), 0)
    share = light_share(places + 1e-3 * normals, lights[::3], others)
    mirrored = sight - 2 * dot(sight, normals)[:, None] * normals
    towards_lamp = np.maximum(dot(mirrored, lamp), 0)
    towards_fill = np.maximum(dot(mirrored, fill), 0)
    # Light from the floor and the walls: less where a place looks down or stands close to it.
    ambient = 0.30 + 0.12 * normals[:, 2]
    ambient *= 1 - 0.5 * np.exp(-places[:, 2] / (0.5 * solid.half)) * (normals[:, 2] < 0.5)
    diffuse = facing * share
    soft = np.maximum(dot(normals, fill), 0)
    colour = _COLOURS[look.colour]
    if look.is_metal:
        shown = _surroundings(mirrored, places[:, 2] / solid.half)
        body = 0.3 * ambient + 0.3 * diffuse + 0.05 * soft + 1.15 * shown
        grazing = (1 - np.abs(dot(sight, normals))) ** 4
        gloss = 1.5 * share * towards_lamp**60 + 0.35 * towards_fill**80 + 0.35 * grazing * shown
    else:
        body = ambient + 0.78 * diffuse + 0.16 * soft
        gloss = 0.07 * share * towards_lamp**8
    return np.asarray(body[:, None] * colour + gloss[:, None], np.float32)


def _surroundings(
    directions: NDArray[np.float32], heights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the (n,) light a mirror shows: shaded floor, walls with bright panels, ceiling.

    Args:
        directions: (n, 3) unit directions in which the mirror looks.
        heights: (n,) heights of the places over the floor, in halves of the solid.
    """
    up = directions[:, 2]
    turn = np.arctan2(directions[:, 1], directions[:, 0])
    panels = 0.5 + 0.5 * np.tanh(4 * np.cos(3 * turn + 0.9))
    walls = 0.14 + 0.75 * panels * np.exp(-(((up - 0.4) / 0.35) ** 2))
    ceiling = 0.55 * np.clip((up - 0.5) * 3, 0, 1)
    floor_gap = heights / np.maximum(-up, 0.05)
    floor = _FLOOR * (1.25 - np.exp(-floor_gap / 1.2)) * (0.5 + 0.6 * np.cos(turn + 0.6) ** 4)
    blend = np.clip(up * 6 + 0.5, 0, 1)
    return np.asarray(floor * (1 - blend) + np.maximum(walls, ceiling) * blend, np.float32)


def _mask(view: View, count: int, size: int) -> NDArray[np.uint8]:
    """Return the instance that covers most of each pixel; the floor needs more than half."""
    parts = view.owner.reshape(size, _FINER, size, _FINER)
    mask = np.zeros((size, size), np.uint8)
    best = np.ones((size, size), np.int64)
    for number in range(1, count + 1):
        covered = (parts == number).sum(axis=(1, 3))
        more = covered > best
        mask[more] = number
        best[more] = covered[more]
    return mask
