// test/shared/training-set/build-training-set.test.ts: rows as scored, labels as known at the cut, nothing from the future, the same bytes again.
import { describe, expect, test } from 'vitest';
import type { LabelEvidence } from '../../../shared/labels/evidence.ts';
import { resolveLabel } from '../../../shared/labels/resolve-label.ts';
import { buildTrainingSet } from '../../../shared/training-set/build-training-set.ts';
import { trainingSetQuery } from '../../../shared/training-set/query.sql.ts';
import { correctSampledProbability, sampleGenuine } from '../../../shared/training-set/sampling.ts';
import { windowRows } from '../../../shared/training-set/training-set.ts';
import { checkWindows, planWindows } from '../../../shared/training-set/windows.ts';
import { DAY_MS, FIRST_MS, outcomeOf, trainingRow } from '../../support/archive-records.ts';
import { createEvidenceDraw } from '../../support/evidence.ts';
import { requestOn, testInputs } from '../../support/training-request.ts';
import { useArchive } from '../../support/use-archive.ts';

const onDay = (day: number) => new Date(FIRST_MS + day * DAY_MS);

/** Ids and labels of one window. */
async function labelsOf(
  request: Parameters<typeof buildTrainingSet>[0],
  name: 'training' | 'calibration' | 'test',
) {
  const { transactionIds, labels } = windowRows(await buildTrainingSet(request), name);
  return Object.fromEntries(transactionIds.map((id, row) => [id, labels[row]]));
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

describe('a training set', () => {
  test('holds rows as they were scored: readings, features, current event', async () => {
    const archive = await useArchive();
    await archive.write('rows', [trainingRow('b', 5), trainingRow('a', 2, { score: 0.75 })]);
    const set = await buildTrainingSet(requestOn(archive.store));
    expect(set.transactionIds).toEqual(['a', 'b']);
    expect([...set.values.subarray(0, 5)]).toEqual([0.5, 2, 2, 2, 3]);
    const amountLog = testInputs.findIndex((name) => name.startsWith('event-') && /amount/i.test(name));
    expect(amountLog).toBeGreaterThan(0);
    expect(set.values[amountLog]).toBeCloseTo(set.values[testInputs.length + amountLog] ?? Number.NaN);
    expect(set.values[amountLog]).not.toBe(0);
    expect([...set.scores]).toEqual([0.75, 0.25]);
    expect([...set.weights]).toEqual([1, 1]);
  });

  test('fraud counts from the moment it was known, genuine only when mature', async () => {
    const archive = await useArchive();
    const days = { mature: 5, fresh: 15, freshFraud: 15, lateFraud: 5, inTime: 5 };
    await archive.write(
      'rows',
      Object.entries(days).map(([id, day]) => trainingRow(id, day)),
    );
    await archive.write('outcomes', [
      outcomeOf('freshFraud', 15, 16),
      // Known only after the training window asked (day 17).
      outcomeOf('lateFraud', 5, 18),
      outcomeOf('inTime', 5, 17),
    ]);
    expect(await labelsOf(requestOn(archive.store), 'training')).toEqual({
      mature: 0,
      lateFraud: 0,
      inTime: 1,
      freshFraud: 1,
    });
  });

  test('each window is labelled by what was known when the next one began, the test by the cut', async () => {
    const archive = await useArchive();
    await archive.write('rows', [
      trainingRow('calibrated', 18),
      trainingRow('tested', 28),
      trainingRow('between', 24),
    ]);
    await archive.write('outcomes', [
      outcomeOf('calibrated', 18, 28),
      outcomeOf('tested', 28, 37),
      outcomeOf('between', 24, 25),
    ]);
    expect(await labelsOf(requestOn(archive.store), 'calibration')).toEqual({ calibrated: 0 });
    expect(await labelsOf(requestOn(archive.store), 'test')).toEqual({ tested: 1 });
  });

  test('a row or outcome that was sent twice counts once; rows of another encoder or lower tier not at all', async () => {
    const archive = await useArchive();
    const without = trainingRow('lower-tier', 3);
    await archive.write('rows', [
      trainingRow('a', 2),
      trainingRow('a', 2, { score: 0.9 }),
      trainingRow('other-encoder', 2, { encoderVersion: 'e0' }),
      { ...without, readings: undefined },
    ]);
    await archive.write('outcomes', [outcomeOf('a', 2, 9), outcomeOf('a', 2, 9)]);
    const set = await buildTrainingSet(requestOn(archive.store));
    expect(set.transactionIds).toEqual(['a']);
    expect([...set.scores]).toEqual([0.25]);
    expect([...set.labels]).toEqual([1]);
  });

  test('10,000 random histories are labelled by the query as by the resolver', async () => {
    const archive = await useArchive();
    const draw = createEvidenceDraw(21);
    const histories = Array.from({ length: 10_000 }, (_, index): [string, LabelEvidence[]] => [
      `t${index}`,
      draw(index % 9),
    ]);
    await archive.write(
      'rows',
      histories.map(([id], index) => trainingRow(id, 27 + (index % 3) * 0.9)),
    );
    const outcomes = histories.flatMap(([id, records]) =>
      records.map((one) => ({ ...outcomeOf(id, 0, 0), ...one, portfolioId: 'default', transactionId: id })),
    );
    await archive.write('outcomes', outcomes);
    const cut = onDay(37);
    const set = windowRows(await buildTrainingSet(requestOn(archive.store)), 'test');
    expect(set.transactionIds).toHaveLength(10_000);
    const byId = new Map(histories);
    const differing = set.transactionIds.filter((id, row) => {
      const label = resolveLabel(byId.get(id) ?? [], cut);
      const isSame =
        set.labels[row] === (label.label === 'fraud' ? 1 : 0) &&
        Object.is(set.knownAtMs[row], label.label === 'unknown' ? Number.NaN : label.knownAtMs);
      return !isSame;
    });
    expect(differing).toEqual([]);
    expect(set.labels.reduce((sum, label) => sum + label, 0)).toBeGreaterThan(2_000);
  }, 90_000);
});

describe('the future', () => {
  test('asking for a label known after the cut is an error', async () => {
    const archive = await useArchive();
    const request = requestOn(archive.store);
    const { test: last, calibration } = request.windows;
    const future = expect.objectContaining({ code: 'FRAUD_TRAINING_SET_FUTURE' });
    const ask = (windows: typeof request.windows) => buildTrainingSet({ ...request, windows });
    await expect(ask({ ...request.windows, test: { ...last, asOfMs: last.asOfMs + 1 } })).rejects.toEqual(
      future,
    );
    await expect(ask({ ...request.windows, test: { ...last, untilMs: last.asOfMs + 1 } })).rejects.toEqual(
      future,
    );
    // Training or calibrating on labels that the test window's time would not have known.
    await expect(
      ask({ ...request.windows, calibration: { ...calibration, asOfMs: last.fromMs + 1 } }),
    ).rejects.toEqual(future);
    checkWindows(request.windows, request.cut);
  });

  /** Rows, and evidence known by the cut; then evidence and rows that came later. */
  async function useTwoTimes() {
    const archive = await useArchive();
    const ids = Array.from({ length: 24 }, (_, index) => `t${index}`);
    await archive.write(
      'rows',
      ids.map((id, index) => trainingRow(id, Math.floor(index * 1.3))),
    );
    await archive.write(
      'outcomes',
      ids.slice(0, 8).map((id, index) => outcomeOf(id, Math.floor(index * 1.3), index * 1.3 + 3)),
    );
    const addLater = async () => {
      await archive.write(
        'outcomes',
        ids.map((id, index) => outcomeOf(id, Math.floor(index * 1.3), 37.001 + index / 1000)),
      );
      // What was known then is taken back later.
      await archive.write(
        'outcomes',
        ids.map((id, index) => outcomeOf(id, Math.floor(index * 1.3), 40, { action: 'close' })),
      );
      await archive.write('rows', [trainingRow('later', 38)]);
    };
    return { archive, addLater };
  }

  test('evidence known later changes no byte of a set rebuilt at the same cut', async () => {
    const { archive, addLater } = await useTwoTimes();
    const before = await buildTrainingSet(requestOn(archive.store));
    await addLater();
    const after = await buildTrainingSet(requestOn(archive.store));
    expect(after.snapshotId).toBe(before.snapshotId);
    expect(bytesOf(after.values).equals(bytesOf(before.values))).toBe(true);
    expect([...after.labels]).toEqual([...before.labels]);
    expect(after.inputFiles.length).toBeGreaterThan(before.inputFiles.length - 1);
    // At a later cut the same evidence does count.
    const cut = onDay(60);
    const windows = planWindows({
      cut,
      labelDelayDays: 7,
      trainingDays: 10,
      calibrationDays: 3,
      testDays: 30,
    });
    const later = await buildTrainingSet(requestOn(archive.store, { cut, windows }));
    expect(later.snapshotId).not.toBe(before.snapshotId);
  });

  test.each([
    ['does not ask when a label was known', 'WHERE o.known_ms <= s.as_of_ms', 'WHERE true'],
    ['asks by the end of time', 'o.known_ms <= s.as_of_ms', 'o.known_ms <= 9000000000000000'],
    ['takes rows after their window', 'f.event_time_ms < w.until_ms', 'true'],
  ])('a poisoned query that %s is caught', async (_name, wanted, poison) => {
    const { archive, addLater } = await useTwoTimes();
    await addLater();
    expect(trainingSetQuery).toContain(wanted);
    const query = trainingSetQuery.replace(wanted, poison);
    await expect(buildTrainingSet(requestOn(archive.store, { query }))).rejects.toMatchObject({
      code: 'FRAUD_TRAINING_SET_FUTURE',
    });
  });

  test('a poisoned query that hides when its labels were known does not survive the rebuild', async () => {
    const { archive, addLater } = await useTwoTimes();
    const query = trainingSetQuery
      .replace('WHERE o.known_ms <= s.as_of_ms', 'WHERE true')
      .replace('c.label, c.known_ms', 'c.label, NULL AS known_ms');
    const before = await buildTrainingSet(requestOn(archive.store, { query }));
    await addLater();
    const after = await buildTrainingSet(requestOn(archive.store, { query }));
    expect(after.snapshotId).not.toBe(before.snapshotId);
  });
});

describe('sampling', () => {
  test('keeps all frauds and the same share of the genuine, whose weights make up for the rest', async () => {
    const archive = await useArchive();
    const ids = Array.from({ length: 4_000 }, (_, index) => `s${index}`);
    await archive.write(
      'rows',
      ids.map((id, index) => trainingRow(id, 8 + (index % 10) / 10)),
    );
    await archive.write(
      'outcomes',
      ids.slice(0, 40).map((id) => outcomeOf(id, 8, 12)),
    );
    const genuineShare = { training: 0.1 };
    const set = await buildTrainingSet(requestOn(archive.store, { genuineShare }));
    const frauds = set.labels.reduce((sum, label) => sum + label, 0);
    const weight = set.weights.reduce((sum, one) => sum + one, 0);
    expect(frauds).toBe(40);
    expect(set.labels.length).toBeGreaterThan(350);
    expect(set.labels.length).toBeLessThan(520);
    expect(Math.abs(weight - 4_000)).toBeLessThan(600);
    const again = await buildTrainingSet(requestOn(archive.store, { genuineShare }));
    expect(again.snapshotId).toBe(set.snapshotId);
  });

  test('the probability of a model fitted on the sample is set right by the share', () => {
    // 10 frauds in 1,000; a tenth of the genuine kept: 10 in 109.
    expect(correctSampledProbability(10 / 109, 0.1)).toBeCloseTo(0.01, 10);
    expect(correctSampledProbability(0.3, 1)).toBeCloseTo(0.3, 12);
    expect(sampleGenuine(1)).toEqual({ keepBelow: 'g', weight: 1 });
    expect(sampleGenuine(0.25)).toEqual({ keepBelow: '40000000', weight: 4 });
  });
});
