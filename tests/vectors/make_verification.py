#!/usr/bin/env python3
"""Writes verification.txt: the 10-fold protocol of InsightFace's verification.py on made-up distances.

A plain numpy transcription of the published steps (thresholds, folds, first best threshold, VAL at FAR by
scipy's interp1d 'slinear'), independent of Fedveil's code. Distances and labels are in the file.

    python3 make_verification.py > verification.txt
"""
import numpy as np


def rates(threshold, dist, same):
    predict = dist < threshold
    tp = np.sum(predict & same)
    fp = np.sum(predict & ~same)
    tn = np.sum(~predict & ~same)
    fn = np.sum(~predict & same)
    return tp, fp, tn, fn


def interpolate(far, thresholds, target):
    """interp1d(kind='slinear') on a far that may repeat: between the last point below the target and
    the first at or above it."""
    i = int(np.argmax(far >= target))
    if i == 0:
        return thresholds[0]
    lo, hi = far[i - 1], far[i]
    return thresholds[i - 1] + (target - lo) / (hi - lo) * (thresholds[i] - thresholds[i - 1])


def main():
    rng = np.random.RandomState(5)
    n, folds = 2400, 10
    same = (np.arange(n) // (n // 20)) % 2 == 0
    dist = np.clip(np.where(same, rng.normal(1.0, 0.35, n), rng.normal(1.75, 0.3, n)), 0, 4)
    dist = np.round(dist, 6)
    each = n // folds
    accuracies, vals = [], []
    for k in range(folds):
        test = np.zeros(n, bool)
        test[k * each:(k + 1) * each] = True
        best, threshold = -1, 0
        for t in np.arange(0, 4, 0.01):
            tp, fp, tn, fn = rates(t, dist[~test], same[~test])
            acc = (tp + tn) / (~test).sum()
            if acc > best:
                best, threshold = acc, t
        tp, fp, tn, fn = rates(threshold, dist[test], same[test])
        accuracies.append((tp + tn) / each)
        thresholds = np.arange(0, 4, 0.001)
        far = np.array([rates(t, dist[~test], same[~test])[1] for t in thresholds]) / np.sum(~same[~test])
        t = interpolate(far, thresholds, 1e-3) if far.max() >= 1e-3 else 0.0
        tp = np.sum((dist[test] < t) & same[test])
        vals.append(tp / np.sum(same[test]))
    print("expected %.9f %.9f %.9f" % (np.mean(accuracies), np.std(accuracies), np.mean(vals)))
    print("folds " + " ".join("%.9f" % a for a in accuracies))
    for d, s in zip(dist, same):
        print("%.6f %d" % (d, s))


main()
