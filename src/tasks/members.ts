import { join } from 'node:path'
import { InputError } from '../base/errors.ts'
import { load, save } from '../formats/model-file.ts'
import type { Model } from '../layers/index.ts'

/** Where a member of an ensemble is trained, counted from 1; the first is the run itself. */
export const folderOf = (run: string, member: number): string => (member === 1 ? run : join(run, `member-${member}`))

/** Writes the weights of the members behind the first, whose run folder holds its own. */
export async function writeMembers(folder: string, models: readonly Model[]): Promise<void> {
  for (const [i, model] of models.entries())
    if (i > 0) await save(model, join(folderOf(folder, i + 1), 'model.safetensors'), { task: 'forecast member' })
}

/** The members of an ensemble behind the first. @throws InputError when one is missing, or of another make */
export async function readMembers(folder: string, count: number, first: Model): Promise<Model[]> {
  const models: Model[] = []
  for (let member = 2; member <= count; member++) {
    const file = join(folderOf(folder, member), 'model.safetensors')
    const { model } = await load(file)
    if (JSON.stringify(model.architecture) !== JSON.stringify(first.architecture))
      throw new InputError(`${file}: expected a model like the first of its ensemble, got another; train again`)
    models.push(model)
  }
  return models
}
