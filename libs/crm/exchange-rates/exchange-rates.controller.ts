import { controller, crud, upload } from '#kernel';
import { ExchangeRate, ExchangeRateChanges, exchangeRateList, ExchangeRateView, NewExchangeRate } from './exchange-rate.ts';
import { ImportedRates, ImportExchangeRates, NoFields } from './import-exchange-rates.ts';
import { CreateExchangeRate, UpdateExchangeRate } from './write-exchange-rate.ts';

export const ExchangeRatesController = controller(
  'exchange-rates',
  {
    ...crud({
      of: ExchangeRate,
      called: 'an exchange rate',
      view: ExchangeRateView,
      list: exchangeRateList,
      create: [CreateExchangeRate, NewExchangeRate, { from: 'USD', to: 'EUR', date: '2026-11-20', rate: '0.9215', source: 'ECB' }],
      update: [UpdateExchangeRate, ExchangeRateChanges, { rate: '0.9216' }],
    }),
    import: upload('import', ImportExchangeRates, {
      does: 'Take exchange rates from a CSV file with the columns from, to, date, rate and source',
      body: NoFields,
      upload: { types: ['text/csv'], limit: 16 << 20, text: true },
      answers: ImportedRates,
      status: 200,
    }),
  },
  { of: ExchangeRate },
);
