// services/retrainer/gates/all-gates.ts: the gates in the order in which they are told.
import { type BetterPolicy, createBetterOrNewerGate, defaultBetterPolicy } from './better-or-newer.ts';
import { calibratedGate } from './calibrated.ts';
import { createEnoughLabelsGate } from './enough-labels.ts';
import type { GateFacts, GateVerdict, PromotionGate } from './gate.ts';
import { goldenRowsGate } from './golden-rows.ts';
import { createLabelNoiseGate } from './label-noise.ts';
import { createLabelRateGate } from './label-rate.ts';
import { latencyGate } from './latency.ts';
import { merchantLabelsGate } from './merchant-labels.ts';
import { parityGate } from './parity.ts';
import { segmentsGate } from './segments.ts';

/** @param policy what differs from the default of the last gate */
export function createPromotionGates(policy: Partial<BetterPolicy> = {}): readonly PromotionGate[] {
  return [
    createEnoughLabelsGate(),
    createLabelRateGate(),
    merchantLabelsGate,
    createLabelNoiseGate(),
    goldenRowsGate,
    parityGate,
    latencyGate,
    calibratedGate,
    segmentsGate,
    createBetterOrNewerGate({ ...defaultBetterPolicy, ...policy }),
  ];
}

/** Every gate's verdict; one that fails does not silence the others. */
export function judgeGates(
  facts: GateFacts,
  gates: readonly PromotionGate[] = createPromotionGates(),
): GateVerdict[] {
  return gates.map((gate) => ({ gate: gate.name, ...gate.judge(facts) }));
}
