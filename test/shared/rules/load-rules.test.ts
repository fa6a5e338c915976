// test/shared/rules/load-rules.test.ts: what a rules file may say, what is refused and how it is told, and what its digest depends on.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../../../shared/config/package-root.ts';
import { AppError } from '../../../shared/errors.ts';
import { loadRules } from '../../../shared/rules/load-rules.ts';

/** A folder with these files; gone when the test has finished. Returns the path of `rules.yaml`. */
function write(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-rules-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return join(directory, 'rules.yaml');
}

const list = (more: string) => `version: 1
lists:
  - code: STOLEN
    effect: block
    sentence: Stolen.
${more}`;
const rule = (when: string) => `version: 1
rules:
  - code: ODD
    effect: review
    sentence: Odd.
    when: ${JSON.stringify(when)}
`;

async function refusalOf(files: Readonly<Record<string, string>>): Promise<string> {
  const error = await loadRules(write(files)).catch((thrown: unknown) => thrown);
  if (!(error instanceof AppError)) throw new Error('expected a refusal');
  expect(error.code).toBe('FRAUD_RULES_INVALID');
  return error.message.replaceAll(tmpdir(), '').replaceAll(/\/fraud-rules-\w+\//g, '');
}

test('the example that ships is valid, and stands in the order of precedence', async () => {
  const { ruleSet, files } = await loadRules(join(packageRoot, 'infra/rules/example.yaml'));
  expect(ruleSet.entries.map(({ code, effect }) => `${effect} ${code}`)).toEqual([
    'block STOLEN_DEVICE',
    'block WITHDRAWN_BINS',
    'allow OWN_TEST_CARD',
    'decline FIVE_IN_TEN_MINUTES',
    'review NEW_DEVICE_ABROAD',
    'review LARGE_WITHOUT_AUTHENTICATION',
  ]);
  expect(files).toHaveLength(2);
});

test('problems are told with file, line and field, all at once', async () => {
  const refusal = await refusalOf({
    'rules.yaml': `version: 1
lists:
  - code: a
    effect: forbid
    field: pan
    sentence: x
rules:
  - code: NEW_CARD
    effect: review
    sentence: x
    when: amountMinor > 5.0
    wehn: typo
`,
  });
  expect(refusal).toContain('rules.yaml:3 lists.0.code: expected 3 to 64 capital letters');
  expect(refusal).toContain('rules.yaml:4 lists.0.effect: ');
  expect(refusal).toContain('rules.yaml:5 lists.0.field: ');
  expect(refusal).toContain('rules.yaml:8 rules.0.code: is a reason code of the model');
  expect(refusal).toContain('rules.yaml:8 rules.0: Unrecognized key: "wehn"');
});

test.each([
  ['not YAML', 'version: [1', /rules\.yaml:1: /],
  ['empty', '', /rules\.yaml:1: /],
  ['another version', 'version: 2', /rules\.yaml:1 version: /],
  [
    'both values and file',
    list('    field: card\n    values: [a]\n    file: x.txt'),
    /either `values` or `file`/,
  ],
  ['neither', list('    field: card'), /either `values` or `file`/],
  [
    'a list file that is not there',
    list('    field: card\n    file: x.txt'),
    /:7 lists\.0\.file: the file cannot be read/,
  ],
  [
    'a country in small letters',
    list('    field: country\n    values: [de]'),
    /:7 lists\.0\.values: expected an ISO 3166-1/,
  ],
  ['a BIN of four digits', list("    field: bin\n    values: ['4571']"), /expected 6 to 8 digits/],
  ['a BIN range that runs backwards', list("    field: bin\n    values: ['457199-457173']"), /smaller end/],
  [
    'a code twice',
    `${rule('true')}${rule('true').split('\n').slice(2).join('\n')}`,
    /:7 rules\.1\.code: the code is taken/,
  ],
  ['an expression that ends early', rule('amountMinor >'), /:6 rules\.0\.when: Unexpected token/],
  ['an unknown variable', rule('amount > 5'), /Unknown variable: amount/],
  ['an unknown field', rule('merchant.mmc == "5411"'), /No such key: mmc/],
  ['an unknown feature', rule('feature.cardCountCentury > 1.0'), /No such key: cardCountCentury/],
  [
    'a number in place of true or false',
    rule('amountMinor'),
    /expected true or false, the expression gives double/,
  ],
  ['types that cannot be compared', rule('currency > 5'), /no such overload/],
  ['a regular expression', rule('merchant.name.matches("(a+)+$")'), /`matches` may take any time/],
  ['a feature by its text', rule('feature["gap"] > 1.0'), /named by a dot/],
])('%s is refused', async (_what, text, expected) => {
  expect(await refusalOf({ 'rules.yaml': text })).toMatch(expected);
});

test('a card number in a list is refused by its line, and not told', async () => {
  const digits = `4111${'1'.repeat(12)}`;
  const refusal = await refusalOf({
    'rules.yaml': list('    field: card\n    file: cards.txt'),
    'cards.txt': `# stolen\ntok_1\n${digits}\n`,
  });
  expect(refusal).toContain('cards.txt:3: looks like a card number');
  expect(refusal).not.toContain(digits);
});

test('the digest follows the content, not comments, repeats or where a list stands', async () => {
  const digestOf = async (files: Readonly<Record<string, string>>) =>
    (await loadRules(write(files))).ruleSet.digest;
  const inline = await digestOf({ 'rules.yaml': list('    field: card\n    values: [a, b]') });
  const apart = { 'rules.yaml': `# a comment\n${list('    field: card\n    file: cards.txt')}` };
  expect(inline).toMatch(/^[0-9a-f]{16}$/);
  expect(await digestOf({ ...apart, 'cards.txt': 'a\n# and\n\nb\na\n' })).toBe(inline);
  expect(await digestOf({ ...apart, 'cards.txt': 'a\nb\nc\n' })).not.toBe(inline);
  expect(await digestOf({ 'rules.yaml': list('    field: device\n    values: [a, b]') })).not.toBe(inline);
});
