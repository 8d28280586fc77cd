"""Work done by threads side by side, which Ctrl-C ends."""

import threading
from collections.abc import Callable, Sequence


def go(works: Sequence[Callable[[], None]], stop: Callable[[], None]) -> None:
    """Each in a thread of its own, until all are through. After Ctrl-C `stop`, which makes them end soon, and KeyboardInterrupt."""
    threads = [threading.Thread(target=work) for work in works]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.5)
    except KeyboardInterrupt:
        stop()
        for thread in threads:
            thread.join()
        raise
