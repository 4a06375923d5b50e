"""How far a model's confidence can be taken at its word, and one number that mends it."""
import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

TEMPERATURES = (0.01, 100.0)  # between which the best one is looked for
_SUM_ERROR = 1e-2  # of probabilities that were computed in half precision


def log_probabilities(scores: np.ndarray) -> tuple[np.ndarray, str]:
    """Compute logarithms of probabilities from what a head gave.

    Args:
        scores: N x classes, finite. They are probabilities where none is negative and each clip's
            sum is 1; else they are logits, and their softmax is taken.

    Returns:
        N x classes, and which of the two the scores are: ``'probabilities'`` or ``'logits'``.
    """
    scores = scores.astype(np.float64)
    if scores.min() >= 0 and np.abs(scores.sum(axis=1) - 1).max() <= _SUM_ERROR:
        least = np.finfo(np.float32).tiny  # what became 0 in float32 has a logarithm, too
        return log_softmax(np.log(np.maximum(scores, least)), axis=1), 'probabilities'
    return log_softmax(scores, axis=1), 'logits'


def expected_calibration_error(log_probs: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """Compute the expected calibration error (Guo et al., ICML 2017, equation 3).

    Clips are sorted into bins of equal width by the probability of the class that is most probable.
    The error is the mean over clips of their bin's distance between accuracy and mean confidence.

    Args:
        log_probs: N x classes, as :func:`log_probabilities` returns them.
        labels: N.
        bins: Bins between 0 and 1, open below and closed above. Defaults to 15.

    Returns:
        0 to 1.
    """
    confidence = np.exp(log_probs.max(axis=1))
    surplus = (log_probs.argmax(axis=1) == labels) - confidence
    edges = np.arange(1, bins) / bins
    sums = np.bincount(np.digitize(confidence, edges, right=True), surplus, bins)
    return float(np.abs(sums).sum() / len(labels))


def negative_log_likelihood(log_probs: np.ndarray, labels: np.ndarray) -> float:
    """Compute the mean over clips of minus the logarithm of the label's probability."""
    return float(-log_probs[np.arange(len(labels)), labels].mean())


def scale(log_probs: np.ndarray, temperature: float) -> np.ndarray:
    """Divide logits by a temperature; above 1 it makes probabilities more alike."""
    return log_softmax(log_probs / temperature, axis=1)


def fit_temperature(log_probs: np.ndarray, labels: np.ndarray) -> float:
    """Find the temperature of the least negative log-likelihood.

    There is one, as the logarithm of the likelihood is concave in 1 / temperature. Where no clip is
    wrong it is 0, and where labels are on average no more probable than other classes it is
    infinite: the result is then an end of ``TEMPERATURES``.

    Args:
        log_probs: N x classes of clips that nothing else is measured on.
        labels: N.

    Returns:
        The temperature.
    """
    of_label = log_probs[np.arange(len(labels)), labels]
    if (of_label == log_probs.max(axis=1)).all():
        return TEMPERATURES[0]
    if of_label.mean() <= log_probs.mean():
        return TEMPERATURES[1]
    best = minimize_scalar(
        lambda power: negative_log_likelihood(scale(log_probs, np.exp(power)), labels),
        bounds=np.log(TEMPERATURES), method='bounded', options=dict(xatol=1e-6))
    return float(np.exp(best.x))
