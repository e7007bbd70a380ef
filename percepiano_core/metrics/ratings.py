"""How well predictions meet targets: R2, MSE, Pearson r and within-segment r (docs/evaluation.md).

Conventions: `targets` is [N, D] (N performances, D = 19 dimensions), `predictions` is [..., N, D] with any leading
axes (folds, seeds), both ratings in 0 to 1; results keep the leading axes. The score of a model is the uniform mean
over dimensions of its score per dimension.
"""

from __future__ import annotations

import numpy as np

# Predictions have six decimals, so a spread (standard deviation) this small can only be rounding of a constant.
CONSTANT = 1e-9
RELATIVE_ZERO = 1e-9  # of the sum of squares: what subtracting the mean leaves of targets that do not vary


def r2_per_dimension(targets: np.ndarray, predictions: np.ndarray, least_variance: float = 0.0) -> np.ndarray:
    """Coefficient of determination, [..., D]: 1 - mean squared error / variance, as scikit-learn's `r2_score`.

    A dimension whose targets do not vary scores 1 if predicted exactly, else 0. NaN with fewer than two performances.

    least_variance : what the variance of a dimension counts at least. Where few performances choose among models, a
        dimension that hardly varies among them must not decide; its R2 is then one minus its error in units of this.
    """
    if targets.shape[-2] < 2 and not least_variance:
        return np.full((*predictions.shape[:-2], predictions.shape[-1]), np.nan)
    error = ((targets - predictions) ** 2).mean(axis=-2)
    variance = np.maximum(targets.var(axis=-2), least_variance)
    return r2_from_sums(error, np.broadcast_to(variance, error.shape))


def weighted_r2_per_dimension(targets: np.ndarray, predictions: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """R2 with each performance counted `weights` [B, N] times, [B, D]: the mean over the fits of `predictions`.

    targets : [N, D]; predictions : [fits, N, D]

    NaN for a dimension that does not vary among the performances that count. The total sum of squares is the same for
    all fits, so that the mean of their R2 is the R2 of their mean squared error.
    """
    squared_error = ((targets - predictions) ** 2).mean(axis=0)
    centred = targets - targets.mean(axis=0)
    weight = weights.sum(axis=1, keepdims=True)
    residual, deviation, square = np.split(weights @ np.hstack([squared_error, centred, centred**2]), 3, axis=1)
    total = square - np.divide(deviation**2, weight, out=np.zeros_like(square), where=weight > 0)
    varies = total > RELATIVE_ZERO * square
    return np.where(varies, r2_from_sums(residual, np.where(varies, total, 0.0)), np.nan)


def r2_from_sums(residual: np.ndarray, total: np.ndarray) -> np.ndarray:
    """1 - residual / total for non-negative sums (or means) of squares of one shape; a total of 0 gives 0.

    It gives 1 if residual is 0 too.
    """
    varies = total > 0
    ratio = np.divide(residual, total, out=np.where(residual > 0, 1.0, 0.0), where=varies)
    return 1.0 - ratio


def mse_per_dimension(targets: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Mean squared error over performances, [..., D]."""
    return ((targets - predictions) ** 2).mean(axis=-2)


def pearson_per_dimension(targets: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Pearson correlation over performances, [..., D]; 0 where targets or predictions are constant."""
    a = targets - targets.mean(axis=-2, keepdims=True)
    b = predictions - predictions.mean(axis=-2, keepdims=True)
    return _cosine(a, b)


def within_segment_r_per_dimension(targets: np.ndarray, predictions: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """Pearson correlation, [..., D], after subtracting from both their mean in each segment of the test set.

    Pass human performances alone: renderings are outliers that any model tells apart. It asks whether a model tells
    players of one segment apart; a prediction that is constant in every segment scores 0 (docs/evaluation.md).
    `segments` is [N], any labels.
    """
    _, codes = np.unique(segments, return_inverse=True)
    return _cosine(_without_group_means(targets, codes), _without_group_means(predictions, codes))


def noise_ceiling_per_dimension(targets: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Best R2 that a predictor of the true mean rating could reach, [D] (docs/ratings.md, "Noise ceiling").

    1 - mean(noise) / variance of the targets (ddof 0); `noise` [N, D] is the variance of each mean rating as an
    estimate (s2_w / k_i), NaN where unknown and then left out. NaN where the targets do not vary or no noise is known.
    """
    variance, known = targets.var(axis=-2), np.isfinite(noise)
    defined = (variance > 0) & known.any(axis=-2)
    mean_noise = np.where(known, noise, 0.0).sum(axis=-2) / np.maximum(known.sum(axis=-2), 1)
    return 1.0 - np.divide(mean_noise, variance, out=np.full_like(variance, np.nan), where=defined)


def _without_group_means(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """`values` [..., N, D] minus the mean of each group of `codes` [N]."""
    if not len(codes):
        return values
    membership = (codes[:, None] == np.arange(codes.max() + 1)).astype(float)  # [N, groups]
    means = membership.T @ values / membership.sum(axis=0)[:, None]
    return values - membership @ means


def _cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Correlation of centred values over axis -2; 0 where one of them is constant."""
    product = (a * b).sum(axis=-2)
    norm_a, norm_b = np.sqrt((a**2).sum(axis=-2)), np.sqrt((b**2).sum(axis=-2))
    floor = CONSTANT * np.sqrt(max(a.shape[-2], 1))
    defined = np.broadcast_to((norm_a > floor) & (norm_b > floor), product.shape)
    return np.divide(product, norm_a * norm_b, out=np.zeros_like(product), where=defined)
