import { json } from '#kernel';
import { z } from 'zod';

const line = (max = 200) => z.string().trim().min(1).max(max);

/** Where somebody is to be found: as it stands on an envelope, with the country as ISO 3166. */
export const Address = z
  .strictObject({
    street: line().optional(),
    street2: line().optional(),
    city: line(100).optional(),
    region: line(100).optional(),
    postal_code: line(20).optional(),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'two capital letters, ISO 3166')
      .optional(),
  })
  .meta({ id: 'Address', example: { street: '12 St James’s Square', city: 'London', postal_code: 'SW1Y 4JH', country: 'GB' } });
export type Address = z.output<typeof Address>;

export const address = () => json(Address).optional();
