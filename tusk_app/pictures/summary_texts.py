"""What is said in words about a source of pictures: counts, sizes, what is wrong with files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_app.parts.words import say

if TYPE_CHECKING:
    from tusk_core.results import DataProposal, SourceSummary

MAX_LISTED = 200
MOST_PAIRS = 1000  # that a look through a folder reports


def describe_summary(summary: SourceSummary) -> dict[str, str]:
    """Return what the page says about a source, by label."""
    count = counted(summary.num_pictures, "frame" if summary.kind == "video" else "picture")
    if summary.frames_per_second:
        seconds = summary.num_pictures / summary.frames_per_second
        count += f", {seconds:,.0f} s at {summary.frames_per_second:g} frames per second"
    grey = summary.grey_share
    colour = "all grey" if grey >= 1 else "colour" if grey <= 0 else f"{grey:.0%} grey, rest colour"
    kind = "data set with ground truth" if summary.has_ground_truth else summary.kind
    pages = _pages(summary)
    return {
        "Pictures": f"{count}, from files with {pages}" if pages else count,
        "Sizes": describe_sizes(summary.sizes) + _advice(summary),
        "Colour": colour,
        "Brightness": _brightness(summary),
        "Unreadable": "none" if not summary.unreadable else (
            f"{counted(len(summary.unreadable), 'file')}, left out"
        ),
        "Duplicates": "none found" if not summary.duplicates else (
            f"{'at least ' if len(summary.duplicates) >= MOST_PAIRS else ''}"
            f"{counted(len(summary.duplicates), 'pair')} with the same content"
        ),
        "Kind": kind,
    }  # fmt: skip


def _brightness(summary: SourceSummary) -> str:
    if summary.brightness is None:
        return "eight bits, as they are"
    low, high = summary.brightness
    return f"black is {low:g}, white is {high:g}, the same in every picture"


def _pages(summary: SourceSummary) -> str:
    """Return which pictures lie together in files; empty where each has a file of its own."""
    words = {"t": "time", "z": "depth", "page": "page", "series": "series"}
    return " × ".join(
        counted(count, words.get(name, name)) for name, count in summary.axes if count > 1
    )


def _advice(summary: SourceSummary) -> str:
    if not summary.proposed_crops:
        return ""
    return (
        f". Things in them look small: set Crops to {summary.proposed_crops} px when training, to "
        "see them at full resolution"
    )


def proposal_rows(
    proposal: DataProposal, sizes: tuple[tuple[int, int, int], ...]
) -> dict[str, str]:
    """Return what a first look proposes, by label.

    Args:
        proposal: of these pictures.
        sizes: (width, height, count) each, the commonest first.
    """
    diameter = f"{proposal.keypoint_share:.0%} of a picture's width"
    if sizes:
        diameter = f"{proposal.keypoint_share * sizes[0][0]:.0f} px, {diameter}"
    recurring = counted(proposal.num_recurring, "kind")
    verb = "recurs" if proposal.num_recurring == 1 else "recur"
    return {
        say("[Points] per picture"): f"{proposal.num_keypoints}",
        say("[Kinds]"): f"{proposal.num_prototypes}, since {recurring} {verb} clearly",
        say("Size of a [point]"): diameter,
        "Size to work at": f"{proposal.size[0]}×{proposal.size[1]} px",
    }


def origin_of(proposal: DataProposal) -> str:
    """Say how a proposal was made."""
    return (
        f"Measured on {counted(proposal.num_pictures, 'picture')}: parts that recur were looked "
        "for and counted, without training. Discover sets all of this by itself."
    )


def counted(num: int, noun: str) -> str:
    """Return a number with its noun, such as ``"1 file"`` or ``"1,200 files"``."""
    return f"{num:,} {noun}" if num == 1 else f"{num:,} {noun}s"


def describe_sizes(sizes: tuple[tuple[int, int, int], ...]) -> str:
    """Return smallest, median and largest size in words.

    Args:
        sizes: (width, height, count) each.
    """
    if not sizes:
        return "unknown"
    if len(sizes) == 1:
        return f"all {sizes[0][0]}×{sizes[0][1]}"
    ordered = sorted(sizes, key=lambda size: size[0] * size[1])
    total, passed = sum(size[2] for size in ordered), 0
    median = ordered[-1]
    for size in ordered:
        passed += size[2]
        if 2 * passed >= total:
            median = size
            break
    low, high = ordered[0], ordered[-1]
    return (
        f"{low[0]}×{low[1]} to {high[0]}×{high[1]}, median {median[0]}×{median[1]} "
        f"({len(sizes)}{'+' if len(sizes) == 20 else ''} different)"
    )


def problem_lines(summary: SourceSummary) -> list[str]:
    """Return what is wrong with the files of a source, one line each."""
    lines = list(summary.notes)
    for item in summary.unreadable[:MAX_LISTED]:
        reason = item.reason.removeprefix(str(item.path)).removeprefix(" is ").strip()
        lines.append(f"{item.path.name}: {reason}")
    if len(summary.unreadable) > MAX_LISTED:
        lines.append(f"… and {len(summary.unreadable) - MAX_LISTED:,} more")
    lines += [f"{a.name} = {b.name}" for a, b in summary.duplicates[:MAX_LISTED]]
    if len(summary.duplicates) > MAX_LISTED:
        lines.append(f"… and {len(summary.duplicates) - MAX_LISTED:,} more with the same content")
    return lines
