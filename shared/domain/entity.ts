// shared/domain/entity.ts: whose history a sequence is: card, merchant (or terminal), account.

export const entityKinds = ['card', 'merchant', 'account'] as const;
export type EntityKind = (typeof entityKinds)[number];

/** Identity of one history. Portfolios never share histories. */
export interface Entity {
  readonly kind: EntityKind;
  readonly portfolioId: string;
  readonly key: string;
}

/** One string per entity, for maps and stores: `c|portfolio|key`. */
export function entityKeyOf(entity: Entity): string {
  return `${entity.kind[0]}|${entity.portfolioId}|${entity.key}`;
}
