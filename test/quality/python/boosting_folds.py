"""test/quality/python/boosting_folds.py: the rival on the Handbook: LightGBM with fine bins, fitted once per fold and seed.

Reads a folder with order.json {"features": path of a (rows, columns) float32 .npy, "labels": path of uint8,
"columns": [column, ...] or null, "seeds": n, "settings": {...}, "folds": [{"train": file, "test": file}, ...]} whose row
numbers are int32 .npy files; writes scores-<fold>.npy (seeds, test rows) float64 into it.
"""

import json
import sys
import time
from pathlib import Path

import lightgbm
import numpy as np

folder = Path(sys.argv[1])
order = json.loads((folder / "order.json").read_text())
features = np.load(order["features"], mmap_mode="r")
labels = np.load(order["labels"])
columns = order["columns"]
pick = lambda rows: np.asarray(features[rows])[:, columns] if columns else np.asarray(features[rows])

for index, fold in enumerate(order["folds"]):
    train, test = np.load(fold["train"]), np.load(fold["test"])
    data = lightgbm.Dataset(pick(train), labels[train], params={"max_bin": 2047, "verbose": -1}, free_raw_data=False)
    test_values = pick(test)
    scores = []
    for seed in range(order["seeds"]):
        started = time.time()
        settings = {
            "objective": "binary",
            "learning_rate": 0.03,
            "num_leaves": 15,
            "min_data_in_leaf": 40,
            "lambda_l2": 5.0,
            "feature_fraction": 0.5,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "max_bin": 2047,
            "num_threads": 1,
            "seed": seed,
            "verbose": -1,
        } | order["settings"]
        rounds = int(settings.pop("rounds", 400))
        model = lightgbm.train(settings, data, rounds)
        scores.append(model.predict(test_values, raw_score=True))
        print(json.dumps({"fold": index, "seed": seed, "rows": len(train), "seconds": round(time.time() - started, 1)}), flush=True)
    np.save(folder / f"scores-{index}.npy", np.asarray(scores, dtype=np.float64))
