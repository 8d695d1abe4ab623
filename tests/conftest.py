"""One thread for linear algebra, as in every command: sums keep their order.

The commands set it before they import NumPy; here a plugin has imported it already.
"""

from hypothesis import settings
from threadpoolctl import threadpool_limits

import her2omics.cli  # noqa: F401

threadpool_limits(1)

# By the clock on the wall other tests at work would decide what passes.
settings.register_profile("no_deadline", deadline=None)
settings.load_profile("no_deadline")


def pytest_collection_modifyitems(items):
    """Put what runs the workflow first, slow files before all: no core waits for them at last."""
    items.sort(
        key=lambda item: (
            item.get_closest_marker("slow") is None,
            "workflow" not in item.path.parts,
        )
    )
