"""How many threads a run computes with, from how long its steps take."""

from __future__ import annotations

from collections.abc import Callable

from tusk_core.training.thread_choice import ThreadChoice

Machine = Callable[[int], float]


def run(choice: ThreadChoice, machine: Machine, steps: int) -> list[str]:
    """Let steps take what the machine says for the threads they have; returns what was told."""
    return [told for _ in range(steps) if (told := choice.after_step(machine(choice.threads)))]


def idle(threads: int) -> float:
    return 0.4 / threads


def busy(threads: int) -> float:
    """Another program holds a core of two: both threads wait for the slower one."""
    return 0.4 if threads == 1 else 8.0


def test_idle_cores_are_all_used_and_it_is_told_why() -> None:
    tried: list[int] = []
    told = run(choice := ThreadChoice(8, tried.append), idle, 30)

    assert choice.threads == 8
    assert tried[:4] == [1, 2, 4, 8]
    assert len(told) == 1
    assert "8 of 8 threads" in told[0]
    assert "with 1 it takes 0.4 s" in told[0]


def test_a_busy_core_costs_one_slow_step_at_the_start() -> None:
    slow: list[float] = []

    def machine(threads: int) -> float:
        slow.append(busy(threads))
        return slow[-1]

    choice = ThreadChoice(2, lambda _threads: None)
    run(choice, machine, 100)

    assert choice.threads == 1
    assert sum(seconds > 1 for seconds in slow[:20]) == 1


def test_a_program_that_starts_later_is_noticed_and_so_is_its_end() -> None:
    choice = ThreadChoice(2, lambda _threads: None)
    run(choice, idle, 20)
    assert choice.threads == 2

    told = run(choice, busy, 20)
    assert choice.threads == 1
    assert "1 of 2 threads" in told[-1]

    run(choice, idle, 200)
    assert choice.threads == 2


def test_trying_more_threads_on_a_busy_machine_becomes_rare() -> None:
    choice, lost, total = ThreadChoice(2, lambda _threads: None), 0.0, 0.0
    for _ in range(5000):
        seconds = busy(choice.threads)
        total += seconds
        lost += seconds - 0.4
        choice.after_step(seconds)

    assert lost < 0.06 * total
