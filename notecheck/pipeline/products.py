"""Matrix products of rows with weights, by whichever library at hand makes them sooner.

A row must get the same figures whatever rows are multiplied with it, or a note would be read a little differently
in a folder than by itself. BLIS, which comes with thinc, gives them; OpenBLAS, which comes with NumPy, chooses
between several ways to multiply by the size of both sides. But it takes eight rows always the same way, and for so
few it starts no threads; on processors with 512-bit registers it has kernels for products as small as these, and so
is up to three times as fast as BLIS.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from thinc.backends import NumpyOps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

#: Rows that are multiplied at a time.
ROWS = 8
#: OpenBLAS has kernels for small products up to so many multiplications (``sgemm_small_kernel_permit``).
SMALL = 1_000_000
#: What NumPy calls a processor with 512-bit registers: as of 2.4, and before.
_WIDE = frozenset({"X86_V4", "AVX512_SKX"})


class RowOps(NumpyOps):  # type: ignore[misc]
    """thinc's operations with products by OpenBLAS, eight rows at a time; for weights that no longer change."""

    def __init__(self) -> None:
        super().__init__()
        self._turned: dict[tuple[int, tuple[int, ...]], tuple[Floats, Floats]] = {}

    def gemm(
        self, x: Floats, y: Floats, out: Floats | None = None, trans1: bool = False, trans2: bool = False
    ) -> Floats:
        """``x @ y``, either of them transposed first. Only rows with transposed weights go the quick way."""
        if out is not None or trans1 or not trans2 or ROWS * y.size > SMALL or not len(x):
            product: Floats = super().gemm(x, y, out=out, trans1=trans1, trans2=trans2)
            return product
        return _product(x, self._columns(y))

    def _columns(self, weights: Floats) -> Floats:
        """The weights, transposed once and for all."""
        key = (weights.__array_interface__["data"][0], weights.shape)
        if key not in self._turned:
            # The weights are kept too, so that nothing else can come to stand in their place.
            self._turned[key] = (np.ascontiguousarray(weights.T), weights)
        return self._turned[key][0]


def _product(x: Floats, columns: Floats) -> Floats:
    count, width = x.shape
    missing = -count % ROWS
    if missing:
        padded = np.zeros((count + missing, width), dtype=np.float32)
        padded[:count] = x
        x = padded
    made: Floats = np.matmul(x.reshape(-1, ROWS, width), columns)
    return made.reshape(len(x), -1)[:count]


@cache
def ops() -> NumpyOps:
    """The operations that are quickest here."""
    config: Any = np.show_config(mode="dicts")
    features = config.get("SIMD Extensions", {}).get("found", ())
    blas = config.get("Build Dependencies", {}).get("blas", {}).get("name", "")
    return RowOps() if "openblas" in blas and not _WIDE.isdisjoint(features) else NumpyOps()
