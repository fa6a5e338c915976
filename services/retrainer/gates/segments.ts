// services/retrainer/gates/segments.ts: no part of the traffic pays for the gain of another.
import type { Evaluation } from '../../../shared/evaluation/evaluate.ts';
import { type GateFacts, type GateVerdict, type PromotionGate, show } from './gate.ts';

/** Segments with fewer frauds say more about chance than about the model. */
const FRAUDS_AT_LEAST = 20;
/** Average precision a segment may lose, beside the noise of few frauds. */
const BOUND = 0.05;

interface Loss {
  readonly segment: string;
  readonly lost: number;
  readonly limit: number;
  readonly frauds: number;
}

function lossesOf(challenger: Evaluation, champion: Evaluation): Loss[] {
  return Object.entries(challenger.segments).flatMap(([kind, segments]) =>
    segments.flatMap(({ segment, frauds, averagePrecision }) => {
      const before = champion.segments[kind]?.find((one) => one.segment === segment)?.averagePrecision;
      if (!averagePrecision || !before || frauds < FRAUDS_AT_LEAST) return [];
      const lost = before.value - averagePrecision.value;
      return [{ segment: `${kind} ${segment}`, lost, limit: BOUND + 0.5 / Math.sqrt(frauds), frauds }];
    }),
  );
}

function judge({ challenger, champion }: GateFacts): Omit<GateVerdict, 'gate'> {
  const losses = lossesOf(challenger, champion);
  const worst = [...losses].sort((left, right) => right.lost - right.limit - (left.lost - left.limit))[0];
  if (!worst) return { passed: true, sentence: 'No segment holds enough frauds to be judged.', figures: {} };
  return {
    passed: worst.lost <= worst.limit,
    sentence: `Of ${losses.length} segments ${worst.segment} fares worst: average precision ${show(-worst.lost)} (at least ${show(-worst.limit)}).`,
    figures: { segment: worst.segment, lost: worst.lost, limit: worst.limit, frauds: worst.frauds },
  };
}

export const segmentsGate: PromotionGate = { name: 'segments', judge };
