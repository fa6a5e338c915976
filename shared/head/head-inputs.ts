// shared/head/head-inputs.ts: the one order of a head's inputs: readings ‖ features ‖ current event.
import { CURRENT_EVENT_COUNT, currentEventNames, writeCurrentEvent } from '../encoder/channels.ts';
import { readingNames } from '../encoder/readings.ts';
import { featureNames } from '../features/velocity.ts';
import { EVENT_BYTES } from '../sequence/packed-event.ts';

/** Prefixes keep a feature and a channel of the same name apart. */
const ofFeatures = featureNames.map((name) => `feature-${name}`);
const ofEvent = currentEventNames.map((name) => `event-${name}`);

/** Inputs of the full head: what the encoder's worker hands to a head graph. */
export function fullHeadInputs(config: { readonly width: number }): string[] {
  return [...readingNames(config), ...ofFeatures, ...ofEvent];
}

/** Inputs of the features-only head: everything that needs no encoder. */
export const featuresOnlyInputs: readonly string[] = [...ofFeatures, ...ofEvent];

/** What a head's input is written from. `events` ends with the transaction's own packed event. */
export interface HeadInputSource {
  readonly readings?: Float32Array | undefined;
  readonly features: Float32Array;
  readonly events: Uint8Array;
}

/** Writes readings (when given), features and current event into `into`, which has exactly their length. */
export function writeHeadInput({ readings, features, events }: HeadInputSource, into: Float32Array): void {
  into.fill(0);
  if (readings) into.set(readings);
  into.set(features, readings?.length ?? 0);
  writeCurrentEvent(events, events.byteLength - EVENT_BYTES, into, into.length - CURRENT_EVENT_COUNT);
}
