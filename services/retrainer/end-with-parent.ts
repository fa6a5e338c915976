// services/retrainer/end-with-parent.ts: a job whose service was killed ends, too: another replica goes on with it.

/** Does nothing for a job that was started by hand. The channel keeps nobody alive. */
export function endWithParent(): void {
  if (!process.connected) return;
  process.once('disconnect', () => process.exit(1));
  process.channel?.unref();
}
