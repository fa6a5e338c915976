// shared/features/velocity.ts: the features of one transaction, as a list of sections; written once, for scoring and training.
import type { EntityView } from '../sequence/entity-view.ts';
import { hashTransactionId } from '../sequence/id-hash.ts';
import { readTimeMs } from '../sequence/packed-event.ts';
import { cutTransient } from '../sequence/transient-bytes.ts';
import { accountSection } from './account-features.ts';
import { cardBurstSection, cardFraudSection, cardPaceSection } from './card-features.ts';
import { type CardLevel, measureCardLevel } from './card-level.ts';
import { cardRecentSection } from './card-recent-features.ts';
import type { FeatureInput, FeatureSection } from './feature-input.ts';
import type { FeatureSettings } from './feature-settings.ts';
import { merchantActivitySection, merchantRiskSection, merchantRunSection } from './merchant-features.ts';
import { transactionSection } from './transaction-features.ts';

const sections: readonly FeatureSection[] = [
  transactionSection,
  cardPaceSection,
  cardBurstSection,
  cardRecentSection,
  cardFraudSection,
  merchantRiskSection,
  merchantRunSection,
  merchantActivitySection,
  accountSection,
];

/** Name of each feature, in order. */
export const featureNames: readonly string[] = sections.flatMap(({ names }) => names);

/** Raise when a feature keeps its name but changes its meaning. */
const FEATURE_REVISION = 1;

/** Changes whenever names, order or meaning change: rows of different versions do not mix. */
export const featureVersion = `features-${FEATURE_REVISION}-${hashTransactionId(featureNames.join())
  .idLow.toString(16)
  .padStart(8, '0')}`;

/** The transaction's packed event, and views of its entities as of its own position (an empty view where an entity is missing). */
export interface VelocityInput {
  /** EVENT_BYTES bytes, as `describeEvent` made them. */
  readonly event: Uint8Array;
  readonly card: EntityView;
  readonly merchant: EntityView;
  readonly account: EntityView;
  readonly settings: FeatureSettings;
  /** The card's level when it was measured already. */
  readonly level?: CardLevel;
}

/** Only what does not depend on the population is read of a level measured here. */
const anyReference = { cardLevel: { mean: 1, standardDeviation: 1 } };

/** Features in the order of `featureNames`: all finite, mostly within ±5; what stands for "missing" is said at each section. Cut from a slab: copy what is kept. Looks at nothing at or after the transaction's position, nor at labels learnt after it. */
export function computeFeatures(input: VelocityInput): Float32Array {
  const { event, card } = input;
  const own = new DataView(event.buffer, event.byteOffset, event.byteLength);
  const complete: FeatureInput = {
    own,
    timeMs: readTimeMs(own, 0),
    level: input.level ?? measureCardLevel(card, own.getUint8(8), anyReference),
    card,
    merchant: input.merchant,
    account: input.account,
    settings: input.settings,
  };
  const bytes = cutTransient(featureNames.length * Float32Array.BYTES_PER_ELEMENT);
  const features = new Float32Array(bytes.buffer, bytes.byteOffset, featureNames.length);
  let at = 0;
  for (const { measure } of sections) {
    for (const value of measure(complete)) features[at++] = value;
  }
  return features;
}
