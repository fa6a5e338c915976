// shared/training-errors.ts: the part of the error catalogue that archive, training sets and training jobs meet.
import { type CatalogueEntry, entry } from './error-entry.ts';

/** Codes of what never stands in the way of a decision. */
export const trainingErrors = {
  FRAUD_TRAINING_NO_ROWS: entry(
    'fatal',
    'There are no scored rows to train on.',
    'Look whether the archiver runs, and whether rows were scored by the champion’s encoder in these windows.',
  ),
  FRAUD_TRAINING_NO_LABELS: entry(
    'fatal',
    'Nothing is known about any of the rows: no evidence has come back.',
    'Look at the feeds of chargebacks, reports and verdicts.',
  ),
  FRAUD_TRAINING_NO_FRAUD: entry(
    'fatal',
    'A window holds no fraud.',
    'Make the window longer, or look whether outcomes still arrive.',
  ),
  FRAUD_TRAINING_ALL_FRAUD: entry(
    'fatal',
    'A window holds nothing but fraud.',
    'Look at the outcomes: a feed calls everything fraud, or genuine rows are not archived.',
  ),
  FRAUD_TRAINING_ONE_LABEL: entry(
    'fatal',
    'A single label is known: nothing can be learnt from one.',
    'Wait for more outcomes, or look at their feeds.',
  ),
  FRAUD_DRIFT_REFERENCE_SHORT: entry(
    'fatal',
    'Too few days of past traffic to tell how quiet days differ.',
    'Measure the reference on at least two weeks, better four, of decided transactions.',
  ),
  FRAUD_TRAINING_SET_FUTURE: entry(
    'fatal',
    'A training set would hold a label from after its cut.',
    'Move the cut, or the window; never train on what was not known yet.',
  ),
  FRAUD_TRAINING_DIVERGED: entry(
    'fatal',
    'Training produced a number that is not finite.',
    'Lower the learning rate or look at the data report.',
  ),
  FRAUD_ARCHIVE_UNAVAILABLE: entry(
    'dependency',
    'The archive cannot be read or written.',
    'Check disk space, or the object store’s address, credentials and bucket.',
  ),
  FRAUD_ARCHIVE_MISSING: entry(
    'fatal',
    'A file of the archive is not there, or is not what it should be.',
    'It was removed or changed since it was listed: run again; when it stays, restore it from a copy.',
  ),
  FRAUD_ENCODER_REFUSED: entry(
    'usage',
    'This encoder cannot be taken.',
    'Read the reason; mend the export or its manifest and import it again. Nothing was registered.',
  ),
  FRAUD_ENCODER_WITHOUT_WEIGHTS: entry(
    'usage',
    'This technique changes the weights of the encoder, and of an imported one only the finished model is known.',
    'Use feature extraction, or alignment alone (`adaptation.pretraining: false`), or a shipped encoder.',
  ),
} as const satisfies Record<string, CatalogueEntry>;
