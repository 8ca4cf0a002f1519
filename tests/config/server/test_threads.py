"""Work that threads do for a loop."""

import asyncio
import sys
import threading

import pytest

from config.server.threads import Threads


def test_it_works() -> None:
    async def names() -> set[str]:
        threads, together = Threads(2), threading.Barrier(2)

        def name() -> str:
            together.wait(10)  # which takes two threads
            return threading.current_thread().name

        return set(await asyncio.gather(*(threads.run(name) for _ in range(10))))

    assert asyncio.run(names()) == {"request-0", "request-1"}


def test_an_error_is_for_whoever_waits() -> None:
    async def after_an_error() -> int:
        threads = Threads(1)
        with pytest.raises(SystemExit):
            await threads.run(lambda: sys.exit(1))
        return int(await threads.run(lambda: 1))

    assert asyncio.run(after_an_error()) == 1


def test_nobody_waits_any_more() -> None:
    async def after_a_cancel() -> int:
        threads, go_on = Threads(1), threading.Event()
        waiting = asyncio.ensure_future(threads.run(lambda: go_on.wait(10)))
        await asyncio.sleep(0)
        waiting.cancel()
        go_on.set()
        return int(await threads.run(lambda: 1))

    assert asyncio.run(after_a_cancel()) == 1
