/** Whether the database answers: what health checks need to know. */
export abstract class Database {
  abstract ping(): Promise<void>;
}
