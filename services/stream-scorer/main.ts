// services/stream-scorer/main.ts: the stream-scorer as a process: start-scorer.ts inside the frame of every service.
import { systemClock } from '../../shared/clock.ts';
import { runService } from '../../shared/lifecycle/run-service.ts';
import { readScorerSettings, redactedSettings } from './config.ts';
import { startScorer } from './start-scorer.ts';

await runService({
  name: 'stream-scorer',
  readSettings: readScorerSettings,
  redact: redactedSettings,
  start: (parts) => startScorer({ ...parts, clock: systemClock }),
});
