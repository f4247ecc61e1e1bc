"""Muon steps the matrices of a network in place, and AdamW everything else."""

import pytest
import torch
from torch import nn

from house_model.training.optimizers import Optimizers


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(16, 24, 3, padding=1), nn.GroupNorm(4, 24), nn.Conv2d(24, 16, 1), nn.Flatten()
    )


@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
def test_a_step_changes_the_networks_own_weights(order: torch.memory_format) -> None:
    net = network().to(memory_format=order)
    before = [parameter.detach().clone() for parameter in net.parameters()]
    optimizers = Optimizers({"net": net}, weight_decay=0.0, with_muon=True)
    net(torch.randn(2, 16, 4, 4)).square().mean().backward()
    optimizers.step(0.01)
    assert all(not torch.equal(old, new) for old, new in zip(before, net.parameters(), strict=True))


def test_a_matrix_moves_equally_far_in_every_direction() -> None:
    net = network()
    before = net[0].weight.detach().clone()
    optimizers = Optimizers({"net": net}, weight_decay=0.0, with_muon=True)
    net(torch.randn(2, 16, 4, 4)).square().mean().backward()
    optimizers.step(0.01)
    moved = torch.linalg.svdvals((net[0].weight - before).detach().flatten(1))
    assert moved.max() / moved.min() < 4


@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
def test_the_order_of_channels_in_memory_does_not_change_the_step(
    order: torch.memory_format,
) -> None:
    pictures = torch.randn(2, 16, 4, 4, generator=torch.Generator().manual_seed(1))
    stepped: list[torch.Tensor] = []
    for memory_format in (torch.contiguous_format, order):
        net = network().to(memory_format=memory_format)
        optimizers = Optimizers({"net": net}, weight_decay=0.0, with_muon=True)
        net(pictures).square().mean().backward()
        optimizers.step(0.01)
        stepped.append(net[0].weight.detach())
    assert torch.allclose(*stepped, atol=2e-4)


def test_a_restored_optimiser_goes_on_as_the_one_before() -> None:
    def trained(steps: int, *, broken_off_after: int | None = None) -> torch.Tensor:
        net = network()
        optimizers = Optimizers({"net": net}, weight_decay=0.01, with_muon=True)
        for step in range(steps):
            if step == broken_off_after:
                state = optimizers.state()
                optimizers = Optimizers({"net": net}, weight_decay=0.01, with_muon=True)
                optimizers.restore(state)
            net.zero_grad()
            net(torch.ones(1, 16, 4, 4)).square().mean().backward()
            optimizers.step(0.01)
        return net[0].weight.detach()

    assert torch.equal(trained(4), trained(4, broken_off_after=2))


def test_without_muon_everything_is_left_to_adamw() -> None:
    optimizers = Optimizers({"net": network()}, weight_decay=0.0, with_muon=False)
    assert len(optimizers.state()) == 1
