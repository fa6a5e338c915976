// services/archiver/main.ts: the archiver as a process: start-archiver.ts inside the frame of every service.
import { runService } from '../../shared/lifecycle/run-service.ts';
import { readArchiverSettings, redactedSettings } from './config.ts';
import { startArchiver } from './start-archiver.ts';

await runService({
  name: 'archiver',
  readSettings: readArchiverSettings,
  redact: redactedSettings,
  start: startArchiver,
});
