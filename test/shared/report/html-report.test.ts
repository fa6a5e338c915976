// test/shared/report/html-report.test.ts: a report is one file that loads nothing, and texts cannot become markup.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareMethods } from '../../../shared/evaluation/ablation.ts';
import { evaluateScores } from '../../../shared/evaluation/evaluate.ts';
import {
  ablationSection,
  evaluationSections,
  toHeadlines,
} from '../../../shared/report/evaluation-report.ts';
import { formatNumber, toHtml, writeHtmlReport } from '../../../shared/report/html-report.ts';
import { createRandom } from '../../../shared/simulation/random.ts';

test('numbers are short, and what is none is a dash', () => {
  const values = [0, 12, 1234567, 0.12345, 0.012345, 0.0000123, Number.NaN, 1234.6];
  expect(values.map(formatNumber)).toEqual([
    '0',
    '12',
    '1,234,567',
    '0.123',
    '0.0123',
    '1.2e-5',
    '–',
    '1,235',
  ]);
});

test('texts of titles, tables and captions are escaped', () => {
  const nasty = '<script>"&';
  const html = toHtml({
    title: nasty,
    headlines: [{ label: nasty, value: nasty, detail: nasty }],
    sections: [
      {
        heading: nasty,
        text: nasty,
        table: { columns: [nasty], rows: [[nasty]], note: nasty },
        pictures: [{ svg: '<svg></svg>', caption: nasty }],
      },
    ],
    footer: nasty,
  });
  expect(html).not.toContain('<script');
  expect(html).toContain('&lt;script&gt;&quot;&amp;');
});

test('an evaluation of two methods with an ablation becomes a report that stands alone', async () => {
  const random = createRandom(5);
  const count = 600;
  const label = Uint8Array.from({ length: count }, () => (random.chance(0.1) ? 1 : 0));
  const rows = {
    card: Uint32Array.from({ length: count }, (_, row) => row % 50),
    day: Int32Array.from({ length: count }, (_, row) => 20_000 + Math.floor(row / 60)),
    label,
    amountMinor: Float64Array.from({ length: count }, () => random.integer(10_000)),
    segments: { portfolio: Array.from(label, (_, row) => (row % 2 === 0 ? 'north' : 'south')) },
  };
  const columns = [0.3, 0.1].map((signal) =>
    Float64Array.from(label, (one) => Math.min(1, 0.6 * random.uniform() + signal * one)),
  );
  const [better, worse] = columns;
  if (!better || !worse) throw new Error('two columns were made');
  const options = { rounds: 20 };
  const evaluations = {
    champion: evaluateScores({ ...rows, score: better }, options),
    challenger: evaluateScores({ ...rows, score: worse }, options),
  };
  const table = compareMethods([{ rows, scores: { all: [better], features: [worse] } }], 'features', options);
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  try {
    const path = join(folder, 'deep', 'report.html');
    writeHtmlReport(path, {
      title: 'Two methods',
      headlines: toHeadlines(evaluations.champion),
      sections: [...(await evaluationSections(evaluations)), await ablationSection(table)],
    });
    const html = readFileSync(path, 'utf8');
    // Precision–recall, reliability, gain, scores; one segmenting; two of the ablation.
    expect(html.match(/<svg /g)).toHaveLength(7);
    expect(html).not.toMatch(/<(script|link|img|iframe)|@import|src=/);
    expect(html).not.toMatch(/NaN|undefined/);
    expect(html).toContain('By portfolio');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
