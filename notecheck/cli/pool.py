"""Worker processes: each loads once, checks chunks of short notes, and may die without ending the run."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self, TypeVar

from notecheck.cli.runner import Evaluator, Item, MakeChecker, Result

Chunk = TypeVar("Chunk")

#: After so many deaths something is wrong with the machine rather than with a draft.
MAX_DEATHS = 10

# Processes already share out the cores; threads of theirs would only be in each other's way.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")


class _DiedError(Exception):
    """A worker process has ended before it answered."""


class Pool:
    """Processes that check chunks of items. Use it as a context manager; leaving it ends the processes.

    A thread of this process stands behind each of them, sends it a chunk and waits for the results. Where a
    process dies, its chunk is checked again draft by draft by another, so that only the draft that kills
    is lost.

    Args:
        size: how many processes; they start when there is something for them to do.
        make_checker: a function that can be pickled.
    """

    def __init__(self, size: int, make_checker: MakeChecker) -> None:
        self._size = size
        self._make_checker = make_checker
        self._context = get_context("spawn")
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="notecheck", initializer=_hold_interrupts)
        self._local = threading.local()
        self._lock = threading.Lock()
        self._workers: list[_Worker] = []
        self._deaths = 0
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        with self._lock:
            self._closed = True
            workers, self._workers = self._workers, []
        for worker in workers:
            worker.end()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def map(
        self, chunks: Iterable[Chunk], items: Callable[[Chunk], list[Item]]
    ) -> Iterator[tuple[Chunk, list[Result]]]:
        """Each chunk with the results of its items, in order; only a few chunks are taken ahead."""
        waiting: deque[tuple[Chunk, Future[list[Result]]]] = deque()
        for chunk in chunks:
            waiting.append((chunk, self._threads.submit(self._evaluate, items(chunk))))
            while waiting and (len(waiting) > 2 * self._size + 2 or waiting[0][1].done()):
                done, future = waiting.popleft()
                yield done, future.result()
        while waiting:
            done, future = waiting.popleft()
            yield done, future.result()

    def _evaluate(self, items: Sequence[Item]) -> list[Result]:
        if not items:
            return []
        try:
            return self._worker().ask(items)
        except _DiedError as death:
            self._local.worker = None
            with self._lock:
                self._deaths += 1
            if len(items) == 1 or self._deaths >= MAX_DEATHS:
                return [f"{item.label}: not checked: {death}" for item in items]
            return [result for item in items for result in self._evaluate([item])]

    def _worker(self) -> _Worker:
        worker: _Worker | None = getattr(self._local, "worker", None)
        if worker is None:
            if self._deaths >= MAX_DEATHS:
                raise _DiedError("worker processes keep dying")
            worker = _Worker(self._context, self._make_checker)
            self._local.worker = worker
            with self._lock:
                closed = self._closed
                self._workers.append(worker)
            if closed:
                worker.end()
        return worker


class _Worker:
    """One process, and the pipe to it."""

    def __init__(self, context: Any, make_checker: MakeChecker) -> None:
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=serve, args=(other, make_checker), daemon=True)
        try:
            self._process.start()
        except OSError as error:
            raise _DiedError(f"no worker process could be started ({error.strerror})") from None
        finally:
            # The other end must be open in the process alone, or its death would not be seen.
            other.close()

    def ask(self, items: Sequence[Item]) -> list[Result]:
        try:
            self._pipe.send(items)
            results: list[Result] = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join(5)
            raise _DiedError(f"the worker process died{_cause(self._process.exitcode)}") from None
        return results

    def end(self) -> None:
        self._process.terminate()
        self._process.join()


def _cause(code: int | None) -> str:
    if code is None or code == 0:
        return ""
    if code > 0:
        return f" (exit code {code})"
    try:
        return f" ({signal.Signals(-code).name})"
    except ValueError:
        return f" (signal {-code})"


def _hold_interrupts() -> None:
    """Ctrl-C is for the main thread; a process started by this one inherits that it is held back."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def serve(pipe: Connection, make_checker: MakeChecker) -> None:
    """What a worker process does: answer until the other end of the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in _ONE_THREAD:
        os.environ[name] = "1"
    evaluate = Evaluator(make_checker, packed=True)
    while True:
        try:
            items = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(evaluate(items))
