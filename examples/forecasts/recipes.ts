import type { ForecasterRequest, Metrics } from 'unrolled/tasks'

/** A forecast of real data: what is asked of `unrolled train`, and what it is judged by. */
export interface Recipe {
  /** What is forecast, in words. */
  readonly what: string
  /** The file, in the folder of shared data, and where it comes from. */
  readonly file: string
  readonly source: string
  readonly request: ForecasterRequest
  readonly metric: Exclude<keyof Metrics, 'intervals'>
  readonly unit?: string
  /** What it is held against, beside the baselines that are run with it. */
  readonly goal?: string
}

const gru = { cell: 'gru', learningRate: 3e-3, patience: 10, epochs: 60 } as const
const vega = 'the npm package vega-datasets'
const brownlee = 'github.com/jbrownlee/Datasets'

/** All were chosen on the validation part; of the airline's docs/results.md tells more. */
export const recipes: Readonly<Record<string, Recipe>> = {
  melbourne: {
    what: 'daily minimum temperature in Melbourne, 1 day ahead',
    file: 'weather/daily-min-temperatures.csv',
    source: brownlee,
    request: {
      ...gru,
      ...{ target: 'Temp', unit: '°C', calendar: ['yearday'], past: 14, horizon: 1, hidden: 16 },
      split: { validation: 365, test: 365 },
    },
    metric: 'rmse',
    unit: '°C',
    goal: '2.25; linear on 7 lags 2.30',
  },
  seattle: {
    what: 'highest temperature of a day in Seattle, 1 day ahead',
    file: 'weather/seattle-weather.csv',
    source: vega,
    request: {
      ...gru,
      ...{ target: 'temp_max', unit: '°C', calendar: ['yearday'], past: 14, horizon: 1, hidden: 16 },
      inputs: ['temp_max', 'temp_min', 'log1p(precipitation)', 'wind'],
      split: { validation: 365, test: 365 },
    },
    metric: 'rmse',
    unit: '°C',
  },
  week: {
    what: 'highest temperature of a day in Seattle, 1 to 7 days ahead',
    file: 'weather/seattle-weather.csv',
    source: vega,
    request: {
      ...gru,
      ...{ target: 'temp_max', unit: '°C', calendar: ['yearday'], past: 14, horizon: 7, hidden: 16 },
      ...{ strategy: 'recursive', split: { validation: 365, test: 365 } },
    },
    metric: 'rmse',
    unit: '°C',
  },
  rain: {
    what: 'whether it rains today in Seattle, by the days before',
    file: 'weather/seattle-weather.csv',
    source: vega,
    request: {
      ...gru,
      ...{ target: 'precipitation > 0', head: 'bernoulli', past: 7, horizon: 1, hidden: 16 },
      inputs: ['precipitation > 0', 'log1p(precipitation)', 'temp_max', 'temp_min'],
      split: { validation: 365, test: 365 },
    },
    metric: 'logLoss',
    goal: '0.58; Markov chain 0.601',
  },
  italy: {
    what: 'new cases of Covid-19 a day in Italy, 1 day ahead',
    file: 'outbreak/covid-italy-national-daily.csv',
    source: 'github.com/pcm-dpc/COVID-19',
    request: {
      ...gru,
      ...{ target: 'nuovi_positivi', unit: 'cases', calendar: ['weekday'], past: 28, horizon: 1, hidden: 32 },
      ...{ log: true, normalise: 'last', loss: 'mae', epochs: 150, patience: 30 },
      split: { validation: 356, test: 357 },
    },
    metric: 'mae',
    unit: 'cases',
    goal: '172; the same weekday a week ago 172.2',
  },
  earthquakes: {
    what: 'minutes until the next earthquake, a week of the USGS',
    file: 'earthquakes/usgs-week-2018.csv',
    source: vega,
    request: {
      ...gru,
      ...{
        target: 'gap(time_ms)',
        unit: 'minutes',
        time: 'time_ms',
        where: ['type = earthquake'],
        past: 100,
        horizon: 1,
      },
      ...{ head: 'mixture', components: 4, normalise: 'mean', hidden: 8, learningRate: 1e-3, patience: 8 },
      split: [0.6, 0.2, 0.2],
    },
    metric: 'nats',
    goal: '2.79; an exponential fitted on all gaps and scored on them 2.791',
  },
  sp500: {
    what: 'closing value of the S&P 500, 1 day ahead',
    file: 'stocks/sp500-2000-daily.csv',
    source: vega,
    request: {
      ...gru,
      ...{ target: 'close', unit: 'points', log: true, normalise: 'last', past: 20, horizon: 1, hidden: 16 },
      ...{ learningRate: 3e-4, split: { validation: 1021, test: 1021 } },
    },
    metric: 'rmse',
    unit: 'points',
    goal: 'the last value 32.05',
  },
  airline: {
    what: 'airline passengers a month, 1 to 12 months ahead',
    file: 'forecast-benchmarks/airline-passengers.csv',
    source: brownlee,
    request: {
      ...gru,
      ...{ target: 'Passengers', unit: 'thousand', log: true, normalise: 'last', past: 36, horizon: 12, hidden: 32 },
      ...{ strategy: 'segments', segment: 12, batch: 8, epochs: 300, patience: 60 },
      split: { validation: 24, test: 24 },
    },
    metric: 'rmse',
    unit: 'thousand',
  },
  sunspots: {
    what: 'sunspots a month, 1 to 12 months ahead',
    file: 'forecast-benchmarks/monthly-sunspots.csv',
    source: brownlee,
    request: {
      ...gru,
      ...{ target: 'Sunspots', past: 132, horizon: 12, hidden: 32, normalise: 'last' },
      ...{ strategy: 'segments', segment: 12, batch: 64, split: [0.6, 0.2, 0.2] },
    },
    metric: 'rmse',
  },
}
