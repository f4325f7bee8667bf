/** `npm start`: trains an LSTM on the daily weather of Seattle and forecasts it. Extra arguments are passed on. */
import { unrolled } from './cli.mjs'
import { root } from './ready.mjs'

// biome-ignore format: one flag a line
const weather = [
  'train', 'node_modules/vega-datasets/data/seattle-weather.csv',
  '--target', 'temp_max',
  '--unit', '°C',
  '--inputs', 'temp_max,temp_min',
  '--past', '28',
  '--horizon', '7',
  '--seed', '7',
  '--out', 'runs/weather',
]

unrolled([...weather, ...process.argv.slice(2)], root)
