// shared/domain/brand.ts: nominal types, so that a card token cannot be passed where a merchant id belongs.

declare const brand: unique symbol;

/** A `Base` that carries a name in the type system and nothing at run time. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
