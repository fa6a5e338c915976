"""test/quality/python/boosting.py: gradient boosting on a table of features, and how far single columns get alone.

Reads CSV or Parquet (--train, --test) with a 0/1 --label column; prints one JSON object: average precision, AUC,
optionally its bootstrap interval by --group column, AUC of every column alone (--single) and recall per value of
--kind among the riskiest --budget share of the test rows. Columns that hold text are left out of the model unless
--text is given; alone, each of their values counts with its fraud rate in the training rows.
"""

import argparse
import json

import numpy as np
import pyarrow.csv
import pyarrow.parquet
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, roc_auc_score


def read_table(path):
    table = pyarrow.parquet.read_table(path) if path.endswith(".parquet") else pyarrow.csv.read_csv(path)
    return {name: table.column(name).to_numpy() for name in table.column_names}


def is_text(values):
    return not np.issubdtype(values.dtype, np.number) and values.dtype != bool


def rate_by_value(train, labels, test):
    """Fraud rate of each value in the training rows, shrunk towards the mean by ten rows."""
    mean = labels.mean()
    keys, inverse = np.unique(train.astype(str), return_inverse=True)
    frauds = np.bincount(inverse, labels, len(keys))
    rates = dict(zip(keys, (frauds + 10 * mean) / (np.bincount(inverse, minlength=len(keys)) + 10)))
    return np.array([rates.get(value, mean) for value in test.astype(str)])


def auc_alone(train, labels, test, test_labels):
    """A column's own AUC, whichever direction (or, for text, whichever order of values) suits it."""
    scores = rate_by_value(train, labels, test) if is_text(test) else np.nan_to_num(test, nan=-9e9)
    auc = roc_auc_score(test_labels, scores)
    return max(auc, 1 - auc)


def bootstrap(labels, scores, groups, rounds):
    """5 % and 95 % quantile of average precision over resampled groups (cards)."""
    _, inverse = np.unique(groups, return_inverse=True)
    random = np.random.default_rng(0)
    count = inverse.max() + 1
    draws = []
    for _ in range(rounds):
        weight = np.bincount(random.integers(0, count, count), minlength=count)[inverse]
        draws.append(average_precision_score(labels, scores, sample_weight=weight))
    return [round(float(value), 4) for value in np.quantile(draws, [0.05, 0.95])]


def recall_by_kind(kinds, labels, scores, budget):
    caught = scores >= np.quantile(scores, 1 - budget)
    return {
        str(kind): {"frauds": int(rows.sum()), "recall": round(float(caught[rows].mean()), 3)}
        for kind in sorted({str(value) for value in kinds[labels == 1]})
        for rows in [(kinds.astype(str) == kind) & (labels == 1)]
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--label", default="label")
    parser.add_argument("--kind", help="text column: recall is told per value")
    parser.add_argument("--group", help="column to resample by in the bootstrap")
    parser.add_argument("--bootstrap", type=int, default=0, help="rounds")
    parser.add_argument("--budget", type=float, default=0.01, help="share of test rows looked at")
    parser.add_argument("--single", action="store_true", help="tell the AUC of the strongest single columns")
    parser.add_argument("--text", action="store_true", help="give text columns to the model, too")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    train, test = read_table(args.train), read_table(args.test)
    labels, test_labels = train[args.label].astype(int), test[args.label].astype(int)
    columns = [name for name in train if name not in (args.label, args.kind, args.group)]
    text = [name for name in columns if is_text(train[name])]
    numbers = [name for name in columns if name not in text]
    pick = lambda table, encode: np.column_stack(
        [table[name].astype(float) for name in numbers] + ([encode(name) for name in text] if args.text else [])
    )
    model = HistGradientBoostingClassifier(
        max_iter=120, learning_rate=0.08, max_leaf_nodes=15, min_samples_leaf=20, l2_regularization=1.0, random_state=args.seed
    )
    model.fit(pick(train, lambda name: rate_by_value(train[name], labels, train[name])), labels)
    scores = model.predict_proba(pick(test, lambda name: rate_by_value(train[name], labels, test[name])))[:, 1]

    result = {
        "trainRows": len(labels),
        "trainFrauds": int(labels.sum()),
        "testRows": len(test_labels),
        "testFrauds": int(test_labels.sum()),
        "averagePrecision": round(float(average_precision_score(test_labels, scores)), 4),
        "auc": round(float(roc_auc_score(test_labels, scores)), 4),
    }
    if args.bootstrap:
        groups = test[args.group] if args.group else np.arange(len(test_labels))
        result["averagePrecisionInterval"] = bootstrap(test_labels, scores, groups, args.bootstrap)
    if args.kind:
        result["recallByKind"] = recall_by_kind(test[args.kind], test_labels, scores, args.budget)
    if args.single:
        alone = {name: round(float(auc_alone(train[name], labels, test[name], test_labels)), 4) for name in columns}
        result["strongestAlone"] = dict(sorted(alone.items(), key=lambda entry: -entry[1])[:8])
    print(json.dumps(result))


main()
