// test/shared/encoder-import/keras/write-windows.ts: windows of simulated traffic as NumPy arrays, for the Keras program beside it to train on.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHANNEL_COUNT, createInputs, ID_COUNT, writeChannels } from '../../../../shared/encoder/channels.ts';
import { amountBinOf } from '../../../../shared/features/population-reference.ts';
import { EVENT_BYTES } from '../../../../shared/sequence/packed-event.ts';
import { collectSimulated } from '../../../../shared/training/simulated-streams.ts';
import { writeNpy } from '../../../quality/npy.ts';

/** Events of a window; the next one is what is forecast. */
const LENGTH = 20;
const HISTORY = 19;
const ROWS = 40_000;
/** One row in so many is kept as packed events too: what the product's own path is compared on. */
const GOLDEN_EVERY = 2_500;

const [output = '.'] = process.argv.slice(2);
const { training } = await collectSimulated({
  seed: 8_400_001,
  portfolios: 4,
  heldOutPortfolios: 1,
  cards: 300,
  days: 60,
});
const inputs = createInputs(ROWS, LENGTH);
const next = new Int32Array(ROWS);
const view = new DataView(training.events.buffer, training.events.byteOffset, training.events.byteLength);
const golden: { row: number; count: number; events: string }[] = [];
let row = 0;
for (let card = 0; card < training.cardCount && row < ROWS; card++) {
  const [from = 0, to = 0] = [training.firstEvent[card], training.firstEvent[card + 1]];
  for (let at = from + 4; at + 1 < to && row < ROWS; at += 5) {
    const first = Math.max(from, at + 1 - HISTORY);
    const events = training.events.subarray(first * EVENT_BYTES, (at + 1) * EVENT_BYTES);
    const eventCount = at + 1 - first;
    writeChannels({ events, eventCount }, inputs, row);
    if (row % GOLDEN_EVERY === 0)
      golden.push({ row, count: eventCount, events: Buffer.from(events).toString('base64') });
    next[row++] = amountBinOf(view.getFloat32((at + 1) * EVENT_BYTES + 20, true));
  }
}
writeNpy(join(output, 'channels.npy'), inputs.channels.subarray(0, row * LENGTH * CHANNEL_COUNT), [
  row,
  LENGTH,
  CHANNEL_COUNT,
]);
writeNpy(join(output, 'ids.npy'), inputs.ids.subarray(0, row * LENGTH * ID_COUNT), [row, LENGTH, ID_COUNT]);
writeNpy(join(output, 'mask.npy'), inputs.mask.subarray(0, row * LENGTH), [row, LENGTH]);
writeNpy(join(output, 'next.npy'), next.subarray(0, row), [row]);
writeFileSync(join(output, 'golden.json'), JSON.stringify(golden));
process.stdout.write(`${row} windows\n`);
