"""The frozen network of photographs."""

import pytest
import torch

from tusk_core.nn.trunk import TAP_CHANNELS, TAP_STRIDES, Trunk
from tusk_core.results import TuskError

# Shape, mean, deviation and the first place's first channels, computed independently.
EXPECTED = {
    "fine": ((1, 24, 16, 24), -0.7748, 14.332, (-7.493, 18.852, -2.506, -12.996)),
    "middle": ((1, 40, 8, 12), 1.1859, 12.2003, (1.062, -5.036, -0.385, -2.651)),
    "coarse": ((1, 112, 4, 6), -0.6808, 7.1653, (0.729, -2.571, 0.792, -6.415)),
}


@pytest.fixture(scope="module")
def trunk():
    return Trunk()


def test_features_are_those_of_the_published_network(trunk):
    c, y, x = torch.meshgrid(torch.arange(3), torch.arange(64), torch.arange(96), indexing="ij")
    images = (((7 * x + 13 * y + 29 * c) % 256) / 255).unsqueeze(0)
    taps = trunk(images)
    for name, (shape, mean, deviation, first) in EXPECTED.items():
        tap = getattr(taps, name)
        assert tuple(tap.shape) == shape
        assert tap.mean().item() == pytest.approx(mean, abs=2e-4)
        assert tap.std().item() == pytest.approx(deviation, abs=2e-3)
        assert tap[0, :4, 0, 0].tolist() == pytest.approx(first, abs=2e-3)


def test_any_size_from_one_cell_up_and_grey_pictures(trunk):
    images = torch.rand(2, 1, 37, 50)
    taps = trunk(images)
    for tap, channels, stride in zip(
        (taps.fine, taps.middle, taps.coarse), TAP_CHANNELS, TAP_STRIDES, strict=True
    ):
        assert tuple(tap.shape) == (2, channels, -(-37 // stride), -(-50 // stride))
    assert torch.equal(trunk(images.expand(-1, 3, -1, -1)).coarse, taps.coarse)
    with pytest.raises(TuskError, match="smaller than one cell"):
        trunk(torch.rand(1, 3, 40, 15))


def test_it_is_saved_with_a_model_but_never_trained(trunk):
    assert list(trunk.parameters()) == []
    assert len(trunk.state_dict()) == 66
    images = torch.rand(1, 3, 16, 16, requires_grad=True)
    trunk(images).coarse.sum().backward()
    assert images.grad.abs().sum() > 0
