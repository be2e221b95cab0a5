"""Pictures like the paper's Figures 1 and 3 to 8, made by the program from any model.

    python tools/figures.py tetrominoes "sample:tetrominoes?count=200&seed=7" build/figures
    python tools/figures.py RUN faces/images OUT --groups photos --beside CHANNEL_WISE_RUN
    make figures MODEL=digits DATA="sample:digits?count=200&seed=99" OUT=build/figures

| file | what | paper |
|---|---|---|
| prototypes.png | every prototype decoded alone, with how often it occurs | Fig. 3, 8 |
| pictures.png | input, heat map, keypoints, rebuilt picture, segments | Fig. 3, 4, 5, 6 |
| layers.png | the layers of one picture: colour and share | Fig. 4 |
| embedding.png | descriptors in the plane, by prototype and by true class | Fig. 3, 6, 7 |
| replacement.png | one keypoint given the descriptor of other prototypes | Fig. 4 |
| interpolation.png | on the way from one prototype to another | Fig. 8 |
| more_keypoints.png | more keypoints than in training | Fig. 1 |
| groups.png | photographs of several, beside a channel-wise model | Fig. 1 |
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from figure_scene import (
    Scene,
    alone,
    around_middle,
    between,
    network_size,
    open_scene,
    replaced_points,
)
from figure_sheet import (
    Cell,
    alpha_tile,
    as_tile,
    grid,
    heat_tile,
    legend,
    page,
    prototype_legend,
    scatter,
    segment_tile,
    with_rings,
)

from tusk_core import api
from tusk_core.config import ConfigError
from tusk_core.data.source import open_source
from tusk_core.inference.predictor import load_predictor
from tusk_core.palette import colour as colour_of
from tusk_core.results import EmbeddingMap, Keypoints, TuskError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from PIL import Image

    from tusk_core.inference.predictor import TorchPredictor

    Picture = NDArray[np.uint8]

MOST_PROTOTYPES = 60
MOST_POINTS = 3000
CLASS_SHIFT = 3  # classes begin elsewhere in the palette than prototypes


def prototypes(scene: Scene) -> Image.Image | None:
    """Draw every prototype decoded alone in the middle of the picture."""
    used = scene.by_use[:MOST_PROTOTYPES]
    drawn = scene.predictor.decode_prototypes(used)
    total = int(scene.counts.sum())
    cells = []
    for index, picture in zip(used, drawn, strict=True):
        share = f"{scene.counts[index]} · {100 * scene.counts[index] / total:.1f} %"
        tile = as_tile(around_middle(picture, scene.info.config), 112)
        cells.append(Cell(tile, [(index, f"{index}"), (None, share)]))
    across = max(5, min(10, round(len(cells) ** 0.5 * 1.35)))
    lines = [cells[i : i + across] for i in range(0, len(cells), across)]
    num, unused = len(scene.info.prototypes), len(scene.info.prototypes) - len(scene.by_use)
    left_out = len(scene.by_use) - len(used)
    told = f"{len(scene.by_use)} of {num} prototypes occur among {total} keypoints"
    told += f" of {len(scene.analysis.picture_names)} pictures"
    told += f"; the {left_out} rarest are left out." if left_out else "."
    told += " Each is decoded alone, most frequent first; below, how many keypoints have it."
    if not unused:
        told = told.replace(f"{num} of {num}", f"All {num}", 1)
    return page(f"Prototypes of {scene.name}", told, [grid(lines)])


def pictures(scene: Scene) -> Image.Image | None:
    """Draw input, heat map, keypoints, rebuilt picture and segments, a row for each picture."""
    lines: list[list[Cell]] = []
    seen: set[int] = set()
    has_layers = scene.info.config.decoder.blend == "alpha"
    for picture in scene.pictures:
        found = scene.predictor.detect(picture, with_heat_map=True)
        assert found.heat_map is not None
        points = found.keypoints
        rebuilt = scene.predictor.reconstruct(picture, points)
        seen |= set(points.labels.tolist())
        line = [
            Cell(as_tile(picture, 200)),
            Cell(heat_tile(picture, found.heat_map, 200)),
            Cell(with_rings(picture, 200, points.xy, points.labels)),
            Cell(as_tile(rebuilt.composite, 200)),
        ]
        if has_layers:
            tile = segment_tile(rebuilt.target, rebuilt.mask, points.labels, 200)
            line.append(Cell(tile))
        lines.append(line)
    columns = ["input", "heat map", "keypoints", "rebuilt from keypoints", "segments"]
    block = grid(lines, columns[: len(lines[0])])
    told = (
        f"{scene.num_keypoints} keypoints per picture; "
        f"{'rings and segments' if has_layers else 'rings'} have the colour of their prototype, "
        "here and in every figure."
    )
    return page(f"What {scene.name} sees", told, [block, prototype_legend(seen, block.width)])


def layers(scene: Scene) -> Image.Image | None:
    """Draw the layers of the first picture: colour above, share below."""
    if scene.info.config.decoder.blend != "alpha":
        return None
    picture = scene.pictures[0]
    points = scene.predictor.detect(picture).keypoints
    rebuilt = scene.predictor.reconstruct(picture, points)
    order = np.argsort(-rebuilt.alpha.sum(axis=(1, 2)), kind="stable")[:9]
    behind = np.clip(1 - rebuilt.alpha.sum(axis=0), 0, 1)
    side = 132
    top = [Cell(as_tile(rebuilt.target, side), [(None, "input")]),
           Cell(as_tile(rebuilt.composite, side), [(None, "all layers")]),
           Cell(as_tile(rebuilt.background, side), [(None, "background")])]  # fmt: skip
    marked = with_rings(rebuilt.target, side, *_in_network(scene, picture, points))
    below = [
        Cell(marked, [(None, "keypoints")]),
        Cell(segment_tile(rebuilt.target, rebuilt.mask, points.labels, side), [(None, "segments")]),
        Cell(alpha_tile(behind, side), [(None, "its share")]),
    ]
    for index in order:
        label = int(points.labels[index])
        seen = rebuilt.rgb[index] * (rebuilt.alpha[index][..., None] > 0.02)
        top.append(Cell(as_tile(seen, side), [(label, f"{label}: colour")]))
        below.append(Cell(alpha_tile(rebuilt.alpha[index], side), [(label, "share")]))
    told = (
        "One layer for each keypoint, from its descriptor alone: colour above (where its share is "
        "above 0.02), share of the picture below. The shares and the background's add up to 1."
    )
    # Long rows break in two.
    half = 3 + -(-(len(top) - 3) // 2) if len(top) > 8 else len(top)
    lines = [top[:half], below[:half]]
    if half < len(top):
        lines += [[Cell(None)] * 3 + top[half:], [Cell(None)] * 3 + below[half:]]
    return page(f"Layers of {scene.name}", told, [grid(lines)])


def _in_network(
    scene: Scene, picture: Picture, points: Keypoints
) -> tuple[NDArray[np.floating], NDArray[np.int32]]:
    placement = scene.predictor.placement((picture.shape[1], picture.shape[0]))
    return placement.to_canvas(points.xy), points.labels


def embedding(scene: Scene) -> Image.Image | None:
    """Draw descriptors in the plane, coloured by prototype and, where known, by true class."""
    job = api.embed(scene.analysis, method=scene.method, max_points=MOST_POINTS, neighbours=30)
    layout = [item for item in job if isinstance(item, EmbeddingMap)][-1]
    labels = scene.analysis.labels[layout.indices]
    used = np.unique(labels)
    side = 620
    by_prototype = scatter(
        layout.points, [colour_of(int(label)) for label in labels], layout.prototypes[used], used
    )
    classes = scene.analysis.classes[layout.indices]
    known = classes >= 0
    method = {"tsne": "t-SNE", "pca": "PCA", "umap": "UMAP"}[layout.method]
    told = f"{method} of {len(labels)} descriptors. Numbered discs are prototypes."
    if not known.any():
        block = grid([[Cell(by_prototype)]], ["by prototype"])
        return page(f"Descriptors of {scene.name}", told, [block])
    names = scene.analysis.class_names
    grey = (205, 209, 215)
    colours = [colour_of(int(c) + CLASS_SHIFT) if c >= 0 else grey for c in classes]
    by_class = scatter(layout.points, colours, layout.prototypes[:0], used[:0])
    block = grid([[Cell(by_prototype), Cell(by_class)]], ["by prototype", "by true class"])
    entries = [(colour_of(int(c) + CLASS_SHIFT), names[int(c)]) for c in np.unique(classes[known])]
    if not known.all():
        entries.append((grey, "on no object"))
    told += " Classes have colours of their own; they were not used in training."
    blocks = [block, legend([*entries], 2 * side)]
    return page(f"Descriptors of {scene.name}", told, blocks)


def replacement(scene: Scene) -> Image.Image | None:
    """Draw one keypoint of each picture given the descriptor of other prototypes."""
    lines = []
    others = scene.by_use[:7]
    for picture in scene.pictures[: min(4, scene.rows)]:
        points = scene.predictor.detect(picture).keypoints
        if not len(points.scores):
            continue
        rebuilt = scene.predictor.reconstruct(picture, points)
        which = int(np.argmax(rebuilt.contributions))
        own = int(points.labels[which])
        xy, _ = _in_network(scene, picture, points)
        place, label = xy[which : which + 1], points.labels[which : which + 1]
        line = [
            Cell(with_rings(rebuilt.target, 150, place, label), [(own, f"{own}")]),
            Cell(as_tile(rebuilt.composite, 150), [(own, f"still {own}")]),
        ]
        for other in [one for one in others if one != own][:6]:
            changed = points.descriptors.copy()
            changed[which] = scene.info.prototypes[other]
            edited = replaced_points(points, descriptors=changed)
            drawn = scene.predictor.reconstruct(picture, edited).composite
            line.append(Cell(as_tile(drawn, 150), [(other, f"now {other}")]))
        lines.append(line)
    if not lines:
        return None
    columns = ["input", "rebuilt", *[""] * (max(map(len, lines)) - 2)]
    told = (
        "The keypoint that is worth most (ringed) keeps its place and gets the descriptor of "
        "another prototype; all else stays."
    )
    return page(f"One keypoint replaced, {scene.name}", told, [grid(lines, columns)])


def interpolation(scene: Scene) -> Image.Image | None:
    """Draw descriptors on the way from one prototype to another, decoded alone."""
    used = scene.by_use
    pairs = list(zip(used[0:10:2], used[1:10:2], strict=False))[: max(2, scene.rows)]
    if not pairs:
        return None
    shares = np.linspace(0, 1, 7)
    lines = []
    for first, second in pairs:
        line = []
        for share in shares:
            ends = scene.info.prototypes[first], scene.info.prototypes[second]
            label = first if share < 0.5 else second
            dot: list[tuple[int | None, str]] = [(label, f"{label}")] if share in {0.0, 1.0} else []
            picture = alone(scene, between(*ends, float(share)))
            line.append(Cell(as_tile(around_middle(picture, scene.info.config), 128), dot))
        lines.append(line)
    columns = [f"{share:.2f}" for share in shares]
    told = "Unit vectors on the shortest way between two prototypes, each decoded alone."
    return page(f"From one prototype to another, {scene.name}", told, [grid(lines, columns)])


def more_keypoints(scene: Scene) -> Image.Image | None:
    """Draw the same pictures with as many keypoints as in training, twice and four times."""
    if scene.info.config.is_channel_wise:
        return None
    trained = scene.num_keypoints
    asked = [trained, 2 * trained, 4 * trained]
    lines: list[list[Cell]] = []
    seen: set[int] = set()
    for picture in scene.pictures:
        line = [Cell(as_tile(picture, 220))]
        for count in asked:
            points = scene.predictor.detect(picture, num_keypoints=count).keypoints
            seen |= set(points.labels.tolist())
            tile = with_rings(picture, 220, points.xy, points.labels, points.scores)
            sure = int((points.scores > 0.9).sum())
            line.append(Cell(tile, [(None, f"{len(points.scores)} found, {sure} score above 0.9")]))
        lines.append(line)
    columns = ["input", f"K = {trained}, as in training", *(f"K = {count}" for count in asked[1:])]
    block = grid(lines, columns)
    told = "The number of keypoints is free after training. Faint rings have low scores."
    blocks = [block, prototype_legend(seen, block.width)]
    return page(f"More keypoints than in training, {scene.name}", told, blocks)


FIGURES: dict[str, Callable[[Scene], Image.Image | None]] = {
    "prototypes": prototypes,
    "pictures": pictures,
    "layers": layers,
    "embedding": embedding,
    "replacement": replacement,
    "interpolation": interpolation,
    "more_keypoints": more_keypoints,
}


def groups(arguments: argparse.Namespace) -> Image.Image:
    """Draw photographs of several: more keypoints here, one map for each elsewhere (Fig. 1)."""
    ours = load_predictor(arguments.model)
    beside = load_predictor(arguments.beside) if arguments.beside else None
    side = arguments.group_side or 3 * max(
        ours.info.config.data.width, ours.info.config.data.height
    )
    trained, more = ours.info.config.keypoints.num_keypoints, arguments.group_keypoints
    lines = []
    with open_source(arguments.groups) as source:
        for index in range(min(len(source), arguments.rows)):
            picture = source.read(index)
            asked: list[tuple[TorchPredictor, int | None]] = [(ours, trained), (ours, more)]
            asked += [(beside, None)] if beside is not None else []
            line = [Cell(as_tile(picture, 340))]
            for predictor, count in asked:
                size = network_size(predictor, (picture.shape[1], picture.shape[0]), side)
                found = predictor.detect(picture, num_keypoints=count, network_size=size).keypoints
                faint = None if predictor is beside else found.scores
                tile = with_rings(picture, 340, found.xy, found.labels, faint)
                line.append(Cell(tile, [(None, f"{len(found.scores)} keypoints")]))
            lines.append(line)
    columns = ["photograph", f"{ours.info.name}\nK = {trained}", f"{ours.info.name}\nK = {more}"]
    told = (
        "Models that learned from pictures of one, on pictures of several. One heat map for all "
        "keypoints can find every instance once K is raised; one map for each keypoint gives a "
        "single place, whatever is in the picture."
    )
    if beside is not None:
        columns.append(f"channel-wise: {beside.info.name}\none map per keypoint")
    return page("More than one", told, [grid(lines, columns)])


def parser() -> argparse.ArgumentParser:
    """Return the parser of the script's words."""
    top = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument("model", help="model folder, run or bundled name")
    top.add_argument("data", help="pictures, as for `tusk detect`")
    top.add_argument("out", type=Path, help="folder, made if missing")
    top.add_argument("--only", default="", help=f"some of {','.join(FIGURES)},groups")
    top.add_argument("--rows", type=int, default=5, help="pictures shown; default: 5")
    top.add_argument("--pictures", type=int, default=200, help="pictures counted; default: 200")
    top.add_argument("--method", choices=("tsne", "pca", "umap"), default="tsne")
    top.add_argument("--groups", default="", metavar="SOURCE", help="photographs of several")
    top.add_argument("--beside", default="", metavar="MODEL", help="a channel-wise model")
    told = "longer side at which groups are processed; default: 3 x training"
    top.add_argument("--group-side", type=int, default=0, metavar="PX", help=told)
    top.add_argument("--group-keypoints", type=int, default=40, metavar="K")
    return top


def main(argv: list[str] | None = None) -> None:
    """Draw every figure that was asked for."""
    arguments = parser().parse_args(argv)
    wanted = [one for one in arguments.only.split(",") if one] or [*FIGURES, "groups"]
    unknown = [one for one in wanted if one not in {*FIGURES, "groups"}]
    if unknown:
        raise SystemExit(
            f"There is no figure {', '.join(unknown)}; there are {', '.join(FIGURES)}."
        )
    arguments.out.mkdir(parents=True, exist_ok=True)
    try:
        scene = open_scene(arguments) if set(wanted) - {"groups"} else None
        for name in wanted:
            if name == "groups":
                sheet = groups(arguments) if arguments.groups else None
            else:
                assert scene is not None
                sheet = FIGURES[name](scene)
            if sheet is None:
                continue
            sheet.save(arguments.out / f"{name}.png", optimize=True)
            print(arguments.out / f"{name}.png", flush=True)
    except (TuskError, ConfigError) as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
