"""Choosing the device at run time, with the reason shown to the user."""

from __future__ import annotations

import os
import platform
import sys
import threading

import torch

from tusk_core.results import DeviceInfo, TuskError


def _cuda_devices() -> list[DeviceInfo]:
    if torch.version.cuda is None and getattr(torch.version, "hip", None) is None:
        return [DeviceInfo("cuda", "NVIDIA GPU", False, "This torch is a CPU-only build.")]
    if not torch.cuda.is_available():
        return [DeviceInfo("cuda", "NVIDIA GPU", False, "No usable GPU or driver was found.")]
    found = []
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        label = f"{properties.name}, {properties.total_memory / 2**30:.1f} GB"
        found.append(DeviceInfo(f"cuda:{index}", label, True, "A CUDA GPU is the fastest choice."))
    return found


def _mps_device() -> DeviceInfo:
    if platform.system() != "Darwin":
        return DeviceInfo("mps", "Apple GPU", False, "Only on a Mac.")
    if not torch.backends.mps.is_available():
        return DeviceInfo("mps", "Apple GPU", False, "This Mac or this torch build has no Metal.")
    return DeviceInfo("mps", "Apple GPU", True, "The Mac's GPU through Metal.")


def list_devices() -> tuple[DeviceInfo, ...]:
    """Return every device, usable ones first; the first is what ``auto`` takes."""
    devices = [*_cuda_devices(), _mps_device()]
    usable = [d for d in devices if d.available]
    missing = " ".join(f"{d.label}: {d.reason}" for d in devices if not d.available)
    reason = "It always works." if usable else f"No GPU can be used. {missing}"
    cores = os.cpu_count() or 1
    cpu = DeviceInfo("cpu", f"CPU, {cores} cores", True, reason)
    return (*usable, cpu, *(d for d in devices if not d.available))


def choose_device(name: str) -> DeviceInfo:
    """Return the device for a setting such as ``auto``, ``cpu``, ``cuda`` or ``cuda:1``.

    Raises:
        TuskError: if that device cannot be used here, with the reason.
    """
    devices = list_devices()
    if name == "auto":
        return devices[0]
    for device in devices:
        if device.available and name in {device.name, device.name.partition(":")[0]}:
            return DeviceInfo(device.name, device.label, True, "Chosen in the settings.")
    kind = name.partition(":")[0]
    reasons = [d.reason for d in devices if not d.available and d.name.partition(":")[0] == kind]
    why = reasons[0] if reasons else "It is not there."
    raise TuskError(
        f"The device {name!r} cannot be used. {why} Choose 'auto' or one of: "
        f"{', '.join(d.name for d in devices if d.available)}."
    )


def to_device(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Return a CPU tensor on ``device``; a GPU is handed it without waiting for the GPU's queue."""
    if device.type != "cuda" or tensor.is_cuda:
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def limit_threads(threads: int = 0) -> None:
    """Compute with ``threads`` CPU threads; 0 leaves one core to the window and the system.

    A thread that gives way to the rest of its program, as the window's training does on Linux,
    may have that core as well. OMP_NUM_THREADS, where set, is the user's own word and wins over 0.
    """
    # The tails of splats and Adam's moments underflow; denormal numbers are many times slower.
    torch.set_flush_denormal(True)
    if threads:
        torch.set_num_threads(threads)
    elif "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, (os.cpu_count() or 1) - (0 if _gives_way() else 1)))


def _gives_way() -> bool:
    """Return whether this thread runs at a lower priority than its program."""
    if sys.platform != "linux":
        return False
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    return own > os.getpriority(os.PRIO_PROCESS, os.getpid())
