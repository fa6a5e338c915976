// test/gpu/card.ts: which NVIDIA card is here, and how many float32 operations per second its data sheet promises.
import { execFileSync } from 'node:child_process';

export interface Card {
  readonly name: string;
  /** 10¹² float32 operations per second without tensor cores (they are off: TF32 would change scores); undefined for cards not listed. */
  readonly peakTeraflops: number | undefined;
}

/** NVIDIA's data sheets, float32, without tensor cores and sparsity. The first name that is part of the card's wins. */
const PEAK_TERAFLOPS: readonly (readonly [string, number])[] = [
  ['H200', 67],
  ['H100 PCIe', 51],
  ['H100', 67],
  ['A100', 19.5],
  ['L40S', 91.6],
  ['L4', 30.3],
  ['A10G', 31.2],
  ['A10', 31.2],
  ['T4', 8.1],
  ['V100', 15.7],
];

/** Undefined when nvidia-smi is absent or fails. */
export function findCard(): Card | undefined {
  try {
    const output = execFileSync('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const name = output.split('\n')[0]?.trim() ?? 'unknown';
    const peakTeraflops = PEAK_TERAFLOPS.find(([part]) => name.includes(part))?.[1];
    return { name, peakTeraflops };
  } catch {
    return undefined;
  }
}
