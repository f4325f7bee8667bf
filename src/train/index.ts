export { clipScale } from './clipping.ts'
export { type Divergence, DivergenceError } from './divergence.ts'
export { fit } from './fit.ts'
export type { EarlyStopping, Epoch, FitOptions, Snapshot, Step, TrainingHooks } from './fit-options.ts'
export type { ParameterGroup } from './groups.ts'
export { type MemoryOptions, type MemoryPlan, memoryPlan } from './memory-plan.ts'
export {
  type AdagradOptions,
  type AdamOptions,
  adagrad,
  adam,
  adamW,
  type Optimizer,
  type RmspropOptions,
  rmsprop,
  type SgdOptions,
  sgd,
} from './optimizers/index.ts'
export { type ReduceOnPlateauOptions, reduceOnPlateau } from './reduce-on-plateau.ts'
export type { Best, RunState } from './run-state.ts'
export {
  type CosineOptions,
  constant,
  cosine,
  type ExponentialOptions,
  exponential,
  type FeedbackSchedule,
  type OneCycleOptions,
  oneCycle,
  type Rate,
  type Schedule,
  type ScheduleMemory,
  type StepDecayOptions,
  stepDecay,
} from './schedules.ts'
export { lossOf } from './trainer.ts'
