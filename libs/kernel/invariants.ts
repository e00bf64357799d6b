/**
 * Something that holds for every organization at any time. The query runs inside one organization, as the app role; it answers how many
 * rows it looked at and how many are wrong, with a few of their ids.
 */
export interface Invariant {
  readonly name: string;
  /** SQL that yields one row: checked int, wrong int, examples text[]. */
  readonly sql: string;
  /** Whether an organization without any such row is nothing to worry about. */
  readonly mayBeEmpty?: boolean;
}
