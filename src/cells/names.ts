/** A name in upright letters, as LaTeX writes words. */
export const roman = (name: string): string => `\\mathrm{${name.replaceAll('_', '\\_')}}`

/** A state's name as LaTeX: one letter is a variable, more are a word. */
export const variable = (name: string): string => (name.length === 1 ? name : roman(name))
