// shared/jobs/job-places.ts: where jobs of retraining are kept: inside the registry, which all replicas share.
import { join } from 'node:path';

export const ledgerDirectory = (registryDirectory: string): string =>
  join(registryDirectory, 'jobs', 'retrain');
/** Drift references of champions that came without one. */
export const referencesDirectory = (registryDirectory: string): string =>
  join(registryDirectory, 'jobs', 'drift-references');
export const requestsDirectory = (registryDirectory: string): string =>
  join(registryDirectory, 'jobs', 'retrain-requests');
