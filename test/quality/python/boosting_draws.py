"""test/quality/python/boosting_draws.py: gradient boosting on feature rows, once per draw of labelled rows.

Reads a folder with features.npy (rows, columns) float32, labels.npy uint8, test.npy row numbers and
draws.json [{"train": [row, ...]}, ...]; writes scores.npy (draws, test rows) float64.
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

folder = Path(sys.argv[1])
features = np.load(folder / "features.npy", mmap_mode="r")
labels = np.load(folder / "labels.npy")
test = np.load(folder / "test.npy")
draws = json.loads((folder / "draws.json").read_text())
test_rows = np.asarray(features[test])
scores = np.zeros((len(draws), len(test)))
for index, draw in enumerate(draws):
    train = np.asarray(draw["train"])
    model = HistGradientBoostingClassifier(
        max_iter=200, learning_rate=0.05, max_leaf_nodes=15, min_samples_leaf=5, l2_regularization=1.0, random_state=index
    )
    model.fit(features[train], labels[train])
    scores[index] = model.predict_proba(test_rows)[:, 1]
    print(json.dumps({"draw": index, "rows": len(train), "frauds": int(labels[train].sum())}), flush=True)
np.save(folder / "scores.npy", scores)
