"""What the bundled models know, with unseen pictures: one click from the welcome page."""

from __future__ import annotations

from dataclasses import dataclass

from tusk_core.resources import bundled_models, resource


@dataclass(frozen=True, slots=True)
class SampleProject:
    """A bundled model and pictures for it.

    Attributes:
        model: name of the bundled model.
        title: for people.
        source: pictures of another seed than training's.
        tip: one sentence.
    """

    model: str
    title: str
    source: str
    tip: str


_PROJECTS = (
    SampleProject(
        "tetrominoes",
        "Tetrominoes",
        "sample:tetrominoes?count=500&seed=7",
        "Three pieces a picture: each found, redrawn on a layer of its own, sorted by shape and "
        "colour.",
    ),
    SampleProject(
        "digits",
        "Digits",
        "sample:digits?count=300&seed=99",
        "Nine handwritten digits a picture: the same digit gets the same colour.",
    ),
    SampleProject(
        "solids",
        "Solids",
        "sample:solids?count=100&seed=7",
        "Shaded solids on a floor, three to six per picture, some behind others.",
    ),
)


@dataclass(frozen=True, slots=True)
class RealSample:
    """Real pictures that come with the program, to discover kinds in.

    Attributes:
        name: after ``sample:``.
        title: for people.
        tip: one sentence.
        licence: whose they are and on what terms.
        picture: a small picture of them, bundled.
    """

    name: str
    title: str
    tip: str
    licence: str
    picture: str


_REAL = (
    RealSample(
        "cells",
        "Blood cells",
        "Twenty smears: see which kinds of thing recur, without a label and without training.",
        "BCCD, © 2017 shenggan, MIT licence",
        "samples/cells/images/BloodImage_00003.jpg",
    ),
    RealSample(
        "flies",
        "Three flies",
        "A video of a dish: find the flies and follow each of them.",
        "dreem, © 2023 Talmo Lab at the Salk Institute, BSD 3-Clause",
        "samples/flies.jpg",
    ),
)


def real_samples() -> tuple[RealSample, ...]:
    """Return the real samples that came with this installation."""
    return tuple(s for s in _REAL if resource(s.picture).is_file())


def sample_projects() -> tuple[SampleProject, ...]:
    """Return the projects whose model came with this installation."""
    there = set(bundled_models())
    return tuple(project for project in _PROJECTS if project.model in there)
