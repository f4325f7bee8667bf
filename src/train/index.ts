export { type Epoch, type FitOptions, fit, type Step } from './fit.ts'
export { type AdamOptions, adam, type Optimizer, sgd } from './optimizers.ts'
export { clipScale } from './trainer.ts'
