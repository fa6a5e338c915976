// services/scoring-api/routes/cards.ts: GET /v1/cards/{cardToken}: the history behind the scores; DELETE: the card is erased everywhere.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { requirePortfolio } from '../../../shared/access/principal.ts';
import { entityKeyOf } from '../../../shared/domain/entity.ts';
import { holdsCardNumber } from '../../../shared/edge/card-number.ts';
import { AppError } from '../../../shared/errors.ts';
import type { EntityView } from '../../../shared/sequence/entity-view.ts';
import type { StateStore } from '../../../shared/sequence/state-store.ts';
import { principalOf } from '../authenticate.ts';
import { describeRoute } from '../describe-route.ts';
import {
  cardParamsSchema,
  cardSummarySchema,
  erasureReceiptSchema,
  portfolioQuerySchema,
} from '../documents.ts';
import type { EraseCard } from '../erase-card.ts';
import { describeRecent, viewWhole } from '../outcome-so-far.ts';

const DAY_MS = 86_400_000;

function describeDays({ buckets, asOf }: EntityView) {
  return Array.from({ length: buckets.count }, (_, back) => {
    const index = buckets.count - 1 - back;
    return {
      day: new Date(buckets.dayOf(index) * DAY_MS).toISOString().slice(0, 10),
      transactions: buckets.countOf(index),
      amountOverMedian: Math.round(buckets.amountOf(index) * 1000) / 1000,
      knownFrauds: buckets.fraudKnownBy(index, asOf.timeMs),
    };
  });
}

/** @throws AppError FRAUD_CARD_NUMBER_PRESENT: a card number must not stand in a URL, where proxies log it */
function requireToken(cardToken: string): void {
  if (holdsCardNumber(cardToken, 'card'))
    throw new AppError('FRAUD_CARD_NUMBER_PRESENT', { field: 'cardToken' });
}

export function registerCards(
  server: FastifyInstance,
  { store, eraseCard }: { readonly store: Pick<StateStore, 'readRecords'>; readonly eraseCard: EraseCard },
): void {
  const typed = server.withTypeProvider<ZodTypeProvider>();
  const shared = { params: cardParamsSchema, querystring: portfolioQuerySchema };
  typed.route({
    method: 'GET',
    url: '/v1/cards/:cardToken',
    config: { scope: 'read' },
    schema: {
      ...describeRoute('readCard', 'The history of a card, as the model sees it', 'read'),
      ...shared,
      response: { 200: cardSummarySchema },
    },
    handler: async (request) => {
      const { cardToken } = request.params;
      const { portfolioId } = request.query;
      requireToken(cardToken);
      requirePortfolio(principalOf(request), portfolioId);
      const [record] = await store.readRecords([entityKeyOf({ kind: 'card', portfolioId, key: cardToken })]);
      if (!record) throw new AppError('FRAUD_CARD_NOT_FOUND');
      const view = viewWhole(record);
      const recent = describeRecent(view);
      return {
        cardToken,
        portfolioId,
        events: view.eventsBefore,
        firstSeenAt: new Date(view.firstSeenMs).toISOString(),
        ...(recent[0] ? { lastSeenAt: recent[0].at } : {}),
        recent,
        days: describeDays(view),
      };
    },
  });
  typed.route({
    method: 'DELETE',
    url: '/v1/cards/:cardToken',
    config: { scope: 'erase' },
    schema: {
      ...describeRoute('eraseCard', 'Erase a card', 'erase'),
      description:
        'Removes the card’s history, decisions, parked outcomes and kept answers, and sets a tombstone so that neither topics nor archives bring it back. The receipt says what was removed and until when topics still hold the rest. The next transaction begins a new history.',
      ...shared,
      response: { 200: erasureReceiptSchema },
    },
    handler: async (request) => {
      const { cardToken } = request.params;
      const { portfolioId } = request.query;
      const principal = principalOf(request);
      requireToken(cardToken);
      requirePortfolio(principal, portfolioId);
      return eraseCard({ portfolioId, cardToken, actor: principal.id });
    },
  });
}
