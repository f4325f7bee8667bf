#!/usr/bin/env node
import { Command, Option } from 'commander'
import { dataFlags } from './data-flags.ts'
import { fail, usageFailure } from './fail.ts'
import { names, number } from './options.ts'
import { spaceFlag } from './space-flag.ts'
import { trainFlags } from './train-flags.ts'
import { version } from './version.ts'

// Commands are imported when they run, so that --help answers at once.
const program = new Command('unrolled')
  .description('Recurrent neural networks: train on a table, forecast, look at how well it does.')
  .version(version)
  .showSuggestionAfterError()
  .exitOverride(usageFailure)
  .configureOutput({ outputError: () => {} })

const json = () => new Option('--json', 'print one JSON document and nothing else')

trainFlags(
  program
    .command('train')
    .description('train a forecaster on a table and write a run folder')
    .argument(
      '[data]',
      'CSV, TSV, JSON, JSON lines or Parquet; rows are put in the order of its first column of dates',
    ),
)
  .option('--out <folder>', 'run folder to write (default: runs/ and the name of the data file)')
  .option('--config <file>', 'config in place of the unrolled.config.ts of this folder')
  .option('--resume <run>', 'go on with a training that was stopped, to the same bytes')
  .option('--like <run>', 'the options and the data of a run that is done')
  .option('--tensorboard', 'write events for TensorBoard into the run folder')
  .option('--no-test', 'do not look at the test part: no scores, no baselines')
  .option('--allow-leaks', 'train although the model would know what it could not have known')
  .addOption(json())
  .addHelpText(
    'after',
    '\nExamples:\n  unrolled train weather.csv --target temp_max --inputs temp_max,temp_min --horizon 7' +
      '\n  unrolled train --resume runs/weather',
  )
  .action(async (data, options) => (await import('./commands/train.ts')).train(data, options))

trainFlags(
  program
    .command('sweep')
    .description('train with many options, each in a process of its own, and choose on validation')
    .argument('[data]', 'a table, as for train'),
)
  .option(
    '--space <option=values>',
    'what to try: hidden=16,32 or learningRate=log:1e-4:1e-2; again for more',
    spaceFlag,
  )
  .option('--search <kind>', 'grid or random (default: grid where the space has lists alone)')
  .option('--trials <count>', 'trials of a random search (default: 20)', number('--trials'))
  .option('--halving <factor>', 'begin with few epochs, and go on with the best of each so many', number('--halving'))
  .option('--parallel <count>', 'trials at once, sharing the cores (default: 1)', number('--parallel'))
  .option('--out <folder>', 'folder to write, or to go on in (default: sweeps/ and the name of the data file)')
  .option('--config <file>', 'config in place of the unrolled.config.ts of this folder')
  .option('--resume <sweep>', 'go on with a sweep that was stopped')
  .addOption(json())
  .addHelpText(
    'after',
    '\nIn a config the space is  sweep: { hidden: [16, 32], past: integers(7, 56) }' +
      '\n\nExamples:\n  unrolled sweep weather.csv --target temp_max --space hidden=16,32 --space cell=lstm,gru' +
      '\n  unrolled sweep weather.csv --target temp_max --space learningRate=log:1e-4:1e-2 --trials 9 --halving 3' +
      '\n  unrolled sweep --resume sweeps/weather',
  )
  .action(async (data, options) => (await import('./commands/sweep.ts')).sweep(data, options))

program
  .command('init')
  .description('write unrolled.config.ts: every option, with what it does')
  .argument('[data]', 'table whose columns are filled in')
  .addOption(json())
  .addHelpText('after', '\nExample:\n  unrolled init weather.csv')
  .action(async (data, options) => (await import('./commands/init.ts')).init(data, options))

trainFlags(
  program
    .command('backtest')
    .description('try a forecaster on stretches of the past, trained on what lies before each, beside its baselines')
    .argument('[data]', 'a table, as for train, or the folder of a run whose options and data are taken'),
)
  .option('--folds <count>', 'stretches that the test part is cut in (default: 5)', number('--folds'))
  .option('--refit', 'train anew ahead of each (default: once, ahead of the first)')
  .option('--every <rows>', 'rows from one forecast to the next (default: 1)', number('--every'))
  .option('--gap <rows>', 'rows ahead of a fold that training does not see (default: 0)', number('--gap'))
  .option('--config <file>', 'config in place of the unrolled.config.ts of this folder')
  .option('--allow-leaks', 'try it although the model would know what it could not have known')
  .addOption(json())
  .addHelpText(
    'after',
    '\nThe test part (--split) is what is forecast. What is trained on lies before a\nfold, never in it or behind it.' +
      '\n\nExamples:\n  unrolled backtest weather.csv --target temp_max --folds 5 --refit' +
      '\n  unrolled backtest sales.csv --target sold --id shop --split 28,140 --horizon 28 --every 28' +
      '\n  unrolled backtest runs/weather --folds 3',
  )
  .action(async (data, options) => (await import('./commands/backtest.ts')).runBacktest(data, options))

dataFlags(
  program
    .command('evaluate')
    .description('test metrics of a run beside its baselines')
    .argument('<run>', 'run folder that train wrote')
    .argument('[data]', "table to test on, all of it (default: the test part of the run's own data)"),
)
  .option('--by <what>', 'a table of each series, the worst first, or of each step ahead: series or step')
  .option('--html <file>', 'write a page with forecasts against what came, to zoom into')
  .addOption(json())
  .addHelpText(
    'after',
    '\nExamples:\n  unrolled evaluate runs/weather --html test.html\n  unrolled evaluate runs/weather next-year.csv --by step',
  )
  .action(async (run, data, options) => (await import('./commands/evaluate.ts')).evaluate(run, data, options))

dataFlags(
  program
    .command('forecast')
    .description("what follows a table's last row, in the data's units")
    .argument('<run>', 'run folder that train wrote')
    .argument('[data]', "table to go on from (default: the run's own data)"),
)
  .option('--horizon <rows>', "rows to forecast (default: the run's horizon)", number('--horizon'))
  .option('--series <id>', 'one series of many')
  .option('--out <file>', 'write it as a table: .csv, .tsv, .json, .jsonl or .parquet')
  .option('--html <file>', 'write a page with a chart to zoom into')
  .option('--paths <count>', 'courses that the rows ahead may take, drawn at random', number('--paths'))
  .addOption(json())
  .addHelpText(
    'after',
    '\nExamples:\n  unrolled forecast runs/weather\n  unrolled forecast runs/weather today.csv --out next.csv --html next.html',
  )
  .action(async (run, data, options) => (await import('./commands/forecast.ts')).forecastRun(run, data, options))

program
  .command('info')
  .description('versions, the machine, and which kernels run and why')
  .addOption(json())
  .addHelpText('after', '\nExample:\n  unrolled info')
  .action(async (options) => (await import('./commands/info.ts')).info(options))

program
  .command('bench')
  .description('how fast this machine trains and reads, beside its own limit')
  .option('--rows <ids>', 'rows to time, separated by commas (default: all)', names)
  .option('--seconds <seconds>', 'time for each row', number('--seconds'), 4)
  .addOption(json())
  .addHelpText('after', '\nExample:\n  unrolled bench --seconds 2')
  .action(async (options) => (await import('./commands/bench.ts')).bench(options))

for (const command of program.commands)
  command
    .exitOverride(usageFailure)
    .configureOutput({ outputError: () => {} })
    .showSuggestionAfterError()

// What reads our output may have seen enough, as head does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

// A trial stops, behind a checkpoint, where its sweep is gone.
process.once('disconnect', () => process.kill(process.pid, 'SIGINT'))
process.channel?.unref()

try {
  await program.parseAsync()
} catch (error) {
  fail(error)
}
