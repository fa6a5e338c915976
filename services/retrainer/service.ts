// services/retrainer/service.ts: the retrainer as a process that stays: on schedule, on demand, on drift; start-service.ts in the frame of every service.
import { runService } from '../../shared/lifecycle/run-service.ts';
import { readRetrainerServiceSettings } from './service-config.ts';
import { startRetrainerService } from './start-service.ts';

await runService({
  name: 'retrainer',
  readSettings: readRetrainerServiceSettings,
  redact: (settings) => settings,
  start: startRetrainerService,
});
