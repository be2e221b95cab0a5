"""A TUSK model whose features have seen photographs: what a thing is comes from a frozen network.

A dense head (or the clusters of the frozen features as they are) gives a descriptor to every cell
and one map to each kind; keypoints are the peaks of each kind's own map. A kind's membership is
absolute, so that a picture without the subject has low scores. Decoder and background are those
of the other models.

Shapes: B batch, K keypoints, M kinds (prototypes), C descriptor length, H x W picture, h x w maps
at stride 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tusk_core.config import TrainConfig
from tusk_core.geometry.grids import map_to_picture
from tusk_core.nn.decoder import Background, Decoder
from tusk_core.nn.dense_head import DenseHead
from tusk_core.nn.keypoint_set import KeypointSet
from tusk_core.nn.kind_peaks import find_kind_peaks, joined_maps
from tusk_core.nn.middle_votes import MiddleVotes
from tusk_core.nn.model import Encoded, TuskModel
from tusk_core.nn.precision import at_least_float
from tusk_core.nn.prototypes import Prototypes
from tusk_core.nn.seed_kinds import SEED_TEMPERATURE, SeedKinds
from tusk_core.nn.shared_blobs import blur_for, share_out
from tusk_core.nn.trunk import TAP_CHANNELS, TAP_STRIDES, Taps, Trunk

# Two places of one kind, such as the eyes of two people, have a cosine of 0.5 (quartiles around
# 0.4 and 0.65); measured on faces with the frozen features.
CLICK_COSINE, REFUSED_COSINE, CLICK_SOFTNESS = 0.5, 0.6, 0.05

_INNER = 0.7  # of the refinement window

# Ranks outside [0, 1] are a person's word: no ranking changes them.
SAID_KEEP, SAID_IGNORE = 2.0, -1.0


@dataclass(frozen=True, slots=True)
class EncodedKinds(Encoded):
    """What a photo model says about pictures; ``score_map`` is the highest of its kinds' maps.

    Attributes:
        kind_logits: (B, M, h, w) cosine to each prototype over its temperature; their softmax is
            the membership of a place.
        peak_logits: (B, M, h, w) log-odds of a kind's peak against none; None before there is a
            trained head.
        kind_maps: (B, M, h, w) in [0, 1] that keypoints are read from; 0 for kinds not kept.
    """

    kind_logits: Tensor
    peak_logits: Tensor | None
    kind_maps: Tensor


class PhotoModel(TuskModel):
    """Frozen trunk, kinds, their peaks and the decoder as one module.

    Args:
        config: ``encoder.backbone`` is not "none".
    """

    def _build(self, config: TrainConfig) -> None:
        kinds, encoder = config.prototypes.num_prototypes, config.encoder
        self.trunk = Trunk()
        self.seed = SeedKinds(kinds, encoder.seed_components)
        self.head = DenseHead(encoder, kinds) if encoder.head == "dense" else None
        self.prototypes = Prototypes(kinds, encoder.num_features)
        self.register_buffer("kept", torch.ones(kinds))
        self.register_buffer("rank", torch.zeros(kinds))
        # Kinds that a person added; they lie beside the model's file, not in it.
        self.register_buffer("clicked", torch.zeros(kinds, dtype=torch.bool), persistent=False)
        self.register_buffer("refused", torch.zeros(kinds, dtype=torch.bool), persistent=False)
        # Where places were added to a kind: the row that says where else it is; else its own.
        self.register_buffer("helper", torch.arange(kinds), persistent=False)
        self.is_steered = False
        reach = config.keypoints.vote_reach if config.keypoints.joined_blur else 0
        self.votes = MiddleVotes(kinds, reach) if reach else None
        self.stride = TAP_STRIDES[0]
        colours, size = config.data.channels, (config.data.width, config.data.height)
        self.decoder = Decoder(config.decoder, encoder.num_features, colours)
        self.background = Background(config.decoder, TAP_CHANNELS[-1], colours, size)

    kept: Tensor
    rank: Tensor
    clicked: Tensor
    refused: Tensor
    helper: Tensor

    def add_clicks(self, first: int, num_clicked: int, helped: tuple[int, ...] = ()) -> None:
        """Say what the prototypes from ``first`` on are: kinds from clicks, refused, helpers.

        Args:
            first: of the added ones.
            num_clicked: kinds from clicks.
            helped: kinds of the model that the last ones help, in their order.
        """
        last = len(self.clicked) - len(helped)
        self.clicked[first : first + num_clicked] = True
        self.clicked[last:] = True
        self.refused[first + num_clicked : last] = True
        self.helper[list(helped)] = torch.arange(last, len(self.clicked), device=self.helper.device)
        self.is_steered = True

    def take_ranking(self, scores: Tensor, kept: Tensor) -> None:
        """Set how good each kind is and which count, but never against what a person said.

        Args:
            scores: (M,) in [0, 1].
            kept: (M,) bool.
        """
        wanted, unwanted = self.rank >= SAID_KEEP, self.rank <= SAID_IGNORE
        self.kept.copy_((kept.to(wanted.device) | wanted) & ~unwanted)
        self.rank.copy_(torch.where(wanted | unwanted, self.rank, scores))

    def network(self) -> nn.Module | None:
        """Return what is trained of the encoder; None where nothing is."""
        return self.head

    @torch.no_grad()
    def take_seed(self, samples: Tensor, taps: Taps, generator: torch.Generator) -> None:
        """Begin from the clusters of the pictures to learn from.

        Args:
            samples: (N, 112) cells of the coarse map.
            taps: of some pictures; their channels' mean and deviation standardise the head.
            generator: on the CPU.
        """
        self.seed.fit(samples, generator)
        if self.head is not None:
            self.head.standardise(taps)
            self.begin_from_seed()
        else:
            self.prototypes.vectors.copy_(self.seed.centres)

    @torch.no_grad()
    def begin_from_seed(self) -> None:
        """Make the trained kinds and peaks those of the seed, if the head can begin so."""
        if self.head is None or not self.head.seed_components:
            return
        centres = self.seed.centres
        self.head.begin_from(centres)
        self.prototypes.vectors.zero_()
        self.prototypes.vectors[:, : centres.shape[1]] = centres

    def encode(self, images: Tensor) -> EncodedKinds:
        """Return maps and features of pictures (B, channels, H, W) in [0, 1]."""
        return self.encode_taps(self.trunk(images), images)

    def encode_taps(self, taps: Taps, images: Tensor) -> EncodedKinds:
        """Like ``encode``, from frozen features that are known already."""
        surface = self.surface(taps, images)
        size = (images.shape[-1], images.shape[-2])
        return self.encode_surface(surface, taps.coarse, size)

    def surface(self, taps: Taps, images: Tensor) -> Tensor:
        """Return the map (B, n, h, w) that kinds and peaks are read from, place by place.

        Args:
            taps: of the pictures.
            images: (B, channels, H, W) in [0, 1]; only a colour stem reads more than their size.
        """
        if self.head is None:
            coarse = self.seed.directions(taps.coarse)
            height, width = taps.fine.shape[-2:]
            large = F.interpolate(coarse, scale_factor=4, mode="bilinear", align_corners=False)
            return large[..., :height, :width]
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.fast_arithmetic):
            directions = self.seed.directions(taps.coarse) if self.head.seed_components else None
            surface: Tensor = self.head(taps, images, directions)
        return surface

    def encode_surface(
        self, surface: Tensor, coarse: Tensor, size: tuple[int, int]
    ) -> EncodedKinds:
        """Return maps and features from what ``surface`` returned.

        Args:
            surface: (B, n, h, w).
            coarse: (B, 112, h', w'), the trunk's coarsest map.
            size: (width, height) of the pictures.
        """
        unit = self.descriptors(surface)
        logits = self.kind_logits(unit)
        peaks = self.peak_logits(surface)
        every = self._maps(logits, peaks)
        maps = every * self.kept.view(1, -1, 1, 1)
        reading = self.config.keypoints
        if reading.joined_blur:
            area = reading.thing_area
            maps = joined_maps(maps, blur_for(area) if area else reading.joined_blur)
        if self.votes is not None:
            maps = self.votes.sharpened(maps, every)
        return EncodedKinds(
            score_map=maps.amax(dim=1, keepdim=True),
            features=unit,
            code=self.background.code(coarse),
            size=size,
            kind_logits=logits,
            peak_logits=peaks,
            kind_maps=maps,
        )

    def descriptors(self, surface: Tensor) -> Tensor:
        """Return descriptors (B, C, h, w), unit length, of places of a surface (B, n, h, w)."""
        if self.head is None:
            return F.normalize(surface, dim=1)
        with torch.autocast(surface.device.type, torch.bfloat16, enabled=self.fast_arithmetic):
            features = self.head.features(surface)
        return F.normalize(at_least_float(features), dim=1)

    def kind_logits(self, descriptors: Tensor) -> Tensor:
        """Return (B, M, h, w): cosine to each prototype over the temperature."""
        cosines = torch.einsum("bchw,mc->bmhw", descriptors, self.prototypes.unit())
        return cosines / self.temperature

    def peak_logits(self, surface: Tensor) -> Tensor | None:
        """Return log-odds (B, M, h, w) of each kind's peak; None where none are learned."""
        if self.head is None or not self.config.losses.peaks_weight:
            return None
        with torch.autocast(surface.device.type, torch.bfloat16, enabled=self.fast_arithmetic):
            return at_least_float(self.head.peaks(surface))

    def _maps(self, logits: Tensor, peaks: Tensor | None) -> Tensor:
        if not self.is_steered:
            return kind_maps(logits, peaks)
        added = (self.clicked | self.refused).view(1, -1, 1, 1)
        own = peaks if peaks is None else peaks.masked_fill(added, -torch.inf)
        maps = kind_maps(logits.masked_fill(added, -torch.inf), own)
        clicked = self.clicked.view(1, -1, 1, 1)
        maps = steered_maps(maps, logits * self.temperature, clicked, self.refused)
        return torch.maximum(maps, maps[:, self.helper])

    def _masses(self, encoded: EncodedKinds) -> Tensor | None:
        """Return (B, M, h, w) whose centre of mass is where a keypoint lies; None for its own map.

        A learned peak says which blob of its kind counts; where the blob is, its memberships say
        better (docs/results-real.md).
        """
        if encoded.peak_logits is None or self.config.keypoints.joined_blur:
            return None
        if not self.is_steered:
            return torch.softmax(encoded.kind_logits, dim=1)
        added = (self.clicked | self.refused).view(1, -1, 1, 1)
        own = torch.softmax(encoded.kind_logits.masked_fill(added, -torch.inf), dim=1)
        helped = self.helper != torch.arange(len(self.helper), device=self.helper.device)
        return torch.where(added | helped.view(1, -1, 1, 1), encoded.kind_maps, own)

    @property
    def temperature(self) -> float:
        """Of the cosine between descriptors and prototypes."""
        return SEED_TEMPERATURE if self.head is None else self.config.losses.kmeans_temperature

    def _few_kinds(self, maps: Tensor) -> Tensor | None:
        """Return which kinds (n,) can have keypoints; None where all maps are to be read.

        The maps of the others are 0, and reading 9 of 128 takes a fifth of the time. Not in
        training, whose arithmetic stays as it is, nor where a GPU would have to be waited for.
        """
        if maps.is_cuda or torch.is_grad_enabled() or torch.compiler.is_compiling():
            return None
        few = self.kept.nonzero()[:, 0]
        return few if 0 < len(few) < len(self.kept) else None

    def find_keypoints(
        self,
        encoded: Encoded,
        num_keypoints: int | None = None,
        *,
        places: Tensor | None = None,
    ) -> KeypointSet:
        """Read the K highest peaks of the kept kinds, each of its own kind's map.

        Where blobs are shared out, another K than the model's gives K things to every picture.
        """
        assert isinstance(encoded, EncodedKinds)
        assert places is None
        config, maps = self.config.keypoints, encoded.kind_maps
        few = None if config.joined_blur else self._few_kinds(maps)
        read = encoded.score_map if config.joined_blur else maps
        if few is not None:
            read = maps[:, few]
        count = min(num_keypoints or config.num_keypoints, read[0].numel())
        shift: Tensor | float = 0.0
        if config.joined_blur and config.thing_area:
            # Another number than the model's is how many there are, not how many at most; of the
            # tiles of a picture it tells nothing.
            is_own = num_keypoints in {None, config.num_keypoints}
            number = 0 if is_own or self.config.data.crops else count
            found = share_out(read, count, config.thing_area, number)
            shift = torch.tensor([config.thing_x, config.thing_y], device=maps.device)
        else:
            masses = self._masses(encoded)
            found = find_kind_peaks(
                read,
                count,
                window=config.nms_window,
                across=config.across_window,
                refine=config.refine_window if masses is None else _inner(config.refine_window),
                masses=masses if masses is None or few is None else masses[:, few],
            )
        kinds = found.kinds if few is None else few[found.kinds]
        if config.joined_blur:
            of_cells = found.cells.unsqueeze(1).expand(-1, maps.shape[1], -1)
            kinds = maps.flatten(2).gather(2, of_cells).argmax(dim=1)
        return KeypointSet(
            map_to_picture(found.xy + shift, self.stride),
            found.scores,
            self._descriptors_in_cells(encoded.features, found.xy),
            kinds,
        )


def _inner(window: int) -> int:
    """Return the odd side of the window in which memberships are weighed.

    They reach further than peaks do, and what they say far away is of another place: with four
    keypoints of 32 kinds the whole window was worse than the peak's own map.
    """
    return 2 * max(1, round(_INNER * (window // 2))) + 1


def kind_maps(kind_logits: Tensor, peak_logits: Tensor | None) -> Tensor:
    """Return the maps (B, M, h, w) in [0, 1] that keypoints are read from.

    With a trained head they compete with "no peak here", whose log-odds are 0; without one they
    are the memberships.
    """
    if peak_logits is None:
        return torch.softmax(kind_logits, dim=1)
    nothing = torch.zeros_like(peak_logits[:, :1])
    return torch.softmax(torch.cat([peak_logits, nothing], dim=1), dim=1)[:, :-1]


def steered_maps(maps: Tensor, cosines: Tensor, clicked: Tensor, refused: Tensor) -> Tensor:
    """Return the maps (B, M, h, w) of a model with kinds from clicks and refused places.

    A kind from clicks has no rivals: its map rises from 0 to 1 around the cosine that two places of
    one kind usually have. What is nearer to a refused direction than to it, or as near to a refused
    direction as places of one kind are, is not its.

    Args:
        maps: (B, M, h, w) of the model's own kinds.
        cosines: (B, M, h, w) to every direction.
        clicked: (1, M, 1, 1) bool.
        refused: (M,) bool.
    """
    maps = torch.where(clicked, torch.sigmoid((cosines - CLICK_COSINE) / CLICK_SOFTNESS), maps)
    away = cosines.masked_fill(~refused.view(1, -1, 1, 1), -1.0).amax(dim=1, keepdim=True)
    maps = maps * torch.sigmoid((REFUSED_COSINE - away) / CLICK_SOFTNESS)
    nearer = torch.sigmoid((cosines - away) / CLICK_SOFTNESS)
    return torch.where(clicked, maps * nearer, maps)
