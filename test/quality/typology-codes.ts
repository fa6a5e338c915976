// test/quality/typology-codes.ts: the reasons a fraud analyst should be given for each planted typology; stated before anything was judged.
import type { ReasonCode } from '../../shared/domain/reason-code.ts';

/**
 * What each typology plants by construction (shared/simulation/typologies), four codes each, those that mark it most first:
 * takeover: a stranger's device, often a foreign address, one payment after the other, after others of the intruder's;
 * bust-out: the owner's device and place, amounts that grow, quickly after each other, the card's largest ones;
 * card testing: many cards tried at one merchant, one after the other, checks failed and declined, a stranger's device;
 * compromised terminal: copies by magnetic stripe, cash machine or a stranger's device, one after the other, many cards at a few outlets;
 * friendly fraud: a purchase of the owner's, at most of an unusual amount, kind or merchant; often a stored card;
 * mule transfers: transfers where there were none, to new payees, one after the other, large sums;
 * stolen card: goods that resell, PIN unknown, one after the other, amounts that grow, after others of the thief's;
 * stored card: a foreign address, a stranger's device, stored credentials, more than is usual there.
 */
export const typologyCodes: Readonly<Record<string, readonly ReasonCode[]>> = {
  'account-takeover': ['DEVICE_UNUSUAL', 'COUNTRY_UNUSUAL', 'VELOCITY_HIGH', 'RECENT_BEHAVIOUR_UNUSUAL'],
  'bust-out': ['AMOUNT_UNUSUAL_FOR_CARD', 'SPENDING_BURST', 'VELOCITY_HIGH', 'RECENT_BEHAVIOUR_UNUSUAL'],
  'card-testing': ['MERCHANT_ACTIVITY_UNUSUAL', 'VELOCITY_HIGH', 'CHECKS_UNUSUAL', 'DEVICE_UNUSUAL'],
  'compromised-terminal': [
    'ENTRY_MODE_UNUSUAL',
    'DEVICE_UNUSUAL',
    'VELOCITY_HIGH',
    'MERCHANT_ACTIVITY_UNUSUAL',
  ],
  'friendly-fraud': ['AMOUNT_UNUSUAL_FOR_CARD', 'CATEGORY_UNUSUAL', 'MERCHANT_UNUSUAL', 'ENTRY_MODE_UNUSUAL'],
  'mule-transfers': ['CATEGORY_UNUSUAL', 'MERCHANT_UNUSUAL', 'VELOCITY_HIGH', 'AMOUNT_UNUSUAL_FOR_CARD'],
  'stolen-card': ['VELOCITY_HIGH', 'CHECKS_UNUSUAL', 'AMOUNT_UNUSUAL_FOR_CARD', 'RECENT_BEHAVIOUR_UNUSUAL'],
  'stored-card': ['COUNTRY_UNUSUAL', 'DEVICE_UNUSUAL', 'ENTRY_MODE_UNUSUAL', 'AMOUNT_UNUSUAL_FOR_CARD'],
};
