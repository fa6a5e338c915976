// shared/jobs/job-requests.ts: somebody asks for a job: a file beside the ledger, which whoever runs jobs takes up.
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { namesIn, replaceDurably } from '../registry/write-durably.ts';
import { createJobFileReader, type OnDamaged } from './read-job-file.ts';

export const jobRequestSchema = z.object({
  id: z.string().regex(/^[0-9a-f-]{36}$/),
  requestedAt: z.iso.datetime(),
  by: z.string(),
  reason: z.string().optional(),
});
export type JobRequest = z.infer<typeof jobRequestSchema>;

export interface JobRequests {
  ask(request: Omit<JobRequest, 'id'>): Promise<JobRequest>;
  /** Waiting ones, the oldest first. */
  list(): Promise<JobRequest[]>;
  /** Forgets one that was taken up; no error when it is gone. */
  remove(id: string): Promise<void>;
}

/** @param onDamaged told of requests that cannot be read: they are passed over */
export function openJobRequests(directory: string, onDamaged: OnDamaged = () => {}): JobRequests {
  const readRequest = createJobFileReader(jobRequestSchema, onDamaged);
  const pathOf = (id: string): string => join(directory, `${id}.json`);
  return {
    ask: async (asked) => {
      const request = { id: randomUUID(), ...asked };
      await mkdir(directory, { recursive: true });
      await replaceDurably(pathOf(request.id), new TextEncoder().encode(`${JSON.stringify(request)}\n`));
      return request;
    },
    list: async () => {
      const names = await namesIn(directory);
      const requests = await Promise.all(
        names
          .filter((name) => /^[0-9a-f-]{36}\.json$/.test(name))
          .map((name) => readRequest(join(directory, name))),
      );
      return requests
        .flatMap((request) => request ?? [])
        .sort(
          (left, right) =>
            left.requestedAt.localeCompare(right.requestedAt) || left.id.localeCompare(right.id),
        );
    },
    remove: (id) => rm(pathOf(id), { force: true }),
  };
}
