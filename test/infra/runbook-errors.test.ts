// test/infra/runbook-errors.test.ts: the runbook knows every error code, and no other.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../shared/config/package-root.ts';
import { errorCatalogue } from '../../shared/errors.ts';

const text = readFileSync(join(packageRoot, 'infra', 'runbooks', 'errors.md'), 'utf8');
const parts = text.split(/^## /m).slice(1);
const sections = new Map(
  parts.flatMap((part) => {
    const kind = /^[^\n]*\((\w+)\)/.exec(part)?.[1];
    return part
      .split(/^### /m)
      .slice(1)
      .map((section) => {
        const [code = '', ...lines] = section.split('\n');
        return [code.trim(), { kind, body: lines.join(' ').trim() }] as const;
      });
  }),
);

describe('the runbook of error codes', () => {
  it('has a section for every code of the catalogue, and for no other', () => {
    expect([...sections.keys()].sort()).toEqual(Object.keys(errorCatalogue).sort());
  });

  it('says of every code what it means and what to do', () => {
    const thin = [...sections].filter(
      ([, { body }]) => body.split(/[.:?](?: |$)/).filter(Boolean).length < 2,
    );
    expect(thin.map(([code]) => code)).toEqual([]);
  });

  it('files every code under its kind', () => {
    const misfiled = Object.entries(errorCatalogue).filter(
      ([code, { kind }]) => sections.get(code)?.kind !== kind,
    );
    expect(misfiled.map(([code]) => code)).toEqual([]);
  });
});
