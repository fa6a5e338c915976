// services/retrainer/gates/merchant-labels.ts: no merchant whose labels contradict everything known about it: turned round, or fraud that went silent.
import type { MerchantLabels } from '../measure-labels.ts';
import { type PromotionGate, show } from './gate.ts';

export interface MerchantBounds {
  /** Turned round: the champion's order of its rows at most this, where .5 says nothing … */
  readonly order: number;
  /** … and so many standard errors below .5: among thousands of merchants chance reaches three. */
  readonly deviations: number;
  /** Silent: at least so many frauds promised by the champion's scores, and less than this share of them known. */
  readonly promised: number;
  readonly knownShare: number;
}
export const defaultMerchantBounds: MerchantBounds = {
  order: 0.3,
  deviations: -4,
  promised: 15,
  knownShare: 0.1,
};

const name = ({ merchant, rows, frauds }: MerchantLabels): string =>
  `${merchant} (${frauds} of ${rows} rows called fraud)`;

/**
 * A feed that went wrong, or somebody who wants a merchant let through, turns labels round where nobody looks: the average over the whole
 * window, which the same labels judge, says nothing of it. New fraud at a merchant does not turn its order round.
 */
export function createMerchantLabelsGate(bounds: MerchantBounds = defaultMerchantBounds): PromotionGate {
  return {
    name: 'merchant-labels',
    judge: ({ labels: { judgedMerchants, mostReversed, mostSilent } }) => {
      const isReversed =
        mostReversed !== undefined &&
        mostReversed.order <= bounds.order &&
        mostReversed.deviations <= bounds.deviations;
      const isSilent =
        mostSilent !== undefined &&
        mostSilent.promised >= bounds.promised &&
        mostSilent.frauds < bounds.knownShare * mostSilent.promised;
      const order = mostReversed
        ? ` Most turned round: ${name(mostReversed)}, order ${show(mostReversed.order)} (above ${bounds.order}, or fewer than ${-bounds.deviations} deviations below .5: ${show(-mostReversed.deviations)}).`
        : '';
      const silence = mostSilent
        ? ` Most silent: ${name(mostSilent)}, ${show(mostSilent.promised)} promised.`
        : '';
      return {
        passed: !isReversed && !isSilent,
        sentence: `${judgedMerchants} merchants with enough of both labels.${order}${silence}`,
        figures: {
          judgedMerchants,
          ...(mostReversed && {
            reversedMerchant: mostReversed.merchant,
            order: mostReversed.order,
            deviations: mostReversed.deviations,
          }),
          ...(mostSilent && {
            silentMerchant: mostSilent.merchant,
            promised: mostSilent.promised,
            known: mostSilent.frauds,
          }),
        },
      };
    },
  };
}
