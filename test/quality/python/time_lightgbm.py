"""test/quality/python/time_lightgbm.py: how long LightGBM takes to fit rows from a folder of .npy files; prints seconds of wall and processor time as JSON."""

import json
import resource
import sys
import time

import lightgbm
import numpy as np

folder = sys.argv[1]
features = np.load(f"{folder}/features.npy", mmap_mode="r")
labels = np.load(f"{folder}/labels.npy")
weights = np.load(f"{folder}/weights.npy")
begun, used = time.perf_counter(), time.process_time()
data = lightgbm.Dataset(features, labels, weight=weights)
lightgbm.train(
    {"objective": "binary", "learning_rate": 0.05, "num_leaves": 63, "verbosity": -1, "seed": 1}, data, 300
)
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - begun,
            "processorSeconds": time.process_time() - used,
            "peakMemoryMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
    )
)
