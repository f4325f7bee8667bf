export { type Epoch, type FitOptions, fit, type Step } from './fit.ts'
export { type MemoryOptions, type MemoryPlan, memoryPlan } from './memory-plan.ts'
export { type AdamOptions, adam, type Optimizer, sgd } from './optimizers.ts'
export { clipScale, lossOf } from './trainer.ts'
