"""What the peers in Python share, as protocol.mjs: `python PEER SECONDS THREADS ROW-JSON` prints {times, versions}, times
in milliseconds a step, or {unsupported} with the reason."""

import json
import sys
import time

# A first step that takes longer than this, in seconds, is the last.
PATIENCE = 60


def request():
    """Seconds, threads and the row, as the command line has them."""
    return tuple(json.loads(text) for text in sys.argv[1:4])


def answer(result):
    print(json.dumps(result))


def timed(step, seconds, repeat=1, patience=PATIENCE):
    """Two steps to warm up, then steps for so many seconds; where the second alone takes longer, it is the one that counts."""

    def once():
        started = time.perf_counter()
        for _ in range(repeat):
            step()
        return 1e3 * (time.perf_counter() - started) / repeat

    first = once() * repeat
    if first > 1e3 * patience:
        return {"unsupported": f"its first step took {first / 1e3:.0f} s"}
    second = once()
    if second * repeat > 1e3 * seconds:
        return {"times": [second]}
    times, end = [], time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        times.append(once())
    return {"times": times}
