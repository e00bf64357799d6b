// Only for the `mikro-orm` command: it works as the owner of the tables.
import { ormOptions } from '#kernel';
import './libs/contexts.ts';

export default ormOptions(process.env.DATABASE_OWNER_URL ?? '');
