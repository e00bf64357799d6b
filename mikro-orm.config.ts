// Only for the `mikro-orm` command: it works as the owner of the tables.
import { ormOptions, ownerUrl, settings } from '#kernel';
import './libs/contexts.ts';

export default ormOptions(ownerUrl(settings));
