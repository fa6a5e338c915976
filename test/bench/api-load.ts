// test/bench/api-load.ts: the single route in open loop: its maximum, its latencies below it, and what callers see far above it.
import { setTimeout as wait } from 'node:timers/promises';
import { rateOf } from './api-rounds.ts';
import type { BenchServer } from './api-servers.ts';
import { probeDoor } from './door-probe.ts';
import { percentile, runOpenLoop, type Target } from './load-generator.ts';
import { watchOthers } from './machine-share.ts';

/** Of the closed loop's rate. */
const STEPS = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1];
/** A rate is carried when so many are answered, so fast. */
const CARRIED_SHARE = 0.99;
const CARRIED_P99_MS = 100;
const RECOVERY_LIMIT_MS = 15_000;
/** Requests per second of the light caller: enough for a 99th percentile, next to nothing beside the load. */
const PROBE_PER_SECOND = 200;
const say = (sentence: string) => process.stderr.write(`${sentence}\n`);
const round = (value: number, places = 3) => Number(value.toFixed(places));

/** Highest rate with 99 % answered 200 and p99 below the default deadline; the search ends at the second rate that is not. */
export async function findMaximum(
  target: Target,
  next: () => Buffer,
  { closed, seconds }: { readonly closed: number; readonly seconds: number },
): Promise<number> {
  let best = 0;
  let failed = 0;
  for (const share of STEPS) {
    const perSecond = closed * share;
    const result = await runOpenLoop(target, next, { perSecond, seconds });
    const good = result.answered.get(200) ?? [];
    const p99 = percentile(good, 0.99);
    say(`open loop ${Math.round(perSecond)}/s: ${good.length} answered 200, p99 ${p99.toFixed(1)} ms`);
    if (good.length >= CARRIED_SHARE * perSecond * seconds && p99 < CARRIED_P99_MS) best = perSecond;
    else if (++failed === 2) break;
    await wait(500); // queues run empty between rates
  }
  return best > 0 ? best : closed * (STEPS[0] ?? 1);
}

export async function measureCalm(
  { target, pid }: BenchServer,
  next: () => Buffer,
  { maximum, seconds }: { readonly maximum: number; readonly seconds: number },
) {
  const othersCores = watchOthers([pid]);
  const calm = await runOpenLoop(target, next, { perSecond: 0.7 * maximum, seconds });
  const latencies = calm.answered.get(200) ?? [];
  return {
    perSecond: Math.round(0.7 * maximum),
    sent: calm.sent,
    answered: latencies.length,
    p50Ms: round(percentile(latencies, 0.5), 2),
    p99Ms: round(percentile(latencies, 0.99), 2),
    p999Ms: round(percentile(latencies, 0.999), 2),
    generatorLateP99Ms: round(percentile(calm.lateMs, 0.99), 1),
    othersCores: othersCores(),
  };
}

/** p50 and p99. */
const tellMs = (values: readonly number[]) => ({
  p50: round(percentile(values, 0.5), 1),
  p99: round(percentile(values, 0.99), 1),
});

/**
 * Three times the maximum, then the calm rate until it is answered as before. Refusals are timed from the moment they were sent: those of
 * the generator, whose own event loop is busy, and those of a light caller on a thread of its own.
 */
export async function measureOverload(
  { target, pid }: BenchServer,
  next: () => Buffer,
  { maximum, seconds }: { readonly maximum: number; readonly seconds: number },
) {
  const othersCores = watchOthers([pid]);
  const probed = Math.max(0.5, seconds - 0.5);
  const requests = Array.from({ length: Math.round(PROBE_PER_SECOND * probed) }, () => String(next()));
  const probing = probeDoor({ target, requests, perSecond: PROBE_PER_SECOND, seconds: probed });
  const over = await runOpenLoop(target, next, { perSecond: 3 * maximum, seconds });
  const others = othersCores();
  const probe = await probing;
  const backAt = performance.now();
  let recoveryMs = Number.NaN;
  while (performance.now() - backAt < RECOVERY_LIMIT_MS) {
    const probe = await runOpenLoop(target, next, { perSecond: 0.7 * maximum, seconds: 0.5 });
    const good = probe.answered.get(200) ?? [];
    if (good.length < CARRIED_SHARE * 0.35 * maximum || percentile(good, 0.99) > CARRIED_P99_MS) continue;
    recoveryMs = performance.now() - backAt;
    break;
  }
  return {
    sentPerSecond: Math.round(over.sent / over.seconds),
    goodput: round(rateOf(over) / maximum),
    refusals: over.refusedAfterMs.length,
    refusalMs: tellMs(over.refusedAfterMs),
    generatorLateMs: tellMs(over.lateMs),
    lightCaller: {
      refusals: probe.refusedAfterMs.length,
      refusalMs: tellMs(probe.refusedAfterMs),
      lateMs: tellMs(probe.lateMs),
    },
    othersCores: others,
    statuses: Object.fromEntries([...over.answered].map(([status, list]) => [status, list.length])),
    recoveredWithinSeconds: round(recoveryMs / 1000, 1),
  };
}
