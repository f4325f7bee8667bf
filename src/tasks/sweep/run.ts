import { type Outcome, rungsOfPlan, type Sweep, type Trial, waiting } from './state.ts'

/** How a sweep is run. */
export interface SweepHooks {
  /** Trials at once. */
  readonly parallel: number
  /** Brings a trial to so many epochs in all: what it came to, why it failed, or nothing where it was stopped. */
  readonly run: (trial: Trial, epochs: number) => Promise<Outcome | { readonly failed: string } | undefined>
  /** Keeps what is known so far. */
  readonly save: (sweep: Sweep) => Promise<void>
  /** Begins no further trial. */
  readonly signal?: AbortSignal
}

/** Runs what is left of a sweep, rung by rung; the sweep as it then is. */
export async function runSweep(sweep: Sweep, { parallel, run, save, signal }: SweepHooks): Promise<Sweep> {
  let now = sweep
  let saved = Promise.resolve()
  for (const [k, { epochs }] of rungsOfPlan(sweep.plan).entries()) {
    const queue = waiting(now, k)
    const work = async () => {
      for (let trial = queue.shift(); trial && !signal?.aborted; trial = queue.shift()) {
        const result = await run(trial, epochs)
        if (!result) return
        const done = 'failed' in result ? { ...trial, ...result } : { ...trial, rungs: [...trial.rungs, result] }
        now = { ...now, trials: now.trials.with(trial.trial - 1, done) }
        saved = saved.then(() => save(now)) // one after the other, so that the last is what stays
        await saved
      }
    }
    await Promise.all(Array.from({ length: parallel }, work))
    if (signal?.aborted) break
  }
  return now
}
