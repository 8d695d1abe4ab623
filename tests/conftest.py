"""One thread for linear algebra, as in every command: sums keep their order.

The commands set it before they import NumPy; here a plugin has imported it already.
"""

from threadpoolctl import threadpool_limits

import her2omics.cli  # noqa: F401

threadpool_limits(1)
