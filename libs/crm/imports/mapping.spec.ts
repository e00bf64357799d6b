import { readFileSync } from 'node:fs';
import { columnsOf, Mapping, resolved } from './mapping.ts';
import { MappingFile } from './mapping-file.ts';

const mapping = (given: object) => Mapping.parse(given);

describe('resolved', () => {
  it('guesses what is not named, and leaves out what is null', () => {
    const headers = ['Full Name', 'E-mail', 'Phone', 'Notes'];
    const given = mapping({ columns: { phone: null, 'custom.remark': 'Notes' } });
    expect(resolved('contact', given, headers)).toEqual({ columns: { name: 'Full Name', email: 'E-mail', 'custom.remark': 'Notes' } });
    expect(resolved('contact', mapping({ guess: false, columns: { name: 'Full Name' } }), headers)).toEqual({
      columns: { name: 'Full Name' },
    });
  });

  it('gives a column that was named to no other field', () => {
    expect(resolved('contact', mapping({ columns: { last_name: 'Name' } }), ['Name'])).toEqual({ columns: { last_name: 'Name' } });
  });

  it('names everything that does not fit', () => {
    const given = mapping({
      columns: { ship: 'Name', email: 'Mail', source: { template: '{Name} of {Nobody}' } },
      values: { Nothing: {} },
    });
    const { wrong } = resolved('contact', given, ['Name']) as { wrong: { at: string }[] };
    expect(wrong.map(({ at }) => at)).toEqual(['columns/ship', 'columns/email', 'columns/source', 'values/Nothing']);
    expect(resolved('deal', mapping({ columns: { amount: 'A' } }), ['A'])).toEqual({
      wrong: [{ at: 'columns', message: 'nothing gives title' }],
    });
  });
});

describe('mappings', () => {
  it('know where their fields come from', () => {
    expect(columnsOf('A')).toEqual(['A']);
    expect(columnsOf({ column: 'A', times: '1000' })).toEqual(['A']);
    expect(columnsOf({ template: ['{A} for {B}', '{A}'] })).toEqual(['A', 'B', 'A']);
    expect(columnsOf({ value: '{A}' })).toEqual([]);
  });

  it.each([
    [{ columns: { name: { column: 'A', format: 'x' } } }],
    [{ columns: { name: { column: 'A', date_format: 'YYYY' } } }],
    [{ columns: { amount: { column: 'A', times: '-1' } } }],
    [{ collumns: {} }],
    [{ missing: { company: 'invent' } }],
  ])('refuse %j', (given) => {
    expect(Mapping.safeParse(given).success).toBe(false);
  });

  it('the example that is shipped is one', () => {
    expect(MappingFile.parse(JSON.parse(readFileSync('examples/crm-sales-opportunities.json', 'utf8'))).files).toHaveLength(3);
  });
});
