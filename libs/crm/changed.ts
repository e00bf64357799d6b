import { isDeepStrictEqual } from 'node:util';

/**
 * What was sent that is not so already, to be put into the row: whoever sends a record back as it was read changes nothing. JSON is the
 * same in whatever order its keys come; the database has one of its own, and the checks another.
 */
export const changed = (row: object, sent: object): object =>
  Object.fromEntries(Object.entries(sent).filter(([name, to]: [string, unknown]) => !isDeepStrictEqual(to, Reflect.get(row, name))));
