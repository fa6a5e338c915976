// services/retrainer/state.ts: what a retraining knows after each of its stages.
import type { ArchiveStore } from '../../shared/archive/archive-store.ts';
import type { PopulationReference } from '../../shared/features/population-reference.ts';
import type { HeadWeights } from '../../shared/head/head-weights.ts';
import type { CalibratorPoints, Thresholds } from '../../shared/registry/manifest.ts';
import type { AliasEntry, Registry, VerifiedVersion } from '../../shared/registry/registry.ts';
import type { Champion } from '../../shared/scoring/champion.ts';
import type { Backend } from '../../shared/training/backend.ts';
import type { TrainingSet } from '../../shared/training-set/training-set.ts';
import type { BuiltEncoder } from '../../shared/transfer/transfer-inputs.ts';
import type { RetrainerSettings } from './config.ts';
import type { GateFacts, GateVerdict } from './gates/gate.ts';
import type { RunFiles } from './run-files.ts';

/** Before the first stage. */
export interface Asked {
  readonly settings: RetrainerSettings;
  readonly cut: Date;
  readonly store: ArchiveStore;
  readonly registry: Registry;
  /** The champion this run compares with; promotion holds only against this entry. */
  readonly championEntry: AliasEntry;
  readonly championVersion: VerifiedVersion;
  readonly champion: Champion;
  readonly backend: Backend;
  readonly files: RunFiles;
  readonly onProgress: (stage: string, share: number) => void;
}

export interface WithSet extends Asked {
  readonly set: TrainingSet;
}

export interface WithEncoder extends WithSet {
  /** The champion's, or one that went on learning: then `set.values` holds what it reads of the same rows. */
  readonly encoder: BuiltEncoder;
  /** By portfolio, made for this encoder. */
  readonly references: Readonly<Record<string, PopulationReference>>;
  /** (rows, D): what the champion's encoder read of the rows of the set. */
  readonly championValues: Float32Array;
}

export interface WithHeads extends WithEncoder {
  readonly heads: { readonly full: HeadWeights; readonly featuresOnly: HeadWeights };
  /** True when the full head went on from the champion's. */
  readonly isWarmStarted: boolean;
}

export interface WithCalibrators extends WithHeads {
  readonly calibrators: Readonly<Record<'full' | 'featuresOnly' | 'rules', CalibratorPoints>>;
  /** Raw scores of the full head on the calibration window. */
  readonly calibrationScores: Float32Array;
}

export interface WithThresholds extends WithCalibrators {
  readonly thresholds: Thresholds;
}

export interface WithEvaluation extends WithThresholds {
  readonly facts: GateFacts;
  /** Of the challenger's full head, by that graph, over all rows of the set. */
  readonly rawScores: Float32Array;
  /** ONNX bytes of the full head, as they are judged and registered. */
  readonly graph: Uint8Array;
}

export interface WithVerdicts extends WithEvaluation {
  readonly verdicts: readonly GateVerdict[];
}

export interface WithVersion extends WithVerdicts {
  readonly version: VerifiedVersion;
}

export interface Retrained extends WithVersion {
  readonly outcome: 'promoted' | 'challenger' | 'refused';
}

export type Stage<In, Out> = (state: In) => Promise<Out> | Out;
