// shared/training/head-dataset-of.ts: rows of a training set as the dataset that fitting and tail tables read.

import type { TrainingColumns } from '../training-set/training-set.ts';
import type { HeadDataset } from './head-dataset.ts';

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
