import { type Command, Option } from 'commander'
import { names, number, shares } from './options.ts'

/** Adds the flags that say what is trained. What is not given is the config's, then the default told here. */
export function trainFlags(command: Command): Command {
  const add = (flags: string, text: string, standard?: unknown, parse?: (value: string) => unknown) => {
    const said = standard === undefined ? text : `${text} (default: ${standard})`
    const option = new Option(flags, said)
    command.addOption(parse ? option.argParser(parse) : option)
  }
  const count = (flags: string, text: string, standard?: number) =>
    add(flags, text, standard, number(flags.split(' ')[0]!))
  add('--target <column>', 'column to forecast')
  add('--unit <text>', 'what the target is measured in, for the tables')
  add('--inputs <columns>', 'columns the model sees, separated by commas', 'the target', names)
  count('--past <rows>', 'rows the model sees', 28)
  count('--horizon <rows>', 'rows it forecasts', 7)
  add('--split <shares>', 'train, validation and test shares of the rows, in time', '0.7,0.15,0.15', shares)
  add('--scale <kind>', 'standard, minmax or none', 'standard')
  add('--cell <name>', 'rnn, lstm, gru, mgu, minGru or another cell of the library', 'lstm')
  count('--hidden <units>', 'units of a layer', 32)
  count('--layers <count>', 'layers on one another', 1)
  add('--keep <states>', 'states kept for the way back: all, or sqrt for less memory', 'all')
  count('--epochs <count>', 'times over the training windows', 30)
  count('--batch <windows>', 'windows in a batch', 32)
  count('--accumulate <batches>', 'batches in a step', 1)
  add('--optimizer <name>', 'adam, adamW, rmsprop, adagrad or sgd (with momentum)', 'adam')
  count('--learning-rate <rate>', 'its rate, or the highest of a schedule', 2e-3)
  add('--schedule <name>', 'constant, cosine, exponential, oneCycle or plateau', 'constant')
  count('--warmup <steps>', 'steps that climb to the rate, with cosine', 0)
  count('--weight-decay <share>', 'pull towards zero', 0)
  count('--clip-norm <norm>', 'longest gradient', 1)
  count('--patience <epochs>', 'epochs without a better validation loss that end it; 0: never', 0)
  count('--seed <number>', 'decides every random choice', 0)
  return command
}
