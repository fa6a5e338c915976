// shared/encoder-import/trial-process.ts: a process of its own that reads, checks, composes and runs a foreign encoder; whatever it does to this process, it does to nobody else.
import { readFileSync, writeFileSync } from 'node:fs';
import { createOnnxBinding } from '../encoder/onnx-binding.ts';
import { AppError } from '../errors.ts';
import { composeGraph } from './compose-graph.ts';
import { parseForeignManifest } from './foreign-manifest.ts';
import { isRefusalReason } from './refusal.ts';
import { checkStatically } from './static-checks.ts';
import type { TrialAnswer } from './trial-message.ts';
import { tryEncoder } from './try-encoder.ts';

async function answer([model = '', manifestFile = '', output = '']: readonly string[]): Promise<TrialAnswer> {
  try {
    const manifest = parseForeignManifest(readFileSync(manifestFile, 'utf8'));
    const composed = composeGraph(checkStatically(readFileSync(model), manifest), manifest);
    const figures = await tryEncoder(createOnnxBinding(), composed, manifest);
    writeFileSync(output, composed);
    return { kind: 'taken', figures, peakMegabytes: process.resourceUsage().maxRSS / 1024 };
  } catch (error) {
    const reason = error instanceof AppError ? error.facts.reason : undefined;
    const detail = error instanceof Error ? error.message : String(error);
    const isMemory = error instanceof RangeError && /alloc|buffer/i.test(detail);
    return {
      kind: 'refused',
      reason: isRefusalReason(reason) ? reason : isMemory ? 'memory' : 'no-onnx',
      detail,
    };
  }
}

process.send?.(await answer(process.argv.slice(2)), () => process.disconnect());
