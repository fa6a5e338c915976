// services/retrainer/gates/merchant-labels.ts: no merchant whose labels contradict everything known about it: turned round, or fraud that went silent.
import { isReversed, isSilent, type MerchantLabels, merchantBounds } from '../measure-labels.ts';
import { type PromotionGate, show } from './gate.ts';

const name = ({ merchant, rows, frauds }: MerchantLabels): string =>
  `${merchant} (${frauds} of ${rows} rows called fraud)`;

/**
 * A feed that went wrong, or somebody who wants a merchant let through, turns labels round where nobody looks: the average over the whole
 * window, which the same labels judge, says nothing of it. New fraud at a merchant does not turn its order round.
 */
export const merchantLabelsGate: PromotionGate = {
  name: 'merchant-labels',
  judge: ({ labels: { judgedMerchants, mostReversed, mostSilent } }) => {
    const order = mostReversed
      ? ` Most turned round: ${name(mostReversed)}, order ${show(mostReversed.order)} (above ${merchantBounds.order}, or fewer than ${-merchantBounds.deviations} deviations below .5: ${show(-mostReversed.deviations)}).`
      : '';
    const silence = mostSilent
      ? ` Most silent: ${name(mostSilent)}, ${show(mostSilent.promised)} promised.`
      : '';
    return {
      passed: !(mostReversed && isReversed(mostReversed)) && !(mostSilent && isSilent(mostSilent)),
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
