// shared/jobs/job-places.ts: where jobs of retraining are kept: inside the registry, which all replicas share.
import { join } from 'node:path';

export const ledgerDirectory = (registryDirectory: string): string =>
  join(registryDirectory, 'jobs', 'retrain');
export const requestsDirectory = (registryDirectory: string): string =>
  join(registryDirectory, 'jobs', 'retrain-requests');
