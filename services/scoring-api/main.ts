// services/scoring-api/main.ts: the scoring API as a process: start-api.ts inside the frame of every service.
import { systemClock } from '../../shared/clock.ts';
import { runService } from '../../shared/lifecycle/run-service.ts';
import { readApiSettings, redactedSettings } from './config.ts';
import { startApi } from './start-api.ts';

await runService({
  name: 'scoring-api',
  readSettings: readApiSettings,
  redact: redactedSettings,
  start: async (parts) => {
    const { address } = await startApi({ ...parts, clock: systemClock });
    parts.log.info({ address, operationsPort: Number(new URL(address).port) }, 'ready');
    return {};
  },
});
