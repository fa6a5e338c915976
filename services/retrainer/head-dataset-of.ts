// services/retrainer/head-dataset-of.ts: rows of a training set as the dataset that fitting and tail tables read.
import type { HeadDataset } from '../../shared/training/head-dataset.ts';
import type { TrainingColumns } from '../../shared/training-set/training-set.ts';

export function toHeadDataset(rows: TrainingColumns): HeadDataset {
  const { inputs, values, labels, weights, times, cards } = rows;
  return {
    inputs,
    values,
    labels,
    weights,
    times,
    cards,
    typologies: Array.from(labels, () => undefined),
  };
}
