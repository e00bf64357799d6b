/*
 * What reactions hear of a deal, besides `deal.created`, `deal.updated` and `deal.deleted`, which every record tells by itself. Amounts are
 * ten-thousandths of the unit.
 */

/** Went on to another open stage. */
export class DealMoved {
  constructor(
    readonly id: string,
    readonly from: string,
    readonly to: string,
  ) {}
}

export class DealWon {
  constructor(
    readonly id: string,
    readonly amount: bigint,
    readonly currency: string,
  ) {}
}

export class DealLost {
  constructor(
    readonly id: string,
    readonly amount: bigint,
    readonly currency: string,
  ) {}
}

/** Was won or lost, and is open again. */
export class DealReopened {
  constructor(
    readonly id: string,
    readonly from: 'won' | 'lost',
    readonly to: string,
  ) {}
}
