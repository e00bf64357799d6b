import { json } from '#kernel';
import { z } from 'zod';

const line = (max = 200) => z.string().trim().min(1).max(max);

const lines = {
  street: line(),
  street2: line(),
  city: line(100),
  region: line(100),
  postal_code: line(20),
  country: z.string().regex(/^[A-Z]{2}$/, 'two capital letters, ISO 3166'),
};

/** Where somebody is to be found: as it stands on an envelope, with the country as ISO 3166. */
export const Address = z
  .strictObject(lines)
  .partial()
  .meta({ id: 'Address', example: { street: '12 St James’s Square', city: 'London', postal_code: 'SW1Y 4JH', country: 'GB' } });
export type Address = z.output<typeof Address>;

const AddressChanges = z
  .strictObject(Object.fromEntries(Object.entries(lines).map(([name, check]) => [name, check.nullish()])))
  .meta({ id: 'AddressChanges', description: 'Lines that are not sent stay; null takes one away' });

export const address = () => json(Address).optional().merging(AddressChanges.nullable());
