import { type Command, Option } from 'commander'
import { defaultOf, type OptionKind, type OptionName, optionGroups, optionTable } from '../tasks/option-table.ts'
import { dataFlags } from './data-flags.ts'
import { names, number, split } from './options.ts'
import { flagOf } from './output.ts'

/** How what stands behind a flag is read, by what the option holds. */
const readers: Readonly<Partial<Record<OptionKind, (flag: string) => (text: string) => unknown>>> = {
  columns: () => names,
  numbers: (flag) => (text) => names(text).map(number(flag)),
  whole: number,
  number,
  split: () => split,
}

/** Adds the flags that say what is trained, by groups. What is not given is the config's, then the default told here. */
export function trainFlags(command: Command): Command {
  for (const [group, options] of Object.entries(optionGroups)) {
    command.optionsGroup(`${group}:`)
    if (group === 'Data') dataFlags(command)
    for (const name of options) command.addOption(optionOf(name))
  }
  return command.optionsGroup('Run:').helpOption('-h, --help', 'show this')
}

function optionOf(name: OptionName): Option {
  const { kind, takes, says } = optionTable[name]
  const flag = flagOf(name)
  const standard = defaultOf(name)
  const shown =
    standard === undefined || standard === false || String(standard) === '' ? says : `${says} (default: ${standard})`
  const option = new Option(kind === 'switch' ? flag : `${flag} <${takes}>`, shown)
  const reader = readers[kind]
  return reader ? option.argParser(reader(flag)) : option
}
