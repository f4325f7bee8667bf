export { type GradientFlow, gradientFlow } from './gradient-flow.ts'
