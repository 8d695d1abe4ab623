"""Seeds that depend on the config seed and on ids alone, never on order or batch."""

from __future__ import annotations

import hashlib


def seed_for(seed: int, *parts: str) -> int:
    """Return a stable 64-bit seed for ``np.random.default_rng``.

    Parameters
    ----------
    seed
        Config key ``seed``.
    parts
        What the random step belongs to, such as the step's name and a patient id.
    """
    # The lengths keep ("ab", "c") and ("a", "bc") apart.
    text = "|".join([str(int(seed)), *(f"{len(part)}:{part}" for part in parts)])
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest(), "big")
