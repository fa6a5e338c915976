// services/retrainer/config.ts: every setting of a retraining: name, unit, range, default.
import { z } from 'zod';
import { commonSettings } from '../../shared/config/common-settings.ts';
import { readSettings, type SettingsOf, setting } from '../../shared/config/settings.ts';

const days = (fallback: number) => z.coerce.number().min(0).max(3650).default(fallback);
const share = (fallback: number) => z.coerce.number().gt(0).max(1).default(fallback);

export const retrainerSettings = {
  archive: setting(
    'FRAUD_ARCHIVE',
    z.string().default('.fraud/archive'),
    'a directory, or s3://bucket/prefix',
  ),
  registryDirectory: commonSettings.registryDirectory,
  kafkaBrokers: setting(
    'FRAUD_KAFKA_BROKERS',
    z.string().default(''),
    'host:port, separated by commas: moves of aliases are announced there; none: scorers find out by themselves',
  ),
  topicPrefix: commonSettings.topicPrefix,
  runsDirectory: setting(
    'FRAUD_RUNS_DIRECTORY',
    z.string().default('.fraud/runs'),
    'folder of runs; a run that was cut off goes on from its last finished stage',
  ),
  cut: setting(
    'FRAUD_RETRAIN_CUT',
    z.iso.datetime({ offset: true }).optional(),
    'nothing that became known later exists; default: the last full hour',
  ),
  labelDelayDays: setting(
    'FRAUD_RETRAIN_LABEL_DELAY_DAYS',
    days(7),
    'what stays unlabelled for so long counts as genuine; lies between the windows',
  ),
  trainingDays: setting('FRAUD_RETRAIN_TRAINING_DAYS', days(60), 'length of the training window'),
  calibrationDays: setting('FRAUD_RETRAIN_CALIBRATION_DAYS', days(14), 'length of the calibration window'),
  testDays: setting('FRAUD_RETRAIN_TEST_DAYS', days(14), 'length of the window on which the gates judge'),
  genuineShare: setting(
    'FRAUD_RETRAIN_GENUINE_SHARE',
    share(1),
    'share of the genuine training rows that is kept; weights make up for the rest',
  ),
  knownBy: setting(
    'FRAUD_RETRAIN_KNOWN_BY',
    z.enum(['labeled', 'received']).default('labeled'),
    'received: evidence counts from when we had it, whatever its sender says',
  ),
  seed: setting(
    'FRAUD_RETRAIN_SEED',
    z.coerce.number().int().min(0).default(1),
    'same snapshot, champion and seed: same version',
  ),
  head: setting(
    'FRAUD_RETRAIN_HEAD',
    z.enum(['mlp', 'auto', 'trees']).default('mlp'),
    'mlp: goes on from the champion’s; trees: boosted anew, for portfolios whose labels are nearly complete; auto: trees where 60 cards or more have a known fraud, else mlp',
  ),
  mode: setting(
    'FRAUD_RETRAIN_MODE',
    z.enum(['head', 'adaptation', 'last-layers', 'all-layers']).default('head'),
    'what learns: heads alone; the encoder first, from all archived events without labels; its last layers, or all of it, from labelled rows',
  ),
  encoderSteps: setting(
    'FRAUD_RETRAIN_ENCODER_STEPS',
    z.coerce.number().int().min(1).default(600),
    'optimiser steps of an encoder that learns',
  ),
  lastLayers: setting(
    'FRAUD_RETRAIN_LAST_LAYERS',
    z.coerce.number().int().min(0).default(1),
    'mode last-layers: so many layers from the top; forecasts and the last norm always learn',
  ),
  rowsSeen: setting(
    'FRAUD_RETRAIN_ROWS_SEEN',
    z.coerce.number().int().min(1).default(2_000_000),
    'training rows seen in all, within 2 passes over the set and 3 (going on from the champion; 2 over more than 300,000 rows) or 10 (anew)',
  ),
  backend: setting(
    'FRAUD_TRAINING_BACKEND',
    z.enum(['tfjs-node-gpu', 'native', 'webgpu', 'wasm', 'cpu']).optional(),
    'default: the best that loads',
  ),
  promote: setting(
    'FRAUD_RETRAIN_PROMOTE',
    z.stringbool().default(false),
    'true: what passes every gate becomes champion; else it waits as challenger',
  ),
  equalMargin: setting(
    'FRAUD_RETRAIN_EQUAL_MARGIN',
    z.coerce.number().min(0).max(1).default(0.01),
    'average precision that a challenger from newer data may lose at worst (lower end of the interval) and still count as equal; 0 with few labels means: better or nothing',
  ),
  reviewShare: setting('FRAUD_RETRAIN_REVIEW_SHARE', share(0.005), 'share of transactions people can review'),
  declineShare: setting('FRAUD_RETRAIN_DECLINE_SHARE', share(0.001), 'share of transactions declined'),
  logLevel: commonSettings.logLevel,
} as const;

export type RetrainerSettings = SettingsOf<typeof retrainerSettings>;

/** @throws AppError FRAUD_CONFIG_INVALID listing every problem at once. */
export function readRetrainerSettings(
  environment: Readonly<Record<string, string | undefined>>,
): RetrainerSettings {
  return readSettings(retrainerSettings, environment);
}
