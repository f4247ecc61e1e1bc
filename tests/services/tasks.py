"""What a worker takes where there is work for it."""

from brandstudio.services.work.worker import Worker, take
from brandstudio.storage.work.queue import Task


def take_task(worker: Worker) -> Task:
    task = take(worker)
    assert task is not None, "there is work, yet the worker found none"
    return task
