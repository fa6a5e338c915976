// shared/credit/credit-model.ts: the network with its reference applicant as JSON; refuses weights that could make it fall.
import { z } from 'zod';
import { AppError } from '../errors.ts';
import {
  encodedWidths,
  type MonotoneNetwork,
  memberParts,
  type NetworkMember,
  risingParts,
  toMember,
} from './monotone-network.ts';

export interface CreditModel {
  readonly network: MonotoneNetwork;
  /** Median inputs of accounts that paid, arrears 0: what an applicant is compared with to find factors. */
  readonly reference: Float32Array;
}

const inputSchema = z.object({
  name: z.string(),
  isRising: z.boolean(),
  mean: z.number(),
  scale: z.number().positive(),
  knots: z.array(z.number()),
});
const memberSchema = z.record(z.enum(memberParts), z.base64());
const modelSchema = z.object({
  inputs: z.array(inputSchema).min(1),
  members: z.array(memberSchema).min(1),
  reference: z.base64(),
});

const toBase64 = (values: Float32Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');

function fromBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  const values = new Float32Array(bytes.byteLength >> 2);
  new Uint8Array(values.buffer).set(bytes.subarray(0, values.byteLength));
  return values;
}

export function toCreditModelBytes({ network, reference }: CreditModel): Uint8Array {
  const members = network.members.map((member) =>
    Object.fromEntries(memberParts.map((part) => [part, toBase64(member[part])])),
  );
  const stored = { inputs: network.inputs, members, reference: toBase64(reference) };
  return new TextEncoder().encode(JSON.stringify(stored));
}

function problemOf(member: NetworkMember, widths: { free: number; rising: number }): string | undefined {
  const hidden = member.freeBias.length;
  const units = member.joinBias.length;
  const fits =
    member.freeWeights.length === widths.free * hidden &&
    member.joinWeights.length === hidden * units &&
    member.risingWeights.length === widths.rising * units &&
    member.outWeights.length === units &&
    member.freeOut.length === hidden &&
    member.risingOut.length === widths.rising;
  if (!fits) return 'its parts do not fit together';
  if (memberParts.some((part) => member[part].some((value) => !Number.isFinite(value)))) return 'not finite';
  const falling = risingParts.find((part) => member[part].some((value) => value < 0));
  return falling && `${falling} has a negative weight, so more missed payments could lower the risk`;
}

/**
 * Reads a model written by `toCreditModelBytes`.
 * @throws AppError FRAUD_MODEL_INVALID when shapes do not fit, or a weight could break the order
 */
export function parseCreditModel(bytes: Uint8Array): CreditModel {
  const parsed = modelSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (!parsed.success) throw new AppError('FRAUD_MODEL_INVALID', { detail: z.prettifyError(parsed.error) });
  const { inputs, reference } = parsed.data;
  const members = parsed.data.members.map((member) => toMember((part) => fromBase64(member[part])));
  const widths = encodedWidths(inputs);
  for (const member of members) {
    const problem = problemOf(member, widths);
    if (problem) throw new AppError('FRAUD_MODEL_INVALID', { detail: `Credit model: ${problem}.` });
  }
  return { network: { inputs, members }, reference: fromBase64(reference) };
}
