// shared/lifecycle/resident-memory.ts: how much memory another process holds, as Linux tells it.
import { readFileSync } from 'node:fs';

/** Resident bytes of a process; 0 where nobody tells: it has ended, or this is no Linux. */
export function residentBytes(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;
  } catch {
    return 0;
  }
}
