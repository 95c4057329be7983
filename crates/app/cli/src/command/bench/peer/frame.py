# What every peer's program begins with: answers one line "PEER {json}" and says so when the peer is absent.
import importlib.metadata
import json
import os
import sys
import time


def answer(**what):
    sys.stdout.flush()
    print("\nPEER " + json.dumps(what), flush=True)


def version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"


def spent(work):
    """CPU seconds of this process on some work, and what the work gave."""
    start = time.process_time()
    out = work()
    return time.process_time() - start, out


def begin(work):
    try:
        what, figures = work()
        answer(version=what, figures=figures)
    except ImportError as error:
        # A module that is there but does not load is a failure, not an absence.
        if isinstance(error, ModuleNotFoundError) and error.name in ABSENT:
            answer(absent=True)
        else:
            answer(failed=f"{type(error).__name__}: {error}"[:200])
    except Exception as error:
        answer(failed=f"{type(error).__name__}: {error}"[:200])
