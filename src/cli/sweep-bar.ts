import cliProgress from 'cli-progress'
import { rungsOfPlan, type Sweep } from '../tasks/sweep/state.ts'
import { bestOf } from '../tasks/sweep/table.ts'
import { duration, round } from './output.ts'

/** A bar over the epochs of all trials, on stderr; silent where that is not a terminal. */
export class SweepBar {
  private readonly bar: cliProgress.SingleBar | undefined
  private readonly begun = performance.now()
  private readonly before: number

  constructor(sweep: Sweep) {
    this.before = work(sweep).done
    if (!process.stderr.isTTY) return
    this.bar = new cliProgress.SingleBar(
      {
        format: 'trials {trials} [{bar}] {percentage} %  best validation {best}  {left} left',
        ...{ stream: process.stderr, hideCursor: true, clearOnComplete: true, barsize: 20, fps: 4 },
      },
      cliProgress.Presets.shades_classic,
    )
    const { done, all } = work(sweep)
    this.bar.start(all, done, this.payload(sweep))
  }

  show(sweep: Sweep): void {
    this.bar?.update(work(sweep).done, this.payload(sweep))
  }

  stop(): void {
    this.bar?.stop()
  }

  private payload(sweep: Sweep) {
    const { done, all } = work(sweep)
    const best = bestOf(sweep)
    const seconds = ((performance.now() - this.begun) / 1000 / (done - this.before)) * (all - done)
    return {
      trials: `${sweep.trials.filter(({ rungs, failed }) => failed || rungs.length > 0).length}/${sweep.trials.length}`,
      best: best ? round(best.rungs.at(-1)!.loss) : '–',
      left: Number.isFinite(seconds) ? duration(seconds) : '–',
    }
  }
}

/** Epochs asked for so far, and in all; a trial that failed has done its rung. */
function work({ plan, trials }: Sweep): { readonly done: number; readonly all: number } {
  const rungs = rungsOfPlan(plan)
  let [done, all] = [0, 0]
  for (const [k, { epochs, trials: count }] of rungs.entries()) {
    const more = epochs - (rungs[k - 1]?.epochs ?? 0)
    all += more * count
    done += more * trials.filter(({ rungs, failed }) => rungs.length > k || (failed && rungs.length === k)).length
  }
  return { done, all }
}
