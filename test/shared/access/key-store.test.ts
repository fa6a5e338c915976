// test/shared/access/key-store.test.ts: keys are shown once and kept hashed; rotated with an overlap, revoked at once, seen by every process.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openAccessTables } from '../../../shared/access/access-tables.ts';
import { createAuditLog } from '../../../shared/access/audit-log.ts';
import { createKeyStore, type KeyGrant } from '../../../shared/access/key-store.ts';
import { createSettableClock } from '../../../shared/clock.ts';

const HOUR_MS = 3_600_000;
const grant: KeyGrant = { name: 'payments', scopes: ['score'], portfolios: ['bank-a'] };

function useAccess() {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-access-'));
  const tables = openAccessTables(directory);
  const clock = createSettableClock(1_000_000);
  onTestFinished(async () => {
    await tables.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    directory,
    tables,
    clock,
    keys: createKeyStore(tables, clock),
    audit: createAuditLog(tables, clock),
  };
}

test('a key opens what it was made for, and its secret is on no disk', () => {
  const { directory, keys } = useAccess();
  const { text } = keys.create(grant);
  const principal = keys.verify(text);
  expect([...principal.scopes]).toEqual(['score']);
  expect([...principal.portfolios]).toEqual(['bank-a']);
  const secret = text.split('_').slice(2).join('_');
  expect(secret).toHaveLength(43);
  expect(readFileSync(join(directory, 'data.mdb')).includes(secret)).toBe(false);
  expect(JSON.stringify(keys.list())).not.toContain(secret);
});

test('another secret, an unknown id and what is no key are refused alike', () => {
  const { keys } = useAccess();
  const { text } = keys.create(grant);
  const other = keys.create(grant).text;
  const crossed = `${text.slice(0, 16)}${other.slice(16)}`;
  for (const wrong of [crossed, `fk_${'x'.repeat(12)}_${'A'.repeat(43)}`, 'fk_', '', text.slice(0, -1)]) {
    expect(() => keys.verify(wrong)).toThrow(expect.objectContaining({ code: 'FRAUD_CREDENTIAL_INVALID' }));
  }
});

test('after a rotation both secrets open until the overlap ends, and a third ends the first at once', () => {
  const { keys, clock } = useAccess();
  const first = keys.create(grant);
  const second = keys.rotate(first.record.keyId, HOUR_MS);
  expect(keys.verify(first.text).id).toBe(keys.verify(second.text).id);
  const third = keys.rotate(first.record.keyId, HOUR_MS);
  expect(() => keys.verify(first.text)).toThrow();
  clock.set(clock.now() + HOUR_MS);
  expect(() => keys.verify(second.text)).toThrow();
  expect(keys.verify(third.text).id).toBe(first.record.keyId);
});

test('a revocation and an expiry count from the next request on, in every process', () => {
  const { keys, tables, clock } = useAccess();
  const other = createKeyStore(tables, clock);
  const revoked = keys.create(grant);
  expect(other.verify(revoked.text).id).toBe(revoked.record.keyId);
  keys.revoke(revoked.record.keyId);
  expect(() => other.verify(revoked.text)).toThrow();
  const expiring = keys.create({ ...grant, expiresAtMs: clock.now() + 1 });
  expect(other.verify(expiring.text).id).toBe(expiring.record.keyId);
  clock.set(clock.now() + 1);
  expect(() => other.verify(expiring.text)).toThrow();
});

test('the audit log shows an entry that was changed or removed', () => {
  const { audit, tables } = useAccess();
  for (const act of ['key-create', 'key-revoke', 'card-erase'] as const) {
    audit.append({ act, actor: 'operator', subject: 'k' });
  }
  expect(audit.verify().entries).toBe(3);
  const [, second] = audit.list();
  const changed = { ...second, actor: 'nobody' };
  tables.transaction(() => tables.table.audit.put([2], Buffer.from(JSON.stringify(changed))));
  expect(() => audit.verify()).toThrow(expect.objectContaining({ code: 'FRAUD_AUDIT_BROKEN' }));
  tables.transaction(() => tables.table.audit.remove([2]));
  expect(() => audit.verify()).toThrow(expect.objectContaining({ code: 'FRAUD_AUDIT_BROKEN' }));
});
