"""test/quality/python/boosting_credit.py: LightGBM by fold: each fold scored by a model of the other four.

Reads a folder with features.npy (rows, columns) float32, labels.npy uint8, folds.npy uint8; writes scores.npy
(1, rows) float64. Settings were chosen once for this table, before ours was compared with it.
"""

import sys
from pathlib import Path

import lightgbm
import numpy as np

folder = Path(sys.argv[1])
features = np.load(folder / "features.npy")
labels = np.load(folder / "labels.npy")
folds = np.load(folder / "folds.npy")
scores = np.zeros((1, len(labels)))
for fold in range(5):
    model = lightgbm.LGBMClassifier(
        n_estimators=300, learning_rate=0.03, num_leaves=15, min_child_samples=50, subsample=0.8, subsample_freq=1,
        colsample_bytree=0.5, reg_lambda=5, random_state=fold, n_jobs=2, verbose=-1,
    )
    model.fit(features[folds != fold], labels[folds != fold])
    scores[0, folds == fold] = model.predict_proba(features[folds == fold])[:, 1]
np.save(folder / "scores.npy", scores)
