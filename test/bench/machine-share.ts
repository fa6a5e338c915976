// test/bench/machine-share.ts: how much of the machine others took while something was measured: beside a figure it says what the figure is worth.
import { existsSync, readFileSync } from 'node:fs';
import { readProcessorSeconds } from '../support/stream-rig.ts';

/** /proc/stat counts in hundredths of a second, all processors together. */
const TICKS = 100;

function readBusySeconds(): number | undefined {
  if (!existsSync('/proc/stat')) return undefined;
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  // user, nice, system, idle, iowait, irq, softirq, steal
  const fields = line.split(/\s+/).slice(1, 9).map(Number);
  return fields.reduce((sum, ticks, at) => (at === 3 || at === 4 ? sum : sum + ticks), 0) / TICKS;
}

function readOwnSeconds(pids: readonly number[]): number {
  const { user, system } = process.cpuUsage();
  return pids.reduce((sum, pid) => sum + (readProcessorSeconds(pid)?.all ?? 0), (user + system) / 1e6);
}

/** @returns call it at the end: cores that neither this process nor `pids` had, on average since now; NaN without /proc */
export function watchOthers(pids: readonly number[]): () => number {
  const before = { busy: readBusySeconds() ?? Number.NaN, own: readOwnSeconds(pids), at: performance.now() };
  return () => {
    const busy = (readBusySeconds() ?? Number.NaN) - before.busy - (readOwnSeconds(pids) - before.own);
    return Number(((1000 * busy) / (performance.now() - before.at)).toFixed(2));
  };
}
