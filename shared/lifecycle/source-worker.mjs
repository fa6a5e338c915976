// shared/lifecycle/source-worker.mjs: first module of a worker thread that runs from TypeScript source; its argument is the module to run.
// On Node 20 a worker does not inherit tsx from its parent, and `--import tsx` in its execArgv has no effect there: it is registered here.
import { register } from 'tsx/esm/api';

register();
await import(process.argv[2]);
