"""Products of rows with weights: right, and for each row the same whatever stands beside it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thinc.backends import NumpyOps

from notecheck.pipeline.products import RowOps, ops

SIZES = st.integers(1, 40)


def drawn(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("multiplying", [ops(), RowOps()], ids=["chosen", "rows"])
@given(count=st.integers(0, 40), width=SIZES, columns=SIZES, seed=st.integers(0, 99))
def test_products_are_those_of_thinc(
    multiplying: NumpyOps, count: int, width: int, columns: int, seed: int
) -> None:
    x, weights = drawn(seed, count, width), drawn(seed + 1, columns, width)
    expected = NumpyOps().gemm(x, weights, trans2=True)
    np.testing.assert_allclose(multiplying.gemm(x, weights, trans2=True), expected, atol=1e-4)
    np.testing.assert_allclose(multiplying.gemm(x, np.ascontiguousarray(weights.T)), expected, atol=1e-4)


@given(
    count=st.integers(1, 70),
    first=st.integers(0, 69),
    shape=st.sampled_from([(288, 288), (96, 551), (480, 96), (640, 128), (128, 9), (31, 17)]),
)
def test_a_row_gets_the_same_figures_in_any_company(count: int, first: int, shape: tuple[int, int]) -> None:
    width, columns = shape
    x, weights = drawn(7, 70, width), drawn(8, columns, width)
    among = ops().gemm(x, weights, trans2=True)[first : first + count]
    alone = ops().gemm(np.ascontiguousarray(x[first : first + count]), weights, trans2=True)
    assert (among == alone).all()
