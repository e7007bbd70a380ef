"""How strong each component of a covariance is: the weights under which the train role's ratings are most likely.

Rasmussen and Williams (2006), equations 5.8 and 5.9, summed over the dimensions, which share one covariance.
"""

from __future__ import annotations

import numpy as np

START_NOISE = 0.3  # of the variance of a dimension; the components share the rest evenly at the start
LEAST_NOISE = 1e-4  # keeps the covariance invertible in single precision
LOG_WEIGHT_BOUNDS = (-9.0, 4.0)
IMPROVEMENT = 1e-5  # nats a rating: less is no progress
UNLIKELY = 1e6  # returned where the covariance is not positive definite


def likeliest_weights(
    covariances: np.ndarray, noise_shape: np.ndarray, targets: np.ndarray, iterations: int
) -> tuple[np.ndarray, float]:
    """Weights [c] of covariances [c, n, n] and of the noise, for standardised targets [n, k].

    `noise_shape` [n] is each row's noise variance up to a factor, mean about 1; the weight returned is that factor.
    L-BFGS over the logarithms, in single precision: the noise keeps the covariance well conditioned.
    """
    from scipy.optimize import minimize

    count, rows, _ = covariances.shape
    flat = covariances.reshape(count, rows * rows)
    observed = targets.astype(np.float32)
    start = np.log(np.append(np.full(count, (1 - START_NOISE) / count), START_NOISE))
    found = minimize(
        _negative_log_likelihood,
        start,
        args=(flat, noise_shape.astype(np.float32), observed),
        jac=True,
        method="L-BFGS-B",
        bounds=[LOG_WEIGHT_BOUNDS] * (count + 1),
        options={"maxiter": iterations, "ftol": IMPROVEMENT},
    )
    weights = np.exp(found.x)
    return weights[:-1], float(weights[-1])


def _negative_log_likelihood(
    log_weights: np.ndarray, flat: np.ndarray, noise_shape: np.ndarray, observed: np.ndarray
) -> tuple[float, np.ndarray]:
    """Negative log likelihood a rating, and its gradient over the log weights; constant terms left out."""
    from scipy.linalg.lapack import spotrf, spotri

    rows, outputs = observed.shape
    weights = np.exp(log_weights).astype(np.float32)
    covariance = (weights[:-1] @ flat).reshape(rows, rows)
    covariance[np.diag_indices(rows)] += weights[-1] * noise_shape + LEAST_NOISE
    factor, failed = spotrf(covariance.T, lower=1, overwrite_a=1)
    if failed:
        return UNLIKELY, np.zeros_like(log_weights)
    log_determinant = 2 * np.log(np.diag(factor)).sum(dtype=float)
    inverse = np.tril(spotri(factor, lower=1, overwrite_c=1)[0])
    inverse += np.tril(inverse, -1).T
    solved = inverse @ observed
    slope = outputs * inverse - solved @ solved.T
    gradient = np.append(flat @ slope.ravel(), np.diag(slope) @ noise_shape) * weights / 2
    value = (float((observed * solved).sum()) + outputs * log_determinant) / 2
    return value / observed.size, gradient.astype(float) / observed.size
