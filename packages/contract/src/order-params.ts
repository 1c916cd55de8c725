import { int } from './params.js';

/** The parameters by which a method lets its user choose on how many prefixes of random orders models are trained. */
export const orderParams = {
  retrainings: int({ default: 128, min: 2, help: 'models trained, positions for each random order' }),
  positions: int({ default: 8, min: 2, help: 'prefixes of each order that are trained, of evenly spaced sizes' }),
};

/** What a user chose of {@link orderParams}. */
export interface ChosenOrders {
  readonly retrainings: number;
  readonly positions: number;
}

/** How many orders {@link orderParams} make. */
export function ordersOf({ retrainings, positions }: ChosenOrders): number {
  return Math.ceil(retrainings / positions);
}

/** What a method uses for {@link orderParams}. */
export function usesOrders(chosen: ChosenOrders) {
  return { subsets: { draw: 'permutations', count: ordersOf(chosen), positions: chosen.positions } } as const;
}

/** How that differs from a model after every point of an order. */
export function fewPrefixes({ positions }: ChosenOrders): string {
  return `${positions} prefixes of each order in place of all, points between two of them sharing what they gain`;
}
