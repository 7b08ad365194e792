"""A Checker may be shared by threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import notecheck


def test_threads_get_the_reports_that_one_thread_gets() -> None:
    checker = notecheck.Checker()
    texts = [f"Hi Ana, thanks for the call on day {n}. Was it my test number {n}?" for n in range(12)]
    alone = [checker.check(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(checker.check, texts)) == alone
