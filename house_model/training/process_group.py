"""Several single-thread processes that train copies of one model and average them.

One process with two OpenMP threads falls from seven steps a second to one in five on a shared
machine, because the threads spin at barriers; one process per core with averaging does not.
"""

import logging
import signal
import socket
from collections.abc import Callable, Sequence
from datetime import timedelta

import torch
import torch.distributed as distributed
from torch import Tensor
from torch.multiprocessing.spawn import spawn  # pyright: ignore[reportUnknownVariableType]


class ProcessGroup:
    """This process among its fellows; alone, every method does nothing."""

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank, self.size = rank, size

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    @torch.no_grad()
    def average(self, parameters: Sequence[Tensor]) -> None:
        """Give every process the mean of all copies; parameters change in place."""
        if self.size == 1:
            return
        flat = torch.cat([parameter.detach().reshape(-1) for parameter in parameters])
        distributed.all_reduce(flat)
        flat.div_(self.size)
        means = torch.split(flat, [parameter.numel() for parameter in parameters])
        for parameter, mean in zip(parameters, means, strict=True):
            parameter.copy_(mean.view_as(parameter))

    def agree(self, value: float) -> float:
        """The first process's value, in every process: clocks differ, decisions must not."""
        if self.size == 1:
            return value
        shared = torch.tensor([value], dtype=torch.float64)
        distributed.broadcast(shared, 0)
        return float(shared.item())


ALONE = ProcessGroup()


def run_group(work: Callable[[ProcessGroup], None], size: int) -> None:
    """Run `work` in `size` processes of one thread each; the callable must be picklable."""
    torch.set_num_threads(1)
    if size == 1:
        work(ALONE)
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    members = (work, size, port)
    spawn(_member, args=members, nprocs=size)  # pyright: ignore[reportUnknownMemberType]


def _member(rank: int, work: Callable[[ProcessGroup], None], size: int, port: int) -> None:
    torch.set_num_threads(1)
    # torch sends it when the parent is gone; started behind a shell's &, Python would ignore it and
    # the members would train on, unseen.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if rank == 0:  # a spawned process inherits no logging
        logging.basicConfig(
            level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S"
        )
    distributed.init_process_group(
        "gloo",
        init_method=f"tcp://127.0.0.1:{port}",
        rank=rank,
        world_size=size,
        timeout=timedelta(hours=2),
    )
    work(ProcessGroup(rank, size))
    distributed.destroy_process_group()
